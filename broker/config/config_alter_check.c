/*
 * What may be changed while the broker runs, and to what.
 *
 * Brokers: Kafka asks in this order whether a key may change at all, whether the values have their
 * types, whether it may change for all brokers, and whether the whole can be a configuration. Only
 * what would be in force is judged: a key that is removed may be any. Listeners cannot be changed
 * here while the broker runs, and it says so.
 */
#include <regex.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/config/config_alter.h"
#include "broker/config/config_load.h"
#include "broker/config/config_value.h"
#include "broker/config/topic_config.h"
#include "protocol/errors.h"

/* Brokers. */

/* "listener.name.<listener>.<key>" is about the key of one listener; any other name about itself.
 */
static struct bytes base_name(struct bytes name, bool *of_listener)
{
    struct bytes prefix = BYTES_LITERAL("listener.name.");
    *of_listener =
        name.len > prefix.len && bytes_equal((struct bytes){name.data, prefix.len}, prefix);
    if (!*of_listener)
        return name;
    const uint8_t *dot = memchr(name.data + prefix.len, '.', name.len - prefix.len);
    if (dot == NULL)
        return name;
    return (struct bytes){dot + 1, (size_t)(name.data + name.len - dot - 1)};
}

static const struct config_def *row_of(const struct config_pair *pair, bool *of_listener)
{
    struct bytes name = base_name(bytes_of_string(pair->name), of_listener);
    return config_table_find(CONFIG_SCOPE_BROKER, name);
}

/* Key stores and trust stores: Kafka takes new ones for one listener only. */
static bool is_store(const struct config_def *def)
{
    return strncmp(def->name, "ssl.keystore.", 13) == 0 ||
           strncmp(def->name, "ssl.truststore.", 15) == 0 ||
           strcmp(def->name, "ssl.key.password") == 0;
}

static bool is_fixed(const struct config_def *def, bool of_listener)
{
    return !of_listener && def->update == CONFIG_READ_ONLY;
}

static bool is_store_of_none(const struct config_def *def, bool of_listener)
{
    return !of_listener && is_store(def);
}

static bool is_of_one_broker(const struct config_def *def, bool of_listener)
{
    (void)of_listener;
    return def->update == CONFIG_PER_BROKER;
}

static bool is_of_the_start(const struct config_def *def, bool of_listener)
{
    return !of_listener && (strcmp(def->name, "listeners") == 0 ||
                            strcmp(def->name, "listener.security.protocol.map") == 0);
}

/* Refuses the keys of a kind, all of them in one sentence. */
static int16_t refuse_kind(struct config_alteration *a, bool (*is)(const struct config_def *, bool),
                           const char *sentence)
{
    size_t len = 0;
    char names[CONFIG_ALTER_MESSAGE_MAX / 2] = "";
    for (uint32_t i = 0; i < a->then_count; i++) {
        bool of_listener;
        const struct config_def *def = row_of(&a->then[i], &of_listener);
        if (def == NULL || !is(def, of_listener))
            continue;
        int more =
            snprintf(names + len, sizeof names - len, "%s%s", len > 0 ? ", " : "", a->then[i].name);
        len = MIN(len + (size_t)MAX(more, 0), sizeof names - 1);
    }
    return len == 0 ? KAFKA_NONE
                    : config_alter_refuse(a, KAFKA_INVALID_REQUEST, "%s(%s)", sentence, names);
}

static int16_t check_values(struct config_alteration *a, enum config_scope scope, int16_t error)
{
    for (uint32_t i = 0; i < a->then_count; i++) {
        bool of_listener = false;
        const struct config_def *def =
            scope == CONFIG_SCOPE_BROKER
                ? row_of(&a->then[i], &of_listener)
                : config_table_find(scope, bytes_of_string(a->then[i].name));
        if (def != NULL &&
            config_value_check(def, a->then[i].value, a->message, sizeof a->message) != 0)
            return error;
    }
    return KAFKA_NONE;
}

/* The layers as they would be. */
static struct config_layers layers_then(const struct config_alteration *a)
{
    struct config_layers layers = a->layers;
    if (a->all_brokers) {
        layers.defaults = a->then;
        layers.default_count = a->then_count;
    } else {
        layers.broker = a->then;
        layers.broker_count = a->then_count;
    }
    return layers;
}

static const char *text_in(const struct config_layers *layers, const char *key)
{
    const struct config_def *def = config_table_find(CONFIG_SCOPE_BROKER, bytes_of_string(key));
    ASSERT(def != NULL);
    return config_layers_text(layers, def);
}

