/* Opening segments at start-up: after a crash, after a clean stop, and by Kafka's own rules. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "partition/segments.h"
#include "protocol/batch.h"
#include "segments_fixture.h"

#define LOG_0 "00000000000000000000.log"
#define INDEX_0 "00000000000000000000.index"
#define TIME_0 "00000000000000000000.timeindex"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
    f.limits.index_interval_bytes = 400;
}

static void teardown(void)
{
    fixture_fini(&f);
}

TestSuite(segments_open, .init = setup, .fini = teardown);

static const struct segments_load kafka_crash = {.synced_end = -1, .recovery_point = 0};
static const struct segments_load kafka_clean = {.synced_end = -1, .trusted = true};

static struct segments_load ours(int64_t end, bool trusted)
{
    return (struct segments_load){.synced_end = end, .trusted = trusted};
}

static int reopen_at(int64_t end)
{
    struct segments_load load = ours(end, false);
    return fixture_reopen(&f, &load);
}

static void unload(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* Five segments of ten batches of two records each. */
static void write_five(void)
{
    struct test_batch batch = make_batch(0, 2, 0, 40);
    f.limits.segment_bytes = 10 * batch.len + 50;
    free_batch(&batch);
    cr_assert_eq(fixture_write(&f, 50, 2, 40), 0);
    cr_assert_eq(f.segments.count, 5);
}

Test(segments_open, no_directory_is_an_empty_partition)
{
    cr_assert_eq(reopen_at(0), 0);
    cr_assert_eq(f.segments.count, 0);
    cr_assert_eq(fixture_reopen(&f, &kafka_crash), 0);
    cr_assert_eq(fixture_write(&f, 1, 1, 1), 0);
}

Test(segments_open, no_directory_with_a_synced_end_is_damage)
{
    cr_assert_eq(reopen_at(1), ERR_CORRUPT);
}

Test(segments_open, reopening_gives_the_same_segments)
{
    write_five();
    struct segment before = *segments_last(&f.segments);
    for (int trusted = 0; trusted < 2; trusted++) {
        struct segments_load load = ours(100, trusted);
        cr_assert_eq(fixture_reopen(&f, &load), 0);
        cr_assert_eq(f.segments.count, 5);
        int64_t base = 0;
        LIST_EACH(node, &f.segments.list) {
            const struct segment *s = LIST_ENTRY(node, struct segment, node);
            cr_assert_eq(s->base_offset, base);
            cr_assert_eq(s->end_offset, base + 20);
            base += 20;
            cr_assert_eq(s->max_timestamp, 1000 * (base - 2) + 1);
            cr_assert_eq(s->max_timestamp_offset, base - 1);
        }
        const struct segment *last = segments_last(&f.segments);
        cr_assert_eq(last->synced_bytes, before.synced_bytes);
        cr_assert_eq(last->first_timestamp, before.first_timestamp);
        cr_assert_eq(last->index.entries, before.index.entries);
        cr_assert_eq(last->index.time_entries, before.index.time_entries);
        cr_assert_eq(last->index.time_last, before.index.time_last);
        cr_assert_eq(fixture_read_all(&f, 0), 100);
    }
}

Test(segments_open, trusted_opening_changes_no_file)
{
    write_five();
    cr_assert_eq(segments_close(&f.segments, BYTES_LITERAL("x")), 0);
    struct bytes index = fixture_load(&f, "00000000000000000080.index");
    struct bytes time = fixture_load(&f, "00000000000000000080.timeindex");
    for (int i = 0; i < 2; i++) {
        struct segments_load load = ours(100, true);
        cr_assert_eq(fixture_reopen(&f, i == 0 ? &load : &kafka_clean), 0);
        cr_assert_eq(segments_last(&f.segments)->end_offset, 100);
        struct bytes now = fixture_load(&f, "00000000000000000080.index");
        struct bytes time_now = fixture_load(&f, "00000000000000000080.timeindex");
        cr_assert(bytes_equal(index, now) && bytes_equal(time, time_now));
        cr_assert(fixture_has(&f, "00000000000000000100.snapshot"));
        unload(now);
        unload(time_now);
    }
    unload(index);
    unload(time);
}

