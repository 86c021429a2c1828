/* The simulated disk's faults, the ends of its machine, and that a seed replays. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "sim_machine.h"

/* Faults. */

Test(sim_faults, a_failed_sync_leaves_clean_pages_that_are_not_durable)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        int file = machine_make_durable(&m, "/f", "first");
        cr_assert_eq(file_write(m.fs, file, "other", 5, 0), 0);
        sim_disk_fail(m.host, &(struct sim_failure){.kind = SIM_DISK_SYNC, .number = 1});
        cr_assert_eq(file_sync(m.fs, file), ERR_IO);
        cr_assert_eq(file_sync(m.fs, file), 0, "the second one lies");
        cr_assert_str_eq(machine_text(&m, "/f"), "other", "the cache still has it");
        machine_restart(&m);
        lost += strcmp(machine_text(&m, "/f"), "first") == 0;
        machine_free(&m);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_faults, a_lost_write_is_seen_until_the_power_goes)
{
    struct machine m = machine_new(3);
    int file = machine_make_durable(&m, "/f", "first");
    sim_disk(m.host)->write_lost = SIM_ALWAYS;
    cr_assert_eq(file_write(m.fs, file, "other", 5, 0), 0);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_str_eq(machine_text(&m, "/f"), "other");
    cr_assert_eq(sim_disk_unsynced(m.host, "/f"), 512);
    machine_restart(&m);
    cr_assert_str_eq(machine_text(&m, "/f"), "first");
    machine_free(&m);
}

Test(sim_faults, a_misdirected_write_lands_elsewhere_in_the_file)
{
    struct machine m = machine_new(4);
    static char block[8 * BLOCK];
    static char got[8 * BLOCK];
    int elsewhere = 0;
    int file = file_open(m.fs, "/f", FILE_CREATE);
    memset(block, 'o', sizeof block);
    for (int i = 0; i < 20; i++) {
        sim_disk(m.host)->write_misdirected = 0;
        cr_assert_eq(file_write(m.fs, file, block, sizeof block, 0), 0);
        sim_disk(m.host)->write_misdirected = SIM_ALWAYS;
        cr_assert_eq(file_write(m.fs, file, "new", 3, BLOCK), 0);
        cr_assert_eq(file_read(m.fs, file, got, sizeof got, 0), (int64_t)sizeof got);
        int found = 0;
        for (int b = 0; b < 8; b++)
            found += memcmp(got + b * BLOCK, "new", 3) == 0;
        cr_assert_eq(found, 1);
        elsewhere += memcmp(got + BLOCK, "ooo", 3) == 0;
    }
    cr_assert_gt(elsewhere, 10);
    machine_free(&m);
}

Test(sim_faults, a_corrupted_sector_has_one_wrong_bit_for_good)
{
    struct machine m = machine_new(5);
    static uint8_t block[BLOCK];
    static uint8_t got[BLOCK];
    int file = file_open(m.fs, "/f", FILE_CREATE);
    sim_disk(m.host)->write_corrupted = SIM_ALWAYS;
    memset(block, 'o', sizeof block);
    cr_assert_eq(file_write(m.fs, file, block, sizeof block, 0), 0);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
    machine_restart(&m);
    file = file_open(m.fs, "/f", FILE_READ);
    cr_assert_eq(file_read(m.fs, file, got, sizeof got, 0), BLOCK);
    int wrong = 0;
    for (int i = 0; i < BLOCK; i++)
        wrong += __builtin_popcount(got[i] ^ block[i]);
    cr_assert_eq(wrong, 1);
    cr_assert_eq(sim_disk_corrupt(m.host, "/f", 0, BLOCK), 0);
    cr_assert_eq(file_read(m.fs, file, block, sizeof block, 0), BLOCK);
    wrong = 0;
    for (int i = 0; i < BLOCK; i++)
        wrong += __builtin_popcount(got[i] ^ block[i]);
    cr_assert_eq(wrong, 8, "one in each sector");
    machine_free(&m);
}

