/* One group from inside; shared by the files of this folder. */
#pragma once

#include "group/groups.h"

struct consumer;

enum group_state {
    GROUP_EMPTY,
    GROUP_PREPARING,  /* members are to join */
    GROUP_COMPLETING, /* the leader is to assign */
    GROUP_STABLE,
};

/* A member that has never joined is given so long to come back, because it cannot heartbeat. */
#define GROUP_NEW_MEMBER_MS 300000
/* More protocols than any client has; each member's are compared with those of all. */
#define GROUP_PROTOCOLS_MAX 64

/* A text or bytes that the state owns. */
struct group_text {
    char *data; /* null: none */
    int32_t len;
};

struct group_member {
    struct list node; /* group->members, in the order of joining */
    struct group *group;
    uint64_t hash;
    struct group_text id;
    struct group_text instance_id;
    struct group_text client_id;
    struct group_text client_host;
    int32_t rebalance_ms;
    int32_t session_ms;
    struct group_protocol *protocols; /* names and metadata are owned: `protocol_bytes` */
    uint32_t protocol_count;
    char *protocol_bytes;
    size_t bytes; /* counted for it, but for the assignment */
    struct group_text assignment;
    const struct group_assignment *staged; /* while a record is made: its assignment there */
    struct timer session;
    struct group_join *join; /* waits for the others */
    struct group_sync *sync; /* waits for the leader */
    bool is_new;             /* it has not been told its id by an answer */
    bool sync_due;           /* it has not come for its assignment */
};
/* join and sync are never both set; join only while PREPARING, sync only while COMPLETING (or, with
 * the leader's assignment on its way to the disk, until that ends). */

/* An id that was given out and may join with it. */
struct group_pending {
    struct list node; /* group->pending */
    struct group *group;
    struct group_text id;
    size_t bytes;
    struct timer expiry;
};

struct group_offset {
    struct group *group;
    uint64_t hash;
    struct group_text topic;
    int32_t partition;
    bool committed;    /* durable: `value` counts */
    uint32_t out;      /* commits on their way to the disk */
    uint32_t out_open; /* of these, inside transactions */
    uint64_t order;    /* of what is committed */
    struct list open;  /* struct group_open_offset: durable, and waiting for their markers */
    struct group_text metadata;
    struct group_offset_value value; /* metadata: see above */
};

/* An offset that was committed inside a transaction. */
struct group_open_offset {
    struct list of_offset;
    struct list of_transaction;
    struct group_offset *offset;
    int64_t producer_id;
    uint64_t order; /* its place in the log, among all offsets of the partition */
    struct group_text metadata;
    struct group_offset_value value;
};

struct group {
    struct groups *groups;
    uint64_t hash;
    struct group_text id;
    struct consumer *consumer; /* of KIP-848; null: a classic group, and what follows counts */
    enum group_state state;
    enum group_state previous;
    int64_t state_ms; /* wall time of the last change, -1: unknown */
    int32_t generation;
    struct group_text protocol_type; /* null: no member ever joined */
    struct group_text protocol_name;
    struct group_member *leader;
    struct list members;
    struct map members_by_id;
    uint32_t member_count;
    uint32_t joined; /* members with a join */
    struct list pending;
    struct timer rebalance;        /* PREPARING: when it ends without those who are missing */
    struct timer sync_limit;       /* COMPLETING, STABLE: when those go who did not come to sync */
    int64_t initial_left_ms;       /* of the first rebalance: how much longer it may gather */
    bool grown;                    /* a member joined since the last look of the first rebalance */
    struct group_text *subscribed; /* topics of all members; counted by `subscribed_known` */
    uint32_t subscribed_count;
    bool subscribed_known;
    struct map offsets;
    uint32_t writes_out;
    bool stored;   /* the log has a record of it, or of an offset: both make it a group to Kafka */
    bool deleting; /* its tombstones are on their way to the disk */
    bool assigned; /* the assignment of this generation is on its way to the disk */
    /* EMPTY, and the log does not know: a start would find an older generation and its members. */
    bool empty_unknown;
};

static inline struct string text_string(struct group_text text)
{
    return (struct string){text.data, text.data == NULL ? -1 : text.len};
}
static inline struct bytes text_bytes(struct group_text text)
{
    return (struct bytes){(const uint8_t *)text.data, text.data == NULL ? 0 : (size_t)text.len};
}
static inline struct blob text_blob(struct group_text text)
{
    return (struct blob){(const uint8_t *)text.data, text.data == NULL ? 0 : text.len};
}
static inline bool string_given(struct string text)
{
    return text.len >= 0;
}
/* A copy from mem_alloc; null stays null. */
struct group_text text_of(struct bytes bytes);
struct group_text text_of_string(struct string string);
void text_free(struct group_text *text);
void text_set(struct group_text *text, struct bytes bytes);

