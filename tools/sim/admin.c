/*
 * A state machine with one call out at a time. An attempt that gets no answer is made again; how
 * it ended is found out by a listing, where the answer to the next one does not tell.
 *
 * A deletion by name without an answer might come to act on a later life: then the name is given
 * up, and the next life has another.
 */
#include "tools/sim/admin.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "tools/sim/caller.h"

#define CREATE_VERSION_MIN 2
#define CREATE_VERSION_ID 7
#define DELETE_VERSION_MIN 1
#define DELETE_VERSION_ID 6
#define GROW_VERSION_MAX 3
#define FIND_VERSION_MIN 10
#define FIND_VERSION_MAX 13
#define FETCH_VERSION_ID 13
#define TRIM_VERSION_MAX 2
#define BEYOND 1000000
#define RETRY_NS_MAX (300 * NS_PER_MS)
#define TIMEOUT_MS 30000
/* A thousand years: longer than any clock jumps. */
#define TOMBSTONE_MS "31536000000000"
#define CONFIGS_MAX 11
#define CONFIG_BYTES 32
/* No code of Kafka: the answer does not hold what was asked. */
#define ERROR_MALFORMED (-2)

enum step {
    STEP_CREATE,
    STEP_FIND,  /* how a creation or extension ended */
    STEP_LIVE,  /* between two deeds */
    STEP_AGAIN, /* create what exists */
    STEP_WRONG, /* create what cannot be */
    STEP_GROW,
    STEP_DELETE,
    STEP_VISIT, /* read what was deleted */
    STEP_TRIM,  /* delete records */
};

struct sim_admin {
    struct party *party;
    struct admin_options options;
    struct caller caller;
    enum step step;
    char name[MODEL_NAME_BYTES];
    uint32_t generation;
    int32_t partitions;          /* of the next life */
    int32_t growing_to;          /* 0: not */
    struct model_topic *topic;   /* the life that goes on; null: none */
    struct model_topic *attempt; /* that is out; null: none */
    uint64_t sent;               /* of the listing that is out */
    bool validates;
    bool may_exist;     /* when the attempt or extension was sent */
    bool confirmed;     /* created, but the id is not known yet */
    bool unanswered;    /* an earlier attempt at this step */
    bool by_name;       /* the deletion that is out */
    bool name_is_lost;  /* given up */
    int32_t trim_index; /* of the deletion of records that is out */
    int64_t trim_offset;
    bool trim_beyond; /* it must be refused */
    bool ready;
    bool stopping;
};

static void admin_then(struct sim_admin *admin, enum step step, uint64_t pause_ns_max)
{
    admin->step = step;
    caller_pause(&admin->caller, pause_ns_max);
}

static void admin_live(struct sim_admin *admin)
{
    admin->unanswered = false;
    admin_then(admin, STEP_LIVE, admin->options.pause_ns_max);
}

/* Errors that leave open what happened. Short of memory the broker may not even say what is wrong;
 * later it has enough. */
static bool error_is_passing(const struct sim_admin *admin, int16_t error)
{
    return error == KAFKA_REQUEST_TIMED_OUT || error == KAFKA_KAFKA_STORAGE_ERROR ||
           error == KAFKA_NOT_CONTROLLER ||
           (error == KAFKA_UNKNOWN_SERVER_ERROR && admin->party->calm_ns == IO_NEVER);
}

static void admin_break(struct sim_admin *admin, const char *deed, int error)
{
    model_break(admin->party->model, "topic %s: %s was answered with %d", admin->name, deed, error);
}

static int16_t admin_version(struct sim_admin *admin, uint64_t least, uint64_t most)
{
    return (int16_t)party_random(admin->party, least, most);
}

/* Creating. */

struct creation {
    struct create_topics_request request;
    struct create_topics_request_creatable_topic topic;
    struct create_topics_request_creatable_topic_config configs[CONFIGS_MAX];
    char texts[CONFIGS_MAX][CONFIG_BYTES];
};

