/*
 * base/mem.h over ranges of addresses that are reserved once: one for blocks, which have their
 * class in front, one for mappings, and one for each power of two for raw mappings. All are taken
 * from the front on; what is freed waits for one of its class, or a mapping of its size. The linker
 * takes these functions for those of base/mem.c, which it then leaves in its library.
 *
 * How far a range was ever touched is known: beyond that the system's zeros are still there. Raw
 * mappings are pools, used from their front on. So those of a size lie where those of that size lay
 * in the seeds before, and find there what the system has already given.
 */
#include "tools/sim/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define BLOCKS_BYTES ((size_t)16 << 30)
#define MAPS_BYTES ((size_t)16 << 30)
#define RAW_SMALL_BYTES ((size_t)1 << 30) /* of each class */
#define RAW_POOLS_BYTES ((size_t)8 << 30)
#define LARGE_PAGES_BYTES ((size_t)64 << 20)
#define PAGE ((size_t)4096)
#define BLOCK_HEADER ((size_t)16)
/* From here on the system makes the zeros: of a large block, and of a mapping sooner, as mappings
 * are hardly touched. */
#define WIPE_BLOCK_MAX ((size_t)1 << 20)
#define WIPE_MAP_MAX ((size_t)128 << 10)

/* Classes: steps of 16 bytes up to FINE_MAX, then eight to each power of two. */
#define FINE_BITS 10
#define FINE_MAX ((size_t)1 << FINE_BITS)
#define FINE_CLASSES (FINE_MAX / 16)
#define CLASSES (FINE_CLASSES + 8 * (40 - FINE_BITS) + 1)

/* Raw mappings: the power of two, from a page on. Those of POOL_BITS_MIN and more are the pools of
 * a core, which differ from seed to seed in their size and hardly in their order: one class for all
 * up to 32 MiB. */
#define RAW_BITS_MIN 12
#define POOL_BITS_MIN 19
#define POOL_BITS 25
#define RAW_BITS_MAX 31
#define POOL_CLASS (POOL_BITS_MIN - RAW_BITS_MIN)
#define RAW_CLASSES (POOL_CLASS + RAW_BITS_MAX - POOL_BITS + 1)

struct range {
    uint8_t *next;
    uint8_t *end;
    uint8_t *touched; /* never anything behind it */
    size_t wipe_max;
};

struct block {
    union {
        struct block *next; /* while it is free */
        uint64_t class_number;
    };
    uint64_t unused;
};

_Static_assert(sizeof(struct block) == BLOCK_HEADER, "data stays aligned");

/* At the front of a free mapping. */
struct gap {
    struct gap *next;
    size_t size;
};

/* An allocator's state cannot be handed to those who call it, so it is a variable. A process of
 * the simulator has one thread. */
static struct heap_state {
    struct range blocks;
    struct range maps;
    struct block *free[CLASSES];
    struct gap *gaps;
    struct raw_class {
        struct range range;
        uint8_t *mark;
        struct gap *gaps;
    } raw[RAW_CLASSES];
    uint64_t count;
    uint8_t *blocks_mark;
    uint8_t *maps_mark;
} heap;

static _Noreturn void heap_exhausted(size_t size)
{
    fprintf(stderr, "out of memory: no room for %zu bytes\n", size);
    abort();
}

static struct range range_reserve(size_t size, size_t wipe_max)
{
    uint8_t *memory = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED)
        heap_exhausted(size);
    return (struct range){memory, memory + size, memory, wipe_max};
}

static void heap_reserve(void)
{
    heap.blocks = range_reserve(BLOCKS_BYTES, WIPE_BLOCK_MAX);
    heap.maps = range_reserve(MAPS_BYTES, WIPE_MAP_MAX);
    for (unsigned i = 0; i < RAW_CLASSES; i++)
        heap.raw[i].range = range_reserve(i < POOL_CLASS ? RAW_SMALL_BYTES : RAW_POOLS_BYTES, 0);
    /* Refused where there are none; then it is slower. */
    (void)madvise(heap.blocks.next, LARGE_PAGES_BYTES, MADV_HUGEPAGE); /* NOLINT */
}

