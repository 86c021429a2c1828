/* The stages of the work; see the header. */
#include "tools/sim/workload.h"

#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/admin.h"
#include "tools/sim/consumer.h"
#include "tools/sim/producer.h"

#define PRODUCERS WORKLOAD_PRODUCERS
#define CONSUMERS 2

enum stage { STAGE_CREATING, STAGE_WORKING, STAGE_SETTLING, STAGE_READING, STAGE_LEAVING };

struct workload {
    struct io_loop loop; /* first */
    struct party party;
    enum stage stage;
    uint64_t end_ns;
    struct workload_options options;
    struct model_partition **partitions;
    struct sim_admin *admin;
    struct sim_producer *producers[PRODUCERS];
    struct sim_consumer *consumers[CONSUMERS];
};

static void workload_work(struct workload *v)
{
    for (unsigned i = 0; i < PRODUCERS; i++) {
        const struct producer_options options = {
            .idempotent = i % 2 == 0,
            .acks = i == 5   ? 0
                    : i == 3 ? 1
                             : -1,
            .in_flight_max = i % 2 == 0 ? v->options.in_flight_max : 1,
            .batch_records_max = i == 4 ? v->options.batch_records_max : 5,
            .value_bytes_max = i == 1 ? v->options.value_bytes_max : 300,
            .pause_ns_max = v->options.pause_ns,
            .partitions = v->partitions,
            .partition_count = (uint32_t)v->options.partition_count,
        };
        if ((v->options.producers_out >> i & 1) != 0)
            continue;
        v->producers[i] = sim_producer_new(&v->party, &options);
        sim_producer_start(v->producers[i]);
    }
    for (unsigned i = 0; i < CONSUMERS; i++) {
        const struct consumer_options options = {
            .wait_ms_max = 500,
            .bytes_max = i == 0 ? 1 << 20 : 40000,
            .pause_ns_max = 20 * NS_PER_MS,
            .partitions = v->partitions,
            .partition_count = (uint32_t)v->options.partition_count,
        };
        v->consumers[i] = sim_consumer_new(&v->party, &options);
        sim_consumer_start(v->consumers[i]);
    }
}

static void workload_whole(struct workload *v)
{
    for (uint32_t i = 0; i < (uint32_t)v->options.partition_count; i++) {
        int64_t end = 0;
        for (unsigned j = 0; j < CONSUMERS; j++)
            end = MAX(end, sim_consumer_position(v->consumers[j], i));
        model_read_whole(v->party.model, v->partitions[i], end);
    }
}

static void workload_advance(struct workload *v)
{
    uint64_t now = io_now(v->party.io);
    bool done = true;
    if (model_violation(v->party.model) != NULL && v->stage != STAGE_LEAVING) {
        v->stage = STAGE_LEAVING;
        party_leave(&v->party);
    } else if (v->stage == STAGE_CREATING && sim_admin_done(v->admin)) {
        v->stage = STAGE_WORKING;
        v->end_ns = now + v->options.duration_ns;
        workload_work(v);
    } else if (v->stage == STAGE_WORKING && now >= v->end_ns) {
        v->stage = STAGE_SETTLING;
        for (unsigned i = 0; i < PRODUCERS; i++)
            if (v->producers[i] != NULL)
                sim_producer_stop(v->producers[i]);
    } else if (v->stage == STAGE_SETTLING) {
        for (unsigned i = 0; i < PRODUCERS; i++)
            done = done && (v->producers[i] == NULL || sim_producer_done(v->producers[i]));
        if (done) {
            v->stage = STAGE_READING;
            for (unsigned i = 0; i < CONSUMERS; i++)
                sim_consumer_finish(v->consumers[i]);
        }
    } else if (v->stage == STAGE_READING) {
        for (unsigned i = 0; i < CONSUMERS; i++)
            done = done && sim_consumer_done(v->consumers[i]);
        if (done) {
            v->stage = STAGE_LEAVING;
            workload_whole(v);
            party_leave(&v->party);
        }
    }
    if (v->stage > STAGE_WORKING && v->stage < STAGE_LEAVING &&
        now > v->end_ns + v->options.settle_ns)
        model_break(v->party.model, "not everything was acknowledged and read in time");
}

static uint64_t workload_step(struct io_loop *loop)
{
    struct workload *v = CONTAINER_OF(loop, struct workload, loop);
    uint64_t deadline = v->party.loop.step(&v->party.loop);
    workload_advance(v);
    if (v->stage == STAGE_LEAVING && v->party.open == 0)
        io_stop(v->party.io);
    return MIN(deadline, io_now(v->party.io) + 50 * NS_PER_MS);
}

static bool workload_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static void workload_free(struct workload *v)
{
    for (unsigned i = 0; i < PRODUCERS; i++)
        if (v->producers[i] != NULL)
            sim_producer_free(v->producers[i]);
    for (unsigned i = 0; i < CONSUMERS && v->consumers[i] != NULL; i++)
        sim_consumer_free(v->consumers[i]);
    sim_admin_free(v->admin);
    mem_free(v->partitions);
    party_fini(&v->party);
}

int workload_run(const struct workload_options *options, struct workload_result *result)
{
    struct log log;
    struct io *io;
    log_init_stderr(&log, LOG_WARN, "clients");
    struct io_options io_options = {
        .recv_buffer_bytes = 16384, .recv_buffer_count = 256, .disk_threads = 1, .log = &log};
    int error = io_new(&io_options, &io);
    if (error != 0)
        return error;
    struct model *model = model_new();
    struct workload v = {.loop = {workload_step, workload_has_work}, .options = *options};
    party_init(&v.party, io, model, options->seed);
    v.party.host = options->host;
    v.party.port = options->port;
    v.partitions = mem_alloc_array((size_t)options->partition_count, sizeof *v.partitions);
    for (int32_t i = 0; i < options->partition_count; i++)
        v.partitions[i] = model_add_partition(model, options->topic, i);
    v.admin = sim_admin_new(&v.party);
    sim_admin_create(v.admin, options->topic, options->partition_count);
    io_run(io, &v.loop);
    *result = (struct workload_result){.done = true, .calls = v.party.calls};
    model_count(model, &result->counts);
    if (model_violation(model) != NULL)
        snprintf(result->violation, sizeof result->violation, "%s", model_violation(model));
    workload_free(&v);
    model_free(model);
    io_free(io);
    return 0;
}
