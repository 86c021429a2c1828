/* Produce and producer ids: the descriptors of the rows. */
#include "protocol/schema/produce.h"

#include "protocol/message_compile.h"

// clang-format off
MESSAGE_COMPILE_STRUCT(produce_request_partition_produce_data,
                      PRODUCE_REQUEST_PARTITION_PRODUCE_DATA_ROWS)
MESSAGE_COMPILE_STRUCT(produce_request_topic_produce_data, PRODUCE_REQUEST_TOPIC_PRODUCE_DATA_ROWS)
MESSAGE_COMPILE_STRUCT(produce_request, PRODUCE_REQUEST_ROWS)
MESSAGE_COMPILE_TYPE(produce_request, "ProduceRequest", 0, 3, 13, 9)

MESSAGE_COMPILE_STRUCT(produce_response_batch_index_and_error_message,
                      PRODUCE_RESPONSE_BATCH_INDEX_AND_ERROR_MESSAGE_ROWS)
MESSAGE_COMPILE_STRUCT(produce_response_leader_id_and_epoch,
                      PRODUCE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
MESSAGE_COMPILE_STRUCT(produce_response_partition_produce_response,
                      PRODUCE_RESPONSE_PARTITION_PRODUCE_RESPONSE_ROWS)
MESSAGE_COMPILE_STRUCT(produce_response_topic_produce_response,
                      PRODUCE_RESPONSE_TOPIC_PRODUCE_RESPONSE_ROWS)
MESSAGE_COMPILE_STRUCT(produce_response_node_endpoint, PRODUCE_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_COMPILE_STRUCT(produce_response, PRODUCE_RESPONSE_ROWS)
MESSAGE_COMPILE_TYPE(produce_response, "ProduceResponse", 0, 3, 13, 9)

MESSAGE_DEFINE_STRUCT(init_producer_id_request, INIT_PRODUCER_ID_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(init_producer_id_request, "InitProducerIdRequest", 22, 0, 6, 2)

MESSAGE_DEFINE_STRUCT(init_producer_id_response, INIT_PRODUCER_ID_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(init_producer_id_response, "InitProducerIdResponse", 22, 0, 6, 2)

MESSAGE_DEFINE_STRUCT(allocate_producer_ids_request, ALLOCATE_PRODUCER_IDS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(allocate_producer_ids_request, "AllocateProducerIdsRequest", 67, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(allocate_producer_ids_response, ALLOCATE_PRODUCER_IDS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(allocate_producer_ids_response, "AllocateProducerIdsResponse", 67, 0, 0, 0)
// clang-format on
