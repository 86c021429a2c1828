/* The disk-full reserve: it grows before the WAL does, and gives way to a start. */
#include "wal/wal_reserve.h"

#include <criterion/criterion.h>
#include <string.h>

#include "tests/wal/rig.h"

#define RESERVE ".odradek-reserve-0"

static struct rig r;

static uint64_t reserve_size(void)
{
    struct disk_node *n = disk_file(&r.disk, RESERVE);
    return n == NULL ? 0 : n->len;
}

static uint64_t wal_size(void)
{
    uint64_t size = 0;
    for (int i = 0; i < DISK_NODES; i++)
        if (strstr(r.disk.nodes[i].name, ".odradek-wal-0-") != NULL &&
            strstr(r.disk.nodes[i].name, "head") == NULL)
            size += r.disk.nodes[i].len;
    return size;
}

Test(wal_reserve, covers_the_files_at_every_moment)
{
    rig_init(&r);
    rig_open(&r);
    cr_assert(wal_reserve_comes(r.wal), "until then nothing of clients is taken");
    rig_pump(&r);
    cr_assert(disk_run_job(&r.disk));
    cr_assert_not(wal_reserve_comes(r.wal), "it is the first that is made");
    cr_assert_eq(r.told_settled, 1);
    cr_assert_geq(reserve_size(), wal_size() + WAL_RESERVE_EXTRA_BYTES);
    for (int i = 0; i < 600; i++) {
        rig_append_durable(&r, "a");
        rig_settle(&r, 0);
        cr_assert_geq(reserve_size(), wal_size() + WAL_RESERVE_EXTRA_BYTES);
    }
    cr_assert_geq(wal_size(), 3 << 20);
    uint64_t size = reserve_size();
    rig_crash(&r);
    cr_assert_eq(reserve_size(), size, "it is durable");
    rig_open(&r);
    cr_assert_eq(reserve_size(), size, "and stays");
    cr_assert_not(wal_reserve_comes(r.wal), "nobody waits for it again");
    rig_crash(&r);
    cr_assert_eq(wal_remove(&r.disk.fs, "data", 0), 0);
    cr_assert_null(disk_file(&r.disk, RESERVE), "a clean stop leaves nothing of ours");
    rig_fini(&r);
}

Test(wal_reserve, the_wal_does_not_grow_without_it)
{
    rig_init(&r);
    rig_open(&r);
    rig_pump(&r);
    cr_assert(disk_run_job(&r.disk));
    cr_assert(wal_reserved(r.wal));
    disk_fail(&r.disk, "allocate", RESERVE, -1, ERR_NO_SPACE);
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    cr_assert_eq(disk_count(&r.disk, ".odradek-wal-0-"), 2, "no spare");
    cr_assert(wal_reserved(r.wal), "what there is is covered");
    disk_heal(&r.disk);
    disk_pass(&r.disk, NS_PER_S);
    rig_settle(&r, NS_PER_S);
    cr_assert_eq(disk_count(&r.disk, ".odradek-wal-0-"), 3);
    rig_fini(&r);
}

Test(wal_reserve, a_stream_opens_without_room_for_it_and_makes_it_later)
{
    rig_init(&r);
    r.disk.capacity = 3 << 20;
    rig_open(&r);
    cr_assert_not(wal_reserved(r.wal));
    cr_assert_not_null(strstr(r.said, "no room for the disk-full reserve"));
    rig_append_durable(&r, "a");
    rig_settle(&r, 5 * NS_PER_S);
    cr_assert_not(wal_reserved(r.wal));
    cr_assert(r.deadline != IO_NEVER && r.deadline > r.disk.io.now_ns, "it tries again");
    r.disk.capacity = 30 << 20;
    rig_settle(&r, NS_PER_S);
    cr_assert(wal_reserved(r.wal));
    cr_assert_geq(reserve_size(), wal_size() + WAL_RESERVE_EXTRA_BYTES);
    rig_settle(&r, 10 * NS_PER_S);
    cr_assert_eq(r.deadline, IO_NEVER, "nothing ticks");
    rig_fini(&r);
}

Test(wal_reserve, when_it_cannot_be_made_behind_the_start_it_is_short)
{
    rig_init(&r);
    rig_open(&r);
    cr_assert(wal_reserved(r.wal), "nobody is refused before it was tried");
    disk_fail(&r.disk, "allocate", RESERVE, -1, ERR_NO_SPACE);
    rig_pump(&r);
    cr_assert(disk_run_job(&r.disk));
    cr_assert_not(wal_reserve_comes(r.wal));
    cr_assert_not(wal_reserved(r.wal));
    cr_assert_eq(r.told_settled, 1);
    cr_assert_not_null(strstr(r.said, "no room for the disk-full reserve"));
    disk_heal(&r.disk);
    rig_settle(&r, NS_PER_S);
    cr_assert(wal_reserved(r.wal));
    cr_assert_eq(r.told_settled, 1);
    rig_fini(&r);
}

/* Who waits for the reserve must not wait for a stream that cannot make it now. */
Test(wal_reserve, nobody_waits_for_it_at_a_stream_that_is_offline)
{
    rig_init(&r);
    rig_open(&r);
    disk_fail(&r.disk, "create", "", -1, ERR_IO);
    rig_append(&r, "a");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_pump(&r);
    while (disk_run_job(&r.disk))
        rig_pump(&r);
    cr_assert_eq(r.told_offline, 1);
    cr_assert_not(wal_reserve_comes(r.wal));
    rig_fini(&r);
}

