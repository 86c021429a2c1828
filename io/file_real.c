/* The file system of the machine: one system call a verb, retried when a signal interrupts it. */
#include "io/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/util.h"

#define PARTS_MAX 1024
#define PAGE_BYTES 4096

static int last_error(void)
{
    int result = result_from_errno(errno);
    return result == 0 ? ERR_IO : result;
}

static int real_open(struct file_system *fs, const char *path, unsigned flags)
{
    (void)fs;
    int mode = (flags & FILE_READ) ? O_RDONLY : O_RDWR;
    mode |= O_CLOEXEC;
    mode |= (flags & FILE_CREATE) ? O_CREAT : 0;
    mode |= (flags & FILE_EXCLUSIVE) ? O_EXCL : 0;
    mode |= (flags & FILE_TRUNCATE) ? O_TRUNC : 0;
    mode |= (flags & FILE_DIRECT) ? O_DIRECT : 0;
    mode |= (flags & FILE_DSYNC) ? O_DSYNC : 0;
    int file;
    do
        file = open(path, mode, 0644);
    while (file < 0 && errno == EINTR);
    if (file < 0 && (flags & FILE_DIRECT) && errno == EINVAL)
        return ERR_UNSUPPORTED;
    return file < 0 ? last_error() : file;
}

static void real_close(struct file_system *fs, int file)
{
    (void)fs;
    close(file);
}

static int64_t real_read(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos)
{
    (void)fs;
    uint64_t got = 0;
    while (got < len) {
        ssize_t n = pread(file, (uint8_t *)data + got, len - got, (off_t)(pos + got));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return last_error();
        if (n == 0)
            break;
        got += (uint64_t)n;
    }
    return (int64_t)got;
}

/* Writes the rest of one part after a short write. */
static int write_rest(int file, const struct iovec *part, size_t done, uint64_t pos)
{
    while (done < part->iov_len) {
        ssize_t n = pwrite(file, (const uint8_t *)part->iov_base + done, part->iov_len - done,
                           (off_t)(pos + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n == 0 ? ERR_IO : last_error();
        done += (size_t)n;
    }
    return 0;
}

static int real_write(struct file_system *fs, int file, const struct iovec *parts, int count,
                      uint64_t pos)
{
    (void)fs;
    int at = 0;
    while (at < count) {
        ssize_t n = pwritev(file, parts + at, MIN(count - at, PARTS_MAX), (off_t)pos);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return last_error();
        pos += (uint64_t)n;
        size_t left = (size_t)n;
        while (at < count && left >= parts[at].iov_len)
            left -= parts[at++].iov_len;
        if (left > 0 || (n == 0 && at < count)) {
            int result = write_rest(file, &parts[at], left, pos - left);
            if (result != 0)
                return result;
            pos += parts[at].iov_len - left;
            at++;
        }
    }
    return 0;
}

static int real_sync(struct file_system *fs, int file)
{
    (void)fs;
    return fdatasync(file) == 0 ? 0 : last_error();
}

static int real_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    (void)fs;
    const unsigned flags =
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER;
    if (sync_file_range(file, (off_t)pos, (off_t)len, flags) == 0)
        return 0;
    /* A file system that cannot do it brings everything with the sync. */
    return errno == ENOSYS || errno == EINVAL || errno == ESPIPE ? 0 : last_error();
}

static int real_sync_directory(struct file_system *fs, const char *path)
{
    (void)fs;
    int file = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return last_error();
    int result = fsync(file) == 0 ? 0 : last_error();
    close(file);
    return result;
}

static int real_sync_all(struct file_system *fs, const char *path)
{
    (void)fs;
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return last_error();
    int result = syncfs(file) == 0 ? 0 : last_error();
    close(file);
    return result;
}

static int real_truncate(struct file_system *fs, int file, uint64_t len)
{
    (void)fs;
    return ftruncate(file, (off_t)len) == 0 ? 0 : last_error();
}

static int real_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    (void)fs;
    return fallocate(file, 0, (off_t)pos, (off_t)len) == 0 ? 0 : last_error();
}

