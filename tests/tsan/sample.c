/* Proves the runner: one test of each outcome, a race among them. ./dev check reads the counts. */
#include <pthread.h>
#include <stdlib.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>

static int prepared;
static int shared;

static void prepare(void)
{
    prepared++;
}

TestSuite(sample, .init = prepare);

static void *touch(void *unused)
{
    shared++;
    return unused;
}

Test(sample, passes_with_both_preparations, .init = prepare)
{
    cr_assert_eq(prepared, 2);
}

Test(sample, passes_because_it_is_alone_in_its_process)
{
    cr_assert_eq(prepared, 1);
}

Test(sample, passes_by_the_signal_it_promised, .signal = SIGABRT)
{
    abort();
}

Test(sample, fails_without_the_signal_it_promised, .signal = SIGABRT)
{
}

Test(sample, fails_at_once)
{
    cr_assert_str_eq("a", "b", "as it must, %d", 1);
    abort();
}

Test(sample, fails_and_goes_on)
{
    cr_expect_lt(2, 1);
    cr_assert(true);
}

Test(sample, fails_by_a_race)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, touch, NULL), 0);
    touch(NULL);
    pthread_join(thread, NULL);
}

Test(sample, crashes_by_a_signal)
{
    abort();
}

Test(sample, crashes_by_its_timeout, .timeout = 0.5)
{
    for (;;)
        __asm__ volatile("" ::: "memory");
}

Test(sample, is_skipped)
{
    cr_skip_test("as it must");
}

ParameterizedTestParameters(sample, passes_once_and_fails_once)
{
    static int numbers[] = {1, 2};
    return cr_make_param_array(int, numbers, 2);
}

ParameterizedTest(int *number, sample, passes_once_and_fails_once)
{
    cr_assert_eq(*number, 1);
}
