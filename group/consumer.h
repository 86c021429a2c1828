/*
 * Consumer groups of KIP-848: members heartbeat, the coordinator assigns.
 *
 * A group has an epoch, which grows with every change of its members, their subscriptions or the
 * topics; a target assignment, computed for an epoch by a server-side assignor; and for each member
 * what it has now, at an epoch of its own. A heartbeat moves its member towards the target: what it
 * is to lose is revoked first, and what others have not released yet waits.
 *
 * Every change is a list of records (consumer_records.h). They are appended together; when they are
 * durable they are applied by the function that a replay uses, and only then is the heartbeat
 * answered. While they are on their way the group is busy, and its other heartbeats wait in line;
 * what those change is the next write, of all of them together (consumer_write.c). So a group is
 * always what its log says.
 *
 * Topics come from the host, who counts their changes (groups_host.topics).
 */
#pragma once

#include "group/groups.h"
#include "group/spots.h"

#define CONSUMER_EPOCH_LEAVE (-1)
/* A static member goes, and will come back. */
#define CONSUMER_EPOCH_LEAVE_STATIC (-2)

struct consumer_beat {
    /* in */
    struct string group_id;
    struct string member_id; /* empty: to be made, before version 1 */
    int32_t epoch;
    struct string instance_id; /* null, these and the next: not said */
    struct string rack_id;
    struct string assignor;
    struct string pattern;
    struct string client_id;
    struct string client_host;
    int32_t rebalance_ms;        /* -1: not said */
    const struct string *topics; /* null: not said */
    uint32_t topic_count;
    bool owned_said;
    struct spots owned;
    /* A member of the classic protocol: what it says there; null: none. */
    struct consumer_group_member_metadata_value_classic_member_metadata *classic;
    bool makes_id; /* the client brings its own id (version 1) */
    void (*done)(struct consumer_beat *beat);
    /* out */
    int16_t error;
    const char *message; /* of an error: lives for ever, or in the reply; null: none */
    struct string answer_id;
    int32_t answer_epoch;
    int32_t interval_ms;
    bool assignment_said;
    struct spots assignment;
    struct group_reply reply;
    /* internal */
    struct list node;
    struct groups *groups;
    struct group *group;
};

void groups_consumer_beat(struct groups *groups, struct consumer_beat *beat);

/* ConsumerGroupDescribe. */

struct consumer_described_topic {
    struct uuid id;
    struct string name;
    int32_t *partitions;
    uint32_t partition_count;
};

struct consumer_described_set {
    struct consumer_described_topic *topics;
    uint32_t count;
};

struct consumer_described_member {
    struct string member_id;
    struct string instance_id;
    struct string rack_id;
    struct string client_id;
    struct string client_host;
    struct string pattern;
    struct string *topics;
    uint32_t topic_count;
    int32_t epoch;
    bool classic;
    struct consumer_described_set assigned;
    struct consumer_described_set target;
};

struct consumer_description {
    struct string group_id; /* in */
    int16_t error;          /* GROUP_ID_NOT_FOUND */
    bool is_classic;        /* that is why */
    const char *state;
    const char *assignor;
    int32_t epoch;
    int32_t target_epoch;
    struct consumer_described_member *members;
    uint32_t member_count;
    struct group_reply reply;
};

void groups_consumer_describe(struct groups *groups, struct consumer_description *description);
