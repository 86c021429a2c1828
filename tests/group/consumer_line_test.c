/* Heartbeats of one consumer group that come while a write of it is out: they are worked out one
 * upon the other, share the next write, and nobody sees anything of it before it is durable. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "beats.h"

#define MEMBERS 6
#define ROUNDS 60
#define SEEDS 60

TestSuite(consumer_line, .init = set_up, .fini = tear_down);

#define ALONE "group 1/1 Stable\na 1 t0 t1 t2 t3 > t0 t1 t2 t3"

Test(consumer_line, those_that_come_while_a_write_is_out_share_the_next_one)
{
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    rig_beat(&rig, &c);
    rig_beat(&rig, &d);
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    cr_assert(a.ended && !b.ended && !c.ended && !d.ended);
    EXPECT_GROUP(ALONE);
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    cr_assert(b.ended && c.ended && d.ended);
    cr_assert_eq(rig_write_one(&rig, 0), 0);
    cr_expect_eq(b.beat.answer_epoch, 2);
    cr_expect_eq(c.beat.answer_epoch, 3);
    cr_expect_eq(d.beat.answer_epoch, 4);
    EXPECT_GROUP("group 4/4 Reconciling\na 1 t0 t1 t2 t3 > t0\nb 2 > t2\nc 3 > t3\nd 4 > t1");
    rig_replay(&rig, "g");
}

Test(consumer_line, a_group_that_is_not_durable_yet_is_not_there)
{
    struct group_listing listing = {0};
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    groups_list(&rig.groups, &listing);
    cr_expect_eq(listing.count, 0);
    EXPECT_GROUP("none");
    rig_write_one(&rig, ERR_OFFLINE);
    EXPECT_GROUP("none");
    rig_write(&rig, 0);
    cr_expect_eq(b.beat.error, KAFKA_NONE);
    EXPECT_GROUP("group 1/1 Stable\nb 1 t0 t1 t2 t3 > t0 t1 t2 t3");
    groups_list(&rig.groups, &listing);
    cr_expect_eq(listing.count, 1);
    cr_expect_str_eq(listing.items[0].type, "consumer");
    group_reply_free(&listing.reply);
    rig_replay(&rig, "g");
}

Test(consumer_line, a_write_that_fails_leaves_what_was_before_and_all_of_it_come_again)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    rig_beat(&rig, &c);
    rig_beat(&rig, &d);
    d.beat.epoch = 1;
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    rig_replay(&rig, "g");
    cr_assert_gt(rig_write_one(&rig, ERR_OFFLINE), 0);
    cr_assert(c.ended && d.ended);
    cr_expect_eq(b.beat.error, KAFKA_NONE);
    cr_expect_eq(c.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(d.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE, "what it was judged by is gone");
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 t2 t3 > t0 t1\nb 2 > t2 t3");
    rig_replay(&rig, "g");
    rig_beat_is(&rig, &d, KAFKA_UNKNOWN_MEMBER_ID);
    rig_beat_is(&rig, &c, KAFKA_NONE);
    cr_expect_eq(c.beat.answer_epoch, 3);
}

Test(consumer_line, a_refusal_that_hangs_on_what_is_not_durable_waits_for_it)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat(&rig, &a);
    rig_beat_fill(&c, "g", "a");
    c.beat.epoch = 1;
    rig_beat(&rig, &c);
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    cr_assert(b.ended && !a.ended && !c.ended);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 t2 t3 > t0 t1\nb 2 > t2 t3");
    rig_write(&rig, 0);
    cr_expect_eq(a.beat.answer_epoch, -1);
    cr_expect_eq(c.beat.error, KAFKA_UNKNOWN_MEMBER_ID);
    EXPECT_GROUP("group 3/2 Assigning\nb 2 > t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer_line, what_is_quiet_and_before_all_changes_need_not_wait)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_beat_is(&rig, &b, KAFKA_NONE);
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    rig_beat(&rig, &c);
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    cr_assert(a.ended && b.ended && !c.ended, "b has nothing to change");
    rig_write(&rig, 0);
    cr_expect_eq(c.beat.answer_epoch, 3);
    rig_replay(&rig, "g");
}

Test(consumer_line, who_leaves_and_comes_back_in_one_write_is_a_new_member)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat(&rig, &a);
    rig_beat_fill(&c, "g", "a");
    rig_beat(&rig, &c);
    rig_write(&rig, 0);
    cr_expect_eq(c.beat.error, KAFKA_NONE);
    cr_expect_eq(c.beat.answer_epoch, 4);
    EXPECT_GROUP("group 4/4 Reconciling\na 4 t0 t1 > t0 t1\nb 2 > t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer_line, a_static_member_goes_and_another_takes_its_place_in_one_write)
{
    a.beat.instance_id = s("i");
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    a.beat.instance_id = s("i");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE_STATIC;
    rig_beat(&rig, &a);
    c.beat.instance_id = s("i");
    rig_beat(&rig, &c);
    rig_write(&rig, 0);
    cr_expect_eq(a.beat.answer_epoch, CONSUMER_EPOCH_LEAVE_STATIC);
    cr_expect_eq(c.beat.error, KAFKA_NONE);
    EXPECT_GROUP("group 2/2 Reconciling\nb 2 > t2 t3\nc 2 t0 t1 > t0 t1");
    rig_replay(&rig, "g");
}

Test(consumer_line, who_changes_its_protocol_in_the_same_write_need_not_come_to_sync)
{
    struct rig_join join;
    rig_beat(&rig, &a);
    rig_join_fill(&join, "g", s("b"));
    rig_join(&rig, &join);
    rig_beat(&rig, &b);
    rig_write(&rig, 0);
    cr_assert(join.ended && b.ended);
    cr_expect_eq(join.join.error, KAFKA_NONE);
    cr_expect_eq(b.beat.error, KAFKA_NONE);
    rig_wait(&rig, 30000);
    EXPECT_GROUP("group 2/2 Reconciling\na 1 t0 t1 t2 t3 > t0 t1\nb 2 > t2 t3");
    rig_replay(&rig, "g");
    rig_join_free(&join);
}

Test(consumer_line, a_pattern_that_many_name_is_resolved_once)
{
    struct rig_beat *beats[] = {&b, &c, &d};
    rig_beat(&rig, &a);
    for (size_t i = 0; i < ARRAY_LENGTH(beats); i++) {
        beats[i]->beat.topics = NULL;
        beats[i]->beat.pattern = s("u.*");
        rig_beat(&rig, beats[i]);
    }
    rig_write(&rig, 0);
    uint32_t patterns = 0;
    for (uint32_t i = 0; i < rig.log_count; i++) {
        struct group_record_read read;
        struct arena arena;
        const struct group_record *record = &rig.log[i].record;
        arena_init(&arena, rig.region, MIB);
        cr_assert_eq(group_record_decode(record->key, record->value, &arena, &read), 0);
        patterns += read.consumer.kind == CONSUMER_PATTERN;
        arena_reset(&arena);
    }
    cr_expect_eq(patterns, 1);
    cr_expect_eq(d.beat.answer_epoch, 4);
    rig_replay(&rig, "g");
}

Test(consumer_line, without_memory_for_a_draft_each_has_a_write_of_its_own)
{
    rig_beat_is(&rig, &a, KAFKA_NONE);
    rig_beat(&rig, &b);
    rig_beat(&rig, &c);
    rig_beat(&rig, &d);
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat(&rig, &a);
    rig.memory.limit = rig.memory.used;
    uint32_t writes = 0;
    while (rig_write_one(&rig, 0) > 0)
        writes++;
    cr_expect_eq(writes, 2, "b was let in before, and who leaves needs no memory");
    cr_expect_eq(c.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(d.beat.error, KAFKA_COORDINATOR_NOT_AVAILABLE);
    cr_expect_eq(a.beat.error, KAFKA_NONE);
    EXPECT_GROUP("group 3/2 Assigning\nb 2 > t2 t3");
    rig_replay(&rig, "g");
}

Test(consumer_line, who_waits_in_line_is_answered_when_the_partition_goes)
{
    rig_beat(&rig, &a);
    rig_beat(&rig, &b);
    rig_beat(&rig, &c);
    cr_assert_gt(rig_write_one(&rig, 0), 0);
    rig_beat(&rig, &d);
    groups_close(&rig.groups);
    cr_assert(d.ended && !b.ended && !c.ended);
    rig_write(&rig, ERR_NOT_FOUND);
    cr_expect_eq(b.beat.error, KAFKA_NOT_COORDINATOR);
    cr_expect_eq(c.beat.error, KAFKA_NOT_COORDINATOR);
    cr_expect_eq(d.beat.error, KAFKA_NOT_COORDINATOR);
}

/* A topic so wide that not many heartbeats' records fit into one batch. */
Test(consumer_line, a_long_line_is_several_writes_that_each_fit)
{
    enum { COUNT = 24, WIDE = 20000 };
    struct rig_beat *beats = mem_alloc(COUNT * sizeof *beats);
    char names[COUNT][16];
    uint32_t writes = 0;
    rig.memory.limit = 256 * MIB;
    rig_topic(&rig, "w", WIDE);
    for (int i = 0; i < COUNT; i++) {
        snprintf(names[i], sizeof names[i], "m%02d", i);
        rig_beat_fill(&beats[i], "g", names[i]);
        beats[i].topics[0] = s("w");
        rig_beat(&rig, &beats[i]);
    }
    do {
        size_t bytes = 0;
        if (!list_empty(&rig.writes)) {
            const struct group_write *write = LIST_FIRST(&rig.writes, struct group_write, node);
            for (uint32_t i = 0; i < write->count; i++)
                bytes +=
                    (size_t)write->records[i].key.len + (size_t)MAX(write->records[i].value.len, 0);
        }
        cr_expect_leq(bytes, 600000);
        writes++;
    } while (rig_write_one(&rig, 0) > 0);
    cr_expect(writes > 3 && writes < COUNT, "%u writes", writes);
    for (int i = 0; i < COUNT; i++) {
        cr_expect(beats[i].ended);
        cr_expect_eq(beats[i].beat.error, KAFKA_NONE);
        cr_expect_eq(beats[i].beat.answer_epoch, i + 1);
        group_reply_free(&beats[i].beat.reply);
    }
    mem_free(beats);
}

