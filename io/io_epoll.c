/*
 * io on epoll, for systems that do not permit io_uring (containers forbid it by default): waiting,
 * waking and the disk. Sockets are in epoll_net.c.
 *
 * A poll first runs the operations that verbs have noted, then waits if nothing came of it, and
 * runs what the wait has reported. Disk verbs are jobs of the disk threads. The event file is in
 * the set edge-triggered, so that it is never read: each write is a new edge.
 */
#include "io/epoll_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

#define WAIT_EVENTS_MAX 256
#define WAIT_MS_MAX 60000

static void epoll_wake(struct io *from, struct io *target)
{
    (void)from;
    io_event_write(target);
}

/* Wakes and jobs are on their way already; socket operations can wait for the next poll. */
static void epoll_flush(struct io *io)
{
    (void)io;
}

/* Disk verbs: jobs whose context is the operation. */

static int write_run(struct file_system *fs, void *context)
{
    (void)fs;
    struct op_state *state = op_state(context);
    while (state->disk.done < state->disk.len) {
        struct iovec rest = {state->disk.data + state->disk.done,
                             state->disk.len - state->disk.done};
        ssize_t written =
            pwritev2(state->file, &rest, 1, (off_t)(state->disk.pos + state->disk.done),
                     state->flags & IO_DSYNC ? RWF_DSYNC : 0);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return written < 0 ? result_from_errno(errno) : ERR_IO;
        state->disk.done += (uint32_t)written;
    }
    return (int)state->disk.done;
}

static int read_run(struct file_system *fs, void *context)
{
    const struct op_state *state = op_state(context);
    return (int)file_read(fs, state->file, state->disk.data, state->disk.len, state->disk.pos);
}

static int sync_run(struct file_system *fs, void *context)
{
    return file_sync(fs, op_state(context)->file);
}

static void disk_start(struct io *io, struct io_op *op, io_job_fn *run)
{
    struct op_state *state = op_state(op);
    state->disk.run = run;
    state->disk.context = op;
    disk_pool_verb(io->pool, op);
}

static void epoll_write(struct io *io, struct io_op *op, const struct io_extent *extent,
                        unsigned flags)
{
    (void)extent;
    (void)flags;
    disk_start(io, op, write_run);
}

static void epoll_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    (void)extent;
    disk_start(io, op, read_run);
}

static void epoll_sync(struct io *io, struct io_op *op, int file)
{
    (void)file;
    disk_start(io, op, sync_run);
}

/* Polling. */

static bool wait_failed_for_good(void)
{
    return errno == ENOSYS || errno == EPERM;
}

/* Milliseconds, rounded up: a poll that returned early would be called again and again. */
static int wait_ms(uint64_t wait_ns)
{
    return (int)MIN((wait_ns + NS_PER_MS - 1) / NS_PER_MS, (uint64_t)WAIT_MS_MAX);
}

static int epoll_wait_until(struct epoll *epoll, struct epoll_event *events, uint64_t deadline_ns)
{
    uint64_t now_ns = epoll->io.now_ns;
    bool never = deadline_ns == IO_NEVER;
    uint64_t wait_ns = deadline_ns > now_ns ? deadline_ns - now_ns : 0;
    if (!epoll->no_precise_wait) {
        struct timespec timeout = {(time_t)(wait_ns / NS_PER_S), (long)(wait_ns % NS_PER_S)};
        int count =
            epoll_pwait2(epoll->set, events, WAIT_EVENTS_MAX, never ? NULL : &timeout, NULL);
        if (count >= 0 || !wait_failed_for_good())
            return count;
        epoll->no_precise_wait = true;
    }
    return epoll_wait(epoll->set, events, WAIT_EVENTS_MAX, never ? -1 : wait_ms(wait_ns));
}

static void epoll_wait_and_mark(struct epoll *epoll, uint64_t deadline_ns)
{
    struct epoll_event events[WAIT_EVENTS_MAX];
    int count = epoll_wait_until(epoll, events, deadline_ns);
    ASSERT(count >= 0 || errno == EINTR);
    for (int i = 0; i < count; i++)
        if (events[i].data.fd != epoll->io.event_file)
            epoll_mark(epoll, events[i].data.fd, events[i].events);
}

