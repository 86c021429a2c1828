/*
 * Metadata, DescribeCluster and DescribeTopicPartitions: the image, as clients want to see it.
 *
 * A topic that may be created is created before Metadata answers: clients that take the transient
 * LEADER_NOT_AVAILABLE for an error are spared it.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "broker/admin/topics.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

#define TOPIC_OPERATIONS 3576
#define CLUSTER_OPERATIONS 8096
#define ENDPOINT_BROKERS 1
#define VERSION_BY_ID 12

struct metadata_state {
    struct request *request;
    const struct metadata_request *body;
    struct topic_creation creation;
    struct bytes *missing; /* names to be created */
    uint32_t missing_count;
    bool tried; /* what is still missing stays so */
};

static bool answer_partitions(struct request *r, const struct image_topic *topic,
                              struct metadata_response_topic *answer)
{
    size_t count = (size_t)topic->partition_count;
    int32_t *node = request_alloc(r, 1, sizeof *node);
    if (node == NULL)
        return false;
    *node = server_node_id(r->core->server);
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = topic->partition_count;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        struct metadata_response_partition *p = &answer->partitions.items[i];
        p->partition_index = i;
        p->leader_id = *node;
        p->leader_epoch = topic->partitions[i].leader_epoch;
        p->replica_nodes.items = p->isr_nodes.items = node;
        p->replica_nodes.count = p->isr_nodes.count = 1;
    }
    return true;
}

static bool answer_topic(struct request *r, const struct image_topic *topic,
                         struct metadata_response_topic *answer, bool operations)
{
    answer->name = string_of(topic->name);
    answer->topic_id = topic->id;
    answer->is_internal = topic->internal;
    if (operations)
        answer->topic_authorized_operations = TOPIC_OPERATIONS;
    return answer_partitions(r, topic, answer);
}

static bool answer_asked(struct metadata_state *state, const struct metadata_request_topic *asked,
                         struct metadata_response_topic *answer)
{
    struct request *r = state->request;
    const struct image *image = &r->core->image;
    bool by_id = !uuid_is_zero(asked->topic_id);
    const struct image_topic *topic = by_id ? image_topic_with_id(image, asked->topic_id)
                                            : image_topic_named(image, string_bytes(asked->name));
    answer->name = by_id ? STRING_NULL : request_utf8(r, asked->name);
    if (!by_id && asked->name.len >= 0 && answer->name.len < 0) {
        request_close(r);
        return false;
    }
    answer->topic_id = asked->topic_id;
    if (topic != NULL)
        return answer_topic(r, topic, answer, state->body->include_topic_authorized_operations);
    if (by_id)
        answer->error_code = KAFKA_UNKNOWN_TOPIC_ID;
    else if (!topic_name_valid(string_bytes(asked->name)))
        answer->error_code = KAFKA_INVALID_TOPIC_EXCEPTION;
    else
        answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    return true;
}

static bool answer_brokers(struct request *r, struct metadata_response *response)
{
    struct server *server = r->core->server;
    struct metadata_response_broker *broker = request_alloc(r, 1, sizeof *broker);
    if (broker == NULL)
        return false;
    const struct config *config = server_config(server);
    broker->node_id = server_node_id(server);
    server_advertised(server, r->connection->listener, &broker->host, &broker->port);
    broker->rack = string_of(config->rack);
    response->brokers.items = broker;
    response->brokers.count = 1;
    response->cluster_id = string_of(server_cluster_id(server));
    response->controller_id = server_node_id(server);
    return true;
}

static bool wants_all(const struct request *r, const struct metadata_request *body)
{
    return r->version == 0 ? body->topics.count == 0 : body->topics.count < 0;
}

static void metadata_answer(struct metadata_state *state)
{
    struct request *r = state->request;
    const struct metadata_request *body = state->body;
    const struct image *image = &r->core->image;
    struct metadata_response response;
    message_defaults(&metadata_response_struct, &response);
    bool all = wants_all(r, body);
    size_t count = all ? image->topic_count : (size_t)body->topics.count;
    response.topics.items = request_alloc(r, count, sizeof *response.topics.items);
    if (response.topics.items == NULL || !answer_brokers(r, &response))
        return;
    response.topics.count = (int32_t)count;
    if (body->include_cluster_authorized_operations)
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    for (size_t i = 0; i < count; i++) {
        struct metadata_response_topic *answer = &response.topics.items[i];
        message_defaults(&metadata_response_topic_struct, answer);
        bool done = all ? answer_topic(r, image->sorted[i], answer,
                                       body->include_topic_authorized_operations)
                        : answer_asked(state, &body->topics.items[i], answer);
        if (!done)
            return;
    }
    request_respond(r, &response);
}

