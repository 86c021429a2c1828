/* The disk half of io's contract, on all implementations. */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "contract.h"

#define BLOCK 4096

struct disk {
    struct io *io;
    struct file_system *fs;
    char directory[128];
    char path[192];
};

static void disk_open(struct disk *disk, enum contract_backend backend)
{
    disk->io = contract_open(backend);
    disk->fs = io_files(disk->io);
    contract_directory(disk->directory, sizeof disk->directory);
    snprintf(disk->path, sizeof disk->path, "%s/file", disk->directory);
}

static void disk_close(struct disk *disk)
{
    io_free(disk->io);
    int removed = file_remove(file_system_real(), disk->path);
    cr_assert(removed == 0 || removed == ERR_NOT_FOUND);
    cr_assert_eq(file_remove_directory(file_system_real(), disk->directory), 0);
}

static int64_t disk_write(struct disk *disk, const struct io_extent *extent, unsigned flags)
{
    struct probe probe = {0};
    io_write(disk->io, probe_start(&probe, disk->io), extent, flags);
    cr_assert_eq(probe.events, 0);
    return probe_wait(&probe);
}

static int64_t disk_read(struct disk *disk, const struct io_extent *extent)
{
    struct probe probe = {0};
    io_read(disk->io, probe_start(&probe, disk->io), extent);
    cr_assert_eq(probe.events, 0);
    return probe_wait(&probe);
}

CONTRACT(disk, reads_back_what_was_written)
{
    struct disk disk;
    disk_open(&disk, backend);
    uint8_t data[10000];
    uint8_t got[10000];
    contract_fill(data, sizeof data);
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    cr_assert_geq(file, 0);
    struct io_extent written = {.file = file, .data = data, .len = sizeof data, .pos = 77};
    cr_assert_eq(disk_write(&disk, &written, IO_DSYNC), (int64_t)sizeof data);
    struct io_extent read_back = {.file = file, .data = got, .len = sizeof got, .pos = 77};
    cr_assert_eq(disk_read(&disk, &read_back), (int64_t)sizeof got);
    cr_assert_eq(memcmp(data, got, sizeof got), 0);
    file_close(disk.fs, file);
    disk_close(&disk);
}

CONTRACT(disk, reads_less_at_the_end_of_the_file)
{
    struct disk disk;
    disk_open(&disk, backend);
    uint8_t data[100] = {1};
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    cr_assert_eq(file_write(disk.fs, file, data, sizeof data, 0), 0);
    struct io_extent extent = {.file = file, .data = data, .len = sizeof data, .pos = 40};
    cr_assert_eq(disk_read(&disk, &extent), 60);
    extent.pos = 100;
    cr_assert_eq(disk_read(&disk, &extent), 0);
    file_close(disk.fs, file);
    disk_close(&disk);
}

/* A file system that cannot say whether it would wait is always busy. */
CONTRACT(disk, reads_at_once_what_is_in_memory)
{
    struct disk disk;
    disk_open(&disk, backend);
    uint8_t data[10000];
    uint8_t got[10000] = {0};
    contract_fill(data, sizeof data);
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    cr_assert_eq(file_write(disk.fs, file, data, sizeof data, 0), 0);
    struct io_extent extent = {.file = file, .data = got, .len = sizeof got, .pos = 100};
    int64_t result = io_read_now(disk.io, &extent);
    cr_assert(result == (int64_t)sizeof data - 100 || (result == ERR_BUSY && !contract_host()));
    if (result > 0)
        cr_assert_eq(memcmp(got, data + 100, sizeof data - 100), 0);
    file_close(disk.fs, file);
    cr_assert_lt(io_read_now(disk.io, &extent), 0);
    disk_close(&disk);
}

CONTRACT(disk, writes_and_reads_past_the_page_cache)
{
    struct disk disk;
    disk_open(&disk, backend);
    int file = file_open(disk.fs, disk.path, FILE_CREATE | FILE_DIRECT);
    if (file == ERR_UNSUPPORTED) {
        disk_close(&disk);
        cr_skip_test("no direct I/O here");
    }
    uint8_t *data = aligned_alloc(BLOCK, 4 * BLOCK);
    contract_fill(data, 2 * BLOCK);
    struct io_extent extent = {.file = file, .data = data, .len = 2 * BLOCK, .pos = BLOCK};
    cr_assert_eq(disk_write(&disk, &extent, IO_DSYNC), 2 * BLOCK);
    extent.data = data + 2 * BLOCK;
    cr_assert_eq(disk_read(&disk, &extent), 2 * BLOCK);
    cr_assert_eq(memcmp(data, data + 2 * BLOCK, 2 * BLOCK), 0);
    file_close(disk.fs, file);
    disk_close(&disk);
    free(data);
}

