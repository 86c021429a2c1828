/* Finding the batch of an offset in a segment: what the reading jobs share. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/segments.h"

struct segment_seek {
    struct file_system *fs;
    const char *directory;
    int64_t base_offset;
    int file;     /* .log, open */
    uint64_t end; /* no byte at or behind it is read */
    int64_t offset;
};

struct segment_place {
    bool found; /* a batch that ends at or above the offset; the first such */
    uint64_t position;
    int64_t max_timestamp; /* of the batch */
};

/* Opens .log; the caller closes `file`. */
int segment_seek_open(struct segment_seek *seek, const struct segments *s,
                      const struct segment *segment, uint64_t end) MUST_CHECK;
int segment_seek(const struct segment_seek *seek, struct segment_place *place) MUST_CHECK;
/* Maps a result to those that reading jobs have. */
int segment_read_result(int result);