static void check_failed_write(void (*set)(struct sim_disk_options *disk), bool may_land)
{
    int landed = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        static char old[BLOCK];
        static char new[BLOCK];
        static char got[BLOCK];
        memset(old, 'o', sizeof old);
        memset(new, 'n', sizeof new);
        int file = file_open(m.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(m.fs, file, old, sizeof old, 0), 0);
        set(sim_disk(m.host));
        cr_assert_eq(file_write(m.fs, file, new, sizeof new, 0), ERR_IO);
        cr_assert_eq(file_read(m.fs, file, got, sizeof got, 0), BLOCK);
        cr_assert_neq(memcmp(got, new, BLOCK), 0);
        landed += memcmp(got, old, BLOCK) != 0;
        machine_free(&m);
    }
    cr_assert(may_land ? landed > SEEDS / 2 : landed == 0, "%d", landed);
}

static void set_write_error(struct sim_disk_options *disk)
{
    disk->write_error = SIM_ALWAYS;
}

static void set_write_short(struct sim_disk_options *disk)
{
    disk->write_short = SIM_ALWAYS;
}

static void set_write_torn(struct sim_disk_options *disk)
{
    disk->write_torn = SIM_ALWAYS;
}

Test(sim_faults, a_failed_write_lands_not_at_all_or_in_part)
{
    check_failed_write(set_write_error, false);
    check_failed_write(set_write_short, true);
    check_failed_write(set_write_torn, true);
}

Test(sim_faults, errors_of_reads_syncs_and_entries_happen)
{
    struct machine m = machine_new(6);
    char byte;
    int file = machine_make_durable(&m, "/f", "text");
    sim_disk(m.host)->read_error = SIM_ALWAYS;
    cr_assert_eq(file_read(m.fs, file, &byte, 1, 0), ERR_IO);
    sim_disk(m.host)->read_error = 0;
    sim_disk(m.host)->sync_error = SIM_ALWAYS;
    cr_assert_eq(file_sync(m.fs, file), ERR_IO);
    cr_assert_eq(file_sync_all(m.fs, "/"), ERR_IO);
    sim_disk(m.host)->sync_error = 0;
    sim_disk(m.host)->entry_error = SIM_ALWAYS;
    cr_assert_eq(file_open(m.fs, "/f", FILE_READ), ERR_IO);
    cr_assert_eq(file_rename(m.fs, "/f", "/g"), ERR_IO);
    cr_assert_eq(file_remove(m.fs, "/f"), ERR_IO);
    cr_assert_eq(file_make_directory(m.fs, "/d"), ERR_IO);
    cr_assert_eq(file_sync_directory(m.fs, "/"), ERR_IO);
    sim_disk(m.host)->entry_error = 0;
    cr_assert_str_eq(machine_text(&m, "/f"), "text");
    cr_assert_eq(file_read(m.fs, file, &byte, 1, 0), 1);
    cr_assert_eq(file_sync(m.fs, file), 0);
    machine_free(&m);
}

Test(sim_faults, is_full_at_its_capacity_and_goes_on_when_there_is_more)
{
    struct machine m = machine_new(7);
    static char block[4 * BLOCK];
    struct file_space space;
    sim_disk(m.host)->capacity_bytes = 4 * BLOCK;
    int file = file_open(m.fs, "/f", FILE_CREATE);
    cr_assert_eq(file_write(m.fs, file, block, 3 * BLOCK, 0), 0);
    cr_assert_eq(file_write(m.fs, file, block, sizeof block, 2 * BLOCK), ERR_NO_SPACE);
    cr_assert_eq(file_write(m.fs, file, block, 3 * BLOCK, 0), 0, "no new pages");
    cr_assert_eq(file_allocate(m.fs, file, 0, 8 * BLOCK), ERR_NO_SPACE);
    sim_disk(m.host)->capacity_bytes = 8 * BLOCK;
    cr_assert_eq(file_allocate(m.fs, file, 0, 8 * BLOCK), 0);
    cr_assert_eq(file_get_space(m.fs, "/", &space), 0);
    cr_assert_eq(space.free_bytes, 0);
    cr_assert_eq(file_remove(m.fs, "/f"), 0);
    cr_assert_eq(sim_disk_used(m.host), 8 * BLOCK, "it is still open");
    file_close(m.fs, file);
    cr_assert_eq(sim_disk_used(m.host), 0);
    machine_free(&m);
}

