/*
 * Descriptions of configurations. With KAFKA_FACTS naming a directory that holds
 * describe-configs-*.tsv, what a real broker described is compared row by row.
 */
#include "broker/config/config_describe.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

/* The configuration of the broker that was asked. */
static const char asked_properties[] =
    "process.roles=broker,controller\n"
    "node.id=1\n"
    "controller.quorum.voters=1@127.0.0.1:9393\n"
    "listeners=PLAINTEXT://127.0.0.1:9392,CONTROLLER://127.0.0.1:9393\n"
    "advertised.listeners=PLAINTEXT://127.0.0.1:9392\n"
    "controller.listener.names=CONTROLLER\n"
    "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT\n"
    "num.network.threads=3\n"
    "num.io.threads=8\n"
    "num.partitions=1\n"
    "log.dirs=/data/kafka\n"
    "group.initial.rebalance.delay.ms=0\n"
    "offsets.topic.num.partitions=5\n"
    "offsets.topic.replication.factor=1\n"
    "share.coordinator.state.topic.min.isr=1\n"
    "share.coordinator.state.topic.replication.factor=1\n"
    "transaction.state.log.min.isr=1\n"
    "transaction.state.log.num.partitions=5\n"
    "transaction.state.log.replication.factor=1\n";

static struct config *load(const char *text)
{
    struct options options = {.properties_path = (char[]){"server.properties"}};
    struct config_input input = {.options = &options, .properties = bytes_of_string(text)};
    struct config_notes notes;
    struct config *config;
    cr_assert_eq(config_load(&input, &notes, &config), 0);
    config_notes_fini(&notes);
    return config;
}

/* Everything a test asks about, in one place. */
struct asked {
    struct config *config;
    struct config_layers layers;
    struct config_description d;
};

static char insync_name[] = "min.insync.replicas", insync_value[] = "1";
static struct config_pair fresh_defaults[] = {{insync_name, insync_value}};

static void asked_init(struct asked *asked, const char *text)
{
    asked->config = load(text);
    asked->layers = (struct config_layers){
        .config = asked->config, .defaults = fresh_defaults, .default_count = 1};
    asked->d = (struct config_description){0};
}

static void asked_fini(struct asked *asked)
{
    config_description_fini(&asked->d);
    config_free(asked->config);
}

static const struct config_entry *find(const struct config_description *d, const char *name)
{
    for (uint32_t i = 0; i < d->count; i++)
        if (strcmp(d->entries[i].name, name) == 0)
            return &d->entries[i];
    return NULL;
}

static const char *source_name(enum config_source source)
{
    static const char *const names[] = {"",
                                        "DYNAMIC_TOPIC_CONFIG",
                                        "DYNAMIC_BROKER_CONFIG",
                                        "DYNAMIC_DEFAULT_BROKER_CONFIG",
                                        "STATIC_BROKER_CONFIG",
                                        "DEFAULT_CONFIG",
                                        "DYNAMIC_BROKER_LOGGER_CONFIG",
                                        "DYNAMIC_CLIENT_METRICS_CONFIG",
                                        "DYNAMIC_GROUP_CONFIG"};
    return names[source];
}

/* One entry as a row of the fact files: value, source, read_only, sensitive, type, synonyms. */
static const char *print_entry(const struct config_description *d, const struct config_entry *e,
                               char *text, size_t size)
{
    int len = snprintf(text, size, "%s\t%s\t%s\t%s\t%s\t", e->value == NULL ? "(null)" : e->value,
                       source_name(e->source), e->read_only ? "yes" : "no",
                       e->sensitive ? "yes" : "no", config_type_name(e->type));
    for (uint32_t i = 0; i < e->synonym_count; i++) {
        const struct config_synonym *s = &d->synonyms[e->synonym_first + i];
        len += snprintf(text + len, size - (size_t)len, "%s%s=%s:%s", i == 0 ? "" : "|", s->name,
                        s->value == NULL ? "(null)" : s->value, source_name(s->source));
    }
    return text;
}

static void expect_row(const struct config_description *d, const char *name, const char *row)
{
    char text[1024];
    const struct config_entry *entry = find(d, name);
    cr_assert_not_null(entry, "%s", name);
    cr_expect_str_eq(print_entry(d, entry, text, sizeof text), row);
}

/* Rows of a real broker, frozen. */

