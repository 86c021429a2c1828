/* 64-bit hashes for maps and placement: XXH3 (xxHash). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

uint64_t hash_bytes(struct bytes bytes);
/* For tables of keys that a client chooses: it does not know `secret`, so it cannot choose keys
 * that all fall into one place. */
uint64_t hash_bytes_keyed(struct bytes bytes, uint64_t secret);

/* 128 bits, for tables that know a key by its hash alone: two keys with the same hash are one
 * there. A client that knew the secret could make such keys, so it is random, and of one process.
 */
#define HASH_SECRET_BYTES 192
struct hash_wide {
    uint64_t low;
    uint64_t high;
};
struct hash_wide hash_bytes_wide(struct bytes bytes, const uint8_t secret[HASH_SECRET_BYTES]);

/* A bijective mixer for integers (XXH64 avalanche). */
static inline uint64_t hash_u64(uint64_t value)
{
    value ^= value >> 33;
    value *= 0xc2b2ae3d27d4eb4fu;
    value ^= value >> 29;
    value *= 0x165667b19e3779f9u;
    value ^= value >> 32;
    return value;
}
