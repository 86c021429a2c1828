/* Classic consumer groups and their offsets: the descriptors of the rows. */
#include "protocol/schema/groups.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(find_coordinator_request, FIND_COORDINATOR_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(find_coordinator_request, "FindCoordinatorRequest", 10, 0, 6, 3)

MESSAGE_DEFINE_STRUCT(find_coordinator_response_coordinator,
                      FIND_COORDINATOR_RESPONSE_COORDINATOR_ROWS)
MESSAGE_DEFINE_STRUCT(find_coordinator_response, FIND_COORDINATOR_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(find_coordinator_response, "FindCoordinatorResponse", 10, 0, 6, 3)

MESSAGE_DEFINE_STRUCT(join_group_request_protocol, JOIN_GROUP_REQUEST_PROTOCOL_ROWS)
MESSAGE_DEFINE_STRUCT(join_group_request, JOIN_GROUP_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(join_group_request, "JoinGroupRequest", 11, 0, 9, 6)

MESSAGE_DEFINE_STRUCT(join_group_response_member, JOIN_GROUP_RESPONSE_MEMBER_ROWS)
MESSAGE_DEFINE_STRUCT(join_group_response, JOIN_GROUP_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(join_group_response, "JoinGroupResponse", 11, 0, 9, 6)

MESSAGE_DEFINE_STRUCT(sync_group_request_assignment, SYNC_GROUP_REQUEST_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(sync_group_request, SYNC_GROUP_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(sync_group_request, "SyncGroupRequest", 14, 0, 5, 4)

MESSAGE_DEFINE_STRUCT(sync_group_response, SYNC_GROUP_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(sync_group_response, "SyncGroupResponse", 14, 0, 5, 4)

MESSAGE_DEFINE_STRUCT(heartbeat_request, HEARTBEAT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(heartbeat_request, "HeartbeatRequest", 12, 0, 4, 4)

MESSAGE_DEFINE_STRUCT(heartbeat_response, HEARTBEAT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(heartbeat_response, "HeartbeatResponse", 12, 0, 4, 4)

MESSAGE_DEFINE_STRUCT(leave_group_request_member_identity, LEAVE_GROUP_REQUEST_MEMBER_IDENTITY_ROWS)
MESSAGE_DEFINE_STRUCT(leave_group_request, LEAVE_GROUP_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(leave_group_request, "LeaveGroupRequest", 13, 0, 5, 4)

MESSAGE_DEFINE_STRUCT(leave_group_response_member_response,
                      LEAVE_GROUP_RESPONSE_MEMBER_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(leave_group_response, LEAVE_GROUP_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(leave_group_response, "LeaveGroupResponse", 13, 0, 5, 4)

MESSAGE_DEFINE_STRUCT(describe_groups_request, DESCRIBE_GROUPS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_groups_request, "DescribeGroupsRequest", 15, 0, 6, 5)

MESSAGE_DEFINE_STRUCT(describe_groups_response_described_group_member,
                      DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_MEMBER_ROWS)
MESSAGE_DEFINE_STRUCT(describe_groups_response_described_group,
                      DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(describe_groups_response, DESCRIBE_GROUPS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_groups_response, "DescribeGroupsResponse", 15, 0, 6, 5)

MESSAGE_DEFINE_STRUCT(list_groups_request, LIST_GROUPS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(list_groups_request, "ListGroupsRequest", 16, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(list_groups_response_listed_group, LIST_GROUPS_RESPONSE_LISTED_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(list_groups_response, LIST_GROUPS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(list_groups_response, "ListGroupsResponse", 16, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(delete_groups_request, DELETE_GROUPS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_groups_request, "DeleteGroupsRequest", 42, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(delete_groups_response_deletable_group_result,
                      DELETE_GROUPS_RESPONSE_DELETABLE_GROUP_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_groups_response, DELETE_GROUPS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_groups_response, "DeleteGroupsResponse", 42, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(offset_commit_request_partition, OFFSET_COMMIT_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_commit_request_topic, OFFSET_COMMIT_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_commit_request, OFFSET_COMMIT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(offset_commit_request, "OffsetCommitRequest", 8, 2, 10, 8)

MESSAGE_DEFINE_STRUCT(offset_commit_response_partition, OFFSET_COMMIT_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_commit_response_topic, OFFSET_COMMIT_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_commit_response, OFFSET_COMMIT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(offset_commit_response, "OffsetCommitResponse", 8, 2, 10, 8)

MESSAGE_DEFINE_STRUCT(offset_fetch_request_topic, OFFSET_FETCH_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_request_topics, OFFSET_FETCH_REQUEST_TOPICS_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_request_group, OFFSET_FETCH_REQUEST_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_request, OFFSET_FETCH_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(offset_fetch_request, "OffsetFetchRequest", 9, 1, 10, 6)

MESSAGE_DEFINE_STRUCT(offset_fetch_response_partition, OFFSET_FETCH_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_response_topic, OFFSET_FETCH_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_response_partitions, OFFSET_FETCH_RESPONSE_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_response_topics, OFFSET_FETCH_RESPONSE_TOPICS_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_response_group, OFFSET_FETCH_RESPONSE_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(offset_fetch_response, OFFSET_FETCH_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(offset_fetch_response, "OffsetFetchResponse", 9, 1, 10, 6)

MESSAGE_DEFINE_STRUCT(offset_delete_request_partition, OFFSET_DELETE_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_delete_request_topic, OFFSET_DELETE_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_delete_request, OFFSET_DELETE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(offset_delete_request, "OffsetDeleteRequest", 47, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(offset_delete_response_partition, OFFSET_DELETE_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(offset_delete_response_topic, OFFSET_DELETE_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(offset_delete_response, OFFSET_DELETE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(offset_delete_response, "OffsetDeleteResponse", 47, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_protocol_assignment_topic_partition,
                      CONSUMER_PROTOCOL_ASSIGNMENT_TOPIC_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_protocol_assignment, CONSUMER_PROTOCOL_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_TYPE(consumer_protocol_assignment,
                    "ConsumerProtocolAssignment", -1, 0, 3, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_protocol_subscription_topic_partition,
                      CONSUMER_PROTOCOL_SUBSCRIPTION_TOPIC_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_protocol_subscription, CONSUMER_PROTOCOL_SUBSCRIPTION_ROWS)
MESSAGE_DEFINE_TYPE(consumer_protocol_subscription,
                    "ConsumerProtocolSubscription", -1, 0, 3, NOT_FLEXIBLE)
// clang-format on
