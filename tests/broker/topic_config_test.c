/* The configuration of one topic: where values come from, and what is refused. */
#include "broker/config/topic_config.h"

#include <criterion/criterion.h>

#include "base/mem.h"
#include "broker/config/config_value.h"

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

static struct topic_config build(const char *text, const struct config_pair *overrides, size_t n)
{
    struct topic_config topic;
    struct config *config = load(text);
    topic_config_override(&topic, config->topic, overrides, n);
    config_free(config);
    return topic;
}

Test(topic_config, has_kafkas_defaults)
{
    struct topic_config t = build("", NULL, 0);
    cr_expect_eq(t.segment_bytes, 1073741824);
    cr_expect_eq(t.segment_ms, 604800000);
    cr_expect_eq(t.segment_jitter_ms, 0);
    cr_expect_eq(t.segment_index_bytes, 10485760);
    cr_expect_eq(t.index_interval_bytes, 4096);
    cr_expect_eq(t.max_message_bytes, 1048588);
    cr_expect_eq(t.retention_bytes, -1);
    cr_expect_eq(t.retention_ms, 604800000);
    cr_expect_eq(t.delete_retention_ms, 86400000);
    cr_expect_eq(t.file_delete_delay_ms, 60000);
    cr_expect_eq(t.min_cleanable_dirty_ratio, 0.5);
    cr_expect_eq(t.max_compaction_lag_ms, INT64_MAX);
    cr_expect_eq(t.flush_messages, INT64_MAX);
    cr_expect_eq(t.flush_ms, INT64_MAX);
    cr_expect_eq(t.timestamp_before_max_ms, INT64_MAX);
    cr_expect_eq(t.timestamp_after_max_ms, 3600000);
    cr_expect_eq(t.min_insync_replicas, 1);
    cr_expect_eq(t.compression, COMPRESSION_KEEP);
    cr_expect_eq(t.gzip_level, -1);
    cr_expect_eq(t.lz4_level, 9);
    cr_expect_eq(t.zstd_level, 3);
    cr_expect(t.cleanup_delete && !t.cleanup_compact);
    cr_expect(!t.log_append_time && !t.preallocate && !t.unclean_leader_election);
    cr_expect(!t.remote_storage);
}

Test(topic_config, takes_what_the_broker_says)
{
    struct topic_config t = build("log.roll.hours=2\nlog.retention.minutes=3\n"
                                  "log.segment.bytes=2097152\nmessage.max.bytes=5000\n"
                                  "log.cleanup.policy=compact,delete\ncompression.type=zstd\n"
                                  "log.message.timestamp.type=LogAppendTime\nlog.preallocate=true\n"
                                  "log.roll.jitter.hours=1\nlog.flush.scheduler.interval.ms=9\n",
                                  NULL, 0);
    cr_expect_eq(t.segment_ms, 7200000);
    cr_expect_eq(t.segment_jitter_ms, 3600000);
    cr_expect_eq(t.retention_ms, 180000);
    cr_expect_eq(t.segment_bytes, 2097152);
    cr_expect_eq(t.max_message_bytes, 5000);
    cr_expect(t.cleanup_delete && t.cleanup_compact);
    cr_expect_eq(t.compression, COMPRESSION_ZSTD);
    cr_expect_eq(t.flush_ms, 9);
    cr_expect(t.log_append_time && t.preallocate);
}

Test(topic_config, prefers_the_finer_unit)
{
    struct topic_config t =
        build("log.retention.hours=1\nlog.retention.minutes=2\nlog.retention.ms=3\n", NULL, 0);
    cr_expect_eq(t.retention_ms, 3);
    t = build("log.retention.hours=1\nlog.retention.minutes=2\n", NULL, 0);
    cr_expect_eq(t.retention_ms, 120000);
    t = build("log.retention.hours=-1\n", NULL, 0);
    cr_expect_eq(t.retention_ms, -1, "no limit, whatever the unit");
}

Test(topic_config, lets_its_own_values_win)
{
    struct config_pair own[] = {
        {(char[]){"cleanup.policy"}, (char[]){"compact"}},
        {(char[]){"compression.type"}, (char[]){"uncompressed"}},
        {(char[]){"min.cleanable.dirty.ratio"}, (char[]){"0.1"}},
        {(char[]){"retention.ms"}, (char[]){" 17 "}},
        {(char[]){"segment.bytes"}, (char[]){"7"}},
        {(char[]){"unheard.of"}, (char[]){"7"}},
    };
    struct topic_config t = build("log.retention.ms=3\n", own, 6);
    cr_expect(!t.cleanup_delete && t.cleanup_compact);
    cr_expect_eq(t.compression, COMPRESSION_NONE);
    cr_expect_eq(t.min_cleanable_dirty_ratio, 0.1);
    cr_expect_eq(t.retention_ms, 17);
    cr_expect_eq(t.segment_bytes, 1073741824, "an invalid override is passed over");
}

