/*
 * A connection's states (broker/connection.h) on a simulated broker: what comes in whatever pieces
 * is answered in order, what cannot be is closed in time, and nobody's slowness or end keeps
 * anything of the others.
 */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "talk.h"

/* In these tests a connection has three seconds for a frame, one for its first, and twenty idle. */
static const char *const deadlines[] = {"odradek.frame.timeout.ms=3000",
                                        "connections.max.idle.ms=20000", NULL};

static void ask_versions(struct talk_peer *p)
{
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    talk_ask(p, API_API_VERSIONS, 0, &request);
}

static void ask_end(struct talk_peer *p, const char *topic, int32_t partition)
{
    struct list_offsets_request_partition part;
    struct list_offsets_request_topic item;
    struct list_offsets_request request;
    message_defaults(&list_offsets_request_partition_struct, &part);
    message_defaults(&list_offsets_request_topic_struct, &item);
    message_defaults(&list_offsets_request_struct, &request);
    part.partition_index = partition;
    part.timestamp = -1;
    item.name = string_of(topic);
    item.partitions.items = &part;
    item.partitions.count = 1;
    request.topics.items = &item;
    request.topics.count = 1;
    talk_ask(p, API_LIST_OFFSETS, 5, &request);
}

static int64_t answered_end(struct talk_peer *p)
{
    const struct list_offsets_response *answer = talk_answer(p);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->topics.items[0].partitions.items[0].error_code, KAFKA_NONE);
    return answer->topics.items[0].partitions.items[0].offset;
}

static int16_t answered_produce(struct talk_peer *p)
{
    const struct produce_response *answer = talk_answer(p);
    cr_assert_not_null(answer);
    return answer->responses.items[0].partition_responses.items[0].error_code;
}

/* Another client is served at once. */
static void others_are_served(struct talk *t)
{
    uint64_t began_ns = sim_now(talk_world(t));
    struct talk_peer *p = talk_connect(t);
    ask_versions(p);
    cr_assert_not_null(talk_answer(p));
    cr_assert_lt(sim_now(talk_world(t)) - began_ns, NS_PER_S);
    talk_close(p);
}

/* From now on a write takes so long. */
static void slow_disk(struct talk *t, uint64_t ns)
{
    sim_disk(talk_host(t))->write_ns = (struct sim_range){ns, ns};
}

/* Order. */

Test(connection, answers_come_in_the_order_of_the_requests)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 3});
    talk_create(t, "t", 6);
    struct talk_peer *p = talk_connect(t);
    /* talk_answer holds each answer to the correlation id of the oldest request. */
    for (int32_t i = 0; i < 60; i++) {
        if (i % 5 == 4)
            ask_versions(p);
        else
            talk_produce(p, "t", i % 6, 100 + (size_t)i, -1);
    }
    for (int32_t i = 0; i < 60; i++)
        cr_assert_not_null(talk_answer(p));
    talk_close(p);
    talk_free(t);
}

Test(connection, a_produce_starts_beside_the_ones_before_it)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    slow_disk(t, NS_PER_S);
    struct talk_peer *p = talk_connect(t);
    uint64_t began_ns = sim_now(talk_world(t));
    for (int i = 0; i < 8; i++)
        talk_produce(p, "t", 0, 100, -1);
    for (int i = 0; i < 8; i++)
        cr_assert_eq(answered_produce(p), KAFKA_NONE);
    cr_assert_lt(sim_now(talk_world(t)) - began_ns, 4 * NS_PER_S, "one after the other");
    slow_disk(t, NS_PER_MS);
    talk_close(p);
    talk_free(t);
}