static void metadata_created(struct topic_creation *creation)
{
    struct metadata_state *state = CONTAINER_OF(creation, struct metadata_state, creation);
    metadata_answer(state);
}

/* Names that are asked for, may be created, and are not there. */
static bool metadata_find_missing(struct metadata_state *state)
{
    struct request *r = state->request;
    const struct metadata_request *body = state->body;
    bool allowed = server_config(r->core->server)->auto_create_topics &&
                   (r->version < 4 || body->allow_auto_topic_creation);
    if (!allowed || body->topics.count <= 0)
        return true;
    state->missing = request_alloc(r, (size_t)body->topics.count, sizeof *state->missing);
    if (state->missing == NULL)
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct metadata_request_topic *asked = &body->topics.items[i];
        struct bytes name = string_bytes(asked->name);
        if (asked->name.len >= 0 && uuid_is_zero(asked->topic_id) && topic_name_valid(name) &&
            image_topic_named(&r->core->image, name) == NULL)
            state->missing[state->missing_count++] = name;
    }
    return true;
}

/* The whole request is refused: every topic of it carries the error, and nothing else is told. */
static void metadata_refuse(struct request *r, const struct metadata_request *body, int16_t error)
{
    struct metadata_response response;
    message_defaults(&metadata_response_struct, &response);
    response.topics.items =
        request_alloc(r, (size_t)body->topics.count, sizeof *response.topics.items);
    if (response.topics.items == NULL)
        return;
    response.topics.count = body->topics.count;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct metadata_request_topic *asked = &body->topics.items[i];
        struct metadata_response_topic *answer = &response.topics.items[i];
        message_defaults(&metadata_response_topic_struct, answer);
        answer->name = string_of("");
        if (error != KAFKA_INVALID_REQUEST && asked->name.len >= 0)
            answer->name = asked->name;
        answer->topic_id = asked->topic_id;
        answer->error_code = error;
    }
    request_respond(r, &response);
}

/* Version 10 and 11 know ids but may not be asked by them. From version 12 on ids count and names
 * beside them do not; neither name nor id trips Kafka up, which is an error unknown to it. */
static int16_t metadata_judge(const struct request *r, struct metadata_request *body)
{
    bool ids = false;
    bool nameless = false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        ids = ids || !uuid_is_zero(body->topics.items[i].topic_id);
        nameless = nameless || body->topics.items[i].name.len < 0;
    }
    if (r->version < VERSION_BY_ID)
        return ids || nameless ? KAFKA_INVALID_REQUEST : KAFKA_NONE;
    if (!ids)
        return nameless ? KAFKA_UNKNOWN_SERVER_ERROR : KAFKA_NONE;
    int32_t count = 0;
    for (int32_t i = 0; i < body->topics.count; i++)
        if (!uuid_is_zero(body->topics.items[i].topic_id))
            body->topics.items[count++] = body->topics.items[i];
    body->topics.count = count;
    return KAFKA_NONE;
}

void metadata_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    int16_t error = metadata_judge(r, body);
    if (error != KAFKA_NONE) {
        metadata_refuse(r, body, error);
        return;
    }
    struct metadata_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = body;
    if (!metadata_find_missing(state))
        return;
    if (state->missing_count == 0) {
        metadata_answer(state);
        return;
    }
    state->creation.done = metadata_created;
    topics_create_missing(r, &state->creation, state->missing, state->missing_count);
}

void describe_cluster_handle(struct request *r)
{
    void *body;
    struct describe_cluster_response response;
    if (!request_decode(r, &body))
        return;
    const struct describe_cluster_request *request = body;
    message_defaults(&describe_cluster_response_struct, &response);
    struct server *server = r->core->server;
    struct describe_cluster_response_broker broker;
    message_defaults(&describe_cluster_response_broker_struct, &broker);
    response.endpoint_type = request->endpoint_type;
    if (request->endpoint_type != ENDPOINT_BROKERS) {
        response.error_code = request->endpoint_type == 2 ? KAFKA_MISMATCHED_ENDPOINT_TYPE
                                                          : KAFKA_UNSUPPORTED_ENDPOINT_TYPE;
        response.error_message = string_of(kafka_error_message(response.error_code));
        request_respond(r, &response);
        return;
    }
    broker.broker_id = server_node_id(server);
    server_advertised(server, r->connection->listener, &broker.host, &broker.port);
    broker.rack = string_of(server_config(server)->rack);
    response.cluster_id = string_of(server_cluster_id(server));
    response.controller_id = server_node_id(server);
    response.brokers.items = &broker;
    response.brokers.count = 1;
    if (request->include_cluster_authorized_operations)
        response.cluster_authorized_operations = CLUSTER_OPERATIONS;
    request_respond(r, &response);
}

