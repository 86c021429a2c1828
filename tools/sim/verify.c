/*
 * verify: the simulator's clients and model against a real broker.
 *
 *     verify [-h HOST] [-p PORT] [-d SECONDS] [-s SEED] [-n PARTITIONS] [-t TOPIC]
 *
 * Producers and consumers work for SECONDS while the broker may be stopped, killed and started
 * again; then everything must be acknowledged and read back. Prints what was seen, and the first
 * broken promise.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/admin.h"
#include "tools/sim/consumer.h"
#include "tools/sim/producer.h"

#define PRODUCERS 6
#define CONSUMERS 2
#define LATEST_END_NS (60 * NS_PER_S)

enum stage { STAGE_CREATING, STAGE_WORKING, STAGE_SETTLING, STAGE_READING, STAGE_LEAVING };

struct verify {
    struct io_loop loop; /* first */
    struct party party;
    enum stage stage;
    uint64_t end_ns;
    uint64_t duration_ns;
    const char *topic;
    int32_t partition_count;
    struct model_partition **partitions;
    struct sim_admin *admin;
    struct sim_producer *producers[PRODUCERS];
    struct sim_consumer *consumers[CONSUMERS];
};

static void verify_work(struct verify *v)
{
    for (unsigned i = 0; i < PRODUCERS; i++) {
        const struct producer_options options = {
            .idempotent = i % 2 == 0,
            .acks = i == 5   ? 0
                    : i == 3 ? 1
                             : -1,
            .in_flight_max = i % 2 == 0 ? PRODUCER_IN_FLIGHT_MAX : 1,
            .batch_records_max = i == 4 ? 200 : 5,
            .value_bytes_max = i == 1 ? 20000 : 300,
            .pause_ns_max = 10 * NS_PER_MS,
            .partitions = v->partitions,
            .partition_count = (uint32_t)v->partition_count,
        };
        v->producers[i] = sim_producer_new(&v->party, &options);
        sim_producer_start(v->producers[i]);
    }
    for (unsigned i = 0; i < CONSUMERS; i++) {
        const struct consumer_options options = {
            .wait_ms_max = 500,
            .bytes_max = i == 0 ? 1 << 20 : 40000,
            .pause_ns_max = 20 * NS_PER_MS,
            .partitions = v->partitions,
            .partition_count = (uint32_t)v->partition_count,
        };
        v->consumers[i] = sim_consumer_new(&v->party, &options);
        sim_consumer_start(v->consumers[i]);
    }
}

static void verify_whole(struct verify *v)
{
    for (uint32_t i = 0; i < (uint32_t)v->partition_count; i++) {
        int64_t end = 0;
        for (unsigned j = 0; j < CONSUMERS; j++)
            end = MAX(end, sim_consumer_position(v->consumers[j], i));
        model_read_whole(v->party.model, v->partitions[i], end);
    }
}

static void verify_advance(struct verify *v)
{
    uint64_t now = io_now(v->party.io);
    bool done = true;
    if (model_violation(v->party.model) != NULL && v->stage != STAGE_LEAVING) {
        v->stage = STAGE_LEAVING;
        party_leave(&v->party);
    } else if (v->stage == STAGE_CREATING && sim_admin_done(v->admin)) {
        v->stage = STAGE_WORKING;
        v->end_ns = now + v->duration_ns;
        verify_work(v);
    } else if (v->stage == STAGE_WORKING && now >= v->end_ns) {
        v->stage = STAGE_SETTLING;
        for (unsigned i = 0; i < PRODUCERS; i++)
            sim_producer_stop(v->producers[i]);
    } else if (v->stage == STAGE_SETTLING) {
        for (unsigned i = 0; i < PRODUCERS; i++)
            done = done && sim_producer_done(v->producers[i]);
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
            verify_whole(v);
            party_leave(&v->party);
        }
    }
    if (v->stage > STAGE_WORKING && v->stage < STAGE_LEAVING && now > v->end_ns + LATEST_END_NS)
        model_break(v->party.model, "not everything was acknowledged and read in 60 s");
}

static uint64_t verify_step(struct io_loop *loop)
{
    struct verify *v = CONTAINER_OF(loop, struct verify, loop);
    uint64_t deadline = v->party.loop.step(&v->party.loop);
    verify_advance(v);
    if (v->stage == STAGE_LEAVING && v->party.open == 0)
        io_stop(v->party.io);
    return MIN(deadline, io_now(v->party.io) + 50 * NS_PER_MS);
}

static bool verify_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static int verify_run(struct verify *v, uint64_t seed, const char *host, uint16_t port)
{
    struct log log;
    struct io *io;
    log_init_stderr(&log, LOG_WARN, "verify");
    struct io_options options = {
        .recv_buffer_bytes = 16384, .recv_buffer_count = 256, .disk_threads = 1, .log = &log};
    if (io_new(&options, &io) != 0)
        return 1;
    struct model *model = model_new();
    party_init(&v->party, io, model, seed);
    v->party.host = host;
    v->party.port = port;
    v->partitions = mem_alloc_array((size_t)v->partition_count, sizeof *v->partitions);
    for (int32_t i = 0; i < v->partition_count; i++)
        v->partitions[i] = model_add_partition(model, v->topic, i);
    v->admin = sim_admin_new(&v->party);
    sim_admin_create(v->admin, v->topic, v->partition_count);
    io_run(io, &v->loop);
    struct model_counts counts;
    model_count(model, &counts);
    printf("sent=%llu acknowledged=%llu seen=%llu duplicates=%llu\n",
           (unsigned long long)counts.sent, (unsigned long long)counts.acknowledged,
           (unsigned long long)counts.seen, (unsigned long long)counts.duplicates);
    const char *violation = model_violation(model);
    if (violation != NULL)
        printf("BROKEN: %s\n", violation);
    int code = violation == NULL ? 0 : 1;
    for (unsigned i = 0; i < PRODUCERS && v->producers[i] != NULL; i++)
        sim_producer_free(v->producers[i]);
    for (unsigned i = 0; i < CONSUMERS && v->consumers[i] != NULL; i++)
        sim_consumer_free(v->consumers[i]);
    sim_admin_free(v->admin);
    mem_free(v->partitions);
    party_fini(&v->party);
    model_free(model);
    io_free(io);
    return code;
}

int main(int argc, char **argv)
{
    static struct verify v = {
        .loop = {verify_step, verify_has_work},
        .topic = "verify",
        .partition_count = 4,
        .duration_ns = 5 * NS_PER_S,
    };
    const char *host = "127.0.0.1";
    uint16_t port = 9092;
    uint64_t seed = 1;
    int option;
    crc32c_init();
    while ((option = getopt(argc, argv, "h:p:d:s:n:t:")) != -1) {
        unsigned long number = optarg == NULL ? 0 : strtoul(optarg, NULL, 10);
        if (option == 'h')
            host = optarg;
        else if (option == 't')
            v.topic = optarg;
        else if (option == 'p')
            port = (uint16_t)number;
        else if (option == 's')
            seed = number;
        else if (option == 'd')
            v.duration_ns = number * NS_PER_S;
        else if (option == 'n')
            v.partition_count = (int32_t)number;
        else
            return 64;
    }
    if (v.partition_count < 1 || v.partition_count > 1000)
        return 64;
    return verify_run(&v, seed, host, port);
}
