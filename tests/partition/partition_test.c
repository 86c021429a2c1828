/* Reading from a partition, watching it, and its end. */
#include "partition/partition.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "protocol/batch.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;
static struct rig_read got;
static struct rig_read other;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(partition, .init = setup, .fini = teardown);

/* What was read: `count` batches of one record each, the first at `offset`. */
static void expect_batches(const struct rig_read *r, int64_t offset, uint32_t count)
{
    cr_assert(r->done);
    cr_assert_eq(r->read.error, 0);
    uint32_t at = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct bytes rest = {r->data + at, r->read.len - at};
        int64_t size = batch_check(rest);
        cr_assert_gt(size, 0, "batch %u", i);
        cr_assert_eq(batch_base_offset(rest.data), offset + i);
        at += (uint32_t)size;
    }
    cr_assert_eq(r->read.len, at);
}

static void expect_nothing(int64_t offset, int error)
{
    rig_read(&rig, &got, 0, offset);
    cr_assert_eq(got.read.error, error, "%d", got.read.error);
    cr_assert_eq(got.read.len, 0);
    cr_assert_eq(got.read.needed, 0);
}

static uint32_t one_batch_len(void)
{
    rig.io.hold_reading = false;
    rig_read(&rig, &got, 0, partition_high_watermark(rig_partition(&rig, 0)) - 1);
    return got.read.len;
}

/* Reading. */

Test(partition, pending_batches_are_read_from_memory)
{
    rig_append_many(&rig, 0, 4);
    rig.io.hold_reading = true;
    rig_read(&rig, &got, 0, 1);
    expect_batches(&got, 1, 3);
}

Test(partition, flushed_batches_are_read_from_the_segment)
{
    rig_append_many(&rig, 0, 4);
    rig_flush(&rig);
    cr_assert_eq(rig_partition(&rig, 0)->pending.count, 0);
    rig.io.hold_reading = true;
    rig_read_give(&rig, &got, 0, 1);
    rig_settle(&rig);
    cr_assert_not(got.done);
    rig.io.hold_reading = false;
    rig_settle(&rig);
    expect_batches(&got, 1, 3);
}

Test(partition, seam_of_segment_and_memory_ends_one_read_and_begins_the_next)
{
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 3);
    rig_read(&rig, &got, 0, 1);
    expect_batches(&got, 1, 2);
    rig_read(&rig, &got, 0, 3);
    expect_batches(&got, 3, 3);
    cr_assert_eq(rig_read_all(&rig, 0), 6);
}

Test(partition, every_batch_can_be_read_at_every_point_of_a_flush)
{
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 3);
    rig_flush_begin(&rig);
    cr_assert_eq(rig_read_all(&rig, 0), 6);
    rig_append_many(&rig, 0, 1);
    rig_flush_write(&rig);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 6);
    cr_assert_eq(rig_read_all(&rig, 0), 7);
    rig_append_many(&rig, 0, 1);
    rig_flush_end(&rig);
    cr_assert_eq(rig_partition(&rig, 0)->pending.count, 2);
    cr_assert_eq(rig_read_all(&rig, 0), 8);
}

Test(partition, read_that_began_before_a_flush_ends_where_the_segment_did)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    rig.io.hold_reading = true;
    rig_read_give(&rig, &got, 0, 0);
    rig_flush(&rig);
    rig.io.hold_reading = false;
    rig_settle(&rig);
    expect_batches(&got, 0, 2);
}

/* As compaction leaves it: the last records of a segment are gone, its end is not. */
Test(partition, hole_at_a_segments_end_skips_nothing_that_was_flushed_meanwhile)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    struct segment *segment = segments_last(&rig_partition(&rig, 0)->segments);
    uint64_t whole = segment->synced_bytes;
    segment->synced_bytes = whole / 2;
    rig.io.hold_reading = true;
    rig_read_give(&rig, &got, 0, 1);
    segment->synced_bytes = whole;
    rig_flush(&rig);
    rig.io.hold_reading = false;
    rig_settle(&rig);
    expect_batches(&got, 2, 2);
}

