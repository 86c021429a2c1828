/*
 * Requests that wait for other members of their group (JoinGroup, SyncGroup), on the connection's
 * core. The wait ends early when the connection does, or when memory is short and the request holds
 * much of it.
 */
#pragma once

#include "broker/groups/coordinator.h"
#include "broker/request.h"

struct group_wait {
    struct request_wait wait; /* first; the request's */
    struct list node;         /* core->group_waits */
    struct request *request;
    struct core_call call;                   /* asks the owner to end it */
    void (*cancel)(struct group_wait *wait); /* on the owner: ends it, if it still waits */
    void (*finish)(struct group_wait *wait); /* on the connection's core, when nothing is out */
    unsigned owner;
    uint32_t out;
    bool asked;
};

/* Before the operation is sent; `cancel`, `finish` and `request` are set. */
void group_wait_begin(struct group_wait *wait);
/* The operation is back; ends in `finish`. */
void group_wait_back(struct group_wait *wait);
/* Memory is wanted. */
void group_waits_relieve(struct core *core);
