/*
 * Applying the catalog's records to a core's image.
 *
 * Records come in order and are never refused for their meaning: the catalog's writer has judged
 * them. What names an unknown topic belonged to one that was removed, and is passed over.
 */
#include "broker/catalog/image.h"

#include <stdio.h>
#include <string.h>

#include "base/arena.h"
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_pairs.h"
#include "broker/core.h"
#include "protocol/batch.h"
#include "protocol/record.h"
#include "protocol/schema/metadata_records.h"

#define SCRATCH_BYTES (16 * MIB)
#define PARTITION_INDEX_MAX 1000000
#define NO_LEADER_CHANGE (-2)
/* Levels of metadata.version from which Kafka has something. */
#define LEVEL_REGISTRATION_2 8 /* 3.4-IV0 */
#define LEVEL_DIRECTORIES 17   /* 3.7-IV2 */
#define LEVEL_ELIGIBLE 23      /* 4.0-IV1: eligible leader replicas */

struct applying {
    struct image *image;
    struct image_listener *listener;
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
    map_init(&image->by_metric);
    image->scratch = region_new(SCRATCH_BYTES, 4096);
    catalog_replay_init(&image->replay, image->scratch);
}

static void topic_free(struct image_topic *topic)
{
    config_pairs_free(topic->overrides, topic->override_count);
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
    config_pairs_free(image->broker_overrides, image->broker_override_count);
    config_pairs_free(image->default_overrides, image->default_override_count);
    image_settings_fini(&image->settings);
    credentials_fini(&image->credentials);
    mem_free(image->sorted);
    map_fini(&image->by_name);
    map_fini(&image->by_id);
    map_fini(&image->by_metric);
    catalog_replay_fini(&image->replay);
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

static uint8_t metric_character(uint8_t character)
{
    return character == '.' ? '_' : character;
}

static uint64_t metric_hash(struct bytes name)
{
    uint8_t part[64];
    uint64_t hash = name.len;
    for (size_t at = 0; at < name.len; at += sizeof part) {
        size_t len = MIN(name.len - at, sizeof part);
        for (size_t i = 0; i < len; i++)
            part[i] = metric_character(name.data[at + i]);
        hash = hash * 31 + hash_bytes((struct bytes){part, len});
    }
    return hash;
}

static bool topic_collides(const void *item, const void *key)
{
    struct bytes own = bytes_of_string(((const struct image_topic *)item)->name);
    const struct bytes *name = key;
    bool same = own.len == name->len;
    for (size_t i = 0; same && i < own.len; i++)
        same = metric_character(own.data[i]) == metric_character(name->data[i]);
    return same;
}

struct image_topic *image_topic_colliding(const struct image *image, struct bytes name)
{
    return map_find(&image->by_metric, metric_hash(name), topic_collides, &name);
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

struct image_partition *image_partition_with_id(const struct image *image, struct uuid topic_id,
                                                int32_t index)
{
    struct image_topic *topic = image_topic_with_id(image, topic_id);
    return topic == NULL ? NULL : image_partition_at(topic, index);
}

struct partition *image_partition_here(const struct image *image, struct uuid topic_id,
                                       int32_t index)
{
    struct image_partition *place = image_partition_with_id(image, topic_id, index);
    return place == NULL ? NULL : place->partition;
}

struct config_layers image_config_layers(const struct image *image)
{
    return (struct config_layers){
        .config = image->config,
        .broker = image->broker_overrides,
        .broker_count = image->broker_override_count,
        .defaults = image->default_overrides,
        .default_count = image->default_override_count,
    };
}

int16_t image_feature_level(const struct image *image, const char *name)
{
    for (uint32_t i = 0; i < image->feature_count; i++)
        if (strcmp(image->features[i].name, name) == 0)
            return image->features[i].level;
    return 0;
}

int16_t image_partition_record_version(const struct image *image)
{
    int16_t level = image_feature_level(image, "metadata.version");
    return level >= LEVEL_ELIGIBLE ? 2 : level >= LEVEL_DIRECTORIES ? 1 : 0;
}

int16_t image_partition_change_version(const struct image *image)
{
    return image_partition_record_version(image);
}

int16_t image_register_broker_version(const struct image *image)
{
    int16_t level = image_feature_level(image, "metadata.version");
    return level >= LEVEL_DIRECTORIES ? 3 : level >= LEVEL_REGISTRATION_2 ? 2 : 1;
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

/* Looking up each value for each topic was most of what its creation took. */
static void image_build_plain(struct image *image)
{
    if (image->plain_built)
        return;
    struct config_layers layers = image_config_layers(image);
    if (image->broker_changes == 0)
        image->plain = *image->config->topic;
    else
        topic_config_build(&image->plain, &layers);
    image->producer_idle_ms = config_layers_integer(&layers, "producer.id.expiration.ms");
    image->plain_built = true;
}

int64_t image_producer_idle_ms(struct image *image)
{
    image_build_plain(image);
    return image->producer_idle_ms;
}

static void topic_configure(struct image *image, struct image_topic *topic)
{
    image_build_plain(image);
    topic_config_override(&topic->config, &image->plain, topic->overrides, topic->override_count);
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
    image->sorted =
        mem_grow(image->sorted, image->topic_count, &image->topic_capacity, sizeof *image->sorted);
    uint32_t at = topic_place(image, topic->name);
    memmove(&image->sorted[at + 1], &image->sorted[at],
            (image->topic_count - at) * sizeof *image->sorted);
    image->sorted[at] = topic;
    image->topic_count++;
    map_insert(&image->by_name, hash_bytes(bytes_of_string(topic->name)), topic);
    map_insert(&image->by_id, uuid_hash(topic->id), topic);
    map_insert(&image->by_metric, metric_hash(bytes_of_string(topic->name)), topic);
}

static bool is_foreign(const struct image *image, const int32_t *replicas, int32_t count)
{
    return count != 1 || replicas[0] != image->config->node_id;
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
        image->topics_version++;
        topic->partition_count = count;
    }
    struct image_partition *p = &topic->partitions[index];
    p->leader = record->leader;
    p->leader_epoch = record->leader_epoch;
    p->partition_epoch = record->partition_epoch;
    p->owner = core_of_partition(image->core_count, topic->id, index);
    if (record->directories.count > 0)
        p->directory = record->directories.items[0];
    p->foreign = is_foreign(image, record->replicas.items, record->replicas.count);
    if (p->owner == image->core && p->partition == NULL && a->listener != NULL)
        a->listener->created(a->listener, topic, index);
    return 0;
}

static void apply_partition_change(struct applying *a, const struct partition_change_record *record)
{
    struct image_partition *p =
        image_partition_with_id(a->image, record->topic_id, record->partition_id);
    if (p == NULL)
        return;
    p->partition_epoch = catalog_next_epoch(p->partition_epoch);
    if (record->leader != NO_LEADER_CHANGE) {
        p->leader = record->leader;
        p->leader_epoch = catalog_next_epoch(p->leader_epoch);
        if (a->listener != NULL)
            a->listener->led(a->listener, p);
    }
    if (record->directories.count > 0)
        p->directory = record->directories.items[0];
    if (record->replicas.count >= 0)
        p->foreign = is_foreign(a->image, record->replicas.items, record->replicas.count);
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
    image->topics_version++;
    image->partition_count -= (uint32_t)topic->partition_count;
    map_remove(&image->by_name, hash_bytes(bytes_of_string(topic->name)), topic);
    map_remove(&image->by_id, uuid_hash(topic->id), topic);
    map_remove(&image->by_metric, metric_hash(bytes_of_string(topic->name)), topic);
    topic_free(topic);
}

/* Configuration. */

/* Whether a configuration is for all brokers or for this one. */
static bool is_own_broker(const struct image *image, struct string name)
{
    char id[12];
    (void)snprintf(id, sizeof id, "%d", image->config->node_id);
    return name.len <= 0 || bytes_equal(string_bytes(name), bytes_of_string(id));
}

static void apply_broker_config(struct applying *a, const struct config_record *record)
{
    struct image *image = a->image;
    if (!is_own_broker(image, record->resource_name))
        return;
    image->broker_changes++;
    image->plain_built = false;
    if (record->resource_name.len <= 0)
        config_pairs_set(&image->default_overrides, &image->default_override_count,
                         string_bytes(record->name), record->value);
    else
        config_pairs_set(&image->broker_overrides, &image->broker_override_count,
                         string_bytes(record->name), record->value);
    for (uint32_t i = 0; i < image->topic_count; i++) {
        topic_configure(image, image->sorted[i]);
        if (a->listener != NULL)
            a->listener->configured(a->listener, image->sorted[i]);
    }
}

static void apply_config(struct applying *a, const struct config_record *record)
{
    if (record->resource_type == CONFIG_RESOURCE_BROKER) {
        apply_broker_config(a, record);
        return;
    }
    if (record->resource_type == CONFIG_RESOURCE_GROUP ||
        record->resource_type == CONFIG_RESOURCE_CLIENT_METRICS) {
        image_settings_config(&a->image->settings, record);
        return;
    }
    struct image_topic *topic = image_topic_named(a->image, string_bytes(record->resource_name));
    if (record->resource_type != CONFIG_RESOURCE_TOPIC || topic == NULL)
        return;
    config_pairs_set(&topic->overrides, &topic->override_count, string_bytes(record->name),
                     record->value);
    topic_configure(a->image, topic);
    if (a->listener != NULL)
        a->listener->configured(a->listener, topic);
}

/* Kafka removes a feature by level 0. */
static void apply_feature(struct applying *a, const struct feature_level_record *record)
{
    struct image *image = a->image;
    struct bytes name = string_bytes(record->name);
    uint32_t at = 0;
    while (at < image->feature_count &&
           !bytes_equal(bytes_of_string(image->features[at].name), name))
        at++;
    if (at < image->feature_count && record->feature_level == 0) {
        mem_free(image->features[at].name);
        image->features[at] = image->features[--image->feature_count];
    } else if (at < image->feature_count) {
        image->features[at].level = record->feature_level;
    } else if (record->feature_level != 0 && at < IMAGE_FEATURES_MAX) {
        image->features[at] = (struct image_feature){mem_copy_bytes(name), record->feature_level};
        image->feature_count++;
    }
}

/* The registration of this node. */

static void apply_broker(struct applying *a, const struct register_broker_record *record)
{
    if (record->broker_id != a->image->config->node_id)
        return;
    a->image->broker_epoch = record->broker_epoch;
    a->image->broker_fenced = record->fenced;
}

static void apply_broker_change(struct applying *a,
                                const struct broker_registration_change_record *record)
{
    if (record->broker_id == a->image->config->node_id && record->fenced != 0)
        a->image->broker_fenced = record->fenced > 0;
}

/* Credentials. */

static void apply_credential(struct applying *a, const struct user_scram_credential_record *record)
{
    credentials_put(&a->image->credentials, string_bytes(record->name), record->mechanism,
                    record->iterations);
}

static void apply_remove_credential(struct applying *a,
                                    const struct remove_user_scram_credential_record *record)
{
    credentials_remove(&a->image->credentials, string_bytes(record->name), record->mechanism);
}

/* Records. */

static int apply_message(void *context, const struct catalog_record *record)
{
    struct applying *a = context;
    const struct message_type *type = record->type;
    const void *message = record->message;
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
    else if (type == &client_quota_record_type)
        image_settings_quota(&a->image->settings, message);
    else if (type == &feature_level_record_type)
        apply_feature(a, message);
    else if (type == &producer_ids_record_type)
        a->image->producer_id_next =
            ((const struct producer_ids_record *)message)->next_producer_id;
    else if (type == &register_broker_record_type)
        apply_broker(a, message);
    else if (type == &broker_registration_change_record_type)
        apply_broker_change(a, message);
    else if (type == &user_scram_credential_record_type)
        apply_credential(a, message);
    else if (type == &remove_user_scram_credential_record_type)
        apply_remove_credential(a, message);
    return 0;
}

/* Control records of the quorum. */

static int apply_voters(struct applying *a, struct blob value)
{
    struct arena arena;
    struct reader reader;
    struct voters_record voters;
    arena_init(&arena, a->image->scratch, ARENA_WHOLE_REGION);
    reader_init(&reader, value.data, blob_bytes(value).len);
    int result = message_decode(&voters_record_type, 0, &reader, &arena, &voters);
    if (result == 0)
        a->image->foreign_voters = voters.voters.count != 1 ||
                                   voters.voters.items[0].voter_id != a->image->config->node_id;
    arena_reset(&arena);
    return result;
}

static int apply_control(void *context, int type, struct blob value)
{
    struct applying *a = context;
    if (type == CONTROL_KRAFT_VOTERS)
        return apply_voters(a, value);
    if (type == CONTROL_KRAFT_VERSION) {
        if (value.len < 4)
            return ERR_MALFORMED;
        a->image->kraft_version = (int16_t)load_be16(value.data + 2);
    }
    return 0;
}

int image_apply(struct image *image, const uint8_t *batch, uint32_t len,
                struct image_listener *listener)
{
    struct applying applying = {image, listener};
    const struct catalog_visitor visitor = {apply_message, apply_control, &applying};
    int result = catalog_replay_batch(&image->replay, batch, len, &visitor);
    image->offset = batch_last_offset(batch);
    return result;
}
