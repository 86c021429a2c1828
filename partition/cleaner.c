/*
 * A state machine around the jobs of one cleaning.
 *
 * While a group is swapped its segments are out of use: reads of them wait, and begin anew on what
 * took their place, and so does a read that was under way, because half of what it saw may be the
 * one and half the other. A swap that fails is repeated until the disk does it, since nobody can
 * say which of its steps are durable; who waits is told that the read failed, each time.
 *
 * A cleaning that fails elsewhere leaves the log as it was. For want of space it is tried again
 * later; a damaged segment makes its partition uncleanable until the next start, as in Kafka.
 */
#include "partition/cleaner.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/cleaner_plan.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define SWAP_BACKOFF_MS_MIN 100
#define SWAP_BACKOFF_MS_MAX 10000
#define FAILURE_BACKOFF_MS 15000
#define PAUSE_NS_MAX (200 * NS_PER_MS)

void cleaner_init(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    *c = (struct cleaner){.look_ns = 0};
    list_init(&c->reads);
    list_init(&c->queries);
}

void cleaner_fini(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    ASSERT(cleaner_resting(c) && list_empty(&c->reads) && list_empty(&c->queries));
    offset_map_fini(&c->map);
}

void cleaner_configure(struct shard *shard, const struct cleaner_settings *settings)
{
    struct cleaner *c = &shard->cleaner;
    size_t map_bytes = c->map.slots == NULL ? settings->map_bytes : c->settings.map_bytes;
    c->settings = *settings;
    c->settings.map_bytes = map_bytes;
    c->look_ns = 0;
}

void cleaner_notice(struct shard *shard, const struct partition *p)
{
    struct cleaner *c = &shard->cleaner;
    if (p->cleanup_limits.compact)
        c->look_ns = MIN(c->look_ns, c->looked_ns + c->settings.backoff_ms * NS_PER_MS);
}

/* Those who wait. */

void cleaner_park_read(struct shard *shard, struct partition_read *read)
{
    list_push_back(&shard->cleaner.reads, &read->node);
}

void cleaner_park_query(struct shard *shard, struct partition_time_query *query)
{
    list_push_back(&shard->cleaner.queries, &query->node);
}

static void resume_parked(struct cleaner *c, int error)
{
    struct list reads;
    struct list queries;
    struct list *node;
    list_init(&reads);
    list_init(&queries);
    list_append(&reads, &c->reads);
    list_append(&queries, &c->queries);
    while ((node = list_pop_front(&reads)) != NULL)
        partition_read_resume(LIST_ENTRY(node, struct partition_read, node), error);
    while ((node = list_pop_front(&queries)) != NULL)
        partition_time_query_resume(LIST_ENTRY(node, struct partition_time_query, node), error);
}

/* One cleaning. */

static void make_map(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    uint8_t secret[HASH_SECRET_BYTES];
    if (c->map.slots != NULL)
        return;
    for (size_t i = 0; i < sizeof secret; i += sizeof(uint64_t))
        store_be64(secret + i, io_random(shard->io));
    offset_map_init(&c->map, c->settings.map_bytes, secret);
}

static void end_cleaning(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    cleaning_end(c->cleaning);
    mem_free(c->cleaning);
    c->cleaning = NULL;
    c->partition = NULL;
    c->state = CLEANER_RESTING;
    c->look_ns = 0;
}

static int abandon_job(struct file_system *fs, void *context)
{
    (void)fs;
    cleaning_abandon(context);
    return 0;
}

static void abandon_done(struct io_op *op, const struct io_event *event)
{
    (void)event;
    end_cleaning(CONTAINER_OF(op, struct shard, cleaner.op));
}

/* `error` 0: nothing is wrong with the log. */
static void abandon(struct shard *shard, int error)
{
    struct cleaner *c = &shard->cleaner;
    struct partition *p = c->partition;
    c->state = CLEANER_ABANDONING;
    if (error != 0) {
        c->failures++;
        p->uncleanable = error == ERR_CORRUPT || error == ERR_TOO_LARGE;
        p->clean_not_before_ns = io_now(shard->io) + FAILURE_BACKOFF_MS * NS_PER_MS;
        log_warn(&shard->log, "cannot compact %s-%d: %s%s", p->topic, p->index,
                 result_sentence(error),
                 p->uncleanable ? "; it stays as it is until the next start" : "");
    }
    c->op.done = abandon_done;
    io_job(shard->io, &c->op, SHARD_CLEAN_LANE, abandon_job, c->cleaning);
}

