/* The ring between two cores, on one thread; spsc_stress_test.c is the one on two. */
#include "base/spsc.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/prng.h"
#include "base/util.h"

static void *item_of(uintptr_t number)
{
    return (void *)number; /* only ever compared */
}

Test(spsc, is_empty_at_first)
{
    void *items[4];
    struct spsc *ring = spsc_new(4);
    cr_assert(spsc_empty(ring));
    cr_assert_eq(spsc_pop(ring, items, 4), 0);
    spsc_free(ring);
}

Test(spsc, holds_its_capacity_and_no_more)
{
    void *items[8];
    struct spsc *ring = spsc_new(4);
    for (uintptr_t i = 1; i <= 4; i++)
        cr_assert(spsc_push(ring, item_of(i)));
    cr_assert_not(spsc_push(ring, item_of(5)));
    cr_assert_not(spsc_empty(ring));
    cr_assert_eq(spsc_pop(ring, items, 1), 1);
    cr_assert(spsc_push(ring, item_of(5)));
    cr_assert_not(spsc_push(ring, item_of(6)));
    uint32_t got = spsc_pop(ring, items, 8);
    got += spsc_pop(ring, items + got, 8 - got);
    cr_assert_eq(got, 4);
    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(items[i], item_of(i + 2));
    cr_assert(spsc_empty(ring));
    spsc_free(ring);
}

Test(spsc, a_ring_of_one_works)
{
    void *item;
    struct spsc *ring = spsc_new(1);
    for (uintptr_t i = 1; i < 10; i++) {
        cr_assert(spsc_push(ring, item_of(i)));
        cr_assert_not(spsc_push(ring, item_of(i)));
        cr_assert_eq(spsc_pop(ring, &item, 1), 1);
        cr_assert_eq(item, item_of(i));
    }
    spsc_free(ring);
}

Test(spsc, pops_no_more_than_asked_for)
{
    void *items[3] = {0};
    struct spsc *ring = spsc_new(8);
    for (uintptr_t i = 1; i <= 5; i++)
        spsc_push(ring, item_of(i));
    cr_assert_eq(spsc_pop(ring, items, 2), 2);
    cr_assert_null(items[2]);
    cr_assert_eq(spsc_pop(ring, items, 0), 0);
    cr_assert_eq(spsc_pop(ring, items, 2), 2);
    cr_assert_eq(items[0], item_of(3));
    cr_assert_eq(spsc_pop(ring, items, 2), 1);
    cr_assert_eq(items[0], item_of(5));
    spsc_free(ring);
}

Test(spsc, keeps_the_order_over_many_turns)
{
    struct prng prng;
    struct spsc *ring = spsc_new(16);
    uintptr_t pushed = 0;
    uintptr_t popped = 0;
    prng_init(&prng, 1);
    for (int step = 0; step < 10000; step++) {
        void *items[20];
        for (uint64_t i = prng_below(&prng, 20); i > 0; i--) {
            bool fits = spsc_push(ring, item_of(pushed + 1));
            cr_assert_eq(fits, pushed - popped < 16);
            pushed += fits;
        }
        uint32_t got = spsc_pop(ring, items, (uint32_t)prng_below(&prng, 20));
        for (uint32_t i = 0; i < got; i++)
            cr_assert_eq(items[i], item_of(++popped));
    }
    cr_assert_gt(popped, 50000);
    spsc_free(ring);
}

Test(spsc, a_capacity_that_is_no_power_of_two_is_a_programming_error, .signal = SIGABRT)
{
    spsc_new(12);
}
