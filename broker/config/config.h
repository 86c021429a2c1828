/*
 * The broker's configuration: from the command line, a Kafka server.properties and the defaults.
 *
 * Precedence: the command line, the file, the defaults. Without a file the broker listens on
 * 127.0.0.1:9092 and keeps its data in ./data; with one, what it leaves open is Kafka's default.
 * Every key that is set gets one note saying what became of it, with its file and line. A value
 * that cannot be, or two that cannot be together, refuse the start; an unknown key is only a
 * warning, as in Kafka.
 *
 * `struct config` is constant once loaded. What clients change while the broker runs lies in the
 * catalog and comes as `struct config_layers`.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/log.h"
#include "base/result.h"
#include "broker/config/config_table.h"
#include "broker/config/options.h"
#include "io/io.h"
#include "partition/flush.h"
#include "wal/wal.h"

struct topic_config;

/* A name and its value, as ConfigRecords of the catalog hold them. */
struct config_pair {
    char *name;
    char *value;
};

/* A listener that is opened. Names are upper case, as Kafka normalizes them. */
struct config_listener {
    char *name;
    char *host;    /* null: every address */
    uint16_t port; /* 0: the system chooses */
    /* What Metadata says: advertised.listeners; where that is silent the listener's own host, or
     * "localhost" when it listens on every address: clients on the same machine must work without
     * any configuration, and a wildcard is no address to connect to. Other machines need
     * advertised.listeners. */
    char *advertised_host;
    uint16_t advertised_port; /* 0: the port that was bound */
};

/* Every typed value that is a plain number or truth: type, member, key. */
#define CONFIG_FIELDS(X)                                                         \
    X(int32_t, node_id, "node.id")                                               \
    X(int32_t, num_partitions, "num.partitions")                                 \
    X(int32_t, default_replication_factor, "default.replication.factor")         \
    X(bool, auto_create_topics, "auto.create.topics.enable")                     \
    X(bool, delete_topics, "delete.topic.enable")                                \
    X(int32_t, message_bytes_max, "message.max.bytes")                           \
    X(int32_t, request_bytes_max, "socket.request.max.bytes")                    \
    X(int32_t, fetch_bytes_max, "fetch.max.bytes")                               \
    X(int32_t, fetch_sessions_max, "max.incremental.fetch.session.cache.slots")  \
    X(int32_t, request_partitions_max, "max.request.partition.size.limit")       \
    X(int64_t, connection_idle_ms_max, "connections.max.idle.ms")                \
    X(int32_t, queued_requests_max, "queued.max.requests")                       \
    X(int32_t, socket_send_bytes, "socket.send.buffer.bytes")                    \
    X(int32_t, socket_receive_bytes, "socket.receive.buffer.bytes")              \
    X(int32_t, producer_id_check_ms, "producer.id.expiration.check.interval.ms") \
    X(int64_t, retention_check_ms, "log.retention.check.interval.ms")            \
    X(int32_t, offset_metadata_bytes_max, "offset.metadata.max.bytes")           \
    X(int32_t, offsets_partitions, "offsets.topic.num.partitions")               \
    X(int32_t, transaction_partitions, "transaction.state.log.num.partitions")   \
    X(int32_t, transaction_timeout_ms_max, "transaction.max.timeout.ms")         \
    X(int32_t, group_session_ms_min, "group.min.session.timeout.ms")             \
    X(int32_t, group_session_ms_max, "group.max.session.timeout.ms")             \
    X(int32_t, group_rebalance_delay_ms, "group.initial.rebalance.delay.ms")     \
    X(int32_t, group_members_max, "group.max.size")                              \
    X(int32_t, consumer_session_ms, "group.consumer.session.timeout.ms")         \
    X(int32_t, consumer_heartbeat_ms, "group.consumer.heartbeat.interval.ms")    \
    X(int32_t, consumer_members_max, "group.consumer.max.size")                  \
    X(uint32_t, cores, "odradek.cores")                                          \
    X(bool, pin, "odradek.pin")                                                  \
    X(uint32_t, disk_threads, "odradek.disk.threads")                            \
    X(uint32_t, core_connections_max, "odradek.connections.max")                 \
    X(int32_t, frame_timeout_ms, "odradek.frame.timeout.ms")                     \
    X(size_t, memory_bytes, "odradek.memory.bytes")                              \
    X(uint64_t, wal_file_bytes, "odradek.wal.file.bytes")                        \
    X(uint64_t, wal_bytes_max, "odradek.wal.max.bytes")

