/* Records of streams groups: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* StreamsGroupCurrentMemberAssignmentKey, version 0. */
#define STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_current_member_assignment_key,
               STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_KEY_ROWS)
MESSAGE_TYPE(streams_group_current_member_assignment_key)

/* StreamsGroupCurrentMemberAssignmentValue, version 0. */
#define STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TASK_IDS_ROWS(       \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                           \
    FIELD(_, STRING, subtopology_id,    FROM(0), NEVER,   UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions,        FROM(0), NEVER,   UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  assignment_epochs, FROM(0), FROM(0), 0,        EMPTY)
MESSAGE_STRUCT(streams_group_current_member_assignment_value_task_ids,
               STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_TASK_IDS_ROWS)
#define STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS(                            \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                       \
    FIELD(_, INT32, member_epoch,                     FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32, previous_member_epoch,            FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT8,  state,                            FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    active_tasks,                     FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    standby_tasks,                    FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    warmup_tasks,                     FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    active_tasks_pending_revocation,  FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    standby_tasks_pending_revocation, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  streams_group_current_member_assignment_value_task_ids,                   \
                    warmup_tasks_pending_revocation,  FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_current_member_assignment_value,
               STREAMS_GROUP_CURRENT_MEMBER_ASSIGNMENT_VALUE_ROWS)
MESSAGE_TYPE(streams_group_current_member_assignment_value)

/* StreamsGroupMemberMetadataKey, version 0. */
#define STREAMS_GROUP_MEMBER_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                    \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_member_metadata_key, STREAMS_GROUP_MEMBER_METADATA_KEY_ROWS)
MESSAGE_TYPE(streams_group_member_metadata_key)

/* StreamsGroupMemberMetadataValue, version 0. */
#define STREAMS_GROUP_MEMBER_METADATA_VALUE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                                        \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_member_metadata_value_endpoint,
               STREAMS_GROUP_MEMBER_METADATA_VALUE_ENDPOINT_ROWS)
#define STREAMS_GROUP_MEMBER_METADATA_VALUE_KEY_VALUE_ROWS(  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)             \
    FIELD(_, STRING, key,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, value, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_member_metadata_value_key_value,
               STREAMS_GROUP_MEMBER_METADATA_VALUE_KEY_VALUE_ROWS)
#define STREAMS_GROUP_MEMBER_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,    STRING, instance_id,          FROM(0), FROM(0), UNTAGGED, EMPTY)          \
    FIELD(_,    STRING, rack_id,              FROM(0), FROM(0), UNTAGGED, EMPTY)          \
    FIELD(_,    STRING, client_id,            FROM(0), NEVER,   UNTAGGED, EMPTY)          \
    FIELD(_,    STRING, client_host,          FROM(0), NEVER,   UNTAGGED, EMPTY)          \
    FIELD(_,    INT32,  rebalance_timeout_ms, FROM(0), NEVER,   UNTAGGED, -1)             \
    FIELD(_,    INT32,  topology_epoch,       FROM(0), NEVER,   UNTAGGED, 0)              \
    FIELD(_,    STRING, process_id,           FROM(0), NEVER,   UNTAGGED, EMPTY)          \
    OPTIONAL(_, streams_group_member_metadata_value_endpoint,                             \
                        user_endpoint,        FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)   \
    LIST(_,     streams_group_member_metadata_value_key_value,                            \
                        client_tags,          FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_member_metadata_value, STREAMS_GROUP_MEMBER_METADATA_VALUE_ROWS)
MESSAGE_TYPE(streams_group_member_metadata_value)

/* StreamsGroupMetadataKey, version 0. */
#define STREAMS_GROUP_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_metadata_key, STREAMS_GROUP_METADATA_KEY_ROWS)
MESSAGE_TYPE(streams_group_metadata_key)

/* StreamsGroupMetadataValue, version 0. */
#define STREAMS_GROUP_METADATA_VALUE_LAST_ASSIGNMENT_CONFIG_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, STRING, key,   FROM(0), NEVER, UNTAGGED, EMPTY)      \
    FIELD(_, STRING, value, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_metadata_value_last_assignment_config,
               STREAMS_GROUP_METADATA_VALUE_LAST_ASSIGNMENT_CONFIG_ROWS)
#define STREAMS_GROUP_METADATA_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,                    FROM(0), NEVER,   UNTAGGED, 0)       \
    FIELD(_, INT64, metadata_hash,            FROM(0), NEVER,   UNTAGGED, 0)       \
    FIELD(_, INT32, validated_topology_epoch, FROM(0), NEVER,   0,        -1)      \
    LIST(_,  streams_group_metadata_value_last_assignment_config,                  \
                    last_assignment_configs,  FROM(0), FROM(0), 1,        EMPTY)
