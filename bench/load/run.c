/*
 * The main thread of a run: it finds the cluster, starts the others, and waits, with a look at
 * their figures now and then. What is measured does not depend on when it looks.
 */
#include "bench/load/run.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "bench/load/progress.h"
#include "bench/load/report.h"

#define TICK_NS (20 * NS_PER_MS)
#define CONNECT_NS (30 * NS_PER_S)
#define INTERVAL_NS_MIN (100 * NS_PER_MS)
#define INTERVAL_NS_MAX (10 * NS_PER_S)
#define INTERVALS_WANTED 300
#define DISK_THREADS 1

bool run_produces(const struct options *options)
{
    return options->mode != MODE_CONSUME;
}

bool run_consumes(const struct options *options)
{
    return options->mode == MODE_CONSUME || options->mode == MODE_ROUND_TRIP || options->validate;
}

void run_advance(_Atomic int64_t *known, int64_t end)
{
    int64_t before = atomic_load_explicit(known, memory_order_relaxed);
    while (before < end && !atomic_compare_exchange_weak(known, &before, end))
        continue;
}

void run_acknowledge(struct run *run, uint32_t partition, int64_t end)
{
    run_advance(&run->acknowledged_ends[partition], end);
}

void worker_fail(struct worker *worker, int result, const char *format, ...)
{
    va_list arguments;
    ASSERT(result < 0);
    atomic_store(&worker->run->stop, true);
    if (worker->result != 0)
        return;
    worker->result = result;
    va_start(arguments, format);
    vsnprintf(worker->why.text, sizeof worker->why.text, format, arguments);
    va_end(arguments);
}

void run_wake_all(struct run *run)
{
    for (uint32_t i = 0; i < run->worker_count; i++)
        io_wake_external(run->workers[i].io);
}

static int run_new_io(const struct options *options, const struct log *log, struct io **io,
                      struct sentence *why)
{
    /* Answers to sends are small and many; fetched records are large. */
    bool large = run_consumes(options);
    struct io_options io_options = {
        .backend = (enum io_backend)options->io,
        .recv_buffer_bytes = large ? 65536 : 4096,
        .recv_buffer_count = large ? 256 : 2048,
        .disk_threads = DISK_THREADS,
        .log = log,
    };
    int result = io_new(&io_options, io);
    if (result != 0)
        sentence_set(why, "cannot set up io: %s", result_sentence(result));
    return result;
}

static void worker_main(void *context)
{
    struct worker *worker = context;
    if (worker->run->options->client == CLIENT_LIBRDKAFKA)
        rdkafka_run(worker);
    else
        native_run(worker);
    atomic_fetch_add(&worker->run->finished, 1);
}

static uint64_t share_of_messages(const struct options *options, uint32_t index)
{
    uint64_t total = (uint64_t)options->message_count;
    uint64_t threads = (uint64_t)options->threads;
    return total == 0 ? UINT64_MAX : total / threads + (index < total % threads);
}

static int run_make_workers(struct run *run, const struct log *log, struct sentence *why)
{
    const struct options *options = run->options;
    uint32_t threads = (uint32_t)options->threads;
    uint64_t rise_ns = (uint64_t)(options->warmup_duration + options->duration);
    run->workers = mem_alloc_array(threads, sizeof *run->workers);
    for (uint32_t i = 0; i < threads; i++) {
        struct worker *worker = &run->workers[i];
        int result = run_new_io(options, log, &worker->io, why);
        if (result != 0)
            return result;
        worker->run = run;
        worker->index = i;
        worker->quota = share_of_messages(options, i);
        meter_init(&worker->meter);
        ledger_init(&worker->ledger);
        schedule_init(&worker->schedule, options, rise_ns, i, threads);
        run->worker_count++;
    }
    return 0;
}

static int run_start_workers(struct run *run, struct sentence *why)
{
    for (uint32_t i = 0; i < run->worker_count; i++) {
        struct worker *worker = &run->workers[i];
        int result = io_thread_start(&worker->thread, "load", -1, worker_main, worker);
        if (result != 0) {
            sentence_set(why, "cannot start a thread: %s", result_sentence(result));
            run->worker_count = i;
            return result;
        }
    }
    return 0;
}

static void run_stop(struct run *run)
{
    atomic_store(&run->stop, true);
    run_wake_all(run);
}

static void run_set_times(struct run *run, struct io *io)
{
    const struct options *options = run->options;
    uint64_t duration_ns = (uint64_t)options->duration;
    run->start_ns = io_now_precise(io);
    run->measured_ns = run->start_ns + (uint64_t)options->warmup_duration;
    run->end_ns = duration_ns == 0 ? IO_NEVER : run->measured_ns + duration_ns;
    uint64_t interval_ns =
        duration_ns == 0 ? NS_PER_S
                         : ((uint64_t)options->warmup_duration + duration_ns) / INTERVALS_WANTED;
    run->interval_ns = MIN(MAX(interval_ns, INTERVAL_NS_MIN), INTERVAL_NS_MAX);
}

/* Until all threads are connected. */
static bool run_wait_ready(struct run *run, struct io *io, struct report *report)
{
    uint64_t end_ns = io_now_precise(io) + CONNECT_NS;
    while (atomic_load(&run->ready) < run->worker_count && !atomic_load(&run->stop)) {
        if (io_wait_for_stop_within(NS_PER_MS)) {
            report->interrupted = true;
            run_stop(run);
        } else if (io_now_precise(io) >= end_ns) {
            worker_fail(&run->workers[0], ERR_TIMEOUT, "not all connections were made in time");
            run_stop(run);
        }
    }
    return !atomic_load(&run->stop);
}

