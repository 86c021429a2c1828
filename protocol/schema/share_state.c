/* The state of share groups of KIP-932: the descriptors of the rows. */
#include "protocol/schema/share_state.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(initialize_share_group_state_request_partition_data,
                      INITIALIZE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(initialize_share_group_state_request_initialize_state_data,
                      INITIALIZE_SHARE_GROUP_STATE_REQUEST_INITIALIZE_STATE_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(initialize_share_group_state_request,
                      INITIALIZE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(initialize_share_group_state_request,
                    "InitializeShareGroupStateRequest", 83, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(initialize_share_group_state_response_partition_result,
                      INITIALIZE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(initialize_share_group_state_response_initialize_state_result,
                      INITIALIZE_SHARE_GROUP_STATE_RESPONSE_INITIALIZE_STATE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(initialize_share_group_state_response,
                      INITIALIZE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(initialize_share_group_state_response,
                    "InitializeShareGroupStateResponse", 83, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(read_share_group_state_request_partition_data,
                      READ_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_request_read_state_data,
                      READ_SHARE_GROUP_STATE_REQUEST_READ_STATE_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_request, READ_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(read_share_group_state_request, "ReadShareGroupStateRequest", 84, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(read_share_group_state_response_state_batch,
                      READ_SHARE_GROUP_STATE_RESPONSE_STATE_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_response_partition_result,
                      READ_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_response_read_state_result,
                      READ_SHARE_GROUP_STATE_RESPONSE_READ_STATE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_response, READ_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(read_share_group_state_response, "ReadShareGroupStateResponse", 84, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(write_share_group_state_request_state_batch,
                      WRITE_SHARE_GROUP_STATE_REQUEST_STATE_BATCH_ROWS)
MESSAGE_DEFINE_STRUCT(write_share_group_state_request_partition_data,
                      WRITE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(write_share_group_state_request_write_state_data,
                      WRITE_SHARE_GROUP_STATE_REQUEST_WRITE_STATE_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(write_share_group_state_request, WRITE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(write_share_group_state_request, "WriteShareGroupStateRequest", 85, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(write_share_group_state_response_partition_result,
                      WRITE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(write_share_group_state_response_write_state_result,
                      WRITE_SHARE_GROUP_STATE_RESPONSE_WRITE_STATE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(write_share_group_state_response, WRITE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(write_share_group_state_response, "WriteShareGroupStateResponse", 85, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(delete_share_group_state_request_partition_data,
                      DELETE_SHARE_GROUP_STATE_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_state_request_delete_state_data,
                      DELETE_SHARE_GROUP_STATE_REQUEST_DELETE_STATE_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_state_request, DELETE_SHARE_GROUP_STATE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_share_group_state_request, "DeleteShareGroupStateRequest", 86, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(delete_share_group_state_response_partition_result,
                      DELETE_SHARE_GROUP_STATE_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_state_response_delete_state_result,
                      DELETE_SHARE_GROUP_STATE_RESPONSE_DELETE_STATE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_share_group_state_response, DELETE_SHARE_GROUP_STATE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_share_group_state_response, "DeleteShareGroupStateResponse", 86, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_request_partition_data,
                      READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_request_read_state_summary_data,
                      READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_READ_STATE_SUMMARY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_request,
                      READ_SHARE_GROUP_STATE_SUMMARY_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(read_share_group_state_summary_request,
                    "ReadShareGroupStateSummaryRequest", 87, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_response_partition_result,
                      READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_response_read_state_summary_result,
                      READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_READ_STATE_SUMMARY_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(read_share_group_state_summary_response,
                      READ_SHARE_GROUP_STATE_SUMMARY_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(read_share_group_state_summary_response,
                    "ReadShareGroupStateSummaryResponse", 87, 0, 1, 0)
// clang-format on
