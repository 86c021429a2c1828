/*
 * The partitions of one core and what happens to their appends.
 *
 * One queue holds every append that waits for its group. The WAL reports a durable sequence: the
 * head of the queue up to it is decided. The WAL reports that it is offline: everything behind the
 * durable sequence is rolled back, newest first, so that offsets, producer state and pending
 * batches are again what the disk can prove. Callbacks of decided appends run in shard_step, after
 * the state of all partitions is settled, because they may append again.
 */
#include "partition/shard.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/partition.h"
#include "protocol/batch.h"

/* Of partitions with a deadline, to begin with. */
#define SHARD_DEADLINES 64

static struct shard *shard_of(struct wal_owner *owner)
{
    return CONTAINER_OF(owner, struct shard, wal_owner);
}

static void shard_moved(struct shard *shard, struct partition *p)
{
    if (list_empty(&p->moved_node))
        list_push_back(&shard->moved, &p->moved_node);
}

/* What an append was told to wait for has come. */
static void shard_settled(struct wal_owner *owner)
{
    struct shard *shard = shard_of(owner);
    if (shard->crowded)
        shard_signal_room(shard);
    shard->crowded = false;
}

static void shard_durable(struct wal_owner *owner, uint64_t sequence)
{
    struct shard *shard = shard_of(owner);
    struct partition_append *a;
    relog_durable(shard, sequence);
    trim_durable(shard, sequence);
    shard_settled(owner);
    while ((a = LIST_FIRST(&shard->appends, struct partition_append, node)) != NULL &&
           a->sequence <= sequence) {
        struct partition *p = a->partition;
        list_remove(&a->node);
        ASSERT(p->appends_out > 0);
        p->appends_out--;
        if (p->deleted) {
            a->outcome = APPEND_GONE;
        } else if (a->appended) {
            ASSERT(a->base_offset == p->durable_end);
            p->durable_end = a->last_offset + 1;
            p->last_stable = partition_stable_end(p);
            p->bytes_durable = a->bytes_after;
            shard_moved(shard, p);
        }
        list_push_back(&shard->answers, &a->node);
    }
}

void shard_release(struct shard *shard, const struct pending_batch *batch, bool planned)
{
    ASSERT(shard->pending_batches > 0 && shard->pending_bytes >= batch->span.len);
    shard->pending_batches--;
    shard->pending_bytes -= batch->span.len;
    if (batch->span.again)
        shard->relog.bytes -= batch->span.len;
    wal_release(shard->wal, &batch->span, planned);
}

/* Nothing is known of its producer any more. */
static void refuse_first_batch(struct shard *shard, const struct partition_append *a)
{
    const struct partition *p = a->partition;
    if (p->pending.count == 0)
        return; /* it is deleted */
    const uint8_t *batch = pending_at(&p->pending, p->pending.count - 1)->span.data;
    struct producer_batch producer =
        producer_batch_of(batch, a->base_offset, batch_max_timestamp(batch));
    ASSERT(producer.producer_id == a->undo.producer_id);
    refused_note(&shard->refused, p, &producer);
}

static void append_roll_back(struct shard *shard, struct partition_append *a)
{
    struct partition *p = a->partition;
    ASSERT(p->appends_out > 0);
    p->appends_out--;
    if (a->has_undo && !MUTANT(FORGET_PRODUCER_ROLL_BACK))
        producers_revert(p->producers, &a->undo);
    if (a->has_undo && !producers_know(p->producers, a->undo.producer_id))
        refuse_first_batch(shard, a);
    /* A deletion has dropped them already, unless it waits for a flush to end. */
    if (a->appended && p->pending.count > 0) {
        const struct pending_batch *last = pending_at(&p->pending, p->pending.count - 1);
        ASSERT(last->base_offset == a->base_offset);
        shard_release(shard, last, false);
        p->log_end = MUTANT(KEEP_LOG_END) ? p->log_end : last->base_offset;
        p->bytes_appended = last->bytes_before;
        pending_pop_back(&p->pending);
        uint32_t epochs = p->epochs.count;
        epochs_cut_end(&p->epochs, p->log_end);
        if (p->epochs.count != epochs)
            p->epochs_changed = true; /* a flush may have written it already */
        if (p->pending.count == 0)
            list_remove(&p->dirty_node);
    }
    a->outcome = p->deleted ? APPEND_GONE : APPEND_OFFLINE;
    if (MUTANT(ACK_FAILED_GROUP))
        a->outcome = APPEND_DONE;
    a->base_offset = -1;
}