Test(segments_open, what_lies_above_the_synced_end_is_cut)
{
    write_five();
    for (int64_t end = 98; end > 0; end -= 14) {
        cr_assert_eq(reopen_at(end), 0, "%lld", (long long)end);
        cr_assert_eq(f.next_offset, end);
        cr_assert_eq(segments_last(&f.segments)->end_offset, end);
        cr_assert_eq(f.segments.count, (uint32_t)((end + 19) / 20));
        cr_assert_eq(fixture_read_all(&f, 0), end);
    }
    cr_assert_not(fixture_has(&f, "00000000000000000080.log"));
    cr_assert_not(fixture_has(&f, "00000000000000000080.index"));
    cr_assert_eq(fixture_write(&f, 10, 2, 40), 0);
    cr_assert_eq(fixture_read_all(&f, 0), f.next_offset);
}

Test(segments_open, segment_at_the_synced_end_goes)
{
    write_five();
    uint32_t syncs = f.files.directory_syncs;
    cr_assert_eq(reopen_at(80), 0);
    cr_assert_eq(f.files.directory_syncs, syncs + 1, "it must not come back");
    cr_assert_eq(f.segments.count, 4);
    cr_assert_not(fixture_has(&f, "00000000000000000080.log"));
}

Test(segments_open, empty_segment_at_the_synced_end_stays)
{
    write_five();
    fixture_store(&f, "00000000000000000100.log", "", 0);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert_eq(f.segments.count, 6);
    cr_assert_eq(fixture_write(&f, 1, 2, 40), 0);
    cr_assert_eq(f.segments.count, 6);
    cr_assert_eq(fixture_read_all(&f, 0), 102);
}

/* Retention has taken everything, and the first write to the empty segment has failed. */
Test(segments_open, nothing_but_an_unsynced_segment_is_enough_where_all_has_gone)
{
    write_five();
    for (int i = 0; i < 4; i++) {
        char name[40];
        char path[256];
        snprintf(name, sizeof name, "000000000000000000%d0.log", 2 * i);
        fixture_path(&f, name, path);
        cr_assert_eq(remove(path), 0);
    }
    struct segments_load load = ours(80, false);
    cr_assert_eq(fixture_reopen(&f, &load), ERR_CORRUPT);
    load.log_start = 79;
    cr_assert_eq(fixture_reopen(&f, &load), ERR_CORRUPT);
    load.log_start = 80;
    cr_assert_eq(fixture_reopen(&f, &load), 0);
    cr_assert_eq(f.segments.count, 0);
    cr_assert_not(fixture_has(&f, "00000000000000000080.log"));
    cr_assert_eq(fixture_reopen(&f, &load), 0, "nor is an empty directory damage");
    f.next_offset = 80;
    cr_assert_eq(fixture_write(&f, 10, 2, 40), 0);
    cr_assert_eq(segments_first(&f.segments)->base_offset, 80);
}

Test(segments_open, synced_end_inside_a_batch_or_behind_the_last_is_damage)
{
    write_five();
    cr_assert_eq(reopen_at(99), ERR_CORRUPT);
    cr_assert_eq(f.segments.count, 0);
    cr_assert_eq(reopen_at(102), ERR_CORRUPT);
    cr_assert_eq(reopen_at(100), 0, "nothing was lost by refusing");
    cr_assert_eq(fixture_read_all(&f, 0), 100);
}

Test(segments_open, base_offset_that_jumps_over_the_limit_is_damage)
{
    f.limits.index_interval_bytes = 1u << 20; /* so that the walk comes by */
    write_five();
    for (int i = 0; i < 2; i++) {
        const char *name = i == 0 ? LOG_0 : "00000000000000000080.log";
        struct bytes log = fixture_load(&f, name);
        uint8_t *bytes = (uint8_t *)(uintptr_t)log.data;
        bytes[log.len / 2] ^= 1; /* the first byte of the sixth batch */
        fixture_store(&f, name, bytes, log.len);
        cr_assert_eq(reopen_at(100), ERR_CORRUPT);
        cr_assert_eq(fixture_size(&f, name), (int64_t)log.len, "nothing was cut");
        bytes[log.len / 2] ^= 1;
        fixture_store(&f, name, bytes, log.len);
        unload(log);
    }
    cr_assert_eq(reopen_at(100), 0);
}

