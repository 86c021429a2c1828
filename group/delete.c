/*
 * What goes: offsets and groups, by request, with their topic, or by age. All of it is a sweep:
 * tombstones on their way to the log, and the places of the offsets held until they are durable.
 */
#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

/* Tombstones of one write: they fit into a batch. */
#define SWEEP_MAX 2000

struct group_sweep {
    struct group_write write; /* first */
    struct group *group;
    struct group_offset **slots;
    uint32_t count;
    bool whole;
    struct group_delete *deletion; /* null: nobody waits */
    struct group_reply memory;
};

static struct group_sweep *sweep_new(struct group *group, uint32_t capacity)
{
    struct group_reply memory = {0};
    struct group_sweep *sweep = group_reply_alloc(&memory, 1, sizeof *sweep);
    sweep->slots = group_reply_alloc(&memory, capacity, sizeof(struct group_offset *));
    sweep->memory = memory;
    sweep->group = group;
    return sweep;
}

static void sweep_add(struct group_sweep *sweep, struct group_offset *slot)
{
    slot->out++;
    sweep->slots[sweep->count++] = slot;
}

static void sweep_free(struct group_sweep *sweep)
{
    struct group_reply memory = sweep->memory;
    group_reply_free(&memory);
}

static void deletion_answer(struct group_delete *deletion, int16_t error)
{
    deletion->error = error;
    deletion->done(deletion);
}

static void group_clear(struct group *group)
{
    group->stored = false;
    if (group->consumer != NULL)
        consumer_free(group->consumer);
    group_end_classic(group);
}

static void sweep_end(struct group_sweep *sweep, int result)
{
    struct group *group = sweep->group;
    for (uint32_t i = 0; i < sweep->count; i++) {
        struct group_offset *slot = sweep->slots[i];
        ASSERT(slot->out > 0);
        slot->out--;
        if (result == 0) {
            slot->committed = false;
            offset_close_all(slot);
        }
        offset_free_maybe(slot);
    }
    if (sweep->whole) {
        group->deleting = false;
        if (result == 0)
            group_clear(group);
    }
    struct group_delete *deletion = sweep->deletion;
    sweep_free(sweep);
    group_forget_maybe(group);
    if (deletion != NULL)
        deletion_answer(deletion, group_store_error(result));
}

static void sweep_written(struct group_write *write, int result)
{
    struct group_sweep *sweep = CONTAINER_OF(write, struct group_sweep, write);
    groups_write_ended(sweep->group);
    sweep_end(sweep, result);
}

static size_t sweep_size(const struct group_sweep *sweep)
{
    struct string id = text_string(sweep->group->id);
    size_t size = sweep->whole ? group_record_group_size(id, NULL) : 0;
    for (uint32_t i = 0; i < sweep->count; i++) {
        struct group_offset_key key = {id, text_string(sweep->slots[i]->topic), 0};
        size += group_record_offset_size(&key, NULL);
    }
    return size;
}

static void sweep_start(struct group_sweep *sweep)
{
    struct group *group = sweep->group;
    struct groups *groups = group->groups;
    struct string id = text_string(group->id);
    bool tombstone = sweep->whole && (group->stored || group->writes_out > 0);
    if (sweep->count == 0 && !tombstone) {
        sweep_end(sweep, 0);
        return;
    }
    bool consumer = tombstone && group->consumer != NULL;
    uint32_t tail = consumer ? consumer_end_count(group->consumer) : tombstone;
    struct writer writer;
    size_t size = sweep_size(sweep);
    writer_init(&writer, group_reply_alloc(&sweep->memory, size, 1), size);
    struct group_record *records =
        group_reply_alloc(&sweep->memory, sweep->count + tail, sizeof *records);
    int result = 0;
    uint32_t count = sweep->whole && MUTANT(KEEP_DELETED_OFFSETS) ? 0 : sweep->count;
    for (uint32_t i = 0; i < count && result == 0; i++) {
        const struct group_offset *slot = sweep->slots[i];
        struct group_offset_key key = {id, text_string(slot->topic), slot->partition};
        result = group_record_write_offset(&writer, &key, NULL, &records[i]);
    }
    if (consumer)
        consumer_end_write(group->consumer, &sweep->memory, &records[count]);
    else if (result == 0 && tombstone)
        result = group_record_write_group(&writer, id, NULL, &records[count]);
    ASSERT(result == 0);
    sweep->write.records = records;
    sweep->write.count = count + tail;
    for (uint32_t i = 0; MUTANT(SHOW_DELETION_EARLY) && i < count; i++)
        sweep->slots[i]->committed = false;
    sweep->write.done = sweep_written;
    groups_write_started(group);
    groups->host->append(groups->host, groups, &sweep->write);
}

/* The log says in order that it ended, and what came then: nobody need wait for that. */
void group_end_consumer(struct group *group)
{
    ASSERT(group_is_empty(group));
    struct group_sweep *sweep = sweep_new(group, 0);
    uint32_t count = consumer_end_count(group->consumer);
    sweep->write.records = group_reply_alloc(&sweep->memory, count, sizeof(struct group_record));
    sweep->write.count = count;
    sweep->write.done = sweep_written;
    consumer_end_write(group->consumer, &sweep->memory, sweep->write.records);
    consumer_free(group->consumer);
    groups_write_started(group);
    group->groups->host->append(group->groups->host, group->groups, &sweep->write);
}

/* By request. */

