/* A broker and its peers; see the header. */
#include "tests/sim/talk.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"
#include "protocol/schema/fetch.h"
#include "tools/sim/idle.h"
#include "tools/sim/life.h"

#define PATIENCE_NS (60 * NS_PER_S)
#define MEMORY_BYTES (64 * MIB)
#define BATCH_BYTES_MAX (2 * MIB)
#define ASKS_MAX 16384

struct talk {
    struct sim *sim;
    struct sim_host *host;
    struct sim_host *clients;
    struct sim_life life;
    struct region *memory;
    struct arena arena; /* of the last answer */
    uint8_t *batch;
    unsigned peers; /* that were not closed */
};

struct ask {
    const struct api *api;
    int16_t version;
    int32_t correlation_id;
};

struct talk_peer {
    struct talk *talk;
    struct sim_peer *peer;
    struct ask asks[ASKS_MAX]; /* a ring */
    uint32_t ask_first;
    uint32_t ask_count;
    int32_t next_id;
    uint8_t *received;
    size_t received_len;
    size_t received_capacity;
    bool deaf;
    bool ended;
};

static void talk_greet(struct talk *t)
{
    struct api_versions_request request;
    bool greeted = false;
    message_defaults(&api_versions_request_struct, &request);
    for (int i = 0; i < 1000 && !greeted; i++) {
        struct talk_peer *p = talk_try_connect(t);
        if (p == NULL)
            talk_wait(t, 10 * NS_PER_MS);
        greeted = p != NULL && talk_call(p, API_API_VERSIONS, 0, &request) != NULL;
        if (p != NULL)
            talk_close(p);
    }
    cr_assert(greeted, "the broker does not start");
}

struct talk *talk_new(const struct talk_options *options)
{
    struct sim_options world;
    struct talk *t = mem_alloc(sizeof *t);
    crc32c_init();
    sim_options_init(&world, options->seed == 0 ? 1 : options->seed);
    t->sim = sim_new(&world);
    t->host = sim_host_new(t->sim, "broker");
    t->clients = sim_host_new(t->sim, "clients");
    struct life_options life = {
        .cores = options->cores == 0 ? 1 : options->cores,
        .wal_profile = "auto",
        .flush_profile = "balanced",
        .settings = options->settings,
        .tell = options->tell,
    };
    sim_life_init(&t->life, t->sim, t->host, &life);
    t->memory = region_new(MEMORY_BYTES, 4096);
    arena_init(&t->arena, t->memory, MEMORY_BYTES);
    t->batch = mem_alloc(BATCH_BYTES_MAX);
    sim_memory_refuse(t->host, options->refuse);
    sim_life_start(&t->life);
    talk_greet(t);
    return t;
}

/* Nothing of what was asked is kept; peers that are still there may hold something. */
static void talk_check_idle(struct talk *t)
{
    char sentence[256];
    talk_wait(t, IDLE_NS);
    const char *kept = idle_keeps(t->host, sentence, sizeof sentence);
    cr_assert_null(kept, "%s", kept);
}

void talk_free(struct talk *t)
{
    if (t->peers == 0)
        talk_check_idle(t);
    cr_assert(sim_life_stop(&t->life, PATIENCE_NS), "the broker does not stop");
    cr_assert_eq(t->life.code, 0, "the stop was not clean");
    arena_reset(&t->arena);
    region_free(t->memory);
    mem_free(t->batch);
    sim_free(t->sim);
    mem_free(t);
}

struct talk *talk_of(const struct talk_peer *p)
{
    return p->talk;
}

struct sim *talk_world(struct talk *t)
{
    return t->sim;
}

struct sim_host *talk_host(struct talk *t)
{
    return t->host;
}

void talk_wait(struct talk *t, uint64_t ns)
{
    sim_run(t->sim, ns);
}

/* Connections. */

static bool is_decided(void *context)
{
    return sim_peer_state(context) != ERR_BUSY;
}

struct talk_peer *talk_try_connect(struct talk *t)
{
    struct sim_peer *peer = sim_peer_connect(t->clients, "broker", LIFE_PORT);
    sim_run_until(t->sim, is_decided, peer, NS_PER_S);
    if (sim_peer_state(peer) != 0) {
        sim_peer_close(peer);
        return NULL;
    }
    struct talk_peer *p = mem_alloc(sizeof *p);
    p->talk = t;
    p->peer = peer;
    t->peers++;
    return p;
}

