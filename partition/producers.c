/*
 * Producer state: a map from producer id to its epoch and its last five batches.
 *
 * The rules are those of Kafka's ProducerAppendInfo and ProducerStateEntry. A batch that repeats
 * one of the five exactly (same epoch, first and last sequence) is a duplicate. An epoch below the
 * current one is fenced; a new one starts at sequence 0. Else the sequence follows the last one,
 * from INT32_MAX to 0. A producer nobody remembers may start anywhere: retention may have removed
 * its records. A batch without a sequence repeats nothing and follows anything.
 *
 * Traces lie in order, oldest first, so that undoing is moving at most four of them. A ring would
 * save that move and make every other function harder to read.
 */
#include "partition/producers.h"

#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/mutant.h"
#include "base/util.h"
#include "partition/producers_internal.h"
#include "protocol/batch.h"

struct producer_batch producer_batch_of(const uint8_t *batch, int64_t base_offset,
                                        int64_t timestamp)
{
    uint32_t span = (uint32_t)batch_last_offset_delta(batch);
    uint32_t first = (uint32_t)batch_base_sequence(batch);
    return (struct producer_batch){
        .producer_id = batch_producer_id(batch),
        .epoch = batch_producer_epoch(batch),
        .first_sequence = (int32_t)first,
        .last_sequence = batch_base_sequence(batch) < 0 ? PRODUCER_NO_SEQUENCE
                                                        : (int32_t)((first + span) & INT32_MAX),
        .base_offset = base_offset,
        .last_offset = base_offset + (int64_t)span,
        .timestamp = timestamp,
        .transactional = batch_is_transactional(batch),
    };
}

struct producers *producers_new(void)
{
    struct producers *producers = mem_alloc(sizeof *producers);
    map_init(&producers->map);
    return producers;
}

void producers_clear(struct producers *producers)
{
    size_t position = 0;
    struct producer *p;
    while ((p = map_next(&producers->map, &position)) != NULL)
        mem_free(p);
    map_fini(&producers->map);
    producers->open = 0;
}

void producers_free(struct producers *producers)
{
    if (producers == NULL)
        return;
    producers_clear(producers);
    mem_free(producers);
}

static bool producer_match(const void *item, const void *key)
{
    const struct producer *p = item;
    return p->id == *(const int64_t *)key;
}

struct producer *producers_find(const struct producers *producers, int64_t id)
{
    return map_find(&producers->map, hash_u64((uint64_t)id), producer_match, &id);
}

struct producer *producers_add(struct producers *producers, int64_t id)
{
    struct producer *p = mem_alloc(sizeof *p);
    *p = (struct producer){
        .id = id,
        .last_timestamp = -1,
        .transaction_start = -1,
        .coordinator_epoch = -1,
        .epoch = -1,
    };
    map_insert(&producers->map, hash_u64((uint64_t)id), p);
    return p;
}

void producer_set_transaction(struct producers *producers, struct producer *p, int64_t start)
{
    producers->open += start >= 0;
    producers->open -= p->transaction_start >= 0;
    p->transaction_start = start;
}

static void producers_remove(struct producers *producers, struct producer *p)
{
    producer_set_transaction(producers, p, -1);
    map_remove(&producers->map, hash_u64((uint64_t)p->id), p);
    mem_free(p);
}

static int32_t trace_first_sequence(const struct producer_trace *trace)
{
    if (trace->last_sequence == PRODUCER_NO_SEQUENCE)
        return PRODUCER_NO_SEQUENCE;
    return (int32_t)((uint32_t)(trace->last_sequence - trace->offset_delta) & INT32_MAX);
}

static int32_t producer_last_sequence(const struct producer *p)
{
    return p->count == 0 ? -1 : p->traces[p->count - 1].last_sequence;
}

static bool producer_repeats(const struct producer *p, const struct producer_batch *batch,
                             struct producer_batch *original)
{
    for (uint32_t i = MUTANT(KNOW_LAST_BATCH_ALONE) ? p->count - 1U : 0; i < p->count; i++) {
        const struct producer_trace *trace = &p->traces[i];
        if (trace->last_sequence != batch->last_sequence ||
            trace_first_sequence(trace) != batch->first_sequence)
            continue;
        *original = *batch;
        original->base_offset = trace->last_offset - trace->offset_delta;
        original->last_offset = trace->last_offset;
        original->timestamp = trace->timestamp;
        return true;
    }
    return false;
}