Test(sim_faults, runs_out_of_descriptors)
{
    struct machine m = machine_new(8);
    sim_disk(m.host)->descriptors_max = 2;
    int a = machine_make(&m, "/a", "a");
    int b = machine_make(&m, "/b", "b");
    cr_assert_neq(a, b);
    cr_assert_eq(file_open(m.fs, "/c", FILE_CREATE), ERR_TOO_MANY_FILES);
    file_close(m.fs, a);
    cr_assert_eq(file_open(m.fs, "/b", FILE_READ), a, "the lowest free one");
    machine_free(&m);
}

Test(sim_faults, the_chosen_operation_fails_and_no_other)
{
    struct machine m = machine_new(9);
    int file = machine_make(&m, "/f", "text");
    struct sim_failure failure = {.kind = SIM_DISK_WRITE, .number = 2, .error = ERR_NO_SPACE};
    sim_disk_fail(m.host, &failure);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_eq(file_write(m.fs, file, "1", 1, 0), 0);
    cr_assert_eq(file_write(m.fs, file, "2", 1, 0), ERR_NO_SPACE);
    cr_assert_eq(file_write(m.fs, file, "3", 1, 0), 0);
    failure.from_then_on = true;
    sim_disk_fail(m.host, &failure);
    cr_assert_eq(file_write(m.fs, file, "4", 1, 0), 0);
    cr_assert_eq(file_write(m.fs, file, "5", 1, 0), ERR_NO_SPACE);
    cr_assert_eq(file_write(m.fs, file, "6", 1, 0), ERR_NO_SPACE);
    sim_disk_fail(m.host, NULL);
    cr_assert_eq(file_write(m.fs, file, "7", 1, 0), 0);
    cr_assert_eq(sim_disk_count(m.host, SIM_DISK_WRITE), 8);
    machine_free(&m);
}

/* How many of many writes were overtaken. */
static int count_overtaken(uint32_t reorder)
{
    enum { COUNT = 100 };
    struct machine m = machine_new(10);
    struct io *io = machine_core(&m);
    static struct machine_wait waits[COUNT];
    int overtaken = 0;
    int file = machine_make(&m, "/f", "x");
    sim_disk(m.host)->reorder = reorder;
    for (int i = 0; i < COUNT; i++) {
        struct io_extent extent = {
            .file = file, .data = "data", .len = 4, .pos = (uint64_t)i * BLOCK};
        io_write(io, machine_wait_start(&waits[i]), &extent, 0);
    }
    for (int i = 0; i < COUNT; i++) {
        while (waits[i].out) {
            io_poll(io, IO_NEVER);
            bool later = false;
            for (int k = i + 1; k < COUNT; k++)
                later = later || !waits[k].out;
            if (waits[i].out && later) {
                overtaken++;
                break;
            }
        }
        machine_wait_end(io, &waits[i]);
    }
    io_free(io);
    machine_free(&m);
    return overtaken;
}

Test(sim_faults, writes_end_in_order_unless_they_are_reordered)
{
    cr_assert_eq(count_overtaken(0), 0);
    cr_assert_gt(count_overtaken(SIM_ALWAYS / 5), 0);
}

Test(sim_faults, a_stall_takes_seconds)
{
    struct machine m = machine_new(11);
    int file = machine_make(&m, "/f", "x");
    uint64_t before = sim_now(m.sim);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_lt(sim_now(m.sim) - before, NS_PER_S / 10);
    sim_disk(m.host)->stall = SIM_ALWAYS;
    before = sim_now(m.sim);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_geq(sim_now(m.sim) - before, NS_PER_S);
    machine_free(&m);
}

/* Ends. */

static int replace_job(struct file_system *fs, void *context)
{
    int *result = context;
    *result = 0;
    while (*result == 0)
        *result = file_replace(fs, "/f", "text", 4);
    return *result;
}

