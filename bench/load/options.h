/*
 * What the load generator is asked for: one table of options makes the structure, the parser, the
 * help and the configuration in the reports.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"

enum bench_mode { MODE_PRODUCE, MODE_CONSUME, MODE_ROUND_TRIP, MODE_METADATA, MODE_COMMIT };
#define MODE_NAMES "produce|consume|round-trip|metadata|commit"
enum bench_client { CLIENT_NATIVE, CLIENT_LIBRDKAFKA };
#define CLIENT_NAMES "native|librdkafka"
enum bench_key { KEY_RANDOM, KEY_SEQUENTIAL, KEY_FIXED, KEY_NONE };
#define KEY_NAMES "random|sequential|fixed|none"
enum bench_payload { PAYLOAD_RANDOM, PAYLOAD_ZEROS, PAYLOAD_TEXT, PAYLOAD_COUNT };
#define PAYLOAD_NAMES "random|zeros|text"
enum bench_workload {
    WORKLOAD_STEADY,
    WORKLOAD_BURST,
    WORKLOAD_IDLE_SPORADIC,
    WORKLOAD_RAMP,
    WORKLOAD_OMB_1_1_100B,
    WORKLOAD_OMB_1_16_1KB,
    WORKLOAD_OMB_1_100_1KB,
};
#define WORKLOAD_NAMES                                          \
    "steady|burst|idle-sporadic|ramp|1-topic-1-partition-100b|" \
    "1-topic-16-partitions-1kb|1-topic-100-partitions-1kb-4p-4c"
enum bench_acks { ACKS_LEADER, ACKS_NONE, ACKS_ALL_NUMBER, ACKS_ALL };
#define ACKS_NAMES "1|0|-1|all"

// clang-format off
/* Kinds: TEXT; NUMBER from `least` to `most`; DURATION in ns, written 10, 10s, 500ms, 2m, 1h;
 * CHOICE, the index of a word; FLAG.
 * member, kind, name, letter, default, words or kind of argument, least, most, help */
#define OPTION_TABLE(X) \
    X(bootstrap_servers, TEXT, "bootstrap-servers", 'b', "localhost:9092", "HOST:PORT,...", 0, 0, \
      "where to begin (env KAFKA_BOOTSTRAP_SERVERS)") \
    X(topic, TEXT, "topic", 't', "odradek-bench", "NAME", 0, 0, \
      "the topic; with --topics its names begin so") \
    X(topics, NUMBER, "topics", 0, "1", "N", 1, 10000, "how many topics: NAME-0, NAME-1, ...") \
    X(mode, CHOICE, "mode", 'm', "produce", MODE_NAMES, 0, 0, "what is measured") \
    X(client, CHOICE, "client", 0, "native", CLIENT_NAMES, 0, 0, \
      "our own client, or Debian's librdkafka") \
    X(workload, CHOICE, "workload", 0, "steady", WORKLOAD_NAMES, 0, 0, \
      "a load by name; explicit options come before its own") \
    X(concurrency, NUMBER, "concurrency", 'c', "64", "N", 1, 100000, \
      "tasks, each awaiting its acknowledgement before the next send") \
    X(connections, NUMBER, "connections", 0, "0", "N", 0, 100000, \
      "producers' connections; 0: one for each task") \
    X(consumers, NUMBER, "consumers", 0, "0", "N", 0, 100000, \
      "consumers; 0: one for each partition, at most 16") \
    X(threads, NUMBER, "threads", 0, "1", "N", 1, 64, "threads of the client") \
    X(io, CHOICE, "io", 0, "auto", "auto|ring|epoll", 0, 0, \
      "how the native client reaches the network: io_uring, where it is permitted, or epoll") \
    X(busy_poll, FLAG, "busy-poll", 0, "", "", 0, 0, \
      "look for answers without sleeping: takes whole processors, saves waking up (native)") \
    X(in_flight, NUMBER, "in-flight", 0, "0", "N", 0, 1000, \
      "requests on their way on each connection; 0: as many as it has tasks, at most 5") \
    X(records_per_batch, NUMBER, "records-per-batch", 0, "1", "N", 1, 100000, \
      "records that a task sends at once") \
    X(message_size, NUMBER, "message-size", 's', "1024", "BYTES", 1, 16777216, "size of a value") \
    X(duration, DURATION, "duration", 'd', "60s", "TIME", 0, 0, \
      "how long is measured; 0: until stopped") \
    X(warmup_duration, DURATION, "warmup-duration", 'w', "5s", "TIME", 0, 0, \
      "load before that, not counted; with --message-count none unless given") \
    X(message_count, NUMBER, "message-count", 'n', "0", "N", 0, INT64_MAX, \
      "end after so many messages; 0: no limit") \
    X(rate_limit, NUMBER, "rate-limit", 0, "0", "N", 0, 1000000000, \
      "messages a second of the whole run, on a timetable; 0: as fast as answers come") \
    X(compression, CHOICE, "compression", 0, "none", "none|gzip|snappy|lz4|zstd", 0, 0, \
      "of the batches") \
    X(partitions, NUMBER, "partitions", 'p', "1", "N", 1, 100000, "of a topic that is created") \
    X(replication_factor, NUMBER, "replication-factor", 'r', "1", "N", 1, 100, \
      "of a topic that is created") \
    X(acks, CHOICE, "acks", 0, "1", ACKS_NAMES, 0, 0, "which replicas have to have a record") \
    X(linger_ms, NUMBER, "linger-ms", 0, "0", "MS", 0, 60000, \
      "how long a batch waits for more records") \
    X(batch_size, NUMBER, "batch-size", 0, "16384", "BYTES", 1, 67108864, \
      "records of several tasks share a batch up to this size") \
    X(request_timeout_ms, NUMBER, "request-timeout-ms", 0, "30000", "MS", 1, 3600000, \
      "an answer that takes longer has failed, and the connection is made anew") \
    X(message_timeout_ms, NUMBER, "message-timeout-ms", 0, "60000", "MS", 1, 3600000, \
      "a message that could not be sent for so long has failed") \
    X(retries, NUMBER, "retries", 0, "5", "N", 0, 1000000, \
      "how often a request is sent again after a retriable error or a lost connection, and a " \
      "consumer asks again; then it has failed. What may have been taken already can lie twice. " \
      "librdkafka: as its own default unless given") \
    X(retry_backoff_ms, NUMBER, "retry-backoff-ms", 0, "100", "MS", 1, 60000, \
      "pause before that, and before a connection is made anew; doubled each time, up to 1 s") \
    X(key_pattern, CHOICE, "key-pattern", 0, "random", KEY_NAMES, 0, 0, "of the keys") \
    X(payload_pattern, CHOICE, "payload-pattern", 0, "random", PAYLOAD_NAMES, 0, 0, \
      "of the values") \
    X(consumer_group, TEXT, "consumer-group", 0, "", "NAME", 0, 0, \
      "consume as members of this group, which deals out the partitions and has its offsets " \
      "committed (librdkafka; the native client reads the partitions themselves, from where it " \
      "begins to their end); with --mode commit the one group of all connections (without: each " \
      "has its own)") \
    X(fetch_bytes, NUMBER, "fetch-bytes", 0, "0", "BYTES", 0, 1073741824, \
      "what a Fetch may bring; 0: 16 MiB, of each partition 1 MiB (native)") \
    X(reread, FLAG, "reread", 0, "", "", 0, 0, \
      "with --mode consume: from the end back to the start, again and again; records are counted " \
      "by their batches, not looked at (native)") \
    X(disable_auto_commit, FLAG, "disable-auto-commit", 0, "", "", 0, 0, \
      "the group's offsets are not committed") \
    X(create_topic, FLAG, "create-topic", 0, "", "", 0, 0, "create the topic when it is missing") \
    X(delete_topic_after, FLAG, "delete-topic-after", 0, "", "", 0, 0, "delete it at the end") \
    X(validate, FLAG, "validate", 0, "", "", 0, 0, \
      "each acknowledged record is read once, in order, byte for byte; or the exit status is 1") \
    X(properties, TEXT, "properties", 'X', "", "KEY=VALUE,...", 0, 0, \
      "configuration passed to librdkafka") \
    X(report_interval_secs, NUMBER, "report-interval-secs", 0, "5", "S", 1, 86400, \
      "between progress lines") \
    X(json_output, TEXT, "json-output", 0, "", "FILE", 0, 0, "results as JSON") \
    X(csv_output, TEXT, "csv-output", 0, "", "FILE", 0, 0, "results over time as CSV") \
    X(html_output, TEXT, "html-output", 0, "", "FILE", 0, 0, "results as one page with plots") \
    X(prometheus_port, NUMBER, "prometheus-port", 0, "0", "PORT", 0, 65535, \
      "serve /metrics on 127.0.0.1 while it runs; 0: no") \
    X(verbose, FLAG, "verbose", 'v', "", "", 0, 0, "a progress line each second, and more words") \
    X(help, FLAG, "help", 'h', "", "", 0, 0, "this") \
    X(version, FLAG, "version", 0, "", "", 0, 0, "the version")
