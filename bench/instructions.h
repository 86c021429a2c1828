/* Fixed pieces of work whose instructions are counted; see bench/instructions.c. */
#pragma once

#include <stdint.h>

struct work {
    const char *name;
    uint32_t rounds;
    uint32_t operations;  /* in one round */
    void (*begin)(void);  /* once; may be null, as the others but run */
    void (*before)(void); /* each round, not counted */
    void (*run)(void);    /* counted */
    void (*after)(void);  /* each round, not counted */
    void (*end)(void);
};

extern const struct work codec_work[]; /* ends with a null name */
extern const struct work log_work[];
