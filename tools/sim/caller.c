/* The end of a pause is drawn when it begins, and not at all when the party leaves. */
#include "tools/sim/caller.h"

#include "base/assert.h"

void caller_init(struct caller *caller, struct party *party, void (*next)(struct timer *timer),
                 void (*answered)(struct client_call *call, const void *answer))
{
    caller->call.done = answered;
    timer_init(&caller->next, next);
    client_init(&caller->client, party);
}

void caller_fini(struct caller *caller)
{
    heap_cancel(&caller->client.party->timers, &caller->next);
    client_fini(&caller->client);
}

void caller_start(struct caller *caller)
{
    party_set_timer(caller->client.party, &caller->next, 0);
}

void caller_pause(struct caller *caller, uint64_t pause_ns_max)
{
    struct party *party = caller->client.party;
    ASSERT(!caller->call.active);
    if (!party->leaving)
        party_set_timer(party, &caller->next, party_random(party, 0, pause_ns_max));
}

void caller_ask(struct caller *caller, int16_t api_key, int16_t version, const void *request)
{
    client_call(&caller->client, &caller->call, api_key, version, request);
}

bool caller_rests(const struct caller *caller)
{
    return !caller->call.active && !timer_armed(&caller->next);
}
