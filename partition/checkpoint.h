/*
 * The checkpoint of one stream: up to where each partition's segments are synced, and what else a
 * crash must not lose but the segments do not say (log start, leader epochs, producer state).
 *
 * Two files, `.odradek-checkpoint-<stream>-0` and `-1`, are written in turn, each whole, with a
 * number and a CRC: a torn write leaves the other one. A slot that is not there yet appears whole
 * or not at all. Big-endian:
 *
 *     magic "ODCK", u16 version, u16 zero, u32 crc32c of all that follows, u64 length of it
 *     u64 number, u64 WAL file, u64 WAL sequence, u32 partition count, then per partition
 *     topic id (16), i32 index, i64 synced end, i64 log start,
 *     u32 epoch count, (i32 epoch, i64 start offset)..., u32 snapshot length, snapshot
 */
#pragma once

#include <stdint.h>

#include "base/bytes.h"
#include "base/uuid.h"
#include "io/file.h"
#include "partition/epochs.h"
#include "wal/wal.h"

struct shard;

/* The synced end of a partition that no start has been able to open yet: Kafka's own files say what
 * it holds. */
#define SYNCED_END_UNKNOWN (-1)

struct checkpoint_partition {
    struct uuid topic_id;
    int32_t index;
    int64_t synced_end; /* or SYNCED_END_UNKNOWN */
    int64_t log_start;
    struct epochs epochs;
    struct bytes producers; /* Kafka's snapshot format; borrowed from the loaded bytes */
};

struct checkpoint {
    char *data; /* from mem_alloc; what `producers` points into */
    uint64_t number;
    struct wal_position position;
    struct checkpoint_partition *partitions;
    uint32_t count;
};

/* The shard's state with `position`, encoded: how long it is, and the bytes (exactly that many). */
uint64_t checkpoint_size(const struct shard *shard);
void checkpoint_encode(const struct shard *shard, uint64_t number,
                       const struct wal_position *position, uint8_t *data, uint64_t len);
/* The same of chosen partitions. */
struct checkpoint_source {
    struct partition *const *partitions;
    uint32_t count;
};
uint64_t checkpoint_source_size(const struct checkpoint_source *source);
void checkpoint_source_encode(const struct checkpoint_source *source, uint64_t number,
                              const struct wal_position *position, uint8_t *data, uint64_t len);
/* Writes and syncs the slot of `number`. Blocking. */
int checkpoint_write(struct file_system *fs, const char *directory, unsigned stream,
                     uint64_t number, const void *data, uint64_t len) MUST_CHECK;
/* Which streams may have a checkpoint: a bit per stream below 64. Blocking. */
int checkpoint_list_streams(struct file_system *fs, const char *directory,
                            uint64_t *streams) MUST_CHECK;
/* The newer valid slot. ERR_NOT_FOUND: there is none; ERR_CORRUPT: slots exist, none is valid;
 * ERR_VERSION. A slot that cannot be read is an error, though the other one is good: it may be the
 * newer, and segments would be cut to where they once ended. Blocking. */
int checkpoint_load(struct file_system *fs, const char *directory, unsigned stream,
                    struct checkpoint *checkpoint) MUST_CHECK;
void checkpoint_free(struct checkpoint *checkpoint);
/* Deletes both slots (missing is fine), the newest last; the caller syncs the directory. */
int checkpoint_remove(struct file_system *fs, const char *directory, unsigned stream) MUST_CHECK;
