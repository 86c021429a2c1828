/*
 * The writing job of one partition.
 *
 * The happy path: the active segment's .log is opened, batches go to its end in large vectored
 * writes, index entries gather in memory and follow, the .log is synced. When the limits say so,
 * the segment is finished (last time entry, sync) and a new one begins at the next batch's offset;
 * new names are made durable by a sync of the directory at the end, once.
 *
 * Failure: everything this job created is removed and the active segment is cut back, as far as the
 * disk still obeys. What cannot be undone is harmless: the core ignores it, the next write begins a
 * new segment and removes strays first, and recovery stops at that segment's base offset.
 *
 * A file that is created always is a new inode: after a failed sync the old one's pages may claim
 * to be clean, and must not be built upon.
 */
#include <stdio.h>

#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/index.h"
#include "partition/segment_files.h"
#include "partition/segments.h"

#define WRITE_PARTS 256
/* The disk gets so much at a time: a sync that brings many megabytes at once would hold up the
 * WAL's writes for as long as these take. */
#define WRITE_BACK_BYTES (1 * MIB)

struct write_run {
    struct segment_write *w;
    struct file_system *fs;
    const char *directory;
    struct segment *current; /* the tail or the newest of created[]; null before the first */
    int file;                /* its .log, -1: not open */
    bool names_changed;      /* the directory has to be synced */
    uint64_t parts_position;
    uint64_t parts_bytes;
    uint64_t cached_from; /* of the file; what lies behind it is written and not with the disk */
    int part_count;
    struct iovec parts[WRITE_PARTS];
    struct index_append index;
};

static int run_flush_parts(struct write_run *run)
{
    if (run->part_count == 0)
        return 0;
    int result =
        file_write_parts(run->fs, run->file, run->parts, run->part_count, run->parts_position);
    uint64_t end = run->parts_position + run->parts_bytes;
    run->part_count = 0;
    run->parts_bytes = 0;
    if (result != 0 || end - run->cached_from < WRITE_BACK_BYTES)
        return result;
    result = file_write_back(run->fs, run->file, run->cached_from, end - run->cached_from);
    run->cached_from = end;
    return result;
}

static int run_open_tail(struct write_run *run)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, run->directory, run->current->base_offset, SEGMENT_LOG);
    int file = file_open(run->fs, path, 0);
    if (file < 0)
        return file;
    run->file = file;
    run->cached_from = run->current->synced_bytes;
    return 0;
}

/* Retention goes by it where no record has a timestamp. */
static int run_note_modified(const struct write_run *run)
{
    char path[SEGMENT_PATH_SIZE];
    struct file_info info;
    if (run->current->max_timestamp >= 0)
        return 0;
    segment_file_path(path, run->directory, run->current->base_offset, SEGMENT_LOG);
    int result = file_get_info(run->fs, path, &info);
    if (result == 0)
        run->current->modified_ms = info.modified_ms;
    return result;
}

/* The current segment takes no more batches in this job. */
static int run_finish(struct write_run *run, bool last_time_entry)
{
    struct segment *current = run->current;
    const struct time_index_entry largest = {current->max_timestamp, current->max_timestamp_offset};
    int result = run->file < 0 ? 0 : run_flush_parts(run);
    if (result == 0 && last_time_entry)
        result = index_append_last(&run->index, &largest);
    if (result == 0)
        result = index_append_flush(&run->index);
    if (run->file < 0)
        return result;
    if (result == 0 && run->w->sync && !MUTANT(CHECKPOINT_BEFORE_SYNC))
        result = file_sync(run->fs, run->file);
    if (result != 0 && MUTANT(RETRY_SYNC))
        result = file_sync(run->fs, run->file);
    file_close(run->fs, run->file);
    run->file = -1;
    return result == 0 ? run_note_modified(run) : result;
}

/* Creates a file that is not there, as a new inode. Returns its handle. */
static int run_create_file(struct write_run *run, int64_t base_offset, enum segment_file kind)
{
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, run->directory, base_offset, kind);
    int file = file_open(run->fs, path, FILE_CREATE | FILE_EXCLUSIVE);
    if (file != ERR_EXISTS)
        return file;
    int result = file_remove(run->fs, path);
    return result != 0 ? result : file_open(run->fs, path, FILE_CREATE | FILE_EXCLUSIVE);
}

static int run_write_snapshot(struct write_run *run, int64_t offset)
{
    const struct bytes snapshot = run->w->snapshot;
    int file = run_create_file(run, offset, SEGMENT_SNAPSHOT);
    if (file < 0)
        return file;
    int result = file_write(run->fs, file, snapshot.data, snapshot.len, 0);
    if (result == 0 && run->w->sync)
        result = file_sync(run->fs, file);
    file_close(run->fs, file);
    return result;
}

