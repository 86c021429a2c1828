/*
 * Preloaded into the broker: counts the calls of the system's allocator, in a file that the test
 * reads while the broker runs (ODRADEK_ALLOCATIONS names it; 8 bytes, host order).
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *memory);

void *memalign(size_t alignment, size_t size);

static _Atomic uint64_t before; /* until the file is mapped */
static _Atomic uint64_t *counter = &before;

__attribute__((constructor)) static void counter_map(void)
{
    const char *path = getenv("ODRADEK_ALLOCATIONS");
    int file = path == NULL ? -1 : open(path, O_RDWR);
    if (file < 0)
        return;
    void *memory = mmap(NULL, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory != MAP_FAILED)
        counter = memory;
}

static void count(void)
{
    atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

void *malloc(size_t size)
{
    count();
    return __libc_malloc(size);
}

void *calloc(size_t items, size_t size)
{
    count();
    return __libc_calloc(items, size);
}

void *realloc(void *memory, size_t size)
{
    count();
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size)
{
    count();
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
    return memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size)
{
    *memory = memalign(alignment, size);
    return *memory == NULL ? 12 : 0;
}

void free(void *memory)
{
    if (memory != NULL)
        count();
    __libc_free(memory);
}
