/* What changes a group, as a list; and the changes that nobody asks for: members that go. */
#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/consumer_internal.h"

/* A timer that finds the group busy looks again. */
#define BUSY_AGAIN_MS 50

struct consumer_plan *plan_new(struct group *group, struct consumer *consumer)
{
    struct group_reply memory = {0};
    struct consumer_plan *plan = group_reply_alloc(&memory, 1, sizeof *plan);
    ASSERT(group->consumer != NULL && !group->consumer->busy);
    ASSERT(consumer == group->consumer || consumer->is_draft);
    plan->memory = memory;
    plan->group = group;
    plan->consumer = consumer;
    return plan;
}

struct consumer_change *plan_add(struct consumer_plan *plan, enum consumer_change_kind kind,
                                 struct string key, bool tombstone)
{
    if (plan->count == plan->capacity) {
        uint32_t capacity = MAX(8, 2 * plan->capacity);
        struct consumer_change *changes =
            group_reply_alloc(&plan->memory, capacity, sizeof *changes);
        if (plan->count > 0)
            memcpy(changes, plan->changes, plan->count * sizeof *changes);
        plan->changes = changes;
        plan->capacity = capacity;
    }
    struct consumer_change *change = &plan->changes[plan->count++];
    *change = (struct consumer_change){.kind = kind, .key = key, .tombstone = tombstone};
    return change;
}

void plan_free(struct consumer_plan *plan)
{
    struct group_reply memory = plan->memory;
    group_reply_free(&memory);
}

uint32_t consumer_end_count(const struct consumer *consumer)
{
    uint32_t count = 2;
    LIST_EACH(node, &consumer->patterns)
        count++;
    return count;
}

void consumer_end_write(const struct consumer *consumer, struct group_reply *memory,
                        struct group_record *records)
{
    struct string id = text_string(consumer->group->id);
    struct consumer_change change = {CONSUMER_TARGET_EPOCH, .key = STRING_NULL, .tombstone = true};
    ASSERT(consumer->member_count == 0);
    consumer_record_write(memory, id, &change, records++);
    change.kind = CONSUMER_PATTERN;
    LIST_EACH(node, &consumer->patterns) {
        change.key = text_string(LIST_ENTRY(node, struct consumer_pattern, node)->text);
        consumer_record_write(memory, id, &change, records++);
    }
    change.kind = CONSUMER_EPOCH;
    change.key = STRING_NULL;
    consumer_record_write(memory, id, &change, records);
}

void plan_remove_pattern(struct consumer_plan *plan, const struct consumer_member *member)
{
    struct string text = member->said.subscribed_topic_regex;
    if (text.len <= 0 || consumer_find_pattern(member->consumer, text) == NULL)
        return;
    LIST_EACH(node, &member->consumer->members) {
        const struct consumer_member *other = LIST_ENTRY(node, struct consumer_member, node);
        if (other != member && strings_equal(other->said.subscribed_topic_regex, text))
            return;
    }
    plan_add(plan, CONSUMER_PATTERN, group_reply_string(&plan->memory, text), true);
}

void plan_remove_member(struct consumer_plan *plan, const struct consumer_member *member)
{
    struct string id = group_reply_string(&plan->memory, text_string(member->id));
    plan_add(plan, CONSUMER_CURRENT, id, true);
    plan_add(plan, CONSUMER_TARGET, id, true);
    plan_add(plan, CONSUMER_MEMBER, id, true);
    plan_remove_pattern(plan, member);
    int64_t hash = consumer_topics_hash(plan, consumer_views_of(plan, member, NULL));
    struct consumer_change *epoch = plan_add(plan, CONSUMER_EPOCH, STRING_NULL, false);
    epoch->epoch = member->consumer->epoch + 1;
    epoch->hash = hash;
}

static void remove_late(struct consumer_member *member, struct timer *timer)
{
    struct group *group = member->consumer->group;
    struct groups_host *host = group->groups->host;
    if (group->consumer->busy) {
        heap_set(host->timers, timer, host->now_ns(host) + BUSY_AGAIN_MS * NS_PER_MS);
        return;
    }
    struct consumer_plan *plan = plan_new(group, group->consumer);
    plan_remove_member(plan, member);
    consumer_write_plan(plan);
    /* Should the write fail, it is tried again. */
    heap_set(host->timers, timer, host->now_ns(host) + NS_PER_S);
}

void consumer_session_expired(struct timer *timer)
{
    if (!MUTANT(KEEP_SILENT_MEMBERS))
        remove_late(CONTAINER_OF(timer, struct consumer_member, session), timer);
}

void consumer_rebalance_expired(struct timer *timer)
{
    struct consumer_member *member = CONTAINER_OF(timer, struct consumer_member, rebalance);
    ASSERT(member->current.state == CONSUMER_UNREVOKED || consumer_is_classic(member));
    remove_late(member, timer);
}