Test(topic_config, takes_a_value_of_each_kind_of_member)
{
    struct config_pair own[] = {
        {(char[]){"preallocate"}, (char[]){"true"}},
        {(char[]){"max.message.bytes"}, (char[]){"4096"}},
        {(char[]){"flush.ms"}, (char[]){"9223372036854775806"}},
    };
    struct topic_config t = build("", own, 3);
    cr_expect(t.preallocate && !t.unclean_leader_election);
    cr_expect_eq(t.max_message_bytes, 4096);
    cr_expect_eq(t.flush_ms, INT64_MAX - 1);
    cr_expect_eq(t.flush_messages, INT64_MAX);
}

Test(topic_config, takes_the_first_of_two_values_for_one_key)
{
    struct config_pair own[] = {
        {(char[]){"retention.ms"}, (char[]){"17"}},
        {(char[]){"retention.ms"}, (char[]){"18"}},
    };
    cr_expect_eq(build("", own, 2).retention_ms, 17);
}

Test(topic_config, keeps_everything_without_a_cleanup_policy)
{
    struct config_pair own[] = {{(char[]){"cleanup.policy"}, (char[]){""}}};
    struct topic_config t = build("", own, 1);
    cr_expect(!t.cleanup_delete && !t.cleanup_compact);
}

Test(topic_config, knows_every_compression)
{
    static const struct {
        char name[16];
        int kind;
    } rows[] = {{"producer", COMPRESSION_KEEP}, {"uncompressed", COMPRESSION_NONE},
                {"gzip", COMPRESSION_GZIP},     {"snappy", COMPRESSION_SNAPPY},
                {"lz4", COMPRESSION_LZ4},       {"zstd", COMPRESSION_ZSTD}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char value[16];
        memcpy(value, rows[i].name, sizeof value);
        struct config_pair own[] = {{(char[]){"compression.type"}, value}};
        cr_expect_eq(build("", own, 1).compression, rows[i].kind, "%s", value);
    }
}

Test(topic_config, follows_what_was_changed_while_running)
{
    struct topic_config t;
    struct config *config = load("log.retention.hours=1\n");
    struct config_pair defaults[] = {{(char[]){"log.retention.ms"}, (char[]){"7200000"}}};
    struct config_layers layers = {.config = config, .defaults = defaults, .default_count = 1};
    topic_config_build(&t, &layers);
    cr_expect_eq(t.retention_ms, 7200000);
    config_free(config);
}

static void expect_refused(const char *name, const char *value, const char *sentence)
{
    char message[CONFIG_MESSAGE_MAX];
    cr_expect_eq(topic_config_validate(name, value, message, sizeof message), ERR_INVALID);
    cr_expect_str_eq(message, sentence);
}

Test(topic_config, refuses_single_keys_with_kafkas_sentence)
{
    char message[CONFIG_MESSAGE_MAX];
    cr_expect_eq(topic_config_validate("retention.ms", "-1", message, sizeof message), 0);
    expect_refused("retention", "1", "Unknown topic config name: retention");
    expect_refused("retention.ms", NULL,
                   "Null value not supported for topic configs: retention.ms");
    expect_refused("retention.ms", "-2",
                   "Invalid value -2 for configuration retention.ms: Value must be at least -1");
    expect_refused("log.retention.ms", "1", "Unknown topic config name: log.retention.ms");
}

static void expect_all_refused(const char *name, const char *value, const char *sentence)
{
    char message[CONFIG_MESSAGE_MAX], *n = mem_copy_string(name), *v = mem_copy_string(value);
    struct config *config = load("log.cleaner.max.compaction.lag.ms=100\n");
    struct config_pair own[] = {{(char[]){"cleanup.policy"}, (char[]){"compact"}}, {n, v}};
    cr_expect_eq(topic_config_validate_all(config, own, 2, message, sizeof message), ERR_INVALID);
    cr_expect_str_eq(message, sentence);
    cr_expect_eq(topic_config_validate_all(config, own, 1, message, sizeof message), 0);
    config_free(config);
    mem_free(n);
    mem_free(v);
}

Test(topic_config, refuses_what_cannot_be_together)
{
    expect_all_refused("segment.ms", "0",
                       "Invalid value 0 for configuration segment.ms: Value must be at least 1");
    expect_all_refused("min.compaction.lag.ms", "101",
                       "conflict topic config setting min.compaction.lag.ms (101) > "
                       "max.compaction.lag.ms (100)");
    expect_all_refused("remote.storage.enable", "true",
                       "Tiered Storage functionality is disabled in the broker. Topic cannot be "
                       "configured with remote log storage.");
    expect_all_refused("max.message.bytes", "67108864",
                       "Invalid value 67108864 for configuration max.message.bytes: Value must "
                       "leave room in a write-ahead log file of odradek.wal.file.bytes=67108864");
}
