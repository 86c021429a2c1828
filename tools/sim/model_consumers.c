/*
 * What is certain of a member follows from what it was answered. It was a member all the time
 * between two heartbeats that were served, and is one until its session, counted from when the last
 * of them was sent, may have ended. Partitions it has from the answer that gave them to it until it
 * sends a heartbeat that does not name them, or a farewell.
 */
#include "tools/sim/model_consumers.h"

#include <stdio.h>
#include <string.h>

#include "base/assert.h"
#include "base/mem.h"
#include "base/util.h"
#include "protocol/errors.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_groups_internal.h"

#define NEVER_MS INT64_MAX
/* A late heartbeat acts while its epoch is the member's, or the one before. */
#define LATE_ENDS 2
/* One that joins always does. */
#define LATE_EVER UINT32_MAX

struct model_consumer *model_consumer_new(struct model_group *group,
                                          const struct model_consumer_options *options)
{
    struct model_consumer *member = mem_alloc(sizeof *member);
    ASSERT(strlen(options->member_id) < sizeof member->member_id);
    ASSERT(strlen(options->instance_id) < sizeof member->instance_id);
    member->group = group;
    memcpy(member->member_id, options->member_id, strlen(options->member_id));
    memcpy(member->instance_id, options->instance_id, strlen(options->instance_id));
    member->session_ms = options->session_ms;
    member->rebalance_ms = options->rebalance_ms;
    member->since = member->late_at = member->left_at = MODEL_NEVER;
    member->revoking_ms = NEVER_MS;
    group->consumers = mem_grow(group->consumers, group->consumer_count, &group->consumer_capacity,
                                sizeof(struct model_consumer *));
    group->consumers[group->consumer_count++] = member;
    return member;
}

void model_consumers_free(struct model_group *group)
{
    for (uint32_t i = 0; i < group->consumer_count; i++)
        mem_free(group->consumers[i]);
    mem_free(group->consumers);
}

bool model_group_is_modern(const struct model_group *group)
{
    return group->consumer_count > 0;
}

static struct model *model_of(const struct model_consumer *member)
{
    return member->group->groups->model;
}

/* Who is a member. */

/* It cannot have been removed yet. */
static bool is_alive(const struct model_consumer *member)
{
    int64_t now_ms = model_now_ms(model_of(member));
    bool in_time =
        member->revoking_ms == NEVER_MS || now_ms < member->revoking_ms + member->rebalance_ms;
    return member->since != MODEL_NEVER && now_ms < member->alive_ms + member->session_ms &&
           in_time;
}

const char *model_consumer_since(const struct model_group *group, uint64_t moment)
{
    for (uint32_t i = 0; i < group->consumer_count; i++)
        if (group->consumers[i]->since < moment && is_alive(group->consumers[i]))
            return group->consumers[i]->member_id;
    return NULL;
}

static struct model_consumer *consumer_find(const struct model_group *group, struct bytes id)
{
    for (uint32_t i = 0; i < group->consumer_count; i++)
        if (bytes_equal(bytes_of_string(group->consumers[i]->member_id), id))
            return group->consumers[i];
    return NULL;
}

/* It is none, or must begin anew. */
static void member_ends(struct model_consumer *member)
{
    member->since = MODEL_NEVER;
    member->revoking_ms = NEVER_MS;
    member->held = (struct model_spots){0};
}

void model_consumers_forget(struct model_group *group)
{
    group->consumer_epoch = 0;
    if (model_group_is_modern(group))
        model_writes_forgive(group);
    for (uint32_t i = 0; i < group->consumer_count; i++) {
        group->consumers[i]->epoch = 0;
        group->consumers[i]->left_at = MODEL_NEVER;
        member_ends(group->consumers[i]);
    }
}

const char *model_consumer_stale_at(const struct model_group *group,
                                    const struct model_claim *claim, uint64_t moment)
{
    const struct model_consumer *member = consumer_find(group, bytes_of_string(claim->member_id));
    if (member == NULL)
        return NULL;
    if (claim->generation < member->epoch && member->epoch_at <= moment)
        return "it was told a newer epoch";
    bool left = member->left_at != MODEL_NEVER && member->left_at <= moment;
    if (left && claim->joined_at < member->left_at)
        return "it has left";
    return NULL;
}

/* Partitions. */

/* No late heartbeat can have given it up. */
static bool has_for_certain(const struct model_consumer *member, uint32_t topic, uint32_t partition)
{
    return (member->held.of[topic] >> partition & 1) != 0 &&
           (member->late_ends == 0 || member->held_at[topic][partition] < member->late_at);
}

