/*
 * Kafka's two sparse indexes of a segment, as files.
 *
 *     .index      (last offset of a batch - base) i32, position of the batch in .log i32
 *     .timeindex  largest timestamp so far i64, (last offset of its batch - base) i32
 *
 * Both big-endian, both rising. A lookup answers "begin reading at the latest here"; it is a hint
 * that the reader checks against the batch itself, because indexes are never synced.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/file.h"
#include "partition/segments.h"

#define INDEX_ENTRY 8
#define TIME_INDEX_ENTRY 12

struct index_entry {
    int64_t offset;    /* the last one of the batch */
    uint64_t position; /* where the batch begins */
};

struct time_index_entry {
    int64_t timestamp;
    int64_t offset;
};

/* One index file, open. `count` is the number of whole entries; a missing file has none. */
struct index_file {
    struct file_system *fs;
    int file; /* -1: missing */
    int64_t base_offset;
    uint32_t entry_size;
    uint32_t count;
    uint64_t size; /* bytes */
};

int index_open(struct index_file *index, struct file_system *fs, const char *directory,
               int64_t base_offset) MUST_CHECK;
int time_index_open(struct index_file *index, struct file_system *fs, const char *directory,
                    int64_t base_offset) MUST_CHECK;
void index_close(struct index_file *index);

/* Entry `at`, below count. */
int index_get(const struct index_file *index, uint32_t at, struct index_entry *entry) MUST_CHECK;
int time_index_get(const struct index_file *index, uint32_t at,
                   struct time_index_entry *entry) MUST_CHECK;

/* How many leading entries have an offset of at most `offset_max` and a position below
 * `position_end`; zeroes that a crash left at the end do not count. Negative: an error. */
int64_t index_count(const struct index_file *index, int64_t offset_max,
                    uint64_t position_end) MUST_CHECK;
/* The same for a timestamp of at most `timestamp_max` and an offset of at most `offset_max`. */
int64_t time_index_count(const struct index_file *index, int64_t timestamp_max,
                         int64_t offset_max) MUST_CHECK;

/* Appending to both indexes of one segment by the rule of Kafka's LogSegment.append. */

#define INDEX_APPEND_ENTRIES 256

struct index_append {
    struct file_system *fs;
    const char *directory;
    const char *suffix; /* behind the files' names; usually none */
    int64_t base_offset;
    struct segment_index *state; /* kept up to date, what is still buffered included */
    uint32_t count;              /* buffered entries */
    uint32_t time_count;
    uint8_t entries[INDEX_APPEND_ENTRIES * INDEX_ENTRY];
    uint8_t time_entries[INDEX_APPEND_ENTRIES * TIME_INDEX_ENTRY];
};

void index_append_init(struct index_append *append, struct file_system *fs, const char *directory,
                       int64_t base_offset, struct segment_index *state);
/* Notes that a batch goes to `position`: `largest` already counts it. */
int index_append_batch(struct index_append *append, const struct index_entry *batch, uint64_t size,
                       const struct time_index_entry *largest, uint64_t interval_bytes) MUST_CHECK;
/* The time entry of a segment that is finished. */
int index_append_last(struct index_append *append,
                      const struct time_index_entry *largest) MUST_CHECK;
/* Writes what is buffered; creates missing files. */
int index_append_flush(struct index_append *append) MUST_CHECK;
/* Cuts both files to the entries of `state`. Nothing may be buffered. */
int index_cut(struct file_system *fs, const char *directory, int64_t base_offset,
              const struct segment_index *state) MUST_CHECK;
