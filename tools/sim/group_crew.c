/* The crew's members stand in one array, whatever their groups. */
#include "tools/sim/group_crew.h"

#include <stdio.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"

#define MEMBERS_MAX 15
#define GROUPS_MAX 3
#define PLAIN_MAX 12
#define OUTSIDERS_MAX 3
#define SESSION_MS_SPREAD 2000

struct sim_crew {
    struct party *party;
    struct model_groups *groups;
    struct crew_options options;
    struct group_places places;
    struct sim_group_member *members[MEMBERS_MAX];
    uint32_t member_count;
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

static void add_group(struct sim_crew *crew, uint32_t number)
{
    struct party *party = crew->party;
    char instance[MODEL_INSTANCE_BYTES];
    int32_t least = crew->options.session_ms_min;
    uint64_t members = party_random(party, 1, 5);
    bool consumes = party_chance(party, 800);
    uint32_t static_rate = party_chance(party, 500) ? 700 : 0;
    for (uint64_t i = 0; i < members && crew->member_count < MEMBERS_MAX; i++) {
        bool is_static = party_chance(party, static_rate);
        *instance = '\0';
        if (is_static)
            snprintf(instance, sizeof instance, "instance-%u", (unsigned)i);
        struct group_member_options options = {
            .groups = crew->groups,
            .group = group_named(crew, "group", number),
            .places = &crew->places,
            .instance_id = instance,
            .consumes = consumes,
            .knows_statics = static_rate > 0,
            .reliable = party_chance(party, 200),
            .session_ms = least + (int32_t)party_random(party, 0, SESSION_MS_SPREAD),
            .rebalance_ms = least + (int32_t)party_random(party, 0, SESSION_MS_SPREAD),
        };
        crew->members[crew->member_count++] = sim_group_member_new(party, &options);
    }
}

static void add_outsider(struct sim_crew *crew)
{
    struct outsider_options options = {
        .groups = crew->groups,
        .places = &crew->places,
        .members = crew->members,
        .member_count = &crew->member_count,
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
    return crew;
}

void sim_crew_free(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->member_count; i++)
        sim_group_member_free(crew->members[i]);
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
        add_group(crew, i);
    uint64_t outsiders = party_random(party, 1, OUTSIDERS_MAX);
    for (uint32_t i = 0; i < outsiders; i++)
        add_outsider(crew);
    for (uint32_t i = 0; i < crew->member_count; i++)
        sim_group_member_start(crew->members[i]);
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_start(crew->outsiders[i]);
}

void sim_crew_add_topic(struct sim_crew *crew, const struct model_topic *topic)
{
    group_places_add(&crew->places, topic);
}

void sim_crew_stop(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->member_count; i++)
        sim_group_member_stop(crew->members[i]);
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_stop(crew->outsiders[i]);
}

void sim_crew_calm(struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->member_count; i++)
        sim_group_member_redial(crew->members[i]);
    for (uint32_t i = 0; i < crew->outsider_count; i++)
        sim_outsider_redial(crew->outsiders[i]);
}

/* It is settled, and so are all who share its assignment. */
static bool member_is_settled(const struct sim_crew *crew, const struct sim_group_member *member)
{
    const struct model_group *group = sim_group_member_group(member);
    uint32_t assignment = sim_group_member_assignment(member);
    uint32_t members = 0;
    if (sim_group_member_settled(member) == NULL || assignment == 0)
        return false;
    for (uint32_t i = 0; i < crew->member_count; i++) {
        const struct sim_group_member *other = crew->members[i];
        if (sim_group_member_group(other) != group)
            continue;
        members++;
        if (sim_group_member_settled(other) == NULL ||
            sim_group_member_assignment(other) != assignment)
            return false;
    }
    return model_assignment_size(crew->groups, assignment) == members;
}

const char *sim_crew_unsettled(const struct sim_crew *crew)
{
    for (uint32_t i = 0; i < crew->member_count; i++)
        if (!member_is_settled(crew, crew->members[i]))
            return model_group_id(sim_group_member_group(crew->members[i]));
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
        .members = crew->members,
        .member_count = &crew->member_count,
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
