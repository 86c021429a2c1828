/* Records of consumer groups and transactions: the descriptors of the rows. */
#include "protocol/schema/group_records.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(consumer_group_current_member_assignment_key,
                      CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_current_member_assignment_key,
                    "ConsumerGroupCurrentMemberAssignmentKey", 8, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_current_member_assignment_value_topic_partitions,
                      CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_current_member_assignment_value,
                      CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_current_member_assignment_value,
                    "ConsumerGroupCurrentMemberAssignmentValue", 8, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_member_metadata_key, CONSUMER_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_member_metadata_key,
                    "ConsumerGroupMemberMetadataKey", 5, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_member_metadata_value_classic_protocol,
                      CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_PROTOCOL_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_member_metadata_value_classic_member_metadata,
                      CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_MEMBER_METADATA_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_member_metadata_value,
                      CONSUMER_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_member_metadata_value,
                    "ConsumerGroupMemberMetadataValue", 5, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_metadata_key, CONSUMER_GROUP_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_metadata_key, "ConsumerGroupMetadataKey", 3, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_metadata_value, CONSUMER_GROUP_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_metadata_value, "ConsumerGroupMetadataValue", 3, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_partition_metadata_key,
                      CONSUMER_GROUP_PARTITION_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_partition_metadata_key,
                    "ConsumerGroupPartitionMetadataKey", 4, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_partition_metadata_value_partition_metadata,
                      CONSUMER_GROUP_PARTITION_METADATA_VALUE_PARTITION_METADATA_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_partition_metadata_value_topic_metadata,
                      CONSUMER_GROUP_PARTITION_METADATA_VALUE_TOPIC_METADATA_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_partition_metadata_value,
                      CONSUMER_GROUP_PARTITION_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_partition_metadata_value,
                    "ConsumerGroupPartitionMetadataValue", 4, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_regular_expression_key,
                      CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_regular_expression_key,
                    "ConsumerGroupRegularExpressionKey", 16, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_regular_expression_value,
                      CONSUMER_GROUP_REGULAR_EXPRESSION_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_regular_expression_value,
                    "ConsumerGroupRegularExpressionValue", 16, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_target_assignment_member_key,
                      CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_target_assignment_member_key,
                    "ConsumerGroupTargetAssignmentMemberKey", 7, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_target_assignment_member_value_topic_partition,
                      CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(consumer_group_target_assignment_member_value,
                      CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_target_assignment_member_value,
                    "ConsumerGroupTargetAssignmentMemberValue", 7, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(consumer_group_target_assignment_metadata_key,
                      CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_target_assignment_metadata_key,
                    "ConsumerGroupTargetAssignmentMetadataKey", 6, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(consumer_group_target_assignment_metadata_value,
                      CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(consumer_group_target_assignment_metadata_value,
                    "ConsumerGroupTargetAssignmentMetadataValue", 6, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(group_metadata_key, GROUP_METADATA_KEY_ROWS)
MESSAGE_DEFINE_TYPE(group_metadata_key, "GroupMetadataKey", 2, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(group_metadata_value_member_metadata,
                      GROUP_METADATA_VALUE_MEMBER_METADATA_ROWS)
MESSAGE_DEFINE_STRUCT(group_metadata_value, GROUP_METADATA_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(group_metadata_value, "GroupMetadataValue", 2, 0, 4, 4)

MESSAGE_DEFINE_STRUCT(legacy_offset_commit_key, LEGACY_OFFSET_COMMIT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(legacy_offset_commit_key, "LegacyOffsetCommitKey", 0, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(legacy_offset_commit_value, LEGACY_OFFSET_COMMIT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(legacy_offset_commit_value, "LegacyOffsetCommitValue", 0, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(offset_commit_key, OFFSET_COMMIT_KEY_ROWS)
MESSAGE_DEFINE_TYPE(offset_commit_key, "OffsetCommitKey", 1, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(offset_commit_value, OFFSET_COMMIT_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(offset_commit_value, "OffsetCommitValue", 1, 0, 4, 4)

MESSAGE_DEFINE_STRUCT(transaction_log_key, TRANSACTION_LOG_KEY_ROWS)
MESSAGE_DEFINE_TYPE(transaction_log_key, "TransactionLogKey", 0, 0, 0, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(transaction_log_value_partitions_schema,
                      TRANSACTION_LOG_VALUE_PARTITIONS_SCHEMA_ROWS)
MESSAGE_DEFINE_STRUCT(transaction_log_value, TRANSACTION_LOG_VALUE_ROWS)
MESSAGE_DEFINE_TYPE(transaction_log_value, "TransactionLogValue", 0, 0, 1, 1)
// clang-format on