Test(connection, any_other_request_waits_for_those_before_it)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", 2);
    slow_disk(t, NS_PER_S);
    struct talk_peer *p = talk_connect(t);
    for (int64_t i = 0; i < 3; i++) {
        talk_produce(p, "t", 1, 100, -1);
        ask_end(p, "t", 1);
    }
    for (int64_t i = 0; i < 3; i++) {
        cr_assert_eq(answered_produce(p), KAFKA_NONE);
        cr_assert_eq(answered_end(p), i + 1, "it has seen what was written, and no more");
    }
    slow_disk(t, NS_PER_MS);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_produce_without_acks_has_no_answer_and_keeps_its_place)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    struct talk_peer *p = talk_connect(t);
    talk_produce(p, "t", 0, 100, 0);
    talk_produce(p, "t", 0, 100, 0);
    ask_end(p, "t", 0);
    cr_assert_eq(answered_end(p), 2);
    talk_produce(p, "nowhere", 0, 100, 0);
    cr_assert(talk_is_closed(p, NS_PER_S), "its error has no other way");
    talk_close(p);
    talk_free(t);
}

/* Pieces. */

Test(connection, a_frame_may_come_byte_by_byte)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    struct metadata_request request;
    message_defaults(&metadata_request_struct, &request);
    size_t len;
    uint8_t *frame = talk_frame(p, API_METADATA, 9, &request, &len);
    for (size_t i = 0; i < len; i++) {
        cr_assert_not(talk_has_answer(p, NS_PER_MS));
        cr_assert_eq(talk_send(p, frame + i, 1, NS_PER_S), 1);
    }
    cr_assert_not_null(talk_answer(p));
    mem_free(frame);
    talk_close(p);
    talk_free(t);
}

Test(connection, many_frames_may_come_at_once)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    uint8_t all[4096];
    size_t total = 0;
    for (int i = 0; i < 100; i++) {
        size_t len;
        uint8_t *frame = talk_frame(p, API_API_VERSIONS, 0, &request, &len);
        memcpy(all + total, frame, len);
        total += len;
        mem_free(frame);
    }
    cr_assert_eq(talk_send(p, all, total, NS_PER_S), total);
    for (int i = 0; i < 100; i++)
        cr_assert_not_null(talk_answer(p));
    talk_close(p);
    talk_free(t);
}

Test(connection, a_frame_larger_than_a_buffer_is_gathered_whole)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    struct talk_peer *p = talk_connect(t);
    struct blob batch = talk_batch(t, 900000);
    talk_produce(p, "t", 0, 900000, -1);
    cr_assert_eq(answered_produce(p), KAFKA_NONE);
    talk_fetch(p, "t", 0, 0);
    cr_assert_eq(talk_fetched(p), batch.len);
    talk_close(p);
    talk_free(t);
}

Test(connection, random_pieces_of_random_requests_are_answered_in_order)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct talk *t = talk_new(&(struct talk_options){.seed = seed, .cores = 2});
        struct sim *sim = talk_world(t);
        talk_create(t, "t", 2);
        sim_net(sim)->partial = SIM_ALWAYS / 2;
        struct talk_peer *p = talk_connect(t);
        int out = 0;
        for (int i = 0; i < 150; i++) {
            uint64_t choice = sim_pick(sim, (struct sim_range){0, 5});
            size_t bytes = sim_pick(sim, (struct sim_range){1, choice == 0 ? 100000 : 300});
            if (choice <= 2)
                talk_produce(p, "t", (int32_t)choice % 2, bytes, -1);
            else if (choice == 3)
                talk_fetch(p, "t", 10, 0);
            else
                ask_end(p, "t", 0);
            for (out++; out > 0 && sim_chance(sim, SIM_ALWAYS / 2); out--)
                cr_assert_not_null(talk_answer(p), "seed %d", (int)seed);
        }
        for (; out > 0; out--)
            cr_assert_not_null(talk_answer(p), "seed %d", (int)seed);
        talk_close(p);
        talk_free(t);
    }
}

/* What cannot be a request. */

static void closes_at(const void *bytes, size_t len)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    talk_send(p, bytes, len, NS_PER_S);
    cr_assert(talk_is_closed(p, NS_PER_S));
    cr_assert_eq(talk_received(p), 0);
    talk_close(p);
    others_are_served(t);
    talk_free(t);
}

