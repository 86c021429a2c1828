/* Members and given-out ids: what they hold, how long they live. */
#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "group/group_internal.h"
#include "protocol/errors.h"

/* Ids that nobody has joined with may take this part of the memory. */
#define PENDING_SHARE 8

static struct groups_host *host_of(const struct group *group)
{
    return group->groups->host;
}

static uint64_t member_hash(const struct group *group, struct string id)
{
    return hash_bytes_keyed(string_bytes(id), host_of(group)->secret);
}

static bool member_has_id(const void *item, const void *key)
{
    const struct group_member *member = item;
    return bytes_equal(text_bytes(member->id), string_bytes(*(const struct string *)key));
}

struct group_member *member_find(const struct group *group, struct string id)
{
    return map_find(&group->members_by_id, member_hash(group, id), member_has_id, &id);
}

struct group_member *member_find_static(const struct group *group, struct string instance_id)
{
    LIST_EACH(node, &group->members) {
        struct group_member *member = LIST_ENTRY(node, struct group_member, node);
        if (member->instance_id.data != NULL &&
            strings_equal(text_string(member->instance_id), instance_id))
            return member;
    }
    return NULL;
}

int16_t member_check(const struct group *group, struct string member_id, struct string instance_id)
{
    const struct group_member *member = member_find(group, member_id);
    if (!string_given(instance_id))
        return member == NULL ? KAFKA_UNKNOWN_MEMBER_ID : KAFKA_NONE;
    if (member != NULL && strings_equal(text_string(member->instance_id), instance_id))
        return KAFKA_NONE;
    return member_find_static(group, instance_id) == NULL ? KAFKA_UNKNOWN_MEMBER_ID
                                                          : KAFKA_FENCED_INSTANCE_ID;
}

static void member_expired(struct timer *timer)
{
    struct group_member *member = CONTAINER_OF(timer, struct group_member, session);
    struct group *group = member->group;
    /* Who waits for the others, or for the leader, is alive. */
    if (member->sync != NULL || (member->join != NULL && !member->is_new))
        return;
    member_remove(member);
    group_rebalance_maybe(group);
}

static size_t text_len(struct string text)
{
    return text.len < 0 ? 0 : (size_t)text.len;
}

static size_t protocols_size(const struct group_protocol *protocols, uint32_t count)
{
    size_t size = 0;
    for (uint32_t i = 0; i < count; i++)
        size += sizeof *protocols + text_len(protocols[i].name) +
                (size_t)MAX(protocols[i].metadata.len, 0);
    return size;
}

static size_t member_cost(const struct group_member_options *o)
{
    return sizeof(struct group_member) + 2 * sizeof(struct map_slot) + text_len(o->id) +
           text_len(o->instance_id) + text_len(o->client_id) + text_len(o->client_host);
}

struct group_member *member_add(struct group *group, const struct group_member_options *options,
                                bool forced)
{
    struct groups_host *host = host_of(group);
    size_t cost = member_cost(options);
    ASSERT(member_find(group, options->id) == NULL);
    if (forced)
        group_memory_force(host->memory, cost);
    else if (!group_memory_take(host->memory, cost))
        return NULL;
    struct group_member *member = mem_alloc(sizeof *member);
    *member = (struct group_member){
        .group = group,
        .hash = member_hash(group, options->id),
        .id = text_of(string_bytes(options->id)),
        .instance_id = text_of_string(options->instance_id),
        .client_id = text_of(string_bytes(options->client_id)),
        .client_host = text_of(string_bytes(options->client_host)),
        .session_ms = options->session_ms,
        .rebalance_ms = options->rebalance_ms,
        .bytes = cost,
    };
    timer_init(&member->session, member_expired);
    list_push_back(&group->members, &member->node);
    map_insert(&group->members_by_id, member->hash, member);
    group->member_count++;
    if (!member_set_protocols(member, options->protocols, options->protocol_count, forced)) {
        member_remove(member);
        return NULL;
    }
    return member;
}

bool member_set_protocols(struct group_member *member, const struct group_protocol *protocols,
                          uint32_t count, bool forced)
{
    struct group_memory *memory = host_of(member->group)->memory;
    size_t size = protocols_size(protocols, count);
    size_t before = protocols_size(member->protocols, member->protocol_count);
    if (forced)
        group_memory_force(memory, size);
    else if (!group_memory_take(memory, size))
        return false;
    char *bytes = mem_alloc(MAX(size, 1));
    struct group_protocol *copies = mem_alloc_array(MAX(count, 1), sizeof *copies);
    char *at = bytes;
    for (uint32_t i = 0; i < count; i++) {
        size_t name = text_len(protocols[i].name);
        size_t data = (size_t)MAX(protocols[i].metadata.len, 0);
        if (name > 0)
            memcpy(at, protocols[i].name.data, name);
        copies[i].name = (struct string){at, (int32_t)name};
        if (data > 0)
            memcpy(at + name, protocols[i].metadata.data, data);
        copies[i].metadata = (struct blob){(const uint8_t *)at + name, (int32_t)data};
        at += name + data;
    }
    mem_free(member->protocols);
    mem_free(member->protocol_bytes);
    group_memory_give(memory, before);
    member->bytes += size - before;
    member->protocols = copies;
    member->protocol_count = count;
    member->protocol_bytes = bytes;
    return true;
}

