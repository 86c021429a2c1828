/*
 * A few visitors, each with one connection at a time: it dials, sends what it has, and closes after
 * a while, or when it is closed.
 *
 * What they send is never a request that would change anything, so that the model need not know.
 */
#include "tools/sim/hostile.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define VISITORS 10
#define GARBAGE_BYTES 600
#define PIPELINED 40
#define STAY_NS_MAX (15 * NS_PER_S)
#define CLOSED_WITHIN_NS (20 * NS_PER_S)
#define PREFIX 14 /* size and header up to the client's name */

enum habit {
    HABIT_GARBAGE,
    HABIT_SIZE,      /* a size that cannot be: closed without a byte */
    HABIT_CUT,       /* half a frame, then the end */
    HABIT_HALF,      /* half a frame, and no more for a while */
    HABIT_CORRUPTED, /* a frame whose body is wrong */
    HABIT_DEAF,      /* many requests, no answer is read */
    HABIT_TOUCH,     /* connects, and that is all */
    HABIT_COUNT,
};

struct visitor {
    struct hostile *hostile;
    struct io_op op; /* connect, then receive */
    struct io_op send;
    struct io_op close;
    struct timer timer; /* to come, then to go */
    struct iovec part;
    uint8_t *data;
    enum habit habit;
    int socket;
    bool here; /* counted among the party's open ones */
    bool connecting;
    bool connected;
    bool sending;
    bool receiving;
    bool closing;
};

struct hostile {
    struct party *party;
    uint64_t pause_ns_max;
    bool leaving;
    struct visitor visitors[VISITORS];
};

static void visitor_settle(struct visitor *visitor)
{
    struct hostile *hostile = visitor->hostile;
    if (!visitor->here || visitor->connecting || visitor->connected || visitor->sending ||
        visitor->receiving || visitor->closing)
        return;
    mem_free(visitor->data);
    visitor->data = NULL;
    visitor->here = false;
    hostile->party->open--;
    heap_cancel(&hostile->party->timers, &visitor->timer);
    if (!hostile->leaving)
        party_set_timer(hostile->party, &visitor->timer,
                        party_random(hostile->party, 0, hostile->pause_ns_max));
}

static void visitor_closed(struct io_op *op, const struct io_event *event)
{
    (void)event;
    struct visitor *visitor = CONTAINER_OF(op, struct visitor, close);
    visitor->closing = false;
    visitor_settle(visitor);
}

static void visitor_go(struct visitor *visitor)
{
    if (visitor->connecting)
        io_cancel(visitor->hostile->party->io, &visitor->op);
    if (!visitor->connected)
        return;
    visitor->connected = false;
    visitor->closing = true;
    visitor->close.done = visitor_closed;
    io_close(visitor->hostile->party->io, &visitor->close, visitor->socket);
}

static void visitor_received(struct io_op *op, const struct io_event *event)
{
    struct visitor *visitor = CONTAINER_OF(op, struct visitor, op);
    struct party *party = visitor->hostile->party;
    if (event->buffer != NULL) {
        if (visitor->habit == HABIT_SIZE)
            model_break(party->model, "a frame of an impossible size was answered");
        io_recv_release(party->io, event->buffer);
    }
    if (!event->last)
        return;
    if (event->value == ERR_BUSY && visitor->connected) {
        io_recv(party->io, &visitor->op, visitor->socket);
        return;
    }
    visitor->receiving = false;
    visitor_go(visitor);
    visitor_settle(visitor);
}

static void visitor_sent(struct io_op *op, const struct io_event *event)
{
    struct visitor *visitor = CONTAINER_OF(op, struct visitor, send);
    visitor->sending = false;
    if (event->value < 0 || visitor->habit == HABIT_CUT)
        visitor_go(visitor);
    visitor_settle(visitor);
}

/* A frame that asks and changes nothing. */
static uint8_t *question(struct party *party, size_t *len)
{
    struct list_offsets_request_topic topic;
    struct list_offsets_request_partition part;
    struct list_offsets_request request;
    struct client_frame frame = {.api_key = API_LIST_OFFSETS};
    frame.version = (int16_t)party_random(party, 1, 11);
    frame.correlation_id = (int32_t)party_random(party, 0, INT32_MAX);
    message_defaults(&list_offsets_request_struct, &request);
    message_defaults(&list_offsets_request_topic_struct, &topic);
    message_defaults(&list_offsets_request_partition_struct, &part);
    part.timestamp = -1;
    topic.name = string_of("nobody's");
    topic.partitions.items = &part;
    topic.partitions.count = 1;
    request.topics.items = &topic;
    request.topics.count = 1;
    return client_encode(&frame, &request, len);
}

static void random_bytes(struct party *party, uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++)
        data[i] = (uint8_t)party_random(party, 0, UINT8_MAX);
}

static uint8_t *payload_size(struct party *party, size_t *len)
{
    static const uint32_t sizes[] = {0x7fffffff, 0x80000000, 0xffffffff, 104857601};
    *len = party_random(party, 4, GARBAGE_BYTES);
    uint8_t *data = mem_alloc(*len);
    random_bytes(party, data, *len);
    store_be32(data, sizes[party_random(party, 0, ARRAY_LENGTH(sizes) - 1)]);
    return data;
}

