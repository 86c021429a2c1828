/* Records: reading them one by one, building batches, control records. */
#include "protocol/record.h"

#include <criterion/criterion.h>

#include "base/crc32c.h"
#include "base/prng.h"
#include "base/util.h"

TestSuite(record, .init = crc32c_init);

#define NULL_BLOB ((struct blob){NULL, -1})

static struct blob blob(const char *text)
{
    return (struct blob){(const uint8_t *)text, (int32_t)strlen(text)};
}

static bool blob_is(struct blob a, const char *text)
{
    return a.len == (int32_t)strlen(text) && memcmp(a.data, text, strlen(text)) == 0;
}

static struct reader records_of(const uint8_t *batch, int64_t len)
{
    struct reader reader;
    struct bytes records = batch_records(batch, (uint32_t)len);
    reader_init(&reader, records.data, records.len);
    return reader;
}

Test(record, reads_back_what_was_built)
{
    uint8_t buffer[256];
    struct batch_builder builder;
    struct record r;
    batch_build_begin(&builder, buffer, sizeof buffer);
    batch_build_add(&builder, 5000, blob("key"), blob("value"));
    batch_build_add(&builder, 4990, NULL_BLOB, blob(""));
    batch_build_add(&builder, 70000, blob(""), NULL_BLOB);
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    cr_assert_eq(batch_check((struct bytes){buffer, (size_t)len}), len);
    cr_assert_eq(batch_base_timestamp(buffer), 5000);
    cr_assert_eq(batch_max_timestamp(buffer), 70000);
    cr_assert_eq(batch_last_offset_delta(buffer), 2);
    cr_assert_eq(batch_record_count(buffer), 3);
    cr_assert_eq(batch_leader_epoch(buffer), -1);

    struct reader reader = records_of(buffer, len);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert(blob_is(r.key, "key") && blob_is(r.value, "value"));
    cr_assert(r.timestamp_delta == 0 && r.offset_delta == 0 && r.attributes == 0);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert(r.key.len == -1 && r.value.len == 0);
    cr_assert(r.timestamp_delta == -10 && r.offset_delta == 1);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert(r.key.len == 0 && r.value.len == -1);
    cr_assert(r.timestamp_delta == 65000 && r.offset_delta == 2);
    cr_assert_eq(reader_left(&reader), 0);
    cr_assert_eq(record_read(&reader, &r), ERR_SHORT);
}

Test(record, headers_come_back_in_order_with_null_values)
{
    const struct record_header headers[] = {
        {BYTES_LITERAL("trace"), {(const uint8_t *)"abc", 3}},
        {BYTES_LITERAL(""), {NULL, -1}},
        {BYTES_LITERAL("trace"), {(const uint8_t *)"", 0}},
    };
    uint8_t encoded[64], buffer[256];
    struct writer w;
    struct batch_builder builder;
    struct record r;
    writer_init(&w, encoded, sizeof encoded);
    record_headers_write(&w, headers, 3);
    cr_assert_eq(w.error, 0);
    batch_build_begin(&builder, buffer, sizeof buffer);
    batch_build_add_record(&builder, 1, NULL_BLOB, blob("v"),
                           (struct bytes){encoded, writer_len(&w)});
    struct reader reader = records_of(buffer, batch_build_end(&builder, &BATCH_BUILD_PLAIN));
    cr_assert_eq(record_read(&reader, &r), 0);

    struct reader cursor;
    struct record_header h;
    cr_assert_eq(record_headers_begin(&r, &cursor), 3);
    for (int i = 0; i < 3; i++) {
        record_headers_next(&cursor, &h);
        cr_assert(bytes_equal(h.key, headers[i].key));
        cr_assert_eq(h.value.len, headers[i].value.len);
    }
    cr_assert_eq(reader_left(&cursor), 0);
}

