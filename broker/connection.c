/*
 * Frames in, responses out.
 *
 * Input is consumed as far as memory and the order of requests allow. What cannot be consumed yet
 * stays in its receive buffers, and receiving is canceled until it is: the peer then sees a full
 * window, which is all the backpressure there is. Every path that frees what input waited for
 * (an answer, memory) leads to connection_resume.
 *
 * A connection ends in steps: no more reading or sending, running requests come back, the socket is
 * closed, and only then is it freed. Nothing else points at it but its requests.
 */
#include "broker/connection.h"

#include "base/assert.h"
#include "broker/accept.h"
#include "broker/core.h"
#include "broker/dispatch.h"
#include "broker/server.h"

#define FRAME_PREFIX 4
/* Key, version and correlation id. */
#define FRAME_LEN_MIN 8
/* A frame's memory starts with so much at most, and doubles as its bytes really arrive. */
#define GATHER_BYTES_FIRST (256 * KIB)

static void connection_received(struct io_op *op, const struct io_event *event);

/* Reaps peers that went silent, half-open ones included. The timer is moved only when it fires. */
static void connection_idle_expired(struct timer *timer)
{
    struct connection *c = CONTAINER_OF(timer, struct connection, idle);
    uint64_t now = io_now(c->core->io);
    uint64_t limit = server_idle_ns(c->core->server);
    uint64_t due = c->last_active_ns + limit;
    if (due <= now && c->request_count == 0) {
        log_debug(&c->core->log, "closing an idle connection");
        connection_close(c);
        return;
    }
    heap_set(&c->core->timers, timer, MAX(due, now + limit / 8));
}

void connection_open(struct core *core, int socket, uint32_t listener)
{
    struct connection *c = slab_alloc(&core->connections);
    ASSERT(c != NULL);
    c->core = core;
    c->socket = socket;
    c->listener = listener;
    c->input_first = c->input_last = -1;
    list_init(&c->starved_node);
    list_init(&c->send_node);
    list_init(&c->requests);
    list_push_back(&core->open, &c->node);
    core->connection_count++;
    c->last_active_ns = io_now(core->io);
    timer_init(&c->idle, connection_idle_expired);
    core_timer_set(core, &c->idle, server_idle_ns(core->server));
    c->recv_op.done = connection_received;
    connection_resume(c);
}

/* Ending. */

static void connection_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct connection *c = CONTAINER_OF(op, struct connection, close_op);
    struct core *core = c->core;
    ASSERT(!c->sending && !c->receiving && c->request_count == 0);
    list_remove(&c->node);
    core->connection_count--;
    slab_free(&core->connections, c);
    accept_resume(core);
}

static void input_pop(struct connection *c)
{
    struct held_buffer *held = &c->core->held[c->input_first];
    c->input_first = held->next;
    c->consumed = 0;
    if (c->input_first < 0)
        c->input_last = -1;
    core_drop_buffer(c->core, held->buffer);
}

static void gathered_free(struct connection *c)
{
    if (c->gathered != NULL)
        region_give(c->core->memory, c->gathered, c->gathered_size);
    c->gathered = NULL;
}

/* The last step: nothing of it runs any more. */
static void connection_finish(struct connection *c)
{
    if (!c->closing || c->closed || c->request_count > 0 || c->sending)
        return;
    c->closed = true;
    while (c->input_first >= 0)
        input_pop(c);
    gathered_free(c);
    c->close_op.done = connection_closed;
    io_close(c->core->io, &c->close_op, c->socket);
}

static void request_remove(struct connection *c, struct request *r)
{
    ASSERT(c->request_count > 0);
    list_remove(&r->node);
    c->request_count--;
    request_free(r);
}

/* Answers will not be sent any more, and what waits will not start. */
static void connection_drop_requests(struct connection *c)
{
    ASSERT(c->closing && !c->sending);
    LIST_EACH(node, &c->requests) {
        struct request *r = LIST_ENTRY(node, struct request, node);
        if (r->state != REQUEST_RUNNING)
            request_remove(c, r);
    }
}

void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    list_remove(&c->starved_node);
    list_remove(&c->send_node);
    core_timer_cancel(c->core, &c->idle);
    io_shutdown(c->core->io, c->socket);
    if (!c->sending)
        connection_drop_requests(c);
    connection_finish(c);
}

static void connection_close_if_ended(struct connection *c)
{
    if (c->ended && c->request_count == 0 && c->input_first < 0)
        connection_close(c);
}

