/* Records of share groups and their state: the descriptors of the rows. */
#include "protocol/schema/share_records.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(share_group_current_member_assignment_key,
                      SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_current_member_assignment_key,
                    "ShareGroupCurrentMemberAssignmentKey", 14, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_current_member_assignment_value_topic_partitions,
                      SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_current_member_assignment_value,
                      SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_current_member_assignment_value,
                    "ShareGroupCurrentMemberAssignmentValue", 14, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_group_member_metadata_key, SHARE_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_member_metadata_key,
                    "ShareGroupMemberMetadataKey", 10, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_member_metadata_value, SHARE_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_member_metadata_value, "ShareGroupMemberMetadataValue", 10, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_group_metadata_key, SHARE_GROUP_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_metadata_key, "ShareGroupMetadataKey", 11, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_metadata_value, SHARE_GROUP_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_metadata_value, "ShareGroupMetadataValue", 11, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_group_state_partition_metadata_key,
                      SHARE_GROUP_STATE_PARTITION_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_state_partition_metadata_key,
                    "ShareGroupStatePartitionMetadataKey", 15, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_state_partition_metadata_value_topic_partitions_info,
                      SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_PARTITIONS_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_state_partition_metadata_value_topic_info,
                      SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_state_partition_metadata_value,
                      SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_state_partition_metadata_value,
                    "ShareGroupStatePartitionMetadataValue", 15, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_group_target_assignment_member_key,
                      SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_target_assignment_member_key,
                    "ShareGroupTargetAssignmentMemberKey", 13, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_target_assignment_member_value_topic_partition,
                      SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(share_group_target_assignment_member_value,
                      SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_target_assignment_member_value,
                    "ShareGroupTargetAssignmentMemberValue", 13, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_group_target_assignment_metadata_key,
                      SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_group_target_assignment_metadata_key,
                    "ShareGroupTargetAssignmentMetadataKey", 12, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_group_target_assignment_metadata_value,
                      SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_group_target_assignment_metadata_value,
                    "ShareGroupTargetAssignmentMetadataValue", 12, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_snapshot_key, SHARE_SNAPSHOT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_snapshot_key, "ShareSnapshotKey", 0, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_snapshot_value_state_batch, SHARE_SNAPSHOT_VALUE_STATE_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_snapshot_value, SHARE_SNAPSHOT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_snapshot_value, "ShareSnapshotValue", 0, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(share_update_key, SHARE_UPDATE_KEY_ROWS)
MESSAGE_DEFINE_TYPE(share_update_key, "ShareUpdateKey", 1, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(share_update_value_state_batch, SHARE_UPDATE_VALUE_STATE_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(share_update_value, SHARE_UPDATE_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(share_update_value, "ShareUpdateValue", 1, 0, 0, 0)
// clang-format on
