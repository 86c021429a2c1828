/*
 * Runs of units in a bitmap, one bit a unit, set when taken.
 *
 * Single units are the common case: freed ones are kept on a short stack in front of the bitmap.
 * A stacked unit stays marked as taken in the bitmap; the stack is emptied into it before a longer
 * search gives up.
 */
#include "base/region.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/poison.h"
#include "base/util.h"

#define REGION_STACK 256
#define REGION_WORD_BITS 64

struct region {
    uint8_t *memory;
    size_t unit;
    unsigned unit_shift; /* its logarithm: a division is dear on the hot path */
    size_t unit_count;
    size_t used; /* units, without the stacked ones */
    uint64_t *taken;
    size_t word_count;
    size_t hint; /* no free unit below this word */
    size_t stack_count;
    void *stack[REGION_STACK];
};

struct region *region_new(size_t size, size_t unit)
{
    ASSERT(is_power_of_two(unit) && unit >= 4096 && size >= unit);
    struct region *region = mem_alloc(sizeof *region);
    region->unit = unit;
    region->unit_shift = (unsigned)__builtin_ctzll(unit);
    region->unit_count = size / unit;
    region->word_count = (region->unit_count + REGION_WORD_BITS - 1) / REGION_WORD_BITS;
    region->taken = mem_alloc_array(region->word_count, sizeof *region->taken);
    for (size_t i = region->unit_count; i < region->word_count * REGION_WORD_BITS; i++)
        region->taken[i / REGION_WORD_BITS] |= (uint64_t)1 << (i % REGION_WORD_BITS);
#ifndef POOLS_OFF
    region->memory = mem_map_raw(region->unit_count * unit);
    memory_poison(region->memory, region->unit_count * unit);
#endif
    return region;
}

void region_free(struct region *region)
{
    ASSERT(region->used == 0);
#ifndef POOLS_OFF
    memory_unpoison(region->memory, region->unit_count * region->unit);
    mem_unmap_raw(region->memory, region->unit_count * region->unit);
#endif
    mem_free(region->taken);
    mem_free(region);
}

static size_t region_units(const struct region *region, size_t size)
{
    ASSERT(size > 0);
    return ((size - 1) >> region->unit_shift) + 1;
}

#ifdef POOLS_OFF
void *region_take(struct region *region, size_t size)
{
    size_t units = region_units(region, size);
    if (units > region->unit_count - region->used)
        return NULL;
    region->used += units;
    void *run = aligned_alloc(4096, round_up(size, 4096));
    ASSERT(run != NULL);
    return run;
}

void region_give(struct region *region, void *run, size_t size)
{
    size_t units = region_units(region, size);
    ASSERT(units <= region->used);
    region->used -= units;
    free(run);
}
#else
static bool unit_taken(const struct region *region, size_t index)
{
    return (region->taken[index / REGION_WORD_BITS] >> (index % REGION_WORD_BITS)) & 1;
}

static void units_mark(struct region *region, size_t first, size_t count, bool taken)
{
    for (size_t i = first; i < first + count; i++) {
        uint64_t bit = (uint64_t)1 << (i % REGION_WORD_BITS);
        ASSERT(unit_taken(region, i) != taken);
        region->taken[i / REGION_WORD_BITS] ^= bit;
    }
}

/* The first of `count` free units in a row, or unit_count. */
static size_t units_find(struct region *region, size_t count)
{
    while (region->hint < region->word_count && region->taken[region->hint] == UINT64_MAX)
        region->hint++;
    size_t run = 0;
    for (size_t i = region->hint * REGION_WORD_BITS; i < region->unit_count; i++) {
        if (i % REGION_WORD_BITS == 0 && region->taken[i / REGION_WORD_BITS] == UINT64_MAX) {
            run = 0;
            i += REGION_WORD_BITS - 1;
            continue;
        }
        run = unit_taken(region, i) ? 0 : run + 1;
        if (run == count)
            return i + 1 - count;
    }
    return region->unit_count;
}

static void region_clear(struct region *region, size_t first, size_t count)
{
    units_mark(region, first, count, false);
    region->hint = MIN(region->hint, first / REGION_WORD_BITS);
}

static void stack_empty(struct region *region)
{
    while (region->stack_count > 0) {
        uint8_t *unit = region->stack[--region->stack_count];
        region_clear(region, (size_t)(unit - region->memory) >> region->unit_shift, 1);
    }
}

void *region_take(struct region *region, size_t size)
{
    size_t units = region_units(region, size);
    if (units == 1 && region->stack_count > 0) {
        region->used++;
        memory_unpoison(region->stack[region->stack_count - 1], region->unit);
        return region->stack[--region->stack_count];
    }
    if (units > region->unit_count - region->used)
        return NULL;
    size_t first = units_find(region, units);
    if (first == region->unit_count) {
        stack_empty(region);
        first = units_find(region, units);
        if (first == region->unit_count)
            return NULL;
    }
    units_mark(region, first, units, true);
    region->used += units;
    memory_unpoison(region->memory + first * region->unit, units * region->unit);
    return region->memory + first * region->unit;
}

void region_give(struct region *region, void *run, size_t size)
{
    size_t units = region_units(region, size);
    size_t distance = (size_t)((uint8_t *)run - region->memory);
    size_t first = distance >> region->unit_shift;
    ASSERT(first << region->unit_shift == distance && first + units <= region->unit_count);
    ASSERT(units <= region->used && unit_taken(region, first));
    region->used -= units;
    if (size > REGION_DISCARD_BYTES)
        mem_discard_raw(run, units << region->unit_shift);
    memory_poison(run, units << region->unit_shift);
    if (units == 1 && region->stack_count < REGION_STACK)
        region->stack[region->stack_count++] = run;
    else
        region_clear(region, first, units);
}
#endif

size_t region_unit(const struct region *region)
{
    return region->unit;
}

size_t region_used(const struct region *region)
{
    return region->used * region->unit;
}

size_t region_size(const struct region *region)
{
    return region->unit_count * region->unit;
}
