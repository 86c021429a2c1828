/*
 * Bump allocation in chunks of a region.
 *
 * A chunk is one unit of the region, or as many as a large object needs; what is left of the chunk
 * before it stays unused. Each chunk begins with its header, so that the list needs no memory.
 */
#include "base/arena.h"

#include <string.h>

#include "base/assert.h"
#include "base/util.h"

struct arena_chunk {
    struct arena_chunk *older;
    size_t size;
};

#define ARENA_CHUNK_HEADER (round_up(sizeof(struct arena_chunk), ARENA_ALIGNMENT))

void arena_init(struct arena *arena, struct region *region, size_t limit)
{
    ASSERT(region != NULL);
    *arena = (struct arena){.region = region, .limit = limit};
}

void arena_reset(struct arena *arena)
{
    struct arena_chunk *chunk = arena->chunk;
    while (chunk != NULL) {
        struct arena_chunk *older = chunk->older;
        region_give(arena->region, chunk, chunk->size);
        chunk = older;
    }
    arena_init(arena, arena->region, arena->limit);
}

static bool arena_grow(struct arena *arena, size_t size)
{
    size_t unit = region_unit(arena->region);
    if (size > arena->limit)
        return false;
    size_t wanted = round_up(size + ARENA_CHUNK_HEADER, unit);
    if (wanted > arena->limit - arena->taken)
        return false;
    struct arena_chunk *chunk = region_take(arena->region, wanted);
    if (chunk == NULL)
        return false;
    ASSERT((uintptr_t)chunk % ARENA_ALIGNMENT == 0 && wanted % ARENA_ALIGNMENT == 0);
    chunk->older = arena->chunk;
    chunk->size = wanted;
    arena->chunk = chunk;
    arena->taken += wanted;
    arena->pos = (uint8_t *)chunk + ARENA_CHUNK_HEADER;
    arena->end = (uint8_t *)chunk + wanted;
    return true;
}

void *arena_take_slowly(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2)
        return NULL;
    size_t rounded = round_up(size == 0 ? 1 : size, ARENA_ALIGNMENT);
    if ((size_t)(arena->end - arena->pos) < rounded && !arena_grow(arena, rounded))
        return NULL;
    ASSERT((size_t)(arena->end - arena->pos) >= rounded);
    void *memory = arena->pos;
    arena->pos += rounded;
    return memory;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    void *memory = arena_take(arena, size);
    if (memory != NULL)
        memset(memory, 0, size);
    return memory;
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    void *memory = arena_take_array(arena, count, size);
    if (memory != NULL)
        memset(memory, 0, count * size);
    return memory;
}
