/* The table of keys that compaction works with. */
#include "partition/offset_map.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct offset_map map;
static uint8_t secret[HASH_SECRET_BYTES];

static void setup(void)
{
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] = (uint8_t)(i * 37 + 11);
    offset_map_init(&map, 24 * 1000, secret);
}

static void teardown(void)
{
    offset_map_fini(&map);
}

TestSuite(offset_map, .init = setup, .fini = teardown);

static struct bytes key(unsigned number)
{
    static char text[16];
    snprintf(text, sizeof text, "key %u", number);
    return bytes_of_string(text);
}

Test(offset_map, a_key_has_its_newest_offset_and_others_have_none)
{
    offset_map_begin(&map, 100);
    cr_assert(offset_map_put(&map, key(1), 5));
    cr_assert(offset_map_put(&map, key(2), 0));
    cr_assert(offset_map_put(&map, key(1), 9));
    cr_assert(offset_map_put(&map, key(1), 7));
    cr_assert_eq(offset_map_get(&map, key(1)), 9);
    cr_assert_eq(offset_map_get(&map, key(2)), 0);
    cr_assert_eq(offset_map_get(&map, key(3)), -1);
    cr_assert_eq(offset_map_get(&map, BYTES_LITERAL("")), -1);
    cr_assert_eq(map.keys, 2);
}

Test(offset_map, full_is_full_for_new_keys_alone)
{
    unsigned count = 0;
    offset_map_begin(&map, UINT64_MAX);
    while (offset_map_put(&map, key(count), count))
        count++;
    cr_assert_eq(count, 750);
    cr_assert(offset_map_put(&map, key(3), 5000));
    cr_assert_not(offset_map_put(&map, key(count), 5001));
    for (unsigned i = 0; i < count; i++)
        cr_assert_eq(offset_map_get(&map, key(i)), i == 3 ? 5000 : i);
    cr_assert_eq(offset_map_get(&map, key(count)), -1);
}

Test(offset_map, has_room_for_what_was_asked_and_is_empty_again)
{
    for (unsigned wanted = 0; wanted < 300; wanted += 7) {
        offset_map_begin(&map, wanted);
        for (unsigned i = 0; i < wanted; i++) {
            cr_assert_eq(offset_map_get(&map, key(i)), -1);
            cr_assert(offset_map_put(&map, key(i), i), "%u of %u", i, wanted);
        }
        cr_assert_eq(map.latest, -1);
        offset_map_end(&map);
    }
}

Test(offset_map, another_secret_is_another_place)
{
    offset_map_begin(&map, 100);
    cr_assert(offset_map_put(&map, key(1), 5));
    struct hash_wide one = hash_bytes_wide(key(1), secret);
    for (size_t i = 0; i < sizeof secret; i++)
        secret[i] ^= (uint8_t)(i * 5 + 1);
    struct hash_wide other = hash_bytes_wide(key(1), secret);
    cr_assert(one.low != other.low && one.high != other.high);
}