static void finish(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    struct partition *p = c->partition;
    const struct cleaning_totals *totals = &c->cleaning->totals;
    p->clean_end = cleaning_clean_end(c->cleaning);
    c->cleanings++;
    log_info(&shard->log,
             "%s-%d is compacted up to offset %lld: %llu of %llu records, %llu of %llu KiB stay",
             p->topic, p->index, (long long)p->clean_end, (unsigned long long)totals->records_kept,
             (unsigned long long)totals->records_read,
             (unsigned long long)(totals->bytes_written / KIB),
             (unsigned long long)(totals->filtered_bytes / KIB));
    end_cleaning(shard);
}

static int swap_job(struct file_system *fs, void *context)
{
    (void)fs;
    return cleaning_swap(context);
}

static void swap_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, cleaner.op);
    struct cleaner *c = &shard->cleaner;
    ASSERT(c->state == CLEANER_SWAPPING);
    if (event->value < 0) {
        c->failures++;
        c->swap_backoff_ms = c->swap_backoff_ms == 0
                                 ? SWAP_BACKOFF_MS_MIN
                                 : MIN(c->swap_backoff_ms * 2, SWAP_BACKOFF_MS_MAX);
        log_warn(&shard->log, "cannot swap segments of %s-%d: %s; trying again in %u ms",
                 c->partition->topic, c->partition->index, result_sentence((int)event->value),
                 c->swap_backoff_ms);
        c->state = CLEANER_SWAP_FAILED;
        c->resume_ns = io_now(shard->io) + c->swap_backoff_ms * NS_PER_MS;
        resume_parked(c, (int)event->value);
        return;
    }
    c->swap_backoff_ms = 0;
    cleaner_apply(c->partition, c->cleaning);
    cleaning_swapped(c->cleaning);
    /* What could not go while it was swapped. */
    if (!c->partition->deleted) {
        trim_segments(c->partition);
        retention_check(c->partition);
    }
    c->state = CLEANER_PAUSING;
    resume_parked(c, 0);
}

static void swap(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    c->state = CLEANER_SWAPPING;
    c->op.done = swap_done;
    io_job(shard->io, &c->op, SHARD_CLEAN_LANE, swap_job, c->cleaning);
}

/* The names that are there say to the next start how far it came; none may be removed. */
static void give_up_swap(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    resume_parked(c, ERR_OFFLINE);
    end_cleaning(shard);
}

static int step_job(struct file_system *fs, void *context)
{
    (void)fs;
    return cleaning_step(context);
}

static uint64_t bytes_done(const struct cleaning *cleaning)
{
    return cleaning->totals.bytes_read + cleaning->totals.bytes_written;
}

/* How long to rest after a step: while records come in as long as it took, and what the limit asks
 * for. */
static uint64_t pause_ns(const struct shard *shard)
{
    const struct cleaner *c = &shard->cleaner;
    uint64_t now = io_now(shard->io);
    uint64_t took = now - c->step_ns;
    uint64_t pause = shard->last_append_ns >= c->step_ns ? MIN(took, PAUSE_NS_MAX) : 0;
    uint64_t rate = c->settings.bytes_per_second;
    if (rate > 0) {
        double due = (double)(bytes_done(c->cleaning) - c->step_bytes) / (double)rate;
        uint64_t due_ns = (uint64_t)(MIN(due, 3600.0) * (double)NS_PER_S);
        pause = MAX(pause, due_ns - MIN(due_ns, took));
    }
    return pause;
}

