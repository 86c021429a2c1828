/* Runs of whole units. All but the marked tests hold with POOLS_OFF as well. */
#include "base/region.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"

#define UNIT ((size_t)4096)

Test(region, sizes_are_counted_in_whole_units)
{
    struct region *region = region_new(10 * UNIT + 100, UNIT);
    cr_assert_eq(region_unit(region), UNIT);
    cr_assert_eq(region_size(region), 10 * UNIT);
    cr_assert_eq(region_used(region), 0);
    void *small = region_take(region, 1);
    void *two = region_take(region, UNIT + 1);
    cr_assert_eq(region_used(region), 3 * UNIT);
    region_give(region, small, 1);
    region_give(region, two, UNIT + 1);
    cr_assert_eq(region_used(region), 0);
    region_free(region);
}

Test(region, hands_out_all_of_it_and_then_nothing)
{
    enum { UNITS = 130 };
    void *runs[UNITS];
    struct region *region = region_new(UNITS * UNIT, UNIT);
    for (size_t i = 0; i < UNITS; i++) {
        cr_assert_not_null(runs[i] = region_take(region, UNIT));
        cr_assert_eq((uintptr_t)runs[i] % 4096, 0);
        memset(runs[i], (int)i, UNIT);
    }
    cr_assert_null(region_take(region, 1));
    for (size_t i = 0; i < UNITS; i++) {
        cr_assert_eq(((uint8_t *)runs[i])[0], i);
        cr_assert_eq(((uint8_t *)runs[i])[UNIT - 1], i);
        region_give(region, runs[i], UNIT);
    }
    void *whole = region_take(region, UNITS * UNIT);
    cr_assert_not_null(whole, "single units that came back must join again");
    cr_assert_null(region_take(region, 1));
    region_give(region, whole, UNITS * UNIT);
    cr_assert_null(region_take(region, UNITS * UNIT + 1));
    region_free(region);
}

Test(region, an_enormous_size_is_refused)
{
    struct region *region = region_new(4 * UNIT, UNIT);
    void *first = region_take(region, UNIT);
    cr_assert_null(region_take(region, SIZE_MAX));
    cr_assert_null(region_take(region, SIZE_MAX - UNIT));
    cr_assert_eq(region_used(region), UNIT);
    region_give(region, first, UNIT);
    region_free(region);
}

Test(region, a_random_history_never_overlaps_and_counts_exactly)
{
    enum { UNITS = 200, HELD = 64 };
    struct region *region = region_new(UNITS * UNIT, UNIT);
    struct {
        uint8_t *run;
        size_t size;
    } held[HELD] = {0};
    struct prng prng;
    size_t used = 0;
    prng_init(&prng, 7);
    for (int step = 0; step < 20000; step++) {
        size_t at = prng_below(&prng, HELD);
        if (held[at].run == NULL) {
            size_t units = prng_below(&prng, 3) == 0 ? 1 + prng_below(&prng, 20) : 1;
            held[at].size = units * UNIT - prng_below(&prng, UNIT);
            held[at].run = region_take(region, held[at].size);
            if (held[at].run == NULL)
                continue;
            used += units * UNIT;
            memset(held[at].run, (int)at, held[at].size);
        } else {
            size_t size = held[at].size;
            for (size_t i = 0; i < size; i += 512)
                cr_assert_eq(held[at].run[i], at);
            cr_assert_eq(held[at].run[size - 1], at);
            region_give(region, held[at].run, size);
            used -= round_up(size, UNIT);
            held[at].run = NULL;
        }
        cr_assert_eq(region_used(region), used);
    }
    for (size_t i = 0; i < HELD; i++)
        if (held[i].run != NULL)
            region_give(region, held[i].run, held[i].size);
    void *whole = region_take(region, UNITS * UNIT);
    cr_assert_not_null(whole);
    region_give(region, whole, UNITS * UNIT);
    region_free(region);
}

Test(region, free_with_a_run_outside_is_a_programming_error, .signal = SIGABRT)
{
    struct region *region = region_new(4 * UNIT, UNIT);
    region_take(region, UNIT);
    region_free(region);
}

