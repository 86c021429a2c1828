/*
 * Ending a wait is a second call behind the first one. The owner may have answered meanwhile; the
 * request goes on when both are back.
 */
#include "broker/groups/group_waits.h"

#include "base/assert.h"
#include "broker/core.h"

/* Requests that hold less may wait whatever happens. */
#define RELIEVED_BYTES (64 * KIB)

static void wait_one_back(struct group_wait *wait)
{
    ASSERT(wait->out > 0);
    wait->out--;
    if (wait->out > 0)
        return;
    list_remove(&wait->node);
    wait->request->wait = NULL;
    wait->finish(wait);
}

static void cancel_run(struct core *core, struct core_call *call)
{
    struct group_wait *wait = CONTAINER_OF(call, struct group_wait, call);
    wait->cancel(wait);
    core_reply(core, call);
}

static void cancel_done(struct core *core, struct core_call *call)
{
    (void)core;
    wait_one_back(CONTAINER_OF(call, struct group_wait, call));
}

static void wait_cancel(struct group_wait *wait)
{
    if (wait->asked)
        return;
    wait->asked = true;
    wait->out++;
    wait->call.run = cancel_run;
    wait->call.done = cancel_done;
    core_send(wait->request->core, wait->owner, &wait->call);
}

static void wait_end(struct request_wait *wait)
{
    wait_cancel(CONTAINER_OF(wait, struct group_wait, wait));
}

void group_wait_begin(struct group_wait *wait)
{
    struct request *r = wait->request;
    wait->out = 1;
    wait->wait.end = wait_end;
    r->wait = &wait->wait;
    list_push_back(&r->core->group_waits, &wait->node);
}

void group_wait_back(struct group_wait *wait)
{
    wait_one_back(wait);
}

void group_waits_relieve(struct core *core)
{
    LIST_EACH(node, &core->group_waits) {
        struct group_wait *wait = LIST_ENTRY(node, struct group_wait, node);
        if (wait->request->arena.taken > RELIEVED_BYTES)
            wait_cancel(wait);
    }
}
