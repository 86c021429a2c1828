/*
 * What a consumer group is made of, and the one function by which it changes: consumer_apply, with
 * what a record says. It copies what it keeps.
 */
#include "group/consumer.h"

#include "base/assert.h"
#include "base/hash.h"
#include "base/mem.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "protocol/errors.h"

static struct groups_host *host_of(const struct consumer *consumer)
{
    return consumer->group->groups->host;
}

/* Finding. */

static uint64_t member_hash(const struct consumer *consumer, struct string id)
{
    return hash_bytes_keyed(string_bytes(id), host_of(consumer)->secret);
}

static bool member_has_id(const void *item, const void *key)
{
    const struct consumer_member *member = item;
    return bytes_equal(text_bytes(member->id), string_bytes(*(const struct string *)key));
}

struct consumer_member *consumer_find(const struct consumer *consumer, struct string id)
{
    return map_find(&consumer->members_by_id, member_hash(consumer, id), member_has_id, &id);
}

struct consumer_member *consumer_find_static(const struct consumer *consumer,
                                             struct string instance_id)
{
    LIST_EACH(node, &consumer->members) {
        struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (string_given(member->said.instance_id) &&
            strings_equal(member->said.instance_id, instance_id))
            return member;
    }
    return NULL;
}

struct consumer_pattern *consumer_find_pattern(const struct consumer *consumer, struct string text)
{
    LIST_EACH(node, &consumer->patterns) {
        struct consumer_pattern *pattern = LIST_ENTRY(node, struct consumer_pattern, node);
        if (bytes_equal(text_bytes(pattern->text), string_bytes(text)))
            return pattern;
    }
    return NULL;
}

static bool topics_have(const struct string *topics, uint32_t count, struct bytes topic)
{
    for (uint32_t i = 0; i < count; i++)
        if (bytes_equal(string_bytes(topics[i]), topic))
            return true;
    return false;
}

bool consumer_subscribed(const struct consumer *consumer, struct bytes topic)
{
    LIST_EACH(node, &consumer->members) {
        const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (topics_have(member->said.subscribed_topic_names.items,
                        (uint32_t)MAX(member->said.subscribed_topic_names.count, 0), topic))
            return true;
    }
    LIST_EACH(node, &consumer->patterns) {
        const struct consumer_pattern *pattern = LIST_ENTRY(node, struct consumer_pattern, node);
        if (topics_have(pattern->topics, pattern->topic_count, topic))
            return true;
    }
    return false;
}

const char *consumer_state_name(const struct consumer *consumer)
{
    if (consumer->member_count == 0)
        return "Empty";
    if (consumer->epoch > consumer->target_epoch)
        return "Assigning";
    LIST_EACH(node, &consumer->members) {
        const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (member->current.state != CONSUMER_STABLE ||
            member->current.epoch != consumer->target_epoch)
            return "Reconciling";
    }
    return "Stable";
}

/* Counting. */

static void recount(struct consumer *consumer, size_t *counted, size_t now)
{
    /* A draft goes before anybody else may take memory. */
    if (consumer->is_draft)
        return;
    group_memory_force(host_of(consumer)->memory, now);
    group_memory_give(host_of(consumer)->memory, *counted);
    *counted = now;
}

static void member_recount(struct consumer_member *member)
{
    size_t spots = (size_t)member->current.assigned.count + member->current.revoking.count +
                   member->target.count;
    recount(member->consumer, &member->bytes,
            sizeof *member + (size_t)member->id.len + 2 * sizeof(struct map_slot) +
                member->memory.total + spots * sizeof(struct spot));
}

/* Members. */

void consumer_touch(struct consumer_member *member)
{
    struct groups_host *host = host_of(member->consumer);
    int32_t ms = consumer_is_classic(member)
                     ? member->said.classic_member_metadata->session_timeout_ms
                     : host->settings(host, text_bytes(member->consumer->group->id)).session_ms;
    heap_set(host->timers, &member->session, host->now_ns(host) + (uint64_t)MAX(ms, 0) * NS_PER_MS);
}

/* Who is to give partitions up has its rebalance timeout for it. */
static void arm_rebalance(struct consumer_member *member)
{
    const struct consumer *consumer = member->consumer;
    struct groups_host *host = host_of(consumer);
    if (consumer_is_classic(member) || consumer->is_draft || !consumer->group->groups->loaded)
        return;
    if (member->current.state != CONSUMER_UNREVOKED) {
        heap_cancel(host->timers, &member->rebalance);
        return;
    }
    heap_set(host->timers, &member->rebalance,
             host->now_ns(host) + (uint64_t)MAX(member->said.rebalance_timeout_ms, 0) * NS_PER_MS);
}

