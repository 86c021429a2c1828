/* The handlers, one line each; a file of broker/ serves each group. */
#pragma once

#include "broker/request.h"

void api_versions_handle(struct request *request);
void metadata_handle(struct request *request);
void describe_cluster_handle(struct request *request);
void describe_topic_partitions_handle(struct request *request);
void produce_handle(struct request *request);
void fetch_handle(struct request *request);
void list_offsets_handle(struct request *request);
void offset_for_leader_epoch_handle(struct request *request);
void init_producer_id_handle(struct request *request);
void create_topics_handle(struct request *request);
void delete_topics_handle(struct request *request);
void create_partitions_handle(struct request *request);
void describe_configs_handle(struct request *request);
void alter_configs_handle(struct request *request);
void incremental_alter_configs_handle(struct request *request);
void list_config_resources_handle(struct request *request);
void find_coordinator_handle(struct request *request);
void join_group_handle(struct request *request);
void sync_group_handle(struct request *request);
void heartbeat_handle(struct request *request);
void leave_group_handle(struct request *request);
void offset_commit_handle(struct request *request);
void offset_fetch_handle(struct request *request);
void offset_delete_handle(struct request *request);
void describe_groups_handle(struct request *request);
void list_groups_handle(struct request *request);
void delete_records_handle(struct request *request);
void delete_groups_handle(struct request *request);
void consumer_group_heartbeat_handle(struct request *request);
void consumer_group_describe_handle(struct request *request);
void describe_acls_handle(struct request *request);
void create_acls_handle(struct request *request);
void delete_acls_handle(struct request *request);
void create_delegation_token_handle(struct request *request);
void renew_delegation_token_handle(struct request *request);
void expire_delegation_token_handle(struct request *request);
void describe_delegation_token_handle(struct request *request);
void alter_replica_log_dirs_handle(struct request *request);
void describe_log_dirs_handle(struct request *request);
void elect_leaders_handle(struct request *request);
void alter_partition_reassignments_handle(struct request *request);
void list_partition_reassignments_handle(struct request *request);
void describe_user_scram_credentials_handle(struct request *request);
void describe_quorum_handle(struct request *request);
void update_features_handle(struct request *request);
void describe_producers_handle(struct request *request);
void unregister_broker_handle(struct request *request);
void describe_transactions_handle(struct request *request);
void list_transactions_handle(struct request *request);
