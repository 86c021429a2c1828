/* One direction of a connection: bytes on their way, delays, loss of the connection. */
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/net.h"

#define RING_BYTES_MIN 4096

static struct sim_socket *socket_of_delivery(struct timer *timer)
{
    return CONTAINER_OF(timer, struct sim_socket, stream.delivery);
}

static bool is_cut(const struct sim_socket *socket)
{
    const struct sim_socket *peer = socket->peer;
    return peer != NULL && socket->sim->cut[socket->host->number][peer->host->number];
}

static bool has_more(const struct sim_stream *stream)
{
    return stream->len > stream->arrived || (stream->end_sent && !stream->end_arrived) ||
           (stream->reset_sent && !stream->reset_arrived);
}

void sim_stream_kick(struct sim_socket *socket)
{
    struct sim *sim = socket->sim;
    struct sim_stream *stream = &socket->stream;
    if (!has_more(stream) || timer_armed(&stream->delivery) || is_cut(socket) || socket->lost)
        return;
    /* A machine without power answers nothing; when it is back, it knows nothing. */
    if (socket->gone && !socket->host->up)
        return;
    heap_set(&sim->events, &stream->delivery,
             sim->now_ns + sim_pick(sim, sim->options.net.delay_ns));
}

static void deliver_reset(struct sim_socket *socket)
{
    sim_note(socket->sim, socket->host, "reset %llu", (unsigned long long)socket->id);
    socket->stream.reset_arrived = true;
    socket->stream.len = socket->stream.arrived = 0;
    sim_socket_queue(socket);
    if (socket->peer != NULL)
        sim_socket_queue(socket->peer);
}

/* Nobody is there any more: the sender is told. */
static void answer_with_reset(struct sim_socket *socket)
{
    sim_stream_drop(socket);
    if (socket->peer != NULL && !socket->peer->closed)
        sim_stream_send_reset(socket->peer);
}

static void deliver_bytes(struct sim_socket *socket)
{
    struct sim *sim = socket->sim;
    struct sim_stream *stream = &socket->stream;
    uint32_t amount = stream->len - stream->arrived;
    if (amount > 1 && sim_strikes(sim, sim->options.net.partial, SIM_STRIKE_PARTIAL))
        amount = prng_below(&sim->prng, 4) == 0 ? 1 : 1 + (uint32_t)prng_below(&sim->prng, amount);
    stream->arrived += amount;
    if (stream->len == stream->arrived && stream->end_sent)
        stream->end_arrived = true;
    sim_note(sim, socket->host, "deliver %llu +%u%s", (unsigned long long)socket->id, amount,
             stream->end_arrived ? " end" : "");
    sim_socket_queue(socket);
    sim_stream_kick(socket);
}

static void delivery_expired(struct timer *timer)
{
    struct sim_socket *socket = socket_of_delivery(timer);
    struct sim_stream *stream = &socket->stream;
    struct sim *sim = socket->sim;
    if (is_cut(socket))
        return;
    if (stream->reset_sent) {
        deliver_reset(socket);
    } else if (socket->closed || socket->gone || socket->shut) {
        if (stream->len > 0)
            answer_with_reset(socket);
    } else if (sim_strikes(sim, sim->options.net.half_open, SIM_STRIKE_HALF_OPEN)) {
        sim_note(sim, socket->host, "half open %llu", (unsigned long long)socket->id);
        socket->lost = true;
        if (socket->peer != NULL)
            socket->peer->lost = true;
    } else if (sim_strikes(sim, sim->options.net.reset, SIM_STRIKE_RESET)) {
        deliver_reset(socket);
        answer_with_reset(socket);
    } else {
        deliver_bytes(socket);
    }
}

void sim_stream_init(struct sim_socket *socket)
{
    struct sim_stream *stream = &socket->stream;
    stream->capacity = MAX(socket->sim->options.net.buffer_bytes, 1U);
    timer_init(&stream->delivery, delivery_expired);
}

void sim_stream_fini(struct sim_socket *socket)
{
    heap_cancel(&socket->sim->events, &socket->stream.delivery);
    mem_free(socket->stream.bytes);
}

/* The bytes at `from` that lie behind one another in the ring. */
static uint32_t ring_run(const struct sim_stream *stream, uint32_t from, uint32_t len)
{
    return MIN(len, stream->size - from);
}

static void ring_copy_out(const struct sim_stream *stream, uint8_t *data, uint32_t len)
{
    uint32_t first = ring_run(stream, stream->first, len);
    memcpy(data, stream->bytes + stream->first, first);
    memcpy(data + first, stream->bytes, len - first);
}

/* Room for `len` bytes in all: most connections never need what they may have. */
static void ring_grow(struct sim_stream *stream, uint32_t len)
{
    if (len <= stream->size)
        return;
    uint32_t size = MIN(MAX(MAX(len, stream->size * 2), RING_BYTES_MIN), stream->capacity);
    uint8_t *bytes = mem_alloc_raw(size);
    if (stream->len > 0)
        ring_copy_out(stream, bytes, stream->len);
    mem_free(stream->bytes);
    stream->bytes = bytes;
    stream->size = size;
    stream->first = 0;
}

uint32_t sim_stream_send(struct sim_socket *socket, const uint8_t *data, uint64_t len)
{
    struct sim_stream *stream = &socket->stream;
    uint32_t amount = (uint32_t)MIN(len, (uint64_t)(stream->capacity - stream->len));
    if (amount < len)
        socket->sim->strikes[SIM_STRIKE_BUFFER_FULL]++;
    ring_grow(stream, stream->len + amount);
    for (uint32_t done = 0; done < amount;) {
        uint32_t at = (stream->first + stream->len) % stream->size;
        uint32_t run = ring_run(stream, at, amount - done);
        memcpy(stream->bytes + at, data + done, run);
        stream->len += run;
        done += run;
    }
    sim_stream_kick(socket);
    return amount;
}

uint32_t sim_stream_take(struct sim_socket *socket, uint8_t *data, uint32_t len)
{
    struct sim_stream *stream = &socket->stream;
    uint32_t amount = MIN(len, stream->arrived);
    if (amount > 0) {
        ring_copy_out(stream, data, amount);
        stream->first = (stream->first + amount) % stream->size;
    }
    stream->len -= amount;
    stream->arrived -= amount;
    if (amount > 0 && socket->peer != NULL)
        sim_socket_queue(socket->peer);
    return amount;
}

void sim_stream_send_end(struct sim_socket *socket)
{
    socket->stream.end_sent = true;
    sim_stream_kick(socket);
}

void sim_stream_send_reset(struct sim_socket *socket)
{
    socket->stream.reset_sent = true;
    sim_stream_kick(socket);
}

void sim_stream_drop(struct sim_socket *socket)
{
    socket->stream.len = socket->stream.arrived = 0;
    if (socket->peer != NULL)
        sim_socket_queue(socket->peer);
}
