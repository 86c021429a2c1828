/* The catalog's log stays short: snapshots while it grows, and nothing is missing wherever the
 * power goes meanwhile. */
#include <stdio.h>
#include <string.h>

#include "broker/catalog/catalog_files.h"
#include "tests/sim/scene.h"

#define CATALOG DATA "/" CATALOG_DIRECTORY
#define FIRST_SEGMENT CATALOG "/00000000000000000000.log"
#define TOPICS 4

static const char *const short_log[] = {
    "metadata.log.max.record.bytes.between.snapshots=1",
    "internal.metadata.log.segment.bytes=1",
    "metadata.max.retention.bytes=1",
    NULL,
};

/* What the sweep's act was told. */
static uint32_t created;

static void make(struct scene *s, uint32_t number)
{
    char name[16];
    snprintf(name, sizeof name, "t%u", number);
    scene_create(s, name, 1);
    scene_flush(s);
}

static void expect_topics(struct scene *s, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", i);
        cr_assert_eq(scene_try_create(s, name, 1), KAFKA_TOPIC_ALREADY_EXISTS, "%s", name);
    }
}

Test(catalog_keeping, what_a_snapshot_stands_for_leaves_the_disk)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = short_log});
    scene_start(s);
    for (uint32_t i = 0; i < TOPICS; i++)
        make(s, i);
    cr_assert(!scene_exists(s, FIRST_SEGMENT));
    scene_crash(s);
    scene_start(s);
    expect_topics(s, TOPICS);
    cr_assert(scene_stop(s));
    scene_start(s);
    expect_topics(s, TOPICS);
    scene_free(s);
}

Test(catalog_keeping, without_a_limit_in_reach_everything_stays)
{
    static const char *const settings[] = {"metadata.log.max.record.bytes.between.snapshots=1",
                                           "internal.metadata.log.segment.bytes=1", NULL};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    scene_start(s);
    for (uint32_t i = 0; i < TOPICS; i++)
        make(s, i);
    cr_assert(scene_exists(s, FIRST_SEGMENT));
    scene_free(s);
}

Test(catalog_keeping, a_change_is_in_a_snapshot_when_the_interval_is_over_and_an_old_one_goes)
{
    static const char *const settings[] = {"metadata.log.max.snapshot.interval.ms=60000",
                                           "internal.metadata.log.segment.bytes=1",
                                           "metadata.max.retention.ms=150000", NULL};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    scene_start(s);
    make(s, 0);
    scene_wait(s, 70 * SECOND);
    make(s, 1);
    cr_assert(scene_exists(s, FIRST_SEGMENT));
    scene_wait(s, 70 * SECOND);
    cr_assert(scene_exists(s, FIRST_SEGMENT), "the snapshot of it is not so old yet");
    make(s, 2);
    scene_wait(s, 70 * SECOND);
    cr_assert(!scene_exists(s, FIRST_SEGMENT));
    scene_crash(s);
    scene_start(s);
    expect_topics(s, 3);
    scene_free(s);
}

static void begin(struct scene *s)
{
    created = 0;
    scene_start(s);
    make(s, created++);
}

static void grow(struct scene *s)
{
    for (uint32_t i = 0; i < 2; i++) {
        char name[16];
        snprintf(name, sizeof name, "t%u", created);
        if (scene_try_create(s, name, 1) != KAFKA_NONE)
            return;
        created++;
        scene_flush(s);
    }
}

static void expect_all(struct scene *s)
{
    scene_start(s);
    expect_topics(s, created);
    for (uint32_t i = 0; i < 3; i++)
        make(s, TOPICS + i);
    cr_assert(!scene_exists(s, FIRST_SEGMENT), "what was cut short is done");
    cr_assert(scene_stop(s));
    scene_start(s);
    expect_topics(s, created);
}

Test(catalog_keeping, the_power_may_go_at_each_step_of_a_snapshot_and_of_what_it_makes_superfluous)
{
    uint64_t changes = scene_sweep(&(struct scene_sweep){.options = {.settings = short_log},
                                                         .stride = 3,
                                                         .before = begin,
                                                         .act = grow,
                                                         .after = expect_all});
    cr_assert_gt(changes, 20);
}

/* A damaged snapshot above the newest whole one must not cost the log what only it could give. */
Test(catalog_keeping, a_start_after_a_lost_snapshot_reads_the_log_again)
{
    static const char *const settings[] = {"metadata.log.max.record.bytes.between.snapshots=1",
                                           NULL};
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    scene_start(s);
    make(s, 0);
    make(s, 1);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_WRITE, .path = ".checkpoint", .number = 1, .error = ERR_IO});
    make(s, 2);
    scene_no_plan(s);
    cr_assert(scene_said(s, "no snapshot of the catalog could be written"), "%s", scene_told(s));
    scene_crash(s);
    scene_start(s);
    expect_topics(s, 3);
    scene_free(s);
}
