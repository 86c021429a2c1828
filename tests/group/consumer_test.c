/* Consumer groups of KIP-848: epochs, reconciliation, static members, patterns, failures. After
 * every operation the log is replayed, and has to give the same. */
#include <criterion/criterion.h>

#include "base/util.h"
#include "beats.h"

TestSuite(consumer, .init = set_up, .fini = tear_down);

Test(consumer, the_first_member_gets_everything_at_once)
{
    rig_beat(&rig, &a);
    cr_assert(!a.ended, "nothing is told before it is durable");
    EXPECT_GROUP("none");
    rig_write(&rig, 0);
    cr_assert(a.ended);
    cr_expect_eq(a.beat.error, KAFKA_NONE);
    cr_expect_eq(a.beat.answer_epoch, 1);
    cr_expect_eq(a.beat.interval_ms, 5000);
    cr_expect(a.beat.assignment_said);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer, a_group_may_have_an_interval_and_a_session_of_its_own)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig.settings = (struct group_settings){.session_ms = 50000, .heartbeat_ms = 700};
    rig_beat_is(&rig, &a, KAFKA_NONE);
    cr_expect_eq(a.beat.interval_ms, 700);
    rig_wait(&rig, 49000);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_wait(&rig, 2000);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 2/1 Empty");
}

Test(consumer, a_quiet_heartbeat_writes_nothing)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    uint32_t before = rig.log_count;
    rig_beat(&rig, &a);
    cr_assert(a.ended, "there is nothing to wait for");
    cr_expect(!a.beat.assignment_said);
    cr_expect_eq(rig.log_count, before);
}

Test(consumer, partitions_are_revoked_before_they_are_given_to_another)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 t2 t3 > t0 t1\nb 2 > t2 t3");
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    cr_assert_eq(a.beat.assignment.count, 2, "it is told what it keeps");
    cr_assert_eq(a.beat.answer_epoch, 1, "until it has given the others up");
    group_reply_free(&a.beat.reply);
    /* It says that it still has them. */
    a.beat.assignment_said = false;
    rig_beat(&rig, &a);
    cr_assert(a.ended);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 > t0 t1\nb 2 > t2 t3");
    a.beat.owned.count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Reconciling\na 2 t0 t1 > t0 t1\nb 2 > t2 t3");
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Stable\na 2 t0 t1 > t0 t1\nb 2 t2 t3 > t2 t3");
}

Test(consumer, who_does_not_revoke_in_its_rebalance_timeout_is_removed)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_wait(&rig, 20000);
    rig_write(&rig, 0);
    rig_replay(&rig, "g");
    EXPECT_GROUP("group 3/2 Assigning\nb 2 > t2 t3");
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 3/3 Stable\nb 3 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_beat_is(&rig, &a, KAFKA_UNKNOWN_MEMBER_ID);
}

/* Seed 2033 of the simulator, without some troubles: the log was half read when the timeout of a
 * member was over that has long gone in the other half, and its removal was written. The group's
 * epoch went back. */
Test(consumer, no_timeout_runs_while_the_log_is_loaded)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_restart(&rig);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 > t0 t1\nb 2 > t2 t3");
    rig_wait(&rig, 19000);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 > t0 t1\nb 2 > t2 t3");
    rig_wait(&rig, 1000);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 3/2 Assigning\nb 2 > t2 t3");
}

Test(consumer, who_does_not_heartbeat_in_its_session_is_removed)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_wait(&rig, 44000);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_wait(&rig, 44000);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_wait(&rig, 1000);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 2/1 Empty");
    rig_replay(&rig, "g");
}

Test(consumer, a_removal_that_cannot_be_written_is_tried_again)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_wait(&rig, 45000);
    rig_write(&rig, ERR_OFFLINE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_wait(&rig, 1000);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 2/1 Empty");
}

Test(consumer, leaving_is_durable_before_it_is_answered)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat(&rig, &a);
    cr_assert(!a.ended);
    rig_write(&rig, 0);
    cr_assert(a.ended);
    cr_expect_eq(a.beat.answer_epoch, -1);
    EXPECT_GROUP("group 2/1 Empty");
    rig_replay(&rig, "g");
}

