/*
 * Names of a segment's files, and the walk over a .log file.
 *
 * The walk trusts nothing: a size is checked against the end before it is used, offsets must rise,
 * and what is not a whole valid batch ends it with an error. It never reads behind `end`, so that
 * bytes a writer is just appending are not seen.
 */
#include "partition/segment_files.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/util.h"

#define SEGMENT_DIGITS 20
#define MAGIC_END 17 /* the bytes of a header up to the magic, in all formats */
/* The smallest set of magic 0: what is shorter never was one. */
#define OLD_FORMAT_SIZE_MIN (BATCH_OVERHEAD + 14)

static const char *const segment_suffixes[SEGMENT_FILES] = {
    [SEGMENT_LOG] = "log",
    [SEGMENT_INDEX] = "index",
    [SEGMENT_TIME_INDEX] = "timeindex",
    [SEGMENT_TRANSACTION_INDEX] = "txnindex",
    [SEGMENT_SNAPSHOT] = "snapshot",
};

void segment_join_path(char path[SEGMENT_PATH_SIZE], const char *directory, const char *name)
{
    int len = snprintf(path, SEGMENT_PATH_SIZE, "%s/%s", directory, name);
    ASSERT(len > 0 && len < SEGMENT_PATH_SIZE);
}

void segment_file_path(char path[SEGMENT_PATH_SIZE], const char *directory, int64_t offset,
                       enum segment_file file)
{
    ASSERT(offset >= 0 && (size_t)file < SEGMENT_FILES);
    const char *suffix = segment_suffixes[file];
    size_t len = strlen(directory), end = len + 1 + SEGMENT_DIGITS;
    ASSERT(end + 1 + strlen(suffix) < SEGMENT_PATH_SIZE);
    memcpy(path, directory, len);
    path[len] = '/';
    for (size_t i = end; i-- > len + 1; offset /= 10)
        path[i] = (char)('0' + offset % 10);
    path[end] = '.';
    memcpy(path + end + 1, suffix, strlen(suffix) + 1);
}

void segment_path_add(char path[SEGMENT_PATH_SIZE], const char *suffix)
{
    size_t len = strlen(path);
    ASSERT(len + strlen(suffix) < SEGMENT_PATH_SIZE);
    memcpy(path + len, suffix, strlen(suffix) + 1);
}

bool segment_file_parse(struct bytes name, int64_t *offset, enum segment_file *file)
{
    int64_t value = 0;
    size_t at = 0;
    for (; at < name.len && name.data[at] >= '0' && name.data[at] <= '9'; at++)
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, name.data[at] - '0', &value))
            return false;
    if (at != SEGMENT_DIGITS || at == name.len || name.data[at] != '.')
        return false;
    struct bytes suffix = {name.data + at + 1, name.len - at - 1};
    for (int i = 0; i < SEGMENT_FILES; i++) {
        if (bytes_equal(suffix, bytes_of_string(segment_suffixes[i]))) {
            *offset = value;
            *file = (enum segment_file)i;
            return true;
        }
    }
    return false;
}

int segment_file_remove(struct file_system *fs, const char *directory, int64_t offset,
                        enum segment_file file)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, directory, offset, file);
    int result = file_remove(fs, path);
    return result == ERR_NOT_FOUND ? 0 : result;
}

void segment_scan_init(struct segment_scan *scan, struct file_system *fs, int file,
                       uint64_t position, uint64_t end)
{
    ASSERT(position <= end);
    *scan = (struct segment_scan){
        .fs = fs,
        .file = file,
        .position = position,
        .end = end,
    };
}

/* Makes `len` bytes from `position` on stand in the buffer, as a pointer to them. */
static int scan_load(struct segment_scan *scan, uint64_t position, uint64_t len,
                     const uint8_t **data)
{
    ASSERT(len <= scan->buffer_size && position + len <= scan->end);
    uint64_t start = scan->buffer_start;
    if (position < start || position + len > start + scan->buffer_len) {
        uint64_t want = MIN(scan->buffer_size, scan->end - position);
        scan->buffer_len = 0;
        int64_t got = file_read(scan->fs, scan->file, scan->buffer, want, position);
        if (got < 0)
            return (int)got;
        scan->buffer_start = position;
        scan->buffer_len = (uint64_t)got;
        if ((uint64_t)got < len)
            return ERR_CORRUPT;
    }
    *data = scan->buffer + (position - scan->buffer_start);
    return 0;
}

/* Looks at what is there of a header, at least up to the magic. */
static int scan_judge_header(const struct segment_scan *scan)
{
    const uint8_t *header = scan->header;
    int64_t size = batch_size(header);
    uint64_t left = scan->end - scan->position;
    int8_t magic = batch_magic(header);
    if ((magic == 0 || magic == 1) && size >= OLD_FORMAT_SIZE_MIN)
        return ERR_UNSUPPORTED;
    if (left < BATCH_HEADER_SIZE)
        return ERR_CORRUPT;
    if (size < BATCH_HEADER_SIZE || (uint64_t)size > left || magic != BATCH_MAGIC)
        return ERR_CORRUPT;
    int64_t base = batch_base_offset(header);
    int32_t delta = batch_last_offset_delta(header);
    if (base < scan->offset_min || delta < 0 || base > INT64_MAX - 1 - delta)
        return ERR_CORRUPT;
    return 0;
}

static int scan_check_crc(struct segment_scan *scan, uint64_t size)
{
    uint32_t crc = 0;
    uint64_t at = BATCH_CRC_START;
    while (at < size) {
        const uint8_t *data;
        uint64_t len = MIN(size - at, scan->buffer_size);
        int result = scan_load(scan, scan->position + at, len, &data);
        if (result != 0)
            return result;
        crc = crc32c(crc, data, len);
        at += len;
    }
    return crc == batch_crc(scan->header) ? 0 : ERR_CORRUPT;
}

int segment_scan_next(struct segment_scan *scan)
{
    ASSERT(scan->buffer_size >= BATCH_HEADER_SIZE && scan->position <= scan->end);
    if (scan->position == scan->end)
        return 0;
    const uint8_t *data;
    uint64_t len = MIN(scan->end - scan->position, (uint64_t)BATCH_HEADER_SIZE);
    if (len < MAGIC_END)
        return ERR_CORRUPT;
    int result = scan_load(scan, scan->position, len, &data);
    if (result != 0)
        return result;
    memcpy(scan->header, data, len);
    result = scan_judge_header(scan);
    uint64_t size = (uint64_t)batch_size(scan->header);
    if (result == 0 && scan->check)
        result = scan_check_crc(scan, size);
    if (result != 0)
        return result;
    scan->batch_position = scan->position;
    scan->batch_size = size;
    scan->position += size;
    scan->offset_min = batch_last_offset(scan->header) + 1;
    return 1;
}
