/*
 * The segments of one partition: files in Kafka's own format and names, on one log directory.
 *
 * `<base>.log` holds record batches, `<base>.index` (offset - base, position) and
 * `<base>.timeindex` (timestamp, offset - base) are sparse, as Kafka writes them; `<base>.snapshot`
 * is the producer state at that offset. The directory is `<topic>-<partition>` and is made by the
 * first write.
 *
 * Two sides. The owner's core knows the list: which segments there are and up to where each is
 * synced. Disk jobs do the work: they get a plan or a query by value, use blocking file verbs, and
 * report; the core applies the report. One writing job per partition is out at a time; reading jobs
 * hold the segment they read, so that closing and deleting wait for them.
 *
 * Only synced bytes are ever read: everything behind the synced end is in memory (WAL blocks).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/list.h"
#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "io/file.h"
#include "io/io.h"
#include "partition/time_search.h"

struct segments_found;

/* What a topic's configuration says about its segments; read at each write. */
struct segment_limits {
    uint32_t segment_bytes;        /* segment.bytes */
    uint32_t index_interval_bytes; /* index.interval.bytes */
    uint32_t index_bytes_max;      /* segment.index.bytes */
    int64_t segment_ms;            /* segment.ms */
};

/* What a writer must know to go on with a segment's two indexes. */
struct segment_index {
    uint32_t entries;      /* of .index */
    uint32_t time_entries; /* of .timeindex */
    int64_t time_last;     /* timestamp of the last time entry, -1: none */
    uint64_t bytes_since;  /* of .log, since the batch of the last index entry */
};

struct read_file;

/* A job opens the files that it needs, and closes them; only what readers go on in stays open
 * (read_files.h). So thousands of segments cost few descriptors. */
struct segment {
    struct list node; /* in segments.list, by base offset */
    int64_t base_offset;
    int64_t end_offset;           /* one past the last synced record; the next segment's base */
    uint64_t synced_bytes;        /* of .log */
    int64_t max_timestamp;        /* -1: none */
    int64_t max_timestamp_offset; /* the last offset of the batch that has it */
    int64_t first_timestamp;      /* max timestamp of the first batch, -1: none; for segment.ms */
    int64_t created_ms;           /* first append, wall clock: for segment.ms */
    uint64_t written_ns;          /* not before its last append: for retention */
    int64_t modified_ms;          /* of .log; kept only while there is no timestamp */
    struct segment_index index;
    uint32_t holds;         /* reading jobs, and the remover */
    bool removed;           /* out of the list; freed with its last hold */
    bool cut;               /* a failed write may have left bytes behind synced_bytes */
    bool swapping;          /* compaction is giving its files to another one: nobody reads them */
    bool replaced;          /* that is done: what was read of it since may be of either */
    uint64_t removed_after; /* its files may go with this checkpoint (flush.written) */
    struct read_file *read_file; /* open for readers; null: it is not */
};

struct segments {
    struct file_system *fs;
    char *directory; /* "<log dir>/<topic>-<partition>" */
    bool directory_made;
    struct list list;
    uint32_t count;
    uint32_t replacements; /* so far: positions in files have changed */
    bool write_failed;     /* the next write starts a new segment at the synced end */
    const struct log *log;
};

/* The core's side; no file operation. */

void segments_init(struct segments *s, struct file_system *fs, const char *directory,
                   const struct log *log);
/* Frees the list; no job may be out. */
void segments_fini(struct segments *s);
/* The segment that holds or would hold `offset`; null when it is below the first or there is none.
 */
struct segment *segments_find(const struct segments *s, int64_t offset);
struct segment *segments_first(const struct segments *s);
struct segment *segments_last(const struct segments *s);
void segment_hold(struct segment *segment);
void segment_drop(struct segments *s, struct segment *segment);

/* Blocking, at start-up. */

/* Loads what is there and makes it end exactly at `synced_end`: deletes segments at or above it
 * (an empty one that begins there stays), cuts the last one, drops stray files (.deleted, .cleaned,
 * .swap per Kafka's rules) and producer snapshots that belong to no segment, but for the newest.
 * Indexes that are missing, too short or inconsistent are rebuilt; with `trusted` (clean stop) they
 * are only checked for size. ERR_CORRUPT when the bytes below synced_end are not there; where
 * `log_start` has reached it there need not be a segment, but the directory.
 * `synced_end` -1: Kafka's own rules: everything that checks out from `recovery_point` on is kept,
 * and synced; the end is then the last segment's end_offset. ERR_UNSUPPORTED: record sets from
 * before Kafka 0.11 would have to be read. A failed open may have repaired some of the files; it
 * leaves `s` without segments. */
struct segments_load {
    int64_t synced_end;
    int64_t log_start; /* as the checkpoint has it */
    int64_t recovery_point;
    bool trusted;
    /* Called for each batch that ends at or above `replay_from`, for producer state and leader
     * epochs; null: not wanted. `batch` is its header alone, BATCH_HEADER_SIZE bytes; a control
     * batch comes whole, if it is not larger than any of Kafka's. */
    int64_t replay_from;
    void (*replay)(void *context, const uint8_t *batch);
    void *context;
    /* What lies in the directory, as segments_found_load has just told; null: it is listed. */
    const struct segments_found *found;
};
int segments_open(struct segments *s, const struct segments_load *load) MUST_CHECK;

/* The newest producer snapshot at or below `end_offset` of those found: its offset and, from
 * mem_alloc, its bytes. ERR_NOT_FOUND. Blocking. */
int segments_load_snapshot(const struct segments *s, const struct segments_found *found,
                           int64_t end_offset, int64_t *offset, struct bytes *snapshot) MUST_CHECK;

