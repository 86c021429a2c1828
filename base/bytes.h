/*
 * Byte slices and sticky-error cursors for big-endian formats.
 *
 * A reader or writer that fails once stays failed: reads return zero, writes do nothing, and the
 * caller checks the cursor once at the end. Nothing is ever read or written outside the slice.
 * Varints are Kafka's: unsigned LEB128, and zigzag for the signed ones (KIP-482, KIP-98).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/result.h"

/* Borrowed bytes. `data` may be null only when `len` is 0. */
struct bytes {
    const uint8_t *data;
    size_t len;
};

#define BYTES_LITERAL(text) ((struct bytes){(const uint8_t *)(text), sizeof(text) - 1})

/* Inline: the length of a literal is known when it is compiled. */
static inline struct bytes bytes_of_string(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}
bool bytes_equal(struct bytes a, struct bytes b);
/* memcmp order, a prefix first. */
int bytes_compare(struct bytes a, struct bytes b);

/* Unaligned big-endian loads and stores. */
static inline uint16_t load_be16(const void *p)
{
    uint16_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap16(v);
}
static inline uint32_t load_be32(const void *p)
{
    uint32_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap32(v);
}
static inline uint64_t load_be64(const void *p)
{
    uint64_t v;
    memcpy(&v, p, sizeof v);
    return __builtin_bswap64(v);
}
static inline void store_be16(void *p, uint16_t v)
{
    v = __builtin_bswap16(v);
    memcpy(p, &v, sizeof v);
}
static inline void store_be32(void *p, uint32_t v)
{
    v = __builtin_bswap32(v);
    memcpy(p, &v, sizeof v);
}
static inline void store_be64(void *p, uint64_t v)
{
    v = __builtin_bswap64(v);
    memcpy(p, &v, sizeof v);
}

/* Reads from [pos, end). `error` is 0 or the first failure (ERR_SHORT, ERR_MALFORMED). */
struct reader {
    const uint8_t *pos;
    const uint8_t *end;
    int error;
};

void reader_init(struct reader *r, const void *data, size_t len);
static inline size_t reader_left(const struct reader *r)
{
    return (size_t)(r->end - r->pos);
}
/* Records the first error and empties the cursor. Returns `error`. */
int reader_fail(struct reader *r, int error);

/* Steps over `len` bytes and returns where they begin; null, and failed, when they are not there.
 */
static inline const uint8_t *reader_take(struct reader *r, size_t len)
{
    if (__builtin_expect(reader_left(r) < len, 0)) {
        reader_fail(r, ERR_SHORT);
        return NULL;
    }
    const uint8_t *from = r->pos;
    r->pos += len;
    return from;
}

static inline uint8_t read_u8(struct reader *r)
{
    const uint8_t *from = reader_take(r, 1);
    return from == NULL ? 0 : *from;
}
static inline uint16_t read_be16(struct reader *r)
{
    const uint8_t *from = reader_take(r, 2);
    return from == NULL ? 0 : load_be16(from);
}
static inline uint32_t read_be32(struct reader *r)
{
    const uint8_t *from = reader_take(r, 4);
    return from == NULL ? 0 : load_be32(from);
}
static inline uint64_t read_be64(struct reader *r)
{
    const uint8_t *from = reader_take(r, 8);
    return from == NULL ? 0 : load_be64(from);
}

/* What the functions below do for a varint of more than two bytes. */
uint32_t read_uvarint_long(struct reader *r);
uint64_t read_uvarint64_long(struct reader *r);

