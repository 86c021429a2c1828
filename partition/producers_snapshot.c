/*
 * Producer state as bytes.
 *
 * Kafka's snapshot, version 1, big-endian:
 *
 *     i16 version, u32 crc32c of all that follows, i32 count, then per producer
 *     i64 id, i16 epoch, i32 last sequence, i64 last offset, i32 offset delta, i64 timestamp,
 *     i32 coordinator epoch, i64 first offset of the open transaction (-1: none)
 *
 * It keeps one batch a producer. A producer that waits for several answers when the broker crashes
 * may ask again for any of five, so our checkpoint has a form of its own, with another version:
 *
 *     per producer: the same fields, then u8 count and per batch, oldest first,
 *     i64 last offset, i64 timestamp, i32 last sequence, i32 offset delta
 *
 * A producer whose batches all lie at or above the end is left out: what follows the end is
 * replayed, and is at least the five batches that are kept.
 */
#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "partition/producers_internal.h"

#define SNAPSHOT_VERSION 1
#define STATE_VERSION 0x4f44 /* "OD" */
#define SNAPSHOT_CRC_AT 2
#define SNAPSHOT_COUNTED_FROM 6 /* the CRC covers from here on */
#define SNAPSHOT_HEADER 10
#define SNAPSHOT_ENTRY 46
#define STATE_TRACE 24

/* How many of the producer's batches lie below `end_offset`. */
static uint32_t producer_below(const struct producer *p, int64_t end_offset)
{
    uint32_t count = p->count;
    while (count > 0 && p->traces[count - 1].last_offset >= end_offset)
        count--;
    return count;
}

static bool producer_is_stored(const struct producer *p, int64_t end_offset)
{
    return p->count == 0 || producer_below(p, end_offset) > 0;
}

size_t producers_snapshot_size(const struct producers *producers, int64_t end_offset)
{
    size_t size = SNAPSHOT_HEADER;
    size_t position = 0;
    const struct producer *p;
    while ((p = map_next(&producers->map, &position)) != NULL)
        if (producer_is_stored(p, end_offset))
            size += SNAPSHOT_ENTRY;
    return size;
}

size_t producers_state_size(const struct producers *producers, int64_t end_offset)
{
    size_t size = SNAPSHOT_HEADER;
    size_t position = 0;
    const struct producer *p;
    while ((p = map_next(&producers->map, &position)) != NULL)
        if (producer_is_stored(p, end_offset))
            size += SNAPSHOT_ENTRY + 1 + STATE_TRACE * producer_below(p, end_offset);
    return size;
}

static void write_entry(struct writer *w, const struct producer *p, int64_t end_offset)
{
    uint32_t below = producer_below(p, end_offset);
    static const struct producer_trace none = {-1, -1, -1, 0};
    const struct producer_trace *last = below > 0 ? &p->traces[below - 1] : &none;
    bool whole = below == p->count;
    bool open = p->transaction_start >= 0 && p->transaction_start < end_offset;
    write_be64(w, (uint64_t)p->id);
    write_be16(w, (uint16_t)p->epoch);
    write_be32(w, (uint32_t)last->last_sequence);
    write_be64(w, (uint64_t)last->last_offset);
    write_be32(w, (uint32_t)last->offset_delta);
    write_be64(w, (uint64_t)(whole ? p->last_timestamp : last->timestamp));
    write_be32(w, (uint32_t)p->coordinator_epoch);
    write_be64(w, (uint64_t)(open ? p->transaction_start : -1));
}

static void write_traces(struct writer *w, const struct producer *p, int64_t end_offset)
{
    uint32_t below = producer_below(p, end_offset);
    write_u8(w, (uint8_t)below);
    for (uint32_t i = 0; i < below; i++) {
        write_be64(w, (uint64_t)p->traces[i].last_offset);
        write_be64(w, (uint64_t)p->traces[i].timestamp);
        write_be32(w, (uint32_t)p->traces[i].last_sequence);
        write_be32(w, (uint32_t)p->traces[i].offset_delta);
    }
}

