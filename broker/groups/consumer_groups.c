/* ConsumerGroupHeartbeat and ConsumerGroupDescribe: consumer groups of KIP-848. */
#include "base/assert.h"
#include "broker/config/config_value.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/group_look.h"
#include "broker/handlers.h"
#include "group/consumer.h"
#include "protocol/errors.h"

#define HEARTBEAT_VERSION_OWN_ID 1
#define DESCRIBE_MEMBER_CLASSIC 0
#define DESCRIBE_MEMBER_CONSUMER 1

/* The protocol is to be finalized for the cluster, and not left out of the configuration. */
static bool protocol_enabled(const struct request *r)
{
    const struct image *image = &r->core->image;
    const char *list = config_text(image->config, "group.coordinator.rebalance.protocols");
    return list != NULL && config_list_has(list, BYTES_LITERAL("consumer")) &&
           image_feature_level(image, "group.version") >= 1;
}

/* ConsumerGroupHeartbeat. */

struct beat_state {
    struct group_call call; /* first */
    struct request *request;
    struct coordinator_part *part; /* the owner's */
    struct consumer_beat beat;
};

static void beat_over(struct consumer_beat *beat)
{
    struct beat_state *state = CONTAINER_OF(beat, struct beat_state, beat);
    coordinator_answer(state->part, &state->call);
}

static void beat_serve(struct coordinator_part *part, struct group_call *call)
{
    struct beat_state *state = CONTAINER_OF(call, struct beat_state, call);
    state->part = part;
    groups_consumer_beat(coordinator_groups(part), &state->beat);
}

static bool beat_fill_assignment(struct request *r, struct spots set,
                                 struct consumer_group_heartbeat_response_assignment *assignment)
{
    int32_t *numbers = request_alloc(r, set.count, sizeof *numbers);
    if (numbers == NULL)
        return false;
    assignment->topic_partitions.items =
        request_alloc(r, set.count, sizeof *assignment->topic_partitions.items);
    if (assignment->topic_partitions.items == NULL)
        return false;
    for (uint32_t i = 0; i < set.count;) {
        struct consumer_group_heartbeat_response_topic_partitions *topic =
            &assignment->topic_partitions.items[assignment->topic_partitions.count++];
        uint32_t end = spots_topic_end(set, i);
        message_defaults(&consumer_group_heartbeat_response_topic_partitions_struct, topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions.items = numbers + i;
        topic->partitions.count = (int32_t)(end - i);
        for (; i < end; i++)
            numbers[i] = set.items[i].partition;
    }
    return true;
}

static void beat_answer_client(struct beat_state *state, int16_t error)
{
    const struct consumer_beat *beat = &state->beat;
    struct request *r = state->request;
    struct consumer_group_heartbeat_response response;
    struct consumer_group_heartbeat_response_assignment assignment;
    bool room = true;
    message_defaults(&consumer_group_heartbeat_response_struct, &response);
    message_defaults(&consumer_group_heartbeat_response_assignment_struct, &assignment);
    response.error_code = error;
    request_hold(r);
    if (error != KAFKA_NONE) {
        response.error_message =
            string_of(beat->error == error && beat->message != NULL ? beat->message
                                                                    : kafka_error_message(error));
    } else {
        response.member_id = beat->answer_id;
        response.member_epoch = beat->answer_epoch;
        response.heartbeat_interval_ms = beat->epoch < 0 ? 0 : beat->interval_ms;
        if (beat->assignment_said) {
            response.assignment = &assignment;
            room = beat_fill_assignment(r, beat->assignment, &assignment);
        }
    }
    if (room)
        request_respond(r, &response);
    group_reply_free(&state->beat.reply);
    request_release(r);
}

static void beat_back(struct group_call *call)
{
    struct beat_state *state = CONTAINER_OF(call, struct beat_state, call);
    beat_answer_client(state, call->error != KAFKA_NONE ? call->error : state->beat.error);
}

static bool beat_fill_owned(struct request *r, const struct consumer_group_heartbeat_request *body,
                            struct consumer_beat *beat)
{
    size_t total = 0;
    uint32_t at = 0;
    for (int32_t i = 0; i < body->topic_partitions.count; i++)
        total += (size_t)MAX(body->topic_partitions.items[i].partitions.count, 0);
    struct spot *items = request_alloc(r, total, sizeof *items);
    if (items == NULL)
        return false;
    for (int32_t i = 0; i < body->topic_partitions.count; i++)
        for (int32_t j = 0; j < body->topic_partitions.items[i].partitions.count; j++)
            items[at++] = (struct spot){body->topic_partitions.items[i].topic_id,
                                        body->topic_partitions.items[i].partitions.items[j]};
    beat->owned_said = body->topic_partitions.count >= 0;
    beat->owned = spots_of(items, at);
    return true;
}

static bool beat_fill(struct beat_state *state, const struct consumer_group_heartbeat_request *body)
{
    struct request *r = state->request;
    state->beat = (struct consumer_beat){
        .group_id = request_utf8(r, body->group_id),
        .member_id = body->member_id,
        .epoch = body->member_epoch,
        .instance_id = body->instance_id,
        .rack_id = body->rack_id,
        .assignor = body->server_assignor,
        .pattern = body->subscribed_topic_regex,
        .client_id = r->client_id.len < 0 ? (struct string){"", 0} : request_utf8(r, r->client_id),
        .rebalance_ms = body->rebalance_timeout_ms,
        .topic_count = (uint32_t)MAX(body->subscribed_topic_names.count, 0),
        .makes_id = r->version >= HEARTBEAT_VERSION_OWN_ID,
        .done = beat_over,
    };
    static const struct string none;
    if (body->subscribed_topic_names.count >= 0)
        state->beat.topics =
            body->subscribed_topic_names.count > 0 ? body->subscribed_topic_names.items : &none;
    if (!beat_fill_owned(r, body, &state->beat))
        return false;
    if (request_client_host(r, &state->beat.client_host))
        return true;
    request_close(r);
    return false;
}

void consumer_group_heartbeat_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    struct beat_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    if (!beat_fill(state, body))
        return;
    state->call.serve = beat_serve;
    state->call.done = beat_back;
    if (!protocol_enabled(r))
        beat_answer_client(state, KAFKA_UNSUPPORTED_VERSION);
    else if (!coordinator_send(r->core, state->beat.group_id, &state->call))
        beat_answer_client(state, KAFKA_NOT_COORDINATOR);
}

