/*
 * Consumer groups through crashes: what was answered stands, who is of the past is refused.
 *
 * All groups are in partition 0 of __consumer_offsets, the only one; rebalances begin at once.
 */
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "protocol/api.h"
#include "protocol/schema/groups.h"
#include "tests/sim/scene.h"

#define MEMBER_BYTES 96
#define SESSION_MS 1000
#define MANY_GROUPS 10000
#define PIPELINE 32

static const char *const settings[] = {
    "offsets.topic.num.partitions=1", "group.initial.rebalance.delay.ms=0",
    "group.min.session.timeout.ms=1000", "odradek.flush.profile=extreme", NULL};

static struct scene_options options_of(void)
{
    return (struct scene_options){.settings = settings};
}

static const struct list_groups_response *list(struct scene *s)
{
    struct list_groups_request request;
    message_defaults(&list_groups_request_struct, &request);
    const struct list_groups_response *answer = scene_call(s, API_LIST_GROUPS, &request);
    cr_assert_not_null(answer);
    return answer;
}

/* Starts it, and waits until the groups are loaded. */
static void start(struct scene *s)
{
    scene_start(s);
    while (list(s)->error_code == KAFKA_COORDINATOR_LOAD_IN_PROGRESS)
        scene_wait(s, MS);
}

static void find(struct scene *s)
{
    struct find_coordinator_request request;
    message_defaults(&find_coordinator_request_struct, &request);
    request.key = string_of("g");
    const struct find_coordinator_response *answer = scene_call(s, API_FIND_COORDINATOR, &request);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->error_code, KAFKA_NONE);
}

static void prepare(struct scene *s)
{
    scene_start(s);
    scene_create(s, "t", 2);
    find(s);
}

static struct scene *prepared(void)
{
    struct scene_options options = options_of();
    struct scene *s = scene_new(&options);
    prepare(s);
    return s;
}

/* Members. */

struct member {
    char id[MEMBER_BYTES];
    int32_t generation;
    bool leads;
};

static const struct member nobody = {.generation = -1};

static void ask_join(struct scene *s, const char *instance, const char *id)
{
    struct join_group_request request;
    struct join_group_request_protocol protocol;
    message_defaults(&join_group_request_struct, &request);
    message_defaults(&join_group_request_protocol_struct, &protocol);
    protocol.name = string_of("range");
    protocol.metadata = (struct blob){(const uint8_t *)"x", 1};
    request.group_id = string_of("g");
    request.session_timeout_ms = SESSION_MS;
    request.rebalance_timeout_ms = SESSION_MS;
    request.member_id = string_of(id);
    request.group_instance_id = string_of(instance);
    request.protocol_type = string_of("test");
    request.protocols.items = &protocol;
    request.protocols.count = 1;
    scene_ask(s, API_JOIN_GROUP, &request);
}

/* The error, or NO_ANSWER. */
static int take_join(struct scene *s, struct member *member)
{
    const struct join_group_response *answer = scene_take(s, API_JOIN_GROUP);
    if (answer == NULL)
        return NO_ANSWER;
    snprintf(member->id, sizeof member->id, "%.*s", (int)answer->member_id.len,
             answer->member_id.data);
    member->generation = answer->generation_id;
    member->leads = bytes_equal(string_bytes(answer->leader), string_bytes(answer->member_id));
    return answer->error_code;
}

/* As a new static member, or (null) as a new dynamic one. */
static int join(struct scene *s, const char *instance, struct member *member)
{
    *member = nobody;
    ask_join(s, instance, "");
    int error = take_join(s, member);
    if (error != KAFKA_MEMBER_ID_REQUIRED)
        return error;
    char id[MEMBER_BYTES];
    snprintf(id, sizeof id, "%s", member->id);
    ask_join(s, instance, id);
    return take_join(s, member);
}

/* The leader gives itself `share`; null: it says nothing. What it gets, "" at an error. */
static int sync_group(struct scene *s, const struct member *member, const char *instance,
                      const char *share)
{
    struct sync_group_request request;
    struct sync_group_request_assignment assignment;
    message_defaults(&sync_group_request_struct, &request);
    message_defaults(&sync_group_request_assignment_struct, &assignment);
    request.group_id = string_of("g");
    request.generation_id = member->generation;
    request.member_id = string_of(member->id);
    request.group_instance_id = string_of(instance);
    if (share != NULL) {
        assignment.member_id = string_of(member->id);
        assignment.assignment = (struct blob){(const uint8_t *)share, (int32_t)strlen(share)};
        request.assignments.items = &assignment;
        request.assignments.count = 1;
    }
    const struct sync_group_response *answer = scene_call(s, API_SYNC_GROUP, &request);
    return answer == NULL ? NO_ANSWER : answer->error_code;
}

