/* Loading the configuration: sources, verdicts, listeners, contradictions. */
#include "broker/config/config.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>

#include "base/mem.h"

/* What Kafka 4.2 ships as config/server.properties, without its comments. */
static const char kafka_properties[] =
    "process.roles=broker,controller\n"
    "node.id=1\n"
    "controller.quorum.bootstrap.servers=localhost:9093\n"
    "listeners=PLAINTEXT://:9092,CONTROLLER://:9093\n"
    "inter.broker.listener.name=PLAINTEXT\n"
    "advertised.listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093\n"
    "controller.listener.names=CONTROLLER\n"
    "listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,"
    "SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL\n"
    "num.network.threads=3\n"
    "num.io.threads=8\n"
    "socket.send.buffer.bytes=102400\n"
    "socket.receive.buffer.bytes=102400\n"
    "socket.request.max.bytes=104857600\n"
    "log.dirs=/tmp/kraft-combined-logs\n"
    "num.partitions=1\n"
    "num.recovery.threads.per.data.dir=1\n"
    "offsets.topic.replication.factor=1\n"
    "share.coordinator.state.topic.replication.factor=1\n"
    "share.coordinator.state.topic.min.isr=1\n"
    "transaction.state.log.replication.factor=1\n"
    "transaction.state.log.min.isr=1\n"
    "log.retention.hours=168\n"
    "log.segment.bytes=1073741824\n"
    "log.retention.check.interval.ms=300000\n";

/* One load and what came of it. */
struct load {
    struct options options;
    struct config_notes notes;
    struct config *config;
    int result;
};

static void load_set(struct load *load, const char *flag, const char *name, const char *value)
{
    struct options *o = &load->options;
    size_t old = o->setting_count * sizeof *o->settings;
    o->settings = mem_realloc(o->settings, old, old + sizeof *o->settings);
    o->settings[o->setting_count++] =
        (struct option_setting){mem_copy_string(name), mem_copy_string(value), flag};
}

/* `text` null: no file. */
static void load_run(struct load *load, const char *text)
{
    struct config_input input = {.options = &load->options};
    if (text != NULL) {
        load->options.properties_path = mem_copy_string("server.properties");
        input.properties = bytes_of_string(text);
    }
    load->result = config_load(&input, &load->notes, &load->config);
    cr_expect_eq(load->result == 0, load->config != NULL);
    cr_expect_eq(load->result == 0, load->notes.refusals == 0);
}

static void load_fini(struct load *load)
{
    config_free(load->config);
    config_notes_fini(&load->notes);
    options_fini(&load->options);
}

static const struct config_note *find_note(const struct load *load, const char *text)
{
    for (uint32_t i = 0; i < load->notes.count; i++)
        if (strcmp(load->notes.items[i].text, text) == 0)
            return &load->notes.items[i];
    return NULL;
}

static void expect_note(const struct load *load, enum config_verdict verdict, const char *text)
{
    const struct config_note *note = find_note(load, text);
    if (note != NULL) {
        cr_expect_eq(note->verdict, verdict, "%s", text);
        return;
    }
    for (uint32_t i = 0; i < load->notes.count; i++)
        cr_log_warn("%s", load->notes.items[i].text);
    cr_expect_fail("no note says: %s", text);
}

/* The file refuses the start with this sentence. */
static void expect_refused(const char *text, const char *sentence)
{
    struct load load = {0};
    load_run(&load, text);
    cr_expect_eq(load.result, ERR_INVALID, "%s", text);
    const struct config_note *note = find_note(&load, sentence);
    if (note == NULL)
        expect_note(&load, CONFIG_CONTRADICTORY, sentence);
    else
        cr_expect(note->refused);
    load_fini(&load);
}

/* The file is taken, with this sentence among the notes. */
static void expect_noted(const char *text, enum config_verdict verdict, const char *sentence)
{
    struct load load = {0};
    load_run(&load, text);
    cr_expect_eq(load.result, 0, "%s", text);
    expect_note(&load, verdict, sentence);
    load_fini(&load);
}

