/* The groups of one partition: found by id, made on first need, loaded from the log. */
#include "group/groups.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

struct group_text text_of(struct bytes bytes)
{
    return (struct group_text){mem_copy_bytes(bytes), (int32_t)bytes.len};
}

struct group_text text_of_string(struct string string)
{
    return string.len < 0 ? (struct group_text){NULL, 0} : text_of(string_bytes(string));
}

void text_free(struct group_text *text)
{
    mem_free(text->data);
    *text = (struct group_text){NULL, 0};
}

void text_set(struct group_text *text, struct bytes bytes)
{
    if (text->data != NULL && bytes_equal(text_bytes(*text), bytes))
        return;
    struct group_text copy = text_of(bytes);
    text_free(text);
    *text = copy;
}

static size_t group_cost(size_t id_len)
{
    return sizeof(struct group) + id_len + 2 * sizeof(struct map_slot);
}

static uint64_t group_hash(const struct groups *groups, struct bytes id)
{
    return hash_bytes_keyed(id, groups->host->secret);
}

static bool group_has_id(const void *item, const void *key)
{
    const struct group *group = item;
    return bytes_equal(text_bytes(group->id), *(const struct bytes *)key);
}

void groups_init(struct groups *groups, struct groups_host *host)
{
    *groups = (struct groups){.host = host};
    map_init(&groups->by_id);
    map_init(&groups->transactions);
}

struct group *group_find(const struct groups *groups, struct bytes id)
{
    return map_find(&groups->by_id, group_hash(groups, id), group_has_id, &id);
}

struct group *group_make(struct groups *groups, struct bytes id)
{
    struct group *group = mem_alloc(sizeof *group);
    *group = (struct group){
        .groups = groups,
        .hash = group_hash(groups, id),
        .id = text_of(id),
        .state_ms = -1,
    };
    list_init(&group->members);
    list_init(&group->pending);
    map_init(&group->members_by_id);
    map_init(&group->offsets);
    timer_init(&group->rebalance, group_rebalance_expired);
    timer_init(&group->sync_limit, group_sync_expired);
    map_insert(&groups->by_id, group->hash, group);
    return group;
}

struct group *group_take(struct groups *groups, struct bytes id)
{
    struct group *group = group_find(groups, id);
    if (group != NULL)
        return group;
    if (!group_memory_take(groups->host->memory, group_cost(id.len)))
        return NULL;
    return group_make(groups, id);
}

static void subscribed_free(struct group *group)
{
    for (uint32_t i = 0; i < group->subscribed_count; i++)
        text_free(&group->subscribed[i]);
    mem_free(group->subscribed);
    group->subscribed = NULL;
    group->subscribed_count = 0;
}

/* All but its place in the map. */
static void group_fini(struct group *group)
{
    struct groups *groups = group->groups;
    ASSERT(group->writes_out == 0);
    ASSERT(list_empty(&group->members) && list_empty(&group->pending));
    heap_cancel(groups->host->timers, &group->rebalance);
    heap_cancel(groups->host->timers, &group->sync_limit);
    group_memory_give(groups->host->memory, group_cost((size_t)group->id.len));
    subscribed_free(group);
    map_fini(&group->members_by_id);
    map_fini(&group->offsets);
    text_free(&group->id);
    text_free(&group->protocol_type);
    text_free(&group->protocol_name);
    mem_free(group);
}

void group_free(struct group *group)
{
    ASSERT(group->offsets.count == 0);
    map_remove(&group->groups->by_id, group->hash, group);
    group_fini(group);
}

void group_forget_maybe(struct group *group)
{
    bool used = group->member_count > 0 || !list_empty(&group->pending) ||
                group->offsets.count > 0 || group->writes_out > 0;
    struct consumer *consumer = group->consumer;
    /* A consumer group that never came to be: nothing of it is in the log. Of one that is being
     * replayed something is, be it only a pattern: in a compacted log that may come first. */
    if (consumer != NULL && group->writes_out == 0 && consumer->member_count == 0 &&
        !consumer->stored && consumer->target_epoch == 0 && list_empty(&consumer->patterns) &&
        list_empty(&consumer->waiting))
        consumer_free(consumer);
    used = used || group->consumer != NULL;
    if (!used && group->state == GROUP_EMPTY && !group->stored)
        group_free(group);
}

