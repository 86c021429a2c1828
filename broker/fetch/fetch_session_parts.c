/*
 * What fetch sessions hold: topics and partitions, found by hash and kept in order.
 *
 * All sessions of a core share the tables and slabs; the serial of the session is part of each
 * hash. A topic's name is kept as it was asked for, not as a pointer into the catalog: the topic
 * may go, come again, or not be there yet.
 */
#include "broker/fetch/fetch_session.h"

#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/fetch/fetch_session_internal.h"

void chain_table_init(struct chain_table *table, uint32_t items_max)
{
    table->bucket_count = 16;
    while (table->bucket_count < items_max)
        table->bucket_count *= 2;
    table->buckets = mem_map(table->bucket_count * sizeof(struct chain_link *));
}

void chain_table_fini(struct chain_table *table)
{
    mem_unmap(table->buckets, table->bucket_count * sizeof(struct chain_link *));
    *table = (struct chain_table){0};
}

static struct chain_link **chain_bucket(const struct chain_table *table, uint64_t hash)
{
    return &table->buckets[hash & (table->bucket_count - 1)];
}

void chain_add(struct chain_table *table, struct chain_link *link, uint64_t hash)
{
    struct chain_link **bucket = chain_bucket(table, hash);
    link->hash = hash;
    link->next = *bucket;
    *bucket = link;
}

void chain_remove(struct chain_table *table, struct chain_link *link)
{
    struct chain_link **at = chain_bucket(table, link->hash);
    while (*at != link) {
        ASSERT(*at != NULL);
        at = &(*at)->next;
    }
    *at = link->next;
    link->next = NULL;
}

static struct chain_link *chain_skip(struct chain_link *link, uint64_t hash)
{
    while (link != NULL && link->hash != hash)
        link = link->next;
    return link;
}

struct chain_link *chain_first(const struct chain_table *table, uint64_t hash)
{
    return chain_skip(*chain_bucket(table, hash), hash);
}

struct chain_link *chain_next(const struct chain_link *link)
{
    return chain_skip(link->next, link->hash);
}

/* Topics. */

bool fetch_topic_key_equal(const struct fetch_topic_key *a, const struct fetch_topic_key *b)
{
    return uuid_equal(a->id, b->id) && bytes_equal(a->name, b->name);
}

uint64_t fetch_topic_key_hash(const struct fetch_sessions *sessions,
                              const struct fetch_topic_key *key)
{
    struct bytes id = {key->id.bytes, sizeof key->id.bytes};
    return hash_bytes_keyed(key->name.len > 0 ? key->name : id, sessions->secret);
}

static struct fetch_topic_key topic_key(const struct fetch_session_topic *topic)
{
    return (struct fetch_topic_key){topic->id, {topic->name, topic->name_len}};
}

static uint64_t topic_hash(const struct fetch_sessions *sessions,
                           const struct fetch_session *session, const struct fetch_topic_key *key)
{
    return hash_u64(fetch_topic_key_hash(sessions, key) + session->serial);
}

static struct fetch_session_topic *topic_find(const struct fetch_sessions *sessions,
                                              const struct fetch_session *session,
                                              const struct fetch_topic_key *key)
{
    struct chain_link *link = chain_first(&sessions->by_topic, topic_hash(sessions, session, key));
    for (; link != NULL; link = chain_next(link)) {
        struct fetch_session_topic *topic = CONTAINER_OF(link, struct fetch_session_topic, link);
        struct fetch_topic_key own = topic_key(topic);
        if (topic->session == session && fetch_topic_key_equal(&own, key))
            return topic;
    }
    return NULL;
}

static struct fetch_session_topic *topic_new(struct fetch_sessions *sessions,
                                             struct fetch_session *session,
                                             const struct fetch_topic_key *key)
{
    if (key->name.len > FETCH_SESSION_NAME_MAX)
        return NULL;
    struct fetch_session_topic *topic = slab_alloc(&sessions->topics);
    if (topic == NULL && fetch_sessions_evict_stale(sessions, session))
        topic = slab_alloc(&sessions->topics);
    if (topic == NULL)
        return NULL;
    topic->session = session;
    topic->id = key->id;
    topic->name_len = (uint16_t)key->name.len;
    if (key->name.len > 0)
        memcpy(topic->name, key->name.data, key->name.len);
    chain_add(&sessions->by_topic, &topic->link, topic_hash(sessions, session, key));
    return topic;
}

static void topic_drop_if_unused(struct fetch_sessions *sessions, struct fetch_session_topic *topic)
{
    if (topic->uses > 0)
        return;
    chain_remove(&sessions->by_topic, &topic->link);
    slab_free(&sessions->topics, topic);
}

/* Partitions. */

