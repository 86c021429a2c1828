/*
 * Who is let in (broker/admission.h), and who gets memory (broker/core.h), on a simulated broker:
 * limits hold over all cores, what is counted is given back however it ends, and whoever waits gets
 * his turn.
 */
#include <criterion/criterion.h>
#include <string.h>

#include "base/bytes.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "talk.h"

static void ask_versions(struct talk_peer *p)
{
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    talk_ask(p, API_API_VERSIONS, 0, &request);
}

/* Whether it is answered within a second. */
static bool is_served(struct talk_peer *p)
{
    ask_versions(p);
    return talk_has_answer(p, NS_PER_S) && talk_answer(p) != NULL;
}

/* max.connections. */

/* How many of the peers have an answer. Who was closed instead, because several cores saw the same
 * free place, comes again, as a client does. */
static int count_served(struct talk *t, struct talk_peer **peers, int count)
{
    int served = 0;
    for (int i = 0; i < count; i++) {
        if (talk_has_answer(peers[i], NS_PER_MS)) {
            served++;
        } else if (talk_is_closed(peers[i], NS_PER_MS)) {
            talk_close(peers[i]);
            peers[i] = talk_connect(t);
            ask_versions(peers[i]);
        }
    }
    return served;
}

Test(admission, a_full_broker_lets_one_in_for_each_that_ends_on_whichever_core)
{
    static const char *const settings[] = {"max.connections=4", NULL};
    for (uint64_t seed = 1; seed <= 5; seed++) {
        struct talk *t =
            talk_new(&(struct talk_options){.seed = seed, .cores = 3, .settings = settings});
        struct talk_peer *in[4];
        struct talk_peer *waiting[4];
        for (int i = 0; i < 4; i++) {
            in[i] = talk_connect(t);
            cr_assert(is_served(in[i]));
        }
        for (int i = 0; i < 4; i++) {
            waiting[i] = talk_connect(t);
            cr_assert_not(is_served(waiting[i]), "one more than there may be");
        }
        for (int i = 0; i < 4; i++) {
            talk_close(in[i]);
            int served = 0;
            for (int j = 0; j < 20; j++) {
                talk_wait(t, 20 * NS_PER_MS);
                served = count_served(t, waiting, 4);
                cr_assert_leq(served, i + 1, "seed %d", (int)seed);
            }
            cr_assert_eq(served, i + 1, "seed %d: %d places, %d served", (int)seed, i + 1, served);
        }
        for (int i = 0; i < 4; i++)
            talk_close(waiting[i]);
        talk_free(t);
    }
}

Test(admission, connections_that_end_at_any_moment_are_given_back)
{
    static const char *const settings[] = {"max.connections=3", "max.connections.per.ip=3", NULL};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct talk *t =
            talk_new(&(struct talk_options){.seed = seed, .cores = 3, .settings = settings});
        struct sim *sim = talk_world(t);
        for (int i = 0; i < 60; i++) {
            struct talk_peer *p = talk_try_connect(t);
            if (p == NULL)
                continue;
            talk_wait(t, sim_pick(sim, (struct sim_range){0, 300 * NS_PER_US}));
            if (sim_chance(sim, SIM_ALWAYS / 2))
                ask_versions(p);
            if (sim_chance(sim, SIM_ALWAYS / 2))
                talk_reset(p);
            else
                talk_close(p);
        }
        talk_wait(t, NS_PER_S);
        struct talk_peer *in[3];
        for (int i = 0; i < 3; i++) {
            in[i] = talk_connect(t);
            cr_assert(is_served(in[i]), "seed %d: %d of 3", (int)seed, i);
        }
        struct talk_peer *more = talk_connect(t);
        cr_assert_not(is_served(more), "seed %d: a fourth", (int)seed);
        talk_close(more);
        for (int i = 0; i < 3; i++)
            talk_close(in[i]);
        talk_free(t);
    }
}

/* max.connections.per.ip; the peers are at 10.0.0.2. */

Test(admission, one_more_of_an_address_is_closed_on_whichever_core)
{
    static const char *const settings[] = {"max.connections.per.ip=4", NULL};
    struct talk *t = talk_new(&(struct talk_options){.cores = 3, .settings = settings});
    struct talk_peer *in[4];
    for (int i = 0; i < 4; i++) {
        in[i] = talk_connect(t);
        cr_assert(is_served(in[i]));
    }
    for (int i = 0; i < 6; i++) {
        struct talk_peer *p = talk_connect(t);
        cr_assert(talk_is_closed(p, NS_PER_S));
        talk_close(p);
    }
    for (int i = 0; i < 4; i++) {
        talk_close(in[i]);
        talk_wait(t, 100 * NS_PER_MS);
        in[i] = talk_connect(t);
        cr_assert(is_served(in[i]), "the place is free again");
    }
    for (int i = 0; i < 4; i++)
        talk_close(in[i]);
    talk_free(t);
}

