/* Timetables. Each is a closed form of the message's number, so that nothing drifts; only the
 * sporadic one adds up its gaps, which are the same in every thread. */
#include "bench/load/schedule.h"

#include <math.h>

#include "base/assert.h"
#include "base/util.h"

#define BURST_NS (10 * NS_PER_S)
/* 5000 to 100, as the named load has it. */
#define BURST_RATIO 50
#define SPORADIC_SEED 7
#define SPORADIC_GAP_LEAST (200 * NS_PER_MS)
#define SPORADIC_GAP_MOST (3 * NS_PER_S)

/* The time of message `number` at a constant rate. */
static uint64_t steady_at(uint64_t number, uint64_t rate)
{
    return (uint64_t)((unsigned __int128)number * NS_PER_S / rate);
}

static uint64_t burst_at(const struct schedule *s, uint64_t number)
{
    uint64_t high = s->rate * (BURST_NS / NS_PER_S);
    uint64_t low = s->rate_low * (BURST_NS / NS_PER_S);
    uint64_t periods = number / (high + low);
    uint64_t rest = number % (high + low);
    uint64_t within =
        rest < high ? steady_at(rest, s->rate) : BURST_NS + steady_at(rest - high, s->rate_low);
    return periods * 2 * BURST_NS + within;
}

/* The rate at time t is rate * t / rise, so that rate * t^2 / (2 * rise) messages precede it. */
static uint64_t ramp_at(const struct schedule *s, uint64_t number)
{
    double rise_s = (double)s->rise_ns / (double)NS_PER_S;
    double whole = (double)s->rate * rise_s / 2;
    if ((double)number >= whole)
        return s->rise_ns + steady_at(number - (uint64_t)whole, s->rate);
    return (uint64_t)(sqrt((double)number / whole) * (double)s->rise_ns);
}

static uint64_t schedule_at(struct schedule *s, uint64_t number)
{
    switch (s->workload) {
    case WORKLOAD_BURST:
        return burst_at(s, number);
    case WORKLOAD_RAMP:
        return ramp_at(s, number);
    case WORKLOAD_IDLE_SPORADIC:
    case WORKLOAD_STEADY:
    case WORKLOAD_OMB_1_1_100B:
    case WORKLOAD_OMB_1_16_1KB:
    case WORKLOAD_OMB_1_100_1KB:
        return steady_at(number, s->rate);
    }
    UNREACHABLE();
}

static void schedule_seek(struct schedule *s, uint64_t number)
{
    if (s->workload != WORKLOAD_IDLE_SPORADIC) {
        s->time_ns = schedule_at(s, number);
    } else {
        for (uint64_t i = s->next; i < number; i++)
            s->time_ns +=
                SPORADIC_GAP_LEAST + prng_below(&s->prng, SPORADIC_GAP_MOST - SPORADIC_GAP_LEAST);
    }
    s->next = number;
}

void schedule_init(struct schedule *schedule, const struct options *options, uint64_t rise_ns,
                   uint32_t thread, uint32_t threads)
{
    ASSERT(threads > 0 && thread < threads);
    *schedule = (struct schedule){
        .workload = (enum bench_workload)options->workload,
        .rate = (uint64_t)options->rate_limit,
        .rise_ns = rise_ns,
        .step = threads,
    };
    schedule->rate_low = MAX(schedule->rate / BURST_RATIO, 1);
    schedule->open = schedule->rate > 0 || schedule->workload == WORKLOAD_IDLE_SPORADIC;
    prng_init(&schedule->prng, SPORADIC_SEED);
    if (schedule->open)
        schedule_seek(schedule, thread);
}

void schedule_advance(struct schedule *schedule)
{
    ASSERT(schedule->open);
    schedule_seek(schedule, schedule->next + schedule->step);
}
