/* The arithmetic helpers, at their edges. */
#include "base/util.h"

#include <criterion/criterion.h>

Test(util, powers_of_two_are_told_from_the_rest)
{
    cr_assert_not(is_power_of_two(0));
    for (unsigned bit = 0; bit < 64; bit++)
        cr_assert(is_power_of_two((uint64_t)1 << bit));
    cr_assert_not(is_power_of_two(3));
    cr_assert_not(is_power_of_two(UINT64_MAX));
}

Test(util, rounds_up_to_a_multiple)
{
    cr_assert_eq(round_up(0, 4096), 0);
    cr_assert_eq(round_up(1, 4096), 4096);
    cr_assert_eq(round_up(4096, 4096), 4096);
    cr_assert_eq(round_up(4097, 4096), 8192);
    cr_assert_eq(round_up(17, 1), 17);
}

Test(util, a_member_leads_to_its_structure)
{
    struct outer {
        char first;
        uint64_t member;
    } outer;
    cr_assert_eq(CONTAINER_OF(&outer.member, struct outer, member), &outer);
}

Test(util, arrays_minima_and_units_are_what_they_say)
{
    int array[7];
    cr_assert_eq(ARRAY_LENGTH(array), 7);
    cr_assert_eq(MIN(3, 4) + MAX(3, 4), 7);
    cr_assert_eq(GIB, (size_t)1 << 30);
    cr_assert_eq(NS_PER_S, 1000 * NS_PER_MS);
    cr_assert_eq(NS_PER_MS, 1000 * NS_PER_US);
}
