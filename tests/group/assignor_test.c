/* The assignors: balance, stickiness, different subscriptions, size. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "group/assignor.h"

#define TOPICS_MAX 1000
#define MEMBERS_MAX 1000

static struct assignor_topic topics[TOPICS_MAX];
static struct assignor_member members[MEMBERS_MAX];
static uint32_t all_topics[TOPICS_MAX];
static char names[MEMBERS_MAX][16];
static struct group_reply memory;
static struct assignor_input input;

/* `member_count` members, each wanting all of `topic_count` topics of `partitions`. */
static void given(uint32_t topic_count, int32_t partitions, uint32_t member_count)
{
    for (uint32_t i = 0; i < topic_count; i++) {
        all_topics[i] = i;
        topics[i] = (struct assignor_topic){.partitions = partitions};
        store_be32(topics[i].id.bytes, i + 1);
    }
    for (uint32_t i = 0; i < member_count; i++) {
        snprintf(names[i], sizeof names[i], "m%04u", i);
        members[i] = (struct assignor_member){
            .id = string_of(names[i]),
            .instance_id = STRING_NULL,
            .topics = all_topics,
            .topic_count = topic_count,
        };
    }
    input = (struct assignor_input){topics, topic_count, members, member_count, &memory};
}

static void tear_down(void)
{
    group_reply_free(&memory);
}

TestSuite(assignor, .fini = tear_down);

/* Every partition that somebody wants has one owner, who wants it. Returns the difference of the
 * largest and the smallest load. */
static uint32_t check(void)
{
    uint32_t most = 0;
    uint32_t least = UINT32_MAX;
    size_t total = 0;
    size_t wanted = 0;
    struct spot *all = mem_alloc_array(TOPICS_MAX * (size_t)64, sizeof *all);
    bool asked[TOPICS_MAX] = {false};
    for (uint32_t i = 0; i < input.member_count; i++) {
        struct spots set = members[i].assigned;
        for (uint32_t j = 0; j < set.count; j++) {
            uint32_t topic = load_be32(set.items[j].topic.bytes) - 1;
            bool wants = false;
            for (uint32_t k = 0; k < members[i].topic_count && !wants; k++)
                wants = members[i].topics[k] == topic;
            cr_assert(wants, "member %u got a topic it does not want", i);
            all[total++] = set.items[j];
        }
        for (uint32_t k = 0; k < members[i].topic_count; k++)
            asked[members[i].topics[k]] = true;
        most = MAX(most, set.count);
        least = MIN(least, set.count);
    }
    for (uint32_t i = 0; i < input.topic_count; i++)
        wanted += asked[i] ? (size_t)topics[i].partitions : 0;
    cr_assert_eq(total, wanted);
    cr_assert_eq(spots_of(all, (uint32_t)total).count, wanted, "a partition has two owners");
    mem_free(all);
    return most - least;
}

static void own_what_is_assigned(void)
{
    for (uint32_t i = 0; i < input.member_count; i++)
        members[i].owned = members[i].assigned;
}

/* How many partitions stay where they were. */
static uint32_t kept(void)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < input.member_count; i++)
        count += spots_common(&memory, members[i].owned, members[i].assigned).count;
    return count;
}

Test(assignor, range_gives_runs_and_the_first_members_one_more)
{
    given(2, 5, 3);
    assignor_range(&input);
    check();
    static const int32_t begins[] = {0, 2, 4};
    static const uint32_t counts[] = {4, 4, 2};
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(members[i].assigned.count, counts[i]);
        cr_expect_eq(members[i].assigned.items[0].partition, begins[i]);
    }
}

Test(assignor, range_puts_static_members_first_by_their_instance_ids)
{
    given(1, 2, 3);
    members[1].instance_id = string_of("b");
    members[2].instance_id = string_of("a");
    assignor_range(&input);
    cr_expect_eq(members[2].assigned.items[0].partition, 0);
    cr_expect_eq(members[1].assigned.items[0].partition, 1);
    cr_expect_eq(members[0].assigned.count, 0);
}

Test(assignor, range_shares_a_topic_among_those_who_want_it)
{
    static const uint32_t second[] = {1};
    given(2, 4, 2);
    members[0].topics = second;
    members[0].topic_count = 1;
    assignor_range(&input);
    check();
    cr_expect_eq(members[0].assigned.count, 2);
    cr_expect_eq(members[1].assigned.count, 6);
}

