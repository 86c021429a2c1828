/*
 * The network verbs of a core. As with epoll, a verb only notes its operation at the socket; a
 * socket for which something may have changed stands in the core's list, and the next poll runs it.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

/* Others have their turn even when one socket has no end of work. */
#define RUN_BUFFERS_MAX 16
#define RUN_ACCEPTS_MAX 64
#define PEER_NAME_BYTES 64

void sim_socket_queue(struct sim_socket *socket)
{
    struct sim_core *core = socket->core;
    if (core == NULL || socket->closed || (socket->in == NULL && socket->out == NULL))
        return;
    if (list_empty(&socket->node))
        list_push_back(&core->sockets, &socket->node);
    sim_notify(&core->waiter);
}

static struct sim_socket *socket_find(struct sim_core *core, int number)
{
    const struct sim_handle *handle = sim_handle_find(core->host, number, SIM_HANDLE_SOCKET);
    ASSERT(handle == NULL || handle->socket->core == core);
    return handle == NULL ? NULL : handle->socket;
}

/* Gives it a descriptor; ERR_TOO_MANY_FILES. */
static int socket_adopt(struct sim_core *core, struct sim_socket *socket)
{
    int number = sim_handle_new(core->host, SIM_HANDLE_SOCKET);
    if (number < 0)
        return number;
    sim_handle_find(core->host, number, SIM_HANDLE_SOCKET)->socket = socket;
    socket->number = number;
    socket->core = core;
    return number;
}

static void end_in(struct sim_core *core, struct sim_socket *socket, int64_t value)
{
    struct io_op *op = socket->in;
    socket->in = NULL;
    io_hand_out_last(&core->io, op, value);
}

static void end_out(struct sim_core *core, struct sim_socket *socket, int64_t value)
{
    struct io_op *op = socket->out;
    socket->out = NULL;
    io_hand_out_last(&core->io, op, value);
}

/* Listening and accepting. */

int sim_core_listen(struct io *io, const struct io_listen_options *options, int *number,
                    uint16_t *port)
{
    struct sim_core *core = core_of(io);
    const char *name = options->host;
    uint16_t wanted = options->port;
    if (!sim_core_alive(core))
        return ERR_OFFLINE;
    if (name != NULL && *name != '\0' && sim_net_resolve(core->host, name) != core->host)
        return sim_net_resolve(core->host, name) == NULL ? ERR_NOT_FOUND : ERR_UNSUPPORTED;
    struct sim_socket *listener = sim_net_listen(core->host, &wanted, options->first);
    if (listener == NULL)
        return ERR_ADDRESS_IN_USE;
    int result = socket_adopt(core, listener);
    if (result < 0) {
        sim_socket_close(listener);
        return result;
    }
    *number = result;
    *port = wanted;
    return 0;
}

static void begin_in(struct io *io, struct io_op *op, int number)
{
    struct sim_core *core = core_of(io);
    if (!sim_core_alive(core))
        return;
    struct sim_socket *socket = socket_find(core, number);
    if (socket == NULL) {
        sim_core_ready(core, op, ERR_IO);
        return;
    }
    ASSERT(socket->in == NULL);
    socket->in = op;
    sim_socket_queue(socket);
}

void sim_core_accept(struct io *io, struct io_op *op, int listener)
{
    begin_in(io, op, listener);
}

static void accept_run(struct sim_core *core, struct sim_socket *listener)
{
    const struct io_op *op = listener->in;
    for (int i = 0; i < RUN_ACCEPTS_MAX && listener->in == op; i++) {
        struct sim_socket *peer = LIST_FIRST(&listener->backlog, struct sim_socket, node);
        if (peer == NULL)
            return;
        int number = socket_adopt(core, peer);
        if (number < 0) {
            end_in(core, listener, number);
            return;
        }
        list_remove(&peer->node);
        listener->backlog_count--;
        sim_note(core->host->sim, core->host, "accept %llu = %d", (unsigned long long)peer->id,
                 number);
        io_hand_out(&core->io, listener->in, &(struct io_event){.value = number});
    }
}

