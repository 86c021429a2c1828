/* See the header. */
#include "tests/partition/recovery_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

#include "partition/kafka_files.h"
#include "partition/recovery.h"

struct rig rig;

void setup(void)
{
    rig_init(&rig);
}

void teardown(void)
{
    rig_fini(&rig);
}

void start(void)
{
    cr_assert_eq(rig_start(&rig), 0, "%s", rig.logged);
}

void restart(void)
{
    rig_crash(&rig);
    start();
}

void expect_end(uint32_t place, int64_t end)
{
    const struct partition *p = rig_partition(&rig, place);
    cr_assert_not(p->offline, "%s", rig.logged);
    cr_assert_eq(p->log_end, end, "place %u: %lld", place, (long long)p->log_end);
    cr_assert_eq(p->synced_end, end);
    cr_assert_eq(p->durable_end, end);
    cr_assert_eq(rig_read_all(&rig, place), end);
}

enum append_outcome outcome_of(uint32_t place, struct rig_batch batch)
{
    struct rig_append *a = rig_give(&rig, place, batch);
    rig_settle(&rig);
    return a->append.outcome;
}

struct rig_batch produced(int64_t producer_id, int32_t sequence)
{
    return (struct rig_batch){.idempotent = true, .producer_id = producer_id, .sequence = sequence};
}

void stop_cleanly(void)
{
    char command[128];
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    for (uint32_t i = 0; i < rig.place_count; i++)
        cr_assert_eq(recovery_write_final(&rig.files.fs, rig_partition(&rig, i)), 0);
    rig_stop(&rig);
    snprintf(command, sizeof command, "rm %s/.odradek-*", rig.root);
    cr_assert_eq(system(command), 0);
    cr_assert_eq(kafka_write_clean_stop(&rig.files.fs, rig.root, 1), 0);
}
