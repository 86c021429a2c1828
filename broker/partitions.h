/* The partitions of a core, kept in step with its image of the catalog. */
#pragma once

#include <stdint.h>

#include "base/result.h"

struct core;
struct image;
struct image_topic;
struct partition;

/* Applies a batch of the catalog to the core's image; partitions it owns come and go with it. */
int partitions_apply(struct core *core, const uint8_t *batch, uint32_t len) MUST_CHECK;
/* Sets what the configurations of topic and broker say about its segments and producers. */
void partition_configure(struct partition *partition, struct image *image,
                         const struct image_topic *topic);
/* What a client is told about how a read or a trim of a partition ended. */
int16_t partition_error(int result);
/* Hands an opened partition to its core and image. */
void partitions_attach(struct core *core, struct image_topic *topic, struct partition *partition);
