/*
 * The pending batches of a partition: a ring that doubles when it is full.
 *
 * Growth is logarithmic in the high mark, so a steady load allocates nothing. A list of chunks was
 * rejected: the binary search of tail reads wants an index.
 */
#include "partition/partition.h"

#include "base/assert.h"
#include "base/mem.h"

#define PENDING_CAPACITY_MIN 4

struct pending_batch *pending_at(const struct pending *pending, uint32_t index)
{
    ASSERT(index < pending->count);
    return &pending->ring[(pending->head + index) & (pending->capacity - 1)];
}

uint32_t pending_find(const struct pending *pending, int64_t offset)
{
    uint32_t low = 0;
    uint32_t high = pending->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (pending_at(pending, middle)->last_offset < offset)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void pending_grow(struct pending *pending)
{
    uint32_t capacity = pending->capacity == 0 ? PENDING_CAPACITY_MIN : pending->capacity * 2;
    ASSERT(capacity > pending->capacity);
    struct pending_batch *ring = mem_alloc_array(capacity, sizeof *ring);
    for (uint32_t i = 0; i < pending->count; i++)
        ring[i] = *pending_at(pending, i);
    mem_free(pending->ring);
    pending->ring = ring;
    pending->capacity = capacity;
    pending->head = 0;
}

void pending_push(struct pending *pending, const struct pending_batch *batch)
{
    if (pending->count == pending->capacity)
        pending_grow(pending);
    pending->count++;
    *pending_at(pending, pending->count - 1) = *batch;
}

void pending_pop_front(struct pending *pending, uint32_t count)
{
    ASSERT(count <= pending->count);
    if (count == 0)
        return;
    pending->head = (pending->head + count) & (pending->capacity - 1);
    pending->count -= count;
}

void pending_pop_back(struct pending *pending)
{
    ASSERT(pending->count > 0);
    pending->count--;
}
