/* Compaction that something comes between: a failing disk, readers, a stop, a limit, a lag. */
#include "partition/cleaner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "tests/partition/cleaner_fixture.h"

TestSuite(cleaner_fault, .init = setup, .fini = teardown);

#define BEFORE "0:a1 1:b1 2:c1 3:a2 4:b2 5:a3 6:d1 7:e1 8:c3 9:f1 10:f2"
#define AFTER "4:b2 5:a3 6:d1 7:e1 8:c3 9:f1 10:f2"

static void put_six(void)
{
    keyed_start(1);
    keyed_put("a1 b1 c1");
    keyed_put("a2 b2");
    keyed_put("a3 d1");
    keyed_put("e1");
    keyed_put("c3 f1");
    keyed_put("f2");
}

static void compact(struct cleanup_limits limits)
{
    struct partition *p = rig_partition(&rig, 0);
    limits.compact = true;
    if (limits.max_compaction_lag_ms == 0)
        limits.max_compaction_lag_ms = INT64_MAX;
    p->cleanup_limits = limits;
    cleaner_configure(rig_shard(&rig, 0),
                      &(struct cleaner_settings){.enabled = true, .map_bytes = 4096});
}

static const struct cleaner *cleaner(void)
{
    return &rig_shard(&rig, 0)->cleaner;
}

/* Failing calls. */

/* False: the cleaning made fewer calls. */
static bool fail_call(uint64_t call, bool for_good)
{
    rig_init(&rig);
    put_six();
    rig_partition(&rig, 0)->limits.segment_bytes = 400;
    rig.files.calls = 0;
    rig.files.calls_fail = call;
    rig.files.calls_fail_on = for_good;
    compact((struct cleanup_limits){0});
    rig_settle(&rig);
    bool hit = rig.files.calls >= call;
    rig.files.calls_fail = 0;
    for (int i = 0; i < 4; i++)
        rig_advance(&rig, 600000);
    cr_assert(cleaner_resting(cleaner()), "call %llu: %s", (unsigned long long)call, rig.logged);
    keyed_expect(AFTER);
    restart();
    keyed_expect(AFTER);
    rig_fini(&rig);
    return hit;
}

Test(cleaner_fault, every_call_may_fail_and_the_next_attempt_brings_the_same)
{
    for (int for_good = 0; for_good < 2; for_good++) {
        uint64_t call = 1;
        rig_fini(&rig);
        while (fail_call(call, for_good))
            call++;
        rig_init(&rig);
        cr_assert_gt(call, 30);
    }
}

Test(cleaner_fault, log_that_is_shorter_than_it_should_be_stays_until_the_next_start)
{
    put_six();
    rig.files.fault = (struct file_fault){VERB_READ, ".log", 0, 1, 0};
    compact((struct cleanup_limits){0});
    rig_settle(&rig);
    cr_assert_eq(rig.files.fault.hits, 1);
    cr_assert(rig_partition(&rig, 0)->uncleanable);
    cr_assert_eq(cleaner()->failures, 1);
    rig_advance(&rig, 3600000);
    cr_assert_eq(cleaner()->failures, 1, "it is not tried again");
    keyed_expect(BEFORE);
    restart();
    keyed_clean();
    keyed_expect(AFTER);
}

Test(cleaner_fault, damaged_batch_is_not_compacted_away)
{
    static const int offsets[] = {3, 8, 16, 20, 23, 70};
    char path[256];
    for (size_t i = 0; i < ARRAY_LENGTH(offsets); i++) {
        put_six();
        rig_path(&rig, "topic-0/00000000000000000003.log", path);
        FILE *file = fopen(path, "r+");
        cr_assert_not_null(file);
        fseek(file, offsets[i], SEEK_SET);
        int byte = fgetc(file);
        fseek(file, offsets[i], SEEK_SET);
        fputc(byte ^ 0x55, file);
        fclose(file);
        compact((struct cleanup_limits){0});
        rig_settle(&rig);
        cr_assert(rig_partition(&rig, 0)->uncleanable, "byte %d", offsets[i]);
        cr_assert(rig_has(&rig, "topic-0/00000000000000000000.log"));
        cr_assert_not(rig_has(&rig, "topic-0/00000000000000000000.log.cleaned"));
        rig_fini(&rig);
        rig_init(&rig);
    }
}

