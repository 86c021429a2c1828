/*
 * A seed's plan (plan.h), carried out. After the work all trouble ends; then everything must be
 * acknowledged and readable in bounded time, a stop must be clean, and a start behind it must show
 * the same.
 *
 * Faults that take acknowledged records away from an honest broker too (lost, misdirected and
 * corrupted writes) are left to scenarios, which say what must happen then.
 */
#include "tools/sim/seed.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/idle.h"
#include "tools/sim/life.h"

#define SETTLE_NS (120 * NS_PER_S)
#define STOP_NS (20 * NS_PER_S)
/* A stop waits for the start that is under way, each of whose reads may stall. */
#define STOP_STALLED_NS (120 * NS_PER_S)
#define CROWD 160
#define SESSION_MS_MIN 1000
#define CONSUMER_SESSION_MS 3000
#define SETTINGS_MAX 24
#define STRING_OF_TOKEN(token) #token
#define STRING_OF(macro) STRING_OF_TOKEN(macro)

struct seed {
    const struct seed_options *options;
    struct seed_result *result;
    struct plan plan;
    const char *settings[SETTINGS_MAX];
    struct sim *sim;
    struct sim_host *clients;
    struct sim_life life;
    struct workload *workload;
    bool undisturbed;                      /* nothing is in the way any more */
    char broken[WORKLOAD_VIOLATION_BYTES]; /* what the clients do not see; they report at their end
                                            */
    struct sim_disk_options honest;        /* the disk without faults */
    struct sim_net_options calm;
    struct sim_peer *crowd[CROWD];
    int64_t ahead_ms;   /* the broker's clock */
    uint64_t rested_ns; /* of the time: nothing was to be done */
};

static void seed_break(struct seed *s, const char *sentence)
{
    if (*s->broken == '\0')
        snprintf(s->broken, sizeof s->broken, "%s", sentence);
}

static bool seed_is_broken(const struct seed *s)
{
    return *s->broken != '\0' || *s->result->workload.violation != '\0';
}

static void print_event(void *context, const char *line)
{
    fprintf(context, "%s\n", line);
}

