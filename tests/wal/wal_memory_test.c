/* The memory of a stream: what an entry gets when most of it is used, and its last block. */
#include <criterion/criterion.h>
#include <string.h>

#include "tests/wal/rig.h"
#include "wal/wal_internal.h"

#define SECONDS(n) ((n)*NS_PER_S)
/* Two of them have no place in one block. */
#define BIG (600 * 1024)

static struct rig r;

static int append(uint32_t len, bool frees_space)
{
    struct wal_entry entry = {.kind = WAL_BATCH, .partition = 1, .frees_space = frees_space};
    struct wal_span *span = &r.spans[r.span_count];
    int result = wal_append(r.wal, &entry, len, span);
    if (result != 0)
        return result;
    memset(span->data, 'x', len);
    r.span_count++;
    rig_settle(&r, 0);
    cr_assert_geq(r.durable, span->sequence);
    return 0;
}

static void begin(size_t blocks)
{
    rig_init(&r);
    r.options.memory_bytes = blocks * WAL_BLOCK_BYTES;
    r.options.files_max = 16;
    rig_open(&r);
}

static uint64_t memory_used(void)
{
    struct wal_stats stats;
    wal_get_stats(r.wal, &stats);
    return stats.memory_used;
}

/* Big ones, each durable, until there is no memory: how many. */
static int fill(void)
{
    int count = 0;
    int result;
    while ((result = append(BIG, false)) == 0)
        count++;
    cr_assert_eq(result, ERR_NO_MEMORY);
    return count;
}

static void end(void)
{
    rig_crash(&r);
    rig_fini(&r);
}

Test(wal_memory, the_last_block_is_for_what_frees_space)
{
    begin(8);
    cr_assert_eq(fill(), 7);
    cr_assert_eq(append(BIG, true), 0);
    cr_assert_eq(memory_used(), 8 * WAL_BLOCK_BYTES);
    cr_assert_eq(append(BIG, true), ERR_NO_MEMORY, "once it is used up, it is");
    end();
}

Test(wal_memory, many_small_entries_leave_the_last_block_as_well)
{
    begin(4);
    cr_assert_eq(fill(), 3);
    for (int i = 0; i < 300 && append(100, false) == 0; i++)
        ;
    cr_assert_eq(append(100, false), ERR_NO_MEMORY);
    for (int i = 0; i < 250; i++)
        cr_assert_eq(append(100, true), 0, "%d", i);
    end();
}

Test(wal_memory, who_frees_no_space_has_no_part_in_a_last_block_that_is_used)
{
    begin(4);
    cr_assert_eq(fill(), 3);
    cr_assert_eq(append(BIG, true), 0);
    cr_assert_eq(append(1, false), ERR_NO_MEMORY, "it would fit");
    cr_assert_eq(append(1, true), 0);
    end();
}

Test(wal_memory, a_flush_gives_it_back_to_all)
{
    begin(4);
    cr_assert_eq(fill(), 3);
    cr_assert_eq(append(BIG, true), 0);
    cr_assert(wal_keeps_apart(r.wal));
    rig_flush(&r);
    rig_settle(&r, 0);
    cr_assert_not(wal_keeps_apart(r.wal));
    cr_assert_geq(fill(), 2);
    cr_assert_eq(append(BIG, true), 0, "and the last one is kept again");
    end();
}

/* Two entries that go in one batch are refused as one. */
Test(wal_memory, before_the_last_block_is_all_there_is_what_frees_space_keeps_apart)
{
    begin(4);
    cr_assert_eq(append(BIG, false), 0);
    cr_assert_not(wal_keeps_apart(r.wal));
    cr_assert_eq(append(BIG, false), 0);
    cr_assert_not(wal_keeps_apart(r.wal), "there is a block left for all");
    cr_assert_eq(append(BIG, false), 0);
    cr_assert(wal_keeps_apart(r.wal));
    end();
}

Test(wal_memory, the_last_block_does_not_count_as_room_that_is_left)
{
    begin(4);
    cr_assert_eq(append(BIG, false), 0);
    cr_assert_not(wal_pressed(r.wal, 2));
    cr_assert_eq(append(BIG, false), 0);
    cr_assert(wal_pressed(r.wal, 2));
    cr_assert_not(wal_pressed(r.wal, 3));
    cr_assert_eq(append(BIG, false), 0);
    cr_assert(wal_pressed(r.wal, 3), "clients wait before the broker's own records do");
    end();
}

/* A stream that fell quiet proves its last group, or a start cannot tell it from a lost one. */
Test(wal_memory, the_proof_of_the_last_group_has_memory_when_all_is_used)
{
    begin(4);
    cr_assert_eq(fill(), 3);
    uint64_t durable = r.durable;
    rig_settle(&r, SECONDS(1));
    cr_assert_eq(r.durable, durable + 1);
    end();
}

/* As log starts do, and proofs. */
Test(wal_memory, what_goes_at_once_does_not_use_the_last_block_up)
{
    begin(4);
    cr_assert_eq(fill(), 3);
    for (int i = 0; i < 600; i++) {
        cr_assert_eq(append(1, true), 0, "%d", i);
        wal_release(r.wal, &r.spans[--r.span_count], false);
        rig_settle(&r, SECONDS(1));
    }
    end();
}

Test(wal_memory, a_memory_of_few_blocks_is_for_all)
{
    begin(3);
    cr_assert_eq(fill(), 3);
    cr_assert_eq(append(BIG, true), ERR_NO_MEMORY);
    end();
}
