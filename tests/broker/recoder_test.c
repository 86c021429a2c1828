/* Unpacking and packing of produced batches: what is taken, what is stored, what is refused. */
#include "broker/recoder.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "protocol/compress.h"
#include "protocol/errors.h"
#include "protocol/record.h"

static struct recoder *recoder;
static struct compressor *compressor;
static struct topic_config config;
static struct batch_judgement j;
static struct bytes recoded;
static uint8_t *batch;
static uint32_t batch_len;

static void setup(void)
{
    crc32c_init();
    recoder = recoder_new();
    compressor = compressor_new();
    config = (struct topic_config){.gzip_level = -1, .lz4_level = 9, .zstd_level = 3};
}

static void teardown(void)
{
    free(batch);
    compressor_free(compressor);
    recoder_free(recoder);
}

TestSuite(recoder, .init = setup, .fini = teardown);

static struct batch_rules rules_to(int compression)
{
    return (struct batch_rules){
        .now_ms = 1700000000000,
        .message_bytes_max = 64 * MIB,
        .segment_bytes = 256 * MIB,
        .timestamp_before_max_ms = INT64_MAX,
        .timestamp_after_max_ms = INT64_MAX,
        .compression = compression,
        .produce_version = 9,
    };
}

/* One record of so many equal bytes, compressed. */
static void make(enum compression compression, size_t value_len)
{
    size_t capacity = value_len + 1024;
    uint8_t *value = malloc(value_len);
    uint8_t *plain = malloc(capacity);
    struct batch_builder builder;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    memset(value, 'v', value_len);
    batch_build_begin(&builder, plain, capacity);
    batch_build_add(&builder, 1700000000000, (struct blob){NULL, -1}, blob_of(value, value_len));
    int64_t len = batch_build_end(&builder, &options);
    cr_assert_gt(len, 0);
    struct bytes records = batch_records(plain, (uint32_t)len);
    struct batch_codec codec = {compressor, compression, compress_level_default(compression)};
    size_t bound = batch_pack_bound(compression, records.len);
    free(batch);
    batch = malloc(bound);
    len = batch_pack(plain, records, &codec, batch, bound);
    cr_assert_gt(len, 0);
    batch_len = (uint32_t)len;
    free(plain);
    free(value);
}

static void judge(const struct batch_rules *rules)
{
    batch_judge(rules, (struct bytes){batch, batch_len}, &j);
    cr_assert(j.verdict == BATCH_OPEN || j.verdict == BATCH_RECODE, "%d", (int)j.verdict);
    recoder_judge(recoder, rules, &config, batch, &j, &recoded);
}

/* What is stored holds the records that came. */
static void check_recoded(enum compression compression, size_t value_len)
{
    struct batch_scratch scratch = {malloc(value_len + 1024), value_len + 1024};
    struct batch_span span;
    struct bytes records;
    struct reader reader;
    struct record record;
    cr_assert_eq(j.verdict, BATCH_RECODE);
    cr_assert_eq(batch_check(recoded), (int64_t)recoded.len);
    cr_assert_eq(batch_compression(recoded.data), (int)compression);
    cr_assert_eq(batch_next(recoded, 0, &span), 0);
    cr_assert_eq(batch_unpack(span, compressor, &scratch, &records), 0);
    reader_init(&reader, records.data, records.len);
    cr_assert_eq(record_read(&reader, &record), 0);
    cr_assert_eq(record.value.len, (int64_t)value_len);
    cr_assert_eq(record.value.data[value_len - 1], 'v');
    free(scratch.data);
}

Test(recoder, every_compression_becomes_every_other)
{
    for (int from = 0; from < COMPRESSION_COUNT; from++) {
        for (int to = 0; to < COMPRESSION_COUNT; to++) {
            if (from == to)
                continue;
            struct batch_rules rules = rules_to(to);
            make((enum compression)from, 10000);
            judge(&rules);
            check_recoded((enum compression)to, 10000);
        }
    }
}