void group_set_state(struct group *group, enum group_state state)
{
    group->previous = group->state;
    group->state = state;
    group->state_ms = group->groups->host->wall_ms(group->groups->host);
}

bool group_is_empty(const struct group *group)
{
    if (group->consumer != NULL)
        return group->consumer->member_count == 0 && !group->consumer->busy;
    return group->state == GROUP_EMPTY;
}

void group_rest(struct group *group)
{
    struct heap *timers = group->groups->host->timers;
    ASSERT(group->member_count == 0);
    heap_cancel(timers, &group->rebalance);
    heap_cancel(timers, &group->sync_limit);
    group->state = GROUP_EMPTY;
    group->leader = NULL;
    group_subscribe(group);
}

void group_end_classic(struct group *group)
{
    ASSERT(group->state == GROUP_EMPTY && group->member_count == 0);
    group->generation = 0;
    text_free(&group->protocol_type);
    text_free(&group->protocol_name);
    LIST_EACH(node, &group->pending)
        pending_remove(LIST_ENTRY(node, struct group_pending, node));
}

const char *group_state_name(const struct group *group)
{
    static const char *const names[] = {"Empty", "PreparingRebalance", "CompletingRebalance",
                                        "Stable"};
    if (group->consumer != NULL)
        return consumer_state_name(group->consumer);
    ASSERT((size_t)group->state < ARRAY_LENGTH(names));
    return names[group->state];
}

bool group_uses_consumers(const struct group *group)
{
    return bytes_equal(text_bytes(group->protocol_type), BYTES_LITERAL("consumer"));
}

uint32_t groups_count(const struct groups *groups)
{
    return (uint32_t)groups->by_id.count;
}

/* Ending. */

void group_drop_members(struct group *group, int16_t error)
{
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        member_end_join(member, error);
        member_end_sync(member, error);
        member_remove(member);
    }
    LIST_EACH(node, &group->pending)
        pending_remove(LIST_ENTRY(node, struct group_pending, node));
}

void groups_close(struct groups *groups)
{
    size_t position = 0;
    struct group *group;
    groups->closed = true;
    while ((group = map_next(&groups->by_id, &position)) != NULL) {
        group_drop_members(group, KAFKA_NOT_COORDINATOR);
        heap_cancel(groups->host->timers, &group->rebalance);
        heap_cancel(groups->host->timers, &group->sync_limit);
        if (group->consumer != NULL)
            consumer_close(group->consumer);
    }
}

static void group_drop_offsets(struct group *group)
{
    size_t position = 0;
    struct group_offset *offset;
    while ((offset = map_next(&group->offsets, &position)) != NULL)
        offset_fini(offset);
}

void groups_fini(struct groups *groups)
{
    size_t position = 0;
    struct group *group;
    ASSERT(groups->writes_out == 0);
    while ((group = map_next(&groups->by_id, &position)) != NULL) {
        group_drop_members(group, KAFKA_NOT_COORDINATOR);
        group_drop_offsets(group);
        if (group->consumer != NULL)
            consumer_free(group->consumer);
        group_fini(group);
    }
    ASSERT(groups->transactions.count == 0);
    map_fini(&groups->transactions);
    map_fini(&groups->by_id);
}

/* Loading. */

