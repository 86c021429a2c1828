/* Joining: two steps, rebalances, static members, limits. */
#include <criterion/criterion.h>

#include "rig.h"

static struct rig rig;

static void set_up(void)
{
    rig_init(&rig);
}

static void tear_down(void)
{
    rig_fini(&rig);
}

TestSuite(join, .init = set_up, .fini = tear_down);

/* Ends what waits, and frees it. */
static void drop(struct rig_join *join)
{
    groups_join_cancel(&join->join, KAFKA_COORDINATOR_NOT_AVAILABLE);
    rig_join_free(join);
}

Test(join, a_first_join_only_gives_an_id)
{
    struct rig_join first, second;
    rig_join_fill(&first, "g", s(""));
    first.join.needs_id = true;
    rig_join(&rig, &first);
    cr_assert(first.ended);
    cr_expect_eq(first.join.error, KAFKA_MEMBER_ID_REQUIRED);
    cr_expect_eq(first.join.new_member_id.len, (int32_t)strlen("client-") + 36);
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty");
    rig_join_fill(&second, "g", first.join.new_member_id);
    second.join.needs_id = true;
    rig_join(&rig, &second);
    cr_expect(!second.ended, "it waits for others");
    rig_wait(&rig, 3000);
    cr_expect(second.ended);
    cr_expect_eq(second.join.error, KAFKA_NONE);
    cr_expect_eq(second.join.generation, 1);
    rig_join_free(&first);
    rig_join_free(&second);
}

Test(join, an_id_that_nobody_joins_with_goes_with_its_group)
{
    struct rig_join join;
    rig_join_fill(&join, "g", s(""));
    join.join.needs_id = true;
    rig_join(&rig, &join);
    cr_expect_eq(groups_count(&rig.groups), 1);
    rig_wait(&rig, 10000);
    cr_expect_eq(groups_count(&rig.groups), 0);
    cr_expect_eq(rig.memory.used, 0);
    rig_join_free(&join);
}

Test(join, given_out_ids_have_a_bound)
{
    rig.memory.limit = 8 * 1024;
    int16_t error = KAFKA_NONE;
    for (int i = 0; i < 100; i++) {
        struct rig_join join;
        rig_join_fill(&join, "g", s(""));
        join.join.needs_id = true;
        rig_join(&rig, &join);
        error = join.join.error;
        rig_join_free(&join);
    }
    cr_expect_eq(error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_leq(rig.memory.used, rig.memory.limit / 2, "there is room for those who join");
}

Test(join, a_group_that_does_not_fit_is_refused_whole)
{
    struct rig_join join;
    rig.memory.limit = 600;
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    cr_expect_eq(join.join.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(rig.memory.used, 0);
    cr_expect_eq(groups_count(&rig.groups), 0);
    rig_join_free(&join);
}

Test(join, requests_that_cannot_be_are_refused)
{
    static const struct {
        const char *group;
        const char *id;
        const char *type;
        int32_t session_ms;
        int16_t error;
    } cases[] = {
        {"", "", "consumer", 10000, KAFKA_INVALID_GROUP_ID},
        {"g", "", "consumer", 5999, KAFKA_INVALID_SESSION_TIMEOUT},
        {"g", "", "consumer", 1800001, KAFKA_INVALID_SESSION_TIMEOUT},
        {"g", "", "", 10000, KAFKA_INCONSISTENT_GROUP_PROTOCOL},
        {"g", "unknown", "consumer", 10000, KAFKA_UNKNOWN_MEMBER_ID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct rig_join join;
        rig_join_fill(&join, cases[i].group, s(cases[i].id));
        join.join.protocol_type = s(cases[i].type);
        join.join.session_ms = cases[i].session_ms;
        rig_join(&rig, &join);
        cr_expect(join.ended);
        cr_expect_eq(join.join.error, cases[i].error, "case %zu: %d", i, join.join.error);
        cr_expect_eq(groups_count(&rig.groups), 0, "case %zu", i);
        rig_join_free(&join);
    }
}

Test(join, the_first_rebalance_waits_longer_while_members_come)
{
    struct rig_join one, two;
    rig_join_fill(&one, "g", s(""));
    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &one);
    rig_wait(&rig, 2000);
    rig_join(&rig, &two);
    rig_wait(&rig, 1000);
    cr_expect(!one.ended, "another delay has begun");
    rig_wait(&rig, 3000);
    cr_assert(one.ended && two.ended);
    cr_expect_eq(one.join.member_count, 2, "the leader sees both");
    cr_expect_eq(two.join.member_count, 0);
    cr_expect(bytes_equal(string_bytes(two.join.leader), string_bytes(one.join.new_member_id)));
    cr_expect_eq(two.join.generation, 1);
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(join, a_later_rebalance_ends_with_the_last_member)
{
    struct rig_join one, two, again;
    rig_make_stable(&rig, "g", &one);
    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &two);
    cr_expect_str_eq(rig_state(&rig, "g"), "PreparingRebalance");
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_REBALANCE_IN_PROGRESS);
    rig_join_fill(&again, "g", one.join.new_member_id);
    rig_join(&rig, &again);
    cr_expect(two.ended && again.ended, "nobody waits for a timer");
    cr_expect_eq(again.join.generation, 2);
    cr_expect_eq(again.join.member_count, 2);
    rig_join_free(&one);
    rig_join_free(&two);
    rig_join_free(&again);
}

Test(join, who_does_not_join_again_in_time_is_gone)
{
    struct rig_join one, two;
    rig_make_stable(&rig, "g", &one);
    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &two);
    for (int i = 0; i < 4; i++) {
        rig_wait(&rig, 5000);
        if (!two.ended)
            cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_REBALANCE_IN_PROGRESS);
    }
    cr_assert(two.ended, "after the rebalance timeout of 20 s");
    cr_expect_eq(two.join.member_count, 1);
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_UNKNOWN_MEMBER_ID);
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(join, the_protocol_that_most_vote_for_is_chosen)
{
    struct rig_join joins[3];
    for (int i = 0; i < 3; i++) {
        rig_join_fill(&joins[i], "g", s(""));
        joins[i].protocols[0].name = s(i == 0 ? "range" : "sticky");
        joins[i].protocols[1] =
            (struct group_protocol){s(i == 0 ? "sticky" : "range"), rig_subscription("u")};
        joins[i].join.protocol_count = 2;
        rig_join(&rig, &joins[i]);
    }
    rig_wait(&rig, 10000);
    for (int i = 0; i < 3; i++) {
        cr_expect(bytes_equal(string_bytes(joins[i].join.protocol_name), BYTES_LITERAL("sticky")));
        rig_join_free(&joins[i]);
    }
}

