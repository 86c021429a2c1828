/*
 * Every verb of a write, of an open and of a read fails once, and from then on: whatever happens,
 * what was synced before stays readable, and the next attempt succeeds.
 */
#include <criterion/criterion.h>
#include <stdlib.h>

#include "partition/segments.h"
#include "segments_fixture.h"

#define BEFORE 7
#define MORE 9

static struct fixture f;

/* A partition with BEFORE records, rolling every four batches. */
static void begin(bool any_before)
{
    fixture_init(&f);
    struct test_batch batch = make_batch(0, 1, 0, 60);
    f.limits.segment_bytes = 4 * batch.len;
    f.limits.index_interval_bytes = 100;
    free_batch(&batch);
    if (any_before)
        cr_assert_eq(fixture_write(&f, BEFORE, 1, 60), 0);
}

static void check_unchanged(int64_t end, uint64_t fault)
{
    const struct segment *last = segments_last(&f.segments);
    cr_assert_eq(last == NULL ? 0 : last->end_offset, end, "fault %llu", (unsigned long long)fault);
    cr_assert(f.segments.write_failed);
    cr_assert_eq(fixture_read_all(&f, 0), end);
    cr_assert_eq(f.files.opened, 0);
}

static int reopen_at(int64_t end)
{
    struct segments_load load = {.synced_end = end};
    return fixture_reopen(&f, &load);
}

/* A crash after the failure: recovery finds what was synced before. */
static void check_crash(int64_t end)
{
    cr_assert_eq(reopen_at(end), 0);
    cr_assert_eq(fixture_read_all(&f, 0), end);
    cr_assert_eq(fixture_write(&f, MORE, 1, 60), 0);
    cr_assert_eq(fixture_read_all(&f, 0), end + MORE);
}

/* The broker lives on: the next write begins a segment of its own. */
static void check_retry(int64_t end)
{
    cr_assert_eq(fixture_write(&f, MORE, 1, 60), 0);
    cr_assert_not(f.segments.write_failed);
    cr_assert_eq(segments_find(&f.segments, end)->base_offset, end);
    cr_assert_eq(fixture_read_all(&f, 0), end + MORE);
    cr_assert_eq(reopen_at(end + MORE), 0);
    cr_assert_eq(fixture_read_all(&f, 0), end + MORE);
}

/* Returns whether the fault was hit at all. */
static bool fail_write(uint64_t fault, bool for_good, bool crash, bool any_before)
{
    begin(any_before);
    int64_t end = any_before ? BEFORE : 0;
    f.files.fail_at = f.files.calls + fault;
    f.files.fail_from = for_good;
    f.files.error = fault % 2 == 0 ? ERR_IO : ERR_NO_SPACE;
    int result = fixture_write(&f, MORE, 1, 60);
    bool hit = f.files.calls >= f.files.fail_at;
    f.files.fail_at = 0;
    if (result != 0) {
        cr_assert_eq(result, f.files.error);
        check_unchanged(end, fault);
        if (crash)
            check_crash(end);
        else
            check_retry(end);
    } else {
        cr_assert_eq(fixture_read_all(&f, 0), end + MORE);
    }
    fixture_fini(&f);
    return hit;
}

Test(segments_fault, every_failing_verb_of_a_write)
{
    for (int mode = 0; mode < 8; mode++) {
        uint64_t fault = 1;
        while (fail_write(fault, mode & 1, mode & 2, mode & 4))
            fault++;
        cr_assert(fault > 20, "%llu verbs", (unsigned long long)fault);
    }
}

Test(segments_fault, failure_after_failure_leaves_no_stray_segment)
{
    begin(true);
    for (int round = 0; round < 20; round++) {
        /* The undo fails as well, from a different point on each time. */
        f.files.fail_at = f.files.calls + 5 + (uint64_t)round;
        f.files.fail_from = true;
        if (fixture_write(&f, MORE, 1, 60 + (size_t)round) == 0)
            break;
        f.files.fail_at = 0;
        check_unchanged(BEFORE, (uint64_t)round);
    }
    f.files.fail_at = 0;
    /* Segments of another size than those the failed writes left. */
    f.limits.segment_bytes *= 2;
    if (f.segments.write_failed)
        cr_assert_eq(fixture_write(&f, MORE, 1, 60), 0);
    int64_t end = f.next_offset;
    cr_assert_eq(reopen_at(end), 0);
    cr_assert_eq(fixture_read_all(&f, 0), end);
    fixture_fini(&f);
}

Test(segments_fault, failed_sync_is_never_built_upon)
{
    begin(true);
    f.files.fail_sync_only = true;
    f.files.fail_at = f.files.calls + 1;
    cr_assert_eq(fixture_write(&f, 1, 1, 60), ERR_IO);
    f.files.fail_at = 0;
    uint64_t synced = segments_last(&f.segments)->synced_bytes;
    cr_assert_eq(fixture_write(&f, 1, 1, 60), 0);
    cr_assert_eq(segments_last(&f.segments)->base_offset, BEFORE);
    cr_assert_eq(segments_find(&f.segments, BEFORE - 1)->synced_bytes, synced);
    fixture_fini(&f);
}

/* Eight batches of 512 KiB each: what reaches the disk before the sync is handed over in pieces. */
Test(segments_fault, large_write_goes_to_the_disk_in_pieces)
{
    begin(true);
    f.limits.segment_bytes = 64 * MIB;
    f.files.cached_most = 0;
    cr_assert_eq(fixture_write(&f, 8, 1, 512 * KIB), 0);
    cr_assert_gt(f.files.cached_most, 512 * KIB);
    cr_assert_lt(f.files.cached_most, 2 * MIB);
    fixture_fini(&f);
}

