/*
 * Recovery of one segment.
 *
 * The indexes tell where to begin: at the last entry that agrees with the batch it points to. From
 * there batches are walked to the end, and what the walk finds is noted in the indexes again. So a
 * segment with good indexes costs a few small reads, one without them a walk over its headers.
 *
 * The largest timestamp is the one thing an index knows alone: behind the last time entry nothing
 * is known of it. Where indexes may be torn the walk therefore begins at that entry, if it comes
 * before the other one. Retention would otherwise take a segment for older than it is.
 */
#include "partition/segment_recover.h"

#include "base/assert.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_files.h"

/* Index entries the walk adds are this far apart. After a clean stop only a lost index leaves such
 * a gap as the second one; a smaller gap is one that another index.interval.bytes has left. */
#define RECOVER_INTERVAL 4096
#define RECOVER_INTERVAL_TRUSTED (1u << 20)

struct recover_run {
    struct segment_recover *r;
    struct segment *segment;
    int file;            /* .log */
    uint64_t size;       /* of .log */
    uint64_t index_size; /* of the files as found */
    uint64_t time_index_size;
    struct index_entry start; /* of the last index entry that is kept; position 0: none */
    uint64_t scan_from;
    struct index_append append;
};

static void scan_init(const struct recover_run *run, struct segment_scan *scan, uint64_t position)
{
    segment_scan_init(scan, run->r->fs, run->file, position, run->size);
    scan->buffer = run->r->buffer;
    scan->buffer_size = SEGMENT_RECOVER_BUFFER;
    scan->check = run->r->trust == SEGMENT_TRUST_NOTHING;
    scan->offset_min = run->segment->base_offset;
}

/* Whether an index entry is right: a batch begins there and ends with that offset. */
static int entry_agrees(const struct recover_run *run, const struct index_entry *entry,
                        bool *agrees)
{
    struct segment_scan scan;
    scan_init(run, &scan, entry->position);
    scan.buffer_size = BATCH_HEADER_SIZE;
    scan.check = false;
    int result = segment_scan_next(&scan);
    *agrees = result == 1 && batch_last_offset(scan.header) == entry->offset;
    /* Between two batches anything may stand, what looks like an older format, too. */
    return result == ERR_CORRUPT || result == ERR_UNSUPPORTED || result >= 0 ? 0 : result;
}

/* Keeps leading index entries up to one that agrees with .log. */
static int keep_index(struct recover_run *run)
{
    struct segment *segment = run->segment;
    struct index_file index;
    int result = index_open(&index, run->r->fs, run->r->directory, segment->base_offset);
    if (result != 0)
        return result;
    run->index_size = index.size;
    int64_t count = index_count(&index, run->r->limit - 1, run->size);
    if (count > 0) {
        bool agrees = false;
        struct index_entry entry;
        result = index_get(&index, (uint32_t)count - 1, &entry);
        if (result == 0)
            result = entry_agrees(run, &entry, &agrees);
        if (result == 0 && agrees) {
            run->start = entry;
            segment->index.entries = (uint32_t)count;
        }
    }
    index_close(&index);
    if (count < 0 || result != 0)
        return count < 0 ? (int)count : result;
    /* A clean stop leaves nothing to repair; where there is something it was none. */
    bool whole = index.size == (uint64_t)segment->index.entries * INDEX_ENTRY;
    return run->r->trust == SEGMENT_TRUST_FILES && !whole ? ERR_CORRUPT : 0;
}

/* The position of the batch that an offset's index entry names, at most. */
static int position_of(const struct recover_run *run, int64_t offset, uint64_t *position)
{
    struct index_file index;
    struct index_entry entry = {0, 0};
    int result = index_open(&index, run->r->fs, run->r->directory, run->segment->base_offset);
    if (result != 0)
        return result;
    int64_t count = index_count(&index, offset, run->size);
    if (count > 0)
        result = index_get(&index, (uint32_t)count - 1, &entry);
    index_close(&index);
    bool agrees = false;
    if (result == 0 && count > 0)
        result = entry_agrees(run, &entry, &agrees);
    *position = agrees ? entry.position : 0;
    return count < 0 ? (int)count : result;
}

/* Keeps the time entries that belong to what is kept of the index. */
static int keep_time_index(struct recover_run *run)
{
    struct segment *segment = run->segment;
    bool complete = run->r->trust == SEGMENT_TRUST_FILES;
    struct index_file index;
    struct time_index_entry entry = {-1, segment->base_offset};
    int result = time_index_open(&index, run->r->fs, run->r->directory, segment->base_offset);
    if (result != 0)
        return result;
    run->time_index_size = index.size;
    int64_t offset_max = complete ? run->r->limit - 1 : run->start.offset;
    bool any = complete || segment->index.entries > 0;
    int64_t count = any ? time_index_count(&index, INT64_MAX, offset_max) : 0;
    if (count > 0)
        result = time_index_get(&index, (uint32_t)count - 1, &entry);
    index_close(&index);
    if (count < 0 || result != 0)
        return count < 0 ? (int)count : result;
    segment->index.time_entries = (uint32_t)count;
    segment->index.time_last = entry.timestamp;
    segment->max_timestamp = entry.timestamp;
    segment->max_timestamp_offset = entry.offset;
    run->scan_from = run->start.position;
    if (complete || run->scan_from == 0)
        return 0;
    return position_of(run, entry.offset, &run->scan_from);
}

