/*
 * The core's side of a partition's segments: a list in offset order, and what jobs are told and
 * report. Nothing here touches a file.
 *
 * A write is all or nothing for the list. A failed one leaves it as it was, and marks that the next
 * write starts a segment of its own: the bytes behind the last one's synced end are in doubt and
 * are never read, since readers stop at synced_bytes and recovery at the next base offset.
 */
#include "partition/segments.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/read_files.h"

void segments_init(struct segments *s, struct file_system *fs, const char *directory,
                   const struct log *log)
{
    *s = (struct segments){.fs = fs, .directory = mem_copy_string(directory), .log = log};
    list_init(&s->list);
}

void segments_fini(struct segments *s)
{
    struct list *node;
    while ((node = list_pop_front(&s->list)) != NULL) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        ASSERT(segment->holds == 0);
        read_file_leave(segment);
        mem_free(segment);
    }
    mem_free(s->directory);
    s->directory = NULL;
    s->count = 0;
}

struct segment *segments_first(const struct segments *s)
{
    return LIST_FIRST(&s->list, struct segment, node);
}

struct segment *segments_last(const struct segments *s)
{
    return list_empty(&s->list) ? NULL : LIST_ENTRY(s->list.prev, struct segment, node);
}

struct segment *segments_find(const struct segments *s, int64_t offset)
{
    /* From the end: most readers are near it. */
    for (struct list *node = s->list.prev; node != &s->list; node = node->prev) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        if (segment->base_offset <= offset)
            return segment;
    }
    return NULL;
}

void segment_hold(struct segment *segment)
{
    segment->holds++;
}

void segment_drop(struct segments *s, struct segment *segment)
{
    (void)s;
    ASSERT(segment->holds > 0);
    segment->holds--;
    if (segment->removed && segment->holds == 0)
        mem_free(segment);
}

void segments_write_begin(struct segments *s, struct segment_write *w)
{
    const struct segment *last = segments_last(s);
    ASSERT(w->segments == s);
    w->error = 0;
    w->created_count = 0;
    w->written = 0;
    w->make_directory = !s->directory_made;
    w->clear_strays = s->write_failed;
    w->tail_valid = last != NULL;
    if (last != NULL)
        w->tail = *last;
    if (s->write_failed)
        w->roll = true;
    ASSERT(last == NULL || w->batch_count == 0 || w->batches[0].base_offset >= last->end_offset);
}

/* The job wrote on in the last segment. */
static void segment_take_tail(struct segment *last, const struct segment *tail)
{
    ASSERT(last->base_offset == tail->base_offset && last->synced_bytes <= tail->synced_bytes);
    last->end_offset = tail->end_offset;
    last->synced_bytes = tail->synced_bytes;
    last->max_timestamp = tail->max_timestamp;
    last->max_timestamp_offset = tail->max_timestamp_offset;
    last->first_timestamp = tail->first_timestamp;
    last->created_ms = tail->created_ms;
    last->modified_ms = tail->modified_ms;
    last->index = tail->index;
}

/* An empty segment gave way to a new one of the same name. */
static void segments_drop_empty(struct segments *s, struct segment *last)
{
    ASSERT(last->synced_bytes == 0 && !last->removed);
    list_remove(&last->node);
    s->count--;
    last->removed = true;
    read_file_leave(last);
    segment_hold(last);
    segment_drop(s, last);
}

static void segments_take_created(struct segments *s, const struct segment *created)
{
    struct segment *last = segments_last(s);
    if (last != NULL && last->base_offset == created->base_offset)
        segments_drop_empty(s, last);
    last = segments_last(s);
    ASSERT(s->list.prev != NULL && (last == NULL || last->end_offset <= created->base_offset));
    if (last != NULL)
        last->end_offset = created->base_offset;
    struct segment *segment = mem_alloc(sizeof *segment);
    *segment = *created;
    list_push_back(&s->list, &segment->node);
    s->count++;
}

void segments_write_end(struct segments *s, struct segment_write *w)
{
    struct segment *last = segments_last(s);
    bool rolled = w->batch_count == 0 && w->roll_offset > 0;
    if (w->batch_count == 0 && !rolled)
        return;
    if (w->error != 0) {
        s->write_failed = true;
        if (last != NULL)
            last->cut = true;
        return;
    }
    ASSERT((w->written > 0 || rolled) && w->created_count <= SEGMENT_WRITE_NEW_MAX);
    s->write_failed = false;
    s->directory_made = true;
    if (w->tail_valid)
        segment_take_tail(last, &w->tail);
    for (uint32_t i = 0; i < w->created_count; i++)
        segments_take_created(s, &w->created[i]);
}

void segments_replace(struct segments *s, const struct segment *segment, uint32_t count)
{
    struct segment *old = segments_find(s, segment->base_offset);
    ASSERT(old != NULL && old->base_offset == segment->base_offset && count > 0);
    struct segment *replacement = mem_alloc(sizeof *replacement);
    *replacement = *segment;
    struct list *before = old->node.prev;
    for (uint32_t i = 0; i < count; i++) {
        old = LIST_ENTRY(before->next, struct segment, node);
        ASSERT(&old->node != &s->list && old != segments_last(s) && old->swapping);
        /* When the log was written stays as it was, as in Kafka. */
        replacement->created_ms = old->created_ms;
        replacement->modified_ms = old->modified_ms;
        replacement->written_ns = old->written_ns;
        list_remove(&old->node);
        old->swapping = false;
        old->removed = old->replaced = true;
        if (MUTANT(READ_REPLACED_FILE) && i == 0 && old->read_file != NULL) {
            replacement->read_file = old->read_file;
            replacement->read_file->segment = replacement;
            old->read_file = NULL;
        }
        read_file_leave(old);
        segment_hold(old);
        segment_drop(s, old);
    }
    ASSERT(LIST_ENTRY(before->next, struct segment, node)->base_offset == segment->end_offset);
    list_push_front(before, &replacement->node);
    s->count -= count - 1;
    s->replacements++;
}

uint32_t segments_cut_front(struct segments *s, int64_t offset, struct list *removed)
{
    uint32_t count = 0;
    while (s->count > 1) {
        struct segment *first = segments_first(s);
        if (first->end_offset > offset || first->swapping)
            break;
        list_remove(&first->node);
        s->count--;
        first->removed = true;
        read_file_leave(first);
        segment_hold(first);
        list_push_back(removed, &first->node);
        count++;
    }
    return count;
}

uint32_t segments_take_unheld(struct list *removed, uint64_t written, struct list *ready)
{
    uint32_t count = 0;
    LIST_EACH(node, removed) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        ASSERT(segment->removed && segment->holds > 0);
        /* In order, so that the oldest goes first and no hole appears. */
        if (segment->holds > 1 || segment->removed_after > written)
            break;
        list_remove(node);
        list_push_back(ready, node);
        count++;
    }
    return count;
}

void segments_remove_end(struct segments *s, struct list *ready)
{
    struct list *node;
    while ((node = list_pop_front(ready)) != NULL)
        segment_drop(s, LIST_ENTRY(node, struct segment, node));
}
