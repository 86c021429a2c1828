/* Start-up after crashes: what was acknowledged is there, once, whatever happened when. */
#include "partition/recovery.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "partition/checkpoint.h"
#include "partition/kafka_files.h"
#include "protocol/batch.h"
#include "tests/partition/recovery_fixture.h"

TestSuite(recovery, .init = setup, .fini = teardown);

/* Plainly. */

Test(recovery, empty_directory_is_a_first_start)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    cr_assert_eq(rig.replayed, 0);
    expect_end(0, 0);
}

Test(recovery, acknowledged_batches_come_back_from_the_wal)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 5);
    restart();
    cr_assert_eq(rig.replayed, 5);
    expect_end(0, 5);
    restart();
    cr_assert_eq(rig.replayed, 0);
    expect_end(0, 5);
    rig_append_many(&rig, 0, 2);
    restart();
    expect_end(0, 7);
}

Test(recovery, segment_is_cut_to_the_synced_end_and_continued_from_the_wal)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 3);
    rig_flush_begin(&rig);
    rig_flush_write(&rig); /* in the segment, but no checkpoint says so */
    rig_crash(&rig);
    char path[256];
    rig_path(&rig, "topic-0/00000000000000000000.log", path);
    FILE *file = fopen(path, "ab");
    fputs("what a torn write leaves", file);
    fclose(file);
    start();
    cr_assert_eq(rig.replayed, 3);
    expect_end(0, 5);
}

Test(recovery, unacknowledged_batches_never_come_back_half)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 2);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){.records = 9});
    rig_settle(&rig);
    restart();
    expect_end(0, 2);
}

Test(recovery, many_partitions_come_back_each_with_its_own)
{
    for (int32_t i = 0; i < 10; i++)
        rig_add(&rig, "topic", i, 1);
    start();
    for (int round = 0; round < 3; round++)
        for (uint32_t i = 0; i < 10; i++)
            for (uint32_t j = 0; j <= i; j++)
                rig_give(&rig, i, (struct rig_batch){.value_len = 100 * j});
    rig_settle(&rig);
    rig_flush_begin(&rig);
    restart();
    for (uint32_t i = 0; i < 10; i++)
        expect_end(i, 3 * (i + 1));
}

Test(recovery, entries_of_deleted_topics_are_dropped)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "other", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_append_many(&rig, 1, 2);
    rig_crash(&rig);
    rig.places[0] = rig.places[1];
    rig.place_count = 1;
    start();
    cr_assert_eq(rig.replayed, 2);
    expect_end(0, 2);
    cr_assert_not(rig_has(&rig, "topic-0"));
}

Test(recovery, topic_that_was_created_again_gets_none_of_the_old_entries)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 3);
    rig_crash(&rig);
    rig.place_count = 0;
    rig_add(&rig, "topic", 0, 2);
    start();
    cr_assert_eq(rig.replayed, 0);
    expect_end(0, 0);
}

Test(recovery, more_than_is_gathered_at_once_is_written_in_pieces)
{
    rig.wal.memory_bytes = 256 << 20;
    rig.wal.files_max = 100;
    rig_add(&rig, "topic", 0, 1);
    start();
    for (int i = 0; i < 180; i++)
        rig_give(&rig, 0, (struct rig_batch){.value_len = 200000});
    rig_settle(&rig);
    restart();
    cr_assert_eq(rig.replayed, 180);
    expect_end(0, 180);
}

/* State beside the records. */

Test(recovery, producers_are_known_again_from_checkpoint_and_wal)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    for (int i = 0; i < 4; i++)
        rig_append(&rig, 0, produced(5, i));
    rig_append(&rig, 0, produced(6, 0));
    rig_flush(&rig);
    for (int i = 4; i < 7; i++)
        rig_append(&rig, 0, produced(5, i));
    for (int round = 0; round < 2; round++) {
        restart();
        for (int i = 2; i < 7; i++)
            cr_assert_eq(outcome_of(0, produced(5, i)), APPEND_DUPLICATE, "%d", i);
        cr_assert_eq(outcome_of(0, produced(5, 1)), APPEND_OUT_OF_ORDER);
        cr_assert_eq(outcome_of(0, produced(5, 8)), APPEND_OUT_OF_ORDER);
        cr_assert_eq(outcome_of(0, produced(6, 0)), APPEND_DUPLICATE);
        expect_end(0, 8);
    }
    cr_assert_eq(outcome_of(0, produced(5, 7)), APPEND_DONE);
}

