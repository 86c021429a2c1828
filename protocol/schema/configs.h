/* Configuration, quotas, telemetry and features: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* DescribeConfigsRequest, versions 1 to 4. */
#define DESCRIBE_CONFIGS_REQUEST_RESOURCE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   resource_type,      FROM(0), NEVER,   UNTAGGED, 0)                 \
    FIELD(_, STRING, resource_name,      FROM(0), NEVER,   UNTAGGED, EMPTY)             \
    ARRAY(_, STRING, configuration_keys, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_configs_request_resource, DESCRIBE_CONFIGS_REQUEST_RESOURCE_ROWS)
#define DESCRIBE_CONFIGS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  describe_configs_request_resource,                                \
                   resources,             FROM(0), NEVER, UNTAGGED, EMPTY)     \
    FIELD(_, BOOL, include_synonyms,      FROM(1), NEVER, UNTAGGED, false)     \
    FIELD(_, BOOL, include_documentation, FROM(3), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(describe_configs_request, DESCRIBE_CONFIGS_REQUEST_ROWS)
MESSAGE_TYPE(describe_configs_request)

/* DescribeConfigsResponse, versions 1 to 4. */
#define DESCRIBE_CONFIGS_RESPONSE_SYNONYM_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,   FROM(1), NEVER,   UNTAGGED, EMPTY)                         \
    FIELD(_, STRING, value,  FROM(1), FROM(0), UNTAGGED, EMPTY)                         \
    FIELD(_, INT8,   source, FROM(1), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(describe_configs_response_synonym, DESCRIBE_CONFIGS_RESPONSE_SYNONYM_ROWS)
#define DESCRIBE_CONFIGS_RESPONSE_RESOURCE_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, STRING,                            name,          FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, STRING,                            value,         FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, BOOL,                              read_only,     FROM(0), NEVER,   UNTAGGED, false) \
    FIELD(_, INT8,                              config_source, FROM(1), NEVER,   UNTAGGED, -1)    \
    FIELD(_, BOOL,                              is_sensitive,  FROM(0), NEVER,   UNTAGGED, false) \
    LIST(_,  describe_configs_response_synonym, synonyms,      FROM(1), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT8,                              config_type,   FROM(3), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING,                            documentation, FROM(3), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_configs_response_resource_result,
               DESCRIBE_CONFIGS_RESPONSE_RESOURCE_RESULT_ROWS)
#define DESCRIBE_CONFIGS_RESPONSE_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)                 \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER,   UNTAGGED, 0)                     \
    FIELD(_, STRING, resource_name, FROM(0), NEVER,   UNTAGGED, EMPTY)                 \
    LIST(_,  describe_configs_response_resource_result,                                \
                     configs,       FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_configs_response_result, DESCRIBE_CONFIGS_RESPONSE_RESULT_ROWS)
#define DESCRIBE_CONFIGS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                   \
    FIELD(_, INT32,                            throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)     \
    LIST(_,  describe_configs_response_result, results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_configs_response, DESCRIBE_CONFIGS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_configs_response)

/* AlterConfigsRequest, versions 0 to 2. */
#define ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, name,  FROM(0), NEVER,   UNTAGGED, EMPTY)                               \
    FIELD(_, STRING, value, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_configs_request_alterable_config, ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS)
#define ALTER_CONFIGS_REQUEST_RESOURCE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER, UNTAGGED, 0)                     \
    FIELD(_, STRING, resource_name, FROM(0), NEVER, UNTAGGED, EMPTY)                 \
    LIST(_,  alter_configs_request_alterable_config,                                 \
                     configs,       FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_configs_request_resource, ALTER_CONFIGS_REQUEST_RESOURCE_ROWS)
#define ALTER_CONFIGS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                  \
    LIST(_,  alter_configs_request_resource, resources,     FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, BOOL,                           validate_only, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(alter_configs_request, ALTER_CONFIGS_REQUEST_ROWS)
MESSAGE_TYPE(alter_configs_request)

/* AlterConfigsResponse, versions 0 to 2. */
#define ALTER_CONFIGS_RESPONSE_RESOURCE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                             \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)                         \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER,   UNTAGGED, 0)                             \
    FIELD(_, STRING, resource_name, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_configs_response_resource_response,
               ALTER_CONFIGS_RESPONSE_RESOURCE_RESPONSE_ROWS)
#define ALTER_CONFIGS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)           \
    LIST(_,  alter_configs_response_resource_response,                       \
                    responses,        FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_configs_response, ALTER_CONFIGS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_configs_response)

/* IncrementalAlterConfigsRequest, versions 0 to 1. */
#define INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS(          \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, STRING, name,             FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT8,   config_operation, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, value,            FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(incremental_alter_configs_request_alterable_config,
               INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTERABLE_CONFIG_ROWS)
#define INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTER_CONFIGS_RESOURCE_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER, UNTAGGED, 0)       \
    FIELD(_, STRING, resource_name, FROM(0), NEVER, UNTAGGED, EMPTY)   \
    LIST(_,  incremental_alter_configs_request_alterable_config,       \
                     configs,       FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(incremental_alter_configs_request_alter_configs_resource,
               INCREMENTAL_ALTER_CONFIGS_REQUEST_ALTER_CONFIGS_RESOURCE_ROWS)
#define INCREMENTAL_ALTER_CONFIGS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  incremental_alter_configs_request_alter_configs_resource,                  \
                   resources,     FROM(0), NEVER, UNTAGGED, EMPTY)                      \
    FIELD(_, BOOL, validate_only, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(incremental_alter_configs_request, INCREMENTAL_ALTER_CONFIGS_REQUEST_ROWS)
MESSAGE_TYPE(incremental_alter_configs_request)

/* IncrementalAlterConfigsResponse, versions 0 to 1. */
#define INCREMENTAL_ALTER_CONFIGS_RESPONSE_ALTER_CONFIGS_RESOURCE_RESPONSE_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                 \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)           \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER,   UNTAGGED, 0)               \
    FIELD(_, STRING, resource_name, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(incremental_alter_configs_response_alter_configs_resource_response,
               INCREMENTAL_ALTER_CONFIGS_RESPONSE_ALTER_CONFIGS_RESOURCE_RESPONSE_ROWS)
#define INCREMENTAL_ALTER_CONFIGS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                       \
    LIST(_,  incremental_alter_configs_response_alter_configs_resource_response,         \
                    responses,        FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(incremental_alter_configs_response, INCREMENTAL_ALTER_CONFIGS_RESPONSE_ROWS)
MESSAGE_TYPE(incremental_alter_configs_response)

/* ListConfigResourcesRequest, versions 0 to 1. */
#define LIST_CONFIG_RESOURCES_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    ARRAY(_, INT8, resource_types, FROM(1), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_config_resources_request, LIST_CONFIG_RESOURCES_REQUEST_ROWS)
MESSAGE_TYPE(list_config_resources_request)

/* ListConfigResourcesResponse, versions 0 to 1. */
#define LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCE_ROWS(         \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                     \
    FIELD(_, STRING, resource_name, FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT8,   resource_type, FROM(1), NEVER, UNTAGGED, 16)
MESSAGE_STRUCT(list_config_resources_response_config_resource,
               LIST_CONFIG_RESOURCES_RESPONSE_CONFIG_RESOURCE_ROWS)
#define LIST_CONFIG_RESOURCES_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                   \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)                   \
    LIST(_,  list_config_resources_response_config_resource,                         \
                    config_resources, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(list_config_resources_response, LIST_CONFIG_RESOURCES_RESPONSE_ROWS)
MESSAGE_TYPE(list_config_resources_response)

/* DescribeClientQuotasRequest, versions 0 to 1. */
#define DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENT_DATA_ROWS(          \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                     \
    FIELD(_, STRING, entity_type, FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT8,   match_type,  FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, match,       FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_client_quotas_request_component_data,
               DESCRIBE_CLIENT_QUOTAS_REQUEST_COMPONENT_DATA_ROWS)
#define DESCRIBE_CLIENT_QUOTAS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  describe_client_quotas_request_component_data,                          \
                   components, FROM(0), NEVER, UNTAGGED, EMPTY)                      \
    FIELD(_, BOOL, strict,     FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(describe_client_quotas_request, DESCRIBE_CLIENT_QUOTAS_REQUEST_ROWS)
MESSAGE_TYPE(describe_client_quotas_request)

/* DescribeClientQuotasResponse, versions 0 to 1. */
#define DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, entity_type, FROM(0), NEVER,   UNTAGGED, EMPTY)                              \
    FIELD(_, STRING, entity_name, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_client_quotas_response_entity_data,
               DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS)
#define DESCRIBE_CLIENT_QUOTAS_RESPONSE_VALUE_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING,  key,   FROM(0), NEVER, UNTAGGED, EMPTY)                                    \
    FIELD(_, FLOAT64, value, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_client_quotas_response_value_data,
               DESCRIBE_CLIENT_QUOTAS_RESPONSE_VALUE_DATA_ROWS)
#define DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    LIST(_, describe_client_quotas_response_entity_data, entity, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_, describe_client_quotas_response_value_data,  values, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_client_quotas_response_entry_data,
               DESCRIBE_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS)
#define DESCRIBE_CLIENT_QUOTAS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                 \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                 \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)             \
    LIST(_,  describe_client_quotas_response_entry_data,                              \
                     entries,          FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_client_quotas_response, DESCRIBE_CLIENT_QUOTAS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_client_quotas_response)

/* AlterClientQuotasRequest, versions 0 to 1. */
#define ALTER_CLIENT_QUOTAS_REQUEST_ENTITY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, entity_type, FROM(0), NEVER,   UNTAGGED, EMPTY)                          \
    FIELD(_, STRING, entity_name, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_client_quotas_request_entity_data,
               ALTER_CLIENT_QUOTAS_REQUEST_ENTITY_DATA_ROWS)
#define ALTER_CLIENT_QUOTAS_REQUEST_OP_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING,  key,    FROM(0), NEVER, UNTAGGED, EMPTY)                            \
    FIELD(_, FLOAT64, value,  FROM(0), NEVER, UNTAGGED, 0)                                \
    FIELD(_, BOOL,    remove, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(alter_client_quotas_request_op_data, ALTER_CLIENT_QUOTAS_REQUEST_OP_DATA_ROWS)
#define ALTER_CLIENT_QUOTAS_REQUEST_ENTRY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)  \
    LIST(_, alter_client_quotas_request_entity_data, entity, FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_, alter_client_quotas_request_op_data,     ops,    FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_client_quotas_request_entry_data, ALTER_CLIENT_QUOTAS_REQUEST_ENTRY_DATA_ROWS)
#define ALTER_CLIENT_QUOTAS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_,  alter_client_quotas_request_entry_data,                              \
                   entries,       FROM(0), NEVER, UNTAGGED, EMPTY)                \
    FIELD(_, BOOL, validate_only, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(alter_client_quotas_request, ALTER_CLIENT_QUOTAS_REQUEST_ROWS)
MESSAGE_TYPE(alter_client_quotas_request)

/* AlterClientQuotasResponse, versions 0 to 1. */
#define ALTER_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, entity_type, FROM(0), NEVER,   UNTAGGED, EMPTY)                           \
    FIELD(_, STRING, entity_name, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_client_quotas_response_entity_data,
               ALTER_CLIENT_QUOTAS_RESPONSE_ENTITY_DATA_ROWS)
#define ALTER_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                            \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)                        \
    LIST(_,  alter_client_quotas_response_entity_data,                                        \
                     entity,        FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_client_quotas_response_entry_data,
               ALTER_CLIENT_QUOTAS_RESPONSE_ENTRY_DATA_ROWS)
#define ALTER_CLIENT_QUOTAS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                 \
    LIST(_,  alter_client_quotas_response_entry_data,                              \
                    entries,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_client_quotas_response, ALTER_CLIENT_QUOTAS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_client_quotas_response)

/* GetTelemetrySubscriptionsRequest, version 0. */
#define GET_TELEMETRY_SUBSCRIPTIONS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID, client_instance_id, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(get_telemetry_subscriptions_request, GET_TELEMETRY_SUBSCRIPTIONS_REQUEST_ROWS)
MESSAGE_TYPE(get_telemetry_subscriptions_request)

/* GetTelemetrySubscriptionsResponse, version 0. */
#define GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms,           FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, INT16,  error_code,                 FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, UUID,   client_instance_id,         FROM(0), NEVER, UNTAGGED, EMPTY)          \
    FIELD(_, INT32,  subscription_id,            FROM(0), NEVER, UNTAGGED, 0)              \
    ARRAY(_, INT8,   accepted_compression_types, FROM(0), NEVER, UNTAGGED, EMPTY)          \
    FIELD(_, INT32,  push_interval_ms,           FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, INT32,  telemetry_max_bytes,        FROM(0), NEVER, UNTAGGED, 0)              \
    FIELD(_, BOOL,   delta_temporality,          FROM(0), NEVER, UNTAGGED, false)          \
    ARRAY(_, STRING, requested_metrics,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(get_telemetry_subscriptions_response, GET_TELEMETRY_SUBSCRIPTIONS_RESPONSE_ROWS)
MESSAGE_TYPE(get_telemetry_subscriptions_response)

/* PushTelemetryRequest, version 0. */
#define PUSH_TELEMETRY_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, UUID,  client_instance_id, FROM(0), NEVER, UNTAGGED, EMPTY)     \
    FIELD(_, INT32, subscription_id,    FROM(0), NEVER, UNTAGGED, 0)         \
    FIELD(_, BOOL,  terminating,        FROM(0), NEVER, UNTAGGED, false)     \
    FIELD(_, INT8,  compression_type,   FROM(0), NEVER, UNTAGGED, 0)         \
    FIELD(_, BYTES, metrics,            FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(push_telemetry_request, PUSH_TELEMETRY_REQUEST_ROWS)
MESSAGE_TYPE(push_telemetry_request)

/* PushTelemetryResponse, version 0. */
#define PUSH_TELEMETRY_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(push_telemetry_response, PUSH_TELEMETRY_RESPONSE_ROWS)
MESSAGE_TYPE(push_telemetry_response)

/* UpdateFeaturesRequest, versions 0 to 2. */
#define UPDATE_FEATURES_REQUEST_FEATURE_UPDATE_KEY_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, feature,           FROM(0),     NEVER, UNTAGGED, EMPTY)                     \
    FIELD(_, INT16,  max_version_level, FROM(0),     NEVER, UNTAGGED, 0)                         \
    FIELD(_, BOOL,   allow_downgrade,   RANGE(0, 0), NEVER, UNTAGGED, false)                     \
    FIELD(_, INT8,   upgrade_type,      FROM(1),     NEVER, UNTAGGED, 1)
MESSAGE_STRUCT(update_features_request_feature_update_key,
               UPDATE_FEATURES_REQUEST_FEATURE_UPDATE_KEY_ROWS)
#define UPDATE_FEATURES_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, timeout_ms,      FROM(0), NEVER, UNTAGGED, 60000)         \
    LIST(_,  update_features_request_feature_update_key,                      \
                    feature_updates, FROM(0), NEVER, UNTAGGED, EMPTY)         \
    FIELD(_, BOOL,  validate_only,   FROM(1), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(update_features_request, UPDATE_FEATURES_REQUEST_ROWS)
MESSAGE_TYPE(update_features_request)

/* UpdateFeaturesResponse, versions 0 to 2. */
#define UPDATE_FEATURES_RESPONSE_UPDATABLE_FEATURE_RESULT_ROWS(        \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, STRING, feature,       FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(update_features_response_updatable_feature_result,
               UPDATE_FEATURES_RESPONSE_UPDATABLE_FEATURE_RESULT_ROWS)
#define UPDATE_FEATURES_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0),     NEVER,   UNTAGGED, 0)      \
    FIELD(_, INT16,  error_code,       FROM(0),     NEVER,   UNTAGGED, 0)      \
    FIELD(_, STRING, error_message,    FROM(0),     FROM(0), UNTAGGED, EMPTY)  \
    LIST(_,  update_features_response_updatable_feature_result,                \
                     results,          RANGE(0, 1), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(update_features_response, UPDATE_FEATURES_RESPONSE_ROWS)
MESSAGE_TYPE(update_features_response)
// clang-format on
