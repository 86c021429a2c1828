/*
 * What of a partition can be compacted now, and how urgently: Kafka's LogCleanerManager in this
 * broker's terms. Pure looks at the core's state; no file is touched.
 *
 * Cleanable are closed segments whose records are all decided (below the high watermark and the
 * last stable offset) and old enough (min.compaction.lag.ms). And the checkpoint on the disk has to
 * know them: recovery cuts the log to the end that it names, and must find that end between two
 * batches of the last segment, as it was. They are worth a cleaning when the
 * dirty part of their bytes is larger than min.cleanable.dirty.ratio, or when one of them is older
 * than max.compaction.lag.ms.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/cleaner_job.h"

struct partition;

struct cleaner_verdict {
    bool due;
    double dirty_ratio; /* of those that are due the largest goes first */
    int64_t from_offset;
    int64_t end_offset;
    uint32_t segment_count; /* from the front of the log up to end_offset */
    int64_t again_ms;       /* when time alone may change the verdict; INT64_MAX: never */
    bool waits;             /* records that are undecided, or not in a checkpoint yet, hold it up */
};

/* At a wall clock time. */
struct cleaner_verdict cleaner_judge(const struct partition *p, int64_t now_ms);
/* What a cleaning has to know, for a verdict that is due. `map` and times are the caller's to set.
 */
struct cleaning_plan cleaner_plan(const struct partition *p, const struct cleaner_verdict *verdict);
/* Whether the segments of the group that is ready are still what they were: marks them as being
 * swapped, so that nothing reads or removes them. */
bool cleaner_claim(struct partition *p, const struct cleaning *cleaning);
/* The group is swapped. */
void cleaner_apply(struct partition *p, const struct cleaning *cleaning);
