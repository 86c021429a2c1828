/*
 * Fibers: stacks and who stands where. The sanitizers are told of each switch, or they would take a
 * stack for another's. A page without access below the stack turns an overflow into a fault.
 */
#include "io/sim/fiber.h"

#include <stdint.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "io/sim/fiber_switch.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIBER_ASAN 1
#endif
#if __has_feature(thread_sanitizer)
#define FIBER_TSAN 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define FIBER_ASAN 1
#endif
#if defined(__SANITIZE_THREAD__)
#define FIBER_TSAN 1
#endif
#ifdef FIBER_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif
#ifdef FIBER_TSAN
#include <sanitizer/tsan_interface.h>
#endif

#define STACK_BYTES ((size_t)2 << 20)
#define GUARD_BYTES ((size_t)4096)

struct fiber {
    struct fiber_place here;
    struct fiber_place caller;
    uint8_t *stack;
    void (*run)(void *context);
    void *context;
    bool entered;
    bool ended;
    void *fake_stack; /* the sanitizer's, while it is left */
    const void *caller_bottom;
    size_t caller_size;
    void *race_state; /* the race detector's view of the fiber, and of its caller */
    void *caller_race_state;
};

static void switch_begin(void **fake_stack, const void *bottom, size_t size, void *race_state)
{
#ifdef FIBER_ASAN
    __sanitizer_start_switch_fiber(fake_stack, bottom, size);
#else
    (void)fake_stack;
    (void)bottom;
    (void)size;
#endif
#ifdef FIBER_TSAN
    __tsan_switch_to_fiber(race_state, 0);
#else
    (void)race_state;
#endif
}

static void switch_end(void *fake_stack, const void **bottom, size_t *size)
{
#ifdef FIBER_ASAN
    __sanitizer_finish_switch_fiber(fake_stack, bottom, size);
#else
    (void)fake_stack;
    (void)bottom;
    (void)size;
#endif
}

static void race_state_new(struct fiber *fiber)
{
#ifdef FIBER_TSAN
    if (fiber->race_state != NULL)
        __tsan_destroy_fiber(fiber->race_state);
    fiber->race_state = __tsan_create_fiber(0);
#else
    (void)fiber;
#endif
}

struct fiber *fiber_new(void)
{
    struct fiber *fiber = mem_alloc(sizeof *fiber);
    fiber->stack = mem_map(STACK_BYTES);
    int result = mprotect(fiber->stack, GUARD_BYTES, PROT_NONE);
    ASSERT(result == 0);
    fiber->ended = true;
    return fiber;
}

void fiber_free(struct fiber *fiber)
{
    ASSERT(!fiber->entered);
#ifdef FIBER_TSAN
    if (fiber->race_state != NULL)
        __tsan_destroy_fiber(fiber->race_state);
#endif
    mem_unmap(fiber->stack, STACK_BYTES);
    mem_free(fiber);
}

static void fiber_main(void *context)
{
    struct fiber *fiber = context;
    switch_end(NULL, &fiber->caller_bottom, &fiber->caller_size);
    fiber->run(fiber->context);
    fiber->ended = true;
    switch_begin(NULL, fiber->caller_bottom, fiber->caller_size, fiber->caller_race_state);
    fiber_place_switch(&fiber->here, &fiber->caller);
    UNREACHABLE();
}

/* The last life of the stack may have ended in the middle: the checker's marks of it mean nothing.
 */
static void stack_forget(struct fiber *fiber)
{
#ifdef FIBER_ASAN
    ASAN_UNPOISON_MEMORY_REGION(fiber->stack + GUARD_BYTES, STACK_BYTES - GUARD_BYTES);
#else
    (void)fiber;
#endif
}

void fiber_start(struct fiber *fiber, void (*run)(void *context), void *context)
{
    ASSERT(fiber->ended && !fiber->entered);
    fiber->run = run;
    fiber->context = context;
    fiber->ended = false;
    fiber->fake_stack = NULL;
    race_state_new(fiber);
    fiber_place_init(&fiber->here, fiber->stack + GUARD_BYTES, STACK_BYTES - GUARD_BYTES,
                     fiber_main, fiber);
    stack_forget(fiber);
}

bool fiber_enter(struct fiber *fiber)
{
    ASSERT(!fiber->entered && !fiber->ended);
    void *own_fake_stack = NULL;
    fiber->entered = true;
#ifdef FIBER_TSAN
    fiber->caller_race_state = __tsan_get_current_fiber();
#endif
    switch_begin(&own_fake_stack, fiber->stack + GUARD_BYTES, STACK_BYTES - GUARD_BYTES,
                 fiber->race_state);
    fiber_place_switch(&fiber->caller, &fiber->here);
    switch_end(own_fake_stack, NULL, NULL);
    fiber->entered = false;
    return fiber->ended;
}

void fiber_leave(struct fiber *fiber)
{
    ASSERT(fiber->entered && !fiber->ended);
    switch_begin(&fiber->fake_stack, fiber->caller_bottom, fiber->caller_size,
                 fiber->caller_race_state);
    fiber_place_switch(&fiber->here, &fiber->caller);
    switch_end(fiber->fake_stack, &fiber->caller_bottom, &fiber->caller_size);
}
