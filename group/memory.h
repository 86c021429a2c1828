/* What all groups of a core may hold: counted, because clients decide how much there is. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "base/assert.h"

struct group_memory {
    size_t used;
    size_t limit;
    size_t pending; /* of `used`: ids that were given out and have not joined */
};

static inline bool group_memory_has_room(const struct group_memory *memory, size_t size)
{
    return memory->used <= memory->limit && size <= memory->limit - memory->used;
}

/* Counts `size` bytes, or says that they are too many. */
static inline bool group_memory_take(struct group_memory *memory, size_t size)
{
    if (!group_memory_has_room(memory, size))
        return false;
    memory->used += size;
    return true;
}

/* The same without a limit: what the log holds has to be loaded. */
static inline void group_memory_force(struct group_memory *memory, size_t size)
{
    memory->used += size;
}

static inline void group_memory_give(struct group_memory *memory, size_t size)
{
    ASSERT(memory->used >= size);
    memory->used -= size;
}
