/* Frames are what the decoder takes for a request, however they were patched. */
#include "bench/load/frame.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/arena.h"
#include "base/crc32c.h"
#include "base/util.h"
#include "protocol/record.h"

#define KEY 16
#define VALUE 40

static struct frame_layout layout;
static struct frame frame;
static struct region *memory;
static struct arena arena;

static void setup(int16_t version, enum compression compression)
{
    crc32c_init();
    memory = region_new(MIB, 4096);
    arena_init(&arena, memory, MIB);
    layout = (struct frame_layout){.version = version,
                                   .acks = -1,
                                   .timeout_ms = 1234,
                                   .key_len = KEY,
                                   .value_len = VALUE,
                                   .codec = {compressor_new(), compression, 0}};
    frame_layout_init(&layout, 200);
    frame_init(&frame, &layout);
}

static void teardown(void)
{
    frame_fini(&frame);
    frame_layout_fini(&layout);
    compressor_free(layout.codec.compressor);
    arena_reset(&arena);
    region_free(memory);
}

static void fill(uint32_t count, uint8_t seed)
{
    for (uint32_t i = 0; i < count; i++) {
        uint8_t *key;
        uint8_t *value;
        frame_add(&frame, &key, &value);
        memset(key, (uint8_t)(seed + i), KEY);
        memset(value, (uint8_t)(seed - i), VALUE);
    }
}

/* Decodes the frame as a broker does, and holds each record against what `fill` wrote. */
static void check(const char *topic, int32_t partition, uint32_t count, uint8_t seed)
{
    static uint8_t scratch[65536];
    struct batch_scratch room = {scratch, sizeof scratch};
    struct produce_request request;
    struct iovec part;
    struct reader r;
    struct bytes records;
    cr_assert_eq(frame_finish(&frame, &(struct frame_target){topic, partition, 99}, &part), 0);
    reader_init(&r, part.iov_base, part.iov_len);
    cr_assert_eq(read_be32(&r), part.iov_len - 4);
    cr_assert_eq(read_be16(&r), API_PRODUCE);
    cr_assert_eq(read_be16(&r), layout.version);
    read_skip(&r, 4);
    read_skip(&r, read_be16(&r));
    if (layout.version >= 9)
        message_skip_tags(&r);
    arena_reset(&arena);
    cr_assert_eq(message_decode(&produce_request_type, layout.version, &r, &arena, &request), 0);
    cr_assert_eq(reader_left(&r), 0);
    cr_assert_eq(request.acks, -1);
    cr_assert_eq(request.timeout_ms, 1234);
    cr_assert_eq(request.topic_data.count, 1);
    struct produce_request_topic_produce_data *data = request.topic_data.items;
    cr_assert(bytes_equal(string_bytes(data->name), bytes_of_string(topic)));
    cr_assert_eq(data->partition_data.items[0].index, partition);
    struct bytes log = blob_bytes(data->partition_data.items[0].records);
    cr_assert_eq(batch_check(log), (int64_t)log.len);
    cr_assert_eq(batch_record_count(log.data), (int32_t)count);
    cr_assert_eq(batch_last_offset_delta(log.data), (int32_t)count - 1);
    cr_assert_eq(batch_max_timestamp(log.data), 99);
    cr_assert_eq(batch_producer_id(log.data), -1);
    struct batch_span span = {log.data, (uint32_t)log.len};
    cr_assert_eq(batch_unpack(span, layout.codec.compressor, &room, &records), 0);
    reader_init(&r, records.data, records.len);
    for (uint32_t i = 0; i < count; i++) {
        struct record record;
        cr_assert_eq(record_read(&r, &record), 0, "record %u", i);
        cr_assert_eq(record.offset_delta, (int32_t)i);
        cr_assert_eq(record.key.len, KEY);
        cr_assert_eq(record.value.len, VALUE);
        cr_assert_eq(record.key.data[KEY - 1], (uint8_t)(seed + i));
        cr_assert_eq(record.value.data[0], (uint8_t)(seed - i));
        cr_assert_eq(record.value.data[VALUE - 1], (uint8_t)(seed - i));
    }
    cr_assert_eq(reader_left(&r), 0);
}

static void check_patching(void)
{
    static const char topic[] = "topic";
    static const char other[] = "another-topic";
    /* Each is shorter or longer than the one before it, so that tails move to and fro. */
    static const uint32_t counts[] = {1, 1, 5, 3, 200, 100, 101, 64, 65, 63, 2, 3, 4, 200};
    for (size_t i = 0; i < ARRAY_LENGTH(counts); i++) {
        fill(counts[i], (uint8_t)i);
        check(i % 5 == 4 ? other : topic, (int32_t)(i * 7), counts[i], (uint8_t)i);
    }
    teardown();
}

Test(frame, a_request_is_whole_after_every_patch)
{
    setup(9, COMPRESSION_NONE);
    check_patching();
}

Test(frame, a_request_of_an_old_version_is_whole_after_every_patch)
{
    setup(3, COMPRESSION_NONE);
    check_patching();
}

