/* A failed assertion says where and what on standard error, then the process aborts. */
#include "base/assert.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FAIL_PLAINLY_LINE = __LINE__ + 5 };

static void fail_plainly(void)
{
    int seven = 7;
    ASSERT(seven == 8);
}

static void fail_unreachable(void)
{
    UNREACHABLE();
}

static void fail_at_length(void)
{
    static char expression[4096];
    memset(expression, 'x', sizeof expression - 1);
    assert_failed(expression, "file.c", 12, "function");
}

/* What `fail` writes to standard error; checks that it died of SIGABRT. */
static size_t stderr_of(void (*fail)(void), char *text, size_t capacity)
{
    int ends[2];
    cr_assert_eq(pipe(ends), 0);
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        fail();
        _exit(0);
    }
    close(ends[1]);
    size_t len = 0;
    ssize_t got;
    while ((got = read(ends[0], text + len, capacity - 1 - len)) > 0)
        len += (size_t)got;
    text[len] = '\0';
    close(ends[0]);
    int status;
    cr_assert_eq(waitpid(child, &status, 0), child);
    cr_assert(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
    return len;
}

Test(assert, a_true_expression_does_nothing_and_is_evaluated_once)
{
    int evaluated = 0;
    ASSERT(++evaluated == 1);
    cr_assert_eq(evaluated, 1);
}

Test(assert, a_failure_tells_file_line_function_and_expression)
{
    char text[1024];
    char wanted[1024];
    stderr_of(fail_plainly, text, sizeof text);
    snprintf(wanted, sizeof wanted, "%s:%d: fail_plainly: assertion failed: seven == 8\n", __FILE__,
             FAIL_PLAINLY_LINE);
    cr_assert_str_eq(text, wanted);
}

Test(assert, unreachable_code_aborts_too)
{
    char text[1024];
    stderr_of(fail_unreachable, text, sizeof text);
    cr_assert_not_null(strstr(text, ": fail_unreachable: assertion failed: unreachable\n"));
}

Test(assert, a_long_expression_is_cut_and_the_line_still_ends)
{
    char text[8192];
    size_t len = stderr_of(fail_at_length, text, sizeof text);
    cr_assert_leq(len, 512);
    cr_assert_gt(len, 400);
    cr_assert_eq(text[len - 1], '\n');
    cr_assert_eq(text[len - 2], 'x');
}
