/*
 * How fast a log is compacted: writes one of records of 256 bytes, a tenth of which have a key that
 * no other has, into a directory, and compacts it as the broker does, step by step on one thread.
 *
 *     cleaner [DIRECTORY [MEBIBYTES [MAP_MEBIBYTES]]]
 *
 * The rate counts bytes of the log. Each byte is read twice, once for the keys and once for what
 * stays; with a map that is too small for all keys the log is walked several times.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/prng.h"
#include "base/util.h"
#include "io/io.h"
#include "partition/cleaner_job.h"
#include "partition/kafka_files.h"
#include "protocol/record.h"

#define VALUE_BYTES 256
#define BATCH_RECORDS 64
#define BATCH_BYTES (BATCH_RECORDS * (VALUE_BYTES + 64))
#define BATCHES 1024
#define SEGMENT_BYTES (256 * MIB)

static struct {
    struct io *io;
    struct log log;
    struct segments segments;
    struct segment_limits limits;
    struct segment_write write;
    struct segment_write_batch batches[BATCHES];
    uint8_t *data; /* BATCHES of BATCH_BYTES */
    struct prng prng;
    int64_t offset;
    uint64_t keys;
} b;

static uint32_t build_batch(uint8_t *data)
{
    uint8_t value[VALUE_BYTES];
    struct batch_builder builder;
    batch_build_begin(&builder, data, BATCH_BYTES);
    for (uint32_t i = 0; i < BATCH_RECORDS; i++) {
        char key[32];
        int len =
            snprintf(key, sizeof key, "key %llu", (unsigned long long)prng_below(&b.prng, b.keys));
        for (size_t at = 0; at < sizeof value; at += 8)
            store_be64(value + at, prng_next(&b.prng));
        batch_build_add(&builder, b.offset + i, (struct blob){(uint8_t *)key, len},
                        (struct blob){value, sizeof value});
    }
    int64_t size = batch_build_end(&builder, &BATCH_BUILD_PLAIN);
    ASSERT(size > 0);
    batch_patch_offset(data, b.offset);
    return (uint32_t)size;
}

static uint64_t write_some(void)
{
    uint64_t bytes = 0;
    for (uint32_t i = 0; i < BATCHES; i++) {
        uint8_t *data = b.data + (size_t)i * BATCH_BYTES;
        uint32_t len = build_batch(data);
        b.batches[i] = (struct segment_write_batch){
            .data = data,
            .len = len,
            .base_offset = b.offset,
            .last_offset = b.offset + BATCH_RECORDS - 1,
            .max_timestamp = batch_max_timestamp(data),
        };
        b.offset += BATCH_RECORDS;
        bytes += len;
    }
    b.write = (struct segment_write){
        .segments = &b.segments,
        .limits = b.limits,
        .batches = b.batches,
        .batch_count = BATCHES,
        .sync = true,
    };
    segments_write_begin(&b.segments, &b.write);
    int result = segments_write_run(&b.write);
    segments_write_end(&b.segments, &b.write);
    ASSERT(result == 0 && b.write.written == BATCHES);
    return bytes;
}

static struct cleaning_plan make_plan(struct offset_map *map)
{
    struct cleaning_plan plan = {
        .fs = file_system_real(),
        .directory = b.segments.directory,
        .limits = b.limits,
        .segments = mem_alloc_array(b.segments.count, sizeof *plan.segments),
        .map = map,
    };
    LIST_EACH(node, &b.segments.list) {
        const struct segment *segment = LIST_ENTRY(node, struct segment, node);
        plan.segments[plan.segment_count++] = (struct cleaner_segment){
            .base_offset = segment->base_offset,
            .end_offset = segment->end_offset,
            .bytes = segment->synced_bytes,
        };
        plan.end_offset = segment->end_offset;
    }
    return plan;
}

static void compact(struct cleaning *cleaning)
{
    while (cleaning->phase != CLEANING_ENDED) {
        int result =
            cleaning->phase == CLEANING_READY ? cleaning_swap(cleaning) : cleaning_step(cleaning);
        if (result != 0) {
            fprintf(stderr, "cannot compact: %s\n", result_sentence(result));
            exit(1);
        }
        if (cleaning->phase == CLEANING_READY && !cleaning->output.begun)
            cleaning_swapped(cleaning);
    }
}

static void run(const struct cleaning_plan *plan, uint64_t bytes)
{
    struct cleaning *cleaning = mem_alloc(sizeof *cleaning);
    uint64_t start = io_now_precise(b.io);
    cleaning_begin(cleaning, plan);
    compact(cleaning);
    double seconds = (double)(io_now_precise(b.io) - start) / (double)NS_PER_S;
    const struct cleaning_totals *totals = &cleaning->totals;
    printf("%llu MiB, %llu records, up to offset %lld of %lld: %llu records and %llu MiB stay; "
           "%.1f s, %.0f MB/s\n",
           (unsigned long long)(bytes / MIB), (unsigned long long)totals->records_read,
           (long long)cleaning_clean_end(cleaning), (long long)plan->end_offset,
           (unsigned long long)totals->records_kept,
           (unsigned long long)(totals->bytes_written / MIB), seconds,
           (double)bytes / seconds / 1e6);
    cleaning_end(cleaning);
    mem_free(cleaning);
}

int main(int argc, char **argv)
{
    char directory[512];
    const uint8_t secret[HASH_SECRET_BYTES] = {7};
    uint64_t wanted = (argc > 2 ? strtoull(argv[2], NULL, 10) : 2048) * MIB;
    uint64_t map_bytes = (argc > 3 ? strtoull(argv[3], NULL, 10) : 64) * MIB;
    struct io_options options = {.backend = IO_EPOLL,
                                 .recv_buffer_bytes = 4096,
                                 .recv_buffer_count = 4,
                                 .disk_threads = 1,
                                 .log = &b.log};
    struct offset_map map;
    uint64_t bytes = 0;
    crc32c_init();
    log_init_stderr(&b.log, LOG_WARN, "cleaner");
    snprintf(directory, sizeof directory, "%s/compacted-0", argc > 1 ? argv[1] : ".");
    if (wanted == 0 || io_new(&options, &b.io) != 0)
        return 64;
    prng_init(&b.prng, 1);
    b.keys = wanted / (VALUE_BYTES + 16) / 10 + 1;
    b.limits = (struct segment_limits){SEGMENT_BYTES, 4096, 10 * MIB, INT64_MAX};
    b.data = mem_map((size_t)BATCHES * BATCH_BYTES);
    segments_init(&b.segments, file_system_real(), directory, &b.log);
    if (segments_remove_directory(file_system_real(), directory) != 0)
        return 74;
    while (bytes < wanted)
        bytes += write_some();
    offset_map_init(&map, map_bytes, secret);
    const struct cleaning_plan plan = make_plan(&map);
    run(&plan, bytes);
    offset_map_fini(&map);
    segments_fini(&b.segments);
    mem_unmap(b.data, (size_t)BATCHES * BATCH_BYTES);
    io_free(b.io);
    return segments_remove_directory(file_system_real(), directory) == 0 ? 0 : 74;
}
