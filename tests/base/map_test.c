/* The hash map, also with hashes that collide on purpose. */
#include "base/map.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/hash.h"
#include "base/prng.h"
#include "base/util.h"

struct thing {
    uint64_t key;
    uint64_t hash;
    bool inside;
};

static bool thing_match(const void *item, const void *key)
{
    return ((const struct thing *)item)->key == *(const uint64_t *)key;
}

static struct thing *thing_find(const struct map *map, uint64_t hash, uint64_t key)
{
    return map_find(map, hash, thing_match, &key);
}

Test(map, an_empty_map_finds_nothing_and_owns_nothing)
{
    struct map map;
    size_t position = 0;
    map_init(&map);
    cr_assert_null(thing_find(&map, 1, 1));
    cr_assert_null(map_next(&map, &position));
    cr_assert_eq(map.capacity, 0);
    map_fini(&map);
}

Test(map, finds_what_was_inserted_until_it_is_removed)
{
    struct map map;
    struct thing things[3] = {{.key = 1}, {.key = 2}, {.key = 3}};
    map_init(&map);
    for (size_t i = 0; i < 3; i++)
        map_insert(&map, hash_u64(things[i].key), &things[i]);
    cr_assert_eq(map.count, 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert_eq(thing_find(&map, hash_u64(i + 1), i + 1), &things[i]);
    cr_assert_null(thing_find(&map, hash_u64(4), 4));
    map_remove(&map, hash_u64(2), &things[1]);
    cr_assert_null(thing_find(&map, hash_u64(2), 2));
    cr_assert_eq(thing_find(&map, hash_u64(3), 3), &things[2]);
    cr_assert_eq(map.count, 2);
    map_fini(&map);
}

Test(map, equal_hashes_are_told_apart_by_the_key)
{
    struct map map;
    struct thing things[5];
    map_init(&map);
    for (size_t i = 0; i < 5; i++) {
        things[i] = (struct thing){.key = i};
        map_insert(&map, 15, &things[i]);
    }
    map_remove(&map, 15, &things[1]);
    map_remove(&map, 15, &things[3]);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(thing_find(&map, 15, i), i == 1 || i == 3 ? NULL : &things[i]);
    map_fini(&map);
}

Test(map, match_is_asked_only_on_equal_hashes)
{
    struct map map;
    struct thing thing = {.key = 9};
    map_init(&map);
    map_insert(&map, 16, &thing);
    cr_assert_null(thing_find(&map, 32, 9), "same slot, same key, another hash");
    cr_assert_eq(thing_find(&map, 16, 9), &thing);
    map_fini(&map);
}

/* Things whose hashes fall into `spread` home slots, inserted and removed at random. */
static void churn(uint64_t seed, uint64_t spread)
{
    enum { THINGS = 300 };
    static struct thing things[THINGS];
    struct prng prng;
    struct map map;
    size_t count = 0;
    prng_init(&prng, seed);
    map_init(&map);
    for (size_t i = 0; i < THINGS; i++)
        things[i] = (struct thing){.key = i, .hash = prng_next(&prng) << 32 | (i * 7 % spread)};
    for (int step = 0; step < 6000; step++) {
        struct thing *thing = &things[prng_below(&prng, THINGS)];
        if (thing->inside) {
            map_remove(&map, thing->hash, thing);
            count--;
        } else {
            map_insert(&map, thing->hash, thing);
            count++;
        }
        thing->inside = !thing->inside;
        cr_assert_eq(map.count, count);
        if (step % 16 != 0)
            continue;
        for (size_t i = 0; i < THINGS; i++)
            cr_assert_eq(thing_find(&map, things[i].hash, i), things[i].inside ? &things[i] : NULL);
    }
    map_fini(&map);
}

Test(map, a_random_history_agrees_with_a_list_whatever_collides)
{
    churn(1, 1);
    churn(2, 3);
    churn(3, 60);
    churn(4, UINT32_MAX);
}

Test(map, removal_shifts_back_across_the_end_of_the_table)
{
    struct map map;
    struct thing things[6];
    map_init(&map);
    for (size_t i = 0; i < 6; i++) {
        things[i] = (struct thing){.key = i, .hash = i < 4 ? 14 : 0};
        map_insert(&map, things[i].hash, &things[i]);
    }
    cr_assert_eq(map.capacity, 16);
    for (size_t removed = 0; removed < 6; removed++) {
        map_remove(&map, things[removed].hash, &things[removed]);
        for (size_t i = 0; i < 6; i++)
            cr_assert_eq(thing_find(&map, things[i].hash, i), i <= removed ? NULL : &things[i]);
    }
    map_fini(&map);
}

Test(map, growing_keeps_everything_and_leaves_free_slots)
{
    enum { THINGS = 5000 };
    static struct thing things[THINGS];
    struct map map;
    map_init(&map);
    for (size_t i = 0; i < THINGS; i++) {
        things[i].key = i;
        map_insert(&map, hash_u64(i), &things[i]);
        cr_assert_leq(map.count * 4, map.capacity * 3);
        cr_assert(is_power_of_two(map.capacity));
    }
    for (size_t i = 0; i < THINGS; i++)
        cr_assert_eq(thing_find(&map, hash_u64(i), i), &things[i]);
    map_fini(&map);
}

Test(map, iteration_meets_every_item_once_in_an_order_free_of_addresses)
{
    enum { THINGS = 200 };
    static struct thing first[THINGS];
    static struct thing second[2 * THINGS];
    struct map a;
    struct map b;
    map_init(&a);
    map_init(&b);
    for (size_t i = 0; i < THINGS; i++) {
        first[i].key = second[2 * THINGS - 1 - i].key = i;
        map_insert(&a, hash_u64(i), &first[i]);
        map_insert(&b, hash_u64(i), &second[2 * THINGS - 1 - i]);
    }
    size_t at_a = 0;
    size_t at_b = 0;
    size_t met = 0;
    struct thing *in_a;
    while ((in_a = map_next(&a, &at_a)) != NULL) {
        struct thing *in_b = map_next(&b, &at_b);
        cr_assert_eq(in_a->key, in_b->key);
        cr_assert_not(in_a->inside);
        in_a->inside = true;
        met++;
    }
    cr_assert_eq(met, THINGS);
    cr_assert_null(map_next(&b, &at_b));
    map_fini(&a);
    map_fini(&b);
}

Test(map, removing_what_is_not_there_is_a_programming_error, .signal = SIGABRT)
{
    struct map map;
    struct thing inside = {.key = 1};
    struct thing outside = {.key = 1};
    map_init(&map);
    map_insert(&map, 5, &inside);
    map_remove(&map, 5, &outside);
}
