/* Writing, rolling and reading segments. */
#include "partition/segments.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "partition/kafka_files.h"
#include "partition/segment_files.h"
#include "partition/segments_found.h"
#include "protocol/batch.h"
#include "segments_fixture.h"

#define LOG_0 "00000000000000000000.log"
#define INDEX_0 "00000000000000000000.index"
#define TIME_0 "00000000000000000000.timeindex"

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
}

static void teardown(void)
{
    fixture_fini(&f);
}

TestSuite(segments, .init = setup, .fini = teardown);

Test(segments, first_write_makes_the_directory_and_the_three_files)
{
    cr_assert_not(fixture_has(&f, "."));
    cr_assert_eq(fixture_write(&f, 3, 2, 10), 0);
    cr_assert(fixture_has(&f, LOG_0) && fixture_has(&f, INDEX_0) && fixture_has(&f, TIME_0));
    cr_assert_eq(f.segments.count, 1);
    const struct segment *s = segments_last(&f.segments);
    cr_assert_eq(s->base_offset, 0);
    cr_assert_eq(s->end_offset, 6);
    cr_assert_eq((int64_t)s->synced_bytes, fixture_size(&f, LOG_0));
    cr_assert_eq(s->max_timestamp, 4001);
    cr_assert_eq(s->max_timestamp_offset, 5);
    cr_assert_eq(s->created_ms, f.now_ms);
    cr_assert_eq(fixture_read_all(&f, 0), 6);
}

Test(segments, what_is_reported_is_synced_and_so_are_new_names)
{
    cr_assert_eq(fixture_write(&f, 3, 1, 10), 0);
    cr_assert_eq(f.files.syncs, 1);
    cr_assert_eq(f.files.directory_syncs, 2, "the partition's directory and its parent");
    cr_assert_eq(fixture_write(&f, 3, 1, 10), 0);
    cr_assert_eq(f.files.syncs, 2);
    cr_assert_eq(f.files.directory_syncs, 2, "no new name");
    f.limits.segment_bytes = 1;
    cr_assert_eq(fixture_write(&f, 3, 1, 10), 0);
    cr_assert_eq(f.files.syncs, 5, "each new segment");
    cr_assert_eq(f.files.directory_syncs, 3);
}

Test(segments, written_bytes_are_the_batches_bytes)
{
    struct test_batch batches[2] = {make_batch(0, 3, 5, 100), make_batch(3, 1, 6, 20)};
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, 2), 0);
    struct bytes log = fixture_load(&f, LOG_0);
    cr_assert_eq(log.len, batches[0].len + batches[1].len);
    cr_assert_eq(memcmp(log.data, batches[0].data, batches[0].len), 0);
    cr_assert_eq(memcmp(log.data + batches[0].len, batches[1].data, batches[1].len), 0);
    free((void *)(uintptr_t)log.data);
    free_batch(&batches[0]);
    free_batch(&batches[1]);
}

Test(segments, index_entries_come_where_kafka_puts_them)
{
    f.limits.index_interval_bytes = 300;
    struct test_batch batches[6];
    for (int i = 0; i < 6; i++)
        batches[i] = make_batch(2 * i, 2, i == 4 ? 100 : 1000 + i, 30);
    uint32_t len = batches[0].len;
    cr_assert(len > 100 && len < 150, "%u", len);
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, 6), 0);
    /* After three batches more than 300 bytes lie behind the last entry: one for the fourth. */
    struct bytes index = fixture_load(&f, INDEX_0);
    cr_assert_eq(index.len, 8);
    cr_assert_eq(load_be32(index.data), 7);
    cr_assert_eq(load_be32(index.data + 4), 3 * len);
    struct bytes time = fixture_load(&f, TIME_0);
    cr_assert_eq(time.len, 12);
    cr_assert_eq(load_be64(time.data), 1004);
    cr_assert_eq(load_be32(time.data + 8), 7);
    free((void *)(uintptr_t)index.data);
    free((void *)(uintptr_t)time.data);
    for (int i = 0; i < 6; i++)
        free_batch(&batches[i]);
}

