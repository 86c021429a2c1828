/* Linear probing with backward-shift deletion: no tombstones; at most three quarters are full. */
#include "base/map.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define MAP_CAPACITY_MIN 16

void map_init(struct map *map)
{
    *map = (struct map){0};
}

void map_fini(struct map *map)
{
    mem_free(map->slots);
    map_init(map);
}

static size_t map_next_slot(const struct map *map, size_t index)
{
    return (index + 1) & (map->capacity - 1);
}

void *map_find(const struct map *map, uint64_t hash, map_match_fn *match, const void *key)
{
    if (map->capacity == 0)
        return NULL;
    size_t index = hash & (map->capacity - 1);
    for (; map->slots[index].item != NULL; index = map_next_slot(map, index)) {
        const struct map_slot *slot = &map->slots[index];
        if (slot->hash == hash && match(slot->item, key))
            return slot->item;
    }
    return NULL;
}

static void map_place(struct map *map, uint64_t hash, void *item)
{
    size_t index = hash & (map->capacity - 1);
    while (map->slots[index].item != NULL)
        index = map_next_slot(map, index);
    map->slots[index] = (struct map_slot){hash, item};
}

void map_insert(struct map *map, uint64_t hash, void *item)
{
    ASSERT(item != NULL);
    if (map->count + 1 > map->capacity - map->capacity / 4) {
        struct map old = *map;
        map->capacity = MAX(old.capacity * 2, (size_t)MAP_CAPACITY_MIN);
        map->slots = mem_alloc_array(map->capacity, sizeof *map->slots);
        for (size_t i = 0; i < old.capacity; i++)
            if (old.slots[i].item != NULL)
                map_place(map, old.slots[i].hash, old.slots[i].item);
        mem_free(old.slots);
    }
    map_place(map, hash, item);
    map->count++;
}

void map_remove(struct map *map, uint64_t hash, const void *item)
{
    ASSERT(map->count > 0);
    size_t hole = hash & (map->capacity - 1);
    while (map->slots[hole].item != item) {
        ASSERT(map->slots[hole].item != NULL);
        hole = map_next_slot(map, hole);
    }
    map->count--;
    size_t index = hole;
    for (;;) {
        index = map_next_slot(map, index);
        if (map->slots[index].item == NULL)
            break;
        size_t home = map->slots[index].hash & (map->capacity - 1);
        size_t distance = (index - home) & (map->capacity - 1);
        if (distance >= ((index - hole) & (map->capacity - 1))) {
            map->slots[hole] = map->slots[index];
            hole = index;
        }
    }
    map->slots[hole] = (struct map_slot){0};
}

void *map_next(const struct map *map, size_t *position)
{
    while (*position < map->capacity) {
        void *item = map->slots[(*position)++].item;
        if (item != NULL)
            return item;
    }
    return NULL;
}