/* Makes zeros of what may have been touched. */
static void wipe(uint8_t *memory, size_t size, size_t by_hand_max)
{
    uint8_t *first = (uint8_t *)round_up((uintptr_t)memory, PAGE);
    uint8_t *end = (uint8_t *)((uintptr_t)(memory + size) / PAGE * PAGE);
    if (size <= by_hand_max) {
        memset(memory, 0, size);
        return;
    }
    memset(memory, 0, (size_t)(first - memory));
    mem_discard(first, (size_t)(end - first));
    memset(end, 0, (size_t)(memory + size - end));
}

static uint8_t *range_take(struct range *range, size_t size, bool zero)
{
    uint8_t *memory = range->next;
    if (size > (size_t)(range->end - memory))
        heap_exhausted(size);
    range->next += size;
    if (zero && memory < range->touched)
        wipe(memory, MIN(size, (size_t)(range->touched - memory)), range->wipe_max);
    range->touched = MAX(range->touched, range->next);
    return memory;
}

/* Blocks. */

static uint64_t class_of(size_t *size)
{
    if (*size <= FINE_MAX) {
        *size = round_up(*size, 16);
        return *size / 16;
    }
    unsigned bits = 63 - (unsigned)__builtin_clzll(*size - 1);
    uint64_t low = (uint64_t)1 << bits;
    uint64_t steps = (*size - low + low / 8 - 1) / (low / 8);
    *size = low + steps * (low / 8);
    uint64_t class_number = FINE_CLASSES + 8 * (bits - FINE_BITS) + steps;
    if (class_number >= CLASSES)
        heap_exhausted(*size);
    return class_number;
}

static void *block_take(size_t wanted, bool zero)
{
    if (wanted > BLOCKS_BYTES / 2)
        heap_exhausted(wanted);
    size_t size = wanted + BLOCK_HEADER;
    uint64_t class_number = class_of(&size);
    struct block *block = heap.free[class_number];
    if (heap.blocks.end == NULL)
        heap_reserve();
    heap.count++;
    if (block != NULL) {
        heap.free[class_number] = block->next;
        if (zero)
            wipe((uint8_t *)(block + 1), wanted, WIPE_BLOCK_MAX);
    } else {
        block = (struct block *)(void *)range_take(&heap.blocks, size, zero);
    }
    block->class_number = class_number;
    return block + 1;
}

void *mem_alloc(size_t size)
{
    return block_take(size, true);
}

void *mem_alloc_raw(size_t size)
{
    return block_take(size, false);
}

void *mem_alloc_array(size_t count, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(count, size, &total))
        heap_exhausted(SIZE_MAX);
    return mem_alloc(total);
}

void mem_free(void *memory)
{
    if (memory == NULL)
        return;
    struct block *block = (struct block *)memory - 1;
    uint64_t class_number = block->class_number;
    ASSERT(class_number > 0 && class_number < CLASSES);
    block->next = heap.free[class_number];
    heap.free[class_number] = block;
}

void *mem_realloc(void *memory, size_t old_size, size_t new_size)
{
    size_t size = new_size + BLOCK_HEADER;
    if (memory != NULL && class_of(&size) == ((struct block *)memory - 1)->class_number) {
        if (new_size > old_size)
            memset((uint8_t *)memory + old_size, 0, new_size - old_size);
        return memory;
    }
    uint8_t *grown = mem_alloc_raw(new_size);
    ASSERT(memory != NULL || old_size == 0);
    size_t kept = MIN(old_size, new_size);
    if (memory != NULL)
        memcpy(grown, memory, kept);
    memset(grown + kept, 0, new_size - kept);
    mem_free(memory);
    return grown;
}

