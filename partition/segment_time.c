/*
 * The first record of a segment at or after a timestamp.
 *
 * The time index names the batch that first reached a timestamp: what lies before it is older. From
 * there headers are walked to the first batch whose largest timestamp is late enough, and its
 * records are looked at. A compressed batch stays closed: the answer is then its first offset with
 * its largest timestamp, which is never too late an offset to begin at.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_files.h"
#include "partition/segment_seek.h"
#include "partition/segments.h"
#include "protocol/record.h"

#define TIME_SCAN_BUFFER (64 * KIB)
/* A batch that is larger is answered like a compressed one. */
#define TIME_BATCH_MAX (128 * MIB)

/* The offset from which on a record can be late enough. */
static int first_candidate(const struct segment_time_query *q, int64_t *offset)
{
    const struct segments *s = q->segments;
    struct index_file index;
    struct time_index_entry entry = {-1, q->segment->base_offset};
    int result = time_index_open(&index, s->fs, s->directory, q->segment->base_offset);
    if (result != 0)
        return result;
    int64_t count = time_index_count(&index, q->timestamp, INT64_MAX);
    if (count > 0)
        result = time_index_get(&index, (uint32_t)count - 1, &entry);
    index_close(&index);
    *offset = MAX(entry.offset, q->from_offset);
    return count < 0 ? (int)count : result;
}

static void answer(struct segment_time_query *q, const uint8_t *header, int64_t offset,
                   int64_t timestamp)
{
    q->found = true;
    q->found_offset = offset;
    q->found_timestamp = timestamp;
    q->found_leader_epoch = batch_leader_epoch(header);
}

static int search_records(struct segment_time_query *q, const uint8_t *batch, uint32_t len)
{
    struct bytes records = batch_records(batch, len);
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    while (!q->found && reader_left(&reader) > 0) {
        if (record_read(&reader, &record) != 0)
            return ERR_CORRUPT;
        int64_t offset = batch_base_offset(batch) + record.offset_delta;
        int64_t timestamp = batch_is_log_append_time(batch)
                                ? batch_max_timestamp(batch)
                                : batch_base_timestamp(batch) + record.timestamp_delta;
        if (timestamp >= q->timestamp && offset >= q->from_offset)
            answer(q, batch, offset, timestamp);
    }
    return 0;
}

static int search_batch(struct segment_time_query *q, const struct segment_scan *scan)
{
    if (batch_compression(scan->header) != COMPRESSION_NONE || scan->batch_size > TIME_BATCH_MAX) {
        answer(q, scan->header, MAX(batch_base_offset(scan->header), q->from_offset),
               batch_max_timestamp(scan->header));
        return 0;
    }
    uint32_t len = (uint32_t)scan->batch_size;
    uint8_t *batch = mem_alloc(len);
    int64_t got = file_read(scan->fs, scan->file, batch, len, scan->batch_position);
    int result = got < 0 ? (int)got : (uint64_t)got < len ? ERR_CORRUPT : 0;
    if (result == 0 && batch_compute_crc(batch, len) != batch_crc(batch))
        result = ERR_CORRUPT;
    if (result == 0)
        result = search_records(q, batch, len);
    mem_free(batch);
    return result;
}

static int search(struct segment_time_query *q, struct segment_seek *seek)
{
    struct segment_place place;
    int result = first_candidate(q, &seek->offset);
    if (result == 0)
        result = segment_seek(seek, &place);
    if (result != 0 || !place.found)
        return result;
    struct segment_scan scan;
    segment_scan_init(&scan, seek->fs, seek->file, place.position, seek->end);
    scan.buffer = mem_alloc(TIME_SCAN_BUFFER);
    scan.buffer_size = TIME_SCAN_BUFFER;
    scan.offset_min = seek->base_offset;
    while (!q->found && (result = segment_scan_next(&scan)) == 1) {
        if (batch_max_timestamp(scan.header) < q->timestamp ||
            batch_last_offset(scan.header) < q->from_offset)
            continue;
        result = search_batch(q, &scan);
        if (result != 0)
            break;
    }
    mem_free(scan.buffer);
    return result > 0 ? 0 : result;
}

int segment_time_query_run(struct segment_time_query *q)
{
    ASSERT(q->segments != NULL && q->segment != NULL);
    struct segment_seek seek;
    q->found = false;
    if (q->synced_bytes == 0)
        return 0;
    int result = segment_seek_open(&seek, q->segments, q->segment, q->synced_bytes);
    if (result == 0) {
        result = search(q, &seek);
        file_close(seek.fs, seek.file);
    }
    return segment_read_result(result);
}