Test(record, every_cut_and_every_wrong_length_is_an_error)
{
    /* length 14: attributes, timestamp 1, offset 0, "k", "value", one header "h" without value */
    const uint8_t good[] = {30, 0, 2, 0, 2, 'k', 10, 'v', 'a', 'l', 'u', 'e', 2, 2, 'h', 1};
    struct reader reader;
    struct record r;
    reader_init(&reader, good, sizeof good);
    cr_assert_eq(record_read(&reader, &r), 0);
    for (size_t cut = 0; cut < sizeof good; cut++) {
        reader_init(&reader, good, cut);
        cr_assert_eq(record_read(&reader, &r), ERR_SHORT);
    }
    for (int wrong = -3; wrong <= 3; wrong++) {
        uint8_t bad[sizeof good + 8] = {0};
        memcpy(bad, good, sizeof good);
        bad[0] = (uint8_t)(30 + 2 * wrong);
        reader_init(&reader, bad, sizeof bad);
        cr_assert_eq(record_read(&reader, &r), wrong == 0 ? 0 : ERR_MALFORMED);
    }
}

Test(record, hostile_lengths_are_errors)
{
    const uint8_t cases[][8] = {
        {1},                      /* length -1 */
        {10, 0, 0, 0, 40, 1, 0},  /* key past the end */
        {10, 0, 0, 0, 1, 40, 0},  /* value past the end */
        {12, 0, 0, 0, 1, 1, 3},   /* header count -2 */
        {12, 0, 0, 0, 1, 1, 126}, /* more headers than bytes */
        {14, 0, 0, 0, 1, 1, 2, 1} /* header key null */
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        struct reader reader;
        struct record r;
        reader_init(&reader, cases[i], sizeof cases[i]);
        cr_assert_eq(record_read(&reader, &r), ERR_MALFORMED, "case %zu", i);
        cr_assert_eq(reader_left(&reader), 0);
    }
}

Test(record, a_full_buffer_is_one_error_at_the_end)
{
    uint8_t buffer[128];
    for (size_t capacity = 0; capacity < 76; capacity++) {
        struct batch_builder builder;
        batch_build_begin(&builder, buffer, capacity);
        batch_build_add(&builder, 1, blob("key"), blob("value"));
        cr_assert_eq(batch_build_end(&builder, &BATCH_BUILD_PLAIN), ERR_SHORT);
    }
    struct batch_builder builder;
    batch_build_begin(&builder, buffer, 76);
    batch_build_add(&builder, 1, blob("key"), blob("value"));
    cr_assert_eq(batch_build_end(&builder, &BATCH_BUILD_PLAIN), 76);
}

Test(record, overhead_bounds_the_largest_record)
{
    uint8_t buffer[256];
    struct batch_builder builder;
    batch_build_begin(&builder, buffer, sizeof buffer);
    batch_build_add(&builder, 0, NULL_BLOB, NULL_BLOB);
    size_t before = writer_len(&builder.writer);
    batch_build_add(&builder, INT64_MIN, blob("k"), blob("v"));
    cr_assert_leq(writer_len(&builder.writer) - before, RECORD_OVERHEAD_MAX + 2);
}

Test(record, producer_fields_and_attributes_are_the_callers)
{
    uint8_t buffer[128];
    struct batch_builder builder;
    const struct batch_build_options options = {BATCH_ATTRIBUTE_TRANSACTIONAL, 4000, 7, 12};
    batch_build_begin(&builder, buffer, sizeof buffer);
    batch_build_add(&builder, 1, NULL_BLOB, blob("v"));
    int64_t len = batch_build_end(&builder, &options);
    cr_assert_eq(batch_check((struct bytes){buffer, (size_t)len}), len);
    cr_assert(batch_is_transactional(buffer) && !batch_is_control(buffer));
    cr_assert_eq(batch_producer_id(buffer), 4000);
    cr_assert_eq(batch_producer_epoch(buffer), 7);
    cr_assert_eq(batch_base_sequence(buffer), 12);
}

Test(record, a_copied_builder_returns_to_an_earlier_state)
{
    uint8_t buffer[256];
    struct batch_builder builder;
    batch_build_begin(&builder, buffer, sizeof buffer);
    batch_build_add(&builder, 10, NULL_BLOB, blob("kept"));
    struct batch_builder before = builder;
    batch_build_add(&builder, 99, NULL_BLOB, blob("dropped"));
    builder = before;
    int64_t len = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    cr_assert_eq(batch_check((struct bytes){buffer, (size_t)len}), len);
    cr_assert_eq(batch_record_count(buffer), 1);
    cr_assert_eq(batch_max_timestamp(buffer), 10);
}

