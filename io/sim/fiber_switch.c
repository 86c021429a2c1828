/*
 * The registers that a called function must keep, pushed on the stack that is left and popped from
 * the one that is entered. The two processors we know, and ucontext for the others.
 *
 * A new stack looks as if it had been left by a switch that returns to fiber_begin, with the entry
 * and its argument in kept registers. The return address above is 0: there a backtrace ends.
 */
#include "io/sim/fiber_switch.h"

#include <string.h>

#include "base/assert.h"

#ifdef FIBER_SWITCH_OWN

/* Named for the assembler. */
void sim_fiber_switch(void **from, void *to);
void sim_fiber_begin(void);

#ifdef __x86_64__

#define FRAME_WORDS 8 /* r15, r14, r13, r12, rbx, rbp, return address, 0 */
#define FRAME_ENTRY 0
#define FRAME_CONTEXT 1
#define FRAME_RETURN 6

__asm__(".text\n"
        ".p2align 4\n"
        ".globl sim_fiber_switch\n"
        ".type sim_fiber_switch, @function\n"
        "sim_fiber_switch:\n"
        "    pushq %rbp\n"
        "    pushq %rbx\n"
        "    pushq %r12\n"
        "    pushq %r13\n"
        "    pushq %r14\n"
        "    pushq %r15\n"
        "    movq %rsp, (%rdi)\n"
        "    movq %rsi, %rsp\n"
        "    popq %r15\n"
        "    popq %r14\n"
        "    popq %r13\n"
        "    popq %r12\n"
        "    popq %rbx\n"
        "    popq %rbp\n"
        "    ret\n"
        ".size sim_fiber_switch, .-sim_fiber_switch\n"
        ".globl sim_fiber_begin\n"
        ".type sim_fiber_begin, @function\n"
        "sim_fiber_begin:\n"
        "    movq %r14, %rdi\n"
        "    jmpq *%r15\n"
        ".size sim_fiber_begin, .-sim_fiber_begin\n");

#else

#define FRAME_WORDS 20 /* x19 to x28, x29, x30 (the return address), d8 to d15 */
#define FRAME_ENTRY 0
#define FRAME_CONTEXT 1
#define FRAME_RETURN 11

__asm__(".text\n"
        ".p2align 4\n"
        ".globl sim_fiber_switch\n"
        ".type sim_fiber_switch, %function\n"
        "sim_fiber_switch:\n"
        "    sub sp, sp, #160\n"
        "    stp x19, x20, [sp, #0]\n"
        "    stp x21, x22, [sp, #16]\n"
        "    stp x23, x24, [sp, #32]\n"
        "    stp x25, x26, [sp, #48]\n"
        "    stp x27, x28, [sp, #64]\n"
        "    stp x29, x30, [sp, #80]\n"
        "    stp d8, d9, [sp, #96]\n"
        "    stp d10, d11, [sp, #112]\n"
        "    stp d12, d13, [sp, #128]\n"
        "    stp d14, d15, [sp, #144]\n"
        "    mov x9, sp\n"
        "    str x9, [x0]\n"
        "    mov sp, x1\n"
        "    ldp x19, x20, [sp, #0]\n"
        "    ldp x21, x22, [sp, #16]\n"
        "    ldp x23, x24, [sp, #32]\n"
        "    ldp x25, x26, [sp, #48]\n"
        "    ldp x27, x28, [sp, #64]\n"
        "    ldp x29, x30, [sp, #80]\n"
        "    ldp d8, d9, [sp, #96]\n"
        "    ldp d10, d11, [sp, #112]\n"
        "    ldp d12, d13, [sp, #128]\n"
        "    ldp d14, d15, [sp, #144]\n"
        "    add sp, sp, #160\n"
        "    ret\n"
        ".size sim_fiber_switch, .-sim_fiber_switch\n"
        ".globl sim_fiber_begin\n"
        ".type sim_fiber_begin, %function\n"
        "sim_fiber_begin:\n"
        "    mov x0, x20\n"
        "    mov x30, xzr\n"
        "    br x19\n"
        ".size sim_fiber_begin, .-sim_fiber_begin\n");

#endif

void fiber_place_init(struct fiber_place *place, uint8_t *stack, size_t bytes,
                      fiber_entry_fn *entry, void *context)
{
    uintptr_t frame[FRAME_WORDS] = {0};
    ASSERT((uintptr_t)stack % 16 == 0 && bytes % 16 == 0 && bytes > sizeof frame);
    frame[FRAME_ENTRY] = (uintptr_t)entry;
    frame[FRAME_CONTEXT] = (uintptr_t)context;
    frame[FRAME_RETURN] = (uintptr_t)sim_fiber_begin;
    place->top = stack + bytes - sizeof frame;
    memcpy(place->top, frame, sizeof frame);
}

void fiber_place_switch(struct fiber_place *from, struct fiber_place *to)
{
    sim_fiber_switch(&from->top, to->top);
}

#else

/* makecontext passes ints only. */
static void fiber_begin(unsigned entry_high, unsigned entry_low, unsigned high, unsigned low)
{
    fiber_entry_fn *entry =
        (fiber_entry_fn *)(uintptr_t)(((uint64_t)entry_high << 32) | (uint64_t)entry_low);
    entry((void *)(uintptr_t)(((uint64_t)high << 32) | (uint64_t)low));
}

void fiber_place_init(struct fiber_place *place, uint8_t *stack, size_t bytes,
                      fiber_entry_fn *entry, void *context)
{
    uint64_t run = (uint64_t)(uintptr_t)entry;
    uint64_t argument = (uint64_t)(uintptr_t)context;
    int result = getcontext(&place->context);
    ASSERT(result == 0);
    place->context.uc_stack.ss_sp = stack;
    place->context.uc_stack.ss_size = bytes;
    place->context.uc_link = NULL;
    makecontext(&place->context, (void (*)(void))(uintptr_t)fiber_begin, 4, (unsigned)(run >> 32),
                (unsigned)(run & UINT32_MAX), (unsigned)(argument >> 32),
                (unsigned)(argument & UINT32_MAX));
}

void fiber_place_switch(struct fiber_place *from, struct fiber_place *to)
{
    int result = swapcontext(&from->context, &to->context);
    ASSERT(result == 0);
}

#endif
