/*
 * Decides when a flush is due, plans it, and applies what its jobs report.
 *
 * A plan takes partitions in the order in which they became dirty, which is roughly the order of
 * the WAL's files, and of each partition everything that is durable, up to fixed numbers. Batches
 * beyond them go with the next plan. Under pressure, whatever the profile, what holds the oldest
 * part of the WAL has to go: partitions with little of it are logged again (relog.h), the others
 * are flushed, the oldest dirty ones first.
 *
 * When the WAL is more than a quarter full, two jobs write the partitions of a plan. A single one
 * waits for the disk file after file, with little under way, and a disk that could carry more is
 * slower than the WAL that fills the memory: then clients wait for the whole flush. More than two
 * gained nothing. Before that there is one: two would stand in the way of the WAL's writes.
 *
 * Rejected: a flush per partition with timers of its own. A thousand slow partitions would mean a
 * thousand syncs where one plan needs a single one of the file system.
 */
#include "partition/flush.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/checkpoint.h"
#include "partition/kafka_files.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define FLUSH_SHARES_MAX 1024
#define FLUSH_BATCHES_MAX 65536
#define FLUSH_BYTES_MAX (32 * MIB)
/* From so many dirty files on, one syncfs is cheaper than a sync each. */
#define FLUSH_SYNC_ALL_FROM 64
#define FLUSH_BACKOFF_MS_MIN 100
#define FLUSH_BACKOFF_MS_MAX 10000

struct flush_share {
    struct partition *partition;
    struct segment_write write;
    uint32_t skipped;    /* synced by an earlier flush whose checkpoint failed */
    bool write_metadata; /* partition.metadata is missing */
    char *epochs;        /* the text of leader-epoch-checkpoint, null: unchanged */
    uint8_t *snapshot;   /* producer state for a segment that is rolled at the first batch */
};

static const struct flush_limits flush_limits[] = {
    [FLUSH_LOW_LATENCY] = {"low-latency", 4096, 100, 20, 1 * MIB},
    [FLUSH_BALANCED] = {"balanced", 65536, 1000, 200, 16 * MIB},
    [FLUSH_HIGH_THROUGHPUT] = {"high-throughput", 262144, 5000, 1000, 32 * MIB},
    [FLUSH_EXTREME] = {"extreme", 1048576, 30000, 5000, 64 * MIB},
    [FLUSH_IDLE_ONLY] = {"idle-only", UINT32_MAX, UINT32_MAX, 1000, UINT64_MAX},
};

const char *flush_profile_name(enum flush_profile profile)
{
    ASSERT((size_t)profile < ARRAY_LENGTH(flush_limits));
    return flush_limits[profile].name;
}

bool flush_profile_parse(struct bytes text, enum flush_profile *profile)
{
    for (size_t i = 0; i < ARRAY_LENGTH(flush_limits); i++) {
        if (bytes_equal(text, bytes_of_string(flush_limits[i].name))) {
            *profile = (enum flush_profile)i;
            return true;
        }
    }
    return false;
}

const char *flush_reason_name(enum flush_reason reason)
{
    static const char *const names[FLUSH_REASONS] = {
        [FLUSH_BATCHES] = "count", [FLUSH_BYTES] = "bytes",       [FLUSH_AGE] = "age",
        [FLUSH_IDLE] = "idle",     [FLUSH_PRESSURE] = "pressure", [FLUSH_STOP] = "stop",
    };
    ASSERT((size_t)reason < FLUSH_REASONS);
    return names[reason];
}

void flush_init(struct shard *shard, enum flush_profile profile, uint64_t checkpoint_number)
{
    struct flush *flush = &shard->flush;
    *flush = (struct flush){.profile = profile, .checkpoint_number = checkpoint_number};
    flush->shares = mem_map_raw(FLUSH_SHARES_MAX * sizeof *flush->shares);
    flush->batches = mem_map_raw(FLUSH_BATCHES_MAX * sizeof *flush->batches);
}

void flush_fini(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    ASSERT(flush_resting(flush));
    if (flush->shares == NULL)
        return;
    mem_free(flush->checkpoint);
    mem_unmap_raw(flush->shares, FLUSH_SHARES_MAX * sizeof *flush->shares);
    mem_unmap_raw(flush->batches, FLUSH_BATCHES_MAX * sizeof *flush->batches);
}

bool flush_refuses(const struct shard *shard)
{
    const struct flush *flush = &shard->flush;
    return (flush_fails(flush) && (flush->full || wal_pressed(shard->wal, 3))) ||
           !wal_reserved(shard->wal);
}

