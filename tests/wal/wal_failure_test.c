/*
 * What a stream does when its disk fails: a failed write, a second one, a head that cannot be
 * stored, no room for the next file. Every test ends with a power cut and a recovery.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "tests/wal/rig.h"

#define SECONDS(n) ((n)*NS_PER_S)

static struct rig r;

/* A stream with "a" durable, its spare file ready, and nothing out. */
static void begin(void)
{
    rig_init(&r);
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(disk_out(&r.disk), 0);
}

/* "b" and "c" are in flight, each in a group of its own. */
static void begin_two(void)
{
    begin();
    rig_append(&r, "b");
    rig_append(&r, "c");
    cr_assert_eq(disk_out(&r.disk), 2);
}

static void crash_and_check(const char *expected)
{
    rig_crash(&r);
    rig_check(&r, expected);
    rig_open(&r);
    rig_append_durable(&r, "later");
    rig_settle(&r, SECONDS(1));
    rig_crash(&r);
    rig_check(&r, "later ");
    rig_fini(&r);
}

Test(wal_failure, a_failed_write_goes_to_the_spare_file_in_a_new_life)
{
    begin();
    struct wal_stats stats;
    uint64_t life_before;
    rig_append(&r, "b");
    wal_get_stats(r.wal, &stats);
    life_before = stats.lives;
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_eq(r.durable, r.spans[0].sequence + 1, "only what came before is durable");
    rig_settle(&r, SECONDS(1));
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.lives, life_before + 1);
    cr_assert_eq(stats.failed_writes, 1);
    cr_assert_geq(r.durable, r.spans[1].sequence);
    cr_assert_eq(r.told_offline, 0);
    crash_and_check("a b ");
}

Test(wal_failure, nothing_becomes_durable_out_of_order)
{
    begin_two();
    uint64_t before = r.durable;
    disk_finish(&r.disk, 1, DISK_LANDS);
    cr_assert_eq(r.durable, before, "the first one is still out");
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.durable, r.spans[2].sequence, "both at once");
    crash_and_check("a b c ");
}

Test(wal_failure, what_succeeded_behind_a_failed_write_is_written_again)
{
    begin_two();
    uint64_t before = r.durable;
    disk_finish(&r.disk, 1, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_eq(r.durable, before);
    rig_pump(&r);
    /* The head is stored before the first write of the new life. */
    cr_assert_eq(disk_out(&r.disk), 0);
    cr_assert(disk_job_out(&r.disk));
    disk_run_job(&r.disk);
    rig_pump(&r);
    cr_assert_eq(disk_out(&r.disk), 2, "both are written again");
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.durable, r.spans[2].sequence);
    crash_and_check("a b c ");
}

Test(wal_failure, a_write_that_fails_first_waits_for_the_other_one_in_flight)
{
    begin_two();
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_pump(&r);
    cr_assert_not(disk_job_out(&r.disk), "no new life while a write is out");
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[2].sequence);
    crash_and_check("a b c ");
}

Test(wal_failure, the_second_of_two_fails_and_the_first_stays_where_it_is)
{
    begin_two();
    disk_finish(&r.disk, 1, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.durable, r.spans[1].sequence, "the first is durable in the old life");
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[2].sequence);
    crash_and_check("a b c ");
}

Test(wal_failure, both_in_flight_fail_and_both_are_written_again)
{
    begin_two();
    disk_finish(&r.disk, 1, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    struct wal_stats stats;
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.failed_writes, 1, "one failure of the stream");
    cr_assert_eq(r.told_offline, 0);
    crash_and_check("a b c ");
}

Test(wal_failure, a_short_write_is_a_failed_one)
{
    begin_two();
    disk_finish(&r.disk, 0, DISK_SHORT);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_lt(r.durable, r.spans[1].sequence);
    rig_settle(&r, SECONDS(1));
    crash_and_check("a b c ");
}

/* The error came, but the bytes are there: the old life must end where the new one says. */
Test(wal_failure, groups_of_failed_writes_that_landed_do_not_hide_the_new_life)
{
    begin_two();
    disk_finish(&r.disk, 0, DISK_FAILS_AND_LANDS);
    disk_finish(&r.disk, 0, DISK_FAILS_AND_LANDS);
    rig_settle(&r, SECONDS(1));
    rig_append_durable(&r, "d");
    rig_settle(&r, SECONDS(1));
    crash_and_check("a b c d ");
}