CONTRACT(disk, syncs_and_reports_a_bad_file)
{
    struct disk disk;
    disk_open(&disk, backend);
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    cr_assert_eq(file_write(disk.fs, file, "x", 1, 0), 0);
    struct probe probe = {0};
    io_sync(disk.io, probe_start(&probe, disk.io), file);
    cr_assert_eq(probe_wait(&probe), 0);
    file_close(disk.fs, file);
    io_sync(disk.io, probe_start(&probe, disk.io), file);
    cr_assert_lt(probe_wait(&probe), 0);
    cr_assert_eq(probe.events, 2);
    disk_close(&disk);
}

static int open_full(const struct disk *disk)
{
    if (contract_host() == NULL)
        return open("/dev/full", O_RDWR | O_CLOEXEC);
    sim_disk(contract_host())->capacity_bytes = 0;
    return file_open(disk->fs, disk->path, FILE_CREATE);
}

CONTRACT(disk, reports_no_space)
{
    struct disk disk;
    disk_open(&disk, backend);
    int full = open_full(&disk);
    cr_assert_geq(full, 0);
    uint8_t data[64] = {0};
    struct io_extent extent = {.file = full, .data = data, .len = sizeof data};
    cr_assert_eq(disk_write(&disk, &extent, 0), ERR_NO_SPACE);
    file_close(disk.fs, full);
    disk_close(&disk);
}

#define WRITES 128

CONTRACT(disk, completes_each_of_many_writes_once)
{
    struct disk disk;
    disk_open(&disk, backend);
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    static struct probe probes[WRITES];
    static uint8_t data[WRITES][512];
    for (uint32_t i = 0; i < WRITES; i++) {
        memset(data[i], (int)i, sizeof data[i]);
        struct io_extent extent = {.file = file,
                                   .data = data[i],
                                   .len = sizeof data[i],
                                   .pos = (uint64_t)i * sizeof data[i]};
        io_write(disk.io, probe_start(&probes[i], disk.io), &extent, 0);
    }
    for (uint32_t i = 0; i < WRITES; i++)
        cr_assert_eq(probe_wait(&probes[i]), 512);
    contract_settle(disk.io);
    static uint8_t got[WRITES][512];
    cr_assert_eq(file_read(disk.fs, file, got, sizeof got, 0), (int64_t)sizeof got);
    cr_assert_eq(memcmp(got, data, sizeof got), 0);
    file_close(disk.fs, file);
    disk_close(&disk);
}

struct lane_entry {
    uint32_t *ran; /* of this lane only: no other thread touches it */
    uint32_t number;
    struct probe probe;
};

static int lane_job(struct file_system *fs, void *context)
{
    (void)fs;
    const struct lane_entry *entry = context;
    return (*entry->ran)++ == entry->number ? (int)entry->number : ERR_CORRUPT;
}

#define LANES 5
#define LANE_JOBS 400

/* More jobs than a thread's ring holds. */
CONTRACT(disk, runs_the_jobs_of_a_lane_in_order)
{
    struct disk disk;
    disk_open(&disk, backend);
    uint32_t ran[LANES] = {0};
    static struct lane_entry entries[LANES][LANE_JOBS];
    for (uint32_t i = 0; i < LANE_JOBS; i++) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            struct lane_entry *entry = &entries[lane][i];
            entry->ran = &ran[lane];
            entry->number = i;
            io_job(disk.io, probe_start(&entry->probe, disk.io), lane + 1, lane_job, entry);
            cr_assert_eq(entry->probe.events, 0);
        }
    }
    for (unsigned lane = 0; lane < LANES; lane++)
        for (uint32_t i = 0; i < LANE_JOBS; i++)
            cr_assert_eq(probe_wait(&entries[lane][i].probe), i);
    disk_close(&disk);
}

struct meeting {
    atomic_uint arrived;
};

static int meet_job(struct file_system *fs, void *context)
{
    (void)fs;
    struct meeting *meeting = context;
    atomic_fetch_add(&meeting->arrived, 1);
    while (atomic_load(&meeting->arrived) < 2)
        io_pause(100 * NS_PER_US);
    return 0;
}

CONTRACT(disk, runs_jobs_without_a_lane_beside_each_other)
{
    struct disk disk;
    disk_open(&disk, backend);
    struct meeting meeting = {0};
    struct probe first = {0};
    struct probe second = {0};
    io_job(disk.io, probe_start(&first, disk.io), 0, meet_job, &meeting);
    io_job(disk.io, probe_start(&second, disk.io), 0, meet_job, &meeting);
    cr_assert_eq(probe_wait(&first), 0);
    cr_assert_eq(probe_wait(&second), 0);
    disk_close(&disk);
}

