/* Packing and unpacking the records of a batch. */
#include "protocol/batch_codec.h"

#include "base/assert.h"

int batch_unpack(struct batch_span batch, struct compressor *compressor,
                 const struct batch_scratch *scratch, struct bytes *records)
{
    ASSERT(batch.len >= BATCH_HEADER_SIZE);
    int compression = batch_compression(batch.data);
    *records = batch_records(batch.data, batch.len);
    if (compression == COMPRESSION_NONE)
        return 0;
    if (compression >= COMPRESSION_COUNT)
        return ERR_UNSUPPORTED;
    int64_t len = decompress_bytes(compressor, (enum compression)compression, *records,
                                   scratch->data, scratch->capacity);
    if (len < 0)
        return (int)len;
    *records = (struct bytes){scratch->data, (size_t)len};
    return 0;
}

int64_t batch_pack(const uint8_t *header, struct bytes records, const struct batch_codec *codec,
                   void *out, size_t capacity)
{
    ASSERT(codec->compression < COMPRESSION_COUNT);
    if (capacity < BATCH_HEADER_SIZE)
        return ERR_SHORT;
    uint8_t *batch = out;
    int64_t packed = compress_bytes(codec->compressor, codec->compression, codec->level, records,
                                    batch + BATCH_HEADER_SIZE, capacity - BATCH_HEADER_SIZE);
    if (packed < 0)
        return packed;
    if (packed > INT32_MAX - BATCH_HEADER_SIZE)
        return ERR_SHORT;
    uint32_t len = BATCH_HEADER_SIZE + (uint32_t)packed;
    memcpy(batch, header, BATCH_HEADER_SIZE);
    uint16_t attributes = batch_attributes(header) & (uint16_t)~BATCH_ATTRIBUTE_COMPRESSION;
    store_be32(batch + 8, len - BATCH_OVERHEAD);
    store_be16(batch + 21, (uint16_t)(attributes | codec->compression));
    store_be32(batch + 17, batch_compute_crc(batch, len));
    return len;
}

size_t batch_pack_bound(enum compression compression, size_t records)
{
    return BATCH_HEADER_SIZE + compress_bound(compression, records);
}