Test(consumer, a_failed_write_leaves_what_was_before)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    rig_write(&rig, ERR_OFFLINE);
    cr_assert(b.ended);
    cr_expect_eq(b.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer, a_group_that_never_came_to_be_leaves_nothing)
{
    rig_beat(&rig, &a);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(groups_count(&rig.groups), 0);
    a.beat.epoch = 3;
    rig_beat_is(&rig, &a, KAFKA_GROUP_ID_NOT_FOUND);
    cr_expect_eq(groups_count(&rig.groups), 0);
}

Test(consumer, heartbeats_of_a_busy_group_wait_in_line)
{
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    rig_write(&rig, 0);
    cr_expect(a.ended && b.ended);
    cr_expect_eq(a.beat.answer_epoch, 1);
    cr_expect_eq(b.beat.answer_epoch, 2);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 t2 t3 > t0 t1\nb 2 > t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer, epochs_are_fenced)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    a.beat.owned.count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Reconciling\na 2 t0 t1 > t0 t1\nb 2 > t2 t3");
    /* The answer with the new epoch was lost: what it owns shows that it is the same. */
    a.beat.epoch = 1;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.epoch = 1;
    a.beat.owned_said = false;
    rig_beat_is(&rig, &a, KAFKA_FENCED_MEMBER_EPOCH);
    a.beat.epoch = 3;
    rig_beat_is(&rig, &a, KAFKA_FENCED_MEMBER_EPOCH);
    cr_expect_eq(rig_committed(&rig, "g", "t"), -1);
}

Test(consumer, whoever_was_fenced_joins_anew_with_epoch_0)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    group_reply_free(&a.beat.reply);
    rig_beat_fill(&a, "g", "a");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
}

Test(consumer, a_changed_subscription_begins_an_epoch)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.topics[0] = s("u");
    a.beat.topics = a.topics;
    a.beat.topic_count = 1;
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 > u0 u1");
    rig_beat_next(&a);
    a.beat.owned.count = 0;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Stable\na 2 u0 u1 > u0 u1");
}

Test(consumer, topics_that_grow_come_and_go_are_assigned_anew)
{
    a.topics[1] = s("v");
    a.beat.topic_count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_topic(&rig, "t", 5);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Stable\na 2 t0 t1 t2 t3 t4 > t0 t1 t2 t3 t4");
    rig_topic(&rig, "u", 3);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Stable\na 2 t0 t1 t2 t3 t4 > t0 t1 t2 t3 t4");
    rig_topic(&rig, "v", 1);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_topic(&rig, "t", 0);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.owned.count = 0;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 4/4 Stable\na 4 v0 > v0");
}

Test(consumer, the_assignor_is_the_one_that_most_ask_for)
{
    a.beat.assignor = s("range");
    rig_topic(&rig, "t", 3);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    b.beat.assignor = s("sticky");
    rig_beat(&rig, &b);
    cr_expect_eq(b.beat.error, KAFKA_UNSUPPORTED_ASSIGNOR);
    cr_expect_str_eq(b.beat.message, "ServerAssignor sticky is not supported. Supported "
                                     "assignors: uniform, range.");
    struct consumer_description d = {.group_id = s("g")};
    groups_consumer_describe(&rig.groups, &d);
    cr_expect_str_eq(d.assignor, "range");
    group_reply_free(&d.reply);
}

Test(consumer, requests_that_make_no_sense_are_refused)
{
    b.beat.member_id = s("");
    rig_beat(&rig, &b);
    cr_expect_eq(b.beat.error, KAFKA_INVALID_REQUEST);
    b.beat.member_id = s("b");
    b.beat.rebalance_ms = -1;
    rig_beat(&rig, &b);
    cr_expect_str_eq(b.beat.message, "RebalanceTimeoutMs must be provided in first request.");
    b.beat.rebalance_ms = 1;
    b.beat.epoch = -3;
    rig_beat(&rig, &b);
    cr_expect_str_eq(b.beat.message, "MemberEpoch is invalid.");
    b.beat.epoch = -2;
    rig_beat(&rig, &b);
    cr_expect_str_eq(b.beat.message, "InstanceId can't be null.");
    cr_expect_eq(groups_count(&rig.groups), 0);
}

