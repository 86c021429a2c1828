/*
 * The produce path above the partition.
 *
 * On the connection's core each batch is judged in place (CRC, header, walk), then becomes a part:
 * a call to the partition's owner that points into the request's frame, or to a copy in the topic's
 * own compression. The owner appends and replies when the group is durable. The answer is sent when
 * every part is back, or when timeout.ms is over: then the parts that are missing say so, and the
 * request's memory lives on until they are back, because the owner may still read it.
 *
 * An owner whose WAL has no memory parks the part, in order behind those parked before it, so that
 * a producer's batches never overtake each other.
 */
#include "broker/produce.h"

#include "base/assert.h"
#include "base/mutant.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/recoder.h"
#include "broker/seen.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/batch.h"
#include "protocol/errors.h"
#include "protocol/judge.h"
#include "protocol/schema/produce.h"

#define PRODUCE_ACKS_NONE 0
#define PRODUCE_VERSION_TOPIC_ID 13

struct produce_state;

/* One partition of the request. */
struct produce_part {
    struct core_call call; /* first */
    struct list parked;    /* the owner's core->parked_appends */
    struct produce_state *state;
    struct uuid topic_id;
    int32_t index;
    struct partition_append append;
    void *recoded; /* the batch in the topic's compression, from core->memory; or null */
    bool sent;
    bool back;
    struct produce_response_partition_produce_response *answer;
};

struct produce_state {
    struct request *request;
    const struct produce_request *body;
    struct produce_response response;
    struct produce_part *parts;
    uint32_t part_count;
    bool *repeated;   /* for each partition of the request, in order; null: none is */
    uint32_t number;  /* of the next one */
    uint32_t waiting; /* parts at their owners, and one while the request is taken apart */
    bool answered;
    bool rejected;     /* some part has an error: acks=0 closes the connection */
    struct list timed; /* core->produce_waits */
    uint64_t deadline_ns;
};

/* The owner's side. */

static int16_t error_of_outcome(enum append_outcome outcome)
{
    switch (outcome) {
    case APPEND_DONE:
    case APPEND_DUPLICATE:
        return KAFKA_NONE;
    case APPEND_OUT_OF_ORDER:
        return KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER;
    case APPEND_FENCED:
        return KAFKA_INVALID_PRODUCER_EPOCH;
    case APPEND_TOO_LARGE:
        return KAFKA_RECORD_LIST_TOO_LARGE;
    case APPEND_OFFLINE:
        return KAFKA_KAFKA_STORAGE_ERROR;
    case APPEND_GONE:
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    }
    UNREACHABLE();
}

static void produce_appended(struct partition_append *append)
{
    struct produce_part *part = CONTAINER_OF(append, struct produce_part, append);
    struct core *core = CONTAINER_OF(append->partition->shard, struct core, shard);
    core_reply(core, &part->call);
}

static void produce_gone(struct core *core, struct produce_part *part)
{
    part->append.outcome = APPEND_GONE;
    core_reply(core, &part->call);
}

/* Looked up at each try: while it was parked the partition may have been deleted and freed. */
static struct partition *part_partition(struct core *core, const struct produce_part *part)
{
    struct image_topic *topic = image_topic_with_id(&core->image, part->topic_id);
    struct image_partition *place = topic == NULL ? NULL : image_partition_at(topic, part->index);
    return place == NULL ? NULL : place->partition;
}

static void produce_append(struct core *core, struct produce_part *part,
                           struct partition *partition)
{
    part->append.partition = partition;
    if (partition == NULL)
        produce_gone(core, part);
    else if (partition_append(&part->append) != 0)
        list_push_back(&core->parked_appends, &part->parked);
}

/* On the owner. Its image may be older than the asker's: an unknown partition is retriable. On the
 * asker's own core nothing has changed since the part was judged. */
static void produce_run(struct core *core, struct core_call *call)
{
    struct produce_part *part = CONTAINER_OF(call, struct produce_part, call);
    struct partition *partition =
        call->from == core->id ? part->append.partition : part_partition(core, part);
    part->append.done = produce_appended;
    list_init(&part->parked);
    if (partition == NULL)
        produce_gone(core, part);
    else if (!list_empty(&core->parked_appends))
        list_push_back(&core->parked_appends, &part->parked);
    else
        produce_append(core, part, partition);
}

void produce_resume_parked(struct core *core)
{
    struct list parked;
    list_init(&parked);
    list_append(&parked, &core->parked_appends);
    struct list *node;
    while ((node = list_pop_front(&parked)) != NULL) {
        struct produce_part *part = LIST_ENTRY(node, struct produce_part, parked);
        produce_append(core, part, part_partition(core, part));
        if (!list_empty(&core->parked_appends))
            break;
    }
    list_append(&core->parked_appends, &parked);
}

