/* Choosing what is logged again, and changing over to the copies. */
#include "partition/relog.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/shard.h"

#define RELOG_BATCHES_MAX 16384
/* Up to here a sync of its own would cost more than writing it again. */
#define RELOG_PARTITION_BYTES (16 * KIB)
/* The part of the WAL's memory and files that copies may hold. */
#define RELOG_SHARE 8
#define RELOG_PAUSE_NS (10 * NS_PER_MS)

void relog_init(struct shard *shard)
{
    shard->relog = (struct relog){
        .copies = mem_map_raw(RELOG_BATCHES_MAX * sizeof(struct relog_copy)),
    };
}

void relog_fini(struct shard *shard)
{
    ASSERT(shard->relog.count == 0);
    if (shard->relog.copies != NULL)
        mem_unmap_raw(shard->relog.copies, RELOG_BATCHES_MAX * sizeof(struct relog_copy));
}

static uint64_t pending_bytes(const struct partition *p)
{
    return p->bytes_appended - pending_at(&p->pending, 0)->bytes_before;
}

/* Bytes that would be copies in addition. */
static uint64_t fresh_bytes(const struct partition *p)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < p->pending.count; i++) {
        const struct wal_span *span = &pending_at(&p->pending, i)->span;
        bytes += span->again ? 0 : span->len;
    }
    return bytes;
}

static uint64_t relog_limit(const struct shard *shard)
{
    struct wal_stats stats;
    wal_get_stats(shard->wal, &stats);
    return MIN(stats.memory_limit, stats.file_limit) / RELOG_SHARE;
}

bool relog_prefers(const struct shard *shard, const struct partition *p)
{
    return !shard->relog.blocked && pending_bytes(p) <= RELOG_PARTITION_BYTES &&
           shard->relog.bytes + fresh_bytes(p) <= relog_limit(shard);
}

/* Batches with sequences below this one hold what is to become free: the oldest file, or, within
 * the only one, the older half of what it holds. */
static uint64_t oldest_part(const struct shard *shard)
{
    uint64_t end = wal_oldest_end(shard->wal);
    if (end != 0)
        return end;
    uint64_t durable = wal_durable(shard->wal);
    uint64_t oldest = durable;
    LIST_EACH(node, &shard->dirty) {
        const struct partition *p = LIST_ENTRY(node, struct partition, dirty_node);
        oldest = MIN(oldest, pending_at(&p->pending, 0)->span.sequence);
    }
    return oldest + (durable - oldest) / 2;
}

/* An append that is out lies behind the first copies, but in front of the new ones. */
static bool may_copy(const struct partition *p)
{
    return !p->flushing && !p->deleted && p->log_end == p->durable_end;
}

static bool copy_partition(struct shard *shard, struct partition *p)
{
    struct relog *relog = &shard->relog;
    uint32_t first = relog->count;
    if (relog->count + p->pending.count > RELOG_BATCHES_MAX)
        return false;
    for (uint32_t i = 0; i < p->pending.count; i++) {
        const struct wal_span *from = &pending_at(&p->pending, i)->span;
        struct wal_entry entry = {WAL_BATCH, p->topic_id, p->index, false};
        struct relog_copy *copy = &relog->copies[relog->count];
        if (wal_append(shard->wal, &entry, from->len, &copy->span) != 0) {
            /* The copies so far are written, and mean nothing: the first ones stay. */
            while (relog->count > first)
                wal_release(shard->wal, &relog->copies[--relog->count].span, false);
            relog->blocked = true;
            return false;
        }
        memcpy(copy->span.data, from->data, from->len);
        copy->span.again = true;
        copy->partition = p;
        relog->count++;
    }
    relog->sequence = relog->copies[relog->count - 1].span.sequence;
    relog->logged += p->pending.count;
    p->relogging = true;
    return true;
}

uint64_t relog_step(struct shard *shard, uint64_t now)
{
    struct relog *relog = &shard->relog;
    if (relog->count > 0 || shard->stopping)
        return IO_NEVER;
    if (now < relog->not_before_ns)
        return relog->copied ? relog->not_before_ns : IO_NEVER;
    relog->not_before_ns = now + RELOG_PAUSE_NS;
    relog->blocked = false;
    uint64_t limit = relog_limit(shard);
    uint64_t part = oldest_part(shard);
    uint64_t bytes = relog->bytes;
    LIST_EACH(node, &shard->dirty) {
        struct partition *p = LIST_ENTRY(node, struct partition, dirty_node);
        bool stuck = p->flush_not_before_ns > now;
        if (!may_copy(p) || pending_at(&p->pending, 0)->span.sequence >= part)
            continue;
        uint64_t fresh = fresh_bytes(p);
        if (bytes + fresh > limit || (!stuck && pending_bytes(p) > RELOG_PARTITION_BYTES))
            continue;
        if (!copy_partition(shard, p))
            break;
        bytes += fresh;
    }
    relog->copied = relog->count > 0;
    return IO_NEVER;
}

/* Leaves the first copies or the new ones, of all partitions of the pass. */
static void relog_end(struct shard *shard, bool logged)
{
    struct relog *relog = &shard->relog;
    uint32_t index = 0;
    for (uint32_t i = 0; i < relog->count; i++) {
        struct relog_copy *copy = &relog->copies[i];
        struct partition *p = copy->partition;
        index = i > 0 && relog->copies[i - 1].partition == p ? index + 1 : 0;
        struct wal_span *kept = &pending_at(&p->pending, index)->span;
        if (logged) {
            struct wal_span first = *kept;
            *kept = copy->span;
            copy->span = first;
            relog->bytes += first.again ? 0 : first.len;
        }
        wal_release(shard->wal, &copy->span, false);
        p->relogging = false;
    }
    uint32_t count = relog->count;
    relog->count = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct partition *p = relog->copies[i].partition;
        if (p->deleted && p->pending.count > 0)
            shard_drop_pending(shard, p);
    }
    shard_signal_room(shard);
}

void relog_durable(struct shard *shard, uint64_t sequence)
{
    if (shard->relog.count == 0 || shard->relog.sequence > sequence)
        return;
    relog_end(shard, true);
    shard->flush.checkpoint_due = true;
}

void relog_offline(struct shard *shard)
{
    if (shard->relog.count > 0)
        relog_end(shard, false);
}
