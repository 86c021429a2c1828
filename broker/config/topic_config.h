/*
 * The configuration of one topic, in typed values.
 *
 * A value comes from the topic itself, else from the broker keys that feed it (segment.ms from
 * log.roll.ms, else log.roll.hours), else from its default. What the broker says is the same for
 * every topic and built once; a topic takes a copy of it and its own few settings over that. Read
 * on the hot path.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/result.h"
#include "broker/config/config.h"
#include "protocol/batch.h"

/* Every value that is a plain number or truth: type, member, key. */
#define TOPIC_CONFIG_FIELDS(X)                                             \
    X(int32_t, segment_bytes, "segment.bytes")                             \
    X(int64_t, segment_ms, "segment.ms")                                   \
    X(int64_t, segment_jitter_ms, "segment.jitter.ms")                     \
    X(int32_t, segment_index_bytes, "segment.index.bytes")                 \
    X(int32_t, index_interval_bytes, "index.interval.bytes")               \
    X(int32_t, max_message_bytes, "max.message.bytes")                     \
    X(int64_t, retention_bytes, "retention.bytes")                         \
    X(int64_t, retention_ms, "retention.ms")                               \
    X(int64_t, local_retention_bytes, "local.retention.bytes")             \
    X(int64_t, local_retention_ms, "local.retention.ms")                   \
    X(int64_t, delete_retention_ms, "delete.retention.ms")                 \
    X(int64_t, file_delete_delay_ms, "file.delete.delay.ms")               \
    X(int64_t, min_compaction_lag_ms, "min.compaction.lag.ms")             \
    X(int64_t, max_compaction_lag_ms, "max.compaction.lag.ms")             \
    X(int64_t, flush_messages, "flush.messages")                           \
    X(int64_t, flush_ms, "flush.ms")                                       \
    X(int64_t, timestamp_before_max_ms, "message.timestamp.before.max.ms") \
    X(int64_t, timestamp_after_max_ms, "message.timestamp.after.max.ms")   \
    X(int32_t, min_insync_replicas, "min.insync.replicas")                 \
    X(int32_t, gzip_level, "compression.gzip.level")                       \
    X(int32_t, lz4_level, "compression.lz4.level")                         \
    X(int32_t, zstd_level, "compression.zstd.level")                       \
    X(bool, preallocate, "preallocate")                                    \
    X(bool, unclean_leader_election, "unclean.leader.election.enable")     \
    X(bool, remote_storage, "remote.storage.enable")                       \
    X(bool, remote_log_copy_disabled, "remote.log.copy.disable")           \
    X(bool, remote_log_delete_on_disable, "remote.log.delete.on.disable")

struct topic_config {
#define TOPIC_CONFIG_MEMBER(type, member, key) type member;
    TOPIC_CONFIG_FIELDS(TOPIC_CONFIG_MEMBER)
#undef TOPIC_CONFIG_MEMBER
    double min_cleanable_dirty_ratio;
    int compression;      /* enum compression, or COMPRESSION_KEEP for compression.type=producer */
    bool log_append_time; /* message.timestamp.type=LogAppendTime */
    bool cleanup_delete;  /* cleanup.policy has delete; with neither nothing is ever removed */
    bool cleanup_compact;
};
/* Sizes in bytes, times in ms; retention_* -1: no limit. gzip_level -1: the codec's own. */

/* One key of a topic: its name is known and the value (null: none given) is one it can have. On
 * ERR_INVALID `message` (of `size` bytes, see CONFIG_MESSAGE_MAX) holds Kafka's sentence. */
int topic_config_validate(const char *name, const char *value, char *message,
                          size_t size) MUST_CHECK;

/* All keys of a topic together: each by itself, then against one another and against what this
 * broker can hold. Call it before a change is written to the catalog. */
int topic_config_validate_all(const struct config *config, const struct config_pair *overrides,
                              size_t count, char *message, size_t size) MUST_CHECK;

/* The values in force of a topic that has no settings of its own: what the layers say. A row at a
 * time, looked up by name, so build it once and keep it (config->topic, image.plain). */
void topic_config_build(struct topic_config *topic, const struct config_layers *layers);
/* The same for a topic with overrides, over `plain`. Overrides that are unknown or invalid (written
 * by a newer broker) are passed over; of two for one key the first one counts. */
void topic_config_override(struct topic_config *topic, const struct topic_config *plain,
                           const struct config_pair *overrides, size_t count);

/* The text of one value in force, from mem_alloc; null: none (internal keys only). */
char *topic_config_text(const struct config_layers *layers, const struct config_def *def,
                        const struct config_pair *overrides, size_t count);
