/* Assignments, heartbeats, leaving, restarts. */
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

TestSuite(sync, .init = set_up, .fini = tear_down);

/* Two members of generation 1, the first one leads. */
static void join_two(struct rig_join *one, struct rig_join *two)
{
    rig_join_fill(one, "g", s(""));
    rig_join_fill(two, "g", s(""));
    rig_join(&rig, one);
    rig_join(&rig, two);
    rig_wait(&rig, 10000);
    cr_assert(one->ended && two->ended);
}

Test(sync, nobody_is_assigned_anything_before_it_is_durable)
{
    struct rig_join one, two;
    struct rig_sync first, second;
    join_two(&one, &two);
    rig_sync(&rig, &second, &two, NULL);
    rig_sync(&rig, &first, &one, "all");
    cr_expect(!first.ended && !second.ended);
    cr_expect_eq(rig_heartbeat(&rig, "g", &two), KAFKA_NONE);
    rig_write(&rig, 0);
    cr_assert(first.ended && second.ended);
    cr_expect(bytes_equal(blob_bytes(first.sync.answer), BYTES_LITERAL("all")));
    cr_expect_eq(second.sync.answer.len, 0, "who got nothing gets nothing");
    cr_expect_eq(second.sync.error, KAFKA_NONE);
    cr_expect_str_eq(rig_state(&rig, "g"), "Stable");
    rig_sync_free(&first);
    rig_sync_free(&second);
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(sync, an_assignment_that_is_not_written_begins_a_rebalance)
{
    struct rig_join one, two;
    struct rig_sync first, second;
    join_two(&one, &two);
    rig_sync(&rig, &second, &two, NULL);
    rig_sync(&rig, &first, &one, "all");
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(first.sync.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(second.sync.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_str_eq(rig_state(&rig, "g"), "PreparingRebalance");
    rig_sync_free(&first);
    rig_sync_free(&second);
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(sync, a_join_while_the_assignment_is_on_its_way_goes_first)
{
    struct rig_join one, two, third;
    struct rig_sync first;
    join_two(&one, &two);
    rig_sync(&rig, &first, &one, "all");
    rig_join_fill(&third, "g", s(""));
    rig_join(&rig, &third);
    cr_assert(first.ended);
    cr_expect_eq(first.sync.error, KAFKA_REBALANCE_IN_PROGRESS);
    rig_write(&rig, 0);
    cr_expect_str_eq(rig_state(&rig, "g"), "PreparingRebalance");
    groups_join_cancel(&third.join, KAFKA_NOT_COORDINATOR);
    rig_sync_free(&first);
    rig_join_free(&one);
    rig_join_free(&two);
    rig_join_free(&third);
}

Test(sync, answers_in_each_state)
{
    struct rig_join one, two, third;
    struct rig_sync sync;
    join_two(&one, &two);
    two.join.generation = 0;
    rig_sync(&rig, &sync, &two, NULL);
    cr_expect_eq(sync.sync.error, KAFKA_ILLEGAL_GENERATION);
    rig_sync_free(&sync);
    two.join.generation = 1;
    rig_sync(&rig, &sync, &one, "all");
    rig_write(&rig, 0);
    rig_sync_free(&sync);
    rig_sync(&rig, &sync, &two, NULL);
    cr_expect(sync.ended, "stable: at once");
    rig_sync_free(&sync);
    rig_join_fill(&third, "g", s(""));
    rig_join(&rig, &third);
    rig_sync(&rig, &sync, &two, NULL);
    cr_expect_eq(sync.sync.error, KAFKA_REBALANCE_IN_PROGRESS);
    rig_sync_free(&sync);
    third.join.new_member_id = s("nobody");
    rig_sync(&rig, &sync, &third, NULL);
    cr_expect_eq(sync.sync.error, KAFKA_UNKNOWN_MEMBER_ID);
    rig_sync_free(&sync);
    groups_join_cancel(&third.join, KAFKA_NOT_COORDINATOR);
    rig_join_free(&one);
    rig_join_free(&two);
    rig_join_free(&third);
}

Test(sync, a_protocol_that_is_not_the_groups_is_refused)
{
    struct rig_join one;
    struct rig_sync sync = {0};
    rig_make_stable(&rig, "g", &one);
    rig_sync(&rig, &sync, &one, NULL);
    rig_sync_free(&sync);
    sync.ended = false;
    sync.sync.protocol_type = s("connect");
    groups_sync(&rig.groups, &sync.sync);
    cr_expect_eq(sync.sync.error, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
    sync.ended = false;
    sync.sync.protocol_type = s("consumer");
    sync.sync.protocol_name = s("sticky");
    groups_sync(&rig.groups, &sync.sync);
    cr_expect_eq(sync.sync.error, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
    rig_sync_free(&sync);
    rig_join_free(&one);
}

Test(sync, who_does_not_come_for_the_assignment_is_gone)
{
    struct rig_join one, two;
    struct rig_sync sync;
    join_two(&one, &two);
    rig_sync(&rig, &sync, &one, "all");
    rig_write(&rig, 0);
    for (int i = 0; i < 3; i++) {
        rig_wait(&rig, 7000);
        (void)rig_heartbeat(&rig, "g", &one);
        (void)rig_heartbeat(&rig, "g", &two);
    }
    cr_expect_eq(rig_heartbeat(&rig, "g", &two), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_REBALANCE_IN_PROGRESS);
    rig_sync_free(&sync);
    rig_join_free(&one);
    rig_join_free(&two);
}

Test(sync, a_session_lasts_from_heartbeat_to_heartbeat)
{
    struct rig_join one;
    rig_make_stable(&rig, "g", &one);
    for (int i = 0; i < 10; i++) {
        rig_wait(&rig, 9999);
        cr_assert_eq(rig_heartbeat(&rig, "g", &one), KAFKA_NONE);
    }
    rig_wait(&rig, 10000);
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty");
    rig_join_free(&one);
}

Test(sync, the_last_member_that_leaves_empties_the_group_in_the_log)
{
    struct rig_join one;
    rig_make_stable(&rig, "g", &one);
    struct group_leaver leavers[] = {{one.join.new_member_id, STRING_NULL, -1},
                                     {s("nobody"), STRING_NULL, -1},
                                     {s(""), s("no instance"), -1}};
    cr_expect_eq(groups_leave(&rig.groups, s("g"), leavers, 3), KAFKA_NONE);
    cr_expect_eq(leavers[0].error, KAFKA_NONE);
    cr_expect_eq(leavers[1].error, KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(leavers[2].error, KAFKA_UNKNOWN_MEMBER_ID);
    rig_write(&rig, 0);
    rig_restart(&rig);
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty");
    rig_join_free(&one);
}

Test(sync, members_survive_a_restart_as_long_as_their_session)
{
    struct rig_join one;
    struct rig_sync sync;
    rig_make_stable(&rig, "g", &one);
    rig_restart(&rig);
    cr_expect_str_eq(rig_state(&rig, "g"), "Stable");
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_NONE);
    rig_sync(&rig, &sync, &one, NULL);
    cr_expect(bytes_equal(blob_bytes(sync.sync.answer), BYTES_LITERAL("mine")));
    rig_sync_free(&sync);
    rig_wait(&rig, 10000);
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_UNKNOWN_MEMBER_ID);
    rig_join_free(&one);
}

Test(sync, closing_answers_everybody)
{
    struct rig_join one, two;
    struct rig_sync sync;
    join_two(&one, &two);
    rig_sync(&rig, &sync, &two, NULL);
    groups_close(&rig.groups);
    cr_assert(sync.ended);
    cr_expect_eq(sync.sync.error, KAFKA_NOT_COORDINATOR);
    cr_expect_eq(rig_heartbeat(&rig, "g", &one), KAFKA_NOT_COORDINATOR);
    rig_sync_free(&sync);
    rig_join_free(&one);
    rig_join_free(&two);
}
