/*
 * Many seeds, in processes that run some of them each: a broken broker ends its process, and the
 * seeds behind it go on in another one. What a seed is does not depend on those before it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/seed.h"

#define FLEET_JOBS_MAX 256
#define FLEET_VERDICT_BYTES 640

/* How one seed ended. */
struct fleet_end {
    struct seed_options options;
    struct seed_result result; /* zeros but for `told` */
    bool told;                 /* its process handed over its result */
    int signal;                /* that ended the process before, or 0 */
};

/* Whether it broke; then why in one sentence, without numbers that vary (`general`) or as it is. */
bool fleet_broke(const struct fleet_end *end);
void fleet_verdict(const struct fleet_end *end, bool general, char verdict[FLEET_VERDICT_BYTES]);

/* Runs one seed; with `quiet` nothing of it is to be seen. */
void fleet_run_one(const struct seed_options *options, bool quiet, struct fleet_end *end);

struct fleet_options {
    struct seed_options seed; /* for all; `seed.seed` is the first */
    uint64_t count;
    uint64_t real_s_max; /* no more seeds are handed out later; 0: no limit */
    unsigned jobs;
    bool stop_at_failure;
};

struct fleet_totals {
    uint64_t finished;
    uint64_t failed;
    uint64_t simulated_ns;
    uint64_t calls;
    uint64_t cpu_ns; /* of processes that have ended */
    uint64_t hash;   /* of all seeds, whatever their order */
    double real_s;
    uint64_t starts;
    uint64_t kinds[PLAN_KIND_COUNT]; /* seeds that had it */
    uint64_t strikes[SIM_STRIKE_COUNT];
    uint64_t states[STATE_COUNT];
};

typedef void fleet_failed_fn(void *context, const struct fleet_end *end);

/* Each failure is told as it happens. Progress goes to standard error. */
void fleet_run(const struct fleet_options *options, fleet_failed_fn *failed, void *context,
               struct fleet_totals *totals);
/* Speed, then how often each fault struck and each state was reached, then those that never were,
 * then "N passed, M failed". */
void fleet_print(const struct fleet_totals *totals);
