/*
 * Finding a record by its timestamp: segments first, one disk job each, then what is pending in
 * memory.
 *
 * A segment whose highest timestamp is below the one that is looked for is passed over. For the
 * record with the highest timestamp of all, that timestamp is found first and then looked for.
 */
#include "base/assert.h"
#include "partition/batch_time.h"
#include "partition/partition.h"
#include "partition/shard.h"

static void query_finish(struct partition_time_query *q, int error)
{
    q->error = error;
    list_push_back(&q->partition->shard->queries, &q->node);
}

static void query_found(struct partition_time_query *q, int64_t offset, int64_t timestamp,
                        int32_t epoch)
{
    q->found = true;
    q->offset = offset;
    q->found_timestamp = timestamp;
    q->leader_epoch = epoch;
}

/* True when the search is over. */
static bool search_batch(struct partition_time_query *q, const struct wal_span *span)
{
    struct batch_time_search search = {
        .timestamp = q->timestamp,
        .from_offset = q->partition->log_start,
    };
    if (batch_time_search(&search, span->data, span->len) != 0)
        batch_time_guess(&search, span->data);
    if (search.found)
        query_found(q, search.offset, search.found_timestamp, search.leader_epoch);
    return search.found;
}

static void search_pending(struct partition_time_query *q)
{
    const struct partition *p = q->partition;
    for (uint32_t i = pending_find(&p->pending, p->log_start); i < p->pending.count; i++) {
        const struct pending_batch *batch = pending_at(&p->pending, i);
        if (batch->last_offset >= p->durable_end)
            break;
        if (search_batch(q, &batch->span))
            break;
    }
    query_finish(q, 0);
}

static int query_job(struct file_system *fs, void *context)
{
    (void)fs;
    return segment_time_query_run(context);
}

static void query_next(struct partition_time_query *q);

static void query_job_done(struct io_op *op, const struct io_event *event)
{
    struct partition_time_query *q = CONTAINER_OF(op, struct partition_time_query, op);
    struct partition *p = q->partition;
    q->segment_next = q->segment.segment->end_offset;
    p->jobs_out--;
    segment_drop(&p->segments, q->segment.segment);
    if (event->value < 0) {
        query_finish(q, (int)event->value);
    } else if (q->segment.found) {
        query_found(q, q->segment.found_offset, q->segment.found_timestamp,
                    q->segment.found_leader_epoch);
        query_finish(q, 0);
    } else {
        query_next(q);
    }
}

/* The next segment that may hold it, or what is pending. */
static void query_next(struct partition_time_query *q)
{
    struct partition *p = q->partition;
    LIST_EACH(node, &p->segments.list) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->end_offset <= q->segment_next || segment->max_timestamp < q->timestamp)
            continue;
        segment_hold(segment);
        p->jobs_out++;
        q->segment = (struct segment_time_query){
            .segments = &p->segments,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .timestamp = q->timestamp,
            .from_offset = MAX(p->log_start, segment->base_offset),
        };
        q->op.done = query_job_done;
        io_job(p->shard->io, &q->op, 0, query_job, &q->segment);
        return;
    }
    search_pending(q);
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

void partition_time_query(struct partition_time_query *q)
{
    const struct partition *p = q->partition;
    ASSERT(q->done != NULL);
    q->found = false;
    q->segment_next = p->log_start;
    if (p->offline || p->deleted) {
        query_finish(q, ERR_OFFLINE);
        return;
    }
    if (q->max_timestamp)
        q->timestamp = highest_timestamp(p);
    if (q->max_timestamp && q->timestamp < 0)
        query_finish(q, 0);
    else
        query_next(q);
}
