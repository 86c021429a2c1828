/* Segments: only the synced end counts; failed syncs, damage, lost indexes and directories. */
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "io/file.h"
#include "partition/kafka_files.h"
#include "tests/sim/scene.h"

#define LOG DATA "/t-0/00000000000000000000.log"

static struct scene *begin(void)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_create(s, "u", 1);
    scene_put(s, "t", 0, 1);
    scene_put(s, "u", 0, 1);
    scene_flush(s);
    return s;
}

/* 2 is in the segment's file, but no checkpoint says so: their writes fail, until the process ends.
 */
static void write_2_and_end_before_the_checkpoint(struct scene *s)
{
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_WRITE, .path = CHECKPOINTS, .number = 1, .from_then_on = true});
    scene_put(s, "t", 0, 2);
    scene_await_plan(s);
    /* A write that is on its way when the process ends may land. */
    scene_wait(s, SECOND / 10);
    scene_kill(s);
}

Test(segments, bytes_past_the_synced_end_prove_nothing_and_are_written_again_from_the_wal)
{
    struct scene *s = begin();
    uint64_t synced = scene_size(s, LOG);
    write_2_and_end_before_the_checkpoint(s);
    uint64_t size = scene_size(s, LOG);
    cr_assert_gt(size, synced);
    scene_damage(s, LOG, synced + 70, size - synced - 70);
    uint8_t one = 0xff;
    for (uint64_t at = synced; at < size; at++)
        scene_write(s, LOG, &one, 1, at);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2");
    scene_flush(s);
    scene_expect(s, "t", 0, "1 2");
    scene_put(s, "t", 0, 3);
    scene_flush(s);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_free(s);
}

/* What an earlier start had written of the WAL, whole batches with a good CRC that nobody was told
 * of, in place of what the WAL says. */
Test(segments, a_good_batch_past_the_synced_end_is_not_taken_for_an_acknowledged_one)
{
    static uint8_t batch[512];
    struct scene *s = begin();
    uint64_t synced = scene_size(s, LOG);
    write_2_and_end_before_the_checkpoint(s);
    uint64_t len = scene_size(s, LOG) - synced;
    cr_assert_leq(len, sizeof batch);
    scene_read_file(s, LOG, batch, len, synced);
    /* Offset 2 behind offset 1: its CRC does not cover the offset. */
    batch[7] = 2;
    scene_write(s, LOG, batch, len, synced + len);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2");
    scene_free(s);
}

Test(segments, a_failed_sync_begins_a_new_segment_at_the_synced_end_that_holds_everything_behind_it)
{
    struct scene *s = begin();
    uint64_t synced = scene_size(s, LOG);
    scene_put(s, "t", 0, 2);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_SYNC, .path = "/t-0/", .number = 1});
    scene_await_plan(s);
    scene_wait(s, SECOND);
    scene_put(s, "t", 0, 3);
    scene_flush(s);
    cr_assert(scene_exists(s, DATA "/t-0/00000000000000000001.log"));
    scene_expect(s, "t", 0, "1 2 3");

    /* Nobody reads the old one past the next one's base offset: put there what looks good. */
    static uint8_t batch[512];
    uint64_t len = synced;
    scene_read_file(s, LOG, batch, len, 0);
    batch[7] = 1;
    batch[len - 2] = 9;
    scene_write(s, LOG, batch, len, synced);
    scene_expect(s, "t", 0, "1 2 3");
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_flush(s);
    cr_assert(scene_stop(s));
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_free(s);
}

Test(segments, a_batch_stays_in_memory_and_wal_until_its_segment_is_synced)
{
    struct scene *s = begin();
    scene_put(s, "t", 0, 2);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_SYNC, .path = "/t-0/", .number = 1, .from_then_on = true});
    scene_await_plan(s);
    scene_flush(s);
    scene_expect(s, "t", 0, "1 2");
    scene_put(s, "t", 0, 3);
    scene_put(s, "u", 0, 2);
    scene_flush(s);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_expect(s, "u", 0, "1 2");
    scene_free(s);
}

