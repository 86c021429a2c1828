/* Topics that come and go: deleted ones never come back, whatever of them is still in the WAL. */
#include <stdio.h>
#include <string.h>

#include "protocol/api.h"
#include "protocol/schema/topics.h"
#include "tests/sim/scene.h"

static struct scene *begin(void)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    return s;
}

static void restart(struct scene *s)
{
    scene_crash(s);
    scene_start(s);
}

Test(catalog, a_topic_that_is_deleted_and_made_again_has_none_of_the_entries_that_were_pending)
{
    struct scene *s = begin();
    scene_flush(s);
    scene_put(s, "t", 0, 2);
    scene_put(s, "t", 0, 3);
    cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    scene_create(s, "t", 1);
    scene_expect(s, "t", 0, "");
    scene_put(s, "t", 0, 9);
    restart(s);
    scene_expect(s, "t", 0, "9");
    scene_flush(s);
    restart(s);
    scene_expect(s, "t", 0, "9");
    scene_free(s);
}

/* Its next life has the same directories, on other cores: the flush that is still at work must not
 * write into them, and its end must not take them away. */
Test(catalog, a_topic_that_is_deleted_during_a_flush_and_made_again_keeps_what_it_has)
{
    struct scene *s = scene_new(&(struct scene_options){.cores = 2});
    scene_start(s);
    for (uint32_t life = 1; life <= 6; life++) {
        scene_create(s, "t", 2);
        for (int32_t i = 0; i < 2; i++)
            scene_put(s, "t", i, life);
        scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                           .path = DATA "/t-",
                                           .number = 1,
                                           .late_ns = 20 * SECOND});
        scene_await_plan(s);
        cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
        scene_create(s, "t", 2);
        for (int32_t i = 0; i < 2; i++)
            scene_put(s, "t", i, 100 + life);
        scene_no_plan(s);
        scene_wait(s, 40 * SECOND);
        scene_crash(s);
        scene_start(s);
        char value[16];
        snprintf(value, sizeof value, "%u", 100 + life);
        for (int32_t i = 0; i < 2; i++)
            scene_expect(s, "t", i, value);
        cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    }
    scene_free(s);
}

/* Each of its files hangs for two minutes, and nobody waits for them. */
Test(catalog, changes_are_served_while_the_files_of_a_deleted_topic_hang)
{
    struct scene *s = scene_new(&(struct scene_options){.cores = 2});
    scene_start(s);
    scene_create(s, "t", 2);
    for (int32_t i = 0; i < 2; i++)
        scene_put(s, "t", i, 1);
    scene_flush(s);
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_REMOVE,
                                       .path = "-delete/",
                                       .number = 1,
                                       .from_then_on = true,
                                       .late_ns = 120 * SECOND});
    cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    scene_await_plan(s);
    scene_create(s, "u", 1);
    cr_assert_geq(scene_producer(s).id, 0);
    scene_create(s, "t", 2);
    for (int32_t i = 0; i < 2; i++)
        scene_put(s, "t", i, 2);
    scene_flush(s);
    scene_no_plan(s);
    scene_wait(s, 200 * SECOND);
    for (int32_t i = 0; i < 2; i++)
        scene_expect(s, "t", i, "2");
    restart(s);
    for (int32_t i = 0; i < 2; i++)
        scene_expect(s, "t", i, "2");
    scene_free(s);
}

Test(catalog, entries_of_ids_that_the_catalog_does_not_know_are_dropped)
{
    struct scene *s = begin();
    scene_create(s, "u", 1);
    scene_put(s, "u", 0, 1);
    scene_put(s, "t", 0, 2);
    cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    restart(s);
    scene_expect(s, "t", 0, "error 3");
    scene_expect(s, "u", 0, "1");
    cr_assert(!scene_exists(s, DATA "/t-0"));
    scene_create(s, "t", 1);
    scene_expect(s, "t", 0, "");
    scene_flush(s);
    cr_assert(!scene_exists(s, DATA "/t-0"));
    scene_free(s);
}

/* Partition 0 is core 1's, and a group of its stream says how much of the catalog it had applied.
 */
static bool put_on_core_1(struct scene *s)
{
    uint64_t before = scene_wal_last(s, 1).header.sequence;
    scene_create(s, "t", 2);
    scene_put(s, "t", 0, 1);
    struct scene_group last = scene_wal_last(s, 1);
    return last.header.sequence > before && last.header.entries > 0;
}

Test(catalog, a_catalog_that_ends_below_what_a_group_had_applied_refuses_the_start)
{
    bool met = false;
    for (uint64_t seed = 1; seed <= 16 && !met; seed++) {
        struct scene *s = scene_new(&(struct scene_options){.seed = seed, .cores = 2});
        scene_start(s);
        scene_create(s, "u", 2);
        scene_put(s, "u", 0, 1);
        scene_put(s, "u", 1, 1);
        scene_wait(s, SECOND);
        met = put_on_core_1(s);
        scene_crash(s);
        if (met) {
            /* Nothing in stream 0 proves its last group, which made the topic. */
            struct scene_group last = scene_wal_last(s, 0);
            cr_assert_gt(last.header.entries, 0);
            cr_assert_lt(last.header.catalog_offset, scene_wal_last(s, 1).header.catalog_offset);
            scene_damage(s, last.path, last.header.position, 512);
            cr_assert_eq(scene_start_refused(s), 65);
            cr_assert(scene_said(s, "but a core had applied"), "%s", scene_told(s));
        }
        scene_free(s);
    }
    cr_assert(met);
}