/* Readers. */

/* Up to the swap, which is held. */
static void hold_the_swap(void)
{
    put_six();
    rig_partition(&rig, 0)->limits.segment_bytes = 1 << 20;
    compact((struct cleanup_limits){0});
    for (int i = 0; i < 100 && cleaner()->state != CLEANER_SWAPPING; i++) {
        rig.io.hold_cleaning = false;
        rig_step(&rig);
        rig.io.hold_cleaning = true;
    }
    cr_assert_eq(cleaner()->state, CLEANER_SWAPPING);
}

Test(cleaner_fault, readers_wait_while_segments_are_swapped)
{
    static struct rig_read reads[11];
    struct rig_query query, newest;
    hold_the_swap();
    for (int64_t i = 0; i < 11; i++)
        rig_read_give(&rig, &reads[i], 0, i);
    rig_query_give(&rig, &query, 0, 0);
    rig_query_give(&rig, &newest, 0, 1);
    rig_settle(&rig);
    cr_expect_not(reads[0].done);
    cr_expect_not(reads[9].done);
    cr_expect(reads[10].done, "the active segment is not compacted");
    cr_expect_not(query.done);
    rig.io.hold_cleaning = false;
    rig_settle(&rig);
    for (int64_t i = 0; i < 10; i++) {
        cr_assert(reads[i].done);
        cr_assert_eq(reads[i].read.error, 0);
        cr_assert_geq(batch_last_offset(reads[i].data), i);
        cr_assert_geq(batch_base_offset(reads[i].data), MIN(i, 3), "what is gone is not read");
    }
    cr_assert(query.done && newest.done);
    cr_assert_eq(query.query.error, 0);
    cr_assert_eq(query.query.offset, 4);
    keyed_expect(AFTER);
}

Test(cleaner_fault, readers_that_wait_hear_of_a_swap_that_fails)
{
    struct rig_read read;
    struct rig_query query;
    hold_the_swap();
    rig_read_give(&rig, &read, 0, 0);
    rig_query_give(&rig, &query, 0, 0);
    rig_settle(&rig);
    cr_assert(!read.done && !query.done);
    rig.files.fault = (struct file_fault){VERB_RENAME, ".swap", ERR_IO, 1, 0};
    rig.io.hold_cleaning = false;
    rig_settle(&rig);
    cr_assert(read.done && query.done);
    cr_assert_lt(read.read.error, 0);
    cr_assert_lt(query.query.error, 0);
    cr_assert_eq(cleaner()->state, CLEANER_SWAP_FAILED);
    rig_advance(&rig, 60000);
    keyed_expect(AFTER);
}

Test(cleaner_fault, swap_that_fails_again_and_again_is_given_up_with_its_topic)
{
    struct rig_read read;
    struct rig_query query;
    hold_the_swap();
    rig.files.fault = (struct file_fault){VERB_RENAME, ".swap", ERR_IO, UINT32_MAX, 0};
    rig.io.hold_cleaning = false;
    rig_settle(&rig);
    cr_assert_eq(cleaner()->state, CLEANER_SWAP_FAILED);
    for (int i = 0; i < 10; i++)
        rig_advance(&rig, 100000);
    cr_assert_eq(cleaner()->state, CLEANER_SWAP_FAILED);
    cr_assert_gt(cleaner()->failures, 3);
    rig_read_give(&rig, &read, 0, 0);
    rig_query_give(&rig, &query, 0, 0);
    rig_step(&rig);
    cr_assert(!read.done && !query.done);
    struct partition *p = rig_partition(&rig, 0);
    rig.places[0].partition = NULL;
    partition_delete(p);
    rig_settle(&rig);
    cr_assert(read.done && query.done, "whoever waited is answered without another event");
    cr_assert_lt(read.read.error, 0);
    cr_assert_lt(query.query.error, 0);
    cr_assert(cleaner_resting(cleaner()));
    cr_assert_not(rig_has(&rig, "topic-0"));
}