Test(segments_open, torn_tail_behind_the_synced_end_does_not_matter)
{
    cr_assert_eq(fixture_write(&f, 10, 1, 40), 0);
    int64_t size = fixture_size(&f, LOG_0);
    uint8_t rubbish[300];
    for (size_t i = 0; i < sizeof rubbish; i++)
        rubbish[i] = (uint8_t)(i * 7);
    fixture_append(&f, LOG_0, rubbish, sizeof rubbish);
    cr_assert_eq(reopen_at(10), 0);
    cr_assert_eq(fixture_size(&f, LOG_0), size);
}

Test(segments_open, hole_below_the_synced_end_is_damage)
{
    write_five();
    struct bytes log = fixture_load(&f, "00000000000000000080.log");
    fixture_store(&f, "00000000000000000080.log", log.data, log.len - 1);
    cr_assert_eq(reopen_at(100), ERR_CORRUPT);
    cr_assert_eq(fixture_size(&f, "00000000000000000080.log"), (int64_t)log.len - 1);
    fixture_store(&f, "00000000000000000080.log", log.data, log.len);
    cr_assert_eq(reopen_at(100), 0);
    unload(log);
}

Test(segments_open, lost_indexes_are_built_again)
{
    write_five();
    struct bytes index = fixture_load(&f, INDEX_0);
    struct bytes last = fixture_load(&f, "00000000000000000080.index");
    char path[256];
    fixture_path(&f, INDEX_0, path);
    remove(path);
    fixture_path(&f, TIME_0, path);
    remove(path);
    fixture_path(&f, "00000000000000000080.index", path);
    remove(path);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert(fixture_has(&f, INDEX_0) && fixture_has(&f, "00000000000000000080.index"));
    cr_assert_eq(fixture_size(&f, TIME_0), 12);
    cr_assert_eq(segments_first(&f.segments)->max_timestamp, 18001);
    cr_assert_eq(fixture_read_all(&f, 0), 100);
    unload(index);
    unload(last);
}

Test(segments_open, index_of_zeroes_or_of_rubbish_is_built_again)
{
    cr_assert_eq(fixture_write(&f, 500, 2, 40), 0);
    uint32_t entries = segments_last(&f.segments)->index.entries;
    cr_assert(entries > 100);
    uint8_t bytes[65536] = {0};
    for (int round = 0; round < 3; round++) {
        fixture_store(&f, INDEX_0, bytes, sizeof bytes);
        fixture_store(&f, TIME_0, bytes, sizeof bytes);
        cr_assert_eq(reopen_at(1000), 0);
        /* Rebuilt with the interval of recovery, which is Kafka's default one. */
        const struct segment *s = segments_last(&f.segments);
        cr_assert_eq(fixture_size(&f, INDEX_0), 8 * (int64_t)s->index.entries);
        cr_assert_eq(fixture_size(&f, TIME_0), 12 * (int64_t)s->index.time_entries);
        cr_assert(s->index.entries > 10 && s->index.entries < entries);
        cr_assert_eq(s->max_timestamp, 998001);
        cr_assert_eq(fixture_read_all(&f, 0), 1000);
        for (size_t i = 0; i < sizeof bytes; i++)
            bytes[i] = (uint8_t)(i * 31 + (size_t)round);
    }
}

Test(segments_open, index_that_points_between_batches_is_built_again)
{
    cr_assert_eq(fixture_write(&f, 500, 2, 40), 0);
    struct bytes index = fixture_load(&f, INDEX_0);
    uint8_t *bytes = (uint8_t *)(uintptr_t)index.data;
    for (size_t at = 0; at < index.len; at += 8)
        store_be32(bytes + at + 4, load_be32(bytes + at + 4) + 5);
    fixture_store(&f, INDEX_0, bytes, index.len);
    for (int trusted = 1; trusted >= 0; trusted--) {
        struct segments_load load = ours(1000, trusted);
        cr_assert_eq(fixture_reopen(&f, &load), 0);
        cr_assert_eq(fixture_read_all(&f, 0), 1000);
        struct bytes now = fixture_load(&f, INDEX_0);
        cr_assert(now.len >= 8 && load_be32(now.data + 4) != load_be32(bytes + 4));
        unload(now);
    }
    cr_assert_eq(fixture_write(&f, 10, 2, 40), 0);
    cr_assert_eq(fixture_read_all(&f, 0), 1020);
    unload(index);
}