static void step_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, cleaner.op);
    struct cleaner *c = &shard->cleaner;
    int result = (int)MIN(event->value, 0);
    ASSERT(c->state == CLEANER_WORKING);
    /* A swap does not wait, but what comes behind it does. */
    c->resume_ns = io_now(shard->io) + pause_ns(shard);
    /* Segments that retention has removed, or a topic that is gone, are no failure. */
    if (result == ERR_NOT_FOUND || c->partition->deleted)
        abandon(shard, 0);
    else if (result != 0)
        abandon(shard, result);
    else if (c->cleaning->phase == CLEANING_ENDED)
        finish(shard);
    else if (c->cleaning->phase == CLEANING_READY && !cleaner_claim(c->partition, c->cleaning))
        abandon(shard, 0);
    else if (c->cleaning->phase == CLEANING_READY)
        swap(shard);
    else
        c->state = CLEANER_PAUSING;
}

static void work(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    c->state = CLEANER_WORKING;
    c->step_ns = io_now(shard->io);
    c->step_bytes = bytes_done(c->cleaning);
    c->op.done = step_done;
    io_job(shard->io, &c->op, SHARD_CLEAN_LANE, step_job, c->cleaning);
}

/* Choosing. */

static void begin(struct shard *shard, struct partition *p, const struct cleaner_verdict *verdict)
{
    struct cleaner *c = &shard->cleaner;
    make_map(shard);
    struct cleaning_plan plan = cleaner_plan(p, verdict);
    plan.map = &c->map;
    plan.now_ms = io_wall_ms(shard->io);
    c->partition = p;
    c->cleaning = mem_alloc(sizeof *c->cleaning);
    cleaning_begin(c->cleaning, &plan);
    work(shard);
}

static uint64_t ns_until(const struct shard *shard, int64_t wall_ms)
{
    int64_t wait_ms = wall_ms - io_wall_ms(shard->io);
    return io_now(shard->io) + (uint64_t)MIN(MAX(wait_ms, 0), (int64_t)3600 * 1000) * NS_PER_MS +
           NS_PER_MS;
}

/* The partition with the most dirt goes first. */
static void look(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    uint64_t now = io_now(shard->io);
    struct partition *best = NULL;
    struct cleaner_verdict best_verdict = {0};
    c->looked_ns = now;
    c->look_ns = IO_NEVER;
    LIST_EACH(node, &shard->partitions) {
        struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        struct cleaner_verdict v = cleaner_judge(p, io_wall_ms(shard->io));
        if (v.due && p->clean_not_before_ns > now) {
            c->look_ns = MIN(c->look_ns, p->clean_not_before_ns);
        } else if (v.due && (best == NULL || v.dirty_ratio > best_verdict.dirty_ratio)) {
            best = p;
            best_verdict = v;
        } else if (!v.due && v.waits) {
            c->look_ns = MIN(c->look_ns, now + c->settings.backoff_ms * NS_PER_MS + NS_PER_MS);
        }
        if (!v.due && v.again_ms != INT64_MAX)
            c->look_ns = MIN(c->look_ns, ns_until(shard, v.again_ms));
    }
    if (best != NULL)
        begin(shard, best, &best_verdict);
}

uint64_t cleaner_step(struct shard *shard)
{
    struct cleaner *c = &shard->cleaner;
    uint64_t now = io_now(shard->io);
    switch (c->state) {
    case CLEANER_RESTING:
        if (!c->settings.enabled || shard->stopping)
            return IO_NEVER;
        if (c->look_ns > now)
            return c->look_ns;
        look(shard);
        return cleaner_resting(c) ? c->look_ns : IO_NEVER;
    case CLEANER_PAUSING:
        if (shard->stopping || c->partition->deleted)
            abandon(shard, 0);
        else if (c->resume_ns > now)
            return c->resume_ns;
        else
            work(shard);
        return IO_NEVER;
    case CLEANER_SWAP_FAILED:
        if (shard->stopping || c->partition->deleted) {
            give_up_swap(shard);
            return 0; /* readers have their answers, and others their turn */
        }
        if (c->resume_ns > now)
            return c->resume_ns;
        swap(shard);
        return IO_NEVER;
    case CLEANER_WORKING:
    case CLEANER_SWAPPING:
    case CLEANER_ABANDONING:
        break;
    }
    return IO_NEVER;
}