static struct consumer_member *member_take(struct consumer *consumer, struct string id)
{
    struct consumer_member *member = consumer_find(consumer, id);
    if (member != NULL)
        return member;
    member = mem_alloc(sizeof *member);
    member->consumer = consumer;
    member->id = text_of(string_bytes(id));
    member->hash = member_hash(consumer, id);
    message_defaults(&consumer_group_member_metadata_value_struct, &member->said);
    member->said.instance_id = member->said.rack_id = STRING_NULL;
    member->said.server_assignor = STRING_NULL;
    timer_init(&member->session, consumer_session_expired);
    timer_init(&member->rebalance, consumer_rebalance_expired);
    list_push_back(&consumer->members, &member->node);
    map_insert(&consumer->members_by_id, member->hash, member);
    consumer->member_count++;
    member_recount(member);
    return member;
}

static void member_drop(struct consumer_member *member)
{
    struct consumer *consumer = member->consumer;
    ASSERT(consumer->member_count > 0);
    heap_cancel(host_of(consumer)->timers, &member->session);
    heap_cancel(host_of(consumer)->timers, &member->rebalance);
    list_remove(&member->node);
    map_remove(&consumer->members_by_id, member->hash, member);
    consumer->member_count--;
    group_memory_give(host_of(consumer)->memory, member->bytes);
    spots_drop(&member->current.assigned);
    spots_drop(&member->current.revoking);
    spots_drop(&member->target);
    group_reply_free(&member->memory);
    text_free(&member->id);
    mem_free(member);
}

static struct string *copy_topics(struct group_reply *memory, const struct string *topics,
                                  int32_t count, uint32_t *kept)
{
    struct string *copies = group_reply_alloc(memory, (size_t)MAX(count, 0), sizeof *copies);
    for (int32_t i = 0; i < count; i++)
        copies[i] = group_reply_string(memory, topics[i]);
    *kept = consumer_sort_topics(copies, (uint32_t)MAX(count, 0));
    return copies;
}

static struct consumer_classic *copy_classic(struct group_reply *memory,
                                             const struct consumer_classic *classic)
{
    if (classic == NULL)
        return NULL;
    struct consumer_classic *copy = group_reply_alloc(memory, 1, sizeof *copy);
    int32_t count = MAX(classic->supported_protocols.count, 0);
    *copy = *classic;
    copy->unknown_tags = (struct message_tags){0};
    copy->supported_protocols.count = count;
    copy->supported_protocols.items =
        group_reply_alloc(memory, (size_t)count, sizeof *copy->supported_protocols.items);
    for (int32_t i = 0; i < count; i++) {
        copy->supported_protocols.items[i] = classic->supported_protocols.items[i];
        copy->supported_protocols.items[i].name =
            group_reply_string(memory, classic->supported_protocols.items[i].name);
        copy->supported_protocols.items[i].metadata =
            group_reply_blob(memory, classic->supported_protocols.items[i].metadata);
        copy->supported_protocols.items[i].unknown_tags = (struct message_tags){0};
    }
    return copy;
}

struct consumer_group_member_metadata_value
consumer_said_copy(struct group_reply *memory,
                   const struct consumer_group_member_metadata_value *said)
{
    struct consumer_group_member_metadata_value copy = *said;
    uint32_t topics;
    copy.instance_id = group_reply_string(memory, said->instance_id);
    copy.rack_id = group_reply_string(memory, said->rack_id);
    copy.client_id = group_reply_string(memory, said->client_id);
    copy.client_host = group_reply_string(memory, said->client_host);
    copy.subscribed_topic_regex = group_reply_string(memory, said->subscribed_topic_regex);
    copy.server_assignor = group_reply_string(memory, said->server_assignor);
    copy.subscribed_topic_names.items = copy_topics(memory, said->subscribed_topic_names.items,
                                                    said->subscribed_topic_names.count, &topics);
    copy.subscribed_topic_names.count = (int32_t)topics;
    copy.classic_member_metadata = copy_classic(memory, said->classic_member_metadata);
    copy.unknown_tags = (struct message_tags){0};
    return copy;
}

static void member_say(struct consumer_member *member,
                       const struct consumer_group_member_metadata_value *said)
{
    struct group_reply memory = {0};
    struct consumer_group_member_metadata_value copy = consumer_said_copy(&memory, said);
    group_reply_free(&member->memory);
    member->memory = memory;
    member->said = copy;
}

static void apply_member(struct consumer *consumer, const struct consumer_change *change)
{
    struct consumer_member *member;
    if (change->tombstone) {
        member = consumer_find(consumer, change->key);
        if (member != NULL)
            member_drop(member);
        return;
    }
    member = member_take(consumer, change->key);
    bool was_classic = consumer_is_classic(member);
    member_say(member, &change->member);
    member_recount(member);
    /* What it had to come for belongs to the other protocol. */
    if (was_classic && !consumer_is_classic(member))
        arm_rebalance(member);
}

