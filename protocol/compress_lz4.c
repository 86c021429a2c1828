/*
 * lz4 frames, over the library's block functions.
 *
 *     magic u32 le, FLG u8, BD u8, [content size u64 le], header checksum u8,
 *     blocks: size u32 le (high bit: stored plain), bytes, [checksum u32 le],
 *     end mark: size 0, [content checksum u32 le]
 *
 * The library's frame functions would do, but take their buffers from malloc in each call. With the
 * whole output in one buffer the frame is little more than a loop, linked blocks find their history
 * right before them, and nothing is allocated. We write what Kafka's client writes: independent
 * blocks of 64 KiB without checksums. What follows the end mark is ignored, as Kafka does.
 */
#include "protocol/compress_internal.h"

#include <lz4.h>
#include <lz4hc.h>
#include <xxhash.h>

#include "base/assert.h"
#include "base/util.h"

#define FRAME_MAGIC 0x184D2204u
#define FRAME_VERSION_MASK 0xC0
#define FRAME_VERSION 0x40
#define FRAME_INDEPENDENT 0x20
#define FRAME_BLOCK_CHECKSUM 0x10
#define FRAME_CONTENT_SIZE 0x08
#define FRAME_CONTENT_CHECKSUM 0x04
#define FRAME_RESERVED 0x02
#define FRAME_DICTIONARY 0x01
#define FRAME_BLOCK_64K 0x40
#define BLOCK_RESERVED 0x8F /* bits of BD that must be 0 */
#define BLOCK_CODE_MIN 4    /* 64 KiB, then 256 KiB, 1 MiB, 4 MiB */
#define BLOCK_STORED 0x80000000u
#define BLOCK_SIZE (64 * KIB)
#define FRAME_HEADER_SIZE 7
#define MARK_SIZE 4
#define HISTORY_MAX (64 * KIB)
#define LEVEL_FAST 9 /* Kafka's default means the fast compressor, any other level the high one */

static void store_le32(uint8_t *p, uint32_t v)
{
    store_be32(p, __builtin_bswap32(v));
}

/* Over FLG up to what comes before the checksum. */
static uint8_t header_checksum(const uint8_t *descriptor, size_t len)
{
    return (uint8_t)(XXH32(descriptor, len, 0) >> 8);
}

size_t lz4_frame_bound(size_t len)
{
    size_t blocks = len / BLOCK_SIZE + 1;
    return FRAME_HEADER_SIZE + blocks * MARK_SIZE + len + MARK_SIZE;
}

/* The table of the high compressor has 256 KiB: clearing it costs more than a small block does. A
 * reset leaves it, and what stands in it is too far back to be used. */
static int compress_high(LZ4_streamHC_t *state, struct bytes block, uint8_t *to, int room,
                         int level)
{
    LZ4_resetStreamHC_fast(state, level);
    return LZ4_compress_HC_continue(state, (const char *)block.data, (char *)to, (int)block.len,
                                    room);
}

static int compress_fast(void *state, struct bytes block, uint8_t *to, int room)
{
    return LZ4_compress_fast_extState(state, (const char *)block.data, (char *)to, (int)block.len,
                                      room, 1);
}

/* One block; plain when compression does not make it smaller. */
static void write_block(struct writer *w, const struct lz4_states *states, int level,
                        struct bytes block)
{
    uint8_t *mark = write_gap(w, MARK_SIZE);
    if (mark == NULL)
        return;
    size_t room = MIN((size_t)(w->end - w->pos), block.len - 1);
    int size = level == LEVEL_FAST
                   ? compress_fast(states->state, block, w->pos, (int)room)
                   : compress_high(states->state_high, block, w->pos, (int)room, level);
    if (size > 0) {
        store_le32(mark, (uint32_t)size);
        write_gap(w, (size_t)size);
        return;
    }
    store_le32(mark, (uint32_t)block.len | BLOCK_STORED);
    write_bytes(w, block.data, block.len);
}

