/*
 * One look at a time: a disk job makes the snapshot and lists what there is, the core judges and
 * moves the log start, a second job removes snapshots.
 */
#include "broker/catalog/catalog_keeping.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "broker/core.h"
#include "broker/server.h"
#include "partition/partition.h"

#define KEEPING_INTERVAL_NS_MIN NS_PER_S

struct catalog_keeping {
    struct core *core;
    struct partition *partition;
    struct timer timer; /* armed while the newest snapshot lacks something */
    struct io_op op;
    struct partition_trim trim;
    bool running;
    bool make;            /* a snapshot, in this look */
    char *directory;      /* of the partition */
    int64_t offset_limit; /* up to where, at most, segments are synced */
    int64_t now_ms;
    struct catalog_snapshot_id id;            /* the newest */
    struct catalog_snapshot_entry *snapshots; /* what the job has found */
    uint32_t snapshot_count;
    uint64_t bytes_since; /* appended since the last snapshot */
    uint64_t bytes_max;   /* metadata.log.max.record.bytes.between.snapshots */
    uint64_t interval_ns; /* metadata.log.max.snapshot.interval.ms; 0: none by time */
    int64_t retention_bytes;
    int64_t retention_ms;
};

static void keeping_due(struct timer *timer);

struct catalog_keeping *catalog_keeping_new(struct core *core, struct partition *partition,
                                            struct catalog_snapshot_id id)
{
    const struct config *config = server_config(core->server);
    struct catalog_keeping *k = mem_alloc(sizeof *k);
    int64_t interval_ms = config_integer(config, "metadata.log.max.snapshot.interval.ms");
    k->core = core;
    k->partition = partition;
    k->id = id;
    k->directory = mem_copy_string(partition->segments.directory);
    k->bytes_max =
        (uint64_t)config_integer(config, "metadata.log.max.record.bytes.between.snapshots");
    k->interval_ns = MIN((uint64_t)interval_ms, UINT64_MAX / 4 / NS_PER_MS) * NS_PER_MS;
    k->retention_bytes = config_integer(config, "metadata.max.retention.bytes");
    k->retention_ms = config_integer(config, "metadata.max.retention.ms");
    timer_init(&k->timer, keeping_due);
    return k;
}

void catalog_keeping_free(struct catalog_keeping *k)
{
    ASSERT(!k->running && k->snapshots == NULL);
    core_timer_cancel(k->core, &k->timer);
    mem_free(k->directory);
    mem_free(k);
}

bool catalog_keeping_idle(const struct catalog_keeping *k)
{
    return !k->running;
}

/* The rule. */

/* Of the log from the segment on that holds `offset`. */
static uint64_t log_bytes(const struct segments *segments, int64_t offset)
{
    uint64_t bytes = 0;
    const struct segment *last = segments_last(segments);
    LIST_EACH(node, &segments->list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->end_offset > offset || segment == last)
            bytes += segment->synced_bytes;
    }
    return bytes;
}

static bool may_go(const struct catalog_retention *r, uint32_t index)
{
    return index + 1 < r->count && r->snapshots[index + 1].id.end_offset <= r->newest_end;
}

int64_t catalog_retention_judge(const struct catalog_retention *r)
{
    int64_t start = r->log_start;
    uint64_t bytes = 0;
    uint32_t first = 0;
    while (may_go(r, first) && r->snapshots[first + 1].id.end_offset <= start)
        first++;
    for (uint32_t i = first; i < r->count; i++)
        bytes += r->snapshots[i].bytes;
    while (r->bytes_max >= 0 && may_go(r, first) &&
           log_bytes(r->segments, start) + bytes > (uint64_t)r->bytes_max) {
        bytes -= r->snapshots[first++].bytes;
        start = r->snapshots[first].id.end_offset;
    }
    while (r->ms_max >= 0 && may_go(r, first) && r->snapshots[first].last_timestamp >= 0 &&
           r->now_ms - r->snapshots[first].last_timestamp > r->ms_max)
        start = r->snapshots[++first].id.end_offset;
    ASSERT(start >= r->log_start);
    return start;
}

/* One look. */

static void keeping_end(struct catalog_keeping *k)
{
    ASSERT(k->running);
    mem_free(k->snapshots);
    k->snapshots = NULL;
    k->running = false;
    /* What was not in the segments yet is for the next one. */
    bool complete = k->id.end_offset >= k->partition->log_end;
    if (!complete && k->interval_ns > 0 && !k->core->stopping && !timer_armed(&k->timer))
        core_timer_set(k->core, &k->timer, MAX(k->interval_ns, KEEPING_INTERVAL_NS_MIN));
}

