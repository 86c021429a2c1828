/*
 * What clients know: every record that was sent, where it was acknowledged, and what was ever seen
 * at each offset. It judges the broker by the protocol's promises alone and shares no code with it.
 *
 * Promises that are checked as events come in:
 *   - an acknowledged record has one offset, which no other acknowledged record has
 *   - an offset shows the same record each time, and one that was sent to that partition
 *   - offsets are dense, and the high watermark a consumer is told never moves back
 *   - a record is there once, unless its producer had to send it more than once without idempotence
 *   - records of an ordered producer stand in one partition in the order in which they were sent
 * And at the end, when everything has been read once more: every acknowledged record is there.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

struct model;
struct model_partition;

/* A record's name: it tells producer and number, and its value is made from it. 0 is none. */
typedef uint64_t record_id;

#define MODEL_VALUE_MIN 16

struct model *model_new(void);
void model_free(struct model *model);

/* The first broken promise, as a sentence; null: none. */
const char *model_violation(const struct model *model);
void model_break(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct model_partition *model_add_partition(struct model *model, const char *topic, int32_t index);
const char *model_topic(const struct model_partition *partition);
int32_t model_index(const struct model_partition *partition);

/* A producer and what it may expect: an idempotent one never finds a record twice, an ordered one
 * (idempotent, or with one request in flight that is answered) never finds them out of order. */
unsigned model_add_producer(struct model *model, bool idempotent, bool ordered);

/* A new record, about to be sent for the first time. */
record_id model_send(struct model *model, unsigned producer, struct model_partition *partition);
/* Sent once more: it may be there twice now, if the producer is not idempotent. */
void model_send_again(struct model *model, record_id id);
/* The value of a record: `len` bytes, at least MODEL_VALUE_MIN. */
void model_value(record_id id, uint8_t *value, size_t len);

void model_acknowledged(struct model *model, record_id id, int64_t offset);
/* A consumer saw this value at this offset. */
void model_seen(struct model *model, struct model_partition *partition, int64_t offset,
                struct bytes value);
/* A consumer was told this high watermark; two consumers may be told out of order. */
void model_high_watermark(struct model_partition *partition, int64_t offset);

/* After a whole read of every partition: what is missing breaks the model. `partition` has been
 * read up to `end`. */
void model_read_whole(struct model *model, struct model_partition *partition, int64_t end);

struct model_counts {
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t seen;
    uint64_t duplicates;
};
void model_count(const struct model *model, struct model_counts *counts);
