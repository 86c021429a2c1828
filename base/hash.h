/* 64-bit hashes for maps and placement: XXH3 (xxHash). */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

uint64_t hash_bytes(struct bytes bytes);
/* For tables of keys that a client chooses: it does not know `secret`, so it cannot choose keys
 * that all fall into one place. */
uint64_t hash_bytes_keyed(struct bytes bytes, uint64_t secret);
/* A bijective mixer for integers (XXH64 avalanche). */
uint64_t hash_u64(uint64_t value);