bool flush_crowded(const struct shard *shard)
{
    return wal_pressed(shard->wal, 3) || wal_reserve_comes(shard->wal);
}

static void flush_not_full(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    if (flush_fails(flush) || !flush->full)
        return;
    flush->full = false;
    log_info(&shard->log, "there is space again: produce goes on");
}

void flush_retry_soon(struct shard *shard)
{
    if (!shard->flush.full)
        return;
    shard->flush.retry_ns = 0;
    LIST_EACH(node, &shard->dirty)
        LIST_ENTRY(node, struct partition, dirty_node)->flush_not_before_ns = 0;
}

void flush_works_again(struct shard *shard, struct partition *p)
{
    if (p->flush_backoff_ms == 0)
        return;
    p->flush_backoff_ms = 0;
    p->flush_not_before_ns = 0;
    ASSERT(shard->flush.failing > 0);
    shard->flush.failing--;
    flush_not_full(shard);
}

static void flush_failed(struct shard *shard, int error)
{
    struct flush *flush = &shard->flush;
    flush->failures++;
    if (error != ERR_NO_SPACE || flush->full)
        return;
    flush->full = true;
    log_warn(&shard->log, "%s is full: produce is refused until there is space again",
             shard->log_directory);
}

/* What a flush could take now, or later when its backoff is over. */
static bool flush_may_take(const struct partition *p)
{
    return !p->relogging && p->retention.roll == NULL &&
           pending_at(&p->pending, 0)->last_offset < p->durable_end;
}

/* Under pressure, what is not logged again instead. */
static bool flush_worth(const struct shard *shard, const struct partition *p, uint64_t now)
{
    return flush_may_take(p) && p->flush_not_before_ns <= now && !relog_prefers(shard, p);
}

static bool flush_any_worth(const struct shard *shard, uint64_t now)
{
    LIST_EACH(node, &shard->dirty)
        if (flush_worth(shard, LIST_ENTRY(node, struct partition, dirty_node), now))
            return true;
    return false;
}

/* The first partition that may be flushed now; `*wait_ns` is when one may be, if none. */
static struct partition *flush_first(const struct shard *shard, uint64_t now, uint64_t *wait_ns)
{
    *wait_ns = IO_NEVER;
    LIST_EACH(node, &shard->dirty) {
        struct partition *p = LIST_ENTRY(node, struct partition, dirty_node);
        if (!flush_may_take(p))
            continue;
        if (p->flush_not_before_ns <= now)
            return p;
        *wait_ns = MIN(*wait_ns, p->flush_not_before_ns);
    }
    return NULL;
}

/* Whether a flush is due, and why; else when to ask again. `pressed`: half of the WAL is used. */
static bool flush_due(const struct shard *shard, uint64_t now, bool pressed,
                      enum flush_reason *reason, uint64_t *wait_ns)
{
    const struct flush_limits *limits = &flush_limits[shard->flush.profile];
    struct partition *first = flush_first(shard, now, wait_ns);
    if (first == NULL)
        return false;
    uint64_t aged = limits->age_ms == UINT32_MAX
                        ? IO_NEVER
                        : first->dirty_since_ns + limits->age_ms * NS_PER_MS;
    uint64_t idle = shard->last_append_ns + limits->idle_ms * NS_PER_MS;
    if (shard->stopping)
        *reason = FLUSH_STOP;
    else if (shard->pending_batches >= limits->batches)
        *reason = FLUSH_BATCHES;
    else if (shard->pending_bytes >= limits->bytes)
        *reason = FLUSH_BYTES;
    else if (aged <= now)
        *reason = FLUSH_AGE;
    else if (idle <= now)
        *reason = FLUSH_IDLE;
    else if (pressed && flush_any_worth(shard, now))
        *reason = FLUSH_PRESSURE;
    else {
        *wait_ns = MIN(aged, idle);
        return false;
    }
    return true;
}

/* Producer state is stored where a segment begins. Only a write that may roll needs it. */
static void share_snapshot(struct flush_share *share, uint64_t bytes)
{
    struct partition *p = share->partition;
    const struct segment *last = segments_last(&p->segments);
    bool full = last != NULL && last->synced_bytes + bytes > p->limits.segment_bytes;
    bool old = last != NULL && share->write.now_ms - last->created_ms > p->limits.segment_ms;
    if (!full && !old && !p->segments.write_failed)
        return;
    size_t len = producers_snapshot_size(p->producers, p->synced_end);
    share->snapshot = mem_alloc(len);
    producers_snapshot_write(p->producers, p->synced_end, share->snapshot, len);
    share->write.snapshot = (struct bytes){share->snapshot, len};
}

