/*
 * Stopping: every core drains its connections, then all flush, then all end.
 *
 * Requests run across cores, so no core may end before every core has answered its own. The stages
 * are counted in one atomic each; a core that ends a stage wakes the others. After
 * LIFE_STOP_LIMIT_NS the stop is unclean: the WAL stays, and the next start recovers from it.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/util.h"

struct core;

#define LIFE_STOP_LIMIT_NS (10 * NS_PER_S)

/* Shared by all cores; written at the rare moments above only. */
struct life {
    atomic_bool stop_asked;
    atomic_uint drained;
    atomic_uint flushed;
    atomic_bool unclean;
};

/* Part of each core's step. True: it gave the shard something to do, so the step comes again. */
bool life_step(struct core *core);
/* A sleeping core must wake for this. */
bool life_stop_asked(const struct core *core);
