/* Consumer groups of KIP-848: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* ConsumerGroupHeartbeatRequest, versions 0 to 1. */
#define CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS_ROWS(  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_heartbeat_request_topic_partitions,
               CONSUMER_GROUP_HEARTBEAT_REQUEST_TOPIC_PARTITIONS_ROWS)
#define CONSUMER_GROUP_HEARTBEAT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, group_id,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, member_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  member_epoch,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, instance_id,            FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  rebalance_timeout_ms,   FROM(0), NEVER,   UNTAGGED, -1)           \
    ARRAY(_, STRING, subscribed_topic_names, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, subscribed_topic_regex, FROM(1), FROM(1), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, server_assignor,        FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  consumer_group_heartbeat_request_topic_partitions,                        \
                     topic_partitions,       FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(consumer_group_heartbeat_request, CONSUMER_GROUP_HEARTBEAT_REQUEST_ROWS)
MESSAGE_TYPE(consumer_group_heartbeat_request)

/* ConsumerGroupHeartbeatResponse, versions 0 to 1. */
#define CONSUMER_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    FIELD(_, UUID,  topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_heartbeat_response_topic_partitions,
               CONSUMER_GROUP_HEARTBEAT_RESPONSE_TOPIC_PARTITIONS_ROWS)
#define CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, consumer_group_heartbeat_response_topic_partitions,                                    \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_heartbeat_response_assignment,
               CONSUMER_GROUP_HEARTBEAT_RESPONSE_ASSIGNMENT_ROWS)
#define CONSUMER_GROUP_HEARTBEAT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    FIELD(_,    INT32,  throttle_time_ms,      FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    STRING, error_message,         FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    STRING, member_id,             FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_,    INT32,  member_epoch,          FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_,    INT32,  heartbeat_interval_ms, FROM(0), NEVER,   UNTAGGED, 0)            \
    OPTIONAL(_, consumer_group_heartbeat_response_assignment,                            \
                        assignment,            FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)
MESSAGE_STRUCT(consumer_group_heartbeat_response, CONSUMER_GROUP_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_TYPE(consumer_group_heartbeat_response)

/* ConsumerGroupDescribeRequest, versions 0 to 1. */
#define CONSUMER_GROUP_DESCRIBE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, STRING, group_ids,                     FROM(0), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, BOOL,   include_authorized_operations, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(consumer_group_describe_request, CONSUMER_GROUP_DESCRIBE_REQUEST_ROWS)
MESSAGE_TYPE(consumer_group_describe_request)

/* ConsumerGroupDescribeResponse, versions 0 to 1. */
#define CONSUMER_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS(   \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, UUID,   topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    ARRAY(_, INT32,  partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_describe_response_topic_partitions,
               CONSUMER_GROUP_DESCRIBE_RESPONSE_TOPIC_PARTITIONS_ROWS)
#define CONSUMER_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, consumer_group_describe_response_topic_partitions,                                    \
              topic_partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_describe_response_assignment,
               CONSUMER_GROUP_DESCRIBE_RESPONSE_ASSIGNMENT_ROWS)
#define CONSUMER_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  STRING, member_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)              \
    FIELD(_,  STRING, instance_id,            FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)       \
    FIELD(_,  STRING, rack_id,                FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)       \
    FIELD(_,  INT32,  member_epoch,           FROM(0), NEVER,   UNTAGGED, 0)                  \
    FIELD(_,  STRING, client_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)              \
    FIELD(_,  STRING, client_host,            FROM(0), NEVER,   UNTAGGED, EMPTY)              \
    ARRAY(_,  STRING, subscribed_topic_names, FROM(0), NEVER,   UNTAGGED, EMPTY)              \
    FIELD(_,  STRING, subscribed_topic_regex, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL)       \
    NESTED(_, consumer_group_describe_response_assignment,                                    \
                      assignment,             FROM(0), UNTAGGED)                              \
    NESTED(_, consumer_group_describe_response_assignment,                                    \
                      target_assignment,      FROM(0), UNTAGGED)                              \
    FIELD(_,  INT8,   member_type,            FROM(1), NEVER,   UNTAGGED, -1)
MESSAGE_STRUCT(consumer_group_describe_response_member,
               CONSUMER_GROUP_DESCRIBE_RESPONSE_MEMBER_ROWS)
#define CONSUMER_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS(                        \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                      \
    FIELD(_, INT16,  error_code,            FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,         FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, STRING, group_id,              FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, STRING, group_state,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  group_epoch,           FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT32,  assignment_epoch,      FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, assignor_name,         FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  consumer_group_describe_response_member,                                 \
                     members,               FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32,  authorized_operations, FROM(0), NEVER,   UNTAGGED, INT32_MIN)
MESSAGE_STRUCT(consumer_group_describe_response_described_group,
               CONSUMER_GROUP_DESCRIBE_RESPONSE_DESCRIBED_GROUP_ROWS)
#define CONSUMER_GROUP_DESCRIBE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                     \
    LIST(_,  consumer_group_describe_response_described_group,                         \
                    groups,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(consumer_group_describe_response, CONSUMER_GROUP_DESCRIBE_RESPONSE_ROWS)
MESSAGE_TYPE(consumer_group_describe_response)
// clang-format on
