/*
 * An io without threads, sockets and clocks: disk operations and jobs run inside io_poll, on the
 * test's own thread and in the order they were given, over any file system; time stands until the
 * test moves it. Kinds of operations may be held back, so that a test looks at what lies between.
 */
#pragma once

#include <stdbool.h>

#include "io/io_internal.h"

struct manual_io {
    struct io io; /* first */
    struct list waiting;
    bool hold_writes;   /* io_write, io_sync */
    bool hold_reading;  /* reading jobs and time queries */
    bool hold_writing;  /* jobs in the shard's lane, and both parts of a flush */
    bool hold_second;   /* the second part of a flush */
    bool hold_renaming; /* the directories of deleted partitions */
    bool hold_removing; /* the files of deleted partitions */
    bool hold_cleaning; /* compactions */
    bool uncached;      /* io_read_now finds nothing */
    bool half_cached;   /* it finds the first half */
    bool ghost;         /* the WAL's operations succeed, and nothing is done */
    uint64_t writes;    /* io_write calls */
};

void manual_io_init(struct manual_io *m, struct file_system *files, const struct log *log);
/* Something is out that is not held. */
bool manual_io_busy(const struct manual_io *m);
void manual_io_advance(struct manual_io *m, uint64_t ms);