Test(frame, a_compressed_request_is_whole_after_every_patch)
{
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        setup(9, (enum compression)codec);
        check_patching();
    }
}

/* A codec may use the whole of its output as working room: the tail behind the batch was lost so,
 * and the broker closed the connection. */
Test(frame, a_compressed_request_that_comes_again_keeps_its_tail)
{
    static const char topic[] = "topic";
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        setup(9, (enum compression)codec);
        for (uint32_t count = 1; count <= 100; count += 11) {
            fill(count, 1);
            check(topic, 0, count, 1);
            memset(frame.packed + FRAME_HEAD_MAX + frame.batch_len, 0xa5, FRAME_TAIL_MAX);
            fill(count, 1);
            check(topic, 0, count, 1);
        }
        teardown();
    }
}

Test(frame, records_may_have_no_key)
{
    setup(9, COMPRESSION_NONE);
    teardown();
    memory = region_new(MIB, 4096);
    arena_init(&arena, memory, MIB);
    layout.key_len = 0;
    layout.codec.compressor = compressor_new();
    frame_layout_init(&layout, 2);
    frame_init(&frame, &layout);
    uint8_t *key;
    uint8_t *value;
    struct iovec part;
    frame_add(&frame, &key, &value);
    cr_assert_eq(frame_finish(&frame, &(struct frame_target){"t", 0, 1}, &part), 0);
    const uint8_t *batch = (const uint8_t *)part.iov_base + frame.head_len;
    struct reader r;
    struct record record;
    reader_init(&r, batch + BATCH_HEADER_SIZE, frame.batch_len - BATCH_HEADER_SIZE);
    cr_assert_eq(record_read(&r, &record), 0);
    cr_assert_eq(record.key.len, -1);
    cr_assert_eq(record.value.len, VALUE);
    teardown();
}

static void check_answer(int16_t version)
{
    uint8_t bytes[256];
    struct produce_response_partition_produce_response partition = {
        .index = 3, .error_code = 7, .base_offset = 12345, .error_message = STRING_NULL};
    struct produce_response_topic_produce_response topic = {.name = string_of("topic")};
    topic.partition_responses.items = &partition;
    topic.partition_responses.count = 1;
    struct produce_response response = {0};
    response.responses.items = &topic;
    response.responses.count = 1;
    struct writer w;
    struct frame_answer answer;
    writer_init(&w, bytes, sizeof bytes);
    write_be32(&w, 1);
    if (version >= 9)
        write_u8(&w, 0);
    cr_assert_eq(message_encode(&produce_response_type, version, &response, &w, NULL), 0);
    cr_assert_eq(frame_read_answer((struct bytes){bytes, writer_len(&w)}, version, &answer), 0);
    cr_assert_eq(answer.error, 7);
    cr_assert_eq(answer.base_offset, 12345);
    /* Correlation, array, name, array, index, error, offset; tags first where lengths are short. */
    size_t needed = version >= 9 ? 4 + 1 + 1 + 6 + 1 + 14 : 4 + 4 + 7 + 4 + 14;
    for (size_t len = 4; len < needed; len++)
        cr_assert_neq(frame_read_answer((struct bytes){bytes, len}, version, &answer), 0);
    cr_assert_eq(frame_read_answer((struct bytes){bytes, needed}, version, &answer), 0);
}

Test(frame, answers_of_every_version_are_read)
{
    for (int16_t version = 3; version <= 9; version++)
        check_answer(version);
}

/* Lengths of one byte are read in one go: these take the other way. */
Test(frame, answers_of_long_topics_and_with_tags_are_read)
{
    uint8_t bytes[512] = {0, 0, 0, 1, 0, 2, 0xc8, 1};
    struct frame_answer answer;
    struct writer w;
    writer_init(&w, bytes + 8 + 199, 64);
    write_u8(&w, 2);
    write_be32(&w, 3);
    write_be16(&w, 7);
    write_be64(&w, 12345);
    struct bytes whole = {bytes, 8 + 199 + writer_len(&w)};
    cr_assert_eq(frame_read_answer(whole, 9, &answer), 0);
    cr_assert_eq(answer.error, 7);
    cr_assert_eq(answer.base_offset, 12345);
    whole.len--;
    cr_assert_neq(frame_read_answer(whole, 9, &answer), 0);
    const uint8_t tagged[] = {0, 0, 0, 1, 1, 9, 1, 0xff, 2, 2, 't', 2, 0,
                              0, 0, 3, 0, 7, 0, 0, 0,    0, 0, 0,   0, 5};
    cr_assert_eq(frame_read_answer((struct bytes){tagged, sizeof tagged}, 9, &answer), 0);
    cr_assert_eq(answer.error, 7);
    cr_assert_eq(answer.base_offset, 5);
    const uint8_t two[] = {0, 0, 0, 1, 0, 3, 2, 't', 2, 0, 0, 0, 3, 0, 7, 0, 0, 0, 0, 0, 0, 0, 5};
    cr_assert_neq(frame_read_answer((struct bytes){two, sizeof two}, 9, &answer), 0);
}
