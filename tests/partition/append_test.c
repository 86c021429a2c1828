/* Appending to a partition: offsets, sequences, durability, and what a failed group takes back. */
#include <criterion/criterion.h>

#include "partition/partition.h"
#include "protocol/batch.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;
static struct rig_read got;

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(append, .init = setup, .fini = teardown);

/* A batch of the producer 5. */
static struct rig_batch produced(int16_t epoch, int32_t sequence, int records)
{
    return (struct rig_batch){
        .idempotent = true,
        .producer_id = 5,
        .epoch = epoch,
        .sequence = sequence,
        .records = records,
    };
}

/* How it ends, whatever it is. */
static enum append_outcome outcome_of(struct rig_batch batch)
{
    struct rig_append *a = rig_give(&rig, 0, batch);
    rig_settle(&rig);
    cr_assert_neq(a->answer, 0);
    return a->append.outcome;
}

static void expect_ends(int64_t log_end, int64_t high_watermark)
{
    const struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->log_end, log_end, "%lld", (long long)p->log_end);
    cr_assert_eq(p->durable_end, high_watermark, "%lld", (long long)p->durable_end);
    cr_assert_eq(partition_high_watermark(p), high_watermark);
}

Test(append, offsets_follow_one_another)
{
    struct rig_append *a = rig_append(&rig, 0, (struct rig_batch){.records = 3});
    struct rig_append *b = rig_append(&rig, 0, (struct rig_batch){.records = 2});
    cr_assert_eq(a->append.base_offset, 0);
    cr_assert_eq(a->append.last_offset, 2);
    cr_assert_eq(b->append.base_offset, 3);
    cr_assert_eq(b->append.last_offset, 4);
    cr_assert_eq(b->append.timestamp, -1);
    cr_assert_eq(rig_read_all(&rig, 0), 5);
}

Test(append, stored_batch_has_offset_and_leader_epoch_under_the_producers_crc)
{
    rig_partition(&rig, 0)->leader_epoch = 7;
    rig_append(&rig, 0, (struct rig_batch){.records = 4});
    struct rig_append *a = rig_append(&rig, 0, (struct rig_batch){.value_len = 100});
    rig_read(&rig, &got, 0, 4);
    cr_assert_eq(got.read.len, a->append.len);
    cr_assert_eq(batch_base_offset(got.data), 4);
    cr_assert_eq(batch_leader_epoch(got.data), 7);
    cr_assert_eq(batch_crc(got.data), batch_crc(a->batch));
    cr_assert_eq(memcmp(got.data + 17, a->batch + 17, a->append.len - 17), 0);
    cr_assert_eq(epochs_latest(&rig_partition(&rig, 0)->epochs), 7);
}

Test(append, log_append_time_is_stamped_under_a_new_crc)
{
    struct rig_batch spec = {.records = 2, .timestamp = 5, .log_append_time = true};
    struct rig_append *a = rig_append(&rig, 0, spec);
    rig_read(&rig, &got, 0, 0);
    cr_assert_eq(batch_max_timestamp(got.data), io_wall_ms(&rig.io.io));
    cr_assert(batch_is_log_append_time(got.data));
    cr_assert_eq(batch_compute_crc(got.data, got.read.len), batch_crc(got.data));
    cr_assert_neq(batch_crc(got.data), batch_crc(a->batch));
    cr_assert_eq(a->append.timestamp, io_wall_ms(&rig.io.io));
}

Test(append, high_watermark_moves_only_when_the_group_is_durable)
{
    rig.io.hold_writes = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){.records = 3});
    rig_settle(&rig);
    cr_assert_eq(a->answer, 0);
    expect_ends(3, 0);
    rig_read(&rig, &got, 0, 0);
    cr_assert_eq(got.read.error, 0);
    cr_assert_eq(got.read.len, 0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(a->answer, 1);
    expect_ends(3, 3);
    rig_read(&rig, &got, 0, 0);
    cr_assert_eq(got.read.len, a->append.len);
}

Test(append, answers_come_in_the_order_of_the_appends)
{
    struct rig_append *a[6];
    rig_add(&rig, "other", 0, 1);
    for (int i = 0; i < 6; i++) {
        a[i] = rig_give(&rig, (uint32_t)i % 2, (struct rig_batch){0});
        if (i == 2)
            rig_step(&rig);
    }
    rig_settle(&rig);
    for (int i = 0; i < 6; i++) {
        cr_assert_eq(a[i]->answer, i + 1);
        cr_assert_eq(a[i]->append.base_offset, i / 2);
    }
}

Test(append, larger_than_a_wal_group_is_refused_and_changes_nothing)
{
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){.value_len = 2 << 20});
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_TOO_LARGE);
    cr_assert_eq(a->append.base_offset, -1);
    expect_ends(0, 0);
}

