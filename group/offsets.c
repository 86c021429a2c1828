/*
 * Committed offsets of a group.
 *
 * A commit takes its places before it is appended, so that it cannot fail for memory behind that,
 * and fills them when it is durable. Deletions look at places that are not filled yet, too: then
 * what memory holds follows the order of the log, whatever is on its way at the same time.
 * Offsets of a transaction wait beside the committed ones for its end (transactions.c).
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

struct offset_key {
    struct bytes topic;
    int32_t partition;
};

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

static uint64_t offset_hash(const struct group *group, const struct offset_key *key)
{
    return hash_u64(hash_bytes_keyed(key->topic, host_of(group)->secret) ^
                    (uint64_t)(uint32_t)key->partition);
}

static bool offset_has_key(const void *item, const void *wanted)
{
    const struct group_offset *offset = item;
    const struct offset_key *key = wanted;
    return offset->partition == key->partition &&
           bytes_equal(text_bytes(offset->topic), key->topic);
}

struct group_offset *offset_find(const struct group *group, struct string topic, int32_t partition)
{
    struct offset_key key = {string_bytes(topic), partition};
    return map_find(&group->offsets, offset_hash(group, &key), offset_has_key, &key);
}

static size_t offset_cost(size_t topic_len)
{
    return sizeof(struct group_offset) + topic_len + 2 * sizeof(struct map_slot);
}

static struct group_offset *offset_make(struct group *group, struct string topic, int32_t partition)
{
    struct offset_key key = {string_bytes(topic), partition};
    struct group_offset *offset = mem_alloc(sizeof *offset);
    offset->group = group;
    offset->hash = offset_hash(group, &key);
    offset->topic = text_of(key.topic);
    offset->partition = partition;
    list_init(&offset->open);
    map_insert(&group->offsets, offset->hash, offset);
    group->groups->offset_count++;
    return offset;
}

void offset_fini(struct group_offset *offset)
{
    struct group *group = offset->group;
    offset_close_all(offset);
    group->groups->offset_count--;
    group_memory_give(host_of(group)->memory,
                      offset_cost((size_t)offset->topic.len) + (size_t)offset->metadata.len);
    text_free(&offset->topic);
    text_free(&offset->metadata);
    mem_free(offset);
}

void offset_free(struct group_offset *offset)
{
    map_remove(&offset->group->offsets, offset->hash, offset);
    offset_fini(offset);
}

void offset_free_maybe(struct group_offset *offset)
{
    ASSERT(offset->out >= offset->out_open);
    if (offset->out == 0 && !offset->committed && list_empty(&offset->open))
        offset_free(offset);
}

void offset_fill(struct group_offset *offset, const struct group_offset_value *value)
{
    struct group_memory *memory = host_of(offset->group)->memory;
    struct bytes metadata = string_bytes(value->metadata);
    group_memory_force(memory, metadata.len);
    group_memory_give(memory, (size_t)offset->metadata.len);
    if (metadata.len == 0)
        text_free(&offset->metadata);
    else
        text_set(&offset->metadata, metadata);
    offset->value = *value;
    offset->value.metadata = STRING_NULL;
    offset->order = ++offset->group->groups->order;
    offset->committed = true;
}

void offset_load(struct group *group, const struct group_record_read *record, int64_t producer_id)
{
    struct group_offset *offset = offset_find(group, record->key.topic, record->key.partition);
    if (record->tombstone) {
        if (offset != NULL)
            offset_free(offset);
        return;
    }
    if (offset == NULL) {
        group_memory_force(host_of(group)->memory,
                           offset_cost(string_bytes(record->key.topic).len));
        offset = offset_make(group, record->key.topic, record->key.partition);
    }
    group->stored = true;
    if (producer_id >= 0) {
        group_memory_force(host_of(group)->memory, open_offset_cost(&record->offset));
        offset_open(offset, open_offset_new(producer_id, &record->offset));
    } else {
        offset_fill(offset, &record->offset);
    }
    if (MUTANT(FORGET_LEADER_EPOCH))
        offset->value.epoch = -1;
}

/* Commits. */

