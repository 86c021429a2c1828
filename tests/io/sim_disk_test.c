/* The simulated disk: what survives which end, each kind of fault, and that a seed replays. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "base/util.h"
#include "io/sim/sim.h"

#define SEEDS 200
#define BLOCK 4096

struct world {
    struct sim *sim;
    struct sim_host *host;
    struct file_system *fs;
};

static struct world world_new(uint64_t seed)
{
    struct sim_options options;
    struct world w;
    sim_options_init(&options, seed);
    w.sim = sim_new(&options);
    w.host = sim_host_new(w.sim, "a");
    w.fs = sim_host_files(w.host);
    return w;
}

static void world_free(struct world *w)
{
    sim_free(w->sim);
}

static void restart(struct world *w)
{
    sim_host_crash(w->host);
    sim_host_start(w->host);
}

static void restart_process(struct world *w)
{
    sim_host_kill(w->host);
    sim_host_start(w->host);
}

static int make_file(struct world *w, const char *path, const char *text)
{
    int file = file_open(w->fs, path, FILE_CREATE);
    cr_assert_geq(file, 0);
    cr_assert_eq(file_write(w->fs, file, text, strlen(text), 0), 0);
    return file;
}

/* A file whose bytes and entry are durable. */
static int make_durable(struct world *w, const char *path, const char *text)
{
    int file = make_file(w, path, text);
    cr_assert_eq(file_sync(w->fs, file), 0);
    cr_assert_eq(file_sync_directory(w->fs, "/"), 0);
    return file;
}

/* The whole text of a file, or "-" when it is not there. */
static const char *text_of(struct world *w, const char *path)
{
    static char text[65536];
    char *data;
    uint64_t len;
    int result = file_load(w->fs, path, sizeof text - 1, &data, &len);
    if (result == ERR_NOT_FOUND)
        return "-";
    cr_assert_eq(result, 0);
    memcpy(text, data, len + 1);
    mem_free(data);
    return text;
}

static struct io *core_new(struct world *w)
{
    static struct log log;
    log_init_stderr(&log, LOG_WARN, "sim test");
    struct io_options options = {
        .recv_buffer_bytes = 4096, .recv_buffer_count = 4, .disk_threads = 2, .log = &log};
    struct io *io;
    cr_assert_eq(sim_io_new(w->host, &options, &io), 0);
    return io;
}

struct wait {
    struct io_op op;
    bool out;
    int64_t value;
};

static void wait_done(struct io_op *op, const struct io_event *event)
{
    struct wait *wait = (struct wait *)(void *)op;
    wait->out = false;
    wait->value = event->value;
}

static struct io_op *wait_start(struct wait *wait)
{
    *wait = (struct wait){.op.done = wait_done, .out = true};
    return &wait->op;
}

static int64_t wait_end(struct io *io, struct wait *wait)
{
    while (wait->out)
        io_poll(io, IO_NEVER);
    return wait->value;
}

/* Survival. */

Test(sim_disk, keeps_what_was_synced_and_may_lose_what_was_not)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        int file = make_durable(&w, "/f", "first");
        cr_assert_eq(file_write(w.fs, file, "other", 5, 0), 0);
        cr_assert_str_eq(text_of(&w, "/f"), "other");
        restart(&w);
        const char *text = text_of(&w, "/f");
        cr_assert(strcmp(text, "first") == 0 || strcmp(text, "other") == 0, "%s", text);
        lost += strcmp(text, "first") == 0;
        world_free(&w);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, keeps_everything_when_only_the_process_ends)
{
    struct world w = world_new(1);
    int file = make_file(&w, "/f", "text");
    cr_assert_geq(file, 0);
    restart_process(&w);
    cr_assert_str_eq(text_of(&w, "/f"), "text");
    world_free(&w);
}

