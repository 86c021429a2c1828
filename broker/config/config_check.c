/*
 * Contradictions: keys that ask for what this broker is not, and keys that exclude each other.
 *
 * The line between the two answers: where going on would lose data, leave the broker open or serve
 * something else than asked, the start is refused; where a wish merely has no effect, the note is
 * a warning.
 */
#include "broker/config/config_load.h"

#include <string.h>

#include "base/util.h"
#include "base/uuid.h"
#include "broker/config/config_value.h"

static const char *checked_text(const struct config_loading *loading, const char *key)
{
    return config_text(loading->config, key);
}

static int64_t checked_integer(const struct config_loading *loading, const char *key)
{
    return config_integer(loading->config, key);
}

static uint32_t list_length(const char *list)
{
    uint32_t count = 0;
    struct bytes item;
    while (list != NULL && config_list_next(&list, &item))
        count++;
    return count;
}

static void check_roles(struct config_loading *loading)
{
    const char *roles = checked_text(loading, "process.roles");
    if (!config_list_has(roles, BYTES_LITERAL("broker")))
        config_refuse_key(loading, "process.roles",
                          "process.roles=%s: this is a broker, a controller alone is not served",
                          roles);
    else if (!config_list_has(roles, BYTES_LITERAL("controller")))
        config_refuse_key(loading, "process.roles",
                          "process.roles=%s wants a controller elsewhere, and joining one is not "
                          "served yet; use broker,controller",
                          roles);
}

/* "1@host:port": whether it is this node. */
static bool is_own_voter(struct bytes voter, int32_t node_id)
{
    int64_t id = 0;
    size_t i = 0;
    while (i < voter.len && i < 10 && voter.data[i] >= '0' && voter.data[i] <= '9')
        id = id * 10 + (voter.data[i++] - '0');
    return i > 0 && i < voter.len && voter.data[i] == '@' && id == node_id;
}

static void check_quorum(struct config_loading *loading)
{
    const char *key = "controller.quorum.voters";
    const char *voters = checked_text(loading, key);
    struct bytes voter;
    while (config_list_next(&voters, &voter))
        if (!is_own_voter(voter, loading->config->node_id)) {
            config_refuse_key(loading, key,
                              "controller.quorum.voters: '%.*s' is not this node (node.id=%d), and "
                              "a quorum of several nodes is not served yet",
                              (int)MIN(voter.len, (size_t)128), (const char *)voter.data,
                              loading->config->node_id);
            break;
        }
    key = "controller.quorum.bootstrap.servers";
    if (list_length(checked_text(loading, key)) > 1)
        config_refuse_key(loading, key,
                          "controller.quorum.bootstrap.servers names several nodes, and a quorum "
                          "of several nodes is not served yet");
}

static void check_directories(struct config_loading *loading)
{
    const char *key = config_is_set(loading, "log.dirs") ? "log.dirs" : "log.dir";
    const char *directory = loading->config->log_directory;
    const char *metadata = checked_text(loading, "metadata.log.dir");
    if (directory == NULL)
        config_refuse_key(loading, key, "%s names no directory", key);
    else if (list_length(checked_text(loading, key)) > 1)
        config_refuse_key(loading, key, "%s names several directories, and only one is served yet",
                          key);
    else if (metadata != NULL && strcmp(metadata, directory) != 0)
        config_refuse_key(loading, "metadata.log.dir",
                          "metadata.log.dir=%.128s is not the data directory %.128s, and a "
                          "directory of its own for metadata is not served yet",
                          metadata, directory);
}

