/* The inside of Fetch, shared by its files: fetch.c tells what each of them does. */
#pragma once

#include "base/heap.h"
#include "broker/core.h"
#include "broker/fetch/fetch_session.h"
#include "broker/request.h"
#include "partition/aborted.h"
#include "partition/partition.h"
#include "protocol/errors.h"
#include "protocol/schema/fetch.h"

#define FETCH_CORES_MAX 64

struct fetch_state;
struct fetch_probe;

/* One partition that is asked for. */
struct fetch_part {
    struct core_call call; /* for the read; first */
    struct fetch_state *state;
    struct fetch_probe *probe;
    struct fetch_part *next_of_owner;
    struct fetch_topic_key topic;     /* as asked, and so answered */
    struct fetch_session_part *place; /* in the session, while that is current; else null */
    struct fetch_asked asked;
    struct uuid topic_id;
    bool unknown; /* the catalog has no such partition: nobody is asked */
    int16_t error;
    struct epoch_entry diverging; /* epoch -1: it does not diverge */
    struct partition_state there; /* from the probe */
    struct partition_watch watch; /* the owner's, while the probe waits there */
    uint32_t allotted;
    void *memory; /* of the connection's core */
    size_t memory_size;
    struct partition_read read;
    struct aborted_entry *aborted; /* from mem_alloc; for readers of committed records */
    uint32_t aborted_count;
    bool reread; /* once more, with room for the whole first batch */
};

/* The request's partitions of one owner. */
struct fetch_probe {
    struct core_call call; /* first */
    struct fetch_state *state;
    unsigned owner;
    struct fetch_part *parts;
    bool out;              /* not back yet */
    bool watching;         /* come back only when something moves */
    bool parked;           /* on the owner, while it watches */
    struct core_call wake; /* tells a watching probe to come back */
    bool wake_out;
    struct core *core; /* the owner, for watches */
};

struct fetch_state {
    struct request *request;
    struct list wait_node; /* core->fetch_waits */
    struct request_wait wait;
    const struct fetch_request *body;
    struct fetch_session_use use;
    struct core_call close; /* of a session on another core */
    struct fetch_part *parts;
    uint32_t part_count;
    uint32_t unknown_count;
    struct fetch_probe *probes;
    uint32_t probe_count;
    uint32_t out;       /* probes or reads that are not back, and wakes */
    uint32_t bytes_max; /* of the answer */
    uint64_t bytes_read;
    uint32_t judged; /* partitions that need no second read, or had it */
    bool first_read; /* one of them has records */
    bool waiting;
    bool deadline_over;
    struct timer deadline;
};

/* fetch_parts.c: what is asked for, into parts and probes. False when the connection was closed. */
bool fetch_take_apart(struct fetch_state *state);

/* fetch_owner.c: calls that run on the core that owns the partitions. */
void fetch_probe_run(struct core *core, struct core_call *call);
void fetch_wake_run(struct core *core, struct core_call *call);
void fetch_read_run(struct core *core, struct core_call *call);

/* fetch_wait.c: waits until there is enough, then goes on to fetch_read. */
void fetch_wait(struct fetch_state *state);

/* fetch_read.c: shares out the limits, reads, then goes on to fetch_answer. */
void fetch_read(struct fetch_state *state);

/* fetch_answer.c: the session's say, the answer, the end. */
void fetch_answer(struct fetch_state *state);
/* The request's error, without partitions. */
void fetch_refuse(struct fetch_state *state, int16_t error, int32_t session_id);
/* The request's error, for each of its partitions too. */
void fetch_refuse_all(struct fetch_state *state, int16_t error);