/* ConsumerGroupDescribe. */

struct describe_consumers;

struct describe_consumer {
    struct group_call call; /* first */
    struct describe_consumers *state;
    struct consumer_description description;
};

struct describe_consumers {
    struct request *request;
    const struct consumer_group_describe_request *body;
    struct describe_consumer *groups;
    uint32_t count;
    uint32_t waiting;
};

static void describe_serve(struct coordinator_part *part, struct group_call *call)
{
    struct describe_consumer *group = CONTAINER_OF(call, struct describe_consumer, call);
    groups_consumer_describe(coordinator_groups(part), &group->description);
    coordinator_answer(part, call);
}

static bool describe_set(struct request *r, const struct consumer_described_set *set,
                         struct consumer_group_describe_response_assignment *answer)
{
    answer->topic_partitions.items =
        request_alloc(r, set->count, sizeof *answer->topic_partitions.items);
    if (answer->topic_partitions.items == NULL)
        return false;
    answer->topic_partitions.count = (int32_t)set->count;
    for (uint32_t i = 0; i < set->count; i++) {
        struct consumer_group_describe_response_topic_partitions *topic =
            &answer->topic_partitions.items[i];
        message_defaults(&consumer_group_describe_response_topic_partitions_struct, topic);
        topic->topic_id = set->topics[i].id;
        topic->topic_name = set->topics[i].name;
        topic->partitions.items = set->topics[i].partitions;
        topic->partitions.count = (int32_t)set->topics[i].partition_count;
    }
    return true;
}

