/* The fixture of the segment tests; see its header. */
#include "segments_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/batch.h"
#include "protocol/record.h"

static struct faulty_files *faulty(struct file_system *fs)
{
    return CONTAINER_OF(fs, struct faulty_files, fs);
}

/* Whether this call is one that fails. */
static bool fails(struct file_system *fs, bool is_sync)
{
    struct faulty_files *f = faulty(fs);
    if (f->fail_sync_only && !is_sync)
        return false;
    f->calls++;
    return f->fail_at != 0 && (f->calls == f->fail_at || (f->fail_from && f->calls > f->fail_at));
}

#define REAL file_system_real()
#define FAIL(fs, is_sync)             \
    do {                              \
        if (fails((fs), (is_sync)))   \
            return faulty(fs)->error; \
    } while (0)

static int faulty_open(struct file_system *fs, const char *path, unsigned flags)
{
    FAIL(fs, false);
    int file = file_open(REAL, path, flags);
    faulty(fs)->opened += file >= 0;
    return file;
}

static void faulty_close(struct file_system *fs, int file)
{
    cr_assert(faulty(fs)->opened > 0);
    faulty(fs)->opened--;
    file_close(REAL, file);
}

static int64_t faulty_read(struct file_system *fs, int file, void *data, uint64_t len, uint64_t pos)
{
    FAIL(fs, false);
    return file_read(REAL, file, data, len, pos);
}

/* A failing write leaves half of its bytes. */
static int faulty_write(struct file_system *fs, int file, const struct iovec *parts, int count,
                        uint64_t pos)
{
    if (fails(fs, false)) {
        (void)!file_write(REAL, file, parts[0].iov_base, parts[0].iov_len / 2, pos);
        return faulty(fs)->error;
    }
    for (int i = 0; i < count; i++)
        faulty(fs)->cached += parts[i].iov_len;
    faulty(fs)->cached_most = MAX(faulty(fs)->cached_most, faulty(fs)->cached);
    return file_write_parts(REAL, file, parts, count, pos);
}

static int faulty_write_back(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    FAIL(fs, true);
    faulty(fs)->cached = 0;
    return file_write_back(REAL, file, pos, len);
}

static int faulty_sync(struct file_system *fs, int file)
{
    FAIL(fs, true);
    (void)file;
    faulty(fs)->syncs++;
    faulty(fs)->cached = 0;
    return 0;
}

static int faulty_sync_directory(struct file_system *fs, const char *path)
{
    FAIL(fs, true);
    faulty(fs)->directory_syncs++;
    return file_sync_directory(REAL, path);
}

static int faulty_sync_all(struct file_system *fs, const char *path)
{
    FAIL(fs, true);
    (void)path;
    return 0;
}

static int faulty_truncate(struct file_system *fs, int file, uint64_t len)
{
    FAIL(fs, false);
    return file_truncate(REAL, file, len);
}

static int faulty_allocate(struct file_system *fs, int file, uint64_t pos, uint64_t len)
{
    FAIL(fs, false);
    return file_allocate(REAL, file, pos, len);
}

static int faulty_rename(struct file_system *fs, const char *from, const char *to)
{
    FAIL(fs, false);
    return file_rename(REAL, from, to);
}

static int faulty_remove(struct file_system *fs, const char *path)
{
    FAIL(fs, false);
    return file_remove(REAL, path);
}

static int faulty_make_directory(struct file_system *fs, const char *path)
{
    FAIL(fs, false);
    return file_make_directory(REAL, path);
}

static int faulty_remove_directory(struct file_system *fs, const char *path)
{
    FAIL(fs, false);
    return file_remove_directory(REAL, path);
}

static int faulty_list(struct file_system *fs, const char *path, file_entry_fn *entry,
                       void *context)
{
    FAIL(fs, false);
    return file_list(REAL, path, entry, context);
}

static int faulty_info(struct file_system *fs, const char *path, struct file_info *info)
{
    FAIL(fs, false);
    return file_get_info(REAL, path, info);
}

