/* Batches that wait for room in the WAL, and what happens to their partition meanwhile. */
#include "tests/sim/scene.h"

#define LARGE 900000

/* A write to the segment of topic "full" takes a minute, so the WAL fills until a batch has to
 * wait. */
static void fill(struct scene *s)
{
    scene_plan(s, (struct sim_failure){.kind = SIM_DISK_WRITE,
                                       .path = DATA "/full-0",
                                       .number = 1,
                                       .late_ns = 60 * SECOND});
    for (uint32_t value = 1; value < 100; value++) {
        scene_send(s, (struct scene_batch){.topic = "full", .value = value, .bytes = LARGE});
        scene_wait(s, SECOND);
        if (!scene_has_answer(s))
            return;
        struct scene_ack ack = scene_answered(s);
        cr_assert_eq(ack.error, KAFKA_NONE, "batch %u: error %d", value, ack.error);
    }
    cr_assert_fail("the WAL never fills");
}

Test(parked, a_batch_that_waits_while_its_topic_is_deleted_is_told_so)
{
    struct scene *s = scene_new(&(struct scene_options){0});
    scene_start(s);
    scene_create(s, "full", 1);
    scene_create(s, "gone", 1);
    scene_put(s, "gone", 0, 1);
    fill(s);
    scene_send(s, (struct scene_batch){.topic = "gone", .value = 2});
    scene_wait(s, SECOND);
    scene_use(s, 1);
    /* Answered when its directory is gone, behind the flush. */
    cr_assert_eq(scene_delete(s, "gone"), KAFKA_NONE);
    scene_wait(s, SECOND);
    scene_no_plan(s);
    scene_use(s, 0);
    cr_assert_eq(scene_answered(s).error, KAFKA_NONE, "the one that had to wait");
    cr_assert_eq(scene_answered(s).error, KAFKA_UNKNOWN_TOPIC_OR_PARTITION);
    cr_assert(scene_stop(s));
    scene_free(s);
}
