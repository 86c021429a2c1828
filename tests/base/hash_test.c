/* Hashes place partitions on disk-visible owners, so their values are pinned. */
#include "base/hash.h"

#include <criterion/criterion.h>

#include "base/prng.h"
#include "base/util.h"

Test(hash, bytes_hash_to_the_published_xxh3_values)
{
    cr_assert_eq(hash_bytes((struct bytes){0}), 0x2d06800538d394c2);
    cr_assert_eq(hash_bytes(BYTES_LITERAL("")), 0x2d06800538d394c2);
    cr_assert_eq(hash_bytes(BYTES_LITERAL("topic")), hash_bytes(bytes_of_string("topic")));
    cr_assert_neq(hash_bytes(BYTES_LITERAL("topic")), hash_bytes(BYTES_LITERAL("topid")));
}

/* Keys chosen to meet under one secret spread under another. */
Test(hash, who_does_not_know_the_secret_cannot_choose_keys_that_meet)
{
    uint32_t chosen[64];
    uint32_t count = 0;
    for (uint32_t i = 0; count < ARRAY_LENGTH(chosen); i++)
        if ((hash_bytes_keyed((struct bytes){(const uint8_t *)&i, sizeof i}, 1) & 0xff) == 0)
            chosen[count++] = i;
    uint32_t together = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes key = {(const uint8_t *)&chosen[i], sizeof chosen[i]};
        together += (hash_bytes_keyed(key, 2) & 0xff) == 0;
    }
    cr_assert_lt(together, 8, "%u of %u", together, count);
}

/* The inverse of a xor with its own right shift. */
static uint64_t unshift(uint64_t value, unsigned bits)
{
    uint64_t result = value;
    for (unsigned done = bits; done < 64; done += bits)
        result = value ^ (result >> bits);
    return result;
}

/* The inverse of an odd factor modulo 2^64, by Newton's iteration. */
static uint64_t inverse(uint64_t odd)
{
    uint64_t x = odd;
    for (int i = 0; i < 6; i++)
        x *= 2 - odd * x;
    return x;
}

Test(hash, the_integer_mixer_can_be_undone)
{
    struct prng prng;
    prng_init(&prng, 11);
    for (int i = 0; i < 1000; i++) {
        uint64_t value = i < 100 ? (uint64_t)i : prng_next(&prng);
        uint64_t back = unshift(hash_u64(value), 32);
        back = unshift(back * inverse(0x165667b19e3779f9), 29);
        back = unshift(back * inverse(0xc2b2ae3d27d4eb4f), 33);
        cr_assert_eq(back, value);
    }
}

Test(hash, neighbouring_integers_differ_in_about_half_of_the_bits)
{
    for (uint64_t value = 1; value < 5000; value++) {
        int differing = __builtin_popcountll(hash_u64(value) ^ hash_u64(value + 1));
        cr_assert(differing > 8 && differing < 56, "%d bits at %lu", differing, value);
    }
}

Test(hash, low_bits_of_small_integers_spread_evenly)
{
    unsigned slots[64] = {0};
    for (uint64_t value = 0; value < 6400; value++)
        slots[hash_u64(value) % 64]++;
    for (int i = 0; i < 64; i++)
        cr_assert(slots[i] > 50 && slots[i] < 160);
}
