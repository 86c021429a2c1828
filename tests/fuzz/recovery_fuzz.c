/*
 * Arbitrary files of a log directory with one partition, recovered as a start does: segments with
 * both indexes, producer snapshots, indexes of aborted transactions, leader epochs, our checkpoints
 * and Kafka's.
 *
 * The input is a row of files: name, length, contents. Those that a CRC guards get a right one,
 * since no fuzzer guesses it. Recovery ends with a typed result or with a partition whose ends are
 * in order; done again it finds the same, unless a mark of a clean stop says that these files need
 * no checking, which they do. Nothing may crash, hang or read outside a buffer.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/assert.h"
#include "base/crc32c.h"
#include "base/mem.h"
#include "base/util.h"
#include "partition/partition.h"
#include "partition/recovery.h"
#include "protocol/batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FILES_MAX 24
#define PARTITION "t-0/"
#define CHECKPOINT_HEADER 20

static const char *const names[] = {
    PARTITION "00000000000000000000.log",
    PARTITION "00000000000000000000.index",
    PARTITION "00000000000000000000.timeindex",
    PARTITION "00000000000000000000.txnindex",
    PARTITION "00000000000000000003.log",
    PARTITION "00000000000000000003.index",
    PARTITION "00000000000000000003.timeindex",
    PARTITION "00000000000000000003.txnindex",
    PARTITION "00000000000000000003.snapshot",
    PARTITION "00000000000000000001.snapshot",
    PARTITION "leader-epoch-checkpoint",
    PARTITION "partition.metadata",
    ".odradek-checkpoint-0-0",
    ".odradek-checkpoint-0-1",
    "recovery-point-offset-checkpoint",
    "log-start-offset-checkpoint",
    ".kafka_cleanshutdown",
};

static const struct uuid topic_id = {{1, 2, 3, 4}};

/* What recovery makes of the files. */
struct outcome {
    int result;
    bool offline;
    int64_t log_start;
    int64_t log_end;
    int64_t stable_end;
    uint32_t producers;
    uint32_t epochs;
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
        snprintf(path, sizeof path, "/tmp/odradek-recovery-fuzz-%d", (int)getpid());
    return path;
}

static void fix_log(uint8_t *log, size_t len)
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

static void fix_snapshot(uint8_t *snapshot, size_t len)
{
    if (len >= 6)
        store_be32(snapshot + 2, crc32c(0, snapshot + 6, len - 6));
}

static void fix_checkpoint(uint8_t *checkpoint, size_t len)
{
    if (len < CHECKPOINT_HEADER)
        return;
    memcpy(checkpoint, "ODCK", 4);
    store_be64(checkpoint + 12, len - CHECKPOINT_HEADER);
    store_be32(checkpoint + 8, crc32c(0, checkpoint + 12, len - 12));
}

static void store_file(const char *name, const uint8_t *data, size_t len)
{
    char path[160];
    uint8_t *copy = mem_alloc(len);
    memcpy(copy, data, len);
    if (strstr(name, ".log") != NULL)
        fix_log(copy, len);
    else if (strstr(name, ".snapshot") != NULL)
        fix_snapshot(copy, len);
    else if (strstr(name, "odradek-checkpoint") != NULL)
        fix_checkpoint(copy, len);
    snprintf(path, sizeof path, "%s/%s", directory(), name);
    FILE *file = fopen(path, "wb");
    ASSERT(file != NULL && fwrite(copy, 1, len, file) == len);
    fclose(file);
    mem_free(copy);
}

static void path_of(char path[160], const char *name)
{
    snprintf(path, 160, "%s/%s", directory(), name);
}

static int remove_entry(void *context, const char *name, enum file_kind kind)
{
    char path[512];
    (void)context;
    snprintf(path, sizeof path, "%s/%s", directory(), name);
    if (kind == FILE_KIND_DIRECTORY)
        return segments_remove_directory(file_system_real(), path);
    return file_remove(file_system_real(), path);
}