Test(sim_faults, a_job_learns_that_its_machine_is_gone)
{
    struct machine m = machine_new(12);
    struct io *io = machine_core(&m);
    struct machine_wait wait;
    int job_result = 0;
    io_job(io, machine_wait_start(&wait), 1, replace_job, &job_result);
    for (int i = 0; i < 100; i++)
        io_poll(io, sim_now(m.sim) + 100 * NS_PER_US);
    cr_assert(wait.out);
    sim_host_crash(m.host);
    cr_assert_eq(job_result, ERR_OFFLINE);
    cr_assert_eq(file_open(m.fs, "/f", FILE_READ), ERR_OFFLINE);
    io_poll(io, IO_NEVER);
    cr_assert(wait.out, "it never completes");
    io_free(io);
    sim_host_start(m.host);
    cr_assert_str_eq(machine_text(&m, "/f"), "text");
    machine_free(&m);
}

Test(sim_faults, locks_last_as_long_as_their_process)
{
    struct machine m = machine_new(13);
    int lock = file_lock(m.fs, "/lock");
    cr_assert_geq(lock, 0);
    cr_assert_eq(file_lock(m.fs, "/lock"), ERR_LOCKED);
    file_close(m.fs, lock);
    cr_assert_geq(file_lock(m.fs, "/lock"), 0);
    machine_restart_process(&m);
    cr_assert_geq(file_lock(m.fs, "/lock"), 0);
    machine_free(&m);
}

/* Replay. */

struct worker {
    struct machine *m;
    int number;
};

static void worker_run(void *context)
{
    const struct worker *worker = context;
    char path[16];
    for (int i = 0; i < 30; i++) {
        snprintf(path, sizeof path, "/%d", (worker->number + i) % 5);
        int ignored = file_replace(worker->m->fs, path, path, strlen(path));
        (void)ignored;
    }
}

/* Three threads against a bad disk, and a crash. */
static uint64_t run_workload(uint64_t seed)
{
    struct machine m = machine_new(seed);
    struct worker workers[3];
    struct sim_disk_options *disk = sim_disk(m.host);
    disk->write_error = disk->sync_error = disk->entry_error = SIM_ALWAYS / 50;
    disk->stall = disk->reorder = disk->writeback = SIM_ALWAYS / 20;
    for (int i = 0; i < 3; i++) {
        workers[i] = (struct worker){&m, i};
        sim_thread_start(m.host, worker_run, &workers[i]);
    }
    sim_run(m.sim, 100 * NS_PER_MS);
    machine_restart(&m);
    disk->write_error = disk->sync_error = disk->entry_error = 0;
    machine_text(&m, "/0");
    uint64_t hash = sim_hash(m.sim);
    machine_free(&m);
    return hash;
}

Test(sim_faults, a_seed_replays_and_another_differs)
{
    for (uint64_t seed = 0; seed < 20; seed++) {
        uint64_t hash = run_workload(seed);
        void *shift = mem_alloc(1000 + seed * 100); /* other addresses */
        cr_assert_eq(run_workload(seed), hash, "seed %d", (int)seed);
        mem_free(shift);
        cr_assert_neq(run_workload(seed + 1000), hash);
    }
}

static void count_line(void *context, const char *line)
{
    cr_assert_not_null(strstr(line, " a "), "%s", line);
    ++*(int *)context;
}

Test(sim_faults, tells_what_happens_when_asked)
{
    struct machine m = machine_new(14);
    int lines = 0;
    file_close(m.fs, machine_make(&m, "/f", "x"));
    sim_trace(m.sim, count_line, &lines);
    cr_assert_eq(file_replace(m.fs, "/f", "y", 1), 0);
    cr_assert_geq(lines, 5);
    int before = lines;
    sim_trace(m.sim, NULL, NULL);
    cr_assert_eq(file_replace(m.fs, "/f", "z", 1), 0);
    cr_assert_eq(lines, before);
    machine_free(&m);
}

/* Planned failures. */

