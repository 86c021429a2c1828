/* What producers.c and producers_snapshot.c share. */
#pragma once

#include "base/map.h"
#include "partition/producers.h"

struct producer {
    int64_t id;
    int64_t last_timestamp;
    uint64_t used_ns;          /* of io_now: the latest append; 0: none since the start */
    int64_t transaction_start; /* first offset of the open transaction, -1: none */
    int32_t coordinator_epoch; /* of the last transaction marker, kept for Kafka; -1: none */
    int16_t epoch;             /* -1: not known */
    uint8_t count;
    struct producer_trace traces[PRODUCER_BATCHES]; /* oldest first, all of `epoch` */
};

struct producers {
    struct map map; /* hash_u64(id) to struct producer */
    uint32_t open;  /* producers with an open transaction */
};

struct producer *producers_find(const struct producers *producers, int64_t id);
/* An empty one; `id` is not there yet. */
struct producer *producers_add(struct producers *producers, int64_t id);
/* A transaction of the producer begins at an offset, or ends (-1). */
void producer_set_transaction(struct producers *producers, struct producer *p, int64_t start);
void producers_clear(struct producers *producers);
