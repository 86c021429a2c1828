/*
 * A simulated member of a group of the new consumer protocol (KIP-848): it joins, heartbeats, takes
 * what it is assigned and gives up what it is to lose, soon or too late, commits and reads offsets,
 * leaves, falls silent, and comes back: as its next life, or as if nothing had happened.
 */
#pragma once

#include "tools/sim/group_seat.h"
#include "tools/sim/model_consumers.h"

struct sim_consumer_member;

struct consumer_member_options {
    struct group_seat_options seat;
    const char *assignor; /* "": it does not say; the caller's, as the next */
    const char *pattern;  /* of the names of all topics; "": it names them */
};

struct sim_consumer_member *sim_consumer_member_new(struct party *party,
                                                    const struct consumer_member_options *options);
/* After the party has left. */
void sim_consumer_member_free(struct sim_consumer_member *member);
void sim_consumer_member_start(struct sim_consumer_member *member);
struct group_seat *sim_consumer_member_seat(struct sim_consumer_member *member);
struct model_spots sim_consumer_member_assigned(const struct sim_consumer_member *member);
