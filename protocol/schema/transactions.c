/* Transactions: the descriptors of the rows. */
#include "protocol/schema/transactions.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_request_topic, ADD_PARTITIONS_TO_TXN_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_request_transaction,
                      ADD_PARTITIONS_TO_TXN_REQUEST_TRANSACTION_ROWS)
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_request, ADD_PARTITIONS_TO_TXN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(add_partitions_to_txn_request, "AddPartitionsToTxnRequest", 24, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_response_partition_result,
                      ADD_PARTITIONS_TO_TXN_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_response_topic_result,
                      ADD_PARTITIONS_TO_TXN_RESPONSE_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_response_result,
                      ADD_PARTITIONS_TO_TXN_RESPONSE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(add_partitions_to_txn_response, ADD_PARTITIONS_TO_TXN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(add_partitions_to_txn_response, "AddPartitionsToTxnResponse", 24, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(add_offsets_to_txn_request, ADD_OFFSETS_TO_TXN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(add_offsets_to_txn_request, "AddOffsetsToTxnRequest", 25, 0, 4, 3)

MESSAGE_DEFINE_STRUCT(add_offsets_to_txn_response, ADD_OFFSETS_TO_TXN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(add_offsets_to_txn_response, "AddOffsetsToTxnResponse", 25, 0, 4, 3)

MESSAGE_DEFINE_STRUCT(end_txn_request, END_TXN_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(end_txn_request, "EndTxnRequest", 26, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(end_txn_response, END_TXN_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(end_txn_response, "EndTxnResponse", 26, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(write_txn_markers_request_writable_txn_marker_topic,
                      WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(write_txn_markers_request_writable_txn_marker,
                      WRITE_TXN_MARKERS_REQUEST_WRITABLE_TXN_MARKER_ROWS)
MESSAGE_DEFINE_STRUCT(write_txn_markers_request, WRITE_TXN_MARKERS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(write_txn_markers_request, "WriteTxnMarkersRequest", 27, 1, 2, 1)

MESSAGE_DEFINE_STRUCT(write_txn_markers_response_writable_txn_marker_partition_result,
                      WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(write_txn_markers_response_writable_txn_marker_topic_result,
                      WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(write_txn_markers_response_writable_txn_marker_result,
                      WRITE_TXN_MARKERS_RESPONSE_WRITABLE_TXN_MARKER_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(write_txn_markers_response, WRITE_TXN_MARKERS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(write_txn_markers_response, "WriteTxnMarkersResponse", 27, 1, 2, 1)

MESSAGE_DEFINE_STRUCT(txn_offset_commit_request_partition, TXN_OFFSET_COMMIT_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(txn_offset_commit_request_topic, TXN_OFFSET_COMMIT_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(txn_offset_commit_request, TXN_OFFSET_COMMIT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(txn_offset_commit_request, "TxnOffsetCommitRequest", 28, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(txn_offset_commit_response_partition,
                      TXN_OFFSET_COMMIT_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(txn_offset_commit_response_topic, TXN_OFFSET_COMMIT_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(txn_offset_commit_response, TXN_OFFSET_COMMIT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(txn_offset_commit_response, "TxnOffsetCommitResponse", 28, 0, 5, 3)

MESSAGE_DEFINE_STRUCT(describe_transactions_request, DESCRIBE_TRANSACTIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_transactions_request, "DescribeTransactionsRequest", 65, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(describe_transactions_response_topic_data,
                      DESCRIBE_TRANSACTIONS_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_transactions_response_transaction_state,
                      DESCRIBE_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_transactions_response, DESCRIBE_TRANSACTIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_transactions_response, "DescribeTransactionsResponse", 65, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(list_transactions_request, LIST_TRANSACTIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(list_transactions_request, "ListTransactionsRequest", 66, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(list_transactions_response_transaction_state,
                      LIST_TRANSACTIONS_RESPONSE_TRANSACTION_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(list_transactions_response, LIST_TRANSACTIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(list_transactions_response, "ListTransactionsResponse", 66, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(end_txn_marker, END_TXN_MARKER_ROWS)
MESSAGE_DEFINE_TYPE(end_txn_marker, "EndTxnMarker", -1, 0, 0, NOT_FLEXIBLE)
// clang-format on
