/* Commits, deletions and expiry against the log. */
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

TestSuite(offsets, .init = set_up, .fini = tear_down);

static int16_t commit_error(const struct rig_join *join, int32_t generation)
{
    struct rig_commit commit;
    struct rig_join caller = join == NULL ? (struct rig_join){0} : *join;
    caller.join.generation = generation;
    rig_commit(&rig, &commit, "g", 5, join == NULL ? NULL : &caller);
    rig_write(&rig, 0);
    cr_assert(commit.ended);
    return commit.commit.error;
}

Test(offsets, are_seen_when_they_are_durable)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 42, NULL);
    cr_expect(!commit.ended);
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
    rig_write(&rig, 0);
    cr_expect(commit.ended);
    cr_expect_eq(commit.commit.error, KAFKA_NONE);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
    rig_restart(&rig);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
}

Test(offsets, that_could_not_be_written_were_never_there)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(commit.commit.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(groups_count(&rig.groups), 0);
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, ERR_TOO_LARGE);
    cr_expect_eq(commit.commit.error, KAFKA_INVALID_COMMIT_OFFSET_SIZE);
    cr_expect_eq(rig.memory.used, 0);
}

Test(offsets, a_failed_commit_keeps_the_one_before_it)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 41, NULL);
    rig_write(&rig, 0);
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 41);
}

Test(offsets, that_do_not_fit_are_refused)
{
    struct rig_commit commit;
    rig.memory.limit = 100;
    rig_commit(&rig, &commit, "g", 42, NULL);
    cr_assert(commit.ended);
    cr_expect_eq(commit.commit.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(rig.memory.used, 0);
    rig.memory.limit = 4096;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig.memory.limit = rig.memory.used;
    rig_commit(&rig, &commit, "other", 42, NULL);
    cr_expect_eq(commit.commit.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    rig_commit(&rig, &commit, "g", 43, NULL);
    rig_write(&rig, 0);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 43, "what has its place goes on");
}

Test(offsets, who_may_commit_in_each_state)
{
    struct rig_join one, two;
    struct rig_commit commit;
    cr_expect_eq(commit_error(NULL, -1), KAFKA_NONE, "nobody is a member");
    rig_make_stable(&rig, "g", &one);
    cr_expect_eq(commit_error(&one, 1), KAFKA_NONE);
    cr_expect_eq(commit_error(&one, 0), KAFKA_ILLEGAL_GENERATION);
    cr_expect_eq(commit_error(NULL, -1), KAFKA_UNKNOWN_MEMBER_ID, "not beside members");
    struct rig_join stranger = one;
    stranger.join.new_member_id = s("stranger");
    cr_expect_eq(commit_error(&stranger, 1), KAFKA_UNKNOWN_MEMBER_ID);
    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &two);
    cr_expect_eq(commit_error(&one, 1), KAFKA_NONE, "before it joins again");
    struct rig_join again;
    rig_join_fill(&again, "g", one.join.new_member_id);
    rig_join(&rig, &again);
    cr_expect_eq(commit_error(&again, 2), KAFKA_REBALANCE_IN_PROGRESS, "not assigned yet");
    rig_commit(&rig, &commit, "unknown", 1, &one);
    cr_expect_eq(commit.commit.error, KAFKA_GROUP_ID_NOT_FOUND);
    rig_join_free(&one);
    rig_join_free(&two);
    rig_join_free(&again);
}

Test(offsets, of_nobody_wait_until_the_log_knows_that_the_members_left)
{
    struct rig_join one;
    rig_make_stable(&rig, "g", &one);
    struct group_leaver leaver = {one.join.new_member_id, STRING_NULL, 0};
    (void)groups_leave(&rig.groups, s("g"), &leaver, 1);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(commit_error(NULL, -1), KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(commit_error(NULL, -1), KAFKA_NONE);
    rig_restart(&rig);
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty");
    cr_expect_eq(rig_committed(&rig, "g", "t"), 5);
    rig_join_free(&one);
}

/* Deleting. */

Test(offsets, go_with_their_group)
{
    struct rig_commit commit;
    struct rig_deletion d;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig_delete(&rig, &d, "g", true);
    cr_expect(!d.ended, "it is to be durable");
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
    rig_write(&rig, 0);
    cr_expect_eq(d.deletion.error, KAFKA_NONE);
    cr_expect_eq(groups_count(&rig.groups), 0);
    cr_expect_eq(rig.log_count, 3, "to Kafka an offset makes a group, which has to go as well");
    rig_restart(&rig);
    cr_expect_eq(groups_count(&rig.groups), 0);
    rig_delete(&rig, &d, "g", true);
    cr_expect_eq(d.deletion.error, KAFKA_GROUP_ID_NOT_FOUND);
}

Test(offsets, a_deletion_counts_for_commits_that_are_on_their_way)
{
    struct rig_commit commit;
    struct rig_deletion d;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_delete(&rig, &d, "g", true);
    rig_write(&rig, 0);
    cr_expect(commit.ended && d.ended);
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
    rig_restart(&rig);
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1, "the log says the same");
}

