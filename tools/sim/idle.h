/*
 * What a broker that idles may hold: nothing that clients or their work brought.
 *
 * A clean stop asserts that every pool has everything back. That is too late for what is let go of
 * only then: it would pile up as long as the broker runs. So its cores are looked at while they
 * rest: no connection is open, nothing has been asked for longer than any answer, flush or retry
 * takes.
 */
#pragma once

#include <stddef.h>

#include "io/sim/sim.h"

/* So long after the last connection has gone everything has ended. */
#define IDLE_NS (UINT64_C(20) * 1000000000)

/* A sentence about what is still held, in `sentence`; or null: nothing is. The host's cores are
 * those of a broker that serves. */
const char *idle_keeps(struct sim_host *host, char *sentence, size_t size);
