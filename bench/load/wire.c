/*
 * Connections of the load generator.
 *
 * The bytes of a call belong to io until its send is done. On a fast loopback the answer may be
 * seen before that; then it stays in the gathered bytes until the send's own completion, so that
 * `done` may always fill the frame anew.
 */
#include "bench/load/wire.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define ANSWER_BYTES_MAX (256 * MIB)
/* Of one receive of large answers, at least. */
#define RECEIVE_BYTES (64 * KIB)

void wire_init(struct wire *wire, struct io *io, struct wire_clock *clock,
               void (*changed)(struct wire *wire, int result))
{
    *wire = (struct wire){.io = io, .clock = clock, .changed = changed, .state = WIRE_CLOSED};
    list_init(&wire->queued);
    list_init(&wire->sending);
    list_init(&wire->waiting);
}

void wire_fini(struct wire *wire)
{
    ASSERT(wire->state == WIRE_CLOSED && list_empty(&wire->queued));
    mem_free(wire->gathered);
}

static void calls_end(struct list *calls, int why)
{
    struct list ended;
    struct list *node;
    list_init(&ended);
    list_append(&ended, calls);
    while ((node = list_pop_front(&ended)) != NULL) {
        struct wire_call *call = LIST_ENTRY(node, struct wire_call, node);
        call->on_its_way = false;
        call->done(call, why, (struct bytes){0});
    }
}

static void wire_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct wire *wire = CONTAINER_OF(op, struct wire, close);
    ASSERT(!wire->send_out);
    wire->state = WIRE_CLOSED;
    wire->gathered_len = 0;
    calls_end(&wire->sending, wire->why);
    calls_end(&wire->waiting, wire->why);
    calls_end(&wire->queued, wire->why);
    wire->changed(wire, wire->why);
}

void wire_break(struct wire *wire, int why)
{
    ASSERT(why < 0);
    if (wire->state == WIRE_DIALING)
        io_cancel(wire->io, &wire->receive);
    if (wire->state != WIRE_OPEN)
        return;
    wire->state = WIRE_CLOSING;
    wire->why = why;
    wire->close.done = wire_closed;
    io_close(wire->io, &wire->close, wire->socket);
}

static void wire_look_at_clock(struct wire *wire)
{
    struct wire_clock *clock = wire->clock;
    if (clock->read)
        return;
    clock->now_ns = io_now_precise(wire->io);
    clock->read = true;
}

/* The answer to the oldest call; false when that call is not known to be sent yet. */
static bool wire_answer(struct wire *wire, struct bytes answer)
{
    struct list *node = list_pop_front(&wire->waiting);
    if (node == NULL) {
        if (!list_empty(&wire->sending))
            return false;
        wire_break(wire, ERR_MALFORMED);
        return true;
    }
    struct wire_call *call = LIST_ENTRY(node, struct wire_call, node);
    bool expected = (int32_t)load_be32(answer.data) == call->correlation_id;
    call->on_its_way = false;
    call->done(call, expected ? 0 : ERR_MALFORMED, answer);
    if (!expected)
        wire_break(wire, ERR_MALFORMED);
    return true;
}

/* Hands on the whole answers of `bytes`; how many bytes that took. */
static size_t wire_parse(struct wire *wire, struct bytes bytes)
{
    size_t at = 0;
    while (wire->state == WIRE_OPEN && bytes.len - at >= 4) {
        uint32_t size = load_be32(bytes.data + at);
        if (size < 4 || size > ANSWER_BYTES_MAX) {
            wire_break(wire, ERR_MALFORMED);
            break;
        }
        if (bytes.len - at - 4 < size ||
            !wire_answer(wire, (struct bytes){bytes.data + at + 4, size}))
            break;
        at += 4 + (size_t)size;
    }
    return at;
}

/* Room for so many bytes in all. */
static void gathered_grow(struct wire *wire, size_t needed)
{
    if (needed <= wire->gathered_capacity)
        return;
    ASSERT(!wire->receiving);
    size_t capacity = MAX(wire->gathered_capacity * 2, MAX(needed, 16 * KIB));
    wire->gathered = mem_realloc(wire->gathered, wire->gathered_capacity, capacity);
    wire->gathered_capacity = capacity;
}

static void wire_gather(struct wire *wire, struct bytes bytes)
{
    ASSERT(bytes.len > 0);
    size_t needed = wire->gathered_len + bytes.len;
    gathered_grow(wire, needed);
    memcpy(wire->gathered + wire->gathered_len, bytes.data, bytes.len);
    wire->gathered_len = needed;
}

static void wire_parse_gathered(struct wire *wire)
{
    size_t taken = wire_parse(wire, (struct bytes){wire->gathered, wire->gathered_len});
    wire->gathered_len -= taken;
    if (taken > 0 && wire->gathered_len > 0)
        memmove(wire->gathered, wire->gathered + taken, wire->gathered_len);
}

static void wire_take(struct wire *wire, struct bytes bytes)
{
    if (wire->gathered_len == 0) {
        size_t taken = wire_parse(wire, bytes);
        if (taken < bytes.len)
            wire_gather(wire, (struct bytes){bytes.data + taken, bytes.len - taken});
        return;
    }
    wire_gather(wire, bytes);
    wire_parse_gathered(wire);
}

static void wire_received(struct io_op *op, const struct io_event *event)
{
    struct wire *wire = CONTAINER_OF(op, struct wire, receive);
    if (event->buffer != NULL) {
        wire_look_at_clock(wire);
        if (wire->state == WIRE_OPEN)
            wire_take(wire, (struct bytes){event->buffer->data, event->buffer->len});
        io_recv_release(wire->io, event->buffer);
    }
    if (!event->last)
        return;
    if (event->value == ERR_BUSY && wire->state == WIRE_OPEN)
        io_recv(wire->io, &wire->receive, wire->socket);
    else
        wire_break(wire, event->value < 0 ? (int)event->value : ERR_CLOSED);
}

