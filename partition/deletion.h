/*
 * How the partitions of a deleted topic leave the disk.
 *
 * A deleted partition keeps its directory's name until nothing uses it any more: no reader, no
 * flush, no cleaning. Then one job renames the directories of all that are so far, to Kafka's
 * `<topic>-<partition>.<topic id>-delete`, and syncs the log directory once. From then on the name
 * is free for the topic's next life, whatever happens: a late write or deletion would go to another
 * path. Their files are deleted in the background, one directory at a time.
 *
 * A crash before the rename is durable: the directory is of no topic in the catalog, and is set
 * aside. After it, or at a stop: the next start, Kafka's as well as ours, deletes what is left.
 */
#pragma once

#include <stdbool.h>

#include "base/list.h"
#include "io/io.h"

struct shard;

/* One shard's share. */
struct deletions {
    struct list waiting;  /* struct partition.shard_node: something points at them */
    struct list renaming; /* the same, the running job's; empty: none runs */
    struct list renamed;  /* struct deleted_directory, by age */
    struct io_op rename_op;
    struct io_op remove_op;
    struct deleted_directory *removing; /* null: no job runs */
};

void deletion_init(struct shard *shard);
/* Frees what is left. No job may be out. */
void deletion_fini(struct shard *shard);
/* Starts what may go on. */
void deletion_step(struct shard *shard);
/* A deleted partition's directory still has its name, or something points at the partition. */
bool deletion_holds_names(const struct shard *shard);
/* That is over, and no job is out. Files may be left. */
bool deletion_resting(const struct shard *shard);
