/*
 * A simulated consumer: reads partitions from their start, over and over waiting for more, and
 * holds what it sees against the model.
 */
#pragma once

#include "tools/sim/client.h"

struct consumer_options {
    int32_t wait_ms_max;
    int32_t bytes_max;     /* of one answer, and of one partition in it */
    uint64_t pause_ns_max; /* between two fetches */
    struct model_partition **partitions;
    uint32_t partition_count;
};

struct sim_consumer;

struct sim_consumer *sim_consumer_new(struct party *party, const struct consumer_options *options);
/* After the party has left. */
void sim_consumer_free(struct sim_consumer *consumer);
void sim_consumer_start(struct sim_consumer *consumer);
/* Reads on until it stands at the high watermark of every partition, and ends. */
void sim_consumer_finish(struct sim_consumer *consumer);
bool sim_consumer_done(const struct sim_consumer *consumer);
/* By its place in the options. */
int64_t sim_consumer_position(const struct sim_consumer *consumer, uint32_t partition);
