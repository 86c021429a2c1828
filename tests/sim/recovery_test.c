/* Starts that are interrupted, again and again, and starts with another number of cores. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/scene.h"

#define PARTITIONS 6

/* Each partition has a batch in its segment, one behind the synced end in the file, and one that is
 * in the WAL alone. */
static void leave_live_entries(struct scene *s)
{
    for (int32_t i = 0; i < PARTITIONS; i++)
        scene_put(s, "t", i, 1);
    scene_flush(s);
    for (int32_t i = 0; i < PARTITIONS; i++)
        scene_put(s, "t", i, 2);
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_WRITE, .path = CHECKPOINTS, .number = 1, .late_ns = 30 * SECOND});
    scene_await_plan(s);
    for (int32_t i = 0; i < PARTITIONS; i++)
        scene_put(s, "t", i, 3);
}

static void leave_one_core(struct scene *s)
{
    scene_start(s);
    scene_create(s, "t", PARTITIONS);
    leave_live_entries(s);
    scene_kill(s);
}

static void leave_one_core_for_three(struct scene *s)
{
    leave_one_core(s);
    scene_set_cores(s, 3);
}

static void leave_three_cores_for_one(struct scene *s)
{
    scene_set_cores(s, 3);
    leave_one_core(s);
    scene_set_cores(s, 1);
}

static void try_start(struct scene *s)
{
    scene_try_start(s);
}

static void expect_all(struct scene *s)
{
    scene_start(s);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        scene_expect(s, "t", i, "1 2 3");
        cr_assert_eq(scene_put(s, "t", i, 4), 3);
    }
    scene_kill(s);
    scene_start(s);
    for (int32_t i = 0; i < PARTITIONS; i++)
        scene_expect(s, "t", i, "1 2 3 4");
}

Test(recovery, a_start_may_be_interrupted_at_each_change_of_the_disk_and_repeated)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .stride = 3, .before = leave_one_core, .act = try_start, .after = expect_all});
    cr_assert_gt(changes, 30);
}

Test(recovery, with_more_cores_a_start_may_be_interrupted_anywhere_and_loses_nothing)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .stride = 11, .before = leave_one_core_for_three, .act = try_start, .after = expect_all});
    cr_assert_gt(changes, 60);
}

Test(recovery, with_fewer_cores_a_start_may_be_interrupted_anywhere_and_loses_nothing)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .stride = 9, .before = leave_three_cores_for_one, .act = try_start, .after = expect_all});
    cr_assert_gt(changes, 40);
}

/* Interrupted with one number of cores, finished with another. */
static void expect_all_with_two_cores(struct scene *s)
{
    scene_set_cores(s, 2);
    expect_all(s);
}

Test(recovery, the_number_of_cores_may_change_once_more_behind_an_interrupted_start)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){.stride = 19,
                                                         .before = leave_one_core_for_three,
                                                         .act = try_start,
                                                         .after = expect_all_with_two_cores});
    cr_assert_gt(changes, 60);
}

/* The power goes ever later in one start after another of the same directory. */
Test(recovery, starts_that_all_are_interrupted_lose_nothing_together)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    leave_one_core(s);
    uint64_t starts = 0;
    bool answered = false;
    for (uint64_t number = 1; !answered; number += scene_stride(3), starts++) {
        scene_plan(s,
                   (struct sim_failure){.kind = SIM_DISK_CHANGE, .number = number, .crash = true});
        answered = scene_try_start(s);
        if (!answered)
            scene_crash(s);
    }
    cr_assert_gt(starts, 8);
    scene_kill(s);
    expect_all(s);
    scene_free(s);
}

Test(recovery, cores_may_come_and_go_with_live_entries_each_time)
{
    static const unsigned cores[] = {1, 3, 2, 4, 1};
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", PARTITIONS);
    for (uint32_t n = 0; n < 5; n++) {
        if (n > 0) {
            scene_crash(s);
            scene_set_cores(s, cores[n]);
            scene_start(s);
        }
        for (int32_t i = 0; i < PARTITIONS; i++) {
            scene_expect(s, "t", i, scene_count_to(n));
            scene_put(s, "t", i, n + 1);
        }
        for (unsigned stream = cores[n]; stream < 4; stream++) {
            static const char *const ours[] = {"wal-%u-head", "checkpoint-%u-0", "checkpoint-%u-1",
                                               "reserve-%u"};
            for (int i = 0; i < 4; i++) {
                char name[32];
                char path[64];
                snprintf(name, sizeof name, ours[i], stream);
                snprintf(path, sizeof path, DATA "/.odradek-%s", name);
                cr_assert(!scene_exists(s, path), "%s is nobody's", path);
            }
        }
    }
    scene_free(s);
}
