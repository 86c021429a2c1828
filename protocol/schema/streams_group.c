/* Streams groups of KIP-1071: the descriptors of the rows. */
#include "protocol/schema/streams_group.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_key_value,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_KEY_VALUE_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_topic_info,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_TOPIC_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_copartition_group,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_COPARTITION_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_subtopology,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_SUBTOPOLOGY_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_topology,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_task_ids,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_IDS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_endpoint,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request_task_offset,
                      STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSET_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_request, STREAMS_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_heartbeat_request, "StreamsGroupHeartbeatRequest", 88, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response_status,
                      STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response_task_ids,
                      STREAMS_GROUP_HEARTBEAT_RESPONSE_TASK_IDS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response_endpoint,
                      STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response_topic_partition,
                      STREAMS_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response_endpoint_to_partitions,
                      STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_TO_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_heartbeat_response, STREAMS_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_heartbeat_response, "StreamsGroupHeartbeatResponse", 88, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_describe_request, STREAMS_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_describe_request, "StreamsGroupDescribeRequest", 89, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_describe_response_key_value,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_KEY_VALUE_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_topic_info,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_TOPIC_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_subtopology,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_SUBTOPOLOGY_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_topology,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_TOPOLOGY_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_endpoint,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_task_offset,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_OFFSET_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_task_ids,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_IDS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_assignment,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_member,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response_described_group,
                      STREAMS_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_describe_response, STREAMS_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_describe_response, "StreamsGroupDescribeResponse", 89, 0, 0, 0)
// clang-format on
