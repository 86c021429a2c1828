/* producer.id.expiration.ms: who is forgotten when a partition is flushed, and who is not. */
#include <criterion/criterion.h>

#include "shard_fixture.h"

#define IDLE_MS 60000
#define CHECK_MS 1000

static struct rig rig;

static struct producers *state(void)
{
    return rig_partition(&rig, 0)->producers;
}

/* Somebody else is written and flushed: that is when idle producers are looked for. */
static void flush(void)
{
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
}

/* The first flush begins the first check interval. */
static void start(void)
{
    cr_assert_eq(rig_start(&rig), 0);
    rig_partition(&rig, 0)->producer_limits = (struct producer_limits){IDLE_MS, CHECK_MS};
    flush();
}

static void setup(void)
{
    rig_init(&rig);
    rig_add(&rig, "topic", 0, 1);
    start();
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(idle_producers, .init = setup, .fini = teardown);

/* A batch with a timestamp so far from the wall clock's. */
static void append_at(int64_t producer_id, int32_t sequence, int64_t from_now_ms)
{
    struct rig_batch batch = {
        .producer_id = producer_id,
        .sequence = sequence,
        .idempotent = true,
        .timestamp = io_wall_ms(&rig.io.io) + from_now_ms,
    };
    rig_append(&rig, 0, batch);
}

static void append(int64_t producer_id, int32_t sequence)
{
    append_at(producer_id, sequence, 0);
}

static void shift_wall(int64_t ms)
{
    rig.io.io.wall_ms += ms;
}

static enum append_outcome outcome_of(int64_t producer_id, int32_t sequence)
{
    struct rig_batch batch = {
        .producer_id = producer_id,
        .sequence = sequence,
        .idempotent = true,
        .timestamp = io_wall_ms(&rig.io.io),
    };
    struct rig_append *a = rig_give(&rig, 0, batch);
    rig_settle(&rig);
    return a->append.outcome;
}

Test(idle_producers, who_was_idle_for_so_long_is_forgotten_with_the_next_flush)
{
    append(5, 0);
    flush();
    rig_advance(&rig, IDLE_MS / 2);
    append(6, 0);
    flush();
    rig_advance(&rig, IDLE_MS / 2);
    cr_assert_eq(producers_count(state()), 2, "nothing wakes a quiet broker for it");
    flush();
    cr_assert_eq(producers_count(state()), 1);
    cr_assert_eq(outcome_of(6, 2), APPEND_OUT_OF_ORDER, "it is remembered");
    cr_assert_eq(outcome_of(5, 7), APPEND_DONE, "nobody knows where it was");
}

Test(idle_producers, nobody_is_forgotten_a_moment_too_early)
{
    append(5, 0);
    rig_flush(&rig);
    uint64_t now = io_now(&rig.io.io);
    struct partition *p = rig_partition(&rig, 0);
    append(6, 0);
    rig_advance(&rig, IDLE_MS - 1);
    partition_forget_idle_producers(p);
    cr_assert_eq(producers_count(state()), 1, "5 was there before time went on in the flush");
    rig_advance(&rig, CHECK_MS);
    partition_forget_idle_producers(p);
    cr_assert_eq(producers_count(state()), 0);
    cr_assert_geq(io_now(&rig.io.io) - now, IDLE_MS * (uint64_t)1000000);
}

Test(idle_producers, they_are_looked_for_once_in_a_check_interval)
{
    struct partition *p = rig_partition(&rig, 0);
    append(5, 0);
    p->producer_limits.check_ms = 3 * IDLE_MS;
    rig_advance(&rig, 2 * IDLE_MS);
    flush();
    cr_assert_eq(producers_count(state()), 1);
    rig_advance(&rig, IDLE_MS);
    flush();
    cr_assert_eq(producers_count(state()), 0);
}

Test(idle_producers, zero_keeps_them_for_ever)
{
    rig_partition(&rig, 0)->producer_limits.idle_ms = 0;
    append(5, 0);
    rig_advance(&rig, 1000 * IDLE_MS);
    flush();
    cr_assert_eq(producers_count(state()), 1);
}

Test(idle_producers, old_records_do_not_make_their_producer_idle)
{
    for (int32_t i = 0; i < 5; i++) {
        append_at(5, i, -100 * IDLE_MS);
        rig_advance(&rig, 2 * CHECK_MS);
        flush();
    }
    cr_assert_eq(outcome_of(5, 4), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(5, 6), APPEND_OUT_OF_ORDER);
}

Test(idle_producers, a_wall_clock_that_jumps_ahead_forgets_nobody_in_use)
{
    append(5, 0);
    shift_wall(1000 * (int64_t)IDLE_MS);
    rig_advance(&rig, 2 * CHECK_MS);
    flush();
    cr_assert_eq(outcome_of(5, 0), APPEND_DUPLICATE);
}

Test(idle_producers, a_wall_clock_that_jumps_back_forgets_nobody_until_it_is_there_again)
{
    append(5, 0);
    shift_wall(-10 * (int64_t)IDLE_MS);
    rig_advance(&rig, 2 * IDLE_MS);
    flush();
    cr_assert_eq(producers_count(state()), 1);
    shift_wall(10 * (int64_t)IDLE_MS);
    rig_advance(&rig, 2 * CHECK_MS);
    flush();
    cr_assert_eq(producers_count(state()), 0);
}

Test(idle_producers, an_open_transaction_keeps_its_producer)
{
    struct rig_batch batch = {
        .producer_id = 5,
        .idempotent = true,
        .transactional = true,
        .timestamp = io_wall_ms(&rig.io.io),
    };
    rig_append(&rig, 0, batch);
    rig_advance(&rig, 10 * IDLE_MS);
    flush();
    cr_assert_eq(producers_count(state()), 1);
}

Test(idle_producers, what_is_not_durable_yet_keeps_its_producer)
{
    rig_flush(&rig);
    rig.io.hold_writes = true;
    struct rig_batch batch = {.producer_id = 5, .idempotent = true};
    rig_give(&rig, 0, batch);
    rig_advance(&rig, 10 * IDLE_MS);
    partition_forget_idle_producers(rig_partition(&rig, 0));
    cr_assert_eq(producers_count(state()), 1);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    rig_advance(&rig, 10 * IDLE_MS);
    partition_forget_idle_producers(rig_partition(&rig, 0));
    cr_assert_eq(producers_count(state()), 0);
}

Test(idle_producers, the_forgotten_stay_forgotten_after_a_crash)
{
    append(5, 0);
    append(6, 0);
    flush();
    rig_advance(&rig, 2 * IDLE_MS);
    append(6, 1);
    flush();
    cr_assert_eq(producers_count(state()), 1);
    rig_crash(&rig);
    start();
    cr_assert_eq(producers_count(state()), 1);
    cr_assert_eq(outcome_of(6, 1), APPEND_DUPLICATE);
}

/* Whoever was in use before a start has an interval to show that it still is. */
Test(idle_producers, after_a_start_the_timestamps_decide_but_not_at_once)
{
    append_at(5, 0, -2 * IDLE_MS);
    append_at(6, 0, -2 * IDLE_MS);
    append(7, 0);
    flush();
    rig_crash(&rig);
    start();
    cr_assert_eq(producers_count(state()), 3);
    append_at(5, 1, -2 * IDLE_MS);
    rig_advance(&rig, CHECK_MS);
    flush();
    cr_assert_eq(producers_count(state()), 2);
    cr_assert_eq(outcome_of(5, 1), APPEND_DUPLICATE);
    cr_assert_eq(outcome_of(7, 0), APPEND_DUPLICATE);
}
