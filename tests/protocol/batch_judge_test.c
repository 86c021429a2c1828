/*
 * The verdict on produced record sets: one test for each case in which Kafka's answer was observed.
 * A case names error, whether the answer knows the log start, or what is corrected.
 */
#include "protocol/judge.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/crc32c.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"

TestSuite(judge, .init = crc32c_init);

#define NOW 1700000000000
#define HOUR ((int64_t)3600 * 1000)
#define CAPACITY 4096

static const struct batch_rules plain_rules = {
    .now_ms = NOW,
    .message_bytes_max = 1048588,
    .segment_bytes = 1 << 30,
    .timestamp_before_max_ms = INT64_MAX,
    .timestamp_after_max_ms = HOUR,
    .compression = COMPRESSION_KEEP,
    .produce_version = 9,
};

/* A batch under test; changes to its bytes are sealed by a new CRC. */
struct sample {
    uint8_t data[CAPACITY];
    uint32_t len;
};

static const struct blob key = {(const uint8_t *)"k", 1};
static const struct blob no_key = {NULL, -1};
static const struct blob value = {(const uint8_t *)"value", 5};

static struct sample sample_of(int32_t count)
{
    struct sample s = {0};
    struct batch_builder builder;
    batch_build_begin(&builder, s.data, CAPACITY);
    for (int32_t i = 0; i < count; i++)
        batch_build_add(&builder, NOW - 10 + i, key, value);
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    cr_assert_gt(len, 0);
    s.len = (uint32_t)len;
    return s;
}

static void seal(struct sample *s)
{
    store_be32(s->data + 17, batch_compute_crc(s->data, s->len));
}

static void pack(struct sample *s, enum compression compression)
{
    struct sample packed = {0};
    struct compressor *compressor = compressor_new();
    const struct batch_codec codec = {compressor, compression, compress_level_default(compression)};
    int64_t len =
        batch_pack(s->data, batch_records(s->data, s->len), &codec, packed.data, CAPACITY);
    cr_assert_gt(len, 0);
    packed.len = (uint32_t)len;
    *s = packed;
    compressor_free(compressor);
}

/* Judged from memory of just that size; opened where the judge asks for it. The plain records of a
 * batch to be recoded are gone afterwards. */
static struct batch_judgement judge(const struct batch_rules *rules, const void *data, size_t len)
{
    struct batch_judgement j;
    uint8_t *exact = malloc(MAX(len, (size_t)1));
    struct batch_scratch scratch = {malloc(CAPACITY), CAPACITY};
    struct compressor *compressor = compressor_new();
    memcpy(exact, data, len);
    batch_judge(rules, (struct bytes){exact, len}, &j);
    if (j.verdict == BATCH_OPEN)
        batch_judge_open(rules, exact, compressor, &scratch, &j);
    compressor_free(compressor);
    free(scratch.data);
    free(exact);
    return j;
}

static struct batch_judgement judge_plain(const struct sample *s)
{
    return judge(&plain_rules, s->data, s->len);
}

static void refused(const struct batch_judgement *j, int16_t error, bool log_start_known)
{
    cr_assert_eq(j->verdict, BATCH_REFUSE);
    cr_assert_eq(j->error, error, "%d", j->error);
    cr_assert_eq(j->log_start_known, log_start_known);
}

/* A refusal of the whole batch: no record named, no text. */
static void refused_whole(struct batch_judgement j, int16_t error, bool log_start_known)
{
    refused(&j, error, log_start_known);
    cr_assert_eq(j.record_index, -1);
    cr_assert_null(j.message);
}

static void refused_record(struct batch_judgement j, int16_t error, int32_t index)
{
    refused(&j, error, true);
    cr_assert_eq(j.record_index, index);
    cr_assert_not_null(j.record_message);
    cr_assert_not_null(j.message);
}