/* Who is nobody's member may look, and commit while there are none. */
static int16_t consumer_error(const struct consumer *consumer, struct string member_id,
                              int32_t epoch)
{
    const struct consumer_member *member = consumer_find(consumer, member_id);
    if (member == NULL)
        return KAFKA_UNKNOWN_MEMBER_ID;
    if (member->current.epoch == epoch || MUTANT(COMMIT_OLD_MEMBER_EPOCH))
        return KAFKA_NONE;
    return consumer_is_classic(member) ? KAFKA_ILLEGAL_GENERATION : KAFKA_STALE_MEMBER_EPOCH;
}

/* Producers before KIP-447 do not say who consumes for them, not even beside members. */
static bool commit_is_named(const struct group_commit *commit)
{
    const struct group_caller *caller = &commit->caller;
    return caller->generation >= 0 || caller->member_id.len > 0 ||
           string_given(caller->instance_id);
}

static int16_t consumer_commit_error(const struct consumer *consumer,
                                     const struct group_commit *commit)
{
    const struct group_caller *caller = &commit->caller;
    bool transactional = commit->write.transactional;
    bool alone = consumer->member_count == 0 || MUTANT(COMMIT_BESIDE_CONSUMERS);
    if (caller->generation < 0 && alone)
        return KAFKA_NONE;
    if (transactional && caller->generation == -1 && !commit_is_named(commit))
        return KAFKA_NONE;
    const struct consumer_member *modern = consumer_find(consumer, caller->member_id);
    if (!transactional && modern != NULL && !consumer_is_classic(modern) && !commit->knows_epochs)
        return KAFKA_UNSUPPORTED_VERSION;
    int16_t error = consumer_error(consumer, caller->member_id, caller->generation);
    /* Kafka gives producers the error of classic groups. */
    return transactional && error == KAFKA_STALE_MEMBER_EPOCH ? KAFKA_ILLEGAL_GENERATION : error;
}

static int16_t commit_error(const struct group *group, const struct group_commit *commit)
{
    const struct group_caller *caller = &commit->caller;
    bool transactional = commit->write.transactional;
    if (group->consumer != NULL)
        return consumer_commit_error(group->consumer, commit);
    /* Whoever assigns partitions by himself, or an administrator, while nobody is a member. */
    bool alone = group->state == GROUP_EMPTY || MUTANT(COMMIT_BESIDE_MEMBERS);
    if (caller->generation < 0 && alone)
        return KAFKA_NONE;
    if (!commit_is_named(commit))
        return transactional ? KAFKA_NONE : KAFKA_UNKNOWN_MEMBER_ID;
    int16_t error = member_check(group, caller->member_id, caller->instance_id);
    if ((error == KAFKA_FENCED_INSTANCE_ID && MUTANT(COMMIT_FENCED_MEMBER)) ||
        (error == KAFKA_UNKNOWN_MEMBER_ID && MUTANT(COMMIT_UNKNOWN_MEMBER)))
        error = KAFKA_NONE;
    if (error != KAFKA_NONE)
        return error;
    if (caller->generation != group->generation && !MUTANT(COMMIT_OLD_GENERATION))
        return KAFKA_ILLEGAL_GENERATION;
    bool early = !transactional && group->state == GROUP_COMPLETING;
    return early ? KAFKA_REBALANCE_IN_PROGRESS : KAFKA_NONE;
}

/* A commit of nobody behind an older generation's members would be one beside them, to whoever
 * reads the log: first it has to know that they are gone. */
static int16_t commit_behind_members(struct group *group)
{
    if (!group->empty_unknown || MUTANT(COMMIT_BESIDE_MEMBERS))
        return KAFKA_NONE;
    if (group->writes_out == 0)
        group_store_empty(group);
    return KAFKA_COORDINATOR_NOT_AVAILABLE;
}