static void creation_set(struct creation *c, const char *name, const char *value)
{
    ASSERT(c->topic.configs.count < CONFIGS_MAX);
    struct create_topics_request_creatable_topic_config *config =
        &c->configs[c->topic.configs.count];
    message_defaults(&create_topics_request_creatable_topic_config_struct, config);
    config->name = string_of(name);
    config->value = string_of(value);
    c->topic.configs.count++;
}

static void creation_set_number(struct creation *c, const char *name, int32_t value)
{
    char *text = c->texts[c->topic.configs.count];
    if (value == 0)
        return;
    snprintf(text, CONFIG_BYTES, "%d", value);
    creation_set(c, name, text);
}

/* -1: there is none. */
static void creation_set_limit(struct creation *c, const char *name, int64_t value)
{
    char *text = c->texts[c->topic.configs.count];
    snprintf(text, CONFIG_BYTES, "%lld", (long long)value);
    creation_set(c, name, text);
}

static void creation_fill(struct sim_admin *admin, struct creation *c)
{
    const struct model_topic_plan *plan = &admin->options.plan;
    message_defaults(&create_topics_request_creatable_topic_struct, &c->topic);
    message_defaults(&create_topics_request_struct, &c->request);
    c->topic.name = string_of(admin->name);
    c->topic.num_partitions = admin->partitions;
    c->topic.replication_factor = 1;
    c->topic.configs.items = c->configs;
    if (plan->compression == COMPRESSION_NONE)
        creation_set(c, "compression.type", "uncompressed");
    else if (plan->compression != MODEL_COMPRESSION_KEPT)
        creation_set(c, "compression.type", compression_name((enum compression)plan->compression));
    if (plan->append_time)
        creation_set(c, "message.timestamp.type", "LogAppendTime");
    /* Clocks may jump; that is no reason to refuse what clients send. */
    creation_set(c, "message.timestamp.after.max.ms", "9223372036854775807");
    creation_set_number(c, "max.message.bytes", plan->message_bytes_max);
    creation_set_number(c, "segment.bytes", plan->segment_bytes);
    creation_set_number(c, "segment.ms", plan->segment_ms);
    if (plan->retains) {
        creation_set_limit(c, "retention.ms", plan->retention.ms);
        creation_set_limit(c, "retention.bytes", plan->retention.bytes);
    }
    if (plan->compact) {
        creation_set(c, "cleanup.policy", plan->retains ? "compact,delete" : "compact");
        creation_set(c, "min.cleanable.dirty.ratio", "0.1");
        creation_set(c, "delete.retention.ms", plan->keeps_tombstones ? TOMBSTONE_MS : "1000");
    }
    c->request.topics.items = &c->topic;
    c->request.topics.count = 1;
    c->request.timeout_ms = TIMEOUT_MS;
}

static void admin_create(struct sim_admin *admin)
{
    struct model_topics *topics = admin->party->topics;
    struct creation creation = {0};
    creation_fill(admin, &creation);
    admin->validates = admin->step == STEP_AGAIN && party_chance(admin->party, 500);
    creation.request.validate_only = admin->validates;
    admin->may_exist = model_topic_name_may_exist(topics, admin->name);
    admin->attempt = NULL;
    if (!admin->validates)
        admin->attempt =
            model_topic_attempt(topics, admin->name, admin->partitions, &admin->options.plan);
    caller_ask(&admin->caller, API_CREATE_TOPICS,
               admin_version(admin, CREATE_VERSION_MIN, CREATE_VERSION_ID), &creation.request);
}

/* A life has begun, or was found. */
static void admin_begin(struct sim_admin *admin, struct model_topic *topic)
{
    admin->topic = topic;
    if (admin->confirmed)
        model_topic_answered(admin->party->topics, topic);
    admin->confirmed = false;
    admin->ready = true;
    admin_live(admin);
    if (!admin->stopping)
        admin->options.began(admin->options.context, topic);
}

