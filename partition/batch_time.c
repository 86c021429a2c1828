/*
 * Codec contexts and room are made for one batch and given back: a search by time is a rare event,
 * and it runs on disk threads too, where nothing can be kept for the next one.
 */
#include "partition/batch_time.h"

#include "base/assert.h"
#include "base/mem.h"
#include "protocol/batch_codec.h"
#include "protocol/record.h"

static void answer(struct batch_time_search *search, const uint8_t *header, int64_t offset,
                   int64_t timestamp)
{
    search->found = true;
    search->offset = offset;
    search->found_timestamp = timestamp;
    search->leader_epoch = batch_leader_epoch(header);
}

void batch_time_guess(struct batch_time_search *search, const uint8_t *header)
{
    ASSERT(batch_max_timestamp(header) >= search->timestamp);
    answer(search, header, MAX(batch_base_offset(header), search->from_offset),
           batch_max_timestamp(header));
}

static int search_records(struct batch_time_search *search, const uint8_t *batch,
                          struct bytes records)
{
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    while (!search->found && reader_left(&reader) > 0) {
        if (record_read(&reader, &record) != 0)
            return ERR_CORRUPT;
        int64_t offset = batch_base_offset(batch) + record.offset_delta;
        int64_t timestamp = batch_is_log_append_time(batch)
                                ? batch_max_timestamp(batch)
                                : batch_base_timestamp(batch) + record.timestamp_delta;
        if (timestamp >= search->timestamp && offset >= search->from_offset)
            answer(search, batch, offset, timestamp);
    }
    return 0;
}

static int search_closed(struct batch_time_search *search, const uint8_t *batch, uint32_t len)
{
    struct batch_scratch room = {mem_map(BATCH_TIME_UNPACKED_MAX), BATCH_TIME_UNPACKED_MAX};
    struct compressor *compressor = compressor_new();
    struct bytes records;
    int result = batch_unpack((struct batch_span){batch, len}, compressor, &room, &records);
    if (result == 0)
        result = search_records(search, batch, records);
    compressor_free(compressor);
    mem_unmap(room.data, room.capacity);
    return result;
}

int batch_time_search(struct batch_time_search *search, const uint8_t *batch, uint32_t len)
{
    ASSERT(len >= BATCH_HEADER_SIZE);
    search->found = false;
    if (batch_max_timestamp(batch) < search->timestamp ||
        batch_last_offset(batch) < search->from_offset)
        return 0;
    if (batch_compression(batch) == COMPRESSION_NONE)
        return search_records(search, batch, batch_records(batch, len));
    if (search_closed(search, batch, len) != 0)
        batch_time_guess(search, batch);
    return 0;
}
