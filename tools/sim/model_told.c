/*
 * What answers tell of a log: its ends, its times, its leader epochs.
 *
 * Times are judged on the offsets below both the floor and the first one that is not known: there
 * the answer is exact, by a binary search over the highest time up to each offset. Beyond that an
 * answer may only add to what is known.
 */
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/model_internal.h"

int64_t model_floor(const struct model_partition *p)
{
    return p->high_watermark;
}

int32_t model_epoch(const struct model_partition *p)
{
    return p->epoch;
}

void model_told_end(struct model *model, struct model_partition *p, int64_t end, int64_t floor)
{
    if (end < floor)
        model_break(model, "%s-%d: the high watermark is told as %lld, it was %lld before",
                    p->topic, p->index, (long long)end, (long long)floor);
    p->high_watermark = MAX(p->high_watermark, end);
}

int64_t model_start_floor(const struct model_partition *p)
{
    return MAX(p->start_known, model_overdue_end(p));
}

int64_t model_start_ceiling(const struct model_partition *p)
{
    return p->start_asked;
}

void model_told_start(struct model *model, struct model_partition *p, int64_t start, int64_t floor)
{
    if (start < floor || (start > p->start_asked && !p->retains))
        model_break(
            model, "%s-%d: the log start is told as %lld, it was %lld, and asked to be %lld",
            p->topic, p->index, (long long)start, (long long)floor, (long long)p->start_asked);
    model_judge_start(model, p, start);
}

void model_trimming(struct model *model, struct model_partition *p, int64_t offset)
{
    p->start_asked = MAX(p->start_asked, offset);
    model_extend_checked(model, p);
}

void model_trimmed(struct model *model, struct model_partition *p, int64_t offset, int64_t start)
{
    model_told_start(model, p, start, offset);
    p->start_known = MAX(p->start_known, start);
}

/* Where records may have gone the first or the highest of those that stay is not known. */
static bool time_told_of_rest(struct model *model, struct model_partition *p,
                              const struct model_time_answer *a)
{
    if (p->start_asked == 0 && !p->retains)
        return false;
    model->counts.told++;
    if (a->offset >= 0 && a->offset < a->start_floor)
        model_break(model, "%s-%d: the record at %lld is told, but it was removed", p->topic,
                    p->index, (long long)a->offset);
    else if (a->offset >= 0)
        model_told_time(model, p, a->offset, a->time_ms);
    return true;
}

void model_told_epoch(struct model *model, struct model_partition *p, int32_t epoch, int32_t floor)
{
    if (epoch < floor)
        model_break(model, "%s-%d: the leader epoch is told as %d, it was %d before", p->topic,
                    p->index, epoch, floor);
    p->epoch = MAX(p->epoch, epoch);
}

/* The first offset below `end` with a time of at least `time_ms`; `end` when there is none. */
static int64_t first_at(const struct model_partition *p, int64_t time_ms, int64_t end)
{
    int64_t low = 0;
    int64_t high = end;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (p->places[middle].highest_ms < time_ms)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void model_told_first_at(struct model *model, struct model_partition *p,
                         const struct model_time_answer *a)
{
    if (time_told_of_rest(model, p, a))
        return;
    int64_t certain = MIN(p->known_end, a->floor);
    int64_t expected = first_at(p, a->asked_ms, certain);
    model->counts.told++;
    if (p->compacted)
        return;
    bool fits = expected < certain
                    ? a->offset == expected
                    : a->offset == -1 || (a->offset >= certain && a->time_ms >= a->asked_ms);
    /* What became known meanwhile counts as well, when the answer is an offset. */
    if (fits && a->offset > 0)
        fits =
            first_at(p, a->asked_ms, MIN(a->offset, p->known_end)) == MIN(a->offset, p->known_end);
    if (!fits)
        model_break(model,
                    "%s-%d: the first record at time %lld is told as %lld (%lld), known: "
                    "%lld of %lld",
                    p->topic, p->index, (long long)a->asked_ms, (long long)a->offset,
                    (long long)a->time_ms, (long long)expected, (long long)certain);
    else if (a->offset >= 0)
        model_told_time(model, p, a->offset, a->time_ms);
}

void model_told_highest(struct model *model, struct model_partition *p,
                        const struct model_time_answer *a)
{
    if (time_told_of_rest(model, p, a))
        return;
    int64_t certain = MIN(p->known_end, a->floor);
    int64_t highest = certain == 0 ? INT64_MIN : p->places[certain - 1].highest_ms;
    bool fits = a->offset < 0 ? certain == 0 : a->time_ms >= highest;
    model->counts.told++;
    if (p->compacted)
        return;
    /* The first that has it: all before it are below. */
    if (fits && a->offset > 0) {
        int64_t end = MIN(a->offset, p->known_end);
        fits = first_at(p, a->time_ms, end) == end;
    }
    if (!fits)
        model_break(model, "%s-%d: the highest time is told as %lld at %lld, known: %lld", p->topic,
                    p->index, (long long)a->time_ms, (long long)a->offset, (long long)highest);
    else if (a->offset >= 0)
        model_told_time(model, p, a->offset, a->time_ms);
}

static struct model_span *span_add(struct model_partition *p, size_t at)
{
    size_t count = p->span_count;
    p->spans = mem_realloc(p->spans, count * sizeof *p->spans, (count + 1) * sizeof *p->spans);
    memmove(&p->spans[at + 1], &p->spans[at], (count - at) * sizeof *p->spans);
    p->span_count++;
    return &p->spans[at];
}

void model_seen_epoch(struct model *model, struct model_partition *p, int64_t first, int64_t last,
                      int32_t epoch)
{
    size_t at = p->span_count;
    while (at > 0 && p->spans[at - 1].epoch > epoch)
        at--;
    p->epoch = MAX(p->epoch, epoch);
    if (at > 0 && p->spans[at - 1].epoch == epoch) {
        struct model_span *span = &p->spans[at - 1];
        span->first = MIN(span->first, first);
        span->last = MAX(span->last, last);
    } else {
        *span_add(p, at) = (struct model_span){epoch, first, last};
        at++;
    }
    bool behind = at < 2 || p->spans[at - 2].last < p->spans[at - 1].first;
    bool before = at == p->span_count || p->spans[at - 1].last < p->spans[at].first;
    if (!behind || !before)
        model_break(model,
                    "%s-%d: the batch at %lld has the leader epoch %d, which is not in "
                    "order",
                    p->topic, p->index, (long long)first, epoch);
}

void model_told_epoch_end(struct model *model, struct model_partition *p,
                          const struct model_epoch_answer *a)
{
    bool none = a->epoch == -1 && a->end == -1;
    bool fits =
        none ? a->asked < 0 || a->asked > a->epoch_floor : a->epoch <= a->asked && a->end >= 0;
    model->counts.told++;
    for (size_t i = 0; fits && !none && i < p->span_count; i++) {
        const struct model_span *span = &p->spans[i];
        if (span->epoch > a->asked)
            fits = p->retains || MAX(span->first, p->start_asked) >= a->end;
        else if (span->first < a->floor)
            fits = MIN(span->last, a->floor - 1) < a->end;
    }
    if (!fits)
        model_break(model, "%s-%d: epoch %d is told to end as %d at %lld, which does not fit",
                    p->topic, p->index, a->asked, a->epoch, (long long)a->end);
}
