/*
 * OffsetFetch: one call for each group that is asked for. Up to version 7 there is one, and the
 * answer has another place; both are made of the same results.
 */
#include "base/assert.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define FETCH_VERSION_ERROR 2
#define FETCH_VERSION_GROUPS 8
#define FETCH_VERSION_TOPIC_ID 10

struct fetch_groups;

/* A topic that is asked for: of either form of the request. */
struct fetch_topic {
    struct string name; /* null: its id is unknown */
    struct uuid id;
    int32_t first; /* item */
    int32_t count;
};

struct fetch_group {
    struct group_call call; /* first */
    struct fetch_groups *state;
    struct group_fetch fetch;
    struct fetch_topic *topics;
    int32_t topic_count;
};

struct fetch_groups {
    struct request *request;
    struct fetch_group *groups;
    uint32_t count;
    uint32_t waiting;
};

static void fetch_serve(struct coordinator_part *part, struct group_call *call)
{
    struct fetch_group *group = CONTAINER_OF(call, struct fetch_group, call);
    groups_fetch(coordinator_groups(part), &group->fetch);
    coordinator_answer(part, call);
}

/* The items of a group come sorted: their topics. */
static bool group_topics_of_items(struct fetch_group *group)
{
    struct request *r = group->state->request;
    const struct group_fetch *fetch = &group->fetch;
    group->topics = request_alloc(r, fetch->count, sizeof *group->topics);
    if (group->topics == NULL)
        return false;
    struct fetch_topic *topic = NULL;
    for (uint32_t i = 0; i < fetch->count; i++) {
        struct string name = fetch->items[i].topic;
        if (topic == NULL || !bytes_equal(string_bytes(topic->name), string_bytes(name))) {
            const struct image_topic *known =
                image_topic_named(&r->core->image, string_bytes(name));
            /* Without an id there is no way to say it. */
            if (known == NULL && r->version >= FETCH_VERSION_TOPIC_ID)
                continue;
            topic = &group->topics[group->topic_count++];
            *topic = (struct fetch_topic){.name = name, .first = (int32_t)i};
            if (known != NULL)
                topic->id = known->id;
        }
        topic->count++;
    }
    return true;
}

static bool answer_group_topic(struct request *r, const struct fetch_group *group,
                               const struct fetch_topic *topic,
                               struct offset_fetch_response_topics *answer)
{
    message_defaults(&offset_fetch_response_topics_struct, answer);
    answer->name = topic->name;
    answer->topic_id = topic->id;
    answer->partitions.items =
        request_alloc(r, (size_t)topic->count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = topic->count;
    for (int32_t i = 0; i < topic->count; i++) {
        const struct group_fetch_item *item = &group->fetch.items[topic->first + i];
        struct offset_fetch_response_partitions *out = &answer->partitions.items[i];
        message_defaults(&offset_fetch_response_partitions_struct, out);
        out->partition_index = item->partition;
        out->committed_offset = item->value.offset;
        out->committed_leader_epoch = item->value.epoch;
        out->metadata = item->value.metadata;
        out->error_code = item->error;
    }
    return true;
}

static bool answer_group(struct request *r, const struct fetch_group *group,
                         struct offset_fetch_response_group *answer)
{
    message_defaults(&offset_fetch_response_group_struct, answer);
    answer->group_id = group->fetch.group_id;
    answer->error_code = group->fetch.error;
    if (answer->error_code != KAFKA_NONE)
        return true;
    answer->topics.items =
        request_alloc(r, (size_t)group->topic_count, sizeof *answer->topics.items);
    if (answer->topics.items == NULL)
        return false;
    answer->topics.count = group->topic_count;
    for (int32_t i = 0; i < group->topic_count; i++)
        if (!answer_group_topic(r, group, &group->topics[i], &answer->topics.items[i]))
            return false;
    return true;
}

static void answer_groups(struct fetch_groups *state)
{
    struct request *r = state->request;
    struct offset_fetch_response response;
    message_defaults(&offset_fetch_response_struct, &response);
    response.groups.items = request_alloc(r, state->count, sizeof *response.groups.items);
    if (response.groups.items == NULL)
        return;
    response.groups.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++)
        if (!answer_group(r, &state->groups[i], &response.groups.items[i]))
            return;
    request_respond(r, &response);
}

