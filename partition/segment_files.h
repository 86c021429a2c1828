/* Names of a segment's files, and walking over the batches of a .log file. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "io/file.h"
#include "protocol/batch.h"

#define SEGMENT_PATH_SIZE 4096
/* 20 digits and the longest suffix, with room. */
#define SEGMENT_NAME_MAX 64

enum segment_file {
    SEGMENT_LOG,
    SEGMENT_INDEX,
    SEGMENT_TIME_INDEX,
    SEGMENT_TRANSACTION_INDEX,
    SEGMENT_SNAPSHOT,
    SEGMENT_FILES,
};

/* "directory/name". */
void segment_join_path(char path[SEGMENT_PATH_SIZE], const char *directory, const char *name);
/* "directory/<offset, 20 digits>.<suffix>". */
void segment_file_path(char path[SEGMENT_PATH_SIZE], const char *directory, int64_t offset,
                       enum segment_file file);
/* Kafka's names for what a compaction is writing, and for what it has decided. */
#define SEGMENT_CLEANED ".cleaned"
#define SEGMENT_SWAP ".swap"
/* Adds such a suffix to a path. */
void segment_path_add(char path[SEGMENT_PATH_SIZE], const char *suffix);
/* Takes such a name apart; false when it is another one. */
bool segment_file_parse(struct bytes name, int64_t *offset, enum segment_file *file);
/* Removes one; missing is success. */
int segment_file_remove(struct file_system *fs, const char *directory, int64_t offset,
                        enum segment_file file) MUST_CHECK;

/*
 * A walk over batches, reading ahead into the caller's buffer. Only headers are looked at unless
 * `check` asks for the CRC too; a batch larger than the buffer is then read in pieces.
 */
struct segment_scan {
    struct file_system *fs;
    int file;
    bool check;
    uint64_t end;       /* no byte at or behind it is read */
    int64_t offset_min; /* batches begin at or above it; it moves on with them */
    uint64_t position;  /* of the batch that next returns */
    uint8_t *buffer;    /* at least BATCH_HEADER_SIZE */
    uint64_t buffer_size;
    uint64_t buffer_start; /* position of its first byte */
    uint64_t buffer_len;
    uint8_t header[BATCH_HEADER_SIZE]; /* of the batch returned last */
    uint64_t batch_position;
    uint64_t batch_size;
};

/* The first batch begins at `position`, at an offset of at least `offset_min`. */
void segment_scan_init(struct segment_scan *scan, struct file_system *fs, int file,
                       uint64_t position, uint64_t end);
/* 1: `header` is the next batch's; 0: the end, exactly; ERR_CORRUPT: no valid whole batch here;
 * ERR_UNSUPPORTED: an older record format; or the error of the read. */
int segment_scan_next(struct segment_scan *scan) MUST_CHECK;
