/* The simulated disk: what survives which end. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/util.h"
#include "sim_machine.h"

/* Survival. */

Test(sim_disk, keeps_what_was_synced_and_may_lose_what_was_not)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        int file = machine_make_durable(&m, "/f", "first");
        cr_assert_eq(file_write(m.fs, file, "other", 5, 0), 0);
        cr_assert_str_eq(machine_text(&m, "/f"), "other");
        machine_restart(&m);
        const char *text = machine_text(&m, "/f");
        cr_assert(strcmp(text, "first") == 0 || strcmp(text, "other") == 0, "%s", text);
        lost += strcmp(text, "first") == 0;
        machine_free(&m);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, keeps_everything_when_only_the_process_ends)
{
    struct machine m = machine_new(1);
    int file = machine_make(&m, "/f", "text");
    cr_assert_geq(file, 0);
    machine_restart_process(&m);
    cr_assert_str_eq(machine_text(&m, "/f"), "text");
    machine_free(&m);
}

Test(sim_disk, what_a_killed_process_left_in_the_cache_may_still_be_lost)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        machine_make(&m, "/f", "text");
        sim_host_kill(m.host);
        sim_host_crash(m.host);
        sim_host_start(m.host);
        lost += strcmp(machine_text(&m, "/f"), "text") != 0;
        machine_free(&m);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, tears_unsynced_bytes_at_sectors)
{
    int torn = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        static char old[BLOCK];
        static char new[BLOCK];
        static char got[BLOCK];
        memset(old, 'o', sizeof old);
        memset(new, 'n', sizeof new);
        int file = file_open(m.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(m.fs, file, old, sizeof old, 0), 0);
        cr_assert_eq(file_sync(m.fs, file), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        cr_assert_eq(file_write(m.fs, file, new, sizeof new, 0), 0);
        machine_restart(&m);
        file = file_open(m.fs, "/f", FILE_READ);
        cr_assert_eq(file_read(m.fs, file, got, sizeof got, 0), BLOCK);
        for (int s = 0; s < BLOCK; s += 512)
            cr_assert(memcmp(got + s, old, 512) == 0 || memcmp(got + s, new, 512) == 0);
        torn += memcmp(got, old, BLOCK) != 0 && memcmp(got, new, BLOCK) != 0;
        file_close(m.fs, file);
        machine_free(&m);
    }
    cr_assert_gt(torn, SEEDS / 10);
}

Test(sim_disk, a_write_back_makes_nothing_durable)
{
    int lost = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        int file = machine_make_durable(&m, "/f", "first");
        cr_assert_eq(file_write(m.fs, file, "other", 5, 0), 0);
        cr_assert_eq(file_write_back(m.fs, file, 0, 5), 0);
        machine_restart(&m);
        const char *left = machine_text(&m, "/f");
        lost += strcmp(left, "first") == 0;
        cr_assert(strcmp(left, "first") == 0 || strcmp(left, "other") == 0);
        machine_free(&m);
    }
    cr_assert_gt(lost, SEEDS / 10);
}

Test(sim_disk, a_dsync_write_is_durable_when_it_is_done)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        struct io *io = machine_core(&m);
        int file = machine_make_durable(&m, "/f", "first");
        struct machine_wait wait;
        struct io_extent extent = {.file = file, .data = "other, longer", .len = 13};
        io_write(io, machine_wait_start(&wait), &extent, IO_DSYNC);
        cr_assert_eq(machine_wait_end(io, &wait), 13);
        machine_restart(&m);
        cr_assert_str_eq(machine_text(&m, "/f"), "other, longer");
        io_free(io);
        machine_free(&m);
    }
}

