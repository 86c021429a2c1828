/* Records of consumer groups and transactions: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ConsumerGroupCurrentMemberAssignmentKey, version 0. */
#define CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                               \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_current_member_assignment_key,
               CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_TYPE(consumer_group_current_member_assignment_key)

/* ConsumerGroupCurrentMemberAssignmentValue, version 0. */
#define CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)              \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_current_member_assignment_value_topic_partitions,
               CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TOPIC_PARTITIONS_ROWS)
#define CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS(                        \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                    \
    FIELD(_, INT32, member_epoch,                  FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, previous_member_epoch,         FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT8,  state,                         FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  consumer_group_current_member_assignment_value_topic_partitions,       \
                    assigned_partitions,           FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  consumer_group_current_member_assignment_value_topic_partitions,       \
                    partitions_pending_revocation, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_current_member_assignment_value,
               CONSUMER_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_current_member_assignment_value)

/* ConsumerGroupMemberMetadataKey, version 0. */
#define CONSUMER_GROUP_MEMBER_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                     \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_member_metadata_key, CONSUMER_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_TYPE(consumer_group_member_metadata_key)

/* ConsumerGroupMemberMetadataValue, version 0. */
#define CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_PROTOCOL_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, STRING, name,     FROM(0), NEVER, UNTAGGED, EMPTY)     \
    FIELD(_, BYTES,  metadata, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_member_metadata_value_classic_protocol,
               CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_PROTOCOL_ROWS)
#define CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_MEMBER_METADATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    FIELD(_, INT32, session_timeout_ms,  FROM(0), NEVER, UNTAGGED, 0)      \
    LIST(_,  consumer_group_member_metadata_value_classic_protocol,        \
                    supported_protocols, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_member_metadata_value_classic_member_metadata,
               CONSUMER_GROUP_MEMBER_METADATA_VALUE_CLASSIC_MEMBER_METADATA_ROWS)
#define CONSUMER_GROUP_MEMBER_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,    STRING, instance_id,             FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, rack_id,                 FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, client_id,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, client_host,             FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_,    STRING, subscribed_topic_names,  FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, subscribed_topic_regex,  FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    FIELD(_,    INT32,  rebalance_timeout_ms,    FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_,    STRING, server_assignor,         FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    OPTIONAL(_, consumer_group_member_metadata_value_classic_member_metadata,              \
                        classic_member_metadata, FROM(0), FROM(0), 0,        EMPTY)
MESSAGE_STRUCT(consumer_group_member_metadata_value, CONSUMER_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_member_metadata_value)

/* ConsumerGroupMetadataKey, version 0. */
#define CONSUMER_GROUP_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_metadata_key, CONSUMER_GROUP_METADATA_KEY_ROWS)
MESSAGE_TYPE(consumer_group_metadata_key)

/* ConsumerGroupMetadataValue, version 0. */
#define CONSUMER_GROUP_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT64, metadata_hash, FROM(0), NEVER, 0,        0)
MESSAGE_STRUCT(consumer_group_metadata_value, CONSUMER_GROUP_METADATA_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_metadata_value)

/* ConsumerGroupPartitionMetadataKey, version 0. */
#define CONSUMER_GROUP_PARTITION_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_partition_metadata_key, CONSUMER_GROUP_PARTITION_METADATA_KEY_ROWS)
MESSAGE_TYPE(consumer_group_partition_metadata_key)

/* ConsumerGroupPartitionMetadataValue, version 0. */
#define CONSUMER_GROUP_PARTITION_METADATA_VALUE_PARTITION_METADATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, INT32,  partition, FROM(0), NEVER, UNTAGGED, 0)             \
    ARRAY(_, STRING, racks,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_partition_metadata_value_partition_metadata,
               CONSUMER_GROUP_PARTITION_METADATA_VALUE_PARTITION_METADATA_ROWS)
#define CONSUMER_GROUP_PARTITION_METADATA_VALUE_TOPIC_METADATA_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, UUID,   topic_id,           FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, topic_name,         FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32,  num_partitions,     FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  consumer_group_partition_metadata_value_partition_metadata,  \
                     partition_metadata, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_partition_metadata_value_topic_metadata,
               CONSUMER_GROUP_PARTITION_METADATA_VALUE_TOPIC_METADATA_ROWS)
#define CONSUMER_GROUP_PARTITION_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, consumer_group_partition_metadata_value_topic_metadata,                           \
              topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_partition_metadata_value,
               CONSUMER_GROUP_PARTITION_METADATA_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_partition_metadata_value)

/* ConsumerGroupRegularExpressionKey, version 0. */
#define CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,           RANGE(0, 0), NEVER, UNTAGGED, EMPTY)               \
    FIELD(_, STRING, regular_expression, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_regular_expression_key, CONSUMER_GROUP_REGULAR_EXPRESSION_KEY_ROWS)
MESSAGE_TYPE(consumer_group_regular_expression_key)

/* ConsumerGroupRegularExpressionValue, version 0. */
#define CONSUMER_GROUP_REGULAR_EXPRESSION_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, topics,    FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, INT64,  version,   FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT64,  timestamp, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(consumer_group_regular_expression_value,
               CONSUMER_GROUP_REGULAR_EXPRESSION_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_regular_expression_value)

/* ConsumerGroupTargetAssignmentMemberKey, version 0. */
#define CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_target_assignment_member_key,
               CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_TYPE(consumer_group_target_assignment_member_key)

/* ConsumerGroupTargetAssignmentMemberValue, version 0. */
#define CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                            \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)            \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_target_assignment_member_value_topic_partition,
               CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TOPIC_PARTITION_ROWS)
