/* The histogram: its buckets, percentiles and merges. */
#include "base/histogram.h"

#include <criterion/criterion.h>

#include "base/prng.h"

#define LARGEST ((uint64_t)1 << 40)

static struct histogram h;
static struct histogram other;

static void open_histograms(void)
{
    histogram_init(&h);
    histogram_init(&other);
}

TestSuite(histogram, .init = open_histograms);

/* What a lone value is reported as: the edge of its bucket, seen past a larger one. */
static uint64_t edge_of(uint64_t value)
{
    histogram_init(&h);
    histogram_record(&h, value);
    histogram_record(&h, LARGEST);
    return histogram_at(&h, 50);
}

Test(histogram, an_empty_one_reports_zero)
{
    cr_assert_eq(histogram_at(&h, 50), 0);
    cr_assert_eq(histogram_at(&h, 100), 0);
    cr_assert_float_eq(histogram_mean(&h), 0, 1e-9);
    cr_assert_eq(h.max, 0);
}

Test(histogram, small_values_are_exact)
{
    for (uint64_t value = 0; value < 128; value++)
        cr_assert_eq(edge_of(value), value);
}

Test(histogram, the_error_stays_below_one_step_in_64)
{
    struct prng prng;
    prng_init(&prng, 1);
    for (int i = 0; i < 5000; i++) {
        uint64_t value = (prng_next(&prng) >> 24) >> prng_below(&prng, 40);
        uint64_t edge = edge_of(value);
        cr_assert_geq(edge, value);
        cr_assert_leq(edge - value, value / 64);
    }
}

Test(histogram, edges_of_powers_of_two_start_a_bucket)
{
    for (unsigned bit = 7; bit < 40; bit++) {
        uint64_t power = (uint64_t)1 << bit;
        cr_assert_eq(edge_of(power - 1), power - 1);
        cr_assert_eq(edge_of(power), power + (power >> 6) - 1);
    }
}

Test(histogram, values_past_the_range_count_as_its_end)
{
    histogram_record(&h, LARGEST - 1);
    cr_assert_eq(h.max, LARGEST - 1);
    histogram_record(&h, LARGEST);
    histogram_record(&h, LARGEST + 1);
    histogram_record(&h, UINT64_MAX);
    cr_assert_eq(h.total, 4);
    cr_assert_eq(h.max, LARGEST);
    cr_assert_eq(histogram_at(&h, 100), LARGEST);
    cr_assert_eq(histogram_at(&h, 10), LARGEST - 1);
}

Test(histogram, percentiles_are_by_nearest_rank)
{
    for (uint64_t value = 1; value <= 100; value++)
        histogram_record(&h, value);
    cr_assert_eq(histogram_at(&h, 0), 1);
    cr_assert_eq(histogram_at(&h, 1), 1);
    cr_assert_eq(histogram_at(&h, 1.5), 2);
    cr_assert_eq(histogram_at(&h, 50), 50);
    cr_assert_eq(histogram_at(&h, 99), 99);
    cr_assert_eq(histogram_at(&h, 99.1), 100);
    cr_assert_eq(histogram_at(&h, 100), 100);
}

Test(histogram, rounding_does_not_push_a_percentile_to_the_next_value)
{
    for (uint64_t i = 0; i < 999; i++)
        histogram_record(&h, 1);
    histogram_record(&h, 60);
    cr_assert_eq(histogram_at(&h, 99.9), 1);
    cr_assert_eq(histogram_at(&h, 99.95), 60);
    for (uint64_t n = 1; n <= 1000; n++) {
        histogram_init(&other);
        for (uint64_t i = 0; i < n; i++)
            histogram_record(&other, 1);
        for (uint64_t i = n; i < 1000; i++)
            histogram_record(&other, 60);
        cr_assert_eq(histogram_at(&other, (double)n / 10.0), 1);
    }
}

Test(histogram, no_percentile_is_above_the_maximum)
{
    histogram_record(&h, 1000003);
    cr_assert_eq(histogram_at(&h, 50), 1000003);
    cr_assert_eq(histogram_at(&h, 100), 1000003);
}

Test(histogram, the_mean_is_exact)
{
    histogram_record(&h, 1);
    histogram_record(&h, 2000001);
    cr_assert_float_eq(histogram_mean(&h), 1000001.0, 1e-6);
    cr_assert_eq(h.min, 1);
    cr_assert_eq(h.max, 2000001);
}

Test(histogram, merged_ones_equal_one_that_saw_everything)
{
    static struct histogram whole;
    struct prng prng;
    prng_init(&prng, 2);
    histogram_init(&whole);
    for (int i = 0; i < 3000; i++) {
        uint64_t value = prng_next(&prng) >> (20 + prng_below(&prng, 44));
        histogram_record(i % 3 == 0 ? &h : &other, value);
        histogram_record(&whole, value);
    }
    histogram_merge(&h, &other);
    cr_assert_arr_eq(&h, &whole, sizeof whole);
    histogram_init(&other);
    histogram_merge(&h, &other);
    cr_assert_arr_eq(&h, &whole, sizeof whole, "an empty one changes nothing");
}

Test(histogram, a_merge_takes_either_extreme)
{
    histogram_record(&h, 500);
    histogram_record(&other, 3);
    histogram_record(&other, 9000);
    histogram_merge(&h, &other);
    cr_assert_eq(h.min, 3);
    cr_assert_eq(h.max, 9000);
    histogram_init(&other);
    histogram_record(&other, 700);
    histogram_merge(&h, &other);
    cr_assert_eq(h.min, 3);
    cr_assert_eq(h.max, 9000);
}