Test(sim_disk, a_write_in_flight_lands_whole_torn_or_not_at_all)
{
    int whole = 0;
    int none = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        struct io *io = machine_core(&m);
        static uint8_t data[BLOCK];
        static uint8_t got[BLOCK];
        static const uint8_t zeros[BLOCK];
        memset(data, 'n', sizeof data);
        int file = file_open(m.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(m.fs, file, zeros, sizeof zeros, 0), 0);
        cr_assert_eq(file_sync(m.fs, file), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        struct machine_wait wait;
        struct io_extent extent = {.file = file, .data = data, .len = BLOCK};
        io_write(io, machine_wait_start(&wait), &extent, IO_DSYNC);
        sim_run(m.sim, 5000);
        machine_restart(&m);
        cr_assert(wait.out, "it never completes");
        io_free(io);
        file = file_open(m.fs, "/f", FILE_READ);
        cr_assert_eq(file_read(m.fs, file, got, sizeof got, 0), BLOCK);
        whole += memcmp(got, data, BLOCK) == 0;
        none += memcmp(got, zeros, BLOCK) == 0;
        machine_free(&m);
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
        struct machine m = machine_new(seed);
        machine_make_durable(&m, "/kept", "text");
        int file = machine_make(&m, "/new", "text");
        cr_assert_eq(file_sync(m.fs, file), 0);
        machine_restart(&m);
        cr_assert_str_eq(machine_text(&m, "/kept"), "text");
        lost += strcmp(machine_text(&m, "/new"), "-") == 0;
        machine_free(&m);
    }
    cr_assert(lost > SEEDS / 10 && lost < SEEDS * 9 / 10, "%d", lost);
}

Test(sim_disk, a_removal_may_be_undone_until_its_directory_is_synced)
{
    int back = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        machine_make_durable(&m, "/f", "text");
        cr_assert_eq(file_remove(m.fs, "/f"), 0);
        cr_assert_str_eq(machine_text(&m, "/f"), "-");
        machine_restart(&m);
        back += strcmp(machine_text(&m, "/f"), "text") == 0;
        if (strcmp(machine_text(&m, "/f"), "-") != 0) {
            cr_assert_eq(file_remove(m.fs, "/f"), 0);
            cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        }
        machine_restart(&m);
        cr_assert_str_eq(machine_text(&m, "/f"), "-");
        machine_free(&m);
    }
    cr_assert(back > SEEDS / 10 && back < SEEDS * 9 / 10, "%d", back);
}

/* Changes of one directory survive in order: a later one never without an earlier. */
Test(sim_disk, entries_survive_in_the_order_of_their_changes)
{
    int some = 0;
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        char path[16];
        for (int i = 0; i < 8; i++) {
            snprintf(path, sizeof path, "/%d", i);
            file_close(m.fs, machine_make(&m, path, "x"));
        }
        machine_restart(&m);
        int there = 0;
        for (int i = 0; i < 8; i++) {
            snprintf(path, sizeof path, "/%d", i);
            struct file_info info;
            bool found = file_get_info(m.fs, path, &info) == 0;
            cr_assert(!found || there == i);
            there += found;
        }
        some += there > 0 && there < 8;
        machine_free(&m);
    }
    cr_assert_gt(some, SEEDS / 10);
}

Test(sim_disk, a_synced_directory_has_the_entries_of_its_last_change)
{
    struct machine m = machine_new(1);
    file_close(m.fs, machine_make(&m, "/f", "x"));
    cr_assert_eq(file_rename(m.fs, "/f", "/g"), 0);
    file_close(m.fs, machine_make(&m, "/f", "x"));
    cr_assert_eq(file_rename(m.fs, "/f", "/h"), 0);
    cr_assert_eq(file_remove(m.fs, "/g"), 0);
    cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
    machine_restart(&m);
    cr_assert_str_eq(machine_text(&m, "/f"), "-");
    cr_assert_str_eq(machine_text(&m, "/g"), "-");
    cr_assert_str_neq(machine_text(&m, "/h"), "-");
    machine_free(&m);
}

