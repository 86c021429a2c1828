/*
 * One run of the load generator: what its threads share, and how it goes.
 *
 * Threads work on their own: each has its io, its connections, its meter. They see each other only
 * through the few atomics here, and the main thread only waits, prints and gathers.
 *
 * The life of a thread: connect (ready), wait for `go`, load until the end or `stop`, wait for what
 * is on its way (drained), read to the end where records are read (finished).
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "bench/load/cluster.h"
#include "bench/load/ledger.h"
#include "bench/load/meter.h"
#include "bench/load/payload.h"
#include "bench/load/prometheus.h"
#include "bench/load/schedule.h"
#include "bench/load/wire.h"

struct report;
struct worker;

struct run {
    const struct options *options;
    struct cluster cluster;
    struct payload *payload;
    uint64_t id; /* told in the stamps */
    struct worker *workers;
    uint32_t worker_count;
    /* Set before `go`. */
    uint64_t start_ns;
    uint64_t measured_ns;
    uint64_t end_ns; /* no message is meant to be sent from here on */
    uint64_t interval_ns;
    _Atomic bool go;
    _Atomic bool stop; /* Ctrl-C, or a thread has failed */
    _Atomic uint32_t ready;
    _Atomic uint32_t drained;
    _Atomic uint32_t finished;
    _Atomic uint64_t consumed;
    /* Of each partition: behind its last acknowledged record, and behind the last one read. */
    _Atomic int64_t *acknowledged_ends;
    _Atomic int64_t *read_ends;
    /* The main thread's. */
    struct prometheus_figures figures;
    struct prometheus *prometheus; /* null: not asked for */
};

struct worker {
    struct run *run;
    uint32_t index;
    struct io *io;
    struct io_thread *thread;
    struct meter meter;
    struct ledger ledger;
    struct schedule schedule;
    struct wire_clock clock; /* of the native client */
    uint64_t quota;          /* messages that may still be sent */
    int result;              /* why there was no run */
    struct sentence why;
};

/* Whether records are produced, and whether they are consumed beside that or behind it. */
bool run_produces(const struct options *options);
bool run_consumes(const struct options *options);
/* A record of a partition was acknowledged at offset `end` - 1. */
void run_acknowledge(struct run *run, uint32_t partition, int64_t end);
/* Raises one of the ends. */
void run_advance(_Atomic int64_t *known, int64_t end);
/* A thread cannot go on; the first reason is told. */
void worker_fail(struct worker *worker, int result, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Wakes the other threads, to look at the atomics. */
void run_wake_all(struct run *run);

/* The whole run; 0, or an ERR_* with `why`. The report is filled as far as the run came, and
 * `*interrupted` tells of Ctrl-C. */
int run_execute(const struct options *options, struct report *report,
                struct sentence *why) MUST_CHECK;

/* What a thread does with either client. */
void native_run(struct worker *worker);
void rdkafka_run(struct worker *worker);
/* Whether this build has librdkafka. */
bool rdkafka_available(void);
