/*
 * Applying the catalog's records to a core's image.
 *
 * Records come in order and are never refused for their meaning: the catalog's writer has judged
 * them. What names an unknown topic belonged to one that was removed, and is passed over.
 */
#include "broker/image.h"

#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/core.h"
#include "protocol/batch.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

#define SCRATCH_BYTES (4 * MIB)
#define PARTITION_INDEX_MAX 1000000
#define RESOURCE_TOPIC 2
#define RESOURCE_BROKER 4

struct applying {
    struct image *image;
    struct image_listener *listener;
    struct arena *arena;
};

void image_init(struct image *image, const struct config *config, unsigned core_count,
                unsigned core)
{
    *image = (struct image){
        .config = config,
        .core_count = core_count,
        .core = core,
        .offset = -1,
        .broker_epoch = -1,
    };
    map_init(&image->by_name);
    map_init(&image->by_id);
    image->scratch = region_new(SCRATCH_BYTES, 4096);
}

static void pairs_free(struct config_pair *pairs, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        mem_free(pairs[i].name);
        mem_free(pairs[i].value);
    }
    mem_free(pairs);
}

static void topic_free(struct image_topic *topic)
{
    pairs_free(topic->overrides, topic->override_count);
    mem_free(topic->partitions);
    mem_free(topic->name);
    mem_free(topic);
}

void image_fini(struct image *image)
{
    for (uint32_t i = 0; i < image->topic_count; i++)
        topic_free(image->sorted[i]);
    for (uint32_t i = 0; i < image->feature_count; i++)
        mem_free(image->features[i].name);
    pairs_free(image->broker_overrides, image->broker_override_count);
    pairs_free(image->default_overrides, image->default_override_count);
    mem_free(image->sorted);
    map_fini(&image->by_name);
    map_fini(&image->by_id);
    region_free(image->scratch);
}

/* Lookups. */

static bool topic_has_name(const void *item, const void *key)
{
    const struct image_topic *topic = item;
    return bytes_equal(bytes_of_string(topic->name), *(const struct bytes *)key);
}

static bool topic_has_id(const void *item, const void *key)
{
    const struct image_topic *topic = item;
    return uuid_equal(topic->id, *(const struct uuid *)key);
}

struct image_topic *image_topic_named(const struct image *image, struct bytes name)
{
    return map_find(&image->by_name, hash_bytes(name), topic_has_name, &name);
}

struct image_topic *image_topic_with_id(const struct image *image, struct uuid id)
{
    return map_find(&image->by_id, uuid_hash(id), topic_has_id, &id);
}

struct image_partition *image_partition_at(struct image_topic *topic, int32_t index)
{
    if (index < 0 || index >= topic->partition_count)
        return NULL;
    return &topic->partitions[index];
}

int16_t image_feature_level(const struct image *image, const char *name)
{
    for (uint32_t i = 0; i < image->feature_count; i++)
        if (strcmp(image->features[i].name, name) == 0)
            return image->features[i].level;
    return 0;
}

