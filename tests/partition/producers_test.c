/* Producer state: Kafka's verdicts, exact undo, and the stored forms. */
#include "partition/producers.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"
#include "protocol/record.h"

static struct producers *state;

static void setup(void)
{
    crc32c_init();
    state = producers_new();
}

static void teardown(void)
{
    producers_free(state);
}

TestSuite(producers, .init = setup, .fini = teardown);

static struct producer_batch batch_of(int64_t id, int16_t epoch, int32_t first, int32_t count,
                                      int64_t offset)
{
    return (struct producer_batch){
        .producer_id = id,
        .epoch = epoch,
        .first_sequence = first,
        .last_sequence = (int32_t)(((uint32_t)first + (uint32_t)count - 1) & INT32_MAX),
        .base_offset = offset,
        .last_offset = offset + count - 1,
        .timestamp = 1000 + offset,
    };
}

static enum producer_verdict check(struct producer_batch batch, struct producer_batch *original)
{
    struct producer_batch unused;
    return producers_check(state, &batch, original == NULL ? &unused : original);
}

static void apply(struct producer_batch batch)
{
    producers_apply(state, &batch, NULL);
}

Test(producers, unknown_producer_may_start_anywhere)
{
    cr_assert_eq(check(batch_of(5, 3, 7, 2, 0), NULL), PRODUCER_APPEND);
}

Test(producers, next_sequence_follows_the_last)
{
    apply(batch_of(5, 0, 0, 3, 0));
    cr_assert_eq(check(batch_of(5, 0, 3, 1, 3), NULL), PRODUCER_APPEND);
    cr_assert_eq(check(batch_of(5, 0, 4, 1, 3), NULL), PRODUCER_OUT_OF_ORDER);
    cr_assert_eq(check(batch_of(5, 0, 2, 1, 3), NULL), PRODUCER_OUT_OF_ORDER);
    cr_assert_eq(check(batch_of(6, 0, 9, 1, 3), NULL), PRODUCER_APPEND, "another producer");
}

Test(producers, sequence_wraps_to_zero)
{
    apply(batch_of(5, 0, INT32_MAX - 1, 2, 0));
    cr_assert_eq(check(batch_of(5, 0, 0, 1, 2), NULL), PRODUCER_APPEND);
    cr_assert_eq(check(batch_of(5, 0, 1, 1, 2), NULL), PRODUCER_OUT_OF_ORDER);
    struct producer_batch across = batch_of(7, 0, INT32_MAX, 3, 10);
    cr_assert_eq(across.last_sequence, 1);
    apply(across);
    struct producer_batch original;
    cr_assert_eq(check(across, &original), PRODUCER_DUPLICATE);
    cr_assert_eq(original.base_offset, 10);
    cr_assert_eq(check(batch_of(7, 0, 2, 1, 13), NULL), PRODUCER_APPEND);
}

Test(producers, any_of_the_last_five_batches_is_a_duplicate)
{
    for (int i = 0; i < 7; i++)
        apply(batch_of(5, 0, 2 * i, 2, 100 + 2 * i));
    for (int i = 0; i < 7; i++) {
        struct producer_batch original = {0};
        enum producer_verdict verdict = check(batch_of(5, 0, 2 * i, 2, 999), &original);
        if (i < 2) {
            cr_assert_eq(verdict, PRODUCER_OUT_OF_ORDER, "older than five");
            continue;
        }
        cr_assert_eq(verdict, PRODUCER_DUPLICATE);
        cr_assert_eq(original.base_offset, 100 + 2 * i);
        cr_assert_eq(original.last_offset, 101 + 2 * i);
        cr_assert_eq(original.timestamp, 1100 + 2 * i);
    }
    cr_assert_eq(check(batch_of(5, 0, 12, 1, 0), NULL), PRODUCER_OUT_OF_ORDER, "overlap");
    cr_assert_eq(check(batch_of(5, 0, 10, 4, 0), NULL), PRODUCER_OUT_OF_ORDER, "overlap");
}