Test(assignor, uniform_is_even)
{
    given(3, 7, 4);
    assignor_uniform(&input);
    cr_expect_eq(check(), 1);
}

Test(assignor, uniform_gives_nothing_to_more_members_than_partitions)
{
    given(1, 2, 5);
    assignor_uniform(&input);
    cr_expect_eq(check(), 1);
}

Test(assignor, uniform_moves_only_what_it_must)
{
    given(1, 12, 3);
    assignor_uniform(&input);
    own_what_is_assigned();
    input.member_count = 4;
    snprintf(names[3], sizeof names[3], "m0003");
    members[3] = (struct assignor_member){
        .id = string_of(names[3]),
        .instance_id = STRING_NULL,
        .topics = all_topics,
        .topic_count = 1,
    };
    assignor_uniform(&input);
    cr_expect_eq(check(), 0);
    cr_expect_eq(kept(), 9, "three go to the new one");
    own_what_is_assigned();
    assignor_uniform(&input);
    cr_expect_eq(kept(), 12, "nothing moves without cause");
}

Test(assignor, uniform_keeps_the_extra_one_where_it_is)
{
    given(1, 7, 3);
    assignor_uniform(&input);
    own_what_is_assigned();
    /* Whoever has three keeps three, though it comes last. */
    struct spots spare = members[0].owned;
    members[0].owned = members[2].owned;
    members[2].owned = spare;
    assignor_uniform(&input);
    check();
    cr_expect_eq(kept(), 7);
}

Test(assignor, uniform_lets_go_of_partitions_and_topics_that_are_gone)
{
    given(2, 4, 2);
    assignor_uniform(&input);
    own_what_is_assigned();
    input.topic_count = 1;
    members[0].topic_count = members[1].topic_count = 1;
    assignor_uniform(&input);
    cr_expect_eq(check(), 0);
}

Test(assignor, different_subscriptions_are_evened_out)
{
    static const uint32_t first[] = {0};
    static const uint32_t second[] = {1};
    given(2, 6, 3);
    members[0].topics = first;
    members[0].topic_count = 1;
    members[1].topics = second;
    members[1].topic_count = 1;
    assignor_uniform(&input);
    cr_expect_leq(check(), 2, "no single move would even it out more");
    own_what_is_assigned();
    assignor_uniform(&input);
    cr_expect_eq(kept(), 12);
}

Test(assignor, different_subscriptions_move_what_one_member_has_too_much_of)
{
    static const uint32_t first[] = {0};
    given(2, 6, 2);
    members[0].topics = first;
    members[0].topic_count = 1;
    struct spot items[12];
    for (int32_t i = 0; i < 12; i++)
        items[i] = (struct spot){topics[i / 6].id, i % 6};
    members[1].owned = (struct spots){items, 12};
    assignor_uniform(&input);
    cr_expect_eq(check(), 0);
    cr_expect_eq(kept(), 6);
}

Test(assignor, nobody_wants_anything)
{
    given(1, 3, 2);
    members[0].topic_count = members[1].topic_count = 0;
    assignor_uniform(&input);
    assignor_mixed(&input);
    assignor_range(&input);
    cr_expect_eq(members[0].assigned.count + members[1].assigned.count, 0);
    input.member_count = 0;
    assignor_uniform(&input);
    assignor_range(&input);
}

Test(assignor, a_thousand_members_share_a_thousand_partitions)
{
    given(10, 100, MEMBERS_MAX);
    assignor_uniform(&input);
    cr_expect_eq(check(), 0);
    own_what_is_assigned();
    input.member_count = MEMBERS_MAX - 1;
    assignor_uniform(&input);
    cr_expect_eq(check(), 1);
    cr_expect_eq(kept(), 999);
    /* Of different topics: each member wants five in a row of ten. */
    static uint32_t wanted[6][5];
    for (uint32_t i = 0; i < 6; i++)
        for (uint32_t j = 0; j < 5; j++)
            wanted[i][j] = i + j;
    for (uint32_t i = 0; i < input.member_count; i++) {
        members[i].topics = wanted[i % 6];
        members[i].topic_count = 5;
        members[i].owned = (struct spots){0};
    }
    assignor_uniform(&input);
    cr_expect_leq(check(), 2);
}
