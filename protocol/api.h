/*
 * The APIs of a broker's listener: keys, names, version ranges and messages (Kafka 4.2).
 *
 * A request of a flexible version has header version 2, others version 1; a response of one has
 * header version 1, others 0, but for ApiVersions, whose responses always have 0 (KIP-511).
 */
#pragma once

#include "protocol/schema/all.h"

// clang-format off
/* name, and that of its messages, key, first and last stable version */
#define API_TABLE(X)                                                               \
    X(PRODUCE,                         produce,                          0, 3, 13) \
    X(FETCH,                           fetch,                            1, 4, 18) \
    X(LIST_OFFSETS,                    list_offsets,                     2, 1, 11) \
    X(METADATA,                        metadata,                         3, 0, 13) \
    X(OFFSET_COMMIT,                   offset_commit,                    8, 2, 10) \
    X(OFFSET_FETCH,                    offset_fetch,                     9, 1, 10) \
    X(FIND_COORDINATOR,                find_coordinator,                10, 0,  6) \
    X(JOIN_GROUP,                      join_group,                      11, 0,  9) \
    X(HEARTBEAT,                       heartbeat,                       12, 0,  4) \
    X(LEAVE_GROUP,                     leave_group,                     13, 0,  5) \
    X(SYNC_GROUP,                      sync_group,                      14, 0,  5) \
    X(DESCRIBE_GROUPS,                 describe_groups,                 15, 0,  6) \
    X(LIST_GROUPS,                     list_groups,                     16, 0,  5) \
    X(SASL_HANDSHAKE,                  sasl_handshake,                  17, 0,  1) \
    X(API_VERSIONS,                    api_versions,                    18, 0,  4) \
    X(CREATE_TOPICS,                   create_topics,                   19, 2,  7) \
    X(DELETE_TOPICS,                   delete_topics,                   20, 1,  6) \
    X(DELETE_RECORDS,                  delete_records,                  21, 0,  2) \
    X(INIT_PRODUCER_ID,                init_producer_id,                22, 0,  5) \
    X(OFFSET_FOR_LEADER_EPOCH,         offset_for_leader_epoch,         23, 2,  4) \
    X(ADD_PARTITIONS_TO_TXN,           add_partitions_to_txn,           24, 0,  5) \
    X(ADD_OFFSETS_TO_TXN,              add_offsets_to_txn,              25, 0,  4) \
    X(END_TXN,                         end_txn,                         26, 0,  5) \
    X(WRITE_TXN_MARKERS,               write_txn_markers,               27, 1,  2) \
    X(TXN_OFFSET_COMMIT,               txn_offset_commit,               28, 0,  5) \
    X(DESCRIBE_ACLS,                   describe_acls,                   29, 1,  3) \
    X(CREATE_ACLS,                     create_acls,                     30, 1,  3) \
    X(DELETE_ACLS,                     delete_acls,                     31, 1,  3) \
    X(DESCRIBE_CONFIGS,                describe_configs,                32, 1,  4) \
    X(ALTER_CONFIGS,                   alter_configs,                   33, 0,  2) \
    X(ALTER_REPLICA_LOG_DIRS,          alter_replica_log_dirs,          34, 1,  2) \
    X(DESCRIBE_LOG_DIRS,               describe_log_dirs,               35, 1,  4) \
    X(SASL_AUTHENTICATE,               sasl_authenticate,               36, 0,  2) \
    X(CREATE_PARTITIONS,               create_partitions,               37, 0,  3) \
    X(CREATE_DELEGATION_TOKEN,         create_delegation_token,         38, 1,  3) \
    X(RENEW_DELEGATION_TOKEN,          renew_delegation_token,          39, 1,  2) \
    X(EXPIRE_DELEGATION_TOKEN,         expire_delegation_token,         40, 1,  2) \
    X(DESCRIBE_DELEGATION_TOKEN,       describe_delegation_token,       41, 1,  3) \
    X(DELETE_GROUPS,                   delete_groups,                   42, 0,  2) \
    X(ELECT_LEADERS,                   elect_leaders,                   43, 0,  2) \
    X(INCREMENTAL_ALTER_CONFIGS,       incremental_alter_configs,       44, 0,  1) \
    X(ALTER_PARTITION_REASSIGNMENTS,   alter_partition_reassignments,   45, 0,  1) \
    X(LIST_PARTITION_REASSIGNMENTS,    list_partition_reassignments,    46, 0,  0) \
    X(OFFSET_DELETE,                   offset_delete,                   47, 0,  0) \
    X(DESCRIBE_CLIENT_QUOTAS,          describe_client_quotas,          48, 0,  1) \
    X(ALTER_CLIENT_QUOTAS,             alter_client_quotas,             49, 0,  1) \
    X(DESCRIBE_USER_SCRAM_CREDENTIALS, describe_user_scram_credentials, 50, 0,  0) \
    X(ALTER_USER_SCRAM_CREDENTIALS,    alter_user_scram_credentials,    51, 0,  0) \
    X(DESCRIBE_QUORUM,                 describe_quorum,                 55, 0,  2) \
    X(UPDATE_FEATURES,                 update_features,                 57, 0,  2) \
    X(DESCRIBE_CLUSTER,                describe_cluster,                60, 0,  2) \
    X(DESCRIBE_PRODUCERS,              describe_producers,              61, 0,  0) \
    X(UNREGISTER_BROKER,               unregister_broker,               64, 0,  0) \
    X(DESCRIBE_TRANSACTIONS,           describe_transactions,           65, 0,  0) \
    X(LIST_TRANSACTIONS,               list_transactions,               66, 0,  2) \
    X(CONSUMER_GROUP_HEARTBEAT,        consumer_group_heartbeat,        68, 0,  1) \
    X(CONSUMER_GROUP_DESCRIBE,         consumer_group_describe,         69, 0,  1) \
    X(GET_TELEMETRY_SUBSCRIPTIONS,     get_telemetry_subscriptions,     71, 0,  0) \
    X(PUSH_TELEMETRY,                  push_telemetry,                  72, 0,  0) \
    X(LIST_CONFIG_RESOURCES,           list_config_resources,           74, 0,  1) \
    X(DESCRIBE_TOPIC_PARTITIONS,       describe_topic_partitions,       75, 0,  0) \
    X(SHARE_GROUP_HEARTBEAT,           share_group_heartbeat,           76, 1,  1) \
    X(SHARE_GROUP_DESCRIBE,            share_group_describe,            77, 1,  1) \
    X(SHARE_FETCH,                     share_fetch,                     78, 1,  2) \
    X(SHARE_ACKNOWLEDGE,               share_acknowledge,               79, 1,  2) \
    X(ADD_RAFT_VOTER,                  add_raft_voter,                  80, 0,  1) \
    X(REMOVE_RAFT_VOTER,               remove_raft_voter,               81, 0,  0) \
    X(INITIALIZE_SHARE_GROUP_STATE,    initialize_share_group_state,    83, 0,  0) \
    X(READ_SHARE_GROUP_STATE,          read_share_group_state,          84, 0,  0) \
    X(WRITE_SHARE_GROUP_STATE,         write_share_group_state,         85, 0,  1) \
    X(DELETE_SHARE_GROUP_STATE,        delete_share_group_state,        86, 0,  0) \
    X(READ_SHARE_GROUP_STATE_SUMMARY,  read_share_group_state_summary,  87, 0,  1) \
    X(STREAMS_GROUP_HEARTBEAT,         streams_group_heartbeat,         88, 0,  0) \
    X(STREAMS_GROUP_DESCRIBE,          streams_group_describe,          89, 0,  0) \
    X(DESCRIBE_SHARE_GROUP_OFFSETS,    describe_share_group_offsets,    90, 0,  1) \
    X(ALTER_SHARE_GROUP_OFFSETS,       alter_share_group_offsets,       91, 0,  0) \
    X(DELETE_SHARE_GROUP_OFFSETS,      delete_share_group_offsets,      92, 0,  0)
// clang-format on

enum api_key {
#define API_ENUM(NAME, messages, key, min, max) API_##NAME = (key),
    API_TABLE(API_ENUM)
#undef API_ENUM
};

struct api {
    int16_t key;
    int16_t version_min;
    int16_t version_max;
    const char *name; /* as in create_topics_request */
    const struct message_type *request;
    const struct message_type *response;
};

/* Null for a key that a broker does not serve. */
const struct api *api_find(int16_t key);
/* All, by key; `count` receives how many. */
const struct api *api_all(size_t *count);
/* Also for versions that are not served: a request must be read before it can be refused. */
int16_t api_request_header_version(const struct api *api, int16_t version);
int16_t api_response_header_version(const struct api *api, int16_t version);
