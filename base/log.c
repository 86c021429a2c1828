/*
 * Formatting of log lines, and the sink to standard error.
 *
 * A line is built on the stack and handed over whole, so lines of several cores never mix. Texts
 * may quote what a client sent: control characters become '?', or a client could forge lines.
 */
#include "base/log.h"

#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/util.h"

#define LOG_LINE_MAX 1024

static uint64_t system_wall_ms(void *context)
{
    (void)context;
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / NS_PER_MS;
}

static void stderr_sink(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}

void log_init_stderr(struct log *log, enum log_level level, const char *scope)
{
    *log = (struct log){
        .level = level, .scope = scope, .wall_ms = system_wall_ms, .sink = stderr_sink};
}

struct log log_scoped(const struct log *log, const char *scope)
{
    struct log scoped = *log;
    scoped.scope = scope;
    return scoped;
}

static size_t print_time(char *text, size_t capacity, uint64_t wall_ms)
{
    time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    size_t len = strftime(text, capacity, "%Y-%m-%dT%H:%M:%S", &utc);
    return len +
           (size_t)snprintf(text + len, capacity - len, ".%03uZ ", (unsigned)(wall_ms % 1000));
}

static void replace_controls(char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            text[i] = '?';
}

void log_write(const struct log *log, enum log_level level, const char *format, ...)
{
    static const char *const names[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    char line[LOG_LINE_MAX];
    size_t len = 0;
    ASSERT((size_t)level < ARRAY_LENGTH(names));
    if (log->sink == NULL)
        return;
    if (log->wall_ms != NULL)
        len = print_time(line, sizeof line, log->wall_ms(log->context));
    len += (size_t)snprintf(line + len, sizeof line - len, "%s [%s] ", names[level],
                            log->scope == NULL ? "" : log->scope);
    len = MIN(len, sizeof line - 1);
    size_t text = len;
    va_list arguments;
    va_start(arguments, format);
    int more = vsnprintf(line + len, sizeof line - len, format, arguments);
    va_end(arguments);
    len += (size_t)MAX(more, 0);
    if (len > sizeof line - 1) {
        len = sizeof line - 1;
        memcpy(line + len - 3, "...", 3);
    }
    replace_controls(line + text, len - MIN(len, text));
    line[len++] = '\n';
    log->sink(log->context, level, line, len);
}

bool log_limited(uint64_t *last_ns, uint64_t now_ns, uint64_t interval_ns)
{
    if (*last_ns != 0 && now_ns < *last_ns + interval_ns)
        return false;
    /* Never 0 again: a simulated clock may begin there. */
    *last_ns = MAX(now_ns, (uint64_t)1);
    return true;
}
