/*
 * The real file system under a test's eyes: each verb that changes something is reported before it
 * happens, a chosen one fails, the power may go, and a crash takes what was never synced.
 *
 * What a crash takes is modelled for everything but the WAL, which has tests of its own: a file
 * whose name was not synced disappears, one whose bytes were not is cut to its last synced length,
 * or in half when it was written over.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/file.h"

enum file_verb {
    VERB_OPEN,
    VERB_READ,
    VERB_WRITE,
    VERB_SYNC,
    VERB_SYNC_DIRECTORY,
    VERB_SYNC_ALL,
    VERB_TRUNCATE,
    VERB_ALLOCATE,
    VERB_RENAME,
    VERB_REMOVE,
    VERB_MAKE_DIRECTORY,
    VERB_REMOVE_DIRECTORY,
    VERB_LIST,
    VERB_INFO,
    VERB_COUNT,
};

/* The calls of `verb` on a path that contains `path` fail with `error`, `times` of them. */
struct file_fault {
    enum file_verb verb;
    const char *path;
    int error; /* for a read 0 is allowed: half of the bytes come */
    uint32_t times;
    uint32_t hits;
};

/* A file or directory that a crash would change. */
struct unsynced_file {
    char path[256];
    bool is_new; /* its name is not synced */
    bool dirty;
    bool overwritten;
    int64_t synced_len;
};

#define WATCHED_FILES_MAX 1024
#define UNSYNCED_MAX 16384

struct watched_files {
    struct file_system fs; /* first */
    struct file_fault fault;
    uint64_t verb_calls[VERB_COUNT];
    uint64_t changes;     /* calls so far of verbs that change something */
    uint64_t changes_max; /* the power goes at this one; 0: never */
    bool off;             /* every verb fails */
    uint64_t calls;       /* of all verbs so far */
    uint64_t calls_fail;  /* this one fails; 0: none */
    bool calls_fail_on;   /* and all behind it */
    bool lucky;           /* a crash takes nothing: everything written had reached the disk */
    void (*changing)(void *context, enum file_verb verb, const char *path);
    void *context;
    char paths[WATCHED_FILES_MAX][256]; /* of open handles, "" else */
    uint32_t opened;
    struct unsynced_file unsynced[UNSYNCED_MAX];
    uint32_t unsynced_count;
};

void watched_files_init(struct watched_files *files);
/* What is not synced is lost; the power is on again. */
void watched_files_crash(struct watched_files *files);
