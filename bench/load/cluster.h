/*
 * The cluster that is loaded: brokers, the topics of the run, their partitions and leaders, groups
 * and their coordinators, and the versions both sides speak. Found out once, before the load.
 */
#pragma once

#include <stdint.h>

#include "bench/load/options.h"
#include "io/io.h"

struct cluster_broker {
    int32_t id;
    char *host;
    uint16_t port;
};

struct cluster_partition {
    const char *topic; /* one address for each topic */
    int32_t index;
    uint32_t broker;      /* the leader's place in `brokers` */
    int64_t start_offset; /* where the run's own records begin: the end at its start; consume: the
                             begin of the log */
    int64_t end_offset;
};

/* A consumer group whose offsets are committed. */
struct cluster_group {
    char *name;
    uint32_t broker; /* its coordinator's place in `brokers` */
};

struct cluster {
    struct cluster_broker *brokers;
    uint32_t broker_count;
    char **topics;
    uint32_t topic_count;
    struct cluster_partition *partitions;
    uint32_t partition_count;
    struct cluster_group *groups; /* with --mode commit: one, or one for each connection */
    uint32_t group_count;
    int16_t commit_version;
    int16_t produce_version;
    int16_t fetch_version;
    int16_t metadata_version;
};

/* Asks the bootstrap servers in turn; creates topics where that is wanted, and waits until each
 * partition has a leader. `why` tells what is wrong. Call cluster_fini in any case. */
int cluster_discover(struct cluster *cluster, struct io *io, const struct options *options,
                     struct sentence *why) MUST_CHECK;
void cluster_fini(struct cluster *cluster);
/* Deletes the run's topics. */
int cluster_delete_topics(const struct cluster *cluster, struct io *io,
                          const struct options *options, struct sentence *why) MUST_CHECK;