Test(consumer, an_old_client_is_given_an_id)
{
    a.beat.member_id = s("");
    a.beat.makes_id = false;
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    cr_expect_eq(a.beat.error, KAFKA_NONE);
    cr_expect_eq(a.beat.answer_id.len, UUID_TEXT_LEN);
}

Test(consumer, a_full_group_takes_nobody_else)
{
    rig.config.consumer_members_max = 1;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_GROUP_MAX_SIZE_REACHED);
    rig_beat_is(&rig, &a, KAFKA_NONE);
}

Test(consumer, a_group_that_finds_no_memory_says_so)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig.memory.limit = rig.memory.used;
    rig_beat_is(&rig, &b, KAFKA_COORDINATOR_NOT_AVAILABLE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &a, KAFKA_NONE);
}

Test(consumer, the_hash_of_the_topics_is_kafkas)
{
    static const uint8_t id[] = {1, 2, 3, 4, 5, 6, 7, 8, 17, 18, 19, 20, 21, 22, 23, 24};
    memcpy(rig.topics[0].id.bytes, id, sizeof id);
    rig.topics[0].partitions = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    for (uint32_t i = 0; i < rig.log_count; i++) {
        struct group_record_read read;
        struct arena arena;
        const struct group_record *record = &rig.log[i].record;
        arena_init(&arena, rig.region, MIB);
        cr_assert_eq(group_record_decode(record->key, record->value, &arena, &read), 0);
        if (read.consumer.kind == CONSUMER_EPOCH)
            cr_expect_eq(read.consumer.hash, -5373959217308720895);
        arena_reset(&arena);
    }
}

/* Static members. */

