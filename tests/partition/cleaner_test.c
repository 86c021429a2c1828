/* Compaction of a partition: what stays, what a reader sees meanwhile, and what a crash leaves. */
#include "partition/cleaner.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/util.h"
#include "partition/kafka_files.h"
#include "tests/partition/cleaner_fixture.h"

TestSuite(cleaner, .init = setup, .fini = teardown);

static void put_four(void)
{
    keyed_put("a1 b1 c1");
    keyed_put("a2 b2");
    keyed_put("a3 d1");
    keyed_put("e1");
}

Test(cleaner, keeps_the_last_record_of_each_key_at_its_offset)
{
    keyed_start(1);
    put_four();
    keyed_clean();
    keyed_expect("2:c1 4:b2 5:a3 6:d1 7:e1");
    cr_assert_eq(rig_partition(&rig, 0)->clean_end, 7);
    cr_assert_eq(rig_shard(&rig, 0)->cleaner.cleanings, 1);
}

Test(cleaner, active_segment_is_left_alone)
{
    keyed_start(1 << 20);
    put_four();
    keyed_clean();
    cr_assert_eq(rig_shard(&rig, 0)->cleaner.cleanings, 0);
    keyed_expect("0:a1 1:b1 2:c1 3:a2 4:b2 5:a3 6:d1 7:e1");
}

Test(cleaner, small_segments_become_one)
{
    keyed_start(1);
    put_four();
    rig_partition(&rig, 0)->limits.segment_bytes = 1 << 20;
    keyed_clean();
    keyed_expect("2:c1 4:b2 5:a3 6:d1 7:e1");
    cr_assert_eq(rig_partition(&rig, 0)->segments.count, 2);
    cr_assert(rig_has(&rig, "topic-0/00000000000000000000.log"));
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000003.log"));
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000003.index"));
    cr_assert_not(rig_has(&rig, "topic-0/00000000000000000000.log.swap"));
    keyed_put("c2");
    restart();
    keyed_expect("2:c1 4:b2 5:a3 6:d1 7:e1 8:c2");
}

Test(cleaner, second_cleaning_begins_where_the_first_ended)
{
    keyed_start(1);
    put_four();
    keyed_clean();
    keyed_put("b3 f1");
    keyed_put("g1");
    keyed_clean();
    keyed_expect("2:c1 5:a3 6:d1 7:e1 8:b3 9:f1 10:g1");
    cr_assert_eq(rig_partition(&rig, 0)->clean_end, 10);
}

Test(cleaner, clean_log_comes_back_after_a_crash_and_after_a_clean_stop)
{
    keyed_start(1);
    put_four();
    keyed_clean();
    restart();
    keyed_expect("2:c1 4:b2 5:a3 6:d1 7:e1");
    stop_cleanly();
    start();
    keyed_expect("2:c1 4:b2 5:a3 6:d1 7:e1");
}

Test(cleaner, reader_that_is_under_way_sees_one_version)
{
    struct rig_read read;
    keyed_start(1);
    put_four();
    rig_partition(&rig, 0)->limits.segment_bytes = 1 << 20;
    rig.io.hold_reading = true;
    rig_read_give(&rig, &read, 0, 3);
    keyed_clean();
    cr_assert_not(read.done);
    rig.io.hold_reading = false;
    rig_settle(&rig);
    cr_assert(read.done);
    cr_assert_eq(read.read.error, 0);
    char text[256] = "";
    keyed_print((struct batch_span){read.data, (uint32_t)batch_size(read.data)}, text, sizeof text);
    cr_assert_str_eq(text, "4:b2");
}

