/* The client of a scene: one connection, on which answers are taken in the order of the asks. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/api.h"
#include "protocol/record.h"
#include "tests/sim/scene_internal.h"

#define PATIENCE_NS (60 * SECOND)
#define REDIAL_NS (10 * MS)
#define MEMORY_BYTES (16 * MIB)
#define ANSWER_BYTES_MAX (4 * MIB)
#define READ_PART_BYTES (1 << 20)
#define NO_SESSION_EPOCH (-1)

/* The versions that the scenes speak. */
static int16_t version_of(int16_t api_key)
{
    switch (api_key) {
    case API_PRODUCE:
        return 9;
    case API_FETCH:
        return 11;
    case API_CREATE_TOPICS:
        return 5;
    case API_DELETE_TOPICS:
    case API_DELETE_RECORDS:
        return 1;
    case API_INIT_PRODUCER_ID:
        return 2;
    case API_METADATA:
        return 1;
    case API_FIND_COORDINATOR:
        return 2;
    case API_JOIN_GROUP:
        return 5;
    case API_SYNC_GROUP:
    case API_HEARTBEAT:
    case API_LEAVE_GROUP:
    case API_DESCRIBE_GROUPS:
        return 3;
    case API_OFFSET_COMMIT:
        return 7;
    case API_OFFSET_FETCH:
        return 5;
    case API_LIST_GROUPS:
        return 2;
    case API_DELETE_GROUPS:
    case API_CONSUMER_GROUP_HEARTBEAT:
    case API_CONSUMER_GROUP_DESCRIBE:
        return 1;
    default:
        UNREACHABLE();
    }
}

void scene_client_init(struct scene *s)
{
    s->memory = region_new(MEMORY_BYTES, 4096);
    arena_init(&s->arena, s->memory, MEMORY_BYTES);
    for (unsigned i = 0; i < SCENE_CLIENTS; i++)
        s->connections[i].received = mem_alloc(ANSWER_BYTES_MAX);
    s->client = &s->connections[0];
}

void scene_use(struct scene *s, unsigned client)
{
    cr_assert_lt(client, SCENE_CLIENTS);
    s->client = &s->connections[client];
}

static void connection_close(struct scene_client *client)
{
    if (client->peer != NULL)
        sim_peer_close(client->peer);
    client->peer = NULL;
    client->ask_count = 0;
    client->received_len = 0;
}

void scene_client_leave(struct scene *s)
{
    for (unsigned i = 0; i < SCENE_CLIENTS; i++)
        connection_close(&s->connections[i]);
    s->client = &s->connections[0];
}

void scene_client_fini(struct scene *s)
{
    scene_client_leave(s);
    arena_reset(&s->arena);
    region_free(s->memory);
    for (unsigned i = 0; i < SCENE_CLIENTS; i++)
        mem_free(s->connections[i].received);
}

static bool broker_has_ended(const struct scene *s)
{
    return !s->life.running || !sim_host_up(s->host);
}

/* Takes what has come. True: a whole answer is there, or none will ever be. */
static bool answer_is_here(void *context)
{
    struct scene *s = context;
    int64_t got = s->client->peer == NULL ? ERR_CLOSED : 1;
    while (got > 0) {
        size_t room = ANSWER_BYTES_MAX - s->client->received_len;
        got = sim_peer_read(s->client->peer, s->client->received + s->client->received_len, room);
        if (got > 0)
            s->client->received_len += (size_t)got;
    }
    bool whole = s->client->received_len >= 4 &&
                 s->client->received_len - 4 >= load_be32(s->client->received);
    return whole || got != ERR_BUSY || broker_has_ended(s);
}

static bool answer_is_whole(const struct scene *s)
{
    return s->client->received_len >= 4 &&
           s->client->received_len - 4 >= load_be32(s->client->received);
}

static bool peer_is_decided(void *context)
{
    const struct scene *s = context;
    return sim_peer_state(s->client->peer) != ERR_BUSY || broker_has_ended(s);
}

static bool client_dial(struct scene *s)
{
    uint64_t end_ns = sim_now(s->sim) + PATIENCE_NS;
    while (s->client->peer == NULL && sim_now(s->sim) < end_ns && !broker_has_ended(s)) {
        s->client->peer = sim_peer_connect(s->clients, sim_host_name(s->host), LIFE_PORT);
        sim_run_until(s->sim, peer_is_decided, s, SECOND);
        if (sim_peer_state(s->client->peer) == 0)
            return true;
        connection_close(s->client);
        scene_wait(s, REDIAL_NS);
    }
    return s->client->peer != NULL;
}