static const char *const indexes[] = {DATA "/t-0/00000000000000000000.index",
                                      DATA "/t-0/00000000000000000000.timeindex"};

/* Enough bytes that the indexes have entries. */
static void put_up_to(struct scene *s, uint32_t last)
{
    for (uint32_t i = 2; i <= last; i++) {
        struct scene_batch batch = {.topic = "t", .value = i, .bytes = 3000};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
}

Test(segments, missing_indexes_are_rebuilt)
{
    struct scene *s = begin();
    put_up_to(s, 20);
    scene_flush(s);
    scene_crash(s);
    for (int i = 0; i < 2; i++)
        scene_remove(s, indexes[i]);
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to(20));
    cr_assert_str_eq(scene_read_from(s, "t", 0, 17), "18 19 20");
    scene_free(s);
}

Test(segments, indexes_that_lie_or_were_truncated_are_not_believed)
{
    uint8_t lies[64];
    for (int kind = 0; kind < 3; kind++) {
        struct scene *s = begin();
        put_up_to(s, 20);
        scene_flush(s);
        scene_kill(s); /* they are never synced */
        memset(lies, kind == 0 ? 0xff : 0, sizeof lies);
        lies[3] = 1;  /* offset 1 ... */
        lies[6] = 20; /* ... at byte 5120 */
        for (int i = 0; i < 2; i++) {
            uint64_t len = scene_size(s, indexes[i]);
            cr_assert_geq(len, 12);
            scene_write(s, indexes[i], lies, kind == 2 ? 5 : len < 64 ? len : 64, 0);
        }
        scene_start(s);
        scene_expect(s, "t", 0, scene_count_to(20));
        cr_assert_str_eq(scene_read_from(s, "t", 0, 17), "18 19 20");
        scene_put(s, "t", 0, 21);
        scene_flush(s);
        scene_expect(s, "t", 0, scene_count_to(21));
        scene_free(s);
    }
}

Test(segments, bit_rot_in_a_cold_segment_is_never_served_and_everything_else_is)
{
    struct scene *s = begin();
    uint64_t first = scene_size(s, LOG);
    scene_put(s, "t", 0, 2);
    scene_flush(s);
    uint64_t second = scene_size(s, LOG);
    scene_put(s, "t", 0, 3);
    scene_flush(s);
    scene_damage(s, LOG, first + 65, second - first - 66);
    scene_expect(s, "t", 0, "1 error 2");
    cr_assert_str_eq(scene_read_from(s, "t", 0, 2), "3");
    scene_expect(s, "u", 0, "1");
    scene_put(s, "t", 0, 4);
    cr_assert_str_eq(scene_read_from(s, "t", 0, 2), "3 4");

    /* The same behind a start. */
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "u", 0, "1");
    const char *read = scene_read(s, "t", 0);
    cr_assert(strstr(read, "2") == NULL || strstr(read, "error") != NULL, "%s", read);
    scene_free(s);
}

Test(segments, a_read_error_fails_that_partition_only_and_only_as_long_as_it_lasts)
{
    struct scene *s = begin();
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_READ, .path = "/t-0/", .number = 1, .from_then_on = true});
    scene_expect(s, "t", 0, "error 56");
    scene_expect(s, "u", 0, "1");
    scene_put(s, "u", 0, 2);
    scene_put(s, "t", 0, 2);
    scene_no_plan(s);
    scene_expect(s, "t", 0, "1 2");
    scene_expect(s, "u", 0, "1 2");
    scene_free(s);
}

Test(segments, a_read_error_at_a_start_takes_that_partition_offline_only_until_the_next_one)
{
    struct scene *s = begin();
    scene_kill(s);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_READ, .path = "/t-0/", .number = 1, .from_then_on = true});
    scene_start(s);
    scene_expect(s, "t", 0, "error 56");
    cr_assert_eq(scene_try_put(s, "t", 0, 2), KAFKA_KAFKA_STORAGE_ERROR);
    scene_expect(s, "u", 0, "1");
    scene_put(s, "u", 0, 2);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1");
    scene_expect(s, "u", 0, "1 2");
    scene_free(s);
}

