/*
 * The reading job: whole batches from a held segment into the caller's buffer.
 *
 * A reader that goes on where it stopped brings the position: one open, one read. Any other looks
 * into the index, walks the few headers from there to the batch it wants, and reads. The index only
 * advises: when no batch begins where it says, the walk starts at the front of the segment.
 *
 * A segment that readers go on in has an open file (read_files.h), and while the system has its
 * bytes in memory the core reads them by itself, without a job. Any other file is opened here and
 * closed again.
 */
#include "base/assert.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/read_files.h"
#include "partition/segment_files.h"
#include "partition/segment_seek.h"
#include "partition/segments.h"

/* Indexes point at most one interval before the batch that is wanted. */
#define SEEK_BUFFER 8192

static int seek_from(const struct segment_seek *seek, uint64_t position,
                     struct segment_place *place)
{
    uint8_t buffer[SEEK_BUFFER];
    struct segment_scan scan;
    segment_scan_init(&scan, seek->fs, seek->file, position, seek->end);
    scan.buffer = buffer;
    scan.buffer_size = sizeof buffer;
    scan.offset_min = seek->base_offset;
    place->found = false;
    int result;
    while ((result = segment_scan_next(&scan)) == 1) {
        place->position = scan.batch_position;
        if (batch_last_offset(scan.header) < seek->offset)
            continue;
        place->found = true;
        place->max_timestamp = batch_max_timestamp(scan.header);
        return 0;
    }
    place->position = scan.position;
    return result;
}

/* Where the index says to begin; 0 when it says nothing that is true. */
static int seek_index(const struct segment_seek *seek, uint64_t *position)
{
    struct index_file index;
    struct index_entry entry = {0, 0};
    *position = 0;
    int result = index_open(&index, seek->fs, seek->directory, seek->base_offset);
    if (result != 0)
        return result;
    int64_t count = index_count(&index, seek->offset, seek->end);
    if (count > 0)
        result = index_get(&index, (uint32_t)count - 1, &entry);
    index_close(&index);
    if (count < 0 || result != 0)
        return count < 0 ? (int)count : result;
    if (entry.position + BATCH_HEADER_SIZE > seek->end)
        return 0;
    uint8_t header[BATCH_HEADER_SIZE];
    int64_t got = file_read(seek->fs, seek->file, header, sizeof header, entry.position);
    if (got < 0)
        return (int)got;
    if (got == BATCH_HEADER_SIZE && batch_magic(header) == BATCH_MAGIC &&
        batch_last_offset(header) == entry.offset)
        *position = entry.position;
    return 0;
}

int segment_seek(const struct segment_seek *seek, struct segment_place *place)
{
    uint64_t position;
    int result = seek_index(seek, &position);
    /* An index that cannot be read costs time, not the answer. */
    if (result != 0)
        position = 0;
    return seek_from(seek, position, place);
}

int segment_seek_open(struct segment_seek *seek, const struct segments *s,
                      const struct segment *segment, uint64_t end)
{
    char path[SEGMENT_PATH_SIZE];
    *seek = (struct segment_seek){
        .fs = s->fs,
        .directory = s->directory,
        .base_offset = segment->base_offset,
        .end = end,
    };
    segment_file_path(path, s->directory, segment->base_offset, SEGMENT_LOG);
    int file = file_open(s->fs, path, FILE_READ);
    if (file < 0)
        return file == ERR_NOT_FOUND ? ERR_CORRUPT : file;
    seek->file = file;
    return 0;
}

/* The size of the batch at `at` of the `len` bytes read; 0: it is cut off there, or is none that
 * the caller may have. */
static int take_batch(const struct segment_read *read, uint64_t len, uint64_t at, uint64_t *size)
{
    const uint8_t *batch = read->data + at;
    uint64_t position = read->next_position + at;
    *size = 0;
    if (len - at < BATCH_HEADER_SIZE)
        return position + BATCH_HEADER_SIZE > read->synced_bytes && len > at ? ERR_CORRUPT : 0;
    int64_t found = batch_size(batch);
    if (batch_magic(batch) != BATCH_MAGIC || found < BATCH_HEADER_SIZE ||
        (uint64_t)found > read->synced_bytes - position || batch_last_offset_delta(batch) < 0 ||
        batch_base_offset(batch) < read->segment->base_offset)
        return ERR_CORRUPT;
    if (batch_base_offset(batch) >= read->offset_limit)
        return 0;
    *size = (uint64_t)found;
    if (*size <= len - at && read->check &&
        batch_compute_crc(batch, (uint32_t)*size) != batch_crc(batch))
        return ERR_CORRUPT;
    return 0;
}

/* Keeps whole batches of what was read. The batches before a damaged one are still served. */
static int take_batches(struct segment_read *read, uint64_t len)
{
    uint64_t at = 0;
    for (;;) {
        uint64_t size;
        int result = take_batch(read, len, at, &size);
        if (result != 0 && at == 0)
            return result;
        if (result != 0 || size == 0)
            break;
        if (size > len - at) {
            if (at == 0)
                read->needed = (uint32_t)size;
            read->next_size = (uint32_t)size;
            break;
        }
        read->next_offset = batch_last_offset(read->data + at) + 1;
        at += size;
    }
    read->len = (uint32_t)at;
    read->next_position += at;
    return 0;
}