static bool describe_members(struct request *r, const struct consumer_description *d,
                             struct consumer_group_describe_response_described_group *answer)
{
    answer->members.items = request_alloc(r, d->member_count, sizeof *answer->members.items);
    if (answer->members.items == NULL)
        return false;
    answer->members.count = (int32_t)d->member_count;
    for (uint32_t i = 0; i < d->member_count; i++) {
        const struct consumer_described_member *from = &d->members[i];
        struct consumer_group_describe_response_member *to = &answer->members.items[i];
        message_defaults(&consumer_group_describe_response_member_struct, to);
        to->member_id = from->member_id;
        to->instance_id = from->instance_id;
        to->rack_id = from->rack_id;
        to->member_epoch = from->epoch;
        to->client_id = from->client_id;
        to->client_host = from->client_host;
        to->subscribed_topic_names.items = from->topics;
        to->subscribed_topic_names.count = (int32_t)from->topic_count;
        to->subscribed_topic_regex = from->pattern;
        to->member_type = from->classic ? DESCRIBE_MEMBER_CLASSIC : DESCRIBE_MEMBER_CONSUMER;
        if (!describe_set(r, &from->assigned, &to->assignment) ||
            !describe_set(r, &from->target, &to->target_assignment))
            return false;
    }
    return true;
}

static bool describe_missing(struct request *r, const struct consumer_description *d,
                             struct consumer_group_describe_response_described_group *answer)
{
    answer->error_message = group_complaint(r, d->group_id, d->is_classic ? "consumer" : NULL);
    if (answer->error_message.len >= 0)
        return true;
    request_close(r);
    return false;
}

static bool describe_fill(struct describe_consumers *state, const struct describe_consumer *group,
                          struct consumer_group_describe_response_described_group *answer)
{
    struct request *r = state->request;
    const struct consumer_description *d = &group->description;
    message_defaults(&consumer_group_describe_response_described_group_struct, answer);
    answer->group_id = d->group_id;
    answer->error_code = group->call.error != KAFKA_NONE ? group->call.error : d->error;
    if (answer->error_code == KAFKA_GROUP_ID_NOT_FOUND)
        return describe_missing(r, d, answer);
    if (answer->error_code != KAFKA_NONE)
        return true;
    answer->group_state = string_of(d->state);
    answer->group_epoch = d->epoch;
    answer->assignment_epoch = d->target_epoch;
    answer->assignor_name = string_of(d->assignor);
    if (state->body->include_authorized_operations)
        answer->authorized_operations = GROUP_OPERATIONS;
    return describe_members(r, d, answer);
}

static void describe_one_back(struct describe_consumers *state)
{
    struct request *r = state->request;
    struct consumer_group_describe_response response;
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    message_defaults(&consumer_group_describe_response_struct, &response);
    request_hold(r);
    response.groups.items = request_alloc(r, state->count, sizeof *response.groups.items);
    bool room = response.groups.items != NULL;
    response.groups.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count && room; i++)
        room = describe_fill(state, &state->groups[i], &response.groups.items[i]);
    if (room)
        request_respond(r, &response);
    for (uint32_t i = 0; i < state->count; i++)
        group_reply_free(&state->groups[i].description.reply);
    request_release(r);
}

static void describe_back(struct group_call *call)
{
    describe_one_back(CONTAINER_OF(call, struct describe_consumer, call)->state);
}

void consumer_group_describe_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct describe_consumers *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    state->count = (uint32_t)MAX(state->body->group_ids.count, 0);
    state->groups = request_alloc(r, state->count, sizeof *state->groups);
    if (state->groups == NULL)
        return;
    state->waiting = state->count + 1;
    bool enabled = protocol_enabled(r);
    for (uint32_t i = 0; i < state->count; i++) {
        struct describe_consumer *group = &state->groups[i];
        group->state = state;
        group->description.group_id = request_utf8(r, state->body->group_ids.items[i]);
        group->call.serve = describe_serve;
        group->call.done = describe_back;
        if (enabled && coordinator_send(r->core, group->description.group_id, &group->call))
            continue;
        group->call.error = enabled ? KAFKA_NOT_COORDINATOR : KAFKA_UNSUPPORTED_VERSION;
        state->waiting--;
    }
    describe_one_back(state);
}