Test(segments, index_entries_do_not_depend_on_how_batches_are_grouped)
{
    f.limits.index_interval_bytes = 500;
    cr_assert_eq(fixture_write(&f, 40, 2, 30), 0);
    struct bytes one = fixture_load(&f, INDEX_0);
    struct bytes one_time = fixture_load(&f, TIME_0);
    fixture_fini(&f);
    fixture_init(&f);
    f.limits.index_interval_bytes = 500;
    for (int i = 0; i < 40; i++)
        cr_assert_eq(fixture_write(&f, 1, 2, 30), 0);
    struct bytes many = fixture_load(&f, INDEX_0);
    struct bytes many_time = fixture_load(&f, TIME_0);
    cr_assert(one.len > 16 && bytes_equal(one, many));
    cr_assert(one_time.len > 24 && bytes_equal(one_time, many_time));
    free((void *)(uintptr_t)one.data);
    free((void *)(uintptr_t)one_time.data);
    free((void *)(uintptr_t)many.data);
    free((void *)(uintptr_t)many_time.data);
}

Test(segments, rolls_when_the_next_batch_would_exceed_segment_bytes)
{
    struct test_batch batch = make_batch(0, 1, 0, 100);
    f.limits.segment_bytes = 3 * batch.len;
    free_batch(&batch);
    cr_assert_eq(fixture_write(&f, 7, 1, 100), 0);
    cr_assert_eq(f.segments.count, 3);
    cr_assert(fixture_has(&f, "00000000000000000003.log"));
    cr_assert(fixture_has(&f, "00000000000000000006.log"));
    const struct segment *s = segments_first(&f.segments);
    cr_assert_eq(s->end_offset, 3);
    cr_assert_eq(segments_find(&f.segments, 4)->base_offset, 3);
    cr_assert_eq(segments_find(&f.segments, 100)->base_offset, 6);
    cr_assert_eq(fixture_read_all(&f, 0), 7);
    /* A finished segment ends with its largest timestamp. */
    struct bytes time = fixture_load(&f, TIME_0);
    cr_assert_eq(time.len, 12);
    cr_assert_eq(load_be64(time.data), 2000);
    cr_assert_eq(load_be32(time.data + 8), 2);
    free((void *)(uintptr_t)time.data);
}

Test(segments, rolls_by_the_first_batchs_timestamp)
{
    f.limits.segment_ms = 5000;
    cr_assert_eq(fixture_write(&f, 6, 1, 10), 0);
    cr_assert_eq(f.segments.count, 1);
    cr_assert_eq(fixture_write(&f, 1, 1, 10), 0);
    cr_assert_eq(f.segments.count, 2, "6000 - 0 > 5000");
}

Test(segments, without_timestamps_rolls_by_the_clock)
{
    f.limits.segment_ms = 5000;
    struct segment_write write = {.sync = true};
    for (int i = 0; i < 3; i++) {
        struct test_batch batch = make_batch(i, 1, -1, 10);
        cr_assert_eq(fixture_write_batches(&f, &write, &batch, 1), 0);
        free_batch(&batch);
        f.now_ms += i == 0 ? 5000 : 1;
        write = (struct segment_write){.sync = true};
        cr_assert_eq(f.segments.count, i < 2 ? 1 : 2);
    }
}

Test(segments, rolls_when_an_index_is_full)
{
    f.limits.index_interval_bytes = 0;
    f.limits.index_bytes_max = 48; /* 6 entries, 4 time entries of which one is reserved */
    cr_assert_eq(fixture_write(&f, 4, 1, 10), 0);
    cr_assert_eq(f.segments.count, 1);
    cr_assert_eq(fixture_write(&f, 1, 1, 10), 0);
    cr_assert_eq(f.segments.count, 2);
}

Test(segments, rolls_when_the_relative_offset_would_overflow)
{
    cr_assert_eq(fixture_write(&f, 1, 1, 10), 0);
    struct test_batch batch = make_batch((int64_t)INT32_MAX + 1, 1, 0, 10);
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, &batch, 1), 0);
    cr_assert_eq(f.segments.count, 2);
    cr_assert(fixture_has(&f, "00000000002147483648.log"));
    free_batch(&batch);
}

