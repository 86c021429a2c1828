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
    bool names_changed; /* files were removed or renamed: the directory has to be synced */
};

/*
 * Lists the directory by Kafka's rules of LogLoader: .deleted and .cleaned files go; .swap files
 * are the result of a compaction that was decided: the segments they replace go, and they get
 * their names, unless a .cleaned file below shows that the decision was not complete.
 *
 * ERR_NOT_FOUND: no such directory. `buffer` is for scanning.
 */
int segments_found_load(struct segments_found *found, struct file_system *fs, const char *directory,
                        uint8_t *buffer, uint64_t buffer_size) MUST_CHECK;
void segments_found_free(struct segments_found *found);
/* Whether such a file was found. */
bool segments_found_has(const struct segments_found *found, int64_t offset, enum segment_file kind);
