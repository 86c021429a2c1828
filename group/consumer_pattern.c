/*
 * Subscriptions by pattern: resolved when a member first names one, and again when topics came or
 * went, but not more often than once in PATTERN_PAUSE_MS, as in Kafka. The compiled pattern lives
 * as long as that takes.
 */
#include "base/assert.h"
#include "base/util.h"
#include "group/consumer_internal.h"
#include "group/pattern.h"
#include "protocol/errors.h"

#define PATTERN_PAUSE_MS 10000

static void match_topics(struct group_reply *memory, struct groups_host *host,
                         const struct pattern *pattern,
                         struct consumer_group_regular_expression_value *value)
{
    struct group_topic topic;
    uint32_t count = 0;
    while (host->topic_at(host, count, &topic))
        count++;
    struct string *names = group_reply_alloc(memory, count, sizeof *names);
    for (uint32_t i = 0; i < count; i++) {
        bool there = host->topic_at(host, i, &topic);
        ASSERT(there);
        if (pattern_matches(pattern, topic.name.data, (size_t)topic.name.len))
            names[value->topics.count++] = group_reply_string(memory, topic.name);
    }
    value->topics.items = names;
}

int16_t consumer_pattern_resolve(struct group_reply *memory, struct groups_host *host,
                                 struct string text, struct consumer_change *change)
{
    struct pattern *pattern = pattern_new(text.data, (size_t)text.len);
    if (pattern == NULL)
        return KAFKA_INVALID_REGULAR_EXPRESSION;
    *change = (struct consumer_change){.kind = CONSUMER_PATTERN, .key = text};
    message_defaults(&consumer_group_regular_expression_value_struct, &change->pattern);
    change->pattern.version = (int64_t)host->topics_version(host);
    change->pattern.timestamp = host->wall_ms(host);
    match_topics(memory, host, pattern, &change->pattern);
    pattern_free(pattern);
    return KAFKA_NONE;
}

static bool same_topics(const struct consumer_pattern *pattern,
                        const struct consumer_group_regular_expression_value *value)
{
    if (pattern->topic_count != (uint32_t)value->topics.count)
        return false;
    for (uint32_t i = 0; i < pattern->topic_count; i++)
        if (!strings_equal(pattern->topics[i], value->topics.items[i]))
            return false;
    return true;
}

/* The plan takes it away, or has just resolved it. */
static bool plan_has(const struct consumer_plan *plan, struct string text)
{
    for (uint32_t i = 0; i < plan->count; i++)
        if (plan->changes[i].kind == CONSUMER_PATTERN && strings_equal(plan->changes[i].key, text))
            return true;
    return false;
}

bool consumer_patterns_refresh(struct consumer_plan *plan, struct consumer *consumer)
{
    struct groups_host *host = plan->group->groups->host;
    int64_t now_ms = host->wall_ms(host);
    bool all = true;
    LIST_EACH(node, &consumer->patterns) {
        struct consumer_pattern *pattern = LIST_ENTRY(node, struct consumer_pattern, node);
        struct string text = group_reply_string(&plan->memory, text_string(pattern->text));
        struct consumer_change change;
        int64_t age = now_ms - pattern->looked_ms;
        if (plan_has(plan, text))
            continue;
        if (age >= 0 && age < PATTERN_PAUSE_MS) {
            all = false;
            continue;
        }
        pattern->looked_ms = now_ms;
        int16_t error = consumer_pattern_resolve(&plan->memory, host, text, &change);
        if (error == KAFKA_NONE && !same_topics(pattern, &change.pattern))
            *plan_add(plan, CONSUMER_PATTERN, text, false) = change;
    }
    return all;
}
