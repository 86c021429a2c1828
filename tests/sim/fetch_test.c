/* Fetches while others write, on cores that take their time between two steps, and their waits. */
#include <criterion/criterion.h>

#include "base/util.h"
#include "protocol/batch.h"
#include "tests/sim/talk.h"

#define PARTITIONS 4
#define ROUNDS 300
#define WRITERS 3
#define BATCHES 6

static void fetch_all(struct talk_peer *p, const int64_t *offsets, int32_t wait_ms)
{
    struct fetch_request request;
    struct fetch_request_topic topic;
    struct fetch_request_partition parts[PARTITIONS];
    message_defaults(&fetch_request_struct, &request);
    message_defaults(&fetch_request_topic_struct, &topic);
    for (int32_t i = 0; i < PARTITIONS; i++) {
        message_defaults(&fetch_request_partition_struct, &parts[i]);
        parts[i].partition = i;
        parts[i].fetch_offset = offsets[i];
        parts[i].partition_max_bytes = 1 << 20;
    }
    topic.topic = string_of("t");
    topic.partitions.items = parts;
    topic.partitions.count = PARTITIONS;
    request.max_wait_ms = wait_ms;
    request.min_bytes = 1;
    request.max_bytes = 1 << 20;
    request.topics.items = &topic;
    request.topics.count = 1;
    talk_ask(p, API_FETCH, 11, &request);
}

/* Moves the offsets on; no record is above the high watermark that stands beside it. */
static void check_answer(struct talk_peer *p, int64_t *offsets)
{
    const struct fetch_response *answer = talk_answer(p);
    cr_assert_not_null(answer);
    const struct fetch_response_fetchable_topic_response *topic = answer->responses.items;
    for (int32_t i = 0; i < topic->partitions.count; i++) {
        const struct fetch_response_partition_data *part = &topic->partitions.items[i];
        struct bytes records = blob_bytes(part->records);
        struct batch_span batch;
        cr_assert_eq(part->error_code, 0);
        for (size_t at = 0; batch_next(records, at, &batch) == 0; at += batch.len) {
            cr_assert_lt(batch_last_offset(batch.data), part->high_watermark,
                         "a record is above the high watermark");
            offsets[part->partition_index] = batch_last_offset(batch.data) + 1;
        }
    }
}

Test(fetch, shows_no_record_above_the_high_watermark_it_tells)
{
    static const char *const settings[] = {"odradek.flush.profile=low-latency", NULL};
    struct talk *t = talk_new(&(struct talk_options){.cores = 2, .settings = settings});
    struct talk_peer *reader = talk_connect(t);
    struct talk_peer *writers[WRITERS];
    int64_t offsets[PARTITIONS] = {0};
    talk_create(t, "t", PARTITIONS);
    *sim_cores(talk_host(t)) = (struct sim_core_options){SIM_ALWAYS / 3, {0, 60000000}};
    for (int i = 0; i < WRITERS; i++)
        writers[i] = talk_connect(t);
    /* A large batch first: what is on the disk behind it is estimated as too much, so that a read
     * takes more than its probe has seen. */
    for (int32_t i = 0; i < PARTITIONS; i++) {
        talk_produce(writers[0], "t", i, 60000, 1);
        cr_assert_not_null(talk_answer(writers[0]));
        offsets[i] = 1;
    }
    for (int round = 0; round < ROUNDS; round++) {
        for (int i = 0; i < WRITERS * BATCHES; i++)
            talk_produce(writers[i % WRITERS], "t", (round + i) % PARTITIONS, 100, 1);
        fetch_all(reader, offsets, 0);
        check_answer(reader, offsets);
        for (int i = 0; i < WRITERS * BATCHES; i++)
            cr_assert_not_null(talk_answer(writers[i % WRITERS]));
        talk_wait(t, sim_pick(talk_world(t), (struct sim_range){0, 20000000}));
    }
    for (int i = 0; i < WRITERS; i++)
        talk_close(writers[i]);
    talk_close(reader);
    talk_free(t);
}

/* The own core's partition may move between the look at it and the watch, while the other core's
 * watch is still on its way. */
Test(fetch, waits_no_longer_than_until_one_partition_of_any_core_moves)
{
    static const char *const settings[] = {"odradek.flush.profile=low-latency", NULL};
    struct talk *t = talk_new(&(struct talk_options){.cores = 2, .settings = settings});
    struct talk_peer *reader = talk_connect(t);
    struct talk_peer *writer = talk_connect(t);
    int64_t offsets[PARTITIONS] = {0};
    talk_create(t, "t", PARTITIONS);
    *sim_cores(talk_host(t)) = (struct sim_core_options){SIM_ALWAYS / 3, {0, 3000000}};
    for (int round = 0; round < ROUNDS; round++) {
        talk_produce(writer, "t", round % PARTITIONS, 100, 1);
        talk_wait(t, sim_pick(talk_world(t), (struct sim_range){0, 2000000}));
        fetch_all(reader, offsets, 30000);
        cr_assert(talk_has_answer(reader, NS_PER_S), "round %d", round);
        check_answer(reader, offsets);
        cr_assert_not_null(talk_answer(writer));
    }
    talk_close(writer);
    talk_close(reader);
    talk_free(t);
}
