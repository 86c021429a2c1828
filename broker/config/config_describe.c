/*
 * Descriptions of configurations.
 *
 * A key's synonyms are listed layer by layer: this broker's change, the change for all brokers,
 * the static value, the default; within a layer by the names of its family. As in Kafka, whatever
 * stands before the key's own name is then cut off: plain retention.ms has no synonyms, although
 * log.retention.hours feeds it, and log.retention.hours does not list log.retention.ms.
 */
#include "broker/config/config_describe.h"

#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "broker/config/config_value.h"
#include "broker/config/topic_config.h"

static bool filter_wants(const struct config_filter *filter, const char *name)
{
    if (filter == NULL || filter->names == NULL)
        return true;
    for (uint32_t i = 0; i < filter->count; i++)
        if (bytes_equal(filter->names[i], bytes_of_string(name)))
            return true;
    return false;
}

/* The text becomes the description's. */
static const char *description_own(struct config_description *d, char *text)
{
    if (text == NULL)
        return NULL;
    d->texts = mem_grow(d->texts, d->text_count, &d->text_capacity, sizeof *d->texts);
    d->texts[d->text_count++] = text;
    return text;
}

/* A new entry; the synonyms added from now on are its own. */
static struct config_entry *description_add(struct config_description *d, const char *name)
{
    d->entries = mem_grow(d->entries, d->count, &d->capacity, sizeof *d->entries);
    struct config_entry *entry = &d->entries[d->count++];
    *entry = (struct config_entry){
        .name = name, .source = CONFIG_SOURCE_DEFAULT, .synonym_first = d->synonym_count};
    return entry;
}

static void description_add_synonym(struct config_description *d, const char *name,
                                    const char *value, enum config_source source)
{
    ASSERT(d->count > 0);
    d->synonyms =
        mem_grow(d->synonyms, d->synonym_count, &d->synonym_capacity, sizeof *d->synonyms);
    struct config_entry *entry = &d->entries[d->count - 1];
    if (entry->synonym_count++ == 0)
        entry->source = source;
    d->synonyms[d->synonym_count++] = (struct config_synonym){name, value, source};
}

/* What one layer says about a broker key; null: nothing. */
static const char *layer_text(const struct config_layers *layers, enum config_source layer,
                              const struct config_def *def)
{
    struct bytes name = bytes_of_string(def->name);
    uint32_t row = config_table_index(CONFIG_SCOPE_BROKER, def);
    switch (layer) {
    case CONFIG_SOURCE_DYNAMIC_BROKER:
        return config_pair_find(layers->broker, layers->broker_count, name);
    case CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER:
        return config_pair_find(layers->defaults, layers->default_count, name);
    case CONFIG_SOURCE_STATIC_BROKER:
        return layers->config->values[row].text;
    case CONFIG_SOURCE_DEFAULT:
        /* Kafka tells no default of what exists only while it is changed. */
        return def->update == CONFIG_DYNAMIC_ONLY ? NULL : def->standard;
    default:
        UNREACHABLE();
    }
}

/* The rows of a broker key's family; of one that stands alone only its own. */
static uint32_t family_rows(const struct config_def *def,
                            const struct config_def *rows[CONFIG_SYNONYMS_MAX])
{
    struct config_synonym_name names[CONFIG_SYNONYMS_MAX];
    uint32_t count = config_synonyms_split(def, names);
    for (uint32_t i = 0; i < count; i++) {
        rows[i] = config_table_find(CONFIG_SCOPE_BROKER, names[i].name);
        ASSERT(rows[i] != NULL);
    }
    if (count > 0)
        return count;
    rows[0] = def;
    return 1;
}

/* Adds the synonyms of a broker key from the layers `first` to `last`. */
static void describe_synonyms(const struct config_layers *layers, const struct config_def *def,
                              enum config_source first, enum config_source last,
                              struct config_description *d)
{
    const struct config_def *rows[CONFIG_SYNONYMS_MAX];
    uint32_t count = family_rows(def, rows);
    bool started = false;
    for (enum config_source layer = first; layer <= last; layer++) {
        for (uint32_t i = 0; i < count; i++) {
            const struct config_def *row = rows[i];
            const char *text = layer_text(layers, layer, row);
            started = started || (row == def && text != NULL);
            if (started && text != NULL)
                description_add_synonym(d, row->name, config_sensitive(row) ? NULL : text, layer);
        }
    }
}