static void admin_created(struct sim_admin *admin, const struct create_topics_response *answer)
{
    if (answer == NULL) {
        admin_then(admin, STEP_CREATE, RETRY_NS_MAX);
        return;
    }
    const struct create_topics_response_creatable_topic_result *told = answer->topics.items;
    int16_t error = answer->topics.count == 1 ? told->error_code : ERROR_MALFORMED;
    bool exists = error == KAFKA_TOPIC_ALREADY_EXISTS;
    if (error == KAFKA_NONE && admin->caller.call.version >= CREATE_VERSION_ID) {
        admin_begin(admin,
                    model_topic_created(admin->party->topics, admin->attempt, told->topic_id));
        return;
    }
    if (exists)
        model_topic_dropped(admin->attempt);
    if (error == KAFKA_NONE || (exists && admin->may_exist)) {
        admin->confirmed = error == KAFKA_NONE;
        admin_then(admin, STEP_FIND, RETRY_NS_MAX);
        return;
    }
    if (!error_is_passing(admin, error))
        admin_break(admin, "its creation", error);
    admin_then(admin, STEP_CREATE, RETRY_NS_MAX);
}

/* It exists for certain. */
static void admin_created_again(struct sim_admin *admin,
                                const struct create_topics_response *answer)
{
    if (answer != NULL) {
        int16_t error =
            answer->topics.count == 1 ? answer->topics.items[0].error_code : ERROR_MALFORMED;
        if (error == KAFKA_TOPIC_ALREADY_EXISTS && admin->attempt != NULL)
            model_topic_dropped(admin->attempt);
        if (error != KAFKA_TOPIC_ALREADY_EXISTS && !error_is_passing(admin, error))
            admin_break(admin, "its second creation", error);
    }
    admin_live(admin);
}

/* What no topic can be: it is refused, and nothing of it shows. */
static void admin_create_wrong(struct sim_admin *admin)
{
    struct creation creation = {0};
    creation_fill(admin, &creation);
    creation.topic.name = string_of("never");
    creation.topic.configs.count = 0;
    admin->validates = party_chance(admin->party, 500);
    if (admin->validates)
        creation.topic.num_partitions = 0;
    else
        creation_set(&creation, "segment.bytes", "many");
    caller_ask(&admin->caller, API_CREATE_TOPICS,
               admin_version(admin, CREATE_VERSION_MIN, CREATE_VERSION_ID), &creation.request);
}

static void admin_created_wrong(struct sim_admin *admin,
                                const struct create_topics_response *answer)
{
    int16_t expected = admin->validates ? KAFKA_INVALID_PARTITIONS : KAFKA_INVALID_CONFIG;
    int16_t error = answer == NULL              ? expected
                    : answer->topics.count == 1 ? answer->topics.items[0].error_code
                                                : ERROR_MALFORMED;
    if (error != expected && !error_is_passing(admin, error))
        admin_break(admin, "a creation that cannot be", error);
    admin_live(admin);
}

/* Finding out. */

static void admin_find(struct sim_admin *admin)
{
    struct metadata_request request;
    struct metadata_request_topic asked;
    message_defaults(&metadata_request_struct, &request);
    message_defaults(&metadata_request_topic_struct, &asked);
    asked.name = string_of(admin->name);
    request.topics.items = &asked;
    request.topics.count = 1;
    request.allow_auto_topic_creation = false;
    admin->sent = model_topics_moment(admin->party->topics);
    caller_ask(&admin->caller, API_METADATA,
               admin_version(admin, FIND_VERSION_MIN, FIND_VERSION_MAX), &request);
}

static void admin_found(struct sim_admin *admin, const struct metadata_response *answer)
{
    struct model_listing listing;
    if (answer == NULL || answer->topics.count != 1) {
        admin_then(admin, STEP_FIND, RETRY_NS_MAX);
        return;
    }
    const struct metadata_response_topic *told = answer->topics.items;
    model_listing_begin(&listing, admin->party->topics, admin->sent);
    if (told->error_code != KAFKA_NONE) {
        if (told->error_code != KAFKA_UNKNOWN_TOPIC_OR_PARTITION || admin->confirmed ||
            admin->topic != NULL)
            admin_break(admin, "a question for it", told->error_code);
        admin_then(admin, STEP_CREATE, RETRY_NS_MAX);
        return;
    }
    struct model_topic *topic = model_listing_told(&listing, string_bytes(told->name),
                                                   told->topic_id, told->partitions.count);
    if (topic == NULL)
        return;
    if (admin->topic == NULL) {
        admin_begin(admin, topic);
    } else if (told->partitions.count >= admin->growing_to) {
        model_topic_grown(admin->party->topics, topic, told->partitions.count);
        admin->growing_to = 0;
        admin_live(admin);
    } else {
        admin_then(admin, STEP_GROW, RETRY_NS_MAX);
    }
}

