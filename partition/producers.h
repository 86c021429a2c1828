/*
 * Producer state of one partition: what idempotence needs to know (KIP-98).
 *
 * For each producer id: its epoch and the last five batches (sequence range, offsets, timestamp).
 * A check judges a batch before it is appended; apply records it and hands back an undo, so that a
 * failed group rolls the state back exactly, newest first. The state is serialised in Kafka's
 * `.snapshot` format (its ProducerSnapshot schema), into files at roll and clean stop, and
 * into our checkpoint in between, there in a form that keeps all five batches.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

#define PRODUCER_BATCHES 5
/* Of a batch that a group coordinator writes inside a transaction: it is judged by its epoch alone.
 */
#define PRODUCER_NO_SEQUENCE (-1)

struct producers;

struct producer_batch {
    int64_t producer_id;
    int16_t epoch;
    int32_t first_sequence; /* this and the last one: or PRODUCER_NO_SEQUENCE */
    int32_t last_sequence;  /* wraps at INT32_MAX to 0 */
    int64_t base_offset;
    int64_t last_offset;
    int64_t timestamp; /* the batch's max timestamp */
    uint64_t now_ns;   /* io_now when it is appended; 0: long ago, it is replayed */
    bool transactional;
};

/* As the header of `batch` says, appended at `base_offset` with `timestamp`. */
struct producer_batch producer_batch_of(const uint8_t *batch, int64_t base_offset,
                                        int64_t timestamp);

enum producer_verdict {
    PRODUCER_APPEND,
    PRODUCER_DUPLICATE,    /* original: the batch it repeats */
    PRODUCER_OUT_OF_ORDER, /* OUT_OF_ORDER_SEQUENCE_NUMBER */
    PRODUCER_FENCED,       /* INVALID_PRODUCER_EPOCH */
};

/* What is kept of a batch, as in Kafka's BatchMetadata. */
struct producer_trace {
    int64_t last_offset;
    int64_t timestamp;
    int32_t last_sequence;
    int32_t offset_delta; /* last offset - base offset, and so for the sequences */
};

/* Everything apply changed. Lives in the pending append until its group is durable. A new epoch
 * forgets all batches of the old one: that is why there is room for five. */
struct producer_undo {
    int64_t producer_id;
    int64_t last_timestamp;
    int64_t transaction_start;
    struct producer_trace evicted[PRODUCER_BATCHES]; /* oldest first */
    int16_t epoch;
    uint8_t evicted_count;
    bool created;
};

struct producers *producers_new(void);
void producers_free(struct producers *producers);

/* Kafka's order of judgement: duplicate, epoch, sequence. */
enum producer_verdict producers_check(const struct producers *producers,
                                      const struct producer_batch *batch,
                                      struct producer_batch *original);
/* Whether anything is remembered of the producer's sequence: else it may begin anywhere. */
bool producers_know(const struct producers *producers, int64_t producer_id);
/* After PRODUCER_APPEND only (or in replay, without a check). `undo` may be null. */
void producers_apply(struct producers *producers, const struct producer_batch *batch,
                     struct producer_undo *undo);
/* Newest first. */
void producers_revert(struct producers *producers, const struct producer_undo *undo);

/* Replay of a transaction marker (a control batch with a producer id): the producer's open
 * transaction ends. Cannot be undone. */
void producers_end_transaction(struct producers *producers, int64_t producer_id, int16_t epoch,
                               int64_t timestamp);

/* Where a producer's open transaction begins, -1: it has none. */
int64_t producers_transaction_start(const struct producers *producers, int64_t producer_id);
/* The first offset of the oldest open transaction, -1: none is open. */
int64_t producers_first_open(const struct producers *producers);

/* Who may be forgotten (producer.id.expiration.ms): producers that are idle by both clocks. As in
 * Kafka the wall clock is held against the timestamps in the batches, which are the clients' own;
 * alone it would forget who is in use when it jumps ahead, or when a client sends old records. */
struct producer_expiry {
    int64_t before_ms;        /* the last batch's timestamp lies below */
    uint64_t unused_since_ns; /* and nothing was appended after this, of io_now */
    int64_t durable_end;      /* and all its batches lie below */
};
/* Never one with an open transaction. Returns how many were forgotten. */
uint32_t producers_expire(struct producers *producers, const struct producer_expiry *expiry);
uint32_t producers_count(const struct producers *producers);

/* Of each producer that is known, the last batch: compaction keeps it (partition/cleaner_filter.h).
 */
struct producer_last {
    int64_t id;
    int64_t last_offset; /* -1: none of this epoch is known */
    int16_t epoch;
};
/* From mem_alloc, ordered by id; null when there are none. */
struct producer_last *producers_last(const struct producers *producers, uint32_t *count);

/* One producer, as it may be told. */
struct producer_view {
    int64_t id;
    int64_t last_timestamp;    /* -1: none */
    int64_t transaction_start; /* first offset of the open transaction, -1: none */
    int32_t coordinator_epoch; /* of the last transaction marker, -1: none */
    int32_t last_sequence;     /* -1: none */
    int16_t epoch;
};
/* The next one, in no particular order; start with *position = 0. False at the end. Nothing may be
 * changed meanwhile. */
bool producers_next(const struct producers *producers, size_t *position,
                    struct producer_view *view);

/* Kafka's snapshot file (version 1, the one Kafka 4.2 writes, CRC-32C), with only batches below
 * `end_offset`: of each producer its last one. The size first; the write must be given exactly
 * that much. */
size_t producers_snapshot_size(const struct producers *producers, int64_t end_offset);
void producers_snapshot_write(const struct producers *producers, int64_t end_offset, void *data,
                              size_t len);
/* The same with all batches that are kept, for our checkpoint: Kafka does not read it. */
size_t producers_state_size(const struct producers *producers, int64_t end_offset);
void producers_state_write(const struct producers *producers, int64_t end_offset, void *data,
                           size_t len);
/* Replaces the state by either form; it stays as it was on failure. ERR_CORRUPT, ERR_VERSION. */
int producers_snapshot_read(struct producers *producers, struct bytes snapshot) MUST_CHECK;