static void commit_answer(struct group_commit *commit, int16_t error)
{
    commit->error = error;
    commit->done(commit);
}

/* Gives back the places of the first `count` items. */
static void commit_give_places(struct group *group, struct group_commit *commit, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct group_commit_item *item = &commit->items[i];
        struct group_offset *slot = item->slot;
        ASSERT(slot->out > 0);
        slot->out--;
        slot->out_open -= commit->write.transactional;
        if (item->open != NULL)
            open_offset_free(group->groups, item->open);
        offset_free_maybe(slot);
    }
}

/* What a value needs beside its place: for a transaction all of it at once, else only the room for
 * the metadata, which is counted when it is filled in. */
static bool commit_take_value(struct group *group, const struct group_commit *commit,
                              struct group_commit_item *item, size_t place)
{
    struct group_memory *memory = host_of(group)->memory;
    size_t metadata = string_bytes(item->value.metadata).len;
    item->open = NULL;
    if (commit->write.transactional) {
        if (!group_memory_take(memory, place + open_offset_cost(&item->value)))
            return false;
        item->open = open_offset_new(commit->write.producer.id, &item->value);
        return true;
    }
    if (item->slot != NULL)
        metadata -= MIN(metadata, (size_t)item->slot->metadata.len);
    if ((place > 0 || metadata > 0) && !group_memory_take(memory, place + metadata))
        return false;
    group_memory_give(memory, metadata);
    return true;
}

static bool commit_take_places(struct group *group, struct group_commit *commit)
{
    for (uint32_t i = 0; i < commit->count; i++) {
        struct group_commit_item *item = &commit->items[i];
        item->slot = offset_find(group, item->topic, item->partition);
        size_t place = item->slot == NULL ? offset_cost(string_bytes(item->topic).len) : 0;
        if (!commit_take_value(group, commit, item, place)) {
            commit_give_places(group, commit, i);
            return false;
        }
        if (item->slot == NULL)
            item->slot = offset_make(group, item->topic, item->partition);
        item->slot->out++;
        item->slot->out_open += commit->write.transactional;
    }
    return true;
}

/* It is durable. */
static void commit_apply(struct group_commit_item *item)
{
    if (item->open == NULL) {
        offset_fill(item->slot, &item->value);
        return;
    }
    offset_open(item->slot, item->open);
    item->open = NULL;
}

static int16_t commit_result(int result)
{
    if (result == ERR_TOO_LARGE)
        return KAFKA_INVALID_COMMIT_OFFSET_SIZE;
    return result == ERR_DENIED ? KAFKA_INVALID_PRODUCER_EPOCH : group_store_error(result);
}

static void commit_written(struct group_write *write, int result)
{
    struct group_commit *commit = CONTAINER_OF(write, struct group_commit, write);
    struct group *group = commit->group;
    groups_write_ended(group);
    if (result == 0)
        group->stored = true;
    bool counts = result == 0 || MUTANT(KEEP_FAILED_COMMIT);
    for (uint32_t i = 0; counts && i < commit->count; i++)
        commit_apply(&commit->items[i]);
    commit_give_places(group, commit, commit->count);
    group_forget_maybe(group);
    commit_answer(commit, commit_result(result));
}

