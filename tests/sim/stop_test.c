/* Beside Kafka: the mark of a running broker, and what a clean stop leaves. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/scene.h"

#define MARKER DATA "/.kafka_cleanshutdown"

static const char *const ours[] = {
    WAL_HEAD(0),       WAL_HEAD(1),       CHECKPOINTS "0-0",          CHECKPOINTS "0-1",
    CHECKPOINTS "1-0", CHECKPOINTS "1-1", DATA "/.odradek-reserve-0", DATA "/.odradek-reserve-1"};

static bool kafka_takes_the_directory(struct scene *s)
{
    char text[512] = {0};
    uint64_t len = scene_size(s, DATA "/meta.properties");
    cr_assert_lt(len, sizeof text);
    scene_read_file(s, DATA "/meta.properties", text, len, 0);
    return strstr(text, "version=1\n") != NULL || strstr(text, "version=1\r") != NULL;
}

static void make(struct scene *s)
{
    scene_set_cores(s, 2);
    scene_start(s);
    scene_create(s, "t", 2);
    for (uint32_t i = 1; i <= 3; i++) {
        scene_put(s, "t", 0, i);
        scene_put(s, "t", 1, i);
    }
}

/* All that Kafka would believe without a look must be true. */
static void expect_what_kafka_expects(struct scene *s)
{
    static const char *const files[] = {
        DATA "/recovery-point-offset-checkpoint", DATA "/replication-offset-checkpoint",
        DATA "/log-start-offset-checkpoint",      DATA "/t-0/partition.metadata",
        DATA "/t-0/leader-epoch-checkpoint",      DATA "/t-0/00000000000000000003.snapshot",
        DATA "/t-1/00000000000000000003.snapshot"};
    cr_assert(kafka_takes_the_directory(s));
    for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
        cr_assert(!scene_exists(s, ours[i]), "%s", ours[i]);
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        cr_assert(scene_exists(s, files[i]), "%s", files[i]);
    char points[256] = {0};
    uint64_t len = scene_size(s, files[0]);
    cr_assert_lt(len, sizeof points);
    scene_read_file(s, files[0], points, len, 0);
    cr_assert(strstr(points, "t 0 3\n") != NULL && strstr(points, "t 1 3\n") != NULL, "%s", points);
}

static void expect_all(struct scene *s)
{
    bool clean = scene_exists(s, MARKER);
    if (clean)
        expect_what_kafka_expects(s);
    scene_start(s);
    if (clean)
        cr_assert(!scene_said(s, "recovered"), "%s", scene_told(s));
    cr_assert(!scene_exists(s, MARKER));
    cr_assert(!kafka_takes_the_directory(s), "while we run");
    for (int32_t i = 0; i < 2; i++) {
        scene_expect(s, "t", i, "1 2 3");
        scene_put(s, "t", i, 4);
    }
    scene_crash(s);
    scene_start(s);
    for (int32_t i = 0; i < 2; i++)
        scene_expect(s, "t", i, "1 2 3 4");
}

Test(stop, kafka_cannot_start_while_we_run_or_while_the_wal_holds_anything)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make(s);
    cr_assert(!kafka_takes_the_directory(s));
    scene_crash(s);
    cr_assert(!kafka_takes_the_directory(s));
    cr_assert(!scene_exists(s, MARKER));
    scene_free(s);
}

Test(stop, a_clean_stop_leaves_what_kafka_expects_and_a_start_replays_nothing)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make(s);
    cr_assert(scene_stop(s));
    cr_assert(scene_exists(s, MARKER));
    expect_all(s);
    scene_free(s);
}

/* Also where the power goes at once: what a clean stop says must be durable. */
Test(stop, a_clean_stop_survives_the_power_going_right_behind_it)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct scene *s = scene_new(&(struct scene_options){.seed = seed});
        make(s);
        cr_assert(scene_stop(s));
        scene_crash(s);
        cr_assert(scene_exists(s, MARKER));
        expect_all(s);
        scene_free(s);
    }
}

static void stop(struct scene *s)
{
    (void)!scene_stop(s);
}

Test(stop, a_clean_stop_may_be_interrupted_at_each_change_of_the_disk_and_says_so_only_in_the_end)
{
    uint64_t changes = scene_sweep(
        &(struct scene_sweep){.stride = 7, .before = make, .act = stop, .after = expect_all});
    cr_assert_gt(changes, 60);
}

static void make_and_stop(struct scene *s)
{
    make(s);
    cr_assert(scene_stop(s));
}

static void try_start(struct scene *s)
{
    scene_try_start(s);
}

/* The mark of a clean stop is gone, durably, before anything is written: as long as it is there,
 * nothing of ours is. */
static void no_mark_beside_anything_of_ours(struct scene *s)
{
    if (scene_exists(s, MARKER))
        for (size_t i = 0; i < sizeof ours / sizeof ours[0]; i++)
            cr_assert(!scene_exists(s, ours[i]), "%s", ours[i]);
    scene_start(s);
    for (int32_t i = 0; i < 2; i++)
        scene_expect(s, "t", i, "1 2 3");
}

Test(stop, a_start_takes_the_mark_away_before_it_writes_anything)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .before = make_and_stop, .act = try_start, .after = no_mark_beside_anything_of_ours});
    cr_assert_gt(changes, 15);
}

/* Whatever fails in it, a stop that is not clean has no marker, and the next start finds all. */
Test(stop, a_stop_in_which_one_change_fails_loses_nothing)
{
    for (uint64_t number = 1;; number += scene_stride(7)) {
        struct scene *s = scene_new(&(struct scene_options){.seed = number});
        make(s);
        scene_plan(s, (struct sim_failure){.kind = SIM_DISK_CHANGE, .number = number});
        bool clean = scene_stop(s);
        bool met = sim_disk_failure_seen(scene_host(s)) >= number || !clean;
        scene_kill(s);
        cr_assert(clean || !scene_exists(s, MARKER));
        expect_all(s);
        scene_free(s);
        if (!met)
            break;
    }
}