bool member_has_protocols(const struct group_member *member, const struct group_protocol *protocols,
                          uint32_t count)
{
    if (member->protocol_count != count)
        return false;
    for (uint32_t i = 0; i < count; i++)
        if (!strings_equal(member->protocols[i].name, protocols[i].name) ||
            !bytes_equal(blob_bytes(member->protocols[i].metadata),
                         blob_bytes(protocols[i].metadata)))
            return false;
    return true;
}

struct blob member_metadata(const struct group_member *member)
{
    struct string chosen = text_string(member->group->protocol_name);
    for (uint32_t i = 0; i < member->protocol_count; i++)
        if (strings_equal(member->protocols[i].name, chosen))
            return member->protocols[i].metadata;
    return (struct blob){NULL, 0};
}

void member_set_assignment(struct group_member *member, struct blob assignment)
{
    struct group_memory *memory = host_of(member->group)->memory;
    group_memory_force(memory, (size_t)MAX(assignment.len, 0));
    group_memory_give(memory, (size_t)member->assignment.len);
    text_free(&member->assignment);
    if (assignment.len > 0)
        member->assignment = text_of(blob_bytes(assignment));
}

void member_rename(struct group_member *member, struct string id)
{
    struct group *group = member->group;
    struct group_memory *memory = host_of(group)->memory;
    map_remove(&group->members_by_id, member->hash, member);
    group_memory_force(memory, text_len(id));
    group_memory_give(memory, (size_t)member->id.len);
    member->bytes += text_len(id) - (size_t)member->id.len;
    text_set(&member->id, string_bytes(id));
    member->hash = member_hash(group, id);
    map_insert(&group->members_by_id, member->hash, member);
}

void member_remove(struct group_member *member)
{
    struct group *group = member->group;
    member_end_join(member, KAFKA_UNKNOWN_MEMBER_ID);
    member_end_sync(member, KAFKA_UNKNOWN_MEMBER_ID);
    heap_cancel(host_of(group)->timers, &member->session);
    member_set_assignment(member, (struct blob){NULL, 0});
    list_remove(&member->node);
    map_remove(&group->members_by_id, member->hash, member);
    ASSERT(group->member_count > 0);
    group->member_count--;
    if (group->leader == member)
        group->leader = LIST_FIRST(&group->members, struct group_member, node);
    group_memory_give(host_of(group)->memory, member->bytes);
    text_free(&member->id);
    text_free(&member->instance_id);
    text_free(&member->client_id);
    text_free(&member->client_host);
    mem_free(member->protocols);
    mem_free(member->protocol_bytes);
    mem_free(member);
}

void member_touch_for(struct group_member *member, int64_t ms)
{
    struct groups_host *host = host_of(member->group);
    heap_set(host->timers, &member->session, host->now_ns(host) + (uint64_t)MAX(ms, 0) * NS_PER_MS);
}

void member_touch(struct group_member *member)
{
    member_touch_for(member, member->session_ms);
}

/* Ids that were given out. */

static void pending_expired(struct timer *timer)
{
    struct group_pending *pending = CONTAINER_OF(timer, struct group_pending, expiry);
    struct group *group = pending->group;
    pending_remove(pending);
    if (group->state == GROUP_PREPARING)
        group_joined_maybe(group);
    group_forget_maybe(group);
}

struct group_pending *pending_find_id(const struct group *group, struct string id)
{
    LIST_EACH(node, &group->pending) {
        struct group_pending *pending = LIST_ENTRY(node, struct group_pending, node);
        if (strings_equal(text_string(pending->id), id))
            return pending;
    }
    return NULL;
}

bool pending_add(struct group *group, struct string id, int32_t session_ms)
{
    struct groups_host *host = host_of(group);
    size_t cost = sizeof(struct group_pending) + text_len(id);
    if (host->memory->pending + cost > host->memory->limit / PENDING_SHARE ||
        !group_memory_take(host->memory, cost))
        return false;
    host->memory->pending += cost;
    struct group_pending *pending = mem_alloc(sizeof *pending);
    pending->group = group;
    pending->bytes = cost;
    pending->id = text_of(string_bytes(id));
    timer_init(&pending->expiry, pending_expired);
    list_push_back(&group->pending, &pending->node);
    heap_set(host->timers, &pending->expiry, host->now_ns(host) + (uint64_t)session_ms * NS_PER_MS);
    return true;
}

void pending_remove(struct group_pending *pending)
{
    struct groups_host *host = host_of(pending->group);
    heap_cancel(host->timers, &pending->expiry);
    list_remove(&pending->node);
    group_memory_give(host->memory, pending->bytes);
    host->memory->pending -= pending->bytes;
    text_free(&pending->id);
    mem_free(pending);
}
