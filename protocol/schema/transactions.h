/* Transactions: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* AddPartitionsToTxnRequest, versions 0 to 5. */
#define ADD_PARTITIONS_TO_TXN_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                         \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_request_topic, ADD_PARTITIONS_TO_TXN_REQUEST_TOPIC_ROWS)
#define ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, transactional_id, FROM(4), NEVER, UNTAGGED, EMPTY)                         \
    FIELD(_, INT64,  producer_id,      FROM(4), NEVER, UNTAGGED, 0)                             \
    FIELD(_, INT16,  producer_epoch,   FROM(4), NEVER, UNTAGGED, 0)                             \
    FIELD(_, BOOL,   verify_only,      FROM(4), NEVER, UNTAGGED, false)                         \
    LIST(_,  add_partitions_to_txn_request_topic,                                               \
                     topics,           FROM(4), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_request_transaction,
               ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTION_ROWS)
#define ADD_PARTITIONS_TO_TXN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    LIST(_,  add_partitions_to_txn_request_transaction,                                  \
                     transactions,                  FROM(4),     NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, v3_and_below_transactional_id, RANGE(0, 3), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT64,  v3_and_below_producer_id,      RANGE(0, 3), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,  v3_and_below_producer_epoch,   RANGE(0, 3), NEVER, UNTAGGED, 0)     \
    LIST(_,  add_partitions_to_txn_request_topic,                                        \
                     v3_and_below_topics,           RANGE(0, 3), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_request, ADD_PARTITIONS_TO_TXN_REQUEST_ROWS)
MESSAGE_TYPE(add_partitions_to_txn_request)

/* AddPartitionsToTxnResponse, versions 0 to 5. */
#define ADD_PARTITIONS_TO_TXN_RESPONSE_PARTITION_RESULT_ROWS(          \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, INT32, partition_index,      FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT16, partition_error_code, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(add_partitions_to_txn_response_partition_result,
               ADD_PARTITIONS_TO_TXN_RESPONSE_PARTITION_RESULT_ROWS)
#define ADD_PARTITIONS_TO_TXN_RESPONSE_TOPIC_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,                 FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    LIST(_,  add_partitions_to_txn_response_partition_result,                                     \
                     results_by_partition, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_response_topic_result,
               ADD_PARTITIONS_TO_TXN_RESPONSE_TOPIC_RESULT_ROWS)
#define ADD_PARTITIONS_TO_TXN_RESPONSE_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, transactional_id, FROM(4), NEVER, UNTAGGED, EMPTY)                     \
    LIST(_,  add_partitions_to_txn_response_topic_result,                                   \
                     topic_results,    FROM(4), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_response_result, ADD_PARTITIONS_TO_TXN_RESPONSE_RESULT_ROWS)
#define ADD_PARTITIONS_TO_TXN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT32, throttle_time_ms,              FROM(0),     NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16, error_code,                    FROM(4),     NEVER, UNTAGGED, 0)     \
    LIST(_,  add_partitions_to_txn_response_result,                                     \
                    results_by_transaction,        FROM(4),     NEVER, UNTAGGED, EMPTY) \
    LIST(_,  add_partitions_to_txn_response_topic_result,                               \
                    results_by_topic_v3_and_below, RANGE(0, 3), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_partitions_to_txn_response, ADD_PARTITIONS_TO_TXN_RESPONSE_ROWS)
MESSAGE_TYPE(add_partitions_to_txn_response)

/* AddOffsetsToTxnRequest, versions 0 to 4. */
#define ADD_OFFSETS_TO_TXN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, transactional_id, FROM(0), NEVER, UNTAGGED, EMPTY)          \
    FIELD(_, INT64,  producer_id,      FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, INT16,  producer_epoch,   FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, STRING, group_id,         FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_offsets_to_txn_request, ADD_OFFSETS_TO_TXN_REQUEST_ROWS)
MESSAGE_TYPE(add_offsets_to_txn_request)

/* AddOffsetsToTxnResponse, versions 0 to 4. */
#define ADD_OFFSETS_TO_TXN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(add_offsets_to_txn_response, ADD_OFFSETS_TO_TXN_RESPONSE_ROWS)
MESSAGE_TYPE(add_offsets_to_txn_response)

/* EndTxnRequest, versions 0 to 5. */
#define END_TXN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, STRING, transactional_id, FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT64,  producer_id,      FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,  producer_epoch,   FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, BOOL,   committed,        FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(end_txn_request, END_TXN_REQUEST_ROWS)
MESSAGE_TYPE(end_txn_request)

/* EndTxnResponse, versions 0 to 5. */
#define END_TXN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, producer_id,      FROM(5), NEVER, UNTAGGED, -1)    \
    FIELD(_, INT16, producer_epoch,   FROM(5), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(end_txn_response, END_TXN_RESPONSE_ROWS)
MESSAGE_TYPE(end_txn_response)

/* WriteTxnMarkersRequest, versions 1 to 2. */
#define WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_TOPIC_ROWS(        \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partition_indexes, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_txn_markers_request_writable_txn_marker_topic,
               WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_TOPIC_ROWS)
#define WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_ROWS(               \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, INT64, producer_id,         FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16, producer_epoch,      FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, BOOL,  transaction_result,  FROM(0), NEVER, UNTAGGED, false) \
    LIST(_,  write_txn_markers_request_writable_txn_marker_topic,         \
                    topics,              FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32, coordinator_epoch,   FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT8,  transaction_version, FROM(2), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(write_txn_markers_request_writable_txn_marker,
               WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_ROWS)
#define WRITE_TXN_MARKERS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, write_txn_markers_request_writable_txn_marker,                      \
              markers, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_txn_markers_request, WRITE_TXN_MARKERS_REQUEST_ROWS)
