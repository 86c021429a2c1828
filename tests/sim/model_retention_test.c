/*
 * What the simulator's model says of retention: of what went by the rules nothing, of what went too
 * early, came back, or stayed too long a broken promise. The broker's clock may jump.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/sim/verdict.h"
#include "tools/sim/model.h"
#include "tools/sim/model_clock.h"

#define START 1000000
#define BATCH_BYTES 100
#define MONTH_MS (30LL * 24 * 3600 * 1000)
#define LATE 60000

struct rig {
    struct model *model;
    struct model_partition *p;
    unsigned producer;
    int64_t now_ms;
};

static int64_t rig_now(void *context)
{
    const struct rig *r = context;
    return r->now_ms;
}

static void rig_init(struct rig *r, int64_t ms, int64_t bytes)
{
    const struct model_retention retention = {ms, bytes, 1000};
    *r = (struct rig){.model = model_new(), .now_ms = START};
    model_use_clock(r->model, rig_now, r);
    r->p = model_add_partition(r->model, "t", 0);
    model_use_retention(r->p, &retention);
    r->producer = model_add_producer(r->model, false, true);
}

static void keeps(struct rig *r)
{
    verdict_keeps(r->model);
}

static void kept(struct rig *r)
{
    keeps(r);
    model_free(r->model);
}

/* The sentence has this in it; the model is freed. */
static void breaks(struct rig *r, const char *part)
{
    verdict_breaks(r->model, part);
    model_free(r->model);
}

static void see(struct rig *r, record_id id, int64_t offset, int64_t time_ms)
{
    uint8_t value[40];
    model_value(id, value, sizeof value);
    struct model_sight sight = {offset, time_ms, {value, sizeof value}, 0};
    model_batch_at(r->model, r->p, offset, BATCH_BYTES);
    model_seen(r->model, r->p, &sight);
}

/* A batch of one record is written now, with this time, and read. */
static record_id write_at(struct rig *r, int64_t offset, int64_t time_ms)
{
    record_id id = model_send(r->model, r->producer, r->p, time_ms);
    model_batch_sent(r->p, BATCH_BYTES);
    model_acknowledged(r->model, id, offset);
    see(r, id, offset, time_ms);
    keeps(r);
    return id;
}

/* `count` of them, with times 10 ms apart. */
static void fill(struct rig *r, int count)
{
    for (int i = 0; i < count; i++) {
        r->now_ms += 10;
        write_at(r, i, r->now_ms);
    }
    model_told_end(r->model, r->p, count, 0);
}

static void told_start(struct rig *r, int64_t start)
{
    model_told_start(r->model, r->p, start, model_start_floor(r->p));
}

/* Time passes in which nothing is in the way. */
static void rest(struct rig *r)
{
    model_calm(r->model);
    r->now_ms += LATE;
}

Test(model_retention, is_content_when_old_records_go)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    r.now_ms += 500;
    told_start(&r, 9);
    r.now_ms++;
    told_start(&r, 10);
    model_read_whole(r.model, r.p, 10);
    kept(&r);
}

Test(model_retention, reports_a_young_record_that_went)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    r.now_ms += 500;
    told_start(&r, 10);
    breaks(&r, "9 is not old");
}

Test(model_retention, reports_a_young_record_among_old_ones_that_went)
{
    struct rig r;
    rig_init(&r, 500, -1);
    write_at(&r, 0, START);
    write_at(&r, 1, START + 400);
    write_at(&r, 2, START);
    r.now_ms += 501;
    told_start(&r, 3);
    breaks(&r, "1 is not old");
}

Test(model_retention, allows_what_the_clock_once_showed)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    model_clock_jumped(r.model, r.now_ms, MONTH_MS);
    r.now_ms += 10;
    model_clock_jumped(r.model, r.now_ms, 0);
    told_start(&r, 10);
    kept(&r);
}

/* A client that has slept knows an older time than that of the jump. */
Test(model_retention, counts_a_jump_from_when_it_was)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    model_clock_jumped(r.model, r.now_ms + 501, -MONTH_MS);
    told_start(&r, 10);
    kept(&r);
    rig_init(&r, 500, -1);
    fill(&r, 10);
    model_clock_jumped(r.model, r.now_ms + 500, -MONTH_MS);
    told_start(&r, 10);
    breaks(&r, "9 is not old");
}