/* Where a name stands, or would stand, in the sorted list. */
static uint32_t topic_place(const struct image *image, const char *name)
{
    uint32_t low = 0;
    uint32_t high = image->topic_count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (strcmp(image->sorted[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* Topics. */

static void topic_configure(struct image *image, struct image_topic *topic)
{
    struct config_layers layers = {
        .config = image->config,
        .broker = image->broker_overrides,
        .broker_count = image->broker_override_count,
        .defaults = image->default_overrides,
        .default_count = image->default_override_count,
    };
    topic_config_build_layered(&topic->config, &layers, topic->overrides, topic->override_count);
}

static void apply_topic(struct applying *a, const struct topic_record *record)
{
    struct image *image = a->image;
    struct image_topic *topic = mem_alloc(sizeof *topic);
    topic->name = mem_copy_bytes(string_bytes(record->name));
    topic->id = record->topic_id;
    topic->internal = strcmp(topic->name, "__consumer_offsets") == 0 ||
                      strcmp(topic->name, "__transaction_state") == 0;
    topic_configure(image, topic);
    if (image->topic_count == image->topic_capacity) {
        uint32_t capacity = MAX(image->topic_capacity * 2, 64u);
        image->sorted = mem_realloc(image->sorted, image->topic_capacity * sizeof(void *),
                                    capacity * sizeof(void *));
        image->topic_capacity = capacity;
    }
    uint32_t at = topic_place(image, topic->name);
    memmove(&image->sorted[at + 1], &image->sorted[at],
            (image->topic_count - at) * sizeof *image->sorted);
    image->sorted[at] = topic;
    image->topic_count++;
    map_insert(&image->by_name, hash_bytes(bytes_of_string(topic->name)), topic);
    map_insert(&image->by_id, uuid_hash(topic->id), topic);
}

static int apply_partition(struct applying *a, const struct partition_record *record)
{
    struct image *image = a->image;
    struct image_topic *topic = image_topic_with_id(image, record->topic_id);
    if (topic == NULL)
        return 0;
    int32_t index = record->partition_id;
    if (index < 0 || index > PARTITION_INDEX_MAX)
        return ERR_MALFORMED;
    if (index >= topic->partition_count) {
        int32_t count = index + 1;
        topic->partitions = mem_realloc(topic->partitions,
                                        (size_t)topic->partition_count * sizeof *topic->partitions,
                                        (size_t)count * sizeof *topic->partitions);
        image->partition_count += (uint32_t)(count - topic->partition_count);
        topic->partition_count = count;
    }
    struct image_partition *p = &topic->partitions[index];
    p->leader_epoch = record->leader_epoch;
    p->partition_epoch = record->partition_epoch;
    p->owner = core_of_partition(image->core_count, topic->id, index);
    if (record->directories.count > 0)
        p->directory = record->directories.items[0];
    if (p->owner == image->core && p->partition == NULL && a->listener != NULL)
        a->listener->created(a->listener, topic, index);
    return 0;
}

static void apply_partition_change(struct applying *a, const struct partition_change_record *record)
{
    struct image_topic *topic = image_topic_with_id(a->image, record->topic_id);
    struct image_partition *p =
        topic == NULL ? NULL : image_partition_at(topic, record->partition_id);
    if (p == NULL)
        return;
    p->partition_epoch++;
    if (record->leader >= 0)
        p->leader_epoch++;
}

static void apply_remove_topic(struct applying *a, const struct remove_topic_record *record)
{
    struct image *image = a->image;
    struct image_topic *topic = image_topic_with_id(image, record->topic_id);
    if (topic == NULL)
        return;
    if (a->listener != NULL)
        a->listener->removed(a->listener, topic);
    uint32_t at = topic_place(image, topic->name);
    ASSERT(image->sorted[at] == topic);
    memmove(&image->sorted[at], &image->sorted[at + 1],
            (image->topic_count - at - 1) * sizeof *image->sorted);
    image->topic_count--;
    image->partition_count -= (uint32_t)topic->partition_count;
    map_remove(&image->by_name, hash_bytes(bytes_of_string(topic->name)), topic);
    map_remove(&image->by_id, uuid_hash(topic->id), topic);
    topic_free(topic);
}

/* Configuration. */

/* Sets, replaces or (with a null value) removes one pair; the list stays sorted by name. */
static void pair_set(struct config_pair **pairs, uint32_t *count, struct bytes name,
                     struct string value)
{
    uint32_t at = 0;
    while (at < *count && bytes_compare(bytes_of_string((*pairs)[at].name), name) < 0)
        at++;
    bool there = at < *count && bytes_equal(bytes_of_string((*pairs)[at].name), name);
    if (value.len < 0) {
        if (!there)
            return;
        mem_free((*pairs)[at].name);
        mem_free((*pairs)[at].value);
        memmove(&(*pairs)[at], &(*pairs)[at + 1], (*count - at - 1) * sizeof **pairs);
        (*count)--;
        return;
    }
    if (!there) {
        *pairs = mem_realloc(*pairs, *count * sizeof **pairs, (*count + 1) * sizeof **pairs);
        memmove(&(*pairs)[at + 1], &(*pairs)[at], (*count - at) * sizeof **pairs);
        (*pairs)[at].name = mem_copy_bytes(name);
        (*count)++;
    } else {
        mem_free((*pairs)[at].value);
    }
    (*pairs)[at].value = mem_copy_bytes(string_bytes(value));
}

static void apply_broker_config(struct applying *a, const struct config_record *record)
{
    struct image *image = a->image;
    if (record->resource_name.len <= 0)
        pair_set(&image->default_overrides, &image->default_override_count,
                 string_bytes(record->name), record->value);
    else
        pair_set(&image->broker_overrides, &image->broker_override_count,
                 string_bytes(record->name), record->value);
    for (uint32_t i = 0; i < image->topic_count; i++) {
        topic_configure(image, image->sorted[i]);
        if (a->listener != NULL)
            a->listener->configured(a->listener, image->sorted[i]);
    }
}

static void apply_config(struct applying *a, const struct config_record *record)
{
    if (record->resource_type == RESOURCE_BROKER) {
        apply_broker_config(a, record);
        return;
    }
    struct image_topic *topic = image_topic_named(a->image, string_bytes(record->resource_name));
    if (record->resource_type != RESOURCE_TOPIC || topic == NULL)
        return;
    pair_set(&topic->overrides, &topic->override_count, string_bytes(record->name), record->value);
    topic_configure(a->image, topic);
    if (a->listener != NULL)
        a->listener->configured(a->listener, topic);
}

static void apply_feature(struct applying *a, const struct feature_level_record *record)
{
    struct image *image = a->image;
    struct bytes name = string_bytes(record->name);
    for (uint32_t i = 0; i < image->feature_count; i++) {
        if (bytes_equal(bytes_of_string(image->features[i].name), name)) {
            image->features[i].level = record->feature_level;
            return;
        }
    }
    if (image->feature_count == IMAGE_FEATURES_MAX)
        return;
    image->features[image->feature_count++] =
        (struct image_feature){mem_copy_bytes(name), record->feature_level};
}

/* Records. */

static int apply_message(struct applying *a, const struct message_type *type, const void *message)
{
    if (type == &topic_record_type)
        apply_topic(a, message);
    else if (type == &partition_record_type)
        return apply_partition(a, message);
    else if (type == &partition_change_record_type)
        apply_partition_change(a, message);
    else if (type == &remove_topic_record_type)
        apply_remove_topic(a, message);
    else if (type == &config_record_type)
        apply_config(a, message);
    else if (type == &feature_level_record_type)
        apply_feature(a, message);
    else if (type == &producer_ids_record_type)
        a->image->producer_id_next =
            ((const struct producer_ids_record *)message)->next_producer_id;
    else if (type == &register_broker_record_type)
        a->image->broker_epoch = ((const struct register_broker_record *)message)->broker_epoch;
    return 0;
}

static const struct message_type *type_of_key(uint32_t key)
{
    static const struct message_type *const types[] = {
        &topic_record_type,        &partition_record_type,       &partition_change_record_type,
        &remove_topic_record_type, &config_record_type,          &feature_level_record_type,
        &producer_ids_record_type, &register_broker_record_type,
    };
    for (size_t i = 0; i < ARRAY_LENGTH(types); i++)
        if ((uint32_t)types[i]->api_key == key)
            return types[i];
    return NULL;
}

/* A record's value: frame version, type, version, message (KIP-631). */
static int apply_value(struct applying *a, struct blob value)
{
    struct reader reader;
    struct bytes bytes = blob_bytes(value);
    reader_init(&reader, bytes.data, bytes.len);
    uint32_t frame = read_uvarint(&reader);
    uint32_t key = read_uvarint(&reader);
    uint32_t version = read_uvarint(&reader);
    if (reader.error != 0)
        return ERR_MALFORMED;
    const struct message_type *type = type_of_key(key);
    if (frame > 1)
        return ERR_VERSION;
    if (type == NULL)
        return 0;
    if (version > (uint32_t)type->version_max)
        return ERR_VERSION;
    void *message = arena_alloc(a->arena, type->size);
    if (message == NULL)
        return ERR_NO_MEMORY;
    int result = message_decode(type, (int16_t)version, &reader, a->arena, message);
    return result == 0 ? apply_message(a, type, message) : ERR_MALFORMED;
}

int image_apply(struct image *image, const uint8_t *batch, uint32_t len,
                struct image_listener *listener)
{
    struct arena arena;
    struct reader reader;
    struct bytes records = batch_records(batch, len);
    int result = 0;
    reader_init(&reader, records.data, records.len);
    int32_t count = batch_is_control(batch) ? 0 : batch_record_count(batch);
    for (int32_t i = 0; result == 0 && i < count; i++) {
        struct record record;
        result = record_read(&reader, &record);
        if (result != 0)
            break;
        arena_init(&arena, image->scratch, SCRATCH_BYTES);
        struct applying a = {image, listener, &arena};
        result = apply_value(&a, record.value);
        arena_reset(&arena);
    }
    image->offset = batch_last_offset(batch);
    return result;
}
