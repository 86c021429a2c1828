/* The world's clock and loop, its hosts, and their ends. */
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

#define WALL_MS_DEFAULT 1700000000000

void sim_options_init(struct sim_options *options, uint64_t seed)
{
    *options = (struct sim_options){
        .seed = seed,
        .wall_ms = WALL_MS_DEFAULT,
        .poll_ns = {200, 2000},
        .wake_ns = {1000, 20000},
        .job_ns = {1000, 50000},
        .disk =
            {
                .capacity_bytes = (uint64_t)1 << 40,
                .descriptors_max = 1024,
                .read_ns = {20 * NS_PER_US, 200 * NS_PER_US},
                .write_ns = {10 * NS_PER_US, 100 * NS_PER_US},
                .sync_ns = {50 * NS_PER_US, 500 * NS_PER_US},
                .entry_ns = {5 * NS_PER_US, 50 * NS_PER_US},
                .stall_ns = {NS_PER_S, 5 * NS_PER_S},
                .reorder_ns = {100 * NS_PER_US, 5 * NS_PER_MS},
            },
        .net =
            {
                .delay_ns = {20 * NS_PER_US, 200 * NS_PER_US},
                .buffer_bytes = 256 * 1024,
            },
    };
}

struct sim *sim_new(const struct sim_options *options)
{
    struct sim *sim = mem_alloc(sizeof *sim);
    sim->options = *options;
    prng_init(&sim->prng, options->seed);
    /* io_now is never 0. */
    sim->now_ns = NS_PER_S;
    heap_init(&sim->events, 64);
    list_init(&sim->runnable);
    list_init(&sim->threads);
    list_init(&sim->idle);
    return sim;
}

static void host_free(struct sim_host *host)
{
    ASSERT(list_empty(&host->threads) && list_empty(&host->requests));
    ASSERT(list_empty(&host->cores) && list_empty(&host->sockets));
    disk_tree_fini(&host->tree);
    sim_maps_free(host);
    mem_free(host->handles);
    mem_free(host);
}

void sim_free(struct sim *sim)
{
    ASSERT(sim->running == NULL);
    for (uint32_t i = 0; i < sim->host_count; i++)
        sim_host_kill(sim->hosts[i]);
    sim_threads_fini(sim);
    for (uint32_t i = 0; i < sim->host_count; i++)
        host_free(sim->hosts[i]);
    heap_fini(&sim->events);
    mem_free(sim);
}

uint64_t sim_now(const struct sim *sim)
{
    return sim->now_ns;
}

/* Chance. */

uint64_t sim_random(struct sim *sim)
{
    return prng_next(&sim->prng);
}

uint64_t sim_pick(struct sim *sim, struct sim_range range)
{
    ASSERT(range.min <= range.max);
    if (range.min == range.max)
        return range.min;
    return range.min + prng_below(&sim->prng, range.max - range.min + 1);
}

bool sim_chance(struct sim *sim, uint32_t rate)
{
    /* A fault that is off takes nothing from the stream: the others stay where they are. */
    return rate > 0 && prng_below(&sim->prng, SIM_ALWAYS) < rate;
}

bool sim_strikes(struct sim *sim, uint32_t rate, enum sim_strike strike)
{
    bool strikes = sim_chance(sim, rate);
    sim->strikes[strike] += strikes;
    return strikes;
}

const char *sim_strike_text(enum sim_strike strike)
{
    static const char *const texts[] = {
#define STRIKE_TEXT(name, text) text,
        SIM_STRIKES(STRIKE_TEXT)
#undef STRIKE_TEXT
    };
    ASSERT(strike < SIM_STRIKE_COUNT);
    return texts[strike];
}

uint64_t sim_struck(const struct sim *sim, enum sim_strike strike)
{
    ASSERT(strike < SIM_STRIKE_COUNT);
    return sim->strikes[strike];
}

/* Waiting. */

static void waiter_expired(struct timer *timer)
{
    struct sim_waiter *waiter = CONTAINER_OF(timer, struct sim_waiter, timer);
    waiter->expired = true;
    if (waiter->thread != NULL)
        sim_thread_queue(waiter->thread);
}

void sim_waiter_init(struct sim_waiter *waiter, struct sim *sim)
{
    *waiter = (struct sim_waiter){.sim = sim};
    timer_init(&waiter->timer, waiter_expired);
}

void sim_notify(struct sim_waiter *waiter)
{
    waiter->ready = true;
    if (waiter->thread != NULL)
        sim_thread_queue(waiter->thread);
}

bool sim_turn(struct sim *sim)
{
    ASSERT(sim->running == NULL);
    if (sim->reap)
        sim_threads_reap(sim);
    if (sim->runnable_count > 0) {
        uint64_t skip = prng_below(&sim->prng, sim->runnable_count);
        struct list *node = sim->runnable.next;
        while (skip-- > 0)
            node = node->next;
        sim_thread_enter(LIST_ENTRY(node, struct sim_thread, node));
        return true;
    }
    uint64_t next_ns = heap_next(&sim->events);
    if (next_ns == UINT64_MAX)
        return false;
    sim->now_ns = MAX(sim->now_ns, next_ns);
    heap_run(&sim->events, sim->now_ns);
    return true;
}

static void wait_outside(struct sim_waiter *waiter)
{
    while (!waiter->ready && !waiter->expired) {
        bool moved = sim_turn(waiter->sim);
        /* Somebody waits for good, for what will never come: a lost wake, most likely. */
        ASSERT(moved);
    }
}

/*
 * Time passes for the running thread without a switch away from it, when nothing would come in
 * between: what follows is what the world's loop would have done, to the number it would have
 * drawn. Not while somebody looks at the world between two turns.
 */
