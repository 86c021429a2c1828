/*
 * A caller: a client that has one call out at a time and pauses between them. Whoever simulates a
 * client of that kind embeds it, and is called back when a pause or a call is over.
 */
#pragma once

#include "tools/sim/client.h"

struct caller {
    struct client client;
    struct client_call call;
    struct timer next;
};

/* `next` ends each pause, `answered` each call. */
void caller_init(struct caller *caller, struct party *party, void (*next)(struct timer *timer),
                 void (*answered)(struct client_call *call, const void *answer));
/* After the party has left. */
void caller_fini(struct caller *caller);
/* `next` comes at once, though not from within. */
void caller_start(struct caller *caller);
/* After so long at most; never if the party leaves. */
void caller_pause(struct caller *caller, uint64_t pause_ns_max);
/* See client_call. */
void caller_ask(struct caller *caller, int16_t api_key, int16_t version, const void *request);
/* No call is out, and it is not in a pause. */
bool caller_rests(const struct caller *caller);
