/* Checks and patches of one batch in place. */
#include "protocol/batch.h"

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/util.h"

uint32_t batch_compute_crc(const uint8_t *batch, uint32_t len)
{
    ASSERT(len >= BATCH_HEADER_SIZE);
    return crc32c(0, batch + BATCH_CRC_START, len - BATCH_CRC_START);
}

void batch_patch_timestamps(uint8_t *batch, uint32_t len, int64_t max_timestamp,
                            enum batch_timestamp_type type)
{
    ASSERT(len == batch_size(batch));
    uint16_t attributes = batch_attributes(batch) & (uint16_t)~BATCH_ATTRIBUTE_LOG_APPEND_TIME;
    if (type == BATCH_LOG_APPEND_TIME)
        attributes |= BATCH_ATTRIBUTE_LOG_APPEND_TIME;
    store_be16(batch + 21, attributes);
    store_be64(batch + 35, (uint64_t)max_timestamp);
    store_be32(batch + 17, batch_compute_crc(batch, len));
}

int batch_next(struct bytes log, size_t position, struct batch_span *span)
{
    ASSERT(position <= log.len);
    size_t left = log.len - position;
    if (left == 0)
        return ERR_NOT_FOUND;
    if (left < BATCH_HEADER_SIZE)
        return ERR_SHORT;
    const uint8_t *batch = log.data + position;
    int64_t size = batch_size(batch);
    if (size < BATCH_HEADER_SIZE || batch_magic(batch) != BATCH_MAGIC)
        return ERR_MALFORMED;
    if ((uint64_t)size > left)
        return ERR_SHORT;
    *span = (struct batch_span){batch, (uint32_t)size};
    return 0;
}

int64_t batch_check(struct bytes log)
{
    struct batch_span span;
    int result = batch_next(log, 0, &span);
    if (result != 0)
        return result == ERR_NOT_FOUND ? ERR_SHORT : result;
    if (batch_compute_crc(span.data, span.len) != batch_crc(span.data))
        return ERR_CHECKSUM;
    return span.len;
}

static const char *const compression_names[COMPRESSION_COUNT] = {"none", "gzip", "snappy", "lz4",
                                                                 "zstd"};

const char *compression_name(enum compression compression)
{
    ASSERT(compression < COMPRESSION_COUNT);
    return compression_names[compression];
}

bool compression_parse(struct bytes text, enum compression *compression)
{
    for (int i = 0; i < COMPRESSION_COUNT; i++) {
        if (bytes_equal(text, bytes_of_string(compression_names[i]))) {
            *compression = (enum compression)i;
            return true;
        }
    }
    return false;
}
