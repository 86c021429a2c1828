/*
 * All simulated clients of consumer groups: some groups with members that come and go, some that
 * nobody joins, and outsiders who meddle with both.
 */
#pragma once

#include "tools/sim/group_outsider.h"

struct sim_crew;

/* Of which protocol the groups' members are. */
enum crew_kind { CREW_CLASSIC, CREW_MODERN, CREW_BOTH };

struct crew_options {
    const char *name; /* all groups' ids begin so */
    enum crew_kind kind;
    int32_t session_ms_min;
    int32_t consumer_session_ms; /* of the new protocol, as the broker has it */
};

struct sim_crew *sim_crew_new(struct party *party, struct model_groups *groups,
                              const struct crew_options *options);
/* After the party has left. */
void sim_crew_free(struct sim_crew *crew);
void sim_crew_start(struct sim_crew *crew);
/* A topic that stays: groups read it, too. */
void sim_crew_add_topic(struct sim_crew *crew, const struct model_topic *topic);
/* From now on members stay, and outsiders do nothing. */
void sim_crew_stop(struct sim_crew *crew);
/* Nothing is in the way any more. */
void sim_crew_calm(struct sim_crew *crew);
/* The first group in which not every member has its part of the same assignment, with the outsiders
 * at rest; null: all have. */
const char *sim_crew_unsettled(const struct sim_crew *crew);
/* Looks at every group; the members, if any, are settled. */
void sim_crew_check(struct sim_crew *crew);
bool sim_crew_done(const struct sim_crew *crew);
