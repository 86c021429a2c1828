/*
 * A start and a stop in which one call to the file system fails, each in its turn, or all from one
 * on: it is refused or a partition is offline, and the next start finds everything.
 */
#include <criterion/criterion.h>

#include "base/util.h"
#include "tests/partition/recovery_fixture.h"

TestSuite(io_faults, .init = setup, .fini = teardown);

enum ending { CRASHED, STOPPED, HANDED_OVER };

static const int64_t ends[] = {10, 5, 4, 0};

static void trimmed(struct partition_trim *trim)
{
    cr_assert_eq(trim->error, 0);
}

/* Four partitions: with several segments and producers, trimmed, small, and empty. */
static void prepare(enum ending ending)
{
    struct partition_trim trim = {.offset = 3, .done = trimmed};
    rig.limits.segment_bytes = 300;
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    rig_add(&rig, "other", 0, 1);
    rig_add(&rig, "other", 1, 1);
    start();
    for (int32_t i = 0; i < 4; i++) {
        cr_assert_eq(outcome_of(0, produced(7, i)), APPEND_DONE);
        rig_append(&rig, 1, (struct rig_batch){0});
        rig_flush(&rig);
    }
    trim.partition = rig_partition(&rig, 1);
    if (ending != HANDED_OVER)
        partition_trim(&trim);
    rig_append_many(&rig, 0, 5);
    rig_append(&rig, 1, (struct rig_batch){0});
    rig_append_many(&rig, 2, 4);
    cr_assert_eq(outcome_of(0, produced(9, 0)), APPEND_DONE);
    rig_settle(&rig);
    if (ending == CRASHED)
        rig_crash(&rig);
    else if (ending == STOPPED)
        rig_stop(&rig);
    else
        stop_cleanly();
}

static bool any_offline(void)
{
    for (uint32_t i = 0; i < ARRAY_LENGTH(ends); i++)
        if (rig_partition(&rig, i)->offline)
            return true;
    return false;
}

static void expect_all(enum ending ending, uint64_t call)
{
    int64_t trimmed_to = ending == HANDED_OVER ? 0 : 3;
    for (uint32_t i = 0; i < ARRAY_LENGTH(ends); i++) {
        const struct partition *p = rig_partition(&rig, i);
        cr_assert_not(p->offline, "call %llu: %s", (unsigned long long)call, rig.logged);
        cr_assert_eq(p->log_end, ends[i], "call %llu, place %u: %lld", (unsigned long long)call, i,
                     (long long)p->log_end);
        cr_assert_eq(p->log_start, i == 1 ? trimmed_to : 0);
        cr_assert_eq(rig_read_all(&rig, i), ends[i]);
    }
    cr_assert_eq(outcome_of(0, produced(7, 3)), APPEND_DUPLICATE, "call %llu",
                 (unsigned long long)call);
    cr_assert_eq(outcome_of(0, produced(7, 5)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(0, produced(9, 0)), APPEND_DUPLICATE);
}

/* False: the start made fewer calls. */
static bool fail_start(enum ending ending, uint64_t call, bool for_good)
{
    rig_init(&rig);
    prepare(ending);
    rig.files.calls = 0;
    rig.files.calls_fail = call;
    rig.files.calls_fail_on = for_good;
    int result = rig_start(&rig);
    bool hit = rig.files.calls >= call;
    rig.files.calls_fail = 0;
    if (result != 0)
        start();
    else if (any_offline())
        restart();
    else
        rig_advance(&rig, 1000); /* the reserve is tried again */
    expect_all(ending, call);
    restart();
    expect_all(ending, call);
    rig_fini(&rig);
    return hit;
}

static void fail_each_start(enum ending ending)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        uint64_t call = 1;
        rig_fini(&rig);
        while (fail_start(ending, call, for_good))
            call += for_good ? 7 : 1;
        rig_init(&rig);
        cr_assert_gt(call, 50);
    }
}

Test(io_faults, every_call_of_a_start_behind_a_crash)
{
    fail_each_start(CRASHED);
}

Test(io_faults, every_call_of_a_start_behind_a_stop)
{
    fail_each_start(STOPPED);
}

Test(io_faults, every_call_of_a_start_on_a_directory_that_was_handed_over)
{
    fail_each_start(HANDED_OVER);
}
