/*
 * One thing at a time: an empty segment is begun, or the log start moves, or a deadline is waited
 * for. Whatever ends asks again.
 *
 * The active segment is judged by what is synced of it, and goes only while nothing is pending:
 * what is pending will lie in it. While an empty segment is begun no flush takes the partition,
 * since a partition has one writing job; appends go on.
 */
#include "partition/retention.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define RETENTION_RETRY_NS (10 * NS_PER_S)
/* Some ten years: longer waits are cut, and asked again. */
#define RETENTION_WAIT_MS_MAX (3650ULL * 24 * 3600 * 1000)

struct retention_roll {
    struct io_op op;
    struct partition *partition;
    struct segment_write write;
    uint8_t *snapshot;
};

/* Judging. */

/* How long a segment is still left alone after it was written to, in ns. */
static uint64_t rest_ns(const struct partition *p, const struct segment *segment)
{
    const struct retention_limits *limits = &p->retention.limits;
    bool active = segment == segments_last(&p->segments);
    uint64_t passed = io_now(p->shard->io) - (active ? p->last_append_ns : segment->written_ns);
    int64_t grace_ms = limits->ms < 0 ? limits->check_ms : MIN(limits->check_ms, limits->ms);
    uint64_t grace = (uint64_t)grace_ms * NS_PER_MS;
    return passed < grace ? grace - passed : 0;
}

/* Nothing is pending that will lie in the active segment. */
static bool at_rest(const struct partition *p)
{
    return p->pending.count == 0 && !p->flushing && p->log_end == p->synced_end;
}

static bool may_go(const struct partition *p, const struct segment *segment, bool by_time)
{
    if (segment != segments_last(&p->segments))
        return !by_time || rest_ns(p, segment) == 0;
    return segment->synced_bytes > 0 && at_rest(p) && rest_ns(p, segment) == 0;
}

static int64_t largest_timestamp(const struct segment *segment)
{
    if (MUTANT(GO_BY_OLDEST_RECORD))
        return segment->first_timestamp;
    return segment->max_timestamp >= 0 ? segment->max_timestamp : segment->modified_ms;
}

/* By how much the log may shrink; false: it may not. */
static bool excess_bytes(const struct partition *p, uint64_t *excess)
{
    uint64_t bytes = 0;
    if (p->retention.limits.bytes < 0)
        return false;
    LIST_EACH(node, &p->segments.list)
        bytes += LIST_ENTRY(node, struct segment, node)->synced_bytes;
    uint64_t limit = (uint64_t)p->retention.limits.bytes;
    *excess = bytes >= limit ? bytes - limit : 0;
    return bytes >= limit;
}

static struct segment *next_segment(const struct partition *p, const struct segment *segment)
{
    struct list *node = segment->node.next;
    return node == &p->segments.list ? NULL : LIST_ENTRY(node, struct segment, node);
}

/* The oldest segment that stays; null: none does. */
static struct segment *first_kept(const struct partition *p, int64_t now_ms)
{
    const struct retention_limits *limits = &p->retention.limits;
    struct segment *segment = segments_first(&p->segments);
    uint64_t excess;
    bool by_size = excess_bytes(p, &excess);
    while (by_size && segment != NULL && may_go(p, segment, false) &&
           (excess >= segment->synced_bytes || (MUTANT(RETAIN_TOO_LITTLE) && excess > 0))) {
        excess -= MIN(excess, segment->synced_bytes);
        segment = next_segment(p, segment);
    }
    while (limits->ms >= 0 && segment != NULL && may_go(p, segment, true) &&
           now_ms - largest_timestamp(segment) > limits->ms)
        segment = next_segment(p, segment);
    return segment;
}

/* When the oldest segment that stays is to be judged again. What is pending brings a flush, and so
 * the next look. */
static uint64_t wait_ns(const struct partition *p, const struct segment *kept, int64_t now_ms)
{
    const struct retention_limits *limits = &p->retention.limits;
    bool active = kept == segments_last(&p->segments);
    uint64_t rest = !active || at_rest(p) ? rest_ns(p, kept) : 0;
    uint64_t by_rest = rest > 0 ? rest : RETENTION_NEVER;
    int64_t due_ms;
    if (kept->synced_bytes == 0)
        return RETENTION_NEVER;
    if (limits->ms < 0 || __builtin_add_overflow(largest_timestamp(kept), limits->ms, &due_ms))
        return limits->bytes == 0 ? by_rest : RETENTION_NEVER;
    if (due_ms < now_ms || limits->bytes == 0)
        return by_rest;
    uint64_t wait_ms = MIN((uint64_t)(due_ms - now_ms) + 1, RETENTION_WAIT_MS_MAX);
    return MAX(wait_ms * NS_PER_MS, rest);
}

