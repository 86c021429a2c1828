/*
 * Loading the configuration.
 *
 * Values are gathered as texts, one place per row of the broker table: the file first, then the
 * command line over it, then what follows from what is set (node.id from broker.id). Each text is
 * checked by its row when it is taken, so that everything behind can read values without doubt.
 * Then listeners and contradictions are judged, and every key without a note gets its verdict.
 * A refusal does not end the load: all complaints are told at once.
 */
#include "broker/config/config.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_load.h"
#include "broker/config/config_value.h"
#include "broker/config/properties.h"
#include "broker/config/topic_config.h"

static const struct config_def *config_row(const char *key)
{
    const struct config_def *def = config_table_find(CONFIG_SCOPE_BROKER, bytes_of_string(key));
    ASSERT(def != NULL);
    return def;
}

struct config_value *config_value_of(const struct config_loading *loading, const char *key)
{
    return &loading->config->values[config_table_index(CONFIG_SCOPE_BROKER, config_row(key))];
}

bool config_is_set(const struct config_loading *loading, const char *key)
{
    return config_value_of(loading, key)->text != NULL;
}

const char *config_text(const struct config *config, const char *key)
{
    const struct config_def *def = config_row(key);
    const char *text = config->values[config_table_index(CONFIG_SCOPE_BROKER, def)].text;
    return text != NULL ? text : def->standard;
}

int64_t config_integer(const struct config *config, const char *key)
{
    const char *text = config_text(config, key);
    ASSERT(text != NULL);
    return config_value_integer(text);
}

/* A number or a truth. */
static int64_t config_number(const struct config *config, const char *key)
{
    if (config_row(key)->type == CONFIG_TYPE_BOOLEAN)
        return config_value_boolean(config_text(config, key));
    return config_integer(config, key);
}

void config_set(struct config_loading *loading, const struct config_def *def, struct bytes text,
                const struct config_value *where)
{
    struct config_value *value = config_value_of(loading, def->name);
    mem_free(value->text);
    *value = *where;
    value->text = mem_copy_bytes(config_trim(text));
}

/* Keys that only plug-ins and single listeners read; Kafka has no list of them. */
static bool config_is_prefixed(struct bytes key)
{
    static const char *const prefixes[] = {"listener.name.", "rsm.config.", "rlmm.config.",
                                           "config.providers."};
    for (size_t i = 0; i < ARRAY_LENGTH(prefixes); i++) {
        size_t len = strlen(prefixes[i]);
        if (key.len > len && memcmp(key.data, prefixes[i], len) == 0)
            return true;
    }
    return false;
}

/* More unknown keys than this are no configuration; the rest is not kept and not guessed at. */
#define CONFIG_UNKNOWN_MAX 256

static void config_keep_unknown(struct config *config, struct bytes key)
{
    if (config->unknown_count == CONFIG_UNKNOWN_MAX)
        return;
    for (uint32_t i = 0; i < config->unknown_count; i++)
        if (bytes_equal(bytes_of_string(config->unknown[i].name), key))
            return;
    size_t old = config->unknown_count * sizeof *config->unknown;
    config->unknown = mem_realloc(config->unknown, old, old + sizeof *config->unknown);
    config->unknown[config->unknown_count++].name = mem_copy_bytes(key);
}

static void config_take_unknown(struct config_loading *loading, struct bytes key,
                                const struct config_value *where)
{
    int shown = (int)MIN(key.len, (size_t)128);
    const char *name = (const char *)key.data;
    bool many = loading->config->unknown_count == CONFIG_UNKNOWN_MAX;
    const char *nearest = many ? NULL : config_table_nearest(CONFIG_SCOPE_BROKER, key);
    config_keep_unknown(loading->config, key);
    if (config_is_prefixed(key))
        config_note(loading, where, CONFIG_ACCEPTED, "%.*s: accepted without effect", shown, name);
    else if (bytes_equal(key, BYTES_LITERAL("zookeeper.connect")))
        config_note(loading, where, CONFIG_CONTRADICTORY,
                    "zookeeper.connect: there is no ZooKeeper here, as in Kafka since 4.0");
    else if (nearest != NULL)
        config_note(loading, where, CONFIG_UNKNOWN, "unknown key '%.*s'; did you mean '%s'?", shown,
                    name, nearest);
    else
        config_note(loading, where, CONFIG_UNKNOWN, "unknown key '%.*s'", shown, name);
}

/* One key of the file or the command line. */
static void config_take(struct config_loading *loading, const char *key, const char *text,
                        const struct config_value *where)
{
    char message[CONFIG_MESSAGE_MAX];
    struct bytes name = bytes_of_string(key);
    const struct config_def *def = config_table_find(CONFIG_SCOPE_BROKER, name);
    if (def == NULL) {
        config_take_unknown(loading, name, where);
        return;
    }
    const struct config_value *value = config_value_of(loading, key);
    if (value->line > 0 && where->line > 0)
        config_note(loading, where, CONFIG_CONTRADICTORY,
                    "%s is set again; line %u is without effect", key, value->line);
    if (config_value_check(def, text, message, sizeof message) != 0)
        config_refuse_start(loading, where, CONFIG_INVALID, "%s", message);
    else
        config_set(loading, def, bytes_of_string(text), where);
}

