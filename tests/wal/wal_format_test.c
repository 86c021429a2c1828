/* The bytes of a group: what is known of its CRC beforehand changes none of them. */
#include "wal/wal_format.h"

#include <criterion/criterion.h>

#include "base/crc32c.h"
#include "base/prng.h"
#include "base/util.h"

#define GROUP_BYTES ((uint32_t)256 * 1024)

TestSuite(wal_format, .init = crc32c_init);

static uint8_t group[GROUP_BYTES];
static uint8_t again[GROUP_BYTES];

/* Appends an entry of random bytes; returns where its payload begins. */
static uint32_t append(struct prng *prng, struct wal_group_header *h, uint32_t len)
{
    const struct wal_entry entry = {WAL_BATCH, uuid_from_random(prng_next(prng), 7), 3, false};
    wal_entry_encode(group + h->used, &entry, len);
    uint32_t at = h->used + WAL_ENTRY_HEADER;
    for (uint32_t i = 0; i < len; i++)
        group[at + i] = (uint8_t)prng_next(prng);
    h->used += (uint32_t)wal_entry_size(len);
    h->entries++;
    return at;
}

Test(wal_format, a_crc_that_is_known_in_parts_is_that_of_the_whole)
{
    struct prng prng;
    prng_init(&prng, 20264);
    for (int round = 0; round < 300; round++) {
        struct wal_group_header h = {.sequence = prng_next(&prng), .used = WAL_GROUP_HEADER};
        struct wal_group_sum sum = {WAL_GROUP_HEADER, 0};
        const struct wal_group_sum nothing = {WAL_GROUP_HEADER, 0};
        for (uint64_t entries = prng_below(&prng, 8); entries > 0; entries--) {
            uint32_t len = (uint32_t)prng_below(&prng, prng_below(&prng, 2) == 0 ? 60 : 20000);
            uint32_t at = append(&prng, &h, len);
            if (prng_below(&prng, 3) == 0)
                continue;
            uint32_t from = at + (uint32_t)prng_below(&prng, len + 1);
            wal_group_sum_known(&sum, group, from, at + len,
                                crc32c(0, group + from, at + len - from));
        }
        h.len = (uint32_t)round_up(h.used, WAL_ALIGNMENT);
        memset(group + h.used, 0xee, h.len - h.used);
        memcpy(again, group, h.len);
        wal_group_encode(group, &h, &sum);
        wal_group_encode(again, &h, &nothing);
        cr_assert(wal_group_intact(group, &h));
        cr_assert_arr_eq(group, again, h.len);
    }
}

Test(wal_format, a_crc_that_is_wrong_is_found)
{
    struct prng prng;
    struct wal_group_header h = {.sequence = 9, .used = WAL_GROUP_HEADER, .len = WAL_ALIGNMENT};
    struct wal_group_sum sum = {WAL_GROUP_HEADER, 0};
    prng_init(&prng, 20265);
    uint32_t at = append(&prng, &h, 3000);
    wal_group_sum_known(&sum, group, at + 21, at + 3000, crc32c(0, group + at + 21, 2979) ^ 1);
    wal_group_encode(group, &h, &sum);
    cr_assert_not(wal_group_intact(group, &h));
}
