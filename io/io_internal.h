/*
 * What the implementations of io share: the table of verbs, the state of an operation while it is
 * out, the sleep protocol, the disk threads, and the setting up of sockets.
 *
 * An implementation embeds struct io as its first member, fills in a table of verbs, and offers one
 * function that creates it. The ring and epoll take listening, resolving and jobs from here; the
 * simulator brings its own.
 */
#pragma once

#include <stdatomic.h>
#include <sys/socket.h>

#include "base/list.h"
#include "base/prng.h"
#include "base/util.h"
#include "io/io.h"

struct disk_pool;

struct io_operations {
    const char *name;
    unsigned verb_threads; /* for disk_pool_verb */
    void (*release)(struct io *io);
    /* Submits what is prepared and hands out completions; waits until the deadline for one. */
    void (*poll)(struct io *io, uint64_t deadline_ns);
    /* Submits what is prepared, handing out nothing. */
    void (*flush)(struct io *io);
    void (*wake)(struct io *from, struct io *target);
    void (*wake_external)(struct io *target);
    uint64_t (*now_precise)(struct io *io);
    int (*listen)(struct io *io, const struct io_listen_options *options, int *listener,
                  uint16_t *port);
    void (*accept)(struct io *io, struct io_op *op, int listener);
    int (*connect)(struct io *io, struct io_op *op, const char *host, uint16_t port);
    void (*peer_name)(struct io *io, int socket, char *text);
    void (*recv)(struct io *io, struct io_op *op, int socket);
    void (*recv_release)(struct io *io, struct io_buffer *buffer);
    void (*send)(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count);
    void (*shutdown)(struct io *io, int socket);
    void (*close)(struct io *io, struct io_op *op, int socket);
    void (*cancel)(struct io *io, struct io_op *op);
    void (*write)(struct io *io, struct io_op *op, const struct io_extent *extent, unsigned flags);
    void (*read)(struct io *io, struct io_op *op, const struct io_extent *extent);
    int64_t (*read_now)(struct io *io, const struct io_extent *extent);
    void (*sync)(struct io *io, struct io_op *op, int file);
    void (*job)(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context);
};

struct io {
    const struct io_operations *operations;
    const struct log *log;
    struct file_system *files;
    struct io_loop *loop; /* while io_run is on the stack */
    bool stopped;
    atomic_bool sleeping; /* set by the owner, cleared by whoever wakes it */
    int event_file;       /* eventfd: wakes by threads that have no ring */
    uint64_t now_ns;
    int64_t wall_ms;
    struct prng prng;
    struct disk_pool *pool;
    struct list ready; /* operations that are done, to be handed out by the next poll */
    int handed_out;    /* completions of the running poll */
    uint32_t buffers_out;
    uint32_t buffer_count;
};

enum op_verb {
    OP_ACCEPT,
    OP_CONNECT,
    OP_RECV,
    OP_SEND,
    OP_CLOSE,
    OP_WRITE,
    OP_READ,
    OP_SYNC,
    OP_JOB
};

/* What lies in io_op.internal while the operation is out. */
struct op_state {
    struct list node; /* in io.ready, or waiting for a disk thread */
    int64_t value;
    int32_t file;
    uint8_t verb;
    uint8_t flags; /* of a write */
    bool canceled; /* must not be started again */
    uint8_t lane;  /* of what goes to a disk thread */
    union {
        struct {
            struct msghdr message; /* the parts that are left */
            uint64_t skip;         /* bytes of the first part that are sent */
            uint64_t total;        /* bytes sent */
        } send;
        struct {
            uint8_t *data; /* where a single receive goes; null: buffers, one after the other */
            uint32_t len;
        } recv;
        struct {
            io_job_fn *run; /* on a disk thread */
            void *context;
            uint8_t *data;
            uint64_t pos;
            uint32_t len;
            uint32_t done;
        } disk;
    };
};

_Static_assert(sizeof(struct op_state) <= sizeof(((struct io_op *)0)->internal),
               "an operation's state lives in it");