Test(connection, sizes_that_cannot_be_close_at_their_fourth_byte)
{
    closes_at("\x00\x00\x00\x00", 4);
    closes_at("\x00\x00\x00\x07", 4);
    closes_at("\xff\xff\xff\xff", 4);
    closes_at("\x80\x00\x00\x00", 4);
    closes_at("\x7f\xff\xff\xff", 4);
}

Test(connection, an_unknown_request_closes)
{
    closes_at("\x00\x00\x00\x0a\x03\xe7\x00\x00\x00\x00\x00\x01\xff\xff", 14);
    /* Metadata, version 99. */
    closes_at("\x00\x00\x00\x0a\x00\x03\x00\x63\x00\x00\x00\x01\xff\xff", 14);
}

Test(connection, a_body_that_ends_early_closes)
{
    /* Metadata, version 1, five topics of which none follows. */
    closes_at("\x00\x00\x00\x0e\x00\x03\x00\x01\x00\x00\x00\x01\xff\xff\x00\x00\x00\x05", 18);
}

Test(connection, what_follows_a_bad_frame_is_not_read)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    struct talk_peer *p = talk_connect(t);
    ask_versions(p);
    talk_send(p, "\x00\x00\x00\x01", 4, NS_PER_S);
    ask_versions(p);
    cr_assert(talk_is_closed(p, NS_PER_S));
    talk_close(p);
    others_are_served(t);
    talk_free(t);
}

/* Deadlines. */

/* When it is closed, in milliseconds from now. */
static uint64_t closed_after_ms(struct talk *t, struct talk_peer *p)
{
    uint64_t began_ns = sim_now(talk_world(t));
    cr_assert(talk_is_closed(p, 60 * NS_PER_S));
    return (sim_now(talk_world(t)) - began_ns) / NS_PER_MS;
}

static void is_between(uint64_t value, uint64_t low, uint64_t high)
{
    cr_assert(value >= low && value <= high, "%d", (int)value);
}

Test(connection, a_first_request_is_due_in_a_third_of_the_time)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    struct talk_peer *p = talk_connect(t);
    is_between(closed_after_ms(t, p), 900, 1500);
    talk_close(p);
    p = talk_connect(t);
    talk_send(p, "\x00\x00\x00\x10\x00", 5, NS_PER_S);
    is_between(closed_after_ms(t, p), 900, 1500);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_later_frame_has_its_whole_time_and_no_more)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    struct talk_peer *p = talk_connect(t);
    ask_versions(p);
    cr_assert_not_null(talk_answer(p));
    talk_send(p, "\x00\x00\x00\x10\x00", 5, NS_PER_S);
    is_between(closed_after_ms(t, p), 2900, 3500);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_byte_now_and_then_moves_no_deadline)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    struct talk_peer *p = talk_connect(t);
    ask_versions(p);
    cr_assert_not_null(talk_answer(p));
    talk_send(p, "\x00\x00\x01\x00", 4, NS_PER_S);
    uint64_t began_ns = sim_now(talk_world(t));
    while (!talk_is_closed(p, 100 * NS_PER_MS) && sim_now(talk_world(t)) - began_ns < 9 * NS_PER_S)
        talk_send(p, "x", 1, NS_PER_MS);
    is_between((sim_now(talk_world(t)) - began_ns) / NS_PER_MS, 2900, 3500);
    talk_close(p);
    talk_free(t);
}

Test(connection, an_idle_connection_is_reaped_and_one_that_waits_for_us_is_not)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    talk_create(t, "t", 1);
    struct talk_peer *idle = talk_connect(t);
    struct talk_peer *polling = talk_connect(t);
    ask_versions(idle);
    cr_assert_not_null(talk_answer(idle));
    talk_fetch(polling, "t", 40000, 0);
    is_between(closed_after_ms(t, idle), 19000, 22000);
    cr_assert_eq(talk_fetched(polling), 0, "it waited for its forty seconds");
    talk_close(idle);
    talk_close(polling);
    talk_free(t);
}