Test(consumer, a_static_member_comes_back_to_its_partitions)
{
    a.beat.instance_id = s("i");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.instance_id = s("i");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE_STATIC;
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    cr_expect_eq(a.beat.answer_epoch, -2);
    EXPECT_GROUP("group 1/1 Reconciling\na -2 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_replay(&rig, "g");
    b.beat.instance_id = s("i");
    rig_beat(&rig, &b);
    rig_write(&rig, 0);
    cr_expect_eq(b.beat.assignment.count, 4);
    EXPECT_GROUP("group 1/1 Stable\nb 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_replay(&rig, "g");
    group_reply_free(&a.beat.reply);
    a.beat.instance_id = s("i");
    a.beat.epoch = 1;
    rig_beat(&rig, &a);
    cr_expect_eq(a.beat.error, KAFKA_FENCED_INSTANCE_ID);
}

Test(consumer, an_instance_that_is_in_use_is_not_taken_over)
{
    a.beat.instance_id = s("i");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    b.beat.instance_id = s("i");
    rig_beat(&rig, &b);
    cr_expect_eq(b.beat.error, KAFKA_UNRELEASED_INSTANCE_ID);
    b.beat.instance_id = s("j");
    b.beat.epoch = 1;
    rig_beat(&rig, &b);
    cr_expect_eq(b.beat.error, KAFKA_UNKNOWN_MEMBER_ID);
}

Test(consumer, a_static_member_that_stays_away_is_removed)
{
    a.beat.instance_id = s("i");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.instance_id = s("i");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE_STATIC;
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    rig_wait(&rig, 45000);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 2/1 Empty");
    rig_replay(&rig, "g");
}

/* Patterns. */

static void subscribe(struct rig_beat *beat, const char *pattern)
{
    beat->beat.topics = beat->topics;
    beat->beat.topic_count = 0;
    beat->beat.pattern = s(pattern);
}

Test(consumer, a_pattern_means_all_topics_that_match_it_as_a_whole)
{
    rig_topic(&rig, "tt", 1);
    subscribe(&a, "[tv]");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_wait(&rig, 10000);
    rig_topic(&rig, "v", 1);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    cr_expect(strstr(rig_consumers(&rig, "g"), "group 2/2 Stable\na 2 ") != NULL);
    cr_expect(strstr(rig_consumers(&rig, "g"), "v0") != NULL);
}

Test(consumer, a_pattern_is_looked_at_again_after_a_pause_only)
{
    subscribe(&a, "[tv]");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_topic(&rig, "v", 1);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_wait(&rig, 10000);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    cr_expect(strstr(rig_consumers(&rig, "g"), "v0") != NULL);
}

Test(consumer, a_pattern_goes_with_the_last_who_names_it)
{
    subscribe(&a, "t");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    subscribe(&b, "t");
    rig_beat_is(&rig, &b, KAFKA_NONE);
    b.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 3/3 Stable\na 3 t0 t1 t2 t3 > t0 t1 t2 t3");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    EXPECT_GROUP("group 4/3 Empty");
    const struct group_record *last = &rig.log[rig.log_count - 2].record;
    cr_expect_eq(load_be16(last->key.data), 16);
    cr_expect_eq(last->value.len, -1);
}

Test(consumer, what_is_no_regular_expression_is_refused)
{
    static const char *const bad[] = {"(", "a{1001}", "(?=t)", "\\1", "((((a{100}){100}){100}))"};
    for (size_t i = 0; i < ARRAY_LENGTH(bad); i++) {
        rig_beat_fill(&b, "g", "b");
        subscribe(&b, bad[i]);
        rig_beat(&rig, &b);
        cr_assert(b.ended, "%s", bad[i]);
        cr_expect_eq(b.beat.error, KAFKA_INVALID_REGULAR_EXPRESSION, "%s", bad[i]);
        group_reply_free(&b.beat.reply);
    }
    cr_expect_eq(groups_count(&rig.groups), 0);
}

/* Beside the classic protocol. */

Test(consumer, commits_are_held_against_the_members_epoch)
{
    struct rig_commit commit;
    struct rig_join as = {0};
    rig_beat_is(&rig, &a, KAFKA_NONE);
    as.join.generation = 1;
    as.join.new_member_id = s("a");
    rig_commit(&rig, &commit, "g", 5, &as);
    cr_assert(commit.ended);
    cr_expect_eq(commit.commit.error, KAFKA_UNSUPPORTED_VERSION, "it speaks of generations");
    as.join.generation = 0;
    rig_commit(&rig, &commit, "g", 5, NULL);
    cr_expect_eq(commit.commit.error, KAFKA_UNKNOWN_MEMBER_ID, "there are members");
    struct group_fetch_item item = {.topic = s("t")};
    struct group_fetch fetch = {
        .group_id = s("g"),
        .member_id = s("a"),
        .member_epoch = 7,
        .items = &item,
        .count = 1,
    };
    groups_fetch(&rig.groups, &fetch);
    cr_expect_eq(fetch.error, KAFKA_STALE_MEMBER_EPOCH);
    fetch.member_epoch = 1;
    groups_fetch(&rig.groups, &fetch);
    cr_expect_eq(fetch.error, KAFKA_NONE);
    group_reply_free(&fetch.reply);
}

Test(consumer, an_empty_group_changes_its_protocol)
{
    struct rig_join join;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_join_fill(&join, "g", s(""));
    join.join.protocol_type = s("connect");
    rig_join(&rig, &join);
    cr_expect_eq(join.join.error, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
    rig_join_free(&join);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_make_stable(&rig, "g", &join);
    rig_replay(&rig, "g");
    EXPECT_GROUP("none");
    a.beat.epoch = 1;
    rig_beat_is(&rig, &a, KAFKA_GROUP_ID_NOT_FOUND);
    struct group_leaver leaver = {join.join.new_member_id, STRING_NULL, 0};
    cr_assert_eq(groups_leave(&rig.groups, s("g"), &leaver, 1), KAFKA_NONE);
    rig_write(&rig, 0);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 1/1 Stable\nb 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    rig_join_free(&join);
}

static void deleted(struct group_delete *deletion)
{
    (void)deletion;
}

Test(consumer, a_group_is_deleted_when_nobody_is_in_it)
{
    struct group_delete deletion = {.group_id = s("g"), .whole = true, .done = deleted};
    subscribe(&a, "t");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    groups_delete(&rig.groups, &deletion);
    cr_expect_eq(deletion.error, KAFKA_NON_EMPTY_GROUP);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    groups_delete(&rig.groups, &deletion);
    rig_beat_fill(&b, "g", "b");
    rig_beat(&rig, &b);
    cr_expect_eq(b.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE, "it is on its way out");
    rig_write(&rig, 0);
    cr_expect_eq(deletion.error, KAFKA_NONE);
    cr_expect_eq(groups_count(&rig.groups), 0);
    rig_restart(&rig);
    cr_expect_eq(groups_count(&rig.groups), 0, "nothing of it is in the log");
}

Test(consumer, an_empty_group_expires)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    groups_expire(&rig.groups);
    rig_write(&rig, 0);
    EXPECT_GROUP("group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    groups_expire(&rig.groups);
    rig_write(&rig, 0);
    cr_expect_eq(groups_count(&rig.groups), 0);
}

Test(consumer, members_live_through_a_restart)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_restart(&rig);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    a.beat.owned.count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Stable\na 2 t0 t1 > t0 t1\nb 2 t2 t3 > t2 t3");
    rig_restart(&rig);
    rig_wait(&rig, 46000);
    rig_write(&rig, 0);
    rig_wait(&rig, 1000);
    rig_write(&rig, 0);
    cr_expect(strstr(rig_consumers(&rig, "g"), "Empty") != NULL);
}

Test(consumer, who_waits_is_answered_when_the_partition_goes)
{
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    groups_close(&rig.groups);
    cr_expect(b.ended);
    cr_expect_eq(b.beat.error, KAFKA_NOT_COORDINATOR);
    rig_write(&rig, ERR_NOT_FOUND);
    cr_expect(a.ended);
}

/* Migration while members stay. */

/* The partitions that a sync brings, as text. */
static const char *synced(struct rig_join *join, int16_t error)
{
    static char text[32];
    struct rig_sync sync;
    rig_sync(&rig, &sync, join, NULL);
    cr_assert(sync.ended);
    cr_assert_eq(sync.sync.error, error);
    size_t len = 0;
    for (int32_t at = 13; error == 0 && at + 4 < sync.sync.answer.len; at += 4)
        text[len++] = (char)('0' + load_be32(sync.sync.answer.data + at));
    text[len] = '\0';
    rig_sync_free(&sync);
    return text;
}

static void join_again(struct rig_join *join, struct group_reply *ids)
{
    struct string id = group_reply_string(ids, join->join.new_member_id);
    group_reply_free(&join->join.reply);
    rig_join_fill(join, "g", id);
    rig_join(&rig, join);
    rig_write(&rig, 0);
    cr_assert(join->ended);
    cr_assert_eq(join->join.error, KAFKA_NONE);
}

Test(consumer, a_classic_member_joins_a_consumer_group)
{
    struct rig_join join;
    struct group_reply ids = {0};
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    cr_assert(!join.ended, "nothing is told before it is durable");
    rig_write(&rig, 0);
    cr_assert(join.ended);
    cr_assert_eq(join.join.error, KAFKA_NONE);
    cr_expect_eq(join.join.generation, 2);
    cr_expect_eq(join.join.member_count, 0, "it leads nobody");
    rig_replay(&rig, "g");
    cr_expect_str_eq(synced(&join, 0), "", "its partitions are with the other");
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_NONE);
    rig_beat_is(&rig, &a, KAFKA_NONE);
    a.beat.owned.count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_REBALANCE_IN_PROGRESS, "they are free");
    join_again(&join, &ids);
    cr_expect_str_eq(synced(&join, 0), "23");
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_NONE);
    struct rig_commit commit;
    rig_commit(&rig, &commit, "g", 5, &join);
    rig_write(&rig, 0);
    cr_expect_eq(commit.commit.error, KAFKA_NONE, "a classic member may commit as such");
    join.join.generation = 9;
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_ILLEGAL_GENERATION);
    cr_expect_str_eq(synced(&join, KAFKA_ILLEGAL_GENERATION), "");
    rig_join_free(&join);
    group_reply_free(&ids);
}

