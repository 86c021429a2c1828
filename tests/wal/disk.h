/*
 * An io whose disk lives in memory and moves only when the test says so.
 *
 * Writes, syncs and jobs wait until the test finishes them, in the order and with the fate that it
 * chooses. Files have two contents, what a reader sees and what a power cut leaves; so has the
 * directory. Chosen file verbs fail. There is no network and no thread, and time stands still
 * until it is moved.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "io/file.h"
#include "io/io_internal.h"

#define DISK_NODES 512
#define DISK_OPS 16
#define DISK_FAULTS 8

enum disk_fate {
    DISK_LANDS,           /* as asked */
    DISK_FAILS,           /* an error, and nothing is on the disk */
    DISK_FAILS_AND_LANDS, /* an error, but everything is on the disk */
    DISK_SHORT,           /* half of it is on the disk, and the result says so */
    DISK_LIES,            /* success, but nothing is on the disk */
};

struct disk_node {
    uint8_t *now;    /* null: unused */
    uint8_t *stable; /* after a power cut */
    uint64_t len;
    uint64_t stable_len;
    char name[128]; /* "": removed */
    char stable_name[128];
    uint32_t opened;
};

struct disk_op {
    struct io_op *op; /* null: unused */
    enum op_verb verb;
    struct io_extent extent;
    unsigned flags;
    uint64_t order;
    io_job_fn *job;
    void *context;
};

/* Calls of `verb` on paths that contain `name` fail; "" is any. */
struct disk_fault {
    const char *verb;
    const char *name;
    int skip;  /* so many calls succeed first */
    int times; /* then so many fail; 0: unused, -1: for ever */
    int error;
};

struct disk {
    struct io io; /* first */
    struct file_system fs;
    struct disk_node nodes[DISK_NODES];
    struct disk_op ops[DISK_OPS];
    struct disk_fault faults[DISK_FAULTS];
    uint64_t issued;
    uint64_t capacity;     /* bytes of all files */
    bool no_direct;        /* FILE_DIRECT is refused */
    bool slow_dsync;       /* DSYNC file writes take a millisecond */
    bool dead;             /* everything fails, nothing changes */
    enum disk_fate fate;   /* of what disk_settle finishes */
    uint64_t read_longest; /* bytes asked for in one read */
    uint64_t reads;
    uint64_t verbs;   /* file verbs that change something, for crashes between them */
    uint64_t dies_at; /* dead from this one on; 0: never */
};

void disk_init(struct disk *disk);
void disk_fini(struct disk *disk);

/* Writes and syncs that are out. */
uint32_t disk_out(const struct disk *disk);
/* What the n-th of them is, the oldest first. */
const struct disk_op *disk_peek(struct disk *disk, uint32_t n);
void disk_finish(struct disk *disk, uint32_t n, enum disk_fate fate);
/* Puts the first `bytes` of the n-th write on the disk; it stays out. */
void disk_tear(struct disk *disk, uint32_t n, uint64_t bytes);
/* Runs the job that is out; false when there is none. */
bool disk_run_job(struct disk *disk);
bool disk_job_out(const struct disk *disk);
void disk_pass(struct disk *disk, uint64_t ns);

void disk_fail(struct disk *disk, const char *verb, const char *name, int times, int error);
void disk_heal(struct disk *disk);

/* A power cut: what was not synced is gone. Nothing may be out, no file open. */
void disk_cut(struct disk *disk);

/* A file's bytes by the end of its path, to look at and to damage; null when there is none. */
struct disk_node *disk_file(struct disk *disk, const char *name);
void disk_overwrite(struct disk *disk, const char *name, uint64_t pos, const void *data,
                    uint64_t len);
/* How many there are whose path contains `name`, and how many handles are open. */
uint32_t disk_count(const struct disk *disk, const char *name);
uint32_t disk_opened(const struct disk *disk);
uint64_t disk_used(const struct disk *disk);
