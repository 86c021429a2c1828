/*
 * The answer of a fetch: what the session lets through, topic by topic, with the records sent from
 * where they were read to.
 *
 * Partitions the catalog does not know come last, as in Kafka; neighbours of the same topic share
 * one entry. A session is created here and not before: it begins with what this answer says.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "broker/connection.h"
#include "broker/fetch/fetch_internal.h"
#include "broker/server.h"

#define FETCH_VERSION_LEADER 16

/* What is filled in: room for every partition, as many topics at most. */
struct answer {
    struct fetch_response response;
    struct response_records records;
    struct fetch_part **parts; /* those that are answered, in order */
    uint32_t part_count;
    int32_t session_id;
};

static void drop_aborted(struct fetch_state *state)
{
    for (uint32_t i = 0; i < state->part_count; i++) {
        mem_free(state->parts[i].aborted);
        state->parts[i].aborted = NULL;
        state->parts[i].aborted_count = 0;
    }
}

static void give_back(struct fetch_state *state)
{
    drop_aborted(state);
    struct core *core = state->request->core;
    for (uint32_t i = 0; i < state->part_count; i++) {
        struct fetch_part *part = &state->parts[i];
        if (part->memory != NULL)
            core_fetch_give(core, part->memory, part->memory_size);
        part->memory = NULL;
    }
}

/* The arena's; when it is exhausted, what was read goes back and the connection is closed. */
static void *answer_alloc(struct fetch_state *state, size_t count, size_t size)
{
    void *memory = request_alloc(state->request, count, size);
    if (memory == NULL)
        give_back(state);
    return memory;
}

/* Sessions. */

static struct fetch_seen part_seen(const struct fetch_part *part)
{
    bool good = part->error == KAFKA_NONE;
    return (struct fetch_seen){
        .error = part->error,
        .diverging = part->diverging.epoch >= 0,
        .bytes = good ? part->read.len : 0,
        .high_watermark = good ? part->there.high_watermark : -1,
        .last_stable = good ? part->there.last_stable : -1,
        .log_start = good ? part->there.log_start : -1,
    };
}

/* In the order they are answered: what was asked, but the unknown ones last. */
static void answer_list(struct fetch_state *state, struct answer *answer)
{
    for (int unknown = 0; unknown <= 1; unknown++)
        for (uint32_t i = 0; i < state->part_count; i++)
            if (state->parts[i].unknown == (unknown == 1))
                answer->parts[answer->part_count++] = &state->parts[i];
}

/* Leaves out what the client knows. */
static void answer_prune(struct answer *answer)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < answer->part_count; i++) {
        struct fetch_part *part = answer->parts[i];
        struct fetch_seen seen = part_seen(part);
        if (fetch_session_part_answer(part->place, &seen))
            answer->parts[kept++] = part;
    }
    answer->part_count = kept;
}

/* 0 when there is no room: the client goes on with full requests. */
static int32_t answer_new_session(const struct fetch_state *state, const struct answer *answer)
{
    const struct request *r = state->request;
    struct fetch_sessions *sessions = r->core->fetch_sessions;
    struct fetch_session *session =
        fetch_session_create(sessions, r->version >= FETCH_VERSION_TOPIC_ID, answer->part_count,
                             io_now(r->core->io) / NS_PER_MS);
    if (session == NULL)
        return 0;
    for (uint32_t i = 0; i < answer->part_count; i++) {
        const struct fetch_part *part = answer->parts[i];
        struct fetch_session_part *place =
            fetch_session_put(sessions, session, &part->topic, &part->asked);
        if (place == NULL) {
            fetch_session_drop(sessions, session);
            return 0;
        }
        struct fetch_seen seen = part_seen(part);
        fetch_session_part_note(place, &seen);
    }
    return fetch_session_id(session);
}

/* False when another request has used the session meanwhile. */
static bool answer_session(struct fetch_state *state, struct answer *answer)
{
    struct fetch_sessions *sessions = state->request->core->fetch_sessions;
    const struct fetch_session_use *use = &state->use;
    if (use->create)
        answer->session_id = answer_new_session(state, answer);
    if (use->session == NULL)
        return true;
    answer->session_id = use->id;
    switch (fetch_session_look(sessions, use)) {
    case FETCH_SESSION_CURRENT:
        if (fetch_session_settle(sessions, use->session))
            answer_prune(answer);
        else
            answer->session_id = 0;
        return true;
    case FETCH_SESSION_MOVED:
        return false;
    case FETCH_SESSION_GONE:
        /* The client hears it with its next request; everything here is new to it. */
        return true;
    }
    UNREACHABLE();
}

/* Partitions. */

static void part_answer_error(const struct fetch_part *part,
                              struct fetch_response_partition_data *answer)
{
    answer->error_code = part->error;
    answer->high_watermark = -1;
    answer->records = (struct blob){NULL, 0};
    answer->aborted_transactions.count = part->unknown ? 0 : -1;
}

static void part_answer(struct fetch_part *part, struct answer *answer,
                        struct fetch_response_partition_data *data)
{
    message_defaults(&fetch_response_partition_data_struct, data);
    data->partition_index = part->asked.partition;
    if (part->error != KAFKA_NONE) {
        part_answer_error(part, data);
        return;
    }
    data->high_watermark = part->there.high_watermark;
    data->last_stable_offset = part->there.last_stable;
    data->log_start_offset = part->there.log_start;
    bool diverges = part->diverging.epoch >= 0;
    if (diverges) {
        data->diverging_epoch.epoch = part->diverging.epoch;
        data->diverging_epoch.end_offset = part->diverging.start_offset;
    }
    bool committed = part->state->body->isolation_level == 1;
    data->aborted_transactions.count = committed && !diverges ? 0 : -1;
    data->records = (struct blob){NULL, (int32_t)part->read.len};
    if (part->read.len > 0)
        answer->records.parts[answer->records.part_count++] =
            (struct iovec){part->memory, part->read.len};
}