static void epoll_poll(struct io *io, uint64_t deadline_ns)
{
    struct epoll *epoll = epoll_of(io);
    io_read_clocks(io);
    epoll_run_sockets(epoll);
    bool idle = io->handed_out == 0 && list_empty(&epoll->runnable) && list_empty(&io->ready);
    if (idle && deadline_ns > io->now_ns && io_may_sleep(io)) {
        epoll_wait_and_mark(epoll, deadline_ns);
        io_awake(io);
        io_read_clocks(io);
    } else {
        epoll_wait_and_mark(epoll, 0);
    }
    epoll_run_sockets(epoll);
    disk_pool_take(io->pool);
}

/* Construction. */

static void epoll_recv_release(struct io *io, struct io_buffer *buffer)
{
    struct epoll *epoll = epoll_of(io);
    ASSERT(epoll->free_count < io->buffer_count);
    epoll->free_buffers[epoll->free_count++] = buffer->id;
}

static void buffers_map(struct epoll *epoll, const struct io_options *options)
{
    uint32_t count = options->recv_buffer_count;
    epoll->buffer_bytes = options->recv_buffer_bytes;
    epoll->buffer_memory = mem_map((size_t)count * epoll->buffer_bytes);
    epoll->buffers = mem_alloc_array(count, sizeof *epoll->buffers);
    epoll->free_buffers = mem_alloc_array(count, sizeof *epoll->free_buffers);
    for (uint32_t i = count; i-- > 0;) {
        epoll->buffers[i].data = epoll->buffer_memory + (size_t)i * epoll->buffer_bytes;
        epoll->buffers[i].id = i;
        epoll->free_buffers[epoll->free_count++] = i;
    }
}

static void epoll_free(struct io *io)
{
    struct epoll *epoll = epoll_of(io);
    ASSERT(io->buffers_out == 0 && list_empty(&epoll->runnable));
    io_base_fini(io);
    close(epoll->set);
    mem_unmap(epoll->buffer_memory, (size_t)io->buffer_count * epoll->buffer_bytes);
    mem_free(epoll->buffers);
    mem_free(epoll->free_buffers);
    for (uint32_t i = 0; i < epoll->socket_count; i++)
        mem_free(epoll->sockets[i]);
    mem_free(epoll->sockets);
    mem_free(epoll);
}

static const struct io_operations epoll_operations = {
    .name = "epoll",
    .verb_threads = 2, /* as many writes as the WAL has in flight */
    .release = epoll_free,
    .poll = epoll_poll,
    .flush = epoll_flush,
    .wake = epoll_wake,
    .wake_external = io_event_write,
    .now_precise = io_clock_now,
    .listen = sockets_listen,
    .accept = epoll_accept,
    .connect = epoll_connect,
    .peer_name = sockets_peer_name,
    .recv = epoll_recv,
    .recv_release = epoll_recv_release,
    .send = epoll_send,
    .shutdown = epoll_shutdown,
    .close = epoll_close_socket,
    .cancel = epoll_cancel,
    .write = epoll_write,
    .read = epoll_read,
    .read_now = io_file_read_now,
    .sync = epoll_sync,
    .job = disk_pool_job,
};

static int set_new(struct epoll *epoll)
{
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.fd = epoll->io.event_file};
    epoll->set = epoll_create1(EPOLL_CLOEXEC);
    if (epoll->set < 0)
        return result_from_errno(errno);
    if (epoll_ctl(epoll->set, EPOLL_CTL_ADD, epoll->io.event_file, &event) == 0)
        return 0;
    int result = result_from_errno(errno);
    close(epoll->set);
    return result;
}

int io_epoll_new(const struct io_options *options, struct io **io)
{
    struct epoll *epoll = mem_alloc(sizeof *epoll);
    int result = io_base_init(&epoll->io, &epoll_operations, options);
    if (result != 0)
        goto free_epoll;
    result = set_new(epoll);
    if (result != 0)
        goto base_fini;
    list_init(&epoll->runnable);
    buffers_map(epoll, options);
    *io = &epoll->io;
    return 0;
base_fini:
    io_base_fini(&epoll->io);
free_epoll:
    mem_free(epoll);
    return result;
}