/* Somebody (`to`) was given these, by an answer to what was sent at `sent`. */
static void judge_given(const struct model_group *group, struct string to, struct model_spots set,
                        uint64_t sent)
{
    for (uint32_t i = 0; i < group->consumer_count; i++) {
        const struct model_consumer *other = group->consumers[i];
        if (model_spots_none(model_spots_common(other->held, set)) || !is_alive(other) ||
            bytes_equal(bytes_of_string(other->member_id), string_bytes(to)))
            continue;
        for (uint32_t t = 0; t < MODEL_SPOT_TOPICS; t++)
            for (uint32_t p = 0; p < MODEL_SPOT_PARTITIONS; p++)
                if ((set.of[t] >> p & 1) != 0 && has_for_certain(other, t, p) &&
                    other->held_at[t][p] < sent)
                    model_break(group->groups->model,
                                "group %s: %.*s has partition %u of topic %u, which %s has not "
                                "given up",
                                group->id, to.len, to.data, p, t, other->member_id);
    }
}

static void take_spots(struct model_consumer *member, struct model_spots set, uint64_t now)
{
    struct model_spots fresh = model_spots_without(set, member->held);
    for (uint32_t t = 0; t < MODEL_SPOT_TOPICS; t++)
        for (uint32_t p = 0; p < MODEL_SPOT_PARTITIONS && fresh.of[t] != 0; p++)
            if ((fresh.of[t] >> p & 1) != 0)
                member->held_at[t][p] = now;
    member->held = model_spots_joined(member->held, set);
}

/* Heartbeats. */

void model_beat_sent(struct model_group *group, struct model_consumer *member,
                     struct model_beat *beat)
{
    beat->sent = model_groups_moment(group->groups);
    beat->sent_ms = model_now_ms(group->groups->model);
    if (member != NULL && beat->owned_said)
        member->held = model_spots_common(member->held, beat->owned);
    if (member == NULL || beat->epoch > 0 || member->left_at == MODEL_NEVER)
        return;
    /* It comes again; if the group has begun anew meanwhile, with an epoch that it had before. */
    member->left_at = MODEL_NEVER;
    model_writes_forgive(group);
}

static void judge_epoch(struct model_consumer *member, const struct model_beat *beat, int32_t epoch)
{
    struct model_group *group = member->group;
    if (epoch <= 0)
        model_break(model_of(member), "group %s: %s was told epoch %d", group->id,
                    member->member_id, epoch);
    int32_t least = MAX(beat->epoch, member->epoch);
    /* Who joins is brought to what the whole group is at. */
    if (beat->epoch == 0 && group->consumer_epoch_at < beat->sent)
        least = MAX(least, group->consumer_epoch);
    if (epoch < least && (is_alive(member) || !model_group_began_anew(group)))
        model_break(model_of(member), "group %s: epoch %d was told to %s after %d", group->id,
                    epoch, member->member_id, least);
}

static void epoch_told(struct model_consumer *member, int32_t epoch, uint64_t now)
{
    struct model_group *group = member->group;
    if (epoch > group->consumer_epoch) {
        group->consumer_epoch = epoch;
        group->consumer_epoch_at = now;
        group->groups->counts.generations++;
    }
    if (epoch <= member->epoch)
        return;
    member->epoch = epoch;
    member->epoch_at = now;
    member->late_ends -= member->late_ends > 0 && member->late_ends < LATE_EVER;
    model_writes_settle_member(group, member->member_id, epoch);
}

/* What it may have to give up, and since when. A late heartbeat may have begun that. Who does not
 * say what he owns may own whatever he was told, also what he had not taken when he said it last.
 */
static void note_revoking(struct model_consumer *member, const struct model_beat *beat,
                          const struct model_spots *assignment)
{
    if (assignment == NULL && member->open)
        return;
    struct model_spots may_own = beat->owned_said ? beat->owned : member->told;
    if (assignment != NULL) {
        bool loses = !model_spots_none(model_spots_without(may_own, *assignment));
        member->told = *assignment;
        member->owes =
            !beat->blind && (member->blind || loses || (member->owes && !beat->owned_said));
        member->blind = beat->blind;
    } else if (beat->owned_said) {
        member->owes = !model_spots_none(model_spots_without(beat->owned, member->told));
    }
    if (member->blind || member->owes ||
        !model_spots_none(model_spots_without(member->held, member->told)))
        member->revoking_ms = MIN(member->revoking_ms, beat->sent_ms);
    else if (member->late_ends == 0)
        member->revoking_ms = NEVER_MS;
}

