/*
 * Consumer groups of KIP-848 through failures: members that join at once, of which one has a write
 * and the others share the next one. What was answered stands, what was not may be there as a whole
 * or not at all, and nobody sees anything of it before.
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "protocol/api.h"
#include "protocol/schema/consumer_group.h"
#include "protocol/schema/groups.h"
#include "tests/sim/scene.h"

#define PARTITIONS 12
#define OTHERS 5 /* each on a connection of its own */

static const char *const settings[] = {"offsets.topic.num.partitions=1",
                                       "odradek.flush.profile=extreme", NULL};
static const char *const names[OTHERS] = {"b", "c", "d", "e", "f"};

static struct scene_options options_of(void)
{
    return (struct scene_options){.settings = settings};
}

/* Heartbeats. */

static void ask_beat(struct scene *s, const char *member, int32_t epoch)
{
    struct consumer_group_heartbeat_request request;
    struct string topic = string_of("t");
    message_defaults(&consumer_group_heartbeat_request_struct, &request);
    request.group_id = string_of("g");
    request.member_id = string_of(member);
    request.member_epoch = epoch;
    if (epoch == 0) {
        request.rebalance_timeout_ms = 60000;
        request.subscribed_topic_names.items = &topic;
        request.subscribed_topic_names.count = 1;
        request.topic_partitions.count = 0;
    }
    scene_ask(s, API_CONSUMER_GROUP_HEARTBEAT, &request);
}

/* The error, or NO_ANSWER. */
static int take_beat(struct scene *s, int32_t *epoch)
{
    const struct consumer_group_heartbeat_response *answer =
        scene_take(s, API_CONSUMER_GROUP_HEARTBEAT);
    *epoch = answer == NULL ? -1 : answer->member_epoch;
    return answer == NULL ? NO_ANSWER : answer->error_code;
}

static int beat(struct scene *s, const char *member, int32_t epoch)
{
    int32_t told;
    ask_beat(s, member, epoch);
    return take_beat(s, &told);
}

/* What the others were answered. */
static struct {
    int error;
    int32_t epoch;
} answers[OTHERS];

static void others_ask(struct scene *s)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        scene_use(s, i + 1);
        ask_beat(s, names[i], 0);
    }
}

static void others_take(struct scene *s)
{
    for (unsigned i = 0; i < OTHERS; i++) {
        scene_use(s, i + 1);
        answers[i].error = take_beat(s, &answers[i].epoch);
    }
    scene_use(s, 0);
}

/* Looking. */

static const struct consumer_group_describe_response_described_group *describe(struct scene *s)
{
    struct consumer_group_describe_request request;
    struct string id = string_of("g");
    message_defaults(&consumer_group_describe_request_struct, &request);
    request.group_ids.items = &id;
    request.group_ids.count = 1;
    const struct consumer_group_describe_response *answer =
        scene_call(s, API_CONSUMER_GROUP_DESCRIBE, &request);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->groups.items[0].error_code, KAFKA_NONE);
    return &answer->groups.items[0];
}

/* Everybody only ever joined: each is one epoch, and the target of the last one is whole. */
static int32_t expect_whole(struct scene *s)
{
    const struct consumer_group_describe_response_described_group *group = describe(s);
    uint32_t wanted = 0;
    cr_assert_eq(group->group_epoch, group->members.count);
    cr_assert_eq(group->assignment_epoch, group->group_epoch);
    for (int32_t i = 0; i < group->members.count; i++) {
        const struct consumer_group_describe_response_member *member = &group->members.items[i];
        for (int32_t j = 0; j < member->target_assignment.topic_partitions.count; j++)
            wanted +=
                (uint32_t)member->target_assignment.topic_partitions.items[j].partitions.count;
    }
    cr_assert_eq(wanted, PARTITIONS);
    return group->group_epoch;
}

static bool is_there(struct scene *s, const char *name)
{
    const struct consumer_group_describe_response_described_group *group = describe(s);
    for (int32_t i = 0; i < group->members.count; i++)
        if (bytes_equal(string_bytes(group->members.items[i].member_id), bytes_of_string(name)))
            return true;
    return false;
}

static int list_error(struct scene *s)
{
    struct list_groups_request request;
    message_defaults(&list_groups_request_struct, &request);
    const struct list_groups_response *answer = scene_call(s, API_LIST_GROUPS, &request);
    cr_assert_not_null(answer);
    return answer->error_code;
}