static void write_all(const struct producers *producers, int64_t end_offset, uint16_t version,
                      struct bytes to)
{
    uint8_t *data = (uint8_t *)(uintptr_t)to.data;
    struct writer w;
    writer_init(&w, data, to.len);
    write_be16(&w, version);
    write_be32(&w, 0);
    write_be32(&w, 0);
    uint32_t count = 0;
    size_t position = 0;
    const struct producer *p;
    while ((p = map_next(&producers->map, &position)) != NULL) {
        if (!producer_is_stored(p, end_offset))
            continue;
        write_entry(&w, p, end_offset);
        if (version == STATE_VERSION)
            write_traces(&w, p, end_offset);
        count++;
    }
    ASSERT(w.error == 0 && writer_len(&w) == to.len);
    store_be32(data + SNAPSHOT_COUNTED_FROM, count);
    uint32_t crc = crc32c(0, data + SNAPSHOT_COUNTED_FROM, to.len - SNAPSHOT_COUNTED_FROM);
    store_be32(data + SNAPSHOT_CRC_AT, crc);
}

void producers_snapshot_write(const struct producers *producers, int64_t end_offset, void *data,
                              size_t len)
{
    write_all(producers, end_offset, SNAPSHOT_VERSION, (struct bytes){data, len});
}

void producers_state_write(const struct producers *producers, int64_t end_offset, void *data,
                           size_t len)
{
    write_all(producers, end_offset, STATE_VERSION, (struct bytes){data, len});
}

static bool trace_is_valid(const struct producer_trace *trace)
{
    return trace->last_offset >= 0 && trace->last_sequence >= PRODUCER_NO_SEQUENCE &&
           trace->offset_delta >= 0 && trace->offset_delta <= trace->last_offset;
}

static bool read_traces(struct reader *r, struct producer *p)
{
    p->count = 0;
    uint32_t count = read_u8(r);
    if (count > PRODUCER_BATCHES)
        return false;
    while (p->count < count) {
        struct producer_trace *trace = &p->traces[p->count++];
        trace->last_offset = (int64_t)read_be64(r);
        trace->timestamp = (int64_t)read_be64(r);
        trace->last_sequence = (int32_t)read_be32(r);
        trace->offset_delta = (int32_t)read_be32(r);
        if (!trace_is_valid(trace))
            return false;
    }
    return r->error == 0;
}

static bool read_entry(struct reader *r, struct producers *producers, uint16_t version)
{
    struct producer_trace last;
    int64_t id = (int64_t)read_be64(r);
    int16_t epoch = (int16_t)read_be16(r);
    last.last_sequence = (int32_t)read_be32(r);
    last.last_offset = (int64_t)read_be64(r);
    last.offset_delta = (int32_t)read_be32(r);
    last.timestamp = (int64_t)read_be64(r);
    int32_t coordinator_epoch = (int32_t)read_be32(r);
    int64_t transaction_start = (int64_t)read_be64(r);
    if (r->error != 0 || id < 0 || producers_find(producers, id) != NULL)
        return false;
    struct producer *p = producers_add(producers, id);
    p->epoch = epoch;
    p->last_timestamp = last.timestamp;
    p->coordinator_epoch = coordinator_epoch;
    producer_set_transaction(producers, p, transaction_start);
    if (last.last_offset >= 0) {
        if (!trace_is_valid(&last))
            return false;
        p->traces[0] = last;
        p->count = 1;
    }
    return version != STATE_VERSION || read_traces(r, p);
}

static int read_all(struct reader *r, struct producers *producers, uint16_t version)
{
    uint32_t count = read_be32(r);
    if (r->error != 0 || count > reader_left(r) / SNAPSHOT_ENTRY)
        return ERR_CORRUPT;
    for (uint32_t i = 0; i < count; i++)
        if (!read_entry(r, producers, version))
            return ERR_CORRUPT;
    return reader_left(r) == 0 ? 0 : ERR_CORRUPT;
}

int producers_snapshot_read(struct producers *producers, struct bytes snapshot)
{
    if (snapshot.len < SNAPSHOT_HEADER)
        return ERR_CORRUPT;
    uint16_t version = load_be16(snapshot.data);
    if (version != SNAPSHOT_VERSION && version != STATE_VERSION)
        return ERR_VERSION;
    struct bytes body = {snapshot.data + SNAPSHOT_COUNTED_FROM,
                         snapshot.len - SNAPSHOT_COUNTED_FROM};
    if (crc32c(0, body.data, body.len) != load_be32(snapshot.data + SNAPSHOT_CRC_AT))
        return ERR_CORRUPT;
    struct producers read = {0};
    struct reader r;
    reader_init(&r, body.data, body.len);
    int result = read_all(&r, &read, version);
    if (result == 0) {
        struct producers old = *producers;
        *producers = read;
        read = old;
    }
    producers_clear(&read);
    return result;
}
