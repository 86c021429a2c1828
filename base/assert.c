/* The end of a process whose invariants do not hold: one line on standard error, then abort. */
#include "base/assert.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void assert_failed(const char *expression, const char *file, int line,
                             const char *function)
{
    char text[512];
    int len = snprintf(text, sizeof text, "%s:%d: %s: assertion failed: %s\n", file, line, function,
                       expression);
    if (len > (int)sizeof text - 1)
        len = (int)sizeof text - 1;
    ssize_t written = write(STDERR_FILENO, text, (size_t)len);
    (void)written;
    abort();
}
