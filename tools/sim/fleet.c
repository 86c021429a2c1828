/*
 * The processes of seeds; see the header. Each runs some seeds, one after the other, with the same
 * memory, and tells of each in one write to a pipe. One that ends takes the seed with it that it
 * was at; the rest of its share goes to a new one.
 */
#include "tools/sim/fleet.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/heap.h"

/* A seed that takes so long in real time has lost itself. */
#define REAL_S_MAX 300
/* What libraries leave behind does not come back: no process lives for ever. */
#define SHARE_MAX 128
#define PROGRESS_TERMINAL_NS (NS_PER_S / 2)
#define PROGRESS_LINE_NS (60 * NS_PER_S)

_Static_assert(sizeof(struct seed_result) <= PIPE_BUF, "one write");

struct child {
    pid_t pid; /* 0: none */
    int pipe;
    struct seed_options options; /* of the seed it is at */
    uint64_t left;               /* of its seeds, that one included */
    bool told_broken;            /* the last one, and so it ends */
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

static _Noreturn void give_up(const char *what)
{
    fprintf(stderr, "odradek-sim: %s: %s\n", what, strerror(errno));
    exit(71);
}

static void seed_tell_end(const struct seed_options *options, int out)
{
    struct seed_result result;
    alarm(REAL_S_MAX);
    bool kept = seed_run(options, &result);
    if (options->trace != NULL)
        fflush(options->trace);
    ssize_t written = write(out, &result, sizeof result);
    /* What a broken one leaves is not trusted. */
    if (!kept || written != (ssize_t)sizeof result)
        _exit(1);
}

static _Noreturn void child_main(struct seed_options options, uint64_t count, bool quiet, int out)
{
    int silence = quiet ? open("/dev/null", O_WRONLY | O_CLOEXEC) : -1;
    if (silence >= 0)
        dup2(silence, STDERR_FILENO);
    /* The broker inside blocks the signals that would end it. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    heap_mark();
    for (uint64_t i = 0; i < count; i++, options.seed++) {
        if (i > 0)
            heap_reset();
        seed_tell_end(&options, out);
    }
    _exit(0);
}

/* `count` seeds from that of the options on. */
static void child_start(struct child *child, const struct seed_options *options, uint64_t count,
                        bool quiet)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        give_up("cannot make a pipe");
    fflush(stdout);
    pid_t pid = fork();
    if (pid == 0)
        child_main(*options, count, quiet, ends[1]);
    if (pid < 0)
        give_up("cannot fork");
    close(ends[1]);
    *child = (struct child){.pid = pid, .pipe = ends[0], .options = *options, .left = count};
}

/* The next seed has ended well enough to tell; false: no more comes from this process. */
static bool child_told(struct child *child, struct fleet_end *end)
{
    ssize_t len;
    *end = (struct fleet_end){.options = child->options};
    do {
        len = read(child->pipe, &end->result, sizeof end->result);
    } while (len < 0 && errno == EINTR);
    if (len != (ssize_t)sizeof end->result)
        return false;
    end->told = true;
    child->told_broken = fleet_broke(end);
    child->options.seed++;
    child->left--;
    return true;
}

/* The process has ended; true when it took a seed with it, whose end this is. */
static bool child_ended(struct child *child, struct fleet_end *end, uint64_t *cpu_ns)
{
    struct rusage usage;
    int status;
    while (wait4(child->pid, &status, 0, &usage) < 0)
        if (errno != EINTR)
            give_up("cannot wait");
    *cpu_ns = (uint64_t)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * NS_PER_S +
              (uint64_t)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * NS_PER_US;
    close(child->pipe);
    child->pid = 0;
    if (child->left == 0 || child->told_broken)
        return false;
    *end = (struct fleet_end){.options = child->options,
                              .signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0};
    child->options.seed++;
    child->left--;
    return true;
}

void fleet_run_one(const struct seed_options *options, bool quiet, struct fleet_end *end)
{
    struct child child;
    struct fleet_end lost;
    uint64_t cpu_ns;
    child_start(&child, options, 1, quiet);
    child_told(&child, end);
    if (child_ended(&child, &lost, &cpu_ns))
        *end = lost;
}

bool fleet_broke(const struct fleet_end *end)
{
    return !end->told || end->signal != 0 || *end->result.workload.violation != '\0';
}

/* Numbers and names with numbers become one '#' each: what is left tells two causes apart. */
static void generalise(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0';) {
        size_t len = strcspn(from, " ");
        bool number = false;
        for (size_t i = 0; i < len; i++)
            number = number || isdigit((unsigned char)from[i]);
        if (number)
            *to++ = '#';
        else
            memmove(to, from, len), to += len;
        from += len;
        if (*from == ' ')
            *to++ = *from++;
    }
    *to = '\0';
}

