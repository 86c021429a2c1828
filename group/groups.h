/*
 * The coordinator's state of one partition of __consumer_offsets: consumer groups and committed
 * offsets, as pure state machines. Groups of KIP-848 have a header of their own (consumer.h).
 *
 * Nothing here reads a clock, waits or writes. The host gives the time, owns the timers' heap and
 * the log, and is told what to append. What Kafka persists is persisted with Kafka's own records
 * (records.h), and what depends on it is answered or applied only when the host says that it is
 * durable: so the state is always what a replay of the log would give.
 *
 * An operation is a structure of the caller's, his until its `done`, which may come inside the
 * call; it must not call back into the groups. Texts and bytes that go in are borrowed until then;
 * what comes out lies in the operation's reply. Errors are Kafka's codes.
 *
 * Protocol: the classic one with KIP-345 (static members), KIP-394 (a first join only gives an id),
 * KIP-559 (protocol type and name in SyncGroup), KIP-814 (no assignment by a returning leader).
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/heap.h"
#include "base/list.h"
#include "base/map.h"
#include "base/uuid.h"
#include "group/memory.h"
#include "group/records.h"
#include "group/reply.h"
#include "protocol/message.h"

struct group;
struct group_member;
struct groups;

/* Bounds, from the configuration. */
struct groups_config {
    int32_t session_ms_min;
    int32_t session_ms_max;
    int32_t rebalance_delay_ms;
    int32_t members_max;
    int64_t retention_ms; /* of offsets */
    /* Consumer groups (group.consumer.*). */
    int32_t consumer_members_max;
    int64_t pattern_refresh_ms;
    bool may_upgrade; /* group.consumer.migration.policy */
    bool may_downgrade;
    const char *assignors[2]; /* that members may ask for, the preferred one first; null: no more */
};

/* What a consumer group may have settings of its own for. */
struct group_settings {
    int32_t session_ms;   /* consumer.session.timeout.ms */
    int32_t heartbeat_ms; /* consumer.heartbeat.interval.ms */
};

/* A topic, as the catalog has it now. */
struct group_topic {
    struct uuid id;
    struct string name; /* the catalog's: valid within the call in which it was asked for */
    int32_t partitions;
};

/* Who writes inside a transaction (KIP-98). */
struct group_producer {
    int64_t id;
    int16_t epoch;
};

/* Records to be appended in one batch. The host's from `append` until `done`. */
struct group_write {
    struct list node;
    struct group_record *records;
    uint32_t count;
    bool transactional; /* in a batch of its own: transactional, of this producer, unnumbered */
    struct group_producer producer;
    /* 0: durable. ERR_TOO_LARGE, ERR_OFFLINE, ERR_NOT_FOUND (the partition is gone), ERR_DENIED
     * (the producer's epoch is an old one): nothing of it will be found. Never inside `append`; in
     * the order of the appends. */
    void (*done)(struct group_write *write, int result);
};

/* What the state machines ask of their surroundings. */
struct groups_host {
    struct heap *timers;
    struct group_memory *memory;
    const struct groups_config *config;
    uint64_t secret; /* for tables of keys that clients choose */
    uint64_t (*now_ns)(struct groups_host *host);
    int64_t (*wall_ms)(struct groups_host *host);
    struct uuid (*new_id)(struct groups_host *host);
    void (*append)(struct groups_host *host, struct groups *groups, struct group_write *write);
    /* As they are now: they change while the broker runs. */
    struct group_settings (*settings)(struct groups_host *host, struct bytes group_id);
    /* Topics; false: there is none. */
    bool (*topic_named)(struct groups_host *host, struct bytes name, struct group_topic *topic);
    bool (*topic_with_id)(struct groups_host *host, struct uuid id, struct group_topic *topic);
    /* By name, ascending. */
    bool (*topic_at)(struct groups_host *host, uint32_t index, struct group_topic *topic);
    /* Grows whenever a topic comes, goes or gets partitions. */
    uint64_t (*topics_version)(struct groups_host *host);
};

struct groups {
    struct groups_host *host;
    struct map by_id;        /* struct group */
    struct map transactions; /* struct group_transaction: those with offsets and without a marker */
    uint64_t order;          /* of the newest offset in the log */
    uint32_t offset_count;
    uint32_t writes_out;
    bool loaded; /* until then no time runs: what is known is what was, somewhere in the log */
    bool closed;
};

void groups_init(struct groups *groups, struct groups_host *host);
/* The partition goes: who waits is answered NOT_COORDINATOR, and no timer is left. Writes may still
 * be out; their `done` must have come before groups_fini. */
void groups_close(struct groups *groups);
void groups_fini(struct groups *groups);

/* Replay. One record of the log, in order; what it means nothing to us is passed over. */
void groups_load(struct groups *groups, const struct group_record_read *record);
/* The same for a record of a transaction. An offset counts with its producer's marker; anything
 * else counts at once, as it does to Kafka. */
void groups_load_transactional(struct groups *groups, int64_t producer_id,
                               const struct group_record_read *record);
/* Everything is loaded: members have their session timeout to show up, and what they have to give
 * up their rebalance timeout. */
void groups_loaded(struct groups *groups);

/* Members. */

struct group_protocol {
    struct string name;
    struct blob metadata;
};

struct group_join_member {
    struct string member_id;
    struct string instance_id; /* null: none */
    struct blob metadata;
};

