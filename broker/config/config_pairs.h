/*
 * Lists of names and values, as the ConfigRecords of one resource make them: sorted by name, each
 * name once, everything owned by the list.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "broker/config/config.h"
#include "protocol/message.h"

/* What a configuration is for; numbered as in the protocol and in ConfigRecords. */
enum config_resource {
    CONFIG_RESOURCE_TOPIC = 2,
    CONFIG_RESOURCE_BROKER = 4,
    CONFIG_RESOURCE_LOGGER = 8,
    CONFIG_RESOURCE_CLIENT_METRICS = 16,
    CONFIG_RESOURCE_GROUP = 32,
};

/* Names and values are texts of C: none holds a null character. 0, or ERR_INVALID with one sentence
 * in `message`, for whoever asks for such a pair. */
int config_pair_check(struct bytes name, struct bytes value, char *message, size_t size) MUST_CHECK;

/* Sets, replaces or (with a null value) removes one pair. Should a log that Kafka wrote hold such a
 * name, it is passed over; such a value counts as null. */
void config_pairs_set(struct config_pair **pairs, uint32_t *count, struct bytes name,
                      struct string value);
/* A list of its own with the same pairs; null when there are none. */
struct config_pair *config_pairs_copy(const struct config_pair *pairs, uint32_t count);
void config_pairs_free(struct config_pair *pairs, uint32_t count);
