/* Finding a record by its time, in plain and in compressed batches. */
#include "partition/batch_time.h"

#include <criterion/criterion.h>
#include <string.h>

#include "protocol/batch_codec.h"
#include "protocol/record.h"

#define RECORDS 50
#define BASE_OFFSET 1000

static uint8_t batch[1 << 16];
static uint32_t batch_len;

/* Record i has time 100 + 10 * i, but for the last, which falls back to 5. */
static int64_t time_of(int i)
{
    return i == RECORDS - 1 ? 5 : 100 + 10 * i;
}

static void build(enum compression compression, uint16_t attributes)
{
    static uint8_t plain[1 << 16];
    struct batch_builder builder;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    const struct blob value = {(const uint8_t *)"value", 5};
    options.attributes = attributes;
    batch_build_begin(&builder, plain, sizeof plain);
    for (int i = 0; i < RECORDS; i++)
        batch_build_add(&builder, time_of(i), (struct blob){NULL, -1}, value);
    int64_t len = batch_build_end(&builder, &options);
    cr_assert_gt(len, 0);
    struct batch_codec codec = {compressor_new(), compression, compress_level_default(compression)};
    len = batch_pack(plain, batch_records(plain, (uint32_t)len), &codec, batch, sizeof batch);
    compressor_free(codec.compressor);
    cr_assert_gt(len, 0);
    batch_len = (uint32_t)len;
    batch_patch_offset(batch, BASE_OFFSET);
    batch_patch_leader_epoch(batch, 7);
}

static struct batch_time_search search(int64_t timestamp, int64_t from)
{
    struct batch_time_search s = {.timestamp = timestamp, .from_offset = from};
    cr_assert_eq(batch_time_search(&s, batch, batch_len), 0);
    return s;
}

Test(batch_time, finds_the_first_record_that_is_late_enough_in_every_codec)
{
    for (int codec = COMPRESSION_NONE; codec < COMPRESSION_COUNT; codec++) {
        build((enum compression)codec, 0);
        for (int64_t t = 0; t <= time_of(RECORDS - 2); t++) {
            struct batch_time_search s = search(t, 0);
            int want = t <= 100 ? 0 : (int)(t - 100 + 9) / 10;
            cr_assert(s.found);
            cr_assert_eq(s.offset, BASE_OFFSET + want, "codec %d, time %d", codec, (int)t);
            cr_assert_eq(s.found_timestamp, time_of(want));
            cr_assert_eq(s.leader_epoch, 7);
        }
        cr_assert_not(search(time_of(RECORDS - 2) + 1, 0).found);
    }
}

Test(batch_time, begins_at_the_offset_asked_for_in_every_codec)
{
    for (int codec = COMPRESSION_NONE; codec < COMPRESSION_COUNT; codec++) {
        build((enum compression)codec, 0);
        cr_assert_eq(search(0, BASE_OFFSET + 3).offset, BASE_OFFSET + 3);
        cr_assert_eq(search(1, BASE_OFFSET + RECORDS - 1).found_timestamp, 5);
        cr_assert_not(search(6, BASE_OFFSET + RECORDS - 1).found);
        cr_assert_not(search(0, BASE_OFFSET + RECORDS).found);
    }
}

Test(batch_time, log_append_time_counts_for_every_record)
{
    for (int codec = COMPRESSION_NONE; codec < COMPRESSION_COUNT; codec++) {
        build((enum compression)codec, BATCH_ATTRIBUTE_LOG_APPEND_TIME);
        struct batch_time_search s = search(200, 0);
        cr_assert_eq(s.offset, BASE_OFFSET);
        cr_assert_eq(s.found_timestamp, time_of(RECORDS - 2));
    }
}

Test(batch_time, what_cannot_be_opened_answers_as_its_header_tells)
{
    build(COMPRESSION_ZSTD, 0);
    memset(batch + BATCH_HEADER_SIZE, 0x55, batch_len - BATCH_HEADER_SIZE);
    struct batch_time_search s = search(200, BASE_OFFSET + 2);
    cr_assert(s.found);
    cr_assert_eq(s.offset, BASE_OFFSET + 2);
    cr_assert_eq(s.found_timestamp, time_of(RECORDS - 2));

    build(COMPRESSION_NONE, 0);
    batch[BATCH_HEADER_SIZE] = 0xFF;
    s = (struct batch_time_search){.timestamp = 200};
    cr_assert_eq(batch_time_search(&s, batch, batch_len), ERR_CORRUPT);
}
