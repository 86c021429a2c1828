/*
 * Mutants, and the proof that each is caught.
 *
 * A seed runs in a process of its own (fleet.h), since a mutant may well end it: an assertion that
 * fails is as good a catch as a promise that is broken.
 */
#include "tools/sim/mutants.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mutant.h"
#include "base/util.h"
#include "tools/sim/fleet.h"
#include "tools/sim/worlds.h"

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

/* How much of `given` the name begins with. */
static size_t name_matches(const char *name, const char *given)
{
    size_t len = 0;
    while (given[len] != '\0' && (name[len] == toupper((unsigned char)given[len]) ||
                                  (name[len] == '_' && given[len] == '-')))
        len++;
    return len;
}

bool mutant_choose(const char *name)
{
    for (size_t i = 1; i < ARRAY_LENGTH(rows); i++) {
        size_t len = name_matches(rows[i].name, name);
        if (name[len] != '\0' || rows[i].name[len] != '\0')
            continue;
        chosen = (enum mutant)i;
        return true;
    }
    return false;
}

void mutants_list(void)
{
    for (size_t i = 1; i < ARRAY_LENGTH(rows); i++)
        printf("  %-26s %-8s %3u  %s\n", rows[i].name, rows[i].world, rows[i].seeds,
               rows[i].sentence);
}

static int mutant_run(enum mutant mutant, struct seed_options seed)
{
    const struct mutant_row *row = &rows[mutant];
    char verdict[FLEET_VERDICT_BYTES];
    struct fleet_end end;
    chosen = mutant;
    seed.world = sim_world_find(row->world);
    for (seed.seed = 1; seed.seed <= row->seeds; seed.seed++) {
        fleet_run_one(&seed, true, &end);
        if (!fleet_broke(&end))
            continue;
        fleet_verdict(&end, false, verdict);
        printf("%-26s %-8s seed %3u of %3u: %s\n", row->name, row->world, (unsigned)seed.seed,
               row->seeds, verdict);
        fflush(stdout);
        return 0;
    }
    printf("%-26s %-8s NOT CAUGHT in %u seeds: %s\n", row->name, row->world, row->seeds,
           row->sentence);
    fflush(stdout);
    return 1;
}

int mutants_run(const struct seed_options *seed, const char *only, unsigned jobs)
{
    unsigned running = 0;
    unsigned started = 0;
    unsigned missed = 0;
    int status;
    fflush(stdout);
    for (size_t next = 1; next < ARRAY_LENGTH(rows) || running > 0;) {
        for (; running < jobs && next < ARRAY_LENGTH(rows); next++) {
            if (only != NULL && only[name_matches(rows[next].name, only)] != '\0')
                continue;
            pid_t pid = fork();
            if (pid == 0)
                _exit(mutant_run((enum mutant)next, *seed));
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
    return missed == 0 && started > 0 ? 0 : 1;
}
