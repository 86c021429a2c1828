/* Descriptors of a host: the lowest free number, as the system gives them out, so that one that is
 * used after its end is soon another one's. */
#include "base/assert.h"
#include "base/mem.h"
#include "io/sim/internal.h"

static struct sim_handle *handle_grow(struct sim_host *host)
{
    uint32_t count = MAX(host->handle_count * 2, 16U);
    uint32_t old = host->handle_count;
    host->handles =
        mem_realloc(host->handles, old * sizeof *host->handles, count * sizeof *host->handles);
    host->handle_count = count;
    return &host->handles[old];
}

int sim_handle_new(struct sim_host *host, enum sim_handle_kind kind)
{
    if (host->handles_used >= host->disk.descriptors_max) {
        host->sim->strikes[SIM_STRIKE_NO_DESCRIPTOR]++;
        return ERR_TOO_MANY_FILES;
    }
    struct sim_handle *handle = NULL;
    for (uint32_t i = 0; i < host->handle_count && handle == NULL; i++)
        if (host->handles[i].kind == SIM_HANDLE_FREE)
            handle = &host->handles[i];
    if (handle == NULL)
        handle = handle_grow(host);
    *handle = (struct sim_handle){.kind = kind};
    host->handles_used++;
    return SIM_FIRST_DESCRIPTOR + (int)(handle - host->handles);
}

struct sim_handle *sim_handle_find(struct sim_host *host, int number, enum sim_handle_kind kind)
{
    uint32_t index = (uint32_t)number - SIM_FIRST_DESCRIPTOR;
    if (number < SIM_FIRST_DESCRIPTOR || index >= host->handle_count)
        return NULL;
    return host->handles[index].kind == kind ? &host->handles[index] : NULL;
}

void sim_handle_close(struct sim_host *host, int number)
{
    ASSERT(number >= SIM_FIRST_DESCRIPTOR && host->handles_used > 0);
    struct sim_handle *handle = &host->handles[number - SIM_FIRST_DESCRIPTOR];
    ASSERT(handle->kind != SIM_HANDLE_FREE);
    struct disk_node *target = handle->target;
    if (target != NULL) {
        target->handles--;
        target->locked = target->locked && !handle->lock;
        disk_tree_drop(&host->tree, target);
    }
    *handle = (struct sim_handle){0};
    host->handles_used--;
}

void sim_handles_end(struct sim_host *host)
{
    for (uint32_t i = 0; i < host->handle_count; i++)
        if (host->handles[i].kind != SIM_HANDLE_FREE)
            sim_handle_close(host, SIM_FIRST_DESCRIPTOR + (int)i);
}

uint32_t sim_handles_used(const struct sim_host *host)
{
    return host->handles_used;
}