Test(config_describe, describes_a_plain_topic_with_33_keys)
{
    struct asked a;
    asked_init(&a, asked_properties);
    config_describe_topic(&a.layers, NULL, 0, NULL, &a.d);
    cr_expect_eq(a.d.count, 33);
    expect_row(&a.d, "cleanup.policy",
               "delete\tDEFAULT_CONFIG\tno\tno\tLIST\tlog.cleanup.policy=delete:DEFAULT_CONFIG");
    expect_row(&a.d, "retention.ms", "604800000\tDEFAULT_CONFIG\tno\tno\tLONG\t");
    expect_row(&a.d, "flush.ms", "9223372036854775807\tDEFAULT_CONFIG\tno\tno\tLONG\t");
    expect_row(&a.d, "min.insync.replicas",
               "1\tDYNAMIC_DEFAULT_BROKER_CONFIG\tno\tno\tINT\t"
               "min.insync.replicas=1:DYNAMIC_DEFAULT_BROKER_CONFIG|"
               "min.insync.replicas=1:DEFAULT_CONFIG");
    expect_row(&a.d, "leader.replication.throttled.replicas", "\tDEFAULT_CONFIG\tno\tno\tLIST\t");
    cr_expect_null(find(&a.d, "internal.segment.bytes"));
    asked_fini(&a);
}

Test(config_describe, describes_a_tuned_topic)
{
    struct asked a;
    struct config_pair own[] = {{(char[]){"cleanup.policy"}, (char[]){"compact, delete"}},
                                {(char[]){"max.message.bytes"}, (char[]){"2000000"}},
                                {(char[]){"segment.ms"}, (char[]){"3600000"}}};
    asked_init(&a, asked_properties);
    config_describe_topic(&a.layers, own, 3, NULL, &a.d);
    expect_row(&a.d, "cleanup.policy",
               "compact,delete\tDYNAMIC_TOPIC_CONFIG\tno\tno\tLIST\t"
               "cleanup.policy=compact,delete:DYNAMIC_TOPIC_CONFIG|"
               "log.cleanup.policy=delete:DEFAULT_CONFIG");
    expect_row(&a.d, "max.message.bytes",
               "2000000\tDYNAMIC_TOPIC_CONFIG\tno\tno\tINT\t"
               "max.message.bytes=2000000:DYNAMIC_TOPIC_CONFIG|"
               "message.max.bytes=1048588:DEFAULT_CONFIG");
    expect_row(&a.d, "segment.ms",
               "3600000\tDYNAMIC_TOPIC_CONFIG\tno\tno\tLONG\t"
               "segment.ms=3600000:DYNAMIC_TOPIC_CONFIG");
    asked_fini(&a);
}

Test(config_describe, describes_what_was_changed_while_running)
{
    struct asked a;
    struct config_pair broker[] = {{(char[]){"background.threads"}, (char[]){"12"}},
                                   {(char[]){"log.cleaner.threads"}, (char[]){"3"}},
                                   {(char[]){"ssl.keystore.password"}, (char[]){"hush"}}};
    struct config_pair defaults[] = {{(char[]){"log.cleaner.threads"}, (char[]){"2"}},
                                     {(char[]){"log.retention.ms"}, (char[]){"7200000"}},
                                     {insync_name, insync_value}};
    asked_init(&a, asked_properties);
    a.layers = (struct config_layers){a.config, broker, 3, defaults, 3};
    config_describe_broker(&a.layers, NULL, &a.d);
    expect_row(&a.d, "log.cleaner.threads",
               "3\tDYNAMIC_BROKER_CONFIG\tno\tno\tINT\t"
               "log.cleaner.threads=3:DYNAMIC_BROKER_CONFIG|"
               "log.cleaner.threads=2:DYNAMIC_DEFAULT_BROKER_CONFIG|"
               "log.cleaner.threads=1:DEFAULT_CONFIG");
    expect_row(&a.d, "log.retention.ms",
               "7200000\tDYNAMIC_DEFAULT_BROKER_CONFIG\tno\tno\tLONG\t"
               "log.retention.ms=7200000:DYNAMIC_DEFAULT_BROKER_CONFIG|"
               "log.retention.hours=168:DEFAULT_CONFIG");
    expect_row(&a.d, "log.retention.hours",
               "168\tDEFAULT_CONFIG\tyes\tno\tINT\t"
               "log.retention.hours=168:DEFAULT_CONFIG");
    expect_row(&a.d, "log.retention.minutes", "(null)\tDEFAULT_CONFIG\tyes\tno\tINT\t");
    expect_row(&a.d, "ssl.keystore.password",
               "(null)\tDYNAMIC_BROKER_CONFIG\tno\tyes\tPASSWORD\t"
               "ssl.keystore.password=(null):DYNAMIC_BROKER_CONFIG");
    config_description_fini(&a.d);
    config_describe_broker_defaults(&a.layers, NULL, &a.d);
    cr_expect_eq(a.d.count, 3);
    expect_row(&a.d, "log.cleaner.threads",
               "2\tDYNAMIC_DEFAULT_BROKER_CONFIG\tno\tno\tINT\t"
               "log.cleaner.threads=2:DYNAMIC_DEFAULT_BROKER_CONFIG");
    config_description_fini(&a.d);
    config_describe_topic(&a.layers, NULL, 0, NULL, &a.d);
    expect_row(&a.d, "retention.ms",
               "7200000\tDYNAMIC_DEFAULT_BROKER_CONFIG\tno\tno\tLONG\t"
               "log.retention.ms=7200000:DYNAMIC_DEFAULT_BROKER_CONFIG|"
               "log.retention.hours=168:DEFAULT_CONFIG");
    asked_fini(&a);
}

