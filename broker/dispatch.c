/* The table of served APIs. */
#include "broker/dispatch.h"

#include "base/util.h"
#include "broker/handlers.h"

#define KEY_PRODUCE 0
#define KEY_API_VERSIONS 18

struct dispatch_row {
    int16_t key;
    request_handler_fn *handler;
};

static const struct dispatch_row dispatch_table[] = {
    {KEY_PRODUCE, produce_handle},
    {1, fetch_handle},
    {2, list_offsets_handle},
    {3, metadata_handle},
    {8, offset_commit_handle},
    {9, offset_fetch_handle},
    {10, find_coordinator_handle},
    {11, join_group_handle},
    {12, heartbeat_handle},
    {13, leave_group_handle},
    {14, sync_group_handle},
    {15, describe_groups_handle},
    {16, list_groups_handle},
    {KEY_API_VERSIONS, api_versions_handle},
    {19, create_topics_handle},
    {20, delete_topics_handle},
    {21, delete_records_handle},
    {22, init_producer_id_handle},
    {23, offset_for_leader_epoch_handle},
    {29, describe_acls_handle},
    {30, create_acls_handle},
    {31, delete_acls_handle},
    {32, describe_configs_handle},
    {33, alter_configs_handle},
    {34, alter_replica_log_dirs_handle},
    {35, describe_log_dirs_handle},
    {37, create_partitions_handle},
    {38, create_delegation_token_handle},
    {39, renew_delegation_token_handle},
    {40, expire_delegation_token_handle},
    {41, describe_delegation_token_handle},
    {42, delete_groups_handle},
    {43, elect_leaders_handle},
    {44, incremental_alter_configs_handle},
    {45, alter_partition_reassignments_handle},
    {46, list_partition_reassignments_handle},
    {47, offset_delete_handle},
    {50, describe_user_scram_credentials_handle},
    {55, describe_quorum_handle},
    {57, update_features_handle},
    {60, describe_cluster_handle},
    {61, describe_producers_handle},
    {64, unregister_broker_handle},
    {65, describe_transactions_handle},
    {66, list_transactions_handle},
    {68, consumer_group_heartbeat_handle},
    {69, consumer_group_describe_handle},
    {74, list_config_resources_handle},
    {75, describe_topic_partitions_handle},
};

static request_handler_fn *dispatch_handler(int16_t key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(dispatch_table); i++)
        if (dispatch_table[i].key == key)
            return dispatch_table[i].handler;
    return NULL;
}

bool dispatch_serves(const struct api *api)
{
    return dispatch_handler(api->key) != NULL;
}

request_handler_fn *dispatch_find(const struct api *api, int16_t version)
{
    bool known = version >= api->version_min && version <= api->version_max;
    if (!known && api->key != KEY_API_VERSIONS)
        return NULL;
    return dispatch_handler(api->key);
}

bool dispatch_overlaps(const struct api *api)
{
    return api->key == KEY_PRODUCE;
}
