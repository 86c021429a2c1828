/* Deadline heap: a 4-ary min-heap of intrusive timers, ordered by deadline, then by insertion. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A timer that is not in a heap has index HEAP_NONE. */
#define HEAP_NONE UINT32_MAX

struct timer {
    uint64_t deadline_ns;
    uint64_t order;
    uint32_t index;
    void (*expired)(struct timer *timer);
};

struct heap {
    struct timer **timers;
    uint32_t count;
    uint32_t capacity;
    uint64_t next_order;
};

/* `capacity` is what it starts with; it doubles when full (rare: the high mark of live timers). */
void heap_init(struct heap *heap, uint32_t capacity);
void heap_fini(struct heap *heap);

void timer_init(struct timer *timer, void (*expired)(struct timer *timer));
static inline bool timer_armed(const struct timer *timer)
{
    return timer->index != HEAP_NONE;
}
/* Arms, or moves when armed already. */
void heap_set(struct heap *heap, struct timer *timer, uint64_t deadline_ns);
/* Does nothing when not armed. */
void heap_cancel(struct heap *heap, struct timer *timer);
/* The earliest deadline, UINT64_MAX when empty. */
uint64_t heap_next(const struct heap *heap);
/* Removes and runs every timer due at `now_ns`; a timer may arm itself again. Returns how many. */
uint32_t heap_run(struct heap *heap, uint64_t now_ns);
