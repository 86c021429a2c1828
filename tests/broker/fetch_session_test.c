/* Fetch sessions: what requests may do with them, what answers leave out, who is evicted. */
#include "broker/fetch/fetch_session.h"

#include <criterion/criterion.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"
#include "broker/fetch/fetch_session_internal.h"
#include "protocol/errors.h"

#define BY_NAME 12
#define BY_ID 13
#define PARTS_MAX 8

static struct fetch_sessions *sessions_new(uint32_t slots, size_t memory)
{
    struct fetch_sessions_options options = {slots, memory, 1, 3, 42};
    return fetch_sessions_new(&options);
}

/* A request built by hand: one topic entry a partition, as its decoder would leave it. */
struct ask {
    struct fetch_request request;
    struct fetch_request_topic topics[PARTS_MAX];
    struct fetch_request_partition parts[PARTS_MAX];
    struct fetch_request_forgotten_topic forgotten[PARTS_MAX];
    int32_t forgotten_parts[PARTS_MAX];
};

static struct ask *ask_new(int32_t id, int32_t epoch)
{
    struct ask *ask = mem_alloc(sizeof *ask);
    message_defaults(&fetch_request_struct, &ask->request);
    ask->request.session_id = id;
    ask->request.session_epoch = epoch;
    ask->request.topics.items = ask->topics;
    ask->request.forgotten_topics_data.items = ask->forgotten;
    return ask;
}

static struct uuid id_of(const char *topic)
{
    struct uuid id = {{0}};
    snprintf((char *)id.bytes, sizeof id.bytes, "id %s", topic);
    return id;
}

static void ask_add(struct ask *ask, const char *topic, int32_t partition, int64_t offset)
{
    int32_t i = ask->request.topics.count++;
    message_defaults(&fetch_request_partition_struct, &ask->parts[i]);
    ask->parts[i].partition = partition;
    ask->parts[i].fetch_offset = offset;
    ask->topics[i].topic = string_of(topic);
    ask->topics[i].partitions.items = &ask->parts[i];
    ask->topics[i].partitions.count = 1;
}

static void ask_add_id(struct ask *ask, const char *topic, int32_t partition)
{
    ask_add(ask, "", partition, 0);
    ask->topics[ask->request.topics.count - 1].topic_id = id_of(topic);
}

static void ask_forget(struct ask *ask, const char *topic, int32_t partition)
{
    int32_t i = ask->request.forgotten_topics_data.count++;
    ask->forgotten_parts[i] = partition;
    ask->forgotten[i].topic = string_of(topic);
    ask->forgotten[i].partitions.items = &ask->forgotten_parts[i];
    ask->forgotten[i].partitions.count = 1;
}

static int16_t ask_open(struct fetch_sessions *s, struct ask *ask, int16_t version, uint64_t now,
                        struct fetch_session_use *use)
{
    int16_t error = fetch_session_open(s, &ask->request, version, now, use);
    mem_free(ask);
    return error;
}

static struct fetch_session_part *put(struct fetch_sessions *s, struct fetch_session *session,
                                      const char *topic, int32_t partition)
{
    struct fetch_topic_key key = {{{0}}, bytes_of_string(topic)};
    struct fetch_asked asked = {.partition = partition, .bytes_max = 100};
    return fetch_session_put(s, session, &key, &asked);
}

/* A session by name of partitions 0.. of "a". */
static struct fetch_session *session_of(struct fetch_sessions *s, uint32_t count, uint64_t now)
{
    struct fetch_session *session = fetch_session_create(s, false, count, now);
    for (uint32_t i = 0; session != NULL && i < count; i++)
        cr_assert_not_null(put(s, session, "a", (int32_t)i));
    return session;
}

/* "a0 b1 ": what the session asks for, in order. */
static const char *order_of(const struct fetch_session *session)
{
    static char text[256];
    size_t len = 0;
    struct fetch_session_part *part = NULL;
    text[0] = '\0';
    while ((part = fetch_session_next(session, part)) != NULL) {
        struct fetch_topic_key topic = fetch_session_part_topic(part);
        len += (size_t)snprintf(text + len, sizeof text - len, "%.*s%d ", (int)topic.name.len,
                                (const char *)topic.name.data,
                                fetch_session_part_asked(part).partition);
    }
    return text;
}

static struct fetch_seen quiet(int64_t high_watermark)
{
    return (struct fetch_seen){
        .high_watermark = high_watermark, .last_stable = high_watermark, .log_start = 0};
}