void groups_commit(struct groups *groups, struct group_commit *commit)
{
    const struct group_caller *caller = &commit->caller;
    struct bytes id = string_bytes(caller->group_id);
    struct group *group = group_find(groups, id);
    if (groups->closed || (group != NULL && group->deleting)) {
        commit_answer(commit,
                      groups->closed ? KAFKA_NOT_COORDINATOR : KAFKA_COORDINATOR_NOT_AVAILABLE);
        return;
    }
    bool transactional = commit->write.transactional;
    if (transactional && id.len == 0) {
        commit_answer(commit, KAFKA_INVALID_GROUP_ID);
        return;
    }
    if (group == NULL && caller->generation >= 0) {
        commit_answer(commit, transactional ? KAFKA_ILLEGAL_GENERATION : KAFKA_GROUP_ID_NOT_FOUND);
        return;
    }
    if (group == NULL)
        group = group_take(groups, id);
    if (group == NULL) {
        commit_answer(commit, KAFKA_COORDINATOR_NOT_AVAILABLE);
        return;
    }
    int16_t error = commit_error(group, commit);
    if (error == KAFKA_NONE)
        error = commit_behind_members(group);
    struct group_member *member = member_find(group, caller->member_id);
    if (error == KAFKA_NONE && member != NULL && !transactional)
        member_touch(member);
    if (error == KAFKA_NONE && !commit_take_places(group, commit))
        error = KAFKA_COORDINATOR_NOT_AVAILABLE;
    if (error != KAFKA_NONE || commit->count == 0) {
        group_forget_maybe(group);
        commit_answer(commit, error);
        return;
    }
    commit->group = group;
    commit->write.done = commit_written;
    for (uint32_t i = 0; MUTANT(SHOW_COMMIT_EARLY) && i < commit->count; i++)
        commit_apply(&commit->items[i]);
    groups_write_started(group);
    groups->host->append(groups->host, groups, &commit->write);
}

/* Fetching. */

static void fetch_fill(struct group_fetch *fetch, struct group_fetch_item *item,
                       const struct group_offset *offset)
{
    item->value = (struct group_offset_value){.offset = -1, .epoch = -1, .metadata = {"", 0}};
    if (offset == NULL)
        return;
    /* What is on its way to the log counts: it was allowed, and may be committed before long. */
    if (fetch->stable && (!list_empty(&offset->open) || offset->out_open > 0)) {
        item->error = KAFKA_UNSTABLE_OFFSET_COMMIT;
        return;
    }
    if (!offset->committed)
        return;
    item->value = offset->value;
    item->value.metadata = group_reply_string(&fetch->reply, text_string(offset->metadata));
    if (!string_given(item->value.metadata))
        item->value.metadata = (struct string){"", 0};
}

static int item_compare(const void *a, const void *b)
{
    const struct group_fetch_item *x = a;
    const struct group_fetch_item *y = b;
    int order = bytes_compare(string_bytes(x->topic), string_bytes(y->topic));
    if (order != 0)
        return order;
    return (x->partition > y->partition) - (x->partition < y->partition);
}

static void fetch_all(struct group *group, struct group_fetch *fetch)
{
    size_t position = 0;
    struct group_offset *offset;
    fetch->items = group_reply_alloc(&fetch->reply, group->offsets.count, sizeof *fetch->items);
    while ((offset = map_next(&group->offsets, &position)) != NULL) {
        if (!offset->committed)
            continue;
        struct group_fetch_item *item = &fetch->items[fetch->count++];
        item->topic = group_reply_string(&fetch->reply, text_string(offset->topic));
        item->partition = offset->partition;
        fetch_fill(fetch, item, offset);
    }
    qsort(fetch->items, fetch->count, sizeof *fetch->items, item_compare);
}

void groups_fetch(struct groups *groups, struct group_fetch *fetch)
{
    struct group *group = group_find(groups, string_bytes(fetch->group_id));
    fetch->error = groups->closed ? KAFKA_NOT_COORDINATOR : KAFKA_NONE;
    if (groups->closed)
        return;
    bool nobody = !string_given(fetch->member_id) && fetch->member_epoch < 0;
    if (group != NULL && group->consumer != NULL && !nobody)
        fetch->error = consumer_error(group->consumer, fetch->member_id, fetch->member_epoch);
    if (fetch->error != KAFKA_NONE)
        return;
    if (fetch->all) {
        fetch->count = 0;
        if (group != NULL)
            fetch_all(group, fetch);
        return;
    }
    for (uint32_t i = 0; i < fetch->count; i++) {
        struct group_fetch_item *item = &fetch->items[i];
        if (item->error == KAFKA_NONE)
            fetch_fill(fetch, item,
                       group == NULL ? NULL : offset_find(group, item->topic, item->partition));
    }
}
