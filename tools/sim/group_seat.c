/*
 * The way to the coordinator and reads of offsets begin and end here. All else is the protocol's,
 * which knows by `step` what it is about: nearly every step is followed by one of its own.
 */
#include "tools/sim/group_seat.h"

#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"

#define SOON_NS_MAX (200 * NS_PER_MS)
#define ABSENCE_NS_MAX (6 * NS_PER_S)

_Static_assert(GROUP_PLACES_MAX <= 64, "a bit for each place");

/* A pause or a call is over. */

static void seat_next(struct timer *timer)
{
    struct group_seat *seat = CONTAINER_OF(timer, struct group_seat, caller.next);
    ASSERT(!seat->caller.call.active);
    if (seat->step == SEAT_FIND)
        group_find_send(&seat->caller, seat->options.group);
    else
        seat->protocol->act(seat);
}

static void seat_found(struct group_seat *seat, const struct find_coordinator_response *answer)
{
    int16_t error =
        group_find_ended(seat->party, seat->options.group, seat->caller.call.version, answer);
    /* Who begins before there is a topic would read none. */
    if (error != KAFKA_NONE || (seat->options.places->count == 0 && !seat->stopping))
        seat_soon(seat, SEAT_FIND);
    else
        seat->protocol->go_on(seat);
}

static void seat_answered(struct client_call *call, const void *answer)
{
    struct group_seat *seat = CONTAINER_OF(call, struct group_seat, caller.call);
    if (seat->step == SEAT_FIND) {
        seat_found(seat, answer);
    } else if (seat->step == SEAT_FETCH) {
        group_fetch_ended(seat->party, &seat->fetch, call->version, answer);
        seat->protocol->go_on(seat);
    } else {
        seat->protocol->answered(seat, answer);
    }
}

void seat_init(struct group_seat *seat, struct party *party,
               const struct group_seat_options *options, const struct seat_protocol *protocol)
{
    ASSERT(strlen(options->instance_id) < sizeof seat->instance_id);
    *seat = (struct group_seat){.protocol = protocol, .party = party, .options = *options};
    memcpy(seat->instance_id, options->instance_id, strlen(options->instance_id));
    seat->options.instance_id = seat->instance_id;
    seat->claim = model_claim_none;
    seat->commit.groups = options->groups;
    seat->commit.group = options->group;
    seat->fetch.group = options->group;
    seat->fetch.known = options->places;
    caller_init(&seat->caller, party, seat_next, seat_answered);
}

void seat_fini(struct group_seat *seat)
{
    caller_fini(&seat->caller);
}

void seat_stop(struct group_seat *seat)
{
    seat->stopping = true;
}

void seat_redial(struct group_seat *seat)
{
    seat->settled = false;
    client_abandon(&seat->caller.client);
}

const struct model_claim *seat_settled(const struct group_seat *seat)
{
    return seat->settled ? &seat->claim : NULL;
}

bool seat_is_settled_as(const struct group_seat *seat, const struct model_group *group,
                        struct string member_id)
{
    return seat->settled && seat->options.group == group &&
           bytes_equal(string_bytes(member_id), bytes_of_string(seat->claim.member_id));
}

const struct model_claim *seat_claim(const struct group_seat *seat)
{
    return seat->joined_ever ? &seat->claim : NULL;
}

struct string seat_group_id(const struct group_seat *seat)
{
    return string_of(model_group_id(seat->options.group));
}

bool seat_is_static(const struct group_seat *seat)
{
    return *seat->instance_id != '\0';
}

bool seat_may_stray(const struct group_seat *seat)
{
    return !seat->stopping && !seat->options.reliable;
}

uint64_t seat_moment(struct group_seat *seat)
{
    return model_groups_moment(seat->options.groups);
}

/* What comes next. */

void seat_then(struct group_seat *seat, enum seat_step step, uint64_t pause_ns_max)
{
    seat->step = step;
    caller_pause(&seat->caller, pause_ns_max);
}

void seat_soon(struct group_seat *seat, enum seat_step step)
{
    seat_then(seat, step, SOON_NS_MAX);
}

void seat_live(struct group_seat *seat)
{
    seat_then(seat, SEAT_LIVE, (uint64_t)seat->options.session_ms * NS_PER_MS / 3);
}

void seat_go_away(struct group_seat *seat)
{
    seat->settled = false;
    seat_then(seat, SEAT_AWAY, ABSENCE_NS_MAX);
}

bool seat_has_slept(struct group_seat *seat)
{
    ASSERT(seat->step == SEAT_AWAY);
    return seat->is_member && party_chance(seat->party, 400);
}

/* Calls. */

void seat_ask(struct group_seat *seat, enum seat_step step, int16_t api_key, int16_t version,
              const void *request)
{
    seat->step = step;
    caller_ask(&seat->caller, api_key, version, request);
}

void seat_joined(struct group_seat *seat, int32_t generation, uint64_t asked_at)
{
    struct model_claim *claim = &seat->claim;
    *claim = (struct model_claim){.generation = generation, .asked_at = asked_at};
    claim->joined_at = seat_moment(seat);
    ASSERT(claim->joined_at > asked_at);
    memcpy(claim->member_id, seat->member_id, sizeof claim->member_id);
    memcpy(claim->instance_id, seat->instance_id, sizeof claim->instance_id);
    seat->joined_ever = true;
}

static uint32_t pick_places(struct group_seat *seat, uint64_t places, struct model_place *picked)
{
    const struct group_places *all = seat->options.places;
    uint32_t count = 0;
    for (uint32_t i = 0; i < all->count && count < GROUP_CALL_PLACES; i++)
        if ((places >> i & 1) != 0 && party_chance(seat->party, 600))
            picked[count++] = all->items[i];
    return count;
}

bool seat_commit(struct group_seat *seat, uint64_t places)
{
    seat->commit.count = pick_places(seat, places, seat->commit.places);
    if (seat->commit.count == 0)
        return false;
    seat->step = SEAT_COMMIT;
    group_commit_send(&seat->caller, &seat->commit, &seat->claim);
    return true;
}

int16_t seat_committed(struct group_seat *seat, const struct offset_commit_response *answer)
{
    return group_commit_ended(seat->party, &seat->commit, answer);
}

void seat_fetch(struct group_seat *seat, uint64_t places)
{
    seat->fetch.count = pick_places(seat, places, seat->fetch.places);
    seat->step = SEAT_FETCH;
    group_fetch_send(&seat->caller, seat->options.groups, &seat->fetch);
}