Test(segments, roll_stores_the_snapshot_it_was_given)
{
    cr_assert_eq(fixture_write(&f, 2, 1, 10), 0);
    struct test_batch batch = make_batch(2, 1, 2000, 10);
    struct segment_write write = {.sync = true, .roll = true, .snapshot = BYTES_LITERAL("state")};
    cr_assert_eq(fixture_write_batches(&f, &write, &batch, 1), 0);
    cr_assert_eq(fixture_size(&f, "00000000000000000002.snapshot"), 5);
    int64_t offset;
    struct bytes snapshot;
    struct segments_found found;
    cr_assert_eq(segments_found_load(&found, &f.files.fs, f.directory), 0);
    cr_assert_eq(segments_load_snapshot(&f.segments, &found, 3, &offset, &snapshot), 0);
    cr_assert_eq(offset, 2);
    cr_assert(bytes_equal(snapshot, BYTES_LITERAL("state")));
    free((void *)(uintptr_t)snapshot.data);
    cr_assert_eq(segments_load_snapshot(&f.segments, &found, 1, &offset, &snapshot), ERR_NOT_FOUND);
    segments_found_free(&found);
    free_batch(&batch);
}

Test(segments, writes_at_most_as_many_new_segments_as_it_can_report)
{
    f.limits.segment_bytes = 1; /* each batch rolls */
    uint32_t count = SEGMENT_WRITE_NEW_MAX + 5;
    struct test_batch batches[SEGMENT_WRITE_NEW_MAX + 5];
    for (uint32_t i = 0; i < count; i++)
        batches[i] = make_batch(i, 1, 1000 * (int64_t)i, 5);
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, count), 0);
    cr_assert_eq(write.written, SEGMENT_WRITE_NEW_MAX);
    cr_assert_eq(f.segments.count, SEGMENT_WRITE_NEW_MAX);
    write = (struct segment_write){.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches + SEGMENT_WRITE_NEW_MAX, 5), 0);
    cr_assert_eq(fixture_read_all(&f, 0), count);
    for (uint32_t i = 0; i < count; i++)
        free_batch(&batches[i]);
}

Test(segments, more_batches_than_one_vectored_write_takes)
{
    cr_assert_eq(fixture_write(&f, 700, 1, 10), 0);
    cr_assert_eq(fixture_read_all(&f, 0), 700);
}

Test(segments, every_offset_is_found)
{
    f.limits.index_interval_bytes = 1000;
    cr_assert_eq(fixture_write(&f, 300, 3, 40), 0);
    uint8_t data[1024];
    for (int64_t offset = 0; offset < 900; offset++) {
        struct segment_read read;
        cr_assert_eq(fixture_read(&f, offset, data, sizeof data, &read), 0);
        cr_assert(read.len > 0);
        cr_assert_eq(batch_base_offset(data), offset / 3 * 3);
    }
}

Test(segments, position_hint_continues_without_the_index)
{
    cr_assert_eq(fixture_write(&f, 20, 1, 40), 0);
    uint8_t data[400];
    struct segment_read read;
    cr_assert_eq(fixture_read(&f, 0, data, sizeof data, &read), 0);
    cr_assert(read.len > 0 && read.next_offset > 1);
    int64_t offset = read.next_offset;
    read.offset = offset;
    read.position_hint = read.next_position;
    uint64_t calls = f.files.calls;
    cr_assert_eq(segment_read_run(&read), 0);
    cr_assert_eq(f.files.calls - calls, 2, "open and read");
    cr_assert_eq(batch_base_offset(data), offset);
}

Test(segments, wrong_hint_is_noticed)
{
    cr_assert_eq(fixture_write(&f, 20, 1, 40), 0);
    uint8_t data[400];
    for (uint64_t hint = 0; hint < 600; hint += 7) {
        struct segment_read read;
        struct segment *segment = segments_last(&f.segments);
        read = (struct segment_read){
            .segments = &f.segments,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .offset = 11,
            .offset_limit = 20,
            .position_hint = hint,
            .data = data,
            .capacity = sizeof data,
        };
        cr_assert_eq(segment_read_run(&read), 0);
        cr_assert(read.len > 0);
        cr_assert_eq(batch_base_offset(data), 11);
    }
}

