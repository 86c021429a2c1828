/*
 * Listing a partition's directory, and finishing or undoing an interrupted compaction.
 *
 * Names with a temporary suffix are rare: they are kept as strings, everything else as numbers.
 */
#include "partition/segments_found.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/kafka_files.h"

#define SCAN_BYTES (64 * KIB)

enum temporary { TEMPORARY_NONE, TEMPORARY_DELETED, TEMPORARY_CLEANED, TEMPORARY_SWAP };

/* A file with a temporary suffix. `offset` -1: its name does not begin with one. */
struct odd_file {
    char name[256];
    enum temporary kind;
    int64_t offset;
    enum segment_file file;
};

struct listing {
    struct segments_found *found;
    struct file_system *fs;
    const char *directory;
    struct odd_file *odd;
    uint32_t odd_count;
    uint32_t odd_capacity;
};

static bool ends_with(struct bytes name, const char *suffix)
{
    size_t len = strlen(suffix);
    return name.len > len && memcmp(name.data + name.len - len, suffix, len) == 0;
}

static enum temporary temporary_kind(struct bytes name, size_t *suffix_len)
{
    static const char *const suffixes[] = {
        [TEMPORARY_DELETED] = ".deleted",
        [TEMPORARY_CLEANED] = ".cleaned",
        [TEMPORARY_SWAP] = ".swap",
    };
    for (size_t i = TEMPORARY_DELETED; i < ARRAY_LENGTH(suffixes); i++) {
        *suffix_len = strlen(suffixes[i]);
        /* Snapshots of the metadata log are deleted by their owner. */
        if (ends_with(name, suffixes[i]) && !ends_with(name, ".checkpoint.deleted"))
            return (enum temporary)i;
    }
    return TEMPORARY_NONE;
}

static void add_odd(struct listing *l, struct bytes name, enum temporary kind, size_t suffix_len)
{
    l->odd = mem_grow(l->odd, l->odd_count, &l->odd_capacity, sizeof *l->odd);
    struct odd_file *odd = &l->odd[l->odd_count++];
    *odd = (struct odd_file){.kind = kind, .offset = -1};
    ASSERT(name.len < sizeof odd->name);
    memcpy(odd->name, name.data, name.len);
    struct bytes plain = {name.data, name.len - suffix_len};
    if (!segment_file_parse(plain, &odd->offset, &odd->file))
        odd->offset = -1;
}

static int list_entry(void *context, const char *text, enum file_kind kind)
{
    struct listing *l = context;
    struct segments_found *found = l->found;
    struct bytes name = bytes_of_string(text);
    struct segments_found_file file;
    size_t suffix_len;
    if (kind != FILE_KIND_FILE)
        return 0;
    enum temporary temporary = temporary_kind(name, &suffix_len);
    if (temporary != TEMPORARY_NONE && name.len < sizeof l->odd->name) {
        add_odd(l, name, temporary, suffix_len);
    } else if (segment_file_parse(name, &file.offset, &file.kind)) {
        found->files = mem_grow(found->files, found->count, &found->capacity, sizeof file);
        found->files[found->count++] = file;
    } else if (bytes_equal(name, BYTES_LITERAL(KAFKA_METADATA_FILE))) {
        found->metadata = true;
    } else if (bytes_equal(name, BYTES_LITERAL(KAFKA_EPOCHS_FILE))) {
        found->epochs = true;
    }
    return 0;
}

