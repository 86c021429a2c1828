/*
 * JoinGroup. A member waits in its `join` until the rebalance ends; what it is told then is copied.
 *
 * A second join of a member that waits takes the place of the first, which is answered at once, so
 * that no request waits for an answer that goes elsewhere.
 */
#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

/* Answers. */

void join_answer(struct group_join *join, int16_t error)
{
    join->waits = false;
    join->member = NULL;
    join->error = error;
    join->done(join);
}

static void join_fill_members(struct group_join *join, const struct group *group)
{
    join->members = group_reply_alloc(&join->reply, group->member_count, sizeof *join->members);
    LIST_EACH(node, &group->members) {
        const struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        join->members[join->member_count++] = (struct group_join_member){
            .member_id = group_reply_string(&join->reply, text_string(member->id)),
            .instance_id = group_reply_string(&join->reply, text_string(member->instance_id)),
            .metadata = group_reply_blob(&join->reply, member_metadata(member)),
        };
    }
}

/* `leader`: who the client is told leads; null for the one who does. */
static void join_answer_group_as(struct group_join *join, const struct group_member *member,
                                 bool members, struct string leader)
{
    const struct group *group = member->group;
    if (!string_given(leader) && group->leader != NULL)
        leader = text_string(group->leader->id);
    join->generation = group->generation;
    join->has_type = true;
    join->protocol_name = group_reply_string(&join->reply, text_string(group->protocol_name));
    join->new_member_id = group_reply_string(&join->reply, text_string(member->id));
    join->leader = group_reply_string(&join->reply, leader);
    if (members)
        join_fill_members(join, group);
    join_answer(join, KAFKA_NONE);
}

void join_answer_group(struct group_join *join, struct group_member *member, bool members)
{
    join_answer_group_as(join, member, members, STRING_NULL);
}

void member_end_join(struct group_member *member, int16_t error)
{
    struct group_join *join = member->join;
    if (join == NULL)
        return;
    ASSERT(member->group->joined > 0);
    member->join = NULL;
    member->group->joined--;
    join->new_member_id = group_reply_string(&join->reply, text_string(member->id));
    join_answer(join, error);
}

static void member_wait(struct group_member *member, struct group_join *join)
{
    member_end_join(member, KAFKA_REBALANCE_IN_PROGRESS);
    member->join = join;
    member->group->joined++;
    join->member = member;
    join->waits = true;
}

void groups_join_cancel(struct group_join *join, int16_t error)
{
    struct group_member *member = join->member;
    if (!join->waits || member == NULL)
        return;
    ASSERT(member->join == join);
    /* It may come back with its id, on another connection, as long as its session lasts. */
    member_end_join(member, error);
    member->is_new = false;
    member_touch(member);
}

/* Joining. */

static struct group_member_options member_options(const struct group_join *join, struct string id)
{
    return (struct group_member_options){
        .id = id,
        .instance_id = join->instance_id,
        .client_id = join->client_id,
        .client_host = join->client_host,
        .session_ms = join->session_ms,
        .rebalance_ms = join->rebalance_ms,
        .protocols = join->protocols,
        .protocol_count = join->protocol_count,
    };
}

static void join_add(struct group *group, struct group_join *join, struct string id)
{
    struct group_member_options options = member_options(join, id);
    struct group_member *member = member_add(group, &options, false);
    if (member == NULL) {
        join_answer(join, KAFKA_COORDINATOR_NOT_AVAILABLE);
        group_forget_maybe(group);
        return;
    }
    if (group->member_count == 1)
        text_set(&group->protocol_type, string_bytes(join->protocol_type));
    if (group->leader == NULL)
        group->leader = member;
    member->is_new = true;
    if (group->state == GROUP_PREPARING && group->previous == GROUP_EMPTY)
        group->grown = true;
    member_wait(member, join);
    /* It does not know its id yet, and cannot send heartbeats. */
    member_touch_for(member, GROUP_NEW_MEMBER_MS);
    group_rebalance_maybe(group);
}

static bool member_update(struct group_member *member, const struct group_join *join)
{
    if (!member_set_protocols(member, join->protocols, join->protocol_count, false))
        return false;
    member->session_ms = join->session_ms;
    member->rebalance_ms = join->rebalance_ms;
    return true;
}

