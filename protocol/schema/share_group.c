/* Share groups of KIP-932: the descriptors of the rows. */
#include "protocol/schema/share_group.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(share_group_heartbeat_request, SHARE_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(share_group_heartbeat_request, "ShareGroupHeartbeatRequest", 76, 1, 1, 0)

MESSAGE_DEFINE_STRUCT(share_group_heartbeat_response_topic_partitions,
                      SHARE_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_heartbeat_response_assignment,
                      SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_heartbeat_response, SHARE_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_heartbeat_response, "ShareGroupHeartbeatResponse", 76, 1, 1, 0)

MESSAGE_DEFINE_STRUCT(share_group_describe_request, SHARE_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(share_group_describe_request, "ShareGroupDescribeRequest", 77, 1, 1, 0)

MESSAGE_DEFINE_STRUCT(share_group_describe_response_topic_partitions,
                      SHARE_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_describe_response_assignment,
                      SHARE_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_describe_response_member,
                      SHARE_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_describe_response_described_group,
                      SHARE_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_describe_response, SHARE_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_describe_response, "ShareGroupDescribeResponse", 77, 1, 1, 0)

MESSAGE_DEFINE_STRUCT(share_fetch_request_acknowledgement_batch,
                      SHARE_FETCH_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_request_fetch_partition, SHARE_FETCH_REQUEST_FETCH_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_request_fetch_topic, SHARE_FETCH_REQUEST_FETCH_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_request_forgotten_topic, SHARE_FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_request, SHARE_FETCH_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(share_fetch_request, "ShareFetchRequest", 78, 1, 2, 0)

MESSAGE_DEFINE_STRUCT(share_fetch_response_leader_id_and_epoch,
                      SHARE_FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_response_acquired_records,
                      SHARE_FETCH_RESPONSE_ACQUIRED_RECORDS_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_response_partition_data, SHARE_FETCH_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_response_share_fetchable_topic_response,
                      SHARE_FETCH_RESPONSE_SHARE_FETCHABLE_TOPIC_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_response_node_endpoint, SHARE_FETCH_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(share_fetch_response, SHARE_FETCH_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(share_fetch_response, "ShareFetchResponse", 78, 1, 2, 0)

MESSAGE_DEFINE_STRUCT(share_acknowledge_request_acknowledgement_batch,
                      SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_request_acknowledge_partition,
                      SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_request_acknowledge_topic,
                      SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_request, SHARE_ACKNOWLEDGE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(share_acknowledge_request, "ShareAcknowledgeRequest", 79, 1, 2, 0)

MESSAGE_DEFINE_STRUCT(share_acknowledge_response_leader_id_and_epoch,
                      SHARE_ACKNOWLEDGE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_response_partition_data,
                      SHARE_ACKNOWLEDGE_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_response_topic_response,
                      SHARE_ACKNOWLEDGE_RESPONSE_TOPIC_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_response_node_endpoint,
                      SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(share_acknowledge_response, SHARE_ACKNOWLEDGE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(share_acknowledge_response, "ShareAcknowledgeResponse", 79, 1, 2, 0)

MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_request_topic,
                      DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_request_group,
                      DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_request,
                      DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_share_group_offsets_request,
                    "DescribeShareGroupOffsetsRequest", 90, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_response_partition,
                      DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_response_topic,
                      DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_response_group,
                      DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(describe_share_group_offsets_response,
                      DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_share_group_offsets_response,
                    "DescribeShareGroupOffsetsResponse", 90, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_request_partition,
                      ALTER_SHARE_GROUP_OFFSETS_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_request_topic,
                      ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_request, ALTER_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_share_group_offsets_request, "AlterShareGroupOffsetsRequest", 91, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_response_partition,
                      ALTER_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_response_topic,
                      ALTER_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(alter_share_group_offsets_response, ALTER_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_share_group_offsets_response,
                    "AlterShareGroupOffsetsResponse", 91, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(delete_share_group_offsets_request_topic,
                      DELETE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_offsets_request, DELETE_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_share_group_offsets_request,
                    "DeleteShareGroupOffsetsRequest", 92, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(delete_share_group_offsets_response_topic,
                      DELETE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_offsets_response, DELETE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_share_group_offsets_response,
                    "DeleteShareGroupOffsetsResponse", 92, 0, 0, 0)
// clang-format on
