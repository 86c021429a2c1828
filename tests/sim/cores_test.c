/*
 * Calls between the cores of a simulated broker (broker/core.h) at their worst: more of them than
 * may be out, and a core that does nothing for a while.
 */
#include <criterion/criterion.h>

#include "base/mem.h"
#include "base/util.h"
#include "broker/core.h"
#include "protocol/errors.h"
#include "talk.h"

/* So that each of two cores owns more partitions than it may be asked for at once. */
#define PARTITIONS (3 * CORE_CALLS_OUT_MAX)

static void ask_versions(struct talk_peer *p)
{
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    talk_ask(p, API_API_VERSIONS, 0, &request);
}

/* One batch to each partition. */
static void ask_produce(struct talk_peer *p)
{
    struct produce_request_partition_produce_data *data = mem_alloc_array(PARTITIONS, sizeof *data);
    struct produce_request_topic_produce_data item;
    struct produce_request request = {
        .transactional_id = STRING_NULL, .acks = -1, .timeout_ms = 60000};
    struct blob batch = talk_batch(talk_of(p), 10);
    message_defaults(&produce_request_topic_produce_data_struct, &item);
    for (int32_t i = 0; i < PARTITIONS; i++)
        data[i] = (struct produce_request_partition_produce_data){.index = i, .records = batch};
    item.name = string_of("t");
    item.partition_data.items = data;
    item.partition_data.count = PARTITIONS;
    request.topic_data.items = &item;
    request.topic_data.count = 1;
    talk_ask(p, API_PRODUCE, 9, &request);
    mem_free(data);
}

/* Several requests of several peers, each with more calls than may be out: what does not fit parks,
 * in order, and every one is answered, with the offset that its place in the line gives it. */
Test(cores, calls_beyond_what_may_be_out_wait_in_order_and_all_come_back)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", PARTITIONS);
    struct talk_peer *peers[3];
    enum { EACH = 4 };
    for (size_t i = 0; i < ARRAY_LENGTH(peers); i++)
        peers[i] = talk_connect(t);
    sim_core_stall(talk_host(t), 0, NS_PER_S);
    sim_core_stall(talk_host(t), 1, NS_PER_S);
    for (int j = 0; j < EACH; j++)
        for (size_t i = 0; i < ARRAY_LENGTH(peers); i++)
            ask_produce(peers[i]);
    for (size_t i = 0; i < ARRAY_LENGTH(peers); i++) {
        int64_t last[PARTITIONS];
        for (int j = 0; j < EACH; j++) {
            const struct produce_response *answer = talk_answer(peers[i]);
            cr_assert_not_null(answer);
            cr_assert_eq(answer->responses.items[0].partition_responses.count, PARTITIONS);
            for (int32_t k = 0; k < PARTITIONS; k++) {
                const struct produce_response_partition_produce_response *part =
                    &answer->responses.items[0].partition_responses.items[k];
                cr_assert_eq(part->error_code, KAFKA_NONE);
                cr_assert(part->base_offset >= 0 && part->base_offset < 3 * EACH);
                cr_assert(j == 0 || part->base_offset > last[k], "one has overtaken another");
                last[k] = part->base_offset;
            }
        }
    }
    for (size_t i = 0; i < ARRAY_LENGTH(peers); i++)
        talk_close(peers[i]);
    talk_free(t);
}

Test(cores, a_core_that_stalls_stops_only_what_needs_it)
{
    enum { PEERS = 32 };
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    struct talk_peer *peers[PEERS];
    talk_create(t, "t", 8);
    for (int i = 0; i < PEERS; i++) {
        peers[i] = talk_connect(t);
        ask_versions(peers[i]);
        cr_assert_not_null(talk_answer(peers[i]));
    }
    sim_core_stall(talk_host(t), 1, 20 * NS_PER_S);
    talk_wait(t, NS_PER_MS);
    int served = 0;
    int acknowledged = 0;
    for (int i = 0; i < PEERS; i++) {
        talk_produce(peers[i], "t", i % 8, 100, -1);
        bool now = talk_has_answer(peers[i], 300 * NS_PER_MS);
        acknowledged += now;
        if (now) {
            cr_assert_not_null(talk_answer(peers[i]));
            ask_versions(peers[i]);
            served += talk_has_answer(peers[i], 300 * NS_PER_MS);
        }
    }
    cr_assert(acknowledged > 0 && acknowledged < PEERS, "%d", acknowledged);
    cr_assert_eq(served, acknowledged);
    for (int i = 0; i < PEERS; i++) {
        cr_assert_not_null(talk_answer(peers[i]), "it goes on where it stood");
        talk_close(peers[i]);
    }
    talk_free(t);
}
