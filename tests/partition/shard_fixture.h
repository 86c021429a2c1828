/*
 * Whole shards under a test's hand: partitions, a WAL stream each and a temporary directory, on an
 * io that the test itself drives (manual_io.h) and on files that it watches (watched_files.h).
 *
 * The test's own thread is the core: nothing happens but in rig_step, rig_settle and rig_advance,
 * and time stands still but for rig_advance.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "partition/partition.h"
#include "partition/shard.h"
#include "protocol/batch.h"
#include "tests/partition/manual_io.h"
#include "tests/partition/watched_files.h"

#define RIG_CORES_MAX 2
#define RIG_PLACES_MAX 1100
#define RIG_BATCH_MAX (256 * 1024)

/* A partition as a catalog would know it. */
struct rig_place {
    char topic[16];
    int32_t index;
    struct uuid topic_id;
    struct partition *partition; /* null while nothing runs, or deleted */
};

struct rig_shard {
    struct shard shard; /* first */
    int rooms;          /* calls of shard->room */
};

struct rig {
    char root[64];
    struct log log;
    char logged[4096]; /* lines of the log so far, the last ones that fit */
    struct watched_files files;
    struct manual_io io;
    struct rig_shard shards[RIG_CORES_MAX];
    struct rig_place places[RIG_PLACES_MAX];
    uint32_t place_count;
    struct list appends; /* struct rig_append */
    int answers;         /* appends answered so far */
    void (*answered)(struct rig *rig, struct partition_append *append); /* may be null */
    uint64_t replayed; /* entries, by the last start */
    /* To be set before a start. */
    unsigned cores;
    enum flush_profile profile;
    struct wal_options wal;
    struct segment_limits limits;
    int32_t leader_epoch;
};

/* One core, nothing flushed but by the test (rig_flush), no partitions. */
void rig_init(struct rig *rig);
/* Ends what runs as rig_crash does, and removes everything. */
void rig_fini(struct rig *rig);
/* A partition of the topic; its id comes from `topic` and `life`. Opened at once when the rig runs.
 * The place's number. */
uint32_t rig_add(struct rig *rig, const char *topic, int32_t index, int life);
struct partition *rig_partition(struct rig *rig, uint32_t place);
struct shard *rig_shard(struct rig *rig, unsigned core);

/* Recovers and starts, as the broker does. On failure nothing runs. */
int rig_start(struct rig *rig) MUST_CHECK;
/* The same, but comes back before a step was made: what runs behind a start is still to come. */
int rig_start_at_once(struct rig *rig) MUST_CHECK;
/* A stop after everything is flushed; the WAL's files and checkpoints stay. */
void rig_stop(struct rig *rig);
/* Power off: what is in memory goes, then what the disk has not synced. */
void rig_crash(struct rig *rig);

/* One step of each core and one poll. */
void rig_step(struct rig *rig);
/* Steps until only what is held back or waits for time is left. */
void rig_settle(struct rig *rig);
void rig_advance(struct rig *rig, uint64_t ms);
/* Lets everything durable be flushed, by letting it idle. */
void rig_flush(struct rig *rig);

/* One flush in its parts: begun and held before its first job; with its segments written and held
 * before the checkpoint; ended. */
void rig_flush_begin(struct rig *rig);
void rig_flush_write(struct rig *rig);
void rig_flush_end(struct rig *rig);

/* From now on no write to the WAL succeeds; and back again, with all of them online. */
void rig_wal_break(struct rig *rig);
void rig_wal_mend(struct rig *rig);

/* Appending. Zero is the usual: one record, no producer, no compression. */
struct rig_batch {
    int records;
    int64_t timestamp; /* of the first record, the next are one ms later each */
    size_t value_len;
    uint64_t tag;        /* not 0: what the first record's value begins with, big-endian */
    int64_t producer_id; /* with `idempotent` */
    int16_t epoch;
    int32_t sequence;
    bool idempotent;
    bool transactional;
    bool marker; /* the producer's transaction is aborted */
    bool log_append_time;
    enum compression compression;
    enum append_origin origin;
};
struct rig_append {
    struct list node;
    struct rig *rig;
    struct partition_append append;
    uint32_t place;
    uint64_t tag;
    uint8_t *batch;
    int result; /* of partition_append */
    int answer; /* 0: none yet; else its number in the order of answers */
};
/* The batch, from malloc, and its length. */
uint8_t *rig_build(const struct rig_batch *spec, uint32_t *len);
/* Made, but not handed in; it stays the rig's. */
struct rig_append *rig_make(struct rig *rig, uint32_t place, struct rig_batch spec);
/* Made and handed in. */
struct rig_append *rig_give(struct rig *rig, uint32_t place, struct rig_batch spec);
/* The same of a batch from malloc, whatever is in it. */
struct rig_append *rig_give_bytes(struct rig *rig, uint32_t place, uint8_t *batch, uint32_t len);
/* The same and settles; the append must be durable. */
struct rig_append *rig_append(struct rig *rig, uint32_t place, struct rig_batch spec);
/* `count` plain batches of one record each. */
void rig_append_many(struct rig *rig, uint32_t place, int count);

/* Reading: run to the end, with the reading jobs let go. */
struct rig_read {
    struct partition_read read;
    uint8_t data[RIG_BATCH_MAX];
    bool done;
};
void rig_read_give(struct rig *rig, struct rig_read *r, uint32_t place, int64_t offset);
void rig_read(struct rig *rig, struct rig_read *r, uint32_t place, int64_t offset);
/* Reads everything from the log start to the high watermark, each batch checked; the offset behind
 * the last one, or the error. */
int64_t rig_read_all(struct rig *rig, uint32_t place);
/* The same, showing each batch; `visit` may be null. */
typedef void rig_visit_fn(void *context, const uint8_t *batch, uint32_t len);
int64_t rig_visit_all(struct rig *rig, uint32_t place, rig_visit_fn *visit, void *context);

struct rig_query {
    struct partition_time_query query;
    bool done;
};
void rig_query_give(struct rig *rig, struct rig_query *q, uint32_t place, int64_t timestamp);
void rig_query(struct rig *rig, struct rig_query *q, uint32_t place, int64_t timestamp);
void rig_query_max(struct rig *rig, struct rig_query *q, uint32_t place);

/* "<root>/<name>". */
void rig_path(const struct rig *rig, const char *name, char path[256]);
bool rig_has(const struct rig *rig, const char *name);
