/* The log start moves: what is durable when, which files go, and every crash in between. */
#include "partition/trim.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "tests/partition/recovery_fixture.h"

TestSuite(trim, .init = setup, .fini = teardown);

struct trimmed {
    struct partition_trim trim;
    bool done;
};

static void note_done(struct partition_trim *trim)
{
    struct trimmed *t = CONTAINER_OF(trim, struct trimmed, trim);
    cr_assert_not(t->done, "answered twice");
    t->done = true;
}

static void give(struct trimmed *t, uint32_t place, int64_t offset)
{
    *t = (struct trimmed){.trim = {.partition = rig_partition(&rig, place), .offset = offset}};
    t->trim.done = note_done;
    partition_trim(&t->trim);
    cr_assert_not(t->done, "answered inside partition_trim");
}

static struct trimmed move_start(uint32_t place, int64_t offset)
{
    static struct trimmed t;
    give(&t, place, offset);
    rig_settle(&rig);
    cr_assert(t.done);
    return t;
}

/* Each batch has a segment of its own. */
static void start_with(int batches)
{
    rig.limits.segment_bytes = 1;
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, batches);
    rig_flush(&rig);
}

static bool has_segment(int64_t base)
{
    char name[64];
    snprintf(name, sizeof name, "topic-0/%020lld.log", (long long)base);
    return rig_has(&rig, name);
}

static void expect_start(int64_t offset)
{
    cr_assert_eq(rig_partition(&rig, 0)->log_start, offset, "%lld",
                 (long long)rig_partition(&rig, 0)->log_start);
}

Test(trim, log_start_moves_when_its_entry_is_durable_and_not_before)
{
    struct trimmed t;
    start_with(5);
    rig.io.hold_writes = true;
    give(&t, 0, 3);
    rig_settle(&rig);
    cr_assert_not(t.done);
    expect_start(0);
    cr_assert_eq(rig_read_all(&rig, 0), 5);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert(t.done);
    cr_assert_eq(t.trim.error, 0);
    cr_assert_eq(t.trim.log_start, 3);
    expect_start(3);
    cr_assert_eq(rig_read_all(&rig, 0), 5);
}

Test(trim, below_the_log_start_nothing_is_read)
{
    static struct rig_read read;
    start_with(5);
    move_start(0, 3);
    rig_read(&rig, &read, 0, 2);
    cr_assert_eq(read.read.error, ERR_OUT_OF_RANGE);
    struct partition_state state;
    cr_assert_eq(partition_probe(rig_partition(&rig, 0), 2, false, &state), ERR_OUT_OF_RANGE);
    cr_assert_eq(state.log_start, 3);
    cr_assert_eq(partition_probe(rig_partition(&rig, 0), 3, false, &state), 0);
}

Test(trim, never_above_the_high_watermark_and_never_back)
{
    start_with(3);
    cr_assert_eq(move_start(0, 4).trim.error, ERR_OUT_OF_RANGE);
    expect_start(0);
    cr_assert_eq(move_start(0, 3).trim.error, 0);
    struct trimmed t = move_start(0, 1);
    cr_assert_eq(t.trim.error, 0);
    cr_assert_eq(t.trim.log_start, 3);
    expect_start(3);
}

Test(trim, what_is_not_durable_cannot_be_trimmed)
{
    start_with(1);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){0});
    cr_assert_eq(move_start(0, 2).trim.error, ERR_OUT_OF_RANGE);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(move_start(0, 2).trim.error, 0);
}

Test(trim, segments_below_go_and_all_their_files_with_them)
{
    start_with(5);
    move_start(0, 3);
    for (int64_t base = 0; base < 3; base++)
        cr_assert_not(has_segment(base));
    cr_assert(has_segment(3) && has_segment(4));
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000002.index"));
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000002.timeindex"));
    cr_assert_eq(rig_partition(&rig, 0)->segments.count, 2);
    cr_assert(list_empty(&rig_partition(&rig, 0)->removed));
}

