/* When segments go by time and by size, and which stay: Kafka's rule, on the spot. */
#include "partition/retention.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <time.h>

#include "tests/partition/recovery_fixture.h"

TestSuite(retention, .init = setup, .fini = teardown);

#define HOUR_MS 3600000LL
#define NO_LIMIT (-1)

static void configure(int64_t ms, int64_t bytes)
{
    const struct retention_limits limits = {.enabled = true, .ms = ms, .bytes = bytes};
    retention_configure(rig_partition(&rig, 0), &limits);
    rig_settle(&rig);
}

/* Each batch gets a segment of its own. */
static void start_topic(void)
{
    rig.limits.segment_bytes = 1;
    rig_add(&rig, "topic", 0, 1);
    start();
}

/* One record each, `step_ms` apart, the last one now. */
static void append_spread(int count, int64_t step_ms)
{
    int64_t now = io_wall_ms(&rig.io.io);
    for (int i = 0; i < count; i++)
        rig_append(&rig, 0, (struct rig_batch){.timestamp = now - (count - 1 - i) * step_ms});
    rig_flush(&rig);
}

static uint64_t segment_size(void)
{
    return segments_first(&rig_partition(&rig, 0)->segments)->synced_bytes;
}

static bool has_segment(int64_t base)
{
    char name[64];
    snprintf(name, sizeof name, "topic-0/%020lld.log", (long long)base);
    return rig_has(&rig, name);
}

/* The log begins there, and so do its files. */
static void expect_start(int64_t offset)
{
    const struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->log_start, offset, "%lld", (long long)p->log_start);
    for (int64_t base = 0; base < offset; base++)
        cr_assert_not(has_segment(base), "%lld", (long long)base);
    cr_assert(has_segment(offset));
}

Test(retention, without_limits_nothing_goes)
{
    start_topic();
    append_spread(5, HOUR_MS);
    configure(NO_LIMIT, NO_LIMIT);
    rig_advance(&rig, 100000 * (uint64_t)HOUR_MS);
    expect_start(0);
    const struct retention_limits off = {.enabled = false, .ms = 0, .bytes = 0};
    retention_configure(rig_partition(&rig, 0), &off);
    rig_settle(&rig);
    expect_start(0);
    cr_assert_eq(shard_step(rig_shard(&rig, 0)), IO_NEVER);
}

Test(retention, by_time_a_segment_goes_a_millisecond_after_its_age_and_not_before)
{
    start_topic();
    append_spread(4, HOUR_MS);
    int64_t last = io_wall_ms(&rig.io.io) - 20000; /* rig_flush took so long */
    configure(4 * HOUR_MS, NO_LIMIT);
    expect_start(0);
    for (int64_t i = 0; i < 3; i++) {
        int64_t due = last + (i + 1) * HOUR_MS;
        rig_advance(&rig, (uint64_t)(due - io_wall_ms(&rig.io.io)));
        expect_start(i);
        rig_advance(&rig, 1);
        expect_start(i + 1);
    }
}

Test(retention, deadline_is_the_only_wake_up)
{
    start_topic();
    append_spread(2, HOUR_MS);
    configure(2 * HOUR_MS, NO_LIMIT);
    const struct retention *r = &rig_partition(&rig, 0)->retention;
    cr_assert_eq(shard_step(rig_shard(&rig, 0)), r->timer.deadline_ns);
    cr_assert_eq(rig_shard(&rig, 0)->deadlines.count, 1);
}

Test(retention, largest_timestamp_of_a_segment_counts)
{
    int64_t now = io_wall_ms(&rig.io.io);
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append(&rig, 0, (struct rig_batch){.timestamp = now});
    rig_append(&rig, 0, (struct rig_batch){.timestamp = 1});
    rig_flush(&rig);
    rig_partition(&rig, 0)->limits.segment_bytes = 1;
    rig_append(&rig, 0, (struct rig_batch){.timestamp = 2});
    rig_append(&rig, 0, (struct rig_batch){.timestamp = now});
    rig_flush(&rig);
    configure(HOUR_MS, NO_LIMIT);
    expect_start(0);
    rig_advance(&rig, (uint64_t)HOUR_MS + 1);
    expect_start(4);
}

Test(retention, by_size_the_log_never_gets_smaller_than_the_limit)
{
    start_topic();
    append_spread(6, 0);
    uint64_t size = segment_size();
    configure(NO_LIMIT, (int64_t)(6 * size));
    expect_start(0);
    configure(NO_LIMIT, (int64_t)(5 * size + 1));
    expect_start(0);
    configure(NO_LIMIT, (int64_t)(5 * size));
    expect_start(1);
    configure(NO_LIMIT, (int64_t)(2 * size - 1));
    expect_start(4);
    append_spread(1, 0);
    expect_start(5);
}

