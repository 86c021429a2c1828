/*
 * Which groups recovery keeps: holes that may be and holes that may not, blocks that were lost,
 * torn or misdirected, old groups in recycled files, and crashes while a stream is being opened.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "tests/wal/rig.h"
#include "wal/wal_format.h"
#include "wal/wal_head.h"

#define FILE_0 "-wal-0-0"

static struct rig r;

static void begin(void)
{
    rig_init(&r);
    rig_open(&r);
}

/* "a", "b", "c" in blocks 0, 1 and 2, each durable before the next; then the power fails. */
static void crash_with_three(void)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append_durable(&r, "b");
    rig_append_durable(&r, "c");
    rig_crash(&r);
}

static void copy_block(char *to, uint64_t block)
{
    memcpy(to, disk_file(&r.disk, FILE_0)->now + block * BLOCK, BLOCK);
}

static void zero_block(uint64_t block)
{
    static const char zeros[BLOCK];
    disk_overwrite(&r.disk, FILE_0, block * BLOCK, zeros, BLOCK);
}

static void check_refused(const char *file, unsigned long long position)
{
    char expected[128];
    int result;
    for (int i = 0; i < 2; i++) {
        rig_recover(&r, &result);
        cr_assert_eq(result, ERR_CORRUPT);
        snprintf(expected, sizeof expected, "%s is damaged at byte %llu", file, position);
        cr_assert_not_null(strstr(r.said, expected), "%s", r.said);
    }
    cr_assert_eq(rig_try_open(&r), ERR_CORRUPT, "nothing may start on it");
    rig_fini(&r);
}

/* Two reads a group made a start on a slow disk wait for each of them. */
Test(wal_recover, one_read_brings_many_groups)
{
    begin();
    for (int i = 0; i < 30; i++)
        rig_append_durable(&r, "a");
    rig_crash(&r);
    r.disk.reads = 0;
    int result;
    cr_assert_eq(strlen(rig_recover(&r, &result)), 30 * strlen("a "));
    cr_assert_eq(result, 0);
    cr_assert_lt(r.disk.reads, 10);
    rig_fini(&r);
}

Test(wal_recover, a_hole_between_two_writes_in_flight_is_legal)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append(&r, "b");
    rig_append(&r, "c");
    disk_tear(&r.disk, 1, BLOCK);
    rig_crash(&r);
    rig_check(&r, "a ");
    rig_fini(&r);
}

Test(wal_recover, the_first_of_two_in_flight_alone_is_kept)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append(&r, "b");
    rig_append(&r, "c");
    disk_tear(&r.disk, 0, BLOCK);
    rig_crash(&r);
    rig_check(&r, "a b ");
    rig_fini(&r);
}

/* What was dropped has the sequence, and lies at the position, that the new life uses again. */
Test(wal_recover, a_new_life_never_brings_back_what_was_dropped)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append(&r, "b");
    rig_append(&r, "dropped");
    disk_tear(&r.disk, 1, BLOCK);
    rig_crash(&r);
    rig_check(&r, "a ");
    for (int i = 0; i < 4; i++) {
        rig_open(&r);
        for (int j = 0; j < i; j++)
            rig_append_durable(&r, "n");
        rig_crash(&r);
        int result;
        cr_assert_null(strstr(rig_recover(&r, &result), "dropped"));
        cr_assert_eq(result, 0);
    }
    rig_check(&r, "n n n ");
    rig_fini(&r);
}

Test(wal_recover, a_torn_group_at_the_end_is_dropped)
{
    begin();
    rig_append_durable(&r, "a");
    static char big[3 * BLOCK];
    memset(big, 'x', sizeof big - 1);
    rig_append(&r, big);
    cr_assert_eq(disk_peek(&r.disk, 0)->extent.len, 4 * BLOCK);
    disk_tear(&r.disk, 0, 2 * BLOCK);
    rig_crash(&r);
    rig_check(&r, "a ");
    rig_fini(&r);
}

Test(wal_recover, a_lost_write_that_was_acknowledged_refuses_to_start)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append(&r, "b");
    disk_finish(&r.disk, 0, DISK_LIES);
    rig_append_durable(&r, "c");
    rig_crash(&r);
    check_refused(FILE_0, BLOCK);
}

Test(wal_recover, a_damaged_group_refuses_with_its_file_and_position)
{
    crash_with_three();
    disk_overwrite(&r.disk, FILE_0, BLOCK + 100, "damage", 6);
    check_refused(FILE_0, BLOCK);
}

Test(wal_recover, damaged_padding_is_damage_too)
{
    crash_with_three();
    disk_overwrite(&r.disk, FILE_0, 2 * BLOCK - 6, "damage", 6);
    check_refused(FILE_0, BLOCK);
}

