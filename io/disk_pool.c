/*
 * Threads for disk jobs, one pair of rings and one eventfd each.
 *
 * A thread takes jobs from its ring and sleeps in a read of its eventfd when there are none, so
 * that neither side ever needs a lock or a futex. Finished jobs go back by the other ring, and a
 * core that sleeps is woken; the sleep protocol is the cores' own (io.c). Jobs that find the ring
 * full wait on the core's side.
 *
 * While jobs of a lane are out, further ones go to the same thread: they run in order. A lane that
 * has none goes to the thread with the least to do, so that no lane waits behind another one while
 * a thread rests.
 *
 * A job may take long: a flush syncs, a compaction works through megabytes. So what must not wait
 * behind one has threads of its own: the disk verbs, where io has no better way for them (a write
 * to the WAL is a client's answer). And the background lane has one, so that nothing waits behind
 * it; that thread gives way to all others, for processors and for the disk.
 */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/spsc.h"
#include "io/io_internal.h"

#define POOL_RING 256
#define POOL_THREADS_MAX 8
#define POOL_TAKE_MAX 16
#define POOL_VERB_THREADS_MAX (IO_DISK_THREADS_MORE - 1)
#define POOL_LANES 16

struct disk_worker {
    struct io *io;
    struct io_thread *thread;
    struct spsc *jobs;
    struct spsc *finished;
    int event_file;
    bool background;
    atomic_bool sleeping;
    atomic_bool stop;
    uint32_t out;        /* in the rings or running; the core's */
    struct list waiting; /* operations that did not fit; the core's */
};

struct disk_lane {
    struct disk_worker *worker;
    uint32_t out; /* submitted, and not taken back */
};

struct disk_pool {
    struct io *io;
    unsigned count;     /* of all */
    unsigned jobs;      /* of these, the first, for jobs; behind them the background's */
    unsigned next_job;  /* where the search for a thread begins */
    unsigned next_verb; /* behind the background's */
    struct disk_lane lanes[POOL_LANES];
    struct disk_worker workers[POOL_THREADS_MAX + IO_DISK_THREADS_MORE];
};

/* Invariant: out <= POOL_RING, so that neither ring of a worker can be full when it pushes. */

/* The thread's side. */

static void worker_sleep(struct disk_worker *worker)
{
    atomic_store_explicit(&worker->sleeping, true, memory_order_relaxed);
    io_full_fence();
    if (spsc_empty(worker->jobs) && !atomic_load(&worker->stop)) {
        uint64_t count;
        while (read(worker->event_file, &count, sizeof count) < 0 && errno == EINTR)
            continue;
    }
    atomic_store_explicit(&worker->sleeping, false, memory_order_relaxed);
}

static void worker_run(void *context)
{
    struct disk_worker *worker = context;
    if (worker->background)
        io_thread_give_way();
    for (;;) {
        void *item;
        if (spsc_pop(worker->jobs, &item, 1) == 0) {
            if (atomic_load(&worker->stop))
                return;
            worker_sleep(worker);
            continue;
        }
        struct op_state *state = op_state(item);
        state->value = state->disk.run(worker->io->files, state->disk.context);
        bool pushed = spsc_push(worker->finished, item);
        ASSERT(pushed);
        io_wake_if_sleeping(worker->io);
    }
}

/* The core's side. */

static void worker_wake(struct disk_worker *worker)
{
    io_full_fence();
    if (!atomic_load_explicit(&worker->sleeping, memory_order_relaxed))
        return;
    if (!atomic_exchange_explicit(&worker->sleeping, false, memory_order_relaxed))
        return;
    uint64_t one = 1;
    ssize_t written;
    do
        written = write(worker->event_file, &one, sizeof one);
    while (written < 0 && errno == EINTR);
    ASSERT(written == sizeof one);
}

static int worker_start(struct disk_worker *worker, struct io *io)
{
    worker->io = io;
    list_init(&worker->waiting);
    worker->event_file = eventfd(0, EFD_CLOEXEC);
    if (worker->event_file < 0)
        return result_from_errno(errno);
    worker->jobs = spsc_new(POOL_RING);
    worker->finished = spsc_new(POOL_RING);
    int result = io_thread_start(&worker->thread, "disk", -1, worker_run, worker);
    if (result == 0)
        return 0;
    spsc_free(worker->jobs);
    spsc_free(worker->finished);
    close(worker->event_file);
    return result;
}

static void worker_end(struct disk_worker *worker)
{
    ASSERT(worker->out == 0 && list_empty(&worker->waiting));
    atomic_store(&worker->stop, true);
    worker_wake(worker);
    io_thread_join(worker->thread);
    spsc_free(worker->jobs);
    spsc_free(worker->finished);
    close(worker->event_file);
}

