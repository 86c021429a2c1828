/*
 * io on io_uring.
 *
 * One ring a core: SINGLE_ISSUER and DEFER_TASKRUN, so that completions are made only when the core
 * asks; everything prepared during a step goes to the kernel with the wait for the next one, in
 * one system call. Receives and accepts are multishot, received bytes lie in a ring of provided
 * buffers. Disk writes carry RWF_DSYNC. A core that sleeps is woken by MSG_RING.
 *
 * A socket counts what is out on it, so that closing can cancel all of it, wait for the last, and
 * only then close: a descriptor is never reused while an operation still names it.
 */
#include <errno.h>
#include <liburing.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/io_internal.h"

#define RING_ENTRIES 4096
#define RING_COMPLETIONS (4 * RING_ENTRIES)
#define RING_BUFFER_GROUP 1
#define RING_SOCKETS_MIN 1024

/* user_data of completions that belong to no operation. */
enum { RING_IGNORE = 0, RING_EVENT = 1, RING_MESSAGE = 2 };

enum ring_verb { RING_ACCEPT, RING_CONNECT, RING_RECV, RING_SEND, RING_WRITE, RING_READ, RING_SYNC };

/* What an operation keeps while it is out. */
struct ring_op {
    struct op_ready ready; /* first */
    uint8_t verb;
    uint8_t flags;
    int32_t file;
    union {
        struct {
            const struct iovec *parts;
            int32_t part_count;
            uint64_t total;
            uint64_t part_sent; /* of the first part left */
        } send;
        struct {
            uint8_t *data;
            uint64_t pos;
            uint32_t len;
            uint32_t done;
        } disk;
    };
};

_Static_assert(sizeof(struct ring_op) <= sizeof(((struct io_op *)0)->internal),
               "an operation's state lives in it");

struct ring_socket {
    uint32_t out;
    struct io_op *closing;
    struct msghdr message; /* of the one send that may be out */
};

struct ring {
    struct io io; /* first */
    struct io_uring uring;
    bool enabled;
    struct ring_socket *sockets; /* by descriptor */
    uint32_t socket_count;
    uint8_t *buffer_memory;
    uint32_t buffer_bytes;
    struct io_buffer *buffers;
    struct io_uring_buf_ring *buffer_ring;
    size_t buffer_ring_bytes;
};

static struct ring *ring_of(struct io *io)
{
    return CONTAINER_OF(io, struct ring, io);
}

static struct ring_op *state_of(struct io_op *op)
{
    return (struct ring_op *)(void *)op->internal;
}

/* A submission slot. The queue is emptied into the kernel when it is full. */
static struct io_uring_sqe *ring_slot(struct ring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);
    while (sqe == NULL) {
        int result = io_uring_submit(&ring->uring);
        ASSERT(result >= 0 || result == -EBUSY || result == -EAGAIN || result == -EINTR);
        sqe = io_uring_get_sqe(&ring->uring);
    }
    return sqe;
}

static struct ring_socket *ring_socket(struct ring *ring, int file)
{
    ASSERT(file >= 0);
    uint32_t index = (uint32_t)file;
    if (index >= ring->socket_count) {
        uint32_t count = MAX(ring->socket_count * 2, index + 1);
        ring->sockets = mem_realloc(ring->sockets, ring->socket_count * sizeof *ring->sockets,
                                    count * sizeof *ring->sockets);
        ring->socket_count = count;
    }
    return &ring->sockets[index];
}

static void socket_begin(struct ring *ring, struct io_op *op, int file, enum ring_verb verb)
{
    struct ring_op *state = state_of(op);
    *state = (struct ring_op){.verb = (uint8_t)verb, .file = file};
    ring_socket(ring, file)->out++;
}

static void socket_end(struct ring *ring, int file)
{
    struct ring_socket *s = ring_socket(ring, file);
    ASSERT(s->out > 0);
    s->out--;
    if (s->out > 0 || s->closing == NULL)
        return;
    struct io_op *closing = s->closing;
    s->closing = NULL;
    close(file);
    io_ready(&ring->io, closing, 0);
}

/* Network verbs. */

static void ring_accept(struct io *io, struct io_op *op, int listener)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, op, listener, RING_ACCEPT);
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data(sqe, op);
}

