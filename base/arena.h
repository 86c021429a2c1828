/*
 * A bump allocator for things that live as long as one request: decoded messages, handler state.
 *
 * Chunks come from a region and go back to it at arena_reset, all of them: a region hands a unit
 * that came back last out first, so keeping one here would save nothing. No destructor, no free of
 * a single object. One owner.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/region.h"

struct arena_chunk;

struct arena {
    struct region *region;
    struct arena_chunk *chunk; /* newest first */
    uint8_t *pos;
    uint8_t *end;
    size_t limit; /* bytes of chunks this arena may take */
    size_t taken;
};

#define ARENA_ALIGNMENT ((size_t)16)

/* A limit for the arena that has its region to itself, which is sized for what is done with it. */
#define ARENA_WHOLE_REGION SIZE_MAX

/* Takes nothing yet. `limit` bounds what one arena may take from the region, in bytes. */
void arena_init(struct arena *arena, struct region *region, size_t limit);
/* Returns all chunks. The arena may be used again. */
void arena_reset(struct arena *arena);
/* Zeroed, aligned to 16; null past the limit or when the region is exhausted. */
void *arena_alloc(struct arena *arena, size_t size);
/* Null also when count * size overflows. */
void *arena_alloc_array(struct arena *arena, size_t count, size_t size);

/* What arena_take does when the chunk has no room. */
void *arena_take_slowly(struct arena *arena, size_t size);

/* As arena_alloc and arena_alloc_array, but not zeroed: for what is written at once. */
static inline void *arena_take(struct arena *arena, size_t size)
{
    /* What is left is a multiple of the alignment. */
    if (__builtin_expect(size == 0 || size > (size_t)(arena->end - arena->pos), 0))
        return arena_take_slowly(arena, size);
    void *memory = arena->pos;
    arena->pos += (size + ARENA_ALIGNMENT - 1) & ~(ARENA_ALIGNMENT - 1);
    return memory;
}

static inline void *arena_take_array(struct arena *arena, size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        return NULL;
    return arena_take(arena, total);
}
