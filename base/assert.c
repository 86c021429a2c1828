/* The end of a process whose invariants do not hold: one line on standard error, then abort. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void assert_failed(const char *expression, const char *file, int line,
                             const char *function)
{
    char text[512];
    int printed = snprintf(text, sizeof text - 1, "%s:%d: %s: assertion failed: %s", file, line,
                           function, expression);
    size_t len = printed < 0 ? 0 : (size_t)printed;
    if (len > sizeof text - 2)
        len = sizeof text - 2;
    text[len++] = '\n';
    ssize_t written = write(STDERR_FILENO, text, len);
    (void)written;
    abort();
}