void fleet_verdict(const struct fleet_end *end, bool general, char verdict[FLEET_VERDICT_BYTES])
{
    if (end->signal == SIGALRM)
        snprintf(verdict, FLEET_VERDICT_BYTES, "it takes more than %d real seconds", REAL_S_MAX);
    else if (end->signal != 0)
        snprintf(verdict, FLEET_VERDICT_BYTES, "it ends by the signal %s",
                 sigabbrev_np(end->signal));
    else if (!end->told)
        snprintf(verdict, FLEET_VERDICT_BYTES, "its process ends without a result");
    else
        snprintf(verdict, FLEET_VERDICT_BYTES, "%s", end->result.workload.violation);
    if (general && end->signal == 0 && end->told)
        generalise(verdict);
}

/* Totals. */

static void totals_add(struct fleet_totals *totals, const struct fleet_end *end)
{
    const struct seed_result *result = &end->result;
    totals->finished++;
    totals->failed += fleet_broke(end);
    if (!end->told)
        return;
    totals->hash ^= result->hash;
    totals->simulated_ns += result->simulated_ns;
    totals->calls += result->workload.calls;
    totals->starts += result->starts;
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++)
        totals->kinds[i] += result->kinds >> i & 1;
    for (unsigned i = 0; i < SIM_STRIKE_COUNT; i++)
        totals->strikes[i] += result->strikes[i];
    for (unsigned i = 0; i < STATE_COUNT; i++)
        totals->states[i] += result->states[i];
}

static double per(double amount, double of)
{
    return of > 0 ? amount / of : 0;
}

static void print_speed(FILE *out, const struct fleet_totals *t)
{
    double simulated_s = (double)t->simulated_ns / (double)NS_PER_S;
    double cpu_s = (double)t->cpu_ns / (double)NS_PER_S;
    fprintf(out,
            "%llu seeds in %.1f s, %.1f a second; %.0f simulated s, %.0f per second of a core, "
            "with %.0f requests each",
            (unsigned long long)t->finished, t->real_s, per((double)t->finished, t->real_s),
            simulated_s, per(simulated_s, cpu_s), per((double)t->calls, simulated_s));
}

static void print_row(const char *text, uint64_t count, bool *any)
{
    if (count > 0)
        printf("%12llu  %s\n", (unsigned long long)count, text);
    else
        *any = true;
}

void fleet_print(const struct fleet_totals *t)
{
    bool never = false;
    print_speed(stdout, t);
    printf("\n\nseeds that had the kind of trouble:\n");
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++)
        print_row(plan_kind_name((enum plan_kind)i), t->kinds[i], &never);
    printf("\nstrikes:\n");
    for (unsigned i = 0; i < SIM_STRIKE_COUNT; i++)
        print_row(sim_strike_text((enum sim_strike)i), t->strikes[i], &never);
    printf("\nstates of the broker that were reached:\n");
    for (unsigned i = 0; i < STATE_COUNT; i++)
        print_row(state_text((enum state)i), t->states[i], &never);
    printf(never ? "\nNEVER in these %llu seeds:\n" : "\n", (unsigned long long)t->finished);
    for (unsigned i = 0; i < PLAN_KIND_COUNT; i++)
        if (t->kinds[i] == 0)
            printf("              kind %s\n", plan_kind_name((enum plan_kind)i));
    for (unsigned i = 0; i < SIM_STRIKE_COUNT; i++)
        if (t->strikes[i] == 0)
            printf("              strike %s\n", sim_strike_text((enum sim_strike)i));
    for (unsigned i = 0; i < STATE_COUNT; i++)
        if (t->states[i] == 0)
            printf("              state %s\n", state_text((enum state)i));
    printf("hash of all %016llx\n", (unsigned long long)t->hash);
    printf("%llu passed, %llu failed\n", (unsigned long long)(t->finished - t->failed),
           (unsigned long long)t->failed);
}

/* The fleet. */