/* Starts it, and waits until the groups are loaded. */
static void start(struct scene *s)
{
    scene_start(s);
    while (list_error(s) == KAFKA_COORDINATOR_LOAD_IN_PROGRESS)
        scene_wait(s, MS);
}

static void before_line(struct scene *s)
{
    struct find_coordinator_request request;
    scene_start(s);
    scene_create(s, "t", PARTITIONS);
    message_defaults(&find_coordinator_request_struct, &request);
    request.key = string_of("g");
    cr_assert_not_null(scene_call(s, API_FIND_COORDINATOR, &request));
    cr_assert_eq(beat(s, "a", 0), KAFKA_NONE);
}

static struct scene *prepared(void)
{
    struct scene_options options = options_of();
    struct scene *s = scene_new(&options);
    before_line(s);
    return s;
}

/* The power. */

static void act_line(struct scene *s)
{
    others_ask(s);
    others_take(s);
    scene_flush(s);
}

static void after_line(struct scene *s)
{
    start(s);
    int32_t epoch = expect_whole(s);
    for (unsigned i = 0; i < OTHERS; i++) {
        bool there = is_there(s, names[i]);
        cr_assert(there || answers[i].error != KAFKA_NONE, "%s is lost", names[i]);
        if (answers[i].error != KAFKA_NONE)
            continue;
        cr_assert_leq(answers[i].epoch, epoch);
        cr_assert_eq(beat(s, names[i], answers[i].epoch), KAFKA_NONE);
    }
    others_ask(s);
    others_take(s);
    for (unsigned i = 0; i < OTHERS; i++)
        cr_assert_eq(answers[i].error, KAFKA_NONE);
    cr_assert_eq(expect_whole(s), OTHERS + 1);
}

Test(consumer_groups, the_power_may_go_at_each_step_of_members_that_join_at_once)
{
    struct scene_sweep sweep = {options_of(), 1, NULL, before_line, act_line, after_line};
    cr_assert_gt(scene_sweep(&sweep), 0);
}

/* The disk. */

/* The writes fail from the `number`th on; then the disk is well again. */
static int32_t fail_line(uint64_t number)
{
    struct scene *s = prepared();
    scene_wait(s, SECOND);
    /* All have asked when the first write ends. */
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                       .path = WAL_FILES(0),
                                       .number = number,
                                       .from_then_on = true});
    others_ask(s);
    others_take(s);
    int32_t taken = expect_whole(s) - 1;
    for (unsigned i = 0; i < OTHERS; i++) {
        cr_assert_eq(is_there(s, names[i]), answers[i].error == KAFKA_NONE);
        cr_assert(answers[i].error == KAFKA_NONE ||
                  answers[i].error == KAFKA_COORDINATOR_NOT_AVAILABLE);
        taken -= answers[i].error == KAFKA_NONE;
    }
    cr_assert_eq(taken, 0);
    int32_t epoch = expect_whole(s);
    scene_crash(s);
    scene_no_plan(s);
    start(s);
    cr_assert_eq(expect_whole(s), epoch, "a replay has what was told");
    others_ask(s);
    others_take(s);
    cr_assert_eq(expect_whole(s), OTHERS + 1);
    cr_assert(scene_stop(s));
    scene_free(s);
    return epoch;
}

Test(consumer_groups, who_joins_while_the_disk_fails_is_told_to_come_again)
{
    cr_assert_eq(fail_line(1), 1, "nobody got in");
}

Test(consumer_groups, a_failed_write_takes_back_all_that_shared_it)
{
    bool half = false;
    for (uint64_t number = 2; number <= 4; number++) {
        int32_t epoch = fail_line(number);
        cr_assert(epoch == 1 || epoch == 2 || epoch == OTHERS + 1, "epoch %d", epoch);
        half = half || epoch == 2;
    }
    cr_assert(half, "the first had its own write, and the others shared the failed one");
}

Test(consumer_groups, who_looks_meanwhile_sees_what_is_durable)
{
    struct scene *s = prepared();
    bool seen_half = false;
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    others_ask(s);
    scene_use(s, 0);
    for (int32_t epoch = 1; epoch <= OTHERS;) {
        epoch = expect_whole(s);
        cr_assert(epoch == 1 || epoch == 2 || epoch == OTHERS + 1, "epoch %d", epoch);
        seen_half = seen_half || epoch == 2;
        scene_wait(s, MS);
    }
    others_take(s);
    cr_assert(seen_half);
    for (unsigned i = 0; i < OTHERS; i++)
        cr_assert_eq(answers[i].error, KAFKA_NONE);
    scene_free(s);
}
