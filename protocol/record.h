/*
 * Single records inside a batch (KIP-98): reading them from plain bytes, and building batches.
 *
 * A record is: length varint, attributes i8, timestamp delta varint64, offset delta varint, key and
 * value each with a varint length (-1: null), header count varint, headers.
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
    struct blob key;      /* borrowed; len -1: null */
    struct blob value;    /* borrowed; len -1: null */
    struct bytes headers; /* the encoded headers, count first */
};

/* Reads the next record. ERR_SHORT or ERR_MALFORMED also where its own length lies. */
int record_read(struct reader *reader, struct record *record) MUST_CHECK;

/* Builds one uncompressed batch into the caller's buffer. */
struct batch_builder {
    struct writer writer;
    int64_t base_timestamp;
    int64_t max_timestamp;
    int32_t count;
};

void batch_build_begin(struct batch_builder *builder, void *buffer, size_t capacity);
void batch_build_add(struct batch_builder *builder, int64_t timestamp, struct blob key,
                     struct blob value);
/* The header's fields that are not the builder's to know. */
struct batch_build_options {
    uint16_t attributes;
    int64_t producer_id; /* -1: none */
    int16_t producer_epoch;
    int32_t base_sequence;
};
#define BATCH_BUILD_PLAIN ((struct batch_build_options){0, -1, -1, -1})
/* The batch's size, or ERR_SHORT when the buffer was too small. Base offset 0, leader epoch -1. */
int64_t batch_build_end(struct batch_builder *builder,
                        const struct batch_build_options *options) MUST_CHECK;
/* Bytes one record takes at most, beyond its key and value. */
#define RECORD_OVERHEAD_MAX 36
