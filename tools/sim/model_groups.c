/*
 * Who may be a member, and which generation there is. What is known has the moment since when: a
 * request is judged by what was known when it was sent.
 *
 * A deletion that is not answered may have come between any two events: where only that explains an
 * answer, it is taken to have happened.
 */
#include "tools/sim/model_groups.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_groups_internal.h"

const struct model_claim model_claim_none = {.generation = -1};

struct model_groups *model_groups_new(struct model *model)
{
    struct model_groups *groups = mem_alloc(sizeof *groups);
    groups->model = model;
    return groups;
}

void model_groups_free(struct model_groups *groups)
{
    for (uint32_t i = 0; i < groups->count; i++) {
        struct model_group *group = groups->groups[i];
        model_offset_logs_free(group);
        model_consumers_free(group);
        mem_free(group->instances);
        mem_free(group->deletions);
        mem_free(group->id);
        mem_free(group);
    }
    for (uint32_t i = 0; i < groups->write_count; i++)
        mem_free(groups->writes[i]);
    for (uint32_t i = 0; i < groups->assignment_count; i++) {
        mem_free(groups->assignments[i]->shares);
        mem_free(groups->assignments[i]);
    }
    mem_free(groups->writes);
    mem_free(groups->times);
    mem_free(groups->assignments);
    mem_free(groups->groups);
    mem_free(groups);
}

uint64_t model_groups_moment(struct model_groups *groups)
{
    if (++groups->moment >= groups->times_capacity) {
        uint64_t capacity = MAX(groups->times_capacity * 2, UINT64_C(1024));
        groups->times = mem_realloc(groups->times, groups->times_capacity * sizeof *groups->times,
                                    capacity * sizeof *groups->times);
        groups->times_capacity = capacity;
    }
    groups->times[groups->moment] = model_now_ms(groups->model);
    return groups->moment;
}

struct model_group *model_group_named(struct model_groups *groups, const char *id)
{
    for (uint32_t i = 0; i < groups->count; i++)
        if (strcmp(groups->groups[i]->id, id) == 0)
            return groups->groups[i];
    struct model_group *group = mem_alloc(sizeof *group);
    group->groups = groups;
    group->id = mem_copy_string(id);
    group->generation = group->plain_generation = -1;
    groups->groups =
        mem_grow(groups->groups, groups->count, &groups->capacity, sizeof(struct model_group *));
    groups->groups[groups->count++] = group;
    return group;
}

struct model_group *model_group_at(const struct model_groups *groups, uint32_t number)
{
    return number < groups->count ? groups->groups[number] : NULL;
}

const char *model_group_id(const struct model_group *group)
{
    return group->id;
}

void model_groups_count(const struct model_groups *groups, struct model_group_counts *counts)
{
    *counts = groups->counts;
}

void model_group_touching(struct model_group *group)
{
    group->touches_out++;
    model_group_stirs(group);
}

void model_group_touched(struct model_group *group, bool late)
{
    ASSERT(group->touches_out > 0);
    group->touches_out--;
    model_group_stirs(group);
    group->touched_at = model_groups_moment(group->groups);
    group->touched_late = group->touched_late || late;
}

/* Who is a member no more. */

static struct model_instance *instance_find(const struct model_group *group, const char *id)
{
    for (uint32_t i = 0; i < group->instance_count; i++)
        if (strcmp(group->instances[i].instance_id, id) == 0)
            return &group->instances[i];
    return NULL;
}

/* By what was known at this moment. */
static const char *stale_at(const struct model_group *group, const struct model_claim *claim,
                            uint64_t moment)
{
    /* Whoever has no generation is taken for somebody who assigns partitions by himself. */
    if (claim->generation < 0)
        return NULL;
    if (claim->invented)
        return "nobody was given this member id";
    /* There an id may come again, and epochs begin anew with the group. */
    if (model_group_is_modern(group))
        return model_consumer_stale_at(group, claim, moment);
    if (claim->joined_at < group->dead_before && group->dead_at <= moment)
        return "the group was deleted since";
    if (claim->generation < group->generation && group->generation_at <= moment)
        return "a newer generation has begun";
    const struct model_instance *instance =
        *claim->instance_id == '\0' ? NULL : instance_find(group, claim->instance_id);
    if (instance != NULL && claim->joined_at < instance->asked_at && instance->known_at <= moment &&
        strcmp(claim->member_id, instance->member_id) != 0)
        return "another one has taken the place of this static member";
    return NULL;
}

