/*
 * A wall clock that jumps (tests/sim/talk.h): nothing that is waited for comes sooner or later, and
 * nothing that is kept goes.
 */
#include <criterion/criterion.h>

#include "base/util.h"
#include "protocol/errors.h"
#include "talk.h"

#define HOUR_MS ((int64_t)3600 * 1000)
#define YEAR_MS (365 * 24 * HOUR_MS)

static const char *const deadlines[] = {"odradek.frame.timeout.ms=3000",
                                        "connections.max.idle.ms=20000", NULL};

static void ask_versions(struct talk_peer *p)
{
    struct api_versions_request request;
    message_defaults(&api_versions_request_struct, &request);
    talk_ask(p, API_API_VERSIONS, 0, &request);
}

static uint64_t ms_since(struct talk *t, uint64_t began_ns)
{
    return (sim_now(talk_world(t)) - began_ns) / NS_PER_MS;
}

/* A poll of five seconds, a connection that is idle for twenty and one whose frame does not end,
 * with a jump in the middle of each. */
static void jump(int64_t ms)
{
    struct talk *t = talk_new(&(struct talk_options){.settings = deadlines});
    talk_create(t, "t", 1);
    struct talk_peer *poll = talk_connect(t);
    struct talk_peer *idle = talk_connect(t);
    struct talk_peer *slow = talk_connect(t);
    ask_versions(idle);
    ask_versions(slow);
    cr_assert(talk_answer(idle) != NULL && talk_answer(slow) != NULL);
    talk_send(slow, "\x00\x00\x01\x00\x00", 5, NS_PER_S);
    talk_fetch(poll, "t", 5000, 0);
    uint64_t began_ns = sim_now(talk_world(t));
    talk_wait(t, NS_PER_S);
    sim_host_shift_wall(talk_host(t), ms);
    cr_assert(talk_is_closed(slow, 10 * NS_PER_S));
    cr_assert(ms_since(t, began_ns) >= 2900 && ms_since(t, began_ns) < 3500);
    cr_assert_eq(talk_fetched(poll), 0);
    cr_assert(ms_since(t, began_ns) >= 4900 && ms_since(t, began_ns) < 5500);
    cr_assert(talk_is_closed(idle, 60 * NS_PER_S));
    cr_assert(ms_since(t, began_ns) >= 19000 && ms_since(t, began_ns) < 22000);
    talk_close(poll);
    talk_close(idle);
    talk_close(slow);
    talk_free(t);
}

Test(clock, set_back_by_an_hour_moves_no_timer)
{
    jump(-HOUR_MS);
}

Test(clock, set_forward_by_years_moves_no_timer)
{
    jump(30 * YEAR_MS);
}

Test(clock, that_jumps_between_produces_loses_nothing_and_leaves_no_gap)
{
    static const int64_t jumps[] = {10 * YEAR_MS, -HOUR_MS, -9 * YEAR_MS, HOUR_MS, -YEAR_MS};
    struct talk *t = talk_new(&(struct talk_options){.cores = 2});
    talk_create(t, "t", 1);
    struct talk_peer *p = talk_connect(t);
    struct blob batch = talk_batch(t, 1000);
    for (size_t i = 0; i < 50; i++) {
        talk_produce(p, "t", 0, 1000, -1);
        const struct produce_response *answer = talk_answer(p);
        cr_assert_not_null(answer);
        const struct produce_response_partition_produce_response *part =
            &answer->responses.items[0].partition_responses.items[0];
        cr_assert_eq(part->error_code, KAFKA_NONE);
        cr_assert_eq(part->base_offset, (int64_t)i);
        sim_host_shift_wall(talk_host(t), jumps[i % ARRAY_LENGTH(jumps)]);
        talk_wait(t, NS_PER_S);
    }
    talk_fetch(p, "t", 0, 0);
    cr_assert_eq(talk_fetched(p), 50 * batch.len, "all are there");
    talk_close(p);
    talk_free(t);
}