Test(append, without_memory_nothing_happens_until_a_flush_makes_room)
{
    struct rig_append *a;
    int given = 0;
    rig.io.hold_writing = true;
    do {
        a = rig_give(&rig, 0, (struct rig_batch){.value_len = 200000});
        rig_settle(&rig);
    } while (a->result == 0 && ++given < 1000);
    cr_assert_eq(a->result, ERR_BUSY);
    cr_assert_gt(given, 10);
    cr_assert_eq(rig_partition(&rig, 0)->log_end, given);
    int rooms = rig.shards[0].rooms;
    rig.io.hold_writing = false;
    rig_flush(&rig);
    cr_assert_gt(rig.shards[0].rooms, rooms);
    rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
    expect_ends(given + 1, given + 1);
}

/* Idempotence. */

Test(append, sequences_go_on_without_a_gap)
{
    cr_assert_eq(outcome_of(produced(0, 0, 3)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 3, 2)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 6, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 4, 2)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 5, 1)), APPEND_DONE);
    expect_ends(6, 6);
}

Test(append, sequence_wraps_behind_the_largest)
{
    cr_assert_eq(outcome_of(produced(0, INT32_MAX - 1, 3)), APPEND_DONE); /* ends with 0 */
    cr_assert_eq(outcome_of(produced(0, 2, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 1, 1)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, INT32_MAX - 1, 3)), APPEND_DUPLICATE);
    expect_ends(4, 4);
}

Test(append, new_epoch_begins_at_zero_and_fences_the_old_one)
{
    cr_assert_eq(outcome_of(produced(3, 0, 2)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(4, 2, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(4, 0, 1)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(3, 2, 1)), APPEND_FENCED);
    cr_assert_eq(outcome_of(produced(3, 0, 2)), APPEND_FENCED);
    cr_assert_eq(outcome_of(produced(4, 1, 1)), APPEND_DONE);
    expect_ends(4, 4);
}

Test(append, last_five_batches_of_a_producer_are_known_again)
{
    for (int i = 0; i < 6; i++)
        cr_assert_eq(outcome_of(produced(0, 2 * i, 2)), APPEND_DONE);
    for (int i = 1; i < 6; i++) {
        struct rig_append *a = rig_give(&rig, 0, produced(0, 2 * i, 2));
        rig_settle(&rig);
        cr_assert_eq(a->append.outcome, APPEND_DUPLICATE);
        cr_assert_eq(a->append.base_offset, 2 * i);
        cr_assert_eq(a->append.last_offset, 2 * i + 1);
    }
    cr_assert_eq(outcome_of(produced(0, 0, 2)), APPEND_OUT_OF_ORDER);
    expect_ends(12, 12);
}

Test(append, duplicate_of_a_log_append_time_batch_gets_the_originals_time)
{
    struct rig_batch spec = produced(0, 0, 1);
    spec.log_append_time = true;
    int64_t time = io_wall_ms(&rig.io.io);
    rig_append(&rig, 0, spec);
    rig_advance(&rig, 500);
    struct rig_append *a = rig_give(&rig, 0, spec);
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DUPLICATE);
    cr_assert_eq(a->append.timestamp, time);
}

Test(append, forgotten_producer_may_go_on_where_it_was)
{
    rig_append(&rig, 0, produced(2, 0, 3));
    struct partition *p = rig_partition(&rig, 0);
    const struct producer_expiry expiry = {1000, io_now(&rig.io.io), p->durable_end};
    cr_assert_eq(producers_expire(p->producers, &expiry), 1);
    cr_assert_eq(outcome_of(produced(2, 3, 1)), APPEND_DONE);
    expect_ends(4, 4);
}

/* A new producer's first batch fails in flight. */
static void refuse_first(int32_t sequence)
{
    rig_wal_break(&rig);
    cr_assert_eq(outcome_of(produced(0, sequence, 2)), APPEND_OFFLINE);
    cr_assert_eq(outcome_of(produced(0, sequence + 2, 1)), APPEND_OUT_OF_ORDER);
    rig_wal_mend(&rig);
}

Test(append, refused_first_batch_of_a_producer_is_not_overtaken)
{
    refuse_first(0);
    cr_assert_eq(outcome_of(produced(0, 3, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 2, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 0, 2)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 2, 1)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 3, 1)), APPEND_DONE);
    expect_ends(4, 4);
}

Test(append, refused_batch_of_a_forgotten_producer_is_not_overtaken)
{
    refuse_first(7);
    cr_assert_eq(outcome_of(produced(0, 9, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 7, 2)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 9, 1)), APPEND_DONE);
}

