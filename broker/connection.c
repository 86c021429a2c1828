/*
 * Frames in, responses out.
 *
 * Input is consumed as far as memory and the order of requests allow. What cannot be consumed yet
 * stays in its receive buffers, and receiving is canceled until it is: the peer then sees a full
 * window, which is all the backpressure there is. Every path that frees what input waited for
 * (an answer, memory) leads to connection_resume.
 *
 * A peer that keeps its core waiting, by a frame that does not end or an answer it does not take,
 * has odradek.frame.timeout.ms for it; an eighth of that when others wait for the memory it holds.
 * One timer for each connection tells: it is never moved to a later time, only when it fires.
 *
 * A connection ends in steps: no more reading or sending, running requests come back, the socket is
 * closed, and only then is it freed. Nothing else points at it but its requests.
 */
#include "broker/connection.h"

#include "base/assert.h"
#include "base/mutant.h"
#include "broker/accept.h"
#include "broker/core.h"
#include "broker/dispatch.h"
#include "broker/server.h"

#define FRAME_PREFIX 4
/* Key, version and correlation id. */
#define FRAME_LEN_MIN 8
/* A frame's memory starts with so much at most, and grows as its bytes really arrive. */
#define GATHER_BYTES_FIRST (256 * KIB)
#define GATHER_BYTES_UNPROVEN (16 * KIB)
#define GATHER_GROWTH 8
/* The part of odradek.frame.timeout.ms in which a connection's first request is due, and the part
 * that is left when others wait. */
#define FIRST_REQUEST_PART 3
#define WANTED_PART 8
/* Who has not taken an answer for so long is not reading. */
#define STUCK_NS NS_PER_S

static void connection_received(struct io_op *op, const struct io_event *event);

/* Patience. */

/* Others wait for what slow peers hold. */
static bool memory_wanted(const struct core *core)
{
    return !list_empty(&core->starved) || !list_empty(&core->growing);
}

/* When it is to be closed if nothing happens, and for what. */
static uint64_t connection_due(const struct connection *c, const char **reason)
{
    const struct core *core = c->core;
    uint64_t timeout_ns = server_frame_timeout_ns(core->server);
    bool wanted = memory_wanted(core);
    uint64_t due_ns = IO_NEVER;
    *reason = "it was idle";
    if (c->running == 0)
        due_ns = c->last_active_ns + server_idle_ns(core->server);
    if (c->frame_began_ns != 0) {
        uint64_t frame_ns = c->proven ? c->frame_moved_ns + timeout_ns
                                      : c->frame_moved_ns + timeout_ns / FIRST_REQUEST_PART;
        if (wanted && c->gathered != NULL)
            frame_ns = MIN(frame_ns, c->frame_began_ns + timeout_ns / WANTED_PART);
        if (frame_ns < due_ns)
            *reason = "its request did not come in time";
        due_ns = MIN(due_ns, frame_ns);
    }
    if (c->send_began_ns != 0 && wanted && c->send_began_ns + timeout_ns / WANTED_PART < due_ns) {
        *reason = "it does not read its answers, and memory is short";
        due_ns = c->send_began_ns + timeout_ns / WANTED_PART;
    }
    return due_ns;
}

static void connection_look_in(struct connection *c, uint64_t delay_ns)
{
    uint64_t at_ns = io_now(c->core->io) + delay_ns;
    if (!timer_armed(&c->patience) || c->patience.deadline_ns > at_ns)
        heap_set(&c->core->timers, &c->patience, at_ns);
}

static void connection_patience_over(struct timer *timer)
{
    struct connection *c = CONTAINER_OF(timer, struct connection, patience);
    struct core *core = c->core;
    uint64_t now_ns = io_now(core->io);
    uint64_t timeout_ns = server_frame_timeout_ns(core->server);
    const char *reason;
    /* While we do not read, it is not the peer who is slow. */
    if (c->frame_began_ns != 0 && !c->receiving)
        c->frame_began_ns = c->frame_moved_ns = now_ns;
    uint64_t due_ns = connection_due(c, &reason);
    if (due_ns <= now_ns) {
        log_debug(&core->log, "closing a connection: %s", reason);
        connection_close(c);
        return;
    }
    uint64_t delay_ns = MIN(due_ns - now_ns, server_idle_ns(core->server));
    if (c->frame_began_ns != 0 || c->send_began_ns != 0)
        delay_ns = MIN(delay_ns, timeout_ns / WANTED_PART);
    connection_look_in(c, delay_ns);
}