/* What a line makes of a group is what its heartbeats would have made of it one at a time. */

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

struct side {
    struct rig rig;
    struct rig_beat beats[MEMBERS];
};

static const char *const members[MEMBERS] = {"a", "b", "c", "d", "e", "f"};

/* The next heartbeat of a member, drawn once and the same for both. */
static void draw(struct rig_beat *beat, uint32_t number, uint32_t what)
{
    static const char *const patterns[] = {"t", "[tu]", "("};
    struct consumer_beat *next = &beat->beat;
    bool over = next->error != KAFKA_NONE || next->epoch < 0 || what == 0;
    if (over) {
        group_reply_free(&next->reply);
        rig_beat_fill(beat, "g", members[number]);
    } else {
        rig_beat_next(beat);
    }
    if (what == 0)
        next->pattern = s(patterns[number % ARRAY_LENGTH(patterns)]);
    if (what == 1 && next->epoch > 0)
        next->epoch = CONSUMER_EPOCH_LEAVE;
    if (what == 2)
        next->epoch++;
    if (what == 3 || what == 4) {
        beat->topics[0] = s(what == 3 ? "u" : "t");
        next->topics = beat->topics;
        next->topic_count = 1;
    }
    if (what == 5 && number < 2 && next->epoch >= 0)
        next->instance_id = s("i");
}

