/* Counting connections, over all cores and by address. */
#include "broker/admission.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "broker/config/config.h"
#include "broker/config/config_value.h"
#include "broker/server.h"

struct admission_count {
    char address[ADMISSION_ADDRESS_BYTES];
    uint32_t connections;
};

void admission_init(struct admission *admission)
{
    *admission = (struct admission){0};
    map_init(&admission->addresses);
}

void admission_fini(struct admission *admission)
{
    size_t position = 0;
    struct admission_count *count;
    while ((count = map_next(&admission->addresses, &position)) != NULL)
        mem_free(count);
    map_fini(&admission->addresses);
}

/* The limits, as the core knows them. */

static uint32_t limit(const struct core *core, const char *key)
{
    struct config_layers layers = image_config_layers(&core->image);
    return (uint32_t)config_layers_integer(&layers, key);
}

/* "address:count,..." */
static const char *overrides(const struct core *core)
{
    struct config_layers layers = image_config_layers(&core->image);
    const struct config_def *def =
        config_table_find(CONFIG_SCOPE_BROKER, BYTES_LITERAL("max.connections.per.ip.overrides"));
    ASSERT(def != NULL);
    return config_layers_text(&layers, def);
}

/* The whole broker. */

bool admission_full(const struct core *core)
{
    const struct admission *admission = server_admission(core->server);
    return atomic_load(&admission->open) >= limit(core, "max.connections");
}

void admission_opened(struct core *core)
{
    atomic_fetch_add(&server_admission(core->server)->open, 1);
}

/* The count comes before the question who waits, and a core that waits says so before it asks for
 * the count: one of them sees the other. */
void admission_ended(struct core *core)
{
    struct admission *admission = server_admission(core->server);
    unsigned before = atomic_fetch_sub(&admission->open, 1);
    ASSERT(before > 0);
    atomic_fetch_add(&admission->ended, 1);
    if (atomic_load(&admission->waiting) == 0)
        return;
    for (unsigned i = 0; i < core->core_count; i++)
        if (i != core->id)
            io_wake(core->io, core->links[i].peer->io);
}

void admission_wait(struct core *core)
{
    struct admission *admission = server_admission(core->server);
    if (!core->accept_waits)
        atomic_fetch_add(&admission->waiting, 1);
    core->accept_waits = true;
    core->accept_seen = atomic_load(&admission->ended);
}

void admission_wait_over(struct core *core)
{
    if (core->accept_waits)
        atomic_fetch_sub(&server_admission(core->server)->waiting, 1);
    core->accept_waits = false;
}

bool admission_moved(const struct core *core)
{
    return core->accept_waits &&
           atomic_load(&server_admission(core->server)->ended) != core->accept_seen;
}

/* Who waits for a place may have one without anybody's end. */
void admission_configured(struct core *core)
{
    if (core->accept_waits)
        atomic_fetch_add(&server_admission(core->server)->ended, 1);
}

/* Addresses; from here on `admission->addresses` is touched on core 0 only. */

/* The limit of one address: its own, where the overrides name it. */
static uint32_t limit_of(const struct core *core, const char *address)
{
    const char *list = overrides(core);
    struct bytes item;
    size_t len = strlen(address);
    while (list != NULL && config_list_next(&list, &item))
        if (item.len > len && item.data[len] == ':' && memcmp(item.data, address, len) == 0)
            return (uint32_t)strtoul((const char *)item.data + len + 1, NULL, 10);
    return limit(core, "max.connections.per.ip");
}

bool admission_counts(const struct core *core)
{
    return limit(core, "max.connections.per.ip") < INT32_MAX || overrides(core)[0] != '\0';
}

static bool same_address(const void *item, const void *key)
{
    return strcmp(((const struct admission_count *)item)->address, key) == 0;
}

static uint64_t address_hash(const char *address)
{
    return hash_bytes(bytes_of_string(address));
}

static void ask_run(struct core *core, struct core_call *call)
{
    struct admission_peer *peer = CONTAINER_OF(call, struct admission_peer, call);
    struct admission *admission = server_admission(core->server);
    uint64_t hash = address_hash(peer->address);
    struct admission_count *count =
        map_find(&admission->addresses, hash, same_address, peer->address);
    uint32_t connections = count == NULL ? 0 : count->connections;
    peer->refused = connections >= limit_of(core, peer->address);
    if (!peer->refused && count == NULL) {
        count = mem_alloc(sizeof *count);
        memcpy(count->address, peer->address, sizeof count->address);
        map_insert(&admission->addresses, hash, count);
    }
    if (!peer->refused) {
        count->connections++;
        peer->counted = true;
    }
    core_reply(core, call);
}

static void leave_run(struct core *core, struct core_call *call)
{
    struct admission_peer *peer = CONTAINER_OF(call, struct admission_peer, call);
    struct admission *admission = server_admission(core->server);
    uint64_t hash = address_hash(peer->address);
    struct admission_count *count =
        map_find(&admission->addresses, hash, same_address, peer->address);
    ASSERT(count != NULL && count->connections > 0 && peer->counted);
    peer->counted = false;
    count->connections--;
    if (count->connections == 0) {
        map_remove(&admission->addresses, hash, count);
        mem_free(count);
    }
    core_reply(core, call);
}

static void peer_done(struct core *core, struct core_call *call)
{
    struct admission_peer *peer = CONTAINER_OF(call, struct admission_peer, call);
    (void)core;
    peer->out = false;
    peer->done(peer);
}

static void peer_send(struct core *core, struct admission_peer *peer, core_call_fn *run)
{
    ASSERT(!peer->out && peer->done != NULL);
    peer->out = true;
    peer->call.run = run;
    peer->call.done = peer_done;
    core_send(core, 0, &peer->call);
}

void admission_ask(struct core *core, struct admission_peer *peer)
{
    peer_send(core, peer, ask_run);
}

void admission_leave(struct core *core, struct admission_peer *peer)
{
    peer_send(core, peer, leave_run);
}
