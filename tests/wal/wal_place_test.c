/*
 * A group's place: who is taken when the next file is late, cannot be made, or may not be, and how
 * what waits for it ends. Files have 1 MiB, so that a big entry's group has one for itself.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/wal/rig.h"
#include "wal/wal_internal.h"

#define SECONDS(n) ((n)*NS_PER_S)
#define BIG (600 * 1024)

static struct rig r;

static int append(char letter, uint32_t len, bool frees_space)
{
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 1, .frees_space = frees_space};
    struct wal_span *span = &r.spans[r.span_count];
    int result = wal_append(r.wal, &entry, len, span);
    if (result != 0)
        return result;
    memset(span->data, letter, len);
    r.span_count++;
    rig_pump(&r);
    return 0;
}

static uint64_t last_sequence(void)
{
    return r.spans[r.span_count - 1].sequence;
}

/* "a" is durable, the spare is ready, and there is no space for another file. */
static void begin_full(void)
{
    rig_init(&r);
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    disk_fail(&r.disk, "create", "-wal-0-", -1, ERR_NO_SPACE);
}

/* Two big groups are on their way to the last two files, a third one waits for the next. */
static void begin_waiting(void)
{
    begin_full();
    cr_assert_eq(append('b', BIG, false), 0);
    cr_assert_eq(append('c', BIG, false), 0);
    cr_assert_eq(append('d', BIG, false), 0);
    cr_assert_eq(disk_out(&r.disk), 2);
    cr_assert(disk_job_out(&r.disk));
}

static void check(const char *expected)
{
    rig_crash(&r);
    rig_check(&r, expected);
    rig_fini(&r);
}

#define B "bbbbbbbbbbbbbbbb "
#define C "cccccccccccccccc "
#define D "dddddddddddddddd "
#define E "eeeeeeeeeeeeeeee "

Test(wal_place, what_waits_for_a_file_that_cannot_be_made_is_rolled_back_when_the_attempt_ends)
{
    begin_waiting();
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    uint64_t durable = r.durable;
    cr_assert_eq(r.told_offline, 0, "it may still be made");
    disk_run_job(&r.disk);
    rig_pump(&r);
    cr_assert_eq(r.told_offline, 1, "no time has passed");
    cr_assert_eq(r.told_online, 1, "the stream goes on");
    cr_assert_eq(r.span_count, 3, "what has a place stays");
    cr_assert_eq(r.durable, durable);
    check("a " B C);
}

Test(wal_place, what_has_its_place_is_waited_for_before_the_rest_is_rolled_back)
{
    begin_waiting();
    disk_run_job(&r.disk);
    rig_pump(&r);
    cr_assert_eq(r.told_offline, 0, "writes are out");
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    cr_assert_eq(r.told_offline, 0, "one is");
    disk_finish(&r.disk, 0, DISK_LANDS);
    rig_pump(&r);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.span_count, 3);
    check("a " B C);
}

Test(wal_place, sequences_of_what_was_rolled_back_are_given_again)
{
    begin_waiting();
    uint64_t sequence = last_sequence();
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 1);
    disk_heal(&r.disk);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(append('e', BIG, false), 0);
    cr_assert_leq(last_sequence(), sequence + 1, "a proof may lie between");
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, last_sequence());
    check("a " B C E);
}

Test(wal_place, without_a_next_file_an_entry_is_taken_as_far_as_the_last_one_goes)
{
    begin_waiting();
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    cr_assert(wal_cramped(r.wal));
    cr_assert_eq(append('e', BIG, false), ERR_NO_SPACE, "refused at once");
    cr_assert_eq(append('e', 100, false), 0);
    rig_settle(&r, 0);
    cr_assert_geq(r.durable, last_sequence());
    cr_assert_eq(r.told_offline, 1, "what is taken has its place");
    check("a " B C E);
}

/* Appends until there is no place, all of it durable: how many were taken. */
static int fill(char letter, bool frees_space)
{
    for (int count = 0; count < 600; count++) {
        int result = append(letter, 100, frees_space);
        if (result != 0) {
            cr_assert_eq(result, ERR_NO_SPACE);
            return count;
        }
        rig_settle(&r, 0);
        cr_assert_geq(r.durable, last_sequence());
    }
    cr_assert(false, "there is always a place");
    return 0;
}