/* A start that has given all reserves up must not refill one before every stream has its file. */
Test(wal_reserve, where_space_is_short_it_is_made_when_the_stream_runs)
{
    rig_init(&r);
    r.disk.capacity = 12 << 20;
    rig_open(&r);
    cr_assert_eq(reserve_size(), 0, "other streams open behind this one");
    cr_assert_not(wal_reserved(r.wal));
    rig_settle(&r, 0);
    cr_assert(wal_reserved(r.wal));
    cr_assert_geq(reserve_size(), (1 << 20) + WAL_RESERVE_EXTRA_BYTES);
    rig_fini(&r);
}

/* Without it a failing stream neither hangs nor spins. */
Test(wal_reserve, a_write_that_fails_without_it_takes_the_stream_offline)
{
    rig_init(&r);
    r.disk.capacity = 3 << 20;
    rig_open(&r);
    rig_append(&r, "a");
    disk_finish(&r.disk, 0, DISK_FAILS);
    rig_settle(&r, NS_PER_S);
    cr_assert_eq(r.told_offline, 1);
    r.disk.capacity = 30 << 20;
    rig_settle(&r, 20 * NS_PER_S);
    cr_assert_eq(r.told_online, 1);
    cr_assert(wal_reserved(r.wal));
    rig_fini(&r);
}

Test(wal_reserve, growing_fails_and_leaves_what_there_was)
{
    static const char *const verbs[] = {"create", "allocate", "sync", "sync_directory"};
    for (size_t i = 0; i < ARRAY_LENGTH(verbs); i++) {
        bool first = i == 3; /* the directory is synced for a new one only */
        disk_init(&r.disk);
        if (!first)
            cr_assert_eq(wal_reserve_grow(&r.disk.fs, "data", 0, 1 << 20), 0);
        uint64_t before = reserve_size();
        disk_fail(&r.disk, verbs[i], "", 1, ERR_NO_SPACE);
        cr_assert_eq(wal_reserve_grow(&r.disk.fs, "data", 0, 2 << 20), ERR_NO_SPACE, "%s",
                     verbs[i]);
        cr_assert(first || reserve_size() == before, "%s", verbs[i]);
        cr_assert_eq(disk_opened(&r.disk), 0);
        cr_assert_eq(wal_reserve_grow(&r.disk.fs, "data", 0, 2 << 20), 0);
        cr_assert_eq(reserve_size(), (2 << 20) + WAL_RESERVE_EXTRA_BYTES);
        disk_fini(&r.disk);
    }
}

Test(wal_reserve, it_is_written_where_nothing_can_be_allocated)
{
    disk_init(&r.disk);
    disk_fail(&r.disk, "allocate", "", -1, ERR_UNSUPPORTED);
    cr_assert_eq(wal_reserve_grow(&r.disk.fs, "data", 0, 123456), 0);
    cr_assert_eq(reserve_size(), 123456 + WAL_RESERVE_EXTRA_BYTES);
    cr_assert_eq(disk_file(&r.disk, RESERVE)->stable_len, reserve_size());
    disk_fini(&r.disk);
}

Test(wal_reserve, it_is_given_up_when_the_wal_may_not_fit)
{
    rig_init(&r);
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    rig_crash(&r);
    uint64_t used = disk_used(&r.disk);
    uint64_t need = wal_size() + 2 * BLOCK + WAL_RESERVE_EXTRA_BYTES;
    r.disk.capacity = used + need;
    cr_assert_eq(wal_reserve_give_up(&r.disk.fs, "data", &r.log), 0);
    cr_assert_gt(reserve_size(), 0, "enough is free");
    r.disk.capacity = used + need - 1;
    disk_fail(&r.disk, "list", "", 1, ERR_IO);
    cr_assert_eq(wal_reserve_give_up(&r.disk.fs, "data", &r.log), ERR_IO);
    cr_assert_eq(wal_reserve_give_up(&r.disk.fs, "data", &r.log), 0);
    cr_assert_eq(reserve_size(), 0);
    cr_assert_eq(wal_reserve_give_up(&r.disk.fs, "data", &r.log), 0, "again");
    /* What it has freed lets the WAL's contents be written, and the stream start. */
    cr_assert_geq(r.disk.capacity - disk_used(&r.disk), need);
    rig_check(&r, "a ");
    rig_open(&r);
    rig_fini(&r);
}

/* A small disk: files stay small, so that the WAL does not take it all. */
Test(wal_reserve, the_size_of_files_follows_the_free_space)
{
    rig_init(&r);
    r.options.file_bytes = 16 << 20;
    r.options.memory_bytes = 64 << 20;
    r.disk.capacity = 40 << 20;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    uint64_t small = disk_file(&r.disk, "-wal-0-1")->len;
    cr_assert_leq(small, 4 << 20);
    rig_fini(&r);
    rig_init(&r);
    r.options.file_bytes = 16 << 20;
    r.options.memory_bytes = 64 << 20;
    rig_open(&r);
    rig_append_durable(&r, "a");
    rig_settle(&r, NS_PER_S);
    cr_assert_eq(disk_file(&r.disk, "-wal-0-1")->len, 4 << 20, "four times the first");
    rig_fini(&r);
}
