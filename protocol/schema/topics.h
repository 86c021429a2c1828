/* Topics: create, delete, partitions, records: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* CreateTopicsRequest, versions 2 to 7. */
#define CREATE_TOPICS_REQUEST_CREATABLE_REPLICA_ASSIGNMENT_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                      \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)     \
    ARRAY(_, INT32, broker_ids,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_topics_request_creatable_replica_assignment,
               CREATE_TOPICS_REQUEST_CREATABLE_REPLICA_ASSIGNMENT_ROWS)
#define CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_CONFIG_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,  FROM(0), NEVER,   UNTAGGED, EMPTY)                                     \
    FIELD(_, STRING, value, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_topics_request_creatable_topic_config,
               CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_CONFIG_ROWS)
#define CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,               FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, INT32,  num_partitions,     FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT16,  replication_factor, FROM(0), NEVER, UNTAGGED, 0)                       \
    LIST(_,  create_topics_request_creatable_replica_assignment,                            \
                     assignments,        FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    LIST(_,  create_topics_request_creatable_topic_config,                                  \
                     configs,            FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_topics_request_creatable_topic, CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_ROWS)
#define CREATE_TOPICS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  create_topics_request_creatable_topic,                         \
                    topics,        FROM(0), NEVER, UNTAGGED, EMPTY)         \
    FIELD(_, INT32, timeout_ms,    FROM(0), NEVER, UNTAGGED, 60000)         \
    FIELD(_, BOOL,  validate_only, FROM(1), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(create_topics_request, CREATE_TOPICS_REQUEST_ROWS)
MESSAGE_TYPE(create_topics_request)

/* CreateTopicsResponse, versions 2 to 7. */
#define CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_CONFIGS_ROWS(           \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, STRING, name,          FROM(5), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, STRING, value,         FROM(5), FROM(5), UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   read_only,     FROM(5), NEVER,   UNTAGGED, false) \
    FIELD(_, INT8,   config_source, FROM(5), NEVER,   UNTAGGED, -1)    \
    FIELD(_, BOOL,   is_sensitive,  FROM(5), NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(create_topics_response_creatable_topic_configs,
               CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_CONFIGS_ROWS)
#define CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_RESULT_ROWS(                      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                 \
    FIELD(_, STRING, name,                    FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, UUID,   topic_id,                FROM(7), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT16,  error_code,              FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, error_message,           FROM(1), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT16,  topic_config_error_code, FROM(5), NEVER,   0,        0)     \
    FIELD(_, INT32,  num_partitions,          FROM(5), NEVER,   UNTAGGED, -1)    \
    FIELD(_, INT16,  replication_factor,      FROM(5), NEVER,   UNTAGGED, -1)    \
    LIST(_,  create_topics_response_creatable_topic_configs,                     \
                     configs,                 FROM(5), FROM(5), UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_topics_response_creatable_topic_result,
               CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_RESULT_ROWS)
#define CREATE_TOPICS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(2), NEVER, UNTAGGED, 0)           \
    LIST(_,  create_topics_response_creatable_topic_result,                  \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_topics_response, CREATE_TOPICS_RESPONSE_ROWS)
MESSAGE_TYPE(create_topics_response)

/* DeleteTopicsRequest, versions 1 to 6. */
#define DELETE_TOPICS_REQUEST_DELETE_TOPIC_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,     FROM(6), FROM(6), UNTAGGED, DEFAULT_NULL)                       \
    FIELD(_, UUID,   topic_id, FROM(6), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_topics_request_delete_topic_state,
               DELETE_TOPICS_REQUEST_DELETE_TOPIC_STATE_ROWS)
#define DELETE_TOPICS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  delete_topics_request_delete_topic_state,                      \
                     topics,      FROM(6),     NEVER, UNTAGGED, EMPTY)      \
    ARRAY(_, STRING, topic_names, RANGE(0, 5), NEVER, UNTAGGED, EMPTY)      \
    FIELD(_, INT32,  timeout_ms,  FROM(0),     NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_topics_request, DELETE_TOPICS_REQUEST_ROWS)
MESSAGE_TYPE(delete_topics_request)

/* DeleteTopicsResponse, versions 1 to 6. */
#define DELETE_TOPICS_RESPONSE_DELETABLE_TOPIC_RESULT_ROWS(                   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, STRING, name,          FROM(0), FROM(6), UNTAGGED, EMPTY)        \
    FIELD(_, UUID,   topic_id,      FROM(6), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message, FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(delete_topics_response_deletable_topic_result,
               DELETE_TOPICS_RESPONSE_DELETABLE_TOPIC_RESULT_ROWS)
#define DELETE_TOPICS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(1), NEVER, UNTAGGED, 0)           \
    LIST(_,  delete_topics_response_deletable_topic_result,                  \
                    responses,        FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_topics_response, DELETE_TOPICS_RESPONSE_ROWS)
MESSAGE_TYPE(delete_topics_response)

/* CreatePartitionsRequest, versions 0 to 3. */
#define CREATE_PARTITIONS_REQUEST_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, INT32, broker_ids, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_partitions_request_assignment, CREATE_PARTITIONS_REQUEST_ASSIGNMENT_ROWS)
#define CREATE_PARTITIONS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING,                               name,        FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT32,                                count,       FROM(0), NEVER,   UNTAGGED, 0)     \
    LIST(_,  create_partitions_request_assignment, assignments, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_partitions_request_topic, CREATE_PARTITIONS_REQUEST_TOPIC_ROWS)
#define CREATE_PARTITIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    LIST(_,  create_partitions_request_topic, topics,        FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32,                           timeout_ms,    FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, BOOL,                            validate_only, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(create_partitions_request, CREATE_PARTITIONS_REQUEST_ROWS)
MESSAGE_TYPE(create_partitions_request)

/* CreatePartitionsResponse, versions 0 to 3. */
#define CREATE_PARTITIONS_RESPONSE_TOPIC_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,          FROM(0), NEVER,   UNTAGGED, EMPTY)                        \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(create_partitions_response_topic_result,
               CREATE_PARTITIONS_RESPONSE_TOPIC_RESULT_ROWS)
#define CREATE_PARTITIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)               \
    LIST(_,  create_partitions_response_topic_result,                            \
                    results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_partitions_response, CREATE_PARTITIONS_RESPONSE_ROWS)
MESSAGE_TYPE(create_partitions_response)

/* DeleteRecordsRequest, versions 0 to 2. */
#define DELETE_RECORDS_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, INT64, offset,          FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_records_request_partition, DELETE_RECORDS_REQUEST_PARTITION_ROWS)
#define DELETE_RECORDS_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                           name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  delete_records_request_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_records_request_topic, DELETE_RECORDS_REQUEST_TOPIC_ROWS)
#define DELETE_RECORDS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)            \
    LIST(_,  delete_records_request_topic, topics,     FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT32,                        timeout_ms, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_records_request, DELETE_RECORDS_REQUEST_ROWS)
MESSAGE_TYPE(delete_records_request)

/* DeleteRecordsResponse, versions 0 to 2. */
#define DELETE_RECORDS_RESPONSE_PARTITION_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT64, low_watermark,   FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_records_response_partition_result,
               DELETE_RECORDS_RESPONSE_PARTITION_RESULT_ROWS)
