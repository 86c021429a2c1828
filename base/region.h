/*
 * A contiguous mapping handed out in runs of whole units: WAL blocks, request frames, responses.
 *
 * One owner, no locks. Single units come from a stack of recently freed ones; longer runs are
 * found first-fit in a bitmap. Runs of more than `REGION_DISCARD_BYTES` give their pages back on
 * release, so that one huge request does not stay resident.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

#define REGION_DISCARD_BYTES ((size_t)4 << 20)

struct region;

/* `unit` is a power of two, at least 4096; `size` is rounded down to whole units. */
struct region *region_new(size_t size, size_t unit);
/* Everything must have come back. */
void region_free(struct region *region);

/* A run of at least `size` bytes, aligned to 4096, not zeroed; null when no run is long enough. */
void *region_take(struct region *region, size_t size);
/* `size` as given to region_take. */
void region_give(struct region *region, void *run, size_t size);

size_t region_unit(const struct region *region);
size_t region_used(const struct region *region);
size_t region_size(const struct region *region);