static int remove_named(const struct listing *l, const char *name)
{
    char path[SEGMENT_PATH_SIZE];
    segment_join_path(path, l->directory, name);
    l->found->names_changed = true;
    int result = file_remove(l->fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

/* One past the last offset in a .swap file; its base offset when there is none. */
static int swap_end(const struct listing *l, const struct odd_file *odd, int64_t *end)
{
    char path[SEGMENT_PATH_SIZE];
    struct file_info info;
    *end = odd->offset;
    segment_join_path(path, l->directory, odd->name);
    int result = file_get_info(l->fs, path, &info);
    if (result != 0)
        return result;
    int file = file_open(l->fs, path, FILE_READ);
    if (file < 0)
        return file;
    struct segment_scan scan;
    segment_scan_init(&scan, l->fs, file, 0, info.size);
    scan.buffer = mem_alloc_raw(SCAN_BYTES);
    scan.buffer_size = SCAN_BYTES;
    while ((result = segment_scan_next(&scan)) == 1)
        *end = batch_last_offset(scan.header) + 1;
    mem_free(scan.buffer);
    file_close(l->fs, file);
    return result == ERR_CORRUPT ? 0 : result;
}

/* Removes what was not decided, and finds the offsets that decided swaps replace. */
static int judge_odd(struct listing *l, int64_t *swap_from, int64_t *swap_to)
{
    int64_t cleaned_min = INT64_MAX;
    for (uint32_t i = 0; i < l->odd_count; i++)
        if (l->odd[i].kind == TEMPORARY_CLEANED && l->odd[i].offset >= 0)
            cleaned_min = MIN(cleaned_min, l->odd[i].offset);
    for (uint32_t i = 0; i < l->odd_count; i++) {
        struct odd_file *odd = &l->odd[i];
        int result = 0;
        if (odd->kind != TEMPORARY_SWAP || odd->offset >= cleaned_min || odd->offset < 0) {
            result = remove_named(l, odd->name);
            odd->kind = TEMPORARY_NONE;
        } else if (odd->file == SEGMENT_LOG) {
            int64_t end;
            result = swap_end(l, odd, &end);
            *swap_from = MIN(*swap_from, odd->offset);
            *swap_to = MAX(*swap_to, result == 0 ? end : 0);
        }
        if (result != 0)
            return result;
    }
    return 0;
}

static int rename_swaps(struct listing *l)
{
    for (uint32_t i = 0; i < l->odd_count; i++) {
        const struct odd_file *odd = &l->odd[i];
        if (odd->kind != TEMPORARY_SWAP)
            continue;
        char from[SEGMENT_PATH_SIZE];
        char to[SEGMENT_PATH_SIZE];
        segment_join_path(from, l->directory, odd->name);
        segment_file_path(to, l->directory, odd->offset, odd->file);
        l->found->names_changed = true;
        int result = file_rename(l->fs, from, to);
        if (result != 0)
            return result;
    }
    return 0;
}

static int settle_odd(struct listing *l)
{
    int64_t swap_from = INT64_MAX;
    int64_t swap_to = INT64_MIN;
    int result = judge_odd(l, &swap_from, &swap_to);
    for (uint32_t i = 0; result == 0 && i < l->found->count; i++) {
        const struct segments_found_file *file = &l->found->files[i];
        if (file->offset >= swap_from && file->offset < swap_to) {
            l->found->names_changed = true;
            result = segment_file_remove(l->fs, l->directory, file->offset, file->kind);
        }
    }
    /* None of them may come back beside the one that replaces it. */
    if (result == 0 && swap_from < swap_to)
        result = file_sync_directory(l->fs, l->directory);
    return result != 0 ? result : rename_swaps(l);
}

static int file_order(const void *left, const void *right)
{
    const struct segments_found_file *a = left;
    const struct segments_found_file *b = right;
    if (a->offset != b->offset)
        return a->offset < b->offset ? -1 : 1;
    return (a->kind > b->kind) - (a->kind < b->kind);
}

int segments_found_load(struct segments_found *found, struct file_system *fs, const char *directory)
{
    *found = (struct segments_found){0};
    struct listing l = {found, fs, directory, NULL, 0, 0};
    int result = file_list(fs, directory, list_entry, &l);
    if (result == ERR_NOT_FOUND) {
        found->missing = true;
        return 0;
    }
    if (result == 0 && l.odd_count > 0) {
        result = settle_odd(&l);
        found->count = 0;
        l.odd_count = 0;
        if (result == 0)
            result = file_list(fs, directory, list_entry, &l);
    }
    mem_free(l.odd);
    if (result != 0) {
        segments_found_free(found);
        return result;
    }
    if (found->count > 0)
        qsort(found->files, found->count, sizeof *found->files, file_order);
    return 0;
}

void segments_found_free(struct segments_found *found)
{
    mem_free(found->files);
    *found = (struct segments_found){0};
}

bool segments_found_has(const struct segments_found *found, int64_t offset, enum segment_file kind)
{
    const struct segments_found_file key = {offset, kind};
    return found->count > 0 &&
           bsearch(&key, found->files, found->count, sizeof key, file_order) != NULL;
}

int64_t segments_found_newest(const struct segments_found *found, int64_t offset_max,
                              enum segment_file kind)
{
    int64_t newest = -1;
    for (uint32_t i = 0; i < found->count && found->files[i].offset <= offset_max; i++)
        if (found->files[i].kind == kind)
            newest = found->files[i].offset;
    return newest;
}
