/*
 * A simulated producer: batches of new records to random partitions of one topic at random times,
 * with the habits of a real one: several requests in flight, one request for several partitions,
 * and after a failure the same batches again, in order, until they are acknowledged.
 *
 * Now and then it probes: it sends on purpose what must be recognised or refused, and knows the
 * exact answer. And it may be lost and come back, with a new producer id or the next epoch.
 */
#pragma once

#include "tools/sim/client.h"

#define PRODUCER_IN_FLIGHT_MAX 5
#define PRODUCER_ANY_COMPRESSION (-1)

struct producer_options {
    struct model_topic *topic; /* confirmed */
    bool idempotent;
    bool by_id;         /* topics are named by id: what is meant for a deleted one goes nowhere */
    int16_t acks;       /* -1, 0, 1 */
    int8_t compression; /* enum compression, or PRODUCER_ANY_COMPRESSION */
    uint32_t in_flight_max; /* batches of one partition; at most PRODUCER_IN_FLIGHT_MAX */
    uint32_t batch_records_max;
    uint32_t value_bytes_max;
    uint64_t pause_ns_max; /* between two requests */
    uint64_t rest_ns_max;  /* instead, at times; 0: never */
    uint32_t loss_rate;    /* of a thousand requests: the producer is lost instead */
    uint32_t probe_rate;   /* of a thousand requests: a probe instead */
};

struct sim_producer;

struct sim_producer *sim_producer_new(struct party *party, const struct producer_options *options);
/* After it was retired, or the party has left. */
void sim_producer_free(struct sim_producer *producer);
void sim_producer_start(struct sim_producer *producer);
/* No new records; what is not acknowledged is still sent until it is. */
void sim_producer_stop(struct sim_producer *producer);
/* Nothing is left to acknowledge: it was stopped, or its topic is gone. */
bool sim_producer_done(const struct sim_producer *producer);
/* Closes the connection of one that is done; true when it is closed: it may be freed. */
bool sim_producer_retire(struct sim_producer *producer);
