/*
 * The simulator's knowledge of groups and offsets: every kind of broken promise must be reported,
 * and the same events without the broken one must not.
 */
#include <stdio.h>
#include <string.h>

#include "tests/sim/group_rig.h"

static uint64_t now(struct rig *r)
{
    return model_groups_moment(r->groups);
}

/* Commits. */

static uint32_t sent_by(struct rig *r, const struct model_claim *claim)
{
    return model_commit_sent(r->group, r->place, claim, true);
}

static uint32_t sent(struct rig *r)
{
    return sent_by(r, &model_claim_none);
}

static void ended(struct rig *r, uint32_t number, enum model_outcome outcome)
{
    model_write_ended(r->groups, number, outcome);
}

static uint32_t commit_by(struct rig *r, const struct model_claim *claim)
{
    uint32_t number = sent_by(r, claim);
    ended(r, number, MODEL_DONE);
    return number;
}

static uint32_t commit(struct rig *r)
{
    return commit_by(r, &model_claim_none);
}

/* What an OffsetFetch that was sent at `asked` tells. */
static void told_at(struct rig *r, uint32_t number, uint64_t asked)
{
    char text[MODEL_METADATA_BYTES];
    struct model_offset offset = {.offset = -1, .epoch = -1, .metadata = {"", 0}};
    if (number != 0)
        offset = model_commit_value(r->groups, number, text);
    model_offset_told(r->group, r->place, asked, &offset, true);
}

static void told(struct rig *r, uint32_t number)
{
    told_at(r, number, now(r));
}

static void forget(struct rig *r, enum model_outcome outcome)
{
    ended(r, model_offset_deleting(r->group, r->place), outcome);
}

static void delete_group(struct rig *r, enum model_outcome outcome)
{
    ended(r, model_group_deleting(r->group), outcome);
}

/* Members. */

static struct model_claim join(struct rig *r, const char *member, const char *instance,
                               int32_t generation)
{
    struct model_claim claim = {.generation = generation, .asked_at = now(r)};
    snprintf(claim.member_id, sizeof claim.member_id, "%s", member);
    snprintf(claim.instance_id, sizeof claim.instance_id, "%s", instance);
    model_group_touching(r->group);
    model_group_touched(r->group, false);
    claim.joined_at = now(r);
    model_group_joined(r->group, &claim);
    return claim;
}

static uint32_t hand_in(struct rig *r, const struct model_claim *claim, uint64_t partitions)
{
    struct model_share share = {.partitions = partitions};
    memcpy(share.member_id, claim->member_id, sizeof share.member_id);
    memcpy(share.instance_id, claim->instance_id, sizeof share.instance_id);
    return model_group_assigning(r->group, claim->generation, &share, 1);
}

/* A generation of which it is the only member. */
static struct model_claim begin(struct rig *r, const char *member, int32_t generation)
{
    struct model_claim claim = join(r, member, "", generation);
    uint32_t number = hand_in(r, &claim, 3);
    model_group_assigned(r->group, &claim, now(r), number, 3);
    return claim;
}

Test(model_groups, is_content_with_good_groups)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    told(&r, 0);
    uint32_t first = commit_by(&r, &a);
    told(&r, first);
    uint32_t second = sent_by(&r, &a);
    told(&r, first);
    ended(&r, second, MODEL_DONE);
    told(&r, second);
    model_group_served(r.group, &a, now(&r));
    struct model_claim b = begin(&r, "b", 2);
    ended(&r, sent_by(&r, &a), MODEL_REFUSED);
    told(&r, second);
    told(&r, commit_by(&r, &b));
    forget(&r, MODEL_DONE);
    told(&r, 0);
    delete_group(&r, MODEL_DONE);
    model_group_told_missing(r.group, now(&r));
    begin(&r, "c", 1);
    model_group_told_there(r.group, now(&r));
    keeps(&r);
}

Test(model_groups, reports_an_acknowledged_commit_that_is_lost)
{
    struct rig r;
    rig_init(&r);
    commit(&r);
    told(&r, 0);
    breaks(&r, "the offset of t-0 is lost");
}

Test(model_groups, reports_an_acknowledged_commit_that_is_not_among_all)
{
    struct rig r;
    rig_init(&r);
    commit(&r);
    model_offsets_told_all(r.group, now(&r), &r.place, 1);
    model_offsets_told_all(r.group, now(&r), NULL, 0);
    breaks(&r, "the offset of t-0 is lost");
}

Test(model_groups, reports_an_older_commit_behind_a_newer_one)
{
    struct rig r;
    rig_init(&r);
    uint32_t first = commit(&r);
    commit(&r);
    told(&r, first);
    breaks(&r, "which was replaced");
}

