/*
 * Two lanes of their own: a rename never waits behind a flush of other partitions, nor behind the
 * files of what was renamed before.
 *
 * Rejected: Kafka's file.delete.delay.ms. Kafka lets open files be read for a while yet; here
 * nobody has one open when the directory is renamed, and on a full disk the space is wanted at
 * once.
 */
#include "partition/deletion.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/partition.h"
#include "partition/segment_files.h"
#include "partition/shard.h"

struct deleted_directory {
    struct list node;
    char *path;
};

static struct deleted_directory *deleted_directory_new(const struct partition *p)
{
    char path[SEGMENT_PATH_SIZE];
    struct deleted_directory *directory = mem_alloc(sizeof *directory);
    segments_deleted_path(path, p->segments.directory, p->topic_id);
    directory->path = mem_copy_string(path);
    list_init(&directory->node);
    return directory;
}

static void deleted_directory_free(struct deleted_directory *directory)
{
    mem_free(directory->path);
    mem_free(directory);
}

void deletion_init(struct shard *shard)
{
    struct deletions *d = &shard->deletions;
    *d = (struct deletions){0};
    list_init(&d->waiting);
    list_init(&d->renaming);
    list_init(&d->renamed);
}

void deletion_fini(struct shard *shard)
{
    struct deletions *d = &shard->deletions;
    struct list *node;
    ASSERT(list_empty(&d->renaming) && d->removing == NULL);
    while ((node = list_pop_front(&d->waiting)) != NULL)
        partition_free(LIST_ENTRY(node, struct partition, shard_node));
    while ((node = list_pop_front(&d->renamed)) != NULL)
        deleted_directory_free(LIST_ENTRY(node, struct deleted_directory, node));
}

/* Files. */

static int remove_job(struct file_system *fs, void *context)
{
    const struct deleted_directory *directory = context;
    return segments_remove_directory(fs, directory->path);
}

static void remove_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, deletions.remove_op);
    struct deletions *d = &shard->deletions;
    ASSERT(d->removing != NULL);
    if (event->value < 0)
        log_warn(&shard->log, "cannot delete %s: %s; the next start tries again", d->removing->path,
                 result_sentence((int)event->value));
    deleted_directory_free(d->removing);
    d->removing = NULL;
    flush_retry_soon(shard);
}

/* At a stop what is left is left to the next start. */
static void remove_next(struct shard *shard)
{
    struct deletions *d = &shard->deletions;
    struct list *node = shard->stopping ? NULL : list_pop_front(&d->renamed);
    if (node == NULL)
        return;
    d->removing = LIST_ENTRY(node, struct deleted_directory, node);
    d->remove_op.done = remove_done;
    io_job(shard->io, &d->remove_op, SHARD_REMOVE_LANE, remove_job, d->removing);
}

/* Names. */

static int rename_job(struct file_system *fs, void *context)
{
    const struct shard *shard = context;
    bool any = false;
    LIST_EACH(node, &shard->deletions.renaming) {
        struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        p->delete_error = file_rename(fs, p->segments.directory, p->deleted_as->path);
        /* The longer name may need a block that a full disk has not: the files go at once then. */
        if (p->delete_error == ERR_NO_SPACE)
            p->delete_error = segments_remove_directory(fs, p->segments.directory);
        any = any || p->delete_error == 0;
    }
    return any ? file_sync_directory(fs, shard->log_directory) : 0;
}

static void rename_done(struct io_op *op, const struct io_event *event)
{
    struct shard *shard = CONTAINER_OF(op, struct shard, deletions.rename_op);
    struct deletions *d = &shard->deletions;
    struct list *node;
    ASSERT(!list_empty(&d->renaming));
    if (event->value < 0)
        log_warn(&shard->log, "cannot sync %s: %s; directories of deleted topics may come back",
                 shard->log_directory, result_sentence((int)event->value));
    while ((node = list_pop_front(&d->renaming)) != NULL) {
        struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        if (p->delete_error == 0)
            list_push_back(&d->renamed, &p->deleted_as->node);
        else
            deleted_directory_free(p->deleted_as);
        if (p->delete_error != 0 && p->delete_error != ERR_NOT_FOUND)
            log_warn(&shard->log, "cannot delete %s: %s; it is ignored from now on",
                     p->segments.directory, result_sentence(p->delete_error));
        partition_free(p);
    }
}

static bool is_used(const struct shard *shard, const struct partition *p)
{
    return p->appends_out > 0 || p->trims_out > 0 || p->jobs_out > 0 || p->flushing ||
           p->relogging || !list_empty(&p->watches) || !list_empty(&p->moved_node) ||
           cleaner_uses(&shard->cleaner, p);
}

static void rename_next(struct shard *shard)
{
    struct deletions *d = &shard->deletions;
    LIST_EACH(node, &d->waiting) {
        struct partition *p = LIST_ENTRY(node, struct partition, shard_node);
        if (is_used(shard, p))
            continue;
        p->deleted_as = deleted_directory_new(p);
        list_remove(node);
        list_push_back(&d->renaming, node);
    }
    if (list_empty(&d->renaming))
        return;
    d->rename_op.done = rename_done;
    io_job(shard->io, &d->rename_op, SHARD_RENAME_LANE, rename_job, shard);
}

void deletion_step(struct shard *shard)
{
    struct deletions *d = &shard->deletions;
    if (MUTANT(KEEP_DELETED) && !shard->stopping)
        return;
    if (list_empty(&d->renaming))
        rename_next(shard);
    if (d->removing == NULL)
        remove_next(shard);
}

bool deletion_holds_names(const struct shard *shard)
{
    return !list_empty(&shard->deletions.waiting) || !list_empty(&shard->deletions.renaming);
}

bool deletion_resting(const struct shard *shard)
{
    return !deletion_holds_names(shard) && shard->deletions.removing == NULL;
}
