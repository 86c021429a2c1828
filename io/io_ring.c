/*
 * io on io_uring: the ring, its waiting and its disk verbs. Sockets are in ring_net.c.
 *
 * One ring a core: SINGLE_ISSUER and DEFER_TASKRUN, so that completions are made only when the core
 * asks for them. Everything prepared during a step goes to the kernel together with the wait for
 * the next one, in one system call; a poll that need not wait makes a call only when there is
 * something to submit, or the kernel has marked the ring (TASKRUN_FLAG, overflow). The ring is
 * created disabled, wherever the io is, and enabled by the thread that polls first.
 *
 * Disk writes carry RWF_DSYNC. Cores wake each other by MSG_RING; threads without a ring write to
 * the event file, of which one read is always armed.
 */
#include "io/ring_internal.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

#define RING_ENTRIES 4096
/* Multishot operations complete without a submission: the default, twice the entries, is short. */
#define RING_COMPLETIONS (4 * RING_ENTRIES)
#define RING_SOCKETS_MIN 1024

static bool enter_may_return(int result)
{
    return result >= 0 || result == -EINTR || result == -EAGAIN || result == -EBUSY ||
           result == -ETIME;
}

struct io_uring_sqe *ring_slot(struct ring *ring)
{
    struct io_uring_sqe *sqe = io_uring_get_sqe(&ring->uring);
    while (sqe == NULL) {
        int result = io_uring_submit(&ring->uring);
        ASSERT(enter_may_return(result));
        sqe = io_uring_get_sqe(&ring->uring);
    }
    return sqe;
}

int64_t ring_value(int result)
{
    return result < 0 ? result_from_errno(-result) : result;
}

static void ring_cancel(struct io *io, struct io_op *op)
{
    struct op_state *state = op_state(op);
    if (state->verb == OP_CLOSE || state->verb == OP_JOB)
        return;
    struct io_uring_sqe *sqe = ring_slot(ring_of(io));
    io_uring_prep_cancel(sqe, op, 0);
    io_uring_sqe_set_data64(sqe, RING_IGNORE);
}

/* Disk verbs. */

static void disk_arm(struct ring *ring, struct io_op *op)
{
    struct op_state *state = op_state(op);
    struct io_uring_sqe *sqe = ring_slot(ring);
    uint8_t *data = state->disk.data + state->disk.done;
    uint32_t len = state->disk.len - state->disk.done;
    uint64_t pos = state->disk.pos + state->disk.done;
    if (state->verb == OP_WRITE) {
        io_uring_prep_write(sqe, state->file, data, len, pos);
        if (state->flags & IO_DSYNC)
            sqe->rw_flags = RWF_DSYNC;
    } else {
        io_uring_prep_read(sqe, state->file, data, len, pos);
    }
    io_uring_sqe_set_data(sqe, op);
}

static void ring_write(struct io *io, struct io_op *op, const struct io_extent *extent,
                       unsigned flags)
{
    (void)extent;
    (void)flags;
    disk_arm(ring_of(io), op);
}

static void ring_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    (void)extent;
    disk_arm(ring_of(io), op);
}

static void ring_sync(struct io *io, struct io_op *op, int file)
{
    struct io_uring_sqe *sqe = ring_slot(ring_of(io));
    io_uring_prep_fsync(sqe, file, IORING_FSYNC_DATASYNC);
    io_uring_sqe_set_data(sqe, op);
}

/* A short read or write goes on; the next completion tells why it was short. */
static void disk_event(struct ring *ring, struct io_op *op, int result)
{
    struct op_state *state = op_state(op);
    if (result == -EINTR || result == -EAGAIN) {
        disk_arm(ring, op);
        return;
    }
    if (result < 0) {
        io_hand_out_last(&ring->io, op, ring_value(result));
        return;
    }
    state->disk.done += (uint32_t)result;
    ASSERT(state->disk.done <= state->disk.len);
    if (state->disk.done == state->disk.len || (result == 0 && state->verb == OP_READ))
        io_hand_out_last(&ring->io, op, state->disk.done);
    else if (result == 0)
        io_hand_out_last(&ring->io, op, ERR_IO);
    else
        disk_arm(ring, op);
}

/* Waking. */

static void ring_wake(struct io *from, struct io *target)
{
    struct io_uring_sqe *sqe = ring_slot(ring_of(from));
    io_uring_prep_msg_ring(sqe, ring_of(target)->uring.ring_fd, 0, RING_IGNORE, 0);
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(sqe, (uint64_t)(uintptr_t)target | RING_MESSAGE);
}

/* A message that could not be delivered: wake the other way. */
static void message_event(const struct io_uring_cqe *cqe)
{
    if (cqe->res < 0)
        io_wake_external((struct io *)(uintptr_t)(cqe->user_data & ~(uint64_t)RING_TAGS));
}