Test(wal_place, the_last_part_of_the_last_file_is_for_what_frees_space)
{
    begin_waiting();
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    uint64_t margin = wal_file_margin(r.wal->current);
    cr_assert_geq(margin, 256 << 10);
    fill('e', false);
    cr_assert_geq(fill('f', true), (int)(margin / BLOCK) - 1);
    cr_assert_eq(r.told_offline, 1, "none was rolled back");
    rig_settle(&r, SECONDS(5));
    cr_assert(r.deadline > r.disk.io.now_ns && r.deadline <= r.disk.io.now_ns + SECONDS(1),
              "it tries again");
    disk_heal(&r.disk);
    rig_settle(&r, SECONDS(1));
    cr_assert_not(wal_cramped(r.wal));
    cr_assert_eq(append('g', BIG, false), 0);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, last_sequence());
    cr_assert_eq(r.deadline, IO_NEVER, "nothing ticks");
    rig_fini(&r);
}

/* While a file is being made all are taken: those in front must not use up the last part. */
Test(wal_place, the_last_part_is_kept_while_the_next_file_is_being_made)
{
    begin_full();
    cr_assert_eq(append('b', BIG, false), 0);
    cr_assert_eq(append('c', BIG, false), 0);
    cr_assert(disk_job_out(&r.disk));
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(append('d', 60 * 1024, false), 0);
        while (disk_out(&r.disk) > 0)
            disk_finish(&r.disk, 0, DISK_LANDS);
        rig_pump(&r);
    }
    cr_assert_lt(r.durable, last_sequence());
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_geq(fill('f', true), (int)(wal_file_margin(r.wal->current) / BLOCK) - 1);
    rig_fini(&r);
}

Test(wal_place, what_frees_space_shares_no_group_with_what_has_no_place)
{
    begin_waiting();
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 1};
    cr_assert_eq(wal_append(r.wal, &entry, 1, &r.spans[r.span_count++]), 0);
    entry.frees_space = true;
    cr_assert_eq(wal_append(r.wal, &entry, 1, &r.spans[r.span_count++]), 0);
    cr_assert_gt(last_sequence(), r.spans[r.span_count - 2].sequence);
    rig_settle(&r, 0);
    cr_assert_geq(r.durable, last_sequence());
    rig_fini(&r);
}

Test(wal_place, a_file_that_becomes_free_is_taken_at_once)
{
    begin_full();
    cr_assert_eq(append('b', BIG, false), 0);
    cr_assert_eq(append('c', BIG, false), 0);
    rig_settle(&r, 0);
    cr_assert(wal_cramped(r.wal));
    cr_assert_eq(append('d', BIG, false), ERR_NO_SPACE);
    uint64_t now = r.disk.io.now_ns;
    rig_flush(&r);
    rig_settle(&r, 0);
    cr_assert_not(wal_cramped(r.wal));
    cr_assert_eq(append('d', BIG, false), 0);
    rig_settle(&r, 0);
    cr_assert_geq(r.durable, last_sequence());
    cr_assert_eq(r.disk.io.now_ns, now);
    check(C D);
}

/* A new life writes more than its first file holds. */
Test(wal_place, what_finds_no_place_in_a_new_life_is_rolled_back)
{
    begin_full();
    cr_assert_eq(append('b', 100, false), 0);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_eq(append('c', BIG, false), 0);
    cr_assert_eq(append('d', BIG, false), 0);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.told_online, 1);
    cr_assert_eq(r.span_count, 3);
    check("a " B C);
}

/* "b" and "c" are in the only two files there may be. */
static void begin_at_the_limit(void)
{
    rig_init(&r);
    r.options.files_max = 2;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(append('b', BIG, false), 0);
    cr_assert_eq(append('c', BIG, false), 0);
    rig_settle(&r, SECONDS(100));
}

Test(wal_place, at_the_limit_an_entry_without_a_place_is_to_wait_and_nothing_ticks)
{
    begin_at_the_limit();
    cr_assert(wal_cramped(r.wal));
    cr_assert_eq(append('e', BIG, false), ERR_NO_MEMORY);
    cr_assert_eq(r.deadline, IO_NEVER, "only a flush can help");
    rig_flush(&r);
    rig_settle(&r, 0);
    cr_assert_eq(append('e', BIG, false), 0);
    rig_settle(&r, 0);
    cr_assert_geq(r.durable, last_sequence());
    check(C E);
}