static int remove_job(struct file_system *fs, void *context)
{
    struct catalog_keeping *k = context;
    return catalog_snapshot_remove_below(fs, k->directory, k->offset_limit);
}

static void remove_done(struct io_op *op, const struct io_event *event)
{
    struct catalog_keeping *k = CONTAINER_OF(op, struct catalog_keeping, op);
    if (event->value < 0)
        log_warn(&k->core->log, "old snapshots of the catalog cannot be removed: %s",
                 result_sentence((int)event->value));
    keeping_end(k);
}

static void keeping_remove(struct catalog_keeping *k)
{
    k->offset_limit = k->partition->log_start;
    if (k->snapshot_count == 0 || k->snapshots[0].id.end_offset >= k->offset_limit) {
        keeping_end(k);
        return;
    }
    k->op.done = remove_done;
    io_job(k->core->io, &k->op, 0, remove_job, k);
}

static void keeping_trimmed(struct partition_trim *trim)
{
    struct catalog_keeping *k = CONTAINER_OF(trim, struct catalog_keeping, trim);
    if (trim->error == 0) {
        keeping_remove(k);
        return;
    }
    log_warn(&k->core->log, "the catalog's log start cannot move: %s",
             result_sentence(trim->error));
    keeping_end(k);
}

static int look_job(struct file_system *fs, void *context)
{
    struct catalog_keeping *k = context;
    int result = 0;
    if (k->make && !MUTANT(CUT_CATALOG_EARLY))
        result = catalog_snapshot_make(fs, k->directory, k->offset_limit, k->now_ms, &k->id);
    if (result == 0)
        result = catalog_snapshot_list(fs, k->directory, &k->snapshots, &k->snapshot_count);
    return result;
}

static void look_done(struct io_op *op, const struct io_event *event)
{
    struct catalog_keeping *k = CONTAINER_OF(op, struct catalog_keeping, op);
    if (event->value < 0) {
        log_warn(&k->core->log, "no snapshot of the catalog could be written: %s",
                 result_sentence((int)event->value));
        keeping_end(k);
        return;
    }
    const struct catalog_retention retention = {
        .snapshots = k->snapshots,
        .count = k->snapshot_count,
        .newest_end = k->id.end_offset,
        .segments = &k->partition->segments,
        .log_start = k->partition->log_start,
        .now_ms = k->now_ms,
        .bytes_max = k->retention_bytes,
        .ms_max = k->retention_ms,
    };
    int64_t offset = catalog_retention_judge(&retention);
    if (MUTANT(CUT_CATALOG_EARLY))
        offset = MAX(offset, k->offset_limit);
    if (offset == k->partition->log_start) {
        keeping_remove(k);
        return;
    }
    k->trim = (struct partition_trim){
        .partition = k->partition,
        .offset = offset,
        .done = keeping_trimmed,
    };
    partition_trim(&k->trim);
}

static void keeping_look(struct catalog_keeping *k, bool make)
{
    ASSERT(!k->running);
    k->running = true;
    k->make = make;
    k->offset_limit = k->partition->synced_end;
    k->now_ms = io_wall_ms(k->core->io);
    k->op.done = look_done;
    io_job(k->core->io, &k->op, 0, look_job, k);
}

/* What is not flushed yet is left to the next snapshot. */
static void keeping_make(struct catalog_keeping *k)
{
    core_timer_cancel(k->core, &k->timer);
    k->bytes_since = 0;
    if (k->partition->synced_end > k->id.end_offset) {
        keeping_look(k, true);
        return;
    }
    k->running = true;
    keeping_end(k);
}

static void keeping_due(struct timer *timer)
{
    struct catalog_keeping *k = CONTAINER_OF(timer, struct catalog_keeping, timer);
    if (!k->running && !k->core->stopping)
        keeping_make(k);
}

void catalog_keeping_grown(struct catalog_keeping *k, uint64_t bytes)
{
    k->bytes_since += bytes;
    if (k->running || k->core->stopping)
        return;
    if (k->bytes_since >= k->bytes_max)
        keeping_make(k);
    else if (k->interval_ns > 0 && !timer_armed(&k->timer))
        core_timer_set(k->core, &k->timer, k->interval_ns);
}

void catalog_keeping_begin(struct catalog_keeping *k)
{
    if (!k->running && !k->core->stopping)
        keeping_look(k, false);
}
