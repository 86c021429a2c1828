/* Cursors over big-endian bytes. The sticky error is kept by moving the end to the position. */
#include "base/bytes.h"

#include "base/assert.h"
#include "base/util.h"

struct bytes bytes_of_string(const char *text)
{
    return (struct bytes){(const uint8_t *)text, strlen(text)};
}

bool bytes_equal(struct bytes a, struct bytes b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

int bytes_compare(struct bytes a, struct bytes b)
{
    size_t shared = MIN(a.len, b.len);
    int order = shared == 0 ? 0 : memcmp(a.data, b.data, shared);
    if (order != 0)
        return order;
    return (a.len > b.len) - (a.len < b.len);
}

void reader_init(struct reader *r, const void *data, size_t len)
{
    static const uint8_t nothing[1];
    r->pos = len == 0 ? nothing : data;
    r->end = r->pos + len;
    r->error = 0;
}

int reader_fail(struct reader *r, int error)
{
    ASSERT(error < 0);
    if (r->error == 0)
        r->error = error;
    r->end = r->pos;
    return r->error;
}

static bool reader_has(struct reader *r, size_t len)
{
    if (reader_left(r) >= len)
        return true;
    reader_fail(r, ERR_SHORT);
    return false;
}

uint8_t read_u8(struct reader *r)
{
    if (!reader_has(r, 1))
        return 0;
    return *r->pos++;
}

uint16_t read_be16(struct reader *r)
{
    if (!reader_has(r, 2))
        return 0;
    uint16_t v = load_be16(r->pos);
    r->pos += 2;
    return v;
}

uint32_t read_be32(struct reader *r)
{
    if (!reader_has(r, 4))
        return 0;
    uint32_t v = load_be32(r->pos);
    r->pos += 4;
    return v;
}

uint64_t read_be64(struct reader *r)
{
    if (!reader_has(r, 8))
        return 0;
    uint64_t v = load_be64(r->pos);
    r->pos += 8;
    return v;
}

/* `bits` of the value fit; the last of `bytes_max` bytes may hold only what is left of them. */
static uint64_t read_leb128(struct reader *r, unsigned bytes_max, unsigned bits)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < bytes_max; i++) {
        uint8_t byte = read_u8(r);
        if (r->error != 0)
            return 0;
        unsigned shift = 7 * i;
        if (shift + 7 > bits && (byte >> (bits - shift)) != 0) {
            reader_fail(r, ERR_MALFORMED);
            return 0;
        }
        value |= (uint64_t)(byte & 0x7f) << shift;
        if ((byte & 0x80) == 0)
            return value;
    }
    reader_fail(r, ERR_MALFORMED);
    return 0;
}

uint32_t read_uvarint(struct reader *r)
{
    if (r->pos < r->end && *r->pos < 0x80)
        return *r->pos++;
    return (uint32_t)read_leb128(r, 5, 32);
}

uint64_t read_uvarint64(struct reader *r)
{
    return read_leb128(r, 10, 64);
}

int32_t read_varint(struct reader *r)
{
    uint32_t v = read_uvarint(r);
    return (int32_t)((v >> 1) ^ (0u - (v & 1)));
}

int64_t read_varint64(struct reader *r)
{
    uint64_t v = read_uvarint64(r);
    return (int64_t)((v >> 1) ^ (0u - (v & 1)));
}

struct bytes read_bytes(struct reader *r, size_t len)
{
    if (!reader_has(r, len))
        return (struct bytes){0};
    struct bytes bytes = {r->pos, len};
    r->pos += len;
    return bytes;
}

void read_copy(struct reader *r, void *destination, size_t len)
{
    struct bytes bytes = read_bytes(r, len);
    if (bytes.len == len && len > 0)
        memcpy(destination, bytes.data, len);
}

void read_skip(struct reader *r, size_t len)
{
    if (reader_has(r, len))
        r->pos += len;
}

void writer_init(struct writer *w, void *data, size_t capacity)
{
    w->start = w->pos = data;
    w->end = w->start + capacity;
    w->error = 0;
}

uint8_t *write_gap(struct writer *w, size_t len)
{
    if ((size_t)(w->end - w->pos) < len) {
        w->error = ERR_SHORT;
        w->end = w->pos;
        return NULL;
    }
    uint8_t *gap = w->pos;
    w->pos += len;
    return gap;
}

void write_u8(struct writer *w, uint8_t v)
{
    uint8_t *to = write_gap(w, 1);
    if (to != NULL)
        *to = v;
}

void write_be16(struct writer *w, uint16_t v)
{
    uint8_t *to = write_gap(w, 2);
    if (to != NULL)
        store_be16(to, v);
}

void write_be32(struct writer *w, uint32_t v)
{
    uint8_t *to = write_gap(w, 4);
    if (to != NULL)
        store_be32(to, v);
}

void write_be64(struct writer *w, uint64_t v)
{
    uint8_t *to = write_gap(w, 8);
    if (to != NULL)
        store_be64(to, v);
}

void write_uvarint64(struct writer *w, uint64_t v)
{
    while (v >= 0x80) {
        write_u8(w, (uint8_t)(v | 0x80));
        v >>= 7;
    }
    write_u8(w, (uint8_t)v);
}

void write_uvarint(struct writer *w, uint32_t v)
{
    write_uvarint64(w, v);
}

void write_varint(struct writer *w, int32_t v)
{
    write_uvarint64(w, ((uint32_t)v << 1) ^ (uint32_t)(v >> 31));
}

void write_varint64(struct writer *w, int64_t v)
{
    write_uvarint64(w, ((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}

void write_bytes(struct writer *w, const void *data, size_t len)
{
    uint8_t *to = write_gap(w, len);
    if (to != NULL && len > 0)
        memcpy(to, data, len);
}

size_t uvarint_size(uint64_t v)
{
    unsigned bits = 64 - (unsigned)__builtin_clzll(v | 1);
    return (bits + 6) / 7;
}

size_t varint_size(int64_t v)
{
    return uvarint_size(((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
