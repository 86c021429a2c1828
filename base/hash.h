/* 64-bit hashes for maps and placement: XXH3 (xxHash), seed 0. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

uint64_t hash_bytes(struct bytes bytes);
/* A bijective mixer for integers (XXH64 avalanche). */
uint64_t hash_u64(uint64_t value);
