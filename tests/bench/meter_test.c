/* What counts, and when. */
#include "bench/load/meter.h"

#include <criterion/criterion.h>

#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"

static struct meter meter;

static void setup(void)
{
    meter_init(&meter);
    meter_start(&meter, 1000, 2000, 500);
}

static void teardown(void)
{
    meter_fini(&meter);
}

TestSuite(meter, .init = setup, .fini = teardown);

static void answered(uint64_t intended, uint64_t sent, uint64_t done)
{
    meter_tick(&meter, done);
    meter_answered(&meter, &(struct meter_send){intended, sent, done, 2, 200});
}

Test(meter, the_warm_up_does_not_count)
{
    answered(1999, 2000, 2100);
    cr_assert_eq(meter.counters[METER_MESSAGES], 0);
    cr_assert_eq(meter.latencies[METER_RESPONSE].total, 0);
    answered(2000, 2000, 2100);
    cr_assert_eq(meter.counters[METER_MESSAGES], 2);
    cr_assert_eq(meter.counters[METER_BYTES], 200);
    cr_assert_eq(meter.latencies[METER_RESPONSE].total, 1);
}

Test(meter, a_late_send_shows_in_one_latency_and_not_in_the_other)
{
    answered(2000, 9000, 9050);
    cr_assert_eq(meter.latencies[METER_RESPONSE].max, 7050);
    cr_assert_eq(meter.latencies[METER_SERVICE].max, 50);
    cr_assert_eq(meter.last_ns, 9050);
}

Test(meter, every_interval_arrives_once_with_what_fell_into_it)
{
    struct meter_interval *interval;
    void *item;
    uint64_t messages = 0;
    for (uint64_t now = 1000; now < 6000; now += 100)
        answered(now, now, now);
    meter_flush(&meter);
    for (uint32_t index = 0; index < 10; index++) {
        cr_assert_eq(spsc_pop(meter.full, &item, 1), 1, "interval %u", index);
        interval = item;
        cr_assert_eq(interval->index, index);
        cr_assert_eq(interval->counters[METER_MESSAGES], 10);
        messages += interval->counters[METER_MESSAGES];
        mem_free(interval);
    }
    cr_assert_eq(spsc_pop(meter.full, &item, 1), 0);
    cr_assert_eq(messages, 100);
    cr_assert_eq(meter.counters[METER_MESSAGES], 80);
}

Test(meter, a_quiet_time_leaves_out_intervals)
{
    void *item;
    answered(2000, 2000, 2000);
    meter_tick(&meter, 10000);
    cr_assert_eq(spsc_pop(meter.full, &item, 1), 1);
    mem_free(item);
    cr_assert_eq(spsc_pop(meter.full, &item, 1), 1);
    cr_assert_eq(((struct meter_interval *)item)->index, 2);
    mem_free(item);
    cr_assert_eq(meter.interval->index, 18);
}

Test(meter, failures_are_told_apart)
{
    struct meter_send send = {.intended_ns = 2000, .done_ns = 2500, .records = 3};
    meter_failed(&meter, &send, meter_error_of_kafka(KAFKA_NOT_LEADER_OR_FOLLOWER));
    meter_failed(&meter, &send, meter_error_of_result(ERR_TIMEOUT));
    cr_assert_eq(meter.counters[METER_FAILED], 6);
    cr_assert_eq(meter.counters[METER_MESSAGES], 0);
    cr_assert_eq(meter.errors[KAFKA_NOT_LEADER_OR_FOLLOWER + 1], 3);
    cr_assert_eq(meter.errors[METER_ERROR_LOCAL - ERR_TIMEOUT], 3);
    cr_assert_eq(meter.latencies[METER_RESPONSE].total, 0);
}

Test(meter, end_to_end_counts_records_of_this_run_by_their_stamp)
{
    meter_consumed(&meter, 2500, 2600, 10);
    meter_consumed(&meter, 1500, 2600, 10);
    meter_consumed(&meter, 0, 2600, 10);
    cr_assert_eq(meter.counters[METER_CONSUMED], 2);
    cr_assert_eq(meter.latencies[METER_END_TO_END].total, 1);
    cr_assert_eq(meter.latencies[METER_END_TO_END].max, 100);
}

Test(meter, a_skimmed_batch_counts_its_records_by_the_time_of_arrival)
{
    meter_skimmed(&meter, 7, 1500, 70);
    cr_assert_eq(meter.counters[METER_CONSUMED], 0, "the warm-up does not count");
    cr_assert_eq(meter.interval->counters[METER_CONSUMED], 7);
    meter_skimmed(&meter, 5, 2600, 50);
    cr_assert_eq(meter.counters[METER_CONSUMED], 5);
    cr_assert_eq(meter.counters[METER_CONSUMED_BYTES], 50);
    cr_assert_eq(meter.last_ns, 2600);
    cr_assert_eq(meter.latencies[METER_END_TO_END].total, 0);
}

Test(meter, reading_back_takes_no_time)
{
    meter_read_back(&meter, 10);
    cr_assert_eq(meter.counters[METER_CONSUMED], 1);
    cr_assert_eq(meter.last_ns, 2000);
    cr_assert_eq(meter.latencies[METER_END_TO_END].total, 0);
}