Test(record, a_batch_built_like_another_keeps_offsets_and_times_of_what_stays)
{
    uint8_t original[256], copy[256];
    struct batch_builder builder;
    struct record r;
    const struct batch_build_options options = {0, 9, 1, 100};
    batch_build_begin(&builder, original, sizeof original);
    batch_build_add(&builder, 500, blob("a"), blob("1"));
    batch_build_add(&builder, 510, blob("b"), blob("2"));
    batch_build_add(&builder, 520, blob("a"), blob("3"));
    int64_t len = batch_build_end(&builder, &options);
    batch_patch_offset(original, 40);

    struct reader reader = records_of(original, len);
    batch_build_begin_like(&builder, original, copy, sizeof copy);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(record_read(&reader, &r), 0);
        if (i == 1)
            batch_build_keep(&builder, &r);
    }
    len = batch_build_end_like(&builder, original);
    cr_assert_eq(batch_check((struct bytes){copy, (size_t)len}), len);
    cr_assert_eq(batch_base_offset(copy), 40);
    cr_assert_eq(batch_last_offset(copy), 42);
    cr_assert_eq(batch_record_count(copy), 1);
    cr_assert_eq(batch_base_timestamp(copy), 500);
    cr_assert_eq(batch_max_timestamp(copy), 510);
    cr_assert_eq(batch_base_sequence(copy), 100);
    reader = records_of(copy, len);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert(blob_is(r.key, "b") && r.offset_delta == 1 && r.timestamp_delta == 10);
}

Test(record, a_batch_that_lost_all_records_keeps_its_last_offset_and_producer)
{
    uint8_t original[128], copy[BATCH_HEADER_SIZE];
    struct batch_builder builder;
    const struct batch_build_options options = {0, 9, 1, 100};
    batch_build_begin(&builder, original, sizeof original);
    batch_build_add(&builder, 500, blob("a"), blob("1"));
    batch_build_add(&builder, 510, blob("b"), blob("2"));
    cr_assert_gt(batch_build_end(&builder, &options), 0);
    batch_build_begin_like(&builder, original, copy, sizeof copy);
    cr_assert_eq(batch_build_end_like(&builder, original), BATCH_HEADER_SIZE);
    cr_assert_eq(batch_check((struct bytes){copy, sizeof copy}), BATCH_HEADER_SIZE);
    cr_assert_eq(batch_record_count(copy), 0);
    cr_assert_eq(batch_last_offset(copy), 1);
    cr_assert_eq(batch_base_timestamp(copy), -1);
    cr_assert_eq(batch_max_timestamp(copy), 510);
    cr_assert_eq(batch_producer_id(copy), 9);
    cr_assert_eq(batch_base_sequence(copy), 100);
}

Test(record, a_marker_is_kafkas_byte_for_byte)
{
    /* A real abort marker of producer 5000, epoch 2, coordinator epoch 9, at offset 123. */
    const uint8_t kafka[] = {
        0,    0,    0,    0,    0,    0,    0,    0x7b, 0,    0,    0, 0x42, 0, 0,    0,    6,
        2,    0xd7, 0x6b, 0xff, 0xf5, 0,    0x30, 0,    0,    0,    0, 0,    0, 1,    0x8b, 0xcf,
        0xe5, 0x68, 0,    0,    0,    1,    0x8b, 0xcf, 0xe5, 0x68, 0, 0,    0, 0,    0,    0,
        0,    0x13, 0x88, 0,    2,    0xff, 0xff, 0xff, 0xff, 0,    0, 0,    1, 0x20, 0,    0,
        0,    8,    0,    0,    0,    0,    0x0c, 0,    0,    0,    0, 0,    9, 0};
    uint8_t buffer[BATCH_MARKER_SIZE];
    struct record r;
    struct batch_marker marker = {
        .producer_id = 5000,
        .producer_epoch = 2,
        .coordinator_epoch = 9,
        .timestamp = 1700000000000,
    };
    int64_t len = batch_build_marker(buffer, sizeof buffer, &marker);
    batch_patch_offset(buffer, 123);
    batch_patch_leader_epoch(buffer, 6);
    cr_assert_eq(len, sizeof kafka);
    cr_assert_arr_eq(buffer, kafka, sizeof kafka);
    marker.commit = true;
    len = batch_build_marker(buffer, sizeof buffer, &marker);
    struct reader reader = records_of(buffer, len);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert_eq(control_type(&r), CONTROL_COMMIT);
}

