/* Log lines: their format, their length, and the level that keeps them away. */
#include "base/log.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/util.h"

struct capture {
    char line[4096];
    size_t len;
    unsigned calls;
    enum log_level level;
    uint64_t wall_ms;
};

static struct capture capture;
static struct log captured;

static void capture_line(void *context, enum log_level level, const char *line, size_t len)
{
    struct capture *to = context;
    memcpy(to->line, line, len);
    to->line[len] = '\0';
    to->len = len;
    to->level = level;
    to->calls++;
}

static uint64_t captured_wall_ms(void *context)
{
    return ((struct capture *)context)->wall_ms;
}

static void open_log(void)
{
    capture = (struct capture){.wall_ms = 1795244605123}; /* 2026-11-21T07:03:25.123Z */
    captured = (struct log){.level = LOG_DEBUG,
                            .scope = "core 0",
                            .wall_ms = captured_wall_ms,
                            .sink = capture_line,
                            .context = &capture};
}

TestSuite(log, .init = open_log);

Test(log, a_line_tells_time_level_scope_and_text)
{
    log_info(&captured, "listening on %s:%d", "127.0.0.1", 9092);
    cr_assert_str_eq(capture.line,
                     "2026-11-21T07:03:25.123Z INFO [core 0] listening on 127.0.0.1:9092\n");
    cr_assert_eq(capture.level, LOG_INFO);
    cr_assert_eq(capture.calls, 1);
}

Test(log, every_level_has_its_name)
{
    captured.wall_ms = NULL;
    log_error(&captured, "x");
    cr_assert_str_eq(capture.line, "ERROR [core 0] x\n");
    log_warn(&captured, "x");
    cr_assert_str_eq(capture.line, "WARN [core 0] x\n");
    log_info(&captured, "x");
    cr_assert_str_eq(capture.line, "INFO [core 0] x\n");
    log_debug(&captured, "x");
    cr_assert_str_eq(capture.line, "DEBUG [core 0] x\n");
}

Test(log, a_disabled_level_evaluates_nothing)
{
    int evaluated = 0;
    captured.level = LOG_WARN;
    log_info(&captured, "%d", ++evaluated);
    log_debug(&captured, "%d", ++evaluated);
    cr_assert_eq(evaluated, 0);
    cr_assert_eq(capture.calls, 0);
    log_warn(&captured, "%d", ++evaluated);
    cr_assert_eq(evaluated, 1);
    cr_assert_eq(capture.calls, 1);
}

Test(log, a_scoped_log_shares_the_sink)
{
    struct log wal = log_scoped(&captured, "wal 1");
    wal.wall_ms = NULL;
    log_warn(&wal, "slow");
    cr_assert_str_eq(capture.line, "WARN [wal 1] slow\n");
    cr_assert_str_eq(captured.scope, "core 0");
}

Test(log, without_a_sink_nothing_happens)
{
    captured.sink = NULL;
    log_error(&captured, "lost");
    cr_assert_eq(capture.calls, 0);
}

Test(log, the_longest_line_is_one_kib_and_a_longer_one_is_cut)
{
    char text[3000];
    memset(text, 'a', sizeof text);
    captured.wall_ms = NULL;
    size_t prefix = strlen("INFO [core 0] ");
    for (size_t len = 1000; len < 1040; len++) {
        log_info(&captured, "%.*s", (int)len, text);
        if (prefix + len + 1 <= 1024) {
            cr_assert_eq(capture.len, prefix + len + 1);
            cr_assert_eq(capture.line[capture.len - 2], 'a');
        } else {
            cr_assert_eq(capture.len, 1024);
            cr_assert_str_eq(capture.line + 1019, "a...\n");
        }
    }
    log_info(&captured, "%.*s", 2999, text);
    cr_assert_eq(capture.len, 1024);
    cr_assert_str_eq(capture.line + 1019, "a...\n");
}

Test(log, an_endless_scope_is_cut_too)
{
    char scope[2000];
    memset(scope, 's', sizeof scope - 1);
    scope[sizeof scope - 1] = '\0';
    captured.scope = scope;
    log_info(&captured, "text");
    cr_assert_eq(capture.len, 1024);
    cr_assert_str_eq(capture.line + 1019, "s...\n");
}

Test(log, control_characters_cannot_forge_a_line)
{
    captured.wall_ms = NULL;
    log_info(&captured, "client id %s", "x\nERROR [core 0] lie\r\t\x7f");
    cr_assert_str_eq(capture.line, "INFO [core 0] client id x?ERROR [core 0] lie???\n");
    log_info(&captured, "%s", "Grüße");
    cr_assert_str_eq(capture.line, "INFO [core 0] Grüße\n");
}

Test(log, the_time_is_the_civil_calendar_in_utc)
{
    static const struct {
        uint64_t ms;
        const char *text;
    } rows[] = {
        {0, "1970-01-01T00:00:00.000Z INFO [core 0] x\n"},
        {951782399999, "2000-02-28T23:59:59.999Z INFO [core 0] x\n"},
        {951868799001, "2000-02-29T23:59:59.001Z INFO [core 0] x\n"},
        {4102444800000, "2100-01-01T00:00:00.000Z INFO [core 0] x\n"},
    };
    cr_assert_eq(setenv("TZ", "Pacific/Auckland", 1), 0);
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        capture.wall_ms = rows[i].ms;
        log_info(&captured, "x");
        cr_assert_str_eq(capture.line, rows[i].text);
    }
}

Test(log, standard_error_gets_whole_lines_in_one_write)
{
    int ends[2];
    char text[200];
    struct log log;
    cr_assert_eq(pipe(ends), 0);
    int before = dup(STDERR_FILENO);
    dup2(ends[1], STDERR_FILENO);
    log_init_stderr(&log, LOG_INFO, "main");
    log_info(&log, "hello");
    dup2(before, STDERR_FILENO);
    ssize_t got = read(ends[0], text, sizeof text - 1);
    cr_assert_gt(got, 0);
    text[got] = '\0';
    int year;
    int milliseconds;
    char level[10];
    cr_assert_eq(sscanf(text, "%4d-%*2d-%*2dT%*2d:%*2d:%*2d.%3dZ %9s", &year, &milliseconds, level),
                 3);
    cr_assert_geq(year, 2020);
    cr_assert_str_eq(level, "INFO");
    cr_assert_str_eq(strchr(text, '['), "[main] hello\n");
}

Test(log, a_repeated_event_is_let_through_once_an_interval)
{
    uint64_t last = 0;
    cr_assert(log_limited(&last, 0, 10 * NS_PER_S), "the first always passes");
    cr_assert_not(log_limited(&last, 0, 10 * NS_PER_S));
    cr_assert_not(log_limited(&last, 9 * NS_PER_S, 10 * NS_PER_S));
    cr_assert(log_limited(&last, 11 * NS_PER_S, 10 * NS_PER_S));
    cr_assert_not(log_limited(&last, 20 * NS_PER_S, 10 * NS_PER_S));
    cr_assert(log_limited(&last, 21 * NS_PER_S, 10 * NS_PER_S));
}
