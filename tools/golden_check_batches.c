/*
 * Golden record batches: what Kafka's own builders wrote, against its description in JSON.
 *
 * A batch of magic 2 must have the CRC we compute; header, records and headers must read as the
 * JSON says. Then it is built anew from what was read: an uncompressed one to the same bytes, a
 * compressed one, whose bytes are the library's, to one that unpacks to the same records. Sets of
 * magic 0 and 1 must be recognised and refused, as Kafka 4.2 refuses them.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/batch_codec.h"
#include "protocol/errors.h"
#include "protocol/judge.h"
#include "protocol/record.h"
#include "tools/golden_check.h"

#define PLAIN_MAX (16 * MIB)

struct checker {
    struct compressor *compressor;
    struct batch_scratch scratch; /* the golden batch's plain records */
    struct batch_scratch built;   /* the one built anew */
    struct batch_scratch packed;  /* that, compressed */
    struct batch_scratch again;   /* and its records, unpacked */
};

static struct batch_scratch scratch_new(void)
{
    return (struct batch_scratch){mem_alloc(PLAIN_MAX), PLAIN_MAX};
}

static void checker_init(struct checker *c)
{
    *c = (struct checker){compressor_new(), scratch_new(), scratch_new(), scratch_new(),
                          scratch_new()};
}

static void checker_fini(struct checker *c)
{
    mem_free(c->again.data);
    mem_free(c->packed.data);
    mem_free(c->built.data);
    mem_free(c->scratch.data);
    compressor_free(c->compressor);
}

static bool integer_is(const json_t *object, const char *name, int64_t expected)
{
    const json_t *value = json_object_get(object, name);
    return json_is_integer(value) && json_integer_value(value) == expected;
}

static bool boolean_is(const json_t *object, const char *name, bool expected)
{
    const json_t *value = json_object_get(object, name);
    return json_is_boolean(value) && json_is_true(value) == expected;
}

static bool text_is(const json_t *object, const char *name, const char *expected)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text != NULL && strcmp(text, expected) == 0;
}

/* Hexadecimal digits, or null. */
static bool blob_is(const json_t *value, struct blob blob)
{
    if (json_is_null(value))
        return blob.len < 0;
    if (!json_is_string(value) || blob.len < 0)
        return false;
    size_t len;
    uint8_t *bytes = golden_read_hex(json_string_value(value), &len);
    bool equal = bytes != NULL && bytes_equal((struct bytes){bytes, len}, blob_bytes(blob));
    mem_free(bytes);
    return equal;
}

static const char *check_header(const uint8_t *b, const json_t *json)
{
    bool log_append = batch_is_log_append_time(b);
    enum compression compression = (enum compression)batch_compression(b);
    bool equal = integer_is(json, "baseOffset", batch_base_offset(b)) &&
                 integer_is(json, "lastOffset", batch_last_offset(b)) &&
                 integer_is(json, "leaderEpoch", batch_leader_epoch(b)) &&
                 integer_is(json, "magic", batch_magic(b)) &&
                 integer_is(json, "attributes", batch_attributes(b)) &&
                 text_is(json, "compression", compression_name(compression)) &&
                 text_is(json, "timestampType", log_append ? "LogAppendTime" : "CreateTime") &&
                 integer_is(json, "firstTimestamp", batch_base_timestamp(b)) &&
                 integer_is(json, "maxTimestamp", batch_max_timestamp(b)) &&
                 integer_is(json, "producerId", batch_producer_id(b)) &&
                 integer_is(json, "producerEpoch", batch_producer_epoch(b)) &&
                 integer_is(json, "baseSequence", batch_base_sequence(b)) &&
                 boolean_is(json, "isTransactional", batch_is_transactional(b)) &&
                 boolean_is(json, "isControl", batch_is_control(b)) &&
                 integer_is(json, "crc", batch_crc(b));
    bool horizon = json_object_get(json, "deleteHorizonMs") != NULL;
    return equal && horizon == batch_has_delete_horizon(b) ? NULL : "has another header";
}

static bool headers_are(const json_t *json, const struct record *record)
{
    struct reader cursor;
    struct record_header header;
    int32_t count = record_headers_begin(record, &cursor);
    if (json_array_size(json) != (size_t)count)
        return false;
    for (int32_t i = 0; i < count; i++) {
        const json_t *pair = json_array_get(json, (size_t)i);
        const json_t *name = json_array_get(pair, 0);
        record_headers_next(&cursor, &header);
        struct bytes key = {(const uint8_t *)json_string_value(name), json_string_length(name)};
        if (!bytes_equal(header.key, key) || !blob_is(json_array_get(pair, 1), header.value))
            return false;
    }
    return true;
}

static bool record_is(const json_t *json, const uint8_t *batch, const struct record *record)
{
    int64_t timestamp = batch_base_timestamp(batch) + record->timestamp_delta;
    if (batch_is_log_append_time(batch))
        timestamp = batch_max_timestamp(batch);
    return integer_is(json, "offset", batch_base_offset(batch) + record->offset_delta) &&
           integer_is(json, "timestamp", timestamp) &&
           blob_is(json_object_get(json, "key"), record->key) &&
           blob_is(json_object_get(json, "value"), record->value) &&
           headers_are(json_object_get(json, "headers"), record);
}

