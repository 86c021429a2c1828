/*
 * The core's step, and calls between cores.
 *
 * A step takes what other cores sent, runs due timers, lets the shard answer and write, sends
 * finished responses, and wakes the peers it handed something to: once each, at the end. The ring
 * to a peer holds at most CORE_CALLS_OUT_MAX calls of this core and as many replies to the peer's
 * calls, so that a push cannot fail; calls beyond that park on the link and follow as replies come
 * in. That reservation is what makes replies wait-free and deadlock impossible.
 */
#include "broker/core.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "broker/accept.h"
#include "broker/admission.h"
#include "broker/catalog/catalog.h"
#include "broker/catalog/producer_ids.h"
#include "broker/cleaning.h"
#include "broker/connection.h"
#include "broker/fetch/fetch.h"
#include "broker/fetch/fetch_session.h"
#include "broker/groups/coordinator.h"
#include "broker/groups/group_waits.h"
#include "broker/life.h"
#include "broker/produce.h"
#include "broker/recoder.h"

#define CORE_RING_CAPACITY (2 * CORE_CALLS_OUT_MAX)
#define CORE_POP_MAX 64
#define CORE_RETRY_NS (100 * NS_PER_MS)
#define CORE_MEMORY_UNIT (4 * KIB)
#define CORE_REQUESTS_PER_CONNECTION 16
/* Running sends of more pieces than a connection has room for. */
#define CORE_WIDE_SENDS 128
/* Fetch sessions get this part of what requests get, beside it. */
#define CORE_FETCH_SESSION_SHARE 16
/* So do consumer groups and committed offsets. */
#define CORE_GROUP_SHARE 8

unsigned core_of_partition(unsigned core_count, struct uuid topic_id, int32_t partition)
{
    ASSERT(core_count > 0 && partition >= 0);
    return (unsigned)((uuid_hash(topic_id) % core_count + (uint64_t)partition) % core_count);
}

static void link_push(struct core_link *link, struct core_call *call)
{
    bool pushed = spsc_push(link->out, call);
    ASSERT(pushed);
    link->wake_due = true;
}

void core_send(struct core *core, unsigned to, struct core_call *call)
{
    ASSERT(to < core->core_count && call->run != NULL && call->done != NULL);
    call->from = core->id;
    call->replied = false;
    if (to == core->id) {
        call->run(core, call);
        return;
    }
    struct core_link *link = &core->links[to];
    if (link->calls_out == CORE_CALLS_OUT_MAX) {
        list_push_back(&link->parked, &call->node);
        return;
    }
    link->calls_out++;
    link_push(link, call);
}

void core_reply(struct core *core, struct core_call *call)
{
    ASSERT(!call->replied);
    call->replied = true;
    if (call->from == core->id) {
        call->done(core, call);
        return;
    }
    link_push(&core->links[call->from], call);
}

static void core_take_reply(struct core *core, struct core_link *link, struct core_call *call)
{
    ASSERT(link->calls_out > 0);
    struct list *parked = list_pop_front(&link->parked);
    if (parked != NULL)
        link_push(link, LIST_ENTRY(parked, struct core_call, node));
    else
        link->calls_out--;
    call->done(core, call);
}

static bool core_take_messages(struct core *core)
{
    bool any = false;
    for (unsigned i = 0; i < core->core_count; i++) {
        struct core_link *link = &core->links[i];
        void *items[CORE_POP_MAX];
        if (i == core->id)
            continue;
        uint32_t count = spsc_pop(link->in, items, CORE_POP_MAX);
        for (uint32_t j = 0; j < count; j++) {
            struct core_call *call = items[j];
            if (call->replied)
                core_take_reply(core, link, call);
            else
                call->run(core, call);
        }
        any = any || count > 0;
    }
    return any;
}

static void core_wake_peers(struct core *core)
{
    for (unsigned i = 0; i < core->core_count; i++) {
        struct core_link *link = &core->links[i];
        if (link->wake_due) {
            link->wake_due = false;
            if (!MUTANT(FORGET_WAKE))
                io_wake(core->io, link->peer->io);
        }
    }
}

static void core_send_responses(struct core *core)
{
    struct list *node;
    while ((node = list_pop_front(&core->to_send)) != NULL)
        connection_send(LIST_ENTRY(node, struct connection, send_node));
}

/* Connections whose input waited for memory go on, each once, while there is some: first those
 * whose frame grows, because only a whole frame gives its memory back. Who is not reached keeps his
 * place, and nobody else takes memory before him. */
