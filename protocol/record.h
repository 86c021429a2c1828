/*
 * Single records inside a batch (KIP-98): reading them from plain bytes, and building batches.
 *
 * A record is: length varint, attributes i8, timestamp delta varint64, offset delta varint, key and
 * value each with a varint length (-1: null), header count varint, headers. A header is a key with
 * its varint length and a value with its varint length (-1: null).
 *
 * Records are read from plain bytes; batch_unpack (batch_codec.h) makes those of a compressed
 * batch, and batch_pack compresses a batch that was built here.
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/batch.h"
#include "protocol/message.h"

struct record {
    int64_t timestamp_delta;
    int32_t offset_delta;
    uint8_t attributes;   /* none are in use */
    struct blob key;      /* borrowed; len -1: null */
    struct blob value;    /* borrowed; len -1: null */
    struct bytes headers; /* the encoded headers, count first */
};

/* Reads the next record. ERR_SHORT or ERR_MALFORMED also where its own length lies; the cursor then
 * stays failed. */
int record_read(struct reader *reader, struct record *record) MUST_CHECK;

struct record_header {
    struct bytes key;
    struct blob value; /* len -1: null */
};

/* How many headers a record has, and a cursor at the first of them. */
int32_t record_headers_begin(const struct record *record, struct reader *headers);
void record_headers_next(struct reader *headers, struct record_header *header);

/* Bytes that one record takes at most, beyond its key, value and headers. */
#define RECORD_OVERHEAD_MAX 36

/* Builds one uncompressed batch into the caller's buffer. It may be copied to return to an earlier
 * state. */
struct batch_builder {
    struct writer writer;
    int64_t base_timestamp;
    int64_t max_timestamp; /* -1 without records */
    int32_t count;
    uint64_t moved;   /* what timestamp deltas become larger by, modulo 2^64 */
    bool base_known;  /* base_timestamp was given */
    bool horizon_set; /* it is the delete horizon */
};

void batch_build_begin(struct batch_builder *builder, void *buffer, size_t capacity);
/* Adds a record without headers, at the next offset. */
void batch_build_add(struct batch_builder *builder, int64_t timestamp, struct blob key,
                     struct blob value);
/* Adds a record with encoded headers, at the next offset. */
void batch_build_add_record(struct batch_builder *builder, int64_t timestamp, struct blob key,
                            struct blob value, struct bytes headers);
/* Writes headers in the form that batch_build_add_record takes. */
void record_headers_write(struct writer *writer, const struct record_header *headers,
                          int32_t count);

/* The header's fields that are not the builder's to know. */
struct batch_build_options {
    uint16_t attributes; /* enum batch_attribute, without compression */
    int64_t producer_id; /* -1: none */
    int16_t producer_epoch;
    int32_t base_sequence;
};
#define BATCH_BUILD_PLAIN ((struct batch_build_options){0, -1, -1, -1})
/* The batch's size, or ERR_SHORT when the buffer was too small. Base offset 0, leader epoch -1. */
int64_t batch_build_end(struct batch_builder *builder,
                        const struct batch_build_options *options) MUST_CHECK;

/* Building a batch anew from some of another's records, as compaction does: offsets, timestamps,
 * producer and attributes stay, so that the last offset is kept even when its record goes, and a
 * batch may end up without records. The compression becomes none. */
void batch_build_begin_like(struct batch_builder *builder, const uint8_t *original, void *buffer,
                            size_t capacity);
/* Before the first record: the batch gets a delete horizon, which takes the place of its base
 * timestamp (KIP-534); timestamps stay. */
void batch_build_set_horizon(struct batch_builder *builder, int64_t horizon);
void batch_build_keep(struct batch_builder *builder, const struct record *record);
int64_t batch_build_end_like(struct batch_builder *builder, const uint8_t *original) MUST_CHECK;

/* The types of control records. */
enum control_type {
    CONTROL_ABORT,
    CONTROL_COMMIT,
    CONTROL_LEADER_CHANGE,
    CONTROL_SNAPSHOT_HEADER,
    CONTROL_SNAPSHOT_FOOTER,
    CONTROL_KRAFT_VERSION,
    CONTROL_KRAFT_VOTERS,
};

/* The control record's type, which may be an unknown one; ERR_MALFORMED when its key has none. */
int control_type(const struct record *record) MUST_CHECK;

/* Adds a control record; the batch must end with BATCH_ATTRIBUTE_CONTROL. */
void batch_build_add_control(struct batch_builder *builder, enum control_type type,
                             int64_t timestamp, struct blob value);
/* A batch of one control record of the quorum; `value` is the encoded message. The size, or
 * ERR_SHORT. */
int64_t batch_build_control(void *buffer, size_t capacity, enum control_type type,
                            int64_t timestamp, struct blob value) MUST_CHECK;

/* The batch that ends a producer's transaction in one partition. */
struct batch_marker {
    bool commit;
    int64_t producer_id;
    int16_t producer_epoch;
    int32_t coordinator_epoch;
    int64_t timestamp;
};
#define BATCH_MARKER_SIZE 96 /* room that is always enough */
int64_t batch_build_marker(void *buffer, size_t capacity,
                           const struct batch_marker *marker) MUST_CHECK;
