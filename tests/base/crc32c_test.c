/* CRC-32C against RFC 3720 and against the definition, bit by bit. */
#include "base/crc32c.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/prng.h"
#include "base/util.h"

#define DATA_SIZE ((size_t)160 * 1024)

static uint8_t *data;

static void open_data(void)
{
    struct prng prng;
    crc32c_init();
    data = malloc(DATA_SIZE);
    prng_init(&prng, 3);
    for (size_t i = 0; i < DATA_SIZE; i++)
        data[i] = (uint8_t)prng_next(&prng);
}

static void close_data(void)
{
    free(data);
}

TestSuite(crc32c, .init = open_data, .fini = close_data);

/* One more byte of the register that the definition shifts. */
static uint32_t step_by_definition(uint32_t state, uint8_t byte)
{
    state ^= byte;
    for (int bit = 0; bit < 8; bit++)
        state = (state >> 1) ^ ((state & 1) != 0 ? 0x82f63b78u : 0);
    return state;
}

static uint32_t crc_by_definition(const uint8_t *bytes, size_t len)
{
    uint32_t state = UINT32_MAX;
    for (size_t i = 0; i < len; i++)
        state = step_by_definition(state, bytes[i]);
    return ~state;
}

Test(crc32c, gives_the_values_of_rfc_3720)
{
    uint8_t zeros[32] = {0};
    uint8_t ones[32];
    uint8_t rising[32];
    uint8_t falling[32];
    memset(ones, 0xff, sizeof ones);
    for (size_t i = 0; i < 32; i++) {
        rising[i] = (uint8_t)i;
        falling[i] = (uint8_t)(31 - i);
    }
    const struct {
        const void *data;
        size_t len;
        uint32_t crc;
    } rows[] = {
        {zeros, 32, 0x8a9136aa},   {ones, 32, 0x62a8ab43},       {rising, 32, 0x46dd794e},
        {falling, 32, 0x113fdb5c}, {"123456789", 9, 0xe3069283}, {"", 0, 0},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        cr_assert_eq(crc32c(0, rows[i].data, rows[i].len), rows[i].crc);
        cr_assert_eq(crc32c_portable(0, rows[i].data, rows[i].len), rows[i].crc);
    }
}

Test(crc32c, both_implementations_follow_the_definition_at_every_length)
{
    uint32_t state = UINT32_MAX;
    for (size_t len = 0; len <= 4096; len++) {
        cr_assert_eq(crc32c(0, data, len), ~state, "length %zu", len);
        cr_assert_eq(crc32c_portable(0, data, len), ~state, "length %zu", len);
        state = step_by_definition(state, data[len]);
    }
}

Test(crc32c, both_implementations_agree_at_every_alignment)
{
    static const size_t lens[] = {0, 1, 7, 8, 9, 31, 255, 767, 768, 769, 1535, 1536, 4095};
    for (size_t offset = 0; offset < 64; offset++)
        for (size_t i = 0; i < ARRAY_LENGTH(lens); i++) {
            uint32_t wanted = crc_by_definition(data + offset, lens[i]);
            cr_assert_eq(crc32c(0, data + offset, lens[i]), wanted);
            cr_assert_eq(crc32c_portable(0, data + offset, lens[i]), wanted);
        }
}

Test(crc32c, large_inputs_cross_the_long_blocks)
{
    static const size_t lens[] = {24575, 24576, 24577, 25344, 49151, 49152, 50000, 131072, 150001};
    for (size_t i = 0; i < ARRAY_LENGTH(lens); i++)
        for (size_t offset = 0; offset < 3; offset++) {
            uint32_t wanted = crc_by_definition(data + offset, lens[i]);
            cr_assert_eq(crc32c(0, data + offset, lens[i]), wanted);
            cr_assert_eq(crc32c_portable(0, data + offset, lens[i]), wanted);
        }
}

Test(crc32c, a_crc_goes_on_where_it_stopped)
{
    struct prng prng;
    uint32_t whole = crc32c(0, data, DATA_SIZE);
    prng_init(&prng, 5);
    for (int round = 0; round < 20; round++) {
        uint32_t crc = 0;
        for (size_t at = 0; at < DATA_SIZE;) {
            size_t wanted = prng_below(&prng, 60000);
            size_t len = MIN(DATA_SIZE - at, wanted);
            crc = (round & 1) != 0 ? crc32c(crc, data + at, len)
                                   : crc32c_portable(crc, data + at, len);
            at += len;
        }
        cr_assert_eq(crc, whole);
    }
}

Test(crc32c, two_crcs_combine_to_that_of_the_whole)
{
    struct prng prng;
    prng_init(&prng, 6);
    for (int round = 0; round < 500; round++) {
        size_t len_a = prng_below(&prng, 3000);
        size_t len_b = prng_below(&prng, 3000);
        uint32_t a = crc32c(0, data, len_a);
        uint32_t b = crc32c(0, data + len_a, len_b);
        cr_assert_eq(crc32c_combine(a, b, len_b), crc32c(0, data, len_a + len_b));
    }
    uint32_t some = crc32c(0, data, 100);
    const size_t lens[] = {1, 255, 256, 65535, 65536, 16777216, 16843009, 4294967295, 4294967296};
    for (size_t i = 0; i < sizeof lens / sizeof lens[0]; i++) {
        size_t half = lens[i] / 2;
        uint32_t twice = crc32c_combine(crc32c_combine(some, 0, half), 0, lens[i] - half);
        cr_assert_eq(crc32c_combine(some, 0, lens[i]), twice);
    }
    cr_assert_eq(crc32c_combine(some, 0, 0), some);
    cr_assert_eq(crc32c_combine(0, some, 100), some);
}

Test(crc32c, a_single_flipped_bit_changes_the_crc)
{
    uint32_t before = crc32c(0, data, 1000);
    for (size_t bit = 0; bit < 8000; bit += 37) {
        data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        cr_assert_neq(crc32c(0, data, 1000), before);
        data[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
}

Test(crc32c, the_instruction_is_used_where_it_exists)
{
    crc32c_init();
#ifdef __x86_64__
    cr_assert_str_eq(crc32c_name(), __builtin_cpu_supports("sse4.2") ? "sse4.2" : "portable");
#else
    cr_assert_str_eq(crc32c_name(), "portable");
#endif
}

Test(crc32c_start, before_init_the_portable_one_serves)
{
    cr_assert_str_eq(crc32c_name(), "portable");
    cr_assert_eq(crc32c(0, "123456789", 9), 0xe3069283);
}
