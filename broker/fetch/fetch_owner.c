/*
 * Fetch on the core that owns the partitions: probing, watching, reading.
 *
 * A probe looks at each of its partitions. One that watches parks here until one of them moves, and
 * is looked at once more before it goes back, so that what it brings is fresh.
 */
#include "broker/fetch/fetch_internal.h"

#include "base/assert.h"

static struct partition *part_partition(struct core *core, const struct fetch_part *part)
{
    return image_partition_here(&core->image, part->topic_id, part->asked.partition);
}

static int16_t probe_error(const struct partition *p, int result)
{
    if (result == ERR_OUT_OF_RANGE)
        return KAFKA_OFFSET_OUT_OF_RANGE;
    if (result == ERR_OFFLINE)
        return p->deleted ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_KAFKA_STORAGE_ERROR;
    return result == 0 ? KAFKA_NONE : KAFKA_UNKNOWN_SERVER_ERROR;
}

/* The epoch a consumer believes in (KIP-320). */
static int16_t epoch_error(const struct partition *p, const struct fetch_part *part)
{
    int32_t current = part->asked.current_leader_epoch;
    if (current >= 0 && current < p->leader_epoch)
        return KAFKA_FENCED_LEADER_EPOCH;
    if (current > p->leader_epoch)
        return KAFKA_UNKNOWN_LEADER_EPOCH;
    return KAFKA_NONE;
}

/* The last epoch it has seen (KIP-595): when ours ended before its offset, it is told where. */
static int16_t divergence(const struct partition *p, struct fetch_part *part)
{
    int32_t last = part->asked.last_fetched_epoch;
    part->diverging = (struct epoch_entry){-1, -1};
    if (last < 0)
        return KAFKA_NONE;
    struct epoch_entry end =
        epochs_end_under(&p->epochs, p->leader_epoch, last, partition_high_watermark(p));
    if (end.epoch < 0)
        return KAFKA_OFFSET_OUT_OF_RANGE;
    if (end.epoch < last || end.start_offset < part->asked.offset)
        part->diverging = end;
    return KAFKA_NONE;
}

static void part_probe(struct core *core, struct fetch_part *part)
{
    struct partition *p = part_partition(core, part);
    if (p == NULL) {
        part->error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
        return;
    }
    part->error = epoch_error(p, part);
    if (part->error == KAFKA_NONE)
        part->error = divergence(p, part);
    if (part->error != KAFKA_NONE)
        return;
    bool committed = part->state->body->isolation_level == 1;
    bool diverges = part->diverging.epoch >= 0;
    /* One that diverges is told how the log stands, but its offset means nothing in it. */
    int64_t offset = diverges ? p->log_start : part->asked.offset;
    part->error = probe_error(p, partition_probe(p, offset, committed, &part->there));
    if (diverges)
        part->there.available = 0;
    if (part->there.available > 0 && part->asked.bytes_max < 0)
        part->error = KAFKA_UNKNOWN_SERVER_ERROR;
}

static void probe_end_watch(struct fetch_probe *probe)
{
    ASSERT(probe->parked);
    probe->parked = false;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        partition_unwatch(&part->watch);
        part_probe(probe->core, part);
    }
    core_reply(probe->core, &probe->call);
}

static void watch_moved(struct partition_watch *watch)
{
    struct fetch_part *part = CONTAINER_OF(watch, struct fetch_part, watch);
    if (part->probe->parked)
        probe_end_watch(part->probe);
}

/* True when something has moved since the last probe. */
static bool probe_changed(struct core *core, struct fetch_probe *probe)
{
    bool changed = false;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        int64_t before = part->there.high_watermark;
        int16_t error = part->error;
        part_probe(core, part);
        changed = changed || part->there.high_watermark != before || part->error != error;
    }
    return changed;
}

void fetch_probe_run(struct core *core, struct core_call *call)
{
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, call);
    if (probe_changed(core, probe) || !probe->watching || core->stopping) {
        core_reply(core, call);
        return;
    }
    probe->core = core;
    probe->parked = true;
    for (struct fetch_part *part = probe->parts; part != NULL; part = part->next_of_owner) {
        struct partition *p = part_partition(core, part);
        list_init(&part->watch.node);
        part->watch.moved = watch_moved;
        if (p != NULL)
            partition_watch(p, &part->watch);
    }
}

void fetch_wake_run(struct core *core, struct core_call *call)
{
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, wake);
    if (probe->parked)
        probe_end_watch(probe);
    core_reply(core, call);
}

static void read_done(struct partition_read *read)
{
    struct fetch_part *part = CONTAINER_OF(read, struct fetch_part, read);
    struct core *core = CONTAINER_OF(read->partition->shard, struct core, shard);
    /* More may have become durable since the probe, and been read: the answer must not show records
     * above the high watermark that it tells. */
    if (read->error == 0) {
        part->there.high_watermark = partition_high_watermark(read->partition);
        part->there.last_stable = read->partition->last_stable;
    }
    if (read->committed_only && read->error == 0)
        part->aborted = partition_aborted(read, &part->aborted_count);
    core_reply(core, &part->call);
}

void fetch_read_run(struct core *core, struct core_call *call)
{
    struct fetch_part *part = CONTAINER_OF(call, struct fetch_part, call);
    struct partition *p = part_partition(core, part);
    if (p == NULL) {
        part->read.error = ERR_NOT_FOUND;
        core_reply(core, call);
        return;
    }
    part->read = (struct partition_read){
        .partition = p,
        .offset = part->asked.offset,
        .committed_only = part->state->body->isolation_level == 1,
        .data = part->memory,
        .capacity = part->allotted,
        .done = read_done,
    };
    partition_read(&part->read);
}
