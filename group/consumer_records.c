/* Sets of partitions to lists by topic and back; the rest is the schema's. */
#include "group/consumer_records.h"

#include "base/assert.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/records.h"

#define CURRENT_TOPIC consumer_group_current_member_assignment_value_topic_partitions
#define TARGET_TOPIC consumer_group_target_assignment_member_value_topic_partition

/* The two lists have one layout under two names. */
struct topic_list {
    struct CURRENT_TOPIC *items;
    int32_t count;
};
_Static_assert(sizeof(struct CURRENT_TOPIC) == sizeof(struct TARGET_TOPIC), "one layout");
_Static_assert(offsetof(struct CURRENT_TOPIC, partitions) ==
                   offsetof(struct TARGET_TOPIC, partitions),
               "one layout");

/* Reading. */

static int spots_read(const struct CURRENT_TOPIC *topics, int32_t count, struct arena *arena,
                      struct spots *out)
{
    size_t total = 0;
    uint32_t at = 0;
    for (int32_t i = 0; i < count; i++)
        total += (size_t)MAX(topics[i].partitions.count, 0);
    struct spot *items = arena_alloc_array(arena, MAX(total, 1), sizeof *items);
    if (items == NULL || total > UINT32_MAX)
        return ERR_NO_MEMORY;
    for (int32_t i = 0; i < count; i++)
        for (int32_t j = 0; j < topics[i].partitions.count; j++)
            items[at++] = (struct spot){topics[i].topic_id, topics[i].partitions.items[j]};
    *out = spots_of(items, at);
    return 0;
}

static int current_read(struct blob value, struct arena *arena, struct consumer_current *current)
{
    struct consumer_group_current_member_assignment_value message;
    int result = group_value_decode(&consumer_group_current_member_assignment_value_type, value,
                                    arena, &message);
    if (result != 0)
        return result;
    current->epoch = message.member_epoch;
    current->previous_epoch = message.previous_member_epoch;
    current->state = message.state;
    result = spots_read(message.assigned_partitions.items, message.assigned_partitions.count, arena,
                        &current->assigned);
    if (result != 0)
        return result;
    return spots_read(message.partitions_pending_revocation.items,
                      message.partitions_pending_revocation.count, arena, &current->revoking);
}

static int target_read(struct blob value, struct arena *arena, struct spots *target)
{
    struct consumer_group_target_assignment_member_value message;
    int result = group_value_decode(&consumer_group_target_assignment_member_value_type, value,
                                    arena, &message);
    if (result != 0)
        return result;
    return spots_read((const struct CURRENT_TOPIC *)(const void *)message.topic_partitions.items,
                      message.topic_partitions.count, arena, target);
}

static int epoch_read(struct blob value, struct arena *arena, struct consumer_change *change)
{
    struct consumer_group_metadata_value message;
    int result = group_value_decode(&consumer_group_metadata_value_type, value, arena, &message);
    if (result != 0)
        return result;
    change->epoch = message.epoch;
    change->hash = message.metadata_hash;
    return 0;
}

static int target_epoch_read(struct blob value, struct arena *arena, struct consumer_change *change)
{
    struct consumer_group_target_assignment_metadata_value message;
    int result = group_value_decode(&consumer_group_target_assignment_metadata_value_type, value,
                                    arena, &message);
    if (result != 0)
        return result;
    change->epoch = message.assignment_epoch;
    return 0;
}

/* All keys are the group, and for some a member or a pattern behind it. */
static int key_read(struct reader *key, struct arena *arena, struct string *group,
                    struct consumer_change *change)
{
    bool pair = change->kind != CONSUMER_EPOCH && change->kind != CONSUMER_TOPICS &&
                change->kind != CONSUMER_TARGET_EPOCH;
    int result;
    if (pair) {
        struct consumer_group_member_metadata_key message;
        result = message_decode(&consumer_group_member_metadata_key_type, 0, key, arena, &message);
        *group = message.group_id;
        change->key = message.member_id;
    } else {
        struct consumer_group_metadata_key message;
        result = message_decode(&consumer_group_metadata_key_type, 0, key, arena, &message);
        *group = message.group_id;
    }
    return result;
}

int consumer_record_decode(uint16_t type, struct reader *key, struct blob value,
                           struct arena *arena, struct string *group,
                           struct consumer_change *change)
{
    ASSERT(consumer_record_known(type));
    *change = (struct consumer_change){
        .kind = (enum consumer_change_kind)type,
        .key = {NULL, -1},
        .tombstone = value.len < 0,
    };
    int result = key_read(key, arena, group, change);
    if (result != 0 || change->tombstone)
        return result;
    switch (change->kind) {
    case CONSUMER_EPOCH:
        return epoch_read(value, arena, change);
    case CONSUMER_MEMBER:
        return group_value_decode(&consumer_group_member_metadata_value_type, value, arena,
                                  &change->member);
    case CONSUMER_TARGET_EPOCH:
        return target_epoch_read(value, arena, change);
    case CONSUMER_TARGET:
        return target_read(value, arena, &change->target);
    case CONSUMER_CURRENT:
        return current_read(value, arena, &change->current);
    case CONSUMER_PATTERN:
        return group_value_decode(&consumer_group_regular_expression_value_type, value, arena,
                                  &change->pattern);
    case CONSUMER_CLASSIC:
    case CONSUMER_TOPICS:
        return 0;
    }
    UNREACHABLE();
}