/* More partitions. */

static void admin_grow(struct sim_admin *admin)
{
    struct create_partitions_request request;
    struct create_partitions_request_topic topic;
    struct model_topic *grown = admin->topic;
    if (admin->growing_to == 0)
        admin->growing_to = grown->count + (int32_t)party_random(admin->party, 1, 2);
    admin->may_exist = grown->count_most >= admin->growing_to;
    model_topic_growing(admin->party->topics, grown, admin->growing_to);
    message_defaults(&create_partitions_request_struct, &request);
    message_defaults(&create_partitions_request_topic_struct, &topic);
    topic.name = string_of(grown->name);
    topic.count = admin->growing_to;
    topic.assignments.count = -1;
    request.topics.items = &topic;
    request.topics.count = 1;
    request.timeout_ms = TIMEOUT_MS;
    caller_ask(&admin->caller, API_CREATE_PARTITIONS, admin_version(admin, 0, GROW_VERSION_MAX),
               &request);
}

static void admin_grew(struct sim_admin *admin, const struct create_partitions_response *answer)
{
    int16_t error = answer == NULL               ? KAFKA_REQUEST_TIMED_OUT
                    : answer->results.count == 1 ? answer->results.items[0].error_code
                                                 : ERROR_MALFORMED;
    if (error == KAFKA_NONE) {
        model_topic_grown(admin->party->topics, admin->topic, admin->growing_to);
        model_topic_answered(admin->party->topics, admin->topic);
        admin->growing_to = 0;
        admin_live(admin);
        return;
    }
    if (error == KAFKA_INVALID_PARTITIONS && admin->may_exist) {
        admin_then(admin, STEP_FIND, RETRY_NS_MAX);
        return;
    }
    if (!error_is_passing(admin, error))
        admin_break(admin, "its extension", error);
    model_topic_growth_unanswered(admin->topic);
    admin_then(admin, STEP_GROW, RETRY_NS_MAX);
}

/* Deleting. */

static void admin_delete(struct sim_admin *admin)
{
    struct delete_topics_request request;
    struct delete_topics_request_delete_topic_state state;
    struct string name = string_of(admin->name);
    int16_t version = DELETE_VERSION_ID;
    message_defaults(&delete_topics_request_struct, &request);
    message_defaults(&delete_topics_request_delete_topic_state_struct, &state);
    admin->by_name = !admin->unanswered && party_chance(admin->party, 300);
    if (admin->by_name)
        version = admin_version(admin, DELETE_VERSION_MIN, DELETE_VERSION_ID);
    if (version >= DELETE_VERSION_ID) {
        request.topics.items = &state;
        request.topics.count = 1;
        if (admin->by_name)
            state.name = name;
        else
            state.topic_id = admin->topic->id;
    } else {
        request.topic_names.items = &name;
        request.topic_names.count = 1;
    }
    request.timeout_ms = TIMEOUT_MS;
    model_topic_going(admin->party->topics, admin->topic);
    caller_ask(&admin->caller, API_DELETE_TOPICS, version, &request);
}

static void admin_deleted(struct sim_admin *admin, const struct delete_topics_response *answer)
{
    int16_t error = answer == NULL                 ? KAFKA_REQUEST_TIMED_OUT
                    : answer->responses.count == 1 ? answer->responses.items[0].error_code
                                                   : ERROR_MALFORMED;
    bool unknown = error == KAFKA_UNKNOWN_TOPIC_ID || error == KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (error == KAFKA_NONE || (unknown && admin->unanswered)) {
        model_topic_gone(admin->party->topics, admin->topic);
        admin->unanswered = false;
        admin_then(admin, STEP_VISIT, RETRY_NS_MAX);
        return;
    }
    if (!error_is_passing(admin, error))
        admin_break(admin, "its deletion", error);
    admin->unanswered = true;
    admin->name_is_lost = admin->name_is_lost || admin->by_name;
    admin_then(admin, STEP_DELETE, RETRY_NS_MAX);
}

