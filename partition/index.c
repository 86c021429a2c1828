/*
 * The sparse indexes: searching in the files themselves, and appending.
 *
 * They are read with file verbs, not mapped: a page fault on a sick disk could not be told from
 * slow code, and the simulator could not see it. A search reads single entries until what is left
 * fits into one small block.
 */
#include "partition/index.h"

#include "base/assert.h"
#include "base/util.h"
#include "partition/segment_files.h"

#define INDEX_BLOCK 1536 /* bytes; a multiple of both entry sizes */

_Static_assert(INDEX_BLOCK % INDEX_ENTRY == 0 && INDEX_BLOCK % TIME_INDEX_ENTRY == 0,
               "a block holds whole entries");

static int open_file(struct index_file *index, const char *directory, enum segment_file kind)
{
    char path[SEGMENT_PATH_SIZE];
    struct file_info info;
    segment_file_path(path, directory, index->base_offset, kind);
    int result = file_get_info(index->fs, path, &info);
    if (result == ERR_NOT_FOUND)
        return 0;
    if (result != 0)
        return result;
    index->size = info.size;
    index->count = (uint32_t)MIN(info.size / index->entry_size, (uint64_t)INT32_MAX);
    if (index->count == 0)
        return 0;
    int file = file_open(index->fs, path, FILE_READ);
    if (file < 0)
        return file;
    index->file = file;
    return 0;
}

int index_open(struct index_file *index, struct file_system *fs, const char *directory,
               int64_t base_offset)
{
    *index = (struct index_file){fs, -1, base_offset, INDEX_ENTRY, 0, 0};
    return open_file(index, directory, SEGMENT_INDEX);
}

int time_index_open(struct index_file *index, struct file_system *fs, const char *directory,
                    int64_t base_offset)
{
    *index = (struct index_file){fs, -1, base_offset, TIME_INDEX_ENTRY, 0, 0};
    return open_file(index, directory, SEGMENT_TIME_INDEX);
}

void index_close(struct index_file *index)
{
    if (index->file >= 0)
        file_close(index->fs, index->file);
    index->file = -1;
}

static int read_entries(const struct index_file *index, uint32_t at, uint32_t count, uint8_t *data)
{
    ASSERT(index->file >= 0 && at + count <= index->count);
    uint64_t len = (uint64_t)count * index->entry_size;
    int64_t got = file_read(index->fs, index->file, data, len, (uint64_t)at * index->entry_size);
    if (got < 0)
        return (int)got;
    /* A file that has become shorter meanwhile is not this index any more. */
    return (uint64_t)got == len ? 0 : ERR_CORRUPT;
}

static struct index_entry decode(const struct index_file *index, const uint8_t *data)
{
    return (struct index_entry){index->base_offset + (int32_t)load_be32(data), load_be32(data + 4)};
}

static struct time_index_entry time_decode(const struct index_file *index, const uint8_t *data)
{
    return (struct time_index_entry){(int64_t)load_be64(data),
                                     index->base_offset + (int32_t)load_be32(data + 8)};
}

int index_get(const struct index_file *index, uint32_t at, struct index_entry *entry)
{
    uint8_t data[INDEX_ENTRY];
    int result = read_entries(index, at, 1, data);
    if (result == 0)
        *entry = decode(index, data);
    return result;
}

int time_index_get(const struct index_file *index, uint32_t at, struct time_index_entry *entry)
{
    uint8_t data[TIME_INDEX_ENTRY];
    int result = read_entries(index, at, 1, data);
    if (result == 0)
        *entry = time_decode(index, data);
    return result;
}

/* What a search looks for: leading entries within both bounds. */
struct search {
    const struct index_file *index;
    int64_t offset_max;
    uint64_t position_end;
    int64_t timestamp_max;
};

/* An offset index entry at position 0 or a time entry of zeroes is never written: such ones are
 * preallocated space. */
static bool search_matches(const struct search *search, const uint8_t *data)
{
    if (search->index->entry_size == INDEX_ENTRY) {
        struct index_entry entry = decode(search->index, data);
        return entry.position > 0 && entry.position < search->position_end &&
               entry.offset >= search->index->base_offset && entry.offset <= search->offset_max;
    }
    struct time_index_entry entry = time_decode(search->index, data);
    bool zeroes = entry.timestamp == 0 && entry.offset == search->index->base_offset;
    return !zeroes && entry.timestamp >= 0 && entry.timestamp <= search->timestamp_max &&
           entry.offset >= search->index->base_offset && entry.offset <= search->offset_max;
}

static int64_t search_run(const struct search *search)
{
    const struct index_file *index = search->index;
    uint8_t block[INDEX_BLOCK];
    uint32_t block_count = INDEX_BLOCK / index->entry_size;
    uint32_t low = 0;
    uint32_t high = index->count;
    while (high - low > block_count) {
        uint32_t middle = low + (high - low) / 2;
        int result = read_entries(index, middle, 1, block);
        if (result != 0)
            return result;
        if (search_matches(search, block))
            low = middle + 1;
        else
            high = middle;
    }
    if (low == high)
        return low;
    int result = read_entries(index, low, high - low, block);
    if (result != 0)
        return result;
    uint32_t start = low;
    while (low < high && search_matches(search, block + (low - start) * index->entry_size))
        low++;
    return low;
}