static int heartbeat(struct scene *s, const struct member *member, const char *instance)
{
    struct heartbeat_request request;
    message_defaults(&heartbeat_request_struct, &request);
    request.group_id = string_of("g");
    request.generation_id = member->generation;
    request.member_id = string_of(member->id);
    request.group_instance_id = string_of(instance);
    const struct heartbeat_response *answer = scene_call(s, API_HEARTBEAT, &request);
    return answer == NULL ? NO_ANSWER : answer->error_code;
}

/* Offsets, of partition 0 of "t". */

static void ask_commit(struct scene *s, const char *group, const struct member *member,
                       const char *instance, int64_t offset)
{
    struct offset_commit_request request;
    struct offset_commit_request_topic topic;
    struct offset_commit_request_partition partition;
    message_defaults(&offset_commit_request_struct, &request);
    message_defaults(&offset_commit_request_topic_struct, &topic);
    message_defaults(&offset_commit_request_partition_struct, &partition);
    request.group_id = string_of(group);
    request.generation_id_or_member_epoch = member->generation;
    request.member_id = string_of(member->id);
    request.group_instance_id = string_of(instance);
    request.topics.items = &topic;
    request.topics.count = 1;
    topic.name = string_of("t");
    topic.partitions.items = &partition;
    topic.partitions.count = 1;
    partition.committed_offset = offset;
    partition.committed_metadata = string_of("m");
    scene_ask(s, API_OFFSET_COMMIT, &request);
}

static int take_commit(struct scene *s)
{
    const struct offset_commit_response *answer = scene_take(s, API_OFFSET_COMMIT);
    return answer == NULL ? NO_ANSWER : answer->topics.items[0].partitions.items[0].error_code;
}

static int commit_as(struct scene *s, const struct member *member, const char *instance,
                     int64_t offset)
{
    ask_commit(s, "g", member, instance, offset);
    return take_commit(s);
}

static int commit(struct scene *s, int64_t offset)
{
    return commit_as(s, &nobody, NULL, offset);
}

/* -1: none. */
static int64_t committed_by(struct scene *s, const char *group)
{
    struct offset_fetch_request request;
    struct offset_fetch_request_topic topic;
    int32_t partition = 0;
    message_defaults(&offset_fetch_request_struct, &request);
    message_defaults(&offset_fetch_request_topic_struct, &topic);
    request.group_id = string_of(group);
    request.topics.items = &topic;
    request.topics.count = 1;
    topic.name = string_of("t");
    topic.partition_indexes.items = &partition;
    topic.partition_indexes.count = 1;
    const struct offset_fetch_response *answer = scene_call(s, API_OFFSET_FETCH, &request);
    cr_assert_not_null(answer);
    cr_assert_eq(answer->error_code, KAFKA_NONE);
    return answer->topics.items[0].partitions.items[0].committed_offset;
}

static int64_t committed(struct scene *s)
{
    return committed_by(s, "g");
}

static int delete_group_named(struct scene *s, const char *group)
{
    struct delete_groups_request request;
    struct string id = string_of(group);
    message_defaults(&delete_groups_request_struct, &request);
    request.groups_names.items = &id;
    request.groups_names.count = 1;
    const struct delete_groups_response *answer = scene_call(s, API_DELETE_GROUPS, &request);
    return answer == NULL ? NO_ANSWER : answer->results.items[0].error_code;
}

static int delete_group(struct scene *s)
{
    return delete_group_named(s, "g");
}

/* The power goes at each change of the disk. */

static int act_error;

static void before_commit(struct scene *s)
{
    prepare(s);
    cr_assert_eq(commit(s, 1), KAFKA_NONE);
}

static void act_commit(struct scene *s)
{
    act_error = commit(s, 2);
    scene_flush(s);
}

static void after_commit(struct scene *s)
{
    start(s);
    int64_t offset = committed(s);
    cr_assert(offset == 2 || (offset == 1 && act_error != KAFKA_NONE), "offset %lld",
              (long long)offset);
    cr_assert_eq(commit(s, 3), KAFKA_NONE);
    cr_assert_eq(committed(s), 3);
}