Test(sim_disk, what_a_killed_process_left_in_the_cache_may_still_be_lost)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        make_file(&w, "/f", "text");
        sim_host_kill(w.host);
        sim_host_crash(w.host);
        sim_host_start(w.host);
        lost += strcmp(text_of(&w, "/f"), "text") != 0;
        world_free(&w);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, tears_unsynced_bytes_at_sectors)
{
    int torn = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        static char old[BLOCK];
        static char new[BLOCK];
        static char got[BLOCK];
        memset(old, 'o', sizeof old);
        memset(new, 'n', sizeof new);
        int file = file_open(w.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(w.fs, file, old, sizeof old, 0), 0);
        cr_assert_eq(file_sync(w.fs, file), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        cr_assert_eq(file_write(w.fs, file, new, sizeof new, 0), 0);
        restart(&w);
        file = file_open(w.fs, "/f", FILE_READ);
        cr_assert_eq(file_read(w.fs, file, got, sizeof got, 0), BLOCK);
        for (int s = 0; s < BLOCK; s += 512)
            cr_assert(memcmp(got + s, old, 512) == 0 || memcmp(got + s, new, 512) == 0);
        torn += memcmp(got, old, BLOCK) != 0 && memcmp(got, new, BLOCK) != 0;
        file_close(w.fs, file);
        world_free(&w);
    }
    cr_assert_gt(torn, SEEDS / 10);
}

Test(sim_disk, a_dsync_write_is_durable_when_it_is_done)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        struct io *io = core_new(&w);
        int file = make_durable(&w, "/f", "first");
        struct wait wait;
        struct io_extent extent = {.file = file, .data = "other, longer", .len = 13};
        io_write(io, wait_start(&wait), &extent, IO_DSYNC);
        cr_assert_eq(wait_end(io, &wait), 13);
        restart(&w);
        cr_assert_str_eq(text_of(&w, "/f"), "other, longer");
        io_free(io);
        world_free(&w);
    }
}

Test(sim_disk, a_write_in_flight_lands_whole_torn_or_not_at_all)
{
    int whole = 0;
    int none = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        struct io *io = core_new(&w);
        static uint8_t data[BLOCK];
        static uint8_t got[BLOCK];
        static const uint8_t zeros[BLOCK];
        memset(data, 'n', sizeof data);
        int file = file_open(w.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(w.fs, file, zeros, sizeof zeros, 0), 0);
        cr_assert_eq(file_sync(w.fs, file), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        struct wait wait;
        struct io_extent extent = {.file = file, .data = data, .len = BLOCK};
        io_write(io, wait_start(&wait), &extent, IO_DSYNC);
        sim_run(w.sim, 5000);
        restart(&w);
        cr_assert(wait.out, "it never completes");
        io_free(io);
        file = file_open(w.fs, "/f", FILE_READ);
        cr_assert_eq(file_read(w.fs, file, got, sizeof got, 0), BLOCK);
        whole += memcmp(got, data, BLOCK) == 0;
        none += memcmp(got, zeros, BLOCK) == 0;
        world_free(&w);
    }
    cr_assert_gt(whole, SEEDS / 10);
    cr_assert_gt(none, SEEDS / 10);
    cr_assert_gt(SEEDS - whole - none, SEEDS / 10);
}

/* Entries. */

Test(sim_disk, an_entry_is_durable_when_its_directory_is_synced)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        make_durable(&w, "/kept", "text");
        int file = make_file(&w, "/new", "text");
        cr_assert_eq(file_sync(w.fs, file), 0);
        restart(&w);
        cr_assert_str_eq(text_of(&w, "/kept"), "text");
        lost += strcmp(text_of(&w, "/new"), "-") == 0;
        world_free(&w);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, a_removal_may_be_undone_until_its_directory_is_synced)
{
    int back = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        make_durable(&w, "/f", "text");
        cr_assert_eq(file_remove(w.fs, "/f"), 0);
        cr_assert_str_eq(text_of(&w, "/f"), "-");
        restart(&w);
        back += strcmp(text_of(&w, "/f"), "text") == 0;
        if (strcmp(text_of(&w, "/f"), "-") != 0) {
            cr_assert_eq(file_remove(w.fs, "/f"), 0);
            cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        }
        restart(&w);
        cr_assert_str_eq(text_of(&w, "/f"), "-");
        world_free(&w);
    }
    cr_assert(back > SEEDS / 10 && back < SEEDS * 9 / 10, "%d", back);
}

