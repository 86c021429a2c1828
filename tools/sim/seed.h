/* One seed: a world, a broker, clients, trouble as planned, and the verdict. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "io/sim/sim.h"
#include "tools/sim/life.h"
#include "tools/sim/plan.h"
#include "tools/sim/states.h"
#include "tools/sim/workload.h"

/* What happens to the broker in place of the plan's events; worlds.h has some. */
struct seed_world {
    void (*faults)(struct sim_life *life); /* behind those of the plan */
    /* One round; null, or the promise that was broken. */
    const char *(*misfortune)(struct sim_life *life);
    bool stops; /* it has clean stops */
    bool busy;  /* clients write as much as they can */
};

struct seed_options {
    uint64_t seed;
    uint32_t seconds; /* of simulated work under trouble */
    struct plan_cuts cuts;
    int find;                       /* a state: reaching it is what breaks; negative: none */
    FILE *trace;                    /* every event and the broker's log; null: none */
    const struct seed_world *world; /* null: the plan says what happens */
};

/* Plain data: it goes through a pipe from the process that ran the seed. */
struct seed_result {
    struct workload_result workload;
    uint64_t simulated_ns;
    uint64_t hash; /* of all events */
    uint32_t starts;
    uint32_t refused;
    uint32_t crashes;
    uint32_t kills;
    uint32_t stops;
    uint64_t kinds;       /* a bit per kind of trouble that was there */
    uint32_t event_count; /* of the plan */
    uint64_t strikes[SIM_STRIKE_COUNT];
    uint64_t states[STATE_COUNT];
};

/* True when every promise was kept; else result->workload.violation says which was not. */
bool seed_run(const struct seed_options *options, struct seed_result *result);
