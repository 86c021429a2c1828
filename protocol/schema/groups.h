/* Classic consumer groups and their offsets: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* FindCoordinatorRequest, versions 0 to 6. */
#define FIND_COORDINATOR_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, key,              RANGE(0, 3), NEVER, UNTAGGED, EMPTY)    \
    FIELD(_, INT8,   key_type,         FROM(1),     NEVER, UNTAGGED, 0)        \
    ARRAY(_, STRING, coordinator_keys, FROM(4),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(find_coordinator_request, FIND_COORDINATOR_REQUEST_ROWS)
MESSAGE_TYPE(find_coordinator_request)

/* FindCoordinatorResponse, versions 0 to 6. */
#define FIND_COORDINATOR_RESPONSE_COORDINATOR_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, key,           FROM(4), NEVER,   UNTAGGED, EMPTY)                      \
    FIELD(_, INT32,  node_id,       FROM(4), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, STRING, host,          FROM(4), NEVER,   UNTAGGED, EMPTY)                      \
    FIELD(_, INT32,  port,          FROM(4), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, INT16,  error_code,    FROM(4), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, STRING, error_message, FROM(4), FROM(4), UNTAGGED, EMPTY)
MESSAGE_STRUCT(find_coordinator_response_coordinator, FIND_COORDINATOR_RESPONSE_COORDINATOR_ROWS)
#define FIND_COORDINATOR_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT32,  throttle_time_ms, FROM(1),     NEVER,       UNTAGGED, 0)     \
    FIELD(_, INT16,  error_code,       RANGE(0, 3), NEVER,       UNTAGGED, 0)     \
    FIELD(_, STRING, error_message,    RANGE(1, 3), RANGE(1, 3), UNTAGGED, EMPTY) \
    FIELD(_, INT32,  node_id,          RANGE(0, 3), NEVER,       UNTAGGED, 0)     \
    FIELD(_, STRING, host,             RANGE(0, 3), NEVER,       UNTAGGED, EMPTY) \
    FIELD(_, INT32,  port,             RANGE(0, 3), NEVER,       UNTAGGED, 0)     \
    LIST(_,  find_coordinator_response_coordinator,                               \
                     coordinators,     FROM(4),     NEVER,       UNTAGGED, EMPTY)
MESSAGE_STRUCT(find_coordinator_response, FIND_COORDINATOR_RESPONSE_ROWS)
MESSAGE_TYPE(find_coordinator_response)

/* JoinGroupRequest, versions 0 to 9. */
#define JOIN_GROUP_REQUEST_PROTOCOL_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,     FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, BYTES,  metadata, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(join_group_request_protocol, JOIN_GROUP_REQUEST_PROTOCOL_ROWS)
#define JOIN_GROUP_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, STRING, group_id,             FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  session_timeout_ms,   FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  rebalance_timeout_ms, FROM(1), NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, member_id,            FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id,    FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, protocol_type,        FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  join_group_request_protocol,                                            \
                     protocols,            FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, reason,               FROM(8), FROM(8), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(join_group_request, JOIN_GROUP_REQUEST_ROWS)
MESSAGE_TYPE(join_group_request)

/* JoinGroupResponse, versions 0 to 9. */
#define JOIN_GROUP_RESPONSE_MEMBER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    FIELD(_, STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id, FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, BYTES,  metadata,          FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(join_group_response_member, JOIN_GROUP_RESPONSE_MEMBER_ROWS)
#define JOIN_GROUP_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)        \
    FIELD(_, INT32,  throttle_time_ms, FROM(2), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  generation_id,    FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, protocol_type,    FROM(7), FROM(7), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, protocol_name,    FROM(0), FROM(7), UNTAGGED, EMPTY)        \
    FIELD(_, STRING, leader,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, BOOL,   skip_assignment,  FROM(9), NEVER,   UNTAGGED, false)        \
    FIELD(_, STRING, member_id,        FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  join_group_response_member,                                         \
                     members,          FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(join_group_response, JOIN_GROUP_RESPONSE_ROWS)
MESSAGE_TYPE(join_group_response)

/* SyncGroupRequest, versions 0 to 5. */
#define SYNC_GROUP_REQUEST_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, member_id,  FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, BYTES,  assignment, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(sync_group_request_assignment, SYNC_GROUP_REQUEST_ASSIGNMENT_ROWS)
#define SYNC_GROUP_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING, group_id,          FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  generation_id,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, protocol_type,     FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, protocol_name,     FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  sync_group_request_assignment,                                       \
                     assignments,       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(sync_group_request, SYNC_GROUP_REQUEST_ROWS)
MESSAGE_TYPE(sync_group_request)

/* SyncGroupResponse, versions 0 to 5. */
#define SYNC_GROUP_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)        \
    FIELD(_, INT32,  throttle_time_ms, FROM(1), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, protocol_type,    FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, protocol_name,    FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, BYTES,  assignment,       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(sync_group_response, SYNC_GROUP_RESPONSE_ROWS)
MESSAGE_TYPE(sync_group_response)

/* HeartbeatRequest, versions 0 to 4. */
#define HEARTBEAT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)           \
    FIELD(_, STRING, group_id,          FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  generation_id,     FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(heartbeat_request, HEARTBEAT_REQUEST_ROWS)
MESSAGE_TYPE(heartbeat_request)

/* HeartbeatResponse, versions 0 to 4. */
#define HEARTBEAT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(1), NEVER, UNTAGGED, 0)       \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(heartbeat_response, HEARTBEAT_RESPONSE_ROWS)
MESSAGE_TYPE(heartbeat_response)

/* LeaveGroupRequest, versions 0 to 5. */
#define LEAVE_GROUP_REQUEST_MEMBER_IDENTITY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, member_id,         FROM(3), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL)         \
    FIELD(_, STRING, reason,            FROM(5), FROM(5), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(leave_group_request_member_identity, LEAVE_GROUP_REQUEST_MEMBER_IDENTITY_ROWS)
#define LEAVE_GROUP_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, STRING,                              group_id,  FROM(0),     NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING,                              member_id, RANGE(0, 2), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  leave_group_request_member_identity, members,   FROM(3),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(leave_group_request, LEAVE_GROUP_REQUEST_ROWS)
MESSAGE_TYPE(leave_group_request)

/* LeaveGroupResponse, versions 0 to 5. */
#define LEAVE_GROUP_RESPONSE_MEMBER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, member_id,         FROM(3), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, group_instance_id, FROM(3), FROM(3), UNTAGGED, EMPTY)                 \
    FIELD(_, INT16,  error_code,        FROM(3), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(leave_group_response_member_response, LEAVE_GROUP_RESPONSE_MEMBER_RESPONSE_ROWS)
#define LEAVE_GROUP_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(1), NEVER, UNTAGGED, 0)         \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)         \
    LIST(_,  leave_group_response_member_response,                         \
                    members,          FROM(3), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(leave_group_response, LEAVE_GROUP_RESPONSE_ROWS)
MESSAGE_TYPE(leave_group_response)

/* DescribeGroupsRequest, versions 0 to 6. */
#define DESCRIBE_GROUPS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)        \
    ARRAY(_, STRING, groups,                        FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   include_authorized_operations, FROM(3), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(describe_groups_request, DESCRIBE_GROUPS_REQUEST_ROWS)
MESSAGE_TYPE(describe_groups_request)

/* DescribeGroupsResponse, versions 0 to 6. */
#define DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_MEMBER_ROWS(                     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                  \
    FIELD(_, STRING, member_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id, FROM(4), FROM(4), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, client_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, client_host,       FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, BYTES,  member_metadata,   FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, BYTES,  member_assignment, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_groups_response_described_group_member,
               DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_MEMBER_ROWS)
#define DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, STRING, error_message,         FROM(6), FROM(6), UNTAGGED, DEFAULT_NULL)          \
    FIELD(_, STRING, group_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, group_state,           FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, protocol_type,         FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, STRING, protocol_data,         FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    LIST(_,  describe_groups_response_described_group_member,                                  \
                     members,               FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    FIELD(_, INT32,  authorized_operations, FROM(3), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(describe_groups_response_described_group,
               DESCRIBE_GROUPS_RESPONSE_DESCRIBED_GROUP_ROWS)
#define DESCRIBE_GROUPS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(1), NEVER, UNTAGGED, 0)             \
    LIST(_,  describe_groups_response_described_group,                         \
                    groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_groups_response, DESCRIBE_GROUPS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_groups_response)

/* ListGroupsRequest, versions 0 to 5. */
#define LIST_GROUPS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, states_filter, FROM(4), NEVER, UNTAGGED, EMPTY)      \
    ARRAY(_, STRING, types_filter,  FROM(5), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_groups_request, LIST_GROUPS_REQUEST_ROWS)
MESSAGE_TYPE(list_groups_request)

/* ListGroupsResponse, versions 0 to 5. */
#define LIST_GROUPS_RESPONSE_LISTED_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,      FROM(0), NEVER, UNTAGGED, EMPTY)                    \
    FIELD(_, STRING, protocol_type, FROM(0), NEVER, UNTAGGED, EMPTY)                    \
    FIELD(_, STRING, group_state,   FROM(4), NEVER, UNTAGGED, EMPTY)                    \
    FIELD(_, STRING, group_type,    FROM(5), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_groups_response_listed_group, LIST_GROUPS_RESPONSE_LISTED_GROUP_ROWS)
#define LIST_GROUPS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, INT32,                             throttle_time_ms, FROM(1), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,                             error_code,       FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  list_groups_response_listed_group, groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_groups_response, LIST_GROUPS_RESPONSE_ROWS)
MESSAGE_TYPE(list_groups_response)

/* DeleteGroupsRequest, versions 0 to 2. */
#define DELETE_GROUPS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, groups_names, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_groups_request, DELETE_GROUPS_REQUEST_ROWS)
MESSAGE_TYPE(delete_groups_request)

/* DeleteGroupsResponse, versions 0 to 2. */
#define DELETE_GROUPS_RESPONSE_DELETABLE_GROUP_RESULT_ROWS(       \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING, group_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT16,  error_code, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(delete_groups_response_deletable_group_result,
               DELETE_GROUPS_RESPONSE_DELETABLE_GROUP_RESULT_ROWS)
#define DELETE_GROUPS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)           \
    LIST(_,  delete_groups_response_deletable_group_result,                  \
                    results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_groups_response, DELETE_GROUPS_RESPONSE_ROWS)
MESSAGE_TYPE(delete_groups_response)

/* OffsetCommitRequest, versions 2 to 10. */
#define OFFSET_COMMIT_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_index,        FROM(0), NEVER,   UNTAGGED, 0)           \
    FIELD(_, INT64,  committed_offset,       FROM(0), NEVER,   UNTAGGED, 0)           \
    FIELD(_, INT32,  committed_leader_epoch, FROM(6), NEVER,   UNTAGGED, -1)          \
    FIELD(_, STRING, committed_metadata,     FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_commit_request_partition, OFFSET_COMMIT_REQUEST_PARTITION_ROWS)
#define OFFSET_COMMIT_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING,                          name,       RANGE(0, 9), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UUID,                            topic_id,   FROM(10),    NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_commit_request_partition, partitions, FROM(0),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_commit_request_topic, OFFSET_COMMIT_REQUEST_TOPIC_ROWS)
#define OFFSET_COMMIT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, STRING, group_id,                      FROM(0),     NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  generation_id_or_member_epoch, FROM(1),     NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, member_id,                     FROM(1),     NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_instance_id,             FROM(7),     FROM(7), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT64,  retention_time_ms,             RANGE(2, 4), NEVER,   UNTAGGED, -1)           \
    LIST(_,  offset_commit_request_topic,                                                         \
                     topics,                        FROM(0),     NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_commit_request, OFFSET_COMMIT_REQUEST_ROWS)
MESSAGE_TYPE(offset_commit_request)

/* OffsetCommitResponse, versions 2 to 10. */
#define OFFSET_COMMIT_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_commit_response_partition, OFFSET_COMMIT_RESPONSE_PARTITION_ROWS)
#define OFFSET_COMMIT_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING,                           name,       RANGE(0, 9), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UUID,                             topic_id,   FROM(10),    NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_commit_response_partition, partitions, FROM(0),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_commit_response_topic, OFFSET_COMMIT_RESPONSE_TOPIC_ROWS)
#define OFFSET_COMMIT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32,                        throttle_time_ms, FROM(3), NEVER, UNTAGGED, 0)     \
    LIST(_,  offset_commit_response_topic, topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_commit_response, OFFSET_COMMIT_RESPONSE_ROWS)
MESSAGE_TYPE(offset_commit_response)

/* OffsetFetchRequest, versions 1 to 10. */
#define OFFSET_FETCH_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              RANGE(0, 7), NEVER, UNTAGGED, EMPTY)     \
    ARRAY(_, INT32,  partition_indexes, RANGE(0, 7), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_request_topic, OFFSET_FETCH_REQUEST_TOPIC_ROWS)
#define OFFSET_FETCH_REQUEST_TOPICS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              RANGE(8, 9), NEVER, UNTAGGED, EMPTY)      \
    FIELD(_, UUID,   topic_id,          FROM(10),    NEVER, UNTAGGED, EMPTY)      \
    ARRAY(_, INT32,  partition_indexes, FROM(8),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_request_topics, OFFSET_FETCH_REQUEST_TOPICS_ROWS)
#define OFFSET_FETCH_REQUEST_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING,                      group_id,     FROM(8), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING,                      member_id,    FROM(9), FROM(9), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,                       member_epoch, FROM(9), NEVER,   UNTAGGED, -1)           \
    LIST(_,  offset_fetch_request_topics, topics,       FROM(8), FROM(8), UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_request_group, OFFSET_FETCH_REQUEST_GROUP_ROWS)
#define OFFSET_FETCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    FIELD(_, STRING, group_id,       RANGE(0, 7), NEVER,       UNTAGGED, EMPTY) \
    LIST(_,  offset_fetch_request_topic,                                        \
                     topics,         RANGE(0, 7), RANGE(2, 7), UNTAGGED, EMPTY) \
    LIST(_,  offset_fetch_request_group,                                        \
                     groups,         FROM(8),     NEVER,       UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   require_stable, FROM(7),     NEVER,       UNTAGGED, false)
MESSAGE_STRUCT(offset_fetch_request, OFFSET_FETCH_REQUEST_ROWS)
MESSAGE_TYPE(offset_fetch_request)

/* OffsetFetchResponse, versions 1 to 10. */
#define OFFSET_FETCH_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT32,  partition_index,        RANGE(0, 7), NEVER,       UNTAGGED, 0)     \
    FIELD(_, INT64,  committed_offset,       RANGE(0, 7), NEVER,       UNTAGGED, 0)     \
    FIELD(_, INT32,  committed_leader_epoch, RANGE(5, 7), NEVER,       UNTAGGED, -1)    \
    FIELD(_, STRING, metadata,               RANGE(0, 7), RANGE(0, 7), UNTAGGED, EMPTY) \
    FIELD(_, INT16,  error_code,             RANGE(0, 7), NEVER,       UNTAGGED, 0)
MESSAGE_STRUCT(offset_fetch_response_partition, OFFSET_FETCH_RESPONSE_PARTITION_ROWS)
#define OFFSET_FETCH_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING,                          name,       RANGE(0, 7), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_fetch_response_partition, partitions, RANGE(0, 7), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_response_topic, OFFSET_FETCH_RESPONSE_TOPIC_ROWS)
#define OFFSET_FETCH_RESPONSE_PARTITIONS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_index,        FROM(8), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT64,  committed_offset,       FROM(8), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  committed_leader_epoch, FROM(8), NEVER,   UNTAGGED, -1)           \
    FIELD(_, STRING, metadata,               FROM(8), FROM(8), UNTAGGED, EMPTY)        \
    FIELD(_, INT16,  error_code,             FROM(8), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(offset_fetch_response_partitions, OFFSET_FETCH_RESPONSE_PARTITIONS_ROWS)
#define OFFSET_FETCH_RESPONSE_TOPICS_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    FIELD(_, STRING,                           name,       RANGE(8, 9), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UUID,                             topic_id,   FROM(10),    NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_fetch_response_partitions, partitions, FROM(8),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_response_topics, OFFSET_FETCH_RESPONSE_TOPICS_ROWS)
#define OFFSET_FETCH_RESPONSE_GROUP_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)       \
    FIELD(_, STRING,                       group_id,   FROM(8), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_fetch_response_topics, topics,     FROM(8), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT16,                        error_code, FROM(8), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_fetch_response_group, OFFSET_FETCH_RESPONSE_GROUP_ROWS)
#define OFFSET_FETCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                      \
    FIELD(_, INT32,                       throttle_time_ms, FROM(3),     NEVER, UNTAGGED, 0)     \
    LIST(_,  offset_fetch_response_topic, topics,           RANGE(0, 7), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT16,                       error_code,       RANGE(2, 7), NEVER, UNTAGGED, 0)     \
    LIST(_,  offset_fetch_response_group, groups,           FROM(8),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_fetch_response, OFFSET_FETCH_RESPONSE_ROWS)
MESSAGE_TYPE(offset_fetch_response)

/* OffsetDeleteRequest, version 0. */
#define OFFSET_DELETE_REQUEST_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_delete_request_partition, OFFSET_DELETE_REQUEST_PARTITION_ROWS)
#define OFFSET_DELETE_REQUEST_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                          name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_delete_request_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_delete_request_topic, OFFSET_DELETE_REQUEST_TOPIC_ROWS)
#define OFFSET_DELETE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                      group_id, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_delete_request_topic, topics,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_delete_request, OFFSET_DELETE_REQUEST_ROWS)
MESSAGE_TYPE(offset_delete_request)

/* OffsetDeleteResponse, version 0. */
#define OFFSET_DELETE_RESPONSE_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(offset_delete_response_partition, OFFSET_DELETE_RESPONSE_PARTITION_ROWS)
#define OFFSET_DELETE_RESPONSE_TOPIC_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                           name,       FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  offset_delete_response_partition, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_delete_response_topic, OFFSET_DELETE_RESPONSE_TOPIC_ROWS)
#define OFFSET_DELETE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT16,                        error_code,       FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32,                        throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  offset_delete_response_topic, topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(offset_delete_response, OFFSET_DELETE_RESPONSE_ROWS)
MESSAGE_TYPE(offset_delete_response)

/* ConsumerProtocolAssignment, versions 0 to 3. */
#define CONSUMER_PROTOCOL_ASSIGNMENT_TOPIC_PARTITION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic,      FROM(0), NEVER, UNTAGGED, EMPTY)                                  \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_protocol_assignment_topic_partition,
               CONSUMER_PROTOCOL_ASSIGNMENT_TOPIC_PARTITION_ROWS)
#define CONSUMER_PROTOCOL_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  consumer_protocol_assignment_topic_partition,                         \
                    assigned_partitions, FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, BYTES, user_data,           FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(consumer_protocol_assignment, CONSUMER_PROTOCOL_ASSIGNMENT_ROWS)
MESSAGE_TYPE(consumer_protocol_assignment)

/* ConsumerProtocolSubscription, versions 0 to 3. */
#define CONSUMER_PROTOCOL_SUBSCRIPTION_TOPIC_PARTITION_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING, topic,      FROM(1), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions, FROM(1), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_protocol_subscription_topic_partition,
               CONSUMER_PROTOCOL_SUBSCRIPTION_TOPIC_PARTITION_ROWS)
#define CONSUMER_PROTOCOL_SUBSCRIPTION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, topics,           FROM(0), NEVER,   UNTAGGED, EMPTY)            \
    FIELD(_, BYTES,  user_data,        FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)     \
    LIST(_,  consumer_protocol_subscription_topic_partition,                         \
                     owned_partitions, FROM(1), NEVER,   UNTAGGED, EMPTY)            \
    FIELD(_, INT32,  generation_id,    FROM(2), NEVER,   UNTAGGED, -1)               \
    FIELD(_, STRING, rack_id,          FROM(3), FROM(3), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(consumer_protocol_subscription, CONSUMER_PROTOCOL_SUBSCRIPTION_ROWS)
MESSAGE_TYPE(consumer_protocol_subscription)
// clang-format on
