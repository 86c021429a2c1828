/* ListGroups and DescribeGroups: copies of what there is. */
#include "base/assert.h"
#include "base/mem.h"
#include "group/consumer_internal.h"
#include "group/group_internal.h"

void groups_list(struct groups *groups, struct group_listing *listing)
{
    size_t position = 0;
    struct group *group;
    uint32_t room = listing->count + groups_count(groups);
    struct group_listed *items = group_reply_alloc(&listing->reply, room, sizeof *items);
    if (listing->count > 0)
        memcpy(items, listing->items, listing->count * sizeof *items);
    listing->items = items;
    while ((group = map_next(&groups->by_id, &position)) != NULL) {
        ASSERT(listing->count < room);
        bool modern = group_shows_consumer(group);
        if (!modern && !group_shows_classic(group))
            continue;
        struct string type = text_string(group->protocol_type);
        items[listing->count++] = (struct group_listed){
            .group_id = group_reply_string(&listing->reply, text_string(group->id)),
            .protocol_type = string_given(type) ? group_reply_string(&listing->reply, type)
                                                : (struct string){"", 0},
            .state = group_state_name(group),
            .type = modern ? "consumer" : "classic",
        };
        if (modern)
            items[listing->count - 1].protocol_type = string_of("consumer");
    }
}

static void describe_member(struct group_description *d, const struct group_member *member)
{
    bool stable = member->group->state == GROUP_STABLE;
    struct group_described_member *out = &d->members[d->member_count++];
    *out = (struct group_described_member){
        .member_id = group_reply_string(&d->reply, text_string(member->id)),
        .instance_id = group_reply_string(&d->reply, text_string(member->instance_id)),
        .client_id = group_reply_string(&d->reply, text_string(member->client_id)),
        .client_host = group_reply_string(&d->reply, text_string(member->client_host)),
    };
    /* Only then do they belong together. */
    if (stable) {
        out->metadata = group_reply_blob(&d->reply, member_metadata(member));
        out->assignment = group_reply_blob(&d->reply, text_blob(member->assignment));
    }
}

void groups_describe(struct groups *groups, struct group_description *d)
{
    struct group *group = group_find(groups, string_bytes(d->group_id));
    d->found = group != NULL && group_shows_classic(group) && !groups->closed;
    d->is_consumer = group != NULL && group_shows_consumer(group);
    d->state = "Dead";
    d->protocol_type = d->protocol_data = (struct string){"", 0};
    if (!d->found)
        return;
    d->state = group_state_name(group);
    if (group->protocol_type.data != NULL)
        d->protocol_type = group_reply_string(&d->reply, text_string(group->protocol_type));
    if (group->state == GROUP_STABLE && group->protocol_name.data != NULL)
        d->protocol_data = group_reply_string(&d->reply, text_string(group->protocol_name));
    d->members = group_reply_alloc(&d->reply, group->member_count, sizeof *d->members);
    LIST_EACH(node, &group->members)
        describe_member(d, LIST_ENTRY(node, struct group_member, node));
}