/* Changes of one directory survive in order: a later one never without an earlier. */
Test(sim_disk, entries_survive_in_the_order_of_their_changes)
{
    int some = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        char path[16];
        for (int i = 0; i < 8; i++) {
            snprintf(path, sizeof path, "/%d", i);
            file_close(w.fs, make_file(&w, path, "x"));
        }
        restart(&w);
        int there = 0;
        for (int i = 0; i < 8; i++) {
            snprintf(path, sizeof path, "/%d", i);
            struct file_info info;
            bool found = file_get_info(w.fs, path, &info) == 0;
            cr_assert(!found || there == i);
            there += found;
        }
        some += there > 0 && there < 8;
        world_free(&w);
    }
    cr_assert_gt(some, SEEDS / 10);
}

Test(sim_disk, a_rename_between_directories_never_loses_the_file)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        cr_assert_eq(file_make_directory(w.fs, "/a"), 0);
        cr_assert_eq(file_make_directory(w.fs, "/b"), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        int file = make_file(&w, "/a/f", "text");
        cr_assert_eq(file_sync(w.fs, file), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/a"), 0);
        cr_assert_eq(file_rename(w.fs, "/a/f", "/b/g"), 0);
        bool synced = seed % 2 == 0;
        if (synced)
            cr_assert_eq(file_sync_directory(w.fs, "/b"), 0);
        restart(&w);
        bool old = strcmp(text_of(&w, "/a/f"), "text") == 0;
        bool new = strcmp(text_of(&w, "/b/g"), "text") == 0;
        cr_assert_eq(old + new, 1);
        cr_assert(new || !synced);
        world_free(&w);
    }
}

/* The power goes at every single change of a replacement. */
Test(sim_disk, a_replaced_file_is_the_old_or_the_new_one_wherever_the_power_goes)
{
    int old = 0;
    int new = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        for (uint64_t number = 1;; number++) {
            struct world w = world_new(seed);
            cr_assert_eq(file_replace(w.fs, "/f", "old", 3), 0);
            uint64_t before = sim_disk_count(w.host, SIM_DISK_CHANGE);
            sim_disk_fail(w.host, &(struct sim_failure){
                                      .kind = SIM_DISK_CHANGE, .number = number, .crash = true});
            int result = file_replace(w.fs, "/f", "newer", 5);
            bool hit = !sim_host_up(w.host);
            cr_assert_eq(result, hit ? ERR_OFFLINE : 0);
            if (hit) {
                sim_host_start(w.host);
                const char *text = text_of(&w, "/f");
                old += strcmp(text, "old") == 0;
                new += strcmp(text, "newer") == 0;
                cr_assert(strcmp(text, "old") == 0 || strcmp(text, "newer") == 0, "%s", text);
            } else {
                cr_assert_eq(sim_disk_count(w.host, SIM_DISK_CHANGE) - before, number - 1);
                cr_assert_eq(number, 6, "open, write, sync, rename, sync");
            }
            world_free(&w);
            if (!hit)
                break;
        }
    }
    cr_assert(old > 0 && new > 0);
}

Test(sim_disk, a_truncation_that_was_not_synced_is_undone_whole_or_done_whole)
{
    int undone = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        static char old[2 * BLOCK];
        static char got[4 * BLOCK];
        memset(old, 'o', sizeof old);
        int file = file_open(w.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(w.fs, file, old, sizeof old, 0), 0);
        cr_assert_eq(file_sync(w.fs, file), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        cr_assert_eq(file_truncate(w.fs, file, 100), 0);
        cr_assert_eq(file_write(w.fs, file, "new", 3, 3 * BLOCK), 0);
        restart(&w);
        file = file_open(w.fs, "/f", FILE_READ);
        int64_t len = file_read(w.fs, file, got, sizeof got, 0);
        if (len == sizeof old && memcmp(got, old, sizeof old) == 0)
            undone++;
        else
            for (int64_t i = 100; i < len; i++)
                cr_assert_neq(got[i], 'o', "old bytes behind a cut, at %d of %d", (int)i, (int)len);
        world_free(&w);
    }
    cr_assert(undone > SEEDS / 10 && undone < SEEDS * 9 / 10, "%d", undone);
}