/* Mappings. */

/* The first of this size, or null. */
static struct gap *gap_take(struct gap **gaps, size_t size)
{
    for (struct gap **at = gaps; *at != NULL; at = &(*at)->next) {
        struct gap *gap = *at;
        if (gap->size != size)
            continue;
        *at = gap->next;
        return gap;
    }
    return NULL;
}

static void gap_put(struct gap **gaps, void *memory, size_t size)
{
    struct gap *gap = memory;
    *gap = (struct gap){*gaps, size};
    *gaps = gap;
}

static size_t map_size(size_t size)
{
    ASSERT(size > 0);
    if (heap.blocks.end == NULL)
        heap_reserve();
    return round_up(size, PAGE);
}

void *mem_map(size_t size)
{
    size = map_size(size);
    heap.count++;
    struct gap *gap = gap_take(&heap.gaps, size);
    if (gap == NULL)
        return range_take(&heap.maps, size, true);
    wipe((uint8_t *)gap, size, WIPE_MAP_MAX);
    return gap;
}

void mem_unmap(void *memory, size_t size)
{
    size = round_up(size, PAGE);
    /* Its owner may have forbidden a page of it. */
    int result = mprotect(memory, size, PROT_READ | PROT_WRITE);
    ASSERT(result == 0);
    gap_put(&heap.gaps, memory, size);
}

static struct raw_class *raw_class_of(size_t *size)
{
    unsigned bits = *size <= PAGE ? RAW_BITS_MIN : 64 - (unsigned)__builtin_clzll(*size - 1);
    if (bits >= POOL_BITS_MIN)
        bits = MAX(bits, POOL_BITS);
    if (bits > RAW_BITS_MAX)
        heap_exhausted(*size);
    *size = (size_t)1 << bits;
    return &heap.raw[bits < POOL_BITS ? bits - RAW_BITS_MIN : bits - POOL_BITS + POOL_CLASS];
}

void *mem_map_raw(size_t size)
{
    size = map_size(size);
    heap.count++;
    struct raw_class *raw = raw_class_of(&size);
    struct gap *gap = gap_take(&raw->gaps, size);
    return gap != NULL ? (void *)gap : range_take(&raw->range, size, false);
}

void mem_unmap_raw(void *memory, size_t size)
{
    struct raw_class *raw = raw_class_of(&size);
    gap_put(&raw->gaps, memory, size);
}

void mem_discard(void *memory, size_t size)
{
    int result = madvise(memory, size, MADV_DONTNEED);
    ASSERT(result == 0);
}

void mem_discard_raw(void *memory, size_t size)
{
    (void)memory;
    (void)size;
}

uint64_t mem_allocations(void)
{
    return heap.count;
}

/* The whole. */

static void heap_forget(void)
{
    memset(heap.free, 0, sizeof heap.free);
    heap.gaps = NULL;
    for (unsigned i = 0; i < RAW_CLASSES; i++)
        heap.raw[i].gaps = NULL;
}

bool heap_returns(void)
{
    return true;
}

void heap_mark(void)
{
    heap_forget();
    heap.blocks_mark = heap.blocks.next;
    heap.maps_mark = heap.maps.next;
    for (unsigned i = 0; i < RAW_CLASSES; i++)
        heap.raw[i].mark = heap.raw[i].range.next;
}

void heap_reset(void)
{
    ASSERT(heap.blocks_mark != NULL);
    heap_forget();
    heap.blocks.next = heap.blocks_mark;
    heap.maps.next = heap.maps_mark;
    for (unsigned i = 0; i < RAW_CLASSES; i++)
        heap.raw[i].range.next = heap.raw[i].mark;
    int result = mprotect(heap.maps_mark, (size_t)(heap.maps.touched - heap.maps_mark),
                          PROT_READ | PROT_WRITE);
    ASSERT(result == 0);
}
