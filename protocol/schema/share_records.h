/* Records of share groups and their state: the rows, see protocol/message.h. */
#pragma once

#include "protocol/message.h"

// clang-format off

/* ShareGroupCurrentMemberAssignmentKey, versions 0. */
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)                                \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_current_member_assignment_key,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_TYPE(share_group_current_member_assignment_key)

/* ShareGroupCurrentMemberAssignmentValue, versions 0. */
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, 0)               \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_current_member_assignment_value_topic_partitions,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS)
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, member_epoch, FROM(0), NEVER, UNTAGGED, 0)                                    \
    FIELD(_, INT32, previous_member_epoch, FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT8, state, FROM(0), NEVER, UNTAGGED, 0)                                            \
    LIST(_, share_group_current_member_assignment_value_topic_partitions,                         \
        assigned_partitions, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_current_member_assignment_value,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_TYPE(share_group_current_member_assignment_value)

/* ShareGroupMemberMetadataKey, versions 0. */
#define SHARE_GROUP_MEMBER_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_member_metadata_key, SHARE_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_member_metadata_key)

/* ShareGroupMemberMetadataValue, versions 0. */
#define SHARE_GROUP_MEMBER_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, 0)             \
    FIELD(_, STRING, client_id,              FROM(0), NEVER,   UNTAGGED, 0)             \
    FIELD(_, STRING, client_host,            FROM(0), NEVER,   UNTAGGED, 0)             \
    ARRAY(_, STRING, subscribed_topic_names, FROM(0), NEVER,   UNTAGGED)
MESSAGE_STRUCT(share_group_member_metadata_value, SHARE_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_member_metadata_value)

/* ShareGroupMetadataKey, versions 0. */
#define SHARE_GROUP_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_metadata_key, SHARE_GROUP_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_metadata_key)

/* ShareGroupMetadataValue, versions 0. */
#define SHARE_GROUP_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT64, metadata_hash, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_metadata_value, SHARE_GROUP_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_metadata_value)

/* ShareGroupStatePartitionMetadataKey, versions 0. */
#define SHARE_GROUP_STATE_PARTITION_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_state_partition_metadata_key,
               SHARE_GROUP_STATE_PARTITION_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_state_partition_metadata_key)

/* ShareGroupStatePartitionMetadataValue, versions 0. */
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_PARTITIONS_INFO_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                               \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, 0)                  \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_state_partition_metadata_value_topic_partitions_info,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_PARTITIONS_INFO_ROWS)
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_INFO_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, 0)       \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_state_partition_metadata_value_topic_info,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_INFO_ROWS)
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_state_partition_metadata_value_topic_partitions_info,                    \
        initializing_topics, FROM(0), NEVER, UNTAGGED)                                           \
    LIST(_, share_group_state_partition_metadata_value_topic_partitions_info,                    \
        initialized_topics, FROM(0), NEVER, UNTAGGED)                                            \
    LIST(_, share_group_state_partition_metadata_value_topic_info,                               \
        deleting_topics, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_state_partition_metadata_value,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_state_partition_metadata_value)

/* ShareGroupTargetAssignmentMemberKey, versions 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)                               \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_target_assignment_member_key,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_TYPE(share_group_target_assignment_member_key)

/* ShareGroupTargetAssignmentMemberValue, versions 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, 0)             \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_target_assignment_member_value_topic_partition,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS)
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_target_assignment_member_value_topic_partition,                          \
        topic_partitions, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_group_target_assignment_member_value,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_TYPE(share_group_target_assignment_member_value)

/* ShareGroupTargetAssignmentMetadataKey, versions 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_target_assignment_metadata_key,
               SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_target_assignment_metadata_key)

/* ShareGroupTargetAssignmentMetadataValue, versions 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS(         \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32, assignment_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_target_assignment_metadata_value,
               SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_target_assignment_metadata_value)

/* ShareSnapshotKey, versions 0. */
#define SHARE_SNAPSHOT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)         \
    FIELD(_, UUID,   topic_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_snapshot_key, SHARE_SNAPSHOT_KEY_ROWS)
MESSAGE_TYPE(share_snapshot_key)

/* ShareSnapshotValue, versions 0. */
#define SHARE_SNAPSHOT_VALUE_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_snapshot_value_state_batch, SHARE_SNAPSHOT_VALUE_STATE_BATCH_ROWS)
#define SHARE_SNAPSHOT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, INT32, snapshot_epoch, FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, state_epoch, FROM(0), NEVER, UNTAGGED, 0)                          \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_, INT64, start_offset, FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_, INT32, delivery_complete_count, FROM(0), NEVER, 0, -1)                    \
    FIELD(_, INT64, create_timestamp, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT64, write_timestamp, FROM(0), NEVER, UNTAGGED, 0)                      \
    LIST(_, share_snapshot_value_state_batch, state_batches, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_snapshot_value, SHARE_SNAPSHOT_VALUE_ROWS)
MESSAGE_TYPE(share_snapshot_value)

/* ShareUpdateKey, versions 0. */
#define SHARE_UPDATE_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)       \
    FIELD(_, UUID,   topic_id,  RANGE(0, 0), NEVER, UNTAGGED, 0)       \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_update_key, SHARE_UPDATE_KEY_ROWS)
MESSAGE_TYPE(share_update_key)

/* ShareUpdateValue, versions 0. */
#define SHARE_UPDATE_VALUE_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_update_value_state_batch, SHARE_UPDATE_VALUE_STATE_BATCH_ROWS)
#define SHARE_UPDATE_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, INT32, snapshot_epoch, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT64, start_offset, FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, delivery_complete_count, FROM(0), NEVER, 0, -1)                  \
    LIST(_, share_update_value_state_batch, state_batches, FROM(0), NEVER, UNTAGGED)
MESSAGE_STRUCT(share_update_value, SHARE_UPDATE_VALUE_ROWS)
MESSAGE_TYPE(share_update_value)
// clang-format on
