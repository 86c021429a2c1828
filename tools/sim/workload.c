/*
 * The stages of the work.
 *
 * Each name has an administrator. As soon as a life of a topic is confirmed, producers and
 * consumers gather around it, and they leave when it is deleted. The first topic and, in half the
 * runs, a second one stay.
 */
#include "tools/sim/workload.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/admin.h"
#include "tools/sim/configurer.h"
#include "tools/sim/consumer.h"
#include "tools/sim/hostile.h"
#include "tools/sim/inspector.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/producer.h"

#define PRODUCERS_MAX 40
#define CONSUMERS_MAX 24
#define ADMINS_MAX 5
#define STEADY_MAX 2
#define NAME_BYTES 64
#define RETAINED_BYTES_MAX 60000
/* No batch is larger: message.max.bytes is less. */
#define BATCH_BYTES_MAX 1100000
#define STEP_NS (50 * NS_PER_MS)
#define QUIET_PAUSE_NS (2 * NS_PER_MS)
#define QUIET_REST_NS (5 * NS_PER_S)
/* When nothing is in the way, a rebalance ends by then: sessions and rebalances are shorter. */
#define REBALANCE_NS (30 * NS_PER_S)

/* Kinds that a seed may leave out. */
enum kind {
    KIND_IDEMPOTENT = 1 << 0,
    KIND_ACKS_ONE = 1 << 1,
    KIND_ACKS_NONE = 1 << 2,
    KIND_LARGE = 1 << 3,
    KIND_MANY = 1 << 4,
    KIND_COMPRESSED = 1 << 5,
    KIND_LOSSES = 1 << 6,
    KIND_PROBES = 1 << 7,
    KIND_SESSIONS = 1 << 8,
    KIND_JUMPS = 1 << 9,
    KIND_SMALL = 1 << 10,
    KIND_QUESTIONS = 1 << 11,
    KIND_CHURN = 1 << 12,
    KIND_GROWTH = 1 << 13,
    KIND_SECOND = 1 << 14,
    KIND_HOSTILE = 1 << 15,
    KIND_PLANS = 1 << 16,
    KIND_GROUPS = 1 << 17,
    KIND_TRIMS = 1 << 18,
    KIND_CONFIGS = 1 << 19,
    KIND_RETENTION = 1 << 20,
    KIND_QUIET = 1 << 21,
};

enum stage {
    STAGE_CREATING,
    STAGE_WORKING,
    STAGE_SETTLING,
    STAGE_READING,
    STAGE_AUDITING,
    STAGE_LEAVING,
};

_Static_assert(KIND_QUIET == 1 << (WORKLOAD_KINDS - 1), "all kinds are counted");

struct workload {
    struct io_loop loop; /* first */
    struct party party;
    struct workload_options options;
    struct model *model;
    struct model_topics *topics;
    struct model_groups *groups;
    struct model_configs *configs;
    uint32_t kinds; /* enum kind */
    enum stage stage;
    uint64_t calls;      /* of all that has been run */
    uint64_t end_ns;     /* of the writing, then of what may be in the way */
    uint64_t changed_ns; /* by then the last topic has its partitions */
    struct sim_admin *admins[ADMINS_MAX];
    char names[ADMINS_MAX][NAME_BYTES];
    uint32_t admin_count;
    struct sim_producer *producers[PRODUCERS_MAX];
    uint32_t producer_count;
    struct sim_consumer *consumers[CONSUMERS_MAX];
    uint32_t consumer_count;
    struct sim_inspector *inspector;
    struct sim_configurer *configurer;
    struct sim_configurer *config_auditor;
    struct hostile *hostile;
    struct sim_crew *crew;
    struct model_topic *steady[STEADY_MAX]; /* topics that stay: groups read them */
    uint32_t steady_count;
};

static bool has(const struct workload *v, enum kind kind)
{
    return (v->kinds & kind) != 0;
}

/* Who works on a topic. */

static void add_producer(struct workload *v, const struct producer_options *options)
{
    if (v->producer_count == PRODUCERS_MAX)
        return;
    struct sim_producer *producer = sim_producer_new(&v->party, options);
    v->producers[v->producer_count++] = producer;
    sim_producer_start(producer);
    if (v->stage > STAGE_WORKING)
        sim_producer_stop(producer);
}