Test(config, works_without_any_argument)
{
    struct load load = {0};
    load_run(&load, NULL);
    const struct config *c = load.config;
    cr_assert_eq(load.result, 0);
    cr_expect_eq(load.notes.count, 0);
    cr_expect_eq(c->node_id, 1);
    cr_expect_str_eq(c->log_directory, "./data");
    cr_assert_eq(c->listener_count, 1);
    cr_expect_str_eq(c->listeners[0].name, "PLAINTEXT");
    cr_expect_str_eq(c->listeners[0].host, "127.0.0.1");
    cr_expect_eq(c->listeners[0].port, 9092);
    cr_expect_str_eq(c->listeners[0].advertised_host, "127.0.0.1");
    cr_expect_eq(c->listeners[0].advertised_port, 9092);
    cr_expect_eq(c->cores, 0);
    cr_expect(c->auto_create_topics);
    cr_expect_eq(c->message_bytes_max, 1048588);
    cr_expect_eq(c->request_bytes_max, 104857600);
    cr_expect_eq(c->fetch_sessions_max, 1000);
    cr_expect_eq(c->io_backend, IO_AUTO);
    cr_expect_eq(c->wal_profile, WAL_AUTO);
    cr_expect_eq(c->flush_profile, FLUSH_BALANCED);
    cr_expect_eq(c->log_level, LOG_INFO);
    cr_expect_null(c->rack);
    cr_expect_null(c->cluster_id);
    load_fini(&load);
}

Test(config, reads_the_server_properties_of_kafka_as_they_are)
{
    struct load load = {0};
    load_run(&load, kafka_properties);
    const struct config *c = load.config;
    cr_assert_eq(load.result, 0);
    for (uint32_t i = 0; i < load.notes.count; i++)
        cr_expect_leq(load.notes.items[i].verdict, CONFIG_ACCEPTED, "%s", load.notes.items[i].text);
    cr_expect_eq(load.notes.count, 24 + 1);
    cr_expect_str_eq(c->log_directory, "/tmp/kraft-combined-logs");
    cr_assert_eq(c->listener_count, 1);
    cr_expect_null(c->listeners[0].host);
    cr_expect_eq(c->listeners[0].port, 9092);
    cr_expect_str_eq(c->listeners[0].advertised_host, "localhost");
    cr_expect_eq(c->listeners[0].advertised_port, 9092);
    expect_note(&load, CONFIG_USED, "server.properties:2: node.id=1: used");
    expect_note(&load, CONFIG_ACCEPTED,
                "server.properties:10: num.io.threads=8: accepted without effect");
    expect_note(&load, CONFIG_ACCEPTED,
                "server.properties:4: listener CONTROLLER: accepted without effect, the controller "
                "is in this process");
    load_fini(&load);
}

Test(config, lets_the_command_line_win_over_the_file)
{
    struct load load = {0};
    load_set(&load, "--set", "num.partitions", "3");
    load_set(&load, "--data", "log.dirs", "/srv/data");
    load_set(&load, "--set", "num.partitions", "7");
    load_run(&load, "num.partitions=2\n");
    cr_assert_eq(load.result, 0);
    cr_expect_eq(load.config->num_partitions, 7);
    cr_expect_str_eq(load.config->log_directory, "/srv/data");
    expect_note(&load, CONFIG_USED, "--set: num.partitions=7: used");
    expect_note(&load, CONFIG_USED, "--data: log.dirs=/srv/data: used");
    load_fini(&load);
}

Test(config, takes_kafkas_defaults_where_a_file_is_silent)
{
    struct load load = {0};
    load_run(&load, "");
    cr_assert_eq(load.result, 0);
    cr_expect_str_eq(load.config->log_directory, "/tmp/kafka-logs");
    cr_expect_null(load.config->listeners[0].host);
    cr_expect_str_eq(load.config->listeners[0].advertised_host, "localhost");
    load_fini(&load);
}

