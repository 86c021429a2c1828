/*
 * Work on a real log in a temporary directory, of which only the part on the core is counted: the
 * append of a batch, the closing of a WAL group, the read of what is pending. Waiting for the disk
 * lies between the counted parts.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "bench/instructions.h"
#include "partition/partition.h"
#include "partition/recovery.h"
#include "partition/shard.h"
#include "protocol/record.h"

#define ROUNDS 20
#define BATCHES 64
#define PARTITIONS 4
#define RECORD_BYTES 256
#define PRODUCER_ID 4711
#define READ_BYTES (64 * KIB)

static struct {
    struct log log;
    struct io *io;
    char directory[32];
    struct shard shard;
    struct partition *partitions[PARTITIONS];
    struct partition_append appends[BATCHES];
    uint8_t batches[BATCHES][1024];
    uint32_t batch_len;
    uint32_t done;
    struct partition_read read;
    uint8_t data[READ_BYTES];
    uint64_t pumped;
} w;

static void append_done(struct partition_append *append)
{
    ASSERT(append->outcome == APPEND_DONE);
    w.done++;
}

static void read_done(struct partition_read *read)
{
    ASSERT(read->error == 0 && read->len > 0);
    w.done++;
}

/* Until so many callbacks have come. */
static void settle(uint32_t count)
{
    while (w.done < count) {
        uint64_t deadline = shard_step(&w.shard);
        if (w.done < count)
            io_poll(w.io, deadline);
    }
    w.done = 0;
}

static void open_io(void)
{
    log_init_stderr(&w.log, LOG_WARN, "instructions");
    struct io_options options = {
        .backend = IO_EPOLL,
        .recv_buffer_bytes = 4096,
        .recv_buffer_count = 2,
        .disk_threads = 1,
        .log = &w.log,
    };
    int result = io_new(&options, &w.io);
    ASSERT(result == 0);
    strcpy(w.directory, "/tmp/odradek-count-XXXXXX");
    ASSERT(mkdtemp(w.directory) != NULL);
}

static void open_shard(void)
{
    struct recovery *recovery = NULL;
    int result = recovery_begin(io_files(w.io), w.directory, &w.log, &recovery);
    ASSERT(result == 0);
    shard_init(&w.shard);
    for (int i = 0; i < PARTITIONS; i++) {
        struct uuid id = {{(uint8_t)(i + 1)}};
        struct partition *p = partition_new(io_files(w.io), w.directory, "counted", id, i, &w.log);
        p->limits = (struct segment_limits){.segment_bytes = 1 << 30,
                                            .index_interval_bytes = 4096,
                                            .index_bytes_max = 1 << 20,
                                            .segment_ms = INT64_MAX};
        result = recovery_open(recovery, p);
        ASSERT(result == 0);
        shard_attach(&w.shard, p);
        w.partitions[i] = p;
    }
    struct shard_options options = {
        .io = w.io,
        .log_directory = w.directory,
        .flush_profile = FLUSH_EXTREME,
        .wal = {.file_bytes = 8 * MIB,
                .files_max = 4,
                .first_file_bytes = 4 * MIB,
                .memory_bytes = 16 * MIB},
        .log = &w.log,
    };
    result = recovery_checkpoint_all(recovery, &w.shard);
    ASSERT(result == 0);
    result = recovery_start_shard(recovery, &w.shard, &options);
    ASSERT(result == 0);
    recovery_end(recovery);
    /* Clients' records wait for the reserve. */
    while (wal_reserve_comes(w.shard.wal))
        io_poll(w.io, shard_step(&w.shard));
}

/* The sequences of an idempotent producer go on from round to round, for each partition. */
static void prepare_appends(void)
{
    for (int i = 0; i < BATCHES; i++) {
        w.appends[i] = (struct partition_append){
            .partition = w.partitions[i % PARTITIONS],
            .batch = w.batches[i],
            .len = w.batch_len,
            .now_ms = 1700000000000,
            .done = append_done,
        };
    }
}

static void build_batches(bool idempotent)
{
    static uint8_t value[RECORD_BYTES];
    struct batch_build_options options = BATCH_BUILD_PLAIN;
    if (idempotent) {
        options.producer_id = PRODUCER_ID;
        options.producer_epoch = 0;
    }
    for (int i = 0; i < BATCHES; i++) {
        struct batch_builder builder;
        options.base_sequence = idempotent ? i / PARTITIONS : -1;
        batch_build_begin(&builder, w.batches[i], sizeof w.batches[i]);
        batch_build_add(&builder, 1700000000000, (struct blob){NULL, -1},
                        blob_of(value, sizeof value));
        int64_t len = batch_build_end(&builder, &options);
        ASSERT(len > 0);
        w.batch_len = (uint32_t)len;
    }
}

static void begin_append(void)
{
    open_io();
    open_shard();
    build_batches(false);
}

static void begin_idempotent(void)
{
    open_io();
    open_shard();
    build_batches(true);
}

/* The owner checks sequences, the CRC is the judge's affair. */
static void next_sequences(void)
{
    settle(BATCHES);
    for (int i = 0; i < BATCHES; i++) {
        uint8_t *sequence = w.batches[i] + 53;
        store_be32(sequence, load_be32(sequence) + BATCHES / PARTITIONS);
    }
}

static void end(void)
{
    shard_stop(&w.shard);
    while (!shard_stopped(&w.shard)) {
        uint64_t deadline = shard_step(&w.shard);
        if (!shard_stopped(&w.shard))
            io_poll(w.io, deadline);
    }
    for (int i = 0; i < PARTITIONS; i++)
        partition_free(w.partitions[i]);
    shard_close(&w.shard);
    io_free(w.io);
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", w.directory);
    ASSERT(system(command) == 0);
}

static void run_appends(void)
{
    for (int i = 0; i < BATCHES; i++) {
        int result = partition_append(&w.appends[i]);
        ASSERT(result == 0);
    }
}

static void settle_appends(void)
{
    settle(BATCHES);
}

/* All that gathered becomes one group and goes out. */
static void prepare_group(void)
{
    prepare_appends();
    run_appends();
}

static void run_group(void)
{
    w.pumped += wal_pump(w.shard.wal);
}

static void begin_read(void)
{
    begin_append();
    prepare_appends();
    run_appends();
    settle(BATCHES);
}

static void prepare_read(void)
{
    w.read = (struct partition_read){
        .partition = w.partitions[0],
        .data = w.data,
        .capacity = sizeof w.data,
        .done = read_done,
    };
}

static void run_read(void)
{
    partition_read(&w.read);
}

static void settle_read(void)
{
    ASSERT(w.read.len == BATCHES / PARTITIONS * w.batch_len);
    settle(1);
}

// clang-format off
/* name, rounds, operations a round, begin, before, run, after, end */
const struct work log_work[] = {
    {"partition-append", ROUNDS, BATCHES,
     begin_append, prepare_appends, run_appends, settle_appends, end},
    {"partition-append-idempotent", ROUNDS, BATCHES,
     begin_idempotent, prepare_appends, run_appends, next_sequences, end},
    {"wal-group-of-64", ROUNDS, 1,
     begin_append, prepare_group, run_group, settle_appends, end},
    {"partition-read-16-pending", ROUNDS, 1,
     begin_read, prepare_read, run_read, settle_read, end},
    {NULL, 0, 0, NULL, NULL, NULL, NULL, NULL},
};
// clang-format on
