/* A disk that stands still, and clocks that jump. */
#include <string.h>

#include "tests/sim/scene.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct scene *begin(unsigned cores)
{
    struct scene *s = scene_new(&(struct scene_options){.cores = cores});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_wait(s, SECOND);
    return s;
}

Test(time, a_sync_that_stands_still_for_5_s_holds_producers_back_and_loses_no_session)
{
    struct scene *s = begin(1);
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .late_ns = 5 * SECOND});
    for (uint32_t i = 2; i <= 41; i++)
        scene_send(s, (struct scene_batch){.topic = "t", .value = i});
    scene_wait(s, 2 * SECOND);
    cr_assert(!scene_has_answer(s));

    /* Others are served meanwhile, and see nothing that is not durable. */
    scene_use(s, 1);
    uint64_t before = sim_now(scene_world(s));
    scene_expect(s, "t", 0, "1");
    cr_assert_lt(sim_now(scene_world(s)) - before, SECOND);

    scene_use(s, 0);
    for (int64_t i = 1; i <= 40; i++) {
        struct scene_ack ack = scene_answered(s);
        cr_assert_eq(ack.error, KAFKA_NONE);
        cr_assert_eq(ack.offset, i, "in order");
    }
    scene_use(s, 1);
    scene_expect(s, "t", 0, scene_count_to(41));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to(41));
    scene_free(s);
}

/* More is on its way than the WAL has memory for. */
Test(time, while_the_disk_stands_still_producers_wait_and_nothing_is_refused_or_lost)
{
    struct scene *s = begin(1);
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .late_ns = 5 * SECOND});
    for (uint32_t i = 2; i <= 31; i++)
        scene_send(s, (struct scene_batch){.topic = "t", .value = i, .bytes = 900000});
    for (int64_t i = 1; i <= 30; i++) {
        struct scene_ack ack = scene_answered(s);
        cr_assert_eq(ack.error, KAFKA_NONE);
        cr_assert_eq(ack.offset, i);
    }
    scene_free(s);
}

static void put_around_a_jump(int64_t jump_ms)
{
    struct scene *s = begin(2);
    struct scene_producer p = scene_producer(s);
    struct scene_batch batch = {.topic = "t", .value = 2, .as = &p, .sequence = 0};
    cr_assert_eq(scene_produce(s, batch).offset, 1);
    scene_shift_clocks(s, jump_ms);
    scene_flush(s);
    cr_assert_eq(scene_produce(s, batch).offset, 1, "its producer is known");
    batch.value = 3;
    batch.sequence = 1;
    cr_assert_eq(scene_produce(s, batch).offset, 2);
    scene_expect(s, "t", 0, "1 2 3");
    scene_crash(s);
    scene_start(s);
    cr_assert_eq(scene_produce(s, batch).offset, 2);
    scene_expect(s, "t", 0, "1 2 3");
    cr_assert(scene_stop(s));
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_put(s, "t", 0, 4);
    scene_free(s);
}

Test(time, with_the_clock_set_back_timers_go_on_and_nothing_expires)
{
    put_around_a_jump(-2 * 365 * DAY_MS);
}

Test(time, with_the_clock_far_ahead_nothing_expires_early)
{
    put_around_a_jump(5 * 365 * DAY_MS);
}

Test(time, timestamps_far_in_the_future_or_past_leave_everything_else_alone)
{
    struct scene *s = begin(1);
    struct scene_batch old = {.topic = "t", .value = 2, .timestamp = 1};
    struct scene_batch future = {.topic = "t", .value = 3, .timestamp = INT64_MAX / 2};
    cr_assert_eq(scene_produce(s, old).error, KAFKA_NONE);
    cr_assert_eq(scene_produce(s, future).error, KAFKA_INVALID_TIMESTAMP);
    scene_put(s, "t", 0, 3);
    scene_flush(s);
    scene_put(s, "t", 0, 4);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3 4");
    scene_free(s);
}