/* Nobody reads what was deleted. */
static void admin_visit(struct sim_admin *admin)
{
    struct fetch_request request;
    struct fetch_request_topic topic;
    struct fetch_request_partition part;
    message_defaults(&fetch_request_struct, &request);
    message_defaults(&fetch_request_topic_struct, &topic);
    message_defaults(&fetch_request_partition_struct, &part);
    part.partition_max_bytes = (int32_t)MIB;
    topic.topic_id = admin->topic->id;
    topic.partitions.items = &part;
    topic.partitions.count = 1;
    request.topics.items = &topic;
    request.topics.count = 1;
    caller_ask(&admin->caller, API_FETCH, FETCH_VERSION_ID, &request);
}

static void admin_name(struct sim_admin *admin)
{
    const struct admin_options *o = &admin->options;
    if (admin->generation == 0)
        snprintf(admin->name, sizeof admin->name, "%s", o->name);
    else
        snprintf(admin->name, sizeof admin->name, "%s-%u", o->name, admin->generation);
    admin->partitions = o->exact
                            ? o->partitions_max
                            : (int32_t)party_random(admin->party, 1, (uint64_t)o->partitions_max);
}

static void admin_visited(struct sim_admin *admin, const struct fetch_response *answer)
{
    if (answer != NULL &&
        (answer->responses.count != 1 || answer->responses.items[0].partitions.count != 1 ||
         answer->responses.items[0].partitions.items[0].error_code != KAFKA_UNKNOWN_TOPIC_ID))
        admin_break(admin, "reading it after its deletion", answer->error_code);
    if (admin->name_is_lost)
        admin->generation++;
    admin->name_is_lost = false;
    admin->topic = NULL;
    admin_name(admin);
    admin_then(admin, STEP_CREATE, admin->options.pause_ns_max);
}

/* Deleting records: below an offset that is known, or far beyond the end. */

/* What a deletion of records must be answered with. Compaction alone decides what goes from a
 * compacted topic. */
static int16_t trim_expected(const struct sim_admin *admin)
{
    if (admin->topic->plan.compact && !admin->topic->plan.retains)
        return KAFKA_POLICY_VIOLATION;
    return admin->trim_beyond ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_NONE;
}

static void admin_trim(struct sim_admin *admin)
{
    struct party *party = admin->party;
    struct delete_records_request request;
    struct delete_records_request_topic topic;
    struct delete_records_request_partition part;
    admin->trim_index = (int32_t)party_random(party, 0, (uint64_t)admin->topic->count - 1);
    struct model_partition *p = admin->topic->partitions[admin->trim_index];
    admin->trim_beyond = party_chance(party, 100);
    admin->trim_offset = admin->trim_beyond
                             ? model_floor(p) + BEYOND
                             : (int64_t)party_random(party, 0, (uint64_t)model_floor(p));
    if (trim_expected(admin) == KAFKA_NONE)
        model_trimming(party->model, p, admin->trim_offset);
    message_defaults(&delete_records_request_struct, &request);
    message_defaults(&delete_records_request_topic_struct, &topic);
    message_defaults(&delete_records_request_partition_struct, &part);
    part.partition_index = admin->trim_index;
    part.offset = admin->trim_offset;
    topic.name = string_of(admin->topic->name);
    topic.partitions.items = &part;
    topic.partitions.count = 1;
    request.topics.items = &topic;
    request.topics.count = 1;
    request.timeout_ms = TIMEOUT_MS;
    caller_ask(&admin->caller, API_DELETE_RECORDS, admin_version(admin, 0, TRIM_VERSION_MAX),
               &request);
}

static void admin_trimmed(struct sim_admin *admin, const struct delete_records_response *answer)
{
    struct model_partition *p = admin->topic->partitions[admin->trim_index];
    if (answer != NULL) {
        bool whole = answer->topics.count == 1 && answer->topics.items[0].partitions.count == 1;
        int16_t error =
            whole ? answer->topics.items[0].partitions.items[0].error_code : ERROR_MALFORMED;
        int16_t expected = trim_expected(admin);
        if (error != expected && !error_is_passing(admin, error))
            admin_break(admin, "a deletion of records", error);
        else if (error == KAFKA_NONE)
            model_trimmed(admin->party->model, p, admin->trim_offset,
                          answer->topics.items[0].partitions.items[0].low_watermark);
    }
    admin_live(admin);
}