Test(judge, takes_a_good_batch)
{
    struct sample s = sample_of(3);
    struct batch_judgement j = judge_plain(&s);
    cr_assert_eq(j.verdict, BATCH_TAKE);
    cr_assert_eq(j.len, s.len);
    cr_assert_eq(j.max_timestamp, NOW - 8);
}

Test(judge, a_base_offset_that_is_not_0_is_an_invalid_record_with_log_start)
{
    struct sample s = sample_of(1);
    batch_patch_offset(s.data, 1);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    batch_patch_offset(s.data, -1);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
}

Test(judge, the_clients_leader_epoch_is_ignored)
{
    struct sample s = sample_of(1);
    batch_patch_leader_epoch(s.data, 99);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

Test(judge, a_bad_crc_is_corrupt)
{
    struct sample s = sample_of(1);
    s.data[s.len - 1] ^= 1;
    refused_whole(judge_plain(&s), KAFKA_CORRUPT_MESSAGE, false);
}

Test(judge, magic_3_or_negative_is_corrupt)
{
    struct sample s = sample_of(1);
    s.data[16] = 3;
    refused_whole(judge_plain(&s), KAFKA_CORRUPT_MESSAGE, false);
    s.data[16] = 0xff;
    refused_whole(judge_plain(&s), KAFKA_CORRUPT_MESSAGE, false);
}

Test(judge, magic_1_and_0_are_invalid_records)
{
    struct sample s = sample_of(1);
    const int16_t versions[] = {3, 7, 12};
    for (size_t i = 0; i < ARRAY_LENGTH(versions); i++) {
        struct batch_rules rules = plain_rules;
        rules.produce_version = versions[i];
        s.data[16] = 1;
        refused_whole(judge(&rules, s.data, s.len), KAFKA_INVALID_RECORD, false);
        s.data[16] = 0;
        refused_whole(judge(&rules, s.data, s.len), KAFKA_INVALID_RECORD, false);
    }
}

Test(judge, length_10_or_less_is_corrupt)
{
    struct sample s = sample_of(1);
    const uint32_t lengths[] = {10, 13, 0, (uint32_t)-1, 0x80000000u};
    for (size_t i = 0; i < ARRAY_LENGTH(lengths); i++) {
        store_be32(s.data + 8, lengths[i]);
        refused_whole(judge_plain(&s), KAFKA_CORRUPT_MESSAGE, false);
    }
}

Test(judge, a_length_below_the_header_is_corrupt)
{
    struct sample s = sample_of(1);
    store_be32(s.data + 8, BATCH_HEADER_SIZE - BATCH_OVERHEAD - 1);
    refused_whole(judge(&plain_rules, s.data, BATCH_HEADER_SIZE - 1), KAFKA_CORRUPT_MESSAGE, false);
}

Test(judge, two_batches_are_an_invalid_record)
{
    struct sample s = sample_of(1);
    memcpy(s.data + s.len, s.data, s.len);
    refused_whole(judge(&plain_rules, s.data, 2 * s.len), KAFKA_INVALID_RECORD, false);
}

Test(judge, no_bytes_are_an_invalid_record)
{
    struct batch_judgement j;
    batch_judge(&plain_rules, (struct bytes){NULL, 0}, &j);
    refused_whole(j, KAFKA_INVALID_RECORD, false);
}

Test(judge, a_batch_cut_short_anywhere_is_an_invalid_record)
{
    struct sample s = sample_of(2);
    for (uint32_t cut = 0; cut < s.len; cut++)
        refused_whole(judge(&plain_rules, s.data, cut), KAFKA_INVALID_RECORD, false);
}

Test(judge, stray_bytes_behind_the_batch_are_dropped)
{
    struct sample s = sample_of(1);
    memset(s.data + s.len, 0xaa, 5);
    struct batch_judgement j = judge(&plain_rules, s.data, s.len + 5);
    cr_assert_eq(j.verdict, BATCH_TAKE);
    cr_assert_eq(j.len, s.len);
    /* As many as a batch cut short. */
    memcpy(s.data + s.len, s.data, s.len);
    cr_assert_eq(judge(&plain_rules, s.data, 2 * s.len - 1).verdict, BATCH_TAKE);
    /* Enough for a length, which cannot be one. */
    memset(s.data + s.len, 0, BATCH_OVERHEAD);
    refused_whole(judge(&plain_rules, s.data, s.len + BATCH_OVERHEAD), KAFKA_CORRUPT_MESSAGE,
                  false);
}

Test(judge, too_large_counts_the_whole_batch_with_its_prefix)
{
    struct sample s = sample_of(10);
    struct batch_rules rules = plain_rules;
    rules.message_bytes_max = s.len;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    rules.message_bytes_max = s.len - 1;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_MESSAGE_TOO_LARGE, false);
}

