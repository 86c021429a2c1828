/* The table of mutants (base/mutant.h), as the simulator runs it. */
#pragma once

#include <stdbool.h>

#include "tools/sim/seed.h"

/* Switches one on, for the rest of the process. `name` may be written with dashes and in lower
 * case. False: there is no such mutant. */
bool mutant_choose(const char *name);

/* One line a mutant. */
void mutants_list(void);

/* Runs each mutant in its world, seed by seed from 1 on, until it is caught; prints by what.
 * `only`: those whose name begins so; null: all. An exit code: 1 when one was not caught within the
 * seeds its row grants. */
int mutants_run(const struct seed_options *seed, const char *only, unsigned jobs);
