/*
 * Memory that nobody may touch: with the address sanitizer, what a pool has not handed out, so that
 * a use after the return is found as it would be with a system's allocator. Nothing otherwise.
 */
#pragma once

#include <stddef.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define POISON_WITH_ASAN
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define POISON_WITH_ASAN
#endif

#ifdef POISON_WITH_ASAN
#include <sanitizer/asan_interface.h>
#endif

static inline void memory_poison(const void *memory, size_t size)
{
#ifdef POISON_WITH_ASAN
    __asan_poison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}

static inline void memory_unpoison(const void *memory, size_t size)
{
#ifdef POISON_WITH_ASAN
    __asan_unpoison_memory_region(memory, size);
#else
    (void)memory;
    (void)size;
#endif
}
