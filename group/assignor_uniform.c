/*
 * Even loads for members that all want the same topics: each keeps what it has up to its quota, and
 * what is free goes to those below theirs, in their order.
 *
 * The quota is the total divided by the members; as many members as the remainder says may have one
 * more. Who already has that many comes first for it, so that nothing moves without need.
 */
#include "base/assert.h"
#include "base/util.h"
#include "group/assignor.h"

struct uniform {
    struct assignor_input *input;
    uint32_t quota;  /* of each member */
    uint32_t extras; /* members that may have one more, left */
    struct spots wanted;
    struct spots kept; /* by members, as they stand one behind the other; not sorted at first */
    uint32_t *missing; /* by member: how many it may still get */
};

/* Every partition of the topics of the first member, who stands for all. */
static struct spots all_partitions(const struct assignor_input *input)
{
    const struct assignor_member *first = &input->members[0];
    size_t count = 0;
    for (uint32_t i = 0; i < first->topic_count; i++)
        count += (size_t)input->topics[first->topics[i]].partitions;
    struct spots all = {group_reply_alloc(input->memory, count, sizeof *all.items), 0};
    for (uint32_t i = 0; i < first->topic_count; i++) {
        const struct assignor_topic *topic = &input->topics[first->topics[i]];
        for (int32_t p = 0; p < topic->partitions; p++)
            all.items[all.count++] = (struct spot){topic->id, p};
    }
    return all;
}

/* What the member keeps, and how many more it may have. */
static void keep_owned(struct uniform *u, uint32_t index)
{
    struct assignor_member *member = &u->input->members[index];
    struct spots owned = spots_common(u->input->memory, member->owned, u->wanted);
    uint32_t limit = u->quota;
    uint32_t left = u->input->member_count - index;
    bool extra = u->extras > 0 && (owned.count > u->quota || left <= u->extras);
    if (extra) {
        limit++;
        u->extras--;
    }
    owned.count = MIN(owned.count, limit);
    member->assigned = owned;
    u->missing[index] = limit - owned.count;
    for (uint32_t i = 0; i < owned.count; i++)
        u->kept.items[u->kept.count++] = owned.items[i];
}

static void give_free(struct uniform *u, struct spots unowned)
{
    uint32_t next = 0;
    for (uint32_t i = 0; i < u->input->member_count; i++) {
        struct assignor_member *member = &u->input->members[i];
        ASSERT(u->missing[i] <= unowned.count - next);
        struct spots share = {unowned.items + next, u->missing[i]};
        next += share.count;
        if (share.count > 0)
            member->assigned = spots_joined(u->input->memory, member->assigned, share);
    }
    ASSERT(next == unowned.count);
}

static bool same_topics(const struct assignor_member *a, const struct assignor_member *b)
{
    return a->topic_count == b->topic_count &&
           (a->topic_count == 0 ||
            memcmp(a->topics, b->topics, a->topic_count * sizeof *a->topics) == 0);
}

void assignor_uniform(struct assignor_input *input)
{
    for (uint32_t i = 1; i < input->member_count; i++)
        if (!same_topics(&input->members[0], &input->members[i])) {
            assignor_mixed(input);
            return;
        }
    if (input->member_count == 0)
        return;
    struct uniform u = {.input = input, .wanted = all_partitions(input)};
    u.quota = u.wanted.count / input->member_count;
    u.extras = u.wanted.count % input->member_count;
    u.missing = group_reply_alloc(input->memory, input->member_count, sizeof *u.missing);
    u.kept.items = group_reply_alloc(input->memory, u.wanted.count, sizeof *u.kept.items);
    for (uint32_t i = 0; i < input->member_count; i++)
        keep_owned(&u, i);
    struct spots kept = spots_of(u.kept.items, u.kept.count);
    ASSERT(kept.count == u.kept.count);
    give_free(&u, spots_without(input->memory, u.wanted, kept));
}
