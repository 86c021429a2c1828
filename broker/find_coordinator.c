/*
 * FindCoordinator: consumer groups and transactions are not served, and the answer says so in the
 * way clients understand: there is no coordinator to be had.
 */
#include <string.h>

#include "broker/core.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define VERSION_BATCHED 4
#define VERSION_SHARE 6
#define KEY_TYPE_SHARE 2
#define NO_COORDINATOR "Consumer groups and transactions are not served by this broker."

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

static int16_t key_error(const struct request *r, int8_t key_type, struct string key)
{
    if (key_type < 0 || key_type > KEY_TYPE_SHARE)
        return KAFKA_INVALID_REQUEST;
    if (key_type == KEY_TYPE_SHARE &&
        (r->version < VERSION_SHARE || !is_share_key(string_bytes(key))))
        return KAFKA_INVALID_REQUEST;
    return KAFKA_COORDINATOR_NOT_AVAILABLE;
}

void find_coordinator_handle(struct request *r)
{
    void *decoded;
    struct find_coordinator_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct find_coordinator_request *body = decoded;
    message_defaults(&find_coordinator_response_struct, &response);
    int8_t key_type = r->version == 0 ? 0 : body->key_type;
    if (r->version < VERSION_BATCHED) {
        response.error_code = key_error(r, key_type, body->key);
        response.error_message = string_of(NO_COORDINATOR);
        response.node_id = -1;
        response.port = -1;
        request_respond(r, &response);
        return;
    }
    size_t count = (size_t)body->coordinator_keys.count;
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
        answer->error_code = key_error(r, key_type, answer->key);
        answer->error_message = string_of(NO_COORDINATOR);
    }
    request_respond(r, &response);
}
