/*
 * Records are kept by producer and number; a partition keeps the record that was seen at each
 * offset. Ids are never reused, so that a value tells by itself whose it is.
 */
#include "tools/sim/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define PRODUCERS_MAX 256
#define PARTITIONS_MAX 4096
#define NUMBER_BITS 40
#define VIOLATION_BYTES 512

struct model_record {
    struct model_partition *partition;
    int64_t acknowledged; /* offset, or -1 */
    int64_t first_seen;   /* offset, or -1 */
    uint32_t sends;
    uint32_t places; /* offsets at which it was seen */
};

struct model_producer {
    bool idempotent;
    bool ordered;
    struct model_record *records;
    size_t count;
    size_t capacity;
};

struct model_partition {
    char topic[64];
    int32_t index;
    record_id *seen; /* by offset; 0: not seen yet */
    size_t seen_capacity;
    int64_t seen_end;
    int64_t high_watermark;
    record_id newest[PRODUCERS_MAX]; /* of each producer, of those seen */
};

struct model {
    struct model_partition *partitions[PARTITIONS_MAX];
    size_t partition_count;
    struct model_producer producers[PRODUCERS_MAX];
    unsigned producer_count;
    struct model_counts counts;
    bool broken;
    char violation[VIOLATION_BYTES];
};

struct model *model_new(void)
{
    return mem_alloc(sizeof(struct model));
}

void model_free(struct model *model)
{
    for (size_t i = 0; i < model->partition_count; i++) {
        mem_free(model->partitions[i]->seen);
        mem_free(model->partitions[i]);
    }
    for (unsigned i = 0; i < model->producer_count; i++)
        mem_free(model->producers[i].records);
    mem_free(model);
}

const char *model_violation(const struct model *model)
{
    return model->broken ? model->violation : NULL;
}

void model_break(struct model *model, const char *format, ...)
{
    va_list arguments;
    if (model->broken)
        return;
    model->broken = true;
    va_start(arguments, format);
    vsnprintf(model->violation, sizeof model->violation, format, arguments);
    va_end(arguments);
}

struct model_partition *model_add_partition(struct model *model, const char *topic, int32_t index)
{
    ASSERT(model->partition_count < PARTITIONS_MAX);
    struct model_partition *p = mem_alloc(sizeof *p);
    snprintf(p->topic, sizeof p->topic, "%s", topic);
    p->index = index;
    model->partitions[model->partition_count++] = p;
    return p;
}

const char *model_topic(const struct model_partition *partition)
{
    return partition->topic;
}

int32_t model_index(const struct model_partition *partition)
{
    return partition->index;
}

unsigned model_add_producer(struct model *model, bool idempotent, bool ordered)
{
    ASSERT(model->producer_count < PRODUCERS_MAX);
    model->producers[model->producer_count].idempotent = idempotent;
    model->producers[model->producer_count].ordered = ordered;
    return model->producer_count++;
}

static record_id id_of(unsigned producer, size_t number)
{
    return ((uint64_t)(producer + 1) << NUMBER_BITS) | number;
}

/* Null when no such record was ever sent. */
static struct model_record *record_of(struct model *model, record_id id)
{
    uint64_t producer = (id >> NUMBER_BITS) - 1;
    uint64_t number = id & (((uint64_t)1 << NUMBER_BITS) - 1);
    if (producer >= model->producer_count || number >= model->producers[producer].count)
        return NULL;
    return &model->producers[producer].records[number];
}

record_id model_send(struct model *model, unsigned producer, struct model_partition *partition)
{
    struct model_producer *p = &model->producers[producer];
    if (p->count == p->capacity) {
        size_t capacity = MAX(p->capacity * 2, (size_t)256);
        p->records = mem_realloc(p->records, p->capacity * sizeof *p->records,
                                 capacity * sizeof *p->records);
        p->capacity = capacity;
    }
    p->records[p->count] = (struct model_record){partition, -1, -1, 1, 0};
    model->counts.sent++;
    return id_of(producer, p->count++);
}

void model_send_again(struct model *model, record_id id)
{
    record_of(model, id)->sends++;
}

/* Eight bytes of a record's value. */
static uint64_t value_word(record_id id, size_t at)
{
    uint64_t word = (id + at) * 0x9e3779b97f4a7c15U;
    return word ^ (word >> 29);
}

void model_value(record_id id, uint8_t *value, size_t len)
{
    ASSERT(len >= MODEL_VALUE_MIN);
    store_be64(value, id);
    size_t at = 8;
    for (; at + 8 <= len; at += 8)
        store_be64(value + at, value_word(id, at));
    for (; at < len; at++)
        value[at] = (uint8_t)value_word(id, at);
}

