/* Gathering intervals; the lines go to standard error, one for each report interval. */
#include "bench/load/progress.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

void progress_init(struct progress *progress, struct run *run, struct report *report)
{
    *progress = (struct progress){.run = run, .report = report, .since_ns = run->start_ns};
    progress->seen = mem_alloc_array(run->worker_count, sizeof *progress->seen);
    progress->since = mem_alloc(sizeof *progress->since);
    histogram_init(&progress->since->latency);
    histogram_init(&progress->since->end_to_end);
}

static void interval_merge(struct meter_interval *to, const struct meter_interval *from)
{
    for (int i = 0; i < METER_COUNTER_COUNT; i++)
        to->counters[i] += from->counters[i];
    histogram_merge(&to->latency, &from->latency);
    histogram_merge(&to->end_to_end, &from->end_to_end);
}

static void progress_take(struct progress *progress, struct meter_interval *interval)
{
    struct prometheus_figures *figures = &progress->run->figures;
    uint32_t at = interval->index;
    ASSERT(at >= progress->next);
    if (at >= progress->open_capacity) {
        uint32_t capacity = MAX(at + 1, MAX(progress->open_capacity * 2, 64));
        progress->open =
            mem_realloc(progress->open, progress->open_capacity * sizeof *progress->open,
                        capacity * sizeof *progress->open);
        progress->open_capacity = capacity;
    }
    interval_merge(progress->since, interval);
    for (int i = 0; i < METER_COUNTER_COUNT; i++)
        figures->counters[i] += interval->counters[i];
    histogram_merge(&figures->latency, &interval->latency);
    histogram_merge(&figures->end_to_end, &interval->end_to_end);
    if (progress->open[at] == NULL) {
        progress->open[at] = interval;
        return;
    }
    interval_merge(progress->open[at], interval);
    mem_free(interval);
}

/* The interval as a point; one that nobody handed over was empty. */
static void progress_add_point(struct progress *progress, uint32_t index)
{
    const struct run *run = progress->run;
    double length = (double)run->interval_ns / (double)NS_PER_S;
    double warm_up = (double)(run->measured_ns - run->start_ns) / (double)NS_PER_S;
    struct report_point point = {.seconds = (index + 1) * length - warm_up, .length = length};
    struct meter_interval *interval =
        index < progress->open_capacity ? progress->open[index] : NULL;
    if (interval != NULL) {
        point.messages = interval->counters[METER_MESSAGES];
        point.bytes = interval->counters[METER_BYTES];
        point.failed = interval->counters[METER_FAILED];
        point.consumed = interval->counters[METER_CONSUMED];
        point.p50 = histogram_at(&interval->latency, 50);
        point.p99 = histogram_at(&interval->latency, 99);
        point.max = interval->latency.max;
        point.end_to_end_p50 = histogram_at(&interval->end_to_end, 50);
        point.end_to_end_p99 = histogram_at(&interval->end_to_end, 99);
        progress->open[index] = NULL;
        mem_free(interval);
    }
    report_add_point(progress->report, &point);
}

static void progress_gather(struct progress *progress)
{
    struct run *run = progress->run;
    uint32_t complete = UINT32_MAX;
    for (uint32_t i = 0; i < run->worker_count; i++) {
        void *item;
        while (spsc_pop(run->workers[i].meter.full, &item, 1) == 1) {
            struct meter_interval *interval = item;
            progress->seen[i] = interval->index + 1;
            progress_take(progress, interval);
        }
        complete = MIN(complete, progress->seen[i]);
    }
    for (; progress->next < complete; progress->next++)
        progress_add_point(progress, progress->next);
}

static void progress_print(struct progress *progress, uint64_t now_ns)
{
    const struct run *run = progress->run;
    const struct meter_interval *since = progress->since;
    double seconds = (double)(now_ns - progress->since_ns) / (double)NS_PER_S;
    double at = (double)(now_ns - run->start_ns) / (double)NS_PER_S;
    const struct histogram *h = since->latency.total > 0 ? &since->latency : &since->end_to_end;
    fprintf(stderr, "%7.1fs%s", at, now_ns < run->measured_ns ? " warm-up" : "");
    if (run_produces(run->options))
        fprintf(stderr, "  %.0f msg/s  %.2f MB/s  %llu failed",
                (double)since->counters[METER_MESSAGES] / seconds,
                (double)since->counters[METER_BYTES] / seconds / 1e6,
                (unsigned long long)run->figures.counters[METER_FAILED]);
    if (since->counters[METER_CONSUMED] > 0 || !run_produces(run->options))
        fprintf(stderr, "  %.0f consumed/s", (double)since->counters[METER_CONSUMED] / seconds);
    if (h->total > 0)
        fprintf(stderr, "  p50 %.3f ms  p99 %.3f ms  max %.3f ms",
                (double)histogram_at(h, 50) / 1e6, (double)histogram_at(h, 99) / 1e6,
                (double)h->max / 1e6);
    fputc('\n', stderr);
}

void progress_look(struct progress *progress, uint64_t now_ns)
{
    const struct options *options = progress->run->options;
    uint64_t every_ns =
        options->verbose ? NS_PER_S : (uint64_t)options->report_interval_secs * NS_PER_S;
    progress_gather(progress);
    prometheus_serve(progress->run->prometheus);
    if (now_ns < progress->since_ns + every_ns)
        return;
    progress_print(progress, now_ns);
    progress->since_ns = now_ns;
    *progress->since = (struct meter_interval){0};
    histogram_init(&progress->since->latency);
    histogram_init(&progress->since->end_to_end);
}

void progress_end(struct progress *progress, uint64_t now_ns)
{
    (void)now_ns;
    progress_gather(progress);
    for (uint32_t i = progress->next; i < progress->open_capacity; i++) {
        if (progress->open[i] == NULL)
            continue;
        for (; progress->next <= i; progress->next++)
            progress_add_point(progress, progress->next);
    }
    mem_free(progress->open);
    mem_free(progress->seen);
    mem_free(progress->since);
}