/* What a sweep's act was told. */
static bool acknowledged;

static void make_t(struct scene *s)
{
    scene_start(s);
    scene_create(s, "t", 1);
    scene_put(s, "t", 0, 1);
    scene_flush(s);
    scene_put(s, "t", 0, 2);
}

static void delete_t(struct scene *s)
{
    acknowledged = scene_delete(s, "t") == KAFKA_NONE;
    scene_wait(s, 2 * SECOND);
}

static void expect_no_resurrection(struct scene *s)
{
    /* What was acknowledged has lost its name for good: a start need not set it aside. */
    cr_assert(!acknowledged || !scene_exists(s, DATA "/t-0"));
    scene_start(s);
    cr_assert(!acknowledged ||
              !scene_exists(s, DATA "/t-0.00000000000000000000000000000000-stray"));
    const char *read = scene_read(s, "t", 0);
    bool gone = strcmp(read, "error 3") == 0;
    cr_assert(gone || (!acknowledged && strcmp(read, "1 2") == 0), "%s", read);
    if (!gone)
        cr_assert_eq(scene_delete(s, "t"), KAFKA_NONE);
    scene_create(s, "t", 1);
    scene_expect(s, "t", 0, "");
    scene_put(s, "t", 0, 9);
    scene_flush(s);
    restart(s);
    scene_expect(s, "t", 0, "9");
}

Test(catalog, a_deletion_may_be_interrupted_at_each_change_of_the_disk_and_nothing_comes_back)
{
    uint64_t changes = scene_sweep(
        &(struct scene_sweep){.before = make_t, .act = delete_t, .after = expect_no_resurrection});
    cr_assert_gt(changes, 5);
}

static void recreate_t(struct scene *s)
{
    acknowledged = false;
    if (scene_delete(s, "t") == KAFKA_NONE && scene_try_create(s, "t", 1) == KAFKA_NONE)
        acknowledged = scene_try_put(s, "t", 0, 7) == KAFKA_NONE;
    scene_flush(s);
}

static void expect_old_or_new(struct scene *s)
{
    static const char *const possible[] = {"1 2", "error 3", "", "7"};
    scene_start(s);
    const char *read = scene_read(s, "t", 0);
    bool found = false;
    for (int i = acknowledged ? 3 : 0; i < 4; i++)
        found = found || strcmp(read, possible[i]) == 0;
    cr_assert(found, "%s", read);
}

Test(catalog, a_topic_made_again_may_be_interrupted_anywhere_and_never_shows_the_old_records)
{
    uint64_t changes = scene_sweep(
        &(struct scene_sweep){.before = make_t, .act = recreate_t, .after = expect_old_or_new});
    cr_assert_gt(changes, 15);
}

static void start_only(struct scene *s)
{
    scene_start(s);
}

static void create_t(struct scene *s)
{
    acknowledged = scene_try_create(s, "t", 3) == KAFKA_NONE;
    scene_flush(s);
}

static void expect_t_when_acknowledged(struct scene *s)
{
    scene_start(s);
    int result = scene_try_create(s, "t", 3);
    cr_assert(result == KAFKA_TOPIC_ALREADY_EXISTS || (!acknowledged && result == KAFKA_NONE));
    for (int32_t i = 0; i < 3; i++)
        scene_put(s, "t", i, 1);
}

Test(catalog, a_topic_that_was_acknowledged_is_there_wherever_the_power_goes)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){
        .before = start_only, .act = create_t, .after = expect_t_when_acknowledged});
    cr_assert_gt(changes, 2);
}

/* Three topics of one request, two of which are a batch. */
Test(catalog, a_stop_tells_how_many_batches_there_were_and_why_each_was_closed)
{
    static const char *const settings[] = {"odradek.catalog.batch.proposals=2", NULL};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    struct create_topics_request_creatable_topic items[3];
    struct create_topics_request request;
    scene_start(s);
    message_defaults(&create_topics_request_struct, &request);
    for (uint32_t i = 0; i < 3; i++) {
        message_defaults(&create_topics_request_creatable_topic_struct, &items[i]);
        items[i].name = string_of(i == 0 ? "a" : i == 1 ? "b" : "c");
        items[i].num_partitions = 1;
        items[i].replication_factor = 1;
    }
    request.topics.items = items;
    request.topics.count = 3;
    request.timeout_ms = 60000;
    cr_assert_not_null(scene_call(s, API_CREATE_TOPICS, &request));
    scene_put(s, "a", 0, 1);
    cr_assert(scene_stop(s));
    cr_assert(scene_said(
                  s, "catalog: 4 batches of 5 proposals, 2 KiB; closed by count 1, idle 1, stop 2"),
              "%s", scene_told(s));
    cr_assert(scene_said(s, "segments: 1 flushes; begun by stop 1"), "%s", scene_told(s));
    cr_assert(scene_said(s, "WAL: "), "%s", scene_told(s));
    scene_free(s);
}
