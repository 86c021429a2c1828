/* Kafka's bytes of __consumer_offsets. */
#include <criterion/criterion.h>

#include "base/util.h"
#include "group/records.h"

static struct region *region;
static struct arena arena;

static void set_up(void)
{
    region = region_new(MIB, 4096);
    arena_init(&arena, region, MIB);
}

static void tear_down(void)
{
    arena_reset(&arena);
    region_free(region);
}

TestSuite(records, .init = set_up, .fini = tear_down);

static const struct group_offset_key key = {{"g", 1}, {"topic", 5}, 7};

Test(records, an_offset_is_written_as_kafka_writes_it)
{
    static const uint8_t wanted_key[] = "\0\1\0\1g\0\5topic\0\0\0\7";
    static const uint8_t wanted_value[] = "\0\3\0\0\0\0\0\0\0\x2a\0\0\0\5\0\1m\0\0\0\0\0\0\3\xe8";
    struct group_offset_value value = {42, 5, {"m", 1}, 1000, -1};
    struct group_record record;
    struct writer w;
    uint8_t bytes[128];
    size_t size = group_record_offset_size(&key, &value);
    writer_init(&w, bytes, size);
    cr_assert_eq(group_record_write_offset(&w, &key, &value, &record), 0);
    cr_expect_eq(writer_len(&w), size);
    cr_assert_eq(record.key.len, sizeof wanted_key - 1);
    cr_expect_arr_eq(record.key.data, wanted_key, sizeof wanted_key - 1);
    cr_assert_eq(record.value.len, sizeof wanted_value - 1);
    cr_expect_arr_eq(record.value.data, wanted_value, sizeof wanted_value - 1);
}

Test(records, an_expiry_of_its_own_is_kept_in_version_1)
{
    struct group_offset_value value = {42, 5, {"", 0}, 1000, 2000};
    struct group_record record;
    struct group_record_read read;
    struct writer w;
    uint8_t bytes[128];
    writer_init(&w, bytes, sizeof bytes);
    cr_assert_eq(group_record_write_offset(&w, &key, &value, &record), 0);
    cr_expect_eq(load_be16(record.value.data), 1);
    cr_assert_eq(group_record_decode(record.key, record.value, &arena, &read), 0);
    cr_expect_eq(read.offset.expire_ms, 2000);
    cr_expect_eq(read.offset.epoch, -1, "that version has none");
}

Test(records, keys_of_the_oldest_form_are_read)
{
    static const uint8_t old_key[] = "\0\0\0\1g\0\5topic\0\0\0\7";
    static const uint8_t old_value[] = "\0\0\0\0\0\0\0\0\0\x2a\0\1m\0\0\0\0\0\0\3\xe8";
    struct group_record_read read;
    cr_assert_eq(group_record_decode(blob_of(old_key, sizeof old_key - 1),
                                     blob_of(old_value, sizeof old_value - 1), &arena, &read),
                 0);
    cr_expect_eq(read.kind, GROUP_RECORD_OFFSET);
    cr_expect_eq(read.offset.offset, 42);
    cr_expect_eq(read.offset.commit_ms, 1000);
    cr_expect_eq(read.key.partition, 7);
}

Test(records, a_tombstone_has_no_value)
{
    struct group_record record;
    struct group_record_read read;
    struct writer w;
    uint8_t bytes[128];
    writer_init(&w, bytes, sizeof bytes);
    cr_assert_eq(group_record_write_group(&w, string_of("g"), NULL, &record), 0);
    cr_assert_eq(group_record_decode(record.key, record.value, &arena, &read), 0);
    cr_expect(read.tombstone);
    cr_expect_eq(read.kind, GROUP_RECORD_GROUP);
}

Test(records, what_is_not_ours_or_damaged_is_told_apart)
{
    static const uint8_t share_group[] = "\0\x0b\0\1g";
    static const uint8_t cut[] = "\0\1\0\5g";
    static const uint8_t group[] = "\0\2\0\1g";
    static const uint8_t newer[] = "\0\x63";
    struct blob none = {NULL, -1};
    struct group_record_read read;
    cr_expect_eq(group_record_decode(blob_of(share_group, 5), none, &arena, &read),
                 ERR_UNSUPPORTED);
    cr_expect_eq(group_record_decode(blob_of(cut, 5), none, &arena, &read), ERR_SHORT);
    cr_expect_eq(group_record_decode(blob_of(group, 5), blob_of(newer, 2), &arena, &read),
                 ERR_VERSION);
    cr_expect_eq(group_record_decode(none, none, &arena, &read), ERR_MALFORMED);
}