static void core_resume_line(struct core *core, struct list *line, bool growing)
{
    struct list *node;
    if (list_empty(line))
        return;
    list_append(&core->due, line);
    while ((growing || !core_short_of_memory(core)) &&
           (node = list_pop_front(&core->due)) != NULL) {
        core->turn = LIST_ENTRY(node, struct connection, starved_node);
        connection_resume(core->turn);
    }
    core->turn = NULL;
    list_append(&core->due, line);
    list_append(line, &core->due);
}

static void core_resume_starved(struct core *core)
{
    core_resume_line(core, &core->growing, true);
    core_resume_line(core, &core->starved, false);
}

/* What waits for its own client gives way to those who wait for memory or receive buffers. */
static void core_relieve(struct core *core)
{
    struct list *node;
    while (io_recv_available(core->io) < core->recv_buffer_count / 4 &&
           (node = list_pop_front(&core->holding)) != NULL)
        connection_stash(LIST_ENTRY(node, struct connection, holding_node));
    if (!core_short_of_memory(core))
        return;
    fetch_end_waits(core);
    group_waits_relieve(core);
    connection_evict(core);
}

/* Who waits for memory asks again after a while: not every refusal is of memory that somebody
 * else has, and whose return would wake him. */
static void core_retry_later(struct core *core)
{
    bool waits = !list_empty(&core->growing) || !list_empty(&core->starved) ||
                 !list_empty(&core->parked_appends);
    if (waits && !timer_armed(&core->retry))
        core_timer_set(core, &core->retry, CORE_RETRY_NS);
}

static void core_retry(struct timer *timer)
{
    produce_resume_parked(CONTAINER_OF(timer, struct core, retry));
}

static bool core_has_work(struct io_loop *loop)
{
    struct core *core = CONTAINER_OF(loop, struct core, loop);
    for (unsigned i = 0; i < core->core_count; i++)
        if (i != core->id && !spsc_empty(core->links[i].in))
            return true;
    return life_stop_asked(core) || admission_moved(core);
}

static uint64_t core_step(struct io_loop *loop)
{
    struct core *core = CONTAINER_OF(loop, struct core, loop);
    bool more = core_take_messages(core);
    heap_run(&core->timers, io_now(core->io));
    (void)coordinator_step(core->coordinator);
    uint64_t shard_deadline = shard_step(&core->shard);
    more = catalog_confirm(core) || more;
    more = coordinator_step(core->coordinator) || more;
    core_send_responses(core);
    request_free_ended(core);
    core_relieve(core);
    core_resume_starved(core);
    core_retry_later(core);
    if (admission_moved(core))
        accept_resume(core);
    more = life_step(core) || more;
    core_wake_peers(core);
    more = more || !list_empty(&core->to_send) || !list_empty(&core->ended);
    if (more || !list_empty(&core->shard.answers))
        return 0;
    return MIN(shard_deadline, heap_next(&core->timers));
}

void core_drop_buffer(struct core *core, struct io_buffer *buffer)
{
    struct held_buffer *held = &core->held[buffer->id];
    ASSERT(held->holds > 0);
    held->holds--;
    if (held->holds == 0)
        io_recv_release(core->io, buffer);
}

bool core_short_of_memory(const struct core *core)
{
    size_t size = region_size(core->memory);
    return region_used(core->memory) > size - size / 4 ||
           core->requests.free_count < core->requests.capacity / 4;
}

void *core_fetch_take(struct core *core, size_t size)
{
    bool fits = size <= core_fetch_share(core) - MIN(core->fetched, core_fetch_share(core));
    void *memory = fits || core->fetched == 0 ? region_take(core->memory, size) : NULL;
    if (memory != NULL)
        core->fetched += size;
    else
        connection_evict(core);
    return memory;
}

void core_fetch_give(struct core *core, void *memory, size_t size)
{
    ASSERT(core->fetched >= size);
    core->fetched -= size;
    region_give(core->memory, memory, size);
}

uint64_t core_fetch_bytes_max(const struct core *core)
{
    size_t share = core_fetch_share(core);
    size_t left = share - MIN(core->fetched, share);
    return MIN(MAX(left / 4, (size_t)64 * KIB), region_size(core->memory) / 16);
}

void core_timer_set(struct core *core, struct timer *timer, uint64_t delay_ns)
{
    heap_set(&core->timers, timer, io_now(core->io) + delay_ns);
}

void core_timer_cancel(struct core *core, struct timer *timer)
{
    heap_cancel(&core->timers, timer);
}

static void core_room(struct shard *shard)
{
    struct core *core = CONTAINER_OF(shard, struct core, shard);
    coordinator_room(core->coordinator);
    produce_resume_parked(core);
}