/* The connection's side. */

/* One timer for all of a core: it stands at the earliest deadline there was, and is moved only when
 * it fires. An idle core has none. */
static void produce_start_clock(struct produce_state *state, uint64_t timeout_ns)
{
    struct core *core = state->request->core;
    state->deadline_ns = io_now(core->io) + timeout_ns;
    list_push_back(&core->produce_waits, &state->timed);
    if (!timer_armed(&core->produce_due) || core->produce_due.deadline_ns > state->deadline_ns)
        heap_set(&core->timers, &core->produce_due, state->deadline_ns);
}

static void produce_stop_clock(struct produce_state *state)
{
    struct core *core = state->request->core;
    list_remove(&state->timed);
    if (list_empty(&core->produce_waits))
        core_timer_cancel(core, &core->produce_due);
}

static void produce_answer(struct produce_state *state)
{
    ASSERT(!state->answered);
    struct request *r = state->request;
    state->answered = true;
    produce_stop_clock(state);
    if (state->body->acks != PRODUCE_ACKS_NONE || MUTANT(ANSWER_ACKS_0))
        request_respond(r, &state->response);
    else if (state->rejected)
        request_close(r);
    else
        request_silent(r);
}

static void part_reject(struct produce_part *part, int16_t error)
{
    ASSERT(error != KAFKA_NONE);
    part->answer->error_code = error;
    part->answer->base_offset = -1;
    part->answer->log_append_time_ms = -1;
    part->answer->log_start_offset = -1;
    part->state->rejected = true;
}

static void produce_part_done(struct core *core, struct core_call *call)
{
    struct produce_part *part = CONTAINER_OF(call, struct produce_part, call);
    struct produce_state *state = part->state;
    const struct partition_append *append = &part->append;
    part->back = true;
    if (part->recoded != NULL)
        region_give(core->memory, part->recoded, append->len);
    int16_t error = error_of_outcome(append->outcome);
    if (!state->answered) {
        if (error != KAFKA_NONE) {
            part_reject(part, error);
        } else {
            part->answer->error_code = KAFKA_NONE;
            part->answer->base_offset = append->base_offset;
            part->answer->log_append_time_ms = append->timestamp;
            part->answer->log_start_offset = append->log_start;
        }
    }
    ASSERT(state->waiting > 0);
    state->waiting--;
    struct request *r = state->request;
    if (state->waiting == 0 && !state->answered)
        produce_answer(state);
    request_release(r);
}

static void produce_timed_out(struct produce_state *state)
{
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct produce_part *part = &state->parts[i];
        if (part->sent && !part->back)
            part_reject(part, KAFKA_REQUEST_TIMED_OUT);
    }
    produce_answer(state);
}

void produce_look_at_clock(struct timer *timer)
{
    struct core *core = CONTAINER_OF(timer, struct core, produce_due);
    uint64_t now_ns = io_now(core->io);
    uint64_t next_ns = IO_NEVER;
    struct list due;
    list_init(&due);
    LIST_EACH(node, &core->produce_waits) {
        const struct produce_state *state = LIST_ENTRY(node, struct produce_state, timed);
        if (state->deadline_ns > now_ns) {
            next_ns = MIN(next_ns, state->deadline_ns);
            continue;
        }
        list_remove(node);
        list_push_back(&due, node);
    }
    if (next_ns != IO_NEVER)
        heap_set(&core->timers, timer, next_ns);
    struct list *node;
    while ((node = list_pop_front(&due)) != NULL)
        produce_timed_out(LIST_ENTRY(node, struct produce_state, timed));
}

/* Judging. */

static void part_explain(struct produce_part *part, const struct batch_judgement *judgement)
{
    struct request *r = part->state->request;
    struct produce_response_partition_produce_response *answer = part->answer;
    part_reject(part, judgement->error);
    if (judgement->log_start_known)
        answer->log_start_offset = 0;
    if (judgement->record_index < 0)
        return;
    answer->record_errors.items = arena_alloc(&r->arena, sizeof *answer->record_errors.items);
    if (answer->record_errors.items == NULL)
        return;
    answer->record_errors.count = 1;
    answer->record_errors.items[0].batch_index = judgement->record_index;
    answer->record_errors.items[0].batch_index_error_message = string_of(judgement->record_message);
    answer->error_message = string_of(judgement->message);
}

