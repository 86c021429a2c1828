/* Changes of configuration: what they make of the settings, and each rule that refuses one. */
#include "broker/config/config_alter.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"

#define CHANGES_MAX 4

static struct config *config;
static struct config_alteration alteration;
static struct config_change changes[CHANGES_MAX];
static struct config_pair *now;
static uint32_t now_count;

static void setup(void)
{
    struct options options = {0};
    struct config_input input = {.options = &options};
    struct config_notes notes;
    cr_assert_eq(config_load(&input, &notes, &config), 0);
    config_notes_fini(&notes);
    alteration = (struct config_alteration){.layers.config = config, .eligible_replicas = true};
    now = NULL;
    now_count = 0;
}

static void teardown(void)
{
    config_alteration_fini(&alteration);
    config_pairs_free(now, now_count);
    config_free(config);
}

TestSuite(config_alter, .init = setup, .fini = teardown);

static void has(const char *name, const char *value)
{
    config_pairs_set(&now, &now_count, bytes_of_string(name), string_of(value));
}

static void change(enum config_operation operation, const char *name, const char *value)
{
    cr_assert_lt(alteration.change_count, (uint32_t)CHANGES_MAX);
    changes[alteration.change_count++] = (struct config_change){
        bytes_of_string(name), operation, bytes_of_string(value == NULL ? "" : value)};
}

static int16_t alter(enum config_resource resource)
{
    config_alteration_fini(&alteration);
    alteration.resource = resource;
    alteration.changes = changes;
    alteration.now = now;
    alteration.now_count = now_count;
    /* As the catalog's writer sees a broker: what it has now is in the layers, too. */
    if (resource == CONFIG_RESOURCE_BROKER && alteration.all_brokers) {
        alteration.layers.defaults = now;
        alteration.layers.default_count = now_count;
    } else if (resource == CONFIG_RESOURCE_BROKER) {
        alteration.layers.broker = now;
        alteration.layers.broker_count = now_count;
    }
    int16_t error = config_alter(&alteration);
    alteration.change_count = 0;
    return error;
}

static void expect_then(const char *name, const char *value)
{
    const char *then =
        config_pair_find(alteration.then, alteration.then_count, bytes_of_string(name));
    if (value == NULL)
        cr_expect_null(then, "%s is still %s", name, then);
    else
        cr_expect_str_eq(then == NULL ? "(none)" : then, value, "%s is %s", name, then);
}

static void expect_refused(enum config_resource resource, const char *name, const char *value,
                           int16_t error, const char *sentence)
{
    change(CONFIG_SET, name, value);
    cr_expect_eq(alter(resource), error, "%s=%s", name, value);
    cr_expect_str_eq(alteration.message, sentence);
}

Test(config_alter, sets_and_deletes_what_is_named_and_leaves_the_rest)
{
    has("retention.ms", "5");
    has("segment.ms", "6");
    change(CONFIG_SET, "max.message.bytes", "7");
    change(CONFIG_DELETE, "retention.ms", NULL);
    change(CONFIG_DELETE, "never.heard.of", NULL);
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_NONE);
    expect_then("max.message.bytes", "7");
    expect_then("retention.ms", NULL);
    expect_then("segment.ms", "6");
    cr_expect_eq(alteration.then_count, 2);
}

Test(config_alter, refuses_names_and_values_with_a_null_character)
{
    has("retention.ms", "1000");
    change(CONFIG_SET, "retention.ms", "");
    changes[0].value = BYTES_LITERAL("2000\0");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_INVALID_CONFIG);
    cr_expect_str_eq(alteration.message,
                     "The name or the value of configuration 'retention.ms' has a null character");
    change(CONFIG_DELETE, "", NULL);
    changes[0].name = BYTES_LITERAL("retention.ms\0");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_INVALID_CONFIG);
}

Test(config_alter, replaces_everything_when_it_is_told_to)
{
    has("retention.ms", "5");
    alteration.replaces = true;
    change(CONFIG_SET, "segment.ms", "7");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_NONE);
    cr_expect_eq(alteration.then_count, 1);
    expect_then("segment.ms", "7");
}

Test(config_alter, appends_to_lists_what_is_not_in_them)
{
    change(CONFIG_APPEND, "cleanup.policy", "delete,compact");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_NONE);
    expect_then("cleanup.policy", "delete,compact");
    has("leader.replication.throttled.replicas", "0:1");
    change(CONFIG_APPEND, "leader.replication.throttled.replicas", "1:1,0:1");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_NONE);
    expect_then("leader.replication.throttled.replicas", "0:1,1:1");
}

