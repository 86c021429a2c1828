/* Records of the __cluster_metadata log: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* AbortTransactionRecord, version 0. */
#define ABORT_TRANSACTION_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, reason, FROM(0), FROM(0), 0, DEFAULT_NULL)
MESSAGE_STRUCT(abort_transaction_record, ABORT_TRANSACTION_RECORD_ROWS)
MESSAGE_TYPE(abort_transaction_record)

/* AccessControlEntryRecord, version 0. */
#define ACCESS_CONTROL_ENTRY_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID,   id,              FROM(0), NEVER, UNTAGGED, EMPTY)            \
    FIELD(_, INT8,   resource_type,   FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, STRING, resource_name,   FROM(0), NEVER, UNTAGGED, EMPTY)            \
    FIELD(_, INT8,   pattern_type,    FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, STRING, principal,       FROM(0), NEVER, UNTAGGED, EMPTY)            \
    FIELD(_, STRING, host,            FROM(0), NEVER, UNTAGGED, EMPTY)            \
    FIELD(_, INT8,   operation,       FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT8,   permission_type, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(access_control_entry_record, ACCESS_CONTROL_ENTRY_RECORD_ROWS)
MESSAGE_TYPE(access_control_entry_record)

/* BeginTransactionRecord, version 0. */
#define BEGIN_TRANSACTION_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(0), FROM(0), 0, DEFAULT_NULL)
MESSAGE_STRUCT(begin_transaction_record, BEGIN_TRANSACTION_RECORD_ROWS)
MESSAGE_TYPE(begin_transaction_record)

/* BrokerRegistrationChangeRecord, versions 0 to 2. */
#define BROKER_REGISTRATION_CHANGE_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,              FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT64, broker_epoch,           FROM(0), NEVER, UNTAGGED, 0)                \
    FIELD(_, INT8,  fenced,                 FROM(0), NEVER, 0,        0)                \
    FIELD(_, INT8,  in_controlled_shutdown, FROM(1), NEVER, 1,        0)                \
    ARRAY(_, UUID,  log_dirs,               FROM(2), NEVER, 2,        EMPTY)
MESSAGE_STRUCT(broker_registration_change_record, BROKER_REGISTRATION_CHANGE_RECORD_ROWS)
MESSAGE_TYPE(broker_registration_change_record)

/* ClearElrRecord, version 0. */
#define CLEAR_ELR_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, topic_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(clear_elr_record, CLEAR_ELR_RECORD_ROWS)
MESSAGE_TYPE(clear_elr_record)

/* ClientQuotaRecord, version 0. */
#define CLIENT_QUOTA_RECORD_ENTITY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, entity_type, FROM(0), NEVER,   UNTAGGED, EMPTY)                  \
    FIELD(_, STRING, entity_name, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(client_quota_record_entity_data, CLIENT_QUOTA_RECORD_ENTITY_DATA_ROWS)
#define CLIENT_QUOTA_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)              \
    LIST(_,  client_quota_record_entity_data, entity, FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING,                          key,    FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, FLOAT64,                         value,  FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, BOOL,                            remove, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(client_quota_record, CLIENT_QUOTA_RECORD_ROWS)
MESSAGE_TYPE(client_quota_record)

/* ConfigRecord, version 0. */
#define CONFIG_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, resource_name, FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, STRING, name,          FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, STRING, value,         FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(config_record, CONFIG_RECORD_ROWS)
MESSAGE_TYPE(config_record)

/* DelegationTokenRecord, version 0. */
#define DELEGATION_TOKEN_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, owner,                FROM(0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, STRING, requester,            FROM(0), NEVER, UNTAGGED, EMPTY)   \
    ARRAY(_, STRING, renewers,             FROM(0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, INT64,  issue_timestamp,      FROM(0), NEVER, UNTAGGED, 0)       \
    FIELD(_, INT64,  max_timestamp,        FROM(0), NEVER, UNTAGGED, 0)       \
    FIELD(_, INT64,  expiration_timestamp, FROM(0), NEVER, UNTAGGED, 0)       \
    FIELD(_, STRING, token_id,             FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delegation_token_record, DELEGATION_TOKEN_RECORD_ROWS)
MESSAGE_TYPE(delegation_token_record)

/* EndTransactionRecord, version 0. */
MESSAGE_EMPTY_STRUCT(end_transaction_record)
MESSAGE_TYPE(end_transaction_record)

/* FeatureLevelRecord, version 0. */
#define FEATURE_LEVEL_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,          FROM(0), NEVER, UNTAGGED, EMPTY)       \
    FIELD(_, INT16,  feature_level, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(feature_level_record, FEATURE_LEVEL_RECORD_ROWS)
MESSAGE_TYPE(feature_level_record)

/* FenceBrokerRecord, version 0. */
#define FENCE_BROKER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, id,    FROM(0), NEVER, UNTAGGED, 0)                   \
    FIELD(_, INT64, epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(fence_broker_record, FENCE_BROKER_RECORD_ROWS)
MESSAGE_TYPE(fence_broker_record)

/* KRaftVersionRecord, version 0. */
#define K_RAFT_VERSION_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, version,        FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT16, k_raft_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(k_raft_version_record, K_RAFT_VERSION_RECORD_ROWS)
MESSAGE_TYPE(k_raft_version_record)

/* NoOpRecord, version 0. */
MESSAGE_EMPTY_STRUCT(no_op_record)
MESSAGE_TYPE(no_op_record)

/* PartitionChangeRecord, versions 0 to 2. */
#define PARTITION_CHANGE_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)           \
    FIELD(_, INT32, partition_id,             FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_, UUID,  topic_id,                 FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, isr,                      FROM(0), FROM(0), 0,        DEFAULT_NULL) \
    FIELD(_, INT32, leader,                   FROM(0), NEVER,   1,        -2)           \
    ARRAY(_, INT32, replicas,                 FROM(0), FROM(0), 2,        DEFAULT_NULL) \
    ARRAY(_, INT32, removing_replicas,        FROM(0), FROM(0), 3,        DEFAULT_NULL) \
    ARRAY(_, INT32, adding_replicas,          FROM(0), FROM(0), 4,        DEFAULT_NULL) \
    FIELD(_, INT8,  leader_recovery_state,    FROM(0), NEVER,   5,        -1)           \
    ARRAY(_, UUID,  directories,              FROM(1), FROM(1), 8,        DEFAULT_NULL) \
    ARRAY(_, INT32, eligible_leader_replicas, FROM(2), FROM(2), 6,        DEFAULT_NULL) \
    ARRAY(_, INT32, last_known_elr,           FROM(2), FROM(2), 7,        DEFAULT_NULL)
MESSAGE_STRUCT(partition_change_record, PARTITION_CHANGE_RECORD_ROWS)
MESSAGE_TYPE(partition_change_record)

/* PartitionRecord, versions 0 to 2. */
#define PARTITION_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    FIELD(_, INT32, partition_id,             FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_, UUID,  topic_id,                 FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, replicas,                 FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, isr,                      FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, removing_replicas,        FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, adding_replicas,          FROM(0), NEVER,   UNTAGGED, EMPTY)        \
    FIELD(_, INT32, leader,                   FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_, INT8,  leader_recovery_state,    FROM(0), NEVER,   0,        0)            \
    FIELD(_, INT32, leader_epoch,             FROM(0), NEVER,   UNTAGGED, -1)           \
    FIELD(_, INT32, partition_epoch,          FROM(0), NEVER,   UNTAGGED, -1)           \
    ARRAY(_, UUID,  directories,              FROM(1), NEVER,   UNTAGGED, EMPTY)        \
    ARRAY(_, INT32, eligible_leader_replicas, FROM(2), FROM(2), 1,        DEFAULT_NULL) \
    ARRAY(_, INT32, last_known_elr,           FROM(2), FROM(2), 2,        DEFAULT_NULL)
MESSAGE_STRUCT(partition_record, PARTITION_RECORD_ROWS)
MESSAGE_TYPE(partition_record)

/* ProducerIdsRecord, version 0. */
#define PRODUCER_IDS_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,        FROM(0), NEVER, UNTAGGED, 0)        \
    FIELD(_, INT64, broker_epoch,     FROM(0), NEVER, UNTAGGED, -1)       \
    FIELD(_, INT64, next_producer_id, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(producer_ids_record, PRODUCER_IDS_RECORD_ROWS)
MESSAGE_TYPE(producer_ids_record)

/* RegisterBrokerRecord, versions 0 to 3. */
#define REGISTER_BROKER_RECORD_BROKER_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY)                     \
    FIELD(_, STRING, host,              FROM(0), NEVER, UNTAGGED, EMPTY)                     \
    FIELD(_, UINT16, port,              FROM(0), NEVER, UNTAGGED, 0)                         \
    FIELD(_, INT16,  security_protocol, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(register_broker_record_broker_endpoint, REGISTER_BROKER_RECORD_BROKER_ENDPOINT_ROWS)
#define REGISTER_BROKER_RECORD_BROKER_FEATURE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,                  FROM(0), NEVER, UNTAGGED, EMPTY)                \
    FIELD(_, INT16,  min_supported_version, FROM(0), NEVER, UNTAGGED, 0)                    \
    FIELD(_, INT16,  max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(register_broker_record_broker_feature, REGISTER_BROKER_RECORD_BROKER_FEATURE_ROWS)
#define REGISTER_BROKER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)    \
    FIELD(_, INT32,  broker_id,              FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, BOOL,   is_migrating_zk_broker, FROM(2), NEVER,   UNTAGGED, false) \
    FIELD(_, UUID,   incarnation_id,         FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT64,  broker_epoch,           FROM(0), NEVER,   UNTAGGED, 0)     \
    LIST(_,  register_broker_record_broker_endpoint,                            \
                     end_points,             FROM(0), NEVER,   UNTAGGED, EMPTY) \
    LIST(_,  register_broker_record_broker_feature,                             \
                     features,               FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, STRING, rack,                   FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, BOOL,   fenced,                 FROM(0), NEVER,   UNTAGGED, true)  \
    FIELD(_, BOOL,   in_controlled_shutdown, FROM(1), NEVER,   UNTAGGED, false) \
    ARRAY(_, UUID,   log_dirs,               FROM(3), NEVER,   0,        EMPTY)
MESSAGE_STRUCT(register_broker_record, REGISTER_BROKER_RECORD_ROWS)
MESSAGE_TYPE(register_broker_record)

/* RegisterControllerRecord, version 0. */
#define REGISTER_CONTROLLER_RECORD_CONTROLLER_ENDPOINT_ROWS(             \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                         \
    FIELD(_, STRING, name,              FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, host,              FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, UINT16, port,              FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,  security_protocol, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(register_controller_record_controller_endpoint,
               REGISTER_CONTROLLER_RECORD_CONTROLLER_ENDPOINT_ROWS)
#define REGISTER_CONTROLLER_RECORD_CONTROLLER_FEATURE_ROWS(                  \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                             \
    FIELD(_, STRING, name,                  FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT16,  min_supported_version, FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT16,  max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(register_controller_record_controller_feature,
               REGISTER_CONTROLLER_RECORD_CONTROLLER_FEATURE_ROWS)
#define REGISTER_CONTROLLER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, controller_id,      FROM(0), NEVER, UNTAGGED, 0)             \
    FIELD(_, UUID,  incarnation_id,     FROM(0), NEVER, UNTAGGED, EMPTY)         \
    FIELD(_, BOOL,  zk_migration_ready, FROM(0), NEVER, UNTAGGED, false)         \
    LIST(_,  register_controller_record_controller_endpoint,                     \
                    end_points,         FROM(0), NEVER, UNTAGGED, EMPTY)         \
    LIST(_,  register_controller_record_controller_feature,                      \
                    features,           FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(register_controller_record, REGISTER_CONTROLLER_RECORD_ROWS)
MESSAGE_TYPE(register_controller_record)

/* RemoveAccessControlEntryRecord, version 0. */
#define REMOVE_ACCESS_CONTROL_ENTRY_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, id, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(remove_access_control_entry_record, REMOVE_ACCESS_CONTROL_ENTRY_RECORD_ROWS)
MESSAGE_TYPE(remove_access_control_entry_record)

/* RemoveDelegationTokenRecord, version 0. */
#define REMOVE_DELEGATION_TOKEN_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, token_id, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(remove_delegation_token_record, REMOVE_DELEGATION_TOKEN_RECORD_ROWS)
MESSAGE_TYPE(remove_delegation_token_record)

/* RemoveTopicRecord, version 0. */
#define REMOVE_TOPIC_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, topic_id, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(remove_topic_record, REMOVE_TOPIC_RECORD_ROWS)
MESSAGE_TYPE(remove_topic_record)

/* RemoveUserScramCredentialRecord, version 0. */
#define REMOVE_USER_SCRAM_CREDENTIAL_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,      FROM(0), NEVER, UNTAGGED, EMPTY)                          \
    FIELD(_, INT8,   mechanism, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(remove_user_scram_credential_record, REMOVE_USER_SCRAM_CREDENTIAL_RECORD_ROWS)
MESSAGE_TYPE(remove_user_scram_credential_record)

/* SnapshotFooterRecord, version 0. */
#define SNAPSHOT_FOOTER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(snapshot_footer_record, SNAPSHOT_FOOTER_RECORD_ROWS)
MESSAGE_TYPE(snapshot_footer_record)

/* SnapshotHeaderRecord, version 0. */
#define SNAPSHOT_HEADER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT16, version,                      FROM(0), NEVER, UNTAGGED, 0) \
    FIELD(_, INT64, last_contained_log_timestamp, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(snapshot_header_record, SNAPSHOT_HEADER_RECORD_ROWS)
MESSAGE_TYPE(snapshot_header_record)

/* TopicRecord, version 0. */
#define TOPIC_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,     FROM(0), NEVER, UNTAGGED, EMPTY)    \
    FIELD(_, UUID,   topic_id, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(topic_record, TOPIC_RECORD_ROWS)
MESSAGE_TYPE(topic_record)

/* UnfenceBrokerRecord, version 0. */
#define UNFENCE_BROKER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, id,    FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, INT64, epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(unfence_broker_record, UNFENCE_BROKER_RECORD_ROWS)
MESSAGE_TYPE(unfence_broker_record)

/* UnregisterBrokerRecord, version 0. */
#define UNREGISTER_BROKER_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, broker_id,    FROM(0), NEVER, UNTAGGED, 0)                 \
    FIELD(_, INT64, broker_epoch, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(unregister_broker_record, UNREGISTER_BROKER_RECORD_ROWS)
MESSAGE_TYPE(unregister_broker_record)

/* UserScramCredentialRecord, version 0. */
#define USER_SCRAM_CREDENTIAL_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,       FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, INT8,   mechanism,  FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, BYTES,  salt,       FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, BYTES,  stored_key, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, BYTES,  server_key, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, INT32,  iterations, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(user_scram_credential_record, USER_SCRAM_CREDENTIAL_RECORD_ROWS)
MESSAGE_TYPE(user_scram_credential_record)

/* VotersRecord, version 0. */
#define VOTERS_RECORD_ENDPOINT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, STRING, host, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, UINT16, port, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(voters_record_endpoint, VOTERS_RECORD_ENDPOINT_ROWS)
#define VOTERS_RECORD_K_RAFT_VERSION_FEATURE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, min_supported_version, FROM(0), NEVER, UNTAGGED, 0)                    \
    FIELD(_, INT16, max_supported_version, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(voters_record_k_raft_version_feature, VOTERS_RECORD_K_RAFT_VERSION_FEATURE_ROWS)
#define VOTERS_RECORD_VOTER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)     \
    FIELD(_,  INT32, voter_id,               FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_,  UUID,  voter_directory_id,     FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,   voters_record_endpoint,                                         \
                     endpoints,              FROM(0), NEVER, UNTAGGED, EMPTY) \
    NESTED(_, voters_record_k_raft_version_feature,                           \
                     k_raft_version_feature, FROM(0), UNTAGGED)
MESSAGE_STRUCT(voters_record_voter, VOTERS_RECORD_VOTER_ROWS)
#define VOTERS_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)         \
    FIELD(_, INT16,               version, FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  voters_record_voter, voters,  FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(voters_record, VOTERS_RECORD_ROWS)
MESSAGE_TYPE(voters_record)

/* ZkMigrationStateRecord, version 0. */
#define ZK_MIGRATION_STATE_RECORD_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8, zk_migration_state, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(zk_migration_state_record, ZK_MIGRATION_STATE_RECORD_ROWS)
MESSAGE_TYPE(zk_migration_state_record)
// clang-format on