static void add_consumer(struct workload *v, const struct consumer_options *options)
{
    if (v->consumer_count == CONSUMERS_MAX)
        return;
    struct sim_consumer *consumer = sim_consumer_new(&v->party, options);
    v->consumers[v->consumer_count++] = consumer;
    sim_consumer_start(consumer);
}

/* What all producers have in common. Batches stay below max.message.bytes. */
static struct producer_options usual_producer(struct workload *v, struct model_topic *topic,
                                              bool by_id)
{
    return (struct producer_options){
        .topic = topic,
        .by_id = by_id,
        .acks = -1,
        .compression = has(v, KIND_COMPRESSED) ? PRODUCER_ANY_COMPRESSION : COMPRESSION_NONE,
        .in_flight_max = 1,
        .batch_records_max = 5,
        .value_bytes_max = 300,
        .pause_ns_max = v->options.pause_ns,
        .loss_rate = has(v, KIND_LOSSES) ? 3 : 0,
        .probe_rate = has(v, KIND_PROBES) ? 30 : 0,
    };
}

static void gather_producers(struct workload *v, struct model_topic *topic)
{
    struct producer_options o = usual_producer(v, topic, false);
    bool limited = topic->plan.message_bytes_max > 0;
    add_producer(v, &o);
    o.in_flight_max = v->options.in_flight_max;
    o.idempotent = true;
    for (int i = 0; i < 2 && has(v, KIND_IDEMPOTENT); i++)
        add_producer(v, &o);
    if (has(v, KIND_MANY) && !limited) {
        o.batch_records_max = v->options.batch_records_max;
        o.pause_ns_max *= 2;
        add_producer(v, &o);
    }
    o = usual_producer(v, topic, false);
    if (has(v, KIND_LARGE) && !limited) {
        o.value_bytes_max = v->options.value_bytes_max;
        o.pause_ns_max *= 2;
        add_producer(v, &o);
    }
    o = usual_producer(v, topic, false);
    o.acks = 1;
    if (has(v, KIND_ACKS_ONE))
        add_producer(v, &o);
    o.acks = 0;
    o.loss_rate = 0;
    if (has(v, KIND_ACKS_NONE))
        add_producer(v, &o);
}

static struct consumer_options usual_consumer(struct workload *v, struct model_topic *topic,
                                              bool by_id)
{
    return (struct consumer_options){
        .topics = {topic},
        .topic_count = 1,
        .by_id = by_id,
        .wait_ms_max = 500,
        .bytes_min_max = 2000,
        .bytes_max = 1 << 20,
        .pause_ns_max = 20 * NS_PER_MS,
        .probe_rate = has(v, KIND_PROBES) ? 20 : 0,
    };
}

static void gather_consumers(struct workload *v, struct model_topic *topic)
{
    struct consumer_options o = usual_consumer(v, topic, false);
    o.wait_ms_max = 3000;
    o.bytes_min_max = 20000;
    add_consumer(v, &o);
    o = usual_consumer(v, topic, false);
    o.bytes_max = 40000;
    if (has(v, KIND_SMALL))
        add_consumer(v, &o);
    o = usual_consumer(v, topic, party_chance(&v->party, 500));
    o.session = true;
    if (has(v, KIND_SESSIONS))
        add_consumer(v, &o);
    o = usual_consumer(v, topic, true);
    o.jump_rate = 50;
    o.session = has(v, KIND_SESSIONS) && party_chance(&v->party, 500);
    if (has(v, KIND_JUMPS))
        add_consumer(v, &o);
}

/* Groups read it from now on. */
static void crew_told(struct workload *v, struct model_topic *topic)
{
    ASSERT(v->steady_count < STEADY_MAX);
    v->steady[v->steady_count++] = topic;
    if (v->crew != NULL)
        sim_crew_add_topic(v->crew, topic);
    if (v->configurer != NULL)
        sim_configurer_add_topic(v->configurer, topic);
}

