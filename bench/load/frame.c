/* Frames; the design stands in the header. */
#include "bench/load/frame.h"

#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/record.h"

/* What comes before a message's body: size, key, version, correlation id, client id, tags. */
#define HEADER_BYTES (4 + 2 + 2 + 4 + 2 + sizeof FRAME_CLIENT_ID - 1 + 1)

size_t frame_size(const struct api *api, int16_t version, const void *request)
{
    return HEADER_BYTES + message_size(api->request, version, request, false);
}

static void header_write(struct writer *w, const struct api *api, int16_t version)
{
    write_be32(w, 0);
    write_be16(w, (uint16_t)api->key);
    write_be16(w, (uint16_t)version);
    write_be32(w, 0);
    write_be16(w, sizeof FRAME_CLIENT_ID - 1);
    write_bytes(w, FRAME_CLIENT_ID, sizeof FRAME_CLIENT_ID - 1);
    if (api_request_header_version(api, version) >= 2)
        write_u8(w, 0);
}

int64_t frame_encode(void *memory, size_t capacity, const struct api *api, int16_t version,
                     const void *request)
{
    struct writer w;
    writer_init(&w, memory, capacity);
    header_write(&w, api, version);
    int result = message_encode(api->request, version, request, &w, NULL);
    if (result != 0)
        return result;
    store_be32(memory, (uint32_t)(writer_len(&w) - 4));
    return (int64_t)writer_len(&w);
}

/* The bytes of a record before its key: length, attributes, timestamp delta, offset delta, key
 * length. Returns the whole record's size. */
static uint32_t record_write(const struct frame_layout *layout, struct writer *w, uint32_t index)
{
    int64_t key_len = layout->key_len == 0 ? -1 : (int64_t)layout->key_len;
    size_t body = 1 + 1 + varint_size(index) + varint_size(key_len) + layout->key_len +
                  varint_size(layout->value_len) + layout->value_len + 1;
    size_t before = writer_len(w);
    write_varint(w, (int32_t)body);
    write_u8(w, 0);
    write_varint(w, 0);
    write_varint(w, (int32_t)index);
    write_varint(w, (int32_t)key_len);
    write_gap(w, layout->key_len);
    write_varint(w, (int32_t)layout->value_len);
    write_gap(w, layout->value_len);
    write_varint(w, 0);
    ASSERT(w->error == 0);
    return (uint32_t)(writer_len(w) - before);
}

void frame_layout_init(struct frame_layout *layout, uint32_t records_max)
{
    size_t room = RECORD_OVERHEAD_MAX + layout->key_len + (size_t)layout->value_len;
    ASSERT(records_max > 0 && layout->version >= 3 && layout->version <= 12);
    layout->records_max = records_max;
    layout->value_varint_size = (uint32_t)varint_size(layout->value_len);
    layout->ends = mem_alloc_array(records_max, sizeof *layout->ends);
    uint8_t *record = mem_alloc(room);
    uint32_t end = BATCH_HEADER_SIZE;
    for (uint32_t i = 0; i < records_max; i++) {
        struct writer w;
        writer_init(&w, record, room);
        end += record_write(layout, &w, i);
        layout->ends[i] = end;
    }
    mem_free(record);
    layout->capacity = FRAME_HEAD_MAX + (size_t)end + FRAME_TAIL_MAX;
}

void frame_layout_fini(struct frame_layout *layout)
{
    mem_free(layout->ends);
}

void frame_init(struct frame *frame, const struct frame_layout *layout)
{
    *frame = (struct frame){.layout = layout, .memory = mem_alloc(layout->capacity)};
    uint8_t *batch = frame->memory + FRAME_HEAD_MAX;
    struct writer w;
    store_be32(batch + 12, UINT32_MAX);
    batch[16] = BATCH_MAGIC;
    memset(batch + 43, 0xff, 8 + 2 + 4);
    writer_init(&w, batch + BATCH_HEADER_SIZE, layout->capacity - FRAME_HEAD_MAX);
    for (uint32_t i = 0; i < layout->records_max; i++)
        record_write(layout, &w, i);
    if (layout->codec.compression != COMPRESSION_NONE) {
        size_t plain = layout->ends[layout->records_max - 1] - BATCH_HEADER_SIZE;
        frame->packed = mem_alloc(FRAME_HEAD_MAX + FRAME_TAIL_MAX +
                                  batch_pack_bound(layout->codec.compression, plain));
    }
}

void frame_fini(struct frame *frame)
{
    mem_free(frame->memory);
    mem_free(frame->packed);
}

/* The tail of an earlier request has overwritten the begin of the record behind it. */
static void frame_restore(struct frame *frame)
{
    const struct frame_layout *layout = frame->layout;
    uint32_t index = frame->tail_of;
    frame->tail_of = 0;
    frame->batch_len = 0;
    if (index == 0 || index >= layout->records_max)
        return;
    struct writer w;
    uint8_t *batch = frame->memory + FRAME_HEAD_MAX;
    writer_init(&w, batch + layout->ends[index - 1], layout->ends[index] - layout->ends[index - 1]);
    record_write(layout, &w, index);
}

void frame_add(struct frame *frame, uint8_t **key, uint8_t **value)
{
    const struct frame_layout *layout = frame->layout;
    ASSERT(frame->count < layout->records_max);
    if (frame->count > 0 && frame->count == frame->tail_of)
        frame_restore(frame);
    uint8_t *end = frame->memory + FRAME_HEAD_MAX + layout->ends[frame->count++];
    /* Behind the value: no headers. Before it: its length. */
    *value = end - 1 - layout->value_len;
    *key = *value - layout->value_varint_size - layout->key_len;
}