/* Where a value comes from. */
struct config_value {
    char *text;       /* trimmed; null: the default of its row */
    const char *flag; /* "--set", ...; null: the file, or nobody */
    uint32_t line;    /* of the file; 0: not from there */
};

/* A key of the file or the command line that has no row. Plug-ins may know such keys in Kafka, so
 * they are kept and described. */
struct config_unknown {
    char *name;
};

struct config {
#define CONFIG_MEMBER(type, member, key) type member;
    CONFIG_FIELDS(CONFIG_MEMBER)
#undef CONFIG_MEMBER
    int64_t offsets_retention_ms; /* offsets.retention.minutes */
    char *log_directory;
    char *rack;       /* null: none */
    char *cluster_id; /* for a directory that has none yet; null: a random one */
    enum io_backend io_backend;
    enum wal_profile wal_profile;
    enum flush_profile flush_profile;
    enum log_level log_level;
    struct config_listener *listeners;
    uint32_t listener_count;
    struct config_value *values; /* one per row of the broker table */
    struct topic_config *topic;  /* of a topic without settings of its own; topic_config.h */
    struct config_unknown *unknown;
    uint32_t unknown_count;
};
/* At least one listener; names are unique, and so are pairs of host and port. */

/* What became of one key, or why the start is refused. */
struct config_note {
    enum config_verdict verdict;
    bool refused; /* with this the broker does not start */
    char *text;   /* one sentence: "server.properties:17: unknown key 'x'; did you mean 'y'?" */
};
struct config_notes {
    struct config_note *items;
    uint32_t count;
    uint32_t capacity;
    uint32_t refusals;
};

/* What to load. `properties` is the content of options->properties_path, empty without one. */
struct config_input {
    const struct options *options;
    struct bytes properties;
};

/* ERR_INVALID: refused; *config is null and the notes say why. The notes are filled in every case
 * and are the caller's, to be ended with config_notes_fini. */
int config_load(const struct config_input *input, struct config_notes *notes,
                struct config **config) MUST_CHECK;
/* A relative log directory is one of the working directory: clients are told the whole path. */
void config_make_absolute(struct config *config, const char *working_directory);
void config_free(struct config *config);
void config_notes_fini(struct config_notes *notes);

/* The value of any broker key: what was set, else its default; null: none. The key must have a
 * row. Borrowed. */
const char *config_text(const struct config *config, const char *key);
/* The same, read as a number; the key must have one. */
int64_t config_integer(const struct config *config, const char *key);

/* The static configuration with what was changed while running over it: for this broker, and for
 * all of them. A pair list may be null when its count is 0. */
struct config_layers {
    const struct config *config;
    const struct config_pair *broker;
    uint32_t broker_count;
    const struct config_pair *defaults;
    uint32_t default_count;
};

/* What an item of group.consumer.assignors means, by its name or Kafka's class: "uniform", "range".
 * Null: an assignor that is not here. */
const char *config_assignor_name(struct bytes item);

/* The value in a pair list, or null. */
const char *config_pair_find(const struct config_pair *pairs, uint32_t count, struct bytes name);
/* The value of a broker key in force: this broker's, all brokers', static, default. Null: none.
 * Changed values that the key cannot have are passed over. */
const char *config_layers_text(const struct config_layers *layers, const struct config_def *def);
enum wal_profile config_layers_wal_profile(const struct config_layers *layers);
enum flush_profile config_layers_flush_profile(const struct config_layers *layers);
/* The same, read as a number; the key must have a row, and one. */
int64_t config_layers_integer(const struct config_layers *layers, const char *key);