static void topic_began(void *context, struct model_topic *topic)
{
    struct workload *v = context;
    crew_told(v, topic);
    if (v->stage > STAGE_WORKING)
        return;
    gather_producers(v, topic);
    gather_consumers(v, topic);
}

/* A life that may end at any time: its clients name it by its id, so that what is late for it does
 * not go to the next one. */
static void passing_topic_began(void *context, struct model_topic *topic)
{
    struct workload *v = context;
    if (v->stage > STAGE_WORKING)
        return;
    struct producer_options producer = usual_producer(v, topic, true);
    struct consumer_options consumer = usual_consumer(v, topic, true);
    add_producer(v, &producer);
    producer.idempotent = true;
    producer.in_flight_max = v->options.in_flight_max;
    if (has(v, KIND_IDEMPOTENT))
        add_producer(v, &producer);
    consumer.session = has(v, KIND_SESSIONS) && party_chance(&v->party, 500);
    add_consumer(v, &consumer);
}

/* A topic in which nothing happens for seconds, then much at once: its readers wait. */
static void quiet_topic_began(void *context, struct model_topic *topic)
{
    struct workload *v = context;
    if (v->stage > STAGE_WORKING)
        return;
    struct producer_options producer = usual_producer(v, topic, false);
    struct consumer_options consumer = usual_consumer(v, topic, false);
    producer.pause_ns_max = QUIET_PAUSE_NS;
    producer.rest_ns_max = QUIET_REST_NS;
    add_producer(v, &producer);
    consumer.patient = true;
    consumer.pause_ns_max = QUIET_PAUSE_NS;
    add_consumer(v, &consumer);
    consumer.session = has(v, KIND_SESSIONS);
    add_consumer(v, &consumer);
}

/* Short segments and small limits, so that much goes within seconds. */
static void choose_retention(struct party *party, struct model_topic_plan *plan)
{
    bool by_time = party_chance(party, 650);
    plan->retains = true;
    plan->retention.ms = by_time ? (int64_t)party_random(party, 100, 5000) : -1;
    plan->retention.bytes = -1;
    if (!by_time || party_chance(party, 400))
        plan->retention.bytes =
            party_chance(party, 200) ? 0 : (int64_t)party_random(party, 1, RETAINED_BYTES_MAX);
    plan->segment_bytes = (int32_t)MIB;
    plan->segment_ms = (int32_t)party_random(party, 20, 600);
    plan->retention.segment_max = plan->segment_bytes + BATCH_BYTES_MAX;
}

static struct model_topic_plan choose_plan(struct workload *v)
{
    struct party *party = &v->party;
    struct model_topic_plan plan = {.compression = MODEL_COMPRESSION_KEPT};
    if (has(v, KIND_RETENTION) && party_chance(party, 350)) {
        plan.append_time = party_chance(party, 300);
        choose_retention(party, &plan);
        plan.compact = v->options.cleans_twice;
        plan.keeps_tombstones = v->options.keeps_tombstones;
        return plan;
    }
    if (!has(v, KIND_PLANS))
        return plan;
    if (party_chance(party, 400))
        plan.compression = party_chance(party, 200) ? COMPRESSION_NONE : (int8_t)party_codec(party);
    plan.append_time = party_chance(party, 300);
    if (party_chance(party, 300))
        plan.message_bytes_max = 10000;
    if (party_chance(party, 500))
        plan.segment_bytes = (int32_t)MIB;
    if (party_chance(party, 500))
        plan.segment_ms = (int32_t)party_random(party, 200, 5000);
    plan.compact = party_chance(party, 300);
    plan.keeps_tombstones = party_chance(party, 500);
    if (plan.compact)
        plan.segment_ms = (int32_t)party_random(party, 1, 500);
    return plan;
}

static void add_admin(struct workload *v, const char *suffix, struct admin_options options)
{
    char *name = v->names[v->admin_count];
    ASSERT(v->admin_count < ADMINS_MAX);
    snprintf(name, NAME_BYTES, "%s%s", v->options.topic, suffix);
    options.name = name;
    options.plan = choose_plan(v);
    options.context = v;
    v->admins[v->admin_count] = sim_admin_new(&v->party, &options);
    sim_admin_start(v->admins[v->admin_count++]);
}

