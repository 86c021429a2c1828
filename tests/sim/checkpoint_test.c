/* The order of a flush: segments, leader epochs, the checkpoint, and only then the WAL's files. */
#include <stdio.h>
#include <string.h>

#include "tests/sim/scene.h"

/* What a sweep's act was told, for what comes after it. */
static struct {
    struct scene_producer producer;
    int32_t next;
} told;

static struct scene_ack put_in_sequence(struct scene *s, uint32_t bytes)
{
    struct scene_batch batch = {.topic = "t",
                                .value = (uint32_t)told.next + 1,
                                .bytes = bytes,
                                .as = &told.producer,
                                .sequence = told.next};
    struct scene_ack ack = scene_produce(s, batch);
    told.next += ack.error == KAFKA_NONE;
    return ack;
}

static void make(struct scene *s, uint32_t count, uint32_t bytes)
{
    scene_start(s);
    scene_create(s, "t", 1);
    told.producer = scene_producer(s);
    told.next = 0;
    for (uint32_t i = 0; i < count; i++)
        cr_assert_eq(put_in_sequence(s, bytes).offset, i);
}

/* Everything is there once, in order, the producer is known, and goes on. */
static void expect_all(struct scene *s)
{
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to((uint32_t)told.next));
    struct scene_batch again = {.topic = "t",
                                .value = (uint32_t)told.next,
                                .as = &told.producer,
                                .sequence = told.next - 1};
    cr_assert_eq(scene_produce(s, again).offset, told.next - 1, "a duplicate");
    cr_assert_eq(put_in_sequence(s, 0).offset, told.next - 1);
    scene_flush(s);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to((uint32_t)told.next));
}

static void make_few(struct scene *s)
{
    make(s, 6, 0);
}

static void make_flushed_and_few(struct scene *s)
{
    make(s, 6, 0);
    scene_flush(s);
    cr_assert_eq(put_in_sequence(s, 0).error, KAFKA_NONE);
    cr_assert_eq(put_in_sequence(s, 0).error, KAFKA_NONE);
}

Test(checkpoint, the_power_may_go_at_each_step_of_the_first_flush_of_a_topic)
{
    uint64_t changes = scene_sweep(
        &(struct scene_sweep){.before = make_few, .act = scene_flush, .after = expect_all});
    cr_assert_gt(changes, 15);
}

Test(checkpoint, the_power_may_go_at_each_step_of_a_later_flush)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .before = make_flushed_and_few, .act = scene_flush, .after = expect_all});
    cr_assert_gt(changes, 3);
}

static const char *const small_segments[] = {"log.segment.bytes=1048576", NULL};

static void make_two_segments(struct scene *s)
{
    make(s, 3, 600000);
}

Test(checkpoint, the_power_may_go_at_each_step_of_a_flush_that_rolls_segments)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){.options = {.settings = small_segments},
                                                         .before = make_two_segments,
                                                         .act = scene_flush,
                                                         .after = expect_all});
    cr_assert_gt(changes, 20);
}

/* More than the WAL's first file, so that the flush recycles it. */
static void make_two_wal_files(struct scene *s)
{
    make(s, 3, 900000);
    cr_assert(scene_exists(s, DATA "/.odradek-wal-0-1"));
}

static void flush_and_recycle(struct scene *s)
{
    scene_flush(s);
    if (sim_host_up(scene_host(s)))
        cr_assert(!scene_exists(s, DATA "/.odradek-wal-0-0"), "its place was needed");
}

Test(checkpoint, the_power_may_go_at_each_step_before_and_behind_the_recycling_of_a_wal_file)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){.path = "/.odradek",
                                                         .before = make_two_wal_files,
                                                         .act = flush_and_recycle,
                                                         .after = expect_all});
    cr_assert_gt(changes, 4);
}

Test(checkpoint, a_wal_file_is_not_recycled_while_no_checkpoint_can_be_written)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make_two_wal_files(s);
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_CHANGE, .path = CHECKPOINTS, .number = 1, .from_then_on = true});
    scene_await_plan(s);
    scene_wait(s, 20 * SECOND);
    cr_assert(scene_exists(s, DATA "/.odradek-wal-0-0"));
    scene_expect(s, "t", 0, "1 2 3");
    scene_crash(s);
    expect_all(s);
    scene_free(s);
}

static const char *const slots[] = {CHECKPOINTS "0-0", CHECKPOINTS "0-1"};

