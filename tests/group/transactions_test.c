/* Offsets committed inside transactions (KIP-98, KIP-447): pending until their markers. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/prng.h"
#include "base/util.h"
#include "rig.h"

static struct rig rig;

static void set_up(void)
{
    rig_init(&rig);
}

static void tear_down(void)
{
    rig_fini(&rig);
}

TestSuite(transactions, .init = set_up, .fini = tear_down);

#define UNSTABLE INT64_MIN

/* What a reader of stable offsets is told. */
static int64_t stable(const char *group)
{
    struct group_fetch_item item = {.topic = s("t")};
    struct group_fetch fetch = {
        .group_id = s(group),
        .member_id = STRING_NULL,
        .member_epoch = -1,
        .items = &item,
        .count = 1,
        .stable = true,
    };
    groups_fetch(&rig.groups, &fetch);
    cr_assert_eq(fetch.error, KAFKA_NONE);
    group_reply_free(&fetch.reply);
    if (item.error == KAFKA_NONE)
        return item.value.offset;
    cr_assert_eq(item.error, KAFKA_UNSTABLE_OFFSET_COMMIT);
    cr_assert_eq(item.value.offset, -1);
    return UNSTABLE;
}

/* How many offsets a group is said to have when all are asked for. */
static uint32_t all(const char *group, bool only_stable)
{
    struct group_fetch fetch = {
        .group_id = s(group),
        .member_id = STRING_NULL,
        .member_epoch = -1,
        .all = true,
        .stable = only_stable,
    };
    groups_fetch(&rig.groups, &fetch);
    cr_assert_eq(fetch.error, KAFKA_NONE);
    group_reply_free(&fetch.reply);
    return fetch.count;
}

static void commit(const char *group, int64_t offset)
{
    struct rig_commit commit;
    rig_commit(&rig, &commit, group, offset, NULL);
    rig_write(&rig, 0);
    cr_assert_eq(commit.commit.error, KAFKA_NONE);
}

static void commit_inside(const char *group, int64_t offset, int64_t producer_id)
{
    struct rig_commit commit;
    rig_commit_inside(&rig, &commit, group, offset, NULL, producer_id);
    rig_write(&rig, 0);
    cr_assert_eq(commit.commit.error, KAFKA_NONE);
}

/* Holds now, and for what a replay makes of the log. */
#define AND_AFTER_A_RESTART(statement) \
    do {                               \
        statement;                     \
        rig_restart(&rig);             \
        statement;                     \
    } while (0)

Test(transactions, offsets_count_with_the_marker)
{
    commit("g", 41);
    commit_inside("g", 42, 7);
    AND_AFTER_A_RESTART(cr_expect_eq(rig_committed(&rig, "g", "t"), 41));
    cr_expect_eq(stable("g"), UNSTABLE);
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 42));
    cr_expect_eq(rig_committed(&rig, "g", "t"), 42);
}

Test(transactions, aborted_offsets_were_never_there)
{
    commit("g", 41);
    commit_inside("g", 42, 7);
    commit_inside("new", 1, 7);
    rig_end_transaction(&rig, 7, false);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 41));
    AND_AFTER_A_RESTART(cr_expect_eq(stable("new"), -1));
    cr_expect_str_eq(rig_state(&rig, "new"), "Empty", "it is in the log, as in Kafka");
}

Test(transactions, a_marker_ends_those_of_its_producer_alone)
{
    commit_inside("g", 42, 7);
    commit_inside("h", 43, 8);
    commit_inside("h", 44, 7);
    rig_end_transaction(&rig, 9, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), UNSTABLE));
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 42));
    cr_expect_eq(stable("h"), UNSTABLE, "the other one is open");
    cr_expect_eq(rig_committed(&rig, "h", "t"), 44);
    rig_end_transaction(&rig, 8, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("h"), 44, "its commit came first in the log"));
}

Test(transactions, the_last_offset_of_a_transaction_counts)
{
    commit_inside("g", 42, 7);
    size_t used = rig.memory.used;
    commit_inside("g", 43, 7);
    commit_inside("g", 40, 7);
    cr_expect_eq(rig.memory.used, used, "the earlier ones are not kept");
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 40));
}

Test(transactions, a_commit_outside_that_came_later_is_kept)
{
    commit_inside("g", 42, 7);
    commit("g", 50);
    cr_expect_eq(rig_committed(&rig, "g", "t"), 50);
    cr_expect_eq(stable("g"), UNSTABLE);
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 50));
}

Test(transactions, what_is_on_its_way_to_the_log_is_not_stable)
{
    struct rig_commit one, two;
    commit("g", 41);
    rig_commit_inside(&rig, &one, "g", 42, NULL, 7);
    rig_commit(&rig, &two, "h", 1, NULL);
    cr_expect(!one.ended);
    cr_expect_eq(stable("g"), UNSTABLE);
    cr_expect_eq(stable("h"), -1);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(one.commit.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(stable("g"), 41);
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), 41));
}

