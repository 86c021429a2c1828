/* Batches in place: accessors, patches, and walking over concatenated ones. */
#include "protocol/batch.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/crc32c.h"
#include "protocol/record.h"

TestSuite(batch, .init = crc32c_init);

/* Written by Kafka's own builder: three records from offset 1000. */
static const char kafka_batch[] =
    "00000000000003e8000000dbffffffff02d256054c0000000000020000018bcfe568000000018bcfe56812"
    "ffffffffffffffffffffffffffff000000034e0000000a6b65792d303872e5900112b81927ba5bb5f67e1b"
    "da28b4049bf0e4aed78db15d7bf2005c0018020a6b65792d314676616c75652031206f6620746865206261"
    "7463682c206e61c3af766520e29c9320616200a2010024040a6b65792d324a76616c75652032206f662074"
    "68652062617463682c206e61c3af766520e29c93206162616204046832063bc2b110d0bad0bbd18ed18720"
    "d0b7d0bdd0b0d187d0b5d0bdd0b8d0b5";

static uint32_t read_hex(const char *hex, uint8_t *out)
{
    uint32_t len = (uint32_t)strlen(hex) / 2;
    for (uint32_t i = 0; i < len; i++) {
        unsigned byte;
        cr_assert_eq(sscanf(hex + 2 * i, "%2x", &byte), 1);
        out[i] = (uint8_t)byte;
    }
    return len;
}

static uint32_t build(uint8_t *buffer, size_t capacity, int32_t records)
{
    struct batch_builder builder;
    batch_build_begin(&builder, buffer, capacity);
    for (int32_t i = 0; i < records; i++)
        batch_build_add(&builder, 1000 + i, (struct blob){NULL, -1},
                        (struct blob){(const uint8_t *)"value", 5});
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    cr_assert_gt(len, 0);
    return (uint32_t)len;
}

Test(batch, reads_the_fields_of_a_batch_that_kafka_wrote)
{
    uint8_t b[512];
    uint32_t len = read_hex(kafka_batch, b);
    cr_assert_eq(batch_size(b), len);
    cr_assert_eq(batch_base_offset(b), 1000);
    cr_assert_eq(batch_last_offset(b), 1002);
    cr_assert_eq(batch_leader_epoch(b), -1);
    cr_assert_eq(batch_magic(b), BATCH_MAGIC);
    cr_assert_eq(batch_compression(b), COMPRESSION_NONE);
    cr_assert_eq(batch_base_timestamp(b), 1700000000000);
    cr_assert_eq(batch_max_timestamp(b), 1700000000018);
    cr_assert_eq(batch_producer_id(b), -1);
    cr_assert_eq(batch_producer_epoch(b), -1);
    cr_assert_eq(batch_base_sequence(b), -1);
    cr_assert_eq(batch_record_count(b), 3);
    cr_assert_eq(batch_records(b, len).len, len - BATCH_HEADER_SIZE);
    cr_assert_eq(batch_check((struct bytes){b, len}), len);
}

Test(batch, tells_each_attribute)
{
    uint8_t b[BATCH_HEADER_SIZE] = {0};
    store_be16(b + 21, COMPRESSION_ZSTD | BATCH_ATTRIBUTE_LOG_APPEND_TIME);
    cr_assert_eq(batch_compression(b), COMPRESSION_ZSTD);
    cr_assert(batch_is_log_append_time(b) && !batch_is_transactional(b) && !batch_is_control(b));
    store_be16(b + 21, BATCH_ATTRIBUTE_TRANSACTIONAL | BATCH_ATTRIBUTE_CONTROL);
    cr_assert(!batch_is_log_append_time(b) && batch_is_transactional(b) && batch_is_control(b));
    cr_assert_not(batch_has_delete_horizon(b));
    store_be16(b + 21, BATCH_ATTRIBUTE_DELETE_HORIZON);
    cr_assert(batch_has_delete_horizon(b));
}

