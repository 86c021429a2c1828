/*
 * Appending to a partition, and its life.
 *
 * The happy path of an append: the producer's sequence is checked, room is reserved in the WAL, the
 * batch is copied there and gets its offsets, a pending entry points at the copy, the producer
 * state moves on, and the append joins the shard's queue until its group is durable. All of that
 * is one step on the owning core, so that offset order, WAL order and visibility order are one.
 *
 * Failure modes: no memory (nothing has happened, the caller parks), a failed group (the shard
 * rolls back newest first, each append undoing exactly what it did), deletion (the queue's entries
 * are answered when their group is decided, and the partition is freed after the last of them).
 */
#include "partition/partition.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/read_files.h"
#include "partition/refused.h"
#include "partition/shard.h"
#include "protocol/batch.h"

/* Below this, joining two CRCs costs more than summing the bytes. */
#define APPEND_SUM_BYTES 2048

struct partition *partition_new(struct file_system *fs, const char *log_directory,
                                const char *topic, struct uuid topic_id, int32_t index,
                                const struct log *log)
{
    ASSERT(index >= 0);
    struct partition *p = mem_alloc(sizeof *p);
    char directory[4096];
    int len = snprintf(directory, sizeof directory, "%s/%s-%d", log_directory, topic, index);
    ASSERT(len > 0 && (size_t)len < sizeof directory);
    p->topic = mem_copy_string(topic);
    p->topic_id = topic_id;
    p->index = index;
    p->producers = producers_new();
    p->snapshot_end = -1;
    segments_init(&p->segments, fs, directory, log);
    epochs_init(&p->epochs);
    aborted_init(&p->aborted);
    list_init(&p->shard_node);
    list_init(&p->dirty_node);
    list_init(&p->moved_node);
    list_init(&p->trim_node);
    list_init(&p->removed);
    retention_init(p);
    list_init(&p->watches);
    return p;
}

void partition_free(struct partition *p)
{
    ASSERT(p->appends_out == 0 && p->trims_out == 0 && p->jobs_out == 0 && !p->flushing);
    ASSERT(p->pending.count == 0 && list_empty(&p->watches));
    list_remove(&p->shard_node);
    list_remove(&p->dirty_node);
    list_remove(&p->moved_node);
    trim_drop(p);
    retention_stop(p);
    segments_fini(&p->segments);
    epochs_fini(&p->epochs);
    aborted_fini(&p->aborted);
    producers_free(p->producers);
    mem_free(p->pending.ring);
    mem_free(p->topic);
    mem_free(p);
}

uint64_t partition_bytes(const struct partition *p)
{
    uint64_t bytes = 0;
    for (struct list *node = p->segments.list.next; node != &p->segments.list; node = node->next)
        bytes += LIST_ENTRY(node, struct segment, node)->synced_bytes;
    if (p->pending.count > 0)
        bytes += p->bytes_appended - pending_at(&p->pending, 0)->bytes_before;
    return bytes;
}

int64_t partition_checkpointed_end(const struct partition *p)
{
    if (p->pending.count == 0)
        return p->synced_end;
    return MIN(p->synced_end, pending_at(&p->pending, 0)->base_offset);
}

int64_t partition_stable_end(const struct partition *p)
{
    int64_t open = producers_first_open(p->producers);
    return open < 0 ? p->durable_end : MAX(MIN(open, p->durable_end), p->log_start);
}

/* The append is decided without a WAL entry; its callback runs in the shard's next step. */
static int append_decide(struct partition_append *a, enum append_outcome outcome)
{
    a->outcome = outcome;
    list_push_back(&a->partition->shard->answers, &a->node);
    return 0;
}

/* A duplicate shares its original's fate: it queues behind the original's group, waits for it, and
 * fails with it. */
static int append_duplicate(struct partition_append *a, const struct producer_batch *original)
{
    struct partition *p = a->partition;
    a->base_offset = original->base_offset;
    a->last_offset = original->last_offset;
    a->timestamp = original->timestamp;
    if (original->last_offset < p->durable_end || MUTANT(ANSWER_DUPLICATE_EARLY))
        return append_decide(a, APPEND_DUPLICATE);
    uint32_t index = pending_find(&p->pending, original->last_offset);
    const struct pending_batch *pending = pending_at(&p->pending, index);
    ASSERT(pending->base_offset == original->base_offset);
    a->outcome = APPEND_DUPLICATE;
    a->sequence = pending->span.sequence;
    struct list *appends = &p->shard->appends;
    struct list *before = appends->prev;
    while (before != appends &&
           LIST_ENTRY(before, struct partition_append, node)->sequence > a->sequence)
        before = before->prev;
    ASSERT(before != appends);
    p->appends_out++;
    list_push_front(before, &a->node);
    return 0;
}