static void config_take_file(struct config_loading *loading, struct bytes text)
{
    struct properties properties;
    struct properties_error error;
    int result = properties_parse(text, &properties, &error);
    if (result != 0) {
        struct config_value where = {.line = error.line};
        config_refuse_start(loading, &where, CONFIG_INVALID, "%s", error.reason);
        return;
    }
    for (uint32_t i = 0; i < properties.count; i++) {
        const struct property *p = &properties.items[i];
        config_take(loading, p->key, p->value, &(struct config_value){.line = p->line});
    }
    properties_fini(&properties);
}

static void config_take_options(struct config_loading *loading)
{
    const struct options *options = loading->options;
    for (uint32_t i = 0; i < options->setting_count; i++) {
        const struct option_setting *s = &options->settings[i];
        config_take(loading, s->name, s->value, &(struct config_value){.flag = s->flag});
    }
}

/* Gives a value to a key that nobody set. */
static void config_derive(struct config_loading *loading, const char *key, const char *text)
{
    if (!config_is_set(loading, key))
        config_set(loading, config_row(key), bytes_of_string(text), &(struct config_value){0});
}

static void config_derive_node_id(struct config_loading *loading)
{
    const struct config *config = loading->config;
    int64_t broker_id = config_integer(config, "broker.id");
    if (broker_id < -1)
        config_refuse_key(loading, "broker.id", "broker.id must be at least 0");
    if (broker_id < 0)
        config_derive(loading, "node.id", "1");
    else if (!config_is_set(loading, "node.id"))
        config_derive(loading, "node.id", config_text(config, "broker.id"));
    else if (config_integer(config, "node.id") != broker_id)
        config_refuse_key(loading, "broker.id",
                          "broker.id=%lld is not node.id=%lld; one of them is enough",
                          (long long)broker_id, (long long)config_integer(config, "node.id"));
    config_derive(loading, "broker.id", config_text(config, "node.id"));
}

static void config_derive_all(struct config_loading *loading)
{
    config_derive_node_id(loading);
    config_derive(loading, "process.roles", "broker,controller");
    config_derive(loading, "controller.listener.names", "CONTROLLER");
    if (loading->file != NULL)
        return;
    config_derive(loading, "listeners", "PLAINTEXT://127.0.0.1:9092");
    if (!config_is_set(loading, "log.dir"))
        config_derive(loading, "log.dirs", "./data");
}

/* Null for an empty text. */
static char *config_copy_filled(const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : mem_copy_string(text);
}

static int config_choice(const struct config *config, const char *key)
{
    int choice = config_value_choice(config_row(key)->rule.values, config_text(config, key));
    ASSERT(choice >= 0);
    return choice;
}

/* The choices stand in the table in the order of their enumerations. */
_Static_assert(IO_AUTO == 0 && IO_RING == 1 && IO_EPOLL == 2, "odradek.io");
_Static_assert(WAL_AUTO == 0 && WAL_LOW == 1 && WAL_ULTRA == 4, "odradek.wal.profile");
_Static_assert(FLUSH_LOW_LATENCY == 0 && FLUSH_BALANCED == 1 && FLUSH_IDLE_ONLY == 4,
               "odradek.flush.profile");
_Static_assert(LOG_ERROR == 0 && LOG_WARN == 1 && LOG_DEBUG == 3, "odradek.log.level");

static void config_fill(struct config *config)
{
#define CONFIG_FILL(type, member, key) config->member = (type)config_number(config, key);
    CONFIG_FIELDS(CONFIG_FILL)
#undef CONFIG_FILL
    config->offsets_retention_ms = config_integer(config, "offsets.retention.minutes") * 60000;
    config->io_backend = (enum io_backend)config_choice(config, "odradek.io");
    config->wal_profile = (enum wal_profile)config_choice(config, "odradek.wal.profile");
    config->flush_profile = (enum flush_profile)config_choice(config, "odradek.flush.profile");
    config->log_level = (enum log_level)config_choice(config, "odradek.log.level");
    config->rack = config_copy_filled(config_text(config, "broker.rack"));
    config->cluster_id = config_copy_filled(config_text(config, "odradek.cluster.id"));

    const char *directories = config_text(config, "log.dirs");
    struct bytes directory = {0};
    if (directories == NULL)
        directories = config_text(config, "log.dir");
    if (config_list_next(&directories, &directory))
        config->log_directory = mem_copy_bytes(directory);
}