Test(config, names_file_and_line_of_an_unknown_key_and_guesses)
{
    expect_noted("\n# a comment\nlog.retnetion.hours=1\n", CONFIG_UNKNOWN,
                 "server.properties:3: unknown key 'log.retnetion.hours'; did you mean "
                 "'log.retention.hours'?");
    expect_noted("my.own.plugin.setting=1", CONFIG_UNKNOWN,
                 "server.properties:1: unknown key 'my.own.plugin.setting'");
    expect_noted("listener.name.internal.ssl.keystore.location=x", CONFIG_ACCEPTED,
                 "server.properties:1: listener.name.internal.ssl.keystore.location: accepted "
                 "without effect");
}

Test(config, keeps_unknown_keys_once)
{
    struct load load = {0};
    load_set(&load, "--set", "my.own.plugin.setting", "2");
    load_run(&load, "my.own.plugin.setting=1\n");
    cr_assert_eq(load.result, 0);
    cr_assert_eq(load.config->unknown_count, 1);
    cr_expect_str_eq(load.config->unknown[0].name, "my.own.plugin.setting");
    load_fini(&load);
}

Test(config, refuses_values_that_cannot_be_with_kafkas_sentence)
{
    expect_refused("num.partitions=0",
                   "server.properties:1: Invalid value 0 for configuration num.partitions: Value "
                   "must be at least 1");
    expect_refused("\nlog.segment.bytes=big",
                   "server.properties:2: Invalid value big for configuration log.segment.bytes: "
                   "Not a number of type INT");
    expect_refused("a=\\u00", "server.properties:1: a \\u needs four hexadecimal digits");
}

Test(config, tells_all_complaints_at_once)
{
    struct load load = {0};
    load_run(&load, "num.partitions=0\nlog.dirs=/a,/b\nbroker.id=-7\nlisteners=SSL://:1\n");
    cr_expect_eq(load.result, ERR_INVALID);
    cr_expect_eq(load.notes.refusals, 4);
    load_fini(&load);
}

Test(config, says_when_a_key_is_set_twice)
{
    struct load load = {0};
    load_run(&load, "num.partitions=2\nnum.partitions=3\n");
    cr_assert_eq(load.result, 0);
    cr_expect_eq(load.config->num_partitions, 3);
    expect_note(&load, CONFIG_CONTRADICTORY,
                "server.properties:2: num.partitions is set again; line 1 is without effect");
    load_fini(&load);
}

Test(config, never_tells_a_secret)
{
    expect_noted("ssl.key.password=hush", CONFIG_ACCEPTED,
                 "server.properties:1: ssl.key.password=[hidden]: accepted without effect");
}

Test(config, takes_the_node_id_from_either_key)
{
    struct load load = {0};
    load_run(&load, "broker.id=7\n");
    cr_assert_eq(load.result, 0);
    cr_expect_eq(load.config->node_id, 7);
    cr_expect_eq(config_integer(load.config, "node.id"), 7);
    load_fini(&load);
    load = (struct load){0};
    load_run(&load, "node.id=9\n");
    cr_expect_eq(config_integer(load.config, "broker.id"), 9);
    load_fini(&load);
    expect_refused("node.id=1\nbroker.id=2", "server.properties:2: broker.id=2 is not node.id=1; "
                                             "one of them is enough");
}

Test(config, refuses_consumer_groups_that_contradict_themselves)
{
    expect_refused("group.consumer.session.timeout.ms=70000",
                   "group.consumer.max.session.timeout.ms must be greater than or equal to "
                   "group.consumer.session.timeout.ms");
    expect_refused("group.consumer.heartbeat.interval.ms=1000",
                   "server.properties:1: group.consumer.heartbeat.interval.ms must be greater than "
                   "or equal to group.consumer.min.heartbeat.interval.ms");
    expect_refused("group.consumer.assignors=range,org.example.Mine",
                   "server.properties:1: group.consumer.assignors: 'org.example.Mine' is neither "
                   "uniform nor range, and Java classes cannot be loaded");
}

