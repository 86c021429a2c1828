/* What the handlers of AlterConfigs and IncrementalAlterConfigs share with those of loggers. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "broker/catalog/catalog.h"
#include "broker/config/config_alter.h"
#include "broker/request.h"

struct alter_state;

/* One resource on its way through the catalog. */
struct alter_item {
    struct proposal proposal; /* first */
    struct alter_state *state;
    int8_t type;
    struct string name; /* as it was asked */
    struct config_change *changes;
    uint32_t change_count;
    int16_t error;
    bool silent; /* the error goes without a sentence */
    struct config_alteration alteration;
};

struct alter_state {
    struct request *request;
    struct alter_item *items;
    uint32_t count;
    uint32_t waiting;
    bool replaces;
    bool validate_only;
};

/* The id of a broker as a resource's name says it; false: that is no number. */
bool alter_node_id(struct bytes name, int32_t *id);
