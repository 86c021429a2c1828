/*
 * What consumers of the classic protocol say to each other through the coordinator: subscriptions
 * and assignments (ConsumerProtocolSubscription, ConsumerProtocolAssignment). The coordinator reads
 * and writes them where both protocols meet in one group.
 */
#pragma once

#include "group/groups.h"
#include "group/spots.h"

struct consumer_subscription {
    int16_t version;
    struct string *topics;
    uint32_t topic_count;
    struct spots owned; /* of topics that exist */
    struct string rack; /* null: not said */
};

/* All of it lies in `memory` or is borrowed. ERR_SHORT, ERR_MALFORMED. */
int consumer_subscription_read(struct group_reply *memory, struct groups_host *host,
                               struct blob metadata,
                               struct consumer_subscription *subscription) MUST_CHECK;
/* What a leader assigned; ERR_UNSUPPORTED when it said more than partitions. Empty: nothing. */
int consumer_assignment_read(struct group_reply *memory, struct groups_host *host,
                             struct blob assignment, struct spots *set) MUST_CHECK;
/* The same from a set, in the version of the member's subscription. */
struct blob consumer_assignment_write(struct group_reply *memory, struct groups_host *host,
                                      int16_t version, struct spots set);
