/*
 * What all implementations share: the choice between them, the loop, sleeping and waking, clocks,
 * and the state of operations.
 *
 * Sleeping: the core announces it, then looks once more at everything that can be handed to it, and
 * only then waits. Whoever hands something over looks at the announcement after it has done so.
 * Both put a full fence between their store and their load, so that one of them sees the other.
 * Whoever clears the announcement wakes: many wakers make one system call. While the target is
 * awake a wake costs one load of a line that nobody writes.
 */
#include "io/io.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "base/assert.h"
#include "io/io_internal.h"

/* A poll may end so much after its deadline; then it was not alone. */
#define LATE_NS (100 * NS_PER_MS)
#define LATE_POLLS_MAX 64

/* Construction. */

int io_base_init(struct io *io, const struct io_operations *operations,
                 const struct io_options *options)
{
    uint64_t seed;
    io->operations = operations;
    io->log = options->log;
    io->files = file_system_real();
    io->buffer_count = options->recv_buffer_count;
    list_init(&io->ready);
    ssize_t got = getrandom(&seed, sizeof seed, 0);
    if (got != sizeof seed)
        return ERR_UNSUPPORTED;
    prng_init(&io->prng, seed);
    io_read_clocks(io);
    io->event_file = eventfd(0, EFD_CLOEXEC);
    if (io->event_file < 0)
        return result_from_errno(errno);
    int result = disk_pool_new(io, options->disk_threads, operations->verb_threads, &io->pool);
    if (result != 0)
        close(io->event_file);
    return result;
}

void io_base_fini(struct io *io)
{
    ASSERT(list_empty(&io->ready));
    disk_pool_free(io->pool);
    close(io->event_file);
}

int io_new(const struct io_options *options, struct io **io)
{
    ASSERT(is_power_of_two(options->recv_buffer_count));
    ASSERT(options->recv_buffer_count <= 32768 && is_power_of_two(options->recv_buffer_bytes));
    if (options->backend == IO_EPOLL)
        return io_epoll_new(options, io);
    int result = io_ring_new(options, io);
    if (options->backend == IO_RING || (result != ERR_UNSUPPORTED && result != ERR_NO_MEMORY))
        return result;
    log_info(options->log, "using epoll instead of io_uring");
    return io_epoll_new(options, io);
}

void io_free(struct io *io)
{
    io->operations->release(io);
}

const char *io_backend_name(const struct io *io)
{
    return io->operations->name;
}

struct file_system *io_files(struct io *io)
{
    return io->files;
}

/* Time and chance. */