/* Seed 20235 of the simulator: a torn index led into a batch, and what stood there was taken for a
 * record set of before Kafka 0.11. */
Test(segments_open, index_that_points_at_what_looks_like_an_older_format_is_built_again)
{
    cr_assert_eq(fixture_write(&f, 500, 2, 40), 0);
    struct bytes log = fixture_load(&f, LOG_0);
    struct bytes index = fixture_load(&f, INDEX_0);
    uint8_t *last = (uint8_t *)(uintptr_t)index.data + index.len - 8;
    uint32_t at = load_be32(last + 4) + 1;
    while (log.data[at + 16] > 1 || (int32_t)load_be32(log.data + at + 8) < 100)
        at++;
    cr_assert_lt(at + 61, log.len);
    store_be32(last + 4, at);
    fixture_store(&f, INDEX_0, index.data, index.len);
    cr_assert_eq(reopen_at(1000), 0);
    cr_assert_eq(fixture_read_all(&f, 0), 1000);
    unload(log);
    unload(index);
}

Test(segments_open, preallocated_index_keeps_its_entries)
{
    cr_assert_eq(fixture_write(&f, 500, 2, 40), 0);
    uint32_t entries = segments_last(&f.segments)->index.entries;
    uint8_t zeroes[8000] = {0};
    fixture_append(&f, INDEX_0, zeroes, sizeof zeroes);
    fixture_append(&f, TIME_0, zeroes, 12000 / 2);
    cr_assert_eq(reopen_at(1000), 0);
    cr_assert_eq(segments_last(&f.segments)->index.entries, entries);
    cr_assert_eq(fixture_size(&f, INDEX_0), 8 * (int64_t)entries);
    cr_assert_eq(fixture_read_all(&f, 0), 1000);
}

Test(segments_open, torn_indexes_are_completed_from_where_they_are_right)
{
    cr_assert_eq(fixture_write(&f, 500, 2, 40), 0);
    struct bytes index = fixture_load(&f, INDEX_0);
    struct bytes time = fixture_load(&f, TIME_0);
    for (size_t cut = 0; cut < index.len; cut += 201) {
        fixture_store(&f, INDEX_0, index.data, cut);
        fixture_store(&f, TIME_0, time.data, time.len - MIN(time.len, cut));
        cr_assert_eq(reopen_at(1000), 0);
        const struct segment *s = segments_last(&f.segments);
        cr_assert_eq(s->max_timestamp, 998001);
        cr_assert_eq(s->max_timestamp_offset, 999);
        cr_assert_eq(s->first_timestamp, 1);
        cr_assert_eq(s->end_offset, 1000);
        cr_assert_eq(fixture_read_all(&f, 0), 1000);
    }
    unload(index);
    unload(time);
}

Test(segments_open, largest_timestamp_survives_a_lost_time_index)
{
    struct test_batch batches[50];
    for (int i = 0; i < 50; i++)
        batches[i] = make_batch(i, 1, i == 3 ? 9999 : 10 * i, 40);
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, 50), 0);
    fixture_store(&f, TIME_0, "", 0);
    cr_assert_eq(reopen_at(50), 0);
    cr_assert_eq(segments_last(&f.segments)->max_timestamp, 9999);
    cr_assert_eq(segments_last(&f.segments)->max_timestamp_offset, 3);
    for (int i = 0; i < 50; i++)
        free_batch(&batches[i]);
}

