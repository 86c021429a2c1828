/*
 * Cursors over big-endian bytes.
 *
 * A failed cursor has its end moved to its position: every later access of at least one byte then
 * fails the one bounds check it makes anyway. The fixed-width and one-byte cases are inline in the
 * header; here is what is long or rare.
 */
#include "base/bytes.h"

#include "base/assert.h"
#include "base/util.h"

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

uint32_t read_uvarint_long(struct reader *r)
{
    return (uint32_t)read_leb128(r, 5, 32);
}

uint64_t read_uvarint64_long(struct reader *r)
{
    return read_leb128(r, 10, 64);
}

struct bytes read_bytes(struct reader *r, size_t len)
{
    const uint8_t *from = reader_take(r, len);
    if (from == NULL)
        return (struct bytes){0};
    return (struct bytes){from, len};
}

void read_copy(struct reader *r, void *destination, size_t len)
{
    if (len == 0)
        return;
    const uint8_t *from = reader_take(r, len);
    if (from == NULL)
        memset(destination, 0, len);
    else
        memcpy(destination, from, len);
}

void read_skip(struct reader *r, size_t len)
{
    reader_take(r, len);
}

void writer_init(struct writer *w, void *data, size_t capacity)
{
    w->start = w->pos = data;
    w->end = capacity == 0 ? w->start : w->start + capacity;
    w->error = 0;
}

void writer_fail(struct writer *w)
{
    w->error = ERR_SHORT;
    w->end = w->pos;
}

void write_uvarint64_long(struct writer *w, uint64_t v)
{
    uint8_t *to = write_gap(w, uvarint_size(v));
    if (to == NULL)
        return;
    for (; v >= 0x80; v >>= 7)
        *to++ = (uint8_t)(v | 0x80);
    *to = (uint8_t)v;
}

void write_bytes(struct writer *w, const void *data, size_t len)
{
    uint8_t *to = write_gap(w, len);
    if (to != NULL && len > 0)
        memcpy(to, data, len);
}

size_t varint_size(int64_t v)
{
    return uvarint_size(((uint64_t)v << 1) ^ (uint64_t)(v >> 63));
}
