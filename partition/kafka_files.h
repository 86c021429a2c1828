/*
 * The small files Kafka keeps in a log directory and in each partition's directory.
 *
 *   log directory: meta.properties, .kafka_cleanshutdown, recovery-point-offset-checkpoint,
 *                  replication-offset-checkpoint, log-start-offset-checkpoint
 *   partition:     partition.metadata, leader-epoch-checkpoint
 *
 * Every write is atomic and durable (file_replace). All functions that take a file system block:
 * start-up, shutdown, or a disk job. Reading is bounded; text that Kafka itself would not accept
 * is ERR_CORRUPT.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"
#include "base/uuid.h"
#include "io/file.h"

#define KAFKA_RECOVERY_POINT_FILE "recovery-point-offset-checkpoint"
#define KAFKA_HIGH_WATERMARK_FILE "replication-offset-checkpoint"
#define KAFKA_LOG_START_FILE "log-start-offset-checkpoint"
/* Up to where each compacted log is clean. */
#define KAFKA_CLEANED_FILE "cleaner-offset-checkpoint"
#define KAFKA_EPOCHS_FILE "leader-epoch-checkpoint"
#define KAFKA_METADATA_FILE "partition.metadata"
#define KAFKA_TOPIC_NAME_MAX 249

/* Replaces `directory`/`name` by `text`. */
int kafka_write_text(struct file_system *fs, const char *directory, const char *name,
                     struct bytes text) MUST_CHECK;
/* Without `sync` it is durable only after file_sync_all, and torn if a crash comes before. */
int kafka_put_text(struct file_system *fs, const char *directory, const char *name,
                   struct bytes text, bool sync) MUST_CHECK;

/* partition.metadata. ERR_NOT_FOUND when it is missing; ERR_CORRUPT also for the zero id. */
int kafka_write_partition_metadata(struct file_system *fs, const char *directory,
                                   struct uuid topic_id, bool sync) MUST_CHECK;
int kafka_read_partition_metadata(struct file_system *fs, const char *directory,
                                  struct uuid *topic_id) MUST_CHECK;

/* The three offset checkpoints: one offset per partition. */

struct kafka_offset {
    const char *topic; /* borrowed */
    int32_t partition;
    int64_t offset;
};

/* A loaded file, sorted by topic and partition; the last of two equal entries counts. */
struct kafka_offsets {
    char *text; /* what the topics point into */
    struct kafka_offset *entries;
    uint32_t count;
};

int kafka_write_offsets(struct file_system *fs, const char *directory, const char *name,
                        const struct kafka_offset *entries, uint32_t count) MUST_CHECK;
/* A missing or empty file is an empty set, as for Kafka. ERR_CORRUPT, ERR_VERSION. */
int kafka_load_offsets(struct file_system *fs, const char *directory, const char *name,
                       struct kafka_offsets *offsets) MUST_CHECK;
/* The offset, or `missing`. */
int64_t kafka_find_offset(const struct kafka_offsets *offsets, const char *topic, int32_t partition,
                          int64_t missing);
void kafka_free_offsets(struct kafka_offsets *offsets);

/*
 * meta.properties. While the broker runs, the file carries a version that Kafka does not know, so
 * that Kafka cannot start on a directory whose newest records lie in our WAL; the original stands
 * beside it under another name and returns at a clean stop.
 */

#define KAFKA_CLUSTER_ID_MAX 255

struct kafka_meta {
    char cluster_id[KAFKA_CLUSTER_ID_MAX + 1];
    int32_t node_id;
    bool has_directory_id;
    struct uuid directory_id;
    bool running; /* read: the file was found in its running form */
};

/* ERR_NOT_FOUND (a new directory), ERR_CORRUPT, ERR_VERSION (neither 1 nor our running form). */
int kafka_load_meta(struct file_system *fs, const char *directory,
                    struct kafka_meta *meta) MUST_CHECK;
/* The form Kafka reads, version 1; ends the running form. */
int kafka_write_meta(struct file_system *fs, const char *directory,
                     const struct kafka_meta *meta) MUST_CHECK;
/* The running form. Saves the original unless a running form stands there already. */
int kafka_write_meta_running(struct file_system *fs, const char *directory,
                             const struct kafka_meta *meta) MUST_CHECK;

/* The mark of a clean stop. `broker_epoch` is -1 when the file does not say. */
int kafka_write_clean_stop(struct file_system *fs, const char *directory,
                           int64_t broker_epoch) MUST_CHECK;
/* ERR_NOT_FOUND: the last stop was not clean. */
int kafka_load_clean_stop(struct file_system *fs, const char *directory,
                          int64_t *broker_epoch) MUST_CHECK;
/* Missing is fine; else syncs the directory. */
int kafka_remove_clean_stop(struct file_system *fs, const char *directory) MUST_CHECK;

/* Names of partition directories: `<topic>-<partition>`, and what Kafka makes of them:
 * `<topic>-<partition>.<unique>-delete` and so on. */

enum kafka_directory_kind {
    KAFKA_DIRECTORY_LIVE,
    KAFKA_DIRECTORY_DELETE,
    KAFKA_DIRECTORY_FUTURE,
    KAFKA_DIRECTORY_STRAY,
};

struct kafka_directory {
    char topic[KAFKA_TOPIC_NAME_MAX + 1];
    int32_t partition;
    enum kafka_directory_kind kind;
};

/* False when Kafka would not take `name` for a partition's directory. */
bool kafka_parse_directory(const char *name, struct kafka_directory *directory);

#define KAFKA_DIRECTORY_NAME_MAX (KAFKA_TOPIC_NAME_MAX + 1 + 10)

/* A live partition's directory name; `text` has room for KAFKA_DIRECTORY_NAME_MAX + 1. */
void kafka_print_directory(const char *topic, int32_t partition, char *text);
