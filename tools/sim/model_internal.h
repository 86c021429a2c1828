/* The model's structures, for its own files. */
#pragma once

#include "base/map.h"
#include "tools/sim/model.h"

/* Few, so that compaction has much to remove. */
#define MODEL_KEYS 16
#define MODEL_TIME_UNKNOWN INT64_MIN
#define MODEL_VIOLATION_BYTES 512

struct model_record {
    struct model_partition *partition;
    int64_t time_ms;
    int64_t sent_ms;      /* for the first time, by the clients' clock */
    int64_t acknowledged; /* offset, or -1 */
    int64_t first_seen;   /* offset, or -1 */
    uint32_t sends;
    uint32_t places; /* offsets at which it was seen */
    bool refused;
};

struct model_producer {
    bool idempotent;
    bool ordered;
    struct model_record *records;
    size_t count;
    size_t capacity;
};

/* What is known of one offset. */
struct model_place {
    record_id id; /* 0: unknown */
    int64_t time_ms;
    int64_t highest_ms; /* of all up to here; set below known_end */
    uint32_t bytes;     /* of the batch that begins here; 0: none is known to */
    uint64_t batch;     /* the hash of the batch that begins here, seen record by record; 0: none */
    bool seen;
    bool seen_last; /* in the last read */
};

/* Offsets of one leader epoch, as far as they were seen. */
struct model_span {
    int32_t epoch;
    int64_t first;
    int64_t last;
};

struct model_partition {
    struct model *model;
    char topic[MODEL_NAME_BYTES];
    int32_t index;
    bool append_time;
    bool compacted;
    bool keeps_tombstones;
    int64_t last_of_key[MODEL_KEYS]; /* when compacted: the highest offset known of each; -1 */
    uint32_t unplaced[MODEL_KEYS];   /* copies that may stand anywhere, or nowhere */
    struct model_place *places;      /* by offset */
    size_t capacity;
    int64_t checked_end; /* below it every place was seen */
    int64_t known_end;   /* below it every place has record and time */
    int64_t high_watermark;
    int64_t start_known; /* confirmed, or told */
    int64_t start_asked; /* the highest that a deletion of records was sent for */
    int32_t epoch;
    struct model_span *spans; /* by epoch */
    size_t span_count;
    record_id *newest; /* of each producer, of those seen */
    size_t newest_count;
    /* What retention may take: model_retention.c. */
    bool retains;
    struct model_retention retention;
    int64_t judged_start; /* below it everything may have gone */
    uint64_t bytes_sent;  /* of all batches that may be there, or have been */
    uint64_t bytes_known; /* of those that are known to have been there, and where */
    uint64_t bytes_below; /* of these what lies below judged_start */
    int64_t newest_ms;    /* the highest time that a record may have */
    int64_t last_sent_ms; /* by the clients' clock */
};

struct model_jump {
    int64_t at_ms; /* by the clients' clock */
    int64_t ahead_ms;
};

struct model_clock {
    int64_t (*now_ms)(void *context); /* null: there is none */
    void *context;
    struct model_jump *jumps;
    uint32_t jump_count;
    uint32_t jump_capacity;
    bool calm;
    int64_t calm_ms; /* since then */
};

struct model {
    struct model_partition **partitions;
    size_t partition_count;
    struct model_producer *producers;
    size_t producer_count;
    struct map producer_ids; /* int64_t, that the broker gave */
    struct model_clock clock;
    struct model_counts counts;
    bool broken;
    bool last_read;
    char violation[MODEL_VIOLATION_BYTES];
};

/* The place, made when it is beyond those that are known. */
struct model_place *model_place_at(struct model_partition *partition, int64_t offset);
/* What is read in order from the front goes on behind what was seen, or may be gone. */
void model_extend_checked(struct model *model, struct model_partition *partition);
/* After a place was filled. */
void model_extend_known(struct model_partition *partition);
/* Null when no such record was ever sent. */
struct model_record *model_record_of(const struct model *model, record_id id);

/* A newer record of its key may stand behind it, so that compaction takes it. */
bool model_may_be_replaced(const struct model_partition *partition, int64_t offset);

/* model_retention.c */
/* The log starts at `start`, or behind it: what is below must have been asked to go, or overdue. */
void model_judge_start(struct model *model, struct model_partition *partition, int64_t start);
/* The least log start, by what is overdue; 0: nothing is. */
int64_t model_overdue_end(const struct model_partition *partition);
/* Once everything is read from the log start on: no more has gone than may. */
void model_judge_rest(struct model *model, struct model_partition *partition, int64_t end);