static void remove_all(void)
{
    (void)!file_list(file_system_real(), directory(), remove_entry, NULL);
    (void)!file_remove_directory(file_system_real(), directory());
}

static void store_files(const uint8_t *data, size_t size)
{
    char path[160];
    remove_all();
    mkdir(directory(), 0755);
    path_of(path, PARTITION);
    mkdir(path, 0755);
    for (int i = 0; i < FILES_MAX && size >= 3; i++) {
        size_t len = MIN((size_t)load_be16(data + 1), size - 3);
        store_file(names[data[0] % ARRAY_LENGTH(names)], data + 3, len);
        data += 3 + len;
        size -= 3 + len;
    }
}

static struct partition *find(void *context, struct uuid id, int32_t index)
{
    return uuid_equal(id, topic_id) && index == 0 ? context : NULL;
}

static void check_partition(const struct partition *p)
{
    ASSERT(p->log_start >= 0 && p->synced_end <= p->durable_end && p->durable_end == p->log_end);
    ASSERT(p->offline || p->log_start <= p->log_end || p->synced_end < p->log_start);
    ASSERT(p->offline || partition_stable_end(p) <= p->log_end);
    for (uint32_t i = 1; i < p->epochs.count; i++) {
        ASSERT(p->epochs.entries[i - 1].epoch < p->epochs.entries[i].epoch);
        ASSERT(p->epochs.entries[i - 1].start_offset <= p->epochs.entries[i].start_offset);
    }
    int64_t before = -1;
    LIST_EACH(node, &p->segments.list) {
        const struct segment *s = LIST_ENTRY(node, struct segment, node);
        ASSERT(s->base_offset > before && s->end_offset >= s->base_offset);
        before = s->base_offset;
    }
}

/* What is written for the next start, or for Kafka, reads as it was. */
static void check_state_again(const struct partition *p)
{
    struct producers *again = producers_new();
    size_t len = producers_state_size(p->producers, p->log_end);
    uint8_t *data = mem_alloc(len);
    producers_state_write(p->producers, p->log_end, data, len);
    int result = producers_snapshot_read(again, (struct bytes){data, len});
    ASSERT(result == 0);
    ASSERT(producers_state_size(again, p->log_end) == len);
    mem_free(data);
    producers_free(again);
}

static struct outcome recover(bool final)
{
    struct file_system *fs = file_system_real();
    struct recovery *recovery;
    struct outcome outcome = {.result = recovery_begin(fs, directory(), &quiet, &recovery)};
    if (outcome.result != 0)
        return outcome;
    struct partition *p = partition_new(fs, directory(), "t", topic_id, 0, &quiet);
    outcome.result = recovery_open(recovery, p);
    if (outcome.result == 0)
        outcome.result = recovery_replay(recovery, find, p);
    if (outcome.result == 0)
        outcome.result = recovery_sync(recovery);
    recovery_end(recovery);
    if (outcome.result == 0) {
        check_partition(p);
        check_state_again(p);
        outcome.offline = p->offline;
        outcome.log_start = p->log_start;
        outcome.log_end = p->log_end;
        outcome.stable_end = partition_stable_end(p);
        outcome.producers = producers_count(p->producers);
        outcome.epochs = p->epochs.count;
        if (final)
            outcome.result = recovery_write_final(fs, p);
        ASSERT(outcome.result == 0);
    }
    partition_free(p);
    return outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static bool begun;
    char path[160];
    crc32c_init();
    if (!begun)
        atexit(remove_all);
    begun = true;
    if (size < 4)
        return 0;
    store_files(data + 1, size - 1);
    struct outcome first = recover(false);
    ASSERT(first.result <= 0);
    struct outcome second = recover(data[0] % 2 != 0);
    path_of(path, ".kafka_cleanshutdown");
    if (access(path, F_OK) == 0)
        return 0;
    ASSERT(first.result == second.result && first.offline == second.offline);
    ASSERT(first.log_start == second.log_start && first.log_end == second.log_end);
    ASSERT(first.stable_end == second.stable_end && first.producers == second.producers);
    ASSERT(first.epochs == second.epochs);
    return 0;
}