Test(segments, too_small_a_buffer_tells_what_is_needed)
{
    cr_assert_eq(fixture_write(&f, 1, 1, 500), 0);
    uint8_t data[600];
    struct segment_read read;
    uint32_t len = (uint32_t)segments_last(&f.segments)->synced_bytes;
    for (uint32_t capacity = 1; capacity < len; capacity += 13) {
        cr_assert_eq(fixture_read(&f, 0, data, capacity, &read), 0);
        cr_assert_eq(read.len, 0);
        cr_assert_eq(read.needed, len);
    }
    cr_assert_eq(fixture_read(&f, 0, data, len, &read), 0);
    cr_assert_eq(read.len, len);
    cr_assert_eq(read.needed, 0);
}

Test(segments, offset_limit_is_kept)
{
    cr_assert_eq(fixture_write(&f, 10, 2, 10), 0);
    uint8_t data[4096];
    struct segment *segment = segments_last(&f.segments);
    struct segment_read read = {
        .segments = &f.segments,
        .segment = segment,
        .synced_bytes = segment->synced_bytes,
        .offset = 3,
        .offset_limit = 7,
        .position_hint = SEGMENT_NO_HINT,
        .data = data,
        .capacity = sizeof data,
        .check = true,
    };
    cr_assert_eq(segment_read_run(&read), 0);
    cr_assert_eq(batch_base_offset(data), 2);
    cr_assert_eq(read.next_offset, 8, "the batch of 6 and 7 begins below 7");
}

Test(segments, nothing_behind_the_synced_end_is_read)
{
    cr_assert_eq(fixture_write(&f, 3, 1, 10), 0);
    struct test_batch later = make_batch(3, 1, 3000, 10);
    fixture_append(&f, LOG_0, later.data, later.len);
    cr_assert_eq(fixture_read_all(&f, 0), 3);
    uint8_t data[4096];
    struct segment_read read;
    f.next_offset = 4;
    cr_assert_eq(fixture_read(&f, 3, data, sizeof data, &read), 0);
    cr_assert_eq(read.len, 0);
    free_batch(&later);
}

Test(segments, flipped_bit_is_never_served)
{
    cr_assert_eq(fixture_write(&f, 3, 1, 50), 0);
    struct bytes log = fixture_load(&f, LOG_0);
    uint8_t *bytes = (uint8_t *)(uintptr_t)log.data;
    size_t len = log.len / 3;
    bytes[len + 80] ^= 1;
    fixture_store(&f, LOG_0, log.data, log.len);
    uint8_t data[4096];
    struct segment_read read;
    cr_assert_eq(fixture_read(&f, 0, data, sizeof data, &read), 0);
    cr_assert_eq(read.len, len, "what lies before it is");
    cr_assert_eq(fixture_read(&f, 1, data, sizeof data, &read), ERR_CORRUPT);
    free(bytes);
}

Test(segments, lying_index_costs_time_but_not_the_answer)
{
    f.limits.index_interval_bytes = 200;
    cr_assert_eq(fixture_write(&f, 50, 1, 40), 0);
    struct bytes index = fixture_load(&f, INDEX_0);
    uint8_t *bytes = (uint8_t *)(uintptr_t)index.data;
    /* At a batch that is another one's, then between batches. */
    for (int round = 0; round < 2; round++) {
        for (size_t at = 0; at + 16 <= index.len; at += 8) {
            uint32_t position = load_be32(bytes + at + 4);
            store_be32(bytes + at + 4, round == 0 ? load_be32(bytes + at + 12) : position + 3);
        }
        fixture_store(&f, INDEX_0, bytes, index.len);
        cr_assert_eq(fixture_read_all(&f, 0), 50);
        uint8_t data[200];
        for (int64_t offset = 0; offset < 50; offset++) {
            struct segment_read read;
            cr_assert_eq(fixture_read(&f, offset, data, sizeof data, &read), 0);
            cr_assert_eq(batch_base_offset(data), offset);
        }
    }
    free(bytes);
}

