/*
 * Records are kept by producer and number; a partition keeps what is known of each offset. Ids are
 * never reused, so that a value tells by itself whose it is.
 */
#include "tools/sim/model.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_internal.h"

#define NUMBER_BITS 40
/* One record in so many is one. */
#define TOMBSTONE_EACH 8
/* No log of a simulated run comes near: a hostile offset must not become an allocation. */
#define OFFSET_MAX ((int64_t)1 << 32)

struct model *model_new(void)
{
    struct model *model = mem_alloc(sizeof *model);
    map_init(&model->producer_ids);
    return model;
}

void model_free(struct model *model)
{
    for (size_t i = 0; i < model->partition_count; i++) {
        mem_free(model->partitions[i]->places);
        mem_free(model->partitions[i]->spans);
        mem_free(model->partitions[i]->newest);
        mem_free(model->partitions[i]);
    }
    for (size_t i = 0; i < model->producer_count; i++)
        mem_free(model->producers[i].records);
    size_t position = 0;
    int64_t *id;
    while ((id = map_next(&model->producer_ids, &position)) != NULL)
        mem_free(id);
    map_fini(&model->producer_ids);
    mem_free(model->clock.jumps);
    mem_free(model->partitions);
    mem_free(model->producers);
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
    struct model_partition *p = mem_alloc(sizeof *p);
    size_t count = model->partition_count;
    snprintf(p->topic, sizeof p->topic, "%s", topic);
    p->model = model;
    p->index = index;
    p->epoch = -1;
    model->partitions =
        mem_realloc(model->partitions, count * sizeof(void *), (count + 1) * sizeof(void *));
    model->partitions[model->partition_count++] = p;
    return p;
}

const char *model_topic_name(const struct model_partition *partition)
{
    return partition->topic;
}

int32_t model_index(const struct model_partition *partition)
{
    return partition->index;
}

void model_use_append_time(struct model_partition *partition)
{
    partition->append_time = true;
}

void model_use_compaction(struct model_partition *partition, bool keeps_tombstones)
{
    partition->compacted = true;
    partition->keeps_tombstones = keeps_tombstones;
    for (uint32_t key = 0; key < MODEL_KEYS; key++)
        partition->last_of_key[key] = -1;
}

uint32_t model_key(record_id id)
{
    return (uint32_t)(hash_u64(id) % MODEL_KEYS);
}

bool model_is_tombstone(record_id id)
{
    return (hash_u64(id) >> 32) % TOMBSTONE_EACH == 0;
}

void model_last_read_begins(struct model *model)
{
    model->last_read = true;
}

unsigned model_add_producer(struct model *model, bool idempotent, bool ordered)
{
    size_t count = model->producer_count;
    model->producers = mem_realloc(model->producers, count * sizeof *model->producers,
                                   (count + 1) * sizeof *model->producers);
    model->producers[count].idempotent = idempotent;
    model->producers[count].ordered = ordered;
    model->producer_count++;
    return (unsigned)count;
}

static bool same_id(const void *item, const void *key)
{
    return *(const int64_t *)item == *(const int64_t *)key;
}

void model_new_producer_id(struct model *model, int64_t id)
{
    uint64_t hash = hash_u64((uint64_t)id);
    if (map_find(&model->producer_ids, hash, same_id, &id) != NULL)
        model_break(model, "two producers got the id %lld", (long long)id);
    int64_t *item = mem_alloc(sizeof *item);
    *item = id;
    map_insert(&model->producer_ids, hash, item);
}

static record_id id_of(unsigned producer, size_t number)
{
    return ((uint64_t)(producer + 1) << NUMBER_BITS) | number;
}

static size_t producer_of(record_id id)
{
    return (size_t)(id >> NUMBER_BITS) - 1;
}

struct model_record *model_record_of(const struct model *model, record_id id)
{
    size_t producer = producer_of(id);
    uint64_t number = id & (((uint64_t)1 << NUMBER_BITS) - 1);
    if (producer >= model->producer_count || number >= model->producers[producer].count)
        return NULL;
    return &model->producers[producer].records[number];
}

/* In a compacted log: one more copy of a record with this key is on its way. */
static void key_sent(struct model_partition *p, record_id id)
{
    if (p->compacted && !model_is_tombstone(id))
        p->unplaced[model_key(id)]++;
}

/* It stands there. */
static void key_placed(struct model_partition *p, record_id id, int64_t offset)
{
    uint32_t key = model_key(id);
    if (!p->compacted || model_is_tombstone(id))
        return;
    p->last_of_key[key] = MAX(p->last_of_key[key], offset);
    p->unplaced[key] -= p->unplaced[key] > 0;
}

