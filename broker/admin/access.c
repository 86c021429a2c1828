/*
 * ACLs (KIP-140) and delegation tokens (KIP-48) of a broker that has neither an authorizer nor
 * authenticated clients: it says so, in Kafka's words.
 *
 * What a directory that came from Kafka has of both stays in the catalog as it is.
 */
#include "broker/handlers.h"
#include "protocol/errors.h"

/* The highest codes there are: of resource types, pattern types, operations and permissions. From 1
 * on, which is any, a filter may have them. */
#define RESOURCE_TYPE_LAST 7
#define PATTERN_TYPE_LAST 4
#define OPERATION_LAST 15
#define PERMISSION_LAST 3

#define NO_AUTHORIZER "No Authorizer is configured."

/* Who speaks on a connection without authentication. */
#define PRINCIPAL_TYPE "User"
#define PRINCIPAL_NAME "ANONYMOUS"

static bool known(int8_t code, int8_t last)
{
    return code >= 1 && code <= last;
}

static bool filter_known(int8_t resource_type, int8_t pattern_type, int8_t operation,
                         int8_t permission)
{
    return known(resource_type, RESOURCE_TYPE_LAST) && known(pattern_type, PATTERN_TYPE_LAST) &&
           known(operation, OPERATION_LAST) && known(permission, PERMISSION_LAST);
}

void describe_acls_handle(struct request *r)
{
    void *decoded;
    struct describe_acls_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_acls_request *body = decoded;
    if (!filter_known(body->resource_type_filter, body->pattern_type_filter, body->operation,
                      body->permission_type)) {
        request_close(r);
        return;
    }
    message_defaults(&describe_acls_response_struct, &response);
    response.error_code = KAFKA_SECURITY_DISABLED;
    response.error_message = string_of("No Authorizer is configured on the broker");
    request_respond(r, &response);
}

void create_acls_handle(struct request *r)
{
    void *decoded;
    struct create_acls_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct create_acls_request *body = decoded;
    size_t count = (size_t)body->creations.count;
    message_defaults(&create_acls_response_struct, &response);
    response.results.items = request_alloc(r, count, sizeof *response.results.items);
    if (response.results.items == NULL)
        return;
    response.results.count = body->creations.count;
    for (size_t i = 0; i < count; i++) {
        response.results.items[i].error_code = KAFKA_SECURITY_DISABLED;
        response.results.items[i].error_message = string_of(NO_AUTHORIZER);
    }
    request_respond(r, &response);
}

void delete_acls_handle(struct request *r)
{
    void *decoded;
    struct delete_acls_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct delete_acls_request *body = decoded;
    size_t count = (size_t)body->filters.count;
    message_defaults(&delete_acls_response_struct, &response);
    response.filter_results.items = request_alloc(r, count, sizeof *response.filter_results.items);
    if (response.filter_results.items == NULL)
        return;
    response.filter_results.count = body->filters.count;
    for (size_t i = 0; i < count; i++) {
        const struct delete_acls_request_filter *filter = &body->filters.items[i];
        struct delete_acls_response_filter_result *result = &response.filter_results.items[i];
        if (!filter_known(filter->resource_type_filter, filter->pattern_type_filter,
                          filter->operation, filter->permission_type)) {
            request_close(r);
            return;
        }
        message_defaults(&delete_acls_response_filter_result_struct, result);
        result->error_code = KAFKA_SECURITY_DISABLED;
        result->error_message = string_of(NO_AUTHORIZER);
    }
    request_respond(r, &response);
}

/* Tokens. */

void create_delegation_token_handle(struct request *r)
{
    void *decoded;
    struct create_delegation_token_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct create_delegation_token_request *body = decoded;
    bool for_other = body->owner_principal_type.len > 0 && body->owner_principal_name.len > 0;
    message_defaults(&create_delegation_token_response_struct, &response);
    response.error_code = KAFKA_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED;
    response.token_requester_principal_type = string_of(PRINCIPAL_TYPE);
    response.token_requester_principal_name = string_of(PRINCIPAL_NAME);
    response.principal_type = for_other ? request_utf8(r, body->owner_principal_type)
                                        : response.token_requester_principal_type;
    response.principal_name = for_other ? request_utf8(r, body->owner_principal_name)
                                        : response.token_requester_principal_name;
    response.issue_timestamp_ms = response.expiry_timestamp_ms = response.max_timestamp_ms = -1;
    request_respond(r, &response);
}

/* Whatever is asked. */
static void answer_always(struct request *r, const void *response)
{
    void *body;
    if (request_decode(r, &body))
        request_respond(r, response);
}

void renew_delegation_token_handle(struct request *r)
{
    static const struct renew_delegation_token_response response = {
        .error_code = KAFKA_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, .expiry_timestamp_ms = -1};
    answer_always(r, &response);
}

void expire_delegation_token_handle(struct request *r)
{
    static const struct expire_delegation_token_response response = {
        .error_code = KAFKA_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED, .expiry_timestamp_ms = -1};
    answer_always(r, &response);
}

void describe_delegation_token_handle(struct request *r)
{
    static const struct describe_delegation_token_response response = {
        .error_code = KAFKA_DELEGATION_TOKEN_REQUEST_NOT_ALLOWED};
    answer_always(r, &response);
}
