/*
 * A core's own picture of the catalog: topics, their configuration, features, producer id blocks.
 *
 * It is built from the records of `__cluster_metadata` alone, in order, so that every core that
 * has applied the same offset has the same image. Lookups are on the hot path and touch only this
 * core's memory. Partitions that this core owns hang in their topic.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/map.h"
#include "base/result.h"
#include "base/uuid.h"
#include "broker/catalog/catalog_records.h"
#include "broker/catalog/image_settings.h"
#include "broker/catalog/scram.h"
#include "broker/config/topic_config.h"

struct partition;
struct core;

struct image_partition {
    int32_t leader; /* -1: none, as after a clean stop of Kafka */
    int32_t leader_epoch;
    int32_t partition_epoch;
    struct uuid directory;
    bool foreign;                /* it has other replicas than this node */
    unsigned owner;              /* core */
    struct partition *partition; /* on the owner's image only, else null */
};

struct image_topic {
    char *name;
    struct uuid id;
    bool internal; /* __consumer_offsets, __transaction_state */
    struct image_partition *partitions;
    int32_t partition_count;
    struct config_pair *overrides; /* from ConfigRecords, sorted by name */
    uint32_t override_count;
    struct topic_config config; /* effective */
};

struct image_feature {
    char *name;
    int16_t level;
};

#define IMAGE_FEATURES_MAX 16

struct image {
    struct map by_name; /* struct image_topic */
    struct map by_id;
    struct map by_metric; /* by the name with each '.' as '_', which may be several topics' */
    struct image_topic **sorted; /* by name */
    uint32_t topic_count;
    uint32_t topic_capacity;
    uint32_t partition_count;
    uint64_t topics_version; /* grows whenever a topic comes, goes or gets partitions */
    struct image_feature features[IMAGE_FEATURES_MAX];
    uint32_t feature_count;
    struct config_pair *broker_overrides; /* dynamic configuration of this node */
    uint32_t broker_override_count;
    struct config_pair *default_overrides; /* of all nodes */
    uint32_t default_override_count;
    struct topic_config plain; /* of a topic without overrides; valid while `plain_built` */
    bool plain_built;
    int64_t producer_idle_ms; /* producer.id.expiration.ms, as valid */
    uint64_t broker_changes;  /* records that changed the configuration of this node or of all */
    struct image_settings settings;
    struct credentials credentials;
    int64_t producer_id_next; /* the first id of no block yet */
    int64_t broker_epoch;     /* of this node's registration, -1: none */
    bool broker_fenced;       /* it is out of service, as after a clean stop */
    int16_t kraft_version;
    bool foreign_voters; /* the quorum has other members than this node */
    int64_t offset;      /* of the last applied record, -1: none */
    unsigned core_count;
    unsigned core;
    const struct config *config;
    struct region *scratch; /* for decoding records */
    struct catalog_replay replay;
};

void image_init(struct image *image, const struct config *config, unsigned core_count,
                unsigned core);
void image_fini(struct image *image);

/* What applying a record did, for the core that keeps partitions. */
struct image_listener {
    /* A partition this core owns has come into being; null partition pointers are to be filled. */
    void (*created)(struct image_listener *listener, struct image_topic *topic, int32_t partition);
    /* The topic is about to go. */
    void (*removed)(struct image_listener *listener, struct image_topic *topic);
    void (*configured)(struct image_listener *listener, struct image_topic *topic);
    /* The partition has another leader epoch. */
    void (*led)(struct image_listener *listener, struct image_partition *partition);
};

/* Applies one record batch of the catalog, as it stands in the log or in a snapshot. Record types
 * that mean nothing to a single node are passed over. ERR_MALFORMED, ERR_VERSION. */
int image_apply(struct image *image, const uint8_t *batch, uint32_t len,
                struct image_listener *listener) MUST_CHECK;

/* Null when unknown. */
struct image_topic *image_topic_named(const struct image *image, struct bytes name);
struct image_topic *image_topic_with_id(const struct image *image, struct uuid id);
/* One whose name differs at most in '.' and '_', which are the same in the names of metrics. */
struct image_topic *image_topic_colliding(const struct image *image, struct bytes name);
/* What the configuration of the broker says of the producers that are idle. */
int64_t image_producer_idle_ms(struct image *image);
/* Null when there is no such partition. */
struct image_partition *image_partition_at(struct image_topic *topic, int32_t index);
struct image_partition *image_partition_with_id(const struct image *image, struct uuid topic_id,
                                                int32_t index);
/* The partition itself; null on a core that does not own it, too. */
struct partition *image_partition_here(const struct image *image, struct uuid topic_id,
                                       int32_t index);
/* The configuration below the topics', as it is now. */
struct config_layers image_config_layers(const struct image *image);
int16_t image_feature_level(const struct image *image, const char *name);

/* Which version of a record Kafka writes at the catalog's metadata.version. */
int16_t image_partition_record_version(const struct image *image);
int16_t image_partition_change_version(const struct image *image);
int16_t image_register_broker_version(const struct image *image);
