/*
 * The only replica becomes leader with itself in sync. When it goes it leaves no leader; where
 * eligible leader replicas are in use it is one, so that whoever comes back is elected cleanly.
 */
#include "broker/catalog/catalog_leaders.h"

#include "broker/catalog/catalog.h"
#include "broker/server.h"
#include "protocol/schema/metadata_records.h"

#define CHANGES_AT_ONCE 4096
#define NO_LEADER (-1)

static void add_change(struct catalog *catalog, const struct image_topic *topic, int32_t index,
                       bool lead)
{
    const struct image *image = catalog_image(catalog);
    int32_t node = server_node_id(catalog_core(catalog)->server);
    bool eligible = image_feature_level(image, "eligible.leader.replicas.version") > 0;
    struct partition_change_record record;
    message_defaults(&partition_change_record_struct, &record);
    record.partition_id = index;
    record.topic_id = topic->id;
    record.leader = lead ? node : NO_LEADER;
    if (lead || eligible) {
        record.isr.items = record.eligible_leader_replicas.items = record.last_known_elr.items =
            &node;
        record.isr.count = lead ? 1 : 0;
        record.eligible_leader_replicas.count = record.last_known_elr.count = lead ? 0 : 1;
    }
    catalog_add(catalog, &partition_change_record_type, image_partition_change_version(image),
                &record);
}

static bool change_leaders(struct catalog *catalog, bool lead)
{
    const struct image *image = catalog_image(catalog);
    int32_t wanted = lead ? server_node_id(catalog_core(catalog)->server) : NO_LEADER;
    uint32_t added = 0;
    for (uint32_t t = 0; t < image->topic_count; t++) {
        const struct image_topic *topic = image->sorted[t];
        for (int32_t i = 0; i < topic->partition_count; i++) {
            if (topic->partitions[i].leader == wanted)
                continue;
            if (added == CHANGES_AT_ONCE)
                return false;
            add_change(catalog, topic, i, lead);
            added++;
        }
    }
    return true;
}

bool catalog_take_leadership(struct catalog *catalog)
{
    return change_leaders(catalog, true);
}

bool catalog_resign_leadership(struct catalog *catalog)
{
    return change_leaders(catalog, false);
}
