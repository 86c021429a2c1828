/*
 * A simulated client that changes settings of topics and of the broker while they are in use, and
 * asks what they are. An auditor only asks, once for each resource.
 *
 * There is one that changes: so each setting has one client, and a change that got no answer is
 * sent again until it is confirmed.
 */
#pragma once

#include "tools/sim/client.h"
#include "tools/sim/model_configs.h"

struct sim_configurer;

struct sim_configurer *sim_configurer_new(struct party *party, struct model_configs *configs,
                                          bool audits);
/* After the party has left. */
void sim_configurer_free(struct sim_configurer *configurer);
/* Settings of the broker may be changed as well: they have their defaults. */
void sim_configurer_add_broker(struct sim_configurer *configurer);
/* The topic stays: its settings may be changed from now on. */
void sim_configurer_add_topic(struct sim_configurer *configurer, const struct model_topic *topic);
void sim_configurer_start(struct sim_configurer *configurer);
/* Begins nothing new. */
void sim_configurer_stop(struct sim_configurer *configurer);
/* Stopped, and every change is confirmed; or an auditor has asked for everything. */
bool sim_configurer_done(const struct sim_configurer *configurer);
