/*
 * The two walks and what lies between them. A group of segments is as many as fit one: by bytes, by
 * entries of the indexes, and by the offsets that an index can tell.
 */
#include "partition/cleaner_job.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* What the disk must have left beside a group. */
#define SPACE_LEFT (64 * MIB)

void cleaning_begin(struct cleaning *c, const struct cleaning_plan *plan)
{
    ASSERT(plan->segment_count > 0 && plan->from_offset < plan->end_offset);
    *c = (struct cleaning){.plan = *plan, .source = {.file = -1}};
    c->output = (struct cleaner_output){
        .fs = plan->fs,
        .directory = plan->directory,
        .index_interval_bytes = plan->limits.index_interval_bytes,
        .file = -1,
    };
    while (plan->segments[c->at].end_offset <= plan->from_offset)
        c->at++;
    cleaner_transactions_init(&c->transactions, plan->aborted, plan->aborted_count);
    offset_map_begin(plan->map, (uint64_t)(plan->end_offset - plan->from_offset));
    plan->map->latest = plan->from_offset - 1;
}

void cleaning_end(struct cleaning *c)
{
    ASSERT(c->source.file < 0 && c->output.file < 0);
    offset_map_end(c->plan.map);
    cleaner_source_fini(&c->source);
    cleaner_output_fini(&c->output);
    cleaner_transactions_fini(&c->transactions);
    cleaner_opener_fini(&c->opener);
    cleaner_filter_fini(&c->filter);
    mem_free(c->plan.segments);
    mem_free(c->plan.aborted);
    mem_free(c->plan.producers);
}

/* The next batch of segment `at`; 0: it is at its end, and closed. */
static int next_batch(struct cleaning *c, struct batch_span *batch)
{
    int result = 0;
    if (c->source.file < 0)
        result = cleaner_source_open(&c->source, c->plan.fs, c->plan.directory,
                                     &c->plan.segments[c->at]);
    if (result == 0)
        result = cleaner_source_next(&c->source, batch);
    if (result == 0)
        cleaner_source_close(&c->source);
    if (result == 1)
        c->totals.bytes_read += batch->len;
    if (result == 1 && c->phase == CLEANING_FILTER)
        c->totals.filtered_bytes += batch->len;
    return result;
}

/* The first walk. */

/* All keys are noted that have found a place. */
static void map_done(struct cleaning *c)
{
    const struct cleaning_plan *plan = &c->plan;
    cleaner_source_close(&c->source);
    while (c->filter_end < plan->segment_count &&
           plan->segments[c->filter_end].base_offset <= plan->map->latest)
        c->filter_end++;
    cleaner_transactions_fini(&c->transactions);
    cleaner_transactions_init(&c->transactions, plan->aborted, plan->aborted_count);
    c->filter = (struct cleaner_filter){
        .map = plan->map,
        .opener = &c->opener,
        .transactions = &c->transactions,
        .producers = plan->producers,
        .producer_count = plan->producer_count,
        .now_ms = plan->now_ms,
        .tombstone_ms = plan->tombstone_ms,
        .end_offset = plan->end_offset,
    };
    c->at = 0;
    c->group_end = 0;
    c->phase = CLEANING_FILTER;
}

static int map_step(struct cleaning *c, uint64_t limit)
{
    struct offset_map *map = c->plan.map;
    struct batch_span batch;
    while (c->totals.bytes_read < limit && c->phase == CLEANING_MAP) {
        int result = next_batch(c, &batch);
        if (result < 0)
            return result;
        if (result == 0) {
            /* What is missing at its end is noted, too. */
            map->latest = MAX(map->latest, c->plan.segments[c->at].end_offset - 1);
            c->at++;
            if (c->at == c->plan.segment_count)
                map_done(c);
        } else if (!cleaner_note_batch(map, &c->opener, &c->transactions, batch,
                                       c->plan.from_offset)) {
            map_done(c);
        }
    }
    return 0;
}

/* The second walk. */