// clang-format on

enum option_kind { OPTION_TEXT, OPTION_NUMBER, OPTION_DURATION, OPTION_CHOICE, OPTION_FLAG };
#define OPTION_TYPE_TEXT const char *
#define OPTION_TYPE_NUMBER int64_t
#define OPTION_TYPE_DURATION int64_t
#define OPTION_TYPE_CHOICE int64_t
#define OPTION_TYPE_FLAG bool

enum option_id {
#define OPTION_ID(member, kind, name, letter, standard, words, least, most, help) OPTION_##member,
    OPTION_TABLE(OPTION_ID)
#undef OPTION_ID
        OPTION_ID_COUNT
};

struct options {
#define OPTION_MEMBER(member, kind, name, letter, standard, words, least, most, help) \
    OPTION_TYPE_##kind member;
    OPTION_TABLE(OPTION_MEMBER)
#undef OPTION_MEMBER
    bool given[OPTION_ID_COUNT]; /* by the command line or the environment */
};

struct option_row {
    const char *name;
    enum option_kind kind;
    char letter; /* 0: none */
    size_t offset;
    const char *standard;
    const char *words;
    int64_t least;
    int64_t most;
    const char *help;
};

/* A sentence for the user, without the program's name and the final newline. */
struct sentence {
    char text[512];
};
void sentence_set(struct sentence *sentence, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The table, OPTION_ID_COUNT rows in the order of enum option_id. */
const struct option_row *options_rows(void);
/* Reads `arguments` (without the program's name), fills in defaults, those of the workload too, and
 * checks what excludes each other. Strings are borrowed from the arguments; `servers` is the value
 * from the environment, or null. ERR_INVALID: `why` says what is wrong. After --help and --version
 * nothing else is checked. */
int options_parse(struct options *options, int count, char *const *arguments, const char *servers,
                  struct sentence *why) MUST_CHECK;
/* An option's value as text, as it would be given; `text` has room for 64 bytes, and is used where
 * there is no text yet. */
const char *options_value(const struct options *options, enum option_id id, char *text);
/* The text of --help, to standard output. */
void options_print_help(void);