Test(wal_failure, appends_go_on_gathering_while_a_life_begins)
{
    begin();
    rig_append(&r, "b");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_append(&r, "c");
    disk_run_job(&r.disk);
    rig_append(&r, "d");
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[3].sequence);
    crash_and_check("a b c d ");
}

Test(wal_failure, a_power_cut_before_the_new_life_is_in_the_head_loses_nothing_durable)
{
    begin_two();
    disk_finish(&r.disk, 0, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    cr_assert(disk_job_out(&r.disk));
    crash_and_check("a ");
}

Test(wal_failure, a_power_cut_between_the_head_and_the_first_group_loses_nothing_durable)
{
    begin_two();
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_pump(&r);
    disk_run_job(&r.disk);
    rig_pump(&r);
    cr_assert_eq(disk_out(&r.disk), 1);
    crash_and_check("a b ");
}

Test(wal_failure, a_sealed_file_is_deleted_and_not_recycled)
{
    begin();
    rig_append(&r, "b");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    cr_assert_not_null(disk_file(&r.disk, "-wal-0-0"), "it holds \"a\"");
    rig_flush(&r);
    rig_settle(&r, SECONDS(1));
    cr_assert_null(disk_file(&r.disk, "-wal-0-0"));
    cr_assert_eq(disk_count(&r.disk, "-wal-0-"), 3, "the current one, a spare and the head");
    rig_append_durable(&r, "c");
    rig_settle(&r, SECONDS(1));
    crash_and_check("b c ");
}

Test(wal_failure, a_second_failure_takes_the_stream_offline_and_tells_once)
{
    begin_two();
    uint64_t durable = r.durable;
    disk_finish(&r.disk, 0, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    disk_run_job(&r.disk);
    rig_append(&r, "d");
    cr_assert_eq(disk_out(&r.disk), 2);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_eq(r.told_offline, 0, "not while a write is out");
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.durable, durable);
    cr_assert_eq(r.span_count, 1, "all that waited is rolled back in one step");
    cr_assert_not(wal_online(r.wal));
    cr_assert_eq(rig_refused(&r), ERR_OFFLINE);
    disk_run_job(&r.disk);
    rig_pump(&r);
    cr_assert(r.deadline != IO_NEVER && r.deadline > r.disk.io.now_ns, "it will probe");
    r.disk.fate = DISK_FAILS;
    rig_settle(&r, SECONDS(20));
    cr_assert_eq(r.told_offline, 1, "failed probes are no news");
    cr_assert_eq(rig_refused(&r), ERR_OFFLINE);
    crash_and_check("a ");
}

Test(wal_failure, a_probe_brings_the_stream_back)
{
    begin_two();
    r.disk.fate = DISK_FAILS;
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 1);
    uint64_t durable = r.durable;
    r.disk.fate = DISK_LANDS;
    disk_pass(&r.disk, SECONDS(1));
    rig_pump(&r);
    cr_assert_eq(disk_out(&r.disk), 0, "the head goes first");
    while (disk_out(&r.disk) == 0) {
        cr_assert(disk_run_job(&r.disk));
        rig_pump(&r);
    }
    cr_assert_eq(disk_out(&r.disk), 1);
    cr_assert_eq(disk_peek(&r.disk, 0)->extent.len, BLOCK, "one empty group");
    cr_assert_eq(disk_peek(&r.disk, 0)->extent.pos, 0);
    cr_assert_eq(rig_refused(&r), ERR_OFFLINE, "half open: nothing but the probe");
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.told_online, 1);
    cr_assert_gt(r.durable, durable);
    cr_assert(wal_online(r.wal));
    rig_append_durable(&r, "d");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.told_online, 1);
    crash_and_check("a d ");
}

Test(wal_failure, a_stream_that_came_back_survives_the_next_failed_write)
{
    begin_two();
    r.disk.fate = DISK_FAILS;
    rig_settle(&r, 0);
    r.disk.fate = DISK_LANDS;
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_online, 1);
    rig_append(&r, "d");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_offline, 1, "it is written again, as at first");
    crash_and_check("a d ");
}

/* The probes that failed but landed are groups of lives that ended in front of them. */
Test(wal_failure, probes_that_landed_after_all_do_not_hide_what_came_later)
{
    begin_two();
    r.disk.fate = DISK_FAILS_AND_LANDS;
    rig_settle(&r, SECONDS(2));
    r.disk.fate = DISK_LANDS;
    rig_settle(&r, SECONDS(10));
    cr_assert_eq(r.told_online, 1);
    rig_append_durable(&r, "d");
    rig_settle(&r, SECONDS(1));
    crash_and_check("a d ");
}

