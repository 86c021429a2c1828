/* What the files of kafka_files share. */
#pragma once

#include "base/util.h"
#include "partition/kafka_files.h"

#define KAFKA_PATH_SIZE 4096
#define KAFKA_SMALL_FILE_MAX (64 * KIB)

/* "directory/name"; `path` has KAFKA_PATH_SIZE bytes. */
void kafka_path(char *path, const char *directory, const char *name);

/* A whole file, NUL-terminated behind its end; ERR_CORRUPT when it is larger than `limit`. */
int kafka_load_text(struct file_system *fs, const char *directory, const char *name, uint64_t limit,
                    struct bytes *text) MUST_CHECK;
void kafka_free_text(struct bytes text);