/* Half-open: the network is gone, and nobody is told. */
Test(connection, a_peer_that_vanished_is_reaped)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    struct sim *sim = talk_world(t);
    struct talk_peer *gone[8];
    talk_wait(t, NS_PER_S);
    uint32_t before = sim_host_descriptors(talk_host(t));
    for (size_t i = 0; i < ARRAY_LENGTH(gone); i++) {
        gone[i] = talk_connect(t);
        ask_versions(gone[i]);
        cr_assert_not_null(talk_answer(gone[i]));
    }
    cr_assert_geq(sim_host_descriptors(talk_host(t)), before + ARRAY_LENGTH(gone));
    sim_net(sim)->half_open = SIM_ALWAYS;
    for (size_t i = 0; i < ARRAY_LENGTH(gone); i++)
        ask_versions(gone[i]);
    talk_wait(t, 30 * NS_PER_S);
    cr_assert_leq(sim_host_descriptors(talk_host(t)), before);
    sim_net(sim)->half_open = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(gone); i++)
        talk_close(gone[i]);
    others_are_served(t);
    talk_free(t);
}

/* Slow readers and much input. */

Test(connection, who_does_not_read_is_bounded_and_gets_all_in_the_end)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    struct talk_peer *p = talk_connect(t);
    talk_produce(p, "t", 0, 500000, -1);
    cr_assert_eq(answered_produce(p), KAFKA_NONE);
    talk_read(p, false);
    for (int i = 0; i < 30; i++)
        talk_fetch(p, "t", 0, 0);
    talk_wait(t, 2 * NS_PER_S);
    others_are_served(t);
    talk_read(p, true);
    for (int i = 0; i < 30; i++)
        cr_assert_gt(talk_fetched(p), 500000);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_disk_that_stalls_for_five_seconds_delays_produces_and_closes_nobody)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2, .settings = deadlines});
    talk_create(t, "t", 2);
    struct talk_peer *peers[6];
    for (int i = 0; i < 6; i++)
        peers[i] = talk_connect(t);
    talk_produce(peers[0], "t", 0, 1000, -1);
    cr_assert_eq(answered_produce(peers[0]), KAFKA_NONE);
    sim_disk(talk_host(t))->stall = SIM_ALWAYS;
    sim_disk(talk_host(t))->stall_ns = (struct sim_range){5 * NS_PER_S, 5 * NS_PER_S};
    uint64_t began_ns = sim_now(talk_world(t));
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 20; j++)
            talk_produce(peers[i], "t", i % 2, 20000, -1);
    talk_fetch(peers[5], "t", 0, 0);
    cr_assert_gt(talk_fetched(peers[5]), 0, "what is in memory is served");
    /* Each operation that has begun stalls by itself, and those of a disk come one after another.
     */
    sim_disk(talk_host(t))->stall = 0;
    cr_assert_lt(sim_now(talk_world(t)) - began_ns, NS_PER_S);
    cr_assert_not(talk_has_answer(peers[0], 4 * NS_PER_S), "nothing is durable yet");
    for (int i = 0; i < 5; i++)
        for (int j = 0; j < 20; j++)
            cr_assert_eq(answered_produce(peers[i]), KAFKA_NONE);
    for (int i = 0; i < 6; i++)
        talk_close(peers[i]);
    talk_free(t);
}

Test(connection, behind_a_long_poll_reading_stops_and_then_goes_on)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    struct talk_peer *p = talk_connect(t);
    talk_fetch(p, "t", 20000, 0);
    for (int i = 0; i < 10000; i++)
        ask_versions(p);
    others_are_served(t);
    cr_assert_not(talk_has_answer(p, NS_PER_S), "nothing overtakes the poll");
    cr_assert_eq(talk_fetched(p), 0);
    for (int i = 0; i < 10000; i++)
        cr_assert_not_null(talk_answer(p));
    talk_close(p);
    talk_free(t);
}

