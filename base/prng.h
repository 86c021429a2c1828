/* xoshiro256** by Blackman and Vigna, seeded by splitmix64: repeatable randomness for tests,
 * jitter and the simulator; not for secrets. */
#pragma once

#include <stdint.h>

#include "base/assert.h"

struct prng {
    uint64_t state[4];
};

void prng_init(struct prng *prng, uint64_t seed);

static inline uint64_t prng_rotate(uint64_t value, unsigned bits)
{
    return (value << bits) | (value >> (64 - bits));
}

static inline uint64_t prng_next(struct prng *prng)
{
    uint64_t *s = prng->state;
    uint64_t result = prng_rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = prng_rotate(s[3], 45);
    return result;
}

/* Uniform in [0, bound), bound > 0. */
static inline uint64_t prng_below(struct prng *prng, uint64_t bound)
{
    ASSERT(bound > 0);
    return (uint64_t)(((unsigned __int128)prng_next(prng) * bound) >> 64);
}
