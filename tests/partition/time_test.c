/* Offsets by timestamp: in segments, in memory, inside compressed batches, and in between. */
#include <criterion/criterion.h>
#include <string.h>

#include "partition/partition.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;
static struct rig_query asked;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(time, .init = setup, .fini = teardown);

static void expect_found(int64_t timestamp, int64_t offset, int64_t found_timestamp)
{
    rig_query(&rig, &asked, 0, timestamp);
    cr_assert_eq(asked.query.error, 0, "%lld: %d", (long long)timestamp, asked.query.error);
    cr_assert(asked.query.found, "%lld", (long long)timestamp);
    cr_assert_eq(asked.query.offset, offset, "%lld: %lld", (long long)timestamp,
                 (long long)asked.query.offset);
    cr_assert_eq(asked.query.found_timestamp, found_timestamp);
}

static void expect_none(int64_t timestamp)
{
    rig_query(&rig, &asked, 0, timestamp);
    cr_assert_eq(asked.query.error, 0);
    cr_assert_not(asked.query.found);
}

static void expect_max(int64_t offset, int64_t found_timestamp)
{
    rig_query_max(&rig, &asked, 0);
    cr_assert_eq(asked.query.error, 0);
    cr_assert(asked.query.found);
    cr_assert_eq(asked.query.offset, offset, "%lld", (long long)asked.query.offset);
    cr_assert_eq(asked.query.found_timestamp, found_timestamp);
}

/* Three records from `timestamp` on, one ms apart. */
static void append_at(int64_t timestamp, enum compression compression)
{
    struct rig_batch spec = {
        .records = 3, .timestamp = timestamp, .value_len = 20, .compression = compression};
    rig_append(&rig, 0, spec);
}

Test(time, empty_partition_has_no_answer)
{
    expect_none(0);
    rig_query_max(&rig, &asked, 0);
    cr_assert_eq(asked.query.error, 0);
    cr_assert_not(asked.query.found);
}

Test(time, first_record_that_is_late_enough_in_every_codec_in_memory_and_on_disk)
{
    for (int i = 0; i < COMPRESSION_COUNT; i++)
        append_at(1000 * (i + 1), (enum compression)i);
    for (int flushed = 0; flushed < 2; flushed++) {
        for (int i = 0; i < COMPRESSION_COUNT; i++) {
            int64_t t = 1000 * (i + 1);
            expect_found(t - 500, 3 * i, t);
            expect_found(t, 3 * i, t);
            expect_found(t + 1, 3 * i + 1, t + 1);
            expect_found(t + 2, 3 * i + 2, t + 2);
        }
        expect_none(1000 * COMPRESSION_COUNT + 3);
        rig_flush(&rig);
    }
}

Test(time, highest_timestamp_is_the_first_record_that_has_it)
{
    append_at(500, COMPRESSION_ZSTD);
    append_at(900, COMPRESSION_ZSTD);
    append_at(100, COMPRESSION_NONE);
    append_at(900, COMPRESSION_NONE);
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_max(5, 902);
        rig_flush(&rig);
    }
    append_at(2000, COMPRESSION_LZ4);
    expect_max(14, 2002);
}

Test(time, search_goes_on_where_a_batch_has_nothing_in_range)
{
    append_at(5000, COMPRESSION_GZIP);
    append_at(100, COMPRESSION_GZIP);
    append_at(4000, COMPRESSION_GZIP);
    rig_partition(&rig, 0)->log_start = 3;
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_found(4001, 7, 4001);
        expect_found(50, 3, 100);
        expect_none(5000);
        rig_flush(&rig);
    }
}

Test(time, nothing_below_the_log_start_is_found)
{
    append_at(1000, COMPRESSION_SNAPPY);
    append_at(2000, COMPRESSION_NONE);
    for (int flushed = 0; flushed < 2; flushed++) {
        rig_partition(&rig, 0)->log_start = 2;
        expect_found(0, 2, 1002);
        rig_partition(&rig, 0)->log_start = 4;
        expect_found(0, 4, 2001);
        rig_flush(&rig);
    }
}

