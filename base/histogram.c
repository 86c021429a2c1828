/*
 * Buckets: values below 64 have one each; above, every power of two has 64 steps. The bucket of a
 * value is found from its highest bit alone.
 */
#include "base/histogram.h"

#include "base/assert.h"
#include "base/util.h"

#define HISTOGRAM_STEP_BITS 6
#define HISTOGRAM_VALUE_BITS 40
#define HISTOGRAM_VALUE_MAX ((uint64_t)1 << HISTOGRAM_VALUE_BITS)

_Static_assert(HISTOGRAM_STEPS == 1 << HISTOGRAM_STEP_BITS, "a step is found by shifting");
_Static_assert(HISTOGRAM_POWERS == HISTOGRAM_VALUE_BITS - HISTOGRAM_STEP_BITS + 1,
               "the largest value has a bucket");

void histogram_init(struct histogram *h)
{
    *h = (struct histogram){.min = UINT64_MAX};
}

static uint32_t bucket_of(uint64_t value)
{
    if (value < HISTOGRAM_STEPS)
        return (uint32_t)value;
    unsigned high = 63 - (unsigned)__builtin_clzll(value);
    unsigned shift = high - HISTOGRAM_STEP_BITS;
    return (shift + 1) * HISTOGRAM_STEPS + (uint32_t)((value >> shift) - HISTOGRAM_STEPS);
}

/* The largest value that falls into a bucket. */
static uint64_t bucket_edge(uint32_t bucket)
{
    if (bucket < HISTOGRAM_STEPS)
        return bucket;
    unsigned shift = bucket / HISTOGRAM_STEPS - 1;
    uint64_t step = bucket % HISTOGRAM_STEPS + HISTOGRAM_STEPS;
    return ((step + 1) << shift) - 1;
}

void histogram_record(struct histogram *h, uint64_t value)
{
    value = MIN(value, HISTOGRAM_VALUE_MAX);
    uint32_t bucket = bucket_of(value);
    ASSERT(bucket < HISTOGRAM_BUCKETS);
    h->counts[bucket]++;
    h->total++;
    h->sum += value;
    h->min = MIN(h->min, value);
    h->max = MAX(h->max, value);
}

void histogram_merge(struct histogram *to, const struct histogram *from)
{
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++)
        to->counts[i] += from->counts[i];
    to->total += from->total;
    to->sum += from->sum;
    to->min = MIN(to->min, from->min);
    to->max = MAX(to->max, from->max);
}

uint64_t histogram_at(const struct histogram *h, double percentile)
{
    if (h->total == 0)
        return 0;
    /* A hair less: 99.9% of 1000 must ask for 999 values, however the product is rounded. */
    double wanted = percentile * (double)h->total / 100.0 - 1e-6;
    uint64_t seen = 0;
    for (uint32_t i = 0; i < HISTOGRAM_BUCKETS; i++) {
        seen += h->counts[i];
        if (h->counts[i] > 0 && (double)seen >= wanted)
            return MIN(bucket_edge(i), h->max);
    }
    return h->max;
}

double histogram_mean(const struct histogram *h)
{
    return h->total == 0 ? 0 : (double)h->sum / (double)h->total;
}