static void event_arm(struct ring *ring)
{
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_read(sqe, ring->io.event_file, &ring->event_count, sizeof ring->event_count, 0);
    io_uring_sqe_set_data64(sqe, RING_EVENT);
}

/* Completions. */

static void ring_operation_event(struct ring *ring, struct io_op *op,
                                 const struct io_uring_cqe *cqe)
{
    switch ((enum op_verb)op_state(op)->verb) {
    case OP_ACCEPT:
        ring_accept_event(ring, op, cqe);
        break;
    case OP_CONNECT:
        ring_connect_event(ring, op, cqe->res);
        break;
    case OP_RECV:
        ring_recv_event(ring, op, cqe);
        break;
    case OP_SEND:
        ring_send_event(ring, op, cqe->res);
        break;
    case OP_WRITE:
    case OP_READ:
        disk_event(ring, op, cqe->res);
        break;
    case OP_SYNC:
        io_hand_out_last(&ring->io, op, ring_value(cqe->res));
        break;
    case OP_CLOSE:
    case OP_JOB:
        ASSERT(false && "not an operation of the ring");
    }
}

static void ring_event(struct ring *ring, const struct io_uring_cqe *cqe)
{
    switch (cqe->user_data & RING_TAGS) {
    case RING_EVENT:
        event_arm(ring);
        break;
    case RING_MESSAGE:
        message_event(cqe);
        break;
    default:
        if (cqe->user_data != RING_IGNORE)
            ring_operation_event(ring, (struct io_op *)(uintptr_t)cqe->user_data, cqe);
    }
}

/* What was there at the start: callbacks may cause more. */
static void ring_take(struct ring *ring)
{
    unsigned limit = io_uring_cq_ready(&ring->uring);
    unsigned count = 0;
    unsigned head;
    struct io_uring_cqe *cqe;
    io_uring_for_each_cqe(&ring->uring, head, cqe)
    {
        if (count == limit)
            break;
        count++;
        ring_event(ring, cqe);
    }
    io_uring_cq_advance(&ring->uring, count);
}

/* Polling. */

static void ring_enable(struct ring *ring)
{
    /* liburing 2.3 declares io_uring_enable_rings but does not export it. */
    long result =
        syscall(__NR_io_uring_register, ring->uring.ring_fd, IORING_REGISTER_ENABLE_RINGS, NULL, 0);
    ASSERT(result == 0);
    /* Saves a reference count per call; the ring works without. */
    (void)io_uring_register_ring_fd(&ring->uring);
    ring->enabled = true;
    event_arm(ring);
}

/* Submits, and lets the kernel run what it has deferred; no call when there is neither. */
static void ring_turn(struct ring *ring)
{
    unsigned flags = IO_URING_READ_ONCE(*ring->uring.sq.kflags);
    bool marked = (flags & (IORING_SQ_TASKRUN | IORING_SQ_CQ_OVERFLOW)) != 0;
    if (io_uring_sq_ready(&ring->uring) == 0 && !marked)
        return;
    int result = io_uring_submit_and_get_events(&ring->uring);
    ASSERT(enter_may_return(result));
}

static void ring_wait(struct ring *ring, uint64_t deadline_ns)
{
    struct io *io = &ring->io;
    struct io_uring_cqe *cqe;
    struct __kernel_timespec timeout = {0};
    if (deadline_ns != IO_NEVER) {
        uint64_t wait_ns = deadline_ns - io->now_ns;
        timeout.tv_sec = (int64_t)(wait_ns / NS_PER_S);
        timeout.tv_nsec = (int64_t)(wait_ns % NS_PER_S);
    }
    int result = io_uring_submit_and_wait_timeout(&ring->uring, &cqe, 1,
                                                  deadline_ns == IO_NEVER ? NULL : &timeout, NULL);
    ASSERT(enter_may_return(result));
}

static void ring_flush(struct io *io)
{
    struct ring *ring = ring_of(io);
    if (!ring->enabled)
        ring_enable(ring);
    int result = io_uring_submit(&ring->uring);
    ASSERT(enter_may_return(result));
}

static void ring_poll(struct io *io, uint64_t deadline_ns)
{
    struct ring *ring = ring_of(io);
    if (!ring->enabled)
        ring_enable(ring);
    io_read_clocks(io);
    if (deadline_ns > io->now_ns && io_uring_cq_ready(&ring->uring) == 0 && io_may_sleep(io)) {
        ring_wait(ring, deadline_ns);
        io_awake(io);
        io_read_clocks(io);
    } else {
        ring_turn(ring);
    }
    ring_take(ring);
    disk_pool_take(io->pool);
}

/* Receive buffers. */

void ring_give_buffer(struct ring *ring, uint32_t id)
{
    int mask = io_uring_buf_ring_mask(ring->io.buffer_count);
    io_uring_buf_ring_add(ring->buffer_ring, ring->buffers[id].data, ring->buffer_bytes,
                          (unsigned short)id, mask, 0);
    io_uring_buf_ring_advance(ring->buffer_ring, 1);
}

