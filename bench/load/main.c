/*
 * odradek-bench: load on any Kafka-compatible broker, measured. See --help, and bench/README.md.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "bench/load/report.h"
#include "bench/load/run.h"

enum exit_status {
    STATUS_GOOD = 0,
    STATUS_FAILED = 1,
    STATUS_NO_RUN = 2,
    STATUS_USAGE = 64,
    STATUS_INTERRUPTED = 130,
};

static int complain(int status, const char *text)
{
    fprintf(stderr, "odradek-bench: %s\n", text);
    return status;
}

static int bench_run(const struct options *options)
{
    struct report *report = mem_alloc(sizeof *report);
    struct sentence why;
    report_init(report, options);
    int result = run_execute(options, report, &why);
    int status = result != 0           ? STATUS_NO_RUN
                 : report->interrupted ? STATUS_INTERRUPTED
                 : report_good(report) ? STATUS_GOOD
                                       : STATUS_FAILED;
    if (report->started_ms != 0)
        report_print_box(report, stdout);
    if (result != 0)
        complain(status, why.text);
    report_fini(report);
    mem_free(report);
    return status;
}

/* SIGINT and SIGTERM are waited for, in every thread. */
static void block_signals(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
}

int main(int argc, char **argv)
{
    struct options options;
    struct sentence why;
    crc32c_init();
    if (options_parse(&options, argc - 1, argv + 1, getenv("KAFKA_BOOTSTRAP_SERVERS"), &why) != 0)
        return complain(STATUS_USAGE, why.text);
    if (options.help)
        options_print_help();
    else if (options.version)
        puts("odradek-bench " ODRADEK_VERSION);
    else {
        block_signals();
        return bench_run(&options);
    }
    return STATUS_GOOD;
}