/* Encodes the request and sends all of it; nothing when the connection breaks. */
static void client_ask(struct scene *s, int16_t api_key, const void *request)
{
    const struct api *api = api_find(api_key);
    int16_t version = version_of(api_key);
    struct writer w;
    size_t capacity = 64 + message_size(api->request, version, request, false);
    uint8_t *frame = mem_alloc(capacity);
    cr_assert_lt(s->client->ask_count, SCENE_ASKS_MAX);
    s->client->asks[s->client->ask_count++] = (struct scene_ask){api_key, s->next_id};
    writer_init(&w, frame, capacity);
    write_be32(&w, 0);
    write_be16(&w, (uint16_t)api_key);
    write_be16(&w, (uint16_t)version);
    write_be32(&w, (uint32_t)s->next_id++);
    write_be16(&w, UINT16_MAX);
    if (version >= api->request->flexible_since)
        write_u8(&w, 0);
    cr_assert_eq(message_encode(api->request, version, request, &w, NULL), 0);
    size_t len = writer_len(&w);
    store_be32(frame, (uint32_t)(len - 4));
    for (size_t at = 0; at < len && client_dial(s);) {
        int64_t sent = sim_peer_write(s->client->peer, frame + at, len - at);
        if (sent == ERR_BUSY)
            scene_wait(s, MS);
        else if (sent < 0)
            break;
        else
            at += (size_t)sent;
    }
    mem_free(frame);
}

/* The answer to the oldest ask; null when none came. */
static void *client_answer(struct scene *s, int16_t api_key)
{
    /* The connection is broken, and what was asked on it is forgotten. */
    if (s->client->peer == NULL)
        return NULL;
    cr_assert_gt(s->client->ask_count, 0);
    struct scene_ask ask = s->client->asks[0];
    const struct api *api = api_find(api_key);
    int16_t version = version_of(api_key);
    cr_assert_eq(ask.api_key, api_key);
    memmove(&s->client->asks[0], &s->client->asks[1],
            --s->client->ask_count * sizeof s->client->asks[0]);
    arena_reset(&s->arena);
    sim_run_until(s->sim, answer_is_here, s, PATIENCE_NS);
    if (!answer_is_whole(s)) {
        connection_close(s->client);
        return NULL;
    }
    struct reader reader;
    uint32_t size = load_be32(s->client->received);
    reader_init(&reader, s->client->received + 4, size);
    cr_assert_eq((int32_t)read_be32(&reader), ask.correlation_id);
    if (version >= api->response->flexible_since)
        message_skip_tags(&reader);
    void *answer = arena_alloc(&s->arena, api->response->size);
    uint8_t *body = arena_alloc(&s->arena, size);
    size_t len = reader_left(&reader);
    /* The answer borrows from bytes that stay where they are. */
    memcpy(body, s->client->received + 4 + size - len, len);
    reader_init(&reader, body, len);
    cr_assert_eq(message_decode(api->response, version, &reader, &s->arena, answer), 0);
    s->client->received_len -= 4 + size;
    memmove(s->client->received, s->client->received + 4 + size, s->client->received_len);
    return answer;
}

static void client_expect_no_answer(const struct scene *s)
{
    cr_assert_eq(s->client->ask_count, 0, "an answer is still to be taken");
}

static void *client_call(struct scene *s, int16_t api_key, const void *request)
{
    client_expect_no_answer(s);
    client_ask(s, api_key, request);
    return client_answer(s, api_key);
}

void scene_ask(struct scene *s, int16_t api_key, const void *request)
{
    client_ask(s, api_key, request);
}

const void *scene_take(struct scene *s, int16_t api_key)
{
    return client_answer(s, api_key);
}

const void *scene_call(struct scene *s, int16_t api_key, const void *request)
{
    return client_call(s, api_key, request);
}

bool scene_client_greet(struct scene *s)
{
    struct metadata_request request;
    message_defaults(&metadata_request_struct, &request);
    return client_dial(s) && client_call(s, API_METADATA, &request) != NULL;
}

/* Topics. */

static int try_create(struct scene *s, const char *topic, int32_t partitions,
                      struct create_topics_request_creatable_topic_config *configs, int32_t count)
{
    struct create_topics_request_creatable_topic item;
    struct create_topics_request request;
    message_defaults(&create_topics_request_creatable_topic_struct, &item);
    message_defaults(&create_topics_request_struct, &request);
    item.name = string_of(topic);
    item.num_partitions = partitions;
    item.replication_factor = 1;
    item.configs.items = configs;
    item.configs.count = count;
    request.topics.items = &item;
    request.topics.count = 1;
    const struct create_topics_response *answer = client_call(s, API_CREATE_TOPICS, &request);
    return answer == NULL ? NO_ANSWER : answer->topics.items[0].error_code;
}