Test(model_retention, protects_what_was_written_after_the_clock_was_put_back)
{
    struct rig r;
    rig_init(&r, 500, -1);
    model_clock_jumped(r.model, r.now_ms, MONTH_MS);
    r.now_ms += 10;
    model_clock_jumped(r.model, r.now_ms, 0);
    r.now_ms += 10;
    fill(&r, 10);
    told_start(&r, 1);
    breaks(&r, "0 is not old");
}

Test(model_retention, is_content_when_enough_bytes_are_left)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 10);
    told_start(&r, 7);
    model_read_whole(r.model, r.p, 10);
    kept(&r);
}

Test(model_retention, reports_too_few_bytes_that_are_left)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 10);
    told_start(&r, 8);
    breaks(&r, "200 bytes are left of 300");
}

/* What nobody has seen yet may lie behind; when all was read, it does not. */
Test(model_retention, counts_what_may_be_there_until_all_is_read)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 10);
    model_send(r.model, r.producer, r.p, r.now_ms);
    model_batch_sent(r.p, BATCH_BYTES);
    told_start(&r, 8);
    keeps(&r);
    model_read_whole(r.model, r.p, 10);
    breaks(&r, "200 bytes are left of 300");
}

Test(model_retention, allows_by_size_what_is_young_and_by_time_what_is_small)
{
    struct rig r;
    rig_init(&r, 500, 8 * BATCH_BYTES);
    for (int i = 0; i < 10; i++)
        write_at(&r, i, i < 2 || i > 4 ? START : START - 1000);
    told_start(&r, 5);
    keeps(&r);
    told_start(&r, 6);
    breaks(&r, "5 is not old");
}

Test(model_retention, allows_what_was_asked_to_go)
{
    struct rig r;
    rig_init(&r, 5000, -1);
    fill(&r, 10);
    model_trimming(r.model, r.p, 6);
    told_start(&r, 6);
    keeps(&r);
    told_start(&r, 7);
    breaks(&r, "6 is not old");
}

Test(model_retention, reports_a_log_start_that_goes_back)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 10);
    told_start(&r, 5);
    told_start(&r, 4);
    breaks(&r, "the log start is told as 4, it was 5");
}

Test(model_retention, takes_an_offset_out_of_range_for_a_log_start_behind_it)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 10);
    model_told_out_of_range(r.model, r.p, 4, model_floor(r.p));
    cr_assert_eq(model_start_floor(r.p), 5);
    keeps(&r);
    model_told_out_of_range(r.model, r.p, 8, model_floor(r.p));
    breaks(&r, "8 is not old");
}

Test(model_retention, reports_old_records_that_stay)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    r.now_ms += LATE;
    told_start(&r, 0);
    keeps(&r);
    rest(&r);
    told_start(&r, 0);
    breaks(&r, "the log start is told as 0, it was 10");
}

Test(model_retention, waits_for_the_clock_before_old_records_are_overdue)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    model_clock_jumped(r.model, r.now_ms, -MONTH_MS);
    rest(&r);
    told_start(&r, 0);
    kept(&r);
}

Test(model_retention, reports_a_log_that_should_keep_nothing_and_does)
{
    struct rig r;
    rig_init(&r, -1, 0);
    fill(&r, 10);
    rest(&r);
    told_start(&r, 9);
    breaks(&r, "the log start is told as 9, it was 10");
}

/* A segment has 1000 bytes at most: with 300 to be kept, of 2000 at most 1300 may be there. */
Test(model_retention, reports_a_log_that_is_too_large_by_a_segment)
{
    struct rig r;
    rig_init(&r, -1, 3 * BATCH_BYTES);
    fill(&r, 20);
    rest(&r);
    told_start(&r, 7);
    keeps(&r);
    told_start(&r, 6);
    breaks(&r, "the log start is told as 6, it was 7");
}

Test(model_retention, reports_nothing_overdue_where_something_was_just_written)
{
    struct rig r;
    rig_init(&r, 500, -1);
    fill(&r, 10);
    rest(&r);
    write_at(&r, 10, r.now_ms);
    told_start(&r, 0);
    kept(&r);
}

