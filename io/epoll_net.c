/*
 * Sockets under epoll.
 *
 * A socket is put into the set once, edge-triggered for both directions, and remembers whether it
 * may be read or written; a system call is made only when it may. Verbs make none: they note the
 * operation, and the next poll runs it, so that none completes inside its verb. One run of a
 * socket takes a bounded number of buffers; what is left goes behind the others.
 *
 * All reports of one wait are noted before any callback runs. So a descriptor that is closed and
 * used again meanwhile never gets its predecessor's report.
 */
#include "io/epoll_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/mem.h"

#define RUN_BUFFERS_MAX 8
#define RUN_ACCEPTS_MAX 64

static struct epoll_socket *socket_of(struct epoll *epoll, int file)
{
    ASSERT(file >= 0);
    uint32_t index = (uint32_t)file;
    if (index >= epoll->socket_count) {
        uint32_t count = MAX(epoll->socket_count * 2, index + 1);
        epoll->sockets = mem_realloc(epoll->sockets, epoll->socket_count * sizeof *epoll->sockets,
                                     count * sizeof *epoll->sockets);
        epoll->socket_count = count;
    }
    if (epoll->sockets[index] == NULL) {
        struct epoll_socket *socket = mem_alloc(sizeof *socket);
        socket->file = file;
        list_init(&socket->node);
        epoll->sockets[index] = socket;
    }
    return epoll->sockets[index];
}

static void socket_queue(struct epoll *epoll, struct epoll_socket *socket)
{
    bool runnable =
        (socket->in != NULL && socket->readable) || (socket->out != NULL && socket->writable);
    if (runnable && list_empty(&socket->node))
        list_push_back(&epoll->runnable, &socket->node);
}

/* Puts it into the set; entering reports what is ready already. */
static int socket_watch(struct epoll *epoll, struct epoll_socket *socket)
{
    if (socket->watched)
        return 0;
    struct epoll_event event = {
        .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
        .data.fd = socket->file,
    };
    if (epoll_ctl(epoll->set, EPOLL_CTL_ADD, socket->file, &event) != 0)
        return result_from_errno(errno);
    socket->watched = true;
    return 0;
}

static void socket_begin_in(struct epoll *epoll, struct epoll_socket *socket, struct io_op *op)
{
    ASSERT(socket->in == NULL);
    int result = socket_watch(epoll, socket);
    if (result != 0) {
        io_ready(&epoll->io, op, result);
        return;
    }
    socket->in = op;
    socket_queue(epoll, socket);
}

static void socket_begin_out(struct epoll *epoll, struct epoll_socket *socket, struct io_op *op)
{
    ASSERT(socket->out == NULL);
    int result = socket_watch(epoll, socket);
    if (result != 0) {
        io_ready(&epoll->io, op, result);
        return;
    }
    socket->out = op;
    socket_queue(epoll, socket);
}

/* Hands out the last event of the operation that reads or accepts. */
static void socket_end_in(struct epoll *epoll, struct epoll_socket *socket, int64_t value)
{
    struct io_op *op = socket->in;
    socket->in = NULL;
    io_hand_out_last(&epoll->io, op, value);
}

static void socket_end_out(struct epoll *epoll, struct epoll_socket *socket, int64_t value)
{
    struct io_op *op = socket->out;
    socket->out = NULL;
    io_hand_out_last(&epoll->io, op, value);
}

/* Accept. */

void epoll_accept(struct io *io, struct io_op *op, int listener)
{
    struct epoll *epoll = epoll_of(io);
    int flags = fcntl(listener, F_GETFL);
    if (flags < 0 || fcntl(listener, F_SETFL, flags | O_NONBLOCK) != 0) {
        io_ready(io, op, result_from_errno(errno));
        return;
    }
    socket_begin_in(epoll, socket_of(epoll, listener), op);
}

