/*
 * The simulator's model is told of broken promises of every kind, and must report each; of the same
 * events without the broken one it must say nothing.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/verdict.h"
#include "tools/sim/model.h"

#define TIME 1000

struct rig {
    struct model *model;
    struct model_partition *p;
    unsigned plain;
    unsigned idempotent;
};

static struct rig rig_new(void)
{
    struct rig r = {.model = model_new()};
    r.p = model_add_partition(r.model, "t", 0);
    r.plain = model_add_producer(r.model, false, true);
    r.idempotent = model_add_producer(r.model, true, true);
    return r;
}

static void keeps(struct rig *r)
{
    verdict_keeps(r->model);
}

/* The sentence has this in it; the model is freed. */
static void breaks(struct rig *r, const char *part)
{
    verdict_breaks(r->model, part);
    model_free(r->model);
}

static void see_at(struct rig *r, record_id id, int64_t offset, int64_t time_ms)
{
    uint8_t value[40];
    model_value(id, value, sizeof value);
    struct model_sight sight = {offset, time_ms, {value, sizeof value}, 0};
    model_seen(r->model, r->p, &sight);
}

static void see(struct rig *r, record_id id, int64_t offset)
{
    see_at(r, id, offset, TIME);
}

static record_id sent(struct rig *r, unsigned producer)
{
    return model_send(r->model, producer, r->p, TIME);
}

/* `count` records, seen from offset 0 on, with times 1000, 1010, ... */
static void fill(struct rig *r, int count)
{
    for (int i = 0; i < count; i++)
        see_at(r, model_send(r->model, r->plain, r->p, TIME + 10 * i), i, TIME + 10 * i);
    model_told_end(r->model, r->p, count, 0);
    keeps(r);
}

Test(model, is_content_with_a_good_log)
{
    struct rig r = rig_new();
    record_id a = sent(&r, r.idempotent);
    record_id b = sent(&r, r.plain);
    model_acknowledged(r.model, a, 0);
    see(&r, a, 0);
    see(&r, b, 1);
    see(&r, a, 0);
    model_send_again(r.model, b);
    see(&r, b, 2);
    model_acknowledged(r.model, b, 2);
    model_told_end(r.model, r.p, 3, model_floor(r.p));
    model_read_whole(r.model, r.p, 3);
    keeps(&r);
    model_free(r.model);
}

Test(model, reports_an_acknowledged_record_that_is_missing)
{
    struct rig r = rig_new();
    model_acknowledged(r.model, sent(&r, r.plain), 0);
    model_read_whole(r.model, r.p, 0);
    breaks(&r, "was known at 0");
}

Test(model, reports_an_acknowledged_record_that_another_has_replaced)
{
    struct rig r = rig_new();
    model_acknowledged(r.model, sent(&r, r.plain), 0);
    see(&r, sent(&r, r.plain), 0);
    breaks(&r, "was known there");
}

Test(model, reports_two_records_acknowledged_at_one_offset)
{
    struct rig r = rig_new();
    model_acknowledged(r.model, sent(&r, r.plain), 4);
    model_acknowledged(r.model, sent(&r, r.plain), 4);
    breaks(&r, "was known there");
}

Test(model, reports_one_idempotent_record_acknowledged_at_two_offsets)
{
    struct rig r = rig_new();
    record_id id = sent(&r, r.idempotent);
    model_acknowledged(r.model, id, 4);
    model_acknowledged(r.model, id, 5);
    breaks(&r, "was acknowledged at 4 and at 5");
}

Test(model, reports_an_acknowledgement_without_an_offset)
{
    struct rig r = rig_new();
    model_acknowledged(r.model, sent(&r, r.plain), -1);
    breaks(&r, "offset -1");
}

Test(model, reports_an_offset_that_changes)
{
    struct rig r = rig_new();
    see(&r, sent(&r, r.plain), 0);
    see(&r, sent(&r, r.plain), 0);
    breaks(&r, "was known there");
}

Test(model, reports_a_record_of_another_partition)
{
    struct rig r = rig_new();
    struct model_partition *other = model_add_partition(r.model, "t", 1);
    see(&r, model_send(r.model, r.plain, other, TIME), 0);
    breaks(&r, "nobody sent there");
}

Test(model, reports_a_value_with_one_wrong_byte)
{
    for (size_t at = 0; at < 20; at++) {
        struct rig r = rig_new();
        uint8_t value[20];
        record_id id = sent(&r, r.plain);
        model_value(id, value, sizeof value);
        value[at] ^= 1;
        struct model_sight sight = {0, TIME, {value, sizeof value}, 0};
        model_seen(r.model, r.p, &sight);
        breaks(&r, "nobody sent there");
    }
}