/* The buffer does not even hold a header: says how much the batch needs. */
static int read_size(struct segment_read *read, const struct segment_seek *seek, uint64_t position)
{
    uint8_t header[BATCH_HEADER_SIZE];
    if (read->synced_bytes - position < sizeof header)
        return ERR_CORRUPT;
    int64_t got = file_read(seek->fs, seek->file, header, sizeof header, position);
    if (got < 0)
        return (int)got;
    int64_t size = batch_size(header);
    if (got < BATCH_HEADER_SIZE || size < BATCH_HEADER_SIZE ||
        (uint64_t)size > read->synced_bytes - position)
        return ERR_CORRUPT;
    if (batch_base_offset(header) < read->offset_limit)
        read->needed = (uint32_t)size;
    return 0;
}

static int read_at(struct segment_read *read, const struct segment_seek *seek, uint64_t position)
{
    uint64_t want = MIN((uint64_t)read->capacity, read->synced_bytes - position);
    uint64_t have = position == read->position_hint ? MIN((uint64_t)read->have, want) : 0;
    read->next_position = position;
    if (read->capacity < BATCH_HEADER_SIZE)
        return read_size(read, seek, position);
    /* Only the rest, or the system would take this for a reader that goes back, and not read ahead
     * for it. */
    int64_t got = file_read(seek->fs, seek->file, read->data + have, want - have, position + have);
    if (got < 0)
        return (int)got;
    if ((uint64_t)got < want - have)
        return ERR_CORRUPT;
    return take_batches(read, want);
}

/* Whether the hint led to the batch that contains the offset. */
static bool hint_was_right(const struct segment_read *read)
{
    bool header = read->len > 0 || (read->needed > 0 && read->capacity >= BATCH_HEADER_SIZE);
    if (!header)
        return false;
    int64_t base = batch_base_offset(read->data);
    return base <= read->offset && batch_last_offset(read->data) >= read->offset;
}

static void read_begin(struct segment_read *read)
{
    read->len = 0;
    read->needed = 0;
    read->next_offset = read->offset;
    read->next_position = 0;
    read->next_size = 0;
}

static int read_run(struct segment_read *read, struct segment_seek *seek)
{
    uint64_t hint = read->position_hint;
    if (hint != SEGMENT_NO_HINT && hint < read->synced_bytes) {
        int result = read_at(read, seek, hint);
        if (result == 0 && hint_was_right(read))
            return 0;
        read_begin(read);
    }
    struct segment_place place;
    seek->offset = read->offset;
    int result = segment_seek(seek, &place);
    read->next_position = place.position;
    if (result != 0 || !place.found)
        return result;
    return read_at(read, seek, place.position);
}

/* The results a reader knows. */
int segment_read_result(int result)
{
    switch (result) {
    case 0:
    case ERR_CORRUPT:
    case ERR_TOO_MANY_FILES:
        return result;
    case ERR_UNSUPPORTED:
        return ERR_CORRUPT;
    default:
        return ERR_IO;
    }
}

int segment_read_run(struct segment_read *read)
{
    ASSERT(read->data != NULL && read->offset >= 0);
    struct segment_seek seek;
    read_begin(read);
    if (read->synced_bytes == 0)
        return 0;
    if (read->file != NULL) {
        seek = (struct segment_seek){
            .fs = read->segments->fs,
            .directory = read->segments->directory,
            .base_offset = read->segment->base_offset,
            .file = read->file->file,
            .end = read->synced_bytes,
        };
        return segment_read_result(read_run(read, &seek));
    }
    int result = segment_seek_open(&seek, read->segments, read->segment, read->synced_bytes);
    if (result == 0) {
        result = read_run(read, &seek);
        file_close(seek.fs, seek.file);
    }
    return segment_read_result(result);
}

/* The batches taken end where the buffer does: the size of the next one is worth a look. */
static void look_at_next(struct segment_read *read, struct io *io)
{
    uint8_t header[BATCH_HEADER_SIZE];
    struct io_extent extent = {
        .file = read->file->file,
        .data = header,
        .len = sizeof header,
        .pos = read->next_position,
    };
    uint64_t left = read->synced_bytes - read->next_position;
    if (left < sizeof header || io_read_now(io, &extent) < (int64_t)sizeof header)
        return;
    int64_t size = batch_size(header);
    if (batch_magic(header) == BATCH_MAGIC && size >= BATCH_HEADER_SIZE && (uint64_t)size <= left)
        read->next_size = (uint32_t)size;
}

bool segment_read_now(struct segment_read *read, struct io *io)
{
    uint64_t position = read->position_hint;
    ASSERT(read->data != NULL && read->offset >= 0);
    read_begin(read);
    if (read->file == NULL || read->capacity < BATCH_HEADER_SIZE || position >= read->synced_bytes)
        return false;
    struct io_extent extent = {
        .file = read->file->file,
        .data = read->data,
        .len = (uint32_t)MIN((uint64_t)read->capacity, read->synced_bytes - position),
        .pos = position,
    };
    int64_t got = io_read_now(io, &extent);
    read->have = (uint32_t)MAX(got, 0);
    if (read->have < extent.len)
        return false;
    read->next_position = position;
    if (take_batches(read, extent.len) != 0 || !hint_was_right(read)) {
        read->have = 0;
        return false;
    }
    if (read->len > 0 && read->next_size == 0)
        look_at_next(read, io);
    return true;
}
