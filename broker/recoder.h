/*
 * A core's workshop for compressed batches: unpacks what must be seen, and stores records in the
 * topic's own compression.
 *
 * Most topics never need it: a batch stays closed behind its CRC unless the topic is compacted or
 * its compression.type is another one. Codec contexts and room are made with the first batch that
 * needs them and kept; room beyond `RECODER_ROOM_KEPT` goes back to the system after use.
 */
#pragma once

#include "base/bytes.h"
#include "base/util.h"
#include "broker/config/topic_config.h"
#include "protocol/judge.h"

/* What the records of one batch may be when unpacked: the end of a decompression bomb. Larger than
 * the largest request that is taken by default. */
#define RECODER_UNPACKED_MAX (128 * MIB)
#define RECODER_ROOM_KEPT (4 * MIB)

struct recoder;

struct recoder *recoder_new(void);
void recoder_free(struct recoder *recoder);

/* Judges a batch to the end: `judgement` comes from batch_judge with BATCH_OPEN or BATCH_RECODE,
 * and leaves with BATCH_TAKE, BATCH_CORRECT, BATCH_REFUSE, or BATCH_RECODE. With the last one
 * `recoded` is the batch to store, valid until the next call. */
void recoder_judge(struct recoder *recoder, const struct batch_rules *rules,
                   const struct topic_config *config, const uint8_t *batch,
                   struct batch_judgement *judgement, struct bytes *recoded);
