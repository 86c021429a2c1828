/*
 * What the implementations of io share: the table of verbs, the sleep protocol, and the state that
 * lives in an operation while it is out.
 */
#pragma once

#include <stdatomic.h>

#include "base/list.h"
#include "base/prng.h"
#include "io/io.h"

struct disk_pool;

struct io_operations {
    const char *name;
    void (*free)(struct io *io);
    /* Submits what is prepared and takes completions; waits until the deadline when it may. */
    void (*poll)(struct io *io, uint64_t deadline_ns);
    void (*wake)(struct io *from, struct io *target);
    void (*accept)(struct io *io, struct io_op *op, int listener);
    void (*connect)(struct io *io, struct io_op *op, int socket);
    void (*recv)(struct io *io, struct io_op *op, int socket);
    void (*recv_release)(struct io *io, struct io_buffer *buffer);
    void (*send)(struct io *io, struct io_op *op, int socket, const struct iovec *parts,
                 int count);
    void (*close)(struct io *io, struct io_op *op, int socket);
    void (*cancel)(struct io *io, struct io_op *op);
    void (*write)(struct io *io, struct io_op *op, const struct io_extent *extent,
                  unsigned flags);
    void (*read)(struct io *io, struct io_op *op, const struct io_extent *extent);
    void (*sync)(struct io *io, struct io_op *op, int file);
};

struct io {
    const struct io_operations *operations;
    const struct log *log;
    struct file_system *files;
    struct io_loop *loop; /* while io_run is on the stack */
    bool stopped;
    atomic_bool sleeping; /* set by the owner, cleared by whoever wakes it */
    int event_file;       /* eventfd: wakes from outside and from disk threads */
    uint64_t now_ns;
    int64_t wall_ms;
    struct prng prng;
    struct disk_pool *pool;
    struct list ready; /* operations that are done, to be handed out by the next poll */
    int handed_out;    /* completions of the running poll */
    uint32_t buffers_out;
    uint32_t buffer_count;
};

/* The start of io_op.internal in every implementation, while the operation is done but not handed
 * out yet. */
struct op_ready {
    struct list node;
    struct io_op *op;
    int64_t value;
};

/* Queues a completion for the next poll. */
void io_ready(struct io *io, struct io_op *op, int64_t value);
/* Hands out one event. */
void io_hand_out(struct io *io, struct io_op *op, const struct io_event *event);
/* Whether the core may sleep: announces it and looks once more. */
bool io_may_sleep(struct io *io);
void io_awake(struct io *io);
/* CLOCK_MONOTONIC and CLOCK_REALTIME, into the io. */
void io_read_clocks(struct io *io);

int io_ring_new(const struct io_options *options, struct io **io) MUST_CHECK;
int io_epoll_new(const struct io_options *options, struct io **io) MUST_CHECK;

/* Common parts of construction. */
int io_base_init(struct io *io, const struct io_operations *operations,
                 const struct io_options *options) MUST_CHECK;
void io_base_fini(struct io *io);

/* Disk threads (disk_pool.c). */
struct disk_pool *disk_pool_new(struct io *io, unsigned threads);
void disk_pool_free(struct disk_pool *pool);
void disk_pool_submit(struct disk_pool *pool, struct io_op *op, unsigned lane, io_job_fn *job,
                      void *context);
/* Hands out finished jobs. */
void disk_pool_take(struct disk_pool *pool);
bool disk_pool_ready(const struct disk_pool *pool);
/* Wakes `io` from a thread that is not a core. */
void io_wake_if_sleeping(struct io *io);
