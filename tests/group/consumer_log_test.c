/*
 * Logs that no coordinator wrote: records of both protocols in any order, with anything in them,
 * replayed; then members come, time passes, writes fail. Nothing of that may trip an assertion, and
 * what has been durable since is what a replay gives.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "base/mem.h"
#include "base/util.h"
#include "group/consumer_records.h"
#include "rig.h"

#define ROUNDS 300
#define RECORDS 60
#define OPERATIONS 40

static uint64_t state;

static uint32_t any(uint32_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(state >> 33) % below;
}

static const char *const members[] = {"a", "b", "c", "d"};
static const char *const topics[] = {"t", "u", "nowhere"};
static const char *const patterns[] = {"t", "[tu]", "(", ""};

static struct spots any_spots(struct rig *rig, struct group_reply *memory)
{
    uint32_t count = any(5);
    struct spot *items = group_reply_alloc(memory, count, sizeof *items);
    for (uint32_t i = 0; i < count; i++)
        items[i] = (struct spot){rig->topics[any(2)].id, (int32_t)any(6) - 1};
    return spots_of(items, count);
}

static void any_member(struct group_reply *memory,
                       struct consumer_group_member_metadata_value *said)
{
    message_defaults(&consumer_group_member_metadata_value_struct, said);
    said->instance_id = any(3) == 0 ? s("i") : STRING_NULL;
    said->rack_id = said->server_assignor = STRING_NULL;
    said->subscribed_topic_regex = any(2) == 0 ? s(patterns[any(4)]) : STRING_NULL;
    said->rebalance_timeout_ms = (int32_t)any(30000) - 10;
    said->subscribed_topic_names.items = group_reply_alloc(memory, 2, sizeof(struct string));
    said->subscribed_topic_names.count = (int32_t)any(3);
    for (int32_t i = 0; i < said->subscribed_topic_names.count; i++)
        said->subscribed_topic_names.items[i] = s(topics[any(3)]);
    if (any(3) != 0)
        return;
    said->classic_member_metadata =
        group_reply_alloc(memory, 1, sizeof *said->classic_member_metadata);
    message_defaults(&consumer_group_member_metadata_value_classic_member_metadata_struct,
                     said->classic_member_metadata);
    said->classic_member_metadata->session_timeout_ms = (int32_t)any(20000) - 10;
    if (any(2) == 0)
        return;
    said->classic_member_metadata->supported_protocols.items = group_reply_alloc(
        memory, 1, sizeof *said->classic_member_metadata->supported_protocols.items);
    said->classic_member_metadata->supported_protocols.count = 1;
    message_defaults(&consumer_group_member_metadata_value_classic_protocol_struct,
                     said->classic_member_metadata->supported_protocols.items);
    said->classic_member_metadata->supported_protocols.items[0].name = s("range");
    said->classic_member_metadata->supported_protocols.items[0].metadata =
        any(2) == 0 ? rig_subscription("t") : blob_of("\0\3\xff", any(4));
}

static void any_change(struct rig *rig, struct group_reply *memory, struct consumer_change *change)
{
    static const enum consumer_change_kind kinds[] = {
        CONSUMER_CLASSIC,      CONSUMER_EPOCH,  CONSUMER_MEMBER,  CONSUMER_MEMBER,
        CONSUMER_TARGET_EPOCH, CONSUMER_TARGET, CONSUMER_CURRENT, CONSUMER_PATTERN};
    *change = (struct consumer_change){.kind = kinds[any(ARRAY_LENGTH(kinds))]};
    bool pair = change->kind == CONSUMER_MEMBER || change->kind == CONSUMER_TARGET ||
                change->kind == CONSUMER_CURRENT || change->kind == CONSUMER_PATTERN;
    change->key = !pair                              ? STRING_NULL
                  : change->kind == CONSUMER_PATTERN ? s(patterns[any(4)])
                                                     : s(members[any(4)]);
    change->tombstone = change->kind == CONSUMER_CLASSIC || any(5) == 0;
    change->epoch = (int32_t)any(6) - 1;
    change->hash = any(3);
    if (change->kind == CONSUMER_MEMBER)
        any_member(memory, &change->member);
    change->target = any_spots(rig, memory);
    change->current = (struct consumer_current){
        .epoch = (int32_t)any(6) - 2,
        .previous_epoch = (int32_t)any(6) - 2,
        .state = (int8_t)(any(10) == 0 ? 127 : any(4)),
        .assigned = any_spots(rig, memory),
        .revoking = any_spots(rig, memory),
    };
    message_defaults(&consumer_group_regular_expression_value_struct, &change->pattern);
    change->pattern.topics.items = group_reply_alloc(memory, 1, sizeof(struct string));
    change->pattern.topics.items[0] = s(topics[any(3)]);
    change->pattern.topics.count = (int32_t)any(2);
}

static void load_any(struct rig *rig)
{
    struct group_reply memory = {0};
    struct consumer_change change;
    struct group_record record;
    struct group_record_read read;
    struct arena arena;
    any_change(rig, &memory, &change);
    consumer_record_write(&memory, s("g"), &change, &record);
    arena_init(&arena, rig->region, MIB);
    cr_assert_eq(group_record_decode(record.key, record.value, &arena, &read), 0);
    groups_load(&rig->groups, &read);
    arena_reset(&arena);
    group_reply_free(&memory);
}

/* One write, whose line is the next one, or all. */
static void write_some(struct rig *rig, int result)
{
    if (any(2) == 0)
        rig_write(rig, result);
    else
        rig_write_one(rig, result);
}

