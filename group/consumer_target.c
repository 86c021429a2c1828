/*
 * The target assignment: which topics the members subscribe to, their hash, and what an assignor
 * makes of them.
 *
 * The hash is Kafka's (KIP-1101): XXH3 over those of the topics, by name, each of which is XXH3
 * over its id, name (in UTF-16) and partitions. A broker that takes the log over finds its own
 * value and need not assign anew.
 */
#include <stdlib.h>

#include "base/assert.h"
#include "base/hash.h"
#include "base/utf8.h"
#include "base/util.h"
#include "group/consumer_internal.h"

#define TOPIC_HASH_MAGIC 0

static int string_order(const void *x, const void *y)
{
    const struct string *a = x;
    const struct string *b = y;
    return bytes_compare(string_bytes(*a), string_bytes(*b));
}

uint32_t consumer_sort_topics(struct string *topics, uint32_t count)
{
    uint32_t kept = 0;
    if (count > 1)
        qsort(topics, count, sizeof *topics, string_order);
    for (uint32_t i = 0; i < count; i++)
        if (kept == 0 || string_order(&topics[kept - 1], &topics[i]) != 0)
            topics[kept++] = topics[i];
    return kept;
}

/* Views. */

/* Null: it is not resolved, or matches nothing. */
static const struct string *pattern_topics(const struct consumer_plan *plan, struct string text,
                                           uint32_t *count)
{
    *count = 0;
    if (text.len <= 0)
        return NULL;
    for (uint32_t i = 0; i < plan->count; i++) {
        const struct consumer_change *change = &plan->changes[i];
        if (change->kind != CONSUMER_PATTERN || change->tombstone ||
            !strings_equal(change->key, text))
            continue;
        *count = (uint32_t)change->pattern.topics.count;
        return change->pattern.topics.items;
    }
    const struct consumer_pattern *pattern = consumer_find_pattern(plan->consumer, text);
    if (pattern == NULL)
        return NULL;
    *count = pattern->topic_count;
    return pattern->topics;
}

void consumer_view_subscribe(struct consumer_plan *plan, struct consumer_view *view)
{
    uint32_t more;
    uint32_t count = (uint32_t)MAX(view->said->subscribed_topic_names.count, 0);
    const struct string *matched = pattern_topics(plan, view->said->subscribed_topic_regex, &more);
    view->topics = view->said->subscribed_topic_names.items;
    view->topic_count = count;
    if (more == 0)
        return;
    struct string *both = group_reply_alloc(&plan->memory, count + more, sizeof *both);
    if (count > 0)
        memcpy(both, view->topics, count * sizeof *both);
    memcpy(both + count, matched, more * sizeof *both);
    view->topics = both;
    view->topic_count = consumer_sort_topics(both, count + more);
}

static int view_order(const void *x, const void *y)
{
    const struct consumer_view *a = x;
    const struct consumer_view *b = y;
    return string_order(&a->id, &b->id);
}

struct consumer_views consumer_views_of(struct consumer_plan *plan,
                                        const struct consumer_member *gone,
                                        const struct consumer_view *draft)
{
    const struct consumer *consumer = plan->consumer;
    struct consumer_views views = {
        group_reply_alloc(&plan->memory, consumer->member_count + 1, sizeof *views.items),
        0,
    };
    LIST_EACH(node, &consumer->members) {
        const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (member == gone || (draft != NULL && strings_equal(text_string(member->id), draft->id)))
            continue;
        views.items[views.count++] = (struct consumer_view){
            .id = text_string(member->id),
            .said = &member->said,
            .target = member->target,
        };
    }
    if (draft != NULL)
        views.items[views.count++] = *draft;
    qsort(views.items, views.count, sizeof *views.items, view_order);
    for (uint32_t i = 0; i < views.count; i++)
        consumer_view_subscribe(plan, &views.items[i]);
    return views;
}

