/* What lies in a partition's directory, once Kafka's temporary files are dealt with. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/segment_files.h"

struct segments_found_file {
    int64_t offset;
    enum segment_file kind;
};

struct segments_found {
    struct segments_found_file *files; /* by offset, then kind */
    uint32_t count;
    uint32_t capacity;
    bool missing;       /* there is no such directory */
    bool metadata;      /* partition.metadata is there */
    bool epochs;        /* leader-epoch-checkpoint is there */
    bool names_changed; /* files were removed or renamed: the directory has to be synced */
};

/*
 * Lists the directory by Kafka's rules of LogLoader: .deleted and .cleaned files go; .swap files
 * are the result of a compaction that was decided: the segments they replace go, and they get
 * their names, unless a .cleaned file below shows that the decision was not complete.
 *
 * A missing directory is no error. Opening a partition lists it this once: with many of them a
 * start is made of such calls. Blocking.
 */
int segments_found_load(struct segments_found *found, struct file_system *fs,
                        const char *directory) MUST_CHECK;
void segments_found_free(struct segments_found *found);
/* Whether such a file was found. */
bool segments_found_has(const struct segments_found *found, int64_t offset, enum segment_file kind);
/* The largest offset up to `offset_max` in the name of such a file; -1: none. */
int64_t segments_found_newest(const struct segments_found *found, int64_t offset_max,
                              enum segment_file kind);
