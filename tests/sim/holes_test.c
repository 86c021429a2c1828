/* Holes in the WAL: which of two writes in flight arrived, and what that proves. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/scene.h"

#define SEEDS 24

static struct scene *begin(uint64_t seed)
{
    struct scene *s = scene_new(&(struct scene_options){.seed = seed});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_wait(s, SECOND);
    return s;
}

/* 2 and 3 are in two writes that are in flight together, and only the one of 3 has arrived. */
static void send_two_and_only_the_second_arrives(struct scene *s)
{
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .late_ns = SECOND});
    scene_send(s, (struct scene_batch){.topic = "t", .value = 2});
    scene_await_plan(s);
    scene_send(s, (struct scene_batch){.topic = "t", .value = 3});
    scene_wait(s, 10 * MS);
    cr_assert(!scene_has_answer(s), "3 is not acknowledged before 2");
}

/* The power goes, and of the first write nothing is left: false when it survived all the same. */
static bool lose_the_first(struct scene *s)
{
    uint64_t second = scene_wal_last(s, 0).header.sequence;
    scene_crash(s);
    const struct scene_groups *groups = scene_wal(s, 0);
    cr_assert_eq(groups->items[groups->count - 1].header.sequence, second, "it was durable");
    return groups->items[groups->count - 2].header.sequence == second - 2;
}

Test(holes, two_writes_in_flight_and_only_the_second_survives_is_legal_and_starts)
{
    int holes = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct scene *s = begin(seed);
        send_two_and_only_the_second_arrives(s);
        bool hole = lose_the_first(s);
        scene_start(s);
        scene_expect(s, "t", 0, hole ? "1" : "1 2 3");
        scene_put(s, "t", 0, 4);
        scene_expect(s, "t", 0, hole ? "1 4" : "1 2 3 4");
        scene_free(s);
        holes += hole;
    }
    cr_assert(holes > 0 && holes < SEEDS, "%d", holes);
}

/* The sequence that 2 had is given to 4; what had arrived of 3 lies behind it, and stays dead. */
Test(holes, what_was_dropped_never_rises_again_behind_a_new_life)
{
    int holes = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct scene *s = begin(seed);
        send_two_and_only_the_second_arrives(s);
        bool hole = lose_the_first(s);
        scene_start(s);
        scene_put(s, "t", 0, 4);
        scene_crash(s);
        scene_start(s);
        scene_expect(s, "t", 0, hole ? "1 4" : "1 2 3 4");
        scene_crash(s);
        scene_start(s);
        scene_expect(s, "t", 0, hole ? "1 4" : "1 2 3 4");
        scene_free(s);
        holes += hole;
    }
    cr_assert_gt(holes, 0);
}

/* The same, and the power goes at each change of the disk while the new life begins. */
static void leave_a_hole(struct scene *s)
{
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_wait(s, SECOND);
    send_two_and_only_the_second_arrives(s);
    uint64_t second = scene_wal_last(s, 0).header.sequence;
    scene_crash(s);
    const struct scene_groups *groups = scene_wal(s, 0);
    /* What arrived of the first is taken away. */
    for (uint32_t i = 0; i < groups->count; i++)
        if (groups->items[i].header.sequence == second - 1)
            scene_damage(s, groups->items[i].path, groups->items[i].header.position, 512);
}

static void start_and_put_4(struct scene *s)
{
    if (scene_try_start(s))
        scene_try_put(s, "t", 0, 4);
}

static void only_1_and_perhaps_4_is_there(struct scene *s)
{
    scene_start(s);
    const char *read = scene_read(s, "t", 0);
    cr_assert(strcmp(read, "1") == 0 || strcmp(read, "1 4") == 0, "%s", read);
    scene_put(s, "t", 0, 5);
}

Test(holes, what_was_dropped_never_rises_again_wherever_the_new_life_is_interrupted)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .before = leave_a_hole, .act = start_and_put_4, .after = only_1_and_perhaps_4_is_there});
    cr_assert_gt(changes, 20);
}