/* The next deed, at random. */
static void admin_choose(struct sim_admin *admin)
{
    const struct admin_options *o = &admin->options;
    uint64_t dice = party_random(admin->party, 0, 9);
    bool can_grow = admin->topic->count + 2 <= 2 * o->partitions_max &&
                    admin->topic->count + 2 <= MODEL_TOPIC_PARTITIONS_MAX;
    /* Records of compacted topics are not to be deleted (POLICY_VIOLATION). */
    if (o->trims && (!o->plan.compact || o->plan.retains) && party_chance(admin->party, 300))
        admin->step = STEP_TRIM;
    else if (dice <= 2)
        admin->step = STEP_AGAIN;
    else if (dice == 3)
        admin->step = STEP_WRONG;
    else if (dice <= 5 && o->grows && can_grow)
        admin->step = STEP_GROW;
    else if (dice > 5 && o->churns)
        admin->step = STEP_DELETE;
}

static void admin_next(struct timer *timer)
{
    struct sim_admin *admin = CONTAINER_OF(timer, struct sim_admin, caller.next);
    bool between = admin->step == STEP_LIVE || (admin->step == STEP_CREATE && admin->ready &&
                                                !admin->unanswered && admin->topic == NULL);
    if (admin->stopping && between)
        return;
    if (admin->step == STEP_LIVE)
        admin_choose(admin);
    switch (admin->step) {
    case STEP_LIVE:
        admin_live(admin);
        return;
    case STEP_CREATE:
    case STEP_AGAIN:
        admin_create(admin);
        return;
    case STEP_WRONG:
        admin_create_wrong(admin);
        return;
    case STEP_FIND:
        admin_find(admin);
        return;
    case STEP_GROW:
        admin_grow(admin);
        return;
    case STEP_DELETE:
        admin_delete(admin);
        return;
    case STEP_VISIT:
        admin_visit(admin);
        return;
    case STEP_TRIM:
        admin_trim(admin);
        return;
    }
    UNREACHABLE();
}

static void admin_answered(struct client_call *call, const void *answer)
{
    struct sim_admin *admin = CONTAINER_OF(call, struct sim_admin, caller.call);
    switch (admin->step) {
    case STEP_CREATE:
        admin_created(admin, answer);
        return;
    case STEP_AGAIN:
        admin_created_again(admin, answer);
        return;
    case STEP_WRONG:
        admin_created_wrong(admin, answer);
        return;
    case STEP_FIND:
        admin_found(admin, answer);
        return;
    case STEP_GROW:
        admin_grew(admin, answer);
        return;
    case STEP_DELETE:
        admin_deleted(admin, answer);
        return;
    case STEP_VISIT:
        admin_visited(admin, answer);
        return;
    case STEP_TRIM:
        admin_trimmed(admin, answer);
        return;
    case STEP_LIVE:
        break;
    }
    UNREACHABLE();
}

struct sim_admin *sim_admin_new(struct party *party, const struct admin_options *options)
{
    struct sim_admin *admin = mem_alloc(sizeof *admin);
    admin->party = party;
    admin->options = *options;
    caller_init(&admin->caller, party, admin_next, admin_answered);
    admin_name(admin);
    return admin;
}

void sim_admin_free(struct sim_admin *admin)
{
    caller_fini(&admin->caller);
    mem_free(admin);
}

void sim_admin_start(struct sim_admin *admin)
{
    admin_then(admin, STEP_CREATE, 0);
}

void sim_admin_stop(struct sim_admin *admin)
{
    admin->stopping = true;
}

bool sim_admin_ready(const struct sim_admin *admin)
{
    return admin->ready;
}

bool sim_admin_done(const struct sim_admin *admin)
{
    return admin->stopping && caller_rests(&admin->caller);
}