/* Kafka lets a pool of threads grow to the double and shrink to the half at once. */
static int16_t check_threads(struct config_alteration *a, const struct config_layers *then)
{
    static const char *const keys[] = {"num.io.threads",
                                       "num.network.threads",
                                       "num.replica.fetchers",
                                       "num.recovery.threads.per.data.dir",
                                       "background.threads",
                                       "remote.log.reader.threads",
                                       "remote.log.manager.copier.thread.pool.size",
                                       "remote.log.manager.expiration.thread.pool.size",
                                       "remote.log.manager.follower.thread.pool.size"};
    for (size_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        int64_t before = config_layers_integer(&a->layers, keys[i]);
        int64_t after = config_layers_integer(then, keys[i]);
        const char *limit = after > before * 2 ? "not be greater than double" : "be at least half";
        if (after <= before * 2 && after >= before / 2)
            continue;
        return config_alter_refuse(
            a, KAFKA_INVALID_REQUEST,
            "Invalid value org.apache.kafka.common.config.ConfigException: Dynamic thread count "
            "update validation failed for %s=%lld, value should %s the current value %lld for "
            "configuration Invalid dynamic configuration",
            keys[i], (long long)after, limit, (long long)before);
    }
    return KAFKA_NONE;
}

static int16_t check_cleaner(struct config_alteration *a, const struct config_layers *then)
{
    int64_t before = config_layers_integer(&a->layers, "log.cleaner.threads");
    int64_t after = config_layers_integer(then, "log.cleaner.threads");
    if (after < 1)
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "Invalid value %lld for configuration log.cleaner.threads: "
                                   "Value must be at least 1",
                                   (long long)after);
    if (config_layers_integer(then, "log.cleaner.dedupe.buffer.size") / after <= (int64_t)MIB)
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "requirement failed: log.cleaner.dedupe.buffer.size must be at "
                                   "least 1MB per cleaner thread.");
    if (after <= before * 2 && after >= before / 2)
        return KAFKA_NONE;
    return config_alter_refuse(
        a, KAFKA_INVALID_REQUEST,
        "Invalid value org.apache.kafka.common.config.ConfigException: Log cleaner threads cannot "
        "be %s the current value %lld for configuration Invalid dynamic configuration",
        after > before ? "increased to more than double" : "reduced to less than half",
        (long long)before);
}

static int16_t check_connections(struct config_alteration *a, const struct config_layers *then)
{
    const char *overrides = text_in(then, "max.connections.per.ip.overrides");
    struct bytes item;
    if (config_layers_integer(then, "max.connections.per.ip") == 0 && overrides[0] == '\0')
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "requirement failed: max.connections.per.ip can be set to zero "
                                   "only if max.connections.per.ip.overrides property is set.");
    while (config_list_next(&overrides, &item))
        if (!config_is_connection_override(item))
            return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                       "max.connections.per.ip.overrides: '%.*s' is not "
                                       "<address>:<count>; names of hosts are not looked up",
                                       (int)MIN(item.len, (size_t)128), (const char *)item.data);
    return KAFKA_NONE;
}

static int16_t check_logs(struct config_alteration *a, const struct config_layers *then)
{
    struct topic_config topic;
    const char *roll = text_in(then, "log.roll.ms");
    uint64_t file = a->layers.config->wal_file_bytes;
    topic_config_build(&topic, then);
    if (roll != NULL && config_value_integer(roll) < 1)
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "requirement failed: log.roll.ms must be greater than or equal "
                                   "to 1");
    if (topic.retention_ms >= 0 && topic.local_retention_ms > topic.retention_ms)
        return config_alter_refuse(
            a, KAFKA_INVALID_REQUEST,
            "Invalid value org.apache.kafka.common.config.ConfigException: Invalid value %lld for "
            "configuration log.local.retention.ms: Value must not be more than log.retention.ms "
            "property value: %lld for configuration Invalid dynamic configuration",
            (long long)topic.local_retention_ms, (long long)topic.retention_ms);
    if ((uint64_t)topic.max_message_bytes + CONFIG_WAL_OVERHEAD_BYTES > file)
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "Invalid value %d for configuration message.max.bytes: Value "
                                   "must leave room in a write-ahead log file of "
                                   "odradek.wal.file.bytes=%llu",
                                   topic.max_message_bytes, (unsigned long long)file);
    return KAFKA_NONE;
}

