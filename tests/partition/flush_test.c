/* When a flush begins, what it leaves when it fails, and in which order it works. */
#include "partition/flush.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "partition/checkpoint.h"
#include "partition/segments_found.h"
#include "tests/partition/shard_fixture.h"

static struct rig rig;

static void setup(void)
{
    rig_init(&rig);
}

static void teardown(void)
{
    rig_fini(&rig);
}

TestSuite(flush, .init = setup, .fini = teardown);

static void start(enum flush_profile profile)
{
    rig.profile = profile;
    rig_add(&rig, "topic", 0, 1);
    cr_assert_eq(rig_start(&rig), 0);
}

static uint64_t flushes(enum flush_reason reason)
{
    return rig_shard(&rig, 0)->flush.flushes[reason];
}

static uint64_t all_flushes(void)
{
    uint64_t all = 0;
    for (int i = 0; i < FLUSH_REASONS; i++)
        all += flushes((enum flush_reason)i);
    return all;
}

/* Names. */

Test(flush, profiles_have_their_names)
{
    static const char *const names[] = {"low-latency", "balanced", "high-throughput", "extreme",
                                        "idle-only"};
    for (int i = 0; i <= FLUSH_IDLE_ONLY; i++) {
        enum flush_profile parsed;
        cr_assert_str_eq(flush_profile_name((enum flush_profile)i), names[i]);
        cr_assert(flush_profile_parse(bytes_of_string(names[i]), &parsed));
        cr_assert_eq((int)parsed, i);
    }
    enum flush_profile parsed;
    cr_assert_not(flush_profile_parse(bytes_of_string("lazy"), &parsed));
    cr_assert_str_eq(flush_reason_name(FLUSH_PRESSURE), "pressure");
    cr_assert_str_eq(flush_reason_name(FLUSH_STOP), "stop");
}

/* Reasons. */

Test(flush, nothing_dirty_nothing_due)
{
    start(FLUSH_LOW_LATENCY);
    cr_assert_eq(flush_step(rig_shard(&rig, 0)), IO_NEVER);
    rig_advance(&rig, 100000);
    cr_assert_eq(all_flushes(), 0);
}

Test(flush, idle_shard_flushes_when_its_time_is_over_and_not_before)
{
    static const uint64_t idle_ms[] = {20, 200, 1000, 5000, 1000};
    for (int profile = 0; profile <= FLUSH_IDLE_ONLY; profile++) {
        rig_shard(&rig, 0)->flush.profile = (enum flush_profile)profile;
        if (profile == 0)
            start(FLUSH_LOW_LATENCY);
        rig_shard(&rig, 0)->flush.profile = (enum flush_profile)profile;
        rig_append_many(&rig, 0, 1);
        rig_advance(&rig, idle_ms[profile] - 1);
        cr_assert_eq(flushes(FLUSH_IDLE), (uint64_t)profile);
        rig_advance(&rig, 1);
        cr_assert_eq(flushes(FLUSH_IDLE), (uint64_t)profile + 1);
        cr_assert(list_empty(&rig_shard(&rig, 0)->dirty));
    }
}

Test(flush, deadline_of_the_step_is_the_next_flush)
{
    start(FLUSH_BALANCED);
    rig_append_many(&rig, 0, 1);
    rig_advance(&rig, 50); /* the stream's own deadline is over */
    struct shard *shard = rig_shard(&rig, 0);
    cr_assert_eq(shard_step(shard), shard->last_append_ns + 200 * NS_PER_MS);
}

Test(flush, oldest_batch_is_not_kept_longer_than_the_age)
{
    start(FLUSH_LOW_LATENCY);
    for (int i = 0; i < 10; i++) {
        cr_assert_eq(all_flushes(), 0);
        rig_append_many(&rig, 0, 1);
        rig_advance(&rig, 10);
    }
    cr_assert_eq(flushes(FLUSH_AGE), 1);
    cr_assert_eq(rig_partition(&rig, 0)->pending.count, 0);
}

