/*
 * Listening sockets: each core has its own for every listener, shared by port.
 *
 * Accepting pauses when the connection slab or the descriptors are used up, and goes on when a
 * connection ends; peers wait in the kernel's queue meanwhile.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"

struct core;

/* Opens the sockets, on the main thread before the core runs. `ports` are chosen by the first core
 * where the configuration says 0. The log has the sentence on failure. */
int accept_listen(struct core *core, uint16_t *ports) MUST_CHECK;
void accept_start(struct core *core);
/* A connection has ended. */
void accept_resume(struct core *core);
/* Closes the listening sockets; accept_stopped when that is done. */
void accept_stop(struct core *core);
bool accept_stopped(const struct core *core);
