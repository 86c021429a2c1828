/* Authentication and authorization: the rows, see protocol/message_declare.h. */
#pragma once

#include "protocol/message_declare.h"

// clang-format off

/* SaslHandshakeRequest, versions 0 to 1. */
#define SASL_HANDSHAKE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, mechanism, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(sasl_handshake_request, SASL_HANDSHAKE_REQUEST_ROWS)
MESSAGE_TYPE(sasl_handshake_request)

/* SaslHandshakeResponse, versions 0 to 1. */
#define SASL_HANDSHAKE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code, FROM(0), NEVER, UNTAGGED, 0)                 \
    ARRAY(_, STRING, mechanisms, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(sasl_handshake_response, SASL_HANDSHAKE_RESPONSE_ROWS)
MESSAGE_TYPE(sasl_handshake_response)

/* SaslAuthenticateRequest, versions 0 to 2. */
#define SASL_AUTHENTICATE_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, BYTES, auth_bytes, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(sasl_authenticate_request, SASL_AUTHENTICATE_REQUEST_ROWS)
MESSAGE_TYPE(sasl_authenticate_request)

/* SaslAuthenticateResponse, versions 0 to 2. */
#define SASL_AUTHENTICATE_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,          FROM(0), NEVER,   UNTAGGED, 0)         \
    FIELD(_, STRING, error_message,       FROM(0), FROM(0), UNTAGGED, EMPTY)     \
    FIELD(_, BYTES,  auth_bytes,          FROM(0), NEVER,   UNTAGGED, EMPTY)     \
    FIELD(_, INT64,  session_lifetime_ms, FROM(1), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(sasl_authenticate_response, SASL_AUTHENTICATE_RESPONSE_ROWS)
MESSAGE_TYPE(sasl_authenticate_response)

/* DescribeAclsRequest, versions 1 to 3. */
#define DESCRIBE_ACLS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)   \
    FIELD(_, INT8,   resource_type_filter, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, resource_name_filter, FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT8,   pattern_type_filter,  FROM(1), NEVER,   UNTAGGED, 3)     \
    FIELD(_, STRING, principal_filter,     FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, STRING, host_filter,          FROM(0), FROM(0), UNTAGGED, EMPTY) \
    FIELD(_, INT8,   operation,            FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT8,   permission_type,      FROM(0), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(describe_acls_request, DESCRIBE_ACLS_REQUEST_ROWS)
MESSAGE_TYPE(describe_acls_request)

/* DescribeAclsResponse, versions 1 to 3. */
#define DESCRIBE_ACLS_RESPONSE_ACL_DESCRIPTION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, principal,       FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    FIELD(_, STRING, host,            FROM(0), NEVER, UNTAGGED, EMPTY)                       \
    FIELD(_, INT8,   operation,       FROM(0), NEVER, UNTAGGED, 0)                           \
    FIELD(_, INT8,   permission_type, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_acls_response_acl_description, DESCRIBE_ACLS_RESPONSE_ACL_DESCRIPTION_ROWS)
#define DESCRIBE_ACLS_RESPONSE_RESOURCE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   resource_type, FROM(0), NEVER, UNTAGGED, 0)                      \
    FIELD(_, STRING, resource_name, FROM(0), NEVER, UNTAGGED, EMPTY)                  \
    FIELD(_, INT8,   pattern_type,  FROM(1), NEVER, UNTAGGED, 3)                      \
    LIST(_,  describe_acls_response_acl_description,                                  \
                     acls,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_acls_response_resource, DESCRIBE_ACLS_RESPONSE_RESOURCE_ROWS)
#define DESCRIBE_ACLS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, INT32,                           throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, INT16,                           error_code,       FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING,                          error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY) \
    LIST(_,  describe_acls_response_resource, resources,        FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_acls_response, DESCRIBE_ACLS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_acls_response)

/* CreateAclsRequest, versions 1 to 3. */
#define CREATE_ACLS_REQUEST_ACL_CREATION_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   resource_type,         FROM(0), NEVER, UNTAGGED, 0)               \
    FIELD(_, STRING, resource_name,         FROM(0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, INT8,   resource_pattern_type, FROM(1), NEVER, UNTAGGED, 3)               \
    FIELD(_, STRING, principal,             FROM(0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, STRING, host,                  FROM(0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, INT8,   operation,             FROM(0), NEVER, UNTAGGED, 0)               \
    FIELD(_, INT8,   permission_type,       FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(create_acls_request_acl_creation, CREATE_ACLS_REQUEST_ACL_CREATION_ROWS)
#define CREATE_ACLS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                 \
    LIST(_, create_acls_request_acl_creation, creations, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_acls_request, CREATE_ACLS_REQUEST_ROWS)
MESSAGE_TYPE(create_acls_request)

/* CreateAclsResponse, versions 1 to 3. */
#define CREATE_ACLS_RESPONSE_ACL_CREATION_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                             \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_acls_response_acl_creation_result,
               CREATE_ACLS_RESPONSE_ACL_CREATION_RESULT_ROWS)
#define CREATE_ACLS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)         \
    LIST(_,  create_acls_response_acl_creation_result,                     \
                    results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_acls_response, CREATE_ACLS_RESPONSE_ROWS)
MESSAGE_TYPE(create_acls_response)

/* DeleteAclsRequest, versions 1 to 3. */
#define DELETE_ACLS_REQUEST_FILTER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT8,   resource_type_filter, FROM(0), NEVER,   UNTAGGED, 0)        \
    FIELD(_, STRING, resource_name_filter, FROM(0), FROM(0), UNTAGGED, EMPTY)    \
    FIELD(_, INT8,   pattern_type_filter,  FROM(1), NEVER,   UNTAGGED, 3)        \
    FIELD(_, STRING, principal_filter,     FROM(0), FROM(0), UNTAGGED, EMPTY)    \
    FIELD(_, STRING, host_filter,          FROM(0), FROM(0), UNTAGGED, EMPTY)    \
    FIELD(_, INT8,   operation,            FROM(0), NEVER,   UNTAGGED, 0)        \
    FIELD(_, INT8,   permission_type,      FROM(0), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(delete_acls_request_filter, DELETE_ACLS_REQUEST_FILTER_ROWS)
#define DELETE_ACLS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)         \
    LIST(_, delete_acls_request_filter, filters, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_acls_request, DELETE_ACLS_REQUEST_ROWS)
MESSAGE_TYPE(delete_acls_request)

/* DeleteAclsResponse, versions 1 to 3. */
#define DELETE_ACLS_RESPONSE_MATCHING_ACL_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,      FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_, STRING, error_message,   FROM(0), FROM(0), UNTAGGED, EMPTY)                \
    FIELD(_, INT8,   resource_type,   FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_, STRING, resource_name,   FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_, INT8,   pattern_type,    FROM(1), NEVER,   UNTAGGED, 3)                    \
    FIELD(_, STRING, principal,       FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_, STRING, host,            FROM(0), NEVER,   UNTAGGED, EMPTY)                \
    FIELD(_, INT8,   operation,       FROM(0), NEVER,   UNTAGGED, 0)                    \
    FIELD(_, INT8,   permission_type, FROM(0), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(delete_acls_response_matching_acl, DELETE_ACLS_RESPONSE_MATCHING_ACL_ROWS)
#define DELETE_ACLS_RESPONSE_FILTER_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)          \
    FIELD(_, INT16,                             error_code,    FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING,                            error_message, FROM(0), FROM(0), UNTAGGED, EMPTY) \
    LIST(_,  delete_acls_response_matching_acl, matching_acls, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_acls_response_filter_result, DELETE_ACLS_RESPONSE_FILTER_RESULT_ROWS)
#define DELETE_ACLS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)         \
    LIST(_,  delete_acls_response_filter_result,                           \
                    filter_results,   FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(delete_acls_response, DELETE_ACLS_RESPONSE_ROWS)
MESSAGE_TYPE(delete_acls_response)

/* CreateDelegationTokenRequest, versions 1 to 3. */
#define CREATE_DELEGATION_TOKEN_REQUEST_CREATABLE_RENEWERS_ROWS(      \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                      \
    FIELD(_, STRING, principal_type, FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, principal_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(create_delegation_token_request_creatable_renewers,
               CREATE_DELEGATION_TOKEN_REQUEST_CREATABLE_RENEWERS_ROWS)
#define CREATE_DELEGATION_TOKEN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, owner_principal_type, FROM(3), FROM(3), UNTAGGED, EMPTY)         \
    FIELD(_, STRING, owner_principal_name, FROM(3), FROM(3), UNTAGGED, EMPTY)         \
    LIST(_,  create_delegation_token_request_creatable_renewers,                      \
                     renewers,             FROM(0), NEVER,   UNTAGGED, EMPTY)         \
    FIELD(_, INT64,  max_lifetime_ms,      FROM(0), NEVER,   UNTAGGED, 0)
MESSAGE_STRUCT(create_delegation_token_request, CREATE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_TYPE(create_delegation_token_request)

/* CreateDelegationTokenResponse, versions 1 to 3. */
#define CREATE_DELEGATION_TOKEN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16,  error_code,                     FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, STRING, principal_type,                 FROM(0), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, STRING, principal_name,                 FROM(0), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, STRING, token_requester_principal_type, FROM(3), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, STRING, token_requester_principal_name, FROM(3), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, INT64,  issue_timestamp_ms,             FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, INT64,  expiry_timestamp_ms,            FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, INT64,  max_timestamp_ms,               FROM(0), NEVER, UNTAGGED, 0)      \
    FIELD(_, STRING, token_id,                       FROM(0), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, BYTES,  hmac,                           FROM(0), NEVER, UNTAGGED, EMPTY)  \
    FIELD(_, INT32,  throttle_time_ms,               FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(create_delegation_token_response, CREATE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_TYPE(create_delegation_token_response)

/* RenewDelegationTokenRequest, versions 1 to 2. */
#define RENEW_DELEGATION_TOKEN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, BYTES, hmac,            FROM(0), NEVER, UNTAGGED, EMPTY)                \
    FIELD(_, INT64, renew_period_ms, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(renew_delegation_token_request, RENEW_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_TYPE(renew_delegation_token_request)

/* RenewDelegationTokenResponse, versions 1 to 2. */
#define RENEW_DELEGATION_TOKEN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,          FROM(0), NEVER, UNTAGGED, 0)                 \
    FIELD(_, INT64, expiry_timestamp_ms, FROM(0), NEVER, UNTAGGED, 0)                 \
    FIELD(_, INT32, throttle_time_ms,    FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(renew_delegation_token_response, RENEW_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_TYPE(renew_delegation_token_response)

/* ExpireDelegationTokenRequest, versions 1 to 2. */
#define EXPIRE_DELEGATION_TOKEN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, BYTES, hmac,                  FROM(0), NEVER, UNTAGGED, EMPTY)           \
    FIELD(_, INT64, expiry_time_period_ms, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(expire_delegation_token_request, EXPIRE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_TYPE(expire_delegation_token_request)

/* ExpireDelegationTokenResponse, versions 1 to 2. */
#define EXPIRE_DELEGATION_TOKEN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,          FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT64, expiry_timestamp_ms, FROM(0), NEVER, UNTAGGED, 0)                  \
    FIELD(_, INT32, throttle_time_ms,    FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(expire_delegation_token_response, EXPIRE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_TYPE(expire_delegation_token_response)

/* DescribeDelegationTokenRequest, versions 1 to 3. */
#define DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNER_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, principal_type, FROM(0), NEVER, UNTAGGED, EMPTY)                         \
    FIELD(_, STRING, principal_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_delegation_token_request_owner,
               DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNER_ROWS)
#define DESCRIBE_DELEGATION_TOKEN_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST)         \
    LIST(_, describe_delegation_token_request_owner, owners, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_delegation_token_request, DESCRIBE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_TYPE(describe_delegation_token_request)

/* DescribeDelegationTokenResponse, versions 1 to 3. */
#define DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_RENEWER_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                    \
    FIELD(_, STRING, principal_type, FROM(0), NEVER, UNTAGGED, EMPTY)               \
    FIELD(_, STRING, principal_name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_delegation_token_response_described_delegation_token_renewer,
               DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_RENEWER_ROWS)
#define DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_ROWS(           \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                                      \
    FIELD(_, STRING, principal_type,                 FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, principal_name,                 FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, token_requester_principal_type, FROM(3), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, STRING, token_requester_principal_name, FROM(3), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, INT64,  issue_timestamp,                FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,  expiry_timestamp,               FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, INT64,  max_timestamp,                  FROM(0), NEVER, UNTAGGED, 0)     \
    FIELD(_, STRING, token_id,                       FROM(0), NEVER, UNTAGGED, EMPTY) \
    FIELD(_, BYTES,  hmac,                           FROM(0), NEVER, UNTAGGED, EMPTY) \
    LIST(_,  describe_delegation_token_response_described_delegation_token_renewer,   \
                     renewers,                       FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_delegation_token_response_described_delegation_token,
               DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_ROWS)
#define DESCRIBE_DELEGATION_TOKEN_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT16, error_code,       FROM(0), NEVER, UNTAGGED, 0)                       \
    LIST(_,  describe_delegation_token_response_described_delegation_token,              \
                    tokens,           FROM(0), NEVER, UNTAGGED, EMPTY)                   \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_delegation_token_response, DESCRIBE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_TYPE(describe_delegation_token_response)

/* DescribeUserScramCredentialsRequest, version 0. */
#define DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_USER_NAME_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                \
    FIELD(_, STRING, name, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_user_scram_credentials_request_user_name,
               DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_USER_NAME_ROWS)
#define DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, describe_user_scram_credentials_request_user_name,                                \
              users, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_user_scram_credentials_request,
               DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_ROWS)
MESSAGE_TYPE(describe_user_scram_credentials_request)

/* DescribeUserScramCredentialsResponse, version 0. */
#define DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_CREDENTIAL_INFO_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                       \
    FIELD(_, INT8,  mechanism,  FROM(0), NEVER, UNTAGGED, 0)           \
    FIELD(_, INT32, iterations, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(describe_user_scram_credentials_response_credential_info,
               DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_CREDENTIAL_INFO_ROWS)
#define DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS(             \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                          \
    FIELD(_, STRING, user,             FROM(0), NEVER,   UNTAGGED, EMPTY) \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)     \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY) \
    LIST(_,  describe_user_scram_credentials_response_credential_info,    \
                     credential_infos, FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_user_scram_credentials_response_result,
               DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS)
#define DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32,  throttle_time_ms, FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, INT16,  error_code,       FROM(0), NEVER,   UNTAGGED, 0)                          \
    FIELD(_, STRING, error_message,    FROM(0), FROM(0), UNTAGGED, EMPTY)                      \
    LIST(_,  describe_user_scram_credentials_response_result,                                  \
                     results,          FROM(0), NEVER,   UNTAGGED, EMPTY)
MESSAGE_STRUCT(describe_user_scram_credentials_response,
               DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS)
MESSAGE_TYPE(describe_user_scram_credentials_response)

/* AlterUserScramCredentialsRequest, version 0. */
#define ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_DELETION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                             \
    FIELD(_, STRING, name,      FROM(0), NEVER, UNTAGGED, EMPTY)             \
    FIELD(_, INT8,   mechanism, FROM(0), NEVER, UNTAGGED, 0)
MESSAGE_STRUCT(alter_user_scram_credentials_request_scram_credential_deletion,
               ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_DELETION_ROWS)
#define ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_UPSERTION_ROWS( \
        _, FIELD, ARRAY, NESTED, OPTIONAL, LIST)                              \
    FIELD(_, STRING, name,            FROM(0), NEVER, UNTAGGED, EMPTY)        \
    FIELD(_, INT8,   mechanism,       FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, INT32,  iterations,      FROM(0), NEVER, UNTAGGED, 0)            \
    FIELD(_, BYTES,  salt,            FROM(0), NEVER, UNTAGGED, EMPTY)        \
    FIELD(_, BYTES,  salted_password, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_user_scram_credentials_request_scram_credential_upsertion,
               ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_UPSERTION_ROWS)
#define ALTER_USER_SCRAM_CREDENTIALS_REQUEST_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    LIST(_, alter_user_scram_credentials_request_scram_credential_deletion,                \
              deletions,  FROM(0), NEVER, UNTAGGED, EMPTY)                                 \
    LIST(_, alter_user_scram_credentials_request_scram_credential_upsertion,               \
              upsertions, FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_user_scram_credentials_request, ALTER_USER_SCRAM_CREDENTIALS_REQUEST_ROWS)
MESSAGE_TYPE(alter_user_scram_credentials_request)

/* AlterUserScramCredentialsResponse, version 0. */
#define ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, user,          FROM(0), NEVER,   UNTAGGED, EMPTY)                             \
    FIELD(_, INT16,  error_code,    FROM(0), NEVER,   UNTAGGED, 0)                                 \
    FIELD(_, STRING, error_message, FROM(0), FROM(0), UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_user_scram_credentials_response_result,
               ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS)
#define ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, INT32, throttle_time_ms, FROM(0), NEVER, UNTAGGED, 0)                          \
    LIST(_,  alter_user_scram_credentials_response_result,                                  \
                    results,          FROM(0), NEVER, UNTAGGED, EMPTY)
MESSAGE_STRUCT(alter_user_scram_credentials_response, ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS)
MESSAGE_TYPE(alter_user_scram_credentials_response)

/* DefaultPrincipalData, version 0. */
#define DEFAULT_PRINCIPAL_DATA_ROWS(_, FIELD, ARRAY, NESTED, OPTIONAL, LIST) \
    FIELD(_, STRING, type,                FROM(0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, STRING, name,                FROM(0), NEVER, UNTAGGED, EMPTY)   \
    FIELD(_, BOOL,   token_authenticated, FROM(0), NEVER, UNTAGGED, false)
MESSAGE_STRUCT(default_principal_data, DEFAULT_PRINCIPAL_DATA_ROWS)
MESSAGE_TYPE(default_principal_data)
// clang-format on