static void shard_offline(struct wal_owner *owner)
{
    struct shard *shard = shard_of(owner);
    struct list failed;
    relog_offline(shard);
    trim_offline(shard);
    list_init(&failed);
    while (!list_empty(&shard->appends)) {
        struct list *node = shard->appends.prev;
        list_remove(node);
        append_roll_back(shard, LIST_ENTRY(node, struct partition_append, node));
        list_push_front(&failed, node);
    }
    list_append(&shard->answers, &failed);
}

static void shard_online(struct wal_owner *owner)
{
    shard_signal_room(shard_of(owner));
}

int shard_open(struct shard *shard, const struct shard_options *options,
               const struct wal_recovered *recovered)
{
    shard->wal_owner = (struct wal_owner){
        .durable = shard_durable,
        .offline = shard_offline,
        .online = shard_online,
        .reserve_settled = shard_settled,
    };
    shard->io = options->io;
    shard->log_directory = options->log_directory;
    shard->stream = options->stream;
    shard->log = *options->log;
    struct wal_options wal = options->wal;
    wal.io = options->io;
    wal.directory = options->log_directory;
    wal.stream = options->stream;
    wal.owner = &shard->wal_owner;
    wal.log = &shard->log;
    int result = wal_open(&wal, recovered, &shard->wal);
    if (result != 0)
        return result;
    relog_init(shard);
    heap_init(&shard->deadlines, SHARD_DEADLINES);
    LIST_EACH(node, &shard->partitions) {
        struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        trim_begin(shard, p);
        retention_begin(p);
    }
    return 0;
}

void shard_init(struct shard *shard)
{
    *shard = (struct shard){0};
    list_init(&shard->partitions);
    list_init(&shard->appends);
    list_init(&shard->answers);
    list_init(&shard->reads);
    list_init(&shard->queries);
    list_init(&shard->dirty);
    list_init(&shard->moved);
    deletion_init(shard);
    trim_init(shard);
    cleaner_init(shard);
    refused_init(&shard->refused);
    read_files_init(shard);
}

void shard_close(struct shard *shard)
{
    deletion_fini(shard);
    LIST_EACH(node, &shard->partitions)
        partition_free(LIST_ENTRY(node, struct partition, shard_node));
    ASSERT(list_empty(&shard->appends) && list_empty(&shard->answers));
    read_files_fini(shard);
    if (shard->wal != NULL)
        wal_close(shard->wal);
    batch_opener_fini(&shard->opener);
    relog_fini(shard);
    heap_fini(&shard->deadlines);
    cleaner_fini(shard);
    refused_fini(&shard->refused);
    flush_fini(shard);
}

void shard_attach(struct shard *shard, struct partition *p)
{
    ASSERT(p->shard == NULL && p->pending.count == 0);
    ASSERT(p->durable_end == p->log_end && (p->synced_end == p->log_end || p->offline));
    p->shard = shard;
    list_push_back(&shard->partitions, &p->shard_node);
}

void shard_drop_pending(struct shard *shard, struct partition *p)
{
    for (uint32_t i = 0; i < p->pending.count; i++)
        shard_release(shard, pending_at(&p->pending, i), false);
    flush_works_again(shard, p);
    if (p->pending.count > 0)
        shard->flush.checkpoint_due = true;
    pending_pop_front(&p->pending, p->pending.count);
    list_remove(&p->dirty_node);
    shard_signal_room(shard);
}

