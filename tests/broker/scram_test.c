/* The credentials that an image keeps. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "broker/catalog/scram.h"

static struct credentials all;

static void put(const char *user, int8_t mechanism, int32_t iterations)
{
    credentials_put(&all, bytes_of_string(user), mechanism, iterations);
}

/* "mechanism:iterations " for each. */
static const char *of(const char *user)
{
    static char text[256];
    uint32_t count;
    size_t len = 0;
    uint32_t first = credentials_of(&all, bytes_of_string(user), &count);
    text[0] = '\0';
    for (uint32_t i = 0; i < count; i++)
        len += (size_t)snprintf(text + len, sizeof text - len, "%d:%d ",
                                all.items[first + i].mechanism, all.items[first + i].iterations);
    return text;
}

Test(scram, keeps_each_user_and_mechanism_once)
{
    put("bob", 2, 8192);
    put("alice", 2, 4096);
    put("bob", 1, 5000);
    put("bob", 2, 9000);
    cr_expect_str_eq(of("bob"), "1:5000 2:9000 ");
    cr_expect_str_eq(of("alice"), "2:4096 ");
    cr_expect_str_eq(of("al"), "");
    cr_expect_str_eq(of("zoe"), "");
    credentials_fini(&all);
    cr_expect_str_eq(of("bob"), "");
}

Test(scram, removes_exactly_what_is_named)
{
    put("bob", 1, 1);
    put("bob", 2, 2);
    put("bo", 1, 3);
    credentials_remove(&all, BYTES_LITERAL("bob"), 1);
    credentials_remove(&all, BYTES_LITERAL("bob"), 1);
    credentials_remove(&all, BYTES_LITERAL("nobody"), 1);
    cr_expect_str_eq(of("bob"), "2:2 ");
    cr_expect_str_eq(of("bo"), "1:3 ");
    credentials_fini(&all);
}

Test(scram, a_name_is_its_bytes)
{
    credentials_put(&all, BYTES_LITERAL("a\0b"), 1, 1);
    credentials_put(&all, BYTES_LITERAL("a\0b"), 1, 2);
    credentials_put(&all, BYTES_LITERAL("a"), 1, 3);
    cr_expect_eq(all.count, 2);
    cr_expect_str_eq(of("a"), "1:3 ");
    credentials_fini(&all);
}

Test(scram, many_come_and_go)
{
    char name[16];
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "u%d", i * 7 % 300);
        put(name, 1, i);
    }
    cr_expect_eq(all.count, 300);
    for (int i = 0; i < 300; i++) {
        snprintf(name, sizeof name, "u%d", i);
        cr_expect_str_neq(of(name), "");
        credentials_remove(&all, bytes_of_string(name), 1);
        cr_expect_str_eq(of(name), "");
    }
    cr_expect_eq(all.count, 0);
    credentials_fini(&all);
}
