/* A full disk: what is refused, what goes on, and a start on it. */
#include <string.h>

#include "tests/sim/scene.h"

#define BIG 500000

static const char *const settings[] = {"odradek.wal.max.bytes=33554432", NULL};

/* How many of this size are taken until the disk is full. */
static uint32_t put_until_full(struct scene *s, const char *topic, uint32_t from)
{
    for (uint32_t i = 0; i < 300; i++) {
        struct scene_batch batch = {.topic = topic, .value = from + i, .bytes = BIG};
        int error = scene_produce(s, batch).error;
        if (error == KAFKA_KAFKA_STORAGE_ERROR)
            return i;
        cr_assert_eq(error, KAFKA_NONE);
    }
    cr_assert(false, "it is never full");
    return 0;
}

/* As many of "kept" as fit beside 20 of "victim". */
static uint32_t fill(struct scene *s)
{
    sim_disk(scene_host(s))->capacity_bytes = 80u << 20;
    scene_start(s);
    scene_create(s, "victim", 1);
    scene_create(s, "kept", 1);
    for (uint32_t i = 1; i <= 20; i++) {
        struct scene_batch batch = {.topic = "victim", .value = i, .bytes = BIG};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
    return put_until_full(s, "kept", 1);
}

/* Within half a minute. */
static void expect_to_be_taken_again(struct scene *s, uint32_t value)
{
    int error = KAFKA_KAFKA_STORAGE_ERROR;
    for (int i = 0; i < 60 && error == KAFKA_KAFKA_STORAGE_ERROR; i++) {
        error = scene_try_put(s, "kept", 0, value);
        if (error != KAFKA_NONE)
            scene_wait(s, SECOND / 2);
    }
    cr_assert_eq(error, KAFKA_NONE);
}

Test(disk_full, produce_is_refused_and_reading_creating_and_deleting_go_on_until_there_is_space)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    cr_assert_gt(kept, 10);
    scene_expect(s, "kept", 0, scene_count_to(kept));
    scene_expect(s, "victim", 0, scene_count_to(20));
    scene_create(s, "other", 1);
    cr_assert_eq(scene_try_put(s, "other", 0, 1), KAFKA_KAFKA_STORAGE_ERROR);
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    expect_to_be_taken_again(s, kept + 1);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_expect(s, "victim", 0, "error 3");
    scene_free(s);
}

Test(disk_full, produce_resumes_by_itself_when_space_comes_from_outside)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    scene_leave_free(s, 64u << 20);
    expect_to_be_taken_again(s, kept + 1);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_free(s);
}

/* Whether anything was written before the reserve was given up, and whether it was. */
struct order {
    bool given_up;
    bool written_before;
};

static void watch_order(void *context, const char *line)
{
    struct order *order = context;
    if (strstr(line, "REMOVE " DATA "/.odradek-reserve-0") != NULL)
        order->given_up = true;
    else if (!order->given_up && (strstr(line, " WRITE ") != NULL || strstr(line, "ALLOCATE")))
        order->written_before = true;
}

Test(disk_full, killed_on_a_full_disk_it_starts_by_giving_up_the_reserve_deletes_and_goes_on)
{
    struct order order = {0};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    uint32_t kept = fill(s);
    scene_kill(s);
    scene_leave_free(s, 0);
    sim_trace(scene_world(s), watch_order, &order);
    scene_start(s);
    sim_trace(scene_world(s), NULL, NULL);
    cr_assert(scene_said(s, "giving up the reserve"));
    cr_assert(order.given_up && !order.written_before);
    scene_expect(s, "kept", 0, scene_count_to(kept));
    scene_expect(s, "victim", 0, scene_count_to(20));
    cr_assert_eq(scene_delete(s, "victim"), KAFKA_NONE);
    expect_to_be_taken_again(s, kept + 1);
    scene_wait(s, 30 * SECOND);
    cr_assert(scene_exists(s, DATA "/.odradek-reserve-0"), "it is refilled");
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(kept + 1));
    scene_free(s);
}

/* Every operation of a kind from the nth on finds no space, in a row of puts and flushes. */
static bool no_space_from(enum sim_disk_kind kind, uint64_t number)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    uint32_t last = 0;
    scene_start(s);
    scene_create(s, "kept", 1);
    scene_plan(s, (struct sim_failure){
                      .kind = kind, .number = number, .from_then_on = true, .error = ERR_NO_SPACE});
    for (int round = 0; round < 3; round++) {
        int error = scene_try_put(s, "kept", 0, last + 1);
        cr_assert(error == KAFKA_NONE || error == KAFKA_KAFKA_STORAGE_ERROR, "%d", error);
        last += error == KAFKA_NONE;
        scene_expect(s, "kept", 0, scene_count_to(last));
        scene_flush(s);
    }
    bool met = sim_disk_failure_seen(scene_host(s)) >= number;
    scene_no_plan(s);
    expect_to_be_taken_again(s, ++last);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "kept", 0, scene_count_to(last));
    scene_free(s);
    return met;
}

Test(disk_full, no_space_from_each_nth_write_on_is_answered_56_and_service_resumes)
{
    uint64_t number = 1;
    while (no_space_from(SIM_DISK_WRITE, number))
        number++;
    cr_assert_gt(number, 10);
    cr_assert(no_space_from(SIM_DISK_OPEN, 1));
}
