/*
 * Judging record sets, in the order in which Kafka's own checks strike: shape and CRC first, then
 * sizes, then the header, then the walk over the records.
 */
#include "protocol/judge.h"

#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/record.h"

#define PRODUCE_VERSION_ZSTD 7

static void refuse(struct batch_judgement *j, int16_t error)
{
    j->verdict = BATCH_REFUSE;
    j->error = error;
}

/* A refusal that comes after the log was asked, so that the answer knows its start. */
static void refuse_validated(struct batch_judgement *j, int16_t error)
{
    refuse(j, error);
    j->log_start_known = true;
}

static void refuse_record(struct batch_judgement *j, int32_t index, int16_t error,
                          const char *message)
{
    refuse_validated(j, error);
    j->record_index = index;
    j->record_message = message;
    j->message = "One or more records have been rejected";
}

/* Exactly one whole batch, of this magic, whose CRC holds. */
static bool judge_shape(struct bytes records, struct batch_judgement *j)
{
    if (records.len < BATCH_OVERHEAD + 5) {
        refuse(j, KAFKA_INVALID_RECORD);
        return false;
    }
    int64_t size = batch_size(records.data);
    int8_t magic = batch_magic(records.data);
    if (size < BATCH_OVERHEAD + 14) {
        refuse(j, KAFKA_CORRUPT_MESSAGE);
        return false;
    }
    if ((uint64_t)size > records.len || magic == 0 || magic == 1) {
        refuse(j, KAFKA_INVALID_RECORD);
        return false;
    }
    if (magic != BATCH_MAGIC || size < BATCH_HEADER_SIZE) {
        refuse(j, KAFKA_CORRUPT_MESSAGE);
        return false;
    }
    j->len = (uint32_t)size;
    size_t rest = records.len - (size_t)size;
    if (rest >= BATCH_OVERHEAD + 5) {
        int64_t next = batch_size(records.data + size);
        if (next >= 0 && (uint64_t)next <= rest) {
            refuse(j, KAFKA_INVALID_RECORD);
            return false;
        }
    }
    return true;
}

static bool judge_sizes(const struct batch_rules *rules, const uint8_t *batch,
                        struct batch_judgement *j)
{
    if (j->len > rules->message_bytes_max)
        refuse(j, KAFKA_MESSAGE_TOO_LARGE);
    else if (batch_compute_crc(batch, j->len) != batch_crc(batch))
        refuse(j, KAFKA_CORRUPT_MESSAGE);
    else if (j->len > rules->segment_bytes)
        refuse(j, KAFKA_RECORD_LIST_TOO_LARGE);
    else
        return true;
    return false;
}

static bool judge_header(const struct batch_rules *rules, const uint8_t *batch,
                         struct batch_judgement *j)
{
    int compression = batch_compression(batch);
    int32_t count = batch_record_count(batch);
    if (compression == COMPRESSION_ZSTD && rules->produce_version < PRODUCE_VERSION_ZSTD)
        refuse(j, KAFKA_UNSUPPORTED_COMPRESSION_TYPE);
    else if (compression >= COMPRESSION_COUNT)
        refuse(j, KAFKA_UNKNOWN_SERVER_ERROR);
    else if (batch_base_offset(batch) != 0 || count <= 0 ||
             (int64_t)batch_last_offset_delta(batch) + 1 != count)
        refuse_validated(j, KAFKA_INVALID_RECORD);
    else if (batch_is_control(batch))
        refuse_validated(j, KAFKA_INVALID_RECORD);
    else if (batch_producer_id(batch) >= 0 && batch_base_sequence(batch) < 0)
        refuse_validated(j, KAFKA_INVALID_RECORD);
    else
        return true;
    return false;
}

static bool timestamp_fits(const struct batch_rules *rules, int64_t timestamp)
{
    if (rules->log_append_time || timestamp < 0)
        return true;
    if (timestamp > rules->now_ms)
        return timestamp - rules->now_ms <= rules->timestamp_after_max_ms;
    return rules->now_ms - timestamp <= rules->timestamp_before_max_ms;
}

static bool judge_record(const struct batch_rules *rules, const struct record *record,
                         int64_t timestamp, int32_t index, struct batch_judgement *j)
{
    if (rules->compacted && record->key.len < 0) {
        refuse_record(j, index, KAFKA_INVALID_RECORD,
                      "Compacted topic cannot accept message without key in topic partition.");
        return false;
    }
    if (!timestamp_fits(rules, timestamp)) {
        refuse_record(j, index, KAFKA_INVALID_TIMESTAMP,
                      "Timestamp is out of range, it should be within the configured maximum "
                      "difference from the broker's clock.");
        return false;
    }
    return true;
}

static void judge_records(const struct batch_rules *rules, const uint8_t *batch,
                          struct bytes records, struct batch_judgement *j)
{
    struct reader reader;
    int64_t base = batch_base_timestamp(batch);
    int32_t count = batch_record_count(batch);
    int64_t max_timestamp = -1;
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < count; i++) {
        struct record record;
        if (record_read(&reader, &record) != 0) {
            refuse_validated(j, KAFKA_INVALID_RECORD);
            return;
        }
        int64_t timestamp = (int64_t)((uint64_t)base + (uint64_t)record.timestamp_delta);
        if (!judge_record(rules, &record, timestamp, i, j))
            return;
        max_timestamp = MAX(max_timestamp, timestamp);
    }
    if (reader_left(&reader) != 0) {
        refuse_validated(j, KAFKA_INVALID_RECORD);
        return;
    }
    j->max_timestamp = max_timestamp;
    bool right = max_timestamp == batch_max_timestamp(batch) && !batch_is_log_append_time(batch);
    j->verdict = right || rules->log_append_time ? BATCH_TAKE : BATCH_CORRECT;
}

void batch_judge(const struct batch_rules *rules, struct bytes records, struct batch_judgement *j)
{
    const uint8_t *batch = records.data;
    *j = (struct batch_judgement){.verdict = BATCH_TAKE, .record_index = -1};
    if (!judge_shape(records, j) || !judge_sizes(rules, batch, j) || !judge_header(rules, batch, j))
        return;
    if (batch_compression(batch) == COMPRESSION_NONE) {
        judge_records(rules, batch, batch_records(batch, j->len), j);
        return;
    }
    j->max_timestamp = batch_max_timestamp(batch);
    if (!timestamp_fits(rules, batch_max_timestamp(batch)))
        refuse_validated(j, KAFKA_INVALID_TIMESTAMP);
    else if (batch_is_log_append_time(batch) && !rules->log_append_time)
        j->verdict = BATCH_CORRECT;
}