struct fetch_asked fetch_asked_of(const struct fetch_request_partition *partition)
{
    return (struct fetch_asked){
        .offset = partition->fetch_offset,
        .partition = partition->partition,
        .current_leader_epoch = partition->current_leader_epoch,
        .last_fetched_epoch = partition->last_fetched_epoch,
        .bytes_max = partition->partition_max_bytes,
    };
}

static uint64_t part_hash(const struct fetch_session_topic *topic, int32_t partition)
{
    return hash_u64(topic->link.hash + (uint32_t)partition);
}

static struct fetch_session_part *part_of_topic(const struct fetch_sessions *sessions,
                                                const struct fetch_session_topic *topic,
                                                int32_t partition)
{
    struct chain_link *link = chain_first(&sessions->by_part, part_hash(topic, partition));
    for (; link != NULL; link = chain_next(link)) {
        struct fetch_session_part *part = CONTAINER_OF(link, struct fetch_session_part, link);
        if (part->topic == topic && part->asked.partition == partition)
            return part;
    }
    return NULL;
}

struct fetch_session_part *fetch_session_find(const struct fetch_sessions *sessions,
                                              const struct fetch_session *session,
                                              const struct fetch_topic_key *topic,
                                              int32_t partition)
{
    const struct fetch_session_topic *found = topic_find(sessions, session, topic);
    return found == NULL ? NULL : part_of_topic(sessions, found, partition);
}

static struct fetch_session_part *part_new(struct fetch_sessions *sessions,
                                           struct fetch_session_topic *topic, int32_t partition)
{
    struct fetch_session *session = topic->session;
    struct fetch_session_part *part = slab_alloc(&sessions->parts);
    if (part == NULL && fetch_sessions_evict_stale(sessions, session))
        part = slab_alloc(&sessions->parts);
    if (part == NULL)
        return NULL;
    part->session = session;
    part->topic = topic;
    part->high_watermark = part->last_stable = part->log_start = -1;
    topic->uses++;
    chain_add(&sessions->by_part, &part->link, part_hash(topic, partition));
    list_push_back(&session->parts, &part->node);
    session->part_count++;
    return part;
}

struct fetch_session_part *fetch_session_put(struct fetch_sessions *sessions,
                                             struct fetch_session *session,
                                             const struct fetch_topic_key *key,
                                             const struct fetch_asked *asked)
{
    struct fetch_session_topic *topic = topic_find(sessions, session, key);
    if (topic == NULL)
        topic = topic_new(sessions, session, key);
    if (topic == NULL)
        return NULL;
    struct fetch_session_part *part = part_of_topic(sessions, topic, asked->partition);
    if (part == NULL)
        part = part_new(sessions, topic, asked->partition);
    if (part == NULL) {
        topic_drop_if_unused(sessions, topic);
        return NULL;
    }
    part->asked = *asked;
    return part;
}

void fetch_session_forget(struct fetch_sessions *sessions, struct fetch_session_part *part)
{
    ASSERT(part->session->part_count > 0 && part->topic->uses > 0);
    struct fetch_session_topic *topic = part->topic;
    part->session->part_count--;
    topic->uses--;
    list_remove(&part->node);
    chain_remove(&sessions->by_part, &part->link);
    slab_free(&sessions->parts, part);
    topic_drop_if_unused(sessions, topic);
}

struct fetch_session_part *fetch_session_next(const struct fetch_session *session,
                                              const struct fetch_session_part *previous)
{
    struct list *next = previous == NULL ? session->parts.next : previous->node.next;
    return next == &session->parts ? NULL : LIST_ENTRY(next, struct fetch_session_part, node);
}

uint32_t fetch_session_part_count(const struct fetch_session *session)
{
    return session->part_count;
}

struct fetch_asked fetch_session_part_asked(const struct fetch_session_part *part)
{
    return part->asked;
}

struct fetch_topic_key fetch_session_part_topic(const struct fetch_session_part *part)
{
    return topic_key(part->topic);
}

void fetch_session_part_note(struct fetch_session_part *part, const struct fetch_seen *seen)
{
    part->high_watermark = seen->high_watermark;
    part->last_stable = seen->last_stable;
    part->log_start = seen->log_start;
}

bool fetch_session_part_answer(struct fetch_session_part *part, const struct fetch_seen *seen)
{
    bool news = seen->error != 0 || seen->diverging || seen->bytes > 0 ||
                part->high_watermark != seen->high_watermark ||
                part->last_stable != seen->last_stable || part->log_start != seen->log_start;
    fetch_session_part_note(part, seen);
    if (seen->bytes > 0) {
        struct list *parts = &part->session->parts;
        list_remove(&part->node);
        list_push_back(parts, &part->node);
    }
    return news;
}
