/* Few pieces lie in the connection, many in a borrowed array; without one the rest comes later. */
#include "broker/send_parts.h"

#include <criterion/criterion.h>

#include "broker/connection.h"

static struct slab wide;
static struct send_parts parts;

static void setup(void)
{
    slab_init(&wide, sizeof(struct send_parts_wide), 1);
    parts = (struct send_parts){0};
}

static void teardown(void)
{
    send_parts_end(&parts, &wide);
    slab_fini(&wide);
}

TestSuite(send_parts, .init = setup, .fini = teardown);

static int add(struct send_parts *to, int count)
{
    static char bytes[SEND_PARTS_MAX + 1];
    int taken = 0;
    while (taken < count &&
           send_parts_add(to, &wide, (struct iovec){bytes + taken, (size_t)taken + 1}))
        taken++;
    return taken;
}

static void expect(const struct send_parts *of, int count)
{
    cr_assert_eq(of->count, count);
    for (int i = 0; i < count; i++)
        cr_assert_eq(send_parts_items(of)[i].iov_len, (size_t)i + 1);
}

Test(send_parts, few_need_nothing_of_the_core)
{
    cr_assert_eq(add(&parts, SEND_PARTS_FEW), SEND_PARTS_FEW);
    cr_assert_eq(slab_used(&wide), 0);
    expect(&parts, SEND_PARTS_FEW);
}

Test(send_parts, many_are_in_order_in_a_borrowed_array_which_comes_back)
{
    cr_assert_eq(add(&parts, SEND_PARTS_MAX + 1), SEND_PARTS_MAX);
    cr_assert_eq(slab_used(&wide), 1);
    expect(&parts, SEND_PARTS_MAX);
    send_parts_end(&parts, &wide);
    cr_assert_eq(slab_used(&wide), 0);
    cr_assert_eq(add(&parts, 3), 3);
    expect(&parts, 3);
}

Test(send_parts, without_a_free_array_a_send_takes_what_it_has_room_for)
{
    struct send_parts other = {0};
    cr_assert_eq(add(&other, SEND_PARTS_FEW + 1), SEND_PARTS_FEW + 1);
    cr_assert_eq(add(&parts, SEND_PARTS_MAX), SEND_PARTS_FEW);
    expect(&parts, SEND_PARTS_FEW);
    send_parts_end(&other, &wide);
    send_parts_end(&parts, &wide);
    cr_assert_eq(add(&parts, SEND_PARTS_FEW + 1), SEND_PARTS_FEW + 1);
}

Test(send_parts, a_connection_that_rests_is_small)
{
    cr_assert_leq(sizeof(struct connection), 1152, "%zu", sizeof(struct connection));
}