static void frame_begins(struct connection *c)
{
    c->frame_began_ns = c->frame_moved_ns = io_now(c->core->io);
    c->frame_mebibytes = 0;
    connection_look_in(c, server_frame_timeout_ns(c->core->server) / WANTED_PART);
}

void connection_evict(struct core *core)
{
    struct connection *c = LIST_FIRST(&core->sending, struct connection, sending_node);
    if (c == NULL || io_now(core->io) - c->send_began_ns < STUCK_NS)
        return;
    log_debug(&core->log,
              "closing a connection: it does not read its answers, and memory is short");
    connection_close(c);
}

static void connection_finish(struct connection *c);

/* Core 0 has counted it, or has taken it out of the count. */
static void connection_counted(struct admission_peer *peer)
{
    struct connection *c = CONTAINER_OF(peer, struct connection, peer);
    if (c->closing) {
        connection_finish(c);
    } else if (peer->refused) {
        log_debug(&c->core->log, "closing a connection: %s has too many", peer->address);
        connection_close(c);
    } else {
        connection_resume(c);
    }
}

int connection_open(struct core *core, int socket, uint32_t listener)
{
    struct connection *c = slab_alloc(&core->connections);
    if (c == NULL)
        return ERR_NO_MEMORY;
    c->core = core;
    c->socket = socket;
    c->listener = listener;
    c->input_first = c->input_last = -1;
    list_init(&c->starved_node);
    list_init(&c->send_node);
    list_init(&c->sending_node);
    list_init(&c->holding_node);
    list_init(&c->requests);
    list_push_back(&core->open, &c->node);
    core->connection_count++;
    c->last_active_ns = io_now(core->io);
    timer_init(&c->patience, connection_patience_over);
    core_timer_set(core, &c->patience, server_idle_ns(core->server));
    frame_begins(c);
    c->recv_op.done = connection_received;
    admission_opened(core);
    if (!admission_counts(core)) {
        connection_resume(c);
        return 0;
    }
    c->peer.done = connection_counted;
    io_peer_address(core->io, socket, c->peer.address);
    admission_ask(core, &c->peer);
    return 0;
}

/* Ending. */

/* The frame is whole, or will never be. */
static void gather_end(struct connection *c)
{
    ASSERT(c->gathered != NULL && c->core->gathering >= c->frame_len);
    c->core->gathering -= c->frame_len;
    c->gathered = NULL;
    c->gathered_len = 0;
}

static void connection_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct connection *c = CONTAINER_OF(op, struct connection, close_op);
    struct core *core = c->core;
    ASSERT(!c->sending && !c->receiving && c->request_count == 0);
    if (c->gathered != NULL) {
        region_give(core->memory, c->gathered, c->gathered_size);
        gather_end(c);
    }
    list_remove(&c->node);
    core->connection_count--;
    slab_free(&core->connections, c);
    admission_ended(core);
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

static void stash_free(struct connection *c)
{
    if (c->stash == NULL)
        return;
    c->core->stashed -= c->stash_size;
    region_give(c->core->memory, c->stash, c->stash_size);
    c->stash = NULL;
    c->stash_len = c->stash_consumed = 0;
}

static void input_drop(struct connection *c)
{
    stash_free(c);
    while (c->input_first >= 0)
        input_pop(c);
}

static bool input_empty(const struct connection *c)
{
    return c->stash == NULL && c->input_first < 0;
}

/* The last step: nothing of it runs any more. */
static void connection_finish(struct connection *c)
{
    if (!c->closing || c->closed || c->request_count > 0 || c->sending || c->peer.out)
        return;
    if (c->peer.counted) {
        admission_leave(c->core, &c->peer);
        return;
    }
    c->closed = true;
    c->close_op.done = connection_closed;
    io_close(c->core->io, &c->close_op, c->socket);
}

