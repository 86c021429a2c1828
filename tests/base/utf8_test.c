/* UTF-8, good and broken. */
#include "base/utf8.h"

#include <criterion/criterion.h>
#include <string.h>

#define R "\xEF\xBF\xBD"

static void expect_repaired(const char *text, const char *expected)
{
    uint8_t out[96];
    size_t len = strlen(text);
    cr_assert_leq(3 * len, sizeof out);
    size_t written = utf8_repair((const uint8_t *)text, len, out);
    cr_expect_eq(written, strlen(expected), "%zu of %zu", written, strlen(expected));
    cr_expect_arr_eq(out, expected, written);
}

Test(utf8, leaves_what_is_valid)
{
    const char *text = "a\x7F\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEF\xBF\xBF"
                       "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF";
    cr_expect_eq(utf8_valid_len((const uint8_t *)text, strlen(text)), strlen(text));
    expect_repaired(text, text);
    cr_expect_eq(utf8_valid_len(NULL, 0), 0);
}

Test(utf8, tells_where_the_valid_beginning_ends)
{
    cr_expect_eq(utf8_valid_len((const uint8_t *)"ab\xFFz", 4), 2);
    cr_expect_eq(utf8_valid_len((const uint8_t *)"ab\xC3", 3), 2);
}

Test(utf8, replaces_what_is_not_as_java_does)
{
    expect_repaired("a\xFF"
                    "b",
                    "a" R "b");
    expect_repaired("\x80\xBF", R R);
    expect_repaired("\xC0\xAF", R R);             /* overlong */
    expect_repaired("\xE0\x80\xAF", R R R);       /* overlong */
    expect_repaired("\xED\xA0\x80", R R R);       /* a surrogate */
    expect_repaired("\xF4\x90\x80\x80", R R R R); /* above 10FFFF */
    expect_repaired("\xE2\x82", R);               /* cut: one thing */
    expect_repaired("\xE2\x82z", R "z");
    expect_repaired("\xF0\x9F\x98q", R "q");
    expect_repaired("\xC3\xC3\xA4", R "\xC3\xA4");
}