int64_t lz4_compress_frame(const struct lz4_states *states, int level, struct bytes in, void *out,
                           size_t capacity)
{
    struct writer w;
    uint8_t header[FRAME_HEADER_SIZE];
    uint8_t end_mark[MARK_SIZE] = {0};
    store_le32(header, FRAME_MAGIC);
    header[4] = FRAME_VERSION | FRAME_INDEPENDENT;
    header[5] = FRAME_BLOCK_64K;
    header[6] = header_checksum(header + 4, 2);
    level = MIN(MAX(level, 1), LZ4HC_CLEVEL_MAX);
    writer_init(&w, out, capacity);
    write_bytes(&w, header, sizeof header);
    for (size_t done = 0; done < in.len && w.error == 0; done += BLOCK_SIZE) {
        struct bytes block = {in.data + done, MIN(BLOCK_SIZE, in.len - done)};
        write_block(&w, states, level, block);
    }
    write_bytes(&w, end_mark, sizeof end_mark);
    return w.error != 0 ? w.error : (int64_t)writer_len(&w);
}

struct frame {
    uint8_t flags;
    size_t block_max;
};

static uint32_t read_le32(struct reader *r)
{
    return __builtin_bswap32(read_be32(r));
}

/* A dictionary id is refused: nobody has agreed on one. */
static int read_header(struct reader *r, struct frame *frame)
{
    uint32_t magic = read_le32(r);
    const uint8_t *descriptor = r->pos;
    frame->flags = read_u8(r);
    uint8_t block = read_u8(r);
    if ((frame->flags & FRAME_CONTENT_SIZE) != 0)
        read_skip(r, 8);
    size_t len = (size_t)(r->pos - descriptor);
    uint8_t checksum = read_u8(r);
    if (r->error != 0)
        return ERR_MALFORMED;
    unsigned code = block >> 4;
    if (magic != FRAME_MAGIC || (frame->flags & FRAME_VERSION_MASK) != FRAME_VERSION ||
        (frame->flags & (FRAME_RESERVED | FRAME_DICTIONARY)) != 0 ||
        (block & BLOCK_RESERVED) != 0 || code < BLOCK_CODE_MIN ||
        checksum != header_checksum(descriptor, len))
        return ERR_MALFORMED;
    frame->block_max = (size_t)1 << (8 + 2 * code);
    return 0;
}

/* One block to the end of the output. */
static int read_block(const struct frame *frame, bool stored, struct bytes block, struct writer *w)
{
    size_t left = (size_t)(w->end - w->pos);
    if (stored) {
        if (block.len > left)
            return ERR_TOO_LARGE;
        write_bytes(w, block.data, block.len);
        return 0;
    }
    bool linked = (frame->flags & FRAME_INDEPENDENT) == 0;
    size_t history = linked ? MIN(writer_len(w), HISTORY_MAX) : 0;
    size_t room = MIN(left, frame->block_max);
    int size =
        LZ4_decompress_safe_usingDict((const char *)block.data, (char *)w->pos, (int)block.len,
                                      (int)room, (const char *)(w->pos - history), (int)history);
    if (size < 0)
        return left < frame->block_max ? ERR_TOO_LARGE : ERR_MALFORMED;
    write_gap(w, (size_t)size);
    return 0;
}

/* The next block, or the end mark, which sets `ended`. */
static int read_next(const struct frame *frame, struct reader *r, struct writer *w, bool *ended)
{
    uint32_t mark = read_le32(r);
    *ended = r->error == 0 && mark == 0;
    if (*ended)
        return 0;
    size_t size = mark & ~BLOCK_STORED;
    struct bytes block = read_bytes(r, size);
    bool checked = (frame->flags & FRAME_BLOCK_CHECKSUM) != 0;
    uint32_t checksum = checked ? read_le32(r) : 0;
    if (r->error != 0 || size > frame->block_max)
        return ERR_MALFORMED;
    if (checked && checksum != XXH32(block.data, block.len, 0))
        return ERR_MALFORMED;
    return read_block(frame, (mark & BLOCK_STORED) != 0, block, w);
}

int64_t lz4_decompress_frame(struct bytes in, void *out, size_t capacity)
{
    struct reader r;
    struct writer w;
    struct frame frame;
    bool ended = false;
    reader_init(&r, in.data, in.len);
    writer_init(&w, out, capacity);
    int result = read_header(&r, &frame);
    while (result == 0 && !ended)
        result = read_next(&frame, &r, &w, &ended);
    if (result != 0)
        return result;
    ASSERT(w.error == 0);
    if ((frame.flags & FRAME_CONTENT_CHECKSUM) != 0 &&
        (read_le32(&r) != XXH32(w.start, writer_len(&w), 0) || r.error != 0))
        return ERR_MALFORMED;
    return (int64_t)writer_len(&w);
}
