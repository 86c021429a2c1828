/*
 * The simulator's knowledge of members of the new consumer protocol: every kind of broken promise
 * must be reported, and the same events without the broken one must not.
 */
#include <stdio.h>

#include "protocol/errors.h"
#include "tests/sim/group_rig.h"
#include "tools/sim/model_consumers.h"

#define SESSION_MS 3000
#define REBALANCE_MS 2000

/* Of topic 0: partitions 0 and 1. */
static const struct model_spots none = {{0}};
static const struct model_spots first = {{1}};
static const struct model_spots second = {{2}};
static const struct model_spots both = {{3}};

static uint64_t now(struct rig *r)
{
    return model_groups_moment(r->groups);
}

static struct model_consumer *member(struct rig *r, const char *id)
{
    const struct model_consumer_options options = {
        .member_id = id,
        .instance_id = "",
        .session_ms = SESSION_MS,
        .rebalance_ms = REBALANCE_MS,
    };
    return model_consumer_new(r->group, &options);
}

static struct model_beat sent(struct rig *r, struct model_consumer *m, int32_t epoch,
                              const struct model_spots *owned)
{
    struct model_beat beat = {.epoch = epoch, .owned_said = owned != NULL};
    if (owned != NULL)
        beat.owned = *owned;
    model_beat_sent(r->group, m, &beat);
    return beat;
}

/* A heartbeat that is served; `owned` and `assignment` null: not said. */
static void beat(struct rig *r, struct model_consumer *m, int32_t epoch,
                 const struct model_spots *owned, int32_t told,
                 const struct model_spots *assignment)
{
    struct model_beat out = sent(r, m, epoch, owned);
    model_beat_served(m, &out, told, assignment);
}

static struct model_consumer *joined(struct rig *r, const char *id, int32_t epoch,
                                     const struct model_spots *assignment)
{
    struct model_consumer *m = member(r, id);
    beat(r, m, 0, &none, epoch, assignment);
    return m;
}

/* It is given something that it does not know, and so shows nothing. */
static struct model_consumer *joined_blind(struct rig *r, const char *id)
{
    struct model_consumer *m = member(r, id);
    struct model_beat out = sent(r, m, 0, &none);
    out.blind = true;
    model_beat_served(m, &out, 1, &none);
    return m;
}

static uint32_t commit_of(struct rig *r, const char *id, int32_t epoch)
{
    struct model_claim claim = {.generation = epoch, .joined_at = now(r)};
    snprintf(claim.member_id, sizeof claim.member_id, "%s", id);
    return model_commit_sent(r->group, r->place, &claim, true);
}

static void described(struct rig *r, uint64_t asked, int32_t epoch,
                      const struct model_told_consumer *members, uint32_t count)
{
    const struct model_told_consumers told = {
        .sent = asked,
        .epoch = epoch,
        .assignment_epoch = epoch,
        .members = members,
        .count = count,
    };
    model_consumers_told(r->group, &told);
}

static struct model_told_consumer shown(const char *id, int32_t epoch, struct model_spots assigned)
{
    return (struct model_told_consumer){{id, (int32_t)strlen(id)}, epoch, assigned};
}

Test(model_consumers, is_content_with_a_rebalance)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    struct model_consumer *b = joined(&r, "b", 2, &none);
    beat(&r, a, 1, NULL, 1, &first);
    beat(&r, b, 2, NULL, 2, NULL);
    beat(&r, a, 1, &first, 2, NULL);
    beat(&r, b, 2, NULL, 2, &second);
    const struct model_told_consumer members[] = {shown("a", 2, first), shown("b", 2, second)};
    described(&r, now(&r), 2, members, 2);
    model_write_ended(r.groups, commit_of(&r, "a", 2), MODEL_DONE);
    model_write_ended(r.groups, commit_of(&r, "b", 1), MODEL_REFUSED);
    model_consumer_leaves(a);
    model_consumer_left(a, true);
    beat(&r, b, 2, NULL, 3, &both);
    keeps(&r);
}

/* Epochs. */

Test(model_consumers, reports_an_epoch_that_is_taken_back)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 5, &both);
    beat(&r, a, 0, &none, 4, &both);
    breaks(&r, "epoch 4 was told to a after 5");
}

Test(model_consumers, reports_an_epoch_that_is_behind_the_group)
{
    struct rig r;
    rig_init(&r);
    joined(&r, "a", 5, &first);
    joined(&r, "b", 4, &second);
    breaks(&r, "epoch 4 was told to b after 5");
}

Test(model_consumers, reports_a_member_that_is_fenced_with_its_last_epoch)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 5, &both);
    sent(&r, a, 5, NULL);
    model_consumer_refused(a, 5, KAFKA_FENCED_MEMBER_EPOCH);
    breaks(&r, "a was fenced with epoch 5, its last");
}

