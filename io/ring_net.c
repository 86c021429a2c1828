/*
 * The ring's sockets.
 *
 * Accepts and receives are multishot. The kernel may end one at any completion, with success too:
 * then it is armed again here, and the caller sees one operation that ends at a real end only, by
 * an event without data. A socket counts what is out on it; closing cancels all of it by
 * descriptor, waits for the last, and only then closes.
 *
 * A request that has just completed cannot be found by a cancel. So whatever would arm it again
 * asks first whether it was canceled, or its socket is closing.
 */
#include "io/ring_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

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

static void socket_begin(struct ring *ring, int file)
{
    struct ring_socket *socket = ring_socket(ring, file);
    ASSERT(socket->closing == NULL);
    socket->out++;
}

static void socket_close(struct ring *ring, struct io_op *op, int file)
{
    *ring_socket(ring, file) = (struct ring_socket){0};
    close(file);
    io_ready(&ring->io, op, 0);
}

/* An operation of the socket has ended. */
static void socket_end(struct ring *ring, int file)
{
    struct ring_socket *socket = ring_socket(ring, file);
    ASSERT(socket->out > 0);
    socket->out--;
    if (socket->out == 0 && socket->closing != NULL)
        socket_close(ring, socket->closing, file);
}

/* Hands out the last event. The callback may start another operation on the socket, or close it. */
static void socket_op_end(struct ring *ring, struct io_op *op, int64_t value)
{
    int file = op_state(op)->file;
    io_hand_out_last(&ring->io, op, value);
    socket_end(ring, file);
}

/* Whether the operation must not go to the kernel again. */
static bool op_ending(struct ring *ring, const struct op_state *state)
{
    return state->canceled || ring_socket(ring, state->file)->closing != NULL;
}

static bool is_transient(int result)
{
    return result == -EINTR || result == -EAGAIN || result == -ECONNABORTED;
}

/* Accept. */

static void accept_arm(struct ring *ring, struct io_op *op)
{
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_multishot_accept(sqe, op_state(op)->file, NULL, NULL, SOCK_CLOEXEC);
    io_uring_sqe_set_data(sqe, op);
}

void ring_accept(struct io *io, struct io_op *op, int listener)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, listener);
    accept_arm(ring, op);
}

void ring_accept_event(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe)
{
    bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    if (cqe->res < 0 && !is_transient(cqe->res)) {
        ASSERT(!more);
        socket_op_end(ring, op, ring_value(cqe->res));
        return;
    }
    if (cqe->res >= 0) {
        struct io_event event = {.value = cqe->res};
        sockets_no_delay(cqe->res);
        io_hand_out(&ring->io, op, &event);
    }
    if (more)
        return;
    if (op_ending(ring, op_state(op)))
        socket_op_end(ring, op, ERR_CANCELED);
    else
        accept_arm(ring, op);
}

/* Connect: the system call was made already, the ring waits for its end. */

int ring_connect(struct io *io, struct io_op *op, const char *host, uint16_t port)
{
    struct ring *ring = ring_of(io);
    int peer;
    int result = sockets_connect(io, op, host, port, &peer);
    if (result != 0 || peer < 0)
        return result;
    op_state(op)->file = peer;
    socket_begin(ring, peer);
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_poll_add(sqe, peer, POLLOUT);
    io_uring_sqe_set_data(sqe, op);
    return 0;
}

void ring_connect_event(struct ring *ring, struct io_op *op, int result)
{
    int peer = op_state(op)->file;
    int64_t value = result < 0 ? ring_value(result) : sockets_connect_result(peer);
    /* The ring waits by itself, and takes non-blocking to mean that it should not. */
    if (value == 0 && fcntl(peer, F_SETFL, 0) != 0)
        value = result_from_errno(errno);
    if (value == 0) {
        sockets_no_delay(peer);
        socket_op_end(ring, op, peer);
        return;
    }
    /* Nobody knows this descriptor yet. */
    *ring_socket(ring, peer) = (struct ring_socket){0};
    close(peer);
    io_hand_out_last(&ring->io, op, value);
}

/* Receive. */

static void recv_arm(struct ring *ring, struct io_op *op)
{
    const struct op_state *state = op_state(op);
    struct io_uring_sqe *sqe = ring_slot(ring);
    if (state->recv.data != NULL) {
        io_uring_prep_recv(sqe, state->file, state->recv.data, state->recv.len, 0);
    } else {
        io_uring_prep_recv_multishot(sqe, state->file, NULL, 0, 0);
        sqe->flags |= IOSQE_BUFFER_SELECT;
        sqe->buf_group = RING_BUFFER_GROUP;
    }
    io_uring_sqe_set_data(sqe, op);
}