Test(judge, a_batch_larger_than_a_segment_is_a_record_list_too_large)
{
    struct sample s = sample_of(10);
    struct batch_rules rules = plain_rules;
    rules.segment_bytes = s.len;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    rules.segment_bytes = s.len - 1;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_RECORD_LIST_TOO_LARGE, false);
    rules.message_bytes_max = s.len - 1;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_MESSAGE_TOO_LARGE, false);
    pack(&s, COMPRESSION_GZIP);
    rules.message_bytes_max = s.len;
    rules.segment_bytes = s.len - 1;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_RECORD_LIST_TOO_LARGE, false);
}

Test(judge, a_last_offset_delta_that_does_not_fit_the_count_is_an_invalid_record)
{
    const uint32_t deltas[] = {0, 2, (uint32_t)-1, INT32_MAX};
    for (size_t i = 0; i < ARRAY_LENGTH(deltas); i++) {
        struct sample s = sample_of(2);
        store_be32(s.data + 23, deltas[i]);
        seal(&s);
        refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    }
}

Test(judge, count_0_or_negative_is_an_invalid_record)
{
    for (int32_t count = -2; count <= 0; count++) {
        struct sample s = sample_of(1);
        store_be32(s.data + 57, (uint32_t)count);
        store_be32(s.data + 23, (uint32_t)(count - 1));
        seal(&s);
        refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    }
}

Test(judge, more_or_fewer_records_than_counted_are_an_invalid_record)
{
    for (int32_t count = 1; count <= 5; count++) {
        struct sample s = sample_of(3);
        store_be32(s.data + 57, (uint32_t)count);
        store_be32(s.data + 23, (uint32_t)(count - 1));
        seal(&s);
        if (count == 3)
            cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
        else
            refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    }
}

Test(judge, a_record_length_past_the_end_is_an_invalid_record)
{
    struct sample s = sample_of(1);
    s.data[BATCH_HEADER_SIZE] += 2;
    seal(&s);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    s.data[BATCH_HEADER_SIZE] = 0xff;
    seal(&s);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
}

/* Offset deltas 0, 2: the third byte of a record behind its length and attributes. */
static struct sample misnumbered(void)
{
    struct sample s = sample_of(2);
    size_t second = BATCH_HEADER_SIZE + 1 + (s.data[BATCH_HEADER_SIZE] >> 1);
    s.data[second + 3] = 4;
    seal(&s);
    return s;
}

Test(judge, wrong_offset_deltas_are_taken_as_sent_when_not_compressed)
{
    struct sample s = misnumbered();
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

Test(judge, wrong_offset_deltas_in_an_opened_batch_are_an_unknown_error)
{
    struct sample s = misnumbered();
    struct batch_rules rules = plain_rules;
    pack(&s, COMPRESSION_GZIP);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
    rules.validate = true;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_UNKNOWN_SERVER_ERROR, true);
    s = misnumbered();
    rules.compression = COMPRESSION_LZ4;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_UNKNOWN_SERVER_ERROR, true);
}

