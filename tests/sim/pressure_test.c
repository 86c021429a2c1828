/* A WAL that fills up: what cannot be flushed is logged again, and only past its share refused. */
#include <string.h>

#include "tests/sim/scene.h"

#define BIG 900000

static const char *const settings[] = {"odradek.wal.max.bytes=33554432", NULL};

/* Nothing can be written to the sick partition's directory. */
static struct scene *begin(void)
{
    struct scene *s = scene_new(&(struct scene_options){.settings = settings});
    scene_start(s);
    scene_create(s, "sick", 1);
    scene_create(s, "well", 1);
    scene_plan(s,
               (struct sim_failure){
                   .kind = SIM_DISK_CHANGE, .path = "/sick-0", .number = 1, .from_then_on = true});
    return s;
}

static int put_big(struct scene *s, const char *topic, uint32_t value)
{
    return scene_produce(s, (struct scene_batch){.topic = topic, .value = value, .bytes = BIG})
        .error;
}

Test(pressure, what_cannot_be_flushed_is_logged_again_and_the_wal_goes_on_past_it)
{
    struct scene *s = begin();
    scene_put(s, "sick", 0, 1);
    scene_put(s, "sick", 0, 2);
    for (uint32_t i = 1; i <= 60; i++)
        cr_assert_eq(put_big(s, "well", i), KAFKA_NONE);
    cr_assert(!scene_exists(s, DATA "/.odradek-wal-0-0"), "where they were first");
    scene_expect(s, "sick", 0, "1 2");
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "sick", 0, "1 2");
    cr_assert_str_eq(scene_read_from(s, "well", 0, 57), "58 59 60");
    scene_flush(s);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "sick", 0, "1 2");
    scene_free(s);
}

Test(pressure, past_its_share_the_log_directory_refuses_until_it_can_be_written)
{
    struct scene *s = begin();
    uint32_t sick = 0;
    uint32_t well = 0;
    while (sick < 8)
        cr_assert_eq(put_big(s, "sick", ++sick), KAFKA_NONE);
    int error = KAFKA_NONE;
    while (well < 60 && (error = put_big(s, "well", well + 1)) == KAFKA_NONE)
        well++;
    cr_assert_eq(error, KAFKA_KAFKA_STORAGE_ERROR, "%u: %d\n%s", well, error, scene_told(s));
    cr_assert_str_eq(scene_read_from(s, "sick", 0, sick - 1), "8");
    scene_no_plan(s);
    for (int i = 0; i < 60 && error != KAFKA_NONE; i++) {
        error = put_big(s, "well", well + 1);
        if (error != KAFKA_NONE)
            scene_wait(s, SECOND);
    }
    cr_assert_eq(error, KAFKA_NONE);
    scene_crash(s);
    scene_start(s);
    scene_expect(s, "sick", 0, scene_count_to(sick));
    scene_expect(s, "well", 0, scene_count_to(well + 1));
    scene_free(s);
}
