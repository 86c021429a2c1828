/*
 * The head of a stream: who it is, and which lives it has had.
 *
 * `.odradek-wal-<stream>-head` has two slots of 4 KiB, written in turn with a number and a CRC. A
 * life is a stretch of groups behind one another; a new one begins at each start and after each
 * failed write, and is durable here before its first group is written. So what recovery dropped,
 * or what lies behind a failed write, can never be taken for what came later in its place.
 *
 * The file comes into being whole (by a rename), so a crash at the first start leaves none or a
 * good one. A store that failed is repeated in the same slot: the other one stays good meanwhile.
 */
#pragma once

#include <stdint.h>

#include "base/uuid.h"
#include "io/file.h"

#define WAL_LIVES_MAX 120
/* Lives, sequences and files are counted below it. No stream comes near it in its time, so that
 * counting on from what was read never overflows; what lies above is none of ours. */
#define WAL_NUMBER_END ((uint64_t)1 << 62)

struct wal_life {
    uint64_t life;
    uint64_t before;   /* the life before it ended in front of this sequence */
    uint64_t sequence; /* of its first group */
    uint64_t file;     /* where that group stands, at position 0 */
};

struct wal_head {
    uint64_t number;
    struct uuid uuid;
    uint32_t stream;
    uint32_t life_count;
    bool probed;
    bool dsync;
    struct wal_life lives[WAL_LIVES_MAX]; /* oldest first */
};

/* ERR_NOT_FOUND, ERR_CORRUPT (there is a file, but no valid slot), ERR_VERSION. */
int wal_head_load(struct file_system *fs, const char *directory, unsigned stream,
                  struct wal_head *head) MUST_CHECK;
/* Raises the number and writes the slot; durable, with its directory, when it returns 0. Else the
 * number is as before. */
int wal_head_store(struct file_system *fs, const char *directory, struct wal_head *head) MUST_CHECK;
/* Begins a life. `durable` is the last durable sequence: when the newest life holds none up to it,
 * the new one takes its place, so that a long outage does not use up the table. ERR_TOO_LARGE: the
 * table is full of lives that still count. */
int wal_head_begin_life(struct wal_head *head, const struct wal_life *life,
                        uint64_t durable) MUST_CHECK;
/* Forgets the lives that ended in front of `sequence`, where recovery would begin. */
void wal_head_forget(struct wal_head *head, uint64_t sequence);

/* `path` has room for 4096 bytes. */
void wal_head_path(char *path, const char *directory, unsigned stream);
void wal_file_path(char *path, const char *directory, unsigned stream, uint64_t number);