static struct batch_rules rules_of(const struct request *r, const struct image_topic *topic)
{
    const struct topic_config *config = &topic->config;
    return (struct batch_rules){
        .now_ms = io_wall_ms(r->core->io),
        .message_bytes_max = config->max_message_bytes,
        .segment_bytes = config->segment_bytes,
        .timestamp_before_max_ms = config->timestamp_before_max_ms,
        .timestamp_after_max_ms = config->timestamp_after_max_ms,
        .compression = config->compression,
        .produce_version = r->version,
        .log_append_time = config->log_append_time,
        .compacted = config->cleanup_compact,
    };
}

/* Judges what batch_judge left open. False when there is no memory for the batch to store. */
static bool part_recode(struct produce_part *part, const struct batch_rules *rules,
                        const struct topic_config *config, struct batch_judgement *judgement)
{
    struct core *core = part->state->request->core;
    struct bytes recoded;
    recoder_judge(core->recoder, rules, config, part->append.batch, judgement, &recoded);
    if (judgement->verdict != BATCH_RECODE)
        return true;
    part->recoded = region_take(core->memory, recoded.len);
    if (part->recoded == NULL)
        return false;
    memcpy(part->recoded, recoded.data, recoded.len);
    part->append.batch = part->recoded;
    part->append.len = (uint32_t)recoded.len;
    return true;
}