/* Every sector is one of the versions written since it was last synced, under any history. */
Test(sim_disk, a_sector_is_never_older_than_its_sync)
{
    enum { SECTORS = 24 };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        static uint8_t data[512];
        uint8_t now[SECTORS] = {0};
        uint8_t synced[SECTORS] = {0};
        sim_disk(w.host)->writeback = SIM_ALWAYS / 4;
        int file = file_open(w.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_allocate(w.fs, file, 0, SECTORS * 512), 0);
        cr_assert_eq(file_sync(w.fs, file), 0);
        cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
        for (int i = 0; i < 100; i++) {
            uint64_t sector = sim_random(w.sim) % SECTORS;
            memset(data, ++now[sector], sizeof data);
            cr_assert_eq(file_write(w.fs, file, data, sizeof data, sector * 512), 0);
            if (sim_chance(w.sim, SIM_ALWAYS / 20)) {
                cr_assert_eq(file_sync(w.fs, file), 0);
                memcpy(synced, now, sizeof now);
            }
        }
        restart(&w);
        file = file_open(w.fs, "/f", FILE_READ);
        for (uint64_t s = 0; s < SECTORS; s++) {
            cr_assert_eq(file_read(w.fs, file, data, sizeof data, s * 512), 512);
            cr_assert(data[0] >= synced[s] && data[0] <= now[s]);
            cr_assert_eq(data[0], data[511]);
        }
        world_free(&w);
    }
}

/* Faults. */

Test(sim_disk, a_failed_sync_leaves_clean_pages_that_are_not_durable)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        int file = make_durable(&w, "/f", "first");
        cr_assert_eq(file_write(w.fs, file, "other", 5, 0), 0);
        sim_disk_fail(w.host, &(struct sim_failure){.kind = SIM_DISK_SYNC, .number = 1});
        cr_assert_eq(file_sync(w.fs, file), ERR_IO);
        cr_assert_eq(file_sync(w.fs, file), 0, "the second one lies");
        cr_assert_str_eq(text_of(&w, "/f"), "other", "the cache still has it");
        restart(&w);
        lost += strcmp(text_of(&w, "/f"), "first") == 0;
        world_free(&w);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, a_lost_write_is_seen_until_the_power_goes)
{
    struct world w = world_new(3);
    int file = make_durable(&w, "/f", "first");
    sim_disk(w.host)->write_lost = SIM_ALWAYS;
    cr_assert_eq(file_write(w.fs, file, "other", 5, 0), 0);
    cr_assert_eq(file_sync(w.fs, file), 0);
    cr_assert_str_eq(text_of(&w, "/f"), "other");
    cr_assert_eq(sim_disk_unsynced(w.host, "/f"), 512);
    restart(&w);
    cr_assert_str_eq(text_of(&w, "/f"), "first");
    world_free(&w);
}

Test(sim_disk, a_misdirected_write_lands_elsewhere_in_the_file)
{
    struct world w = world_new(4);
    static char block[8 * BLOCK];
    static char got[8 * BLOCK];
    int elsewhere = 0;
    int file = file_open(w.fs, "/f", FILE_CREATE);
    memset(block, 'o', sizeof block);
    for (int i = 0; i < 20; i++) {
        sim_disk(w.host)->write_misdirected = 0;
        cr_assert_eq(file_write(w.fs, file, block, sizeof block, 0), 0);
        sim_disk(w.host)->write_misdirected = SIM_ALWAYS;
        cr_assert_eq(file_write(w.fs, file, "new", 3, BLOCK), 0);
        cr_assert_eq(file_read(w.fs, file, got, sizeof got, 0), (int64_t)sizeof got);
        int found = 0;
        for (int b = 0; b < 8; b++)
            found += memcmp(got + b * BLOCK, "new", 3) == 0;
        cr_assert_eq(found, 1);
        elsewhere += memcmp(got + BLOCK, "ooo", 3) == 0;
    }
    cr_assert_gt(elsewhere, 10);
    world_free(&w);
}

