/*
 * Arbitrary bytes as each of the small files beside the logs: producer snapshots and their form in
 * our checkpoint, leader epochs, offset checkpoints, meta.properties, partition.metadata,
 * quorum-state, and snapshots of the metadata log, with the log behind one.
 *
 * The first byte chooses the file. CRCs are made right, since no fuzzer guesses one. A file is
 * refused with a typed error, or what was read from it, written, reads as the same again.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "broker/catalog/catalog_files.h"
#include "broker/catalog/catalog_snapshot.h"
#include "broker/catalog/catalog_state.h"
#include "broker/catalog/quorum_state.h"
#include "partition/epochs.h"
#include "partition/kafka_files.h"
#include "partition/producers.h"
#include "protocol/batch.h"
#include "tests/wal/disk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DIRECTORY "data"

struct fuzz {
    struct disk *disk;
    struct file_system *fs;
};

static void store(struct fuzz *f, const char *name, const void *data, size_t len)
{
    char path[120];
    snprintf(path, sizeof path, DIRECTORY "/%s", name);
    int file = file_open(f->fs, path, FILE_CREATE | FILE_TRUNCATE);
    ASSERT(file >= 0);
    int result = file_write(f->fs, file, data, len, 0);
    ASSERT(result == 0);
    file_close(f->fs, file);
}

/* Producers. */

static struct bytes producers_bytes(const struct producers *producers, bool whole)
{
    size_t len = whole ? producers_state_size(producers, INT64_MAX)
                       : producers_snapshot_size(producers, INT64_MAX);
    uint8_t *data = mem_alloc(len);
    if (whole)
        producers_state_write(producers, INT64_MAX, data, len);
    else
        producers_snapshot_write(producers, INT64_MAX, data, len);
    return (struct bytes){data, len};
}

static void use_producers(struct bytes input)
{
    uint8_t *copy = mem_alloc(input.len);
    struct producers *producers = producers_new();
    struct producers *again = producers_new();
    memcpy(copy, input.data, input.len);
    if (input.len >= 6) {
        store_be16(copy, copy[0] % 2 == 0 ? 1 : 0x4f44);
        store_be32(copy + 2, crc32c(0, copy + 6, input.len - 6));
    }
    if (producers_snapshot_read(producers, (struct bytes){copy, input.len}) == 0) {
        for (int whole = 0; whole < 2; whole++) {
            struct bytes first = producers_bytes(producers, whole != 0);
            int result = producers_snapshot_read(again, first);
            ASSERT(result == 0);
            struct bytes second = producers_bytes(again, whole != 0);
            ASSERT(first.len == second.len);
            mem_free((void *)(uintptr_t)first.data);
            mem_free((void *)(uintptr_t)second.data);
        }
        const struct producer_expiry expiry = {INT64_MAX, UINT64_MAX, INT64_MAX};
        uint32_t count = producers_count(producers);
        ASSERT(producers_expire(producers, &expiry) + producers_count(producers) == count);
    }
    producers_free(again);
    producers_free(producers);
    mem_free(copy);
}

/* Text files of partitions and of the log directory. */

static void use_epochs(struct bytes input)
{
    struct epochs epochs;
    struct epochs again;
    epochs_init(&epochs);
    epochs_init(&again);
    if (epochs_parse(&epochs, input) == 0) {
        char *text = epochs_print(&epochs);
        int result = epochs_parse(&again, bytes_of_string(text));
        ASSERT(result == 0 && again.count == epochs.count);
        for (uint32_t i = 0; i < epochs.count; i++)
            ASSERT(epochs.entries[i].epoch == again.entries[i].epoch &&
                   epochs.entries[i].start_offset == again.entries[i].start_offset);
        mem_free(text);
    }
    epochs_fini(&epochs);
    epochs_fini(&again);
}

static void use_offsets(struct fuzz *f, struct bytes input)
{
    struct kafka_offsets offsets;
    struct kafka_offsets again;
    store(f, KAFKA_LOG_START_FILE, input.data, input.len);
    if (kafka_load_offsets(f->fs, DIRECTORY, KAFKA_LOG_START_FILE, &offsets) != 0)
        return;
    int result = kafka_write_offsets(f->fs, DIRECTORY, KAFKA_HIGH_WATERMARK_FILE, offsets.entries,
                                     offsets.count);
    ASSERT(result == 0);
    result = kafka_load_offsets(f->fs, DIRECTORY, KAFKA_HIGH_WATERMARK_FILE, &again);
    ASSERT(result == 0);
    for (uint32_t i = 0; i < offsets.count; i++) {
        const struct kafka_offset *entry = &offsets.entries[i];
        ASSERT(kafka_find_offset(&offsets, entry->topic, entry->partition, -7) ==
               kafka_find_offset(&again, entry->topic, entry->partition, -8));
    }
    kafka_free_offsets(&again);
    kafka_free_offsets(&offsets);
}

