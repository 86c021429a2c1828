/* The .properties reader, against what java.util.Properties makes of the same text. */
#include "broker/config/properties.h"

#include <criterion/criterion.h>

static struct properties parse(const char *text)
{
    struct properties properties;
    struct properties_error error;
    cr_assert_eq(properties_parse(bytes_of_string(text), &properties, &error), 0, "%s",
                 error.reason);
    return properties;
}

static void expect_one(const char *text, const char *key, const char *value)
{
    struct properties p = parse(text);
    cr_assert_eq(p.count, 1, "%u lines in '%s'", p.count, text);
    cr_expect_str_eq(p.items[0].key, key);
    cr_expect_str_eq(p.items[0].value, value);
    properties_fini(&p);
}

static void expect_error(struct bytes text, int result, uint32_t line)
{
    struct properties properties;
    struct properties_error error;
    cr_expect_eq(properties_parse(text, &properties, &error), result);
    cr_expect_eq(error.line, line);
    cr_expect_not_null(error.reason);
    cr_expect_eq(properties.count, 0);
}

Test(properties, splits_at_equals_colon_or_blank)
{
    expect_one("a=b", "a", "b");
    expect_one("a:b", "a", "b");
    expect_one("a b", "a", "b");
    expect_one("a\tb", "a", "b");
    expect_one("a = b", "a", "b");
    expect_one("a  :  b", "a", "b");
    expect_one("a==b", "a", "=b");
    expect_one("a : = b", "a", "= b");
    expect_one("  a=b", "a", "b");
}

Test(properties, keeps_trailing_blanks_and_empty_values)
{
    expect_one("a=b \t", "a", "b \t");
    expect_one("a=", "a", "");
    expect_one("a", "a", "");
    expect_one("=b", "", "b");
}

Test(properties, passes_over_comments_and_blank_lines)
{
    struct properties p = parse("# one\n  ! two = 2\n\n \t \r\n a=b # not a comment\n#end");
    cr_assert_eq(p.count, 1);
    cr_expect_str_eq(p.items[0].value, "b # not a comment");
    cr_expect_eq(p.items[0].line, 5);
    properties_fini(&p);
}

Test(properties, counts_lines_by_every_line_end)
{
    struct properties p = parse("a=1\rb=2\r\nc=3\n\nd=4");
    cr_assert_eq(p.count, 4);
    for (uint32_t i = 0; i < 3; i++)
        cr_expect_eq(p.items[i].line, i + 1);
    cr_expect_eq(p.items[3].line, 5);
    properties_fini(&p);
}

Test(properties, continues_lines_after_a_backslash)
{
    struct properties p =
        parse("a=one,\\\n    two,\\\r\n\tthree\nb=x\\\\\n\\\n#comment\nc=\\\n# no comment\n");
    cr_assert_eq(p.count, 3);
    cr_expect_str_eq(p.items[0].value, "one,two,three");
    cr_expect_str_eq(p.items[1].value, "x\\");
    cr_expect_eq(p.items[1].line, 4);
    cr_expect_str_eq(p.items[2].value, "# no comment");
    cr_expect_eq(p.items[2].line, 7);
    properties_fini(&p);
}

Test(properties, continues_a_key_too)
{
    expect_one("lo\\\n   ng=1", "long", "1");
    expect_one("a=b\\", "a", "b");
    struct properties p = parse("\\\n\\");
    cr_expect_eq(p.count, 0);
    properties_fini(&p);
}

Test(properties, knows_the_escapes)
{
    expect_one("a\\=\\:\\ b=c", "a=: b", "c");
    expect_one("a=\\t\\n\\r\\f\\q\\\"", "a", "\t\n\r\fq\"");
    expect_one("a=\\u0041\\u00e9\\u20AC", "a", "A\xc3\xa9\xe2\x82\xac");
    expect_one("a=\\uD83D\\uDE00", "a", "\xf0\x9f\x98\x80");
    expect_one("a=\\uD83Dx", "a", "\xef\xbf\xbdx");
    expect_one("\\#a=1", "#a", "1");
}

Test(properties, takes_latin_1_where_it_is_not_utf_8)
{
    expect_one("a=caf\xc3\xa9", "a", "caf\xc3\xa9");
    expect_one("a=caf\xe9", "a", "caf\xc3\xa9");
    expect_one("a=\xc0\xaf", "a", "\xc3\x80\xc2\xaf");
    expect_one("a=\xe2\x82", "a", "\xc3\xa2\xc2\x82");
}

Test(properties, keeps_repeated_keys_in_order)
{
    struct properties p = parse("a=1\na=2");
    cr_assert_eq(p.count, 2);
    cr_expect_str_eq(p.items[1].value, "2");
    properties_fini(&p);
}

Test(properties, refuses_a_broken_unicode_escape_with_its_line)
{
    expect_error(BYTES_LITERAL("a=1\nb=\\u12"), ERR_MALFORMED, 2);
    expect_error(BYTES_LITERAL("a=\\u12g4"), ERR_MALFORMED, 1);
    expect_error(BYTES_LITERAL("\\u=1"), ERR_MALFORMED, 1);
}

Test(properties, refuses_nul_characters)
{
    expect_error(BYTES_LITERAL("a=1\0"), ERR_MALFORMED, 1);
    expect_error(BYTES_LITERAL("a=\\\0"), ERR_MALFORMED, 1);
    expect_error(BYTES_LITERAL("a=\\u0000"), ERR_MALFORMED, 1);
}

Test(properties, refuses_a_text_that_is_too_large)
{
    static char text[PROPERTIES_BYTES_MAX + 1];
    memset(text, '#', sizeof text);
    expect_error((struct bytes){(const uint8_t *)text, sizeof text}, ERR_TOO_LARGE, 1);
}

Test(properties, reads_nothing_from_nothing)
{
    struct properties p = parse("");
    cr_expect_eq(p.count, 0);
    properties_fini(&p);
}
