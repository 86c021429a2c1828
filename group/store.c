/* A group's own record on its way to the log. */
#include "base/assert.h"
#include "base/util.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

int16_t group_store_error(int result)
{
    if (result == 0)
        return KAFKA_NONE;
    if (result == ERR_NOT_FOUND)
        return KAFKA_NOT_COORDINATOR;
    return result == ERR_TOO_LARGE ? KAFKA_UNKNOWN_SERVER_ERROR : KAFKA_COORDINATOR_NOT_AVAILABLE;
}

void groups_write_started(struct group *group)
{
    group->writes_out++;
    group->groups->writes_out++;
}

void groups_write_ended(struct group *group)
{
    ASSERT(group->writes_out > 0 && group->groups->writes_out > 0);
    group->writes_out--;
    group->groups->writes_out--;
}

struct group_store *group_store_new(struct group *group)
{
    struct group_reply memory = {0};
    struct group_store *store = group_reply_alloc(&memory, 1, sizeof *store);
    store->memory = memory;
    store->group = group;
    store->generation = group->generation;
    return store;
}

static void store_done(struct group_write *write, int result)
{
    struct group_store *store = CONTAINER_OF(write, struct group_store, write);
    struct group *group = store->group;
    groups_write_ended(group);
    if (result == 0)
        group->stored = true;
    store->stored(store, result);
    struct group_reply memory = store->memory;
    group_reply_free(&memory);
    group_forget_maybe(group);
}

static struct string text_or_empty(struct group_text text)
{
    return text.data == NULL ? (struct string){"", 0} : text_string(text);
}

static struct group_metadata_value_member_metadata member_record(const struct group_member *member)
{
    struct group_metadata_value_member_metadata record;
    message_defaults(&group_metadata_value_member_metadata_struct, &record);
    record.member_id = text_string(member->id);
    record.group_instance_id = text_string(member->instance_id);
    record.client_id = text_or_empty(member->client_id);
    record.client_host = text_or_empty(member->client_host);
    record.rebalance_timeout = member->rebalance_ms;
    record.session_timeout = member->session_ms;
    record.subscription = member_metadata(member);
    record.assignment =
        member->staged == NULL ? text_blob(member->assignment) : member->staged->assignment;
    if (record.assignment.len < 0)
        record.assignment.len = 0;
    return record;
}

static void stage(struct group_store *store)
{
    struct group *group = store->group;
    static const struct group_assignment nothing;
    LIST_EACH(node, &group->members)
        LIST_ENTRY(node, struct group_member, node)->staged =
            store->assignment_count > 0 ? &nothing : NULL;
    for (uint32_t i = 0; i < store->assignment_count; i++) {
        struct group_member *member = member_find(group, store->assignments[i].member_id);
        if (member != NULL)
            member->staged = &store->assignments[i];
    }
}

static void fill_record(struct group_store *store, struct group_metadata_value *value)
{
    struct group *group = store->group;
    message_defaults(&group_metadata_value_struct, value);
    value->protocol_type = text_or_empty(group->protocol_type);
    value->generation = group->generation;
    value->protocol = text_string(group->protocol_name);
    value->leader = group->leader == NULL ? STRING_NULL : text_string(group->leader->id);
    value->current_state_timestamp = group->state_ms;
    value->members.items =
        group_reply_alloc(&store->memory, group->member_count, sizeof *value->members.items);
    LIST_EACH(node, &group->members)
        value->members.items[value->members.count++] =
            member_record(LIST_ENTRY(node, struct group_member, node));
}

void group_store(struct group_store *store)
{
    struct group *group = store->group;
    struct groups *groups = group->groups;
    struct group_metadata_value value;
    struct string id = text_string(group->id);
    ASSERT(store->stored != NULL && !groups->closed);
    stage(store);
    fill_record(store, &value);
    size_t size = group_record_group_size(id, &value);
    struct writer writer;
    writer_init(&writer, group_reply_alloc(&store->memory, size, 1), size);
    store->write.records = group_reply_alloc(&store->memory, 1, sizeof *store->write.records);
    int result = group_record_write_group(&writer, id, &value, store->write.records);
    ASSERT(result == 0);
    store->write.count = 1;
    store->write.done = store_done;
    groups_write_started(group);
    groups->host->append(groups->host, groups, &store->write);
}
