/* Checking and reading single values, with Kafka's sentences. */
#include "broker/config/config_value.h"

#include <criterion/criterion.h>

#include "base/mem.h"

static const struct config_def *row(enum config_scope scope, const char *name)
{
    const struct config_def *def = config_table_find(scope, bytes_of_string(name));
    cr_assert_not_null(def, "%s", name);
    return def;
}

static void expect_good(enum config_scope scope, const char *name, const char *value)
{
    char message[CONFIG_MESSAGE_MAX];
    cr_expect_eq(config_value_check(row(scope, name), value, message, sizeof message), 0, "%s",
                 message);
}

static void expect_bad(enum config_scope scope, const char *name, const char *value,
                       const char *sentence)
{
    char message[CONFIG_MESSAGE_MAX];
    cr_expect_eq(config_value_check(row(scope, name), value, message, sizeof message), ERR_INVALID,
                 "%s=%s", name, value);
    cr_expect_str_eq(message, sentence);
}

Test(config_value, checks_numbers_by_type_and_range)
{
    expect_good(CONFIG_SCOPE_TOPIC, "segment.bytes", "1048576");
    expect_good(CONFIG_SCOPE_TOPIC, "segment.bytes", " 2147483647 ");
    expect_bad(CONFIG_SCOPE_TOPIC, "segment.bytes", "5",
               "Invalid value 5 for configuration segment.bytes: Value must be at least 1048576");
    expect_bad(CONFIG_SCOPE_TOPIC, "segment.bytes", "2147483648",
               "Invalid value 2147483648 for configuration segment.bytes: Not a number of type "
               "INT");
    expect_bad(CONFIG_SCOPE_TOPIC, "segment.bytes", "1e9",
               "Invalid value 1e9 for configuration segment.bytes: Not a number of type INT");
    expect_bad(CONFIG_SCOPE_TOPIC, "retention.ms", "",
               "Invalid value  for configuration retention.ms: Not a number of type LONG");
    expect_bad(CONFIG_SCOPE_TOPIC, "retention.ms", "9223372036854775808",
               "Invalid value 9223372036854775808 for configuration retention.ms: Not a number of "
               "type LONG");
    expect_good(CONFIG_SCOPE_TOPIC, "retention.ms", "-1");
    expect_bad(CONFIG_SCOPE_BROKER, "offsets.topic.replication.factor", "40000",
               "Invalid value 40000 for configuration offsets.topic.replication.factor: Not a "
               "number of type SHORT");
    expect_bad(CONFIG_SCOPE_TOPIC, "compression.zstd.level", "23",
               "Invalid value 23 for configuration compression.zstd.level: Value must be no more "
               "than 22");
    expect_good(CONFIG_SCOPE_TOPIC, "compression.zstd.level", "-131072");
}

Test(config_value, checks_doubles)
{
    expect_good(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "0.25");
    expect_good(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "1");
    expect_bad(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "1.5",
               "Invalid value 1.5 for configuration min.cleanable.dirty.ratio: Value must be no "
               "more than 1");
    expect_bad(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "half",
               "Invalid value half for configuration min.cleanable.dirty.ratio: Not a number of "
               "type DOUBLE");
    expect_bad(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "nan",
               "Invalid value nan for configuration min.cleanable.dirty.ratio: Not a number of "
               "type DOUBLE");
}

Test(config_value, checks_truths)
{
    expect_good(CONFIG_SCOPE_TOPIC, "preallocate", "TRUE");
    expect_bad(CONFIG_SCOPE_TOPIC, "preallocate", "yes",
               "Invalid value yes for configuration preallocate: Expected value to be either true "
               "or false");
}

Test(config_value, checks_choices_and_lists)
{
    expect_good(CONFIG_SCOPE_TOPIC, "compression.type", "zstd");
    expect_bad(CONFIG_SCOPE_TOPIC, "compression.type", "ZSTD",
               "Invalid value ZSTD for configuration compression.type: String must be one of: "
               "uncompressed, zstd, lz4, snappy, gzip, producer");
    expect_good(CONFIG_SCOPE_BROKER, "group.consumer.migration.policy", "Upgrade");
    expect_good(CONFIG_SCOPE_TOPIC, "cleanup.policy", "compact, delete");
    expect_good(CONFIG_SCOPE_TOPIC, "cleanup.policy", "");
    expect_bad(CONFIG_SCOPE_TOPIC, "cleanup.policy", "delete,keep",
               "Invalid value keep for configuration cleanup.policy: String must be one of: "
               "compact, delete");
    expect_good(CONFIG_SCOPE_TOPIC, "cleanup.policy", "delete,delete");
    expect_bad(CONFIG_SCOPE_TOPIC, "cleanup.policy", "delete,",
               "Configuration 'cleanup.policy' values must not be empty.");
    expect_bad(CONFIG_SCOPE_BROKER, "log.dirs", "",
               "Configuration 'log.dirs' must not be empty. Valid values include: any non-empty "
               "value");
    expect_bad(CONFIG_SCOPE_BROKER, "process.roles", "",
               "Configuration 'process.roles' must not be empty. Valid values include: [broker, "
               "controller]");
}