Test(batch, offset_and_leader_epoch_are_patched_under_an_unchanged_crc)
{
    uint8_t b[256];
    uint32_t len = build(b, sizeof b, 2);
    batch_patch_offset(b, INT64_MAX - 1);
    batch_patch_leader_epoch(b, 77);
    cr_assert_eq(batch_base_offset(b), INT64_MAX - 1);
    cr_assert_eq(batch_leader_epoch(b), 77);
    cr_assert_eq(batch_check((struct bytes){b, len}), len);
}

Test(batch, patching_timestamps_redoes_the_crc_and_leaves_the_other_attributes)
{
    uint8_t b[256];
    uint32_t len = build(b, sizeof b, 2);
    store_be16(b + 21, BATCH_ATTRIBUTE_TRANSACTIONAL);
    batch_patch_timestamps(b, len, 5000, BATCH_LOG_APPEND_TIME);
    cr_assert(batch_is_log_append_time(b) && batch_is_transactional(b));
    cr_assert_eq(batch_max_timestamp(b), 5000);
    cr_assert_eq(batch_base_timestamp(b), 1000);
    cr_assert_eq(batch_check((struct bytes){b, len}), len);
    batch_patch_timestamps(b, len, 1001, BATCH_CREATE_TIME);
    cr_assert(!batch_is_log_append_time(b) && batch_is_transactional(b));
    cr_assert_eq(batch_check((struct bytes){b, len}), len);
}

Test(batch, check_tells_a_changed_bit_from_a_cut_and_from_another_magic)
{
    uint8_t b[256];
    uint32_t len = build(b, sizeof b, 1);
    for (uint32_t cut = 0; cut < len; cut++)
        cr_assert_eq(batch_check((struct bytes){b, cut}), ERR_SHORT);
    for (uint32_t at = BATCH_CRC_START; at < len; at++) {
        b[at] ^= 4;
        cr_assert_eq(batch_check((struct bytes){b, len}), ERR_CHECKSUM);
        b[at] ^= 4;
    }
    b[16] = 1;
    cr_assert_eq(batch_check((struct bytes){b, len}), ERR_MALFORMED);
    b[16] = BATCH_MAGIC;
    store_be32(b + 8, (uint32_t)-1);
    cr_assert_eq(batch_check((struct bytes){b, len}), ERR_MALFORMED);
    store_be32(b + 8, BATCH_HEADER_SIZE - BATCH_OVERHEAD - 1);
    cr_assert_eq(batch_check((struct bytes){b, len}), ERR_MALFORMED);
}

Test(batch, next_walks_over_concatenated_batches_to_a_cut_one)
{
    uint8_t log[512];
    uint32_t first = build(log, sizeof log, 1);
    uint32_t second = build(log + first, sizeof log - first, 3);
    struct bytes bytes = {log, first + second};
    struct batch_span span;
    cr_assert_eq(batch_next(bytes, 0, &span), 0);
    cr_assert(span.data == log && span.len == first);
    cr_assert_eq(batch_next(bytes, first, &span), 0);
    cr_assert(span.data == log + first && span.len == second);
    cr_assert_eq(batch_next(bytes, first + second, &span), ERR_NOT_FOUND);
    bytes.len--;
    cr_assert_eq(batch_next(bytes, first, &span), ERR_SHORT);
    bytes.len = first + 20;
    cr_assert_eq(batch_next(bytes, first, &span), ERR_SHORT);
    store_be32(log + first + 8, 0x80000000u);
    bytes.len = first + second;
    cr_assert_eq(batch_next(bytes, first, &span), ERR_MALFORMED);
}

Test(batch, compression_names_are_kafkas)
{
    enum compression compression = COMPRESSION_NONE;
    cr_assert_str_eq(compression_name(COMPRESSION_SNAPPY), "snappy");
    cr_assert(compression_parse(BYTES_LITERAL("zstd"), &compression));
    cr_assert_eq(compression, COMPRESSION_ZSTD);
    cr_assert_not(compression_parse(BYTES_LITERAL("producer"), &compression));
    cr_assert_not(compression_parse(BYTES_LITERAL("gz"), &compression));
}