Test(cleaner_fault, stop_gives_up_a_swap_that_fails)
{
    struct rig_read read;
    hold_the_swap();
    rig.files.fault = (struct file_fault){VERB_RENAME, ".swap", ERR_IO, UINT32_MAX, 0};
    rig.io.hold_cleaning = false;
    rig_settle(&rig);
    rig_read_give(&rig, &read, 0, 0);
    rig_step(&rig);
    cr_assert_not(read.done);
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    cr_assert(read.done);
    cr_assert(shard_stopped(rig_shard(&rig, 0)));
    restart();
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 11);
    rig_partition(&rig, 0)->limits.segment_bytes = 1 << 20;
    keyed_clean();
    keyed_expect(AFTER);
}

/* Transactions. */

static struct batch_span inside(int64_t producer_id, int32_t sequence, const char *words)
{
    return keyed_build((struct keyed_batch){
        .words = words,
        .producer_id = producer_id,
        .sequence = sequence,
        .transactional = true,
    });
}

/* As a replay ends it. */
static void end_transaction(int64_t producer_id, bool commit, int64_t first_offset)
{
    struct partition *p = rig_partition(&rig, 0);
    keyed_give(keyed_marker(producer_id, commit, 0));
    producers_end_transaction(p->producers, producer_id, 0, 0);
    const struct aborted_entry entry = {
        .producer_id = producer_id,
        .first_offset = first_offset,
        .last_offset = p->log_end - 1,
        .last_stable = first_offset,
    };
    if (!commit)
        aborted_add(&p->aborted, &entry);
}

Test(cleaner_fault, aborted_transactions_go_and_their_markers_when_nothing_needs_them)
{
    keyed_start(1);
    keyed_put("a1 b1");
    keyed_give(inside(5, 0, "a2 c2"));
    keyed_give(inside(6, 0, "a3 d3"));
    end_transaction(5, false, 2);
    end_transaction(6, true, 4);
    keyed_give(inside(7, 0, "b7"));
    end_transaction(7, false, 8);
    keyed_put("e1");
    keyed_put("f1");
    struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->last_stable, p->durable_end);
    cr_assert_eq(p->aborted.count, 2);
    p->limits.segment_bytes = 1 << 20;
    compact((struct cleanup_limits){.delete_retention_ms = 1000});
    rig_settle(&rig);
    keyed_expect("1:b1 2..3 4:a3 5:d3 6:ABORT 7:COMMIT 8..8 9:ABORT 10:e1 11:f1");
    cr_assert_eq(p->aborted.count, 2, "a reader may have begun in front of the cleaning");
    cr_assert(rig_has(&rig, "topic-0/00000000000000000000.txnindex"));
    restart();
    cr_assert_eq(rig_partition(&rig, 0)->aborted.count, 2);
    keyed_expect("1:b1 2..3 4:a3 5:d3 6:ABORT 7:COMMIT 8..8 9:ABORT 10:e1 11:f1");
}

Test(cleaner_fault, open_transaction_holds_the_cleaning_up)
{
    keyed_start(1);
    keyed_put("a1");
    keyed_give(inside(5, 0, "a2"));
    keyed_put("a3");
    keyed_put("a4");
    compact((struct cleanup_limits){0});
    rig_settle(&rig);
    keyed_expect("0:a1 1:a2 2:a3 3:a4");
    end_transaction(5, true, 1);
    keyed_put("b1");
    rig_advance(&rig, 60000);
    keyed_expect("1..1 3:a4 4:COMMIT 5:b1");
}

/* When. */

static void put_at(const char *words, int64_t timestamp)
{
    keyed_give(keyed_build((struct keyed_batch){.words = words, .timestamp = timestamp}));
}

Test(cleaner_fault, records_are_left_alone_for_the_least_lag)
{
    keyed_start(1);
    int64_t now_ms = rig.io.io.wall_ms;
    put_at("a1", now_ms);
    put_at("a2", now_ms);
    put_at("a3", now_ms);
    compact((struct cleanup_limits){.min_compaction_lag_ms = 3600000});
    rig_settle(&rig);
    rig_advance(&rig, 3000000);
    keyed_expect("0:a1 1:a2 2:a3");
    rig_advance(&rig, 700000);
    rig_advance(&rig, 10);
    keyed_expect("1:a2 2:a3");
}

