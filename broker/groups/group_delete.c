/* DeleteGroups and OffsetDelete. */
#include "base/assert.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

/* One group that is deleted, or whose offsets are. */
struct deletion {
    struct group_call call;        /* first */
    struct coordinator_part *part; /* the owner's */
    struct group_delete deletion;
    void *state;
};

static void deletion_over(struct group_delete *done)
{
    struct deletion *deletion = CONTAINER_OF(done, struct deletion, deletion);
    coordinator_answer(deletion->part, &deletion->call);
}

static void deletion_serve(struct coordinator_part *part, struct group_call *call)
{
    struct deletion *deletion = CONTAINER_OF(call, struct deletion, call);
    deletion->part = part;
    groups_delete(coordinator_groups(part), &deletion->deletion);
}

static int16_t deletion_error(const struct deletion *deletion)
{
    return deletion->call.error != KAFKA_NONE ? deletion->call.error : deletion->deletion.error;
}

/* DeleteGroups. */

struct delete_groups_state {
    struct request *request;
    struct deletion *deletions;
    uint32_t count;
    uint32_t waiting;
};

static void delete_groups_one_back(struct delete_groups_state *state)
{
    struct request *r = state->request;
    struct delete_groups_response response;
    ASSERT(state->waiting > 0);
    state->waiting--;
    if (state->waiting > 0)
        return;
    message_defaults(&delete_groups_response_struct, &response);
    response.results.items = request_alloc(r, state->count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    response.results.count = (int32_t)state->count;
    for (uint32_t i = 0; i < state->count; i++) {
        struct delete_groups_response_deletable_group_result *result = &response.results.items[i];
        message_defaults(&delete_groups_response_deletable_group_result_struct, result);
        result->group_id = state->deletions[i].deletion.group_id;
        result->error_code = deletion_error(&state->deletions[i]);
    }
    request_respond(r, &response);
}

static void delete_groups_back(struct group_call *call)
{
    delete_groups_one_back(CONTAINER_OF(call, struct deletion, call)->state);
}

void delete_groups_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct delete_groups_request *body = decoded;
    struct delete_groups_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->count = (uint32_t)MAX(body->groups_names.count, 0);
    state->deletions = request_alloc(r, state->count, sizeof *state->deletions);
    if (state->deletions == NULL)
        return;
    state->waiting = state->count + 1;
    for (uint32_t i = 0; i < state->count; i++) {
        struct deletion *deletion = &state->deletions[i];
        deletion->state = state;
        deletion->deletion.group_id = request_utf8(r, body->groups_names.items[i]);
        deletion->deletion.whole = true;
        deletion->deletion.done = deletion_over;
        deletion->call.serve = deletion_serve;
        deletion->call.done = delete_groups_back;
        if (coordinator_send(r->core, deletion->deletion.group_id, &deletion->call))
            continue;
        deletion->call.error = KAFKA_NOT_COORDINATOR;
        state->waiting--;
    }
    delete_groups_one_back(state);
}

/* OffsetDelete. */

struct offset_delete_state {
    struct deletion deletion; /* first */
    struct request *request;
    const struct offset_delete_request *body;
};

static void offset_delete_respond(struct offset_delete_state *state)
{
    struct request *r = state->request;
    const struct offset_delete_request *body = state->body;
    struct offset_delete_response response;
    const struct group_delete_item *item = state->deletion.deletion.items;
    message_defaults(&offset_delete_response_struct, &response);
    response.error_code = deletion_error(&state->deletion);
    int32_t topics = response.error_code == KAFKA_NONE ? MAX(body->topics.count, 0) : 0;
    response.topics.items = request_alloc(r, (size_t)topics, sizeof *response.topics.items);
    if (response.topics.items == NULL)
        return;
    response.topics.count = topics;
    for (int32_t i = 0; i < topics; i++) {
        struct offset_delete_response_topic *topic = &response.topics.items[i];
        int32_t count = MAX(body->topics.items[i].partitions.count, 0);
        message_defaults(&offset_delete_response_topic_struct, topic);
        topic->name = body->topics.items[i].name;
        topic->partitions.items = request_alloc(r, (size_t)count, sizeof *topic->partitions.items);
        if (topic->partitions.items == NULL)
            return;
        topic->partitions.count = count;
        for (int32_t j = 0; j < count; j++, item++) {
            message_defaults(&offset_delete_response_partition_struct, &topic->partitions.items[j]);
            topic->partitions.items[j].partition_index = item->partition;
            topic->partitions.items[j].error_code = item->error;
        }
    }
    request_respond(r, &response);
}

static void offset_delete_back(struct group_call *call)
{
    offset_delete_respond(CONTAINER_OF(call, struct offset_delete_state, deletion.call));
}

static bool offset_delete_fill(struct offset_delete_state *state)
{
    struct request *r = state->request;
    const struct offset_delete_request *body = state->body;
    struct group_delete *deletion = &state->deletion.deletion;
    size_t parts = 0;
    for (int32_t i = 0; i < body->topics.count; i++)
        parts += (size_t)MAX(body->topics.items[i].partitions.count, 0);
    deletion->items = request_alloc(r, parts, sizeof *deletion->items);
    if (deletion->items == NULL)
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct offset_delete_request_topic *topic = &body->topics.items[i];
        const struct image_topic *known =
            image_topic_named(&r->core->image, string_bytes(topic->name));
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            int32_t index = topic->partitions.items[j].partition_index;
            bool there = known != NULL && index >= 0 && index < known->partition_count;
            deletion->items[deletion->count++] = (struct group_delete_item){
                .topic = topic->name,
                .partition = index,
                .error = there ? KAFKA_NONE : KAFKA_UNKNOWN_TOPIC_OR_PARTITION,
            };
        }
    }
    return true;
}

void offset_delete_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct offset_delete_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    struct group_delete *deletion = &state->deletion.deletion;
    deletion->group_id = request_utf8(r, state->body->group_id);
    deletion->done = deletion_over;
    state->deletion.call.serve = deletion_serve;
    state->deletion.call.done = offset_delete_back;
    if (!offset_delete_fill(state))
        return;
    if (coordinator_send(r->core, deletion->group_id, &state->deletion.call))
        return;
    state->deletion.call.error = KAFKA_NOT_COORDINATOR;
    offset_delete_respond(state);
}
