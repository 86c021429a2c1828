/* Figures of the running load for Prometheus, over libmicrohttpd. */
#pragma once

#include <stdint.h>

#include "bench/load/meter.h"
#include "bench/load/options.h"

struct prometheus;

/* What is told; the caller's, who brings it up to date between two calls. */
struct prometheus_figures {
    uint64_t counters[METER_COUNTER_COUNT];
    struct histogram latency; /* ns, of everything so far, the warm-up too */
    struct histogram end_to_end;
};

/* Listens on 127.0.0.1. ERR_ADDRESS_IN_USE, or ERR_UNSUPPORTED in a build without the library;
 * `why` tells. */
int prometheus_start(uint16_t port, const struct prometheus_figures *figures,
                     struct prometheus **prometheus, struct sentence *why) MUST_CHECK;
void prometheus_stop(struct prometheus *prometheus);
/* Serves who has asked, on the calling thread, without waiting. */
void prometheus_serve(struct prometheus *prometheus);
