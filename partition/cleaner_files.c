/*
 * Reading is in large pieces and writing too, and what is written is synced every few megabytes: a
 * gigabyte of dirty pages would make the next sync of the WAL wait for all of them.
 */
#include "partition/cleaner_files.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/segment_files.h"

#define SOURCE_READ (1 * MIB)
#define OUTPUT_BUFFER (1 * MIB)
#define OUTPUT_SYNC (8 * MIB)
/* No batch is larger: a request is not. */
#define SOURCE_BATCH_MAX (512 * MIB)

/* Reading. */

int cleaner_source_open(struct cleaner_source *s, struct file_system *fs, const char *directory,
                        const struct cleaner_segment *segment)
{
    char path[SEGMENT_PATH_SIZE];
    ASSERT(s->file < 0);
    segment_file_path(path, directory, segment->base_offset, SEGMENT_LOG);
    s->fs = fs;
    s->file = file_open(fs, path, FILE_READ);
    s->position = 0;
    s->end = segment->bytes;
    s->offset_min = segment->base_offset;
    s->offset_end = segment->end_offset;
    s->buffer_start = s->buffer_len = 0;
    return MIN(s->file, 0);
}

void cleaner_source_close(struct cleaner_source *s)
{
    if (s->file >= 0)
        file_close(s->fs, s->file);
    s->file = -1;
}

void cleaner_source_fini(struct cleaner_source *s)
{
    cleaner_source_close(s);
    cleaner_buffer_fini(&s->buffer);
}

/* `len` bytes from the position on stand in the buffer. */
static int source_load(struct cleaner_source *s, uint64_t len, const uint8_t **data)
{
    uint64_t left = s->end - s->position;
    uint64_t from = s->position - s->buffer_start;
    ASSERT(s->position >= s->buffer_start);
    if (len > left)
        return ERR_CORRUPT;
    if (from + len > s->buffer_len) {
        uint64_t want = MIN(MAX(len, SOURCE_READ), left);
        cleaner_buffer_reserve(&s->buffer, MAX(want, SOURCE_READ));
        s->buffer_start = s->position;
        s->buffer_len = 0;
        int64_t got = file_read(s->fs, s->file, s->buffer.data, want, s->position);
        if (got < 0)
            return (int)got;
        if ((uint64_t)got < len)
            return ERR_CORRUPT;
        s->buffer_len = (uint64_t)got;
        from = 0;
    }
    *data = s->buffer.data + from;
    return 0;
}

static bool source_header_fits(const struct cleaner_source *s, const uint8_t *header)
{
    int64_t size = batch_size(header);
    int64_t base = batch_base_offset(header);
    int32_t delta = batch_last_offset_delta(header);
    return batch_magic(header) == BATCH_MAGIC && size >= BATCH_HEADER_SIZE &&
           size <= (int64_t)SOURCE_BATCH_MAX && base >= s->offset_min && delta >= 0 &&
           base < s->offset_end && base + delta < s->offset_end;
}

int cleaner_source_next(struct cleaner_source *s, struct batch_span *batch)
{
    const uint8_t *data;
    ASSERT(s->file >= 0 && s->position <= s->end);
    if (s->position == s->end)
        return 0;
    int result = source_load(s, BATCH_HEADER_SIZE, &data);
    if (result != 0)
        return result;
    if (!source_header_fits(s, data))
        return ERR_CORRUPT;
    uint32_t len = (uint32_t)batch_size(data);
    result = source_load(s, len, &data);
    if (result != 0)
        return result;
    if (batch_compute_crc(data, len) != batch_crc(data))
        return ERR_CORRUPT;
    *batch = (struct batch_span){data, len};
    s->position += len;
    s->offset_min = batch_last_offset(data) + 1;
    return 1;
}

/* Writing. */

static void cleaned_path(char path[SEGMENT_PATH_SIZE], const char *directory, int64_t base_offset,
                         enum segment_file kind, const char *suffix)
{
    segment_file_path(path, directory, base_offset, kind);
    segment_path_add(path, suffix);
}

static int remove_suffixed(struct file_system *fs, const char *directory, int64_t base_offset,
                           const char *suffix)
{
    int result = 0;
    for (int kind = SEGMENT_LOG; kind < SEGMENT_SNAPSHOT; kind++) {
        char path[SEGMENT_PATH_SIZE];
        cleaned_path(path, directory, base_offset, (enum segment_file)kind, suffix);
        int removed = file_remove(fs, path);
        if (removed != 0 && removed != ERR_NOT_FOUND && result == 0)
            result = removed;
    }
    return result;
}