static void ring_connect(struct io *io, struct io_op *op, int socket)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, op, socket, RING_CONNECT);
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_poll_add(sqe, socket, POLLOUT);
    io_uring_sqe_set_data(sqe, op);
}

static void ring_arm_recv(struct ring *ring, struct io_op *op, int socket)
{
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_recv_multishot(sqe, socket, NULL, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = RING_BUFFER_GROUP;
    io_uring_sqe_set_data(sqe, op);
}

static void ring_recv(struct io *io, struct io_op *op, int socket)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, op, socket, RING_RECV);
    ring_arm_recv(ring, op, socket);
}

static void ring_give_buffer(struct ring *ring, uint32_t id)
{
    int mask = io_uring_buf_ring_mask(ring->io.buffer_count);
    io_uring_buf_ring_add(ring->buffer_ring, ring->buffer_memory + (size_t)id * ring->buffer_bytes,
                          ring->buffer_bytes, (unsigned short)id, mask, 0);
    io_uring_buf_ring_advance(ring->buffer_ring, 1);
}

static void ring_recv_release(struct io *io, struct io_buffer *buffer)
{
    ring_give_buffer(ring_of(io), buffer->id);
}

/* Sends what is left of the parts: all of them with one message, the rest of a part alone after a
 * partial send. */
static void ring_arm_send(struct ring *ring, struct io_op *op, size_t skip)
{
    struct ring_op *state = state_of(op);
    struct io_uring_sqe *sqe = ring_slot(ring);
    const struct iovec *parts = state->send.parts;
    int flags = MSG_NOSIGNAL | MSG_WAITALL;
    if (state->send.part_count == 1 || skip > 0) {
        io_uring_prep_send(sqe, state->file, (const uint8_t *)parts->iov_base + skip,
                           parts->iov_len - skip, flags);
    } else {
        struct msghdr *message = &ring_socket(ring, state->file)->message;
        *message = (struct msghdr){
            .msg_iov = (struct iovec *)(uintptr_t)parts,
            .msg_iovlen = (size_t)state->send.part_count,
        };
        io_uring_prep_sendmsg(sqe, state->file, message, (unsigned)flags);
    }
    io_uring_sqe_set_data(sqe, op);
}

static void ring_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts,
                      int count)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, op, socket, RING_SEND);
    struct ring_op *state = state_of(op);
    state->send.parts = parts;
    state->send.part_count = count;
    ring_arm_send(ring, op, 0);
}

static void ring_close(struct io *io, struct io_op *op, int socket)
{
    struct ring *ring = ring_of(io);
    struct ring_socket *s = ring_socket(ring, socket);
    ASSERT(s->closing == NULL);
    if (s->out == 0) {
        close(socket);
        io_ready(io, op, 0);
        return;
    }
    s->closing = op;
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_cancel_fd(sqe, socket, IORING_ASYNC_CANCEL_ALL);
    io_uring_sqe_set_data64(sqe, RING_IGNORE);
}

static void ring_cancel(struct io *io, struct io_op *op)
{
    struct io_uring_sqe *sqe = ring_slot(ring_of(io));
    io_uring_prep_cancel(sqe, op, 0);
    io_uring_sqe_set_data64(sqe, RING_IGNORE);
}

/* Disk verbs. */

static void ring_arm_disk(struct ring *ring, struct io_op *op)
{
    struct ring_op *state = state_of(op);
    struct io_uring_sqe *sqe = ring_slot(ring);
    uint8_t *data = state->disk.data + state->disk.done;
    uint32_t len = state->disk.len - state->disk.done;
    uint64_t pos = state->disk.pos + state->disk.done;
    if (state->verb == RING_WRITE) {
        io_uring_prep_write(sqe, state->file, data, len, pos);
        if (state->flags & IO_DSYNC)
            sqe->rw_flags = RWF_DSYNC;
    } else {
        io_uring_prep_read(sqe, state->file, data, len, pos);
    }
    io_uring_sqe_set_data(sqe, op);
}

static void disk_begin(struct io_op *op, const struct io_extent *extent, enum ring_verb verb,
                       unsigned flags)
{
    struct ring_op *state = state_of(op);
    *state =
        (struct ring_op){.verb = (uint8_t)verb, .flags = (uint8_t)flags, .file = extent->file};
    state->disk.data = extent->data;
    state->disk.len = extent->len;
    state->disk.pos = extent->pos;
    state->disk.done = 0;
}

