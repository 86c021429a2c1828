/* Records of share groups and their state: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ShareGroupCurrentMemberAssignmentKey, version 0. */
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                            \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_current_member_assignment_key,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_TYPE(share_group_current_member_assignment_key)

/* ShareGroupCurrentMemberAssignmentValue, version 0. */
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)           \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_current_member_assignment_value_topic_partitions,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS)
#define SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, member_epoch,          FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT32, previous_member_epoch, FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT8,  state,                 FROM(0), NEVER, UNTAGGED, 0)                           \
    LIST(_,  share_group_current_member_assignment_value_topic_partitions,                        \
                    assigned_partitions,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_current_member_assignment_value,
               SHARE_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_TYPE(share_group_current_member_assignment_value)

/* ShareGroupMemberMetadataKey, version 0. */
#define SHARE_GROUP_MEMBER_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_member_metadata_key, SHARE_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_member_metadata_key)

/* ShareGroupMemberMetadataValue, version 0. */
#define SHARE_GROUP_MEMBER_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, EMPTY)         \
    FIELD(_, STRING, client_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)         \
    FIELD(_, STRING, client_host,            FROM(0), NEVER,   UNTAGGED, EMPTY)         \
    ARRAY(_, STRING, subscribed_topic_names, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_member_metadata_value, SHARE_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_member_metadata_value)

/* ShareGroupMetadataKey, version 0. */
#define SHARE_GROUP_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_metadata_key, SHARE_GROUP_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_metadata_key)

/* ShareGroupMetadataValue, version 0. */
#define SHARE_GROUP_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT64, metadata_hash, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_metadata_value, SHARE_GROUP_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_metadata_value)

/* ShareGroupStatePartitionMetadataKey, version 0. */
#define SHARE_GROUP_STATE_PARTITION_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_state_partition_metadata_key,
               SHARE_GROUP_STATE_PARTITION_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_state_partition_metadata_key)

/* ShareGroupStatePartitionMetadataValue, version 0. */
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_PARTITIONS_INFO_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                               \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)              \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)              \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_state_partition_metadata_value_topic_partitions_info,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_PARTITIONS_INFO_ROWS)
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_INFO_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_state_partition_metadata_value_topic_info,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_TOPIC_INFO_ROWS)
#define SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_state_partition_metadata_value_topic_partitions_info,                    \
              initializing_topics, FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    LIST(_, share_group_state_partition_metadata_value_topic_partitions_info,                    \
              initialized_topics,  FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    LIST(_, share_group_state_partition_metadata_value_topic_info,                               \
              deleting_topics,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_state_partition_metadata_value,
               SHARE_GROUP_STATE_PARTITION_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_state_partition_metadata_value)

/* ShareGroupTargetAssignmentMemberKey, version 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                           \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_target_assignment_member_key,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_TYPE(share_group_target_assignment_member_key)

/* ShareGroupTargetAssignmentMemberValue, version 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)         \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_target_assignment_member_value_topic_partition,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS)
#define SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_target_assignment_member_value_topic_partition,                          \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_target_assignment_member_value,
               SHARE_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_TYPE(share_group_target_assignment_member_value)

/* ShareGroupTargetAssignmentMetadataKey, version 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_target_assignment_metadata_key,
               SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_TYPE(share_group_target_assignment_metadata_key)

/* ShareGroupTargetAssignmentMetadataValue, version 0. */
#define SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, assignment_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_group_target_assignment_metadata_value,
               SHARE_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_TYPE(share_group_target_assignment_metadata_value)

/* ShareSnapshotKey, version 0. */
#define SHARE_SNAPSHOT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)     \
    FIELD(_, UUID,   topic_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)     \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_snapshot_key, SHARE_SNAPSHOT_KEY_ROWS)
MESSAGE_TYPE(share_snapshot_key)

/* ShareSnapshotValue, version 0. */
#define SHARE_SNAPSHOT_VALUE_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_snapshot_value_state_batch, SHARE_SNAPSHOT_VALUE_STATE_BATCH_ROWS)
#define SHARE_SNAPSHOT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT32, snapshot_epoch,          FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, state_epoch,             FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, leader_epoch,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, start_offset,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, delivery_complete_count, FROM(0), NEVER, 0,        -1)    \
    FIELD(_, INT64, create_timestamp,        FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, write_timestamp,         FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  share_snapshot_value_state_batch,                                \
                    state_batches,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_snapshot_value, SHARE_SNAPSHOT_VALUE_ROWS)
MESSAGE_TYPE(share_snapshot_value)

/* ShareUpdateKey, version 0. */
#define SHARE_UPDATE_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, UUID,   topic_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_update_key, SHARE_UPDATE_KEY_ROWS)
MESSAGE_TYPE(share_update_key)

/* ShareUpdateValue, version 0. */
#define SHARE_UPDATE_VALUE_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_update_value_state_batch, SHARE_UPDATE_VALUE_STATE_BATCH_ROWS)
#define SHARE_UPDATE_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    FIELD(_, INT32, snapshot_epoch,          FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, leader_epoch,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, start_offset,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, delivery_complete_count, FROM(0), NEVER, 0,        -1)    \
    LIST(_,  share_update_value_state_batch,                                  \
                    state_batches,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_update_value, SHARE_UPDATE_VALUE_ROWS)
MESSAGE_TYPE(share_update_value)
// clang-format on