Test(producers, old_epoch_is_fenced_and_a_new_one_starts_at_zero)
{
    apply(batch_of(5, 3, 0, 2, 0));
    cr_assert_eq(check(batch_of(5, 2, 2, 1, 2), NULL), PRODUCER_FENCED);
    cr_assert_eq(check(batch_of(5, 2, 0, 2, 2), NULL), PRODUCER_FENCED, "even a repetition");
    cr_assert_eq(check(batch_of(5, 4, 1, 1, 2), NULL), PRODUCER_OUT_OF_ORDER);
    cr_assert_eq(check(batch_of(5, 4, 0, 2, 2), NULL), PRODUCER_APPEND);
    apply(batch_of(5, 4, 0, 2, 2));
    cr_assert_eq(check(batch_of(5, 3, 0, 2, 4), NULL), PRODUCER_FENCED);
    cr_assert_eq(check(batch_of(5, 4, 2, 2, 4), NULL), PRODUCER_APPEND);
}

/* As if nothing was appended since the start. */
static uint32_t expire(int64_t before_ms, int64_t durable_end)
{
    const struct producer_expiry expiry = {before_ms, 0, durable_end};
    return producers_expire(state, &expiry);
}

/* As a coordinator writes offsets inside a transaction. */
static struct producer_batch unnumbered(int64_t id, int16_t epoch, int32_t count, int64_t offset)
{
    struct producer_batch batch = batch_of(id, epoch, 0, count, offset);
    batch.first_sequence = batch.last_sequence = PRODUCER_NO_SEQUENCE;
    batch.transactional = true;
    return batch;
}

Test(producers, batches_without_a_sequence_are_judged_by_their_epoch_alone)
{
    cr_assert_eq(check(unnumbered(5, 3, 2, 0), NULL), PRODUCER_APPEND);
    apply(unnumbered(5, 3, 2, 0));
    cr_assert_eq(check(unnumbered(5, 3, 2, 2), NULL), PRODUCER_APPEND, "it is no repetition");
    cr_assert_eq(check(unnumbered(5, 2, 1, 2), NULL), PRODUCER_FENCED);
    cr_assert_eq(check(unnumbered(5, 4, 1, 2), NULL), PRODUCER_APPEND);
    cr_assert_eq(check(batch_of(5, 3, INT32_MAX, 1, 2), NULL), PRODUCER_OUT_OF_ORDER);
    cr_assert_eq(check(batch_of(5, 3, 0, 1, 2), NULL), PRODUCER_APPEND, "the first that counts");
    cr_assert_eq(producers_transaction_start(state, 5), 0);
}

Test(producers, a_header_without_a_sequence_has_no_last_one_either)
{
    uint8_t batch[BATCH_HEADER_SIZE + 64];
    struct batch_builder builder;
    batch_build_begin(&builder, batch, sizeof batch);
    for (int i = 0; i < 3; i++)
        batch_build_add(&builder, 1, (struct blob){NULL, -1}, (struct blob){NULL, -1});
    struct batch_build_options options = {BATCH_ATTRIBUTE_TRANSACTIONAL, 5, 0, -1};
    cr_assert_gt(batch_build_end(&builder, &options), 0);
    struct producer_batch got = producer_batch_of(batch, 10, 1);
    cr_expect_eq(got.first_sequence, PRODUCER_NO_SEQUENCE);
    cr_expect_eq(got.last_sequence, PRODUCER_NO_SEQUENCE);
    cr_expect_eq(got.last_offset, 12);
    cr_expect(got.transactional);
}

Test(producers, each_is_told_with_its_last_batch_and_its_transaction)
{
    struct producer_view view;
    size_t position = 0;
    uint32_t count;
    cr_expect_not(producers_next(state, &position, &view));
    cr_expect_null(producers_last(state, &count));
    cr_expect_eq(count, 0);
    apply(batch_of(9, 1, 0, 3, 20));
    apply(unnumbered(5, 3, 2, 10));
    producers_end_transaction(state, 7, 2, 1234);
    struct producer_last *last = producers_last(state, &count);
    cr_assert_eq(count, 3);
    cr_expect(last[0].id == 5 && last[0].epoch == 3 && last[0].last_offset == 11);
    cr_expect(last[1].id == 7 && last[1].epoch == 2 && last[1].last_offset == -1);
    cr_expect(last[2].id == 9 && last[2].epoch == 1 && last[2].last_offset == 22);
    mem_free(last);
    unsigned seen = 0;
    while (producers_next(state, &position, &view)) {
        cr_expect_eq(view.transaction_start, view.id == 5 ? 10 : -1);
        cr_expect_eq(view.last_sequence, view.id == 9 ? 2 : -1);
        cr_expect_eq(view.last_timestamp, view.id == 5 ? 1010 : view.id == 7 ? 1234 : 1020);
        seen++;
    }
    cr_expect_eq(seen, 3);
}

