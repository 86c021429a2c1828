/*
 * One member's step towards the target: Kafka's rules.
 *
 *     STABLE      at the target's epoch: nothing. Else: what it has and should not have is to be
 *                 revoked (UNREVOKED); else it gets what is free (STABLE, or UNRELEASED while
 *                 others hold the rest) and the target's epoch.
 *     UNREVOKED   until it says that it owns none of what is to be revoked; then the step is taken
 *                 again.
 *     UNRELEASED  the step is taken again.
 */
#include "base/assert.h"
#include "base/mutant.h"
#include "group/consumer_internal.h"

static bool ids_have(struct consumer_ids ids, struct uuid id)
{
    uint32_t low = 0;
    uint32_t high = ids.count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        int order = memcmp(ids.items[middle].bytes, id.bytes, sizeof id.bytes);
        if (order == 0)
            return true;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return false;
}

static struct spots of_topics(struct group_reply *memory, struct spots set, struct consumer_ids ids)
{
    struct spots out = {group_reply_alloc(memory, set.count, sizeof *out.items), 0};
    for (uint32_t i = 0; i < set.count; i++)
        if (ids_have(ids, set.items[i].topic))
            out.items[out.count++] = set.items[i];
    return out;
}

/* Who does not say what he owns may own all of it. */
static bool owns_any(const struct consumer_reconcile *in, struct spots revoking)
{
    return !in->owned_said || spots_meet(in->owned, revoking);
}

struct spots consumer_unheld(struct group_reply *memory, const struct consumer *consumer,
                             struct spots wanted)
{
    LIST_EACH(node, &consumer->members) {
        const struct consumer_member *member = LIST_ENTRY(node, struct consumer_member, node);
        if (wanted.count == 0 || MUTANT(GIVE_BEFORE_RELEASE))
            break;
        if (spots_meet(member->current.assigned, wanted))
            wanted = spots_without(memory, wanted, member->current.assigned);
        if (spots_meet(member->current.revoking, wanted) && !MUTANT(GIVE_WHILE_REVOKED))
            wanted = spots_without(memory, wanted, member->current.revoking);
    }
    return wanted;
}

static void set_epoch(struct consumer_current *current, int32_t epoch)
{
    current->previous_epoch = current->epoch;
    current->epoch = epoch;
}

static void next_step(struct group_reply *memory, const struct consumer_reconcile *in,
                      int32_t epoch, struct consumer_current *out)
{
    struct spots target = of_topics(memory, in->target, in->subscribed);
    struct spots assigned = spots_common(memory, in->current.assigned, target);
    struct spots revoking = spots_without(memory, in->current.assigned, target);
    struct spots wanted = spots_without(memory, target, assigned);
    struct spots granted = consumer_unheld(memory, in->consumer, wanted);
    ASSERT(granted.count <= wanted.count);
    if (revoking.count > 0 && owns_any(in, revoking)) {
        out->state = CONSUMER_UNREVOKED;
        out->assigned = assigned;
        out->revoking = revoking;
        set_epoch(out, epoch);
        return;
    }
    out->state = granted.count < wanted.count ? CONSUMER_UNRELEASED : CONSUMER_STABLE;
    out->assigned = spots_joined(memory, assigned, granted);
    out->revoking = (struct spots){0};
    set_epoch(out, in->target_epoch);
}

/* It does not want some of its topics any more, and its epoch cannot say so yet. */
static void drop_topics(struct group_reply *memory, const struct consumer_reconcile *in,
                        struct consumer_current *out)
{
    struct spots kept = of_topics(memory, in->current.assigned, in->subscribed);
    struct spots dropped = spots_without(memory, in->current.assigned, kept);
    if (dropped.count == 0)
        return;
    struct spots revoking = spots_joined(memory, in->current.revoking, dropped);
    out->assigned = kept;
    if (!owns_any(in, revoking))
        return;
    out->revoking = revoking;
    out->state = CONSUMER_UNREVOKED;
}

bool consumer_reconcile(struct group_reply *memory, const struct consumer_reconcile *in,
                        struct consumer_current *out)
{
    *out = in->current;
    switch (in->current.state) {
    case CONSUMER_STABLE:
        if (in->current.epoch != in->target_epoch)
            next_step(memory, in, in->current.epoch, out);
        else if (in->subscription_changed)
            drop_topics(memory, in, out);
        return true;
    case CONSUMER_UNREVOKED:
        if (!owns_any(in, in->current.revoking))
            next_step(memory, in, in->current.epoch, out);
        else if (in->subscription_changed)
            drop_topics(memory, in, out);
        return true;
    case CONSUMER_UNRELEASED:
        next_step(memory, in, in->current.epoch, out);
        return true;
    default:
        if (!in->owned_said || in->owned.count > 0)
            return false;
        next_step(memory, in, in->target_epoch, out);
        return true;
    }
}