Test(recoder, a_batch_of_the_topics_own_compression_is_only_looked_into)
{
    struct batch_rules rules = rules_to(COMPRESSION_KEEP);
    rules.validate = true;
    make(COMPRESSION_GZIP, 100);
    judge(&rules);
    cr_assert_eq(j.verdict, BATCH_TAKE);
    rules.compacted = true;
    judge(&rules);
    cr_assert_eq(j.verdict, BATCH_REFUSE, "its records have no keys");
    cr_assert_eq(j.error, KAFKA_INVALID_RECORD);
}

/* Regression: the room of the batch that was handed out was given back before it was used, and
 * zeros were stored. */
Test(recoder, records_larger_than_the_room_that_is_kept_are_taken_and_small_ones_after_them)
{
    struct batch_rules rules = rules_to(COMPRESSION_ZSTD);
    for (int i = 0; i < 2; i++) {
        make(COMPRESSION_LZ4, RECODER_ROOM_KEPT + 1000);
        judge(&rules);
        check_recoded(COMPRESSION_ZSTD, RECODER_ROOM_KEPT + 1000);
        make(COMPRESSION_LZ4, 10);
        judge(&rules);
        check_recoded(COMPRESSION_ZSTD, 10);
    }
}

Test(recoder, a_decompression_bomb_is_refused_as_too_large)
{
    struct batch_rules rules = rules_to(COMPRESSION_LZ4);
    make(COMPRESSION_ZSTD, RECODER_UNPACKED_MAX + MIB);
    cr_assert_lt(batch_len, MIB);
    judge(&rules);
    cr_assert_eq(j.verdict, BATCH_REFUSE);
    cr_assert_eq(j.error, KAFKA_MESSAGE_TOO_LARGE);
}

Test(recoder, what_is_too_large_in_the_topics_compression_is_refused)
{
    struct batch_rules rules = rules_to(COMPRESSION_NONE);
    rules.message_bytes_max = 5000;
    make(COMPRESSION_ZSTD, 10000);
    cr_assert_lt(batch_len, 5000);
    judge(&rules);
    cr_assert_eq(j.verdict, BATCH_REFUSE);
    cr_assert_eq(j.error, KAFKA_MESSAGE_TOO_LARGE);
}

Test(recoder, bytes_that_do_not_unpack_are_refused)
{
    struct batch_rules rules = rules_to(COMPRESSION_NONE);
    make(COMPRESSION_ZSTD, 10000);
    memset(batch + BATCH_HEADER_SIZE, 0x5a, batch_len - BATCH_HEADER_SIZE);
    store_be32(batch + 17, batch_compute_crc(batch, batch_len));
    judge(&rules);
    cr_assert_eq(j.verdict, BATCH_REFUSE);
    cr_assert_eq(j.error, KAFKA_UNKNOWN_SERVER_ERROR);
}

/* The same of plain records, which come as they are. */
Test(recoder, large_plain_records_are_whole_when_they_are_packed)
{
    struct batch_rules rules = rules_to(COMPRESSION_SNAPPY);
    make(COMPRESSION_NONE, 2 * RECODER_ROOM_KEPT);
    judge(&rules);
    check_recoded(COMPRESSION_SNAPPY, 2 * RECODER_ROOM_KEPT);
}

/* So large that its own room is given back, too. */
Test(recoder, a_large_batch_that_was_handed_out_stays_until_the_next_one)
{
    struct batch_rules rules = rules_to(COMPRESSION_NONE);
    make(COMPRESSION_ZSTD, 3 * RECODER_ROOM_KEPT);
    judge(&rules);
    check_recoded(COMPRESSION_NONE, 3 * RECODER_ROOM_KEPT);
    make(COMPRESSION_ZSTD, 100);
    judge(&rules);
    check_recoded(COMPRESSION_NONE, 100);
}

Test(recoder, the_topics_level_decides_how_much_is_saved)
{
    struct batch_rules rules = rules_to(COMPRESSION_GZIP);
    make(COMPRESSION_NONE, 100000);
    config.gzip_level = 1;
    judge(&rules);
    size_t fast = recoded.len;
    config.gzip_level = 9;
    judge(&rules);
    cr_assert_lt(recoded.len, fast);
}