Test(wal_failure, a_long_outage_uses_up_neither_files_nor_lives)
{
    begin_two();
    r.disk.fate = DISK_FAILS;
    rig_settle(&r, SECONDS(2000));
    struct wal_stats stats;
    wal_get_stats(r.wal, &stats);
    cr_assert_gt(stats.lives, 100, "it has probed all the time");
    cr_assert_leq(disk_count(&r.disk, "-wal-0-"), 5);
    cr_assert_eq(r.told_offline, 1);
    r.disk.fate = DISK_LANDS;
    rig_settle(&r, SECONDS(10));
    cr_assert_eq(r.told_online, 1);
    rig_append_durable(&r, "d");
    rig_settle(&r, SECONDS(1));
    crash_and_check("a d ");
}

/* Every life holds a group that is not flushed yet: none may be forgotten. */
Test(wal_failure, a_life_that_still_holds_something_is_never_forgotten)
{
    char expected[RIG_TEXT] = "a ";
    rig_init(&r);
    r.options.files_max = 70;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    for (int i = 0; i < 60; i++) {
        char text[16];
        snprintf(text, sizeof text, "n%d", i);
        rig_append(&r, text);
        disk_finish(&r.disk, 0, DISK_FAILS);
        rig_settle(&r, SECONDS(1));
        if (r.told_offline > 0)
            break;
        snprintf(expected + strlen(expected), sizeof expected - strlen(expected), "%s ", text);
    }
    crash_and_check(expected);
}

Test(wal_failure, many_failures_with_flushes_in_between_never_take_it_offline)
{
    begin();
    for (int i = 0; i < 200; i++) {
        rig_append(&r, "n");
        disk_finish(&r.disk, 0, DISK_FAILS);
        rig_settle(&r, SECONDS(1));
        cr_assert_eq(r.told_offline, 0, "failure %d: %s", i, r.said);
        rig_flush(&r);
        rig_settle(&r, SECONDS(1));
    }
    rig_append_durable(&r, "last");
    rig_settle(&r, SECONDS(1));
    rig_crash(&r);
    int result;
    cr_assert_not_null(strstr(rig_recover(&r, &result), "last "));
    cr_assert_eq(result, 0);
    rig_fini(&r);
}

Test(wal_failure, a_head_that_cannot_be_stored_takes_the_stream_offline)
{
    begin_two();
    disk_fail(&r.disk, "write", "head", -1, ERR_IO);
    disk_finish(&r.disk, 0, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.span_count, 1);
    rig_settle(&r, SECONDS(20));
    cr_assert_eq(r.told_online, 0);
    disk_heal(&r.disk);
    rig_settle(&r, SECONDS(10));
    cr_assert_eq(r.told_online, 1);
    rig_append_durable(&r, "d");
    rig_settle(&r, SECONDS(1));
    crash_and_check("a d ");
}

/* The slot that failed is written again, never the one that is still good. */
Test(wal_failure, storing_the_head_again_and_again_leaves_the_good_slot_alone)
{
    uint8_t torn[BLOCK];
    memset(torn, 0x5a, sizeof torn);
    for (int attempts = 1; attempts <= 4; attempts++) {
        begin_two();
        uint8_t before[2 * BLOCK];
        memcpy(before, disk_file(&r.disk, "-head")->now, sizeof before);
        disk_fail(&r.disk, "sync", "head", -1, ERR_IO);
        disk_finish(&r.disk, 0, DISK_FAILS);
        disk_finish(&r.disk, 0, DISK_FAILS);
        r.disk.fate = DISK_FAILS;
        rig_settle(&r, SECONDS(attempts - 1));
        /* The last write may be torn in any way: tear each slot that has changed. */
        struct disk_node *head = disk_file(&r.disk, "-head");
        int changed = 0;
        for (int slot = 0; slot < 2; slot++) {
            if (memcmp(head->now + slot * BLOCK, before + slot * BLOCK, BLOCK) == 0)
                continue;
            disk_overwrite(&r.disk, "-head", (uint64_t)slot * BLOCK, torn, BLOCK);
            changed++;
        }
        cr_assert_leq(changed, 1, "after %d attempts", attempts);
        crash_and_check("a ");
    }
}

Test(wal_failure, without_a_spare_file_one_is_made_for_the_new_life)
{
    rig_init(&r);
    rig_open(&r);
    /* The background has not run yet. */
    rig_append(&r, "a");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_offline, 0);
    crash_and_check("a ");
}