/* Compaction, too. */

#define RECORDS 60

static void compacted_rig_init(struct rig *r, bool keeps_tombstones)
{
    rig_init(r, 500, -1);
    model_use_compaction(r->p, keeps_tombstones);
}

/* All at once; which keys there are, and which have no value, follows from the ids. */
static void fill_keyed(struct rig *r, record_id ids[RECORDS])
{
    uint8_t value[40];
    for (int i = 0; i < RECORDS; i++) {
        ids[i] = model_send(r->model, r->producer, r->p, r->now_ms);
        model_batch_sent(r->p, BATCH_BYTES);
        model_acknowledged(r->model, ids[i], i);
        model_value(ids[i], value, sizeof value);
        struct model_sight sight = {i, r->now_ms, {value, sizeof value}, 0};
        if (model_is_tombstone(ids[i])) {
            sight.value = (struct bytes){NULL, 0};
            sight.tombstone = ids[i];
        }
        model_seen(r->model, r->p, &sight);
    }
    model_told_end(r->model, r->p, RECORDS, 0);
    keeps(r);
}

static bool is_last_of_key(const record_id ids[RECORDS], int offset)
{
    bool last = !model_is_tombstone(ids[offset]);
    for (int i = offset + 1; i < RECORDS; i++)
        last = last && (model_is_tombstone(ids[i]) || model_key(ids[i]) != model_key(ids[offset]));
    return last;
}

static int first_last_of_key(const record_id ids[RECORDS])
{
    int offset = 0;
    while (!is_last_of_key(ids, offset))
        offset++;
    return offset;
}

Test(model_retention, is_content_when_what_was_replaced_goes_young)
{
    struct rig r;
    record_id ids[RECORDS];
    compacted_rig_init(&r, false);
    fill_keyed(&r, ids);
    told_start(&r, first_last_of_key(ids));
    kept(&r);
}

Test(model_retention, reports_the_last_of_a_key_that_went_young)
{
    struct rig r;
    record_id ids[RECORDS];
    compacted_rig_init(&r, false);
    fill_keyed(&r, ids);
    told_start(&r, first_last_of_key(ids) + 1);
    breaks(&r, "is not old");
}

Test(model_retention, is_content_when_the_last_of_a_key_went_old)
{
    struct rig r;
    record_id ids[RECORDS];
    compacted_rig_init(&r, true);
    fill_keyed(&r, ids);
    r.now_ms += 501;
    told_start(&r, RECORDS);
    model_last_read_begins(r.model);
    model_read_whole(r.model, r.p, RECORDS);
    kept(&r);
}

Test(model_retention, reports_the_last_of_a_key_that_is_gone_behind_the_log_start)
{
    struct rig r;
    record_id ids[RECORDS];
    compacted_rig_init(&r, false);
    fill_keyed(&r, ids);
    told_start(&r, first_last_of_key(ids));
    model_last_read_begins(r.model);
    model_read_whole(r.model, r.p, RECORDS);
    breaks(&r, "is the last one of key");
}

Test(model_retention, leaves_open_whether_a_record_without_an_answer_has_replaced_the_last_one)
{
    struct rig r;
    record_id ids[RECORDS];
    compacted_rig_init(&r, false);
    fill_keyed(&r, ids);
    int offset = first_last_of_key(ids);
    record_id id;
    do
        id = model_send(r.model, r.producer, r.p, r.now_ms);
    while (model_is_tombstone(id) || model_key(id) != model_key(ids[offset]));
    told_start(&r, offset + 1);
    kept(&r);
}

Test(model_retention, reports_a_young_tombstone_that_went)
{
    for (int keep = 0; keep < 2; keep++) {
        struct rig r;
        record_id ids[RECORDS];
        compacted_rig_init(&r, keep == 1);
        fill_keyed(&r, ids);
        int offset = 0;
        while (!model_is_tombstone(ids[offset]))
            offset++;
        cr_assert_lt(offset, first_last_of_key(ids));
        told_start(&r, offset + 1);
        if (keep == 1)
            breaks(&r, "is not old");
        else
            kept(&r);
    }
}