Test(segments, a_missing_directory_with_a_synced_end_is_an_offline_partition_not_an_empty_one)
{
    struct scene *s = begin();
    scene_crash(s);
    scene_remove_directory(s, DATA "/t-0");
    scene_start(s);
    scene_expect(s, "t", 0, "error 56");
    cr_assert_eq(scene_try_put(s, "t", 0, 2), KAFKA_KAFKA_STORAGE_ERROR);
    scene_expect(s, "u", 0, "1");
    scene_put(s, "u", 0, 2);
    scene_flush(s);
    cr_assert(!scene_exists(s, DATA "/t-0"));
    scene_free(s);
}

Test(segments, a_topic_directory_is_made_by_the_first_flush_and_may_be_missing_before)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 50);
    scene_put(s, "t", 0, 1);
    cr_assert(!scene_exists(s, DATA "/t-0"));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1");
    scene_expect(s, "t", 1, "");
    scene_put(s, "t", 1, 1);
    scene_put(s, "t", 0, 2);
    scene_flush(s);
    cr_assert(scene_exists(s, DATA "/t-0") && scene_exists(s, DATA "/t-1"));
    cr_assert(!scene_exists(s, DATA "/t-2"));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2");
    scene_expect(s, "t", 1, "1");
    scene_expect(s, "t", 2, "");
    scene_free(s);
}

Test(segments, above_64_dirty_files_one_sync_of_the_file_system_stands_for_all)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 70);
    for (int32_t i = 0; i < 70; i++)
        scene_put(s, "t", i, 1);
    uint64_t all = sim_disk_count(scene_host(s), SIM_DISK_SYNC_ALL);
    uint64_t names = sim_disk_count(scene_host(s), SIM_DISK_SYNC_DIRECTORY);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_SYNC, .path = "/t-", .number = 1});
    scene_flush(s);
    cr_assert_eq(sim_disk_count(scene_host(s), SIM_DISK_SYNC_ALL), all + 1);
    cr_assert_eq(sim_disk_failure_seen(scene_host(s)), 0, "none of its own");
    cr_assert_lt(sim_disk_count(scene_host(s), SIM_DISK_SYNC_DIRECTORY), names + 10);
    scene_crash(s);
    scene_start(s);
    for (int32_t i = 0; i < 70; i++)
        scene_expect(s, "t", i, "1");
    scene_free(s);
}

Test(segments, what_a_power_loss_tore_before_that_sync_is_written_again_for_kafka)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 70);
    for (int32_t i = 0; i < 70; i++)
        scene_put(s, "t", i, 1);
    cr_assert(scene_stop(s));
    scene_start(s);
    for (int32_t i = 0; i < 70; i++)
        scene_put(s, "t", i, 2);
    scene_plan(s,
               (struct sim_failure){.kind = SIM_DISK_SYNC_ALL, .number = 1, .late_ns = 5 * SECOND});
    scene_await_plan(s);
    scene_crash(s);
    scene_start(s);
    cr_assert(scene_stop(s));
    struct file_system *fs = sim_host_files(scene_host(s));
    for (int32_t i = 0; i < 70; i++) {
        char path[128];
        struct uuid id;
        char *epochs;
        uint64_t len;
        snprintf(path, sizeof path, DATA "/t-%d", i);
        cr_assert(scene_exists(s, path));
        cr_assert_eq(kafka_read_partition_metadata(fs, path, &id), 0, "%s", path);
        snprintf(path, sizeof path, DATA "/t-%d/" KAFKA_EPOCHS_FILE, i);
        cr_assert_eq(file_load(fs, path, 100, &epochs, &len), 0, "%s", path);
        cr_assert_str_eq(epochs, "0\n2\n0 0\n2 1\n", "%s", path);
        mem_free(epochs);
    }
    scene_free(s);
}

