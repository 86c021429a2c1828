/*
 * Offsets that were committed inside transactions (KIP-98, KIP-447), until their markers.
 *
 * Each hangs on its place in the group, where readers of stable offsets and deletions look, and on
 * its producer's transaction, which the marker looks up. The producer's epoch is not looked at
 * here: the log has judged it before.
 *
 * A commit outside of transactions may come between such an offset and its marker. What counts then
 * is the order of the commits in the log, not that of the marker: compaction may have removed the
 * earlier one, and a replay has to come to the same end.
 */
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "group/group_internal.h"

/* All the open offsets of one producer. */
struct group_transaction {
    int64_t producer_id;
    struct list offsets; /* struct group_open_offset; never empty */
};

static uint64_t transaction_hash(int64_t producer_id)
{
    return hash_u64((uint64_t)producer_id);
}

static bool transaction_is_of(const void *item, const void *key)
{
    const struct group_transaction *transaction = item;
    return transaction->producer_id == *(const int64_t *)key;
}

static struct group_transaction *transaction_find(const struct groups *groups, int64_t producer_id)
{
    return map_find(&groups->transactions, transaction_hash(producer_id), transaction_is_of,
                    &producer_id);
}

static struct group_transaction *transaction_take(struct groups *groups, int64_t producer_id)
{
    struct group_transaction *transaction = transaction_find(groups, producer_id);
    if (transaction != NULL)
        return transaction;
    transaction = mem_alloc(sizeof *transaction);
    transaction->producer_id = producer_id;
    list_init(&transaction->offsets);
    map_insert(&groups->transactions, transaction_hash(producer_id), transaction);
    return transaction;
}

/* A transaction's own share is counted with each of its offsets: most have one partition only. */
size_t open_offset_cost(const struct group_offset_value *value)
{
    return sizeof(struct group_open_offset) + sizeof(struct group_transaction) +
           2 * sizeof(struct map_slot) + string_bytes(value->metadata).len;
}

struct group_open_offset *open_offset_new(int64_t producer_id,
                                          const struct group_offset_value *value)
{
    ASSERT(producer_id >= 0);
    struct group_open_offset *open = mem_alloc(sizeof *open);
    open->producer_id = producer_id;
    open->value = *value;
    open->metadata = text_of(string_bytes(value->metadata));
    open->value.metadata = text_string(open->metadata);
    list_init(&open->of_offset);
    list_init(&open->of_transaction);
    return open;
}

void open_offset_free(struct groups *groups, struct group_open_offset *open)
{
    list_remove(&open->of_offset);
    list_remove(&open->of_transaction);
    group_memory_give(groups->host->memory, open_offset_cost(&open->value));
    struct group_transaction *transaction = transaction_find(groups, open->producer_id);
    if (transaction != NULL && list_empty(&transaction->offsets)) {
        map_remove(&groups->transactions, transaction_hash(open->producer_id), transaction);
        mem_free(transaction);
    }
    text_free(&open->metadata);
    mem_free(open);
}

void offset_open(struct group_offset *offset, struct group_open_offset *open)
{
    struct groups *groups = offset->group->groups;
    ASSERT(list_empty(&open->of_offset));
    LIST_EACH(node, &offset->open) {
        struct group_open_offset *before = LIST_ENTRY(node, struct group_open_offset, of_offset);
        if (before->producer_id == open->producer_id)
            open_offset_free(groups, before);
    }
    struct group_transaction *transaction = transaction_take(groups, open->producer_id);
    open->offset = offset;
    open->order = ++groups->order;
    list_push_back(&offset->open, &open->of_offset);
    list_push_back(&transaction->offsets, &open->of_transaction);
}

void offset_close_all(struct group_offset *offset)
{
    LIST_EACH(node, &offset->open)
        open_offset_free(offset->group->groups,
                         LIST_ENTRY(node, struct group_open_offset, of_offset));
}

static void open_end(struct groups *groups, struct group_open_offset *open, bool committed)
{
    struct group_offset *offset = open->offset;
    struct group *group = offset->group;
    bool newest = !offset->committed || open->order > offset->order;
    if (committed && newest) {
        offset_fill(offset, &open->value);
        offset->order = open->order;
    }
    open_offset_free(groups, open);
    offset_free_maybe(offset);
    group_forget_maybe(group);
}

void groups_end_transaction(struct groups *groups, int64_t producer_id, bool committed)
{
    struct group_transaction *transaction = transaction_find(groups, producer_id);
    if (transaction == NULL)
        return;
    /* The transaction goes with the last of them. */
    struct list offsets;
    list_init(&offsets);
    list_append(&offsets, &transaction->offsets);
    LIST_EACH(node, &offsets)
        open_end(groups, LIST_ENTRY(node, struct group_open_offset, of_transaction), committed);
    ASSERT(transaction_find(groups, producer_id) == NULL);
}
