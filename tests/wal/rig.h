/*
 * A WAL stream on the disk in memory, with an owner that keeps every span and behaves as a shard
 * does: what is not durable when the stream goes offline is released at once.
 */
#pragma once

#include "tests/wal/disk.h"
#include "wal/wal.h"

#define RIG_SPANS 1024
#define RIG_TEXT 8192
#define BLOCK 4096

struct rig {
    struct wal_owner owner; /* first */
    struct disk disk;
    struct wal *wal;
    struct wal_options options;
    struct wal_recovered recovered;
    struct log log;
    char said[4096]; /* what was logged, the newest first lost when it is full */
    struct wal_span spans[RIG_SPANS];
    uint32_t span_count;
    uint64_t durable; /* as the owner was told */
    int told_offline;
    int told_online;
    int told_settled;
    uint64_t deadline;            /* of the last pump */
    struct wal_position position; /* of the last flush, as a checkpoint would hold it */
};

/* An empty disk, and options that a test may change before rig_open. */
void rig_init(struct rig *r);
void rig_fini(struct rig *r);
/* Recovers and opens; both results. */
int rig_try_open(struct rig *r);
void rig_open(struct rig *r);
/* The process dies and the power goes: what was not synced is lost. */
void rig_crash(struct rig *r);

/* An entry of its own group, closed by the pump but not written yet when both writes are out. */
void rig_append(struct rig *r, const char *text);
/* wal_append's result when it must not succeed. */
int rig_refused(struct rig *r);
void rig_pump(struct rig *r);
/* Appends, pumps, and finishes the write. */
void rig_append_durable(struct rig *r, const char *text);
/* Finishes everything with disk.fate until nothing moves; lets time pass up to `ns` in all. */
void rig_settle(struct rig *r, uint64_t ns);
/* Everything durable is flushed: planned, released, trimmed. */
void rig_flush(struct rig *r);
struct wal_position rig_flush_begin(struct rig *r);

/* What recovery would visit now, as "text text ", with its result in `*result`. */
const char *rig_recover(struct rig *r, int *result);
/* Recovery finds exactly this, twice. */
void rig_check(struct rig *r, const char *expected);
