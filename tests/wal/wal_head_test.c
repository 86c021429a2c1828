/* The head of a stream: two slots, lives, and what a torn write leaves. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/crc32c.h"
#include "tests/wal/disk.h"
#include "wal/wal_head.h"

#define SLOT 4096

static struct disk disk;
static struct wal_head head;

static void begin_life(uint64_t life, uint64_t sequence, uint64_t durable)
{
    struct wal_life l = {life, sequence, sequence, life};
    cr_assert_eq(wal_head_begin_life(&head, &l, durable), 0);
}

/* Two stores, so that both slots are filled: life 1, then lives 1 and 2. */
static void begin(void)
{
    crc32c_init();
    disk_init(&disk);
    head = (struct wal_head){.stream = 5, .uuid = uuid_from_random(1, 2), .probed = true};
    begin_life(1, 1, 0);
    cr_assert_eq(wal_head_store(&disk.fs, "d", &head), 0);
    begin_life(2, 10, 9);
    cr_assert_eq(wal_head_store(&disk.fs, "d", &head), 0);
}

static int load(struct wal_head *loaded)
{
    return wal_head_load(&disk.fs, "d", 5, loaded);
}

static void damage(unsigned slot)
{
    disk_overwrite(&disk, "-head", slot * SLOT + 50, "damage", 6);
}

Test(wal_head, comes_back_as_it_was_stored)
{
    struct wal_head loaded;
    begin();
    cr_assert_eq(load(&loaded), 0);
    cr_assert_eq(memcmp(&loaded, &head, sizeof head), 0);
    disk_fini(&disk);
}

/* A CRC says that the bytes are as they were written, not that they make sense: counting on from
 * the largest number would begin at 0 again. */
Test(wal_head, numbers_that_no_stream_reaches_and_lives_out_of_order_are_damage)
{
    static const struct wal_life bad[] = {
        {UINT64_MAX, 20, 20, 3}, {3, UINT64_MAX, 20, 3}, {3, 20, UINT64_MAX, 3},
        {3, 20, 20, UINT64_MAX}, {2, 20, 20, 3},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct wal_head loaded;
        begin();
        head.lives[head.life_count++] = bad[i];
        for (int slot = 0; slot < 2; slot++)
            cr_assert_eq(wal_head_store(&disk.fs, "d", &head), 0);
        cr_assert_eq(load(&loaded), ERR_CORRUPT, "life %zu", i);
        disk_fini(&disk);
    }
}

Test(wal_head, there_is_none_before_the_first_store)
{
    struct wal_head loaded;
    begin();
    cr_assert_eq(wal_head_load(&disk.fs, "d", 6, &loaded), ERR_NOT_FOUND);
    disk_fini(&disk);
}

Test(wal_head, a_torn_slot_leaves_the_one_before_it)
{
    struct wal_head loaded;
    begin();
    damage(0); /* number 2 */
    cr_assert_eq(load(&loaded), 0);
    cr_assert_eq(loaded.life_count, 1);
    damage(1);
    cr_assert_eq(load(&loaded), ERR_CORRUPT);
    disk_fini(&disk);
}

Test(wal_head, a_failed_store_is_repeated_in_the_same_slot)
{
    struct wal_head loaded;
    begin();
    begin_life(3, 20, 19);
    for (int i = 0; i < 3; i++) {
        disk_fail(&disk, i == 1 ? "open" : "sync", "head", 1, ERR_IO);
        cr_assert_eq(wal_head_store(&disk.fs, "d", &head), ERR_IO);
    }
    damage(1);
    cr_assert_eq(load(&loaded), 0);
    cr_assert_eq(loaded.life_count, 2, "the slot of the last good store is untouched");
    cr_assert_eq(wal_head_store(&disk.fs, "d", &head), 0);
    cr_assert_eq(load(&loaded), 0);
    cr_assert_eq(loaded.life_count, 3);
    disk_fini(&disk);
}

