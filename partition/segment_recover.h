/* Bringing one segment found on disk into a known state. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/segments.h"

#define SEGMENT_RECOVER_BUFFER (64 * 1024)

/* How much is believed of what is found. */
enum segment_trust {
    SEGMENT_TRUST_FILES,   /* a clean stop: indexes are complete */
    SEGMENT_TRUST_LOG,     /* .log is good below the limit, indexes may be torn */
    SEGMENT_TRUST_NOTHING, /* every batch is checked, indexes are built anew */
};

struct segment_recover {
    /* in */
    struct file_system *fs;
    const char *directory;
    enum segment_trust trust;
    bool last;        /* the active segment */
    int64_t limit;    /* batches at or above this offset do not belong to the segment */
    uint8_t *buffer;  /* SEGMENT_RECOVER_BUFFER bytes */
    bool has_indexes; /* both files are there */
    /* in: base_offset; out: the rest */
    struct segment *segment;
    bool damaged; /* out: what follows the last good batch is none, and the limit is not reached */
};

/* Reads what is needed, cuts .log behind the last batch that belongs to it, repairs the indexes.
 * Syncs nothing. */
int segment_recover_run(struct segment_recover *recover) MUST_CHECK;
