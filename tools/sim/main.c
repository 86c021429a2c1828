/*
 * odradek-sim: the whole broker in a simulated world, seed by seed.
 *
 *     odradek-sim [--seeds N] [--first SEED] [--jobs J] [--seconds S]
 *     odradek-sim --seed SEED [--trace] [--seconds S]
 *     odradek-sim --mutant NAME ...      (with that mutant switched on: base/mutant.h)
 *     odradek-sim --mutants [--only PART-OF-NAME] [--jobs J] [--seconds S]   (each must be caught)
 *     odradek-sim --list-mutants
 *     odradek-sim --world NAME ...       (not the ordinary one: worlds.h)
 *
 * A seed runs in a process of its own: a broken broker may end it, and what a crashed one leaves
 * behind in memory goes with it. The same seed is the same run, with the same hash, anywhere.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/util.h"
#include "tools/sim/mutants.h"
#include "tools/sim/seed.h"
#include "tools/sim/worlds.h"

#define JOBS_MAX 256

struct run {
    uint64_t seeds;
    uint64_t first;
    uint64_t seconds;
    const struct seed_world *world;
    unsigned jobs;
    uint64_t failed;
    uint64_t finished;
    pid_t pids[JOBS_MAX];
    uint64_t running[JOBS_MAX];
};

static int seed_alone(const struct run *run, uint64_t seed, bool trace, bool tell)
{
    struct seed_options options = {seed, run->seconds, trace, run->world};
    struct seed_result result;
    bool kept = seed_run(&options, &result);
    const struct model_counts *counts = &result.workload.counts;
    if (tell || !kept)
        printf("seed %llu: %s: hash %016llx, %llu s, %u starts (%u refused), %u crashes, %u kills, "
               "%u stops, %llu sent, %llu acknowledged, %llu seen, %llu twice%s%s\n",
               (unsigned long long)seed, kept ? "ok" : "BROKEN", (unsigned long long)result.hash,
               (unsigned long long)(result.simulated_ns / NS_PER_S), result.starts, result.refused,
               result.crashes, result.kills, result.stops, (unsigned long long)counts->sent,
               (unsigned long long)counts->acknowledged, (unsigned long long)counts->seen,
               (unsigned long long)counts->duplicates, kept ? "" : ": ", result.workload.violation);
    fflush(stdout);
    return kept ? 0 : 1;
}

static void run_start(struct run *run, unsigned job, uint64_t seed)
{
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        _exit(seed_alone(run, seed, false, false));
    if (pid < 0) {
        fprintf(stderr, "odradek-sim: cannot fork: %s\n", strerror(errno));
        exit(71);
    }
    run->pids[job] = pid;
    run->running[job] = seed;
}

static void run_wait(struct run *run)
{
    int status;
    pid_t pid = wait(&status);
    for (unsigned job = 0; job < run->jobs; job++) {
        if (pid <= 0 || run->pids[job] != pid)
            continue;
        run->pids[job] = 0;
        run->finished++;
        if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
            return;
        run->failed++;
        if (WIFSIGNALED(status))
            printf("seed %llu: ended by signal %d\n", (unsigned long long)run->running[job],
                   WTERMSIG(status));
        fflush(stdout);
    }
}

static bool run_busy(const struct run *run)
{
    for (unsigned job = 0; job < run->jobs; job++)
        if (run->pids[job] != 0)
            return true;
    return false;
}

static int run_all(struct run *run)
{
    struct timespec start;
    struct timespec end;
    clock_gettime(CLOCK_MONOTONIC, &start);
    uint64_t next = run->first;
    while (next < run->first + run->seeds || run_busy(run)) {
        for (unsigned job = 0; job < run->jobs && next < run->first + run->seeds; job++)
            if (run->pids[job] == 0)
                run_start(run, job, next++);
        run_wait(run);
    }
    clock_gettime(CLOCK_MONOTONIC, &end);
    double seconds = (double)(end.tv_sec - start.tv_sec) +
                     (double)(end.tv_nsec - start.tv_nsec) / (double)NS_PER_S;
    printf("%.1f seeds/s\n%llu passed, %llu failed\n", (double)run->finished / seconds,
           (unsigned long long)(run->finished - run->failed), (unsigned long long)run->failed);
    return run->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"seeds", required_argument, NULL, 'n'},   {"first", required_argument, NULL, 'f'},
        {"jobs", required_argument, NULL, 'j'},    {"seed", required_argument, NULL, 's'},
        {"seconds", required_argument, NULL, 't'}, {"trace", no_argument, NULL, 'x'},
        {"mutant", required_argument, NULL, 'm'},  {"mutants", no_argument, NULL, 'M'},
        {"only", required_argument, NULL, 'o'},    {"world", required_argument, NULL, 'w'},
        {"list-mutants", no_argument, NULL, 'l'},  {NULL, 0, NULL, 0}};
    struct run run = {.seeds = 100, .first = 1, .seconds = 20, .jobs = 2};
    uint64_t seed = 0;
    bool one = false;
    bool trace = false;
    bool mutants = false;
    const char *only = NULL;
    int option;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        uint64_t number = optarg == NULL ? 0 : strtoull(optarg, NULL, 10);
        if (option == 'n')
            run.seeds = number;
        else if (option == 'f')
            run.first = number;
        else if (option == 'j')
            run.jobs = (unsigned)MIN(MAX(number, 1), JOBS_MAX);
        else if (option == 's')
            seed = number, one = true;
        else if (option == 't')
            run.seconds = number;
        else if (option == 'x')
            trace = true;
        else if (option == 'M')
            mutants = true;
        else if (option == 'o')
            only = optarg;
        else if (option == 'w' && (run.world = sim_world_find(optarg)) != NULL)
            continue;
        else if (option == 'l')
            return mutants_list(), 0;
        else if (option == 'm' && mutant_choose(optarg))
            continue;
        else
            return 64;
    }
    crc32c_init();
    if (mutants)
        return mutants_run(&(struct mutants_options){only, run.seconds, run.jobs});
    return one ? seed_alone(&run, seed, trace, true) : run_all(&run);
}
