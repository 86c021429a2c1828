/* Runs of each topic: the first members get one more where it does not come out even. */
#include <stdlib.h>

#include "base/assert.h"
#include "base/util.h"
#include "group/assignor.h"

struct topic_range {
    int32_t next;  /* partition */
    int32_t quota; /* of each member */
    int32_t extra; /* members that get one more */
};

static int string_order(struct string a, struct string b)
{
    return bytes_compare((struct bytes){(const uint8_t *)a.data, (size_t)MAX(a.len, 0)},
                         (struct bytes){(const uint8_t *)b.data, (size_t)MAX(b.len, 0)});
}

static int member_order(const void *x, const void *y)
{
    const struct assignor_member *a = *(struct assignor_member *const *)x;
    const struct assignor_member *b = *(struct assignor_member *const *)y;
    if (a->instance_id.len >= 0 && b->instance_id.len >= 0)
        return string_order(a->instance_id, b->instance_id);
    if (a->instance_id.len >= 0 || b->instance_id.len >= 0)
        return a->instance_id.len >= 0 ? -1 : 1;
    return string_order(a->id, b->id);
}

static struct topic_range *ranges_of(const struct assignor_input *input)
{
    struct topic_range *ranges =
        group_reply_alloc(input->memory, input->topic_count, sizeof *ranges);
    int32_t *members = group_reply_alloc(input->memory, input->topic_count, sizeof *members);
    for (uint32_t i = 0; i < input->member_count; i++)
        for (uint32_t j = 0; j < input->members[i].topic_count; j++)
            members[input->members[i].topics[j]]++;
    for (uint32_t i = 0; i < input->topic_count; i++) {
        if (members[i] == 0)
            continue;
        ranges[i].quota = input->topics[i].partitions / members[i];
        ranges[i].extra = input->topics[i].partitions % members[i];
    }
    return ranges;
}

static void member_take(const struct assignor_input *input, struct assignor_member *member,
                        struct topic_range *ranges)
{
    size_t room = 0;
    for (uint32_t i = 0; i < member->topic_count; i++)
        room += (size_t)ranges[member->topics[i]].quota + 1;
    struct spot *items = group_reply_alloc(input->memory, room, sizeof *items);
    uint32_t count = 0;
    for (uint32_t i = 0; i < member->topic_count; i++) {
        const struct assignor_topic *topic = &input->topics[member->topics[i]];
        struct topic_range *range = &ranges[member->topics[i]];
        int32_t end = range->next + range->quota + (range->extra > 0);
        ASSERT(end <= topic->partitions);
        range->extra -= range->extra > 0;
        for (; range->next < end; range->next++)
            items[count++] = (struct spot){topic->id, range->next};
    }
    ASSERT(count <= room);
    member->assigned = spots_of(items, count);
}

void assignor_range(struct assignor_input *input)
{
    struct topic_range *ranges = ranges_of(input);
    struct assignor_member **order =
        group_reply_alloc(input->memory, input->member_count, sizeof(struct assignor_member *));
    for (uint32_t i = 0; i < input->member_count; i++)
        order[i] = &input->members[i];
    qsort(order, input->member_count, sizeof(struct assignor_member *), member_order);
    for (uint32_t i = 0; i < input->member_count; i++)
        member_take(input, order[i], ranges);
}
