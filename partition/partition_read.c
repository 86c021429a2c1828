/*
 * Reading from a partition: pending batches are copied from memory at once, older ones are read
 * from their segment by a disk job.
 *
 * Both end in the reader's own buffer, so that a slow consumer holds nothing of the partition. The
 * bound is the high watermark, or the last stable offset: what is above is never seen.
 */
#include "partition/partition.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/read_files.h"
#include "partition/segment_seek.h"
#include "partition/shard.h"
#include "protocol/batch.h"

static int64_t read_limit(const struct partition_read *r)
{
    if (MUTANT(SERVE_ABOVE_HIGH_WATERMARK))
        return r->partition->log_end;
    return r->committed_only ? r->partition->last_stable : r->partition->durable_end;
}

static void read_finish(struct partition_read *r, int error)
{
    r->error = error;
    list_push_back(&r->partition->shard->reads, &r->node);
}

static void read_memory(struct partition_read *r, uint32_t index)
{
    const struct pending *pending = &r->partition->pending;
    int64_t limit = read_limit(r);
    for (; index < pending->count; index++) {
        const struct pending_batch *batch = pending_at(pending, index);
        if (batch->last_offset >= limit)
            break;
        if (batch->span.len > r->capacity - r->len) {
            if (r->len == 0)
                r->needed = batch->span.len;
            break;
        }
        memcpy(r->data + r->len, batch->span.data, batch->span.len);
        r->len += batch->span.len;
    }
    read_finish(r, 0);
}

static int read_job(struct file_system *fs, void *context)
{
    (void)fs;
    return segment_read_run(context);
}

static void read_job_done(struct io_op *op, const struct io_event *event);

static struct read_place place_of(const struct partition *p, const struct segment *segment,
                                  int64_t offset)
{
    return (struct read_place){
        .topic_id = p->topic_id,
        .partition = p->index,
        .replacements = p->segments.replacements,
        .segment = segment->base_offset,
        .offset = offset,
    };
}

static uint64_t position_hint(const struct partition *p, const struct segment *segment,
                              int64_t offset)
{
    if (offset == segment->base_offset)
        return 0;
    struct read_place place = place_of(p, segment, offset);
    return read_places_find(&p->shard->read_places, &place) ? place.position : SEGMENT_NO_HINT;
}

uint32_t partition_first_bytes(const struct partition *p, int64_t offset)
{
    if (p->pending.count > 0 && offset >= pending_at(&p->pending, 0)->base_offset) {
        uint32_t index = pending_find(&p->pending, offset);
        return index < p->pending.count ? pending_at(&p->pending, index)->span.len : 0;
    }
    const struct segment *segment = segments_find(&p->segments, offset);
    if (segment == NULL || p->shard == NULL)
        return 0;
    struct read_place place = place_of(p, segment, offset);
    return read_places_find(&p->shard->read_places, &place) ? place.size : 0;
}

/* Whoever asks for what follows finds it at once. */
static void keep_place(const struct partition_read *r, const struct segment *segment)
{
    const struct segment_read *read = &r->segment;
    if (read->len == 0)
        return;
    struct read_place place = place_of(r->partition, segment, read->next_offset);
    place.position = read->next_position;
    place.size = read->next_size;
    read_places_keep(&r->partition->shard->read_places, &place);
}

/* On the core itself, when that takes no waiting, and not too much of it in one step. */
static bool read_segment_now(struct partition_read *r)
{
    struct shard *shard = r->partition->shard;
    struct segment_read *read = &r->segment;
    enum read_files_way way = read_files_use(shard, read->file, r->capacity);
    if (way == READ_NEXT_STEP) {
        read_files_wait(r);
        return true;
    }
    if (way == READ_BY_JOB || !segment_read_now(read, shard->io))
        return false;
    keep_place(r, read->segment);
    r->len = read->len;
    r->needed = read->needed;
    read_finish(r, 0);
    return true;
}

static void read_segment(struct partition_read *r, struct segment *segment, int64_t offset)
{
    struct partition *p = r->partition;
    if (segment->swapping) {
        cleaner_park_read(p->shard, r);
        return;
    }
    r->segment = (struct segment_read){
        .segments = &p->segments,
        .segment = segment,
        .synced_bytes = segment->synced_bytes,
        .offset = offset,
        .offset_limit = MIN(read_limit(r), segment->end_offset),
        .position_hint = position_hint(p, segment, offset),
        .data = r->data,
        .capacity = r->capacity,
        .file = segment->read_file,
        .check = true,
    };
    if (r->segment.position_hint != SEGMENT_NO_HINT && read_segment_now(r))
        return;
    segment_hold(segment);
    r->segment.file = read_file_hold(segment);
    p->jobs_out++;
    r->op.done = read_job_done;
    io_job(p->shard->io, &r->op, 0, read_job, &r->segment);
}

