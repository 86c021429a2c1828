/* Timetables: when each message is meant to be sent. */
#include "bench/load/schedule.h"

#include <criterion/criterion.h>
#include <stdlib.h>

#include "base/util.h"

static struct options options_of(enum bench_workload workload, int64_t rate)
{
    return (struct options){.workload = workload, .rate_limit = rate};
}

/* The time of the message `count` advances later. */
static uint64_t time_after(struct schedule *schedule, uint64_t count)
{
    while (count-- > 0)
        schedule_advance(schedule);
    return schedule->time_ns;
}

Test(schedule, without_a_rate_there_is_no_timetable)
{
    struct schedule s;
    struct options options = options_of(WORKLOAD_STEADY, 0);
    schedule_init(&s, &options, NS_PER_S, 0, 1);
    cr_assert_not(s.open);
}

Test(schedule, a_steady_rate_never_drifts)
{
    struct schedule s;
    struct options options = options_of(WORKLOAD_STEADY, 3);
    schedule_init(&s, &options, NS_PER_S, 0, 1);
    cr_assert_eq(s.time_ns, 0);
    cr_assert_eq(time_after(&s, 1), 333333333);
    cr_assert_eq(time_after(&s, 2), NS_PER_S);
    cr_assert_eq(time_after(&s, 300000), 100001 * NS_PER_S);
}

Test(schedule, threads_share_one_timetable)
{
    struct options options = options_of(WORKLOAD_STEADY, 1000);
    struct schedule threads[3];
    for (uint32_t i = 0; i < 3; i++)
        schedule_init(&threads[i], &options, NS_PER_S, i, 3);
    for (uint64_t number = 0; number < 30; number++) {
        struct schedule *s = &threads[number % 3];
        cr_assert_eq(s->time_ns, number * NS_PER_MS, "message %lu", number);
        schedule_advance(s);
    }
}

Test(schedule, a_burst_is_ten_loud_and_ten_quiet_seconds)
{
    struct schedule s;
    struct options options = options_of(WORKLOAD_BURST, 5000);
    uint64_t in_second[41] = {0};
    schedule_init(&s, &options, 40 * NS_PER_S, 0, 1);
    for (; s.time_ns < 40 * NS_PER_S; schedule_advance(&s))
        in_second[s.time_ns / NS_PER_S]++;
    for (int second = 0; second < 40; second++)
        cr_assert_eq(in_second[second], second / 10 % 2 == 0 ? 5000 : 100, "second %d: %lu", second,
                     in_second[second]);
}

Test(schedule, a_ramp_rises_to_its_rate_and_stays_there)
{
    struct schedule s;
    struct options options = options_of(WORKLOAD_RAMP, 1000);
    uint64_t in_second[13] = {0};
    schedule_init(&s, &options, 10 * NS_PER_S, 0, 1);
    for (; s.time_ns < 12 * NS_PER_S; schedule_advance(&s))
        in_second[s.time_ns / NS_PER_S]++;
    for (int second = 0; second < 10; second++)
        cr_assert_leq(labs((long)in_second[second] - (100 * second + 50)), 2, "second %d: %lu",
                      second, in_second[second]);
    cr_assert_leq(labs((long)in_second[11] - 1000), 1);
}

Test(schedule, sporadic_messages_are_rare_uneven_and_the_same_in_every_run)
{
    struct schedule a;
    struct schedule b;
    struct options options = options_of(WORKLOAD_IDLE_SPORADIC, 0);
    schedule_init(&a, &options, 0, 0, 1);
    schedule_init(&b, &options, 0, 0, 1);
    uint64_t before = a.time_ns;
    uint64_t least = UINT64_MAX;
    uint64_t most = 0;
    cr_assert(a.open);
    for (int i = 0; i < 100; i++) {
        schedule_advance(&a);
        schedule_advance(&b);
        cr_assert_eq(a.time_ns, b.time_ns);
        least = MIN(least, a.time_ns - before);
        most = MAX(most, a.time_ns - before);
        before = a.time_ns;
    }
    cr_assert_geq(least, 200 * NS_PER_MS);
    cr_assert_lt(most, 3 * NS_PER_S);
    cr_assert_gt(most, 2 * least);
}

Test(schedule, sporadic_threads_take_turns_on_one_timetable)
{
    struct options options = options_of(WORKLOAD_IDLE_SPORADIC, 0);
    struct schedule one;
    struct schedule two[2];
    schedule_init(&one, &options, 0, 0, 1);
    schedule_init(&two[0], &options, 0, 0, 2);
    schedule_init(&two[1], &options, 0, 1, 2);
    for (uint64_t i = 0; i < 20; i++) {
        cr_assert_eq(two[i % 2].time_ns, one.time_ns, "message %lu", i);
        schedule_advance(&one);
        schedule_advance(&two[i % 2]);
    }
}