struct group_join {
    /* in */
    struct string group_id;
    struct string member_id;   /* empty: a new one */
    struct string instance_id; /* null: not static */
    struct string client_id;
    struct string client_host;
    struct string protocol_type;
    const struct group_protocol *protocols;
    uint32_t protocol_count;
    int32_t session_ms;
    int32_t rebalance_ms;
    bool needs_id; /* a first join only gets an id (KIP-394) */
    bool may_skip; /* the client understands skip_assignment (KIP-814) */
    void (*done)(struct group_join *join);
    /* out */
    int16_t error;
    int32_t generation;
    struct string protocol_name; /* null: none */
    struct string leader;
    struct string new_member_id;
    struct group_join_member *members; /* for the leader */
    uint32_t member_count;
    bool skip_assignment;
    bool has_type; /* the answer says protocol_type */
    struct group_reply reply;
    /* internal */
    struct group_member *member;
    struct groups *groups;
    bool waits;
};

void groups_join(struct groups *groups, struct group_join *join);
/* Ends the wait of a join with an error; nothing when it does not wait. */
void groups_join_cancel(struct group_join *join, int16_t error);

struct group_assignment {
    struct string member_id;
    struct blob assignment;
};

struct group_sync {
    /* in */
    struct string group_id;
    int32_t generation;
    struct string member_id;
    struct string instance_id;
    struct string protocol_type; /* null: not said */
    struct string protocol_name;
    const struct group_assignment *assignments;
    uint32_t assignment_count;
    void (*done)(struct group_sync *sync);
    /* out */
    int16_t error;
    struct string answer_type;
    struct string answer_name;
    struct blob answer;
    struct group_reply reply;
    /* internal */
    struct group_member *member;
    bool waits;
};

void groups_sync(struct groups *groups, struct group_sync *sync);
void groups_sync_cancel(struct group_sync *sync, int16_t error);

/* Who asks, in heartbeats and commits. */
struct group_caller {
    struct string group_id;
    int32_t generation;
    struct string member_id;
    struct string instance_id;
};

int16_t groups_heartbeat(struct groups *groups, const struct group_caller *caller);

struct group_leaver {
    struct string member_id;
    struct string instance_id;
    int16_t error; /* out */
};

/* The error of the whole, or of each leaver. */
int16_t groups_leave(struct groups *groups, struct string group_id, struct group_leaver *leavers,
                     uint32_t count);

/* Offsets. */

struct group_offset;

struct group_commit_item {
    struct string topic;
    int32_t partition;
    struct group_offset_value value;
    struct group_offset *slot;      /* internal */
    struct group_open_offset *open; /* internal */
};

struct group_commit {
    bool knows_epochs; /* the request may speak of member epochs (version 9) */
    /* in; `records` are those of the items, as group_record_write_offset makes them. A write that
     * is transactional makes it TxnOffsetCommit's: the offsets count with their marker, and the
     * caller need not say who he is. Whoever calls has verified that the producer has an open
     * transaction which this partition is part of (KIP-890). */
    struct group_caller caller;
    struct group_commit_item *items;
    uint32_t count;
    struct group_write write; /* all but node and `done` are the caller's to set */
    void (*done)(struct group_commit *commit);
    /* out: the same for all items */
    int16_t error;
    /* internal */
    struct group *group;
};

void groups_commit(struct groups *groups, struct group_commit *commit);

/* A producer's marker is durable, or replayed: its offsets are committed, or gone. In the order of
 * the log, behind the `done` of every write in front of it. */
void groups_end_transaction(struct groups *groups, int64_t producer_id, bool committed);

struct group_fetch_item {
    struct string topic;
    int32_t partition;
    struct group_offset_value value; /* out; offset -1 where there is none */
    int16_t error;
};

struct group_fetch {
    struct string group_id;
    struct string member_id; /* null: nobody's member asks */
    int32_t member_epoch;
    bool stable; /* offsets of an open transaction are an error (KIP-447) */
    /* With `all` the items are made here, in the reply, sorted by topic and partition. */
    bool all;
    struct group_fetch_item *items;
    uint32_t count;
    int16_t error;
    struct group_reply reply;
};

void groups_fetch(struct groups *groups, struct group_fetch *fetch);

struct group_delete_item {
    struct string topic;
    int32_t partition;
    int16_t error; /* out; what is set before is left alone */
};

/* Deletes some offsets, or the whole group with all of them. */
struct group_delete {
    struct string group_id;
    bool whole;
    struct group_delete_item *items;
    uint32_t count;
    void (*done)(struct group_delete *deletion);
    int16_t error;
};

void groups_delete(struct groups *groups, struct group_delete *deletion);

/* A topic is deleted: its offsets go. */
void groups_topic_removed(struct groups *groups, struct bytes topic);
/* Removes what has expired. */
void groups_expire(struct groups *groups);

/* Looking. */

struct group_listed {
    struct string group_id;
    struct string protocol_type;
    const char *state;
    const char *type; /* "classic", "consumer" */
};

/* All groups, in the reply; appended to a list that may have some. */
struct group_listing {
    struct group_listed *items;
    uint32_t count;
    struct group_reply reply;
};
void groups_list(struct groups *groups, struct group_listing *listing);
uint32_t groups_count(const struct groups *groups);

struct group_described_member {
    struct string member_id;
    struct string instance_id;
    struct string client_id;
    struct string client_host;
    struct blob metadata;
    struct blob assignment;
};

struct group_description {
    struct string group_id; /* in */
    bool found;
    bool is_consumer; /* of KIP-848: that is why it was not found */
    const char *state;
    struct string protocol_type;
    struct string protocol_data;
    struct group_described_member *members;
    uint32_t member_count;
    struct group_reply reply;
};
void groups_describe(struct groups *groups, struct group_description *description);