/* Takes the partition's durable batches into the plan, up to its limits. */
static void flush_plan_partition(struct shard *shard, struct partition *p, uint64_t *bytes)
{
    struct flush *flush = &shard->flush;
    struct flush_share *share = &flush->shares[flush->share_count];
    struct segment_write_batch *batches = &flush->batches[flush->batch_count];
    uint64_t before = *bytes;
    uint32_t count = 0;
    partition_forget_idle_producers(p);
    *share = (struct flush_share){.partition = p};
    for (uint32_t i = 0; i < p->pending.count; i++) {
        const struct pending_batch *pending = pending_at(&p->pending, i);
        if (pending->last_offset >= p->durable_end && !MUTANT(FLUSH_BEFORE_DURABLE))
            break;
        if (flush->batch_count == FLUSH_BATCHES_MAX || *bytes >= FLUSH_BYTES_MAX)
            break;
        wal_plan(shard->wal, &pending->span);
        if (pending->last_offset < p->synced_end) {
            share->skipped++;
            continue;
        }
        batches[count++] = (struct segment_write_batch){
            .data = pending->span.data,
            .len = pending->span.len,
            .base_offset = pending->base_offset,
            .last_offset = pending->last_offset,
            .max_timestamp = pending->max_timestamp,
        };
        *bytes += pending->span.len;
        flush->batch_count++;
    }
    if (count + share->skipped == 0)
        return;
    share->write_metadata = !p->metadata_written;
    share->epochs = p->epochs_changed ? epochs_print(&p->epochs) : NULL;
    p->epochs_changed = false;
    share->write = (struct segment_write){
        .segments = &p->segments,
        .limits = p->limits,
        .batches = batches,
        .batch_count = count,
        .now_ms = io_wall_ms(shard->io),
    };
    share_snapshot(share, *bytes - before);
    segments_write_begin(&p->segments, &share->write);
    p->flushing = true;
    flush->share_count++;
}

/* A crash before file_sync_all may tear them. Then the WAL holds this flush's batches, and their
 * replay has both written again. */
static int share_write_texts(struct file_system *fs, const struct flush_share *share)
{
    const struct partition *p = share->partition;
    bool sync = share->write.sync;
    int result = 0;
    if (share->write_metadata)
        result = kafka_write_partition_metadata(fs, p->segments.directory, p->topic_id, sync);
    if (result == 0 && share->epochs != NULL)
        result = kafka_put_text(fs, p->segments.directory, KAFKA_EPOCHS_FILE,
                                bytes_of_string(share->epochs), sync);
    return result;
}

/* A disk job: it touches only its shares and immutable names. */
static int flush_write_job(struct file_system *fs, void *context)
{
    const struct flush_part *part = context;
    struct flush *flush = part->flush;
    for (uint32_t i = 0; i < part->count; i++) {
        struct flush_share *share = &flush->shares[part->first + i];
        share->write.sync = !flush->sync_all;
        if (share->write.batch_count > 0)
            share->write.error = segments_write_run(&share->write);
        if (share->write.error == 0)
            share->write.error = share_write_texts(fs, share);
    }
    return 0;
}

static int flush_sync_job(struct file_system *fs, void *context)
{
    /* Not the first partition's own directory: it may be the one that cannot be made. */
    const struct shard *shard = context;
    return file_sync_all(fs, shard->log_directory);
}

static int flush_checkpoint_job(struct file_system *fs, void *context)
{
    const struct shard *shard = context;
    const struct flush *flush = &shard->flush;
    if (MUTANT(RECYCLE_BEFORE_CHECKPOINT))
        return 0;
    return checkpoint_write(fs, shard->log_directory, shard->stream, flush->checkpoint_number,
                            flush->checkpoint, flush->checkpoint_len);
}

static void share_failed(struct shard *shard, struct flush_share *share)
{
    struct partition *p = share->partition;
    shard->flush.failing += p->flush_backoff_ms == 0;
    p->flush_backoff_ms = p->flush_backoff_ms == 0
                              ? FLUSH_BACKOFF_MS_MIN
                              : MIN(p->flush_backoff_ms * 2, FLUSH_BACKOFF_MS_MAX);
    p->flush_not_before_ns = io_now(shard->io) + p->flush_backoff_ms * NS_PER_MS;
    if (share->epochs != NULL)
        p->epochs_changed = true;
    flush_failed(shard, share->write.error);
    log_warn(&shard->log, "cannot write segments of %s-%d: %s; trying again in %u ms", p->topic,
             p->index, result_sentence(share->write.error), p->flush_backoff_ms);
}

