/* Records of the __cluster_metadata log: the descriptors of the rows. */
#include "protocol/schema/metadata_records.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(abort_transaction_record, ABORT_TRANSACTION_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(abort_transaction_record, "AbortTransactionRecord", 25, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(access_control_entry_record, ACCESS_CONTROL_ENTRY_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(access_control_entry_record, "AccessControlEntryRecord", 18, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(begin_transaction_record, BEGIN_TRANSACTION_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(begin_transaction_record, "BeginTransactionRecord", 23, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(broker_registration_change_record, BROKER_REGISTRATION_CHANGE_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(broker_registration_change_record,
                    "BrokerRegistrationChangeRecord", 17, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(clear_elr_record, CLEAR_ELR_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(clear_elr_record, "ClearElrRecord", 28, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(client_quota_record_entity_data, CLIENT_QUOTA_RECORD_ENTITY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(client_quota_record, CLIENT_QUOTA_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(client_quota_record, "ClientQuotaRecord", 14, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(config_record, CONFIG_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(config_record, "ConfigRecord", 4, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(delegation_token_record, DELEGATION_TOKEN_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(delegation_token_record, "DelegationTokenRecord", 10, 0, 0, 0)

MESSAGE_DEFINE_EMPTY_STRUCT(end_transaction_record)
MESSAGE_DEFINE_TYPE(end_transaction_record, "EndTransactionRecord", 24, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(feature_level_record, FEATURE_LEVEL_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(feature_level_record, "FeatureLevelRecord", 12, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(fence_broker_record, FENCE_BROKER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(fence_broker_record, "FenceBrokerRecord", 7, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(k_raft_version_record, K_RAFT_VERSION_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(k_raft_version_record, "KRaftVersionRecord", -1, 0, 0, 0)

MESSAGE_DEFINE_EMPTY_STRUCT(no_op_record)
MESSAGE_DEFINE_TYPE(no_op_record, "NoOpRecord", 20, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(partition_change_record, PARTITION_CHANGE_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(partition_change_record, "PartitionChangeRecord", 5, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(partition_record, PARTITION_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(partition_record, "PartitionRecord", 3, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(producer_ids_record, PRODUCER_IDS_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(producer_ids_record, "ProducerIdsRecord", 15, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(register_broker_record_broker_endpoint,
                      REGISTER_BROKER_RECORD_BROKER_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(register_broker_record_broker_feature,
                      REGISTER_BROKER_RECORD_BROKER_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(register_broker_record, REGISTER_BROKER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(register_broker_record, "RegisterBrokerRecord", 0, 0, 3, 0)

MESSAGE_DEFINE_STRUCT(register_controller_record_controller_endpoint,
                      REGISTER_CONTROLLER_RECORD_CONTROLLER_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(register_controller_record_controller_feature,
                      REGISTER_CONTROLLER_RECORD_CONTROLLER_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(register_controller_record, REGISTER_CONTROLLER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(register_controller_record, "RegisterControllerRecord", 27, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(remove_access_control_entry_record, REMOVE_ACCESS_CONTROL_ENTRY_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(remove_access_control_entry_record,
                    "RemoveAccessControlEntryRecord", 19, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(remove_delegation_token_record, REMOVE_DELEGATION_TOKEN_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(remove_delegation_token_record, "RemoveDelegationTokenRecord", 26, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(remove_topic_record, REMOVE_TOPIC_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(remove_topic_record, "RemoveTopicRecord", 9, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(remove_user_scram_credential_record, REMOVE_USER_SCRAM_CREDENTIAL_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(remove_user_scram_credential_record,
                    "RemoveUserScramCredentialRecord", 22, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(snapshot_footer_record, SNAPSHOT_FOOTER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(snapshot_footer_record, "SnapshotFooterRecord", -1, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(snapshot_header_record, SNAPSHOT_HEADER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(snapshot_header_record, "SnapshotHeaderRecord", -1, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(topic_record, TOPIC_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(topic_record, "TopicRecord", 2, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(unfence_broker_record, UNFENCE_BROKER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(unfence_broker_record, "UnfenceBrokerRecord", 8, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(unregister_broker_record, UNREGISTER_BROKER_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(unregister_broker_record, "UnregisterBrokerRecord", 1, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(user_scram_credential_record, USER_SCRAM_CREDENTIAL_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(user_scram_credential_record, "UserScramCredentialRecord", 11, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(voters_record_endpoint, VOTERS_RECORD_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(voters_record_k_raft_version_feature,
                      VOTERS_RECORD_K_RAFT_VERSION_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(voters_record_voter, VOTERS_RECORD_VOTER_ROWS)
MESSAGE_DEFINE_STRUCT(voters_record, VOTERS_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(voters_record, "VotersRecord", -1, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(zk_migration_state_record, ZK_MIGRATION_STATE_RECORD_ROWS)
MESSAGE_DEFINE_TYPE(zk_migration_state_record, "ZkMigrationStateRecord", 21, 0, 0, 0)
// clang-format on
