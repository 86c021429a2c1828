/* Finding out about the cluster, question by question. */
#include "bench/load/cluster.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/ask.h"
#include "protocol/errors.h"

/* By name, not by id, and all with the same body for one partition. */
#define PRODUCE_VERSION_MAX 9
#define FETCH_VERSION_MAX 12
#define METADATA_VERSION_MAX 9
#define COMMIT_VERSION_MAX 9
#define FIND_COORDINATOR_VERSION_MAX 3 /* one at a time, of any broker's age */
#define LIST_OFFSETS_VERSION_MAX 5
#define CREATE_TOPICS_VERSION_MAX 4
#define DELETE_TOPICS_VERSION_MAX 3
#define QUESTION_NS (15 * NS_PER_S)
#define LEADER_PATIENCE_NS (60 * NS_PER_S)
#define LEADER_PAUSE_NS (100 * NS_PER_MS)
#define PARTITIONS_MAX 1000000
#define TIMESTAMP_LATEST (-1)
#define TIMESTAMP_EARLIEST (-2)

struct discovery {
    struct cluster *cluster;
    const struct options *options;
    struct io *io;
    struct ask ask;
    struct sentence *why;
};

/* Splits off the next "HOST:PORT"; false at the end or where it is none. */
static bool server_next(const char **list, char *host, size_t host_size, uint16_t *port)
{
    const char *end = *list + strcspn(*list, ",");
    const char *colon = memrchr(*list, ':', (size_t)(end - *list));
    if (colon == NULL || colon == *list || (size_t)(colon - *list) >= host_size)
        return false;
    const char *begin = *list;
    size_t len = (size_t)(colon - begin);
    if (begin[0] == '[' && colon[-1] == ']') {
        begin++;
        len -= 2;
    }
    memcpy(host, begin, len);
    host[len] = '\0';
    char *rest;
    unsigned long number = strtoul(colon + 1, &rest, 10);
    if (rest != end || number == 0 || number > UINT16_MAX)
        return false;
    *port = (uint16_t)number;
    *list = *end == ',' ? end + 1 : end;
    return true;
}

static int discovery_open(struct discovery *d)
{
    const char *list = d->options->bootstrap_servers;
    int result = ERR_INVALID;
    sentence_set(d->why, "--bootstrap-servers is empty");
    while (*list != '\0') {
        char host[256];
        uint16_t port;
        if (!server_next(&list, host, sizeof host, &port)) {
            sentence_set(d->why, "--bootstrap-servers takes HOST:PORT,..., not '%s'",
                         d->options->bootstrap_servers);
            return ERR_INVALID;
        }
        result = ask_open(&d->ask, d->io, host, port, d->why);
        if (result == 0)
            return 0;
        ask_close(&d->ask);
    }
    return result;
}

/* One question; the sentence names it when it fails. */
static int discovery_ask(struct discovery *d, int16_t key, int16_t version_max, const void *request,
                         void **answer)
{
    int version = ask_version(&d->ask, key, version_max);
    const char *name = api_find(key)->name;
    if (version < 0) {
        sentence_set(d->why, "the broker does not serve %s in a version that we speak", name);
        return version;
    }
    struct ask_question question = {key, (int16_t)version, request, QUESTION_NS};
    int result = ask_call(&d->ask, &question, answer);
    if (result != 0)
        sentence_set(d->why, "the broker's answer to %s failed: %s", name, result_sentence(result));
    return result;
}

static int discovery_create_topics(struct discovery *d)
{
    struct cluster *cluster = d->cluster;
    struct create_topics_request request = {.timeout_ms = 15000};
    request.topics.count = (int32_t)cluster->topic_count;
    request.topics.items = mem_alloc_array(cluster->topic_count, sizeof *request.topics.items);
    for (uint32_t i = 0; i < cluster->topic_count; i++) {
        struct create_topics_request_creatable_topic *topic = &request.topics.items[i];
        topic->name = string_of(cluster->topics[i]);
        topic->num_partitions = (int32_t)d->options->partitions;
        topic->replication_factor = (int16_t)d->options->replication_factor;
    }
    void *answer = NULL;
    int result = discovery_ask(d, API_CREATE_TOPICS, CREATE_TOPICS_VERSION_MAX, &request, &answer);
    mem_free(request.topics.items);
    if (result != 0)
        return result;
    const struct create_topics_response *response = answer;
    for (int32_t i = 0; i < response->topics.count; i++) {
        int16_t error = response->topics.items[i].error_code;
        if (error == KAFKA_NONE || error == KAFKA_TOPIC_ALREADY_EXISTS)
            continue;
        sentence_set(d->why, "cannot create topic '%.*s': %s", response->topics.items[i].name.len,
                     response->topics.items[i].name.data, kafka_error_message(error));
        return ERR_DENIED;
    }
    return 0;
}

