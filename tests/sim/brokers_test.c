/*
 * Several brokers in one world: independent ones, each with its machine, disk, cores and clients.
 * They speak to nobody but clients; what ends one must not be felt by the other, and all of it
 * together is one run that replays.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "scene.h"

/* Two brokers that serve, with a topic of the same name each. */
struct pair {
    struct scene *a;
    struct scene *b;
};

static struct pair pair_new(uint64_t seed)
{
    struct pair p;
    p.a = scene_new(&(struct scene_options){.seed = seed, .cores = 2});
    p.b = scene_new_beside(p.a, &(struct scene_options){.cores = 3});
    scene_start(p.a);
    scene_start(p.b);
    scene_create(p.a, "t", 2);
    scene_create(p.b, "t", 2);
    return p;
}

static void pair_free(struct pair *p)
{
    scene_free(p->b);
    scene_free(p->a);
}

Test(brokers, each_has_its_own_disk_and_its_own_clients)
{
    struct pair p = pair_new(1);
    scene_put(p.a, "t", 0, 1);
    scene_put(p.b, "t", 0, 100);
    scene_put(p.a, "t", 0, 2);
    scene_expect(p.a, "t", 0, "1 2");
    scene_expect(p.b, "t", 0, "100");
    cr_assert(scene_stop(p.a));
    cr_assert(scene_stop(p.b));
    pair_free(&p);
}

Test(brokers, one_loses_its_power_while_the_other_serves)
{
    struct pair p = pair_new(2);
    uint32_t on_a = 0;
    uint32_t on_b = 0;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 4; i++) {
            scene_put(p.a, "t", 0, ++on_a);
            scene_put(p.b, "t", 0, ++on_b);
        }
        /* What is on its way at the other one is answered: its connections know of nothing. */
        scene_send(p.b, (struct scene_batch){.topic = "t", .value = ++on_b});
        scene_crash(p.a);
        struct scene_ack ack = scene_answered(p.b);
        cr_assert_eq(ack.error, KAFKA_NONE);
        cr_assert_eq(ack.offset, (int64_t)on_b - 1);
        scene_put(p.b, "t", 0, ++on_b);
        scene_start(p.a);
        scene_expect(p.a, "t", 0, scene_count_to(on_a));
    }
    scene_expect(p.b, "t", 0, scene_count_to(on_b));
    pair_free(&p);
}

Test(brokers, one_starts_stops_and_is_killed_while_the_other_serves)
{
    struct pair p = pair_new(3);
    uint32_t on_b = 0;
    scene_put(p.a, "t", 1, 7);
    scene_put(p.b, "t", 1, ++on_b);
    cr_assert(scene_stop(p.a));
    scene_put(p.b, "t", 1, ++on_b);
    scene_begin(p.a);
    /* The start is under way. */
    scene_put(p.b, "t", 1, ++on_b);
    scene_kill(p.a);
    scene_put(p.b, "t", 1, ++on_b);
    scene_start(p.a);
    scene_put(p.a, "t", 1, 8);
    scene_kill(p.b);
    scene_put(p.a, "t", 1, 9);
    scene_start(p.b);
    scene_expect(p.a, "t", 1, "7 8 9");
    scene_expect(p.b, "t", 1, scene_count_to(on_b));
    pair_free(&p);
}

Test(brokers, the_disk_of_one_fails_and_the_other_takes_everything)
{
    struct pair p = pair_new(4);
    scene_put(p.a, "t", 0, 1);
    sim_disk(scene_host(p.a))->write_error = SIM_ALWAYS;
    cr_assert_eq(scene_try_put(p.a, "t", 0, 2), KAFKA_KAFKA_STORAGE_ERROR);
    for (uint32_t value = 1; value <= 8; value++)
        scene_put(p.b, "t", 0, value);
    sim_disk(scene_host(p.a))->write_error = 0;
    scene_wait(p.a, 60 * SECOND);
    scene_put(p.a, "t", 0, 3);
    scene_expect(p.a, "t", 0, "1 3");
    scene_expect(p.b, "t", 0, scene_count_to(8));
    pair_free(&p);
}

/* A client of both carries what it reads from the one to the other, whichever of them ends. */
Test(brokers, a_client_copies_from_one_to_the_other_through_the_ends_of_both)
{
    struct pair p = pair_new(5);
    uint32_t copied = 0;
    for (uint32_t value = 1; value <= 12; value++) {
        scene_put(p.a, "t", 0, value);
        if (value % 4 == 1)
            scene_crash(value % 8 == 1 ? p.a : p.b);
        if (value % 4 == 1)
            scene_start(value % 8 == 1 ? p.a : p.b);
        char wanted[32];
        snprintf(wanted, sizeof wanted, "%u", value);
        cr_assert_str_eq(scene_read_from(p.a, "t", 0, copied), wanted);
        scene_put(p.b, "t", 0, value);
        copied++;
    }
    scene_expect(p.b, "t", 0, scene_count_to(12));
    pair_free(&p);
}

/* Chance. */

#define CHANCES 60

/* One of the two, and what its client was told. */
struct side {
    struct scene *scene;
    bool off;
    uint32_t acknowledged;
};

static void side_end(struct side *side, uint64_t how)
{
    if (how == 0)
        scene_crash(side->scene);
    else if (how == 1)
        scene_kill(side->scene);
    else
        cr_assert(scene_stop(side->scene));
    side->off = true;
}

static void side_act(struct side *side, struct sim *sim)
{
    uint64_t choice = sim_pick(sim, (struct sim_range){0, 9});
    if (side->off) {
        scene_start(side->scene);
        side->off = false;
    } else if (choice < 3) {
        side_end(side, choice);
    } else {
        scene_put(side->scene, "t", 0, ++side->acknowledged);
    }
}

/* Whatever happens to either, in any order; the hash of all of it. */
static uint64_t chances(uint64_t seed)
{
    struct pair p = pair_new(seed);
    struct sim *sim = scene_world(p.a);
    struct side sides[2] = {{.scene = p.a}, {.scene = p.b}};
    for (int i = 0; i < CHANCES; i++)
        side_act(&sides[sim_pick(sim, (struct sim_range){0, 1})], sim);
    for (int i = 0; i < 2; i++) {
        if (sides[i].off)
            scene_start(sides[i].scene);
        scene_expect(sides[i].scene, "t", 0, scene_count_to(sides[i].acknowledged));
        cr_assert(scene_stop(sides[i].scene));
    }
    uint64_t hash = sim_hash(sim);
    pair_free(&p);
    return hash;
}

Test(brokers, a_world_of_two_keeps_its_promises_and_replays)
{
    uint64_t hashes[4];
    for (uint64_t seed = 0; seed < 4; seed++) {
        hashes[seed] = chances(10 + seed);
        cr_assert_eq(chances(10 + seed), hashes[seed]);
        for (uint64_t other = 0; other < seed; other++)
            cr_assert_neq(hashes[other], hashes[seed]);
    }
}