int disk_pool_new(struct io *io, unsigned threads, unsigned verb_threads, struct disk_pool **result)
{
    ASSERT(verb_threads <= POOL_VERB_THREADS_MAX);
    struct disk_pool *pool = mem_alloc(sizeof *pool);
    pool->io = io;
    pool->jobs = MIN(MAX(threads, 1U), (unsigned)POOL_THREADS_MAX);
    pool->workers[pool->jobs].background = true;
    while (pool->count < pool->jobs + 1 + verb_threads) {
        int started = worker_start(&pool->workers[pool->count], io);
        if (started != 0) {
            disk_pool_free(pool);
            return started;
        }
        pool->count++;
    }
    *result = pool;
    return 0;
}

void disk_pool_free(struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        worker_end(&pool->workers[i]);
    mem_free(pool);
}

static void worker_push(struct disk_worker *worker, struct io_op *op)
{
    ASSERT(worker->out < POOL_RING);
    worker->out++;
    bool pushed = spsc_push(worker->jobs, op);
    ASSERT(pushed);
}

static struct disk_worker *worker_with_least(struct disk_pool *pool)
{
    struct disk_worker *least = NULL;
    unsigned begin = pool->next_job++;
    for (unsigned i = 0; i < pool->jobs; i++) {
        struct disk_worker *worker = &pool->workers[(begin + i) % pool->jobs];
        if (least == NULL || worker->out < least->out)
            least = worker;
    }
    ASSERT(least != NULL);
    return least;
}

static struct disk_worker *worker_of_lane(struct disk_pool *pool, unsigned lane)
{
    ASSERT(lane < POOL_LANES);
    if (lane == IO_BACKGROUND_LANE)
        return &pool->workers[pool->jobs];
    if (lane == 0)
        return worker_with_least(pool);
    struct disk_lane *l = &pool->lanes[lane];
    if (l->out == 0)
        l->worker = worker_with_least(pool);
    l->out++;
    return l->worker;
}

static void lane_ended(struct disk_pool *pool, unsigned lane)
{
    if (lane == 0 || lane == IO_BACKGROUND_LANE)
        return;
    ASSERT(lane < POOL_LANES && pool->lanes[lane].out > 0);
    pool->lanes[lane].out--;
}

static void worker_submit(struct disk_worker *worker, struct io_op *op)
{
    if (worker->out == POOL_RING) {
        list_push_back(&worker->waiting, &op_state(op)->node);
        return;
    }
    ASSERT(list_empty(&worker->waiting));
    worker_push(worker, op);
    worker_wake(worker);
}

void disk_pool_verb(struct disk_pool *pool, struct io_op *op)
{
    unsigned verbs = pool->count - pool->jobs - 1;
    ASSERT(verbs > 0);
    op_state(op)->lane = 0;
    worker_submit(&pool->workers[pool->jobs + 1 + pool->next_verb++ % verbs], op);
}

void disk_pool_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context)
{
    struct disk_pool *pool = io->pool;
    struct op_state *state = op_state(op);
    state->lane = (uint8_t)lane;
    state->disk.run = job;
    state->disk.context = context;
    worker_submit(worker_of_lane(pool, lane), op);
}

static void worker_push_waiting(struct disk_worker *worker)
{
    if (list_empty(&worker->waiting))
        return;
    while (worker->out < POOL_RING) {
        struct list *node = list_pop_front(&worker->waiting);
        if (node == NULL)
            break;
        worker_push(worker, op_of(LIST_ENTRY(node, struct op_state, node)));
    }
    worker_wake(worker);
}

/* Only what was finished at the start: a callback may submit more, which finish meanwhile. */
static void worker_take(struct disk_pool *pool, struct disk_worker *worker)
{
    void *items[POOL_TAKE_MAX];
    uint32_t count;
    uint32_t taken = 0;
    do {
        count = spsc_pop(worker->finished, items, POOL_TAKE_MAX);
        ASSERT(worker->out >= count);
        worker->out -= count;
        worker_push_waiting(worker);
        for (uint32_t i = 0; i < count; i++)
            lane_ended(pool, op_state(items[i])->lane);
        for (uint32_t i = 0; i < count; i++)
            io_hand_out_last(worker->io, items[i], op_state(items[i])->value);
        taken += count;
    } while (count == POOL_TAKE_MAX && taken < POOL_RING);
}

void disk_pool_take(struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        worker_take(pool, &pool->workers[i]);
}

bool disk_pool_ready(const struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (!spsc_empty(pool->workers[i].finished))
            return true;
    return false;
}
