/* A consumer group from inside; shared by group/consumer_*.c and the seams in the classic files. */
#pragma once

#include "group/assignor.h"
#include "group/consumer.h"
#include "group/consumer_records.h"
#include "group/group_internal.h"

/* The classic side of a member that speaks the classic protocol. */
#define consumer_classic consumer_group_member_metadata_value_classic_member_metadata

struct consumer_member {
    struct list node; /* consumer->members, in the order of joining */
    struct consumer *consumer;
    struct group_text id;
    uint64_t hash;
    /* As its record says; all of it lies in `memory`. The topics are sorted. */
    struct consumer_group_member_metadata_value said;
    struct group_reply memory;
    struct consumer_current current;
    struct spots target;
    struct timer session;
    struct timer rebalance; /* while UNREVOKED; of a classic one: until it rejoins, or syncs */
    size_t bytes;           /* counted for it */
};
/* `current` and `target` own their sets. */

/* A pattern that members subscribe with, and the topics it stands for. */
struct consumer_pattern {
    struct list node;
    struct group_text text;
    struct string *topics; /* sorted; in `memory` */
    uint32_t topic_count;
    int64_t version;
    int64_t looked_ms; /* wall time of the last resolution */
    struct group_reply memory;
    size_t bytes;
};

/* What makes a group a consumer group: group->consumer. */
struct consumer {
    struct group *group;
    int32_t epoch;
    int32_t target_epoch;
    int64_t hash; /* of the topics that are subscribed to, at `epoch` */
    struct list members;
    struct map members_by_id;
    uint32_t member_count;
    struct list patterns;
    uint64_t topics_seen; /* the host's count when the hash was last compared */
    bool hash_due;        /* whatever the count says */
    bool busy;            /* a write is out */
    bool stored;          /* the log has its epoch */
    bool is_draft;        /* see consumer_draft */
    struct list waiting;  /* struct consumer_beat */
};

/* One change of a group, as it is worked out. */
struct consumer_plan {
    struct group *group;
    struct consumer *consumer; /* what it changes: the group as it is, or a draft */
    struct consumer_change *changes;
    uint32_t count;
    uint32_t capacity;
    struct group_reply memory; /* of the plan itself, too */
};

/* consumer.c */
struct consumer *consumer_make(struct group *group);
void consumer_free(struct consumer *consumer);
struct consumer_member *consumer_find(const struct consumer *consumer, struct string id);
struct consumer_member *consumer_find_static(const struct consumer *consumer,
                                             struct string instance_id);
struct consumer_pattern *consumer_find_pattern(const struct consumer *consumer, struct string text);
/* A member's own words, copied; the topics come sorted. */
struct consumer_group_member_metadata_value
consumer_said_copy(struct group_reply *memory,
                   const struct consumer_group_member_metadata_value *said);
/* The one way a group changes: when a record is durable, and when it is replayed. A change that is
 * the group's first makes it a consumer group. */
void consumer_apply(struct group *group, const struct consumer_change *change);
/* The group as it will be when what was worked out last is durable: what comes behind that is
 * worked out upon it, within the same call, and seen by nobody else. It borrows what members said,
 * arms no timer and is not counted; null: there is no room for it. */
struct consumer *consumer_draft(const struct consumer *consumer);
void consumer_draft_apply(struct consumer *draft, const struct consumer_change *change);
/* Frees it; which topics it has looked at the group itself need not look at again. */
void consumer_draft_end(struct consumer *draft, struct consumer *consumer);
void consumer_loaded(struct consumer *consumer);
void consumer_close(struct consumer *consumer);
void consumer_touch(struct consumer_member *member);
const char *consumer_state_name(const struct consumer *consumer);
bool consumer_subscribed(const struct consumer *consumer, struct bytes topic);

/* It is a consumer group to whoever looks: not while the first of its records is on its way. */
static inline bool group_shows_consumer(const struct group *group)
{
    const struct consumer *consumer = group->consumer;
    return consumer != NULL && (consumer->stored || consumer->member_count > 0);
}
/* It still is, or will be, a classic one. */
static inline bool group_shows_classic(const struct group *group)
{
    return group->consumer == NULL || (group->stored && !group_shows_consumer(group));
}

/* consumer_plan.c */
struct consumer_plan *plan_new(struct group *group, struct consumer *consumer);
struct consumer_change *plan_add(struct consumer_plan *plan, enum consumer_change_kind kind,
                                 struct string key, bool tombstone);
void plan_free(struct consumer_plan *plan);
/* Tombstones of the group's own records: it has no members. How many, and they themselves. */
uint32_t consumer_end_count(const struct consumer *consumer);
void consumer_end_write(const struct consumer *consumer, struct group_reply *memory,
                        struct group_record *records);
/* The member goes: its tombstones, and the group's next epoch. */
void plan_remove_member(struct consumer_plan *plan, const struct consumer_member *member);
/* The pattern that nobody but `member` names goes. */
void plan_remove_pattern(struct consumer_plan *plan, const struct consumer_member *member);
void consumer_session_expired(struct timer *timer);
void consumer_rebalance_expired(struct timer *timer);

