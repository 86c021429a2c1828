/*
 * The ring between two cores.
 *
 * Each side owns one index and caches the other's; the cache is refreshed only when the ring looks
 * full or empty. Release on the index publishes the slots, acquire on it makes them visible.
 */
#include "base/spsc.h"

#include <stdatomic.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

/* Two lines, because of the adjacent-line prefetcher. */
#define SPSC_LINE 128

struct spsc {
    _Alignas(SPSC_LINE) atomic_uint head; /* consumer's */
    uint32_t tail_seen;
    _Alignas(SPSC_LINE) atomic_uint tail; /* producer's */
    uint32_t head_seen;
    _Alignas(SPSC_LINE) uint32_t mask;
    size_t size; /* of the mapping */
    /* On lines of their own: the ring shares none with another allocation. */
    _Alignas(SPSC_LINE) void *slots[];
};

struct spsc *spsc_new(uint32_t capacity)
{
    ASSERT(is_power_of_two(capacity));
    size_t size = sizeof(struct spsc) + capacity * sizeof(void *);
    struct spsc *ring = mem_map(size);
    ring->mask = capacity - 1;
    ring->size = size;
    return ring;
}

void spsc_free(struct spsc *ring)
{
    mem_unmap(ring, ring->size);
}

bool spsc_push(struct spsc *ring, void *item)
{
    uint32_t tail = atomic_load_explicit(&ring->tail, memory_order_relaxed);
    if (tail - ring->head_seen > ring->mask) {
        ring->head_seen = atomic_load_explicit(&ring->head, memory_order_acquire);
        if (tail - ring->head_seen > ring->mask)
            return false;
    }
    ring->slots[tail & ring->mask] = item;
    atomic_store_explicit(&ring->tail, tail + 1, memory_order_release);
    return true;
}

uint32_t spsc_pop(struct spsc *ring, void **items, uint32_t max)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    if (ring->tail_seen == head)
        ring->tail_seen = atomic_load_explicit(&ring->tail, memory_order_acquire);
    ASSERT(ring->tail_seen - head <= ring->mask + 1);
    uint32_t count = MIN(ring->tail_seen - head, max);
    for (uint32_t i = 0; i < count; i++)
        items[i] = ring->slots[(head + i) & ring->mask];
    if (count > 0)
        atomic_store_explicit(&ring->head, head + count, memory_order_release);
    return count;
}

bool spsc_empty(const struct spsc *ring)
{
    uint32_t head = atomic_load_explicit(&ring->head, memory_order_relaxed);
    return atomic_load_explicit(&ring->tail, memory_order_acquire) == head;
}