#define DELETE_RECORDS_RESPONSE_TOPIC_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    LIST(_,  delete_records_response_partition_result,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_records_response_topic_result, DELETE_RECORDS_RESPONSE_TOPIC_RESULT_ROWS)
#define DELETE_RECORDS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)            \
    LIST(_,  delete_records_response_topic_result,                            \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_records_response, DELETE_RECORDS_RESPONSE_ROWS)
MESSAGE_TYPE(delete_records_response)

/* ElectLeadersRequest, versions 0 to 2. */
#define ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY)                            \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(elect_leaders_request_topic_partitions, ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS_ROWS)
#define ELECT_LEADERS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,  election_type,    FROM(1), NEVER,   UNTAGGED, 0)        \
    LIST(_,  elect_leaders_request_topic_partitions,                        \
                    topic_partitions, FROM(0), FROM(0), UNTAGGED, EMPTY)    \
    FIELD(_, INT32, timeout_ms,       FROM(0), NEVER,   UNTAGGED, 60000)
MESSAGE_STRUCT(elect_leaders_request, ELECT_LEADERS_REQUEST_ROWS)
MESSAGE_TYPE(elect_leaders_request)

/* ElectLeadersResponse, versions 0 to 2. */
#define ELECT_LEADERS_RESPONSE_PARTITION_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_id,  FROM(0), NEVER,   UNTAGGED, 0)                            \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(elect_leaders_response_partition_result,
               ELECT_LEADERS_RESPONSE_PARTITION_RESULT_ROWS)
