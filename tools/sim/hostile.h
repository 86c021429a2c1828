/*
 * Simulated visitors who do not keep the protocol: garbage, frames cut short, sizes that cannot be,
 * requests that never end, storms of connections, and some who never read. The broker may close
 * them, and must serve everybody else meanwhile.
 */
#pragma once

#include "tools/sim/client.h"

struct hostile;

struct hostile *hostile_new(struct party *party, uint64_t pause_ns_max);
/* After the party has left. */
void hostile_free(struct hostile *hostile);
void hostile_start(struct hostile *hostile);
/* All leave, and nobody comes any more. The party is left when they are gone. */
void hostile_leave(struct hostile *hostile);
