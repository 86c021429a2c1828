/* The lists are made anew from the places of all partitions whenever one has moved: that is rare,
 * and what the load needs is only a broker's list. */
#include "bench/load/leaders.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/frame.h"
#include "protocol/errors.h"

#define ANSWER_MEMORY_BYTES (64 * MIB)
#define ASK_PAUSE_NS (100 * NS_PER_MS)

static uint32_t leaders_add_broker(struct leaders *leaders, int32_t id)
{
    uint32_t at = leaders->broker_count;
    leaders->brokers =
        mem_grow(leaders->brokers, at, &leaders->broker_capacity, sizeof *leaders->brokers);
    leaders->lists = mem_grow(leaders->lists, at, &leaders->list_capacity, sizeof *leaders->lists);
    leaders->brokers[at] = (struct cluster_broker){.id = id};
    leaders->lists[at] =
        (struct leader){mem_alloc_array(leaders->cluster->partition_count, sizeof(uint32_t)), 0};
    leaders->broker_count++;
    return at;
}

/* The place of a broker by its id; it gets one when it is new. Whether its address is another one
 * than before goes to `*moved`. */
static uint32_t leaders_place(struct leaders *leaders, int32_t id, struct bytes host, uint16_t port,
                              bool *moved)
{
    uint32_t at = 0;
    while (at < leaders->broker_count && leaders->brokers[at].id != id)
        at++;
    if (at == leaders->broker_count)
        at = leaders_add_broker(leaders, id);
    struct cluster_broker *broker = &leaders->brokers[at];
    if (broker->host != NULL && broker->port == port &&
        bytes_equal(bytes_of_string(broker->host), host))
        return at;
    mem_free(broker->host);
    broker->host = mem_copy_bytes(host);
    broker->port = port;
    *moved = true;
    return at;
}

static void leaders_make_lists(struct leaders *leaders)
{
    for (uint32_t b = 0; b < leaders->broker_count; b++)
        leaders->lists[b].count = 0;
    for (uint32_t i = 0; i < leaders->cluster->partition_count; i++) {
        struct leader *list = &leaders->lists[leaders->of_partition[i]];
        list->partitions[list->count++] = i;
    }
}

static void leaders_answered(struct wire_call *call, int result, struct bytes answer)
{
    struct leaders *leaders = CONTAINER_OF(call, struct leaders, call);
    if (result == 0)
        result = leaders_take(leaders, answer);
    /* What could not be learned is asked again. */
    if (result != 0)
        leaders->wanted = true;
}

static void leaders_make_request(struct leaders *leaders)
{
    const struct cluster *cluster = leaders->cluster;
    const struct api *api = api_find(API_METADATA);
    struct metadata_request request = {0};
    request.topics.count = (int32_t)cluster->topic_count;
    request.topics.items = mem_alloc_array(cluster->topic_count, sizeof *request.topics.items);
    for (uint32_t i = 0; i < cluster->topic_count; i++)
        request.topics.items[i].name = string_of(cluster->topics[i]);
    size_t size = frame_size(api, cluster->metadata_version, &request);
    leaders->request = mem_alloc(size);
    int64_t len = frame_encode(leaders->request, size, api, cluster->metadata_version, &request);
    ASSERT(len > 0);
    leaders->call.part = (struct iovec){leaders->request, (size_t)len};
    leaders->call.done = leaders_answered;
    mem_free(request.topics.items);
}

void leaders_init(struct leaders *leaders, const struct cluster *cluster,
                  void (*changed)(struct leaders *leaders, uint32_t moved))
{
    bool moved = false;
    *leaders = (struct leaders){.cluster = cluster, .changed = changed};
    for (uint32_t b = 0; b < cluster->broker_count; b++) {
        const struct cluster_broker *broker = &cluster->brokers[b];
        uint32_t place =
            leaders_place(leaders, broker->id, bytes_of_string(broker->host), broker->port, &moved);
        ASSERT(place == b);
    }
    leaders->of_partition =
        mem_alloc_array(cluster->partition_count, sizeof *leaders->of_partition);
    for (uint32_t i = 0; i < cluster->partition_count; i++)
        leaders->of_partition[i] = cluster->partitions[i].broker;
    leaders_make_lists(leaders);
    leaders->memory = region_new(ANSWER_MEMORY_BYTES, 4 * KIB);
    arena_init(&leaders->arena, leaders->memory, ANSWER_MEMORY_BYTES);
    leaders_make_request(leaders);
}

