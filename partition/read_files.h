/*
 * Segments that readers go on in: their files are kept open.
 *
 * The next read of such a segment is a single call on the core itself, if the system has the bytes
 * in memory, and no job has to open the file if it has not; what the system knows of a reader, and
 * reads ahead for it, it knows by the open file. There are at most READ_FILES_MAX of a shard: the
 * one that was used least recently gives way.
 *
 * Files are opened and closed by disk jobs. Either may wait for the disk: the last to close a
 * removed file frees its blocks.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "io/io.h"

struct partition;
struct partition_read;
struct segment;
struct shard;

#define READ_FILES_MAX 64
/* So much is read on the core itself in one step; what is more waits for the next one, behind what
 * others want of the core. A read that is larger takes a job. */
#define READ_FILES_STEP_BYTES (2 * MIB)

struct read_file {
    struct list node; /* in read_files: free, open, leaving; none while a job opens or closes it */
    struct io_op op;
    struct shard *shard;
    struct partition *partition; /* while it is opened */
    struct segment *segment;     /* null: it leaves */
    int file;                    /* -1: not open yet */
    uint32_t readers;            /* jobs that read by it */
};

struct read_files {
    struct list free;
    struct list open; /* the least recently used first */
    struct list leaving;
    struct list waiting; /* struct partition_read, for the next step */
    uint32_t jobs_out;
    uint64_t step_bytes; /* what is left of READ_FILES_STEP_BYTES */
    struct read_file files[READ_FILES_MAX];
};

void read_files_init(struct shard *shard);
/* After shard_stopped: closes what is open. Blocking. */
void read_files_fini(struct shard *shard);

/* Opens the segment's file for the readers to come, when there is a place and it is not open. */
void read_files_open(struct partition *p, struct segment *segment);
/* How the core may read so much of a file by itself; `file` null: it is not open. */
enum read_files_way { READ_BY_JOB, READ_NOW, READ_NEXT_STEP };
enum read_files_way read_files_use(struct shard *shard, struct read_file *file, uint32_t bytes);
/* It is resumed in the next step. Its partition stays. */
void read_files_wait(struct partition_read *read);
/* A job reads by the segment's open file, which stays open until `read_file_drop`. */
struct read_file *read_file_hold(struct segment *segment);
void read_file_drop(struct read_file *file);
/* The segment goes, or its file will: it is closed when no job reads by it any more. */
void read_file_leave(struct segment *segment);

/* At the beginning of a step: resumes what waits. */
void read_files_step(struct shard *shard);
/* At its end: closes what has left. */
void read_files_close(struct shard *shard);
/* Something waits for the next step. */
bool read_files_wait_for_step(const struct shard *shard);
/* No job is out, and none is due. */
bool read_files_resting(const struct shard *shard);