/* Where `offset` is read from now. Segments may have a hole at their end (compaction): the reader
 * moves on to the next one. */
static void read_start(struct partition_read *r, int64_t offset)
{
    struct partition *p = r->partition;
    if (p->deleted || p->offline) {
        read_finish(r, ERR_OFFLINE);
        return;
    }
    if (offset >= read_limit(r)) {
        read_finish(r, 0);
        return;
    }
    if (p->pending.count > 0 && offset >= pending_at(&p->pending, 0)->base_offset) {
        read_memory(r, pending_find(&p->pending, offset));
        return;
    }
    struct segment *segment = segments_find(&p->segments, offset);
    if (segment == NULL)
        segment = segments_first(&p->segments);
    if (segment == NULL || segment->end_offset <= offset) {
        read_finish(r, ERR_CORRUPT);
        return;
    }
    read_segment(r, segment, offset);
}

static void read_job_done(struct io_op *op, const struct io_event *event)
{
    struct partition_read *r = CONTAINER_OF(op, struct partition_read, op);
    struct partition *p = r->partition;
    struct segment *segment = r->segment.segment;
    /* As it was when the job began: a flush may have moved the segment's end meanwhile. */
    int64_t end = r->segment.offset_limit;
    bool swapping = segment->swapping;
    bool replaced = segment->replaced;
    read_file_drop(r->segment.file);
    if (event->value >= 0 && !swapping && !replaced)
        keep_place(r, segment);
    if (event->value >= 0 && r->segment.position_hint != SEGMENT_NO_HINT)
        read_files_open(p, segment);
    p->jobs_out--;
    segment_drop(&p->segments, segment);
    if (swapping) {
        cleaner_park_read(p->shard, r);
        return;
    }
    if (replaced) {
        partition_read_resume(r, 0);
        return;
    }
    if (event->value < 0) {
        read_finish(r, (int)event->value);
        return;
    }
    r->len = r->segment.len;
    r->needed = r->segment.needed;
    if (r->len == 0 && r->needed == 0 && end > r->offset && end < read_limit(r)) {
        if (end < p->log_start) {
            read_finish(r, ERR_OUT_OF_RANGE);
            return;
        }
        r->offset = end;
        read_start(r, end);
        return;
    }
    read_finish(r, 0);
}

/* One past the last offset of whole batches. */
static int64_t batches_end(const uint8_t *data, uint32_t len, int64_t end)
{
    struct batch_span span;
    size_t at = 0;
    while (batch_next((struct bytes){data, len}, at, &span) == 0) {
        end = batch_last_offset(span.data) + 1;
        at += span.len;
    }
    return end;
}

struct aborted_entry *partition_aborted(const struct partition_read *r, uint32_t *count)
{
    const struct aborted *aborted = &r->partition->aborted;
    uint32_t first;
    *count = 0;
    if (aborted->count == 0 || r->len == 0)
        return NULL;
    int64_t to = batches_end(r->data, r->len, r->offset);
    uint32_t end = aborted_find(aborted, r->offset, to, &first);
    struct aborted_entry *entries = NULL;
    for (uint32_t i = first; i < end; i++) {
        if (aborted->entries[i].first_offset >= to)
            continue;
        if (entries == NULL)
            entries = mem_alloc_array(end - i, sizeof *entries);
        entries[(*count)++] = aborted->entries[i];
    }
    return entries;
}

void partition_read_resume(struct partition_read *r, int error)
{
    r->len = 0;
    r->needed = 0;
    if (error != 0)
        read_finish(r, segment_read_result(error));
    else
        read_start(r, r->offset);
}

void partition_read(struct partition_read *r)
{
    struct partition *p = r->partition;
    ASSERT(r->done != NULL && r->data != NULL);
    r->len = 0;
    r->needed = 0;
    if (!p->deleted && !p->offline && (r->offset < p->log_start || r->offset > p->log_end)) {
        read_finish(r, ERR_OUT_OF_RANGE);
        return;
    }
    read_start(r, r->offset);
}
