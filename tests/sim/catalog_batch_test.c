/* How proposals to the catalog gather: many are few writes, and one who proposes alone never waits.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "protocol/errors.h"
#include "protocol/schema/topics.h"
#include "tests/sim/talk.h"

#define CLIENTS 100
#define TOPICS_EACH 10
#define WRITES_MAX 50
#define SECOND_NS UINT64_C(1000000000)

/* Every proposal is one topic with one partition, which is two records. */
static void ask_topic(struct talk_peer *p, const char *name)
{
    struct create_topics_request_creatable_topic item;
    struct create_topics_request request;
    message_defaults(&create_topics_request_creatable_topic_struct, &item);
    message_defaults(&create_topics_request_struct, &request);
    item.name = string_of(name);
    item.num_partitions = 1;
    item.replication_factor = 1;
    request.topics.items = &item;
    request.topics.count = 1;
    request.timeout_ms = 60000;
    talk_ask(p, API_CREATE_TOPICS, 5, &request);
}

static int16_t topic_answered(struct talk_peer *p)
{
    const struct create_topics_response *answer = talk_answer(p);
    cr_assert_not_null(answer);
    return answer->topics.items[0].error_code;
}

static uint64_t writes(struct talk *t)
{
    return sim_disk_count(talk_host(t), SIM_DISK_WRITE);
}

/* Nothing is flushed meanwhile: what is written is the WAL. */
static struct talk *begin(const char *batch_setting)
{
    const char *const settings[] = {"odradek.flush.profile=idle-only", batch_setting, NULL};
    return talk_new(&(struct talk_options){.cores = 2, .settings = settings});
}

static uint64_t create_by_all(struct talk *t)
{
    char name[32];
    struct talk_peer *peers[CLIENTS];
    for (int i = 0; i < CLIENTS; i++)
        peers[i] = talk_connect(t);
    uint64_t before = writes(t);
    for (int turn = 0; turn < TOPICS_EACH; turn++) {
        for (int i = 0; i < CLIENTS; i++) {
            snprintf(name, sizeof name, "t-%d-%d", turn, i);
            ask_topic(peers[i], name);
        }
    }
    for (int turn = 0; turn < TOPICS_EACH; turn++)
        for (int i = 0; i < CLIENTS; i++)
            cr_assert_eq(topic_answered(peers[i]), KAFKA_NONE);
    uint64_t count = writes(t) - before;
    for (int i = 0; i < CLIENTS; i++)
        talk_close(peers[i]);
    return count;
}

Test(catalog_batch, a_thousand_topics_by_a_hundred_clients_are_at_most_fifty_writes)
{
    struct talk *t = begin(NULL);
    uint64_t count = create_by_all(t);
    cr_assert_leq(count, WRITES_MAX, "%llu writes", (unsigned long long)count);
    talk_free(t);
}

Test(catalog_batch, a_batch_takes_as_many_proposals_as_the_setting_says)
{
    struct talk *t = begin("odradek.catalog.batch.proposals=1");
    uint64_t count = create_by_all(t);
    cr_assert_geq(count, CLIENTS * TOPICS_EACH, "%llu writes", (unsigned long long)count);
    talk_free(t);
}

Test(catalog_batch, who_proposes_alone_does_not_wait_for_others)
{
    /* With a second of patience the ten would take ten seconds. */
    struct talk *t = begin("odradek.catalog.batch.wait.ms=1000");
    struct talk_peer *p = talk_connect(t);
    for (int i = 0; i < 10; i++) {
        char name[32];
        snprintf(name, sizeof name, "alone-%d", i);
        ask_topic(p, name);
        cr_assert(talk_has_answer(p, UINT64_C(500000000)), "topic %d", i);
        cr_assert_eq(topic_answered(p), KAFKA_NONE);
    }
    talk_close(p);
    talk_free(t);
}

/* Each step of the first write takes 40 s; who came after it began is answered after 30. */
Test(catalog_batch, what_no_batch_takes_within_thirty_seconds_is_told_so)
{
    struct talk *t = begin(NULL);
    struct talk_peer *first = talk_connect(t);
    struct talk_peer *second = talk_connect(t);
    struct sim_disk_options *disk = sim_disk(talk_host(t));
    const struct sim_disk_options before = *disk;
    /* What a start leaves to be done behind it is done. */
    talk_wait(t, SECOND_NS);
    disk->stall = SIM_ALWAYS;
    disk->stall_ns = (struct sim_range){40 * SECOND_NS, 40 * SECOND_NS};
    ask_topic(first, "written");
    talk_wait(t, SECOND_NS);
    *disk = before;
    ask_topic(second, "waits");
    cr_assert(!talk_has_answer(second, 29 * SECOND_NS));
    cr_assert(talk_has_answer(second, 2 * SECOND_NS));
    cr_assert_eq(topic_answered(second), KAFKA_REQUEST_TIMED_OUT);
    cr_assert(!talk_has_answer(first, SECOND_NS));
    cr_assert(talk_has_answer(first, 200 * SECOND_NS));
    cr_assert_eq(topic_answered(first), KAFKA_NONE);
    ask_topic(second, "waits");
    cr_assert_eq(topic_answered(second), KAFKA_NONE);
    talk_close(first);
    talk_close(second);
    talk_free(t);
}
