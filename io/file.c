/* The file verbs: dispatch to the file system's table, and what is built from them. */
#include "io/file.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"

#define PATH_BYTES 4096
#define LOAD_SMALL 1024

struct loaded {
    char *data;
    uint64_t len;
};

int file_open(struct file_system *fs, const char *path, unsigned flags)
{
    return fs->operations->open(fs, path, flags);
}

void file_close(struct file_system *fs, int file)
{
    fs->operations->close(fs, file);
}

int64_t file_read(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos)
{
    return fs->operations->read(fs, file, data, len, pos);
}

int file_write(struct file_system *fs, int file, const void *data, uint64_t len, uint64_t pos)
{
    struct iovec part = {(void *)(uintptr_t)data, len};
    return fs->operations->write(fs, file, &part, 1, pos);
}

int file_write_parts(struct file_system *fs, int file, const struct iovec *parts, int count,
                     uint64_t pos)
{
    return fs->operations->write(fs, file, parts, count, pos);
}

int file_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    return fs->operations->write_back(fs, file, pos, len);
}

int file_sync(struct file_system *fs, int file)
{
    return fs->operations->sync(fs, file);
}

int file_sync_directory(struct file_system *fs, const char *path)
{
    return fs->operations->sync_directory(fs, path);
}

int file_sync_all(struct file_system *fs, const char *path)
{
    return fs->operations->sync_all(fs, path);
}

int file_truncate(struct file_system *fs, int file, uint64_t len)
{
    return fs->operations->truncate(fs, file, len);
}

int file_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    return fs->operations->allocate(fs, file, pos, len);
}

int file_rename(struct file_system *fs, const char *from, const char *to)
{
    return fs->operations->rename(fs, from, to);
}

int file_remove(struct file_system *fs, const char *path)
{
    return fs->operations->remove(fs, path);
}

int file_make_directory(struct file_system *fs, const char *path)
{
    return fs->operations->make_directory(fs, path);
}

int file_remove_directory(struct file_system *fs, const char *path)
{
    return fs->operations->remove_directory(fs, path);
}

int file_list(struct file_system *fs, const char *path, file_entry_fn *entry, void *context)
{
    return fs->operations->list(fs, path, entry, context);
}

int file_get_info(struct file_system *fs, const char *path, struct file_info *info)
{
    return fs->operations->info(fs, path, info);
}

int file_get_space(struct file_system *fs, const char *path, struct file_space *space)
{
    return fs->operations->space(fs, path, space);
}

int file_lock(struct file_system *fs, const char *path)
{
    return fs->operations->lock(fs, path);
}

static int load_large(struct file_system *fs, const char *path, uint64_t limit, int file,
                      struct loaded *loaded)
{
    struct file_info info;
    int result = file_get_info(fs, path, &info);
    if (result != 0)
        return result;
    if (info.size > limit)
        return ERR_TOO_LARGE;
    loaded->data = mem_alloc(info.size + 1);
    int64_t got = file_read(fs, file, loaded->data, info.size, 0);
    loaded->len = (uint64_t)MAX(got, 0);
    return (int)MIN(got, 0);
}

/* Most are small, and there are many at a start: their size is not asked for. */
static int load_open(struct file_system *fs, const char *path, uint64_t limit, int file,
                     struct loaded *loaded)
{
    char small[LOAD_SMALL];
    int64_t got = file_read(fs, file, small, sizeof small, 0);
    if (got == (int64_t)sizeof small)
        return load_large(fs, path, limit, file, loaded);
    if (got < 0)
        return (int)got;
    if ((uint64_t)got > limit)
        return ERR_TOO_LARGE;
    loaded->len = (uint64_t)got;
    loaded->data = mem_alloc(loaded->len + 1);
    memcpy(loaded->data, small, loaded->len);
    return 0;
}

int file_load(struct file_system *fs, const char *path, uint64_t limit, char **data, uint64_t *len)
{
    struct loaded loaded = {NULL, 0};
    int file = file_open(fs, path, FILE_READ);
    if (file < 0)
        return file;
    int result = load_open(fs, path, limit, file, &loaded);
    file_close(fs, file);
    if (result != 0) {
        mem_free(loaded.data);
        return result;
    }
    *data = loaded.data;
    *len = loaded.len;
    return 0;
}

/* "/" stays itself. */
static void parent_of(const char *path, char *parent, size_t size)
{
    const char *slash = strrchr(path, '/');
    int len = slash == NULL ? snprintf(parent, size, ".")
                            : snprintf(parent, size, "%.*s", (int)MAX(slash - path, 1), path);
    ASSERT(len > 0 && (size_t)len < size);
}

static int make_level(struct file_system *fs, const char *path)
{
    char parent[PATH_BYTES];
    int result = file_make_directory(fs, path);
    if (result != 0)
        return result;
    parent_of(path, parent, sizeof parent);
    return file_sync_directory(fs, parent);
}

int file_make_directories(struct file_system *fs, const char *path)
{
    char level[PATH_BYTES];
    int len = snprintf(level, sizeof level, "%s", path);
    if (len <= 0 || (size_t)len >= sizeof level)
        return ERR_TOO_LARGE;
    for (char *slash = strchr(level + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        /* A level above may be another user's: whether the last one is there decides. */
        int ignored = make_level(fs, level);
        (void)ignored;
        *slash = '/';
    }
    int result = make_level(fs, level);
    return result == ERR_EXISTS ? 0 : result;
}

static int temporary_write(struct file_system *fs, const char *path, struct bytes text, bool sync)
{
    int file = file_open(fs, path, FILE_CREATE | FILE_TRUNCATE);
    if (file < 0)
        return file;
    int result = file_write(fs, file, text.data, text.len, 0);
    if (result == 0 && sync)
        result = file_sync(fs, file);
    file_close(fs, file);
    return result;
}

static int replace(struct file_system *fs, const char *path, struct bytes text, bool sync)
{
    char temporary[PATH_BYTES];
    int len = snprintf(temporary, sizeof temporary, "%s.tmp", path);
    ASSERT(len > 0 && (size_t)len < sizeof temporary);
    int result = temporary_write(fs, temporary, text, sync);
    if (result == 0)
        result = file_rename(fs, temporary, path);
    if (result == 0)
        return 0;
    /* The first failure is the one to report. */
    int removed = file_remove(fs, temporary);
    (void)removed;
    return result;
}

int file_replace(struct file_system *fs, const char *path, const void *data, uint64_t len)
{
    char parent[PATH_BYTES];
    parent_of(path, parent, sizeof parent);
    int result = replace(fs, path, (struct bytes){data, len}, true);
    return result == 0 ? file_sync_directory(fs, parent) : result;
}

int file_put(struct file_system *fs, const char *path, const void *data, uint64_t len)
{
    return replace(fs, path, (struct bytes){data, len}, false);
}
