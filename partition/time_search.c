/*
 * Searching a batch's records by time, in Kafka's way: the first record in offset order whose
 * timestamp is late enough, which need not be the earliest such timestamp.
 *
 * A compressed batch is unpacked whole into memory that is given back to the system afterwards:
 * such queries are rare, and its size is the limit that a decompression bomb runs into. Unpacking
 * in slices was rejected: it would need a second form of every codec for a rare question.
 */
#include "partition/time_search.h"

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/record.h"

#define OPENER_BYTES (64 * MIB)

void batch_opener_fini(struct batch_opener *opener)
{
    compressor_free(opener->compressor);
    if (opener->scratch.data != NULL)
        mem_unmap_raw(opener->scratch.data, opener->scratch.capacity);
    *opener = (struct batch_opener){0};
}

static void opener_prepare(struct batch_opener *opener)
{
    if (opener->compressor != NULL)
        return;
    opener->compressor = compressor_new();
    opener->scratch = (struct batch_scratch){mem_map_raw(OPENER_BYTES), OPENER_BYTES};
}

bool time_search_may_match(const struct time_search *search, const uint8_t *header)
{
    return batch_max_timestamp(header) >= search->timestamp &&
           batch_last_offset(header) >= search->from_offset;
}

static void search_found(struct time_search *search, const uint8_t *header, int64_t offset,
                         int64_t timestamp)
{
    search->found = true;
    search->offset = offset;
    search->found_timestamp = timestamp;
    search->leader_epoch = batch_leader_epoch(header);
}

void time_search_header(struct time_search *search, const uint8_t *header)
{
    search_found(search, header, MAX(batch_base_offset(header), search->from_offset),
                 batch_max_timestamp(header));
}

static int search_records(struct time_search *search, const uint8_t *header, struct bytes records)
{
    struct reader reader;
    struct record record;
    reader_init(&reader, records.data, records.len);
    while (!search->found && reader_left(&reader) > 0) {
        if (record_read(&reader, &record) != 0 || record.offset_delta < 0 ||
            record.offset_delta > batch_last_offset_delta(header))
            return ERR_CORRUPT;
        /* Unsigned, since nobody may have looked at the delta before. */
        uint64_t created =
            (uint64_t)batch_base_timestamp(header) + (uint64_t)record.timestamp_delta;
        int64_t offset = batch_base_offset(header) + record.offset_delta;
        int64_t timestamp =
            batch_is_log_append_time(header) ? batch_max_timestamp(header) : (int64_t)created;
        if (timestamp >= search->timestamp && offset >= search->from_offset)
            search_found(search, header, offset, timestamp);
    }
    return 0;
}

int time_search_batch(struct time_search *search, struct batch_span batch,
                      struct batch_opener *opener)
{
    ASSERT(!search->found && batch.len >= BATCH_HEADER_SIZE);
    if (batch_compression(batch.data) == COMPRESSION_NONE)
        return search_records(search, batch.data, batch_records(batch.data, batch.len));
    if (opener == NULL) {
        time_search_header(search, batch.data);
        return 0;
    }
    struct bytes records;
    opener_prepare(opener);
    int result = batch_unpack(batch, opener->compressor, &opener->scratch, &records);
    if (result == 0)
        result = search_records(search, batch.data, records);
    /* What a producer sent closed may not open: nobody has looked inside before. */
    if (result != 0 && !search->found)
        time_search_header(search, batch.data);
    mem_discard_raw(opener->scratch.data, opener->scratch.capacity);
    return 0;
}