Test(groups, the_power_may_go_at_each_step_of_a_commit)
{
    struct scene_sweep sweep = {options_of(), 1, NULL, before_commit, act_commit, after_commit};
    cr_assert_gt(scene_sweep(&sweep), 0);
}

static void act_delete(struct scene *s)
{
    act_error = delete_group(s);
    scene_flush(s);
}

static void after_delete(struct scene *s)
{
    start(s);
    int64_t offset = committed(s);
    cr_assert(offset == -1 || (offset == 1 && act_error != KAFKA_NONE), "offset %lld",
              (long long)offset);
    cr_assert_eq(list(s)->groups.count, offset == -1 ? 0 : 1);
}

Test(groups, the_power_may_go_at_each_step_of_a_deletion)
{
    struct scene_sweep sweep = {options_of(), 1, NULL, before_commit, act_delete, after_delete};
    cr_assert_gt(scene_sweep(&sweep), 0);
}

static struct member old_member;
static struct member new_member;

static void before_generation(struct scene *s)
{
    prepare(s);
    cr_assert_eq(join(s, NULL, &old_member), KAFKA_NONE);
    cr_assert_eq(sync_group(s, &old_member, NULL, "all"), KAFKA_NONE);
    cr_assert_eq(commit_as(s, &old_member, NULL, 1), KAFKA_NONE);
    scene_wait(s, 3 * SESSION_MS * MS);
}

/* The old member has gone without a word, and another one takes over. */
static void act_generation(struct scene *s)
{
    act_error = join(s, NULL, &new_member);
    if (act_error == KAFKA_NONE)
        act_error = sync_group(s, &new_member, NULL, "all");
}

static void after_generation(struct scene *s)
{
    start(s);
    int zombie = commit_as(s, &old_member, NULL, 9);
    if (act_error == KAFKA_NONE) {
        cr_assert_neq(zombie, KAFKA_NONE, "a member of the past commits");
        cr_assert_eq(commit_as(s, &new_member, NULL, 2), KAFKA_NONE);
        cr_assert_eq(committed(s), 2);
        cr_assert_eq(heartbeat(s, &new_member, NULL), KAFKA_NONE);
    }
    int32_t known = act_error == KAFKA_NONE ? new_member.generation : old_member.generation;
    scene_wait(s, 3 * SESSION_MS * MS);
    struct member next;
    cr_assert_eq(join(s, NULL, &next), KAFKA_NONE);
    cr_assert_gt(next.generation, known);
}

Test(groups, the_power_may_go_at_each_step_of_a_new_generation)
{
    struct scene_sweep sweep = {options_of(),    1, NULL, before_generation, act_generation,
                                after_generation};
    cr_assert_gt(scene_sweep(&sweep), 0);
}

/* Who is of the past. */

Test(groups, a_static_member_whose_place_is_taken_stays_fenced_behind_a_crash)
{
    struct scene *s = prepared();
    struct member first;
    struct member second;
    cr_assert_eq(join(s, "i", &first), KAFKA_NONE);
    cr_assert_eq(sync_group(s, &first, "i", "all"), KAFKA_NONE);
    cr_assert_eq(commit_as(s, &first, "i", 1), KAFKA_NONE);
    cr_assert_eq(join(s, "i", &second), KAFKA_NONE);
    cr_assert_eq(second.generation, first.generation, "nobody else need notice");
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(commit_as(s, &first, "i", 9), KAFKA_FENCED_INSTANCE_ID);
        cr_assert_eq(heartbeat(s, &first, "i"), KAFKA_FENCED_INSTANCE_ID);
        cr_assert_eq(committed(s), 1 + i);
        cr_assert_eq(commit_as(s, &second, "i", 2), KAFKA_NONE);
        scene_crash(s);
        start(s);
    }
    cr_assert_eq(committed(s), 2);
    scene_free(s);
}

Test(groups, a_commit_of_nobody_waits_until_the_members_of_before_a_crash_are_gone)
{
    struct scene *s = prepared();
    struct member member;
    cr_assert_eq(join(s, NULL, &member), KAFKA_NONE);
    cr_assert_eq(sync_group(s, &member, NULL, "all"), KAFKA_NONE);
    scene_crash(s);
    start(s);
    cr_assert_eq(commit(s, 9), KAFKA_UNKNOWN_MEMBER_ID);
    cr_assert_eq(delete_group(s), KAFKA_NON_EMPTY_GROUP);
    cr_assert_eq(commit_as(s, &member, NULL, 1), KAFKA_NONE);
    scene_wait(s, 3 * SESSION_MS * MS);
    cr_assert_eq(commit(s, 2), KAFKA_NONE);
    cr_assert_eq(committed(s), 2);
    scene_free(s);
}