Test(append, first_batch_that_never_reached_the_wal_is_not_overtaken)
{
    rig_wal_break(&rig);
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(outcome_of(produced(0, 0, 2)), APPEND_OFFLINE);
    rig_wal_mend(&rig);
    cr_assert_eq(outcome_of(produced(0, 2, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(0, 0, 2)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(0, 2, 1)), APPEND_DONE);
}

Test(append, refused_producer_that_begins_a_new_epoch_is_free)
{
    refuse_first(0);
    cr_assert_eq(outcome_of(produced(1, 0, 1)), APPEND_DONE);
    cr_assert_eq(outcome_of(produced(1, 1, 1)), APPEND_DONE);
}

Test(append, replicated_batches_are_not_judged_but_remembered)
{
    struct rig_batch spec = produced(0, 7, 1);
    spec.origin = APPEND_REPLICATION;
    rig_append(&rig, 0, produced(0, 0, 1));
    rig_append(&rig, 0, spec);
    cr_assert_eq(outcome_of(produced(0, 8, 1)), APPEND_DONE);
}

/* Duplicates and their originals. */

Test(append, duplicate_waits_for_its_originals_group)
{
    rig.io.hold_writes = true;
    struct rig_append *original = rig_give(&rig, 0, produced(0, 0, 2));
    rig_settle(&rig);
    struct rig_append *again = rig_give(&rig, 0, produced(0, 0, 2));
    rig_settle(&rig);
    cr_assert_eq(again->answer, 0);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(original->answer, 1);
    cr_assert_eq(again->answer, 2);
    cr_assert_eq(again->append.outcome, APPEND_DUPLICATE);
    cr_assert_eq(again->append.base_offset, 0);
    expect_ends(2, 2);
}

Test(append, duplicate_fails_with_its_original)
{
    rig_wal_break(&rig);
    struct rig_append *original = rig_give(&rig, 0, produced(0, 0, 2));
    rig_step(&rig);
    struct rig_append *again = rig_give(&rig, 0, produced(0, 0, 2));
    rig_settle(&rig);
    cr_assert_eq(original->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(again->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(again->append.base_offset, -1);
    cr_assert_eq(again->answer, 2);
    rig_wal_mend(&rig);
    cr_assert_eq(outcome_of(produced(0, 0, 2)), APPEND_DONE);
    expect_ends(2, 2);
}

Test(append, duplicate_does_not_share_the_fate_of_later_groups)
{
    rig.io.hold_writes = true;
    struct rig_append *original = rig_give(&rig, 0, produced(0, 0, 2));
    rig_settle(&rig);
    struct rig_append *later = rig_give(&rig, 0, produced(0, 2, 1));
    struct rig_append *again = rig_give(&rig, 0, produced(0, 0, 2));
    rig.io.hold_writes = false;
    io_poll(&rig.io.io, 0); /* the original's write alone was out */
    rig_wal_break(&rig);
    rig_settle(&rig);
    cr_assert_eq(original->answer, 1);
    cr_assert_eq(again->answer, 2);
    cr_assert_eq(again->append.outcome, APPEND_DUPLICATE);
    cr_assert_eq(later->append.outcome, APPEND_OFFLINE);
    expect_ends(2, 2);
}

/* Failed groups. */

static int64_t log_end_at_answer;
static int64_t other_end_at_answer;

static void note_ends(struct rig *r, struct partition_append *append)
{
    (void)append;
    if (r->answers > 3)
        return;
    log_end_at_answer = rig_partition(r, 0)->log_end;
    other_end_at_answer = rig_partition(r, 1)->log_end;
}

Test(append, failed_groups_are_taken_back_before_anybody_hears_of_it)
{
    rig_add(&rig, "other", 0, 1);
    rig_append(&rig, 0, (struct rig_batch){.records = 2});
    rig_append(&rig, 1, (struct rig_batch){.records = 3});
    rig_wal_break(&rig);
    rig.answered = note_ends;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){.records = 4});
    rig_step(&rig);
    struct rig_append *b = rig_give(&rig, 1, (struct rig_batch){.records = 5});
    struct rig_append *c = rig_give(&rig, 0, (struct rig_batch){.records = 6});
    cr_assert_eq(rig_partition(&rig, 0)->log_end, 12);
    rig_settle(&rig);
    cr_assert_eq(a->answer, 3);
    cr_assert_eq(b->answer, 4);
    cr_assert_eq(c->answer, 5);
    cr_assert_eq(log_end_at_answer, 2);
    cr_assert_eq(other_end_at_answer, 3);
    cr_assert_eq(c->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(c->append.base_offset, -1);
}

Test(append, failed_group_leaves_what_was_there_before)
{
    struct partition *p = rig_partition(&rig, 0);
    struct shard *shard = rig_shard(&rig, 0);
    rig_append(&rig, 0, (struct rig_batch){.records = 2, .value_len = 50});
    uint64_t bytes = shard->pending_bytes;
    rig_wal_break(&rig);
    for (int i = 0; i < 5; i++)
        rig_give(&rig, 0, (struct rig_batch){.records = 3});
    rig_settle(&rig);
    expect_ends(2, 2);
    cr_assert_eq(p->pending.count, 1);
    cr_assert_eq(shard->pending_batches, 1);
    cr_assert_eq(shard->pending_bytes, bytes);
    cr_assert_eq(p->bytes_appended, bytes);
    cr_assert_eq(p->bytes_durable, bytes);
    cr_assert_eq(outcome_of((struct rig_batch){0}), APPEND_OFFLINE);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
    int rooms = rig.shards[0].rooms;
    rig_wal_mend(&rig);
    cr_assert_gt(rig.shards[0].rooms, rooms);
    cr_assert_eq(rig_append(&rig, 0, (struct rig_batch){0})->append.base_offset, 2);
}

Test(append, partition_with_nothing_left_is_not_dirty)
{
    rig_wal_break(&rig);
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert(list_empty(&rig_shard(&rig, 0)->dirty));
    rig_wal_mend(&rig);
    rig_append(&rig, 0, (struct rig_batch){0});
    cr_assert_not(list_empty(&rig_shard(&rig, 0)->dirty));
}

Test(append, one_failed_write_is_written_again_and_nobody_fails)
{
    rig_wal_break(&rig);
    rig.files.fault.times = 1;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(rig.files.fault.hits, 1);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    expect_ends(1, 1);
}

Test(append, failed_groups_give_producers_their_sequences_back_newest_first)
{
    for (int i = 0; i < 5; i++)
        rig_append(&rig, 0, produced(1, i, 1));
    rig_wal_break(&rig);
    for (int i = 5; i < 8; i++)
        rig_give(&rig, 0, produced(1, i, 1)); /* each evicts the oldest of five */
    rig_give(&rig, 0, produced(2, 0, 1));     /* and this one all of them */
    struct rig_batch stranger = produced(0, 0, 1);
    stranger.producer_id = 6;
    rig_give(&rig, 0, stranger);
    rig_settle(&rig);
    cr_assert_eq(producers_count(rig_partition(&rig, 0)->producers), 1);
    rig_wal_mend(&rig);
    for (int i = 0; i < 5; i++)
        cr_assert_eq(outcome_of(produced(1, i, 1)), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(produced(1, 6, 1)), APPEND_OUT_OF_ORDER);
    cr_assert_eq(outcome_of(produced(1, 5, 1)), APPEND_DONE);
    expect_ends(6, 6);
}

Test(append, leader_epoch_that_began_with_a_failed_group_did_not_begin)
{
    struct partition *p = rig_partition(&rig, 0);
    p->leader_epoch = 1;
    rig_append(&rig, 0, (struct rig_batch){.records = 2});
    rig_flush(&rig);
    cr_assert_not(p->epochs_changed);
    p->leader_epoch = 2;
    rig_wal_break(&rig);
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(epochs_latest(&p->epochs), 1);
    rig_wal_mend(&rig);
    p->leader_epoch = 3;
    rig_append(&rig, 0, (struct rig_batch){0});
    cr_assert_eq(epochs_of_offset(&p->epochs, 1), 1);
    cr_assert_eq(epochs_of_offset(&p->epochs, 2), 3);
    cr_assert_eq(epochs_end_of(&p->epochs, 2, p->log_end).start_offset, 2);
}

Test(append, leader_epoch_that_a_flush_wrote_too_early_is_written_again)
{
    struct partition *p = rig_partition(&rig, 0);
    rig_append(&rig, 0, (struct rig_batch){0});
    p->leader_epoch = 2;
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_advance(&rig, 2000); /* the flush of the first writes both epochs */
    cr_assert_eq(p->synced_end, 1);
    cr_assert_not(p->epochs_changed);
    rig_wal_break(&rig);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(p->log_end, 1);
    cr_assert(p->epochs_changed);
    rig_wal_mend(&rig);
}

Test(append, group_in_flight_behind_a_failed_one_is_taken_back_too)
{
    rig.io.hold_writes = true;
    struct rig_append *a = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    struct rig_append *b = rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_neq(a->append.sequence, b->append.sequence);
    rig_wal_break(&rig);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_OFFLINE);
    cr_assert_eq(b->append.outcome, APPEND_OFFLINE);
    expect_ends(0, 0);
}