static int faulty_space(struct file_system *fs, const char *path, struct file_space *space)
{
    FAIL(fs, false);
    return file_get_space(REAL, path, space);
}

static int faulty_lock(struct file_system *fs, const char *path)
{
    FAIL(fs, false);
    return file_lock(REAL, path);
}

void faulty_files_init(struct faulty_files *files)
{
    static const struct file_operations operations = {
        .open = faulty_open,
        .close = faulty_close,
        .read = faulty_read,
        .write = faulty_write,
        .sync = faulty_sync,
        .write_back = faulty_write_back,
        .sync_directory = faulty_sync_directory,
        .sync_all = faulty_sync_all,
        .truncate = faulty_truncate,
        .allocate = faulty_allocate,
        .rename = faulty_rename,
        .remove = faulty_remove,
        .make_directory = faulty_make_directory,
        .remove_directory = faulty_remove_directory,
        .list = faulty_list,
        .info = faulty_info,
        .space = faulty_space,
        .lock = faulty_lock,
    };
    *files = (struct faulty_files){.fs = {&operations}, .error = ERR_IO};
}

static void swallow(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

void fixture_init(struct fixture *f)
{
    crc32c_init();
    memset(f, 0, sizeof *f);
    snprintf(f->root, sizeof f->root, "/tmp/odradek-segments-XXXXXX");
    cr_assert_not_null(mkdtemp(f->root));
    snprintf(f->directory, sizeof f->directory, "%s/topic-0", f->root);
    faulty_files_init(&f->files);
    f->log = (struct log){.level = LOG_ERROR, .scope = "test", .sink = swallow};
    f->limits = (struct segment_limits){1u << 30, 4096, 10u << 20, 7 * 24 * 3600 * 1000LL};
    f->now_ms = 1000000;
    segments_init(&f->segments, &f->files.fs, f->directory, &f->log);
}

void fixture_fini(struct fixture *f)
{
    char command[256];
    segments_fini(&f->segments);
    cr_assert_eq(f->files.opened, 0, "%u files left open", f->files.opened);
    snprintf(command, sizeof command, "rm -rf %s", f->root);
    cr_assert_eq(system(command), 0);
}

int fixture_reopen(struct fixture *f, const struct segments_load *load)
{
    segments_fini(&f->segments);
    segments_init(&f->segments, &f->files.fs, f->directory, &f->log);
    int result = segments_open(&f->segments, load);
    const struct segment *last = segments_last(&f->segments);
    f->next_offset = last == NULL ? 0 : last->end_offset;
    return result;
}

struct test_batch make_batch(int64_t base_offset, int records, int64_t timestamp, size_t value_len)
{
    size_t capacity = BATCH_HEADER_SIZE + (size_t)records * (value_len + RECORD_OVERHEAD_MAX);
    struct test_batch b = {.data = malloc(capacity), .base_offset = base_offset};
    uint8_t *value = malloc(value_len + 1);
    struct batch_builder builder;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    batch_build_begin(&builder, b.data, capacity);
    for (int i = 0; i < records; i++) {
        memset(value, (int)('a' + (base_offset + i) % 26), value_len);
        batch_build_add(&builder, timestamp + i, (struct blob){NULL, -1},
                        (struct blob){value, (int32_t)value_len});
    }
    int64_t len = batch_build_end(&builder, &options);
    cr_assert_gt(len, 0);
    free(value);
    batch_patch_offset(b.data, base_offset);
    batch_patch_leader_epoch(b.data, 0);
    b.len = (uint32_t)len;
    b.last_offset = batch_last_offset(b.data);
    b.max_timestamp = batch_max_timestamp(b.data);
    return b;
}

void free_batch(struct test_batch *batch)
{
    free(batch->data);
}

int fixture_write_batches(struct fixture *f, struct segment_write *write,
                          struct test_batch *batches, uint32_t count)
{
    struct segment_write_batch *plan = calloc(count, sizeof *plan);
    for (uint32_t i = 0; i < count; i++)
        plan[i] =
            (struct segment_write_batch){batches[i].data, batches[i].len, batches[i].base_offset,
                                         batches[i].last_offset, batches[i].max_timestamp};
    write->segments = &f->segments;
    write->limits = f->limits;
    write->batches = plan;
    write->batch_count = count;
    write->now_ms = f->now_ms;
    segments_write_begin(&f->segments, write);
    int result = segments_write_run(write);
    segments_write_end(&f->segments, write);
    if (result == 0)
        f->next_offset = plan[write->written - 1].last_offset + 1;
    free(plan);
    return result;
}

int fixture_write(struct fixture *f, uint32_t count, int records, size_t value_len)
{
    struct test_batch *batches = calloc(count, sizeof *batches);
    int64_t offset = f->next_offset;
    for (uint32_t i = 0; i < count; i++) {
        batches[i] = make_batch(offset, records, 1000 * offset, value_len);
        offset += records;
    }
    struct segment_write write = {.sync = true};
    int result = fixture_write_batches(f, &write, batches, count);
    for (uint32_t i = 0; i < count; i++)
        free_batch(&batches[i]);
    free(batches);
    return result;
}

int fixture_read(struct fixture *f, int64_t offset, void *data, uint32_t capacity,
                 struct segment_read *read)
{
    struct segment *segment = segments_find(&f->segments, offset);
    cr_assert_not_null(segment);
    *read = (struct segment_read){
        .segments = &f->segments,
        .segment = segment,
        .synced_bytes = segment->synced_bytes,
        .offset = offset,
        .offset_limit = segment->end_offset,
        .position_hint = SEGMENT_NO_HINT,
        .data = data,
        .capacity = capacity,
        .check = true,
    };
    segment_hold(segment);
    int result = segment_read_run(read);
    segment_drop(&f->segments, segment);
    return result;
}

int64_t fixture_read_all(struct fixture *f, int64_t from)
{
    static uint8_t data[1 << 16];
    int64_t offset = from;
    while (offset < f->next_offset) {
        struct segment_read read;
        int result = fixture_read(f, offset, data, sizeof data, &read);
        if (result != 0)
            return result;
        if (read.len == 0)
            break;
        for (uint32_t at = 0; at < read.len; at += (uint32_t)batch_size(data + at)) {
            const uint8_t *batch = data + at;
            int64_t base = batch_base_offset(batch);
            cr_assert(base <= offset && batch_last_offset(batch) >= offset);
            cr_assert_eq(batch_base_timestamp(batch), 1000 * base);
            offset = batch_last_offset(batch) + 1;
        }
        cr_assert_eq(read.next_offset, offset);
    }
    return offset;
}

void fixture_path(const struct fixture *f, const char *name, char path[256])
{
    snprintf(path, 256, "%s/%s", f->directory, name);
}

bool fixture_has(const struct fixture *f, const char *name)
{
    return fixture_size(f, name) >= 0;
}

int64_t fixture_size(const struct fixture *f, const char *name)
{
    char path[256];
    struct stat status;
    fixture_path(f, name, path);
    return stat(path, &status) == 0 ? (int64_t)status.st_size : -1;
}

struct bytes fixture_load(const struct fixture *f, const char *name)
{
    char path[256];
    fixture_path(f, name, path);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "%s", path);
    size_t size = (size_t)fixture_size(f, name);
    uint8_t *data = malloc(size + 1);
    cr_assert_eq(fread(data, 1, size, file), size);
    fclose(file);
    return (struct bytes){data, size};
}

static void store_file(const struct fixture *f, const char *name, const char *mode,
                       struct bytes bytes)
{
    char path[256];
    mkdir(f->directory, 0755);
    fixture_path(f, name, path);
    FILE *file = fopen(path, mode);
    cr_assert_not_null(file, "%s", path);
    cr_assert_eq(fwrite(bytes.data, 1, bytes.len, file), bytes.len);
    fclose(file);
}

void fixture_store(const struct fixture *f, const char *name, const void *data, size_t len)
{
    store_file(f, name, "wb", (struct bytes){data, len});
}

void fixture_append(const struct fixture *f, const char *name, const void *data, size_t len)
{
    store_file(f, name, "ab", (struct bytes){data, len});
}