static void join_again(struct group_member *member, struct group_join *join)
{
    struct group *group = member->group;
    if (!member_update(member, join)) {
        join_answer(join, KAFKA_COORDINATOR_NOT_AVAILABLE);
        return;
    }
    member_wait(member, join);
    group_rebalance_maybe(group);
}

/* "<client or instance>-<uuid>", as Kafka makes them. */
static struct string new_member_id(struct group *group, struct group_join *join)
{
    static const char digits[] = "0123456789abcdef";
    struct groups_host *host = host_of(group);
    struct string prefix = string_given(join->instance_id) ? join->instance_id : join->client_id;
    struct uuid id = host->new_id(host);
    size_t len = prefix.len < 0 ? 0 : (size_t)prefix.len;
    char *text = group_reply_alloc(&join->reply, len + 37, 1);
    if (len > 0)
        memcpy(text, prefix.data, len);
    char *at = text + len;
    *at++ = '-';
    for (size_t i = 0; i < sizeof id.bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *at++ = '-';
        *at++ = digits[id.bytes[i] >> 4];
        *at++ = digits[id.bytes[i] & 15];
    }
    return (struct string){text, (int32_t)(len + 37)};
}

/* Static members. */

/* The replaced member is in the log: it gets the assignment of the one before it. */
static void replaced(struct group_store *store, int result)
{
    struct group *group = store->group;
    struct group_join *join = store->join;
    struct group_member *member = member_find(group, join->new_member_id);
    if (result != 0) {
        join_answer(join, group_store_error(result));
        return;
    }
    if (member == NULL || store->generation != group->generation) {
        join_answer(join, KAFKA_REBALANCE_IN_PROGRESS);
        return;
    }
    bool leads = member == group->leader;
    struct string before = store->assignments[0].member_id;
    join->skip_assignment = leads && join->may_skip;
    /* A client that cannot be told to skip it must not believe that it leads. */
    join_answer_group_as(join, member, join->skip_assignment,
                         leads && !join->may_skip ? before : STRING_NULL);
}

static void join_store_replaced(struct group_member *member, struct group_join *join,
                                struct string before)
{
    struct group_store *store = group_store_new(member->group);
    store->join = join;
    store->stored = replaced;
    store->generation = member->group->generation;
    store->assignments = group_reply_alloc(&store->memory, 1, sizeof *store->assignments);
    store->assignments[0].member_id = group_reply_string(&store->memory, before);
    join->new_member_id = group_reply_string(&join->reply, text_string(member->id));
    join->waits = true;
    group_store(store);
}

/* A static member comes again without its id: it takes the place of its former life, which is
 * fenced from now on. In a stable group whose protocol stays nobody else need notice. */
static void join_replace(struct group_member *member, struct group_join *join)
{
    struct group *group = member->group;
    struct string before = group_reply_string(&join->reply, text_string(member->id));
    member_end_join(member, KAFKA_FENCED_INSTANCE_ID);
    member_end_sync(member, KAFKA_FENCED_INSTANCE_ID);
    if (!member_update(member, join)) {
        join_answer(join, KAFKA_COORDINATOR_NOT_AVAILABLE);
        return;
    }
    member_rename(member, new_member_id(group, join));
    member_touch(member);
    struct string chosen = group_choose_protocol(group);
    if (group->state == GROUP_STABLE && strings_equal(chosen, text_string(group->protocol_name))) {
        join_store_replaced(member, join, before);
        return;
    }
    member_wait(member, join);
    group_rebalance_maybe(group);
}

static void join_new(struct group *group, struct group_join *join)
{
    if (string_given(join->instance_id)) {
        struct group_member *member = member_find_static(group, join->instance_id);
        if (member != NULL)
            join_replace(member, join);
        else
            join_add(group, join, new_member_id(group, join));
        return;
    }
    struct string id = new_member_id(group, join);
    if (!join->needs_id) {
        join_add(group, join, id);
        return;
    }
    join->new_member_id = id;
    bool added = pending_add(group, id, join->session_ms);
    join_answer(join, added ? KAFKA_MEMBER_ID_REQUIRED : KAFKA_COORDINATOR_NOT_AVAILABLE);
    group_forget_maybe(group);
}

