/*
 * What the main thread does while the others work: it takes their intervals, puts those of the same
 * time together, prints a progress line now and then, and keeps a point of each for the plots.
 */
#pragma once

#include <stdint.h>

#include "bench/load/report.h"
#include "bench/load/run.h"

struct progress {
    struct run *run;
    struct report *report;
    struct meter_interval **open; /* by index, those not complete yet */
    uint32_t open_capacity;
    uint32_t next;                /* the index of the first that is not complete */
    uint32_t *seen;               /* for each thread, behind the last index it handed over */
    struct meter_interval *since; /* everything since the last line */
    uint64_t since_ns;
};

void progress_init(struct progress *progress, struct run *run, struct report *report);
void progress_look(struct progress *progress, uint64_t now_ns);
/* All threads have ended: takes the rest. */
void progress_end(struct progress *progress, uint64_t now_ns);