const char *model_claim_is_stale(const struct model_group *group, const struct model_claim *claim)
{
    return stale_at(group, claim, MODEL_NEVER);
}

/* It joined an older generation when a newer one was known already. Its join may have been answered
 * before that; when it is served, it was not. */
static bool joined_behind(const struct model_group *group, const struct model_claim *claim)
{
    return !model_group_is_modern(group) && claim->generation >= 0 &&
           claim->generation < group->generation && claim->joined_at > group->generation_at;
}

void model_group_served(struct model_group *group, const struct model_claim *claim, uint64_t sent)
{
    struct model *model = group->groups->model;
    if (joined_behind(group, claim))
        (void)model_group_began_anew(group);
    const char *why = stale_at(group, claim, sent);
    if (why != NULL)
        model_break(model, "group %s: member %s of generation %d was served, but %s", group->id,
                    claim->member_id, claim->generation, why);
    if (claim->generation >= 0)
        model_group_held(group, claim, sent);
    if (claim->generation >= 0 && claim->generation == group->plain_generation &&
        claim->joined_at < group->plain_sent && sent > group->plain_ended)
        model_break(model,
                    "group %s: a commit of no member was taken while generation %d had members",
                    group->id, claim->generation);
}

/* Deletions. */

void model_group_is_gone(struct model_group *group, uint64_t since)
{
    const char *member = model_consumer_since(group, since);
    if (member != NULL)
        model_break(group->groups->model, "group %s is deleted, but %s is a member", group->id,
                    member);
    model_consumers_forget(group);
    group->generation = group->plain_generation = -1;
    group->assignment = 0;
    group->dead_before = since;
    group->dead_at = model_groups_moment(group->groups);
}

bool model_group_may_be_gone(const struct model_group *group)
{
    for (uint32_t i = 0; i < group->deletion_count; i++)
        if (group->deletions[i]->state == WRITE_OUT || group->deletions[i]->state == WRITE_OPEN)
            return true;
    return false;
}

bool model_group_began_anew(struct model_group *group)
{
    if (!model_group_may_be_gone(group) && !model_group_may_have_ended(group))
        return false;
    group->generation = group->plain_generation = -1;
    group->assignment = 0;
    model_consumers_forget(group);
    return true;
}

/* Generations. */

static void instance_known(struct model_group *group, const struct model_claim *claim)
{
    if (*claim->instance_id == '\0')
        return;
    struct model_instance *instance = instance_find(group, claim->instance_id);
    if (instance == NULL) {
        group->instances = mem_grow(group->instances, group->instance_count,
                                    &group->instance_capacity, sizeof *group->instances);
        instance = &group->instances[group->instance_count++];
        *instance = (struct model_instance){0};
        memcpy(instance->instance_id, claim->instance_id, sizeof instance->instance_id);
    }
    if (claim->asked_at <= instance->asked_at)
        return;
    instance->asked_at = claim->asked_at;
    instance->known_at = model_groups_moment(group->groups);
    memcpy(instance->member_id, claim->member_id, sizeof instance->member_id);
}

void model_group_joined(struct model_group *group, const struct model_claim *claim)
{
    if (claim->generation < group->generation && group->generation_at < claim->asked_at &&
        !model_group_began_anew(group))
        model_break(group->groups->model, "group %s: generation %d was told to %s after %d",
                    group->id, claim->generation, claim->member_id, group->generation);
    if (claim->generation <= group->generation)
        instance_known(group, claim);
}

static void generation_known(struct model_group *group, int32_t generation, uint32_t assignment)
{
    group->generation = generation;
    group->assignment = assignment;
    group->generation_at = model_groups_moment(group->groups);
    group->groups->counts.generations++;
    model_writes_settle(group, generation);
}