Test(config, opens_several_plain_listeners)
{
    struct load load = {0};
    load_run(&load, "listeners=internal://127.0.0.1:9092, EXTERNAL://[::]:9094\n"
                    "listener.security.protocol.map=INTERNAL:PLAINTEXT,EXTERNAL:PLAINTEXT\n"
                    "advertised.listeners=EXTERNAL://kafka.example:19094,INTERNAL://:9092\n"
                    "inter.broker.listener.name=INTERNAL\n");
    const struct config *c = load.config;
    cr_assert_eq(load.result, 0);
    cr_assert_eq(c->listener_count, 2);
    cr_expect_str_eq(c->listeners[0].name, "INTERNAL");
    cr_expect_str_eq(c->listeners[0].advertised_host, "localhost");
    cr_expect_str_eq(c->listeners[1].host, "::");
    cr_expect_str_eq(c->listeners[1].advertised_host, "kafka.example");
    cr_expect_eq(c->listeners[1].advertised_port, 19094);
    load_fini(&load);
}

/* Compatibility: clients reconnect to what Metadata says. */
Test(config, never_advertises_a_wildcard)
{
    static const char *const lists[] = {"PLAINTEXT://:1", "PLAINTEXT://0.0.0.0:1",
                                        "PLAINTEXT://[::]:1"};
    for (size_t i = 0; i < 3; i++) {
        struct load load = {0};
        load_set(&load, "--set", "listeners", lists[i]);
        load_run(&load, NULL);
        cr_assert_eq(load.result, 0);
        cr_expect_str_eq(load.config->listeners[0].advertised_host, "localhost");
        load_fini(&load);
    }
    expect_refused("advertised.listeners=PLAINTEXT://0.0.0.0:9092",
                   "server.properties:1: advertised.listeners cannot use the nonroutable "
                   "meta-address 0.0.0.0; use an address that clients can reach");
}

Test(config, sets_other_addresses_aside_for_the_listen_option)
{
    struct load load = {0};
    load_set(&load, "--listen", "listeners", "PLAINTEXT://127.0.0.1:19092");
    load_run(&load, kafka_properties);
    cr_assert_eq(load.result, 0);
    cr_assert_eq(load.config->listener_count, 1);
    cr_expect_str_eq(load.config->listeners[0].advertised_host, "127.0.0.1");
    cr_expect_eq(load.config->listeners[0].advertised_port, 19092);
    cr_expect_null(config_text(load.config, "advertised.listeners"));
    expect_note(&load, CONFIG_CONTRADICTORY,
                "server.properties:6: advertised.listeners is set aside, because --listen names "
                "the address");
    load_fini(&load);
}

Test(config, refuses_listeners_that_cannot_be)
{
    expect_refused("listeners=PLAINTEXT:9092",
                   "server.properties:1: Invalid value PLAINTEXT:9092 for configuration listeners: "
                   "not of the form NAME://HOST:PORT");
    expect_refused("listeners=PLAINTEXT://a:99999",
                   "server.properties:1: Invalid value PLAINTEXT://a:99999 for configuration "
                   "listeners: not of the form NAME://HOST:PORT");
    expect_refused("listeners=PLAINTEXT://:1,plaintext://:2",
                   "server.properties:1: listeners: each listener must have a different name, "
                   "plaintext occurs twice");
    expect_refused("listeners=PLAINTEXT://:1,OTHER://a:1\n"
                   "listener.security.protocol.map=PLAINTEXT:PLAINTEXT,OTHER:PLAINTEXT",
                   "server.properties:1: listeners: each listener must have a different port, 1 "
                   "occurs twice");
    expect_refused("listeners=OUTSIDE://:1",
                   "server.properties:1: listeners: no security protocol is defined for listener "
                   "OUTSIDE in listener.security.protocol.map");
    expect_refused("listeners=SSL://:1",
                   "server.properties:1: listeners: none of them is PLAINTEXT; TLS and SASL are "
                   "not served yet");
    expect_refused("advertised.listeners=OTHER://a:1",
                   "server.properties:1: advertised.listeners: OTHER is not among the listeners");
    expect_refused("inter.broker.listener.name=OTHER",
                   "server.properties:1: inter.broker.listener.name=OTHER is not among the "
                   "listeners");
}