/* The verdict of every key that is set and has no note yet. */
static void config_note_rest(struct config_loading *loading)
{
    struct config_table table = config_table(CONFIG_SCOPE_BROKER);
    for (uint32_t i = 0; i < table.count; i++) {
        const struct config_def *def = &table.rows[i];
        const struct config_value *value = &loading->config->values[i];
        bool given = value->line > 0 || value->flag != NULL;
        if (!given || loading->noted[i])
            continue;
        config_note(loading, value, def->verdict, "%s=%.*s: %s", def->name, CONFIG_MESSAGE_MAX,
                    config_sensitive(def) ? "[hidden]" : value->text,
                    config_verdict_name(def->verdict));
    }
}

int config_load(const struct config_input *input, struct config_notes *notes,
                struct config **config)
{
    struct config_loading loading = {
        .options = input->options,
        .file = input->options->properties_path,
        .config = mem_alloc(sizeof **config),
        .notes = notes,
    };
    uint32_t rows = config_table(CONFIG_SCOPE_BROKER).count;
    *notes = (struct config_notes){0};
    loading.config->values = mem_alloc_array(rows, sizeof *loading.config->values);
    loading.noted = mem_alloc_array(rows, sizeof *loading.noted);
    if (loading.file != NULL)
        config_take_file(&loading, input->properties);
    config_take_options(&loading);
    config_derive_all(&loading);
    config_fill(loading.config);
    config_load_listeners(&loading);
    config_check(&loading);
    config_note_rest(&loading);
    mem_free(loading.noted);
    if (notes->refusals > 0) {
        config_free(loading.config);
        *config = NULL;
        return ERR_INVALID;
    }
    loading.config->topic = mem_alloc(sizeof *loading.config->topic);
    topic_config_build(loading.config->topic, &(struct config_layers){.config = loading.config});
    *config = loading.config;
    return 0;
}

void config_make_absolute(struct config *config, const char *working_directory)
{
    const char *path = config->log_directory;
    ASSERT(working_directory[0] == '/');
    if (path[0] == '/')
        return;
    while (path[0] == '.' && path[1] == '/')
        for (path += 2; *path == '/'; path++)
            ;
    size_t size = strlen(working_directory) + strlen(path) + 2;
    char *whole = mem_alloc(size);
    bool root = working_directory[1] == '\0';
    (void)snprintf(whole, size, "%s/%s", root ? "" : working_directory, path);
    mem_free(config->log_directory);
    config->log_directory = whole;
}

void config_free(struct config *config)
{
    if (config == NULL)
        return;
    for (uint32_t i = 0; i < config->listener_count; i++) {
        mem_free(config->listeners[i].name);
        mem_free(config->listeners[i].host);
        mem_free(config->listeners[i].advertised_host);
    }
    for (uint32_t i = 0; i < config_table(CONFIG_SCOPE_BROKER).count; i++)
        mem_free(config->values[i].text);
    for (uint32_t i = 0; i < config->unknown_count; i++)
        mem_free(config->unknown[i].name);
    mem_free(config->listeners);
    mem_free(config->values);
    mem_free(config->topic);
    mem_free(config->unknown);
    mem_free(config->log_directory);
    mem_free(config->rack);
    mem_free(config->cluster_id);
    mem_free(config);
}

const char *config_pair_find(const struct config_pair *pairs, uint32_t count, struct bytes name)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(bytes_of_string(pairs[i].name), name))
            return pairs[i].value;
    return NULL;
}

/* A pair that holds a value the key can have; one written by a newer broker may not. */
static const char *config_pair_valid(const struct config_pair *pairs, uint32_t count,
                                     const struct config_def *def)
{
    char message[CONFIG_MESSAGE_MAX];
    const char *text = config_pair_find(pairs, count, bytes_of_string(def->name));
    if (text == NULL || config_value_check(def, text, message, sizeof message) != 0)
        return NULL;
    return text;
}

const char *config_layers_text(const struct config_layers *layers, const struct config_def *def)
{
    const char *text = config_pair_valid(layers->broker, layers->broker_count, def);
    if (text == NULL)
        text = config_pair_valid(layers->defaults, layers->default_count, def);
    if (text == NULL)
        text = layers->config->values[config_table_index(CONFIG_SCOPE_BROKER, def)].text;
    return text != NULL ? text : def->standard;
}

int64_t config_layers_integer(const struct config_layers *layers, const char *key)
{
    const struct config_def *def = config_table_find(CONFIG_SCOPE_BROKER, bytes_of_string(key));
    ASSERT(def != NULL);
    return config_value_integer(config_layers_text(layers, def));
}

static int config_layers_choice(const struct config_layers *layers, const char *key)
{
    const struct config_def *def = config_row(key);
    int choice = config_value_choice(def->rule.values, config_layers_text(layers, def));
    ASSERT(choice >= 0);
    return choice;
}

enum wal_profile config_layers_wal_profile(const struct config_layers *layers)
{
    return (enum wal_profile)config_layers_choice(layers, "odradek.wal.profile");
}

enum flush_profile config_layers_flush_profile(const struct config_layers *layers)
{
    return (enum flush_profile)config_layers_choice(layers, "odradek.flush.profile");
}
