/*
 * Retention, judged without knowing segments: of what is below the log start each record must have
 * been asked to go, be older than retention.ms, or have retention.bytes behind its batch.
 *
 * By time. A segment goes when its newest record is old enough, so each of its records is. Times
 * are those of the records, as clients gave them or as the broker's clock was when it took them;
 * its clock may have jumped, and any reading since the record was sent will do. No tolerance is
 * needed: an answer comes behind the deed.
 *
 * By size. A segment goes when the ones behind it still have retention.bytes. How much there is
 * behind an offset is taken from above: all that was sent, but for what is known to lie before it.
 * At the end, when everything has been read, it is known exactly.
 *
 * In a log that is compacted, too, a record may also have gone because a newer one of its key
 * stands behind it; of what stays the segments are smaller than anybody outside knows.
 *
 * What is overdue: when nothing is in the way, and nothing was written for a while, a log whose
 * newest record is too old is empty, and one that keeps no bytes, too; one that is too large is so
 * by less than a segment.
 */
#include "base/util.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_internal.h"

/* By then, after it was due, it is done: what gathered is flushed, a segment was left alone. */
#define LATE_MS 15000

void model_use_retention(struct model_partition *p, const struct model_retention *retention)
{
    p->retains = true;
    p->retention = *retention;
}

bool model_retains(const struct model_partition *p)
{
    return p->retains;
}

void model_batch_sent(struct model_partition *p, uint32_t bytes)
{
    p->bytes_sent += bytes;
}

void model_batch_at(struct model *model, struct model_partition *p, int64_t offset, uint32_t bytes)
{
    struct model_place *place = model_place_at(p, offset);
    if (place->bytes != 0 && place->bytes != bytes && !p->compacted)
        model_break(model, "%s-%d: the batch at %lld has %u bytes, it had %u", p->topic, p->index,
                    (long long)offset, bytes, place->bytes);
    if (place->bytes != 0)
        return;
    place->bytes = bytes;
    p->bytes_known += bytes;
    if (offset < p->judged_start)
        p->bytes_below += bytes;
}

/* Whether the broker's clock can have called it too old. What is not known may be. */
static bool may_be_old(const struct model *model, const struct model_partition *p, int64_t offset)
{
    if (p->retention.ms < 0)
        return false;
    if ((size_t)offset >= p->capacity)
        return true;
    const struct model_place *place = &p->places[offset];
    if (place->id == 0 || place->time_ms == MODEL_TIME_UNKNOWN)
        return true;
    int64_t sent_ms = model_record_of(model, place->id)->sent_ms;
    return model_broker_most_since(model, sent_ms) - place->time_ms > p->retention.ms;
}

static uint32_t bytes_at(const struct model_partition *p, int64_t offset)
{
    return (size_t)offset < p->capacity ? p->places[offset].bytes : 0;
}

static void break_gone(struct model *model, const struct model_partition *p, int64_t start,
                       int64_t offset, uint64_t bytes)
{
    model_break(model,
                "%s-%d: the log starts at %lld, but %lld is not old, and %llu bytes are left of "
                "%lld",
                p->topic, p->index, (long long)start, (long long)offset, (unsigned long long)bytes,
                (long long)p->retention.bytes);
}

static bool has_bytes(const struct model_partition *p, uint64_t bytes)
{
    return p->retention.bytes >= 0 && bytes >= (uint64_t)p->retention.bytes;
}

void model_judge_start(struct model *model, struct model_partition *p, int64_t start)
{
    p->high_watermark = MAX(p->high_watermark, start);
    p->start_known = MAX(p->start_known, start);
    if (!p->retains || start <= p->judged_start)
        return;
    int64_t before = p->judged_start;
    for (int64_t offset = before; offset < MIN(start, (int64_t)p->capacity); offset++)
        p->bytes_below += bytes_at(p, offset);
    p->judged_start = start;
    uint64_t behind = p->bytes_sent - MIN(p->bytes_below, p->bytes_sent);
    for (int64_t offset = start - 1; offset >= MAX(before, p->start_asked); offset--) {
        if (has_bytes(p, behind))
            break;
        if (!may_be_old(model, p, offset) && !model_may_be_replaced(p, offset)) {
            break_gone(model, p, start, offset, behind);
            break;
        }
        behind += bytes_at(p, offset);
    }
    model_extend_checked(model, p);
}

void model_told_out_of_range(struct model *model, struct model_partition *p, int64_t offset,
                             int64_t floor)
{
    if (offset <= floor)
        model_judge_start(model, p, offset + 1);
}

/* The highest time that a record can have. */
static int64_t newest_ms(const struct model_partition *p, int64_t quiet_ms)
{
    int64_t now_ms = model_broker_ms(p->model);
    int64_t most_ms = model_broker_most_since(p->model, INT64_MIN);
    if (!p->append_time)
        return p->newest_ms;
    /* The broker has taken the last one soon after its sending; its clock may have been ahead. */
    return most_ms > now_ms ? most_ms : now_ms - quiet_ms + LATE_MS;
}

/* Its newest record is too old, by the broker's clock of now. */
static bool is_too_old(const struct model_partition *p, int64_t quiet_ms)
{
    return p->retention.ms >= 0 &&
           model_broker_ms(p->model) - newest_ms(p, quiet_ms) > p->retention.ms + LATE_MS;
}

int64_t model_overdue_end(const struct model_partition *p)
{
    const struct model_retention *limits = &p->retention;
    int64_t quiet_ms = model_now_ms(p->model) - p->last_sent_ms;
    if (!p->retains || MIN(quiet_ms, model_calm_ms(p->model)) < LATE_MS)
        return 0;
    if (limits->bytes == 0 || is_too_old(p, quiet_ms))
        return p->high_watermark;
    /* Compaction leaves less than is known. */
    if (limits->bytes < 0 || p->compacted)
        return 0;
    uint64_t most = (uint64_t)(limits->bytes + limits->segment_max);
    uint64_t behind = p->bytes_known - p->bytes_below;
    int64_t offset = p->judged_start;
    for (; behind > most && offset < (int64_t)p->capacity; offset++)
        behind -= bytes_at(p, offset);
    return MIN(offset, p->high_watermark);
}

void model_judge_rest(struct model *model, struct model_partition *p, int64_t end)
{
    int64_t start = p->start_known;
    uint64_t bytes = 0;
    for (int64_t offset = start; offset < end; offset++)
        bytes += bytes_at(p, offset);
    if (start > p->start_asked && !p->compacted && !has_bytes(p, bytes) &&
        !may_be_old(model, p, start - 1))
        break_gone(model, p, start, start - 1, bytes);
}