Test(retention, size_counts_first_and_time_for_the_rest)
{
    start_topic();
    append_spread(6, HOUR_MS);
    const struct retention_limits limits = {
        .enabled = true, .ms = 2 * HOUR_MS, .bytes = (int64_t)(5 * segment_size())};
    retention_configure(rig_partition(&rig, 0), &limits);
    rig_settle(&rig);
    expect_start(4);
}

Test(retention, when_everything_is_expired_an_empty_segment_is_begun)
{
    start_topic();
    append_spread(3, HOUR_MS);
    configure(HOUR_MS, NO_LIMIT);
    rig_advance(&rig, 2 * (uint64_t)HOUR_MS);
    expect_start(3);
    const struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->segments.count, 1);
    cr_assert_eq(segments_last(&p->segments)->synced_bytes, 0);
    cr_assert(rig_has(&rig, "topic-0/00000000000000000003.index"));
    cr_assert(rig_has(&rig, "topic-0/00000000000000000003.timeindex"));
    cr_assert(rig_has(&rig, "topic-0/00000000000000000003.snapshot"));
    rig_advance(&rig, 1000);
    cr_assert_eq(shard_step(rig_shard(&rig, 0)), IO_NEVER);
    restart();
    expect_start(3);
    rig_append_many(&rig, 0, 2);
    rig_flush(&rig);
    restart();
    expect_start(3);
    expect_end(0, 5);
}

Test(retention, size_zero_empties_the_log)
{
    start_topic();
    append_spread(3, 0);
    configure(NO_LIMIT, 0);
    expect_start(3);
    append_spread(2, 0);
    expect_start(5);
}

Test(retention, active_segment_waits_for_what_is_pending)
{
    start_topic();
    append_spread(2, 0);
    configure(HOUR_MS, NO_LIMIT);
    rig_advance(&rig, (uint64_t)HOUR_MS - 21000);
    rig_append(&rig, 0, (struct rig_batch){.timestamp = 1});
    rig_shard(&rig, 0)->flush.profile = FLUSH_EXTREME;
    rig_advance(&rig, 2000);
    expect_start(1);
    rig_flush(&rig);
    cr_assert_eq(rig_partition(&rig, 0)->log_start, 3);
}

Test(retention, old_timestamps_can_be_read_for_the_check_interval)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    const struct retention_limits limits = {true, HOUR_MS, NO_LIMIT, .check_ms = 300000};
    retention_configure(rig_partition(&rig, 0), &limits);
    rig_append(&rig, 0, (struct rig_batch){.timestamp = 1});
    rig_advance(&rig, 299000);
    rig_append(&rig, 0, (struct rig_batch){.timestamp = 1});
    rig_advance(&rig, 299999);
    expect_start(0);
    rig_advance(&rig, 1);
    expect_start(2);
}

Test(retention, old_timestamps_in_closed_segments_can_be_read_as_long)
{
    start_topic();
    const struct retention_limits limits = {true, HOUR_MS, NO_LIMIT, .check_ms = 300000};
    retention_configure(rig_partition(&rig, 0), &limits);
    for (int i = 0; i < 3; i++)
        rig_append(&rig, 0, (struct rig_batch){.timestamp = 1});
    rig_advance(&rig, 1000); /* the flush */
    rig_advance(&rig, 298999);
    expect_start(0);
    rig_advance(&rig, 2000);
    expect_start(3);
}

Test(retention, short_retention_does_not_wait_for_the_check_interval)
{
    start_topic();
    const struct retention_limits limits = {true, 5000, NO_LIMIT, .check_ms = 300000};
    retention_configure(rig_partition(&rig, 0), &limits);
    for (int i = 0; i < 3; i++)
        rig_append(&rig, 0, (struct rig_batch){.timestamp = io_wall_ms(&rig.io.io)});
    rig_advance(&rig, 5000);
    expect_start(0);
    rig_advance(&rig, 1001);
    expect_start(3);
}

Test(retention, closed_segments_do_not_wait_for_the_check_interval)
{
    start_topic();
    append_spread(3, 0);
    const struct retention_limits limits = {true, NO_LIMIT, 0, .check_ms = 300000};
    retention_configure(rig_partition(&rig, 0), &limits);
    rig_settle(&rig);
    expect_start(2);
    rig_advance(&rig, 300000);
    expect_start(3);
}

Test(retention, appends_go_on_while_an_empty_segment_is_begun)
{
    start_topic();
    append_spread(2, 0);
    rig.io.hold_writing = true;
    configure(0, NO_LIMIT);
    rig_advance(&rig, 1);
    cr_assert_not_null(rig_partition(&rig, 0)->retention.roll);
    int64_t later = io_wall_ms(&rig.io.io) + HOUR_MS;
    rig_append(&rig, 0, (struct rig_batch){.timestamp = later});
    rig_advance(&rig, 5000);
    rig.io.hold_writing = false;
    rig_flush(&rig);
    expect_start(2);
    cr_assert_eq(rig_read_all(&rig, 0), 3);
    restart();
    expect_start(2);
    expect_end(0, 3);
}

