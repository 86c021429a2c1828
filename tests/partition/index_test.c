/* Searching in index files, and appending to them. */
#include "partition/index.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "segments_fixture.h"

#define INDEX_NAME "00000000000000000100.index"
#define TIME_NAME "00000000000000000100.timeindex"
#define BASE 100

static struct fixture f;

static void setup(void)
{
    fixture_init(&f);
}

static void teardown(void)
{
    fixture_fini(&f);
}

TestSuite(index, .init = setup, .fini = teardown);

/* `count` entries: offset BASE + 10 (i + 1), position and timestamp 1000 (i + 1); then zeroes. */
static void store(uint32_t count, size_t zeroes)
{
    uint8_t *entries = calloc(count * 8 + zeroes + 1, 1);
    uint8_t *times = calloc(count * 12 + zeroes + 1, 1);
    for (uint32_t i = 0; i < count; i++) {
        store_be32(entries + (size_t)i * 8, 10 * (i + 1));
        store_be32(entries + (size_t)i * 8 + 4, 1000 * (i + 1));
        store_be64(times + (size_t)i * 12, 1000 * (i + 1));
        store_be32(times + (size_t)i * 12 + 8, 10 * (i + 1));
    }
    fixture_store(&f, INDEX_NAME, entries, count * 8 + zeroes);
    fixture_store(&f, TIME_NAME, times, count * 12 + zeroes);
    free(entries);
    free(times);
}

static int64_t count_of(int64_t offset_max, uint64_t position_end)
{
    struct index_file index;
    cr_assert_eq(index_open(&index, &f.files.fs, f.directory, BASE), 0);
    int64_t count = index_count(&index, offset_max, position_end);
    index_close(&index);
    return count;
}

static int64_t time_count_of(int64_t timestamp_max, int64_t offset_max)
{
    struct index_file index;
    cr_assert_eq(time_index_open(&index, &f.files.fs, f.directory, BASE), 0);
    int64_t count = time_index_count(&index, timestamp_max, offset_max);
    index_close(&index);
    return count;
}

Test(index, missing_file_has_no_entries)
{
    cr_assert_eq(count_of(INT64_MAX, UINT64_MAX), 0);
    cr_assert_eq(time_count_of(INT64_MAX, INT64_MAX), 0);
}

Test(index, search_finds_every_boundary_in_files_of_any_size)
{
    static const uint32_t counts[] = {0, 1, 2, 191, 192, 193, 1000, 5000};
    for (size_t c = 0; c < sizeof counts / sizeof counts[0]; c++) {
        uint32_t count = counts[c];
        store(count, c % 2 == 0 ? 0 : 24000);
        for (uint32_t i = 0; i <= count; i += 1 + count / 100) {
            cr_assert_eq(count_of(BASE + 10 * (int64_t)i, UINT64_MAX), i);
            cr_assert_eq(count_of(BASE + 10 * (int64_t)i + 9, UINT64_MAX), i);
            cr_assert_eq(count_of(INT64_MAX, 1000 * (uint64_t)i + 1), i);
            cr_assert_eq(time_count_of(1000 * (int64_t)i + 999, INT64_MAX), i);
            cr_assert_eq(time_count_of(INT64_MAX, BASE + 10 * (int64_t)i), i);
        }
        cr_assert_eq(count_of(INT64_MAX, UINT64_MAX), count);
        cr_assert_eq(time_count_of(INT64_MAX, INT64_MAX), count);
    }
}

Test(index, half_an_entry_does_not_count)
{
    store(3, 0);
    fixture_append(&f, INDEX_NAME, "\0\0\0\77\0\0\77", 7);
    cr_assert_eq(count_of(INT64_MAX, UINT64_MAX), 3);
}

Test(index, appending_more_than_the_buffer_holds)
{
    struct segment_index state = {.time_last = -1};
    struct index_append append;
    fixture_store(&f, "x", "", 0);
    index_append_init(&append, &f.files.fs, f.directory, BASE, &state);
    for (uint32_t i = 0; i < 1000; i++) {
        struct index_entry batch = {BASE + i, 50 * i};
        struct time_index_entry largest = {7 * (int64_t)i, BASE + i};
        cr_assert_eq(index_append_batch(&append, &batch, 50, &largest, 40), 0);
    }
    cr_assert_eq(index_append_flush(&append), 0);
    cr_assert_eq(state.entries, 999, "the first batch needs none");
    cr_assert_eq(state.time_entries, 999);
    cr_assert_eq(fixture_size(&f, INDEX_NAME), 999 * 8);
    cr_assert_eq(fixture_size(&f, TIME_NAME), 999 * 12);
    cr_assert_eq(count_of(BASE + 500, UINT64_MAX), 500);
    state.entries = 10;
    state.time_entries = 9;
    cr_assert_eq(index_cut(&f.files.fs, f.directory, BASE, &state), 0);
    cr_assert_eq(fixture_size(&f, INDEX_NAME), 80);
    cr_assert_eq(fixture_size(&f, TIME_NAME), 108);
}
