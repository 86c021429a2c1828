/*
 * Segments are taken whole: the first one that holds a record which must stay as it is ends what
 * can be cleaned. When the time of a segment's first record is not known, because it was written
 * before the last start, the end of the one before it tells the latest time that it can have begun.
 */
#include "partition/cleaner_plan.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/read_files.h"

static int64_t first_dirty(const struct partition *p)
{
    int64_t from = p->clean_end;
    return from < p->log_start || from > p->log_end ? p->log_start : from;
}

/* When the oldest record of a segment was written. */
static int64_t segment_began_ms(const struct segments *s, const struct segment *segment)
{
    if (segment->first_timestamp >= 0)
        return segment->first_timestamp;
    if (segment->node.prev == &s->list)
        return segment->max_timestamp;
    return LIST_ENTRY(segment->node.prev, struct segment, node)->max_timestamp;
}

/* When a segment may be cleaned (min.compaction.lag.ms). */
static int64_t segment_ripe_ms(const struct partition *p, const struct segment *segment)
{
    int64_t lag_ms = p->cleanup_limits.min_compaction_lag_ms;
    int64_t ripe_ms;
    if (lag_ms <= 0 || __builtin_add_overflow(segment->max_timestamp, lag_ms, &ripe_ms))
        return lag_ms <= 0 ? INT64_MIN : INT64_MAX;
    return ripe_ms;
}

/* When it must be cleaned (max.compaction.lag.ms). */
static int64_t segment_overdue_ms(const struct partition *p, const struct segment *segment)
{
    int64_t began_ms = segment_began_ms(&p->segments, segment);
    int64_t overdue_ms;
    if (began_ms < 0 ||
        __builtin_add_overflow(began_ms, p->cleanup_limits.max_compaction_lag_ms, &overdue_ms))
        return INT64_MAX;
    return overdue_ms;
}

struct cleaner_verdict cleaner_judge(const struct partition *p, int64_t now_ms)
{
    struct cleaner_verdict v = {.from_offset = first_dirty(p), .again_ms = INT64_MAX};
    uint64_t clean = 0;
    uint64_t dirty = 0;
    bool overdue = false;
    int64_t decided = MIN(p->last_stable, p->durable_end);
    if (!MUTANT(CLEAN_BEFORE_CHECKPOINT))
        decided = MIN(decided, partition_checkpointed_end(p));
    if (!p->cleanup_limits.compact || p->offline || p->deleted || p->uncleanable)
        return v;
    v.end_offset = v.from_offset;
    LIST_EACH(node, &p->segments.list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        bool is_dirty = segment->end_offset > v.from_offset;
        v.waits = is_dirty && segment->end_offset > decided;
        if (segment == segments_last(&p->segments) || v.waits)
            break;
        int64_t ripe_ms = is_dirty ? segment_ripe_ms(p, segment) : INT64_MIN;
        if (ripe_ms >= now_ms && ripe_ms != INT64_MIN) {
            v.again_ms = MIN(v.again_ms, ripe_ms);
            break;
        }
        if (is_dirty) {
            int64_t overdue_ms = segment_overdue_ms(p, segment);
            overdue = overdue || overdue_ms < now_ms;
            v.again_ms = MIN(v.again_ms, overdue_ms);
            v.end_offset = segment->end_offset;
        }
        *(is_dirty ? &dirty : &clean) += segment->synced_bytes;
        v.segment_count++;
    }
    if (segments_last(&p->segments) == NULL || dirty == 0)
        return v;
    v.dirty_ratio = (double)dirty / (double)(clean + dirty);
    v.due = overdue || v.dirty_ratio > p->cleanup_limits.min_cleanable_dirty_ratio;
    return v;
}

static void plan_segments(const struct partition *p, struct cleaning_plan *plan, uint32_t count)
{
    plan->segments = mem_alloc_array(count, sizeof *plan->segments);
    LIST_EACH(node, &p->segments.list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (plan->segment_count == count)
            break;
        plan->segments[plan->segment_count++] = (struct cleaner_segment){
            .base_offset = segment->base_offset,
            .end_offset = segment->end_offset,
            .bytes = segment->synced_bytes,
            .created_ms = segment->created_ms,
            .modified_ms = segment->modified_ms,
        };
    }
    ASSERT(plan->segment_count == count);
    ASSERT(plan->segments[count - 1].end_offset == plan->end_offset);
}

static void plan_aborted(const struct partition *p, struct cleaning_plan *plan)
{
    const struct aborted *aborted = &p->aborted;
    if (aborted->count == 0)
        return;
    plan->aborted = mem_alloc_array(aborted->count, sizeof *plan->aborted);
    for (uint32_t i = 0; i < aborted->count; i++)
        if (aborted->entries[i].first_offset < plan->end_offset)
            plan->aborted[plan->aborted_count++] = aborted->entries[i];
    cleaner_transactions_sort(plan->aborted, plan->aborted_count);
}

struct cleaning_plan cleaner_plan(const struct partition *p, const struct cleaner_verdict *verdict)
{
    ASSERT(verdict->due && verdict->segment_count > 0);
    struct cleaning_plan plan = {
        .fs = p->segments.fs,
        .directory = p->segments.directory,
        .limits = p->limits,
        .from_offset = verdict->from_offset,
        .end_offset = verdict->end_offset,
        .tombstone_ms = p->cleanup_limits.delete_retention_ms,
    };
    plan_segments(p, &plan, verdict->segment_count);
    plan_aborted(p, &plan);
    plan.producers = producers_last(p->producers, &plan.producer_count);
    return plan;
}

bool cleaner_claim(struct partition *p, const struct cleaning *c)
{
    const struct cleaner_segment *first = &c->plan.segments[c->group_first];
    uint32_t count = c->group_end - c->group_first;
    struct segment *segment = segments_find(&p->segments, first->base_offset);
    if (p->deleted || segment == NULL)
        return false;
    struct list *node = &segment->node;
    for (uint32_t i = 0; i < count; i++, node = node->next) {
        segment = LIST_ENTRY(node, struct segment, node);
        if (node == &p->segments.list || segment->base_offset != first[i].base_offset ||
            segment->end_offset != first[i].end_offset || segment->synced_bytes != first[i].bytes)
            return false;
    }
    for (uint32_t i = 0; i < count; i++) {
        node = node->prev;
        segment = LIST_ENTRY(node, struct segment, node);
        segment->swapping = true;
        if (!MUTANT(READ_REPLACED_FILE))
            read_file_leave(segment);
    }
    return true;
}

void cleaner_apply(struct partition *p, const struct cleaning *c)
{
    const struct segment *result = cleaning_result(c);
    aborted_replace(&p->aborted, result->base_offset, result->end_offset, &c->transactions.kept);
    segments_replace(&p->segments, result, c->group_end - c->group_first);
    /* The log start may have moved over them meanwhile. */
    trim_segments(p);
}
