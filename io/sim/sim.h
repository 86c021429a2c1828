/*
 * The third implementation of io: a world of machines with disks, a network and clocks, on one
 * thread, all of it decided by one seed.
 *
 *     struct sim_options options;
 *     sim_options_init(&options, seed);
 *     struct sim *sim = sim_new(&options);
 *     struct sim_host *host = sim_host_new(sim, "a");
 *     struct file_system *fs = sim_host_files(host);       (the blocking verbs, at any time)
 *     struct io *io;
 *     result = sim_io_new(host, &io_options, &io);          (a core: an io like any other)
 *     sim_disk(host)->write_error = SIM_ALWAYS / 100;       (faults: change them at any time)
 *     sim_disk_fail(host, &(struct sim_failure){.kind = SIM_DISK_SYNC, .number = 3, ...});
 *     ... io_write(io, ...), io_poll(io, deadline) ...
 *     sim_host_crash(host);                                 (power loss; or sim_host_kill)
 *     io_free(io);                                          (what was out never completes)
 *     sim_host_start(host);                                 (fs shows what survived)
 *     sim_free(sim);
 *
 * Time passes only while somebody waits: in io_poll, in a blocking file verb, in sim_run. The
 * caller may be the test itself, or a simulated thread (sim_thread_start), which is a stack of its
 * own that is switched away from while it waits. So cores of several brokers, their disk jobs and
 * the test interleave, in an order that the seed decides, and every run of a seed is the same run:
 * nothing is ordered by an address or asks the real machine. sim_hash tells two runs apart.
 *
 * Everything here is for one OS thread.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "io/io.h"

struct sim;
struct sim_host;

/* A uniform choice, both ends included. */
struct sim_range {
    uint64_t min;
    uint64_t max;
};

/* Rates are chances per million: 0 is never. */
#define SIM_ALWAYS 1000000

/* A host's disk. Zero rates: a disk that is honest until the power goes. */
struct sim_disk_options {
    uint64_t capacity_bytes;  /* for data; may be changed at any time, below what is used too */
    uint32_t descriptors_max; /* files and sockets */
    struct sim_range read_ns;
    struct sim_range write_ns;
    struct sim_range sync_ns;
    struct sim_range entry_ns; /* opening, renaming, ... */
    uint32_t stall;            /* an operation takes stall_ns longer */
    struct sim_range stall_ns;
    uint32_t reorder; /* an operation takes reorder_ns longer: later ones overtake it */
    struct sim_range reorder_ns;
    uint32_t read_error;        /* ERR_IO */
    uint32_t uncached;          /* io_read_now finds nothing, or as often only a part */
    uint32_t write_error;       /* ERR_IO, nothing written */
    uint32_t write_short;       /* ERR_IO, a first part written */
    uint32_t write_torn;        /* ERR_IO, some sectors written */
    uint32_t write_lost;        /* success, but the sectors never reach the disk */
    uint32_t write_misdirected; /* success, but written elsewhere in the file */
    uint32_t write_corrupted;   /* success, but a bit of the data is wrong from now on */
    uint32_t sync_error;        /* ERR_IO; what was dirty is clean and not durable, as on Linux */
    uint32_t entry_error;       /* ERR_IO of open, rename, remove, ..., nothing done */
    uint32_t writeback; /* a sector that is dirty becomes durable before it is overwritten */
};

struct sim_net_options {
    struct sim_range delay_ns; /* one way */
    uint32_t partial;          /* a delivery brings only some of the bytes, at least one */
    uint32_t reset;            /* a delivery resets the connection instead */
    uint32_t half_open;        /* a delivery is lost, as all after it, and nobody is told */
    uint32_t refuse;           /* a connection is refused, although somebody listens */
    uint32_t buffer_bytes;     /* of one direction of a connection: sent and not yet received */
};

struct sim_options {
    uint64_t seed;
    int64_t wall_ms;              /* Unix time at the start */
    struct sim_range poll_ns;     /* what a step of a core takes */
    struct sim_range wake_ns;     /* from a wake to the core's step */
    struct sim_range job_ns;      /* from io_job to the job's start, when a disk thread is free */
    struct sim_disk_options disk; /* what a new host begins with */
    struct sim_net_options net;
};

/* Plausible times, no faults. */
void sim_options_init(struct sim_options *options, uint64_t seed);

struct sim *sim_new(const struct sim_options *options);
/* All ios must be freed; threads that still run are ended as by a kill. */
void sim_free(struct sim *sim);
uint64_t sim_now(const struct sim *sim);
/* Lets `ns` pass. */
void sim_run(struct sim *sim, uint64_t ns);
/* Lets time pass until `is_true(context)`, at most `ns`; what it was in the end. */
bool sim_run_until(struct sim *sim, bool (*is_true)(void *context), void *context, uint64_t ns);
/* A number of the world's own stream: use it for the test's choices, and they replay too. */
uint64_t sim_random(struct sim *sim);
/* Like the above, in a range; and with a chance per million. */
uint64_t sim_pick(struct sim *sim, struct sim_range range);
bool sim_chance(struct sim *sim, uint32_t rate);

