/*
 * Record batches, magic 2 (KIP-98), seen and patched in place: never turned into objects.
 *
 *      0 base offset i64         16 magic i8                 43 producer id i64
 *      8 length i32 (of what      17 CRC-32C u32             51 producer epoch i16
 *        follows this field)      21 attributes i16          53 base sequence i32
 *     12 leader epoch i32         23 last offset delta i32   57 record count i32
 *                                 27 base timestamp i64      61 records
 *                                 35 max timestamp i64
 *
 * The CRC covers everything from the attributes on, so that the broker may set the base offset and
 * the leader epoch without touching it. All accessors expect at least BATCH_HEADER_SIZE bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/result.h"

#define BATCH_HEADER_SIZE 61
/* Base offset and length: what comes before the counted bytes. */
#define BATCH_OVERHEAD 12
#define BATCH_CRC_START 21
#define BATCH_MAGIC 2

enum batch_timestamp_type { BATCH_CREATE_TIME, BATCH_LOG_APPEND_TIME };

enum compression {
    COMPRESSION_NONE,
    COMPRESSION_GZIP,
    COMPRESSION_SNAPPY,
    COMPRESSION_LZ4,
    COMPRESSION_ZSTD,
    COMPRESSION_COUNT,
};

/* compression.type=producer: as it was sent. */
#define COMPRESSION_KEEP (-1)

enum batch_attribute {
    BATCH_ATTRIBUTE_COMPRESSION = 7,
    BATCH_ATTRIBUTE_LOG_APPEND_TIME = 8,
    BATCH_ATTRIBUTE_TRANSACTIONAL = 16,
    BATCH_ATTRIBUTE_CONTROL = 32,
    BATCH_ATTRIBUTE_DELETE_HORIZON = 64,
};

static inline int64_t batch_base_offset(const uint8_t *batch)
{
    return (int64_t)load_be64(batch);
}
/* The whole batch's bytes, its overhead included. A hostile length gives any value. */
static inline int64_t batch_size(const uint8_t *batch)
{
    return (int64_t)(int32_t)load_be32(batch + 8) + BATCH_OVERHEAD;
}
static inline int32_t batch_leader_epoch(const uint8_t *batch)
{
    return (int32_t)load_be32(batch + 12);
}
static inline int8_t batch_magic(const uint8_t *batch)
{
    return (int8_t)batch[16];
}
static inline uint32_t batch_crc(const uint8_t *batch)
{
    return load_be32(batch + 17);
}
static inline uint16_t batch_attributes(const uint8_t *batch)
{
    return load_be16(batch + 21);
}
static inline int batch_compression(const uint8_t *batch)
{
    return batch_attributes(batch) & BATCH_ATTRIBUTE_COMPRESSION;
}
static inline bool batch_is_log_append_time(const uint8_t *batch)
{
    return (batch_attributes(batch) & BATCH_ATTRIBUTE_LOG_APPEND_TIME) != 0;
}
static inline bool batch_is_transactional(const uint8_t *batch)
{
    return (batch_attributes(batch) & BATCH_ATTRIBUTE_TRANSACTIONAL) != 0;
}
static inline bool batch_is_control(const uint8_t *batch)
{
    return (batch_attributes(batch) & BATCH_ATTRIBUTE_CONTROL) != 0;
}
/* The base timestamp then holds the time at which tombstones may go (KIP-534). */
static inline bool batch_has_delete_horizon(const uint8_t *batch)
{
    return (batch_attributes(batch) & BATCH_ATTRIBUTE_DELETE_HORIZON) != 0;
}
static inline int32_t batch_last_offset_delta(const uint8_t *batch)
{
    return (int32_t)load_be32(batch + 23);
}
static inline int64_t batch_last_offset(const uint8_t *batch)
{
    return batch_base_offset(batch) + batch_last_offset_delta(batch);
}
static inline int64_t batch_base_timestamp(const uint8_t *batch)
{
    return (int64_t)load_be64(batch + 27);
}
static inline int64_t batch_max_timestamp(const uint8_t *batch)
{
    return (int64_t)load_be64(batch + 35);
}
static inline int64_t batch_producer_id(const uint8_t *batch)
{
    return (int64_t)load_be64(batch + 43);
}
static inline int16_t batch_producer_epoch(const uint8_t *batch)
{
    return (int16_t)load_be16(batch + 51);
}
static inline int32_t batch_base_sequence(const uint8_t *batch)
{
    return (int32_t)load_be32(batch + 53);
}
static inline int32_t batch_record_count(const uint8_t *batch)
{
    return (int32_t)load_be32(batch + 57);
}
/* The bytes behind the header: plain records, or their compressed form. */
static inline struct bytes batch_records(const uint8_t *batch, uint32_t len)
{
    return (struct bytes){batch + BATCH_HEADER_SIZE, len - BATCH_HEADER_SIZE};
}

static inline void batch_patch_offset(uint8_t *batch, int64_t base_offset)
{
    store_be64(batch, (uint64_t)base_offset);
}
static inline void batch_patch_leader_epoch(uint8_t *batch, int32_t epoch)
{
    store_be32(batch + 12, (uint32_t)epoch);
}
/* Sets max timestamp and timestamp type, and computes the CRC anew. */
void batch_patch_timestamps(uint8_t *batch, uint32_t len, int64_t max_timestamp,
                            enum batch_timestamp_type type);

uint32_t batch_compute_crc(const uint8_t *batch, uint32_t len);

/* The size of the batch at the front of `log`, with magic, length and CRC checked. ERR_SHORT (not
 * whole), ERR_MALFORMED, ERR_CHECKSUM. */
int64_t batch_check(struct bytes log) MUST_CHECK;

/* One whole batch, borrowed. */
struct batch_span {
    const uint8_t *data;
    uint32_t len;
};

/* The batch that begins at `position` of concatenated ones; the next begins `len` bytes later.
 * Magic and length are checked, the CRC is not. ERR_NOT_FOUND at the end, ERR_SHORT when the rest
 * is not a whole batch (as at the end of a fetch), ERR_MALFORMED. */
int batch_next(struct bytes log, size_t position, struct batch_span *span) MUST_CHECK;

/* "none", "gzip", "snappy", "lz4", "zstd". */
const char *compression_name(enum compression compression);
bool compression_parse(struct bytes text, enum compression *compression);
