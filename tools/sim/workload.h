/*
 * What the simulated clients do together: create topics, write to them, read them, ask about them,
 * delete some and create them anew for a while; see that everything becomes acknowledged once
 * nothing is in the way; and read it all once more.
 *
 * The seed decides which kinds of clients there are at all (swarm testing), and what they do when.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "tools/sim/group_crew.h"
#include "tools/sim/model.h"

#define WORKLOAD_VIOLATION_BYTES 512
/* Of clients and of what they do; each is a bit of kinds_out. */
#define WORKLOAD_KINDS 22

struct workload_options {
    const char *host;
    uint16_t port;
    uint64_t seed;
    const char *topic;          /* every topic's name begins so */
    int32_t partition_count;    /* of the first topic */
    uint64_t duration_ns;       /* of writing */
    uint64_t settle_ns;         /* by then, after that, everything must be acknowledged and read */
    uint64_t pause_ns;          /* at most, between two requests of a producer */
    uint32_t value_bytes_max;   /* of the producer of large records */
    uint32_t batch_records_max; /* of the producer of large batches */
    uint32_t kinds_out; /* a bit per kind of clients that is left out, whatever the seed says */
    int64_t offsets_retention_ms; /* of committed offsets; 0: they never go */
    int32_t session_ms_min;       /* of members of groups, as the broker has it; 0: no groups */
    enum crew_kind crew;          /* of which protocol these are */
    int32_t consumer_session_ms;  /* the session of the new one, as the broker has it */
    bool long_metadata;           /* of commits: they are as large as can be */
    bool cleans_twice;            /* topics with retention are compacted, too */
    bool keeps_tombstones;        /* these do */
    bool owns_broker;             /* nobody else has changed or changes its settings */
    uint32_t in_flight_max;       /* batches of an idempotent producer in one partition */
    /* Becomes true when nothing is in the way any more, from then on `settle_ns` counts; null:
     * something may always be, and it counts from the end of the writing. */
    const bool *calm;
    /* True while the broker must answer what changes something at once, with whatever; null: it
     * never has to. */
    const bool *prompt;
    /* Whether the broker lives and nothing slows it now; null: something always may. */
    bool (*lively)(void *context);
    void *lively_context;
    const uint64_t *started_ns; /* with either: when the broker's process began */
};

struct workload_result {
    struct model_counts counts;
    uint64_t calls;
    bool done;
    char violation[WORKLOAD_VIOLATION_BYTES]; /* "": every promise was kept */
};

struct workload;

struct workload *workload_new(const struct workload_options *options);
void workload_free(struct workload *workload);
/* On an io of its own, on the calling thread; returns when all is over. ERR_*: there is no io. */
int workload_run(struct workload *workload, struct workload_result *result) MUST_CHECK;
/* The clock of the broker's machine is so far ahead of that of the clients' since then: the time of
 * all machines that io_now has, which a client knows as of its last step only. */
void workload_clock_jumped(struct workload *workload, uint64_t at_ns, int64_t ahead_ms);
/* The same once more, without the work: lists all and reads all. Nothing must be in the way. */
int workload_audit(struct workload *workload, struct workload_result *result) MUST_CHECK;