static void load_members(struct group *group, const struct group_metadata_value *value)
{
    for (int32_t i = 0; i < value->members.count; i++) {
        const struct group_metadata_value_member_metadata *loaded = &value->members.items[i];
        struct group_protocol protocol = {value->protocol, loaded->subscription};
        struct group_member_options options = {
            .id = loaded->member_id,
            .instance_id = loaded->group_instance_id,
            .client_id = loaded->client_id,
            .client_host = loaded->client_host,
            .session_ms = loaded->session_timeout,
            .rebalance_ms =
                loaded->rebalance_timeout < 0 ? loaded->session_timeout : loaded->rebalance_timeout,
            .protocols = &protocol,
            .protocol_count = string_given(value->protocol),
        };
        if (member_find(group, loaded->member_id) != NULL)
            continue;
        struct group_member *member = member_add(group, &options, true);
        member_set_assignment(member, loaded->assignment);
        if (group->leader == NULL || strings_equal(loaded->member_id, value->leader))
            group->leader = member;
    }
}

/* The record's group, made where it is new; null: the record says that there is none. */
static struct group *group_to_load(struct groups *groups, const struct group_record_read *record)
{
    struct bytes id = string_bytes(record->key.group);
    struct group *group = group_find(groups, id);
    if (group != NULL || record->tombstone)
        return group;
    group_memory_force(groups->host->memory, group_cost(id.len));
    return group_make(groups, id);
}

static void load_group(struct groups *groups, const struct group_record_read *record)
{
    struct group *group = group_to_load(groups, record);
    if (group == NULL)
        return;
    group_drop_members(group, KAFKA_NOT_COORDINATOR);
    group->leader = NULL;
    text_free(&group->protocol_type);
    text_free(&group->protocol_name);
    group->stored = !record->tombstone;
    group->state = GROUP_EMPTY;
    if (record->tombstone) {
        group->generation = 0;
        group_forget_maybe(group);
        return;
    }
    /* A consumer group of its name has ended before. */
    if (group->consumer != NULL)
        consumer_free(group->consumer);
    const struct group_metadata_value *value = &record->group;
    group->generation = MUTANT(FORGET_GENERATION) ? 0 : value->generation;
    group->state_ms = MUTANT(EMPTY_SINCE_EVER) ? 0 : value->current_state_timestamp;
    if (value->protocol_type.len > 0)
        group->protocol_type = text_of_string(value->protocol_type);
    group->protocol_name = text_of_string(value->protocol);
    load_members(group, value);
    group->state = group->member_count > 0 ? GROUP_STABLE : GROUP_EMPTY;
}

static void load_offset(struct groups *groups, const struct group_record_read *record,
                        int64_t producer_id)
{
    struct group *group = group_to_load(groups, record);
    if (group == NULL)
        return;
    offset_load(group, record, producer_id);
    group_forget_maybe(group);
}

static void load_consumer(struct groups *groups, const struct group_record_read *record)
{
    struct group *group = group_to_load(groups, record);
    if (group == NULL)
        return;
    /* A classic group of its name has ended before. */
    if (group->member_count > 0 && !record->tombstone)
        group_drop_members(group, KAFKA_NOT_COORDINATOR);
    if (!record->tombstone) {
        group->state = GROUP_EMPTY;
        group->leader = NULL;
    }
    consumer_apply(group, &record->consumer);
    group_forget_maybe(group);
}

void groups_load(struct groups *groups, const struct group_record_read *record)
{
    switch (record->kind) {
    case GROUP_RECORD_GROUP:
        load_group(groups, record);
        return;
    case GROUP_RECORD_OFFSET:
        load_offset(groups, record, -1);
        return;
    case GROUP_RECORD_CONSUMER:
        load_consumer(groups, record);
        return;
    }
}

void groups_load_transactional(struct groups *groups, int64_t producer_id,
                               const struct group_record_read *record)
{
    ASSERT(producer_id >= 0);
    if (record->kind == GROUP_RECORD_OFFSET)
        load_offset(groups, record, producer_id);
    else
        groups_load(groups, record);
}

void groups_loaded(struct groups *groups)
{
    size_t position = 0;
    struct group *group;
    groups->loaded = true;
    while ((group = map_next(&groups->by_id, &position)) != NULL) {
        group_subscribe(group);
        if (group->consumer != NULL)
            consumer_loaded(group->consumer);
        LIST_EACH(node, &group->members)
            member_touch(LIST_ENTRY(node, struct group_member, node));
    }
}