int64_t index_count(const struct index_file *index, int64_t offset_max, uint64_t position_end)
{
    ASSERT(index->entry_size == INDEX_ENTRY);
    struct search search = {index, offset_max, position_end, 0};
    return search_run(&search);
}

int64_t time_index_count(const struct index_file *index, int64_t timestamp_max, int64_t offset_max)
{
    ASSERT(index->entry_size == TIME_INDEX_ENTRY);
    struct search search = {index, offset_max, 0, timestamp_max};
    return search_run(&search);
}

void index_append_init(struct index_append *append, struct file_system *fs, const char *directory,
                       int64_t base_offset, struct segment_index *state)
{
    append->fs = fs;
    append->directory = directory;
    append->suffix = "";
    append->base_offset = base_offset;
    append->state = state;
    append->count = 0;
    append->time_count = 0;
}

/* Kafka's TimeIndex.maybeAppend: only a larger timestamp is worth an entry. */
static void append_time(struct index_append *append, const struct time_index_entry *largest)
{
    struct segment_index *state = append->state;
    ASSERT(append->time_count < INDEX_APPEND_ENTRIES);
    if (largest->timestamp <= state->time_last)
        return;
    uint8_t *entry = append->time_entries + append->time_count * TIME_INDEX_ENTRY;
    store_be64(entry, (uint64_t)largest->timestamp);
    store_be32(entry + 8, (uint32_t)(largest->offset - append->base_offset));
    append->time_count++;
    state->time_entries++;
    state->time_last = largest->timestamp;
}

int index_append_batch(struct index_append *append, const struct index_entry *batch, uint64_t size,
                       const struct time_index_entry *largest, uint64_t interval_bytes)
{
    struct segment_index *state = append->state;
    ASSERT(batch->offset - append->base_offset <= INT32_MAX && batch->position <= INT32_MAX);
    if (state->bytes_since > interval_bytes) {
        if (append->count == INDEX_APPEND_ENTRIES || append->time_count == INDEX_APPEND_ENTRIES) {
            int result = index_append_flush(append);
            if (result != 0)
                return result;
        }
        uint8_t *entry = append->entries + append->count * INDEX_ENTRY;
        store_be32(entry, (uint32_t)(batch->offset - append->base_offset));
        store_be32(entry + 4, (uint32_t)batch->position);
        append->count++;
        state->entries++;
        state->bytes_since = 0;
        append_time(append, largest);
    }
    state->bytes_since += size;
    return 0;
}

int index_append_last(struct index_append *append, const struct time_index_entry *largest)
{
    if (append->time_count == INDEX_APPEND_ENTRIES) {
        int result = index_append_flush(append);
        if (result != 0)
            return result;
    }
    append_time(append, largest);
    return 0;
}

static int append_to(struct index_append *append, enum segment_file kind, const uint8_t *data,
                     uint64_t len, uint64_t position)
{
    if (len == 0)
        return 0;
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, append->directory, append->base_offset, kind);
    segment_path_add(path, append->suffix);
    int file = file_open(append->fs, path, FILE_CREATE);
    if (file < 0)
        return file;
    int result = file_write(append->fs, file, data, len, position);
    file_close(append->fs, file);
    return result;
}

int index_append_flush(struct index_append *append)
{
    const struct segment_index *state = append->state;
    ASSERT(state->entries >= append->count && state->time_entries >= append->time_count);
    uint64_t position = (uint64_t)(state->entries - append->count) * INDEX_ENTRY;
    int result = append_to(append, SEGMENT_INDEX, append->entries,
                           (uint64_t)append->count * INDEX_ENTRY, position);
    if (result != 0)
        return result;
    append->count = 0;
    position = (uint64_t)(state->time_entries - append->time_count) * TIME_INDEX_ENTRY;
    result = append_to(append, SEGMENT_TIME_INDEX, append->time_entries,
                       (uint64_t)append->time_count * TIME_INDEX_ENTRY, position);
    if (result != 0)
        return result;
    append->time_count = 0;
    return 0;
}

static int cut_file(struct file_system *fs, const char *directory, int64_t base_offset,
                    enum segment_file kind, uint64_t len)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, directory, base_offset, kind);
    int file = file_open(fs, path, FILE_CREATE);
    if (file < 0)
        return file;
    int result = file_truncate(fs, file, len);
    file_close(fs, file);
    return result;
}

int index_cut(struct file_system *fs, const char *directory, int64_t base_offset,
              const struct segment_index *state)
{
    int result =
        cut_file(fs, directory, base_offset, SEGMENT_INDEX, (uint64_t)state->entries * INDEX_ENTRY);
    if (result != 0)
        return result;
    return cut_file(fs, directory, base_offset, SEGMENT_TIME_INDEX,
                    (uint64_t)state->time_entries * TIME_INDEX_ENTRY);
}
