/* ConsumerGroupDescribe: copies of what there is, with the names that topics have now. */
#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "protocol/errors.h"

/* Topics that are gone are left out. */
static struct consumer_described_set describe_set(struct groups_host *host,
                                                  struct group_reply *reply, struct spots set)
{
    struct consumer_described_set out = {
        group_reply_alloc(reply, set.count, sizeof *out.topics),
        0,
    };
    int32_t *numbers = group_reply_alloc(reply, set.count, sizeof *numbers);
    for (uint32_t i = 0; i < set.count;) {
        uint32_t first = i;
        uint32_t end = spots_topic_end(set, i);
        struct group_topic topic;
        for (; i < end; i++)
            numbers[i] = set.items[i].partition;
        if (!host->topic_with_id(host, set.items[first].topic, &topic))
            continue;
        out.topics[out.count++] = (struct consumer_described_topic){
            .id = topic.id,
            .name = group_reply_string(reply, topic.name),
            .partitions = numbers + first,
            .partition_count = end - first,
        };
    }
    return out;
}

static void describe_member(struct groups_host *host, const struct consumer_member *member,
                            struct group_reply *reply, struct consumer_described_member *out)
{
    struct consumer_group_member_metadata_value said = consumer_said_copy(reply, &member->said);
    *out = (struct consumer_described_member){
        .member_id = group_reply_string(reply, text_string(member->id)),
        .instance_id = said.instance_id,
        .rack_id = said.rack_id,
        .client_id = said.client_id,
        .client_host = said.client_host,
        .pattern = said.subscribed_topic_regex,
        .topics = said.subscribed_topic_names.items,
        .topic_count = (uint32_t)said.subscribed_topic_names.count,
        .epoch = member->current.epoch,
        .classic = consumer_is_classic(member),
        .assigned = describe_set(host, reply, member->current.assigned),
        .target = describe_set(host, reply, member->target),
    };
}

static struct consumer_views votes(const struct consumer *consumer, struct group_reply *reply)
{
    struct consumer_views views = {
        group_reply_alloc(reply, consumer->member_count, sizeof *views.items),
        0,
    };
    LIST_EACH(node, &consumer->members)
        views.items[views.count++].said = &LIST_ENTRY(node, struct consumer_member, node)->said;
    return views;
}

void groups_consumer_describe(struct groups *groups, struct consumer_description *d)
{
    struct group *group = group_find(groups, string_bytes(d->group_id));
    struct groups_host *host = groups->host;
    d->error = groups->closed ? KAFKA_NOT_COORDINATOR : KAFKA_NONE;
    if (d->error != KAFKA_NONE)
        return;
    bool shown = group != NULL && group_shows_consumer(group);
    d->is_classic = group != NULL && group_shows_classic(group);
    if (!shown) {
        d->error = KAFKA_GROUP_ID_NOT_FOUND;
        return;
    }
    const struct consumer *consumer = group->consumer;
    d->state = consumer_state_name(consumer);
    d->assignor = consumer_assignor(host, votes(consumer, &d->reply));
    d->epoch = consumer->epoch;
    d->target_epoch = consumer->target_epoch;
    d->members = group_reply_alloc(&d->reply, consumer->member_count, sizeof *d->members);
    LIST_EACH(node, &consumer->members)
        describe_member(host, LIST_ENTRY(node, struct consumer_member, node), &d->reply,
                        &d->members[d->member_count++]);
    ASSERT(d->member_count == consumer->member_count);
}