Test(flush, idle_only_does_not_look_at_age)
{
    start(FLUSH_IDLE_ONLY);
    for (int i = 0; i < 100; i++) {
        rig_append_many(&rig, 0, 1);
        rig_advance(&rig, 999);
    }
    cr_assert_eq(all_flushes(), 0);
}

Test(flush, many_batches_are_due_at_once)
{
    start(FLUSH_LOW_LATENCY);
    for (int i = 0; i < 4095; i++)
        rig_give(&rig, 0, (struct rig_batch){0});
    rig_settle(&rig);
    cr_assert_eq(all_flushes(), 0);
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(flushes(FLUSH_BATCHES), 1);
    cr_assert_geq(rig_partition(&rig, 0)->synced_end, 4095); /* what was durable by then */
    cr_assert_eq(rig_read_all(&rig, 0), 4096);
}

Test(flush, many_bytes_are_due_at_once)
{
    start(FLUSH_LOW_LATENCY);
    for (int i = 0; i < 5; i++)
        rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
    cr_assert_eq(all_flushes(), 0);
    rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
    cr_assert_eq(flushes(FLUSH_BYTES), 1);
}

Test(flush, low_memory_forces_a_flush_whatever_the_profile_says)
{
    start(FLUSH_IDLE_ONLY);
    struct wal_stats stats;
    int given = 0;
    while (flushes(FLUSH_PRESSURE) == 0 && given < 200) {
        wal_get_stats(rig_shard(&rig, 0)->wal, &stats);
        cr_assert_leq(stats.memory_used, stats.memory_limit / 2 + 2 * MIB);
        rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
        given++;
    }
    cr_assert_lt(given, 200);
    cr_assert_eq(all_flushes(), 1);
    wal_get_stats(rig_shard(&rig, 0)->wal, &stats);
    cr_assert_lt(stats.memory_used, stats.memory_limit / 2);
}

Test(flush, full_wal_files_force_a_flush_whatever_the_profile_says)
{
    rig.wal.files_max = 4;
    rig.wal.memory_bytes = 64 << 20;
    start(FLUSH_IDLE_ONLY);
    for (int i = 0; i < 40; i++)
        rig_append(&rig, 0, (struct rig_batch){.value_len = 200000});
    cr_assert_gt(flushes(FLUSH_PRESSURE), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 40);
}

Test(flush, stop_flushes_at_once_and_empties_everything)
{
    start(FLUSH_EXTREME);
    rig_append_many(&rig, 0, 3);
    struct shard *shard = rig_shard(&rig, 0);
    cr_assert_not(shard_stopped(shard));
    shard_stop(shard);
    rig_settle(&rig);
    cr_assert_eq(flushes(FLUSH_STOP), 1);
    cr_assert(shard_stopped(shard));
    rig_stop(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig.replayed, 0);
    cr_assert_eq(rig_read_all(&rig, 0), 3);
}

Test(flush, only_what_is_durable_is_flushed)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 2);
    rig.io.hold_writes = true;
    rig_give(&rig, 0, (struct rig_batch){0});
    rig_advance(&rig, 2000);
    struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->synced_end, 2);
    cr_assert_eq(p->pending.count, 1);
    rig_advance(&rig, 100000);
    cr_assert_eq(all_flushes(), 1);
    rig.io.hold_writes = false;
    rig_settle(&rig);
    cr_assert_eq(p->synced_end, 3);
}

/* Order. */

static char order[256];

static void note_order(void *context, enum file_verb verb, const char *path)
{
    struct rig *r = context;
    const struct partition *p = rig_partition(r, 0);
    const char *what = NULL;
    if (verb == VERB_WRITE && strstr(path, ".log") != NULL)
        what = "write";
    else if (verb == VERB_SYNC && strstr(path, ".log") != NULL)
        what = "sync";
    else if (verb == VERB_SYNC_DIRECTORY && strstr(path, "topic-0") != NULL)
        what = "names";
    else if (verb == VERB_WRITE && strstr(path, "checkpoint-0") != NULL)
        what = "checkpoint";
    else if (verb == VERB_SYNC && strstr(path, "checkpoint-0") != NULL)
        what = "checkpoint sync";
    if (what == NULL)
        return;
    size_t len = strlen(order);
    snprintf(order + len, sizeof order - len, "%s %u/%lld ", what, p->pending.count,
             (long long)p->synced_end);
}

