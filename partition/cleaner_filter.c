/*
 * A batch is opened once, its records are judged one after another, and what stays is written
 * behind one another as it is judged. Most batches of a log that was cleaned before stay as they
 * are: then what was written is thrown away, and the original's bytes are the answer.
 */
#include "partition/cleaner_filter.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"

/* A batch with more plain bytes is not opened. */
#define OPENER_BYTES (64 * MIB)
/* A record grows by this at most when its timestamp delta changes. */
#define RECORD_GROWTH 12
/* A control record that says nothing we know: it stays. */
#define MARKER_UNKNOWN INT32_MAX

void cleaner_buffer_reserve(struct cleaner_buffer *b, size_t size)
{
    if (size <= b->capacity)
        return;
    mem_free(b->data);
    b->capacity = MAX(size, b->capacity * 2);
    b->data = mem_alloc_raw(b->capacity);
}

void cleaner_buffer_fini(struct cleaner_buffer *b)
{
    mem_free(b->data);
    *b = (struct cleaner_buffer){0};
}

void cleaner_opener_fini(struct cleaner_opener *o)
{
    compressor_free(o->compressor);
    if (o->scratch.data != NULL)
        mem_unmap_raw(o->scratch.data, o->scratch.capacity);
    *o = (struct cleaner_opener){0};
}

void cleaner_filter_fini(struct cleaner_filter *f)
{
    cleaner_buffer_fini(&f->plain);
    cleaner_buffer_fini(&f->packed);
}

/* The plain records; false: they cannot be had. */
static bool open_batch(struct cleaner_opener *o, struct batch_span batch, struct bytes *records)
{
    if (batch_compression(batch.data) != COMPRESSION_NONE && o->compressor == NULL) {
        o->compressor = compressor_new();
        o->scratch = (struct batch_scratch){mem_map_raw(OPENER_BYTES), OPENER_BYTES};
    }
    return batch_unpack(batch, o->compressor, &o->scratch, records) == 0;
}

static bool next_record(struct reader *reader, const uint8_t *header, struct record *record)
{
    return record_read(reader, record) == 0 && record->offset_delta >= 0 &&
           record->offset_delta <= batch_last_offset_delta(header);
}

static struct bytes key_of(const struct record *record)
{
    return (struct bytes){record->key.data, (size_t)record->key.len};
}

/* The type of a control batch's record. */
static int marker_type(struct bytes records)
{
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    if (record_read(&reader, &record) != 0)
        return MARKER_UNKNOWN;
    int type = control_type(&record);
    return type < 0 ? MARKER_UNKNOWN : type;
}

static bool judge_marker(struct cleaner_transactions *t, struct cleaner_opener *opener,
                         struct batch_span batch)
{
    struct bytes records;
    int type = -1;
    if (batch_record_count(batch.data) > 0)
        type = open_batch(opener, batch, &records) ? marker_type(records) : MARKER_UNKNOWN;
    return cleaner_transactions_marker(t, batch.data, type);
}

/* The first walk. */

bool cleaner_note_batch(struct offset_map *map, struct cleaner_opener *opener,
                        struct cleaner_transactions *t, struct batch_span batch,
                        int64_t from_offset)
{
    struct bytes records;
    struct reader reader;
    struct record record;
    int64_t last_offset = batch_last_offset(batch.data);
    if (batch_is_control(batch.data)) {
        (void)judge_marker(t, opener, batch);
    } else if (!cleaner_transactions_data(t, batch.data) && last_offset >= from_offset &&
               open_batch(opener, batch, &records)) {
        reader_init(&reader, records.data, records.len);
        while (reader_left(&reader) > 0 && next_record(&reader, batch.data, &record)) {
            int64_t offset = batch_base_offset(batch.data) + record.offset_delta;
            if (record.key.len < 0 || offset < from_offset)
                continue;
            if (!offset_map_put(map, key_of(&record), offset))
                return false;
            map->latest = MAX(map->latest, offset);
        }
    }
    if (last_offset >= from_offset)
        map->latest = MAX(map->latest, last_offset);
    return true;
}

/* The second walk. */

/* What is decided of a batch before its records are looked at. */
struct judgement {
    bool goes;           /* none of its records stays */
    bool keeps_header;   /* it stays even without records */
    bool marker_of_none; /* a marker whose transaction has nothing left */
};

