/* The trace: a line per event, hashed always, printed on demand. */
#include <stdarg.h>
#include <stdio.h>

#include "base/hash.h"
#include "io/sim/internal.h"

#define LINE_BYTES 512

void sim_note(struct sim *sim, const struct sim_host *host, const char *format, ...)
{
    char line[LINE_BYTES];
    va_list arguments;
    int len = snprintf(line, sizeof line, "%14.6f %s ", (double)sim->now_ns / (double)NS_PER_MS,
                       host == NULL ? "-" : host->name);
    va_start(arguments, format);
    int more = vsnprintf(line + len, sizeof line - (size_t)len, format, arguments);
    va_end(arguments);
    size_t total = MIN((size_t)(len + more), sizeof line - 1);
    sim->hash = hash_u64(sim->hash ^ hash_bytes((struct bytes){(const uint8_t *)line, total}));
    if (sim->trace != NULL)
        sim->trace(sim->trace_context, line);
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
