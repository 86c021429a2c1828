/* Configuration, quotas, telemetry and features: the descriptors of the rows. */
#include "protocol/schema/configs.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(describe_configs_request_resource, DESCRIBE_CONFIGS_REQUEST_RESOURCE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_configs_request, DESCRIBE_CONFIGS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_configs_request, "DescribeConfigsRequest", 32, 1, 4, 4)

MESSAGE_DEFINE_STRUCT(describe_configs_response_synonym, DESCRIBE_CONFIGS_RESPONSE_SYNONYM_ROWS)
MESSAGE_DEFINE_STRUCT(describe_configs_response_resource_result,
                      DESCRIBE_CONFIGS_RESPONSE_RESOURCE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(describe_configs_response_result, DESCRIBE_CONFIGS_RESPONSE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(describe_configs_response, DESCRIBE_CONFIGS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_configs_response, "DescribeConfigsResponse", 32, 1, 4, 4)

MESSAGE_DEFINE_STRUCT(alter_configs_request_alterable_config,
                      ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS)
MESSAGE_DEFINE_STRUCT(alter_configs_request_resource, ALTER_CONFIGS_REQUEST_RESOURCE_ROWS)
MESSAGE_DEFINE_STRUCT(alter_configs_request, ALTER_CONFIGS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_configs_request, "AlterConfigsRequest", 33, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(alter_configs_response_resource_response,
                      ALTER_CONFIGS_RESPONSE_RESOURCE_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(alter_configs_response, ALTER_CONFIGS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_configs_response, "AlterConfigsResponse", 33, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(incremental_alter_configs_request_alterable_config,
                      INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS)
MESSAGE_DEFINE_STRUCT(incremental_alter_configs_request_alter_configs_resource,
                      INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTER_CONFIGS_RESOURCE_ROWS)
MESSAGE_DEFINE_STRUCT(incremental_alter_configs_request, INCREMENTAL_ALTER_CONFIGS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(incremental_alter_configs_request,
                    "IncrementalAlterConfigsRequest", 44, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(incremental_alter_configs_response_alter_configs_resource_response,
                      INCREMENTAL_ALTER_CONFIGS_RESPONSE_ALTER_CONFIGS_RESOURCE_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(incremental_alter_configs_response, INCREMENTAL_ALTER_CONFIGS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(incremental_alter_configs_response,
                    "IncrementalAlterConfigsResponse", 44, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(list_config_resources_request, LIST_CONFIG_RESOURCES_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(list_config_resources_request, "ListConfigResourcesRequest", 74, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(list_config_resources_response_config_resource,
                      LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCE_ROWS)
MESSAGE_DEFINE_STRUCT(list_config_resources_response, LIST_CONFIG_RESOURCES_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(list_config_resources_response, "ListConfigResourcesResponse", 74, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(describe_client_quotas_request_component_data,
                      DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENT_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_client_quotas_request, DESCRIBE_CLIENT_QUOTAS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_client_quotas_request, "DescribeClientQuotasRequest", 48, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(describe_client_quotas_response_entity_data,
                      DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_client_quotas_response_value_data,
                      DESCRIBE_CLIENT_QUOTAS_RESPONSE_VALUE_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_client_quotas_response_entry_data,
                      DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_client_quotas_response, DESCRIBE_CLIENT_QUOTAS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_client_quotas_response, "DescribeClientQuotasResponse", 48, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(alter_client_quotas_request_entity_data,
                      ALTER_CLIENT_QUOTAS_REQUEST_ENTITY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_client_quotas_request_op_data, ALTER_CLIENT_QUOTAS_REQUEST_OP_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_client_quotas_request_entry_data,
                      ALTER_CLIENT_QUOTAS_REQUEST_ENTRY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_client_quotas_request, ALTER_CLIENT_QUOTAS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_client_quotas_request, "AlterClientQuotasRequest", 49, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(alter_client_quotas_response_entity_data,
                      ALTER_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_client_quotas_response_entry_data,
                      ALTER_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_client_quotas_response, ALTER_CLIENT_QUOTAS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_client_quotas_response, "AlterClientQuotasResponse", 49, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(get_telemetry_subscriptions_request, GET_TELEMETRY_SUBSCRIPTIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(get_telemetry_subscriptions_request,
                    "GetTelemetrySubscriptionsRequest", 71, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(get_telemetry_subscriptions_response,
                      GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(get_telemetry_subscriptions_response,
                    "GetTelemetrySubscriptionsResponse", 71, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(push_telemetry_request, PUSH_TELEMETRY_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(push_telemetry_request, "PushTelemetryRequest", 72, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(push_telemetry_response, PUSH_TELEMETRY_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(push_telemetry_response, "PushTelemetryResponse", 72, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(update_features_request_feature_update_key,
                      UPDATE_FEATURES_REQUEST_FEATURE_UPDATE_KEY_ROWS)
MESSAGE_DEFINE_STRUCT(update_features_request, UPDATE_FEATURES_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(update_features_request, "UpdateFeaturesRequest", 57, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(update_features_response_updatable_feature_result,
                      UPDATE_FEATURES_RESPONSE_UPDATABLE_FEATURE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(update_features_response, UPDATE_FEATURES_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(update_features_response, "UpdateFeaturesResponse", 57, 0, 2, 0)
// clang-format on
