/* What recovery learns of producers and epochs from a partition's own files. */
#include "partition/recovery_state.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "partition/partition.h"
#include "partition/segments_found.h"
#include "protocol/record.h"
#include "segments_fixture.h"

static struct fixture f;
static struct partition *p;

static void setup(void)
{
    fixture_init(&f);
    cr_assert_eq(file_make_directory(&f.files.fs, f.directory), 0);
    p = partition_new(&f.files.fs, f.root, "topic", uuid_from_random(1, 2), 0, &f.log);
}

static void teardown(void)
{
    partition_free(p);
    fixture_fini(&f);
}

TestSuite(recovery_state, .init = setup, .fini = teardown);

/* One record of a transaction at `offset`; a batch's header is all that is replayed. */
static void replay_transactional(int64_t producer, int64_t offset)
{
    uint8_t data[256];
    struct batch_builder builder;
    struct batch_build_options options = {BATCH_ATTRIBUTE_TRANSACTIONAL, producer, 0, 0};
    batch_build_begin(&builder, data, sizeof data);
    batch_build_add(&builder, 1000, (struct blob){NULL, -1}, blob_of("v", 1));
    cr_assert_gt(batch_build_end(&builder, &options), 0);
    batch_patch_offset(data, offset);
    batch_patch_leader_epoch(data, 3);
    recovery_replay_batch(p, data);
    p->log_end = offset + 1;
}

static void replay_end(int64_t producer, int64_t offset, bool commit)
{
    uint8_t data[BATCH_MARKER_SIZE];
    struct batch_marker marker = {
        .commit = commit, .producer_id = producer, .producer_epoch = 0, .timestamp = 2000};
    cr_assert_gt(batch_build_marker(data, sizeof data, &marker), 0);
    batch_patch_offset(data, offset);
    batch_patch_leader_epoch(data, 3);
    recovery_replay_batch(p, data);
    p->log_end = offset + 1;
}

static void replay_marker(int64_t producer, int64_t offset)
{
    replay_end(producer, offset, true);
}

/* Stores the producer state as Kafka's snapshot at `offset`. */
static void store_snapshot(int64_t offset)
{
    char name[64];
    size_t len = producers_snapshot_size(p->producers, offset);
    uint8_t *data = malloc(len);
    producers_snapshot_write(p->producers, offset, data, len);
    snprintf(name, sizeof name, "%020lld.snapshot", (long long)offset);
    fixture_store(&f, name, data, len);
    free(data);
}

static int64_t load_state(int64_t limit)
{
    struct segments_found found;
    cr_assert_eq(segments_found_load(&found, &f.files.fs, p->segments.directory), 0);
    int64_t from = recovery_load_state(&f.files.fs, p, &found, limit, &f.log);
    segments_found_free(&found);
    return from;
}

static void forget(void)
{
    partition_free(p);
    p = partition_new(&f.files.fs, f.root, "topic", uuid_from_random(1, 2), 0, &f.log);
}

Test(recovery_state, last_stable_offset_is_where_the_oldest_open_transaction_begins)
{
    replay_transactional(1, 0);
    replay_transactional(2, 1);
    replay_transactional(3, 2);
    replay_marker(1, 3);
    recovery_settle(p, 0, &f.log);
    cr_assert_eq(p->last_stable, 1);
    cr_assert_eq(p->durable_end, 4);
    replay_marker(2, 4);
    replay_marker(3, 5);
    recovery_settle(p, 0, &f.log);
    cr_assert_eq(p->last_stable, 6);
}

Test(recovery_state, an_open_transaction_survives_kafkas_snapshot)
{
    replay_transactional(7, 10);
    store_snapshot(11);
    forget();
    cr_assert_eq(load_state(INT64_MAX), 11);
    p->log_end = 11;
    recovery_settle(p, 11, &f.log);
    cr_assert_eq(p->last_stable, 10);
}

Test(recovery_state, a_clean_stop_without_snapshots_replays_nothing)
{
    cr_assert_eq(load_state(INT64_MAX), INT64_MAX);
}

Test(recovery_state, a_crash_takes_the_newest_snapshot_below_the_recovery_point)
{
    replay_transactional(1, 0);
    store_snapshot(1);
    replay_transactional(2, 1);
    store_snapshot(2);
    forget();
    fixture_store(&f, "leader-epoch-checkpoint", "0\n2\n3 0\n4 1\n", 12);
    cr_assert_eq(load_state(1), 1);
    cr_assert_eq(producers_count(p->producers), 1);
    cr_assert_eq(epochs_latest(&p->epochs), 3, "what lies behind the snapshot is replayed");
    cr_assert(p->epochs_changed);
    forget();
    cr_assert_eq(load_state(0), 0);
    cr_assert_eq(producers_count(p->producers), 0);
}

Test(recovery_state, a_damaged_snapshot_gives_way_to_an_older_one)
{
    replay_transactional(1, 0);
    store_snapshot(1);
    fixture_store(&f, "00000000000000000005.snapshot", "rubbish", 7);
    forget();
    cr_assert_eq(load_state(INT64_MAX), 1);
    cr_assert_eq(producers_count(p->producers), 1);
}

Test(recovery_state, state_above_the_end_of_the_log_is_dropped)
{
    replay_transactional(1, 0);
    store_snapshot(9);
    forget();
    int64_t from = load_state(INT64_MAX);
    p->log_end = 5;
    recovery_settle(p, from, &f.log);
    cr_assert_eq(producers_count(p->producers), 0);
    cr_assert_eq(p->last_stable, 5);
}

Test(recovery_state, an_abort_is_remembered_with_the_last_stable_offset_of_its_time)
{
    replay_transactional(1, 0);
    replay_transactional(2, 1);
    replay_end(2, 2, false);
    replay_end(1, 3, false);
    replay_end(9, 4, false);
    replay_transactional(1, 5);
    replay_end(1, 6, true);
    cr_assert_eq(p->aborted.count, 2, "neither a commit nor an abort of nothing");
    cr_expect_eq(p->aborted.entries[0].producer_id, 2);
    cr_expect_eq(p->aborted.entries[0].first_offset, 1);
    cr_expect_eq(p->aborted.entries[0].last_offset, 2);
    cr_expect_eq(p->aborted.entries[0].last_stable, 0, "producer 1 was open");
    cr_expect_eq(p->aborted.entries[1].first_offset, 0);
    cr_expect_eq(p->aborted.entries[1].last_stable, 4);
}
