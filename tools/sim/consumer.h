/*
 * A simulated consumer: reads partitions of some topics, over and over waiting for more, and holds
 * what it sees against the model. There are plain ones and ones with a fetch session (KIP-227),
 * ones that read in order and ones that jump about; all of them probe now and then: offsets beyond
 * the end, sessions and epochs that do not exist.
 */
#pragma once

#include "tools/sim/client.h"

#define CONSUMER_TOPICS_MAX 8

struct consumer_options {
    struct model_topic *topics[CONSUMER_TOPICS_MAX]; /* confirmed */
    uint32_t topic_count;
    bool by_id;   /* topics are named by id */
    bool session; /* incremental fetches */
    bool patient; /* waits long, for anything; `wait_ms_max` and `bytes_min_max` mean nothing */
    bool audits;  /* reads everything once, from the start to the end, and is done */
    int32_t wait_ms_max;
    int32_t bytes_min_max; /* of an answer that need not wait */
    int32_t bytes_max;     /* of one answer, and of one partition in it */
    uint64_t pause_ns_max; /* between two fetches */
    uint32_t jump_rate;    /* of a thousand fetches: begins elsewhere */
    uint32_t probe_rate;   /* of a thousand fetches: a probe instead */
};

struct sim_consumer;

struct sim_consumer *sim_consumer_new(struct party *party, const struct consumer_options *options);
/* After it was retired, or the party has left. */
void sim_consumer_free(struct sim_consumer *consumer);
void sim_consumer_start(struct sim_consumer *consumer);
/* Reads on until it has seen all that is known now, and ends. */
void sim_consumer_finish(struct sim_consumer *consumer);
bool sim_consumer_done(const struct sim_consumer *consumer);
/* Closes the connection of one that is done; true when it is closed: it may be freed. */
bool sim_consumer_retire(struct sim_consumer *consumer);
