/*
 * One cleaning of one partition, in steps of bounded size for disk jobs.
 *
 * First the dirty part is walked to note the last offset of each key, then all segments in front of
 * where that ended are written anew, in groups that fit a segment, and each group is swapped. What
 * found no place in the map is left to the next cleaning, which begins where this one ended.
 *
 * Between two steps the core looks at how things stand; a group is swapped only when it says so.
 * Everything here is the job's while it runs, and nothing of it the core's state.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/cleaner_files.h"
#include "partition/cleaner_filter.h"
#include "partition/cleaner_transactions.h"

enum cleaning_phase {
    CLEANING_MAP,    /* noting keys */
    CLEANING_FILTER, /* writing a group */
    CLEANING_READY,  /* a group is written, and waits for the core to let it be swapped */
    CLEANING_ENDED,
};

/* What the core has planned; it is the cleaning's from cleaning_begin on. */
struct cleaning_plan {
    struct file_system *fs;
    const char *directory; /* the partition's; it outlives the cleaning */
    struct segment_limits limits;
    struct cleaner_segment *segments; /* from the first one of the log on; from mem_alloc */
    uint32_t segment_count;
    int64_t from_offset;           /* where the dirty part begins */
    int64_t end_offset;            /* of the last of the segments */
    struct aborted_entry *aborted; /* those that touch the segments; from mem_alloc */
    uint32_t aborted_count;
    struct producer_last *producers; /* from mem_alloc */
    uint32_t producer_count;
    struct offset_map *map;
    int64_t now_ms;
    int64_t tombstone_ms;
};

struct cleaning_totals {
    uint64_t bytes_read;
    uint64_t filtered_bytes; /* of them by the second walk */
    uint64_t bytes_written;
    uint64_t records_read;
    uint64_t records_kept;
};

struct cleaning {
    struct cleaning_plan plan;
    enum cleaning_phase phase;
    uint32_t at;          /* the segment that is read */
    uint32_t group_first; /* of the group that is written */
    uint32_t group_end;
    uint32_t filter_end; /* segments up to here are written anew */
    struct cleaner_source source;
    struct cleaner_output output;
    struct cleaner_transactions transactions;
    struct cleaner_opener opener;
    struct cleaner_filter filter;
    struct cleaning_totals totals;
};

/* Begins it. Core. */
void cleaning_begin(struct cleaning *c, const struct cleaning_plan *plan);
/* Job: goes on while there is something to do, up to CLEANING_STEP bytes of input. ERR_CORRUPT: a
 * segment is damaged; ERR_NOT_FOUND: it was removed meanwhile; ERR_NO_SPACE: the disk has not room
 * for a group; or what the disk says. After a failure only cleaning_abandon may follow. */
#define CLEANING_STEP (2u << 20)
int cleaning_step(struct cleaning *c) MUST_CHECK;
/* The group that is ready: its segments, of the plan, and what takes their place. */
static inline const struct segment *cleaning_result(const struct cleaning *c)
{
    return &c->output.segment;
}
/* Job: swaps the files of the group that is ready. After a failure it must be repeated. */
int cleaning_swap(struct cleaning *c) MUST_CHECK;
/* Core: the group is swapped; the next one, or the end. */
void cleaning_swapped(struct cleaning *c);
/* Job: gives up what is being written; not when a swap has begun. */
void cleaning_abandon(struct cleaning *c);
/* Frees everything but the map, which is empty then. */
void cleaning_end(struct cleaning *c);
/* Where the dirty part begins after it; for a cleaning that has ended. */
static inline int64_t cleaning_clean_end(const struct cleaning *c)
{
    return c->plan.map->latest + 1;
}