/* Reads every record, compares it, and adds it to the batch that is built anew. */
static const char *check_records(struct batch_builder *builder, const uint8_t *batch,
                                 struct bytes records, const json_t *json)
{
    struct reader reader;
    struct record record;
    int32_t count = batch_record_count(batch);
    if (json_array_size(json) != (size_t)count)
        return "has another number of records";
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < count; i++) {
        if (record_read(&reader, &record) != 0)
            return "has a record that does not read";
        if (!record_is(json_array_get(json, (size_t)i), batch, &record))
            return "has another record";
        batch_build_keep(builder, &record);
    }
    return reader_left(&reader) == 0 ? NULL : "has bytes behind its records";
}

/* The rebuilt batch in the golden one's compression unpacks to the same, under the same header. */
static const char *check_packed(struct checker *c, struct batch_span golden, struct bytes records)
{
    enum compression compression = (enum compression)batch_compression(golden.data);
    const struct batch_codec codec = {c->compressor, compression,
                                      compress_level_default(compression)};
    const uint8_t *built = c->built.data;
    struct bytes plain = batch_records(built, (uint32_t)batch_size(built));
    struct bytes again;
    int64_t size = batch_pack(built, plain, &codec, c->packed.data, c->packed.capacity);
    if (size < 0 || batch_check((struct bytes){c->packed.data, (size_t)size}) != size)
        return "cannot be packed again";
    struct batch_span packed = {c->packed.data, (uint32_t)size};
    if (batch_unpack(packed, c->compressor, &c->again, &again) != 0)
        return "cannot be unpacked again";
    bool same_header = memcmp(packed.data, golden.data, 8) == 0 &&
                       memcmp(packed.data + 12, golden.data + 12, 5) == 0 &&
                       memcmp(packed.data + BATCH_CRC_START, golden.data + BATCH_CRC_START,
                              BATCH_HEADER_SIZE - BATCH_CRC_START) == 0;
    return same_header && bytes_equal(again, records) ? NULL : "packs to something else";
}

static const char *check_batch(struct checker *c, struct bytes bytes, const json_t *json)
{
    struct batch_span batch = {bytes.data, (uint32_t)bytes.len};
    struct batch_builder builder;
    struct bytes records;
    int64_t size = batch_check(bytes);
    if (size != (int64_t)bytes.len)
        return size == ERR_CHECKSUM ? "has another CRC" : "has another size";
    if (batch_unpack(batch, c->compressor, &c->scratch, &records) != 0)
        return "cannot be unpacked";
    const char *problem = check_header(batch.data, json);
    if (problem != NULL)
        return problem;
    batch_build_begin_like(&builder, batch.data, c->built.data, c->built.capacity);
    problem = check_records(&builder, batch.data, records, json_object_get(json, "records"));
    if (problem != NULL)
        return problem;
    int64_t built = batch_build_end_like(&builder, batch.data);
    if (built < 0)
        return "cannot be built again";
    if (batch_compression(batch.data) != COMPRESSION_NONE)
        return check_packed(c, batch, records);
    bool equal = bytes_equal(bytes, (struct bytes){c->built.data, (size_t)built});
    return equal ? NULL : "is built to other bytes";
}

static const char *check_old_set(struct bytes set, const json_t *json)
{
    const struct batch_rules rules = {
        .message_bytes_max = INT32_MAX,
        .segment_bytes = INT32_MAX,
        .timestamp_before_max_ms = INT64_MAX,
        .timestamp_after_max_ms = INT64_MAX,
        .compression = COMPRESSION_KEEP,
        .produce_version = 9,
    };
    struct batch_judgement judgement;
    if (set.len < BATCH_OVERHEAD + 5 || !integer_is(json, "magic", batch_magic(set.data)))
        return "has another magic";
    batch_judge(&rules, set, &judgement);
    bool refused = judgement.verdict == BATCH_REFUSE && judgement.error == KAFKA_INVALID_RECORD;
    return refused ? NULL : "is not refused";
}

static const char *check_line(struct checker *c, const char *name, const char *hex,
                              const char *text)
{
    size_t len = 0;
    uint8_t *data = hex == NULL ? NULL : golden_read_hex(hex, &len);
    json_t *json = text == NULL ? NULL : json_loads(text, JSON_ALLOW_NUL, NULL);
    const char *problem = "is not hexadecimal and JSON";
    if (data != NULL && json != NULL)
        problem = strncmp(name, "v2-", 3) == 0 ? check_batch(c, (struct bytes){data, len}, json)
                                               : check_old_set((struct bytes){data, len}, json);
    json_decref(json);
    mem_free(data);
    return problem;
}

int golden_check_batches(const char *path)
{
    struct checker checker;
    char *text = golden_read_file(path);
    int lines = 0;
    int failures = 0;
    if (text == NULL)
        return -1;
    crc32c_init();
    checker_init(&checker);
    char *rest = text;
    char *line;
    while ((line = golden_next_line(&rest)) != NULL) {
        const char *name = golden_next_column(&line);
        const char *hex = golden_next_column(&line);
        const char *json = golden_next_column(&line);
        const char *problem = check_line(&checker, name, hex, json);
        lines++;
        if (problem == NULL)
            continue;
        failures++;
        fprintf(stderr, "%s:%d: %s %s\n", path, lines, name, problem);
    }
    printf("%d passed, %d failed\n", lines - failures, failures);
    checker_fini(&checker);
    mem_free(text);
    return failures;
}
