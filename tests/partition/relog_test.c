/* Logging again: what becomes of old WAL files when little partitions hold them. */
#include "partition/relog.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/partition/shard_fixture.h"

#define QUIET 1000 /* partitions with one small batch each */
#define BUSY QUIET /* the place of the busy one */

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
    rig.wal.memory_bytes = 32 << 20;
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(relog, .init = setup, .fini = teardown);

static struct relog *relog(void)
{
    return &rig_shard(&rig, 0)->relog;
}

/* `quiet` partitions and behind them a busy one, with one batch in each quiet one. */
static void start(int quiet)
{
    for (int i = 0; i < quiet; i++)
        rig_add(&rig, "quiet", i, 1);
    rig_add(&rig, "busy", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (int i = 0; i < quiet; i++)
        rig_give(&rig, (uint32_t)i, (struct rig_batch){.value_len = 50});
    rig_settle(&rig);
}

/* The busy partition writes `mib` of batches; time passes a little with each. */
static void load(uint32_t busy, int mib)
{
    for (int i = 0; i < mib * 8; i++) {
        rig_append(&rig, busy, (struct rig_batch){.value_len = 128 * 1024});
        rig_advance(&rig, 5);
    }
}

static uint64_t oldest_sequence(uint32_t place)
{
    return pending_at(&rig_partition(&rig, place)->pending, 0)->span.sequence;
}

static int directories_made;

static void count_directories(void *context, enum file_verb verb, const char *path)
{
    (void)context;
    if (verb == VERB_MAKE_DIRECTORY && strstr(path, "/quiet-") != NULL)
        directories_made++;
}

Test(relog, a_busy_partition_does_not_force_a_thousand_syncs)
{
    directories_made = 0;
    rig.files.changing = count_directories;
    start(QUIET);
    load(BUSY, 40);
    cr_assert_eq(directories_made, 0, "no quiet partition was written to a segment");
    cr_assert_geq(relog()->logged, QUIET);
    cr_assert_gt(rig_shard(&rig, 0)->flush.flushes[FLUSH_PRESSURE], 0, "the busy one was");
    for (uint32_t i = 0; i < QUIET; i++) {
        cr_assert_eq(rig_partition(&rig, i)->pending.count, 1);
        cr_assert_eq(rig_read_all(&rig, i), 1);
    }
    struct wal_stats stats;
    wal_get_stats(rig_shard(&rig, 0)->wal, &stats);
    cr_assert_leq(stats.file_used, stats.file_limit * 3 / 4, "and the WAL is not full");
    int64_t end = rig_partition(&rig, BUSY)->log_end;
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0, "%s", rig.logged);
    for (uint32_t i = 0; i < QUIET; i++)
        cr_assert_eq(rig_read_all(&rig, i), 1, "each offset once");
    cr_assert_eq(rig_read_all(&rig, BUSY), end);
}

/* The batches of a partition lie in several files; some of the first copies are recycled, others
 * are found by the replay in front of the new ones. */
Test(relog, replay_passes_over_later_batches_until_the_copies_come)
{
    start(3);
    for (int round = 0; round < 12; round++) {
        load(3, 4);
        for (uint32_t i = 0; i < 3; i++)
            rig_append(&rig, i, (struct rig_batch){.value_len = 50, .records = 2});
        cr_assert_eq(rig_read_all(&rig, 0), 1 + 2 * (round + 1));
    }
    cr_assert_gt(relog()->logged, 6);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 0, "nothing of it is in a segment");
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 3; i++) {
        cr_assert_not(rig_partition(&rig, i)->offline, "%s", rig.logged);
        cr_assert_eq(rig_read_all(&rig, i), 25);
    }
}

Test(relog, copies_are_written_to_segments_like_any_batch)
{
    start(3);
    load(3, 20);
    cr_assert_gt(relog()->bytes, 0);
    rig_flush(&rig);
    cr_assert_eq(relog()->bytes, 0, "no copy is left");
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(rig_partition(&rig, i)->synced_end, 1);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig.replayed, 0);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(rig_read_all(&rig, i), 1);
}

/* A partition that can neither be flushed nor logged again holds a file in the middle. */
Test(relog, replay_that_begins_between_the_first_copies_finds_the_new_ones)
{
    start(3);
    uint64_t first = oldest_sequence(0);
    load(3, 2);
    rig_add(&rig, "sick", 0, 1);
    rig.files.fault = (struct file_fault){VERB_MAKE_DIRECTORY, "sick-0", ERR_IO, UINT32_MAX, 0};
    for (int i = 0; i < 24; i++)
        rig_append(&rig, 4, (struct rig_batch){.value_len = 128 * 1024});
    rig_append(&rig, 0, (struct rig_batch){.value_len = 50});
    load(3, 5);
    cr_assert_gt(oldest_sequence(0), first);
    cr_assert_eq(rig_partition(&rig, 4)->synced_end, 0);
    rig_crash(&rig);
    rig.files.fault.times = 0;
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_partition(&rig, 0)->replay_end, 2, "the second batch came without the first");
    cr_assert_eq(rig_read_all(&rig, 0), 2);
    cr_assert_eq(rig_read_all(&rig, 1), 1);
    cr_assert_eq(rig_read_all(&rig, 4), 24);
}

