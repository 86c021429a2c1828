/*
 * The seed decides which kinds of faults there are at all (swarm testing: Groce et al., ISSTA
 * 2012), how often, and what happens to the broker when. After the work every fault ends; then all
 * must be acknowledged and readable in bounded time, a stop must be clean, and a start behind it
 * must show the same.
 *
 * Faults that take acknowledged records away from an honest broker too (lost, misdirected and
 * corrupted writes) are left to scenarios, which say what must happen then.
 */
#include "tools/sim/seed.h"

#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "tools/sim/life.h"

#define SETTLE_NS (120 * NS_PER_S)
#define STOP_NS (20 * NS_PER_S)

struct seed {
    const struct seed_options *options;
    struct seed_result *result;
    struct sim *sim;
    struct sim_host *clients;
    struct sim_life life;
    struct workload_options options_of_work;
    struct workload *workload;
    bool undisturbed;               /* nothing is in the way any more */
    bool stops;                     /* the broker is stopped, too */
    struct sim_disk_options honest; /* the disk without faults */
    struct sim_net_options calm;
};

static void seed_break(struct seed *s, const char *sentence)
{
    char *violation = s->result->workload.violation;
    if (*violation == '\0')
        snprintf(violation, WORKLOAD_VIOLATION_BYTES, "%s", sentence);
}

static void print_event(void *context, const char *line)
{
    (void)context;
    fprintf(stderr, "%s\n", line);
}

static void clients_main(void *context)
{
    struct seed *s = context;
    if (workload_run(s->workload, &s->result->workload) != 0)
        seed_break(s, "the clients have no io");
}

static void audit_main(void *context)
{
    struct seed *s = context;
    if (workload_audit(s->workload, &s->result->workload) != 0)
        seed_break(s, "the clients have no io");
}

static bool clients_done(void *context)
{
    const struct seed *s = context;
    return s->result->workload.done;
}

/* One kind of fault in three is there at all. */
static uint32_t rate(struct seed *s, uint32_t most)
{
    if (!sim_chance(s->sim, SIM_ALWAYS / 3))
        return 0;
    return (uint32_t)sim_pick(s->sim, (struct sim_range){1, most});
}

static void faults_begin(struct seed *s)
{
    struct sim_disk_options *disk = sim_disk(s->life.host);
    struct sim_net_options *net = sim_net(s->sim);
    s->honest = *disk;
    s->calm = *net;
    disk->stall = rate(s, 2000);
    disk->stall_ns = (struct sim_range){10 * NS_PER_MS, 3 * NS_PER_S};
    disk->reorder = rate(s, SIM_ALWAYS / 5);
    disk->reorder_ns = (struct sim_range){0, 20 * NS_PER_MS};
    disk->read_error = rate(s, 300);
    disk->write_error = rate(s, 1000);
    disk->write_short = rate(s, 1000);
    disk->write_torn = rate(s, 1000);
    disk->sync_error = rate(s, 1000);
    disk->entry_error = rate(s, 300);
    disk->writeback = rate(s, SIM_ALWAYS);
    net->partial = rate(s, SIM_ALWAYS / 2);
    net->reset = rate(s, 500);
    net->half_open = rate(s, 100);
    net->refuse = rate(s, SIM_ALWAYS / 10);
}

static void faults_end(struct seed *s)
{
    *sim_disk(s->life.host) = s->honest;
    *sim_net(s->sim) = s->calm;
}

static void misfortune(struct seed *s)
{
    switch (sim_pick(s->sim, (struct sim_range){0, 5})) {
    case 0:
    case 1:
        sim_life_end(&s->life, true);
        break;
    case 2:
        sim_life_end(&s->life, false);
        break;
    case 3:
        if (s->stops && !sim_life_stop(&s->life, STOP_NS))
            seed_break(s, "the broker did not stop in 20 s");
        break;
    default:
        break;
    }
}

static void seed_work(struct seed *s)
{
    uint64_t end = sim_now(s->sim) + s->options->seconds * NS_PER_S;
    while (sim_now(s->sim) < end && !clients_done(s)) {
        sim_run(s->sim, sim_pick(s->sim, (struct sim_range){50 * NS_PER_MS, 4 * NS_PER_S}));
        misfortune(s);
        sim_run(s->sim, sim_pick(s->sim, (struct sim_range){0, NS_PER_S}));
        sim_life_mind(&s->life);
    }
}

/* Without faults, minding the broker, until the clients are done. It is started once more: a
 * partition that could not be read at a start stays offline until the next one. */
