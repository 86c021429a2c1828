/*
 * Judging record sets, in the order in which Kafka's own checks strike: the request's shape first
 * (ProduceRequest.validateRecords), then offset, size and CRC (UnifiedLog), then the header and the
 * walk over the records (LogValidator), and the segment's size last. The order decides which error
 * a batch with several faults gets, and the stage whether the answer knows the log start offset.
 *
 * Where we differ: Kafka renumbers records whose offset deltas are wrong when it recompresses them;
 * here such a batch is refused with the error that Kafka has for wrong deltas in a batch that it
 * does not recompress. And the texts carry no numbers, so that they need no memory.
 */
#include "protocol/judge.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"

#define PRODUCE_VERSION_ZSTD 7
/* What a batch of any magic needs at least behind its length field. */
#define LENGTH_MIN 14
#define SIZE_UP_TO_MAGIC 17
#define NO_TIMESTAMP (-1)

#define MESSAGE_RECORDS "One or more records have been rejected"
#define MESSAGE_TIMESTAMP "One or more records have been rejected due to invalid timestamp"

static void refuse(struct batch_judgement *j, int16_t error)
{
    ASSERT(error != KAFKA_NONE);
    j->verdict = BATCH_REFUSE;
    j->error = error;
}

/* A refusal by the log itself, whose answer knows the log's start. */
static void refuse_by_log(struct batch_judgement *j, int16_t error)
{
    refuse(j, error);
    j->log_start_known = true;
}

/* Notes the first record at fault. The walk goes on: broken structure behind it weighs more, and a
 * wrong timestamp more than a missing key. */
static void refuse_record(struct batch_judgement *j, int32_t index, int16_t error,
                          const char *message)
{
    bool first = j->record_index < 0;
    if (first) {
        j->record_index = index;
        j->record_message = message;
    }
    if (first || error == KAFKA_INVALID_TIMESTAMP) {
        refuse_by_log(j, error);
        j->message = error == KAFKA_INVALID_TIMESTAMP ? MESSAGE_TIMESTAMP : MESSAGE_RECORDS;
    }
}

static void refuse_structure(struct batch_judgement *j)
{
    j->record_index = -1;
    j->record_message = NULL;
    j->message = NULL;
    refuse_by_log(j, KAFKA_INVALID_RECORD);
}

/* The size of the next batch of any magic; 0 when there is no whole one, ERR_MALFORMED when what is
 * there cannot be one. */
static int64_t next_size(struct bytes rest)
{
    if (rest.len < BATCH_OVERHEAD)
        return 0;
    int64_t size = batch_size(rest.data);
    if (size < BATCH_OVERHEAD + LENGTH_MIN)
        return ERR_MALFORMED;
    if (rest.len < SIZE_UP_TO_MAGIC)
        return 0;
    int8_t magic = batch_magic(rest.data);
    if (magic < 0 || magic > BATCH_MAGIC)
        return ERR_MALFORMED;
    return (uint64_t)size <= rest.len ? size : 0;
}

/* Exactly one whole batch, of this magic, in a compression that the request's version may carry.
 * Stray bytes that are not a whole batch may follow. */
static void judge_shape(const struct batch_rules *rules, struct bytes records,
                        struct batch_judgement *j)
{
    int64_t size = next_size(records);
    if (size <= 0 || batch_magic(records.data) != BATCH_MAGIC) {
        refuse(j, size < 0 ? KAFKA_CORRUPT_MESSAGE : KAFKA_INVALID_RECORD);
        return;
    }
    if (batch_compression(records.data) == COMPRESSION_ZSTD &&
        rules->produce_version < PRODUCE_VERSION_ZSTD) {
        refuse(j, KAFKA_UNSUPPORTED_COMPRESSION_TYPE);
        return;
    }
    struct bytes rest = {records.data + size, records.len - (size_t)size};
    int64_t second = next_size(rest);
    if (second != 0)
        refuse(j, second < 0 ? KAFKA_CORRUPT_MESSAGE : KAFKA_INVALID_RECORD);
    j->len = (uint32_t)size;
}