/* The request around a batch of this length, as far as it is not there yet. */
static int frame_write_head(struct frame *frame, const struct frame_target *target, uint8_t *batch,
                            uint32_t batch_len)
{
    /* A codec may have used the room behind what it returned, where the tail stood. */
    if (frame->packed == NULL && frame->topic == target->topic && frame->batch_len == batch_len)
        return 0;
    const struct frame_layout *layout = frame->layout;
    frame_restore(frame);
    struct produce_request_partition_produce_data data = {.index = target->partition,
                                                          .records = {NULL, (int32_t)batch_len}};
    struct produce_request_topic_produce_data topic = {.name = string_of(target->topic)};
    topic.partition_data.items = &data;
    topic.partition_data.count = 1;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = layout->acks, .timeout_ms = layout->timeout_ms};
    request.topic_data.items = &topic;
    request.topic_data.count = 1;
    uint8_t scratch[FRAME_HEAD_MAX + FRAME_TAIL_MAX];
    struct message_split split;
    struct message_splits splits = {&split, 1, 0};
    struct writer w;
    writer_init(&w, scratch, sizeof scratch);
    header_write(&w, api_find(API_PRODUCE), layout->version);
    int result = message_encode(&produce_request_type, layout->version, &request, &w, &splits);
    if (result != 0)
        return result;
    ASSERT(splits.count == 1 && split.position <= FRAME_HEAD_MAX);
    bool flexible = layout->version >= produce_request_type.flexible_since;
    frame->head_len = (uint32_t)split.position;
    frame->tail_len = (uint32_t)(writer_len(&w) - split.position);
    frame->partition_at = batch - (flexible ? uvarint_size(batch_len + 1) : 4) - 4;
    store_be32(scratch, frame->head_len + batch_len + frame->tail_len - 4);
    memcpy(batch - frame->head_len, scratch, frame->head_len);
    memcpy(batch + batch_len, scratch + frame->head_len, frame->tail_len);
    frame->topic = target->topic;
    frame->batch_len = batch_len;
    if (frame->packed == NULL)
        frame->tail_of = frame->count;
    return 0;
}

int frame_finish(struct frame *frame, const struct frame_target *target, struct iovec *part)
{
    const struct frame_layout *layout = frame->layout;
    ASSERT(frame->count > 0);
    uint8_t *batch = frame->memory + FRAME_HEAD_MAX;
    uint32_t len = layout->ends[frame->count - 1];
    store_be32(batch + 8, len - BATCH_OVERHEAD);
    store_be32(batch + 23, frame->count - 1);
    store_be64(batch + 27, (uint64_t)target->timestamp_ms);
    store_be64(batch + 35, (uint64_t)target->timestamp_ms);
    store_be32(batch + 57, frame->count);
    if (layout->codec.compression != COMPRESSION_NONE) {
        uint8_t *packed = frame->packed + FRAME_HEAD_MAX;
        size_t plain = len - BATCH_HEADER_SIZE;
        int64_t result = batch_pack(batch, batch_records(batch, len), &layout->codec, packed,
                                    batch_pack_bound(layout->codec.compression, plain));
        if (result < 0)
            return (int)result;
        batch = packed;
        len = (uint32_t)result;
    } else {
        store_be32(batch + 17, crc32c(0, batch + BATCH_CRC_START, len - BATCH_CRC_START));
    }
    int result = frame_write_head(frame, target, batch, len);
    frame->count = 0;
    if (result != 0)
        return result;
    store_be32(frame->partition_at, (uint32_t)target->partition);
    *part = (struct iovec){batch - frame->head_len, frame->head_len + len + frame->tail_len};
    return 0;
}

/* An answer of the usual form, whose lengths are one byte each, by one look at its size; false when
 * it has another one, or is none. Most of the time this is all that is read of an answer. */
static bool answer_read_usual(struct bytes answer, struct frame_answer *out)
{
    const uint8_t *data = answer.data;
    enum { NAME_AT = 7, REST = 1 + 4 + 2 + 8 };
    if (answer.len < NAME_AT || data[4] != 0 || data[5] != 2 || data[6] == 0 || data[6] >= 0x80)
        return false;
    size_t name = (size_t)data[6] - 1;
    if (answer.len < NAME_AT + name + REST || data[NAME_AT + name] != 2)
        return false;
    const uint8_t *partition = data + NAME_AT + name + 1;
    out->error = (int16_t)load_be16(partition + 4);
    out->base_offset = (int64_t)load_be64(partition + 6);
    return true;
}

int frame_read_answer(struct bytes answer, int16_t version, struct frame_answer *out)
{
    if (version >= produce_request_type.flexible_since && answer_read_usual(answer, out))
        return 0;
    struct reader r;
    reader_init(&r, answer.data, answer.len);
    read_skip(&r, 4);
    if (version >= produce_request_type.flexible_since) {
        message_skip_tags(&r);
        uint32_t topics = read_uvarint(&r);
        uint32_t name = read_uvarint(&r);
        read_skip(&r, name - 1);
        uint32_t partitions = read_uvarint(&r);
        if (r.error == 0 && (topics != 2 || partitions != 2 || name == 0))
            return ERR_MALFORMED;
    } else {
        uint32_t topics = read_be32(&r);
        read_skip(&r, read_be16(&r));
        uint32_t partitions = read_be32(&r);
        if (r.error == 0 && (topics != 1 || partitions != 1))
            return ERR_MALFORMED;
    }
    read_skip(&r, 4);
    out->error = (int16_t)read_be16(&r);
    out->base_offset = (int64_t)read_be64(&r);
    return r.error;
}
