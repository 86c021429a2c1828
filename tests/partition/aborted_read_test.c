/* What a reader of committed records is told of aborted transactions, with what it has read. */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "shard_fixture.h"

static struct rig rig;
static struct rig_read r;
static struct aborted_entry *entries;
static uint32_t count;

/* Six batches of one record, in a segment and in memory. */
static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
    rig_append_many(&rig, 0, 4);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
}

static void teardown(void)
{
    free(entries);
    rig_fini(&rig);
}

TestSuite(aborted_read, .init = setup, .fini = teardown);

/* `stable` is the last stable offset when the marker, at `last`, came. */
static void add(int64_t producer, int64_t first, int64_t last, int64_t stable)
{
    const struct aborted_entry entry = {producer, first, last, stable};
    aborted_add(&rig_partition(&rig, 0)->aborted, &entry);
}

static void read_from(int64_t offset)
{
    rig_read(&rig, &r, 0, offset);
    cr_assert_eq(r.read.error, 0);
    free(entries);
    entries = partition_aborted(&r.read, &count);
}

Test(aborted_read, a_log_without_aborts_tells_nothing)
{
    read_from(0);
    cr_assert_gt(r.read.len, 0);
    cr_assert_null(entries);
    cr_assert_eq(count, 0);
}

Test(aborted_read, what_touches_the_batches_read_is_told)
{
    add(1, 0, 1, 2);
    add(2, 2, 3, 4);
    add(3, 4, 5, 6);
    read_from(0);
    cr_assert_eq(count, 2, "the read ends with the segment");
    cr_expect_eq(entries[0].producer_id, 1);
    cr_expect_eq(entries[1].producer_id, 2);
    cr_expect_eq(entries[1].first_offset, 2);
    cr_expect_eq(entries[1].last_offset, 3);
    read_from(2);
    cr_assert_eq(count, 1);
    cr_expect_eq(entries[0].producer_id, 2);
    read_from(4);
    cr_assert_eq(count, 1, "of memory");
    cr_expect_eq(entries[0].producer_id, 3);
}

Test(aborted_read, one_that_begins_behind_what_was_read_is_not)
{
    add(1, 4, 4, 1);
    add(2, 1, 5, 3);
    read_from(0);
    cr_assert_eq(count, 1, "its marker lies behind, but not its records");
    cr_expect_eq(entries[0].producer_id, 2);
    add(3, 3, 6, 7);
    read_from(4);
    cr_assert_eq(count, 3);
}

Test(aborted_read, a_read_that_brings_nothing_tells_nothing)
{
    add(1, 0, 7, 8);
    read_from(6);
    cr_assert_eq(r.read.len, 0);
    cr_assert_null(entries);
    cr_assert_eq(count, 0);
}
