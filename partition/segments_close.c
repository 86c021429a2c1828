/*
 * What happens to whole segments and directories: the clean stop, deletion, stored snapshots.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_files.h"
#include "partition/segments.h"
#include "partition/segments_found.h"

#define SNAPSHOT_BYTES_MAX (1 * GIB)
#define DIRECTORY_NAME_MAX 255

static int cut_segment(const struct segments *s, const struct segment *segment)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, s->directory, segment->base_offset, SEGMENT_LOG);
    int file = file_open(s->fs, path, 0);
    if (file < 0)
        return file;
    int result = file_truncate(s->fs, file, segment->synced_bytes);
    file_close(s->fs, file);
    if (result != 0)
        return result;
    return index_cut(s->fs, s->directory, segment->base_offset, &segment->index);
}

static int finish_last(struct segments *s, struct bytes snapshot)
{
    struct segment *last = segments_last(s);
    struct index_append append;
    const struct time_index_entry largest = {last->max_timestamp, last->max_timestamp_offset};
    index_append_init(&append, s->fs, s->directory, last->base_offset, &last->index);
    int result = index_append_last(&append, &largest);
    if (result == 0)
        result = index_append_flush(&append);
    if (result != 0 || snapshot.len == 0)
        return result;
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, s->directory, last->end_offset, SEGMENT_SNAPSHOT);
    int file = file_open(s->fs, path, FILE_CREATE | FILE_TRUNCATE);
    if (file < 0)
        return file;
    result = file_write(s->fs, file, snapshot.data, snapshot.len, 0);
    file_close(s->fs, file);
    return result;
}

int segments_close(struct segments *s, struct bytes snapshot)
{
    if (s->count == 0)
        return 0;
    LIST_EACH(node, &s->list) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (!segment->cut)
            continue;
        int result = cut_segment(s, segment);
        if (result != 0)
            return result;
        segment->cut = false;
    }
    return finish_last(s, snapshot);
}

int segments_load_snapshot(const struct segments *s, const struct segments_found *found,
                           int64_t end_offset, int64_t *offset, struct bytes *snapshot)
{
    int64_t newest = segments_found_newest(found, end_offset, SEGMENT_SNAPSHOT);
    if (newest < 0)
        return ERR_NOT_FOUND;
    char path[SEGMENT_PATH_SIZE];
    char *data;
    uint64_t len;
    segment_file_path(path, s->directory, newest, SEGMENT_SNAPSHOT);
    int result = file_load(s->fs, path, SNAPSHOT_BYTES_MAX, &data, &len);
    if (result != 0)
        return result == ERR_TOO_LARGE ? ERR_CORRUPT : result;
    *offset = newest;
    *snapshot = (struct bytes){(const uint8_t *)data, len};
    return 0;
}

int segments_remove_run(const struct segments *s, const struct list *ready)
{
    LIST_EACH(node, ready) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        ASSERT(segment->removed);
        for (int kind = SEGMENT_LOG; kind < SEGMENT_FILES; kind++) {
            int result = segment_file_remove(s->fs, s->directory, segment->base_offset,
                                             (enum segment_file)kind);
            if (result != 0)
                return result;
        }
    }
    return 0;
}

struct directory_removal {
    struct file_system *fs;
    const char *path;
};

static int remove_entry(void *context, const char *name, enum file_kind kind)
{
    const struct directory_removal *removal = context;
    char path[SEGMENT_PATH_SIZE];
    segment_join_path(path, removal->path, name);
    int result = kind == FILE_KIND_DIRECTORY ? file_remove_directory(removal->fs, path)
                                             : file_remove(removal->fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

int segments_remove_directory(struct file_system *fs, const char *path)
{
    struct directory_removal removal = {fs, path};
    int result = file_list(fs, path, remove_entry, &removal);
    if (result == 0)
        result = file_remove_directory(fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

/* Kafka's logDeleteDirName: the topic is cut where the name would get too long. Its unique part is
 * random; a topic's id is as unique. */
void segments_deleted_path(char *path, const char *directory, struct uuid topic_id)
{
    char hex[2 * sizeof topic_id.bytes + 1];
    char suffix[80];
    const char *slash = strrchr(directory, '/');
    const char *name = slash == NULL ? directory : slash + 1;
    const char *dash = strrchr(name, '-');
    ASSERT(dash != NULL);
    for (size_t i = 0; i < sizeof topic_id.bytes; i++)
        snprintf(hex + 2 * i, 3, "%02x", topic_id.bytes[i]);
    int suffix_len = snprintf(suffix, sizeof suffix, "%s.%s-delete", dash, hex);
    ASSERT(suffix_len > 0 && (size_t)suffix_len < sizeof suffix);
    int topic_len = MIN((int)(dash - name), DIRECTORY_NAME_MAX - suffix_len);
    int len = snprintf(path, SEGMENT_PATH_SIZE, "%.*s%.*s%s", (int)(name - directory), directory,
                       topic_len, name, suffix);
    ASSERT(len > 0 && len < SEGMENT_PATH_SIZE);
}
