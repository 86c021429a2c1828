/*
 * Compaction of one batch: which of its records stay, and the batch that holds them.
 *
 * Kafka's rules (Cleaner, MemoryRecords.filterTo):
 *  - of each key the record with the highest offset stays;
 *  - a tombstone (null value) stays at least for delete.retention.ms: the first cleaning that meets
 *    it writes the time at which it may go into its batch, the delete horizon (KIP-534);
 *  - records of aborted transactions go at once, a marker when nothing of its transaction is left,
 *    and not before its delete horizon either;
 *  - the last batch of a producer that is known stays, without records if need be, because it holds
 *    the last sequence number; so does the last batch of what is cleaned, which holds its end;
 *  - a batch keeps its first and last offset, its producer, codec and leader epoch.
 *
 * Unlike there, a batch whose records cannot be read stays as it is: keeping too much is no harm.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "partition/cleaner_transactions.h"
#include "partition/offset_map.h"
#include "partition/producers.h"
#include "protocol/batch_codec.h"

/* Memory that grows with the largest batch that was met. */
struct cleaner_buffer {
    uint8_t *data;
    size_t capacity;
};
void cleaner_buffer_reserve(struct cleaner_buffer *buffer, size_t size);
void cleaner_buffer_fini(struct cleaner_buffer *buffer);

/* Opens batches: what both walks of a cleaning share. Zero is the initial state. */
struct cleaner_opener {
    struct compressor *compressor;
    struct batch_scratch scratch;
};
void cleaner_opener_fini(struct cleaner_opener *opener);

struct cleaner_filter {
    /* in */
    struct offset_map *map;
    struct cleaner_opener *opener;
    struct cleaner_transactions *transactions;
    const struct producer_last *producers; /* by id */
    uint32_t producer_count;
    int64_t now_ms;
    int64_t tombstone_ms; /* delete.retention.ms */
    int64_t end_offset;   /* of what is cleaned */
    /* private */
    struct cleaner_buffer plain;
    struct cleaner_buffer packed;
    /* out */
    uint64_t records_read;
    uint64_t records_kept;
};
void cleaner_filter_fini(struct cleaner_filter *filter);

/* What is left of a whole batch with a right CRC: `out` is it, or lies in the filter's memory until
 * the next call; length 0: nothing. ERR_TOO_LARGE: it cannot be packed again. */
int cleaner_filter_batch(struct cleaner_filter *filter, struct batch_span batch,
                         struct batch_span *out) MUST_CHECK;

/* Notes the keys of a batch from `from_offset` on. False: the map is full; it then ends in front of
 * the first key that found no place. */
bool cleaner_note_batch(struct offset_map *map, struct cleaner_opener *opener,
                        struct cleaner_transactions *transactions, struct batch_span batch,
                        int64_t from_offset);
