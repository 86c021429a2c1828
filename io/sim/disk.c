/*
 * Disk operations on their way: each is in flight for a time, then it happens, whole, at once.
 *
 * The device serves them in order: one that takes long delays those behind it. Only the reordering
 * fault lets later ones overtake.
 */
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "io/sim/internal.h"

static const char *kind_name(enum sim_disk_kind kind)
{
    static const char *const names[] = {
#define KIND_NAME(name) #name,
        SIM_DISK_KINDS(KIND_NAME)
#undef KIND_NAME
    };
    return names[kind];
}

/* A short sum of what is written, so that two runs that write other bytes have other hashes. Most
 * bytes are the zeros of new WAL files. */
static uint64_t bytes_hash(const struct sim_request *request)
{
    uint64_t hash = 0;
    for (int i = 0; i < request->count; i++) {
        struct bytes part = {request->parts[i].iov_base, request->parts[i].iov_len};
        hash = hash_u64(hash ^ (request->zeros ? part.len : hash_bytes(part)));
    }
    return hash;
}

static void note_end(const struct sim_request *request)
{
    if (request->path != NULL)
        sim_note(request->host->sim, request->host, "%s %s %s = %lld", kind_name(request->kind),
                 request->path, request->to != NULL ? request->to : "", (long long)request->result);
    else
        sim_note(request->host->sim, request->host, "%s %llu at %llu+%llu %016llx%s%s%s = %lld",
                 kind_name(request->kind),
                 (unsigned long long)(request->target != NULL ? request->target->id : 0),
                 (unsigned long long)request->pos, (unsigned long long)request->len,
                 (unsigned long long)bytes_hash(request), request->lost ? " lost" : "",
                 request->misdirected ? " misdirected" : "", request->corrupted ? " corrupted" : "",
                 (long long)request->result);
}

static void request_detach(struct sim_request *request)
{
    heap_cancel(&request->host->sim->events, &request->timer);
    list_remove(&request->node);
    if (request->target != NULL)
        disk_tree_drop(&request->host->tree, request->target);
    request->target = NULL;
}

static void request_expired(struct timer *timer)
{
    struct sim_request *request = CONTAINER_OF(timer, struct sim_request, timer);
    if (request->crash) {
        /* It is still in flight, and so it ends like all others. */
        request->host->sim->strikes[SIM_STRIKE_CRASH_IN_FLIGHT]++;
        sim_host_crash(request->host);
        return;
    }
    request->result = sim_request_apply(request);
    note_end(request);
    request_detach(request);
    request->done(request);
}

void sim_request_begin(struct sim_request *request)
{
    struct sim_host *host = request->host;
    struct sim *sim = host->sim;
    if (request->target != NULL)
        disk_tree_hold(request->target);
    sim_request_decide(request);
    uint64_t end_ns = MAX(sim->now_ns, host->device_free_ns) + sim_request_duration(request);
    if (request->late_ns > 0)
        end_ns += request->late_ns;
    else if (sim_strikes(sim, host->disk.reorder, SIM_STRIKE_REORDER))
        end_ns += sim_pick(sim, host->disk.reorder_ns);
    else
        host->device_free_ns = end_ns;
    timer_init(&request->timer, request_expired);
    list_push_back(&host->requests, &request->node);
    heap_set(&sim->events, &request->timer, end_ns);
}

void sim_requests_end(struct sim_host *host, bool power_loss)
{
    while (!list_empty(&host->requests)) {
        struct sim_request *request = LIST_FIRST(&host->requests, struct sim_request, node);
        host->sim->strikes[SIM_STRIKE_LANDED_AT_END]++;
        sim_request_land_at_end(request, power_loss);
        request->result = ERR_OFFLINE;
        request_detach(request);
        request->done(request);
    }
}

/* Blocking callers. */

static void request_done(struct sim_request *request)
{
    sim_notify(request->waiter);
}

