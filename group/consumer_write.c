/*
 * From heartbeats to the log and back. The happy path: while a write is out the group is busy, and
 * heartbeats wait in line. When it is durable its changes are applied and its heartbeats answered;
 * then those in line are worked out, one after the other, each upon what the ones before it will
 * have made of the group (a draft). What all of them change is the next write. Whoever looks at the
 * group meanwhile sees what is durable.
 *
 * A write that fails has changed nothing: all of its heartbeats are told to come again, those that
 * it refused as well, because they were judged by what has not come to be. The draft is gone by
 * then; it lives only while the line is worked out.
 *
 * Rejected: a write of its own for each heartbeat, all out at once. The failure of one would have
 * to find and undo those that build upon it.
 */
#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "protocol/errors.h"

/* Of records that several heartbeats share; it fits into a batch. */
#define WRITE_BYTES_MAX (512 * KIB)
/* What working the line out may take in one go, by the memory that it needs: the core has other
 * things to do. */
#define WRITE_WORK_MAX (4 * MIB)

struct consumer_write {
    struct group_write write; /* first */
    struct group *group;
    struct list beats;               /* struct consumer_beat: answered when it ends */
    struct consumer_change *changes; /* as many as there are records */
    uint32_t capacity;               /* of either */
    size_t bytes;                    /* of the records */
    size_t work;
    bool applied; /* memory has it already */
    struct group_reply memory;
};

static struct consumer_write *write_new(struct group *group)
{
    struct group_reply memory = {0};
    struct consumer_write *write = group_reply_alloc(&memory, 1, sizeof *write);
    write->memory = memory;
    write->group = group;
    list_init(&write->beats);
    return write;
}

static void write_free(struct consumer_write *write)
{
    struct group_reply memory = write->memory;
    ASSERT(list_empty(&write->beats));
    group_reply_free(&memory);
}

/* Taking a plan. */

static struct consumer_change change_copy(struct group_reply *memory,
                                          const struct consumer_change *change)
{
    struct consumer_change copy = *change;
    copy.key = group_reply_string(memory, change->key);
    copy.target = spots_copy(memory, change->target);
    copy.current.assigned = spots_copy(memory, change->current.assigned);
    copy.current.revoking = spots_copy(memory, change->current.revoking);
    if (change->kind == CONSUMER_MEMBER && !change->tombstone)
        copy.member = consumer_said_copy(memory, &change->member);
    if (change->kind != CONSUMER_PATTERN || change->tombstone)
        return copy;
    int32_t count = MAX(change->pattern.topics.count, 0);
    copy.pattern.topics.items =
        group_reply_alloc(memory, (size_t)count, sizeof *copy.pattern.topics.items);
    for (int32_t i = 0; i < count; i++)
        copy.pattern.topics.items[i] = group_reply_string(memory, change->pattern.topics.items[i]);
    return copy;
}

static void write_grow(struct consumer_write *write, uint32_t count)
{
    uint32_t used = write->write.count;
    if (used + count <= write->capacity)
        return;
    uint32_t capacity = MAX(used + count, 2 * write->capacity);
    struct group_record *records =
        group_reply_alloc(&write->memory, capacity, sizeof *write->write.records);
    struct consumer_change *changes =
        group_reply_alloc(&write->memory, capacity, sizeof *write->changes);
    if (used > 0) {
        memcpy(records, write->write.records, used * sizeof *records);
        memcpy(changes, write->changes, used * sizeof *changes);
    }
    write->write.records = records;
    write->changes = changes;
    write->capacity = capacity;
}

/* Copies: the plan goes, and with the draft what it borrowed. */
static void write_take(struct consumer_write *write, const struct consumer_plan *plan)
{
    struct string id = text_string(write->group->id);
    write_grow(write, plan->count);
    for (uint32_t i = 0; i < plan->count; i++) {
        struct group_record *record = &write->write.records[write->write.count];
        consumer_record_write(&write->memory, id, &plan->changes[i], record);
        write->bytes += (size_t)record->key.len + (size_t)MAX(record->value.len, 0);
        write->changes[write->write.count++] = change_copy(&write->memory, &plan->changes[i]);
    }
}

/* The end of a write. */