static uint8_t *payload_many(struct party *party, size_t *len)
{
    size_t one;
    uint8_t *frame = question(party, &one);
    uint8_t *data = mem_alloc(one * PIPELINED);
    for (size_t i = 0; i < PIPELINED; i++)
        memcpy(data + i * one, frame, one);
    mem_free(frame);
    *len = one * PIPELINED;
    return data;
}

static uint8_t *visitor_payload(struct visitor *visitor, size_t *len)
{
    struct party *party = visitor->hostile->party;
    uint8_t *data;
    switch (visitor->habit) {
    case HABIT_GARBAGE:
        *len = party_random(party, 1, GARBAGE_BYTES);
        data = mem_alloc(*len);
        random_bytes(party, data, *len);
        return data;
    case HABIT_SIZE:
        return payload_size(party, len);
    case HABIT_CUT:
    case HABIT_HALF:
        data = question(party, len);
        *len = party_random(party, 1, *len - 1);
        return data;
    case HABIT_CORRUPTED:
        data = question(party, len);
        for (uint64_t i = party_random(party, 1, 4); i > 0; i--)
            data[party_random(party, PREFIX, *len - 1)] = (uint8_t)party_random(party, 0, 255);
        return data;
    case HABIT_DEAF:
        return payload_many(party, len);
    case HABIT_TOUCH:
    case HABIT_COUNT:
        break;
    }
    return NULL;
}

static void visitor_connected(struct io_op *op, const struct io_event *event)
{
    struct visitor *visitor = CONTAINER_OF(op, struct visitor, op);
    struct hostile *hostile = visitor->hostile;
    struct party *party = hostile->party;
    size_t len;
    visitor->connecting = false;
    if (event->value < 0) {
        visitor_settle(visitor);
        return;
    }
    visitor->connected = true;
    visitor->socket = (int)event->value;
    if (hostile->leaving) {
        visitor_go(visitor);
        return;
    }
    visitor->data = visitor_payload(visitor, &len);
    if (visitor->data != NULL) {
        visitor->part = (struct iovec){visitor->data, len};
        visitor->sending = true;
        visitor->send.done = visitor_sent;
        io_send(party->io, &visitor->send, visitor->socket, &visitor->part, 1);
    }
    if (visitor->habit != HABIT_DEAF) {
        visitor->receiving = true;
        visitor->op.done = visitor_received;
        io_recv(party->io, &visitor->op, visitor->socket);
    }
    uint64_t stay =
        visitor->habit == HABIT_SIZE ? CLOSED_WITHIN_NS : party_random(party, 0, STAY_NS_MAX);
    party_set_timer(party, &visitor->timer, stay);
}

static void visitor_come(struct visitor *visitor)
{
    struct hostile *hostile = visitor->hostile;
    struct party *party = hostile->party;
    visitor->habit = (enum habit)party_random(party, 0, HABIT_COUNT - 1);
    visitor->op.done = visitor_connected;
    if (io_connect(party->io, &visitor->op, party->host, party->port) != 0) {
        party_set_timer(party, &visitor->timer, STAY_NS_MAX);
        return;
    }
    visitor->here = true;
    visitor->connecting = true;
    party->open++;
    party_set_timer(party, &visitor->timer, STAY_NS_MAX);
}

static void visitor_due(struct timer *timer)
{
    struct visitor *visitor = CONTAINER_OF(timer, struct visitor, timer);
    struct party *party = visitor->hostile->party;
    if (visitor->hostile->leaving)
        return;
    if (!visitor->here) {
        visitor_come(visitor);
        return;
    }
    if (visitor->connected && visitor->habit == HABIT_SIZE && party->calm_ns != IO_NEVER &&
        io_now(party->io) > party->calm_ns + CLOSED_WITHIN_NS)
        model_break(party->model, "a frame of an impossible size did not end its connection");
    visitor_go(visitor);
}

struct hostile *hostile_new(struct party *party, uint64_t pause_ns_max)
{
    struct hostile *hostile = mem_alloc(sizeof *hostile);
    hostile->party = party;
    hostile->pause_ns_max = pause_ns_max;
    for (unsigned i = 0; i < VISITORS; i++) {
        hostile->visitors[i].hostile = hostile;
        timer_init(&hostile->visitors[i].timer, visitor_due);
    }
    return hostile;
}

void hostile_free(struct hostile *hostile)
{
    for (unsigned i = 0; i < VISITORS; i++) {
        ASSERT(!hostile->visitors[i].here);
        heap_cancel(&hostile->party->timers, &hostile->visitors[i].timer);
    }
    mem_free(hostile);
}

void hostile_start(struct hostile *hostile)
{
    for (unsigned i = 0; i < VISITORS; i++)
        party_set_timer(hostile->party, &hostile->visitors[i].timer,
                        party_random(hostile->party, 0, hostile->pause_ns_max));
}

void hostile_leave(struct hostile *hostile)
{
    hostile->leaving = true;
    for (unsigned i = 0; i < VISITORS; i++)
        visitor_go(&hostile->visitors[i]);
}