Test(fetch_session, tells_its_core_by_its_id)
{
    for (unsigned core = 0; core < 3; core++) {
        struct fetch_sessions_options options = {100, MIB, core, 3, 7};
        struct fetch_sessions *s = fetch_sessions_new(&options);
        for (int i = 0; i < 100; i++) {
            int32_t id = fetch_session_id(session_of(s, 1, 0));
            cr_assert_gt(id, 0);
            cr_assert_eq(fetch_session_core(id, 3), core);
        }
        cr_assert_eq(fetch_sessions_count(s), 100);
        fetch_sessions_free(s);
    }
}

Test(fetch_session, is_wanted_by_a_full_request_and_not_by_a_last_one)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    cr_assert_eq(ask_open(s, ask_new(0, 0), BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert(use.create && use.session == NULL);
    cr_assert_eq(ask_open(s, ask_new(0, -1), BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert(!use.create && use.session == NULL);
    fetch_sessions_free(s);
}

Test(fetch_session, is_closed_by_any_full_request_that_names_it)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    for (int32_t epoch = -1; epoch <= 0; epoch++) {
        int32_t id = fetch_session_id(session_of(s, 3, 0));
        cr_assert_eq(ask_open(s, ask_new(id, epoch), BY_NAME, 0, &use), KAFKA_NONE);
        cr_assert_eq(fetch_sessions_count(s), 0);
        cr_assert_eq(fetch_sessions_part_count(s), 0);
    }
    fetch_sessions_free(s);
}

Test(fetch_session, refuses_unknown_ids_wrong_epochs_and_mixed_topic_ids)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    int32_t id = fetch_session_id(session_of(s, 1, 0));
    cr_assert_eq(ask_open(s, ask_new(id + 3, 1), BY_NAME, 0, &use),
                 KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(ask_open(s, ask_new(0, 5), BY_NAME, 0, &use), KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(ask_open(s, ask_new(-id, 1), BY_NAME, 0, &use), KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(ask_open(s, ask_new(id, -2), BY_NAME, 0, &use), KAFKA_INVALID_FETCH_SESSION_EPOCH);
    cr_assert_eq(ask_open(s, ask_new(id, 2), BY_NAME, 0, &use), KAFKA_INVALID_FETCH_SESSION_EPOCH);
    cr_assert_eq(ask_open(s, ask_new(id, 1), BY_ID, 0, &use), KAFKA_FETCH_SESSION_TOPIC_ID_ERROR);
    cr_assert_null(use.session);
    cr_assert_eq(ask_open(s, ask_new(id, 1), 7, 0, &use), KAFKA_NONE, "it lives on");
    cr_assert_eq(use.id, id);
    fetch_sessions_free(s);
}

Test(fetch_session, counts_its_epochs_and_wraps_to_1)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    int32_t id = fetch_session_id(session_of(s, 1, 0));
    for (int32_t epoch = 1; epoch < 10; epoch++) {
        cr_assert_eq(ask_open(s, ask_new(id, epoch), BY_NAME, 0, &use), KAFKA_NONE);
        cr_assert_eq(use.epoch, epoch + 1);
    }
    use.session->epoch = INT32_MAX;
    cr_assert_eq(ask_open(s, ask_new(id, INT32_MAX), BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert_eq(use.epoch, 1);
    cr_assert_eq(ask_open(s, ask_new(id, 1), BY_NAME, 0, &use), KAFKA_NONE);
    fetch_sessions_free(s);
}

Test(fetch_session, adds_changes_and_forgets)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    struct fetch_session *session = session_of(s, 3, 0);
    struct ask *ask = ask_new(fetch_session_id(session), 1);
    ask_add(ask, "b", 7, 0);
    ask_add(ask, "a", 1, 55);
    ask_add(ask, "b", 8, 0);
    ask_forget(ask, "a", 0);
    ask_forget(ask, "b", 8);
    ask_forget(ask, "never", 1);
    cr_assert_eq(ask_open(s, ask, BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert_eq(use.session, session);
    cr_assert_str_eq(order_of(session), "a1 a2 b7 ");
    cr_assert_eq(fetch_session_part_asked(fetch_session_next(session, NULL)).offset, 55);
    cr_assert_eq(fetch_session_part_count(session), 3);
    fetch_sessions_free(s);
}

Test(fetch_session, knows_topics_by_id_apart)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    struct fetch_session *session = fetch_session_create(s, true, 2, 0);
    struct ask *ask = ask_new(fetch_session_id(session), 1);
    ask_add_id(ask, "x", 0);
    ask_add_id(ask, "y", 0);
    ask_add_id(ask, "x", 0);
    cr_assert_eq(ask_open(s, ask, BY_ID, 0, &use), KAFKA_NONE);
    cr_assert_eq(fetch_session_part_count(session), 2);
    struct fetch_session_part *first = fetch_session_next(session, NULL);
    cr_assert(uuid_equal(fetch_session_part_topic(first).id, id_of("x")));
    cr_assert(
        uuid_equal(fetch_session_part_topic(fetch_session_next(session, first)).id, id_of("y")));
    fetch_sessions_free(s);
}

Test(fetch_session, ends_when_its_last_partition_is_forgotten)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use;
    struct ask *ask = ask_new(fetch_session_id(session_of(s, 1, 0)), 1);
    ask_forget(ask, "a", 0);
    cr_assert_eq(ask_open(s, ask, BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert(use.session == NULL && !use.create);
    cr_assert_eq(fetch_sessions_count(s), 0);
    fetch_sessions_free(s);
}

Test(fetch_session, answers_only_what_is_news)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_part *part = fetch_session_next(session_of(s, 1, 0), NULL);
    struct fetch_seen seen = quiet(5);
    cr_assert(fetch_session_part_answer(part, &seen), "the first time");
    cr_assert(!fetch_session_part_answer(part, &seen));
    seen.high_watermark = 6;
    cr_assert(fetch_session_part_answer(part, &seen));
    cr_assert(!fetch_session_part_answer(part, &seen));
    seen.last_stable = 6;
    cr_assert(fetch_session_part_answer(part, &seen));
    seen.log_start = 3;
    cr_assert(fetch_session_part_answer(part, &seen));
    cr_assert(!fetch_session_part_answer(part, &seen));
    seen.diverging = true;
    cr_assert(fetch_session_part_answer(part, &seen));
    cr_assert(fetch_session_part_answer(part, &seen), "every time");
    fetch_sessions_free(s);
}

Test(fetch_session, repeats_errors_and_says_when_they_are_over)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_part *part = fetch_session_next(session_of(s, 1, 0), NULL);
    struct fetch_seen good = quiet(5);
    struct fetch_seen bad = quiet(-1);
    bad.error = KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    fetch_session_part_note(part, &good);
    for (int i = 0; i < 3; i++)
        cr_assert(fetch_session_part_answer(part, &bad));
    cr_assert(fetch_session_part_answer(part, &good));
    cr_assert(!fetch_session_part_answer(part, &good));
    fetch_sessions_free(s);
}

Test(fetch_session, puts_partitions_with_records_behind_the_others)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session *session = session_of(s, 4, 0);
    struct fetch_seen records = quiet(5);
    records.bytes = 10;
    struct fetch_session_part *first = fetch_session_next(session, NULL);
    struct fetch_session_part *third =
        fetch_session_next(session, fetch_session_next(session, first));
    cr_assert(fetch_session_part_answer(first, &records));
    cr_assert_str_eq(order_of(session), "a1 a2 a3 a0 ");
    cr_assert(fetch_session_part_answer(third, &records));
    cr_assert_str_eq(order_of(session), "a1 a3 a0 a2 ");
    records.bytes = 0;
    fetch_session_part_answer(fetch_session_next(session, NULL), &records);
    cr_assert_str_eq(order_of(session), "a1 a3 a0 a2 ");
    fetch_sessions_free(s);
}

Test(fetch_session, notices_what_happened_while_a_request_waited)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use slow;
    struct fetch_session_use quick;
    int32_t id = fetch_session_id(session_of(s, 1, 0));
    cr_assert_eq(ask_open(s, ask_new(id, 1), BY_NAME, 0, &slow), KAFKA_NONE);
    cr_assert_eq(fetch_session_look(s, &slow), FETCH_SESSION_CURRENT);
    cr_assert_eq(ask_open(s, ask_new(id, 2), BY_NAME, 0, &quick), KAFKA_NONE);
    cr_assert_eq(fetch_session_look(s, &slow), FETCH_SESSION_MOVED);
    cr_assert_eq(fetch_session_look(s, &quick), FETCH_SESSION_CURRENT);
    fetch_session_close(s, id);
    cr_assert_eq(fetch_session_look(s, &quick), FETCH_SESSION_GONE);
    slow.serial = quick.serial = 99;
    session_of(s, 1, 0);
    cr_assert_eq(fetch_session_look(s, &quick), FETCH_SESSION_GONE);
    fetch_sessions_free(s);
}

Test(fetch_session, is_not_had_beyond_the_slots)
{
    struct fetch_sessions *s = sessions_new(2, MIB);
    cr_assert_not_null(session_of(s, 1, 0));
    cr_assert_not_null(session_of(s, 1, 0));
    cr_assert_null(session_of(s, 100, FETCH_SESSION_EVICTION_MS), "nobody is old enough");
    fetch_sessions_free(s);
    struct fetch_sessions *none = sessions_new(0, MIB);
    cr_assert_null(session_of(none, 1, 0));
    fetch_sessions_free(none);
}

Test(fetch_session, takes_the_place_of_the_one_unused_for_longest)
{
    struct fetch_sessions *s = sessions_new(2, MIB);
    struct fetch_session_use use;
    int32_t first = fetch_session_id(session_of(s, 1, 0));
    int32_t second = fetch_session_id(session_of(s, 1, 10));
    cr_assert_eq(ask_open(s, ask_new(first, 1), BY_NAME, 20, &use), KAFKA_NONE);
    cr_assert_null(session_of(s, 1, 10 + FETCH_SESSION_EVICTION_MS));
    cr_assert_not_null(session_of(s, 1, 11 + FETCH_SESSION_EVICTION_MS));
    uint64_t now = 11 + FETCH_SESSION_EVICTION_MS;
    cr_assert_eq(ask_open(s, ask_new(second, 1), BY_NAME, now, &use),
                 KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(ask_open(s, ask_new(first, 2), BY_NAME, now, &use), KAFKA_NONE);
    fetch_sessions_free(s);
}

Test(fetch_session, takes_the_place_of_the_smallest_old_one_when_it_is_larger)
{
    struct fetch_sessions *s = sessions_new(3, MIB);
    struct fetch_session_use use;
    uint64_t late = FETCH_SESSION_EVICTION_MS + 1;
    int32_t large = fetch_session_id(session_of(s, 5, 0));
    int32_t small = fetch_session_id(session_of(s, 2, 0));
    cr_assert_eq(ask_open(s, ask_new(large, 1), BY_NAME, late, &use), KAFKA_NONE);
    cr_assert_eq(ask_open(s, ask_new(small, 1), BY_NAME, late, &use), KAFKA_NONE);
    int32_t young = fetch_session_id(session_of(s, 1, late));
    cr_assert_null(session_of(s, 2, late), "as small as the smallest");
    cr_assert_not_null(session_of(s, 3, late));
    cr_assert_eq(ask_open(s, ask_new(small, 2), BY_NAME, late, &use),
                 KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(ask_open(s, ask_new(large, 2), BY_NAME, late, &use), KAFKA_NONE);
    cr_assert_eq(ask_open(s, ask_new(young, 1), BY_NAME, late, &use), KAFKA_NONE);
    fetch_sessions_free(s);
}

Test(fetch_session, is_refused_when_memory_is_short)
{
    struct fetch_sessions *s = sessions_new(100, 32 * KIB);
    struct fetch_session *session = fetch_session_create(s, false, 1000, 0);
    int32_t count = 0;
    while (put(s, session, "a", count) != NULL)
        count++;
    cr_assert_gt(count, 50);
    cr_assert_lt(count, 500);
    cr_assert_eq((int32_t)fetch_session_part_count(session), count);
    fetch_session_drop(s, session);
    cr_assert_eq(fetch_sessions_part_count(s), 0);
    cr_assert_not_null(session_of(s, (uint32_t)count, 0), "all of it has come back");
    fetch_sessions_free(s);
}

Test(fetch_session, is_closed_when_a_change_finds_no_memory)
{
    struct fetch_sessions *s = sessions_new(100, 32 * KIB);
    struct fetch_session_use use;
    struct fetch_session *session = fetch_session_create(s, false, 1000, 0);
    int32_t count = 0;
    while (put(s, session, "a", count) != NULL)
        count++;
    int32_t id = fetch_session_id(session);
    struct ask *ask = ask_new(id, 1);
    ask_add(ask, "b", 0, 0);
    cr_assert_eq(ask_open(s, ask, BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert_eq(use.session, session, "what it had is still served");
    cr_assert_eq(fetch_session_look(s, &use), FETCH_SESSION_CURRENT);
    cr_assert(!fetch_session_settle(s, use.session));
    cr_assert_eq(fetch_sessions_count(s), 0);
    cr_assert_eq(ask_open(s, ask_new(id, 2), BY_NAME, 0, &use), KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    fetch_sessions_free(s);
}

Test(fetch_session, that_was_lost_serves_nobody_else)
{
    struct fetch_sessions *s = sessions_new(100, MIB);
    struct fetch_session_use use;
    struct fetch_session_use other;
    char name[301];
    memset(name, 'x', 300);
    name[300] = '\0';
    int32_t id = fetch_session_id(session_of(s, 1, 0));
    struct ask *ask = ask_new(id, 1);
    ask_add(ask, name, 0, 0);
    cr_assert_eq(ask_open(s, ask, BY_NAME, 0, &use), KAFKA_NONE);
    cr_assert_eq(ask_open(s, ask_new(id, 2), BY_NAME, 0, &other), KAFKA_FETCH_SESSION_ID_NOT_FOUND);
    cr_assert_eq(fetch_session_look(s, &use), FETCH_SESSION_GONE);
    fetch_sessions_free(s);
}

Test(fetch_session, gives_its_memory_to_one_that_is_used)
{
    struct fetch_sessions *s = sessions_new(100, 32 * KIB);
    struct fetch_session *old = fetch_session_create(s, false, 1000, 0);
    int32_t count = 0;
    while (put(s, old, "a", count) != NULL)
        count++;
    cr_assert_null(put(s, fetch_session_create(s, false, 1, FETCH_SESSION_EVICTION_MS), "b", 0));
    struct fetch_session *now = fetch_session_create(s, false, 1, FETCH_SESSION_EVICTION_MS + 1);
    cr_assert_not_null(put(s, now, "b", 0));
    cr_assert_eq(fetch_sessions_part_count(s), 1);
    fetch_sessions_free(s);
}

/* Against a model: every partition is in the session exactly when it was added and not forgotten.
 */
Test(fetch_session, keeps_what_a_model_keeps)
{
    struct fetch_sessions *s = sessions_new(4, MIB);
    struct fetch_session_use use = {.session = session_of(s, 1, 0)};
    struct prng prng;
    bool there[4][64] = {{true}};
    static const char *const names[] = {"a", "b", "c", "d"};
    prng_init(&prng, 5);
    for (int32_t epoch = 1; epoch < 3000; epoch++) {
        struct ask *ask = ask_new(fetch_session_id(use.session), epoch);
        for (int i = 0; i < 4; i++) {
            uint64_t topic = prng_below(&prng, 4);
            int32_t partition = (int32_t)prng_below(&prng, 64);
            ask_add(ask, names[topic], partition, epoch);
            there[topic][partition] = true;
        }
        for (int i = 0; i < 5; i++) {
            uint64_t topic = prng_below(&prng, 4);
            int32_t partition = (int32_t)prng_below(&prng, 63) + 1;
            ask_forget(ask, names[topic], partition);
            there[topic][partition] = false;
        }
        cr_assert_eq(ask_open(s, ask, BY_NAME, 0, &use), KAFKA_NONE);
        uint32_t count = 0;
        for (int i = 0; i < 4; i++)
            for (int j = 0; j < 64; j++)
                count += there[i][j];
        cr_assert_eq(fetch_session_part_count(use.session), count);
        struct fetch_session_part *part = NULL;
        while ((part = fetch_session_next(use.session, part)) != NULL)
            cr_assert(there[fetch_session_part_topic(part).name.data[0] - 'a']
                           [fetch_session_part_asked(part).partition]);
    }
    fetch_session_drop(s, use.session);
    cr_assert_eq(fetch_sessions_part_count(s), 0);
    fetch_sessions_free(s);
}

Test(fetch_session, allocates_nothing_but_at_the_start)
{
    struct fetch_sessions *s = sessions_new(50, MIB);
    struct fetch_session_use use;
    struct ask *ask = ask_new(0, 1);
    uint64_t before = mem_allocations();
    for (int i = 0; i < 50; i++) {
        ask->request.session_id = fetch_session_id(session_of(s, 20, (uint64_t)i));
        cr_assert_eq(
            fetch_session_open(s, &ask->request, BY_NAME, FETCH_SESSION_EVICTION_MS + 50, &use),
            KAFKA_NONE);
    }
    cr_assert_not_null(session_of(s, 21, FETCH_SESSION_EVICTION_MS + 60));
#ifndef POOLS_OFF
    cr_assert_eq(mem_allocations(), before);
#endif
    mem_free(ask);
    fetch_sessions_free(s);
}