/* While replicas are elected by min.insync.replicas it has to be one number, for all brokers. */
static int16_t check_replicas(struct config_alteration *a)
{
    struct bytes key = BYTES_LITERAL("min.insync.replicas");
    bool named = false;
    for (uint32_t i = 0; i < a->change_count; i++)
        named = named || bytes_equal(a->changes[i].name, key);
    if (!a->eligible_replicas)
        return KAFKA_NONE;
    if (!a->all_brokers && named)
        return config_alter_refuse(a, KAFKA_INVALID_CONFIG,
                                   "Broker-level min.insync.replicas cannot be altered while ELR "
                                   "is enabled.");
    if (a->all_brokers && config_pair_find(a->now, a->now_count, key) != NULL &&
        config_pair_find(a->then, a->then_count, key) == NULL)
        return config_alter_refuse(a, KAFKA_INVALID_CONFIG,
                                   "Cluster-level min.insync.replicas cannot be removed while ELR "
                                   "is enabled.");
    return KAFKA_NONE;
}

/* The first complaint is answered, so the order is Kafka's. */
static int16_t check_kinds(struct config_alteration *a)
{
    int16_t error = refuse_kind(a, is_fixed, "Cannot update these configs dynamically: Set");
    if (error == KAFKA_NONE)
        error = refuse_kind(a, is_store_of_none,
                            "These security configs can be dynamically updated only per-listener "
                            "using the listener prefix: HashSet");
    if (error == KAFKA_NONE)
        error = check_values(a, CONFIG_SCOPE_BROKER, KAFKA_INVALID_REQUEST);
    if (error == KAFKA_NONE && a->all_brokers)
        error = refuse_kind(a, is_of_one_broker,
                            "Cannot update these configs at default cluster level, broker id must "
                            "be specified: Set");
    if (error == KAFKA_NONE)
        error = refuse_kind(a, is_of_the_start,
                            "This broker opens its listeners when it starts, so these configs "
                            "cannot be updated dynamically: Set");
    return error;
}

int16_t config_alter_check_broker(struct config_alteration *a)
{
    struct config_layers then = layers_then(a);
    int16_t error = check_kinds(a);
    if (error == KAFKA_NONE)
        error = check_logs(a, &then);
    if (error == KAFKA_NONE)
        error = check_cleaner(a, &then);
    if (error == KAFKA_NONE)
        error = check_connections(a, &then);
    if (error == KAFKA_NONE)
        error = check_threads(a, &then);
    if (error == KAFKA_NONE)
        error = check_replicas(a);
    return error;
}

/* Groups. */

struct group_range {
    const char *key;
    const char *low; /* a broker key; null: none */
    const char *high;
};

static const struct group_range group_ranges[] = {
    {"consumer.heartbeat.interval.ms", "group.consumer.min.heartbeat.interval.ms",
     "group.consumer.max.heartbeat.interval.ms"},
    {"consumer.session.timeout.ms", "group.consumer.min.session.timeout.ms",
     "group.consumer.max.session.timeout.ms"},
    {"share.heartbeat.interval.ms", "group.share.min.heartbeat.interval.ms",
     "group.share.max.heartbeat.interval.ms"},
    {"share.session.timeout.ms", "group.share.min.session.timeout.ms",
     "group.share.max.session.timeout.ms"},
    {"share.record.lock.duration.ms", "group.share.min.record.lock.duration.ms",
     "group.share.max.record.lock.duration.ms"},
    {"streams.heartbeat.interval.ms", "group.streams.min.heartbeat.interval.ms",
     "group.streams.max.heartbeat.interval.ms"},
    {"streams.session.timeout.ms", "group.streams.min.session.timeout.ms",
     "group.streams.max.session.timeout.ms"},
    {"streams.num.standby.replicas", NULL, "group.streams.max.standby.replicas"},
};

static int16_t check_group_range(struct config_alteration *a, const struct group_range *range)
{
    const char *text = config_pair_find(a->then, a->then_count, bytes_of_string(range->key));
    if (text == NULL)
        return KAFKA_NONE;
    int64_t value = config_value_integer(text);
    if (range->low != NULL && value < config_layers_integer(&a->layers, range->low))
        return config_alter_refuse(a, KAFKA_INVALID_CONFIG,
                                   "%s must be greater than or equal to %s", range->key,
                                   range->low);
    if (value > config_layers_integer(&a->layers, range->high))
        return config_alter_refuse(a, KAFKA_INVALID_CONFIG, "%s must be less than or equal to %s",
                                   range->key, range->high);
    return KAFKA_NONE;
}

static int64_t group_number(const struct config_alteration *a, const char *key)
{
    const struct config_def *def = config_table_find(CONFIG_SCOPE_GROUP, bytes_of_string(key));
    const char *text = config_pair_find(a->then, a->then_count, bytes_of_string(key));
    ASSERT(def != NULL && def->synonyms != NULL);
    return text != NULL ? config_value_integer(text)
                        : config_layers_integer(&a->layers, def->synonyms);
}