static void compare(const struct rig_beat *one, const struct rig_beat *other, uint64_t seed)
{
    const struct consumer_beat *x = &one->beat;
    const struct consumer_beat *y = &other->beat;
    cr_assert(one->ended && other->ended);
    cr_assert_eq(x->error, y->error, "seed %llu", (unsigned long long)seed);
    if (x->error != KAFKA_NONE) {
        cr_assert_str_eq(x->message, y->message);
        return;
    }
    cr_assert_eq(x->answer_epoch, y->answer_epoch, "seed %llu", (unsigned long long)seed);
    cr_assert_eq(x->assignment_said, y->assignment_said);
    cr_assert(!x->assignment_said || spots_equal(x->assignment, y->assignment));
}

static void side_init(struct side *side)
{
    rig_init(&side->rig);
    rig_topic(&side->rig, "t", 7);
    rig_topic(&side->rig, "u", 3);
    for (uint32_t i = 0; i < MEMBERS; i++) {
        rig_beat_fill(&side->beats[i], "g", members[i]);
        rig_beat(&side->rig, &side->beats[i]);
    }
    rig_write(&side->rig, 0);
}

static void side_fini(struct side *side)
{
    for (uint32_t i = 0; i < MEMBERS; i++)
        group_reply_free(&side->beats[i].beat.reply);
    rig_fini(&side->rig);
    mem_free(side);
}

static void one_round(struct side *line, struct side *single, uint64_t seed)
{
    char here[4096];
    if (any(6) == 0) {
        int32_t partitions = (int32_t)any(9) + 1;
        rig_topic(&line->rig, "t", partitions);
        rig_topic(&single->rig, "t", partitions);
    }
    for (uint32_t i = 0; i < MEMBERS; i++) {
        uint32_t what = any(16);
        draw(&line->beats[i], i, what);
        draw(&single->beats[i], i, what);
        rig_beat(&line->rig, &line->beats[i]);
        rig_beat(&single->rig, &single->beats[i]);
        rig_write(&single->rig, 0);
    }
    rig_write(&line->rig, 0);
    for (uint32_t i = 0; i < MEMBERS; i++)
        compare(&line->beats[i], &single->beats[i], seed);
    snprintf(here, sizeof here, "%s", rig_consumers(&line->rig, "g"));
    cr_assert_str_eq(rig_consumers(&single->rig, "g"), here);
    rig_replay(&line->rig, "g");
}

Test(consumer_line, a_line_gives_what_one_at_a_time_would)
{
    uint32_t writes_fewer = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct side *line = mem_alloc(sizeof *line);
        struct side *single = mem_alloc(sizeof *single);
        state = seed;
        side_init(line);
        side_init(single);
        for (unsigned i = 0; i < ROUNDS && line->rig.log_count < RIG_RECORDS_MAX / 2; i++)
            one_round(line, single, seed);
        writes_fewer += line->rig.log_count <= single->rig.log_count;
        side_fini(line);
        side_fini(single);
    }
    cr_expect_eq(writes_fewer, SEEDS);
}
