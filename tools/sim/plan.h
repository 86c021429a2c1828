/*
 * What a seed decides before the world begins: how large everything is, which kinds of trouble
 * there are and how often, and what happens to the broker when.
 *
 * Each part is drawn from a stream of its own, so that one can be taken away and the others stay as
 * they were: that is how a failing run is made smaller (minimise.h). What is left to the world's
 * own stream is the order in which threads and events interleave.
 *
 * One kind of trouble in three is there at all (swarm testing: Groce et al., ISSTA 2012).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"
#include "io/sim/sim.h"
#include "tools/sim/group_crew.h"

/* Name, the most of its rate (a chance per million, or 1 for kinds that have none), and what it is.
 */
#define PLAN_KINDS(X)                                                               \
    X(STALL, "stall", 2000, "disk operations that take seconds")                    \
    X(REORDER, "reorder", 200000, "disk operations that are overtaken")             \
    X(READ_ERROR, "read-error", 300, "reads that fail")                             \
    X(WRITE_ERROR, "write-error", 1000, "writes that fail, nothing written")        \
    X(WRITE_SHORT, "write-short", 1000, "writes that fail, a first part written")   \
    X(WRITE_TORN, "write-torn", 1000, "writes that fail, some sectors written")     \
    X(SYNC_ERROR, "sync-error", 1000, "syncs that fail")                            \
    X(ENTRY_ERROR, "entry-error", 300, "opens, renames and removals that fail")     \
    X(WRITEBACK, "writeback", 1000000, "dirty sectors that reach the disk unasked") \
    X(OUTAGE, "outage", 1, "a disk on which nothing can be written for a while")    \
    X(FULL, "full", 1, "a disk that is full for a while")                           \
    X(DESCRIPTORS, "descriptors", 1, "few file descriptors")                        \
    X(PARTIAL, "partial", 500000, "deliveries of some of the bytes")                \
    X(TRICKLE, "trickle", 1, "socket buffers of a few bytes")                       \
    X(RESET, "reset", 500, "connections that are reset")                            \
    X(HALF_OPEN, "half-open", 100, "connections that fall silent")                  \
    X(REFUSE, "refuse", 100000, "connections that are refused")                     \
    X(CUT, "cut", 1, "a network that is cut for a while")                           \
    X(CROWD, "crowd", 1, "more connections than the broker takes")                  \
    X(CRASH, "crash", 1, "power loss at any time")                                  \
    X(CRASH_IN_FLIGHT, "crash-in-flight", 1, "power loss at a chosen disk change")  \
    X(KILL, "kill", 1, "the end of the process alone")                              \
    X(STOP, "stop", 1, "clean stops")                                               \
    X(CORES, "cores", 1, "another number of cores at each start")                   \
    X(MEMORY, "memory", 1000, "memory that is refused")                             \
    X(CORE_STALL, "core-stall", 50, "cores that do nothing for up to seconds")      \
    X(CLOCK, "clock", 1, "a wall clock that jumps")

enum plan_kind {
#define PLAN_KIND(kind, name, most, text) PLAN_##kind,
    PLAN_KINDS(PLAN_KIND)
#undef PLAN_KIND
        PLAN_KIND_COUNT
};

const char *plan_kind_name(enum plan_kind kind);
const char *plan_kind_text(enum plan_kind kind);
/* False: no kind has this name. */
bool plan_kind_parse(struct bytes name, enum plan_kind *kind);

/* What is taken away from a seed's plan. */
struct plan_cuts {
    uint64_t kinds;      /* a bit per kind that is left out */
    uint64_t events;     /* a bit per event that is left out, of the first 64 */
    uint32_t seconds;    /* of work; 0: as planned */
    uint32_t partitions; /* 0: as planned */
    uint32_t clients;    /* a bit per kind of clients that is left out */
};

/* Something that happens once: trouble of a kind, and how long it lasts or when it strikes. */
struct plan_event {
    uint64_t before_ns; /* since the end of the last */
    uint64_t after_ns;  /* until it is over */
    enum plan_kind kind;
    bool nothing; /* time passes, that is all */
    uint64_t number;
};

#define PLAN_EVENTS_MAX 1024

struct plan {
    uint64_t seed;
    uint32_t seconds;
    uint64_t kinds; /* a bit per kind that is there */
    uint32_t rates[PLAN_KIND_COUNT];
    unsigned cores;
    const char *wal_profile;
    const char *flush_profile;
    uint64_t wal_file_bytes;
    uint64_t wal_bytes_max;
    uint64_t memory_bytes;
    uint32_t segment_ms;           /* age of a segment that is rolled */
    uint32_t offsets_retention_ms; /* of committed offsets; 0: they never go */
    enum crew_kind crew;           /* if there are groups */
    bool cleans_twice;             /* topics with retention are compacted, too */
    bool keeps_tombstones;         /* of these */
    uint32_t connections_max;
    uint32_t descriptors_max;
    uint32_t socket_bytes;
    uint32_t partitions;
    uint32_t clients_out; /* a bit per kind of clients that is left out */
    uint32_t value_bytes_max;
    uint32_t batch_records_max;
    uint64_t pause_ns; /* at most, between two batches of a producer */
    struct plan_event events[PLAN_EVENTS_MAX];
    uint32_t event_count;
};

/* `seconds` of work under trouble. */
void plan_make(struct plan *plan, uint64_t seed, uint32_t seconds, const struct plan_cuts *cuts);
/* The most that clients may do. */
void plan_hurry(struct plan *plan);
bool plan_has(const struct plan *plan, enum plan_kind kind);
/* Cores of the broker's nth start. */
unsigned plan_cores(const struct plan *plan, uint32_t start);
/* Into the world's knobs, and out of them again. */
void plan_apply(const struct plan *plan, struct sim_disk_options *disk,
                struct sim_net_options *net);
/* Words that tell the plan, without a newline. */
void plan_describe(const struct plan *plan, char *text, size_t size);
