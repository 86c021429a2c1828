/*
 * A simulated core: an io whose polls wait in simulated time.
 *
 * Every poll takes a little time first, in which others run: so cores that never sleep interleave,
 * too. Then the protocol of sleep is the one of the real implementations (io.c).
 */
#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

bool sim_core_alive(const struct sim_core *core)
{
    return core->host->up && core->life == core->host->life;
}

void sim_core_ready(struct sim_core *core, struct io_op *op, int64_t value)
{
    io_ready(&core->io, op, value);
    sim_notify(&core->waiter);
}

static void core_read_clocks(struct sim_core *core)
{
    const struct sim *sim = core->host->sim;
    core->io.now_ns = sim->now_ns;
    core->io.wall_ms =
        sim->options.wall_ms + core->host->wall_shift_ms + (int64_t)(sim->now_ns / NS_PER_MS);
}

/* Announces sleep and looks once more. */
static bool core_may_sleep(struct io *io)
{
    atomic_store_explicit(&io->sleeping, true, memory_order_relaxed);
    if (io->loop == NULL || !io->loop->has_work(io->loop))
        return true;
    io_awake(io);
    return false;
}

/* How much longer this step takes. */
static uint64_t core_stall(struct sim_core *core)
{
    struct sim *sim = core->host->sim;
    const struct sim_core_options *options = &core->host->core;
    uint64_t ns = core->stall_ns;
    core->stall_ns = 0;
    if (ns == 0 && sim_chance(sim, options->stall))
        ns = sim_pick(sim, options->stall_ns);
    if (ns > 0)
        sim_note(sim, core->host, "core stalls %llu us", (unsigned long long)(ns / NS_PER_US));
    return ns;
}

static void core_poll(struct io *io, uint64_t deadline_ns)
{
    struct sim_core *core = core_of(io);
    struct sim *sim = core->host->sim;
    sim_pause(sim, sim_pick(sim, sim->options.poll_ns) + core_stall(core));
    bool idle = list_empty(&io->ready) && list_empty(&core->sockets) && !core->waiter.ready;
    if (idle && deadline_ns > sim->now_ns && sim_core_alive(core) && core_may_sleep(io)) {
        sim_wait(&core->waiter, deadline_ns);
        io_awake(io);
    }
    core->waiter.ready = false;
    core_read_clocks(core);
    /* The loop of a core whose host has ended is left; nothing is handed out any more. */
    if (!sim_core_alive(core)) {
        list_init(&io->ready);
        io_stop(io);
        return;
    }
    sim_sockets_run(core);
}

static void core_flush(struct io *io)
{
    (void)io;
}

static void wake_expired(struct timer *timer)
{
    sim_notify(&CONTAINER_OF(timer, struct sim_core, wake)->waiter);
}

static void core_wake_external(struct io *target)
{
    struct sim_core *core = core_of(target);
    struct sim *sim = core->host->sim;
    if (sim_core_alive(core) && !timer_armed(&core->wake))
        heap_set(&sim->events, &core->wake, sim->now_ns + sim_pick(sim, sim->options.wake_ns));
}

static void core_wake(struct io *from, struct io *target)
{
    (void)from;
    core_wake_external(target);
}

static uint64_t core_now_precise(struct io *io)
{
    return core_of(io)->host->sim->now_ns;
}

static void core_end(struct sim_core *core)
{
    struct sim *sim = core->host->sim;
    heap_cancel(&sim->events, &core->wake);
    sim_jobs_end(core);
    list_remove(&core->node);
    list_init(&core->io.ready);
    sim_notify(&core->waiter);
}

void sim_cores_end(struct sim_host *host)
{
    struct list *node;
    while ((node = list_pop_front(&host->cores)) != NULL)
        core_end(LIST_ENTRY(node, struct sim_core, node));
}

static void core_free(struct io *io)
{
    struct sim_core *core = core_of(io);
    if (sim_core_alive(core)) {
        ASSERT(core->disk_out == 0 && list_empty(&core->jobs) && list_empty(&io->ready));
        ASSERT(io->buffers_out == 0);
        core_end(core);
    }
    heap_cancel(&core->host->sim->events, &core->waiter.timer);
    mem_unmap_raw(core->buffer_memory, (size_t)io->buffer_count * core->buffer_bytes);
    mem_free(core->buffers);
    mem_free(core->free_buffers);
    mem_free(core);
}

static void buffers_map(struct sim_core *core, const struct io_options *options)
{
    uint32_t count = options->recv_buffer_count;
    core->io.buffer_count = count;
    core->buffer_bytes = options->recv_buffer_bytes;
    core->buffer_memory = mem_map_raw((size_t)count * core->buffer_bytes);
    core->buffers = mem_alloc_array(count, sizeof *core->buffers);
    core->free_buffers = mem_alloc_array(count, sizeof *core->free_buffers);
    for (uint32_t i = count; i-- > 0;) {
        core->buffers[i].data = core->buffer_memory + (size_t)i * core->buffer_bytes;
        core->buffers[i].id = i;
        core->free_buffers[core->free_count++] = i;
    }
}

static const struct io_operations core_operations = {
    .name = "simulator",
    .release = core_free,
    .poll = core_poll,
    .flush = core_flush,
    .wake = core_wake,
    .wake_external = core_wake_external,
    .now_precise = core_now_precise,
    .listen = sim_core_listen,
    .accept = sim_core_accept,
    .connect = sim_core_connect,
    .peer_name = sim_core_peer_name,
    .recv = sim_core_recv,
    .recv_release = sim_core_recv_release,
    .send = sim_core_send,
    .shutdown = sim_core_shutdown,
    .close = sim_core_close,
    .cancel = sim_core_cancel,
    .write = sim_core_write,
    .read = sim_core_read,
    .read_now = sim_core_read_now,
    .sync = sim_core_sync,
    .job = sim_core_job,
};

int sim_io_new(struct sim_host *host, const struct io_options *options, struct io **io)
{
    ASSERT(is_power_of_two(options->recv_buffer_count));
    if (!sim_caller_alive(host))
        return ERR_OFFLINE;
    struct sim_core *core = mem_alloc(sizeof *core);
    core->host = host;
    core->life = host->life;
    core->disk_threads = MAX(options->disk_threads, 1U);
    core->io.operations = &core_operations;
    core->io.log = options->log;
    core->io.files = &host->files;
    core->io.event_file = -1;
    buffers_map(core, options);
    list_init(&core->io.ready);
    list_init(&core->sockets);
    list_init(&core->jobs);
    prng_init(&core->io.prng, sim_random(host->sim));
    sim_waiter_init(&core->waiter, host->sim);
    timer_init(&core->wake, wake_expired);
    core_read_clocks(core);
    list_push_back(&host->cores, &core->node);
    *io = &core->io;
    return 0;
}

struct sim_core_options *sim_cores(struct sim_host *host)
{
    return &host->core;
}

static struct sim_core *core_at(struct sim_host *host, uint32_t index)
{
    LIST_EACH(node, &host->cores)
        if (index-- == 0)
            return LIST_ENTRY(node, struct sim_core, node);
    return NULL;
}

struct io *sim_core_io(struct sim_host *host, uint32_t index)
{
    struct sim_core *core = core_at(host, index);
    return core == NULL ? NULL : &core->io;
}

void sim_core_stall(struct sim_host *host, uint32_t index, uint64_t ns)
{
    struct sim_core *core = core_at(host, index);
    ASSERT(core != NULL);
    core->stall_ns = ns;
    sim_notify(&core->waiter);
}
