/* Records of streams groups: the descriptors of the rows. */
#include "protocol/schema/streams_records.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(streams_group_current_member_assignment_key,
                      STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_current_member_assignment_key,
                    "StreamsGroupCurrentMemberAssignmentKey", 22, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_current_member_assignment_value_task_ids,
                      STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TASK_IDS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_current_member_assignment_value,
                      STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_current_member_assignment_value,
                    "StreamsGroupCurrentMemberAssignmentValue", 22, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_member_metadata_key, STREAMS_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_member_metadata_key,
                    "StreamsGroupMemberMetadataKey", 19, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_member_metadata_value_endpoint,
                      STREAMS_GROUP_MEMBER_METADATA_VALUE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_member_metadata_value_key_value,
                      STREAMS_GROUP_MEMBER_METADATA_VALUE_KEY_VALUE_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_member_metadata_value, STREAMS_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_member_metadata_value,
                    "StreamsGroupMemberMetadataValue", 19, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_metadata_key, STREAMS_GROUP_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_metadata_key, "StreamsGroupMetadataKey", 17, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_metadata_value_last_assignment_config,
                      STREAMS_GROUP_METADATA_VALUE_LAST_ASSIGNMENT_CONFIG_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_metadata_value, STREAMS_GROUP_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_metadata_value, "StreamsGroupMetadataValue", 17, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_target_assignment_member_key,
                      STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_target_assignment_member_key,
                    "StreamsGroupTargetAssignmentMemberKey", 21, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_target_assignment_member_value_task_ids,
                      STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TASK_IDS_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_target_assignment_member_value,
                      STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_target_assignment_member_value,
                    "StreamsGroupTargetAssignmentMemberValue", 21, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_target_assignment_metadata_key,
                      STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_target_assignment_metadata_key,
                    "StreamsGroupTargetAssignmentMetadataKey", 20, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_target_assignment_metadata_value,
                      STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_target_assignment_metadata_value,
                    "StreamsGroupTargetAssignmentMetadataValue", 20, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(streams_group_topology_key, STREAMS_GROUP_TOPOLOGY_KEY_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_topology_key, "StreamsGroupTopologyKey", 23, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(streams_group_topology_value_topic_config,
                      STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_CONFIG_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_topology_value_topic_info,
                      STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_topology_value_copartition_group,
                      STREAMS_GROUP_TOPOLOGY_VALUE_COPARTITION_GROUP_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_topology_value_subtopology,
                      STREAMS_GROUP_TOPOLOGY_VALUE_SUBTOPOLOGY_ROWS)
MESSAGE_DEFINE_STRUCT(streams_group_topology_value, STREAMS_GROUP_TOPOLOGY_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(streams_group_topology_value, "StreamsGroupTopologyValue", 23, 0, 0, 0)
// clang-format on