static void see_log(void *context, enum log_level level, const char *line, size_t len)
{
    const struct seed *s = context;
    (void)level;
    states_see_line(line, len);
    if (s->options->trace != NULL)
        fprintf(s->options->trace, "%14.6f log %.*s", (double)sim_now(s->sim) / (double)NS_PER_MS,
                (int)len, line);
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

/* The broker lives, and what is in its way, if anything, takes no time. */
static bool seed_is_lively(void *context)
{
    static const enum plan_kind slow[] = {PLAN_STALL,  PLAN_TRICKLE,    PLAN_HALF_OPEN, PLAN_CUT,
                                          PLAN_MEMORY, PLAN_CORE_STALL, PLAN_OUTAGE};
    const struct seed *s = context;
    bool quick = s->options->world == NULL;
    for (size_t i = 0; i < ARRAY_LENGTH(slow); i++)
        quick = quick && !plan_has(&s->plan, slow[i]);
    return (quick || s->undisturbed) && s->life.running && sim_host_up(s->life.host);
}

/* Starts what has ended, with as many cores as the plan has for this start. */
static void seed_mind(struct seed *s)
{
    s->life.options.cores = plan_cores(&s->plan, s->life.starts);
    sim_life_mind(&s->life);
}

static void faults_begin(struct seed *s)
{
    struct sim_disk_options *disk = sim_disk(s->life.host);
    struct sim_net_options *net = sim_net(s->sim);
    s->honest = *disk;
    s->calm = *net;
    plan_apply(&s->plan, disk, net);
    sim_memory(s->life.host)->refuse = s->plan.rates[PLAN_MEMORY];
    *sim_cores(s->life.host) = (struct sim_core_options){
        .stall = s->plan.rates[PLAN_CORE_STALL],
        .stall_ns = {NS_PER_MS, 2 * NS_PER_S},
    };
    if (s->options->world != NULL)
        s->options->world->faults(&s->life);
}

static void faults_end(struct seed *s)
{
    *sim_disk(s->life.host) = s->honest;
    *sim_net(s->sim) = s->calm;
    sim_memory(s->life.host)->refuse = 0;
    sim_cores(s->life.host)->stall = 0;
    sim_disk_fail(s->life.host, NULL);
}

static void crowd_come(struct seed *s)
{
    for (unsigned i = 0; i < CROWD; i++)
        s->crowd[i] = sim_peer_connect(s->clients, "broker", LIFE_PORT);
}

static void crowd_go(struct seed *s)
{
    for (unsigned i = 0; i < CROWD; i++)
        sim_peer_close(s->crowd[i]);
}

/* The broker's clock goes far forward, or back to less than an hour behind its clients': farther
 * ahead than an hour their timestamps would be refused. */
static void clock_jump(struct seed *s)
{
    static const int64_t minutes[] = {-50, 0, 50, 30 * 24 * 60, 10 * 365 * 24 * 60};
    size_t choice = sim_pick(s->sim, (struct sim_range){0, ARRAY_LENGTH(minutes) - 1});
    int64_t ahead_ms = minutes[choice] * 60 * 1000;
    sim_host_shift_wall(s->life.host, ahead_ms - s->ahead_ms);
    s->ahead_ms = ahead_ms;
    workload_clock_jumped(s->workload, sim_now(s->sim), ahead_ms);
}

static void event_begin(struct seed *s, const struct plan_event *event)
{
    struct sim_disk_options *disk = sim_disk(s->life.host);
    switch (event->kind) {
    case PLAN_CRASH:
        sim_life_end(&s->life, true);
        break;
    case PLAN_CRASH_IN_FLIGHT:
        sim_disk_fail(
            s->life.host,
            &(struct sim_failure){.kind = SIM_DISK_CHANGE, .number = event->number, .crash = true});
        break;
    case PLAN_KILL:
        sim_life_end(&s->life, false);
        break;
    case PLAN_STOP:
        if (!sim_life_stop(&s->life, plan_has(&s->plan, PLAN_STALL) ? STOP_STALLED_NS : STOP_NS))
            seed_break(s, "the broker did not stop in time");
        break;
    case PLAN_OUTAGE:
        disk->write_error = disk->sync_error = SIM_ALWAYS;
        break;
    case PLAN_FULL:
        disk->capacity_bytes = sim_disk_used(s->life.host) + event->number * 4096;
        /* Every other time it has to start like this. */
        if (event->number % 2 == 0)
            break;
        sim_life_end(&s->life, false);
        seed_mind(s);
        break;
    case PLAN_CUT:
        sim_net_cut(s->clients, s->life.host, true);
        break;
    case PLAN_CROWD:
        crowd_come(s);
        break;
    default:
        UNREACHABLE();
    }
}

static void event_end(struct seed *s, const struct plan_event *event)
{
    struct sim_disk_options *disk = sim_disk(s->life.host);
    if (event->kind == PLAN_OUTAGE)
        plan_apply(&s->plan, disk, sim_net(s->sim));
    else if (event->kind == PLAN_FULL)
        disk->capacity_bytes = s->honest.capacity_bytes;
    else if (event->kind == PLAN_CUT)
        sim_net_cut(s->clients, s->life.host, false);
    else if (event->kind == PLAN_CROWD)
        crowd_go(s);
}

static void seed_work_in_world(struct seed *s)
{
    uint64_t end = sim_now(s->sim) + s->plan.seconds * NS_PER_S;
    while (sim_now(s->sim) < end && !clients_done(s)) {
        const char *broken = s->options->world->misfortune(&s->life);
        if (broken != NULL)
            seed_break(s, broken);
    }
}

static void seed_work(struct seed *s)
{
    for (uint32_t i = 0; i < s->plan.event_count && !clients_done(s); i++) {
        const struct plan_event *event = &s->plan.events[i];
        sim_run(s->sim, event->before_ns);
        if (plan_has(&s->plan, PLAN_CLOCK))
            clock_jump(s);
        if (s->options->trace != NULL)
            fprintf(s->options->trace, "%14.6f event %u: %s\n",
                    (double)sim_now(s->sim) / (double)NS_PER_MS, i,
                    event->nothing ? "nothing" : plan_kind_name(event->kind));
        if (!event->nothing)
            event_begin(s, event);
        sim_run(s->sim, event->after_ns);
        if (!event->nothing)
            event_end(s, event);
        seed_mind(s);
    }
}

/* Without faults, minding the broker, until the clients are done. It is started once more: a
 * partition that could not be read at a start stays offline until the next one. */
static void seed_settle(struct seed *s)
{
    faults_end(s);
    sim_life_end(&s->life, false);
    seed_mind(s);
    sim_run(s->sim, NS_PER_S);
    s->undisturbed = true;
    uint64_t end = sim_now(s->sim) + SETTLE_NS + 90 * NS_PER_S;
    while (sim_now(s->sim) < end && !clients_done(s)) {
        seed_mind(s);
        sim_run_until(s->sim, clients_done, s, NS_PER_S);
    }
    if (!clients_done(s))
        seed_break(s, "the clients did not end");
}

/* The clients have gone: in a while the broker holds nothing of theirs any more. */
static void seed_idle(struct seed *s)
{
    char sentence[WORKLOAD_VIOLATION_BYTES];
    if (seed_is_broken(s))
        return;
    sim_run(s->sim, IDLE_NS);
    s->rested_ns = IDLE_NS;
    if (idle_keeps(s->life.host, sentence, sizeof sentence) != NULL)
        seed_break(s, sentence);
}

static void seed_stop(struct seed *s)
{
    if (seed_is_broken(s))
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
    if (seed_is_broken(s))
        return;
    s->life.options.cores = plan_cores(&s->plan, s->life.starts);
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

static const char *const settings_of_all[] = {
    /* Clocks may be years apart: by default the one is refused, the other removed, and rightly.
     */
    "log.message.timestamp.after.max.ms=9223372036854775807",
    "log.retention.ms=-1",
    /* Topics that have a limit of their own are looked at more often. */
    "log.retention.check.interval.ms=1000",
    "offsets.retention.minutes=2147483647",
    /* More happens to groups in less time; a member has to be silent for longer than a stall.
     */
    "offsets.topic.num.partitions=4",
    ("group.min.session.timeout.ms=" STRING_OF(SESSION_MS_MIN)),
    "group.initial.rebalance.delay.ms=200",
    /* The catalog gets snapshots, and loses the log below them. */
    "metadata.log.max.record.bytes.between.snapshots=2000",
    "metadata.log.max.snapshot.interval.ms=3000",
    "internal.metadata.log.segment.bytes=2000",
    "metadata.max.retention.bytes=6000",
    "log.cleaner.backoff.ms=300",
    /* The quickest. */
    "compression.gzip.level=1",
    "compression.zstd.level=1",
    NULL,
};

/* For seeds in which offsets expire: empty groups without any go by it, too. */
static const char *const settings_of_expiry[] = {"offsets.retention.check.interval.ms=500", NULL};

/* For seeds with members of the new protocol: theirs are no settings of a member. */
static const char *const settings_of_consumers[] = {
    "group.consumer.min.session.timeout.ms=1000",
    "group.consumer.session.timeout.ms=" STRING_OF(CONSUMER_SESSION_MS),
    "group.consumer.min.heartbeat.interval.ms=300",
    "group.consumer.heartbeat.interval.ms=1000",
    NULL,
};

static void add_settings(struct seed *s, const char *const *settings)
{
    uint32_t count = 0;
    while (s->settings[count] != NULL)
        count++;
    for (; *settings != NULL; settings++) {
        ASSERT(count + 1 < SETTINGS_MAX);
        s->settings[count++] = *settings;
    }
}

static void choose_settings(struct seed *s)
{
    if (s->plan.offsets_retention_ms != 0)
        add_settings(s, settings_of_expiry);
    add_settings(s, settings_of_all);
    if (s->plan.crew != CREW_CLASSIC)
        add_settings(s, settings_of_consumers);
}

static void seed_make(struct seed *s)
{
    const struct plan *plan = &s->plan;
    const struct seed_world *world = s->options->world;
    bool stops = world != NULL ? world->stops : plan_has(plan, PLAN_STOP);
    struct sim_options options;
    sim_options_init(&options, s->options->seed);
    s->sim = sim_new(&options);
    if (s->options->trace != NULL) {
        char text[1024];
        plan_describe(plan, text, sizeof text);
        fprintf(s->options->trace, "seed %llu: %s\n", (unsigned long long)plan->seed, text);
        sim_trace(s->sim, print_event, s->options->trace);
    }
    choose_settings(s);
    struct life_options life = {
        .settings = s->settings,
        .cores = plan_cores(plan, 0),
        .wal_profile = plan->wal_profile,
        .flush_profile = plan->flush_profile,
        .wal_file_bytes = plan->wal_file_bytes,
        .wal_bytes_max = plan->wal_bytes_max,
        .memory_bytes = plan->memory_bytes,
        .connections_max = plan->connections_max,
        .segment_ms = plan->segment_ms,
        .offsets_retention_ms = plan->offsets_retention_ms,
        .sink = see_log,
        .sink_context = s,
    };
    sim_life_init(&s->life, s->sim, sim_host_new(s->sim, "broker"), &life);
    s->clients = sim_host_new(s->sim, "clients");
    const struct workload_options work = {
        .host = "broker",
        .port = LIFE_PORT,
        .seed = sim_random(s->sim),
        .topic = "simulated",
        .partition_count = (int32_t)plan->partitions,
        .duration_ns = plan->seconds * NS_PER_S,
        .settle_ns = SETTLE_NS,
        .pause_ns = plan->pause_ns,
        .value_bytes_max = plan->value_bytes_max,
        .batch_records_max = plan->batch_records_max,
        .session_ms_min = SESSION_MS_MIN,
        .crew = plan->crew,
        .cleans_twice = plan->cleans_twice,
        .keeps_tombstones = plan->keeps_tombstones,
        .consumer_session_ms = CONSUMER_SESSION_MS,
        .offsets_retention_ms = plan->offsets_retention_ms,
        .kinds_out = plan->clients_out,
        .long_metadata = s->options->world != NULL && s->options->world->busy,
        .owns_broker = true,
        /* Kafka's snapshots, which a clean stop leaves, keep a producer's last batch only: of
         * several whose answers were lost the older ones are then out of order, here as there. */
        .in_flight_max = stops ? 1 : 5,
        .calm = &s->undisturbed,
        .prompt = &s->life.prompt,
        .lively = seed_is_lively,
        .lively_context = s,
        .started_ns = &s->life.started_ns,
    };
    s->workload = workload_new(&work);
}

static void seed_tell(const struct seed *s)
{
    struct seed_result *result = s->result;
    result->simulated_ns = sim_now(s->sim) - s->rested_ns;
    result->hash = sim_hash(s->sim);
    result->starts = s->life.starts;
    result->refused = s->life.refused;
    result->crashes = s->life.crashes;
    result->kills = s->life.kills;
    result->stops = s->life.stops;
    result->kinds = s->plan.kinds;
    result->event_count = s->plan.event_count;
    for (unsigned i = 0; i < SIM_STRIKE_COUNT; i++)
        result->strikes[i] = sim_struck(s->sim, (enum sim_strike)i);
}

bool seed_run(const struct seed_options *options, struct seed_result *result)
{
    struct seed *s = mem_alloc(sizeof *s);
    s->options = options;
    s->result = result;
    *result = (struct seed_result){0};
    states_watch(result->states);
    plan_make(&s->plan, options->seed, options->seconds, &options->cuts);
    if (options->world != NULL && options->world->busy)
        plan_hurry(&s->plan);
    seed_make(s);
    sim_life_start(&s->life);
    sim_run(s->sim, NS_PER_S);
    struct sim_thread *clients = sim_thread_start(s->clients, clients_main, s);
    faults_begin(s);
    if (options->world != NULL)
        seed_work_in_world(s);
    else
        seed_work(s);
    seed_settle(s);
    seed_idle(s);
    seed_stop(s);
    if (result->workload.done) {
        sim_thread_join(clients);
        seed_audit(s);
    }
    if (options->find >= 0 && result->states[options->find] > 0)
        seed_break(s, state_text((enum state)options->find));
    seed_tell(s);
    states_watch(NULL);
    /* The world stays: what a crashed process left in memory could not be told from a leak. The
     * heap takes it back (heap.h), or the process ends. */
    if (*s->broken != '\0')
        memcpy(result->workload.violation, s->broken, sizeof s->broken);
    return !seed_is_broken(s);
}
