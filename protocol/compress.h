/*
 * The codecs of record batches: gzip, snappy (in the Java block framing; raw is read too), lz4 (in
 * frames) and zstd, over the system's libraries.
 *
 * Everything works from one buffer into another: the caller owns both, and the capacity of the
 * output is the limit that a decompression bomb runs into. A compressor holds the contexts of the
 * codecs that it has met. One core owns it; after it has met each, and the largest level in use,
 * nothing allocates any more, but for snappy's compression, whose library takes its working memory
 * anew in each call.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"
#include "protocol/batch.h"

struct compressor;

struct compressor *compressor_new(void);
void compressor_free(struct compressor *compressor);

/* Kafka's defaults of compression.<codec>.level; 0 for the codecs that have none. */
int compress_level_default(enum compression compression);

/* A capacity that is enough for any input of `len` bytes. */
size_t compress_bound(enum compression compression, size_t len);

/* The compressed size, or ERR_SHORT when `capacity` is too small. Levels are Kafka's; those outside
 * the codec's range are cut to it. `in` and `out` must not overlap. */
int64_t compress_bytes(struct compressor *compressor, enum compression compression, int level,
                       struct bytes in, void *out, size_t capacity) MUST_CHECK;

/* The plain size, ERR_TOO_LARGE when it would be more than `capacity`, or ERR_MALFORMED. What `out`
 * holds after a failure is undefined. `in` and `out` must not overlap. */
int64_t decompress_bytes(struct compressor *compressor, enum compression compression,
                         struct bytes in, void *out, size_t capacity) MUST_CHECK;