/* A value of the resource that its key can have. */
static const char *own_value(const struct config_def *def, const struct config_pair *overrides,
                             uint32_t count)
{
    char message[CONFIG_MESSAGE_MAX];
    const char *text = config_pair_find(overrides, count, bytes_of_string(def->name));
    if (text == NULL || config_value_check(def, text, message, sizeof message) != 0)
        return NULL;
    return text;
}

static void describe_topic_row(const struct config_layers *layers, const struct config_def *def,
                               const struct config_pair *overrides, uint32_t count,
                               struct config_description *d)
{
    struct config_synonym_name names[CONFIG_SYNONYMS_MAX];
    struct config_entry *entry = description_add(d, def->name);
    entry->type = def->type;
    entry->sensitive = config_sensitive(def);
    const char *value = description_own(d, topic_config_text(layers, def, overrides, count));
    entry->value = value;
    if (own_value(def, overrides, count) != NULL)
        description_add_synonym(d, def->name, value, CONFIG_SOURCE_TOPIC);
    if (config_synonyms_split(def, names) == 0)
        return;
    const struct config_def *row = config_table_find(CONFIG_SCOPE_BROKER, names[0].name);
    ASSERT(row != NULL);
    describe_synonyms(layers, row, CONFIG_SOURCE_DYNAMIC_BROKER, CONFIG_SOURCE_DEFAULT, d);
}

void config_describe_topic(const struct config_layers *layers, const struct config_pair *overrides,
                           uint32_t count, const struct config_filter *filter,
                           struct config_description *description)
{
    struct config_table table = config_table(CONFIG_SCOPE_TOPIC);
    *description = (struct config_description){0};
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        const char *own = own_value(def, overrides, count);
        if (filter_wants(filter, def->name) && (!def->internal || own != NULL))
            describe_topic_row(layers, def, overrides, count, description);
    }
}

/* Kafka calls the keys read-only that exist only while they are changed. */
static bool row_read_only(const struct config_def *def)
{
    return def->update == CONFIG_READ_ONLY || def->update == CONFIG_DYNAMIC_ONLY;
}

static void describe_broker_row(const struct config_layers *layers, const struct config_def *def,
                                struct config_description *d)
{
    struct config_entry *entry = description_add(d, def->name);
    entry->type = def->type;
    entry->sensitive = config_sensitive(def);
    entry->read_only = row_read_only(def);
    entry->value = description_own(d, config_value_render(def, config_layers_text(layers, def)));
    describe_synonyms(layers, def, CONFIG_SOURCE_DYNAMIC_BROKER, CONFIG_SOURCE_DEFAULT, d);
}

/* Somebody set it: nobody describes an internal key, or one that exists only while changed, else.
 */
static bool broker_row_set(const struct config_layers *layers, const struct config_def *def)
{
    for (enum config_source layer = CONFIG_SOURCE_DYNAMIC_BROKER;
         layer <= CONFIG_SOURCE_STATIC_BROKER; layer++)
        if (layer_text(layers, layer, def) != NULL)
            return true;
    return false;
}

/* A key without a row may be a secret: it is named, and its value is not told. */
static void describe_unknown(const char *name, enum config_source source,
                             const struct config_filter *filter, struct config_description *d)
{
    if (!filter_wants(filter, name))
        return;
    struct config_entry *entry = description_add(d, name);
    entry->read_only = true;
    entry->sensitive = true;
    description_add_synonym(d, name, NULL, source);
}

/* The same of what was changed: all of it may be for plug-ins. */
static void describe_unknown_pairs(const struct config_pair *pairs, uint32_t count,
                                   enum config_source source, const struct config_filter *filter,
                                   struct config_description *d)
{
    for (uint32_t i = 0; i < count; i++)
        if (config_table_find(CONFIG_SCOPE_BROKER, bytes_of_string(pairs[i].name)) == NULL)
            describe_unknown(pairs[i].name, source, filter, d);
}

/* Kafka has each name once, from the strongest layer that has it. */
static void describe_unknown_layers(const struct config_layers *layers,
                                    const struct config_filter *filter,
                                    struct config_description *d)
{
    const struct config *config = layers->config;
    describe_unknown_pairs(layers->broker, layers->broker_count, CONFIG_SOURCE_DYNAMIC_BROKER,
                           filter, d);
    for (uint32_t i = 0; i < layers->default_count; i++) {
        struct bytes name = bytes_of_string(layers->defaults[i].name);
        if (config_pair_find(layers->broker, layers->broker_count, name) == NULL)
            describe_unknown_pairs(&layers->defaults[i], 1, CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER,
                                   filter, d);
    }
    for (uint32_t i = 0; i < config->unknown_count; i++) {
        struct bytes name = bytes_of_string(config->unknown[i].name);
        if (config_pair_find(layers->broker, layers->broker_count, name) == NULL &&
            config_pair_find(layers->defaults, layers->default_count, name) == NULL)
            describe_unknown(config->unknown[i].name, CONFIG_SOURCE_STATIC_BROKER, filter, d);
    }
}