static struct sample timed(int64_t first, int64_t second)
{
    struct sample s = {0};
    struct batch_builder builder;
    batch_build_begin(&builder, s.data, CAPACITY);
    batch_build_add(&builder, first, key, value);
    batch_build_add(&builder, second, key, value);
    s.len = (uint32_t)batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    return s;
}

Test(judge, a_timestamp_more_than_an_hour_ahead_is_refused_by_index)
{
    struct sample s = timed(NOW, NOW + HOUR);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
    s = timed(NOW, NOW + HOUR + 1);
    refused_record(judge_plain(&s), KAFKA_INVALID_TIMESTAMP, 1);
    s = timed(NOW + HOUR + 1, NOW);
    refused_record(judge_plain(&s), KAFKA_INVALID_TIMESTAMP, 0);
    s = timed(INT64_MAX, INT64_MIN);
    refused_record(judge_plain(&s), KAFKA_INVALID_TIMESTAMP, 0);
}

Test(judge, an_old_timestamp_is_refused_only_where_the_topic_says_so)
{
    struct batch_rules rules = plain_rules;
    struct sample s = timed(NOW, 0);
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    rules.timestamp_before_max_ms = HOUR;
    refused_record(judge(&rules, s.data, s.len), KAFKA_INVALID_TIMESTAMP, 1);
    s = timed(NOW, NOW - HOUR);
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
}

