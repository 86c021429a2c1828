/*
 * The compressor's contexts, gzip and zstd.
 *
 * A context is made with its first use: most owners meet one codec or none. zlib takes its memory
 * from a pool of the compressor and never gives it back. zstd's compression context grows to the
 * level and the input in use, and is kept; its decompression context has a fixed size. Since
 * outputs are one buffer, no codec needs a window of its own to unpack.
 */
#define ZLIB_CONST
#define ZSTD_STATIC_LINKING_ONLY
#include "protocol/compress.h"

#include <lz4.h>
#include <lz4hc.h>
#include <zlib.h>
#include <zstd.h>
#include <zstd_errors.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/compress_internal.h"

#define POOL_SIZE (384 * KIB)
#define POOL_ALIGNMENT 64
/* zlib's largest window, plus 16: with gzip's header and trailer. */
#define GZIP_WINDOW_BITS (15 + 16)
#define GZIP_MEMORY_LEVEL 8
#define GZIP_BOUND_EXTRA 32
#define LZ4_LEVEL_DEFAULT 9

struct pool {
    uint8_t *memory;
    size_t used;
};

struct compressor {
    struct pool pool;
    z_stream deflater;
    z_stream inflater;
    ZSTD_CCtx *zstd;
    ZSTD_DCtx *unzstd;
    struct lz4_states lz4;
};

static voidpf pool_alloc(voidpf opaque, uInt items, uInt size)
{
    struct pool *pool = opaque;
    size_t bytes = round_up((uint64_t)items * size, POOL_ALIGNMENT);
    if (bytes > POOL_SIZE - pool->used)
        return Z_NULL;
    pool->used += bytes;
    return pool->memory + pool->used - bytes;
}

static void pool_free(voidpf opaque, voidpf memory)
{
    (void)opaque;
    (void)memory;
}

static void *zstd_alloc(void *opaque, size_t size)
{
    (void)opaque;
    return mem_alloc_raw(size);
}

static void zstd_free(void *opaque, void *memory)
{
    (void)opaque;
    mem_free(memory);
}

/* A stream of zlib's, whose memory is the pool. What it reads of that it has written before. */
static z_stream stream_in_pool(struct compressor *c)
{
    if (c->pool.memory == NULL)
        c->pool.memory = mem_alloc_raw(POOL_SIZE);
    return (z_stream){.zalloc = pool_alloc, .zfree = pool_free, .opaque = &c->pool};
}

static z_stream *deflater_of(struct compressor *c)
{
    if (c->deflater.state != NULL)
        return &c->deflater;
    c->deflater = stream_in_pool(c);
    int result = deflateInit2(&c->deflater, Z_DEFAULT_COMPRESSION, Z_DEFLATED, GZIP_WINDOW_BITS,
                              GZIP_MEMORY_LEVEL, Z_DEFAULT_STRATEGY);
    ASSERT(result == Z_OK);
    return &c->deflater;
}

static z_stream *inflater_of(struct compressor *c)
{
    if (c->inflater.state != NULL)
        return &c->inflater;
    c->inflater = stream_in_pool(c);
    int result = inflateInit2(&c->inflater, GZIP_WINDOW_BITS);
    ASSERT(result == Z_OK);
    return &c->inflater;
}

static const ZSTD_customMem zstd_memory = {zstd_alloc, zstd_free, NULL};

static ZSTD_CCtx *zstd_of(struct compressor *c)
{
    if (c->zstd == NULL)
        c->zstd = ZSTD_createCCtx_advanced(zstd_memory);
    ASSERT(c->zstd != NULL);
    return c->zstd;
}

static ZSTD_DCtx *unzstd_of(struct compressor *c)
{
    if (c->unzstd == NULL)
        c->unzstd = ZSTD_createDCtx_advanced(zstd_memory);
    ASSERT(c->unzstd != NULL);
    return c->unzstd;
}

static struct lz4_states *lz4_of(struct compressor *c)
{
    if (c->lz4.state == NULL) {
        c->lz4.state = mem_alloc_raw((size_t)LZ4_sizeofState());
        void *high = mem_alloc_raw((size_t)LZ4_sizeofStateHC());
        c->lz4.state_high = LZ4_initStreamHC(high, (size_t)LZ4_sizeofStateHC());
        ASSERT(c->lz4.state_high != NULL);
    }
    return &c->lz4;
}

struct compressor *compressor_new(void)
{
    return mem_alloc(sizeof(struct compressor));
}

void compressor_free(struct compressor *c)
{
    if (c == NULL)
        return;
    mem_free(c->lz4.state_high);
    mem_free(c->lz4.state);
    ZSTD_freeDCtx(c->unzstd);
    ZSTD_freeCCtx(c->zstd);
    /* zlib's own state lies in the pool. */
    mem_free(c->pool.memory);
    mem_free(c);
}

static int64_t gzip_compress(struct compressor *c, int level, struct bytes in, void *out,
                             size_t capacity)
{
    z_stream *z = deflater_of(c);
    int result = deflateReset(z);
    ASSERT(result == Z_OK);
    result = deflateParams(z, level < 1 ? Z_DEFAULT_COMPRESSION : MIN(level, Z_BEST_COMPRESSION),
                           Z_DEFAULT_STRATEGY);
    ASSERT(result == Z_OK);
    z->next_in = in.data;
    z->avail_in = (uInt)in.len;
    z->next_out = out;
    z->avail_out = (uInt)MIN(capacity, (size_t)UINT32_MAX);
    if (deflate(z, Z_FINISH) != Z_STREAM_END)
        return ERR_SHORT;
    return (int64_t)z->total_out;
}