/* Hosts. They live as long as the world. `name` is what io_connect resolves. */

struct sim_host *sim_host_new(struct sim *sim, const char *name);
struct sim *sim_host_world(const struct sim_host *host);
const char *sim_host_name(const struct sim_host *host);
struct file_system *sim_host_files(struct sim_host *host);
/* A core of the host. It is an io: freed by io_free. `backend` of the options is not read. */
int sim_io_new(struct sim_host *host, const struct io_options *options, struct io **io) MUST_CHECK;

/*
 * Ends of life. Nothing of the host runs any more: its ios complete nothing and io_run returns,
 * its blocking verbs return ERR_OFFLINE, its descriptors are gone. Called by a thread of the host
 * itself, it returns, and the next verb tells.
 *
 * A crash is a power loss: each sector that was not synced survives or not, each write in flight
 * has landed whole, torn or not at all, of the directory entries that were not synced a first part
 * of each directory's history survives. Peers are told nothing.
 * A kill ends the process alone: the page cache and all entries survive, and become durable or not
 * at a later crash. Peers see their connections closed.
 */
void sim_host_crash(struct sim_host *host);
void sim_host_kill(struct sim_host *host);
/* A new process begins. */
void sim_host_start(struct sim_host *host);
/* Asks the process to stop: io_wait_for_stop returns. */
void sim_host_stop(struct sim_host *host);
bool sim_host_up(const struct sim_host *host);
/* Files and sockets that its process holds. */
uint32_t sim_host_descriptors(const struct sim_host *host);
/* Moves the host's wall clock, not the monotonic one. */
void sim_host_shift_wall(struct sim_host *host, int64_t ms);

/* Disk faults. */

/* Kinds of operations, as they are counted. io's verbs count as the blocking ones do. */
#define SIM_DISK_KINDS(X) \
    X(OPEN)               \
    X(READ)               \
    X(WRITE)              \
    X(SYNC)               \
    X(WRITE_BACK)         \
    X(SYNC_DIRECTORY)     \
    X(SYNC_ALL)           \
    X(TRUNCATE)           \
    X(ALLOCATE)           \
    X(RENAME)             \
    X(REMOVE)             \
    X(MAKE_DIRECTORY)     \
    X(REMOVE_DIRECTORY)   \
    X(LIST)               \
    X(INFO)               \
    X(LOCK)

enum sim_disk_kind {
#define SIM_DISK_KIND(name) SIM_DISK_##name,
    SIM_DISK_KINDS(SIM_DISK_KIND)
#undef SIM_DISK_KIND
        SIM_DISK_KIND_COUNT,
    SIM_DISK_ANY = SIM_DISK_KIND_COUNT,
    /* All that change something: the points at which a crash makes a difference. */
    SIM_DISK_CHANGE,
};

/* How much of a failing write lands. */
enum sim_landing { SIM_LAND_NOTHING, SIM_LAND_PREFIX, SIM_LAND_TORN };

/* A success that is none; the rates of the same names say what happens. */
enum sim_lie { SIM_HONEST, SIM_LOST, SIM_MISDIRECTED, SIM_CORRUPTED };

/* For systematic tests and scenarios: fails chosen operations, whatever the rates are. */
struct sim_failure {
    enum sim_disk_kind kind;
    const char *path;         /* only of files whose path holds this text; null: of all */
    uint64_t number;          /* 1: the next operation of the kind from now on; 0: no failure */
    bool from_then_on;        /* and all later ones */
    bool crash;               /* instead of an error: the power goes while it is in flight */
    uint64_t late_ns;         /* instead of an error: it takes so much longer, and is overtaken */
    enum sim_lie lie;         /* instead of an error, of a write */
    int error;                /* ERR_*; 0 is ERR_IO */
    enum sim_landing landing; /* of a write */
};

/* How often each fault has struck, for those who want to know what a run was worth. */
#define SIM_STRIKES(X)                               \
    X(STALL, "disk operation stalled")               \
    X(REORDER, "disk operation overtaken")           \
    X(READ_ERROR, "read failed")                     \
    X(WRITE_ERROR, "write failed, nothing landed")   \
    X(WRITE_SHORT, "write failed, a part landed")    \
    X(WRITE_TORN, "write failed, sectors landed")    \
    X(SYNC_ERROR, "sync failed")                     \
    X(ENTRY_ERROR, "open, rename or removal failed") \
    X(WRITEBACK, "dirty sectors written back")       \
    X(NO_SPACE, "no space on the disk")              \
    X(NO_DESCRIPTOR, "no file descriptor")           \
    X(LIE, "write lost, misdirected or corrupted")   \
    X(PLANNED, "planned disk failure")               \
    X(CRASH, "power loss")                           \
    X(CRASH_IN_FLIGHT, "power loss in flight")       \
    X(LANDED_AT_END, "operation landed at an end")   \
    X(KILL, "process ended")                         \
    X(PARTIAL, "delivery of some of the bytes")      \
    X(BUFFER_FULL, "socket buffer full")             \
    X(RESET, "connection reset")                     \
    X(HALF_OPEN, "connection fell silent")           \
    X(REFUSE, "connection refused")                  \
    X(CUT, "network cut")

