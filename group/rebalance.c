/*
 * A rebalance: members join, a generation begins, the leader assigns.
 *
 *     EMPTY -> PREPARING -> COMPLETING -> STABLE -> PREPARING ...
 *                  \-> EMPTY, when nobody is left
 *
 * The first rebalance of an empty group waits for group.initial.rebalance.delay.ms, and again as
 * long as members come; a later one ends when every known member has joined, or with those who have
 * at the longest rebalance timeout of any member. Static members stay without joining.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

static int32_t rebalance_ms(const struct group *group)
{
    int32_t longest = 0;
    LIST_EACH(node, &group->members)
        longest = MAX(longest, LIST_ENTRY(node, struct group_member, node)->rebalance_ms);
    return longest;
}

static void group_timer(struct group *group, struct timer *timer, int64_t ms)
{
    struct groups_host *host = host_of(group);
    heap_set(host->timers, timer, host->now_ns(host) + (uint64_t)ms * NS_PER_MS);
}

/* Protocols. */

static bool member_supports(const struct group_member *member, struct string name)
{
    for (uint32_t i = 0; i < member->protocol_count; i++)
        if (strings_equal(member->protocols[i].name, name))
            return true;
    return false;
}

static bool all_support(const struct group *group, struct string name)
{
    LIST_EACH(node, &group->members)
        if (!member_supports(LIST_ENTRY(node, struct group_member, node), name))
            return false;
    return true;
}

bool group_supports(const struct group *group, struct string type,
                    const struct group_protocol *protocols, uint32_t count)
{
    if (count == 0 || count > GROUP_PROTOCOLS_MAX || type.len <= 0)
        return false;
    if (group->member_count == 0)
        return true;
    if (!strings_equal(type, text_string(group->protocol_type)))
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (all_support(group, protocols[i].name))
            return true;
    return false;
}

/* Each member votes for the first of its protocols that all have. The candidates are the first
 * member's, so that the tables have a bound. */
struct string group_choose_protocol(const struct group *group)
{
    uint32_t votes[GROUP_PROTOCOLS_MAX] = {0};
    bool common[GROUP_PROTOCOLS_MAX] = {false};
    const struct group_member *first = LIST_FIRST(&group->members, struct group_member, node);
    ASSERT(first != NULL && first->protocol_count <= GROUP_PROTOCOLS_MAX);
    for (uint32_t i = 0; i < first->protocol_count; i++)
        common[i] = all_support(group, first->protocols[i].name);
    LIST_EACH(node, &group->members) {
        const struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        bool voted = false;
        for (uint32_t i = 0; i < member->protocol_count && !voted; i++)
            for (uint32_t j = 0; j < first->protocol_count && !voted; j++)
                if (common[j] &&
                    strings_equal(first->protocols[j].name, member->protocols[i].name)) {
                    votes[j]++;
                    voted = true;
                }
    }
    uint32_t best = 0;
    for (uint32_t i = 1; i < first->protocol_count; i++)
        if (votes[i] > votes[best])
            best = i;
    return first->protocol_count == 0 ? STRING_NULL : first->protocols[best].name;
}

static void subscribe_topic(struct group *group, struct bytes topic, uint32_t *capacity)
{
    for (uint32_t i = 0; i < group->subscribed_count; i++)
        if (bytes_equal(text_bytes(group->subscribed[i]), topic))
            return;
    group->subscribed =
        mem_grow(group->subscribed, group->subscribed_count, capacity, sizeof *group->subscribed);
    group->subscribed[group->subscribed_count++] = text_of(topic);
}

/* A ConsumerProtocolSubscription: its version, and the topics come first in every one. */
static bool subscribe_member(struct group *group, const struct group_member *member,
                             uint32_t *capacity)
{
    struct reader reader;
    struct bytes metadata = blob_bytes(member_metadata(member));
    reader_init(&reader, metadata.data, metadata.len);
    (void)read_be16(&reader);
    int32_t count = (int32_t)read_be32(&reader);
    for (int32_t i = 0; i < count && reader.error == 0; i++) {
        uint16_t len = read_be16(&reader);
        struct bytes topic = read_bytes(&reader, len);
        if (reader.error == 0)
            subscribe_topic(group, topic, capacity);
    }
    return reader.error == 0;
}

void group_subscribe(struct group *group)
{
    uint32_t capacity = 0;
    for (uint32_t i = 0; i < group->subscribed_count; i++)
        text_free(&group->subscribed[i]);
    mem_free(group->subscribed);
    group->subscribed = NULL;
    group->subscribed_count = 0;
    group->subscribed_known = group_uses_consumers(group);
    LIST_EACH(node, &group->members) {
        const struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (group->subscribed_known)
            group->subscribed_known = subscribe_member(group, member, &capacity);
    }
}