bool model_may_be_replaced(const struct model_partition *p, int64_t offset)
{
    if (!p->compacted || (size_t)offset >= p->capacity || p->places[offset].id == 0)
        return p->compacted;
    record_id id = p->places[offset].id;
    if (model_is_tombstone(id))
        return !p->keeps_tombstones;
    return p->unplaced[model_key(id)] > 0 || p->last_of_key[model_key(id)] > offset;
}

record_id model_send(struct model *model, unsigned producer, struct model_partition *partition,
                     int64_t time_ms)
{
    ASSERT(producer < model->producer_count);
    struct model_producer *p = &model->producers[producer];
    if (p->count == p->capacity) {
        size_t capacity = MAX(p->capacity * 2, (size_t)256);
        p->records = mem_realloc(p->records, p->capacity * sizeof *p->records,
                                 capacity * sizeof *p->records);
        p->capacity = capacity;
    }
    p->records[p->count] = (struct model_record){.partition = partition,
                                                 .time_ms = time_ms,
                                                 .sent_ms = model_now_ms(model),
                                                 .acknowledged = -1,
                                                 .first_seen = -1,
                                                 .sends = 1};
    partition->newest_ms = MAX(partition->newest_ms, time_ms);
    partition->last_sent_ms = model_now_ms(model);
    model->counts.sent++;
    record_id id = id_of(producer, p->count++);
    key_sent(partition, id);
    return id;
}

void model_send_again(struct model *model, record_id id)
{
    struct model_record *record = model_record_of(model, id);
    record->sends++;
    record->partition->last_sent_ms = model_now_ms(model);
    key_sent(record->partition, id);
}

/*
 * A record's value: its id, then runs of 64 bytes, each a word of its own again and again. Where
 * every word is another one, compressing them takes a tenth of a run; here a record, a sector or
 * a block that stands elsewhere is still told, and so is a bit.
 */
#define VALUE_RUN 64

