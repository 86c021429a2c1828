/*
 * A failing run made smaller: it is run again and again with something taken away from its plan
 * (plan_cuts), in processes of its own, and what fails in the same way is gone on with.
 */
#pragma once

#include <stddef.h>

#include "tools/sim/fleet.h"

/* Tries at most `runs_max` runs. `end` is the failure to begin with, and the smallest then.
 * Returns how many runs there were; 0: it did not fail again, so it does not replay. */
unsigned minimise(struct fleet_end *end, unsigned runs_max);
/* The command line that replays the run, without a newline. */
void minimise_command(const struct seed_options *options, char *text, size_t size);