MESSAGE_TYPE(write_txn_markers_request)

/* WriteTxnMarkersResponse, versions 1 to 2. */
#define WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_PARTITION_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)             \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(write_txn_markers_response_writable_txn_marker_partition_result,
               WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_PARTITION_RESULT_ROWS)
#define WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_TOPIC_RESULT_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)             \
    LIST(_,  write_txn_markers_response_writable_txn_marker_partition_result, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_txn_markers_response_writable_txn_marker_topic_result,
               WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_TOPIC_RESULT_ROWS)
#define WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_RESULT_ROWS(       \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, INT64, producer_id, FROM(0), NEVER, UNTAGGED, 0)             \
    LIST(_,  write_txn_markers_response_writable_txn_marker_topic_result, \
                    topics,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_txn_markers_response_writable_txn_marker_result,
               WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_RESULT_ROWS)
#define WRITE_TXN_MARKERS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, write_txn_markers_response_writable_txn_marker_result,               \
              markers, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_txn_markers_response, WRITE_TXN_MARKERS_RESPONSE_ROWS)
MESSAGE_TYPE(write_txn_markers_response)

/* TxnOffsetCommitRequest, versions 0 to 5. */
#define TXN_OFFSET_COMMIT_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_index,        FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_, INT64,  committed_offset,       FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_, INT32,  committed_leader_epoch, FROM(2), NEVER,   UNTAGGED, -1)              \
    FIELD(_, STRING, committed_metadata,     FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(txn_offset_commit_request_partition, TXN_OFFSET_COMMIT_REQUEST_PARTITION_ROWS)
#define TXN_OFFSET_COMMIT_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                              name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  txn_offset_commit_request_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(txn_offset_commit_request_topic, TXN_OFFSET_COMMIT_REQUEST_TOPIC_ROWS)
#define TXN_OFFSET_COMMIT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, STRING, transactional_id,  FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_id,          FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT64,  producer_id,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  producer_epoch,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  generation_id,     FROM(3), NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, member_id,         FROM(3), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  txn_offset_commit_request_topic,                                     \
                     topics,            FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(txn_offset_commit_request, TXN_OFFSET_COMMIT_REQUEST_ROWS)
MESSAGE_TYPE(txn_offset_commit_request)

/* TxnOffsetCommitResponse, versions 0 to 5. */
#define TXN_OFFSET_COMMIT_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                          \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(txn_offset_commit_response_partition, TXN_OFFSET_COMMIT_RESPONSE_PARTITION_ROWS)
#define TXN_OFFSET_COMMIT_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                               name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  txn_offset_commit_response_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(txn_offset_commit_response_topic, TXN_OFFSET_COMMIT_RESPONSE_TOPIC_ROWS)
#define TXN_OFFSET_COMMIT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32,                            throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  txn_offset_commit_response_topic, topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(txn_offset_commit_response, TXN_OFFSET_COMMIT_RESPONSE_ROWS)
MESSAGE_TYPE(txn_offset_commit_response)

/* DescribeTransactionsRequest, version 0. */
#define DESCRIBE_TRANSACTIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, transactional_ids, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_transactions_request, DESCRIBE_TRANSACTIONS_REQUEST_ROWS)
MESSAGE_TYPE(describe_transactions_request)

/* DescribeTransactionsResponse, version 0. */
#define DESCRIBE_TRANSACTIONS_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY)                               \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_transactions_response_topic_data,
               DESCRIBE_TRANSACTIONS_RESPONSE_TOPIC_DATA_ROWS)
#define DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS(                   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                 \
    FIELD(_, INT16,  error_code,                FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, STRING, transactional_id,          FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, transaction_state,         FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32,  transaction_timeout_ms,    FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,  transaction_start_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,  producer_id,               FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,  producer_epoch,            FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  describe_transactions_response_topic_data,                          \
                     topics,                    FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_transactions_response_transaction_state,
               DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS)
#define DESCRIBE_TRANSACTIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms,   FROM(0), NEVER, UNTAGGED, 0)                 \
    LIST(_,  describe_transactions_response_transaction_state,                       \
                    transaction_states, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_transactions_response, DESCRIBE_TRANSACTIONS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_transactions_response)

/* ListTransactionsRequest, versions 0 to 2. */
#define LIST_TRANSACTIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    ARRAY(_, STRING, state_filters,            FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT64,  producer_id_filters,      FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT64,  duration_filter,          FROM(1), NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, transactional_id_pattern, FROM(2), FROM(2), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(list_transactions_request, LIST_TRANSACTIONS_REQUEST_ROWS)
MESSAGE_TYPE(list_transactions_request)

/* ListTransactionsResponse, versions 0 to 2. */
#define LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, transactional_id,  FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    FIELD(_, INT64,  producer_id,       FROM(0), NEVER, UNTAGGED, 0)                               \
    FIELD(_, STRING, transaction_state, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_transactions_response_transaction_state,
               LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS)
#define LIST_TRANSACTIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms,      FROM(0), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT16,  error_code,            FROM(0), NEVER, UNTAGGED, 0)         \
    ARRAY(_, STRING, unknown_state_filters, FROM(0), NEVER, UNTAGGED, EMPTY)     \
    LIST(_,  list_transactions_response_transaction_state,                       \
                     transaction_states,    FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_transactions_response, LIST_TRANSACTIONS_RESPONSE_ROWS)
MESSAGE_TYPE(list_transactions_response)

/* EndTxnMarker, version 0. */
#define END_TXN_MARKER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, coordinator_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(end_txn_marker, END_TXN_MARKER_ROWS)
MESSAGE_TYPE(end_txn_marker)
// clang-format on