static void seed_settle(struct seed *s)
{
    faults_end(s);
    sim_life_end(&s->life, false);
    sim_life_mind(&s->life);
    sim_run(s->sim, NS_PER_S);
    s->undisturbed = true;
    uint64_t end = sim_now(s->sim) + SETTLE_NS + 90 * NS_PER_S;
    while (sim_now(s->sim) < end && !clients_done(s)) {
        sim_life_mind(&s->life);
        sim_run_until(s->sim, clients_done, s, NS_PER_S);
    }
    if (!clients_done(s))
        seed_break(s, "the clients did not end");
}

static void seed_stop(struct seed *s)
{
    if (*s->result->workload.violation != '\0')
        return;
    if (!sim_life_stop(&s->life, STOP_NS))
        seed_break(s, "the last stop did not end in 20 s");
    else if (s->life.code != 0)
        seed_break(s, "the last stop was not clean");
    else if (s->life.descriptors_left != 0)
        seed_break(s, "the last stop left descriptors open");
}

/* Behind a clean stop everything is there as before. */
static void seed_audit(struct seed *s)
{
    if (*s->result->workload.violation != '\0')
        return;
    sim_life_start(&s->life);
    sim_run(s->sim, NS_PER_S);
    s->result->workload.done = false;
    struct sim_thread *clients = sim_thread_start(s->clients, audit_main, s);
    if (!sim_run_until(s->sim, clients_done, s, SETTLE_NS + NS_PER_S)) {
        seed_break(s, "the clients did not end behind the stop");
        return;
    }
    sim_thread_join(clients);
    seed_stop(s);
}

static const char *choose(struct seed *s, const char *const *names, size_t count)
{
    return names[sim_pick(s->sim, (struct sim_range){0, count - 1})];
}

static void seed_make(struct seed *s)
{
    static const char *const wal[] = {"auto", "auto", "low", "medium"};
    static const char *const flush[] = {"low-latency", "balanced", "high-throughput", "extreme"};
    struct sim_options options;
    sim_options_init(&options, s->options->seed);
    s->sim = sim_new(&options);
    if (s->options->trace)
        sim_trace(s->sim, print_event, NULL);
    struct life_options life = {
        .cores = (unsigned)sim_pick(s->sim, (struct sim_range){1, 3}),
        .wal_profile = choose(s, wal, ARRAY_LENGTH(wal)),
        .flush_profile = choose(s, flush, ARRAY_LENGTH(flush)),
        .tell = s->options->trace,
    };
    sim_life_init(&s->life, s->sim, sim_host_new(s->sim, "broker"), &life);
    s->clients = sim_host_new(s->sim, "clients");
    s->options_of_work = (struct workload_options){
        .host = "broker",
        .port = LIFE_PORT,
        .seed = sim_random(s->sim),
        .topic = "simulated",
        .partition_count = (int32_t)sim_pick(s->sim, (struct sim_range){1, 8}),
        .duration_ns = s->options->seconds * NS_PER_S,
        .settle_ns = SETTLE_NS,
        .pause_ns = sim_pick(s->sim, (struct sim_range){2 * NS_PER_MS, 200 * NS_PER_MS}),
    };
    /* Kafka's snapshots, which a clean stop leaves, keep a producer's last batch only: of several
     * whose answers were lost the older ones are then out of order, here as there. */
    s->stops = sim_chance(s->sim, SIM_ALWAYS / 2);
    s->options_of_work.in_flight_max = s->stops ? 1 : 5;
    s->options_of_work.calm = &s->undisturbed;
    s->workload = workload_new(&s->options_of_work);
}

bool seed_run(const struct seed_options *options, struct seed_result *result)
{
    struct seed s = {.options = options, .result = result};
    *result = (struct seed_result){0};
    seed_make(&s);
    sim_life_start(&s.life);
    sim_run(s.sim, NS_PER_S);
    struct sim_thread *clients = sim_thread_start(s.clients, clients_main, &s);
    faults_begin(&s);
    seed_work(&s);
    seed_settle(&s);
    seed_stop(&s);
    if (result->workload.done) {
        sim_thread_join(clients);
        seed_audit(&s);
    }
    if (result->workload.done)
        workload_free(s.workload);
    result->simulated_ns = sim_now(s.sim);
    result->hash = sim_hash(s.sim);
    result->starts = s.life.starts;
    result->refused = s.life.refused;
    result->crashes = s.life.crashes;
    result->kills = s.life.kills;
    result->stops = s.life.stops;
    return *result->workload.violation == '\0';
}
