/* Aborted transactions: searching them, and Kafka's .txnindex files. */
#include "partition/aborted.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/bytes.h"
#include "partition/segments_found.h"
#include "segments_fixture.h"

static struct fixture f;
static struct aborted aborted;

static void setup(void)
{
    fixture_init(&f);
    aborted_init(&aborted);
}

static void teardown(void)
{
    aborted_fini(&aborted);
    fixture_fini(&f);
}

TestSuite(aborted, .init = setup, .fini = teardown);

static void add(int64_t producer, int64_t first, int64_t last, int64_t stable)
{
    aborted_add(&aborted, &(struct aborted_entry){producer, first, last, stable});
}

/* As Kafka 4.2.0 has written it: producer 5 from offset 10 to 21, last stable offset 22. */
static const uint8_t kafka_entry[34] = {
    0,  0, 0, 0, 0, 0, 0, 0, 0,  5, 0, 0, 0, 0, 0, 0, 0,
    10, 0, 0, 0, 0, 0, 0, 0, 21, 0, 0, 0, 0, 0, 0, 0, 22,
};

Test(aborted, a_reader_gets_what_its_range_touches)
{
    uint32_t first;
    add(1, 0, 9, 10);
    add(2, 5, 19, 20);
    add(3, 12, 29, 30);
    cr_expect_eq(aborted_find(&aborted, 0, 5, &first), 1);
    cr_expect_eq(first, 0);
    cr_expect_eq(aborted_find(&aborted, 10, 15, &first), 2);
    cr_expect_eq(first, 1);
    cr_expect_eq(aborted_find(&aborted, 10, 100, &first), 3);
    cr_expect_eq(aborted_find(&aborted, 30, 100, &first), 3);
    cr_expect_eq(first, 3, "nothing reaches so far");
}

Test(aborted, a_long_transaction_behind_others_is_found)
{
    uint32_t first;
    add(1, 50, 59, 3);
    add(2, 3, 69, 70);
    cr_expect_eq(aborted_find(&aborted, 3, 10, &first), 2,
                 "the first one's last stable offset says that something older is open");
    cr_expect_eq(first, 0);
}

Test(aborted, markers_are_taken_once_and_in_order)
{
    add(1, 0, 9, 10);
    add(1, 0, 9, 10);
    add(1, 0, 5, 10);
    cr_expect_eq(aborted.count, 1);
    add(2, 0, 10, 11);
    aborted_cut_end(&aborted, 10);
    cr_expect_eq(aborted.count, 1);
}

static int load(void)
{
    struct segments_found found;
    cr_assert_eq(segments_found_load(&found, &f.files.fs, f.directory), 0);
    int result = aborted_load(&aborted, &f.files.fs, f.directory, &found);
    segments_found_free(&found);
    return result;
}

Test(aborted, kafkas_files_are_read_in_order_up_to_a_torn_entry)
{
    uint8_t later[34];
    memcpy(later, kafka_entry, sizeof later);
    later[25] = 99;
    cr_assert_eq(load(), 0, "a missing directory has none");
    cr_assert_eq(file_make_directory(&f.files.fs, f.directory), 0);
    cr_assert_eq(load(), 0);
    cr_expect_eq(aborted.count, 0);
    fixture_store(&f, "00000000000000000090.txnindex", later, sizeof later);
    fixture_store(&f, "00000000000000000000.txnindex", kafka_entry, sizeof kafka_entry);
    fixture_append(&f, "00000000000000000000.txnindex", kafka_entry, 20);
    cr_assert_eq(load(), 0);
    cr_assert_eq(aborted.count, 2);
    cr_expect_eq(aborted.entries[0].producer_id, 5);
    cr_expect_eq(aborted.entries[0].first_offset, 10);
    cr_expect_eq(aborted.entries[0].last_offset, 21);
    cr_expect_eq(aborted.entries[0].last_stable, 22);
    cr_expect_eq(aborted.entries[1].last_offset, 99);
}

Test(aborted, an_entry_of_another_version_is_refused)
{
    uint8_t newer[34] = {0, 1};
    cr_assert_eq(file_make_directory(&f.files.fs, f.directory), 0);
    fixture_store(&f, "00000000000000000000.txnindex", newer, sizeof newer);
    cr_expect_eq(load(), ERR_VERSION);
}

Test(aborted, each_segment_gets_the_entries_of_its_markers)
{
    cr_assert_eq(fixture_write(&f, 4, 10, 100), 0);
    fixture_store(&f, "00000000000000000000.txnindex", "stale", 5);
    cr_assert_eq(aborted_store(&aborted, &f.segments, 0), 0);
    cr_expect(!fixture_has(&f, "00000000000000000000.txnindex"), "no entry, no file");
    add(5, 10, 21, 22);
    add(6, 30, 50, 51);
    cr_assert_eq(aborted_store(&aborted, &f.segments, 40), 0);
    cr_expect(!fixture_has(&f, "00000000000000000000.txnindex"), "below the offset asked for");
    cr_assert_eq(aborted_store(&aborted, &f.segments, 39), 0);
    struct bytes file = fixture_load(&f, "00000000000000000000.txnindex");
    cr_expect_eq(file.len, sizeof kafka_entry, "the second marker is not in the segment");
    cr_expect_eq(memcmp(file.data, kafka_entry, sizeof kafka_entry), 0);
    free((void *)(uintptr_t)file.data);
}
