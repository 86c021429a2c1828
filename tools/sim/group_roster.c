/* Two arrays, since most who look for a member want what only its own protocol has. */
#include "tools/sim/group_roster.h"

#include "base/assert.h"

uint32_t roster_count(const struct group_roster *roster)
{
    return roster->member_count + roster->consumer_count;
}

struct group_seat *roster_seat(const struct group_roster *roster, uint32_t number)
{
    ASSERT(number < roster_count(roster));
    if (number < roster->member_count)
        return sim_group_member_seat(roster->members[number]);
    return sim_consumer_member_seat(roster->consumers[number - roster->member_count]);
}
