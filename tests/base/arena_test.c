/* The bump allocator: zeroed, aligned, bounded, and everything back at reset. */
#include "base/arena.h"

#include <criterion/criterion.h>
#include <string.h>

#define UNIT ((size_t)4096)

static struct region *region;
static struct arena arena;

static void open_arena(void)
{
    region = region_new(16 * UNIT, UNIT);
    arena_init(&arena, region, 8 * UNIT);
}

static void close_arena(void)
{
    arena_reset(&arena);
    region_free(region);
}

TestSuite(arena, .init = open_arena, .fini = close_arena);

Test(arena, takes_nothing_until_it_is_used)
{
    cr_assert_eq(region_used(region), 0);
    cr_assert_not_null(arena_alloc(&arena, 1));
    cr_assert_eq(region_used(region), UNIT);
}

Test(arena, objects_are_aligned_apart_and_zeroed_also_after_a_reset)
{
    for (int round = 0; round < 3; round++) {
        uint8_t *objects[200];
        for (size_t i = 0; i < 200; i++) {
            size_t size = 1 + i % 50;
            objects[i] = arena_alloc(&arena, size);
            cr_assert_not_null(objects[i]);
            cr_assert_eq((uintptr_t)objects[i] % 16, 0);
            for (size_t j = 0; j < size; j++)
                cr_assert_eq(objects[i][j], 0);
            memset(objects[i], (int)i, size);
        }
        for (size_t i = 0; i < 200; i++)
            for (size_t j = 0; j < 1 + i % 50; j++)
                cr_assert_eq(objects[i][j], i);
        arena_reset(&arena);
        cr_assert_eq(region_used(region), 0);
    }
}

Test(arena, small_objects_share_a_unit)
{
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(arena_alloc(&arena, 16));
    cr_assert_eq(region_used(region), UNIT);
}

Test(arena, a_large_object_gets_a_chunk_of_its_own_size)
{
    uint8_t *large = arena_alloc(&arena, 3 * UNIT);
    cr_assert_not_null(large);
    memset(large, 0xff, 3 * UNIT);
    cr_assert_eq(region_used(region), 4 * UNIT);
    cr_assert_not_null(arena_alloc(&arena, 100));
    cr_assert_eq(region_used(region), 4 * UNIT, "the rest of the chunk is used");
}

Test(arena, the_limit_bounds_what_it_takes)
{
    cr_assert_null(arena_alloc(&arena, 8 * UNIT));
    cr_assert_eq(region_used(region), 0);
    cr_assert_not_null(arena_alloc(&arena, 8 * UNIT - 16));
    cr_assert_null(arena_alloc(&arena, 16));
    cr_assert_eq(region_used(region), 8 * UNIT);
    arena_reset(&arena);
    cr_assert_not_null(arena_alloc(&arena, 8 * UNIT - 16), "a reset gives the limit back");
}

Test(arena, an_exhausted_region_is_a_null_and_the_arena_stays_usable)
{
    void *outside = region_take(region, 14 * UNIT);
    void *small = arena_alloc(&arena, 64);
    cr_assert_not_null(small);
    cr_assert_null(arena_alloc(&arena, 2 * UNIT));
    cr_assert_not_null(arena_alloc(&arena, 64));
    region_give(region, outside, 14 * UNIT);
    cr_assert_not_null(arena_alloc(&arena, 2 * UNIT));
}

Test(arena, sizes_that_overflow_are_refused)
{
    cr_assert_null(arena_alloc(&arena, SIZE_MAX));
    cr_assert_null(arena_alloc(&arena, SIZE_MAX - 15));
    cr_assert_null(arena_alloc_array(&arena, SIZE_MAX / 2, 3));
    cr_assert_null(arena_alloc_array(&arena, (size_t)1 << 32, (size_t)1 << 32));
    cr_assert_eq(region_used(region), 0);
}

Test(arena, an_array_is_one_zeroed_object)
{
    uint64_t *array = arena_alloc_array(&arena, 100, sizeof *array);
    cr_assert_not_null(array);
    for (size_t i = 0; i < 100; i++)
        cr_assert_eq(array[i], 0);
    cr_assert_not_null(arena_alloc_array(&arena, 0, 8));
}

Test(arena, an_empty_object_has_an_address_of_its_own)
{
    void *a = arena_alloc(&arena, 0);
    void *b = arena_alloc(&arena, 0);
    cr_assert_not_null(a);
    cr_assert_neq(a, b);
}
