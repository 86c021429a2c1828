/*
 * Even loads for members that want different topics. What members have and still want stays; each
 * free partition goes to the least loaded of those who want it, topics with the fewest candidates
 * first; then, topic by topic, partitions move from who has more to who has at least two less,
 * until a round moves nothing. A move evens two loads out, so it ends; rounds have a bound all the
 * same.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/util.h"
#include "group/assignor.h"

#define ROUNDS_MAX 16
#define NOBODY UINT32_MAX

struct mixed_topic {
    uint32_t index;   /* in the input */
    uint32_t *owners; /* by partition: member, or NOBODY */
    uint32_t *candidates;
    uint32_t candidate_count;
};

struct mixed {
    struct assignor_input *input;
    struct mixed_topic *topics; /* by the input's index */
    struct mixed_topic **order; /* in which they are served */
    uint32_t *loads;            /* by member */
};

static void find_candidates(struct mixed *m)
{
    struct assignor_input *input = m->input;
    for (uint32_t i = 0; i < input->member_count; i++)
        for (uint32_t j = 0; j < input->members[i].topic_count; j++)
            m->topics[input->members[i].topics[j]].candidate_count++;
    for (uint32_t i = 0; i < input->topic_count; i++) {
        struct mixed_topic *topic = &m->topics[i];
        uint32_t partitions = (uint32_t)input->topics[i].partitions;
        topic->index = i;
        topic->candidates =
            group_reply_alloc(input->memory, topic->candidate_count, sizeof *topic->candidates);
        topic->candidate_count = 0;
        topic->owners = group_reply_alloc(input->memory, partitions, sizeof *topic->owners);
        for (uint32_t p = 0; p < partitions; p++)
            topic->owners[p] = NOBODY;
        m->order[i] = topic;
    }
    for (uint32_t i = 0; i < input->member_count; i++)
        for (uint32_t j = 0; j < input->members[i].topic_count; j++) {
            struct mixed_topic *topic = &m->topics[input->members[i].topics[j]];
            topic->candidates[topic->candidate_count++] = i;
        }
}

static void keep_owned(struct mixed *m, uint32_t member)
{
    const struct assignor_member *one = &m->input->members[member];
    uint32_t at = 0;
    for (uint32_t j = 0; j < one->topic_count; j++) {
        struct mixed_topic *topic = &m->topics[one->topics[j]];
        const struct assignor_topic *about = &m->input->topics[one->topics[j]];
        struct spot first = {about->id, 0};
        while (at < one->owned.count && spot_compare(&one->owned.items[at], &first) < 0)
            at++;
        for (; at < one->owned.count && uuid_equal(one->owned.items[at].topic, about->id); at++) {
            int32_t partition = one->owned.items[at].partition;
            if (partition >= about->partitions || topic->owners[partition] != NOBODY)
                continue;
            topic->owners[partition] = member;
            m->loads[member]++;
        }
    }
}

static uint32_t least_loaded(const struct mixed *m, const struct mixed_topic *topic)
{
    uint32_t best = topic->candidates[0];
    for (uint32_t i = 1; i < topic->candidate_count; i++)
        if (m->loads[topic->candidates[i]] < m->loads[best])
            best = topic->candidates[i];
    return best;
}

static void give_free(struct mixed *m, struct mixed_topic *topic)
{
    int32_t partitions = m->input->topics[topic->index].partitions;
    for (int32_t p = 0; p < partitions && topic->candidate_count > 0; p++)
        if (topic->owners[p] == NOBODY) {
            topic->owners[p] = least_loaded(m, topic);
            m->loads[topic->owners[p]]++;
        }
}

/* One look at each partition of the topic; true when something moved. */
static bool even_out(struct mixed *m, struct mixed_topic *topic)
{
    bool moved = false;
    int32_t partitions = m->input->topics[topic->index].partitions;
    if (topic->candidate_count < 2)
        return false;
    uint32_t to = least_loaded(m, topic);
    for (int32_t p = 0; p < partitions; p++) {
        uint32_t from = topic->owners[p];
        ASSERT(from != NOBODY);
        if (m->loads[from] < m->loads[to] + 2)
            continue;
        topic->owners[p] = to;
        m->loads[from]--;
        m->loads[to]++;
        to = least_loaded(m, topic);
        moved = true;
    }
    return moved;
}

static int topic_order(const void *x, const void *y)
{
    const struct mixed_topic *a = *(struct mixed_topic *const *)x;
    const struct mixed_topic *b = *(struct mixed_topic *const *)y;
    if (a->candidate_count != b->candidate_count)
        return a->candidate_count < b->candidate_count ? -1 : 1;
    return a->index < b->index ? -1 : 1;
}

static void tell_members(struct mixed *m)
{
    struct assignor_input *input = m->input;
    for (uint32_t i = 0; i < input->member_count; i++) {
        struct assignor_member *member = &input->members[i];
        member->assigned = (struct spots){
            group_reply_alloc(input->memory, m->loads[i], sizeof(struct spot)),
            0,
        };
    }
    /* Topics and partitions ascend: so do each member's. */
    for (uint32_t i = 0; i < input->topic_count; i++)
        for (int32_t p = 0; p < input->topics[i].partitions; p++) {
            uint32_t owner = m->topics[i].owners[p];
            if (owner == NOBODY)
                continue;
            struct spots *to = &input->members[owner].assigned;
            ASSERT(to->count < m->loads[owner]);
            to->items[to->count++] = (struct spot){input->topics[i].id, p};
        }
}

void assignor_mixed(struct assignor_input *input)
{
    struct group_reply *memory = input->memory;
    struct mixed m = {
        .input = input,
        .topics = group_reply_alloc(memory, input->topic_count, sizeof *m.topics),
        .order = group_reply_alloc(memory, input->topic_count, sizeof(struct mixed_topic *)),
        .loads = group_reply_alloc(memory, input->member_count, sizeof *m.loads),
    };
    find_candidates(&m);
    for (uint32_t i = 0; i < input->member_count; i++)
        keep_owned(&m, i);
    qsort(m.order, input->topic_count, sizeof(struct mixed_topic *), topic_order);
    for (uint32_t i = 0; i < input->topic_count; i++)
        give_free(&m, m.order[i]);
    bool moved = true;
    for (unsigned round = 0; round < ROUNDS_MAX && moved; round++) {
        moved = false;
        for (uint32_t i = 0; i < input->topic_count; i++)
            if (m.order[i]->candidate_count > 0)
                moved = even_out(&m, m.order[i]) || moved;
    }
    tell_members(&m);
}