Test(judge, timestamps_minus_1_and_0_are_taken)
{
    struct batch_rules rules = plain_rules;
    struct sample s = timed(-1, -1);
    struct batch_judgement j = judge_plain(&s);
    cr_assert_eq(j.verdict, BATCH_TAKE);
    cr_assert_eq(j.max_timestamp, -1);
    rules.timestamp_before_max_ms = HOUR;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    s = timed(0, 0);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

static void corrected(const struct sample *s, int64_t max_timestamp)
{
    struct sample copy = *s;
    struct batch_judgement j = judge_plain(s);
    cr_assert_eq(j.verdict, BATCH_CORRECT);
    cr_assert_eq(j.max_timestamp, max_timestamp);
    batch_patch_timestamps(copy.data, j.len, j.max_timestamp, BATCH_CREATE_TIME);
    cr_assert_eq(judge_plain(&copy).verdict, BATCH_TAKE);
}

Test(judge, a_wrong_max_timestamp_is_corrected)
{
    struct sample s = timed(NOW - 5, NOW - 9);
    store_be64(s.data + 35, 77);
    seal(&s);
    corrected(&s, NOW - 5);
    store_be64(s.data + 35, INT64_MAX);
    seal(&s);
    corrected(&s, NOW - 5);
}

Test(judge, the_clients_timestamp_type_bit_is_corrected)
{
    struct sample s = timed(NOW - 5, NOW - 9);
    batch_patch_timestamps(s.data, s.len, NOW - 5, BATCH_LOG_APPEND_TIME);
    corrected(&s, NOW - 5);
    pack(&s, COMPRESSION_ZSTD);
    corrected(&s, NOW - 5);
}

Test(judge, the_clients_timestamp_type_bit_is_refused_where_nothing_corrects_it)
{
    struct batch_rules rules = plain_rules;
    struct sample s = timed(NOW, NOW);
    batch_patch_timestamps(s.data, s.len, NOW, BATCH_LOG_APPEND_TIME);
    rules.log_append_time = true;
    refused_record(judge(&rules, s.data, s.len), KAFKA_INVALID_TIMESTAMP, 0);
    batch_patch_timestamps(s.data, s.len, -1, BATCH_LOG_APPEND_TIME);
    refused_record(judge_plain(&s), KAFKA_INVALID_TIMESTAMP, 0);
}

Test(judge, a_topic_of_log_append_time_takes_any_timestamp)
{
    struct batch_rules rules = plain_rules;
    struct sample s = timed(NOW + 99 * HOUR, 5);
    rules.log_append_time = true;
    rules.timestamp_before_max_ms = 1;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    store_be64(s.data + 35, 77);
    seal(&s);
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    /* The stamp: type bit, max timestamp and CRC change, the base timestamp stays. */
    batch_patch_timestamps(s.data, s.len, NOW, BATCH_LOG_APPEND_TIME);
    cr_assert_eq(batch_check((struct bytes){s.data, s.len}), s.len);
    cr_assert_eq(batch_attributes(s.data), 8);
    cr_assert_eq(batch_max_timestamp(s.data), NOW);
    cr_assert_eq(batch_base_timestamp(s.data), NOW + 99 * HOUR);
}

static struct sample keyless_at_1(void)
{
    struct sample s = {0};
    struct batch_builder builder;
    batch_build_begin(&builder, s.data, CAPACITY);
    batch_build_add(&builder, NOW, key, value);
    batch_build_add(&builder, NOW, no_key, value);
    batch_build_add(&builder, NOW, no_key, value);
    s.len = (uint32_t)batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    return s;
}

Test(judge, a_null_key_to_a_compacted_topic_is_refused_by_index)
{
    struct batch_rules rules = plain_rules;
    struct sample s = keyless_at_1();
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
    rules.compacted = true;
    refused_record(judge(&rules, s.data, s.len), KAFKA_INVALID_RECORD, 1);
    for (int codec = COMPRESSION_GZIP; codec < COMPRESSION_COUNT; codec++) {
        s = keyless_at_1();
        pack(&s, (enum compression)codec);
        refused_record(judge(&rules, s.data, s.len), KAFKA_INVALID_RECORD, 1);
        s = sample_of(3);
        pack(&s, (enum compression)codec);
        cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    }
}

Test(judge, an_empty_key_is_a_key)
{
    struct batch_rules rules = plain_rules;
    struct sample s = {0};
    struct batch_builder builder;
    batch_build_begin(&builder, s.data, CAPACITY);
    batch_build_add(&builder, NOW, (struct blob){(const uint8_t *)"", 0}, value);
    s.len = (uint32_t)batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    rules.compacted = true;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
}

Test(judge, a_wrong_timestamp_weighs_more_than_a_missing_key_and_structure_most)
{
    struct batch_rules rules = plain_rules;
    struct sample s = {0};
    struct batch_builder builder;
    rules.compacted = true;
    batch_build_begin(&builder, s.data, CAPACITY);
    batch_build_add(&builder, NOW, no_key, value);
    batch_build_add(&builder, NOW + 2 * HOUR, key, value);
    s.len = (uint32_t)batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    refused_record(judge(&rules, s.data, s.len), KAFKA_INVALID_TIMESTAMP, 0);
    s.data[s.len - 1] = 2; /* a header that is not there */
    seal(&s);
    refused_whole(judge(&rules, s.data, s.len), KAFKA_INVALID_RECORD, true);
}

Test(judge, the_control_bit_is_an_invalid_record)
{
    struct sample s = sample_of(1);
    store_be16(s.data + 21, BATCH_ATTRIBUTE_CONTROL);
    seal(&s);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
}

Test(judge, bits_6_and_7_are_stored)
{
    struct sample s = sample_of(1);
    store_be16(s.data + 21, 0xc0);
    seal(&s);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

Test(judge, compression_id_5_is_an_unknown_error)
{
    for (uint16_t id = 5; id <= 7; id++) {
        struct sample s = sample_of(1);
        store_be16(s.data + 21, id);
        seal(&s);
        refused_whole(judge_plain(&s), KAFKA_UNKNOWN_SERVER_ERROR, true);
    }
}

Test(judge, broken_gzip_is_an_unknown_error_once_it_is_opened)
{
    struct batch_rules rules = plain_rules;
    struct sample s = sample_of(1);
    store_be16(s.data + 21, COMPRESSION_GZIP);
    seal(&s);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
    rules.validate = true;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_UNKNOWN_SERVER_ERROR, true);
    rules.validate = false;
    rules.compacted = true;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_UNKNOWN_SERVER_ERROR, true);
    rules.compacted = false;
    rules.compression = COMPRESSION_NONE;
    refused_whole(judge(&rules, s.data, s.len), KAFKA_UNKNOWN_SERVER_ERROR, true);
}

