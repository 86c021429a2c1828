/*
 * Arbitrary bytes as a partition's files: two .log files with their indexes.
 *
 * The input is cut into the files' contents; then the partition is opened in each way a broker
 * opens one, every offset that came out is read back, and a batch is appended. Nothing may crash,
 * hang or read outside a buffer; what the first opening kept, the second must find again.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/util.h"
#include "partition/epochs.h"
#include "partition/producers.h"
#include "partition/segments.h"
#include "protocol/batch.h"
#include "protocol/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES 5
#define READS_MAX 1000

static const char *const names[FILES] = {
    "00000000000000000000.log", "00000000000000000000.index", "00000000000000000000.timeindex",
    "00000000000000000003.log", "00000000000000000003.index",
};

static void swallow(void *context, enum log_level level, const char *line, size_t len)
{
    (void)context;
    (void)level;
    (void)line;
    (void)len;
}

static const struct log quiet = {.level = LOG_ERROR, .scope = "fuzz", .sink = swallow};

static const char *directory(void)
{
    static char path[64];
    if (path[0] == '\0')
        snprintf(path, sizeof path, "/tmp/odradek-fuzz-%d-0", (int)getpid());
    return path;
}

/* Makes the CRC of each batch right, as far as sizes allow: else no input gets past it. */
static void fix_crcs(uint8_t *log, size_t len)
{
    size_t at = 0;
    while (len - at >= BATCH_HEADER_SIZE) {
        int64_t batch = batch_size(log + at);
        if (batch < BATCH_HEADER_SIZE || (uint64_t)batch > len - at)
            return;
        store_be32(log + at + 17, batch_compute_crc(log + at, (uint32_t)batch));
        at += (size_t)batch;
    }
}

static void store_file(const char *name, const uint8_t *data, size_t len, bool fix)
{
    char path[128];
    uint8_t *copy = malloc(len + 1);
    memcpy(copy, data, len);
    if (fix && strstr(name, ".log") != NULL)
        fix_crcs(copy, len);
    snprintf(path, sizeof path, "%s/%s", directory(), name);
    FILE *file = fopen(path, "wb");
    ASSERT(file != NULL && fwrite(copy, 1, len, file) == len);
    fclose(file);
    free(copy);
}

/* Each file is two bytes of length and its contents. */
static void store_files(const uint8_t *data, size_t size, bool fix)
{
    (void)!segments_remove_directory(file_system_real(), directory());
    mkdir(directory(), 0755);
    for (int i = 0; i < FILES && size > 2; i++) {
        size_t len = MIN((size_t)load_be16(data), size - 2);
        store_file(names[i], data + 2, len, fix);
        data += 2 + len;
        size -= 2 + len;
    }
}

static void see_batch(void *context, const uint8_t *batch)
{
    (void)context;
    ASSERT(batch_magic(batch) == BATCH_MAGIC && batch_last_offset_delta(batch) >= 0);
}

static int open_with(struct segments *s, struct segments_load load)
{
    load.replay = see_batch;
    segments_init(s, file_system_real(), directory(), &quiet);
    return segments_open(s, &load);
}

static void read_segment(struct segments *s, struct segment *segment, int *reads)
{
    static uint8_t buffer[4096];
    int64_t offset = segment->base_offset;
    while (offset < segment->end_offset && (*reads)++ < READS_MAX) {
        struct segment_read read = {
            .segments = s,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .offset = offset,
            .offset_limit = segment->end_offset,
            .position_hint = *reads % 2 == 0 ? SEGMENT_NO_HINT : (uint64_t)*reads,
            .data = buffer,
            .capacity = sizeof buffer,
            .check = true,
        };
        if (segment_read_run(&read) != 0 || read.len == 0)
            break;
        ASSERT(read.next_offset > offset && read.len <= sizeof buffer);
        offset = read.next_offset;
    }
}

static void read_all(struct segments *s)
{
    int reads = 0;
    struct batch_opener opener = {0};
    LIST_EACH(node, &s->list) {
        struct segment *segment = LIST_ENTRY(node, struct segment, node);
        read_segment(s, segment, &reads);
        struct segment_time_query query = {
            .segments = s,
            .segment = segment,
            .synced_bytes = segment->synced_bytes,
            .opener = &opener,
            .search = {.timestamp = segment->max_timestamp},
        };
        if (segment_time_query_run(&query) == 0 && query.search.found)
            ASSERT(query.search.offset >= segment->base_offset);
    }
    batch_opener_fini(&opener);
}

static void append_one(struct segments *s)
{
    uint8_t batch[200];
    const struct segment *last = segments_last(s);
    int64_t offset = last == NULL ? 0 : last->end_offset;
    struct batch_builder builder;
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    batch_build_begin(&builder, batch, sizeof batch);
    batch_build_add(&builder, 1, (struct blob){NULL, -1}, (struct blob){NULL, -1});
    int64_t len = batch_build_end(&builder, &options);
    ASSERT(len > 0);
    batch_patch_offset(batch, offset);
    struct segment_write_batch plan = {batch, (uint32_t)len, offset, offset, 1};
    struct segment_write write = {
        .segments = s,
        .limits = {1u << 30, 0, 1u << 20, INT64_MAX},
        .batches = &plan,
        .batch_count = 1,
    };
    segments_write_begin(s, &write);
    ASSERT(segments_write_run(&write) == 0);
    segments_write_end(s, &write);
}

/* Opens, reads, appends, and opens again. Whether all was checked the first time: then the second
 * opening finds the same end and one batch more. */
static void use(const struct segments_load *load)
{
    bool checked = load->synced_end < 0 && !load->trusted && load->recovery_point == 0;
    struct segments s;
    int result = open_with(&s, *load);
    const struct segment *last = segments_last(&s);
    if (result == 0 && (last == NULL || last->end_offset < INT64_MAX - 2)) {
        read_all(&s);
        append_one(&s);
        int64_t end = segments_last(&s)->end_offset;
        segments_fini(&s);
        result = open_with(&s, (struct segments_load){.synced_end = end});
        ASSERT(result != 0 || segments_last(&s)->end_offset == end);
        ASSERT(result == 0 || !checked);
        read_all(&s);
    }
    segments_fini(&s);
}

static void parse_files(const uint8_t *data, size_t size)
{
    struct producers *producers = producers_new();
    (void)!producers_snapshot_read(producers, (struct bytes){data, size});
    producers_free(producers);
    struct epochs epochs;
    epochs_init(&epochs);
    (void)!epochs_parse(&epochs, (struct bytes){data, size});
    epochs_fini(&epochs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    crc32c_init();
    parse_files(data, size);
    if (size < 4)
        return 0;
    const struct segments_load loads[] = {
        {.synced_end = -1},
        {.synced_end = -1, .trusted = true},
        {.synced_end = data[0]},
        {.synced_end = data[0], .trusted = true},
        {.synced_end = -1, .recovery_point = data[0]},
    };
    store_files(data + 2, size - 2, data[1] % 4 != 0);
    use(&loads[data[1] / 4 % ARRAY_LENGTH(loads)]);
    (void)!segments_remove_directory(file_system_real(), directory());
    return 0;
}
