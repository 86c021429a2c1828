/* Which of its snapshots, and how much of its log, the catalog may give up. */
#include "broker/catalog/catalog_keeping.h"

#include <criterion/criterion.h>

#include "base/util.h"
#include "partition/segments.h"

/* Snapshots of 100 bytes that end at 10, 20, 30 and were made at 1 s, 2 s, 3 s; segments of 1000
 * bytes up to 5, 15, 25, 35. */
static struct catalog_snapshot_entry snapshots[3];
static struct segment closed[4];
static struct segments segments;
static struct catalog_retention retention;

static void setup(void)
{
    list_init(&segments.list);
    for (uint32_t i = 0; i < ARRAY_LENGTH(closed); i++) {
        closed[i] = (struct segment){
            .base_offset = i == 0 ? 0 : 10 * (int64_t)i - 5,
            .end_offset = 10 * (int64_t)i + 5,
            .synced_bytes = 1000,
        };
        list_push_back(&segments.list, &closed[i].node);
    }
    segments.count = ARRAY_LENGTH(closed);
    for (uint32_t i = 0; i < ARRAY_LENGTH(snapshots); i++)
        snapshots[i] = (struct catalog_snapshot_entry){
            .id = {10 * ((int64_t)i + 1), 1}, .bytes = 100, .last_timestamp = 1000 * (i + 1)};
    retention = (struct catalog_retention){
        .snapshots = snapshots,
        .count = ARRAY_LENGTH(snapshots),
        .newest_end = 30,
        .segments = &segments,
        .now_ms = 10000,
        .bytes_max = -1,
        .ms_max = -1,
    };
}

TestSuite(catalog_keeping, .init = setup);

static int64_t judged(int64_t bytes_max, int64_t ms_max)
{
    retention.bytes_max = bytes_max;
    retention.ms_max = ms_max;
    return catalog_retention_judge(&retention);
}

Test(catalog_keeping, without_limits_everything_stays)
{
    cr_expect_eq(judged(-1, -1), 0);
}

Test(catalog_keeping, the_oldest_goes_while_log_and_snapshots_are_too_large)
{
    cr_expect_eq(judged(4300, -1), 0, "as large as it may be");
    /* To 20: without one snapshot and the two segments below. */
    cr_expect_eq(judged(4299, -1), 20);
    cr_expect_eq(judged(2200, -1), 20);
    cr_expect_eq(judged(2199, -1), 30);
}

Test(catalog_keeping, the_newest_snapshot_and_the_log_behind_it_stay)
{
    cr_expect_eq(judged(0, -1), 30);
    cr_expect_eq(judged(-1, 0), 30);
    cr_expect_eq(judged(0, 0), 30);
    retention.count = 1;
    cr_expect_eq(judged(0, 0), 0);
    retention.count = 0;
    cr_expect_eq(judged(0, 0), 0);
}

Test(catalog_keeping, the_oldest_goes_while_its_last_record_is_too_old)
{
    cr_expect_eq(judged(-1, 9000), 0);
    cr_expect_eq(judged(-1, 8999), 20);
    cr_expect_eq(judged(-1, 7999), 30);
    snapshots[0].last_timestamp = -1;
    cr_expect_eq(judged(-1, 7999), 0, "nobody knows how old it is");
}

Test(catalog_keeping, what_is_not_known_to_be_whole_stands_for_nothing)
{
    retention.newest_end = 20;
    cr_expect_eq(judged(0, 0), 20);
    retention.newest_end = 0;
    cr_expect_eq(judged(0, 0), 0);
}

Test(catalog_keeping, snapshots_below_the_log_start_count_no_more)
{
    retention.log_start = 20;
    cr_expect_eq(judged(2200, -1), 20);
    cr_expect_eq(judged(2199, -1), 30);
    retention.log_start = 25;
    cr_expect_eq(judged(-1, -1), 25);
    cr_expect_eq(judged(-1, 0), 30);
}
