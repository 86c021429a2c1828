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

/* A format, taken apart once: its words' hash and the kinds of its arguments. The conversions are
 * those the simulator uses: d, u, x and s, with l and ll. */
static void format_learn(struct sim_format *known, const char *format)
{
    unsigned count = 0;
    for (const char *at = strchr(format, '%'); at != NULL; at = strchr(at, '%')) {
        unsigned longs = 0;
        at += 1 + strspn(at + 1, "0123456789");
        for (; *at == 'l'; at++)
            longs++;
        ASSERT(longs != 1 && strchr("duxs", *at) != NULL && count < SIM_FORMAT_ARGUMENTS_MAX);
        known->kinds[count++] = *at == 's' ? 's' : longs == 2 ? 'l' : 'u';
    }
    known->kinds[count] = '\0';
    known->format = format;
    known->words = hash_bytes(bytes_of_string(format));
}

/* Where a format lies is another place in each build: it only finds what would be made anew. */
static const struct sim_format *format_of(struct sim *sim, const char *format)
{
    struct sim_format *known = &sim->formats[((uintptr_t)format >> 3) % SIM_FORMATS];
    if (known->format != format)
        format_learn(known, format);
    return known;
}

static uint64_t mix_line(uint64_t hash, const struct sim_format *format, va_list *arguments)
{
    hash = mix(hash, format->words);
    for (const char *kind = format->kinds; *kind != '\0'; kind++) {
        if (*kind == 's')
            hash = mix_text(hash, va_arg(*arguments, const char *));
        else if (*kind == 'l')
            hash = mix(hash, va_arg(*arguments, unsigned long long));
        else
            hash = mix(hash, va_arg(*arguments, unsigned));
    }
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
    sim->hash = mix_line(sim->hash, format_of(sim, format), &arguments);
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