#define ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULT_ROWS(            \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                        \
    FIELD(_, STRING, topic,            FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  elect_leaders_response_partition_result,                   \
                     partition_result, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(elect_leaders_response_replica_election_result,
               ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULT_ROWS)
#define ELECT_LEADERS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT32, throttle_time_ms,         FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16, error_code,               FROM(1), NEVER, UNTAGGED, 0)     \
    LIST(_,  elect_leaders_response_replica_election_result,                   \
                    replica_election_results, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(elect_leaders_response, ELECT_LEADERS_RESPONSE_ROWS)
MESSAGE_TYPE(elect_leaders_response)

/* AlterPartitionReassignmentsRequest, versions 0 to 1. */
#define ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_PARTITION_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                               \
    FIELD(_, INT32, partition_index, FROM(0), NEVER,   UNTAGGED, 0)            \
    ARRAY(_, INT32, replicas,        FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(alter_partition_reassignments_request_reassignable_partition,
               ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_PARTITION_ROWS)
#define ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_TOPIC_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)          \
    LIST(_,  alter_partition_reassignments_request_reassignable_partition, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_reassignments_request_reassignable_topic,
               ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_TOPIC_ROWS)
#define ALTER_PARTITION_REASSIGNMENTS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, timeout_ms,                      FROM(0), NEVER, UNTAGGED, 60000)       \
    FIELD(_, BOOL,  allow_replication_factor_change, FROM(1), NEVER, UNTAGGED, true)        \
    LIST(_,  alter_partition_reassignments_request_reassignable_topic,                      \
                    topics,                          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_reassignments_request, ALTER_PARTITION_REASSIGNMENTS_REQUEST_ROWS)
MESSAGE_TYPE(alter_partition_reassignments_request)

/* AlterPartitionReassignmentsResponse, versions 0 to 1. */
#define ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_PARTITION_RESPONSE_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                     \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER,   UNTAGGED, 0)                 \
    FIELD(_, INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)                 \
    FIELD(_, STRING, error_message,   FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_reassignments_response_reassignable_partition_response,
               ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_PARTITION_RESPONSE_ROWS)
#define ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_TOPIC_RESPONSE_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                     \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                    \
    LIST(_,  alter_partition_reassignments_response_reassignable_partition_response, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_reassignments_response_reassignable_topic_response,
               ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_TOPIC_RESPONSE_ROWS)
#define ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms,                FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, BOOL,   allow_replication_factor_change, FROM(1), NEVER,   UNTAGGED, true)      \
    FIELD(_, INT16,  error_code,                      FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, STRING, error_message,                   FROM(0), FROM(0), UNTAGGED, EMPTY)     \
    LIST(_,  alter_partition_reassignments_response_reassignable_topic_response,             \
                     responses,                       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_reassignments_response, ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_partition_reassignments_response)

/* ListPartitionReassignmentsRequest, version 0. */
#define LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    ARRAY(_, INT32,  partition_indexes, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_partition_reassignments_request_topics,
               LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_ROWS)
#define LIST_PARTITION_REASSIGNMENTS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, timeout_ms, FROM(0), NEVER,   UNTAGGED, 60000)                         \
    LIST(_,  list_partition_reassignments_request_topics,                                  \
                    topics,     FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(list_partition_reassignments_request, LIST_PARTITION_REASSIGNMENTS_REQUEST_ROWS)
MESSAGE_TYPE(list_partition_reassignments_request)

/* ListPartitionReassignmentsResponse, version 0. */
#define LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_PARTITION_REASSIGNMENT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                   \
    FIELD(_, INT32, partition_index,   FROM(0), NEVER, UNTAGGED, 0)                \
    ARRAY(_, INT32, replicas,          FROM(0), NEVER, UNTAGGED, EMPTY)            \
    ARRAY(_, INT32, adding_replicas,   FROM(0), NEVER, UNTAGGED, EMPTY)            \
    ARRAY(_, INT32, removing_replicas, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_partition_reassignments_response_ongoing_partition_reassignment,
               LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_PARTITION_REASSIGNMENT_ROWS)
#define LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_TOPIC_REASSIGNMENT_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                   \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  list_partition_reassignments_response_ongoing_partition_reassignment, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_partition_reassignments_response_ongoing_topic_reassignment,
               LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_TOPIC_REASSIGNMENT_ROWS)
#define LIST_PARTITION_REASSIGNMENTS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                       \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                       \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)                   \
    LIST(_,  list_partition_reassignments_response_ongoing_topic_reassignment,              \
                     topics,           FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_partition_reassignments_response, LIST_PARTITION_REASSIGNMENTS_RESPONSE_ROWS)
MESSAGE_TYPE(list_partition_reassignments_response)

/* AlterReplicaLogDirsRequest, versions 1 to 2. */
#define ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_TOPIC_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)        \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_replica_log_dirs_request_alter_replica_log_dir_topic,
               ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_TOPIC_ROWS)
#define ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_ROWS(       \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, STRING, path,   FROM(0), NEVER, UNTAGGED, EMPTY)            \
    LIST(_,  alter_replica_log_dirs_request_alter_replica_log_dir_topic, \
                     topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_replica_log_dirs_request_alter_replica_log_dir,
               ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_ROWS)
#define ALTER_REPLICA_LOG_DIRS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, alter_replica_log_dirs_request_alter_replica_log_dir,                    \
              dirs, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_replica_log_dirs_request, ALTER_REPLICA_LOG_DIRS_REQUEST_ROWS)