Test(sim_disk, a_corrupted_sector_has_one_wrong_bit_for_good)
{
    struct world w = world_new(5);
    static uint8_t block[BLOCK];
    static uint8_t got[BLOCK];
    int file = file_open(w.fs, "/f", FILE_CREATE);
    sim_disk(w.host)->write_corrupted = SIM_ALWAYS;
    memset(block, 'o', sizeof block);
    cr_assert_eq(file_write(w.fs, file, block, sizeof block, 0), 0);
    cr_assert_eq(file_sync(w.fs, file), 0);
    cr_assert_eq(file_sync_directory(w.fs, "/"), 0);
    restart(&w);
    file = file_open(w.fs, "/f", FILE_READ);
    cr_assert_eq(file_read(w.fs, file, got, sizeof got, 0), BLOCK);
    int wrong = 0;
    for (int i = 0; i < BLOCK; i++)
        wrong += __builtin_popcount(got[i] ^ block[i]);
    cr_assert_eq(wrong, 1);
    cr_assert_eq(sim_disk_corrupt(w.host, "/f", 0, BLOCK), 0);
    cr_assert_eq(file_read(w.fs, file, block, sizeof block, 0), BLOCK);
    wrong = 0;
    for (int i = 0; i < BLOCK; i++)
        wrong += __builtin_popcount(got[i] ^ block[i]);
    cr_assert_eq(wrong, 8, "one in each sector");
    world_free(&w);
}