Test(consumer, a_classic_group_becomes_a_consumer_group_and_goes_back)
{
    struct rig_join join;
    struct group_reply ids = {0};
    rig_make_stable(&rig, "g", &join);
    uint32_t before = rig.log_count;
    rig_beat(&rig, &a);
    cr_expect_eq(a.beat.error, KAFKA_GROUP_ID_NOT_FOUND, "its assignment is not Kafka's");
    cr_expect_eq(rig.log_count, before);
    group_reply_free(&a.beat.reply);
    rig.config.may_upgrade = false;
    rig_join_free(&join);
    rig_beat_fill(&a, "h", "a");
    rig_join_fill(&join, "h", s(""));
    rig_join(&rig, &join);
    rig_wait(&rig, 3000);
    cr_assert(join.ended);
    rig_beat(&rig, &a);
    cr_expect_eq(a.beat.error, KAFKA_GROUP_ID_NOT_FOUND, "the configuration forbids it");
    group_reply_free(&a.beat.reply);
    rig.config.may_upgrade = true;
    rig_beat_fill(&a, "h", "a");
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    cr_assert(a.ended);
    cr_assert_eq(a.beat.error, KAFKA_NONE);
    rig_replay(&rig, "h");
    cr_expect_eq(rig_heartbeat(&rig, "h", &join), KAFKA_REBALANCE_IN_PROGRESS, "a new epoch");
    struct string id = group_reply_string(&ids, join.join.new_member_id);
    group_reply_free(&join.join.reply);
    rig_join_fill(&join, "h", id);
    rig_join(&rig, &join);
    rig_write(&rig, 0);
    cr_assert_eq(join.join.error, KAFKA_NONE);
    cr_expect(strstr(rig_consumers(&rig, "h"), "group 2/2 Stable") != NULL);
    rig_beat_next(&a);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat(&rig, &a);
    rig_write(&rig, 0);
    rig_write(&rig, 0);
    cr_expect_str_eq(rig_consumers(&rig, "h"), "none");
    cr_expect_str_eq(rig_state(&rig, "h"), "PreparingRebalance");
    struct group_caller caller = {s("h"), join.join.generation, id, STRING_NULL};
    caller.generation = join.join.generation + 1;
    cr_expect_eq(groups_heartbeat(&rig.groups, &caller), KAFKA_REBALANCE_IN_PROGRESS);
    rig_restart(&rig);
    cr_expect_str_eq(rig_state(&rig, "h"), "Stable");
    rig_join_free(&join);
    group_reply_free(&ids);
}

