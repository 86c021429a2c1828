/*
 * What a change of configuration makes of a resource's settings, and whether it may (KIP-133,
 * KIP-226, KIP-339).
 *
 * Pure: the settings as they are and the change come in, the settings as they would be come out.
 * The catalog's writer asks it, so that changes that arrive together are judged one after the
 * other. Codes and sentences are those of Kafka 4.2, as far as they are of use to anybody.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "broker/config/config.h"
#include "broker/config/config_pairs.h"

/* Numbered as in IncrementalAlterConfigs. */
enum config_operation {
    CONFIG_SET,
    CONFIG_DELETE,
    CONFIG_APPEND,   /* to a list: what is not in it yet */
    CONFIG_SUBTRACT, /* from a list */
};

struct config_change {
    struct bytes name;
    enum config_operation operation;
    struct bytes value; /* not of CONFIG_DELETE */
};

/* Room for any sentence about a change. */
#define CONFIG_ALTER_MESSAGE_MAX 512

struct config_alteration {
    /* in; borrowed */
    enum config_resource resource; /* no loggers: they are not stored */
    bool all_brokers;              /* of brokers: the default, "" */
    bool replaces;                 /* AlterConfigs: what is not named goes */
    bool eligible_replicas;        /* the feature eligible.leader.replicas.version is on */
    struct config_layers layers;   /* below topics and groups, as they are now */
    const struct config_pair *now; /* of this resource */
    uint32_t now_count;
    const struct config_change *changes; /* each name once */
    uint32_t change_count;
    /* out */
    struct config_pair *then; /* owned: config_alteration_fini */
    uint32_t then_count;
    char message[CONFIG_ALTER_MESSAGE_MAX]; /* of a refusal; empty: the error's own sentence */
};

/* A Kafka error, or 0. */
int16_t config_alter(struct config_alteration *alteration);
void config_alteration_fini(struct config_alteration *alteration);

/* The judges of `then`, one for each kind of resource. */
int16_t config_alter_check_broker(struct config_alteration *alteration);
int16_t config_alter_check_group(struct config_alteration *alteration);
int16_t config_alter_check_client_metrics(struct config_alteration *alteration);

/* Writes the sentence; returns the error. */
int16_t config_alter_refuse(struct config_alteration *alteration, int16_t error, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

/* Of a subscription's `match`: "client_id=<regular expression>", the parts without white space.
 * False: no such pattern. */
struct config_match {
    struct bytes name; /* client_id, client_instance_id, ... */
    struct bytes pattern;
};
bool config_match_read(struct bytes item, struct config_match *match);
