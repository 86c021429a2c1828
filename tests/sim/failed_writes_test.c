/* WAL writes that fail: once, again and again, and with others behind them. */
#include <string.h>

#include "tests/sim/scene.h"

static struct scene *begin(void)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_wait(s, SECOND);
    return s;
}

/* The next WAL write fails, which is in flight for 20 ms when this returns. */
static void send_and_fail(struct scene *s, uint32_t value)
{
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1});
    scene_send(s, (struct scene_batch){.topic = "t", .value = value});
    scene_await_plan(s);
}

static void crash_and_expect(struct scene *s, const char *values)
{
    scene_expect(s, "t", 0, values);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, values);
}

Test(failed_writes, a_failed_or_short_write_is_repeated_in_a_new_life_and_its_file_is_deleted)
{
    enum sim_landing landings[] = {SIM_LAND_NOTHING, SIM_LAND_PREFIX, SIM_LAND_TORN};
    for (int i = 0; i < 3; i++) {
        struct scene *s = begin();
        struct scene_group before = scene_wal_last(s, 0);
        scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                           .path = WAL_FILES(0),
                                           .number = 1,
                                           .landing = landings[i]});
        scene_put(s, "t", 0, 2);
        cr_assert(scene_said(s, "writing again to another file"));
        struct scene_group after = scene_wal_last(s, 0);
        cr_assert_gt(after.header.life, before.header.life);
        cr_assert_str_neq(after.path, before.path);
        scene_put(s, "t", 0, 3);
        /* What it holds is needed until it is flushed; then it is not used again. */
        scene_flush(s);
        cr_assert(!scene_exists(s, before.path));
        crash_and_expect(s, "1 2 3");
        scene_free(s);
    }
}

static void put_more_than_the_first_file(struct scene *s, uint32_t from)
{
    for (uint32_t i = from; i < from + 3; i++) {
        struct scene_batch batch = {.topic = "t", .value = i, .bytes = 900000};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
}

Test(failed_writes, a_file_in_which_a_write_failed_is_deleted_and_never_recycled)
{
    struct scene *s = begin();
    put_more_than_the_first_file(s, 2);
    scene_wait(s, SECOND);
    struct scene_group before = scene_wal_last(s, 0);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1});
    scene_put(s, "t", 0, 5);
    cr_assert(scene_said(s, "writing again to another file"));
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_RENAME, .path = before.path, .number = 1});
    scene_flush(s);
    cr_assert(!scene_exists(s, before.path));
    for (uint32_t i = 6; i < 15; i += 3)
        put_more_than_the_first_file(s, i);
    cr_assert_eq(sim_disk_failure_seen(scene_host(s)), 0, "it took another file's name");
    crash_and_expect(s, scene_count_to(14));
    scene_free(s);
}

Test(failed_writes, a_write_that_succeeded_behind_a_failed_one_is_written_again_too)
{
    struct scene *s = begin();
    uint64_t life = scene_wal_last(s, 0).header.life;
    send_and_fail(s, 2);
    scene_send(s, (struct scene_batch){.topic = "t", .value = 3});
    cr_assert_eq(scene_answered(s).offset, 1);
    cr_assert_eq(scene_answered(s).offset, 2);
    const struct scene_groups *groups = scene_wal(s, 0);
    uint32_t twice = 0;
    uint64_t last = 0;
    for (uint32_t i = 0; i < groups->count; i++)
        if (groups->items[i].header.entries > 0)
            last = groups->items[i].header.sequence;
    for (uint32_t i = 0; i < groups->count; i++) {
        const struct wal_group_header *h = &groups->items[i].header;
        twice += h->sequence == last;
        cr_assert(h->sequence + 1 != last || h->life > life, "2 is in the new life alone");
    }
    cr_assert_eq(twice, 2, "3 is in the old life and in the new one");
    crash_and_expect(s, "1 2 3");
    scene_free(s);
}

static void fail_and_succeed_behind_it(struct scene *s)
{
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    uint64_t writes = sim_disk_count(scene_host(s), SIM_DISK_WRITE);
    sim_disk(scene_host(s))->write_error = SIM_ALWAYS;
    scene_send(s, (struct scene_batch){.topic = "t", .value = 2});
    while (sim_disk_count(scene_host(s), SIM_DISK_WRITE) == writes)
        scene_wait(s, MS);
    sim_disk(scene_host(s))->write_error = 0;
    scene_send(s, (struct scene_batch){.topic = "t", .value = 3});
}

static int acknowledged;

static void create_t_with_1(struct scene *s)
{
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_wait(s, SECOND);
}

static void put_2_and_3_through_a_failure(struct scene *s)
{
    acknowledged = 1;
    fail_and_succeed_behind_it(s);
    for (int i = 0; i < 2; i++)
        acknowledged += scene_answered(s).error == KAFKA_NONE;
    scene_wait(s, SECOND);
}

/* The prefix that was acknowledged, at least. */
static void expect_a_prefix_with_all_acknowledged(struct scene *s)
{
    scene_start(s);
    const char *read = scene_read(s, "t", 0);
    int count = ((int)strlen(read) + 1) / 2;
    cr_assert_geq(count, acknowledged, "%s", read);
    cr_assert_str_eq(read, scene_count_to((uint32_t)count));
    cr_assert_eq(scene_put(s, "t", 0, 9), count);
}

