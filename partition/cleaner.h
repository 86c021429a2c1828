/*
 * Log compaction of one shard: chooses a partition, runs its cleaning in disk jobs of a few
 * milliseconds, one at a time, and puts what they wrote in the place of what was there.
 *
 * Produce does not wait for it: the jobs have a lane of their own, sync what they write in small
 * pieces, and while records come in they pause as long as they work. A limit in bytes per second is
 * kept beside that.
 *
 * An idle broker is not woken for it: it looks for work when a segment was closed or a
 * configuration has changed, at most once in the backoff, and when the age of a segment will make
 * it due.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "io/io.h"
#include "partition/cleaner_job.h"
#include "partition/offset_map.h"

struct partition;
struct partition_read;
struct partition_time_query;
struct segment;
struct shard;

/* What the broker's configuration says, for one shard; a topic's is in cleanup_limits. */
struct cleaner_settings {
    bool enabled;              /* log.cleaner.enable */
    size_t map_bytes;          /* of the offset map; constant once a cleaning has begun */
    uint64_t backoff_ms;       /* log.cleaner.backoff.ms */
    uint64_t bytes_per_second; /* read and written; 0: no limit */
};

enum cleaner_state {
    CLEANER_RESTING,
    CLEANER_WORKING, /* a step is out */
    CLEANER_PAUSING, /* until resume_ns */
    CLEANER_SWAPPING,
    CLEANER_SWAP_FAILED, /* again at resume_ns */
    CLEANER_ABANDONING,
};

struct cleaner {
    struct cleaner_settings settings;
    enum cleaner_state state;
    struct io_op op;
    struct partition *partition; /* null while resting */
    struct cleaning *cleaning;
    struct offset_map map;
    uint64_t look_ns; /* when to look for work; IO_NEVER: nothing has changed */
    uint64_t looked_ns;
    uint64_t resume_ns;
    uint64_t step_ns;    /* when the running step began */
    uint64_t step_bytes; /* the totals when it began */
    uint32_t swap_backoff_ms;
    struct list reads;   /* struct partition_read that wait for a swap */
    struct list queries; /* struct partition_time_query that do */
    uint64_t cleanings;  /* that came to their end */
    uint64_t failures;
};

void cleaner_init(struct shard *shard);
/* Resting only. */
void cleaner_fini(struct shard *shard);
/* Before the shard's first step, and again when the configuration has changed. */
void cleaner_configure(struct shard *shard, const struct cleaner_settings *settings);
/* The configuration of a partition has changed: the next step looks for work. */
static inline void cleaner_look_again(struct cleaner *cleaner)
{
    cleaner->look_ns = 0;
}
/* Starts what is due. Returns the next deadline, in ns. */
uint64_t cleaner_step(struct shard *shard);
/* Nothing is out. */
static inline bool cleaner_resting(const struct cleaner *cleaner)
{
    return cleaner->state == CLEANER_RESTING;
}
/* A segment was closed, or a configuration has changed: there may be work. */
void cleaner_notice(struct shard *shard, const struct partition *p);
/* A deleted partition waits until this is false. */
static inline bool cleaner_uses(const struct cleaner *cleaner, const struct partition *p)
{
    return cleaner->partition == p;
}
/* A reader whose segment is being swapped is started again when that is over. */
void cleaner_park_read(struct shard *shard, struct partition_read *read);
void cleaner_park_query(struct shard *shard, struct partition_time_query *query);
