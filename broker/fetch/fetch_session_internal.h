/* The inside of fetch sessions, shared by their lives (fetch_session.c) and what they hold
 * (fetch_session_parts.c). */
#pragma once

#include "base/heap.h"
#include "base/prng.h"
#include "base/slab.h"
#include "broker/fetch/fetch_session.h"

/* Kafka's limit of a topic's name; what is longer names nothing. */
#define FETCH_SESSION_NAME_MAX 249

/* Chained hash tables of fixed size: nothing grows on the fetch path. */
struct chain_link {
    struct chain_link *next;
    uint64_t hash;
};
struct chain_table {
    struct chain_link **buckets;
    uint64_t bucket_count; /* a power of two */
};

/* A topic of one session. */
struct fetch_session_topic {
    struct chain_link link; /* first */
    struct fetch_session *session;
    struct uuid id;
    uint32_t uses; /* by partitions */
    uint16_t name_len;
    uint8_t name[FETCH_SESSION_NAME_MAX];
};

struct fetch_session_part {
    struct chain_link link; /* first */
    struct list node;       /* session->parts */
    struct fetch_session *session;
    struct fetch_session_topic *topic;
    struct fetch_asked asked;
    /* What the client knows; -1: nothing yet, or an error. */
    int64_t high_watermark;
    int64_t last_stable;
    int64_t log_start;
};

struct fetch_session {
    struct chain_link link; /* first */
    struct list node;       /* sessions->used, the least recently used first */
    struct timer evictable; /* in sessions->evictable once it is old */
    int32_t id;
    int32_t epoch; /* that the next request must have */
    uint64_t serial;
    bool by_id;
    bool lost; /* a change found no memory: of no use but to the request that made it */
    uint64_t created_ms;
    uint64_t used_ms;
    struct list parts; /* in the order they are served */
    uint32_t part_count;
};

struct fetch_sessions {
    uint32_t sessions_max;
    unsigned core;
    unsigned core_count;
    uint64_t secret;
    struct prng prng;
    uint64_t serial; /* of the newest session */
    struct slab sessions;
    struct slab topics;
    struct slab parts;
    struct chain_table by_id;
    struct chain_table by_topic;
    struct chain_table by_part;
    struct list used;
    struct heap evictable; /* by size, then id */
};
/* A session is in by_id and used; each of its parts in by_part and session->parts; each topic in
 * by_topic exactly while a part uses it. */

void chain_table_init(struct chain_table *table, uint32_t items_max);
void chain_table_fini(struct chain_table *table);
void chain_add(struct chain_table *table, struct chain_link *link, uint64_t hash);
void chain_remove(struct chain_table *table, struct chain_link *link);
/* The first with this hash, or behind `link` the next one; null at the end. */
struct chain_link *chain_first(const struct chain_table *table, uint64_t hash);
struct chain_link *chain_next(const struct chain_link *link);

/* Closes the sessions nobody has used for long when `in_use` was, which is now; true when there was
 * one. */
bool fetch_sessions_evict_stale(struct fetch_sessions *sessions,
                                const struct fetch_session *in_use);

struct fetch_session_part *fetch_session_find(const struct fetch_sessions *sessions,
                                              const struct fetch_session *session,
                                              const struct fetch_topic_key *topic,
                                              int32_t partition);
void fetch_session_forget(struct fetch_sessions *sessions, struct fetch_session_part *part);