static void add_crew(struct workload *v)
{
    struct crew_options options = {
        .name = v->options.topic,
        .kind = v->options.crew,
        .session_ms_min = v->options.session_ms_min,
        .consumer_session_ms = v->options.consumer_session_ms,
    };
    if (!has(v, KIND_GROUPS) || options.session_ms_min == 0)
        return;
    v->crew = sim_crew_new(&v->party, v->groups, &options);
    for (uint32_t i = 0; i < v->steady_count; i++)
        sim_crew_add_topic(v->crew, v->steady[i]);
}

static void workload_begin(struct workload *v)
{
    struct admin_options options = {
        .partitions_max = v->options.partition_count,
        .exact = true,
        .grows = has(v, KIND_GROWTH),
        .trims = has(v, KIND_TRIMS),
        .pause_ns_max = 3 * NS_PER_S,
        .began = topic_began,
    };
    add_admin(v, "", options);
    options.partitions_max = 4;
    options.exact = false;
    if (has(v, KIND_SECOND))
        add_admin(v, "-second", options);
    options.churns = true;
    options.began = passing_topic_began;
    options.pause_ns_max = NS_PER_S;
    if (has(v, KIND_CHURN)) {
        add_admin(v, "-passing", options);
        add_admin(v, "-fleeting", options);
    }
    if (has(v, KIND_QUIET))
        add_admin(v, "-quiet",
                  (struct admin_options){
                      .partitions_max = 4, .pause_ns_max = NS_PER_S, .began = quiet_topic_began});
    if (has(v, KIND_QUESTIONS)) {
        v->inspector = sim_inspector_new(&v->party, 200 * NS_PER_MS);
        sim_inspector_start(v->inspector);
    }
    if (has(v, KIND_CONFIGS)) {
        v->configurer = sim_configurer_new(&v->party, v->configs, false);
        if (v->options.owns_broker)
            sim_configurer_add_broker(v->configurer);
        sim_configurer_start(v->configurer);
    }
    if (has(v, KIND_HOSTILE)) {
        v->hostile = hostile_new(&v->party, 2 * NS_PER_S);
        hostile_start(v->hostile);
    }
    add_crew(v);
    if (v->crew != NULL)
        sim_crew_start(v->crew);
}

/* The stages. */

/* Clients of topics that are gone make room. */
static void workload_sweep(struct workload *v)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < v->producer_count; i++) {
        struct sim_producer *producer = v->producers[i];
        if (sim_producer_done(producer) && sim_producer_retire(producer))
            sim_producer_free(producer);
        else
            v->producers[kept++] = producer;
    }
    v->producer_count = kept;
    kept = 0;
    for (uint32_t i = 0; i < v->consumer_count; i++) {
        struct sim_consumer *consumer = v->consumers[i];
        if (sim_consumer_done(consumer) && sim_consumer_retire(consumer))
            sim_consumer_free(consumer);
        else
            v->consumers[kept++] = consumer;
    }
    v->consumer_count = kept;
}

static bool admins_ready(const struct workload *v)
{
    for (uint32_t i = 0; i < v->admin_count; i++)
        if (!sim_admin_ready(v->admins[i]))
            return false;
    return true;
}

static bool changes_done(const struct workload *v)
{
    for (uint32_t i = 0; i < v->admin_count; i++)
        if (!sim_admin_done(v->admins[i]))
            return false;
    return v->configurer == NULL || sim_configurer_done(v->configurer);
}

static void workload_settle(struct workload *v)
{
    v->stage = STAGE_SETTLING;
    for (uint32_t i = 0; i < v->admin_count; i++)
        sim_admin_stop(v->admins[i]);
    for (uint32_t i = 0; i < v->producer_count; i++)
        sim_producer_stop(v->producers[i]);
    if (v->crew != NULL)
        sim_crew_stop(v->crew);
    if (v->configurer != NULL)
        sim_configurer_stop(v->configurer);
}

static void workload_read(struct workload *v)
{
    v->stage = STAGE_READING;
    v->changed_ns = io_now(v->party.io);
    for (uint32_t i = 0; i < v->consumer_count; i++)
        sim_consumer_finish(v->consumers[i]);
}