Test(segments, missing_log_is_damage_not_silence)
{
    cr_assert_eq(fixture_write(&f, 3, 1, 50), 0);
    char path[256];
    fixture_path(&f, LOG_0, path);
    remove(path);
    uint8_t data[100];
    struct segment_read read;
    cr_assert_eq(fixture_read(&f, 0, data, sizeof data, &read), ERR_CORRUPT);
}

static struct time_search query(int64_t timestamp, int64_t from)
{
    struct segment *segment = segments_last(&f.segments);
    struct segment_time_query q = {
        .segments = &f.segments,
        .segment = segment,
        .synced_bytes = segment->synced_bytes,
        .search = {.timestamp = timestamp, .from_offset = from},
    };
    cr_assert_eq(segment_time_query_run(&q), 0);
    return q.search;
}

Test(segments, time_query_finds_the_first_record_that_is_late_enough)
{
    f.limits.index_interval_bytes = 200;
    cr_assert_eq(fixture_write(&f, 100, 2, 20), 0); /* 0, 1, 2000, 2001, 4000, ... */
    for (int64_t t = 0; t <= 198001; t += 37) {
        struct time_search q = query(t, 0);
        int64_t batch = t / 2000 * 2;
        int64_t want = t % 2000 == 0 ? batch : t % 2000 == 1 ? batch + 1 : batch + 2;
        if (want >= 200) {
            cr_assert_not(q.found);
            continue;
        }
        cr_assert(q.found);
        cr_assert_eq(q.offset, want, "%lld: %lld", (long long)t, (long long)q.offset);
        cr_assert_eq(q.found_timestamp, 1000 * (want / 2 * 2) + want % 2);
        cr_assert_eq(q.leader_epoch, 0);
    }
    cr_assert_not(query(198002, 0).found);
}

/* Seed 2460 of the simulator, without some troubles: a power loss took the index's first two
 * sectors, and so the upper half of a timestamp in the entry that lies across their end. */
Test(segments, lying_time_index_costs_time_but_not_the_answer)
{
    struct test_batch batches[60];
    int64_t base = 1700000000000;
    for (int i = 0; i < 60; i++)
        batches[i] = make_batch(i, 1, base + 100 * i, 40);
    f.limits.index_interval_bytes = 200;
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, 60), 0);
    struct bytes index = fixture_load(&f, TIME_0);
    cr_assert_gt(index.len, 100);
    for (size_t lost = 0; lost <= index.len; lost++) {
        memset((uint8_t *)(uintptr_t)index.data, 0, lost);
        fixture_store(&f, TIME_0, index.data, index.len);
        for (int i = 0; i < 60; i++)
            cr_assert_eq(query(base + 100 * i - 50, 0).offset, i, "%zu lost", lost);
    }
    for (int i = 0; i < 60; i++)
        free_batch(&batches[i]);
    free((void *)(uintptr_t)index.data);
}

Test(segments, time_query_begins_at_the_offset_asked_for)
{
    cr_assert_eq(fixture_write(&f, 10, 2, 20), 0);
    struct time_search q = query(0, 5);
    cr_assert(q.found);
    cr_assert_eq(q.offset, 5);
    cr_assert_not(query(0, 20).found);
}

Test(segments, time_query_with_falling_timestamps)
{
    struct test_batch batches[3] = {make_batch(0, 1, 500, 10), make_batch(1, 1, 100, 10),
                                    make_batch(2, 1, 900, 10)};
    f.limits.index_interval_bytes = 0;
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, batches, 3), 0);
    cr_assert_eq(query(50, 0).offset, 0);
    cr_assert_eq(query(500, 0).offset, 0);
    cr_assert_eq(query(501, 0).offset, 2);
    cr_assert_eq(query(50, 1).offset, 1);
    for (int i = 0; i < 3; i++)
        free_batch(&batches[i]);
}

Test(segments, compressed_batch_that_nobody_may_open_answers_by_its_header)
{
    struct test_batch batch = make_batch(0, 5, 100, 10);
    batch.data[22] = COMPRESSION_LZ4; /* closed: nobody looks inside */
    store_be32(batch.data + 17, batch_compute_crc(batch.data, batch.len));
    struct segment_write write = {.sync = true};
    cr_assert_eq(fixture_write_batches(&f, &write, &batch, 1), 0);
    struct time_search q = query(103, 0);
    cr_assert(q.found);
    cr_assert_eq(q.offset, 0);
    cr_assert_eq(q.found_timestamp, 104);
    free_batch(&batch);
}

