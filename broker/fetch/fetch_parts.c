/*
 * Taking a fetch apart: what is asked for, each partition once, by the core that owns it.
 *
 * A full request names its partitions; an incremental one asks for those of its session. In a full
 * request a partition may stand several times, in one topic or in several of the same name: it
 * keeps its first place and what is asked last, as in Kafka. A hash table finds it again, for a
 * request may hold very many.
 *
 * What the answer needs of a session is copied: a session may go while its request waits.
 */
#include "broker/fetch/fetch_internal.h"

#include "base/assert.h"
#include "base/hash.h"

/* The parts of one request by topic and partition: places in state->parts, plus one. */
struct part_table {
    uint32_t *slots;
    uint64_t mask;
};

static bool part_table_make(struct fetch_state *state, size_t count, struct part_table *table)
{
    uint64_t capacity = 2;
    while (capacity < 2 * count)
        capacity *= 2;
    table->slots = request_alloc(state->request, capacity, sizeof *table->slots);
    table->mask = capacity - 1;
    return table->slots != NULL;
}

/* The part of this topic and partition, made when it is new. */
static struct fetch_part *part_table_put(struct fetch_state *state, struct part_table *table,
                                         const struct fetch_topic_key *topic, uint64_t topic_hash,
                                         int32_t partition)
{
    uint64_t at = hash_u64(topic_hash + (uint32_t)partition) & table->mask;
    for (; table->slots[at] != 0; at = (at + 1) & table->mask) {
        struct fetch_part *part = &state->parts[table->slots[at] - 1];
        if (part->asked.partition == partition && fetch_topic_key_equal(&part->topic, topic))
            return part;
    }
    table->slots[at] = ++state->part_count;
    struct fetch_part *part = &state->parts[state->part_count - 1];
    part->topic = *topic;
    return part;
}

static struct fetch_probe *probe_of(struct fetch_state *state, unsigned owner)
{
    for (uint32_t i = 0; i < state->probe_count; i++)
        if (state->probes[i].owner == owner)
            return &state->probes[i];
    ASSERT(state->probe_count < FETCH_CORES_MAX);
    struct fetch_probe *probe = &state->probes[state->probe_count++];
    probe->state = state;
    probe->owner = owner;
    return probe;
}

static void part_begin(struct fetch_state *state, struct fetch_part *part)
{
    bool by_id = state->request->version >= FETCH_VERSION_TOPIC_ID;
    const struct image *image = &state->request->core->image;
    const struct image_topic *topic = by_id ? image_topic_with_id(image, part->topic.id)
                                            : image_topic_named(image, part->topic.name);
    part->state = state;
    part->there.high_watermark = -1;
    part->diverging = (struct epoch_entry){-1, -1};
    if (topic == NULL)
        part->error = by_id ? KAFKA_UNKNOWN_TOPIC_ID : KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    else if (part->asked.partition < 0 || part->asked.partition >= topic->partition_count)
        part->error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    if (part->error != KAFKA_NONE) {
        part->unknown = true;
        state->unknown_count++;
        return;
    }
    part->topic_id = topic->id;
    part->probe = probe_of(state, topic->partitions[part->asked.partition].owner);
    part->next_of_owner = part->probe->parts;
    part->probe->parts = part;
}

static bool take_request(struct fetch_state *state, size_t count)
{
    const struct fetch_request *body = state->body;
    struct part_table table;
    if (!part_table_make(state, count, &table))
        return false;
    for (int32_t i = 0; i < body->topics.count; i++) {
        const struct fetch_request_topic *topic = &body->topics.items[i];
        struct fetch_topic_key key = {topic->topic_id, string_bytes(topic->topic)};
        uint64_t hash = fetch_topic_key_hash(state->request->core->fetch_sessions, &key);
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            struct fetch_asked asked = fetch_asked_of(&topic->partitions.items[j]);
            part_table_put(state, &table, &key, hash, asked.partition)->asked = asked;
        }
    }
    return true;
}

/* A name of the session, in the request's own memory. */
static bool topic_copy(struct fetch_state *state, struct fetch_topic_key *topic)
{
    if (topic->name.len == 0)
        return true;
    uint8_t *copy = request_alloc(state->request, topic->name.len, 1);
    if (copy == NULL)
        return false;
    memcpy(copy, topic->name.data, topic->name.len);
    topic->name.data = copy;
    return true;
}

static bool take_session(struct fetch_state *state)
{
    struct fetch_session_part *place = NULL;
    while ((place = fetch_session_next(state->use.session, place)) != NULL) {
        struct fetch_part *part = &state->parts[state->part_count];
        part->place = place;
        part->asked = fetch_session_part_asked(place);
        part->topic = fetch_session_part_topic(place);
        const struct fetch_part *previous = state->part_count == 0 ? NULL : part - 1;
        if (previous != NULL && fetch_topic_key_equal(&previous->topic, &part->topic))
            part->topic = previous->topic;
        else if (!topic_copy(state, &part->topic))
            return false;
        state->part_count++;
    }
    return true;
}

static size_t count_asked(const struct fetch_state *state)
{
    const struct fetch_request *body = state->body;
    size_t count = 0;
    if (state->use.session != NULL)
        return fetch_session_part_count(state->use.session);
    for (int32_t i = 0; i < body->topics.count; i++)
        count += (size_t)body->topics.items[i].partitions.count;
    return count;
}

bool fetch_take_apart(struct fetch_state *state)
{
    struct request *r = state->request;
    size_t count = count_asked(state);
    state->parts = request_alloc(r, count, sizeof *state->parts);
    if (state->parts == NULL)
        return false;
    state->probes = request_alloc(r, MIN(count, (size_t)FETCH_CORES_MAX), sizeof *state->probes);
    if (state->probes == NULL)
        return false;
    if (state->use.session != NULL ? !take_session(state) : !take_request(state, count))
        return false;
    ASSERT(state->part_count <= count);
    for (uint32_t i = 0; i < state->part_count; i++)
        part_begin(state, &state->parts[i]);
    return true;
}
