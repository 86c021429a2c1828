/*
 * Start-up: from what lies on disk to partitions that hold every acknowledged record, with empty
 * WAL streams behind them.
 *
 * Three kinds of directories are understood: a new or cleanly stopped one (Kafka's own files say
 * everything), one of ours after a crash (checkpoints and WAL streams), and one of Kafka's after a
 * crash (its recovery points). Whatever the number of streams was, all of them are flushed into
 * segments, so the number of cores may change between two starts.
 *
 * Order of calls: recovery_begin; recovery_open and recovery_replay for the catalog's partition;
 * recovery_open for every partition the catalog names; recovery_replay for all; recovery_sync;
 * then, with every shard's partitions attached, recovery_checkpoint_all and, for each of them,
 * recovery_start_shard; recovery_end. All of it blocks, and all of it may be repeated after a crash
 * at any point.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/uuid.h"
#include "io/file.h"
#include "partition/shard.h"

struct partition;
struct recovery;

int recovery_begin(struct file_system *fs, const char *directory, const struct log *log,
                   struct recovery **recovery) MUST_CHECK;
void recovery_end(struct recovery *recovery);

/* Loads segments, leader epochs, producer state and log start of one partition. A partition whose
 * files are damaged is marked offline, and is no error. */
int recovery_open(struct recovery *recovery, struct partition *partition) MUST_CHECK;

/* The partition an entry belongs to, or null: then the entry is dropped. */
typedef struct partition *recovery_find_fn(void *context, struct uuid topic_id, int32_t index);
/* Brings the entries of all streams that are not in the segments yet into them. */
int recovery_replay(struct recovery *recovery, recovery_find_fn *find, void *context) MUST_CHECK;
/* The highest catalog offset that any core had applied; the catalog must reach it. -1: none. */
int64_t recovery_catalog_offset(const struct recovery *recovery);
/* How many entries were replayed. */
uint64_t recovery_entries(const struct recovery *recovery);
int recovery_sync(struct recovery *recovery) MUST_CHECK;

/* Writes the first checkpoint of stream 0, whose shard is `first`; it names every partition. */
int recovery_checkpoint_all(struct recovery *recovery, const struct shard *first) MUST_CHECK;
/* Writes the shard's first checkpoint and opens its WAL in a new life. Several threads may do this
 * side by side, each for other shards. */
int recovery_start_shard(struct recovery *recovery, struct shard *shard,
                         const struct shard_options *options) MUST_CHECK;
/* Deletes the streams from `count` on, which no core has any more. */
int recovery_drop_streams(struct recovery *recovery, unsigned count) MUST_CHECK;

/* After a clean stop: what Kafka expects to find in the partition's directory. */
int recovery_write_final(struct file_system *fs, struct partition *partition) MUST_CHECK;