Test(wal_recover, the_first_group_of_all_is_proven_as_well)
{
    crash_with_three();
    zero_block(0);
    check_refused(FILE_0, 0);
}

Test(wal_recover, a_misdirected_write_refuses_to_start)
{
    char b[BLOCK];
    crash_with_three();
    copy_block(b, 1);
    zero_block(1);
    disk_overwrite(&r.disk, FILE_0, 9 * BLOCK, b, BLOCK);
    check_refused(FILE_0, BLOCK);
}

Test(wal_recover, a_group_at_a_wrong_place_is_none)
{
    char a[BLOCK];
    crash_with_three();
    copy_block(a, 0);
    disk_overwrite(&r.disk, FILE_0, 3 * BLOCK, a, BLOCK);
    rig_check(&r, "a b c ");
    /* In the place of the last group, which nothing proves. */
    disk_overwrite(&r.disk, FILE_0, 2 * BLOCK, a, BLOCK);
    rig_check(&r, "a b ");
    rig_fini(&r);
}

Test(wal_recover, the_empty_group_of_a_quiet_stream_proves_the_last_one)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append_durable(&r, "b");
    rig_settle(&r, NS_PER_S);
    struct wal_stats stats;
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.groups, 3);
    rig_settle(&r, 10 * NS_PER_S);
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.groups, 3, "the proof needs no proof");
    rig_crash(&r);
    rig_check(&r, "a b ");
    zero_block(1);
    check_refused(FILE_0, BLOCK);
}

Test(wal_recover, a_lost_proof_costs_nothing)
{
    begin();
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    rig_crash(&r);
    zero_block(1);
    rig_check(&r, "a ");
    rig_fini(&r);
}

/* A life that the head says to have ended at a sequence was durable up to it. */
Test(wal_recover, the_end_of_a_life_is_proven_by_the_head)
{
    begin();
    rig_append_durable(&r, "a");
    rig_append_durable(&r, "b");
    rig_append(&r, "c");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, NS_PER_S);
    rig_crash(&r);
    rig_check(&r, "a b c ");
    zero_block(1);
    check_refused(FILE_0, BLOCK);
}

/* Groups of "f" fill file 0; "next" begins file 1. */
static void fill_first_file(void)
{
    begin();
    rig_append_durable(&r, "f");
    rig_settle(&r, NS_PER_S);
    for (int i = 2; i < 256; i++)
        rig_append_durable(&r, "f");
    cr_assert_eq(disk_out(&r.disk), 0);
    rig_append_durable(&r, "next");
    rig_append_durable(&r, "last");
    cr_assert_not_null(disk_file(&r.disk, "-wal-0-1"));
}

Test(wal_recover, a_file_goes_on_in_the_next_one)
{
    fill_first_file();
    rig_crash(&r);
    int result;
    const char *text = rig_recover(&r, &result);
    cr_assert_eq(result, 0);
    cr_assert_str_eq(text + strlen(text) - strlen(" f next last "), " f next last ");
    cr_assert_eq(r.recovered.entries, 257);
    rig_fini(&r);
}

Test(wal_recover, damage_at_the_beginning_of_the_next_file_is_told_there)
{
    static const char zeros[BLOCK];
    fill_first_file();
    rig_crash(&r);
    disk_overwrite(&r.disk, "-wal-0-1", 0, zeros, BLOCK);
    check_refused("-wal-0-1", 0);
}

Test(wal_recover, damage_in_an_older_file_is_proven_by_a_newer_one)
{
    fill_first_file();
    rig_crash(&r);
    zero_block(255);
    check_refused(FILE_0, 255 * BLOCK);
}

Test(wal_recover, old_groups_in_a_recycled_file_are_not_seen)
{
    fill_first_file();
    rig_flush(&r);
    for (int i = 0; i < 254 + 256 + 3; i++) {
        rig_append_durable(&r, "g");
        if (i % 100 == 0)
            rig_flush(&r);
    }
    rig_append_durable(&r, "h");
    cr_assert_null(disk_file(&r.disk, FILE_0), "it has got another number");
    cr_assert_eq(disk_file(&r.disk, "-wal-0-3")->now[4 * BLOCK + 96 + 32], 'f', "what it held");
    rig_append(&r, "lost");
    rig_append(&r, "lost");
    rig_crash(&r);
    int result;
    const char *text = rig_recover(&r, &result);
    cr_assert_eq(result, 0);
    cr_assert_null(strstr(text, "f f f"), "an old group in the new file");
    cr_assert_not_null(strstr(text, "g h "));
    cr_assert_null(strstr(text, "lost"));
    rig_fini(&r);
}

/* A group that needs a larger file than the spare: the one that is passed over stays empty, and a
 * checkpoint may name it meanwhile. */
