/*
 * One write-ahead log stream: group commit for all partitions of one core.
 *
 * The happy path: wal_append reserves room for an entry in the gathering group, and the caller
 * copies its bytes there, once. wal_pump, called at the end of every step of the core, closes the
 * gathering group and writes it when fewer than two writes are in flight; while they are in
 * flight the next group gathers. When a write completes, the contiguous prefix of completed groups
 * is durable, and the owner hears of it. Nothing waits for a timer (profile `auto`), and no lock
 * exists.
 *
 * The copy in memory stays until the owner has made the entry durable elsewhere (wal_release), so
 * that it also serves tail reads and the write to the segment.
 *
 * Failures: a failed write is final for its file. The stream writes everything behind the last
 * durable group again, in a new life, to a spare file; when that fails too the stream is offline:
 * the owner is told once, answers what waits, and the stream probes until it may come back.
 *
 * A full disk: an entry is taken when it has its place in a file, or when a file is on its way. If
 * that file cannot be made after all, what waited for it ends as behind a failed write, and the
 * stream goes on with what still has its place. The last part of the last file, and the last block
 * of the memory, are for entries that may free space.
 *
 * Format, rules and recovery: docs/architecture.md, "WAL".
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/region.h"
#include "base/result.h"
#include "base/uuid.h"
#include "io/io.h"

struct wal;
struct wal_block;

enum wal_kind {
    WAL_EMPTY = 0,      /* proves the groups before it */
    WAL_BATCH = 1,      /* a record batch as it stands in the segment */
    WAL_LOG_START = 2,  /* payload: the new log start offset, big-endian int64 */
    WAL_SYNCED_END = 3, /* payload: the segment is synced to this offset, big-endian int64 */
};

/* WAL profiles: how long a group may gather (see docs/architecture.md, "Batching"). */
enum wal_profile { WAL_AUTO, WAL_LOW, WAL_MEDIUM, WAL_HIGH, WAL_ULTRA };

enum wal_close_reason {
    WAL_CLOSE_NATURAL, /* a write slot was free */
    WAL_CLOSE_FULL,    /* the block had no room for the next entry */
    WAL_CLOSE_BYTES,   /* profile: minimum bytes reached */
    WAL_CLOSE_AGE,     /* profile: maximum wait reached */
    WAL_CLOSE_STOP,    /* the stream is stopping */
    WAL_CLOSE_REASONS,
};
const char *wal_close_reason_name(enum wal_close_reason reason);

/* A position from which recovery reads: the first group that may still be needed. */
struct wal_position {
    uint64_t file;     /* file number */
    uint64_t sequence; /* of the first group in it */
};

struct wal_entry {
    enum wal_kind kind;
    struct uuid topic_id;
    int32_t partition;
    bool frees_space; /* it may lead to free space: the last part of file and memory is for it */
};

/* One appended entry. Plain data, copied freely; wal_release ends it. */
struct wal_span {
    uint8_t *data; /* the payload in memory */
    uint32_t len;
    bool again;              /* the owner's mark: a copy of an entry that was logged before */
    struct wal_block *block; /* holds data */
    uint64_t sequence;       /* the group; durable once wal_durable(w) >= sequence */
};

struct wal_owner {
    /* All groups up to `sequence` are durable. Called from io callbacks, never from wal_append. */
    void (*durable)(struct wal_owner *owner, uint64_t sequence);
    /* Every entry with a sequence above wal_durable(w) is gone: the stream is offline, or had no
     * place for them, and then `online` follows at once. The owner rolls its partitions back,
     * answers the waiters, and drops those spans (wal_release). */
    void (*offline)(struct wal_owner *owner);
    /* The stream accepts entries again. */
    void (*online)(struct wal_owner *owner);
    /* wal_reserve_comes has become false. */
    void (*reserve_settled)(struct wal_owner *owner);
};

#define WAL_FIRST_FILE_UNIT (64 * KIB)