static void judge_batch(const struct batch_rules *rules, const uint8_t *batch,
                        struct batch_judgement *j)
{
    if (batch_base_offset(batch) != 0)
        refuse_by_log(j, KAFKA_INVALID_RECORD);
    else if (j->len > rules->message_bytes_max)
        refuse(j, KAFKA_MESSAGE_TOO_LARGE);
    else if (j->len < BATCH_HEADER_SIZE || batch_compute_crc(batch, j->len) != batch_crc(batch))
        refuse(j, KAFKA_CORRUPT_MESSAGE);
    else if (batch_compression(batch) >= COMPRESSION_COUNT)
        refuse_by_log(j, KAFKA_UNKNOWN_SERVER_ERROR);
}

static void judge_header(const uint8_t *batch, struct batch_judgement *j)
{
    int32_t count = batch_record_count(batch);
    bool counts = count > 0 && (int64_t)batch_last_offset_delta(batch) + 1 == count;
    bool sequenced = batch_producer_id(batch) < 0 || batch_base_sequence(batch) >= 0;
    if (!counts || batch_is_control(batch) || !sequenced)
        refuse_by_log(j, KAFKA_INVALID_RECORD);
}

static bool timestamp_fits(const struct batch_rules *rules, int64_t timestamp)
{
    if (rules->log_append_time || timestamp == NO_TIMESTAMP)
        return true;
    int64_t age;
    if (__builtin_sub_overflow(rules->now_ms, timestamp, &age))
        return false;
    return age <= rules->timestamp_before_max_ms && age >= -rules->timestamp_after_max_ms;
}

/* The client's claim of log append time is corrected, but for the two cases in which Kafka refuses
 * it: the topic has that type itself, or the batch has no timestamp to fall back to. */
static bool timestamp_type_fits(const struct batch_rules *rules, const uint8_t *batch)
{
    return !batch_is_log_append_time(batch) ||
           !(rules->log_append_time || batch_max_timestamp(batch) == NO_TIMESTAMP);
}

static void judge_record(const struct batch_rules *rules, const struct record *record,
                         int64_t timestamp, int32_t index, struct batch_judgement *j)
{
    if (rules->compacted && record->key.len < 0)
        refuse_record(j, index, KAFKA_INVALID_RECORD,
                      "Compacted topic cannot accept message without key.");
    else if (!timestamp_fits(rules, timestamp))
        refuse_record(j, index, KAFKA_INVALID_TIMESTAMP,
                      "Timestamp is out of range: it is too far from the broker's clock.");
}

/* The walk. `numbered`: offset deltas must be 0, 1, 2 ... */
static void judge_records(const struct batch_rules *rules, const uint8_t *batch,
                          struct bytes records, bool numbered, struct batch_judgement *j)
{
    struct reader reader;
    uint64_t base = (uint64_t)batch_base_timestamp(batch);
    int32_t count = batch_record_count(batch);
    bool in_order = true;
    j->max_timestamp = NO_TIMESTAMP;
    reader_init(&reader, records.data, records.len);
    if (!timestamp_type_fits(rules, batch))
        refuse_record(j, 0, KAFKA_INVALID_TIMESTAMP,
                      "Invalid timestamp type. Producer should not set timestamp type to "
                      "LogAppendTime.");
    for (int32_t i = 0; i < count; i++) {
        struct record record;
        if (record_read(&reader, &record) != 0) {
            refuse_structure(j);
            return;
        }
        int64_t timestamp = (int64_t)(base + (uint64_t)record.timestamp_delta);
        judge_record(rules, &record, timestamp, i, j);
        in_order = in_order && record.offset_delta == i;
        j->max_timestamp = MAX(j->max_timestamp, timestamp);
    }
    if (reader_left(&reader) != 0)
        refuse_structure(j);
    else if (j->verdict != BATCH_REFUSE && numbered && !in_order)
        refuse_by_log(j, KAFKA_UNKNOWN_SERVER_ERROR);
}

static bool wants_recoding(const struct batch_rules *rules, const uint8_t *batch)
{
    return rules->compression != COMPRESSION_KEEP && rules->compression != batch_compression(batch);
}