#define CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS(                \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    LIST(_, consumer_group_target_assignment_member_value_topic_partition, \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_target_assignment_member_value,
               CONSUMER_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_target_assignment_member_value)

/* ConsumerGroupTargetAssignmentMetadataKey, version 0. */
#define CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS(         \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_target_assignment_metadata_key,
               CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_TYPE(consumer_group_target_assignment_metadata_key)

/* ConsumerGroupTargetAssignmentMetadataValue, version 0. */
#define CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32, assignment_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(consumer_group_target_assignment_metadata_value,
               CONSUMER_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_TYPE(consumer_group_target_assignment_metadata_value)

/* GroupMetadataKey, version 0. */
#define GROUP_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(group_metadata_key, GROUP_METADATA_KEY_ROWS)
MESSAGE_TYPE(group_metadata_key)

/* GroupMetadataValue, versions 0 to 4. */
#define GROUP_METADATA_VALUE_MEMBER_METADATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL)          \
    FIELD(_, STRING, client_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, client_host,       FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, INT32,  rebalance_timeout, FROM(1), NEVER,   UNTAGGED, -1)                    \
    FIELD(_, INT32,  session_timeout,   FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, BYTES,  subscription,      FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, BYTES,  assignment,        FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(group_metadata_value_member_metadata, GROUP_METADATA_VALUE_MEMBER_METADATA_ROWS)
#define GROUP_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)       \
    FIELD(_, STRING, protocol_type,           FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT32,  generation,              FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, protocol,                FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, STRING, leader,                  FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT64,  current_state_timestamp, FROM(2), NEVER,   UNTAGGED, -1)    \
    LIST(_,  group_metadata_value_member_metadata,                               \
                     members,                 FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(group_metadata_value, GROUP_METADATA_VALUE_ROWS)
MESSAGE_TYPE(group_metadata_value)

/* LegacyOffsetCommitKey, version 0. */
#define LEGACY_OFFSET_COMMIT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group,     RANGE(0, 0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, STRING, topic,     RANGE(0, 0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(legacy_offset_commit_key, LEGACY_OFFSET_COMMIT_KEY_ROWS)
MESSAGE_TYPE(legacy_offset_commit_key)

/* LegacyOffsetCommitValue, version 0. */
#define LEGACY_OFFSET_COMMIT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64,  offset,           RANGE(0, 0), NEVER, UNTAGGED, 0)          \
    FIELD(_, STRING, metadata,         RANGE(0, 0), NEVER, UNTAGGED, EMPTY)      \
    FIELD(_, INT64,  commit_timestamp, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(legacy_offset_commit_value, LEGACY_OFFSET_COMMIT_VALUE_ROWS)
MESSAGE_TYPE(legacy_offset_commit_value)

/* OffsetCommitKey, version 0. */
#define OFFSET_COMMIT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group,     RANGE(0, 0), NEVER, UNTAGGED, EMPTY)    \
    FIELD(_, STRING, topic,     RANGE(0, 0), NEVER, UNTAGGED, EMPTY)    \
    FIELD(_, INT32,  partition, RANGE(0, 0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_commit_key, OFFSET_COMMIT_KEY_ROWS)
MESSAGE_TYPE(offset_commit_key)

/* OffsetCommitValue, versions 0 to 4. */
#define OFFSET_COMMIT_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT64,  offset,           FROM(0),     NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32,  leader_epoch,     FROM(3),     NEVER, UNTAGGED, -1)    \
    FIELD(_, STRING, metadata,         FROM(0),     NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT64,  commit_timestamp, FROM(0),     NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,  expire_timestamp, RANGE(1, 1), NEVER, UNTAGGED, -1)    \
    FIELD(_, UUID,   topic_id,         FROM(4),     NEVER, 0,        EMPTY)
MESSAGE_STRUCT(offset_commit_value, OFFSET_COMMIT_VALUE_ROWS)
MESSAGE_TYPE(offset_commit_value)

/* TransactionLogKey, version 0. */
#define TRANSACTION_LOG_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, STRING, transactional_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(transaction_log_key, TRANSACTION_LOG_KEY_ROWS)
MESSAGE_TYPE(transaction_log_key)

/* TransactionLogValue, versions 0 to 1. */
#define TRANSACTION_LOG_VALUE_PARTITIONS_SCHEMA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic,         FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    ARRAY(_, INT32,  partition_ids, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(transaction_log_value_partitions_schema,
               TRANSACTION_LOG_VALUE_PARTITIONS_SCHEMA_ROWS)
#define TRANSACTION_LOG_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT64, producer_id,                          FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT64, previous_producer_id,                 FROM(1), NEVER,   0,        -1)    \
    FIELD(_, INT64, next_producer_id,                     FROM(1), NEVER,   1,        -1)    \
    FIELD(_, INT16, producer_epoch,                       FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT16, next_producer_epoch,                  FROM(1), NEVER,   3,        -1)    \
    FIELD(_, INT32, transaction_timeout_ms,               FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT8,  transaction_status,                   FROM(0), NEVER,   UNTAGGED, 0)     \
    LIST(_,  transaction_log_value_partitions_schema,                                        \
                    transaction_partitions,               FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT64, transaction_last_update_timestamp_ms, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT64, transaction_start_timestamp_ms,       FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT16, client_transaction_version,           FROM(1), NEVER,   2,        0)
MESSAGE_STRUCT(transaction_log_value, TRANSACTION_LOG_VALUE_ROWS)
MESSAGE_TYPE(transaction_log_value)
// clang-format on
