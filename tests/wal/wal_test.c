/* The WAL stream: group commit, recovery, holes. Files are damaged by hand between two lives. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/wal/rig.h"
#include "tests/wal/stream.h"

static void overwrite(struct stream *s, unsigned file, off_t position, const void *data, size_t len)
{
    char path[128];
    snprintf(path, sizeof path, "%s/.odradek-wal-0-%u", s->directory, file);
    int handle = open(path, O_WRONLY);
    cr_assert(handle >= 0);
    cr_assert_eq(pwrite(handle, data, len, position), (ssize_t)len);
    close(handle);
}

static void zero_block(struct stream *s, unsigned file, off_t position)
{
    static const char zeros[BLOCK];
    overwrite(s, file, position, zeros, sizeof zeros);
}

/* Appends one entry a group: each is durable before the next begins. */
static struct wal_span append_alone(struct stream *s, int32_t partition, const char *text)
{
    struct wal_span span = stream_append(s, partition, text);
    while (wal_durable(s->wal) < span.sequence) {
        wal_pump(s->wal);
        io_poll(s->io, IO_NEVER);
    }
    return span;
}

static void check_recovered(struct stream *s, const char *expected)
{
    char text[4096];
    struct wal_recovered recovered;
    cr_assert_eq(stream_recover(s, text, sizeof text, &recovered), 0);
    cr_assert_str_eq(text, expected);
    /* Nothing changes on disk: a second recovery finds the same. */
    cr_assert_eq(stream_recover(s, text, sizeof text, &recovered), 0);
    cr_assert_str_eq(text, expected);
}

Test(wal, appends_become_durable_and_are_recovered_in_order)
{
    struct stream s;
    stream_make(&s);
    stream_open(&s);
    struct wal_span a = stream_append(&s, 1, "one");
    struct wal_span b = stream_append(&s, 2, "two");
    cr_assert_eq(a.sequence, b.sequence, "a step's appends are one group");
    cr_assert_eq(s.durable, 0, "nothing is durable before a write");
    struct wal_span c = append_alone(&s, 1, "three");
    cr_assert_geq(s.durable, c.sequence);
    wal_release(s.wal, &a, false);
    wal_release(s.wal, &b, false);
    wal_release(s.wal, &c, false);
    stream_drop(&s);
    check_recovered(&s, "1:one 2:two 1:three ");
    stream_destroy(&s);
}

Test(wal, a_new_life_hides_what_came_before)
{
    struct stream s;
    stream_make(&s);
    stream_open(&s);
    struct wal_span a = append_alone(&s, 1, "old");
    wal_release(s.wal, &a, false);
    stream_drop(&s);
    stream_open(&s);
    struct wal_span b = append_alone(&s, 1, "new");
    wal_release(s.wal, &b, false);
    stream_drop(&s);
    check_recovered(&s, "1:new ");
    stream_destroy(&s);
}

Test(wal, a_torn_tail_that_nothing_proves_is_dropped)
{
    struct stream s;
    stream_make(&s);
    stream_open(&s);
    struct wal_span a = append_alone(&s, 1, "kept");
    struct wal_span b = append_alone(&s, 1, "torn");
    wal_release(s.wal, &a, false);
    wal_release(s.wal, &b, false);
    stream_drop(&s);
    /* The groups lie in blocks 0 and 1, the empty one that proves them in block 2. */
    zero_block(&s, 0, 2 * BLOCK);
    overwrite(&s, 0, BLOCK + 100, "garbage", 7);
    check_recovered(&s, "1:kept ");
    stream_destroy(&s);
}

Test(wal, a_hole_that_a_later_group_proves_refuses_to_start)
{
    struct stream s;
    char text[4096];
    struct wal_recovered recovered;
    stream_make(&s);
    stream_open(&s);
    s.log.level = (enum log_level) - 1;
    struct wal_span a = append_alone(&s, 1, "one");
    struct wal_span b = append_alone(&s, 1, "two");
    wal_release(s.wal, &a, false);
    wal_release(s.wal, &b, false);
    stream_drop(&s);
    zero_block(&s, 0, BLOCK);
    cr_assert_eq(stream_recover(&s, text, sizeof text, &recovered), ERR_CORRUPT);
    stream_destroy(&s);
}