Test(cleaner_fault, little_dirt_is_compacted_when_it_is_older_than_the_largest_lag)
{
    keyed_start(1);
    int64_t now_ms = rig.io.io.wall_ms;
    put_at("a1", now_ms);
    put_at("a2", now_ms);
    put_at("a3", now_ms);
    compact((struct cleanup_limits){
        .min_cleanable_dirty_ratio = 1.0,
        .max_compaction_lag_ms = 3600000,
    });
    rig_settle(&rig);
    rig_advance(&rig, 3000000);
    keyed_expect("0:a1 1:a2 2:a3");
    rig_advance(&rig, 700000);
    rig_advance(&rig, 10);
    keyed_expect("1:a2 2:a3");
}

Test(cleaner_fault, lags_that_overflow_are_never_over)
{
    keyed_start(1);
    put_at("a1", INT64_MAX - 5);
    put_at("a2", INT64_MAX - 5);
    put_at("a3", INT64_MAX - 5);
    compact((struct cleanup_limits){.min_compaction_lag_ms = 10});
    rig_settle(&rig);
    rig_advance(&rig, 3600000);
    keyed_expect("0:a1 1:a2 2:a3");
    compact((struct cleanup_limits){
        .min_cleanable_dirty_ratio = 1.0,
        .max_compaction_lag_ms = 10,
    });
    rig_settle(&rig);
    rig_advance(&rig, 3600000);
    keyed_expect("0:a1 1:a2 2:a3");
}

/* How fast. */

#define LARGE (200 * 1024)

/* Six mebibytes of records without a key, which go. */
static void put_large(void)
{
    keyed_start(1 << 20);
    for (int i = 0; i < 30; i++)
        (void)rig_append(&rig, 0, (struct rig_batch){.value_len = LARGE});
    rig_flush(&rig);
    struct partition *p = rig_partition(&rig, 0);
    p->cleanup_limits =
        (struct cleanup_limits){.compact = true, .max_compaction_lag_ms = INT64_MAX};
    const struct cleaner_settings settings = {
        .enabled = true,
        .map_bytes = 4096,
        .bytes_per_second = 1 << 20,
    };
    cleaner_configure(rig_shard(&rig, 0), &settings);
    rig_settle(&rig);
    cr_assert_eq(cleaner()->state, CLEANER_PAUSING);
}

Test(cleaner_fault, pauses_as_the_limit_of_its_bytes_asks)
{
    put_large();
    int seconds = 0;
    while (cleaner()->state != CLEANER_RESTING && seconds < 100) {
        rig_advance(&rig, 1000);
        seconds++;
    }
    cr_expect_geq(seconds, 8, "two walks over five mebibytes in %d s", seconds);
    cr_expect_leq(seconds, 15, "two walks over five mebibytes in %d s", seconds);
    cr_expect_eq(cleaner()->cleanings, 1);
}

Test(cleaner_fault, stop_does_not_wait_for_a_pause)
{
    put_large();
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    cr_assert(cleaner_resting(cleaner()));
    cr_assert(shard_stopped(rig_shard(&rig, 0)));
}

Test(cleaner_fault, deletion_does_not_wait_for_a_pause)
{
    put_large();
    struct partition *p = rig_partition(&rig, 0);
    rig.places[0].partition = NULL;
    partition_delete(p);
    rig_settle(&rig);
    cr_assert(cleaner_resting(cleaner()));
    cr_assert_not(rig_has(&rig, "topic-0"));
}

Test(cleaner_fault, rests_as_long_as_it_works_while_records_come_in)
{
    put_large();
    cleaner_configure(rig_shard(&rig, 0),
                      &(struct cleaner_settings){.enabled = true, .map_bytes = 4096});
    for (int i = 0; i < 100 && cleaner()->state != CLEANER_RESTING; i++) {
        (void)rig_append(&rig, 0, (struct rig_batch){.value_len = 10});
        rig_advance(&rig, 100);
    }
    cr_expect_eq(cleaner()->cleanings, 1);
}
