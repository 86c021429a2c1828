/*
 * ListOffsets (KIP-79, KIP-734, KIP-1005) and OffsetForLeaderEpoch (KIP-101, KIP-320): one call to
 * the owner for each partition.
 */
#include "broker/fan_out.h"
#include "broker/handlers.h"
#include "partition/partition.h"
#include "protocol/errors.h"

/* Timestamps with a meaning of their own. */
enum {
    TIME_LATEST = -1,
    TIME_EARLIEST = -2,
    TIME_MAX = -3,
    TIME_EARLIEST_LOCAL = -4,
    TIME_LATEST_TIERED = -5,
    TIME_EARLIEST_PENDING = -6,
};

struct offsets_state {
    struct request *request;
    struct list_offsets_response response;
    struct fan_out fan;
    bool committed_only;
};

struct offsets_part {
    struct fan_call call; /* first */
    struct offsets_state *state;
    struct uuid topic_id;
    const struct list_offsets_request_partition *asked;
    struct list_offsets_response_partition_response *answer;
    struct partition_time_query query;
    int16_t error;
    int64_t offset;
    int64_t timestamp;
    int32_t epoch;
};

static int16_t current_epoch_error(const struct partition *p, int32_t current)
{
    if (p->offline)
        return KAFKA_KAFKA_STORAGE_ERROR;
    if (current >= 0 && current < p->leader_epoch)
        return KAFKA_FENCED_LEADER_EPOCH;
    return current > p->leader_epoch ? KAFKA_UNKNOWN_LEADER_EPOCH : KAFKA_NONE;
}

static void query_done(struct partition_time_query *query)
{
    struct offsets_part *part = CONTAINER_OF(query, struct offsets_part, query);
    struct core *core = CONTAINER_OF(query->partition->shard, struct core, shard);
    if (query->error != 0) {
        part->error = KAFKA_KAFKA_STORAGE_ERROR;
    } else if (query->found) {
        part->offset = query->offset;
        part->timestamp = query->found_timestamp;
        part->epoch = query->leader_epoch;
    }
    core_reply(core, &part->call.call);
}

/* True when the answer is known at once. */
static bool offsets_known(struct offsets_part *part, const struct partition *p)
{
    switch (part->asked->timestamp) {
    case TIME_LATEST:
        part->offset = part->state->committed_only ? p->last_stable : p->durable_end;
        part->epoch = MAX(epochs_latest(&p->epochs), p->leader_epoch);
        return true;
    case TIME_EARLIEST:
    case TIME_EARLIEST_LOCAL:
        part->offset = p->log_start;
        part->epoch = epochs_of_offset(&p->epochs, p->log_start);
        if (part->epoch < 0)
            part->epoch = p->leader_epoch;
        return true;
    case TIME_LATEST_TIERED:
    case TIME_EARLIEST_PENDING:
        return true;
    default:
        return false;
    }
}

static void offsets_run(struct core *core, struct core_call *call)
{
    struct offsets_part *part = CONTAINER_OF(call, struct offsets_part, call.call);
    struct partition *p =
        image_partition_here(&core->image, part->topic_id, part->asked->partition_index);
    part->error = p == NULL ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                            : current_epoch_error(p, part->asked->current_leader_epoch);
    if (part->error != KAFKA_NONE || offsets_known(part, p)) {
        core_reply(core, call);
        return;
    }
    part->query = (struct partition_time_query){
        .partition = p,
        .timestamp = part->asked->timestamp,
        .max_timestamp = part->asked->timestamp == TIME_MAX,
        .done = query_done,
    };
    partition_time_query(&part->query);
}

static void offsets_over(struct fan_out *fan)
{
    struct offsets_state *state = CONTAINER_OF(fan, struct offsets_state, fan);
    request_respond(state->request, &state->response);
}

static void offsets_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct offsets_part *part = CONTAINER_OF(call, struct offsets_part, call.call);
    part->answer->error_code = part->error;
    if (part->error == KAFKA_NONE) {
        part->answer->offset = part->offset;
        part->answer->timestamp = part->timestamp;
        part->answer->leader_epoch = part->epoch;
    }
    fan_out_back(&part->call);
}

/* Special timestamps came one by one with the versions. */
static bool timestamp_known(int16_t version, int64_t timestamp)
{
    if (timestamp >= TIME_EARLIEST)
        return true;
    if (timestamp == TIME_MAX)
        return version >= 7;
    if (timestamp == TIME_EARLIEST_LOCAL)
        return version >= 8;
    if (timestamp == TIME_LATEST_TIERED)
        return version >= 9;
    return timestamp == TIME_EARLIEST_PENDING && version >= 11;
}

static int16_t part_error(const struct request *r, const struct list_offsets_request_partition *p,
                          const struct image_topic *topic)
{
    if (!timestamp_known(r->version, p->timestamp))
        return KAFKA_UNSUPPORTED_VERSION;
    if (topic == NULL || p->partition_index < 0 || p->partition_index >= topic->partition_count)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return KAFKA_NONE;
}

