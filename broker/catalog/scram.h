/*
 * SCRAM credentials of the catalog (KIP-554), as far as they are told: whose, by which mechanism,
 * and how many iterations. Their secrets stay in the log.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"

struct credential {
    char *text;        /* owned */
    struct bytes user; /* in it */
    int8_t mechanism;
    int32_t iterations;
};

/* All zero: none. */
struct credentials {
    struct credential *items; /* by user and mechanism */
    uint32_t count;
    uint32_t capacity;
};

void credentials_fini(struct credentials *credentials);
void credentials_put(struct credentials *credentials, struct bytes user, int8_t mechanism,
                     int32_t iterations);
/* Missing is no error. */
void credentials_remove(struct credentials *credentials, struct bytes user, int8_t mechanism);
/* Where those of a user begin or would begin; `count` receives how many there are. */
uint32_t credentials_of(const struct credentials *credentials, struct bytes user, uint32_t *count);
