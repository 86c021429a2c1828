/*
 * The first record of a batch that is late enough (KIP-79): where both searches by time end, the
 * one in segments and the one in pending batches.
 *
 * A compressed batch is opened for it. One that cannot be opened, or would take more than
 * BATCH_TIME_UNPACKED_MAX bytes, answers with its first offset that counts and its largest
 * timestamp, as its header tells them: never too late an offset to begin at.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/result.h"
#include "base/util.h"

#define BATCH_TIME_UNPACKED_MAX (32 * MIB)

struct batch_time_search {
    int64_t timestamp;
    int64_t from_offset; /* records below it do not count */
    /* out */
    bool found;
    int64_t offset;
    int64_t found_timestamp;
    int32_t leader_epoch;
};

/* `batch` is whole and its CRC was checked. ERR_CORRUPT when its plain records cannot be read. */
int batch_time_search(struct batch_time_search *search, const uint8_t *batch,
                      uint32_t len) MUST_CHECK;

/* What the header alone tells. */
void batch_time_guess(struct batch_time_search *search, const uint8_t *header);
