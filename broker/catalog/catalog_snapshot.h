/*
 * Writing snapshots of the metadata log (KIP-630), so that a start, ours or Kafka's, need not read
 * the log from its beginning. Everything blocks: a disk job, or the main thread at a stop.
 */
#pragma once

#include <stdint.h>

#include "broker/catalog/catalog_files.h"

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

/* Reads the newest snapshot and the log up to `offset_limit`, and writes what they amount to as
 * the next snapshot. Nothing is written when nothing came since the last one, or when a transaction
 * is open there. `id` is that of the newest one then, if there is any. ERR_CORRUPT: the files do
 * not reach `offset_limit`. */
int catalog_snapshot_make(struct file_system *fs, const char *directory, int64_t offset_limit,
                          int64_t now_ms, struct catalog_snapshot_id *id) MUST_CHECK;

/* One that is there; nobody has checked whether it is whole. */
struct catalog_snapshot_entry {
    struct catalog_snapshot_id id;
    uint64_t bytes;
    int64_t last_timestamp; /* of the last record in it; -1: it does not say */
};
/* All, the oldest first, in memory from mem_alloc (null: none). A missing directory has none. */
int catalog_snapshot_list(struct file_system *fs, const char *directory,
                          struct catalog_snapshot_entry **entries, uint32_t *count) MUST_CHECK;
/* Removes those that end below `offset`, and those that Kafka was about to delete. Not synced: one
 * that comes back does no harm. */
int catalog_snapshot_remove_below(struct file_system *fs, const char *directory,
                                  int64_t offset) MUST_CHECK;
