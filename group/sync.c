/*
 * SyncGroup, Heartbeat and LeaveGroup. Members wait in their `sync` for the leader's assignment,
 * and get it when it is durable.
 */
#include "base/assert.h"
#include "base/mutant.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

void sync_answer(struct group_sync *sync, int16_t error)
{
    sync->waits = false;
    sync->member = NULL;
    sync->error = error;
    sync->done(sync);
}

static void sync_answer_member(struct group_sync *sync, struct group_member *member)
{
    const struct group *group = member->group;
    sync->answer_type = group_reply_string(&sync->reply, text_string(group->protocol_type));
    sync->answer_name = group_reply_string(&sync->reply, text_string(group->protocol_name));
    sync->answer = group_reply_blob(&sync->reply, text_blob(member->assignment));
    member_touch(member);
    sync_answer(sync, KAFKA_NONE);
}

void member_end_sync(struct group_member *member, int16_t error)
{
    struct group_sync *sync = member->sync;
    if (sync == NULL)
        return;
    member->sync = NULL;
    if (error == KAFKA_NONE) {
        sync_answer_member(sync, member);
        return;
    }
    member_touch(member);
    sync_answer(sync, error);
}

void groups_sync_cancel(struct group_sync *sync, int16_t error)
{
    if (!sync->waits)
        return;
    ASSERT(sync->member->sync == sync);
    member_end_sync(sync->member, error);
}

/* The assignment is durable, or will not be. The group may have gone on meanwhile. */
static void assignment_stored(struct group_store *store, int result)
{
    struct group *group = store->group;
    if (group->groups->closed || group->state != GROUP_COMPLETING ||
        group->generation != store->generation)
        return;
    group->assigned = false;
    if (result != 0) {
        int16_t error = group_store_error(result);
        LIST_EACH(node, &group->members)
            member_end_sync(LIST_ENTRY(node, struct group_member, node), error);
        group_rebalance(group);
        return;
    }
    for (uint32_t i = 0; i < store->assignment_count; i++) {
        uint32_t to = MUTANT(ASSIGN_TO_NEXT_MEMBER) ? (i + 1) % store->assignment_count : i;
        struct group_member *member = member_find(group, store->assignments[to].member_id);
        if (member != NULL)
            member_set_assignment(member, store->assignments[i].assignment);
    }
    group_set_state(group, GROUP_STABLE);
    LIST_EACH(node, &group->members)
        member_end_sync(LIST_ENTRY(node, struct group_member, node), KAFKA_NONE);
}

/* One for each member, in the store's memory; who is not assigned anything gets nothing. */
static void group_assign(struct group *group, const struct group_sync *sync)
{
    struct group_store *store = group_store_new(group);
    store->assignments = group_reply_alloc(
        &store->memory, group->member_count + sync->assignment_count, sizeof *store->assignments);
    LIST_EACH(node, &group->members) {
        const struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        store->assignments[store->assignment_count++].member_id =
            group_reply_string(&store->memory, text_string(member->id));
    }
    for (uint32_t i = 0; i < sync->assignment_count; i++) {
        const struct group_assignment *given = &sync->assignments[i];
        if (member_find(group, given->member_id) == NULL)
            continue;
        store->assignments[store->assignment_count++] = (struct group_assignment){
            .member_id = group_reply_string(&store->memory, given->member_id),
            .assignment = group_reply_blob(&store->memory, given->assignment),
        };
    }
    store->stored = assignment_stored;
    group->assigned = true;
    /* The record carries the state that the group will have. */
    group_store(store);
    if (MUTANT(ASSIGN_BEFORE_DURABLE))
        assignment_stored(store, 0);
}

static void sync_wait(struct group_member *member, struct group_sync *sync)
{
    struct group *group = member->group;
    member_end_sync(member, KAFKA_REBALANCE_IN_PROGRESS);
    member->sync = sync;
    member->sync_due = false;
    sync->member = member;
    sync->waits = true;
    if (member == group->leader && !group->assigned)
        group_assign(group, sync);
}

static int16_t sync_error(const struct group *group, const struct group_sync *sync)
{
    int16_t error = member_check(group, sync->member_id, sync->instance_id);
    if (error != KAFKA_NONE)
        return error;
    if (sync->generation != group->generation)
        return KAFKA_ILLEGAL_GENERATION;
    if (string_given(sync->protocol_type) &&
        !strings_equal(sync->protocol_type, text_string(group->protocol_type)))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    if (string_given(sync->protocol_name) &&
        !strings_equal(sync->protocol_name, text_string(group->protocol_name)))
        return KAFKA_INCONSISTENT_GROUP_PROTOCOL;
    return KAFKA_NONE;
}