Test(transactions, a_group_of_pending_offsets_alone_has_none_to_tell)
{
    commit_inside("g", 42, 7);
    AND_AFTER_A_RESTART(cr_expect_eq(all("g", true), 0));
    cr_expect_eq(all("g", false), 0);
    cr_expect_eq(groups_count(&rig.groups), 1);
    commit("g", 41);
    cr_expect_eq(all("g", true), 1);
}

Test(transactions, that_could_not_be_written_leave_nothing)
{
    struct rig_commit commit;
    rig_commit_inside(&rig, &commit, "g", 42, NULL, 7);
    rig_write(&rig, ERR_DENIED);
    cr_expect_eq(commit.commit.error, KAFKA_INVALID_PRODUCER_EPOCH);
    rig_commit_inside(&rig, &commit, "g", 42, NULL, 7);
    rig_write(&rig, ERR_TOO_LARGE);
    cr_expect_eq(commit.commit.error, KAFKA_INVALID_COMMIT_OFFSET_SIZE);
    rig_commit_inside(&rig, &commit, "g", 42, NULL, 7);
    rig_write(&rig, ERR_NOT_FOUND);
    cr_expect_eq(commit.commit.error, KAFKA_NOT_COORDINATOR);
    cr_expect_eq(groups_count(&rig.groups), 0);
    cr_expect_eq(rig.memory.used, 0);
    rig_end_transaction(&rig, 7, true);
    cr_expect_eq(groups_count(&rig.groups), 0);
}

Test(transactions, that_do_not_fit_are_refused)
{
    struct rig_commit one;
    commit("g", 41);
    rig.memory.limit = rig.memory.used + 16;
    rig_commit_inside(&rig, &one, "g", 42, NULL, 7);
    cr_assert(one.ended);
    cr_expect_eq(one.commit.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(stable("g"), 41);
    rig.memory.limit = MIB;
    size_t used = rig.memory.used;
    commit_inside("g", 41, 7);
    cr_expect_gt(rig.memory.used, used);
    rig_end_transaction(&rig, 7, true);
    cr_expect_eq(rig.memory.used, used);
}

/* Who may. */

static int16_t error_static(const char *group, int32_t generation, const char *member_id,
                            struct string instance_id)
{
    struct rig_commit one;
    struct rig_join join = {0};
    join.join.generation = generation;
    join.join.new_member_id = s(member_id);
    join.join.instance_id = instance_id;
    rig_commit_inside(&rig, &one, group, 5, &join, 7);
    rig_write(&rig, 0);
    cr_assert(one.ended);
    return one.commit.error;
}

static int16_t error_of(const char *group, int32_t generation, const char *member_id)
{
    return error_static(group, generation, member_id, STRING_NULL);
}

Test(transactions, of_groups_that_are_not_there)
{
    cr_expect_eq(error_of("unknown", 1, "m"), KAFKA_ILLEGAL_GENERATION);
    cr_expect_eq(groups_count(&rig.groups), 0);
    cr_expect_eq(error_of("", -1, ""), KAFKA_INVALID_GROUP_ID);
    cr_expect_eq(error_of("", 1, "m"), KAFKA_INVALID_GROUP_ID);
    cr_expect_eq(error_of("simple", -1, ""), KAFKA_NONE);
    cr_expect_eq(error_of("simple", -1, "m"), KAFKA_NONE, "nobody is a member");
    cr_expect_eq(error_of("simple", 0, ""), KAFKA_UNKNOWN_MEMBER_ID);
}

Test(transactions, beside_members_of_a_classic_group)
{
    struct rig_join one, two, again;
    rig_join_fill(&one, "g", s(""));
    one.join.instance_id = s("static");
    rig_join(&rig, &one);
    rig_wait(&rig, 3000);
    struct rig_sync sync;
    rig_sync(&rig, &sync, &one, "mine");
    rig_write(&rig, 0);
    rig_sync_free(&sync);
    const char *member = one.join.new_member_id.data;
    char id[128];
    snprintf(id, sizeof id, "%.*s", (int)one.join.new_member_id.len, member);

    cr_expect_eq(error_of("g", -1, ""), KAFKA_NONE, "producers before KIP-447 do not say");
    cr_expect_eq(error_of("g", 1, id), KAFKA_NONE);
    cr_expect_eq(error_static("g", 1, id, s("static")), KAFKA_NONE);
    cr_expect_eq(error_of("g", 0, id), KAFKA_ILLEGAL_GENERATION);
    cr_expect_eq(error_of("g", -1, id), KAFKA_ILLEGAL_GENERATION);
    cr_expect_eq(error_of("g", 1, "stranger"), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(error_of("g", 1, ""), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(error_static("g", 1, id, s("another")), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(error_static("g", 1, "fenced", s("static")), KAFKA_FENCED_INSTANCE_ID);

    rig_join_fill(&two, "g", s(""));
    rig_join(&rig, &two);
    rig_join_fill(&again, "g", s(id));
    again.join.instance_id = s("static");
    rig_join(&rig, &again);
    cr_assert_str_eq(rig_state(&rig, "g"), "CompletingRebalance");
    cr_expect_eq(error_of("g", 2, id), KAFKA_NONE, "Kafka looks at the state for others only");
    cr_expect_eq(error_of("g", 1, id), KAFKA_ILLEGAL_GENERATION);
    rig_join_free(&one);
    rig_join_free(&two);
    rig_join_free(&again);
}

Test(transactions, do_not_keep_a_session_alive)
{
    struct rig_join one;
    char id[128];
    rig_make_stable(&rig, "g", &one);
    snprintf(id, sizeof id, "%.*s", (int)one.join.new_member_id.len, one.join.new_member_id.data);
    for (int i = 0; i < 3; i++) {
        rig_wait(&rig, 4000);
        (void)error_of("g", 1, id);
    }
    cr_expect_str_eq(rig_state(&rig, "g"), "Empty");
    rig_join_free(&one);
}

Test(transactions, beside_members_of_a_consumer_group)
{
    struct rig_beat a;
    rig_topic(&rig, "t", 1);
    rig_beat_fill(&a, "c", "a");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    int32_t epoch = a.beat.epoch;
    cr_assert_gt(epoch, 0);
    cr_expect_eq(error_of("c", -1, ""), KAFKA_NONE);
    cr_expect_eq(error_of("c", epoch, "a"), KAFKA_NONE);
    cr_expect_eq(error_of("c", epoch + 1, "a"), KAFKA_ILLEGAL_GENERATION);
    cr_expect_eq(error_of("c", epoch - 1, "a"), KAFKA_ILLEGAL_GENERATION, "not STALE_MEMBER_EPOCH");
    cr_expect_eq(error_of("c", epoch, "stranger"), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(error_of("c", epoch, ""), KAFKA_UNKNOWN_MEMBER_ID);
    cr_expect_eq(error_of("c", -2, ""), KAFKA_UNKNOWN_MEMBER_ID);
    group_reply_free(&a.beat.reply);
}

/* What goes. */

Test(transactions, pending_offsets_go_with_their_group)
{
    struct rig_deletion d;
    commit_inside("g", 42, 7);
    commit_inside("h", 43, 7);
    rig_delete(&rig, &d, "g", true);
    rig_write(&rig, 0);
    cr_expect_eq(d.deletion.error, KAFKA_NONE);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), -1));
    cr_expect_eq(stable("h"), UNSTABLE);
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), -1, "the marker does not bring it back"));
    cr_expect_eq(stable("h"), 43);
    cr_expect_eq(groups_count(&rig.groups), 1);
}