static void beat_end(struct group *group, struct consumer_beat *beat, int result)
{
    bool served = beat->error == KAFKA_NONE && beat->epoch >= 0 && !group->groups->closed;
    struct consumer_member *member =
        served && group->consumer != NULL ? consumer_find(group->consumer, beat->answer_id) : NULL;
    if (member != NULL && !MUTANT(FORGET_HEARTBEATS))
        consumer_touch(member);
    if (result != 0)
        beat_answer(beat, group_store_error(result), NULL);
    else
        beat->done(beat);
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

static void write_done(struct group_write *group_write, int result)
{
    struct consumer_write *write = CONTAINER_OF(group_write, struct consumer_write, write);
    struct group *group = write->group;
    struct list *node;
    ASSERT(group->consumer != NULL && group->consumer->busy);
    group->consumer->busy = false;
    group->consumer->hash_due = group->consumer->hash_due || result != 0;
    if (write->applied && result != 0)
        drop_all(group);
    for (uint32_t i = 0; result == 0 && !write->applied && i < group_write->count; i++)
        consumer_apply(group, &write->changes[i]);
    while ((node = list_pop_front(&write->beats)) != NULL)
        beat_end(group, LIST_ENTRY(node, struct consumer_beat, node),
                 MUTANT(ANSWER_FAILED_HEARTBEAT) ? 0 : result);
    write_free(write);
    if (group->groups->closed && group->consumer != NULL)
        consumer_close(group->consumer);
    if (group->consumer != NULL)
        consumer_serve(group);
    consumer_downgrade_maybe(group);
    groups_write_ended(group);
    group_forget_maybe(group);
}

static void write_send(struct consumer_write *write, void (*done)(struct group_write *, int))
{
    struct group *group = write->group;
    ASSERT(write->write.count > 0);
    write->write.done = done;
    struct list *node;
    while (MUTANT(ANSWER_HEARTBEAT_EARLY) && (node = list_pop_front(&write->beats)) != NULL)
        beat_end(group, LIST_ENTRY(node, struct consumer_beat, node), 0);
    groups_write_started(group);
    group->groups->host->append(group->groups->host, group->groups, &write->write);
}

/* Of one plan that nobody waits for. */
static struct consumer_write *write_of(struct consumer_plan *plan)
{
    struct consumer_write *write = write_new(plan->group);
    write_take(write, plan);
    return write;
}

void consumer_write_plan(struct consumer_plan *plan)
{
    struct consumer_write *write = write_of(plan);
    plan_free(plan);
    write->group->consumer->busy = true;
    write_send(write, write_done);
}

void consumer_write_applied(struct consumer_plan *plan)
{
    struct consumer_write *write = write_of(plan);
    for (uint32_t i = 0; i < plan->count; i++)
        consumer_apply(plan->group, &plan->changes[i]);
    plan_free(plan);
    write->applied = true;
    write->group->consumer->busy = true;
    write_send(write, write_done);
}

static void write_ended(struct group_write *group_write, int result)
{
    struct consumer_write *write = CONTAINER_OF(group_write, struct consumer_write, write);
    struct group *group = write->group;
    (void)result;
    groups_write_ended(group);
    write_free(write);
    group_forget_maybe(group);
}

void consumer_write_ended(struct consumer_plan *plan)
{
    struct consumer_write *write = write_of(plan);
    ASSERT(plan->group->consumer == NULL);
    plan_free(plan);
    write_send(write, write_ended);
}

/* The line. */

/* Changes are counted when they are applied: here only that there is room. Who leaves needs none.
 */
static bool has_room(const struct consumer_write *write, const struct consumer_plan *plan,
                     const struct consumer_beat *beat)
{
    const struct group_memory *memory = write->group->groups->host->memory;
    return beat->epoch < 0 ||
           group_memory_has_room(memory, plan->memory.total + write->memory.total);
}

/* What a beat changes; false: the write has no room for it. */
static bool write_take_beat(struct consumer_write *write, const struct consumer_plan *plan,
                            const struct consumer_beat *beat)
{
    uint32_t count = write->write.count;
    size_t bytes = write->bytes;
    if (beat->error != KAFKA_NONE)
        return true;
    if (plan->count > 0 && !has_room(write, plan, beat))
        return false;
    write_take(write, plan);
    if (count == 0 || write->bytes <= WRITE_BYTES_MAX)
        return true;
    write->write.count = count;
    write->bytes = bytes;
    return false;
}

/* Works a beat out and takes it in. False: it comes first in the next write. */
static bool write_beat(struct consumer_write *write, struct consumer *upon,
                       struct consumer_beat *beat)
{
    struct consumer_plan *plan = plan_new(write->group, upon);
    uint32_t first = write->write.count;
    consumer_beat_work(plan, beat);
    write->work += plan->memory.total;
    bool room = write_take_beat(write, plan, beat);
    plan_free(plan);
    upon->hash_due = upon->hash_due || !room;
    if (!room && first > 0)
        return false;
    if (!room)
        beat->error = KAFKA_COORDINATOR_NOT_AVAILABLE;
    for (uint32_t i = first; upon->is_draft && i < write->write.count; i++)
        consumer_draft_apply(upon, &write->changes[i]);
    if (write->write.count == 0)
        beat_end(write->group, beat, 0);
    else
        list_push_back(&write->beats, &beat->node);
    return true;
}

static void write_gather(struct consumer_write *write)
{
    struct consumer *consumer = write->group->consumer;
    struct consumer *draft = NULL;
    while (!list_empty(&consumer->waiting) && write->work < WRITE_WORK_MAX) {
        if (write->write.count > 0 && draft == NULL) {
            draft = consumer_draft(consumer);
            if (draft == NULL)
                return;
            for (uint32_t i = 0; i < write->write.count; i++)
                consumer_draft_apply(draft, &write->changes[i]);
        }
        struct list *node = list_pop_front(&consumer->waiting);
        struct consumer_beat *beat = LIST_ENTRY(node, struct consumer_beat, node);
        if (write_beat(write, draft != NULL && !MUTANT(WORK_WITHOUT_DRAFT) ? draft : consumer,
                       beat))
            continue;
        list_push_front(&consumer->waiting, node);
        break;
    }
    if (draft != NULL)
        consumer_draft_end(draft, consumer);
}

void consumer_serve(struct group *group)
{
    ASSERT(!group->consumer->busy);
    while (!group->consumer->busy && !list_empty(&group->consumer->waiting)) {
        struct consumer_write *write = write_new(group);
        write_gather(write);
        if (write->write.count == 0) {
            write_free(write);
            continue;
        }
        group->consumer->busy = true;
        write_send(write, write_done);
    }
}