int scene_try_create(struct scene *s, const char *topic, int32_t partitions)
{
    return try_create(s, topic, partitions, NULL, 0);
}

void scene_create_compacted(struct scene *s, const char *topic, const char *tombstone_ms)
{
    struct create_topics_request_creatable_topic_config configs[] = {
        {.name = string_of("cleanup.policy"), .value = string_of("compact")},
        {.name = string_of("segment.ms"), .value = string_of("1")},
        {.name = string_of("min.cleanable.dirty.ratio"), .value = string_of("0.1")},
        {.name = string_of("delete.retention.ms"), .value = string_of(tombstone_ms)},
    };
    cr_assert_eq(try_create(s, topic, 1, configs, ARRAY_LENGTH(configs)), KAFKA_NONE);
}

void scene_create(struct scene *s, const char *topic, int32_t partitions)
{
    cr_assert_eq(scene_try_create(s, topic, partitions), KAFKA_NONE);
}

int scene_delete(struct scene *s, const char *topic)
{
    struct delete_topics_request request;
    struct string name = string_of(topic);
    message_defaults(&delete_topics_request_struct, &request);
    request.topic_names.items = &name;
    request.topic_names.count = 1;
    request.timeout_ms = 30000;
    const struct delete_topics_response *answer = client_call(s, API_DELETE_TOPICS, &request);
    return answer == NULL ? NO_ANSWER : answer->responses.items[0].error_code;
}

/* Producing. */

struct scene_producer scene_producer(struct scene *s)
{
    struct init_producer_id_request request = {.transactional_id = STRING_NULL,
                                               .transaction_timeout_ms = 60000,
                                               .producer_id = -1,
                                               .producer_epoch = -1};
    const struct init_producer_id_response *answer = client_call(s, API_INIT_PRODUCER_ID, &request);
    cr_assert(answer != NULL && answer->error_code == KAFKA_NONE);
    return (struct scene_producer){answer->producer_id, answer->producer_epoch};
}

static int64_t build_batch(struct scene *s, const struct scene_batch *batch, uint8_t *data,
                           size_t capacity)
{
    struct batch_builder builder;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    uint32_t bytes = MAX(batch->bytes, 4U);
    uint8_t *value = mem_alloc(bytes);
    uint8_t key[4];
    store_be32(key, batch->key);
    memset(value, 'v', bytes);
    int64_t now_ms = s->wall_ms + (int64_t)(sim_now(s->sim) / MS);
    batch_build_begin(&builder, data, capacity);
    for (uint32_t i = 0; i < MAX(batch->records, 1U); i++) {
        store_be32(value, batch->value + i);
        batch_build_add(&builder, batch->timestamp != 0 ? batch->timestamp : now_ms,
                        batch->key != 0 ? blob_of(key, sizeof key) : (struct blob){NULL, -1},
                        batch->tombstone ? (struct blob){NULL, -1} : blob_of(value, bytes));
    }
    if (batch->as != NULL) {
        options.producer_id = batch->as->id;
        options.producer_epoch = batch->as->epoch;
        options.base_sequence = batch->sequence;
    }
    mem_free(value);
    return batch_build_end(&builder, &options);
}

void scene_send(struct scene *s, struct scene_batch batch)
{
    size_t record = MAX(batch.bytes, 4U) + (size_t)RECORD_OVERHEAD_MAX;
    size_t capacity = BATCH_HEADER_SIZE + MAX(batch.records, 1U) * record;
    uint8_t *data = mem_alloc(capacity);
    int64_t len = build_batch(s, &batch, data, capacity);
    cr_assert_gt(len, 0);
    struct produce_request_partition_produce_data part = {
        .index = batch.partition,
        .records = blob_of(data, (size_t)len),
    };
    struct produce_request_topic_produce_data topic = {.name = string_of(batch.topic)};
    topic.partition_data.items = &part;
    topic.partition_data.count = 1;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 60000};
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    client_ask(s, API_PRODUCE, &request);
    mem_free(data);
}

bool scene_has_answer(struct scene *s)
{
    return answer_is_here(s) && answer_is_whole(s);
}

struct scene_ack scene_answered(struct scene *s)
{
    const struct produce_response *answer = client_answer(s, API_PRODUCE);
    if (answer == NULL)
        return (struct scene_ack){NO_ANSWER, -1};
    const struct produce_response_partition_produce_response *part =
        &answer->responses.items[0].partition_responses.items[0];
    return (struct scene_ack){part->error_code, part->base_offset};
}

struct scene_ack scene_produce(struct scene *s, struct scene_batch batch)
{
    scene_send(s, batch);
    return scene_answered(s);
}