Test(model, reports_an_idempotent_record_that_is_there_twice)
{
    struct rig r = rig_new();
    record_id id = sent(&r, r.idempotent);
    model_send_again(r.model, id);
    see(&r, id, 0);
    see(&r, id, 1);
    breaks(&r, "is at 0 and at 1");
}

Test(model, reports_a_record_that_is_there_more_often_than_it_was_sent)
{
    struct rig r = rig_new();
    record_id id = sent(&r, r.plain);
    model_send_again(r.model, id);
    see(&r, id, 0);
    see(&r, id, 1);
    keeps(&r);
    see(&r, id, 2);
    breaks(&r, "sent 2 times");
}

Test(model, reports_records_out_of_their_producers_order)
{
    struct rig r = rig_new();
    record_id first = sent(&r, r.idempotent);
    record_id second = sent(&r, r.idempotent);
    see(&r, second, 0);
    see(&r, first, 1);
    breaks(&r, "was sent later");
}

Test(model, judges_order_in_the_order_of_offsets)
{
    struct rig r = rig_new();
    record_id first = sent(&r, r.idempotent);
    record_id second = sent(&r, r.idempotent);
    see(&r, second, 1);
    see(&r, first, 0);
    keeps(&r);
    model_free(r.model);
}

Test(model, reports_a_refused_record_that_is_seen)
{
    struct rig r = rig_new();
    record_id id = sent(&r, r.idempotent);
    model_refused(r.model, id);
    see(&r, id, 0);
    breaks(&r, "was refused");
    r = rig_new();
    id = sent(&r, r.idempotent);
    see(&r, id, 0);
    model_refused(r.model, id);
    breaks(&r, "was refused");
}

Test(model, reports_a_record_with_another_time)
{
    struct rig r = rig_new();
    see_at(&r, sent(&r, r.plain), 0, TIME + 1);
    breaks(&r, "has the time 1001");
}

Test(model, reports_an_append_time_that_changes)
{
    struct rig r = rig_new();
    model_use_append_time(r.p);
    record_id id = sent(&r, r.plain);
    model_acknowledged(r.model, id, 0);
    model_told_time(r.model, r.p, 0, TIME + 7);
    see_at(&r, id, 0, TIME + 7);
    keeps(&r);
    see_at(&r, id, 0, TIME + 8);
    breaks(&r, "has the time 1008");
}

Test(model, reports_a_high_watermark_that_falls)
{
    struct rig r = rig_new();
    model_told_end(r.model, r.p, 10, 0);
    model_told_end(r.model, r.p, 9, 5);
    keeps(&r);
    model_told_end(r.model, r.p, 9, model_floor(r.p));
    breaks(&r, "is told as 9, it was 10");
}

Test(model, knows_a_floor_by_what_was_acknowledged_and_seen)
{
    struct rig r = rig_new();
    model_acknowledged(r.model, sent(&r, r.plain), 4);
    cr_assert_eq(model_floor(r.p), 5);
    see(&r, sent(&r, r.plain), 7);
    cr_assert_eq(model_floor(r.p), 8);
    model_free(r.model);
}

Test(model, reports_a_log_start_that_moves)
{
    struct rig r = rig_new();
    model_told_start(r.model, r.p, 0, 0);
    keeps(&r);
    model_told_start(r.model, r.p, 3, 0);
    breaks(&r, "the log start");
}

Test(model, knows_where_a_log_may_begin_whose_records_are_deleted)
{
    struct rig r = rig_new();
    model_trimming(r.model, r.p, 3);
    model_told_start(r.model, r.p, 0, model_start_floor(r.p));
    model_told_start(r.model, r.p, 3, model_start_floor(r.p));
    model_trimmed(r.model, r.p, 3, 3);
    keeps(&r);
    cr_assert_eq(model_start_floor(r.p), 3);
    model_told_start(r.model, r.p, 0, model_start_floor(r.p));
    breaks(&r, "the log start");
}

Test(model, reports_a_deletion_that_removes_less_than_it_confirms)
{
    struct rig r = rig_new();
    model_trimming(r.model, r.p, 3);
    model_trimmed(r.model, r.p, 3, 2);
    breaks(&r, "the log start");
}

Test(model, misses_nothing_below_a_log_start_and_everything_above)
{
    struct rig r = rig_new();
    record_id below = sent(&r, r.plain);
    record_id above = sent(&r, r.plain);
    model_acknowledged(r.model, below, 0);
    model_acknowledged(r.model, above, 1);
    model_trimming(r.model, r.p, 1);
    model_trimmed(r.model, r.p, 1, 1);
    see(&r, above, 1);
    model_read_whole(r.model, r.p, 2);
    keeps(&r);
    model_acknowledged(r.model, sent(&r, r.plain), 2);
    model_read_whole(r.model, r.p, 3);
    breaks(&r, "was not read");
}