void shard_signal_room(struct shard *shard)
{
    shard->room_due = true;
}

static bool shard_answer(struct shard *shard)
{
    bool any = trim_answer(shard);
    struct list *node;
    while ((node = list_pop_front(&shard->answers)) != NULL) {
        struct partition_append *a = LIST_ENTRY(node, struct partition_append, node);
        a->done(a);
        any = true;
    }
    while ((node = list_pop_front(&shard->reads)) != NULL) {
        struct partition_read *r = LIST_ENTRY(node, struct partition_read, node);
        r->done(r);
        any = true;
    }
    while ((node = list_pop_front(&shard->queries)) != NULL) {
        struct partition_time_query *q = LIST_ENTRY(node, struct partition_time_query, node);
        q->done(q);
        any = true;
    }
    return any;
}

static bool shard_tell_watches(struct shard *shard)
{
    bool any = false;
    struct list *node;
    while ((node = list_pop_front(&shard->moved)) != NULL) {
        struct partition *p = LIST_ENTRY(node, struct partition, moved_node);
        struct list due;
        list_init(&due);
        list_append(&due, &p->watches);
        struct list *watch;
        while ((watch = list_pop_front(&due)) != NULL) {
            struct partition_watch *w = LIST_ENTRY(watch, struct partition_watch, node);
            w->moved(w);
            any = true;
        }
    }
    return any;
}

uint64_t shard_step(struct shard *shard)
{
    bool again = true;
    read_files_step(shard);
    if (heap_next(&shard->deadlines) <= io_now(shard->io))
        (void)heap_run(&shard->deadlines, io_now(shard->io));
    while (again) {
        again = shard_answer(shard);
        if (shard_tell_watches(shard))
            again = true;
        if (shard->room_due) {
            shard->room_due = false;
            shard->room(shard);
            again = true;
        }
    }
    deletion_step(shard);
    uint64_t wal_deadline = wal_pump(shard->wal);
    uint64_t flush_deadline = MIN(flush_step(shard), trim_step(shard));
    uint64_t cleaner_deadline = cleaner_step(shard);
    read_files_close(shard);
    /* No job of the flusher or of retention is out that could make room, so none will come. */
    if (wal_waits_for_trim(shard->wal) && flush_resting(&shard->flush) && shard->rolls_out == 0)
        wal_give_up(shard->wal);
    /* The pump may have taken the stream offline: whoever waited is answered now. */
    if (!list_empty(&shard->answers) || !list_empty(&shard->trims.answers) || shard->room_due ||
        read_files_wait_for_step(shard))
        return 0;
    uint64_t jobs_deadline = MIN(flush_deadline, cleaner_deadline);
    return MIN(MIN(wal_deadline, jobs_deadline), heap_next(&shard->deadlines));
}

void shard_stop(struct shard *shard)
{
    shard->stopping = true;
    wal_drain(shard->wal);
}

/* A coordinator that was still loading reads for nobody. */
static bool shard_reads(const struct shard *shard)
{
    LIST_EACH(node, &shard->partitions)
        if (LIST_ENTRY(node, struct partition, shard_node)->jobs_out > 0)
            return true;
    return false;
}

bool shard_stopped(const struct shard *shard)
{
    return shard->stopping && list_empty(&shard->appends) && list_empty(&shard->answers) &&
           list_empty(&shard->reads) && list_empty(&shard->queries) &&
           (list_empty(&shard->dirty) || MUTANT(STOP_BEFORE_FLUSH)) && deletion_resting(shard) &&
           flush_resting(&shard->flush) && trim_resting(shard) && shard->rolls_out == 0 &&
           cleaner_resting(&shard->cleaner) && wal_idle(shard->wal) && read_files_resting(shard) &&
           !shard_reads(shard);
}