static int note_batch(struct recover_run *run, const struct segment_scan *scan)
{
    struct segment *segment = run->segment;
    const uint8_t *header = scan->header;
    int64_t last_offset = batch_last_offset(header);
    if (last_offset - segment->base_offset > INT32_MAX || scan->batch_position > INT32_MAX)
        return ERR_CORRUPT;
    if (scan->batch_position == 0)
        segment->first_timestamp = batch_max_timestamp(header);
    if (batch_max_timestamp(header) > segment->max_timestamp) {
        segment->max_timestamp = batch_max_timestamp(header);
        segment->max_timestamp_offset = last_offset;
    }
    segment->end_offset = last_offset + 1;
    segment->synced_bytes = scan->position;
    /* The part before the last kept entry is walked for its timestamps alone. */
    if (scan->batch_position < run->start.position)
        return 0;
    const struct index_entry entry = {last_offset, scan->batch_position};
    const struct time_index_entry largest = {segment->max_timestamp, segment->max_timestamp_offset};
    bool trusted = run->r->trust == SEGMENT_TRUST_FILES;
    return index_append_batch(&run->append, &entry, scan->batch_size, &largest,
                              trusted ? RECOVER_INTERVAL_TRUSTED : RECOVER_INTERVAL);
}

static int walk(struct recover_run *run)
{
    struct segment_scan scan;
    scan_init(run, &scan, run->scan_from);
    run->segment->end_offset = run->segment->base_offset;
    run->segment->synced_bytes = run->scan_from;
    int result = 0;
    while (run->segment->end_offset < run->r->limit) {
        result = segment_scan_next(&scan);
        if (result <= 0)
            break;
        /* A jump over the limit: offsets below it are missing. */
        result =
            batch_base_offset(scan.header) < run->r->limit ? note_batch(run, &scan) : ERR_CORRUPT;
        if (result != 0)
            break;
    }
    run->r->damaged = result == ERR_CORRUPT;
    return result == ERR_CORRUPT ? 0 : result;
}

static int load_first_timestamp(struct recover_run *run)
{
    struct segment_scan scan;
    if (run->scan_from == 0 || !run->r->last)
        return 0;
    scan_init(run, &scan, 0);
    scan.buffer_size = BATCH_HEADER_SIZE;
    scan.check = false;
    int result = segment_scan_next(&scan);
    if (result == 1)
        run->segment->first_timestamp = batch_max_timestamp(scan.header);
    return result > 0 ? 0 : result;
}

/* Makes the files what the walk found. */
static int store(struct recover_run *run)
{
    struct segment_recover *r = run->r;
    struct segment *segment = run->segment;
    int result = 0;
    if (segment->synced_bytes < run->size)
        result = file_truncate(r->fs, run->file, segment->synced_bytes);
    const struct time_index_entry largest = {segment->max_timestamp, segment->max_timestamp_offset};
    struct segment_index kept = segment->index;
    kept.entries -= run->append.count;
    kept.time_entries -= run->append.time_count;
    bool cut = run->index_size > (uint64_t)segment->index.entries * INDEX_ENTRY ||
               run->time_index_size > (uint64_t)segment->index.time_entries * TIME_INDEX_ENTRY;
    bool missing = r->trust != SEGMENT_TRUST_FILES && !r->has_indexes;
    if (result == 0 && (cut || missing))
        result = index_cut(r->fs, r->directory, segment->base_offset, &kept);
    if (result == 0 && !r->last)
        result = index_append_last(&run->append, &largest);
    if (result == 0)
        result = index_append_flush(&run->append);
    return result;
}

static int recover_file(struct recover_run *run)
{
    struct segment_recover *r = run->r;
    int result = 0;
    if (r->trust != SEGMENT_TRUST_NOTHING)
        result = keep_index(run);
    if (result == 0 && r->trust != SEGMENT_TRUST_NOTHING)
        result = keep_time_index(run);
    if (result == 0)
        result = walk(run);
    if (result == 0 && r->damaged && r->trust != SEGMENT_TRUST_NOTHING)
        result = ERR_CORRUPT;
    if (result == 0)
        result = load_first_timestamp(run);
    return result != 0 ? result : store(run);
}

int segment_recover_run(struct segment_recover *r)
{
    struct segment *segment = r->segment;
    struct recover_run run = {.r = r, .segment = segment};
    char path[SEGMENT_PATH_SIZE];
    struct file_info info;
    ASSERT(r->limit > segment->base_offset || (r->last && r->limit == segment->base_offset));
    segment_file_path(path, r->directory, segment->base_offset, SEGMENT_LOG);
    int result = file_get_info(r->fs, path, &info);
    if (result != 0)
        return result;
    segment->index = (struct segment_index){.time_last = -1};
    segment->max_timestamp = -1;
    segment->max_timestamp_offset = segment->base_offset;
    segment->first_timestamp = -1;
    segment->created_ms = segment->modified_ms = info.modified_ms;
    r->damaged = false;
    run.size = info.size;
    run.file = file_open(r->fs, path, 0);
    if (run.file < 0)
        return run.file;
    index_append_init(&run.append, r->fs, r->directory, segment->base_offset, &segment->index);
    result = recover_file(&run);
    file_close(r->fs, run.file);
    return result;
}