Test(wal_failure, without_a_spare_file_and_without_room_the_stream_goes_offline)
{
    rig_init(&r);
    rig_open(&r);
    disk_fail(&r.disk, "write", "-wal-0-1", -1, ERR_NO_SPACE);
    disk_fail(&r.disk, "write", "-wal-0-2", -1, ERR_NO_SPACE);
    rig_append(&r, "a");
    disk_run_job(&r.disk);
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_offline, 1);
    disk_heal(&r.disk);
    rig_settle(&r, SECONDS(20));
    cr_assert_eq(r.told_online, 1);
    rig_append_durable(&r, "b");
    rig_settle(&r, SECONDS(1));
    crash_and_check("b ");
}

/* The job that prepares a file fails while a write is still out. */
Test(wal_failure, a_failed_preparation_does_not_pull_a_write_in_flight_away)
{
    rig_init(&r);
    rig_open(&r);
    rig_append(&r, "a");
    rig_append(&r, "b");
    disk_fail(&r.disk, "write", "-wal-0-1", 1, ERR_NO_SPACE);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert(disk_job_out(&r.disk));
    disk_run_job(&r.disk);
    cr_assert_eq(r.told_offline, 0, "a write is out");
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_settle(&r, SECONDS(10));
    rig_append_durable(&r, "c");
    rig_settle(&r, SECONDS(1));
    rig_crash(&r);
    int result;
    cr_assert_not_null(strstr(rig_recover(&r, &result), "c "));
    cr_assert_eq(result, 0);
    rig_fini(&r);
}

/* The spare is taken; that the next one cannot be made must not spoil the new life. */
Test(wal_failure, the_next_spare_file_is_not_needed_for_a_new_life)
{
    begin_two();
    disk_fail(&r.disk, "write", "-wal-0-2", -1, ERR_NO_SPACE);
    disk_fail(&r.disk, "write", "-wal-0-3", -1, ERR_NO_SPACE);
    disk_finish(&r.disk, 0, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 0);
    cr_assert_geq(r.durable, r.spans[2].sequence);
    crash_and_check("a b c ");
}

Test(wal_failure, a_file_that_cannot_be_prepared_leaves_nothing_behind_and_is_tried_again)
{
    static const char *const verbs[] = {"create", "write", "sync", "sync_directory"};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        rig_init(&r);
        rig_open(&r);
        rig_append(&r, "a");
        disk_finish(&r.disk, 0, DISK_LANDS);
        disk_fail(&r.disk, verbs[i], i == 3 ? "" : "-wal-0-1", 1, ERR_NO_SPACE);
        disk_run_job(&r.disk);
        cr_assert_eq(disk_opened(&r.disk), 1, "after a failed %s", verbs[i]);
        cr_assert_eq(disk_count(&r.disk, "-wal-0-"), 2);
        disk_pass(&r.disk, SECONDS(1));
        rig_settle(&r, SECONDS(1));
        cr_assert_eq(disk_count(&r.disk, "-wal-0-"), 3, "the spare is there");
        crash_and_check("a ");
    }
}

/* Fills the current file up to its last block. */
static void fill_file(void)
{
    for (int i = 0; i < 255 && wal_online(r.wal); i++) {
        rig_append_durable(&r, "f");
        rig_pump(&r);
    }
}

/* A new life at the occupancy limit: the failed file gives no room before the next flush. */
Test(wal_failure, a_new_life_finds_a_file_at_the_occupancy_limit)
{
    rig_init(&r);
    r.options.files_max = 2;
    rig_open(&r);
    fill_file();
    rig_append_durable(&r, "x");
    rig_settle(&r, SECONDS(1));
    rig_append(&r, "y");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[r.span_count - 1].sequence);
    cr_assert_eq(r.told_offline, 0);
    rig_fini(&r);
}

Test(wal_failure, a_recycled_file_that_cannot_be_renamed_is_given_up)
{
    static const char *const verbs[] = {"rename", "sync_directory"};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        begin();
        fill_file();
        rig_append_durable(&r, "x");
        rig_flush(&r);
        disk_fail(&r.disk, verbs[i], "", 1, ERR_IO);
        rig_settle(&r, SECONDS(1));
        fill_file();
        rig_append_durable(&r, "y");
        rig_settle(&r, SECONDS(1));
        rig_flush(&r);
        rig_settle(&r, SECONDS(2));
        struct wal_stats stats;
        wal_get_stats(r.wal, &stats);
        cr_assert_eq(r.told_offline, 0);
        cr_assert_eq(disk_opened(&r.disk) + 1, disk_count(&r.disk, "-wal-0-"),
                     "a handle for each file, and the head");
        rig_fini(&r);
    }
}

