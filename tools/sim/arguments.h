/* The command line of odradek-sim. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/seed.h"

struct arguments {
    struct seed_options seed; /* `seed.seed`: the first, or the one */
    bool one;                 /* this seed alone */
    bool trace;               /* of it, to standard error */
    bool minimise;            /* what fails */
    uint64_t count;
    double hours; /* 0: no limit */
    unsigned jobs;
    const char *directory; /* for the traces of failures */
    bool mutants;          /* each must be caught */
    const char *only;      /* those whose names begin so; null: all */
};

/* False: the program ends with `*code`; what there is to say has been said. */
bool arguments_parse(int argc, char **argv, struct arguments *arguments, int *code);
