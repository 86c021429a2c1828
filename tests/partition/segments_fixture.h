/*
 * What the tests of the segment files share: a temporary directory, batches with known contents,
 * and a file system that fails where a test wants it to.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "io/file.h"
#include "partition/segments.h"

/* Passes every verb on to the real file system, but for chosen calls. */
struct faulty_files {
    struct file_system fs;
    uint64_t calls;   /* verbs called so far, close left out */
    uint64_t fail_at; /* this call fails; 0: none */
    bool fail_from;   /* and every one after it */
    int error;
    bool fail_sync_only; /* counts and fails only sync, sync_directory */
    uint32_t opened;     /* files open now */
    uint32_t syncs;      /* successful ones */
    uint32_t directory_syncs;
    uint64_t cached;      /* bytes written since the last write-back or sync */
    uint64_t cached_most; /* the most there ever were */
};

void faulty_files_init(struct faulty_files *files);

struct fixture {
    char root[64];
    char directory[128]; /* root/topic-0 */
    struct faulty_files files;
    struct log log;
    struct segments segments;
    struct segment_limits limits;
    int64_t next_offset;
    int64_t now_ms;
};

/* A fresh root, no partition directory yet, default limits. */
void fixture_init(struct fixture *f);
void fixture_fini(struct fixture *f);
/* Forgets the segments, as a crash would, and opens them again. */
int fixture_reopen(struct fixture *f, const struct segments_load *load);

/* One batch of `records` records from `base_offset` on; record i has timestamp `timestamp` + i and
 * a value of `value_len` bytes. From malloc. */
struct test_batch {
    uint8_t *data;
    uint32_t len;
    int64_t base_offset;
    int64_t last_offset;
    int64_t max_timestamp;
};
struct test_batch make_batch(int64_t base_offset, int records, int64_t timestamp, size_t value_len);
void free_batch(struct test_batch *batch);

/* Writes `count` batches of `records` records each behind one another; batch i has timestamp
 * 1000 * (its base offset). Returns the job's result, with the report applied. */
int fixture_write(struct fixture *f, uint32_t count, int records, size_t value_len);
/* The same with full control; `write` needs no members set but those that differ from the usual. */
int fixture_write_batches(struct fixture *f, struct segment_write *write,
                          struct test_batch *batches, uint32_t count);

/* Reads the whole log from `from` on and checks that every batch is the one fixture_write made:
 * returns the offset behind the last one read; negative on an error. */
int64_t fixture_read_all(struct fixture *f, int64_t from);
/* One read at `offset`. */
int fixture_read(struct fixture *f, int64_t offset, void *data, uint32_t capacity,
                 struct segment_read *read);

/* The partition's files. */
void fixture_path(const struct fixture *f, const char *name, char path[256]);
bool fixture_has(const struct fixture *f, const char *name);
int64_t fixture_size(const struct fixture *f, const char *name); /* -1: missing */
/* A whole file, from malloc. */
struct bytes fixture_load(const struct fixture *f, const char *name);
void fixture_store(const struct fixture *f, const char *name, const void *data, size_t len);
void fixture_append(const struct fixture *f, const char *name, const void *data, size_t len);
