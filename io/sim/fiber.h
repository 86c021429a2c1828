/* Stacks of their own for simulated threads: entered from the world's loop, left when they wait. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct fiber;

/* Its stack is mapped once and used again by each fiber_start. */
struct fiber *fiber_new(void);
/* Not while it is entered. What it was doing is dropped. */
void fiber_free(struct fiber *fiber);
/* The next fiber_enter calls run(context). */
void fiber_start(struct fiber *fiber, void (*run)(void *context), void *context);
/* Runs it until it leaves or ends; true when it has ended. */
bool fiber_enter(struct fiber *fiber);
/* From inside: back to the one who entered. Returns at the next fiber_enter. */
void fiber_leave(struct fiber *fiber);
