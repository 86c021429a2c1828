/*
 * What the parts of the simulator share: the world with its queue of events and its threads, hosts,
 * descriptors, cores, and disk operations in flight.
 *
 * Events are timers of one heap: by time, then by the order in which they were set. Their callbacks
 * never wait; they mark waiters as ready. A waiter belongs to one who waits: a simulated thread,
 * or the caller of the world, who then runs the world's loop himself.
 */
#pragma once

#include "base/heap.h"
#include "base/list.h"
#include "base/prng.h"
#include "io/io_internal.h"
#include "io/sim/disk_tree.h"
#include "io/sim/fiber.h"
#include "io/sim/sim.h"

#define SIM_HOSTS_MAX 64
#define SIM_FIRST_DESCRIPTOR 3
#define SIM_HOST_NAME_BYTES 64

struct sim_waiter {
    struct sim *sim;
    struct timer timer; /* the end of its patience */
    struct sim_thread *thread;
    bool ready;
    bool expired;
};

struct sim_thread {
    struct list all_node;  /* in sim.threads */
    struct list node;      /* in sim.runnable or sim.idle */
    struct list host_node; /* in sim_host.threads, newest first */
    struct sim *sim;
    struct sim_host *host;
    uint32_t life;
    uint32_t dead_waits;
    struct fiber *fiber;
    void (*run)(void *context);
    void *context;
    bool queued;
    bool ended;
    bool detached; /* nobody joins it */
    bool abandoned;
    struct sim_waiter *joiner;
};

#define SIM_FORMATS 64
#define SIM_FORMAT_ARGUMENTS_MAX 15

/* What trace.c keeps of a line's format. */
struct sim_format {
    const char *format;
    uint64_t words;
    char kinds[SIM_FORMAT_ARGUMENTS_MAX + 1];
};

struct sim {
    struct sim_options options;
    struct prng prng;
    uint64_t now_ns;
    struct heap events;
    struct list runnable;
    uint32_t runnable_count;
    struct list threads; /* all, to be freed in the end */
    struct list idle;    /* those that may be used again */
    struct sim_thread *running;
    bool watched; /* somebody looks at the world after each turn */
    bool reap;    /* a host has ended inside a thread: its dead ones come first */
    struct sim_host *hosts[SIM_HOSTS_MAX];
    uint32_t host_count;
    bool cut[SIM_HOSTS_MAX][SIM_HOSTS_MAX]; /* no packet gets through */
    uint64_t next_socket;
    uint64_t strikes[SIM_STRIKE_COUNT];
    uint64_t hash;
    struct sim_format formats[SIM_FORMATS];
    sim_trace_fn *trace;
    void *trace_context;
};

enum sim_handle_kind { SIM_HANDLE_FREE, SIM_HANDLE_FILE, SIM_HANDLE_SOCKET };

struct sim_handle {
    enum sim_handle_kind kind;
    unsigned flags; /* of file_open */
    struct disk_node *target;
    bool lock; /* it holds the file's lock */
    struct sim_socket *socket;
};

struct sim_host {
    struct file_system files; /* first */
    struct sim *sim;
    char name[SIM_HOST_NAME_BYTES];
    uint32_t number;
    bool up;
    uint32_t life; /* of its process; what carries another one is dead */
    int64_t wall_shift_ms;
    struct list cores;
    struct list threads;
    struct sim_waiter *stopper; /* the thread in io_wait_for_stop */
    bool stop_asked;
    struct list sockets;
    uint16_t next_port;
    struct sim_handle *handles;
    uint32_t handle_count;
    uint32_t handles_used;
    struct disk_tree tree;
    struct sim_disk_options disk;
    struct sim_core_options core;
    struct sim_memory_options memory;
    uint64_t memory_count;      /* how often something was taken */
    uint64_t memory_refused_at; /* the count that fails; 0: none */
    uint32_t memory_spared;     /* nothing is counted or refused while it is not 0 */
    struct list maps;           /* memory of its processes (memory.c) */
    struct list requests;       /* in flight, by age */
    uint64_t device_free_ns;    /* when the device is done with what it has */
    struct sim_failure failure;
    uint64_t failure_seen;
    uint64_t counts[SIM_DISK_CHANGE + 1];
};

