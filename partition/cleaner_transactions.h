/*
 * What a walk over a log knows of transactions while it compacts it: which batches belong to an
 * aborted one, and which markers nobody needs any more. The rules are those of Kafka's
 * CleanedTransactionMetadata.
 *
 * A marker may go when its transaction has no batch left in front of it. So the walk that removes
 * the last one keeps the marker, and the next walk starts the time after which it goes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/aborted.h"
#include "protocol/record.h"

struct cleaner_open_transaction {
    struct aborted_entry entry;
    bool aborted;
    bool seen; /* a batch of it was */
};

struct cleaner_transactions {
    const struct aborted_entry *aborted; /* by first offset; the caller's */
    uint32_t aborted_count;
    uint32_t aborted_next;
    struct cleaner_open_transaction *open;
    uint32_t open_count;
    uint32_t open_capacity;
    struct aborted kept; /* entries that readers still need, in the order of their markers */
};

/* `aborted` are those transactions that touch what is walked over, ordered by
 * cleaner_transactions_sort. */
void cleaner_transactions_init(struct cleaner_transactions *t, const struct aborted_entry *aborted,
                               uint32_t count);
void cleaner_transactions_fini(struct cleaner_transactions *t);
void cleaner_transactions_sort(struct aborted_entry *aborted, uint32_t count);

/* The next batch with data; whether its transaction was aborted. */
bool cleaner_transactions_data(struct cleaner_transactions *t, const uint8_t *batch);
/* The next control batch, and the type of its record, -1: it has none. Whether it may go. */
bool cleaner_transactions_marker(struct cleaner_transactions *t, const uint8_t *batch, int type);