Test(config_describe, describes_the_broker)
{
    struct asked a;
    uint32_t ours = 0;
    asked_init(&a, asked_properties);
    config_describe_broker(&a.layers, NULL, &a.d);
    for (uint32_t i = 0; i < a.d.count; i++)
        ours += strncmp(a.d.entries[i].name, "odradek.", 8) == 0;
    cr_expect_eq(a.d.count - ours, 320);
    cr_expect_eq(ours, 15);
    expect_row(&a.d, "broker.id",
               "1\tSTATIC_BROKER_CONFIG\tyes\tno\tINT\t"
               "broker.id=1:STATIC_BROKER_CONFIG|broker.id=-1:DEFAULT_CONFIG");
    expect_row(&a.d, "log.dir",
               "/tmp/kafka-logs\tDEFAULT_CONFIG\tyes\tno\tLIST\tlog.dir=/tmp/kafka-logs:"
               "DEFAULT_CONFIG");
    expect_row(&a.d, "log.cleaner.io.max.bytes.per.second",
               "1.7976931348623157E308\tDEFAULT_CONFIG\tno\tno\tDOUBLE\t"
               "log.cleaner.io.max.bytes.per.second=1.7976931348623157E308:DEFAULT_CONFIG");
    asked_fini(&a);
}

Test(config_describe, names_unknown_keys_without_their_values)
{
    struct asked a;
    asked_init(&a, "my.plugin.password=hush\nlog.initial.task.delay.ms=5\n");
    config_describe_broker(&a.layers, NULL, &a.d);
    expect_row(&a.d, "my.plugin.password",
               "(null)\tSTATIC_BROKER_CONFIG\tyes\tyes\tUNKNOWN\t"
               "my.plugin.password=(null):STATIC_BROKER_CONFIG");
    expect_row(&a.d, "log.initial.task.delay.ms",
               "5\tSTATIC_BROKER_CONFIG\tyes\tno\tLONG\t"
               "log.initial.task.delay.ms=5:STATIC_BROKER_CONFIG|"
               "log.initial.task.delay.ms=30000:DEFAULT_CONFIG");
    asked_fini(&a);
}

Test(config_describe, gives_only_what_is_asked_for)
{
    struct asked a;
    struct bytes names[] = {BYTES_LITERAL("retention.ms"), BYTES_LITERAL("no.such.key"),
                            BYTES_LITERAL("retention.ms")};
    struct config_filter some = {names, 3}, none = {names, 0}, all = {NULL, 0};
    asked_init(&a, "");
    config_describe_topic(&a.layers, NULL, 0, &some, &a.d);
    cr_assert_eq(a.d.count, 1);
    cr_expect_str_eq(a.d.entries[0].name, "retention.ms");
    config_description_fini(&a.d);
    config_describe_topic(&a.layers, NULL, 0, &none, &a.d);
    cr_expect_eq(a.d.count, 0);
    config_description_fini(&a.d);
    config_describe_topic(&a.layers, NULL, 0, &all, &a.d);
    cr_expect_eq(a.d.count, 33);
    asked_fini(&a);
}

