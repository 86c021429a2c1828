/*
 * ElectLeaders (KIP-183, KIP-460), AlterPartitionReassignments and ListPartitionReassignments
 * (KIP-455) where one broker has every replica: nobody else can lead, there is nowhere to go, and
 * nothing is ever on its way.
 */
#include "broker/core.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "protocol/errors.h"

#define ELECTION_PREFERRED 0
#define ELECTION_UNCLEAN 1

/* Elections. */

static bool election_known(int8_t type)
{
    return type == ELECTION_PREFERRED || type == ELECTION_UNCLEAN;
}

/* What is the same for each partition of a topic that is asked for. */
struct asked_topic {
    struct string name; /* as it may be shown */
    struct image_topic *topic;
    int16_t error;         /* of all its partitions */
    struct string message; /* about that */
};

static void elect_one(struct request *r, const struct asked_topic *asked,
                      struct elect_leaders_response_partition_result *result)
{
    result->error_code = asked->error;
    result->error_message = asked->message;
    if (asked->error != KAFKA_NONE)
        return;
    if (image_partition_at(asked->topic, result->partition_id) == NULL) {
        result->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        result->error_message = request_print(r, "No such partition as %s-%d", asked->topic->name,
                                              result->partition_id);
        return;
    }
    /* At the start this broker took the lead of all that had no leader. */
    result->error_code = KAFKA_ELECTION_NOT_NEEDED;
    result->error_message = string_of("Leader election not needed for topic partition.");
}

static struct asked_topic elect_look(struct request *r, const struct elect_leaders_request *body,
                                     struct string name)
{
    struct asked_topic asked = {
        .name = request_utf8(r, name),
        .topic = image_topic_named(&r->core->image, string_bytes(name)),
        .message = STRING_NULL,
    };
    if (!election_known(body->election_type)) {
        asked.error = KAFKA_INVALID_REQUEST;
        asked.message = request_print(r, "Unknown election type %d", body->election_type);
    } else if (body->timeout_ms <= 0) {
        asked.error = KAFKA_REQUEST_TIMED_OUT;
    } else if (asked.topic == NULL) {
        asked.error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        asked.message =
            request_print(r, "No such topic as %.*s", MAX(asked.name.len, 0), asked.name.data);
    }
    return asked;
}

static bool elect_topic(struct request *r, const struct elect_leaders_request *body,
                        const struct elect_leaders_request_topic_partitions *partitions,
                        struct elect_leaders_response_replica_election_result *result)
{
    size_t count = (size_t)partitions->partitions.count;
    struct asked_topic asked = elect_look(r, body, partitions->topic);
    result->topic = asked.name;
    result->partition_result.items =
        request_alloc(r, count, sizeof *result->partition_result.items);
    if (result->partition_result.items == NULL)
        return false;
    result->partition_result.count = partitions->partitions.count;
    for (size_t i = 0; i < count; i++) {
        result->partition_result.items[i].partition_id = partitions->partitions.items[i];
        elect_one(r, &asked, &result->partition_result.items[i]);
    }
    return true;
}

/* Every topic: those whose partitions need no election are left out, and that is all of them. */
static bool elect_all(struct request *r, struct elect_leaders_response *response)
{
    const struct image *image = &r->core->image;
    response->replica_election_results.items =
        request_alloc(r, image->topic_count, sizeof *response->replica_election_results.items);
    if (response->replica_election_results.items == NULL)
        return false;
    response->replica_election_results.count = (int32_t)image->topic_count;
    for (uint32_t i = 0; i < image->topic_count; i++)
        response->replica_election_results.items[i].topic = string_of(image->sorted[i]->name);
    return true;
}

void elect_leaders_handle(struct request *r)
{
    void *decoded;
    struct elect_leaders_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct elect_leaders_request *body = decoded;
    int32_t count = body->topic_partitions.count;
    message_defaults(&elect_leaders_response_struct, &response);
    if (!election_known(body->election_type))
        response.error_code = KAFKA_INVALID_REQUEST;
    else if (body->timeout_ms <= 0)
        response.error_code = KAFKA_REQUEST_TIMED_OUT;
    if (count < 0) {
        if (response.error_code != KAFKA_NONE || elect_all(r, &response))
            request_respond(r, &response);
        return;
    }
    response.replica_election_results.items =
        request_alloc(r, (size_t)count, sizeof *response.replica_election_results.items);
    if (response.replica_election_results.items == NULL)
        return;
    response.replica_election_results.count = count;
    for (int32_t i = 0; i < count; i++)
        if (!elect_topic(r, body, &body->topic_partitions.items[i],
                         &response.replica_election_results.items[i]))
            return;
    request_respond(r, &response);
}

