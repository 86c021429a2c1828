/*
 * What waits is in one of three lists: for room in the WAL, for its group, for its answer. Moving
 * the log start, in trim_apply, is one step of the core, and everything that follows from it is
 * known there: the leader epochs and aborted transactions below it go, segments leave the list.
 *
 * Rejected: making the log start durable by a checkpoint alone. DeleteRecords would wait for a
 * whole flush, and one that is under way would have to end first.
 */
#include "partition/trim.h"

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define LOG_START_BYTES 8
#define TRIM_RETRY_NS (10 * NS_PER_S)

void trim_init(struct shard *shard)
{
    struct trims *trims = &shard->trims;
    *trims = (struct trims){0};
    list_init(&trims->waiting);
    list_init(&trims->logged);
    list_init(&trims->answers);
    list_init(&trims->partitions);
    list_init(&trims->ready);
}

static void trim_finish(struct partition_trim *t, int error)
{
    t->error = error;
    t->log_start = t->partition->log_start;
    list_push_back(&t->partition->shard->trims.answers, &t->node);
}

/* False: there is no room now. */
static bool trim_log(struct partition_trim *t)
{
    struct partition *p = t->partition;
    struct wal_entry entry = {WAL_LOG_START, p->topic_id, p->index, true};
    int result = wal_append(p->shard->wal, &entry, LOG_START_BYTES, &t->span);
    if (result == ERR_NO_MEMORY && flush_may_make_room(&p->shard->flush))
        return false;
    if (result != 0) {
        trim_finish(t, ERR_OFFLINE);
        return true;
    }
    store_be64(t->span.data, (uint64_t)t->offset);
    list_push_back(&p->shard->trims.logged, &t->node);
    if (MUTANT(MOVE_LOG_START_EARLY))
        trim_durable(p->shard, t->span.sequence);
    return true;
}

void partition_trim(struct partition_trim *t)
{
    struct partition *p = t->partition;
    ASSERT(t->done != NULL && p->shard != NULL);
    p->trims_out++;
    if (p->deleted)
        trim_finish(t, ERR_NOT_FOUND);
    else if (p->offline)
        trim_finish(t, ERR_OFFLINE);
    else if (t->offset > p->durable_end)
        trim_finish(t, ERR_OUT_OF_RANGE);
    else if (t->offset <= p->log_start)
        trim_finish(t, 0);
    else if (!list_empty(&p->shard->trims.waiting) || !trim_log(t))
        list_push_back(&p->shard->trims.waiting, &t->node);
}

/* Segments in `cut` have left the list; their files may go when the checkpoint numbered `after` by
 * flush.encoded is on disk. */
static void trim_take(struct partition *p, struct list *cut, uint64_t after)
{
    LIST_EACH(node, cut)
        LIST_ENTRY(node, struct segment, node)->removed_after = after;
    list_append(&p->removed, cut);
    if (list_empty(&p->trim_node))
        list_push_back(&p->shard->trims.partitions, &p->trim_node);
}

void trim_segments(struct partition *p)
{
    struct flush *flush = &p->shard->flush;
    struct list cut;
    list_init(&cut);
    if (segments_cut_front(&p->segments, p->log_start, &cut) == 0)
        return;
    trim_take(p, &cut, flush->encoded + 1);
    flush->checkpoint_due = true;
}

/* The first checkpoint of the start names the log start already. */
void trim_begin(struct shard *shard, struct partition *p)
{
    struct list cut;
    ASSERT(p->shard == shard);
    list_init(&cut);
    if (!p->offline && segments_cut_front(&p->segments, p->log_start, &cut) > 0)
        trim_take(p, &cut, 0);
}

static void trim_apply(struct partition *p, int64_t offset)
{
    struct shard *shard = p->shard;
    if (offset <= p->log_start)
        return;
    ASSERT(offset <= p->durable_end);
    p->log_start = offset;
    p->last_stable = partition_stable_end(p);
    if (epochs_cut_start(&p->epochs, offset))
        p->epochs_changed = true;
    aborted_cut_start(&p->aborted, offset);
    trim_segments(p);
    /* The WAL needs the entry no longer when a checkpoint has the log start. */
    shard->flush.checkpoint_due = true;
    if (list_empty(&p->moved_node))
        list_push_back(&shard->moved, &p->moved_node);
}