Test(model, reports_a_log_that_ends_below_its_high_watermark)
{
    struct rig r = rig_new();
    see(&r, sent(&r, r.plain), 0);
    model_told_end(r.model, r.p, 2, 0);
    model_read_whole(r.model, r.p, 1);
    breaks(&r, "below its high watermark 2");
}

Test(model, reports_an_offset_that_was_not_read)
{
    struct rig r = rig_new();
    see(&r, sent(&r, r.plain), 0);
    see(&r, sent(&r, r.plain), 2);
    model_read_whole(r.model, r.p, 3);
    breaks(&r, "but 1 was not read");
}

Test(model, reports_offsets_that_no_log_has)
{
    struct rig r = rig_new();
    see(&r, sent(&r, r.plain), INT64_MAX);
    breaks(&r, "talk of offset");
}

Test(model, reports_a_producer_id_that_comes_twice)
{
    struct rig r = rig_new();
    model_new_producer_id(r.model, 7);
    model_new_producer_id(r.model, 8);
    keeps(&r);
    model_new_producer_id(r.model, 7);
    breaks(&r, "two producers");
}

/* Times. */

static void answer_first(struct rig *r, int64_t asked, int64_t offset, int64_t time_ms)
{
    struct model_time_answer answer = {
        .asked_ms = asked, .floor = model_floor(r->p), .offset = offset, .time_ms = time_ms};
    model_told_first_at(r->model, r->p, &answer);
}

static void answer_highest(struct rig *r, int64_t offset, int64_t time_ms)
{
    struct model_time_answer answer = {
        .floor = model_floor(r->p), .offset = offset, .time_ms = time_ms};
    model_told_highest(r->model, r->p, &answer);
}

Test(model, is_content_with_right_offsets_of_times)
{
    struct rig r = rig_new();
    fill(&r, 5);
    answer_first(&r, 0, 0, TIME);
    answer_first(&r, TIME + 1, 1, TIME + 10);
    answer_first(&r, TIME + 40, 4, TIME + 40);
    answer_first(&r, TIME + 41, -1, -1);
    /* A later one that nobody has seen yet. */
    answer_first(&r, TIME + 41, 7, TIME + 50);
    answer_highest(&r, 4, TIME + 40);
    answer_highest(&r, 9, TIME + 90);
    keeps(&r);
    model_free(r.model);
}

Test(model, reports_wrong_offsets_of_times)
{
    static const struct {
        int64_t asked;
        int64_t offset;
        int64_t time_ms;
    } wrong[] = {
        {TIME + 1, 0, TIME}, {TIME + 1, 2, TIME + 20},  {TIME + 1, 1, TIME + 11},
        {TIME + 1, -1, -1},  {TIME + 41, 3, TIME + 30}, {TIME + 41, 6, TIME + 40},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rig r = rig_new();
        fill(&r, 5);
        answer_first(&r, wrong[i].asked, wrong[i].offset, wrong[i].time_ms);
        breaks(&r, "time");
    }
}

Test(model, reports_a_wrong_highest_time)
{
    static const struct {
        int64_t offset;
        int64_t time_ms;
    } wrong[] = {{3, TIME + 30}, {4, TIME + 41}, {-1, -1}, {6, TIME + 40}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rig r = rig_new();
        fill(&r, 5);
        answer_highest(&r, wrong[i].offset, wrong[i].time_ms);
        breaks(&r, "time");
    }
}

Test(model, reports_a_time_that_turns_out_otherwise)
{
    struct rig r = rig_new();
    record_id id = sent(&r, r.plain);
    answer_first(&r, TIME, 0, TIME + 5);
    keeps(&r);
    see(&r, id, 0);
    breaks(&r, "has the time");
}

/* Leader epochs. */

static void answer_epoch(struct rig *r, int32_t asked, int32_t epoch, int64_t end)
{
    struct model_epoch_answer answer = {asked, model_floor(r->p), model_epoch(r->p), epoch, end};
    model_told_epoch_end(r->model, r->p, &answer);
}

/* Epoch 1 at 0 to 3, epoch 4 at 4 to 5. */
static struct rig rig_with_epochs(void)
{
    struct rig r = rig_new();
    fill(&r, 6);
    model_seen_epoch(r.model, r.p, 0, 1, 1);
    model_seen_epoch(r.model, r.p, 4, 5, 4);
    model_seen_epoch(r.model, r.p, 2, 3, 1);
    keeps(&r);
    return r;
}

Test(model, is_content_with_right_ends_of_epochs)
{
    struct rig r = rig_with_epochs();
    answer_epoch(&r, 0, 0, 0);
    answer_epoch(&r, 1, 1, 4);
    answer_epoch(&r, 3, 1, 4);
    answer_epoch(&r, 4, 4, 6);
    answer_epoch(&r, 4, 4, 9);
    answer_epoch(&r, 5, -1, -1);
    keeps(&r);
    model_free(r.model);
}

