/* Leader epochs: Kafka's LeaderEpochFileCache and its file. */
#include "partition/epochs.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/mem.h"

static struct epochs epochs;

static void setup(void)
{
    epochs_init(&epochs);
}

static void teardown(void)
{
    epochs_fini(&epochs);
}

TestSuite(epochs, .init = setup, .fini = teardown);

static void fill(void)
{
    cr_assert(epochs_assign(&epochs, 2, 10));
    cr_assert(epochs_assign(&epochs, 4, 20));
    cr_assert(epochs_assign(&epochs, 7, 30));
}

static void expect(const char *text)
{
    char *printed = epochs_print(&epochs);
    cr_assert_str_eq(printed, text);
    mem_free(printed);
}

Test(epochs, only_a_later_epoch_changes_anything)
{
    cr_assert_eq(epochs_latest(&epochs), -1);
    fill();
    cr_assert_not(epochs_assign(&epochs, 7, 40));
    cr_assert_not(epochs_assign(&epochs, 5, 40));
    cr_assert_not(epochs_assign(&epochs, -1, 40));
    cr_assert_eq(epochs_latest(&epochs), 7);
    expect("0\n3\n2 10\n4 20\n7 30\n");
}

Test(epochs, epoch_without_a_record_gives_way)
{
    fill();
    cr_assert(epochs_assign(&epochs, 9, 30));
    expect("0\n3\n2 10\n4 20\n9 30\n");
}

Test(epochs, epoch_of_an_offset)
{
    cr_assert_eq(epochs_of_offset(&epochs, 0), -1);
    fill();
    cr_assert_eq(epochs_of_offset(&epochs, 9), -1);
    cr_assert_eq(epochs_of_offset(&epochs, 10), 2);
    cr_assert_eq(epochs_of_offset(&epochs, 29), 4);
    cr_assert_eq(epochs_of_offset(&epochs, 1000), 7);
}

static void expect_end(int32_t epoch, int32_t found, int64_t end)
{
    struct epoch_entry entry = epochs_end_of(&epochs, epoch, 99);
    cr_assert(entry.epoch == found && entry.start_offset == end, "%d: %d %lld", epoch, entry.epoch,
              (long long)entry.start_offset);
}

Test(epochs, end_of_an_epoch_as_kafka_answers)
{
    expect_end(0, -1, -1);
    fill();
    expect_end(-1, -1, -1);
    expect_end(7, 7, 99);
    expect_end(8, -1, -1);
    expect_end(4, 4, 30);
    expect_end(6, 4, 30);
    expect_end(2, 2, 20);
    expect_end(3, 2, 20);
    expect_end(1, 1, 10);
}

static void expect_end_under(int32_t leader, int32_t epoch, int32_t found, int64_t end)
{
    struct epoch_entry entry = epochs_end_under(&epochs, leader, epoch, 99);
    cr_assert(entry.epoch == found && entry.start_offset == end, "%d under %d: %d %lld", epoch,
              leader, entry.epoch, (long long)entry.start_offset);
}

Test(epochs, leader_without_a_record_begins_its_epoch_at_the_log_end)
{
    expect_end_under(0, 0, 0, 99);
    expect_end_under(3, 2, 2, 99);
    expect_end_under(3, 3, 3, 99);
    expect_end_under(3, 4, -1, -1);
    expect_end_under(3, -1, -1, -1);
    fill();
    expect_end_under(9, 7, 7, 99);
    expect_end_under(9, 8, 7, 99);
    expect_end_under(9, 9, 9, 99);
    expect_end_under(9, 10, -1, -1);
    expect_end_under(9, 4, 4, 30);
    expect_end_under(7, 7, 7, 99);
    expect_end_under(7, 8, -1, -1);
}

Test(epochs, cutting_at_both_ends)
{
    fill();
    epochs_cut_start(&epochs, 5);
    expect("0\n3\n2 10\n4 20\n7 30\n");
    epochs_cut_start(&epochs, 15);
    expect("0\n3\n2 15\n4 20\n7 30\n");
    epochs_cut_start(&epochs, 20);
    expect("0\n2\n4 20\n7 30\n");
    epochs_cut_end(&epochs, 31);
    expect("0\n2\n4 20\n7 30\n");
    epochs_cut_end(&epochs, 30);
    expect("0\n1\n4 20\n");
    epochs_cut_end(&epochs, 0);
    expect("0\n0\n");
}

static int parse(const char *text)
{
    return epochs_parse(&epochs, bytes_of_string(text));
}

Test(epochs, file_round_trip)
{
    for (int32_t i = 0; i < 1000; i++)
        cr_assert(epochs_assign(&epochs, i * 1000000, (int64_t)i << 50));
    char *text = epochs_print(&epochs);
    struct epochs read;
    epochs_init(&read);
    cr_assert_eq(epochs_parse(&read, bytes_of_string(text)), 0);
    cr_assert_eq(read.count, epochs.count);
    cr_assert_eq(memcmp(read.entries, epochs.entries, read.count * sizeof *read.entries), 0);
    epochs_fini(&read);
    mem_free(text);
}

Test(epochs, files_kafka_takes)
{
    cr_assert_eq(parse(""), 0);
    cr_assert_eq(epochs.count, 0);
    cr_assert_eq(parse("0\n"), 0);
    cr_assert_eq(parse("0\n0\n"), 0);
    cr_assert_eq(parse("0\n1\n3 7"), 0);
    cr_assert_eq(epochs_of_offset(&epochs, 7), 3);
    cr_assert_eq(parse("0\r\n2\r\n3 7\r\n4  9\r\n"), 0);
    cr_assert_eq(epochs.count, 2);
}

Test(epochs, damaged_files_change_nothing)
{
    fill();
    cr_assert_eq(parse("1\n0\n"), ERR_VERSION);
    cr_assert_eq(parse("x\n0\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n2\n3 7\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n1\n3 7\n4 8\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n0\n4 8\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n1\n3\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n1\n3 x\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n1\n-3 7\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n1\n3 99999999999999999999\n"), ERR_CORRUPT);
    cr_assert_eq(parse("0\n99999999\n3 7\n"), ERR_TOO_LARGE);
    expect("0\n3\n2 10\n4 20\n7 30\n");
}
