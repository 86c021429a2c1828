/*
 * The fetch path: ask every owner what there is, wait until it is enough, share out, read.
 *
 * The request opens its session (fetch_session.c) and is taken apart into partitions, each once
 * (fetch_parts.c). Each owner of asked partitions gets one probe: a call that carries its
 * partitions, and comes back with their state (fetch_owner.c). When all probes are back, the
 * available bytes are held against min_bytes (fetch_wait.c). Not enough yet: the probes go out
 * again as watches, each of which comes back when one of its partitions moves, or when it is told
 * to. So partitions wait together, on every core at once, and what ends the wait is always an
 * event: data, an error, the deadline, the end of the connection.
 *
 * Then max_bytes is shared out in the order of the request or session, memory is taken here, and
 * each owner reads into it (fetch_read.c). The first batch comes whole, whatever the limits. Last
 * the session leaves out what the client knows already (fetch_answer.c).
 *
 * A session belongs to one core. A request that comes to another one gets
 * FETCH_SESSION_ID_NOT_FOUND and begins anew there; a full request that replaces a session of
 * another core has it closed there first. Rejected: passing the request on to the session's core.
 * Its connection would wait for two cores on each request, and a client comes back to another core
 * only after it has reconnected.
 */
#include "broker/fetch/fetch.h"

#include "base/assert.h"
#include "broker/fetch/fetch_internal.h"
#include "broker/handlers.h"
#include "broker/server.h"

#define FETCH_VERSION_REPLICA_STATE 15
#define ISOLATION_READ_COMMITTED 1

static void fetch_start(struct fetch_state *state)
{
    struct request *r = state->request;
    const struct fetch_request *body = state->body;
    int32_t replica = r->version >= FETCH_VERSION_REPLICA_STATE ? body->replica_state.replica_id
                                                                : body->replica_id;
    int16_t error = KAFKA_NONE;
    bool readable = body->isolation_level >= 0 && body->isolation_level <= ISOLATION_READ_COMMITTED;
    if (readable && replica < 0)
        error = fetch_session_open(r->core->fetch_sessions, body, r->version,
                                   io_now(r->core->io) / NS_PER_MS, &state->use);
    if (error != KAFKA_NONE) {
        fetch_refuse(state, error, 0);
        return;
    }
    if (!fetch_take_apart(state))
        return;
    if (!readable) {
        fetch_refuse_all(state, KAFKA_UNKNOWN_SERVER_ERROR);
        return;
    }
    if (replica < 0) {
        fetch_wait(state);
        return;
    }
    /* There are no followers here, so nobody can be one (CLUSTER_ACTION or not). */
    for (uint32_t i = 0; i < state->part_count; i++)
        if (!state->parts[i].unknown)
            state->parts[i].error = KAFKA_NOT_LEADER_OR_FOLLOWER;
    fetch_answer(state);
}

static void close_run(struct core *core, struct core_call *call)
{
    const struct fetch_state *state = CONTAINER_OF(call, struct fetch_state, close);
    fetch_session_close(core->fetch_sessions, state->body->session_id);
    core_reply(core, call);
}

static void close_done(struct core *core, struct core_call *call)
{
    (void)core;
    fetch_start(CONTAINER_OF(call, struct fetch_state, close));
}

/* A full request ends the session it names, wherever that is. */
static bool fetch_closes_elsewhere(const struct fetch_state *state, unsigned *owner)
{
    const struct fetch_request *body = state->body;
    const struct core *core = state->request->core;
    if (body->session_id <= 0 || body->session_epoch > 0 || body->session_epoch < -1)
        return false;
    *owner = fetch_session_core(body->session_id, core->core_count);
    return *owner != core->id;
}

void fetch_handle(struct request *r)
{
    void *body;
    if (!request_decode(r, &body))
        return;
    struct fetch_state *state = request_alloc(r, 1, sizeof *state);
    if (state == NULL)
        return;
    state->request = r;
    state->body = body;
    list_init(&state->wait_node);
    unsigned owner;
    if (!fetch_closes_elsewhere(state, &owner)) {
        fetch_start(state);
        return;
    }
    state->close.run = close_run;
    state->close.done = close_done;
    core_send(r->core, owner, &state->close);
}