Test(judge, zstd_before_produce_v7_is_unsupported)
{
    struct sample s = sample_of(1);
    pack(&s, COMPRESSION_ZSTD);
    for (int16_t version = 3; version <= 13; version++) {
        struct batch_rules rules = plain_rules;
        rules.produce_version = version;
        struct batch_judgement j = judge(&rules, s.data, s.len);
        if (version < 7)
            refused_whole(j, KAFKA_UNSUPPORTED_COMPRESSION_TYPE, false);
        else
            cr_assert_eq(j.verdict, BATCH_TAKE);
    }
}

Test(judge, a_producer_id_without_sequence_is_an_invalid_record)
{
    struct sample s = sample_of(1);
    store_be64(s.data + 43, 7000);
    store_be16(s.data + 51, 0);
    seal(&s);
    refused_whole(judge_plain(&s), KAFKA_INVALID_RECORD, true);
    store_be32(s.data + 53, 0);
    seal(&s);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

Test(judge, the_transactional_bit_is_not_the_judges_matter)
{
    struct sample s = sample_of(1);
    store_be16(s.data + 21, BATCH_ATTRIBUTE_TRANSACTIONAL);
    store_be64(s.data + 43, 7000);
    store_be32(s.data + 53, 0);
    seal(&s);
    cr_assert_eq(judge_plain(&s).verdict, BATCH_TAKE);
}

Test(judge, a_compressed_batch_stays_closed_and_its_header_is_believed)
{
    struct sample s = sample_of(3);
    store_be64(s.data + 35, NOW - 1000);
    pack(&s, COMPRESSION_SNAPPY);
    struct batch_judgement j = judge_plain(&s);
    cr_assert_eq(j.verdict, BATCH_TAKE);
    cr_assert_eq(j.max_timestamp, NOW - 1000);
    struct batch_rules rules = plain_rules;
    rules.validate = true;
    j = judge(&rules, s.data, s.len);
    cr_assert_eq(j.verdict, BATCH_CORRECT);
    cr_assert_eq(j.max_timestamp, NOW - 8);
    batch_patch_timestamps(s.data, s.len, NOW + 2 * HOUR, BATCH_CREATE_TIME);
    j = judge_plain(&s);
    refused(&j, KAFKA_INVALID_TIMESTAMP, true);
}

Test(judge, records_that_do_not_fit_the_scratch_are_too_large)
{
    struct sample s = {0};
    struct batch_builder builder;
    struct batch_rules rules = plain_rules;
    size_t size = 16 * CAPACITY;
    uint8_t *zeros = calloc(1, size), *plain = malloc(2 * size);
    struct compressor *compressor = compressor_new();
    const struct batch_codec codec = {compressor, COMPRESSION_GZIP, 9};
    batch_build_begin(&builder, plain, 2 * size);
    batch_build_add(&builder, NOW, key, (struct blob){zeros, (int32_t)size});
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    len = batch_pack(plain, batch_records(plain, (uint32_t)len), &codec, s.data, CAPACITY);
    cr_assert_gt(len, 0);
    rules.validate = true;
    refused_whole(judge(&rules, s.data, (size_t)len), KAFKA_MESSAGE_TOO_LARGE, false);
    compressor_free(compressor);
    free(zeros);
    free(plain);
}

/* From one codec to another, with a wrong max timestamp on the way; the records must be the same.
 */
static void recode(enum compression from, enum compression to)
{
    struct batch_rules rules = plain_rules;
    struct batch_judgement j;
    struct sample s = sample_of(20), original = sample_of(20), out = {0};
    uint8_t opened[CAPACITY], reopened[CAPACITY];
    struct compressor *compressor = compressor_new();
    const struct batch_scratch scratch = {opened, CAPACITY}, second = {reopened, CAPACITY};
    const struct batch_codec codec = {compressor, to, compress_level_default(to)};
    struct bytes records;
    store_be16(s.data + 21, BATCH_ATTRIBUTE_TRANSACTIONAL | BATCH_ATTRIBUTE_LOG_APPEND_TIME);
    store_be64(s.data + 35, NOW);
    seal(&s);
    pack(&s, from);
    rules.compression = to;
    batch_judge(&rules, (struct bytes){s.data, s.len}, &j);
    cr_assert_eq(j.verdict, from == COMPRESSION_NONE ? BATCH_RECODE : BATCH_OPEN);
    if (j.verdict == BATCH_OPEN)
        batch_judge_open(&rules, s.data, compressor, &scratch, &j);
    cr_assert_eq(j.verdict, BATCH_RECODE);
    cr_assert_eq(batch_recode(s.data, &j, &codec, out.data, 100), ERR_SHORT);
    cr_assert_leq(batch_pack_bound(to, j.records.len), CAPACITY);
    int64_t len = batch_recode(s.data, &j, &codec, out.data, CAPACITY);
    cr_assert_eq(batch_check((struct bytes){out.data, CAPACITY}), len);
    cr_assert_eq(batch_attributes(out.data), to | BATCH_ATTRIBUTE_TRANSACTIONAL);
    cr_assert_eq(batch_max_timestamp(out.data), NOW + 9);
    cr_assert_eq(
        batch_unpack((struct batch_span){out.data, (uint32_t)len}, compressor, &second, &records),
        0);
    cr_assert(bytes_equal(records, batch_records(original.data, original.len)));
    compressor_free(compressor);
}

Test(judge, another_compression_type_recodes_between_all_codecs)
{
    for (int from = 0; from < COMPRESSION_COUNT; from++)
        for (int to = 0; to < COMPRESSION_COUNT; to++)
            if (from != to)
                recode((enum compression)from, (enum compression)to);
}

Test(judge, the_same_compression_type_is_taken_closed)
{
    struct batch_rules rules = plain_rules;
    struct sample s = sample_of(3);
    rules.compression = COMPRESSION_NONE;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
    pack(&s, COMPRESSION_LZ4);
    rules.compression = COMPRESSION_LZ4;
    cr_assert_eq(judge(&rules, s.data, s.len).verdict, BATCH_TAKE);
}

Test(judge, the_limits_hold_for_what_was_recoded)
{
    struct batch_rules rules = plain_rules;
    rules.message_bytes_max = 1000;
    rules.segment_bytes = 900;
    cr_assert_eq(batch_judge_size(&rules, 900), KAFKA_NONE);
    cr_assert_eq(batch_judge_size(&rules, 901), KAFKA_RECORD_LIST_TOO_LARGE);
    cr_assert_eq(batch_judge_size(&rules, 1001), KAFKA_MESSAGE_TOO_LARGE);
}

Test(judge, random_damage_under_a_right_crc_never_crashes)
{
    uint64_t state = 1;
    for (int round = 0; round < 3000; round++) {
        struct batch_rules rules = plain_rules;
        struct sample s = sample_of(4);
        if (round % 2 == 1)
            pack(&s, (enum compression)(1 + round % 4));
        rules.validate = true;
        for (int i = 0; i < 3; i++) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            s.data[BATCH_CRC_START + (state >> 33) % (s.len - BATCH_CRC_START)] =
                (uint8_t)(state >> 25);
        }
        seal(&s);
        struct batch_judgement j = judge(&rules, s.data, s.len);
        cr_assert_neq(j.verdict, BATCH_OPEN);
        cr_assert((j.verdict == BATCH_REFUSE) == (j.error != KAFKA_NONE));
    }
}
