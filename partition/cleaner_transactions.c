/*
 * The open transactions stand in an array that is searched from end to end: they are as many as
 * there are transactional producers at work at one point of the log.
 */
#include "partition/cleaner_transactions.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/mem.h"

void cleaner_transactions_init(struct cleaner_transactions *t, const struct aborted_entry *aborted,
                               uint32_t count)
{
    *t = (struct cleaner_transactions){.aborted = aborted, .aborted_count = count};
    aborted_init(&t->kept);
}

void cleaner_transactions_fini(struct cleaner_transactions *t)
{
    mem_free(t->open);
    aborted_fini(&t->kept);
    *t = (struct cleaner_transactions){0};
}

static int first_offset_order(const void *left, const void *right)
{
    const struct aborted_entry *a = left;
    const struct aborted_entry *b = right;
    return (a->first_offset > b->first_offset) - (a->first_offset < b->first_offset);
}

void cleaner_transactions_sort(struct aborted_entry *aborted, uint32_t count)
{
    if (count > 1)
        qsort(aborted, count, sizeof *aborted, first_offset_order);
}

static struct cleaner_open_transaction *find_open(struct cleaner_transactions *t,
                                                  int64_t producer_id, bool aborted)
{
    for (uint32_t i = 0; i < t->open_count; i++)
        if (t->open[i].entry.producer_id == producer_id && t->open[i].aborted == aborted)
            return &t->open[i];
    return NULL;
}

static struct cleaner_open_transaction *add_open(struct cleaner_transactions *t,
                                                 const struct aborted_entry *entry, bool aborted)
{
    t->open = mem_grow(t->open, t->open_count, &t->open_capacity, sizeof *t->open);
    struct cleaner_open_transaction *open = &t->open[t->open_count++];
    *open = (struct cleaner_open_transaction){*entry, aborted, false};
    return open;
}

static void drop_open(struct cleaner_transactions *t, struct cleaner_open_transaction *open)
{
    ASSERT(t->open_count > 0 && open >= t->open && open < t->open + t->open_count);
    *open = t->open[--t->open_count];
}

/* Aborted transactions begin with their first offset. */
static void begin_up_to(struct cleaner_transactions *t, int64_t offset)
{
    while (t->aborted_next < t->aborted_count &&
           t->aborted[t->aborted_next].first_offset <= offset) {
        const struct aborted_entry *entry = &t->aborted[t->aborted_next++];
        if (find_open(t, entry->producer_id, true) == NULL)
            (void)add_open(t, entry, true);
    }
}

bool cleaner_transactions_data(struct cleaner_transactions *t, const uint8_t *batch)
{
    begin_up_to(t, batch_last_offset(batch));
    if (!batch_is_transactional(batch))
        return false;
    int64_t producer_id = batch_producer_id(batch);
    struct cleaner_open_transaction *open = find_open(t, producer_id, true);
    if (open == NULL)
        open = find_open(t, producer_id, false);
    if (open == NULL)
        open = add_open(t, &(struct aborted_entry){.producer_id = producer_id}, false);
    open->seen = true;
    return open->aborted;
}

bool cleaner_transactions_marker(struct cleaner_transactions *t, const uint8_t *batch, int type)
{
    begin_up_to(t, batch_last_offset(batch));
    if (type < 0)
        return true; /* it lost its record before */
    if (type != CONTROL_ABORT && type != CONTROL_COMMIT)
        return false;
    struct cleaner_open_transaction *open =
        find_open(t, batch_producer_id(batch), type == CONTROL_ABORT);
    if (open == NULL)
        return true;
    bool seen = open->seen;
    if (seen && open->aborted)
        aborted_add(&t->kept, &open->entry);
    drop_open(t, open);
    return !seen;
}
