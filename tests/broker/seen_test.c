/* Repeated keys of a request. */
#include "broker/seen.h"

#include <criterion/criterion.h>
#include <string.h>

#include "base/region.h"
#include "base/util.h"

#define SECRET 7

struct room {
    struct region *region;
    struct arena arena;
};

static void room_open(struct room *room, size_t limit)
{
    room->region = region_new(4 * MIB, 4096);
    arena_init(&room->arena, room->region, limit);
}

static void room_close(struct room *room)
{
    arena_reset(&room->arena);
    region_free(room->region);
}

Test(seen, tells_the_index_of_the_first_equal_key)
{
    struct room room;
    struct seen seen;
    room_open(&room, MIB);
    cr_assert(seen_init(&seen, &room.arena, 4, SECRET));
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL("a"), 0), SEEN_NEVER);
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL("b"), 1), SEEN_NEVER);
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL("a"), 2), 0);
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL(""), 3), SEEN_NEVER);
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL(""), 4), 3);
    cr_expect_eq(seen_put(&seen, BYTES_LITERAL("b"), 5), 1);
    room_close(&room);
}

Test(seen, keeps_as_many_keys_as_were_announced_apart)
{
    struct room room;
    struct seen seen;
    static uint32_t keys[10000];
    room_open(&room, 4 * MIB);
    cr_assert(seen_init(&seen, &room.arena, ARRAY_LENGTH(keys), SECRET));
    for (uint32_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        keys[i] = i;
        struct bytes key = {(const uint8_t *)&keys[i], sizeof keys[i]};
        cr_assert_eq(seen_put(&seen, key, i), SEEN_NEVER);
    }
    for (uint32_t i = 0; i < ARRAY_LENGTH(keys); i++) {
        struct bytes key = {(const uint8_t *)&keys[i], sizeof keys[i]};
        cr_assert_eq(seen_put(&seen, key, 0), i);
    }
    room_close(&room);
}

Test(seen, has_no_room_beyond_the_arena)
{
    struct room room;
    struct seen seen;
    room_open(&room, 64 * KIB);
    cr_assert_not(seen_init(&seen, &room.arena, 100000, SECRET));
    room_close(&room);
}

Test(seen, tells_which_numbers_come_again)
{
    struct room room;
    room_open(&room, MIB);
    const int32_t pairs[] = {7, 0, 8, 0, 7, 0, -1, 0, 7, 0, 8, 0};
    const bool behind[] = {true, true, true, false, false, false};
    const bool anywhere[] = {true, true, true, false, true, true};
    size_t stride = 2 * sizeof *pairs;
    const bool *again = seen_again(&room.arena, pairs, stride, 6, false, SECRET);
    cr_assert_arr_eq(again, behind, sizeof behind);
    again = seen_again(&room.arena, pairs, stride, 6, true, SECRET);
    cr_assert_arr_eq(again, anywhere, sizeof anywhere);
    again = seen_again(&room.arena, pairs, stride, 1, true, SECRET);
    cr_assert_not(again[0]);
    cr_assert_not_null(seen_again(&room.arena, pairs, stride, 0, true, SECRET));
    room_close(&room);
}
