/*
 * The features of Kafka 4.2 (KIP-584): which there are, their levels, and what may become of one.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "broker/catalog/image.h"

#define FEATURE_METADATA "metadata.version"
#define FEATURE_KRAFT "kraft.version"
#define FEATURE_ELIGIBLE "eligible.leader.replicas.version"

struct core;

struct feature_range {
    const char *name;
    int16_t min;
    int16_t max; /* what a new cluster begins with, too */
};

/* Constant. */
const struct feature_range *features_supported(size_t *count);

enum feature_change {
    FEATURE_CHANGE_UPGRADE = 1,
    FEATURE_CHANGE_SAFE_DOWNGRADE = 2,
    FEATURE_CHANGE_UNSAFE_DOWNGRADE = 3,
};

/* One change that is wanted. */
struct feature_wish {
    struct bytes name;
    int16_t level;
    int8_t change; /* enum feature_change; anything else is refused */
};

/* What a wish is held against. */
struct feature_view {
    const struct image *image;
    int16_t kraft_level;
    int16_t metadata_level_then; /* when all wishes of the request have come true */
    int32_t node_id;             /* the one that speaks */
};

/* Null when the wish may come true; else Kafka's sentence about why not, in `message`, cut to
 * `size` bytes. */
const char *feature_refusal(const struct feature_view *view, const struct feature_wish *wish,
                            char *message, size_t size);

/* The level of kraft.version, which is the quorum's and no record of a feature. */
int16_t features_kraft_level(const struct core *core);