int64_t sim_request_run(struct sim_request *request)
{
    struct sim_waiter waiter;
    if (!sim_caller_alive(request->host))
        return ERR_OFFLINE;
    sim_waiter_init(&waiter, request->host->sim);
    request->waiter = &waiter;
    request->done = request_done;
    sim_request_begin(request);
    bool done = sim_wait(&waiter, IO_NEVER);
    ASSERT(done);
    return request->result;
}

/* Operations of a core. */

static void core_request_done(struct sim_request *request)
{
    struct sim_core *core = request->core;
    core->disk_out--;
    /* What is out when the host ends never completes. */
    if (sim_core_alive(core))
        sim_core_ready(core, request->op, request->result);
    mem_free(request);
}

static void core_begin(struct io *io, struct io_op *op, const struct sim_request *begin)
{
    struct sim_core *core = core_of(io);
    struct sim_host *host = core->host;
    if (!sim_core_alive(core))
        return;
    const struct sim_handle *handle = sim_handle_find(host, op_state(op)->file, SIM_HANDLE_FILE);
    if (handle == NULL || (begin->kind == SIM_DISK_WRITE && (handle->flags & FILE_READ))) {
        sim_core_ready(core, op, ERR_IO);
        return;
    }
    if ((handle->flags & FILE_DIRECT) && (begin->pos | begin->len) % DISK_PAGE != 0) {
        sim_core_ready(core, op, ERR_INVALID);
        return;
    }
    struct sim_request *request = mem_alloc(sizeof *request);
    *request = *begin;
    request->host = host;
    request->target = handle->target;
    request->flags = handle->flags;
    request->through =
        request->through || (request->kind == SIM_DISK_WRITE && (handle->flags & FILE_DSYNC) != 0);
    request->core = core;
    request->op = op;
    request->done = core_request_done;
    if (request->kind == SIM_DISK_WRITE) {
        request->parts = &request->part;
        request->count = 1;
    }
    core->disk_out++;
    sim_request_begin(request);
}

void sim_core_write(struct io *io, struct io_op *op, const struct io_extent *extent, unsigned flags)
{
    struct sim_request begin = {
        .kind = SIM_DISK_WRITE,
        .part = {extent->data, extent->len},
        .len = extent->len,
        .pos = extent->pos,
        .through = (flags & IO_DSYNC) != 0,
    };
    core_begin(io, op, &begin);
}

void sim_core_read(struct io *io, struct io_op *op, const struct io_extent *extent)
{
    struct sim_request begin = {
        .kind = SIM_DISK_READ,
        .data = extent->data,
        .len = extent->len,
        .pos = extent->pos,
    };
    core_begin(io, op, &begin);
}

/* Takes no time and does not count as an operation of the disk. What a planned failure may meet is
 * not in memory, so that it meets it. */
int64_t sim_core_read_now(struct io *io, const struct io_extent *extent)
{
    struct sim_core *core = core_of(io);
    struct sim_host *host = core->host;
    struct sim *sim = host->sim;
    if (!sim_core_alive(core))
        return ERR_OFFLINE;
    const struct sim_handle *handle = sim_handle_find(host, extent->file, SIM_HANDLE_FILE);
    if (handle == NULL)
        return ERR_IO;
    ASSERT((handle->flags & FILE_DIRECT) == 0);
    uint64_t len = extent->len;
    if (sim_read_is_planned(host, handle->target) || sim_chance(sim, host->disk.uncached))
        len = 0;
    else if (sim_chance(sim, host->disk.uncached))
        len = prng_below(&sim->prng, len);
    if (len == 0)
        return ERR_BUSY;
    return (int64_t)disk_image_read(&handle->target->image, extent->data, len, extent->pos);
}

void sim_core_sync(struct io *io, struct io_op *op, int file)
{
    struct sim_request begin = {.kind = SIM_DISK_SYNC};
    (void)file;
    core_begin(io, op, &begin);
}
