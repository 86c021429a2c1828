/*
 * A new partition needs no file operation: its directory is made by its first flush. A removed one
 * leaves the image at once and its files when nothing uses them any more.
 */
#include "broker/partitions.h"

#include "base/assert.h"
#include "base/util.h"
#include "broker/admission.h"
#include "broker/cleaning.h"
#include "broker/core.h"
#include "broker/groups/coordinator.h"
#include "broker/server.h"
#include "partition/partition.h"
#include "protocol/errors.h"

struct keeper {
    struct image_listener listener;
    struct core *core;
};

int16_t partition_error(int result)
{
    switch (result) {
    case 0:
        return KAFKA_NONE;
    case ERR_OUT_OF_RANGE:
        return KAFKA_OFFSET_OUT_OF_RANGE;
    case ERR_NOT_FOUND:
        return KAFKA_UNKNOWN_TOPIC_OR_PARTITION;
    case ERR_CORRUPT:
        return KAFKA_CORRUPT_MESSAGE;
    default:
        return KAFKA_KAFKA_STORAGE_ERROR;
    }
}

void partition_configure(struct partition *p, struct image *image, const struct image_topic *topic)
{
    const struct topic_config *config = &topic->config;
    p->limits = (struct segment_limits){
        .segment_bytes = (uint32_t)config->segment_bytes,
        .index_interval_bytes = (uint32_t)config->index_interval_bytes,
        .index_bytes_max = (uint32_t)config->segment_index_bytes,
        /* Only a closed segment can be compacted in time. */
        .segment_ms = config->cleanup_compact
                          ? MIN(config->segment_ms, config->max_compaction_lag_ms)
                          : config->segment_ms,
    };
    p->producer_limits = (struct producer_limits){
        .idle_ms = image_producer_idle_ms(image),
        .check_ms = image->config->producer_id_check_ms,
    };
    p->cleanup_limits = (struct cleanup_limits){
        .delete_retention_ms = config->delete_retention_ms,
        .min_compaction_lag_ms = config->min_compaction_lag_ms,
        .max_compaction_lag_ms = config->max_compaction_lag_ms,
        .min_cleanable_dirty_ratio = config->min_cleanable_dirty_ratio,
        .compact = config->cleanup_compact,
    };
    const struct retention_limits retention = {
        .enabled = config->cleanup_delete,
        .ms = config->retention_ms,
        .bytes = config->retention_bytes,
        .check_ms = image->config->retention_check_ms,
    };
    retention_configure(p, &retention);
}

void partitions_attach(struct core *core, struct image_topic *topic, struct partition *p)
{
    struct image_partition *place = image_partition_at(topic, p->index);
    ASSERT(place != NULL && place->partition == NULL && place->owner == core->id);
    p->leader_epoch = place->leader_epoch;
    partition_configure(p, &core->image, topic);
    shard_attach(&core->shard, p);
    place->partition = p;
}

static void keeper_created(struct image_listener *listener, struct image_topic *topic,
                           int32_t index)
{
    struct core *core = CONTAINER_OF(listener, struct keeper, listener)->core;
    struct partition *p =
        partition_new(io_files(core->io), server_config(core->server)->log_directory, topic->name,
                      topic->id, index, &core->shard.log);
    partitions_attach(core, topic, p);
    if (strcmp(topic->name, COORDINATOR_TOPIC) == 0)
        coordinator_partition_created(core->coordinator, p);
}

static void keeper_removed(struct image_listener *listener, struct image_topic *topic)
{
    coordinator_topic_removed(CONTAINER_OF(listener, struct keeper, listener)->core->coordinator,
                              topic);
    for (int32_t i = 0; i < topic->partition_count; i++) {
        struct partition *p = topic->partitions[i].partition;
        if (p != NULL)
            partition_delete(p);
    }
}

static void keeper_configured(struct image_listener *listener, struct image_topic *topic)
{
    struct core *core = CONTAINER_OF(listener, struct keeper, listener)->core;
    struct image *image = &core->image;
    for (int32_t i = 0; i < topic->partition_count; i++) {
        struct partition *p = topic->partitions[i].partition;
        if (p != NULL)
            partition_configure(p, image, topic);
    }
    cleaner_look_again(&core->shard.cleaner);
}

static void keeper_led(struct image_listener *listener, struct image_partition *place)
{
    (void)listener;
    if (place->partition != NULL)
        place->partition->leader_epoch = place->leader_epoch;
}

/* What the configuration of the broker says beside the topics: it may change with every batch. */
static void core_configure(struct core *core)
{
    const struct config_layers layers = image_config_layers(&core->image);
    wal_set_profile(core->shard.wal, config_layers_wal_profile(&layers));
    core->shard.flush.profile = config_layers_flush_profile(&layers);
    cleaning_configure(core);
    core->configured = core->image.broker_changes;
    admission_configured(core);
}

int partitions_apply(struct core *core, const uint8_t *batch, uint32_t len)
{
    struct keeper keeper = {
        {keeper_created, keeper_removed, keeper_configured, keeper_led},
        core,
    };
    int result = image_apply(&core->image, batch, len, &keeper.listener);
    if (result == 0)
        wal_set_catalog_offset(core->shard.wal, core->image.offset);
    if (core->configured != core->image.broker_changes)
        core_configure(core);
    return result;
}
