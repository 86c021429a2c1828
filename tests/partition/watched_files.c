/* The file system of the shard tests; see its header. */
#include "tests/partition/watched_files.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/util.h"

#define REAL file_system_real()

static struct watched_files *watched(struct file_system *fs)
{
    return (struct watched_files *)fs;
}

/* The error of this call, or 0. */
static int fails(struct watched_files *w, enum file_verb verb, const char *path)
{
    static const bool changing[] = {
        [VERB_WRITE] = true,          [VERB_SYNC] = true,
        [VERB_SYNC_DIRECTORY] = true, [VERB_SYNC_ALL] = true,
        [VERB_TRUNCATE] = true,       [VERB_ALLOCATE] = true,
        [VERB_RENAME] = true,         [VERB_REMOVE] = true,
        [VERB_MAKE_DIRECTORY] = true, [VERB_REMOVE_DIRECTORY] = true,
        [VERB_INFO] = false,
    };
    w->verb_calls[verb]++;
    if (changing[verb]) {
        if (w->changing != NULL)
            w->changing(w->context, verb, path);
        w->changes++;
        w->off = w->off || w->changes == w->changes_max;
    }
    w->calls++;
    bool chosen = w->calls == w->calls_fail || (w->calls_fail_on && w->calls > w->calls_fail);
    if (w->off || (w->calls_fail > 0 && chosen))
        return ERR_IO;
    struct file_fault *fault = &w->fault;
    if (fault->times == 0 || fault->verb != verb || strstr(path, fault->path) == NULL)
        return 0;
    fault->times--;
    fault->hits++;
    return fault->error;
}

/* What a crash would take. */

static struct unsynced_file *unsynced_find(struct watched_files *w, const char *path)
{
    for (uint32_t i = 0; i < w->unsynced_count; i++)
        if (strcmp(w->unsynced[i].path, path) == 0)
            return &w->unsynced[i];
    return NULL;
}

static struct unsynced_file *unsynced_add(struct watched_files *w, const char *path)
{
    struct unsynced_file *u = unsynced_find(w, path);
    if (u != NULL || strstr(path, ".odradek-wal") != NULL)
        return u;
    ASSERT(w->unsynced_count < UNSYNCED_MAX);
    u = &w->unsynced[w->unsynced_count++];
    *u = (struct unsynced_file){0};
    snprintf(u->path, sizeof u->path, "%s", path);
    return u;
}

static void unsynced_clean(struct watched_files *w)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < w->unsynced_count; i++)
        if (w->unsynced[i].is_new || w->unsynced[i].dirty)
            w->unsynced[kept++] = w->unsynced[i];
    w->unsynced_count = kept;
}

static int64_t size_of(const char *path)
{
    struct file_info info;
    return file_get_info(REAL, path, &info) == 0 ? (int64_t)info.size : -1;
}

static void note_change(struct watched_files *w, const char *path, uint64_t pos)
{
    int64_t size = size_of(path);
    struct unsynced_file *u = unsynced_add(w, path);
    if (u == NULL)
        return;
    if (!u->dirty) {
        u->dirty = true;
        u->overwritten = false;
        u->synced_len = size;
    }
    u->overwritten = u->overwritten || (int64_t)pos < u->synced_len;
}

static bool is_in(const char *path, const char *directory)
{
    size_t len = strlen(directory);
    return strncmp(path, directory, len) == 0 && path[len] == '/' &&
           strchr(path + len + 1, '/') == NULL;
}

static void crash_file(const struct unsynced_file *u)
{
    char command[512];
    if (u->is_new) {
        snprintf(command, sizeof command, "rm -rf '%s'", u->path);
        ASSERT(system(command) == 0);
        return;
    }
    int file = file_open(REAL, u->path, 0);
    if (file < 0)
        return;
    uint64_t len = (uint64_t)(u->overwritten ? u->synced_len / 2 : u->synced_len);
    ASSERT(file_truncate(REAL, file, len) == 0);
    file_close(REAL, file);
}

void watched_files_crash(struct watched_files *w)
{
    for (uint32_t i = 0; !w->lucky && i < w->unsynced_count; i++)
        crash_file(&w->unsynced[i]);
    w->unsynced_count = 0;
    w->off = false;
    w->changes = w->changes_max = 0;
    w->calls_fail = 0;
    w->fault = (struct file_fault){0};
}

/* The verbs. */

static int watched_open(struct file_system *fs, const char *path, unsigned flags)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_OPEN, path);
    if (result != 0)
        return result;
    bool is_new = (flags & FILE_CREATE) != 0 && size_of(path) < 0;
    /* A crash is played, not suffered: the disk itself need not be waited for. */
    int file = file_open(REAL, path, flags & ~(unsigned)(FILE_DIRECT | FILE_DSYNC));
    if (file < 0)
        return file;
    ASSERT(file < WATCHED_FILES_MAX && w->paths[file][0] == '\0');
    snprintf(w->paths[file], sizeof w->paths[file], "%s", path);
    w->opened++;
    struct unsynced_file *u = is_new ? unsynced_add(w, path) : NULL;
    if (u != NULL)
        u->is_new = true;
    if ((flags & FILE_TRUNCATE) != 0 && !is_new)
        note_change(w, path, 0);
    return file;
}

