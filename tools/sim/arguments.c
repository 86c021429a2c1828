/* Options and their errors, each in one sentence; see the header. */
#include "tools/sim/arguments.h"

#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/util.h"
#include "tools/sim/fleet.h"
#include "tools/sim/mutants.h"
#include "tools/sim/worlds.h"

#define EXIT_USAGE 64
#define SECONDS_MAX 100000
#define HOURS_MAX 10000
#define SEEDS_DEFAULT 100
#define SECONDS_DEFAULT 10

enum option_id {
    OPTION_SEED = 256,
    OPTION_SEEDS,
    OPTION_FIRST,
    OPTION_JOBS,
    OPTION_SECONDS,
    OPTION_HOURS,
    OPTION_TRACE,
    OPTION_MINIMISE,
    OPTION_NO_MINIMISE,
    OPTION_WITHOUT,
    OPTION_SKIP,
    OPTION_IDLE,
    OPTION_PARTITIONS,
    OPTION_FIND,
    OPTION_OUT,
    OPTION_WORLD,
    OPTION_MUTANT,
    OPTION_MUTANTS,
    OPTION_LIST,
    OPTION_HELP,
};

static const struct option option_rows[] = {
    {"seed", required_argument, NULL, OPTION_SEED},
    {"seeds", required_argument, NULL, OPTION_SEEDS},
    {"first", required_argument, NULL, OPTION_FIRST},
    {"jobs", required_argument, NULL, OPTION_JOBS},
    {"seconds", required_argument, NULL, OPTION_SECONDS},
    {"hours", required_argument, NULL, OPTION_HOURS},
    {"trace", no_argument, NULL, OPTION_TRACE},
    {"minimise", no_argument, NULL, OPTION_MINIMISE},
    {"no-minimise", no_argument, NULL, OPTION_NO_MINIMISE},
    {"without", required_argument, NULL, OPTION_WITHOUT},
    {"skip", required_argument, NULL, OPTION_SKIP},
    {"idle", required_argument, NULL, OPTION_IDLE},
    {"partitions", required_argument, NULL, OPTION_PARTITIONS},
    {"find", required_argument, NULL, OPTION_FIND},
    {"out", required_argument, NULL, OPTION_OUT},
    {"world", required_argument, NULL, OPTION_WORLD},
    {"mutant", required_argument, NULL, OPTION_MUTANT},
    {"mutants", no_argument, NULL, OPTION_MUTANTS},
    {"list", no_argument, NULL, OPTION_LIST},
    {"help", no_argument, NULL, OPTION_HELP},
    {NULL, 0, NULL, 0},
};

static const char help[] =
    "odradek-sim runs the whole broker in a simulated world. A seed decides everything: how large\n"
    "the broker is, which troubles it has, what happens to it when. Same seed, same run.\n"
    "\n"
    "many seeds:\n"
    "  --seeds N         so many (100)\n"
    "  --first S         from this one on (1)\n"
    "  --hours H         fresh seeds from the clock on, for so long or until one fails\n"
    "  --jobs J          processes at a time (one per core)\n"
    "  --out DIRECTORY   where the trace of a failure goes (.)\n"
    "  --no-minimise     do not look for a smaller run that fails in the same way\n"
    "one seed:\n"
    "  --seed S          this one alone\n"
    "  --trace           every event and the broker's log, to standard error\n"
    "  --minimise        if it fails, look for a smaller run, and write its trace\n"
    "both:\n"
    "  --seconds T       simulated work under trouble; settling comes on top (10)\n"
    "  --without KIND,.. leave out kinds of trouble, or \"all\"; --list tells which there are\n"
    "  --skip N,..       leave out events of the plan, by number\n"
    "  --idle N,..       leave out kinds of clients, by number\n"
    "  --partitions N    instead of what the seed decides\n"
    "  --find STATE      fail when a state of the broker is reached, to see how; as --list names\n"
    "                    it\n"
    "  --world NAME      a world in which one thing goes wrong all the time, in place of the plan\n"
    "  --mutant NAME     with this rule broken on purpose\n"
    "  --list            kinds of trouble, states of the broker, worlds and mutants\n"
    "instead:\n"
    "  --mutants [NAME]  each mutant, or those whose name begins so, must be caught\n"
    "docs/simulator.md tells how to read what comes out.\n";