/* Write and sync instead of DSYNC writes. */
static void begin_syncing(bool no_direct)
{
    rig_init(&r);
    r.disk.no_direct = no_direct;
    r.disk.slow_dsync = true;
    rig_open(&r);
    rig_settle(&r, 0); /* the disk is probed beside the stream */
    rig_append(&r, "a");
    cr_assert_eq(disk_peek(&r.disk, 0)->flags, 0);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(disk_peek(&r.disk, 0)->verb, OP_SYNC);
    cr_assert_lt(r.durable, r.spans[0].sequence, "written is not durable");
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.durable, r.spans[0].sequence);
    rig_settle(&r, SECONDS(1));
}

/* A write that went out before is a DSYNC write, and is synced all the same. */
Test(wal_failure, groups_are_dsync_writes_until_the_disk_is_probed)
{
    rig_init(&r);
    r.disk.slow_dsync = true;
    rig_open(&r);
    rig_append(&r, "a");
    cr_assert_eq(disk_peek(&r.disk, 0)->flags, IO_DSYNC);
    while (disk_run_job(&r.disk))
        rig_pump(&r);
    cr_assert_not_null(strstr(r.said, "using write and sync"));
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(disk_peek(&r.disk, 0)->verb, OP_SYNC);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(r.durable, r.spans[0].sequence);
    rig_append(&r, "b");
    cr_assert_eq(disk_peek(&r.disk, 0)->flags, 0);
    rig_settle(&r, SECONDS(1));
    r.said[0] = '\0';
    crash_and_check("a b ");
    cr_assert_null(strstr(r.said, "disk probe"), "the head knows it");
}

/* What was written to it may have come back wrong, so nothing else is. */
Test(wal_failure, a_file_whose_probe_fails_is_made_again)
{
    rig_init(&r);
    rig_open(&r);
    disk_fail(&r.disk, "open", ".odradek-wal-0-1", 1, ERR_IO);
    rig_append_durable(&r, "a");
    rig_settle(&r, 0);
    cr_assert_eq(disk_count(&r.disk, ".odradek-wal-0-"), 2, "no spare, a head");
    cr_assert_not_null(strstr(r.said, "cannot prepare a WAL file"));
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(disk_count(&r.disk, ".odradek-wal-0-"), 3);
    cr_assert_not_null(strstr(r.said, "disk probe"));
    crash_and_check("a ");
}

Test(wal_failure, a_failed_sync_is_a_failed_write)
{
    begin_syncing(false);
    rig_append(&r, "b");
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_lt(r.durable, r.spans[1].sequence);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[1].sequence);
    crash_and_check("a b ");
}

/* A failed sync may have dropped what another group had written: that group's own sync then has
 * nothing left to do, and succeeds. */
Test(wal_failure, a_sync_that_succeeds_behind_a_failed_one_proves_nothing)
{
    begin_syncing(false);
    rig_append(&r, "b");
    rig_append(&r, "c");
    cr_assert_eq(disk_out(&r.disk), 2);
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    cr_assert_eq(disk_peek(&r.disk, 0)->verb, OP_SYNC);
    cr_assert_eq(disk_peek(&r.disk, 1)->verb, OP_SYNC);
    disk_finish(&r.disk, 1, DISK_FAILS);
    disk_finish(&r.disk, 0, DISK_LIES);
    cr_assert_lt(r.durable, r.spans[1].sequence);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, r.spans[2].sequence);
    crash_and_check("a b c ");
}

/* The system reports a failed write-back once for each open file: the sync of the group that was
 * spared may hear of it instead of the other. */
Test(wal_failure, without_direct_io_only_one_write_is_in_flight)
{
    begin_syncing(true);
    cr_assert_not_null(strstr(r.said, "no direct I/O"));
    rig_append(&r, "b");
    rig_append(&r, "c");
    cr_assert_eq(disk_out(&r.disk), 1);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_append(&r, "d");
    cr_assert_eq(disk_out(&r.disk), 1, "its sync");
    rig_settle(&r, SECONDS(1));
    crash_and_check("a b c d ");
}

Test(wal_failure, a_stop_while_offline_comes_to_rest)
{
    begin_two();
    r.disk.fate = DISK_FAILS;
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 1);
    wal_drain(r.wal);
    rig_settle(&r, SECONDS(1));
    cr_assert(wal_idle(r.wal));
    crash_and_check("a ");
}