/* groups.c */
struct group *group_find(const struct groups *groups, struct bytes id);
/* Null when the memory is used up. */
struct group *group_take(struct groups *groups, struct bytes id);
struct group *group_make(struct groups *groups, struct bytes id);
/* Frees a group that has neither members nor offsets nor a record in the log. */
void group_forget_maybe(struct group *group);
void group_free(struct group *group);
void group_set_state(struct group *group, enum group_state state);
/* Members and given-out ids go; who waits is told why. */
void group_drop_members(struct group *group, int16_t error);
/* A classic group whose members are gone is empty, without a word in the log. */
void group_rest(struct group *group);
/* Nobody is a member, of either protocol. */
bool group_is_empty(const struct group *group);
/* What is left of a classic group that nobody is in goes: it begins anew. */
void group_end_classic(struct group *group);
/* The same for a consumer group without members, in memory and in the log. */
void group_end_consumer(struct group *group);
const char *group_state_name(const struct group *group);
bool group_uses_consumers(const struct group *group);

/* members.c */
struct group_member *member_find(const struct group *group, struct string id);
struct group_member *member_find_static(const struct group *group, struct string instance_id);
/* Kafka's check of who asks: UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID. */
int16_t member_check(const struct group *group, struct string member_id, struct string instance_id);
struct group_member_options {
    struct string id;
    struct string instance_id;
    struct string client_id;
    struct string client_host;
    int32_t session_ms;
    int32_t rebalance_ms;
    const struct group_protocol *protocols;
    uint32_t protocol_count;
};
/* Null when the memory is used up; `forced` loads whatever there is. */
struct group_member *member_add(struct group *group, const struct group_member_options *options,
                                bool forced);
/* Its join or sync is answered UNKNOWN_MEMBER_ID. */
void member_remove(struct group_member *member);
/* Another life of the same static member. */
void member_rename(struct group_member *member, struct string id);
bool member_set_protocols(struct group_member *member, const struct group_protocol *protocols,
                          uint32_t count, bool forced);
bool member_has_protocols(const struct group_member *member, const struct group_protocol *protocols,
                          uint32_t count);
/* Of the group's protocol; empty when it has none. */
struct blob member_metadata(const struct group_member *member);
void member_set_assignment(struct group_member *member, struct blob assignment);
/* It is alive: its session begins anew. */
void member_touch(struct group_member *member);
void member_touch_for(struct group_member *member, int64_t ms);
struct group_pending *pending_find_id(const struct group *group, struct string id);
bool pending_add(struct group *group, struct string id, int32_t session_ms);
void pending_remove(struct group_pending *pending);

/* rebalance.c */
void group_rebalance(struct group *group);
/* Begins a rebalance where one may begin, or ends one that has everybody. */
void group_rebalance_maybe(struct group *group);
void group_joined_maybe(struct group *group);
void group_rebalance_expired(struct timer *timer);
void group_sync_expired(struct timer *timer);
/* Tells the log that the group has no member, which it may have missed. */
void group_store_empty(struct group *group);
struct string group_choose_protocol(const struct group *group);
bool group_supports(const struct group *group, struct string type,
                    const struct group_protocol *protocols, uint32_t count);
/* Which topics the members want, out of the metadata of the consumers' protocol. */
void group_subscribe(struct group *group);
bool group_is_subscribed(const struct group *group, struct bytes topic);

/* Answers. */
void join_answer(struct group_join *join, int16_t error);
/* With the group's generation; the leader gets the members. */
void join_answer_group(struct group_join *join, struct group_member *member, bool members);
void member_end_join(struct group_member *member, int16_t error);
void sync_answer(struct group_sync *sync, int16_t error);
void member_end_sync(struct group_member *member, int16_t error);

/* store.c */
struct group_store {
    struct group_write write; /* first */
    struct group *group;
    int32_t generation;
    /* Null: nobody waits. The group may have gone on meanwhile. */
    void (*stored)(struct group_store *store, int result);
    struct group_member *member;
    struct group_join *join;
    struct group_assignment *assignments; /* of members that may be gone */
    uint32_t assignment_count;
    struct group_reply memory; /* the records, and the store itself */
};
/* Appends the group's record; each member's assignment is the one given, else its own. */
struct group_store *group_store_new(struct group *group);
void group_store(struct group_store *store);
int16_t group_store_error(int result);

/* offsets.c */
/* Frees it; with `_fini` all but its place in the group's map. */
void offset_free(struct group_offset *offset);
void offset_fini(struct group_offset *offset);
/* Frees it when nothing of it is in the log or on its way there. */
void offset_free_maybe(struct group_offset *offset);
/* This is its committed value, and newer than all before. */
void offset_fill(struct group_offset *offset, const struct group_offset_value *value);
/* Replay of one record; of a transaction, unless `producer_id` is negative. */
void offset_load(struct group *group, const struct group_record_read *record, int64_t producer_id);
struct group_offset *offset_find(const struct group *group, struct string topic, int32_t partition);
void groups_write_started(struct group *group);
void groups_write_ended(struct group *group);

/* transactions.c */
/* What one counts for; the caller has counted it before open_offset_new. */
size_t open_offset_cost(const struct group_offset_value *value);
struct group_open_offset *open_offset_new(int64_t producer_id,
                                          const struct group_offset_value *value);
void open_offset_free(struct groups *groups, struct group_open_offset *open);
/* It is durable, and takes the place of an earlier one of its producer. */
void offset_open(struct group_offset *offset, struct group_open_offset *open);
/* The offset is deleted: all that transactions have of it is, too. */
void offset_close_all(struct group_offset *offset);
