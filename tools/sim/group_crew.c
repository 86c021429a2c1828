/* Groups, their members and the outsiders are drawn when the crew starts. */
#include "tools/sim/group_crew.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define GROUPS_MAX 3
#define PLAIN_MAX 12
#define OUTSIDERS_MAX 3
#define SESSION_MS_SPREAD 2000
#define PATTERN_BYTES 128

struct sim_crew {
    struct party *party;
    struct model_groups *groups;
    struct crew_options options;
    struct group_places places;
    struct group_roster roster;
    char pattern[PATTERN_BYTES]; /* of the names of all topics that stay */
    struct model_group *plain[PLAIN_MAX];
    uint32_t plain_count;
    struct sim_outsider *outsiders[OUTSIDERS_MAX];
    uint32_t outsider_count;
    struct sim_outsider *auditor;
};

static struct model_group *group_named(struct sim_crew *crew, const char *kind, uint32_t number)
{
    char id[MODEL_NAME_BYTES];
    snprintf(id, sizeof id, "%s-%s-%u", crew->options.name, kind, number);
    return model_group_named(crew->groups, id);
}

/* What does not depend on the member, and who it is. */
static struct group_seat_options seat_options(struct sim_crew *crew, uint32_t number,
                                              const char *instance)
{
    return (struct group_seat_options){
        .groups = crew->groups,
        .group = group_named(crew, "group", number),
        .places = &crew->places,
        .instance_id = instance,
    };
}

/* So many in a thousand are static. */
static void choose_instance(struct sim_crew *crew, uint32_t rate, uint64_t i,
                            char instance[MODEL_INSTANCE_BYTES])
{
    *instance = '\0';
    if (party_chance(crew->party, rate))
        snprintf(instance, MODEL_INSTANCE_BYTES, "instance-%u", (unsigned)i);
}

static int32_t choose_patience_ms(struct sim_crew *crew)
{
    return crew->options.session_ms_min + (int32_t)party_random(crew->party, 0, SESSION_MS_SPREAD);
}

static void add_group(struct sim_crew *crew, uint32_t number)
{
    struct party *party = crew->party;
    char instance[MODEL_INSTANCE_BYTES];
    uint64_t members = party_random(party, 1, 5);
    bool consumes = party_chance(party, 800);
    uint32_t static_rate = party_chance(party, 500) ? 700 : 0;
    for (uint64_t i = 0; i < members && crew->roster.member_count < ROSTER_MEMBERS_MAX; i++) {
        choose_instance(crew, static_rate, i, instance);
        struct group_member_options options = {
            .seat = seat_options(crew, number, instance),
            .consumes = consumes,
            .knows_statics = static_rate > 0,
        };
        options.seat.reliable = party_chance(party, 200);
        options.seat.session_ms = choose_patience_ms(crew);
        options.seat.rebalance_ms = choose_patience_ms(crew);
        crew->roster.members[crew->roster.member_count++] = sim_group_member_new(party, &options);
    }
}

/* Some members of a group may subscribe by a pattern, and the others by names. */
static void add_modern_group(struct sim_crew *crew, uint32_t number)
{
    static const char *const assignors[] = {"", "uniform", "range"};
    struct party *party = crew->party;
    char instance[MODEL_INSTANCE_BYTES];
    uint64_t members = party_random(party, 1, 5);
    uint32_t static_rate = party_chance(party, 500) ? 700 : 0;
    uint32_t pattern_rate = party_chance(party, 300) ? 500 : 0;
    uint64_t assignor = party_random(party, 0, ARRAY_LENGTH(assignors) - 1);
    for (uint64_t i = 0; i < members && crew->roster.consumer_count < ROSTER_MEMBERS_MAX; i++) {
        choose_instance(crew, static_rate, i, instance);
        struct consumer_member_options options = {
            .seat = seat_options(crew, number, instance),
            .assignor = assignors[assignor],
            .pattern = party_chance(party, pattern_rate) ? crew->pattern : "",
        };
        options.seat.reliable = party_chance(party, 200);
        options.seat.session_ms = crew->options.consumer_session_ms;
        options.seat.rebalance_ms = choose_patience_ms(crew);
        crew->roster.consumers[crew->roster.consumer_count++] =
            sim_consumer_member_new(party, &options);
    }
}

static void add_members(struct sim_crew *crew, uint32_t number)
{
    enum crew_kind kind = crew->options.kind;
    if (kind == CREW_MODERN || (kind == CREW_BOTH && party_chance(crew->party, 500)))
        add_modern_group(crew, number);
    else
        add_group(crew, number);
}