/* Which transactions among the records a reader of committed ones has to drop. */
static bool part_answer_aborted(struct fetch_state *state, const struct fetch_part *part,
                                struct fetch_response_partition_data *data)
{
    if (part->aborted_count == 0 || part->error != KAFKA_NONE)
        return true;
    struct fetch_response_aborted_transaction *items =
        answer_alloc(state, part->aborted_count, sizeof *items);
    if (items == NULL)
        return false;
    for (uint32_t i = 0; i < part->aborted_count; i++) {
        items[i].producer_id = part->aborted[i].producer_id;
        items[i].first_offset = part->aborted[i].first_offset;
    }
    data->aborted_transactions.items = items;
    data->aborted_transactions.count = (int32_t)part->aborted_count;
    return true;
}

/* Where to go instead (KIP-951): there is one node, so it is this one again. */
static bool part_answer_leader(struct fetch_state *state, struct answer *answer,
                               const struct fetch_part *part,
                               struct fetch_response_partition_data *data)
{
    struct request *r = state->request;
    bool moved =
        part->error == KAFKA_NOT_LEADER_OR_FOLLOWER || part->error == KAFKA_FENCED_LEADER_EPOCH;
    struct image_partition *place =
        image_partition_with_id(&r->core->image, part->topic_id, part->asked.partition);
    if (!moved || place == NULL || r->version < FETCH_VERSION_LEADER)
        return true;
    data->current_leader.leader_id = server_node_id(r->core->server);
    data->current_leader.leader_epoch = place->leader_epoch;
    if (answer->response.node_endpoints.count > 0)
        return true;
    struct fetch_response_node_endpoint *node = answer_alloc(state, 1, sizeof *node);
    if (node == NULL)
        return false;
    message_defaults(&fetch_response_node_endpoint_struct, node);
    node->node_id = server_node_id(r->core->server);
    server_advertised(r->core->server, r->connection->listener, &node->host, &node->port);
    answer->response.node_endpoints.items = node;
    answer->response.node_endpoints.count = 1;
    return true;
}

static bool answer_fill(struct fetch_state *state, struct answer *answer)
{
    struct fetch_response *response = &answer->response;
    struct fetch_response_partition_data *data =
        answer_alloc(state, answer->part_count, sizeof *data);
    if (data == NULL)
        return false;
    response->responses.items =
        answer_alloc(state, answer->part_count, sizeof *response->responses.items);
    if (response->responses.items == NULL)
        return false;
    struct fetch_response_fetchable_topic_response *topic = NULL;
    for (uint32_t i = 0; i < answer->part_count; i++) {
        struct fetch_part *part = answer->parts[i];
        if (i == 0 || !fetch_topic_key_equal(&part->topic, &answer->parts[i - 1]->topic)) {
            topic = &response->responses.items[response->responses.count++];
            message_defaults(&fetch_response_fetchable_topic_response_struct, topic);
            topic->topic = string_of_bytes(part->topic.name);
            topic->topic_id = part->topic.id;
            topic->partitions.items = &data[i];
        }
        topic->partitions.count++;
        part_answer(part, answer, &data[i]);
        if (!part_answer_aborted(state, part, &data[i]) ||
            !part_answer_leader(state, answer, part, &data[i]))
            return false;
    }
    return true;
}

static bool answer_begin(struct fetch_state *state, struct answer *answer)
{
    uint32_t count = state->part_count;
    *answer = (struct answer){0};
    message_defaults(&fetch_response_struct, &answer->response);
    answer->parts = answer_alloc(state, count, sizeof(struct fetch_part *));
    if (answer->parts == NULL)
        return false;
    answer->records.parts = answer_alloc(state, count, sizeof *answer->records.parts);
    if (answer->records.parts == NULL)
        return false;
    answer->records.memories = answer_alloc(state, count, sizeof *answer->records.memories);
    if (answer->records.memories == NULL)
        return false;
    answer_list(state, answer);
    return true;
}

static void answer_send(struct fetch_state *state, struct answer *answer)
{
    struct response_records *records = &answer->records;
    for (uint32_t i = 0; i < state->part_count; i++) {
        const struct fetch_part *part = &state->parts[i];
        if (part->memory != NULL)
            records->memories[records->memory_count++] =
                (struct response_part){part->memory, part->memory_size};
    }
    drop_aborted(state);
    request_respond_gather(state->request, &answer->response, records);
}

void fetch_answer(struct fetch_state *state)
{
    struct answer answer;
    if (!answer_begin(state, &answer))
        return;
    if (!answer_session(state, &answer)) {
        give_back(state);
        fetch_refuse(state, KAFKA_INVALID_FETCH_SESSION_EPOCH, answer.session_id);
        return;
    }
    answer.response.session_id = answer.session_id;
    if (answer_fill(state, &answer))
        answer_send(state, &answer);
}

void fetch_refuse(struct fetch_state *state, int16_t error, int32_t session_id)
{
    struct fetch_response response;
    message_defaults(&fetch_response_struct, &response);
    response.error_code = error;
    response.session_id = session_id;
    request_respond(state->request, &response);
}

void fetch_refuse_all(struct fetch_state *state, int16_t error)
{
    struct answer answer;
    if (!answer_begin(state, &answer))
        return;
    for (uint32_t i = 0; i < state->part_count; i++) {
        state->parts[i].error = error;
        state->parts[i].unknown = true;
    }
    answer.response.error_code = error;
    if (answer_fill(state, &answer))
        answer_send(state, &answer);
}
