/*
 * A simulated administrator of one name: creates the topic, tries to create it again, adds
 * partitions, deletes it and creates it anew, and retries each until it is confirmed. It knows
 * which answers may come.
 */
#pragma once

#include "tools/sim/client.h"

struct admin_options {
    const char *name;
    struct model_topic_plan plan;
    int32_t partitions_max; /* of a new topic; a grown one may have as many again */
    bool exact;             /* not a random number of partitions */
    bool grows;
    bool churns; /* deletes and creates anew */
    bool trims;  /* deletes records */
    uint64_t pause_ns_max;
    /* A life was confirmed; somebody may use it from now on. */
    void (*began)(void *context, struct model_topic *topic);
    void *context;
};

struct sim_admin;

struct sim_admin *sim_admin_new(struct party *party, const struct admin_options *options);
/* After the party has left. */
void sim_admin_free(struct sim_admin *admin);
void sim_admin_start(struct sim_admin *admin);
/* Begins nothing new. */
void sim_admin_stop(struct sim_admin *admin);
/* The first life was confirmed. */
bool sim_admin_ready(const struct sim_admin *admin);
/* Stopped, and nothing is left open. */
bool sim_admin_done(const struct sim_admin *admin);
