/* Growing, removing and giving up the reserve. */
#include "wal/wal_reserve.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"

#define RESERVE_PREFIX ".odradek-reserve-"
#define WAL_PREFIX ".odradek-wal-"
#define PATH_BYTES 4096
#define FILL_BYTES MIB

static void reserve_path(char *path, const char *directory, unsigned stream)
{
    int len = snprintf(path, PATH_BYTES, "%s/" RESERVE_PREFIX "%u", directory, stream);
    ASSERT(len > 0 && len < PATH_BYTES);
}

/* For file systems that cannot allocate without writing. */
static int fill(struct file_system *fs, int file, uint64_t from, uint64_t to)
{
    uint8_t *zeros = mem_map(FILL_BYTES);
    int result = 0;
    for (uint64_t at = from; result == 0 && at < to; at += FILL_BYTES)
        result = file_write(fs, file, zeros, MIN(FILL_BYTES, to - at), at);
    mem_unmap(zeros, FILL_BYTES);
    return result;
}

int wal_reserve_grow(struct file_system *fs, const char *directory, unsigned stream,
                     uint64_t wal_bytes)
{
    char path[PATH_BYTES];
    struct file_info info = {0};
    uint64_t wanted = wal_bytes + WAL_RESERVE_EXTRA_BYTES;
    reserve_path(path, directory, stream);
    int found = file_get_info(fs, path, &info);
    if (found != 0 && found != ERR_NOT_FOUND)
        return found;
    if (found == 0 && info.size >= wanted)
        return 0;
    int file = file_open(fs, path, FILE_CREATE);
    if (file < 0)
        return file;
    int result = file_allocate(fs, file, info.size, wanted - info.size);
    if (result == ERR_UNSUPPORTED)
        result = fill(fs, file, info.size, wanted);
    if (result == 0)
        result = file_sync(fs, file);
    if (result != 0) {
        /* A part may have been allocated, and is wanted by others. */
        int ignored = file_truncate(fs, file, info.size);
        (void)ignored;
    }
    file_close(fs, file);
    return result == 0 && found != 0 ? file_sync_directory(fs, directory) : result;
}

bool wal_reserve_covers(struct file_system *fs, const char *directory, unsigned stream,
                        uint64_t wal_bytes)
{
    char path[PATH_BYTES];
    struct file_info info;
    reserve_path(path, directory, stream);
    return file_get_info(fs, path, &info) == 0 && info.size >= wal_bytes + WAL_RESERVE_EXTRA_BYTES;
}

int wal_reserve_remove(struct file_system *fs, const char *directory, unsigned stream)
{
    char path[PATH_BYTES];
    reserve_path(path, directory, stream);
    int result = file_remove(fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

struct debt {
    struct file_system *fs;
    const char *directory;
    uint64_t bytes;    /* of WAL files */
    uint64_t reserves; /* a bit for each stream below 64 */
};

static int debt_add(void *context, const char *name, enum file_kind kind)
{
    struct debt *debt = context;
    char path[PATH_BYTES];
    struct file_info info;
    if (kind != FILE_KIND_FILE)
        return 0;
    if (strncmp(name, RESERVE_PREFIX, strlen(RESERVE_PREFIX)) == 0) {
        unsigned long stream = strtoul(name + strlen(RESERVE_PREFIX), NULL, 10);
        if (stream < 64)
            debt->reserves |= (uint64_t)1 << stream;
    }
    if (strncmp(name, WAL_PREFIX, strlen(WAL_PREFIX)) != 0)
        return 0;
    int len = snprintf(path, sizeof path, "%s/%s", debt->directory, name);
    ASSERT(len > 0 && (size_t)len < sizeof path);
    int result = file_get_info(debt->fs, path, &info);
    if (result == 0)
        debt->bytes += info.size;
    return result;
}

int wal_reserve_give_up(struct file_system *fs, const char *directory, const struct log *log)
{
    struct debt debt = {.fs = fs, .directory = directory};
    struct file_space space;
    int result = file_list(fs, directory, debt_add, &debt);
    if (result == 0)
        result = file_get_space(fs, directory, &space);
    if (result != 0 || debt.reserves == 0)
        return result;
    if (space.free_bytes >= debt.bytes + WAL_RESERVE_EXTRA_BYTES || MUTANT(KEEP_RESERVE))
        return 0;
    log_warn(log, "%s has %llu bytes free: giving up the reserve", directory,
             (unsigned long long)space.free_bytes);
    for (unsigned stream = 0; result == 0 && stream < 64; stream++)
        if (debt.reserves & ((uint64_t)1 << stream))
            result = wal_reserve_remove(fs, directory, stream);
    return result == 0 ? file_sync_directory(fs, directory) : result;
}
