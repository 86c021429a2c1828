/*
 * Who leads which partition, as one half of a thread knows it while it runs.
 *
 * It begins with what the cluster said before the load. Who meets an error that a new leader would
 * explain says leaders_want; the next leaders_ask then sends one Metadata request on a connection
 * that its owner lends, at most every 100 ms, until an answer comes. A partition without a leader
 * keeps its last one. A broker keeps its place in `brokers` for good; new ones come behind.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "bench/load/cluster.h"
#include "bench/load/wire.h"

/* The partitions that a broker leads. */
struct leader {
    uint32_t *partitions;
    uint32_t count;
};

struct leaders {
    const struct cluster *cluster;
    struct cluster_broker *brokers; /* hosts are ours */
    struct leader *lists;           /* as brokers */
    uint32_t broker_count;
    uint32_t broker_capacity;
    uint32_t list_capacity;
    uint32_t *of_partition; /* as cluster.partitions: the leader's place in brokers */
    /* Told when some partition has another leader, or a broker another address. */
    void (*changed)(struct leaders *leaders, uint32_t moved);
    struct region *memory;
    struct arena arena;
    struct wire_call call;
    uint8_t *request;
    uint64_t due_ns;
    bool wanted;
};

void leaders_init(struct leaders *leaders, const struct cluster *cluster,
                  void (*changed)(struct leaders *leaders, uint32_t moved));
/* No question is on its way. */
void leaders_fini(struct leaders *leaders);
/* The broker for the id-th of many: those that lead something, in turn. */
uint32_t leaders_broker_of(const struct leaders *leaders, uint32_t id);
static inline void leaders_want(struct leaders *leaders)
{
    leaders->wanted = true;
}
/* Asks on an open wire, when it is wanted and due. The wire ends the question as any call. */
void leaders_ask(struct leaders *leaders, struct wire *wire, uint64_t now_ns);
/* An answer to Metadata, its correlation id first; ERR_* when it is none. */
int leaders_take(struct leaders *leaders, struct bytes answer) MUST_CHECK;
/* Whether an answer with this Kafka error, or the end of a connection, may come of a new leader. */
bool leaders_explain(int16_t error);