void ring_recv(struct io *io, struct io_op *op, int socket)
{
    struct ring *ring = ring_of(io);
    socket_begin(ring, socket);
    recv_arm(ring, op);
}

static void recv_data(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe)
{
    ASSERT(cqe->flags & IORING_CQE_F_BUFFER);
    uint32_t id = cqe->flags >> IORING_CQE_BUFFER_SHIFT;
    ASSERT(id < ring->io.buffer_count);
    struct io_event event = {.value = cqe->res, .buffer = &ring->buffers[id]};
    event.buffer->len = (uint32_t)cqe->res;
    ring->io.buffers_out++;
    io_hand_out(&ring->io, op, &event);
}

void ring_recv_event(struct ring *ring, struct io_op *op, const struct io_uring_cqe *cqe)
{
    bool more = (cqe->flags & IORING_CQE_F_MORE) != 0;
    bool single = op_state(op)->recv.data != NULL;
    if (single && cqe->res > 0) {
        socket_op_end(ring, op, cqe->res);
        return;
    }
    if (cqe->res > 0)
        recv_data(ring, op, cqe);
    else if (cqe->flags & IORING_CQE_F_BUFFER)
        ring_give_buffer(ring, cqe->flags >> IORING_CQE_BUFFER_SHIFT);
    if (more)
        return;
    struct op_state *state = op_state(op);
    bool goes_on = cqe->res > 0 || is_transient(cqe->res);
    if (goes_on && !op_ending(ring, state))
        recv_arm(ring, op);
    else if (goes_on)
        socket_op_end(ring, op, ERR_CANCELED);
    else if (cqe->res == 0 && ring_socket(ring, state->file)->shut)
        socket_op_end(ring, op, ERR_CLOSED);
    else
        socket_op_end(ring, op, ring_value(cqe->res));
}

/* Send. MSG_WAITALL lets the kernel go on after a partial send; what it still leaves over, it was
 * interrupted at. */

static void send_arm(struct ring *ring, struct io_op *op)
{
    struct op_state *state = op_state(op);
    struct msghdr *message = &state->send.message;
    struct io_uring_sqe *sqe = ring_slot(ring);
    if (message->msg_iovlen == 1 || state->send.skip > 0) {
        struct iovec rest = *message->msg_iov;
        if (state->send.skip > 0)
            rest = op_send_rest(state);
        io_uring_prep_send(sqe, state->file, rest.iov_base, rest.iov_len,
                           MSG_NOSIGNAL | MSG_WAITALL);
    } else {
        io_uring_prep_sendmsg(sqe, state->file, message, MSG_NOSIGNAL | MSG_WAITALL);
    }
    io_uring_sqe_set_data(sqe, op);
}

void ring_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count)
{
    struct ring *ring = ring_of(io);
    (void)parts;
    (void)count;
    socket_begin(ring, socket);
    send_arm(ring, op);
}

void ring_send_event(struct ring *ring, struct io_op *op, int result)
{
    struct op_state *state = op_state(op);
    if (result < 0 && !is_transient(result)) {
        socket_op_end(ring, op, ring_value(result));
        return;
    }
    bool whole = op_send_advance(state, result > 0 ? (size_t)result : 0);
    if (whole)
        socket_op_end(ring, op, (int64_t)state->send.total);
    else if (op_ending(ring, state))
        socket_op_end(ring, op, ERR_CANCELED);
    else
        send_arm(ring, op);
}

/* Ends. */

void ring_shutdown(struct io *io, int file)
{
    ring_socket(ring_of(io), file)->shut = true;
    /* It fails when the peer has reset the connection: that ends the operations as well. */
    (void)shutdown(file, SHUT_RDWR);
}

void ring_close(struct io *io, struct io_op *op, int file)
{
    struct ring *ring = ring_of(io);
    struct ring_socket *socket = ring_socket(ring, file);
    ASSERT(socket->closing == NULL);
    if (socket->out == 0) {
        socket_close(ring, op, file);
        return;
    }
    socket->closing = op;
    struct io_uring_sqe *sqe = ring_slot(ring);
    io_uring_prep_cancel_fd(sqe, file, IORING_ASYNC_CANCEL_ALL);
    io_uring_sqe_set_data64(sqe, RING_IGNORE);
}