static bool wait_alone(struct sim *sim, uint64_t deadline_ns)
{
    if (sim->running == NULL || sim->watched || sim->runnable_count > 0 || sim->reap ||
        deadline_ns >= heap_next(&sim->events) || !sim_thread_alive(sim->running))
        return false;
    uint64_t skip = prng_below(&sim->prng, 1);
    ASSERT(skip == 0);
    sim->now_ns = MAX(sim->now_ns, deadline_ns);
    return true;
}

bool sim_wait(struct sim_waiter *waiter, uint64_t deadline_ns)
{
    struct sim *sim = waiter->sim;
    ASSERT(waiter->thread == NULL);
    if (!waiter->ready && wait_alone(sim, deadline_ns)) {
        waiter->expired = true;
        return false;
    }
    waiter->expired = false;
    if (deadline_ns != IO_NEVER)
        heap_set(&sim->events, &waiter->timer, MAX(deadline_ns, sim->now_ns));
    if (sim->running == NULL) {
        wait_outside(waiter);
    } else {
        struct sim_thread *thread = sim->running;
        waiter->thread = thread;
        /* Counts the waits of a dead one, and returns at once. */
        if (!waiter->ready)
            sim_thread_suspend(thread);
        while (!waiter->ready && !waiter->expired && sim_thread_alive(thread))
            sim_thread_suspend(thread);
        waiter->thread = NULL;
    }
    heap_cancel(&sim->events, &waiter->timer);
    return waiter->ready;
}

void sim_pause(struct sim *sim, uint64_t ns)
{
    struct sim_waiter waiter;
    sim_waiter_init(&waiter, sim);
    sim_wait(&waiter, sim->now_ns + ns);
}

void sim_run(struct sim *sim, uint64_t ns)
{
    sim_pause(sim, ns);
}

bool sim_run_until(struct sim *sim, bool (*is_true)(void *context), void *context, uint64_t ns)
{
    uint64_t end_ns = sim->now_ns + ns;
    ASSERT(sim->running == NULL && !sim->watched);
    sim->watched = true;
    bool done = is_true(context);
    bool over = false;
    while (!done && !over) {
        over = sim->runnable_count == 0 && heap_next(&sim->events) > end_ns;
        if (over)
            sim->now_ns = end_ns;
        else
            sim_turn(sim);
        done = is_true(context);
    }
    sim->watched = false;
    return done;
}

/* Hosts. */

struct sim_host *sim_host_new(struct sim *sim, const char *name)
{
    ASSERT(sim->host_count < SIM_HOSTS_MAX);
    struct sim_host *host = mem_alloc(sizeof *host);
    host->sim = sim;
    host->files.operations = sim_file_operations();
    host->number = sim->host_count;
    host->disk = sim->options.disk;
    host->up = true;
    int len = snprintf(host->name, sizeof host->name, "%s", name);
    ASSERT(len > 0 && (size_t)len < sizeof host->name);
    list_init(&host->cores);
    list_init(&host->threads);
    list_init(&host->sockets);
    list_init(&host->requests);
    list_init(&host->maps);
    disk_tree_init(&host->tree);
    sim->hosts[sim->host_count++] = host;
    return host;
}

struct sim *sim_host_world(const struct sim_host *host)
{
    return host->sim;
}

const char *sim_host_name(const struct sim_host *host)
{
    return host->name;
}

struct file_system *sim_host_files(struct sim_host *host)
{
    return &host->files;
}

bool sim_host_up(const struct sim_host *host)
{
    return host->up;
}

uint32_t sim_host_descriptors(const struct sim_host *host)
{
    return host->handles_used;
}

void sim_host_shift_wall(struct sim_host *host, int64_t ms)
{
    host->wall_shift_ms += ms;
}

bool sim_caller_alive(const struct sim_host *host)
{
    const struct sim_thread *running = host->sim->running;
    return host->up && (running == NULL || running->host != host || sim_thread_alive(running));
}

static void host_end(struct sim_host *host, bool power_loss)
{
    if (!host->up)
        return;
    sim_note(host->sim, host, power_loss ? "crash" : "kill");
    host->sim->strikes[power_loss ? SIM_STRIKE_CRASH : SIM_STRIKE_KILL]++;
    host->up = false;
    sim_requests_end(host, power_loss);
    sim_net_end(host, power_loss);
    sim_cores_end(host);
    sim_handles_end(host);
    /* No failure was planned for the next life. */
    host->failure = (struct sim_failure){0};
    LIST_EACH(node, &host->threads)
        sim_thread_queue(LIST_ENTRY(node, struct sim_thread, host_node));
    host->sim->reap = true;
    if (host->sim->running == NULL)
        sim_threads_reap(host->sim);
}

void sim_host_crash(struct sim_host *host)
{
    bool was_up = host->up;
    host_end(host, true);
    /* A machine that is off may lose its power as well: what a kill left in the cache. */
    if (!was_up)
        sim_note(host->sim, host, "crash");
    disk_tree_crash(&host->tree, &host->sim->prng);
}

void sim_host_kill(struct sim_host *host)
{
    host_end(host, false);
}

void sim_host_start(struct sim_host *host)
{
    ASSERT(!host->up);
    sim_note(host->sim, host, "start");
    host->up = true;
    host->stop_asked = false;
    host->life++;
    host->device_free_ns = 0;
    /* What was sent to the machine while it was off is answered now. */
    LIST_EACH(node, &host->sockets)
        sim_stream_kick(LIST_ENTRY(node, struct sim_socket, host_node));
}