/* Ends. */

Test(connection, what_was_asked_before_a_half_close_is_answered)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", 2);
    slow_disk(t, 100 * NS_PER_MS);
    struct talk_peer *p = talk_connect(t);
    for (int i = 0; i < 10; i++) {
        talk_produce(p, "t", i % 2, 100, -1);
        ask_versions(p);
    }
    talk_end(p);
    for (int i = 0; i < 20; i++)
        cr_assert_not_null(talk_answer(p), "%d", i);
    cr_assert(talk_is_closed(p, NS_PER_S));
    slow_disk(t, NS_PER_MS);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_reset_with_produces_out_undoes_none_of_them_and_keeps_nothing)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", 2);
    slow_disk(t, NS_PER_S);
    struct talk_peer *p = talk_connect(t);
    for (int i = 0; i < 10; i++)
        talk_produce(p, "t", i % 2, 1000, -1);
    talk_wait(t, 100 * NS_PER_MS);
    talk_reset(p);
    talk_wait(t, 30 * NS_PER_S);
    p = talk_connect(t);
    ask_end(p, "t", 0);
    ask_end(p, "t", 1);
    int64_t first = answered_end(p);
    int64_t second = answered_end(p);
    cr_assert_eq(first + second, 10, "%d and %d", (int)first, (int)second);
    slow_disk(t, NS_PER_MS);
    talk_close(p);
    talk_free(t);
}

Test(connection, a_reset_ends_its_long_poll)
{
    static const char *const settings[] = {"max.connections=3", NULL};
    struct talk *t = talk_new(&(struct talk_options){.cores = 2, .settings = settings});
    talk_create(t, "t", 2);
    for (int round = 0; round < 5; round++) {
        struct talk_peer *polling[3];
        for (int i = 0; i < 3; i++) {
            polling[i] = talk_connect(t);
            talk_fetch(polling[i], "t", 3600000, 0);
        }
        talk_wait(t, 100 * NS_PER_MS);
        for (int i = 0; i < 3; i++)
            talk_reset(polling[i]);
        others_are_served(t);
    }
    talk_free(t);
}

Test(connection, resets_at_any_moment_keep_nothing)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct talk *t = talk_new(&(struct talk_options){.seed = seed, .cores = 3});
        struct sim *sim = talk_world(t);
        talk_create(t, "t", 3);
        for (int i = 0; i < 30; i++) {
            struct talk_peer *p = talk_connect(t);
            talk_fetch(p, "t", (int32_t)sim_pick(sim, (struct sim_range){0, 5}), 0);
            for (int32_t j = 0; j < 4; j++)
                talk_produce(p, "t", j % 3, sim_pick(sim, (struct sim_range){1, 200000}), -1);
            ask_end(p, "t", 1);
            talk_wait(t, sim_pick(sim, (struct sim_range){0, 2 * NS_PER_MS}));
            talk_reset(p);
        }
        others_are_served(t);
        talk_free(t);
    }
}

Test(connection, a_stop_answers_what_has_begun)
{
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", 2);
    slow_disk(t, 500 * NS_PER_MS);
    struct talk_peer *p = talk_connect(t);
    struct talk_peer *polling = talk_connect(t);
    talk_fetch(polling, "t", 3600000, 0);
    for (int i = 0; i < 6; i++)
        talk_produce(p, "t", 1, 100, -1);
    talk_wait(t, 100 * NS_PER_MS);
    sim_host_stop(talk_host(t));
    for (int i = 0; i < 6; i++)
        cr_assert_eq(answered_produce(p), KAFKA_NONE);
    cr_assert_eq(talk_fetched(polling), 0, "the poll ends early");
    cr_assert(talk_is_closed(p, NS_PER_S));
    slow_disk(t, NS_PER_MS);
    talk_close(p);
    talk_close(polling);
    talk_free(t);
}
