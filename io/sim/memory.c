/*
 * The memory of simulated processes.
 *
 * Refused memory: what a simulated process takes from regions, slabs and arenas fails as planned,
 * or by chance, as if a budget were used up. The linker redirects the calls here, as in process.c,
 * so that the real pools pay nothing for it.
 *
 * An arena that has its region to itself (ARENA_WHOLE_REGION) is sized for what is done with it,
 * and left alone.
 *
 * Recycled memory: a process that is killed leaves its pools behind, and the next one on the host
 * takes over the mappings of their sizes, as they are. Mapping them anew, page by page, would cost
 * more than all else that a start does. Whoever reads what he has not written there makes two runs
 * of a seed differ.
 */
#include "base/arena.h"
#include "base/assert.h"
#include "base/mem.h"
#include "base/poison.h"
#include "base/slab.h"
#include "io/sim/internal.h"

/* The linker's names. */
void *__wrap_mem_map_raw(size_t size);
void *__real_mem_map_raw(size_t size);
void __wrap_mem_unmap_raw(void *memory, size_t size);
void __real_mem_unmap_raw(void *memory, size_t size);
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

/* A mapping that a process has, or that waits for one of its size. */
struct map {
    struct list node; /* in sim_host.maps */
    void *memory;
    size_t size;
    uint32_t life; /* who has it */
    bool taken;
};

/* The host of the running thread; null: the caller is none. */
static struct sim_host *thread_host(void)
{
    struct sim_host *host = sim_process_host();
    return host == NULL || host->sim->running == NULL ? NULL : host;
}

void *__wrap_mem_map_raw(size_t size)
{
    struct sim_host *host = thread_host();
    if (host == NULL)
        return __real_mem_map_raw(size);
    LIST_EACH(node, &host->maps) {
        struct map *map = LIST_ENTRY(node, struct map, node);
        if (map->size != size || (map->taken && map->life == host->life))
            continue;
        map->life = host->life;
        map->taken = true;
        memory_unpoison(map->memory, size);
        return map->memory;
    }
    struct map *map = mem_alloc(sizeof *map);
    *map = (struct map){
        .memory = __real_mem_map_raw(size), .size = size, .life = host->life, .taken = true};
    list_push_back(&host->maps, &map->node);
    return map->memory;
}

void __wrap_mem_unmap_raw(void *memory, size_t size)
{
    struct sim_host *host = thread_host();
    if (host != NULL) {
        LIST_EACH(node, &host->maps) {
            struct map *map = LIST_ENTRY(node, struct map, node);
            if (map->memory != memory)
                continue;
            ASSERT(map->taken && map->size == size);
            map->taken = false;
            return;
        }
    }
    __real_mem_unmap_raw(memory, size);
}

void sim_maps_free(struct sim_host *host)
{
    struct list *node;
    while ((node = list_pop_front(&host->maps)) != NULL) {
        struct map *map = LIST_ENTRY(node, struct map, node);
        memory_unpoison(map->memory, map->size);
        __real_mem_unmap_raw(map->memory, map->size);
        mem_free(map);
    }
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