Test(sim_faults, a_planned_failure_meets_only_the_files_it_names)
{
    struct machine m = machine_new(6);
    cr_assert_eq(file_make_directory(m.fs, "/a"), 0);
    int first = machine_make_durable(&m, "/a/first", "1");
    int second = machine_make_durable(&m, "/second", "2");
    sim_disk_fail(m.host,
                  &(struct sim_failure){.kind = SIM_DISK_CHANGE, .path = "a/fir", .number = 2});
    cr_assert_eq(file_write(m.fs, second, "x", 1, 0), 0);
    cr_assert_eq(file_write(m.fs, first, "x", 1, 0), 0);
    cr_assert_eq(file_sync(m.fs, second), 0);
    cr_assert_eq(file_sync(m.fs, first), ERR_IO);
    cr_assert_eq(sim_disk_failure_seen(m.host), 2);
    sim_disk_fail(m.host,
                  &(struct sim_failure){.kind = SIM_DISK_RENAME, .path = "third", .number = 1});
    cr_assert_eq(file_rename(m.fs, "/second", "/other"), 0);
    cr_assert_eq(file_rename(m.fs, "/other", "/third"), ERR_IO);
    machine_free(&m);
}

Test(sim_faults, a_planned_lie_is_a_success)
{
    struct machine m = machine_new(7);
    int file = machine_make_durable(&m, "/f", "first");
    sim_disk_fail(m.host,
                  &(struct sim_failure){.kind = SIM_DISK_WRITE, .number = 2, .lie = SIM_LOST});
    cr_assert_eq(file_write(m.fs, file, "F", 1, 0), 0);
    cr_assert_eq(file_sync(m.fs, file), 0);
    cr_assert_eq(file_write(m.fs, file, "other", 5, 0), 0);
    cr_assert_eq(file_sync(m.fs, file), 0);
    machine_restart(&m);
    cr_assert_str_eq(machine_text(&m, "/f"), "First");
    machine_free(&m);
}

Test(sim_faults, a_late_operation_is_overtaken_and_succeeds)
{
    struct machine m = machine_new(8);
    struct io *io = machine_core(&m);
    int file = machine_make_durable(&m, "/f", "....");
    struct machine_wait slow;
    struct machine_wait quick;
    struct io_extent first = {.file = file, .data = "1", .len = 1};
    struct io_extent second = {.file = file, .data = "2", .len = 1, .pos = 1};
    sim_disk_fail(m.host,
                  &(struct sim_failure){.kind = SIM_DISK_WRITE, .number = 1, .late_ns = NS_PER_S});
    io_write(io, machine_wait_start(&slow), &first, IO_DSYNC);
    io_write(io, machine_wait_start(&quick), &second, IO_DSYNC);
    cr_assert_eq(machine_wait_end(io, &quick), 1);
    cr_assert(slow.out);
    cr_assert_str_eq(machine_text(&m, "/f"), ".2..");
    cr_assert_eq(machine_wait_end(io, &slow), 1);
    cr_assert_str_eq(machine_text(&m, "/f"), "12..");
    io_free(io);
    machine_free(&m);
}

/* Memory. */

struct pools {
    uint8_t *first;
    uint8_t *second;
};

static void map_and_wait(void *context)
{
    struct pools *pools = context;
    pools->first = mem_map_raw(BLOCK);
    pools->second = mem_map_raw(BLOCK);
    memset(pools->first, 1, BLOCK);
    io_pause(NS_PER_S);
}

Test(sim_faults, a_process_takes_over_the_pools_of_the_killed_one_and_none_that_is_in_use)
{
    struct machine m = machine_new(1);
    struct pools old = {0};
    struct pools new = {0};
    sim_thread_start(m.host, map_and_wait, &old);
    sim_run(m.sim, NS_PER_MS);
    cr_assert(old.first != NULL && old.first != old.second);
    machine_restart_process(&m);
    sim_thread_start(m.host, map_and_wait, &new);
    sim_run(m.sim, NS_PER_MS);
    cr_assert_eq(new.first, old.first);
    cr_assert_eq(new.second, old.second);
    sim_host_kill(m.host);
    machine_free(&m);
}
