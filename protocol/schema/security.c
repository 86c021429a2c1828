/* Authentication and authorization: the descriptors of the rows. */
#include "protocol/schema/security.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(sasl_handshake_request, SASL_HANDSHAKE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(sasl_handshake_request, "SaslHandshakeRequest", 17, 0, 1, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(sasl_handshake_response, SASL_HANDSHAKE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(sasl_handshake_response, "SaslHandshakeResponse", 17, 0, 1, NOT_FLEXIBLE)

MESSAGE_DEFINE_STRUCT(sasl_authenticate_request, SASL_AUTHENTICATE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(sasl_authenticate_request, "SaslAuthenticateRequest", 36, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(sasl_authenticate_response, SASL_AUTHENTICATE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(sasl_authenticate_response, "SaslAuthenticateResponse", 36, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(describe_acls_request, DESCRIBE_ACLS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_acls_request, "DescribeAclsRequest", 29, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(describe_acls_response_acl_description,
                      DESCRIBE_ACLS_RESPONSE_ACL_DESCRIPTION_ROWS)
MESSAGE_DEFINE_STRUCT(describe_acls_response_resource, DESCRIBE_ACLS_RESPONSE_RESOURCE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_acls_response, DESCRIBE_ACLS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_acls_response, "DescribeAclsResponse", 29, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(create_acls_request_acl_creation, CREATE_ACLS_REQUEST_ACL_CREATION_ROWS)
MESSAGE_DEFINE_STRUCT(create_acls_request, CREATE_ACLS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(create_acls_request, "CreateAclsRequest", 30, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(create_acls_response_acl_creation_result,
                      CREATE_ACLS_RESPONSE_ACL_CREATION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(create_acls_response, CREATE_ACLS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(create_acls_response, "CreateAclsResponse", 30, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(delete_acls_request_filter, DELETE_ACLS_REQUEST_FILTER_ROWS)
MESSAGE_DEFINE_STRUCT(delete_acls_request, DELETE_ACLS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_acls_request, "DeleteAclsRequest", 31, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(delete_acls_response_matching_acl, DELETE_ACLS_RESPONSE_MATCHING_ACL_ROWS)
MESSAGE_DEFINE_STRUCT(delete_acls_response_filter_result, DELETE_ACLS_RESPONSE_FILTER_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_acls_response, DELETE_ACLS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_acls_response, "DeleteAclsResponse", 31, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(create_delegation_token_request_creatable_renewers,
                      CREATE_DELEGATION_TOKEN_REQUEST_CREATABLE_RENEWERS_ROWS)
MESSAGE_DEFINE_STRUCT(create_delegation_token_request, CREATE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(create_delegation_token_request, "CreateDelegationTokenRequest", 38, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(create_delegation_token_response, CREATE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(create_delegation_token_response, "CreateDelegationTokenResponse", 38, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(renew_delegation_token_request, RENEW_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(renew_delegation_token_request, "RenewDelegationTokenRequest", 39, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(renew_delegation_token_response, RENEW_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(renew_delegation_token_response, "RenewDelegationTokenResponse", 39, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(expire_delegation_token_request, EXPIRE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(expire_delegation_token_request, "ExpireDelegationTokenRequest", 40, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(expire_delegation_token_response, EXPIRE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(expire_delegation_token_response, "ExpireDelegationTokenResponse", 40, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(describe_delegation_token_request_owner,
                      DESCRIBE_DELEGATION_TOKEN_REQUEST_OWNER_ROWS)
MESSAGE_DEFINE_STRUCT(describe_delegation_token_request, DESCRIBE_DELEGATION_TOKEN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_delegation_token_request,
                    "DescribeDelegationTokenRequest", 41, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(describe_delegation_token_response_described_delegation_token_renewer,
                      DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_RENEWER_ROWS)
MESSAGE_DEFINE_STRUCT(describe_delegation_token_response_described_delegation_token,
                      DESCRIBE_DELEGATION_TOKEN_RESPONSE_DESCRIBED_DELEGATION_TOKEN_ROWS)
MESSAGE_DEFINE_STRUCT(describe_delegation_token_response, DESCRIBE_DELEGATION_TOKEN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_delegation_token_response,
                    "DescribeDelegationTokenResponse", 41, 1, 3, 2)

MESSAGE_DEFINE_STRUCT(describe_user_scram_credentials_request_user_name,
                      DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_USER_NAME_ROWS)
MESSAGE_DEFINE_STRUCT(describe_user_scram_credentials_request,
                      DESCRIBE_USER_SCRAM_CREDENTIALS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_user_scram_credentials_request,
                    "DescribeUserScramCredentialsRequest", 50, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(describe_user_scram_credentials_response_credential_info,
                      DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_CREDENTIAL_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(describe_user_scram_credentials_response_result,
                      DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(describe_user_scram_credentials_response,
                      DESCRIBE_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_user_scram_credentials_response,
                    "DescribeUserScramCredentialsResponse", 50, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(alter_user_scram_credentials_request_scram_credential_deletion,
                      ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_DELETION_ROWS)
MESSAGE_DEFINE_STRUCT(alter_user_scram_credentials_request_scram_credential_upsertion,
                      ALTER_USER_SCRAM_CREDENTIALS_REQUEST_SCRAM_CREDENTIAL_UPSERTION_ROWS)
MESSAGE_DEFINE_STRUCT(alter_user_scram_credentials_request,
                      ALTER_USER_SCRAM_CREDENTIALS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_user_scram_credentials_request,
                    "AlterUserScramCredentialsRequest", 51, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(alter_user_scram_credentials_response_result,
                      ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(alter_user_scram_credentials_response,
                      ALTER_USER_SCRAM_CREDENTIALS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_user_scram_credentials_response,
                    "AlterUserScramCredentialsResponse", 51, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(default_principal_data, DEFAULT_PRINCIPAL_DATA_ROWS)
MESSAGE_DEFINE_TYPE(default_principal_data, "DefaultPrincipalData", -1, 0, 0, 0)
// clang-format on