static void ring_write(struct io *io, struct io_op *op, const struct io_extent *extent,
                       unsigned flags)
{
    disk_begin(op, extent, RING_WRITE, flags);
    ring_arm_disk(ring_of(io), op);
}

static void ring_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    disk_begin(op, extent, RING_READ, 0);
    ring_arm_disk(ring_of(io), op);
}

static void ring_sync(struct io *io, struct io_op *op, int file)
{
    struct ring *ring = ring_of(io);
    *state_of(op) = (struct ring_op){.verb = RING_SYNC, .file = file};
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_fsync(sqe, file, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data(sqe, op);
}

static void ring_wake(struct io *from, struct io *target)
{
    struct io_uring_sqe *sqe = ring_slot(ring_of(from));
    io_uring_prep_msg_ring(sqe, ring_of(target)->uring.ring_fd, 0, RING_IGNORE, 0);
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)target | RING_MESSAGE);
}

/* Completions. */

static int64_t value_of(int result)
{
    return result < 0 ? result_from_errno(-result) : result;
}

static void complete_socket(struct ring *ring, struct io_op *op, int64_t value)
{
    struct io_event event = {.value = value, .last = true};
    int file = state_of(op)->file;
    io_hand_out(&ring->io, op, &event);
    socket_end(ring, file);
}

static void complete_accept(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe)
{
    struct io_event event = {.value = value_of(cqe->res)};
    int listener = state_of(op)->file;
    bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->res >= 0) {
        int on = 1;
        setsockopt(cqe->res, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!more && ring_socket(ring, listener)->closing == NULL) {
            struct io_uring_sqe *sqe = ring_slot(ring);
            io_uring_prep_multishot_accept(sqe, listener, NULL, NULL, SOCK_CLOEXEC);
            io_uring_sqe_set_data(sqe, op);
            more = true;
        }
    }
    event.last = !more;
    io_hand_out(&ring->io, op, &event);
    if (!more)
        socket_end(ring, listener);
}

static void complete_recv(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe)
{
    struct io_event event = {.value = value_of(cqe->res)};
    int socket = state_of(op)->file;
    bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->flags & IORING_CQE_F_BUFFER) {
        uint32_t id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
        if (cqe->res > 0) {
            event.buffer = &ring->buffers[id];
            event.buffer->len = (uint32_t)cqe->res;
            ring->io.buffers_out++;
        } else {
            ring_give_buffer(ring, id);
        }
    }
    if (cqe->res > 0 && !more && ring_socket(ring, socket)->closing == NULL) {
        ring_arm_recv(ring, op, socket);
        more = true;
    }
    event.last = !more;
    io_hand_out(&ring->io, op, &event);
    if (!more)
        socket_end(ring, socket);
}

static void complete_send(struct ring *ring, struct io_op *op, int result)
{
    struct ring_op *state = state_of(op);
    if (result <= 0) {
        complete_socket(ring, op, result == 0 ? ERR_CLOSED : value_of(result));
        return;
    }
    size_t sent = (size_t)result;
    state->send.total += sent;
    const struct iovec *parts = state->send.parts;
    sent += state->send.part_sent;
    while (state->send.part_count > 0 && sent >= parts->iov_len) {
        sent -= parts->iov_len;
        parts++;
        state->send.part_count--;
    }
    state->send.parts = parts;
    state->send.part_sent = sent;
    if (state->send.part_count == 0)
        complete_socket(ring, op, (int64_t)state->send.total);
    else
        ring_arm_send(ring, op, sent);
}

static void complete_connect(struct ring *ring, struct io_op *op, int result)
{
    int file = state_of(op)->file;
    int error = result < 0 ? -result : 0;
    socklen_t len = sizeof error;
    if (result >= 0)
        getsockopt(file, SOL_SOCKET, SO_ERROR, &error, &len);
    complete_socket(ring, op, error == 0 ? file : result_from_errno(error));
}

