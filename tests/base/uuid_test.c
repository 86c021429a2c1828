/* Ids and their text as Kafka prints it. */
#include "base/uuid.h"

#include <criterion/criterion.h>

#include "base/prng.h"
#include "base/util.h"

static struct uuid uuid_of(uint64_t high, uint64_t low)
{
    struct uuid id;
    store_be64(id.bytes, high);
    store_be64(id.bytes + 8, low);
    return id;
}

static const struct {
    uint64_t high;
    uint64_t low;
    const char *text;
} samples[] = {
    {0, 0, "AAAAAAAAAAAAAAAAAAAAAA"},
    {0, 1, "AAAAAAAAAAAAAAAAAAAAAQ"},
    {UINT64_MAX, UINT64_MAX, "_____________________w"},
    {0x0001020304050607, 0x08090a0b0c0d0e0f, "AAECAwQFBgcICQoLDA0ODw"},
    {0xfbf0000000000000, 0, "-_AAAAAAAAAAAAAAAAAAAA"},
};

Test(uuid, prints_as_url_safe_base64_without_padding)
{
    for (size_t i = 0; i < ARRAY_LENGTH(samples); i++) {
        char text[UUID_TEXT_LEN + 1];
        cr_assert_str_eq(uuid_print(uuid_of(samples[i].high, samples[i].low), text),
                         samples[i].text);
    }
}

Test(uuid, parses_what_it_prints)
{
    struct prng prng;
    prng_init(&prng, 2);
    for (int i = 0; i < 1000; i++) {
        char text[UUID_TEXT_LEN + 1];
        struct uuid id = uuid_of(prng_next(&prng), prng_next(&prng));
        struct uuid back;
        cr_assert_eq(uuid_parse(bytes_of_string(uuid_print(id, text)), &back), 0);
        cr_assert(uuid_equal(id, back));
    }
}

Test(uuid, refuses_every_text_that_is_not_one)
{
    static const struct bytes texts[] = {
        BYTES_LITERAL(""),
        BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAAA=="),
        BYTES_LITERAL("AAAAAAAAAA+AAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAA/AAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAA AAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAA\0AAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAA\xffxAAAAAAAAAA"),
        BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAAB"),
        BYTES_LITERAL("AAAAAAAAAAAAAAAAAAAAAP"),
    };
    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++) {
        struct uuid id = uuid_of(1, 2);
        cr_assert_eq(uuid_parse(texts[i], &id), ERR_MALFORMED, "text %zu", i);
        cr_assert(uuid_equal(id, uuid_of(1, 2)), "a refused text leaves the id alone");
    }
}

Test(uuid, a_random_id_is_of_version_4_and_no_text_starts_with_a_dash)
{
    struct prng prng;
    char text[UUID_TEXT_LEN + 1];
    prng_init(&prng, 3);
    for (uint64_t first = 0; first < 256; first++)
        for (int i = 0; i < 20; i++) {
            uint64_t high = first << 56 | prng_next(&prng) >> 8;
            struct uuid id = uuid_from_random(high, prng_next(&prng));
            cr_assert_eq(id.bytes[6] >> 4, 4);
            cr_assert_eq(id.bytes[8] >> 6, 2);
            cr_assert_neq(uuid_print(id, text)[0], '-');
        }
}

Test(uuid, a_random_id_is_never_one_that_kafka_reserves)
{
    static const uint64_t extremes[] = {0, 1, UINT64_MAX, (uint64_t)1 << 63};
    for (size_t i = 0; i < ARRAY_LENGTH(extremes); i++)
        for (size_t j = 0; j < ARRAY_LENGTH(extremes); j++) {
            struct uuid id = uuid_from_random(extremes[i], extremes[j]);
            cr_assert_not(uuid_is_zero(id));
            cr_assert_not(uuid_equal(id, uuid_of(0, 1)));
        }
}

Test(uuid, the_random_bits_are_kept)
{
    struct uuid id = uuid_from_random(0x1122334455667788, 0x1122334455667788);
    cr_assert(uuid_equal(id, uuid_of(0x1122334455664788, 0x9122334455667788)));
    struct uuid dash = uuid_from_random(0xf8000000000000ff, 0);
    cr_assert(uuid_equal(dash, uuid_of(0x78000000000040ff, (uint64_t)1 << 63)));
}

Test(uuid, zero_is_zero_in_all_bytes)
{
    cr_assert(uuid_is_zero(uuid_of(0, 0)));
    for (size_t i = 0; i < 16; i++) {
        struct uuid id = {{0}};
        id.bytes[i] = 1;
        cr_assert_not(uuid_is_zero(id));
    }
}

Test(uuid, the_hash_depends_on_both_halves_and_their_order)
{
    cr_assert_eq(uuid_hash(uuid_of(1, 2)), uuid_hash(uuid_of(1, 2)));
    cr_assert_neq(uuid_hash(uuid_of(1, 2)), uuid_hash(uuid_of(2, 1)));
    cr_assert_neq(uuid_hash(uuid_of(1, 2)), uuid_hash(uuid_of(1, 3)));
    cr_assert_neq(uuid_hash(uuid_of(5, 5)), uuid_hash(uuid_of(6, 6)));
}