Test(consumer, a_migration_that_cannot_be_written_ends_in_members_that_come_again)
{
    struct rig_join join;
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    rig_wait(&rig, 3000);
    rig_beat(&rig, &a);
    rig_write(&rig, ERR_OFFLINE);
    cr_assert(a.ended);
    cr_expect_eq(a.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_UNKNOWN_MEMBER_ID);
    rig_join_free(&join);
}

Test(consumer, a_classic_member_that_does_not_rejoin_is_removed)
{
    struct rig_join join;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    rig_write(&rig, 0);
    synced(&join, 0);
    a.beat.owned.count = 2;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    for (int i = 0; i < 4; i++) {
        cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_REBALANCE_IN_PROGRESS);
        rig_wait(&rig, 5000);
    }
    rig_write(&rig, 0);
    cr_expect_eq(rig_heartbeat(&rig, "g", &join), KAFKA_UNKNOWN_MEMBER_ID);
    rig_replay(&rig, "g");
    rig_join_free(&join);
}

Test(consumer, a_classic_member_leaves_a_consumer_group)
{
    struct rig_join join;
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_join_fill(&join, "g", s(""));
    rig_join(&rig, &join);
    rig_write(&rig, 0);
    struct group_leaver leavers[] = {{join.join.new_member_id, STRING_NULL, 0},
                                     {s("a"), STRING_NULL, 0}};
    cr_expect_eq(groups_leave(&rig.groups, s("g"), leavers, 2), KAFKA_NONE);
    cr_expect_eq(leavers[0].error, KAFKA_NONE);
    cr_expect_eq(leavers[1].error, KAFKA_UNKNOWN_MEMBER_ID, "it speaks the new protocol");
    rig_write(&rig, 0);
    EXPECT_GROUP("group 3/2 Assigning\na 1 t0 t1 t2 t3 > t0 t1");
    rig_replay(&rig, "g");
    rig_join_free(&join);
}