Test(trim, last_segment_stays_until_another_follows)
{
    start_with(3);
    move_start(0, 3);
    cr_assert(has_segment(2));
    cr_assert_not(has_segment(1));
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    cr_assert_not(has_segment(2));
    cr_assert(has_segment(3));
    restart();
    expect_start(3);
    expect_end(0, 4);
}

Test(trim, segment_that_the_log_start_lies_in_stays_whole)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append(&rig, 0, (struct rig_batch){.records = 10});
    rig_flush(&rig);
    move_start(0, 4);
    static struct rig_read read;
    rig_read(&rig, &read, 0, 4);
    cr_assert_eq(read.read.error, 0);
    cr_assert_eq(batch_base_offset(read.data), 0);
    restart();
    expect_start(4);
    expect_end(0, 10);
}

Test(trim, files_wait_for_whoever_reads_them)
{
    static struct rig_read read;
    start_with(5);
    rig.io.hold_reading = true;
    rig_read_give(&rig, &read, 0, 1);
    rig_settle(&rig);
    move_start(0, 4);
    cr_assert_not(has_segment(0));
    cr_assert(has_segment(1) && has_segment(2) && has_segment(3));
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert(read.done);
    cr_assert_eq(read.read.error, 0);
    cr_assert_eq(batch_base_offset(read.data), 1);
    cr_assert_not(has_segment(1) || has_segment(2) || has_segment(3));
}

Test(trim, files_wait_for_the_checkpoint)
{
    struct trimmed t;
    start_with(5);
    rig.io.hold_writing = true;
    give(&t, 0, 3);
    rig_settle(&rig);
    cr_assert(t.done);
    cr_assert(has_segment(0) && has_segment(1) && has_segment(2));
    rig.io.hold_writing = false;
    rig.files.fault = (struct file_fault){VERB_SYNC, ".odradek-checkpoint", ERR_IO, 1, 0};
    rig_settle(&rig);
    cr_assert_eq(rig.files.fault.hits, 1);
    cr_assert(has_segment(0) && has_segment(1) && has_segment(2));
    rig_advance(&rig, 1000);
    cr_assert_not(has_segment(0) || has_segment(1) || has_segment(2));
}

/* The checkpoint that is written while the log start moves does not know of it yet. */
Test(trim, checkpoint_that_was_begun_before_does_not_count)
{
    struct trimmed t;
    start_with(3);
    rig_append_many(&rig, 0, 1);
    rig_flush_begin(&rig);
    rig_flush_write(&rig);
    give(&t, 0, 3);
    rig_settle(&rig);
    cr_assert(t.done);
    rig.io.hold_writing = false;
    rig_step(&rig);
    rig.io.hold_writing = true;
    rig_settle(&rig);
    cr_assert(has_segment(0));
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_not(has_segment(0));
}

Test(trim, failed_deletion_is_tried_again)
{
    start_with(3);
    rig.files.fault = (struct file_fault){VERB_REMOVE, "00000000000000000001.log", ERR_IO, 2, 0};
    move_start(0, 2);
    cr_assert_not(has_segment(0));
    cr_assert(has_segment(1));
    rig_advance(&rig, 10000);
    cr_assert_eq(rig.files.fault.hits, 2);
    cr_assert(has_segment(1));
    rig_advance(&rig, 10000);
    cr_assert_not(has_segment(1));
    cr_assert_eq(trim_step(rig_shard(&rig, 0)), IO_NEVER);
}

Test(trim, failed_wal_fails_the_request_and_moves_nothing)
{
    struct trimmed t;
    start_with(3);
    rig_wal_break(&rig);
    give(&t, 0, 2);
    for (int i = 0; i < 10 && !t.done; i++)
        rig_advance(&rig, 1000);
    cr_assert(t.done);
    cr_assert_eq(t.trim.error, ERR_OFFLINE);
    expect_start(0);
    cr_assert_eq(move_start(0, 2).trim.error, ERR_OFFLINE);
    rig_wal_mend(&rig);
    cr_assert_eq(move_start(0, 2).trim.error, 0);
    expect_start(2);
}