void connection_drain(struct connection *c)
{
    c->ended = true;
    while (c->input_first >= 0)
        input_pop(c);
    if (c->receiving && !c->canceling) {
        c->canceling = true;
        io_cancel(c->core->io, &c->recv_op);
    }
    connection_close_if_ended(c);
}

/* Starting requests, in order. */

static struct request *first_waiting(const struct connection *c)
{
    LIST_EACH(node, &c->requests) {
        struct request *r = LIST_ENTRY(node, struct request, node);
        if (r->state == REQUEST_WAITING)
            return r;
    }
    return NULL;
}

/* A handler may answer at once, and so change what may start: the list is asked anew each time. */
static void connection_start(struct connection *c)
{
    if (c->starting)
        return;
    c->starting = true;
    struct request *r;
    while (!c->closing && (r = first_waiting(c)) != NULL) {
        if (c->running > 0 && !(r->overlaps && c->running_others == 0))
            break;
        r->state = REQUEST_RUNNING;
        c->running++;
        if (!r->overlaps)
            c->running_others++;
        r->handler(r);
    }
    c->starting = false;
    connection_finish(c);
}

void connection_request_answered(struct connection *c, struct request *r)
{
    ASSERT(r->state == REQUEST_RUNNING && c->running > 0);
    r->state = REQUEST_ANSWERED;
    c->running--;
    if (!r->overlaps)
        c->running_others--;
    c->last_active_ns = io_now(c->core->io);
    if (c->closing) {
        if (!c->sending)
            request_remove(c, r);
        if (!c->starting)
            connection_finish(c);
        return;
    }
    if (list_empty(&c->send_node))
        list_push_back(&c->core->to_send, &c->send_node);
    connection_start(c);
}

/* Sending. */

static void connection_sent(struct io_op *op, const struct io_event *event);

static void connection_remove_sent(struct connection *c)
{
    struct request *r;
    while ((r = LIST_FIRST(&c->requests, struct request, node)) != NULL &&
           r->state == REQUEST_ANSWERED && r->parts_sent == r->part_count)
        request_remove(c, r);
}

void connection_send(struct connection *c)
{
    if (c->sending || c->closing)
        return;
    int count = 0;
    LIST_EACH(node, &c->requests) {
        struct request *r = LIST_ENTRY(node, struct request, node);
        if (r->state != REQUEST_ANSWERED)
            break;
        while (r->parts_sent < r->part_count && count < CONNECTION_PARTS_MAX)
            c->parts[count++] = r->parts[r->parts_sent++];
        if (r->parts_sent < r->part_count)
            break;
    }
    if (count == 0) {
        connection_remove_sent(c);
        connection_resume(c);
        return;
    }
    c->sending = true;
    c->send_op.done = connection_sent;
    io_send(c->core->io, &c->send_op, c->socket, c->parts, count);
}

static void connection_sent(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, send_op);
    c->sending = false;
    if (event->value < 0)
        connection_close(c);
    if (c->closing) {
        connection_drop_requests(c);
        connection_finish(c);
        return;
    }
    connection_remove_sent(c);
    connection_send(c);
}

/* Input. */

/* False: the connection is closed now. */
static bool prefix_take(struct connection *c, const uint8_t *data, uint32_t len)
{
    memcpy(c->prefix + c->prefix_len, data, len);
    c->prefix_len += len;
    if (c->prefix_len < FRAME_PREFIX)
        return true;
    int32_t size = (int32_t)load_be32(c->prefix);
    if (size < FRAME_LEN_MIN || size > server_request_bytes_max(c->core->server)) {
        log_debug(&c->core->log, "closing a connection: %d is no size of a request", size);
        connection_close(c);
        return false;
    }
    c->frame_len = (uint32_t)size;
    return true;
}

/* A frame is whole. False: nothing could be done with it now (no memory), or all is over. */
static bool frame_take(struct connection *c, struct bytes frame, struct io_buffer *buffer)
{
    struct request *r = request_new(c, frame);
    if (r == NULL)
        return false;
    if (buffer != NULL) {
        r->buffer = buffer;
        c->core->held[buffer->id].holds++;
    } else {
        r->frame_memory = c->gathered;
        r->frame_memory_size = c->gathered_size;
        c->gathered = NULL;
        c->gathered_len = 0;
    }
    list_push_back(&c->requests, &r->node);
    c->request_count++;
    c->prefix_len = 0;
    if (r->handler == NULL) {
        connection_close(c);
        return false;
    }
    return true;
}