/* All topics of all views, sorted, without doubles. */
static const struct string *all_topics(struct consumer_plan *plan, struct consumer_views views,
                                       uint32_t *count)
{
    size_t total = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < views.count; i++)
        total += views.items[i].topic_count;
    struct string *topics = group_reply_alloc(&plan->memory, total, sizeof *topics);
    for (uint32_t i = 0; i < views.count; i++) {
        const struct consumer_view *view = &views.items[i];
        if (view->topic_count == 0)
            continue;
        memcpy(topics + at, view->topics, view->topic_count * sizeof *topics);
        at += view->topic_count;
    }
    *count = consumer_sort_topics(topics, at);
    return topics;
}

/* The hash. */

static uint8_t *put_le(uint8_t *to, uint64_t value, size_t size)
{
    for (size_t i = 0; i < size; i++)
        *to++ = (uint8_t)(value >> (8 * i));
    return to;
}

/* The topic's name has characters of one unit only, or it would be no topic. */
static uint8_t *put_text(uint8_t *to, struct string text)
{
    for (int32_t i = 0; i < text.len; i++)
        to = put_le(to, (uint8_t)text.data[i], 2);
    return put_le(to, (uint64_t)text.len, 4);
}

static size_t text_size(struct string text)
{
    return 2 * (size_t)text.len + 4;
}

static uint64_t topic_hash(struct group_reply *memory, const struct group_topic *topic)
{
    size_t size = 1 + 16 + text_size(topic->name) + 4 + 4 * (size_t)topic->partitions;
    uint8_t *bytes = group_reply_alloc(memory, size, 1);
    uint8_t *to = put_le(bytes, TOPIC_HASH_MAGIC, 1);
    to = put_le(to, load_be64(topic->id.bytes), 8);
    to = put_le(to, load_be64(topic->id.bytes + 8), 8);
    to = put_text(to, topic->name);
    to = put_le(to, (uint32_t)topic->partitions, 4);
    /* Behind each partition its racks would stand: one machine tells none. */
    for (int32_t p = 0; p < topic->partitions; p++)
        to = put_le(to, (uint32_t)p, 4);
    ASSERT((size_t)(to - bytes) == size);
    return hash_bytes((struct bytes){bytes, size});
}

int64_t consumer_topics_hash(struct consumer_plan *plan, struct consumer_views views)
{
    struct groups_host *host = plan->group->groups->host;
    uint32_t count;
    const struct string *topics = all_topics(plan, views, &count);
    uint8_t *bytes = group_reply_alloc(&plan->memory, count, sizeof(uint64_t));
    uint8_t *to = bytes;
    for (uint32_t i = 0; i < count; i++) {
        struct group_topic topic;
        if (!host->topic_named(host, string_bytes(topics[i]), &topic))
            continue;
        to = put_le(to, topic_hash(&plan->memory, &topic), 8);
    }
    if (to == bytes)
        return 0;
    return (int64_t)hash_bytes((struct bytes){bytes, (size_t)(to - bytes)});
}

/* Assigning. */

static int uuid_order(const void *x, const void *y)
{
    return memcmp(x, y, sizeof(struct uuid));
}

struct consumer_ids consumer_topic_ids(struct consumer_plan *plan, const struct consumer_view *view)
{
    struct groups_host *host = plan->group->groups->host;
    struct consumer_ids ids = {
        group_reply_alloc(&plan->memory, view->topic_count, sizeof *ids.items),
        0,
    };
    for (uint32_t i = 0; i < view->topic_count; i++) {
        struct group_topic topic;
        if (host->topic_named(host, string_bytes(view->topics[i]), &topic))
            ids.items[ids.count++] = topic.id;
    }
    qsort(ids.items, ids.count, sizeof *ids.items, uuid_order);
    return ids;
}

static int topic_order(const void *x, const void *y)
{
    const struct assignor_topic *a = x;
    const struct assignor_topic *b = y;
    return uuid_order(&a->id, &b->id);
}

