/*
 * One request's calls to the owners of its partitions: gathered while memory is taken for them,
 * sent together, and over when the last of them is back.
 *
 * They lie in the request's arena. A request that is short of memory is closed, and must not have
 * any of them at other cores: so none leaves before everything that is needed has been taken.
 */
#pragma once

#include <stdint.h>

#include "broker/core.h"

struct fan_out {
    struct core *core;
    struct list ready; /* calls to be sent */
    uint32_t waiting;  /* calls at their owners, and one while they are sent */
    void (*over)(struct fan_out *fan);
};

/* Embedded in what an owner is to do; `run` and `done` of its call are the user's. */
struct fan_call {
    struct core_call call; /* first */
    struct fan_out *fan;
    unsigned owner;
};

void fan_out_init(struct fan_out *fan, struct core *core, void (*over)(struct fan_out *fan));
/* The next fan_out_send sends it to `owner`. */
void fan_out_add(struct fan_out *fan, struct fan_call *call, unsigned owner);
/* Ends in `over`, at once when there is nothing to be sent or all of it is done on this core. It
 * may be followed by another one. */
void fan_out_send(struct fan_out *fan);
/* For `done`: the call is back, and nothing more is wanted of it. */
void fan_out_back(struct fan_call *call);
