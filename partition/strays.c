/*
 * Names are gathered first and dealt with then, because a listing does not see its own changes
 * in any defined way.
 */
#include "partition/strays.h"

#include <limits.h>
#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/kafka_files.h"
#include "partition/segment_files.h"
#include "partition/segments.h"

#define CATALOG_TOPIC "__cluster_metadata"
#define UNIQUE_NAMES 64

struct names {
    char **items;
    uint32_t count;
    uint32_t capacity;
};

static int take_name(void *context, const char *name, enum file_kind kind)
{
    struct names *names = context;
    struct kafka_directory directory;
    if (kind != FILE_KIND_DIRECTORY || !kafka_parse_directory(name, &directory))
        return 0;
    names->items = mem_grow(names->items, names->count, &names->capacity, sizeof *names->items);
    names->items[names->count++] = mem_copy_string(name);
    return 0;
}

static void names_free(struct names *names)
{
    for (uint32_t i = 0; i < names->count; i++)
        mem_free(names->items[i]);
    mem_free(names->items);
}

/* What cannot be removed stays: it is rubbish in any case. */
static void remove_deleted(struct file_system *fs, const char *path, const struct log *log)
{
    int result = segments_remove_directory(fs, path);
    if (result != 0)
        log_warn(log, "cannot delete %s: %s; it is ignored", path, result_sentence(result));
}

/* Kafka's logStrayDirName: the topic is cut where the name would get too long. */
static void stray_path(char path[SEGMENT_PATH_SIZE], const char *log_directory,
                       const struct kafka_directory *directory, unsigned number)
{
    char suffix[64];
    int suffix_len =
        snprintf(suffix, sizeof suffix, "-%d.%032x-stray", directory->partition, number);
    ASSERT(suffix_len > 0 && (size_t)suffix_len < sizeof suffix);
    int len = snprintf(path, SEGMENT_PATH_SIZE, "%s/%.*s%s", log_directory, NAME_MAX - suffix_len,
                       directory->topic, suffix);
    ASSERT(len > 0 && len < SEGMENT_PATH_SIZE);
}

static int set_aside(struct file_system *fs, const char *log_directory, const char *path,
                     const struct kafka_directory *directory, const struct log *log)
{
    char aside[SEGMENT_PATH_SIZE];
    for (unsigned number = 0; number < UNIQUE_NAMES; number++) {
        struct file_info info;
        stray_path(aside, log_directory, directory, number);
        if (file_get_info(fs, aside, &info) != ERR_NOT_FOUND)
            continue;
        log_warn(log, "%s is of no topic in the catalog: it is set aside as %s", path, aside);
        return file_rename(fs, path, aside);
    }
    return ERR_EXISTS;
}

static bool is_stray(struct file_system *fs, const char *path,
                     const struct kafka_directory *directory, strays_known_fn *known, void *context)
{
    struct uuid found;
    bool told = kafka_read_partition_metadata(fs, path, &found) == 0;
    return !known(context, directory->topic, directory->partition, told ? &found : NULL);
}

int strays_set_aside(struct file_system *fs, const char *log_directory, strays_known_fn *known,
                     void *context, const struct log *log)
{
    struct names names = {0};
    bool renamed = false;
    int result = file_list(fs, log_directory, take_name, &names);
    for (uint32_t i = 0; result == 0 && i < names.count; i++) {
        char path[SEGMENT_PATH_SIZE];
        struct kafka_directory directory;
        bool parsed = kafka_parse_directory(names.items[i], &directory);
        ASSERT(parsed);
        segment_join_path(path, log_directory, names.items[i]);
        if (directory.kind == KAFKA_DIRECTORY_DELETE) {
            remove_deleted(fs, path, log);
        } else if (directory.kind == KAFKA_DIRECTORY_LIVE &&
                   strcmp(directory.topic, CATALOG_TOPIC) != 0 &&
                   is_stray(fs, path, &directory, known, context)) {
            result = set_aside(fs, log_directory, path, &directory, log);
            renamed = true;
        }
    }
    names_free(&names);
    return result == 0 && renamed ? file_sync_directory(fs, log_directory) : result;
}

int strays_count_live(struct file_system *fs, const char *log_directory, const char *except,
                      uint32_t *count)
{
    struct names names = {0};
    *count = 0;
    int result = file_list(fs, log_directory, take_name, &names);
    for (uint32_t i = 0; i < names.count; i++) {
        struct kafka_directory directory;
        bool parsed = kafka_parse_directory(names.items[i], &directory);
        ASSERT(parsed);
        *count += directory.kind == KAFKA_DIRECTORY_LIVE && strcmp(directory.topic, except) != 0;
    }
    names_free(&names);
    return result;
}