Test(segments, leader_epochs_that_a_start_recovered_reach_kafkas_file_through_another_crash)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    cr_assert(scene_stop(s));
    scene_start(s);
    scene_put(s, "t", 0, 2);
    scene_crash(s);
    /* This start puts the new epoch's record into the segment, the next one finds it there. */
    for (int i = 0; i < 2; i++) {
        scene_start(s);
        scene_crash(s);
    }
    scene_start(s);
    cr_assert(scene_stop(s));
    char epochs[32] = "";
    uint64_t len = scene_size(s, DATA "/t-0/" KAFKA_EPOCHS_FILE);
    cr_assert_lt(len, sizeof epochs);
    scene_read_file(s, DATA "/t-0/" KAFKA_EPOCHS_FILE, epochs, len, 0);
    cr_assert_str_eq(epochs, "0\n2\n0 0\n2 1\n");
    scene_free(s);
}

Test(segments, a_failed_sync_of_the_file_system_fails_all_files_and_their_batches_stay_in_the_wal)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 70);
    for (int32_t i = 0; i < 70; i++)
        scene_put(s, "t", i, 1);
    scene_flush(s);
    for (int32_t i = 0; i < 70; i++)
        scene_put(s, "t", i, 2);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_SYNC_ALL, .number = 1});
    scene_await_plan(s);
    scene_wait(s, 50 * MS);
    scene_crash(s);
    scene_start(s);
    for (int32_t i = 0; i < 70; i++)
        scene_expect(s, "t", i, "1 2");
    scene_free(s);
}

/* 1, 2 and 3 in a segment that was closed cleanly, and a compaction that keeps 1 and 3. */
static void leave_a_compaction(struct scene *s, const char *suffix)
{
    static uint8_t log[4096];
    char path[128];
    scene_start(s);
    scene_create(s, "t", 1);
    for (uint32_t i = 1; i <= 3; i++)
        scene_put(s, "t", 0, i);
    cr_assert(scene_stop(s));
    uint64_t len = scene_size(s, LOG);
    cr_assert_eq(len % 3, 0);
    scene_read_file(s, LOG, log, len, 0);
    snprintf(path, sizeof path, LOG "%s", suffix);
    scene_write(s, path, log, len / 3, 0);
    scene_write(s, path, log + len / 3 * 2, len / 3, len / 3);
    cr_assert_eq(file_sync_directory(sim_host_files(scene_host(s)), DATA "/t-0"), 0);
}

static void try_start(struct scene *s)
{
    scene_try_start(s);
}

static void leave_one_unfinished(struct scene *s)
{
    leave_a_compaction(s, ".cleaned");
}

static void expect_the_old_version(struct scene *s)
{
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    cr_assert(!scene_exists(s, LOG ".cleaned"));
}

static void leave_one_finished(struct scene *s)
{
    leave_a_compaction(s, ".swap");
}

static void expect_the_new_version(struct scene *s)
{
    scene_start(s);
    scene_expect(s, "t", 0, "1 @2 3");
    cr_assert(!scene_exists(s, LOG ".swap"));
}

Test(segments, a_compaction_that_kafka_did_not_finish_is_undone_wherever_the_start_is_interrupted)
{
    cr_assert_gt(scene_sweep(&(struct scene_sweep){.stride = 4,
                                                   .before = leave_one_unfinished,
                                                   .act = try_start,
                                                   .after = expect_the_old_version}),
                 10);
}

Test(segments,
     a_compaction_that_kafka_finished_is_carried_through_wherever_the_start_is_interrupted)
{
    cr_assert_gt(scene_sweep(&(struct scene_sweep){.stride = 3,
                                                   .before = leave_one_finished,
                                                   .act = try_start,
                                                   .after = expect_the_new_version}),
                 10);
}