#ifndef POOLS_OFF
Test(region, a_single_unit_that_came_back_last_goes_out_first)
{
    struct region *region = region_new(8 * UNIT, UNIT);
    void *a = region_take(region, UNIT);
    void *b = region_take(region, UNIT);
    region_give(region, a, UNIT);
    region_give(region, b, UNIT);
    cr_assert_eq(region_take(region, UNIT), b);
    cr_assert_eq(region_take(region, UNIT), a);
    region_give(region, a, UNIT);
    region_give(region, b, UNIT);
    region_free(region);
}

Test(region, a_long_run_takes_the_first_gap_that_fits)
{
    uint8_t *runs[5];
    struct region *region = region_new(16 * UNIT, UNIT);
    for (size_t i = 0; i < 5; i++)
        runs[i] = region_take(region, 3 * UNIT);
    region_give(region, runs[1], 3 * UNIT);
    region_give(region, runs[3], 3 * UNIT);
    cr_assert_null(region_take(region, 4 * UNIT));
    cr_assert_eq(region_take(region, 2 * UNIT), runs[1]);
    cr_assert_eq(region_take(region, 3 * UNIT), runs[3]);
    region_give(region, runs[3], 3 * UNIT);
    region_give(region, runs[2], 3 * UNIT);
    cr_assert_eq(region_take(region, 7 * UNIT), runs[1] + 2 * UNIT);
    region_give(region, runs[1] + 2 * UNIT, 7 * UNIT);
    region_give(region, runs[1], 2 * UNIT);
    region_give(region, runs[0], 3 * UNIT);
    region_give(region, runs[4], 3 * UNIT);
    region_free(region);
}

Test(region, a_huge_run_gives_its_pages_back)
{
    size_t size = REGION_DISCARD_BYTES + UNIT;
    struct region *region = region_new(2 * size, UNIT);
    uint8_t *huge = region_take(region, size);
    memset(huge, 0xff, size);
    region_give(region, huge, size);
    cr_assert_eq(region_take(region, size), huge);
    for (size_t i = 0; i < size; i += 64)
        cr_assert_eq(huge[i], 0);
    region_give(region, huge, size);

    uint8_t *smaller = region_take(region, REGION_DISCARD_BYTES);
    memset(smaller, 0xff, REGION_DISCARD_BYTES);
    region_give(region, smaller, REGION_DISCARD_BYTES);
    cr_assert_eq(region_take(region, REGION_DISCARD_BYTES), smaller);
    cr_assert_eq(smaller[0], 0xff, "what is not huge stays resident");
    region_give(region, smaller, REGION_DISCARD_BYTES);
    region_free(region);
}

Test(region, steady_use_calls_no_allocator)
{
    struct region *region = region_new(64 * UNIT, UNIT);
    uint64_t before = mem_allocations();
    for (int i = 0; i < 1000; i++) {
        void *one = region_take(region, UNIT);
        void *many = region_take(region, 5 * UNIT);
        region_give(region, one, UNIT);
        region_give(region, many, 5 * UNIT);
    }
    cr_assert_eq(mem_allocations(), before);
    region_free(region);
}

Test(region, more_single_units_than_the_stack_holds_come_back)
{
    enum { UNITS = 700 };
    void *runs[UNITS];
    struct region *region = region_new(UNITS * UNIT, UNIT);
    for (size_t i = 0; i < UNITS; i++)
        cr_assert_not_null(runs[i] = region_take(region, UNIT));
    for (size_t i = 0; i < UNITS; i++)
        region_give(region, runs[i], UNIT);
    for (size_t i = 0; i < UNITS; i++)
        cr_assert_not_null(runs[i] = region_take(region, UNIT));
    cr_assert_null(region_take(region, UNIT));
    for (size_t i = 0; i < UNITS; i++)
        region_give(region, runs[i], UNIT);
    region_free(region);
}

Test(region, giving_a_run_twice_is_a_programming_error, .signal = SIGABRT)
{
    struct region *region = region_new(16 * UNIT, UNIT);
    region_take(region, 4 * UNIT);
    void *run = region_take(region, 2 * UNIT);
    region_give(region, run, 2 * UNIT);
    region_give(region, run, 2 * UNIT);
}

Test(region, giving_a_unit_that_was_not_taken_is_a_programming_error, .signal = SIGABRT)
{
    struct region *region = region_new(16 * UNIT, UNIT);
    uint8_t *run = region_take(region, UNIT);
    region_give(region, run + 3 * UNIT, UNIT);
}
#endif
