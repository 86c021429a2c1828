/*
 * Writing snapshots of the metadata log (KIP-630), so that a start, ours or Kafka's, need not read
 * the log from its beginning. Everything blocks: a disk job, or the main thread at a stop.
 */
#pragma once

#include <stdint.h>

#include "broker/catalog_files.h"

struct catalog_state;

/* One file, made of `state`; atomic and durable. `last_timestamp` is that of the last record in it,
 * `now_ms` the wall clock. */
struct catalog_snapshot {
    struct catalog_snapshot_id id;
    int64_t last_timestamp;
    int64_t now_ms;
};
int catalog_snapshot_write(struct file_system *fs, const char *directory,
                           const struct catalog_snapshot *snapshot,
                           struct catalog_state *state) MUST_CHECK;

/* Reads the newest snapshot and the log up to `offset_limit`, writes what they amount to as the
 * next snapshot, and deletes all but the two newest. Nothing is written when nothing came since the
 * last one, or when a transaction is open there. `id` is that of the newest one then, if there is
 * any. ERR_CORRUPT: the files do not reach `offset_limit`. */
int catalog_snapshot_make(struct file_system *fs, const char *directory, int64_t offset_limit,
                          int64_t now_ms, struct catalog_snapshot_id *id) MUST_CHECK;