struct talk_peer *talk_connect(struct talk *t)
{
    struct talk_peer *p = talk_try_connect(t);
    cr_assert_not_null(p, "no connection");
    return p;
}

void talk_close(struct talk_peer *p)
{
    sim_peer_close(p->peer);
    p->talk->peers--;
    mem_free(p->received);
    mem_free(p);
}

void talk_reset(struct talk_peer *p)
{
    sim_peer_reset(p->peer);
    talk_close(p);
}

void talk_end(struct talk_peer *p)
{
    sim_peer_end(p->peer);
}

/* Asking. */

uint8_t *talk_frame(struct talk_peer *p, int16_t api_key, int16_t version, const void *request,
                    size_t *len)
{
    const struct api *api = api_find(api_key);
    struct writer w;
    size_t capacity = 64 + message_size(api->request, version, request, false);
    uint8_t *frame = mem_alloc(capacity);
    cr_assert_lt(p->ask_count, ASKS_MAX);
    p->asks[(p->ask_first + p->ask_count++) % ASKS_MAX] = (struct ask){api, version, p->next_id};
    writer_init(&w, frame, capacity);
    write_be32(&w, 0);
    write_be16(&w, (uint16_t)api_key);
    write_be16(&w, (uint16_t)version);
    write_be32(&w, (uint32_t)p->next_id++);
    write_be16(&w, UINT16_MAX);
    if (version >= api->request->flexible_since)
        write_u8(&w, 0);
    cr_assert_eq(message_encode(api->request, version, request, &w, NULL), 0);
    *len = writer_len(&w);
    store_be32(frame, (uint32_t)(*len - 4));
    return frame;
}

static void peer_take(struct talk_peer *p)
{
    int64_t got = 1;
    while (got > 0 && !p->ended) {
        if (p->received_capacity - p->received_len < 65536) {
            size_t capacity = MAX(p->received_capacity * 2, 131072U);
            p->received = mem_realloc(p->received, p->received_capacity, capacity);
            p->received_capacity = capacity;
        }
        got = sim_peer_read(p->peer, p->received + p->received_len, 65536);
        if (got > 0)
            p->received_len += (size_t)got;
        else if (got != ERR_BUSY)
            p->ended = true;
    }
}

struct sending {
    struct talk_peer *p;
    const uint8_t *data;
    size_t len;
    size_t at;
};

static bool is_sent(void *context)
{
    struct sending *s = context;
    int64_t sent = 1;
    /* The broker reads no more of who does not take his answers. */
    if (!s->p->deaf)
        peer_take(s->p);
    while (s->at < s->len && sent > 0) {
        sent = sim_peer_write(s->p->peer, s->data + s->at, s->len - s->at);
        if (sent > 0)
            s->at += (size_t)sent;
    }
    return s->at == s->len || (sent < 0 && sent != ERR_BUSY);
}

size_t talk_send(struct talk_peer *p, const void *data, size_t len, uint64_t patience_ns)
{
    struct sending s = {p, data, len, 0};
    if (!is_sent(&s))
        sim_run_until(p->talk->sim, is_sent, &s, patience_ns);
    return s.at;
}

void talk_ask(struct talk_peer *p, int16_t api_key, int16_t version, const void *request)
{
    size_t len;
    uint8_t *frame = talk_frame(p, api_key, version, request, &len);
    talk_send(p, frame, len, PATIENCE_NS);
    mem_free(frame);
}

/* Answers. */

static bool is_whole(const struct talk_peer *p)
{
    return p->received_len >= 4 && p->received_len - 4 >= load_be32(p->received);
}

static bool is_here(void *context)
{
    struct talk_peer *p = context;
    if (!p->deaf)
        peer_take(p);
    return is_whole(p) || p->ended;
}

static bool has_ended(void *context)
{
    struct talk_peer *p = context;
    peer_take(p);
    return p->ended;
}

bool talk_has_answer(struct talk_peer *p, uint64_t ns)
{
    if (!is_here(p))
        sim_run_until(p->talk->sim, is_here, p, ns);
    return is_whole(p);
}

bool talk_is_closed(struct talk_peer *p, uint64_t ns)
{
    return has_ended(p) || sim_run_until(p->talk->sim, has_ended, p, ns);
}

size_t talk_received(const struct talk_peer *p)
{
    return p->received_len;
}

void talk_read(struct talk_peer *p, bool reads)
{
    p->deaf = !reads;
}