/* From `go` to the end of the last thread. */
static void run_watch(struct run *run, struct io *io, struct report *report)
{
    struct progress progress;
    progress_init(&progress, run, report);
    while (atomic_load(&run->finished) < run->worker_count) {
        bool asked = io_wait_for_stop_within(TICK_NS);
        if (asked && report->interrupted)
            io_exit(130);
        if (asked) {
            report->interrupted = true;
            run_stop(run);
        }
        progress_look(&progress, io_now_precise(io));
    }
    progress_end(&progress, io_now_precise(io));
}

static void run_gather(struct run *run, struct report *report)
{
    uint64_t last_ns = run->measured_ns;
    for (uint32_t i = 0; i < run->worker_count; i++) {
        struct worker *worker = &run->workers[i];
        for (int c = 0; c < METER_COUNTER_COUNT; c++)
            report->counters[c] += worker->meter.counters[c];
        for (int e = 0; e < METER_ERRORS; e++)
            report->errors[e] += worker->meter.errors[e];
        for (int l = 0; l < METER_LATENCY_COUNT; l++)
            histogram_merge(&report->latencies[l], &worker->meter.latencies[l]);
        last_ns = MAX(last_ns, worker->meter.last_ns);
        if (i > 0)
            ledger_merge(&run->workers[0].ledger, &worker->ledger);
    }
    report->elapsed = (double)(last_ns - run->measured_ns) / (double)NS_PER_S;
    report->validated = run->options->validate;
    if (report->validated)
        ledger_judge(&run->workers[0].ledger, run_produces(run->options), &report->verdict);
}

static void run_fini(struct run *run)
{
    for (uint32_t i = 0; run->workers != NULL && i < (uint32_t)run->options->threads; i++) {
        struct worker *worker = &run->workers[i];
        if (worker->io == NULL)
            continue;
        meter_fini(&worker->meter);
        ledger_fini(&worker->ledger);
        io_free(worker->io);
    }
    prometheus_stop(run->prometheus);
    mem_free(run->workers);
    mem_free(run->acknowledged_ends);
    mem_free(run->read_ends);
    payload_free(run->payload);
    cluster_fini(&run->cluster);
}

/* What figures of different machines must be told apart by. */
static void run_describe_machine(struct report *report)
{
    struct utsname name;
    if (uname(&name) != 0)
        return;
    snprintf(report->machine, sizeof report->machine, "%s, %ld cores, %s %s", name.machine,
             sysconf(_SC_NPROCESSORS_ONLN), name.sysname, name.release);
}

/* With the cluster known. */
static int run_load(struct run *run, struct io *io, const struct log *log, struct report *report,
                    struct sentence *why)
{
    const struct options *options = run->options;
    if (run_produces(options) && run_consumes(options))
        run->acknowledged_ends =
            mem_alloc_array(run->cluster.partition_count, sizeof *run->acknowledged_ends);
    run->read_ends = mem_alloc_array(run->cluster.partition_count, sizeof *run->read_ends);
    run->payload = payload_new((enum bench_payload)options->payload_pattern);
    run->id = io_random(io);
    histogram_init(&run->figures.latency);
    histogram_init(&run->figures.end_to_end);
    int result = 0;
    if (options->prometheus_port > 0)
        result = prometheus_start((uint16_t)options->prometheus_port, &run->figures,
                                  &run->prometheus, why);
    if (result == 0)
        result = run_make_workers(run, log, why);
    if (result == 0)
        result = run_start_workers(run, why);
    if (result != 0) {
        run_stop(run);
    } else if (run_wait_ready(run, io, report)) {
        run_set_times(run, io);
        run_describe_machine(report);
        report->started_ms = io_wall_ms(io);
        atomic_store(&run->go, true);
        run_wake_all(run);
        run_watch(run, io, report);
    }
    for (uint32_t i = 0; i < run->worker_count; i++) {
        struct worker *worker = &run->workers[i];
        if (worker->thread != NULL)
            io_thread_join(worker->thread);
        if (worker->result != 0 && result == 0) {
            result = worker->result;
            *why = worker->why;
        }
    }
    if (report->started_ms != 0)
        run_gather(run, report);
    return result;
}

/* Before anything is asked of the cluster. */
static int run_check_build(const struct options *options, struct sentence *why)
{
    if (options->client != CLIENT_LIBRDKAFKA || rdkafka_available())
        return 0;
    sentence_set(why,
                 "this build has no librdkafka: install librdkafka-dev and build again, or use "
                 "--client native");
    return ERR_UNSUPPORTED;
}

int run_execute(const struct options *options, struct report *report, struct sentence *why)
{
    struct run *run = mem_alloc(sizeof *run);
    struct log log;
    struct io *io;
    log_init_stderr(&log, LOG_WARN, "odradek-bench");
    run->options = options;
    int result = run_new_io(options, &log, &io, why);
    if (result != 0) {
        mem_free(run);
        return result;
    }
    io_raise_descriptors();
    result = run_check_build(options, why);
    if (result == 0)
        result = cluster_discover(&run->cluster, io, options, why);
    if (result == 0)
        result = run_load(run, io, &log, report, why);
    if (result == 0 && options->delete_topic_after)
        result = cluster_delete_topics(&run->cluster, io, options, why);
    run_fini(run);
    io_free(io);
    mem_free(run);
    return result;
}