Test(record, control_records_of_the_quorum_carry_type_and_value)
{
    uint8_t buffer[128];
    struct record r;
    int64_t len = batch_build_control(buffer, sizeof buffer, CONTROL_LEADER_CHANGE, 7, blob("x"));
    cr_assert(batch_is_control(buffer) && !batch_is_transactional(buffer));
    struct reader reader = records_of(buffer, len);
    cr_assert_eq(record_read(&reader, &r), 0);
    cr_assert_eq(control_type(&r), CONTROL_LEADER_CHANGE);
    cr_assert(blob_is(r.value, "x"));
    r.key = NULL_BLOB;
    cr_assert_eq(control_type(&r), ERR_MALFORMED);
    r.key = blob("abc");
    cr_assert_eq(control_type(&r), ERR_MALFORMED);
}

/* How a record is read, without haste: field by field, by the cursor that everything else uses. */
static struct blob plain_blob(struct reader *r)
{
    int32_t len = read_varint(r);
    if (len < 0)
        return (struct blob){NULL, -1};
    struct bytes bytes = read_bytes(r, (size_t)len);
    return (struct blob){bytes.data, (int32_t)bytes.len};
}

static bool plain_read(struct bytes body, struct record *record)
{
    struct reader r;
    reader_init(&r, body.data, body.len);
    record->attributes = read_u8(&r);
    record->timestamp_delta = read_varint64(&r);
    record->offset_delta = read_varint(&r);
    record->key = plain_blob(&r);
    record->value = plain_blob(&r);
    const uint8_t *headers = r.pos;
    int32_t count = read_varint(&r);
    for (int32_t i = 0; i < count && r.error == 0; i++) {
        if (plain_blob(&r).len < 0)
            return false;
        plain_blob(&r);
    }
    record->headers = (struct bytes){headers, (size_t)(r.pos - headers)};
    return r.error == 0 && count >= 0 && reader_left(&r) == 0;
}

static size_t write_random_record(struct prng *prng, uint8_t *to, size_t room)
{
    static const uint8_t text[300];
    struct writer w;
    writer_init(&w, to, room);
    write_u8(&w, 0);
    write_varint64(&w, (int64_t)(prng_next(prng) >> prng_below(prng, 64)));
    write_varint(&w, (int32_t)(prng_next(prng) >> (33 + prng_below(prng, 31))));
    int32_t headers = (int32_t)prng_below(prng, 3);
    for (int32_t i = -2; i < 2 * headers; i++) {
        int32_t len = (int32_t)prng_below(prng, 200) - 1;
        write_varint(&w, len);
        write_bytes(&w, text, (size_t)MAX(len, 0));
        if (i == -1)
            write_varint(&w, headers);
    }
    return writer_len(&w);
}

Test(record, is_read_as_field_by_field_whatever_the_bytes)
{
    struct prng prng;
    uint8_t body[2048];
    uint8_t whole[2048 + 5];
    int taken = 0;
    prng_init(&prng, 20263);
    for (int round = 0; round < 200000; round++) {
        size_t len = write_random_record(&prng, body, sizeof body);
        for (uint64_t bits = prng_below(&prng, 4); bits > 0; bits--)
            body[prng_below(&prng, MIN(len, (size_t)24))] ^= (uint8_t)(1 << prng_below(&prng, 8));
        if (prng_below(&prng, 8) == 0)
            len = prng_below(&prng, len + 1);
        struct writer w;
        writer_init(&w, whole, sizeof whole);
        write_varint(&w, (int32_t)len);
        write_bytes(&w, body, len);
        struct reader reader;
        reader_init(&reader, whole, writer_len(&w));
        struct record record = {0};
        struct record plain = {0};
        int result = record_read(&reader, &record);
        bool good = plain_read((struct bytes){w.pos - len, len}, &plain);
        cr_assert_eq(result, good ? 0 : ERR_MALFORMED);
        if (!good)
            continue;
        taken++;
        cr_assert_eq(record.timestamp_delta, plain.timestamp_delta);
        cr_assert_eq(record.offset_delta, plain.offset_delta);
        cr_assert_eq(record.attributes, plain.attributes);
        cr_assert(record.key.data == plain.key.data && record.key.len == plain.key.len);
        cr_assert(record.value.data == plain.value.data && record.value.len == plain.value.len);
        cr_assert(bytes_equal(record.headers, plain.headers));
    }
    cr_assert_gt(taken, 50000);
}
