/* See the header. */
#include "tests/partition/cleaner_fixture.h"

#include <criterion/criterion.h>
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "protocol/batch_codec.h"

#define SPANS 8

static uint8_t *next_buffer(void)
{
    static uint8_t buffers[SPANS][CLEANER_BATCH_MAX];
    static unsigned next;
    return buffers[next++ % SPANS];
}

/* Key and value of one word. */
static void split_word(const char *word, size_t len, struct blob *key, struct blob *value)
{
    size_t at = 0;
    while (at < len && isalpha((unsigned char)word[at]))
        at++;
    *key = at == 0 ? (struct blob){NULL, -1} : (struct blob){(const uint8_t *)word, (int32_t)at};
    bool keyless = at == 0 && len > 1;
    bool none = !keyless && at < len && word[at] == '-';
    *value =
        none ? (struct blob){NULL, -1}
             : (struct blob){(const uint8_t *)word + at + keyless, (int32_t)(len - at - keyless)};
}

static struct batch_span compressed(const uint8_t *plain, int64_t len, enum compression compression)
{
    static struct compressor *compressor;
    if (compressor == NULL)
        compressor = compressor_new();
    const struct batch_codec codec = {compressor, compression, compress_level_default(compression)};
    uint8_t *out = next_buffer();
    int64_t size =
        batch_pack(plain, batch_records(plain, (uint32_t)len), &codec, out, CLEANER_BATCH_MAX);
    cr_assert_gt(size, 0);
    return (struct batch_span){out, (uint32_t)size};
}

struct batch_span keyed_build(struct keyed_batch spec)
{
    const struct batch_build_options options = {
        .attributes = (uint16_t)((spec.transactional ? BATCH_ATTRIBUTE_TRANSACTIONAL : 0) |
                                 (spec.log_append_time ? BATCH_ATTRIBUTE_LOG_APPEND_TIME : 0)),
        .producer_id = spec.producer_id > 0 ? spec.producer_id : -1,
        .producer_epoch = spec.producer_id > 0 ? spec.epoch : -1,
        .base_sequence = spec.producer_id > 0 ? spec.sequence : -1,
    };
    uint8_t *batch = next_buffer();
    struct batch_builder b;
    int64_t timestamp = spec.timestamp;
    batch_build_begin(&b, batch, CLEANER_BATCH_MAX);
    for (const char *word = spec.words; *word != '\0';) {
        struct blob key;
        struct blob value;
        size_t len = strcspn(word, " ");
        split_word(word, len, &key, &value);
        batch_build_add(&b, timestamp++, key, value);
        word += len + (word[len] == ' ');
    }
    int64_t len = batch_build_end(&b, &options);
    cr_assert_gt(len, 0);
    batch_patch_offset(batch, spec.base_offset);
    if (spec.compression == COMPRESSION_NONE)
        return (struct batch_span){batch, (uint32_t)len};
    return compressed(batch, len, spec.compression);
}

struct batch_span keyed_marker(int64_t producer_id, bool commit, int64_t offset)
{
    const struct batch_marker marker = {.commit = commit, .producer_id = producer_id};
    uint8_t *batch = next_buffer();
    int64_t len = batch_build_marker(batch, CLEANER_BATCH_MAX, &marker);
    cr_assert_gt(len, 0);
    batch_patch_offset(batch, offset);
    return (struct batch_span){batch, (uint32_t)len};
}

static void add_text(char *text, size_t size, const char *format, ...)
{
    size_t len = strlen(text);
    va_list list;
    va_start(list, format);
    vsnprintf(text + len, size - len, len > 0 ? format : format + 1, list);
    va_end(list);
}

void keyed_print(struct batch_span batch, char *text, size_t size)
{
    static uint8_t memory[CLEANER_BATCH_MAX];
    struct compressor *compressor = compressor_new();
    const struct batch_scratch scratch = {memory, sizeof memory};
    struct bytes records;
    struct reader reader;
    struct record record;
    int64_t base = batch_base_offset(batch.data);
    cr_assert_eq(batch_check((struct bytes){batch.data, batch.len}), (int64_t)batch.len);
    cr_assert_eq(batch_unpack(batch, compressor, &scratch, &records), 0);
    compressor_free(compressor);
    reader_init(&reader, records.data, records.len);
    if (records.len == 0)
        add_text(text, size, " %lld..%lld", (long long)base,
                 (long long)batch_last_offset(batch.data));
    while (reader_left(&reader) > 0) {
        cr_assert_eq(record_read(&reader, &record), 0);
        long long offset = base + record.offset_delta;
        if (batch_is_control(batch.data))
            add_text(text, size, " %lld:%s", offset,
                     control_type(&record) == CONTROL_COMMIT ? "COMMIT" : "ABORT");
        else
            add_text(text, size, " %lld:%.*s%.*s", offset, MAX(record.key.len, 0), record.key.data,
                     record.value.len < 0 ? 1 : record.value.len,
                     record.value.len < 0 ? (const uint8_t *)"-" : record.value.data);
    }
}

void keyed_start(uint32_t segment_bytes)
{
    rig.limits.segment_bytes = segment_bytes;
    if (rig.place_count == 0)
        rig_add(&rig, "topic", 0, 1);
    start();
}

void keyed_give(struct batch_span batch)
{
    uint8_t *copy = malloc(batch.len);
    memcpy(copy, batch.data, batch.len);
    struct rig_append *a = rig_give_bytes(&rig, 0, copy, batch.len);
    if (batch_is_control(batch.data))
        a->append.origin = APPEND_REPLICATION;
    rig_settle(&rig);
    cr_assert_eq(a->append.outcome, APPEND_DONE);
    rig_flush(&rig);
}

void keyed_put(const char *words)
{
    keyed_give(keyed_build((struct keyed_batch){.words = words}));
}

void keyed_clean(void)
{
    struct partition *p = rig_partition(&rig, 0);
    const struct cleaner_settings settings = {.enabled = true, .map_bytes = 65536};
    if (!p->cleanup_limits.compact)
        p->cleanup_limits =
            (struct cleanup_limits){.compact = true, .max_compaction_lag_ms = INT64_MAX};
    cleaner_configure(rig_shard(&rig, 0), &settings);
    rig_settle(&rig);
    cr_assert(cleaner_resting(&rig_shard(&rig, 0)->cleaner), "%s", rig.logged);
}

const char *keyed_read(void)
{
    static char text[8192];
    struct partition *p = rig_partition(&rig, 0);
    struct rig_read *r = calloc(1, sizeof *r);
    int64_t offset = p->log_start;
    text[0] = '\0';
    while (offset < partition_high_watermark(p)) {
        rig_read(&rig, r, 0, offset);
        cr_assert_eq(r->read.error, 0);
        cr_assert_gt(r->read.len, 0);
        for (uint32_t at = 0; at < r->read.len;) {
            int64_t size = batch_check((struct bytes){r->data + at, r->read.len - at});
            cr_assert_gt(size, 0);
            cr_assert(batch_last_offset(r->data + at) >= offset);
            offset = batch_last_offset(r->data + at) + 1;
            keyed_print((struct batch_span){r->data + at, (uint32_t)size}, text, sizeof text);
            at += (uint32_t)size;
        }
    }
    free(r);
    return text;
}