const void *talk_answer(struct talk_peer *p)
{
    struct talk *t = p->talk;
    cr_assert_gt(p->ask_count, 0, "nothing was asked");
    struct ask ask = p->asks[p->ask_first];
    bool whole = talk_has_answer(p, PATIENCE_NS);
    cr_assert(whole || p->ended, "%s: neither an answer nor an end", ask.api->name);
    if (!whole)
        return NULL;
    p->ask_first = (p->ask_first + 1) % ASKS_MAX;
    p->ask_count--;
    struct reader reader;
    uint32_t size = load_be32(p->received);
    reader_init(&reader, p->received + 4, size);
    cr_assert_eq((int32_t)read_be32(&reader), ask.correlation_id);
    if (api_response_header_version(ask.api, ask.version) >= 1)
        message_skip_tags(&reader);
    arena_reset(&t->arena);
    void *answer = arena_alloc(&t->arena, ask.api->response->size);
    /* The answer borrows from bytes that stay where they are. */
    size_t len = reader_left(&reader);
    uint8_t *body = arena_alloc(&t->arena, len);
    memcpy(body, p->received + 4 + size - len, len);
    reader_init(&reader, body, len);
    cr_assert_eq(message_decode(ask.api->response, ask.version, &reader, &t->arena, answer), 0);
    cr_assert_eq(reader_left(&reader), 0);
    p->received_len -= 4 + size;
    memmove(p->received, p->received + 4 + size, p->received_len);
    return answer;
}

const void *talk_call(struct talk_peer *p, int16_t api_key, int16_t version, const void *request)
{
    talk_ask(p, api_key, version, request);
    return talk_answer(p);
}

/* Words. */

void talk_create(struct talk *t, const char *topic, int32_t partitions)
{
    struct create_topics_request_creatable_topic item;
    struct create_topics_request request;
    message_defaults(&create_topics_request_creatable_topic_struct, &item);
    message_defaults(&create_topics_request_struct, &request);
    item.name = string_of(topic);
    item.num_partitions = partitions;
    item.replication_factor = 1;
    request.topics.items = &item;
    request.topics.count = 1;
    struct talk_peer *p = talk_connect(t);
    const struct create_topics_response *answer = talk_call(p, API_CREATE_TOPICS, 5, &request);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->topics.items[0].error_code, 0);
    talk_close(p);
}

struct blob talk_batch(struct talk *t, size_t bytes)
{
    static const int64_t when_ms = 1700000000000;
    struct batch_builder builder;
    uint8_t *value = mem_alloc(bytes);
    memset(value, 'v', bytes);
    batch_build_begin(&builder, t->batch, BATCH_BYTES_MAX);
    batch_build_add(&builder, when_ms, (struct blob){NULL, -1}, blob_of(value, bytes));
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    cr_assert_gt(len, 0);
    mem_free(value);
    return blob_of(t->batch, (size_t)len);
}

void talk_produce(struct talk_peer *p, const char *topic, int32_t partition, size_t bytes,
                  int16_t acks)
{
    struct produce_request_partition_produce_data data = {.index = partition,
                                                          .records = talk_batch(p->talk, bytes)};
    struct produce_request_topic_produce_data item = {.name = string_of(topic)};
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = acks, .timeout_ms = 30000};
    item.partition_data.items = &data;
    item.partition_data.count = 1;
    request.topic_data.items = &item;
    request.topic_data.count = 1;
    talk_ask(p, API_PRODUCE, 9, &request);
    if (acks == 0)
        p->ask_count--;
}

void talk_fetch(struct talk_peer *p, const char *topic, int32_t wait_ms, int64_t offset)
{
    struct fetch_request_partition part;
    struct fetch_request_topic item;
    struct fetch_request request;
    message_defaults(&fetch_request_partition_struct, &part);
    message_defaults(&fetch_request_topic_struct, &item);
    message_defaults(&fetch_request_struct, &request);
    part.fetch_offset = offset;
    part.partition_max_bytes = 1 << 20;
    item.topic = string_of(topic);
    item.partitions.items = &part;
    item.partitions.count = 1;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    request.session_epoch = -1;
    request.topics.items = &item;
    request.topics.count = 1;
    talk_ask(p, API_FETCH, 11, &request);
}

int32_t talk_fetched(struct talk_peer *p)
{
    const struct fetch_response *answer = talk_answer(p);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->responses.items[0].partitions.items[0].error_code, KAFKA_NONE);
    return answer->responses.items[0].partitions.items[0].records.len;
}
