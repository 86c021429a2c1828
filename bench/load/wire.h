/*
 * A client's connection to a broker, on io alone: frames out, answers in, in order.
 *
 * A call is the caller's; its frame stays untouched until it is done. Each call ends exactly once,
 * through `done`: with its answer, or with an error and no bytes when the connection ended, the
 * answer was not one, or the owner broke the connection. A call may be sent again from its `done`.
 * Nothing here allocates for a call: answers that lie whole in a receive buffer are handed on in
 * place, others are gathered in one buffer that grows to the largest. Where answers are large they
 * are received into that buffer straight away (`large`), and nothing is copied.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "io/io.h"

/* Offset of the correlation id in a request's frame, and in the answer that `done` sees. */
#define WIRE_CORRELATION_AT 8
#define WIRE_PARTS_MAX 64

struct wire_call {
    struct list node;
    /* `answer` begins with the correlation id; `result` is 0 or an ERR_*. */
    void (*done)(struct wire_call *call, int result, struct bytes answer);
    struct iovec part; /* the whole frame, its size first; the wire sets the correlation id */
    uint64_t sent_ns;
    int32_t correlation_id;
    bool silent; /* no answer comes: done when sent */
    bool given;  /* bytes of it may have reached the broker */
    bool on_its_way;
};

/* When the answers of a poll were there: one look at the clock, with the first of them, tells it
 * for all. A thread's wires share one; whoever polls forgets it before. */
struct wire_clock {
    uint64_t now_ns;
    bool read;
};

static inline void wire_clock_forget(struct wire_clock *clock)
{
    clock->read = false;
}

enum wire_state { WIRE_CLOSED, WIRE_DIALING, WIRE_OPEN, WIRE_CLOSING };

struct wire {
    struct io *io;
    /* Told when the state became WIRE_OPEN (result 0) or WIRE_CLOSED (why), after its calls ended.
     */
    void (*changed)(struct wire *wire, int result);
    enum wire_state state;
    int socket;
    int why;
    int32_t next_correlation_id;
    struct wire_clock *clock;
    struct list queued;
    struct list sending; /* the calls of the running send */
    struct list waiting; /* sent, waiting for their answers, in order */
    bool send_out;
    bool silent_out; /* some call of the running send is silent */
    bool large;      /* set before it dials: answers are expected to be large */
    bool receiving;  /* into `gathered` */
    uint8_t *gathered;
    size_t gathered_len;
    size_t gathered_capacity;
    struct io_op receive; /* connects first */
    struct io_op send;
    struct io_op close;
    struct iovec parts[WIRE_PARTS_MAX];
};

void wire_init(struct wire *wire, struct io *io, struct wire_clock *clock,
               void (*changed)(struct wire *wire, int result));
/* The wire is closed. */
void wire_fini(struct wire *wire);
/* A closed wire begins to connect; `changed` tells the end, also of a failure at once. */
int wire_dial(struct wire *wire, const char *host, uint16_t port) MUST_CHECK;
/* Sends as soon as the wire is open and its running send is done. */
void wire_call(struct wire *wire, struct wire_call *call);
/* Ends the connection and all its calls with `why`, soon. */
void wire_break(struct wire *wire, int why);
/* Nothing is queued or on its way. */
bool wire_idle(const struct wire *wire);
/* When the oldest call that has no answer was sent; UINT64_MAX without one. */
uint64_t wire_oldest_ns(const struct wire *wire);
