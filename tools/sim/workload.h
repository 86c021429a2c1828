/*
 * What the simulated clients do together: create a topic, write to it and read it for a while, see
 * that everything becomes acknowledged once nothing is in the way, and read it all once more.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "tools/sim/model.h"

#define WORKLOAD_VIOLATION_BYTES 512
#define WORKLOAD_PRODUCERS 6

struct workload_options {
    const char *host;
    uint16_t port;
    uint64_t seed;
    const char *topic;
    int32_t partition_count;
    uint64_t duration_ns;       /* of writing */
    uint64_t settle_ns;         /* by then, after that, everything must be acknowledged and read */
    uint64_t pause_ns;          /* at most, between two batches of a producer */
    uint32_t value_bytes_max;   /* of the producer of large records */
    uint32_t batch_records_max; /* of the producer of large batches */
    uint32_t producers_out;     /* a bit per producer that is left out */
    uint32_t in_flight_max;     /* batches of an idempotent producer in one partition */
};

struct workload_result {
    struct model_counts counts;
    uint64_t calls;
    bool done;
    char violation[WORKLOAD_VIOLATION_BYTES]; /* "": every promise was kept */
};

/* On an io of its own, on the calling thread; returns when all is over. ERR_*: there is no io. */
int workload_run(const struct workload_options *options, struct workload_result *result) MUST_CHECK;