Test(partition, at_and_above_the_high_watermark_there_is_nothing_yet)
{
    rig_append_many(&rig, 0, 2);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){.records = 3});
    rig_settle(&rig);
    expect_nothing(2, 0);
    expect_nothing(4, 0);
    expect_nothing(5, 0);
    rig_read(&rig, &got, 0, 0);
    expect_batches(&got, 0, 2);
}

Test(partition, outside_of_the_log_is_out_of_range)
{
    struct partition *p = rig_partition(&rig, 0);
    rig_append_many(&rig, 0, 5);
    p->log_start = 2;
    expect_nothing(6, ERR_OUT_OF_RANGE);
    expect_nothing(1, ERR_OUT_OF_RANGE);
    expect_nothing(-1, ERR_OUT_OF_RANGE);
    expect_nothing(5, 0);
    rig_flush(&rig);
    expect_nothing(1, ERR_OUT_OF_RANGE);
    rig_read(&rig, &got, 0, 2);
    expect_batches(&got, 2, 3);
}

Test(partition, only_whole_batches_up_to_the_capacity)
{
    rig_append_many(&rig, 0, 4);
    uint32_t len = one_batch_len();
    for (int flushed = 0; flushed < 2; flushed++) {
        got.read.capacity = 2 * len;
        rig_read(&rig, &got, 0, 0);
        expect_batches(&got, 0, 2);
        got.read.capacity = 3 * len - 1;
        rig_read(&rig, &got, 0, 0);
        expect_batches(&got, 0, 2);
        rig_flush(&rig);
    }
}

Test(partition, first_batch_that_does_not_fit_says_what_it_needs)
{
    rig_append(&rig, 0, (struct rig_batch){.value_len = 5000});
    rig_append_many(&rig, 0, 1);
    for (int flushed = 0; flushed < 2; flushed++) {
        got.read.capacity = 1000;
        rig_read(&rig, &got, 0, 0);
        cr_assert_eq(got.read.error, 0);
        cr_assert_eq(got.read.len, 0);
        cr_assert_gt(got.read.needed, 5000);
        got.read.capacity = got.read.needed;
        rig_read(&rig, &got, 0, 0);
        expect_batches(&got, 0, 1);
        rig_flush(&rig);
    }
}

Test(partition, offset_inside_a_batch_gets_the_whole_batch)
{
    rig_append(&rig, 0, (struct rig_batch){.records = 5});
    for (int flushed = 0; flushed < 2; flushed++) {
        rig_read(&rig, &got, 0, 3);
        cr_assert_eq(batch_base_offset(got.data), 0);
        cr_assert_eq(batch_record_count(got.data), 5);
        rig_flush(&rig);
    }
}

Test(partition, damaged_segment_is_an_error_and_never_served)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    char path[256];
    rig_path(&rig, "topic-0/00000000000000000000.log", path);
    FILE *file = fopen(path, "r+b");
    fseek(file, BATCH_HEADER_SIZE + 2, SEEK_SET);
    fputc(0x55, file);
    fclose(file);
    expect_nothing(0, ERR_CORRUPT);
    rig_read(&rig, &got, 0, 1);
    expect_batches(&got, 1, 1);
}

Test(partition, reading_errors_of_the_disk_are_told)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig.files.fault = (struct file_fault){VERB_READ, ".log", ERR_IO, UINT32_MAX, 0};
    expect_nothing(0, ERR_IO);
    rig.files.fault = (struct file_fault){VERB_OPEN, ".log", ERR_TOO_MANY_FILES, UINT32_MAX, 0};
    rig_read(&rig, &got, 0, 0);
    cr_assert_lt(got.read.error, 0);
    rig.files.fault.times = 0;
    rig_read(&rig, &got, 0, 0);
    expect_batches(&got, 0, 2);
}

Test(partition, short_read_of_the_disk_serves_no_half_batch)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig.files.fault = (struct file_fault){VERB_READ, ".log", 0, UINT32_MAX, 0};
    rig_read(&rig, &got, 0, 0);
    cr_assert_gt(rig.files.fault.hits, 0);
    cr_assert(got.read.error == ERR_CORRUPT || got.read.error == ERR_IO);
    cr_assert_eq(got.read.len, 0);
}

/* Transactions: what is not decided is not stable. */