Test(admission, an_address_may_have_a_limit_of_its_own)
{
    static const char *const settings[] = {
        "max.connections.per.ip=9", "max.connections.per.ip.overrides=10.0.0.1:1,10.0.0.2:2", NULL};
    struct talk *t = talk_new(&(struct talk_options){.cores = 2, .settings = settings});
    struct talk_peer *first = talk_connect(t);
    struct talk_peer *second = talk_connect(t);
    struct talk_peer *third = talk_connect(t);
    cr_assert(is_served(first) && is_served(second));
    cr_assert(talk_is_closed(third, NS_PER_S));
    talk_close(first);
    talk_close(second);
    talk_close(third);
    talk_free(t);
}

/* Memory. */

/* A frame that is announced and not sent: Produce, of so many bytes. */
static struct talk_peer *begin_frame(struct talk *t, uint32_t bytes)
{
    uint8_t start[12];
    struct talk_peer *p = talk_connect(t);
    cr_assert(is_served(p));
    store_be32(start, bytes);
    memcpy(start + 4, "\x00\x00\x00\x09\x00\x00\x00\x07", 8);
    cr_assert_eq(talk_send(p, start, sizeof start, NS_PER_S), sizeof start);
    talk_wait(t, 10 * NS_PER_MS);
    return p;
}

Test(admission, frames_that_are_announced_leave_memory_for_the_others)
{
    static const char *const settings[] = {"odradek.frame.timeout.ms=60000", NULL};
    struct talk *t = talk_new(&(struct talk_options){.settings = settings});
    talk_create(t, "t", 1);
    struct talk_peer *slow[12];
    for (size_t i = 0; i < ARRAY_LENGTH(slow); i++)
        slow[i] = begin_frame(t, 3 << 20);
    struct talk_peer *p = talk_connect(t);
    for (int i = 0; i < 50; i++) {
        talk_produce(p, "t", 0, 10000, -1);
        const struct produce_response *answer = talk_answer(p);
        cr_assert_not_null(answer);
        cr_assert_eq(answer->responses.items[0].partition_responses.items[0].error_code,
                     KAFKA_NONE);
    }
    talk_close(p);
    for (size_t i = 0; i < ARRAY_LENGTH(slow); i++)
        talk_close(slow[i]);
    talk_free(t);
}

Test(admission, whoever_waits_for_memory_gets_his_turn)
{
    struct talk *t = talk_new(&(struct talk_options){0});
    talk_create(t, "t", 1);
    enum { PEERS = 16, BYTES = 900000 };
    struct talk_peer *peers[PEERS];
    for (int i = 0; i < PEERS; i++)
        peers[i] = talk_connect(t);
    /* All at once ask for far more than the share of frames; nobody reads meanwhile. */
    for (int i = 0; i < PEERS; i++) {
        talk_produce(peers[i], "t", 0, BYTES, -1);
        talk_produce(peers[i], "t", 0, BYTES, -1);
    }
    for (int i = 0; i < PEERS; i++) {
        for (int j = 0; j < 2; j++) {
            const struct produce_response *answer = talk_answer(peers[i]);
            cr_assert_not_null(answer, "%d was closed", i);
            cr_assert_eq(answer->responses.items[0].partition_responses.items[0].error_code,
                         KAFKA_NONE);
        }
        talk_close(peers[i]);
    }
    talk_free(t);
}

Test(admission, a_frame_that_never_ends_loses_its_memory_to_those_who_wait)
{
    static const char *const settings[] = {"odradek.frame.timeout.ms=24000", NULL};
    struct talk *t = talk_new(&(struct talk_options){.settings = settings});
    talk_create(t, "t", 1);
    struct talk_peer *slow = begin_frame(t, 4 << 20);
    struct talk_peer *p = talk_connect(t);
    uint64_t began_ns = sim_now(talk_world(t));
    talk_produce(p, "t", 0, 1000000, -1);
    cr_assert_not_null(talk_answer(p));
    /* An eighth of its time is left to whoever keeps others waiting. */
    cr_assert_lt(sim_now(talk_world(t)) - began_ns, 5 * NS_PER_S);
    cr_assert(talk_is_closed(slow, NS_PER_S));
    talk_close(slow);
    talk_close(p);
    talk_free(t);
}
