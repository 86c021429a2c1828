/*
 * Blocking file operations: the only way to reach the file system besides io_read and io_write.
 *
 * They may be called at start-up and shutdown, when a core has nothing else to do, and inside a
 * disk job (io_job), which runs on a thread of its own beside the core; never from a core's step.
 * Chains of file operations (create, write, sync, sync the directory, rename) are written straight
 * down that way, and still every single one is visible to the simulator: the file system is a
 * table of functions, and a simulated one may suspend the caller, fail, or crash the machine.
 *
 * A file handle is an int valid in every thread and in io_read and io_write. Results are 0, a
 * count, a handle, or a negative ERR_*. Writes are whole or fail: a short write is ERR_NO_SPACE
 * or ERR_IO. Paths are NUL-terminated.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/uio.h>

#include "base/result.h"

enum file_flags {
    FILE_READ = 1,      /* otherwise read and write */
    FILE_CREATE = 2,    /* create when missing; the directory is not synced */
    FILE_EXCLUSIVE = 4, /* with FILE_CREATE: ERR_EXISTS when it is there */
    FILE_TRUNCATE = 8,  /* cut to length 0 */
    FILE_DIRECT = 16,   /* O_DIRECT; ERR_UNSUPPORTED where the file system cannot */
    FILE_DSYNC = 32,    /* each write is on stable storage when it returns */
};

enum file_kind { FILE_KIND_FILE, FILE_KIND_DIRECTORY, FILE_KIND_OTHER };

struct file_info {
    enum file_kind kind;
    uint64_t size;       /* bytes */
    uint64_t allocated;  /* bytes of blocks */
    int64_t modified_ms; /* Unix time */
};

struct file_space {
    uint64_t free_bytes; /* for this process */
    uint64_t total_bytes;
    uint32_t block_bytes; /* alignment for direct I/O: at least 4096 */
};

/* Called once per entry, "." and ".." left out, in no particular order. Nonzero stops the listing,
 * and is its result. */
typedef int file_entry_fn(void *context, const char *name, enum file_kind kind);

struct file_system;

struct file_operations {
    int (*open)(struct file_system *fs, const char *path, unsigned flags);
    void (*close)(struct file_system *fs, int file);
    int64_t (*read)(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos);
    int (*write)(struct file_system *fs, int file, const struct iovec *parts, int count,
                 uint64_t pos);
    int (*sync)(struct file_system *fs, int file);
    int (*write_back)(struct file_system *fs, int file, uint64_t pos, uint64_t len);
    int (*sync_directory)(struct file_system *fs, const char *path);
    int (*sync_all)(struct file_system *fs, const char *path);
    int (*truncate)(struct file_system *fs, int file, uint64_t len);
    int (*allocate)(struct file_system *fs, int file, uint64_t pos, uint64_t len);
    int (*rename)(struct file_system *fs, const char *from, const char *to);
    int (*remove)(struct file_system *fs, const char *path);
    int (*make_directory)(struct file_system *fs, const char *path);
    int (*remove_directory)(struct file_system *fs, const char *path);
    int (*list)(struct file_system *fs, const char *path, file_entry_fn *entry, void *context);
    int (*info)(struct file_system *fs, const char *path, struct file_info *info);
    int (*space)(struct file_system *fs, const char *path, struct file_space *space);
    int (*lock)(struct file_system *fs, const char *path);
};

/* A file system embeds this as its first member. */
struct file_system {
    const struct file_operations *operations;
};

/* The real one: a static, stateless object. */
struct file_system *file_system_real(void);

/* A handle, or ERR_NOT_FOUND, ERR_EXISTS, ERR_DENIED, ERR_TOO_MANY_FILES, ERR_NO_SPACE, ... */
int file_open(struct file_system *fs, const char *path, unsigned flags) MUST_CHECK;
void file_close(struct file_system *fs, int file);
/* Bytes read: fewer than `len` only at the end of the file. */
int64_t file_read(struct file_system *fs, int file, void *data, uint64_t len,
                  uint64_t pos) MUST_CHECK;
int file_write(struct file_system *fs, int file, const void *data, uint64_t len,
               uint64_t pos) MUST_CHECK;
/* All parts behind one another; `count` has no upper limit here. */
int file_write_parts(struct file_system *fs, int file, const struct iovec *parts, int count,
                     uint64_t pos) MUST_CHECK;
/* fdatasync. A failure is final for what was written: never retry, see docs/architecture.md. */
int file_sync(struct file_system *fs, int file) MUST_CHECK;
/* Hands the range to the disk and waits until it has it. Nothing is durable by that: it keeps a
 * later file_sync from bringing so much at once that others' writes wait behind it. A failure is
 * as final as file_sync's. */
int file_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len) MUST_CHECK;
/* Makes the directory's entries durable. */
int file_sync_directory(struct file_system *fs, const char *path) MUST_CHECK;
/* syncfs on the file system that holds `path`. */
int file_sync_all(struct file_system *fs, const char *path) MUST_CHECK;
int file_truncate(struct file_system *fs, int file, uint64_t len) MUST_CHECK;
/* posix_fallocate-like, without changing the bytes that are there; ERR_UNSUPPORTED possible. */
int file_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len) MUST_CHECK;
/* Replaces `to` when it is there. */
int file_rename(struct file_system *fs, const char *from, const char *to) MUST_CHECK;
int file_remove(struct file_system *fs, const char *path) MUST_CHECK;
/* One level; ERR_EXISTS when it is there. */
int file_make_directory(struct file_system *fs, const char *path) MUST_CHECK;
int file_remove_directory(struct file_system *fs, const char *path) MUST_CHECK;
int file_list(struct file_system *fs, const char *path, file_entry_fn *entry,
              void *context) MUST_CHECK;
int file_get_info(struct file_system *fs, const char *path, struct file_info *info) MUST_CHECK;
int file_get_space(struct file_system *fs, const char *path, struct file_space *space) MUST_CHECK;
/* Creates and locks a file for this process's life: a handle, or ERR_LOCKED. */
int file_lock(struct file_system *fs, const char *path) MUST_CHECK;

/* Helpers built on the above. */

/* The whole file in memory from mem_alloc, NUL-terminated one past *len; ERR_TOO_LARGE above
 * `limit`. */
int file_load(struct file_system *fs, const char *path, uint64_t limit, char **data,
              uint64_t *len) MUST_CHECK;
/* Every level that is missing, each made durable in the directory above it. */
int file_make_directories(struct file_system *fs, const char *path) MUST_CHECK;
/* Atomically and durably: write `path`.tmp, sync it, rename it, sync the directory. */
int file_replace(struct file_system *fs, const char *path, const void *data,
                 uint64_t len) MUST_CHECK;
/* The same without the syncs: only after file_sync_all will a crash leave the old or the new;
 * before, it may leave anything. */
int file_put(struct file_system *fs, const char *path, const void *data, uint64_t len) MUST_CHECK;
