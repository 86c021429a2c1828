/* The pool of equal objects. All but the marked tests hold with POOLS_OFF as well. */
#include "base/slab.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"

#define CAPACITY 100

Test(slab, hands_out_its_capacity_and_then_nothing)
{
    struct slab slab;
    void *objects[CAPACITY];
    slab_init(&slab, 40, CAPACITY);
    for (size_t i = 0; i < CAPACITY; i++) {
        objects[i] = slab_alloc(&slab);
        cr_assert_not_null(objects[i]);
        cr_assert_eq(slab_used(&slab), i + 1);
    }
    cr_assert_null(slab_alloc(&slab));
    cr_assert_eq(slab_used(&slab), CAPACITY);
    slab_free(&slab, objects[7]);
    cr_assert_not_null(objects[7] = slab_alloc(&slab));
    cr_assert_null(slab_alloc(&slab));
    for (size_t i = 0; i < CAPACITY; i++)
        slab_free(&slab, objects[i]);
    cr_assert_eq(slab_used(&slab), 0);
    slab_fini(&slab);
}

Test(slab, objects_are_aligned_apart_and_zeroed_also_when_reused)
{
    struct slab slab;
    uint8_t *objects[CAPACITY];
    slab_init(&slab, 33, CAPACITY);
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < CAPACITY; i++) {
            objects[i] = slab_alloc(&slab);
            cr_assert_eq((uintptr_t)objects[i] % 16, 0);
            for (size_t j = 0; j < 33; j++)
                cr_assert_eq(objects[i][j], 0);
            memset(objects[i], (int)i + 1, 33);
        }
        for (size_t i = 0; i < CAPACITY; i++) {
            cr_assert_eq(objects[i][0], i + 1);
            cr_assert_eq(objects[i][32], i + 1);
            slab_free(&slab, objects[i]);
        }
    }
    slab_fini(&slab);
}

Test(slab, a_mixed_history_keeps_an_exact_count)
{
    struct slab slab;
    void *held[8] = {0};
    uint32_t used = 0;
    slab_init(&slab, 24, 6);
    for (uint32_t step = 0; step < 2000; step++) {
        uint32_t at = (step * 2654435761u >> 16) % 8;
        if (held[at] != NULL) {
            slab_free(&slab, held[at]);
            held[at] = NULL;
            used--;
        } else {
            held[at] = slab_alloc(&slab);
            cr_assert_eq(held[at] == NULL, used == 6);
            used += held[at] != NULL;
        }
        cr_assert_eq(slab_used(&slab), used);
    }
    for (size_t i = 0; i < 8; i++)
        if (held[i] != NULL)
            slab_free(&slab, held[i]);
    slab_fini(&slab);
}

Test(slab, fini_with_an_object_outside_is_a_programming_error, .signal = SIGABRT)
{
    struct slab slab;
    slab_init(&slab, 16, 2);
    slab_alloc(&slab);
    slab_fini(&slab);
}

#ifndef POOLS_OFF
Test(slab, the_object_freed_last_comes_first)
{
    struct slab slab;
    slab_init(&slab, 16, 4);
    void *a = slab_alloc(&slab);
    void *b = slab_alloc(&slab);
    slab_free(&slab, a);
    slab_free(&slab, b);
    cr_assert_eq(slab_alloc(&slab), b);
    cr_assert_eq(slab_alloc(&slab), a);
    slab_free(&slab, a);
    slab_free(&slab, b);
    slab_fini(&slab);
}

Test(slab, steady_use_calls_no_allocator)
{
    struct slab slab;
    slab_init(&slab, 64, 16);
    uint64_t before = mem_allocations();
    for (int i = 0; i < 1000; i++)
        slab_free(&slab, slab_alloc(&slab));
    cr_assert_eq(mem_allocations(), before);
    slab_fini(&slab);
}

Test(slab, freeing_what_was_never_handed_out_is_a_programming_error, .signal = SIGABRT)
{
    struct slab slab;
    slab_init(&slab, 16, 4);
    uint8_t *object = slab_alloc(&slab);
    slab_free(&slab, object + 16);
}

Test(slab, freeing_the_middle_of_an_object_is_a_programming_error, .signal = SIGABRT)
{
    struct slab slab;
    slab_init(&slab, 32, 4);
    uint8_t *object = slab_alloc(&slab);
    slab_free(&slab, object + 16);
}
#endif
