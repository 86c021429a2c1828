/*
 * A 4-ary heap: shallow, and its children lie side by side.
 *
 * A run ends at the first timer that was set after it began. That is right only because no such
 * timer can stand before one that was due on entry: heap_set lifts its rank to the run's time, and
 * among equal ranks the later order stands behind.
 */
#include "base/heap.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define HEAP_WAYS 4

void heap_init(struct heap *heap, uint32_t capacity)
{
    ASSERT(capacity > 0);
    *heap = (struct heap){.capacity = capacity};
    heap->timers = mem_alloc_array(capacity, sizeof(struct timer *));
}

void heap_fini(struct heap *heap)
{
    mem_free(heap->timers);
    *heap = (struct heap){0};
}

void timer_init(struct timer *timer, void (*expired)(struct timer *timer))
{
    *timer = (struct timer){.index = HEAP_NONE, .expired = expired};
}

static bool timer_before(const struct timer *a, const struct timer *b)
{
    if (a->rank_ns != b->rank_ns)
        return a->rank_ns < b->rank_ns;
    return a->order < b->order;
}

static void heap_place(struct heap *heap, struct timer *timer, uint32_t index)
{
    heap->timers[index] = timer;
    timer->index = index;
}

/* Whether it has moved; then all below it stand behind it. */
static bool heap_rise(struct heap *heap, struct timer *timer)
{
    uint32_t index = timer->index;
    if (index == 0 || !timer_before(timer, heap->timers[(index - 1) / HEAP_WAYS]))
        return false;
    while (index > 0) {
        uint32_t parent = (index - 1) / HEAP_WAYS;
        if (!timer_before(timer, heap->timers[parent]))
            break;
        heap_place(heap, heap->timers[parent], index);
        index = parent;
    }
    heap_place(heap, timer, index);
    return true;
}

static void heap_sink(struct heap *heap, struct timer *timer)
{
    uint32_t index = timer->index;
    for (;;) {
        uint32_t first = index * HEAP_WAYS + 1;
        if (first >= heap->count)
            break;
        uint32_t best = first;
        uint32_t end = MIN(first + HEAP_WAYS, heap->count);
        for (uint32_t i = first + 1; i < end; i++)
            if (timer_before(heap->timers[i], heap->timers[best]))
                best = i;
        if (!timer_before(heap->timers[best], timer))
            break;
        heap_place(heap, heap->timers[best], index);
        index = best;
    }
    heap_place(heap, timer, index);
}

void heap_set(struct heap *heap, struct timer *timer, uint64_t deadline_ns)
{
    ASSERT(timer->expired != NULL && heap->timers != NULL);
    if (!timer_armed(timer)) {
        if (heap->count == heap->capacity) {
            ASSERT(heap->capacity <= HEAP_NONE / 2);
            size_t old = heap->capacity * sizeof(struct timer *);
            heap->timers = mem_realloc(heap->timers, old, old * 2);
            heap->capacity *= 2;
        }
        heap_place(heap, timer, heap->count++);
    }
    ASSERT(heap->timers[timer->index] == timer);
    timer->deadline_ns = deadline_ns;
    timer->rank_ns = MAX(deadline_ns, heap->run_ns);
    timer->order = heap->next_order++;
    if (!heap_rise(heap, timer))
        heap_sink(heap, timer);
}

void heap_cancel(struct heap *heap, struct timer *timer)
{
    if (!timer_armed(timer))
        return;
    uint32_t index = timer->index;
    ASSERT(index < heap->count && heap->timers[index] == timer);
    struct timer *last = heap->timers[--heap->count];
    timer->index = HEAP_NONE;
    if (last == timer)
        return;
    heap_place(heap, last, index);
    if (!heap_rise(heap, last))
        heap_sink(heap, last);
}

uint32_t heap_run(struct heap *heap, uint64_t now_ns)
{
    ASSERT(heap->run_ns == 0);
    heap->run_ns = now_ns;
    uint64_t order_end = heap->next_order;
    uint32_t count = 0;
    while (heap->count > 0) {
        struct timer *first = heap->timers[0];
        if (first->rank_ns > now_ns || first->order >= order_end)
            break;
        heap_cancel(heap, first);
        first->expired(first);
        count++;
    }
    heap->run_ns = 0;
    return count;
}
