/* Produce and producer ids: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ProduceRequest, versions 3 to 13. */
#define PRODUCE_REQUEST_PARTITION_PRODUCE_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,   index,   FROM(0), NEVER,   UNTAGGED, 0)                                \
    FIELD(_, RECORDS, records, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(produce_request_partition_produce_data, PRODUCE_REQUEST_PARTITION_PRODUCE_DATA_ROWS)
#define PRODUCE_REQUEST_TOPIC_PRODUCE_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,           RANGE(0, 12), NEVER, UNTAGGED, EMPTY)               \
    FIELD(_, UUID,   topic_id,       FROM(13),     NEVER, UNTAGGED, EMPTY)               \
    LIST(_,  produce_request_partition_produce_data,                                     \
                     partition_data, FROM(0),      NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(produce_request_topic_produce_data, PRODUCE_REQUEST_TOPIC_PRODUCE_DATA_ROWS)
#define PRODUCE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)            \
    FIELD(_, STRING, transactional_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT16,  acks,             FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  timeout_ms,       FROM(0), NEVER,   UNTAGGED, 0)            \
    LIST(_,  produce_request_topic_produce_data,                                 \
                     topic_data,       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(produce_request, PRODUCE_REQUEST_ROWS)
MESSAGE_TYPE(produce_request)

/* ProduceResponse, versions 3 to 13. */
#define PRODUCE_RESPONSE_BATCH_INDEX_AND_ERROR_MESSAGE_ROWS(                              \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                          \
    FIELD(_, INT32,  batch_index,               FROM(8), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, batch_index_error_message, FROM(8), FROM(8), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(produce_response_batch_index_and_error_message,
               PRODUCE_RESPONSE_BATCH_INDEX_AND_ERROR_MESSAGE_ROWS)
#define PRODUCE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, leader_id,    FROM(10), NEVER, UNTAGGED, -1)                           \
    FIELD(_, INT32, leader_epoch, FROM(10), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(produce_response_leader_id_and_epoch, PRODUCE_RESPONSE_LEADER_ID_AND_EPOCH_ROWS)
#define PRODUCE_RESPONSE_PARTITION_PRODUCE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32,  index,              FROM(0),  NEVER,   UNTAGGED, 0)                         \
    FIELD(_,  INT16,  error_code,         FROM(0),  NEVER,   UNTAGGED, 0)                         \
    FIELD(_,  INT64,  base_offset,        FROM(0),  NEVER,   UNTAGGED, 0)                         \
    FIELD(_,  INT64,  log_append_time_ms, FROM(2),  NEVER,   UNTAGGED, -1)                        \
    FIELD(_,  INT64,  log_start_offset,   FROM(5),  NEVER,   UNTAGGED, -1)                        \
    LIST(_,   produce_response_batch_index_and_error_message,                                     \
                      record_errors,      FROM(8),  NEVER,   UNTAGGED, EMPTY)                     \
    FIELD(_,  STRING, error_message,      FROM(8),  FROM(8), UNTAGGED, DEFAULT_NULL)              \
    NESTED(_, produce_response_leader_id_and_epoch,                                               \
                      current_leader,     FROM(10), 0)
MESSAGE_STRUCT(produce_response_partition_produce_response,
               PRODUCE_RESPONSE_PARTITION_PRODUCE_RESPONSE_ROWS)
#define PRODUCE_RESPONSE_TOPIC_PRODUCE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,                RANGE(0, 12), NEVER, UNTAGGED, EMPTY)               \
    FIELD(_, UUID,   topic_id,            FROM(13),     NEVER, UNTAGGED, EMPTY)               \
    LIST(_,  produce_response_partition_produce_response,                                     \
                     partition_responses, FROM(0),      NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(produce_response_topic_produce_response,
               PRODUCE_RESPONSE_TOPIC_PRODUCE_RESPONSE_ROWS)
#define PRODUCE_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(10), NEVER,    UNTAGGED, 0)                       \
    FIELD(_, STRING, host,    FROM(10), NEVER,    UNTAGGED, EMPTY)                   \
    FIELD(_, INT32,  port,    FROM(10), NEVER,    UNTAGGED, 0)                       \
    FIELD(_, STRING, rack,    FROM(10), FROM(10), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(produce_response_node_endpoint, PRODUCE_RESPONSE_NODE_ENDPOINT_ROWS)
#define PRODUCE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    LIST(_,  produce_response_topic_produce_response,                   \
                    responses,        FROM(0),  NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32, throttle_time_ms, FROM(1),  NEVER, UNTAGGED, 0)     \
    LIST(_,  produce_response_node_endpoint,                            \
                    node_endpoints,   FROM(10), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(produce_response, PRODUCE_RESPONSE_ROWS)
MESSAGE_TYPE(produce_response)

/* InitProducerIdRequest, versions 0 to 6. */
#define INIT_PRODUCER_ID_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    FIELD(_, STRING, transactional_id,       FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT32,  transaction_timeout_ms, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT64,  producer_id,            FROM(3), NEVER,   UNTAGGED, -1)    \
    FIELD(_, INT16,  producer_epoch,         FROM(3), NEVER,   UNTAGGED, -1)    \
    FIELD(_, BOOL,   enable2_pc,             FROM(6), NEVER,   UNTAGGED, false) \
    FIELD(_, BOOL,   keep_prepared_txn,      FROM(6), NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(init_producer_id_request, INIT_PRODUCER_ID_REQUEST_ROWS)
MESSAGE_TYPE(init_producer_id_request)

/* InitProducerIdResponse, versions 0 to 6. */
#define INIT_PRODUCER_ID_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms,           FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT16, error_code,                 FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT64, producer_id,                FROM(0), NEVER, UNTAGGED, -1)   \
    FIELD(_, INT16, producer_epoch,             FROM(0), NEVER, UNTAGGED, 0)    \
    FIELD(_, INT64, ongoing_txn_producer_id,    FROM(6), NEVER, UNTAGGED, -1)   \
    FIELD(_, INT16, ongoing_txn_producer_epoch, FROM(6), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(init_producer_id_response, INIT_PRODUCER_ID_RESPONSE_ROWS)
MESSAGE_TYPE(init_producer_id_response)

/* AllocateProducerIdsRequest, version 0. */
#define ALLOCATE_PRODUCER_IDS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,    FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, INT64, broker_epoch, FROM(0), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(allocate_producer_ids_request, ALLOCATE_PRODUCER_IDS_REQUEST_ROWS)
MESSAGE_TYPE(allocate_producer_ids_request)

/* AllocateProducerIdsResponse, version 0. */
#define ALLOCATE_PRODUCER_IDS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms,  FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT16, error_code,        FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT64, producer_id_start, FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, producer_id_len,   FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(allocate_producer_ids_response, ALLOCATE_PRODUCER_IDS_RESPONSE_ROWS)
MESSAGE_TYPE(allocate_producer_ids_response)
// clang-format on