Test(flush, segments_are_synced_before_the_checkpoint_and_both_before_the_release)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 2);
    struct wal_stats before;
    struct wal_stats after;
    wal_get_stats(rig_shard(&rig, 0)->wal, &before);
    rig.files.changing = note_order;
    rig.files.context = &rig;
    rig_flush(&rig);
    rig.files.changing = NULL;
    cr_assert_str_eq(order,
                     "write 2/0 sync 2/0 names 2/0 names 2/0 names 2/0 checkpoint 2/2 "
                     "checkpoint sync 2/2 ",
                     "%s", order);
    cr_assert_eq(rig_partition(&rig, 0)->pending.count, 0);
    wal_get_stats(rig_shard(&rig, 0)->wal, &after);
    cr_assert_gt(before.file_used, 0);
    cr_assert_eq(after.file_used, 0);
}

Test(flush, checkpoint_says_what_is_synced_and_where_replay_begins)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 2);
    rig_flush_begin(&rig);
    struct rig_append *a = rig_append(&rig, 0, (struct rig_batch){0});
    rig_flush_write(&rig);
    rig_flush_end(&rig);
    struct checkpoint c;
    cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, 0, &c), 0);
    cr_assert_eq(c.count, 1);
    cr_assert_eq(c.partitions[0].synced_end, 2);
    cr_assert_leq(c.position.sequence, a->append.sequence);
    cr_assert_gt(c.position.sequence, 0);
    checkpoint_free(&c);
}

/* Failures. */

Test(flush, failed_flush_keeps_its_batches_and_tries_again_with_growing_pauses)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 3);
    struct partition *p = rig_partition(&rig, 0);
    rig.files.fault = (struct file_fault){VERB_WRITE, ".log", ERR_NO_SPACE, UINT32_MAX, 0};
    rig_advance(&rig, 1000);
    uint64_t pause = 100;
    for (uint32_t failures = 1; failures < 12; failures++) {
        cr_assert_eq(rig_shard(&rig, 0)->flush.failures, failures);
        cr_assert_eq(p->pending.count, 3);
        cr_assert_eq(p->synced_end, 0);
        cr_assert_eq(rig_read_all(&rig, 0), 3);
        rig_advance(&rig, pause - 1);
        cr_assert_eq(rig_shard(&rig, 0)->flush.failures, failures);
        rig_advance(&rig, 1);
        pause = MIN(pause * 2, 10000);
    }
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(p->pending.count, 0);
    cr_assert_eq(p->synced_end, 3);
    cr_assert_eq(p->flush_backoff_ms, 0);
    cr_assert_eq(rig_read_all(&rig, 0), 3);
}

Test(flush, every_kind_of_failure_loses_nothing)
{
    static const struct file_fault faults[] = {
        {VERB_MAKE_DIRECTORY, "topic-0", ERR_NO_SPACE, 1, 0},
        {VERB_OPEN, ".log", ERR_TOO_MANY_FILES, 1, 0},
        {VERB_WRITE, ".log", ERR_IO, 1, 0},
        {VERB_SYNC, ".log", ERR_IO, 1, 0},
        {VERB_SYNC_DIRECTORY, "topic-0", ERR_IO, 1, 0},
        {VERB_WRITE, ".index", ERR_NO_SPACE, 1, 0},
        {VERB_WRITE, "partition.metadata", ERR_NO_SPACE, 1, 0},
        {VERB_RENAME, "leader-epoch", ERR_IO, 1, 0},
        {VERB_WRITE, "checkpoint-0", ERR_NO_SPACE, 1, 0},
        {VERB_SYNC, "checkpoint-0", ERR_IO, 1, 0},
    };
    rig.limits.index_interval_bytes = 1;
    start(FLUSH_IDLE_ONLY);
    for (uint32_t i = 0; i < ARRAY_LENGTH(faults); i++) {
        uint32_t place = i == 0 ? 0 : rig_add(&rig, "topic", 0, (int)i + 1);
        rig_append_many(&rig, place, 3);
        rig.files.fault = faults[i];
        rig_advance(&rig, 1000);
        cr_assert_eq(rig.files.fault.hits, 1, "fault %u", i);
        cr_assert_eq(rig_read_all(&rig, place), 3, "fault %u", i);
        /* Not a client's: a full disk refuses those. */
        for (int j = 0; j < 2; j++)
            rig_append(&rig, place, (struct rig_batch){.origin = APPEND_COORDINATOR});
        rig_flush(&rig);
        cr_assert_eq(rig_read_all(&rig, place), 5, "fault %u", i);
        rig_crash(&rig);
        rig.places[0] = rig.places[place];
        rig.place_count = 1;
        cr_assert_eq(rig_start(&rig), 0, "fault %u", i);
        cr_assert_eq(rig_read_all(&rig, 0), 5, "fault %u", i);
        partition_delete(rig_partition(&rig, 0));
        rig.places[0].partition = NULL;
        rig_settle(&rig);
    }
}

