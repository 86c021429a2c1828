/*
 * Arbitrary bytes as a produced record set, as concatenated batches, and as compressed records: no
 * read outside the input, no write outside the scratch, and what is taken survives building anew.
 *
 * The first byte chooses the rules. Since no fuzzer guesses a CRC, the input is judged twice: as it
 * is, and with the CRC and the fields that gate the walk set right.
 */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/judge.h"
#include "protocol/record.h"

#define SCRATCH_SIZE ((size_t)64 * 1024)

/* Everything is made anew for each input, so that a sanitizer sees each byte past an end. */
struct fuzz {
    struct compressor *compressor;
    struct batch_scratch scratch;
    struct batch_scratch out;
};

static struct batch_rules rules_of(uint8_t choice)
{
    return (struct batch_rules){
        .now_ms = 1700000000000,
        .message_bytes_max = 1 << 20,
        .segment_bytes = 1 << 20,
        .timestamp_before_max_ms = INT64_MAX,
        .timestamp_after_max_ms = (choice & 128) != 0 ? 3600000 : INT64_MAX,
        .compression = choice % 8 < COMPRESSION_COUNT ? choice % 8 : COMPRESSION_KEEP,
        .produce_version = 9,
        .log_append_time = (choice & 16) != 0,
        .compacted = (choice & 32) != 0,
        .validate = (choice & 64) != 0,
    };
}

/* Every record that reads writes back to the same bytes' worth of content. */
static void rebuild(struct fuzz *f, struct batch_span batch, struct bytes records)
{
    struct reader reader;
    struct record record;
    struct batch_builder builder;
    reader_init(&reader, records.data, records.len);
    batch_build_begin_like(&builder, batch.data, f->out.data, f->out.capacity);
    for (int32_t i = 0; i < batch_record_count(batch.data); i++) {
        struct reader cursor;
        struct record_header header;
        if (record_read(&reader, &record) != 0)
            return;
        for (int32_t left = record_headers_begin(&record, &cursor); left > 0; left--)
            record_headers_next(&cursor, &header);
        ASSERT(control_type(&record) < 32768);
        batch_build_keep(&builder, &record);
    }
    int64_t len = batch_build_end_like(&builder, batch.data);
    ASSERT(len == ERR_SHORT || batch_check((struct bytes){f->out.data, (size_t)len}) == len);
}

static void recode(struct fuzz *f, const struct batch_rules *rules, const uint8_t *batch,
                   const struct batch_judgement *j)
{
    enum compression compression = (enum compression)rules->compression;
    const struct batch_codec codec = {f->compressor, compression,
                                      compress_level_default(compression)};
    struct bytes out = {f->out.data, f->out.capacity};
    int64_t len = batch_recode(batch, j, &codec, f->out.data, f->out.capacity);
    ASSERT(len == ERR_SHORT || batch_check(out) == len);
    ASSERT(len == ERR_SHORT || batch_compression(out.data) == rules->compression);
}

static void judge(struct fuzz *f, const struct batch_rules *rules, struct bytes input)
{
    struct batch_judgement j;
    batch_judge(rules, input, &j);
    if (j.verdict == BATCH_OPEN)
        batch_judge_open(rules, input.data, f->compressor, &f->scratch, &j);
    ASSERT((j.verdict == BATCH_REFUSE) == (j.error != KAFKA_NONE));
    ASSERT(j.verdict == BATCH_REFUSE || j.len <= input.len);
    if (j.verdict == BATCH_RECODE)
        recode(f, rules, input.data, &j);
}

static void walk(struct fuzz *f, struct bytes input)
{
    struct batch_span span;
    size_t position = 0;
    while (batch_next(input, position, &span) == 0) {
        struct bytes records;
        if (batch_unpack(span, f->compressor, &f->scratch, &records) == 0)
            rebuild(f, span, records);
        position += span.len;
    }
    ASSERT(position <= input.len);
}

/* What lies behind the header decides; the header is made to fit it. */
static void mend(uint8_t *batch, uint32_t len)
{
    store_be64(batch, 0);
    store_be32(batch + 8, len - BATCH_OVERHEAD);
    batch[16] = BATCH_MAGIC;
    int32_t count = batch_record_count(batch) & 15;
    store_be16(batch + 21, batch_attributes(batch) & (uint16_t)~BATCH_ATTRIBUTE_CONTROL);
    store_be32(batch + 23, (uint32_t)(count - 1));
    store_be32(batch + 53, 0);
    store_be32(batch + 57, (uint32_t)count);
    store_be32(batch + 17, batch_compute_crc(batch, len));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    crc32c_init();
    struct batch_rules rules = rules_of(data[0]);
    struct fuzz f = {compressor_new(),
                     {mem_alloc(SCRATCH_SIZE), SCRATCH_SIZE},
                     {mem_alloc(SCRATCH_SIZE), SCRATCH_SIZE}};
    size_t len = size - 1;
    uint8_t *input = mem_alloc(MAX(len, (size_t)1));
    memcpy(input, data + 1, len);
    judge(&f, &rules, (struct bytes){input, len});
    walk(&f, (struct bytes){input, len});
    if (len >= BATCH_HEADER_SIZE) {
        mend(input, (uint32_t)len);
        judge(&f, &rules, (struct bytes){input, len});
        walk(&f, (struct bytes){input, len});
    }
    for (int codec = 0; codec < COMPRESSION_COUNT; codec++) {
        struct bytes packed = {input, len};
        int64_t plain = decompress_bytes(f.compressor, (enum compression)codec, packed,
                                         f.scratch.data, f.scratch.capacity);
        ASSERT(plain <= (int64_t)SCRATCH_SIZE);
    }
    mem_free(input);
    mem_free(f.out.data);
    mem_free(f.scratch.data);
    compressor_free(f.compressor);
    return 0;
}