static void check_failed_write(void (*set)(struct sim_disk_options *disk), bool may_land)
{
    int landed = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct world w = world_new(seed);
        static char old[BLOCK];
        static char new[BLOCK];
        static char got[BLOCK];
        memset(old, 'o', sizeof old);
        memset(new, 'n', sizeof new);
        int file = file_open(w.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(w.fs, file, old, sizeof old, 0), 0);
        set(sim_disk(w.host));
        cr_assert_eq(file_write(w.fs, file, new, sizeof new, 0), ERR_IO);
        cr_assert_eq(file_read(w.fs, file, got, sizeof got, 0), BLOCK);
        cr_assert_neq(memcmp(got, new, BLOCK), 0);
        landed += memcmp(got, old, BLOCK) != 0;
        world_free(&w);
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

Test(sim_disk, a_failed_write_lands_not_at_all_or_in_part)
{
    check_failed_write(set_write_error, false);
    check_failed_write(set_write_short, true);
    check_failed_write(set_write_torn, true);
}

Test(sim_disk, errors_of_reads_syncs_and_entries_happen)
{
    struct world w = world_new(6);
    char byte;
    int file = make_durable(&w, "/f", "text");
    sim_disk(w.host)->read_error = SIM_ALWAYS;
    cr_assert_eq(file_read(w.fs, file, &byte, 1, 0), ERR_IO);
    sim_disk(w.host)->read_error = 0;
    sim_disk(w.host)->sync_error = SIM_ALWAYS;
    cr_assert_eq(file_sync(w.fs, file), ERR_IO);
    cr_assert_eq(file_sync_all(w.fs, "/"), ERR_IO);
    sim_disk(w.host)->sync_error = 0;
    sim_disk(w.host)->entry_error = SIM_ALWAYS;
    cr_assert_eq(file_open(w.fs, "/f", FILE_READ), ERR_IO);
    cr_assert_eq(file_rename(w.fs, "/f", "/g"), ERR_IO);
    cr_assert_eq(file_remove(w.fs, "/f"), ERR_IO);
    cr_assert_eq(file_make_directory(w.fs, "/d"), ERR_IO);
    cr_assert_eq(file_sync_directory(w.fs, "/"), ERR_IO);
    sim_disk(w.host)->entry_error = 0;
    cr_assert_str_eq(text_of(&w, "/f"), "text");
    cr_assert_eq(file_read(w.fs, file, &byte, 1, 0), 1);
    cr_assert_eq(file_sync(w.fs, file), 0);
    world_free(&w);
}

Test(sim_disk, is_full_at_its_capacity_and_goes_on_when_there_is_more)
{
    struct world w = world_new(7);
    static char block[4 * BLOCK];
    struct file_space space;
    sim_disk(w.host)->capacity_bytes = 4 * BLOCK;
    int file = file_open(w.fs, "/f", FILE_CREATE);
    cr_assert_eq(file_write(w.fs, file, block, 3 * BLOCK, 0), 0);
    cr_assert_eq(file_write(w.fs, file, block, sizeof block, 2 * BLOCK), ERR_NO_SPACE);
    cr_assert_eq(file_write(w.fs, file, block, 3 * BLOCK, 0), 0, "no new pages");
    cr_assert_eq(file_allocate(w.fs, file, 0, 8 * BLOCK), ERR_NO_SPACE);
    sim_disk(w.host)->capacity_bytes = 8 * BLOCK;
    cr_assert_eq(file_allocate(w.fs, file, 0, 8 * BLOCK), 0);
    cr_assert_eq(file_get_space(w.fs, "/", &space), 0);
    cr_assert_eq(space.free_bytes, 0);
    cr_assert_eq(file_remove(w.fs, "/f"), 0);
    cr_assert_eq(sim_disk_used(w.host), 8 * BLOCK, "it is still open");
    file_close(w.fs, file);
    cr_assert_eq(sim_disk_used(w.host), 0);
    world_free(&w);
}

Test(sim_disk, runs_out_of_descriptors)
{
    struct world w = world_new(8);
    sim_disk(w.host)->descriptors_max = 2;
    int a = make_file(&w, "/a", "a");
    int b = make_file(&w, "/b", "b");
    cr_assert_neq(a, b);
    cr_assert_eq(file_open(w.fs, "/c", FILE_CREATE), ERR_TOO_MANY_FILES);
    file_close(w.fs, a);
    cr_assert_eq(file_open(w.fs, "/b", FILE_READ), a, "the lowest free one");
    world_free(&w);
}

Test(sim_disk, the_chosen_operation_fails_and_no_other)
{
    struct world w = world_new(9);
    int file = make_file(&w, "/f", "text");
    struct sim_failure failure = {.kind = SIM_DISK_WRITE, .number = 2, .error = ERR_NO_SPACE};
    sim_disk_fail(w.host, &failure);
    cr_assert_eq(file_sync(w.fs, file), 0);
    cr_assert_eq(file_write(w.fs, file, "1", 1, 0), 0);
    cr_assert_eq(file_write(w.fs, file, "2", 1, 0), ERR_NO_SPACE);
    cr_assert_eq(file_write(w.fs, file, "3", 1, 0), 0);
    failure.from_then_on = true;
    sim_disk_fail(w.host, &failure);
    cr_assert_eq(file_write(w.fs, file, "4", 1, 0), 0);
    cr_assert_eq(file_write(w.fs, file, "5", 1, 0), ERR_NO_SPACE);
    cr_assert_eq(file_write(w.fs, file, "6", 1, 0), ERR_NO_SPACE);
    sim_disk_fail(w.host, NULL);
    cr_assert_eq(file_write(w.fs, file, "7", 1, 0), 0);
    cr_assert_eq(sim_disk_count(w.host, SIM_DISK_WRITE), 8);
    world_free(&w);
}

/* How many of many writes were overtaken. */
static int count_overtaken(uint32_t reorder)
{
    enum { COUNT = 100 };
    struct world w = world_new(10);
    struct io *io = core_new(&w);
    static struct wait waits[COUNT];
    int overtaken = 0;
    int file = make_file(&w, "/f", "x");
    sim_disk(w.host)->reorder = reorder;
    for (int i = 0; i < COUNT; i++) {
        struct io_extent extent = {
            .file = file, .data = "data", .len = 4, .pos = (uint64_t)i * BLOCK};
        io_write(io, wait_start(&waits[i]), &extent, 0);
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
        wait_end(io, &waits[i]);
    }
    io_free(io);
    world_free(&w);
    return overtaken;
}

Test(sim_disk, writes_end_in_order_unless_they_are_reordered)
{
    cr_assert_eq(count_overtaken(0), 0);
    cr_assert_gt(count_overtaken(SIM_ALWAYS / 5), 0);
}

Test(sim_disk, a_stall_takes_seconds)
{
    struct world w = world_new(11);
    int file = make_file(&w, "/f", "x");
    uint64_t before = sim_now(w.sim);
    cr_assert_eq(file_sync(w.fs, file), 0);
    cr_assert_lt(sim_now(w.sim) - before, NS_PER_S / 10);
    sim_disk(w.host)->stall = SIM_ALWAYS;
    before = sim_now(w.sim);
    cr_assert_eq(file_sync(w.fs, file), 0);
    cr_assert_geq(sim_now(w.sim) - before, NS_PER_S);
    world_free(&w);
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

Test(sim_disk, a_job_learns_that_its_machine_is_gone)
{
    struct world w = world_new(12);
    struct io *io = core_new(&w);
    struct wait wait;
    int job_result = 0;
    io_job(io, wait_start(&wait), 1, replace_job, &job_result);
    for (int i = 0; i < 100; i++)
        io_poll(io, sim_now(w.sim) + 100 * NS_PER_US);
    cr_assert(wait.out);
    sim_host_crash(w.host);
    cr_assert_eq(job_result, ERR_OFFLINE);
    cr_assert_eq(file_open(w.fs, "/f", FILE_READ), ERR_OFFLINE);
    io_poll(io, IO_NEVER);
    cr_assert(wait.out, "it never completes");
    io_free(io);
    sim_host_start(w.host);
    cr_assert_str_eq(text_of(&w, "/f"), "text");
    world_free(&w);
}

Test(sim_disk, locks_last_as_long_as_their_process)
{
    struct world w = world_new(13);
    int lock = file_lock(w.fs, "/lock");
    cr_assert_geq(lock, 0);
    cr_assert_eq(file_lock(w.fs, "/lock"), ERR_LOCKED);
    file_close(w.fs, lock);
    cr_assert_geq(file_lock(w.fs, "/lock"), 0);
    restart_process(&w);
    cr_assert_geq(file_lock(w.fs, "/lock"), 0);
    world_free(&w);
}

/* Replay. */

struct worker {
    struct world *w;
    int number;
};

static void worker_run(void *context)
{
    const struct worker *worker = context;
    char path[16];
    for (int i = 0; i < 30; i++) {
        snprintf(path, sizeof path, "/%d", (worker->number + i) % 5);
        int ignored = file_replace(worker->w->fs, path, path, strlen(path));
        (void)ignored;
    }
}

/* Three threads against a bad disk, and a crash. */
static uint64_t run_workload(uint64_t seed)
{
    struct world w = world_new(seed);
    struct worker workers[3];
    struct sim_disk_options *disk = sim_disk(w.host);
    disk->write_error = disk->sync_error = disk->entry_error = SIM_ALWAYS / 50;
    disk->stall = disk->reorder = disk->writeback = SIM_ALWAYS / 20;
    for (int i = 0; i < 3; i++) {
        workers[i] = (struct worker){&w, i};
        sim_thread_start(w.host, worker_run, &workers[i]);
    }
    sim_run(w.sim, 100 * NS_PER_MS);
    restart(&w);
    disk->write_error = disk->sync_error = disk->entry_error = 0;
    text_of(&w, "/0");
    uint64_t hash = sim_hash(w.sim);
    world_free(&w);
    return hash;
}

Test(sim_disk, a_seed_replays_and_another_differs)
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

Test(sim_disk, tells_what_happens_when_asked)
{
    struct world w = world_new(14);
    int lines = 0;
    file_close(w.fs, make_file(&w, "/f", "x"));
    sim_trace(w.sim, count_line, &lines);
    cr_assert_eq(file_replace(w.fs, "/f", "y", 1), 0);
    cr_assert_geq(lines, 5);
    int before = lines;
    sim_trace(w.sim, NULL, NULL);
    cr_assert_eq(file_replace(w.fs, "/f", "z", 1), 0);
    cr_assert_eq(lines, before);
    world_free(&w);
}