Test(flush, after_a_failed_sync_a_new_segment_begins_at_the_synced_end)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 3);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 2);
    rig.files.fault = (struct file_fault){VERB_SYNC, ".log", ERR_IO, 1, 0};
    rig_flush(&rig);
    cr_assert_eq(rig.files.fault.hits, 1);
    const struct segments *s = &rig_partition(&rig, 0)->segments;
    cr_assert_eq(s->count, 2);
    cr_assert_eq(segments_last(s)->base_offset, 3);
    cr_assert_eq(segments_last(s)->end_offset, 5);
    cr_assert_eq(rig_read_all(&rig, 0), 5);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 5);
}

Test(flush, one_sick_partition_does_not_hold_up_the_others)
{
    start(FLUSH_IDLE_ONLY);
    rig_add(&rig, "other", 0, 1);
    rig_append_many(&rig, 0, 2);
    rig_append_many(&rig, 1, 2);
    rig.files.fault = (struct file_fault){VERB_WRITE, "topic-0/", ERR_IO, UINT32_MAX, 0};
    rig_advance(&rig, 1000);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 0);
    cr_assert_eq(rig_partition(&rig, 1)->synced_end, 2);
    cr_assert_eq(rig_partition(&rig, 1)->pending.count, 0);
    rig_append_many(&rig, 1, 1);
    rig_advance(&rig, 1000);
    cr_assert_eq(rig_partition(&rig, 1)->synced_end, 3);
    rig.files.fault.times = 0;
    rig_advance(&rig, 10000);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 2);
}

Test(flush, batches_synced_before_a_failed_checkpoint_are_not_written_twice)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 2);
    rig.files.fault = (struct file_fault){VERB_WRITE, "checkpoint-0", ERR_IO, 1, 0};
    rig_advance(&rig, 1000);
    struct partition *p = rig_partition(&rig, 0);
    cr_assert_eq(p->synced_end, 2);
    cr_assert_eq(p->pending.count, 2);
    uint64_t bytes = segments_last(&p->segments)->synced_bytes;
    rig_append_many(&rig, 0, 1);
    cr_assert_eq(rig_read_all(&rig, 0), 3);
    rig_flush(&rig);
    cr_assert_eq(p->pending.count, 0);
    cr_assert_eq(p->synced_end, 3);
    cr_assert_eq(segments_last(&p->segments)->synced_bytes, bytes / 2 * 3);
    cr_assert_eq(rig_read_all(&rig, 0), 3);
}

/* Two failures in a row must not cost both slots. */
Test(flush, failed_checkpoint_is_tried_again_in_the_same_slot)
{
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    rig_append_many(&rig, 0, 1);
    for (int i = 0; i < 3; i++) {
        rig.files.fault = (struct file_fault){VERB_WRITE, "checkpoint-0", ERR_IO, 1, 0};
        rig_advance(&rig, 1000);
        cr_assert_eq(rig.files.fault.hits, 1);
        struct checkpoint c;
        cr_assert_eq(checkpoint_load(&rig.files.fs, rig.root, 0, &c), 0, "failure %d", i);
        cr_assert_eq(c.partitions[0].synced_end, 1);
        checkpoint_free(&c);
    }
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    cr_assert_eq(rig_read_all(&rig, 0), 2);
}