/* The job's result for one partition: what is synced is known now, but memory and WAL keep it
 * until the checkpoint says so. */
static void share_apply(struct shard *shard, struct flush_share *share)
{
    struct partition *p = share->partition;
    segments_write_end(&p->segments, &share->write);
    uint32_t written = share->write.error == 0 ? share->write.written : 0;
    for (uint32_t i = written; i < share->write.batch_count; i++)
        wal_unplan(shard->wal, &pending_at(&p->pending, share->skipped + i)->span);
    if (share->write.error != 0) {
        share_failed(shard, share);
    } else {
        flush_works_again(shard, p);
        p->metadata_written = true;
        if (written > 0) {
            p->synced_end = share->write.batches[written - 1].last_offset + 1;
            retention_written(p, share->write.created_count + 1);
            trim_segments(p);
        }
    }
    share->write.batch_count = written;
    mem_free(share->epochs);
    mem_free(share->snapshot);
}

/* The buffer only grows, so that a steady load allocates nothing. */
static void flush_encode_checkpoint(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    flush->checkpoint_len = checkpoint_size(shard);
    if (flush->checkpoint_len > flush->checkpoint_capacity) {
        mem_free(flush->checkpoint);
        flush->checkpoint_capacity = flush->checkpoint_len * 2;
        flush->checkpoint = mem_alloc(flush->checkpoint_capacity);
    }
    checkpoint_encode(shard, flush->checkpoint_number, &flush->position, flush->checkpoint,
                      flush->checkpoint_len);
}

static void flush_checkpoint_done(struct io_op *op, const struct io_event *event);

static void flush_checkpoint(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    flush->checkpoint_due = false;
    flush->position = wal_position_after_plan(shard->wal);
    flush->checkpoint_number++;
    flush_encode_checkpoint(shard);
    flush->encoded++;
    flush->phase = FLUSH_CHECKPOINTING;
    flush->op.done = flush_checkpoint_done;
    io_job(shard->io, &flush->op, SHARD_DISK_LANE, flush_checkpoint_job, shard);
}

static void flush_apply(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    for (uint32_t i = 0; i < flush->share_count; i++)
        share_apply(shard, &flush->shares[i]);
    flush_checkpoint(shard);
}

static void flush_sync_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, flush.op);
    struct flush *flush = &shard->flush;
    ASSERT(flush->phase == FLUSH_SYNCING);
    for (uint32_t i = 0; event->value != 0 && i < flush->share_count; i++)
        flush->shares[i].write.error = (int)event->value;
    flush_apply(shard);
}

static void flush_write_done(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct flush *flush = CONTAINER_OF(op, struct flush_part, op)->flush;
    struct shard *shard = CONTAINER_OF(flush, struct shard, flush);
    ASSERT(flush->phase == FLUSH_WRITING && flush->parts_out > 0);
    flush->parts_out--;
    if (flush->parts_out > 0)
        return;
    if (!flush->sync_all) {
        flush_apply(shard);
        return;
    }
    flush->phase = FLUSH_SYNCING;
    flush->op.done = flush_sync_done;
    io_job(shard->io, &flush->op, SHARD_DISK_LANE, flush_sync_job, shard);
}

/* The partition's planned batches leave memory and WAL, or stay when the checkpoint failed. */
static void share_finish(struct shard *shard, struct flush_share *share, bool checkpointed)
{
    struct partition *p = share->partition;
    uint32_t count = share->skipped + share->write.batch_count;
    for (uint32_t i = 0; i < count; i++) {
        const struct pending_batch *batch = pending_at(&p->pending, i);
        if (!checkpointed) {
            wal_unplan(shard->wal, &batch->span);
            continue;
        }
        shard_release(shard, batch, true);
    }
    p->flushing = false;
    if (checkpointed)
        pending_pop_front(&p->pending, count);
    if (p->deleted) {
        shard_drop_pending(shard, p);
        return;
    }
    if (checkpointed && (share->skipped > 0 || share->write.created_count > 0))
        cleaner_notice(shard, p);
    list_remove(&p->dirty_node);
    if (p->pending.count > 0) {
        p->dirty_since_ns = io_now(shard->io);
        list_push_back(&shard->dirty, &p->dirty_node);
    }
    retention_check(p);
}