/* Kafka's own partitions of __consumer_offsets have such producers in their snapshots. */
Test(producers, who_writes_without_a_sequence_survives_a_snapshot)
{
    uint8_t snapshot[256];
    apply(unnumbered(5, 3, 2, 40));
    apply(unnumbered(5, 3, 1, 42));
    producers_end_transaction(state, 5, 3, 1000);
    size_t size = producers_snapshot_size(state, 50);
    producers_snapshot_write(state, 50, snapshot, size);
    cr_assert_eq(producers_snapshot_read(state, (struct bytes){snapshot, size}), 0);
    cr_expect_eq(check(unnumbered(5, 2, 1, 50), NULL), PRODUCER_FENCED);
    cr_expect_eq(check(unnumbered(5, 3, 1, 50), NULL), PRODUCER_APPEND);
    size = producers_state_size(state, 50);
    producers_state_write(state, 50, snapshot, size);
    cr_assert_eq(producers_snapshot_read(state, (struct bytes){snapshot, size}), 0);
    cr_expect_eq(check(unnumbered(5, 2, 1, 50), NULL), PRODUCER_FENCED);
}

Test(producers, who_was_appended_for_lately_is_in_use_whatever_its_timestamps_say)
{
    struct producer_batch batch = batch_of(5, 0, 0, 1, 0);
    batch.now_ns = 700;
    apply(batch);
    struct producer_expiry expiry = {INT64_MAX, 699, 1000};
    cr_assert_eq(producers_expire(state, &expiry), 0);
    struct producer_batch replayed = batch_of(5, 0, 1, 1, 1);
    apply(replayed);
    cr_assert_eq(producers_expire(state, &expiry), 0);
    expiry.unused_since_ns = 700;
    cr_assert_eq(producers_expire(state, &expiry), 1);
}

Test(producers, idle_producers_are_forgotten_unless_something_is_open)
{
    for (int64_t id = 0; id < 100; id++)
        apply(batch_of(id, 0, 0, 1, id));
    struct producer_batch open = batch_of(200, 0, 0, 1, 0);
    open.transactional = true;
    apply(open);
    cr_assert_eq(expire(1000, 1000), 0);
    cr_assert_eq(expire(1050, 40), 40, "the rest is not durable");
    cr_assert_eq(expire(1050, 1000), 10);
    cr_assert_eq(producers_count(state), 51);
    cr_assert_eq(check(batch_of(49, 0, 9, 1, 100), NULL), PRODUCER_APPEND);
    cr_assert_eq(check(batch_of(50, 0, 9, 1, 100), NULL), PRODUCER_OUT_OF_ORDER);
    producers_end_transaction(state, 200, 0, 900);
    cr_assert_eq(expire(1000, 1000), 1);
}

/* The whole state as bytes: equal bytes, equal state. */
static struct bytes dump(int64_t end, bool whole)
{
    size_t len = whole ? producers_state_size(state, end) : producers_snapshot_size(state, end);
    uint8_t *data = malloc(len);
    if (whole)
        producers_state_write(state, end, data, len);
    else
        producers_snapshot_write(state, end, data, len);
    return (struct bytes){data, len};
}

static void drop(struct bytes bytes)
{
    free((void *)(uintptr_t)bytes.data);
}

/* One random batch that follows, or starts a new epoch. */
static struct producer_batch random_batch(struct prng *prng, int32_t next[20], int16_t epoch[20],
                                          int64_t offset)
{
    uint64_t id = prng_below(prng, 20);
    if (prng_below(prng, 8) == 0) {
        epoch[id]++;
        next[id] = 0;
    }
    int32_t count = 1 + (int32_t)prng_below(prng, 5);
    struct producer_batch batch = batch_of((int64_t)id, epoch[id], next[id], count, offset);
    batch.transactional = prng_below(prng, 4) == 0;
    next[id] = (int32_t)(((uint32_t)batch.last_sequence + 1) & INT32_MAX);
    return batch;
}

