/* Slices, and the sticky cursors: what they read and write, and how they fail. */
#include "base/bytes.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/prng.h"
#include "base/util.h"

/* A copy of exactly `len` bytes on the heap, so that ASan sees the first byte outside. */
static uint8_t *exact_copy(const void *data, size_t len)
{
    uint8_t *copy = malloc(len == 0 ? 1 : len);
    memcpy(copy, data, len);
    return copy;
}

Test(bytes, equality_is_of_length_and_content)
{
    struct bytes none = {0};
    cr_assert(bytes_equal(none, BYTES_LITERAL("")));
    cr_assert(bytes_equal(BYTES_LITERAL("abc"), bytes_of_string("abc")));
    cr_assert_not(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("abd")));
    cr_assert_not(bytes_equal(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")));
}

Test(bytes, order_is_bytewise_and_a_prefix_comes_first)
{
    struct bytes none = {0};
    cr_assert_eq(bytes_compare(none, none), 0);
    cr_assert_lt(bytes_compare(none, BYTES_LITERAL("a")), 0);
    cr_assert_lt(bytes_compare(BYTES_LITERAL("ab"), BYTES_LITERAL("abc")), 0);
    cr_assert_gt(bytes_compare(BYTES_LITERAL("abc"), BYTES_LITERAL("ab")), 0);
    cr_assert_lt(bytes_compare(BYTES_LITERAL("b"), BYTES_LITERAL("\xff")), 0);
    cr_assert_eq(bytes_compare(BYTES_LITERAL("same"), BYTES_LITERAL("same")), 0);
}

Test(bytes, fixed_widths_are_big_endian)
{
    static const uint8_t data[] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    uint8_t copy[sizeof data];
    struct reader r;
    reader_init(&r, data, sizeof data);
    cr_assert_eq(read_u8(&r), 0x01);
    cr_assert_eq(read_be16(&r), 0x0203);
    cr_assert_eq(read_be32(&r), 0x04050607);
    cr_assert_eq(read_be64(&r), 0x08090a0b0c0d0e0f);
    cr_assert_eq(r.error, 0);
    cr_assert_eq(reader_left(&r), 0);

    struct writer w;
    writer_init(&w, copy, sizeof copy);
    write_u8(&w, 0x01);
    write_be16(&w, 0x0203);
    write_be32(&w, 0x04050607);
    write_be64(&w, 0x08090a0b0c0d0e0f);
    cr_assert_eq(w.error, 0);
    cr_assert_eq(writer_len(&w), sizeof copy);
    cr_assert_arr_eq(copy, data, sizeof data);
}

Test(bytes, slices_copies_and_skips_follow_each_other)
{
    struct reader r;
    char copied[3];
    reader_init(&r, "one-two-three", 13);
    cr_assert(bytes_equal(read_bytes(&r, 3), BYTES_LITERAL("one")));
    read_skip(&r, 1);
    read_copy(&r, copied, 3);
    cr_assert_arr_eq(copied, "two", 3);
    cr_assert_eq(read_bytes(&r, 0).len, 0);
    cr_assert_eq(reader_left(&r), 6);
    cr_assert_eq(r.error, 0);
}

Test(bytes, a_short_read_fails_for_good_and_leaves_nothing)
{
    uint8_t *data = exact_copy("\1\2\3", 3);
    struct reader r;
    reader_init(&r, data, 3);
    cr_assert_eq(read_be32(&r), 0);
    cr_assert_eq(r.error, ERR_SHORT);
    cr_assert_eq(r.pos, r.end);
    cr_assert_eq(read_u8(&r), 0, "the bytes that are there must not be read after a failure");
    cr_assert_eq(read_be16(&r), 0);
    cr_assert_eq(read_be64(&r), 0);
    cr_assert_eq(read_uvarint(&r), 0);
    cr_assert_eq(read_uvarint64(&r), 0);
    cr_assert_eq(read_varint(&r), 0);
    cr_assert_eq(read_varint64(&r), 0);
    cr_assert_eq(read_bytes(&r, 1).len, 0);
    cr_assert_eq(r.error, ERR_SHORT);
    free(data);
}

Test(bytes, every_fixed_width_fails_one_byte_short)
{
    for (size_t width = 1; width <= 8; width *= 2) {
        uint8_t *data = exact_copy("\xff\xff\xff\xff\xff\xff\xff", width - 1);
        struct reader r;
        reader_init(&r, data, width - 1);
        uint64_t value = width == 1   ? read_u8(&r)
                         : width == 2 ? read_be16(&r)
                         : width == 4 ? read_be32(&r)
                                      : read_be64(&r);
        cr_assert_eq(value, 0);
        cr_assert_eq(r.error, ERR_SHORT);
        free(data);
    }
}

Test(bytes, the_first_error_is_kept)
{
    struct reader r;
    reader_init(&r, "abc", 3);
    cr_assert_eq(reader_fail(&r, ERR_MALFORMED), ERR_MALFORMED);
    cr_assert_eq(reader_fail(&r, ERR_UNSUPPORTED), ERR_MALFORMED);
    cr_assert_eq(read_u8(&r), 0);
    cr_assert_eq(r.error, ERR_MALFORMED);
    cr_assert_eq(reader_left(&r), 0);
}

Test(bytes, an_enormous_length_is_short_not_an_overflow)
{
    struct reader r;
    reader_init(&r, "abc", 3);
    cr_assert_eq(read_bytes(&r, SIZE_MAX).len, 0);
    cr_assert_eq(r.error, ERR_SHORT);
    reader_init(&r, "abc", 3);
    read_skip(&r, SIZE_MAX - 1);
    cr_assert_eq(r.error, ERR_SHORT);
}

Test(bytes, a_failed_copy_reads_as_zeros)
{
    struct reader r;
    uint8_t copied[4] = {9, 9, 9, 9};
    reader_init(&r, "abc", 3);
    read_copy(&r, copied, 4);
    cr_assert_arr_eq(copied, "\0\0\0\0", 4);
    cr_assert_eq(r.error, ERR_SHORT);
}

Test(bytes, an_empty_reader_may_lie_nowhere)
{
    struct reader r;
    reader_init(&r, NULL, 0);
    cr_assert_eq(reader_left(&r), 0);
    cr_assert_eq(read_bytes(&r, 0).len, 0);
    cr_assert_eq(r.error, 0);
    cr_assert_eq(read_u8(&r), 0);
    cr_assert_eq(r.error, ERR_SHORT);
}

static const struct {
    uint64_t value;
    struct bytes encoded;
} uvarints[] = {
    {0, {(const uint8_t *)"\x00", 1}},
    {1, {(const uint8_t *)"\x01", 1}},
    {127, {(const uint8_t *)"\x7f", 1}},
    {128, {(const uint8_t *)"\x80\x01", 2}},
    {300, {(const uint8_t *)"\xac\x02", 2}},
    {16383, {(const uint8_t *)"\xff\x7f", 2}},
    {16384, {(const uint8_t *)"\x80\x80\x01", 3}},
    {UINT32_MAX, {(const uint8_t *)"\xff\xff\xff\xff\x0f", 5}},
    {(uint64_t)1 << 32, {(const uint8_t *)"\x80\x80\x80\x80\x10", 5}},
    {UINT64_MAX, {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 10}},
};

Test(bytes, unsigned_varints_are_leb128)
{
    for (size_t i = 0; i < ARRAY_LENGTH(uvarints); i++) {
        uint64_t value = uvarints[i].value;
        struct bytes encoded = uvarints[i].encoded;
        uint8_t data[16];
        struct writer w;
        struct reader r;
        writer_init(&w, data, sizeof data);
        write_uvarint64(&w, value);
        cr_assert(bytes_equal((struct bytes){data, writer_len(&w)}, encoded));
        cr_assert_eq(uvarint_size(value), encoded.len);
        reader_init(&r, encoded.data, encoded.len);
        cr_assert_eq(read_uvarint64(&r), value);
        cr_assert(r.error == 0 && reader_left(&r) == 0);
        if (value > UINT32_MAX)
            continue;
        writer_init(&w, data, sizeof data);
        write_uvarint(&w, (uint32_t)value);
        cr_assert(bytes_equal((struct bytes){data, writer_len(&w)}, encoded));
        reader_init(&r, encoded.data, encoded.len);
        cr_assert_eq(read_uvarint(&r), value);
        cr_assert(r.error == 0 && reader_left(&r) == 0);
    }
}

Test(bytes, signed_varints_are_zigzag)
{
    static const struct {
        int64_t value;
        uint64_t zigzag;
    } rows[] = {
        {0, 0},
        {-1, 1},
        {1, 2},
        {-2, 3},
        {63, 126},
        {-64, 127},
        {64, 128},
        {INT32_MAX, UINT32_MAX - 1},
        {INT32_MIN, UINT32_MAX},
        {INT64_MAX, UINT64_MAX - 1},
        {INT64_MIN, UINT64_MAX},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        uint8_t data[16];
        struct writer w;
        struct reader r;
        writer_init(&w, data, sizeof data);
        write_varint64(&w, rows[i].value);
        cr_assert_eq(writer_len(&w), varint_size(rows[i].value));
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq(read_uvarint64(&r), rows[i].zigzag);
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq(read_varint64(&r), rows[i].value);
        if (rows[i].value < INT32_MIN || rows[i].value > INT32_MAX)
            continue;
        writer_init(&w, data, sizeof data);
        write_varint(&w, (int32_t)rows[i].value);
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq(read_varint(&r), rows[i].value);
        cr_assert(r.error == 0 && reader_left(&r) == 0);
    }
}

Test(bytes, a_varint_that_overflows_is_malformed)
{
    static const struct bytes narrow[] = {
        {(const uint8_t *)"\xff\xff\xff\xff\x10", 5},
        {(const uint8_t *)"\xff\xff\xff\xff\x7f", 5},
        {(const uint8_t *)"\x80\x80\x80\x80\x80", 5},
        {(const uint8_t *)"\x80\x80\x80\x80\x80\x00", 6},
    };
    static const struct bytes wide[] = {
        {(const uint8_t *)"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02", 10},
        {(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80", 10},
        {(const uint8_t *)"\x80\x80\x80\x80\x80\x80\x80\x80\x80\x81\x00", 11},
    };
    struct reader r;
    for (size_t i = 0; i < ARRAY_LENGTH(narrow); i++) {
        reader_init(&r, narrow[i].data, narrow[i].len);
        cr_assert_eq(read_uvarint(&r), 0);
        cr_assert_eq(r.error, ERR_MALFORMED);
        cr_assert_eq(reader_left(&r), 0);
    }
    for (size_t i = 0; i < ARRAY_LENGTH(wide); i++) {
        reader_init(&r, wide[i].data, wide[i].len);
        cr_assert_eq(read_uvarint64(&r), 0);
        cr_assert_eq(r.error, ERR_MALFORMED);
    }
}

Test(bytes, a_varint_that_ends_early_is_short)
{
    for (size_t i = 0; i < ARRAY_LENGTH(uvarints); i++)
        for (size_t len = 0; len < uvarints[i].encoded.len; len++) {
            uint8_t *data = exact_copy(uvarints[i].encoded.data, len);
            struct reader r;
            reader_init(&r, data, len);
            cr_assert_eq(read_uvarint64(&r), 0);
            cr_assert_eq(r.error, ERR_SHORT);
            free(data);
        }
}

Test(bytes, padded_varints_are_read_as_kafka_reads_them)
{
    struct reader r;
    reader_init(&r, "\x81\x80\x00", 3);
    cr_assert_eq(read_uvarint(&r), 1);
    cr_assert(r.error == 0 && reader_left(&r) == 0);
}

Test(bytes, random_varints_survive_a_round_trip)
{
    struct prng prng;
    prng_init(&prng, 1);
    for (int i = 0; i < 20000; i++) {
        uint64_t value = prng_next(&prng) >> prng_below(&prng, 64);
        uint8_t data[10];
        struct writer w;
        struct reader r;
        writer_init(&w, data, sizeof data);
        write_varint64(&w, (int64_t)value);
        cr_assert_eq(writer_len(&w), varint_size((int64_t)value));
        reader_init(&r, data, writer_len(&w));
        cr_assert_eq((uint64_t)read_varint64(&r), value);
        cr_assert(r.error == 0 && reader_left(&r) == 0);
    }
}

Test(bytes, a_full_writer_fails_for_good_and_writes_nothing_more)
{
    uint8_t data[4] = {7, 7, 7, 7};
    struct writer w;
    writer_init(&w, data, 3);
    write_be16(&w, 0x0102);
    write_be16(&w, 0x0304);
    cr_assert_eq(w.error, ERR_SHORT);
    cr_assert_eq(w.pos, w.end);
    write_u8(&w, 5);
    write_uvarint(&w, 5);
    write_varint64(&w, -5);
    write_bytes(&w, "x", 1);
    cr_assert_null(write_gap(&w, 1));
    cr_assert_null(write_gap(&w, 0));
    cr_assert_eq(writer_len(&w), 2);
    cr_assert_arr_eq(data, "\1\2\7\7", 4);
    cr_assert_eq(w.error, ERR_SHORT);
}

Test(bytes, a_varint_that_does_not_fit_leaves_no_part)
{
    uint8_t data[3] = {7, 7, 7};
    struct writer w;
    writer_init(&w, data, 2);
    write_uvarint(&w, 16384);
    cr_assert_eq(w.error, ERR_SHORT);
    cr_assert_eq(writer_len(&w), 0);
    cr_assert_arr_eq(data, "\7\7\7", 3);
}

Test(bytes, a_gap_is_filled_in_afterwards)
{
    uint8_t data[6];
    struct writer w;
    writer_init(&w, data, sizeof data);
    uint8_t *gap = write_gap(&w, 4);
    write_bytes(&w, "ab", 2);
    write_bytes(&w, NULL, 0);
    cr_assert_eq(w.error, 0);
    store_be32(gap, (uint32_t)(writer_len(&w) - 4));
    cr_assert_arr_eq(data, "\0\0\0\2ab", 6);
}

Test(bytes, loads_and_stores_need_no_alignment)
{
    uint8_t data[9] = {0};
    store_be16(data + 1, 0x1122);
    cr_assert_eq(load_be16(data + 1), 0x1122);
    store_be32(data + 1, 0x11223344);
    cr_assert_eq(load_be32(data + 1), 0x11223344);
    cr_assert_eq(data[1], 0x11);
    store_be64(data + 1, 0x1122334455667788);
    cr_assert_eq(load_be64(data + 1), 0x1122334455667788);
    cr_assert_eq(data[8], 0x88);
}