Test(failed_writes, the_power_may_go_at_every_step_of_a_new_life_behind_a_failed_write)
{
    uint64_t changes =
        scene_sweep(&(struct scene_sweep){.before = create_t_with_1,
                                          .act = put_2_and_3_through_a_failure,
                                          .after = expect_a_prefix_with_all_acknowledged});
    cr_assert_gt(changes, 5);
}

/* Every write to the WAL fails from now on, and the stream is found to be offline. */
static void go_offline(struct scene *s)
{
    scene_plan(
        s, (struct sim_failure){
               .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .from_then_on = true});
}

Test(failed_writes, a_failed_rewrite_answers_56_and_rolls_everything_back_in_one_step)
{
    struct scene *s = begin();
    struct scene_producer p = scene_producer(s);
    scene_wait(s, SECOND);
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    go_offline(s);
    scene_send(s, (struct scene_batch){.topic = "t", .value = 2, .as = &p, .sequence = 0});
    scene_send(s, (struct scene_batch){.topic = "t", .value = 3, .as = &p, .sequence = 1});
    scene_send(s, (struct scene_batch){.topic = "t", .value = 4});
    for (int i = 0; i < 3; i++)
        cr_assert_eq(scene_answered(s).error, KAFKA_KAFKA_STORAGE_ERROR);
    scene_expect(s, "t", 0, "1");
    cr_assert_eq(scene_try_put(s, "t", 0, 5), KAFKA_KAFKA_STORAGE_ERROR, "offline");

    /* Log end and producer are where they were: the same sequence is taken, at the next offset. */
    scene_no_plan(s);
    scene_wait(s, 10 * SECOND);
    cr_assert(scene_said(s, "the WAL is writable again"));
    struct scene_ack ack =
        scene_produce(s, (struct scene_batch){.topic = "t", .value = 6, .as = &p, .sequence = 0});
    cr_assert_eq(ack.error, KAFKA_NONE);
    cr_assert_eq(ack.offset, 1);
    crash_and_expect(s, "1 6");
    scene_free(s);
}

Test(failed_writes, a_half_open_probe_begins_with_an_empty_group_of_a_new_life)
{
    struct scene *s = begin();
    struct scene_group before = scene_wal_last(s, 0);
    go_offline(s);
    cr_assert_eq(scene_try_put(s, "t", 0, 2), KAFKA_KAFKA_STORAGE_ERROR);
    scene_no_plan(s);
    scene_wait(s, 10 * SECOND);
    const struct scene_groups *groups = scene_wal(s, 0);
    const struct wal_group_header *first = NULL;
    for (uint32_t i = 0; first == NULL && i < groups->count; i++)
        if (groups->items[i].header.sequence > before.header.sequence)
            first = &groups->items[i].header;
    cr_assert(first != NULL && first->entries == 0 && first->life > before.header.life);
    cr_assert_eq(first->position, 0);
    scene_put(s, "t", 0, 3);
    crash_and_expect(s, "1 3");
    scene_free(s);
}

Test(failed_writes, a_duplicate_waits_for_its_original_and_is_answered_with_its_offset)
{
    struct scene *s = begin();
    struct scene_producer p = scene_producer(s);
    scene_wait(s, SECOND);
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .late_ns = SECOND});
    struct scene_batch batch = {.topic = "t", .value = 2, .as = &p, .sequence = 0};
    scene_send(s, batch);
    scene_wait(s, MS);
    /* On a connection of its own: on one answers keep their order. */
    scene_use(s, 1);
    scene_send(s, batch);
    scene_wait(s, 500 * MS);
    cr_assert(!scene_has_answer(s), "not before its original is durable");
    for (unsigned client = 0; client < 2; client++) {
        scene_use(s, client);
        struct scene_ack ack = scene_answered(s);
        cr_assert_eq(ack.error, KAFKA_NONE);
        cr_assert_eq(ack.offset, 1);
    }
    crash_and_expect(s, "1 2");
    scene_free(s);
}

Test(failed_writes, a_duplicate_fails_with_its_original)
{
    struct scene *s = begin();
    struct scene_producer p = scene_producer(s);
    scene_wait(s, SECOND);
    sim_disk(scene_host(s))->write_ns = (struct sim_range){20 * MS, 20 * MS};
    go_offline(s);
    struct scene_batch batch = {.topic = "t", .value = 2, .as = &p, .sequence = 0};
    scene_send(s, batch);
    scene_send(s, batch);
    cr_assert_eq(scene_answered(s).error, KAFKA_KAFKA_STORAGE_ERROR);
    cr_assert_eq(scene_answered(s).error, KAFKA_KAFKA_STORAGE_ERROR);
    crash_and_expect(s, "1");
    cr_assert_eq(scene_produce(s, batch).offset, 1);
    scene_free(s);
}

/* 56 does not promise absence, but what is there is whole, and in order. */
Test(failed_writes, what_was_answered_56_is_there_whole_or_not_at_all_after_a_crash)
{
    for (uint64_t seed = 1; seed <= 10; seed++) {
        struct scene *s = scene_new(&(struct scene_options){.seed = seed});
        create_t_with_1(s);
        scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                           .path = WAL_FILES(0),
                                           .number = 1,
                                           .from_then_on = true,
                                           .landing = SIM_LAND_TORN});
        struct scene_batch batch = {.topic = "t", .value = 2, .bytes = 3000};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_KAFKA_STORAGE_ERROR);
        scene_crash(s);
        scene_start(s);
        scene_expect(s, "t", 0, "1");
        scene_free(s);
    }
}
