/*
 * A pool of equal objects, mapped once, handed out in LIFO order. One owner, no locks.
 *
 * Built with -DPOOLS=OFF each object is a separate system allocation, so that ASan sees every
 * overrun and use after free; the capacity stays the same.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct slab {
    uint8_t *memory;
    void **free; /* stack of free objects */
    size_t object_size;
    uint32_t capacity;
    uint32_t free_count;
    uint32_t touched; /* objects from here on were never handed out */
};

/* `object_size` is rounded up to 16 bytes. Objects are not resident until first used. */
void slab_init(struct slab *slab, size_t object_size, uint32_t capacity);
/* All objects must have come back. */
void slab_fini(struct slab *slab);
/* Zeroed; null when exhausted. */
void *slab_alloc(struct slab *slab);
void slab_free(struct slab *slab, void *object);
static inline uint32_t slab_used(const struct slab *slab)
{
    return slab->capacity - slab->free_count;
}