struct wal_options {
    struct io *io;
    const char *directory;
    unsigned stream;           /* number of the core */
    uint64_t file_bytes;       /* size of a full WAL file, a multiple of 1 MiB */
    uint64_t files_max;        /* occupancy limit: files_max * file_bytes */
    uint64_t first_file_bytes; /* zero-filled at start, in WAL_FIRST_FILE_UNITs; the rest follows */
    size_t memory_bytes;       /* budget for blocks */
    enum wal_profile profile;
    struct wal_owner *owner;
    const struct log *log;
};

/* What recovery found; input to wal_open. Opaque numbers to the caller but for the first three. */
struct wal_recovered {
    bool found;             /* this stream existed */
    uint64_t entries;       /* handed to the visitor */
    int64_t catalog_offset; /* the highest in any valid group, -1: none */
    struct uuid uuid;
    uint64_t life_next;
    uint64_t sequence_next;
    uint64_t file_next;
    uint64_t head_number;
    bool probed; /* the disk: by an earlier life, or by another stream in the same directory */
    bool dsync;  /* the result */
};

struct wal_visit {
    enum wal_kind kind;
    struct uuid topic_id;
    int32_t partition;
    struct bytes payload; /* valid during the call */
    uint64_t sequence;
};

/* Nonzero stops recovery, and is its result. */
typedef int wal_visit_fn(void *context, const struct wal_visit *entry);

struct wal_recover_options {
    struct file_system *fs;
    const char *directory;
    unsigned stream;
    const struct wal_position *from;
    wal_visit_fn *visit;
    void *context; /* of visit */
    const struct log *log;
};

/*
 * Reads the stream from `from` (null: from where its head file says) and visits every entry of the
 * groups that must be kept, in order. Blocking; nothing is changed on disk, so it may be repeated.
 * ERR_CORRUPT when a group that was acknowledged is missing or damaged: the log has the file and
 * position. ERR_VERSION for a newer format.
 */
int wal_recover(const struct wal_recover_options *options,
                struct wal_recovered *recovered) MUST_CHECK;

/* Which streams have files in the directory: a bit per stream below 64. */
int wal_list_streams(struct file_system *fs, const char *directory, uint64_t *streams) MUST_CHECK;
/* The same of other files: their names have the prefix, the stream's number, and a dash. */
int wal_list_streams_of(struct file_system *fs, const char *directory, const char *prefix,
                        uint64_t *streams) MUST_CHECK;

/* Deletes all files of a stream whose entries are all flushed and checkpointed; syncs the
 * directory. Also what a clean stop ends with. */
int wal_remove(struct file_system *fs, const char *directory, unsigned stream) MUST_CHECK;

/*
 * Begins a new life behind what was recovered (`recovered->found` false: a new stream), durable in
 * the head file before this returns. Blocking: start-up only. Everything recovered must be flushed
 * and checkpointed already; older files are recycled.
 */
int wal_open(const struct wal_options *options, const struct wal_recovered *recovered,
             struct wal **wal) MUST_CHECK;
/* Nothing may be in flight (wal_idle) and all spans released. Files stay. */
void wal_close(struct wal *wal);

/*
 * Reserves `len` payload bytes. The caller fills span->data before the next entry is appended, or
 * he returns to the loop. ERR_NO_MEMORY: blocks or files are used up; flush and try again after a
 * wal_release. ERR_NO_SPACE: there is no place for it, and the next file could not be made; the
 * stream goes on trying. ERR_TOO_LARGE: more than wal_entry_max. ERR_OFFLINE.
 */
int wal_append(struct wal *wal, const struct wal_entry *entry, uint32_t len,
               struct wal_span *span) MUST_CHECK;
/* The largest payload that fits into one group, in bytes. */
uint32_t wal_entry_max(const struct wal *wal);
/* The payload of `span`, the last one appended, is written, and its bytes from `from` on have this
 * CRC-32C, which its owner knew anyway: they are not summed again when the group goes out. Worth it
 * from about a KiB on. */
