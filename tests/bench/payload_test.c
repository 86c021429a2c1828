/* Keys and values, and that every changed byte shows. */
#include "bench/load/payload.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/util.h"

static const struct stamp stamp = {.run = 77, .sequence = 5, .time_ns = 123456789, .lane = 3};

Test(payload, a_stamp_reads_back)
{
    struct payload *payload = payload_new(PAYLOAD_RANDOM);
    uint8_t value[100];
    struct stamp read;
    payload_write(payload, &stamp, value, sizeof value);
    cr_assert(payload_stamp((struct bytes){value, sizeof value}, &read));
    cr_assert_eq(read.run, 77);
    cr_assert_eq(read.sequence, 5);
    cr_assert_eq(read.time_ns, 123456789);
    cr_assert_eq(read.lane, 3);
    payload_free(payload);
}

Test(payload, any_altered_byte_behind_the_stamp_is_seen)
{
    for (int pattern = 0; pattern < PAYLOAD_COUNT; pattern++) {
        struct payload *payload = payload_new((enum bench_payload)pattern);
        uint8_t value[300];
        struct bytes bytes = {value, sizeof value};
        payload_write(payload, &stamp, value, sizeof value);
        cr_assert(payload_verify(payload, bytes));
        for (size_t i = STAMP_BYTES; i < sizeof value; i++) {
            value[i] ^= 1;
            cr_assert_not(payload_verify(payload, bytes), "byte %zu of pattern %d", i, pattern);
            value[i] ^= 1;
        }
        payload_free(payload);
    }
}

Test(payload, a_body_of_another_record_is_seen)
{
    struct payload *payload = payload_new(PAYLOAD_RANDOM);
    struct stamp next = stamp;
    uint8_t value[300];
    uint8_t other[300];
    next.sequence++;
    payload_write(payload, &stamp, value, sizeof value);
    payload_write(payload, &next, other, sizeof other);
    memcpy(value + STAMP_BYTES, other + STAMP_BYTES, sizeof value - STAMP_BYTES);
    cr_assert_not(payload_verify(payload, (struct bytes){value, sizeof value}));
    payload_free(payload);
}

Test(payload, large_values_verify_whatever_pattern_the_reader_has)
{
    struct payload *writer = payload_new(PAYLOAD_TEXT);
    struct payload *reader = payload_new(PAYLOAD_ZEROS);
    static uint8_t value[MIB];
    payload_write(writer, &stamp, value, sizeof value);
    cr_assert(payload_verify(reader, (struct bytes){value, sizeof value}));
    value[sizeof value - 1] ^= 0x80;
    cr_assert_not(payload_verify(reader, (struct bytes){value, sizeof value}));
    payload_free(writer);
    payload_free(reader);
}

Test(payload, a_short_value_has_no_stamp)
{
    struct payload *payload = payload_new(PAYLOAD_TEXT);
    uint8_t value[STAMP_BYTES - 1];
    struct stamp read;
    payload_write(payload, &stamp, value, sizeof value);
    cr_assert_not(payload_stamp((struct bytes){value, sizeof value}, &read));
    cr_assert_not(payload_verify(payload, (struct bytes){value, sizeof value}));
    payload_free(payload);
}

Test(payload, keys_follow_their_pattern)
{
    uint8_t a[KEY_BYTES];
    uint8_t b[KEY_BYTES];
    payload_write_key(KEY_SEQUENTIAL, 255, 9, a);
    cr_assert_arr_eq(a, "00000000000000ff", KEY_BYTES);
    payload_write_key(KEY_RANDOM, 255, 9, a);
    cr_assert_arr_eq(a, "0000000000000009", KEY_BYTES);
    payload_write_key(KEY_RANDOM, 255, 0x0123456789abcdefu, a);
    cr_assert_arr_eq(a, "0123456789abcdef", KEY_BYTES);
    payload_write_key(KEY_RANDOM, 255, 0xfedcba9876543210u, a);
    cr_assert_arr_eq(a, "fedcba9876543210", KEY_BYTES);
    payload_write_key(KEY_FIXED, 1, 1, a);
    payload_write_key(KEY_FIXED, 2, 2, b);
    cr_assert_arr_eq(a, b, KEY_BYTES);
}
