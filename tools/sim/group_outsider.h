/*
 * A simulated client that is no member of any group: it commits without being one, or as one that
 * it is not any more or never was; it reads, lists and describes, and deletes offsets and groups.
 *
 * An auditor only looks: at every group that is known, once, when nothing else happens.
 */
#pragma once

#include "tools/sim/consumer_look.h"
#include "tools/sim/group_roster.h"

struct sim_outsider;

struct outsider_options {
    struct model_groups *groups;
    const struct group_places *places; /* the caller's, as the next two */
    const struct group_roster *roster; /* whose names it takes, and whom it expects */
    struct model_group *const *plain;  /* groups that nobody joins */
    uint32_t plain_count;
    bool audits;
    bool settled; /* an auditor: all members are, and are to be told */
};

struct sim_outsider *sim_outsider_new(struct party *party, const struct outsider_options *options);
/* After the party has left. */
void sim_outsider_free(struct sim_outsider *outsider);
void sim_outsider_start(struct sim_outsider *outsider);
void sim_outsider_stop(struct sim_outsider *outsider);
/* See seat_redial. */
void sim_outsider_redial(struct sim_outsider *outsider);
/* It was stopped, or an auditor has seen everything; nothing of it is out. */
bool sim_outsider_done(const struct sim_outsider *outsider);
