/*
 * Where the offset and the error stand in their messages is found by encoding each message twice,
 * with all bits of the field clear and all set: what differs is the field, whatever the version.
 */
#include "bench/load/query.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "bench/load/frame.h"

#define CORRELATION_BYTES 4

/* A new frame of the request. */
static uint8_t *frame_make(int16_t key, int16_t version, const void *request, size_t *len)
{
    const struct api *api = api_find(key);
    size_t size = frame_size(api, version, request);
    uint8_t *frame = mem_alloc(size);
    int64_t encoded = frame_encode(frame, size, api, version, request);
    ASSERT(encoded > 0);
    *len = (size_t)encoded;
    return frame;
}

static size_t first_difference(const uint8_t *a, const uint8_t *b, size_t len)
{
    size_t at = 0;
    while (at < len && a[at] == b[at])
        at++;
    ASSERT(at < len);
    return at;
}

static void query_init_metadata(struct query *query, const struct cluster *cluster)
{
    struct metadata_request request = {0};
    request.topics.count = (int32_t)cluster->topic_count;
    request.topics.items = mem_alloc_array(cluster->topic_count, sizeof *request.topics.items);
    for (uint32_t i = 0; i < cluster->topic_count; i++)
        request.topics.items[i].name = string_of(cluster->topics[i]);
    query->frame = frame_make(API_METADATA, cluster->metadata_version, &request, &query->len);
    mem_free(request.topics.items);
}

static uint8_t *commit_make(const struct cluster *cluster, uint32_t lane, int64_t offset,
                            size_t *len)
{
    const struct cluster_partition *of = &cluster->partitions[lane % cluster->partition_count];
    struct offset_commit_request_partition partition;
    struct offset_commit_request_topic topic;
    struct offset_commit_request request;
    message_defaults(&offset_commit_request_partition_struct, &partition);
    partition.partition_index = of->index;
    partition.committed_offset = offset;
    message_defaults(&offset_commit_request_topic_struct, &topic);
    topic.name = string_of(of->topic);
    topic.partitions.items = &partition;
    topic.partitions.count = 1;
    message_defaults(&offset_commit_request_struct, &request);
    request.group_id = string_of(cluster->groups[lane % cluster->group_count].name);
    request.topics.items = &topic;
    request.topics.count = 1;
    return frame_make(API_OFFSET_COMMIT, cluster->commit_version, &request, len);
}

/* What the broker says to a commit, with an error of its own. */
static uint8_t *answer_make(const struct cluster *cluster, uint32_t lane, int16_t error,
                            size_t *len)
{
    const struct cluster_partition *of = &cluster->partitions[lane % cluster->partition_count];
    const struct api *api = api_find(API_OFFSET_COMMIT);
    int16_t version = cluster->commit_version;
    struct offset_commit_response_partition partition = {.partition_index = of->index,
                                                         .error_code = error};
    struct offset_commit_response_topic topic;
    struct offset_commit_response response;
    message_defaults(&offset_commit_response_topic_struct, &topic);
    topic.name = string_of(of->topic);
    topic.partitions.items = &partition;
    topic.partitions.count = 1;
    message_defaults(&offset_commit_response_struct, &response);
    response.topics.items = &topic;
    response.topics.count = 1;
    size_t head = CORRELATION_BYTES + (api_response_header_version(api, version) > 0 ? 1 : 0);
    *len = head + message_size(api->response, version, &response, false);
    uint8_t *answer = mem_alloc(*len);
    struct writer writer;
    memset(answer, 0, head);
    writer_init(&writer, answer + head, *len - head);
    int result = message_encode(api->response, version, &response, &writer, NULL);
    ASSERT(result == 0);
    return answer;
}

void query_init(struct query *query, const struct cluster *cluster, const struct options *options,
                uint32_t lane)
{
    *query = (struct query){0};
    if (options->mode == MODE_METADATA) {
        query_init_metadata(query, cluster);
        return;
    }
    ASSERT(options->mode == MODE_COMMIT && cluster->group_count > 0);
    query->frame = commit_make(cluster, lane, 0, &query->len);
    uint8_t *other = commit_make(cluster, lane, -1, &query->len);
    query->offset_at = first_difference(query->frame, other, query->len);
    mem_free(other);
    query->answer = answer_make(cluster, lane, 0, &query->answer_len);
    other = answer_make(cluster, lane, -1, &query->answer_len);
    query->error_at = first_difference(query->answer, other, query->answer_len);
    mem_free(other);
}

void query_fini(struct query *query)
{
    mem_free(query->frame);
    mem_free(query->answer);
}

void query_set_offset(struct query *query, int64_t offset)
{
    if (query->offset_at > 0)
        store_be64(query->frame + query->offset_at, (uint64_t)offset);
}

int query_read_answer(const struct query *query, struct bytes answer, int16_t *error)
{
    *error = 0;
    if (query->answer == NULL)
        return 0;
    if (answer.len != query->answer_len)
        return ERR_MALFORMED;
    *error = (int16_t)load_be16(answer.data + query->error_at);
    return 0;
}
