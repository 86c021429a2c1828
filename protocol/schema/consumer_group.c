/* Consumer groups of KIP-848: the descriptors of the rows. */
#include "protocol/schema/consumer_group.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(consumer_group_heartbeat_request_topic_partitions,
                      CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_heartbeat_request, CONSUMER_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_heartbeat_request, "ConsumerGroupHeartbeatRequest", 68, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_heartbeat_response_topic_partitions,
                      CONSUMER_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_heartbeat_response_assignment,
                      CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_heartbeat_response, CONSUMER_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_heartbeat_response,
                    "ConsumerGroupHeartbeatResponse", 68, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_describe_request, CONSUMER_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_describe_request, "ConsumerGroupDescribeRequest", 69, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_describe_response_topic_partitions,
                      CONSUMER_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_describe_response_assignment,
                      CONSUMER_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_describe_response_member,
                      CONSUMER_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_describe_response_described_group,
                      CONSUMER_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_describe_response, CONSUMER_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_describe_response, "ConsumerGroupDescribeResponse", 69, 0, 1, 0)
// clang-format on
