/*
 * Which member of a consumer group gets which partitions: the server-side assignors of KIP-848, as
 * pure functions.
 *
 * `range` gives each member a run of each topic, as Kafka's does to the partition: members in the
 * order of their instance ids, then of their ids. `uniform` keeps what members have as far as the
 * loads stay even, and evens them out otherwise; where Kafka's choice hangs on the order of a hash
 * table, ours is the order of the members' ids.
 */
#pragma once

#include "group/spots.h"
#include "protocol/message.h"

struct assignor_topic {
    struct uuid id;
    int32_t partitions;
};

struct assignor_member {
    struct string id;
    struct string instance_id; /* null: not static */
    const uint32_t *topics;    /* it wants, as indices, ascending */
    uint32_t topic_count;
    struct spots owned;    /* of the target before; no partition is owned twice */
    struct spots assigned; /* out */
};

struct assignor_input {
    const struct assignor_topic *topics; /* by id, ascending */
    uint32_t topic_count;
    struct assignor_member *members; /* by id, ascending */
    uint32_t member_count;
    struct group_reply *memory; /* for everything */
};

typedef void assignor_fn(struct assignor_input *input);

void assignor_range(struct assignor_input *input);
void assignor_uniform(struct assignor_input *input);
/* uniform's case of members that want different topics. */
void assignor_mixed(struct assignor_input *input);
