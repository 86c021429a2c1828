/*
 * Open addressing with linear probing over one mapping. A key's first place is the high part of the
 * product of its hash and the table's size, so that any size will do: a table for few keys uses
 * little memory, and little of the processor's cache.
 */
#include "partition/offset_map.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* It is full with three quarters: beyond that probing gets long. */
#define SLOTS_MIN 64

void offset_map_init(struct offset_map *map, size_t bytes, const uint8_t *secret)
{
    *map = (struct offset_map){.latest = -1};
    map->capacity = MAX(bytes / sizeof *map->slots, (size_t)SLOTS_MIN);
    map->slots = mem_map(map->capacity * sizeof *map->slots);
    memcpy(map->secret, secret, sizeof map->secret);
}

void offset_map_fini(struct offset_map *map)
{
    if (map->slots != NULL)
        mem_unmap(map->slots, map->capacity * sizeof *map->slots);
    map->slots = NULL;
}

void offset_map_begin(struct offset_map *map, uint64_t keys)
{
    ASSERT(map->slots != NULL && map->keys == 0);
    uint64_t wanted = keys > map->capacity ? map->capacity : keys + keys / 3 + 2;
    map->slot_count = (size_t)MIN(MAX(wanted, (uint64_t)SLOTS_MIN), (uint64_t)map->capacity);
    map->keys_max = map->slot_count - (map->slot_count + 3) / 4;
    map->latest = -1;
    ASSERT(map->keys_max > 0 && map->keys_max < map->slot_count);
}

void offset_map_end(struct offset_map *map)
{
    mem_discard(map->slots, map->capacity * sizeof *map->slots);
    map->slot_count = 0;
    map->keys = 0;
    map->latest = -1;
}

/* The key's slot, or the empty one where it would go. */
static struct offset_slot *find(const struct offset_map *map, struct bytes key,
                                struct hash_wide *hash)
{
    ASSERT(map->slot_count > 0 && map->keys < map->slot_count);
    *hash = hash_bytes_wide(key, map->secret);
    size_t at = (size_t)(((unsigned __int128)hash->high * map->slot_count) >> 64);
    for (;;) {
        struct offset_slot *slot = &map->slots[at];
        if (slot->place == 0 || (slot->hash.low == hash->low && slot->hash.high == hash->high))
            return slot;
        at = at + 1 == map->slot_count ? 0 : at + 1;
    }
}

bool offset_map_put(struct offset_map *map, struct bytes key, int64_t offset)
{
    struct hash_wide hash;
    struct offset_slot *slot = find(map, key, &hash);
    ASSERT(offset >= 0);
    if (slot->place == 0) {
        if (map->keys >= map->keys_max)
            return false;
        map->keys++;
        slot->hash = hash;
    }
    slot->place = MAX(slot->place, (uint64_t)offset + 1);
    return true;
}

int64_t offset_map_get(const struct offset_map *map, struct bytes key)
{
    struct hash_wide hash;
    return (int64_t)find(map, key, &hash)->place - 1;
}
