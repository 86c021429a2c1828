/*
 * The verdict on a produced record set: what Kafka 4.2 accepts, corrects and refuses.
 *
 * An uncompressed batch is walked once. A compressed one stays closed behind its CRC.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "protocol/batch.h"

struct batch_rules {
    int64_t now_ms;
    int64_t message_bytes_max; /* max.message.bytes */
    int64_t segment_bytes;
    int64_t timestamp_before_max_ms; /* message.timestamp.before.max.ms */
    int64_t timestamp_after_max_ms;
    int16_t produce_version;
    bool log_append_time;
    bool compacted; /* records need keys */
};

enum batch_verdict {
    BATCH_TAKE,
    BATCH_CORRECT, /* max timestamp or timestamp type are wrong: patch them */
    BATCH_REFUSE,
};

struct batch_judgement {
    enum batch_verdict verdict;
    int16_t error;        /* with BATCH_REFUSE: Kafka's code */
    bool log_start_known; /* the answer carries the real log start offset, not -1 */
    int32_t record_index; /* of the offending record, -1: none named */
    const char *record_message;
    const char *message;
    uint32_t len;          /* of the one batch; what follows it is ignored */
    int64_t max_timestamp; /* the true one */
};

void batch_judge(const struct batch_rules *rules, struct bytes records,
                 struct batch_judgement *judgement);