static bool offsets_topic(struct offsets_state *state,
                          const struct list_offsets_request_topic *asked,
                          struct list_offsets_response_topic_response *answer)
{
    struct request *r = state->request;
    size_t count = (size_t)asked->partitions.count;
    const struct image_topic *topic = image_topic_named(&r->core->image, string_bytes(asked->name));
    answer->name = asked->name;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    struct offsets_part *parts = request_alloc(r, count, sizeof *parts);
    if (parts == NULL)
        return false;
    const bool *twice =
        request_numbers_again(r, count == 0 ? NULL : &asked->partitions.items[0].partition_index,
                              sizeof *asked->partitions.items, count, true);
    if (twice == NULL)
        return false;
    answer->partitions.count = asked->partitions.count;
    for (int32_t i = 0; i < asked->partitions.count; i++) {
        struct offsets_part *part = &parts[i];
        *part = (struct offsets_part){
            .call.call = {.run = offsets_run, .done = offsets_done},
            .state = state,
            .asked = &asked->partitions.items[i],
            .answer = &answer->partitions.items[i],
            .offset = -1,
            .timestamp = -1,
            .epoch = -1,
        };
        message_defaults(&list_offsets_response_partition_response_struct, part->answer);
        part->answer->partition_index = part->asked->partition_index;
        part->answer->error_code =
            twice[i] ? KAFKA_INVALID_REQUEST : part_error(r, part->asked, topic);
        if (part->answer->error_code != KAFKA_NONE)
            continue;
        part->topic_id = topic->id;
        fan_out_add(&state->fan, &part->call,
                    topic->partitions[part->asked->partition_index].owner);
    }
    return true;
}

void list_offsets_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct list_offsets_request *body = decoded;
    struct offsets_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    fan_out_init(&state->fan, r->core, offsets_over);
    state->committed_only = body->isolation_level == 1;
    message_defaults(&list_offsets_response_struct, &state->response);
    state->response.topics.items =
        request_alloc(r, (size_t)body->topics.count, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return;
    state->response.topics.count = body->topics.count;
    for (int32_t i = 0; i < body->topics.count; i++)
        if (!offsets_topic(state, &body->topics.items[i], &state->response.topics.items[i]))
            return;
    fan_out_send(&state->fan);
}

/* OffsetForLeaderEpoch. */

struct epochs_state {
    struct request *request;
    struct offset_for_leader_epoch_response response;
    struct fan_out fan;
};

struct epochs_part {
    struct fan_call call; /* first */
    struct uuid topic_id;
    const struct offset_for_leader_epoch_request_offset_for_leader_partition *asked;
    struct offset_for_leader_epoch_response_epoch_end_offset *answer;
    int16_t error;
    struct epoch_entry end;
};

static void epochs_run(struct core *core, struct core_call *call)
{
    struct epochs_part *part = CONTAINER_OF(call, struct epochs_part, call.call);
    struct partition *p =
        image_partition_here(&core->image, part->topic_id, part->asked->partition);
    part->end = (struct epoch_entry){-1, -1};
    part->error = p == NULL ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                            : current_epoch_error(p, part->asked->current_leader_epoch);
    if (part->error == KAFKA_NONE)
        part->end = epochs_end_under(&p->epochs, p->leader_epoch, part->asked->leader_epoch,
                                     p->durable_end);
    core_reply(core, call);
}

static void epochs_over(struct fan_out *fan)
{
    struct epochs_state *state = CONTAINER_OF(fan, struct epochs_state, fan);
    request_respond(state->request, &state->response);
}

static void epochs_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct epochs_part *part = CONTAINER_OF(call, struct epochs_part, call.call);
    part->answer->error_code = part->error;
    part->answer->leader_epoch = part->end.epoch;
    part->answer->end_offset = part->end.start_offset;
    fan_out_back(&part->call);
}

static bool
epochs_topic(struct epochs_state *state,
             const struct offset_for_leader_epoch_request_offset_for_leader_topic *asked,
             struct offset_for_leader_epoch_response_offset_for_leader_topic_result *answer)
{
    struct request *r = state->request;
    size_t count = (size_t)asked->partitions.count;
    const struct image_topic *topic =
        image_topic_named(&r->core->image, string_bytes(asked->topic));
    answer->topic = asked->topic;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    struct epochs_part *parts = request_alloc(r, count, sizeof *parts);
    if (parts == NULL)
        return false;
    answer->partitions.count = asked->partitions.count;
    for (int32_t i = 0; i < asked->partitions.count; i++) {
        struct epochs_part *part = &parts[i];
        part->call.call = (struct core_call){.run = epochs_run, .done = epochs_done};
        part->asked = &asked->partitions.items[i];
        part->answer = &answer->partitions.items[i];
        message_defaults(&offset_for_leader_epoch_response_epoch_end_offset_struct, part->answer);
        part->answer->partition = part->asked->partition;
        int32_t index = part->asked->partition;
        if (topic == NULL || index < 0 || index >= topic->partition_count) {
            part->answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
            continue;
        }
        part->topic_id = topic->id;
        fan_out_add(&state->fan, &part->call, topic->partitions[index].owner);
    }
    return true;
}

void offset_for_leader_epoch_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct offset_for_leader_epoch_request *body = decoded;
    struct epochs_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    fan_out_init(&state->fan, r->core, epochs_over);
    message_defaults(&offset_for_leader_epoch_response_struct, &state->response);
    state->response.topics.items =
        request_alloc(r, (size_t)body->topics.count, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return;
    state->response.topics.count = body->topics.count;
    for (int32_t i = 0; i < body->topics.count; i++)
        if (!epochs_topic(state, &body->topics.items[i], &state->response.topics.items[i]))
            return;
    fan_out_send(&state->fan);
}
