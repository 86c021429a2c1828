/*
 * Every configuration key there is: Kafka's for topics, brokers, groups and client metrics, and
 * ours (`odradek.*`, in the broker scope).
 *
 * The rows stand in the .inc files beside this one, sorted by name; a key is known if and only if
 * it has a row. The row says how a value is read and checked, whether it may change while the
 * broker runs, where a value comes from that nobody set, and what this broker does with it.
 * Values are texts; config_value.h reads them.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum config_scope {
    CONFIG_SCOPE_TOPIC,
    CONFIG_SCOPE_BROKER,
    CONFIG_SCOPE_GROUP,
    CONFIG_SCOPE_CLIENT_METRICS,
    CONFIG_SCOPES,
};

/* Numbered as DescribeConfigs answers. */
enum config_type {
    CONFIG_TYPE_UNKNOWN = 0,
    CONFIG_TYPE_BOOLEAN = 1,
    CONFIG_TYPE_STRING = 2,
    CONFIG_TYPE_INT = 3,
    CONFIG_TYPE_SHORT = 4,
    CONFIG_TYPE_LONG = 5,
    CONFIG_TYPE_DOUBLE = 6,
    CONFIG_TYPE_LIST = 7,
    CONFIG_TYPE_CLASS = 8,
    CONFIG_TYPE_PASSWORD = 9,
};

/* Numbered as DescribeConfigs answers. */
enum config_source {
    CONFIG_SOURCE_TOPIC = 1,
    CONFIG_SOURCE_DYNAMIC_BROKER = 2,
    CONFIG_SOURCE_DYNAMIC_DEFAULT_BROKER = 3,
    CONFIG_SOURCE_STATIC_BROKER = 4,
    CONFIG_SOURCE_DEFAULT = 5,
    CONFIG_SOURCE_BROKER_LOGGER = 6,
    CONFIG_SOURCE_CLIENT_METRICS = 7,
    CONFIG_SOURCE_GROUP = 8,
};

enum config_importance { CONFIG_HIGH, CONFIG_MEDIUM, CONFIG_LOW };

/* How a broker's key may change while it runs. */
enum config_update {
    CONFIG_READ_ONLY,
    CONFIG_PER_BROKER,
    CONFIG_CLUSTER_WIDE, /* for one broker or for all of them */
    CONFIG_DYNAMIC_ONLY, /* never in the file */
};

/* What a key that is set gets told at start. */
enum config_verdict {
    CONFIG_USED,
    CONFIG_ACCEPTED, /* read and checked, but without effect here */
    CONFIG_UNKNOWN,
    CONFIG_CONTRADICTORY, /* cannot be, or cannot be together with something else */
    CONFIG_INVALID,       /* the value is not one the key can have */
};

enum config_rule_kind {
    CONFIG_RULE_ANY,
    CONFIG_RULE_AT_LEAST,        /* low */
    CONFIG_RULE_BETWEEN,         /* low, high */
    CONFIG_RULE_ONE_OF,          /* values */
    CONFIG_RULE_ONE_OF_ANY_CASE, /* values */
    CONFIG_RULE_LIST_OF,         /* values (null: any), no item empty */
    CONFIG_RULE_FILLED_LIST_OF,  /* the same, and not empty */
    CONFIG_RULE_FILLED,          /* not empty */
    CONFIG_RULE_GZIP_LEVEL,      /* 1 to 9, or -1 */
    CONFIG_RULE_REPLICAS,        /* "*" or partition:broker,... */
    CONFIG_RULE_OFFSET_RESET,    /* latest, earliest, by_duration:<ISO 8601> */
    CONFIG_RULE_WHOLE_MIB,       /* at least low, and a multiple of 1 MiB */
};

struct config_rule {
    enum config_rule_kind kind;
    double low;
    double high;
    const char *values; /* separated by ", " */
};

struct config_def {
    const char *name;
    enum config_type type;
    const char *standard; /* the default's text; null: no value */
    struct config_rule rule;
    enum config_importance importance;
    enum config_update update; /* broker scope */
    enum config_verdict verdict;
    /* Broker scope: the family of keys for one value (log.retention.ms|.minutes|.hours), itself
     * included; null: it stands alone. Topic scope: the broker keys it falls back to, in order,
     * each with its factor ("log.roll.hours*3600000"). Group scope: the broker key that gives the
     * default. */
    const char *synonyms;
    bool internal; /* not described unless it is set */
};

struct config_table {
    const struct config_def *rows; /* sorted by name */
    uint32_t count;
};

struct config_table config_table(enum config_scope scope);
/* Null when there is no such key. */
const struct config_def *config_table_find(enum config_scope scope, struct bytes name);
/* The row's number within its scope. */
uint32_t config_table_index(enum config_scope scope, const struct config_def *def);
/* The known key that looks most like `name`; null when none is near. */
const char *config_table_nearest(enum config_scope scope, struct bytes name);

/* "INT", "used": static strings. */
const char *config_type_name(enum config_type type);
const char *config_verdict_name(enum config_verdict verdict);
static inline bool config_sensitive(const struct config_def *def)
{
    return def->type == CONFIG_TYPE_PASSWORD;
}

/* Longest list of synonyms in any row. */
#define CONFIG_SYNONYMS_MAX 3

/* One name of def->synonyms, split at '|'; `factor` is 1 where none is written. */
struct config_synonym_name {
    struct bytes name;
    int64_t factor;
};
/* Fills `names`; returns how many there are. */
uint32_t config_synonyms_split(const struct config_def *def,
                               struct config_synonym_name names[CONFIG_SYNONYMS_MAX]);