void leaders_fini(struct leaders *leaders)
{
    ASSERT(!leaders->call.on_its_way);
    for (uint32_t b = 0; b < leaders->broker_count; b++) {
        mem_free(leaders->brokers[b].host);
        mem_free(leaders->lists[b].partitions);
    }
    mem_free(leaders->brokers);
    mem_free(leaders->lists);
    mem_free(leaders->of_partition);
    mem_free(leaders->request);
    arena_reset(&leaders->arena);
    region_free(leaders->memory);
}

uint32_t leaders_broker_of(const struct leaders *leaders, uint32_t id)
{
    uint32_t leading = 0;
    for (uint32_t b = 0; b < leaders->broker_count; b++)
        leading += leaders->lists[b].count > 0;
    ASSERT(leading > 0);
    uint32_t wanted = id % leading;
    for (uint32_t b = 0;; b++) {
        ASSERT(b < leaders->broker_count);
        if (leaders->lists[b].count > 0 && wanted-- == 0)
            return b;
    }
}

void leaders_ask(struct leaders *leaders, struct wire *wire, uint64_t now_ns)
{
    ASSERT(wire->state == WIRE_OPEN);
    if (!leaders->wanted || leaders->call.on_its_way || now_ns < leaders->due_ns)
        return;
    leaders->wanted = false;
    leaders->due_ns = now_ns + ASK_PAUSE_NS;
    leaders->call.sent_ns = now_ns;
    wire_call(wire, &leaders->call);
}

/* The first partition of a topic among the cluster's, or their count. */
static uint32_t topic_begin(const struct cluster *cluster, struct string name)
{
    uint32_t at = 0;
    while (at < cluster->partition_count &&
           !bytes_equal(string_bytes(name), bytes_of_string(cluster->partitions[at].topic)))
        at++;
    return at;
}

/* Those of a topic lie side by side; how many have another leader than before. */
static uint32_t leaders_take_topic(struct leaders *leaders,
                                   const struct metadata_response_topic *topic)
{
    const struct cluster *cluster = leaders->cluster;
    uint32_t begin = topic_begin(cluster, topic->name);
    uint32_t moved = 0;
    for (int32_t i = 0; begin < cluster->partition_count && i < topic->partitions.count; i++) {
        const struct metadata_response_partition *told = &topic->partitions.items[i];
        const char *name = cluster->partitions[begin].topic;
        uint32_t at = begin;
        while (at < cluster->partition_count && cluster->partitions[at].topic == name &&
               cluster->partitions[at].index != told->partition_index)
            at++;
        uint32_t broker = 0;
        while (broker < leaders->broker_count && leaders->brokers[broker].id != told->leader_id)
            broker++;
        if (at == cluster->partition_count || cluster->partitions[at].topic != name ||
            broker == leaders->broker_count)
            continue;
        moved += leaders->of_partition[at] != broker;
        leaders->of_partition[at] = broker;
    }
    return moved;
}

int leaders_take(struct leaders *leaders, struct bytes answer)
{
    int16_t version = leaders->cluster->metadata_version;
    struct metadata_response response;
    struct reader r;
    bool addresses = false;
    reader_init(&r, answer.data, answer.len);
    read_skip(&r, 4);
    if (api_response_header_version(api_find(API_METADATA), version) > 0)
        message_skip_tags(&r);
    int result = message_decode(&metadata_response_type, version, &r, &leaders->arena, &response);
    uint32_t moved = 0;
    for (int32_t i = 0; result == 0 && i < response.brokers.count; i++) {
        const struct metadata_response_broker *broker = &response.brokers.items[i];
        leaders_place(leaders, broker->node_id, string_bytes(broker->host), (uint16_t)broker->port,
                      &addresses);
    }
    for (int32_t i = 0; result == 0 && i < response.topics.count; i++)
        moved += leaders_take_topic(leaders, &response.topics.items[i]);
    arena_reset(&leaders->arena);
    if (moved > 0)
        leaders_make_lists(leaders);
    if (moved > 0 || addresses)
        leaders->changed(leaders, moved);
    return result;
}

bool leaders_explain(int16_t error)
{
    switch (error) {
    case KAFKA_UNKNOWN_TOPIC_OR_PARTITION:
    case KAFKA_LEADER_NOT_AVAILABLE:
    case KAFKA_NOT_LEADER_OR_FOLLOWER:
    case KAFKA_REPLICA_NOT_AVAILABLE:
    case KAFKA_KAFKA_STORAGE_ERROR:
    case KAFKA_FENCED_LEADER_EPOCH:
    case KAFKA_UNKNOWN_LEADER_EPOCH:
        return true;
    default:
        return false;
    }
}