__attribute__((format(printf, 1, 2))) static bool refuse(const char *format, ...)
{
    va_list arguments;
    fprintf(stderr, "odradek-sim: ");
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; --help lists the options\n");
    return false;
}

static void list_names(void)
{
    printf("kinds of trouble:\n");
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++)
        printf("  %-16s %s\n", plan_kind_name((enum plan_kind)i),
               plan_kind_text((enum plan_kind)i));
    printf("states of the broker:\n");
    for (unsigned i = 0; i < STATE_COUNT; i++)
        printf("  %s\n", state_text((enum state)i));
    printf("worlds:\n");
    sim_worlds_list();
    printf("mutants, each with its world and the seeds that catch it:\n");
    mutants_list();
}

static bool parse_number(const char *name, const char *text, uint64_t low, uint64_t high,
                         uint64_t *number)
{
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    if (errno != 0 || end == text || *end != '\0' || *text == '-' || *number < low ||
        *number > high)
        return refuse("--%s %s: it takes a number from %llu to %llu", name, text,
                      (unsigned long long)low, (unsigned long long)high);
    return true;
}

/* Numbers below `count`, as bits. */
static bool parse_bits(const char *name, const char *text, unsigned count, uint64_t *bits)
{
    char copy[256];
    char *rest = copy;
    uint64_t number;
    if ((size_t)snprintf(copy, sizeof copy, "%s", text) >= sizeof copy)
        return refuse("--%s: that is too long", name);
    for (const char *item; (item = strsep(&rest, ",")) != NULL;) {
        if (!parse_number(name, item, 0, count - 1, &number))
            return false;
        *bits |= (uint64_t)1 << number;
    }
    return true;
}

static bool parse_kinds(const char *text, uint64_t *bits)
{
    enum plan_kind kind;
    if (strcmp(text, "all") == 0) {
        *bits = ((uint64_t)1 << PLAN_KIND_COUNT) - 1;
        return true;
    }
    for (const char *at = text; at != NULL;) {
        size_t len = strcspn(at, ",");
        if (!plan_kind_parse((struct bytes){(const uint8_t *)at, len}, &kind))
            return refuse("--without %.*s: there is no such kind of trouble (--list)", (int)len,
                          at);
        *bits |= (uint64_t)1 << kind;
        at = at[len] == ',' ? at + len + 1 : NULL;
    }
    return true;
}

static bool parse_state(const char *text, int *state)
{
    for (*state = 0; *state < STATE_COUNT; (*state)++)
        if (strcmp(state_text((enum state) * state), text) == 0)
            return true;
    return refuse("--find %s: there is no such state (--list)", text);
}

static bool parse_hours(const char *text, double *hours)
{
    char *end;
    *hours = strtod(text, &end);
    if (end == text || *end != '\0' || !(*hours > 0 && *hours <= HOURS_MAX))
        return refuse("--hours %s: it takes a number above 0, up to %d", text, HOURS_MAX);
    return true;
}

static bool take_cuts(struct plan_cuts *cuts, int option)
{
    uint64_t number = 0;
    bool taken = false;
    if (option == OPTION_WITHOUT) {
        taken = parse_kinds(optarg, &cuts->kinds);
    } else if (option == OPTION_SKIP) {
        taken = parse_bits("skip", optarg, 64, &cuts->events);
    } else if (option == OPTION_IDLE) {
        taken = parse_bits("idle", optarg, WORKLOAD_KINDS, &number);
        cuts->clients |= (uint32_t)number;
    } else {
        taken = parse_number("partitions", optarg, 1, 64, &number);
        cuts->partitions = (uint32_t)number;
    }
    return taken;
}