void trim_durable(struct shard *shard, uint64_t sequence)
{
    struct partition_trim *t;
    while ((t = LIST_FIRST(&shard->trims.logged, struct partition_trim, node)) != NULL &&
           t->span.sequence <= sequence) {
        struct partition *p = t->partition;
        list_remove(&t->node);
        if (!p->deleted)
            trim_apply(p, t->offset);
        /* Each checkpoint from now on has it, and only such a one frees more of the WAL. */
        wal_release(shard->wal, &t->span, false);
        trim_finish(t, p->deleted ? ERR_NOT_FOUND : 0);
    }
}

void trim_offline(struct shard *shard)
{
    struct list *node;
    while ((node = list_pop_front(&shard->trims.logged)) != NULL) {
        struct partition_trim *t = LIST_ENTRY(node, struct partition_trim, node);
        wal_release(shard->wal, &t->span, false);
        trim_finish(t, t->partition->deleted ? ERR_NOT_FOUND : ERR_OFFLINE);
    }
}

bool trim_answer(struct shard *shard)
{
    struct trims *trims = &shard->trims;
    struct partition_trim *t;
    bool any = false;
    while ((t = LIST_FIRST(&trims->waiting, struct partition_trim, node)) != NULL) {
        list_remove(&t->node);
        if (t->partition->deleted) {
            trim_finish(t, ERR_NOT_FOUND);
        } else if (!trim_log(t)) {
            list_push_front(&trims->waiting, &t->node);
            break;
        }
    }
    while ((t = LIST_FIRST(&trims->answers, struct partition_trim, node)) != NULL) {
        list_remove(&t->node);
        ASSERT(t->partition->trims_out > 0);
        t->partition->trims_out--;
        t->done(t);
        any = true;
    }
    return any;
}

/* Deleting files. */

static int remove_job(struct file_system *fs, void *context)
{
    (void)fs;
    const struct trims *trims = context;
    return segments_remove_run(&trims->removing->segments, &trims->ready);
}

static void remove_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, trims.op);
    struct trims *trims = &shard->trims;
    struct partition *p = trims->removing;
    ASSERT(p != NULL && p->jobs_out > 0);
    trims->removing = NULL;
    p->jobs_out--;
    if (event->value >= 0) {
        segments_remove_end(&p->segments, &trims->ready);
        flush_retry_soon(shard);
        return;
    }
    trims->retry_ns = io_now(shard->io) + TRIM_RETRY_NS;
    log_warn(&shard->log, "cannot delete old segments of %s-%d: %s; trying again", p->topic,
             p->index, result_sentence((int)event->value));
    list_append(&trims->ready, &p->removed);
    list_append(&p->removed, &trims->ready);
    if (list_empty(&p->trim_node) && !p->deleted)
        list_push_back(&trims->partitions, &p->trim_node);
}

/* The first partition that has something to delete; what has nothing more leaves the list. */
static struct partition *trim_first_ready(struct shard *shard)
{
    struct trims *trims = &shard->trims;
    LIST_EACH(node, &trims->partitions) {
        struct partition *p = LIST_ENTRY(node, struct partition, trim_node);
        uint32_t count = 0;
        if (!p->deleted)
            count = segments_take_unheld(&p->removed, shard->flush.written, &trims->ready);
        if (p->deleted || list_empty(&p->removed))
            list_remove(node);
        if (count > 0)
            return p;
    }
    return NULL;
}

uint64_t trim_step(struct shard *shard)
{
    struct trims *trims = &shard->trims;
    if (list_empty(&trims->partitions) || trims->removing != NULL)
        return IO_NEVER;
    if (trims->retry_ns > io_now(shard->io))
        return shard->stopping ? IO_NEVER : trims->retry_ns;
    struct partition *p = trim_first_ready(shard);
    if (p == NULL)
        return IO_NEVER;
    trims->removing = p;
    p->jobs_out++;
    trims->op.done = remove_done;
    io_job(shard->io, &trims->op, SHARD_DISK_LANE, remove_job, trims);
    return IO_NEVER;
}

bool trim_resting(const struct shard *shard)
{
    const struct trims *trims = &shard->trims;
    return list_empty(&trims->waiting) && list_empty(&trims->logged) &&
           list_empty(&trims->answers) && trims->removing == NULL;
}

void trim_drop(struct partition *p)
{
    list_remove(&p->trim_node);
    segments_remove_end(&p->segments, &p->removed);
}