/* Keys that may be said, but only with their default. */
static void check_not_served(struct config_loading *loading)
{
    static const struct {
        const char *key;
        bool refused;
        const char *reason;
    } rows[] = {
        {"authorizer.class.name", true,
         "authorization is not served yet, and without it the broker would be open to all"},
        {"remote.log.storage.system.enable", true,
         "tiered storage is not served, and records that lie there could not be read"},
        {"config.providers", true, "values that a provider gives cannot be read"},
        {"create.topic.policy.class.name", false, "Java classes cannot be loaded; no policy holds"},
        {"alter.config.policy.class.name", false, "Java classes cannot be loaded; no policy holds"},
        {"client.quota.callback.class", false, "Java classes cannot be loaded; no quota holds"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        const char *text = config_value_of(loading, rows[i].key)->text;
        if (text == NULL || text[0] == '\0' || config_value_choice("false", text) == 0)
            continue;
        if (rows[i].refused)
            config_refuse_key(loading, rows[i].key, "%s: %s", rows[i].key, rows[i].reason);
        else
            config_warn_key(loading, rows[i].key, "%s: %s", rows[i].key, rows[i].reason);
    }
    const char *protocol = checked_text(loading, "security.inter.broker.protocol");
    if (strcmp(protocol, "PLAINTEXT") != 0)
        config_warn_key(loading, "security.inter.broker.protocol",
                        "security.inter.broker.protocol=%s: there is no other broker, and only "
                        "PLAINTEXT is served yet",
                        protocol);
}

static void check_replication(struct config_loading *loading)
{
    const char *key = "default.replication.factor";
    int64_t factor = checked_integer(loading, key);
    if (factor > 1)
        config_warn_key(loading, key,
                        "default.replication.factor=%lld, but there is one broker: a topic that "
                        "does not name its own factor will not be created",
                        (long long)factor);
}

static void check_sizes(struct config_loading *loading)
{
    const struct config *config = loading->config;
    if ((uint64_t)config->message_bytes_max + CONFIG_WAL_OVERHEAD_BYTES > config->wal_file_bytes)
        config_refuse_key(loading, "message.max.bytes",
                          "message.max.bytes=%d does not fit into a write-ahead log file of "
                          "odradek.wal.file.bytes=%llu",
                          config->message_bytes_max, (unsigned long long)config->wal_file_bytes);
    if (config->wal_bytes_max / 4 < config->wal_file_bytes)
        config_refuse_key(loading, "odradek.wal.max.bytes",
                          "odradek.wal.max.bytes=%llu must be at least four times "
                          "odradek.wal.file.bytes=%llu",
                          (unsigned long long)config->wal_bytes_max,
                          (unsigned long long)config->wal_file_bytes);
    if (config->message_bytes_max > config->request_bytes_max)
        config_warn_key(loading, "message.max.bytes",
                        "message.max.bytes=%d can never be reached: "
                        "socket.request.max.bytes=%d is smaller",
                        config->message_bytes_max, config->request_bytes_max);
}

static void check_times(struct config_loading *loading)
{
    static const char *const retention[] = {"log.retention.ms", "log.retention.minutes",
                                            "log.retention.hours"};
    for (size_t i = 0; i < ARRAY_LENGTH(retention); i++) {
        const char *text = checked_text(loading, retention[i]);
        if (text != NULL && config_value_integer(text) == 0)
            config_refuse_key(loading, retention[i],
                              "%s must be unlimited (-1) or, equal or greater than 1",
                              retention[i]);
    }
    if (checked_integer(loading, "log.cleaner.min.compaction.lag.ms") >
        checked_integer(loading, "log.cleaner.max.compaction.lag.ms"))
        config_refuse_key(loading, "log.cleaner.min.compaction.lag.ms",
                          "log.cleaner.min.compaction.lag.ms must not be above "
                          "log.cleaner.max.compaction.lag.ms");
}

static void check_cluster_id(struct config_loading *loading)
{
    struct uuid id;
    const char *text = loading->config->cluster_id;
    if (text != NULL && uuid_parse(bytes_of_string(text), &id) != 0)
        config_refuse_key(loading, "odradek.cluster.id",
                          "odradek.cluster.id=%.128s: a cluster id is 22 characters of URL-safe "
                          "base64",
                          text);
}

bool config_is_connection_override(struct bytes item)
{
    size_t colon = item.len;
    while (colon > 0 && item.data[colon - 1] != ':')
        colon--;
    if (colon < 2 || colon == item.len || item.len - colon > 9)
        return false;
    for (size_t i = colon; i < item.len; i++)
        if (item.data[i] < '0' || item.data[i] > '9')
            return false;
    for (size_t i = 0; i + 1 < colon; i++)
        if (strchr("0123456789abcdef.:", item.data[i]) == NULL)
            return false;
    return true;
}

static void check_connections(struct config_loading *loading)
{
    const char *key = "max.connections.per.ip.overrides";
    const char *overrides = checked_text(loading, key);
    struct bytes item;
    while (config_list_next(&overrides, &item))
        if (!config_is_connection_override(item))
            config_refuse_key(loading, key,
                              "max.connections.per.ip.overrides: '%.*s' is not <address>:<count>; "
                              "names of hosts are not looked up",
                              (int)MIN(item.len, (size_t)128), (const char *)item.data);
}

const char *config_assignor_name(struct bytes item)
{
    static const struct {
        const char *name;
        const char *class_name;
    } rows[] = {
        {"uniform", "org.apache.kafka.coordinator.group.assignor.UniformAssignor"},
        {"range", "org.apache.kafka.coordinator.group.assignor.RangeAssignor"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        if (bytes_equal(item, bytes_of_string(rows[i].name)) ||
            bytes_equal(item, bytes_of_string(rows[i].class_name)))
            return rows[i].name;
    return NULL;
}

/* Kafka's own words: the first key has to be at least, or below, the second. */
static void check_order(struct config_loading *loading, const char *key, const char *relation,
                        const char *other)
{
    int64_t value = checked_integer(loading, key);
    int64_t limit = checked_integer(loading, other);
    bool holds = relation[0] == 'g' ? value >= limit : value < limit;
    if (!holds)
        config_refuse_key(loading, key, "%s must be %s %s", key, relation, other);
}

static void check_consumer_groups(struct config_loading *loading)
{
    static const char at_least[] = "greater than or equal to";
    const char *key = "group.consumer.assignors";
    const char *list = checked_text(loading, key);
    struct bytes item;
    while (config_list_next(&list, &item))
        if (config_assignor_name(item) == NULL)
            config_refuse_key(loading, key,
                              "group.consumer.assignors: '%.*s' is neither uniform nor range, and "
                              "Java classes cannot be loaded",
                              (int)MIN(item.len, (size_t)128), (const char *)item.data);
    check_order(loading, "group.consumer.max.heartbeat.interval.ms", at_least,
                "group.consumer.min.heartbeat.interval.ms");
    check_order(loading, "group.consumer.heartbeat.interval.ms", at_least,
                "group.consumer.min.heartbeat.interval.ms");
    check_order(loading, "group.consumer.max.heartbeat.interval.ms", at_least,
                "group.consumer.heartbeat.interval.ms");
    check_order(loading, "group.consumer.max.session.timeout.ms", at_least,
                "group.consumer.min.session.timeout.ms");
    check_order(loading, "group.consumer.session.timeout.ms", at_least,
                "group.consumer.min.session.timeout.ms");
    check_order(loading, "group.consumer.max.session.timeout.ms", at_least,
                "group.consumer.session.timeout.ms");
    check_order(loading, "group.consumer.heartbeat.interval.ms", "less than",
                "group.consumer.session.timeout.ms");
}

void config_check(struct config_loading *loading)
{
    check_roles(loading);
    check_quorum(loading);
    check_directories(loading);
    check_not_served(loading);
    check_replication(loading);
    check_sizes(loading);
    check_times(loading);
    check_cluster_id(loading);
    check_connections(loading);
    check_consumer_groups(loading);
}
