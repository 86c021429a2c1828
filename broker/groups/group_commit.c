/*
 * OffsetCommit. Topics, partitions and metadata are judged on the connection's core, and the
 * records are written there, so that the coordinator only has to append them.
 */
#include "base/assert.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

#define COMMIT_VERSION_RETENTION_LAST 4
#define COMMIT_VERSION_NOT_FOUND 9
#define COMMIT_VERSION_EPOCHS 9
#define COMMIT_VERSION_TOPIC_ID 10

struct commit_state {
    struct group_call call; /* first */
    struct request *request;
    struct coordinator_part *part; /* the owner's */
    struct group_commit commit;
    struct offset_commit_response response;
    struct offset_commit_response_partition **answers; /* of the items */
};

static void commit_over(struct group_commit *commit)
{
    struct commit_state *state = CONTAINER_OF(commit, struct commit_state, commit);
    coordinator_answer(state->part, &state->call);
}

static void commit_serve(struct coordinator_part *part, struct group_call *call)
{
    struct commit_state *state = CONTAINER_OF(call, struct commit_state, call);
    state->part = part;
    groups_commit(coordinator_groups(part), &state->commit);
}

static void commit_respond(struct commit_state *state, int16_t error)
{
    for (uint32_t i = 0; i < state->commit.count; i++)
        state->answers[i]->error_code = error;
    request_respond(state->request, &state->response);
}

static void commit_back(struct group_call *call)
{
    struct commit_state *state = CONTAINER_OF(call, struct commit_state, call);
    int16_t error = call->error != KAFKA_NONE ? call->error : state->commit.error;
    /* Older clients know no such error here. */
    if (error == KAFKA_GROUP_ID_NOT_FOUND && state->request->version < COMMIT_VERSION_NOT_FOUND)
        error = KAFKA_ILLEGAL_GENERATION;
    commit_respond(state, error);
}

static const struct image_topic *commit_topic(const struct request *r,
                                              const struct offset_commit_request_topic *asked)
{
    if (r->version >= COMMIT_VERSION_TOPIC_ID)
        return image_topic_with_id(&r->core->image, asked->topic_id);
    return image_topic_named(&r->core->image, string_bytes(asked->name));
}

static int16_t item_error(const struct request *r, const struct image_topic *topic,
                          const struct offset_commit_request_partition *asked)
{
    if (topic == NULL && r->version >= COMMIT_VERSION_TOPIC_ID)
        return KAFKA_UNKNOWN_TOPIC_ID;
    if (topic == NULL || asked->partition_index < 0 ||
        asked->partition_index >= topic->partition_count)
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (asked->committed_metadata.len > server_config(r->core->server)->offset_metadata_bytes_max)
        return KAFKA_OFFSET_METADATA_TOO_LARGE;
    return KAFKA_NONE;
}

static struct group_offset_value item_value(struct request *r,
                                            const struct offset_commit_request *body,
                                            const struct offset_commit_request_partition *asked)
{
    int64_t now_ms = io_wall_ms(r->core->io);
    bool own = r->version <= COMMIT_VERSION_RETENTION_LAST && body->retention_time_ms >= 0;
    struct string metadata = request_utf8(r, asked->committed_metadata);
    return (struct group_offset_value){
        .offset = asked->committed_offset,
        .epoch = asked->committed_leader_epoch,
        .metadata = metadata.len < 0 ? (struct string){"", 0} : metadata,
        .commit_ms = now_ms,
        .expire_ms = own ? now_ms + body->retention_time_ms : -1,
    };
}

