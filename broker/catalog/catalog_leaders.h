/*
 * Leadership of partitions in the catalog: taken at a start, given up at a clean stop, as Kafka's
 * controller does it for a broker that goes down and comes back (KIP-966).
 */
#pragma once

#include <stdbool.h>

struct catalog;

/* For judges: adds a record for each partition that this node does not lead, up to a limit. False:
 * there are more, so another proposal has to follow. */
bool catalog_take_leadership(struct catalog *catalog);
/* The reverse: no partition keeps a leader that is about to be fenced. */
bool catalog_resign_leadership(struct catalog *catalog);