Test(wal_recover, a_file_that_was_too_small_for_a_group_is_passed_over)
{
    static char big[3 << 20];
    memset(big, 'x', sizeof big - 1);
    rig_init(&r);
    r.options.file_bytes = 4 << 20;
    r.options.memory_bytes = 32 << 20;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_append(&r, "b");
    rig_append(&r, big);
    rig_append(&r, "behind");
    while (disk_out(&r.disk) > 0) {
        disk_finish(&r.disk, 0, DISK_LANDS);
        rig_pump(&r);
    }
    rig_flush(&r);
    rig_settle(&r, NS_PER_S);
    cr_assert_geq(r.durable, r.spans[r.span_count - 1].sequence);
    rig_crash(&r);
    int result;
    cr_assert_not_null(strstr(rig_recover(&r, &result), "xxxxxxxxxxxxxxxx behind "));
    cr_assert_eq(result, 0, "%s", r.said);
    rig_fini(&r);
}

static void set_version(char *group, uint16_t version)
{
    static const uint8_t zero[4];
    memcpy(group + 8, &version, 2);
    uint32_t crc = crc32c(crc32c(0, group, 12), zero, 4);
    crc = crc32c(crc, group + 16, BLOCK - 16);
    memcpy(group + 12, &crc, 4);
}

Test(wal_recover, a_group_of_a_newer_format_is_refused_and_told)
{
    char b[BLOCK];
    int result;
    crash_with_three();
    copy_block(b, 1);
    set_version(b, WAL_FORMAT_VERSION + 1);
    disk_overwrite(&r.disk, FILE_0, BLOCK, b, BLOCK);
    rig_recover(&r, &result);
    cr_assert_eq(result, ERR_VERSION);
    cr_assert_not_null(strstr(r.said, FILE_0), "%s", r.said);
    rig_fini(&r);
}

Test(wal_recover, an_entry_of_a_later_kind_is_left_to_the_visitor)
{
    begin();
    struct wal_entry entry = {.kind = (enum wal_kind)77};
    cr_assert_eq(wal_append(r.wal, &entry, 0, &r.spans[0]), 0);
    r.span_count = 1;
    rig_append_durable(&r, "a");
    rig_crash(&r);
    rig_check(&r, " a ");
    rig_fini(&r);
}

static int stop_at_second(void *context, const struct wal_visit *entry)
{
    int *seen = context;
    (void)entry;
    return ++*seen == 2 ? ERR_STOPPING : 0;
}

Test(wal_recover, a_visitor_stops_it)
{
    int seen = 0;
    struct wal_recovered recovered;
    crash_with_three();
    struct wal_recover_options options = {
        .fs = &r.disk.fs,
        .directory = "data",
        .visit = stop_at_second,
        .context = &seen,
        .log = &r.log,
    };
    cr_assert_eq(wal_recover(&options, &recovered), ERR_STOPPING);
    cr_assert_eq(seen, 2);
    cr_assert_eq(disk_opened(&r.disk), 0);
    rig_fini(&r);
}

Test(wal_recover, the_catalog_offset_is_the_highest_that_was_applied)
{
    begin();
    wal_set_catalog_offset(r.wal, 7);
    rig_append_durable(&r, "a");
    wal_set_catalog_offset(r.wal, 9);
    rig_append_durable(&r, "b");
    rig_crash(&r);
    rig_check(&r, "a b ");
    cr_assert_eq(r.recovered.catalog_offset, 9);
    rig_fini(&r);
}

Test(wal_recover, a_disk_that_cannot_be_read_is_an_error_and_nothing_is_dropped)
{
    static const char *const verbs[] = {"read", "open", "list"};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        for (int skip = 0; skip < 4; skip++) {
            int result;
            crash_with_three();
            zero_block(2);
            disk_fail(&r.disk, verbs[i], "", 100, ERR_IO);
            r.disk.faults[0].skip = skip;
            rig_recover(&r, &result);
            cr_assert_eq(result, r.disk.faults[0].times == 100 ? 0 : ERR_IO, "%s %d", verbs[i],
                         skip);
            disk_heal(&r.disk);
            rig_check(&r, "a b ");
            rig_fini(&r);
        }
    }
}

/* The machine dies in front of every single change that opening makes. */
Test(wal_recover, opening_may_be_interrupted_anywhere)
{
    for (uint64_t at = 1;; at++) {
        crash_with_three();
        r.disk.dies_at = r.disk.verbs + at;
        bool opened = rig_try_open(&r) == 0;
        if (opened)
            rig_crash(&r);
        cr_assert_eq(disk_opened(&r.disk), 0);
        disk_heal(&r.disk);
        disk_cut(&r.disk);
        int result;
        const char *text = rig_recover(&r, &result);
        cr_assert_eq(result, 0, "dead at %d: %s", (int)at, r.said);
        cr_assert(strcmp(text, "a b c ") == 0 || *text == '\0', "dead at %d: %s", (int)at, text);
        cr_assert(!opened || *text == '\0', "everything was flushed before");
        rig_open(&r);
        rig_append_durable(&r, "d");
        rig_crash(&r);
        rig_check(&r, "d ");
        rig_fini(&r);
        if (opened)
            break;
        cr_assert_lt(at, 100);
    }
}

