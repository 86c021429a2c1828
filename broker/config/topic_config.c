/*
 * Topic configurations; see the header.
 *
 * One function decides where a value comes from, for the typed values as for the described ones,
 * so that what is shown is what is in force.
 */
#include "broker/config/topic_config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_load.h"
#include "broker/config/config_value.h"

/* A value before it is read: its text, and what to multiply it with. */
struct topic_value {
    const char *text; /* null: none */
    int64_t factor;
};

static const char *topic_override(const struct config_def *def, const struct config_pair *overrides,
                                  size_t count)
{
    char message[CONFIG_MESSAGE_MAX];
    struct bytes name = bytes_of_string(def->name);
    const char *text = config_pair_find(overrides, (uint32_t)count, name);
    if (text == NULL || config_value_check(def, text, message, sizeof message) != 0)
        return NULL;
    return text;
}

static struct topic_value topic_value(const struct config_layers *layers,
                                      const struct config_def *def,
                                      const struct config_pair *overrides, size_t count)
{
    struct config_synonym_name names[CONFIG_SYNONYMS_MAX];
    const char *own = topic_override(def, overrides, count);
    if (own != NULL)
        return (struct topic_value){own, 1};
    uint32_t name_count = config_synonyms_split(def, names);
    for (uint32_t i = 0; i < name_count; i++) {
        const struct config_def *row = config_table_find(CONFIG_SCOPE_BROKER, names[i].name);
        ASSERT(row != NULL);
        const char *text = config_layers_text(layers, row);
        if (text != NULL)
            return (struct topic_value){text, names[i].factor};
    }
    return (struct topic_value){def->standard, 1};
}

/* Of the times that several broker keys can give, all negative ones mean no limit. */
static int64_t topic_integer(const struct config_def *def, const struct topic_value *value)
{
    int64_t number = config_value_integer(value->text) * value->factor;
    bool family = def->synonyms != NULL && strchr(def->synonyms, '|') != NULL;
    return family && number < 0 ? -1 : number;
}

char *topic_config_text(const struct config_layers *layers, const struct config_def *def,
                        const struct config_pair *overrides, size_t count)
{
    char number[24];
    struct topic_value value = topic_value(layers, def, overrides, count);
    if (value.text == NULL || def->type != CONFIG_TYPE_LONG)
        return config_value_render(def, value.text);
    snprintf(number, sizeof number, "%lld", (long long)topic_integer(def, &value));
    return mem_copy_string(number);
}

static int topic_compression(const char *text)
{
    static const int kinds[] = {COMPRESSION_NONE,   COMPRESSION_ZSTD, COMPRESSION_LZ4,
                                COMPRESSION_SNAPPY, COMPRESSION_GZIP, COMPRESSION_KEEP};
    int choice = config_value_choice("uncompressed, zstd, lz4, snappy, gzip, producer", text);
    ASSERT(choice >= 0);
    return kinds[choice];
}

/* A number or a truth. */
static int64_t topic_number(const struct config_def *def, const struct topic_value *value)
{
    if (def->type == CONFIG_TYPE_BOOLEAN)
        return config_value_boolean(value->text);
    return topic_integer(def, value);
}

/* Where the plain values stand. */
enum topic_member { TOPIC_INT32, TOPIC_INT64, TOPIC_BOOL };
struct topic_field {
    const char *key;
    enum topic_member member;
    size_t offset;
};
static const struct topic_field topic_fields[] = {
#define TOPIC_CONFIG_FIELD(type, name, key) \
    {key,                                   \
     _Generic((type)0, int32_t              \
              : TOPIC_INT32, int64_t        \
              : TOPIC_INT64, bool           \
              : TOPIC_BOOL),                \
     offsetof(struct topic_config, name)},
    TOPIC_CONFIG_FIELDS(TOPIC_CONFIG_FIELD)
#undef TOPIC_CONFIG_FIELD
};

static const struct topic_field *topic_field_named(const char *key)
{
    for (size_t i = 0; i < ARRAY_LENGTH(topic_fields); i++)
        if (strcmp(topic_fields[i].key, key) == 0)
            return &topic_fields[i];
    return NULL;
}

static void topic_take_number(struct topic_config *topic, const struct topic_field *field,
                              int64_t number)
{
    uint8_t *place = (uint8_t *)topic + field->offset;
    if (field->member == TOPIC_INT32)
        memcpy(place, &(int32_t){(int32_t)number}, sizeof(int32_t));
    else if (field->member == TOPIC_INT64)
        memcpy(place, &number, sizeof number);
    else
        memcpy(place, &(bool){number != 0}, sizeof(bool));
}