static bool value_is_whole(record_id id, struct bytes value)
{
    uint64_t difference = 0;
    size_t at = 8;
    for (; at + 8 <= value.len; at += 8)
        difference |= load_be64(value.data + at) ^ value_word(id, at);
    for (; at < value.len; at++)
        difference |= value.data[at] ^ (uint8_t)value_word(id, at);
    return difference == 0;
}

static void partition_reserve(struct model_partition *p, int64_t end)
{
    if ((size_t)end <= p->seen_capacity)
        return;
    size_t capacity = MAX(p->seen_capacity * 2, MAX((size_t)end, (size_t)256));
    p->seen = mem_realloc(p->seen, p->seen_capacity * sizeof *p->seen, capacity * sizeof *p->seen);
    p->seen_capacity = capacity;
}

void model_acknowledged(struct model *model, record_id id, int64_t offset)
{
    struct model_record *record = record_of(model, id);
    struct model_partition *p = record->partition;
    bool moved = record->acknowledged >= 0 && record->acknowledged != offset;
    if (offset < 0 || (moved && model->producers[(id >> NUMBER_BITS) - 1].idempotent)) {
        model_break(model, "%s-%d: record %llx was acknowledged at %lld and at %lld", p->topic,
                    p->index, (unsigned long long)id, (long long)record->acknowledged,
                    (long long)offset);
        return;
    }
    partition_reserve(p, offset + 1);
    if (p->seen[offset] != 0 && p->seen[offset] != id) {
        model_break(model, "%s-%d: offset %lld was acknowledged for record %llx, but has %llx",
                    p->topic, p->index, (long long)offset, (unsigned long long)id,
                    (unsigned long long)p->seen[offset]);
        return;
    }
    p->seen[offset] = id;
    if (record->acknowledged < 0)
        model->counts.acknowledged++;
    record->acknowledged = offset;
}

/* What a producer sent earlier must not appear later. */
static void check_order(struct model *model, struct model_partition *p, record_id id,
                        int64_t offset)
{
    uint64_t producer = (id >> NUMBER_BITS) - 1;
    if (!model->producers[producer].ordered)
        return;
    if (id < p->newest[producer])
        model_break(model, "%s-%d: record %llx at %lld stands behind %llx, which was sent later",
                    p->topic, p->index, (unsigned long long)id, (long long)offset,
                    (unsigned long long)p->newest[producer]);
    p->newest[producer] = id;
}

static void check_new(struct model *model, struct model_partition *p, record_id id, int64_t offset)
{
    struct model_record *record = record_of(model, id);
    bool idempotent = model->producers[(id >> NUMBER_BITS) - 1].idempotent;
    record->places++;
    model->counts.seen++;
    if (record->places > 1)
        model->counts.duplicates++;
    if (record->places > (idempotent ? 1 : record->sends))
        model_break(model, "%s-%d: record %llx is at %lld and at %lld, it was sent %u times",
                    p->topic, p->index, (unsigned long long)id, (long long)record->first_seen,
                    (long long)offset, record->sends);
    if (record->first_seen < 0) {
        record->first_seen = offset;
        check_order(model, p, id, offset);
    }
}

void model_seen(struct model *model, struct model_partition *p, int64_t offset, struct bytes value)
{
    record_id id = value.len < MODEL_VALUE_MIN ? 0 : load_be64(value.data);
    const struct model_record *record = record_of(model, id);
    if (record == NULL || record->partition != p || !value_is_whole(id, value)) {
        model_break(model, "%s-%d: at %lld stands a record that nobody sent there", p->topic,
                    p->index, (long long)offset);
        return;
    }
    partition_reserve(p, offset + 1);
    if (p->seen[offset] != 0 && p->seen[offset] != id) {
        model_break(model, "%s-%d: offset %lld shows record %llx, it was %llx before", p->topic,
                    p->index, (long long)offset, (unsigned long long)id,
                    (unsigned long long)p->seen[offset]);
        return;
    }
    p->seen[offset] = id;
    if (offset < p->seen_end)
        return;
    p->seen_end = offset + 1;
    check_new(model, p, id, offset);
}

void model_high_watermark(struct model_partition *p, int64_t offset)
{
    p->high_watermark = MAX(p->high_watermark, offset);
}

void model_read_whole(struct model *model, struct model_partition *p, int64_t end)
{
    for (size_t offset = 0; offset < p->seen_capacity; offset++) {
        record_id id = p->seen[offset];
        if (id != 0 && (int64_t)offset >= end) {
            model_break(model, "%s-%d: the log ends at %lld, but record %llx was known at %zu",
                        p->topic, p->index, (long long)end, (unsigned long long)id, offset);
            return;
        }
    }
    if (end < p->high_watermark)
        model_break(model, "%s-%d: the log ends at %lld below its high watermark %lld", p->topic,
                    p->index, (long long)end, (long long)p->high_watermark);
}

void model_count(const struct model *model, struct model_counts *counts)
{
    *counts = model->counts;
}
