/*
 * DeleteRecords (KIP-107): one call to the owner for each partition, which moves the log start and
 * replies when that is durable (partition/trim.h).
 *
 * The answer is sent when every part is back, or when timeout.ms is over: then the parts that are
 * missing say so, and the request's memory lives on until they are back.
 */
#include "base/assert.h"
#include "broker/fan_out.h"
#include "broker/handlers.h"
#include "broker/partitions.h"
#include "partition/partition.h"
#include "protocol/errors.h"

#define OFFSET_HIGH_WATERMARK (-1)
#define LOW_WATERMARK_NONE (-1)
/* On one machine Kafka answers at once whatever the timeout says; a sync may take a moment. */
#define TIMEOUT_MS_MIN 1000

struct deletion_state {
    struct request *request;
    const struct delete_records_request *body;
    struct delete_records_response response;
    struct fan_out fan;
    struct list out; /* struct deletion_part that is not back */
    bool answered;
    struct timer timeout;
};

struct deletion_part {
    struct fan_call call; /* first */
    struct list node;     /* state->out */
    struct deletion_state *state;
    struct uuid topic_id;
    const struct delete_records_request_partition *asked;
    struct delete_records_response_partition_result *answer;
    struct partition_trim trim;
};

/* The owner's side. */

static void trim_done(struct partition_trim *trim)
{
    struct deletion_part *part = CONTAINER_OF(trim, struct deletion_part, trim);
    core_reply(CONTAINER_OF(trim->partition->shard, struct core, shard), &part->call.call);
}

static void deletion_run(struct core *core, struct core_call *call)
{
    struct deletion_part *part = CONTAINER_OF(call, struct deletion_part, call.call);
    struct partition *p =
        image_partition_here(&core->image, part->topic_id, part->asked->partition_index);
    int64_t offset = part->asked->offset;
    part->trim = (struct partition_trim){.partition = p, .done = trim_done};
    if (p == NULL) {
        part->trim.error = ERR_NOT_FOUND;
        core_reply(core, call);
        return;
    }
    part->trim.offset = offset == OFFSET_HIGH_WATERMARK ? partition_high_watermark(p) : offset;
    partition_trim(&part->trim);
}

/* The connection's side. */

static void deletion_answer(struct deletion_state *state)
{
    ASSERT(!state->answered);
    state->answered = true;
    core_timer_cancel(state->request->core, &state->timeout);
    request_respond(state->request, &state->response);
}

static void deletion_over(struct fan_out *fan)
{
    struct deletion_state *state = CONTAINER_OF(fan, struct deletion_state, fan);
    if (!state->answered)
        deletion_answer(state);
}

static void deletion_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct deletion_part *part = CONTAINER_OF(call, struct deletion_part, call.call);
    struct deletion_state *state = part->state;
    struct request *r = state->request;
    list_remove(&part->node);
    if (!state->answered) {
        part->answer->error_code = partition_error(part->trim.error);
        if (part->trim.error == 0)
            part->answer->low_watermark = part->trim.log_start;
    }
    fan_out_back(&part->call);
    request_release(r);
}

static void deletion_timed_out(struct timer *timer)
{
    struct deletion_state *state = CONTAINER_OF(timer, struct deletion_state, timeout);
    LIST_EACH(node, &state->out)
        LIST_ENTRY(node, struct deletion_part, node)->answer->error_code = KAFKA_REQUEST_TIMED_OUT;
    deletion_answer(state);
}

static int16_t target_error(const struct image_topic *topic,
                            const struct delete_records_request_partition *asked)
{
    if (topic == NULL || asked->partition_index < 0 ||
        asked->partition_index >= topic->partition_count)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (topic->internal)
        return KAFKA_INVALID_TOPIC_EXCEPTION;
    if (topic->config.cleanup_compact && !topic->config.cleanup_delete)
        return KAFKA_POLICY_VIOLATION;
    return asked->offset < OFFSET_HIGH_WATERMARK ? KAFKA_OFFSET_OUT_OF_RANGE : KAFKA_NONE;
}

static void part_prepare(struct deletion_part *part, const struct image_topic *topic)
{
    message_defaults(&delete_records_response_partition_result_struct, part->answer);
    part->answer->partition_index = part->asked->partition_index;
    part->answer->low_watermark = LOW_WATERMARK_NONE;
    part->answer->error_code = target_error(topic, part->asked);
    if (part->answer->error_code != KAFKA_NONE)
        return;
    part->call.call = (struct core_call){.run = deletion_run, .done = deletion_done};
    part->topic_id = topic->id;
    fan_out_add(&part->state->fan, &part->call,
                topic->partitions[part->asked->partition_index].owner);
}

/* Of a partition that is named twice the last offset counts, as in Kafka. */
static bool deletion_topic(struct deletion_state *state,
                           const struct delete_records_request_topic *asked,
                           struct delete_records_response_topic_result *answer)
{
    struct request *r = state->request;
    size_t count = (size_t)asked->partitions.count;
    const struct image_topic *topic = image_topic_named(&r->core->image, string_bytes(asked->name));
    message_defaults(&delete_records_response_topic_result_struct, answer);
    answer->name = asked->name;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    struct deletion_part *parts = request_alloc(r, count, sizeof *parts);
    if (parts == NULL)
        return false;
    const bool *again =
        request_numbers_again(r, count == 0 ? NULL : &asked->partitions.items[0].partition_index,
                              sizeof *asked->partitions.items, count, false);
    if (again == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (again[i])
            continue;
        struct deletion_part *part = &parts[i];
        part->state = state;
        part->asked = &asked->partitions.items[i];
        part->answer = &answer->partitions.items[answer->partitions.count++];
        part_prepare(part, topic);
    }
    return true;
}

static void deletion_send(struct deletion_state *state)
{
    struct request *r = state->request;
    core_timer_set(r->core, &state->timeout,
                   (uint64_t)MAX(state->body->timeout_ms, TIMEOUT_MS_MIN) * NS_PER_MS);
    LIST_EACH(node, &state->fan.ready) {
        struct deletion_part *part = LIST_ENTRY(node, struct deletion_part, call.call.node);
        list_push_back(&state->out, &part->node);
        request_hold(r);
    }
    fan_out_send(&state->fan);
}

void delete_records_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    struct deletion_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = body;
    fan_out_init(&state->fan, r->core, deletion_over);
    list_init(&state->out);
    timer_init(&state->timeout, deletion_timed_out);
    message_defaults(&delete_records_response_struct, &state->response);
    size_t count = (size_t)state->body->topics.count;
    state->response.topics.items = request_alloc(r, count, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return;
    state->response.topics.count = state->body->topics.count;
    for (size_t i = 0; i < count; i++)
        if (!deletion_topic(state, &state->body->topics.items[i], &state->response.topics.items[i]))
            return;
    deletion_send(state);
}