static void request_remove(struct connection *c, struct request *r)
{
    ASSERT(c->request_count > 0);
    if (c->waiting == r)
        c->waiting = NULL;
    list_remove(&r->node);
    c->request_count--;
    /* A connection is closed from within handlers, too. */
    if (c->closing)
        request_free_later(r);
    else
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

/* Nobody waits for the answer any more, or it is to come now. */
static void connection_end_wait(struct connection *c)
{
    LIST_EACH(node, &c->requests) {
        struct request *r = LIST_ENTRY(node, struct request, node);
        if (r->wait != NULL) {
            r->wait->end(r->wait);
            return;
        }
    }
}

void connection_close(struct connection *c)
{
    if (c->closing)
        return;
    c->closing = true;
    list_remove(&c->starved_node);
    list_remove(&c->holding_node);
    list_remove(&c->send_node);
    list_remove(&c->sending_node);
    core_timer_cancel(c->core, &c->patience);
    io_shutdown(c->core->io, c->socket);
    input_drop(c);
    connection_end_wait(c);
    if (!c->sending)
        connection_drop_requests(c);
    connection_finish(c);
}

static void connection_close_if_ended(struct connection *c)
{
    if (c->ended && c->request_count == 0 && input_empty(c))
        connection_close(c);
}

void connection_drain(struct connection *c)
{
    c->ended = true;
    input_drop(c);
    if (c->receiving && !c->canceling) {
        c->canceling = true;
        io_cancel(c->core->io, &c->recv_op);
    }
    connection_close_if_ended(c);
}

/* Starting requests, in order. */

static bool connection_may_start(const struct connection *c)
{
    if (c->running > 0 && !(c->waiting->overlaps && c->running_others == 0))
        return false;
    return c->queued_bytes < CONNECTION_QUEUE_BYTES;
}

/* A handler may answer at once, and so change what may start: it is asked anew each time. */
static void connection_start(struct connection *c)
{
    if (c->starting)
        return;
    c->starting = true;
    while (!c->closing && c->waiting != NULL && connection_may_start(c)) {
        struct request *r = c->waiting;
        c->waiting = NULL;
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
    r->queued = request_answer_memory(r);
    c->queued_bytes += r->queued;
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

/* Takes the next bytes of an answer for the send that is being made. */
static void parts_take(struct connection *c, struct request *r, size_t *left)
{
    while (r->parts_sent<r->part_count && * left> 0) {
        struct iovec *part = &r->parts[r->parts_sent];
        size_t taken = MIN(part->iov_len, *left);
        struct iovec piece = {part->iov_base, taken};
        if (!send_parts_add(&c->parts, &c->core->wide_parts, piece))
            return;
        *left -= taken;
        if (taken == part->iov_len)
            r->parts_sent++;
        else
            *part = (struct iovec){(uint8_t *)part->iov_base + taken, part->iov_len - taken};
    }
}

static void connection_gather_parts(struct connection *c)
{
    size_t left = CONNECTION_SEND_BYTES;
    LIST_EACH(node, &c->requests) {
        struct request *r = LIST_ENTRY(node, struct request, node);
        if (r->state != REQUEST_ANSWERED && MUTANT(ANSWER_OUT_OF_ORDER))
            continue;
        if (r->state != REQUEST_ANSWERED)
            break;
        parts_take(c, r, &left);
        if (r->parts_sent < r->part_count)
            break;
        ASSERT(c->queued_bytes >= r->queued);
        c->queued_bytes -= r->queued;
        r->queued = 0;
        request_trim(r);
    }
}

void connection_send(struct connection *c)
{
    if (c->sending || c->closing)
        return;
    connection_gather_parts(c);
    if (c->parts.count == 0) {
        connection_remove_sent(c);
        connection_resume(c);
        return;
    }
    c->sending = true;
    c->send_began_ns = io_now(c->core->io);
    list_push_back(&c->core->sending, &c->sending_node);
    connection_look_in(c, server_frame_timeout_ns(c->core->server) / WANTED_PART);
    c->send_op.done = connection_sent;
    io_send(c->core->io, &c->send_op, c->socket, send_parts_items(&c->parts), c->parts.count);
    if (c->waiting != NULL)
        connection_resume(c);
}

static void connection_sent(struct io_op *op, const struct io_event *event)
{
    struct connection *c = CONTAINER_OF(op, struct connection, send_op);
    c->sending = false;
    send_parts_end(&c->parts, &c->core->wide_parts);
    c->send_began_ns = 0;
    c->last_active_ns = io_now(c->core->io);
    list_remove(&c->sending_node);
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
    size_t memory = region_size(c->core->memory);
    if ((size_t)size > memory - memory / 8) {
        log_warn(&c->core->log,
                 "closing a connection: a request of %d bytes does not fit into "
                 "odradek.memory.bytes",
                 size);
        connection_close(c);
        return false;
    }
    c->frame_len = (uint32_t)size;
    return true;
}

/* A frame is whole. False: nothing could be done with it now (no memory), or all is over. */
static bool frame_take(struct connection *c, struct bytes frame, struct io_buffer *buffer)
{
    struct request *r = request_new(c, frame, buffer);
    if (r == NULL)
        return false;
    if (buffer == NULL) {
        r->frame_memory = c->gathered;
        r->frame_memory_size = c->gathered_size;
        gather_end(c);
    }
    list_push_back(&c->requests, &r->node);
    c->request_count++;
    c->waiting = r;
    c->prefix_len = 0;
    c->proven = true;
    c->frame_began_ns = 0;
    if (r->handler == NULL) {
        connection_close(c);
        return false;
    }
    return true;
}

/* Makes room for more of the frame; false when there is no memory. */
static bool gather_grow(struct connection *c)
{
    struct core *core = c->core;
    size_t size = c->proven ? GATHER_BYTES_FIRST : GATHER_BYTES_UNPROVEN;
    if (c->gathered != NULL)
        size = c->gathered_size * GATHER_GROWTH;
    else if (core->gathering > 0 && core->gathering + c->frame_len > core_gather_share(core))
        return false;
    size = MIN(size, c->frame_len);
    uint8_t *memory = region_take(core->memory, size);
    if (memory == NULL)
        return false;
    if (c->gathered != NULL) {
        memcpy(memory, c->gathered, c->gathered_len);
        region_give(core->memory, c->gathered, c->gathered_size);
    } else {
        core->gathering += c->frame_len;
    }
    c->gathered = memory;
    c->gathered_size = size;
    return true;
}

static void gather_advance(struct connection *c, uint32_t len)
{
    c->gathered_len += len;
    ASSERT(c->gathered_len <= c->gathered_size);
    if (c->gathered_len / MIB > c->frame_mebibytes) {
        c->frame_mebibytes = c->gathered_len / MIB;
        c->frame_moved_ns = io_now(c->core->io);
    }
}

/* Takes what it can of `data` into the gathered frame: how much, or -1 when it cannot go on. */
static int64_t gather_take(struct connection *c, const uint8_t *data, uint32_t len)
{
    bool full = c->gathered == NULL || c->gathered_len == c->gathered_size;
    if (full && !gather_grow(c))
        return -1;
    uint32_t taken = MIN(len, (uint32_t)c->gathered_size - c->gathered_len);
    memcpy(c->gathered + c->gathered_len, data, taken);
    gather_advance(c, taken);
    return taken;
}

static bool gathered_whole(const struct connection *c)
{
    return c->gathered != NULL && c->gathered_len == c->frame_len;
}

/* Others have waited for memory before it has. */
static bool connection_yields(const struct connection *c)
{
    const struct core *core = c->core;
    return c != core->turn && !(list_empty(&core->starved) && list_empty(&core->due));
}

/* One step on the first bytes of the input: how many are consumed, or -1 when they must wait.
 * `buffer` is null when they lie in the stash. */
static int64_t input_consume(struct connection *c, const uint8_t *data, uint32_t len,
                             struct io_buffer *buffer)
{
    if (c->prefix_len < FRAME_PREFIX) {
        uint32_t taken = MIN(len, FRAME_PREFIX - c->prefix_len);
        return prefix_take(c, data, taken) ? (int64_t)taken : -1;
    }
    if (c->gathered != NULL)
        return gather_take(c, data, len);
    if (core_short_of_memory(c->core) || connection_yields(c))
        return -1;
    if (buffer == NULL || len < c->frame_len)
        return gather_take(c, data, len);
    return frame_take(c, (struct bytes){data, c->frame_len}, buffer) ? (int64_t)c->frame_len : -1;
}

/* The same on whichever bytes are first; false when they must wait. */
static bool input_step(struct connection *c)
{
    int64_t taken;
    if (c->stash != NULL) {
        taken =
            input_consume(c, c->stash + c->stash_consumed, c->stash_len - c->stash_consumed, NULL);
        if (taken < 0)
            return false;
        c->stash_consumed += (uint32_t)taken;
        if (c->stash_consumed == c->stash_len)
            stash_free(c);
        return true;
    }
    struct io_buffer *buffer = c->core->held[c->input_first].buffer;
    taken = input_consume(c, buffer->data + c->consumed, buffer->len - c->consumed, buffer);
    if (taken < 0)
        return false;
    c->consumed += (uint32_t)taken;
    if (c->consumed == buffer->len)
        input_pop(c);
    return true;
}

/* Consumes input as far as it goes, and starts what it finds. False when memory is short. */
static bool connection_consume(struct connection *c)
{
    connection_start(c);
    while (!c->closing && c->waiting == NULL && c->request_count < CONNECTION_REQUESTS_MAX) {
        if (gathered_whole(c)) {
            if (!frame_take(c, (struct bytes){c->gathered, c->frame_len}, NULL))
                return false;
        } else if (input_empty(c)) {
            return true;
        } else if (!input_step(c)) {
            return false;
        }
        connection_start(c);
    }
    return true;
}

/* Who waits for memory stands in one of two lines, and keeps his place. */
static void connection_starve(struct connection *c)
{
    if (list_empty(&c->starved_node))
        list_push_back(c->gathered != NULL ? &c->core->growing : &c->core->starved,
                       &c->starved_node);
}

/* Notes what the rest of the core and the peer's deadline have to know of the input. */
static void connection_note_input(struct connection *c, bool blocked)
{
    bool holds = (c->waiting != NULL && c->waiting->buffer != NULL) || c->input_first >= 0;
    if (!holds)
        list_remove(&c->holding_node);
    else if (list_empty(&c->holding_node))
        list_push_back(&c->core->holding, &c->holding_node);
    if (c->proven && (blocked || c->prefix_len == 0))
        c->frame_began_ns = 0;
    else if (c->frame_began_ns == 0)
        frame_begins(c);
}

/* When receive buffers are scarce, who has memory for his frame does without: all of them may be
 * held by those who wait for such memory. */
static bool connection_receive(struct connection *c)
{
    struct core *core = c->core;
    uint32_t available = io_recv_available(core->io);
    if (c->gathered != NULL && available < core->recv_buffer_count / 4) {
        if (c->gathered_len == c->gathered_size && !gather_grow(c))
            return false;
        io_recv_into(core->io, &c->recv_op, c->socket, c->gathered + c->gathered_len,
                     (uint32_t)c->gathered_size - c->gathered_len);
    } else if (available > 0) {
        io_recv(core->io, &c->recv_op, c->socket);
    } else {
        return false;
    }
    c->receiving = true;
    return true;
}

/* Between two requests: nothing has come, and a receive is under way. */
static bool connection_rests(const struct connection *c)
{
    return c->receiving && c->prefix_len == 0 && c->frame_began_ns == 0 && c->waiting == NULL &&
           input_empty(c) && list_empty(&c->holding_node) && !c->ended && !c->closing;
}

void connection_resume(struct connection *c)
{
    if (connection_rests(c))
        return;
    bool fed = connection_consume(c);
    if (c->closing)
        return;
    bool blocked = !input_empty(c) || gathered_whole(c);
    connection_note_input(c, blocked);
    if (blocked && c->receiving && !c->canceling) {
        c->canceling = true;
        io_cancel(c->core->io, &c->recv_op);
    }
    bool receives = blocked || c->receiving || c->ended || connection_receive(c);
    if (!fed || !receives)
        connection_starve(c);
    connection_close_if_ended(c);
}

/* Copies the input that waits into memory of its own; false when that is too much. */
static bool input_stash(struct connection *c)
{
    struct core *core = c->core;
    uint32_t left = c->stash_len - c->stash_consumed;
    size_t total = left;
    for (int32_t id = c->input_first; id >= 0; id = core->held[id].next)
        total += core->held[id].buffer->len;
    total -= c->consumed;
    if (total > CONNECTION_STASH_BYTES || core->stashed + total > core_stash_share(core))
        return false;
    uint8_t *memory = region_take(core->memory, total);
    if (memory == NULL)
        return false;
    if (left > 0)
        memcpy(memory, c->stash + c->stash_consumed, left);
    uint32_t len = left;
    while (c->input_first >= 0) {
        const struct io_buffer *buffer = core->held[c->input_first].buffer;
        memcpy(memory + len, buffer->data + c->consumed, buffer->len - c->consumed);
        len += buffer->len - c->consumed;
        input_pop(c);
    }
    ASSERT(len == total);
    stash_free(c);
    c->stash = memory;
    c->stash_size = total;
    c->stash_len = len;
    core->stashed += total;
    return true;
}

void connection_stash(struct connection *c)
{
    ASSERT(!c->closing);
    if (c->running_others == 0 && c->queued_bytes < CONNECTION_QUEUE_BYTES)
        return;
    bool kept = c->waiting == NULL || request_let_buffer_go(c->waiting) == 0;
    if (kept && (c->input_first < 0 || input_stash(c)))
        return;
    log_debug(&c->core->log, "closing a connection: too much waits behind its slow request");
    connection_close(c);
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
    } else if (event->value > 0) {
        c->last_active_ns = io_now(c->core->io);
        gather_advance(c, (uint32_t)event->value);
    } else if (event->value == 0) {
        c->ended = true;
        connection_end_wait(c);
        if (c->closing)
            return;
    } else if (event->value != ERR_BUSY && event->value != ERR_CANCELED) {
        connection_close(c);
        return;
    }
    connection_resume(c);
}