static int create_cleaned(const struct cleaner_output *out, enum segment_file kind)
{
    char path[SEGMENT_PATH_SIZE];
    cleaned_path(path, out->directory, out->segment.base_offset, kind, SEGMENT_CLEANED);
    return file_open(out->fs, path, FILE_CREATE | FILE_EXCLUSIVE);
}

int cleaner_output_begin(struct cleaner_output *out, int64_t base_offset)
{
    ASSERT(out->file < 0);
    int64_t created_ms = out->segment.created_ms;
    int64_t modified_ms = out->segment.modified_ms;
    out->segment = (struct segment){
        .base_offset = base_offset,
        .end_offset = base_offset,
        .max_timestamp = -1,
        .max_timestamp_offset = base_offset,
        .first_timestamp = -1,
        .created_ms = created_ms,
        .modified_ms = modified_ms,
        .index = {.time_last = -1},
    };
    out->begun = true;
    out->buffered = 0;
    out->unsynced = 0;
    if (out->buffer == NULL)
        out->buffer = mem_alloc_raw(OUTPUT_BUFFER);
    index_append_init(&out->index, out->fs, out->directory, base_offset, &out->segment.index);
    out->index.suffix = SEGMENT_CLEANED;
    int result = remove_suffixed(out->fs, out->directory, base_offset, SEGMENT_CLEANED);
    for (int kind = SEGMENT_TIME_INDEX; result == 0 && kind > SEGMENT_LOG; kind--) {
        int file = create_cleaned(out, (enum segment_file)kind);
        if (file < 0)
            return file;
        file_close(out->fs, file);
    }
    if (result == 0)
        out->file = create_cleaned(out, SEGMENT_LOG);
    return result != 0 ? result : MIN(out->file, 0);
}

static int output_write(struct cleaner_output *out, const uint8_t *data, uint64_t len, uint64_t end)
{
    int result = file_write(out->fs, out->file, data, len, end - len);
    out->unsynced += len;
    if (result != 0 || out->unsynced < OUTPUT_SYNC)
        return result;
    out->unsynced = 0;
    return file_sync(out->fs, out->file);
}

static int output_flush(struct cleaner_output *out)
{
    uint32_t len = out->buffered;
    out->buffered = 0;
    return len == 0 ? 0 : output_write(out, out->buffer, len, out->segment.synced_bytes);
}

static int output_append(struct cleaner_output *out, struct batch_span batch)
{
    if (batch.len > OUTPUT_BUFFER - out->buffered) {
        int result = output_flush(out);
        if (result != 0)
            return result;
    }
    out->segment.synced_bytes += batch.len;
    if (batch.len > OUTPUT_BUFFER)
        return output_write(out, batch.data, batch.len, out->segment.synced_bytes);
    memcpy(out->buffer + out->buffered, batch.data, batch.len);
    out->buffered += batch.len;
    return 0;
}

int cleaner_output_add(struct cleaner_output *out, struct batch_span batch)
{
    struct segment *segment = &out->segment;
    int64_t last_offset = batch_last_offset(batch.data);
    const struct index_entry entry = {last_offset, segment->synced_bytes};
    ASSERT(out->file >= 0 && batch_base_offset(batch.data) >= segment->end_offset);
    if (segment->synced_bytes + batch.len > INT32_MAX ||
        last_offset - segment->base_offset > INT32_MAX)
        return ERR_TOO_LARGE;
    if (segment->synced_bytes == 0)
        segment->first_timestamp = batch_max_timestamp(batch.data);
    if (batch_max_timestamp(batch.data) > segment->max_timestamp &&
        !(MUTANT(AGE_BY_FIRST_CLEANED) && segment->max_timestamp >= 0)) {
        segment->max_timestamp = batch_max_timestamp(batch.data);
        segment->max_timestamp_offset = last_offset;
    }
    segment->end_offset = last_offset + 1;
    int result = output_append(out, batch);
    const struct time_index_entry largest = {segment->max_timestamp, segment->max_timestamp_offset};
    return result != 0 ? result
                       : index_append_batch(&out->index, &entry, batch.len, &largest,
                                            out->index_interval_bytes);
}

