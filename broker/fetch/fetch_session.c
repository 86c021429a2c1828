/*
 * The lives of fetch sessions: who may create one, what a request must bring, who goes.
 *
 * A session costs memory, so there are at most a core's share of Kafka's setting. When all are
 * taken, one that nobody has used for two minutes goes, the least recently used first; else the
 * smallest of those older than two minutes, when the new one is larger: it saves more. Else there
 * is none, and the client goes on with full requests.
 */
#include "broker/fetch/fetch_session.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/fetch/fetch_session_internal.h"
#include "protocol/errors.h"

#define EPOCH_INITIAL 0
#define EPOCH_FINAL (-1)

/* With their places in the tables and on the stacks of the slabs. */
#define SESSION_COST (sizeof(struct fetch_session) + 4 * sizeof(void *))
#define TOPIC_COST (sizeof(struct fetch_session_topic) + 3 * sizeof(void *))
#define PART_COST (sizeof(struct fetch_session_part) + 3 * sizeof(void *))

struct fetch_sessions *fetch_sessions_new(const struct fetch_sessions_options *options)
{
    ASSERT(options->core < options->core_count);
    struct fetch_sessions *s = mem_alloc(sizeof *s);
    uint32_t sessions = (uint32_t)MIN(options->memory_bytes / 4 / SESSION_COST, UINT32_MAX / 2);
    uint32_t topics = (uint32_t)MIN(options->memory_bytes / 4 / TOPIC_COST, UINT32_MAX / 2);
    uint32_t parts = (uint32_t)MIN(options->memory_bytes / 2 / PART_COST, UINT32_MAX / 2);
    s->sessions_max = MIN(options->sessions_max, sessions);
    s->core = options->core;
    s->core_count = options->core_count;
    s->secret = options->secret;
    prng_init(&s->prng, options->secret);
    uint32_t slots = MAX(s->sessions_max, 1U);
    slab_init(&s->sessions, sizeof(struct fetch_session), slots);
    slab_init(&s->topics, sizeof(struct fetch_session_topic), MAX(topics, 1U));
    slab_init(&s->parts, sizeof(struct fetch_session_part), MAX(parts, 1U));
    chain_table_init(&s->by_id, slots);
    chain_table_init(&s->by_topic, topics);
    chain_table_init(&s->by_part, parts);
    list_init(&s->used);
    heap_init(&s->evictable, slots);
    return s;
}

void fetch_sessions_free(struct fetch_sessions *s)
{
    LIST_EACH(node, &s->used)
        fetch_session_drop(s, LIST_ENTRY(node, struct fetch_session, node));
    heap_fini(&s->evictable);
    chain_table_fini(&s->by_part);
    chain_table_fini(&s->by_topic);
    chain_table_fini(&s->by_id);
    slab_fini(&s->parts);
    slab_fini(&s->topics);
    slab_fini(&s->sessions);
    mem_free(s);
}

uint32_t fetch_sessions_count(const struct fetch_sessions *s)
{
    return slab_used(&s->sessions);
}

uint32_t fetch_sessions_part_count(const struct fetch_sessions *s)
{
    return slab_used(&s->parts);
}

unsigned fetch_session_core(int32_t id, unsigned core_count)
{
    ASSERT(id > 0 && core_count > 0);
    return (unsigned)id % core_count;
}

static uint64_t id_hash(const struct fetch_sessions *s, int32_t id)
{
    return hash_u64((uint64_t)(uint32_t)id ^ s->secret);
}

static struct fetch_session *session_with_id(const struct fetch_sessions *s, int32_t id)
{
    struct chain_link *link = chain_first(&s->by_id, id_hash(s, id));
    for (; link != NULL; link = chain_next(link)) {
        struct fetch_session *session = CONTAINER_OF(link, struct fetch_session, link);
        if (session->id == id)
            return session;
    }
    return NULL;
}

/* Random, so that nobody uses another's session by chance; of this core; not in use. */
static int32_t session_new_id(struct fetch_sessions *s)
{
    for (;;) {
        uint64_t turns = INT32_MAX / s->core_count;
        int32_t id = (int32_t)(prng_below(&s->prng, turns) * s->core_count + s->core);
        if (id > 0 && session_with_id(s, id) == NULL)
            return id;
    }
}

/* Age and eviction. */

static void session_touch(struct fetch_sessions *s, struct fetch_session *session, uint64_t now_ms)
{
    session->used_ms = now_ms;
    list_remove(&session->node);
    list_push_back(&s->used, &session->node);
    if (now_ms - session->created_ms > FETCH_SESSION_EVICTION_MS)
        heap_set(&s->evictable, &session->evictable,
                 (uint64_t)session->part_count << 32 | (uint32_t)session->id);
}

void fetch_session_drop(struct fetch_sessions *s, struct fetch_session *session)
{
    struct fetch_session_part *part;
    while ((part = fetch_session_next(session, NULL)) != NULL)
        fetch_session_forget(s, part);
    heap_cancel(&s->evictable, &session->evictable);
    list_remove(&session->node);
    chain_remove(&s->by_id, &session->link);
    slab_free(&s->sessions, session);
}

void fetch_session_close(struct fetch_sessions *s, int32_t id)
{
    struct fetch_session *session = session_with_id(s, id);
    if (session != NULL)
        fetch_session_drop(s, session);
}

bool fetch_sessions_evict_stale(struct fetch_sessions *s, const struct fetch_session *in_use)
{
    bool any = false;
    LIST_EACH(node, &s->used) {
        struct fetch_session *session = LIST_ENTRY(node, struct fetch_session, node);
        if (in_use->used_ms - session->used_ms <= FETCH_SESSION_EVICTION_MS)
            break;
        fetch_session_drop(s, session);
        any = true;
    }
    return any;
}