Test(model_consumers, leaves_open_what_a_heartbeat_without_an_answer_did)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 5, &both);
    struct model_beat lost = sent(&r, a, 5, NULL);
    model_beat_open(a, &lost, true);
    model_consumer_refused(a, 5, KAFKA_FENCED_MEMBER_EPOCH);
    keeps(&r);
}

Test(model_consumers, knows_the_epoch_again_when_a_late_heartbeat_has_no_chance_any_more)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 5, &both);
    struct model_beat lost = sent(&r, a, 5, NULL);
    model_beat_open(a, &lost, true);
    beat(&r, a, 5, &both, 6, &both);
    beat(&r, a, 6, &both, 7, &both);
    model_consumer_refused(a, 7, KAFKA_FENCED_MEMBER_EPOCH);
    breaks(&r, "a was fenced with epoch 7, its last");
}

Test(model_consumers, takes_it_that_a_deleted_group_begins_anew)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 5, &both);
    model_consumer_leaves(a);
    model_consumer_left(a, true);
    model_write_ended(r.groups, model_group_deleting(r.group), MODEL_LATE);
    joined(&r, "b", 1, &both);
    keeps(&r);
}

/* Members. */

Test(model_consumers, reports_a_member_that_is_forgotten)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    r.now_ms += SESSION_MS - 1;
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    breaks(&r, "a was told 25, but it must still be a member");
}

Test(model_consumers, knows_that_who_is_silent_is_removed)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    r.now_ms += SESSION_MS;
    joined(&r, "b", 3, &both);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    keeps(&r);
}

Test(model_consumers, knows_that_who_does_not_give_up_in_time_is_removed)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, NULL, 1, &first);
    r.now_ms += REBALANCE_MS - 1;
    beat(&r, a, 1, NULL, 1, NULL);
    r.now_ms += 1;
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    keeps(&r);
}

/* Seed 1304829 without some troubles. */
Test(model_consumers, knows_that_what_was_not_taken_yet_may_have_to_be_given_up)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, &none, 1, NULL);
    beat(&r, a, 1, NULL, 1, &first);
    r.now_ms += REBALANCE_MS;
    joined(&r, "b", 2, &both);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    keeps(&r);
}

Test(model_consumers, reports_who_is_removed_although_he_had_not_taken_what_he_was_to_lose)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, &none, 1, &first);
    r.now_ms += REBALANCE_MS;
    beat(&r, a, 1, NULL, 1, NULL);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    breaks(&r, "it must still be a member");
}

Test(model_consumers, knows_that_who_does_not_know_what_he_has_does_not_give_it_up)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined_blind(&r, "a");
    r.now_ms += REBALANCE_MS;
    beat(&r, a, 1, NULL, 1, NULL);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    keeps(&r);
}

Test(model_consumers, knows_that_what_nobody_knew_is_to_be_given_up_until_it_was_said)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined_blind(&r, "a");
    beat(&r, a, 1, NULL, 1, &none);
    r.now_ms += REBALANCE_MS;
    beat(&r, a, 1, NULL, 1, NULL);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    keeps(&r);
}

Test(model_consumers, reports_a_member_that_is_removed_although_it_gave_up_what_nobody_knew)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined_blind(&r, "a");
    beat(&r, a, 1, NULL, 1, &none);
    beat(&r, a, 1, &none, 1, NULL);
    r.now_ms += REBALANCE_MS;
    beat(&r, a, 1, NULL, 1, NULL);
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    breaks(&r, "it must still be a member");
}

Test(model_consumers, reports_a_member_that_is_removed_before_its_time_to_give_up_has_passed)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, NULL, 1, &first);
    r.now_ms += REBALANCE_MS - 1;
    model_consumer_refused(a, 1, KAFKA_UNKNOWN_MEMBER_ID);
    breaks(&r, "it must still be a member");
}

Test(model_consumers, reports_a_group_that_is_deleted_or_missing_with_members)
{
    struct rig r;
    rig_init(&r);
    joined(&r, "a", 1, &both);
    model_write_ended(r.groups, model_group_deleting(r.group), MODEL_DONE);
    breaks(&r, "group g is deleted, but a is a member");
    rig_init(&r);
    joined(&r, "a", 1, &both);
    model_group_told_missing(r.group, now(&r));
    breaks(&r, "group g is told not to exist, but a is a member");
    rig_init(&r);
    joined(&r, "a", 1, &both);
    model_consumers_told_missing(r.group, now(&r));
    breaks(&r, "group g is told to have no consumers, but a is one");
}

/* Partitions. */