void groups_sync(struct groups *groups, struct group_sync *sync)
{
    struct group *group = group_find(groups, string_bytes(sync->group_id));
    sync->answer_type = sync->answer_name = STRING_NULL;
    int16_t error = KAFKA_UNKNOWN_MEMBER_ID;
    if (group != NULL && group->consumer != NULL && !groups->closed) {
        consumer_sync(group, sync);
        return;
    }
    if (sync->group_id.len <= 0)
        error = KAFKA_INVALID_GROUP_ID;
    else if (groups->closed)
        error = KAFKA_NOT_COORDINATOR;
    else if (group != NULL)
        error = sync_error(group, sync);
    if (error != KAFKA_NONE) {
        sync_answer(sync, error);
        return;
    }
    struct group_member *member = member_find(group, sync->member_id);
    switch (group->state) {
    case GROUP_EMPTY:
        sync_answer(sync, KAFKA_UNKNOWN_MEMBER_ID);
        return;
    case GROUP_PREPARING:
        sync_answer(sync, KAFKA_REBALANCE_IN_PROGRESS);
        return;
    case GROUP_COMPLETING:
        sync_wait(member, sync);
        return;
    case GROUP_STABLE:
        member->sync_due = false;
        sync_answer_member(sync, member);
        return;
    }
    UNREACHABLE();
}

int16_t groups_heartbeat(struct groups *groups, const struct group_caller *caller)
{
    struct group *group = group_find(groups, string_bytes(caller->group_id));
    if (caller->group_id.len <= 0)
        return KAFKA_INVALID_GROUP_ID;
    if (groups->closed)
        return KAFKA_NOT_COORDINATOR;
    if (group == NULL)
        return KAFKA_UNKNOWN_MEMBER_ID;
    if (group->consumer != NULL)
        return consumer_heartbeat(group, caller);
    int16_t error = member_check(group, caller->member_id, caller->instance_id);
    if (error != KAFKA_NONE)
        return error;
    if (caller->generation != group->generation)
        return KAFKA_ILLEGAL_GENERATION;
    ASSERT(group->state != GROUP_EMPTY);
    member_touch(member_find(group, caller->member_id));
    bool rebalances = group->state == GROUP_PREPARING && !MUTANT(HIDE_REBALANCE);
    return rebalances ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_NONE;
}

static int16_t leave_one(struct group *group, const struct group_leaver *leaver)
{
    if (group->consumer != NULL)
        return consumer_leave(group, leaver);
    if (leaver->member_id.len <= 0) {
        /* An administrator removes a static member, whose id he does not know. */
        struct group_member *member = string_given(leaver->instance_id)
                                          ? member_find_static(group, leaver->instance_id)
                                          : NULL;
        if (member == NULL)
            return KAFKA_UNKNOWN_MEMBER_ID;
        member_remove(member);
        return KAFKA_NONE;
    }
    struct group_pending *pending = pending_find_id(group, leaver->member_id);
    if (pending != NULL) {
        pending_remove(pending);
        return KAFKA_NONE;
    }
    int16_t error = member_check(group, leaver->member_id, leaver->instance_id);
    if (error == KAFKA_NONE)
        member_remove(member_find(group, leaver->member_id));
    return error;
}

int16_t groups_leave(struct groups *groups, struct string group_id, struct group_leaver *leavers,
                     uint32_t count)
{
    struct group *group = group_find(groups, string_bytes(group_id));
    bool left = false;
    if (group_id.len <= 0)
        return KAFKA_INVALID_GROUP_ID;
    if (groups->closed)
        return KAFKA_NOT_COORDINATOR;
    for (uint32_t i = 0; i < count; i++) {
        leavers[i].error = group == NULL ? KAFKA_UNKNOWN_MEMBER_ID : leave_one(group, &leavers[i]);
        left = left || leavers[i].error == KAFKA_NONE;
    }
    if (left && group->state != GROUP_EMPTY)
        group_rebalance_maybe(group);
    if (left)
        group_forget_maybe(group);
    return KAFKA_NONE;
}