Test(config_value, checks_the_rules_of_their_own)
{
    expect_good(CONFIG_SCOPE_TOPIC, "compression.gzip.level", "-1");
    expect_bad(CONFIG_SCOPE_TOPIC, "compression.gzip.level", "0",
               "Invalid value 0 for configuration compression.gzip.level: Value must be between 1 "
               "and 9 or equal to -1");
    expect_good(CONFIG_SCOPE_TOPIC, "leader.replication.throttled.replicas", "0:1,1:2");
    expect_good(CONFIG_SCOPE_TOPIC, "leader.replication.throttled.replicas", "*");
    expect_bad(CONFIG_SCOPE_TOPIC, "leader.replication.throttled.replicas", "0:",
               "Invalid value [0:] for configuration leader.replication.throttled.replicas: "
               "leader.replication.throttled.replicas must be the literal '*' or a list of "
               "replicas in the following format: "
               "[partitionId]:[brokerId],[partitionId]:[brokerId],...");
    expect_good(CONFIG_SCOPE_BROKER, "odradek.wal.file.bytes", "8388608");
    expect_bad(CONFIG_SCOPE_BROKER, "odradek.wal.file.bytes", "8388609",
               "Invalid value 8388609 for configuration odradek.wal.file.bytes: Value must be a "
               "multiple of 1048576");
}

Test(config_value, shows_numbers_out_of_range_as_they_were_read)
{
    expect_bad(CONFIG_SCOPE_TOPIC, "segment.bytes", " +007 ",
               "Invalid value 7 for configuration segment.bytes: Value must be at least 1048576");
    expect_bad(CONFIG_SCOPE_TOPIC, "min.cleanable.dirty.ratio", "2",
               "Invalid value 2.0 for configuration min.cleanable.dirty.ratio: Value must be no "
               "more than 1");
    expect_bad(CONFIG_SCOPE_TOPIC, "preallocate", " yes ",
               "Invalid value  yes  for configuration preallocate: Expected value to be either "
               "true or false");
}

Test(config_value, checks_durations_of_a_share_groups_reset)
{
    static const char *const good[] = {"latest",
                                       "earliest",
                                       "by_duration:P1D",
                                       "by_duration:PT1H",
                                       "by_duration:P2DT3H4M5.5S",
                                       "by_duration:PT0.25S"};
    static const char *const bad[] = {"",
                                      "Latest",
                                      "by_duration:",
                                      "by_duration:P",
                                      "by_duration:PT",
                                      "by_duration:1D",
                                      "by_duration:P1H",
                                      "by_duration:PT1M1H",
                                      "by_duration:P1DT",
                                      "by_duration:-P1D",
                                      "by_duration:P1Dx"};
    char message[CONFIG_MESSAGE_MAX];
    const struct config_def *def = row(CONFIG_SCOPE_GROUP, "share.auto.offset.reset");
    for (size_t i = 0; i < sizeof good / sizeof *good; i++)
        cr_expect_eq(config_value_check(def, good[i], message, sizeof message), 0, "%s", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        cr_expect_eq(config_value_check(def, bad[i], message, sizeof message), ERR_INVALID, "%s",
                     bad[i]);
}

Test(config_value, never_shows_a_secret)
{
    char *text = config_value_render(row(CONFIG_SCOPE_BROKER, "ssl.key.password"), "secret");
    cr_expect_null(text);
}

static void expect_rendered(enum config_scope scope, const char *name, const char *value,
                            const char *wanted)
{
    char *text = config_value_render(row(scope, name), value);
    cr_expect_str_eq(text, wanted);
    mem_free(text);
}

Test(config_value, renders_as_kafka_reads)
{
    expect_rendered(CONFIG_SCOPE_TOPIC, "segment.bytes", " +007340032", "7340032");
    expect_rendered(CONFIG_SCOPE_TOPIC, "segment.bytes", " 7340032 ", "7340032");
    expect_rendered(CONFIG_SCOPE_TOPIC, "retention.bytes", "-1", "-1");
    expect_rendered(CONFIG_SCOPE_TOPIC, "retention.bytes", "-0", "0");
    expect_rendered(CONFIG_SCOPE_TOPIC, "retention.bytes", "0", "0");
    expect_rendered(CONFIG_SCOPE_TOPIC, "preallocate", "TRUE", "true");
    expect_rendered(CONFIG_SCOPE_TOPIC, "cleanup.policy", " compact , delete,compact",
                    "compact,delete");
    expect_rendered(CONFIG_SCOPE_BROKER, "broker.rack", " r 1 ", "r 1");
    cr_expect_null(config_value_render(row(CONFIG_SCOPE_BROKER, "broker.rack"), NULL));
}

Test(config_value, renders_doubles_as_java)
{
    static const char *const pairs[][2] = {
        {"0.50", "0.5"},
        {"1", "1.0"},
        {"0", "0.0"},
        {"0.001", "0.001"},
        {"0.0009", "9.0E-4"},
        {"1234567", "1234567.0"},
        {"1e7", "1.0E7"},
        {"123456789", "1.23456789E8"},
        {"1.7976931348623157E308", "1.7976931348623157E308"},
        {"0.1", "0.1"},
        {"-2.5", "-2.5"},
    };
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
        expect_rendered(CONFIG_SCOPE_BROKER, "log.cleaner.io.max.bytes.per.second", pairs[i][0],
                        pairs[i][1]);
}

Test(config_value, reads_lists_item_by_item)
{
    const char *rest = " a , ,b,";
    struct bytes item;
    cr_assert(config_list_next(&rest, &item));
    cr_expect(bytes_equal(item, BYTES_LITERAL("a")));
    cr_assert(config_list_next(&rest, &item));
    cr_expect(bytes_equal(item, BYTES_LITERAL("b")));
    cr_expect(!config_list_next(&rest, &item));
}

Test(config_value, cuts_long_values_in_its_sentences)
{
    char value[4096], message[CONFIG_MESSAGE_MAX];
    memset(value, '7', sizeof value);
    value[sizeof value - 1] = '\0';
    const struct config_def *def = row(CONFIG_SCOPE_TOPIC, "segment.bytes");
    cr_expect_eq(config_value_check(def, value, message, sizeof message), ERR_INVALID);
    cr_expect_not_null(strstr(message, "Not a number of type INT"));
}