Test(config, passes_over_a_listener_that_is_not_plain)
{
    struct load load = {0};
    load_run(&load, "listeners=PLAINTEXT://:1,SSL://:2");
    cr_assert_eq(load.result, 0);
    cr_expect_eq(load.config->listener_count, 1);
    expect_note(&load, CONFIG_CONTRADICTORY,
                "server.properties:1: listener SSL is not opened: SSL is not served yet");
    load_fini(&load);
}

Test(config, refuses_what_only_a_cluster_can_be)
{
    expect_refused("process.roles=controller",
                   "server.properties:1: process.roles=controller: this is a broker, a controller "
                   "alone is not served");
    expect_refused("process.roles=broker",
                   "server.properties:1: process.roles=broker wants a controller elsewhere, and "
                   "joining one is not served yet; use broker,controller");
    expect_refused("controller.quorum.voters=1@a:1,2@b:1",
                   "server.properties:1: controller.quorum.voters: '2@b:1' is not this node "
                   "(node.id=1), and a quorum of several nodes is not served yet");
    expect_refused("controller.quorum.bootstrap.servers=a:1,b:1",
                   "server.properties:1: controller.quorum.bootstrap.servers names several nodes, "
                   "and a quorum of several nodes is not served yet");
    expect_noted("controller.quorum.voters=1@a:1", CONFIG_ACCEPTED,
                 "server.properties:1: controller.quorum.voters=1@a:1: accepted without effect");
}

Test(config, refuses_what_would_lose_data_or_leave_the_door_open)
{
    expect_refused("log.dirs=/a,/b",
                   "server.properties:1: log.dirs names several directories, and only one is "
                   "served yet");
    expect_refused("log.dirs=/a\nmetadata.log.dir=/b",
                   "server.properties:2: metadata.log.dir=/b is not the data directory /a, and a "
                   "directory of its own for metadata is not served yet");
    expect_refused("authorizer.class.name=x.y.Z",
                   "server.properties:1: authorizer.class.name: authorization is not served yet, "
                   "and without it the broker would be open to all");
    expect_refused("remote.log.storage.system.enable=true",
                   "server.properties:1: remote.log.storage.system.enable: tiered storage is not "
                   "served, and records that lie there could not be read");
    expect_noted("authorizer.class.name=", CONFIG_ACCEPTED,
                 "server.properties:1: authorizer.class.name=: accepted without effect");
    expect_noted("remote.log.storage.system.enable=FALSE", CONFIG_ACCEPTED,
                 "server.properties:1: remote.log.storage.system.enable=FALSE: accepted without "
                 "effect");
}

Test(config, warns_of_wishes_that_one_broker_cannot_fulfil)
{
    expect_noted("default.replication.factor=3", CONFIG_CONTRADICTORY,
                 "server.properties:1: default.replication.factor=3, but there is one broker: a "
                 "topic that does not name its own factor will not be created");
    expect_noted("zookeeper.connect=localhost:2181", CONFIG_CONTRADICTORY,
                 "server.properties:1: zookeeper.connect: there is no ZooKeeper here, as in Kafka "
                 "since 4.0");
    expect_noted("create.topic.policy.class.name=a.B", CONFIG_CONTRADICTORY,
                 "server.properties:1: create.topic.policy.class.name: Java classes cannot be "
                 "loaded; no policy holds");
}

