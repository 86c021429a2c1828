/*
 * A sorted array. A marker can end a transaction that began long before others, so first offsets
 * are in no order: a search goes by the markers and stops where Kafka's does, at the first entry
 * whose last stable offset shows that nothing behind it reaches into the range.
 */
#include "partition/aborted.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/segment_files.h"
#include "partition/segments.h"
#include "partition/segments_found.h"

#define ENTRY_BYTES 34
#define ENTRY_VERSION 0
#define FILE_BYTES_MAX (1 * GIB)

void aborted_init(struct aborted *aborted)
{
    *aborted = (struct aborted){0};
}

void aborted_fini(struct aborted *aborted)
{
    mem_free(aborted->entries);
    aborted_init(aborted);
}

void aborted_add(struct aborted *a, const struct aborted_entry *entry)
{
    if (a->count > 0 && a->entries[a->count - 1].last_offset >= entry->last_offset)
        return;
    a->entries = mem_grow(a->entries, a->count, &a->capacity, sizeof *a->entries);
    a->entries[a->count++] = *entry;
}

void aborted_cut_end(struct aborted *a, int64_t offset)
{
    while (a->count > 0 && a->entries[a->count - 1].last_offset >= offset)
        a->count--;
}

/* The first entry whose marker is at or above `offset`. */
static uint32_t marker_place(const struct aborted *a, int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = a->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (a->entries[middle].last_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void aborted_cut_start(struct aborted *a, int64_t offset)
{
    uint32_t gone = marker_place(a, offset);
    if (gone == 0)
        return;
    a->count -= gone;
    memmove(a->entries, a->entries + gone, a->count * sizeof *a->entries);
}

uint32_t aborted_find(const struct aborted *a, int64_t from, int64_t to, uint32_t *first)
{
    *first = marker_place(a, from);
    for (uint32_t i = *first; i < a->count; i++)
        if (a->entries[i].last_stable >= to)
            return i + 1;
    return a->count;
}

void aborted_replace(struct aborted *a, int64_t from, int64_t to, const struct aborted *entries)
{
    uint32_t first = marker_place(a, from);
    uint32_t end = marker_place(a, to);
    uint32_t count = first + entries->count + (a->count - end);
    ASSERT(from <= to && first <= end);
    if (count == 0) {
        a->count = 0;
        return;
    }
    struct aborted_entry *all = mem_alloc_array(count, sizeof *all);
    for (uint32_t i = 0; i < first; i++)
        all[i] = a->entries[i];
    for (uint32_t i = 0; i < entries->count; i++)
        all[first + i] = entries->entries[i];
    for (uint32_t i = end; i < a->count; i++)
        all[first + entries->count + (i - end)] = a->entries[i];
    mem_free(a->entries);
    *a = (struct aborted){all, count, count};
}

/* Files. */

static int parse_file(struct aborted *a, struct bytes file)
{
    struct reader r;
    reader_init(&r, file.data, file.len);
    while (reader_left(&r) >= ENTRY_BYTES) {
        if (read_be16(&r) != ENTRY_VERSION)
            return ERR_VERSION;
        struct aborted_entry entry;
        entry.producer_id = (int64_t)read_be64(&r);
        entry.first_offset = (int64_t)read_be64(&r);
        entry.last_offset = (int64_t)read_be64(&r);
        entry.last_stable = (int64_t)read_be64(&r);
        aborted_add(a, &entry);
    }
    return 0;
}

static int load_file(struct aborted *a, struct file_system *fs, const char *directory,
                     int64_t offset)
{
    char path[SEGMENT_PATH_SIZE];
    char *data;
    uint64_t len;
    segment_file_path(path, directory, offset, SEGMENT_TRANSACTION_INDEX);
    int result = file_load(fs, path, FILE_BYTES_MAX, &data, &len);
    if (result != 0)
        return result;
    result = parse_file(a, (struct bytes){(const uint8_t *)data, len});
    mem_free(data);
    return result;
}

int aborted_load(struct aborted *a, struct file_system *fs, const char *directory,
                 const struct segments_found *found)
{
    int result = 0;
    for (uint32_t i = 0; result == 0 && i < found->count; i++)
        if (found->files[i].kind == SEGMENT_TRANSACTION_INDEX)
            result = load_file(a, fs, directory, found->files[i].offset);
    return result;
}

/* The bytes of entries [first, end), from mem_alloc. */
static uint8_t *encode(const struct aborted *a, uint32_t first, uint32_t end)
{
    struct writer w;
    size_t len = (size_t)(end - first) * ENTRY_BYTES;
    uint8_t *data = mem_alloc(len);
    writer_init(&w, data, len);
    for (uint32_t i = first; i < end; i++) {
        write_be16(&w, ENTRY_VERSION);
        write_be64(&w, (uint64_t)a->entries[i].producer_id);
        write_be64(&w, (uint64_t)a->entries[i].first_offset);
        write_be64(&w, (uint64_t)a->entries[i].last_offset);
        write_be64(&w, (uint64_t)a->entries[i].last_stable);
    }
    ASSERT(w.error == 0 && writer_len(&w) == len);
    return data;
}

int aborted_write(const struct aborted *a, struct file_system *fs, const char *path)
{
    ASSERT(a->count > 0);
    int file = file_open(fs, path, FILE_CREATE | FILE_EXCLUSIVE);
    if (file < 0)
        return file;
    uint8_t *data = encode(a, 0, a->count);
    int result = file_write(fs, file, data, (size_t)a->count * ENTRY_BYTES, 0);
    mem_free(data);
    if (result == 0)
        result = file_sync(fs, file);
    file_close(fs, file);
    return result;
}

static int store_segment(const struct aborted *a, const struct segments *s,
                         const struct segment *segment)
{
    uint32_t first = marker_place(a, segment->base_offset);
    uint32_t end = marker_place(a, segment->end_offset);
    char path[SEGMENT_PATH_SIZE];
    if (first == end)
        return segment_file_remove(s->fs, s->directory, segment->base_offset,
                                   SEGMENT_TRANSACTION_INDEX);
    size_t len = (size_t)(end - first) * ENTRY_BYTES;
    uint8_t *data = encode(a, first, end);
    segment_file_path(path, s->directory, segment->base_offset, SEGMENT_TRANSACTION_INDEX);
    int result = file_replace(s->fs, path, data, len);
    mem_free(data);
    return result;
}

int aborted_store(const struct aborted *a, const struct segments *s, int64_t from)
{
    LIST_EACH(node, &s->list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->end_offset <= from)
            continue;
        int result = store_segment(a, s, segment);
        if (result != 0)
            return result;
    }
    return 0;
}
