/* Deadline heap: a 4-ary min-heap of intrusive timers, ordered by deadline, then by insertion. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A timer that is not in a heap has index HEAP_NONE. */
#define HEAP_NONE UINT32_MAX

struct timer {
    uint64_t deadline_ns;
    uint64_t rank_ns; /* the deadline, or the time of the run it was set in when that is later */
    uint64_t order;
    uint32_t index;
    void (*expired)(struct timer *timer);
};

struct heap {
    struct timer **timers;
    uint32_t count;
    uint32_t capacity;
    uint64_t next_order;
    uint64_t run_ns; /* heap_run's `now_ns` while it runs, else 0 */
};

/* `capacity` is what it starts with; it doubles when full (rare: the high mark of live timers). */
void heap_init(struct heap *heap, uint32_t capacity);
void heap_fini(struct heap *heap);

void timer_init(struct timer *timer, void (*expired)(struct timer *timer));
static inline bool timer_armed(const struct timer *timer)
{
    return timer->index != HEAP_NONE;
}
/* Arms, or moves when armed already. What a callback of heap_run sets to a deadline that has passed
 * stands in line as if due at that run's `now_ns`: it cannot push itself before what is due there.
 */
void heap_set(struct heap *heap, struct timer *timer, uint64_t deadline_ns);
/* Does nothing when not armed. */
void heap_cancel(struct heap *heap, struct timer *timer);
/* The deadline of the timer that fires first, UINT64_MAX when empty. */
static inline uint64_t heap_next(const struct heap *heap)
{
    return heap->count == 0 ? UINT64_MAX : heap->timers[0]->deadline_ns;
}
/* Removes and runs every timer that was due at `now_ns` on entry, in order, and returns how many. A
 * callback may set and cancel any timer, its own too; what it makes due waits for the next run. */
uint32_t heap_run(struct heap *heap, uint64_t now_ns);