/* Connecting. */

int sim_core_connect(struct io *io, struct io_op *op, const char *name, uint16_t port)
{
    struct sim_core *core = core_of(io);
    if (!sim_core_alive(core))
        return ERR_OFFLINE;
    struct sim_host *target = sim_net_resolve(core->host, name);
    if (target == NULL)
        return ERR_NOT_FOUND;
    struct sim_socket *socket = sim_socket_new(core->host, SIM_CONNECTION);
    int number = socket_adopt(core, socket);
    if (number < 0) {
        sim_socket_close(socket);
        return number;
    }
    op_state(op)->file = number;
    socket->out = op;
    sim_socket_connect(socket, target, port);
    return 0;
}

static void socket_abandon(struct sim_socket *socket)
{
    sim_handle_close(socket->host, socket->number);
    sim_socket_close(socket);
}

static void connect_run(struct sim_core *core, struct sim_socket *socket)
{
    if (socket->connected) {
        end_out(core, socket, socket->number);
    } else if (socket->connect_result != 0 && !timer_armed(&socket->connecting)) {
        struct io_op *op = socket->out;
        int result = socket->connect_result;
        socket->out = NULL;
        socket_abandon(socket);
        io_hand_out_last(&core->io, op, result);
    }
}

void sim_core_peer_name(struct io *io, int number, char *text)
{
    struct sim_core *core = core_of(io);
    const struct sim_socket *socket = socket_find(core, number);
    const struct sim_socket *peer = socket == NULL ? NULL : socket->peer;
    if (peer == NULL)
        snprintf(text, PEER_NAME_BYTES, "?");
    else if (peer->host == core->host)
        snprintf(text, PEER_NAME_BYTES, "127.0.0.1:%u", peer->port);
    else
        snprintf(text, PEER_NAME_BYTES, "10.0.0.%u:%u", peer->host->number + 1, peer->port);
}

/* Receiving. */

void sim_core_recv(struct io *io, struct io_op *op, int number)
{
    begin_in(io, op, number);
}

void sim_core_recv_release(struct io *io, struct io_buffer *buffer)
{
    struct sim_core *core = core_of(io);
    ASSERT(core->free_count < io->buffer_count);
    core->free_buffers[core->free_count++] = buffer->id;
}

/* A receive that goes where the caller wants it. */
static void recv_single(struct sim_core *core, struct sim_socket *socket)
{
    const struct op_state *state = op_state(socket->in);
    end_in(core, socket, sim_stream_take(socket, state->recv.data, state->recv.len));
}

/* One event; false when there is no more now, or the operation has ended. */
static bool recv_once(struct sim_core *core, struct sim_socket *socket)
{
    const struct sim_stream *stream = &socket->stream;
    if (stream->reset_arrived || socket->shut) {
        end_in(core, socket, ERR_CLOSED);
        return false;
    }
    if (stream->arrived == 0) {
        if (stream->end_arrived)
            end_in(core, socket, 0);
        return false;
    }
    if (op_state(socket->in)->recv.data != NULL) {
        recv_single(core, socket);
        return false;
    }
    if (core->free_count == 0) {
        end_in(core, socket, ERR_BUSY);
        return false;
    }
    struct io_buffer *buffer = &core->buffers[core->free_buffers[--core->free_count]];
    buffer->len = sim_stream_take(socket, buffer->data, core->buffer_bytes);
    core->io.buffers_out++;
    struct io_event event = {.value = buffer->len, .buffer = buffer};
    io_hand_out(&core->io, socket->in, &event);
    return true;
}

static void recv_run(struct sim_core *core, struct sim_socket *socket)
{
    const struct io_op *op = socket->in;
    for (int i = 0; i < RUN_BUFFERS_MAX && socket->in == op; i++)
        if (!recv_once(core, socket))
            return;
    /* There may be more. */
    if (socket->in == op && (socket->stream.arrived > 0 || socket->stream.end_arrived))
        sim_socket_queue(socket);
}

