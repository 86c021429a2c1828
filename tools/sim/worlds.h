/*
 * Worlds that a seed can be put into when ordinary ones meet what a rule is for too rarely: a disk
 * that fails all the time, power cuts aimed at single operations, damage that must be found, a disk
 * that is full. The broker must keep every promise in them, too.
 */
#pragma once

#include "tools/sim/seed.h"

/* Name on the command line, and what it is. */
#define SIM_WORLD_TABLE(X)                                                     \
    X(power, "the power goes during a chosen disk operation, again and again") \
    X(sick, "writes and syncs fail often")                                     \
    X(slow, "the disk stalls and connections are reset")                       \
    X(damage, "acknowledged WAL groups are damaged")                           \
    X(gone, "the WAL that holds the catalog's end is gone")                    \
    X(full, "the disk is full for a while, also during starts")                \
    X(filled, "the disk is full for long, and every change has an answer")     \
    X(cores, "each start has another number of cores")                         \
    X(clean, "clean stops, cut short or followed by a power loss")             \
    X(stale, "checkpoints take so long that the power goes first")             \
    X(swap, "the power goes while compacted segments get their names")         \
    X(outage, "nothing can be written for a moment, again and again")

#define SIM_WORLD_DECLARE(name, sentence) extern const struct seed_world sim_world_##name;
SIM_WORLD_TABLE(SIM_WORLD_DECLARE)
#undef SIM_WORLD_DECLARE

/* Null: no such world. */
const struct seed_world *sim_world_find(const char *name);
/* One line a world. */
void sim_worlds_list(void);