Test(wal_head, the_first_store_leaves_nothing_or_a_whole_head)
{
    for (int i = 0;; i++) {
        struct wal_head loaded;
        crc32c_init();
        disk_init(&disk);
        head = (struct wal_head){.stream = 5};
        begin_life(1, 1, 0);
        disk.dies_at = (uint64_t)i + 1;
        int stored = wal_head_store(&disk.fs, "d", &head);
        disk_heal(&disk);
        disk_cut(&disk);
        int loads = load(&loaded);
        cr_assert(loads == 0 || (loads == ERR_NOT_FOUND && stored != 0), "dead at %d", i + 1);
        cr_assert_eq(stored == 0 ? 1 : 0, (int)head.number);
        disk_fini(&disk);
        if (stored == 0)
            break;
    }
}

static void rewrite_slot(unsigned slot, size_t at, uint8_t value)
{
    uint8_t bytes[SLOT];
    memcpy(bytes, disk_file(&disk, "-head")->now + slot * SLOT, SLOT);
    bytes[at] = value;
    uint32_t crc = crc32c(0, bytes, SLOT - 4);
    for (int i = 0; i < 4; i++)
        bytes[SLOT - 4 + i] = (uint8_t)(crc >> (24 - 8 * i));
    disk_overwrite(&disk, "-head", slot * SLOT, bytes, SLOT);
}

/* The slot of the newer build is the newer one: the other is outdated. */
Test(wal_head, a_slot_of_a_newer_format_is_refused_even_beside_a_known_one)
{
    struct wal_head loaded;
    begin();
    rewrite_slot(0, 9, 99);
    cr_assert_eq(load(&loaded), ERR_VERSION);
    rewrite_slot(1, 9, 99);
    cr_assert_eq(load(&loaded), ERR_VERSION);
    disk_fini(&disk);
}

Test(wal_head, numbers_beyond_their_limits_are_damage)
{
    struct wal_head loaded;
    begin();
    for (unsigned slot = 0; slot < 2; slot++)
        rewrite_slot(slot, 8 + 2 + 2 + 8 + 16 + 4 + 3, 0);
    cr_assert_eq(load(&loaded), ERR_CORRUPT, "no life at all");
    for (unsigned slot = 0; slot < 2; slot++)
        rewrite_slot(slot, 8 + 2 + 2 + 8 + 16 + 4 + 3, WAL_LIVES_MAX + 1);
    cr_assert_eq(load(&loaded), ERR_CORRUPT, "too many lives");
    disk_fini(&disk);
}

Test(wal_head, the_head_of_another_stream_is_damage)
{
    struct wal_head loaded;
    begin();
    cr_assert_eq(file_rename(&disk.fs, "d/.odradek-wal-5-head", "d/.odradek-wal-7-head"), 0);
    cr_assert_eq(wal_head_load(&disk.fs, "d", 7, &loaded), ERR_CORRUPT);
    disk_fini(&disk);
}

Test(wal_head, a_life_without_anything_durable_gives_its_place_to_the_next)
{
    begin();
    begin_life(3, 20, 9);
    cr_assert_eq(head.life_count, 2);
    cr_assert_eq(head.lives[1].life, 3);
    cr_assert_eq(head.lives[1].before, 10, "where life 1 ended");
    cr_assert_eq(head.lives[1].sequence, 20);
    begin_life(4, 30, 20);
    cr_assert_eq(head.life_count, 3);
    disk_fini(&disk);
}

Test(wal_head, a_full_table_takes_no_more_until_some_are_forgotten)
{
    crc32c_init();
    disk_init(&disk);
    head = (struct wal_head){.stream = 5};
    for (uint64_t i = 1; i <= WAL_LIVES_MAX; i++)
        begin_life(i, i * 10, i * 10 - 1);
    struct wal_life more = {WAL_LIVES_MAX + 1, 5000, 5000, 1};
    cr_assert_eq(wal_head_begin_life(&head, &more, 4999), ERR_TOO_LARGE);
    cr_assert_eq(wal_head_store(&disk.fs, "d", &head), 0, "a full table fits into its slot");
    wal_head_forget(&head, 29);
    cr_assert_eq(head.lives[0].life, 2, "recovery at 29 is in life 2");
    wal_head_forget(&head, 30);
    cr_assert_eq(head.lives[0].life, 3);
    cr_assert_eq(wal_head_begin_life(&head, &more, 4999), 0);
    wal_head_forget(&head, UINT64_MAX);
    cr_assert_eq(head.life_count, 1, "the newest always stays");
    disk_fini(&disk);
}