static void fill_topics(struct consumer_plan *plan, struct consumer_views views,
                        struct assignor_input *input)
{
    struct groups_host *host = plan->group->groups->host;
    uint32_t count;
    const struct string *names = all_topics(plan, views, &count);
    struct assignor_topic *topics = group_reply_alloc(&plan->memory, count, sizeof *topics);
    for (uint32_t i = 0; i < count; i++) {
        struct group_topic topic;
        if (host->topic_named(host, string_bytes(names[i]), &topic))
            topics[input->topic_count++] = (struct assignor_topic){topic.id, topic.partitions};
    }
    qsort(topics, input->topic_count, sizeof *topics, topic_order);
    input->topics = topics;
}

static void fill_member(struct consumer_plan *plan, const struct consumer_view *view,
                        const struct assignor_input *input, struct assignor_member *member)
{
    struct consumer_ids ids = consumer_topic_ids(plan, view);
    uint32_t *topics = group_reply_alloc(&plan->memory, ids.count, sizeof *topics);
    for (uint32_t i = 0; i < ids.count; i++) {
        struct assignor_topic wanted = {.id = ids.items[i]};
        const struct assignor_topic *found =
            bsearch(&wanted, input->topics, input->topic_count, sizeof wanted, topic_order);
        ASSERT(found != NULL);
        topics[i] = (uint32_t)(found - input->topics);
    }
    *member = (struct assignor_member){
        .id = view->id,
        .instance_id = view->said->instance_id,
        .topics = topics,
        .topic_count = ids.count,
        .owned = view->target,
    };
}

/* A log from elsewhere may give a partition to two: then nobody keeps anything. */
static void drop_owned_twice(struct consumer_plan *plan, struct assignor_input *input)
{
    size_t total = 0;
    uint32_t at = 0;
    for (uint32_t i = 0; i < input->member_count; i++)
        total += input->members[i].owned.count;
    struct spot *all = group_reply_alloc(&plan->memory, total, sizeof *all);
    for (uint32_t i = 0; i < input->member_count; i++) {
        struct spots owned = input->members[i].owned;
        if (owned.count > 0)
            memcpy(all + at, owned.items, owned.count * sizeof *all);
        at += owned.count;
    }
    if (spots_of(all, at).count == at)
        return;
    for (uint32_t i = 0; i < input->member_count; i++)
        input->members[i].owned = (struct spots){0};
}

bool consumer_assignor_known(const struct groups_host *host, struct string name)
{
    for (size_t i = 0; i < ARRAY_LENGTH(host->config->assignors); i++) {
        const char *known = host->config->assignors[i];
        if (known != NULL && bytes_equal(bytes_of_string(known), string_bytes(name)))
            return true;
    }
    return false;
}

const char *consumer_assignor(const struct groups_host *host, struct consumer_views views)
{
    const char *best = host->config->assignors[0];
    uint32_t most = 0;
    for (size_t i = 0; i < ARRAY_LENGTH(host->config->assignors); i++) {
        const char *name = host->config->assignors[i];
        uint32_t votes = 0;
        for (uint32_t j = 0; j < views.count && name != NULL; j++)
            votes += bytes_equal(string_bytes(views.items[j].said->server_assignor),
                                 bytes_of_string(name));
        if (votes > most) {
            most = votes;
            best = name;
        }
    }
    ASSERT(best != NULL);
    return best;
}

struct spots *consumer_assign(struct consumer_plan *plan, struct consumer_views views)
{
    struct assignor_input input = {
        .members = group_reply_alloc(&plan->memory, views.count, sizeof(struct assignor_member)),
        .member_count = views.count,
        .memory = &plan->memory,
    };
    struct spots *targets = group_reply_alloc(&plan->memory, views.count, sizeof *targets);
    fill_topics(plan, views, &input);
    for (uint32_t i = 0; i < views.count; i++)
        fill_member(plan, &views.items[i], &input, &input.members[i]);
    drop_owned_twice(plan, &input);
    bool range = strcmp(consumer_assignor(plan->group->groups->host, views), "range") == 0;
    if (range)
        assignor_range(&input);
    else
        assignor_uniform(&input);
    for (uint32_t i = 0; i < views.count; i++)
        targets[i] = input.members[i].assigned;
    return targets;
}