/* Sending. */

void sim_core_send(struct io *io, struct io_op *op, int number, const struct iovec *parts,
                   int count)
{
    struct sim_core *core = core_of(io);
    (void)parts;
    (void)count;
    if (!sim_core_alive(core))
        return;
    struct sim_socket *socket = socket_find(core, number);
    if (socket == NULL) {
        sim_core_ready(core, op, ERR_IO);
        return;
    }
    ASSERT(socket->out == NULL);
    socket->out = op;
    sim_socket_queue(socket);
}

static void send_run(struct sim_core *core, struct sim_socket *socket)
{
    struct op_state *state = op_state(socket->out);
    if (socket->stream.reset_arrived || socket->shut || !socket->connected) {
        end_out(core, socket, ERR_CLOSED);
        return;
    }
    /* Empty parts at the front are nothing to send. */
    while (!op_send_advance(state, 0)) {
        struct iovec rest = op_send_rest(state);
        uint32_t sent = sim_stream_send(socket->peer, rest.iov_base, rest.iov_len);
        if (sent == 0)
            return;
        op_send_advance(state, sent);
    }
    end_out(core, socket, (int64_t)state->send.total);
}

/* Ends. */

static void detach(struct sim_core *core, struct io_op **place)
{
    struct io_op *op = *place;
    *place = NULL;
    if (op != NULL)
        sim_core_ready(core, op, ERR_CANCELED);
}

void sim_core_shutdown(struct io *io, int number)
{
    struct sim_socket *socket = socket_find(core_of(io), number);
    if (!sim_core_alive(core_of(io)) || socket == NULL || socket->shut)
        return;
    socket->shut = true;
    if (socket->peer != NULL && !socket->peer->closed)
        sim_stream_send_end(socket->peer);
    sim_socket_queue(socket);
}

void sim_core_close(struct io *io, struct io_op *op, int number)
{
    struct sim_core *core = core_of(io);
    if (!sim_core_alive(core))
        return;
    struct sim_socket *socket = socket_find(core, number);
    if (socket == NULL) {
        sim_core_ready(core, op, ERR_IO);
        return;
    }
    detach(core, &socket->in);
    detach(core, &socket->out);
    socket_abandon(socket);
    sim_core_ready(core, op, 0);
}

void sim_core_cancel(struct io *io, struct io_op *op)
{
    struct sim_core *core = core_of(io);
    const struct op_state *state = op_state(op);
    if (state->verb > OP_SEND || state->file < 0 || !sim_core_alive(core))
        return;
    struct sim_socket *socket = socket_find(core, state->file);
    if (socket == NULL)
        return;
    if (socket->in == op) {
        detach(core, &socket->in);
    } else if (socket->out == op) {
        detach(core, &socket->out);
        /* Nobody knows this descriptor yet. */
        if (state->verb == OP_CONNECT)
            socket_abandon(socket);
    }
}

/* Running. */

static void socket_run(struct sim_core *core, struct sim_socket *socket)
{
    if (socket->in != NULL) {
        if (op_state(socket->in)->verb == OP_ACCEPT)
            accept_run(core, socket);
        else
            recv_run(core, socket);
    }
    if (socket->out != NULL) {
        if (op_state(socket->out)->verb == OP_CONNECT)
            connect_run(core, socket);
        else
            send_run(core, socket);
    }
}

/* Only those that were queued at the start: a callback may queue more. */
void sim_sockets_run(struct sim_core *core)
{
    struct list due;
    list_init(&due);
    list_append(&due, &core->sockets);
    struct list *node;
    while ((node = list_pop_front(&due)) != NULL) {
        struct sim_socket *socket = LIST_ENTRY(node, struct sim_socket, node);
        socket->pins++;
        socket_run(core, socket);
        sim_socket_unpin(socket);
    }
}