Test(recovery, marker_in_the_wal_ends_its_transaction)
{
    struct rig_batch open = produced(5, 0);
    struct rig_batch marker = {.marker = true, .producer_id = 5, .origin = APPEND_REPLICATION};
    open.transactional = true;
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 1);
    rig_append(&rig, 0, open);
    restart();
    cr_assert_eq(rig_partition(&rig, 0)->last_stable, 1);
    rig_append(&rig, 0, marker);
    restart();
    cr_assert_eq(rig_partition(&rig, 0)->last_stable, 3);
    open.sequence = 1;
    rig_append(&rig, 0, open);
    cr_assert_eq(rig_partition(&rig, 0)->last_stable, 3);
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    restart();
    cr_assert_eq(rig_partition(&rig, 0)->last_stable, 3);
    expect_end(0, 5);
}

Test(recovery, leader_epochs_come_back)
{
    rig_add(&rig, "topic", 0, 1);
    rig.leader_epoch = 1;
    start();
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    rig_partition(&rig, 0)->leader_epoch = 4;
    rig_append_many(&rig, 0, 2);
    restart();
    const struct epochs *epochs = &rig_partition(&rig, 0)->epochs;
    cr_assert_eq(epochs->count, 2);
    cr_assert_eq(epochs_of_offset(epochs, 1), 1);
    cr_assert_eq(epochs_of_offset(epochs, 2), 4);
    cr_assert_eq(epochs_end_of(epochs, 3, 4).start_offset, 2);
}

/* The checkpoint was written while the first batch of the epoch was not durable. */
Test(recovery, leader_epoch_of_a_lost_batch_begins_where_its_next_one_is)
{
    rig_add(&rig, "topic", 0, 1);
    rig.leader_epoch = 1;
    start();
    rig_append_many(&rig, 0, 2);
    rig_flush_begin(&rig);
    rig_append_many(&rig, 0, 2);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_partition(&rig, 0)->leader_epoch = 2;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    rig_flush_write(&rig);
    rig_flush_end(&rig);
    rig.leader_epoch = 2;
    restart();
    expect_end(0, 4);
    rig_append_many(&rig, 0, 2);
    const struct epochs *epochs = &rig_partition(&rig, 0)->epochs;
    cr_assert_eq(epochs_of_offset(epochs, 3), 1);
    cr_assert_eq(epochs_of_offset(epochs, 4), 2);
    restart();
    epochs = &rig_partition(&rig, 0)->epochs;
    cr_assert_eq(epochs_of_offset(epochs, 4), 2);
}

static void log_log_start(uint32_t place, int64_t offset, uint32_t len)
{
    struct partition *p = rig_partition(&rig, place);
    struct wal_entry entry = {WAL_LOG_START, p->topic_id, p->index, true};
    struct wal_span span;
    cr_assert_eq(wal_append(p->shard->wal, &entry, len, &span), 0);
    memset(span.data, 0, len);
    if (len == 8)
        store_be64(span.data, (uint64_t)offset);
    p->log_start = MAX(p->log_start, offset);
    rig_settle(&rig);
    wal_release(p->shard->wal, &span, false);
}

Test(recovery, log_start_comes_back_from_the_wal_and_from_the_checkpoint)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 6);
    log_log_start(0, 4, 8);
    log_log_start(0, 2, 8);
    log_log_start(0, 0, 5); /* not one of ours: passed over */
    for (int round = 0; round < 2; round++) {
        restart();
        cr_assert_eq(rig_partition(&rig, 0)->log_start, 4);
        expect_end(0, 6);
    }
}

static struct partition *find_none(void *context, struct uuid topic_id, int32_t index)
{
    (void)context;
    (void)topic_id;
    (void)index;
    return NULL;
}

Test(recovery, offset_of_the_catalog_is_the_highest_that_any_group_names)
{
    struct recovery *recovery;
    rig_add(&rig, "topic", 0, 1);
    start();
    wal_set_catalog_offset(rig_shard(&rig, 0)->wal, 41);
    rig_append_many(&rig, 0, 1);
    wal_set_catalog_offset(rig_shard(&rig, 0)->wal, 42);
    rig_append_many(&rig, 0, 1);
    rig_crash(&rig);
    cr_assert_eq(recovery_begin(&rig.files.fs, rig.root, &rig.log, &recovery), 0);
    cr_assert_eq(recovery_catalog_offset(recovery), -1);
    cr_assert_eq(recovery_replay(recovery, find_none, NULL), 0);
    cr_assert_eq(recovery_catalog_offset(recovery), 42);
    cr_assert_eq(recovery_entries(recovery), 0);
    recovery_end(recovery);
}

