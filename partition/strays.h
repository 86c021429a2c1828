/*
 * Directories in a log directory that are no partition of the catalog's: left by a deletion or a
 * creation that a crash cut short, by us or by Kafka.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "base/result.h"
#include "base/uuid.h"
#include "io/file.h"

/* Whether a directory is the catalog's partition of that name; `topic_id` is what its
 * partition.metadata says, null when there is none or it cannot be read: then the name decides. */
typedef bool strays_known_fn(void *context, const char *topic, int32_t partition,
                             const struct uuid *topic_id);

/*
 * Deletes what carries Kafka's mark of deletion, and renames a live partition's directory to
 * Kafka's `<topic>-<partition>.<hex>-stray` when the catalog does not know it, or when its
 * partition.metadata names another topic id: its records belong to a topic that is gone, and must
 * not show up in one of the same name. `-stray` and `-future` directories are left alone. Syncs
 * the directory if it renamed anything. Blocking, before partitions are opened.
 */
int strays_set_aside(struct file_system *fs, const char *log_directory, strays_known_fn *known,
                     void *context, const struct log *log) MUST_CHECK;

/* How many directories of live partitions there are, `except` of one topic. */
int strays_count_live(struct file_system *fs, const char *log_directory, const char *except,
                      uint32_t *count) MUST_CHECK;
