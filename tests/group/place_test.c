/* Where a group lives. */
#include <criterion/criterion.h>

#include "group/place.h"

static int32_t hash(const char *text)
{
    return group_java_hash(bytes_of_string(text));
}

/* What Java says. */
Test(place, hashes_as_java_does)
{
    cr_expect_eq(hash(""), 0);
    cr_expect_eq(hash("a"), 97);
    cr_expect_eq(hash("console-consumer-1"), 35782224);
    cr_expect_eq(hash("\xc3\xa4"), 228, "one unit for a character of two bytes");
    cr_expect_eq(hash("\xe2\x82\xac"), 8364);
    cr_expect_eq(hash("\xf0\x9f\x98\x80"), 31 * 0xD83D + 0xDE00, "two units above U+FFFF");
    cr_expect_eq(hash("\xff"), 0xFFFD, "an invalid byte is the replacement character");
}

Test(place, the_least_hash_counts_as_zero)
{
    cr_expect_eq(hash("polygenelubricants"), INT32_MIN);
    cr_expect_eq(group_place(BYTES_LITERAL("polygenelubricants"), 50), 0);
    cr_expect_eq(group_place(BYTES_LITERAL("a"), 50), 47);
}