static int discovery_metadata(struct discovery *d, const struct metadata_response **response)
{
    struct cluster *cluster = d->cluster;
    struct metadata_request request = {.allow_auto_topic_creation =
                                           d->options->mode != MODE_CONSUME};
    request.topics.count = (int32_t)cluster->topic_count;
    request.topics.items = mem_alloc_array(cluster->topic_count, sizeof *request.topics.items);
    for (uint32_t i = 0; i < cluster->topic_count; i++)
        request.topics.items[i].name = string_of(cluster->topics[i]);
    void *answer = NULL;
    int result = discovery_ask(d, API_METADATA, METADATA_VERSION_MAX, &request, &answer);
    mem_free(request.topics.items);
    *response = answer;
    return result;
}

/* 0 when every partition has a leader, ERR_BUSY when that may come, or why it cannot. */
static int metadata_judge(struct discovery *d, const struct metadata_response *response)
{
    for (int32_t i = 0; i < response->topics.count; i++) {
        const struct metadata_response_topic *topic = &response->topics.items[i];
        if (topic->error_code == KAFKA_UNKNOWN_TOPIC_OR_PARTITION &&
            (d->options->mode == MODE_CONSUME && !d->options->create_topic)) {
            sentence_set(d->why, "there is no topic '%.*s'", topic->name.len, topic->name.data);
            return ERR_NOT_FOUND;
        }
        bool retriable = kafka_error_retriable(topic->error_code);
        if (topic->error_code == KAFKA_UNKNOWN_TOPIC_OR_PARTITION)
            sentence_set(d->why, "there is no topic '%.*s'; --create-topic creates it",
                         topic->name.len, topic->name.data);
        else if (topic->error_code != KAFKA_NONE)
            sentence_set(d->why, "topic '%.*s' cannot be used: %s", topic->name.len,
                         topic->name.data, kafka_error_message(topic->error_code));
        if (topic->error_code != KAFKA_NONE)
            return retriable ? ERR_BUSY : ERR_DENIED;
        for (int32_t p = 0; p < topic->partitions.count; p++) {
            if (topic->partitions.items[p].leader_id >= 0)
                continue;
            sentence_set(d->why, "partition %d of '%.*s' has no leader",
                         topic->partitions.items[p].partition_index, topic->name.len,
                         topic->name.data);
            return ERR_BUSY;
        }
    }
    return 0;
}

static uint32_t cluster_find_broker(const struct cluster *cluster, int32_t id)
{
    for (uint32_t i = 0; i < cluster->broker_count; i++) {
        if (cluster->brokers[i].id == id)
            return i;
    }
    return cluster->broker_count;
}

static const char *cluster_find_topic(const struct cluster *cluster, struct string name)
{
    for (uint32_t i = 0; i < cluster->topic_count; i++) {
        if (bytes_equal(string_bytes(name), bytes_of_string(cluster->topics[i])))
            return cluster->topics[i];
    }
    return NULL;
}