bool group_is_subscribed(const struct group *group, struct bytes topic)
{
    if (!group->subscribed_known)
        return group_uses_consumers(group);
    for (uint32_t i = 0; i < group->subscribed_count; i++)
        if (bytes_equal(text_bytes(group->subscribed[i]), topic))
            return true;
    return false;
}

/* The end of joining. */

/* False when there is nobody who could lead. */
static bool elect_leader(struct group *group)
{
    if (group->leader != NULL && group->leader->join != NULL)
        return true;
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (member->join != NULL) {
            group->leader = member;
            return true;
        }
    }
    return false;
}

static void empty_stored(struct group_store *store, int result)
{
    struct group *group = store->group;
    if (group->state == GROUP_EMPTY && group->generation == store->generation)
        group->empty_unknown = result != 0;
}

void group_store_empty(struct group *group)
{
    ASSERT(group->state == GROUP_EMPTY);
    struct group_store *store = group_store_new(group);
    store->stored = empty_stored;
    group_store(store);
}

static void group_end_empty(struct group *group)
{
    group->generation++;
    text_free(&group->protocol_name);
    group->leader = NULL;
    group_set_state(group, GROUP_EMPTY);
    group_subscribe(group);
    if (!group->groups->closed)
        group_store_empty(group);
}

static void group_begin_generation(struct group *group)
{
    group->generation++;
    group->assigned = false;
    group->empty_unknown = false;
    struct string chosen = group_choose_protocol(group);
    text_set(&group->protocol_name, string_bytes(chosen));
    group_set_state(group, GROUP_COMPLETING);
    group_subscribe(group);
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        struct group_join *join = member->join;
        member->sync_due = true;
        if (join == NULL)
            continue;
        member->join = NULL;
        member->is_new = false;
        join_answer_group(join, member, member == group->leader);
        member_touch(member);
    }
    group->joined = 0;
    group_timer(group, &group->sync_limit, rebalance_ms(group));
}

static void group_end_joining(struct group *group)
{
    struct groups_host *host = host_of(group);
    ASSERT(group->state == GROUP_PREPARING);
    heap_cancel(host->timers, &group->rebalance);
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (member->join == NULL && member->instance_id.data == NULL)
            member_remove(member);
    }
    if (group->member_count == 0)
        group_end_empty(group);
    else if (elect_leader(group))
        group_begin_generation(group);
    else
        /* Only static members, and none is here: their sessions end this. */
        group_timer(group, &group->rebalance, rebalance_ms(group));
}

void group_joined_maybe(struct group *group)
{
    if (group->state != GROUP_PREPARING || group->previous == GROUP_EMPTY)
        return;
    if (group->joined == group->member_count && list_empty(&group->pending))
        group_end_joining(group);
}

void group_rebalance_expired(struct timer *timer)
{
    struct group *group = CONTAINER_OF(timer, struct group, rebalance);
    int64_t delay = host_of(group)->config->rebalance_delay_ms;
    if (group->state != GROUP_PREPARING)
        return;
    if (group->previous == GROUP_EMPTY && group->grown && group->initial_left_ms > 0) {
        group->grown = false;
        group_timer(group, timer, MIN(delay, group->initial_left_ms));
        group->initial_left_ms = MAX(group->initial_left_ms - delay, 0);
        return;
    }
    group_end_joining(group);
}

/* Who did not come for the assignment within the rebalance timeout is taken for dead. */
void group_sync_expired(struct timer *timer)
{
    struct group *group = CONTAINER_OF(timer, struct group, sync_limit);
    uint32_t before = group->member_count;
    if (group->state != GROUP_COMPLETING && group->state != GROUP_STABLE)
        return;
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (member->sync_due)
            member_remove(member);
    }
    if (group->member_count != before)
        group_rebalance(group);
}

/* The beginning. */

void group_rebalance(struct group *group)
{
    struct groups_host *host = host_of(group);
    bool first = group->state == GROUP_EMPTY;
    ASSERT(group->state != GROUP_PREPARING);
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (group->state == GROUP_COMPLETING)
            member_set_assignment(member, (struct blob){NULL, 0});
        member_end_sync(member, KAFKA_REBALANCE_IN_PROGRESS);
        member->sync_due = false;
    }
    heap_cancel(host->timers, &group->sync_limit);
    group_set_state(group, GROUP_PREPARING);
    if (first) {
        int64_t delay = host->config->rebalance_delay_ms;
        group->grown = false;
        group->initial_left_ms = MAX(rebalance_ms(group) - delay, 0);
        group_timer(group, &group->rebalance, delay);
        return;
    }
    group_timer(group, &group->rebalance, rebalance_ms(group));
    group_joined_maybe(group);
}

void group_rebalance_maybe(struct group *group)
{
    if (group->state == GROUP_PREPARING)
        group_joined_maybe(group);
    else
        group_rebalance(group);
}