struct fleet {
    const struct fleet_options *options;
    struct fleet_totals *totals;
    fleet_failed_fn *failed;
    void *context;
    uint64_t start_ns;
    uint64_t progress_ns;
    bool terminal;
    uint64_t next;
    unsigned running;
    struct child children[FLEET_JOBS_MAX];
};

static void progress(struct fleet *f, bool at_end)
{
    uint64_t now = now_ns();
    f->totals->real_s = (double)(now - f->start_ns) / (double)NS_PER_S;
    uint64_t pause = f->terminal ? PROGRESS_TERMINAL_NS : PROGRESS_LINE_NS;
    if (at_end && f->terminal)
        fprintf(stderr, "\r\033[K");
    if (at_end || now - f->progress_ns < pause)
        return;
    f->progress_ns = now;
    if (f->terminal)
        fprintf(stderr, "\r\033[K");
    print_speed(stderr, f->totals);
    fprintf(stderr, ", %llu failed%s", (unsigned long long)f->totals->failed,
            f->terminal ? "" : "\n");
    fflush(stderr);
}

static bool may_start(const struct fleet *f)
{
    const struct fleet_options *o = f->options;
    if (f->next == o->count || (o->stop_at_failure && f->totals->failed > 0))
        return false;
    return o->real_s_max == 0 || now_ns() - f->start_ns < o->real_s_max * NS_PER_S;
}

/* Small shares at the end, so that all processes end together. */
static uint64_t share_size(const struct fleet *f)
{
    uint64_t left = f->options->count - f->next;
    if (!heap_returns())
        return 1;
    return MIN(f->options->jobs == 1 ? left : left / (f->options->jobs * 2) + 1,
               (uint64_t)SHARE_MAX);
}

static void fleet_start(struct fleet *f)
{
    for (unsigned i = 0; i < f->options->jobs; i++) {
        if (f->children[i].pid != 0 || !may_start(f))
            continue;
        struct seed_options seed = f->options->seed;
        uint64_t share = share_size(f);
        seed.seed += f->next;
        f->next += share;
        child_start(&f->children[i], &seed, share, false);
        f->running++;
    }
}

static void fleet_take(struct fleet *f, const struct fleet_end *end)
{
    totals_add(f->totals, end);
    if (fleet_broke(end))
        f->failed(f->context, end);
}

/* A process told of a seed, or has ended: then another one goes on with what it left. */
static void fleet_hear(struct fleet *f, struct child *child)
{
    struct fleet_end end;
    uint64_t cpu_ns;
    if (child_told(child, &end)) {
        fleet_take(f, &end);
        return;
    }
    if (child_ended(child, &end, &cpu_ns))
        fleet_take(f, &end);
    f->totals->cpu_ns += cpu_ns;
    if (child->left > 0 && !(f->options->stop_at_failure && f->totals->failed > 0)) {
        struct seed_options rest = child->options;
        child_start(child, &rest, child->left, false);
    } else {
        f->running--;
    }
}

static void fleet_wait(struct fleet *f)
{
    struct pollfd polled[FLEET_JOBS_MAX];
    for (unsigned i = 0; i < f->options->jobs; i++) {
        const struct child *child = &f->children[i];
        polled[i] = (struct pollfd){.fd = child->pid != 0 ? child->pipe : -1, .events = POLLIN};
    }
    if (poll(polled, f->options->jobs, -1) < 0) {
        if (errno != EINTR)
            give_up("cannot wait");
        return;
    }
    for (unsigned i = 0; i < f->options->jobs; i++)
        if (polled[i].revents != 0)
            fleet_hear(f, &f->children[i]);
}

void fleet_run(const struct fleet_options *options, fleet_failed_fn *failed, void *context,
               struct fleet_totals *totals)
{
    struct fleet *f = mem_alloc(sizeof *f);
    *f = (struct fleet){.options = options,
                        .totals = totals,
                        .failed = failed,
                        .context = context,
                        .start_ns = now_ns(),
                        .progress_ns = now_ns(),
                        .terminal = isatty(STDERR_FILENO) == 1};
    ASSERT(options->jobs > 0 && options->jobs <= FLEET_JOBS_MAX);
    *totals = (struct fleet_totals){0};
    fleet_start(f);
    while (f->running > 0) {
        fleet_wait(f);
        progress(f, false);
        fleet_start(f);
    }
    progress(f, true);
    mem_free(f);
}