#define STATE_HEADER 10
#define STATE_ENTRY 46

/* The state with its producers in the order of their ids: the table's own order says when each one
 * was inserted, and is no part of the state. */
static struct bytes dump_sorted(void)
{
    struct bytes bytes = dump(INT64_MAX, true);
    uint8_t *sorted = malloc(bytes.len);
    size_t to = 0;
    for (int64_t id = 0; id < 20; id++) {
        size_t at = STATE_HEADER;
        while (at < bytes.len) {
            const uint8_t *entry = bytes.data + at;
            size_t len = STATE_ENTRY + 1 + 24u * entry[STATE_ENTRY];
            if ((int64_t)load_be64(entry) == id) {
                memcpy(sorted + to, entry, len);
                to += len;
            }
            at += len;
        }
    }
    cr_assert_eq(to + STATE_HEADER, bytes.len);
    drop(bytes);
    return (struct bytes){sorted, to};
}

Test(producers, reverting_newest_first_restores_the_exact_state)
{
    struct prng prng;
    prng_init(&prng, 42);
    for (int round = 0; round < 500; round++) {
        int32_t next[20] = {0};
        int16_t epoch[20] = {0};
        struct producer_undo undo[60];
        int64_t offset = 0;
        producers_free(state);
        state = producers_new();
        uint64_t before = prng_below(&prng, 200);
        for (uint64_t i = 0; i < before; i++) {
            struct producer_batch batch = random_batch(&prng, next, epoch, offset);
            apply(batch);
            offset = batch.last_offset + 1;
        }
        struct bytes want = dump_sorted();
        uint64_t count = prng_below(&prng, ARRAY_LENGTH(undo));
        for (uint64_t i = 0; i < count; i++) {
            struct producer_batch batch = random_batch(&prng, next, epoch, offset);
            cr_assert_eq(check(batch, NULL), PRODUCER_APPEND);
            producers_apply(state, &batch, &undo[i]);
            offset = batch.last_offset + 1;
        }
        while (count > 0)
            producers_revert(state, &undo[--count]);
        struct bytes got = dump_sorted();
        cr_assert(bytes_equal(want, got), "round %d", round);
        drop(want);
        drop(got);
    }
}

Test(producers, snapshot_has_kafkas_layout)
{
    struct producer_batch batch = batch_of(0x1122334455667788, 7, 10, 3, 100);
    apply(batch_of(0x1122334455667788, 7, 0, 10, 90));
    apply(batch);
    struct bytes bytes = dump(INT64_MAX, false);
    cr_assert_eq(bytes.len, 2 + 4 + 4 + 46);
    const uint8_t *p = bytes.data;
    cr_assert_eq(load_be16(p), 1);
    cr_assert_eq(load_be32(p + 2), crc32c(0, p + 6, bytes.len - 6));
    cr_assert_eq(load_be32(p + 6), 1);
    cr_assert_eq(load_be64(p + 10), 0x1122334455667788);
    cr_assert_eq(load_be16(p + 18), 7);
    cr_assert_eq(load_be32(p + 20), 12);
    cr_assert_eq(load_be64(p + 24), 102);
    cr_assert_eq(load_be32(p + 32), 2);
    cr_assert_eq(load_be64(p + 36), 1100);
    cr_assert_eq(load_be32(p + 44), UINT32_MAX);
    cr_assert_eq(load_be64(p + 48), UINT64_MAX);
    drop(bytes);
}

Test(producers, snapshot_knows_only_what_lies_below_its_end)
{
    apply(batch_of(1, 0, 0, 10, 0));
    apply(batch_of(1, 0, 10, 10, 10));
    apply(batch_of(2, 0, 0, 10, 20));
    struct bytes bytes = dump(19, false); /* the last offset of the second batch */
    cr_assert_eq(producers_snapshot_read(state, bytes), 0);
    drop(bytes);
    cr_assert_eq(producers_count(state), 1);
    struct producer_batch original;
    cr_assert_eq(check(batch_of(1, 0, 0, 10, 99), &original), PRODUCER_DUPLICATE);
    cr_assert_eq(original.base_offset, 0);
    cr_assert_eq(original.timestamp, 1000);
    cr_assert_eq(check(batch_of(1, 0, 10, 10, 99), NULL), PRODUCER_APPEND);
}