static void complete_disk(struct ring *ring, struct io_op *op, int result)
{
    struct ring_op *state = state_of(op);
    struct io_event event = {.value = value_of(result), .last = true};
    if (result > 0) {
        state->disk.done += (uint32_t)result;
        event.value = state->disk.done;
        if (state->disk.done < state->disk.len) {
            ring_arm_disk(ring, op);
            return;
        }
    } else if (result == 0 && state->disk.done < state->disk.len) {
        event.value = state->verb == RING_READ ? (int64_t)state->disk.done : ERR_IO;
    }
    io_hand_out(&ring->io, op, &event);
}

static void ring_arm_event(struct ring *ring)
{
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_poll_multishot(sqe, ring->io.event_file, POLLIN);
    io_uring_sqe_set_data64(sqe, RING_EVENT);
}

static void complete_event(struct ring *ring, const struct io_uring_cqe *cqe)
{
    uint64_t count;
    ssize_t got = read(ring->io.event_file, &count, sizeof count);
    (void)got;
    if ((cqe->flags & IORING_CQE_F_MORE) == 0)
        ring_arm_event(ring);
}

/* MSG_RING that failed: the target's ring does not run yet. */
static void complete_message(const struct io_uring_cqe *cqe)
{
    if (cqe->res < 0)
        io_wake_external((struct io *)(uintptr_t)(cqe->user_data & ~(uint64_t)7));
}

static void ring_complete(struct ring *ring, const struct io_uring_cqe *cqe)
{
    unsigned special = cqe->user_data & 7;
    if (special == RING_EVENT) {
        complete_event(ring, cqe);
        return;
    }
    if (special == RING_MESSAGE) {
        complete_message(cqe);
        return;
    }
    if (cqe->user_data == RING_IGNORE)
        return;
    struct io_op *op = (struct io_op *)(uintptr_t)cqe->user_data;
    switch ((enum ring_verb)state_of(op)->verb) {
    case RING_ACCEPT:
        complete_accept(ring, op, cqe);
        break;
    case RING_CONNECT:
        complete_connect(ring, op, cqe->res);
        break;
    case RING_RECV:
        complete_recv(ring, op, cqe);
        break;
    case RING_SEND:
        complete_send(ring, op, cqe->res);
        break;
    case RING_WRITE:
    case RING_READ:
        complete_disk(ring, op, cqe->res);
        break;
    case RING_SYNC: {
        struct io_event event = {.value = value_of(cqe->res), .last = true};
        io_hand_out(&ring->io, op, &event);
        break;
    }
    }
}

/* Polling. */

static void ring_enable(struct ring *ring)
{
    int result = io_uring_enable_rings(&ring->uring);
    ASSERT(result == 0);
    ring->enabled = true;
    ring_arm_event(ring);
}

static bool ring_has_completions(struct ring *ring)
{
    return io_uring_cq_ready(&ring->uring) > 0;
}