static void append_copy(struct partition_append *a, uint8_t *to)
{
    struct partition *p = a->partition;
    memcpy(to, a->batch, a->len);
    batch_patch_offset(to, a->base_offset - (MUTANT(REUSE_OFFSET) && a->base_offset > 0));
    batch_patch_leader_epoch(to, p->leader_epoch);
    if (a->log_append_time)
        batch_patch_timestamps(to, a->len, a->now_ms, BATCH_LOG_APPEND_TIME);
}

static void append_take(struct partition_append *a, const struct wal_span *span)
{
    struct partition *p = a->partition;
    struct shard *shard = p->shard;
    struct pending_batch pending = {
        .base_offset = a->base_offset,
        .last_offset = a->last_offset,
        .max_timestamp = batch_max_timestamp(span->data),
        .bytes_before = p->bytes_appended,
        .span = *span,
    };
    if (p->pending.count == 0) {
        ASSERT(list_empty(&p->dirty_node));
        p->dirty_since_ns = io_now(shard->io);
        list_push_back(&shard->dirty, &p->dirty_node);
    }
    pending_push(&p->pending, &pending);
    p->bytes_appended += a->len;
    p->log_end = a->last_offset + 1;
    if (epochs_assign(&p->epochs, p->leader_epoch, a->base_offset))
        p->epochs_changed = true;
    a->bytes_after = p->bytes_appended;
    a->sequence = span->sequence;
    a->appended = true;
    p->appends_out++;
    shard->pending_batches++;
    shard->pending_bytes += a->len;
    shard->last_append_ns = p->last_append_ns = io_now(shard->io);
    list_push_back(&shard->appends, &a->node);
}

/* Storage fails. What a client has in flight behind it must not go first when it works again. */
static int append_refuse(struct partition_append *a, const struct producer_batch *producer)
{
    struct partition *p = a->partition;
    if (producer != NULL && !producers_know(p->producers, producer->producer_id))
        refused_note(&p->shard->refused, p, producer);
    return append_decide(a, APPEND_OFFLINE);
}

/* False: the producer's state decides, and `result` is what partition_append returns. */
static bool append_follows(struct partition_append *a, const struct producer_batch *producer,
                           int *result)
{
    struct partition *p = a->partition;
    struct refused *refused = &p->shard->refused;
    struct producer_batch original;
    switch (producers_check(p->producers, producer, &original)) {
    case PRODUCER_APPEND:
        if (refused->count == 0 || producers_know(p->producers, producer->producer_id) ||
            !refused_bars(refused, p, producer))
            return true;
        *result = append_decide(a, APPEND_OUT_OF_ORDER);
        return false;
    case PRODUCER_DUPLICATE:
        *result = append_duplicate(a, &original);
        return false;
    case PRODUCER_OUT_OF_ORDER:
        *result = append_decide(a, APPEND_OUT_OF_ORDER);
        return false;
    case PRODUCER_FENCED:
        *result = append_decide(a, APPEND_FENCED);
        return false;
    }
    UNREACHABLE();
}

int partition_append(struct partition_append *a)
{
    struct partition *p = a->partition;
    ASSERT(a->len >= BATCH_HEADER_SIZE && a->done != NULL && p->shard != NULL);
    a->log_start = p->log_start;
    a->base_offset = -1;
    a->timestamp = -1;
    a->appended = false;
    a->has_undo = false;
    if (p->deleted)
        return append_decide(a, APPEND_GONE);
    if (p->offline)
        return append_decide(a, APPEND_OFFLINE);

    /* Markers have a producer, but no sequence. */
    bool idempotent = batch_producer_id(a->batch) >= 0 && !batch_is_control(a->batch);
    struct producer_batch producer = producer_batch_of(
        a->batch, p->log_end, a->log_append_time ? a->now_ms : batch_max_timestamp(a->batch));
    if (a->origin == APPEND_CLIENT && flush_refuses(p->shard))
        return append_refuse(a, idempotent ? &producer : NULL);
    if (a->origin == APPEND_CLIENT && flush_crowded(p->shard)) {
        p->shard->crowded = true;
        return ERR_BUSY;
    }
    int result;
    if (idempotent && a->origin != APPEND_REPLICATION && !append_follows(a, &producer, &result))
        return result;

    struct wal_entry entry = {WAL_BATCH, p->topic_id, p->index, a->frees_space};
    struct wal_span span;
    result = wal_append(p->shard->wal, &entry, a->len, &span);
    if (result == ERR_NO_MEMORY && flush_may_make_room(&p->shard->flush))
        return ERR_BUSY;
    if (result == ERR_TOO_LARGE)
        return append_decide(a, APPEND_TOO_LARGE);
    if (result != 0)
        return append_refuse(a, idempotent ? &producer : NULL);
    a->outcome = APPEND_DONE;
    a->base_offset = p->log_end;
    a->last_offset = p->log_end + batch_last_offset_delta(a->batch);
    if (a->log_append_time)
        a->timestamp = a->now_ms;
    append_copy(a, span.data);
    /* A client's batch was judged by its CRC: the WAL need not sum it again. */
    if (a->origin == APPEND_CLIENT && a->len >= APPEND_SUM_BYTES)
        wal_summed(p->shard->wal, &span, BATCH_CRC_START,
                   batch_crc(MUTANT(SUM_AS_SENT) ? a->batch : span.data));
    append_take(a, &span);
    if (idempotent) {
        producer.now_ns = io_now(p->shard->io);
        producers_apply(p->producers, &producer, &a->undo);
        a->has_undo = true;
        refused_forget(&p->shard->refused, p, producer.producer_id);
    }
    return 0;
}