static void run_add_created(struct write_run *run, int64_t base_offset)
{
    struct segment_write *w = run->w;
    ASSERT(w->created_count < SEGMENT_WRITE_NEW_MAX);
    run->current = &w->created[w->created_count++];
    *run->current = (struct segment){
        .base_offset = base_offset,
        .end_offset = base_offset,
        .max_timestamp = -1,
        .max_timestamp_offset = base_offset,
        .first_timestamp = -1,
        .created_ms = w->now_ms,
        .index = {.time_last = -1},
    };
    index_append_init(&run->index, run->fs, run->directory, base_offset, &run->current->index);
}

/* Finishes the current segment, if any, and begins one at the offset; `first`: where the write's
 * snapshot was taken. */
static int run_roll(struct write_run *run, int64_t offset, bool first)
{
    const struct segment_write *w = run->w;
    int result = run->current == NULL ? 0 : run_finish(run, true);
    if (result != 0)
        return result;
    run->names_changed = true;
    run->cached_from = 0;
    run_add_created(run, offset);
    for (int kind = SEGMENT_TIME_INDEX; kind >= SEGMENT_LOG; kind--) {
        int file = run_create_file(run, offset, (enum segment_file)kind);
        if (file < 0)
            return file;
        if (kind == SEGMENT_LOG)
            run->file = file;
        else
            file_close(run->fs, file);
    }
    if (first && w->snapshot.len > 0)
        result = run_write_snapshot(run, offset);
    return result;
}

/* Kafka's LogSegment.shouldRoll. */
static bool run_must_roll(const struct write_run *run, const struct segment_write_batch *batch)
{
    const struct segment_write *w = run->w;
    const struct segment_limits *limits = &w->limits;
    const struct segment *current = run->current;
    if (current == NULL)
        return true;
    if (batch->last_offset - current->base_offset > INT32_MAX)
        return true;
    if (current->synced_bytes == 0)
        return false;
    if (w->roll && batch == w->batches)
        return true;
    uint64_t size = current->synced_bytes + batch->len;
    int64_t waited = current->first_timestamp >= 0 ? batch->max_timestamp - current->first_timestamp
                                                   : w->now_ms - current->created_ms;
    return size > limits->segment_bytes || size > INT32_MAX || waited > limits->segment_ms ||
           current->index.entries >= limits->index_bytes_max / INDEX_ENTRY ||
           current->index.time_entries + 1 >= limits->index_bytes_max / TIME_INDEX_ENTRY;
}

/* In this job synced_bytes runs ahead of the disk; nobody sees it before the job has synced. */
static int run_add_batch(struct write_run *run, const struct segment_write_batch *batch)
{
    struct segment *current = run->current;
    ASSERT(batch->base_offset >= current->end_offset && batch->last_offset >= batch->base_offset);
    if (run->part_count == WRITE_PARTS || run->parts_bytes >= WRITE_BACK_BYTES) {
        int result = run_flush_parts(run);
        if (result != 0)
            return result;
    }
    if (run->part_count == 0)
        run->parts_position = current->synced_bytes;
    run->parts[run->part_count++] = (struct iovec){(void *)(uintptr_t)batch->data, batch->len};
    run->parts_bytes += batch->len;
    if (current->synced_bytes == 0)
        current->first_timestamp = batch->max_timestamp;
    if (batch->max_timestamp > current->max_timestamp) {
        current->max_timestamp = batch->max_timestamp;
        current->max_timestamp_offset = batch->last_offset;
    }
    const struct index_entry entry = {batch->last_offset, current->synced_bytes};
    const struct time_index_entry largest = {current->max_timestamp, current->max_timestamp_offset};
    current->synced_bytes += batch->len;
    current->end_offset = batch->last_offset + 1;
    return index_append_batch(&run->index, &entry, batch->len, &largest,
                              run->w->limits.index_interval_bytes);
}

static int run_batches(struct write_run *run)
{
    struct segment_write *w = run->w;
    for (; w->written < w->batch_count; w->written++) {
        const struct segment_write_batch *batch = &w->batches[w->written];
        int result = 0;
        if (run_must_roll(run, batch)) {
            if (w->created_count == SEGMENT_WRITE_NEW_MAX)
                break;
            result = run_roll(run, batch->base_offset, batch == w->batches);
        } else if (run->file < 0) {
            result = run_open_tail(run);
        }
        bool left_out = MUTANT(DROP_LAST_PENDING) && w->written + 1 == w->batch_count;
        if (result == 0 && !left_out)
            result = run_add_batch(run, batch);
        if (result != 0)
            return result;
    }
    return run_finish(run, false);
}

struct stray_search {
    struct write_run *run;
    int64_t from_offset;
};

