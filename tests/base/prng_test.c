/* The generator repeats itself from a seed, and gives the published sequence. */
#include "base/prng.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/util.h"

Test(prng, follows_the_reference_code)
{
    struct prng prng = {{1, 2, 3, 4}};
    static const uint64_t wanted[] = {11520, 0, 1509978240, 1215971899390074240};
    for (size_t i = 0; i < ARRAY_LENGTH(wanted); i++)
        cr_assert_eq(prng_next(&prng), wanted[i]);
}

Test(prng, is_seeded_by_splitmix64)
{
    struct prng prng;
    prng_init(&prng, 0);
    cr_assert_eq(prng.state[0], 0xe220a8397b1dcdaf);
    cr_assert_eq(prng.state[1], 0x6e789e6aa1b965f4);
    cr_assert_eq(prng.state[2], 0x06c45d188009454f);
    cr_assert_eq(prng.state[3], 0xf88bb8a8724c81ec);
}

Test(prng, the_same_seed_gives_the_same_sequence)
{
    struct prng a;
    struct prng b;
    struct prng other;
    prng_init(&a, 42);
    prng_init(&b, 42);
    prng_init(&other, 43);
    unsigned same = 0;
    for (int i = 0; i < 1000; i++) {
        uint64_t value = prng_next(&a);
        cr_assert_eq(value, prng_next(&b));
        same += value == prng_next(&other);
    }
    cr_assert_eq(same, 0);
}

Test(prng, stays_below_the_bound_and_reaches_all_of_it)
{
    struct prng prng;
    unsigned counts[10] = {0};
    prng_init(&prng, 1);
    for (int i = 0; i < 10000; i++) {
        uint64_t value = prng_below(&prng, 10);
        cr_assert_lt(value, 10);
        counts[value]++;
        cr_assert_eq(prng_below(&prng, 1), 0);
    }
    for (int i = 0; i < 10; i++)
        cr_assert(counts[i] > 850 && counts[i] < 1150);
}

Test(prng, a_bound_of_zero_is_a_programming_error, .signal = SIGABRT)
{
    struct prng prng;
    prng_init(&prng, 1);
    prng_below(&prng, 0);
}
