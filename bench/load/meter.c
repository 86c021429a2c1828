/* Counters and histograms of one thread; see the header. */
#include "bench/load/meter.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* More intervals than the main thread may be late by; what does not fit is kept and grows. */
#define INTERVALS_WAITING 1024

void meter_init(struct meter *meter)
{
    *meter = (struct meter){0};
    for (int i = 0; i < METER_LATENCY_COUNT; i++)
        histogram_init(&meter->latencies[i]);
    meter->full = spsc_new(INTERVALS_WAITING);
}

void meter_fini(struct meter *meter)
{
    void *interval;
    while (spsc_pop(meter->full, &interval, 1) == 1)
        mem_free(interval);
    mem_free(meter->interval);
    spsc_free(meter->full);
}

static struct meter_interval *interval_new(uint32_t index)
{
    struct meter_interval *interval = mem_alloc(sizeof *interval);
    interval->index = index;
    histogram_init(&interval->latency);
    histogram_init(&interval->end_to_end);
    return interval;
}

void meter_start(struct meter *meter, uint64_t start_ns, uint64_t measured_ns, uint64_t interval_ns)
{
    ASSERT(start_ns <= measured_ns && interval_ns > 0 && meter->interval == NULL);
    meter->start_ns = start_ns;
    meter->measured_ns = measured_ns;
    meter->last_ns = measured_ns;
    meter->interval_ns = interval_ns;
    meter->interval = interval_new(0);
}

void meter_flush(struct meter *meter)
{
    if (meter->interval != NULL && spsc_push(meter->full, meter->interval))
        meter->interval = NULL;
}

void meter_tick(struct meter *meter, uint64_t now_ns)
{
    uint64_t since = now_ns > meter->start_ns ? now_ns - meter->start_ns : 0;
    uint32_t index = (uint32_t)(since / meter->interval_ns);
    if (index <= meter->interval->index)
        return;
    meter_flush(meter);
    if (meter->interval == NULL)
        meter->interval = interval_new(index);
    else
        meter->interval->index = index;
}

static bool meter_counts(const struct meter *meter, uint64_t time_ns)
{
    return time_ns >= meter->measured_ns;
}

static void meter_add(struct meter *meter, enum meter_counter counter, uint64_t amount, bool total)
{
    meter->interval->counters[counter] += amount;
    if (total)
        meter->counters[counter] += amount;
}

static uint64_t elapsed(uint64_t from_ns, uint64_t to_ns)
{
    return to_ns > from_ns ? to_ns - from_ns : 0;
}

void meter_answered(struct meter *meter, const struct meter_send *send)
{
    bool total = meter_counts(meter, send->intended_ns);
    uint64_t response_ns = elapsed(send->intended_ns, send->done_ns);
    meter_add(meter, METER_MESSAGES, send->records, total);
    meter_add(meter, METER_BYTES, send->bytes, total);
    histogram_record(&meter->interval->latency, response_ns);
    if (!total)
        return;
    histogram_record(&meter->latencies[METER_RESPONSE], response_ns);
    histogram_record(&meter->latencies[METER_SERVICE], elapsed(send->sent_ns, send->done_ns));
    meter->last_ns = MAX(meter->last_ns, send->done_ns);
}

void meter_request(struct meter *meter, uint64_t now_ns)
{
    meter_add(meter, METER_REQUESTS, 1, meter_counts(meter, now_ns));
}

void meter_failed(struct meter *meter, const struct meter_send *send, unsigned error)
{
    bool total = meter_counts(meter, send->intended_ns);
    ASSERT(error < METER_ERRORS);
    meter_add(meter, METER_FAILED, send->records, total);
    meter->errors[error] += send->records;
    if (total)
        meter->last_ns = MAX(meter->last_ns, send->done_ns);
}

void meter_count(struct meter *meter, enum meter_counter counter, uint64_t amount, uint64_t now_ns)
{
    meter_add(meter, counter, amount, meter_counts(meter, now_ns));
}

void meter_unsent(struct meter *meter, uint64_t records)
{
    meter_add(meter, METER_UNSENT, records, true);
}

void meter_consumed(struct meter *meter, uint64_t time_ns, uint64_t now_ns, uint64_t bytes)
{
    bool total = meter_counts(meter, time_ns == 0 ? now_ns : time_ns);
    meter_add(meter, METER_CONSUMED, 1, total);
    meter_add(meter, METER_CONSUMED_BYTES, bytes, total);
    if (time_ns != 0)
        histogram_record(&meter->interval->end_to_end, elapsed(time_ns, now_ns));
    if (!total)
        return;
    if (time_ns != 0)
        histogram_record(&meter->latencies[METER_END_TO_END], elapsed(time_ns, now_ns));
    meter->last_ns = MAX(meter->last_ns, now_ns);
}

void meter_skimmed(struct meter *meter, uint64_t records, uint64_t now_ns, uint64_t bytes)
{
    bool total = meter_counts(meter, now_ns);
    meter_add(meter, METER_CONSUMED, records, total);
    meter_add(meter, METER_CONSUMED_BYTES, bytes, total);
    if (total)
        meter->last_ns = MAX(meter->last_ns, now_ns);
}

void meter_read_back(struct meter *meter, uint64_t bytes)
{
    meter->counters[METER_CONSUMED]++;
    meter->counters[METER_CONSUMED_BYTES] += bytes;
    meter->interval->counters[METER_CONSUMED]++;
}

void meter_fetched(struct meter *meter, uint64_t sent_ns, uint64_t now_ns)
{
    bool total = meter_counts(meter, sent_ns);
    meter_add(meter, METER_FETCHES, 1, total);
    if (total)
        histogram_record(&meter->latencies[METER_FETCH], elapsed(sent_ns, now_ns));
}

void meter_fetch_failed(struct meter *meter, unsigned error)
{
    ASSERT(error < METER_ERRORS);
    meter->errors[error]++;
    meter_add(meter, METER_FAILED, 1, true);
}