/* Indexes can be built again: they are not synced. */
static int output_complete(struct cleaner_output *out, const struct aborted *aborted)
{
    const struct segment *segment = &out->segment;
    const struct time_index_entry largest = {segment->max_timestamp, segment->max_timestamp_offset};
    int result = output_flush(out);
    if (result == 0)
        result = index_append_last(&out->index, &largest);
    if (result == 0)
        result = index_append_flush(&out->index);
    if (result == 0 && aborted->count > 0) {
        char path[SEGMENT_PATH_SIZE];
        cleaned_path(path, out->directory, segment->base_offset, SEGMENT_TRANSACTION_INDEX,
                     SEGMENT_CLEANED);
        result = aborted_write(aborted, out->fs, path);
    }
    if (result == 0 && !MUTANT(SWAP_WITHOUT_SYNC))
        result = file_sync(out->fs, out->file);
    return result == 0 ? file_sync_directory(out->fs, out->directory) : result;
}

int cleaner_output_complete(struct cleaner_output *out, const struct aborted *aborted)
{
    ASSERT(out->file >= 0);
    int result = output_complete(out, aborted);
    file_close(out->fs, out->file);
    out->file = -1;
    return result;
}

void cleaner_output_abandon(struct cleaner_output *out)
{
    if (!out->begun)
        return;
    if (out->file >= 0)
        file_close(out->fs, out->file);
    out->file = -1;
    out->begun = false;
    (void)!remove_suffixed(out->fs, out->directory, out->segment.base_offset, SEGMENT_CLEANED);
}

void cleaner_output_fini(struct cleaner_output *out)
{
    ASSERT(out->file < 0);
    mem_free(out->buffer);
    out->buffer = NULL;
}

/* The swap. */

static int rename_all(const struct cleaner_output *out, const char *from_suffix,
                      const char *to_suffix)
{
    for (int kind = SEGMENT_LOG; kind < SEGMENT_SNAPSHOT; kind++) {
        char from[SEGMENT_PATH_SIZE];
        char to[SEGMENT_PATH_SIZE];
        int64_t base_offset = out->segment.base_offset;
        cleaned_path(from, out->directory, base_offset, (enum segment_file)kind, from_suffix);
        cleaned_path(to, out->directory, base_offset, (enum segment_file)kind, to_suffix);
        int result = file_rename(out->fs, from, to);
        if (result != 0 && result != ERR_NOT_FOUND)
            return result;
    }
    return 0;
}

/* What the first segment has and its successor has not would else stay beside it. */
static int remove_transaction_index(const struct cleaner_output *out)
{
    char path[SEGMENT_PATH_SIZE];
    struct file_info info;
    cleaned_path(path, out->directory, out->segment.base_offset, SEGMENT_LOG, SEGMENT_SWAP);
    int result = file_get_info(out->fs, path, &info);
    if (result != 0)
        return result == ERR_NOT_FOUND ? 0 : result; /* the new one's stands there already */
    return segment_file_remove(out->fs, out->directory, out->segment.base_offset,
                               SEGMENT_TRANSACTION_INDEX);
}

static int remove_replaced(const struct cleaner_output *out, const struct cleaner_segment *segments,
                           uint32_t count)
{
    int result = remove_transaction_index(out);
    for (uint32_t i = 1; i < count; i++)
        for (int kind = 0; result == 0 && kind < SEGMENT_FILES; kind++)
            result = segment_file_remove(out->fs, out->directory, segments[i].base_offset,
                                         (enum segment_file)kind);
    return result;
}

int cleaner_output_swap(struct cleaner_output *out, const struct cleaner_segment *segments,
                        uint32_t count)
{
    ASSERT(count > 0 && out->begun && out->file < 0);
    ASSERT(segments[0].base_offset == out->segment.base_offset);
    int result = MUTANT(REMOVE_BEFORE_RENAME) ? remove_replaced(out, segments, count) : 0;
    if (result == 0)
        result = rename_all(out, SEGMENT_CLEANED, SEGMENT_SWAP);
    if (result == 0)
        result = file_sync_directory(out->fs, out->directory);
    if (result == 0)
        result = remove_replaced(out, segments, count);
    if (result == 0)
        result = file_sync_directory(out->fs, out->directory);
    if (result == 0)
        result = rename_all(out, SEGMENT_SWAP, "");
    if (result == 0)
        result = file_sync_directory(out->fs, out->directory);
    out->begun = result != 0;
    return result;
}
