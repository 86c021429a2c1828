/* xoshiro256** by Blackman and Vigna, seeded by splitmix64: repeatable randomness for tests,
 * jitter and the simulator; not for secrets. */
#pragma once

#include <stdint.h>

struct prng {
    uint64_t state[4];
};

void prng_init(struct prng *prng, uint64_t seed);
uint64_t prng_next(struct prng *prng);
/* Uniform in [0, bound), bound > 0. */
uint64_t prng_below(struct prng *prng, uint64_t bound);
