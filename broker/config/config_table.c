/*
 * The rows of all configuration keys, gathered from the .inc files, and the lookups.
 *
 * The rows are written in a few words each (type, rule, verdict without their prefixes), so that a
 * line can be read beside Kafka's documentation; the macros here spell them out. Sorted tables
 * with a binary search need no set-up and no memory.
 */
#include "broker/config/config_table.h"

#include <stdlib.h>
#include <string.h>

#include "base/assert.h"
#include "base/util.h"

// clang-format off
#define ANY                     {CONFIG_RULE_ANY, 0, 0, NULL}
#define AT_LEAST(low)           {CONFIG_RULE_AT_LEAST, low, 0, NULL}
#define BETWEEN(low, high)      {CONFIG_RULE_BETWEEN, low, high, NULL}
#define ONE_OF(values)          {CONFIG_RULE_ONE_OF, 0, 0, values}
#define ONE_OF_ANY_CASE(values) {CONFIG_RULE_ONE_OF_ANY_CASE, 0, 0, values}
#define LIST_OF(values)         {CONFIG_RULE_LIST_OF, 0, 0, values}
#define FILLED_LIST_OF(values)  {CONFIG_RULE_FILLED_LIST_OF, 0, 0, values}
#define PLAIN_LIST              {CONFIG_RULE_LIST_OF, 0, 0, NULL}
#define FILLED_LIST             {CONFIG_RULE_FILLED_LIST_OF, 0, 0, NULL}
#define FILLED                  {CONFIG_RULE_FILLED, 0, 0, NULL}
#define GZIP_LEVEL              {CONFIG_RULE_GZIP_LEVEL, 0, 0, NULL}
#define REPLICAS                {CONFIG_RULE_REPLICAS, 0, 0, NULL}
#define OFFSET_RESET            {CONFIG_RULE_OFFSET_RESET, 0, 0, NULL}
#define WHOLE_MIB(low)          {CONFIG_RULE_WHOLE_MIB, low, 0, NULL}

/* A rule expands into braces with commas, so a row may not hand it to another macro. */

#define ROW(name, type, standard, rule, verdict, synonyms)                                         \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_MEDIUM, CONFIG_CLUSTER_WIDE,                 \
     CONFIG_##verdict, synonyms, false},
#define INTERNAL(name, type, standard, rule, verdict, synonyms)                                    \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_MEDIUM, CONFIG_CLUSTER_WIDE,                 \
     CONFIG_##verdict, synonyms, true},
static const struct config_def config_topic_rows[] = {
#include "broker/config/config_table_topic.inc"
};
#undef ROW
#undef INTERNAL

#define ROW(name, type, standard, rule, importance, update, verdict)                               \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_##importance, CONFIG_##update,               \
     CONFIG_##verdict, NULL, false},
#define INTERNAL(name, type, standard, rule, importance, update, verdict)                          \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_##importance, CONFIG_##update,               \
     CONFIG_##verdict, NULL, true},
#define FAMILY(name, type, standard, rule, importance, update, verdict, synonyms)                  \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_##importance, CONFIG_##update,               \
     CONFIG_##verdict, synonyms, false},
static const struct config_def config_broker_rows[] = {
#include "broker/config/config_table_broker.inc"
};
#undef ROW
#undef INTERNAL
#undef FAMILY

#define ROW(name, type, standard, rule, synonyms)                                                  \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_MEDIUM, CONFIG_CLUSTER_WIDE,                 \
     CONFIG_ACCEPTED, synonyms, false},
static const struct config_def config_group_rows[] = {
#include "broker/config/config_table_group.inc"
};
#undef ROW

#define ROW(name, type, standard, rule)                                                            \
    {name, CONFIG_TYPE_##type, standard, rule, CONFIG_MEDIUM, CONFIG_CLUSTER_WIDE,                 \
     CONFIG_ACCEPTED, NULL, false},
static const struct config_def config_client_metrics_rows[] = {
#include "broker/config/config_table_client_metrics.inc"
};
#undef ROW
// clang-format on

struct config_table config_table(enum config_scope scope)
{
    switch (scope) {
    case CONFIG_SCOPE_TOPIC:
        return (struct config_table){config_topic_rows, ARRAY_LENGTH(config_topic_rows)};
    case CONFIG_SCOPE_BROKER:
        return (struct config_table){config_broker_rows, ARRAY_LENGTH(config_broker_rows)};
    case CONFIG_SCOPE_GROUP:
        return (struct config_table){config_group_rows, ARRAY_LENGTH(config_group_rows)};
    case CONFIG_SCOPE_CLIENT_METRICS:
        return (struct config_table){config_client_metrics_rows,
                                     ARRAY_LENGTH(config_client_metrics_rows)};
    case CONFIG_SCOPES:
        break;
    }
    UNREACHABLE();
}