void model_beat_served(struct model_consumer *member, const struct model_beat *beat, int32_t epoch,
                       const struct model_spots *assignment)
{
    struct model_group *group = member->group;
    judge_epoch(member, beat, epoch);
    uint64_t now = model_groups_moment(group->groups);
    if (member->since == MODEL_NEVER || (beat->epoch == 0 && !is_alive(member)))
        member->since = now;
    member->alive_ms = beat->sent_ms;
    epoch_told(member, epoch, now);
    note_revoking(member, beat, assignment);
    member->open = false;
    if (assignment != NULL) {
        judge_given(group, string_of(member->member_id),
                    model_spots_without(*assignment, member->held), beat->sent);
        take_spots(member, *assignment, now);
    }
    struct model_claim claim = model_claim_none;
    memcpy(claim.member_id, member->member_id, sizeof claim.member_id);
    claim.generation = epoch;
    model_group_held(group, &claim, beat->sent);
}

void model_beat_open(struct model_consumer *member, const struct model_beat *beat, bool late)
{
    member->open = true;
    member->revoking_ms = MIN(member->revoking_ms, beat->sent_ms);
    if (!late)
        return;
    member->late_at = MIN(member->late_at, beat->sent);
    if (beat->epoch == 0)
        member->late_ends = LATE_EVER;
    else if (member->late_ends < LATE_ENDS)
        member->late_ends = LATE_ENDS;
}

static void judge_refusal(const struct model_consumer *member, int32_t epoch, int16_t error)
{
    bool newest = epoch == member->epoch && member->late_ends == 0 && !member->open;
    if (!is_alive(member))
        return;
    if (error == KAFKA_FENCED_MEMBER_EPOCH || error == KAFKA_STALE_MEMBER_EPOCH) {
        if (newest)
            model_break(model_of(member), "group %s: %s was fenced with epoch %d, its last",
                        member->group->id, member->member_id, epoch);
        return;
    }
    model_break(model_of(member), "group %s: %s was told %d, but it must still be a member",
                member->group->id, member->member_id, error);
}

void model_consumer_refused(struct model_consumer *member, int32_t epoch, int16_t error)
{
    judge_refusal(member, epoch, error);
    if (error != KAFKA_STALE_MEMBER_EPOCH)
        member_ends(member);
}

void model_consumer_leaves(struct model_consumer *member)
{
    member_ends(member);
}

/* Who comes back as the static member that he was may be at the same epoch again. */
void model_consumer_left(struct model_consumer *member, bool for_good)
{
    if (!for_good)
        return;
    member->left_at = model_groups_moment(member->group->groups);
}

/* Descriptions. */

static void judge_shared(const struct model_group *group, const struct model_told_consumers *told)
{
    for (uint32_t i = 0; i < told->count; i++)
        for (uint32_t j = i + 1; j < told->count; j++)
            if (!model_spots_none(
                    model_spots_common(told->members[i].assigned, told->members[j].assigned)))
                model_break(group->groups->model,
                            "group %s: %.*s and %.*s are described with the same partition",
                            group->id, told->members[i].member_id.len,
                            told->members[i].member_id.data, told->members[j].member_id.len,
                            told->members[j].member_id.data);
}

static void judge_told(const struct model_consumer *member, const struct model_told_consumers *told)
{
    struct bytes id = bytes_of_string(member->member_id);
    uint32_t i = 0;
    if (member->since >= told->sent || !is_alive(member))
        return;
    while (i < told->count && !bytes_equal(string_bytes(told->members[i].member_id), id))
        i++;
    if (i == told->count)
        model_break(model_of(member), "group %s is described without %s, which is a member",
                    member->group->id, member->member_id);
    else if (member->epoch_at < told->sent && told->members[i].epoch < member->epoch)
        model_break(model_of(member), "group %s: %s is described at epoch %d, it was told %d",
                    member->group->id, member->member_id, told->members[i].epoch, member->epoch);
}

void model_consumers_told(struct model_group *group, const struct model_told_consumers *told)
{
    struct model *model = group->groups->model;
    judge_shared(group, told);
    if (told->epoch < told->assignment_epoch)
        model_break(model, "group %s is described at epoch %d with an assignment of %d", group->id,
                    told->epoch, told->assignment_epoch);
    bool back = told->epoch < group->consumer_epoch && group->consumer_epoch_at < told->sent;
    if (back && (model_consumer_since(group, told->sent) != NULL || !model_group_began_anew(group)))
        model_break(model, "group %s is described at epoch %d after %d", group->id, told->epoch,
                    group->consumer_epoch);
    for (uint32_t i = 0; i < group->consumer_count; i++)
        judge_told(group->consumers[i], told);
    for (uint32_t i = 0; i < told->count; i++)
        judge_given(group, told->members[i].member_id, told->members[i].assigned, told->sent);
    if (told->epoch > group->consumer_epoch) {
        group->consumer_epoch = told->epoch;
        group->consumer_epoch_at = model_groups_moment(group->groups);
    }
}

void model_consumers_told_missing(struct model_group *group, uint64_t sent)
{
    const char *member = model_consumer_since(group, sent);
    if (member != NULL)
        model_break(group->groups->model, "group %s is told to have no consumers, but %s is one",
                    group->id, member);
}