struct sim_core {
    struct io io; /* first */
    struct sim_host *host;
    uint32_t life;
    struct list node; /* in sim_host.cores */
    struct sim_waiter waiter;
    struct timer wake;
    uint64_t stall_ns; /* of the next step */
    uint32_t disk_out;
    struct list jobs;
    uint32_t jobs_running;
    uint32_t disk_threads;
    struct list sockets; /* for which something may have changed */
    uint32_t buffer_bytes;
    uint8_t *buffer_memory;
    struct io_buffer *buffers;
    uint32_t *free_buffers;
    uint32_t free_count;
};

static inline struct sim_core *core_of(struct io *io)
{
    return CONTAINER_OF(io, struct sim_core, io);
}

static inline struct sim_host *host_of(struct file_system *fs)
{
    return CONTAINER_OF(fs, struct sim_host, files);
}

/* World (world.c). */

void sim_waiter_init(struct sim_waiter *waiter, struct sim *sim);
/* Whoever waits goes on; when nobody does, the next wait ends at once. */
void sim_notify(struct sim_waiter *waiter);
/* Until it is ready (true), or the deadline has come, or the waiting thread is dead. It stays
 * ready until somebody clears the flag. */
bool sim_wait(struct sim_waiter *waiter, uint64_t deadline_ns);
void sim_pause(struct sim *sim, uint64_t ns);
/* The next thread or event; false when nothing will ever happen any more. */
bool sim_turn(struct sim *sim);

/* The same as sim_chance, and counted when it strikes. */
bool sim_strikes(struct sim *sim, uint32_t rate, enum sim_strike strike);

/* Whether the caller may still act on this host. */
bool sim_caller_alive(const struct sim_host *host);

/* Threads (thread.c). */

struct sim_thread *sim_thread_begin(struct sim_host *host, void (*run)(void *context),
                                    void *context);
bool sim_thread_alive(const struct sim_thread *thread);
/* The running thread is not gone on with; its memory stays as it is. */
_Noreturn void sim_thread_give_up(struct sim_thread *thread);
void sim_wait_for_stop(struct sim_host *host);
void sim_thread_queue(struct sim_thread *thread);
/* Leaves the running thread until it is queued again. */
void sim_thread_suspend(struct sim_thread *thread);
/* Runs it until it waits or ends. */
void sim_thread_enter(struct sim_thread *thread);
/* Lets the dead threads of all hosts run to their end. */
void sim_threads_reap(struct sim *sim);
void sim_threads_fini(struct sim *sim);

/* On which host the caller is from now on, for process.c; returns where it was. */
struct sim_host *sim_process_switch(struct sim_host *host);
/* Where the caller is; null: on the real machine. */
struct sim_host *sim_process_host(void);

/* Memory (memory.c). */

/* At the end of the world: nothing of the host's processes is used any more. */
void sim_maps_free(struct sim_host *host);

/* Trace (trace.c): what is printed is what is hashed. `host` may be null. */

