/* Metadata, cluster and API versions: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* MetadataRequest, versions 0 to 13. */
#define METADATA_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID,   topic_id, FROM(10), NEVER,    UNTAGGED, EMPTY)          \
    FIELD(_, STRING, name,     FROM(0),  FROM(10), UNTAGGED, EMPTY)
MESSAGE_STRUCT(metadata_request_topic, METADATA_REQUEST_TOPIC_ROWS)
#define METADATA_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                            \
    LIST(_,  metadata_request_topic,                                                              \
                   topics,                                FROM(0),      FROM(1), UNTAGGED, EMPTY) \
    FIELD(_, BOOL, allow_auto_topic_creation,             FROM(4),      NEVER,   UNTAGGED, true)  \
    FIELD(_, BOOL, include_cluster_authorized_operations, RANGE(8, 10), NEVER,   UNTAGGED, false) \
    FIELD(_, BOOL, include_topic_authorized_operations,   FROM(8),      NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(metadata_request, METADATA_REQUEST_ROWS)
MESSAGE_TYPE(metadata_request)

/* MetadataResponse, versions 0 to 13. */
#define METADATA_RESPONSE_BROKER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(0), NEVER,   UNTAGGED, 0)                   \
    FIELD(_, STRING, host,    FROM(0), NEVER,   UNTAGGED, EMPTY)               \
    FIELD(_, INT32,  port,    FROM(0), NEVER,   UNTAGGED, 0)                   \
    FIELD(_, STRING, rack,    FROM(1), FROM(1), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(metadata_response_broker, METADATA_RESPONSE_BROKER_ROWS)
#define METADATA_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT32, partition_index,  FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT32, leader_id,        FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT32, leader_epoch,     FROM(7), NEVER, UNTAGGED, -1)               \
    ARRAY(_, INT32, replica_nodes,    FROM(0), NEVER, UNTAGGED, EMPTY)            \
    ARRAY(_, INT32, isr_nodes,        FROM(0), NEVER, UNTAGGED, EMPTY)            \
    ARRAY(_, INT32, offline_replicas, FROM(5), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(metadata_response_partition, METADATA_RESPONSE_PARTITION_ROWS)
#define METADATA_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, INT16,  error_code,                  FROM(0),  NEVER,    UNTAGGED, 0)         \
    FIELD(_, STRING, name,                        FROM(0),  FROM(12), UNTAGGED, EMPTY)     \
    FIELD(_, UUID,   topic_id,                    FROM(10), NEVER,    UNTAGGED, EMPTY)     \
    FIELD(_, BOOL,   is_internal,                 FROM(1),  NEVER,    UNTAGGED, false)     \
    LIST(_,  metadata_response_partition,                                                  \
                     partitions,                  FROM(0),  NEVER,    UNTAGGED, EMPTY)     \
    FIELD(_, INT32,  topic_authorized_operations, FROM(8),  NEVER,    UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(metadata_response_topic, METADATA_RESPONSE_TOPIC_ROWS)
#define METADATA_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                            \
    FIELD(_, INT32,  throttle_time_ms,              FROM(3),      NEVER,   UNTAGGED, 0)            \
    LIST(_,  metadata_response_broker,                                                             \
                     brokers,                       FROM(0),      NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, cluster_id,                    FROM(2),      FROM(2), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  controller_id,                 FROM(1),      NEVER,   UNTAGGED, -1)           \
    LIST(_,  metadata_response_topic,                                                              \
                     topics,                        FROM(0),      NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  cluster_authorized_operations, RANGE(8, 10), NEVER,   UNTAGGED, INT32_MIN)    \
    FIELD(_, INT16,  error_code,                    FROM(13),     NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(metadata_response, METADATA_RESPONSE_ROWS)
MESSAGE_TYPE(metadata_response)

/* DescribeClusterRequest, versions 0 to 2. */
#define DESCRIBE_CLUSTER_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, BOOL, include_cluster_authorized_operations, FROM(0), NEVER, UNTAGGED, false) \
    FIELD(_, INT8, endpoint_type,                         FROM(1), NEVER, UNTAGGED, 1)     \
    FIELD(_, BOOL, include_fenced_brokers,                FROM(2), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(describe_cluster_request, DESCRIBE_CLUSTER_REQUEST_ROWS)
MESSAGE_TYPE(describe_cluster_request)

/* DescribeClusterResponse, versions 0 to 2. */
#define DESCRIBE_CLUSTER_RESPONSE_BROKER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  broker_id, FROM(0), NEVER,   UNTAGGED, 0)                         \
    FIELD(_, STRING, host,      FROM(0), NEVER,   UNTAGGED, EMPTY)                     \
    FIELD(_, INT32,  port,      FROM(0), NEVER,   UNTAGGED, 0)                         \
    FIELD(_, STRING, rack,      FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)              \
    FIELD(_, BOOL,   is_fenced, FROM(2), NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(describe_cluster_response_broker, DESCRIBE_CLUSTER_RESPONSE_BROKER_ROWS)
#define DESCRIBE_CLUSTER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    FIELD(_, INT32,  throttle_time_ms,              FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,                    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,                 FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT8,   endpoint_type,                 FROM(1), NEVER,   UNTAGGED, 1)            \
    FIELD(_, STRING, cluster_id,                    FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  controller_id,                 FROM(0), NEVER,   UNTAGGED, -1)           \
    LIST(_,  describe_cluster_response_broker,                                                \
                     brokers,                       FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  cluster_authorized_operations, FROM(0), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(describe_cluster_response, DESCRIBE_CLUSTER_RESPONSE_ROWS)
MESSAGE_TYPE(describe_cluster_response)

/* DescribeTopicPartitionsRequest, version 0. */
#define DESCRIBE_TOPIC_PARTITIONS_REQUEST_TOPIC_REQUEST_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING, name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_topic_partitions_request_topic_request,
               DESCRIBE_TOPIC_PARTITIONS_REQUEST_TOPIC_REQUEST_ROWS)
#define DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name,      FROM(0), NEVER, UNTAGGED, EMPTY)                         \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_topic_partitions_request_cursor,
               DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR_ROWS)
#define DESCRIBE_TOPIC_PARTITIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    LIST(_,     describe_topic_partitions_request_topic_request,                           \
                       topics,                   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    INT32, response_partition_limit, FROM(0), NEVER,   UNTAGGED, 2000)         \
    OPTIONAL(_, describe_topic_partitions_request_cursor,                                  \
                       cursor,                   FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(describe_topic_partitions_request, DESCRIBE_TOPIC_PARTITIONS_REQUEST_ROWS)
MESSAGE_TYPE(describe_topic_partitions_request)

/* DescribeTopicPartitionsResponse, version 0. */
#define DESCRIBE_TOPIC_PARTITIONS_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,               FROM(0), NEVER,   UNTAGGED, 0)                       \
    FIELD(_, INT32, partition_index,          FROM(0), NEVER,   UNTAGGED, 0)                       \
    FIELD(_, INT32, leader_id,                FROM(0), NEVER,   UNTAGGED, 0)                       \
    FIELD(_, INT32, leader_epoch,             FROM(0), NEVER,   UNTAGGED, -1)                      \
    ARRAY(_, INT32, replica_nodes,            FROM(0), NEVER,   UNTAGGED, EMPTY)                   \
    ARRAY(_, INT32, isr_nodes,                FROM(0), NEVER,   UNTAGGED, EMPTY)                   \
    ARRAY(_, INT32, eligible_leader_replicas, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)            \
    ARRAY(_, INT32, last_known_elr,           FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)            \
    ARRAY(_, INT32, offline_replicas,         FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_topic_partitions_response_partition,
               DESCRIBE_TOPIC_PARTITIONS_RESPONSE_PARTITION_ROWS)
#define DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,                  FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_, STRING, name,                        FROM(0), FROM(0), UNTAGGED, EMPTY)           \
    FIELD(_, UUID,   topic_id,                    FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    FIELD(_, BOOL,   is_internal,                 FROM(0), NEVER,   UNTAGGED, false)           \
    LIST(_,  describe_topic_partitions_response_partition,                                     \
                     partitions,                  FROM(0), NEVER,   UNTAGGED, EMPTY)           \
    FIELD(_, INT32,  topic_authorized_operations, FROM(0), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(describe_topic_partitions_response_topic,
               DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPIC_ROWS)
#define DESCRIBE_TOPIC_PARTITIONS_RESPONSE_CURSOR_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name,      FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_topic_partitions_response_cursor,
               DESCRIBE_TOPIC_PARTITIONS_RESPONSE_CURSOR_ROWS)
#define DESCRIBE_TOPIC_PARTITIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,    INT32, throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                  \
    LIST(_,     describe_topic_partitions_response_topic,                                \
                       topics,           FROM(0), NEVER,   UNTAGGED, EMPTY)              \
    OPTIONAL(_, describe_topic_partitions_response_cursor,                               \
                       next_cursor,      FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(describe_topic_partitions_response, DESCRIBE_TOPIC_PARTITIONS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_topic_partitions_response)

/* ApiVersionsRequest, versions 0 to 4. */
#define API_VERSIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)     \
    FIELD(_, STRING, client_software_name,    FROM(3), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, client_software_version, FROM(3), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(api_versions_request, API_VERSIONS_REQUEST_ROWS)
MESSAGE_TYPE(api_versions_request)

/* ApiVersionsResponse, versions 0 to 4. */
#define API_VERSIONS_RESPONSE_API_VERSION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, api_key,     FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT16, min_version, FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT16, max_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(api_versions_response_api_version, API_VERSIONS_RESPONSE_API_VERSION_ROWS)
#define API_VERSIONS_RESPONSE_SUPPORTED_FEATURE_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,        FROM(3), NEVER, UNTAGGED, EMPTY)                                \
    FIELD(_, INT16,  min_version, FROM(3), NEVER, UNTAGGED, 0)                                    \
    FIELD(_, INT16,  max_version, FROM(3), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(api_versions_response_supported_feature_key,
               API_VERSIONS_RESPONSE_SUPPORTED_FEATURE_KEY_ROWS)
#define API_VERSIONS_RESPONSE_FINALIZED_FEATURE_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(3), NEVER, UNTAGGED, EMPTY)                          \
    FIELD(_, INT16,  max_version_level, FROM(3), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT16,  min_version_level, FROM(3), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(api_versions_response_finalized_feature_key,
               API_VERSIONS_RESPONSE_FINALIZED_FEATURE_KEY_ROWS)
#define API_VERSIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT16, error_code,               FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  api_versions_response_api_version,                                \
                    api_keys,                 FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32, throttle_time_ms,         FROM(1), NEVER, UNTAGGED, 0)     \
    LIST(_,  api_versions_response_supported_feature_key,                      \
                    supported_features,       FROM(3), NEVER, 0,        EMPTY) \
    FIELD(_, INT64, finalized_features_epoch, FROM(3), NEVER, 1,        -1)    \
    LIST(_,  api_versions_response_finalized_feature_key,                      \
                    finalized_features,       FROM(3), NEVER, 2,        EMPTY) \
    FIELD(_, BOOL,  zk_migration_ready,       FROM(3), NEVER, 3,        false)
MESSAGE_STRUCT(api_versions_response, API_VERSIONS_RESPONSE_ROWS)
MESSAGE_TYPE(api_versions_response)

/* RequestHeader, versions 1 to 2. */
#define REQUEST_HEADER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, INT16,         request_api_key,     FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT16,         request_api_version, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT32,         correlation_id,      FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, LEGACY_STRING, client_id,           FROM(1), FROM(1), UNTAGGED, EMPTY)
MESSAGE_STRUCT(request_header, REQUEST_HEADER_ROWS)
MESSAGE_TYPE(request_header)

/* ResponseHeader, versions 0 to 1. */
#define RESPONSE_HEADER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, correlation_id, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(response_header, RESPONSE_HEADER_ROWS)
MESSAGE_TYPE(response_header)
// clang-format on
