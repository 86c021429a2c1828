/*
 * What DescribeConfigs and CreateTopics answer about configurations.
 *
 * The answers are plain structures with Kafka's own sources, synonyms and read-only marks; the
 * handlers encode them. Keys come in the order of their table. Documentation is not given: the
 * protocol allows null.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/config/config.h"

/* Where else the value is set, strongest first; the first one is the one in force. */
struct config_synonym {
    const char *name;
    const char *value; /* null when sensitive */
    enum config_source source;
};

struct config_entry {
    const char *name;
    const char *value; /* null: none, or sensitive */
    enum config_type type;
    enum config_source source;
    bool read_only;
    bool sensitive;
    uint32_t synonym_first; /* in the description's synonyms */
    uint32_t synonym_count;
};

/* Texts are borrowed from the layers, the pairs and the table, which must outlive it, or owned by
 * the description itself. */
struct config_description {
    struct config_entry *entries;
    uint32_t count;
    uint32_t capacity;
    struct config_synonym *synonyms;
    uint32_t synonym_count;
    uint32_t synonym_capacity;
    char **texts; /* owned */
    uint32_t text_count;
    uint32_t text_capacity;
};

/* Which keys are wanted; `names` null: all of them. Unknown names are left out, as in Kafka. */
struct config_filter {
    const struct bytes *names;
    uint32_t count;
};

/* Each fills *description, to be ended with config_description_fini. `filter` null: all. */

/* A topic with its own overrides; CreateTopics answers the same entries (33 of them). */
void config_describe_topic(const struct config_layers *layers, const struct config_pair *overrides,
                           uint32_t count, const struct config_filter *filter,
                           struct config_description *description);
/* This broker. */
void config_describe_broker(const struct config_layers *layers, const struct config_filter *filter,
                            struct config_description *description);
/* The broker "": only what was changed for all brokers. */
void config_describe_broker_defaults(const struct config_layers *layers,
                                     const struct config_filter *filter,
                                     struct config_description *description);
void config_describe_group(const struct config_layers *layers, const struct config_pair *overrides,
                           uint32_t count, const struct config_filter *filter,
                           struct config_description *description);
void config_describe_client_metrics(const struct config_pair *overrides, uint32_t count,
                                    const struct config_filter *filter,
                                    struct config_description *description);
/* The broker's log levels: one logger, "root". */
void config_describe_loggers(enum log_level level, const struct config_filter *filter,
                             struct config_description *description);

void config_description_fini(struct config_description *description);
