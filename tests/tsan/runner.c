/*
 * Runs the tests of one program, each in a child of its own, and closes with Criterion's line.
 *
 * The parent starts no thread, so that a child of it may. A child ends with exit(), not _exit():
 * the race detector gives its verdict there, as an exit status of its own, and a race fails the
 * test in which it was seen. Arguments: --timeout SECONDS, --filter SUITE/NAME (a part of it).
 */
#include <criterion/criterion.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#define EXIT_FAILED 1
#define EXIT_SKIPPED 77
#define NAME_BYTES_MAX 256
#define TIMEOUT_SECONDS 120
/* Timeouts are meant for a run without the detector. */
#define SLOWNESS 5

static struct runner_test *first;
static atomic_bool child_failed;

void runner_add(struct runner_test *test)
{
    struct runner_test **place = &first;
    while (*place != NULL)
        place = &(*place)->next;
    *place = test;
}

void runner_note(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

void runner_check(bool good, bool fatal, const char *where, const char *condition,
                  const char *format, ...)
{
    if (good)
        return;
    char text[1024];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    runner_note("%s: failed: %s:%s", where, condition, text);
    atomic_store(&child_failed, true);
    if (fatal)
        _exit(EXIT_FAILED);
}

void runner_skip(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(EXIT_SKIPPED);
}

static const struct runner_options *suite_options(const char *suite)
{
    static const struct runner_options none;
    for (const struct runner_test *test = first; test != NULL; test = test->next) {
        if (test->name == NULL && strcmp(test->suite, suite) == 0)
            return &test->options;
    }
    return &none;
}

/* The suite's preparation stands around the test's own. */
_Noreturn static void run_child(const struct runner_test *test, void *item,
                                const struct runner_options *suite, double timeout)
{
    alarm((unsigned)(timeout * SLOWNESS) + 1);
    if (suite->init != NULL)
        suite->init();
    if (test->options.init != NULL)
        test->options.init();
    if (test->call != NULL)
        test->call(item);
    else
        test->body();
    if (test->options.fini != NULL)
        test->options.fini();
    if (suite->fini != NULL)
        suite->fini();
    exit(atomic_load(&child_failed) ? EXIT_FAILED : EXIT_SUCCESS);
}

static double first_given(double a, double b, double c)
{
    if (a > 0)
        return a;
    return b > 0 ? b : c;
}

enum outcome { PASSED, FAILED, CRASHED, SKIPPED, OUTCOMES };

static enum outcome judge(int status, const struct runner_options *test,
                          const struct runner_options *suite)
{
    int signal_wanted = test->signal != 0 ? test->signal : suite->signal;
    int code_wanted = test->exit_code != 0 ? test->exit_code : suite->exit_code;
    if (WIFSIGNALED(status)) {
        if (WTERMSIG(status) == signal_wanted)
            return PASSED;
        runner_note("ended by signal %d: %s", WTERMSIG(status), strsignal(WTERMSIG(status)));
        return CRASHED;
    }
    if (WEXITSTATUS(status) == EXIT_SKIPPED)
        return SKIPPED;
    return signal_wanted == 0 && WEXITSTATUS(status) == code_wanted ? PASSED : FAILED;
}

static enum outcome run(const struct runner_test *test, void *item, double timeout)
{
    const struct runner_options *suite = suite_options(test->suite);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        run_child(test, item, suite, first_given(test->options.timeout, suite->timeout, timeout));
    }
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child)
        abort();
    return judge(status, &test->options, suite);
}

static const char *argument(int count, char **arguments, const char *name)
{
    for (int i = 1; i + 1 < count; i++) {
        if (strcmp(arguments[i], name) == 0)
            return arguments[i + 1];
    }
    return NULL;
}

struct summary {
    unsigned totals[OUTCOMES];
    double timeout;
    const char *filter; /* null: every test */
};

static void run_one(struct summary *summary, const struct runner_test *test, void *item)
{
    static const char *const verdicts[OUTCOMES] = {"ok", "FAILED", "CRASHED", "skipped"};
    enum outcome outcome = run(test, item, summary->timeout);
    summary->totals[outcome]++;
    runner_note("%s %s/%s", verdicts[outcome], test->suite, test->name);
}

static void run_test(struct summary *summary, const struct runner_test *test)
{
    char name[NAME_BYTES_MAX];
    if (test->name == NULL || test->options.disabled)
        return;
    snprintf(name, sizeof name, "%s/%s", test->suite, test->name);
    if (summary->filter != NULL && strstr(name, summary->filter) == NULL)
        return;
    if (test->call == NULL) {
        run_one(summary, test, NULL);
        return;
    }
    struct runner_parameters parameters = test->parameters();
    for (size_t i = 0; i < parameters.count; i++)
        run_one(summary, test, (char *)parameters.items + i * parameters.item_size);
}

int main(int count, char **arguments)
{
    const char *seconds = argument(count, arguments, "--timeout");
    struct summary summary = {
        .timeout = seconds != NULL ? strtod(seconds, NULL) : TIMEOUT_SECONDS,
        .filter = argument(count, arguments, "--filter"),
    };
    for (const struct runner_test *test = first; test != NULL; test = test->next)
        run_test(&summary, test);
    unsigned passed = summary.totals[PASSED];
    unsigned failed = summary.totals[FAILED];
    unsigned crashed = summary.totals[CRASHED];
    runner_note("[====] Synthesis: Tested: %u | Passing: %u | Failing: %u | Crashing: %u",
                passed + failed + crashed, passed, failed, crashed);
    return failed + crashed == 0 ? 0 : 1;
}