Test(model_consumers, reports_a_partition_that_is_given_before_it_is_released)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, NULL, 1, &first);
    joined(&r, "b", 2, &second);
    breaks(&r, "b has partition 1 of topic 0, which a has not given up");
}

Test(model_consumers, takes_an_answer_for_older_when_the_partition_may_have_been_passed_on_since)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *b = member(&r, "b");
    struct model_beat early = sent(&r, b, 0, &none);
    joined(&r, "a", 2, &both);
    model_beat_served(b, &early, 1, &both);
    keeps(&r);
}

Test(model_consumers, leaves_open_what_a_late_heartbeat_has_given_up)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &none);
    struct model_beat lost = sent(&r, a, 1, &none);
    model_beat_open(a, &lost, true);
    beat(&r, a, 1, &none, 1, &both);
    joined(&r, "b", 2, &both);
    keeps(&r);
}

Test(model_consumers, reports_a_description_with_one_partition_twice)
{
    struct rig r;
    rig_init(&r);
    const struct model_told_consumer members[] = {shown("a", 1, both), shown("b", 1, second)};
    described(&r, now(&r), 1, members, 2);
    breaks(&r, "a and b are described with the same partition");
}

Test(model_consumers, reports_a_description_that_is_older_than_what_was_told)
{
    struct rig r;
    rig_init(&r);
    joined(&r, "a", 3, &both);
    const struct model_told_consumer old[] = {shown("a", 2, both)};
    described(&r, now(&r), 3, old, 1);
    breaks(&r, "a is described at epoch 2, it was told 3");
    rig_init(&r);
    joined(&r, "a", 3, &both);
    const struct model_told_consumer a[] = {shown("a", 3, both)};
    described(&r, now(&r), 2, a, 1);
    breaks(&r, "group g is described at epoch 2");
    rig_init(&r);
    joined(&r, "a", 3, &both);
    described(&r, now(&r), 3, NULL, 0);
    breaks(&r, "group g is described without a");
}

Test(model_consumers, is_content_with_a_description_that_was_asked_for_before)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 3, &both);
    uint64_t asked = now(&r);
    beat(&r, a, 3, &both, 4, &both);
    joined(&r, "b", 5, &none);
    const struct model_told_consumer old[] = {shown("a", 3, both)};
    described(&r, asked, 3, old, 1);
    keeps(&r);
}

/* Commits. */

Test(model_consumers, reports_a_commit_with_an_epoch_that_is_over)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    beat(&r, a, 1, NULL, 2, NULL);
    model_write_ended(r.groups, commit_of(&r, "a", 1), MODEL_DONE);
    breaks(&r, "it was told a newer epoch");
}

Test(model_consumers, lets_a_commit_pass_that_was_on_its_way_when_the_epoch_came)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    uint32_t number = commit_of(&r, "a", 1);
    beat(&r, a, 1, NULL, 2, NULL);
    model_write_ended(r.groups, number, MODEL_DONE);
    keeps(&r);
}

Test(model_consumers, reports_a_commit_of_who_has_left)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    struct model_claim claim = {.generation = 1, .joined_at = now(&r)};
    snprintf(claim.member_id, sizeof claim.member_id, "a");
    model_consumer_leaves(a);
    model_consumer_left(a, true);
    model_write_ended(r.groups, model_commit_sent(r.group, r.place, &claim, true), MODEL_DONE);
    breaks(&r, "it has left");
}

Test(model_consumers, lets_who_joins_again_commit_as_before)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    struct model_claim claim = {.generation = 1, .joined_at = now(&r)};
    snprintf(claim.member_id, sizeof claim.member_id, "a");
    model_consumer_leaves(a);
    model_consumer_left(a, true);
    uint32_t early = model_commit_sent(r.group, r.place, &claim, true);
    struct model_beat again = sent(&r, a, 0, &none);
    uint32_t late = model_commit_sent(r.group, r.place, &claim, true);
    model_write_ended(r.groups, early, MODEL_DONE);
    model_write_ended(r.groups, late, MODEL_DONE);
    model_beat_served(a, &again, 1, &both);
    keeps(&r);
}

Test(model_consumers, reports_a_commit_beside_members)
{
    struct rig r;
    rig_init(&r);
    joined(&r, "a", 1, &both);
    uint32_t number = model_commit_sent(r.group, r.place, &model_claim_none, true);
    model_write_ended(r.groups, number, MODEL_DONE);
    breaks(&r, "a commit of no member was taken while a is a member");
}

Test(model_consumers, reports_a_good_commit_that_is_refused)
{
    struct rig r;
    rig_init(&r);
    struct model_consumer *a = joined(&r, "a", 1, &both);
    model_consumer_refused(a, 1, KAFKA_STALE_MEMBER_EPOCH);
    breaks(&r, "a was fenced with epoch 1, its last");
}
