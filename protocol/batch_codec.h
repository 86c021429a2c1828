/*
 * Records of a batch, packed and unpacked: the meeting place of batch and codec.
 *
 * Single records read the same in every compression, so that a batch changes its codec without
 * being taken apart: the header stays, but for codec, length and CRC.
 */
#pragma once

#include "protocol/batch.h"
#include "protocol/compress.h"

struct batch_codec {
    struct compressor *compressor;
    enum compression compression;
    int level; /* Kafka's; see compress_level_default */
};

/* Room of the caller's. */
struct batch_scratch {
    void *data;
    size_t capacity;
};

/* The plain records of a whole batch: in place when it is not compressed, else in `scratch`.
 * ERR_UNSUPPORTED for an unknown codec, ERR_TOO_LARGE when they do not fit, ERR_MALFORMED. */
int batch_unpack(struct batch_span batch, struct compressor *compressor,
                 const struct batch_scratch *scratch, struct bytes *records) MUST_CHECK;

/* Writes a batch with the header fields of `header` (its first BATCH_HEADER_SIZE bytes count) and
 * these plain records in the codec's compression. The size, or ERR_SHORT. */
int64_t batch_pack(const uint8_t *header, struct bytes records, const struct batch_codec *codec,
                   void *out, size_t capacity) MUST_CHECK;
/* A capacity that is enough for `records` bytes of plain records. */
size_t batch_pack_bound(enum compression compression, size_t records);
