/*
 * From one stack to another: what a call must keep is kept, nothing else, and the system is not
 * asked. swapcontext asks it for the signal mask each time, which cost more than all the rest.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) || defined(__aarch64__)
#define FIBER_SWITCH_OWN 1
#else
#include <ucontext.h>
#endif

/* Where somebody stands who is not running. */
struct fiber_place {
#ifdef FIBER_SWITCH_OWN
    void *top; /* of his stack, where his registers lie */
#else
    ucontext_t context;
#endif
};

typedef void fiber_entry_fn(void *context);

/* The first switch to it calls entry(context), which must not return. `bytes` of stack at `stack`,
 * both divisible by 16. */
void fiber_place_init(struct fiber_place *place, uint8_t *stack, size_t bytes,
                      fiber_entry_fn *entry, void *context);
/* Stores where the caller stands and goes on at the other place; returns when somebody switches
 * back. */
void fiber_place_switch(struct fiber_place *from, struct fiber_place *to);