static int cluster_take(struct discovery *d, const struct metadata_response *response)
{
    struct cluster *cluster = d->cluster;
    uint32_t capacity = 0;
    cluster->broker_count = (uint32_t)response->brokers.count;
    cluster->brokers = mem_alloc_array(cluster->broker_count, sizeof *cluster->brokers);
    for (uint32_t i = 0; i < cluster->broker_count; i++) {
        const struct metadata_response_broker *broker = &response->brokers.items[i];
        cluster->brokers[i] = (struct cluster_broker){
            broker->node_id, mem_copy_bytes(string_bytes(broker->host)), (uint16_t)broker->port};
    }
    for (int32_t i = 0; i < response->topics.count; i++) {
        const struct metadata_response_topic *topic = &response->topics.items[i];
        const char *name = cluster_find_topic(cluster, topic->name);
        for (int32_t p = 0; name != NULL && p < topic->partitions.count; p++) {
            uint32_t leader = cluster_find_broker(cluster, topic->partitions.items[p].leader_id);
            if (leader == cluster->broker_count || cluster->partition_count == PARTITIONS_MAX) {
                sentence_set(d->why, "the broker's Metadata names a leader that it does not list");
                return ERR_MALFORMED;
            }
            cluster->partitions = mem_grow(cluster->partitions, cluster->partition_count, &capacity,
                                           sizeof *cluster->partitions);
            cluster->partitions[cluster->partition_count++] = (struct cluster_partition){
                name, topic->partitions.items[p].partition_index, leader, 0, 0};
        }
    }
    if (cluster->partition_count > 0)
        return 0;
    sentence_set(d->why, "the topic has no partitions");
    return ERR_NOT_FOUND;
}

static int discovery_partitions(struct discovery *d)
{
    uint64_t end_ns = io_now_precise(d->io) + LEADER_PATIENCE_NS;
    for (;;) {
        const struct metadata_response *response = NULL;
        int result = discovery_metadata(d, &response);
        if (result != 0)
            return result;
        result = metadata_judge(d, response);
        if (result == 0)
            return cluster_take(d, response);
        if (result != ERR_BUSY || io_now_precise(d->io) >= end_ns)
            return result;
        io_pause(LEADER_PAUSE_NS);
    }
}

/* The offset of one partition at a timestamp, asked of the broker that `ask` talks to. */
static int discovery_offset(struct discovery *d, struct ask *ask,
                            const struct cluster_partition *partition, int64_t timestamp,
                            int64_t *offset)
{
    struct list_offsets_request_partition asked = {
        .partition_index = partition->index, .current_leader_epoch = -1, .timestamp = timestamp};
    struct list_offsets_request_topic topic = {.name = string_of(partition->topic)};
    topic.partitions.items = &asked;
    topic.partitions.count = 1;
    struct list_offsets_request request = {.replica_id = -1};
    request.topics.items = &topic;
    request.topics.count = 1;
    int version = ask_version(ask, API_LIST_OFFSETS, LIST_OFFSETS_VERSION_MAX);
    void *answer = NULL;
    int result = version;
    if (version >= 0) {
        struct ask_question question = {API_LIST_OFFSETS, (int16_t)version, &request, QUESTION_NS};
        result = ask_call(ask, &question, &answer);
    }
    const struct list_offsets_response *response = answer;
    if (result == 0 &&
        (response->topics.count != 1 || response->topics.items[0].partitions.count != 1))
        result = ERR_MALFORMED;
    if (result != 0) {
        sentence_set(d->why, "cannot ask for the offsets of '%s': %s", partition->topic,
                     result_sentence(result));
        return result;
    }
    const struct list_offsets_response_partition_response *found =
        &response->topics.items[0].partitions.items[0];
    *offset = found->offset;
    if (found->error_code == KAFKA_NONE)
        return 0;
    sentence_set(d->why, "cannot ask for the offsets of '%s': %s", partition->topic,
                 kafka_error_message(found->error_code));
    return kafka_error_retriable(found->error_code) ? ERR_BUSY : ERR_DENIED;
}

/* A leader that was just elected may not know it yet: then it is asked again for a while. */
static int discovery_offset_patiently(struct discovery *d, struct ask *ask,
                                      const struct cluster_partition *partition, int64_t timestamp,
                                      int64_t *offset)
{
    uint64_t end_ns = io_now_precise(d->io) + LEADER_PATIENCE_NS;
    for (;;) {
        int result = discovery_offset(d, ask, partition, timestamp, offset);
        if (result != ERR_BUSY || io_now_precise(d->io) >= end_ns)
            return result;
        io_pause(LEADER_PAUSE_NS);
    }
}

static bool broker_leads(const struct cluster *cluster, uint32_t broker)
{
    for (uint32_t i = 0; i < cluster->partition_count; i++) {
        if (cluster->partitions[i].broker == broker)
            return true;
    }
    return false;
}

/* Whether the leaders are asked for offsets: a load that only produces does without, but begins
 * when they are ready, where the broker can be asked at all. */
