/*
 * Offsets that expire. Kafka's rule (KIP-211): a group without members loses its offsets when it
 * has been so for the retention; one that never had any loses each when the retention has passed
 * since its commit; and a group of consumers loses, from their commit, those of topics that none of
 * its members reads. A group that has nothing left ends, and begins anew with its first generation.
 *
 * A group of the new protocol (KIP-848) loses each offset from its commit, too, unless a member
 * reads the topic then.
 *
 * When a group had members follows from what they were answered. The same member in the same
 * generation was one all the time between; else between two answers there may have been nobody, and
 * what stood there before may have gone, if the time between was long enough by any reading of the
 * broker's clock.
 *
 * Overdue is what a group has when nothing is in the way and nobody has been heard of for the
 * retention, and for as long as members may be silent.
 */
#include <string.h>

#include "base/assert.h"
#include "base/util.h"
#include "tools/sim/model_clock.h"
#include "tools/sim/model_groups_internal.h"

/* Sessions and rebalances have ended by then, and the broker has looked. */
#define LATE_MS 12000

void model_groups_use_retention(struct model_groups *groups, int64_t retention_ms)
{
    groups->retention_ms = retention_ms;
}

int64_t model_groups_time(const struct model_groups *groups, uint64_t moment)
{
    ASSERT(moment <= groups->moment);
    return moment == 0 ? 0 : groups->times[moment];
}

void model_group_stirs(struct model_group *group)
{
    group->holding.touched_ms = model_now_ms(group->groups->model);
}

/* Members. */

static struct model_reads *reads_of(struct model_holding *holding, const struct model_topic *topic)
{
    for (uint32_t i = 0; i < MODEL_READS_MAX; i++) {
        struct model_reads *reads = &holding->reads[i];
        if (reads->topic == NULL)
            reads->topic = topic;
        if (reads->topic == topic)
            return reads;
    }
    UNREACHABLE();
}

void model_group_joining(struct model_group *group, const struct model_topic *const *topics,
                         uint32_t count)
{
    struct model_holding *holding = &group->holding;
    if (holding->joins++ == 0)
        holding->until_ms = model_now_ms(group->groups->model);
    for (uint32_t i = 0; i < count; i++)
        reads_of(holding, topics[i])->joins++;
    model_group_touching(group);
}

/* Somebody has joined who may not read it. */
static bool is_overlooked(const struct model_group *group, const struct model_topic *topic)
{
    const struct model_holding *holding = &group->holding;
    for (uint32_t i = 0; i < MODEL_READS_MAX; i++)
        if (holding->reads[i].topic == topic)
            return holding->reads[i].joins != holding->joins;
    return true;
}

/* Nobody may have been a member for the retention, up to now. */
static bool may_have_been_empty(const struct model_group *group)
{
    const struct model_groups *groups = group->groups;
    return model_broker_span_since(groups->model, group->holding.until_ms) >= groups->retention_ms;
}

void model_group_held(struct model_group *group, const struct model_claim *claim, uint64_t sent)
{
    struct model_holding *holding = &group->holding;
    bool same = holding->certain && holding->generation == claim->generation &&
                strcmp(holding->member_id, claim->member_id) == 0;
    if (!holding->certain || (!same && may_have_been_empty(group)))
        holding->gap = model_groups_moment(group->groups);
    holding->certain = true;
    holding->until_ms = MAX(holding->until_ms, model_groups_time(group->groups, sent));
    holding->generation = claim->generation;
    memcpy(holding->member_id, claim->member_id, sizeof holding->member_id);
    model_group_stirs(group);
}

/* What may have gone. */

bool model_write_may_expire(const struct model_write *write)
{
    const struct model_group *group = write->group;
    const struct model_groups *groups = group->groups;
    const struct model_holding *holding = &group->holding;
    bool modern = model_group_is_modern(group);
    bool by_commit = !holding->certain || is_overlooked(group, write->log->place.topic);
    if (groups->retention_ms == 0)
        return false;
    if (modern)
        by_commit = by_commit || model_consumer_since(group, MAX(write->sent, write->seen)) == NULL;
    if (by_commit && model_broker_span_since(groups->model, write->sent_ms) >= groups->retention_ms)
        return true;
    return holding->joins > 0 && !modern &&
           (holding->gap > MAX(write->sent, write->seen) || may_have_been_empty(group));
}

bool model_group_may_have_ended(const struct model_group *group)
{
    return group->groups->retention_ms > 0;
}

bool model_group_is_overdue(const struct model_group *group, uint64_t sent)
{
    const struct model_groups *groups = group->groups;
    int64_t since_ms = model_now_ms(groups->model) - model_groups_time(groups, sent);
    int64_t calm_ms = model_calm_ms(groups->model) - since_ms;
    int64_t quiet_ms = model_groups_time(groups, sent) - group->holding.touched_ms;
    /* A clock that was ahead once may have given times that are still to come. */
    bool ahead = model_broker_most_since(groups->model, INT64_MIN) > model_broker_ms(groups->model);
    return groups->retention_ms > 0 && !ahead &&
           MIN(calm_ms, quiet_ms) > groups->retention_ms + LATE_MS;
}