bool producers_know(const struct producers *producers, int64_t producer_id)
{
    const struct producer *p = producers_find(producers, producer_id);
    return p != NULL && p->epoch != -1;
}

enum producer_verdict producers_check(const struct producers *producers,
                                      const struct producer_batch *batch,
                                      struct producer_batch *original)
{
    const struct producer *p = producers_find(producers, batch->producer_id);
    if (p == NULL || p->epoch == -1)
        return PRODUCER_APPEND;
    if (batch->epoch < p->epoch && !MUTANT(ACCEPT_OLD_EPOCH))
        return PRODUCER_FENCED;
    if (batch->first_sequence == PRODUCER_NO_SEQUENCE)
        return PRODUCER_APPEND;
    if (batch->epoch > p->epoch)
        return batch->first_sequence == 0 ? PRODUCER_APPEND : PRODUCER_OUT_OF_ORDER;
    if (producer_repeats(p, batch, original))
        return PRODUCER_DUPLICATE;
    int32_t last = producer_last_sequence(p);
    int32_t next = last == INT32_MAX ? 0 : last + 1;
    return batch->first_sequence == next || MUTANT(ACCEPT_ANY_SEQUENCE) ? PRODUCER_APPEND
                                                                        : PRODUCER_OUT_OF_ORDER;
}

static void undo_keep(struct producer_undo *undo, const struct producer *p, bool created)
{
    *undo = (struct producer_undo){
        .producer_id = p->id,
        .last_timestamp = p->last_timestamp,
        .transaction_start = p->transaction_start,
        .epoch = p->epoch,
        .created = created,
    };
}

/* Makes room for one trace; what goes is kept in `undo`. */
static void producer_evict(struct producer *p, uint32_t count, struct producer_undo *undo)
{
    ASSERT(count <= p->count);
    if (undo != NULL) {
        memcpy(undo->evicted, p->traces, count * sizeof *p->traces);
        undo->evicted_count = (uint8_t)count;
    }
    p->count = (uint8_t)(p->count - count);
    memmove(p->traces, p->traces + count, p->count * sizeof *p->traces);
}

void producers_apply(struct producers *producers, const struct producer_batch *batch,
                     struct producer_undo *undo)
{
    ASSERT(batch->producer_id >= 0 && batch->last_offset >= batch->base_offset);
    ASSERT(batch->last_offset - batch->base_offset <= INT32_MAX);
    struct producer *p = producers_find(producers, batch->producer_id);
    bool created = p == NULL;
    if (created)
        p = producers_add(producers, batch->producer_id);
    if (undo != NULL)
        undo_keep(undo, p, created);
    if (p->epoch != batch->epoch)
        producer_evict(p, p->count, undo);
    else if (p->count == PRODUCER_BATCHES)
        producer_evict(p, 1, undo);
    p->epoch = batch->epoch;
    p->last_timestamp = batch->timestamp;
    p->used_ns = MAX(p->used_ns, batch->now_ns);
    if (batch->transactional && p->transaction_start < 0)
        producer_set_transaction(producers, p, batch->base_offset);
    p->traces[p->count++] = (struct producer_trace){
        .last_offset = batch->last_offset,
        .timestamp = batch->timestamp,
        .last_sequence = batch->last_sequence,
        .offset_delta = (int32_t)(batch->last_offset - batch->base_offset),
    };
}