void partition_forget_idle_producers(struct partition *p)
{
    const struct producer_limits *limits = &p->producer_limits;
    uint64_t now = io_now(p->shard->io);
    uint64_t idle_ns = (uint64_t)limits->idle_ms * NS_PER_MS;
    ASSERT(limits->idle_ms >= 0 && limits->check_ms >= 0 && now >= p->producers_checked_ns);
    bool first = p->producers_checked_ns == 0;
    if (!first && now - p->producers_checked_ns < (uint64_t)limits->check_ms * NS_PER_MS)
        return;
    p->producers_checked_ns = now;
    if (first || limits->idle_ms == 0)
        return;
    const struct producer_expiry expiry = {
        .before_ms = io_wall_ms(p->shard->io) - limits->idle_ms + 1,
        .unused_since_ns = now > idle_ns ? now - idle_ns : 0,
        .durable_end = p->durable_end,
    };
    uint32_t count = producers_expire(p->producers, &expiry);
    if (count == 0)
        return;
    p->snapshot_end = -1;
    log_debug(&p->shard->log, "%u idle producers of %s-%d are forgotten", count, p->topic,
              p->index);
}

int partition_probe(const struct partition *p, int64_t offset, bool committed_only,
                    struct partition_state *state)
{
    state->log_start = p->log_start;
    state->high_watermark = MUTANT(HIGH_WATERMARK_GOES_BACK) ? p->synced_end : p->durable_end;
    state->last_stable = p->last_stable;
    state->leader_epoch = p->leader_epoch;
    state->available = 0;
    state->first = 0;
    if (p->offline || p->deleted)
        return ERR_OFFLINE;
    if (offset < p->log_start || offset > p->log_end)
        return ERR_OUT_OF_RANGE;
    int64_t limit = committed_only ? p->last_stable : p->durable_end;
    if (offset >= limit)
        return 0;
    uint32_t index = pending_find(&p->pending, offset);
    uint64_t in_memory = 0;
    if (index < p->pending.count)
        in_memory = (MUTANT(SERVE_ABOVE_HIGH_WATERMARK) ? p->bytes_appended : p->bytes_durable) -
                    pending_at(&p->pending, index)->bytes_before;
    state->available = in_memory;
    const struct segment *segment = segments_find(&p->segments, offset);
    bool on_disk = p->pending.count == 0 || offset < pending_at(&p->pending, 0)->base_offset;
    if (on_disk && segment != NULL && segment->end_offset > segment->base_offset) {
        double share = (double)(segment->end_offset - MAX(offset, segment->base_offset)) /
                       (double)(segment->end_offset - segment->base_offset);
        state->available += MAX((uint64_t)(share * (double)segment->synced_bytes), 1UL);
    }
    if (state->available > 0)
        state->first = partition_first_bytes(p, offset);
    return 0;
}

void partition_watch(struct partition *p, struct partition_watch *watch)
{
    ASSERT(watch->moved != NULL);
    list_push_back(&p->watches, &watch->node);
}

void partition_unwatch(struct partition_watch *watch)
{
    list_remove(&watch->node);
}

void partition_delete(struct partition *p)
{
    struct shard *shard = p->shard;
    ASSERT(!p->deleted);
    p->deleted = true;
    retention_stop(p);
    LIST_EACH(segment, &p->segments.list)
        read_file_leave(LIST_ENTRY(segment, struct segment, node));
    /* A running flush points into these spans, and so do copies; they are dropped when it ends. */
    if (!p->flushing && !p->relogging)
        shard_drop_pending(shard, p);
    if (list_empty(&p->moved_node))
        list_push_back(&shard->moved, &p->moved_node);
    list_remove(&p->shard_node);
    list_push_back(&shard->deletions.waiting, &p->shard_node);
}
