/*
 * The log start of a partition moves up: DeleteRecords and retention.
 *
 * The new log start is an entry in the WAL. When its group is durable the log start moves, whoever
 * asked is told, and segments wholly below it leave the list; the last one always stays. A
 * checkpoint is then due at once, and when it is written a job deletes their files, those that are
 * still being read when nothing reads them any more.
 *
 * Why the files wait for the checkpoint: recovery opens segments up to the synced end that the
 * checkpoint names. It must neither name one that lies in a deleted segment, nor a log start below
 * the first segment that is left.
 *
 * A crash before the entry is durable: nothing has happened. After it: the replay moves the log
 * start again. Before all files are deleted: the next start deletes what lies below the log start.
 * What the WAL still holds of batches below it is written to segments as ever.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "io/io.h"
#include "wal/wal.h"

struct partition;
struct shard;

struct partition_trim {
    struct list node; /* the shard's, until done */
    /* in */
    struct partition *partition;
    int64_t offset; /* the log start to be; at most the high watermark */
    void (*done)(struct partition_trim *trim);
    /* out */
    int error; /* 0; ERR_OUT_OF_RANGE: above the high watermark; ERR_OFFLINE: storage failed, it may
                  or may not be found after a restart; ERR_NOT_FOUND: the partition is deleted */
    int64_t log_start; /* as it is now: it may be above `offset` */
    /* internal */
    struct wal_span span;
};

/* `done` follows, never inside this call. Without room in the WAL it waits for some. */
void partition_trim(struct partition_trim *trim);

/* One shard's share. */
struct trims {
    struct list waiting;    /* struct partition_trim, for room in the WAL */
    struct list logged;     /* the same, in WAL order */
    struct list answers;    /* the same, decided: `done` is due */
    struct list partitions; /* struct partition.trim_node, while segments wait for their deletion */
    /* The job that deletes files, of one partition at a time. */
    struct partition *removing; /* null: none runs */
    struct list ready;          /* struct segment, the job's */
    struct io_op op;
    uint64_t retry_ns; /* not before; after a failure */
};

/* For shard, flush and recovery. */

void trim_init(struct shard *shard);
/* After recovery: what a crash has left below the log start. */
void trim_begin(struct shard *shard, struct partition *p);
/* The WAL is durable up to `sequence`. */
void trim_durable(struct shard *shard, uint64_t sequence);
/* The WAL is offline: what is not durable has failed. */
void trim_offline(struct shard *shard);
/* Segments wholly below the log start leave the list: a later one may have come behind them. */
void trim_segments(struct partition *p);
/* Tells whoever is due; whether there was anybody. */
bool trim_answer(struct shard *shard);
/* Deletes files that may go. Returns the next deadline, in ns. */
uint64_t trim_step(struct shard *shard);
/* Nobody waits, and no job is out. */
bool trim_resting(const struct shard *shard);
/* Frees what waits for its deletion: the partition goes, with its directory or without. */
void trim_drop(struct partition *p);