void producers_revert(struct producers *producers, const struct producer_undo *undo)
{
    struct producer *p = producers_find(producers, undo->producer_id);
    ASSERT(p != NULL && p->count > 0);
    if (undo->created) {
        ASSERT(p->count == 1);
        producers_remove(producers, p);
        return;
    }
    /* Without its newest trace; the evicted ones come back in front of the rest. */
    p->count--;
    ASSERT(p->count + undo->evicted_count <= PRODUCER_BATCHES);
    memmove(p->traces + undo->evicted_count, p->traces, p->count * sizeof *p->traces);
    memcpy(p->traces, undo->evicted, undo->evicted_count * sizeof *p->traces);
    p->count = (uint8_t)(p->count + undo->evicted_count);
    p->epoch = undo->epoch;
    p->last_timestamp = undo->last_timestamp;
    /* It stays in use: the client will try again. */
    producer_set_transaction(producers, p, undo->transaction_start);
}

void producers_end_transaction(struct producers *producers, int64_t producer_id, int16_t epoch,
                               int64_t timestamp)
{
    ASSERT(producer_id >= 0);
    struct producer *p = producers_find(producers, producer_id);
    if (p == NULL)
        p = producers_add(producers, producer_id);
    if (p->epoch != epoch)
        p->count = 0;
    p->epoch = epoch;
    p->last_timestamp = timestamp;
    producer_set_transaction(producers, p, -1);
}

int64_t producers_transaction_start(const struct producers *producers, int64_t producer_id)
{
    const struct producer *p = producers_find(producers, producer_id);
    return p == NULL ? -1 : p->transaction_start;
}

int64_t producers_first_open(const struct producers *producers)
{
    int64_t first = -1;
    size_t position = 0;
    const struct producer *p;
    if (producers->open == 0)
        return -1;
    while ((p = map_next(&producers->map, &position)) != NULL)
        if (p->transaction_start >= 0 && (first < 0 || p->transaction_start < first))
            first = p->transaction_start;
    ASSERT(first >= 0);
    return first;
}

static bool producer_is_idle(const struct producer *p, const struct producer_expiry *expiry)
{
    if (p->transaction_start >= 0 || p->last_timestamp >= expiry->before_ms ||
        p->used_ns > expiry->unused_since_ns)
        return false;
    return p->count == 0 || p->traces[p->count - 1].last_offset < expiry->durable_end;
}

uint32_t producers_expire(struct producers *producers, const struct producer_expiry *expiry)
{
    size_t position = 0;
    uint32_t expired = 0;
    struct producer *p;
    struct map kept;
    map_init(&kept);
    while ((p = map_next(&producers->map, &position)) != NULL)
        expired += producer_is_idle(p, expiry);
    if (expired == 0)
        return 0;
    position = 0;
    while ((p = map_next(&producers->map, &position)) != NULL) {
        if (producer_is_idle(p, expiry))
            mem_free(p);
        else
            map_insert(&kept, hash_u64((uint64_t)p->id), p);
    }
    map_fini(&producers->map);
    producers->map = kept;
    return expired;
}

uint32_t producers_count(const struct producers *producers)
{
    return (uint32_t)producers->map.count;
}

static int last_order(const void *left, const void *right)
{
    const struct producer_last *a = left;
    const struct producer_last *b = right;
    return (a->id > b->id) - (a->id < b->id);
}

struct producer_last *producers_last(const struct producers *producers, uint32_t *count)
{
    *count = (uint32_t)producers->map.count;
    if (*count == 0)
        return NULL;
    struct producer_last *last = mem_alloc_array(*count, sizeof *last);
    size_t position = 0;
    uint32_t at = 0;
    const struct producer *p;
    while ((p = map_next(&producers->map, &position)) != NULL)
        last[at++] = (struct producer_last){
            .id = p->id,
            .last_offset = p->count > 0 ? p->traces[p->count - 1].last_offset : -1,
            .epoch = p->epoch,
        };
    ASSERT(at == *count);
    qsort(last, *count, sizeof *last, last_order);
    return last;
}

bool producers_next(const struct producers *producers, size_t *position, struct producer_view *view)
{
    const struct producer *p = map_next(&producers->map, position);
    if (p == NULL)
        return false;
    *view = (struct producer_view){
        .id = p->id,
        .last_timestamp = p->last_timestamp,
        .transaction_start = p->transaction_start,
        .coordinator_epoch = p->coordinator_epoch,
        .last_sequence = p->count > 0 ? p->traces[p->count - 1].last_sequence : -1,
        .epoch = p->epoch,
    };
    return true;
}
