/*
 * The verdict on a produced record set: what Kafka 4.2 takes, corrects and refuses, and how it says
 * so. Nothing is allocated and nothing copied.
 *
 * An uncompressed batch is walked once. A compressed one stays closed behind its CRC, and its max
 * timestamp is believed, unless something asks for a look inside: a compacted topic's keys, another
 * compression.type, or `validate`. So broken compressed bytes, or a wrong count behind them, are
 * found only then; Kafka always looks.
 *
 *     batch_judge -> TAKE | CORRECT | REFUSE | RECODE (plain records) | OPEN (compressed ones)
 *     OPEN:   batch_judge_open -> TAKE | CORRECT | REFUSE | RECODE
 *     RECODE: batch_recode, then batch_judge_size of what came out
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "protocol/batch.h"
#include "protocol/batch_codec.h"

struct batch_rules {
    int64_t now_ms;
    int64_t message_bytes_max;       /* max.message.bytes */
    int64_t segment_bytes;           /* segment.bytes */
    int64_t timestamp_before_max_ms; /* message.timestamp.before.max.ms */
    int64_t timestamp_after_max_ms;  /* message.timestamp.after.max.ms */
    int compression;                 /* the topic's, or COMPRESSION_KEEP */
    int16_t produce_version;         /* of the request */
    bool log_append_time;            /* message.timestamp.type */
    bool compacted;                  /* cleanup.policy has compact: records need keys */
    bool validate;                   /* look into every compressed batch */
};

enum batch_verdict {
    BATCH_TAKE,    /* as it is; log append time is stamped where the offset is assigned */
    BATCH_CORRECT, /* batch_patch_timestamps with max_timestamp and BATCH_CREATE_TIME, then take */
    BATCH_OPEN,    /* batch_judge_open decides */
    BATCH_RECODE,  /* batch_recode, then take what it wrote */
    BATCH_REFUSE,
};

struct batch_judgement {
    enum batch_verdict verdict;
    int16_t error;              /* with BATCH_REFUSE: Kafka's code */
    bool log_start_known;       /* the refusal carries the log start offset; without it -1 */
    int32_t record_index;       /* the first offending record; -1: none is named */
    const char *record_message; /* of that record; a static string, or null */
    const char *message;        /* of the whole answer; a static string, or null */
    uint32_t len;               /* of the one batch; what follows it is ignored */
    int64_t max_timestamp;      /* the true one, where the records were seen */
    struct bytes records;       /* with BATCH_RECODE: the plain ones, borrowed */
};

/* Judges the bytes of one partition in a Produce request of version 3 and later. */
void batch_judge(const struct batch_rules *rules, struct bytes records,
                 struct batch_judgement *judgement);

/* After BATCH_OPEN: unpacks the records of the same `batch` into `scratch`, and judges them.
 * Records that do not fit are refused as too large. */
void batch_judge_open(const struct batch_rules *rules, const uint8_t *batch,
                      struct compressor *compressor, const struct batch_scratch *scratch,
                      struct batch_judgement *judgement);

/* After BATCH_RECODE: writes the batch with its records in the codec's compression. Its size, or
 * ERR_SHORT: batch_pack_bound(judgement->records.len) bytes are always enough. */
int64_t batch_recode(const uint8_t *batch, const struct batch_judgement *judgement,
                     const struct batch_codec *codec, void *out, size_t capacity) MUST_CHECK;

/* Kafka's error for a batch of `size` bytes: the limits hold for what is stored, too. */
int16_t batch_judge_size(const struct batch_rules *rules, int64_t size);