/* Holds the WAL's writes with a pass under way. */
static void hold_pass(void)
{
    for (int i = 0; i < 1000 && relog()->count == 0; i++) {
        rig.io.hold_writes = false;
        relog()->not_before_ns = UINT64_MAX;
        rig_append(&rig, 3, (struct rig_batch){.value_len = 128 * 1024});
        rig.io.hold_writes = true;
        relog()->not_before_ns = 0;
        rig_settle(&rig);
    }
    cr_assert_eq(relog()->count, 3);
}

Test(relog, the_first_copies_count_until_the_new_ones_are_durable)
{
    start(3);
    uint64_t first = oldest_sequence(0);
    hold_pass();
    cr_assert_eq(oldest_sequence(0), first);
    cr_assert_eq(rig_read_all(&rig, 0), 1);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_gt(oldest_sequence(0), first);
    cr_assert_eq(relog()->count, 0);
    cr_assert_eq(rig_read_all(&rig, 0), 1);
}

Test(relog, a_partition_with_an_append_that_is_out_has_to_wait)
{
    start(3);
    for (int i = 0; i < 1000 && relog()->count == 0; i++) {
        rig.io.hold_writes = false;
        relog()->not_before_ns = UINT64_MAX;
        rig_append(&rig, 3, (struct rig_batch){.value_len = 128 * 1024});
        rig.io.hold_writes = true;
        rig_give(&rig, 1, (struct rig_batch){0});
        relog()->not_before_ns = 0;
        rig_settle(&rig);
    }
    cr_assert_eq(relog()->count, 2);
    cr_assert_not(rig_partition(&rig, 1)->relogging);
    rig.io.hold_writes = false;
    rig_settle(&rig);
}

Test(relog, a_stream_that_goes_offline_drops_the_copies_and_keeps_the_batches)
{
    start(3);
    hold_pass();
    struct rig_append *waiting = rig_give(&rig, 0, (struct rig_batch){0});
    rig_wal_break(&rig);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(waiting->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(relog()->count, 0);
    cr_assert_eq(relog()->bytes, 0);
    rig_wal_mend(&rig);
    for (uint32_t i = 0; i < 3; i++)
        cr_assert_eq(rig_read_all(&rig, i), 1);
    rig_append(&rig, 0, (struct rig_batch){0});
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
    cr_assert_eq(rig_read_all(&rig, 1), 1);
}

Test(relog, a_partition_deleted_meanwhile_waits_for_its_copies)
{
    start(3);
    hold_pass();
    struct partition *p = rig_partition(&rig, 1);
    rig.places[1].partition = NULL;
    partition_delete(p);
    rig_settle(&rig);
    cr_assert_not(deletion_resting(rig_shard(&rig, 0)), "the copies point at it");
    rig.io.hold_writes = false;
    rig_settle(&rig);
    rig_advance(&rig, 1000);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
    cr_assert_eq(rig_read_all(&rig, 0), 1);
    cr_assert_eq(rig_read_all(&rig, 2), 1);
    rig.place_count = 1;
}

Test(relog, what_cannot_be_flushed_is_logged_again_up_to_a_share_and_then_all_is_refused)
{
    start(3);
    rig_add(&rig, "sick", 0, 1);
    rig.files.fault = (struct file_fault){VERB_MAKE_DIRECTORY, "sick-0", ERR_IO, UINT32_MAX, 0};
    for (int i = 0; i < 5; i++)
        rig_append(&rig, 4, (struct rig_batch){.value_len = 100 * 1024});
    load(3, 40);
    cr_assert_geq(relog()->bytes, 500 * 1024, "the failing one, too large as it is");
    cr_assert_eq(rig_read_all(&rig, 4), 5);
    cr_assert_eq(rig_read_all(&rig, 3), 320, "the others are served");
    /* More than the share: the log directory refuses in the end, and nothing else fails. */
    struct rig_append *a = NULL;
    int taken = 5;
    for (int i = 0; i < 400; i++) {
        a = rig_give(&rig, 4, (struct rig_batch){.value_len = 128 * 1024});
        rig_settle(&rig);
        rig_advance(&rig, 20);
        if (a->result != 0 || a->append.outcome != APPEND_DONE)
            break;
        taken++;
    }
    cr_assert_eq(a->result, 0, "refused, not parked");
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
    struct rig_append *other = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(other->append.outcome, APPEND_OFFLINE, "another of the same directory");
    struct rig_append *ours = rig_give(&rig, 0, (struct rig_batch){.origin = APPEND_COORDINATOR});
    rig_settle(&rig);
    cr_assert_eq(ours->append.outcome, APPEND_DONE, "the broker's own records go on");
    cr_assert_eq(rig_read_all(&rig, 4), taken);
    rig.files.fault.times = 0;
    rig_advance(&rig, 20000);
    rig_append(&rig, 4, (struct rig_batch){0});
    cr_assert_eq(rig_read_all(&rig, 4), taken + 1);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 4), taken + 1);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
}
