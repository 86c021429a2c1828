/*
 * The metadata log on disk, read from front to back: the newest whole snapshot, then the log that
 * follows it.
 *
 * A snapshot is a file `<end offset, 20 digits>-<epoch, 10 digits>.checkpoint` beside the segments
 * (KIP-630): a control batch that begins with a SnapshotHeader record, batches of records with
 * offsets of their own, and a control batch with a SnapshotFooter record. One that does not check
 * out is passed over in favour of an older one.
 *
 * Only files are read, never what the WAL holds beyond them. Everything blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "io/file.h"

#define CATALOG_TOPIC "__cluster_metadata"
#define CATALOG_DIRECTORY CATALOG_TOPIC "-0"
/* No metadata batch of Kafka is larger. */
#define CATALOG_BATCH_BYTES_MAX (8 << 20)

/* What a snapshot contains: every record below `end_offset`; `epoch` is the last one's. */
struct catalog_snapshot_id {
    int64_t end_offset;
    int32_t epoch;
};

#define CATALOG_SNAPSHOT_NAME_SIZE 48

void catalog_snapshot_print(struct catalog_snapshot_id id, char name[CATALOG_SNAPSHOT_NAME_SIZE]);
bool catalog_snapshot_parse(const char *name, struct catalog_snapshot_id *id);
/* Whether `file` is one whole snapshot, CRCs included. */
bool catalog_snapshot_check(const void *file, uint64_t len);

/* The timestamp of the last record in a snapshot, by its first batch; -1 when that does not say. */
int64_t catalog_snapshot_timestamp(struct bytes file);

struct catalog_reading {
    /* in */
    struct file_system *fs;
    const char *directory; /* of the metadata partition */
    int64_t offset_limit;  /* nothing at or above it is read; INT64_MAX: all */
    const struct log *log; /* warned of a damaged snapshot; may be null */
    /* Each batch, CRC checked; a nonzero result ends the reading. */
    int (*batch)(void *context, const uint8_t *batch, uint32_t len);
    void *context;
    /* out */
    bool has_snapshot; /* `snapshot` was read */
    struct catalog_snapshot_id snapshot;
    int64_t next_offset;    /* one past the last record */
    int32_t epoch;          /* of the last batch or the snapshot; 0: nothing is there */
    int64_t last_timestamp; /* of the last batch, or what the snapshot's header says */
    uint64_t log_bytes;     /* of batches behind the snapshot */
};

/* A missing directory is an empty log. ERR_CORRUPT: a damaged batch, or records are missing between
 * snapshot and log. */
int catalog_files_read(struct catalog_reading *reading) MUST_CHECK;