/* Many partitions: one syncfs. */

Test(flush, many_partitions_are_synced_by_one_call)
{
    for (int32_t i = 0; i < 70; i++)
        rig_add(&rig, "topic", i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 70; i++)
        rig_give(&rig, i, (struct rig_batch){0});
    rig.files.fault = (struct file_fault){VERB_SYNC, ".log", ERR_IO, UINT32_MAX, 0};
    rig_flush(&rig);
    cr_assert_eq(rig.files.fault.hits, 0);
    for (uint32_t i = 0; i < 70; i++) {
        cr_assert_eq(rig_partition(&rig, i)->synced_end, 1);
        cr_assert_eq(rig_read_all(&rig, i), 1);
    }
}

Test(flush, failed_sync_of_all_fails_all_of_them)
{
    for (int32_t i = 0; i < 70; i++)
        rig_add(&rig, "topic", i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 70; i++)
        rig_give(&rig, i, (struct rig_batch){0});
    rig.files.fault = (struct file_fault){VERB_SYNC_ALL, "", ERR_IO, 1, 0};
    rig_advance(&rig, 1000);
    for (uint32_t i = 0; i < 70; i++)
        cr_assert_eq(rig_partition(&rig, i)->synced_end, 0);
    rig_flush(&rig);
    rig_crash(&rig);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 70; i++)
        cr_assert_eq(rig_read_all(&rig, i), 1);
}

Test(flush, first_of_many_that_cannot_be_written_does_not_hold_up_the_others)
{
    for (int32_t i = 0; i < 70; i++)
        rig_add(&rig, "topic", i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    for (uint32_t i = 0; i < 70; i++)
        rig_give(&rig, i, (struct rig_batch){0});
    rig.files.fault = (struct file_fault){VERB_MAKE_DIRECTORY, "topic-0", ERR_DENIED, 1, 0};
    rig_advance(&rig, 1000);
    cr_assert_eq(rig.files.fault.hits, 1);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 0);
    for (uint32_t i = 1; i < 70; i++)
        cr_assert_eq(rig_partition(&rig, i)->synced_end, 1, "%u", i);
    rig_flush(&rig);
}

/* Its parts. */

/* Until half of the memory is used and a flush has begun; its second part is held. */
static const struct flush *press(uint32_t partitions)
{
    rig.profile = FLUSH_IDLE_ONLY;
    for (uint32_t i = 0; i < partitions; i++)
        rig_add(&rig, "topic", (int32_t)i, 1);
    cr_assert_eq(rig_start(&rig), 0);
    const struct flush *flush = &rig_shard(&rig, 0)->flush;
    rig.io.hold_second = true;
    for (uint32_t i = 0; flush_resting(flush) && i < 200; i++)
        rig_append(&rig, i % partitions, (struct rig_batch){.value_len = 200000});
    cr_assert_eq(flush->phase, FLUSH_WRITING);
    return flush;
}

Test(flush, without_pressure_one_job_writes_all)
{
    rig_add(&rig, "topic", 0, 1);
    rig_add(&rig, "topic", 1, 1);
    cr_assert_eq(rig_start(&rig), 0);
    rig_append_many(&rig, 0, 3);
    rig_append_many(&rig, 1, 3);
    rig.io.hold_second = true;
    rig_advance(&rig, 1000);
    cr_assert(flush_resting(&rig_shard(&rig, 0)->flush));
    cr_assert_eq(rig_partition(&rig, 1)->synced_end, 3);
}