Test(join, a_member_without_a_common_protocol_is_refused)
{
    struct rig_join one, two;
    rig_make_stable(&rig, "g", &one);
    rig_join_fill(&two, "g", s(""));
    two.protocols[0].name = s("other");
    rig_join(&rig, &two);
    cr_expect_eq(two.join.error, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
    cr_expect_str_eq(rig_state(&rig, "g"), "Stable");
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(join, a_follower_with_the_same_metadata_is_told_what_it_missed)
{
    struct rig_join leader, follower, again;
    rig_join_fill(&leader, "g", s(""));
    rig_join_fill(&follower, "g", s(""));
    rig_join(&rig, &leader);
    rig_join(&rig, &follower);
    rig_wait(&rig, 10000);
    rig_join_fill(&again, "g", follower.join.new_member_id);
    rig_join(&rig, &again);
    cr_expect(again.ended, "while the leader assigns");
    cr_expect_eq(again.join.generation, 1);
    cr_expect_eq(again.join.member_count, 0);
    rig_join_free(&again);
    rig_join_fill(&again, "g", leader.join.new_member_id);
    rig_join(&rig, &again);
    cr_expect_eq(again.join.member_count, 2);
    rig_join_free(&again);
    cr_expect_str_eq(rig_state(&rig, "g"), "CompletingRebalance");
    rig_join_free(&leader);
    rig_join_free(&follower);
}

Test(join, a_leader_that_joins_again_asks_for_a_rebalance)
{
    struct rig_join one, again;
    rig_make_stable(&rig, "g", &one);
    rig_join_fill(&again, "g", one.join.new_member_id);
    rig_join(&rig, &again);
    cr_assert(again.ended);
    cr_expect_eq(again.join.generation, 2);
    rig_join_free(&one);
    rig_join_free(&again);
}

Test(join, a_second_join_of_a_member_takes_the_place_of_the_first)
{
    struct rig_join one, two, first, second;
    rig_make_stable(&rig, "g", &one);
    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &two);
    rig_join_fill(&first, "g", one.join.new_member_id);
    first.join.rebalance_ms = 20001;
    rig_join(&rig, &first);
    cr_assert(first.ended && two.ended);
    rig_join_free(&two);
    rig_join_free(&first);
    /* Now one waits for the other to come, and comes twice. */
    rig_join_fill(&first, "g", one.join.new_member_id);
    first.protocols[0].metadata = rig_subscription("u");
    rig_join(&rig, &first);
    cr_expect(!first.ended);
    rig_join_fill(&second, "g", one.join.new_member_id);
    rig_join(&rig, &second);
    cr_expect(first.ended);
    cr_expect_eq(first.join.error, KAFKA_REBALANCE_IN_PROGRESS);
    cr_expect(!second.ended);
    drop(&second);
    rig_join_free(&first);
    rig_join_free(&one);
}

Test(join, the_group_has_a_largest_size)
{
    struct rig_join joins[3];
    rig.config.members_max = 2;
    for (int i = 0; i < 3; i++) {
        rig_join_fill(&joins[i], "g", s(""));
        rig_join(&rig, &joins[i]);
    }
    cr_expect(joins[2].ended);
    cr_expect_eq(joins[2].join.error, KAFKA_GROUP_MAX_SIZE_REACHED);
    cr_expect_eq(joins[2].join.new_member_id.len, 0);
    rig_wait(&rig, 20000);
    for (int i = 0; i < 3; i++)
        rig_join_free(&joins[i]);
}

Test(join, a_wait_that_is_ended_leaves_the_member_its_session)
{
    struct rig_join join, again;
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    drop(&join);
    rig_wait(&rig, 3000);
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty", "nobody was there");
    rig_join_fill(&again, "g", s(""));
    rig_join(&rig, &again);
    rig_wait(&rig, 6000);
    cr_expect_eq(again.join.member_count, 1);
    rig_join_free(&again);
}

/* Static members. */

static void join_static(struct rig_join *join, const char *instance, struct string id)
{
    rig_join_fill(join, "g", id);
    join->join.instance_id = s(instance);
    join->join.needs_id = true;
    rig_join(&rig, join);
}

static void make_static(struct rig_join *join)
{
    struct rig_sync sync;
    join_static(join, "i", s(""));
    rig_wait(&rig, 3000);
    cr_assert_eq(join->join.error, KAFKA_NONE);
    rig_sync(&rig, &sync, join, "mine");
    rig_write(&rig, 0);
    rig_sync_free(&sync);
    cr_assert_str_eq(rig_state(&rig, "g"), "Stable");
}

Test(join, a_static_member_comes_back_without_a_rebalance)
{
    struct rig_join first, second;
    struct rig_sync sync;
    make_static(&first);
    join_static(&second, "i", s(""));
    cr_expect(!second.ended, "the new id has to be durable");
    rig_write(&rig, 0);
    cr_assert(second.ended);
    cr_expect_eq(second.join.error, KAFKA_NONE);
    cr_expect_eq(second.join.generation, 1);
    cr_expect(bytes_equal(string_bytes(second.join.leader), string_bytes(first.join.new_member_id)),
              "an old client must not believe that it leads");
    cr_expect_str_eq(rig_state(&rig, "g"), "Stable");
    rig_sync(&rig, &sync, &second, NULL);
    cr_expect(bytes_equal(blob_bytes(sync.sync.answer), BYTES_LITERAL("mine")));
    rig_sync_free(&sync);
    rig_join_free(&first);
    rig_join_free(&second);
}

Test(join, a_static_leader_that_comes_back_is_told_to_skip_the_assignment)
{
    struct rig_join first, second;
    make_static(&first);
    rig_join_fill(&second, "g", s(""));
    second.join.instance_id = s("i");
    second.join.may_skip = true;
    rig_join(&rig, &second);
    rig_write(&rig, 0);
    cr_expect(second.join.skip_assignment);
    cr_expect_eq(second.join.member_count, 1);
    cr_expect(
        bytes_equal(string_bytes(second.join.leader), string_bytes(second.join.new_member_id)));
    rig_join_free(&first);
    rig_join_free(&second);
}

Test(join, the_former_life_of_a_static_member_is_fenced)
{
    struct rig_join first, second, third;
    make_static(&first);
    join_static(&second, "i", s(""));
    rig_write(&rig, 0);
    join_static(&third, "i", first.join.new_member_id);
    cr_expect_eq(third.join.error, KAFKA_FENCED_INSTANCE_ID);
    struct group_caller caller = {s("g"), 1, first.join.new_member_id, s("i")};
    cr_expect_eq(groups_heartbeat(&rig.groups, &caller), KAFKA_FENCED_INSTANCE_ID);
    caller.instance_id = s("other");
    cr_expect_eq(groups_heartbeat(&rig.groups, &caller), KAFKA_UNKNOWN_MEMBER_ID);
    rig_join_free(&first);
    rig_join_free(&second);
    rig_join_free(&third);
}

Test(join, a_static_member_stays_through_a_rebalance_without_joining)
{
    struct rig_join fixed, other;
    make_static(&fixed);
    rig_join_fill(&other, "g", s(""));
    other.join.rebalance_ms = 5000;
    rig_join(&rig, &other);
    rig_wait(&rig, 5000);
    struct group_caller caller = {s("g"), 1, fixed.join.new_member_id, s("i")};
    (void)groups_heartbeat(&rig.groups, &caller);
    rig_wait(&rig, 9000);
    (void)groups_heartbeat(&rig.groups, &caller);
    rig_wait(&rig, 9000);
    cr_assert(other.ended);
    cr_expect_eq(other.join.member_count, 2);
    rig_join_free(&fixed);
    rig_join_free(&other);
}
