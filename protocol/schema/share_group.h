/* Share groups of KIP-932: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ShareGroupHeartbeatRequest, version 1. */
#define SHARE_GROUP_HEARTBEAT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, STRING, group_id,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, member_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  member_epoch,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    ARRAY(_, STRING, subscribed_topic_names, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(share_group_heartbeat_request, SHARE_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_TYPE(share_group_heartbeat_request)

/* ShareGroupHeartbeatResponse, version 1. */
#define SHARE_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS(    \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_heartbeat_response_topic_partitions,
               SHARE_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS)
#define SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_heartbeat_response_topic_partitions,                                    \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_heartbeat_response_assignment,
               SHARE_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS)
#define SHARE_GROUP_HEARTBEAT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)     \
    FIELD(_,    INT32,  throttle_time_ms,      FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    STRING, error_message,         FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    STRING, member_id,             FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    INT32,  member_epoch,          FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT32,  heartbeat_interval_ms, FROM(0), NEVER,   UNTAGGED, 0)            \
    OPTIONAL(_, share_group_heartbeat_response_assignment,                               \
                        assignment,            FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(share_group_heartbeat_response, SHARE_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_TYPE(share_group_heartbeat_response)

/* ShareGroupDescribeRequest, version 1. */
#define SHARE_GROUP_DESCRIBE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    ARRAY(_, STRING, group_ids,                     FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   include_authorized_operations, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(share_group_describe_request, SHARE_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_TYPE(share_group_describe_request)

/* ShareGroupDescribeResponse, version 1. */
#define SHARE_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_describe_response_topic_partitions,
               SHARE_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS)
#define SHARE_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, share_group_describe_response_topic_partitions,                                    \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_describe_response_assignment,
               SHARE_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
#define SHARE_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  STRING, member_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    FIELD(_,  STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)    \
    FIELD(_,  INT32,  member_epoch,           FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_,  STRING, client_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    FIELD(_,  STRING, client_host,            FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    ARRAY(_,  STRING, subscribed_topic_names, FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    NESTED(_, share_group_describe_response_assignment,                                    \
                      assignment,             FROM(0), UNTAGGED)
MESSAGE_STRUCT(share_group_describe_response_member, SHARE_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
#define SHARE_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS(                           \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                      \
    FIELD(_, INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,         FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, group_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_state,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  group_epoch,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  assignment_epoch,      FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, assignor_name,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  share_group_describe_response_member,                                    \
                     members,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  authorized_operations, FROM(0), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(share_group_describe_response_described_group,
               SHARE_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
#define SHARE_GROUP_DESCRIBE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                  \
    LIST(_,  share_group_describe_response_described_group,                         \
                    groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_group_describe_response, SHARE_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_TYPE(share_group_describe_response)

/* ShareFetchRequest, versions 1 to 2. */
#define SHARE_FETCH_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,      FROM(0), NEVER, UNTAGGED, 0)                             \
    FIELD(_, INT64, last_offset,       FROM(0), NEVER, UNTAGGED, 0)                             \
    ARRAY(_, INT8,  acknowledge_types, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_request_acknowledgement_batch,
               SHARE_FETCH_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS)
#define SHARE_FETCH_REQUEST_FETCH_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,         FROM(0),     NEVER, UNTAGGED, 0)             \
    FIELD(_, INT32, partition_max_bytes,     RANGE(0, 0), NEVER, UNTAGGED, 0)             \
    LIST(_,  share_fetch_request_acknowledgement_batch,                                   \
                    acknowledgement_batches, FROM(0),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_request_fetch_partition, SHARE_FETCH_REQUEST_FETCH_PARTITION_ROWS)
#define SHARE_FETCH_REQUEST_FETCH_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, UUID,                                topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  share_fetch_request_fetch_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_request_fetch_topic, SHARE_FETCH_REQUEST_FETCH_TOPIC_ROWS)
#define SHARE_FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_request_forgotten_topic, SHARE_FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS)
#define SHARE_FETCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, STRING, group_id,              FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, member_id,             FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  share_session_epoch,   FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  max_wait_ms,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  min_bytes,             FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  max_bytes,             FROM(0), NEVER,   UNTAGGED, INT32_MAX)    \
    FIELD(_, INT32,  max_records,           FROM(1), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  batch_size,            FROM(1), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT8,   share_acquire_mode,    FROM(2), NEVER,   UNTAGGED, 0)            \
    FIELD(_, BOOL,   is_renew_ack,          FROM(2), NEVER,   UNTAGGED, false)        \
    LIST(_,  share_fetch_request_fetch_topic,                                         \
                     topics,                FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  share_fetch_request_forgotten_topic,                                     \
                     forgotten_topics_data, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_request, SHARE_FETCH_REQUEST_ROWS)
MESSAGE_TYPE(share_fetch_request)

/* ShareFetchResponse, versions 1 to 2. */
#define SHARE_FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, leader_id,    FROM(0), NEVER, UNTAGGED, 0)                                 \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_fetch_response_leader_id_and_epoch,
               SHARE_FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
#define SHARE_FETCH_RESPONSE_ACQUIRED_RECORDS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_fetch_response_acquired_records, SHARE_FETCH_RESPONSE_ACQUIRED_RECORDS_ROWS)
#define SHARE_FETCH_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)       \
    FIELD(_,  INT32,   partition_index,           FROM(0), NEVER,       UNTAGGED, 0)            \
    FIELD(_,  INT16,   error_code,                FROM(0), NEVER,       UNTAGGED, 0)            \
    FIELD(_,  STRING,  error_message,             FROM(0), FROM(0),     UNTAGGED, DEFAULT_NULL) \
    FIELD(_,  INT16,   acknowledge_error_code,    FROM(0), NEVER,       UNTAGGED, 0)            \
    FIELD(_,  STRING,  acknowledge_error_message, FROM(0), FROM(0),     UNTAGGED, DEFAULT_NULL) \
    NESTED(_, share_fetch_response_leader_id_and_epoch,                                         \
                       current_leader,            FROM(0), UNTAGGED)                            \
    FIELD(_,  RECORDS, records,                   FROM(0), RANGE(0, 0), UNTAGGED, EMPTY)        \
    LIST(_,   share_fetch_response_acquired_records,                                            \
                       acquired_records,          FROM(0), NEVER,       UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_response_partition_data, SHARE_FETCH_RESPONSE_PARTITION_DATA_ROWS)
#define SHARE_FETCH_RESPONSE_SHARE_FETCHABLE_TOPIC_RESPONSE_ROWS(                              \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                               \
    FIELD(_, UUID,                                topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  share_fetch_response_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_response_share_fetchable_topic_response,
               SHARE_FETCH_RESPONSE_SHARE_FETCHABLE_TOPIC_RESPONSE_ROWS)
#define SHARE_FETCH_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(0), NEVER,   UNTAGGED, 0)                             \
    FIELD(_, STRING, host,    FROM(0), NEVER,   UNTAGGED, EMPTY)                         \
    FIELD(_, INT32,  port,    FROM(0), NEVER,   UNTAGGED, 0)                             \
    FIELD(_, STRING, rack,    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(share_fetch_response_node_endpoint, SHARE_FETCH_RESPONSE_NODE_ENDPOINT_ROWS)
#define SHARE_FETCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32,  throttle_time_ms,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,                  FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  acquisition_lock_timeout_ms, FROM(1), NEVER,   UNTAGGED, 0)            \
    LIST(_,  share_fetch_response_share_fetchable_topic_response,                           \
                     responses,                   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  share_fetch_response_node_endpoint,                                            \
                     node_endpoints,              FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_fetch_response, SHARE_FETCH_RESPONSE_ROWS)
MESSAGE_TYPE(share_fetch_response)

/* ShareAcknowledgeRequest, versions 1 to 2. */
#define SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS(           \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                        \
    FIELD(_, INT64, first_offset,      FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, last_offset,       FROM(0), NEVER, UNTAGGED, 0)     \
    ARRAY(_, INT8,  acknowledge_types, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_request_acknowledgement_batch,
               SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGEMENT_BATCH_ROWS)
#define SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_PARTITION_ROWS(                 \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32, partition_index,         FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  share_acknowledge_request_acknowledgement_batch,                 \
                    acknowledgement_batches, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_request_acknowledge_partition,
               SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_PARTITION_ROWS)
#define SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                                   \
    LIST(_,  share_acknowledge_request_acknowledge_partition,                                     \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_request_acknowledge_topic,
               SHARE_ACKNOWLEDGE_REQUEST_ACKNOWLEDGE_TOPIC_ROWS)
#define SHARE_ACKNOWLEDGE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)     \
    FIELD(_, STRING, group_id,            FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, member_id,           FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  share_session_epoch, FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, BOOL,   is_renew_ack,        FROM(2), NEVER,   UNTAGGED, false)        \
    LIST(_,  share_acknowledge_request_acknowledge_topic,                           \
                     topics,              FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_request, SHARE_ACKNOWLEDGE_REQUEST_ROWS)
MESSAGE_TYPE(share_acknowledge_request)

/* ShareAcknowledgeResponse, versions 1 to 2. */
#define SHARE_ACKNOWLEDGE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS(   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    FIELD(_, INT32, leader_id,    FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(share_acknowledge_response_leader_id_and_epoch,
               SHARE_ACKNOWLEDGE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
#define SHARE_ACKNOWLEDGE_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32,  partition_index, FROM(0), NEVER,   UNTAGGED, 0)                           \
    FIELD(_,  INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)                           \
    FIELD(_,  STRING, error_message,   FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)                \
    NESTED(_, share_acknowledge_response_leader_id_and_epoch,                                   \
                      current_leader,  FROM(0), UNTAGGED)
MESSAGE_STRUCT(share_acknowledge_response_partition_data,
               SHARE_ACKNOWLEDGE_RESPONSE_PARTITION_DATA_ROWS)
#define SHARE_ACKNOWLEDGE_RESPONSE_TOPIC_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                                 \
    LIST(_,  share_acknowledge_response_partition_data,                                         \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_response_topic_response,
               SHARE_ACKNOWLEDGE_RESPONSE_TOPIC_RESPONSE_ROWS)
#define SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(0), NEVER,   UNTAGGED, 0)                                   \
    FIELD(_, STRING, host,    FROM(0), NEVER,   UNTAGGED, EMPTY)                               \
    FIELD(_, INT32,  port,    FROM(0), NEVER,   UNTAGGED, 0)                                   \
    FIELD(_, STRING, rack,    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(share_acknowledge_response_node_endpoint,
               SHARE_ACKNOWLEDGE_RESPONSE_NODE_ENDPOINT_ROWS)
#define SHARE_ACKNOWLEDGE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)            \
    FIELD(_, INT32,  throttle_time_ms,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,                  FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  acquisition_lock_timeout_ms, FROM(2), NEVER,   UNTAGGED, 0)            \
    LIST(_,  share_acknowledge_response_topic_response,                                     \
                     responses,                   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  share_acknowledge_response_node_endpoint,                                      \
                     node_endpoints,              FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(share_acknowledge_response, SHARE_ACKNOWLEDGE_RESPONSE_ROWS)
MESSAGE_TYPE(share_acknowledge_response)

/* DescribeShareGroupOffsetsRequest, versions 0 to 1. */
#define DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                                \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_share_group_offsets_request_topic,
               DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
#define DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER,   UNTAGGED, EMPTY)                                \
    LIST(_,  describe_share_group_offsets_request_topic,                                         \
                     topics,   FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_share_group_offsets_request_group,
               DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_GROUP_ROWS)
#define DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)       \
    LIST(_, describe_share_group_offsets_request_group, groups, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_share_group_offsets_request, DESCRIBE_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_TYPE(describe_share_group_offsets_request)

/* DescribeShareGroupOffsetsResponse, versions 0 to 1. */
#define DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS(                   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT64,  start_offset,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  leader_epoch,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT64,  lag,             FROM(1), NEVER,   UNTAGGED, -1)           \
    FIELD(_, INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,   FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(describe_share_group_offsets_response_partition,
               DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS)
#define DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                                 \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                                 \
    LIST(_,  describe_share_group_offsets_response_partition,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_share_group_offsets_response_topic,
               DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
#define DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,      FROM(0), NEVER,   UNTAGGED, EMPTY)                            \
    LIST(_,  describe_share_group_offsets_response_topic,                                         \
                     topics,        FROM(0), NEVER,   UNTAGGED, EMPTY)                            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                                \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(describe_share_group_offsets_response_group,
               DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_GROUP_ROWS)
#define DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                          \
    LIST(_,  describe_share_group_offsets_response_group,                                   \
                    groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_share_group_offsets_response, DESCRIBE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_share_group_offsets_response)

/* AlterShareGroupOffsetsRequest, version 0. */
#define ALTER_SHARE_GROUP_OFFSETS_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                                 \
    FIELD(_, INT64, start_offset,    FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(alter_share_group_offsets_request_partition,
               ALTER_SHARE_GROUP_OFFSETS_REQUEST_PARTITION_ROWS)
#define ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                             \
    LIST(_,  alter_share_group_offsets_request_partition,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_share_group_offsets_request_topic,
               ALTER_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
#define ALTER_SHARE_GROUP_OFFSETS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                                  group_id, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  alter_share_group_offsets_request_topic, topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_share_group_offsets_request, ALTER_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_TYPE(alter_share_group_offsets_request)

/* AlterShareGroupOffsetsResponse, version 0. */
#define ALTER_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER,   UNTAGGED, 0)                               \
    FIELD(_, INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)                               \
    FIELD(_, STRING, error_message,   FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(alter_share_group_offsets_response_partition,
               ALTER_SHARE_GROUP_OFFSETS_RESPONSE_PARTITION_ROWS)
#define ALTER_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    LIST(_,  alter_share_group_offsets_response_partition,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_share_group_offsets_response_topic,
               ALTER_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
#define ALTER_SHARE_GROUP_OFFSETS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)         \
    LIST(_,  alter_share_group_offsets_response_topic,                                   \
                     responses,        FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_share_group_offsets_response, ALTER_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_share_group_offsets_response)

/* DeleteShareGroupOffsetsRequest, version 0. */
#define DELETE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_offsets_request_topic,
               DELETE_SHARE_GROUP_OFFSETS_REQUEST_TOPIC_ROWS)
#define DELETE_SHARE_GROUP_OFFSETS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                                   group_id, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  delete_share_group_offsets_request_topic, topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_offsets_request, DELETE_SHARE_GROUP_OFFSETS_REQUEST_ROWS)
MESSAGE_TYPE(delete_share_group_offsets_request)

/* DeleteShareGroupOffsetsResponse, version 0. */
#define DELETE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name,    FROM(0), NEVER,   UNTAGGED, EMPTY)                          \
    FIELD(_, UUID,   topic_id,      FROM(0), NEVER,   UNTAGGED, EMPTY)                          \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                              \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(delete_share_group_offsets_response_topic,
               DELETE_SHARE_GROUP_OFFSETS_RESPONSE_TOPIC_ROWS)
#define DELETE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)          \
    LIST(_,  delete_share_group_offsets_response_topic,                                   \
                     responses,        FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_offsets_response, DELETE_SHARE_GROUP_OFFSETS_RESPONSE_ROWS)
MESSAGE_TYPE(delete_share_group_offsets_response)
// clang-format on