void sim_note(struct sim *sim, const struct sim_host *host, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Descriptors (handle.c). */

/* The lowest free one, or ERR_TOO_MANY_FILES. */
int sim_handle_new(struct sim_host *host, enum sim_handle_kind kind) MUST_CHECK;
/* Null when it is none of this kind. */
struct sim_handle *sim_handle_find(struct sim_host *host, int number, enum sim_handle_kind kind);
void sim_handle_close(struct sim_host *host, int number);
/* All of them: the process is gone. */
void sim_handles_end(struct sim_host *host);

/* Disk operations (disk.c). */

struct sim_request {
    struct timer timer;
    struct list node; /* in sim_host.requests */
    struct sim_host *host;
    enum sim_disk_kind kind;
    unsigned flags; /* of file_open, or of the handle */
    bool through;   /* durable when done */
    const char *path;
    const char *to;
    struct disk_node *target;
    void *data;                /* to be read into */
    const struct iovec *parts; /* to be written */
    int count;
    uint64_t len;
    uint64_t pos;
    bool zeros; /* nothing else is written, as a new WAL file is; known once it lands */
    struct file_info *info;
    struct sim_names *names;
    /* What was decided at the start. */
    int error;
    enum sim_landing landing;
    bool crash;
    bool lost;
    bool corrupted;
    bool misdirected;
    uint64_t late_ns;
    int64_t result;
    void (*done)(struct sim_request *request);
    /* The one who waits: a blocking caller, or an operation of a core. */
    struct sim_waiter *waiter;
    struct sim_core *core;
    struct io_op *op;
    struct iovec part;
};

/* A listing, taken in one moment. */
struct sim_name {
    char *text;
    enum file_kind kind;
};
struct sim_names {
    struct sim_name *items;
    uint32_t count;
};

/* Decides its fate and its time. `done` is called when it has happened, or when its host has ended:
 * then `result` is ERR_OFFLINE. */
void sim_request_begin(struct sim_request *request);
/* The same, and waits; its result. ERR_OFFLINE when the caller is dead. */
int64_t sim_request_run(struct sim_request *request) MUST_CHECK;
/* The end of the host: what is in flight lands by seed, and is told so. */
void sim_requests_end(struct sim_host *host, bool power_loss);
/* What the fates do (landing.c). */
int64_t sim_request_apply(struct sim_request *request);
void sim_request_land_at_end(struct sim_request *request, bool power_loss);
/* Rates and planned failures (faults.c). */
bool sim_read_is_planned(const struct sim_host *host, const struct disk_node *target);
void sim_request_decide(struct sim_request *request);
uint64_t sim_request_duration(const struct sim_request *request);

/* File verbs (files.c) and the disk verbs of a core (disk.c). */

const struct file_operations *sim_file_operations(void);
void sim_core_write(struct io *io, struct io_op *op, const struct io_extent *extent,
                    unsigned flags);
void sim_core_read(struct io *io, struct io_op *op, const struct io_extent *extent);
int64_t sim_core_read_now(struct io *io, const struct io_extent *extent) MUST_CHECK;
void sim_core_sync(struct io *io, struct io_op *op, int file);

/* Cores (core.c). */

bool sim_core_alive(const struct sim_core *core);
/* Queues the end of an operation, and lets the core run. */
void sim_core_ready(struct sim_core *core, struct io_op *op, int64_t value);
void sim_cores_end(struct sim_host *host);

/* Jobs (jobs.c). */

void sim_core_job(struct io *io, struct io_op *op, unsigned lane, io_job_fn *job, void *context);
void sim_jobs_end(struct sim_core *core);

/* Network verbs of a core (socket.c); the rest of the network is in net.h. */

int sim_core_listen(struct io *io, const struct io_listen_options *options, int *number,
                    uint16_t *port) MUST_CHECK;
void sim_core_accept(struct io *io, struct io_op *op, int listener);
int sim_core_connect(struct io *io, struct io_op *op, const char *name, uint16_t port) MUST_CHECK;
void sim_core_peer_name(struct io *io, int number, char *text);
void sim_core_recv(struct io *io, struct io_op *op, int number);
void sim_core_recv_release(struct io *io, struct io_buffer *buffer);
void sim_core_send(struct io *io, struct io_op *op, int number, const struct iovec *parts,
                   int count);
void sim_core_shutdown(struct io *io, int number);
void sim_core_close(struct io *io, struct io_op *op, int number);
void sim_core_cancel(struct io *io, struct io_op *op);
