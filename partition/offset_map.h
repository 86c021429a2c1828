/*
 * The last offset of each key, in a fixed piece of memory: what compaction knows of a log.
 *
 * As in Kafka's SkimpyOffsetMap a key is known by 128 bits of hash and nothing else, so that a key
 * takes 24 bytes whatever its length. Kafka hashes with MD5. XXH3 is many times faster, and keyed
 * with a secret that is drawn at each start nobody can make two keys that fall together, which
 * would cost one of them its records; by chance that is as unlikely as with MD5.
 *
 * It belongs to one cleaning at a time, which may use it on any thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/hash.h"

/* One key; `place` is its offset and 1, so that zeroed memory is an empty table. */
struct offset_slot {
    struct hash_wide hash;
    uint64_t place;
};

struct offset_map {
    struct offset_slot *slots;
    size_t capacity;   /* slots that are mapped */
    size_t slot_count; /* of them in use this time */
    size_t keys;       /* in the table */
    size_t keys_max;   /* it is full */
    int64_t latest;    /* all records up to this offset are in it; -1: none */
    uint8_t secret[HASH_SECRET_BYTES];
};

/* Maps `bytes` and touches nothing of it. The secret is copied. */
void offset_map_init(struct offset_map *map, size_t bytes, const uint8_t *secret);
void offset_map_fini(struct offset_map *map);

/* An empty table for at most so many keys, or as many as the memory has room for. */
void offset_map_begin(struct offset_map *map, uint64_t keys);
/* Gives the memory back to the system. */
void offset_map_end(struct offset_map *map);

/* Notes the key's newest offset; false: it is a new key, and the table is full. */
bool offset_map_put(struct offset_map *map, struct bytes key, int64_t offset);
/* The key's newest offset, -1: the key was not noted. */
int64_t offset_map_get(const struct offset_map *map, struct bytes key);
