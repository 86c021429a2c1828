/*
 * The leveled log: one line per event, to a sink the owner gives.
 *
 * A disabled level costs one predictable branch: arguments are not evaluated. Nothing on the
 * produce or fetch path logs at info or below; repeated faults ask log_limited first.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* `line` ends in a newline and is whole: a sink writes it in one call. */
typedef void log_sink_fn(void *context, enum log_level level, const char *line, size_t len);

struct log {
    enum log_level level;
    const char *scope;                  /* printed in brackets: "core 0", "wal 1" */
    uint64_t (*wall_ms)(void *context); /* null: no time is printed */
    log_sink_fn *sink;
    void *context;
};

/* Writes to standard error with the system's clock. */
void log_init_stderr(struct log *log, enum log_level level, const char *scope);

/* A log of the same sink under another scope. */
struct log log_scoped(const struct log *log, const char *scope);

void log_write(const struct log *log, enum log_level level, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define LOG_AT(log, at, ...)                           \
    do {                                               \
        if (__builtin_expect((log)->level >= (at), 0)) \
            log_write((log), (at), __VA_ARGS__);       \
    } while (0)
#define log_error(log, ...) LOG_AT(log, LOG_ERROR, __VA_ARGS__)
#define log_warn(log, ...) LOG_AT(log, LOG_WARN, __VA_ARGS__)
#define log_info(log, ...) LOG_AT(log, LOG_INFO, __VA_ARGS__)
#define log_debug(log, ...) LOG_AT(log, LOG_DEBUG, __VA_ARGS__)

/* Lets a repeated event through once per `interval_ns`; `*last_ns` is the caller's, 0 at first. */
bool log_limited(uint64_t *last_ns, uint64_t now_ns, uint64_t interval_ns);