Test(segments_open, failed_segment_ends_where_the_next_begins)
{
    cr_assert_eq(fixture_write(&f, 3, 1, 40), 0);
    f.files.fail_sync_only = true;
    f.files.fail_at = f.files.calls + 1;
    cr_assert_eq(fixture_write(&f, 2, 1, 40), ERR_IO);
    f.files.fail_at = 0;
    /* Whatever the failed write left, here as if cutting it back had failed too. */
    struct test_batch rubbish = make_batch(3, 1, 77, 40);
    fixture_append(&f, LOG_0, rubbish.data, rubbish.len);
    fixture_append(&f, LOG_0, "torn", 4);
    free_batch(&rubbish);
    cr_assert_eq(fixture_write(&f, 2, 1, 40), 0);
    cr_assert_eq(f.segments.count, 2);
    cr_assert_eq(segments_last(&f.segments)->base_offset, 3);
    cr_assert_eq(fixture_read_all(&f, 0), 5);
    cr_assert_eq(reopen_at(5), 0);
    cr_assert_eq(fixture_read_all(&f, 0), 5);
    cr_assert_eq(segments_first(&f.segments)->end_offset, 3);
}

static void count_replay(void *context, const uint8_t *batch)
{
    int64_t *next = context;
    cr_assert(*next == -1 || batch_base_offset(batch) == *next);
    *next = batch_last_offset(batch) + 1;
}

Test(segments_open, replay_calls_every_batch_from_the_offset_on)
{
    write_five();
    for (int64_t from = 0; from <= 100; from += 3) {
        for (int mode = 0; mode < 3; mode++) {
            int64_t next = -1;
            struct segments_load load = {
                .synced_end = mode == 2 ? -1 : 100,
                .trusted = mode == 1,
                .replay_from = from,
                .replay = count_replay,
                .context = &next,
            };
            cr_assert_eq(fixture_reopen(&f, &load), 0);
            cr_assert_eq(next, from >= f.next_offset ? -1 : f.next_offset);
        }
    }
}

Test(segments_open, kafkas_crash_keeps_everything_that_checks_out)
{
    write_five();
    uint32_t syncs = f.files.syncs;
    cr_assert_eq(fixture_reopen(&f, &kafka_crash), 0);
    cr_assert_eq(f.files.syncs, syncs + 5, "what is kept must be on the disk");
    cr_assert_eq(f.next_offset, 100);
    cr_assert_eq(f.segments.count, 5);
    struct bytes log = fixture_load(&f, "00000000000000000040.log");
    uint8_t *bytes = (uint8_t *)(uintptr_t)log.data;
    bytes[log.len / 2 + 70] ^= 1;
    fixture_store(&f, "00000000000000000040.log", bytes, log.len);
    cr_assert_eq(fixture_reopen(&f, &kafka_crash), 0);
    cr_assert_eq(f.segments.count, 3);
    cr_assert_eq(f.next_offset, 50);
    cr_assert_not(fixture_has(&f, "00000000000000000060.log"));
    cr_assert_eq(fixture_read_all(&f, 0), 50);
    unload(log);
}

Test(segments_open, below_kafkas_recovery_point_nothing_is_checked)
{
    write_five();
    struct bytes log = fixture_load(&f, LOG_0);
    uint8_t *bytes = (uint8_t *)(uintptr_t)log.data;
    bytes[log.len / 2] ^= 1;
    fixture_store(&f, LOG_0, bytes, log.len);
    struct segments_load load = kafka_crash;
    load.recovery_point = 85;
    cr_assert_eq(fixture_reopen(&f, &load), 0);
    cr_assert_eq(f.next_offset, 100);
    load.recovery_point = 19;
    cr_assert_eq(fixture_reopen(&f, &load), 0);
    cr_assert(f.next_offset < 20);
    unload(log);
}

Test(segments_open, clean_kafka_directory_with_a_cut_tail_loses_only_the_tail)
{
    write_five();
    struct bytes log = fixture_load(&f, "00000000000000000080.log");
    fixture_store(&f, "00000000000000000080.log", log.data, log.len - 10);
    cr_assert_eq(fixture_reopen(&f, &kafka_clean), 0);
    cr_assert_eq(f.next_offset, 98);
    unload(log);
}

Test(segments_open, old_record_sets_are_not_thrown_away)
{
    uint8_t message[34] = {0};
    store_be32(message + 8, 22);
    message[16] = 1;
    fixture_store(&f, LOG_0, message, sizeof message);
    cr_assert_eq(fixture_reopen(&f, &kafka_crash), ERR_UNSUPPORTED);
    cr_assert_eq(fixture_size(&f, LOG_0), 34);
}