Test(producers, our_own_form_keeps_all_five_batches)
{
    for (int i = 0; i < 7; i++)
        apply(batch_of(5, 2, 2 * i, 2, 2 * i));
    for (int whole = 0; whole < 2; whole++) {
        struct bytes bytes = dump(12, whole);
        struct producers *read = producers_new();
        cr_assert_eq(producers_snapshot_read(read, bytes), 0);
        int duplicates = 0;
        for (int i = 0; i < 7; i++) {
            struct producer_batch probe = batch_of(5, 2, 2 * i, 2, 99);
            struct producer_batch original;
            duplicates += producers_check(read, &probe, &original) == PRODUCER_DUPLICATE;
        }
        cr_assert_eq(duplicates, whole ? 4 : 1, "the seventh is above the end");
        producers_free(read);
        drop(bytes);
    }
}

Test(producers, open_transaction_goes_into_the_snapshot)
{
    struct producer_batch batch = batch_of(5, 0, 0, 1, 17);
    batch.transactional = true;
    apply(batch);
    struct bytes bytes = dump(INT64_MAX, false);
    cr_assert_eq(load_be64(bytes.data + 48), 17);
    drop(bytes);
    producers_end_transaction(state, 5, 0, 2000);
    bytes = dump(INT64_MAX, false);
    cr_assert_eq(load_be64(bytes.data + 48), UINT64_MAX);
    cr_assert_eq(load_be64(bytes.data + 36), 2000);
    drop(bytes);
    cr_assert_eq(check(batch_of(5, 0, 1, 1, 18), NULL), PRODUCER_APPEND);
}

Test(producers, oldest_open_transaction_is_known_through_every_change)
{
    struct producer_undo undo;
    struct producer_batch first = batch_of(5, 0, 0, 1, 10);
    struct producer_batch second = batch_of(6, 0, 0, 1, 20);
    first.transactional = second.transactional = true;
    cr_assert_eq(producers_first_open(state), -1);
    apply(first);
    producers_apply(state, &second, &undo);
    cr_assert_eq(producers_first_open(state), 10);
    producers_end_transaction(state, 5, 0, 1000);
    cr_assert_eq(producers_first_open(state), 20);
    size_t len = producers_state_size(state, 100);
    uint8_t *data = malloc(len);
    producers_state_write(state, 100, data, len);
    producers_revert(state, &undo);
    cr_assert_eq(producers_first_open(state), -1);
    cr_assert_eq(producers_snapshot_read(state, (struct bytes){data, len}), 0);
    cr_assert_eq(producers_first_open(state), 20);
    cr_assert_eq(expire(INT64_MAX, 100), 1);
    cr_assert_eq(producers_first_open(state), 20);
    producers_end_transaction(state, 6, 0, 1000);
    cr_assert_eq(producers_first_open(state), -1);
    free(data);
}

Test(producers, damaged_snapshot_changes_nothing)
{
    apply(batch_of(5, 0, 0, 1, 0));
    for (int whole = 0; whole < 2; whole++) {
        struct bytes bytes = dump(INT64_MAX, whole);
        uint8_t *data = (uint8_t *)(uintptr_t)bytes.data;
        for (size_t len = 0; len < bytes.len; len++)
            cr_assert_eq(producers_snapshot_read(state, (struct bytes){data, len}), ERR_CORRUPT);
        for (size_t i = 2; i < bytes.len; i++) {
            data[i] ^= 0x10;
            cr_assert_eq(producers_snapshot_read(state, bytes), ERR_CORRUPT);
            data[i] ^= 0x10;
        }
        store_be16(data, 2);
        cr_assert_eq(producers_snapshot_read(state, bytes), ERR_VERSION);
        /* A count that promises more than is there, with a right checksum. */
        store_be16(data, 1);
        store_be32(data + 6, 1u << 30);
        store_be32(data + 2, crc32c(0, data + 6, bytes.len - 6));
        cr_assert_eq(producers_snapshot_read(state, bytes), ERR_CORRUPT);
        drop(bytes);
        cr_assert_eq(check(batch_of(5, 0, 0, 1, 9), NULL), PRODUCER_DUPLICATE);
    }
}
