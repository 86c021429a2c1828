/*
 * Threads for disk jobs, one pair of rings and one eventfd each.
 *
 * A thread takes jobs from its ring and sleeps in a read of its eventfd when there are none, so
 * that neither side ever needs a lock or a futex. Finished jobs go back by the other ring; a core
 * that sleeps is woken. Jobs of one lane always go to the same thread: they run in order.
 */
#include <errno.h>
#include <stdatomic.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/spsc.h"
#include "io/io_internal.h"

#define POOL_RING 4096
#define POOL_THREADS_MAX 8

struct disk_job {
    io_job_fn *job;
    void *context;
    int64_t result;
};

_Static_assert(sizeof(struct disk_job) <= sizeof(((struct io_op *)0)->internal),
               "a job's state lives in its operation");

struct disk_worker {
    struct disk_pool *pool;
    struct io_thread *thread;
    struct spsc *jobs;
    struct spsc *finished;
    int event_file;
    atomic_bool sleeping;
    atomic_bool stop;
};

struct disk_pool {
    struct io *io;
    unsigned count;
    unsigned next; /* for lane 0 */
    uint32_t out;
    struct disk_worker workers[POOL_THREADS_MAX];
};

static void worker_sleep(struct disk_worker *worker)
{
    atomic_store(&worker->sleeping, true);
    if (spsc_empty(worker->jobs) && !atomic_load(&worker->stop)) {
        uint64_t count;
        while (read(worker->event_file, &count, sizeof count) < 0 && errno == EINTR)
            continue;
    }
    atomic_store(&worker->sleeping, false);
}

static void worker_wake(struct disk_worker *worker)
{
    atomic_thread_fence(memory_order_seq_cst);
    if (!atomic_load_explicit(&worker->sleeping, memory_order_relaxed))
        return;
    uint64_t one = 1;
    ssize_t written = write(worker->event_file, &one, sizeof one);
    ASSERT(written == sizeof one);
}

static void worker_run(void *context)
{
    struct disk_worker *worker = context;
    struct io *io = worker->pool->io;
    for (;;) {
        void *item;
        if (spsc_pop(worker->jobs, &item, 1) == 0) {
            if (atomic_load(&worker->stop))
                return;
            worker_sleep(worker);
            continue;
        }
        struct io_op *op = item;
        struct disk_job *job = (void *)op->internal;
        job->result = job->job(io->files, job->context);
        bool pushed = spsc_push(worker->finished, op);
        ASSERT(pushed);
        io_wake_if_sleeping(io);
    }
}

struct disk_pool *disk_pool_new(struct io *io, unsigned threads)
{
    struct disk_pool *pool = mem_alloc(sizeof *pool);
    pool->io = io;
    pool->count = MIN(MAX(threads, 1u), POOL_THREADS_MAX);
    for (unsigned i = 0; i < pool->count; i++) {
        struct disk_worker *worker = &pool->workers[i];
        worker->pool = pool;
        worker->jobs = spsc_new(POOL_RING);
        worker->finished = spsc_new(POOL_RING);
        worker->event_file = eventfd(0, EFD_CLOEXEC);
        ASSERT(worker->event_file >= 0);
        int result = io_thread_start(&worker->thread, -1, worker_run, worker);
        ASSERT(result == 0);
    }
    return pool;
}

void disk_pool_free(struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++) {
        struct disk_worker *worker = &pool->workers[i];
        atomic_store(&worker->stop, true);
        worker_wake(worker);
        io_thread_join(worker->thread);
        spsc_free(worker->jobs);
        spsc_free(worker->finished);
        close(worker->event_file);
    }
    mem_free(pool);
}

void disk_pool_submit(struct disk_pool *pool, struct io_op *op, unsigned lane, io_job_fn *run,
                      void *context)
{
    unsigned index = lane != 0 ? lane % pool->count : pool->next++ % pool->count;
    struct disk_worker *worker = &pool->workers[index];
    struct disk_job *job = (void *)op->internal;
    *job = (struct disk_job){run, context, 0};
    pool->out++;
    ASSERT(pool->out <= POOL_RING);
    bool pushed = spsc_push(worker->jobs, op);
    ASSERT(pushed);
    worker_wake(worker);
}

void disk_pool_take(struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++) {
        void *items[16];
        uint32_t count;
        while ((count = spsc_pop(pool->workers[i].finished, items, ARRAY_LENGTH(items))) > 0) {
            for (uint32_t j = 0; j < count; j++) {
                struct io_op *op = items[j];
                const struct disk_job *job = (void *)op->internal;
                struct io_event event = {.value = job->result, .last = true};
                pool->out--;
                io_hand_out(pool->io, op, &event);
            }
        }
    }
}

bool disk_pool_ready(const struct disk_pool *pool)
{
    for (unsigned i = 0; i < pool->count; i++)
        if (!spsc_empty(pool->workers[i].finished))
            return true;
    return false;
}