MESSAGE_TYPE(alter_replica_log_dirs_request)

/* AlterReplicaLogDirsResponse, versions 1 to 2. */
#define ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_PARTITION_RESULT_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                     \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                    \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(alter_replica_log_dirs_response_alter_replica_log_dir_partition_result,
               ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_PARTITION_RESULT_ROWS)
#define ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_TOPIC_RESULT_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                     \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                    \
    LIST(_,  alter_replica_log_dirs_response_alter_replica_log_dir_partition_result, \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_replica_log_dirs_response_alter_replica_log_dir_topic_result,
               ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_TOPIC_RESULT_ROWS)
#define ALTER_REPLICA_LOG_DIRS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                    \
    LIST(_,  alter_replica_log_dirs_response_alter_replica_log_dir_topic_result,      \
                    results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_replica_log_dirs_response, ALTER_REPLICA_LOG_DIRS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_replica_log_dirs_response)

/* DescribeLogDirsRequest, versions 1 to 4. */
#define DESCRIBE_LOG_DIRS_REQUEST_DESCRIBABLE_LOG_DIR_TOPIC_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_log_dirs_request_describable_log_dir_topic,
               DESCRIBE_LOG_DIRS_REQUEST_DESCRIBABLE_LOG_DIR_TOPIC_ROWS)