/* Writing. */

static struct topic_list topics_of(struct group_reply *memory, struct spots set)
{
    struct topic_list list = {group_reply_alloc(memory, set.count, sizeof *list.items), 0};
    int32_t *numbers = group_reply_alloc(memory, set.count, sizeof *numbers);
    for (uint32_t i = 0; i < set.count;) {
        struct CURRENT_TOPIC *topic = &list.items[list.count++];
        uint32_t end = spots_topic_end(set, i);
        message_defaults(&consumer_group_current_member_assignment_value_topic_partitions_struct,
                         topic);
        topic->topic_id = set.items[i].topic;
        topic->partitions.items = numbers + i;
        topic->partitions.count = (int32_t)(end - i);
        for (; i < end; i++)
            numbers[i] = set.items[i].partition;
    }
    return list;
}

static void write_part(struct group_reply *memory, uint16_t head, const struct message_type *type,
                       const void *message, struct blob *part)
{
    size_t size = 2 + message_size(type, 0, message, false);
    struct writer w;
    uint8_t *bytes = group_reply_alloc(memory, size, 1);
    writer_init(&w, bytes, size);
    write_be16(&w, head);
    int result = message_encode(type, 0, message, &w, NULL);
    ASSERT(result == 0 && w.error == 0);
    *part = (struct blob){bytes, (int32_t)size};
}

static void write_key(struct group_reply *memory, struct string group,
                      const struct consumer_change *change, struct blob *key)
{
    if (change->key.len >= 0) {
        struct consumer_group_member_metadata_key message;
        message_defaults(&consumer_group_member_metadata_key_struct, &message);
        message.group_id = group;
        message.member_id = change->key;
        write_part(memory, (uint16_t)change->kind, &consumer_group_member_metadata_key_type,
                   &message, key);
        return;
    }
    struct consumer_group_metadata_key message;
    message_defaults(&consumer_group_metadata_key_struct, &message);
    message.group_id = group;
    write_part(memory, (uint16_t)change->kind, &consumer_group_metadata_key_type, &message, key);
}

static void write_current(struct group_reply *memory, const struct consumer_current *current,
                          struct blob *value)
{
    struct consumer_group_current_member_assignment_value message;
    message_defaults(&consumer_group_current_member_assignment_value_struct, &message);
    message.member_epoch = MUTANT(FORGET_MEMBER_EPOCH) ? current->previous_epoch : current->epoch;
    message.previous_member_epoch = current->previous_epoch;
    message.state = current->state;
    struct topic_list assigned = topics_of(memory, current->assigned);
    message.assigned_partitions.items = assigned.items;
    message.assigned_partitions.count = assigned.count;
    struct topic_list revoking = topics_of(memory, current->revoking);
    message.partitions_pending_revocation.items = revoking.items;
    message.partitions_pending_revocation.count = revoking.count;
    write_part(memory, 0, &consumer_group_current_member_assignment_value_type, &message, value);
}

static void write_target(struct group_reply *memory, struct spots target, struct blob *value)
{
    struct consumer_group_target_assignment_member_value message;
    struct topic_list list = topics_of(memory, target);
    message_defaults(&consumer_group_target_assignment_member_value_struct, &message);
    message.topic_partitions.items = (void *)list.items;
    message.topic_partitions.count = list.count;
    write_part(memory, 0, &consumer_group_target_assignment_member_value_type, &message, value);
}

static void write_epoch(struct group_reply *memory, const struct consumer_change *change,
                        struct blob *value)
{
    struct consumer_group_metadata_value message;
    message_defaults(&consumer_group_metadata_value_struct, &message);
    message.epoch = change->epoch;
    message.metadata_hash = change->hash;
    write_part(memory, 0, &consumer_group_metadata_value_type, &message, value);
}

static void write_target_epoch(struct group_reply *memory, int32_t epoch, struct blob *value)
{
    struct consumer_group_target_assignment_metadata_value message;
    message_defaults(&consumer_group_target_assignment_metadata_value_struct, &message);
    message.assignment_epoch = epoch;
    write_part(memory, 0, &consumer_group_target_assignment_metadata_value_type, &message, value);
}

void consumer_record_write(struct group_reply *memory, struct string group,
                           const struct consumer_change *change, struct group_record *record)
{
    record->value = (struct blob){NULL, -1};
    write_key(memory, group, change, &record->key);
    if (change->tombstone)
        return;
    switch (change->kind) {
    case CONSUMER_EPOCH:
        write_epoch(memory, change, &record->value);
        return;
    case CONSUMER_MEMBER:
        write_part(memory, 0, &consumer_group_member_metadata_value_type, &change->member,
                   &record->value);
        return;
    case CONSUMER_TARGET_EPOCH:
        write_target_epoch(memory, change->epoch, &record->value);
        return;
    case CONSUMER_TARGET:
        write_target(memory, change->target, &record->value);
        return;
    case CONSUMER_CURRENT:
        write_current(memory, &change->current, &record->value);
        return;
    case CONSUMER_PATTERN:
        write_part(memory, 0, &consumer_group_regular_expression_value_type, &change->pattern,
                   &record->value);
        return;
    case CONSUMER_CLASSIC:
    case CONSUMER_TOPICS:
        break;
    }
    UNREACHABLE();
}