/* Submits, and lets the kernel run what it has deferred; no call when there is neither. */
static void ring_turn(struct ring *ring)
{
    unsigned flags = IO_URING_READ_ONCE(*ring->uring.sq.kflags);
    bool deferred = (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    if (io_uring_sq_ready(&ring->uring) == 0 && !deferred)
        return;
    int result = io_uring_submit_and_get_events(&ring->uring);
    ASSERT(result >= 0 || result == -EBUSY || result == -EAGAIN || result == -EINTR);
}

static void ring_wait(struct ring *ring, uint64_t deadline_ns)
{
    struct io *io = &ring->io;
    struct io_uring_cqe *cqe;
    struct __kernel_timespec timeout;
    uint64_t wait_ns = deadline_ns == IO_NEVER ? 0 : deadline_ns - io->now_ns;
    timeout.tv_sec = (int64_t)(wait_ns / NS_PER_S);
    timeout.tv_nsec = (long long)(wait_ns % NS_PER_S);
    if (!io_may_sleep(io)) {
        ring_turn(ring);
        return;
    }
    int result = io_uring_submit_and_wait_timeout(
        &ring->uring, &cqe, 1, deadline_ns == IO_NEVER ? NULL : &timeout, NULL);
    io_awake(io);
    ASSERT(result >= 0 || result == -ETIME || result == -EINTR || result == -EBUSY ||
           result == -EAGAIN);
}

static void ring_poll(struct io *io, uint64_t deadline_ns)
{
    struct ring *ring = ring_of(io);
    if (!ring->enabled)
        ring_enable(ring);
    if (deadline_ns > io->now_ns && !ring_has_completions(ring)) {
        io_read_clocks(io);
        if (deadline_ns > io->now_ns)
            ring_wait(ring, deadline_ns);
        else
            ring_turn(ring);
    } else {
        ring_turn(ring);
    }
    io_read_clocks(io);
    unsigned head;
    unsigned count = 0;
    struct io_uring_cqe *cqe;
    /* A callback may submit and so move the queue: completions are copied and freed one by one. */
    unsigned limit = io_uring_cq_ready(&ring->uring);
    while (count < limit) {
        struct io_uring_cqe copy;
        bool any = false;
        io_uring_for_each_cqe(&ring->uring, head, cqe)
        {
            copy = *cqe;
            any = true;
            break;
        }
        if (!any)
            break;
        io_uring_cq_advance(&ring->uring, 1);
        count++;
        ring_complete(ring, &copy);
    }
}

/* Construction. */

static void ring_free(struct io *io)
{
    struct ring *ring = ring_of(io);
    io_base_fini(io);
    io_uring_queue_exit(&ring->uring);
    mem_unmap(ring->buffer_ring, ring->buffer_ring_bytes);
    mem_unmap(ring->buffer_memory, (size_t)io->buffer_count * ring->buffer_bytes);
    mem_free(ring->buffers);
    mem_free(ring->sockets);
    mem_free(ring);
}

static const struct io_operations ring_operations = {
    .name = "io_uring",
    .free = ring_free,
    .poll = ring_poll,
    .wake = ring_wake,
    .accept = ring_accept,
    .connect = ring_connect,
    .recv = ring_recv,
    .recv_release = ring_recv_release,
    .send = ring_send,
    .close = ring_close,
    .cancel = ring_cancel,
    .write = ring_write,
    .read = ring_read,
    .sync = ring_sync,
};

static int ring_set_up(struct ring *ring)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |
                 IORING_SETUP_R_DISABLED,
        .cq_entries = RING_COMPLETIONS,
    };
    int result = io_uring_queue_init_params(RING_ENTRIES, &ring->uring, &params);
    if (result == 0 && (params.features & IORING_FEAT_EXT_ARG) == 0) {
        io_uring_queue_exit(&ring->uring);
        return ERR_UNSUPPORTED;
    }
    return result == 0 ? 0 : result_from_errno(-result);
}

static int ring_set_up_buffers(struct ring *ring, const struct io_options *options)
{
    uint32_t count = options->recv_buffer_count;
    ring->buffer_bytes = options->recv_buffer_bytes;
    ring->buffer_memory = mem_map((size_t)count * ring->buffer_bytes);
    ring->buffers = mem_alloc_array(count, sizeof *ring->buffers);
    ring->buffer_ring_bytes = round_up(count * sizeof(struct io_uring_buf), 4096);
    ring->buffer_ring = mem_map(ring->buffer_ring_bytes);
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)ring->buffer_ring,
        .ring_entries = count,
        .bgid = RING_BUFFER_GROUP,
    };
    int result = io_uring_register_buf_ring(&ring->uring, &registration, 0);
    if (result != 0)
        return ERR_UNSUPPORTED;
    io_uring_buf_ring_init(ring->buffer_ring);
    for (uint32_t i = 0; i < count; i++) {
        ring->buffers[i].data = ring->buffer_memory + (size_t)i * ring->buffer_bytes;
        ring->buffers[i].id = i;
        ring_give_buffer(ring, i);
    }
    return 0;
}

int io_ring_new(const struct io_options *options, struct io **io)
{
    struct ring *ring = mem_alloc(sizeof *ring);
    int result = ring_set_up(ring);
    if (result != 0)
        goto free_ring;
    result = ring_set_up_buffers(ring, options);
    if (result != 0)
        goto exit_queue;
    ring->socket_count = RING_SOCKETS_MIN;
    ring->sockets = mem_alloc_array(ring->socket_count, sizeof *ring->sockets);
    result = io_base_init(&ring->io, &ring_operations, options);
    if (result != 0)
        goto exit_queue;
    *io = &ring->io;
    return 0;
exit_queue:
    io_uring_queue_exit(&ring->uring);
free_ring:
    mem_free(ring->sockets);
    mem_free(ring->buffers);
    mem_free(ring);
    return result;
}