/* Takes the value of one row, if there is a member for it. */
static void topic_take(struct topic_config *topic, const struct config_def *def,
                       const struct topic_value *value)
{
    const char *key = def->name, *text = value->text;
    const struct topic_field *field = topic_field_named(key);
    if (field != NULL) {
        topic_take_number(topic, field, topic_number(def, value));
    } else if (strcmp(key, "min.cleanable.dirty.ratio") == 0) {
        topic->min_cleanable_dirty_ratio = config_value_double(text);
    } else if (strcmp(key, "compression.type") == 0) {
        topic->compression = topic_compression(text);
    } else if (strcmp(key, "message.timestamp.type") == 0) {
        topic->log_append_time = strcmp(text, "LogAppendTime") == 0;
    } else if (strcmp(key, "cleanup.policy") == 0) {
        topic->cleanup_delete = config_list_has(text, BYTES_LITERAL("delete"));
        topic->cleanup_compact = config_list_has(text, BYTES_LITERAL("compact"));
    }
}

void topic_config_build(struct topic_config *topic, const struct config_layers *layers)
{
    struct config_table table = config_table(CONFIG_SCOPE_TOPIC);
    *topic = (struct topic_config){0};
    for (uint32_t i = 0; i < table.count; i++) {
        struct topic_value value = topic_value(layers, &table.rows[i], NULL, 0);
        if (value.text != NULL)
            topic_take(topic, &table.rows[i], &value);
    }
}

void topic_config_override(struct topic_config *topic, const struct topic_config *plain,
                           const struct config_pair *overrides, size_t count)
{
    *topic = *plain;
    for (size_t i = 0; i < count; i++) {
        struct bytes name = bytes_of_string(overrides[i].name);
        const struct config_def *def = config_table_find(CONFIG_SCOPE_TOPIC, name);
        if (def == NULL)
            continue;
        const struct topic_value value = {topic_override(def, overrides, count), 1};
        if (value.text != NULL)
            topic_take(topic, def, &value);
    }
}

int topic_config_validate(const char *name, const char *value, char *message, size_t size)
{
    const struct config_def *def = config_table_find(CONFIG_SCOPE_TOPIC, bytes_of_string(name));
    if (def == NULL) {
        snprintf(message, size, "Unknown topic config name: %.249s", name);
        return ERR_INVALID;
    }
    if (value == NULL) {
        snprintf(message, size, "Null value not supported for topic configs: %s", name);
        return ERR_INVALID;
    }
    return config_value_check(def, value, message, size);
}

/* What single values cannot tell. */
static int topic_config_check(const struct config *config, const struct topic_config *topic,
                              char *message, size_t size)
{
    if (topic->min_compaction_lag_ms > topic->max_compaction_lag_ms) {
        snprintf(message, size,
                 "conflict topic config setting min.compaction.lag.ms (%lld) > "
                 "max.compaction.lag.ms (%lld)",
                 (long long)topic->min_compaction_lag_ms, (long long)topic->max_compaction_lag_ms);
        return ERR_INVALID;
    }
    if (topic->remote_storage) {
        snprintf(message, size,
                 "Tiered Storage functionality is disabled in the broker. Topic cannot be "
                 "configured with remote log storage.");
        return ERR_INVALID;
    }
    if ((uint64_t)topic->max_message_bytes + CONFIG_WAL_OVERHEAD_BYTES > config->wal_file_bytes) {
        snprintf(message, size,
                 "Invalid value %d for configuration max.message.bytes: Value must leave room in a "
                 "write-ahead log file of odradek.wal.file.bytes=%llu",
                 topic->max_message_bytes, (unsigned long long)config->wal_file_bytes);
        return ERR_INVALID;
    }
    return 0;
}

int topic_config_validate_all(const struct config *config, const struct config_pair *overrides,
                              size_t count, char *message, size_t size)
{
    struct topic_config topic;
    ASSERT(config->topic != NULL);
    for (size_t i = 0; i < count; i++) {
        int result = topic_config_validate(overrides[i].name, overrides[i].value, message, size);
        if (result != 0)
            return result;
    }
    topic_config_override(&topic, config->topic, overrides, count);
    return topic_config_check(config, &topic, message, size);
}