/* The broker's own records may take what clients have to leave, and those that free space all. */
static void fill_wal(uint32_t place, size_t value_len)
{
    struct rig_append *a;
    int given = 0;
    do {
        a = rig_make(&rig, place,
                     (struct rig_batch){.value_len = value_len, .origin = APPEND_COORDINATOR});
        a->append.frees_space = true;
        a->result = partition_append(&a->append);
        rig_settle(&rig);
    } while (a->result == 0 && ++given < 20000);
    cr_assert_eq(a->result, ERR_BUSY);
}

Test(trim, without_room_in_the_wal_requests_wait_in_their_order)
{
    struct trimmed first, second, gone;
    rig.wal.files_max = 64; /* it is memory that runs out */
    start_with(5);
    uint32_t other = rig_add(&rig, "other", 0, 1);
    uint32_t doomed = rig_add(&rig, "doomed", 0, 1);
    rig_append_many(&rig, other, 5);
    rig_append_many(&rig, doomed, 5);
    rig.io.hold_writing = true;
    fill_wal(0, 200000);
    fill_wal(0, 10);
    give(&first, other, 3);
    give(&gone, doomed, 3);
    give(&second, other, 2);
    rig_settle(&rig);
    cr_assert(!first.done && !second.done && !gone.done);
    cr_assert_eq(rig_partition(&rig, other)->log_start, 0);
    partition_delete(rig_partition(&rig, doomed));
    rig.io.hold_writing = false;
    rig_flush(&rig);
    cr_assert(first.done && second.done && gone.done);
    cr_assert_eq(first.trim.error, 0);
    cr_assert_eq(second.trim.error, 0);
    cr_assert_eq(second.trim.log_start, 3, "it does not go back");
    cr_assert_eq(gone.trim.error, ERR_NOT_FOUND);
    rig.places[doomed].partition = NULL;
}

Test(trim, where_nothing_can_be_trimmed_is_told_at_once)
{
    struct trimmed t;
    start_with(3);
    rig_partition(&rig, 0)->offline = true;
    give(&t, 0, 2);
    rig_settle(&rig);
    cr_assert(t.done);
    cr_assert_eq(t.trim.error, ERR_OFFLINE);
    rig_partition(&rig, 0)->offline = false;
    rig.io.hold_writes = true;
    struct trimmed holder;
    give(&holder, 0, 1);
    partition_delete(rig_partition(&rig, 0));
    give(&t, 0, 2);
    rig_step(&rig);
    cr_assert(t.done);
    cr_assert_eq(t.trim.error, ERR_NOT_FOUND);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert(holder.done);
    rig.places[0].partition = NULL;
}

Test(trim, deletion_of_the_partition_answers_whoever_waits)
{
    struct trimmed t;
    start_with(3);
    rig.io.hold_writes = true;
    give(&t, 0, 2);
    rig_settle(&rig);
    partition_delete(rig_partition(&rig, 0));
    rig_settle(&rig);
    cr_assert_not(t.done);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert(t.done);
    cr_assert_eq(t.trim.error, ERR_NOT_FOUND);
    cr_assert_not(rig_has(&rig, "topic-0"));
    rig.places[0].partition = NULL;
}

Test(trim, leader_epochs_below_go)
{
    rig.limits.segment_bytes = 1;
    rig_add(&rig, "topic", 0, 1);
    start();
    for (int32_t epoch = 0; epoch < 4; epoch++) {
        rig_partition(&rig, 0)->leader_epoch = epoch;
        rig_append_many(&rig, 0, 2);
    }
    move_start(0, 5);
    for (int round = 0; round < 2; round++) {
        const struct epochs *epochs = &rig_partition(&rig, 0)->epochs;
        cr_assert_eq(epochs->count, 2);
        cr_assert_eq(epochs->entries[0].epoch, 2);
        cr_assert_eq(epochs->entries[0].start_offset, 5);
        cr_assert_eq(epochs->entries[1].start_offset, 6);
        rig.leader_epoch = 3;
        restart();
    }
}