static bool discovery_wants_offsets(const struct discovery *d)
{
    const struct options *o = d->options;
    return o->mode == MODE_CONSUME || o->mode == MODE_ROUND_TRIP || o->validate ||
           (o->mode == MODE_PRODUCE && d->ask.version_max[API_LIST_OFFSETS] >= 0);
}

/* Where each consumer begins and, as things stand, where the log ends: asked of the leaders. */
static int discovery_offsets(struct discovery *d)
{
    struct cluster *cluster = d->cluster;
    for (uint32_t b = 0; b < cluster->broker_count; b++) {
        struct ask ask;
        if (!broker_leads(cluster, b))
            continue;
        int result =
            ask_open(&ask, d->io, cluster->brokers[b].host, cluster->brokers[b].port, d->why);
        for (uint32_t i = 0; result == 0 && i < cluster->partition_count; i++) {
            struct cluster_partition *p = &cluster->partitions[i];
            if (p->broker != b)
                continue;
            result = discovery_offset_patiently(d, &ask, p, TIMESTAMP_LATEST, &p->end_offset);
            p->start_offset = p->end_offset;
            if (result == 0 && d->options->mode == MODE_CONSUME)
                result =
                    discovery_offset_patiently(d, &ask, p, TIMESTAMP_EARLIEST, &p->start_offset);
        }
        ask_close(&ask);
        if (result != 0)
            return result;
    }
    return 0;
}

/* Who coordinates the group: ERR_BUSY while nobody does. */
static int discovery_coordinator(struct discovery *d, struct cluster_group *group)
{
    struct find_coordinator_request request;
    void *answer = NULL;
    message_defaults(&find_coordinator_request_struct, &request);
    request.key = string_of(group->name);
    int result =
        discovery_ask(d, API_FIND_COORDINATOR, FIND_COORDINATOR_VERSION_MAX, &request, &answer);
    if (result != 0)
        return result;
    const struct find_coordinator_response *found = answer;
    group->broker = cluster_find_broker(d->cluster, found->node_id);
    if (found->error_code == KAFKA_NONE && group->broker < d->cluster->broker_count)
        return 0;
    sentence_set(d->why, "group '%s' has no coordinator: %s", group->name,
                 kafka_error_message(found->error_code));
    return kafka_error_retriable(found->error_code) ? ERR_BUSY : ERR_DENIED;
}

/* The first question makes the topic of the offsets, which takes its time. */
static int discovery_coordinators(struct discovery *d)
{
    uint64_t end_ns = io_now_precise(d->io) + LEADER_PATIENCE_NS;
    for (uint32_t i = 0; i < d->cluster->group_count; i++) {
        int result = discovery_coordinator(d, &d->cluster->groups[i]);
        while (result == ERR_BUSY && io_now_precise(d->io) < end_ns) {
            io_pause(LEADER_PAUSE_NS);
            result = discovery_coordinator(d, &d->cluster->groups[i]);
        }
        if (result != 0)
            return result;
    }
    return 0;
}

static int discovery_versions(struct discovery *d)
{
    static const struct {
        int16_t key;
        int16_t most;
    } wanted[] = {{API_PRODUCE, PRODUCE_VERSION_MAX},
                  {API_FETCH, FETCH_VERSION_MAX},
                  {API_METADATA, METADATA_VERSION_MAX}};
    int versions[ARRAY_LENGTH(wanted)];
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++) {
        versions[i] = ask_version(&d->ask, wanted[i].key, wanted[i].most);
        bool needed = wanted[i].key != API_FETCH || d->options->mode == MODE_CONSUME ||
                      d->options->mode == MODE_ROUND_TRIP || d->options->validate;
        if (versions[i] >= 0 || !needed)
            continue;
        sentence_set(d->why, "the broker does not serve %s in a version that we speak",
                     api_find(wanted[i].key)->name);
        return versions[i];
    }
    d->cluster->produce_version = (int16_t)versions[0];
    d->cluster->fetch_version = (int16_t)versions[1];
    d->cluster->metadata_version = (int16_t)versions[2];
    if (d->options->mode != MODE_COMMIT)
        return 0;
    int commit = ask_version(&d->ask, API_OFFSET_COMMIT, COMMIT_VERSION_MAX);
    if (commit < 0) {
        sentence_set(d->why, "the broker does not serve OffsetCommit in a version that we speak");
        return commit;
    }
    d->cluster->commit_version = (int16_t)commit;
    return 0;
}