/* Lists everything, and reads every topic from its start. */
static void workload_check_all(struct workload *v)
{
    struct model_topic *topic;
    v->stage = STAGE_AUDITING;
    if (v->inspector == NULL) {
        v->inspector = sim_inspector_new(&v->party, 200 * NS_PER_MS);
        sim_inspector_start(v->inspector);
    }
    sim_inspector_finish(v->inspector);
    v->config_auditor = sim_configurer_new(&v->party, v->configs, true);
    sim_configurer_start(v->config_auditor);
    if (v->crew != NULL)
        sim_crew_check(v->crew);
    for (uint32_t i = 0; (topic = model_topic_at(v->topics, i)) != NULL; i++) {
        if (!model_topic_stays(topic))
            continue;
        struct consumer_options o = usual_consumer(v, topic, true);
        o.audits = true;
        add_consumer(v, &o);
    }
}

static void workload_leave(struct workload *v)
{
    v->stage = STAGE_LEAVING;
    party_leave(&v->party);
    if (v->hostile != NULL)
        hostile_leave(v->hostile);
}

/* Rebalances end, once nothing is in the way and no topic grows any more. */
static bool crew_settled(struct workload *v)
{
    const char *group = v->crew == NULL ? NULL : sim_crew_unsettled(v->crew);
    bool calm = v->party.calm_ns != IO_NEVER;
    if (group != NULL && calm && v->stage > STAGE_WORKING &&
        io_now(v->party.io) > MAX(v->end_ns, v->changed_ns) + REBALANCE_NS)
        model_break(v->model, "group %s: its rebalance does not end", group);
    return group == NULL;
}

static void workload_advance(struct workload *v)
{
    uint64_t now = io_now(v->party.io);
    const bool *calm = v->options.calm;
    if (calm != NULL && *calm && v->party.calm_ns == IO_NEVER) {
        party_calm(&v->party);
        model_calm(v->model);
        if (v->crew != NULL)
            sim_crew_calm(v->crew);
        v->end_ns = MAX(v->end_ns, now);
    }
    if (v->options.prompt != NULL)
        party_prompt(&v->party, *v->options.prompt, *v->options.started_ns);
    /* Hostile clients may use up a share of the memory until the broker loses patience. */
    if (v->options.lively != NULL && v->hostile == NULL)
        party_lively(&v->party, v->options.lively(v->options.lively_context),
                     *v->options.started_ns);
    workload_sweep(v);
    bool waiting = calm != NULL && !*calm;
    if (model_violation(v->model) != NULL && v->stage != STAGE_LEAVING) {
        workload_leave(v);
    } else if (v->stage == STAGE_CREATING && (admins_ready(v) || (calm != NULL && *calm))) {
        v->stage = STAGE_WORKING;
        v->end_ns = now + v->options.duration_ns;
    } else if (v->stage == STAGE_WORKING && now >= v->end_ns) {
        workload_settle(v);
    } else if (v->stage == STAGE_SETTLING && v->producer_count == 0 && changes_done(v)) {
        workload_read(v);
    } else if (v->stage == STAGE_READING && v->consumer_count == 0 && !waiting && crew_settled(v)) {
        workload_check_all(v);
    } else if (v->stage == STAGE_AUDITING && v->consumer_count == 0 &&
               sim_inspector_done(v->inspector) && sim_configurer_done(v->config_auditor) &&
               (v->crew == NULL || sim_crew_done(v->crew))) {
        workload_leave(v);
    }
    if (v->stage > STAGE_WORKING && v->stage < STAGE_LEAVING && !waiting &&
        now > v->end_ns + v->options.settle_ns)
        model_break(v->model, "not everything was acknowledged and read in time");
}

static uint64_t workload_step(struct io_loop *loop)
{
    struct workload *v = CONTAINER_OF(loop, struct workload, loop);
    uint64_t deadline = v->party.loop.step(&v->party.loop);
    workload_advance(v);
    if (v->stage == STAGE_LEAVING && v->party.open == 0)
        io_stop(v->party.io);
    return MIN(deadline, io_now(v->party.io) + STEP_NS);
}

