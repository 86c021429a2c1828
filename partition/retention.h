/*
 * Retention: the oldest segments of a partition go as soon as retention.bytes or retention.ms say
 * so.
 *
 * The rule is Kafka's (UnifiedLog.deleteOldSegments), from the oldest segment on and up to the
 * first that stays: by size while the log without the segment is still as large as retention.bytes;
 * then by time while the segment's largest timestamp (when no record has one, the time its file was
 * written last) is more than retention.ms ago. Nothing goes that is not below the high watermark.
 * When every segment is to go, an empty one is begun first.
 *
 * Kafka asks every log.retention.check.interval.ms. Here a partition is judged when it was flushed,
 * when its configuration changes, and at the deadline of its oldest segment: one heap of deadlines
 * a shard, so that nothing wakes an idle broker but a segment that is to go. After it was written
 * to a segment is left alone for that interval, or for retention.ms when that is shorter: whoever
 * stores old timestamps reads them back, as with Kafka, before they go. By size a closed one goes
 * at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/heap.h"
#include "partition/trim.h"

struct partition;
struct retention_roll;
struct shard;

/* Zero is: nothing goes. */
struct retention_limits {
    bool enabled;     /* cleanup.policy has `delete` */
    int64_t ms;       /* retention.ms, -1: no limit */
    int64_t bytes;    /* retention.bytes, -1: no limit */
    int64_t check_ms; /* log.retention.check.interval.ms */
};

struct retention {
    struct retention_limits limits;
    struct timer timer;         /* in shard->deadlines */
    struct partition_trim trim; /* while `trimming` */
    bool trimming;
    struct retention_roll *roll; /* an empty segment is being begun; null: none is */
};

/* What the rule says of a partition at a time. */
struct retention_verdict {
    int64_t offset;   /* where the log is to begin */
    bool roll;        /* every segment is to go: an empty one is to be begun at its end */
    uint64_t wait_ns; /* until the oldest segment that stays is due; RETENTION_NEVER */
};
#define RETENTION_NEVER UINT64_MAX

/* On the shard's clock. */
void retention_judge(const struct partition *p, struct retention_verdict *verdict);

/* Judges, and does what is to be done, or sets the deadline. For a partition that is attached to an
 * open shard; before that it does nothing. */
void retention_check(struct partition *p);
/* New limits, in force at once. */
void retention_configure(struct partition *p, const struct retention_limits *limits);

/* For partition, flush and shard. */

/* The shard is open: what there is counts as just written. */
void retention_begin(struct partition *p);
/* A flush has written to the last `count` segments. */
void retention_written(struct partition *p, uint32_t count);

void retention_init(struct partition *p);
/* The partition goes. */
void retention_stop(struct partition *p);