static void apply_target(struct consumer *consumer, const struct consumer_change *change)
{
    struct consumer_member *member = change->tombstone ? consumer_find(consumer, change->key)
                                                       : member_take(consumer, change->key);
    if (member == NULL)
        return;
    spots_keep(&member->target, change->target);
    member_recount(member);
}

static void apply_current(struct consumer *consumer, const struct consumer_change *change)
{
    struct consumer_member *member = change->tombstone ? consumer_find(consumer, change->key)
                                                       : member_take(consumer, change->key);
    if (member == NULL)
        return;
    member->current.epoch = change->current.epoch;
    member->current.previous_epoch = change->current.previous_epoch;
    member->current.state = change->current.state;
    spots_keep(&member->current.assigned, change->current.assigned);
    spots_keep(&member->current.revoking, change->current.revoking);
    member_recount(member);
    arm_rebalance(member);
}

/* Patterns. */

static void pattern_drop(struct consumer *consumer, struct consumer_pattern *pattern)
{
    list_remove(&pattern->node);
    group_memory_give(host_of(consumer)->memory, pattern->bytes);
    group_reply_free(&pattern->memory);
    text_free(&pattern->text);
    mem_free(pattern);
}

static void apply_pattern(struct consumer *consumer, const struct consumer_change *change)
{
    struct consumer_pattern *pattern = consumer_find_pattern(consumer, change->key);
    if (change->tombstone) {
        if (pattern != NULL)
            pattern_drop(consumer, pattern);
        return;
    }
    if (pattern == NULL) {
        pattern = mem_alloc(sizeof *pattern);
        pattern->text = text_of(string_bytes(change->key));
        list_push_back(&consumer->patterns, &pattern->node);
    }
    struct group_reply memory = {0};
    pattern->topics = copy_topics(&memory, change->pattern.topics.items,
                                  change->pattern.topics.count, &pattern->topic_count);
    group_reply_free(&pattern->memory);
    pattern->memory = memory;
    pattern->version = change->pattern.version;
    pattern->looked_ms = change->pattern.timestamp;
    recount(consumer, &pattern->bytes, sizeof *pattern + (size_t)pattern->text.len + memory.total);
}

/* The group. */

static struct consumer *consumer_new(struct group *group)
{
    struct consumer *consumer = mem_alloc(sizeof *consumer);
    consumer->group = group;
    consumer->hash_due = true;
    list_init(&consumer->members);
    list_init(&consumer->patterns);
    list_init(&consumer->waiting);
    map_init(&consumer->members_by_id);
    return consumer;
}

static void consumer_end(struct consumer *consumer)
{
    ASSERT(!consumer->busy && list_empty(&consumer->waiting));
    LIST_EACH(node, &consumer->members)
        member_drop(LIST_ENTRY(node, struct consumer_member, node));
    LIST_EACH(node, &consumer->patterns)
        pattern_drop(consumer, LIST_ENTRY(node, struct consumer_pattern, node));
    map_fini(&consumer->members_by_id);
    mem_free(consumer);
}

struct consumer *consumer_make(struct group *group)
{
    ASSERT(group->consumer == NULL);
    group->consumer = consumer_new(group);
    group_memory_force(group->groups->host->memory, sizeof *group->consumer);
    return group->consumer;
}

void consumer_free(struct consumer *consumer)
{
    struct group *group = consumer->group;
    ASSERT(group->consumer == consumer);
    group_memory_give(host_of(consumer)->memory, sizeof *consumer);
    consumer_end(consumer);
    group->consumer = NULL;
}

/* Applying. */

static void apply_epoch(struct consumer *consumer, const struct consumer_change *change)
{
    consumer->stored = !change->tombstone;
    consumer->epoch = change->tombstone ? 0 : change->epoch;
    consumer->hash = change->tombstone ? 0 : change->hash;
}

static void apply(struct consumer *consumer, const struct consumer_change *change)
{
    switch (change->kind) {
    case CONSUMER_EPOCH:
        apply_epoch(consumer, change);
        return;
    case CONSUMER_MEMBER:
        apply_member(consumer, change);
        return;
    case CONSUMER_TARGET_EPOCH:
        consumer->target_epoch = change->tombstone ? 0 : change->epoch;
        return;
    case CONSUMER_TARGET:
        apply_target(consumer, change);
        return;
    case CONSUMER_CURRENT:
        apply_current(consumer, change);
        return;
    case CONSUMER_PATTERN:
        apply_pattern(consumer, change);
        return;
    case CONSUMER_TOPICS:
    case CONSUMER_CLASSIC:
        return;
    }
}