static void watched_close(struct file_system *fs, int file)
{
    struct watched_files *w = watched(fs);
    if (w->paths[file][0] == '\0')
        return; /* a ghost's */
    ASSERT(w->opened > 0);
    w->opened--;
    w->paths[file][0] = '\0';
    file_close(REAL, file);
}

static int64_t watched_read(struct file_system *fs, int file, void *data, uint64_t len,
                            uint64_t pos)
{
    struct watched_files *w = watched(fs);
    uint32_t hits = w->fault.hits;
    int result = fails(w, VERB_READ, w->paths[file]);
    if (result != 0)
        return result;
    return file_read(REAL, file, data, w->fault.hits > hits ? len / 2 : len, pos);
}

/* A failing write leaves half of its first part. */
static int watched_write(struct file_system *fs, int file, const struct iovec *parts, int count,
                         uint64_t pos)
{
    struct watched_files *w = watched(fs);
    bool was_off = w->off;
    int result = fails(w, VERB_WRITE, w->paths[file]);
    if (!was_off)
        note_change(w, w->paths[file], pos);
    if (result == 0)
        return file_write_parts(REAL, file, parts, count, pos);
    if (!was_off)
        (void)!file_write(REAL, file, parts[0].iov_base, parts[0].iov_len / 2, pos);
    return result;
}

static int watched_sync(struct file_system *fs, int file)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_SYNC, w->paths[file]);
    struct unsynced_file *u = unsynced_find(w, w->paths[file]);
    if (result == 0 && u != NULL) {
        u->dirty = false;
        unsynced_clean(w);
    }
    return result;
}

static int watched_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    (void)fs;
    return file_write_back(REAL, file, pos, len);
}

static int watched_sync_directory(struct file_system *fs, const char *path)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_SYNC_DIRECTORY, path);
    for (uint32_t i = 0; result == 0 && i < w->unsynced_count; i++)
        if (is_in(w->unsynced[i].path, path))
            w->unsynced[i].is_new = false;
    unsynced_clean(w);
    return result;
}

static int watched_sync_all(struct file_system *fs, const char *path)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_SYNC_ALL, path);
    if (result == 0 && size_of(path) < 0)
        return ERR_NOT_FOUND;
    if (result == 0)
        w->unsynced_count = 0;
    return result;
}

static int watched_truncate(struct file_system *fs, int file, uint64_t len)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_TRUNCATE, w->paths[file]);
    return result == 0 ? file_truncate(REAL, file, len) : result;
}

static int watched_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_ALLOCATE, w->paths[file]);
    return result == 0 ? file_allocate(REAL, file, pos, len) : result;
}

/* The new name is taken as durable, the new bytes are not. */
static int watched_rename(struct file_system *fs, const char *from, const char *to)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_RENAME, to);
    if (result != 0)
        return result;
    struct unsynced_file *u = unsynced_find(w, from);
    if (u != NULL) {
        u->is_new = u->is_new && size_of(to) < 0;
        snprintf(u->path, sizeof u->path, "%s", to);
    }
    return file_rename(REAL, from, to);
}

static int watched_remove(struct file_system *fs, const char *path)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_REMOVE, path);
    if (result != 0)
        return result;
    struct unsynced_file *u = unsynced_find(w, path);
    if (u != NULL)
        u->is_new = u->dirty = false;
    unsynced_clean(w);
    return file_remove(REAL, path);
}

static int watched_make_directory(struct file_system *fs, const char *path)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_MAKE_DIRECTORY, path);
    if (result == 0)
        result = file_make_directory(REAL, path);
    if (result == 0)
        unsynced_add(w, path)->is_new = true;
    return result;
}

static int watched_remove_directory(struct file_system *fs, const char *path)
{
    struct watched_files *w = watched(fs);
    int result = fails(w, VERB_REMOVE_DIRECTORY, path);
    return result == 0 ? file_remove_directory(REAL, path) : result;
}

static int watched_list(struct file_system *fs, const char *path, file_entry_fn *entry,
                        void *context)
{
    int result = fails(watched(fs), VERB_LIST, path);
    return result == 0 ? file_list(REAL, path, entry, context) : result;
}

static int watched_info(struct file_system *fs, const char *path, struct file_info *info)
{
    int result = fails(watched(fs), VERB_INFO, path);
    return result == 0 ? file_get_info(REAL, path, info) : result;
}

static int watched_space(struct file_system *fs, const char *path, struct file_space *space)
{
    (void)fs;
    return file_get_space(REAL, path, space);
}

static int watched_lock(struct file_system *fs, const char *path)
{
    (void)fs;
    return file_lock(REAL, path);
}

void watched_files_init(struct watched_files *files)
{
    static const struct file_operations operations = {
        .open = watched_open,
        .close = watched_close,
        .read = watched_read,
        .write = watched_write,
        .sync = watched_sync,
        .write_back = watched_write_back,
        .sync_directory = watched_sync_directory,
        .sync_all = watched_sync_all,
        .truncate = watched_truncate,
        .allocate = watched_allocate,
        .rename = watched_rename,
        .remove = watched_remove,
        .make_directory = watched_make_directory,
        .remove_directory = watched_remove_directory,
        .list = watched_list,
        .info = watched_info,
        .space = watched_space,
        .lock = watched_lock,
    };
    *files = (struct watched_files){.fs = {&operations}};
}