/* Before there was a place for the group's error, each partition told it. */
static int16_t old_item_error(const struct request *r, const struct fetch_group *group,
                              const struct group_fetch_item *item)
{
    return r->version < FETCH_VERSION_ERROR && group->fetch.error != KAFKA_NONE ? group->fetch.error
                                                                                : item->error;
}

static bool answer_old_topic(struct request *r, const struct fetch_group *group,
                             const struct fetch_topic *topic,
                             struct offset_fetch_response_topic *answer)
{
    message_defaults(&offset_fetch_response_topic_struct, answer);
    answer->name = topic->name;
    answer->partitions.items =
        request_alloc(r, (size_t)topic->count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = topic->count;
    for (int32_t i = 0; i < topic->count; i++) {
        const struct group_fetch_item *item = &group->fetch.items[topic->first + i];
        struct offset_fetch_response_partition *out = &answer->partitions.items[i];
        message_defaults(&offset_fetch_response_partition_struct, out);
        out->partition_index = item->partition;
        out->committed_offset = item->value.offset;
        out->committed_leader_epoch = item->value.epoch;
        out->metadata = item->value.metadata;
        out->error_code = old_item_error(r, group, item);
    }
    return true;
}

static void answer_old(struct fetch_groups *state)
{
    struct request *r = state->request;
    const struct fetch_group *group = &state->groups[0];
    bool failed = group->fetch.error != KAFKA_NONE && r->version >= FETCH_VERSION_ERROR;
    int32_t count = failed ? 0 : group->topic_count;
    struct offset_fetch_response response;
    message_defaults(&offset_fetch_response_struct, &response);
    response.error_code = group->fetch.error;
    response.topics.items = request_alloc(r, (size_t)count, sizeof *response.topics.items);
    if (response.topics.items == NULL)
        return;
    response.topics.count = count;
    for (int32_t i = 0; i < count; i++)
        if (!answer_old_topic(r, group, &group->topics[i], &response.topics.items[i]))
            return;
    request_respond(r, &response);
}

static void fetch_one_back(struct fetch_groups *state)
{
    bool room = true;
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    struct request *r = state->request;
    request_hold(r);
    for (uint32_t i = 0; i < state->count && room; i++) {
        struct fetch_group *group = &state->groups[i];
        if (group->call.error != KAFKA_NONE)
            group->fetch.error = group->call.error;
        if (group->fetch.all && group->fetch.error == KAFKA_NONE)
            room = group_topics_of_items(group);
    }
    if (room && r->version >= FETCH_VERSION_GROUPS)
        answer_groups(state);
    else if (room)
        answer_old(state);
    for (uint32_t i = 0; i < state->count; i++)
        group_reply_free(&state->groups[i].fetch.reply);
    request_release(r);
}

static void fetch_back(struct group_call *call)
{
    fetch_one_back(CONTAINER_OF(call, struct fetch_group, call)->state);
}

/* The request. */

static bool group_add_topic(struct fetch_group *group, struct string name, struct uuid id,
                            const int32_t *partitions, int32_t count)
{
    struct request *r = group->state->request;
    struct fetch_topic *topic = &group->topics[group->topic_count++];
    *topic = (struct fetch_topic){
        .name = name,
        .id = id,
        .first = (int32_t)group->fetch.count,
        .count = count,
    };
    if (r->version >= FETCH_VERSION_TOPIC_ID) {
        const struct image_topic *known = image_topic_with_id(&r->core->image, id);
        if (!request_text(r, known == NULL ? NULL : known->name, &topic->name)) {
            request_close(r);
            return false;
        }
    }
    for (int32_t i = 0; i < count; i++) {
        struct group_fetch_item *item = &group->fetch.items[group->fetch.count++];
        *item = (struct group_fetch_item){
            .topic = topic->name,
            .partition = partitions[i],
            .value = {.offset = -1, .epoch = -1, .metadata = {"", 0}},
            .error = topic->name.len < 0 ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_NONE,
        };
    }
    return true;
}

static bool group_make_room(struct fetch_group *group, size_t topics, size_t parts)
{
    struct request *r = group->state->request;
    group->topics = request_alloc(r, topics, sizeof *group->topics);
    if (group->topics == NULL)
        return false;
    group->fetch.items = request_alloc(r, parts, sizeof *group->fetch.items);
    return group->fetch.items != NULL;
}

static bool fill_old(struct fetch_group *group, const struct offset_fetch_request *body)
{
    size_t parts = 0;
    group->fetch.group_id = request_utf8(group->state->request, body->group_id);
    group->fetch.member_id = STRING_NULL;
    group->fetch.member_epoch = -1;
    group->fetch.all = body->topics.count < 0;
    for (int32_t i = 0; i < body->topics.count; i++)
        parts += (size_t)MAX(body->topics.items[i].partition_indexes.count, 0);
    if (!group_make_room(group, (size_t)MAX(body->topics.count, 0), parts))
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct offset_fetch_request_topic *topic = &body->topics.items[i];
        if (!group_add_topic(group, topic->name, (struct uuid){{0}}, topic->partition_indexes.items,
                             MAX(topic->partition_indexes.count, 0)))
            return false;
    }
    return true;
}

