/*
 * Where readers of segments go on: the position in the file behind what each has just read.
 *
 * A reader that asks for the next offset then needs one open and one read; without it the index has
 * to be searched, in some ten small reads. Nothing has to be forgotten when a partition or a
 * segment goes: a place names the files it was found in. Two readers whose places fall together
 * cost each other time, not the answer.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"

#define READ_PLACES 256 /* power of two */

struct read_place {
    struct uuid topic_id;
    int32_t partition;
    uint32_t replacements; /* of the partition's segments: a compaction moves what is in them */
    int64_t segment;       /* its base offset */
    int64_t offset;
    uint64_t position; /* 0: nobody's, a segment's beginning needs no place */
    uint32_t size;     /* of the batch there; 0: not known */
};

/* Zeroed: empty. */
struct read_places {
    struct read_place places[READ_PLACES];
};

/* Keeps `place`, in the stead of another one that may lie there. */
void read_places_keep(struct read_places *places, const struct read_place *place);
/* Fills in the position and the size for the other members of `place`; false: it is not known. */
bool read_places_find(const struct read_places *places, struct read_place *place);
