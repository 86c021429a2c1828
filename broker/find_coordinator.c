/*
 * FindCoordinator: consumer groups and transactions are not served, and the answer says so in the
 * way clients understand: there is no coordinator to be had.
 */
#include "broker/core.h"
#include "broker/handlers.h"
#include "protocol/errors.h"

#define VERSION_BATCHED 4
#define VERSION_SHARE 6
#define KEY_TYPE_SHARE 2
#define NO_COORDINATOR "Consumer groups and transactions are not served by this broker."

static int16_t key_error(const struct request *r, int8_t key_type)
{
    if (key_type < 0 || key_type > KEY_TYPE_SHARE)
        return KAFKA_INVALID_REQUEST;
    if (key_type == KEY_TYPE_SHARE && r->version < VERSION_SHARE)
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
    int16_t error = key_error(r, r->version == 0 ? 0 : body->key_type);
    if (r->version < VERSION_BATCHED) {
        response.error_code = error;
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
        answer->error_code = error;
        answer->error_message = string_of(NO_COORDINATOR);
    }
    request_respond(r, &response);
}
