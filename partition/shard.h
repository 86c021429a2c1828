/*
 * All partitions of one core: their WAL stream, the appends that wait for it, and the flusher.
 *
 * Appends wait in one queue in WAL order, which is offset order within each partition. When a
 * group becomes durable the head of that queue is answered; when the stream fails, its tail is
 * rolled back, newest first. Neither path can pass over an append.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "base/list.h"
#include "base/log.h"
#include "io/io.h"
#include "partition/cleaner.h"
#include "partition/deletion.h"
#include "partition/flush.h"
#include "partition/read_files.h"
#include "partition/read_places.h"
#include "partition/refused.h"
#include "partition/relog.h"
#include "partition/time_search.h"
#include "partition/trim.h"
#include "wal/wal.h"

struct partition;
struct pending_batch;

struct shard_options {
    struct io *io;
    const char *log_directory;
    unsigned stream;
    enum flush_profile flush_profile;
    struct wal_options wal; /* io, directory, stream, owner and log are filled in here */
    const struct log *log;
};

struct shard {
    struct wal_owner wal_owner; /* first: the WAL's callbacks find the shard by it */
    struct io *io;
    struct wal *wal;
    const char *log_directory;
    unsigned stream;
    struct log log;

    struct list partitions;
    struct list appends; /* struct partition_append, in WAL order */
    struct list answers; /* appends that are decided and whose `done` is due */
    struct list reads;   /* struct partition_read served from memory, `done` due */
    struct list queries; /* struct partition_time_query, `done` due */
    struct list dirty;   /* partitions with pending batches, by dirty_since_ns */
    struct list moved;   /* partitions whose watches are due */
    uint64_t pending_bytes;
    uint32_t pending_batches;
    uint64_t last_append_ns;

    struct flush flush;
    struct batch_opener opener; /* of the jobs in SHARD_TIME_LANE */
    struct relog relog;
    struct trims trims;
    struct deletions deletions;
    uint32_t rolls_out;    /* partitions that begin an empty segment (retention.h) */
    struct heap deadlines; /* struct retention.timer: one for each partition that has one */
    struct cleaner cleaner;
    struct read_places read_places;
    struct refused refused;
    struct read_files read_files;
    bool stopping;

    /* Called when memory came free, or the stream came back: parked appends may try again. */
    void (*room)(struct shard *shard);
    bool room_due;
    bool crowded; /* an append was told to wait for room in the WAL, or for its reserve */
};

/* Jobs that change files of one shard run in this lane, in order. */
#define SHARD_DISK_LANE 1
/* Time queries run in this one (the WAL's own is 2): they share what opens compressed batches. */
#define SHARD_TIME_LANE 3
/* And compaction, which changes closed segments alone. */
#define SHARD_CLEAN_LANE IO_BACKGROUND_LANE
/* What is deleted waits for none of these: its name first, its files in the background. */
#define SHARD_RENAME_LANE 5
#define SHARD_REMOVE_LANE 6
/* The second part of a flush runs beside its first, which is in SHARD_DISK_LANE. */
#define SHARD_FLUSH_LANE 7

void shard_init(struct shard *shard);
/* Blocking: opens the stream in a new life. Everything recovered is flushed already. */
int shard_open(struct shard *shard, const struct shard_options *options,
               const struct wal_recovered *recovered) MUST_CHECK;
static inline bool shard_is_open(const struct shard *shard)
{
    return shard->deadlines.capacity > 0;
}
/* After shard_stopped only. */
void shard_close(struct shard *shard);

/* The partition is open and belongs to this shard from now on. */
void shard_attach(struct shard *shard, struct partition *partition);

/* Runs what is due and starts WAL writes and flushes. Call at the end of each step of the core.
 * Returns the next deadline, in ns. */
uint64_t shard_step(struct shard *shard);

/* Writes and flushes everything; no appends are given any more. */
void shard_stop(struct shard *shard);
/* Nothing is pending, in flight or dirty. */
bool shard_stopped(const struct shard *shard);

/* For partition.c and flush.c. */

/* Releases all pending batches of a deleted partition. */
void shard_drop_pending(struct shard *shard, struct partition *partition);
/* One batch leaves memory and WAL. */
void shard_release(struct shard *shard, const struct pending_batch *batch, bool planned);
/* Memory of the WAL may have come free. */
void shard_signal_room(struct shard *shard);