static void ring_recv_release(struct io *io, struct io_buffer *buffer)
{
    ring_give_buffer(ring_of(io), buffer->id);
}

static void buffers_unmap(struct ring *ring)
{
    mem_unmap(ring->buffer_ring, ring->buffer_ring_bytes);
    mem_unmap(ring->buffer_memory, (size_t)ring->io.buffer_count * ring->buffer_bytes);
    mem_free(ring->buffers);
}

static int buffers_map(struct ring *ring, const struct io_options *options)
{
    uint32_t count = options->recv_buffer_count;
    ring->io.buffer_count = count;
    ring->buffer_bytes = options->recv_buffer_bytes;
    ring->buffer_memory = mem_map((size_t)count * ring->buffer_bytes);
    ring->buffers = mem_alloc_array(count, sizeof *ring->buffers);
    ring->buffer_ring_bytes = round_up(count * sizeof(struct io_uring_buf), 4096);
    ring->buffer_ring = mem_map(ring->buffer_ring_bytes);
    io_uring_buf_ring_init(ring->buffer_ring);
    struct io_uring_buf_reg registration = {
        .ring_addr = (uint64_t)(uintptr_t)ring->buffer_ring,
        .ring_entries = count,
        .bgid = RING_BUFFER_GROUP,
    };
    int result = io_uring_register_buf_ring(&ring->uring, &registration, 0);
    if (result != 0) {
        buffers_unmap(ring);
        return result;
    }
    for (uint32_t i = 0; i < count; i++) {
        ring->buffers[i].data = ring->buffer_memory + (size_t)i * ring->buffer_bytes;
        ring->buffers[i].id = i;
        ring_give_buffer(ring, i);
    }
    return 0;
}

/* Construction. */

static void ring_free(struct io *io)
{
    struct ring *ring = ring_of(io);
    ASSERT(io->buffers_out == 0);
    io_uring_queue_exit(&ring->uring);
    io_base_fini(io);
    buffers_unmap(ring);
    mem_free(ring->sockets);
    mem_free(ring);
}

static const struct io_operations ring_operations = {
    .name = "io_uring",
    .release = ring_free,
    .poll = ring_poll,
    .flush = ring_flush,
    .wake = ring_wake,
    .wake_external = io_event_write,
    .now_precise = io_clock_now,
    .listen = sockets_listen,
    .accept = ring_accept,
    .connect = ring_connect,
    .peer_name = sockets_peer_name,
    .recv = ring_recv,
    .recv_release = ring_recv_release,
    .send = ring_send,
    .shutdown = ring_shutdown,
    .close = ring_close,
    .cancel = ring_cancel,
    .write = ring_write,
    .read = ring_read,
    .read_now = io_file_read_now,
    .sync = ring_sync,
    .job = disk_pool_job,
};

/* A kernel that knows DEFER_TASKRUN (6.1) has everything else that is used here. */
static int queue_init(struct io_uring *uring)
{
    struct io_uring_params params = {
        .flags = IORING_SETUP_SINGLE_ISSUER | IORING_SETUP_DEFER_TASKRUN |
                 IORING_SETUP_TASKRUN_FLAG | IORING_SETUP_SUBMIT_ALL | IORING_SETUP_CQSIZE |
                 IORING_SETUP_R_DISABLED,
        .cq_entries = RING_COMPLETIONS,
    };
    return io_uring_queue_init_params(RING_ENTRIES, uring, &params);
}

static int refused(const struct io_options *options, const char *what, int result)
{
    log_info(options->log, "io_uring: %s: %s", what, strerror(-result));
    if (result == -EMFILE || result == -ENFILE || result == -ENOMEM)
        return result_from_errno(-result);
    return ERR_UNSUPPORTED;
}

int io_ring_new(const struct io_options *options, struct io **io)
{
    struct ring *ring = mem_alloc(sizeof *ring);
    int result = queue_init(&ring->uring);
    if (result != 0) {
        result = refused(options, "cannot create a ring", result);
        goto free_ring;
    }
    result = buffers_map(ring, options);
    if (result != 0) {
        result = refused(options, "cannot register receive buffers", result);
        goto exit_queue;
    }
    result = io_base_init(&ring->io, &ring_operations, options);
    if (result != 0)
        goto unmap_buffers;
    ring->socket_count = RING_SOCKETS_MIN;
    ring->sockets = mem_alloc_array(ring->socket_count, sizeof *ring->sockets);
    *io = &ring->io;
    return 0;
unmap_buffers:
    buffers_unmap(ring);
exit_queue:
    io_uring_queue_exit(&ring->uring);
free_ring:
    mem_free(ring);
    return result;
}