Test(time, nothing_above_the_high_watermark_is_found)
{
    append_at(1000, COMPRESSION_NONE);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){.timestamp = 5000});
    rig_settle(&rig);
    expect_none(2000);
    expect_max(2, 1002);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    expect_found(2000, 3, 5000);
    expect_max(3, 5000);
}

Test(time, log_append_time_is_every_records_time)
{
    struct rig_batch spec = {.records = 3, .timestamp = 7, .log_append_time = true};
    int64_t now = io_wall_ms(&rig.io.io);
    rig_append(&rig, 0, spec);
    spec.compression = COMPRESSION_LZ4;
    rig_advance(&rig, 10);
    rig_append(&rig, 0, spec);
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_found(now, 0, now);
        expect_found(now + 1, 3, now + 10);
        rig_partition(&rig, 0)->log_start = 4;
        expect_found(now + 1, 4, now + 10);
        rig_partition(&rig, 0)->log_start = 0;
        rig_flush(&rig);
    }
}

Test(time, answer_carries_the_leader_epoch_of_its_batch)
{
    rig_partition(&rig, 0)->leader_epoch = 3;
    append_at(1000, COMPRESSION_NONE);
    rig_partition(&rig, 0)->leader_epoch = 5;
    append_at(2000, COMPRESSION_ZSTD);
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_found(0, 0, 1000);
        cr_assert_eq(asked.query.leader_epoch, 3);
        expect_found(2001, 4, 2001);
        cr_assert_eq(asked.query.leader_epoch, 5);
        rig_flush(&rig);
    }
}

Test(time, segments_before_memory)
{
    rig.limits.segment_bytes = 200;
    rig_partition(&rig, 0)->limits.segment_bytes = 200;
    for (int i = 0; i < 6; i++) {
        append_at(1000 * i, i % 2 == 0 ? COMPRESSION_NONE : COMPRESSION_LZ4);
        if (i < 4)
            rig_flush(&rig);
    }
    cr_assert_gt(rig_partition(&rig, 0)->segments.count, 2);
    for (int i = 0; i < 6; i++)
        expect_found(1000 * i + 1, 3 * i + 1, 1000 * i + 1);
}

/* Beside a flush. */

/* Hands in a query whose first job is held, flushes, and lets it go. */
static void expect_found_across_a_flush(int64_t timestamp, int64_t offset)
{
    rig.io.hold_reading = true;
    asked = (struct rig_query){0};
    rig_query_give(&rig, &asked, 0, timestamp);
    rig_flush(&rig);
    cr_assert_not(asked.done);
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert(asked.done);
    cr_assert_eq(asked.query.error, 0);
    cr_assert(asked.query.found);
    cr_assert_eq(asked.query.offset, offset, "%lld", (long long)asked.query.offset);
}

/* The segment's first batch is late enough by its header alone, so that a job is out. */
static void append_liar(int64_t timestamp)
{
    struct rig_batch spec = {.records = 3, .timestamp = 10};
    struct rig_append *a;
    uint32_t len;
    uint8_t *batch = rig_build(&spec, &len);
    batch_patch_timestamps(batch, len, timestamp, BATCH_CREATE_TIME);
    a = rig_give_bytes(&rig, 0, batch, len);
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
}

Test(time, record_that_is_flushed_while_its_segment_is_searched_is_found)
{
    append_liar(9000);
    rig_flush(&rig);
    append_at(5000, COMPRESSION_NONE);
    expect_found_across_a_flush(5001, 4);
}

Test(time, record_that_is_flushed_while_a_batch_before_it_is_unpacked_is_found)
{
    struct rig_batch spec = {.records = 3, .timestamp = 10, .compression = COMPRESSION_ZSTD};
    uint32_t len;
    uint8_t *batch = rig_build(&spec, &len);
    batch_patch_timestamps(batch, len, 9000, BATCH_CREATE_TIME);
    rig_give_bytes(&rig, 0, batch, len);
    append_at(5000, COMPRESSION_NONE);
    expect_found_across_a_flush(5001, 4);
}