Test(transactions, pending_offsets_are_deleted_one_by_one)
{
    struct rig_deletion d;
    commit("g", 41);
    commit_inside("g", 42, 7);
    commit_inside("g", 43, 8);
    rig_delete(&rig, &d, "g", false);
    rig_write(&rig, ERR_OFFLINE);
    cr_expect_eq(stable("g"), UNSTABLE, "it could not be written");
    rig_delete(&rig, &d, "g", false);
    rig_write(&rig, 0);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), -1));
    rig_end_transaction(&rig, 7, true);
    rig_end_transaction(&rig, 8, true);
    AND_AFTER_A_RESTART(cr_expect_eq(rig_committed(&rig, "g", "t"), -1));
}

Test(transactions, pending_offsets_go_with_their_topic)
{
    commit_inside("g", 42, 7);
    groups_topic_removed(&rig.groups, BYTES_LITERAL("t"));
    rig_write(&rig, 0);
    rig_end_transaction(&rig, 7, true);
    AND_AFTER_A_RESTART(cr_expect_eq(stable("g"), -1));
}

Test(transactions, nothing_expires_beside_pending_offsets)
{
    commit("g", 41);
    commit_inside("g", 42, 7);
    rig_wait(&rig, 70000);
    groups_expire(&rig.groups);
    rig_write(&rig, 0);
    AND_AFTER_A_RESTART(cr_expect_eq(rig_committed(&rig, "g", "t"), 41));
    rig_end_transaction(&rig, 7, false);
    groups_expire(&rig.groups);
    rig_write(&rig, 0);
    AND_AFTER_A_RESTART(cr_expect_eq(rig_committed(&rig, "g", "t"), -1));
    cr_expect_eq(groups_count(&rig.groups), 0);
}

