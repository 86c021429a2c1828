/* A producer's structures, for its own files: producer.c sends, producer_probe.c probes. */
#pragma once

#include "tools/sim/producer.h"

struct lane;

enum probe {
    PROBE_NONE,
    PROBE_DUPLICATE,   /* the last acknowledged batch again: its own offset */
    PROBE_GAP,         /* sequences left out: 45 */
    PROBE_OVERLAP,     /* sequences that are partly there: 45 */
    PROBE_OLD_EPOCH,   /* of before the producer came back: 47 */
    PROBE_CHECKSUM,    /* a wrong CRC: 2 */
    PROBE_BASE_OFFSET, /* offsets that do not begin at 0: 87 */
    PROBE_TOO_LARGE,   /* above max.message.bytes: 10 */
    PROBE_COUNT,
};

struct batch_out {
    struct lane *lane;
    enum probe probe;
    uint8_t *data; /* null: acknowledged, or none */
    int64_t len;
    uint32_t bytes_max; /* that it can take in a log */
    record_id *ids;
    uint32_t count;
    int32_t base_sequence;
    int64_t base_offset; /* once it is acknowledged */
    int64_t time_max;
    uint32_t sends;
    int8_t compression;
    bool out;
};

/* One partition. */
struct lane {
    struct sim_producer *producer;
    struct model_partition *partition;
    struct batch_out queue[PRODUCER_IN_FLIGHT_MAX]; /* oldest first */
    uint32_t used;
    uint32_t out;
    int32_t next_sequence;
    bool recovering;
    bool probing;
    struct batch_out probe;
    struct batch_out last; /* the last that was acknowledged, of this id and epoch */
    struct timer retry;
};

struct sim_producer {
    struct party *party;
    struct producer_options options;
    struct client client;
    struct client_call init;
    struct timer next;
    struct timer init_retry;
    struct timer reborn;
    unsigned id; /* in the model */
    int64_t producer_id;
    int16_t producer_epoch;
    bool stopped;
    bool lost;      /* comes back when all calls have ended */
    bool keeps_id;  /* and then with the next epoch */
    bool abandoned; /* the topic is going, and said so */
    uint32_t calls; /* that are out */
    struct lane lanes[MODEL_TOPIC_PARTITIONS_MAX];
};

struct batch_plan {
    uint32_t records;
    uint32_t value_bytes_min;
    uint32_t value_bytes_max;
    int8_t compression;
    int16_t epoch;
    int32_t base_sequence; /* -1: not idempotent */
};

/* A batch of new records. */
void batch_make(struct batch_out *batch, const struct batch_plan *plan);
void batch_release(struct batch_out *batch);
/* One request for batches of different lanes. */
void producer_send(struct sim_producer *producer, struct batch_out *const *batches, uint32_t count);
/* It breaks its connection and forgets everything. */
void producer_lose(struct sim_producer *producer);

/* Sends a probe, when one fits the lane: quiet, and without doubt about what was appended. */
void lane_probe(struct lane *lane);
/* `error` is -1 with `answered` false when there was no answer. */
void lane_probe_answered(struct lane *lane, bool answered, int16_t error, int64_t base_offset);
