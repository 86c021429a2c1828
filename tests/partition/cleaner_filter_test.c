/* What compaction leaves of single batches, rule by rule. */
#include "partition/cleaner_filter.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/partition/cleaner_fixture.h"

static struct offset_map map;
static struct cleaner_opener opener;
static struct cleaner_transactions transactions;
static struct cleaner_filter filter;
static char text[1024];

static void begin(void)
{
    static const uint8_t secret[HASH_SECRET_BYTES] = {1, 2, 3};
    offset_map_init(&map, 65536, secret);
    offset_map_begin(&map, 100);
    cleaner_transactions_init(&transactions, NULL, 0);
    filter = (struct cleaner_filter){
        .map = &map,
        .opener = &opener,
        .transactions = &transactions,
        .now_ms = 1000000,
        .tombstone_ms = 500,
        .end_offset = 1 << 20,
    };
}

static void end(void)
{
    offset_map_fini(&map);
    cleaner_opener_fini(&opener);
    cleaner_transactions_fini(&transactions);
    cleaner_filter_fini(&filter);
}

TestSuite(cleaner_filter, .init = begin, .fini = end);

/* Notes the keys of words from an offset on, as if they followed in the log. */
static void follow(const char *words, int64_t offset)
{
    struct batch_span batch =
        keyed_build((struct keyed_batch){.words = words, .base_offset = offset});
    struct cleaner_transactions none;
    cleaner_transactions_init(&none, NULL, 0);
    cr_assert(cleaner_note_batch(&map, &opener, &none, batch, 0));
    cleaner_transactions_fini(&none);
}

/* What is left, as words; "" for nothing. */
static const char *left_of(struct batch_span batch, struct batch_span *out)
{
    static struct batch_span own;
    out = out == NULL ? &own : out;
    text[0] = '\0';
    cr_assert_eq(cleaner_filter_batch(&filter, batch, out), 0);
    if (out->len > 0)
        keyed_print(*out, text, sizeof text);
    return text;
}

#define expect_left(batch, words) cr_assert_str_eq(left_of(batch, NULL), words)

Test(cleaner_filter, batch_in_which_everything_is_newest_stays_to_the_byte)
{
    struct batch_span out;
    struct batch_span batch = keyed_build((struct keyed_batch){.words = "a1 b1"});
    follow("a1 b1 c1", 0);
    cr_assert_str_eq(left_of(batch, &out), "0:a1 1:b1");
    cr_assert_eq(out.data, batch.data);
}

Test(cleaner_filter, superseded_records_go_in_each_codec_and_the_header_keeps_what_counts)
{
    follow("b2", 20);
    follow("a9", 2);
    for (int codec = COMPRESSION_NONE; codec < COMPRESSION_COUNT; codec++) {
        struct batch_span out;
        struct batch_span batch =
            keyed_build((struct keyed_batch){.words = "a1 b1 a9 b1",
                                             .compression = (enum compression)codec,
                                             .base_offset = 0,
                                             .timestamp = 700,
                                             .producer_id = 5,
                                             .epoch = 2,
                                             .sequence = 40});
        batch_patch_leader_epoch((uint8_t *)(uintptr_t)batch.data, 6);
        cr_assert_str_eq(left_of(batch, &out), "2:a9", "%d: %s", codec, text);
        cr_assert_eq(batch_compression(out.data), codec);
        cr_assert_eq(batch_base_offset(out.data), 0);
        cr_assert_eq(batch_last_offset(out.data), 3);
        cr_assert_eq(batch_leader_epoch(out.data), 6);
        cr_assert_eq(batch_record_count(out.data), 1);
        cr_assert_eq(batch_max_timestamp(out.data), 702);
        cr_assert_eq(batch_producer_id(out.data), 5);
        cr_assert_eq(batch_producer_epoch(out.data), 2);
        cr_assert_eq(batch_base_sequence(out.data), 40);
    }
}

Test(cleaner_filter, batch_without_survivors_goes_whole)
{
    follow("a2", 9);
    expect_left(keyed_build((struct keyed_batch){.words = "a1 a1"}), "");
}

Test(cleaner_filter, records_behind_what_was_noted_stay)
{
    follow("a2", 5);
    expect_left(keyed_build((struct keyed_batch){.words = "a3 a4", .base_offset = 6}), "6:a3 7:a4");
    expect_left(keyed_build((struct keyed_batch){.words = "-7 -8", .base_offset = 6}), "6:7 7:8");
}

Test(cleaner_filter, records_without_a_key_go)
{
    follow("a2 b2", 0);
    expect_left(keyed_build((struct keyed_batch){.words = "-7 b2"}), "1:b2");
}

Test(cleaner_filter, keys_below_the_dirty_part_that_were_not_met_stay)
{
    follow("z1", 90);
    expect_left(keyed_build((struct keyed_batch){.words = "a1 b1"}), "0:a1 1:b1");
}

/* Tombstones. */

