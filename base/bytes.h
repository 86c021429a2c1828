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

struct bytes bytes_of_string(const char *text);
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

uint8_t read_u8(struct reader *r);
uint16_t read_be16(struct reader *r);
uint32_t read_be32(struct reader *r);
uint64_t read_be64(struct reader *r);
/* At most 5 (10 for the 64-bit ones) bytes; a longer or overflowing one is ERR_MALFORMED. */
uint32_t read_uvarint(struct reader *r);
uint64_t read_uvarint64(struct reader *r);
int32_t read_varint(struct reader *r);
int64_t read_varint64(struct reader *r);
/* A borrowed slice of exactly `len` bytes; empty on failure. */
struct bytes read_bytes(struct reader *r, size_t len);
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

void write_u8(struct writer *w, uint8_t v);
void write_be16(struct writer *w, uint16_t v);
void write_be32(struct writer *w, uint32_t v);
void write_be64(struct writer *w, uint64_t v);
void write_uvarint(struct writer *w, uint32_t v);
void write_uvarint64(struct writer *w, uint64_t v);
void write_varint(struct writer *w, int32_t v);
void write_varint64(struct writer *w, int64_t v);
void write_bytes(struct writer *w, const void *data, size_t len);
/* Leaves `len` bytes open and returns them; null on failure. */
uint8_t *write_gap(struct writer *w, size_t len);

/* Encoded sizes, in bytes. */
size_t uvarint_size(uint64_t v);
size_t varint_size(int64_t v);