static uint64_t clock_ns(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

void io_read_clocks(struct io *io)
{
    io->now_ns = clock_ns(CLOCK_MONOTONIC);
    io->wall_ms = (int64_t)(clock_ns(CLOCK_REALTIME) / NS_PER_MS);
}

uint64_t io_clock_now(struct io *io)
{
    (void)io;
    return clock_ns(CLOCK_MONOTONIC);
}

uint64_t io_now(const struct io *io)
{
    return io->now_ns;
}

uint64_t io_now_precise(struct io *io)
{
    return io->operations->now_precise(io);
}

int64_t io_wall_ms(const struct io *io)
{
    return io->wall_ms;
}

uint64_t io_random(struct io *io)
{
    return prng_next(&io->prng);
}

struct uuid io_random_uuid(struct io *io)
{
    uint64_t high = io_random(io);
    uint64_t low = io_random(io);
    return uuid_from_random(high, low);
}

/* Operations. */

struct op_state *op_begin(struct io_op *op, enum op_verb verb, int file)
{
    ASSERT(op->done != NULL);
    struct op_state *state = op_state(op);
    memset(state, 0, sizeof *state);
    state->verb = (uint8_t)verb;
    state->file = file;
    list_init(&state->node);
    return state;
}

struct op_state *op_begin_send(struct io_op *op, int socket, const struct iovec *parts, int count)
{
    struct op_state *state = op_begin(op, OP_SEND, socket);
    /* The system does not write to the parts. */
    state->send.message.msg_iov = (struct iovec *)(uintptr_t)parts;
    state->send.message.msg_iovlen = (size_t)count;
    return state;
}

struct op_state *op_begin_disk(struct io_op *op, enum op_verb verb, const struct io_extent *extent)
{
    ASSERT(extent->len <= INT32_MAX);
    struct op_state *state = op_begin(op, verb, extent->file);
    state->disk.data = extent->data;
    state->disk.len = extent->len;
    state->disk.pos = extent->pos;
    return state;
}

bool op_send_advance(struct op_state *state, size_t sent)
{
    struct msghdr *left = &state->send.message;
    state->send.total += sent;
    sent += state->send.skip;
    while (left->msg_iovlen > 0 && sent >= left->msg_iov->iov_len) {
        sent -= left->msg_iov->iov_len;
        left->msg_iov++;
        left->msg_iovlen--;
    }
    state->send.skip = sent;
    ASSERT(left->msg_iovlen > 0 || sent == 0);
    return left->msg_iovlen == 0;
}

struct iovec op_send_rest(const struct op_state *state)
{
    const struct iovec *part = state->send.message.msg_iov;
    ASSERT(state->send.skip < part->iov_len);
    return (struct iovec){(uint8_t *)part->iov_base + state->send.skip,
                          part->iov_len - state->send.skip};
}

void io_ready(struct io *io, struct io_op *op, int64_t value)
{
    struct op_state *state = op_state(op);
    ASSERT(list_empty(&state->node));
    state->value = value;
    list_push_back(&io->ready, &state->node);
}

void io_hand_out(struct io *io, struct io_op *op, const struct io_event *event)
{
    io->handed_out++;
    op->done(op, event);
}

void io_hand_out_last(struct io *io, struct io_op *op, int64_t value)
{
    struct io_event event = {.value = value, .last = true};
    io_hand_out(io, op, &event);
}

/* The loop. */

/* Only what was ready at the start: a callback may make more. */
static void io_take_ready(struct io *io)
{
    struct list due;
    list_init(&due);
    list_append(&due, &io->ready);
    struct list *node;
    while ((node = list_pop_front(&due)) != NULL) {
        struct op_state *state = LIST_ENTRY(node, struct op_state, node);
        io_hand_out_last(io, op_of(state), state->value);
    }
}

int io_poll(struct io *io, uint64_t deadline_ns)
{
    io->handed_out = 0;
    io->operations->poll(io, list_empty(&io->ready) ? deadline_ns : 0);
    io_take_ready(io);
    return io->handed_out;
}

/* A poll that ends long after its deadline means that the whole process stood still (a signal, a
 * machine without a CPU to spare). What came meanwhile is handed out before the step looks at its
 * timers: it was not the peers who were late. */
static void io_catch_up(struct io *io, uint64_t due_ns)
{
    bool late = due_ns < io->now_ns && io->now_ns - due_ns > LATE_NS;
    for (int i = 0; late && i < LATE_POLLS_MAX && !io->stopped; i++)
        late = io_poll(io, 0) > 0;
}

void io_run(struct io *io, struct io_loop *loop)
{
    ASSERT(io->loop == NULL);
    io->loop = loop;
    io->stopped = false;
    while (!io->stopped) {
        uint64_t deadline_ns = loop->step(loop);
        uint64_t due_ns = MAX(deadline_ns, io->now_ns);
        if (!io->stopped) {
            io_poll(io, deadline_ns);
            io_catch_up(io, due_ns);
        }
    }
    /* Wakes of the last step must reach their cores. */
    io->operations->flush(io);
    io->loop = NULL;
}

void io_stop(struct io *io)
{
    io->stopped = true;
}

/* Sleeping and waking. */

bool io_may_sleep(struct io *io)
{
    atomic_store_explicit(&io->sleeping, true, memory_order_relaxed);
    io_full_fence();
    bool work = disk_pool_ready(io->pool) || (io->loop != NULL && io->loop->has_work(io->loop));
    if (work)
        io_awake(io);
    return !work;
}

void io_awake(struct io *io)
{
    atomic_store_explicit(&io->sleeping, false, memory_order_relaxed);
}

/* True when the caller is the one who has to wake it. */
static bool io_claim_wake(struct io *io)
{
    io_full_fence();
    if (!atomic_load_explicit(&io->sleeping, memory_order_relaxed))
        return false;
    return atomic_exchange_explicit(&io->sleeping, false, memory_order_relaxed);
}

void io_event_write(struct io *io)
{
    /* A signal handler may be the caller: errno stays as it was. */
    int saved = errno;
    uint64_t one = 1;
    ssize_t written;
    do
        written = write(io->event_file, &one, sizeof one);
    while (written < 0 && errno == EINTR);
    errno = saved;
}

void io_wake(struct io *from, struct io *target)
{
    if (!io_claim_wake(target))
        return;
    if (from->operations == target->operations)
        from->operations->wake(from, target);
    else
        target->operations->wake_external(target);
}

void io_wake_if_sleeping(struct io *io)
{
    if (io_claim_wake(io))
        io_event_write(io);
}

void io_wake_external(struct io *target)
{
    target->operations->wake_external(target);
}

/* Verbs. */

int io_listen(struct io *io, const struct io_listen_options *options, int *listener, uint16_t *port)
{
    return io->operations->listen(io, options, listener, port);
}

void io_accept(struct io *io, struct io_op *op, int listener)
{
    op_begin(op, OP_ACCEPT, listener);
    io->operations->accept(io, op, listener);
}

int io_connect(struct io *io, struct io_op *op, const char *host, uint16_t port)
{
    op_begin(op, OP_CONNECT, -1);
    return io->operations->connect(io, op, host, port);
}

void io_peer_name(struct io *io, int socket, char *text)
{
    io->operations->peer_name(io, socket, text);
}

void io_peer_address(struct io *io, int socket, char *text)
{
    static const char mapped[] = "::ffff:";
    char name[64];
    io->operations->peer_name(io, socket, name);
    const char *from = strncmp(name, mapped, strlen(mapped)) == 0 ? name + strlen(mapped) : name;
    const char *end = strrchr(from, ':');
    size_t len = end == NULL ? strlen(from) : (size_t)(end - from);
    len = MIN(len, (size_t)47);
    memcpy(text, from, len);
    text[len] = '\0';
}

void io_recv(struct io *io, struct io_op *op, int socket)
{
    op_begin(op, OP_RECV, socket);
    io->operations->recv(io, op, socket);
}

void io_recv_into(struct io *io, struct io_op *op, int socket, void *data, uint32_t len)
{
    ASSERT(data != NULL && len > 0);
    struct op_state *state = op_begin(op, OP_RECV, socket);
    state->recv.data = data;
    state->recv.len = len;
    io->operations->recv(io, op, socket);
}

void io_recv_release(struct io *io, struct io_buffer *buffer)
{
    ASSERT(io->buffers_out > 0 && buffer->id < io->buffer_count);
    io->buffers_out--;
    io->operations->recv_release(io, buffer);
}

uint32_t io_recv_available(const struct io *io)
{
    return io->buffer_count - io->buffers_out;
}

void io_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count)
{
    ASSERT(count > 0 && count <= 1024);
    op_begin_send(op, socket, parts, count);
    io->operations->send(io, op, socket, parts, count);
}