Test(cleaner_filter, tombstone_gets_its_horizon_at_the_first_cleaning_and_timestamps_stay)
{
    for (int codec = COMPRESSION_NONE; codec < COMPRESSION_COUNT; codec++) {
        struct batch_span out;
        struct batch_span batch = keyed_build((struct keyed_batch){
            .words = "a- b1", .compression = (enum compression)codec, .timestamp = 700});
        map.keys = 0;
        memset(map.slots, 0, map.slot_count * sizeof *map.slots);
        follow("a- b1", 0);
        cr_assert_str_eq(left_of(batch, &out), "0:a- 1:b1");
        cr_assert(batch_has_delete_horizon(out.data));
        cr_assert_eq(batch_base_timestamp(out.data), 1000500);
        cr_assert_eq(batch_max_timestamp(out.data), 701);
        cr_assert_eq(batch_compression(out.data), codec);

        /* The next one finds it there and leaves it. */
        uint8_t copy[512];
        memcpy(copy, out.data, out.len);
        struct batch_span second = {copy, out.len};
        cr_assert_str_eq(left_of(second, &out), "0:a- 1:b1");
        cr_assert_eq(out.data, copy);

        filter.now_ms = 1000499;
        expect_left(second, "0:a- 1:b1");
        filter.now_ms = 1000500;
        cr_assert_str_eq(left_of(second, &out), "1:b1");
        cr_assert(batch_has_delete_horizon(out.data));
        cr_assert_eq(batch_max_timestamp(out.data), 701);
        filter.now_ms = 1000000;
    }
}

Test(cleaner_filter, superseded_tombstone_goes_at_once)
{
    follow("a- b1", 0);
    follow("a3", 30);
    expect_left(keyed_build((struct keyed_batch){.words = "a- b1"}), "1:b1");
}

Test(cleaner_filter, horizon_under_log_append_time_keeps_the_time_of_the_batch)
{
    struct batch_span out;
    struct batch_span batch = keyed_build(
        (struct keyed_batch){.words = "a- b1", .timestamp = 700, .log_append_time = true});
    follow("a- b1", 0);
    cr_assert_str_eq(left_of(batch, &out), "0:a- 1:b1");
    cr_assert(batch_has_delete_horizon(out.data) && batch_is_log_append_time(out.data));
    cr_assert_eq(batch_max_timestamp(out.data), 701);
}

/* Producers. */

Test(cleaner_filter, last_batch_of_a_known_producer_stays_without_records)
{
    const struct producer_last known[] = {{4, 100, 0}, {5, 1, 2}, {9, -1, 3}};
    struct batch_span out;
    filter.producers = known;
    filter.producer_count = 3;
    follow("a2 b2", 8);
    struct keyed_batch spec = {.words = "a1 b1", .producer_id = 5, .epoch = 2, .sequence = 7};
    cr_assert_str_eq(left_of(keyed_build(spec), &out), "0..1");
    cr_assert_eq(out.len, BATCH_HEADER_SIZE);
    cr_assert_eq(batch_producer_id(out.data), 5);
    cr_assert_eq(batch_base_sequence(out.data), 7);
    cr_assert_eq(batch_record_count(out.data), 0);
    /* And so it does the next time. */
    uint8_t copy[BATCH_HEADER_SIZE];
    memcpy(copy, out.data, sizeof copy);
    expect_left(((struct batch_span){copy, sizeof copy}), "0..1");
    filter.producer_count = 1;
    expect_left(((struct batch_span){copy, sizeof copy}), "");
    expect_left(keyed_build(spec), "");
}

Test(cleaner_filter, last_batch_of_what_is_cleaned_stays_without_records)
{
    follow("a2", 8);
    filter.end_offset = 2;
    expect_left(keyed_build((struct keyed_batch){.words = "a1 a1"}), "0..1");
    filter.end_offset = 3;
    expect_left(keyed_build((struct keyed_batch){.words = "a1 a1"}), "");
}

Test(cleaner_filter, compressed_batch_that_is_empty_is_not_compressed)
{
    struct batch_span out;
    follow("a2", 8);
    filter.end_offset = 2;
    struct keyed_batch spec = {.words = "a1 a1", .compression = COMPRESSION_ZSTD};
    cr_assert_str_eq(left_of(keyed_build(spec), &out), "0..1");
    cr_assert_eq(batch_compression(out.data), COMPRESSION_NONE);
    expect_left(out, "0..1");
}

/* Transactions. */

static const struct aborted_entry aborted[] = {{5, 0, 4, 0}};

static struct batch_span of_producer(const char *words, int64_t offset, int64_t producer_id)
{
    return keyed_build((struct keyed_batch){
        .words = words, .base_offset = offset, .producer_id = producer_id, .transactional = true});
}

