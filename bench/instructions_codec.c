/*
 * Work on bytes alone: the messages of the hot path, the judge of batches, the CRC, the ring.
 *
 * A produce request has four partitions with a batch of one record each, a fetch sixteen
 * partitions; the larger batch has a hundred records.
 */
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/crc32c.h"
#include "base/spsc.h"
#include "base/util.h"
#include "bench/instructions.h"
#include "protocol/judge.h"
#include "protocol/record.h"
#include "protocol/schema/fetch.h"
#include "protocol/schema/produce.h"

#define NOW_MS 1700000000000
#define PRODUCE_VERSION 12
#define FETCH_VERSION 16
#define PRODUCE_PARTITIONS 4
#define FETCH_PARTITIONS 16
#define ROUNDS 50
#define MANY_RECORDS 100
#define RECORD_BYTES 256

static struct {
    struct region *region;
    struct arena arena;
    struct spsc *ring;
    uint8_t block[64 * 1024];
    uint8_t small[1024];
    uint32_t small_len;
    uint8_t large[64 * 1024];
    uint32_t large_len;
    uint8_t request[8 * 1024];
    uint32_t request_len;
    uint8_t out[8 * 1024];
    struct produce_response_partition_produce_response produced[PRODUCE_PARTITIONS];
    struct fetch_response_partition_data fetched[FETCH_PARTITIONS];
    struct message_split splits[FETCH_PARTITIONS];
    uint32_t check; /* keeps results alive */
} w;

static uint32_t build_batch(uint8_t *to, size_t capacity, int records)
{
    static uint8_t value[RECORD_BYTES];
    for (size_t i = 0; i < sizeof value; i++)
        value[i] = (uint8_t)(i * 37);
    struct batch_builder builder;
    batch_build_begin(&builder, to, capacity);
    for (int i = 0; i < records; i++)
        batch_build_add(&builder, NOW_MS + i, (struct blob){(const uint8_t *)"key", 3},
                        blob_of(value, sizeof value));
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    ASSERT(len > 0);
    return (uint32_t)len;
}

static void begin(void)
{
    w.region = region_new(4 * MIB, 64 * KIB);
    arena_init(&w.arena, w.region, 4 * MIB);
    w.ring = spsc_new(1024);
    for (size_t i = 0; i < sizeof w.block; i++)
        w.block[i] = (uint8_t)(i * 31);
    w.small_len = build_batch(w.small, sizeof w.small, 1);
    w.large_len = build_batch(w.large, sizeof w.large, MANY_RECORDS);
}

static void end(void)
{
    spsc_free(w.ring);
    region_free(w.region);
}

static void give_back(void)
{
    arena_reset(&w.arena);
}

static void begin_produce_request(void)
{
    begin();
    struct produce_request_partition_produce_data data[PRODUCE_PARTITIONS];
    memset(data, 0, sizeof data);
    for (int i = 0; i < PRODUCE_PARTITIONS; i++) {
        data[i].index = i;
        data[i].records = blob_of(w.small, w.small_len);
    }
    struct produce_request_topic_produce_data topic = {.name = string_of("a-topic-of-usual-size")};
    topic.partition_data.items = data;
    topic.partition_data.count = PRODUCE_PARTITIONS;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 30000};
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    struct writer writer;
    writer_init(&writer, w.request, sizeof w.request);
    int result = message_encode(&produce_request_type, PRODUCE_VERSION, &request, &writer, NULL);
    ASSERT(result == 0);
    w.request_len = (uint32_t)writer_len(&writer);
}

static void begin_fetch_request(void)
{
    begin();
    struct fetch_request_partition partitions[FETCH_PARTITIONS];
    for (int i = 0; i < FETCH_PARTITIONS; i++) {
        message_defaults(&fetch_request_partition_struct, &partitions[i]);
        partitions[i].partition = i;
        partitions[i].fetch_offset = 1000 + i;
        partitions[i].partition_max_bytes = 1 << 20;
    }
    struct fetch_request_topic topic;
    message_defaults(&fetch_request_topic_struct, &topic);
    topic.partitions.items = partitions;
    topic.partitions.count = FETCH_PARTITIONS;
    struct fetch_request request;
    message_defaults(&fetch_request_struct, &request);
    request.max_wait_ms = 500;
    request.min_bytes = 1;
    request.topics.items = &topic;
    request.topics.count = 1;
    struct writer writer;
    writer_init(&writer, w.request, sizeof w.request);
    int result = message_encode(&fetch_request_type, FETCH_VERSION, &request, &writer, NULL);
    ASSERT(result == 0);
    w.request_len = (uint32_t)writer_len(&writer);
}

static void decode(const struct message_type *type, int16_t version, void *message)
{
    struct reader reader;
    reader_init(&reader, w.request, w.request_len);
    int result = message_decode(type, version, &reader, &w.arena, message);
    ASSERT(result == 0);
}

static void run_produce_decode(void)
{
    struct produce_request request;
    decode(&produce_request_type, PRODUCE_VERSION, &request);
    ASSERT(request.topic_data.count == 1);
}

