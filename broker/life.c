/* The stages of a stop; see the header. */
#include "broker/life.h"

#include "base/assert.h"
#include "broker/accept.h"
#include "broker/catalog/catalog.h"
#include "broker/connection.h"
#include "broker/core.h"
#include "broker/fetch/fetch.h"
#include "broker/groups/coordinator.h"
#include "broker/server.h"

bool life_stop_asked(const struct core *core)
{
    const struct life *life = server_life(core->server);
    if (core->life == CORE_SERVING)
        return atomic_load_explicit(&life->stop_asked, memory_order_relaxed);
    if (core->life == CORE_DRAINING)
        return atomic_load_explicit(&life->drained, memory_order_acquire) == core->core_count &&
               (core->catalog == NULL || !catalog_retiring(core->catalog));
    if (core->life == CORE_FLUSHED)
        return atomic_load_explicit(&life->flushed, memory_order_acquire) == core->core_count;
    return false;
}

static void life_limit_reached(struct timer *timer)
{
    struct core *core = CONTAINER_OF(timer, struct core, stop_limit);
    log_warn(&core->log,
             "not everything could be flushed in %u s: the stop is unclean, the next "
             "start recovers from the WAL",
             (unsigned)(LIFE_STOP_LIMIT_NS / NS_PER_S));
    atomic_store(&server_life(core->server)->unclean, true);
    io_stop(core->io);
}

static void life_drain(struct core *core)
{
    core->life = CORE_DRAINING;
    core->stopping = true;
    timer_init(&core->stop_limit, life_limit_reached);
    core_timer_set(core, &core->stop_limit, LIFE_STOP_LIMIT_NS);
    accept_stop(core);
    fetch_end_waits(core);
    coordinator_stop(core->coordinator);
    LIST_EACH(node, &core->open)
        connection_drain(LIST_ENTRY(node, struct connection, node));
}

/* A stage has ended here: count it, and let the others see. */
static void life_count(struct core *core, atomic_uint *stage)
{
    atomic_fetch_add(stage, 1);
    for (unsigned i = 0; i < core->core_count; i++)
        if (i != core->id)
            io_wake(core->io, core->links[i].peer->io);
}

bool life_step(struct core *core)
{
    struct life *life = server_life(core->server);
    bool again = false;
    if (core->life == CORE_SERVING) {
        if (!atomic_load_explicit(&life->stop_asked, memory_order_relaxed))
            return false;
        life_drain(core);
    }
    if (core->life == CORE_DRAINING) {
        if (!core->drained && list_empty(&core->open) && accept_stopped(core)) {
            core->drained = true;
            life_count(core, &life->drained);
        }
        if (atomic_load(&life->drained) != core->core_count)
            return false;
        if (core->catalog != NULL && !catalog_retire(core->catalog, &again))
            return again;
        core->life = CORE_FLUSHING;
        shard_stop(&core->shard);
        again = true;
    }
    if (core->life == CORE_FLUSHING) {
        if (!shard_stopped(&core->shard))
            return again;
        core->life = CORE_FLUSHED;
        life_count(core, &life->flushed);
    }
    if (core->life == CORE_FLUSHED && atomic_load(&life->flushed) == core->core_count)
        io_stop(core->io);
    return false;
}