void wal_summed(struct wal *wal, const struct wal_span *span, uint32_t from, uint32_t crc);

/* Writes what may be written now. Returns the deadline of the next call in ns, or IO_NEVER. */
uint64_t wal_pump(struct wal *wal);

/* The last durable sequence. */
uint64_t wal_durable(const struct wal *wal);
/* No group gathers, waits or is in flight, and no background job runs. */
bool wal_idle(const struct wal *wal);
bool wal_online(const struct wal *wal);
/* False: there is no room for the disk-full reserve (wal_reserve.h), so that what is appended now
 * might stand in the way of the next start. The stream goes on trying. */
bool wal_reserved(const struct wal *wal);
/* Whether that is not known yet: a stream that has just been opened makes the reserve behind its
 * start, and clients' records wait for it. */
bool wal_reserve_comes(const struct wal *wal);
/* There is no next file, and none on its way: entries are taken as far as the last one goes. */
bool wal_cramped(const struct wal *wal);
/* What is left of files or memory may soon be for entries that free space alone: those should not
 * be one with others, or they are refused with them. */
bool wal_keeps_apart(const struct wal *wal);
/* A group waits for a file, of which there are as many as may be: only wal_trim makes room. */
bool wal_waits_for_trim(const struct wal *wal);
/* No trim will come: what waits for one ends as it does when a file cannot be made. */
void wal_give_up(struct wal *wal);

/* Readers of span->data: keep the memory beyond wal_release. Owner's core only. */
void wal_hold(struct wal *wal, struct wal_block *block);
void wal_drop(struct wal *wal, struct wal_block *block);

/*
 * Trimming. A flush plan collects spans (wal_plan), the position then says where recovery starts
 * once everything planned is flushed; that position is written with the checkpoint; then each
 * span is released and wal_trim recycles the files before the position. A failed plan is undone
 * span by span (wal_unplan).
 */
void wal_plan(struct wal *wal, const struct wal_span *span);
void wal_unplan(struct wal *wal, const struct wal_span *span);
struct wal_position wal_position_after_plan(const struct wal *wal);
/* The entry is durable elsewhere, and the checkpoint says so (or it was never durable and is
 * dropped). Releases memory and occupancy; a planned span stops being planned. */
void wal_release(struct wal *wal, const struct wal_span *span, bool planned);
void wal_trim(struct wal *wal, const struct wal_position *position);

/* Entries with a sequence below this one keep the oldest file from being recycled; 0: no entry lies
 * in a file but the current one. */
uint64_t wal_oldest_end(const struct wal *wal);

/* The catalog offset this core has applied; goes into every group header. */
void wal_set_catalog_offset(struct wal *wal, int64_t offset);
void wal_set_profile(struct wal *wal, enum wal_profile profile);

/* Stops gathering by profile: from now on groups are written at once. No effect on durability. */
void wal_drain(struct wal *wal);

struct wal_stats {
    uint64_t groups;
    uint64_t entries;
    uint64_t bytes; /* padded, as written */
    uint64_t closed[WAL_CLOSE_REASONS];
    uint64_t memory_used; /* bytes of blocks */
    uint64_t memory_limit;
    uint64_t file_used; /* bytes of files that are not trimmed; one alone: when it is needed */
    uint64_t file_limit;
    uint64_t failed_writes;
    uint64_t given_up; /* times that groups ended because there was no place for them */
    uint64_t lives;
};
void wal_get_stats(const struct wal *wal, struct wal_stats *stats);
/* Whether its memory, as far as it is for all, or its files are used beyond so many quarters: asked
 * with every append. */
bool wal_pressed(const struct wal *wal, unsigned quarters);
const char *wal_profile_name(enum wal_profile profile);
/* False when there is no such profile. */
bool wal_profile_parse(struct bytes text, enum wal_profile *profile);