static uint64_t value_word(record_id id, size_t at)
{
    uint64_t word = (id + at / VALUE_RUN) * 0x9e3779b97f4a7c15U;
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

/* In which bits a run differs from its word. */
static uint64_t run_difference(const uint8_t *run, uint64_t word)
{
    uint64_t difference = 0;
    for (size_t i = 0; i < VALUE_RUN; i += 8)
        difference |= load_be64(run + i) ^ word;
    return difference;
}

static bool value_is_whole(record_id id, struct bytes value)
{
    uint64_t difference = 0;
    size_t at = 8;
    for (; at + 8 <= value.len && at % VALUE_RUN != 0; at += 8)
        difference |= load_be64(value.data + at) ^ value_word(id, at);
    for (; at + VALUE_RUN <= value.len; at += VALUE_RUN)
        difference |= run_difference(value.data + at, value_word(id, at));
    for (; at + 8 <= value.len; at += 8)
        difference |= load_be64(value.data + at) ^ value_word(id, at);
    for (; at < value.len; at++)
        difference |= value.data[at] ^ (uint8_t)value_word(id, at);
    return difference == 0;
}

struct model_place *model_place_at(struct model_partition *p, int64_t offset)
{
    ASSERT(offset >= 0 && offset < OFFSET_MAX);
    if ((size_t)offset >= p->capacity) {
        size_t capacity = MAX(p->capacity * 2, MAX((size_t)offset + 1, (size_t)256));
        p->places =
            mem_realloc(p->places, p->capacity * sizeof *p->places, capacity * sizeof *p->places);
        for (size_t i = p->capacity; i < capacity; i++)
            p->places[i].time_ms = MODEL_TIME_UNKNOWN;
        p->capacity = capacity;
    }
    return &p->places[offset];
}

void model_extend_known(struct model_partition *p)
{
    while ((size_t)p->known_end < p->capacity) {
        struct model_place *place = &p->places[p->known_end];
        if (place->id == 0 || place->time_ms == MODEL_TIME_UNKNOWN)
            return;
        int64_t before = p->known_end == 0 ? INT64_MIN : place[-1].highest_ms;
        place->highest_ms = MAX(before, place->time_ms);
        p->known_end++;
    }
}

static bool offset_fits(struct model *model, const struct model_partition *p, int64_t offset)
{
    if (offset >= 0 && offset < OFFSET_MAX)
        return true;
    model_break(model, "%s-%d: there was talk of offset %lld", p->topic, p->index,
                (long long)offset);
    return false;
}

void model_told_time(struct model *model, struct model_partition *p, int64_t offset,
                     int64_t time_ms)
{
    if (!offset_fits(model, p, offset))
        return;
    struct model_place *place = model_place_at(p, offset);
    if (place->time_ms != MODEL_TIME_UNKNOWN && place->time_ms != time_ms)
        model_break(model, "%s-%d: the record at %lld has the time %lld, it was %lld", p->topic,
                    p->index, (long long)offset, (long long)time_ms, (long long)place->time_ms);
    place->time_ms = time_ms;
    model_extend_known(p);
}

/* The record stands at the offset; false when another one does. */
static bool place_take(struct model *model, struct model_partition *p, int64_t offset, record_id id)
{
    struct model_place *place = model_place_at(p, offset);
    if (place->id != 0 && place->id != id) {
        model_break(model, "%s-%d: offset %lld has record %llx, but %llx was known there", p->topic,
                    p->index, (long long)offset, (unsigned long long)id,
                    (unsigned long long)place->id);
        return false;
    }
    if (place->id == 0)
        key_placed(p, id, offset);
    place->id = id;
    if (!p->append_time)
        model_told_time(model, p, offset, model_record_of(model, id)->time_ms);
    return true;
}

void model_acknowledged(struct model *model, record_id id, int64_t offset)
{
    struct model_record *record = model_record_of(model, id);
    struct model_partition *p = record->partition;
    if (!offset_fits(model, p, offset))
        return;
    bool moved = record->acknowledged >= 0 && record->acknowledged != offset;
    if (moved && model->producers[producer_of(id)].idempotent) {
        model_break(model, "%s-%d: record %llx was acknowledged at %lld and at %lld", p->topic,
                    p->index, (unsigned long long)id, (long long)record->acknowledged,
                    (long long)offset);
        return;
    }
    if (!place_take(model, p, offset, id))
        return;
    model_extend_known(p);
    if (record->acknowledged < 0)
        model->counts.acknowledged++;
    record->acknowledged = offset;
    p->high_watermark = MAX(p->high_watermark, offset + 1);
}

void model_refused(struct model *model, record_id id)
{
    struct model_record *record = model_record_of(model, id);
    ASSERT(record->sends == 1);
    record->refused = true;
    model->counts.refused++;
    if (record->places > 0)
        model_break(model, "%s-%d: record %llx was refused, but it is at %lld",
                    record->partition->topic, record->partition->index, (unsigned long long)id,
                    (long long)record->first_seen);
}

/* What a producer sent earlier must not appear later. */
static void check_order(struct model *model, struct model_partition *p, record_id id,
                        int64_t offset)
{
    size_t producer = producer_of(id);
    if (!model->producers[producer].ordered)
        return;
    if (producer >= p->newest_count) {
        size_t count = producer + 1;
        p->newest =
            mem_realloc(p->newest, p->newest_count * sizeof *p->newest, count * sizeof *p->newest);
        p->newest_count = count;
    }
    if (id < p->newest[producer])
        model_break(model, "%s-%d: record %llx at %lld stands behind %llx, which was sent later",
                    p->topic, p->index, (unsigned long long)id, (long long)offset,
                    (unsigned long long)p->newest[producer]);
    p->newest[producer] = id;
}

/* Consumers may begin anywhere; this sees each offset once, in order. */
static void check_next(struct model *model, struct model_partition *p, record_id id, int64_t offset)
{
    struct model_record *record = model_record_of(model, id);
    bool idempotent = model->producers[producer_of(id)].idempotent;
    record->places++;
    model->counts.seen++;
    if (record->places > 1)
        model->counts.duplicates++;
    if (record->places > (idempotent ? 1 : record->sends))
        model_break(model, "%s-%d: record %llx is at %lld and at %lld, it was sent %u times",
                    p->topic, p->index, (unsigned long long)id, (long long)record->first_seen,
                    (long long)offset, record->sends);
    if (record->refused)
        model_break(model, "%s-%d: record %llx was refused, but it is at %lld", p->topic, p->index,
                    (unsigned long long)id, (long long)offset);
    if (record->first_seen < 0) {
        record->first_seen = offset;
        /* Of what was sent again this may be a late copy; the first one was deleted, unseen. */
        bool late = record->sends > 1 && (p->start_asked > 0 || p->start_known > 0);
        if (!p->compacted && !late)
            check_order(model, p, id, offset);
    }
}

void model_extend_checked(struct model *model, struct model_partition *p)
{
    p->checked_end = MAX(p->checked_end, MAX(p->start_asked, p->start_known));
    while (!p->compacted && (size_t)p->checked_end < p->capacity &&
           p->places[p->checked_end].seen) {
        check_next(model, p, p->places[p->checked_end].id, p->checked_end);
        p->checked_end++;
    }
}

void model_seen(struct model *model, struct model_partition *p, const struct model_sight *sight)
{
    struct bytes value = sight->value;
    int64_t offset = sight->offset;
    record_id id = sight->tombstone;
    if (id == 0)
        id = value.len < MODEL_VALUE_MIN ? 0 : load_be64(value.data);
    bool tombstone = p->compacted && model_is_tombstone(id);
    const struct model_record *record = model_record_of(model, id);
    if (!offset_fits(model, p, offset))
        return;
    if (record == NULL || record->partition != p || tombstone != (sight->tombstone != 0) ||
        !value_is_whole(id, value)) {
        model_break(model, "%s-%d: at %lld stands a record that nobody sent there", p->topic,
                    p->index, (long long)offset);
        return;
    }
    if (!place_take(model, p, offset, id))
        return;
    model_told_time(model, p, offset, sight->time_ms);
    struct model_place *place = model_place_at(p, offset);
    bool first = !place->seen;
    place->seen = true;
    place->seen_last = place->seen_last || model->last_read;
    p->high_watermark = MAX(p->high_watermark, offset + 1);
    /* With holes there is no next offset. */
    if (p->compacted && first)
        check_next(model, p, id, offset);
    model_extend_checked(model, p);
}

void model_seen_batch(struct model_partition *p, int64_t base, uint64_t hash)
{
    if (!p->compacted && base >= 0 && (size_t)base < p->capacity)
        p->places[base].batch = hash;
}

bool model_knows_batch(const struct model_partition *p, int64_t base, uint64_t hash)
{
    return base >= 0 && (size_t)base < p->capacity && hash != 0 && p->places[base].batch == hash;
}

static void check_tombstone(struct model *model, const struct model_partition *p, size_t offset)
{
    const struct model_place *place = &p->places[offset];
    /* Of two copies the first one gives way. */
    bool copied = model_record_of(model, place->id)->sends > 1 &&
                  !model->producers[producer_of(place->id)].idempotent;
    if (p->keeps_tombstones && !place->seen_last && !copied)
        model_break(model, "%s-%d: the tombstone %llx at %zu is gone before its time", p->topic,
                    p->index, (unsigned long long)place->id, offset);
}

/* Of each key the last record that is known must have been read. What is below the log start was
 * judged when that moved. */
static void check_compacted(struct model *model, const struct model_partition *p)
{
    bool found[MODEL_KEYS] = {0};
    size_t start = (size_t)MAX(p->start_known, p->start_asked);
    for (size_t offset = p->capacity; offset-- > start;) {
        const struct model_place *place = &p->places[offset];
        if (place->id != 0 && model_is_tombstone(place->id)) {
            check_tombstone(model, p, offset);
            continue;
        }
        if (place->id == 0 || found[model_key(place->id)])
            continue;
        found[model_key(place->id)] = true;
        if (!place->seen_last)
            model_break(model, "%s-%d: record %llx at %zu is the last one of key %u, and gone",
                        p->topic, p->index, (unsigned long long)place->id, offset,
                        model_key(place->id));
    }
}

void model_read_whole(struct model *model, struct model_partition *p, int64_t end)
{
    for (size_t offset = 0; offset < p->capacity; offset++) {
        record_id id = p->places[offset].id;
        if (id != 0 && (int64_t)offset >= end) {
            model_break(model, "%s-%d: the log ends at %lld, but record %llx was known at %zu",
                        p->topic, p->index, (long long)end, (unsigned long long)id, offset);
            return;
        }
    }
    if (p->compacted)
        check_compacted(model, p);
    else if (end > p->checked_end)
        model_break(model, "%s-%d: the log ends at %lld, but %lld was not read", p->topic, p->index,
                    (long long)end, (long long)p->checked_end);
    if (p->retains)
        model_judge_rest(model, p, end);
    if (end < p->high_watermark)
        model_break(model, "%s-%d: the log ends at %lld below its high watermark %lld", p->topic,
                    p->index, (long long)end, (long long)p->high_watermark);
}

void model_count(const struct model *model, struct model_counts *counts)
{
    *counts = model->counts;
}