Test(cleaner, deleted_partition_goes_in_the_middle_of_its_cleaning)
{
    keyed_start(1);
    put_four();
    struct shard *shard = rig_shard(&rig, 0);
    struct partition *p = rig_partition(&rig, 0);
    p->cleanup_limits =
        (struct cleanup_limits){.compact = true, .max_compaction_lag_ms = INT64_MAX};
    cleaner_configure(shard, &(struct cleaner_settings){.enabled = true, .map_bytes = 4096});
    (void)shard_step(shard);
    cr_assert_not(cleaner_resting(&shard->cleaner));
    rig.places[0].partition = NULL;
    partition_delete(p);
    rig_settle(&rig);
    cr_assert(cleaner_resting(&shard->cleaner));
    cr_assert_not(rig_has(&rig, "topic-0"));
}

static void trimmed(struct partition_trim *trim)
{
    cr_assert_eq(trim->error, 0);
}

Test(cleaner, log_start_may_move_over_what_is_being_compacted)
{
    for (int steps = 0; steps < 8; steps++) {
        struct partition_trim trim = {.offset = 5, .done = trimmed};
        rig_fini(&rig);
        rig_init(&rig);
        keyed_start(1);
        put_four();
        struct partition *p = trim.partition = rig_partition(&rig, 0);
        p->cleanup_limits =
            (struct cleanup_limits){.compact = true, .max_compaction_lag_ms = INT64_MAX};
        cleaner_configure(rig_shard(&rig, 0),
                          &(struct cleaner_settings){.enabled = true, .map_bytes = 4096});
        for (int i = 0; i < steps; i++)
            rig_step(&rig);
        partition_trim(&trim);
        rig_settle(&rig);
        cr_assert_eq(p->log_start, 5);
        keyed_expect("5:a3 6:d1 7:e1");
        restart();
        keyed_expect("5:a3 6:d1 7:e1");
        cr_assert_not(rig_has(&rig, "topic-0/00000000000000000003.log"));
    }
}

/* Crashes. */

/* Cuts the power at each change that a cleaning makes, in turn. */
static void crash_everywhere(void (*prepare)(void), const char *before, const char *after,
                             bool lucky)
{
    bool undone = false;
    for (uint64_t change = 1;; change++) {
        rig_init(&rig);
        rig.files.lucky = lucky;
        prepare();
        struct partition *p = rig_partition(&rig, 0);
        p->limits.segment_bytes = 400;
        p->cleanup_limits =
            (struct cleanup_limits){.compact = true, .max_compaction_lag_ms = INT64_MAX};
        const struct cleaner_settings settings = {.enabled = true, .map_bytes = 4096};
        rig.files.changes = 0;
        rig.files.changes_max = change;
        cleaner_configure(rig_shard(&rig, 0), &settings);
        rig_settle(&rig);
        bool off = rig.files.off;
        rig.files.changes_max = 0;
        restart();
        const char *found = keyed_read();
        undone = undone || strcmp(found, before) == 0;
        cr_assert(strstr(found, after + strlen(after) - 12) != NULL, "%s", found);
        if (!off)
            cr_assert_str_eq(found, after);
        /* Whatever was left, the next cleaning brings the same. */
        rig_partition(&rig, 0)->limits.segment_bytes = 400;
        keyed_clean();
        keyed_expect(after);
        restart();
        keyed_expect(after);
        rig_fini(&rig);
        if (!off)
            break;
        cr_assert_lt(change, 1000);
    }
    cr_assert(undone);
    rig_init(&rig);
}

static void prepare_six(void)
{
    keyed_start(1);
    put_four();
    keyed_put("c3 f1");
    keyed_put("f2");
}

#define SIX_BEFORE "0:a1 1:b1 2:c1 3:a2 4:b2 5:a3 6:d1 7:e1 8:c3 9:f1 10:f2"
#define SIX_AFTER "4:b2 5:a3 6:d1 7:e1 8:c3 9:f1 10:f2"

Test(cleaner, power_goes_at_each_change_and_nothing_unsynced_stays)
{
    crash_everywhere(prepare_six, SIX_BEFORE, SIX_AFTER, false);
}

Test(cleaner, power_goes_at_each_change_and_everything_had_arrived)
{
    crash_everywhere(prepare_six, SIX_BEFORE, SIX_AFTER, true);
}