static void add_outsider(struct sim_crew *crew)
{
    struct outsider_options options = {
        .groups = crew->groups,
        .places = &crew->places,
        .roster = &crew->roster,
        .plain = crew->plain,
        .plain_count = crew->plain_count,
    };
    crew->outsiders[crew->outsider_count++] = sim_outsider_new(crew->party, &options);
}

struct sim_crew *sim_crew_new(struct party *party, struct model_groups *groups,
                              const struct crew_options *options)
{
    struct sim_crew *crew = mem_alloc(sizeof *crew);
    crew->party = party;
    crew->groups = groups;
    crew->options = *options;
    int len =
        snprintf(crew->pattern, sizeof crew->pattern, "%s|%s-second", options->name, options->name);
    ASSERT(len > 0 && (size_t)len < sizeof crew->pattern);
    return crew;
}

void sim_crew_free(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->roster.member_count; i++)
        sim_group_member_free(crew->roster.members[i]);
    for (uint32_t i = 0; i < crew->roster.consumer_count; i++)
        sim_consumer_member_free(crew->roster.consumers[i]);
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_free(crew->outsiders[i]);
    if (crew->auditor != NULL)
        sim_outsider_free(crew->auditor);
    mem_free(crew);
}

void sim_crew_start(struct sim_crew *crew)
{
    struct party *party = crew->party;
    uint64_t groups = party_random(party, 1, GROUPS_MAX);
    crew->plain_count = (uint32_t)party_random(party, 1, PLAIN_MAX);
    for (uint32_t i = 0; i < crew->plain_count; i++)
        crew->plain[i] = group_named(crew, "plain", i);
    for (uint32_t i = 0; i < groups; i++)
        add_members(crew, i);
    uint64_t outsiders = party_random(party, 1, OUTSIDERS_MAX);
    for (uint32_t i = 0; i < outsiders; i++)
        add_outsider(crew);
    for (uint32_t i = 0; i < crew->roster.member_count; i++)
        sim_group_member_start(crew->roster.members[i]);
    for (uint32_t i = 0; i < crew->roster.consumer_count; i++)
        sim_consumer_member_start(crew->roster.consumers[i]);
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_start(crew->outsiders[i]);
}

void sim_crew_add_topic(struct sim_crew *crew, const struct model_topic *topic)
{
    group_places_add(&crew->places, topic);
}

void sim_crew_stop(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < roster_count(&crew->roster); i++)
        seat_stop(roster_seat(&crew->roster, i));
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_stop(crew->outsiders[i]);
}

void sim_crew_calm(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < roster_count(&crew->roster); i++)
        seat_redial(roster_seat(&crew->roster, i));
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_redial(crew->outsiders[i]);
}

/* It is settled, and so are all who share its assignment. */
static bool member_is_settled(const struct sim_crew *crew, struct sim_group_member *member)
{
    const struct group_seat *seat = sim_group_member_seat(member);
    uint32_t assignment = sim_group_member_assignment(member);
    uint32_t members = 0;
    if (seat_settled(seat) == NULL || assignment == 0)
        return false;
    for (uint32_t i = 0; i < crew->roster.member_count; i++) {
        const struct group_seat *other = sim_group_member_seat(crew->roster.members[i]);
        if (other->options.group != seat->options.group)
            continue;
        members++;
        if (seat_settled(other) == NULL ||
            sim_group_member_assignment(crew->roster.members[i]) != assignment)
            return false;
    }
    return model_assignment_size(crew->groups, assignment) == members;
}

const char *sim_crew_unsettled(const struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->roster.member_count; i++)
        if (!member_is_settled(crew, crew->roster.members[i]))
            return model_group_id(sim_group_member_seat(crew->roster.members[i])->options.group);
    for (uint32_t i = 0; i < crew->roster.consumer_count; i++) {
        const struct model_group *group =
            sim_consumer_member_seat(crew->roster.consumers[i])->options.group;
        if (!consumers_are_settled(&crew->roster, &crew->places, group))
            return model_group_id(group);
    }
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        if (!sim_outsider_done(crew->outsiders[i]))
            return model_group_id(crew->plain[0]);
    return NULL;
}

void sim_crew_check(struct sim_crew *crew)
{
    struct outsider_options options = {
        .groups = crew->groups,
        .places = &crew->places,
        .roster = &crew->roster,
        .audits = true,
        .settled = crew->outsider_count > 0,
    };
    ASSERT(crew->auditor == NULL);
    if (model_group_at(crew->groups, 0) == NULL)
        return;
    crew->auditor = sim_outsider_new(crew->party, &options);
    sim_outsider_start(crew->auditor);
}

bool sim_crew_done(const struct sim_crew *crew)
{
    return crew->auditor == NULL || sim_outsider_done(crew->auditor);
}