static void operate(struct rig *rig, struct rig_beat *beats, struct rig_join *join)
{
    struct rig_beat *beat = &beats[any(4)];
    uint32_t what = any(10);
    if (what == 0)
        rig_topic(rig, topics[any(2)], (int32_t)any(5) + 1);
    else if (what == 1)
        rig_wait(rig, any(50000));
    else if (what == 2 && join->ended) {
        struct string id = any(2) == 0 ? s("") : s(members[any(4)]);
        group_reply_free(&join->join.reply);
        rig_join_fill(join, "g", id);
        rig_join(rig, join);
    } else if (what == 3) {
        struct group_leaver leaver = {s(members[any(4)]), STRING_NULL, 0};
        (void)groups_leave(&rig->groups, s("g"), &leaver, 1);
    } else if (what < 9 && beat->ended) {
        group_reply_free(&beat->beat.reply);
        rig_beat_fill(beat, "g", members[any(4)]);
        beat->beat.epoch = (int32_t)any(6) - 2;
        if (beat->beat.epoch == 0)
            beat->beat.pattern = any(3) == 0 ? s(patterns[any(4)]) : STRING_NULL;
        if (beat->beat.epoch < 0)
            beat->beat.instance_id = any(2) == 0 ? s("i") : STRING_NULL;
        rig_beat(rig, beat);
    } else {
        write_some(rig, any(8) == 0 ? ERR_OFFLINE : 0);
    }
}

static void one_round(uint64_t seed)
{
    struct rig *rig = mem_alloc(sizeof *rig);
    struct rig_beat beats[4];
    struct rig_join join;
    state = seed;
    rig_init(rig);
    rig_topic(rig, "t", 4);
    rig_topic(rig, "u", 2);
    rig_join_fill(&join, "g", s(""));
    join.ended = true;
    for (unsigned i = 0; i < 4; i++) {
        rig_beat_fill(&beats[i], "g", members[i]);
        beats[i].ended = true;
    }
    rig_begin_load(rig);
    for (unsigned i = 0; i < RECORDS; i++)
        load_any(rig);
    groups_loaded(&rig->groups);
    for (unsigned i = 0; i < OPERATIONS; i++)
        operate(rig, beats, &join);
    groups_close(&rig->groups);
    rig_write(rig, ERR_NOT_FOUND);
    for (unsigned i = 0; i < 4; i++) {
        cr_assert(beats[i].ended, "seed %llu: a heartbeat has no answer", (unsigned long long)seed);
        group_reply_free(&beats[i].beat.reply);
    }
    rig_join_free(&join);
    rig_fini(rig);
    mem_free(rig);
}