#define DESCRIBE_LOG_DIRS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, describe_log_dirs_request_describable_log_dir_topic,                \
              topics, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_log_dirs_request, DESCRIBE_LOG_DIRS_REQUEST_ROWS)
MESSAGE_TYPE(describe_log_dirs_request)

/* DescribeLogDirsResponse, versions 1 to 4. */
#define DESCRIBE_LOG_DIRS_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                          \
    FIELD(_, INT64, partition_size,  FROM(0), NEVER, UNTAGGED, 0)                          \
    FIELD(_, INT64, offset_lag,      FROM(0), NEVER, UNTAGGED, 0)                          \
    FIELD(_, BOOL,  is_future_key,   FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(describe_log_dirs_response_partition, DESCRIBE_LOG_DIRS_RESPONSE_PARTITION_ROWS)
#define DESCRIBE_LOG_DIRS_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                               name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  describe_log_dirs_response_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_log_dirs_response_topic, DESCRIBE_LOG_DIRS_RESPONSE_TOPIC_ROWS)
#define DESCRIBE_LOG_DIRS_RESPONSE_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)       \
    FIELD(_, INT16,                            error_code,   FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, STRING,                           log_dir,      FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  describe_log_dirs_response_topic, topics,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT64,                            total_bytes,  FROM(4), NEVER, UNTAGGED, -1)    \
    FIELD(_, INT64,                            usable_bytes, FROM(4), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(describe_log_dirs_response_result, DESCRIBE_LOG_DIRS_RESPONSE_RESULT_ROWS)
#define DESCRIBE_LOG_DIRS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32,                             throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,                             error_code,       FROM(3), NEVER, UNTAGGED, 0)     \
    LIST(_,  describe_log_dirs_response_result, results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_log_dirs_response, DESCRIBE_LOG_DIRS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_log_dirs_response)

/* DescribeProducersRequest, version 0. */
#define DESCRIBE_PRODUCERS_REQUEST_TOPIC_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    ARRAY(_, INT32,  partition_indexes, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_producers_request_topic_request,
               DESCRIBE_PRODUCERS_REQUEST_TOPIC_REQUEST_ROWS)
#define DESCRIBE_PRODUCERS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)               \
    LIST(_, describe_producers_request_topic_request, topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_producers_request, DESCRIBE_PRODUCERS_REQUEST_ROWS)
MESSAGE_TYPE(describe_producers_request)

/* DescribeProducersResponse, version 0. */
#define DESCRIBE_PRODUCERS_RESPONSE_PRODUCER_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT64, producer_id,              FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, producer_epoch,           FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, last_sequence,            FROM(0), NEVER, UNTAGGED, -1)                      \
    FIELD(_, INT64, last_timestamp,           FROM(0), NEVER, UNTAGGED, -1)                      \
    FIELD(_, INT32, coordinator_epoch,        FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT64, current_txn_start_offset, FROM(0), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(describe_producers_response_producer_state,
               DESCRIBE_PRODUCERS_RESPONSE_PRODUCER_STATE_ROWS)
#define DESCRIBE_PRODUCERS_RESPONSE_PARTITION_RESPONSE_ROWS(                     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                 \
    FIELD(_, INT32,  partition_index,  FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  describe_producers_response_producer_state,                         \
                     active_producers, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_producers_response_partition_response,
               DESCRIBE_PRODUCERS_RESPONSE_PARTITION_RESPONSE_ROWS)
#define DESCRIBE_PRODUCERS_RESPONSE_TOPIC_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                                \
    LIST(_,  describe_producers_response_partition_response,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_producers_response_topic_response,
               DESCRIBE_PRODUCERS_RESPONSE_TOPIC_RESPONSE_ROWS)
#define DESCRIBE_PRODUCERS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                \
    LIST(_,  describe_producers_response_topic_response,                          \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_producers_response, DESCRIBE_PRODUCERS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_producers_response)
// clang-format on
