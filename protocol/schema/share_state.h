/* The state of share groups of KIP-932: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* InitializeShareGroupStateRequest, version 0. */
#define INITIALIZE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32, partition,    FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT32, state_epoch,  FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT64, start_offset, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(initialize_share_group_state_request_partition_data,
               INITIALIZE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
#define INITIALIZE_SHARE_GROUP_STATE_REQUEST_INITIALIZE_STATE_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)          \
    LIST(_,  initialize_share_group_state_request_partition_data,        \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(initialize_share_group_state_request_initialize_state_data,
               INITIALIZE_SHARE_GROUP_STATE_REQUEST_INITIALIZE_STATE_DATA_ROWS)
#define INITIALIZE_SHARE_GROUP_STATE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER, UNTAGGED, EMPTY)                            \
    LIST(_,  initialize_share_group_state_request_initialize_state_data,                   \
                     topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(initialize_share_group_state_request, INITIALIZE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_TYPE(initialize_share_group_state_request)

/* InitializeShareGroupStateResponse, version 0. */
#define INITIALIZE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS(          \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32,  partition,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(initialize_share_group_state_response_partition_result,
               INITIALIZE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
#define INITIALIZE_SHARE_GROUP_STATE_RESPONSE_INITIALIZE_STATE_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                            \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)             \
    LIST(_,  initialize_share_group_state_response_partition_result,        \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(initialize_share_group_state_response_initialize_state_result,
               INITIALIZE_SHARE_GROUP_STATE_RESPONSE_INITIALIZE_STATE_RESULT_ROWS)
#define INITIALIZE_SHARE_GROUP_STATE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, initialize_share_group_state_response_initialize_state_result,                  \
              results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(initialize_share_group_state_response, INITIALIZE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_TYPE(initialize_share_group_state_response)

/* ReadShareGroupStateRequest, version 0. */
#define READ_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS(    \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    FIELD(_, INT32, partition,    FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(read_share_group_state_request_partition_data,
               READ_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
#define READ_SHARE_GROUP_STATE_REQUEST_READ_STATE_DATA_ROWS(    \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  read_share_group_state_request_partition_data,     \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_request_read_state_data,
               READ_SHARE_GROUP_STATE_REQUEST_READ_STATE_DATA_ROWS)
#define READ_SHARE_GROUP_STATE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER, UNTAGGED, EMPTY)                      \
    LIST(_,  read_share_group_state_request_read_state_data,                         \
                     topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_request, READ_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_TYPE(read_share_group_state_request)

/* ReadShareGroupStateResponse, version 0. */
#define READ_SHARE_GROUP_STATE_RESPONSE_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(read_share_group_state_response_state_batch,
               READ_SHARE_GROUP_STATE_RESPONSE_STATE_BATCH_ROWS)
#define READ_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS(                \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32,  partition,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  state_epoch,   FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT64,  start_offset,  FROM(0), NEVER,   UNTAGGED, 0)            \
    LIST(_,  read_share_group_state_response_state_batch,                     \
                     state_batches, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_response_partition_result,
               READ_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
#define READ_SHARE_GROUP_STATE_RESPONSE_READ_STATE_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  read_share_group_state_response_partition_result,  \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_response_read_state_result,
               READ_SHARE_GROUP_STATE_RESPONSE_READ_STATE_RESULT_ROWS)
#define READ_SHARE_GROUP_STATE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, read_share_group_state_response_read_state_result,                        \
              results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_response, READ_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_TYPE(read_share_group_state_response)

/* WriteShareGroupStateRequest, versions 0 to 1. */
#define WRITE_SHARE_GROUP_STATE_REQUEST_STATE_BATCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, first_offset,   FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT64, last_offset,    FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT8,  delivery_state, FROM(0), NEVER, UNTAGGED, 0)                                  \
    FIELD(_, INT16, delivery_count, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(write_share_group_state_request_state_batch,
               WRITE_SHARE_GROUP_STATE_REQUEST_STATE_BATCH_ROWS)
#define WRITE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS(                  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32, partition,               FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, state_epoch,             FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, leader_epoch,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64, start_offset,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, delivery_complete_count, FROM(1), NEVER, UNTAGGED, -1)    \
    LIST(_,  write_share_group_state_request_state_batch,                     \
                    state_batches,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_share_group_state_request_partition_data,
               WRITE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
#define WRITE_SHARE_GROUP_STATE_REQUEST_WRITE_STATE_DATA_ROWS(  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  write_share_group_state_request_partition_data,    \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_share_group_state_request_write_state_data,
               WRITE_SHARE_GROUP_STATE_REQUEST_WRITE_STATE_DATA_ROWS)
#define WRITE_SHARE_GROUP_STATE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    LIST(_,  write_share_group_state_request_write_state_data,                        \
                     topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_share_group_state_request, WRITE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_TYPE(write_share_group_state_request)

/* WriteShareGroupStateResponse, versions 0 to 1. */
#define WRITE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS(               \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32,  partition,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(write_share_group_state_response_partition_result,
               WRITE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
#define WRITE_SHARE_GROUP_STATE_RESPONSE_WRITE_STATE_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)   \
    LIST(_,  write_share_group_state_response_partition_result,   \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_share_group_state_response_write_state_result,
               WRITE_SHARE_GROUP_STATE_RESPONSE_WRITE_STATE_RESULT_ROWS)
#define WRITE_SHARE_GROUP_STATE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, write_share_group_state_response_write_state_result,                       \
              results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(write_share_group_state_response, WRITE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_TYPE(write_share_group_state_response)

/* DeleteShareGroupStateRequest, version 0. */
#define DELETE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, INT32, partition, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_share_group_state_request_partition_data,
               DELETE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
#define DELETE_SHARE_GROUP_STATE_REQUEST_DELETE_STATE_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)  \
    LIST(_,  delete_share_group_state_request_partition_data,    \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_state_request_delete_state_data,
               DELETE_SHARE_GROUP_STATE_REQUEST_DELETE_STATE_DATA_ROWS)
#define DELETE_SHARE_GROUP_STATE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER, UNTAGGED, EMPTY)                        \
    LIST(_,  delete_share_group_state_request_delete_state_data,                       \
                     topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_state_request, DELETE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_TYPE(delete_share_group_state_request)

/* DeleteShareGroupStateResponse, version 0. */
#define DELETE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS(              \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, INT32,  partition,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(delete_share_group_state_response_partition_result,
               DELETE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
#define DELETE_SHARE_GROUP_STATE_RESPONSE_DELETE_STATE_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)     \
    LIST(_,  delete_share_group_state_response_partition_result,    \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_state_response_delete_state_result,
               DELETE_SHARE_GROUP_STATE_RESPONSE_DELETE_STATE_RESULT_ROWS)
#define DELETE_SHARE_GROUP_STATE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, delete_share_group_state_response_delete_state_result,                      \
              results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_share_group_state_response, DELETE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_TYPE(delete_share_group_state_response)

/* ReadShareGroupStateSummaryRequest, versions 0 to 1. */
#define READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_PARTITION_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                    \
    FIELD(_, INT32, partition,    FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, INT32, leader_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(read_share_group_state_summary_request_partition_data,
               READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_PARTITION_DATA_ROWS)
#define READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_READ_STATE_SUMMARY_DATA_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                             \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)              \
    LIST(_,  read_share_group_state_summary_request_partition_data,          \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_summary_request_read_state_summary_data,
               READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_READ_STATE_SUMMARY_DATA_ROWS)
#define READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    LIST(_,  read_share_group_state_summary_request_read_state_summary_data,                 \
                     topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_summary_request, READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_ROWS)
MESSAGE_TYPE(read_share_group_state_summary_request)

/* ReadShareGroupStateSummaryResponse, versions 0 to 1. */
#define READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_PARTITION_RESULT_ROWS(                  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                        \
    FIELD(_, INT32,  partition,               FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,              FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,           FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  state_epoch,             FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  leader_epoch,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT64,  start_offset,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  delivery_complete_count, FROM(1), NEVER,   UNTAGGED, -1)
MESSAGE_STRUCT(read_share_group_state_summary_response_partition_result,
               READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_PARTITION_RESULT_ROWS)
#define READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_READ_STATE_SUMMARY_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                 \
    LIST(_,  read_share_group_state_summary_response_partition_result,          \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_summary_response_read_state_summary_result,
               READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_READ_STATE_SUMMARY_RESULT_ROWS)
#define READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, read_share_group_state_summary_response_read_state_summary_result,                \
              results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(read_share_group_state_summary_response,
               READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_ROWS)
MESSAGE_TYPE(read_share_group_state_summary_response)
// clang-format on
