/*
 * Open-addressing hash map from a 64-bit hash to items that know their own key.
 *
 * The map stores the hash beside the item pointer and asks the caller's `match` on equal hashes.
 * Iteration order depends only on hashes and insertions, never on addresses. It grows by doubling
 * (rare events only), so it is not for the hot path's insertions, but lookups are.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct map_slot {
    uint64_t hash;
    void *item;
};

struct map {
    struct map_slot *slots;
    size_t capacity; /* power of two, or 0 before the first insertion */
    size_t count;
};

typedef bool map_match_fn(const void *item, const void *key);

void map_init(struct map *map);
/* Frees the table, not the items. */
void map_fini(struct map *map);
/* The item, or null. */
void *map_find(const struct map *map, uint64_t hash, map_match_fn *match, const void *key);
/* The caller has checked that the key is not there yet. */
void map_insert(struct map *map, uint64_t hash, void *item);
/* Removes exactly this pointer; it must be there. */
void map_remove(struct map *map, uint64_t hash, const void *item);
/* Iteration: start with *position = 0; null at the end. No insertion or removal meanwhile. */
void *map_next(const struct map *map, size_t *position);
