/*
 * ListTransactions (KIP-664, KIP-994) and DescribeTransactions (KIP-664) of a broker that does not
 * coordinate any: it has none to list, and is not the coordinator of those that are asked for.
 */
#include "base/util.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "group/pattern.h"
#include "protocol/errors.h"

static bool is_state(struct string name)
{
    static const char *const states[] = {
        "Empty",          "Ongoing",       "PrepareCommit", "PrepareAbort",
        "CompleteCommit", "CompleteAbort", "Dead",          "PrepareEpochFence",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(states); i++)
        if (bytes_equal(string_bytes(name), bytes_of_string(states[i])))
            return true;
    return false;
}

static bool pattern_valid(struct string text)
{
    if (text.len <= 0)
        return true;
    struct pattern *pattern = pattern_new(text.data, (size_t)text.len);
    bool valid = pattern != NULL;
    if (valid)
        pattern_free(pattern);
    return valid;
}

void list_transactions_handle(struct request *r)
{
    void *decoded;
    struct list_transactions_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct list_transactions_request *body = decoded;
    size_t count = (size_t)body->state_filters.count;
    message_defaults(&list_transactions_response_struct, &response);
    response.unknown_state_filters.items =
        request_alloc(r, count, sizeof *response.unknown_state_filters.items);
    if (response.unknown_state_filters.items == NULL)
        return;
    if (!pattern_valid(body->transactional_id_pattern)) {
        response.error_code = KAFKA_INVALID_REGULAR_EXPRESSION;
        request_respond(r, &response);
        return;
    }
    for (size_t i = 0; i < count; i++)
        if (!is_state(body->state_filters.items[i]))
            response.unknown_state_filters.items[response.unknown_state_filters.count++] =
                request_utf8(r, body->state_filters.items[i]);
    request_respond(r, &response);
}

void describe_transactions_handle(struct request *r)
{
    void *decoded;
    struct describe_transactions_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_transactions_request *body = decoded;
    size_t count = (size_t)body->transactional_ids.count;
    message_defaults(&describe_transactions_response_struct, &response);
    response.transaction_states.items =
        request_alloc(r, count, sizeof *response.transaction_states.items);
    if (response.transaction_states.items == NULL)
        return;
    response.transaction_states.count = body->transactional_ids.count;
    for (size_t i = 0; i < count; i++) {
        struct string id = body->transactional_ids.items[i];
        struct describe_transactions_response_transaction_state *state =
            &response.transaction_states.items[i];
        message_defaults(&describe_transactions_response_transaction_state_struct, state);
        state->transactional_id = request_utf8(r, id);
        state->error_code = id.len == 0 ? KAFKA_INVALID_REQUEST : KAFKA_NOT_COORDINATOR;
    }
    request_respond(r, &response);
}
