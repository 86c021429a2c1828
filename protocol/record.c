/* Records: one reader and one writer. */
#include "protocol/record.h"

#include "base/assert.h"
#include "base/util.h"

static struct blob read_blob(struct reader *r)
{
    int32_t len = read_varint(r);
    if (len < 0)
        return (struct blob){NULL, -1};
    struct bytes bytes = read_bytes(r, (size_t)len);
    return (struct blob){bytes.data, (int32_t)bytes.len};
}

static void skip_headers(struct reader *r)
{
    int32_t count = read_varint(r);
    if (count < 0 || (size_t)count > reader_left(r) + 1)
        reader_fail(r, ERR_MALFORMED);
    for (int32_t i = 0; i < count && r->error == 0; i++) {
        int32_t key_len = read_varint(r);
        if (key_len < 0)
            reader_fail(r, ERR_MALFORMED);
        else
            read_skip(r, (size_t)key_len);
        read_blob(r);
    }
}

int record_read(struct reader *reader, struct record *record)
{
    int32_t len = read_varint(reader);
    if (len < 0)
        return reader_fail(reader, ERR_MALFORMED);
    struct bytes body = read_bytes(reader, (size_t)len);
    if (reader->error != 0)
        return reader->error;
    struct reader r;
    reader_init(&r, body.data, body.len);
    read_u8(&r);
    record->timestamp_delta = read_varint64(&r);
    record->offset_delta = read_varint(&r);
    record->key = read_blob(&r);
    record->value = read_blob(&r);
    const uint8_t *headers = r.pos;
    skip_headers(&r);
    if (r.error != 0 || reader_left(&r) != 0)
        return reader_fail(reader, ERR_MALFORMED);
    record->headers = (struct bytes){headers, (size_t)(r.pos - headers)};
    return 0;
}

void batch_build_begin(struct batch_builder *b, void *buffer, size_t capacity)
{
    *b = (struct batch_builder){0};
    writer_init(&b->writer, buffer, capacity);
    write_gap(&b->writer, BATCH_HEADER_SIZE);
}

static size_t blob_size(struct blob blob)
{
    return blob.len < 0 ? varint_size(-1) : varint_size(blob.len) + (size_t)blob.len;
}

static void write_blob(struct writer *w, struct blob blob)
{
    write_varint(w, MAX(blob.len, -1));
    if (blob.len > 0)
        write_bytes(w, blob.data, (size_t)blob.len);
}

void batch_build_add(struct batch_builder *b, int64_t timestamp, struct blob key, struct blob value)
{
    if (b->count == 0) {
        b->base_timestamp = timestamp;
        b->max_timestamp = timestamp;
    }
    int64_t delta = timestamp - b->base_timestamp;
    size_t len = 1 + varint_size(delta) + varint_size(b->count) + blob_size(key) +
                 blob_size(value) + varint_size(0);
    struct writer *w = &b->writer;
    write_varint(w, (int32_t)len);
    write_u8(w, 0);
    write_varint64(w, delta);
    write_varint(w, b->count);
    write_blob(w, key);
    write_blob(w, value);
    write_varint(w, 0);
    b->max_timestamp = MAX(b->max_timestamp, timestamp);
    b->count++;
}

int64_t batch_build_end(struct batch_builder *b, const struct batch_build_options *options)
{
    if (b->writer.error != 0)
        return b->writer.error;
    ASSERT(b->count > 0);
    size_t len = writer_len(&b->writer);
    uint8_t *batch = b->writer.start;
    store_be64(batch, 0);
    store_be32(batch + 8, (uint32_t)(len - BATCH_OVERHEAD));
    store_be32(batch + 12, UINT32_MAX);
    batch[16] = BATCH_MAGIC;
    store_be16(batch + 21, options->attributes);
    store_be32(batch + 23, (uint32_t)(b->count - 1));
    store_be64(batch + 27, (uint64_t)b->base_timestamp);
    store_be64(batch + 35, (uint64_t)b->max_timestamp);
    store_be64(batch + 43, (uint64_t)options->producer_id);
    store_be16(batch + 51, (uint16_t)options->producer_epoch);
    store_be32(batch + 53, (uint32_t)options->base_sequence);
    store_be32(batch + 57, (uint32_t)b->count);
    store_be32(batch + 17, batch_compute_crc(batch, (uint32_t)len));
    return (int64_t)len;
}
