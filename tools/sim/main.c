/*
 * odradek-sim: the whole broker in a simulated world, seed by seed. See arguments.c for the
 * options, and docs/simulator.md.
 *
 * Exit codes: 0 every promise was kept, 1 one was broken, 64 usage, 71 the system failed.
 */
#include <errno.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/util.h"
#include "tools/sim/arguments.h"
#include "tools/sim/fleet.h"
#include "tools/sim/minimise.h"
#include "tools/sim/mutants.h"

#define COMMAND_BYTES 1024
#define MINIMISE_RUNS_MAX 400

struct report {
    const struct arguments *arguments;
    bool minimised; /* one failure of a run, the first */
};

static void print_end(const struct fleet_end *end)
{
    const struct seed_result *result = &end->result;
    const struct model_counts *counts = &result->workload.counts;
    char verdict[FLEET_VERDICT_BYTES] = "";
    if (fleet_broke(end))
        fleet_verdict(end, false, verdict);
    printf("seed %llu: %s%s\n", (unsigned long long)end->options.seed,
           fleet_broke(end) ? "BROKEN: " : "ok", verdict);
    if (end->told)
        printf("  hash %016llx, %llu s, %u starts (%u refused), %u crashes, %u kills, %u stops, "
               "%llu requests, %llu sent, %llu acknowledged, %llu seen, %llu twice\n",
               (unsigned long long)result->hash,
               (unsigned long long)(result->simulated_ns / NS_PER_S), result->starts,
               result->refused, result->crashes, result->kills, result->stops,
               (unsigned long long)result->workload.calls, (unsigned long long)counts->sent,
               (unsigned long long)counts->acknowledged, (unsigned long long)counts->seen,
               (unsigned long long)counts->duplicates);
    fflush(stdout);
}

/* The run once more, with its trace. */
static void write_trace(const struct fleet_end *end, const char *directory)
{
    char path[1024];
    struct fleet_end again;
    struct seed_options options = end->options;
    snprintf(path, sizeof path, "%s/odradek-sim-%llu.trace", directory,
             (unsigned long long)options.seed);
    options.trace = fopen(path, "we");
    if (options.trace == NULL) {
        fprintf(stderr, "odradek-sim: cannot write %s: %s\n", path, strerror(errno));
        return;
    }
    fleet_run_one(&options, true, &again);
    fclose(options.trace);
    printf("  trace   %s\n", path);
    if (again.told && again.result.hash != end->result.hash)
        printf("  BEWARE: the traced run has another hash, it did not replay\n");
}

static void print_minimised(const struct fleet_end *failure, const char *directory)
{
    char command[COMMAND_BYTES];
    struct fleet_end end = *failure;
    printf("  looking for a smaller run\n");
    fflush(stdout);
    unsigned runs = minimise(&end, MINIMISE_RUNS_MAX);
    if (runs == 0) {
        printf("  BEWARE: it does not fail again: the run does not replay\n");
        return;
    }
    minimise_command(&end.options, command, sizeof command);
    printf("  the smallest of %u runs that fail in this way:\n", runs);
    print_end(&end);
    write_trace(&end, directory);
    printf("  replay  %s --trace\n", command);
    fflush(stdout);
}

static void report_failure(void *context, const struct fleet_end *end)
{
    struct report *report = context;
    const struct arguments *a = report->arguments;
    print_end(end);
    if (!a->minimise || report->minimised)
        return;
    report->minimised = true;
    print_minimised(end, a->directory);
}

static int run_one(const struct arguments *a)
{
    struct fleet_end end;
    struct seed_options options = a->seed;
    options.trace = a->trace ? stderr : NULL;
    fleet_run_one(&options, false, &end);
    print_end(&end);
    if (fleet_broke(&end) && a->minimise)
        print_minimised(&end, a->directory);
    return fleet_broke(&end) ? 1 : 0;
}

static int run_many(const struct arguments *a)
{
    struct report report = {.arguments = a};
    struct fleet_totals totals;
    const struct fleet_options options = {
        .seed = a->seed,
        .count = a->count,
        .real_s_max = (uint64_t)(a->hours * 3600),
        .jobs = a->jobs,
        .stop_at_failure = a->hours > 0,
    };
    if (a->hours > 0)
        printf("seeds from %llu on\n", (unsigned long long)a->seed.seed);
    fleet_run(&options, report_failure, &report, &totals);
    fleet_print(&totals);
    return totals.failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    int code;
    if (!arguments_parse(argc, argv, &arguments, &code))
        return code;
    crc32c_init();
    if (arguments.mutants)
        return mutants_run(&arguments.seed, arguments.only, arguments.jobs);
    return arguments.one ? run_one(&arguments) : run_many(&arguments);
}
