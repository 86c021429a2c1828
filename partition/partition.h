/*
 * One partition: the append and read state machine.
 *
 * A partition belongs to one core's shard. Offsets are assigned, sequences checked and bytes
 * copied into the WAL in one step; the batch is visible and acknowledged when its group is
 * durable. Until a flush has put it into a segment, a batch is *pending*: an entry that points
 * into the WAL block, which serves tail reads and the segment write.
 *
 *     log start <= last stable offset <= high watermark = durable end <= log end
 *               synced end (segments) <=             (one machine)
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/uuid.h"
#include "io/io.h"
#include "partition/aborted.h"
#include "partition/cleaner.h"
#include "partition/epochs.h"
#include "partition/producers.h"
#include "partition/retention.h"
#include "partition/segments.h"
#include "partition/trim.h"
#include "wal/wal.h"

struct shard;

/* One batch that is not in a synced segment yet. */
struct pending_batch {
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp;
    uint64_t bytes_before; /* of all batches appended since the partition was opened */
    struct wal_span span;
};

/* A growing ring of pending batches, ordered by offset. */
struct pending {
    struct pending_batch *ring;
    uint32_t capacity; /* power of two, or 0 */
    uint32_t head;
    uint32_t count;
};

/* Told when a partition's high watermark moves, or when it goes away (deleted, offline). */
struct partition_watch {
    struct list node;
    void (*moved)(struct partition_watch *watch);
};

/* How long idle producers are remembered. */
struct producer_limits {
    int64_t idle_ms;  /* producer.id.expiration.ms; 0: for ever */
    int64_t check_ms; /* producer.id.expiration.check.interval.ms */
};

/* When records are compacted: the topic's configuration. */
struct cleanup_limits {
    int64_t delete_retention_ms;      /* delete.retention.ms */
    int64_t min_compaction_lag_ms;    /* min.compaction.lag.ms */
    int64_t max_compaction_lag_ms;    /* max.compaction.lag.ms */
    double min_cleanable_dirty_ratio; /* min.cleanable.dirty.ratio */
    bool compact;                     /* cleanup.policy has compact */
};

struct partition {
    struct list shard_node; /* shard->partitions */
    struct list dirty_node; /* shard->dirty while it has pending batches, oldest first */
    struct list moved_node; /* shard->moved while watches are to be told */
    struct list trim_node;  /* shard->trims.partitions while `removed` has some */
    struct shard *shard;

    char *topic;
    struct uuid topic_id;
    int32_t index;
    int32_t leader_epoch;
    struct segment_limits limits;
    struct producer_limits producer_limits;
    struct retention retention;
    struct cleanup_limits cleanup_limits;

    int64_t log_start;
    int64_t synced_end;
    int64_t durable_end;
    int64_t log_end;
    int64_t last_stable; /* follows the high watermark while no transaction is open */

    struct segments segments;
    struct list removed; /* segments below the log start whose files are still there */
    struct producers *producers;
    int64_t snapshot_end; /* a .snapshot on the disk has their state as of this offset; -1: none */
    uint64_t producers_checked_ns; /* for idle ones; 0: not since the start */
    struct aborted aborted;        /* transactions */
    struct epochs epochs;
    bool epochs_changed; /* since the file was written */

    struct pending pending;
    uint64_t bytes_appended;
    uint64_t bytes_durable; /* of bytes_appended */
    uint64_t dirty_since_ns;
    uint64_t last_append_ns; /* or when the shard was opened */
    uint32_t flush_backoff_ms;
    uint64_t flush_not_before_ns;
    int64_t replay_end; /* recovery has passed over batches up to here: others must follow */
    bool flushing;
    bool relogging;               /* its pending batches are being logged again (relog.h) */
    int64_t clean_end;            /* compacted up to here, as far as that is known */
    uint64_t clean_not_before_ns; /* after a failure */
    bool uncleanable;             /* until the next start: a segment is damaged */
    bool metadata_written;        /* partition.metadata stands in the directory */

    bool offline; /* its files are missing or damaged: neither appends nor reads */
    bool deleted;
    uint32_t appends_out; /* in shard->appends */
    uint32_t trims_out;   /* in shard->trims */
    uint32_t jobs_out;    /* reading jobs, and those that delete and begin segments */
    struct deleted_directory *deleted_as; /* what a job renames its directory to */
    int delete_error;                     /* the job's result */
    struct list watches;
};

/* `directory` is the log directory; the partition's own is made by its first flush. The caller
 * opens it (recovery_open) before the first append. */
struct partition *partition_new(struct file_system *fs, const char *log_directory,
                                const char *topic, struct uuid topic_id, int32_t index,
                                const struct log *log);
/* No append, read or flush may be out. */
void partition_free(struct partition *partition);

static inline int64_t partition_high_watermark(const struct partition *partition)
{
    return partition->durable_end;
}

/* The bytes of all its batches, in segments or not. */
uint64_t partition_bytes(const struct partition *partition);

/* The synced end in the checkpoint that is on the disk, or less: until it is there batches stay
 * pending. */
int64_t partition_checkpointed_end(const struct partition *partition);

/* The offset below which everything is decided: the high watermark, or where the oldest open
 * transaction began. */
int64_t partition_stable_end(const struct partition *partition);

/* Appending. */

enum append_origin { APPEND_CLIENT, APPEND_COORDINATOR, APPEND_REPLICATION };