/* Makes room for a session of `part_count` partitions. */
static bool session_evict(struct fetch_sessions *s, uint32_t part_count, uint64_t now_ms)
{
    struct fetch_session *oldest = LIST_FIRST(&s->used, struct fetch_session, node);
    if (oldest == NULL)
        return false;
    if (now_ms - oldest->used_ms > FETCH_SESSION_EVICTION_MS) {
        fetch_session_drop(s, oldest);
        return true;
    }
    uint64_t smallest = heap_next(&s->evictable);
    if (smallest == UINT64_MAX || smallest >> 32 >= part_count)
        return false;
    struct fetch_session *session = session_with_id(s, (int32_t)(uint32_t)smallest);
    ASSERT(session != NULL);
    fetch_session_drop(s, session);
    return true;
}

/* The heap only orders the sessions: nobody runs it. */
static void never_expires(struct timer *timer)
{
    (void)timer;
    UNREACHABLE();
}

struct fetch_session *fetch_session_create(struct fetch_sessions *s, bool by_id,
                                           uint32_t part_count, uint64_t now_ms)
{
    if (s->sessions_max == 0)
        return NULL;
    if (slab_used(&s->sessions) == s->sessions_max && !session_evict(s, part_count, now_ms))
        return NULL;
    struct fetch_session *session = slab_alloc(&s->sessions);
    if (session == NULL)
        return NULL;
    session->id = session_new_id(s);
    session->epoch = EPOCH_INITIAL + 1;
    session->serial = ++s->serial;
    session->by_id = by_id;
    session->created_ms = session->used_ms = now_ms;
    list_init(&session->parts);
    list_init(&session->node);
    timer_init(&session->evictable, never_expires);
    chain_add(&s->by_id, &session->link, id_hash(s, session->id));
    list_push_back(&s->used, &session->node);
    return session;
}

int32_t fetch_session_id(const struct fetch_session *session)
{
    return session->id;
}

/* Requests. */

static void session_update(struct fetch_sessions *s, struct fetch_session *session,
                           const struct fetch_request *request)
{
    for (int32_t i = 0; i < request->topics.count; i++) {
        const struct fetch_request_topic *topic = &request->topics.items[i];
        struct fetch_topic_key key = {topic->topic_id, string_bytes(topic->topic)};
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            struct fetch_asked asked = fetch_asked_of(&topic->partitions.items[j]);
            if (fetch_session_put(s, session, &key, &asked) == NULL)
                session->lost = true;
        }
    }
    for (int32_t i = 0; i < request->forgotten_topics_data.count; i++) {
        const struct fetch_request_forgotten_topic *topic =
            &request->forgotten_topics_data.items[i];
        struct fetch_topic_key key = {topic->topic_id, string_bytes(topic->topic)};
        for (int32_t j = 0; j < topic->partitions.count; j++) {
            struct fetch_session_part *part =
                fetch_session_find(s, session, &key, topic->partitions.items[j]);
            if (part != NULL)
                fetch_session_forget(s, part);
        }
    }
}

static int32_t epoch_after(int32_t epoch)
{
    return epoch == INT32_MAX ? EPOCH_INITIAL + 1 : epoch + 1;
}

static int16_t session_judge(const struct fetch_session *session,
                             const struct fetch_request *request, int16_t version)
{
    if (session == NULL || session->lost)
        return KAFKA_FETCH_SESSION_ID_NOT_FOUND;
    if (session->epoch != request->session_epoch)
        return KAFKA_INVALID_FETCH_SESSION_EPOCH;
    if (session->by_id != (version >= FETCH_VERSION_TOPIC_ID))
        return KAFKA_FETCH_SESSION_TOPIC_ID_ERROR;
    return KAFKA_NONE;
}

int16_t fetch_session_open(struct fetch_sessions *s, const struct fetch_request *request,
                           int16_t version, uint64_t now_ms, struct fetch_session_use *use)
{
    *use = (struct fetch_session_use){0};
    if (request->session_epoch == EPOCH_INITIAL || request->session_epoch == EPOCH_FINAL) {
        fetch_session_close(s, request->session_id);
        use->create = request->session_epoch == EPOCH_INITIAL;
        return KAFKA_NONE;
    }
    struct fetch_session *session = session_with_id(s, request->session_id);
    int16_t error = session_judge(session, request, version);
    if (session != NULL && session->lost)
        fetch_session_drop(s, session);
    if (error != KAFKA_NONE)
        return error;
    session_touch(s, session, now_ms);
    session_update(s, session, request);
    if (session->part_count == 0 && !session->lost) {
        fetch_session_drop(s, session);
        return KAFKA_NONE;
    }
    session_touch(s, session, now_ms);
    session->epoch = epoch_after(session->epoch);
    use->session = session;
    use->id = session->id;
    use->epoch = session->epoch;
    use->serial = session->serial;
    return KAFKA_NONE;
}

enum fetch_session_state fetch_session_look(const struct fetch_sessions *s,
                                            const struct fetch_session_use *use)
{
    const struct fetch_session *session = session_with_id(s, use->id);
    if (session == NULL || session->serial != use->serial)
        return FETCH_SESSION_GONE;
    return session->epoch == use->epoch ? FETCH_SESSION_CURRENT : FETCH_SESSION_MOVED;
}

bool fetch_session_settle(struct fetch_sessions *s, struct fetch_session *session)
{
    if (!session->lost)
        return true;
    fetch_session_drop(s, session);
    return false;
}
