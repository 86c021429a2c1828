/*
 * First batches that were refused because storage failed: whose producer a partition does not know.
 *
 * A producer that nobody remembers may begin with any sequence number, as in Kafka: its records may
 * have expired. But a client has up to five batches in flight. When the first one of a new producer
 * is answered KAFKA_STORAGE_ERROR, and the disk works again before the next one comes, that one
 * would be taken as a beginning, and the first could never follow: OUT_OF_ORDER_SEQUENCE_NUMBER for
 * ever. So the shard remembers where such a producer has to begin. What is later is answered
 * OUT_OF_ORDER_SEQUENCE_NUMBER, which clients try again behind their first batch.
 *
 * Nothing of it needs to survive the process: a restart ends the connections, and with them all
 * that is in flight. It is bounded; of the oldest beyond that Kafka's rule holds again.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/uuid.h"
#include "partition/producers.h"

/* A new producer that is refused has a handful of partitions: so many of them can be in trouble
 * together in one shard. */
#define REFUSED_MAX 1024

struct refused_entry {
    struct uuid topic_id;
    int32_t index;
    int32_t first_sequence;
    int64_t producer_id;
    int16_t epoch;
};

struct refused {
    struct refused_entry *entries; /* a ring, oldest first; null before the first one */
    uint32_t head;
    uint32_t count;
};

struct partition;

void refused_init(struct refused *refused);
void refused_fini(struct refused *refused);
/* `batch` of a producer that `p` does not know was refused or taken back. The first one counts. */
void refused_note(struct refused *refused, const struct partition *p,
                  const struct producer_batch *batch);
/* Whether an earlier batch of the producer has to come first. */
bool refused_bars(const struct refused *refused, const struct partition *p,
                  const struct producer_batch *batch);
/* The producer has begun. */
void refused_forget(struct refused *refused, const struct partition *p, int64_t producer_id);
