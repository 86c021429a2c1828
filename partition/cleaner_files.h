/*
 * The files of a compaction: reading segments batch by batch, writing the one that takes their
 * place, and the swap. All of it blocks, for disk jobs.
 *
 * The order, in Kafka's names, so that a start of either broker finishes or undoes what a crash has
 * cut short (segments_found.h):
 *
 *   1. `<base>.log.cleaned` and its indexes are written and synced, and their names are;
 *   2. each is renamed to `.swap`. While one `.cleaned` is left the swap is not decided: a start
 *      removes them all. With the sync of the directory it is decided;
 *   3. the segments that give way are removed, but for the files that the next step replaces, and
 *      the directory is synced: none of them may come back beside the new one;
 *   4. `.swap` is renamed to the plain names, and the directory synced. From 2 on a start does 3
 *      and 4, as often as it has to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/aborted.h"
#include "partition/cleaner_filter.h"
#include "partition/index.h"
#include "partition/segments.h"

/* One closed segment, as it was when the cleaning was planned. */
struct cleaner_segment {
    int64_t base_offset;
    int64_t end_offset;
    uint64_t bytes;
    int64_t created_ms;
    int64_t modified_ms;
};

/* Reading. */

struct cleaner_source {
    struct file_system *fs;
    int file;           /* -1: none is open */
    uint64_t position;  /* of the next batch */
    uint64_t end;       /* no byte at or behind it is read */
    int64_t offset_min; /* the next batch begins at or above it */
    int64_t offset_end;
    struct cleaner_buffer buffer; /* kept from one segment to the next */
    uint64_t buffer_start;
    uint64_t buffer_len;
};

/* Zero, but for a file of -1, is the initial state. */
int cleaner_source_open(struct cleaner_source *source, struct file_system *fs,
                        const char *directory, const struct cleaner_segment *segment) MUST_CHECK;
/* 1: the next batch, borrowed until the next call, its CRC checked; 0: the end; ERR_CORRUPT, or the
 * error of the read. */
int cleaner_source_next(struct cleaner_source *source, struct batch_span *batch) MUST_CHECK;
void cleaner_source_close(struct cleaner_source *source);
void cleaner_source_fini(struct cleaner_source *source);

/* Writing. */

struct cleaner_output {
    struct file_system *fs;
    const char *directory;
    uint64_t index_interval_bytes;
    struct segment segment; /* what it will be */
    struct index_append index;
    int file;   /* -1: none is being written */
    bool begun; /* there may be files under `.cleaned` */
    uint8_t *buffer;
    uint32_t buffered;
    uint64_t unsynced; /* bytes */
};

/* Begins `<base>.log.cleaned`. `index_interval_bytes` and `created_ms` are the segment's. Zero, but
 * for a file of -1, is the initial state. */
int cleaner_output_begin(struct cleaner_output *out, int64_t base_offset) MUST_CHECK;
/* ERR_TOO_LARGE: the segment would be larger than Kafka's indexes can tell. */
int cleaner_output_add(struct cleaner_output *out, struct batch_span batch) MUST_CHECK;
/* Step 1. The file is closed in any case. */
int cleaner_output_complete(struct cleaner_output *out, const struct aborted *aborted) MUST_CHECK;
/* Removes what stands under `.cleaned`, as far as the disk obeys: a start would, too. */
void cleaner_output_abandon(struct cleaner_output *out);
void cleaner_output_fini(struct cleaner_output *out);

/* Steps 2 to 4: what is complete takes the place of these segments, the first of which has its base
 * offset. After a failure nobody may read them, and it may be repeated. */
int cleaner_output_swap(struct cleaner_output *out, const struct cleaner_segment *segments,
                        uint32_t count) MUST_CHECK;