/* What was taken before the limit was met: a new life needs another file for it. */
static void begin_waiting_for_a_trim(void)
{
    rig_init(&r);
    r.options.files_max = 2;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(append('b', 100, false), 0);
    disk_finish(&r.disk, 0, DISK_FAILS);
    cr_assert_eq(append('c', BIG, false), 0);
    cr_assert_eq(append('d', BIG, false), 0);
    rig_settle(&r, SECONDS(100));
    cr_assert(wal_waits_for_trim(r.wal));
    cr_assert_eq(r.deadline, IO_NEVER);
    cr_assert_eq(r.told_offline, 0);
}

Test(wal_place, a_group_at_the_limit_waits_for_a_trim)
{
    begin_waiting_for_a_trim();
    rig_flush(&r);
    rig_settle(&r, 0);
    cr_assert_not(wal_waits_for_trim(r.wal));
    cr_assert_geq(r.durable, last_sequence());
    cr_assert_eq(r.told_offline, 0);
    check(B C D);
}

Test(wal_place, a_group_at_the_limit_is_rolled_back_when_no_trim_will_come)
{
    begin_waiting_for_a_trim();
    wal_give_up(r.wal);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_eq(r.told_online, 1);
    cr_assert_not(wal_waits_for_trim(r.wal));
    rig_settle(&r, SECONDS(1));
    check("a " B C);
}

/* The power goes when so many verbs have been done, from the attempt to make a file on. */
static bool cut_after(uint64_t verbs)
{
    begin_waiting();
    disk_finish(&r.disk, 0, DISK_LANDS);
    disk_finish(&r.disk, 0, DISK_LANDS);
    r.disk.dies_at = r.disk.verbs + verbs;
    disk_run_job(&r.disk);
    rig_settle(&r, 0);
    memset(r.disk.faults, 0, sizeof r.disk.faults);
    bool taken = append('e', 100, false) == 0;
    rig_settle(&r, SECONDS(2));
    bool durable = taken && r.span_count > 3 && r.durable >= last_sequence();
    bool died = r.disk.dead;
    rig_crash(&r);
    r.disk.dies_at = 0;
    int result;
    const char *found = rig_recover(&r, &result);
    cr_assert_eq(result, 0, "%s", r.said);
    cr_assert(strcmp(found, "a " B C E) == 0 || (!durable && strcmp(found, "a " B C) == 0), "%s",
              found);
    rig_fini(&r);
    return died;
}

Test(wal_place, the_power_may_go_at_every_step_of_an_attempt_that_fails_and_of_the_next)
{
    uint64_t verbs = 1;
    while (cut_after(verbs))
        verbs++;
    cr_assert_gt(verbs, 5);
}

/* Files of a stream that begins small. */

static uint64_t file_bytes(const char *name)
{
    const struct disk_node *node = disk_file(&r.disk, name);
    cr_assert_not_null(node, "%s", name);
    return node->len;
}

static void begin_small(void)
{
    rig_init(&r);
    r.options.first_file_bytes = 256 << 10;
    r.options.file_bytes = 16 << 20;
    rig_open(&r);
    cr_assert_eq(file_bytes("/.odradek-wal-0-0"), 256 << 10);
}

Test(wal_place, a_small_first_file_is_followed_by_larger_ones_up_to_the_full_size)
{
    begin_small();
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(file_bytes("/.odradek-wal-0-1"), 4 << 20);
    cr_assert_eq(append('b', BIG, false), 0);
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(file_bytes("/.odradek-wal-0-2"), 16 << 20);
    rig_fini(&r);
}

Test(wal_place, a_group_that_the_first_file_cannot_hold_goes_to_the_second)
{
    begin_small();
    cr_assert_eq(append('b', BIG, false), 0);
    rig_settle(&r, SECONDS(1));
    cr_assert_geq(r.durable, last_sequence());
    cr_assert_eq(r.told_offline, 0);
    rig_fini(&r);
}

Test(wal_place, a_file_that_little_free_space_makes_smaller_has_a_mebibyte_all_the_same)
{
    begin_small();
    r.disk.capacity = 12 << 20;
    rig_append_durable(&r, "a");
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(file_bytes("/.odradek-wal-0-1"), 1 << 20);
    rig_fini(&r);
}