static bool workload_has_work(struct io_loop *loop)
{
    (void)loop;
    return false;
}

static void workload_send_home(struct workload *v)
{
    for (uint32_t i = 0; i < v->producer_count; i++)
        sim_producer_free(v->producers[i]);
    for (uint32_t i = 0; i < v->consumer_count; i++)
        sim_consumer_free(v->consumers[i]);
    for (uint32_t i = 0; i < v->admin_count; i++)
        sim_admin_free(v->admins[i]);
    if (v->inspector != NULL)
        sim_inspector_free(v->inspector);
    if (v->configurer != NULL)
        sim_configurer_free(v->configurer);
    if (v->config_auditor != NULL)
        sim_configurer_free(v->config_auditor);
    if (v->hostile != NULL)
        hostile_free(v->hostile);
    if (v->crew != NULL)
        sim_crew_free(v->crew);
    v->crew = NULL;
    v->producer_count = v->consumer_count = v->admin_count = 0;
    v->inspector = NULL;
    v->configurer = v->config_auditor = NULL;
    v->hostile = NULL;
}

static int64_t party_clock(void *context)
{
    return party_wall_ms(context);
}

static int workload_go(struct workload *v, void (*begin)(struct workload *v), uint64_t seed,
                       struct workload_result *result)
{
    struct log log;
    struct io *io;
    log_init_stderr(&log, LOG_WARN, "clients");
    struct io_options io_options = {
        .recv_buffer_bytes = 16384, .recv_buffer_count = 256, .disk_threads = 1, .log = &log};
    int error = io_new(&io_options, &io);
    if (error != 0)
        return error;
    party_init(&v->party, io, v->model, seed);
    model_use_clock(v->model, party_clock, &v->party);
    v->party.topics = v->topics;
    v->party.configs = v->configs;
    v->party.host = v->options.host;
    v->party.port = v->options.port;
    begin(v);
    io_run(io, &v->loop);
    *result = (struct workload_result){.done = true, .calls = v->calls += v->party.calls};
    model_count(v->model, &result->counts);
    if (model_violation(v->model) != NULL)
        snprintf(result->violation, sizeof result->violation, "%s", model_violation(v->model));
    workload_send_home(v);
    model_use_clock(v->model, NULL, NULL);
    party_fini(&v->party);
    io_free(io);
    return 0;
}

static void run_begin(struct workload *v)
{
    v->stage = STAGE_CREATING;
    for (unsigned i = 0; i < WORKLOAD_KINDS; i++)
        if (party_chance(&v->party, 650))
            v->kinds |= 1U << i;
    v->kinds &= ~v->options.kinds_out;
    workload_begin(v);
}

static void audit_begin(struct workload *v)
{
    v->end_ns = io_now(v->party.io);
    add_crew(v);
    workload_check_all(v);
}

struct workload *workload_new(const struct workload_options *options)
{
    struct workload *v = mem_alloc(sizeof *v);
    v->loop = (struct io_loop){workload_step, workload_has_work};
    v->options = *options;
    v->model = model_new();
    v->topics = model_topics_new(v->model);
    v->groups = model_groups_new(v->model);
    model_groups_use_retention(v->groups, options->offsets_retention_ms);
    if (options->long_metadata)
        model_groups_use_long_metadata(v->groups);
    v->configs = model_configs_new(v->model);
    return v;
}

void workload_free(struct workload *v)
{
    model_configs_free(v->configs);
    model_groups_free(v->groups);
    model_topics_free(v->topics);
    model_free(v->model);
    mem_free(v);
}

void workload_clock_jumped(struct workload *v, uint64_t at_ns, int64_t ahead_ms)
{
    model_clock_jumped(v->model, party_wall_ms_at(&v->party, at_ns), ahead_ms);
}

int workload_run(struct workload *v, struct workload_result *result)
{
    return workload_go(v, run_begin, v->options.seed, result);
}

int workload_audit(struct workload *v, struct workload_result *result)
{
    return workload_go(v, audit_begin, v->options.seed + 1, result);
}