static void wire_received_large(struct io_op *op, const struct io_event *event);

/* Goes on, unless what is there is whole: its call is not known to be sent yet, which is waited for
 * first, since its answer may be taken only then. */
static void wire_receive_large(struct wire *wire)
{
    size_t needed = wire->gathered_len + RECEIVE_BYTES;
    if (wire->state != WIRE_OPEN || wire->receiving)
        return;
    if (wire->gathered_len >= 4) {
        size_t frame = 4 + (size_t)load_be32(wire->gathered);
        if (frame <= wire->gathered_len)
            return;
        needed = MAX(needed, MIN(frame, (size_t)ANSWER_BYTES_MAX));
    }
    gathered_grow(wire, needed);
    wire->receiving = true;
    wire->receive.done = wire_received_large;
    io_recv_into(wire->io, &wire->receive, wire->socket, wire->gathered + wire->gathered_len,
                 (uint32_t)(wire->gathered_capacity - wire->gathered_len));
}

static void wire_received_large(struct io_op *op, const struct io_event *event)
{
    struct wire *wire = CONTAINER_OF(op, struct wire, receive);
    wire->receiving = false;
    if (event->value <= 0) {
        wire_break(wire, event->value < 0 ? (int)event->value : ERR_CLOSED);
        return;
    }
    wire_look_at_clock(wire);
    wire->gathered_len += (size_t)event->value;
    if (wire->state == WIRE_OPEN)
        wire_parse_gathered(wire);
    wire_receive_large(wire);
}

static void wire_pump(struct wire *wire);

/* A send is done with calls in it that get no answer: they end, and may be sent again at once, when
 * the others wait for theirs. */
static void wire_end_silent(struct wire *wire)
{
    struct list sent;
    struct list silent;
    struct list *node;
    list_init(&sent);
    list_init(&silent);
    list_append(&sent, &wire->sending);
    while ((node = list_pop_front(&sent)) != NULL) {
        bool ends = LIST_ENTRY(node, struct wire_call, node)->silent;
        list_push_back(ends ? &silent : &wire->waiting, node);
    }
    wire_look_at_clock(wire);
    calls_end(&silent, 0);
}

static void wire_sent(struct io_op *op, const struct io_event *event)
{
    struct wire *wire = CONTAINER_OF(op, struct wire, send);
    wire->send_out = false;
    if (event->value < 0) {
        wire_break(wire, (int)event->value);
        return;
    }
    if (wire->silent_out)
        wire_end_silent(wire);
    else
        list_append(&wire->waiting, &wire->sending);
    if (wire->gathered_len > 0 && wire->state == WIRE_OPEN && !wire->receiving)
        wire_parse_gathered(wire);
    if (wire->large)
        wire_receive_large(wire);
    wire_pump(wire);
}

/* Everything queued goes out as one send, as far as it has parts. */
static void wire_pump(struct wire *wire)
{
    int count = 0;
    if (wire->state != WIRE_OPEN || wire->send_out || list_empty(&wire->queued))
        return;
    wire->silent_out = false;
    while (count < WIRE_PARTS_MAX && !list_empty(&wire->queued)) {
        struct list *node = list_pop_front(&wire->queued);
        struct wire_call *call = LIST_ENTRY(node, struct wire_call, node);
        call->correlation_id = wire->next_correlation_id++;
        store_be32((uint8_t *)call->part.iov_base + WIRE_CORRELATION_AT,
                   (uint32_t)call->correlation_id);
        wire->parts[count++] = call->part;
        call->given = true;
        wire->silent_out |= call->silent;
        list_push_back(&wire->sending, node);
    }
    wire->send_out = true;
    wire->send.done = wire_sent;
    io_send(wire->io, &wire->send, wire->socket, wire->parts, count);
}

static void wire_connected(struct io_op *op, const struct io_event *event)
{
    struct wire *wire = CONTAINER_OF(op, struct wire, receive);
    if (event->value < 0) {
        wire->state = WIRE_CLOSED;
        calls_end(&wire->queued, (int)event->value);
        wire->changed(wire, (int)event->value);
        return;
    }
    wire->state = WIRE_OPEN;
    wire->socket = (int)event->value;
    if (wire->large) {
        wire_receive_large(wire);
    } else {
        wire->receive.done = wire_received;
        io_recv(wire->io, &wire->receive, wire->socket);
    }
    wire->changed(wire, 0);
    wire_pump(wire);
}

int wire_dial(struct wire *wire, const char *host, uint16_t port)
{
    ASSERT(wire->state == WIRE_CLOSED);
    wire->receive.done = wire_connected;
    int result = io_connect(wire->io, &wire->receive, host, port);
    if (result == 0)
        wire->state = WIRE_DIALING;
    return result;
}

void wire_call(struct wire *wire, struct wire_call *call)
{
    ASSERT(!call->on_its_way && call->done != NULL);
    call->on_its_way = true;
    call->given = false;
    list_push_back(&wire->queued, &call->node);
    wire_pump(wire);
}

bool wire_idle(const struct wire *wire)
{
    return list_empty(&wire->queued) && list_empty(&wire->sending) && list_empty(&wire->waiting);
}

uint64_t wire_oldest_ns(const struct wire *wire)
{
    const struct list *first = wire->waiting.next;
    if (list_empty(&wire->waiting))
        first = wire->sending.next;
    if (first == &wire->sending)
        return UINT64_MAX;
    return ((const struct wire_call *)((const char *)first - offsetof(struct wire_call, node)))
        ->sent_ns;
}