Test(config, refuses_sizes_and_times_that_do_not_fit)
{
    expect_refused("message.max.bytes=2147483647",
                   "server.properties:1: message.max.bytes=2147483647 does not fit into a "
                   "write-ahead log file of odradek.wal.file.bytes=67108864");
    expect_refused("odradek.wal.file.bytes=536870912",
                   "odradek.wal.max.bytes=1073741824 must be at least four times "
                   "odradek.wal.file.bytes=536870912");
    expect_refused("log.retention.ms=0",
                   "server.properties:1: log.retention.ms must be unlimited (-1) or, equal or "
                   "greater than 1");
    expect_refused("odradek.cluster.id=short",
                   "server.properties:1: odradek.cluster.id=short: a cluster id is 22 characters "
                   "of URL-safe base64");
}

Test(config, fills_our_own_keys)
{
    struct load load = {0};
    load_run(&load, "odradek.cores=4\nodradek.io=epoll\nodradek.wal.profile=ultra\n"
                    "odradek.flush.profile=idle-only\nodradek.log.level=debug\nbroker.rack= r1 \n"
                    "odradek.cluster.id=AAAAAAAAAAAAAAAAAAAAAA\nodradek.memory.bytes=67108864\n");
    const struct config *c = load.config;
    cr_assert_eq(load.result, 0);
    cr_expect_eq(c->cores, 4);
    cr_expect_eq(c->io_backend, IO_EPOLL);
    cr_expect_eq(c->wal_profile, WAL_ULTRA);
    cr_expect_eq(c->flush_profile, FLUSH_IDLE_ONLY);
    cr_expect_eq(c->log_level, LOG_DEBUG);
    cr_expect_str_eq(c->rack, "r1");
    cr_expect_str_eq(c->cluster_id, "AAAAAAAAAAAAAAAAAAAAAA");
    cr_expect_eq(c->memory_bytes, 67108864);
    load_fini(&load);
}

Test(config, finds_a_changed_value_before_a_static_one)
{
    struct load load = {0};
    load_run(&load, "log.cleaner.threads=2\n");
    struct config_pair broker[] = {{(char[]){"log.cleaner.threads"}, (char[]){"5"}}};
    struct config_pair defaults[] = {{(char[]){"log.cleaner.threads"}, (char[]){"4"}},
                                     {(char[]){"background.threads"}, (char[]){"none"}}};
    struct config_layers layers = {load.config, broker, 1, defaults, 2};
    const struct config_def *def =
        config_table_find(CONFIG_SCOPE_BROKER, BYTES_LITERAL("log.cleaner.threads"));
    cr_expect_str_eq(config_layers_text(&layers, def), "5");
    layers.broker_count = 0;
    cr_expect_str_eq(config_layers_text(&layers, def), "4");
    layers.default_count = 0;
    cr_expect_str_eq(config_layers_text(&layers, def), "2");
    layers.default_count = 2;
    def = config_table_find(CONFIG_SCOPE_BROKER, BYTES_LITERAL("background.threads"));
    cr_expect_str_eq(config_layers_text(&layers, def), "10", "an invalid value is passed over");
    load_fini(&load);
}

static void expect_absolute(const char *directory, const char *working, const char *wanted)
{
    struct load load = {0};
    char text[64];
    snprintf(text, sizeof text, "log.dirs=%s\n", directory);
    load_run(&load, text);
    config_make_absolute(load.config, working);
    cr_expect_str_eq(load.config->log_directory, wanted);
    load_fini(&load);
}

Test(config, a_relative_directory_is_one_of_the_working_directory)
{
    expect_absolute("/data", "/home/me", "/data");
    expect_absolute("data", "/home/me", "/home/me/data");
    expect_absolute("././/data/x", "/home/me", "/home/me/data/x");
    expect_absolute("../data", "/home/me", "/home/me/../data");
    expect_absolute("data", "/", "/data");
}