static void run_fetch_decode(void)
{
    struct fetch_request request;
    decode(&fetch_request_type, FETCH_VERSION, &request);
    ASSERT(request.topics.count == 1);
}

static void begin_produce_response(void)
{
    begin();
    for (int i = 0; i < PRODUCE_PARTITIONS; i++) {
        message_defaults(&produce_response_partition_produce_response_struct, &w.produced[i]);
        w.produced[i].index = i;
        w.produced[i].base_offset = 4711 + i;
    }
}

static void run_produce_encode(void)
{
    struct produce_response_topic_produce_response topic;
    message_defaults(&produce_response_topic_produce_response_struct, &topic);
    topic.name = string_of("a-topic-of-usual-size");
    topic.partition_responses.items = w.produced;
    topic.partition_responses.count = PRODUCE_PARTITIONS;
    struct produce_response response;
    message_defaults(&produce_response_struct, &response);
    response.responses.items = &topic;
    response.responses.count = 1;
    struct writer writer;
    writer_init(&writer, w.out, sizeof w.out);
    int result = message_encode(&produce_response_type, PRODUCE_VERSION, &response, &writer, NULL);
    ASSERT(result == 0);
}

static void begin_fetch_response(void)
{
    begin();
    for (int i = 0; i < FETCH_PARTITIONS; i++) {
        message_defaults(&fetch_response_partition_data_struct, &w.fetched[i]);
        w.fetched[i].partition_index = i;
        w.fetched[i].high_watermark = 4711 + i;
        w.fetched[i].records = blob_of(w.large, w.large_len);
    }
}

static void run_fetch_encode(void)
{
    struct fetch_response_fetchable_topic_response topic;
    message_defaults(&fetch_response_fetchable_topic_response_struct, &topic);
    topic.partitions.items = w.fetched;
    topic.partitions.count = FETCH_PARTITIONS;
    struct fetch_response response;
    message_defaults(&fetch_response_struct, &response);
    response.responses.items = &topic;
    response.responses.count = 1;
    struct message_splits splits = {.items = w.splits, .capacity = FETCH_PARTITIONS};
    struct writer writer;
    writer_init(&writer, w.out, sizeof w.out);
    int result = message_encode(&fetch_response_type, FETCH_VERSION, &response, &writer, &splits);
    ASSERT(result == 0 && splits.count == FETCH_PARTITIONS);
}

static void judge(const uint8_t *batch, uint32_t len)
{
    static const struct batch_rules rules = {
        .now_ms = NOW_MS,
        .message_bytes_max = 1048588,
        .segment_bytes = 1 << 30,
        .timestamp_before_max_ms = INT64_MAX,
        .timestamp_after_max_ms = 3600000,
        .compression = COMPRESSION_KEEP,
        .produce_version = PRODUCE_VERSION,
    };
    struct batch_judgement judgement;
    batch_judge(&rules, (struct bytes){batch, len}, &judgement);
    ASSERT(judgement.verdict == BATCH_TAKE && judgement.len == len);
}

static void run_judge_small(void)
{
    judge(w.small, w.small_len);
}

static void run_judge_large(void)
{
    judge(w.large, w.large_len);
}

static void run_crc_block(void)
{
    w.check += crc32c(0, w.block, sizeof w.block);
}

static void run_crc_small(void)
{
    w.check += crc32c(0, w.block, RECORD_BYTES);
}

#define RING_BURST 64

static void run_ring(void)
{
    void *items[RING_BURST];
    for (uint32_t i = 0; i < RING_BURST; i++) {
        bool pushed = spsc_push(w.ring, w.block);
        ASSERT(pushed);
    }
    uint32_t count = spsc_pop(w.ring, items, RING_BURST);
    ASSERT(count == RING_BURST);
}

// clang-format off
/* name, rounds, operations a round, begin, before, run, after, end */
const struct work codec_work[] = {
    {"produce-request-decode", ROUNDS, 1,
     begin_produce_request, NULL, run_produce_decode, give_back, end},
    {"produce-response-encode", ROUNDS, 1,
     begin_produce_response, NULL, run_produce_encode, NULL, end},
    {"fetch-request-decode", ROUNDS, 1,
     begin_fetch_request, NULL, run_fetch_decode, give_back, end},
    {"fetch-response-encode", ROUNDS, 1,
     begin_fetch_response, NULL, run_fetch_encode, NULL, end},
    {"batch-judge-1", ROUNDS, 1, begin, NULL, run_judge_small, NULL, end},
    {"batch-judge-100", ROUNDS, 1, begin, NULL, run_judge_large, NULL, end},
    {"crc32c-256", ROUNDS, 1, begin, NULL, run_crc_small, NULL, end},
    {"crc32c-64k", ROUNDS, 1, begin, NULL, run_crc_block, NULL, end},
    {"spsc-message", ROUNDS, RING_BURST, begin, NULL, run_ring, NULL, end},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};
// clang-format on
