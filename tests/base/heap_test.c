/* The deadline heap: order, moves, cancels, and callbacks that change the heap. */
#include "base/heap.h"

#include <criterion/criterion.h>
#include <signal.h>

#include "base/prng.h"
#include "base/util.h"

struct alarm {
    struct timer timer;
    int id;
    uint64_t again_ns;    /* arms itself for this when it fires, unless 0 */
    struct alarm *cancel; /* cancels this one when it fires, unless null */
    struct alarm *set;    /* sets this one for `again_ns` when it fires, unless null */
};

static struct heap heap;
static int fired[20000];
static uint32_t fired_count;

static void alarm_expired(struct timer *timer)
{
    struct alarm *alarm = CONTAINER_OF(timer, struct alarm, timer);
    cr_assert_not(timer_armed(timer));
    fired[fired_count++] = alarm->id;
    if (alarm->cancel != NULL)
        heap_cancel(&heap, &alarm->cancel->timer);
    if (alarm->set != NULL)
        heap_set(&heap, &alarm->set->timer, alarm->again_ns);
    else if (alarm->again_ns != 0)
        heap_set(&heap, timer, alarm->again_ns);
}

static void alarm_init(struct alarm *alarm, int id)
{
    *alarm = (struct alarm){.id = id};
    timer_init(&alarm->timer, alarm_expired);
}

static void open_heap(void)
{
    heap_init(&heap, 2);
    fired_count = 0;
}

static void close_heap(void)
{
    heap_fini(&heap);
}

TestSuite(heap, .init = open_heap, .fini = close_heap);

Test(heap, an_empty_heap_has_no_deadline)
{
    cr_assert_eq(heap_next(&heap), UINT64_MAX);
    cr_assert_eq(heap_run(&heap, UINT64_MAX), 0);
}

Test(heap, runs_what_is_due_and_keeps_the_rest)
{
    struct alarm alarms[3];
    for (int i = 0; i < 3; i++) {
        alarm_init(&alarms[i], i);
        cr_assert_not(timer_armed(&alarms[i].timer));
        heap_set(&heap, &alarms[i].timer, (uint64_t)(30 - 10 * i));
        cr_assert(timer_armed(&alarms[i].timer));
    }
    cr_assert_eq(heap_next(&heap), 10);
    cr_assert_eq(heap_run(&heap, 9), 0);
    cr_assert_eq(heap_run(&heap, 20), 2);
    cr_assert(fired[0] == 2 && fired[1] == 1);
    cr_assert_eq(heap_next(&heap), 30);
    cr_assert_eq(heap_run(&heap, 30), 1);
    cr_assert_eq(heap_next(&heap), UINT64_MAX);
}

Test(heap, equal_deadlines_fire_in_the_order_they_were_set)
{
    enum { COUNT = 100 };
    struct alarm alarms[COUNT];
    for (int i = 0; i < COUNT; i++) {
        alarm_init(&alarms[i], i);
        heap_set(&heap, &alarms[i].timer, 5);
    }
    heap_set(&heap, &alarms[0].timer, 5);
    cr_assert_eq(heap_run(&heap, 5), COUNT);
    for (int i = 0; i < COUNT; i++)
        cr_assert_eq(fired[i], (i + 1) % COUNT, "set again counts as set last");
}

Test(heap, a_timer_moves_both_ways)
{
    struct alarm alarms[20];
    for (int i = 0; i < 20; i++) {
        alarm_init(&alarms[i], i);
        heap_set(&heap, &alarms[i].timer, 100 + (uint64_t)i);
    }
    heap_set(&heap, &alarms[19].timer, 1);
    heap_set(&heap, &alarms[0].timer, 1000);
    cr_assert_eq(heap.count, 20);
    cr_assert_eq(heap_next(&heap), 1);
    cr_assert_eq(heap_run(&heap, 999), 19);
    cr_assert_eq(fired[0], 19);
    cr_assert_eq(fired[1], 1);
    cr_assert_eq(heap_next(&heap), 1000);
    heap_cancel(&heap, &alarms[0].timer);
}

Test(heap, cancelling_twice_or_never_armed_does_nothing)
{
    struct alarm alarm;
    alarm_init(&alarm, 1);
    heap_cancel(&heap, &alarm.timer);
    heap_set(&heap, &alarm.timer, 1);
    heap_cancel(&heap, &alarm.timer);
    heap_cancel(&heap, &alarm.timer);
    cr_assert_not(timer_armed(&alarm.timer));
    cr_assert_eq(heap_run(&heap, 10), 0);
}