/* DescribeTopicPartitions (KIP-966). */

static bool describe_partitions(struct request *r, const struct image_topic *topic, int32_t first,
                                int32_t count,
                                struct describe_topic_partitions_response_topic *answer)
{
    int32_t *node = request_alloc(r, 1, sizeof *node);
    if (node == NULL)
        return false;
    *node = server_node_id(r->core->server);
    answer->partitions.items = request_alloc(r, (size_t)count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = count;
    for (int32_t i = 0; i < count; i++) {
        struct describe_topic_partitions_response_partition *p = &answer->partitions.items[i];
        p->partition_index = first + i;
        p->leader_id = *node;
        p->leader_epoch = topic->partitions[first + i].leader_epoch;
        p->replica_nodes.items = p->isr_nodes.items = node;
        p->replica_nodes.count = p->isr_nodes.count = 1;
    }
    return true;
}

struct describing {
    struct request *request;
    const struct describe_topic_partitions_request *body;
    struct describe_topic_partitions_response response;
    int32_t left; /* partitions that may still be told */
    bool cut;
};

static bool describe_topic(struct describing *d, struct bytes name)
{
    struct request *r = d->request;
    const struct describe_topic_partitions_request_cursor *cursor = d->body->cursor;
    struct describe_topic_partitions_response_topic *answer =
        &d->response.topics.items[d->response.topics.count];
    int32_t first = 0;
    if (cursor != NULL) {
        int order = bytes_compare(name, string_bytes(cursor->topic_name));
        if (order < 0)
            return true;
        if (order == 0)
            first = MAX(cursor->partition_index, 0);
    }
    message_defaults(&describe_topic_partitions_response_topic_struct, answer);
    answer->name = string_of_bytes(name);
    d->response.topics.count++;
    const struct image_topic *topic = image_topic_named(&r->core->image, name);
    if (topic == NULL) {
        answer->error_code = topic_name_valid(name) ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION
                                                    : KAFKA_INVALID_TOPIC_EXCEPTION;
        return true;
    }
    answer->topic_id = topic->id;
    answer->is_internal = topic->internal;
    answer->topic_authorized_operations = TOPIC_OPERATIONS;
    int32_t there = MAX(topic->partition_count - first, 0);
    int32_t count = MIN(there, d->left);
    d->left -= count;
    if (count < there) {
        struct describe_topic_partitions_response_cursor *next = request_alloc(r, 1, sizeof *next);
        if (next == NULL)
            return false;
        next->topic_name = string_of(topic->name);
        next->partition_index = first + count;
        d->response.next_cursor = next;
        d->cut = true;
    }
    return describe_partitions(r, topic, first, count, answer);
}

static int name_order(const void *a, const void *b)
{
    return bytes_compare(*(const struct bytes *)a, *(const struct bytes *)b);
}

void describe_topic_partitions_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    const struct image *image = &r->core->image;
    struct describing d = {.request = r, .body = body};
    message_defaults(&describe_topic_partitions_response_struct, &d.response);
    bool all = d.body->topics.count == 0;
    size_t count = all ? image->topic_count : (size_t)d.body->topics.count;
    int32_t limit = server_config(r->core->server)->request_partitions_max;
    d.left = MAX(MIN(d.body->response_partition_limit, limit), 1);
    struct bytes *names = request_alloc(r, count, sizeof *names);
    if (names == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        names[i] = all ? bytes_of_string(image->sorted[i]->name)
                       : string_bytes(d.body->topics.items[i].name);
    qsort(names, count, sizeof *names, name_order);
    d.response.topics.items = request_alloc(r, count, sizeof *d.response.topics.items);
    if (d.response.topics.items == NULL)
        return;
    for (size_t i = 0; i < count && !d.cut; i++)
        if (!describe_topic(&d, names[i]))
            return;
    request_respond(r, &d.response);
}
