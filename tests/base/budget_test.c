/* The memory budget: its sum and its one line. */
#include "base/budget.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdlib.h>

#include "base/util.h"

Test(budget, shares_add_up)
{
    struct budget budget;
    budget_init(&budget);
    cr_assert_eq(budget_total(&budget), 0);
    cr_assert_eq(budget_add(&budget, "wal blocks", 128 * MIB), 128 * MIB);
    cr_assert_eq(budget_add(&budget, "requests", 64 * MIB), 64 * MIB);
    cr_assert_eq(budget_total(&budget), 192 * MIB);
    cr_assert_eq(budget.share_count, 2);
}

Test(budget, the_line_names_each_share_and_the_total)
{
    char text[200];
    struct budget budget;
    budget_init(&budget);
    cr_assert_str_eq(budget_print(&budget, text, sizeof text), "0 bytes a core");
    budget_add(&budget, "wal blocks", 128 * MIB);
    budget_add(&budget, "requests", 64 * MIB);
    budget_add(&budget, "timers", 64 * KIB);
    cr_assert_str_eq(budget_print(&budget, text, sizeof text),
                     "wal blocks 128 MiB, requests 64 MiB, timers 64 KiB; 192 MiB a core");
}

Test(budget, units_lose_no_more_than_one_in_a_hundred)
{
    static const struct {
        size_t bytes;
        const char *text;
    } rows[] = {
        {1, "x 1 bytes; 1 bytes a core"},
        {1500, "x 1500 bytes; 1500 bytes a core"},
        {KIB, "x 1 KiB; 1 KiB a core"},
        {MIB + 512 * KIB, "x 1536 KiB; 1536 KiB a core"},
        {100 * KIB + 600, "x 101 KiB; 101 KiB a core"},
        {3 * MIB, "x 3 MiB; 3 MiB a core"},
        {100 * MIB + 600 * KIB, "x 101 MiB; 101 MiB a core"},
        {4 * GIB, "x 4096 MiB; 4096 MiB a core"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char text[100];
        struct budget budget;
        budget_init(&budget);
        budget_add(&budget, "x", rows[i].bytes);
        cr_assert_str_eq(budget_print(&budget, text, sizeof text), rows[i].text);
    }
}

Test(budget, a_short_buffer_gets_the_beginning)
{
    char whole[200];
    struct budget budget;
    budget_init(&budget);
    budget_add(&budget, "wal blocks", 128 * MIB);
    budget_add(&budget, "requests", 64 * MIB);
    budget_print(&budget, whole, sizeof whole);
    for (size_t capacity = 1; capacity <= strlen(whole) + 1; capacity++) {
        char *text = malloc(capacity);
        budget_print(&budget, text, capacity);
        cr_assert_eq(strlen(text), capacity - 1);
        cr_assert_eq(strncmp(text, whole, capacity - 1), 0);
        free(text);
    }
}

Test(budget, one_share_too_many_is_a_programming_error, .signal = SIGABRT)
{
    struct budget budget;
    budget_init(&budget);
    for (int i = 0; i <= BUDGET_SHARES_MAX; i++)
        budget_add(&budget, "share", 1);
}
