/* The controller quorum and brokers: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* VoteRequest, versions 0 to 2. */
#define VOTE_REQUEST_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,      FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT32, replica_epoch,        FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT32, replica_id,           FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, UUID,  replica_directory_id, FROM(1), NEVER, UNTAGGED, EMPTY)        \
    FIELD(_, UUID,  voter_directory_id,   FROM(1), NEVER, UNTAGGED, EMPTY)        \
    FIELD(_, INT32, last_offset_epoch,    FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT64, last_offset,          FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, BOOL,  pre_vote,             FROM(2), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(vote_request_partition_data, VOTE_REQUEST_PARTITION_DATA_ROWS)
#define VOTE_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                      topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  vote_request_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(vote_request_topic_data, VOTE_REQUEST_TOPIC_DATA_ROWS)
#define VOTE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, STRING,                  cluster_id, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,                   voter_id,   FROM(1), NEVER,   UNTAGGED, -1)           \
    LIST(_,  vote_request_topic_data, topics,     FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(vote_request, VOTE_REQUEST_ROWS)
MESSAGE_TYPE(vote_request)

/* VoteResponse, versions 0 to 2. */
#define VOTE_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, leader_id,       FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, leader_epoch,    FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, BOOL,  vote_granted,    FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(vote_response_partition_data, VOTE_RESPONSE_PARTITION_DATA_ROWS)
#define VOTE_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                       topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  vote_response_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(vote_response_topic_data, VOTE_RESPONSE_TOPIC_DATA_ROWS)
#define VOTE_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(1), NEVER, UNTAGGED, 0)                        \
    FIELD(_, STRING, host,    FROM(1), NEVER, UNTAGGED, EMPTY)                    \
    FIELD(_, UINT16, port,    FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(vote_response_node_endpoint, VOTE_RESPONSE_NODE_ENDPOINT_ROWS)
#define VOTE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                        \
    FIELD(_, INT16,                       error_code,     FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  vote_response_topic_data,    topics,         FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  vote_response_node_endpoint, node_endpoints, FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(vote_response, VOTE_RESPONSE_ROWS)
MESSAGE_TYPE(vote_response)

/* BeginQuorumEpochRequest, versions 0 to 1. */
#define BEGIN_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,    FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, UUID,  voter_directory_id, FROM(1), NEVER, UNTAGGED, EMPTY)                        \
    FIELD(_, INT32, leader_id,          FROM(0), NEVER, UNTAGGED, 0)                            \
    FIELD(_, INT32, leader_epoch,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(begin_quorum_epoch_request_partition_data,
               BEGIN_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS)
#define BEGIN_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    LIST(_,  begin_quorum_epoch_request_partition_data,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(begin_quorum_epoch_request_topic_data, BEGIN_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS)
#define BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(1), NEVER, UNTAGGED, EMPTY)                                      \
    FIELD(_, STRING, host, FROM(1), NEVER, UNTAGGED, EMPTY)                                      \
    FIELD(_, UINT16, port, FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(begin_quorum_epoch_request_leader_endpoint,
               BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS)
#define BEGIN_QUORUM_EPOCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, cluster_id,       FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT32,  voter_id,         FROM(1), NEVER,   UNTAGGED, -1)           \
    LIST(_,  begin_quorum_epoch_request_topic_data,                              \
                     topics,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  begin_quorum_epoch_request_leader_endpoint,                         \
                     leader_endpoints, FROM(1), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(begin_quorum_epoch_request, BEGIN_QUORUM_EPOCH_REQUEST_ROWS)
MESSAGE_TYPE(begin_quorum_epoch_request)

/* BeginQuorumEpochResponse, versions 0 to 1. */
#define BEGIN_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                                \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)                                \
    FIELD(_, INT32, leader_id,       FROM(0), NEVER, UNTAGGED, 0)                                \
    FIELD(_, INT32, leader_epoch,    FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(begin_quorum_epoch_response_partition_data,
               BEGIN_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS)
#define BEGIN_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                            \
    LIST(_,  begin_quorum_epoch_response_partition_data,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(begin_quorum_epoch_response_topic_data, BEGIN_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS)
#define BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(1), NEVER, UNTAGGED, 0)                                      \
    FIELD(_, STRING, host,    FROM(1), NEVER, UNTAGGED, EMPTY)                                  \
    FIELD(_, UINT16, port,    FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(begin_quorum_epoch_response_node_endpoint,
               BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS)
#define BEGIN_QUORUM_EPOCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,     FROM(0), NEVER, UNTAGGED, 0)                  \
    LIST(_,  begin_quorum_epoch_response_topic_data,                              \
                    topics,         FROM(0), NEVER, UNTAGGED, EMPTY)              \
    LIST(_,  begin_quorum_epoch_response_node_endpoint,                           \
                    node_endpoints, FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(begin_quorum_epoch_response, BEGIN_QUORUM_EPOCH_RESPONSE_ROWS)
MESSAGE_TYPE(begin_quorum_epoch_response)

/* EndQuorumEpochRequest, versions 0 to 1. */
#define END_QUORUM_EPOCH_REQUEST_REPLICA_INFO_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, candidate_id,           FROM(1), NEVER, UNTAGGED, 0)                    \
    FIELD(_, UUID,  candidate_directory_id, FROM(1), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_request_replica_info, END_QUORUM_EPOCH_REQUEST_REPLICA_INFO_ROWS)
#define END_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,      FROM(0),     NEVER, UNTAGGED, 0)                    \
    FIELD(_, INT32, leader_id,            FROM(0),     NEVER, UNTAGGED, 0)                    \
    FIELD(_, INT32, leader_epoch,         FROM(0),     NEVER, UNTAGGED, 0)                    \
    ARRAY(_, INT32, preferred_successors, RANGE(0, 0), NEVER, UNTAGGED, EMPTY)                \
    LIST(_,  end_quorum_epoch_request_replica_info,                                           \
                    preferred_candidates, FROM(1),     NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_request_partition_data,
               END_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS)
#define END_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                                  topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  end_quorum_epoch_request_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_request_topic_data, END_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS)
#define END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(1), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, STRING, host, FROM(1), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, UINT16, port, FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(end_quorum_epoch_request_leader_endpoint,
               END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS)
#define END_QUORUM_EPOCH_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, STRING, cluster_id,       FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    LIST(_,  end_quorum_epoch_request_topic_data,                                \
                     topics,           FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    LIST(_,  end_quorum_epoch_request_leader_endpoint,                           \
                     leader_endpoints, FROM(1), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_request, END_QUORUM_EPOCH_REQUEST_ROWS)
MESSAGE_TYPE(end_quorum_epoch_request)

/* EndQuorumEpochResponse, versions 0 to 1. */
#define END_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT32, leader_id,       FROM(0), NEVER, UNTAGGED, 0)                              \
    FIELD(_, INT32, leader_epoch,    FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(end_quorum_epoch_response_partition_data,
               END_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS)
#define END_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    LIST(_,  end_quorum_epoch_response_partition_data,                                     \
                     partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_response_topic_data, END_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS)
#define END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  node_id, FROM(1), NEVER, UNTAGGED, 0)                                    \
    FIELD(_, STRING, host,    FROM(1), NEVER, UNTAGGED, EMPTY)                                \
    FIELD(_, UINT16, port,    FROM(1), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(end_quorum_epoch_response_node_endpoint,
               END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS)
#define END_QUORUM_EPOCH_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,     FROM(0), NEVER, UNTAGGED, 0)                \
    LIST(_,  end_quorum_epoch_response_topic_data,                              \
                    topics,         FROM(0), NEVER, UNTAGGED, EMPTY)            \
    LIST(_,  end_quorum_epoch_response_node_endpoint,                           \
                    node_endpoints, FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(end_quorum_epoch_response, END_QUORUM_EPOCH_RESPONSE_ROWS)
MESSAGE_TYPE(end_quorum_epoch_response)

/* DescribeQuorumRequest, versions 0 to 2. */
#define DESCRIBE_QUORUM_REQUEST_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_quorum_request_partition_data, DESCRIBE_QUORUM_REQUEST_PARTITION_DATA_ROWS)
#define DESCRIBE_QUORUM_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                                 topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  describe_quorum_request_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_request_topic_data, DESCRIBE_QUORUM_REQUEST_TOPIC_DATA_ROWS)
#define DESCRIBE_QUORUM_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)            \
    LIST(_, describe_quorum_request_topic_data, topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_request, DESCRIBE_QUORUM_REQUEST_ROWS)
MESSAGE_TYPE(describe_quorum_request)

/* DescribeQuorumResponse, versions 0 to 2. */
#define DESCRIBE_QUORUM_RESPONSE_REPLICA_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, replica_id,               FROM(0), NEVER, UNTAGGED, 0)                   \
    FIELD(_, UUID,  replica_directory_id,     FROM(2), NEVER, UNTAGGED, EMPTY)               \
    FIELD(_, INT64, log_end_offset,           FROM(0), NEVER, UNTAGGED, 0)                   \
    FIELD(_, INT64, last_fetch_timestamp,     FROM(1), NEVER, UNTAGGED, -1)                  \
    FIELD(_, INT64, last_caught_up_timestamp, FROM(1), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(describe_quorum_response_replica_state, DESCRIBE_QUORUM_RESPONSE_REPLICA_STATE_ROWS)
#define DESCRIBE_QUORUM_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  partition_index, FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, STRING, error_message,   FROM(2), FROM(2), UNTAGGED, EMPTY)                      \
    FIELD(_, INT32,  leader_id,       FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, INT32,  leader_epoch,    FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, INT64,  high_watermark,  FROM(0), NEVER,   UNTAGGED, 0)                          \
    LIST(_,  describe_quorum_response_replica_state,                                          \
                     current_voters,  FROM(0), NEVER,   UNTAGGED, EMPTY)                      \
    LIST(_,  describe_quorum_response_replica_state,                                          \
                     observers,       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_response_partition_data,
               DESCRIBE_QUORUM_RESPONSE_PARTITION_DATA_ROWS)
#define DESCRIBE_QUORUM_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, STRING,                                  topic_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  describe_quorum_response_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_response_topic_data, DESCRIBE_QUORUM_RESPONSE_TOPIC_DATA_ROWS)
#define DESCRIBE_QUORUM_RESPONSE_LISTENER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(2), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, STRING, host, FROM(2), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, UINT16, port, FROM(2), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_quorum_response_listener, DESCRIBE_QUORUM_RESPONSE_LISTENER_ROWS)
#define DESCRIBE_QUORUM_RESPONSE_NODE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)         \
    FIELD(_, INT32,                             node_id,   FROM(2), NEVER, UNTAGGED, 0)     \
    LIST(_,  describe_quorum_response_listener, listeners, FROM(2), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_response_node, DESCRIBE_QUORUM_RESPONSE_NODE_ROWS)
#define DESCRIBE_QUORUM_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)             \
    FIELD(_, STRING, error_message, FROM(2), FROM(2), UNTAGGED, EMPTY)         \
    LIST(_,  describe_quorum_response_topic_data,                              \
                     topics,        FROM(0), NEVER,   UNTAGGED, EMPTY)         \
    LIST(_,  describe_quorum_response_node,                                    \
                     nodes,         FROM(2), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_quorum_response, DESCRIBE_QUORUM_RESPONSE_ROWS)
MESSAGE_TYPE(describe_quorum_response)

/* AddRaftVoterRequest, versions 0 to 1. */
#define ADD_RAFT_VOTER_REQUEST_LISTENER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                           \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(add_raft_voter_request_listener, ADD_RAFT_VOTER_REQUEST_LISTENER_ROWS)
#define ADD_RAFT_VOTER_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, cluster_id,         FROM(0), FROM(0), UNTAGGED, EMPTY)  \
    FIELD(_, INT32,  timeout_ms,         FROM(0), NEVER,   UNTAGGED, 0)      \
    FIELD(_, INT32,  voter_id,           FROM(0), NEVER,   UNTAGGED, 0)      \
    FIELD(_, UUID,   voter_directory_id, FROM(0), NEVER,   UNTAGGED, EMPTY)  \
    LIST(_,  add_raft_voter_request_listener,                                \
                     listeners,          FROM(0), NEVER,   UNTAGGED, EMPTY)  \
    FIELD(_, BOOL,   ack_when_committed, FROM(1), NEVER,   UNTAGGED, true)
MESSAGE_STRUCT(add_raft_voter_request, ADD_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_TYPE(add_raft_voter_request)

/* AddRaftVoterResponse, versions 0 to 1. */
#define ADD_RAFT_VOTER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(add_raft_voter_response, ADD_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_TYPE(add_raft_voter_response)

/* RemoveRaftVoterRequest, version 0. */
#define REMOVE_RAFT_VOTER_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, cluster_id,         FROM(0), FROM(0), UNTAGGED, EMPTY)     \
    FIELD(_, INT32,  voter_id,           FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, UUID,   voter_directory_id, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(remove_raft_voter_request, REMOVE_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_TYPE(remove_raft_voter_request)

/* RemoveRaftVoterResponse, version 0. */
#define REMOVE_RAFT_VOTER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(remove_raft_voter_response, REMOVE_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_TYPE(remove_raft_voter_response)

/* UpdateRaftVoterRequest, version 0. */
#define UPDATE_RAFT_VOTER_REQUEST_LISTENER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                              \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(update_raft_voter_request_listener, UPDATE_RAFT_VOTER_REQUEST_LISTENER_ROWS)
#define UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE_ROWS(          \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                        \
    FIELD(_, INT16, min_supported_version, FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT16, max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(update_raft_voter_request_k_raft_version_feature,
               UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE_ROWS)
#define UPDATE_RAFT_VOTER_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    FIELD(_,  STRING, cluster_id,             FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_,  INT32,  current_leader_epoch,   FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_,  INT32,  voter_id,               FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_,  UUID,   voter_directory_id,     FROM(0), NEVER,   UNTAGGED, EMPTY) \
    LIST(_,   update_raft_voter_request_listener,                                \
                      listeners,              FROM(0), NEVER,   UNTAGGED, EMPTY) \
    NESTED(_, update_raft_voter_request_k_raft_version_feature,                  \
                      k_raft_version_feature, FROM(0), UNTAGGED)
MESSAGE_STRUCT(update_raft_voter_request, UPDATE_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_TYPE(update_raft_voter_request)

/* UpdateRaftVoterResponse, version 0. */
#define UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  leader_id,    FROM(0), NEVER, UNTAGGED, -1)                                \
    FIELD(_, INT32,  leader_epoch, FROM(0), NEVER, UNTAGGED, -1)                                \
    FIELD(_, STRING, host,         FROM(0), NEVER, UNTAGGED, EMPTY)                             \
    FIELD(_, INT32,  port,         FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(update_raft_voter_response_current_leader,
               UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_ROWS)
#define UPDATE_RAFT_VOTER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_,  INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_,  INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)              \
    NESTED(_, update_raft_voter_response_current_leader,                         \
                     current_leader,   FROM(0), 0)
MESSAGE_STRUCT(update_raft_voter_response, UPDATE_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_TYPE(update_raft_voter_response)

/* AlterPartitionRequest, versions 2 to 3. */
#define ALTER_PARTITION_REQUEST_BROKER_STATE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,    FROM(3), NEVER, UNTAGGED, 0)                             \
    FIELD(_, INT64, broker_epoch, FROM(3), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(alter_partition_request_broker_state, ALTER_PARTITION_REQUEST_BROKER_STATE_ROWS)
#define ALTER_PARTITION_REQUEST_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,       FROM(0),     NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, leader_epoch,          FROM(0),     NEVER, UNTAGGED, 0)                  \
    ARRAY(_, INT32, new_isr,               RANGE(0, 2), NEVER, UNTAGGED, EMPTY)              \
    LIST(_,  alter_partition_request_broker_state,                                           \
                    new_isr_with_epochs,   FROM(3),     NEVER, UNTAGGED, EMPTY)              \
    FIELD(_, INT8,  leader_recovery_state, FROM(1),     NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, partition_epoch,       FROM(0),     NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(alter_partition_request_partition_data, ALTER_PARTITION_REQUEST_PARTITION_DATA_ROWS)
#define ALTER_PARTITION_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, UUID,                                   topic_id,   FROM(2), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  alter_partition_request_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_request_topic_data, ALTER_PARTITION_REQUEST_TOPIC_DATA_ROWS)
#define ALTER_PARTITION_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32,                              broker_id,    FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,                              broker_epoch, FROM(0), NEVER, UNTAGGED, -1)    \
    LIST(_,  alter_partition_request_topic_data, topics,       FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_request, ALTER_PARTITION_REQUEST_ROWS)
MESSAGE_TYPE(alter_partition_request)

/* AlterPartitionResponse, versions 2 to 3. */
#define ALTER_PARTITION_RESPONSE_PARTITION_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, partition_index,       FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT16, error_code,            FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, leader_id,             FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, leader_epoch,          FROM(0), NEVER, UNTAGGED, 0)                       \
    ARRAY(_, INT32, isr,                   FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, INT8,  leader_recovery_state, FROM(1), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT32, partition_epoch,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(alter_partition_response_partition_data,
               ALTER_PARTITION_RESPONSE_PARTITION_DATA_ROWS)
#define ALTER_PARTITION_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, UUID,                                    topic_id,   FROM(2), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  alter_partition_response_partition_data, partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_response_topic_data, ALTER_PARTITION_RESPONSE_TOPIC_DATA_ROWS)
#define ALTER_PARTITION_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)             \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)             \
    LIST(_,  alter_partition_response_topic_data,                              \
                    topics,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_partition_response, ALTER_PARTITION_RESPONSE_ROWS)
MESSAGE_TYPE(alter_partition_response)

/* BrokerRegistrationRequest, versions 0 to 4. */
#define BROKER_REGISTRATION_REQUEST_LISTENER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, STRING, host,              FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, UINT16, port,              FROM(0), NEVER, UNTAGGED, 0)                       \
    FIELD(_, INT16,  security_protocol, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(broker_registration_request_listener, BROKER_REGISTRATION_REQUEST_LISTENER_ROWS)
#define BROKER_REGISTRATION_REQUEST_FEATURE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,                  FROM(0), NEVER, UNTAGGED, EMPTY)              \
    FIELD(_, INT16,  min_supported_version, FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT16,  max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(broker_registration_request_feature, BROKER_REGISTRATION_REQUEST_FEATURE_ROWS)
#define BROKER_REGISTRATION_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  broker_id,              FROM(0), NEVER,   UNTAGGED, 0)       \
    FIELD(_, STRING, cluster_id,             FROM(0), NEVER,   UNTAGGED, EMPTY)   \
    FIELD(_, UUID,   incarnation_id,         FROM(0), NEVER,   UNTAGGED, EMPTY)   \
    LIST(_,  broker_registration_request_listener,                                \
                     listeners,              FROM(0), NEVER,   UNTAGGED, EMPTY)   \
    LIST(_,  broker_registration_request_feature,                                 \
                     features,               FROM(0), NEVER,   UNTAGGED, EMPTY)   \
    FIELD(_, STRING, rack,                   FROM(0), FROM(0), UNTAGGED, EMPTY)   \
    FIELD(_, BOOL,   is_migrating_zk_broker, FROM(1), NEVER,   UNTAGGED, false)   \
    ARRAY(_, UUID,   log_dirs,               FROM(2), NEVER,   UNTAGGED, EMPTY)   \
    FIELD(_, INT64,  previous_broker_epoch,  FROM(3), NEVER,   UNTAGGED, -1)
MESSAGE_STRUCT(broker_registration_request, BROKER_REGISTRATION_REQUEST_ROWS)
MESSAGE_TYPE(broker_registration_request)

/* BrokerRegistrationResponse, versions 0 to 4. */
#define BROKER_REGISTRATION_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                 \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)                 \
    FIELD(_, INT64, broker_epoch,     FROM(0), NEVER, UNTAGGED, -1)
MESSAGE_STRUCT(broker_registration_response, BROKER_REGISTRATION_RESPONSE_ROWS)
MESSAGE_TYPE(broker_registration_response)

/* BrokerHeartbeatRequest, versions 0 to 1. */
#define BROKER_HEARTBEAT_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,               FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, INT64, broker_epoch,            FROM(0), NEVER, UNTAGGED, -1)     \
    FIELD(_, INT64, current_metadata_offset, FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, BOOL,  want_fence,              FROM(0), NEVER, UNTAGGED, false)  \
    FIELD(_, BOOL,  want_shut_down,          FROM(0), NEVER, UNTAGGED, false)  \
    ARRAY(_, UUID,  offline_log_dirs,        FROM(1), NEVER, 0,        EMPTY)
MESSAGE_STRUCT(broker_heartbeat_request, BROKER_HEARTBEAT_REQUEST_ROWS)
MESSAGE_TYPE(broker_heartbeat_request)

/* BrokerHeartbeatResponse, versions 0 to 1. */
#define BROKER_HEARTBEAT_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, BOOL,  is_caught_up,     FROM(0), NEVER, UNTAGGED, false)          \
    FIELD(_, BOOL,  is_fenced,        FROM(0), NEVER, UNTAGGED, true)           \
    FIELD(_, BOOL,  should_shut_down, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(broker_heartbeat_response, BROKER_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_TYPE(broker_heartbeat_response)

/* ControllerRegistrationRequest, version 0. */
#define CONTROLLER_REGISTRATION_REQUEST_LISTENER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    FIELD(_, STRING, host,              FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    FIELD(_, UINT16, port,              FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT16,  security_protocol, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(controller_registration_request_listener,
               CONTROLLER_REGISTRATION_REQUEST_LISTENER_ROWS)
#define CONTROLLER_REGISTRATION_REQUEST_FEATURE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,                  FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, INT16,  min_supported_version, FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, INT16,  max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(controller_registration_request_feature,
               CONTROLLER_REGISTRATION_REQUEST_FEATURE_ROWS)
#define CONTROLLER_REGISTRATION_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, controller_id,      FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, UUID,  incarnation_id,     FROM(0), NEVER, UNTAGGED, EMPTY)              \
    FIELD(_, BOOL,  zk_migration_ready, FROM(0), NEVER, UNTAGGED, false)              \
    LIST(_,  controller_registration_request_listener,                                \
                    listeners,          FROM(0), NEVER, UNTAGGED, EMPTY)              \
    LIST(_,  controller_registration_request_feature,                                 \
                    features,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(controller_registration_request, CONTROLLER_REGISTRATION_REQUEST_ROWS)
MESSAGE_TYPE(controller_registration_request)

/* ControllerRegistrationResponse, version 0. */
#define CONTROLLER_REGISTRATION_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                  \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                  \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(controller_registration_response, CONTROLLER_REGISTRATION_RESPONSE_ROWS)
MESSAGE_TYPE(controller_registration_response)

/* UnregisterBrokerRequest, version 0. */
#define UNREGISTER_BROKER_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(unregister_broker_request, UNREGISTER_BROKER_REQUEST_ROWS)
MESSAGE_TYPE(unregister_broker_request)

/* UnregisterBrokerResponse, version 0. */
#define UNREGISTER_BROKER_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)            \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(unregister_broker_response, UNREGISTER_BROKER_RESPONSE_ROWS)
MESSAGE_TYPE(unregister_broker_response)

/* AssignReplicasToDirsRequest, version 0. */
#define ASSIGN_REPLICAS_TO_DIRS_REQUEST_PARTITION_DATA_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(assign_replicas_to_dirs_request_partition_data,
               ASSIGN_REPLICAS_TO_DIRS_REQUEST_PARTITION_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_REQUEST_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                                  \
    LIST(_,  assign_replicas_to_dirs_request_partition_data,                                     \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_request_topic_data,
               ASSIGN_REPLICAS_TO_DIRS_REQUEST_TOPIC_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORY_DATA_ROWS(                                      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                                  \
    FIELD(_, UUID,                                       id,     FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  assign_replicas_to_dirs_request_topic_data, topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_request_directory_data,
               ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORY_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,    FROM(0), NEVER, UNTAGGED, 0)                        \
    FIELD(_, INT64, broker_epoch, FROM(0), NEVER, UNTAGGED, -1)                       \
    LIST(_,  assign_replicas_to_dirs_request_directory_data,                          \
                    directories,  FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_request, ASSIGN_REPLICAS_TO_DIRS_REQUEST_ROWS)
MESSAGE_TYPE(assign_replicas_to_dirs_request)

/* AssignReplicasToDirsResponse, version 0. */
#define ASSIGN_REPLICAS_TO_DIRS_RESPONSE_PARTITION_DATA_ROWS(     \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32, partition_index, FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT16, error_code,      FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(assign_replicas_to_dirs_response_partition_data,
               ASSIGN_REPLICAS_TO_DIRS_RESPONSE_PARTITION_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_RESPONSE_TOPIC_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, topic_id,   FROM(0), NEVER, UNTAGGED, EMPTY)                                   \
    LIST(_,  assign_replicas_to_dirs_response_partition_data,                                     \
                   partitions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_response_topic_data,
               ASSIGN_REPLICAS_TO_DIRS_RESPONSE_TOPIC_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORY_DATA_ROWS(                                      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                                   \
    FIELD(_, UUID,                                        id,     FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  assign_replicas_to_dirs_response_topic_data, topics, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_response_directory_data,
               ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORY_DATA_ROWS)
#define ASSIGN_REPLICAS_TO_DIRS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)                     \
    LIST(_,  assign_replicas_to_dirs_response_directory_data,                          \
                    directories,      FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(assign_replicas_to_dirs_response, ASSIGN_REPLICAS_TO_DIRS_RESPONSE_ROWS)
MESSAGE_TYPE(assign_replicas_to_dirs_response)

/* EnvelopeRequest, version 0. */
#define ENVELOPE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    FIELD(_, BYTES, request_data,        FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, BYTES, request_principal,   FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, BYTES, client_host_address, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(envelope_request, ENVELOPE_REQUEST_ROWS)
MESSAGE_TYPE(envelope_request)

/* EnvelopeResponse, version 0. */
#define ENVELOPE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)      \
    FIELD(_, BYTES, response_data, FROM(0), FROM(0), UNTAGGED, DEFAULT_NULL) \
    FIELD(_, INT16, error_code,    FROM(0), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(envelope_response, ENVELOPE_RESPONSE_ROWS)
MESSAGE_TYPE(envelope_response)

/* LeaderChangeMessage, versions 0 to 1. */
#define LEADER_CHANGE_MESSAGE_VOTER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, voter_id,           FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, UUID,  voter_directory_id, FROM(1), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(leader_change_message_voter, LEADER_CHANGE_MESSAGE_VOTER_ROWS)
#define LEADER_CHANGE_MESSAGE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    FIELD(_, INT16,                       version,         FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT32,                       leader_id,       FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  leader_change_message_voter, voters,          FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  leader_change_message_voter, granting_voters, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(leader_change_message, LEADER_CHANGE_MESSAGE_ROWS)
MESSAGE_TYPE(leader_change_message)
// clang-format on
