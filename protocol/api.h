/*
 * The APIs of a broker's listener: keys, names, version ranges and messages (Kafka 4.2).
 *
 * A request of a flexible version has header version 2, others version 1; a response of one has
 * header version 1, others 0, but for ApiVersions,
 * whose responses always carry version 0 (KIP-511).
 */
#pragma once

#include "protocol/schema/all.h"

// clang-format off
/*    name, key, first and last version */
#define API_TABLE(X) \
    X(produce,                          0, 3, 13) \
    X(fetch,                            1, 4, 18) \
    X(list_offsets,                     2, 1, 11) \
    X(metadata,                         3, 0, 13) \
    X(offset_commit,                    8, 2, 10) \
    X(offset_fetch,                     9, 1, 10) \
    X(find_coordinator,                10, 0,  6) \
    X(join_group,                      11, 0,  9) \
    X(heartbeat,                       12, 0,  4) \
    X(leave_group,                     13, 0,  5) \
    X(sync_group,                      14, 0,  5) \
    X(describe_groups,                 15, 0,  6) \
    X(list_groups,                     16, 0,  5) \
    X(sasl_handshake,                  17, 0,  1) \
    X(api_versions,                    18, 0,  4) \
    X(create_topics,                   19, 2,  7) \
    X(delete_topics,                   20, 1,  6) \
    X(delete_records,                  21, 0,  2) \
    X(init_producer_id,                22, 0,  5) \
    X(offset_for_leader_epoch,         23, 2,  4) \
    X(add_partitions_to_txn,           24, 0,  5) \
    X(add_offsets_to_txn,              25, 0,  4) \
    X(end_txn,                         26, 0,  5) \
    X(write_txn_markers,               27, 1,  2) \
    X(txn_offset_commit,               28, 0,  5) \
    X(describe_acls,                   29, 1,  3) \
    X(create_acls,                     30, 1,  3) \
    X(delete_acls,                     31, 1,  3) \
    X(describe_configs,                32, 1,  4) \
    X(alter_configs,                   33, 0,  2) \
    X(alter_replica_log_dirs,          34, 1,  2) \
    X(describe_log_dirs,               35, 1,  4) \
    X(sasl_authenticate,               36, 0,  2) \
    X(create_partitions,               37, 0,  3) \
    X(create_delegation_token,         38, 1,  3) \
    X(renew_delegation_token,          39, 1,  2) \
    X(expire_delegation_token,         40, 1,  2) \
    X(describe_delegation_token,       41, 1,  3) \
    X(delete_groups,                   42, 0,  2) \
    X(elect_leaders,                   43, 0,  2) \
    X(incremental_alter_configs,       44, 0,  1) \
    X(alter_partition_reassignments,   45, 0,  1) \
    X(list_partition_reassignments,    46, 0,  0) \
    X(offset_delete,                   47, 0,  0) \
    X(describe_client_quotas,          48, 0,  1) \
    X(alter_client_quotas,             49, 0,  1) \
    X(describe_user_scram_credentials, 50, 0,  0) \
    X(alter_user_scram_credentials,    51, 0,  0) \
    X(describe_quorum,                 55, 0,  2) \
    X(update_features,                 57, 0,  2) \
    X(describe_cluster,                60, 0,  2) \
    X(describe_producers,              61, 0,  0) \
    X(unregister_broker,               64, 0,  0) \
    X(describe_transactions,           65, 0,  0) \
    X(list_transactions,               66, 0,  2) \
    X(consumer_group_heartbeat,        68, 0,  1) \
    X(consumer_group_describe,         69, 0,  1) \
    X(get_telemetry_subscriptions,     71, 0,  0) \
    X(push_telemetry,                  72, 0,  0) \
    X(list_config_resources,           74, 0,  1) \
    X(describe_topic_partitions,       75, 0,  0) \
    X(share_group_heartbeat,           76, 1,  1) \
    X(share_group_describe,            77, 1,  1) \
    X(share_fetch,                     78, 1,  2) \
    X(share_acknowledge,               79, 1,  2) \
    X(add_raft_voter,                  80, 0,  1) \
    X(remove_raft_voter,               81, 0,  0) \
    X(initialize_share_group_state,    83, 0,  0) \
    X(read_share_group_state,          84, 0,  0) \
    X(write_share_group_state,         85, 0,  1) \
    X(delete_share_group_state,        86, 0,  0) \
    X(read_share_group_state_summary,  87, 0,  1) \
    X(streams_group_heartbeat,         88, 0,  0) \
    X(streams_group_describe,          89, 0,  0) \
    X(describe_share_group_offsets,    90, 0,  1) \
    X(alter_share_group_offsets,       91, 0,  0) \
    X(delete_share_group_offsets,      92, 0,  0)
// clang-format on

enum api_key {
#define API_ENUM(name, key, min, max) API_##name = (key),
    API_TABLE(API_ENUM)
#undef API_ENUM
};

struct api {
    int16_t key;
    int16_t version_min;
    int16_t version_max;
    const char *name;
    const struct message_type *request;
    const struct message_type *response;
};

/* Null for a key that a broker does not serve. */
const struct api *api_find(int16_t key);
/* All, by key; `count` receives how many. */
const struct api *api_all(size_t *count);
int16_t api_request_header_version(const struct api *api, int16_t version);
int16_t api_response_header_version(const struct api *api, int16_t version);
