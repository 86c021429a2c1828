/*
 * Single-producer single-consumer ring of pointers, the only thing two cores share.
 *
 * Producer and consumer indexes live on cache lines of their own, each with a cached copy of the
 * other side's index, so that the uncontended path touches no foreign line. Capacity is fixed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct spsc;

/* `capacity` is a power of two. */
struct spsc *spsc_new(uint32_t capacity);
void spsc_free(struct spsc *ring);

/* Producer. False when full. Everything written before is visible to whoever pops the pointer. */
bool spsc_push(struct spsc *ring, void *item);
/* Consumer. Up to `max` items, in order; returns how many. */
uint32_t spsc_pop(struct spsc *ring, void **items, uint32_t max);
/* Consumer. */
bool spsc_empty(const struct spsc *ring);