Test(recovery, clean_stop_needs_no_wal_and_keeps_the_state)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "empty", 0, 1);
    start();
    for (int i = 0; i < 3; i++)
        rig_append(&rig, 0, produced(5, i));
    rig_flush(&rig);
    rig_partition(&rig, 0)->leader_epoch = 4;
    rig_append(&rig, 0, produced(5, 3));
    rig_flush(&rig);
    rig_partition(&rig, 0)->epochs_changed = true;
    stop_cleanly();
    cr_assert_not(rig_has(&rig, "empty-0"));
    cr_assert(rig_has(&rig, "topic-0/00000000000000000004.snapshot"));
    start();
    cr_assert_eq(rig.replayed, 0);
    expect_end(0, 4);
    expect_end(1, 0);
    cr_assert_eq(epochs_of_offset(&rig_partition(&rig, 0)->epochs, 3), 4);
    cr_assert_eq(epochs_of_offset(&rig_partition(&rig, 0)->epochs, 2), 0);
    cr_assert_eq(outcome_of(0, produced(5, 3)), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(0, produced(5, 5)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(0, produced(5, 4)), APPEND_DONE);
}

Test(recovery, damaged_state_after_a_clean_stop_is_reported_and_made_again_from_the_log)
{
    static const char *const names[] = {"topic-0/00000000000000000001.snapshot",
                                        "topic-0/leader-epoch-checkpoint"};
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append(&rig, 0, produced(5, 0));
    stop_cleanly();
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++) {
        char path[256];
        rig_path(&rig, names[i], path);
        FILE *file = fopen(path, "wb");
        fputs("rubbish that is long enough", file);
        fclose(file);
    }
    start();
    expect_end(0, 1);
    cr_assert_not_null(strstr(rig.logged, "producer state"));
    cr_assert_not_null(strstr(rig.logged, "leader epochs"));
    cr_assert_eq(outcome_of(0, produced(5, 0)), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(0, produced(5, 9)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(0, produced(5, 1)), APPEND_DONE);
}

/* Crashes during recovery, at every change that it makes. */

/* Cuts the power at each change of the start-up in turn, and starts again behind each; then
 * everything must be there. `prepare` makes the state; it is made anew for each. */
static void crash_everywhere(void (*prepare)(void), void (*check)(void), bool lucky)
{
    for (uint64_t change = 1;; change++) {
        rig_init(&rig);
        rig.files.lucky = lucky;
        prepare();
        rig.files.changes = 0;
        rig.files.changes_max = change;
        int result = rig_start(&rig);
        bool off = rig.files.off;
        cr_assert(off || result == 0, "%s", rig.logged);
        rig_crash(&rig);
        result = rig_start(&rig);
        cr_assert_eq(result, 0, "change %llu: %d %s", (unsigned long long)change, result,
                     rig.logged);
        check();
        rig_fini(&rig);
        if (!off)
            break;
        cr_assert_lt(change, 10000);
    }
    rig_init(&rig);
}

static void prepare_one_core(void)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    rig_add(&rig, "idle", 0, 1);
    start();
    rig_append_many(&rig, 0, 2);
    rig_append_many(&rig, 2, 1);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    rig_append_many(&rig, 1, 3);
    rig_append(&rig, 1, produced(5, 0));
    rig_crash(&rig);
}

static void check_one_core(void)
{
    expect_end(0, 4);
    expect_end(1, 4);
    expect_end(2, 1);
    cr_assert_eq(outcome_of(1, produced(5, 0)), APPEND_DUPLICATE);
    rig_append_many(&rig, 0, 1);
    restart();
    expect_end(0, 5);
    expect_end(1, 4);
}

Test(recovery, power_failure_at_any_step_of_the_start_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_one_core, check_one_core, false);
}

Test(recovery, kill_at_any_step_of_the_start_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_one_core, check_one_core, true);
}

static void prepare_more_cores(void)
{
    prepare_one_core();
    rig.cores = 2;
}

static void prepare_fewer_cores(void)
{
    rig.cores = 2;
    prepare_one_core();
    rig.cores = 1;
}

Test(recovery, power_failure_at_any_step_of_a_start_with_more_cores_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_more_cores, check_one_core, false);
}

Test(recovery, kill_at_any_step_of_a_start_with_more_cores_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_more_cores, check_one_core, true);
}

Test(recovery, power_failure_at_any_step_of_a_start_with_fewer_cores_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_fewer_cores, check_one_core, false);
}

Test(recovery, kill_at_any_step_of_a_start_with_fewer_cores_loses_nothing)
{
    rig_fini(&rig);
    crash_everywhere(prepare_fewer_cores, check_one_core, true);
}

/* A directory that a crashed Kafka leaves: nothing of ours in it. */
static void prepare_kafka(void)
{
    char command[128];
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    start();
    rig_append_many(&rig, 0, 4);
    rig_append_many(&rig, 1, 3);
    rig_append(&rig, 1, produced(5, 0));
    rig_stop(&rig);
    snprintf(command, sizeof command, "rm %s/.odradek-*", rig.root);
    cr_assert_eq(system(command), 0);
    rig.cores = 2;
}

