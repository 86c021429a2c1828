/*
 * Records: one reader and one builder.
 *
 * Reading is the walk over every produced record, and borrows everything. The builder writes the
 * records first and the header last, into the gap it left open; a sticky writer makes a full buffer
 * one error at the end.
 */
#include "protocol/record.h"

#include "base/assert.h"
#include "base/util.h"

#define CONTROL_VERSION 0
#define CONTROL_KEY_SIZE 4
#define MARKER_VALUE_SIZE 6
#define NO_TIMESTAMP (-1)

static struct blob read_blob(struct reader *r)
{
    int32_t len = read_varint(r);
    if (len < 0)
        return (struct blob){NULL, -1};
    struct bytes bytes = read_bytes(r, (size_t)len);
    return (struct blob){bytes.data, (int32_t)bytes.len};
}

/*
 * The walk's own cursor. It has no error of its own, and no function that is not inlined gets its
 * address: so it stays in registers, which a struct reader does not. Each `take` is false when the
 * bytes are not there or are wrong.
 */
struct walk {
    const uint8_t *pos;
    const uint8_t *end;
};

#define WALK static inline __attribute__((always_inline))

struct long_varint {
    const uint8_t *end; /* behind it; null: there is none */
    uint64_t value;
};

/* A varint of more than two bytes, or a wrong one, of `bits` bits. */
static __attribute__((noinline)) struct long_varint
read_long_varint(const uint8_t *pos, const uint8_t *end, unsigned bits)
{
    struct reader r;
    reader_init(&r, pos, (size_t)(end - pos));
    uint64_t value = bits == 64 ? read_uvarint64(&r) : read_uvarint(&r);
    return (struct long_varint){r.error != 0 ? NULL : r.pos, value};
}

WALK bool take_varint(struct walk *w, unsigned bits, int64_t *to)
{
    uint64_t value;
    if (__builtin_expect(w->pos < w->end && w->pos[0] < 0x80, 1)) {
        value = *w->pos++;
    } else if (__builtin_expect(w->end - w->pos >= 2 && w->pos[1] < 0x80, 1)) {
        value = (w->pos[0] & 0x7fu) | (uint64_t)w->pos[1] << 7;
        w->pos += 2;
    } else {
        struct long_varint varint = read_long_varint(w->pos, w->end, bits);
        if (varint.end == NULL)
            return false;
        w->pos = varint.end;
        value = varint.value;
    }
    *to = (int64_t)((value >> 1) ^ (0 - (value & 1)));
    return true;
}

WALK bool take_blob(struct walk *w, struct blob *blob)
{
    int64_t len;
    if (!take_varint(w, 32, &len) || len > w->end - w->pos)
        return false;
    *blob = len < 0 ? (struct blob){NULL, -1} : (struct blob){w->pos, (int32_t)len};
    w->pos += MAX(len, 0);
    return true;
}

WALK bool take_headers(struct walk *w)
{
    int64_t count;
    /* A header takes at least two bytes, which bounds the loop by the input. */
    if (!take_varint(w, 32, &count) || count < 0 || count > (w->end - w->pos) / 2)
        return false;
    for (; count > 0; count--) {
        struct blob blob;
        if (!take_blob(w, &blob) || blob.len < 0 || !take_blob(w, &blob))
            return false;
    }
    return true;
}

int record_read(struct reader *reader, struct record *record)
{
    int32_t len = read_varint(reader);
    if (len < 0)
        return reader_fail(reader, ERR_MALFORMED);
    const uint8_t *body = reader_take(reader, (size_t)len);
    if (reader->error != 0 || body == NULL)
        return reader->error;
    struct walk w = {body, body + len};
    int64_t offset_delta;
    if (len == 0)
        return reader_fail(reader, ERR_MALFORMED);
    record->attributes = *w.pos++;
    bool whole = take_varint(&w, 64, &record->timestamp_delta) &&
                 take_varint(&w, 32, &offset_delta) && take_blob(&w, &record->key) &&
                 take_blob(&w, &record->value);
    const uint8_t *headers = w.pos;
    if (!whole || !take_headers(&w) || w.pos != w.end)
        return reader_fail(reader, ERR_MALFORMED);
    record->offset_delta = (int32_t)offset_delta;
    record->headers = (struct bytes){headers, (size_t)(w.pos - headers)};
    return 0;
}

