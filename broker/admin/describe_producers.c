/*
 * DescribeProducers (KIP-664): the idempotent and transactional producers a partition remembers.
 *
 * The owners are asked twice: first how many there are, so that memory is taken on this core, then
 * who they are. Those that came in between are left out.
 */
#include "broker/admin/topics.h"
#include "broker/fan_out.h"
#include "broker/handlers.h"
#include "partition/partition.h"
#include "protocol/errors.h"

struct producers_state {
    struct request *request;
    struct describe_producers_response response;
    struct fan_out fan;
    struct list found; /* calls of those that have some, to be sent again */
    bool counted;
};

struct producers_part {
    struct fan_call call; /* first */
    struct producers_state *state;
    struct uuid topic_id;
    struct describe_producers_response_partition_response *answer;
    uint32_t count; /* how many there are; then for how many there is room */
    uint32_t told;
    int16_t error;
};

/* On the owner's core. */

static void part_tell(struct producers_part *part, const struct producers *producers)
{
    size_t position = 0;
    struct producer_view view;
    while (part->told < part->count && producers_next(producers, &position, &view))
        part->answer->active_producers.items[part->told++] =
            (struct describe_producers_response_producer_state){
                .producer_id = view.id,
                .producer_epoch = view.epoch,
                .last_sequence = view.last_sequence,
                .last_timestamp = view.last_timestamp,
                .coordinator_epoch = view.coordinator_epoch,
                .current_txn_start_offset = view.transaction_start,
            };
}

static void part_run(struct core *core, struct core_call *call)
{
    struct producers_part *part = CONTAINER_OF(call, struct producers_part, call.call);
    const struct partition *p =
        image_partition_here(&core->image, part->topic_id, part->answer->partition_index);
    if (p == NULL || p->deleted)
        part->error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    else if (p->offline)
        part->error = KAFKA_KAFKA_STORAGE_ERROR;
    else if (part->state->counted)
        part_tell(part, p->producers);
    else
        part->count = producers_count(p->producers);
    core_reply(core, call);
}

/* Back. */

/* Room for those that were counted. False: the request is over. */
static bool parts_room(struct producers_state *state)
{
    struct request *r = state->request;
    LIST_EACH(node, &state->fan.ready) {
        struct producers_part *part = LIST_ENTRY(node, struct producers_part, call.call.node);
        part->answer->active_producers.items =
            request_alloc(r, part->count, sizeof *part->answer->active_producers.items);
        if (part->answer->active_producers.items == NULL)
            return false;
    }
    return true;
}

static void parts_over(struct fan_out *fan)
{
    struct producers_state *state = CONTAINER_OF(fan, struct producers_state, fan);
    if (state->counted) {
        request_respond(state->request, &state->response);
        return;
    }
    state->counted = true;
    list_append(&fan->ready, &state->found);
    if (parts_room(state))
        fan_out_send(fan);
}

static void part_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct producers_part *part = CONTAINER_OF(call, struct producers_part, call.call);
    struct producers_state *state = part->state;
    part->answer->error_code = part->error;
    part->answer->active_producers.count = (int32_t)part->told;
    if (!state->counted && part->error == KAFKA_NONE && part->count > 0)
        list_push_back(&state->found, &call->node);
    fan_out_back(&part->call);
}

/* The request. */

static bool describe_topic(struct producers_state *state,
                           const struct describe_producers_request_topic_request *asked,
                           struct describe_producers_response_topic_response *answer)
{
    struct request *r = state->request;
    size_t count = (size_t)asked->partition_indexes.count;
    struct bytes name = string_bytes(asked->name);
    struct image_topic *topic = image_topic_named(&r->core->image, name);
    int16_t error = topic == NULL ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_NONE;
    struct string message = topic == NULL ? string_of(kafka_error_message(error)) : STRING_NULL;
    answer->name = request_utf8(r, asked->name);
    if (!topic_name_valid(name)) {
        error = KAFKA_INVALID_TOPIC_EXCEPTION;
        message = topic_name_complaint(r, string_bytes(answer->name));
    }
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    struct producers_part *parts =
        answer->partitions.items == NULL ? NULL : request_alloc(r, count, sizeof *parts);
    if (parts == NULL)
        return false;
    answer->partitions.count = asked->partition_indexes.count;
    for (size_t i = 0; i < count; i++) {
        struct describe_producers_response_partition_response *one = &answer->partitions.items[i];
        message_defaults(&describe_producers_response_partition_response_struct, one);
        one->partition_index = asked->partition_indexes.items[i];
        one->error_code = error;
        one->error_message = message;
        if (error != KAFKA_NONE)
            continue;
        const struct image_partition *place = image_partition_at(topic, one->partition_index);
        if (place == NULL) {
            one->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
            continue;
        }
        parts[i].call.call = (struct core_call){.run = part_run, .done = part_done};
        parts[i].state = state;
        parts[i].topic_id = topic->id;
        parts[i].answer = one;
        fan_out_add(&state->fan, &parts[i].call, place->owner);
    }
    return true;
}

void describe_producers_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_producers_request *body = decoded;
    struct producers_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    fan_out_init(&state->fan, r->core, parts_over);
    list_init(&state->found);
    message_defaults(&describe_producers_response_struct, &state->response);
    state->response.topics.items =
        request_alloc(r, (size_t)body->topics.count, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return;
    state->response.topics.count = body->topics.count;
    for (int32_t i = 0; i < body->topics.count; i++)
        if (!describe_topic(state, &body->topics.items[i], &state->response.topics.items[i]))
            return;
    fan_out_send(&state->fan);
}
