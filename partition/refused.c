/*
 * A small ring that is searched from end to end: there is something in it only while a disk is in
 * trouble or shortly after, and then only producers that are not known are looked for.
 */
#include "partition/refused.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "partition/partition.h"

/* Half of all sequence numbers are later than a given one. */
#define SEQUENCES_LATER (1 << 30)

void refused_init(struct refused *refused)
{
    *refused = (struct refused){0};
}

void refused_fini(struct refused *refused)
{
    mem_free(refused->entries);
    refused_init(refused);
}

static struct refused_entry *entry_at(const struct refused *refused, uint32_t number)
{
    ASSERT(number <= refused->count);
    return &refused->entries[(refused->head + number) % REFUSED_MAX];
}

/* Its number, or the count. */
static uint32_t entry_find(const struct refused *refused, const struct partition *p,
                           int64_t producer_id)
{
    uint32_t i = 0;
    for (; i < refused->count; i++) {
        const struct refused_entry *entry = entry_at(refused, i);
        if (entry->producer_id == producer_id && entry->index == p->index &&
            uuid_equal(entry->topic_id, p->topic_id))
            break;
    }
    return i;
}

static bool is_later(int32_t sequence, int32_t than)
{
    uint32_t ahead = ((uint32_t)sequence - (uint32_t)than) & INT32_MAX;
    return ahead > 0 && ahead < SEQUENCES_LATER;
}

void refused_note(struct refused *refused, const struct partition *p,
                  const struct producer_batch *batch)
{
    ASSERT(batch->producer_id >= 0);
    uint32_t number = entry_find(refused, p, batch->producer_id);
    if (number < refused->count && entry_at(refused, number)->epoch == batch->epoch &&
        !is_later(entry_at(refused, number)->first_sequence, batch->first_sequence))
        return;
    if (refused->entries == NULL)
        refused->entries = mem_alloc_array(REFUSED_MAX, sizeof *refused->entries);
    if (number == REFUSED_MAX) {
        refused->head = (refused->head + 1) % REFUSED_MAX;
        number--;
    } else if (number == refused->count) {
        refused->count++;
    }
    *entry_at(refused, number) = (struct refused_entry){
        .topic_id = p->topic_id,
        .index = p->index,
        .first_sequence = batch->first_sequence,
        .producer_id = batch->producer_id,
        .epoch = batch->epoch,
    };
}

bool refused_bars(const struct refused *refused, const struct partition *p,
                  const struct producer_batch *batch)
{
    uint32_t number = entry_find(refused, p, batch->producer_id);
    if (number == refused->count || MUTANT(FORGET_REFUSED))
        return false;
    const struct refused_entry *entry = entry_at(refused, number);
    return entry->epoch == batch->epoch && is_later(batch->first_sequence, entry->first_sequence);
}

void refused_forget(struct refused *refused, const struct partition *p, int64_t producer_id)
{
    uint32_t number = entry_find(refused, p, producer_id);
    if (number == refused->count)
        return;
    for (; number + 1 < refused->count; number++)
        *entry_at(refused, number) = *entry_at(refused, number + 1);
    refused->count--;
}