static int remove_stray(void *context, const char *name, enum file_kind kind)
{
    const struct stray_search *search = context;
    const struct write_run *run = search->run;
    int64_t offset;
    enum segment_file file;
    if (kind != FILE_KIND_FILE || !segment_file_parse(bytes_of_string(name), &offset, &file))
        return 0;
    if (file == SEGMENT_SNAPSHOT || offset < search->from_offset)
        return 0;
    return segment_file_remove(run->fs, run->directory, offset, file);
}

/* Where the write begins. */
static int64_t write_offset(const struct segment_write *w)
{
    return w->batch_count > 0 ? w->batches[0].base_offset : w->roll_offset;
}

/* The first write of a partition makes its directory. One that is there already is not trusted to
 * be empty: an earlier first write may have failed. */
static int run_prepare_directory(struct write_run *run)
{
    struct segment_write *w = run->w;
    bool clear = w->clear_strays;
    if (w->make_directory) {
        int result = file_make_directory(run->fs, run->directory);
        if (result != 0 && result != ERR_EXISTS)
            return result;
        clear = clear || result == ERR_EXISTS;
    }
    if (!clear)
        return 0;
    run->names_changed = true;
    struct stray_search search = {run, write_offset(w)};
    return file_list(run->fs, run->directory, remove_stray, &search);
}

static int run_sync_names(struct write_run *run)
{
    if (!run->names_changed || !run->w->sync || MUTANT(SKIP_DIRECTORY_SYNC))
        return 0;
    int result = file_sync_directory(run->fs, run->directory);
    if (result != 0 || !run->w->make_directory || MUTANT(FORGET_PARTITION_NAME))
        return result;
    char parent[SEGMENT_PATH_SIZE];
    const char *slash = strrchr(run->directory, '/');
    ASSERT(slash != NULL && slash > run->directory);
    int len =
        snprintf(parent, sizeof parent, "%.*s", (int)(slash - run->directory), run->directory);
    ASSERT(len > 0 && (size_t)len < sizeof parent);
    return file_sync_directory(run->fs, parent);
}

/* Whatever still works of it; the core does not rely on any of this. */
static void run_undo(struct write_run *run, const struct segment *before)
{
    struct segment_write *w = run->w;
    if (run->file >= 0)
        file_close(run->fs, run->file);
    run->file = -1;
    for (uint32_t i = 0; i < w->created_count; i++)
        for (int kind = 0; kind < SEGMENT_FILES; kind++)
            (void)!segment_file_remove(run->fs, run->directory, w->created[i].base_offset,
                                       (enum segment_file)kind);
    w->created_count = 0;
    w->written = 0;
    if (!w->tail_valid)
        return;
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, run->directory, before->base_offset, SEGMENT_LOG);
    int file = file_open(run->fs, path, 0);
    if (file < 0)
        return;
    (void)!file_truncate(run->fs, file, before->synced_bytes);
    file_close(run->fs, file);
    (void)!index_cut(run->fs, run->directory, before->base_offset, &before->index);
}

/* What was written stays only if its names are durable, too. */
static int run_end(struct write_run *run, const struct segment *before, int result)
{
    if (result == 0)
        result = run_sync_names(run);
    if (result != 0)
        run_undo(run, before);
    run->w->error = result;
    return result;
}

int segments_write_run(struct segment_write *w)
{
    ASSERT(w->batch_count > 0 && w->created_count == 0 && w->written == 0);
    const struct segment before = w->tail;
    struct write_run run = {
        .w = w,
        .fs = w->segments->fs,
        .directory = w->segments->directory,
        .file = -1,
    };
    int result = run_prepare_directory(&run);
    /* An empty segment in doubt gives way to a new file of the same name. */
    bool replace = w->clear_strays && w->tail_valid && w->tail.synced_bytes == 0 &&
                   w->tail.base_offset == w->batches[0].base_offset;
    if (w->tail_valid && !replace) {
        run.current = &w->tail;
        index_append_init(&run.index, run.fs, run.directory, w->tail.base_offset, &w->tail.index);
    }
    if (result == 0)
        result = run_batches(&run);
    return run_end(&run, &before, result);
}

int segments_roll_run(struct segment_write *w)
{
    ASSERT(w->batch_count == 0 && w->created_count == 0 && w->tail_valid);
    ASSERT(w->tail.synced_bytes > 0 && w->tail.end_offset <= w->roll_offset);
    const struct segment before = w->tail;
    struct write_run run = {
        .w = w,
        .fs = w->segments->fs,
        .directory = w->segments->directory,
        .current = &w->tail,
        .file = -1,
    };
    index_append_init(&run.index, run.fs, run.directory, w->tail.base_offset, &w->tail.index);
    int result = run_prepare_directory(&run);
    if (result == 0)
        result = run_roll(&run, w->roll_offset, true);
    if (result == 0)
        result = run_finish(&run, false);
    return run_end(&run, &before, result);
}
