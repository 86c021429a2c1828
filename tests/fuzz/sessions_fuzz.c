/*
 * Arbitrary sequences of fetch requests and their sessions (KIP-227), against a model.
 *
 * The input is a program: full requests, incremental ones that add and forget partitions, with
 * right and wrong ids, epochs and forms, answers, and time that passes. There is little room, so
 * that sessions are evicted and partitions find no memory. A session that answers to its id and its
 * epoch asks for just the partitions that the model says.
 */
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/fetch/fetch_session.h"
#include "protocol/errors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SLOTS 4
#define TOPICS 3
#define PARTITIONS 8
#define CHANGES_MAX 16
#define BY_NAME 12
#define BY_ID 13

/* A session as its client knows it. */
struct model {
    int32_t id; /* 0: none */
    int32_t epoch;
    bool by_id;
    bool has[TOPICS][PARTITIONS];
};

struct fuzz {
    struct fetch_sessions *sessions;
    struct model models[SLOTS];
    struct reader input;
    uint64_t now_ms;
};

/* A request built by hand: one topic entry a partition, as its decoder would leave it. */
struct ask {
    struct fetch_request request;
    struct fetch_request_topic topics[CHANGES_MAX];
    struct fetch_request_partition parts[CHANGES_MAX];
    struct fetch_request_forgotten_topic forgotten[CHANGES_MAX];
    int32_t forgotten_parts[CHANGES_MAX];
    uint8_t added[CHANGES_MAX];
    uint8_t dropped[CHANGES_MAX];
};

static uint8_t next(struct fuzz *f)
{
    return reader_left(&f->input) > 0 ? read_u8(&f->input) : 0;
}

static struct fetch_topic_key key_of(unsigned topic, bool by_id)
{
    static const char *const names[TOPICS] = {"a", "bb", "a topic with a long name"};
    if (by_id)
        return (struct fetch_topic_key){.id = uuid_from_random(topic + 1, topic + 1)};
    return (struct fetch_topic_key){.name = bytes_of_string(names[topic])};
}

static unsigned topic_of(uint8_t place)
{
    return place / PARTITIONS % TOPICS;
}

static int32_t partition_of(uint8_t place)
{
    return place % PARTITIONS;
}

static struct string name_of(const struct fetch_topic_key *key)
{
    return (struct string){(const char *)key->name.data, (int32_t)key->name.len};
}

/* The next bytes as additions and removals. */
static void ask_fill(struct fuzz *f, struct ask *ask, bool by_id)
{
    int32_t adds = next(f) % CHANGES_MAX;
    int32_t drops = next(f) % CHANGES_MAX;
    ask->request.topics.items = ask->topics;
    ask->request.topics.count = adds;
    ask->request.forgotten_topics_data.items = ask->forgotten;
    ask->request.forgotten_topics_data.count = drops;
    for (int32_t i = 0; i < adds; i++) {
        ask->added[i] = next(f);
        struct fetch_topic_key key = key_of(topic_of(ask->added[i]), by_id);
        message_defaults(&fetch_request_topic_struct, &ask->topics[i]);
        message_defaults(&fetch_request_partition_struct, &ask->parts[i]);
        ask->topics[i].topic = name_of(&key);
        ask->topics[i].topic_id = key.id;
        ask->topics[i].partitions.items = &ask->parts[i];
        ask->topics[i].partitions.count = 1;
        ask->parts[i].partition = partition_of(ask->added[i]);
        ask->parts[i].fetch_offset = ask->added[i];
    }
    for (int32_t i = 0; i < drops; i++) {
        ask->dropped[i] = next(f);
        struct fetch_topic_key key = key_of(topic_of(ask->dropped[i]), by_id);
        ask->forgotten[i] = (struct fetch_request_forgotten_topic){
            .topic = name_of(&key),
            .topic_id = key.id,
        };
        ask->forgotten_parts[i] = partition_of(ask->dropped[i]);
        ask->forgotten[i].partitions.items = &ask->forgotten_parts[i];
        ask->forgotten[i].partitions.count = 1;
    }
}

static void model_change(struct model *m, const struct ask *ask, bool forgets)
{
    for (int32_t i = 0; i < ask->request.topics.count; i++)
        m->has[topic_of(ask->added[i])][partition_of(ask->added[i])] = true;
    for (int32_t i = 0; forgets && i < ask->request.forgotten_topics_data.count; i++)
        m->has[topic_of(ask->dropped[i])][partition_of(ask->dropped[i])] = false;
}

static uint32_t model_count(const struct model *m)
{
    uint32_t count = 0;
    for (unsigned i = 0; i < TOPICS; i++)
        for (unsigned j = 0; j < PARTITIONS; j++)
            count += m->has[i][j];
    return count;
}

static void check(const struct model *m, const struct fetch_session *session)
{
    uint32_t count = 0;
    struct fetch_session_part *part = NULL;
    while ((part = fetch_session_next(session, part)) != NULL) {
        struct fetch_topic_key key = fetch_session_part_topic(part);
        int32_t partition = fetch_session_part_asked(part).partition;
        unsigned topic = 0;
        for (; topic < TOPICS; topic++) {
            struct fetch_topic_key known = key_of(topic, m->by_id);
            if (fetch_topic_key_equal(&key, &known))
                break;
        }
        ASSERT(topic < TOPICS && m->has[topic][partition]);
        count++;
    }
    ASSERT(count == model_count(m) && count == fetch_session_part_count(session));
}