Test(model, reports_wrong_ends_of_epochs)
{
    static const struct {
        int32_t asked;
        int32_t epoch;
        int64_t end;
    } wrong[] = {{1, 1, 3}, {1, 1, 5}, {1, 4, 4}, {4, 4, 5}, {4, -1, -1}, {1, -1, -1}, {0, 0, 1}};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct rig r = rig_with_epochs();
        answer_epoch(&r, wrong[i].asked, wrong[i].epoch, wrong[i].end);
        breaks(&r, "does not fit");
    }
}

Test(model, reports_epochs_out_of_order_along_the_log)
{
    struct rig r = rig_with_epochs();
    model_seen_epoch(r.model, r.p, 6, 7, 2);
    breaks(&r, "not in order");
    r = rig_with_epochs();
    model_seen_epoch(r.model, r.p, 3, 3, 4);
    breaks(&r, "not in order");
}

Test(model, reports_a_leader_epoch_that_falls)
{
    struct rig r = rig_with_epochs();
    model_told_epoch(r.model, r.p, 4, model_epoch(r.p));
    keeps(&r);
    model_told_epoch(r.model, r.p, 3, model_epoch(r.p));
    breaks(&r, "the leader epoch is told as 3");
}

/* Compacted partitions: a number that is a tombstone, and one that is not. */

static record_id sent_that_is(struct rig *r, unsigned producer, bool tombstone)
{
    for (;;) {
        record_id id = sent(r, producer);
        if (model_is_tombstone(id) == tombstone)
            return id;
    }
}

static void see_tombstone(struct rig *r, record_id id, int64_t offset)
{
    struct model_sight sight = {.offset = offset, .time_ms = TIME, .tombstone = id};
    model_seen(r->model, r->p, &sight);
}

/* A tombstone at 0 that was seen, a record behind it that is read again; not the tombstone. */
static struct rig read_without_tombstone(unsigned producer, bool keeps_tombstones, bool again)
{
    struct rig r = rig_new();
    model_use_compaction(r.p, keeps_tombstones);
    record_id tombstone = sent_that_is(&r, producer, true);
    if (again)
        model_send_again(r.model, tombstone);
    see_tombstone(&r, tombstone, 0);
    record_id record = sent_that_is(&r, producer, false);
    see(&r, record, 1);
    keeps(&r);
    model_last_read_begins(r.model);
    see(&r, record, 1);
    model_read_whole(r.model, r.p, 2);
    return r;
}

Test(model, reports_a_tombstone_that_goes_before_its_time)
{
    struct rig r = read_without_tombstone(0, true, false);
    breaks(&r, "is gone before its time");
    r = read_without_tombstone(1, true, true);
    breaks(&r, "is gone before its time");
}

Test(model, is_content_with_tombstones_that_may_go)
{
    struct rig r = read_without_tombstone(0, false, false);
    keeps(&r);
    model_free(r.model);
    /* Of two copies the first one goes. */
    r = read_without_tombstone(0, true, true);
    keeps(&r);
    model_free(r.model);
}

Test(model, reports_a_value_where_a_tombstone_was_sent)
{
    struct rig r = rig_new();
    model_use_compaction(r.p, true);
    see(&r, sent_that_is(&r, r.plain, true), 0);
    breaks(&r, "that nobody sent there");
    r = rig_new();
    model_use_compaction(r.p, true);
    see_tombstone(&r, sent_that_is(&r, r.plain, false), 0);
    breaks(&r, "that nobody sent there");
    r = rig_new();
    see_tombstone(&r, sent_that_is(&r, r.plain, true), 0);
    breaks(&r, "that nobody sent there");
}

Test(model, knows_a_batch_again_by_its_place_and_its_bytes)
{
    struct rig r = rig_new();
    fill(&r, 3);
    cr_assert(!model_knows_batch(r.p, 1, 77));
    model_seen_batch(r.p, 1, 77);
    cr_assert(model_knows_batch(r.p, 1, 77));
    cr_assert(!model_knows_batch(r.p, 1, 78), "other bytes");
    cr_assert(!model_knows_batch(r.p, 2, 77), "another place");
    cr_assert(!model_knows_batch(r.p, 2, 0), "nothing was seen there");
    cr_assert(!model_knows_batch(r.p, (int64_t)1 << 40, 77), "far behind the end");
    cr_assert(!model_knows_batch(r.p, -1, 77));
    keeps(&r);
    model_free(r.model);
}

Test(model, looks_at_each_record_of_a_compacted_log_again)
{
    struct rig r = rig_new();
    fill(&r, 3);
    model_use_compaction(r.p, false);
    model_seen_batch(r.p, 0, 77);
    cr_assert(!model_knows_batch(r.p, 0, 77));
    model_free(r.model);
}