/* With two threads each: by number alone lanes 1, 3 and 5 would share one. */
CONTRACT(disk, a_lane_waits_behind_no_other_one_while_a_thread_rests)
{
    struct disk disk;
    disk_open(&disk, backend);
    for (unsigned lane = 1; lane <= 5; lane++) {
        for (unsigned other = 1; other <= 5; other++) {
            struct meeting meeting = {0};
            struct probe first = {0};
            struct probe second = {0};
            if (other == lane)
                continue;
            io_job(disk.io, probe_start(&first, disk.io), lane, meet_job, &meeting);
            io_job(disk.io, probe_start(&second, disk.io), other, meet_job, &meeting);
            cr_assert_eq(probe_wait(&first), 0);
            cr_assert_eq(probe_wait(&second), 0);
        }
    }
    disk_close(&disk);
}

static int file_job(struct file_system *fs, void *context)
{
    return file_replace(fs, context, "whole", 5);
}

#define JOB_THREADS 8 /* more than a contract's io has */

static int held_job(struct file_system *fs, void *context)
{
    (void)fs;
    while (!atomic_load((atomic_bool *)context))
        io_pause(100 * NS_PER_US);
    return 0;
}

/* Each thread for jobs has one that ends only when it is told to. */
static void hold_job_threads(struct disk *disk, struct probe held[JOB_THREADS], atomic_bool *go)
{
    for (unsigned i = 0; i < JOB_THREADS; i++)
        io_job(disk->io, probe_start(&held[i], disk->io), 0, held_job, go);
}

static void let_go(struct probe held[JOB_THREADS], atomic_bool *go)
{
    atomic_store(go, true);
    for (unsigned i = 0; i < JOB_THREADS; i++)
        cr_assert_eq(probe_wait(&held[i]), 0);
}

/* What a client waits for is written by these verbs. The simulator runs a job all at once. */
CONTRACT(disk, no_write_and_no_background_job_waits_behind_other_jobs)
{
    struct disk disk;
    struct probe held[JOB_THREADS] = {0};
    struct probe background = {0};
    atomic_bool go = backend == CONTRACT_SIM;
    disk_open(&disk, backend);
    int file = file_open(disk.fs, disk.path, FILE_CREATE);
    hold_job_threads(&disk, held, &go);
    struct io_extent extent = {.file = file, .data = (char[]){"x"}, .len = 1};
    cr_assert_eq(disk_write(&disk, &extent, IO_DSYNC), 1);
    io_job(disk.io, probe_start(&background, disk.io), IO_BACKGROUND_LANE, file_job, disk.path);
    cr_assert_eq(probe_wait(&background), 0);
    let_go(held, &go);
    file_close(disk.fs, file);
    disk_close(&disk);
}

CONTRACT(disk, no_job_waits_behind_the_background)
{
    struct disk disk;
    struct probe held = {0};
    struct probe others[JOB_THREADS] = {0};
    atomic_bool go = backend == CONTRACT_SIM;
    disk_open(&disk, backend);
    io_job(disk.io, probe_start(&held, disk.io), IO_BACKGROUND_LANE, held_job, &go);
    for (unsigned i = 0; i < IO_BACKGROUND_LANE; i++) {
        io_job(disk.io, probe_start(&others[i], disk.io), i, file_job, disk.path);
        cr_assert_eq(probe_wait(&others[i]), 0);
    }
    atomic_store(&go, true);
    cr_assert_eq(probe_wait(&held), 0);
    disk_close(&disk);
}

CONTRACT(disk, a_job_may_use_the_file_verbs)
{
    struct disk disk;
    disk_open(&disk, backend);
    struct probe probe = {0};
    io_job(disk.io, probe_start(&probe, disk.io), 3, file_job, disk.path);
    cr_assert_eq(probe_wait(&probe), 0);
    struct file_info info;
    cr_assert_eq(file_get_info(disk.fs, disk.path, &info), 0);
    cr_assert_eq(info.size, 5);
    disk_close(&disk);
}

static int error_job(struct file_system *fs, void *context)
{
    (void)fs;
    (void)context;
    return ERR_OFFLINE;
}

static void start_next(struct probe *probe, const struct io_event *event)
{
    (void)event;
    if (probe->events < 1000)
        io_job(probe->io, probe_start(probe, probe->io), 0, error_job, NULL);
}

CONTRACT(disk, a_completion_may_start_the_next_job)
{
    struct disk disk;
    disk_open(&disk, backend);
    struct probe probe = {.event = start_next};
    io_job(disk.io, probe_start(&probe, disk.io), 0, error_job, NULL);
    cr_assert_eq(probe_wait(&probe), ERR_OFFLINE);
    cr_assert_eq(probe.events, 1000);
    disk_close(&disk);
}
