/* Metadata, cluster and API versions: the descriptors of the rows. */
#include "protocol/schema/metadata.h"

#include "protocol/message_define.h"

// clang-format off
MESSAGE_DEFINE_STRUCT(metadata_request_topic, METADATA_REQUEST_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(metadata_request, METADATA_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(metadata_request, "MetadataRequest", 3, 0, 13, 9)

MESSAGE_DEFINE_STRUCT(metadata_response_broker, METADATA_RESPONSE_BROKER_ROWS)
MESSAGE_DEFINE_STRUCT(metadata_response_partition, METADATA_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(metadata_response_topic, METADATA_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(metadata_response, METADATA_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(metadata_response, "MetadataResponse", 3, 0, 13, 9)

MESSAGE_DEFINE_STRUCT(describe_cluster_request, DESCRIBE_CLUSTER_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_cluster_request, "DescribeClusterRequest", 60, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(describe_cluster_response_broker, DESCRIBE_CLUSTER_RESPONSE_BROKER_ROWS)
MESSAGE_DEFINE_STRUCT(describe_cluster_response, DESCRIBE_CLUSTER_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_cluster_response, "DescribeClusterResponse", 60, 0, 2, 0)

MESSAGE_DEFINE_STRUCT(describe_topic_partitions_request_topic_request,
                      DESCRIBE_TOPIC_PARTITIONS_REQUEST_TOPIC_REQUEST_ROWS)
MESSAGE_DEFINE_STRUCT(describe_topic_partitions_request_cursor,
                      DESCRIBE_TOPIC_PARTITIONS_REQUEST_CURSOR_ROWS)
MESSAGE_DEFINE_STRUCT(describe_topic_partitions_request, DESCRIBE_TOPIC_PARTITIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(describe_topic_partitions_request,
                    "DescribeTopicPartitionsRequest", 75, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(describe_topic_partitions_response_partition,
                      DESCRIBE_TOPIC_PARTITIONS_RESPONSE_PARTITION_ROWS)
MESSAGE_DEFINE_STRUCT(describe_topic_partitions_response_topic,
                      DESCRIBE_TOPIC_PARTITIONS_RESPONSE_TOPIC_ROWS)
MESSAGE_DEFINE_STRUCT(describe_topic_partitions_response_cursor,
                      DESCRIBE_TOPIC_PARTITIONS_RESPONSE_CURSOR_ROWS)
MESSAGE_DEFINE_STRUCT(describe_topic_partitions_response, DESCRIBE_TOPIC_PARTITIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(describe_topic_partitions_response,
                    "DescribeTopicPartitionsResponse", 75, 0, 0, 0)

MESSAGE_DEFINE_STRUCT(api_versions_request, API_VERSIONS_REQUEST_ROWS)
MESSAGE_DEFINE_TYPE(api_versions_request, "ApiVersionsRequest", 18, 0, 4, 3)

MESSAGE_DEFINE_STRUCT(api_versions_response_api_version, API_VERSIONS_RESPONSE_API_VERSION_ROWS)
MESSAGE_DEFINE_STRUCT(api_versions_response_supported_feature_key,
                      API_VERSIONS_RESPONSE_SUPPORTED_FEATURE_KEY_ROWS)
MESSAGE_DEFINE_STRUCT(api_versions_response_finalized_feature_key,
                      API_VERSIONS_RESPONSE_FINALIZED_FEATURE_KEY_ROWS)
MESSAGE_DEFINE_STRUCT(api_versions_response, API_VERSIONS_RESPONSE_ROWS)
MESSAGE_DEFINE_TYPE(api_versions_response, "ApiVersionsResponse", 18, 0, 4, 3)

MESSAGE_DEFINE_STRUCT(request_header, REQUEST_HEADER_ROWS)
MESSAGE_DEFINE_TYPE(request_header, "RequestHeader", -1, 1, 2, 2)

MESSAGE_DEFINE_STRUCT(response_header, RESPONSE_HEADER_ROWS)
MESSAGE_DEFINE_TYPE(response_header, "ResponseHeader", -1, 0, 1, 1)
// clang-format on