static int16_t check_sessions(struct config_alteration *a)
{
    static const char *const pairs[][2] = {
        {"consumer.session.timeout.ms", "consumer.heartbeat.interval.ms"},
        {"share.session.timeout.ms", "share.heartbeat.interval.ms"},
        {"streams.session.timeout.ms", "streams.heartbeat.interval.ms"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(pairs); i++)
        if (group_number(a, pairs[i][0]) <= group_number(a, pairs[i][1]))
            return config_alter_refuse(a, KAFKA_INVALID_CONFIG, "%s must be greater than %s",
                                       pairs[i][0], pairs[i][1]);
    return KAFKA_NONE;
}

static int16_t refuse_unknown(struct config_alteration *a, enum config_scope scope, int16_t error,
                              const char *what)
{
    for (uint32_t i = 0; i < a->then_count; i++)
        if (config_table_find(scope, bytes_of_string(a->then[i].name)) == NULL)
            return config_alter_refuse(a, error, "%s: %.256s", what, a->then[i].name);
    return KAFKA_NONE;
}

int16_t config_alter_check_group(struct config_alteration *a)
{
    int16_t error =
        refuse_unknown(a, CONFIG_SCOPE_GROUP, KAFKA_INVALID_CONFIG, "Unknown group config name");
    if (error == KAFKA_NONE)
        error = check_values(a, CONFIG_SCOPE_GROUP, KAFKA_INVALID_CONFIG);
    for (size_t i = 0; error == KAFKA_NONE && i < ARRAY_LENGTH(group_ranges); i++)
        error = check_group_range(a, &group_ranges[i]);
    return error == KAFKA_NONE ? check_sessions(a) : error;
}

/* Client metrics. */

#define INTERVAL_MS_MIN 100
#define INTERVAL_MS_MAX 3600000
#define PATTERN_MAX 256

static bool is_expression(struct bytes pattern)
{
    regex_t expression;
    char text[PATTERN_MAX + 1];
    if (pattern.len > PATTERN_MAX)
        return false;
    memcpy(text, pattern.data, pattern.len);
    text[pattern.len] = '\0';
    if (regcomp(&expression, text, REG_EXTENDED | REG_NOSUB) != 0)
        return false;
    regfree(&expression);
    return true;
}

bool config_match_read(struct bytes item, struct config_match *match)
{
    static const char names[] = "client_id, client_instance_id, client_software_name, "
                                "client_software_version, client_source_address, "
                                "client_source_port";
    const char *rest = names;
    struct bytes name;
    const uint8_t *sign = memchr(item.data, '=', item.len);
    if (sign == NULL)
        return false;
    size_t left = (size_t)(sign - item.data);
    match->name = config_trim((struct bytes){item.data, left});
    match->pattern = config_trim((struct bytes){sign + 1, item.len - left - 1});
    if (memchr(match->pattern.data, '=', match->pattern.len) != NULL || match->pattern.len == 0)
        return false;
    while (config_list_next(&rest, &name))
        if (bytes_equal(name, match->name))
            return is_expression(match->pattern);
    return false;
}

int16_t config_alter_check_client_metrics(struct config_alteration *a)
{
    struct bytes item;
    struct config_match match;
    int16_t error = refuse_unknown(a, CONFIG_SCOPE_CLIENT_METRICS, KAFKA_INVALID_REQUEST,
                                   "Unknown client metrics configuration");
    if (error == KAFKA_NONE)
        error = check_values(a, CONFIG_SCOPE_CLIENT_METRICS, KAFKA_INVALID_CONFIG);
    if (error != KAFKA_NONE)
        return error;
    const char *interval = config_pair_find(a->then, a->then_count, BYTES_LITERAL("interval.ms"));
    const char *patterns = config_pair_find(a->then, a->then_count, BYTES_LITERAL("match"));
    if (interval != NULL && (config_value_integer(interval) < INTERVAL_MS_MIN ||
                             config_value_integer(interval) > INTERVAL_MS_MAX))
        return config_alter_refuse(a, KAFKA_INVALID_REQUEST,
                                   "Invalid value %lld for interval.ms, interval must be between "
                                   "100 and 3600000 (1 hour)",
                                   (long long)config_value_integer(interval));
    while (patterns != NULL && config_list_next(&patterns, &item))
        if (!config_match_read(item, &match))
            return config_alter_refuse(a, KAFKA_INVALID_CONFIG,
                                       "Illegal client matching pattern: %.*s",
                                       (int)MIN(item.len, (size_t)256), (const char *)item.data);
    return KAFKA_NONE;
}
