/*
 * The first record of a segment at or after a timestamp.
 *
 * The time index names the batch that first reached a timestamp: what lies before it is older. From
 * there headers are walked to the first batch whose largest timestamp is late enough, and its
 * records are looked at, unpacked first when the batch is compressed.
 *
 * The index only advises: entries lie across sectors, of which a power loss may have taken one.
 * When the batch that is named did not reach that timestamp, the walk starts at the front.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_files.h"
#include "partition/segment_seek.h"
#include "partition/segments.h"

#define TIME_SCAN_BUFFER (64 * KIB)
/* A batch that is larger is answered by its header. */
#define TIME_BATCH_MAX (128 * MIB)

/* The last entry that is not late enough; offset at the front when there is none. */
static int last_before(const struct segment_time_query *q, struct time_index_entry *entry)
{
    const struct segments *s = q->segments;
    struct index_file index;
    *entry = (struct time_index_entry){-1, q->segment->base_offset};
    int result = time_index_open(&index, s->fs, s->directory, q->segment->base_offset);
    if (result != 0)
        return result;
    int64_t count = time_index_count(&index, q->search.timestamp, INT64_MAX);
    if (count > 0)
        result = time_index_get(&index, (uint32_t)count - 1, entry);
    index_close(&index);
    return count < 0 ? (int)count : result;
}

static int search_batch(struct segment_time_query *q, const struct segment_scan *scan)
{
    if (scan->batch_size > TIME_BATCH_MAX) {
        time_search_header(&q->search, scan->header);
        return 0;
    }
    uint32_t len = (uint32_t)scan->batch_size;
    uint8_t *batch = mem_alloc_raw(len);
    int64_t got = file_read(scan->fs, scan->file, batch, len, scan->batch_position);
    int result = got < 0 ? (int)got : (uint64_t)got < len ? ERR_CORRUPT : 0;
    if (result == 0 && batch_compute_crc(batch, len) != batch_crc(batch))
        result = ERR_CORRUPT;
    if (result == 0)
        result = time_search_batch(&q->search, (struct batch_span){batch, len}, q->opener);
    mem_free(batch);
    return result;
}

/* The first batch that may have a record that is late enough. */
static int first_candidate(const struct segment_time_query *q, struct segment_seek *seek,
                           struct segment_place *place)
{
    struct time_index_entry entry;
    int result = last_before(q, &entry);
    if (result != 0)
        return result;
    seek->offset = MAX(entry.offset, q->search.from_offset);
    result = segment_seek(seek, place);
    bool advised = seek->offset > q->search.from_offset;
    if (result != 0 || !advised || (place->found && place->max_timestamp == entry.timestamp))
        return result;
    seek->offset = q->search.from_offset;
    return segment_seek(seek, place);
}

static int search(struct segment_time_query *q, struct segment_seek *seek)
{
    struct segment_place place;
    int result = first_candidate(q, seek, &place);
    if (result != 0 || !place.found)
        return result;
    struct segment_scan scan;
    segment_scan_init(&scan, seek->fs, seek->file, place.position, seek->end);
    scan.buffer = mem_alloc_raw(TIME_SCAN_BUFFER);
    scan.buffer_size = TIME_SCAN_BUFFER;
    scan.offset_min = seek->base_offset;
    while (!q->search.found && (result = segment_scan_next(&scan)) == 1) {
        if (!time_search_may_match(&q->search, scan.header))
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
    q->search.found = false;
    if (q->synced_bytes == 0)
        return 0;
    int result = segment_seek_open(&seek, q->segments, q->segment, q->synced_bytes);
    if (result == 0) {
        result = search(q, &seek);
        file_close(seek.fs, seek.file);
    }
    return segment_read_result(result);
}
