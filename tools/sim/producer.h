/*
 * A simulated producer: batches of new records to random partitions at random times, with the
 * habits of a real one: several requests in flight, and after a failure the same batches again, in
 * order, until they are acknowledged.
 */
#pragma once

#include "tools/sim/client.h"

struct producer_options {
    bool idempotent;
    int16_t acks;           /* -1, 0, 1 */
    uint32_t in_flight_max; /* batches of one partition; at most PRODUCER_IN_FLIGHT_MAX */
    uint32_t batch_records_max;
    uint32_t value_bytes_max;
    uint64_t pause_ns_max; /* between two batches */
    struct model_partition **partitions;
    uint32_t partition_count;
};

#define PRODUCER_IN_FLIGHT_MAX 5

struct sim_producer;

struct sim_producer *sim_producer_new(struct party *party, const struct producer_options *options);
/* After the party has left. */
void sim_producer_free(struct sim_producer *producer);
void sim_producer_start(struct sim_producer *producer);
/* No new records; what is not acknowledged is still sent until it is. */
void sim_producer_stop(struct sim_producer *producer);
/* Stopped, and nothing is left to acknowledge. */
bool sim_producer_done(const struct sim_producer *producer);