static int real_rename(struct file_system *fs, const char *from, const char *to)
{
    (void)fs;
    return rename(from, to) == 0 ? 0 : last_error();
}

static int real_remove(struct file_system *fs, const char *path)
{
    (void)fs;
    return unlink(path) == 0 ? 0 : last_error();
}

static int real_make_directory(struct file_system *fs, const char *path)
{
    (void)fs;
    return mkdir(path, 0755) == 0 ? 0 : last_error();
}

static int real_remove_directory(struct file_system *fs, const char *path)
{
    (void)fs;
    return rmdir(path) == 0 ? 0 : last_error();
}

static enum file_kind kind_of(mode_t mode)
{
    if (S_ISREG(mode))
        return FILE_KIND_FILE;
    return S_ISDIR(mode) ? FILE_KIND_DIRECTORY : FILE_KIND_OTHER;
}

static enum file_kind entry_kind(DIR *directory, const struct dirent *entry)
{
    struct stat status;
    if (entry->d_type == DT_REG)
        return FILE_KIND_FILE;
    if (entry->d_type == DT_DIR)
        return FILE_KIND_DIRECTORY;
    if (fstatat(dirfd(directory), entry->d_name, &status, 0) != 0)
        return FILE_KIND_OTHER;
    return kind_of(status.st_mode);
}

static int real_list(struct file_system *fs, const char *path, file_entry_fn *visit, void *context)
{
    (void)fs;
    DIR *directory = opendir(path);
    if (directory == NULL)
        return last_error();
    int result = 0;
    struct dirent *entry;
    errno = 0;
    while (result == 0 && (entry = readdir(directory)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            result = visit(context, entry->d_name, entry_kind(directory, entry));
        errno = 0;
    }
    if (result == 0 && errno != 0)
        result = last_error();
    closedir(directory);
    return result;
}

static int real_info(struct file_system *fs, const char *path, struct file_info *info)
{
    (void)fs;
    struct stat status;
    if (stat(path, &status) != 0)
        return last_error();
    *info = (struct file_info){
        .kind = kind_of(status.st_mode),
        .size = (uint64_t)status.st_size,
        .allocated = (uint64_t)status.st_blocks * 512,
        .modified_ms = (int64_t)status.st_mtim.tv_sec * 1000 + status.st_mtim.tv_nsec / 1000000,
    };
    return 0;
}

static int real_space(struct file_system *fs, const char *path, struct file_space *space)
{
    (void)fs;
    struct statvfs status;
    if (statvfs(path, &status) != 0)
        return last_error();
    *space = (struct file_space){
        .free_bytes = (uint64_t)status.f_bavail * status.f_frsize,
        .total_bytes = (uint64_t)status.f_blocks * status.f_frsize,
        .block_bytes = MAX((uint32_t)status.f_bsize, PAGE_BYTES),
    };
    return 0;
}

static int real_lock(struct file_system *fs, const char *path)
{
    int file = real_open(fs, path, FILE_CREATE);
    if (file < 0)
        return file;
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return file;
    int result = errno == EWOULDBLOCK ? ERR_LOCKED : last_error();
    close(file);
    return result;
}

struct file_system *file_system_real(void)
{
    static const struct file_operations operations = {
        .open = real_open,
        .close = real_close,
        .read = real_read,
        .write = real_write,
        .sync = real_sync,
        .write_back = real_write_back,
        .sync_directory = real_sync_directory,
        .sync_all = real_sync_all,
        .truncate = real_truncate,
        .allocate = real_allocate,
        .rename = real_rename,
        .remove = real_remove,
        .make_directory = real_make_directory,
        .remove_directory = real_remove_directory,
        .list = real_list,
        .info = real_info,
        .space = real_space,
        .lock = real_lock,
    };
    static const struct file_system real = {&operations};
    /* Other file systems have state; this one is never written to. */
    return (struct file_system *)(uintptr_t)&real;
}