void config_describe_broker(const struct config_layers *layers, const struct config_filter *filter,
                            struct config_description *description)
{
    struct config_table table = config_table(CONFIG_SCOPE_BROKER);
    *description = (struct config_description){0};
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        bool hidden = def->internal || def->update == CONFIG_DYNAMIC_ONLY;
        if (filter_wants(filter, def->name) && (!hidden || broker_row_set(layers, def)))
            describe_broker_row(layers, def, description);
    }
    describe_unknown_layers(layers, filter, description);
}

void config_describe_broker_defaults(const struct config_layers *layers,
                                     const struct config_filter *filter,
                                     struct config_description *description)
{
    struct config_table table = config_table(CONFIG_SCOPE_BROKER);
    enum config_source layer = CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER;
    *description = (struct config_description){0};
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        const char *text = layer_text(layers, layer, def);
        if (text == NULL || !filter_wants(filter, def->name))
            continue;
        struct config_entry *entry = description_add(description, def->name);
        entry->type = def->type;
        entry->sensitive = config_sensitive(def);
        entry->read_only = row_read_only(def);
        entry->value = entry->sensitive ? NULL : text;
        describe_synonyms(layers, def, layer, layer, description);
    }
    describe_unknown_pairs(layers->defaults, layers->default_count, layer, filter, description);
}

/* Groups and client metrics: the resource's own value, or a default. */
static struct config_entry *describe_plain(const struct config_def *def, const char *own,
                                           const char *standard, enum config_source source,
                                           struct config_description *d)
{
    struct config_entry *entry = description_add(d, def->name);
    entry->type = def->type;
    entry->value = description_own(d, config_value_render(def, own != NULL ? own : standard));
    if (own != NULL)
        description_add_synonym(d, def->name, entry->value, source);
    return entry;
}

void config_describe_group(const struct config_layers *layers, const struct config_pair *overrides,
                           uint32_t count, const struct config_filter *filter,
                           struct config_description *description)
{
    struct config_table table = config_table(CONFIG_SCOPE_GROUP);
    *description = (struct config_description){0};
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        const char *standard = def->standard;
        if (!filter_wants(filter, def->name))
            continue;
        if (def->synonyms != NULL) {
            const struct config_def *row =
                config_table_find(CONFIG_SCOPE_BROKER, bytes_of_string(def->synonyms));
            ASSERT(row != NULL);
            standard = config_layers_text(layers, row);
        }
        const struct config_entry *entry = describe_plain(
            def, own_value(def, overrides, count), standard, CONFIG_SOURCE_GROUP, description);
        if (entry->synonym_count == 0)
            description_add_synonym(description, def->name, entry->value, CONFIG_SOURCE_DEFAULT);
    }
}

void config_describe_client_metrics(const struct config_pair *overrides, uint32_t count,
                                    const struct config_filter *filter,
                                    struct config_description *description)
{
    struct config_table table = config_table(CONFIG_SCOPE_CLIENT_METRICS);
    *description = (struct config_description){0};
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        if (filter_wants(filter, def->name))
            describe_plain(def, own_value(def, overrides, count), def->standard,
                           CONFIG_SOURCE_CLIENT_METRICS, description);
    }
}

void config_describe_loggers(enum log_level level, const struct config_filter *filter,
                             struct config_description *description)
{
    static const char *const levels[] = {"ERROR", "WARN", "INFO", "DEBUG"};
    *description = (struct config_description){0};
    if (!filter_wants(filter, "root"))
        return;
    struct config_entry *entry = description_add(description, "root");
    entry->value = levels[level];
    entry->source = CONFIG_SOURCE_BROKER_LOGGER;
}

void config_description_fini(struct config_description *description)
{
    for (uint32_t i = 0; i < description->text_count; i++)
        mem_free(description->texts[i]);
    mem_free(description->entries);
    mem_free(description->synonyms);
    mem_free(description->texts);
    *description = (struct config_description){0};
}
