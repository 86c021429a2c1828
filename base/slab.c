/*
 * Equal objects from one mapping. Freed ones are stacked; untouched ones are handed out in address
 * order after the stack is empty, so that memory becomes resident only as it is needed.
 */
#include "base/slab.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/poison.h"
#include "base/util.h"

#define SLAB_ALIGNMENT 16

void slab_init(struct slab *slab, size_t object_size, uint32_t capacity)
{
    ASSERT(object_size > 0 && capacity > 0);
    *slab = (struct slab){0};
    slab->object_size = object_size;
    slab->capacity = capacity;
    slab->free_count = capacity;
    slab->free = mem_map_raw(capacity * sizeof *slab->free);
#ifndef POOLS_OFF
    slab->object_size = round_up(object_size, SLAB_ALIGNMENT);
    slab->memory = mem_map_raw(slab->object_size * capacity);
    memory_poison(slab->memory, slab->object_size * capacity);
#endif
}

void slab_fini(struct slab *slab)
{
    ASSERT(slab->free_count == slab->capacity);
    mem_unmap_raw(slab->free, slab->capacity * sizeof *slab->free);
#ifndef POOLS_OFF
    memory_unpoison(slab->memory, slab->object_size * slab->capacity);
    mem_unmap_raw(slab->memory, slab->object_size * slab->capacity);
#endif
    *slab = (struct slab){0};
}

#ifdef POOLS_OFF
static void *slab_take(struct slab *slab)
{
    void *object = calloc(1, slab->object_size);
    ASSERT(object != NULL);
    return object;
}

static void slab_give(struct slab *slab, void *object)
{
    (void)slab;
    free(object);
}
#else
/* The stack holds the freed ones among those touched. */
static void *slab_take(struct slab *slab)
{
    uint32_t stacked = slab->free_count - (slab->capacity - slab->touched);
    if (stacked == 0) {
        uint8_t *fresh = slab->memory + slab->object_size * slab->touched++;
        memory_unpoison(fresh, slab->object_size);
        memset(fresh, 0, slab->object_size);
        return fresh;
    }
    void *object = slab->free[stacked - 1];
    memory_unpoison(object, slab->object_size);
    memset(object, 0, slab->object_size);
    return object;
}

static void slab_give(struct slab *slab, void *object)
{
    size_t distance = (size_t)((uint8_t *)object - slab->memory);
    ASSERT(distance < slab->object_size * slab->touched && distance % slab->object_size == 0);
    uint32_t stacked = slab->free_count - (slab->capacity - slab->touched);
    slab->free[stacked] = object;
    memory_poison(object, slab->object_size);
}
#endif

void *slab_alloc(struct slab *slab)
{
    if (slab->free_count == 0)
        return NULL;
    void *object = slab_take(slab);
    slab->free_count--;
    return object;
}

void slab_free(struct slab *slab, void *object)
{
    ASSERT(object != NULL && slab->free_count < slab->capacity);
    slab_give(slab, object);
    slab->free_count++;
}