static int newest_slot(struct scene *s)
{
    uint8_t numbers[2][8];
    for (int i = 0; i < 2; i++)
        scene_read_file(s, slots[i], numbers[i], sizeof numbers[i], 20);
    return memcmp(numbers[1], numbers[0], sizeof numbers[0]) > 0;
}

/* The process ends while the newest slot is made durable; of it nothing good is left. */
static void end_in_a_checkpoint(struct scene *s)
{
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_SYNC, .path = CHECKPOINTS, .number = 1, .late_ns = 5 * SECOND});
    scene_await_plan(s);
    scene_kill(s);
    const char *path = slots[newest_slot(s)];
    scene_damage(s, path, 0, scene_size(s, path));
}

Test(checkpoint, a_torn_slot_leaves_the_other_one_and_nothing_is_lost)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make_flushed_and_few(s);
    end_in_a_checkpoint(s);
    expect_all(s);
    cr_assert_eq(put_in_sequence(s, 0).error, KAFKA_NONE);
    end_in_a_checkpoint(s);
    expect_all(s);
    scene_free(s);
}

Test(checkpoint, slots_are_written_in_turn)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make_flushed_and_few(s);
    scene_flush(s);
    for (int i = 0; i < 4; i++) {
        int before = newest_slot(s);
        cr_assert_eq(put_in_sequence(s, 0).error, KAFKA_NONE);
        scene_flush(s);
        cr_assert_eq(newest_slot(s), 1 - before);
    }
    scene_free(s);
}

Test(checkpoint, with_both_slots_damaged_the_start_is_refused_and_nothing_is_changed)
{
    uint8_t kept[2][64];
    struct scene *s = scene_new(&(struct scene_options){0});
    make_flushed_and_few(s);
    scene_flush(s);
    scene_crash(s);
    for (int i = 0; i < 2; i++) {
        scene_read_file(s, slots[i], kept[i], sizeof kept[i], 0);
        scene_damage(s, slots[i], 0, sizeof kept[i]);
    }
    cr_assert_eq(scene_start_refused(s), 65);
    cr_assert_eq(scene_start_refused(s), 65);
    for (int i = 0; i < 2; i++)
        scene_write(s, slots[i], kept[i], sizeof kept[i], 0);
    expect_all(s);
    scene_free(s);
}

Test(checkpoint, a_lost_leader_epoch_file_comes_back)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make_flushed_and_few(s);
    scene_flush(s);
    scene_crash(s);
    scene_remove(s, DATA "/t-0/leader-epoch-checkpoint");
    expect_all(s);
    cr_assert(scene_stop(s));
    cr_assert(scene_exists(s, DATA "/t-0/leader-epoch-checkpoint"));
    scene_free(s);
}

Test(checkpoint, kafkas_checkpoint_files_lost_behind_a_clean_stop_are_rebuilt_from_the_batches)
{
    static const char *const files[] = {
        DATA "/recovery-point-offset-checkpoint",  DATA "/replication-offset-checkpoint",
        DATA "/log-start-offset-checkpoint",       DATA "/t-0/leader-epoch-checkpoint",
        DATA "/t-0/00000000000000000008.snapshot", DATA "/t-0/00000000000000000000.index",
        DATA "/t-0/00000000000000000000.timeindex"};
    struct scene *s = scene_new(&(struct scene_options){0});
    make_flushed_and_few(s);
    cr_assert(scene_stop(s));
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        scene_remove(s, files[i]);
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to(8));
    cr_assert_eq(put_in_sequence(s, 0).offset, 8);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, scene_count_to(9));
    scene_free(s);
}

/* Producer state between clean stops: the last five batches, from checkpoint and WAL together. */
Test(checkpoint, each_of_a_producers_last_five_batches_is_known_after_a_crash)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    make(s, 4, 0);
    scene_flush(s);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(put_in_sequence(s, 0).error, KAFKA_NONE);
    scene_crash(s);
    scene_start(s);
    for (int32_t i = 2; i < 7; i++) {
        struct scene_batch again = {
            .topic = "t", .value = (uint32_t)i + 1, .as = &told.producer, .sequence = i};
        struct scene_ack ack = scene_produce(s, again);
        cr_assert_eq(ack.error, KAFKA_NONE);
        cr_assert_eq(ack.offset, i);
    }
    struct scene_batch gap = {.topic = "t", .value = 9, .as = &told.producer, .sequence = 9};
    cr_assert_eq(scene_produce(s, gap).error, KAFKA_OUT_OF_ORDER_SEQUENCE_NUMBER);
    scene_crash(s);
    expect_all(s);
    scene_free(s);
}
