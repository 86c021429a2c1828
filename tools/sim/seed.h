/* One seed: a world, a broker, clients, misfortune, and the verdict. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/life.h"
#include "tools/sim/workload.h"

/* What happens to the broker in place of the ordinary misfortunes; worlds.h has some. */
struct seed_world {
    void (*faults)(struct sim_life *life); /* behind those the seed has decided */
    /* One round; null, or the promise that was broken. */
    const char *(*misfortune)(struct sim_life *life);
};

struct seed_options {
    uint64_t seed;
    uint64_t seconds;               /* of simulated work under faults */
    bool trace;                     /* every event and the broker's log, to standard error */
    const struct seed_world *world; /* null: the ordinary one */
};

struct seed_result {
    struct workload_result workload;
    uint64_t simulated_ns;
    uint64_t hash; /* of all events */
    uint32_t starts;
    uint32_t refused;
    uint32_t crashes;
    uint32_t kills;
    uint32_t stops;
};

/* True when every promise was kept; else result->workload.violation says which was not. */
bool seed_run(const struct seed_options *options, struct seed_result *result);
