/*
 * A simulated member of a consumer group, of the classic protocol: it joins, leads when it is told
 * to, sends heartbeats, commits and reads offsets of what it was assigned, leaves, dies without a
 * word, and comes back: as its next life, or as if nothing had happened.
 */
#pragma once

#include "tools/sim/group_calls.h"

struct sim_group_member;

struct group_member_options {
    struct model_groups *groups;
    struct model_group *group;
    const struct group_places *places; /* the caller's; it may grow */
    const char *instance_id;           /* "": not static; copied */
    bool consumes; /* its protocol is that of consumers, else one that the broker cannot read */
    bool knows_statics; /* and sends no request that is older than they are */
    bool reliable;      /* it never goes by itself */
    int32_t session_ms;
    int32_t rebalance_ms;
};

struct sim_group_member *sim_group_member_new(struct party *party,
                                              const struct group_member_options *options);
/* After the party has left. */
void sim_group_member_free(struct sim_group_member *member);
void sim_group_member_start(struct sim_group_member *member);
/* From now on it stays. */
void sim_group_member_stop(struct sim_group_member *member);
/* Nothing is in the way any more: it goes on over a new connection, as the old one may be dead. */
void sim_group_member_redial(struct sim_group_member *member);
/* It is a member and was served as one since it was stopped: who it is; else null. */
const struct model_claim *sim_group_member_settled(const struct sim_group_member *member);
/* Who it is, was, or takes itself for; null: it never joined. */
const struct model_claim *sim_group_member_claim(const struct sim_group_member *member);
/* What it was assigned: a bit per place, and the number of the assignment. */
uint64_t sim_group_member_share(const struct sim_group_member *member);
uint32_t sim_group_member_assignment(const struct sim_group_member *member);
struct model_group *sim_group_member_group(const struct sim_group_member *member);