/* Groups that cannot be read. */

Test(groups, a_listing_without_the_groups_that_cannot_be_read_is_an_error)
{
    struct scene *s = prepared();
    cr_assert_eq(commit(s, 1), KAFKA_NONE);
    scene_flush(s);
    cr_assert_eq(list(s)->error_code, KAFKA_NONE);
    cr_assert_eq(list(s)->groups.count, 1);
    scene_kill(s);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_READ,
                                       .path = DATA "/__consumer_offsets-0/",
                                       .number = 1,
                                       .from_then_on = true});
    start(s);
    cr_assert_eq(list(s)->error_code, KAFKA_COORDINATOR_NOT_AVAILABLE);
    scene_no_plan(s);
    scene_kill(s);
    start(s);
    cr_assert_eq(list(s)->groups.count, 1);
    cr_assert_eq(committed(s), 1);
    scene_free(s);
}

Test(groups, a_stop_waits_for_the_read_of_groups_that_are_loaded)
{
    struct scene *s = prepared();
    cr_assert_eq(commit(s, 1), KAFKA_NONE);
    scene_flush(s);
    scene_kill(s);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_READ,
                                       .path = DATA "/__consumer_offsets-0/",
                                       .number = 1,
                                       .late_ns = 2 * SECOND,
                                       .from_then_on = true});
    scene_start(s);
    cr_assert_eq(list(s)->error_code, KAFKA_COORDINATOR_LOAD_IN_PROGRESS);
    cr_assert(scene_stop(s));
    scene_no_plan(s);
    start(s);
    cr_assert_eq(committed(s), 1);
    scene_free(s);
}

/* Many. */

/* Commits to so many groups: how many were taken. Those that are not are told that there is no
 * room. */
static uint32_t commit_to_many(struct scene *s, uint32_t count)
{
    char id[32];
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count + PIPELINE; i++) {
        snprintf(id, sizeof id, "group-%u", i);
        if (i < count)
            ask_commit(s, id, &nobody, NULL, i);
        int error = i < PIPELINE ? KAFKA_COORDINATOR_NOT_AVAILABLE : take_commit(s);
        cr_assert(error == KAFKA_NONE || error == KAFKA_COORDINATOR_NOT_AVAILABLE);
        taken += error == KAFKA_NONE;
    }
    return taken;
}

Test(groups, ten_thousand_groups_at_once_are_kept_and_loaded_again)
{
    static const char *const large[] = {"offsets.topic.num.partitions=1",
                                        "odradek.memory.bytes=134217728", NULL};
    struct scene *s = scene_new(&(struct scene_options){.settings = large});
    prepare(s);
    cr_assert_eq(commit_to_many(s, MANY_GROUPS), MANY_GROUPS);
    for (int i = 0; i < 2; i++) {
        cr_assert_eq(list(s)->groups.count, MANY_GROUPS);
        cr_assert_eq(committed_by(s, "group-0"), 0);
        cr_assert_eq(committed_by(s, "group-9999"), 9999);
        scene_crash(s);
        start(s);
    }
    cr_assert(scene_stop(s));
    scene_free(s);
}

Test(groups, those_beyond_the_memory_are_refused_and_the_others_kept)
{
    struct scene *s = prepared();
    uint32_t taken = commit_to_many(s, MANY_GROUPS);
    cr_assert(taken > 1000 && taken < MANY_GROUPS, "%u groups", taken);
    cr_assert_eq(list(s)->groups.count, (int32_t)taken);
    cr_assert_eq(committed_by(s, "group-0"), 0);
    cr_assert_eq(committed_by(s, "group-9999"), -1);
    scene_crash(s);
    start(s);
    cr_assert_eq(list(s)->groups.count, (int32_t)taken, "what is in the log is loaded");
    cr_assert_eq(committed_by(s, "group-0"), 0);
    cr_assert_eq(delete_group_named(s, "group-0"), KAFKA_NONE);
    cr_assert_eq(commit(s, 1), KAFKA_NONE, "there is room again");
    cr_assert(scene_stop(s));
    scene_free(s);
}