static struct rig_batch transactional(int64_t producer_id, int32_t sequence)
{
    return (struct rig_batch){
        .idempotent = true,
        .transactional = true,
        .producer_id = producer_id,
        .sequence = sequence,
    };
}

Test(partition, open_transaction_holds_the_last_stable_offset)
{
    struct partition *p = rig_partition(&rig, 0);
    struct partition_state state;
    rig_append_many(&rig, 0, 2);
    cr_assert_eq(p->last_stable, 2);
    rig_append(&rig, 0, transactional(7, 0));
    rig_append(&rig, 0, transactional(8, 0));
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(p->last_stable, 2);
    cr_assert_eq(partition_high_watermark(p), 5);
    for (int flushed = 0; flushed < 2; flushed++) {
        cr_assert_eq(partition_probe(p, 0, true, &state), 0);
        cr_assert_eq(state.last_stable, 2);
        got.read.committed_only = true;
        rig_read(&rig, &got, 0, 0);
        expect_batches(&got, 0, 2);
        expect_nothing(2, 0);
        got.read.committed_only = false;
        rig_read(&rig, &got, 0, 0);
        expect_batches(&got, 0, 5);
        rig_flush(&rig);
    }
}

Test(partition, failed_group_takes_its_transaction_back)
{
    struct partition *p = rig_partition(&rig, 0);
    rig_append_many(&rig, 0, 1);
    rig_wal_break(&rig);
    rig_give(&rig, 0, transactional(7, 0));
    rig_settle(&rig);
    rig_wal_mend(&rig);
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(p->last_stable, 2);
}

/* Probing. */

Test(partition, its_bytes_are_those_of_its_segments_and_of_memory)
{
    struct partition *p = rig_partition(&rig, 0);
    cr_expect_eq(partition_bytes(p), 0);
    rig_append_many(&rig, 0, 4);
    uint32_t len = one_batch_len();
    cr_expect_eq(partition_bytes(p), 4 * len);
    rig_flush(&rig);
    cr_expect_eq(partition_bytes(p), 4 * len);
    rig_append_many(&rig, 0, 3);
    cr_expect_eq(partition_bytes(p), 7 * len);
}

Test(partition, probe_counts_what_is_readable)
{
    struct partition *p = rig_partition(&rig, 0);
    struct partition_state state;
    p->leader_epoch = 4;
    rig_append_many(&rig, 0, 4);
    uint32_t len = one_batch_len();
    cr_assert_eq(partition_probe(p, 1, false, &state), 0);
    cr_assert_eq(state.available, 3 * len);
    cr_assert_eq(state.high_watermark, 4);
    cr_assert_eq(state.last_stable, 4);
    cr_assert_eq(state.log_start, 0);
    cr_assert_eq(state.leader_epoch, 4);
    cr_assert_eq(partition_probe(p, 4, false, &state), 0);
    cr_assert_eq(state.available, 0);
    cr_assert_eq(partition_probe(p, 5, false, &state), ERR_OUT_OF_RANGE);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){.value_len = 10});
    rig_settle(&rig);
    cr_assert_eq(partition_probe(p, 0, false, &state), 0);
    cr_assert_eq(state.available, 4 * len);
    cr_assert_eq(partition_probe(p, 4, false, &state), 0);
    cr_assert_eq(state.available, 0);
}

Test(partition, probe_of_a_segment_is_an_estimate_that_is_never_nothing)
{
    struct partition *p = rig_partition(&rig, 0);
    struct partition_state state;
    rig_append_many(&rig, 0, 4);
    uint32_t len = one_batch_len();
    rig_flush(&rig);
    cr_assert_eq(partition_probe(p, 0, false, &state), 0);
    cr_assert_geq(state.available, 4 * len);
    cr_assert_leq(state.available, 4 * len + 1);
    cr_assert_eq(partition_probe(p, 3, false, &state), 0);
    cr_assert_gt(state.available, 0);
    rig_append_many(&rig, 0, 2);
    cr_assert_eq(partition_probe(p, 2, false, &state), 0);
    cr_assert_geq(state.available, 4 * len);
}

/* Watching. */

struct test_watch {
    struct partition_watch watch;
    int calls;
    bool again;
};