Test(config_alter, subtracts_from_lists_down_to_nothing)
{
    change(CONFIG_SUBTRACT, "cleanup.policy", "delete");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_NONE);
    expect_then("cleanup.policy", "");
    change(CONFIG_SUBTRACT, "log.cleanup.policy", "compact");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
    expect_then("log.cleanup.policy", "delete");
}

Test(config_alter, appends_to_no_numbers_and_to_no_lists_of_groups_and_subscriptions)
{
    change(CONFIG_APPEND, "retention.ms", "1");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_INVALID_CONFIG);
    cr_expect_str_eq(alteration.message,
                     "Can't APPEND to key retention.ms because its type is not LIST.");
    change(CONFIG_SUBTRACT, "metrics", "a");
    cr_expect_eq(alter(CONFIG_RESOURCE_CLIENT_METRICS), KAFKA_INVALID_CONFIG);
    cr_expect_str_eq(alteration.message,
                     "Can't SUBTRACT to key metrics because its type is not LIST.");
}

Test(config_alter, judges_a_topics_values_together)
{
    has("min.compaction.lag.ms", "5");
    expect_refused(CONFIG_RESOURCE_TOPIC, "max.compaction.lag.ms", "4", KAFKA_INVALID_CONFIG,
                   "conflict topic config setting min.compaction.lag.ms (5) > "
                   "max.compaction.lag.ms (4)");
    expect_refused(CONFIG_RESOURCE_TOPIC, "no.such.key", "4", KAFKA_INVALID_CONFIG,
                   "Unknown topic config name: no.such.key");
}

Test(config_alter, a_message_must_fit_into_a_file_of_the_wal)
{
    change(CONFIG_SET, "max.message.bytes", "67108864");
    cr_expect_eq(alter(CONFIG_RESOURCE_TOPIC), KAFKA_INVALID_CONFIG);
    change(CONFIG_SET, "message.max.bytes", "67108864");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_REQUEST);
    cr_expect(strstr(alteration.message, "odradek.wal.file.bytes=67108864") != NULL);
}

Test(config_alter, refuses_what_a_broker_reads_only_when_it_starts)
{
    change(CONFIG_SET, "log.dirs", "/x");
    change(CONFIG_SET, "odradek.cores", "2");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_REQUEST);
    cr_expect_str_eq(alteration.message,
                     "Cannot update these configs dynamically: Set(log.dirs, odradek.cores)");
    expect_refused(CONFIG_RESOURCE_BROKER, "listeners", "PLAINTEXT://:1", KAFKA_INVALID_REQUEST,
                   "This broker opens its listeners when it starts, so these configs cannot be "
                   "updated dynamically: Set(listeners)");
}

Test(config_alter, takes_ours_that_can_change_and_keys_that_nobody_knows)
{
    change(CONFIG_SET, "odradek.wal.profile", "high");
    change(CONFIG_SET, "odradek.flush.profile", "extreme");
    change(CONFIG_SET, "odradek.catalog.batch.wait.ms", "5");
    change(CONFIG_SET, "plug.in.key", "x");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
    expect_refused(CONFIG_RESOURCE_BROKER, "odradek.catalog.batch.proposals", "0",
                   KAFKA_INVALID_REQUEST,
                   "Invalid value 0 for configuration odradek.catalog.batch.proposals: Value must "
                   "be at least 1");
}

Test(config_alter, stores_of_keys_are_for_one_listener_and_one_broker)
{
    expect_refused(CONFIG_RESOURCE_BROKER, "ssl.keystore.type", "JKS", KAFKA_INVALID_REQUEST,
                   "These security configs can be dynamically updated only per-listener using the "
                   "listener prefix: HashSet(ssl.keystore.type)");
    change(CONFIG_SET, "listener.name.plaintext.ssl.keystore.type", "JKS");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
    alteration.all_brokers = true;
    expect_refused(CONFIG_RESOURCE_BROKER, "sasl.jaas.config", "x", KAFKA_INVALID_REQUEST,
                   "Cannot update these configs at default cluster level, broker id must be "
                   "specified: Set(sasl.jaas.config)");
}

