/*
 * The wait of a fetch, on the connection's core.
 *
 * Probes go out, come back, and go out again as watches until there is enough to answer. A
 * partition the catalog does not know does not end the wait of the others, as in Kafka: a consumer
 * of a topic that went away would spin. Any other error does.
 */
#include "broker/fetch/fetch.h"

#include "base/assert.h"
#include "base/mutant.h"
#include "broker/connection.h"
#include "broker/fetch/fetch_internal.h"
#include "broker/server.h"

#define FETCH_WAIT_MS_MAX 3600000

/* Nothing more can come, or nobody waits for it. */
static bool fetch_over(const struct fetch_state *state)
{
    const struct request *r = state->request;
    return state->deadline_over || state->body->max_wait_ms <= 0 || r->core->stopping ||
           r->connection->closing || r->connection->ended || core_short_of_memory(r->core) ||
           state->part_count == state->unknown_count;
}

static bool fetch_enough(const struct fetch_state *state)
{
    if (fetch_over(state))
        return true;
    uint64_t available = 0;
    for (uint32_t i = 0; i < state->part_count; i++) {
        const struct fetch_part *part = &state->parts[i];
        if (part->unknown)
            continue;
        if (part->error != KAFKA_NONE || part->diverging.epoch >= 0)
            return true;
        available += MIN(part->there.available, (uint64_t)MAX(part->asked.bytes_max, 0));
    }
    int32_t bytes_min = MAX(state->body->min_bytes, 0);
    return available >= MIN((uint32_t)bytes_min, state->bytes_max);
}

static void fetch_send_probes(struct fetch_state *state);
static void fetch_probes_over(struct fetch_state *state);

static void fetch_out_done(struct fetch_state *state)
{
    ASSERT(state->out > 0);
    state->out--;
    if (state->out == 0)
        fetch_probes_over(state);
}

static void wake_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, wake);
    probe->wake_out = false;
    fetch_out_done(probe->state);
}

/* Calls every watching probe back. */
static void fetch_wake(struct fetch_state *state)
{
    struct core *core = state->request->core;
    for (uint32_t i = 0; i < state->probe_count; i++) {
        struct fetch_probe *probe = &state->probes[i];
        if (!probe->out || !probe->watching || probe->wake_out)
            continue;
        probe->wake_out = true;
        probe->wake.run = fetch_wake_run;
        probe->wake.done = wake_done;
        state->out++;
        core_send(core, probe->owner, &probe->wake);
    }
}

static void probe_done(struct core *core, struct core_call *call)
{
    (void)core;
    struct fetch_probe *probe = CONTAINER_OF(call, struct fetch_probe, call);
    struct fetch_state *state = probe->state;
    probe->out = false;
    /* One that moved ends the wait of the others. */
    if (state->waiting && !MUTANT(LEAVE_OTHERS_WAITING))
        fetch_wake(state);
    fetch_out_done(state);
}

static void fetch_probes_over(struct fetch_state *state)
{
    if (fetch_enough(state)) {
        list_remove(&state->wait_node);
        state->request->wait = NULL;
        core_timer_cancel(state->request->core, &state->deadline);
        fetch_read(state);
        return;
    }
    state->waiting = true;
    fetch_send_probes(state);
}

static void fetch_deadline(struct timer *timer)
{
    struct fetch_state *state = CONTAINER_OF(timer, struct fetch_state, deadline);
    state->deadline_over = true;
    fetch_wake(state);
}

static void fetch_end_wait(struct request_wait *wait)
{
    fetch_wake(CONTAINER_OF(wait, struct fetch_state, wait));
}

void fetch_end_waits(struct core *core)
{
    LIST_EACH(node, &core->fetch_waits)
        fetch_wake(LIST_ENTRY(node, struct fetch_state, wait_node));
}

/* The own core's goes last. It runs at once, and when something has moved there since the last
 * look, it is back before this returns and calls the others back, who must be on their way by then.
 */
static void fetch_send_probes(struct fetch_state *state)
{
    struct core *core = state->request->core;
    struct fetch_probe *own = NULL;
    state->out = 1;
    for (uint32_t i = 0; i < state->probe_count; i++) {
        struct fetch_probe *probe = &state->probes[i];
        probe->out = true;
        probe->watching = state->waiting;
        probe->call.run = fetch_probe_run;
        probe->call.done = probe_done;
        state->out++;
        if (probe->owner == core->id)
            own = probe;
        else
            core_send(core, probe->owner, &probe->call);
    }
    if (own != NULL)
        core_send(core, core->id, &own->call);
    fetch_out_done(state);
}

void fetch_wait(struct fetch_state *state)
{
    struct core *core = state->request->core;
    const struct fetch_request *body = state->body;
    int32_t limit = server_config(core->server)->fetch_bytes_max;
    uint64_t bytes_max = (uint64_t)MAX(MIN(body->max_bytes, limit), 0);
    state->bytes_max = (uint32_t)MIN(bytes_max, core_fetch_bytes_max(core));
    timer_init(&state->deadline, fetch_deadline);
    list_push_back(&core->fetch_waits, &state->wait_node);
    state->wait.end = fetch_end_wait;
    state->request->wait = &state->wait;
    if (body->max_wait_ms > 0)
        core_timer_set(core, &state->deadline,
                       (uint64_t)MIN(body->max_wait_ms, FETCH_WAIT_MS_MAX) * NS_PER_MS);
    fetch_send_probes(state);
}
