/*
 * DescribeQuorum (KIP-595, KIP-836, KIP-853) and UnregisterBroker (KIP-500): the quorum is this
 * node alone, and its log the catalog of core 0.
 */
#include "broker/catalog/catalog.h"
#include "broker/catalog/features.h"
#include "broker/handlers.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"

#define CATALOG_NAME "__cluster_metadata"
#define NOT_HOSTED "This server does not host this topic-partition."

struct quorum_state {
    struct core_call call; /* first */
    struct request *request;
    struct describe_quorum_response response;
    /* what is told when it is the catalog that is asked for */
    struct describe_quorum_response_partition_data *partition;
    struct describe_quorum_response_replica_state voter;
    struct describe_quorum_response_node node;
};

static bool is_catalog(const struct describe_quorum_request *body)
{
    return body->topics.count == 1 && body->topics.items[0].partitions.count == 1 &&
           bytes_equal(string_bytes(body->topics.items[0].topic_name),
                       bytes_of_string(CATALOG_NAME)) &&
           body->topics.items[0].partitions.items[0].partition_index == 0;
}

/* On core 0. */
static void quorum_run(struct core *core, struct core_call *call)
{
    struct quorum_state *state = CONTAINER_OF(call, struct quorum_state, call);
    const struct partition *log = catalog_partition(core->catalog);
    state->partition->leader_epoch = log->leader_epoch;
    state->partition->high_watermark = partition_high_watermark(log);
    state->voter.log_end_offset = log->log_end;
    core_reply(core, call);
}

static void quorum_done(struct core *core, struct core_call *call)
{
    struct quorum_state *state = CONTAINER_OF(call, struct quorum_state, call);
    int32_t node = server_node_id(core->server);
    state->partition->leader_id = node;
    state->voter.replica_id = node;
    if (features_kraft_level(core) > 0)
        state->voter.replica_directory_id = server_directory_id(core->server);
    state->voter.last_fetch_timestamp = state->voter.last_caught_up_timestamp =
        io_wall_ms(core->io);
    state->partition->current_voters.items = &state->voter;
    state->partition->current_voters.count = 1;
    /* Controllers have no listener of their own here. */
    state->node.node_id = node;
    state->response.nodes.items = &state->node;
    state->response.nodes.count = 1;
    request_respond(state->request, &state->response);
}

static bool quorum_topic(struct request *r, bool hosted,
                         const struct describe_quorum_request_topic_data *asked,
                         struct describe_quorum_response_topic_data *answer)
{
    size_t count = (size_t)asked->partitions.count;
    answer->topic_name = request_utf8(r, asked->topic_name);
    answer->partitions.items = request_alloc(r, count, sizeof *answer->partitions.items);
    if (answer->partitions.items == NULL)
        return false;
    answer->partitions.count = asked->partitions.count;
    for (size_t i = 0; i < count; i++) {
        struct describe_quorum_response_partition_data *partition = &answer->partitions.items[i];
        message_defaults(&describe_quorum_response_partition_data_struct, partition);
        partition->partition_index = asked->partitions.items[i].partition_index;
        if (hosted)
            continue;
        partition->error_code = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        partition->error_message = string_of(NOT_HOSTED);
    }
    return true;
}

void describe_quorum_handle(struct request *r)
{
    void *decoded;
    if (!request_decode(r, &decoded))
        return;
    const struct describe_quorum_request *body = decoded;
    struct quorum_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    message_defaults(&describe_quorum_response_struct, &state->response);
    message_defaults(&describe_quorum_response_replica_state_struct, &state->voter);
    message_defaults(&describe_quorum_response_node_struct, &state->node);
    state->response.topics.items =
        request_alloc(r, (size_t)body->topics.count, sizeof *state->response.topics.items);
    if (state->response.topics.items == NULL)
        return;
    state->response.topics.count = body->topics.count;
    bool hosted = is_catalog(body);
    for (int32_t i = 0; i < body->topics.count; i++)
        if (!quorum_topic(r, hosted, &body->topics.items[i], &state->response.topics.items[i]))
            return;
    if (!hosted) {
        request_respond(r, &state->response);
        return;
    }
    state->partition = &state->response.topics.items[0].partitions.items[0];
    state->call.run = quorum_run;
    state->call.done = quorum_done;
    core_send(r->core, 0, &state->call);
}

/* Kafka would unregister a broker that runs, and be left without any. */
void unregister_broker_handle(struct request *r)
{
    void *decoded;
    struct unregister_broker_response response;
    if (!request_decode(r, &decoded))
        return;
    const struct unregister_broker_request *body = decoded;
    message_defaults(&unregister_broker_response_struct, &response);
    if (body->broker_id == server_node_id(r->core->server)) {
        response.error_code = KAFKA_INVALID_REQUEST;
        response.error_message =
            request_print(r, "Broker ID %d is the only one, and it runs", body->broker_id);
    } else {
        response.error_code = KAFKA_BROKER_ID_NOT_REGISTERED;
        response.error_message =
            request_print(r, "Broker ID %d is not currently registered", body->broker_id);
    }
    request_respond(r, &response);
}
