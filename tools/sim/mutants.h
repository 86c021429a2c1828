/* The table of mutants (base/mutant.h), as the simulator runs it. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Switches one on, for the rest of the process. `name` may be written with dashes and in lower
 * case. False: there is no such mutant. */
bool mutant_choose(const char *name);

/* One line a mutant. */
void mutants_list(void);

struct mutants_options {
    const char *names; /* only those whose name contains this; null: all */
    uint64_t seconds;  /* of work under faults, in each seed */
    unsigned jobs;
};

/* Runs each mutant in its world, seed by seed, until it is caught; prints by what. An exit code: 1
 * when one was not caught within its seeds. */
int mutants_run(const struct mutants_options *options);
