/* The members of all groups of a crew, of either protocol; outsiders look them up, too. */
#pragma once

#include "tools/sim/consumer_member.h"
#include "tools/sim/group_member.h"

#define ROSTER_MEMBERS_MAX 15

struct group_roster {
    struct sim_group_member *members[ROSTER_MEMBERS_MAX];
    uint32_t member_count;
    struct sim_consumer_member *consumers[ROSTER_MEMBERS_MAX]; /* of the new protocol */
    uint32_t consumer_count;
};

/* Seats of both: those of the new protocol come behind the others. */
uint32_t roster_count(const struct group_roster *roster);
struct group_seat *roster_seat(const struct group_roster *roster, uint32_t number);
