/*
 * A file is in one of four ways: free; being opened, with a job out that holds its segment; open,
 * and known to its segment; leaving, unknown to any segment, until its readers are done and a job
 * has closed it. A segment that went while its file was opened makes it leave at once.
 */
#include "partition/read_files.h"

#include "base/assert.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/segment_files.h"
#include "partition/shard.h"

void read_files_init(struct shard *shard)
{
    struct read_files *files = &shard->read_files;
    list_init(&files->free);
    list_init(&files->open);
    list_init(&files->leaving);
    list_init(&files->waiting);
    files->step_bytes = READ_FILES_STEP_BYTES;
    for (uint32_t i = 0; i < READ_FILES_MAX; i++) {
        files->files[i] = (struct read_file){.shard = shard, .file = -1};
        list_push_back(&files->free, &files->files[i].node);
    }
}

void read_files_fini(struct shard *shard)
{
    struct read_files *files = &shard->read_files;
    ASSERT(files->jobs_out == 0);
    for (uint32_t i = 0; i < READ_FILES_MAX; i++) {
        ASSERT(files->files[i].readers == 0);
        if (files->files[i].file >= 0)
            file_close(io_files(shard->io), files->files[i].file);
        files->files[i].file = -1;
    }
}

/* Leaving. */

static void file_leave(struct read_file *file)
{
    if (file->segment != NULL)
        file->segment->read_file = NULL;
    file->segment = NULL;
    list_remove(&file->node);
    list_push_back(&file->shard->read_files.leaving, &file->node);
}

void read_file_leave(struct segment *segment)
{
    if (segment->read_file != NULL)
        file_leave(segment->read_file);
    ASSERT(segment->read_file == NULL);
}

static int close_job(struct file_system *fs, void *context)
{
    const struct read_file *file = context;
    file_close(fs, file->file);
    return 0;
}

static void close_job_done(struct io_op *op, const struct io_event *event)
{
    struct read_file *file = CONTAINER_OF(op, struct read_file, op);
    struct read_files *files = &file->shard->read_files;
    (void)event;
    ASSERT(files->jobs_out > 0 && file->segment == NULL);
    files->jobs_out--;
    file->file = -1;
    list_push_back(&files->free, &file->node);
}

void read_files_step(struct shard *shard)
{
    struct read_files *files = &shard->read_files;
    struct list due;
    struct list *node;
    list_init(&due);
    list_append(&due, &files->waiting);
    files->step_bytes = READ_FILES_STEP_BYTES;
    while ((node = list_pop_front(&due)) != NULL) {
        struct partition_read *read = LIST_ENTRY(node, struct partition_read, node);
        ASSERT(read->partition->jobs_out > 0);
        read->partition->jobs_out--;
        partition_read_resume(read, 0);
    }
}

void read_files_close(struct shard *shard)
{
    struct read_files *files = &shard->read_files;
    LIST_EACH(node, &files->leaving) {
        struct read_file *file = LIST_ENTRY(node, struct read_file, node);
        if (file->readers > 0)
            continue;
        list_remove(node);
        files->jobs_out++;
        file->op.done = close_job_done;
        io_job(shard->io, &file->op, 0, close_job, file);
    }
}

bool read_files_wait_for_step(const struct shard *shard)
{
    return !list_empty(&shard->read_files.waiting);
}

bool read_files_resting(const struct shard *shard)
{
    return shard->read_files.jobs_out == 0 && list_empty(&shard->read_files.leaving);
}

/* Opening. */

static int open_job(struct file_system *fs, void *context)
{
    struct read_file *file = context;
    char path[SEGMENT_PATH_SIZE];
    segment_file_path(path, file->partition->segments.directory, file->segment->base_offset,
                      SEGMENT_LOG);
    return file_open(fs, path, FILE_READ);
}

static void open_job_done(struct io_op *op, const struct io_event *event)
{
    struct read_file *file = CONTAINER_OF(op, struct read_file, op);
    struct read_files *files = &file->shard->read_files;
    struct partition *p = file->partition;
    struct segment *segment = file->segment;
    ASSERT(files->jobs_out > 0 && segment->read_file == NULL);
    files->jobs_out--;
    p->jobs_out--;
    file->partition = NULL;
    file->segment = NULL;
    bool stays = !p->deleted && !segment->removed && !segment->swapping && !segment->replaced;
    segment_drop(&p->segments, segment);
    if (event->value < 0) {
        list_push_back(&files->free, &file->node);
        return;
    }
    file->file = (int)event->value;
    if (!stays) {
        list_push_back(&files->leaving, &file->node);
        return;
    }
    file->segment = segment;
    segment->read_file = file;
    list_push_back(&files->open, &file->node);
}

/* A file for the next segment; null: there is none now. */
static struct read_file *file_take(struct read_files *files)
{
    struct list *node = list_pop_front(&files->free);
    if (node != NULL)
        return LIST_ENTRY(node, struct read_file, node);
    struct read_file *oldest = LIST_FIRST(&files->open, struct read_file, node);
    if (oldest != NULL && list_empty(&files->leaving))
        file_leave(oldest);
    return NULL;
}

static bool is_being_opened(const struct read_files *files, const struct segment *segment)
{
    for (uint32_t i = 0; i < READ_FILES_MAX; i++)
        if (files->files[i].segment == segment)
            return true;
    return false;
}

void read_files_open(struct partition *p, struct segment *segment)
{
    struct read_files *files = &p->shard->read_files;
    bool stays = !p->deleted && !segment->removed && !segment->swapping && !segment->replaced;
    if (!stays || p->shard->stopping || segment->read_file != NULL ||
        is_being_opened(files, segment))
        return;
    struct read_file *file = file_take(files);
    if (file == NULL)
        return;
    segment_hold(segment);
    p->jobs_out++;
    files->jobs_out++;
    file->partition = p;
    file->segment = segment;
    file->op.done = open_job_done;
    io_job(p->shard->io, &file->op, 0, open_job, file);
}

/* Using. */

enum read_files_way read_files_use(struct shard *shard, struct read_file *file, uint32_t bytes)
{
    struct read_files *files = &shard->read_files;
    if (file == NULL || bytes > READ_FILES_STEP_BYTES)
        return READ_BY_JOB;
    ASSERT(file->segment != NULL && file->file >= 0);
    list_remove(&file->node);
    list_push_back(&files->open, &file->node);
    if (files->step_bytes < bytes)
        return READ_NEXT_STEP;
    files->step_bytes -= bytes;
    return READ_NOW;
}

void read_files_wait(struct partition_read *read)
{
    read->partition->jobs_out++;
    list_push_back(&read->partition->shard->read_files.waiting, &read->node);
}

struct read_file *read_file_hold(struct segment *segment)
{
    if (segment->read_file != NULL)
        segment->read_file->readers++;
    return segment->read_file;
}

void read_file_drop(struct read_file *file)
{
    if (file == NULL)
        return;
    ASSERT(file->readers > 0);
    file->readers--;
}