MESSAGE_STRUCT(streams_group_metadata_value, STREAMS_GROUP_METADATA_VALUE_ROWS)
MESSAGE_TYPE(streams_group_metadata_value)

/* StreamsGroupTargetAssignmentMemberKey, version 0. */
#define STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,  RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, STRING, member_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_target_assignment_member_key,
               STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_KEY_ROWS)
MESSAGE_TYPE(streams_group_target_assignment_member_key)

/* StreamsGroupTargetAssignmentMemberValue, version 0. */
#define STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TASK_IDS_ROWS(   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                      \
    FIELD(_, STRING, subtopology_id, FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions,     FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_target_assignment_member_value_task_ids,
               STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_TASK_IDS_ROWS)
#define STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, streams_group_target_assignment_member_value_task_ids,                                 \
              active_tasks,  FROM(0), NEVER, UNTAGGED, EMPTY)                                      \
    LIST(_, streams_group_target_assignment_member_value_task_ids,                                 \
              standby_tasks, FROM(0), NEVER, UNTAGGED, EMPTY)                                      \
    LIST(_, streams_group_target_assignment_member_value_task_ids,                                 \
              warmup_tasks,  FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_target_assignment_member_value,
               STREAMS_GROUP_TARGET_ASSIGNMENT_MEMBER_VALUE_ROWS)
MESSAGE_TYPE(streams_group_target_assignment_member_value)

/* StreamsGroupTargetAssignmentMetadataKey, version 0. */
#define STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_target_assignment_metadata_key,
               STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_KEY_ROWS)
MESSAGE_TYPE(streams_group_target_assignment_metadata_key)

/* StreamsGroupTargetAssignmentMetadataValue, version 0. */
#define STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS(       \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32, assignment_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(streams_group_target_assignment_metadata_value,
               STREAMS_GROUP_TARGET_ASSIGNMENT_METADATA_VALUE_ROWS)
MESSAGE_TYPE(streams_group_target_assignment_metadata_value)

/* StreamsGroupTopologyKey, version 0. */
#define STREAMS_GROUP_TOPOLOGY_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_key, STREAMS_GROUP_TOPOLOGY_KEY_ROWS)
MESSAGE_TYPE(streams_group_topology_key)

/* StreamsGroupTopologyValue, version 0. */
#define STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_CONFIG_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, key,   FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, STRING, value, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_value_topic_config,
               STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_CONFIG_ROWS)
#define STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_INFO_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,               FROM(0), NEVER, UNTAGGED, EMPTY)                     \
    FIELD(_, INT32,  partitions,         FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_, INT16,  replication_factor, FROM(0), NEVER, UNTAGGED, 0)                         \
    LIST(_,  streams_group_topology_value_topic_config,                                       \
                     topic_configs,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_value_topic_info,
               STREAMS_GROUP_TOPOLOGY_VALUE_TOPIC_INFO_ROWS)
#define STREAMS_GROUP_TOPOLOGY_VALUE_COPARTITION_GROUP_ROWS(                    \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                \
    ARRAY(_, INT16, source_topics,             FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT16, source_topic_regex,        FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT16, repartition_source_topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_value_copartition_group,
               STREAMS_GROUP_TOPOLOGY_VALUE_COPARTITION_GROUP_ROWS)
#define STREAMS_GROUP_TOPOLOGY_VALUE_SUBTOPOLOGY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, subtopology_id,            FROM(0), NEVER, UNTAGGED, EMPTY)               \
    ARRAY(_, STRING, source_topics,             FROM(0), NEVER, UNTAGGED, EMPTY)               \
    ARRAY(_, STRING, source_topic_regex,        FROM(0), NEVER, UNTAGGED, EMPTY)               \
    LIST(_,  streams_group_topology_value_topic_info,                                          \
                     state_changelog_topics,    FROM(0), NEVER, UNTAGGED, EMPTY)               \
    ARRAY(_, STRING, repartition_sink_topics,   FROM(0), NEVER, UNTAGGED, EMPTY)               \
    LIST(_,  streams_group_topology_value_topic_info,                                          \
                     repartition_source_topics, FROM(0), NEVER, UNTAGGED, EMPTY)               \
    LIST(_,  streams_group_topology_value_copartition_group,                                   \
                     copartition_groups,        FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_value_subtopology,
               STREAMS_GROUP_TOPOLOGY_VALUE_SUBTOPOLOGY_ROWS)
#define STREAMS_GROUP_TOPOLOGY_VALUE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, epoch,         FROM(0), NEVER, UNTAGGED, 0)                    \
    LIST(_,  streams_group_topology_value_subtopology,                             \
                    subtopologies, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(streams_group_topology_value, STREAMS_GROUP_TOPOLOGY_VALUE_ROWS)
MESSAGE_TYPE(streams_group_topology_value)
// clang-format on