/* One member at the cursor. */
static int inflate_member(z_stream *z)
{
    int result = inflateReset(z);
    ASSERT(result == Z_OK);
    result = inflate(z, Z_FINISH);
    if (result == Z_STREAM_END)
        return 0;
    /* At the output's end a whole member still has its trailer before it, a cut one has nothing. */
    bool starved = result == Z_OK || result == Z_BUF_ERROR;
    return starved && z->avail_out == 0 && z->avail_in > 0 ? ERR_TOO_LARGE : ERR_MALFORMED;
}

/* Members may follow one another; what begins otherwise is ignored, as Java's reader does. */
static int64_t gzip_decompress(struct compressor *c, struct bytes in, void *out, size_t capacity)
{
    z_stream *z = inflater_of(c);
    z->next_in = in.data;
    z->avail_in = (uInt)in.len;
    z->next_out = out;
    z->avail_out = (uInt)MIN(capacity, (size_t)UINT32_MAX);
    do {
        int result = inflate_member(z);
        if (result != 0)
            return result;
    } while (z->avail_in >= 2 && z->next_in[0] == 0x1f && z->next_in[1] == 0x8b);
    return z->next_out - (uint8_t *)out;
}

static int64_t zstd_compress(struct compressor *c, int level, struct bytes in, void *out,
                             size_t capacity)
{
    level = MIN(MAX(level, ZSTD_minCLevel()), ZSTD_maxCLevel());
    size_t size = ZSTD_compressCCtx(zstd_of(c), out, capacity, in.data, in.len, level);
    if (!ZSTD_isError(size))
        return (int64_t)size;
    ASSERT(ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall);
    return ERR_SHORT;
}

static int64_t zstd_decompress(struct compressor *c, struct bytes in, void *out, size_t capacity)
{
    size_t size = ZSTD_decompressDCtx(unzstd_of(c), out, capacity, in.data, in.len);
    if (!ZSTD_isError(size))
        return in.len == 0 ? ERR_MALFORMED : (int64_t)size;
    bool full = ZSTD_getErrorCode(size) == ZSTD_error_dstSize_tooSmall;
    return full ? ERR_TOO_LARGE : ERR_MALFORMED;
}

static int64_t copy(struct bytes in, void *out, size_t capacity, int error)
{
    if (in.len > capacity)
        return error;
    if (in.len > 0)
        memcpy(out, in.data, in.len);
    return (int64_t)in.len;
}

int compress_level_default(enum compression compression)
{
    switch (compression) {
    case COMPRESSION_GZIP:
        return Z_DEFAULT_COMPRESSION;
    case COMPRESSION_LZ4:
        return LZ4_LEVEL_DEFAULT;
    case COMPRESSION_ZSTD:
        return ZSTD_CLEVEL_DEFAULT;
    case COMPRESSION_NONE:
    case COMPRESSION_SNAPPY:
    case COMPRESSION_COUNT:
        return 0;
    }
    UNREACHABLE();
}

size_t compress_bound(enum compression compression, size_t len)
{
    ASSERT(len <= INT32_MAX);
    switch (compression) {
    case COMPRESSION_NONE:
        return len;
    case COMPRESSION_GZIP:
        return compressBound(len) + GZIP_BOUND_EXTRA;
    case COMPRESSION_SNAPPY:
        return snappy_blocks_bound(len);
    case COMPRESSION_LZ4:
        return lz4_frame_bound(len);
    case COMPRESSION_ZSTD:
        return ZSTD_compressBound(len);
    case COMPRESSION_COUNT:
        break;
    }
    UNREACHABLE();
}

int64_t compress_bytes(struct compressor *c, enum compression compression, int level,
                       struct bytes in, void *out, size_t capacity)
{
    ASSERT(in.len <= INT32_MAX);
    switch (compression) {
    case COMPRESSION_NONE:
        return copy(in, out, capacity, ERR_SHORT);
    case COMPRESSION_GZIP:
        return gzip_compress(c, level, in, out, capacity);
    case COMPRESSION_SNAPPY:
        return snappy_compress_blocks(in, out, capacity);
    case COMPRESSION_LZ4:
        return lz4_compress_frame(lz4_of(c), level, in, out, capacity);
    case COMPRESSION_ZSTD:
        return zstd_compress(c, level, in, out, capacity);
    case COMPRESSION_COUNT:
        break;
    }
    UNREACHABLE();
}

int64_t decompress_bytes(struct compressor *c, enum compression compression, struct bytes in,
                         void *out, size_t capacity)
{
    ASSERT(in.len <= INT32_MAX);
    switch (compression) {
    case COMPRESSION_NONE:
        return copy(in, out, capacity, ERR_TOO_LARGE);
    case COMPRESSION_GZIP:
        return gzip_decompress(c, in, out, capacity);
    case COMPRESSION_SNAPPY:
        return snappy_decompress_blocks(in, out, capacity);
    case COMPRESSION_LZ4:
        return lz4_decompress_frame(in, out, capacity);
    case COMPRESSION_ZSTD:
        return zstd_decompress(c, in, out, capacity);
    case COMPRESSION_COUNT:
        break;
    }
    UNREACHABLE();
}