Test(wal, an_unproven_hole_drops_what_lies_behind_it_for_ever)
{
    struct stream s;
    stream_make(&s);
    stream_open(&s);
    struct wal_span a = append_alone(&s, 1, "one");
    struct wal_span spans[2];
    /* Two groups go out together: neither can say that the other is durable. */
    spans[0] = stream_append(&s, 1, "two");
    wal_pump(s.wal);
    spans[1] = stream_append(&s, 1, "three");
    cr_assert_neq(spans[0].sequence, spans[1].sequence);
    wal_pump(s.wal);
    while (wal_durable(s.wal) < spans[1].sequence)
        io_poll(s.io, IO_NEVER);
    wal_release(s.wal, &a, false);
    wal_release(s.wal, &spans[0], false);
    wal_release(s.wal, &spans[1], false);
    stream_drop(&s);
    zero_block(&s, 0, 3 * BLOCK);
    zero_block(&s, 0, BLOCK);
    check_recovered(&s, "1:one ");
    stream_open(&s);
    struct wal_span d = append_alone(&s, 1, "four");
    wal_release(s.wal, &d, false);
    stream_drop(&s);
    check_recovered(&s, "1:four ");
    stream_destroy(&s);
}

Test(wal, a_quiet_stream_proves_its_last_group_and_then_rests)
{
    struct stream s;
    struct wal_stats stats;
    stream_make(&s);
    stream_open(&s);
    struct wal_span a = append_alone(&s, 1, "one");
    stream_settle(&s);
    wal_get_stats(s.wal, &stats);
    cr_assert_eq(stats.groups, 2);
    cr_assert_eq(wal_pump(s.wal), IO_NEVER, "nothing ticks");
    wal_release(s.wal, &a, false);
    stream_drop(&s);
    stream_destroy(&s);
}

Test(wal, groups_go_on_in_the_next_file)
{
    struct stream s;
    struct wal_stats stats;
    static struct wal_span spans[200];
    char big[32768];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    stream_make(&s);
    stream_open(&s);
    for (int i = 0; i < 100; i++)
        spans[i] = append_alone(&s, i, big);
    wal_get_stats(s.wal, &stats);
    cr_assert_gt(stats.bytes, 3 << 20, "more than the first file holds");
    for (int i = 0; i < 100; i++)
        wal_release(s.wal, &spans[i], false);
    stream_drop(&s);
    char text[4096];
    struct wal_recovered recovered;
    cr_assert_eq(stream_recover(&s, text, sizeof text, &recovered), 0);
    cr_assert_eq(recovered.entries, 100);
    stream_destroy(&s);
}

Test(wal, trimming_recycles_files_and_recovery_begins_behind_them)
{
    struct stream s;
    static struct wal_span spans[300];
    char big[32768];
    memset(big, 'x', sizeof big - 1);
    big[sizeof big - 1] = '\0';
    stream_make(&s);
    stream_open(&s);
    for (int i = 0; i < 300; i++) {
        spans[i] = append_alone(&s, i, big);
        if (i < 2)
            continue;
        wal_plan(s.wal, &spans[i - 2]);
        struct wal_position position = wal_position_after_plan(s.wal);
        wal_release(s.wal, &spans[i - 2], true);
        wal_trim(s.wal, &position);
    }
    struct wal_position position = wal_position_after_plan(s.wal);
    cr_assert_gt(position.file, 1);
    wal_release(s.wal, &spans[298], false);
    wal_release(s.wal, &spans[299], false);
    stream_drop(&s);
    stream_destroy(&s);
}

