/*
 * HDR-style histogram of non-negative values: 64 linear steps per power of two (error below 1.6%),
 * 0 to 2^40; larger values count as 2^40. Fixed size, no allocation, one writer; merge to combine.
 */
#pragma once

#include <stdint.h>

/* Values below 64 take the first 64 buckets; the 34 powers from 2^6 to 2^39 take 64 each; the last
 * 64 hold 2^40 alone. */
#define HISTOGRAM_STEPS 64
#define HISTOGRAM_POWERS 35
#define HISTOGRAM_BUCKETS (HISTOGRAM_STEPS * (HISTOGRAM_POWERS + 1))

struct histogram {
    uint64_t counts[HISTOGRAM_BUCKETS];
    uint64_t total;
    uint64_t sum;
    uint64_t min;
    uint64_t max;
};

void histogram_init(struct histogram *h);
void histogram_record(struct histogram *h, uint64_t value);
void histogram_merge(struct histogram *to, const struct histogram *from);
/* The value at `percentile` (0..100), by nearest rank: the upper edge of its bucket, at most max; 0
 * when empty. */
uint64_t histogram_at(const struct histogram *h, double percentile);
double histogram_mean(const struct histogram *h);
