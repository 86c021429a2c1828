/* Topics: create, delete, partitions, records: the descriptors of the rows. */
#include "protocol/schema/topics.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(create_topics_request_creatable_replica_assignment,
                      CREATE_TOPICS_REQUEST_CREATABLE_REPLICA_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(create_topics_request_creatable_topic_config,
                      CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_CONFIG_ROWS)
MESSAGE_DEFINE_STRUCT(create_topics_request_creatable_topic,
                      CREATE_TOPICS_REQUEST_CREATABLE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(create_topics_request, CREATE_TOPICS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(create_topics_request, "CreateTopicsRequest", 19, 2, 7, 5)

MESSAGE_DEFINE_STRUCT(create_topics_response_creatable_topic_configs,
                      CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_CONFIGS_ROWS)
MESSAGE_DEFINE_STRUCT(create_topics_response_creatable_topic_result,
                      CREATE_TOPICS_RESPONSE_CREATABLE_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(create_topics_response, CREATE_TOPICS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(create_topics_response, "CreateTopicsResponse", 19, 2, 7, 5)

MESSAGE_DEFINE_STRUCT(delete_topics_request_delete_topic_state,
                      DELETE_TOPICS_REQUEST_DELETE_TOPIC_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(delete_topics_request, DELETE_TOPICS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_topics_request, "DeleteTopicsRequest", 20, 1, 6, 4)

MESSAGE_DEFINE_STRUCT(delete_topics_response_deletable_topic_result,
                      DELETE_TOPICS_RESPONSE_DELETABLE_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_topics_response, DELETE_TOPICS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_topics_response, "DeleteTopicsResponse", 20, 1, 6, 4)

MESSAGE_DEFINE_STRUCT(create_partitions_request_assignment,
                      CREATE_PARTITIONS_REQUEST_ASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(create_partitions_request_topic, CREATE_PARTITIONS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(create_partitions_request, CREATE_PARTITIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(create_partitions_request, "CreatePartitionsRequest", 37, 0, 3, 2)

MESSAGE_DEFINE_STRUCT(create_partitions_response_topic_result,
                      CREATE_PARTITIONS_RESPONSE_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(create_partitions_response, CREATE_PARTITIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(create_partitions_response, "CreatePartitionsResponse", 37, 0, 3, 2)

MESSAGE_DEFINE_STRUCT(delete_records_request_partition, DELETE_RECORDS_REQUEST_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(delete_records_request_topic, DELETE_RECORDS_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(delete_records_request, DELETE_RECORDS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(delete_records_request, "DeleteRecordsRequest", 21, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(delete_records_response_partition_result,
                      DELETE_RECORDS_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_records_response_topic_result,
                      DELETE_RECORDS_RESPONSE_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(delete_records_response, DELETE_RECORDS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(delete_records_response, "DeleteRecordsResponse", 21, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(elect_leaders_request_topic_partitions,
                      ELECT_LEADERS_REQUEST_TOPIC_PARTITIONS_ROWS)
MESSAGE_DEFINE_STRUCT(elect_leaders_request, ELECT_LEADERS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(elect_leaders_request, "ElectLeadersRequest", 43, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(elect_leaders_response_partition_result,
                      ELECT_LEADERS_RESPONSE_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(elect_leaders_response_replica_election_result,
                      ELECT_LEADERS_RESPONSE_REPLICA_ELECTION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(elect_leaders_response, ELECT_LEADERS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(elect_leaders_response, "ElectLeadersResponse", 43, 0, 2, 2)

MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_request_reassignable_partition,
                      ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_request_reassignable_topic,
                      ALTER_PARTITION_REASSIGNMENTS_REQUEST_REASSIGNABLE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_request,
                      ALTER_PARTITION_REASSIGNMENTS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_partition_reassignments_request,
                    "AlterPartitionReassignmentsRequest", 45, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_response_reassignable_partition_response,
                      ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_PARTITION_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_response_reassignable_topic_response,
                      ALTER_PARTITION_REASSIGNMENTS_RESPONSE_REASSIGNABLE_TOPIC_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_reassignments_response,
                      ALTER_PARTITION_REASSIGNMENTS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_partition_reassignments_response,
                    "AlterPartitionReassignmentsResponse", 45, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(list_partition_reassignments_request_topics,
                      LIST_PARTITION_REASSIGNMENTS_REQUEST_TOPICS_ROWS)
MESSAGE_DEFINE_STRUCT(list_partition_reassignments_request,
                      LIST_PARTITION_REASSIGNMENTS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(list_partition_reassignments_request,
                    "ListPartitionReassignmentsRequest", 46, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(list_partition_reassignments_response_ongoing_partition_reassignment,
                      LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_PARTITION_REASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(list_partition_reassignments_response_ongoing_topic_reassignment,
                      LIST_PARTITION_REASSIGNMENTS_RESPONSE_ONGOING_TOPIC_REASSIGNMENT_ROWS)
MESSAGE_DEFINE_STRUCT(list_partition_reassignments_response,
                      LIST_PARTITION_REASSIGNMENTS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(list_partition_reassignments_response,
                    "ListPartitionReassignmentsResponse", 46, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_request_alter_replica_log_dir_topic,
                      ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_request_alter_replica_log_dir,
                      ALTER_REPLICA_LOG_DIRS_REQUEST_ALTER_REPLICA_LOG_DIR_ROWS)
MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_request, ALTER_REPLICA_LOG_DIRS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_replica_log_dirs_request, "AlterReplicaLogDirsRequest", 34, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_response_alter_replica_log_dir_partition_result,
                      ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_PARTITION_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_response_alter_replica_log_dir_topic_result,
                      ALTER_REPLICA_LOG_DIRS_RESPONSE_ALTER_REPLICA_LOG_DIR_TOPIC_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(alter_replica_log_dirs_response, ALTER_REPLICA_LOG_DIRS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_replica_log_dirs_response, "AlterReplicaLogDirsResponse", 34, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(describe_log_dirs_request_describable_log_dir_topic,
                      DESCRIBE_LOG_DIRS_REQUEST_DESCRIBABLE_LOG_DIR_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(describe_log_dirs_request, DESCRIBE_LOG_DIRS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_log_dirs_request, "DescribeLogDirsRequest", 35, 1, 4, 2)

MESSAGE_DEFINE_STRUCT(describe_log_dirs_response_partition,
                      DESCRIBE_LOG_DIRS_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(describe_log_dirs_response_topic, DESCRIBE_LOG_DIRS_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(describe_log_dirs_response_result, DESCRIBE_LOG_DIRS_RESPONSE_RESULT_ROWS)
MESSAGE_DEFINE_STRUCT(describe_log_dirs_response, DESCRIBE_LOG_DIRS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_log_dirs_response, "DescribeLogDirsResponse", 35, 1, 4, 2)

MESSAGE_DEFINE_STRUCT(describe_producers_request_topic_request,
                      DESCRIBE_PRODUCERS_REQUEST_TOPIC_REQUEST_ROWS)
MESSAGE_DEFINE_STRUCT(describe_producers_request, DESCRIBE_PRODUCERS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_producers_request, "DescribeProducersRequest", 61, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(describe_producers_response_producer_state,
                      DESCRIBE_PRODUCERS_RESPONSE_PRODUCER_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_producers_response_partition_response,
                      DESCRIBE_PRODUCERS_RESPONSE_PARTITION_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_producers_response_topic_response,
                      DESCRIBE_PRODUCERS_RESPONSE_TOPIC_RESPONSE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_producers_response, DESCRIBE_PRODUCERS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_producers_response, "DescribeProducersResponse", 61, 0, 0, 0)
// clang-format on
