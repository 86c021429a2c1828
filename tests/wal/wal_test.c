/* The WAL stream: group commit, recovery, holes. Files are damaged by hand between two lives. */
#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "tests/wal/stream.h"

#define BLOCK 4096

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
