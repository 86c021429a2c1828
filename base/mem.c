/*
 * The system's allocator and mappings, behind one counter.
 *
 * Running out of general memory ends the process with a sentence: these allocations are small and
 * rare, and a broker that cannot make them could not answer either. Everything that clients can
 * make large comes from budgeted regions instead.
 */
#include "base/mem.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/util.h"

static atomic_uint_least64_t mem_count;

static _Noreturn void mem_exhausted(size_t size)
{
    char text[128];
    int len = snprintf(text, sizeof text, "out of memory: the system refused %zu bytes\n", size);
    ssize_t written = write(STDERR_FILENO, text, (size_t)len);
    (void)written;
    abort();
}

void *mem_alloc(size_t size)
{
    atomic_fetch_add_explicit(&mem_count, 1, memory_order_relaxed);
    void *memory = calloc(1, size == 0 ? 1 : size);
    if (memory == NULL)
        mem_exhausted(size);
    return memory;
}

void *mem_alloc_raw(size_t size)
{
    atomic_fetch_add_explicit(&mem_count, 1, memory_order_relaxed);
    void *memory = malloc(size == 0 ? 1 : size);
    if (memory == NULL)
        mem_exhausted(size);
    return memory;
}

void *mem_alloc_array(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        mem_exhausted(SIZE_MAX);
    return mem_alloc(total);
}

void *mem_realloc(void *memory, size_t old_size, size_t new_size)
{
    atomic_fetch_add_explicit(&mem_count, 1, memory_order_relaxed);
    uint8_t *grown = realloc(memory, new_size == 0 ? 1 : new_size);
    if (grown == NULL)
        mem_exhausted(new_size);
    if (new_size > old_size)
        memset(grown + old_size, 0, new_size - old_size);
    return grown;
}

void mem_free(void *memory)
{
    free(memory);
}

void *mem_map(size_t size)
{
    ASSERT(size > 0);
    atomic_fetch_add_explicit(&mem_count, 1, memory_order_relaxed);
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        mem_exhausted(size);
    return memory;
}

void mem_unmap(void *memory, size_t size)
{
    int result = munmap(memory, size);
    ASSERT(result == 0);
}

void *mem_map_raw(size_t size)
{
    return mem_map(size);
}

void mem_unmap_raw(void *memory, size_t size)
{
    mem_unmap(memory, size);
}

void mem_discard(void *memory, size_t size)
{
    int result = madvise(memory, size, MADV_DONTNEED);
    ASSERT(result == 0);
}

void mem_discard_raw(void *memory, size_t size)
{
    mem_discard(memory, size);
}

uint64_t mem_allocations(void)
{
    return atomic_load_explicit(&mem_count, memory_order_relaxed);
}