Test(segments_open, temporary_files_go)
{
    write_five();
    fixture_store(&f, "00000000000000000007.log.deleted", "x", 1);
    fixture_store(&f, "00000000000000000007.index.cleaned", "x", 1);
    fixture_store(&f, "00000000000000000005.index", "x", 1);
    fixture_store(&f, "00000000000000000005-0000000001.checkpoint.deleted", "x", 1);
    fixture_store(&f, "leader-epoch-checkpoint", "x", 1);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert_not(fixture_has(&f, "00000000000000000007.log.deleted"));
    cr_assert_not(fixture_has(&f, "00000000000000000007.index.cleaned"));
    cr_assert_not(fixture_has(&f, "00000000000000000005.index"), "no .log for it");
    cr_assert(fixture_has(&f, "00000000000000000005-0000000001.checkpoint.deleted"));
    cr_assert(fixture_has(&f, "leader-epoch-checkpoint"));
    cr_assert_eq(f.segments.count, 5);
}

Test(segments_open, finished_compaction_is_carried_through)
{
    write_five();
    /* Segments 0 and 20 were compacted into one that keeps the second batch and the last. */
    struct bytes first = fixture_load(&f, LOG_0);
    struct bytes second = fixture_load(&f, "00000000000000000020.log");
    size_t len = first.len / 10;
    uint8_t *bytes = malloc(2 * len + 100);
    memcpy(bytes, first.data + len, len);
    size_t last = second.len - second.len / 10;
    memcpy(bytes + len, second.data + last, second.len - last);
    fixture_store(&f, LOG_0 ".swap", bytes, len + second.len - last);
    fixture_store(&f, INDEX_0 ".swap", "", 0);
    fixture_store(&f, TIME_0 ".swap", "", 0);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert_eq(f.segments.count, 4);
    cr_assert_eq(segments_first(&f.segments)->end_offset, 40);
    cr_assert_not(fixture_has(&f, LOG_0 ".swap"));
    cr_assert_not(fixture_has(&f, "00000000000000000020.log"));
    uint8_t data[1000];
    struct segment_read read;
    cr_assert_eq(fixture_read(&f, 0, data, sizeof data, &read), 0);
    cr_assert_eq(batch_base_offset(data), 2);
    cr_assert_eq(read.next_offset, 40);
    unload(first);
    unload(second);
    free(bytes);
}

Test(segments_open, undecided_compaction_is_undone)
{
    write_five();
    fixture_store(&f, "00000000000000000020.log.swap", "x", 1);
    fixture_store(&f, "00000000000000000020.log.cleaned", "x", 1);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert_not(fixture_has(&f, "00000000000000000020.log.swap"));
    cr_assert_eq(fixture_read_all(&f, 0), 100);
}

Test(segments_open, snapshots_of_segments_and_the_newest_stay)
{
    write_five();
    fixture_store(&f, "00000000000000000020.snapshot", "x", 1);
    fixture_store(&f, "00000000000000000033.snapshot", "x", 1);
    fixture_store(&f, "00000000000000000095.snapshot", "x", 1);
    fixture_store(&f, "00000000000000000100.snapshot", "x", 1);
    fixture_store(&f, "00000000000000000200.snapshot", "x", 1);
    cr_assert_eq(reopen_at(100), 0);
    cr_assert(fixture_has(&f, "00000000000000000020.snapshot"));
    cr_assert_not(fixture_has(&f, "00000000000000000033.snapshot"));
    cr_assert_not(fixture_has(&f, "00000000000000000095.snapshot"));
    cr_assert(fixture_has(&f, "00000000000000000100.snapshot"));
    cr_assert_not(fixture_has(&f, "00000000000000000200.snapshot"));
}

Test(segments_open, trusted_opening_takes_few_calls)
{
    cr_assert_eq(fixture_write(&f, 200, 1, 40), 0);
    cr_assert_eq(segments_close(&f.segments, (struct bytes){0}), 0);
    uint64_t calls = f.files.calls;
    struct segments_load load = ours(200, true);
    cr_assert_eq(fixture_reopen(&f, &load), 0);
    cr_assert_leq(f.files.calls - calls, 14, "%llu calls",
                  (unsigned long long)(f.files.calls - calls));
}
