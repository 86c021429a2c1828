/*
 * Which keys of a request have come before: names or partitions that a client repeats, found in
 * time that grows with their number and not with its square. It lives in the request's arena.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/bytes.h"

struct seen_slot {
    struct bytes key;
    uint32_t index;
    bool used;
};

struct seen {
    struct seen_slot *slots;
    size_t capacity; /* a power of two */
    uint64_t secret;
};

#define SEEN_NEVER UINT32_MAX

/* Room for `count` keys; false when the arena has none. Clients do not know `secret`. */
bool seen_init(struct seen *seen, struct arena *arena, size_t count, uint64_t secret);
/* The index with which an equal key was put before. SEEN_NEVER: there was none, and `key`, which is
 * borrowed, stands there now with `index`. */
uint32_t seen_put(struct seen *seen, struct bytes key, uint32_t index);

/* For each of `count` numbers that lie `stride` bytes apart, whether it comes again: behind it, or
 * (`anywhere`) before it too. Null when the arena has no room. */
bool *seen_again(struct arena *arena, const int32_t *numbers, size_t stride, size_t count,
                 bool anywhere, uint64_t secret);