static void watch_moved(struct partition_watch *watch)
{
    struct test_watch *w = CONTAINER_OF(watch, struct test_watch, watch);
    w->calls++;
    if (w->again)
        partition_watch(rig_partition(&rig, 0), watch);
}

static void watch(struct test_watch *w)
{
    *w = (struct test_watch){.watch.moved = watch_moved};
    list_init(&w->watch.node);
    partition_watch(rig_partition(&rig, 0), &w->watch);
}

Test(partition, watch_is_told_once_when_the_high_watermark_moves)
{
    struct test_watch w;
    watch(&w);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(w.calls, 0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(w.calls, 1);
    rig_append_many(&rig, 0, 2);
    cr_assert_eq(w.calls, 1);
}

Test(partition, watch_may_watch_again_and_is_told_of_the_next_move)
{
    struct test_watch w;
    watch(&w);
    w.again = true;
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(w.calls, 1);
    rig_append_many(&rig, 0, 2);
    cr_assert_eq(w.calls, 3);
    partition_unwatch(&w.watch);
}

Test(partition, canceled_watch_hears_nothing)
{
    struct test_watch w;
    struct test_watch stays;
    watch(&w);
    watch(&stays);
    partition_unwatch(&w.watch);
    partition_unwatch(&w.watch);
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(w.calls, 0);
    cr_assert_eq(stays.calls, 1);
}

Test(partition, watch_does_not_hear_of_failed_groups)
{
    struct test_watch w;
    watch(&w);
    rig_wal_break(&rig);
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(w.calls, 0);
    partition_unwatch(&w.watch);
}

/* Offline. */

Test(partition, offline_partition_takes_and_gives_nothing)
{
    struct partition_state state;
    struct rig_query query;
    rig_append_many(&rig, 0, 1);
    rig_partition(&rig, 0)->offline = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
    expect_nothing(0, ERR_OFFLINE);
    expect_nothing(99, ERR_OFFLINE);
    cr_assert_eq(partition_probe(rig_partition(&rig, 0), 0, false, &state), ERR_OFFLINE);
    rig_query(&rig, &query, 0, 0);
    cr_assert_eq(query.query.error, ERR_OFFLINE);
}

/* Deletion. */

static void delete_place(uint32_t place)
{
    partition_delete(rig_partition(&rig, place));
    rig.places[place].partition = NULL;
}

Test(partition, deletion_answers_waiters_and_tells_watches)
{
    struct test_watch w;
    rig_append_many(&rig, 0, 2);
    watch(&w);
    rig.io.hold_writes = true;
    struct rig_append *waiting = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    struct partition *p = rig_partition(&rig, 0);
    delete_place(0);
    struct partition_append late = waiting->append;
    list_init(&late.node);
    cr_assert_eq(partition_append(&late), 0);
    list_remove(&late.node);
    cr_assert_eq(late.outcome, APPEND_GONE);
    struct partition_state state;
    cr_assert_eq(partition_probe(p, 0, false, &state), ERR_OFFLINE);
    cr_assert_eq(rig_shard(&rig, 0)->pending_batches, 0);
    cr_assert_eq(rig_shard(&rig, 0)->pending_bytes, 0);
    rig_settle(&rig);
    cr_assert_eq(w.calls, 1);
    cr_assert_eq(waiting->answer, 0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(waiting->append.outcome, APPEND_GONE);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
}

Test(partition, deletion_waits_for_readers_and_removes_the_directory)
{
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    cr_assert(rig_has(&rig, "topic-0"));
    rig.io.hold_reading = true;
    rig_read_give(&rig, &got, 0, 0);
    rig_read_give(&rig, &other, 0, 1);
    delete_place(0);
    rig_settle(&rig);
    cr_assert(rig_has(&rig, "topic-0"));
    rig.io.hold_reading = false;
    rig_settle(&rig);
    expect_batches(&got, 0, 2);
    expect_batches(&other, 1, 1);
    cr_assert_not(rig_has(&rig, "topic-0"));
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
}

Test(partition, deletion_during_a_flush_ends_with_it)
{
    for (int point = 0; point < 3; point++) {
        uint32_t place = point == 0 ? 0 : rig_add(&rig, "topic", 0, 1 + point);
        rig_append_many(&rig, place, 2);
        rig_flush_begin(&rig);
        if (point > 0)
            rig_flush_write(&rig);
        rig_append_many(&rig, place, 1);
        if (point == 2)
            rig.files.fault = (struct file_fault){VERB_WRITE, "checkpoint", ERR_IO, 1, 0};
        delete_place(place);
        rig_flush_end(&rig);
        rig_settle(&rig);
        cr_assert(deletion_resting(rig_shard(&rig, 0)), "point %d", point);
        cr_assert_eq(rig_shard(&rig, 0)->pending_bytes, 0);
        cr_assert_eq(rig_shard(&rig, 0)->pending_batches, 0);
        cr_assert_not(rig_has(&rig, "topic-0"));
    }
}

Test(partition, stream_that_fails_after_a_deletion_during_a_flush)
{
    rig_append_many(&rig, 0, 2);
    rig_flush_begin(&rig);
    rig_wal_break(&rig);
    rig.io.hold_writes = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    delete_place(0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_GONE);
    rig_flush_end(&rig);
    rig_wal_mend(&rig);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
    cr_assert_eq(rig_shard(&rig, 0)->pending_bytes, 0);
}

Test(partition, stream_that_fails_after_a_deletion_with_producers)
{
    rig_settle(&rig);
    rig_wal_break(&rig);
    rig.io.hold_writes = true;
    struct rig_append *a = rig_give(&rig, 0, transactional(7, 0));
    rig_settle(&rig);
    delete_place(0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_GONE);
    rig_wal_mend(&rig);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
}

Test(partition, topic_of_the_same_name_begins_anew)
{
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    delete_place(0);
    rig_settle(&rig);
    uint32_t place = rig_add(&rig, "topic", 0, 2);
    rig_append(&rig, place, (struct rig_batch){.records = 2});
    cr_assert_eq(rig_read_all(&rig, place), 2);
    rig_crash(&rig);
    rig.places[0] = rig.places[place];
    rig.place_count = 1;
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 2);
}

Test(partition, a_name_is_free_before_the_files_are_deleted)
{
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig.io.hold_removing = true;
    delete_place(0);
    rig_settle(&rig);
    cr_assert_not(deletion_holds_names(rig_shard(&rig, 0)));
    cr_assert_not(rig_has(&rig, "topic-0"));
    uint32_t place = rig_add(&rig, "topic", 0, 2);
    rig_append(&rig, place, (struct rig_batch){.records = 2});
    rig_flush(&rig);
    rig.io.hold_removing = false;
    rig_settle(&rig);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
    cr_assert_eq(rig_read_all(&rig, place), 2);
    cr_assert(rig_has(&rig, "topic-0"));
}

Test(partition, a_deletion_waits_for_no_flush_of_others)
{
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    uint32_t place = rig_add(&rig, "other", 0, 2);
    rig_append_many(&rig, place, 1);
    rig_flush_begin(&rig);
    delete_place(0);
    rig_settle(&rig);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
    cr_assert_not(rig_has(&rig, "topic-0"));
    rig_flush_end(&rig);
    cr_assert_eq(rig_read_all(&rig, place), 1);
}

Test(partition, directories_are_renamed_together_and_their_names_synced_once)
{
    rig_append_many(&rig, 0, 1);
    rig_append_many(&rig, rig_add(&rig, "topic", 1, 2), 1);
    rig_flush(&rig);
    rig.io.hold_removing = true;
    uint64_t changes = rig.files.changes;
    delete_place(0);
    delete_place(1);
    rig_settle(&rig);
    cr_assert_not(deletion_holds_names(rig_shard(&rig, 0)));
    cr_assert_eq(rig.files.changes - changes, 3, "two renames, one sync");
    rig.io.hold_removing = false;
}

Test(partition, directory_that_cannot_be_removed_is_reported_and_forgotten)
{
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    rig.files.fault = (struct file_fault){VERB_RENAME, "topic-0", ERR_DENIED, 1, 0};
    delete_place(0);
    rig_settle(&rig);
    cr_assert(deletion_resting(rig_shard(&rig, 0)));
    cr_assert_not_null(strstr(rig.logged, "cannot delete"));
}