/* At a clean stop, when everything is written: exact file lengths, the active segment's last time
 * entry, and `snapshot` (empty: none) as the producer state at the end. It syncs nothing: the
 * caller syncs the file system before the mark of the clean stop, indexes included. Blocking. */
int segments_close(struct segments *s, struct bytes snapshot) MUST_CHECK;

/* Writing: a job. */

struct segment_write_batch {
    const uint8_t *data; /* whole record batch; stays until the job is done */
    uint32_t len;
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp;
};

#define SEGMENT_WRITE_NEW_MAX 16

/* One partition's share of a flush. In: filled by the core from the list. Out: filled by the job.
 */
struct segment_write {
    struct segments *segments; /* the job reads only fs, directory and log */
    struct segment_limits limits;
    const struct segment_write_batch *batches;
    uint32_t batch_count;
    bool sync;             /* false: the caller syncs the whole file system afterwards */
    bool roll;             /* start a new segment first */
    int64_t roll_offset;   /* without batches: it begins here, and stays empty */
    int64_t now_ms;        /* wall clock, for segment.ms */
    struct bytes snapshot; /* producer state to store as <base>.snapshot if a segment is rolled at
                              the first batch's base offset; empty: none */
    /* private state of the active segment, copied in by segments_write_begin */
    struct segment tail;
    bool tail_valid;
    bool make_directory; /* nothing has been written there yet */
    bool clear_strays;   /* a failed write may have left segments: they must go first */
    /* out */
    int error;
    struct segment created[SEGMENT_WRITE_NEW_MAX]; /* segments this job made, in order */
    uint32_t created_count;
    uint32_t written; /* batches written: fewer than batch_count when created[] is full */
};

/* Core: copies what the job needs. One write of a partition at a time. The members above the
 * private state are set before. */
void segments_write_begin(struct segments *s, struct segment_write *write);
/* Job: writes, rolls where the limits say so, syncs files and the directory of new ones. All or
 * nothing: after an error none of the batches counts as written. */
int segments_write_run(struct segment_write *write) MUST_CHECK;
/* Job: the same without batches: closes the last segment, and begins an empty one. */
int segments_roll_run(struct segment_write *write) MUST_CHECK;
/* Core: applies the result: list, synced ends; after an error a new segment comes next. */
void segments_write_end(struct segments *s, struct segment_write *write);

/* Reading: jobs, on a held segment. */

struct segment_read {
    struct segments *segments;
    struct segment *segment; /* held by the caller until the job is done */
    uint64_t synced_bytes;   /* copied from the segment when the job starts: nothing behind it */
    int64_t offset;          /* the batch that contains it comes first */
    int64_t offset_limit;    /* only batches that begin below it */
    uint64_t position_hint;  /* where the batch of `offset` begins, or SEGMENT_NO_HINT */
    struct read_file *file;  /* the segment's open file; null: it is opened for this read */
    uint8_t *data;           /* destination */
    uint32_t capacity;
    bool check;    /* verify each batch's CRC */
    uint32_t have; /* bytes from the hint on that are in `data` already, by segment_read_now */
    /* out */
    uint32_t len;        /* whole batches; 0 when the first is larger than capacity: */
    uint32_t needed;     /* then its size */
    int64_t next_offset; /* one past the last record read */
    uint64_t next_position;
    uint32_t next_size; /* of the batch there; 0: not known */
};
#define SEGMENT_NO_HINT UINT64_MAX
/* Result 0, ERR_IO, ERR_CORRUPT (a batch that does not check out: never served). */
int segment_read_run(struct segment_read *read) MUST_CHECK;
/* Core: the same, when the file is open, the hint is right and the system has the bytes in memory.
 * False: it takes a job, for whatever reason. */
bool segment_read_now(struct segment_read *read, struct io *io) MUST_CHECK;

/* The first record of one segment at or after a timestamp. */
struct segment_time_query {
    struct segments *segments;
    struct segment *segment;
    uint64_t synced_bytes;
    struct batch_opener *opener; /* null: compressed batches answer by their header */
    struct time_search search;
};
int segment_time_query_run(struct segment_time_query *query) MUST_CHECK;

/* Truncation and deletion. */

/* Core: moves segments wholly below `offset` from the list to `removed` (a list of segment nodes),
 * keeping at least the last one, and what is being swapped. Each carries a hold of the remover's.
 * Returns how many. */
uint32_t segments_cut_front(struct segments *s, int64_t offset, struct list *removed);
/* Core: `count` segments from the one that begins at the base offset of `segment` on give way to a
 * copy of that. Readers that hold one of them find it `replaced`. */
void segments_replace(struct segments *s, const struct segment *segment, uint32_t count);
/* Core: moves those that no reader holds any more, and that wait for no checkpoint behind
 * `written`, from `removed` to `ready`, for the job. */
uint32_t segments_take_unheld(struct list *removed, uint64_t written, struct list *ready);
/* Job: deletes the files of the segments in `ready`, the oldest first. Missing is success. Not
 * synced: a segment that comes back after a crash lies below the log start. */
int segments_remove_run(const struct segments *s, const struct list *ready) MUST_CHECK;
/* Core: frees the segments in `ready`. */
void segments_remove_end(struct segments *s, struct list *ready);
/* What the directory of a deleted partition is renamed to, as Kafka does: beside it
 * `<topic>-<partition>.<32 hexadecimal digits>-delete`, here those of the topic's id. `path` has
 * room for SEGMENT_PATH_SIZE. */
void segments_deleted_path(char *path, const char *directory, struct uuid topic_id);
/* Removes a directory and the files in it. Missing is success. */
int segments_remove_directory(struct file_system *fs, const char *path) MUST_CHECK;
