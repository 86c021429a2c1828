/*
 * Finding a record by its timestamp: segments first, one disk job each, then what is pending in
 * memory.
 *
 * A segment whose highest timestamp is below the one that is looked for is passed over. For the
 * record with the highest timestamp of all, that timestamp is found first and then looked for.
 *
 * Plain batches in memory are searched at once. A compressed one is unpacked by a job, so that the
 * core never waits for a decompression; its WAL block is held meanwhile. After each job the search
 * goes on at the offset where the job's view ended: a flush may have moved batches from memory to a
 * segment in between.
 */
#include "base/assert.h"
#include "partition/partition.h"
#include "partition/segment_seek.h"
#include "partition/shard.h"
#include "protocol/batch.h"

static void query_finish(struct partition_time_query *q, int error)
{
    q->error = error;
    list_push_back(&q->partition->shard->queries, &q->node);
}

static void query_next(struct partition_time_query *q);

/* What a search says: the answer, or that the next ones are to be asked. */
static void query_judge(struct partition_time_query *q, const struct time_search *search, int error)
{
    /* The log start may have moved over what was found. */
    bool gone = error == 0 && search->found && search->offset < q->partition->log_start;
    if (gone)
        q->next_offset = q->partition->log_start;
    if (gone || (error == 0 && !search->found)) {
        query_next(q);
        return;
    }
    if (error == 0) {
        q->found = true;
        q->offset = search->offset;
        q->found_timestamp = search->found_timestamp;
        q->leader_epoch = search->leader_epoch;
    }
    query_finish(q, error);
}

/* Memory. */

static int memory_job(struct file_system *fs, void *context)
{
    (void)fs;
    struct partition_time_job *job = context;
    return time_search_batch(&job->search, job->batch, job->opener);
}

static void memory_job_done(struct io_op *op, const struct io_event *event)
{
    struct partition_time_query *q = CONTAINER_OF(op, struct partition_time_query, op);
    struct partition *p = q->partition;
    p->jobs_out--;
    wal_drop(p->shard->wal, q->memory.block);
    q->next_offset = q->job_end;
    query_judge(q, &q->memory.search, (int)MIN(event->value, 0));
}

static void memory_job_start(struct partition_time_query *q, const struct pending_batch *batch,
                             const struct time_search *search)
{
    struct partition *p = q->partition;
    q->job_end = batch->last_offset + 1;
    q->memory = (struct partition_time_job){
        .block = batch->span.block,
        .batch = {batch->span.data, batch->span.len},
        .opener = &p->shard->opener,
        .search = *search,
    };
    wal_hold(p->shard->wal, batch->span.block);
    p->jobs_out++;
    q->op.done = memory_job_done;
    io_job(p->shard->io, &q->op, SHARD_TIME_LANE, memory_job, &q->memory);
}

static void search_memory(struct partition_time_query *q)
{
    const struct partition *p = q->partition;
    struct time_search search = {.timestamp = q->timestamp, .from_offset = q->next_offset};
    int result = 0;
    for (uint32_t i = pending_find(&p->pending, q->next_offset); i < p->pending.count; i++) {
        const struct pending_batch *batch = pending_at(&p->pending, i);
        if (batch->last_offset >= p->durable_end)
            break;
        if (!time_search_may_match(&search, batch->span.data))
            continue;
        if (batch_compression(batch->span.data) != COMPRESSION_NONE) {
            memory_job_start(q, batch, &search);
            return;
        }
        struct batch_span span = {batch->span.data, batch->span.len};
        result = time_search_batch(&search, span, NULL);
        if (result != 0 || search.found)
            break;
    }
    q->next_offset = p->durable_end;
    if (result == 0 && !search.found)
        query_finish(q, 0);
    else
        query_judge(q, &search, result);
}

/* Segments. */

static int segment_job(struct file_system *fs, void *context)
{
    (void)fs;
    return segment_time_query_run(context);
}

static void segment_job_done(struct io_op *op, const struct io_event *event)
{
    struct partition_time_query *q = CONTAINER_OF(op, struct partition_time_query, op);
    struct partition *p = q->partition;
    bool swapping = q->segment.segment->swapping;
    bool replaced = q->segment.segment->replaced;
    p->jobs_out--;
    segment_drop(&p->segments, q->segment.segment);
    if (swapping) {
        cleaner_park_query(p->shard, q);
        return;
    }
    if (replaced) {
        query_next(q);
        return;
    }
    q->next_offset = q->job_end;
    query_judge(q, &q->segment.search, (int)MIN(event->value, 0));
}

static void segment_job_start(struct partition_time_query *q, struct segment *segment)
{
    struct partition *p = q->partition;
    q->job_end = segment->end_offset;
    q->segment = (struct segment_time_query){
        .segments = &p->segments,
        .segment = segment,
        .synced_bytes = segment->synced_bytes,
        .opener = &p->shard->opener,
        .search = {.timestamp = q->timestamp,
                   .from_offset = MAX(q->next_offset, segment->base_offset)},
    };
    segment_hold(segment);
    p->jobs_out++;
    q->op.done = segment_job_done;
    io_job(p->shard->io, &q->op, SHARD_TIME_LANE, segment_job, &q->segment);
}

/* The next segment that may hold it, or what is pending. */
static void query_next(struct partition_time_query *q)
{
    struct partition *p = q->partition;
    if (p->offline || p->deleted) {
        query_finish(q, ERR_OFFLINE);
        return;
    }
    LIST_EACH(node, &p->segments.list) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->end_offset <= q->next_offset || segment->max_timestamp < q->timestamp)
            continue;
        if (segment->swapping)
            cleaner_park_query(p->shard, q);
        else
            segment_job_start(q, segment);
        return;
    }
    search_memory(q);
}

static int64_t highest_timestamp(const struct partition *p)
{
    int64_t highest = -1;
    LIST_EACH(node, &p->segments.list)
        highest = MAX(highest, LIST_ENTRY(node, struct segment, node)->max_timestamp);
    for (uint32_t i = 0; i < p->pending.count; i++) {
        const struct pending_batch *batch = pending_at(&p->pending, i);
        if (batch->last_offset < p->durable_end)
            highest = MAX(highest, batch->max_timestamp);
    }
    return highest;
}

void partition_time_query_resume(struct partition_time_query *q, int error)
{
    if (error != 0)
        query_finish(q, segment_read_result(error));
    else
        query_next(q);
}

void partition_time_query(struct partition_time_query *q)
{
    const struct partition *p = q->partition;
    ASSERT(q->done != NULL);
    q->found = false;
    q->next_offset = p->log_start;
    if (q->max_timestamp)
        q->timestamp = highest_timestamp(p);
    if (q->max_timestamp && q->timestamp < 0 && !p->offline && !p->deleted)
        query_finish(q, 0);
    else
        query_next(q);
}