Test(wal, memory_runs_out_and_comes_back)
{
    struct stream s;
    static struct wal_span spans[64];
    static char big[1 << 20];
    memset(big, 'x', 900000);
    stream_make(&s);
    stream_open(&s);
    int count = 0;
    struct wal_entry entry = {.kind = WAL_BATCH};
    while (count < 64 && wal_append(s.wal, &entry, 900000, &spans[count]) == 0)
        count++;
    cr_assert_gt(count, 4);
    cr_assert_lt(count, 64, "the budget is a limit");
    stream_settle(&s);
    for (int i = 0; i < count; i++)
        wal_release(s.wal, &spans[i], false);
    cr_assert_eq(wal_append(s.wal, &entry, 900000, &spans[0]), 0);
    stream_settle(&s);
    wal_release(s.wal, &spans[0], false);
    stream_drop(&s);
    stream_destroy(&s);
}

Test(wal, profiles_have_names)
{
    enum wal_profile profile;
    cr_assert(wal_profile_parse(bytes_of_string("high"), &profile));
    cr_assert_eq(profile, WAL_HIGH);
    cr_assert_not(wal_profile_parse(bytes_of_string("fast"), &profile));
    cr_assert_str_eq(wal_profile_name(WAL_AUTO), "auto");
}

/* Profiles, on a disk that stands still. */

Test(wal, a_profile_waits_for_its_bytes_or_its_time)
{
    static struct rig r;
    rig_init(&r);
    r.options.profile = WAL_MEDIUM;
    rig_open(&r);
    rig_append(&r, "a");
    cr_assert_eq(disk_out(&r.disk), 0, "two milliseconds are not over");
    cr_assert_eq(r.deadline, r.disk.io.now_ns + 2 * NS_PER_MS);
    disk_pass(&r.disk, 2 * NS_PER_MS);
    rig_pump(&r);
    cr_assert_eq(disk_out(&r.disk), 1);
    static char big[70000];
    memset(big, 'x', sizeof big - 1);
    rig_append(&r, big);
    cr_assert_eq(disk_out(&r.disk), 2, "64 KiB are enough");
    rig_append(&r, "b");
    wal_set_profile(r.wal, WAL_ULTRA);
    rig_settle(&r, NS_PER_S);
    struct wal_stats stats;
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.closed[WAL_CLOSE_AGE], 2);
    cr_assert_eq(stats.closed[WAL_CLOSE_BYTES], 1);
    rig_append(&r, "c");
    wal_drain(r.wal);
    rig_pump(&r);
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.closed[WAL_CLOSE_STOP], 1, "a stop does not wait");
    rig_fini(&r);
}

Test(wal, a_reader_keeps_the_memory_beyond_the_release)
{
    static struct rig r;
    struct wal_stats stats;
    rig_init(&r);
    rig_open(&r);
    static char big[900000];
    memset(big, 'x', sizeof big - 1);
    rig_append_durable(&r, big);
    struct wal_span span = r.spans[0];
    wal_hold(r.wal, span.block);
    rig_append_durable(&r, big); /* another block */
    rig_flush(&r);
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.memory_used, 2 << 20);
    cr_assert_eq(span.data[0], 'x');
    wal_drop(r.wal, span.block);
    wal_get_stats(r.wal, &stats);
    cr_assert_eq(stats.memory_used, 1 << 20);
    rig_fini(&r);
}

Test(wal, an_entry_that_fits_nowhere_is_refused)
{
    static struct rig r;
    struct wal_entry entry = {.kind = WAL_BATCH};
    struct wal_span span;
    rig_init(&r);
    rig_open(&r);
    cr_assert_eq(wal_append(r.wal, &entry, wal_entry_max(r.wal) + 1, &span), ERR_TOO_LARGE);
    rig_fini(&r);
}

Test(wal, an_undone_plan_keeps_its_file)
{
    static struct rig r;
    rig_init(&r);
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    cr_assert_eq(wal_oldest_end(r.wal), 0, "nothing lies in an older file");
    for (int i = 0; i < 256; i++)
        rig_append_durable(&r, "f");
    cr_assert_neq(wal_oldest_end(r.wal), 0);
    struct wal_position position = rig_flush_begin(&r);
    cr_assert_eq(position.file, 1);
    for (uint32_t i = 0; i < r.span_count; i++)
        wal_unplan(r.wal, &r.spans[i]);
    position = wal_position_after_plan(r.wal);
    cr_assert_eq(position.file, 0);
    rig_fini(&r);
}