enum append_outcome {
    APPEND_DONE,      /* durable */
    APPEND_DUPLICATE, /* durable before; base_offset is the original's */
    APPEND_OUT_OF_ORDER,
    APPEND_FENCED,
    APPEND_TOO_LARGE,
    APPEND_OFFLINE, /* storage failed; it may or may not be found after a restart */
    APPEND_GONE,    /* the partition was deleted meanwhile */
};

struct partition_append {
    struct list node; /* shard's, until done */
    /* in */
    struct partition *partition;
    const uint8_t *batch; /* one whole, validated batch; may go once partition_append returns 0 */
    uint32_t len;
    enum append_origin origin;
    bool frees_space;     /* has a place in the WAL also when the disk is full (wal_append) */
    bool log_append_time; /* stamp the batch with now_ms */
    int64_t now_ms;
    void (*done)(struct partition_append *append); /* never inside partition_append */
    /* out */
    enum append_outcome outcome;
    int64_t base_offset;
    int64_t last_offset;
    int64_t timestamp; /* of the log append time, or of a duplicate's original; else -1 */
    int64_t log_start;
    /* internal */
    uint64_t sequence;
    uint64_t bytes_after;
    struct producer_undo undo;
    bool appended;
    bool has_undo;
};

/*
 * 0: `done` follows. ERR_BUSY: no room in the WAL now; nothing happened, try again when shard->room
 * is called. While flushes fail, which alone could make room, it is APPEND_OFFLINE at once.
 */
int partition_append(struct partition_append *append) MUST_CHECK;

/* Reading. */

struct partition_state {
    int64_t log_start;
    int64_t high_watermark;
    int64_t last_stable;
    int32_t leader_epoch;
    uint64_t available; /* bytes readable from `offset`, an estimate for what is in segments */
    uint32_t first;     /* bytes of the first batch, where that is known at once; else 0 */
};

/* What a fetch at `offset` would find. ERR_OUT_OF_RANGE, ERR_OFFLINE. */
int partition_probe(const struct partition *partition, int64_t offset, bool committed_only,
                    struct partition_state *state) MUST_CHECK;

/* The size of the batch that holds `offset`; 0: only its file says. */
uint32_t partition_first_bytes(const struct partition *partition, int64_t offset);

struct partition_read {
    /* in */
    struct partition *partition;
    int64_t offset;
    bool committed_only; /* read_committed: up to the last stable offset */
    uint8_t *data;
    uint32_t capacity;
    void (*done)(struct partition_read *read); /* never inside partition_read */
    /* out */
    int error;       /* 0, ERR_OUT_OF_RANGE, ERR_OFFLINE, ERR_IO, ERR_CORRUPT */
    uint32_t len;    /* whole batches, the first one contains `offset` */
    uint32_t needed; /* with len 0: the first batch's size, when it does not fit */
    /* internal */
    struct io_op op;
    struct segment_read segment;
    struct list node;
};
void partition_read(struct partition_read *read);
/* For the cleaner, which it has waited for: goes on from the beginning, or ends with the error. */
void partition_read_resume(struct partition_read *read, int error);
/* The aborted transactions that touch what a read has brought: from mem_alloc, the caller's; null
 * when there are none. On the partition's core, when the read is done. */
struct aborted_entry *partition_aborted(const struct partition_read *read, uint32_t *count);

/* The first record at or after a timestamp, within the high watermark. */
struct partition_time_query {
    struct partition *partition;
    int64_t timestamp;
    bool max_timestamp; /* instead: the record with the highest timestamp (the first of them) */
    void (*done)(struct partition_time_query *query);
    /* out */
    int error;
    bool found;
    int64_t offset;
    int64_t found_timestamp;
    int32_t leader_epoch;
    /* internal */
    struct io_op op;
    struct list node;
    int64_t next_offset; /* what lies below has been searched */
    int64_t job_end;     /* as far as the running job searches */
    struct segment_time_query segment;
    struct partition_time_job {
        struct wal_block *block; /* held */
        struct batch_span batch;
        struct batch_opener *opener;
        struct time_search search;
    } memory; /* a compressed batch that is pending */
};
void partition_time_query(struct partition_time_query *query);
/* As partition_read_resume. */
void partition_time_query_resume(struct partition_time_query *query, int error);

/* `moved` is called once, on the next move of the high watermark; the watch is then off. */
void partition_watch(struct partition *partition, struct partition_watch *watch);
void partition_unwatch(struct partition_watch *watch);

/* Takes the partition out of service: pending batches are dropped, waiters answered, watches told.
 * Once nothing is out its directory is renamed, and `shard` frees it (deletion.h). */
void partition_delete(struct partition *partition);

/* For shard, flush and recovery. */

/* Forgets idle producers, at most once in a check interval, the first of which begins with the
 * first call. Called when the partition is flushed, so that no timer wakes an idle broker. */
void partition_forget_idle_producers(struct partition *partition);

struct pending_batch *pending_at(const struct pending *pending, uint32_t index);
/* The first pending batch that ends at or after `offset`; count when there is none. */
uint32_t pending_find(const struct pending *pending, int64_t offset);
void pending_push(struct pending *pending, const struct pending_batch *batch);
void pending_pop_front(struct pending *pending, uint32_t count);
void pending_pop_back(struct pending *pending);
