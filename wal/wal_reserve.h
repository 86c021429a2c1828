/*
 * The disk-full reserve: what a start may need on a disk that has no room left.
 *
 * Whatever lies in a stream's WAL may still have to be written to segments. So each stream keeps a
 * file `.odradek-reserve-<stream>`, allocated and never read, as large as its WAL files and a
 * little more for heads, checkpoints and directories. It grows before the WAL does. A start on a
 * full disk deletes it first; it is made again as soon as there is room, and until then the stream
 * takes nothing from clients.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/log.h"
#include "io/file.h"

#define WAL_RESERVE_EXTRA_BYTES (4 * MIB)

/* Makes the reserve at least as large as `wal_bytes` and the extra; durable when it returns 0. A
 * failure leaves it as large as it was. Blocking, as all here. */
int wal_reserve_grow(struct file_system *fs, const char *directory, unsigned stream,
                     uint64_t wal_bytes) MUST_CHECK;
/* Whether it is as large already. */
bool wal_reserve_covers(struct file_system *fs, const char *directory, unsigned stream,
                        uint64_t wal_bytes);
/* Missing is success; the caller syncs the directory. */
int wal_reserve_remove(struct file_system *fs, const char *directory, unsigned stream) MUST_CHECK;
/* At a start, before anything is written: deletes all reserves when less space is free than the WAL
 * files of all streams may need. */
int wal_reserve_give_up(struct file_system *fs, const char *directory,
                        const struct log *log) MUST_CHECK;