/* What becomes of records that passed the walk. */
static void judge_fate(const struct batch_rules *rules, const uint8_t *batch, struct bytes records,
                       struct batch_judgement *j)
{
    bool right = j->max_timestamp == batch_max_timestamp(batch) && !batch_is_log_append_time(batch);
    if (wants_recoding(rules, batch)) {
        j->verdict = BATCH_RECODE;
        j->records = records;
    } else if (j->len > rules->segment_bytes) {
        refuse(j, KAFKA_RECORD_LIST_TOO_LARGE);
    } else {
        j->verdict = right || rules->log_append_time ? BATCH_TAKE : BATCH_CORRECT;
    }
}

/* The header's word for compressed records that nobody needs to see. */
static void judge_closed(const struct batch_rules *rules, const uint8_t *batch,
                         struct batch_judgement *j)
{
    j->max_timestamp = batch_max_timestamp(batch);
    if (!timestamp_type_fits(rules, batch) || !timestamp_fits(rules, j->max_timestamp)) {
        refuse_by_log(j, KAFKA_INVALID_TIMESTAMP);
        j->message = MESSAGE_TIMESTAMP;
    } else {
        judge_fate(rules, batch, (struct bytes){NULL, 0}, j);
    }
}

void batch_judge(const struct batch_rules *rules, struct bytes records, struct batch_judgement *j)
{
    const uint8_t *batch = records.data;
    *j = (struct batch_judgement){.verdict = BATCH_TAKE, .record_index = -1};
    judge_shape(rules, records, j);
    if (j->verdict != BATCH_REFUSE)
        judge_batch(rules, batch, j);
    if (j->verdict != BATCH_REFUSE)
        judge_header(batch, j);
    if (j->verdict == BATCH_REFUSE)
        return;
    bool recoding = wants_recoding(rules, batch);
    if (batch_compression(batch) != COMPRESSION_NONE) {
        if (recoding || rules->compacted || rules->validate)
            j->verdict = BATCH_OPEN;
        else
            judge_closed(rules, batch, j);
        return;
    }
    struct bytes plain = batch_records(batch, j->len);
    judge_records(rules, batch, plain, recoding, j);
    if (j->verdict != BATCH_REFUSE)
        judge_fate(rules, batch, plain, j);
}

void batch_judge_open(const struct batch_rules *rules, const uint8_t *batch,
                      struct compressor *compressor, const struct batch_scratch *scratch,
                      struct batch_judgement *j)
{
    ASSERT(j->verdict == BATCH_OPEN && batch_compression(batch) != COMPRESSION_NONE);
    struct batch_span span = {batch, j->len};
    struct bytes plain;
    int result = batch_unpack(span, compressor, scratch, &plain);
    j->verdict = BATCH_TAKE;
    if (result == ERR_TOO_LARGE)
        refuse(j, KAFKA_MESSAGE_TOO_LARGE);
    else if (result != 0)
        refuse_by_log(j, KAFKA_UNKNOWN_SERVER_ERROR);
    else
        judge_records(rules, batch, plain, true, j);
    if (j->verdict != BATCH_REFUSE)
        judge_fate(rules, batch, plain, j);
}

int64_t batch_recode(const uint8_t *batch, const struct batch_judgement *judgement,
                     const struct batch_codec *codec, void *out, size_t capacity)
{
    ASSERT(judgement->verdict == BATCH_RECODE);
    int64_t len = batch_pack(batch, judgement->records, codec, out, capacity);
    if (len > 0)
        batch_patch_timestamps(out, (uint32_t)len, judgement->max_timestamp, BATCH_CREATE_TIME);
    return len;
}

int16_t batch_judge_size(const struct batch_rules *rules, int64_t size)
{
    ASSERT(size >= BATCH_HEADER_SIZE);
    if (size > rules->message_bytes_max)
        return KAFKA_MESSAGE_TOO_LARGE;
    return size > rules->segment_bytes ? KAFKA_RECORD_LIST_TOO_LARGE : KAFKA_NONE;
}