Test(wal_recover, the_very_first_opening_may_be_interrupted_anywhere)
{
    for (uint64_t at = 1;; at++) {
        rig_init(&r);
        r.disk.dies_at = at;
        bool opened = rig_try_open(&r) == 0;
        if (opened)
            rig_crash(&r);
        disk_heal(&r.disk);
        disk_cut(&r.disk);
        rig_check(&r, "");
        rig_open(&r);
        rig_append_durable(&r, "d");
        rig_crash(&r);
        rig_check(&r, "d ");
        rig_fini(&r);
        if (opened)
            break;
        cr_assert_lt(at, 100);
    }
}

Test(wal_recover, opening_fails_where_nothing_can_be_written)
{
    static const char *const verbs[] = {"create", "write", "sync", "sync_directory"};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        rig_init(&r);
        disk_fail(&r.disk, verbs[i], "", -1, ERR_NO_SPACE);
        cr_assert_eq(rig_try_open(&r), ERR_NO_SPACE, "%s", verbs[i]);
        cr_assert_eq(disk_opened(&r.disk), 0, "%s", verbs[i]);
        rig_fini(&r);
    }
}

Test(wal_recover, removing_may_be_interrupted_anywhere)
{
    for (uint64_t at = 1;; at++) {
        uint64_t streams;
        crash_with_three();
        r.disk.dies_at = r.disk.verbs + at;
        bool removed = wal_remove(&r.disk.fs, "data", 0) == 0;
        disk_heal(&r.disk);
        disk_cut(&r.disk);
        int result;
        const char *text = rig_recover(&r, &result);
        cr_assert_eq(result, 0);
        cr_assert(strcmp(text, "a b c ") == 0 || *text == '\0');
        cr_assert_eq(wal_remove(&r.disk.fs, "data", 0), 0, "again");
        cr_assert_eq(disk_count(&r.disk, "-wal-"), 0);
        cr_assert_eq(wal_list_streams(&r.disk.fs, "data", &streams), 0);
        cr_assert_eq(streams, 0);
        rig_fini(&r);
        if (removed)
            break;
        cr_assert_lt(at, 100);
    }
}

static void make_file(const char *name)
{
    char path[128];
    snprintf(path, sizeof path, "data/%s", name);
    int file = file_open(&r.disk.fs, path, FILE_CREATE);
    file_close(&r.disk.fs, file);
}

Test(wal_recover, names_that_are_not_ours_are_ignored)
{
    uint64_t streams;
    crash_with_three();
    make_file(".odradek-wal-0-");
    make_file(".odradek-wal-0-7x");
    make_file(".odradek-wal-3-head");
    make_file(".odradek-wal-70-1");
    make_file(".odradek-walnut");
    rig_check(&r, "a b c ");
    cr_assert_eq(wal_list_streams(&r.disk.fs, "data", &streams), 0);
    cr_assert_eq(streams, 1 | 8);
    for (int i = 0; i < WAL_LIVES_MAX * 3; i++) {
        char name[64];
        snprintf(name, sizeof name, ".odradek-wal-0-%d", i + 5);
        make_file(name);
    }
    int result;
    rig_recover(&r, &result);
    cr_assert_eq(result, ERR_TOO_LARGE, "more files than a stream can have made");
    rig_fini(&r);
}

/* Its number, counted on from, would begin at 0 again. */
Test(wal_recover, a_file_with_a_number_that_no_stream_reaches_is_none_of_its_own)
{
    crash_with_three();
    int file = file_open(&r.disk.fs, "data/.odradek-wal-0-18446744073709551610", FILE_CREATE);
    cr_assert_geq(file, 0);
    file_close(&r.disk.fs, file);
    rig_check(&r, "a b c ");
    rig_open(&r);
    rig_append_durable(&r, "d");
    rig_crash(&r);
    rig_check(&r, "d ");
    rig_fini(&r);
}

/* It has the right identity and claims a length that its file does not have. */
Test(wal_recover, no_memory_is_taken_for_a_length_that_the_file_does_not_have)
{
    char block[BLOCK];
    uint32_t len = (uint32_t)1 << 30;
    crash_with_three();
    copy_block(block, 2);
    memcpy(block + 88, &len, sizeof len);
    disk_overwrite(&r.disk, FILE_0, 2 * (uint64_t)BLOCK, block, BLOCK);
    rig_check(&r, "a b ");
    cr_assert_leq(r.disk.read_longest, disk_file(&r.disk, FILE_0)->len);
    rig_fini(&r);
}
