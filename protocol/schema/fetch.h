/* Fetch, offsets and epochs of partitions: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* FetchRequest, versions 4 to 18. */
#define FETCH_REQUEST_REPLICA_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, replica_id,    FROM(15), NEVER, UNTAGGED, -1)                 \
    FIELD(_, INT64, replica_epoch, FROM(15), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(fetch_request_replica_state, FETCH_REQUEST_REPLICA_STATE_ROWS)
#define FETCH_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT32, partition,            FROM(0),  NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32, current_leader_epoch, FROM(9),  NEVER, UNTAGGED, -1)        \
    FIELD(_, INT64, fetch_offset,         FROM(0),  NEVER, UNTAGGED, 0)         \
    FIELD(_, INT32, last_fetched_epoch,   FROM(12), NEVER, UNTAGGED, -1)        \
    FIELD(_, INT64, log_start_offset,     FROM(5),  NEVER, UNTAGGED, -1)        \
    FIELD(_, INT32, partition_max_bytes,  FROM(0),  NEVER, UNTAGGED, 0)         \
    FIELD(_, UUID,  replica_directory_id, FROM(17), NEVER, 0,        EMPTY)     \
    FIELD(_, INT64, high_watermark,       FROM(18), NEVER, 1,        INT64_MAX)
MESSAGE_STRUCT(fetch_request_partition, FETCH_REQUEST_PARTITION_ROWS)
#define FETCH_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    FIELD(_, STRING,                  topic,      RANGE(0, 12), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UUID,                    topic_id,   FROM(13),     NEVER, UNTAGGED, EMPTY) \
    LIST(_,  fetch_request_partition, partitions, FROM(0),      NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_request_topic, FETCH_REQUEST_TOPIC_ROWS)
#define FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic,      RANGE(7, 12), NEVER, UNTAGGED, EMPTY)              \
    FIELD(_, UUID,   topic_id,   FROM(13),     NEVER, UNTAGGED, EMPTY)              \
    ARRAY(_, INT32,  partitions, FROM(7),      NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_request_forgotten_topic, FETCH_REQUEST_FORGOTTEN_TOPIC_ROWS)
#define FETCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_,  STRING, cluster_id,            FROM(12),     FROM(12), 0,        DEFAULT_NULL) \
    FIELD(_,  INT32,  replica_id,            RANGE(0, 14), NEVER,    UNTAGGED, -1)           \
    NESTED(_, fetch_request_replica_state,                                                   \
                      replica_state,         FROM(15),     1)                                \
    FIELD(_,  INT32,  max_wait_ms,           FROM(0),      NEVER,    UNTAGGED, 0)            \
    FIELD(_,  INT32,  min_bytes,             FROM(0),      NEVER,    UNTAGGED, 0)            \
    FIELD(_,  INT32,  max_bytes,             FROM(3),      NEVER,    UNTAGGED, INT32_MAX)    \
    FIELD(_,  INT8,   isolation_level,       FROM(4),      NEVER,    UNTAGGED, 0)            \
    FIELD(_,  INT32,  session_id,            FROM(7),      NEVER,    UNTAGGED, 0)            \
    FIELD(_,  INT32,  session_epoch,         FROM(7),      NEVER,    UNTAGGED, -1)           \
    LIST(_,   fetch_request_topic,                                                           \
                      topics,                FROM(0),      NEVER,    UNTAGGED, EMPTY)        \
    LIST(_,   fetch_request_forgotten_topic,                                                 \
                      forgotten_topics_data, FROM(7),      NEVER,    UNTAGGED, EMPTY)        \
    FIELD(_,  STRING, rack_id,               FROM(11),     NEVER,    UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_request, FETCH_REQUEST_ROWS)
MESSAGE_TYPE(fetch_request)

/* FetchResponse, versions 4 to 18. */
#define FETCH_RESPONSE_EPOCH_END_OFFSET_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,      FROM(12), NEVER, UNTAGGED, -1)                        \
    FIELD(_, INT64, end_offset, FROM(12), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(fetch_response_epoch_end_offset, FETCH_RESPONSE_EPOCH_END_OFFSET_ROWS)
#define FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, leader_id,    FROM(12), NEVER, UNTAGGED, -1)                         \
    FIELD(_, INT32, leader_epoch, FROM(12), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(fetch_response_leader_id_and_epoch, FETCH_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
#define FETCH_RESPONSE_SNAPSHOT_ID_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, end_offset, FROM(0), NEVER, UNTAGGED, -1)                    \
    FIELD(_, INT32, epoch,      FROM(0), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(fetch_response_snapshot_id, FETCH_RESPONSE_SNAPSHOT_ID_ROWS)
#define FETCH_RESPONSE_ABORTED_TRANSACTION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, producer_id,  FROM(4), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT64, first_offset, FROM(4), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fetch_response_aborted_transaction, FETCH_RESPONSE_ABORTED_TRANSACTION_ROWS)
#define FETCH_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32,   partition_index,        FROM(0),  NEVER,   UNTAGGED, 0)      \
    FIELD(_,  INT16,   error_code,             FROM(0),  NEVER,   UNTAGGED, 0)      \
    FIELD(_,  INT64,   high_watermark,         FROM(0),  NEVER,   UNTAGGED, 0)      \
    FIELD(_,  INT64,   last_stable_offset,     FROM(4),  NEVER,   UNTAGGED, -1)     \
    FIELD(_,  INT64,   log_start_offset,       FROM(5),  NEVER,   UNTAGGED, -1)     \
    NESTED(_, fetch_response_epoch_end_offset,                                      \
                       diverging_epoch,        FROM(12), 0)                         \
    NESTED(_, fetch_response_leader_id_and_epoch,                                   \
                       current_leader,         FROM(12), 1)                         \
    NESTED(_, fetch_response_snapshot_id,                                           \
                       snapshot_id,            FROM(12), 2)                         \
    LIST(_,   fetch_response_aborted_transaction,                                   \
                       aborted_transactions,   FROM(4),  FROM(4), UNTAGGED, EMPTY)  \
    FIELD(_,  INT32,   preferred_read_replica, FROM(11), NEVER,   UNTAGGED, -1)     \
    FIELD(_,  RECORDS, records,                FROM(0),  FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_response_partition_data, FETCH_RESPONSE_PARTITION_DATA_ROWS)
#define FETCH_RESPONSE_FETCHABLE_TOPIC_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING,                        topic,      RANGE(0, 12), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UUID,                          topic_id,   FROM(13),     NEVER, UNTAGGED, EMPTY) \
    LIST(_,  fetch_response_partition_data, partitions, FROM(0),      NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_response_fetchable_topic_response,
               FETCH_RESPONSE_FETCHABLE_TOPIC_RESPONSE_ROWS)
#define FETCH_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(16), NEVER,    UNTAGGED, 0)                     \
    FIELD(_, STRING, host,    FROM(16), NEVER,    UNTAGGED, EMPTY)                 \
    FIELD(_, INT32,  port,    FROM(16), NEVER,    UNTAGGED, 0)                     \
    FIELD(_, STRING, rack,    FROM(16), FROM(16), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(fetch_response_node_endpoint, FETCH_RESPONSE_NODE_ENDPOINT_ROWS)
#define FETCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT32, throttle_time_ms, FROM(1),  NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16, error_code,       FROM(7),  NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, session_id,       FROM(7),  NEVER, UNTAGGED, 0)     \
    LIST(_,  fetch_response_fetchable_topic_response,                   \
                    responses,        FROM(0),  NEVER, UNTAGGED, EMPTY) \
    LIST(_,  fetch_response_node_endpoint,                              \
                    node_endpoints,   FROM(16), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(fetch_response, FETCH_RESPONSE_ROWS)
MESSAGE_TYPE(fetch_response)

/* ListOffsetsRequest, versions 1 to 11. */
#define LIST_OFFSETS_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,      FROM(0), NEVER, UNTAGGED, 0)               \
    FIELD(_, INT32, current_leader_epoch, FROM(4), NEVER, UNTAGGED, -1)              \
    FIELD(_, INT64, timestamp,            FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(list_offsets_request_partition, LIST_OFFSETS_REQUEST_PARTITION_ROWS)
#define LIST_OFFSETS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                         name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  list_offsets_request_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_offsets_request_topic, LIST_OFFSETS_REQUEST_TOPIC_ROWS)
#define LIST_OFFSETS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32,                      replica_id,      FROM(0),  NEVER, UNTAGGED, 0)     \
    FIELD(_, INT8,                       isolation_level, FROM(2),  NEVER, UNTAGGED, 0)     \
    LIST(_,  list_offsets_request_topic, topics,          FROM(0),  NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32,                      timeout_ms,      FROM(10), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(list_offsets_request, LIST_OFFSETS_REQUEST_ROWS)
MESSAGE_TYPE(list_offsets_request)

/* ListOffsetsResponse, versions 1 to 11. */
#define LIST_OFFSETS_RESPONSE_PARTITION_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT64, timestamp,       FROM(1), NEVER, UNTAGGED, -1)                             \
    FIELD(_, INT64, offset,          FROM(1), NEVER, UNTAGGED, -1)                             \
    FIELD(_, INT32, leader_epoch,    FROM(4), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(list_offsets_response_partition_response,
               LIST_OFFSETS_RESPONSE_PARTITION_RESPONSE_ROWS)
#define LIST_OFFSETS_RESPONSE_TOPIC_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    LIST(_,  list_offsets_response_partition_response,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_offsets_response_topic_response, LIST_OFFSETS_RESPONSE_TOPIC_RESPONSE_ROWS)
#define LIST_OFFSETS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(2), NEVER, UNTAGGED, 0)          \
    LIST(_,  list_offsets_response_topic_response,                          \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_offsets_response, LIST_OFFSETS_RESPONSE_ROWS)
MESSAGE_TYPE(list_offsets_response)

/* OffsetForLeaderEpochRequest, versions 2 to 4. */
#define OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_PARTITION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, INT32, partition,            FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT32, current_leader_epoch, FROM(2), NEVER, UNTAGGED, -1)   \
    FIELD(_, INT32, leader_epoch,         FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_for_leader_epoch_request_offset_for_leader_partition,
               OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_PARTITION_ROWS)
#define OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_TOPIC_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY)         \
    LIST(_,  offset_for_leader_epoch_request_offset_for_leader_partition, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_for_leader_epoch_request_offset_for_leader_topic,
               OFFSET_FOR_LEADER_EPOCH_REQUEST_OFFSET_FOR_LEADER_TOPIC_ROWS)
#define OFFSET_FOR_LEADER_EPOCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, replica_id, FROM(3), NEVER, UNTAGGED, -2)                         \
    LIST(_,  offset_for_leader_epoch_request_offset_for_leader_topic,                 \
                    topics,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_for_leader_epoch_request, OFFSET_FOR_LEADER_EPOCH_REQUEST_ROWS)
MESSAGE_TYPE(offset_for_leader_epoch_request)

/* OffsetForLeaderEpochResponse, versions 2 to 4. */
#define OFFSET_FOR_LEADER_EPOCH_RESPONSE_EPOCH_END_OFFSET_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, INT16, error_code,   FROM(0), NEVER, UNTAGGED, 0)  \
    FIELD(_, INT32, partition,    FROM(0), NEVER, UNTAGGED, 0)  \
    FIELD(_, INT32, leader_epoch, FROM(1), NEVER, UNTAGGED, -1) \
    FIELD(_, INT64, end_offset,   FROM(0), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(offset_for_leader_epoch_response_epoch_end_offset,
               OFFSET_FOR_LEADER_EPOCH_RESPONSE_EPOCH_END_OFFSET_ROWS)
#define OFFSET_FOR_LEADER_EPOCH_RESPONSE_OFFSET_FOR_LEADER_TOPIC_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY)             \
    LIST(_,  offset_for_leader_epoch_response_epoch_end_offset,               \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_for_leader_epoch_response_offset_for_leader_topic_result,
               OFFSET_FOR_LEADER_EPOCH_RESPONSE_OFFSET_FOR_LEADER_TOPIC_RESULT_ROWS)
#define OFFSET_FOR_LEADER_EPOCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(2), NEVER, UNTAGGED, 0)                     \
    LIST(_,  offset_for_leader_epoch_response_offset_for_leader_topic_result,          \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_for_leader_epoch_response, OFFSET_FOR_LEADER_EPOCH_RESPONSE_ROWS)
MESSAGE_TYPE(offset_for_leader_epoch_response)

/* FetchSnapshotRequest, versions 0 to 1. */
#define FETCH_SNAPSHOT_REQUEST_SNAPSHOT_ID_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, end_offset, FROM(0), NEVER, UNTAGGED, 0)                             \
    FIELD(_, INT32, epoch,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fetch_snapshot_request_snapshot_id, FETCH_SNAPSHOT_REQUEST_SNAPSHOT_ID_ROWS)
#define FETCH_SNAPSHOT_REQUEST_PARTITION_SNAPSHOT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32, partition,            FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_,  INT32, current_leader_epoch, FROM(0), NEVER, UNTAGGED, 0)                         \
    NESTED(_, fetch_snapshot_request_snapshot_id,                                               \
                     snapshot_id,          FROM(0), UNTAGGED)                                   \
    FIELD(_,  INT64, position,             FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_,  UUID,  replica_directory_id, FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(fetch_snapshot_request_partition_snapshot,
               FETCH_SNAPSHOT_REQUEST_PARTITION_SNAPSHOT_ROWS)
#define FETCH_SNAPSHOT_REQUEST_TOPIC_SNAPSHOT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    LIST(_,  fetch_snapshot_request_partition_snapshot,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_snapshot_request_topic_snapshot, FETCH_SNAPSHOT_REQUEST_TOPIC_SNAPSHOT_ROWS)
#define FETCH_SNAPSHOT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, cluster_id, FROM(0), FROM(0), 0,        DEFAULT_NULL)   \
    FIELD(_, INT32,  replica_id, FROM(0), NEVER,   UNTAGGED, -1)             \
    FIELD(_, INT32,  max_bytes,  FROM(0), NEVER,   UNTAGGED, INT32_MAX)      \
    LIST(_,  fetch_snapshot_request_topic_snapshot,                          \
                     topics,     FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_snapshot_request, FETCH_SNAPSHOT_REQUEST_ROWS)
MESSAGE_TYPE(fetch_snapshot_request)

/* FetchSnapshotResponse, versions 0 to 1. */
#define FETCH_SNAPSHOT_RESPONSE_SNAPSHOT_ID_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, end_offset, FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT32, epoch,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fetch_snapshot_response_snapshot_id, FETCH_SNAPSHOT_RESPONSE_SNAPSHOT_ID_ROWS)
#define FETCH_SNAPSHOT_RESPONSE_LEADER_ID_AND_EPOCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, leader_id,    FROM(0), NEVER, UNTAGGED, 0)                                    \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fetch_snapshot_response_leader_id_and_epoch,
               FETCH_SNAPSHOT_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
#define FETCH_SNAPSHOT_RESPONSE_PARTITION_SNAPSHOT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32,   index,             FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_,  INT16,   error_code,        FROM(0), NEVER, UNTAGGED, 0)                           \
    NESTED(_, fetch_snapshot_response_snapshot_id,                                               \
                       snapshot_id,       FROM(0), UNTAGGED)                                     \
    NESTED(_, fetch_snapshot_response_leader_id_and_epoch,                                       \
                       current_leader,    FROM(0), 0)                                            \
    FIELD(_,  INT64,   size,              FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_,  INT64,   position,          FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_,  RECORDS, unaligned_records, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_snapshot_response_partition_snapshot,
               FETCH_SNAPSHOT_RESPONSE_PARTITION_SNAPSHOT_ROWS)
#define FETCH_SNAPSHOT_RESPONSE_TOPIC_SNAPSHOT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                            \
    LIST(_,  fetch_snapshot_response_partition_snapshot,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(fetch_snapshot_response_topic_snapshot, FETCH_SNAPSHOT_RESPONSE_TOPIC_SNAPSHOT_ROWS)
#define FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(1), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, STRING, host,    FROM(1), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, UINT16, port,    FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fetch_snapshot_response_node_endpoint, FETCH_SNAPSHOT_RESPONSE_NODE_ENDPOINT_ROWS)
#define FETCH_SNAPSHOT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)            \
    LIST(_,  fetch_snapshot_response_topic_snapshot,                          \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)        \
    LIST(_,  fetch_snapshot_response_node_endpoint,                           \
                    node_endpoints,   FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(fetch_snapshot_response, FETCH_SNAPSHOT_RESPONSE_ROWS)
MESSAGE_TYPE(fetch_snapshot_response)
// clang-format on
