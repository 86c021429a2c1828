/*
 * The results of a run, gathered from its threads, and the forms they are told in: a box for the
 * eyes, JSON for programs and for `compare`, CSV over time, and one HTML page with plots.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/load/ledger.h"
#include "bench/load/meter.h"
#include "bench/load/options.h"

/* One interval of the run, all threads together. Latencies in ns. */
struct report_point {
    double seconds; /* its end, from the end of the warm-up; below 0 within it */
    double length;  /* seconds */
    uint64_t messages;
    uint64_t bytes;
    uint64_t failed;
    uint64_t consumed;
    uint64_t p50;
    uint64_t p99;
    uint64_t max;
    uint64_t end_to_end_p50;
    uint64_t end_to_end_p99;
};

struct report {
    struct options options;
    int64_t started_ms; /* Unix time; 0 when no load was begun */
    double elapsed;     /* seconds, from the end of the warm-up to the last answer */
    uint64_t counters[METER_COUNTER_COUNT];
    uint64_t errors[METER_ERRORS];
    struct histogram latencies[METER_LATENCY_COUNT];
    struct report_point *points;
    uint32_t point_count;
    uint32_t point_capacity;
    bool validated;
    bool interrupted;
    struct ledger_verdict verdict;
    char machine[256];
};

void report_init(struct report *report, const struct options *options);
void report_fini(struct report *report);
void report_add_point(struct report *report, const struct report_point *point);
/* Whether nothing failed and, where it was validated, nothing was wrong. */
bool report_good(const struct report *report);

double report_per_second(const struct report *report, enum meter_counter counter);
/* "response", "messages" and so on, as in JSON. */
const char *report_latency_name(enum meter_latency latency);
const char *report_counter_name(enum meter_counter counter);
/* What an index of `errors` means. */
const char *report_error_text(unsigned error);

void report_print_box(const struct report *report, FILE *file);
/* A file to write; "-" is standard output. Null when it cannot be opened; closing tells whether all
 * was written, and takes null, too. */
FILE *report_open(const char *path);
bool report_close(FILE *file);
/* Each writes the file at `path`, "-" being standard output; false when it cannot be written. */
bool report_write_json(const struct report *report, const char *path) MUST_CHECK;
bool report_write_csv(const struct report *report, const char *path) MUST_CHECK;
bool report_write_html(const struct report *report, const char *path) MUST_CHECK;
