/*
 * One core's access to time, randomness, network and disk.
 *
 * Three implementations stand behind it: io_uring, epoll with a small thread pool for the disk,
 * and the deterministic simulator. What is above `io` never loops, blocks, or asks the system.
 *
 * Operations are owned by the caller: a struct io_op lives in the caller's object, is handed over
 * by the verb, and comes back through its `done` callback exactly once (a multishot one: once per
 * event, the final one marked by `last`), also when canceled, and never inside the verb's call.
 * Until then neither the operation nor its buffer may be touched. Callbacks run only inside
 * io_poll, on the core's own thread, and may start other operations.
 *
 * A core sleeps in io_poll until an event, its deadline, or a wake. Nothing ticks: an idle core
 * makes no system calls.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "io/file.h"

struct io;
struct io_op;

/* A received slice. It is the receiver's until io_recv_release; at most `recv_buffers` are out. */
struct io_buffer {
    uint8_t *data;
    uint32_t len;
    uint32_t id;
};

struct io_event {
    int64_t value;            /* bytes, a handle, or a negative ERR_* */
    struct io_buffer *buffer; /* io_recv only; null with an error or at the end of the stream */
    bool last;                /* the operation is the caller's again */
};

typedef void io_done_fn(struct io_op *op, const struct io_event *event);

struct io_op {
    io_done_fn *done;
    uint64_t internal[14]; /* io's, while the operation is out */
};

#define IO_NEVER UINT64_MAX

enum io_backend { IO_AUTO, IO_RING, IO_EPOLL };

/* One for the background lane, and with epoll two for the disk verbs. */
#define IO_DISK_THREADS_MORE 3

struct io_options {
    enum io_backend backend;    /* IO_AUTO: the ring where the system permits it */
    uint32_t recv_buffer_bytes; /* size of one receive buffer; a power of two */
    uint32_t recv_buffer_count; /* a power of two, at most 32768 */
    uint32_t disk_threads;      /* for jobs; there are up to IO_DISK_THREADS_MORE beside these */
    const struct log *log;
};

/* What a core gives to io_run. */
struct io_loop {
    /* Runs what is ready; returns the next deadline in ns of io_now (IO_NEVER: none; now or
     * earlier: call again after polling without sleep). */
    uint64_t (*step)(struct io_loop *loop);
    /* Asked once more after the core has announced that it sleeps: true cancels the sleep. It
     * must see everything that was handed over before an io_wake. */
    bool (*has_work)(struct io_loop *loop);
};

/* Creation, one per core; ERR_UNSUPPORTED when the asked backend is not permitted here. May be
 * called on any thread; from the first io_poll on, the io belongs to the polling thread. */
int io_new(const struct io_options *options, struct io **io) MUST_CHECK;
/* Nothing may be out any more. */
void io_free(struct io *io);
/* "io_uring" or "epoll". */
const char *io_backend_name(const struct io *io);
struct file_system *io_files(struct io *io);

/* Runs loop->step and io_poll in turn on the calling thread until io_stop. */
void io_run(struct io *io, struct io_loop *loop);
/* From inside a callback or step of this io: io_run returns after the current step. */
void io_stop(struct io *io);
/* How many processors this process may use: fewer than there are in most containers. */
unsigned io_cpu_count(void);
/* Starts a thread that calls run(context), pinned to the `cpu`-th of these (-1: not pinned), under
 * a name of at most 15 bytes that ps, top and profilers show; joins it. */
struct io_thread;
int io_thread_start(struct io_thread **thread, const char *name, int cpu,
                    void (*run)(void *context), void *context) MUST_CHECK;
void io_thread_join(struct io_thread *thread);
/* The calling thread gets what processors and disk have left beside others, as far as the system
 * lets it say so. */
void io_thread_give_way(void);

/* Hands out completions; waits for one until `deadline_ns` (0: do not wait). Returns how many. */
int io_poll(struct io *io, uint64_t deadline_ns);

/* Monotonic time in ns, read once per io_poll: cheap, and constant within a step. */
uint64_t io_now(const struct io *io);
/* Monotonic time, read now: for measuring. */
uint64_t io_now_precise(struct io *io);
/* Unix time in ms, read once per io_poll. */
int64_t io_wall_ms(const struct io *io);
uint64_t io_random(struct io *io);
/* Of two such numbers, in an order that no compiler chooses: so a seed is the same run everywhere.
 */
struct uuid io_random_uuid(struct io *io);

/* Wakes `target` if it sleeps; called by the core that owns `from` after it has handed something
 * over. Costs one load when the target is awake. */
void io_wake(struct io *from, struct io *target);
/* Wakes from a signal handler or a thread without an io. */
void io_wake_external(struct io *target);

/* Sleeps on the calling thread; for start-up only, before any core runs. */
void io_pause(uint64_t ns);