static void accept_run(struct epoll *epoll, struct epoll_socket *socket)
{
    struct io_op *op = socket->in;
    for (int i = 0; i < RUN_ACCEPTS_MAX && socket->in == op; i++) {
        int peer = accept4(socket->file, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (peer >= 0) {
            struct io_event event = {.value = peer};
            sockets_no_delay(peer);
            socket_of(epoll, peer)->writable = true;
            io_hand_out(&epoll->io, op, &event);
        } else if (errno == EAGAIN) {
            socket->readable = false;
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            socket_end_in(epoll, socket, result_from_errno(errno));
            return;
        }
    }
}

/* Connect. */

int epoll_connect(struct io *io, struct io_op *op, const char *host, uint16_t port)
{
    struct epoll *epoll = epoll_of(io);
    int peer;
    int result = sockets_connect(io, op, host, port, &peer);
    if (result != 0 || peer < 0)
        return result;
    op_state(op)->file = peer;
    socket_begin_out(epoll, socket_of(epoll, peer), op);
    return 0;
}

static void socket_forget(struct epoll_socket *socket)
{
    int file = socket->file;
    list_remove(&socket->node);
    *socket = (struct epoll_socket){.file = file};
    list_init(&socket->node);
}

static void connect_run(struct epoll *epoll, struct epoll_socket *socket)
{
    int peer = socket->file;
    int result = sockets_connect_result(peer);
    if (result == 0) {
        sockets_no_delay(peer);
        socket_end_out(epoll, socket, peer);
        return;
    }
    struct io_op *op = socket->out;
    socket_forget(socket);
    close(peer);
    io_hand_out_last(&epoll->io, op, result);
}

/* Receive. */

void epoll_recv(struct io *io, struct io_op *op, int file)
{
    struct epoll *epoll = epoll_of(io);
    socket_begin_in(epoll, socket_of(epoll, file), op);
}

/* A receive that goes where the caller wants it; true when it is to be tried again. */
static bool recv_single(struct epoll *epoll, struct epoll_socket *socket)
{
    const struct op_state *state = op_state(socket->in);
    uint32_t len = state->recv.len;
    ssize_t got = recv(socket->file, state->recv.data, len, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0 && errno == EAGAIN) {
        socket->readable = false;
        return false;
    }
    if (got > 0 && (size_t)got < len)
        socket->readable = socket->hung_up;
    int64_t value = got < 0 ? result_from_errno(errno) : got;
    socket_end_in(epoll, socket, got == 0 && socket->shut ? ERR_CLOSED : value);
    return false;
}

/* One receive; false when the socket has no more now, or the operation has ended. */
static bool recv_once(struct epoll *epoll, struct epoll_socket *socket)
{
    if (op_state(socket->in)->recv.data != NULL)
        return recv_single(epoll, socket);
    if (epoll->free_count == 0) {
        socket_end_in(epoll, socket, ERR_BUSY);
        return false;
    }
    struct io_buffer *buffer = &epoll->buffers[epoll->free_buffers[epoll->free_count - 1]];
    ssize_t got = recv(socket->file, buffer->data, epoll->buffer_bytes, MSG_DONTWAIT);
    if (got < 0 && errno == EINTR)
        return true;
    if (got < 0 && errno == EAGAIN) {
        socket->readable = false;
        return false;
    }
    if (got <= 0) {
        int64_t end = socket->shut ? ERR_CLOSED : 0;
        socket_end_in(epoll, socket, got == 0 ? end : result_from_errno(errno));
        return false;
    }
    /* A short read has emptied the socket, unless its end is still behind the bytes. */
    if ((size_t)got < epoll->buffer_bytes)
        socket->readable = socket->hung_up;
    struct io_event event = {.value = got, .buffer = buffer};
    buffer->len = (uint32_t)got;
    epoll->free_count--;
    epoll->io.buffers_out++;
    io_hand_out(&epoll->io, socket->in, &event);
    return socket->readable;
}

static void recv_run(struct epoll *epoll, struct epoll_socket *socket)
{
    const struct io_op *op = socket->in;
    for (int i = 0; i < RUN_BUFFERS_MAX && socket->in == op; i++)
        if (!recv_once(epoll, socket))
            return;
}

/* Send. */

void epoll_send(struct io *io, struct io_op *op, int file, const struct iovec *parts, int count)
{
    struct epoll *epoll = epoll_of(io);
    (void)parts;
    (void)count;
    socket_begin_out(epoll, socket_of(epoll, file), op);
}

static ssize_t send_once(struct op_state *state)
{
    if (state->send.skip == 0)
        return sendmsg(state->file, &state->send.message, MSG_DONTWAIT | MSG_NOSIGNAL);
    struct iovec rest = op_send_rest(state);
    return send(state->file, rest.iov_base, rest.iov_len, MSG_DONTWAIT | MSG_NOSIGNAL);
}

static void send_run(struct epoll *epoll, struct epoll_socket *socket)
{
    struct op_state *state = op_state(socket->out);
    for (;;) {
        ssize_t sent = send_once(state);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent < 0 && errno == EAGAIN) {
            socket->writable = false;
            return;
        }
        if (sent < 0) {
            socket_end_out(epoll, socket, result_from_errno(errno));
            return;
        }
        if (op_send_advance(state, (size_t)sent)) {
            socket_end_out(epoll, socket, (int64_t)state->send.total);
            return;
        }
    }
}

