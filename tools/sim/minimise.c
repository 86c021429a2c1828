/*
 * Greedy, in passes until one changes nothing: shorter, then without each kind of trouble, each
 * event, each producer, and with fewer partitions. The time comes first, since every later try
 * costs what is left of it.
 *
 * A smaller run is another run: time flows differently from the first thing that is missing. So
 * the failure may hide although its cause is still there; then that thing stays.
 */
#include "tools/sim/minimise.h"

#include <string.h>

#include "base/util.h"

struct search {
    struct fleet_end *best;
    char verdict[FLEET_VERDICT_BYTES];
    unsigned runs;
    unsigned runs_max;
};

/* True when the run with these cuts fails in the same way: it is the best then. */
static bool attempt(struct search *s, const struct plan_cuts *cuts)
{
    struct fleet_end end;
    char verdict[FLEET_VERDICT_BYTES];
    if (s->runs == s->runs_max)
        return false;
    struct seed_options options = s->best->options;
    options.cuts = *cuts;
    s->runs++;
    fleet_run_one(&options, true, &end);
    if (!fleet_broke(&end))
        return false;
    fleet_verdict(&end, true, verdict);
    if (strcmp(verdict, s->verdict) != 0)
        return false;
    *s->best = end;
    return true;
}

static bool shorten(struct search *s)
{
    uint32_t most = s->best->options.cuts.seconds;
    if (most == 0)
        most = s->best->options.seconds;
    for (uint32_t seconds = 1; seconds < most; seconds *= 2) {
        struct plan_cuts cuts = s->best->options.cuts;
        cuts.seconds = seconds;
        if (attempt(s, &cuts))
            return true;
    }
    return false;
}

/* The plan of the best so far: what is not in it need not be taken away. */
static void plan_now(const struct search *s, struct plan *plan)
{
    const struct seed_options *options = &s->best->options;
    plan_make(plan, options->seed, options->seconds, &options->cuts);
}

static bool drop_kinds(struct search *s)
{
    struct plan plan;
    bool changed = false;
    plan_now(s, &plan);
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++) {
        struct plan_cuts cuts = s->best->options.cuts;
        cuts.kinds |= (uint64_t)1 << i;
        if (plan_has(&plan, (enum plan_kind)i))
            changed = attempt(s, &cuts) || changed;
    }
    return changed;
}

static bool drop_events(struct search *s)
{
    struct plan plan;
    bool changed = false;
    plan_now(s, &plan);
    for (uint32_t i = 0; i < MIN(plan.event_count, 64U); i++) {
        struct plan_cuts cuts = s->best->options.cuts;
        cuts.events |= (uint64_t)1 << i;
        if (!plan.events[i].nothing)
            changed = attempt(s, &cuts) || changed;
    }
    return changed;
}

static bool drop_producers(struct search *s)
{
    bool changed = false;
    for (uint32_t i = 0; i < WORKLOAD_PRODUCERS; i++) {
        struct plan_cuts cuts = s->best->options.cuts;
        cuts.producers |= (uint32_t)1 << i;
        if (cuts.producers != s->best->options.cuts.producers)
            changed = attempt(s, &cuts) || changed;
    }
    return changed;
}

static bool drop_partitions(struct search *s)
{
    struct plan_cuts cuts = s->best->options.cuts;
    if (cuts.partitions == 1)
        return false;
    cuts.partitions = 1;
    return attempt(s, &cuts);
}

unsigned minimise(struct fleet_end *end, unsigned runs_max)
{
    struct search s = {.best = end, .runs_max = runs_max};
    struct plan_cuts cuts = end->options.cuts;
    fleet_verdict(end, true, s.verdict);
    if (!attempt(&s, &cuts))
        return 0;
    bool changed = true;
    while (changed && s.runs < s.runs_max) {
        changed = shorten(&s);
        changed = drop_kinds(&s) || changed;
        changed = drop_events(&s) || changed;
        changed = drop_producers(&s) || changed;
        changed = drop_partitions(&s) || changed;
    }
    return s.runs;
}

/* " --option 1,4", or nothing without bits. */
static size_t put_bits(char *text, size_t size, const char *option, uint64_t bits)
{
    size_t len = 0;
    for (unsigned i = 0; i < 64 && len < size; i++)
        if ((bits >> i & 1) != 0)
            len += (size_t)snprintf(text + len, size - len, "%s%u", len == 0 ? option : ",", i);
    return len;
}

void minimise_command(const struct seed_options *options, char *text, size_t size)
{
    const struct plan_cuts *cuts = &options->cuts;
    size_t len = (size_t)snprintf(text, size, "odradek-sim --seed %llu --seconds %u",
                                  (unsigned long long)options->seed,
                                  cuts->seconds != 0 ? cuts->seconds : options->seconds);
    const char *before = " --without ";
    for (unsigned i = 0; i < PLAN_KIND_COUNT && len < size; i++) {
        if ((cuts->kinds >> i & 1) == 0)
            continue;
        len += (size_t)snprintf(text + len, size - len, "%s%s", before,
                                plan_kind_name((enum plan_kind)i));
        before = ",";
    }
    len += put_bits(text + len, size - len, " --skip ", cuts->events);
    len += put_bits(text + len, size - len, " --idle ", cuts->producers);
    if (cuts->partitions != 0 && len < size)
        len += (size_t)snprintf(text + len, size - len, " --partitions %u", cuts->partitions);
    if (options->find >= 0 && len < size)
        snprintf(text + len, size - len, " --find '%s'", state_text((enum state)options->find));
}