uint32_t model_group_assigning(struct model_group *group, int32_t generation,
                               const struct model_share *shares, uint32_t count)
{
    struct model_groups *groups = group->groups;
    struct model_assignment *assignment = mem_alloc(sizeof *assignment);
    assignment->group = group;
    assignment->generation = generation;
    assignment->shares = mem_alloc_array(MAX(count, 1U), sizeof *shares);
    assignment->count = count;
    memcpy(assignment->shares, shares, count * sizeof *shares);
    groups->assignments = mem_grow(groups->assignments, groups->assignment_count,
                                   &groups->assignment_capacity, sizeof(struct model_assignment *));
    groups->assignments[groups->assignment_count++] = assignment;
    return groups->assignment_count;
}

uint32_t model_assignment_size(const struct model_groups *groups, uint32_t number)
{
    ASSERT(number > 0);
    return number > groups->assignment_count ? 0 : groups->assignments[number - 1]->count;
}

static const struct model_share *share_of(const struct model_assignment *assignment,
                                          const struct model_claim *claim)
{
    bool is_static = *claim->instance_id != '\0';
    for (uint32_t i = 0; i < assignment->count; i++) {
        const struct model_share *share = &assignment->shares[i];
        if (is_static ? strcmp(share->instance_id, claim->instance_id) == 0
                      : strcmp(share->member_id, claim->member_id) == 0)
            return share;
    }
    return NULL;
}

/* Whether it is what the leader gave him. */
static bool share_is_right(const struct model_group *group, const struct model_claim *claim,
                           uint32_t number, uint64_t partitions)
{
    const struct model_groups *groups = group->groups;
    bool known = claim->generation == group->generation && group->assignment != 0;
    if (number > groups->assignment_count)
        return false;
    if (number == 0 && !known)
        return true;
    const struct model_assignment *assignment =
        groups->assignments[(number == 0 ? group->assignment : number) - 1];
    const struct model_share *share = share_of(assignment, claim);
    if (number == 0)
        return share == NULL;
    return assignment->group == group && assignment->generation == claim->generation &&
           share != NULL && share->partitions == partitions;
}

void model_group_assigned(struct model_group *group, const struct model_claim *claim, uint64_t sent,
                          uint32_t number, uint64_t partitions)
{
    struct model *model = group->groups->model;
    model_group_served(group, claim, sent);
    bool same = claim->generation == group->generation;
    bool another = same && number != 0 && group->assignment != 0 && number != group->assignment;
    if (another && !model_group_began_anew(group))
        model_break(model, "group %s: generation %d has assignment %u, and %s got one of %u",
                    group->id, claim->generation, group->assignment, claim->member_id, number);
    if (!share_is_right(group, claim, number, partitions))
        model_break(model,
                    "group %s: %s got partitions %llx of assignment %u in generation %d, which its "
                    "leader did not give him",
                    group->id, claim->member_id, (unsigned long long)partitions, number,
                    claim->generation);
    if (claim->generation > group->generation)
        generation_known(group, claim->generation, number);
    else if (claim->generation == group->generation && group->assignment == 0)
        group->assignment = number;
    instance_known(group, claim);
}

/* Whether the group is there. */

void model_group_told_missing(struct model_group *group, uint64_t sent)
{
    const char *member = model_consumer_since(group, sent);
    if (member != NULL)
        model_break(group->groups->model, "group %s is told not to exist, but %s is a member",
                    group->id, member);
    if (!model_group_may_be_bare(group, sent))
        model_break(group->groups->model, "group %s is told not to exist, but it has offsets",
                    group->id);
}

void model_group_told_there(struct model_group *group, uint64_t sent)
{
    const struct model_write *last = NULL;
    for (uint32_t i = 0; i < group->deletion_count; i++)
        if (group->deletions[i]->state == WRITE_DONE && group->deletions[i]->known < sent)
            last = group->deletions[i];
    if (last != NULL && group->touches_out == 0 && !group->touched_late &&
        group->touched_at < last->sent)
        model_break(group->groups->model, "group %s is told to exist after its deletion",
                    group->id);
}
