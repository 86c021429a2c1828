/*
 * A simulated client that asks about everything and holds the answers against the model: which
 * topics there are, how they are configured, where logs begin and end, which offset a time or a
 * leader epoch has.
 */
#pragma once

#include "tools/sim/client.h"

struct sim_inspector;

struct sim_inspector *sim_inspector_new(struct party *party, uint64_t pause_ns_max);
/* After the party has left. */
void sim_inspector_free(struct sim_inspector *inspector);
void sim_inspector_start(struct sim_inspector *inspector);
/* Lists all topics once more, and ends. */
void sim_inspector_finish(struct sim_inspector *inspector);
bool sim_inspector_done(const struct sim_inspector *inspector);
