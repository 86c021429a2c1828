/*
 * What clients know of members of the new consumer protocol (KIP-848): each one's epoch, and which
 * partitions it has. It judges by the protocol's promises alone:
 *
 *   - an epoch that was told stays: neither the member's nor the group's is ever told lower, and
 * who comes with the last one that he was told is not fenced for it
 *   - who keeps his session, and gives up in time what he has to, stays a member
 *   - a partition has one owner: another gets it when the former one has said that he gave it up,
 * is gone, or was silent for too long
 *   - a commit with an epoch that is not the member's is refused, and so is one beside members
 *   - a description shows what was told, or something newer, and each partition once
 *
 * A request without an answer may act at any time, as long as its epoch fits: what depends on that
 * is left open. Where only a deletion of the group explains an answer it is taken to have happened.
 */
#pragma once

#include "tools/sim/model_groups.h"

/* Topics that a crew's groups read, by their number in group_places. */
#define MODEL_SPOT_TOPICS 2
#define MODEL_SPOT_PARTITIONS 64

/* A set of partitions: a bit for each, by topic. */
struct model_spots {
    uint64_t of[MODEL_SPOT_TOPICS];
};

static inline struct model_spots model_spots_without(struct model_spots a, struct model_spots b)
{
    return (struct model_spots){{a.of[0] & ~b.of[0], a.of[1] & ~b.of[1]}};
}

static inline struct model_spots model_spots_common(struct model_spots a, struct model_spots b)
{
    return (struct model_spots){{a.of[0] & b.of[0], a.of[1] & b.of[1]}};
}

static inline struct model_spots model_spots_joined(struct model_spots a, struct model_spots b)
{
    return (struct model_spots){{a.of[0] | b.of[0], a.of[1] | b.of[1]}};
}

static inline bool model_spots_none(struct model_spots set)
{
    return (set.of[0] | set.of[1]) == 0;
}

static inline bool model_spots_equal(struct model_spots a, struct model_spots b)
{
    return a.of[0] == b.of[0] && a.of[1] == b.of[1];
}

struct model_consumer;

struct model_consumer_options {
    const char *member_id;
    const char *instance_id; /* "": not static */
    int32_t session_ms;      /* as the broker has it */
    int32_t rebalance_ms;    /* as the member has it */
};

/* A member id of a group of the new protocol; it lives as long as the model. */
struct model_consumer *model_consumer_new(struct model_group *group,
                                          const struct model_consumer_options *options);
/* The group has, or had, members of the new protocol. */
bool model_group_is_modern(const struct model_group *group);

/* A heartbeat. */
struct model_beat {
    int32_t epoch; /* 0: it joins */
    bool owned_said;
    struct model_spots owned;
    bool blind; /* the answer assigns something of a topic that the clients do not know yet */
    /* Set as it is sent. */
    uint64_t sent;
    int64_t sent_ms;
};
/* About to be sent; `member` null: the broker gives it its id. */
void model_beat_sent(struct model_group *group, struct model_consumer *member,
                     struct model_beat *beat);
/* Its end, with an answer: `assignment` null: nothing was said of it. */
void model_beat_served(struct model_consumer *member, const struct model_beat *beat, int32_t epoch,
                       const struct model_spots *assignment);
/* Nobody knows whether it acted; `late`: it may yet. */
void model_beat_open(struct model_consumer *member, const struct model_beat *beat, bool late);
/* A heartbeat or commit with `epoch` was refused because of who sent it: an error of Kafka's. */
void model_consumer_refused(struct model_consumer *member, int32_t epoch, int16_t error);
/* It is about to say that it leaves, for good or for a while; and that was confirmed. */
void model_consumer_leaves(struct model_consumer *member);
void model_consumer_left(struct model_consumer *member, bool for_good);

/* ConsumerGroupDescribe. */

struct model_told_consumer {
    struct string member_id;
    int32_t epoch;
    struct model_spots assigned;
};

struct model_told_consumers {
    uint64_t sent;
    int32_t epoch;
    int32_t assignment_epoch;
    const struct model_told_consumer *members;
    uint32_t count;
};
void model_consumers_told(struct model_group *group, const struct model_told_consumers *told);
/* There is no such group of consumers, says the answer to a question sent at `sent`. */
void model_consumers_told_missing(struct model_group *group, uint64_t sent);
