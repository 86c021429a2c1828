/* Each codec's pair of functions, with the contracts of compress_bytes and decompress_bytes. */
#pragma once

#include "protocol/compress.h"

/* `state` has LZ4_sizeofState() bytes; `state_high` is an LZ4_streamHC_t that LZ4_initStreamHC
 * made. */
struct lz4_states {
    void *state;
    void *state_high;
};

int64_t lz4_compress_frame(const struct lz4_states *states, int level, struct bytes in, void *out,
                           size_t capacity) MUST_CHECK;
int64_t lz4_decompress_frame(struct bytes in, void *out, size_t capacity) MUST_CHECK;
size_t lz4_frame_bound(size_t len);

int64_t snappy_compress_blocks(struct bytes in, void *out, size_t capacity) MUST_CHECK;
int64_t snappy_decompress_blocks(struct bytes in, void *out, size_t capacity) MUST_CHECK;
size_t snappy_blocks_bound(size_t len);
