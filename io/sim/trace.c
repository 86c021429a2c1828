/*
 * The trace: a line per event, hashed always, printed on demand.
 *
 * What is hashed is what the line is made from: the time, the host, the words of the format and the
 * arguments. Making the line itself would cost more than most of the events.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "io/sim/internal.h"

#define LINE_BYTES 512

static uint64_t mix(uint64_t hash, uint64_t value)
{
    return hash_u64((hash ^ value) * 0x9e3779b97f4a7c15U);
}

static uint64_t mix_text(uint64_t hash, const char *text)
{
    return mix(hash, hash_bytes(bytes_of_string(text)));
}

/* One argument of the conversion at `at`, behind the '%'; returns the end of the conversion. The
 * conversions are those the simulator uses: d, u, x and s, with l and ll. */
static const char *mix_argument(uint64_t *hash, const char *at, va_list *arguments)
{
    unsigned longs = 0;
    at += strspn(at, "0123456789");
    for (; *at == 'l'; at++)
        longs++;
    ASSERT(longs != 1);
    if (*at == 's')
        *hash = mix_text(*hash, va_arg(*arguments, const char *));
    else if (longs == 2)
        *hash = mix(*hash, va_arg(*arguments, unsigned long long));
    else
        *hash = mix(*hash, va_arg(*arguments, unsigned));
    ASSERT(strchr("duxs", *at) != NULL);
    return at + 1;
}

static uint64_t mix_line(uint64_t hash, const char *format, va_list *arguments)
{
    hash = mix_text(hash, format);
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%'))
        at = mix_argument(&hash, at + 1, arguments);
    return hash;
}

static void print_line(const struct sim *sim, const char *host, const char *format,
                       va_list *arguments)
{
    char line[LINE_BYTES];
    int len =
        snprintf(line, sizeof line, "%14.6f %s ", (double)sim->now_ns / (double)NS_PER_MS, host);
    vsnprintf(line + len, sizeof line - (size_t)len, format, *arguments);
    sim->trace(sim->trace_context, line);
}

void sim_note(struct sim *sim, const struct sim_host *host, const char *format, ...)
{
    va_list arguments;
    sim->hash = mix(sim->hash, sim->now_ns);
    sim->hash = mix(sim->hash, host == NULL ? SIM_HOSTS_MAX : host->number);
    va_start(arguments, format);
    sim->hash = mix_line(sim->hash, format, &arguments);
    va_end(arguments);
    if (sim->trace == NULL)
        return;
    va_start(arguments, format);
    print_line(sim, host == NULL ? "-" : host->name, format, &arguments);
    va_end(arguments);
}

uint64_t sim_hash(const struct sim *sim)
{
    return sim->hash;
}

void sim_trace(struct sim *sim, sim_trace_fn *sink, void *context)
{
    sim->trace = sink;
    sim->trace_context = context;
}