Test(time, compressed_batch_may_be_flushed_while_it_is_unpacked)
{
    append_at(5000, COMPRESSION_GZIP);
    rig.io.hold_reading = true;
    rig_query_give(&rig, &asked, 0, 5001);
    for (int i = 0; i < 60; i++) { /* its memory would be used again several times */
        rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
        if (i % 10 == 9)
            rig_flush(&rig);
    }
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert(asked.query.found);
    cr_assert_eq(asked.query.offset, 1);
    struct wal_stats stats;
    wal_get_stats(rig_shard(&rig, 0)->wal, &stats);
    cr_assert_leq(stats.memory_used, 1 * MIB);
}

Test(time, partition_may_be_deleted_while_it_is_searched)
{
    for (int flushed = 0; flushed < 2; flushed++) {
        uint32_t place = rig_add(&rig, "gone", 0, 1 + flushed);
        struct rig_batch spec = {.timestamp = 1000, .compression = COMPRESSION_LZ4};
        rig_append(&rig, place, spec);
        if (flushed)
            rig_flush(&rig);
        rig.io.hold_reading = true;
        rig_query_give(&rig, &asked, place, 500);
        partition_delete(rig_partition(&rig, place));
        rig.places[place].partition = NULL;
        rig_settle(&rig);
        cr_assert_not(deletion_resting(rig_shard(&rig, 0)));
        rig.io.hold_reading = false;
        rig_settle(&rig);
        cr_assert(asked.done);
        cr_assert(deletion_resting(rig_shard(&rig, 0)));
    }
}

Test(time, search_of_a_partition_that_goes_meanwhile_ends_offline)
{
    append_liar(9000);
    rig_flush(&rig);
    rig.io.hold_reading = true;
    rig_query_give(&rig, &asked, 0, 5000);
    rig_partition(&rig, 0)->offline = true;
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert_eq(asked.query.error, ERR_OFFLINE);
}

/* What cannot be opened. */

static void append_broken(int64_t timestamp, uint32_t at, uint8_t byte)
{
    struct rig_batch spec = {
        .records = 3, .timestamp = timestamp, .compression = COMPRESSION_LZ4, .value_len = 50};
    uint32_t len;
    uint8_t *batch = rig_build(&spec, &len);
    batch[at == 0 ? len / 2 : at] = byte;
    store_be32(batch + 17, batch_compute_crc(batch, len));
    rig_give_bytes(&rig, 0, batch, len);
    rig_settle(&rig);
}

Test(time, batch_that_does_not_open_answers_by_its_header)
{
    append_broken(1000, BATCH_HEADER_SIZE, 0xff);
    append_broken(2000, 22, 7); /* no such codec */
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_found(1001, 0, 1002);
        expect_found(2001, 3, 2002);
        rig_partition(&rig, 0)->log_start = 1;
        expect_found(1001, 1, 1002);
        rig_partition(&rig, 0)->log_start = 0;
        rig_flush(&rig);
    }
}

Test(time, bomb_answers_by_its_header)
{
    struct rig_batch spec = {
        .timestamp = 1000, .compression = COMPRESSION_ZSTD, .value_len = 70 << 20};
    rig_append(&rig, 0, spec);
    for (int flushed = 0; flushed < 2; flushed++) {
        expect_found(500, 0, 1000);
        rig_flush(&rig);
    }
}

Test(time, errors_of_the_disk_are_told)
{
    append_at(1000, COMPRESSION_NONE);
    rig_flush(&rig);
    rig.files.fault = (struct file_fault){VERB_READ, ".log", ERR_IO, UINT32_MAX, 0};
    rig_query(&rig, &asked, 0, 1001);
    cr_assert_eq(asked.query.error, ERR_IO);
    rig.files.fault.times = 0;
    expect_found(1001, 1, 1001);
}