Test(model_groups, leaves_open_which_of_two_commits_at_once_stands)
{
    for (int i = 0; i < 2; i++) {
        struct rig r;
        rig_init(&r);
        uint32_t first = sent(&r);
        uint32_t second = sent(&r);
        ended(&r, first, MODEL_DONE);
        ended(&r, second, MODEL_DONE);
        told(&r, i == 0 ? first : second);
        keeps(&r);
    }
}

Test(model_groups, takes_an_unanswered_commit_for_possible_and_what_was_seen_for_certain)
{
    struct rig r;
    rig_init(&r);
    uint32_t first = commit(&r);
    uint32_t lost = sent(&r);
    ended(&r, lost, MODEL_LATE);
    told(&r, first);
    told(&r, lost);
    told(&r, first);
    breaks(&r, "which was replaced");
    rig_init(&r);
    lost = sent(&r);
    ended(&r, lost, MODEL_LATE);
    uint32_t second = commit(&r);
    told(&r, second);
    told(&r, lost);
    keeps(&r);
}

Test(model_groups, lets_a_failed_commit_show_only_until_the_next)
{
    struct rig r;
    rig_init(&r);
    uint32_t failed = sent(&r);
    ended(&r, failed, MODEL_OPEN);
    told(&r, 0);
    told(&r, failed);
    commit(&r);
    told(&r, failed);
    breaks(&r, "which was replaced");
}

Test(model_groups, judges_an_answer_by_what_was_known_when_it_was_asked_for)
{
    struct rig r;
    rig_init(&r);
    uint32_t first = commit(&r);
    uint64_t asked = now(&r);
    commit(&r);
    told_at(&r, first, asked);
    keeps(&r);
}

Test(model_groups, reports_what_a_deletion_has_removed)
{
    struct rig r;
    rig_init(&r);
    uint32_t number = commit(&r);
    forget(&r, MODEL_DONE);
    told(&r, number);
    breaks(&r, "which was replaced");
    rig_init(&r);
    number = commit(&r);
    delete_group(&r, MODEL_DONE);
    told(&r, number);
    breaks(&r, "which was replaced");
}

Test(model_groups, reports_a_deletion_that_was_refused_and_done)
{
    struct rig r;
    rig_init(&r);
    commit(&r);
    forget(&r, MODEL_REFUSED);
    delete_group(&r, MODEL_REFUSED);
    told(&r, 0);
    breaks(&r, "is lost");
}

Test(model_groups, knows_what_an_unanswered_deletion_has_done_once_it_is_seen)
{
    struct rig r;
    rig_init(&r);
    uint32_t number = commit(&r);
    forget(&r, MODEL_LATE);
    told(&r, number);
    told(&r, 0);
    told(&r, number);
    breaks(&r, "which was replaced");
}

Test(model_groups, reports_a_refused_commit_that_is_seen)
{
    struct rig r;
    rig_init(&r);
    uint32_t number = sent(&r);
    ended(&r, number, MODEL_REFUSED);
    told(&r, number);
    breaks(&r, "whose commit was refused");
    rig_init(&r);
    number = sent(&r);
    told(&r, number);
    ended(&r, number, MODEL_REFUSED);
    breaks(&r, "was seen, and then refused");
}

Test(model_groups, reports_an_offset_of_nobody_or_of_another_place)
{
    struct rig r;
    rig_init(&r);
    struct model_offset offset = {.offset = 77, .metadata = {"", 0}};
    model_offset_told(r.group, r.place, now(&r), &offset, true);
    breaks(&r, "which nobody committed there");
    rig_init(&r);
    uint32_t number = commit(&r);
    r.place.partition = 1;
    told(&r, number);
    breaks(&r, "which nobody committed there");
}

Test(model_groups, reports_another_epoch_or_metadata)
{
    char text[MODEL_METADATA_BYTES];
    struct rig r;
    rig_init(&r);
    struct model_offset offset = model_commit_value(r.groups, commit(&r), text);
    offset.epoch++;
    model_offset_told(r.group, r.place, now(&r), &offset, true);
    breaks(&r, "with epoch");
    rig_init(&r);
    offset = model_commit_value(r.groups, commit(&r), text);
    offset.metadata.len--;
    model_offset_told(r.group, r.place, now(&r), &offset, true);
    breaks(&r, "and metadata");
}

Test(model_groups, reports_a_commit_of_an_older_generation)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    begin(&r, "b", 2);
    commit_by(&r, &a);
    breaks(&r, "a newer generation has begun");
}

Test(model_groups, reports_an_unanswered_commit_of_an_older_generation_that_is_seen)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    begin(&r, "b", 2);
    uint32_t number = sent_by(&r, &a);
    ended(&r, number, MODEL_LATE);
    told(&r, number);
    breaks(&r, "a newer generation has begun");
}

Test(model_groups, lets_an_unanswered_commit_act_only_before_the_next_generation)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    uint32_t lost = sent_by(&r, &a);
    ended(&r, lost, MODEL_LATE);
    struct model_claim b = begin(&r, "b", 2);
    told(&r, lost);
    commit_by(&r, &b);
    told(&r, lost);
    breaks(&r, "which was replaced");
}