/* consumer_beat.c */
/* Works it out into the plan, or refuses it; which of both, and with what, stands in the beat. */
void consumer_beat_work(struct consumer_plan *plan, struct consumer_beat *beat);
/* Now, or when the group is not busy any more. */
void consumer_beat_begin(struct group *group, struct consumer_beat *beat);
void beat_answer(struct consumer_beat *beat, int16_t error, const char *message);

/* consumer_write.c */
/* Those in line, as many as one write takes; the others when it is durable. */
void consumer_serve(struct group *group);
/* Each of these frees the plan. Applied when it is durable, and nobody waits for it. */
void consumer_write_plan(struct consumer_plan *plan);
/* The same where memory is to have it at once; and where the group is no consumer group any more.
 */
void consumer_write_applied(struct consumer_plan *plan);
void consumer_write_ended(struct consumer_plan *plan);

/* consumer_classic.c: members of the classic protocol */
static inline bool consumer_is_classic(const struct consumer_member *member)
{
    return member->said.classic_member_metadata != NULL;
}
/* All classic members but one have the protocol. */
bool consumer_all_support(const struct consumer *consumer, struct string name,
                          const struct consumer_member *but);
void consumer_join(struct group *group, struct group_join *join);
void consumer_sync(struct group *group, struct group_sync *sync);
int16_t consumer_heartbeat(struct group *group, const struct group_caller *caller);
/* The answer need not wait: who is not gone in time is removed when its session ends. */
int16_t consumer_leave(struct group *group, const struct group_leaver *leaver);

/* consumer_migrate.c */
/* Makes a consumer group of a classic one that has members; false: it cannot be, or may not. */
bool consumer_upgrade(struct group *group);
/* The other way, when the last member of the new protocol has gone. */
void consumer_downgrade_maybe(struct group *group);

/* consumer_target.c: what an assignment is made of. */

/* A member as it will be: those of the group, one of them replaced or new, one gone. */
struct consumer_view {
    struct string id;
    const struct consumer_group_member_metadata_value *said;
    struct spots target;
    /* What it subscribes to, by name and by pattern; sorted, without doubles. */
    const struct string *topics;
    uint32_t topic_count;
};

struct consumer_views {
    struct consumer_view *items; /* by id */
    uint32_t count;
};

/* `gone` null: nobody; `draft` null: nobody new or changed. Patterns are those of the group, and
 * those that the plan resolves. */
struct consumer_views consumer_views_of(struct consumer_plan *plan,
                                        const struct consumer_member *gone,
                                        const struct consumer_view *draft);
/* Fills its topics. */
void consumer_view_subscribe(struct consumer_plan *plan, struct consumer_view *view);
/* Kafka's hash of the topics the views subscribe to (KIP-1101). */
int64_t consumer_topics_hash(struct consumer_plan *plan, struct consumer_views views);
/* Ids of the topics of one view that exist, sorted. */
struct consumer_ids {
    struct uuid *items;
    uint32_t count;
};
struct consumer_ids consumer_topic_ids(struct consumer_plan *plan,
                                       const struct consumer_view *view);
/* The target of each view, in the order of the views. */
struct spots *consumer_assign(struct consumer_plan *plan, struct consumer_views views);
/* What most members ask for; the configuration's first otherwise. */
const char *consumer_assignor(const struct groups_host *host, struct consumer_views views);
/* Whether the configuration lets members ask for it. */
bool consumer_assignor_known(const struct groups_host *host, struct string name);
/* Sorts texts and takes doubles out; how many are left. */
uint32_t consumer_sort_topics(struct string *topics, uint32_t count);

/* consumer_reconcile.c */
struct consumer_reconcile {
    struct consumer_current current;
    struct spots target; /* of the member's own topics */
    int32_t target_epoch;
    bool subscription_changed;
    struct consumer_ids subscribed;
    bool owned_said;
    struct spots owned;
    /* Of the sets that others, and it itself, have: which of these are not free. */
    const struct consumer *consumer;
};
/* Those of `wanted` that nobody has. */
struct spots consumer_unheld(struct group_reply *memory, const struct consumer *consumer,
                             struct spots wanted);
/* Where the member stands after this heartbeat; false: it is to be fenced. */
bool consumer_reconcile(struct group_reply *memory, const struct consumer_reconcile *in,
                        struct consumer_current *out);

/* consumer_pattern.c */
/* Resolves `text` against the host's topics into a PATTERN change. INVALID_REGULAR_EXPRESSION. */
int16_t consumer_pattern_resolve(struct group_reply *memory, struct groups_host *host,
                                 struct string text, struct consumer_change *change);
/* Patterns that are due another look; each that changed adds its change. False: some are not due.
 */
bool consumer_patterns_refresh(struct consumer_plan *plan, struct consumer *consumer);
