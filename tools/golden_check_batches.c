/*
 * Golden record batches: a batch of magic 2 must have the size and the CRC we compute, and the
 * records of an uncompressed one must all read; sets of magic 0 and 1 must be recognised and
 * refused, as Kafka 4.2 refuses them.
 */
#include <stdio.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/mem.h"
#include "protocol/errors.h"
#include "protocol/judge.h"
#include "protocol/record.h"
#include "tools/golden_check.h"

/* Every record is read, and its header agrees with what was found. */
static const char *check_records(const uint8_t *batch, uint32_t len)
{
    struct reader reader;
    struct record record;
    struct bytes records = batch_records(batch, len);
    reader_init(&reader, records.data, records.len);
    for (int32_t i = 0; i < batch_record_count(batch); i++) {
        if (record_read(&reader, &record) != 0)
            return "has a record that does not read";
        if (record.offset_delta > batch_last_offset_delta(batch))
            return "has a record behind its last offset";
    }
    return reader_left(&reader) == 0 ? NULL : "has bytes behind its records";
}

static const char *check_batch(struct bytes batch)
{
    int64_t size = batch_check(batch);
    if (size == ERR_CHECKSUM)
        return "has another CRC";
    if (size != (int64_t)batch.len)
        return "has another size";
    if (batch_compression(batch.data) != COMPRESSION_NONE)
        return NULL;
    return check_records(batch.data, (uint32_t)size);
}

static const char *check_old_set(struct bytes set)
{
    struct batch_rules rules = {
        .message_bytes_max = INT32_MAX,
        .segment_bytes = INT32_MAX,
        .timestamp_before_max_ms = INT64_MAX,
        .timestamp_after_max_ms = INT64_MAX,
        .produce_version = 9,
    };
    struct batch_judgement judgement;
    batch_judge(&rules, set, &judgement);
    bool refused = judgement.verdict == BATCH_REFUSE && judgement.error == KAFKA_INVALID_RECORD;
    return refused ? NULL : "is not refused";
}

int golden_check_batches(const char *path)
{
    char *text = golden_read_file(path);
    int lines = 0;
    int failures = 0;
    if (text == NULL)
        return -1;
    crc32c_init();
    char *rest = text;
    char *line;
    while ((line = golden_next_line(&rest)) != NULL) {
        const char *name = golden_next_column(&line);
        const char *hex = golden_next_column(&line);
        size_t len = 0;
        uint8_t *data = hex == NULL ? NULL : golden_read_hex(hex, &len);
        const char *problem = "is not hexadecimal";
        if (data != NULL)
            problem = strncmp(name, "v2-", 3) == 0 ? check_batch((struct bytes){data, len})
                                                   : check_old_set((struct bytes){data, len});
        lines++;
        if (problem != NULL) {
            failures++;
            fprintf(stderr, "%s:%d: %s %s\n", path, lines, name, problem);
        }
        mem_free(data);
    }
    printf("%d passed, %d failed\n", lines - failures, failures);
    mem_free(text);
    return failures;
}
