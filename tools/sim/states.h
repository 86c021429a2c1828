/*
 * Which states of the broker a run has reached. The broker does not know: the simulator looks at
 * a shard behind each of its steps (the linker hands shard_step, shard_open and wal_recover to
 * states.c), and recognises lines of the log. So it costs the shipped program nothing.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define STATES(X)                                                                     \
    X(WAL_TWO_WRITES, "WAL: two writes in flight")                                    \
    X(WAL_SEALED, "WAL: file sealed by a failed write")                               \
    X(WAL_RENEWING, "WAL: new life begun after a failure")                            \
    X(WAL_RENEWAL_FAILED, "WAL: a write failed again before the new life was proven") \
    X(WAL_OFFLINE, "WAL: offline")                                                    \
    X(WAL_PROBE, "WAL: probing whether the disk is back")                             \
    X(WAL_ONLINE_AGAIN, "WAL: online again")                                          \
    X(WAL_CREATED, "WAL: another file created")                                       \
    X(WAL_RECYCLED, "WAL: file recycled")                                             \
    X(WAL_PREPARE_FAILED, "WAL: file could not be prepared")                          \
    X(WAL_CRAMPED, "WAL: no next file, and none on its way")                          \
    X(WAL_GIVEN_UP, "WAL: what waited for a file is rolled back")                     \
    X(WAL_HEAD_FAILED, "WAL: head could not be stored")                               \
    X(WAL_HALF_USED, "WAL: half used")                                                \
    X(WAL_CROWDED, "WAL: three quarters used, clients wait")                          \
    X(WAL_LAST_BLOCK, "WAL: memory used up but for the last block")                   \
    X(RESERVE_SHORT, "reserve: no room for it")                                       \
    X(RESERVE_GIVEN_UP, "reserve: given up at a start")                               \
    X(RESERVE_BACK, "reserve: complete again")                                        \
    X(RECOVERY_ENTRIES, "recovery: entries replayed")                                 \
    X(RECOVERY_ALL, "recovery: all that was begun had landed")                        \
    X(RECOVERY_UNACKNOWLEDGED, "recovery: more than was known to be durable")         \
    X(RECOVERY_DROPPED, "recovery: what was begun behind the durable end is dropped") \
    X(RECOVERY_RELOGGED, "recovery: with batches that had been logged again")         \
    X(RECOVERY_REPEATED, "recovery: repeated, a start was broken off")                \
    X(RECOVERY_REFUSED, "recovery: start refused")                                    \
    X(RECOVERY_OTHER_CORES, "recovery: another number of cores")                      \
    X(CHECKPOINT_UNUSABLE, "recovery: damaged checkpoint passed over")                \
    X(PRODUCERS_OLDER, "recovery: older producer snapshot taken")                     \
    X(FLUSH_BY_BATCHES, "flush: by batches")                                          \
    X(FLUSH_BY_BYTES, "flush: by bytes")                                              \
    X(FLUSH_BY_AGE, "flush: by age")                                                  \
    X(FLUSH_BY_IDLE, "flush: idle")                                                   \
    X(FLUSH_BY_PRESSURE, "flush: forced by a WAL that runs full")                     \
    X(FLUSH_BY_STOP, "flush: at a stop")                                              \
    X(FLUSH_FAILED, "flush: a segment could not be written")                          \
    X(CHECKPOINT_FAILED, "flush: checkpoint could not be written")                    \
    X(FLUSH_FULL, "flush: disk full, produce refused")                                \
    X(FLUSH_SPACE_AGAIN, "flush: space again")                                        \
    X(FLUSH_REFUSES, "flush: log directory takes nothing from clients")               \
    X(RELOGGED, "relog: batches logged again")                                        \
    X(RELOG_BLOCKED, "relog: no room for copies")                                     \
    X(SEGMENT_ROLLED, "partition: segment rolled")                                    \
    X(SEGMENT_AFTER_FAILURE, "partition: new segment after a failed write or sync")   \
    X(RETENTION_MOVED, "retention: the log start is being moved")                     \
    X(RETENTION_ROLLED, "retention: all goes, an empty segment is begun")             \
    X(PARTITION_OFFLINE, "partition: offline")                                        \
    X(PARTITION_DELETED, "partition: deleted")                                        \
    X(DELETE_FAILED, "partition: deletion tried again")                               \
    X(STRAY, "partition: directory set aside as a stray")                             \
    X(CATALOG_SNAPSHOT_FAILED, "catalog: snapshot could not be written")              \
    X(CONNECTIONS_LIMITED, "connections: fewer, for want of descriptors")             \
    X(ACCEPT_FAILED, "connections: cannot accept")                                    \
    X(STOP_UNCLEAN, "stop: unclean")

enum state {
#define STATE(name, text) STATE_##name,
    STATES(STATE)
#undef STATE
        STATE_COUNT
};

const char *state_text(enum state state);
/* Counts into `counts`, STATE_COUNT of them, from now on; null: nowhere. One run at a time. */
void states_watch(uint64_t *counts);
/* A line of the broker's log. */
void states_see_line(const char *line, size_t len);
