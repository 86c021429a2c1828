/*
 * Refused memory: what a simulated process takes from regions, slabs and arenas fails as planned,
 * or by chance, as if a budget were used up. The linker redirects the calls here, as in process.c,
 * so that the real pools pay nothing for it.
 *
 * An arena that has its region to itself (ARENA_WHOLE_REGION) is sized for what is done with it,
 * and left alone.
 */
#include "base/arena.h"
#include "base/slab.h"
#include "io/sim/internal.h"

/* The linker's names. */
void *__wrap_region_take(struct region *region, size_t size);
void *__real_region_take(struct region *region, size_t size);
void *__wrap_slab_alloc(struct slab *slab);
void *__real_slab_alloc(struct slab *slab);
void *__wrap_arena_alloc(struct arena *arena, size_t size);
void *__real_arena_alloc(struct arena *arena, size_t size);
void *__wrap_arena_alloc_array(struct arena *arena, size_t count, size_t size);
void *__real_arena_alloc_array(struct arena *arena, size_t count, size_t size);

static bool refuses(void)
{
    struct sim_host *host = sim_process_host();
    if (host == NULL || host->memory_spared > 0)
        return false;
    host->memory_count++;
    uint64_t number = host->memory_refused_at;
    bool planned = number != 0 && host->memory_count == number;
    if (!planned && !sim_chance(host->sim, host->memory.refuse))
        return false;
    sim_note(host->sim, host, "memory refused");
    return true;
}

/* The host whose pools are left alone until spare_end, or null. */
static struct sim_host *spare_begin(const struct arena *arena)
{
    struct sim_host *host = sim_process_host();
    if (host == NULL || arena->limit != ARENA_WHOLE_REGION)
        return NULL;
    host->memory_spared++;
    return host;
}

static void spare_end(struct sim_host *host)
{
    if (host != NULL)
        host->memory_spared--;
}

void *__wrap_region_take(struct region *region, size_t size)
{
    return refuses() ? NULL : __real_region_take(region, size);
}

void *__wrap_slab_alloc(struct slab *slab)
{
    return refuses() ? NULL : __real_slab_alloc(slab);
}

void *__wrap_arena_alloc(struct arena *arena, size_t size)
{
    struct sim_host *spared = spare_begin(arena);
    void *memory = refuses() ? NULL : __real_arena_alloc(arena, size);
    spare_end(spared);
    return memory;
}

void *__wrap_arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    struct sim_host *spared = spare_begin(arena);
    void *memory = refuses() ? NULL : __real_arena_alloc_array(arena, count, size);
    spare_end(spared);
    return memory;
}

struct sim_memory_options *sim_memory(struct sim_host *host)
{
    return &host->memory;
}

void sim_memory_refuse(struct sim_host *host, uint64_t number)
{
    host->memory_refused_at = number == 0 ? 0 : host->memory_count + number;
}

uint64_t sim_memory_count(const struct sim_host *host)
{
    return host->memory_count;
}
