/*
 * Logging again: what keeps an old WAL file alive, but is too little to be worth the sync of a
 * segment, or cannot be written to one now, is appended once more at the head of the WAL.
 *
 * A partition is logged again whole, all its pending batches behind one another with the offsets
 * they have, and only while none of its appends is out. So the copies lie in the WAL in the order
 * of their offsets, and whatever is appended later lies behind them. A replay takes each offset
 * once: it passes over what is in the log already, and over what lies beyond its end, because then
 * the first copies were in files that are gone, and later ones follow (recovery.c).
 *
 * The first copies count until the new ones are all durable; then the pending batches point at the
 * new ones, and the next checkpoint lets the old files go. Copies may take a share of the WAL; past
 * it partitions have to be flushed, and if they cannot be, the log directory takes no more.
 *
 * Rejected: copies of some of a partition's batches. A replay would have to put them in order.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "wal/wal.h"

struct partition;
struct shard;

struct relog_copy {
    struct partition *partition;
    struct wal_span span;
};

struct relog {
    struct relog_copy *copies; /* RELOG_BATCHES_MAX; of the pass that is under way */
    uint32_t count;            /* 0: none is */
    uint64_t sequence;         /* of the last copy */
    uint64_t bytes;            /* of all pending batches that are copies */
    uint64_t not_before_ns;    /* of the next pass */
    bool copied;               /* the last pass found something */
    bool blocked;              /* it found no room in the WAL: only a flush helps */
    uint64_t logged;           /* batches so far */
};

void relog_init(struct shard *shard);
void relog_fini(struct shard *shard);
/* Whether the partition's pending batches are too few bytes to be worth a sync under pressure. */
bool relog_prefers(const struct shard *shard, const struct partition *p);
/* Under pressure: begins a pass over the partitions that hold the oldest part of the WAL. When to
 * call again, in ns. */
uint64_t relog_step(struct shard *shard, uint64_t now);
/* The WAL is durable up to `sequence`. */
void relog_durable(struct shard *shard, uint64_t sequence);
/* The WAL is offline: copies that are not durable are dropped. */
void relog_offline(struct shard *shard);