Test(retention, without_any_timestamp_the_file_tells_the_age)
{
    rig.limits.segment_bytes = 1;
    rig.io.io.wall_ms = (int64_t)time(NULL) * 1000;
    rig_add(&rig, "topic", 0, 1);
    start();
    for (int i = 0; i < 2; i++)
        rig_append(&rig, 0, (struct rig_batch){.timestamp = -1});
    rig_flush(&rig);
    cr_assert_eq(segments_first(&rig_partition(&rig, 0)->segments)->max_timestamp, -1);
    configure(24 * HOUR_MS, NO_LIMIT);
    expect_start(0);
    restart();
    configure(24 * HOUR_MS, NO_LIMIT);
    expect_start(0);
    rig_advance(&rig, 25 * (uint64_t)HOUR_MS);
    expect_start(2);
}

Test(retention, timestamps_of_the_far_future_stay_and_do_not_overflow)
{
    start_topic();
    for (int i = 0; i < 2; i++)
        rig_append(&rig, 0, (struct rig_batch){.timestamp = INT64_MAX - 10});
    rig_flush(&rig);
    configure(INT64_MAX, NO_LIMIT);
    configure(HOUR_MS, NO_LIMIT);
    rig_advance(&rig, 100000 * (uint64_t)HOUR_MS);
    expect_start(0);
}

static void ignore_done(struct partition_trim *trim)
{
    cr_assert_eq(trim->error, 0);
}

Test(retention, log_start_may_lie_in_the_segment_that_is_the_oldest)
{
    rig_add(&rig, "topic", 0, 1);
    start();
    rig_append(&rig, 0, (struct rig_batch){.records = 10, .timestamp = 1});
    rig_flush(&rig);
    struct partition_trim trim = {
        .partition = rig_partition(&rig, 0), .offset = 10, .done = ignore_done};
    partition_trim(&trim);
    rig_settle(&rig);
    cr_assert(has_segment(0));
    configure(HOUR_MS, NO_LIMIT);
    cr_assert_eq(rig_partition(&rig, 0)->log_start, 10);
    cr_assert(has_segment(10));
    cr_assert_not(has_segment(0));
}

Test(retention, failed_begin_of_a_segment_is_tried_again)
{
    start_topic();
    append_spread(2, 0);
    rig.files.fault = (struct file_fault){VERB_OPEN, "00000000000000000002", ERR_NO_SPACE, 1, 0};
    configure(0, NO_LIMIT);
    rig_advance(&rig, 1);
    cr_assert_eq(rig.files.fault.hits, 1);
    cr_assert_eq(rig_partition(&rig, 0)->log_start, 0);
    rig_advance(&rig, 10000);
    expect_start(2);
    restart();
    expect_start(2);
}

Test(retention, sick_wal_keeps_everything_and_a_mended_one_goes_on)
{
    start_topic();
    append_spread(3, HOUR_MS);
    rig_wal_break(&rig);
    configure(HOUR_MS, NO_LIMIT);
    rig_advance(&rig, 1000);
    cr_assert_eq(rig_partition(&rig, 0)->log_start, 0);
    rig_wal_mend(&rig);
    expect_start(2);
}

Test(retention, deletion_of_the_topic_ends_it)
{
    start_topic();
    append_spread(2, 0);
    rig.io.hold_writing = true;
    configure(0, NO_LIMIT);
    rig_advance(&rig, 1);
    partition_delete(rig_partition(&rig, 0));
    rig_settle(&rig);
    rig.places[0].partition = NULL;
    rig.io.hold_writing = false;
    rig_settle(&rig);
    cr_assert_not(rig_has(&rig, "topic-0"));
    cr_assert_eq(rig_shard(&rig, 0)->deadlines.count, 0);
}

/* The power goes at each change of a file in turn, while everything expires. */
Test(retention, power_may_go_at_each_step)
{
    for (int lucky = 0; lucky < 2; lucky++) {
        for (uint64_t at = 1;; at++) {
            rig.place_count = 0;
            start_topic();
            append_spread(4, HOUR_MS);
            rig.files.lucky = lucky;
            rig.files.changes_max = rig.files.changes + at;
            configure(0, NO_LIMIT);
            rig_advance(&rig, 1);
            for (int i = 0; i < 20; i++)
                rig_advance(&rig, 1000);
            bool over = rig.files.changes < rig.files.changes_max;
            bool gone = rig_partition(&rig, 0)->log_start == 4;
            rig.files.changes_max = 0;
            restart();
            int64_t log_start = rig_partition(&rig, 0)->log_start;
            cr_assert(log_start == 4 || (!gone && log_start <= 3), "step %d", (int)at);
            cr_assert(!over || log_start == 4);
            cr_assert_eq(rig_read_all(&rig, 0), 4);
            configure(0, NO_LIMIT);
            rig_advance(&rig, 1);
            expect_start(4);
            append_spread(1, 0);
            cr_assert_eq(rig_partition(&rig, 0)->log_end, 5);
            rig_fini(&rig);
            rig_init(&rig);
            if (over)
                break;
        }
    }
}