Test(cleaner_filter, records_of_an_aborted_transaction_are_not_noted_and_go)
{
    struct cleaner_transactions noting;
    cleaner_transactions_init(&noting, aborted, 1);
    cleaner_transactions_init(&transactions, aborted, 1);
    cr_assert(cleaner_note_batch(&map, &opener, &noting, of_producer("a1", 0, 6), 0));
    cr_assert(cleaner_note_batch(&map, &opener, &noting, of_producer("a2", 1, 5), 0));
    cr_assert(cleaner_note_batch(&map, &opener, &noting, keyed_marker(5, false, 4), 0));
    cr_assert(cleaner_note_batch(&map, &opener, &noting, of_producer("b2", 5, 5), 0));
    cr_assert_eq(map.latest, 5);
    cleaner_transactions_fini(&noting);
    expect_left(of_producer("a1", 0, 6), "0:a1");
    expect_left(of_producer("a2", 1, 5), "");
    /* The marker stays while something of its transaction was there, and readers need to know. */
    struct batch_span out;
    struct batch_span marker = keyed_marker(5, false, 4);
    cr_assert_str_eq(left_of(marker, &out), "4:ABORT");
    cr_assert_eq(out.data, marker.data);
    cr_assert_eq(transactions.kept.count, 1);
    /* The next transaction of the same producer was committed. */
    expect_left(of_producer("b2", 5, 5), "5:b2");
}

Test(cleaner_filter, marker_without_a_transaction_goes_when_its_horizon_has_passed)
{
    for (int commit = 0; commit < 2; commit++) {
        struct batch_span out;
        cleaner_transactions_init(&transactions, aborted, 1);
        cr_assert_str_eq(left_of(keyed_marker(5, commit, 4), &out),
                         commit ? "4:COMMIT" : "4:ABORT");
        cr_assert(batch_has_delete_horizon(out.data));
        cr_assert_eq(batch_base_timestamp(out.data), 1000500);
        cr_assert_eq(transactions.kept.count, 0);
        uint8_t copy[BATCH_MARKER_SIZE + 16];
        memcpy(copy, out.data, out.len);
        struct batch_span second = {copy, out.len};
        expect_left(second, commit ? "4:COMMIT" : "4:ABORT");
        filter.now_ms = 1000500;
        expect_left(second, "");
        filter.end_offset = 5;
        expect_left(second, "4..4");
        filter.end_offset = 1 << 20;
        filter.now_ms = 1000000;
        cleaner_transactions_fini(&transactions);
    }
}

Test(cleaner_filter, marker_of_a_committed_transaction_stays_while_a_batch_of_it_does)
{
    struct batch_span out;
    struct batch_span marker = keyed_marker(6, true, 4);
    follow("a1", 0);
    expect_left(of_producer("a1", 0, 6), "0:a1");
    cr_assert_str_eq(left_of(marker, &out), "4:COMMIT");
    cr_assert_eq(out.data, marker.data);
}

Test(cleaner_filter, empty_marker_goes)
{
    struct batch_span out;
    filter.end_offset = 5;
    struct batch_span marker = keyed_marker(6, true, 4);
    (void)left_of(marker, &out);
    uint8_t copy[256];
    memcpy(copy, out.data, out.len);
    filter.now_ms = 2000000;
    cr_assert_str_eq(left_of((struct batch_span){copy, out.len}, &out), "4..4");
    memcpy(copy, out.data, out.len);
    filter.end_offset = 50;
    cr_assert_str_eq(left_of((struct batch_span){copy, out.len}, &out), "");
}

/* What cannot be read is kept. */

Test(cleaner_filter, batch_that_does_not_open_stays_as_it_is)
{
    uint8_t copy[512];
    struct batch_span out;
    struct batch_span batch =
        keyed_build((struct keyed_batch){.words = "a1 a1", .compression = COMPRESSION_GZIP});
    memcpy(copy, batch.data, batch.len);
    copy[BATCH_HEADER_SIZE] ^= 0xff;
    follow("a2", 8);
    cr_assert_eq(cleaner_filter_batch(&filter, (struct batch_span){copy, batch.len}, &out), 0);
    cr_assert_eq(out.data, copy);
    cr_assert_eq(out.len, batch.len);
    batch = keyed_build((struct keyed_batch){.words = "a1 a1"});
    memcpy(copy, batch.data, batch.len);
    copy[BATCH_HEADER_SIZE + 9] ^= 0x55;
    cr_assert_eq(cleaner_filter_batch(&filter, (struct batch_span){copy, batch.len}, &out), 0);
    cr_assert_eq(out.data, copy);
}

Test(cleaner_filter, map_that_is_full_ends_in_front_of_the_key_without_a_place)
{
    char words[200] = "";
    struct cleaner_transactions none;
    cleaner_transactions_init(&none, NULL, 0);
    offset_map_end(&map);
    offset_map_begin(&map, 1);
    for (int round = 0; round < 2; round++) {
        words[0] = '\0';
        for (int i = 0; i < 26; i++)
            strcat(words, (char[]){(char)('a' + i), (char)('p' + round), '1', ' ', '\0'});
        words[26 * 4 - 1] = '\0';
        struct batch_span batch =
            keyed_build((struct keyed_batch){.words = words, .base_offset = 26 * round});
        cr_assert_eq(cleaner_note_batch(&map, &opener, &none, batch, 0), round == 0);
    }
    cr_assert_eq(map.keys, 48);
    cr_assert_eq(map.latest, 47);
}
