/* Groups under a clock and a log of the test's own. */
#pragma once

#include "group/consumer.h"
#include "group/groups.h"
#include "protocol/errors.h"

#define RIG_RECORDS_MAX 4096
#define RIG_TOPICS_MAX 8

struct rig_record {
    uint8_t *bytes; /* null: a transaction's marker */
    struct group_record record;
    int64_t producer_id; /* -1: outside of transactions */
    bool committed;      /* what the marker says */
};

struct rig {
    struct groups_host host; /* first */
    struct heap timers;
    struct group_memory memory;
    struct groups_config config;
    struct groups groups;
    struct region *region;
    struct list writes; /* not durable yet */
    uint64_t now_ns;
    uint64_t ids;
    struct rig_record log[RIG_RECORDS_MAX]; /* what is durable */
    uint32_t log_count;
    struct group_topic topics[RIG_TOPICS_MAX]; /* by name; the names are literals */
    uint32_t topic_count;
    uint64_t topics_version;
    struct group_settings settings; /* of group "g"; all others have the usual ones */
};

void rig_init(struct rig *rig);
void rig_fini(struct rig *rig);
/* Time passes; timers run in order. */
void rig_wait(struct rig *rig, int64_t ms);
/* All writes that wait end, with this result. */
void rig_write(struct rig *rig, int result);
/* The first of them ends; how many records it had, 0: there was none. */
uint32_t rig_write_one(struct rig *rig, int result);
/* The groups go; what is loaded from now on counts when groups_loaded is called. */
void rig_begin_load(struct rig *rig);
/* The groups are built anew from what is durable. */
void rig_restart(struct rig *rig);

struct string s(const char *text);
/* A consumer's subscription to one topic. */
struct blob rig_subscription(const char *topic);

/* A topic comes, gets other partitions, or goes (0). Its id is made of its place and its name. */
void rig_topic(struct rig *rig, const char *name, int32_t partitions);

/* One join on its way; `ended` when it was answered. */
struct rig_join {
    struct group_join join;
    struct group_protocol protocols[2];
    bool ended;
};
/* A consumer of topic "t" with protocol "range"; `id` empty: a new one. */
void rig_join_fill(struct rig_join *join, const char *group, struct string id);
void rig_join(struct rig *rig, struct rig_join *join);
void rig_join_free(struct rig_join *join);
/* A member that has joined a group of its own, and is its stable leader. */
void rig_make_stable(struct rig *rig, const char *group, struct rig_join *join);

struct rig_sync {
    struct group_sync sync;
    struct group_assignment assignment;
    bool ended;
};
/* The leader gives itself `assignment`; null: it is no leader. */
void rig_sync(struct rig *rig, struct rig_sync *sync, const struct rig_join *join,
              const char *assignment);
void rig_sync_free(struct rig_sync *sync);

struct rig_commit {
    struct group_commit commit;
    struct group_commit_item item;
    struct group_record record;
    uint8_t bytes[512];
    bool ended;
};
/* Of partition 0 of "t"; `join` null: nobody's member. */
void rig_commit(struct rig *rig, struct rig_commit *commit, const char *group, int64_t offset,
                const struct rig_join *join);
/* The same inside a producer's transaction. */
void rig_commit_inside(struct rig *rig, struct rig_commit *commit, const char *group,
                       int64_t offset, const struct rig_join *join, int64_t producer_id);
/* A marker is durable. */
void rig_end_transaction(struct rig *rig, int64_t producer_id, bool committed);
struct rig_deletion {
    struct group_delete deletion;
    struct group_delete_item item;
    bool ended;
};
/* Of the whole group, or of its offset for partition 0 of "t". */
void rig_delete(struct rig *rig, struct rig_deletion *d, const char *group, bool whole);
/* -1: none. */
int64_t rig_committed(struct rig *rig, const char *group, const char *topic);
int16_t rig_heartbeat(struct rig *rig, const char *group, const struct rig_join *join);
const char *rig_state(struct rig *rig, const char *group);

/* A heartbeat of KIP-848 on its way. */
struct rig_beat {
    struct consumer_beat beat;
    struct string topics[4];
    struct spot owned[16];
    bool ended;
};
/* A first one, of a consumer of topic "t". */
void rig_beat_fill(struct rig_beat *beat, const char *group, const char *member);
/* The next one of a member that has been answered: it owns what it was given last. */
void rig_beat_next(struct rig_beat *beat);
void rig_beat(struct rig *rig, struct rig_beat *beat);
/* Sent, written and answered with this error; it is freed but for the assignment's size. */
void rig_beat_is(struct rig *rig, struct rig_beat *beat, int16_t error);
/* A line for the group, and one for each member: "group 2/2 Stable", "a 2/1 0 t0 t1 - > t0 t1". */
const char *rig_consumers(struct rig *rig, const char *group);
/* What a replay makes of the log is what there was. */
void rig_replay(struct rig *rig, const char *group);