static void check_kafka(void)
{
    expect_end(0, 4);
    expect_end(1, 4);
    cr_assert_eq(outcome_of(1, produced(5, 0)), APPEND_DUPLICATE);
}

Test(recovery, crash_at_any_step_of_the_first_start_on_kafkas_directory_loses_nothing)
{
    rig_fini(&rig);
    for (int lucky = 0; lucky < 2; lucky++) {
        crash_everywhere(prepare_kafka, check_kafka, lucky != 0);
        rig_fini(&rig);
    }
    rig_init(&rig);
}

/* The number of cores. */

Test(recovery, cores_may_come_and_go)
{
    for (int32_t i = 0; i < 4; i++)
        rig_add(&rig, "topic", i, 1);
    for (int round = 0; round < 6; round++) {
        rig.cores = round % 2 == 0 ? 1 : 2;
        start();
        for (uint32_t i = 0; i < 4; i++) {
            expect_end(i, round * 3);
            rig_append_many(&rig, i, 2);
        }
        if (round % 3 == 0)
            rig_flush(&rig);
        for (uint32_t i = 0; i < 4; i++)
            rig_append_many(&rig, i, 1);
        rig_crash(&rig);
    }
}

Test(recovery, log_start_survives_a_change_of_cores)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    rig_add(&rig, "other", 1, 1);
    start();
    rig_append_many(&rig, 1, 6);
    rig_flush(&rig);
    rig_crash(&rig);
    rig.cores = 2;
    start();
    log_log_start(1, 4, 8);
    rig_append_many(&rig, 2, 1);
    rig_flush(&rig); /* the new stream's checkpoint knows it, the old one's does not */
    rig_append_many(&rig, 2, 1);
    rig_flush(&rig);
    restart();
    cr_assert_eq(rig_partition(&rig, 1)->log_start, 4);
    expect_end(1, 6);
}

/* The streams lie on one disk. */
Test(recovery, disk_is_probed_behind_the_start_and_then_known_to_every_stream)
{
    rig.log.level = LOG_INFO;
    start();
    cr_assert_null(strstr(rig.logged, "disk probe"));
    rig_advance(&rig, 1000);
    cr_assert_not_null(strstr(rig.logged, "disk probe"));
    rig_crash(&rig);
    rig.cores = 2;
    rig.logged[0] = '\0';
    start();
    rig_advance(&rig, 1000);
    cr_assert_null(strstr(rig.logged, "disk probe"));
}

Test(recovery, stream_that_no_core_has_any_more_is_removed)
{
    rig.cores = 2;
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    start();
    rig_append_many(&rig, 1, 2);
    rig_crash(&rig);
    rig.cores = 1;
    start();
    expect_end(1, 2);
    cr_assert_not(rig_has(&rig, ".odradek-wal-1-head"));
    cr_assert_not(rig_has(&rig, ".odradek-checkpoint-1-0"));
    cr_assert_not(rig_has(&rig, ".odradek-checkpoint-1-1"));
}

/* Its checkpoint still names a group of the old WAL; the new one counts from 1 again. */
Test(recovery, stream_whose_wal_went_with_a_stop_that_was_cut_short_begins_anew)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append_many(&rig, 0, 4);
    restart();
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    rig_stop(&rig);
    cr_assert_eq(wal_remove(&rig.files.fs, rig.root, 0), 0);
    start();
    rig_append_many(&rig, 0, 2);
    restart();
    expect_end(0, 7);
}

/* Streams count their checkpoints apart: a start must not write over the slot a stream lives on. */
Test(recovery, first_checkpoint_of_a_start_spares_each_streams_newest)
{
    rig.cores = 2;
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    start();
    for (int i = 0; i < 2; i++) { /* stream 0 gets one ahead */
        rig_append_many(&rig, 0, 1);
        rig_flush(&rig);
    }
    rig_append_many(&rig, 1, 3);
    rig_flush(&rig);
    rig_crash(&rig);
    for (unsigned i = 0; i < 2; i++) {
        unsigned stream = 1 - i;
        char name[64];
        struct checkpoint before;
        struct checkpoint after;
        cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, stream, &before), 0);
        snprintf(name, sizeof name, "checkpoint-%u-%u", stream, (unsigned)(before.number & 1));
        rig.files.fault = (struct file_fault){VERB_WRITE, name, ERR_IO, 1, 0};
        start();
        cr_assert_eq(rig.files.fault.hits, 0);
        cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, stream, &after), 0);
        cr_assert_eq(after.number, before.number + 1);
        checkpoint_free(&before);
        checkpoint_free(&after);
        rig_crash(&rig);
    }
}