Test(transactions, may_be_open_when_the_partition_goes)
{
    commit_inside("g", 42, 7);
    commit_inside("h", 42, 7);
    commit_inside("g", 42, 8);
    struct rig_commit last;
    rig_commit_inside(&rig, &last, "g", 43, NULL, 9);
    groups_close(&rig.groups);
    rig_write(&rig, ERR_NOT_FOUND);
    cr_expect_eq(last.commit.error, KAFKA_NOT_COORDINATOR);
}

/* Against a model, with restarts anywhere. */

#define PLACES 4
#define PRODUCERS 3
#define OUT_MAX 4
#define ROUNDS 400

static const char *const PLACE_NAMES[PLACES] = {"g0", "g1", "g2", "g3"};

struct model_value {
    int64_t offset; /* -1: none */
    int order;
};

struct model {
    struct model_value committed[PLACES];
    struct model_value open[PLACES][PRODUCERS];
    int order;
};

enum step_kind { STEP_COMMIT, STEP_COMMIT_INSIDE, STEP_DELETE };

struct step {
    enum step_kind kind;
    int place;
    int producer;
    int64_t offset;
    struct rig_commit commit;
    struct rig_deletion deletion;
};

static void model_apply(struct model *m, const struct step *step)
{
    struct model_value value = {step->offset, ++m->order};
    switch (step->kind) {
    case STEP_COMMIT:
        m->committed[step->place] = value;
        return;
    case STEP_COMMIT_INSIDE:
        m->open[step->place][step->producer] = value;
        return;
    case STEP_DELETE:
        m->committed[step->place].offset = -1;
        for (int i = 0; i < PRODUCERS; i++)
            m->open[step->place][i].offset = -1;
        return;
    }
}

static void model_end(struct model *m, int producer, bool committed)
{
    for (int i = 0; i < PLACES; i++) {
        struct model_value *open = &m->open[i][producer];
        bool newest = m->committed[i].offset < 0 || open->order > m->committed[i].order;
        if (committed && open->offset >= 0 && newest)
            m->committed[i] = *open;
        open->offset = -1;
    }
}

static void model_compare(const struct model *m, const struct step *steps, int out)
{
    for (int i = 0; i < PLACES; i++) {
        bool open = false;
        for (int j = 0; j < PRODUCERS; j++)
            open = open || m->open[i][j].offset >= 0;
        for (int j = 0; j < out; j++)
            open = open || (steps[j].kind == STEP_COMMIT_INSIDE && steps[j].place == i);
        int64_t wanted = m->committed[i].offset;
        cr_assert_eq(rig_committed(&rig, PLACE_NAMES[i], "t"), wanted);
        cr_assert_eq(stable(PLACE_NAMES[i]), open ? UNSTABLE : wanted);
    }
}

static void step_begin(struct step *step, struct prng *random)
{
    step->kind = (enum step_kind)prng_below(random, 3);
    step->place = (int)prng_below(random, PLACES);
    step->producer = (int)prng_below(random, PRODUCERS);
    step->offset = (int64_t)prng_below(random, 1000);
    const char *name = PLACE_NAMES[step->place];
    if (step->kind == STEP_DELETE)
        rig_delete(&rig, &step->deletion, name, false);
    else
        rig_commit_inside(&rig, &step->commit, name, step->offset, NULL,
                          step->kind == STEP_COMMIT ? -1 : step->producer);
}

Test(transactions, are_what_a_model_says_whatever_fails_and_whenever_it_restarts)
{
    for (uint64_t seed = 1; seed <= 30; seed++) {
        static struct step steps[OUT_MAX];
        struct prng random;
        struct model model = {0};
        int out = 0;
        prng_init(&random, seed);
        for (int i = 0; i < PLACES; i++) {
            model.committed[i].offset = -1;
            for (int j = 0; j < PRODUCERS; j++)
                model.open[i][j].offset = -1;
        }
        for (int round = 0; round < ROUNDS; round++) {
            if (out < OUT_MAX && prng_below(&random, 3) > 0) {
                step_begin(&steps[out++], &random);
                model_compare(&model, steps, out);
                continue;
            }
            bool fails = prng_below(&random, 6) == 0;
            rig_write(&rig, fails ? ERR_OFFLINE : 0);
            for (int i = 0; i < out && !fails; i++)
                model_apply(&model, &steps[i]);
            out = 0;
            if (prng_below(&random, 2) == 0) {
                int producer = (int)prng_below(&random, PRODUCERS);
                bool committed = prng_below(&random, 3) > 0;
                rig_end_transaction(&rig, producer, committed);
                model_end(&model, producer, committed);
            }
            if (prng_below(&random, 4) == 0)
                rig_restart(&rig);
            model_compare(&model, steps, out);
        }
        rig_fini(&rig);
        rig_init(&rig);
    }
}
