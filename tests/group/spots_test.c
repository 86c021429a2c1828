/* Sets of partitions: what the operations give is what a look at each single one gives, whichever
 * set is the larger. */
#include "group/spots.h"

#include <criterion/criterion.h>
#include <string.h>

#define TOPICS 3
#define PARTITIONS 40
#define ALL (TOPICS * PARTITIONS)

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static struct spot spot_number(uint32_t number)
{
    struct spot spot = {.partition = (int32_t)(number % PARTITIONS)};
    /* Topics that differ in the first, the last, and a byte that is no sign. */
    static const uint8_t marks[TOPICS][2] = {{0, 0x80}, {0, 0x90}, {0xf0, 0}};
    spot.topic.bytes[0] = marks[number / PARTITIONS][0];
    spot.topic.bytes[15] = marks[number / PARTITIONS][1];
    return spot;
}

/* Each of all of them with a chance of `share` in 64. */
static struct spots any_set(struct group_reply *memory, bool has[ALL], uint32_t share)
{
    struct spots set = {group_reply_alloc(memory, ALL, sizeof *set.items), 0};
    for (uint32_t i = 0; i < ALL; i++) {
        has[i] = any(64) < share;
        if (has[i])
            set.items[set.count++] = spot_number(i);
    }
    return set;
}

static void expect(struct spots set, const bool has[ALL], const char *what)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < ALL; i++) {
        struct spot spot = spot_number(i);
        if (!has[i])
            continue;
        cr_assert_lt(at, set.count, "%s", what);
        cr_assert_eq(spot_compare(&set.items[at], &spot), 0, "%s", what);
        at++;
    }
    cr_assert_eq(at, set.count, "%s", what);
}

static void one_round(struct group_reply *memory, uint32_t share_a, uint32_t share_b)
{
    bool in_a[ALL];
    bool in_b[ALL];
    bool common[ALL];
    bool without[ALL];
    bool joined[ALL];
    struct spots a = any_set(memory, in_a, share_a);
    struct spots b = any_set(memory, in_b, share_b);
    bool meet = false;
    bool within = true;
    for (uint32_t i = 0; i < ALL; i++) {
        common[i] = in_a[i] && in_b[i];
        without[i] = in_a[i] && !in_b[i];
        joined[i] = in_a[i] || in_b[i];
        meet = meet || common[i];
        within = within && !without[i];
    }
    expect(spots_common(memory, a, b), common, "common");
    expect(spots_without(memory, a, b), without, "without");
    expect(spots_joined(memory, a, b), joined, "joined");
    expect(spots_copy(memory, a), in_a, "copy");
    cr_assert_eq(spots_meet(a, b), meet);
    cr_assert_eq(spots_within(a, b), within);
}

Test(spots, sets_are_what_their_single_partitions_say)
{
    static const uint32_t shares[] = {0, 1, 8, 32, 60, 64};
    for (uint32_t seed = 1; seed <= 50; seed++)
        for (size_t i = 0; i < sizeof shares / sizeof *shares; i++)
            for (size_t j = 0; j < sizeof shares / sizeof *shares; j++) {
                struct group_reply memory = {0};
                state = seed;
                one_round(&memory, shares[i], shares[j]);
                group_reply_free(&memory);
            }
}

Test(spots, they_are_ordered_by_the_bytes_of_their_topics)
{
    for (uint32_t i = 0; i < ALL; i++)
        for (uint32_t j = 0; j < ALL; j++) {
            struct spot a = spot_number(i);
            struct spot b = spot_number(j);
            int order = memcmp(a.topic.bytes, b.topic.bytes, sizeof a.topic.bytes);
            if (order == 0)
                order = (a.partition > b.partition) - (a.partition < b.partition);
            cr_assert_eq((spot_compare(&a, &b) > 0) - (spot_compare(&a, &b) < 0),
                         (order > 0) - (order < 0));
        }
}
