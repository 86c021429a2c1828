/*
 * snappy in the Java block framing, over the library's raw functions.
 *
 *     0x82 "SNAPPY" 0x00, version i32, least compatible version i32,
 *     blocks: compressed size i32, raw snappy
 *
 * All numbers are big-endian. A stream may hold several such headers, as when files of it are
 * joined. Clients that are not Java send raw snappy without any framing; the first bytes tell.
 */
#include "protocol/compress_internal.h"

#include <snappy-c.h>

#include "base/assert.h"
#include "base/util.h"

/* Kafka's block: its size decides how far back a match can lie, and how much a reader holds. */
#define BLOCK_SIZE (32 * KIB)
#define FRAMING_VERSION 1
#define SIZE_FIELD 4

#define FRAMING_MAGIC "\x82SNAPPY"
#define FRAMING_MAGIC_SIZE sizeof FRAMING_MAGIC
#define FRAMING_HEADER_SIZE (FRAMING_MAGIC_SIZE + 8)
/* The magic's first bytes, where a block's size could stand. */
#define FRAMING_MAGIC_HEAD 0x82534e41u

size_t snappy_blocks_bound(size_t len)
{
    size_t full = SIZE_FIELD + snappy_max_compressed_length(BLOCK_SIZE);
    size_t last = SIZE_FIELD + snappy_max_compressed_length(len % BLOCK_SIZE);
    return FRAMING_HEADER_SIZE + len / BLOCK_SIZE * full + last;
}

/* The library wants room for the worst case, so a block that could miss it goes over a buffer. */
static void write_block(struct writer *w, struct bytes block)
{
    uint8_t spare[BLOCK_SIZE + BLOCK_SIZE / 6 + 64];
    size_t size = snappy_max_compressed_length(block.len);
    ASSERT(size <= sizeof spare);
    uint8_t *mark = write_gap(w, SIZE_FIELD);
    if (mark == NULL)
        return;
    bool fits = size <= (size_t)(w->end - w->pos);
    char *to = (char *)(fits ? w->pos : spare);
    snappy_status status = snappy_compress((const char *)block.data, block.len, to, &size);
    ASSERT(status == SNAPPY_OK);
    store_be32(mark, (uint32_t)size);
    if (fits)
        write_gap(w, size);
    else
        write_bytes(w, spare, size);
}

int64_t snappy_compress_blocks(struct bytes in, void *out, size_t capacity)
{
    struct writer w;
    writer_init(&w, out, capacity);
    write_bytes(&w, FRAMING_MAGIC, FRAMING_MAGIC_SIZE);
    write_be32(&w, FRAMING_VERSION);
    write_be32(&w, FRAMING_VERSION);
    for (size_t done = 0; done < in.len && w.error == 0; done += BLOCK_SIZE)
        write_block(&w, (struct bytes){in.data + done, MIN(BLOCK_SIZE, in.len - done)});
    return w.error != 0 ? w.error : (int64_t)writer_len(&w);
}

static int read_raw(struct bytes block, struct writer *w)
{
    size_t size;
    const char *from = (const char *)block.data;
    if (snappy_uncompressed_length(from, block.len, &size) != SNAPPY_OK)
        return ERR_MALFORMED;
    if (size > (size_t)(w->end - w->pos))
        return ERR_TOO_LARGE;
    if (snappy_uncompress(from, block.len, (char *)w->pos, &size) != SNAPPY_OK)
        return ERR_MALFORMED;
    write_gap(w, size);
    return 0;
}

static bool has_framing(struct bytes in)
{
    return in.len >= FRAMING_HEADER_SIZE && memcmp(in.data, FRAMING_MAGIC, FRAMING_MAGIC_SIZE) == 0;
}

static int read_blocks(struct reader *r, struct writer *w)
{
    int result = 0;
    read_skip(r, FRAMING_HEADER_SIZE);
    while (result == 0 && reader_left(r) > 0) {
        uint32_t size = read_be32(r);
        if (size == FRAMING_MAGIC_HEAD) {
            read_skip(r, FRAMING_HEADER_SIZE - SIZE_FIELD);
            result = r->error != 0 ? ERR_MALFORMED : 0;
            continue;
        }
        struct bytes block = read_bytes(r, size);
        result = r->error != 0 ? ERR_MALFORMED : read_raw(block, w);
    }
    return result;
}

int64_t snappy_decompress_blocks(struct bytes in, void *out, size_t capacity)
{
    struct reader r;
    struct writer w;
    reader_init(&r, in.data, in.len);
    writer_init(&w, out, capacity);
    int result = has_framing(in) ? read_blocks(&r, &w) : read_raw(in, &w);
    ASSERT(w.error == 0);
    return result != 0 ? result : (int64_t)writer_len(&w);
}
