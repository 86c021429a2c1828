/* Which first batches were refused. */
#include "partition/refused.h"

#include <criterion/criterion.h>

#include "partition/partition.h"

static struct refused refused;
static struct partition p = {.index = 3};
static struct partition other = {.index = 4};

static void setup(void)
{
    refused_init(&refused);
}

static void teardown(void)
{
    refused_fini(&refused);
}

TestSuite(refused, .init = setup, .fini = teardown);

static void note(int64_t producer, int16_t epoch, int32_t sequence)
{
    struct producer_batch batch = {
        .producer_id = producer, .epoch = epoch, .first_sequence = sequence};
    refused_note(&refused, &p, &batch);
}

static bool bars_in(const struct partition *where, int64_t producer, int16_t epoch,
                    int32_t sequence)
{
    struct producer_batch batch = {
        .producer_id = producer, .epoch = epoch, .first_sequence = sequence};
    return refused_bars(&refused, where, &batch);
}

static bool bars(int64_t producer, int16_t epoch, int32_t sequence)
{
    return bars_in(&p, producer, epoch, sequence);
}

Test(refused, bars_what_is_later_of_the_same_producer_epoch_and_partition)
{
    note(1, 0, 5);
    cr_assert(bars(1, 0, 6));
    cr_assert_not(bars(1, 0, 5));
    cr_assert_not(bars(1, 0, 0));
    cr_assert_not(bars(1, 1, 6));
    cr_assert_not(bars(2, 0, 6));
    cr_assert_not(bars_in(&other, 1, 0, 6));
}

Test(refused, sequences_wrap)
{
    note(1, 0, INT32_MAX);
    cr_assert(bars(1, 0, 0));
    cr_assert_not(bars(1, 0, INT32_MAX - 1));
}

Test(refused, earliest_batch_of_an_epoch_counts)
{
    note(1, 0, 5);
    note(1, 0, 8);
    cr_assert(bars(1, 0, 8));
    note(1, 0, 3);
    cr_assert(bars(1, 0, 5));
    note(1, 1, 9);
    cr_assert_not(bars(1, 0, 5));
    cr_assert(bars(1, 1, 10));
    cr_assert_eq(refused.count, 1);
}

Test(refused, who_has_begun_is_forgotten)
{
    for (int64_t id = 1; id <= 3; id++)
        note(id, 0, 0);
    refused_forget(&refused, &p, 2);
    refused_forget(&refused, &p, 9);
    refused_forget(&refused, &other, 1);
    cr_assert(bars(1, 0, 1));
    cr_assert_not(bars(2, 0, 1));
    cr_assert(bars(3, 0, 1));
}

Test(refused, oldest_gives_way_when_there_are_too_many)
{
    for (int64_t id = 0; id < REFUSED_MAX + 2; id++)
        note(id, 0, 0);
    cr_assert_eq(refused.count, REFUSED_MAX);
    cr_assert_not(bars(0, 0, 1));
    cr_assert_not(bars(1, 0, 1));
    cr_assert(bars(2, 0, 1));
    cr_assert(bars(REFUSED_MAX + 1, 0, 1));
    refused_forget(&refused, &p, 2);
    note(0, 0, 0);
    for (int64_t id = 3; id < REFUSED_MAX + 2; id++)
        cr_assert(bars(id, 0, 1));
    cr_assert(bars(0, 0, 1));
}
