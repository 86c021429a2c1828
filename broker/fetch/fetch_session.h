/*
 * Fetch sessions (KIP-227): what a consumer asks for, remembered between its requests.
 *
 * A full fetch (epoch 0) creates a session; from then on requests name only what changes, and
 * answers hold only partitions with something to say. A session belongs to one core and to no
 * connection: it lives until it is closed (epoch -1), replaced, or evicted. Its id tells the core.
 * Session ids, epochs and eviction follow Kafka's. Memory is a share of the core's, taken at start:
 * when it is short there is no session, and the answer says so by id 0.
 *
 * This module knows no clock and no core: times are the caller's, in milliseconds, never going
 * back.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/list.h"
#include "base/result.h"
#include "base/uuid.h"
#include "protocol/schema/fetch.h"

/* A session younger than this, or used within it, is not evicted (Kafka: not configurable). */
#define FETCH_SESSION_EVICTION_MS 120000
/* From this version on topics are named by id. */
#define FETCH_VERSION_TOPIC_ID 13

struct fetch_sessions;
struct fetch_session;

struct fetch_sessions_options {
    uint32_t sessions_max; /* 0: none are kept */
    size_t memory_bytes;   /* what all of them may use together */
    unsigned core;
    unsigned core_count;
    uint64_t secret; /* what clients cannot foresee: session ids and hashes begin here */
};

/* The sessions of one core. */
struct fetch_sessions *fetch_sessions_new(const struct fetch_sessions_options *options);
void fetch_sessions_free(struct fetch_sessions *sessions);
uint32_t fetch_sessions_count(const struct fetch_sessions *sessions);
uint32_t fetch_sessions_part_count(const struct fetch_sessions *sessions);

/* The core whose session it would be. `id` must be above 0. */
unsigned fetch_session_core(int32_t id, unsigned core_count);

/* How a request names a topic: up to version 12 by name, then by id. The other one is empty. */
struct fetch_topic_key {
    struct uuid id;
    struct bytes name;
};
bool fetch_topic_key_equal(const struct fetch_topic_key *a, const struct fetch_topic_key *b);
/* Not to be foreseen by clients. */
uint64_t fetch_topic_key_hash(const struct fetch_sessions *sessions,
                              const struct fetch_topic_key *key);

/* What is asked of one partition. */
struct fetch_asked {
    int64_t offset;
    int32_t partition;
    int32_t current_leader_epoch;
    int32_t last_fetched_epoch;
    int32_t bytes_max;
};
struct fetch_asked fetch_asked_of(const struct fetch_request_partition *partition);

/* What an answer says of one partition. Offsets are -1 where there is an error. */
struct fetch_seen {
    int16_t error;
    bool diverging;
    uint32_t bytes; /* of records */
    int64_t high_watermark;
    int64_t last_stable;
    int64_t log_start;
};

/* One partition of a session. Owned by the session. */
struct fetch_session_part;

struct fetch_asked fetch_session_part_asked(const struct fetch_session_part *part);
/* Borrowed: the name goes with the session. */
struct fetch_topic_key fetch_session_part_topic(const struct fetch_session_part *part);
/* True when the answer must hold this partition. Remembers what was seen; one that has records goes
 * behind all others, so that each gets its turn. */
bool fetch_session_part_answer(struct fetch_session_part *part, const struct fetch_seen *seen);

/* What one request does with sessions. */
struct fetch_session_use {
    bool create;                   /* answered with a new session, if there is room */
    struct fetch_session *session; /* incremental: its partitions are asked for; else null */
    int32_t id;                    /* of `session` */
    int32_t epoch;                 /* the session's after this request */
    uint64_t serial;               /* of `session`: ids may come again, serials do not */
};

/*
 * At the begin of a request: closes the session a full request names, or finds that of an
 * incremental one and brings it up to date. Returns the request's error, or KAFKA_NONE and what is
 * to be done in `use`.
 */
int16_t fetch_session_open(struct fetch_sessions *sessions, const struct fetch_request *request,
                           int16_t version, uint64_t now_ms, struct fetch_session_use *use);
/* The partitions asked for, in order: null at the end. `previous` is null at first. */
struct fetch_session_part *fetch_session_next(const struct fetch_session *session,
                                              const struct fetch_session_part *previous);

uint32_t fetch_session_part_count(const struct fetch_session *session);

enum fetch_session_state {
    FETCH_SESSION_CURRENT,
    FETCH_SESSION_MOVED, /* another request has used it meanwhile */
    FETCH_SESSION_GONE,  /* closed or evicted meanwhile */
};
/* At the end of an incremental request. Only while it is current the session and its partitions
 * may be touched: it stays what it was as long as its epoch does. */
enum fetch_session_state fetch_session_look(const struct fetch_sessions *sessions,
                                            const struct fetch_session_use *use);
/* False when the request's changes found no memory: the session is closed then. */
bool fetch_session_settle(struct fetch_sessions *sessions, struct fetch_session *session);

/* A new session, empty and with its id, about to get `part_count` partitions; null without room. */
struct fetch_session *fetch_session_create(struct fetch_sessions *sessions, bool by_id,
                                           uint32_t part_count, uint64_t now_ms);
int32_t fetch_session_id(const struct fetch_session *session);
/* Adds a partition, or changes what is asked of it; null without memory. */
struct fetch_session_part *fetch_session_put(struct fetch_sessions *sessions,
                                             struct fetch_session *session,
                                             const struct fetch_topic_key *topic,
                                             const struct fetch_asked *asked);
/* Remembers what the answer to a full request says. */
void fetch_session_part_note(struct fetch_session_part *part, const struct fetch_seen *seen);
void fetch_session_drop(struct fetch_sessions *sessions, struct fetch_session *session);
/* Closes the session of this id, if there is one. */
void fetch_session_close(struct fetch_sessions *sessions, int32_t id);