static void cluster_name_topics(struct cluster *cluster, const struct options *options)
{
    cluster->topic_count = (uint32_t)options->topics;
    cluster->topics = mem_alloc_array(cluster->topic_count, sizeof *cluster->topics);
    for (uint32_t i = 0; i < cluster->topic_count; i++) {
        size_t size = strlen(options->topic) + 16;
        cluster->topics[i] = mem_alloc(size);
        if (options->topics == 1)
            snprintf(cluster->topics[i], size, "%s", options->topic);
        else
            snprintf(cluster->topics[i], size, "%s-%u", options->topic, i);
    }
}

/* With a name all connections share a group; else each has one. */
static void cluster_name_groups(struct cluster *cluster, const struct options *o)
{
    bool common = *o->consumer_group != '\0';
    if (o->mode != MODE_COMMIT)
        return;
    cluster->group_count =
        common ? 1 : (uint32_t)(o->connections > 0 ? o->connections : o->concurrency);
    cluster->groups = mem_alloc_array(cluster->group_count, sizeof *cluster->groups);
    for (uint32_t i = 0; i < cluster->group_count; i++) {
        size_t size = strlen(o->consumer_group) + strlen(o->topic) + 16;
        cluster->groups[i].name = mem_alloc(size);
        if (common)
            snprintf(cluster->groups[i].name, size, "%s", o->consumer_group);
        else
            snprintf(cluster->groups[i].name, size, "%s-%u", o->topic, i);
    }
}

int cluster_discover(struct cluster *cluster, struct io *io, const struct options *options,
                     struct sentence *why)
{
    struct discovery *d = mem_alloc(sizeof *d);
    *cluster = (struct cluster){0};
    *d = (struct discovery){.cluster = cluster, .options = options, .io = io, .why = why};
    cluster_name_topics(cluster, options);
    cluster_name_groups(cluster, options);
    int result = discovery_open(d);
    if (result != 0) {
        mem_free(d);
        return result;
    }
    result = discovery_versions(d);
    if (result == 0 && options->create_topic)
        result = discovery_create_topics(d);
    if (result == 0)
        result = discovery_partitions(d);
    if (result == 0)
        result = discovery_coordinators(d);
    if (result == 0 && discovery_wants_offsets(d))
        result = discovery_offsets(d);
    ask_close(&d->ask);
    mem_free(d);
    return result;
}

int cluster_delete_topics(const struct cluster *cluster, struct io *io,
                          const struct options *options, struct sentence *why)
{
    struct discovery *d = mem_alloc(sizeof *d);
    *d = (struct discovery){.options = options, .io = io, .why = why};
    int result = discovery_open(d);
    if (result == 0) {
        struct delete_topics_request request = {.timeout_ms = 15000};
        request.topic_names.count = (int32_t)cluster->topic_count;
        request.topic_names.items =
            mem_alloc_array(cluster->topic_count, sizeof *request.topic_names.items);
        for (uint32_t i = 0; i < cluster->topic_count; i++)
            request.topic_names.items[i] = string_of(cluster->topics[i]);
        void *answer = NULL;
        result = discovery_ask(d, API_DELETE_TOPICS, DELETE_TOPICS_VERSION_MAX, &request, &answer);
        mem_free(request.topic_names.items);
        const struct delete_topics_response *response = answer;
        for (int32_t i = 0; result == 0 && i < response->responses.count; i++) {
            int16_t error = response->responses.items[i].error_code;
            if (error == KAFKA_NONE)
                continue;
            sentence_set(why, "cannot delete the topic: %s", kafka_error_message(error));
            result = ERR_DENIED;
        }
        ask_close(&d->ask);
    }
    mem_free(d);
    return result;
}

void cluster_fini(struct cluster *cluster)
{
    for (uint32_t i = 0; i < cluster->broker_count; i++)
        mem_free(cluster->brokers[i].host);
    for (uint32_t i = 0; i < cluster->topic_count; i++)
        mem_free(cluster->topics[i]);
    for (uint32_t i = 0; i < cluster->group_count; i++)
        mem_free(cluster->groups[i].name);
    mem_free(cluster->groups);
    mem_free(cluster->brokers);
    mem_free(cluster->topics);
    mem_free(cluster->partitions);
}
