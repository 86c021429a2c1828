/* The first record of one batch at or after a timestamp, also inside a compressed batch. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "protocol/batch_codec.h"

/* What opening compressed batches needs, made when the first one is opened. It belongs to one lane
 * of jobs (SHARD_TIME_LANE), and to no core's step. Zero is the initial state. */
struct batch_opener {
    struct compressor *compressor;
    struct batch_scratch scratch;
};
void batch_opener_fini(struct batch_opener *opener);

struct time_search {
    int64_t timestamp;
    int64_t from_offset; /* no record below it counts */
    /* out */
    bool found;
    int64_t offset;
    int64_t found_timestamp;
    int32_t leader_epoch;
};

/* Whether the batch's header allows for such a record. */
bool time_search_may_match(const struct time_search *search, const uint8_t *header);
/* The answer by the header alone: the batch's first offset that counts, with its largest timestamp.
 * Never too late an offset to begin at. */
void time_search_header(struct time_search *search, const uint8_t *header);
/* Looks at the records of a whole batch whose CRC is right. `opener` null, or a batch that does not
 * open: the answer by the header. ERR_CORRUPT: plain records that are none. */
int time_search_batch(struct time_search *search, struct batch_span batch,
                      struct batch_opener *opener) MUST_CHECK;