void io_shutdown(struct io *io, int socket)
{
    io->operations->shutdown(io, socket);
}

void io_close(struct io *io, struct io_op *op, int socket)
{
    op_begin(op, OP_CLOSE, socket);
    io->operations->close(io, op, socket);
}

void io_cancel(struct io *io, struct io_op *op)
{
    op_state(op)->canceled = true;
    io->operations->cancel(io, op);
}

void io_write(struct io *io, struct io_op *op, const struct io_extent *extent, unsigned flags)
{
    op_begin_disk(op, OP_WRITE, extent)->flags = (uint8_t)flags;
    io->operations->write(io, op, extent, flags);
}

void io_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    op_begin_disk(op, OP_READ, extent);
    io->operations->read(io, op, extent);
}

/* One call: a second one after a part would bring what the disk has delivered meanwhile, and so on,
 * and the core would wait for the disk without a sleep. */
int64_t io_file_read_now(struct io *io, const struct io_extent *extent)
{
    struct iovec whole = {extent->data, extent->len};
    ssize_t got;
    (void)io;
    do
        got = preadv2(extent->file, &whole, 1, (off_t)extent->pos, RWF_NOWAIT);
    while (got < 0 && errno == EINTR);
    if (got >= 0)
        return got;
    /* Some file systems cannot say whether they would wait. */
    return errno == EAGAIN || errno == EOPNOTSUPP ? ERR_BUSY : result_from_errno(errno);
}

int64_t io_read_now(struct io *io, const struct io_extent *extent)
{
    ASSERT(extent->data != NULL && extent->len > 0);
    return io->operations->read_now(io, extent);
}

void io_sync(struct io *io, struct io_op *op, int file)
{
    op_begin(op, OP_SYNC, file);
    io->operations->sync(io, op, file);
}

void io_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context)
{
    op_begin(op, OP_JOB, -1);
    io->operations->job(io, op, lane, job, context);
}
