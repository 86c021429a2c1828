/* Fetch, offsets and epochs of partitions: the descriptors of the rows. */
#include "protocol/schema/fetch.h"

#include "protocol/message_compile.h"

// clang-format off
MESSAGE_COMPILE_STRUCT(fetch_request_replica_state, FETCH_REQUEST_REPLICA_STATE_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_request_partition, FETCH_REQUEST_PARTITION_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_request_topic, FETCH_REQUEST_TOPIC_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_request_forgotten_topic, FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_request, FETCH_REQUEST_ROWS)
MESSAGE_COMPILE_TYPE(fetch_request, "FetchRequest", 1, 4, 18, 12)

MESSAGE_COMPILE_STRUCT(fetch_response_epoch_end_offset, FETCH_RESPONSE_EPOCH_END_OFFSET_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_leader_id_and_epoch, FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_snapshot_id, FETCH_RESPONSE_SNAPSHOT_ID_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_aborted_transaction, FETCH_RESPONSE_ABORTED_TRANSACTION_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_partition_data, FETCH_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_fetchable_topic_response,
                      FETCH_RESPONSE_FETCHABLE_TOPIC_RESPONSE_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response_node_endpoint, FETCH_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_COMPILE_STRUCT(fetch_response, FETCH_RESPONSE_ROWS)
MESSAGE_COMPILE_TYPE(fetch_response, "FetchResponse", 1, 4, 18, 12)

MESSAGE_DEFINE_STRUCT(list_offsets_request_partition, LIST_OFFSETS_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(list_offsets_request_topic, LIST_OFFSETS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(list_offsets_request, LIST_OFFSETS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(list_offsets_request, "ListOffsetsRequest", 2, 1, 11, 6)

MESSAGE_DEFINE_STRUCT(list_offsets_response_partition_response,
                      LIST_OFFSETS_RESPONSE_PARTITION_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(list_offsets_response_topic_response,
                      LIST_OFFSETS_RESPONSE_TOPIC_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(list_offsets_response, LIST_OFFSETS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(list_offsets_response, "ListOffsetsResponse", 2, 1, 11, 6)

MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_request_offset_for_leader_partition,
                      OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_request_offset_for_leader_topic,
                      OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_request, OFFSET_FOR_LEADER_EPOCH_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(offset_for_leader_epoch_request, "OffsetForLeaderEpochRequest", 23, 2, 4, 4)

MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_response_epoch_end_offset,
                      OFFSET_FOR_LEADER_EPOCH_RESPONSE_EPOCH_END_OFFSET_ROWS)
MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_response_offset_for_leader_topic_result,
                      OFFSET_FOR_LEADER_EPOCH_RESPONSE_OFFSET_FOR_LEADER_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(offset_for_leader_epoch_response, OFFSET_FOR_LEADER_EPOCH_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(offset_for_leader_epoch_response, "OffsetForLeaderEpochResponse", 23, 2, 4, 4)

MESSAGE_DEFINE_STRUCT(fetch_snapshot_request_snapshot_id, FETCH_SNAPSHOT_REQUEST_SNAPSHOT_ID_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_request_partition_snapshot,
                      FETCH_SNAPSHOT_REQUEST_PARTITION_SNAPSHOT_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_request_topic_snapshot,
                      FETCH_SNAPSHOT_REQUEST_TOPIC_SNAPSHOT_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_request, FETCH_SNAPSHOT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(fetch_snapshot_request, "FetchSnapshotRequest", 59, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(fetch_snapshot_response_snapshot_id, FETCH_SNAPSHOT_RESPONSE_SNAPSHOT_ID_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_response_leader_id_and_epoch,
                      FETCH_SNAPSHOT_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_response_partition_snapshot,
                      FETCH_SNAPSHOT_RESPONSE_PARTITION_SNAPSHOT_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_response_topic_snapshot,
                      FETCH_SNAPSHOT_RESPONSE_TOPIC_SNAPSHOT_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_response_node_endpoint,
                      FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(fetch_snapshot_response, FETCH_SNAPSHOT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(fetch_snapshot_response, "FetchSnapshotResponse", 59, 0, 1, 0)
// clang-format on