static void join_known(struct group_member *member, struct group_join *join)
{
    struct group *group = member->group;
    bool same = member_has_protocols(member, join->protocols, join->protocol_count);
    switch (group->state) {
    case GROUP_EMPTY:
        join_answer(join, KAFKA_UNKNOWN_MEMBER_ID);
        return;
    case GROUP_PREPARING:
        join_again(member, join);
        return;
    case GROUP_COMPLETING:
        /* Its answer was lost: it gets the same again. */
        if (same)
            join_answer_group(join, member, member == group->leader);
        else
            join_again(member, join);
        return;
    case GROUP_STABLE:
        /* A leader that joins asks for a new assignment. */
        if (same && member != group->leader)
            join_answer_group(join, member, false);
        else
            join_again(member, join);
        return;
    }
    UNREACHABLE();
}

static void join_with_id(struct group *group, struct group_join *join)
{
    struct group_pending *pending = pending_find_id(group, join->member_id);
    if (pending != NULL && !string_given(join->instance_id)) {
        pending_remove(pending);
        join_add(group, join, join->member_id);
        return;
    }
    int16_t error = member_check(group, join->member_id, join->instance_id);
    if (error != KAFKA_NONE)
        join_answer(join, error);
    else
        join_known(member_find(group, join->member_id), join);
}

/* Whether the group has a place for it. */
static bool group_accepts(const struct group *group, const struct group_join *join)
{
    uint32_t limit = (uint32_t)host_of(group)->config->members_max;
    const struct group_member *member = member_find(group, join->member_id);
    switch (group->state) {
    case GROUP_EMPTY:
        return true;
    case GROUP_PREPARING:
        return (member != NULL && member->join != NULL) || group->joined < limit;
    case GROUP_COMPLETING:
    case GROUP_STABLE:
        return member != NULL || group->member_count < limit;
    }
    UNREACHABLE();
}

static int16_t join_error(const struct groups *groups, const struct group_join *join)
{
    const struct groups_config *config = groups->host->config;
    if (join->group_id.len <= 0)
        return KAFKA_INVALID_GROUP_ID;
    if (join->session_ms < config->session_ms_min || join->session_ms > config->session_ms_max)
        return KAFKA_INVALID_SESSION_TIMEOUT;
    return groups->closed ? KAFKA_NOT_COORDINATOR : KAFKA_NONE;
}

void groups_join(struct groups *groups, struct group_join *join)
{
    bool is_new = join->member_id.len <= 0;
    join->generation = -1;
    join->protocol_name = STRING_NULL;
    join->new_member_id = join->member_id;
    int16_t error = join_error(groups, join);
    if (error != KAFKA_NONE) {
        join_answer(join, error);
        return;
    }
    struct bytes id = string_bytes(join->group_id);
    struct group *group = is_new ? group_take(groups, id) : group_find(groups, id);
    if (group == NULL || group->deleting) {
        join_answer(join, is_new || group != NULL ? KAFKA_COORDINATOR_NOT_AVAILABLE
                                                  : KAFKA_UNKNOWN_MEMBER_ID);
        return;
    }
    if (group->consumer != NULL && group_is_empty(group) && is_new)
        group_end_consumer(group);
    if (group->consumer != NULL) {
        consumer_join(group, join);
        return;
    }
    if (!group_accepts(group, join)) {
        struct group_pending *pending = pending_find_id(group, join->member_id);
        if (pending != NULL)
            pending_remove(pending);
        join->new_member_id = (struct string){"", 0};
        join_answer(join, KAFKA_GROUP_MAX_SIZE_REACHED);
        return;
    }
    if (!group_supports(group, join->protocol_type, join->protocols, join->protocol_count)) {
        join_answer(join, KAFKA_INCONSISTENT_GROUP_PROTOCOL);
        group_forget_maybe(group);
        return;
    }
    if (is_new)
        join_new(group, join);
    else
        join_with_id(group, join);
}