static int config_compare_name(const void *key, const void *row)
{
    const struct bytes *name = key;
    const char *text = ((const struct config_def *)row)->name;
    int order = strncmp((const char *)name->data, text, name->len);
    if (order != 0)
        return order;
    size_t len = strlen(text);
    return (name->len > len) - (name->len < len);
}

const struct config_def *config_table_find(enum config_scope scope, struct bytes name)
{
    struct config_table table = config_table(scope);
    return bsearch(&name, table.rows, table.count, sizeof *table.rows, config_compare_name);
}

uint32_t config_table_index(enum config_scope scope, const struct config_def *def)
{
    struct config_table table = config_table(scope);
    ASSERT(def >= table.rows && def < table.rows + table.count);
    return (uint32_t)(def - table.rows);
}

/* Names beyond this are not worth a guess. */
#define CONFIG_NAME_MAX 127

/* How many letters must be added, dropped or changed, or neighbours swapped, to get from a to b
 * (optimal string alignment). Both at most CONFIG_NAME_MAX long. */
static uint32_t config_name_distance(struct bytes a, struct bytes b)
{
    uint32_t rows[3][CONFIG_NAME_MAX + 1];
    ASSERT(a.len <= CONFIG_NAME_MAX && b.len <= CONFIG_NAME_MAX);
    uint32_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (uint32_t j = 0; j <= b.len; j++)
        above[j] = j;
    for (uint32_t i = 1; i <= a.len; i++) {
        row[0] = i;
        for (uint32_t j = 1; j <= b.len; j++) {
            uint32_t change = above[j - 1] + (a.data[i - 1] != b.data[j - 1]);
            uint32_t best = MIN(change, MIN(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a.data[i - 1] == b.data[j - 2] && a.data[i - 2] == b.data[j - 1])
                best = MIN(best, before[j - 2] + 1);
            row[j] = best;
        }
        uint32_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b.len];
}

const char *config_table_nearest(enum config_scope scope, struct bytes name)
{
    struct config_table table = config_table(scope);
    const char *nearest = NULL;
    if (name.len > CONFIG_NAME_MAX)
        return NULL;
    /* A third of the letters may differ: beyond that it is another word. */
    uint32_t limit = (uint32_t)name.len / 3 + 1;
    for (uint32_t i = 0; i < table.count; i++) {
        struct bytes known = bytes_of_string(table.rows[i].name);
        if (MAX(known.len, name.len) - MIN(known.len, name.len) >= limit)
            continue;
        uint32_t distance = config_name_distance(name, known);
        if (distance < limit) {
            limit = distance;
            nearest = table.rows[i].name;
        }
    }
    return nearest;
}

const char *config_type_name(enum config_type type)
{
    static const char *const names[] = {"UNKNOWN", "BOOLEAN", "STRING", "INT",   "SHORT",
                                        "LONG",    "DOUBLE",  "LIST",   "CLASS", "PASSWORD"};
    ASSERT((size_t)type < ARRAY_LENGTH(names));
    return names[type];
}

const char *config_verdict_name(enum config_verdict verdict)
{
    static const char *const names[] = {"used", "accepted without effect", "unknown",
                                        "contradictory", "invalid"};
    ASSERT((size_t)verdict < ARRAY_LENGTH(names));
    return names[verdict];
}

static int64_t config_factor(struct bytes digits)
{
    int64_t factor = 0;
    for (size_t i = 0; i < digits.len; i++)
        factor = factor * 10 + (digits.data[i] - '0');
    return factor;
}

uint32_t config_synonyms_split(const struct config_def *def,
                               struct config_synonym_name names[CONFIG_SYNONYMS_MAX])
{
    uint32_t count = 0;
    const char *rest = def->synonyms;
    while (rest != NULL) {
        ASSERT(count < CONFIG_SYNONYMS_MAX);
        size_t len = strcspn(rest, "|");
        size_t name_len = strcspn(rest, "*|");
        const uint8_t *text = (const uint8_t *)rest;
        names[count].name = (struct bytes){text, name_len};
        names[count].factor = 1;
        if (name_len < len)
            names[count].factor =
                config_factor((struct bytes){text + name_len + 1, len - name_len - 1});
        count++;
        rest = rest[len] == '|' ? rest + len + 1 : NULL;
    }
    return count;
}