/* Entries that a segment's index may get. */
static uint64_t index_entries(const struct cleaning *c, uint64_t bytes)
{
    return bytes / ((uint64_t)c->plan.limits.index_interval_bytes + 1) + 1;
}

static uint32_t group_find_end(const struct cleaning *c, uint32_t first)
{
    const struct cleaner_segment *segments = c->plan.segments;
    const struct segment_limits *limits = &c->plan.limits;
    uint64_t bytes = segments[first].bytes;
    uint32_t end = first + 1;
    for (; end < c->filter_end; end++) {
        bytes += segments[end].bytes;
        if (bytes > limits->segment_bytes || bytes > INT32_MAX ||
            index_entries(c, bytes) * TIME_INDEX_ENTRY > limits->index_bytes_max ||
            segments[end].end_offset - 1 - segments[first].base_offset > INT32_MAX)
            break;
    }
    return end;
}

static int check_space(const struct cleaning *c)
{
    struct file_space space;
    uint64_t bytes = 0;
    for (uint32_t i = c->group_first; i < c->group_end; i++)
        bytes += c->plan.segments[i].bytes;
    int result = file_get_space(c->plan.fs, c->plan.directory, &space);
    if (result != 0)
        return result;
    return space.free_bytes < bytes + SPACE_LEFT ? ERR_NO_SPACE : 0;
}

static int group_begin(struct cleaning *c)
{
    c->group_first = c->at;
    c->group_end = group_find_end(c, c->at);
    c->output.segment.created_ms = c->plan.segments[c->group_end - 1].created_ms;
    c->output.segment.modified_ms = c->plan.segments[c->group_end - 1].modified_ms;
    int result = check_space(c);
    if (result == 0)
        result = cleaner_output_begin(&c->output, c->plan.segments[c->at].base_offset);
    return result;
}

static int group_finish(struct cleaning *c)
{
    int result = cleaner_output_complete(&c->output, &c->transactions.kept);
    if (result != 0)
        return result;
    c->output.segment.end_offset = c->plan.segments[c->group_end - 1].end_offset;
    c->phase = CLEANING_READY;
    return 0;
}

static int filter_next(struct cleaning *c)
{
    struct batch_span batch;
    struct batch_span kept;
    int result = next_batch(c, &batch);
    if (result < 0)
        return result;
    if (result == 0) {
        c->at++;
        return c->at == c->group_end ? group_finish(c) : 0;
    }
    result = cleaner_filter_batch(&c->filter, batch, &kept);
    if (result != 0 || kept.len == 0)
        return result;
    c->totals.bytes_written += kept.len;
    return cleaner_output_add(&c->output, kept);
}

static int filter_step(struct cleaning *c, uint64_t limit)
{
    int result = 0;
    while (result == 0 && c->totals.bytes_read < limit && c->phase == CLEANING_FILTER) {
        if (c->at == c->filter_end)
            c->phase = CLEANING_ENDED;
        else if (c->at == c->group_end)
            result = group_begin(c);
        else
            result = filter_next(c);
    }
    return result;
}

int cleaning_step(struct cleaning *c)
{
    uint64_t limit = c->totals.bytes_read + CLEANING_STEP;
    ASSERT(c->phase == CLEANING_MAP || c->phase == CLEANING_FILTER);
    int result = map_step(c, limit);
    if (result == 0)
        result = filter_step(c, limit);
    c->totals.records_read = c->filter.records_read;
    c->totals.records_kept = c->filter.records_kept;
    return result;
}

int cleaning_swap(struct cleaning *c)
{
    ASSERT(c->phase == CLEANING_READY);
    return cleaner_output_swap(&c->output, &c->plan.segments[c->group_first],
                               c->group_end - c->group_first);
}

void cleaning_swapped(struct cleaning *c)
{
    ASSERT(c->phase == CLEANING_READY);
    c->transactions.kept.count = 0;
    c->phase = CLEANING_FILTER;
}

void cleaning_abandon(struct cleaning *c)
{
    cleaner_source_close(&c->source);
    cleaner_output_abandon(&c->output);
}