/* At most 5 (10 for the 64-bit ones) bytes; a longer or overflowing one is ERR_MALFORMED. */
static inline uint32_t read_uvarint(struct reader *r)
{
    const uint8_t *from = r->pos;
    if (__builtin_expect(from < r->end && from[0] < 0x80, 1)) {
        r->pos = from + 1;
        return from[0];
    }
    if (__builtin_expect(r->end - from >= 2 && from[1] < 0x80, 1)) {
        r->pos = from + 2;
        return (from[0] & 0x7fu) | (uint32_t)from[1] << 7;
    }
    return read_uvarint_long(r);
}
static inline uint64_t read_uvarint64(struct reader *r)
{
    const uint8_t *from = r->pos;
    if (__builtin_expect(from < r->end && from[0] < 0x80, 1)) {
        r->pos = from + 1;
        return from[0];
    }
    if (__builtin_expect(r->end - from >= 2 && from[1] < 0x80, 1)) {
        r->pos = from + 2;
        return (from[0] & 0x7fu) | (uint64_t)from[1] << 7;
    }
    return read_uvarint64_long(r);
}
static inline int32_t read_varint(struct reader *r)
{
    uint32_t v = read_uvarint(r);
    return (int32_t)((v >> 1) ^ (0u - (v & 1)));
}
static inline int64_t read_varint64(struct reader *r)
{
    uint64_t v = read_uvarint64(r);
    return (int64_t)((v >> 1) ^ (0u - (v & 1)));
}

/* A borrowed slice of exactly `len` bytes; empty on failure. */
struct bytes read_bytes(struct reader *r, size_t len);
/* Fills `destination` with zeros on failure. */
void read_copy(struct reader *r, void *destination, size_t len);
void read_skip(struct reader *r, size_t len);

/* Writes into [pos, end). `error` is 0 or ERR_SHORT. */
struct writer {
    uint8_t *start;
    uint8_t *pos;
    uint8_t *end;
    int error;
};

void writer_init(struct writer *w, void *data, size_t capacity);
static inline size_t writer_len(const struct writer *w)
{
    return (size_t)(w->pos - w->start);
}

/* Records the failure and leaves no room. */
void writer_fail(struct writer *w);

/* Leaves `len` bytes open and returns them; null on failure. */
static inline uint8_t *write_gap(struct writer *w, size_t len)
{
    if (__builtin_expect((size_t)(w->end - w->pos) < len || w->error != 0, 0)) {
        writer_fail(w);
        return NULL;
    }
    uint8_t *gap = w->pos;
    w->pos += len;
    return gap;
}

static inline void write_u8(struct writer *w, uint8_t v)
{
    uint8_t *to = write_gap(w, 1);
    if (to != NULL)
        *to = v;
}
static inline void write_be16(struct writer *w, uint16_t v)
{
    uint8_t *to = write_gap(w, 2);
    if (to != NULL)
        store_be16(to, v);
}
static inline void write_be32(struct writer *w, uint32_t v)
{
    uint8_t *to = write_gap(w, 4);
    if (to != NULL)
        store_be32(to, v);
}
static inline void write_be64(struct writer *w, uint64_t v)
{
    uint8_t *to = write_gap(w, 8);
    if (to != NULL)
        store_be64(to, v);
}

/* What write_uvarint64 does for a varint of more than one byte. */
void write_uvarint64_long(struct writer *w, uint64_t v);

/* A varint is written whole or not at all. */
static inline void write_uvarint64(struct writer *w, uint64_t v)
{
    if (__builtin_expect(v < 0x80, 1))
        write_u8(w, (uint8_t)v);
    else
        write_uvarint64_long(w, v);
}
static inline void write_uvarint(struct writer *w, uint32_t v)
{
    write_uvarint64(w, v);
}
static inline void write_varint(struct writer *w, int32_t v)
{
    write_uvarint64(w, ((uint32_t)v << 1) ^ (uint32_t)(v >> 31));
}
static inline void write_varint64(struct writer *w, int64_t v)
{
    write_uvarint64(w, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
void write_bytes(struct writer *w, const void *data, size_t len);

/* Encoded sizes, in bytes. */
static inline size_t uvarint_size(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    return (bits + 6) / 7;
}
size_t varint_size(int64_t v);
