/*
 * The flusher of one shard: pending batches into segments, then the checkpoint, then the WAL's
 * trim.
 *
 * One flush runs at a time. A disk job writes and syncs segments, or two side by side when the WAL
 * fills; when many are dirty one more syncs them all. Back on the core the results are applied:
 * what failed keeps its batches and is tried again with backoff. Then a job writes the checkpoint
 * that says so. Back on the core the WAL spans are released. Nothing is held meanwhile: appends and
 * group commits go on beside it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/mutant.h"
#include "io/io.h"
#include "partition/segments.h"
#include "wal/wal.h"

struct partition;
struct shard;

enum flush_profile {
    FLUSH_LOW_LATENCY,
    FLUSH_BALANCED,
    FLUSH_HIGH_THROUGHPUT,
    FLUSH_EXTREME,
    FLUSH_IDLE_ONLY,
};

enum flush_reason {
    FLUSH_BATCHES,  /* pending batches reached the threshold */
    FLUSH_BYTES,    /* pending bytes did */
    FLUSH_AGE,      /* the oldest pending batch is too old */
    FLUSH_IDLE,     /* nothing was appended for a while */
    FLUSH_PRESSURE, /* the WAL's memory or files run low */
    FLUSH_STOP,
    FLUSH_REASONS,
};

/* Thresholds of one profile; a flush starts when any is reached. */
struct flush_limits {
    const char *name;
    uint32_t batches;
    uint32_t age_ms;
    uint32_t idle_ms;
    uint64_t bytes;
};

struct flush_share; /* one partition in the running flush */

#define FLUSH_PARTS 2

/* The shares that one job writes. */
struct flush_part {
    struct io_op op;
    struct flush *flush;
    uint32_t first;
    uint32_t count;
};

struct flush {
    enum flush_profile profile;
    enum { FLUSH_RESTING, FLUSH_WRITING, FLUSH_SYNCING, FLUSH_CHECKPOINTING } phase;
    enum flush_reason reason;
    struct io_op op;
    struct flush_share *shares; /* FLUSH_SHARES_MAX */
    uint32_t share_count;
    struct flush_part parts[FLUSH_PARTS];
    uint32_t parts_out;
    struct segment_write_batch *batches; /* FLUSH_BATCHES_MAX, all shares' one behind another */
    uint32_t batch_count;
    bool sync_all;
    uint8_t *checkpoint; /* encoded, from mem_alloc */
    uint64_t checkpoint_len;
    uint64_t checkpoint_capacity;
    uint64_t checkpoint_number;
    uint64_t encoded;  /* checkpoints of this run that were begun */
    uint64_t written;  /* the last of them that is on disk */
    uint64_t retry_ns; /* not before; after a failed checkpoint */
    struct wal_position position;
    bool checkpoint_due; /* entries have left without a flush: a checkpoint lets WAL files go */
    uint32_t failing;    /* partitions whose last write failed */
    bool checkpoint_failing;
    bool full; /* one of these failures was for want of space */
    uint64_t flushes[FLUSH_REASONS];
    uint64_t failures;
};

/* `checkpoint_number` is the number of the newest checkpoint on disk. */
void flush_init(struct shard *shard, enum flush_profile profile, uint64_t checkpoint_number);
void flush_fini(struct shard *shard);
/* Starts a flush when one is due. Returns the next deadline, in ns. */
uint64_t flush_step(struct shard *shard);
/* Whether the log directory takes no more from clients: its segments cannot grow, or cannot be
 * written and the WAL has no room left to wait in. Ends by itself when a flush succeeds. */
bool flush_refuses(const struct shard *shard);
/* Whether the last attempt at something failed. */
static inline bool flush_fails(const struct flush *flush)
{
    return flush->failing > 0 || flush->checkpoint_failing;
}
/* Whether what finds no room in the WAL may wait for a flush to make some. */
static inline bool flush_may_make_room(const struct flush *flush)
{
    return !flush_fails(flush) || MUTANT(WAIT_FOR_FLUSH);
}
/* Whether clients have to wait: what is left of the WAL is for what is on its way, and for the
 * broker's own records; or the reserve behind it is still being made. */
bool flush_crowded(const struct shard *shard);
/* There may be space again: what waits for its next attempt need not wait. */
void flush_retry_soon(struct shard *shard);
/* The partition's failure is over: it was written, or is deleted. */
void flush_works_again(struct shard *shard, struct partition *p);
static inline bool flush_resting(const struct flush *flush)
{
    return flush->phase == FLUSH_RESTING;
}
const char *flush_profile_name(enum flush_profile profile);
bool flush_profile_parse(struct bytes text, enum flush_profile *profile);
const char *flush_reason_name(enum flush_reason reason);
