/* The ring of pending batches. */
#include "partition/partition.h"

#include <criterion/criterion.h>

#include "base/mem.h"

static struct pending ring;

static void teardown(void)
{
    mem_free(ring.ring);
}

TestSuite(pending, .fini = teardown);

/* Batch `i` holds the offsets 10 i to 10 i + 4: there is a gap behind it. */
static struct pending_batch batch_of(int64_t i)
{
    return (struct pending_batch){.base_offset = 10 * i, .last_offset = 10 * i + 4};
}

static void push(int64_t from, int64_t to)
{
    for (int64_t i = from; i < to; i++) {
        struct pending_batch batch = batch_of(i);
        pending_push(&ring, &batch);
    }
}

static void expect(int64_t from, int64_t to)
{
    cr_assert_eq(ring.count, to - from);
    for (uint32_t i = 0; i < ring.count; i++)
        cr_assert_eq(pending_at(&ring, i)->base_offset, 10 * (from + i));
}

Test(pending, keeps_its_order_while_it_grows)
{
    push(0, 1000);
    expect(0, 1000);
}

Test(pending, keeps_its_order_when_it_grows_in_the_middle_of_a_lap)
{
    push(0, 16);
    pending_pop_front(&ring, 10);
    push(16, 26);
    cr_assert_eq(ring.capacity, 16);
    expect(10, 26);
    push(26, 27);
    cr_assert_eq(ring.capacity, 32);
    expect(10, 27);
}

Test(pending, both_ends_may_be_taken_off)
{
    push(0, 20);
    pending_pop_front(&ring, 0);
    pending_pop_front(&ring, 5);
    pending_pop_back(&ring);
    pending_pop_back(&ring);
    expect(5, 18);
    pending_pop_front(&ring, 13);
    cr_assert_eq(ring.count, 0);
}

Test(pending, finds_the_first_batch_that_ends_at_or_behind_an_offset)
{
    cr_assert_eq(pending_find(&ring, 0), 0);
    push(0, 40);
    pending_pop_front(&ring, 30);
    push(40, 55);
    for (int64_t offset = 300; offset < 550; offset++) {
        int64_t batch = offset % 10 <= 4 ? offset / 10 : offset / 10 + 1;
        cr_assert_eq(pending_find(&ring, offset), batch - 30, "%lld", (long long)offset);
    }
    cr_assert_eq(pending_find(&ring, 0), 0);
    cr_assert_eq(pending_find(&ring, 545), ring.count);
}

Test(pending, steady_load_allocates_nothing)
{
    push(0, 16);
    uint64_t before = mem_allocations();
    for (int64_t i = 16; i < 1000; i++) {
        pending_pop_front(&ring, 1);
        push(i, i + 1);
    }
    cr_assert_eq(mem_allocations(), before);
    expect(984, 1000);
}
