/*
 * One core of the broker: a thread's whole world, and the calls between two of them.
 *
 * A core owns its io, timers, memory, connections, partitions and its own image of the catalog.
 * Nothing is shared but one ring of pointers per ordered pair of cores. Whoever wants something
 * from another core sends a call: an object of its own that the other core may use until it
 * replies. A call reserves the place of its reply before it is sent, so that replies never wait;
 * calls beyond the reservation park in order on the sending side.
 *
 * core_step is what the thread's loop runs after each batch of completions.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/budget.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/log.h"
#include "base/region.h"
#include "base/slab.h"
#include "base/spsc.h"
#include "broker/catalog/image.h"
#include "io/io.h"
#include "partition/shard.h"

struct core;
struct coordinator;
struct core_call;
struct fetch_sessions;
struct recoder;
struct server;

typedef void core_call_fn(struct core *core, struct core_call *call);

/* Embedded in what the caller wants done. From core_send until `done` it is not the caller's. */
struct core_call {
    struct list node;
    core_call_fn *run;  /* on the receiving core; ends, now or later, in core_reply */
    core_call_fn *done; /* back on the sending core */
    unsigned from;
    bool replied;
};

/* How many calls of one core may be out at another one. */
#define CORE_CALLS_OUT_MAX 512

/* One core's side of the pair with `peer`. */
struct core_link {
    struct core *peer;
    struct spsc *out; /* this core pushes */
    struct spsc *in;  /* this core pops */
    struct list parked;
    uint32_t calls_out;
    bool wake_due;
};

/* A receive buffer in use: by a connection's input, and by each request that lies in it. */
struct held_buffer {
    struct io_buffer *buffer;
    uint32_t holds;
    int32_t next; /* id of the next one in the connection's input, -1: none */
};

/* How far the stop of a core is; each stage begins when every core has ended the one before. */
enum core_life {
    CORE_SERVING,
    CORE_DRAINING, /* running requests are answered, connections closed */
    CORE_FLUSHING, /* everything goes to the segments */
    CORE_FLUSHED,
};

struct core {
    struct io_loop loop; /* first */
    struct server *server;
    unsigned id;
    unsigned core_count;
    struct io *io;
    struct log log;
    uint64_t secret; /* what clients cannot foresee */
    struct budget budget;
    struct core_link *links; /* core_count of them; the own one is unused */

    struct heap timers;
    struct region *memory;    /* frames, arenas, responses */
    struct slab connections;  /* struct connection */
    struct slab wide_parts;   /* struct send_parts_wide */
    struct slab requests;     /* struct request */
    struct held_buffer *held; /* by the id of the receive buffer */

    struct acceptor *acceptors;
    uint32_t listener_count;
    struct list open;           /* connections */
    struct list starved;        /* connections whose input waits for memory */
    struct list growing;        /* connections whose frame waits for memory */
    struct list due;            /* those of one of these lines whose turn comes now */
    struct connection *turn;    /* it is resumed now */
    struct list holding;        /* connections whose receive buffers wait behind a request */
    struct list to_send;        /* connections with finished responses */
    struct list sending;        /* connections with a running send, the oldest first */
    struct timer retry;         /* of what waits for memory */
    struct list ended;          /* requests that go at the end of the step */
    struct list parked_appends; /* struct produce_part that met ERR_BUSY, in order */
    struct list produce_waits;  /* requests that wait for their parts, until timeout.ms */
    struct timer produce_due;   /* for the earliest of them */
    uint32_t connection_count;
    uint32_t recv_buffer_count;
    bool accept_waits;    /* for a connection to end, on whichever core */
    unsigned accept_seen; /* how many had ended when it began to */
    size_t gathering;     /* bytes of the frames that are being gathered, when they are whole */
    size_t stashed;       /* memory of the connections' stashes */
    size_t fetched;       /* memory of records on their way to consumers */

    struct shard shard;
    struct image image;
    struct list fetch_waits; /* struct fetch_state that long-poll */
    struct list group_waits; /* struct group_wait that wait for other members */
    struct coordinator *coordinator;
    struct fetch_sessions *fetch_sessions;
    struct producer_ids *producer_ids;
    struct recoder *recoder;
    struct catalog *catalog;       /* core 0 only */
    uint64_t configured;           /* image.broker_changes when the settings below were taken */
    struct core_call *unconfirmed; /* a change of the catalog that is applied; null: none */
    struct boot *boot;             /* core 0, until connections are accepted */

    enum core_life life;
    bool stopping; /* no new connections or requests */
    bool drained;
    struct timer stop_limit;
};

/* Runs `call->run` on core `to` and then `call->done` here. On the own core both may run before
 * this returns. */
void core_send(struct core *core, unsigned to, struct core_call *call);
/* Ends a call that runs on this core. The call is not to be touched afterwards. */
void core_reply(struct core *core, struct core_call *call);

/* Gives up one use of a receive buffer; the last one returns it. */
void core_drop_buffer(struct core *core, struct io_buffer *buffer);
/* New requests wait while memory is short; responses may still be written. */
bool core_short_of_memory(const struct core *core);
/* Shares of the request memory. Those for frames, records and stashes do not make it short when
 * they are used up together: whoever is slow in one of these ways leaves the others room. */
static inline size_t core_gather_share(const struct core *core)
{
    return region_size(core->memory) / 4;
}
static inline size_t core_fetch_share(const struct core *core)
{
    return region_size(core->memory) / 8 * 3;
}
static inline size_t core_stash_share(const struct core *core)
{
    return region_size(core->memory) / 16;
}

/* Memory for records of a fetch, or null when the share is used up or memory is out. */
void *core_fetch_take(struct core *core, size_t size);
void core_fetch_give(struct core *core, void *memory, size_t size);
/* How many bytes of records one fetch should bring now. */
uint64_t core_fetch_bytes_max(const struct core *core);

/* Arms a timer at io_now + delay. */
void core_timer_set(struct core *core, struct timer *timer, uint64_t delay_ns);
void core_timer_cancel(struct core *core, struct timer *timer);

/* Which core owns a partition: one function, so that a topic spreads evenly. */
unsigned core_of_partition(unsigned core_count, struct uuid topic_id, int32_t partition);

/* Construction, on the main thread: `core_init` for each, then `core_link_all`. */
struct core_options {
    struct server *server;
    unsigned id;
    unsigned core_count;
    struct io *io;
    size_t memory_bytes;
    uint32_t connections_max;
    uint32_t recv_buffer_count;
    const struct config *config;
    const struct log *log;
};
void core_init(struct core *core, const struct core_options *options);
void core_fini(struct core *core);
void core_link_all(struct core *cores, unsigned count);
/* The thread's body: runs until the core has stopped. */
void core_run(struct core *core);
