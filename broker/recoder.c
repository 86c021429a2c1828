/*
 * Unpacking goes into mapped room of RECODER_UNPACKED_MAX bytes, of which only what is used becomes
 * resident. A first try has RECODER_ROOM_KEPT bytes: most batches fit, and their pages stay warm.
 */
#include "broker/recoder.h"

#include "base/assert.h"
#include "base/mem.h"
#include "protocol/compress.h"
#include "protocol/errors.h"

struct recoder {
    struct compressor *compressor;
    uint8_t *room; /* for plain records; null until the first use */
    uint8_t *packed;
    size_t packed_capacity;
    size_t packed_len; /* of the batch in it, the caller's until the next call */
};

struct recoder *recoder_new(void)
{
    return mem_alloc(sizeof(struct recoder));
}

void recoder_free(struct recoder *recoder)
{
    compressor_free(recoder->compressor);
    if (recoder->room != NULL)
        mem_unmap_raw(recoder->room, RECODER_UNPACKED_MAX);
    if (recoder->packed != NULL)
        mem_unmap_raw(recoder->packed, recoder->packed_capacity);
    mem_free(recoder);
}

static void recoder_prepare(struct recoder *recoder)
{
    if (recoder->room != NULL)
        return;
    recoder->room = mem_map_raw(RECODER_UNPACKED_MAX);
    recoder->compressor = compressor_new();
}

/* True when it took the whole room. */
static bool recoder_open(struct recoder *recoder, const struct batch_rules *rules,
                         const uint8_t *batch, struct batch_judgement *j)
{
    const struct batch_judgement unopened = *j;
    struct batch_scratch scratch = {recoder->room, RECODER_ROOM_KEPT};
    batch_judge_open(rules, batch, recoder->compressor, &scratch, j);
    if (j->verdict != BATCH_REFUSE || j->error != KAFKA_MESSAGE_TOO_LARGE)
        return false;
    *j = unopened;
    scratch.capacity = RECODER_UNPACKED_MAX;
    batch_judge_open(rules, batch, recoder->compressor, &scratch, j);
    return true;
}

/* Room for a packed batch. */
static void recoder_reserve(struct recoder *recoder, size_t capacity)
{
    if (recoder->packed_capacity >= capacity)
        return;
    if (recoder->packed != NULL)
        mem_unmap_raw(recoder->packed, recoder->packed_capacity);
    recoder->packed_capacity = round_up(capacity, RECODER_ROOM_KEPT);
    recoder->packed = mem_map_raw(recoder->packed_capacity);
}

static int level_of(const struct topic_config *config, enum compression compression)
{
    switch (compression) {
    case COMPRESSION_GZIP:
        return config->gzip_level;
    case COMPRESSION_LZ4:
        return config->lz4_level;
    case COMPRESSION_ZSTD:
        return config->zstd_level;
    default:
        return compress_level_default(compression);
    }
}

static void recoder_pack(struct recoder *recoder, const struct batch_rules *rules,
                         const struct topic_config *config, const uint8_t *batch,
                         struct batch_judgement *j, struct bytes *recoded)
{
    struct batch_codec codec = {
        .compressor = recoder->compressor,
        .compression = (enum compression)rules->compression,
        .level = level_of(config, (enum compression)rules->compression),
    };
    size_t capacity = batch_pack_bound(codec.compression, j->records.len);
    recoder_reserve(recoder, capacity);
    int64_t len = batch_recode(batch, j, &codec, recoder->packed, capacity);
    ASSERT(len > 0);
    int16_t error = batch_judge_size(rules, len);
    if (error != KAFKA_NONE) {
        j->verdict = BATCH_REFUSE;
        j->error = error;
    }
    recoder->packed_len = (size_t)len;
    *recoded = (struct bytes){recoder->packed, recoder->packed_len};
}

/* Pages that only a large batch needed go back: those of the batch that was handed out not before
 * the next call. */
static void recoder_shrink_packed(struct recoder *recoder)
{
    if (recoder->packed_len > RECODER_ROOM_KEPT)
        mem_discard_raw(recoder->packed, recoder->packed_capacity);
    recoder->packed_len = 0;
}

void recoder_judge(struct recoder *recoder, const struct batch_rules *rules,
                   const struct topic_config *config, const uint8_t *batch,
                   struct batch_judgement *judgement, struct bytes *recoded)
{
    ASSERT(judgement->verdict == BATCH_OPEN || judgement->verdict == BATCH_RECODE);
    recoder_prepare(recoder);
    recoder_shrink_packed(recoder);
    bool large = judgement->verdict == BATCH_OPEN && recoder_open(recoder, rules, batch, judgement);
    if (judgement->verdict == BATCH_RECODE)
        recoder_pack(recoder, rules, config, batch, judgement, recoded);
    if (large)
        mem_discard_raw(recoder->room, RECODER_UNPACKED_MAX);
}