Test(model_groups, reports_who_is_served_in_an_older_generation)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    uint64_t asked = now(&r);
    begin(&r, "b", 2);
    model_group_served(r.group, &a, asked);
    model_group_served(r.group, &a, now(&r));
    breaks(&r, "a newer generation has begun");
}

Test(model_groups, reports_a_commit_of_who_never_was_a_member)
{
    struct rig r;
    rig_init(&r);
    struct model_claim nobody = begin(&r, "a", 1);
    nobody.invented = true;
    commit_by(&r, &nobody);
    breaks(&r, "nobody was given this member id");
}

Test(model_groups, reports_a_commit_of_a_static_member_whose_place_is_taken)
{
    struct rig r;
    rig_init(&r);
    struct model_claim old = join(&r, "s-1", "s", 1);
    uint32_t number = hand_in(&r, &old, 3);
    model_group_assigned(r.group, &old, now(&r), number, 3);
    struct model_claim new = join(&r, "s-2", "s", 1);
    commit_by(&r, &new);
    commit_by(&r, &old);
    breaks(&r, "another one has taken the place");
}

Test(model_groups, reports_a_commit_of_a_member_of_a_deleted_group)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    delete_group(&r, MODEL_DONE);
    commit_by(&r, &a);
    breaks(&r, "the group was deleted since");
}

Test(model_groups, reports_a_deletion_under_a_living_member)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    delete_group(&r, MODEL_DONE);
    model_group_served(r.group, &a, now(&r));
    breaks(&r, "the group was deleted since");
}

Test(model_groups, reports_a_commit_of_no_member_beside_members)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    commit(&r);
    model_group_served(r.group, &a, now(&r));
    breaks(&r, "a commit of no member was taken while generation 1 had members");
    rig_init(&r);
    begin(&r, "a", 1);
    commit(&r);
    begin(&r, "b", 3);
    keeps(&r);
}

Test(model_groups, reports_generations_that_go_back)
{
    struct rig r;
    rig_init(&r);
    begin(&r, "a", 5);
    join(&r, "b", "", 4);
    breaks(&r, "generation 4 was told to b after 5");
}

Test(model_groups, lets_generations_begin_anew_behind_a_deletion_that_may_be_done)
{
    struct rig r;
    rig_init(&r);
    begin(&r, "a", 5);
    delete_group(&r, MODEL_LATE);
    begin(&r, "b", 1);
    keeps(&r);
    rig_init(&r);
    begin(&r, "a", 5);
    delete_group(&r, MODEL_REFUSED);
    begin(&r, "b", 1);
    breaks(&r, "generation 1 was told to b after 5");
}

Test(model_groups, reports_a_generation_with_two_assignments)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = begin(&r, "a", 1);
    uint32_t second = hand_in(&r, &a, 3);
    model_group_assigned(r.group, &a, now(&r), second, 3);
    breaks(&r, "generation 1 has assignment 1, and a got one of 2");
}

Test(model_groups, reports_an_assignment_that_the_leader_did_not_give)
{
    struct rig r;
    rig_init(&r);
    struct model_claim a = join(&r, "a", "", 1);
    model_group_assigned(r.group, &a, now(&r), hand_in(&r, &a, 3), 2);
    breaks(&r, "which its leader did not give him");
    rig_init(&r);
    a = join(&r, "a", "", 1);
    model_group_assigned(r.group, &a, now(&r), 9, 3);
    breaks(&r, "which its leader did not give him");
    rig_init(&r);
    a = begin(&r, "a", 1);
    model_group_assigned(r.group, &a, now(&r), 0, 0);
    breaks(&r, "which its leader did not give him");
    rig_init(&r);
    a = join(&r, "a", "", 1);
    struct model_claim b = join(&r, "b", "", 1);
    model_group_assigned(r.group, &b, now(&r), hand_in(&r, &a, 3), 3);
    breaks(&r, "which its leader did not give him");
}

Test(model_groups, reports_a_group_with_offsets_that_is_not_listed)
{
    struct rig r;
    rig_init(&r);
    model_group_told_missing(r.group, now(&r));
    commit(&r);
    model_group_told_missing(r.group, now(&r));
    breaks(&r, "is told not to exist");
}

Test(model_groups, reports_a_deleted_group_that_is_listed)
{
    struct rig r;
    rig_init(&r);
    commit(&r);
    delete_group(&r, MODEL_DONE);
    uint32_t number = sent(&r);
    model_group_told_there(r.group, now(&r));
    ended(&r, number, MODEL_DONE);
    model_group_told_there(r.group, now(&r));
    delete_group(&r, MODEL_DONE);
    model_group_told_there(r.group, now(&r));
    breaks(&r, "is told to exist after its deletion");
}
