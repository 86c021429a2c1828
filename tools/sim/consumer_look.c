/*
 * A description of a settled group may still show somebody whose session has to end; so it is asked
 * for again until it is as it must be, for as long as that may take.
 */
#include "tools/sim/consumer_look.h"

#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "protocol/schema/consumer_group.h"

#define DESCRIBE_VERSION_MAX 1
#define SETTLED_NS (30 * NS_PER_S)

void consumer_look_send(struct caller *caller, struct model_groups *groups,
                        struct consumer_look *look)
{
    struct consumer_group_describe_request request;
    struct string id = string_of(model_group_id(look->group));
    message_defaults(&consumer_group_describe_request_struct, &request);
    request.group_ids.items = &id;
    request.group_ids.count = 1;
    look->sent = model_groups_moment(groups);
    caller_ask(caller, API_CONSUMER_GROUP_DESCRIBE,
               (int16_t)party_random(caller->client.party, 0, DESCRIBE_VERSION_MAX), &request);
}

/* Topics that the crew was not told of yet are left out; false: a partition is told twice. */
static bool take_set(const struct group_places *places,
                     const struct consumer_group_describe_response_assignment *told,
                     struct model_spots *out)
{
    *out = (struct model_spots){0};
    for (int32_t i = 0; i < told->topic_partitions.count; i++) {
        const struct consumer_group_describe_response_topic_partitions *one =
            &told->topic_partitions.items[i];
        uint32_t t = group_places_find(places, one->topic_id);
        for (int32_t j = 0; j < one->partitions.count && t < places->topic_count; j++) {
            int32_t p = one->partitions.items[j];
            if (p < 0 || p >= MODEL_SPOT_PARTITIONS || (out->of[t] >> p & 1) != 0)
                return false;
            out->of[t] |= (uint64_t)1 << p;
        }
    }
    return true;
}

static bool take_members(const struct consumer_look *look,
                         const struct consumer_group_describe_response_described_group *told,
                         struct model_told_consumer *members)
{
    struct model_spots target;
    for (int32_t i = 0; i < told->members.count; i++) {
        const struct consumer_group_describe_response_member *one = &told->members.items[i];
        members[i].member_id = one->member_id;
        members[i].epoch = one->member_epoch;
        if (!take_set(look->places, &one->assignment, &members[i].assigned) ||
            !take_set(look->places, &one->target_assignment, &target))
            return false;
    }
    return true;
}

static struct sim_consumer_member *member_named(const struct consumer_look *look, struct string id)
{
    for (uint32_t i = 0; i < look->roster->consumer_count; i++)
        if (seat_is_settled_as(sim_consumer_member_seat(look->roster->consumers[i]), look->group,
                               id))
            return look->roster->consumers[i];
    return NULL;
}

/* What is not as it must be; null: all is. */
static const char *flaw_of(const struct consumer_look *look,
                           const struct consumer_group_describe_response_described_group *told,
                           const struct model_told_consumer *members)
{
    int32_t expected = 0;
    for (uint32_t i = 0; i < look->roster->consumer_count; i++)
        expected +=
            sim_consumer_member_seat(look->roster->consumers[i])->options.group == look->group;
    struct bytes state = string_bytes(told->group_state);
    if (!bytes_equal(state, expected > 0 ? BYTES_LITERAL("Stable") : BYTES_LITERAL("Empty")))
        return "in another state";
    if (told->members.count != expected)
        return "with too few or too many members";
    for (int32_t i = 0; i < told->members.count; i++) {
        struct sim_consumer_member *member = member_named(look, members[i].member_id);
        struct model_spots target;
        if (member == NULL)
            return "with a member that it does not have";
        if (members[i].epoch != told->group_epoch ||
            members[i].epoch != seat_settled(sim_consumer_member_seat(member))->generation)
            return "with a member of another epoch";
        if (!take_set(look->places, &told->members.items[i].target_assignment, &target) ||
            !model_spots_equal(target, members[i].assigned) ||
            !model_spots_equal(target, sim_consumer_member_assigned(member)))
            return "with a member that has something else";
    }
    return NULL;
}

/* False: it is to be asked again. */
static bool judge_settled(struct party *party, struct consumer_look *look,
                          const struct consumer_group_describe_response_described_group *told,
                          const struct model_told_consumer *members)
{
    const char *flaw = flaw_of(look, told, members);
    uint64_t now = io_now(party->io);
    if (flaw == NULL) {
        look->since_ns = 0;
        return true;
    }
    if (look->since_ns == 0)
        look->since_ns = now;
    if (now > look->since_ns + SETTLED_NS)
        model_break(party->model, "group %s is settled, but described %s",
                    model_group_id(look->group), flaw);
    return false;
}

int16_t consumer_look_ended(struct party *party, struct consumer_look *look,
                            const struct consumer_group_describe_response *answer)
{
    struct model_told_consumer members[CONSUMER_LOOK_MEMBERS_MAX];
    int16_t error = GROUP_NO_ANSWER;
    if (answer != NULL)
        error = answer->groups.count == 1 ? answer->groups.items[0].error_code : INT16_MAX;
    if (error == KAFKA_GROUP_ID_NOT_FOUND) {
        model_consumers_told_missing(look->group, look->sent);
        return KAFKA_NONE;
    }
    if (error != KAFKA_NONE && !group_error_is_passing(error))
        group_call_break(party, look->group, "a question about its consumers", error);
    if (error != KAFKA_NONE)
        return error;
    const struct consumer_group_describe_response_described_group *told = &answer->groups.items[0];
    if (told->members.count > CONSUMER_LOOK_MEMBERS_MAX || !take_members(look, told, members)) {
        group_call_break(party, look->group, "a question about its consumers", INT16_MAX);
        return INT16_MAX;
    }
    const struct model_told_consumers all = {
        .sent = look->sent,
        .epoch = told->group_epoch,
        .assignment_epoch = told->assignment_epoch,
        .members = members,
        .count = (uint32_t)told->members.count,
    };
    model_consumers_told(look->group, &all);
    model_group_told_there(look->group, look->sent);
    bool good = !look->settled || judge_settled(party, look, told, members);
    return good ? KAFKA_NONE : GROUP_NO_ANSWER;
}

bool consumers_are_settled(const struct group_roster *roster, const struct group_places *places,
                           const struct model_group *group)
{
    struct model_spots owned = {0};
    int32_t epoch = -1;
    for (uint32_t i = 0; i < roster->consumer_count; i++) {
        const struct group_seat *seat = sim_consumer_member_seat(roster->consumers[i]);
        const struct model_claim *claim = seat_settled(seat);
        if (seat->options.group != group)
            continue;
        if (claim == NULL || (epoch >= 0 && claim->generation != epoch))
            return false;
        struct model_spots assigned = sim_consumer_member_assigned(roster->consumers[i]);
        if (!model_spots_none(model_spots_common(owned, assigned)))
            return false;
        epoch = claim->generation;
        owned = model_spots_joined(owned, assigned);
    }
    for (uint32_t t = 0; t < places->topic_count && epoch >= 0; t++)
        for (int32_t p = 0; p < places->topics[t]->count; p++)
            if ((owned.of[t] >> p & 1) == 0)
                return false;
    return true;
}