/* A full request: what the client had is closed, and a new session begins if there is room. */
static void full(struct fuzz *f, struct model *m, bool last)
{
    struct ask *ask = mem_alloc(sizeof *ask);
    struct fetch_session_use use;
    bool by_id = next(f) % 2 == 1;
    message_defaults(&fetch_request_struct, &ask->request);
    ask_fill(f, ask, by_id);
    ask->request.session_id = m->id;
    ask->request.session_epoch = last ? -1 : 0;
    int16_t error =
        fetch_session_open(f->sessions, &ask->request, by_id ? BY_ID : BY_NAME, f->now_ms, &use);
    ASSERT(error == KAFKA_NONE && use.session == NULL && use.create == !last);
    *m = (struct model){.by_id = by_id};
    model_change(m, ask, false);
    struct fetch_session *session =
        use.create ? fetch_session_create(f->sessions, by_id, model_count(m), f->now_ms) : NULL;
    bool whole = session != NULL;
    for (int32_t i = 0; whole && i < ask->request.topics.count; i++) {
        struct fetch_topic_key key = key_of(topic_of(ask->added[i]), by_id);
        struct fetch_asked asked = fetch_asked_of(&ask->parts[i]);
        whole = fetch_session_put(f->sessions, session, &key, &asked) != NULL;
    }
    if (session != NULL && !whole)
        fetch_session_drop(f->sessions, session);
    m->id = whole ? fetch_session_id(session) : 0;
    m->epoch = 1;
    mem_free(ask);
}

/* Each partition says something, or nothing. */
static void answer(struct fuzz *f, struct fetch_session *session)
{
    uint32_t left = fetch_session_part_count(session);
    struct fetch_session_part *part = fetch_session_next(session, NULL);
    while (part != NULL && left-- > 0) {
        struct fetch_session_part *behind = fetch_session_next(session, part);
        uint8_t what = next(f);
        struct fetch_seen seen = {
            .error = what % 16 == 1 ? KAFKA_UNKNOWN_TOPIC_OR_PARTITION : KAFKA_NONE,
            .bytes = what % 4 == 0 ? what : 0,
            .high_watermark = what,
            .last_stable = what,
        };
        bool told = fetch_session_part_answer(part, &seen);
        ASSERT(told || (seen.error == KAFKA_NONE && seen.bytes == 0));
        part = behind;
    }
}

static void incremental(struct fuzz *f, struct model *m, uint8_t lies)
{
    struct ask *ask = mem_alloc(sizeof *ask);
    struct fetch_session_use use;
    bool wrong_form = lies % 8 == 1;
    int32_t wrong_epoch = lies % 8 == 2 ? 1 + next(f) : 0;
    bool by_id = m->by_id != wrong_form;
    message_defaults(&fetch_request_struct, &ask->request);
    ask_fill(f, ask, by_id);
    ask->request.session_id = lies % 8 == 3 ? (int32_t)next(f) : m->id;
    ask->request.session_epoch = MAX(m->epoch, 1) + wrong_epoch;
    int16_t error =
        fetch_session_open(f->sessions, &ask->request, by_id ? BY_ID : BY_NAME, f->now_ms, &use);
    if (error == KAFKA_NONE) {
        ASSERT(!wrong_form && wrong_epoch == 0 && m->id > 0 && ask->request.session_id == m->id);
        model_change(m, ask, true);
    }
    if (error == KAFKA_NONE && use.session == NULL) {
        ASSERT(model_count(m) == 0);
        m->id = 0;
    } else if (error == KAFKA_NONE) {
        ASSERT(fetch_session_look(f->sessions, &use) == FETCH_SESSION_CURRENT);
        m->epoch = use.epoch;
        if (fetch_session_settle(f->sessions, use.session)) {
            answer(f, use.session);
            check(m, use.session);
        } else {
            m->id = 0;
        }
    } else if (error == KAFKA_FETCH_SESSION_ID_NOT_FOUND && ask->request.session_id == m->id) {
        m->id = 0; /* evicted */
    }
    mem_free(ask);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {0};
    const struct fetch_sessions_options options = {
        .sessions_max = 3,
        .memory_bytes = 4096,
        .core = 1,
        .core_count = 2,
        .secret = 42,
    };
    f.sessions = fetch_sessions_new(&options);
    reader_init(&f.input, data, size);
    while (reader_left(&f.input) > 0) {
        uint8_t step = next(&f);
        struct model *m = &f.models[next(&f) % SLOTS];
        switch (step % 5) {
        case 0:
        case 1:
            full(&f, m, step >= 250);
            break;
        case 2:
        case 3:
            incremental(&f, m, step);
            break;
        case 4:
            f.now_ms += (uint64_t)next(&f) * 1000;
            break;
        }
        ASSERT(fetch_sessions_count(f.sessions) <= options.sessions_max);
    }
    fetch_sessions_free(f.sessions);
    return 0;
}