/* Ends. */

static void socket_detach_in(struct epoll *epoll, struct epoll_socket *socket)
{
    struct io_op *op = socket->in;
    socket->in = NULL;
    if (op != NULL)
        io_ready(&epoll->io, op, ERR_CANCELED);
}

static void socket_detach_out(struct epoll *epoll, struct epoll_socket *socket)
{
    struct io_op *op = socket->out;
    socket->out = NULL;
    if (op != NULL)
        io_ready(&epoll->io, op, ERR_CANCELED);
}

void epoll_shutdown(struct io *io, int file)
{
    socket_of(epoll_of(io), file)->shut = true;
    /* It fails when the peer has reset the connection: that ends the operations as well. */
    (void)shutdown(file, SHUT_RDWR);
}

void epoll_close_socket(struct io *io, struct io_op *op, int file)
{
    struct epoll *epoll = epoll_of(io);
    struct epoll_socket *socket = socket_of(epoll, file);
    socket_detach_in(epoll, socket);
    socket_detach_out(epoll, socket);
    socket_forget(socket);
    close(file);
    io_ready(io, op, 0);
}

void epoll_cancel(struct io *io, struct io_op *op)
{
    struct epoll *epoll = epoll_of(io);
    const struct op_state *state = op_state(op);
    if (state->verb > OP_SEND || state->file < 0)
        return;
    struct epoll_socket *socket = socket_of(epoll, state->file);
    if (socket->in == op) {
        socket_detach_in(epoll, socket);
    } else if (socket->out == op && state->verb == OP_CONNECT) {
        /* Nobody knows this descriptor yet. */
        socket_detach_out(epoll, socket);
        socket_forget(socket);
        close(state->file);
    } else if (socket->out == op) {
        socket_detach_out(epoll, socket);
    }
}

/* Running. */

void epoll_mark(struct epoll *epoll, int file, uint32_t events)
{
    struct epoll_socket *socket = socket_of(epoll, file);
    const uint32_t end = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
    if (events & end)
        socket->hung_up = true;
    if (events & (EPOLLIN | end))
        socket->readable = true;
    if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
        socket->writable = true;
    socket_queue(epoll, socket);
}

static void socket_run(struct epoll *epoll, struct epoll_socket *socket)
{
    if (socket->in != NULL && socket->readable) {
        if (op_state(socket->in)->verb == OP_ACCEPT)
            accept_run(epoll, socket);
        else
            recv_run(epoll, socket);
    }
    if (socket->out != NULL && socket->writable) {
        if (op_state(socket->out)->verb == OP_CONNECT)
            connect_run(epoll, socket);
        else
            send_run(epoll, socket);
    }
    socket_queue(epoll, socket);
}

void epoll_run_sockets(struct epoll *epoll)
{
    struct list due;
    list_init(&due);
    list_append(&due, &epoll->runnable);
    struct list *node;
    while ((node = list_pop_front(&due)) != NULL)
        socket_run(epoll, LIST_ENTRY(node, struct epoll_socket, node));
}