Test(trim, open_transaction_below_the_log_start_holds_readers_at_it_and_not_below)
{
    start_with(2);
    struct partition *p = rig_partition(&rig, 0);
    struct producer_batch first = {.producer_id = 7, .base_offset = 1, .transactional = true};
    first.last_offset = 1;
    producers_apply(p->producers, &first, NULL);
    rig_append_many(&rig, 0, 3);
    cr_assert_eq(p->last_stable, 1);
    move_start(0, 4);
    cr_assert_eq(p->last_stable, 4);
}

/* Crashes. */

Test(trim, answered_log_start_survives_power_that_goes_at_once)
{
    struct trimmed t;
    start_with(5);
    rig.io.hold_writing = true;
    give(&t, 0, 3);
    rig_settle(&rig);
    cr_assert(t.done);
    restart();
    expect_start(3);
    expect_end(0, 5);
    rig_settle(&rig);
    cr_assert_not(has_segment(0) || has_segment(1) || has_segment(2));
    restart();
    expect_start(3);
    expect_end(0, 5);
}

Test(trim, wal_entries_below_the_log_start_are_replayed)
{
    rig.limits.segment_bytes = 1;
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 6);
    move_start(0, 6);
    restart();
    expect_start(6);
    expect_end(0, 8);
}

Test(trim, everything_may_go_while_it_is_in_the_wal_alone)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 4);
    move_start(0, 4);
    restart();
    expect_start(4);
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 4);
    rig_append_many(&rig, 0, 1);
    restart();
    expect_start(4);
    expect_end(0, 5);
}

/* Segments that were written, but that no checkpoint names, are not deleted: a start counts them
 * as not there, and what it knows must still be on the disk. */
Test(trim, segments_that_no_checkpoint_names_stay_until_one_does)
{
    struct trimmed t;
    start_with(2);
    rig_append_many(&rig, 0, 4);
    rig_flush_begin(&rig);
    rig_flush_write(&rig);
    give(&t, 0, 5);
    rig_settle(&rig);
    cr_assert(t.done);
    cr_assert(has_segment(0));
    restart();
    expect_start(5);
    expect_end(0, 6);
}

/* The power goes at each change of a file in turn, from the request on. */
Test(trim, power_may_go_at_each_step)
{
    for (int lucky = 0; lucky < 2; lucky++) {
        for (uint64_t at = 1;; at++) {
            struct trimmed t;
            rig.place_count = 0;
            start_with(4);
            rig_append_many(&rig, 0, 2);
            rig.files.lucky = lucky;
            uint64_t before = rig.files.changes;
            rig.files.changes_max = before + at;
            give(&t, 0, 5);
            for (int i = 0; i < 20; i++)
                rig_advance(&rig, 1000);
            bool over = rig.files.changes < rig.files.changes_max;
            bool answered = t.done && t.trim.error == 0;
            rig.files.changes_max = 0;
            restart();
            int64_t log_start = rig_partition(&rig, 0)->log_start;
            cr_assert(log_start == 5 || (log_start == 0 && !answered), "step %d", (int)at);
            expect_end(0, 6);
            rig_settle(&rig);
            for (int64_t base = 0; base < 5; base++)
                cr_assert_eq(has_segment(base), base >= log_start, "%d: %d", (int)at, (int)base);
            rig_fini(&rig);
            rig_init(&rig);
            if (over)
                break;
        }
    }
}

Test(trim, clean_stop_with_files_left_is_taken_as_it_is)
{
    struct trimmed t;
    static struct rig_read read;
    start_with(4);
    rig.io.hold_reading = true;
    rig_read_give(&rig, &read, 0, 0);
    rig_settle(&rig);
    give(&t, 0, 3);
    rig_settle(&rig);
    cr_assert(has_segment(0));
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert_not(has_segment(0));
    stop_cleanly();
    start();
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 4);
    expect_start(3);
}
