/*
 * Jobs: each runs on a simulated thread, as many at once as the io has disk threads. Any that waits
 * may be the next, but for the lanes: one of a lane at a time, in order.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/internal.h"

struct sim_job {
    struct list node; /* in sim_core.jobs, by age */
    struct timer timer;
    struct sim_core *core; /* null once its host has ended */
    struct file_system *fs;
    struct io_op *op;
    unsigned lane;
    bool running;
    io_job_fn *run;
    void *context;
};

static void jobs_start(struct sim_core *core);

static void job_main(void *context)
{
    struct sim_job *job = context;
    int value = job->run(job->fs, job->context);
    struct sim_core *core = job->core;
    if (core != NULL) {
        sim_note(core->host->sim, core->host, "job %u = %d", job->lane, value);
        list_remove(&job->node);
        core->jobs_running--;
        sim_core_ready(core, job->op, value);
        jobs_start(core);
    }
    mem_free(job);
}

static void job_expired(struct timer *timer)
{
    struct sim_job *job = CONTAINER_OF(timer, struct sim_job, timer);
    sim_thread_begin(job->core->host, job_main, job)->detached = true;
}

static bool lane_is_busy(const struct sim_core *core, const struct sim_job *job)
{
    if (job->lane == 0)
        return false;
    for (struct list *node = job->node.prev; node != &core->jobs; node = node->prev)
        if (LIST_ENTRY(node, struct sim_job, node)->lane == job->lane)
            return true;
    return false;
}

/* One that may start, by seed; null when there is none. */
static struct sim_job *job_choose(struct sim_core *core)
{
    struct sim_job *chosen = NULL;
    uint64_t seen = 0;
    LIST_EACH(node, &core->jobs) {
        struct sim_job *job = LIST_ENTRY(node, struct sim_job, node);
        if (job->running || lane_is_busy(core, job))
            continue;
        if (prng_below(&core->host->sim->prng, ++seen) == 0)
            chosen = job;
    }
    return chosen;
}

static void jobs_start(struct sim_core *core)
{
    struct sim *sim = core->host->sim;
    while (core->jobs_running < core->disk_threads) {
        struct sim_job *job = job_choose(core);
        if (job == NULL)
            return;
        job->running = true;
        core->jobs_running++;
        heap_set(&sim->events, &job->timer, sim->now_ns + sim_pick(sim, sim->options.job_ns));
    }
}

void sim_core_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *run, void *context)
{
    struct sim_core *core = core_of(io);
    if (!sim_core_alive(core))
        return;
    struct sim_job *job = mem_alloc(sizeof *job);
    job->core = core;
    job->fs = io->files;
    job->op = op;
    job->lane = lane;
    job->run = run;
    job->context = context;
    timer_init(&job->timer, job_expired);
    list_push_back(&core->jobs, &job->node);
    jobs_start(core);
}

void sim_jobs_end(struct sim_core *core)
{
    while (!list_empty(&core->jobs)) {
        struct sim_job *job = LIST_FIRST(&core->jobs, struct sim_job, node);
        bool begun = job->running && !timer_armed(&job->timer);
        heap_cancel(&core->host->sim->events, &job->timer);
        list_remove(&job->node);
        job->core = NULL;
        if (!begun)
            mem_free(job);
    }
}