static void refuses_naming(struct scene *s, const struct scene_group *group)
{
    char where[256];
    snprintf(where, sizeof where, "%s is damaged at byte %llu: group %llu was acknowledged",
             group->path, (unsigned long long)group->header.position,
             (unsigned long long)group->header.sequence);
    cr_assert_eq(scene_start_refused(s), 65);
    cr_assert(scene_said(s, where), "wanted: %s\n%s", where, scene_told(s));
}

Test(holes, a_hole_that_a_later_group_proves_refuses_the_start_and_names_file_and_position)
{
    static uint8_t before[WAL_ALIGNMENT];
    struct scene *s = begin(1);
    scene_put(s, "t", 0, 2);
    struct scene_group second = scene_wal_last(s, 0);
    scene_put(s, "t", 0, 3);
    scene_crash(s);
    scene_read_file(s, second.path, before, sizeof before, second.header.position);
    scene_damage(s, second.path, second.header.position, 512);
    refuses_naming(s, &second);
    refuses_naming(s, &second);

    /* Nothing was changed: with the block put back, everything is there. */
    scene_write(s, second.path, before, sizeof before, second.header.position);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2 3");
    scene_free(s);
}

Test(holes, a_quiet_stream_writes_one_empty_group_and_its_last_acknowledged_group_is_proven)
{
    struct scene *s = begin(1);
    scene_put(s, "t", 0, 2);
    struct scene_group last = scene_wal_last(s, 0);
    cr_assert_eq(last.header.entries, 1);
    scene_wait(s, SECOND);
    struct scene_group proof = scene_wal_last(s, 0);
    cr_assert_eq(proof.header.entries, 0);
    cr_assert_eq(proof.header.sequence, last.header.sequence + 1);
    cr_assert_geq(proof.header.durable, last.header.sequence);
    uint64_t writes = sim_disk_count(scene_host(s), SIM_DISK_WRITE);
    scene_wait(s, 3 * SECOND);
    cr_assert_eq(sim_disk_count(scene_host(s), SIM_DISK_WRITE), writes, "one, and then rest");

    scene_crash(s);
    scene_damage(s, last.path, last.header.position, 512);
    refuses_naming(s, &last);
    scene_free(s);
}

Test(holes, damage_of_a_last_group_that_nothing_proves_is_a_torn_tail)
{
    struct scene *s = begin(1);
    scene_put(s, "t", 0, 2);
    struct scene_group last = scene_wal_last(s, 0);
    scene_crash(s);
    scene_damage(s, last.path, last.header.position, 512);
    scene_start(s);
    scene_expect(s, "t", 0, "1");
    scene_free(s);
}

Test(holes, a_torn_tail_is_cut_at_the_last_whole_group)
{
    int torn = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct scene *s = begin(seed);
        struct scene_group last = scene_wal_last(s, 0);
        scene_plan(s,
                   (struct sim_failure){
                       .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .crash = true});
        scene_send(s, (struct scene_batch){.topic = "t", .value = 2, .bytes = 20000});
        cr_assert(scene_off(s));
        scene_crash(s);
        bool whole = scene_wal_last(s, 0).header.sequence > last.header.sequence;
        uint8_t sectors[8192];
        bool empty = true;
        scene_read_file(s, last.path, sectors, sizeof sectors,
                        last.header.position + last.header.len);
        for (size_t i = 0; i < sizeof sectors; i++)
            empty = empty && sectors[i] == 0;
        torn += !whole && !empty;
        scene_start(s);
        scene_expect(s, "t", 0, whole ? "1 2" : "1");
        scene_put(s, "t", 0, 3);
        scene_expect(s, "t", 0, whole ? "1 2 3" : "1 3");
        scene_free(s);
    }
    cr_assert_gt(torn, 0);
}