static bool is_last_of_producer(const struct cleaner_filter *f, const uint8_t *batch)
{
    int64_t id = batch_producer_id(batch);
    uint32_t low = 0;
    uint32_t high = f->producer_count;
    while (id >= 0 && low < high) {
        uint32_t middle = low + (high - low) / 2;
        const struct producer_last *p = &f->producers[middle];
        if (p->id == id)
            return p->last_offset >= 0
                       ? batch_last_offset(batch) == p->last_offset
                       : batch_is_control(batch) && batch_producer_epoch(batch) == p->epoch;
        if (p->id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static struct judgement judge_batch(struct cleaner_filter *f, struct batch_span batch)
{
    const uint8_t *header = batch.data;
    struct judgement j = {0};
    if (batch_is_control(header)) {
        j.marker_of_none = judge_marker(f->transactions, f->opener, batch);
        j.goes = j.marker_of_none && batch_has_delete_horizon(header) &&
                 batch_base_timestamp(header) <= f->now_ms;
    } else {
        j.goes = cleaner_transactions_data(f->transactions, header);
    }
    j.keeps_header =
        is_last_of_producer(f, header) || batch_last_offset(header) + 1 == f->end_offset;
    return j;
}

static bool keeps_record(const struct cleaner_filter *f, const uint8_t *header,
                         const struct record *record)
{
    int64_t offset = batch_base_offset(header) + record->offset_delta;
    if (offset > f->map->latest)
        return true;
    if (record->key.len < 0)
        return false;
    int64_t newest = offset_map_get(f->map, key_of(record));
    if (offset < newest || (MUTANT(CLEAN_THE_LATEST) && offset == newest))
        return false;
    bool horizon_passed =
        (batch_has_delete_horizon(header) && batch_base_timestamp(header) <= f->now_ms) ||
        MUTANT(FORGET_TOMBSTONES);
    return record->value.len >= 0 || !horizon_passed;
}

struct rebuild {
    struct batch_builder builder;
    uint32_t read;
    uint32_t kept;
    bool tombstones;
};

/* Writes what stays behind a header's room; false: the records cannot be read. */
static bool gather_records(struct cleaner_filter *f, struct batch_span batch, struct bytes records,
                           bool control, struct rebuild *r)
{
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    while (reader_left(&reader) > 0) {
        if (!next_record(&reader, batch.data, &record))
            return false;
        r->read++;
        if (!control && !keeps_record(f, batch.data, &record))
            continue;
        r->kept++;
        r->tombstones = r->tombstones || record.value.len < 0;
        batch_build_keep(&r->builder, &record);
    }
    return true;
}

static size_t plain_bound(struct batch_span batch, struct bytes records)
{
    return BATCH_HEADER_SIZE + records.len +
           (size_t)MAX(batch_record_count(batch.data), 0) * RECORD_GROWTH;
}

/* The built batch in the original's compression. */
static int pack(struct cleaner_filter *f, const uint8_t *original, int64_t len,
                struct batch_span *out)
{
    enum compression compression = (enum compression)batch_compression(original);
    if (len < 0)
        return ERR_TOO_LARGE;
    *out = (struct batch_span){f->plain.data, (uint32_t)len};
    if (compression == COMPRESSION_NONE || len == BATCH_HEADER_SIZE)
        return 0;
    struct bytes records = batch_records(out->data, out->len);
    const struct batch_codec codec = {f->opener->compressor, compression,
                                      compress_level_default(compression)};
    cleaner_buffer_reserve(&f->packed, batch_pack_bound(compression, records.len));
    int64_t packed = batch_pack(out->data, records, &codec, f->packed.data, f->packed.capacity);
    *out = (struct batch_span){f->packed.data, (uint32_t)packed};
    return packed < 0 ? ERR_TOO_LARGE : 0;
}

/* A batch without records. */
static int build_empty(struct cleaner_filter *f, struct batch_span batch, struct batch_span *out)
{
    struct batch_builder builder;
    cleaner_buffer_reserve(&f->plain, BATCH_HEADER_SIZE);
    batch_build_begin_like(&builder, batch.data, f->plain.data, BATCH_HEADER_SIZE);
    return pack(f, batch.data, batch_build_end_like(&builder, batch.data), out);
}

/* Whether the batch gets a delete horizon is known when its records have been looked at: then they
 * are written a second time, which happens once in the life of a tombstone. */
static int build_with_horizon(struct cleaner_filter *f, struct batch_span batch,
                              struct bytes records, struct batch_span *out)
{
    struct rebuild r = {0};
    batch_build_begin_like(&r.builder, batch.data, f->plain.data, f->plain.capacity);
    batch_build_set_horizon(&r.builder, f->now_ms + f->tombstone_ms);
    bool read = gather_records(f, batch, records, batch_is_control(batch.data), &r);
    ASSERT(read && r.kept > 0);
    return pack(f, batch.data, batch_build_end_like(&r.builder, batch.data), out);
}

int cleaner_filter_batch(struct cleaner_filter *f, struct batch_span batch, struct batch_span *out)
{
    ASSERT(batch.len >= BATCH_HEADER_SIZE);
    struct judgement j = judge_batch(f, batch);
    struct rebuild r = {0};
    struct bytes records;
    *out = (struct batch_span){batch.data, 0};
    if (!j.goes) {
        *out = batch;
        if (!open_batch(f->opener, batch, &records))
            return 0;
        cleaner_buffer_reserve(&f->plain, plain_bound(batch, records));
        batch_build_begin_like(&r.builder, batch.data, f->plain.data, f->plain.capacity);
        if (!gather_records(f, batch, records, batch_is_control(batch.data), &r))
            return 0;
    }
    f->records_read += (uint64_t)MAX(batch_record_count(batch.data), 0);
    f->records_kept += r.kept;
    if (r.kept == 0 && (batch_record_count(batch.data) > 0 || !j.keeps_header)) {
        *out = (struct batch_span){batch.data, 0};
        return j.keeps_header ? build_empty(f, batch, out) : 0;
    }
    bool wants_horizon =
        (r.tombstones || j.marker_of_none) && !batch_has_delete_horizon(batch.data) && r.kept > 0;
    if (wants_horizon)
        return build_with_horizon(f, batch, records, out);
    if (r.kept == r.read)
        return 0;
    return pack(f, batch.data, batch_build_end_like(&r.builder, batch.data), out);
}