static bool commit_add_topic(struct commit_state *state, const struct offset_commit_request *body,
                             const struct offset_commit_request_topic *asked,
                             struct offset_commit_response_topic *answer)
{
    struct request *r = state->request;
    const struct image_topic *topic = commit_topic(r, asked);
    size_t count = (size_t)MAX(asked->partitions.count, 0);
    /* The name outlives the topic: the image may change while the request waits. */
    struct string name;
    if (!request_text(r, topic == NULL ? NULL : topic->name, &name)) {
        request_close(r);
        return false;
    }
    message_defaults(&offset_commit_response_topic_struct, answer);
    answer->name = asked->name;
    answer->topic_id = asked->topic_id;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        const struct offset_commit_request_partition *partition = &asked->partitions.items[i];
        struct offset_commit_response_partition *out = &answer->partitions.items[i];
        message_defaults(&offset_commit_response_partition_struct, out);
        out->partition_index = partition->partition_index;
        out->error_code = item_error(r, topic, partition);
        if (out->error_code != KAFKA_NONE)
            continue;
        state->answers[state->commit.count] = out;
        state->commit.items[state->commit.count++] = (struct group_commit_item){
            .topic = name,
            .partition = partition->partition_index,
            .value = item_value(r, body, partition),
        };
    }
    return true;
}

static struct group_offset_key item_key(const struct group_commit *commit,
                                        const struct group_commit_item *item)
{
    return (struct group_offset_key){commit->caller.group_id, item->topic, item->partition};
}

static bool commit_write_records(struct commit_state *state)
{
    struct group_commit *commit = &state->commit;
    struct writer writer;
    size_t size = 0;
    for (uint32_t i = 0; i < commit->count; i++) {
        struct group_offset_key key = item_key(commit, &commit->items[i]);
        size += group_record_offset_size(&key, &commit->items[i].value);
    }
    uint8_t *bytes = request_alloc(state->request, size, 1);
    if (bytes == NULL)
        return false;
    commit->write.records =
        request_alloc(state->request, commit->count, sizeof *commit->write.records);
    if (commit->write.records == NULL)
        return false;
    commit->write.count = commit->count;
    writer_init(&writer, bytes, size);
    for (uint32_t i = 0; i < commit->count; i++) {
        struct group_offset_key key = item_key(commit, &commit->items[i]);
        if (group_record_write_offset(&writer, &key, &commit->items[i].value,
                                      &commit->write.records[i]) != 0) {
            /* A group id that no record can hold. */
            request_close(state->request);
            return false;
        }
    }
    return true;
}

static bool commit_fill(struct commit_state *state, const struct offset_commit_request *body)
{
    struct request *r = state->request;
    size_t topics = (size_t)MAX(body->topics.count, 0);
    size_t parts = 0;
    for (size_t i = 0; i < topics; i++)
        parts += (size_t)MAX(body->topics.items[i].partitions.count, 0);
    message_defaults(&offset_commit_response_struct, &state->response);
    state->response.topics.items = request_alloc(r, topics, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return false;
    state->commit.items = request_alloc(r, parts, sizeof *state->commit.items);
    if (state->commit.items == NULL)
        return false;
    state->answers = request_alloc(r, parts, sizeof(struct offset_commit_response_partition *));
    if (state->answers == NULL)
        return false;
    state->response.topics.count = (int32_t)topics;
    for (size_t i = 0; i < topics; i++)
        if (!commit_add_topic(state, body, &body->topics.items[i],
                              &state->response.topics.items[i]))
            return false;
    return commit_write_records(state);
}

void offset_commit_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct offset_commit_request *body = decoded;
    struct commit_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->commit.caller = (struct group_caller){
        .group_id = request_utf8(r, body->group_id),
        .generation = body->generation_id_or_member_epoch,
        .member_id = body->member_id,
        .instance_id = body->group_instance_id,
    };
    state->commit.knows_epochs = r->version >= COMMIT_VERSION_EPOCHS;
    state->commit.done = commit_over;
    if (!commit_fill(state, body))
        return;
    state->call.serve = commit_serve;
    state->call.done = commit_back;
    if (state->commit.count == 0)
        commit_respond(state, KAFKA_NONE);
    else if (!coordinator_send(r->core, state->commit.caller.group_id, &state->call))
        commit_respond(state, KAFKA_NOT_COORDINATOR);
}