/* Makes room for more of the frame; false when there is no memory. */
static bool gather_grow(struct connection *c)
{
    size_t size = c->gathered == NULL ? GATHER_BYTES_FIRST : c->gathered_size * 2;
    size = MIN(size, c->frame_len);
    uint8_t *memory = region_take(c->core->memory, size);
    if (memory == NULL)
        return false;
    if (c->gathered != NULL)
        memcpy(memory, c->gathered, c->gathered_len);
    gathered_free(c);
    c->gathered = memory;
    c->gathered_size = size;
    return true;
}

/* Takes what it can of `data` into the gathered frame: how much, or -1 when it cannot go on. */
static int64_t gather_take(struct connection *c, const uint8_t *data, uint32_t len)
{
    bool full = c->gathered == NULL || c->gathered_len == c->gathered_size;
    if (full && !gather_grow(c))
        return -1;
    uint32_t taken = MIN(len, (uint32_t)c->gathered_size - c->gathered_len);
    memcpy(c->gathered + c->gathered_len, data, taken);
    c->gathered_len += taken;
    return taken;
}

/* One step on the first input buffer: bytes consumed, or -1 when it must wait. */
static int64_t input_consume(struct connection *c, struct io_buffer *buffer)
{
    const uint8_t *data = buffer->data + c->consumed;
    uint32_t left = buffer->len - c->consumed;
    if (c->prefix_len < FRAME_PREFIX) {
        uint32_t taken = MIN(left, FRAME_PREFIX - c->prefix_len);
        return prefix_take(c, data, taken) ? (int64_t)taken : -1;
    }
    if (c->gathered == NULL && left >= c->frame_len) {
        struct bytes frame = {data, c->frame_len};
        return frame_take(c, frame, buffer) ? (int64_t)c->frame_len : -1;
    }
    int64_t taken = 0;
    if (c->gathered == NULL || c->gathered_len < c->frame_len)
        taken = gather_take(c, data, left);
    return taken;
}

/* The gathered frame is whole: it becomes a request. */
static bool gathered_finish(struct connection *c)
{
    if (c->gathered == NULL || c->gathered_len < c->frame_len)
        return true;
    return frame_take(c, (struct bytes){c->gathered, c->frame_len}, NULL);
}

/* Consumes input as far as it goes. False when memory is short. */
static bool connection_consume(struct connection *c)
{
    while (!c->closing && c->request_count < CONNECTION_REQUESTS_MAX) {
        if (!gathered_finish(c))
            return false;
        if (c->input_first < 0)
            return true;
        struct io_buffer *buffer = c->core->held[c->input_first].buffer;
        if (c->consumed == buffer->len) {
            input_pop(c);
            continue;
        }
        if (core_short_of_memory(c->core))
            return false;
        int64_t taken = input_consume(c, buffer);
        if (taken < 0)
            return false;
        c->consumed += (uint32_t)taken;
    }
    return true;
}

void connection_resume(struct connection *c)
{
    bool fed = connection_consume(c);
    connection_start(c);
    if (c->closing)
        return;
    bool blocked = c->input_first >= 0;
    if (blocked && c->receiving && !c->canceling) {
        c->canceling = true;
        io_cancel(c->core->io, &c->recv_op);
    }
    bool may_receive = !blocked && !c->receiving && !c->ended;
    if (may_receive && io_recv_available(c->core->io) > 0) {
        c->receiving = true;
        io_recv(c->core->io, &c->recv_op, c->socket);
        may_receive = false;
    }
    if ((!fed || may_receive) && list_empty(&c->starved_node))
        list_push_back(&c->core->starved, &c->starved_node);
    connection_close_if_ended(c);
}

static void input_push(struct connection *c, struct io_buffer *buffer)
{
    struct held_buffer *held = &c->core->held[buffer->id];
    ASSERT(held->holds == 0);
    *held = (struct held_buffer){.buffer = buffer, .holds = 1, .next = -1};
    if (c->input_first < 0)
        c->input_first = (int32_t)buffer->id;
    else
        c->core->held[c->input_last].next = (int32_t)buffer->id;
    c->input_last = (int32_t)buffer->id;
}

static void connection_received(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, recv_op);
    if (event->last)
        c->receiving = c->canceling = false;
    if (c->closing || (c->ended && event->buffer != NULL)) {
        if (event->buffer != NULL)
            io_recv_release(c->core->io, event->buffer);
        return;
    }
    if (event->buffer != NULL) {
        c->last_active_ns = io_now(c->core->io);
        input_push(c, event->buffer);
    } else if (event->value == 0) {
        c->ended = true;
    } else if (event->value != ERR_BUSY && event->value != ERR_CANCELED) {
        connection_close(c);
        return;
    }
    connection_resume(c);
}