static bool fill_group(struct fetch_group *group, const struct offset_fetch_request_group *asked)
{
    size_t parts = 0;
    group->fetch.group_id = request_utf8(group->state->request, asked->group_id);
    group->fetch.member_id = asked->member_id;
    group->fetch.member_epoch = asked->member_epoch;
    group->fetch.all = asked->topics.count < 0;
    for (int32_t i = 0; i < asked->topics.count; i++)
        parts += (size_t)MAX(asked->topics.items[i].partition_indexes.count, 0);
    if (!group_make_room(group, (size_t)MAX(asked->topics.count, 0), parts))
        return false;
    for (int32_t i = 0; i < asked->topics.count; i++) {
        const struct offset_fetch_request_topics *topic = &asked->topics.items[i];
        if (!group_add_topic(group, topic->name, topic->topic_id, topic->partition_indexes.items,
                             MAX(topic->partition_indexes.count, 0)))
            return false;
    }
    return true;
}

static bool fetch_fill(struct fetch_groups *state, const struct offset_fetch_request *body)
{
    struct request *r = state->request;
    bool several = r->version >= FETCH_VERSION_GROUPS;
    state->count = several ? (uint32_t)MAX(body->groups.count, 0) : 1;
    state->groups = request_alloc(r, state->count, sizeof *state->groups);
    if (state->groups == NULL)
        return false;
    for (uint32_t i = 0; i < state->count; i++) {
        struct fetch_group *group = &state->groups[i];
        group->state = state;
        group->fetch.stable = body->require_stable;
        if (!(several ? fill_group(group, &body->groups.items[i]) : fill_old(group, body)))
            return false;
    }
    return true;
}

void offset_fetch_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct fetch_groups *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    if (!fetch_fill(state, decoded))
        return;
    state->waiting = state->count + 1;
    for (uint32_t i = 0; i < state->count; i++) {
        struct fetch_group *group = &state->groups[i];
        group->call.serve = fetch_serve;
        group->call.done = fetch_back;
        if (coordinator_send(r->core, group->fetch.group_id, &group->call))
            continue;
        group->call.error = KAFKA_NOT_COORDINATOR;
        state->waiting--;
    }
    fetch_one_back(state);
}