static void delete_whole(struct group *group, struct group_delete *deletion)
{
    size_t position = 0;
    struct group_offset *offset;
    if (!group_is_empty(group)) {
        deletion_answer(deletion, KAFKA_NON_EMPTY_GROUP);
        return;
    }
    struct group_sweep *sweep = sweep_new(group, (uint32_t)group->offsets.count);
    while ((offset = map_next(&group->offsets, &position)) != NULL)
        sweep_add(sweep, offset);
    sweep->whole = true;
    sweep->deletion = deletion;
    group->deleting = true;
    sweep_start(sweep);
}

static bool is_subscribed(const struct group *group, struct bytes topic)
{
    return group->consumer != NULL ? consumer_subscribed(group->consumer, topic)
                                   : group_is_subscribed(group, topic);
}

static void delete_some(struct group *group, struct group_delete *deletion)
{
    if (!group_is_empty(group) && group->consumer == NULL && !group_uses_consumers(group)) {
        deletion_answer(deletion, KAFKA_NON_EMPTY_GROUP);
        return;
    }
    struct group_sweep *sweep = sweep_new(group, deletion->count);
    sweep->deletion = deletion;
    for (uint32_t i = 0; i < deletion->count; i++) {
        struct group_delete_item *item = &deletion->items[i];
        if (item->error != KAFKA_NONE)
            continue;
        if (!group_is_empty(group) && is_subscribed(group, string_bytes(item->topic))) {
            item->error = KAFKA_GROUP_SUBSCRIBED_TO_TOPIC;
            continue;
        }
        struct group_offset *offset = offset_find(group, item->topic, item->partition);
        if (offset != NULL)
            sweep_add(sweep, offset);
    }
    sweep_start(sweep);
}

void groups_delete(struct groups *groups, struct group_delete *deletion)
{
    struct group *group = group_find(groups, string_bytes(deletion->group_id));
    if (groups->closed)
        deletion_answer(deletion, KAFKA_NOT_COORDINATOR);
    else if (group == NULL || group->deleting)
        deletion_answer(deletion, KAFKA_GROUP_ID_NOT_FOUND);
    else if (deletion->whole)
        delete_whole(group, deletion);
    else
        delete_some(group, deletion);
}

/* By themselves. */

/* A log may hold any time, so nothing is taken from it. */
static bool retention_over(const struct group *group, int64_t since_ms, int64_t now_ms)
{
    return since_ms <= now_ms - group->groups->host->config->retention_ms;
}

/* Kafka's rule: a group without members keeps its offsets for the retention from the time it became
 * empty; a stable group of consumers those that it does not read any more, from their commit; who
 * never had a member each from its commit. The commit's own expiry comes first. */
static bool offset_expired(const struct group *group, const struct group_offset *offset,
                           int64_t now_ms)
{
    int64_t since = offset->value.commit_ms;
    bool member_group = group->protocol_type.data != NULL;
    if (!offset->committed || offset->out > 0 || !list_empty(&offset->open))
        return false;
    if (group->consumer != NULL) {
        /* Each from its commit, unless a member reads the topic. */
        return !consumer_subscribed(group->consumer, text_bytes(offset->topic)) &&
               retention_over(group, since, now_ms);
    }
    if (member_group && group->state == GROUP_EMPTY)
        since = group->state_ms >= 0 ? group->state_ms : since;
    else if (member_group && !MUTANT(EXPIRE_COMMITS_OF_MEMBERS) &&
             (group->state != GROUP_STABLE || !group->subscribed_known ||
              group_is_subscribed(group, text_bytes(offset->topic))))
        return false;
    if (offset->value.expire_ms >= 0)
        return now_ms >= offset->value.expire_ms;
    return retention_over(group, since, now_ms);
}

static void group_expire(struct group *group, int64_t now_ms)
{
    size_t position = 0;
    struct group_offset *offset;
    if (group->deleting || group->writes_out > 0)
        return;
    struct group_sweep *sweep = sweep_new(group, SWEEP_MAX);
    while (sweep->count < SWEEP_MAX && (offset = map_next(&group->offsets, &position)) != NULL)
        if (offset_expired(group, offset, now_ms))
            sweep_add(sweep, offset);
    sweep->whole = group_is_empty(group) && group->stored && list_empty(&group->pending) &&
                   sweep->count == group->offsets.count;
    if (sweep->count == 0 && !sweep->whole) {
        sweep_free(sweep);
        return;
    }
    group->deleting = sweep->whole;
    sweep_start(sweep);
}

void groups_expire(struct groups *groups)
{
    size_t position = 0;
    struct group *group;
    int64_t now_ms = groups->host->wall_ms(groups->host);
    while (!groups->closed && !MUTANT(KEEP_EXPIRED) &&
           (group = map_next(&groups->by_id, &position)) != NULL)
        group_expire(group, now_ms);
}

static void group_topic_removed(struct group *group, struct bytes topic)
{
    size_t position = 0;
    struct group_offset *offset;
    struct group_sweep *sweep = NULL;
    while ((offset = map_next(&group->offsets, &position)) != NULL) {
        if (!bytes_equal(text_bytes(offset->topic), topic))
            continue;
        if (sweep != NULL && sweep->count == SWEEP_MAX) {
            sweep_start(sweep);
            sweep = NULL;
        }
        if (sweep == NULL)
            sweep = sweep_new(group, SWEEP_MAX);
        sweep_add(sweep, offset);
    }
    if (sweep != NULL)
        sweep_start(sweep);
}

void groups_topic_removed(struct groups *groups, struct bytes topic)
{
    size_t position = 0;
    struct group *group;
    while (!groups->closed && (group = map_next(&groups->by_id, &position)) != NULL)
        group_topic_removed(group, topic);
}