Test(consumer_log, any_log_is_lived_with)
{
    for (uint64_t seed = 1; seed <= ROUNDS; seed++)
        one_round(seed);
}

/* From an empty log: what members, time and a failing disk make of it. */
Test(consumer_log, what_is_durable_is_what_a_replay_gives)
{
    for (uint64_t seed = 1; seed <= ROUNDS / 3; seed++) {
        struct rig *rig = mem_alloc(sizeof *rig);
        struct rig_beat beats[4];
        state = seed;
        rig_init(rig);
        rig_topic(rig, "t", 4);
        rig_topic(rig, "u", 2);
        for (unsigned i = 0; i < 4; i++) {
            rig_beat_fill(&beats[i], "g", members[i]);
            rig_beat(rig, &beats[i]);
        }
        for (unsigned i = 0; i < OPERATIONS; i++) {
            struct rig_beat *beat = &beats[any(4)];
            if (any(6) == 0)
                rig_wait(rig, any(30000));
            write_some(rig, any(6) == 0 ? ERR_OFFLINE : 0);
            rig_replay(rig, "g");
            if (!beat->ended)
                continue;
            if (beat->beat.error != KAFKA_NONE || beat->beat.epoch < 0) {
                group_reply_free(&beat->beat.reply);
                rig_beat_fill(beat, "g", members[beat - beats]);
            } else {
                rig_beat_next(beat);
                if (any(8) == 0)
                    beat->beat.epoch = CONSUMER_EPOCH_LEAVE;
            }
            rig_beat(rig, beat);
        }
        rig_write(rig, 0);
        rig_replay(rig, "g");
        groups_close(&rig->groups);
        rig_write(rig, ERR_NOT_FOUND);
        for (unsigned i = 0; i < 4; i++)
            group_reply_free(&beats[i].beat.reply);
        rig_fini(rig);
        mem_free(rig);
    }
}

/* Compacted logs. */

static bool is_replaced(const struct rig *rig, uint32_t at)
{
    struct blob key = rig->log[at].record.key;
    for (uint32_t i = at + 1; i < rig->log_count; i++)
        if (bytes_equal(blob_bytes(key), blob_bytes(rig->log[i].record.key)))
            return true;
    return false;
}

/* Of each key the last record stays, and no tombstone. */
static void compact(struct rig *rig)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < rig->log_count; i++) {
        struct rig_record one = rig->log[i];
        if (is_replaced(rig, i) || one.record.value.data == NULL)
            mem_free(one.bytes);
        else
            rig->log[kept++] = one;
    }
    rig->log_count = kept;
}

/* Who named it first has left: nothing of the group stands before it any more. */
Test(consumer_log, a_pattern_that_a_compacted_log_begins_with_is_kept)
{
    struct rig *rig = mem_alloc(sizeof *rig);
    struct rig_beat a;
    struct rig_beat b;
    rig_init(rig);
    rig_topic(rig, "t", 2);
    rig_topic(rig, "u", 1);
    rig_beat_fill(&a, "g", "a");
    rig_beat_fill(&b, "g", "b");
    a.beat.topics = b.beat.topics = NULL;
    a.beat.pattern = b.beat.pattern = s("[tu]");
    rig_beat_is(rig, &a, KAFKA_NONE);
    rig_beat_is(rig, &b, KAFKA_NONE);
    rig_beat_fill(&a, "g", "a");
    a.beat.epoch = CONSUMER_EPOCH_LEAVE;
    rig_beat_is(rig, &a, KAFKA_NONE);
    rig_beat_is(rig, &b, KAFKA_NONE);
    cr_assert_eq(b.beat.assignment.count, 3);
    compact(rig);
    rig_restart(rig);
    rig_topic(rig, "u", 3);
    rig_beat_is(rig, &b, KAFKA_NONE);
    cr_assert_eq(b.beat.assignment.count, 5);
    rig_fini(rig);
    mem_free(rig);
}