static void use_meta(struct fuzz *f, struct bytes input)
{
    struct kafka_meta meta = {0};
    struct kafka_meta again = {0};
    store(f, "meta.properties", input.data, input.len);
    if (kafka_load_meta(f->fs, DIRECTORY, &meta) != 0)
        return;
    int result = kafka_write_meta_running(f->fs, DIRECTORY, &meta);
    ASSERT(result == 0);
    result = kafka_load_meta(f->fs, DIRECTORY, &again);
    ASSERT(result == 0 && again.running);
    result = kafka_write_meta(f->fs, DIRECTORY, &again);
    ASSERT(result == 0);
    result = kafka_load_meta(f->fs, DIRECTORY, &again);
    ASSERT(result == 0 && !again.running);
    ASSERT(strcmp(meta.cluster_id, again.cluster_id) == 0 && meta.node_id == again.node_id);
    ASSERT(!meta.has_directory_id || uuid_equal(meta.directory_id, again.directory_id));
}

static void use_small(struct fuzz *f, struct bytes input)
{
    struct uuid topic_id;
    struct uuid again;
    int64_t broker_epoch;
    store(f, "partition.metadata", input.data, input.len);
    store(f, ".kafka_cleanshutdown", input.data, input.len);
    (void)!kafka_load_clean_stop(f->fs, DIRECTORY, &broker_epoch);
    if (kafka_read_partition_metadata(f->fs, DIRECTORY, &topic_id) != 0)
        return;
    int result = kafka_write_partition_metadata(f->fs, DIRECTORY, topic_id, true);
    ASSERT(result == 0);
    result = kafka_read_partition_metadata(f->fs, DIRECTORY, &again);
    ASSERT(result == 0 && uuid_equal(topic_id, again));
}

/* The metadata log. */

static void use_quorum(struct fuzz *f, struct bytes input)
{
    struct quorum_state state = {0};
    struct quorum_state again = {0};
    store(f, "quorum-state", input.data, input.len);
    if (quorum_state_load(f->fs, DIRECTORY, &state) != 0)
        return;
    ASSERT(state.voter_count <= QUORUM_VOTERS_MAX);
    int result = quorum_state_write(f->fs, DIRECTORY, &state);
    ASSERT(result == 0);
    result = quorum_state_load(f->fs, DIRECTORY, &again);
    ASSERT(result == 0 && state.version == again.version);
    ASSERT(state.leader_id == again.leader_id && state.leader_epoch == again.leader_epoch);
    ASSERT(state.voted_id == again.voted_id && state.voter_count == again.voter_count);
    ASSERT(memcmp(state.voters, again.voters, state.voter_count * sizeof *state.voters) == 0);
}

static void fix_batches(uint8_t *data, size_t len)
{
    size_t at = 0;
    while (len - at >= BATCH_HEADER_SIZE) {
        int64_t batch = batch_size(data + at);
        if (batch < BATCH_HEADER_SIZE || (uint64_t)batch > len - at)
            return;
        store_be32(data + at + 17, batch_compute_crc(data + at, (uint32_t)batch));
        at += (size_t)batch;
    }
}

static int take_batch(void *context, const uint8_t *batch, uint32_t len)
{
    return catalog_state_apply(context, batch, len);
}

static int read_catalog(struct fuzz *f, struct catalog_reading *reading)
{
    struct catalog_state *state = catalog_state_new();
    *reading = (struct catalog_reading){
        .fs = f->fs,
        .directory = DIRECTORY,
        .offset_limit = INT64_MAX,
        .batch = take_batch,
        .context = state,
    };
    int result = catalog_files_read(reading);
    catalog_state_free(state);
    return result;
}

/* Two bytes of length, the snapshot, and the log. A snapshot that is made of both says the same. */
static void use_catalog(struct fuzz *f, struct bytes input)
{
    struct catalog_reading reading;
    struct catalog_reading again;
    struct catalog_snapshot_id id;
    if (input.len < 2)
        return;
    uint8_t *copy = mem_alloc(input.len);
    size_t len = MIN((size_t)load_be16(input.data), input.len - 2);
    memcpy(copy, input.data + 2, input.len - 2);
    fix_batches(copy, len);
    fix_batches(copy + len, input.len - 2 - len);
    store(f, "00000000000000000003-0000000001.checkpoint", copy, len);
    store(f, "00000000000000000000.log", copy + len, input.len - 2 - len);
    (void)catalog_snapshot_check(copy, len);
    mem_free(copy);
    int result = read_catalog(f, &reading);
    int made = catalog_snapshot_make(f->fs, DIRECTORY, reading.next_offset, 1, &id);
    if (result != 0 || made != 0)
        return;
    result = read_catalog(f, &again);
    ASSERT(result == 0 && again.next_offset == reading.next_offset);
    ASSERT(!again.has_snapshot || again.snapshot.end_offset <= again.next_offset);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct disk disk;
    struct fuzz f = {&disk, &disk.fs};
    if (size < 1)
        return 0;
    crc32c_init();
    disk_init(&disk);
    struct bytes input = {data + 1, size - 1};
    switch (data[0] % 7) {
    case 0:
        use_producers(input);
        break;
    case 1:
        use_epochs(input);
        break;
    case 2:
        use_offsets(&f, input);
        break;
    case 3:
        use_meta(&f, input);
        break;
    case 4:
        use_small(&f, input);
        break;
    case 5:
        use_quorum(&f, input);
        break;
    case 6:
        use_catalog(&f, input);
        break;
    }
    ASSERT(disk_opened(&disk) == 0);
    disk_fini(&disk);
    return 0;
}
