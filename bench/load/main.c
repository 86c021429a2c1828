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
#include "base/util.h"
#include "bench/load/compare.h"
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

static bool output_to_stdout(const struct options *options)
{
    return strcmp(options->json_output, "-") == 0 || strcmp(options->csv_output, "-") == 0 ||
           strcmp(options->html_output, "-") == 0;
}

/* False when a file could not be written. */
static bool write_outputs(const struct report *report)
{
    const struct {
        const char *path;
        bool (*write)(const struct report *report, const char *path);
    } outputs[] = {{report->options.json_output, report_write_json},
                   {report->options.csv_output, report_write_csv},
                   {report->options.html_output, report_write_html}};
    bool good = true;
    for (size_t i = 0; i < ARRAY_LENGTH(outputs); i++) {
        if (*outputs[i].path == '\0' || outputs[i].write(report, outputs[i].path))
            continue;
        fprintf(stderr, "odradek-bench: cannot write %s\n", outputs[i].path);
        good = false;
    }
    return good;
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
    if (report->started_ms != 0) {
        report_print_box(report, output_to_stdout(options) ? stderr : stdout);
        if (!write_outputs(report) && status == STATUS_GOOD)
            status = STATUS_FAILED;
    }
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

static int bench_compare(int count, char *const *paths)
{
    struct sentence why;
    if (count != 2)
        return complain(STATUS_USAGE, "compare takes two files: compare A.json B.json");
    if (compare_files(paths[0], paths[1], stdout, &why) != 0)
        return complain(STATUS_NO_RUN, why.text);
    return STATUS_GOOD;
}

int main(int argc, char **argv)
{
    struct options options;
    struct sentence why;
    crc32c_init();
    if (argc > 1 && strcmp(argv[1], "compare") == 0)
        return bench_compare(argc - 2, argv + 2);
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
