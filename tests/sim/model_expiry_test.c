/*
 * What the simulator's model says of committed offsets that expire: of those whose time has come
 * nothing, of those that go early, come back, or stay for ever a broken promise.
 */
#include <stdio.h>

#include "tests/sim/group_rig.h"

#define RETENTION 2000
#define LONG 60000

static void expiry_rig_init(struct rig *r)
{
    rig_init(r);
    model_groups_use_retention(r->groups, RETENTION);
}

static uint64_t asking(struct rig *r)
{
    return model_groups_moment(r->groups);
}

static uint32_t commit_by(struct rig *r, const struct model_claim *claim)
{
    uint32_t number = model_commit_sent(r->group, r->place, claim, true);
    model_write_ended(r->groups, number, MODEL_DONE);
    return number;
}

static uint32_t commit(struct rig *r)
{
    return commit_by(r, &model_claim_none);
}

/* What a question of now is told; 0: nothing is there. */
static void told(struct rig *r, uint32_t number)
{
    char text[MODEL_METADATA_BYTES];
    struct model_offset offset = {.offset = -1, .epoch = -1, .metadata = {"", 0}};
    if (number > 0)
        offset = model_commit_value(r->groups, number, text);
    model_offset_told(r->group, r->place, asking(r), &offset, true);
}

/* A member that reads the topic, or nothing. */
static struct model_claim joined(struct rig *r, int32_t generation, bool reads)
{
    struct model_claim claim = {.generation = generation, .asked_at = asking(r)};
    snprintf(claim.member_id, sizeof claim.member_id, "member-%d", generation);
    model_group_joining(r->group, &r->place.topic, reads);
    model_group_touched(r->group, false);
    claim.joined_at = asking(r);
    model_group_joined(r->group, &claim);
    model_group_assigned(r->group, &claim, asking(r), 0, 0);
    return claim;
}

/* Time passes while a member is answered again and again. */
static void beat(struct rig *r, const struct model_claim *claim, int64_t ms)
{
    for (int64_t passed = 0; passed < ms; passed += RETENTION / 2) {
        r->now_ms += RETENTION / 2;
        model_group_served(r->group, claim, asking(r));
    }
}

Test(model_expiry, is_content_when_an_offset_of_nobody_goes_after_the_retention)
{
    struct rig r;
    expiry_rig_init(&r);
    told(&r, commit(&r));
    r.now_ms += RETENTION;
    told(&r, 0);
    told(&r, 0);
    told(&r, commit(&r));
    keeps(&r);
}

Test(model_expiry, reports_an_offset_of_nobody_that_goes_early)
{
    struct rig r;
    expiry_rig_init(&r);
    commit(&r);
    r.now_ms += RETENTION - 1;
    told(&r, 0);
    breaks(&r, "is lost");
}

Test(model_expiry, counts_from_the_last_commit)
{
    struct rig r;
    expiry_rig_init(&r);
    commit(&r);
    r.now_ms += RETENTION - 1;
    commit(&r);
    r.now_ms += RETENTION - 1;
    told(&r, 0);
    breaks(&r, "is lost");
}

/* Seed 1548: it was taken behind the one that had been answered, and went from its own time on. */
Test(model_expiry, allows_an_older_commit_without_an_answer_to_have_come_last)
{
    struct rig r;
    expiry_rig_init(&r);
    uint32_t lost = model_commit_sent(r.group, r.place, &model_claim_none, true);
    model_write_ended(r.groups, lost, MODEL_LATE);
    r.now_ms += RETENTION - 1;
    commit(&r);
    told(&r, 0);
    breaks(&r, "is lost");
    expiry_rig_init(&r);
    lost = model_commit_sent(r.group, r.place, &model_claim_none, true);
    model_write_ended(r.groups, lost, MODEL_LATE);
    r.now_ms += RETENTION - 1;
    commit(&r);
    r.now_ms++;
    told(&r, 0);
    keeps(&r);
}

Test(model_expiry, allows_what_the_clock_once_showed)
{
    struct rig r;
    expiry_rig_init(&r);
    commit(&r);
    model_clock_jumped(r.model, r.now_ms, RETENTION);
    r.now_ms++;
    model_clock_jumped(r.model, r.now_ms, 0);
    told(&r, 0);
    keeps(&r);
}

Test(model_expiry, allows_it_after_the_clock_was_put_back_and_forward)
{
    struct rig r;
    expiry_rig_init(&r);
    model_clock_jumped(r.model, r.now_ms, LONG);
    r.now_ms++;
    model_clock_jumped(r.model, r.now_ms, -LONG);
    commit(&r);
    model_clock_jumped(r.model, r.now_ms, 0);
    told(&r, 0);
    keeps(&r);
}

