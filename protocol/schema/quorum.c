/* The controller quorum and brokers: the descriptors of the rows. */
#include "protocol/schema/quorum.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(vote_request_partition_data, VOTE_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(vote_request_topic_data, VOTE_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(vote_request, VOTE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(vote_request, "VoteRequest", 52, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(vote_response_partition_data, VOTE_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(vote_response_topic_data, VOTE_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(vote_response_node_endpoint, VOTE_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(vote_response, VOTE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(vote_response, "VoteResponse", 52, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_request_partition_data,
                      BEGIN_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_request_topic_data,
                      BEGIN_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_request_leader_endpoint,
                      BEGIN_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_request, BEGIN_QUORUM_EPOCH_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(begin_quorum_epoch_request, "BeginQuorumEpochRequest", 53, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_response_partition_data,
                      BEGIN_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_response_topic_data,
                      BEGIN_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_response_node_endpoint,
                      BEGIN_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(begin_quorum_epoch_response, BEGIN_QUORUM_EPOCH_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(begin_quorum_epoch_response, "BeginQuorumEpochResponse", 53, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(end_quorum_epoch_request_replica_info,
                      END_QUORUM_EPOCH_REQUEST_REPLICA_INFO_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_request_partition_data,
                      END_QUORUM_EPOCH_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_request_topic_data, END_QUORUM_EPOCH_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_request_leader_endpoint,
                      END_QUORUM_EPOCH_REQUEST_LEADER_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_request, END_QUORUM_EPOCH_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(end_quorum_epoch_request, "EndQuorumEpochRequest", 54, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(end_quorum_epoch_response_partition_data,
                      END_QUORUM_EPOCH_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_response_topic_data,
                      END_QUORUM_EPOCH_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_response_node_endpoint,
                      END_QUORUM_EPOCH_RESPONSE_NODE_ENDPOINT_ROWS)
MESSAGE_DEFINE_STRUCT(end_quorum_epoch_response, END_QUORUM_EPOCH_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(end_quorum_epoch_response, "EndQuorumEpochResponse", 54, 0, 1, 1)

MESSAGE_DEFINE_STRUCT(describe_quorum_request_partition_data,
                      DESCRIBE_QUORUM_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_request_topic_data, DESCRIBE_QUORUM_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_request, DESCRIBE_QUORUM_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_quorum_request, "DescribeQuorumRequest", 55, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(describe_quorum_response_replica_state,
                      DESCRIBE_QUORUM_RESPONSE_REPLICA_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_response_partition_data,
                      DESCRIBE_QUORUM_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_response_topic_data, DESCRIBE_QUORUM_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_response_listener, DESCRIBE_QUORUM_RESPONSE_LISTENER_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_response_node, DESCRIBE_QUORUM_RESPONSE_NODE_ROWS)
MESSAGE_DEFINE_STRUCT(describe_quorum_response, DESCRIBE_QUORUM_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_quorum_response, "DescribeQuorumResponse", 55, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(add_raft_voter_request_listener, ADD_RAFT_VOTER_REQUEST_LISTENER_ROWS)
MESSAGE_DEFINE_STRUCT(add_raft_voter_request, ADD_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(add_raft_voter_request, "AddRaftVoterRequest", 80, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(add_raft_voter_response, ADD_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(add_raft_voter_response, "AddRaftVoterResponse", 80, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(remove_raft_voter_request, REMOVE_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(remove_raft_voter_request, "RemoveRaftVoterRequest", 81, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(remove_raft_voter_response, REMOVE_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(remove_raft_voter_response, "RemoveRaftVoterResponse", 81, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(update_raft_voter_request_listener, UPDATE_RAFT_VOTER_REQUEST_LISTENER_ROWS)
MESSAGE_DEFINE_STRUCT(update_raft_voter_request_k_raft_version_feature,
                      UPDATE_RAFT_VOTER_REQUEST_K_RAFT_VERSION_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(update_raft_voter_request, UPDATE_RAFT_VOTER_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(update_raft_voter_request, "UpdateRaftVoterRequest", 82, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(update_raft_voter_response_current_leader,
                      UPDATE_RAFT_VOTER_RESPONSE_CURRENT_LEADER_ROWS)
MESSAGE_DEFINE_STRUCT(update_raft_voter_response, UPDATE_RAFT_VOTER_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(update_raft_voter_response, "UpdateRaftVoterResponse", 82, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(alter_partition_request_broker_state,
                      ALTER_PARTITION_REQUEST_BROKER_STATE_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_request_partition_data,
                      ALTER_PARTITION_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_request_topic_data, ALTER_PARTITION_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_request, ALTER_PARTITION_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(alter_partition_request, "AlterPartitionRequest", 56, 2, 3, 0)

MESSAGE_DEFINE_STRUCT(alter_partition_response_partition_data,
                      ALTER_PARTITION_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_response_topic_data, ALTER_PARTITION_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(alter_partition_response, ALTER_PARTITION_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(alter_partition_response, "AlterPartitionResponse", 56, 2, 3, 0)

MESSAGE_DEFINE_STRUCT(broker_registration_request_listener,
                      BROKER_REGISTRATION_REQUEST_LISTENER_ROWS)
MESSAGE_DEFINE_STRUCT(broker_registration_request_feature, BROKER_REGISTRATION_REQUEST_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(broker_registration_request, BROKER_REGISTRATION_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(broker_registration_request, "BrokerRegistrationRequest", 62, 0, 4, 0)

MESSAGE_DEFINE_STRUCT(broker_registration_response, BROKER_REGISTRATION_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(broker_registration_response, "BrokerRegistrationResponse", 62, 0, 4, 0)

MESSAGE_DEFINE_STRUCT(broker_heartbeat_request, BROKER_HEARTBEAT_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(broker_heartbeat_request, "BrokerHeartbeatRequest", 63, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(broker_heartbeat_response, BROKER_HEARTBEAT_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(broker_heartbeat_response, "BrokerHeartbeatResponse", 63, 0, 1, 0)

MESSAGE_DEFINE_STRUCT(controller_registration_request_listener,
                      CONTROLLER_REGISTRATION_REQUEST_LISTENER_ROWS)
MESSAGE_DEFINE_STRUCT(controller_registration_request_feature,
                      CONTROLLER_REGISTRATION_REQUEST_FEATURE_ROWS)
MESSAGE_DEFINE_STRUCT(controller_registration_request, CONTROLLER_REGISTRATION_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(controller_registration_request, "ControllerRegistrationRequest", 70, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(controller_registration_response, CONTROLLER_REGISTRATION_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(controller_registration_response, "ControllerRegistrationResponse", 70, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(unregister_broker_request, UNREGISTER_BROKER_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(unregister_broker_request, "UnregisterBrokerRequest", 64, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(unregister_broker_response, UNREGISTER_BROKER_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(unregister_broker_response, "UnregisterBrokerResponse", 64, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_request_partition_data,
                      ASSIGN_REPLICAS_TO_DIRS_REQUEST_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_request_topic_data,
                      ASSIGN_REPLICAS_TO_DIRS_REQUEST_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_request_directory_data,
                      ASSIGN_REPLICAS_TO_DIRS_REQUEST_DIRECTORY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_request, ASSIGN_REPLICAS_TO_DIRS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(assign_replicas_to_dirs_request, "AssignReplicasToDirsRequest", 73, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_response_partition_data,
                      ASSIGN_REPLICAS_TO_DIRS_RESPONSE_PARTITION_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_response_topic_data,
                      ASSIGN_REPLICAS_TO_DIRS_RESPONSE_TOPIC_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_response_directory_data,
                      ASSIGN_REPLICAS_TO_DIRS_RESPONSE_DIRECTORY_DATA_ROWS)
MESSAGE_DEFINE_STRUCT(assign_replicas_to_dirs_response, ASSIGN_REPLICAS_TO_DIRS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(assign_replicas_to_dirs_response, "AssignReplicasToDirsResponse", 73, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(envelope_request, ENVELOPE_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(envelope_request, "EnvelopeRequest", 58, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(envelope_response, ENVELOPE_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(envelope_response, "EnvelopeResponse", 58, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(leader_change_message_voter, LEADER_CHANGE_MESSAGE_VOTER_ROWS)
MESSAGE_DEFINE_STRUCT(leader_change_message, LEADER_CHANGE_MESSAGE_ROWS)
MESSAGE_DEFINE_TYPE(leader_change_message, "LeaderChangeMessage", -1, 0, 1, 0)
// clang-format on
