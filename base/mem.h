/*
 * Where memory comes from: the only module that calls malloc or mmap.
 *
 * General allocations (mem_*) serve start-up and rare events: topic images, names, configuration.
 * The hot path takes from slabs, regions and arenas, which are mapped at start and sized by the
 * budget. mem_allocations() lets a test prove that steady load allocates nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

/* Zeroed memory, never null: the process ends with a sentence when the system has none left.
 * Sizes that derive from input must be bounded by the caller. Free with mem_free (null is fine). */
void *mem_alloc(size_t size);
void *mem_alloc_array(size_t count, size_t size);
/* As mem_alloc, but what stands in it is not said: for buffers that are filled before they are
 * read, and may be large. */
void *mem_alloc_raw(size_t size);
/* Grows or shrinks; new bytes are zeroed. */
void *mem_realloc(void *memory, size_t old_size, size_t new_size);
/* Makes room for one element more behind `count` of `size` bytes, doubling an array that is full:
 * where the array is now. `*capacity` is in elements. */
void *mem_grow(void *array, uint32_t count, uint32_t *capacity, size_t size);
void mem_free(void *memory);
/* NUL-terminated copies. */
char *mem_copy_string(const char *text);
char *mem_copy_bytes(struct bytes text);

/* Page-aligned, zeroed, not resident until touched. Ends the process on failure. */
void *mem_map(size_t size);
void mem_unmap(void *memory, size_t size);
/* The same, but what stands in it is not said; back by mem_unmap_raw. The simulator hands out what
 * another life of a process has left: only memory for pools and buffers may come from here. */
void *mem_map_raw(size_t size);
void mem_unmap_raw(void *memory, size_t size);
/* Gives the pages back to the system; they read as zero afterwards. */
void mem_discard(void *memory, size_t size);
/* The same, but what stands in it then is not said: the simulator keeps it as it is. */
void mem_discard_raw(void *memory, size_t size);

/* How often this process has called the system's allocator. */
uint64_t mem_allocations(void);
