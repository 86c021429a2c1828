/*
 * What clients know: every record that was sent, where it was acknowledged, and what was ever seen
 * at each offset. It judges the broker by the protocol's promises alone and shares no code with it.
 *
 * Promises that are checked as events come in:
 *   - an acknowledged record has one offset, which no other acknowledged record has
 *   - an offset shows the same record each time, with the same time and leader epoch, and one that
 *     was sent to that partition; a record that was refused is never seen
 *   - offsets are dense; a high watermark never falls below what was known when it was asked for
 *   - a record is there once, unless its producer had to send it more than once without idempotence
 *   - records of an ordered producer stand in one partition in the order in which they were sent
 *   - leader epochs never fall along a log
 *   - the log start is where a deletion of records was asked to move it, and never goes back; what
 *     a confirmed deletion has removed is not read again, and nothing else is removed
 *   - but by retention: what is below the log start is older than retention.ms by any reading of
 * the broker's clock since it was sent, or retention.bytes are left behind it; and when nothing is
 * in the way what is long overdue is gone
 *   - what ListOffsets and OffsetForLeaderEpoch say fits what is known
 * And at the end, when everything has been read once more: every acknowledged record is there.
 *
 * Answers are judged by what was known when their request was sent (`floor`), because others work
 * at the same time. Nothing here takes longer the more records there are, but the last whole read.
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
#define MODEL_NAME_BYTES 64

struct model *model_new(void);
void model_free(struct model *model);

/* The first broken promise, as a sentence; null: none. */
const char *model_violation(const struct model *model);
void model_break(struct model *model, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

struct model_partition *model_add_partition(struct model *model, const char *topic, int32_t index);
const char *model_topic_name(const struct model_partition *partition);
int32_t model_index(const struct model_partition *partition);
/* Its records have the time of their append, not that of their making. */
void model_use_append_time(struct model_partition *partition);

/* It is compacted: of the records with one key the last one that anybody knows of is there, and
 * others may be gone. Tombstones stay as well, or may go. */
void model_use_compaction(struct model_partition *partition, bool keeps_tombstones);
/* Retention, as a topic was asked for. The model of it is in model_retention.c. */
struct model_retention {
    int64_t ms;          /* retention.ms, -1: no limit */
    int64_t bytes;       /* retention.bytes, -1: no limit */
    int64_t segment_max; /* no segment is larger */
};
void model_use_retention(struct model_partition *partition,
                         const struct model_retention *retention);
bool model_retains(const struct model_partition *partition);
/* A batch that takes at most so many bytes of a log is about to be sent: it may be there once
 * (more).
 */
void model_batch_sent(struct model_partition *partition, uint32_t bytes);
/* A batch is known to begin there, and to take so many. */
void model_batch_at(struct model *model, struct model_partition *partition, int64_t offset,
                    uint32_t bytes);
/* Reading there was out of range, so the log begins behind it; `floor` is model_floor of when it
 * was asked for. */
void model_told_out_of_range(struct model *model, struct model_partition *partition, int64_t offset,
                             int64_t floor);

/* The key of a record in such a partition: a small number. */
uint32_t model_key(record_id id);
/* Whether a record in such a partition has no value: then its key is its id, and nobody else's. */
bool model_is_tombstone(record_id id);
/* From here on what is seen counts as read at the end (model_read_whole). */
void model_last_read_begins(struct model *model);

/* A producer and what it may expect: an idempotent one never finds a record twice, an ordered one
 * (idempotent, or with one request in flight that is answered) never finds them out of order. */
unsigned model_add_producer(struct model *model, bool idempotent, bool ordered);

/* The broker gave this id to a producer: nobody else may have it. */
void model_new_producer_id(struct model *model, int64_t id);

/* A new record made at `time_ms`, about to be sent for the first time. */
record_id model_send(struct model *model, unsigned producer, struct model_partition *partition,
                     int64_t time_ms);
/* Sent once more: it may be there twice now, if the producer is not idempotent. */
void model_send_again(struct model *model, record_id id);
/* The value of a record: `len` bytes, at least MODEL_VALUE_MIN. */
void model_value(record_id id, uint8_t *value, size_t len);

void model_acknowledged(struct model *model, record_id id, int64_t offset);
/* The only time it was sent it was refused for good: nobody may ever see it. */
void model_refused(struct model *model, record_id id);
/* A producer or ListOffsets was told the time of the record at this offset. */
void model_told_time(struct model *model, struct model_partition *partition, int64_t offset,
                     int64_t time_ms);

/* A consumer saw a record. */
struct model_sight {
    int64_t offset;
    int64_t time_ms;
    struct bytes value;
    record_id tombstone; /* without a value: which one it is by its key; 0: none */
};
void model_seen(struct model *model, struct model_partition *partition,
                const struct model_sight *sight);
/* A batch at this offset, every record of which was seen, has this hash; not in a compacted
 * partition, where a batch may lack records, and the last read looks at each. */
void model_seen_batch(struct model_partition *partition, int64_t base, uint64_t hash);
/* It is byte for byte one that was seen there: its records have nothing new to tell. */
bool model_knows_batch(const struct model_partition *partition, int64_t base, uint64_t hash);
/* A consumer saw a batch of these offsets, both included, with this leader epoch. */
void model_seen_epoch(struct model *model, struct model_partition *partition, int64_t first,
                      int64_t last, int32_t epoch);

/* The least high watermark that any request sent from now on may be told. */
int64_t model_floor(const struct model_partition *partition);
/* The latest leader epoch that was seen or told; -1: none. */
int32_t model_epoch(const struct model_partition *partition);
/* An answer told this high watermark, or the end of the log; `floor` of when it was asked for. */
void model_told_end(struct model *model, struct model_partition *partition, int64_t end,
                    int64_t floor);
/* An answer told where the log begins; `floor` is model_start_floor of when it was asked for. */
void model_told_start(struct model *model, struct model_partition *partition, int64_t start,
                      int64_t floor);
/* The records below `offset` are about to be asked to go; and it was confirmed, with this start. */
void model_trimming(struct model *model, struct model_partition *partition, int64_t offset);
void model_trimmed(struct model *model, struct model_partition *partition, int64_t offset,
                   int64_t start);
/* The least log start that any request sent from now on may meet, and the highest there may be. */
int64_t model_start_floor(const struct model_partition *partition);
int64_t model_start_ceiling(const struct model_partition *partition);
/* Metadata told this leader epoch; `floor` is model_epoch of when it was asked for. */
void model_told_epoch(struct model *model, struct model_partition *partition, int32_t epoch,
                      int32_t floor);

/* ListOffsets by time: the first record at or after it. `offset` and `time_ms` are the answer. */
struct model_time_answer {
    int64_t asked_ms;
    int64_t floor;
    int64_t start_floor;
    int64_t offset;
    int64_t time_ms;
};
void model_told_first_at(struct model *model, struct model_partition *partition,
                         const struct model_time_answer *answer);
/* ListOffsets of the highest time: the first record that has it. asked_ms is not read. */
void model_told_highest(struct model *model, struct model_partition *partition,
                        const struct model_time_answer *answer);
/* OffsetForLeaderEpoch. */
struct model_epoch_answer {
    int32_t asked;
    int64_t floor;
    int32_t epoch_floor;
    int32_t epoch;
    int64_t end;
};
void model_told_epoch_end(struct model *model, struct model_partition *partition,
                          const struct model_epoch_answer *answer);

/* After a whole read of every partition, that began after model_last_read_begins: what is missing
 * breaks the model. `partition` has been
 * read up to `end`. */
void model_read_whole(struct model *model, struct model_partition *partition, int64_t end);

struct model_counts {
    uint64_t sent;
    uint64_t acknowledged;
    uint64_t seen;
    uint64_t duplicates;
    uint64_t refused; /* records that were refused on purpose */
    uint64_t told;    /* answers to questions about offsets, times and epochs */
};
void model_count(const struct model *model, struct model_counts *counts);