static void flush_checkpoint_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, flush.op);
    struct flush *flush = &shard->flush;
    ASSERT(flush->phase == FLUSH_CHECKPOINTING);
    bool checkpointed = event->value >= 0;
    if (!checkpointed) {
        log_warn(&shard->log, "cannot write the checkpoint: %s; trying again",
                 result_sentence((int)event->value));
        /* The next attempt takes the same slot: the other one holds the newest that is whole. */
        flush->checkpoint_number--;
        flush->retry_ns = io_now(shard->io) + FLUSH_BACKOFF_MS_MIN * NS_PER_MS;
        flush->checkpoint_due = true;
        flush_failed(shard, (int)event->value);
    }
    flush->checkpoint_failing = !checkpointed;
    flush_not_full(shard);
    for (uint32_t i = 0; i < flush->share_count; i++)
        share_finish(shard, &flush->shares[i], checkpointed);
    if (checkpointed) {
        flush->written = flush->encoded;
        wal_trim(shard->wal, &flush->position);
    }
    flush->phase = FLUSH_RESTING;
    shard_signal_room(shard);
}

static uint64_t share_bytes(const struct flush_share *share)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < share->write.batch_count; i++)
        bytes += share->write.batches[i].len;
    return bytes;
}

/* How many shares, of the first, come nearest to half of the bytes. */
static uint32_t flush_half(const struct flush *flush, uint64_t bytes)
{
    uint64_t taken = share_bytes(&flush->shares[0]);
    uint32_t count = 1;
    while (count < flush->share_count) {
        uint64_t next = share_bytes(&flush->shares[count]);
        if (taken + next / 2 >= bytes / 2)
            break;
        taken += next;
        count++;
    }
    return count;
}

static void flush_write_part(struct shard *shard, unsigned part_index, uint32_t first,
                             uint32_t count)
{
    struct flush *flush = &shard->flush;
    struct flush_part *part = &flush->parts[part_index];
    if (count == 0)
        return;
    *part = (struct flush_part){
        .op = {.done = flush_write_done}, .flush = flush, .first = first, .count = count};
    flush->parts_out++;
    unsigned lane = part_index == 0 ? SHARD_DISK_LANE : SHARD_FLUSH_LANE;
    io_job(shard->io, &part->op, lane, flush_write_job, part);
}

static void flush_start(struct shard *shard, uint64_t now)
{
    struct flush *flush = &shard->flush;
    uint64_t bytes = 0;
    LIST_EACH(node, &shard->dirty) {
        struct partition *p = LIST_ENTRY(node, struct partition, dirty_node);
        if (p->flush_not_before_ns > now || !flush_may_take(p))
            continue;
        if (flush->reason == FLUSH_PRESSURE && !flush_worth(shard, p, now))
            continue;
        if (flush->share_count == FLUSH_SHARES_MAX || bytes >= FLUSH_BYTES_MAX)
            break;
        flush_plan_partition(shard, p, &bytes);
    }
    ASSERT(flush->share_count > 0);
    flush->sync_all = flush->share_count >= FLUSH_SYNC_ALL_FROM;
    flush->flushes[flush->reason]++;
    flush->phase = FLUSH_WRITING;
    bool lags = wal_pressed(shard->wal, 1);
    uint32_t first = lags ? flush_half(flush, bytes) : flush->share_count;
    flush_write_part(shard, 0, 0, first);
    flush_write_part(shard, 1, first, flush->share_count - first);
}

uint64_t flush_step(struct shard *shard)
{
    struct flush *flush = &shard->flush;
    if (!flush_resting(flush) || (list_empty(&shard->dirty) && !flush->checkpoint_due))
        return IO_NEVER;
    uint64_t now = io_now(shard->io);
    uint64_t wait_ns;
    bool pressed = wal_pressed(shard->wal, 2);
    uint64_t relog_ns = pressed ? relog_step(shard, now) : IO_NEVER;
    if (flush->retry_ns > now)
        return flush->retry_ns;
    flush->share_count = 0;
    flush->batch_count = 0;
    if (flush_due(shard, now, pressed, &flush->reason, &wait_ns))
        flush_start(shard, now);
    else if (flush->checkpoint_due && !shard->stopping)
        flush_checkpoint(shard);
    else
        return MIN(wait_ns, relog_ns);
    return IO_NEVER;
}