/* True when the part may go to its owner; the request may be at its end without an answer. */
static bool part_judge(struct produce_part *part, struct blob records,
                       const struct image_topic *topic)
{
    struct request *r = part->state->request;
    struct batch_rules rules = rules_of(r, topic);
    struct batch_judgement judgement;
    batch_judge(&rules, blob_bytes(records), &judgement);
    part->append.batch = records.data;
    part->append.len = judgement.len;
    part->append.origin = APPEND_CLIENT;
    part->append.log_append_time = rules.log_append_time;
    part->append.now_ms = rules.now_ms;
    if (judgement.len >= BATCH_HEADER_SIZE && batch_is_transactional(records.data)) {
        part_reject(part, KAFKA_TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
        return false;
    }
    bool open = judgement.verdict == BATCH_OPEN || judgement.verdict == BATCH_RECODE;
    if (open && !part_recode(part, &rules, &topic->config, &judgement)) {
        /* Refused alone it would be overtaken by the next batch of its producer. */
        part->state->answered = true;
        request_close(r);
        return false;
    }
    switch (judgement.verdict) {
    case BATCH_TAKE:
    case BATCH_RECODE:
        return true;
    case BATCH_CORRECT:
        /* The frame is this core's own until the part is sent. */
        batch_patch_timestamps((uint8_t *)(uintptr_t)records.data, judgement.len,
                               judgement.max_timestamp, BATCH_CREATE_TIME);
        return true;
    case BATCH_REFUSE:
        part_explain(part, &judgement);
        return false;
    case BATCH_OPEN:
        break;
    }
    UNREACHABLE();
}

static const struct image_topic *topic_of(const struct request *r,
                                          const struct produce_request_topic_produce_data *data)
{
    const struct image *image = &r->core->image;
    if (r->version >= PRODUCE_VERSION_TOPIC_ID)
        return image_topic_with_id(image, data->topic_id);
    return image_topic_named(image, string_bytes(data->name));
}

static int16_t part_target_error(const struct request *r, const struct image_topic *topic,
                                 int32_t index)
{
    if (topic == NULL)
        return r->version >= PRODUCE_VERSION_TOPIC_ID ? KAFKA_UNKNOWN_TOPIC_ID
                                                      : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (index < 0 || index >= topic->partition_count)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (topic->internal)
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    return KAFKA_NONE;
}

/* What a request as a whole may not do. Transactions are not served: nobody can have begun one. */
static int16_t request_error(const struct produce_request *body)
{
    if (body->acks < -1 || body->acks > 1)
        return KAFKA_INVALID_REQUIRED_ACKS;
    if (body->transactional_id.len >= 0)
        return KAFKA_INVALID_PRODUCER_ID_MAPPING;
    return KAFKA_NONE;
}

static void part_start(struct produce_part *part,
                       const struct produce_request_topic_produce_data *data,
                       const struct produce_request_partition_produce_data *partition)
{
    struct produce_state *state = part->state;
    struct request *r = state->request;
    const struct image_topic *topic = topic_of(r, data);
    part->answer->index = partition->index;
    int16_t error = part_target_error(r, topic, partition->index);
    if (error == KAFKA_NONE)
        error = request_error(state->body);
    if (error != KAFKA_NONE) {
        part_reject(part, error);
        return;
    }
    if (!part_judge(part, partition->records, topic))
        return;
    part->topic_id = topic->id;
    part->index = partition->index;
    part->answer->base_offset = -1;
    part->call.run = produce_run;
    part->call.done = produce_part_done;
    part->append.partition = topic->partitions[partition->index].partition;
    part->sent = true;
    state->waiting++;
    request_hold(r);
    core_send(r->core, topic->partitions[partition->index].owner, &part->call);
}

/* A partition of the request: the first topic of the same name or id, and its number. */
struct part_key {
    uint32_t topic;
    int32_t index;
};

static struct bytes topic_key(const struct request *r,
                              const struct produce_request_topic_produce_data *data)
{
    if (r->version >= PRODUCE_VERSION_TOPIC_ID)
        return (struct bytes){data->topic_id.bytes, sizeof data->topic_id.bytes};
    return string_bytes(data->name);
}

/* The same partition twice: only the last one counts, and is answered. */
static bool produce_find_repeated(struct produce_state *state, size_t parts)
{
    struct request *r = state->request;
    const struct produce_request *body = state->body;
    struct seen topics;
    struct seen seen;
    if (parts < 2)
        return true;
    struct part_key *keys = request_alloc(r, parts, sizeof *keys);
    if (keys == NULL)
        return false;
    state->repeated = request_alloc(r, parts, sizeof *state->repeated);
    if (state->repeated == NULL || !request_seen_init(r, &topics, (size_t)body->topic_data.count) ||
        !request_seen_init(r, &seen, parts))
        return false;
    size_t at = 0;
    for (uint32_t i = 0; i < (uint32_t)body->topic_data.count; i++) {
        const struct produce_request_topic_produce_data *data = &body->topic_data.items[i];
        uint32_t before = seen_put(&topics, topic_key(r, data), i);
        for (int32_t j = 0; j < data->partition_data.count; j++)
            keys[at++] = (struct part_key){before == SEEN_NEVER ? i : before,
                                           data->partition_data.items[j].index};
    }
    ASSERT(at == parts);
    while (at-- > 0) {
        struct bytes key = {(const uint8_t *)&keys[at], sizeof keys[at]};
        state->repeated[at] = seen_put(&seen, key, (uint32_t)at) != SEEN_NEVER;
    }
    return true;
}

static bool produce_prepare(struct produce_state *state)
{
    struct request *r = state->request;
    const struct produce_request *body = state->body;
    size_t topics = (size_t)body->topic_data.count;
    size_t parts = 0;
    for (size_t i = 0; i < topics; i++)
        parts += (size_t)body->topic_data.items[i].partition_data.count;
    message_defaults(&produce_response_struct, &state->response);
    state->response.responses.items =
        request_take(r, topics, sizeof *state->response.responses.items);
    if (state->response.responses.items == NULL)
        return false;
    state->parts = request_alloc(r, parts, sizeof *state->parts);
    return state->parts != NULL && produce_find_repeated(state, parts);
}

static bool produce_start_topic(struct produce_state *state, int32_t index)
{
    struct request *r = state->request;
    const struct produce_request_topic_produce_data *data = &state->body->topic_data.items[index];
    struct produce_response_topic_produce_response *answer =
        &state->response.responses.items[index];
    int32_t count = data->partition_data.count;
    message_defaults(&produce_response_topic_produce_response_struct, answer);
    answer->name = data->name;
    answer->topic_id = data->topic_id;
    answer->partition_responses.items =
        request_take(r, (size_t)count, sizeof *answer->partition_responses.items);
    if (answer->partition_responses.items == NULL)
        return false;
    for (int32_t i = 0; i < count; i++) {
        uint32_t number = state->number++;
        if (state->repeated != NULL && state->repeated[number])
            continue;
        struct produce_part *part = &state->parts[state->part_count++];
        part->state = state;
        part->answer = &answer->partition_responses.items[answer->partition_responses.count++];
        message_defaults(&produce_response_partition_produce_response_struct, part->answer);
        part_start(part, data, &data->partition_data.items[i]);
        if (state->answered)
            return false;
    }
    return true;
}

void produce_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    struct produce_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = body;
    list_init(&state->timed);
    if (!produce_prepare(state))
        return;
    state->waiting = 1;
    for (int32_t i = 0; i < state->body->topic_data.count; i++) {
        state->response.responses.count = i + 1;
        if (!produce_start_topic(state, i)) {
            state->answered = true;
            return;
        }
    }
    state->waiting--;
    if (state->waiting == 0)
        produce_answer(state);
    else if (state->body->timeout_ms >= 0)
        produce_start_clock(state, (uint64_t)state->body->timeout_ms * NS_PER_MS);
}