/* Blocks until the process is asked to stop (SIGTERM, SIGINT, which its main thread has blocked).
 */
void io_wait_for_stop(void);
/* The same, but at most `ns`; whether it was asked. */
bool io_wait_for_stop_within(uint64_t ns);
/* Ends the process at once and leaves everything as it stands. */
_Noreturn void io_exit(int code);

/* Lets the process have as many descriptors as it may; how many that are. At start-up, before any
 * io accepts: an accept on the ring keeps the limit that it has seen first. */
uint64_t io_raise_descriptors(void);

/* Network. Addresses are "127.0.0.1", "::1" or names resolved at the call (start-up only). */

/* A listening socket shared by port with the other cores (SO_REUSEPORT), or ERR_ADDRESS_IN_USE
 * when anyone else holds the port. `*port` 0 chooses one, and is set. */
struct io_listen_options {
    const char *host; /* null: every address */
    uint16_t port;
    bool first; /* the first core of this listener: checks that the port is free */
};
int io_listen(struct io *io, const struct io_listen_options *options, int *listener,
              uint16_t *port) MUST_CHECK;
/* Multishot. Each event's value is a connected socket (TCP_NODELAY set) or an error; out of
 * descriptors is ERR_TOO_MANY_FILES with last set: accept again when some are free. */
void io_accept(struct io *io, struct io_op *op, int listener);
/* One event: value is the connected socket, or why there is none (also when it failed at once). A
 * result other than 0: the name is unknown or no socket is left, and the operation did not start.
 */
int io_connect(struct io *io, struct io_op *op, const char *host, uint16_t port) MUST_CHECK;
/* "127.0.0.1:4711" of the peer; `text` has room for 64 bytes. */
void io_peer_name(struct io *io, int socket, char *text);
/* "127.0.0.1" of the peer, an IPv4 peer of an IPv6 socket too; `text` has room for 48 bytes. */
void io_peer_address(struct io *io, int socket, char *text);
/* Multishot. Value 0 with last: the peer is done sending. ERR_BUSY with last: all receive buffers
 * are out; call again when the owner has released some. The last event carries no bytes. */
void io_recv(struct io *io, struct io_op *op, int socket);
/* One event: value bytes, at most `len`, lie in `data`; no receive buffer is used. 0 and errors are
 * as above, but ERR_BUSY does not occur. */
void io_recv_into(struct io *io, struct io_op *op, int socket, void *data, uint32_t len);
void io_recv_release(struct io *io, struct io_buffer *buffer);
/* Receive buffers not handed out now. */
uint32_t io_recv_available(const struct io *io);
/* Sends all parts whole: value is the total or an error. One send at a time per socket; parts and
 * bytes stay untouched until done; count at most 1024. */
void io_send(struct io *io, struct io_op *op, int socket, const struct iovec *parts, int count);
/* Stops both directions: pending operations of the socket end with ERR_CLOSED or ERR_CANCELED;
 * bytes that have arrived before may still come first. */
void io_shutdown(struct io *io, int socket);
/* Closes a socket or listener. Operations that are out on it are canceled, and end first. */
void io_close(struct io *io, struct io_op *op, int socket);
/* Asks an operation to end early; it still ends through its own callback. */
void io_cancel(struct io *io, struct io_op *op);

/* Disk. */

enum io_write_flags { IO_DSYNC = 1 };

/* Whole writes: value is len, or an error (a short write is ERR_NO_SPACE or ERR_IO). With
 * IO_DSYNC the bytes are on stable storage when done. For FILE_DIRECT files `data`, `len` and
 * `pos` are aligned to 4096. */
struct io_extent {
    int file;
    void *data;
    uint32_t len;
    uint64_t pos;
};
void io_write(struct io *io, struct io_op *op, const struct io_extent *extent, unsigned flags);
/* Value: bytes read, fewer than len only at the end of the file. */
void io_read(struct io *io, struct io_op *op, const struct io_extent *extent);
/* Reads what needs no waiting for the disk, at once: how many bytes from the beginning of `extent`
 * lie in `data` now. Fewer than len at the end of the file, and where the system would have to wait
 * for the rest; ERR_BUSY: it would have to for the first one. Not for FILE_DIRECT files. */
int64_t io_read_now(struct io *io, const struct io_extent *extent) MUST_CHECK;
void io_sync(struct io *io, struct io_op *op, int file);

/* Runs job(fs, context) on a disk thread; value is its result. The job may use the blocking file
 * verbs and owns what it was given until done; it must not touch the core's state. Jobs of one io
 * with the same nonzero `lane` run one after another in order. No other job waits behind those in
 * the background lane, and their thread gives way to all others. */
#define IO_BACKGROUND_LANE 4
typedef int io_job_fn(struct file_system *fs, void *context);
void io_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context);