int scene_try_put(struct scene *s, const char *topic, int32_t partition, uint32_t value)
{
    struct scene_batch batch = {.topic = topic, .partition = partition, .value = value};
    return scene_produce(s, batch).error;
}

int64_t scene_put(struct scene *s, const char *topic, int32_t partition, uint32_t value)
{
    struct scene_batch batch = {.topic = topic, .partition = partition, .value = value};
    struct scene_ack ack = scene_produce(s, batch);
    cr_assert_eq(ack.error, KAFKA_NONE, "%u was not acknowledged: %d", value, ack.error);
    return ack.offset;
}

/* Reading. */

struct reading {
    char *text;
    size_t len;
    int64_t next;
    int64_t expected; /* the value that needs no "@" before it */
};

static void reading_add(struct reading *r, const char *format, long long number)
{
    int len = snprintf(r->text + r->len, SCENE_READ_BYTES - r->len, format, r->len == 0 ? "" : " ",
                       number);
    cr_assert(len > 0 && r->len + (size_t)len < SCENE_READ_BYTES);
    r->len += (size_t)len;
}

static void reading_take(struct reading *r, struct bytes records)
{
    struct batch_span batch;
    for (size_t at = 0; batch_next(records, at, &batch) == 0; at += batch.len) {
        struct reader reader;
        struct bytes inside = batch_records(batch.data, batch.len);
        cr_assert_eq(batch_compute_crc(batch.data, batch.len), batch_crc(batch.data));
        reader_init(&reader, inside.data, inside.len);
        for (int32_t i = 0; i < batch_record_count(batch.data); i++) {
            struct record record;
            cr_assert_eq(record_read(&reader, &record), 0);
            int64_t offset = batch_base_offset(batch.data) + record.offset_delta;
            if (offset < r->next)
                continue;
            if (offset != r->expected)
                reading_add(r, "%s@%lld", offset);
            if (record.value.len < 0)
                reading_add(r, "%s-", 0);
            else
                reading_add(r, "%s%lld", load_be32(record.value.data));
            r->next = r->expected = offset + 1;
        }
        r->next = MAX(r->next, batch_last_offset(batch.data) + 1);
    }
}

void scene_ask_fetch(struct scene *s, const char *name, int32_t partition, int64_t offset,
                     int32_t bytes_max)
{
    struct fetch_request request;
    struct fetch_request_topic topic;
    struct fetch_request_partition part;
    message_defaults(&fetch_request_struct, &request);
    message_defaults(&fetch_request_topic_struct, &topic);
    message_defaults(&fetch_request_partition_struct, &part);
    part.partition = partition;
    part.fetch_offset = offset;
    part.partition_max_bytes = bytes_max;
    topic.topic = string_of(name);
    topic.partitions.items = &part;
    topic.partitions.count = 1;
    request.max_bytes = bytes_max;
    request.session_epoch = NO_SESSION_EPOCH;
    request.topics.items = &topic;
    request.topics.count = 1;
    client_ask(s, API_FETCH, &request);
}

/* One fetch; false when there is no more. */
static bool reading_fetch(struct scene *s, struct reading *r, const char *name, int32_t partition)
{
    client_expect_no_answer(s);
    scene_ask_fetch(s, name, partition, r->next, READ_PART_BYTES);
    const struct fetch_response *answer = client_answer(s, API_FETCH);
    cr_assert(answer != NULL, "no answer to a fetch");
    const struct fetch_response_partition_data *data =
        &answer->responses.items[0].partitions.items[0];
    int64_t before = r->next;
    reading_take(r, blob_bytes(data->records));
    if (data->error_code != KAFKA_NONE)
        reading_add(r, "%serror %lld", data->error_code);
    else if (r->next == before && r->next < data->high_watermark)
        reading_add(r, "%snothing up to %lld", data->high_watermark);
    return r->next > before && r->next < data->high_watermark;
}

const char *scene_read_from(struct scene *s, const char *topic, int32_t partition, int64_t from)
{
    struct reading r = {.text = s->read, .next = from, .expected = from};
    s->read[0] = '\0';
    while (reading_fetch(s, &r, topic, partition))
        ;
    return s->read;
}

const char *scene_read(struct scene *s, const char *topic, int32_t partition)
{
    return scene_read_from(s, topic, partition, 0);
}

const char *scene_count_to(uint32_t last)
{
    static char text[SCENE_READ_BYTES];
    size_t len = 0;
    text[0] = '\0';
    for (uint32_t i = 1; i <= last; i++) {
        int more = snprintf(text + len, sizeof text - len, "%s%u", i == 1 ? "" : " ", i);
        cr_assert(more > 0 && len + (size_t)more < sizeof text);
        len += (size_t)more;
    }
    return text;
}