/* The group is in the log now, or not any more. */
static void apply_stored(struct group *group, bool stored)
{
    if (stored) {
        group->stored = true;
        return;
    }
    /* The group's last record: what follows belongs to another one of its name. */
    group->stored = group->offsets.count > 0;
    if (!group->consumer->busy)
        consumer_free(group->consumer);
}

void consumer_apply(struct group *group, const struct consumer_change *change)
{
    if (change->kind == CONSUMER_CLASSIC) {
        ASSERT(change->tombstone);
        group_end_classic(group);
        return;
    }
    if (group->consumer == NULL && change->tombstone)
        return;
    if (group->consumer == NULL)
        consumer_make(group);
    apply(group->consumer, change);
    if (change->kind == CONSUMER_EPOCH)
        apply_stored(group, !change->tombstone);
}

/* Drafts. */

static size_t consumer_bytes(const struct consumer *consumer)
{
    size_t bytes = sizeof *consumer;
    LIST_EACH(node, &consumer->members)
        bytes += LIST_ENTRY(node, struct consumer_member, node)->bytes;
    LIST_EACH(node, &consumer->patterns)
        bytes += LIST_ENTRY(node, struct consumer_pattern, node)->bytes;
    return bytes;
}

static void draft_member(struct consumer *draft, const struct consumer_member *from)
{
    struct consumer_member *member = member_take(draft, text_string(from->id));
    member->said = from->said;
    member->current = from->current;
    member->current.assigned = member->current.revoking = (struct spots){0};
    spots_keep(&member->current.assigned, from->current.assigned);
    spots_keep(&member->current.revoking, from->current.revoking);
    spots_keep(&member->target, from->target);
}

static void draft_pattern(struct consumer *draft, const struct consumer_pattern *from)
{
    struct consumer_pattern *pattern = mem_alloc(sizeof *pattern);
    pattern->text = text_of(text_bytes(from->text));
    pattern->topics = from->topics;
    pattern->topic_count = from->topic_count;
    pattern->version = from->version;
    pattern->looked_ms = from->looked_ms;
    list_push_back(&draft->patterns, &pattern->node);
}

struct consumer *consumer_draft(const struct consumer *consumer)
{
    ASSERT(!consumer->busy && !consumer->is_draft);
    if (!group_memory_has_room(host_of(consumer)->memory, consumer_bytes(consumer)))
        return NULL;
    struct consumer *draft = consumer_new(consumer->group);
    draft->is_draft = true;
    draft->epoch = consumer->epoch;
    draft->target_epoch = consumer->target_epoch;
    draft->hash = consumer->hash;
    draft->topics_seen = consumer->topics_seen;
    draft->hash_due = consumer->hash_due;
    draft->stored = consumer->stored;
    LIST_EACH(node, &consumer->members)
        draft_member(draft, LIST_ENTRY(node, struct consumer_member, node));
    LIST_EACH(node, &consumer->patterns)
        draft_pattern(draft, LIST_ENTRY(node, struct consumer_pattern, node));
    return draft;
}

void consumer_draft_apply(struct consumer *draft, const struct consumer_change *change)
{
    ASSERT(draft->is_draft);
    apply(draft, change);
}

void consumer_draft_end(struct consumer *draft, struct consumer *consumer)
{
    ASSERT(draft->is_draft && !consumer->is_draft);
    consumer->topics_seen = draft->topics_seen;
    consumer->hash_due = draft->hash_due;
    LIST_EACH(node, &draft->patterns) {
        const struct consumer_pattern *from = LIST_ENTRY(node, struct consumer_pattern, node);
        struct consumer_pattern *to = consumer_find_pattern(consumer, text_string(from->text));
        if (to != NULL)
            to->looked_ms = from->looked_ms;
    }
    consumer_end(draft);
}

/* Life. */

void consumer_loaded(struct consumer *consumer)
{
    LIST_EACH(node, &consumer->members) {
        struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        consumer_touch(member);
        arm_rebalance(member);
    }
}

void consumer_close(struct consumer *consumer)
{
    struct list *node;
    LIST_EACH(at, &consumer->members) {
        struct consumer_member *member = LIST_ENTRY(at, struct consumer_member, node);
        heap_cancel(host_of(consumer)->timers, &member->session);
        heap_cancel(host_of(consumer)->timers, &member->rebalance);
    }
    while ((node = list_pop_front(&consumer->waiting)) != NULL)
        beat_answer(LIST_ENTRY(node, struct consumer_beat, node), KAFKA_NOT_COORDINATOR, NULL);
}
