/* Streams groups of KIP-1071: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* StreamsGroupHeartbeatRequest, version 0. */
#define STREAMS_GROUP_HEARTBEAT_REQUEST_KEY_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, key,   FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, STRING, value, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_key_value,
               STREAMS_GROUP_HEARTBEAT_REQUEST_KEY_VALUE_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_TOPIC_INFO_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,               FROM(0), NEVER, UNTAGGED, EMPTY)                        \
    FIELD(_, INT32,  partitions,         FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, INT16,  replication_factor, FROM(0), NEVER, UNTAGGED, 0)                            \
    LIST(_,  streams_group_heartbeat_request_key_value,                                          \
                     topic_configs,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_topic_info,
               STREAMS_GROUP_HEARTBEAT_REQUEST_TOPIC_INFO_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_COPARTITION_GROUP_ROWS(                 \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                \
    ARRAY(_, INT16, source_topics,             FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT16, source_topic_regex,        FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT16, repartition_source_topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_copartition_group,
               STREAMS_GROUP_HEARTBEAT_REQUEST_COPARTITION_GROUP_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_SUBTOPOLOGY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id,            FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    ARRAY(_, STRING, source_topics,             FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    ARRAY(_, STRING, source_topic_regex,        FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  streams_group_heartbeat_request_topic_info,                                          \
                     state_changelog_topics,    FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    ARRAY(_, STRING, repartition_sink_topics,   FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  streams_group_heartbeat_request_topic_info,                                          \
                     repartition_source_topics, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  streams_group_heartbeat_request_copartition_group,                                   \
                     copartition_groups,        FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_subtopology,
               STREAMS_GROUP_HEARTBEAT_REQUEST_SUBTOPOLOGY_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER, UNTAGGED, 0)                                \
    LIST(_,  streams_group_heartbeat_request_subtopology,                                      \
                    subtopologies, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_topology,
               STREAMS_GROUP_HEARTBEAT_REQUEST_TOPOLOGY_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_IDS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    ARRAY(_, INT32,  partitions,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_request_task_ids,
               STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_IDS_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_heartbeat_request_endpoint,
               STREAMS_GROUP_HEARTBEAT_REQUEST_ENDPOINT_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSET_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, INT32,  partition,      FROM(0), NEVER, UNTAGGED, 0)                                 \
    FIELD(_, INT64,  offset,         FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_heartbeat_request_task_offset,
               STREAMS_GROUP_HEARTBEAT_REQUEST_TASK_OFFSET_ROWS)
#define STREAMS_GROUP_HEARTBEAT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)         \
    FIELD(_,    STRING, group_id,                   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, member_id,                  FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    INT32,  member_epoch,               FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT32,  endpoint_information_epoch, FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    STRING, instance_id,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    STRING, rack_id,                    FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    INT32,  rebalance_timeout_ms,       FROM(0), NEVER,   UNTAGGED, -1)           \
    OPTIONAL(_, streams_group_heartbeat_request_topology,                                     \
                        topology,                   FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_task_ids,                                     \
                        active_tasks,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_task_ids,                                     \
                        standby_tasks,              FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_task_ids,                                     \
                        warmup_tasks,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    STRING, process_id,                 FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    OPTIONAL(_, streams_group_heartbeat_request_endpoint,                                     \
                        user_endpoint,              FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_key_value,                                    \
                        client_tags,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_task_offset,                                  \
                        task_offsets,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_heartbeat_request_task_offset,                                  \
                        task_end_offsets,           FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    BOOL,   shutdown_application,       FROM(0), NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(streams_group_heartbeat_request, STREAMS_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_TYPE(streams_group_heartbeat_request)

/* StreamsGroupHeartbeatResponse, version 0. */
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   status_code,   FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, STRING, status_detail, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_response_status,
               STREAMS_GROUP_HEARTBEAT_RESPONSE_STATUS_ROWS)
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_TASK_IDS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    ARRAY(_, INT32,  partitions,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_response_task_ids,
               STREAMS_GROUP_HEARTBEAT_RESPONSE_TASK_IDS_ROWS)
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                                     \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_heartbeat_response_endpoint,
               STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_ROWS)
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITION_ROWS(    \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_response_topic_partition,
               STREAMS_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITION_ROWS)
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_TO_PARTITIONS_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                      \
    NESTED(_, streams_group_heartbeat_response_endpoint,              \
                user_endpoint,      FROM(0), UNTAGGED)                \
    LIST(_,   streams_group_heartbeat_response_topic_partition,       \
                active_partitions,  FROM(0), NEVER, UNTAGGED, EMPTY)  \
    LIST(_,   streams_group_heartbeat_response_topic_partition,       \
                standby_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_heartbeat_response_endpoint_to_partitions,
               STREAMS_GROUP_HEARTBEAT_RESPONSE_ENDPOINT_TO_PARTITIONS_ROWS)
#define STREAMS_GROUP_HEARTBEAT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    FIELD(_, INT32,  throttle_time_ms,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,                  FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, member_id,                   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  member_epoch,                FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  heartbeat_interval_ms,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  acceptable_recovery_lag,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  task_offset_interval_ms,     FROM(0), NEVER,   UNTAGGED, 0)            \
    LIST(_,  streams_group_heartbeat_response_status,                                       \
                     status,                      FROM(0), FROM(0), UNTAGGED, EMPTY)        \
    LIST(_,  streams_group_heartbeat_response_task_ids,                                     \
                     active_tasks,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  streams_group_heartbeat_response_task_ids,                                     \
                     standby_tasks,               FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  streams_group_heartbeat_response_task_ids,                                     \
                     warmup_tasks,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  endpoint_information_epoch,  FROM(0), NEVER,   UNTAGGED, 0)            \
    LIST(_,  streams_group_heartbeat_response_endpoint_to_partitions,                       \
                     partitions_by_user_endpoint, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(streams_group_heartbeat_response, STREAMS_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_TYPE(streams_group_heartbeat_response)

/* StreamsGroupDescribeRequest, version 0. */
#define STREAMS_GROUP_DESCRIBE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, group_ids,                     FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   include_authorized_operations, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(streams_group_describe_request, STREAMS_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_TYPE(streams_group_describe_request)

/* StreamsGroupDescribeResponse, version 0. */
#define STREAMS_GROUP_DESCRIBE_RESPONSE_KEY_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, key,   FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, STRING, value, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response_key_value,
               STREAMS_GROUP_DESCRIBE_RESPONSE_KEY_VALUE_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_TOPIC_INFO_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,               FROM(0), NEVER, UNTAGGED, EMPTY)                        \
    FIELD(_, INT32,  partitions,         FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, INT16,  replication_factor, FROM(0), NEVER, UNTAGGED, 0)                            \
    LIST(_,  streams_group_describe_response_key_value,                                          \
                     topic_configs,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response_topic_info,
               STREAMS_GROUP_DESCRIBE_RESPONSE_TOPIC_INFO_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_SUBTOPOLOGY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id,            FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    ARRAY(_, STRING, source_topics,             FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    ARRAY(_, STRING, repartition_sink_topics,   FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  streams_group_describe_response_topic_info,                                          \
                     state_changelog_topics,    FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    LIST(_,  streams_group_describe_response_topic_info,                                          \
                     repartition_source_topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response_subtopology,
               STREAMS_GROUP_DESCRIBE_RESPONSE_SUBTOPOLOGY_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_TOPOLOGY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER,   UNTAGGED, 0)                              \
    LIST(_,  streams_group_describe_response_subtopology,                                      \
                    subtopologies, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(streams_group_describe_response_topology,
               STREAMS_GROUP_DESCRIBE_RESPONSE_TOPOLOGY_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_describe_response_endpoint,
               STREAMS_GROUP_DESCRIBE_RESPONSE_ENDPOINT_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_OFFSET_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, INT32,  partition,      FROM(0), NEVER, UNTAGGED, 0)                                 \
    FIELD(_, INT64,  offset,         FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_describe_response_task_offset,
               STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_OFFSET_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_IDS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    ARRAY(_, INT32,  partitions,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response_task_ids,
               STREAMS_GROUP_DESCRIBE_RESPONSE_TASK_IDS_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, streams_group_describe_response_task_ids,                                            \
              active_tasks,  FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    LIST(_, streams_group_describe_response_task_ids,                                            \
              standby_tasks, FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    LIST(_, streams_group_describe_response_task_ids,                                            \
              warmup_tasks,  FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response_assignment,
               STREAMS_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,    STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_,    INT32,  member_epoch,      FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_,    STRING, instance_id,       FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)         \
    FIELD(_,    STRING, rack_id,           FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)         \
    FIELD(_,    STRING, client_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_,    STRING, client_host,       FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_,    INT32,  topology_epoch,    FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_,    STRING, process_id,        FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    OPTIONAL(_, streams_group_describe_response_endpoint,                                    \
                        user_endpoint,     FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)         \
    LIST(_,     streams_group_describe_response_key_value,                                   \
                        client_tags,       FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    LIST(_,     streams_group_describe_response_task_offset,                                 \
                        task_offsets,      FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    LIST(_,     streams_group_describe_response_task_offset,                                 \
                        task_end_offsets,  FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    NESTED(_,   streams_group_describe_response_assignment,                                  \
                        assignment,        FROM(0), UNTAGGED)                                \
    NESTED(_,   streams_group_describe_response_assignment,                                  \
                        target_assignment, FROM(0), UNTAGGED)                                \
    FIELD(_,    BOOL,   is_classic,        FROM(0), NEVER,   UNTAGGED, false)
MESSAGE_STRUCT(streams_group_describe_response_member, STREAMS_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS(                            \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                         \
    FIELD(_,    INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    STRING, error_message,         FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    STRING, group_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    STRING, group_state,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    INT32,  group_epoch,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT32,  assignment_epoch,      FROM(0), NEVER,   UNTAGGED, 0)            \
    OPTIONAL(_, streams_group_describe_response_topology,                                \
                        topology,              FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,     streams_group_describe_response_member,                                  \
                        members,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_,    INT32,  authorized_operations, FROM(0), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(streams_group_describe_response_described_group,
               STREAMS_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
#define STREAMS_GROUP_DESCRIBE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                    \
    LIST(_,  streams_group_describe_response_described_group,                         \
                    groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_describe_response, STREAMS_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_TYPE(streams_group_describe_response)
// clang-format on
