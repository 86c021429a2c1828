/*
 * Aborted transactions of one partition, as Kafka's `.txnindex` files beside the segments list them
 * (KIP-98): a reader of committed records is told which of what it gets to drop.
 *
 * An entry is 34 bytes, big-endian: i16 version (0), i64 producer id, i64 first offset, i64 last
 * offset (the marker's), i64 last stable offset when the marker came. It stands in the index of the
 * segment that holds the marker. All of a partition's entries are kept in memory, in the order of
 * their markers: aborts are rare.
 */
#pragma once

#include <stdint.h>

#include "base/result.h"
#include "io/file.h"

struct segments_found;

struct segments;

struct aborted_entry {
    int64_t producer_id;
    int64_t first_offset;
    int64_t last_offset;
    int64_t last_stable;
};

struct aborted {
    struct aborted_entry *entries;
    uint32_t count;
    uint32_t capacity;
};

void aborted_init(struct aborted *aborted);
void aborted_fini(struct aborted *aborted);

/* Markers come in order: at or below the last one, nothing is added. */
void aborted_add(struct aborted *aborted, const struct aborted_entry *entry);
/* Forgets markers at or above `offset`. */
void aborted_cut_end(struct aborted *aborted, int64_t offset);
/* Forgets markers below `offset`. */
void aborted_cut_start(struct aborted *aborted, int64_t offset);
/* What stands for the markers of [from, to) from now on: compaction has removed some of them. */
void aborted_replace(struct aborted *aborted, int64_t from, int64_t to,
                     const struct aborted *entries);
/* Which entries a reader of [from, to) needs: *first up to, but not including, the result. Some in
 * between may touch none of it. */
uint32_t aborted_find(const struct aborted *aborted, int64_t from, int64_t to, uint32_t *first);

/* Reads every `.txnindex` that was found in a partition's directory; a torn entry ends its file.
 * Blocking. ERR_VERSION: an entry of another version. */
int aborted_load(struct aborted *aborted, struct file_system *fs, const char *directory,
                 const struct segments_found *found) MUST_CHECK;
/* Writes the indexes of all segments that end above `from` anew, synced; those without an entry are
 * deleted. Blocking. */
int aborted_store(const struct aborted *aborted, const struct segments *segments,
                  int64_t from) MUST_CHECK;
/* A new file with these entries, synced. Blocking. */
int aborted_write(const struct aborted *aborted, struct file_system *fs,
                  const char *path) MUST_CHECK;
