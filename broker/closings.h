/*
 * What a broker tells at its stop about its batches: how many there were of WAL groups, flushes and
 * changes of the catalog, how much was in them, and why each was closed.
 */
#pragma once

struct core;

/* The core has ended; its shard is still there. */
void closings_tell(const struct core *core);