Test(sim_disk, a_rename_between_directories_never_loses_the_file)
{
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        cr_assert_eq(file_make_directory(m.fs, "/a"), 0);
        cr_assert_eq(file_make_directory(m.fs, "/b"), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        int file = machine_make(&m, "/a/f", "text");
        cr_assert_eq(file_sync(m.fs, file), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/a"), 0);
        cr_assert_eq(file_rename(m.fs, "/a/f", "/b/g"), 0);
        bool synced = seed % 2 == 0;
        if (synced)
            cr_assert_eq(file_sync_directory(m.fs, "/b"), 0);
        machine_restart(&m);
        bool old = strcmp(machine_text(&m, "/a/f"), "text") == 0;
        bool new = strcmp(machine_text(&m, "/b/g"), "text") == 0;
        cr_assert_eq(old + new, 1);
        cr_assert(new || !synced);
        machine_free(&m);
    }
}

/* The power goes at every single change of a replacement. */
Test(sim_disk, a_replaced_file_is_the_old_or_the_new_one_wherever_the_power_goes)
{
    int old = 0;
    int new = 0;
    for (uint64_t seed = 0; seed < 40; seed++) {
        for (uint64_t number = 1;; number++) {
            struct machine m = machine_new(seed);
            cr_assert_eq(file_replace(m.fs, "/f", "old", 3), 0);
            uint64_t before = sim_disk_count(m.host, SIM_DISK_CHANGE);
            sim_disk_fail(m.host, &(struct sim_failure){
                                      .kind = SIM_DISK_CHANGE, .number = number, .crash = true});
            int result = file_replace(m.fs, "/f", "newer", 5);
            bool hit = !sim_host_up(m.host);
            cr_assert_eq(result, hit ? ERR_OFFLINE : 0);
            if (hit) {
                sim_host_start(m.host);
                const char *text = machine_text(&m, "/f");
                old += strcmp(text, "old") == 0;
                new += strcmp(text, "newer") == 0;
                cr_assert(strcmp(text, "old") == 0 || strcmp(text, "newer") == 0, "%s", text);
            } else {
                cr_assert_eq(sim_disk_count(m.host, SIM_DISK_CHANGE) - before, number - 1);
                cr_assert_eq(number, 6, "open, write, sync, rename, sync");
            }
            machine_free(&m);
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
        struct machine m = machine_new(seed);
        static char old[2 * BLOCK];
        static char got[4 * BLOCK];
        memset(old, 'o', sizeof old);
        int file = file_open(m.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_write(m.fs, file, old, sizeof old, 0), 0);
        cr_assert_eq(file_sync(m.fs, file), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        cr_assert_eq(file_truncate(m.fs, file, 100), 0);
        cr_assert_eq(file_write(m.fs, file, "new", 3, 3 * BLOCK), 0);
        machine_restart(&m);
        file = file_open(m.fs, "/f", FILE_READ);
        int64_t len = file_read(m.fs, file, got, sizeof got, 0);
        if (len == sizeof old && memcmp(got, old, sizeof old) == 0)
            undone++;
        else
            for (int64_t i = 100; i < len; i++)
                cr_assert_neq(got[i], 'o', "old bytes behind a cut, at %d of %d", (int)i, (int)len);
        machine_free(&m);
    }
    cr_assert(undone > SEEDS / 10 && undone < SEEDS * 9 / 10, "%d", undone);
}

/* Every sector is one of the versions written since it was last synced, under any history. */
Test(sim_disk, a_sector_is_never_older_than_its_sync)
{
    enum { SECTORS = 24 };
    for (uint64_t seed = 0; seed < SEEDS; seed++) {
        struct machine m = machine_new(seed);
        static uint8_t data[512];
        uint8_t now[SECTORS] = {0};
        uint8_t synced[SECTORS] = {0};
        sim_disk(m.host)->writeback = SIM_ALWAYS / 4;
        int file = file_open(m.fs, "/f", FILE_CREATE);
        cr_assert_eq(file_allocate(m.fs, file, 0, SECTORS * 512), 0);
        cr_assert_eq(file_sync(m.fs, file), 0);
        cr_assert_eq(file_sync_directory(m.fs, "/"), 0);
        for (int i = 0; i < 100; i++) {
            uint64_t sector = sim_random(m.sim) % SECTORS;
            memset(data, ++now[sector], sizeof data);
            cr_assert_eq(file_write(m.fs, file, data, sizeof data, sector * 512), 0);
            if (sim_chance(m.sim, SIM_ALWAYS / 20)) {
                cr_assert_eq(file_sync(m.fs, file), 0);
                memcpy(synced, now, sizeof now);
            }
        }
        machine_restart(&m);
        file = file_open(m.fs, "/f", FILE_READ);
        for (uint64_t s = 0; s < SECTORS; s++) {
            cr_assert_eq(file_read(m.fs, file, data, sizeof data, s * 512), 512);
            cr_assert(data[0] >= synced[s] && data[0] <= now[s]);
            cr_assert_eq(data[0], data[511]);
        }
        machine_free(&m);
    }
}
