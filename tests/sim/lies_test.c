/* A disk that lies: lost, misdirected and corrupted writes that it called good. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/sim/scene.h"

#define LOG DATA "/t-0/00000000000000000000.log"

static struct scene *begin(void)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "t", 1);
    scene_create(s, "u", 1);
    scene_put(s, "t", 0, 1);
    scene_put(s, "u", 0, 1);
    scene_wait(s, SECOND);
    return s;
}

/* 2 is acknowledged and the disk has not got it; 3 proves that. */
static void refuses_after(enum sim_lie lie)
{
    struct scene *s = begin();
    char where[256];
    struct scene_group before = scene_wal_last(s, 0);
    scene_plan(s, (struct sim_failure){
                      .kind = SIM_DISK_WRITE, .path = WAL_FILES(0), .number = 1, .lie = lie});
    scene_put(s, "t", 0, 2);
    cr_assert_eq(sim_disk_failure_seen(scene_host(s)), 1);
    scene_put(s, "t", 0, 3);
    scene_crash(s);
    cr_assert_eq(scene_start_refused(s), 65);
    snprintf(where, sizeof where, "%s is damaged at byte %llu", before.path,
             (unsigned long long)(before.header.position + before.header.len));
    cr_assert(scene_said(s, where), "wanted: %s\n%s", where, scene_told(s));
    scene_free(s);
}

Test(lies, a_lost_wal_write_that_was_acknowledged_refuses_the_start)
{
    refuses_after(SIM_LOST);
}

Test(lies, a_misdirected_wal_write_refuses_the_start)
{
    refuses_after(SIM_MISDIRECTED);
}

Test(lies, a_corrupted_wal_write_refuses_the_start)
{
    refuses_after(SIM_CORRUPTED);
}

/* Four batches are in the segment; how the fifth went the disk has lied about. */
static struct scene *flush_a_lie(enum sim_lie lie)
{
    struct scene *s = begin();
    for (uint32_t i = 2; i <= 4; i++) {
        struct scene_batch batch = {.topic = "t", .value = i, .bytes = 3000};
        cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    }
    scene_flush(s);
    scene_plan(s,
               (struct sim_failure){.kind = SIM_DISK_WRITE, .path = LOG, .number = 1, .lie = lie});
    struct scene_batch batch = {.topic = "t", .value = 5, .bytes = 3000};
    cr_assert_eq(scene_produce(s, batch).error, KAFKA_NONE);
    scene_flush(s);
    cr_assert_eq(sim_disk_failure_seen(scene_host(s)), 1);
    return s;
}

/* Whatever is served is true; the rest is an error, of this partition only. */
static void expect_nothing_wrong(struct scene *s)
{
    for (int64_t from = 0; from < 5; from++) {
        int64_t next = from + 1;
        const char *read = scene_read_from(s, "t", 0, from);
        for (; *read >= '0' && *read <= '9'; read += *read == ' ')
            cr_assert_eq(strtoll(read, (char **)(uintptr_t)&read, 10), next++);
        cr_assert(*read == '\0' ? next == 6 : strncmp(read, "error ", 6) == 0, "%s", read);
    }
    scene_expect(s, "u", 0, "1");
    scene_put(s, "u", 0, 2);
}

static void serves_nothing_wrong_after(enum sim_lie lie)
{
    struct scene *s = flush_a_lie(lie);
    expect_nothing_wrong(s);
    scene_crash(s);
    scene_start(s);
    cr_assert(strstr(scene_read(s, "t", 0), "error") != NULL, "5 is not there");
    scene_read(s, "u", 0);
    scene_crash(s);
    scene_start(s);
    cr_assert(strstr(scene_read(s, "t", 0), "error") != NULL);
    scene_expect(s, "u", 0, "1 2");
    scene_free(s);
}

Test(lies, a_lost_segment_write_is_never_served_as_something_else)
{
    serves_nothing_wrong_after(SIM_LOST);
}

Test(lies, a_misdirected_segment_write_is_never_served_as_something_else)
{
    serves_nothing_wrong_after(SIM_MISDIRECTED);
}

Test(lies, a_corrupted_segment_write_is_never_served)
{
    serves_nothing_wrong_after(SIM_CORRUPTED);
}

Test(lies, a_corrupted_checkpoint_falls_back_to_the_slot_before_it)
{
    struct scene *s = begin();
    scene_flush(s);
    scene_put(s, "t", 0, 2);
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_WRITE, .path = CHECKPOINTS, .number = 1, .lie = SIM_CORRUPTED});
    scene_flush(s);
    cr_assert_eq(sim_disk_failure_seen(scene_host(s)), 1);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "t", 0, "1 2");
    scene_expect(s, "u", 0, "1");
    scene_free(s);
}