Test(segments_fault, piece_that_the_disk_refuses_is_never_built_upon)
{
    begin(true);
    f.limits.segment_bytes = 64 * MIB;
    f.files.fail_sync_only = true;
    f.files.fail_at = f.files.calls + 1;
    uint32_t syncs = f.files.syncs;
    cr_assert_eq(fixture_write(&f, 8, 1, 512 * KIB), ERR_IO);
    cr_assert_eq(f.files.syncs, syncs, "the pieces come before the sync");
    f.files.fail_at = 0;
    check_unchanged(BEFORE, 0);
    cr_assert_eq(fixture_write(&f, 8, 1, 512 * KIB), 0);
    cr_assert_eq(segments_last(&f.segments)->base_offset, BEFORE);
    cr_assert_eq(segments_last(&f.segments)->end_offset, BEFORE + 8);
    fixture_fini(&f);
}

Test(segments_fault, file_system_sync_that_failed_for_all_counts_as_failed)
{
    begin(true);
    struct test_batch batch = make_batch(BEFORE, 1, 1000 * BEFORE, 60);
    struct segment_write_batch plan = {batch.data, batch.len, BEFORE, BEFORE, 1000 * BEFORE};
    struct segment_write write = {
        .segments = &f.segments,
        .limits = f.limits,
        .batches = &plan,
        .batch_count = 1,
        .roll = true,
    };
    segments_write_begin(&f.segments, &write);
    uint64_t calls = f.files.calls;
    f.files.fail_sync_only = true;
    cr_assert_eq(segments_write_run(&write), 0);
    cr_assert_eq(f.files.calls, calls, "no sync of its own");
    f.files.fail_sync_only = false;
    write.error = ERR_IO;
    segments_write_end(&f.segments, &write);
    check_unchanged(BEFORE, 0);
    check_retry(BEFORE);
    free_batch(&batch);
    fixture_fini(&f);
}

Test(segments_fault, empty_segment_in_doubt_is_replaced)
{
    begin(true);
    fixture_store(&f, "00000000000000000007.log", "", 0);
    cr_assert_eq(reopen_at(BEFORE), 0);
    cr_assert_eq(segments_last(&f.segments)->base_offset, BEFORE);
    f.files.fail_sync_only = true;
    f.files.fail_at = f.files.calls + 1;
    cr_assert_eq(fixture_write(&f, 1, 1, 60), ERR_IO);
    f.files.fail_at = 0;
    uint32_t count = f.segments.count;
    cr_assert_eq(fixture_write(&f, 1, 1, 60), 0);
    cr_assert_eq(f.segments.count, count);
    cr_assert_eq(fixture_read_all(&f, 0), BEFORE + 1);
    fixture_fini(&f);
}

static bool fail_open(uint64_t fault, int mode)
{
    begin(true);
    cr_assert_eq(fixture_write(&f, MORE, 1, 60), 0);
    fixture_store(&f, "00000000000000000099.index", "x", 1);
    struct segments_load load = {.synced_end = BEFORE + MORE, .trusted = mode == 1};
    if (mode == 2)
        load = (struct segments_load){.synced_end = -1};
    f.files.fail_at = f.files.calls + fault;
    int result = fixture_reopen(&f, &load);
    bool hit = f.files.calls >= f.files.fail_at;
    f.files.fail_at = 0;
    cr_assert_eq(f.files.opened, 0);
    if (result != 0) {
        cr_assert_eq(result, ERR_IO, "fault %llu: %d", (unsigned long long)fault, result);
        cr_assert_eq(f.segments.count, 0);
        cr_assert_eq(fixture_reopen(&f, &load), 0);
    }
    cr_assert_eq(f.next_offset, BEFORE + MORE);
    cr_assert_eq(fixture_read_all(&f, 0), BEFORE + MORE);
    fixture_fini(&f);
    return hit;
}

Test(segments_fault, every_failing_verb_of_an_open)
{
    for (int mode = 0; mode < 3; mode++) {
        uint64_t fault = 1;
        while (fail_open(fault, mode))
            fault++;
        cr_assert(fault > 15, "%llu verbs", (unsigned long long)fault);
    }
}

Test(segments_fault, every_failing_verb_of_a_read)
{
    begin(true);
    uint8_t data[1000];
    struct segment_read read;
    for (uint64_t fault = 1; fault < 12; fault++) {
        f.files.fail_at = f.files.calls + fault;
        int result = fixture_read(&f, 2, data, sizeof data, &read);
        f.files.fail_at = 0;
        cr_assert(result == ERR_IO || (result == 0 && read.len > 0));
        cr_assert_eq(f.files.opened, 0);
    }
    fixture_fini(&f);
}

Test(segments_fault, every_failing_verb_of_a_time_query)
{
    begin(true);
    for (uint64_t fault = 1; fault < 16; fault++) {
        struct segment *segment = segments_first(&f.segments);
        struct segment_time_query q = {
            .segments = &f.segments,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .search = {.timestamp = 2000},
        };
        f.files.fail_at = f.files.calls + fault;
        int result = segment_time_query_run(&q);
        f.files.fail_at = 0;
        cr_assert(result == ERR_IO || (result == 0 && q.search.found && q.search.offset == 2));
        cr_assert_eq(f.files.opened, 0);
    }
    fixture_fini(&f);
}
