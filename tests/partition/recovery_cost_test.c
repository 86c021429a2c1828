/* What a partition costs a start and a stop, in calls of the file system: with ten thousand of them
 * little else counts. */
#include <criterion/criterion.h>
#include <string.h>

#include "partition/recovery.h"
#include "tests/partition/recovery_fixture.h"

#define FEW 1
#define MANY 11

TestSuite(recovery_cost, .init = setup, .fini = teardown);

static uint64_t calls[VERB_COUNT];

static void add(uint32_t first, uint32_t count)
{
    for (uint32_t i = first; i < count; i++)
        rig_add(&rig, "topic", (int32_t)i, 1);
}

static void fill(uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        rig_append(&rig, i, (struct rig_batch){.records = 10});
}

static void count_start(uint64_t counted[VERB_COUNT])
{
    memset(rig.files.verb_calls, 0, sizeof rig.files.verb_calls);
    start();
    memcpy(counted, rig.files.verb_calls, sizeof rig.files.verb_calls);
}

/* The calls of a start that are each partition's own, as `end` makes the stop before it. */
static void count_partition(void (*end)(void))
{
    uint64_t few[VERB_COUNT];
    add(0, FEW);
    start();
    fill(FEW);
    end();
    count_start(few);
    teardown();
    setup();
    add(0, MANY);
    start();
    fill(MANY);
    end();
    count_start(calls);
    for (size_t i = 0; i < VERB_COUNT; i++) {
        cr_assert_eq((calls[i] - few[i]) % (MANY - FEW), 0, "verb %zu: %lu and %lu", i, few[i],
                     calls[i]);
        calls[i] = (calls[i] - few[i]) / (MANY - FEW);
    }
}

Test(recovery_cost, a_start_after_a_clean_stop_looks_at_each_file_once)
{
    count_partition(stop_cleanly);
    cr_expect_eq(calls[VERB_LIST], 1);
    /* .log, .timeindex, .snapshot, leader-epoch-checkpoint, partition.metadata. */
    cr_expect_eq(calls[VERB_OPEN], 5, "%lu", calls[VERB_OPEN]);
    cr_expect_eq(calls[VERB_INFO], 3, "the sizes of .log, .index and .timeindex, not %lu",
                 calls[VERB_INFO]);
    cr_expect_eq(calls[VERB_WRITE] + calls[VERB_TRUNCATE] + calls[VERB_REMOVE], 0);
}

static void flush_and_crash(void)
{
    rig_flush(&rig);
    rig_crash(&rig);
}

Test(recovery_cost, a_start_after_a_crash_changes_no_partition_that_was_flushed)
{
    count_partition(flush_and_crash);
    cr_expect_eq(calls[VERB_LIST], 1);
    /* .log, partition.metadata and leader-epoch-checkpoint, which may be older than our checkpoint:
     * nothing of the indexes, which are empty. */
    cr_expect_eq(calls[VERB_OPEN], 3, "%lu", calls[VERB_OPEN]);
    cr_expect_eq(calls[VERB_INFO], 3, "%lu", calls[VERB_INFO]);
    cr_expect_eq(calls[VERB_WRITE] + calls[VERB_TRUNCATE] + calls[VERB_REMOVE], 0);
}

Test(recovery_cost, a_start_opens_no_checkpoint_of_a_stream_that_never_was)
{
    start();
    stop_cleanly();
    count_start(calls);
    /* There may be 64. */
    cr_expect_lt(calls[VERB_OPEN], 20, "%lu", calls[VERB_OPEN]);
}

static struct rig_batch sent(int32_t sequence)
{
    struct rig_batch batch = produced(5, sequence);
    batch.timestamp = 1000; /* of zeroes there is no entry in the time index */
    return batch;
}

/* The stop's own work for the partition. */
static uint64_t changes_of_stop(void)
{
    uint64_t before = rig.files.changes;
    cr_assert_eq(recovery_write_final(&rig.files.fs, rig_partition(&rig, 0)), 0);
    return rig.files.changes - before;
}

Test(recovery_cost, a_clean_stop_writes_nothing_for_a_partition_that_was_not_used)
{
    add(0, 1);
    start();
    rig_append(&rig, 0, sent(0));
    stop_cleanly();
    start();
    cr_expect_eq(changes_of_stop(), 0);
    stop_cleanly();
    start();
    cr_assert_eq(outcome_of(0, sent(0)), APPEND_DUPLICATE, "the snapshot is still there");
    rig_append(&rig, 0, sent(1));
    rig_flush(&rig);
    cr_expect_gt(changes_of_stop(), 0);
    stop_cleanly();
    start();
    cr_assert_eq(outcome_of(0, sent(1)), APPEND_DUPLICATE);
}

Test(recovery_cost, a_clean_stop_writes_the_producers_anew_when_some_were_forgotten)
{
    add(0, 1);
    start();
    rig_append(&rig, 0, sent(0));
    stop_cleanly();
    start();
    struct partition *p = rig_partition(&rig, 0);
    p->producer_limits = (struct producer_limits){.idle_ms = 1000, .check_ms = 1};
    partition_forget_idle_producers(p);
    rig_advance(&rig, 5000);
    partition_forget_idle_producers(p);
    cr_assert_eq(producers_count(p->producers), 0);
    cr_expect_gt(changes_of_stop(), 0);
}

/* Its own structures, without names and the image's entries; these are some 300 bytes more. */
Test(recovery_cost, a_partition_that_rests_holds_little_memory)
{
    add(0, 1);
    start();
    rig_append(&rig, 0, (struct rig_batch){.records = 10});
    rig_flush(&rig);
    const struct partition *p = rig_partition(&rig, 0);
    size_t bytes = sizeof *p + p->segments.count * sizeof(struct segment) +
                   p->pending.capacity * sizeof *p->pending.ring +
                   p->epochs.count * sizeof *p->epochs.entries;
    cr_assert_eq(p->segments.count, 1);
    cr_expect_leq(bytes, 1280, "%zu", bytes);
}