enum sim_strike {
#define SIM_STRIKE(name, text) SIM_STRIKE_##name,
    SIM_STRIKES(SIM_STRIKE)
#undef SIM_STRIKE
        SIM_STRIKE_COUNT
};
const char *sim_strike_text(enum sim_strike strike);
uint64_t sim_struck(const struct sim *sim, enum sim_strike strike);

struct sim_disk_options *sim_disk(struct sim_host *host);
/* Replaces the last one; null: none. The path is not copied. */
void sim_disk_fail(struct sim_host *host, const struct sim_failure *failure);
/* Operations of a kind that were begun since the world began. */
uint64_t sim_disk_count(const struct sim_host *host, enum sim_disk_kind kind);
/* How many operations the planned failure has met, of its kind and path. */
uint64_t sim_disk_failure_seen(const struct sim_host *host);
/* Data bytes in use. */
uint64_t sim_disk_used(const struct sim_host *host);
/* Flips a bit of each sector the range touches, in the cache and on the disk. */
int sim_disk_corrupt(struct sim_host *host, const char *path, uint64_t pos,
                     uint64_t len) MUST_CHECK;
/* Bytes of the file that a power loss now might still change. */
uint64_t sim_disk_unsynced(struct sim_host *host, const char *path);

/* Cores: a step can take far longer than it should, as when the kernel gives the CPU to others. */

struct sim_core_options {
    uint32_t stall; /* a step takes stall_ns longer */
    struct sim_range stall_ns;
};
struct sim_core_options *sim_cores(struct sim_host *host);
/* The `index`th of the host's running ios, by age; null when there are not so many. */
struct io *sim_core_io(struct sim_host *host, uint32_t index);
/* The `index`th core of the host, by age, does nothing for so long from its next step on. */
void sim_core_stall(struct sim_host *host, uint32_t index, uint64_t ns);

/*
 * Memory: a host's process takes it from regions, slabs and arenas (base), and what it takes can be
 * refused, as when a budget is used up. An arena that has its region to itself is left alone.
 */

struct sim_memory_options {
    uint32_t refuse; /* null instead of memory */
};
struct sim_memory_options *sim_memory(struct sim_host *host);
/* For systematic tests: only the `number`th from now on, 1 is the next one; 0: none any more. */
void sim_memory_refuse(struct sim_host *host, uint64_t number);
/* How often something was taken, or refused, since the world began. */
uint64_t sim_memory_count(const struct sim_host *host);

/* Network: hosts reach each other by name, or by "10.0.0.<number>", from 1 by age; themselves by
 * "127.0.0.1" as well. */

struct sim_net_options *sim_net(struct sim *sim);
/* No packet gets through between the two, until it is healed; nothing is lost, it only waits. */
void sim_net_cut(struct sim_host *a, struct sim_host *b, bool cut);

/* A test's own client: an end of a connection without an io. Nothing here waits; let time pass by
 * sim_run or io_poll. It stays valid until it is closed. */
struct sim_peer;
struct sim_peer *sim_peer_connect(struct sim_host *host, const char *name, uint16_t port);
/* 0: connected; ERR_BUSY: not yet; ERR_CLOSED: reset, or its host ended; else why it failed. */
int sim_peer_state(const struct sim_peer *peer) MUST_CHECK;
/* Bytes taken over; ERR_BUSY when none find room; else as sim_peer_state. */
int64_t sim_peer_write(struct sim_peer *peer, const void *data, uint64_t len) MUST_CHECK;
/* Bytes; 0: the end; ERR_BUSY when none have come; else as sim_peer_state. */
int64_t sim_peer_read(struct sim_peer *peer, void *data, uint64_t len) MUST_CHECK;
/* Ends what it sends; it may still receive. */
void sim_peer_end(struct sim_peer *peer);
/* Resets the connection. */
void sim_peer_reset(struct sim_peer *peer);
void sim_peer_close(struct sim_peer *peer);

/*
 * Threads: what io_thread_start is to a real process. In a program that links the simulator
 * io_thread_start and _join, io_wait_for_stop, io_pause, io_new and file_system_real are these,
 * when they are called by a simulated thread or on an entered host; so a whole broker runs
 * unchanged.
 */

/* The caller of the world acts on the host from now on, until sim_leave. */
void sim_enter(struct sim_host *host);
void sim_leave(void);

struct sim_thread;
/* Runs run(context) on a stack of its own, interleaved with all others at every wait. */
struct sim_thread *sim_thread_start(struct sim_host *host, void (*run)(void *context),
                                    void *context);
/* Waits for its end. Each thread is joined once, unless the world ends first. */
void sim_thread_join(struct sim_thread *thread);

/* Trace. */

/* Of everything that has happened so far: equal for two runs of one seed. */
uint64_t sim_hash(const struct sim *sim);
/* One line per event, without a newline; null: off. */
typedef void sim_trace_fn(void *context, const char *line);
void sim_trace(struct sim *sim, sim_trace_fn *sink, void *context);