Test(offsets, a_commit_behind_a_deletion_stays)
{
    struct rig_commit commit, later;
    struct rig_deletion d;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig_delete(&rig, &d, "g", false);
    rig_commit(&rig, &later, "g", 43, NULL);
    rig_write(&rig, 0);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 43);
    rig_restart(&rig);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 43);
}

Test(offsets, a_deletion_that_fails_changes_nothing)
{
    struct rig_commit commit;
    struct rig_deletion d;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig_delete(&rig, &d, "g", true);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(d.deletion.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
}

Test(offsets, that_members_read_are_not_deleted)
{
    struct rig_join one;
    struct rig_deletion d;
    rig_make_stable(&rig, "g", &one);
    rig_delete(&rig, &d, "g", true);
    cr_expect_eq(d.deletion.error, KAFKA_NON_EMPTY_GROUP);
    rig_delete(&rig, &d, "g", false);
    cr_expect_eq(d.deletion.error, KAFKA_NONE);
    cr_expect_eq(d.item.error, KAFKA_GROUP_SUBSCRIBED_TO_TOPIC);
    d.ended = false;
    d.item = (struct group_delete_item){.topic = s("other")};
    groups_delete(&rig.groups, &d.deletion);
    cr_expect_eq(d.item.error, KAFKA_NONE);
    rig_join_free(&one);
}

Test(offsets, go_with_their_topic)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    groups_topic_removed(&rig.groups, BYTES_LITERAL("other"));
    rig_write(&rig, 0);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
    groups_topic_removed(&rig.groups, BYTES_LITERAL("t"));
    rig_write(&rig, 0);
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
}

/* Expiry: the retention is 60 s. */

static void expire(void)
{
    groups_expire(&rig.groups);
    rig_write(&rig, 0);
}

Test(offsets, of_nobody_expire_from_their_commit)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig_wait(&rig, 59999);
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
    rig_wait(&rig, 1);
    expire();
    cr_expect_eq(groups_count(&rig.groups), 0);
    rig_restart(&rig);
    cr_expect_eq(groups_count(&rig.groups), 0);
}

/* Regression: their age was worked out by a subtraction that such a time does not allow. */
Test(offsets, of_any_time_a_log_may_hold_expire)
{
    const struct group_record_read ancient = {
        .kind = GROUP_RECORD_OFFSET,
        .key = {s("g"), s("t"), 0},
        .offset = {.offset = 42, .metadata = s(""), .commit_ms = INT64_MIN, .expire_ms = -1},
    };
    struct group_record_read coming = ancient;
    coming.key.group = s("h");
    coming.offset.commit_ms = INT64_MAX;
    groups_load(&rig.groups, &ancient);
    groups_load(&rig.groups, &coming);
    groups_loaded(&rig.groups);
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
    cr_expect_eq(rig_committed(&rig, "h", "t"), 42);
}

Test(offsets, of_members_expire_from_the_time_the_group_is_empty)
{
    struct rig_join one;
    struct rig_commit commit;
    rig_make_stable(&rig, "g", &one);
    rig_commit(&rig, &commit, "g", 42, &one);
    rig_write(&rig, 0);
    for (int i = 0; i < 20; i++) {
        rig_wait(&rig, 9000);
        cr_assert_eq(rig_heartbeat(&rig, "g", &one), KAFKA_NONE);
    }
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42, "it is read");
    struct group_leaver leaver = {one.join.new_member_id, STRING_NULL, 0};
    (void)groups_leave(&rig.groups, s("g"), &leaver, 1);
    rig_write(&rig, 0);
    rig_wait(&rig, 59999);
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
    rig_wait(&rig, 1);
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
    cr_expect_eq(groups_count(&rig.groups), 0, "and the group with them");
    rig_join_free(&one);
}

Test(offsets, of_topics_that_are_not_read_any_more_expire_beside_members)
{
    struct rig_join one;
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 42, NULL);
    rig_write(&rig, 0);
    rig_join_fill(&one, "g", s(""));
    one.protocols[0].metadata = rig_subscription("u");
    rig_join(&rig, &one);
    rig_wait(&rig, 3000);
    struct rig_sync sync;
    rig_sync(&rig, &sync, &one, "u");
    rig_write(&rig, 0);
    rig_sync_free(&sync);
    for (int i = 0; i < 7; i++) {
        rig_wait(&rig, 9000);
        (void)rig_heartbeat(&rig, "g", &one);
    }
    expire();
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
    cr_expect_str_eq(rig_state(&rig, "g"), "Stable");
    rig_join_free(&one);
}