Test(heap, a_random_history_fires_in_order)
{
    enum { COUNT = 500 };
    static struct alarm alarms[COUNT];
    struct prng prng;
    prng_init(&prng, 4);
    for (int i = 0; i < COUNT; i++)
        alarm_init(&alarms[i], i);
    for (int step = 0; step < 20000; step++) {
        struct timer *timer = &alarms[prng_below(&prng, COUNT)].timer;
        if (prng_below(&prng, 4) == 0)
            heap_cancel(&heap, timer);
        else
            heap_set(&heap, timer, 1 + prng_below(&prng, 200));
    }
    uint32_t armed = 0;
    uint64_t earliest = UINT64_MAX;
    for (int i = 0; i < COUNT; i++)
        if (timer_armed(&alarms[i].timer)) {
            armed++;
            earliest = MIN(earliest, alarms[i].timer.deadline_ns);
        }
    cr_assert_eq(heap.count, armed);
    cr_assert_eq(heap_next(&heap), earliest);
    cr_assert_eq(heap_run(&heap, 200), armed);
    for (uint32_t i = 1; i < armed; i++) {
        const struct timer *before = &alarms[fired[i - 1]].timer;
        const struct timer *after = &alarms[fired[i]].timer;
        cr_assert(before->deadline_ns < after->deadline_ns ||
                  (before->deadline_ns == after->deadline_ns && before->order < after->order));
    }
}

Test(heap, a_timer_that_arms_itself_in_the_past_waits_for_the_next_run)
{
    struct alarm alarm;
    alarm_init(&alarm, 1);
    alarm.again_ns = 1;
    heap_set(&heap, &alarm.timer, 5);
    for (int run = 0; run < 3; run++) {
        cr_assert_eq(heap_run(&heap, 10), 1);
        cr_assert(timer_armed(&alarm.timer));
        cr_assert_eq(heap_next(&heap), 1, "the deadline itself stays what was asked for");
    }
    heap_cancel(&heap, &alarm.timer);
}

Test(heap, a_timer_that_arms_itself_in_the_past_starves_no_other)
{
    struct alarm eager;
    struct alarm others[3];
    alarm_init(&eager, 100);
    eager.again_ns = 1;
    heap_set(&heap, &eager.timer, 5);
    for (int i = 0; i < 3; i++) {
        alarm_init(&others[i], i);
        heap_set(&heap, &others[i].timer, 8 + (uint64_t)i);
    }
    cr_assert_eq(heap_run(&heap, 10), 4);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(fired[i + 1], i);
    cr_assert_eq(heap.count, 1);
    heap_cancel(&heap, &eager.timer);
}

Test(heap, a_callback_may_cancel_a_timer_that_is_due)
{
    struct alarm alarms[3];
    for (int i = 0; i < 3; i++) {
        alarm_init(&alarms[i], i);
        heap_set(&heap, &alarms[i].timer, 1 + (uint64_t)i);
    }
    alarms[0].cancel = &alarms[1];
    cr_assert_eq(heap_run(&heap, 10), 2);
    cr_assert(fired[0] == 0 && fired[1] == 2);
}

Test(heap, a_callback_may_cancel_itself)
{
    struct alarm alarm;
    alarm_init(&alarm, 1);
    alarm.cancel = &alarm;
    heap_set(&heap, &alarm.timer, 1);
    cr_assert_eq(heap_run(&heap, 1), 1);
    cr_assert_eq(heap.count, 0);
}

Test(heap, a_callback_may_move_another_timer)
{
    struct alarm alarms[3];
    for (int i = 0; i < 3; i++) {
        alarm_init(&alarms[i], i);
        heap_set(&heap, &alarms[i].timer, 1 + (uint64_t)i);
    }
    alarms[0].set = &alarms[1];
    alarms[0].again_ns = 50;
    cr_assert_eq(heap_run(&heap, 10), 2);
    cr_assert(fired[0] == 0 && fired[1] == 2);
    cr_assert_eq(heap_next(&heap), 50);
    cr_assert_eq(heap_run(&heap, 50), 1);
}

Test(heap, what_a_callback_makes_due_waits_for_the_next_run)
{
    struct alarm alarms[2];
    alarm_init(&alarms[0], 0);
    alarm_init(&alarms[1], 1);
    alarms[0].set = &alarms[1];
    alarms[0].again_ns = 2;
    heap_set(&heap, &alarms[0].timer, 1);
    heap_set(&heap, &alarms[1].timer, 100);
    cr_assert_eq(heap_run(&heap, 10), 1);
    cr_assert_eq(heap_run(&heap, 10), 1);
    cr_assert(fired[0] == 0 && fired[1] == 1);
}

Test(heap, a_past_deadline_is_kept_outside_of_a_run)
{
    struct alarm late;
    struct alarm early;
    alarm_init(&late, 2);
    alarm_init(&early, 1);
    heap_run(&heap, 1000);
    heap_set(&heap, &late.timer, 20);
    heap_set(&heap, &early.timer, 10);
    cr_assert_eq(heap_next(&heap), 10);
    cr_assert_eq(heap_run(&heap, 1000), 2);
    cr_assert(fired[0] == 1 && fired[1] == 2);
}

static void run_again(struct timer *timer)
{
    (void)timer;
    heap_run(&heap, 1);
}

Test(heap, a_run_inside_a_run_is_a_programming_error, .signal = SIGABRT)
{
    struct timer timer;
    timer_init(&timer, run_again);
    heap_set(&heap, &timer, 1);
    heap_run(&heap, 1);
}