int32_t record_headers_begin(const struct record *record, struct reader *headers)
{
    reader_init(headers, record->headers.data, record->headers.len);
    int32_t count = read_varint(headers);
    ASSERT(headers->error == 0 && count >= 0);
    return count;
}

void record_headers_next(struct reader *headers, struct record_header *header)
{
    int32_t key_len = read_varint(headers);
    header->key = read_bytes(headers, (size_t)key_len);
    header->value = read_blob(headers);
    ASSERT(headers->error == 0);
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

void record_headers_write(struct writer *w, const struct record_header *headers, int32_t count)
{
    ASSERT(count >= 0);
    write_varint(w, count);
    for (int32_t i = 0; i < count; i++) {
        ASSERT(headers[i].key.len <= INT32_MAX);
        write_varint(w, (int32_t)headers[i].key.len);
        write_bytes(w, headers[i].key.data, headers[i].key.len);
        write_blob(w, headers[i].value);
    }
}

static void write_record(struct writer *w, const struct record *record)
{
    size_t len = 1 + varint_size(record->timestamp_delta) + varint_size(record->offset_delta) +
                 blob_size(record->key) + blob_size(record->value) + record->headers.len;
    if (len > INT32_MAX) {
        w->error = w->error != 0 ? w->error : ERR_SHORT;
        return;
    }
    write_varint(w, (int32_t)len);
    write_u8(w, record->attributes);
    write_varint64(w, record->timestamp_delta);
    write_varint(w, record->offset_delta);
    write_blob(w, record->key);
    write_blob(w, record->value);
    write_bytes(w, record->headers.data, record->headers.len);
}

void batch_build_begin(struct batch_builder *b, void *buffer, size_t capacity)
{
    *b = (struct batch_builder){.max_timestamp = NO_TIMESTAMP};
    writer_init(&b->writer, buffer, capacity);
    write_gap(&b->writer, BATCH_HEADER_SIZE);
}

void batch_build_add_record(struct batch_builder *b, int64_t timestamp, struct blob key,
                            struct blob value, struct bytes headers)
{
    ASSERT(headers.len > 0 && b->count < INT32_MAX);
    if (!b->base_known) {
        b->base_timestamp = timestamp;
        b->base_known = true;
    }
    const struct record record = {
        .timestamp_delta = (int64_t)((uint64_t)timestamp - (uint64_t)b->base_timestamp),
        .offset_delta = b->count,
        .key = key,
        .value = value,
        .headers = headers,
    };
    write_record(&b->writer, &record);
    b->max_timestamp = MAX(b->max_timestamp, timestamp);
    b->count++;
}

void batch_build_add(struct batch_builder *b, int64_t timestamp, struct blob key, struct blob value)
{
    batch_build_add_record(b, timestamp, key, value, BYTES_LITERAL("\0"));
}

/* Everything but the fields in which the two kinds of building differ. */
static int64_t build_end(struct batch_builder *b)
{
    if (b->writer.error != 0)
        return b->writer.error;
    size_t len = writer_len(&b->writer);
    if (len > INT32_MAX)
        return ERR_SHORT;
    uint8_t *batch = b->writer.start;
    store_be32(batch + 8, (uint32_t)(len - BATCH_OVERHEAD));
    batch[16] = BATCH_MAGIC;
    store_be64(batch + 27, (uint64_t)b->base_timestamp);
    store_be64(batch + 35, (uint64_t)b->max_timestamp);
    store_be32(batch + 57, (uint32_t)b->count);
    store_be32(batch + 17, batch_compute_crc(batch, (uint32_t)len));
    return (int64_t)len;
}

int64_t batch_build_end(struct batch_builder *b, const struct batch_build_options *options)
{
    if (b->writer.error != 0)
        return b->writer.error;
    ASSERT(b->count > 0);
    ASSERT((options->attributes & BATCH_ATTRIBUTE_COMPRESSION) == 0);
    uint8_t *batch = b->writer.start;
    store_be64(batch, 0);
    store_be32(batch + 12, UINT32_MAX);
    store_be16(batch + 21, options->attributes);
    store_be32(batch + 23, (uint32_t)(b->count - 1));
    store_be64(batch + 43, (uint64_t)options->producer_id);
    store_be16(batch + 51, (uint16_t)options->producer_epoch);
    store_be32(batch + 53, (uint32_t)options->base_sequence);
    return build_end(b);
}

void batch_build_begin_like(struct batch_builder *b, const uint8_t *original, void *buffer,
                            size_t capacity)
{
    batch_build_begin(b, buffer, capacity);
    b->base_timestamp = batch_base_timestamp(original);
    b->base_known = true;
}

void batch_build_set_horizon(struct batch_builder *b, int64_t horizon)
{
    ASSERT(b->base_known && b->count == 0 && !b->horizon_set);
    b->moved = (uint64_t)b->base_timestamp - (uint64_t)horizon;
    b->base_timestamp = horizon;
    b->horizon_set = true;
}

void batch_build_keep(struct batch_builder *b, const struct record *record)
{
    ASSERT(b->base_known && b->count < INT32_MAX);
    struct record kept = *record;
    kept.timestamp_delta = (int64_t)((uint64_t)record->timestamp_delta + b->moved);
    write_record(&b->writer, &kept);
    uint64_t timestamp = (uint64_t)b->base_timestamp + (uint64_t)kept.timestamp_delta;
    b->max_timestamp = MAX(b->max_timestamp, (int64_t)timestamp);
    b->count++;
}

int64_t batch_build_end_like(struct batch_builder *b, const uint8_t *original)
{
    if (b->writer.error != 0)
        return b->writer.error;
    uint8_t *batch = b->writer.start;
    uint16_t attributes = batch_attributes(original) & (uint16_t)~BATCH_ATTRIBUTE_COMPRESSION;
    memcpy(batch, original, BATCH_HEADER_SIZE);
    if (b->horizon_set)
        attributes |= BATCH_ATTRIBUTE_DELETE_HORIZON;
    /* Without records nothing gives a base; the max stays, as under log append time, where the
     * header's is the only one. */
    if (b->count == 0) {
        b->base_timestamp = NO_TIMESTAMP;
        attributes &= (uint16_t)~BATCH_ATTRIBUTE_DELETE_HORIZON;
    }
    store_be16(batch + 21, attributes);
    if (b->count == 0 || batch_is_log_append_time(original))
        b->max_timestamp = batch_max_timestamp(original);
    return build_end(b);
}

int control_type(const struct record *record)
{
    if (record->key.len < CONTROL_KEY_SIZE)
        return ERR_MALFORMED;
    int16_t type = (int16_t)load_be16(record->key.data + 2);
    return type < 0 ? ERR_MALFORMED : type;
}

/* The key is a version and the type. */
void batch_build_add_control(struct batch_builder *b, enum control_type type, int64_t timestamp,
                             struct blob value)
{
    uint8_t key[CONTROL_KEY_SIZE];
    store_be16(key, CONTROL_VERSION);
    store_be16(key + 2, (uint16_t)type);
    batch_build_add(b, timestamp, (struct blob){key, sizeof key}, value);
}

static int64_t build_control(struct batch_builder *b, enum control_type type, int64_t timestamp,
                             struct blob value, const struct batch_build_options *options)
{
    batch_build_add_control(b, type, timestamp, value);
    return batch_build_end(b, options);
}

int64_t batch_build_control(void *buffer, size_t capacity, enum control_type type,
                            int64_t timestamp, struct blob value)
{
    ASSERT(type >= CONTROL_LEADER_CHANGE);
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    struct batch_builder builder;
    options.attributes = BATCH_ATTRIBUTE_CONTROL;
    batch_build_begin(&builder, buffer, capacity);
    return build_control(&builder, type, timestamp, value, &options);
}

int64_t batch_build_marker(void *buffer, size_t capacity, const struct batch_marker *marker)
{
    ASSERT(marker->producer_id >= 0 && marker->producer_epoch >= 0);
    const struct batch_build_options options = {
        .attributes = BATCH_ATTRIBUTE_CONTROL | BATCH_ATTRIBUTE_TRANSACTIONAL,
        .producer_id = marker->producer_id,
        .producer_epoch = marker->producer_epoch,
        .base_sequence = -1,
    };
    uint8_t value[MARKER_VALUE_SIZE];
    struct batch_builder builder;
    store_be16(value, CONTROL_VERSION);
    store_be32(value + 2, (uint32_t)marker->coordinator_epoch);
    batch_build_begin(&builder, buffer, capacity);
    return build_control(&builder, marker->commit ? CONTROL_COMMIT : CONTROL_ABORT,
                         marker->timestamp, (struct blob){value, sizeof value}, &options);
}
