/*
 * From a list of changes to the log and back: while a plan's records are on their way the group is
 * busy; when they are durable they are applied, its beat is answered, and those in line go on.
 */
#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "protocol/errors.h"

/* A timer that finds the group busy looks again. */
#define BUSY_AGAIN_MS 50

struct consumer_plan *plan_new(struct group *group)
{
    struct group_reply memory = {0};
    struct consumer_plan *plan = group_reply_alloc(&memory, 1, sizeof *plan);
    ASSERT(group->consumer != NULL && !group->consumer->busy);
    plan->memory = memory;
    plan->group = group;
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

void beat_answer(struct consumer_beat *beat, int16_t error, const char *message)
{
    beat->error = error;
    beat->message = message;
    beat->done(beat);
}

/* Those in line, until one of them makes the group busy. */
static void run_waiting(struct group *group)
{
    struct list *node;
    while (group->consumer != NULL && !group->consumer->busy &&
           (node = list_pop_front(&group->consumer->waiting)) != NULL)
        consumer_beat_serve(group, LIST_ENTRY(node, struct consumer_beat, node));
}

/* The log has another group than memory: its members come again. */
static void drop_all(struct group *group)
{
    struct consumer *consumer = group->consumer;
    struct list *node;
    while ((node = list_pop_front(&consumer->waiting)) != NULL)
        beat_answer(LIST_ENTRY(node, struct consumer_beat, node), KAFKA_COORDINATOR_NOT_AVAILABLE,
                    NULL);
    group->generation = consumer->epoch;
    consumer_free(consumer);
}

static void plan_done(struct group_write *write, int result)
{
    struct consumer_plan *plan = CONTAINER_OF(write, struct consumer_plan, write);
    struct group *group = plan->group;
    struct consumer_beat *beat = plan->beat;
    ASSERT(group->consumer != NULL && group->consumer->busy);
    groups_write_ended(group);
    group->consumer->busy = false;
    group->consumer->hash_due = group->consumer->hash_due || result != 0;
    if (plan->applied && result != 0)
        drop_all(group);
    for (uint32_t i = 0; result == 0 && !plan->applied && i < plan->count; i++)
        consumer_apply(group, &plan->changes[i]);
    if (beat != NULL) {
        struct consumer_member *member =
            group->consumer == NULL ? NULL : consumer_find(group->consumer, beat->answer_id);
        if (member != NULL && !group->groups->closed && beat->epoch >= 0)
            consumer_touch(member);
        beat_answer(beat, group_store_error(result), NULL);
    }
    plan_free(plan);
    if (group->groups->closed && group->consumer != NULL)
        consumer_close(group->consumer);
    /* What runs now must find the group. */
    groups_write_started(group);
    run_waiting(group);
    consumer_downgrade_maybe(group);
    groups_write_ended(group);
    group_forget_maybe(group);
}

static void plan_append(struct consumer_plan *plan, void (*done)(struct group_write *, int))
{
    struct group *group = plan->group;
    struct groups *groups = group->groups;
    struct group_record *records = group_reply_alloc(&plan->memory, plan->count, sizeof *records);
    for (uint32_t i = 0; i < plan->count; i++)
        consumer_record_write(&plan->memory, text_string(group->id), &plan->changes[i],
                              &records[i]);
    plan->write.records = records;
    plan->write.count = plan->count;
    plan->write.done = done;
    groups_write_started(group);
    groups->host->append(groups->host, groups, &plan->write);
}

void plan_run(struct consumer_plan *plan)
{
    struct group *group = plan->group;
    struct group_memory *memory = group->groups->host->memory;
    struct consumer_beat *beat = plan->beat;
    if (plan->count == 0) {
        plan_free(plan);
        if (beat != NULL)
            beat_answer(beat, KAFKA_NONE, NULL);
        group_forget_maybe(group);
        return;
    }
    /* It is counted when it is applied: here only that there is room. */
    size_t size = plan->memory.total;
    if (beat != NULL && beat->epoch >= 0 && !group_memory_take(memory, size)) {
        plan_free(plan);
        group->consumer->hash_due = true;
        beat_answer(beat, KAFKA_COORDINATOR_NOT_AVAILABLE, NULL);
        group_forget_maybe(group);
        return;
    }
    if (beat != NULL && beat->epoch >= 0)
        group_memory_give(memory, size);
    group->consumer->busy = true;
    plan_append(plan, plan_done);
}

void plan_run_applied(struct consumer_plan *plan)
{
    plan->applied = true;
    for (uint32_t i = 0; i < plan->count; i++)
        consumer_apply(plan->group, &plan->changes[i]);
    plan->group->consumer->busy = true;
    plan_append(plan, plan_done);
}

static void plan_ended(struct group_write *write, int result)
{
    struct consumer_plan *plan = CONTAINER_OF(write, struct consumer_plan, write);
    struct group *group = plan->group;
    (void)result;
    groups_write_ended(group);
    plan_free(plan);
    group_forget_maybe(group);
}

void plan_run_free(struct consumer_plan *plan)
{
    ASSERT(plan->group->consumer == NULL);
    plan_append(plan, plan_ended);
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
    struct consumer_plan *plan = plan_new(group);
    plan_remove_member(plan, member);
    plan_run(plan);
    /* Should the write fail, it is tried again. */
    heap_set(host->timers, timer, host->now_ns(host) + NS_PER_S);
}

void consumer_session_expired(struct timer *timer)
{
    remove_late(CONTAINER_OF(timer, struct consumer_member, session), timer);
}

void consumer_rebalance_expired(struct timer *timer)
{
    struct consumer_member *member = CONTAINER_OF(timer, struct consumer_member, rebalance);
    ASSERT(member->current.state == CONSUMER_UNREVOKED || consumer_is_classic(member));
    remove_late(member, timer);
}