Test(config_alter, pools_of_threads_double_at_most)
{
    change(CONFIG_SET, "num.io.threads", "16");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
    change(CONFIG_SET, "num.io.threads", "17");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_REQUEST);
    cr_expect(strstr(alteration.message, "not be greater than double the current value 8"));
    change(CONFIG_SET, "num.io.threads", "3");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_REQUEST);
    cr_expect(strstr(alteration.message, "be at least half the current value 8"));
}

Test(config_alter, a_brokers_values_are_judged_together)
{
    expect_refused(CONFIG_RESOURCE_BROKER, "log.roll.ms", "0", KAFKA_INVALID_REQUEST,
                   "requirement failed: log.roll.ms must be greater than or equal to 1");
    expect_refused(CONFIG_RESOURCE_BROKER, "max.connections.per.ip", "0", KAFKA_INVALID_REQUEST,
                   "requirement failed: max.connections.per.ip can be set to zero only if "
                   "max.connections.per.ip.overrides property is set.");
    expect_refused(CONFIG_RESOURCE_BROKER, "log.cleaner.dedupe.buffer.size", "1",
                   KAFKA_INVALID_REQUEST,
                   "requirement failed: log.cleaner.dedupe.buffer.size must be at least 1MB per "
                   "cleaner thread.");
    change(CONFIG_SET, "log.local.retention.ms", "604800001");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_REQUEST);
    change(CONFIG_SET, "log.retention.ms", "-1");
    change(CONFIG_SET, "log.local.retention.ms", "604800001");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
}

Test(config_alter, the_replicas_that_must_be_in_sync_are_one_number_for_all)
{
    const char *of_one = "Broker-level min.insync.replicas cannot be altered while ELR is enabled.";
    expect_refused(CONFIG_RESOURCE_BROKER, "min.insync.replicas", "1", KAFKA_INVALID_CONFIG,
                   of_one);
    alteration.eligible_replicas = false;
    change(CONFIG_SET, "min.insync.replicas", "1");
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_NONE);
    alteration.eligible_replicas = true;
    alteration.all_brokers = true;
    has("min.insync.replicas", "1");
    change(CONFIG_DELETE, "min.insync.replicas", NULL);
    cr_expect_eq(alter(CONFIG_RESOURCE_BROKER), KAFKA_INVALID_CONFIG);
    cr_expect_str_eq(alteration.message,
                     "Cluster-level min.insync.replicas cannot be removed while ELR is enabled.");
}

Test(config_alter, a_groups_times_lie_within_the_brokers)
{
    expect_refused(CONFIG_RESOURCE_GROUP, "consumer.session.timeout.ms", "5", KAFKA_INVALID_CONFIG,
                   "consumer.session.timeout.ms must be greater than or equal to "
                   "group.consumer.min.session.timeout.ms");
    expect_refused(CONFIG_RESOURCE_GROUP, "share.heartbeat.interval.ms", "99999",
                   KAFKA_INVALID_CONFIG,
                   "share.heartbeat.interval.ms must be less than or equal to "
                   "group.share.max.heartbeat.interval.ms");
    expect_refused(CONFIG_RESOURCE_GROUP, "nope", "1", KAFKA_INVALID_CONFIG,
                   "Unknown group config name: nope");
    change(CONFIG_SET, "consumer.session.timeout.ms", "50000");
    cr_expect_eq(alter(CONFIG_RESOURCE_GROUP), KAFKA_NONE);
}

Test(config_alter, a_subscription_has_an_interval_and_patterns)
{
    expect_refused(CONFIG_RESOURCE_CLIENT_METRICS, "interval.ms", "99", KAFKA_INVALID_REQUEST,
                   "Invalid value 99 for interval.ms, interval must be between 100 and 3600000 "
                   "(1 hour)");
    expect_refused(CONFIG_RESOURCE_CLIENT_METRICS, "match", "client_id=(", KAFKA_INVALID_CONFIG,
                   "Illegal client matching pattern: client_id=(");
    expect_refused(CONFIG_RESOURCE_CLIENT_METRICS, "match", "client_id=a=b", KAFKA_INVALID_CONFIG,
                   "Illegal client matching pattern: client_id=a=b");
    expect_refused(CONFIG_RESOURCE_CLIENT_METRICS, "nope", "1", KAFKA_INVALID_REQUEST,
                   "Unknown client metrics configuration: nope");
    change(CONFIG_SET, "match", " client_id = a.* , client_source_port=[0-9]+");
    cr_expect_eq(alter(CONFIG_RESOURCE_CLIENT_METRICS), KAFKA_NONE);
}