Test(model_expiry, reports_an_offset_that_comes_back)
{
    struct rig r;
    expiry_rig_init(&r);
    uint32_t number = commit(&r);
    r.now_ms += RETENTION;
    told(&r, 0);
    told(&r, number);
    breaks(&r, "which was replaced");
}

Test(model_expiry, reports_an_offset_of_a_group_with_members_that_goes)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, true);
    commit_by(&r, &claim);
    beat(&r, &claim, LONG);
    told(&r, 0);
    breaks(&r, "is lost");
}

/* Nobody has asked for a while, but it was the same member in the same generation. */
Test(model_expiry, knows_a_member_that_was_silent)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, true);
    commit_by(&r, &claim);
    beat(&r, &claim, RETENTION);
    r.now_ms += LONG;
    model_group_served(r.group, &claim, asking(&r));
    told(&r, 0);
    breaks(&r, "is lost");
}

Test(model_expiry, is_content_when_offsets_go_after_the_members)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, true);
    commit_by(&r, &claim);
    beat(&r, &claim, LONG);
    r.now_ms += RETENTION;
    told(&r, 0);
    keeps(&r);
}

Test(model_expiry, reports_offsets_that_go_too_early_after_the_members)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, true);
    commit_by(&r, &claim);
    beat(&r, &claim, LONG);
    r.now_ms += RETENTION - 1;
    told(&r, 0);
    breaks(&r, "is lost");
}

/* Between two generations there may have been nobody; but not since it was last seen. */
Test(model_expiry, allows_what_may_have_gone_between_two_generations)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, true);
    uint32_t number = commit_by(&r, &claim);
    r.now_ms += RETENTION;
    claim = joined(&r, 2, true);
    told(&r, 0);
    cr_assert_null(model_violation(r.model));
    r.now_ms++;
    number = commit_by(&r, &claim);
    told(&r, number);
    beat(&r, &claim, LONG);
    told(&r, 0);
    breaks(&r, "is lost");
}

Test(model_expiry, allows_what_no_member_reads_to_go)
{
    struct rig r;
    expiry_rig_init(&r);
    struct model_claim claim = joined(&r, 1, false);
    commit_by(&r, &claim);
    beat(&r, &claim, RETENTION);
    told(&r, 0);
    keeps(&r);
}

Test(model_expiry, lets_a_group_begin_anew)
{
    struct rig r;
    expiry_rig_init(&r);
    joined(&r, 5, true);
    r.now_ms += LONG;
    joined(&r, 1, true);
    keeps(&r);
}

/* Seed 1011804: the first try of the join was of before the newer generation. */
Test(model_expiry, lets_a_join_that_took_long_lead_into_a_group_that_began_anew)
{
    for (int64_t retention = 0; retention <= RETENTION; retention += RETENTION) {
        struct rig r;
        expiry_rig_init(&r);
        model_groups_use_retention(r.groups, retention);
        struct model_claim late = {.generation = 1, .asked_at = asking(&r)};
        snprintf(late.member_id, sizeof late.member_id, "late");
        model_group_joining(r.group, &r.place.topic, 1);
        joined(&r, 2, true);
        r.now_ms += 2 * RETENTION;
        model_group_touched(r.group, false);
        late.joined_at = asking(&r);
        model_group_joined(r.group, &late);
        model_group_served(r.group, &late, asking(&r));
        if (retention > 0)
            keeps(&r);
        else
            breaks(&r, "a newer generation has begun");
    }
}

Test(model_expiry, reports_an_offset_that_is_long_overdue)
{
    struct rig r;
    expiry_rig_init(&r);
    uint32_t number = commit(&r);
    r.now_ms += LONG;
    told(&r, number);
    cr_assert_null(model_violation(r.model));
    model_calm(r.model);
    r.now_ms += LONG;
    told(&r, number);
    breaks(&r, "long overdue");
}

Test(model_expiry, waits_for_a_clock_that_was_ahead)
{
    struct rig r;
    expiry_rig_init(&r);
    model_clock_jumped(r.model, r.now_ms, 2 * LONG);
    uint32_t number = commit(&r);
    r.now_ms++;
    model_clock_jumped(r.model, r.now_ms, 0);
    model_calm(r.model);
    r.now_ms += LONG;
    told(&r, number);
    keeps(&r);
}

Test(model_expiry, reports_any_loss_where_nothing_expires)
{
    struct rig r;
    expiry_rig_init(&r);
    model_groups_use_retention(r.groups, 0);
    commit(&r);
    r.now_ms += LONG;
    told(&r, 0);
    breaks(&r, "is lost");
}