Test(segments, cutting_the_front_keeps_the_last_and_waits_for_readers)
{
    f.limits.segment_bytes = 1;
    cr_assert_eq(fixture_write(&f, 5, 1, 10), 0);
    struct list removed;
    struct list ready;
    list_init(&removed);
    list_init(&ready);
    struct segment *held = segments_find(&f.segments, 1);
    segment_hold(held);
    cr_assert_eq(segments_cut_front(&f.segments, 3, &removed), 3);
    cr_assert_eq(f.segments.count, 2);
    cr_assert_eq(segments_take_unheld(&removed, 0, &ready), 1);
    cr_assert_eq(segments_remove_run(&f.segments, &ready), 0);
    segments_remove_end(&f.segments, &ready);
    cr_assert_not(fixture_has(&f, LOG_0) || fixture_has(&f, INDEX_0) || fixture_has(&f, TIME_0));
    cr_assert(fixture_has(&f, "00000000000000000001.log"));
    segment_drop(&f.segments, held);
    cr_assert_eq(segments_take_unheld(&removed, 0, &ready), 2);
    cr_assert_eq(segments_remove_run(&f.segments, &ready), 0);
    segments_remove_end(&f.segments, &ready);
    cr_assert_not(fixture_has(&f, "00000000000000000001.log"));
    cr_assert_eq(segments_cut_front(&f.segments, INT64_MAX, &removed), 1);
    cr_assert_eq(f.segments.count, 1);
    segments_take_unheld(&removed, 0, &ready);
    segments_remove_end(&f.segments, &ready);
    cr_assert_eq(fixture_read_all(&f, 4), 5);
}

Test(segments, clean_stop_leaves_exact_files_and_a_snapshot)
{
    cr_assert_eq(fixture_write(&f, 4, 1, 10), 0);
    int64_t size = fixture_size(&f, LOG_0);
    fixture_append(&f, LOG_0, "rubbish", 7);
    segments_last(&f.segments)->cut = true;
    cr_assert_eq(segments_close(&f.segments, BYTES_LITERAL("snapshot")), 0);
    cr_assert_eq(fixture_size(&f, LOG_0), size);
    cr_assert_eq(fixture_size(&f, TIME_0), 12);
    cr_assert_eq(fixture_size(&f, "00000000000000000004.snapshot"), 8);
    cr_assert_eq(segments_close(&f.segments, (struct bytes){0}), 0);
    cr_assert_eq(fixture_size(&f, TIME_0), 12, "the last entry is written once");
}

Test(segments, removing_a_directory_removes_it_whole)
{
    cr_assert_eq(fixture_write(&f, 4, 1, 10), 0);
    fixture_store(&f, "partition.metadata", "x", 1);
    cr_assert_eq(segments_remove_directory(&f.files.fs, f.directory), 0);
    cr_assert_not(fixture_has(&f, "."));
    cr_assert_eq(segments_remove_directory(&f.files.fs, f.directory), 0, "missing is success");
}

Test(segments, a_deleted_directory_has_a_name_that_kafka_deletes_and_that_fits)
{
    const struct uuid id = {{0x0a, 0xff, [15] = 7}};
    char path[SEGMENT_PATH_SIZE];
    char directory[600];
    struct kafka_directory parsed;
    segments_deleted_path(path, "/data.d/a-b-3", id);
    cr_assert_str_eq(path, "/data.d/a-b-3.0aff0000000000000000000000000007-delete");
    snprintf(directory, sizeof directory, "/data/%0249d-2147483647", 0);
    segments_deleted_path(path, directory, id);
    cr_assert_eq(strlen(path), strlen("/data/") + 255);
    cr_assert(kafka_parse_directory(path + strlen("/data/"), &parsed));
    cr_assert_eq(parsed.kind, KAFKA_DIRECTORY_DELETE);
    cr_assert_eq(parsed.partition, INT32_MAX);
}