static inline struct op_state *op_state(struct io_op *op)
{
    return (struct op_state *)(void *)op->internal;
}

static inline struct io_op *op_of(struct op_state *state)
{
    return CONTAINER_OF(state, struct io_op, internal);
}

/* Fresh state for an operation that goes out. */
struct op_state *op_begin(struct io_op *op, enum op_verb verb, int file);
struct op_state *op_begin_send(struct io_op *op, int socket, const struct iovec *parts, int count);
struct op_state *op_begin_disk(struct io_op *op, enum op_verb verb, const struct io_extent *extent);
/* Counts `sent` more bytes of a send; true when nothing is left. */
bool op_send_advance(struct op_state *state, size_t sent);
/* What to send next, when the first part is half sent: the rest of it. */
struct iovec op_send_rest(const struct op_state *state);

/* The verb for real implementations. */
int64_t io_file_read_now(struct io *io, const struct io_extent *extent) MUST_CHECK;

/* Queues the last completion of an operation for the next poll. */
void io_ready(struct io *io, struct io_op *op, int64_t value);
/* Hands out an event at once. */
void io_hand_out(struct io *io, struct io_op *op, const struct io_event *event);
/* Hands out the only or last event, without a buffer. */
void io_hand_out_last(struct io *io, struct io_op *op, int64_t value);

/* Announces sleep and looks once more; false when there is work, and no sleep is announced. */
bool io_may_sleep(struct io *io);
void io_awake(struct io *io);
/* For threads that are not cores. */
void io_wake_if_sleeping(struct io *io);
void io_event_write(struct io *io);
/* CLOCK_MONOTONIC and CLOCK_REALTIME, into the io. */
void io_read_clocks(struct io *io);
uint64_t io_clock_now(struct io *io);

/* Orders this thread's earlier stores before its later loads, against another thread's same. */
static inline void io_full_fence(void)
{
#ifdef __SANITIZE_THREAD__
    /* gcc's race detector knows no fences: a locked operation has the same effect. */
    atomic_int here = 0;
    atomic_fetch_add(&here, 1);
#else
    atomic_thread_fence(memory_order_seq_cst);
#endif
}

/* The two real implementations; ERR_UNSUPPORTED, with the reason logged, when not permitted. */
int io_ring_new(const struct io_options *options, struct io **io) MUST_CHECK;
int io_epoll_new(const struct io_options *options, struct io **io) MUST_CHECK;

/* What both set up and tear down. */
int io_base_init(struct io *io, const struct io_operations *operations,
                 const struct io_options *options) MUST_CHECK;
void io_base_fini(struct io *io);

/* Disk threads (disk_pool.c). */
/* `threads` for jobs, and as many of `verb_threads` for disk_pool_verb. */
int disk_pool_new(struct io *io, unsigned threads, unsigned verb_threads,
                  struct disk_pool **pool) MUST_CHECK;
/* Nothing may be out. */
void disk_pool_free(struct disk_pool *pool);
/* The state's `disk.run` and `disk.context` are set. Waits behind no job. */
void disk_pool_verb(struct disk_pool *pool, struct io_op *op);
/* The verb for real implementations. */
void disk_pool_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context);
/* Hands out finished jobs. */
void disk_pool_take(struct disk_pool *pool);
bool disk_pool_ready(const struct disk_pool *pool);

/* Sockets (sockets.c). */
int sockets_listen(struct io *io, const struct io_listen_options *options, int *listener,
                   uint16_t *port) MUST_CHECK;
/* `*socket` is non-blocking and its connection under way, or -1: it failed at once, and the
 * operation's end is queued. */
int sockets_connect(struct io *io, struct io_op *op, const char *host, uint16_t port,
                    int *socket) MUST_CHECK;
/* How a connection attempt ended: 0 or ERR_*. */
int sockets_connect_result(int socket) MUST_CHECK;
void sockets_peer_name(struct io *io, int socket, char *text);
void sockets_no_delay(int socket);