Test(config_describe, describes_groups_by_the_brokers_defaults)
{
    struct asked a;
    struct config_pair own[] = {{(char[]){"consumer.session.timeout.ms"}, (char[]){"50000"}}};
    asked_init(&a, "group.consumer.heartbeat.interval.ms=7000\n");
    config_describe_group(&a.layers, own, 1, NULL, &a.d);
    cr_expect_eq(a.d.count, 11);
    expect_row(&a.d, "consumer.session.timeout.ms",
               "50000\tDYNAMIC_GROUP_CONFIG\tno\tno\tINT\t"
               "consumer.session.timeout.ms=50000:DYNAMIC_GROUP_CONFIG");
    expect_row(&a.d, "consumer.heartbeat.interval.ms",
               "7000\tDEFAULT_CONFIG\tno\tno\tINT\t"
               "consumer.heartbeat.interval.ms=7000:DEFAULT_CONFIG");
    asked_fini(&a);
}

Test(config_describe, describes_client_metrics_and_loggers)
{
    struct asked a;
    struct config_pair own[] = {{(char[]){"interval.ms"}, (char[]){"60000"}}};
    asked_init(&a, "odradek.log.level=warn\n");
    config_describe_client_metrics(own, 1, NULL, &a.d);
    cr_expect_eq(a.d.count, 3);
    expect_row(&a.d, "interval.ms",
               "60000\tDYNAMIC_CLIENT_METRICS_CONFIG\tno\tno\tINT\t"
               "interval.ms=60000:DYNAMIC_CLIENT_METRICS_CONFIG");
    expect_row(&a.d, "match", "\tDEFAULT_CONFIG\tno\tno\tLIST\t");
    config_description_fini(&a.d);
    config_describe_loggers(a.layers.config->log_level, NULL, &a.d);
    cr_assert_eq(a.d.count, 1);
    expect_row(&a.d, "root", "WARN\tDYNAMIC_BROKER_LOGGER_CONFIG\tno\tno\tUNKNOWN\t");
    asked_fini(&a);
}

/* Compares every line of `file` whose first cell is `resource`. Returns how many there were. */
static uint32_t compare_rows(const char *file, const char *resource,
                             const struct config_description *d)
{
    char path[512], line[4096];
    uint32_t rows = 0;
    const char *facts = getenv("KAFKA_FACTS");
    if (facts == NULL)
        cr_skip_test("KAFKA_FACTS is not set");
    snprintf(path, sizeof path, "%s/%s", facts, file);
    FILE *stream = fopen(path, "r");
    cr_assert_not_null(stream, "%s", path);
    while (fgets(line, sizeof line, stream) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        char *name = strchr(line, '\t');
        cr_assert_not_null(name);
        *name++ = '\0';
        if (strcmp(line, resource) != 0)
            continue;
        char *row = strchr(name, '\t');
        cr_assert_not_null(row);
        *row++ = '\0';
        expect_row(d, name, row);
        rows++;
    }
    fclose(stream);
    return rows;
}

Test(config_describe, agrees_with_a_real_broker_about_topics)
{
    struct asked a;
    asked_init(&a, asked_properties);
    config_describe_topic(&a.layers, NULL, 0, NULL, &a.d);
    cr_expect_eq(compare_rows("describe-configs-topic.tsv", "topic plain", &a.d), 33);
    asked_fini(&a);
}

Test(config_describe, agrees_with_a_real_broker_about_itself)
{
    struct asked a;
    asked_init(&a, asked_properties);
    config_describe_broker(&a.layers, NULL, &a.d);
    cr_expect_eq(compare_rows("describe-configs-broker.tsv", "broker 1", &a.d), 320);
    config_description_fini(&a.d);
    config_describe_broker_defaults(&a.layers, NULL, &a.d);
    cr_expect_eq(compare_rows("describe-configs-broker.tsv", "broker default", &a.d), 1);
    cr_expect_eq(a.d.count, 1);
    asked_fini(&a);
}

Test(config_describe, agrees_with_a_real_broker_about_groups)
{
    struct asked a;
    asked_init(&a, asked_properties);
    config_describe_group(&a.layers, NULL, 0, NULL, &a.d);
    cr_expect_eq(compare_rows("describe-configs-group.tsv", "group g1", &a.d), 11);
    asked_fini(&a);
}