void retention_judge(const struct partition *p, struct retention_verdict *verdict)
{
    int64_t now_ms = io_wall_ms(p->shard->io);
    *verdict = (struct retention_verdict){.offset = p->log_start, .wait_ns = RETENTION_NEVER};
    bool never = MUTANT(RETAIN_FOREVER) || (MUTANT(RETAIN_COMPACTED) && p->cleanup_limits.compact);
    if (!p->retention.limits.enabled || p->segments.count == 0 || never)
        return;
    const struct segment *kept = first_kept(p, now_ms);
    if (kept == NULL) {
        verdict->roll = true;
        return;
    }
    if (kept != segments_first(&p->segments))
        verdict->offset = MAX(p->log_start, kept->base_offset);
    verdict->wait_ns = wait_ns(p, kept, now_ms);
}

/* Beginning an empty segment. */

static int roll_job(struct file_system *fs, void *context)
{
    (void)fs;
    struct retention_roll *roll = context;
    return segments_roll_run(&roll->write);
}

static void roll_done(struct io_op *op, const struct io_event *event)
{
    struct retention_roll *roll = CONTAINER_OF(op, struct retention_roll, op);
    struct partition *p = roll->partition;
    (void)event;
    segments_write_end(&p->segments, &roll->write);
    int error = roll->write.error;
    p->retention.roll = NULL;
    p->jobs_out--;
    p->shard->rolls_out--;
    mem_free(roll->snapshot);
    mem_free(roll);
    if (p->deleted)
        return;
    if (error == 0) {
        trim_segments(p);
        retention_check(p);
        return;
    }
    log_warn(&p->shard->log, "cannot begin a segment of %s-%d: %s; trying again", p->topic,
             p->index, result_sentence(error));
    heap_set(&p->shard->deadlines, &p->retention.timer, io_now(p->shard->io) + RETENTION_RETRY_NS);
}

static void roll_start(struct partition *p)
{
    struct shard *shard = p->shard;
    struct retention_roll *roll = mem_alloc(sizeof *roll);
    size_t len = producers_snapshot_size(p->producers, p->synced_end);
    ASSERT(!p->flushing && p->pending.count == 0);
    roll->partition = p;
    roll->snapshot = mem_alloc(len);
    producers_snapshot_write(p->producers, p->synced_end, roll->snapshot, len);
    roll->write = (struct segment_write){
        .segments = &p->segments,
        .limits = p->limits,
        .sync = true,
        .roll = true,
        .roll_offset = p->synced_end,
        .now_ms = io_wall_ms(shard->io),
        .snapshot = {roll->snapshot, len},
    };
    segments_write_begin(&p->segments, &roll->write);
    p->retention.roll = roll;
    p->jobs_out++;
    shard->rolls_out++;
    roll->op.done = roll_done;
    io_job(shard->io, &roll->op, SHARD_DISK_LANE, roll_job, roll);
}

/* Moving the log start. */

static void trim_done(struct partition_trim *trim)
{
    struct partition *p = CONTAINER_OF(trim, struct partition, retention.trim);
    p->retention.trimming = false;
    if (p->deleted)
        return;
    if (trim->error == 0)
        retention_check(p);
    else
        heap_set(&p->shard->deadlines, &p->retention.timer,
                 io_now(p->shard->io) + RETENTION_RETRY_NS);
}

static void trim_start(struct partition *p, int64_t offset)
{
    struct retention *r = &p->retention;
    ASSERT(offset > p->log_start && offset <= p->durable_end);
    r->trimming = true;
    r->trim = (struct partition_trim){.partition = p, .offset = offset, .done = trim_done};
    partition_trim(&r->trim);
}

void retention_check(struct partition *p)
{
    struct retention *r = &p->retention;
    struct shard *shard = p->shard;
    if (shard == NULL || !shard_is_open(shard) || shard->stopping || p->deleted || p->offline)
        return;
    if (r->trimming || r->roll != NULL)
        return;
    struct retention_verdict verdict;
    retention_judge(p, &verdict);
    heap_cancel(&shard->deadlines, &r->timer);
    if (verdict.roll)
        roll_start(p);
    else if (verdict.offset > p->log_start)
        trim_start(p, verdict.offset);
    else if (verdict.wait_ns != RETENTION_NEVER)
        heap_set(&shard->deadlines, &r->timer, io_now(shard->io) + verdict.wait_ns);
}

static void retention_due(struct timer *timer)
{
    retention_check(CONTAINER_OF(timer, struct partition, retention.timer));
}

void retention_configure(struct partition *p, const struct retention_limits *limits)
{
    p->retention.limits = *limits;
    retention_check(p);
}

void retention_begin(struct partition *p)
{
    p->last_append_ns = io_now(p->shard->io);
    LIST_EACH(node, &p->segments.list)
        LIST_ENTRY(node, struct segment, node)->written_ns = p->last_append_ns;
    retention_check(p);
}

void retention_written(struct partition *p, uint32_t count)
{
    struct list *node = p->segments.list.prev;
    for (; count > 0 && node != &p->segments.list; count--, node = node->prev)
        LIST_ENTRY(node, struct segment, node)->written_ns = p->last_append_ns;
}

void retention_init(struct partition *p)
{
    timer_init(&p->retention.timer, retention_due);
}

void retention_stop(struct partition *p)
{
    if (p->shard != NULL)
        heap_cancel(&p->shard->deadlines, &p->retention.timer);
}
