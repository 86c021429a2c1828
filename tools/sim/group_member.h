/*
 * A simulated member of a consumer group, of the classic protocol: it joins, leads when it is told
 * to, sends heartbeats, commits and reads offsets of what it was assigned, leaves, dies without a
 * word, and comes back: as its next life, or as if nothing had happened.
 */
#pragma once

#include "tools/sim/group_seat.h"

struct sim_group_member;

struct group_member_options {
    struct group_seat_options seat;
    bool consumes; /* its protocol is that of consumers, else one that the broker cannot read */
    bool knows_statics; /* and sends no request that is older than they are */
};

struct sim_group_member *sim_group_member_new(struct party *party,
                                              const struct group_member_options *options);
/* After the party has left. */
void sim_group_member_free(struct sim_group_member *member);
void sim_group_member_start(struct sim_group_member *member);
struct group_seat *sim_group_member_seat(struct sim_group_member *member);
/* What it was assigned: a bit per place, and the number of the assignment. */
uint64_t sim_group_member_share(const struct sim_group_member *member);
uint32_t sim_group_member_assignment(const struct sim_group_member *member);
