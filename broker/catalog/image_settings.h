/*
 * What the catalog says of things that are not topics or brokers: the configurations of groups and
 * of client metrics subscriptions, and client quotas. A part of each core's image.
 */
#pragma once

#include <stdint.h>

#include "broker/config/config_pairs.h"
#include "protocol/message.h"

/* A group or a subscription that has settings of its own. Names may hold any byte. */
struct image_resource {
    enum config_resource type;
    struct string name;
    struct config_pair *overrides; /* at least one */
    uint32_t override_count;
};

/* "user", "client-id" or "ip", and whose; the name null: everybody who has no quota of his own. */
struct image_quota_part {
    struct string type;
    struct string name;
};

#define IMAGE_QUOTA_PARTS_MAX 3

struct image_quota_value {
    char *key; /* "producer_byte_rate" */
    double value;
};

/* An entity: its parts sorted by type, each type once. */
struct image_quota {
    struct image_quota_part parts[IMAGE_QUOTA_PARTS_MAX];
    uint32_t part_count;
    struct image_quota_value *values; /* at least one */
    uint32_t value_count;
};

struct image_settings {
    struct image_resource *resources; /* sorted by type and name */
    uint32_t resource_count;
    uint32_t resource_capacity;
    struct image_quota *quotas; /* in the order in which they came */
    uint32_t quota_count;
    uint32_t quota_capacity;
};

struct config_record;
struct client_quota_record;

void image_settings_fini(struct image_settings *settings);

/* A record of a group or of a subscription. */
void image_settings_config(struct image_settings *settings, const struct config_record *record);
/* An entity that cannot be (of too many parts) is passed over. */
void image_settings_quota(struct image_settings *settings,
                          const struct client_quota_record *record);

/* Null when it has no settings. */
const struct image_resource *image_resource_find(const struct image_settings *settings,
                                                 enum config_resource type, struct bytes name);
/* The entity with these parts, sorted by type; null when it has no quota. */
const struct image_quota *image_quota_find(const struct image_settings *settings,
                                           const struct image_quota_part *parts, uint32_t count);