/* Reassignments. */

/* The replicas in ascending order are looked at one by one: who is not registered, and who comes
 * again, is named. */
static int16_t check_replicas(struct request *r, const int32_t *brokers, int32_t count,
                              struct string *message)
{
    int32_t node = server_node_id(r->core->server);
    int32_t here = 0;
    const int32_t *stranger = NULL;
    for (int32_t i = 0; i < count; i++) {
        if (brokers[i] == node)
            here++;
        else if (stranger == NULL || brokers[i] < *stranger)
            stranger = &brokers[i];
    }
    if (count == 1 && here == 1)
        return KAFKA_NONE;
    if (count <= 0)
        *message = string_of("The manual partition assignment includes an empty replica list.");
    else if (here > 1 && (stranger == NULL || *stranger > node))
        *message = request_print(r,
                                 "The manual partition assignment includes the broker %d more than "
                                 "once.",
                                 node);
    else
        *message = request_print(r,
                                 "The manual partition assignment includes broker %d, but no such "
                                 "broker is registered.",
                                 *stranger);
    return KAFKA_INVALID_REPLICA_ASSIGNMENT;
}

static void
reassign_one(struct request *r, const struct asked_topic *asked,
             const struct alter_partition_reassignments_request_reassignable_partition *partition,
             struct alter_partition_reassignments_response_reassignable_partition_response *answer)
{
    answer->partition_index = partition->partition_index;
    answer->error_code = asked->error;
    answer->error_message = asked->message;
    if (asked->error != KAFKA_NONE)
        return;
    if (image_partition_at(asked->topic, partition->partition_index) == NULL) {
        answer->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        answer->error_message = request_print(r, "Unable to find partition %s:%d.",
                                              asked->topic->name, partition->partition_index);
    } else if (partition->replicas.count < 0) {
        answer->error_code = KAFKA_NO_REASSIGNMENT_IN_PROGRESS;
    } else {
        answer->error_code = check_replicas(r, partition->replicas.items, partition->replicas.count,
                                            &answer->error_message);
    }
}

static bool
reassign_topic(struct request *r, bool in_time,
               const struct alter_partition_reassignments_request_reassignable_topic *topic,
               struct alter_partition_reassignments_response_reassignable_topic_response *answer)
{
    size_t count = (size_t)topic->partitions.count;
    struct asked_topic asked = {
        .name = request_utf8(r, topic->name),
        .topic = image_topic_named(&r->core->image, string_bytes(topic->name)),
        .message = STRING_NULL,
    };
    if (!in_time) {
        asked.error = KAFKA_REQUEST_TIMED_OUT;
    } else if (asked.topic == NULL) {
        asked.error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        asked.message = request_print(r, "Unable to find a topic named %.*s.",
                                      MAX(asked.name.len, 0), asked.name.data);
    }
    answer->name = asked.name;
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = topic->partitions.count;
    for (size_t i = 0; i < count; i++)
        reassign_one(r, &asked, &topic->partitions.items[i], &answer->partitions.items[i]);
    return true;
}

void alter_partition_reassignments_handle(struct request *r)
{
    void *decoded;
    struct alter_partition_reassignments_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct alter_partition_reassignments_request *body = decoded;
    size_t count = (size_t)body->topics.count;
    bool in_time = body->timeout_ms > 0;
    message_defaults(&alter_partition_reassignments_response_struct, &response);
    response.allow_replication_factor_change = body->allow_replication_factor_change;
    response.error_code = in_time ? KAFKA_NONE : KAFKA_REQUEST_TIMED_OUT;
    if (count > 0)
        response.error_message = STRING_NULL;
    response.responses.items = request_alloc(r, count, sizeof *response.responses.items);
    if (response.responses.items == NULL)
        return;
    response.responses.count = body->topics.count;
    for (size_t i = 0; i < count; i++)
        if (!reassign_topic(r, in_time, &body->topics.items[i], &response.responses.items[i]))
            return;
    request_respond(r, &response);
}

void list_partition_reassignments_handle(struct request *r)
{
    void *decoded;
    struct list_partition_reassignments_response response;
    if (!request_decode(r, &decoded))
        return;
    message_defaults(&list_partition_reassignments_response_struct, &response);
    response.error_message = STRING_NULL;
    request_respond(r, &response);
}
