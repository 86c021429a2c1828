/*
 * FindCoordinator: this broker coordinates every group. __consumer_offsets is made when the first
 * one asks, with Kafka's configuration for it, and who asks meanwhile waits for it.
 *
 * Transactions and share groups have no coordinator here, and the answer says so in the way that
 * clients understand: there is none to be had.
 */
#include <stdio.h>
#include <string.h>

#include "broker/admin/topics.h"
#include "broker/connection.h"
#include "broker/groups/coordinator.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

#define VERSION_BATCHED 4
#define VERSION_SHARE 6
#define KEY_TYPE_GROUP 0
#define KEY_TYPE_SHARE 2
#define NO_COORDINATOR "Transactions and share groups are not served by this broker."
#define NO_TOPIC "The topic " COORDINATOR_TOPIC " could not be created."

struct find_state {
    struct topic_creation creation; /* first */
    struct request *request;
    const struct find_coordinator_request *body;
    struct create_topics_request_creatable_topic topic;
    struct create_topics_request_creatable_topic_config configs[3];
    char segment_bytes[12];
};

/* "group:topic id:partition" (KIP-932). */
static bool is_share_key(struct bytes key)
{
    struct uuid id;
    size_t second = key.len;
    while (second > 0 && key.data[second - 1] != ':')
        second--;
    size_t first = second == 0 ? 0 : second - 1;
    while (first > 0 && key.data[first - 1] != ':')
        first--;
    if (first < 2 || second == key.len || memchr(key.data, ':', first - 1) != NULL)
        return false;
    for (size_t i = second; i < key.len; i++)
        if (key.data[i] < '0' || key.data[i] > '9')
            return false;
    return uuid_parse((struct bytes){key.data + first, second - 1 - first}, &id) == 0;
}

static int8_t key_type(const struct request *r, const struct find_coordinator_request *body)
{
    return r->version == 0 ? KEY_TYPE_GROUP : body->key_type;
}

static int16_t key_error(const struct request *r, int8_t type, struct string key)
{
    unsigned owner;
    int32_t place;
    if (type < 0 || type > KEY_TYPE_SHARE)
        return KAFKA_INVALID_REQUEST;
    if (type == KEY_TYPE_SHARE && (r->version < VERSION_SHARE || !is_share_key(string_bytes(key))))
        return KAFKA_INVALID_REQUEST;
    if (type == KEY_TYPE_GROUP && coordinator_place(r->core, key, &owner, &place))
        return KAFKA_NONE;
    return KAFKA_COORDINATOR_NOT_AVAILABLE;
}

/* Why there is none. */
static struct string error_text(int8_t type)
{
    return string_of(type == KEY_TYPE_GROUP ? NO_TOPIC : NO_COORDINATOR);
}

static void find_answer_one(struct find_state *state)
{
    struct request *r = state->request;
    struct find_coordinator_response response;
    int8_t type = key_type(r, state->body);
    message_defaults(&find_coordinator_response_struct, &response);
    response.error_code = key_error(r, type, state->body->key);
    response.error_message = error_text(type);
    response.node_id = -1;
    response.port = -1;
    if (response.error_code == KAFKA_NONE) {
        response.error_message = string_of("NONE"); /* as Kafka says it here */
        response.node_id = server_node_id(r->core->server);
        server_advertised(r->core->server, r->connection->listener, &response.host, &response.port);
    }
    request_respond(r, &response);
}

static void find_answer_keys(struct find_state *state)
{
    struct request *r = state->request;
    const struct find_coordinator_request *body = state->body;
    struct find_coordinator_response response;
    message_defaults(&find_coordinator_response_struct, &response);
    size_t count = (size_t)MAX(body->coordinator_keys.count, 0);
    response.coordinators.items = request_alloc(r, count, sizeof *response.coordinators.items);
    if (response.coordinators.items == NULL)
        return;
    response.coordinators.count = (int32_t)count;
    for (size_t i = 0; i < count; i++) {
        struct find_coordinator_response_coordinator *answer = &response.coordinators.items[i];
        message_defaults(&find_coordinator_response_coordinator_struct, answer);
        answer->key = body->coordinator_keys.items[i];
        answer->node_id = -1;
        answer->port = -1;
        answer->error_code = key_error(r, body->key_type, answer->key);
        answer->error_message = error_text(body->key_type);
        if (answer->error_code != KAFKA_NONE)
            continue;
        answer->error_message = (struct string){"", 0};
        answer->node_id = server_node_id(r->core->server);
        server_advertised(r->core->server, r->connection->listener, &answer->host, &answer->port);
    }
    request_respond(r, &response);
}

static void find_answer(struct find_state *state)
{
    if (state->request->version < VERSION_BATCHED)
        find_answer_one(state);
    else
        find_answer_keys(state);
}

static void topic_created(struct topic_creation *creation)
{
    find_answer(CONTAINER_OF(creation, struct find_state, creation));
}

/* What Kafka gives __consumer_offsets; one broker can hold one replica only. */
static void create_topic(struct find_state *state)
{
    const struct config *config = server_config(state->request->core->server);
    (void)snprintf(state->segment_bytes, sizeof state->segment_bytes, "%d",
                   (int)config_integer(config, "offsets.topic.segment.bytes"));
    const char *const pairs[][2] = {
        {"cleanup.policy", "compact"},
        {"compression.type", "producer"},
        {"segment.bytes", state->segment_bytes},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++) {
        state->configs[i].name = string_of(pairs[i][0]);
        state->configs[i].value = string_of(pairs[i][1]);
    }
    state->topic.name = string_of(COORDINATOR_TOPIC);
    state->topic.num_partitions = config->offsets_partitions;
    state->topic.configs.items = state->configs;
    state->topic.configs.count = ARRAY_LENGTH(pairs);
    state->creation.done = topic_created;
    topics_create_internal(state->request, &state->creation, &state->topic);
}

void find_coordinator_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    struct find_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = decoded;
    bool group = key_type(r, state->body) == KEY_TYPE_GROUP;
    if (group && image_topic_named(&r->core->image, BYTES_LITERAL(COORDINATOR_TOPIC)) == NULL)
        create_topic(state);
    else
        find_answer(state);
}