static bool take_number(struct arguments *a, int option)
{
    uint64_t number = 0;
    bool taken = false;
    if (option == OPTION_SEED || option == OPTION_FIRST) {
        taken = parse_number(option == OPTION_SEED ? "seed" : "first", optarg, 0, UINT64_MAX,
                             &a->seed.seed);
        a->one = a->one || option == OPTION_SEED;
    } else if (option == OPTION_SEEDS) {
        taken = parse_number("seeds", optarg, 1, UINT64_MAX, &a->count);
    } else if (option == OPTION_JOBS) {
        taken = parse_number("jobs", optarg, 1, FLEET_JOBS_MAX, &number);
        a->jobs = (unsigned)number;
    } else {
        taken = parse_number("seconds", optarg, 1, SECONDS_MAX, &number);
        a->seed.seconds = (uint32_t)number;
    }
    return taken;
}

static bool take(struct arguments *a, int option)
{
    switch (option) {
    case OPTION_TRACE:
        a->trace = true;
        return true;
    case OPTION_MINIMISE:
    case OPTION_NO_MINIMISE:
        a->minimise = option == OPTION_MINIMISE;
        return true;
    case OPTION_HOURS:
        a->count = UINT64_MAX;
        return parse_hours(optarg, &a->hours);
    case OPTION_FIND:
        return parse_state(optarg, &a->seed.find);
    case OPTION_OUT:
        a->directory = optarg;
        return true;
    case OPTION_WORLD:
        a->seed.world = sim_world_find(optarg);
        return a->seed.world != NULL ||
               refuse("--world %s: there is no such world (--list)", optarg);
    case OPTION_MUTANT:
        return mutant_choose(optarg) ||
               refuse("--mutant %s: there is no such mutant (--list)", optarg);
    case OPTION_MUTANTS:
        a->mutants = true;
        return true;
    case OPTION_WITHOUT:
    case OPTION_SKIP:
    case OPTION_IDLE:
    case OPTION_PARTITIONS:
        return take_cuts(&a->seed.cuts, option);
    default:
        return take_number(a, option);
    }
}

/* What fits together; and what was left open. */
static bool complete(struct arguments *a, bool begins, bool minimise)
{
    if (a->one && (a->count != 0 || a->hours > 0))
        return refuse("--seed is one seed: --seeds and --hours are for many");
    if (a->trace && !a->one)
        return refuse("--trace needs --seed");
    if (a->count == 0)
        a->count = SEEDS_DEFAULT;
    if (a->hours > 0 && !begins)
        a->seed.seed = (uint64_t)time(NULL) * 1000;
    if (!begins && !a->one && a->hours == 0)
        a->seed.seed = 1;
    if (!minimise)
        a->minimise = !a->one;
    return true;
}

bool arguments_parse(int argc, char **argv, struct arguments *arguments, int *code)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    bool begins = false;
    bool minimise = false;
    int option;
    *arguments = (struct arguments){
        .seed = {.seconds = SECONDS_DEFAULT, .find = -1},
        .jobs = (unsigned)MIN(MAX(cores, 1), FLEET_JOBS_MAX),
        .directory = ".",
    };
    *code = EXIT_USAGE;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":", option_rows, NULL)) != -1) {
        if (option == '?' || option == ':')
            return refuse(option == ':' ? "%s needs a value" : "%s is no option", argv[optind - 1]);
        if (option == OPTION_HELP || option == OPTION_LIST) {
            option == OPTION_HELP ? (void)fputs(help, stdout) : list_names();
            *code = 0;
            return false;
        }
        begins = begins || option == OPTION_FIRST;
        minimise = minimise || option == OPTION_MINIMISE || option == OPTION_NO_MINIMISE;
        if (!take(arguments, option))
            return false;
    }
    if (arguments->mutants && optind < argc)
        arguments->only = argv[optind++];
    if (optind < argc)
        return refuse("%s is no option", argv[optind]);
    return complete(arguments, begins, minimise);
}
