/*
 * Simulated threads. A dead thread, one whose host has ended, is not cut off: it never waits any
 * more, every verb tells it that the machine is gone, and so it returns from what it was doing and
 * lets go of its memory. The youngest ends first, before those that may wait for it. One that goes
 * on for ever all the same is left where it stands.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/internal.h"

#define DEAD_WAITS_MAX 100000

bool sim_thread_alive(const struct sim_thread *thread)
{
    return thread->host->up && thread->life == thread->host->life;
}

static void thread_main(void *context)
{
    struct sim_thread *thread = context;
    thread->run(thread->context);
}

static struct sim_thread *thread_new(struct sim *sim)
{
    struct list *node = list_pop_front(&sim->idle);
    if (node != NULL)
        return LIST_ENTRY(node, struct sim_thread, node);
    struct sim_thread *thread = mem_alloc(sizeof *thread);
    list_push_back(&sim->threads, &thread->all_node);
    return thread;
}

struct sim_thread *sim_thread_begin(struct sim_host *host, void (*run)(void *context),
                                    void *context)
{
    struct sim_thread *thread = thread_new(host->sim);
    struct fiber *fiber = thread->fiber != NULL ? thread->fiber : fiber_new();
    struct list all_node = thread->all_node;
    *thread = (struct sim_thread){
        .all_node = all_node,
        .sim = host->sim,
        .host = host,
        .life = host->life,
        .fiber = fiber,
        .run = run,
        .context = context,
    };
    list_init(&thread->node);
    list_push_front(&host->threads, &thread->host_node);
    fiber_start(fiber, thread_main, thread);
    sim_thread_queue(thread);
    return thread;
}

void sim_thread_queue(struct sim_thread *thread)
{
    if (thread->queued || thread->ended || thread == thread->sim->running)
        return;
    thread->queued = true;
    thread->sim->runnable_count++;
    list_push_back(&thread->sim->runnable, &thread->node);
}

static void thread_unqueue(struct sim_thread *thread)
{
    if (!thread->queued)
        return;
    thread->queued = false;
    thread->sim->runnable_count--;
    list_remove(&thread->node);
}

static void thread_release(struct sim_thread *thread)
{
    ASSERT(thread->ended && !thread->queued);
    list_push_back(&thread->sim->idle, &thread->node);
}

static void thread_ended(struct sim_thread *thread)
{
    thread->ended = true;
    list_remove(&thread->host_node);
    if (thread->abandoned) {
        fiber_free(thread->fiber);
        thread->fiber = NULL;
    }
    if (thread->joiner != NULL)
        sim_notify(thread->joiner);
    if (thread->detached)
        thread_release(thread);
}

void sim_thread_suspend(struct sim_thread *thread)
{
    ASSERT(thread == thread->sim->running);
    if (!sim_thread_alive(thread)) {
        if (++thread->dead_waits < DEAD_WAITS_MAX)
            return;
        thread->abandoned = true;
    }
    fiber_leave(thread->fiber);
}

void sim_thread_give_up(struct sim_thread *thread)
{
    ASSERT(thread == thread->sim->running);
    thread->abandoned = true;
    fiber_leave(thread->fiber);
    UNREACHABLE();
}

void sim_wait_for_stop(struct sim_host *host)
{
    struct sim_waiter waiter;
    sim_waiter_init(&waiter, host->sim);
    ASSERT(host->stopper == NULL);
    waiter.ready = host->stop_asked;
    host->stopper = &waiter;
    bool asked = sim_wait(&waiter, IO_NEVER);
    host->stopper = NULL;
    /* A main thread that waits has nothing to tidy up: it ends with its process. */
    if (!asked)
        sim_thread_give_up(host->sim->running);
}

void sim_host_stop(struct sim_host *host)
{
    sim_note(host->sim, host, "stop");
    host->stop_asked = true;
    if (host->stopper != NULL)
        sim_notify(host->stopper);
}

void sim_thread_enter(struct sim_thread *thread)
{
    struct sim *sim = thread->sim;
    ASSERT(sim->running == NULL && !thread->ended);
    thread_unqueue(thread);
    sim->running = thread;
    struct sim_host *outside = sim_process_switch(thread->host);
    bool ended = fiber_enter(thread->fiber);
    sim_process_switch(outside);
    sim->running = NULL;
    if (ended || thread->abandoned)
        thread_ended(thread);
}

static void host_reap(struct sim_host *host)
{
    for (struct list *node = host->threads.next; node != &host->threads;) {
        struct sim_thread *thread = LIST_ENTRY(node, struct sim_thread, host_node);
        node = node->next;
        if (sim_thread_alive(thread))
            continue;
        while (!thread->ended)
            sim_thread_enter(thread);
        /* Its end may have changed the list. */
        node = host->threads.next;
    }
}

void sim_threads_reap(struct sim *sim)
{
    sim->reap = false;
    for (uint32_t i = 0; i < sim->host_count; i++)
        host_reap(sim->hosts[i]);
}

struct sim_thread *sim_thread_start(struct sim_host *host, void (*run)(void *context),
                                    void *context)
{
    struct sim_thread *thread = sim_thread_begin(host, run, context);
    sim_note(host->sim, host, "thread");
    return thread;
}

void sim_thread_join(struct sim_thread *thread)
{
    struct sim_waiter waiter;
    sim_waiter_init(&waiter, thread->sim);
    thread->joiner = &waiter;
    waiter.ready = thread->ended;
    bool ended = sim_wait(&waiter, IO_NEVER);
    thread->joiner = NULL;
    if (ended)
        thread_release(thread);
    else
        thread->detached = true;
}

void sim_threads_fini(struct sim *sim)
{
    struct list *node;
    ASSERT(sim->running == NULL && sim->runnable_count == 0);
    while ((node = list_pop_front(&sim->threads)) != NULL) {
        struct sim_thread *thread = LIST_ENTRY(node, struct sim_thread, all_node);
        ASSERT(thread->ended);
        if (thread->fiber != NULL)
            fiber_free(thread->fiber);
        mem_free(thread);
    }
}
