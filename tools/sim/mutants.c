/*
 * Mutants, and the proof that each is caught.
 *
 * Each seed runs in a process of its own, since a mutant may well end it: an assertion that fails
 * is as good a catch as a promise that is broken. What caught it comes back through a pipe.
 */
#include "tools/sim/mutants.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mutant.h"
#include "base/util.h"
#include "tools/sim/seed.h"
#include "tools/sim/worlds.h"

#define REASON_BYTES 600

struct mutant_row {
    const char *name;
    const char *sentence;
    const char *world;
    unsigned seeds;
};

static const struct mutant_row rows[] = {
#define MUTANT_ROW(name, world, seeds, sentence) [MUTANT_##name] = {#name, sentence, #world, seeds},
    MUTANT_TABLE(MUTANT_ROW)
#undef MUTANT_ROW
};

static enum mutant chosen = MUTANT_NONE;

bool mutant_is(enum mutant mutant)
{
    return mutant == chosen;
}

static bool name_matches(const char *name, const char *given)
{
    for (; *name != '\0' && *given != '\0'; name++, given++)
        if (*name != toupper((unsigned char)*given) && !(*name == '_' && *given == '-'))
            return false;
    return *name == *given;
}

bool mutant_choose(const char *name)
{
    for (size_t i = 1; i < ARRAY_LENGTH(rows); i++) {
        if (!name_matches(rows[i].name, name))
            continue;
        chosen = (enum mutant)i;
        return true;
    }
    return false;
}

void mutants_list(void)
{
    for (size_t i = 1; i < ARRAY_LENGTH(rows); i++)
        printf("%-30s %-8s %3u  %s\n", rows[i].name, rows[i].world, rows[i].seeds,
               rows[i].sentence);
}

/* The child: what it prints is why the seed failed. */
static _Noreturn void seed_child(const struct mutant_row *row, uint64_t seed, uint64_t seconds)
{
    const struct seed_options options = {
        .seed = seed,
        .seconds = seconds,
        .world = sim_world_find(row->world),
    };
    struct seed_result result;
    bool kept = seed_run(&options, &result);
    if (!kept)
        fprintf(stderr, "%s\n", result.workload.violation);
    _exit(kept ? 0 : 1);
}

/* True when the seed fails; `reason` is then the first line it has printed. */
static bool seed_fails(const struct mutant_row *row, uint64_t seed, uint64_t seconds, char *reason)
{
    int ends[2];
    int status = 0;
    size_t len = 0;
    ssize_t got;
    char dropped[4096];
    if (pipe(ends) != 0)
        exit(71);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        seed_child(row, seed, seconds);
    }
    close(ends[1]);
    while (len + 1 < REASON_BYTES &&
           (got = read(ends[0], reason + len, REASON_BYTES - 1 - len)) > 0)
        len += (size_t)got;
    while (read(ends[0], dropped, sizeof dropped) > 0)
        continue;
    close(ends[0]);
    waitpid(pid, &status, 0);
    reason[len] = '\0';
    reason[strcspn(reason, "\n")] = '\0';
    if (len == 0 && WIFSIGNALED(status))
        snprintf(reason, REASON_BYTES, "ended by signal %d", WTERMSIG(status));
    return !WIFEXITED(status) || WEXITSTATUS(status) != 0;
}

static int mutant_run(size_t index, uint64_t seconds)
{
    const struct mutant_row *row = &rows[index];
    char reason[REASON_BYTES];
    chosen = (enum mutant)index;
    for (unsigned seed = 1; seed <= row->seeds; seed++) {
        if (!seed_fails(row, seed, seconds, reason))
            continue;
        printf("%-30s %-8s seed %3u of %3u: %s\n", row->name, row->world, seed, row->seeds, reason);
        fflush(stdout);
        return 0;
    }
    printf("%-30s %-8s NOT CAUGHT in %u seeds: %s\n", row->name, row->world, row->seeds,
           row->sentence);
    fflush(stdout);
    return 1;
}

int mutants_run(const struct mutants_options *options)
{
    unsigned running = 0;
    unsigned started = 0;
    unsigned missed = 0;
    size_t next = 1;
    fflush(stdout);
    while (next < ARRAY_LENGTH(rows) || running > 0) {
        int status;
        for (; running < options->jobs && next < ARRAY_LENGTH(rows); next++) {
            if (options->names != NULL && strstr(rows[next].name, options->names) == NULL)
                continue;
            pid_t pid = fork();
            if (pid == 0)
                _exit(mutant_run(next, options->seconds));
            if (pid < 0)
                return 71;
            running++;
            started++;
        }
        if (running == 0)
            break;
        wait(&status);
        running--;
        missed += !WIFEXITED(status) || WEXITSTATUS(status) != 0;
    }
    printf("%u passed, %u failed\n", started - missed, missed);
    return missed == 0 ? 0 : 1;
}