/* Kafka's setting is for the broker; each core has its share of it. */
static void core_make_fetch_sessions(struct core *core, const struct core_options *options)
{
    uint32_t slots = (uint32_t)MAX(options->config->fetch_sessions_max, 0);
    struct fetch_sessions_options sessions = {
        .sessions_max = (slots + core->core_count - 1) / core->core_count,
        .memory_bytes = budget_add(&core->budget, "fetch sessions",
                                   options->memory_bytes / CORE_FETCH_SESSION_SHARE),
        .core = core->id,
        .core_count = core->core_count,
        .secret = core->secret,
    };
    core->fetch_sessions = fetch_sessions_new(&sessions);
}

void core_init(struct core *core, const struct core_options *options)
{
    *core = (struct core){
        .loop = {core_step, core_has_work},
        .server = options->server,
        .id = options->id,
        .core_count = options->core_count,
        .io = options->io,
        .log = *options->log,
        .secret = io_random(options->io),
        .recv_buffer_count = options->recv_buffer_count,
    };
    heap_init(&core->timers, 1024);
    list_init(&core->open);
    list_init(&core->starved);
    list_init(&core->growing);
    list_init(&core->due);
    list_init(&core->holding);
    list_init(&core->sending);
    list_init(&core->to_send);
    list_init(&core->ended);
    list_init(&core->parked_appends);
    list_init(&core->produce_waits);
    timer_init(&core->produce_due, produce_look_at_clock);
    size_t memory = budget_add(&core->budget, "requests and responses", options->memory_bytes);
    core->memory = region_new(memory, CORE_MEMORY_UNIT);
    slab_init(&core->connections, sizeof(struct connection), options->connections_max);
    budget_add(&core->budget, "connections", options->connections_max * sizeof(struct connection));
    slab_init(&core->wide_parts, sizeof(struct send_parts_wide), CORE_WIDE_SENDS);
    budget_add(&core->budget, "wide sends", CORE_WIDE_SENDS * sizeof(struct send_parts_wide));
    uint32_t requests = options->connections_max * CORE_REQUESTS_PER_CONNECTION;
    slab_init(&core->requests, sizeof(struct request), requests);
    budget_add(&core->budget, "request headers", requests * sizeof(struct request));
    core->held = mem_alloc_array(options->recv_buffer_count, sizeof *core->held);
    core->links = mem_alloc_array(options->core_count, sizeof *core->links);
    shard_init(&core->shard);
    core->shard.room = core_room;
    image_init(&core->image, options->config, options->core_count, options->id);
    list_init(&core->fetch_waits);
    list_init(&core->group_waits);
    timer_init(&core->retry, core_retry);
    core_make_fetch_sessions(core, options);
    core->producer_ids = producer_ids_new(core);
    core->recoder = recoder_new();
    budget_add(&core->budget, "log cleaner",
               cleaning_map_bytes(options->config, options->core_count));
    size_t groups =
        budget_add(&core->budget, "groups and offsets", options->memory_bytes / CORE_GROUP_SHARE);
    core->coordinator = coordinator_new(core, options->config, groups);
}

void core_link_all(struct core *cores, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        for (unsigned j = 0; j < count; j++) {
            struct core_link *link = &cores[i].links[j];
            link->peer = &cores[j];
            list_init(&link->parked);
            if (i == j)
                continue;
            link->out = spsc_new(CORE_RING_CAPACITY);
            cores[j].links[i].in = link->out;
        }
    }
}

void core_fini(struct core *core)
{
    request_free_ended(core);
    core_timer_cancel(core, &core->retry);
    ASSERT(list_empty(&core->open) && list_empty(&core->parked_appends));
    ASSERT(list_empty(&core->produce_waits) && !timer_armed(&core->produce_due));
    ASSERT(core->gathering == 0 && core->stashed == 0 && core->fetched == 0);
    coordinator_free(core->coordinator);
    recoder_free(core->recoder);
    fetch_sessions_free(core->fetch_sessions);
    producer_ids_free(core->producer_ids);
    mem_free(core->acceptors);
    image_fini(&core->image);
    for (unsigned i = 0; i < core->core_count; i++)
        if (i != core->id)
            spsc_free(core->links[i].out);
    mem_free(core->links);
    mem_free(core->held);
    slab_fini(&core->requests);
    slab_fini(&core->wide_parts);
    slab_fini(&core->connections);
    region_free(core->memory);
    heap_fini(&core->timers);
}

void core_run(struct core *core)
{
    if (core->id == 0)
        catalog_boot(core->catalog);
    coordinator_start(core->coordinator);
    io_run(core->io, &core->loop);
}