Test(flush, under_pressure_two_jobs_write_and_the_checkpoint_waits_for_both)
{
    const struct flush *flush = press(2);
    uint64_t checkpoint = flush->checkpoint_number;
    cr_assert_eq(flush->parts_out, 1);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 0);
    rig.io.hold_second = false;
    rig_settle(&rig);
    cr_assert(flush_resting(flush));
    cr_assert_gt(flush->checkpoint_number, checkpoint);
    for (uint32_t i = 0; i < 2; i++)
        cr_assert_gt(rig_partition(&rig, i)->synced_end, 0);
}

Test(flush, stop_waits_for_a_part_that_is_out)
{
    (void)press(2);
    shard_stop(rig_shard(&rig, 0));
    rig_settle(&rig);
    cr_assert_not(shard_stopped(rig_shard(&rig, 0)));
    rig.io.hold_second = false;
    rig_settle(&rig);
    cr_assert(shard_stopped(rig_shard(&rig, 0)));
}

Test(flush, each_share_is_in_one_part)
{
    const struct flush *flush = press(5);
    cr_assert_eq(flush->share_count, 5);
    cr_assert_eq(flush->parts[0].first, 0);
    cr_assert_eq(flush->parts[1].first, flush->parts[0].count);
    cr_assert_eq(flush->parts[0].count + flush->parts[1].count, 5);
    cr_assert_geq(flush->parts[0].count, 2);
    cr_assert_geq(flush->parts[1].count, 2);
    rig.io.hold_second = false;
    rig_settle(&rig);
    for (uint32_t i = 0; i < 5; i++)
        cr_assert_gt(rig_partition(&rig, i)->synced_end, 0);
}

/* What goes with the segments. */

Test(flush, leader_epochs_and_metadata_go_with_the_first_flush)
{
    rig.leader_epoch = 3;
    start(FLUSH_IDLE_ONLY);
    rig_append_many(&rig, 0, 1);
    rig_flush(&rig);
    cr_assert(rig_has(&rig, "topic-0/partition.metadata"));
    cr_assert(rig_has(&rig, "topic-0/leader-epoch-checkpoint"));
    cr_assert_not(rig_partition(&rig, 0)->epochs_changed);
}

Test(flush, roll_stores_the_producers_at_the_new_segments_base)
{
    rig.limits.segment_bytes = 300;
    start(FLUSH_IDLE_ONLY);
    struct rig_batch spec = {.idempotent = true, .producer_id = 9, .value_len = 150};
    for (int i = 0; i < 3; i++) {
        spec.sequence = i;
        rig_append(&rig, 0, spec);
        rig_flush(&rig);
    }
    cr_assert_eq(rig_partition(&rig, 0)->segments.count, 3);
    cr_assert(rig_has(&rig, "topic-0/00000000000000000001.snapshot"));
    cr_assert(rig_has(&rig, "topic-0/00000000000000000002.snapshot"));
    struct bytes snapshot;
    int64_t offset;
    struct segments_found found;
    const struct segments *segments = &rig_partition(&rig, 0)->segments;
    cr_assert_eq(segments_found_load(&found, &rig.files.fs, segments->directory), 0);
    cr_assert_eq(segments_load_snapshot(segments, &found, 2, &offset, &snapshot), 0);
    segments_found_free(&found);
    struct producers *producers = producers_new();
    cr_assert_eq(producers_snapshot_read(producers, snapshot), 0);
    struct producer_batch repeat = {.producer_id = 9, .first_sequence = 1, .last_sequence = 1};
    cr_assert_eq(producers_check(producers, &repeat, &repeat), PRODUCER_DUPLICATE);
    producers_free(producers);
    mem_free((void *)(uintptr_t)snapshot.data);
}

Test(flush, more_than_one_plan_holds_takes_several)
{
    rig.wal.memory_bytes = 256 << 20;
    rig.wal.files_max = 200;
    start(FLUSH_EXTREME);
    for (int i = 0; i < 200; i++)
        rig_give(&rig, 0, (struct rig_batch){.value_len = 200000});
    rig_settle(&rig);
    rig_flush(&rig);
    cr_assert_eq(all_flushes(), 2);
    cr_assert_eq(rig_partition(&rig, 0)->synced_end, 200);
    cr_assert_eq(rig_read_all(&rig, 0), 200);
}
